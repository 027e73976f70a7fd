"""Strings of position-independent code beside the functions that use them, in GCC's assembly.

Code finds a string by a word behind the function that holds the distance to it: LDR, ADD and the
word take 8 bytes. A string that lies behind the function itself is found by ADR, in 4.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass

# what a string beside its function saves at each use
_SAVED = 4

_SECTION = re.compile(r"\t\.(?:section\t([^,]+),|(text|data|bss)$)")
_POOL = re.compile(r"(\.L\d+):$")
_POOL_USE = re.compile(r"(\.L\d+)(?:\+(\d+))?$")
_STRING = re.compile(r"(\.LC\d+):$")
_STRING_USE = re.compile(r"\.LC\d+\b")
_WORD = "\t.word\t"
_DISTANCE = re.compile(rf"{_WORD}(\.LC\d+)-\((\.LPIC\d+)\+4\)$")


@dataclass
class _Use:
    """Where a function finds a string: the lines of LDR and of the word, the string."""

    load: int
    word: int
    string: str


def place(assembly: str) -> str:
    """An assembly file with strings beside the functions that use them, where it takes less so.

    One that several functions use is copied.
    """
    lines = assembly.splitlines()
    strings = _strings(lines)
    bytes_of = {name: sum(_size(lines[n]) for n in found) for name, found in strings.items()}
    functions = _functions(lines)
    uses = [[use for use in _uses(lines, *body) if use.string in strings] for body in functions]
    mentions = Counter(
        name for line in lines if not _STRING.match(line) for name in _STRING_USE.findall(line)
    )
    counts = Counter(use.string for found in uses for use in found)
    copies = Counter(name for found in uses for name in {use.string for use in found})
    near = {
        name
        for name, count in counts.items()
        if bytes_of[name] * (copies[name] - (mentions[name] == count)) < _SAVED * count
    }
    gone = {
        number
        for name in near
        if mentions[name] == counts[name]
        for number in (strings[name][0] - 1, *strings[name])
    }
    new: dict[int, list[str]] = {}
    for number, ((first, last), found) in enumerate(zip(functions, uses, strict=True)):
        here = [use for use in found if use.string in near]
        _renumber(lines, first, last, {use.word for use in here})
        for use in here:
            register = lines[use.load].split("\t")[2].split(",")[0]
            new[use.load] = [f"\tadr\t{register}, {use.string}.near{number}"]
            gone |= {use.load + 1, use.load + 2, use.word}
        behind = [
            line
            for name in sorted({use.string for use in here})
            for line in (f"{name}.near{number}:", *(lines[n] for n in strings[name]))
        ]
        new[last] = [*behind, lines[last]]
    left = (new.get(number, [line]) for number, line in enumerate(lines) if number not in gone)
    return "\n".join(line for some in left for line in some) + "\n"


def _functions(lines: list[str]) -> list[tuple[int, int]]:
    """The first line of each function that has a section of its own, and its .size."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for number, line in enumerate(lines):
        section = _SECTION.match(line)
        if section:
            start = number if (section[1] or "").startswith(".text.") else None
        elif start is not None and line.startswith("\t.size\t"):
            found.append((start, number))
            start = None
    return found


def _pools(lines: list[str], first: int, last: int) -> dict[tuple[str, int], int]:
    """The lines of words behind a label, by it and their distance from it."""
    found: dict[tuple[str, int], int] = {}
    label = ""
    offset = 0
    for number in range(first, last):
        line = lines[number]
        pool = _POOL.match(line)
        if pool:
            label, offset = pool[1], 0
        elif line.startswith(_WORD) and label:
            found[label, offset] = number
            offset += 4
        else:
            label = ""
    return found


def _pool_use(line: str) -> tuple[str, int] | None:
    use = _POOL_USE.search(line) if line.startswith("\t") and not line.startswith("\t.") else None
    return (use[1], int(use[2] or 0)) if use else None


def _uses(lines: list[str], first: int, last: int) -> list[_Use]:
    """What may be changed: a word that one LDR reads, and ADD behind it."""
    pools = _pools(lines, first, last)
    loads: dict[int, list[int]] = {}
    for number in range(first, last):
        word = pools.get(_pool_use(lines[number]) or ("", 0))
        if word is not None:
            loads.setdefault(word, []).append(number)
    found = []
    for word, (load, *others) in loads.items():
        distance = _DISTANCE.match(lines[word])
        _, name, *operands = lines[load].split("\t")
        register = operands[0].split(",")[0]
        add = [f"{distance[2]}:", f"\tadd\t{register}, pc"] if distance else None
        if distance and name == "ldr" and not others and lines[load + 1 : load + 3] == add:
            found.append(_Use(load, word, distance[1]))
    return found


def _strings(lines: list[str]) -> dict[str, list[int]]:
    """The lines that each string literal consists of, by its label."""
    found: dict[str, list[int]] = {}
    literals = False
    name = ""
    for number, line in enumerate(lines):
        section = _SECTION.match(line)
        label = _STRING.match(line)
        if section:
            literals = ".str1.1" in (section[1] or "")
        elif label and literals:
            name = label[1]
            found[name] = []
        elif name and line.startswith(("\t.byte\t", "\t.ascii\t", "\t.asciz\t")):
            found[name].append(number)
        else:
            name = ""
    return {name: numbers for name, numbers in found.items() if numbers}


def _size(line: str) -> int:
    directive, values = line.split("\t")[1:]
    if directive == ".byte":
        return values.count(",") + 1
    return len(ast.literal_eval(f"b{values}")) + (directive == ".asciz")


def _renumber(lines: list[str], first: int, last: int, gone: set[int]) -> None:
    """Makes instructions find their words when others of the pool are gone."""
    pools = _pools(lines, first, last)
    for number in range(first, last):
        use = _pool_use(lines[number])
        if use in pools:
            label, offset = use
            words = (pools.get((label, before)) for before in range(0, offset, 4))
            offset -= 4 * sum(word in gone for word in words)
            lines[number] = _POOL_USE.sub(label + (f"+{offset}" if offset else ""), lines[number])
