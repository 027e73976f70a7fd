"""Runs blobs on QEMU's Cortex-M7, the very objects of a firmware linked to harness/, so that what
touches memory outside blob, arena and stack is a fault.

`INKLING_FIRMWARE=... python guarded.py SEED FIRST COUNT BLOB...` runs mutations, as fuzz_blob.c
does.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "guarded"
# harness/guard.h
CORPUS_START, CORPUS_SIZE = 0x60000000, 7 << 20
MAGIC = 0x444B4749
RUN, MUTATE, PROVOKE, COUNT = range(4)

FLAGS = [
    *("-mcpu=cortex-m7", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-d16", "-std=c11", "-Os", "-g"),
    *("-Wall", "-Wextra", "-Werror", "-Wdouble-promotion", "-Wfloat-conversion"),
    *("-ffunction-sections", "-nostdlib", "-Wl,--gc-sections", f"-T{HERE}/harness/memory.ld"),
    *(f"-I{ROOT / folder}" for folder in ("firmware_module", "firmware_module/runtime")),
    *(f"-I{ROOT / folder}" for folder in ("tests/runtime", "tests/kernels_armv7em/harness")),
]
QEMU = [
    *("qemu-system-arm", "-M", "mps2-an500", "-nographic", "-monitor", "none", "-serial", "none"),
    *("-semihosting-config", "enable=on,target=native"),
]
ROOMS = ("runtime", "kernels", "audio")


class Count(NamedTuple):
    """The work that a blob says, and instructions: of its verification, of its first operator, and
    the most of these between two look-ups."""

    work: int
    verified: int
    ran: int
    longest: int


@dataclass
class Outcome:
    """How often each status came (of two runs a blob), each kernel's runs, and the faults.

    `counts`: of each blob, in mode COUNT.
    """

    statuses: dict[str, int] = field(default_factory=dict)
    kernels: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)


def build(firmware: Path) -> Path:
    """The harness linked to the objects of a firmware of the virtual board."""
    folder = firmware.parent
    objects = [
        path for room in ROOMS for path in sorted((folder / "firmware_module" / room).rglob("*.o"))
    ]
    objects.append(folder / "shared" / "libc" / "string0.o")
    prefix = os.environ.get("CMSIS_NN")
    if prefix:
        objects += [*Path(prefix).glob("lib/libcmsis-nn.a"), *Path(prefix).glob("libcmsis-nn.a")]
    sources = sorted((HERE / "harness").glob("*.c"))
    image = BUILD / f"{folder.name}.elf"
    BUILD.mkdir(parents=True, exist_ok=True)
    # put in place whole: another process may be running it
    made = BUILD / f"{folder.name}-{os.getpid()}.elf"
    command = ["arm-none-eabi-gcc", *FLAGS, "-o", made, *sources, *objects, "-lgcc"]
    done = subprocess.run(map(str, command), capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"the harness does not build:\n{done.stderr[-4000:]}")
    return made.replace(image)


def corpus(mode: int, blobs: Sequence[bytes], seed: int, first: int, count: int) -> bytes:
    """The file that harness/guarded.c reads."""
    head, body = b"", b""
    start = 32 + 8 * len(blobs)
    start += -start % 16
    for blob in blobs:
        head += struct.pack("<II", CORPUS_START + start + len(body), len(blob))
        body += blob + bytes(-len(blob) % 16)
    fields = struct.pack("<8I", MAGIC, mode, seed, first, count, len(blobs), 0, 0)
    whole = (fields + head).ljust(start, b"\0") + body
    if len(whole) > CORPUS_SIZE:
        raise ValueError(f"{len(whole)} bytes of blobs, room for {CORPUS_SIZE}")
    return whole


def parts(blobs: Sequence[tuple[str, bytes]]) -> Iterator[Sequence[tuple[str, bytes]]]:
    """Named blobs, as many at a time as there is room for."""
    start, size = 0, 0
    for number, (_, blob) in enumerate(blobs):
        needed = len(blob) + 48
        if size + needed > CORPUS_SIZE:
            yield blobs[start:number]
            start, size = number, 0
        size += needed
    yield blobs[start:]


def start(
    image: Path,
    mode: int,
    blobs: Sequence[bytes],
    seed: int = 0,
    first: int = 0,
    count: int | None = None,
    timeout: float = 600,
) -> Outcome:
    """Runs QEMU to the end of its blobs, or of `count` mutations of them."""
    file = BUILD / f"corpus-{os.getpid()}.bin"
    file.write_bytes(corpus(mode, blobs, seed, first, len(blobs) if count is None else count))
    loader = f"loader,file={file},addr={CORPUS_START},force-raw=on"
    command = [*QEMU, "-device", loader, "-kernel", str(image)]
    if mode == COUNT:
        command += ["-icount", "shift=6"]  # 64 ns, as guard.c takes it
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    finally:
        file.unlink()
    text = done.stdout + done.stderr
    outcome = Outcome()
    for line in text.splitlines():
        if counted := re.fullmatch(r"(\d+) (status|runs) (.*)", line):
            table = outcome.statuses if counted[2] == "status" else outcome.kernels
            table[counted[3]] = int(counted[1])
        elif counted := re.fullmatch(r"counted (\d+) (\d+) (\d+) (\d+)", line):
            outcome.counts.append(Count(*map(int, counted.groups())))
        elif line.startswith("fault: "):
            outcome.faults.append(_with_function(image, line))
    if f"{len(outcome.faults)} faults" not in text.splitlines():
        raise RuntimeError(f"QEMU stopped early, status {done.returncode}:\n{text[-2000:]}")
    return outcome


def _with_function(image: Path, line: str) -> str:
    """The line of a fault, with the function that its pc lies in."""
    head, _, pc = line.removeprefix("fault: ").rpartition("; pc ")
    words = ["arm-none-eabi-addr2line", "-f", "-e", str(image), pc]
    name = subprocess.run(words, capture_output=True, text=True, timeout=60).stdout.split("\n")[0]
    return f"{head}; in {name} ({pc})"


def main(words: list[str]) -> int:
    """Prints what came of it; 1 where something faulted."""
    seed, first, count = (int(word) for word in words[:3])
    blobs = [Path(word).read_bytes() for word in words[3:]]
    image = build(Path(os.environ["INKLING_FIRMWARE"]))
    outcome = start(image, MUTATE, blobs, seed, first, count)
    for table in (outcome.statuses, outcome.kernels):
        for name, times in table.items():
            print(times, name)
    for fault in outcome.faults:
        print(fault)
    return bool(outcome.faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
