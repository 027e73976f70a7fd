"""What the C runtime with AddressSanitizer and UBSan says of many blobs, in one process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path


def write_blobs(path: Path, blobs: Sequence[bytes]) -> None:
    """The file that tests/runtime/judge_blobs.c reads."""
    with path.open("wb") as out:
        for blob in blobs:
            out.write(len(blob).to_bytes(4, "little") + blob)


def read_blobs(path: Path) -> Iterator[bytes]:
    """The blobs of such a file."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def judged(judge_blobs: Path, blobs: Sequence[bytes], folder: Path) -> list[str]:
    """A line on each blob: "runs" and a sum of its outputs, or "refused" and why."""
    lines = whole_lines(judge_blobs, blobs, folder)
    # where parts lie is no part of what becomes of them
    return [line.partition(", steered by ")[0] for line in lines]


def whole_lines(judge_blobs: Path, blobs: Sequence[bytes], folder: Path) -> list[str]:
    """The lines with the sums of what steers each blob."""
    file = folder / "blobs.bin"
    write_blobs(file, blobs)
    ran = subprocess.run([judge_blobs, file], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-5000:]
    file.unlink()
    lines = ran.stdout.splitlines()
    assert len(lines) == len(blobs)
    return lines
