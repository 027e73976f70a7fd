"""Front ends on QEMU's Cortex-M7: the bits of the twin, and what a frame costs."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from front_ends import CASES, front_end

from host_tools.audio import FrontEnd, twin
from host_tools.audio.front_end import RECORD

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels_armv7em"))
from harness_tools import COMPILERS, QEMU  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "firmware_module"
HARNESS = ROOT / "tests" / "kernels_armv7em" / "harness"
# what each takes today, rounded up
MOST_INSTRUCTIONS = {"mfcc": 23_200, "log-mel": 22_400, "micro": 23_700}


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that computes frames."""
    path = tmp_path_factory.mktemp("frames") / "frames"
    sources = [Path(__file__).parent / "harness" / "run_frames.c", HARNESS / "machine_qemu.c"]
    sources += [*sorted((MODULE / "audio").glob("ink_f*.c")), MODULE / "audio" / "ink_micro.c"]
    sources += [MODULE / "runtime" / "ink_crc32.c"]
    sources = [source for source in sources if source.name != "ink_front_end.c"]
    flags = [flag if flag != "-O3" else "-O2" for flag in COMPILERS["cortex-m7"]]
    command = [*flags, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{MODULE}"]
    command += [f"-I{MODULE / 'runtime'}", "-o", path, *sources]
    subprocess.run([str(word) for word in command], check=True, timeout=300)
    return path


def run(
    image: Path, one: FrontEnd, samples: npt.NDArray[np.int16], folder: Path
) -> list[tuple[int, int]]:
    """Instructions and the check sum of the values of each frame, with a peak of 7000."""
    blob = bytearray(RECORD.size)
    offsets = {}
    for name, table in one.tables.items():
        blob += bytes(-len(blob) % 16)
        offsets[name] = len(blob)
        blob += table.tobytes()
    blob[: RECORD.size] = one.record(offsets)
    blob += bytes(-len(blob) % 16)
    window, hop = one.numbers["window"], one.numbers["hop"]
    count = (len(samples) - window) // hop + 1
    header = struct.pack("<8I", 0, 32 + len(blob), count, hop, 7000, 0, 0, 0)
    cases = folder / "frames.bin"
    cases.write_bytes(header + blob + samples.tobytes())
    command = [*QEMU, "-device", f"loader,file={cases},addr=0x60000000", "-kernel", image]
    done = subprocess.run([str(w) for w in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert len(lines) == count
    return [(int(cost), int(crc)) for cost, crc in lines]


@pytest.mark.parametrize("name", CASES)
def test_a_frame_on_the_board_has_the_twins_bits(
    name: str, image: Path, sounds: dict[str, npt.NDArray[np.int16]], tmp_path: Path
) -> None:
    one = front_end(name)
    window, hop = one.numbers["window"], one.numbers["hop"]
    samples = np.concatenate([sound[3000:8000] for sound in sounds.values()])
    starts = np.arange((len(samples) - window) // hop + 1) * hop
    windows = samples[starts[:, np.newaxis] + np.arange(window)].astype(np.int64)
    expected = twin.frame_values(one, windows, np.full(len(starts), 7000))
    found = run(image, one, samples, tmp_path)
    sums = [zlib.crc32(values.astype("<i4").tobytes()) for values in expected]
    differ = [i for i, (_, crc) in enumerate(found) if crc != sums[i]]
    assert not differ, differ[:20]


@pytest.mark.parametrize("name", MOST_INSTRUCTIONS)
def test_a_frame_takes_few_instructions(
    name: str, image: Path, sounds: dict[str, npt.NDArray[np.int16]], tmp_path: Path
) -> None:
    one = front_end(name)
    costs = [
        cost
        for sound in ("word", "noise", "loud chirp")
        for cost, _ in run(image, one, sounds[sound][2000:9000], tmp_path)
    ]
    print(f"{name}: {np.mean(costs):.0f} instructions a frame, at most {max(costs)}")
    assert max(costs) <= MOST_INSTRUCTIONS[name]
