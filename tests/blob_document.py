"""What docs/blob-format.md says of kernels: their records, and the sizes of their data blocks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "blob-format.md"
ITEM_SIZES = {"i8": 1, "u8": 1, "u16": 2, "i32": 4}


@dataclass(frozen=True)
class DocumentKernel:
    """A kernel by its heading, its fields by their names. An array `count[6]` is six fields:
    `count[0]` and so on. `size` is the record's, in bytes."""

    name: str
    number: int
    fields: tuple[str, ...]
    size: int
    in_place: bool
    sliding: bool


@dataclass(frozen=True)
class DocumentBlock:
    """A data block of a kernel. `type` is one of ITEM_SIZES; `formula` is of its elements."""

    kernel: str
    name: str
    type: str
    formula: str

    def elements(self, names: Mapping[str, int]) -> Fraction:
        """The formula's value: no whole number where a division that should come out does not."""
        text = self.formula.replace(" x ", " * ").replace("⌈", "ceil(").replace("⌉", ")")
        values = {name: Fraction(value) for name, value in names.items()}
        return Fraction(eval(text, {"__builtins__": {}, "ceil": math.ceil}, values))


def dimensions(source: tuple[int, ...], output: tuple[int, ...]) -> dict[str, int]:
    """The dimensions that formulas name, of the shapes of input 0 and of the output."""
    return {
        "channels": (1, *source)[-1],
        "output_height": (1, 1, 1, *output)[-3],
        "output_width": (1, 1, *output)[-2],
        "output_channels": (1, *output)[-1],
    }


@cache
def document_kernels() -> dict[str, DocumentKernel]:
    """All kernels by name, from the headings and the fields that follow them."""
    found: dict[str, DocumentKernel] = {}
    for heading, text in _sections():
        if not heading[0].isdigit():
            continue
        parts = re.split(r", (?=\d)", heading)
        for i, part in enumerate(parts):
            number, name = part.split()[:2]
            size = re.search(r"(\d+) bytes", ", ".join(parts[i:]))
            assert size, f"docs/blob-format.md does not say how many bytes {name} takes"
            found[name] = DocumentKernel(
                name,
                int(number),
                _fields(text, found),
                int(size[1]),
                in_place="in place" in part,
                sliding="sliding" in part,
            )
    return found


@cache
def document_blocks() -> tuple[DocumentBlock, ...]:
    """All data blocks, from their table."""
    table = dict(_sections())["Elements of the data blocks"]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return tuple(
        DocumentBlock(kernel, name, kind, formula)
        for kernels, names, kind, formula in (line[2:-2].split(" | ") for line in lines[1:])
        for kernel in kernels.split(", ")
        for name in names.split(", ")
    )


def _sections() -> Iterator[tuple[str, str]]:
    """Headings of the third level and the text below them."""
    for section in DOCUMENT.read_text().split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        yield heading, text.strip()


def _fields(text: str, before: Mapping[str, DocumentKernel]) -> tuple[str, ...]:
    """The fields of a section that begins with them or with whose they are, else none."""
    other = re.match(r"The parameters[^.]*? of (\w+)", text)
    if other:
        return before[other[1]].fields
    given = re.match(r"`([^`]*)`", text)
    fields: list[str] = []
    for word in given[1].split() if given else ():
        name, _, count = word.rstrip("]").partition("[")
        fields += [f"{name}[{i}]" for i in range(int(count))] if count else [name]
    return tuple(fields)
