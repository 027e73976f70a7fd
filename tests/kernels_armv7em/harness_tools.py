"""Builds the harness, for QEMU's Cortex-M7 (the fast kernels) or this computer (their twins).

A case is one call of a kernel with what it must write. `run` returns a result a case.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KERNEL_SOURCES = ROOT / "firmware_module" / "kernels" / "armv7em"
BUILD = ROOT / "build" / "kernels_armv7em"

# in the order of harness/kernels.c
KERNELS = [
    *("conv_packed", "depthwise_3x3", "fully_connected_packed"),
    *("add_table", "max_pool_simd", "average_pool_simd"),
    *("winograd_f2", "winograd_f4", "winograd_f45", "depthwise_packed", "conv_general"),
    "copy",
]

WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{KERNEL_SOURCES}"]
WARNINGS += [f"-I{KERNEL_SOURCES.parent}", f"-I{KERNEL_SOURCES.parents[1] / 'runtime'}"]
COMPILERS = {
    "cortex-m7": [
        "arm-none-eabi-gcc",
        *("-mcpu=cortex-m7", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16", "-O3"),
        *("-Wdouble-promotion", "-Wfloat-conversion", "-Wpointer-arith"),
        *("-ffunction-sections", "-nostdlib", "-Wl,--gc-sections", f"-T{HERE}/harness/memory.ld"),
    ],
    "host": ["cc", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"],
}
# what the preprocessor leaves in a native module for a few networks
COMPILERS["for-size"] = [*COMPILERS["cortex-m7"], "-D__OPTIMIZE_SIZE__"]
MACHINES = {
    machine: f"machine_{'host' if machine == 'host' else 'qemu'}.c" for machine in COMPILERS
}

QEMU = [
    *("qemu-system-arm", "-M", "mps2-an500", "-nographic", "-monitor", "none", "-serial", "none"),
    *("-semihosting-config", "enable=on,target=native", "-icount", "shift=6"),
]


@dataclass
class Case:
    """`params` are the int32 fields of the kernel's C struct, in order; `scratch` is in bytes."""

    kernel: str
    params: list[int]
    input0: npt.NDArray[np.int8]
    weights: bytes
    expected: npt.NDArray[np.int8]
    scratch: int
    input1: npt.NDArray[np.int8] | None = None
    in_place: bool = False


@dataclass
class Result:
    """`fault` is empty, or what went wrong; `instructions` is 0 on the host."""

    fault: str
    instructions: int
    scratch: int


def serialize(cases: list[Case]) -> bytes:
    """The file that harness/cases.h describes."""
    header_size = 8 + 48 * len(cases)
    records, body = b"", b""

    def add(data: bytes) -> tuple[int, int]:
        nonlocal body
        body += bytes(-(header_size + len(body)) % 16)
        offset = header_size + len(body)
        body += data
        return offset, len(data)

    for case in cases:
        params, _ = add(struct.pack(f"<{len(case.params)}i", *case.params))
        second = b"" if case.input1 is None else case.input1.tobytes()
        places = [
            *add(case.input0.tobytes()),
            *add(second),
            *add(case.weights),
            *add(case.expected.tobytes()),
        ]
        records += struct.pack(
            "<12I", KERNELS.index(case.kernel), params, *places, case.in_place, 0
        )
    return struct.pack("<II", 0x53434B49, len(cases)) + records + body


def build(machine: str) -> Path:
    """The harness for a machine of COMPILERS, built if a source is newer."""
    sources = [
        *(HERE / "harness" / name for name in ("kernels.c", "run_cases.c", MACHINES[machine])),
        *sorted(KERNEL_SOURCES.glob("*.c")),
        *sorted(KERNEL_SOURCES.parent.glob("ink_copy*.c")),
    ]
    watched = [*sources, *KERNEL_SOURCES.parent.rglob("*.h"), HERE / "harness" / "memory.ld"]
    watched += [HERE / "harness" / "cases.h", HERE / "harness" / "semihosting.h"]
    image = BUILD / f"harness-{machine}"
    newest = max(path.stat().st_mtime for path in watched)
    if not image.exists() or image.stat().st_mtime < newest:
        BUILD.mkdir(parents=True, exist_ok=True)
        # put in place whole: another process may be running it
        made = BUILD / f"{image.name}-{os.getpid()}"
        command = [*COMPILERS[machine], *WARNINGS, "-o", made, *sources]
        subprocess.run([str(part) for part in command], check=True, timeout=300)
        made.replace(image)
    return image


def run(cases: list[Case], machine: str) -> list[Result]:
    """Run `cases` under QEMU, or on "host" (the twins)."""
    image = build(machine)
    file = BUILD / f"cases-{machine}-{os.getpid()}.bin"
    file.write_bytes(serialize(cases))
    command = [str(image), str(file)]
    if machine != "host":
        loader = f"loader,file={file},addr=0x60000000,force-raw=on"
        command = [*QEMU, "-device", loader, "-kernel", str(image)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    finally:
        file.unlink()
    text = done.stdout + done.stderr
    lines = re.findall(r"case \d+(.*), instructions (\d+), scratch (\d+)", text)
    if len(lines) != len(cases):
        raise RuntimeError(f"the harness stopped early, status {done.returncode}:\n{text[-2000:]}")
    return [
        Result("" if fault == " ok" else fault.strip(), int(instructions), int(scratch))
        for fault, instructions, scratch in lines
    ]


def check(cases: list[Case], machine: str) -> list[Result]:
    """Run `cases`, and fail with the first that is not exact or asks for other scratch."""
    results = run(cases, machine)
    for index, (case, result) in enumerate(zip(cases, results, strict=True)):
        assert not result.fault, f"case {index}, {case.kernel} {case.params}: {result.fault}"
        assert result.scratch == case.scratch, f"case {index}, {case.kernel} {case.params}"
    return results
