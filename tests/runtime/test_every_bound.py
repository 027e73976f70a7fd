"""Every part of every small blob, at every edge that it may have, and just past it.

The parts are those of tests/runtime/blob_parts.py: the data blocks of each kernel, from its card,
and all others. Each is put at the very end of the blob and right behind the header, where the
outputs must stay the same; an element and a byte short, further on, around the end of the numbers,
over the header and between two multiples of its alignment, where it must be refused; and over the
records, where it is refused or runs. Each string starts with the last byte of all, and behind it.
All by the runtime with AddressSanitizer and UBSan, each blob in memory of its size to the byte;
the twin in Python must say the same.
"""

from __future__ import annotations

import re
from pathlib import Path

from blob_editor import BlobEditor
from blob_parts import Case, cases_of, cases_of_string, parts_of, strings_of
from judge import judged

from host_tools.host_build import FIRMWARE_MODULE
from host_tools.kernels import KERNELS
from host_tools.verifier import twin


def every_case(blobs: dict[str, bytes]) -> dict[str, list[Case]]:
    """Of each blob and each of its parts and strings, by their names."""
    cases: dict[str, list[Case]] = {}
    for name, blob in blobs.items():
        editor = BlobEditor(blob)
        for number, part in enumerate(parts_of(editor)):
            called = f"{name}, part {number}: {part.name} {part.kernel or ''}"
            cases[called] = list(cases_of(editor, part))
        for number, at in enumerate(strings_of(editor)):
            cases[f"{name}, part string {number}"] = list(cases_of_string(editor, at))
    return cases


def test_every_bound_bites(blobs: dict[str, bytes], judge_blobs: Path, tmp_path: Path) -> None:
    cases = every_case(blobs)
    listed = [case.blob for of_part in cases.values() for case in of_part]
    lines = iter(judged(judge_blobs, listed, tmp_path))
    good = dict(zip(blobs, judged(judge_blobs, list(blobs.values()), tmp_path), strict=True))
    assert all(line.startswith("runs ") for line in good.values())
    for called, of_part in cases.items():
        for case in of_part:
            line = next(lines)
            verdict, _, words = line.partition(" ")
            assert twin.refusal(case.blob) == (None if verdict == "runs" else words), called
            if case.refusal is None:
                assert line == good[called.partition(", part ")[0]], called
            elif case.refusal:
                assert verdict == "refused" and words.endswith(f" {case.refusal}"), (called, line)


def test_every_data_block_of_every_kernel_has_bounds(blobs: dict[str, bytes]) -> None:
    found = {
        (part.kernel, part.name) for blob in blobs.values() for part in parts_of(BlobEditor(blob))
    }
    for kernel, card in KERNELS.items():
        for block in card.blocks:
            assert (kernel, block.name) in found, f"no small blob has {block.name} of a {kernel}"


def test_the_cards_are_the_runtimes_kernels() -> None:
    listed = (FIRMWARE_MODULE / "runtime" / "ink_operators.h").read_text()
    kernels = {name: int(number) for number, name in re.findall(r"X\((\d+), (\w+)\)", listed)}
    assert kernels == {name: card.number for name, card in KERNELS.items()}
