"""Cycles of a block by LLVM's model of the Cortex-M7, through llvm-mca (Debian: llvm)."""

from __future__ import annotations

import re
import subprocess
from functools import cache

ITERATIONS = 60


def mca_text(text: str) -> str | None:
    """An instruction of QEMU's listing as llvm-mca takes it; None for one it cannot weigh."""
    mnemonic, _, operands = text.partition(" ")
    mnemonic = re.sub(r"\.[wn]$", "", mnemonic)
    if mnemonic == "nop" or re.fullmatch(r"it[te]*", mnemonic):
        return None
    if mnemonic in {"bl", "blx"}:
        return "nop"
    if mnemonic in {"cbz", "cbnz"}:
        operands = operands.split(",")[0] + ", .Lend"
    elif re.fullmatch(r"b(eq|ne|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?", mnemonic):
        operands = ".Lend"
    elif mnemonic == "pop":
        operands = "{r4}"
    operands = re.sub(r"\[pc.*", "[sp]", operands)
    return f"{mnemonic} {operands}"


@cache
def mca_cycles(block: tuple[str, ...]) -> float:
    """Cycles of one pass over a block that repeats; what llvm-mca refuses counts one cycle."""
    lines = tuple(line for line in map(mca_text, block) if line)
    return _cycles(lines) if lines else 0.0


@cache
def _cycles(lines: tuple[str, ...]) -> float:
    source = ".syntax unified\n.thumb\n.cpu cortex-m7\n" + "\n".join(lines) + "\n.Lend:\n"
    command = ["llvm-mca", "-mtriple=thumbv7em-none-eabihf", "-mcpu=cortex-m7"]
    result = subprocess.run(
        [*command, f"-iterations={ITERATIONS}"], input=source, capture_output=True, text=True
    )
    total = re.search(r"Total Cycles:\s+(\d+)", result.stdout)
    seen = re.search(r"Instructions:\s+(\d+)", result.stdout)
    if not result.returncode and total and seen and int(seen[1]) == ITERATIONS * len(lines):
        return int(total[1]) / ITERATIONS
    if len(lines) == 1:
        return 1.0
    half = len(lines) // 2
    return _cycles(lines[:half]) + _cycles(lines[half:])
