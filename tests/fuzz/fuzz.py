"""`make fuzz`: the runtime by libFuzzer, the packer by atheris, both guided by coverage; then the
board's own code, under tests/guarded, with the blobs that libFuzzer kept and mutations of them.

Each of the three runs for --seconds. What they learn is kept in the folder --corpus, what they
find in found/ there; the exit status is 1 then.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "fuzz"
for _folder in ("tests/guarded", "tests/runtime", "tests", "."):
    sys.path.insert(0, str(ROOT / _folder))

import guarded  # noqa: E402
import numpy as np  # noqa: E402
from layers import MOST_WORK, sample  # noqa: E402
from single_operators import KINDS, random_model  # noqa: E402
from small_blobs import small_blobs  # noqa: E402

from host_tools.blob.layout import HEADER  # noqa: E402
from host_tools.host_build import build_library, build_program  # noqa: E402
from host_tools.kernels import KERNELS  # noqa: E402

MUTATIONS = 2000  # of one start of QEMU
LONGEST = 1 << 16  # bytes of a blob or model
LIBFUZZER = [f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=4096", "-print_final_stats=1"]


def blobs_to_start_with() -> dict[str, bytes]:
    """Small networks, and each kernel's operator alone."""
    small = small_blobs()
    alone = {f"alone_{k}": sample(small.values(), k, MOST_WORK).blob() for k in KERNELS}
    return {**small, **alone}


def models_to_start_with() -> dict[str, bytes]:
    """A .tflite file of each operator."""
    return {
        kind: random_model(kind, np.random.default_rng(zlib.crc32(kind.encode())))
        for kind in KINDS
    }


def fill(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def run_libfuzzer(what: str, command: list[str], folder: Path, found: Path, seconds: int) -> bool:
    """Whether nothing was found. Says how many inputs were run."""
    before = len(list(folder.iterdir()))
    words = [*command, *LIBFUZZER, f"-max_total_time={seconds}", f"-artifact_prefix={found}/"]
    log = folder.parent / f"{folder.name}.log"
    with log.open("w") as output:
        done = subprocess.run([*words, str(folder)], stdout=output, stderr=output, cwd=ROOT)
    text = log.read_text(errors="replace")
    counted = re.search(r"stat::number_of_executed_units: (\d+)", text)
    # atheris tells no statistics where a run ends by an exception
    runs = counted[1] if counted else (re.findall(r"^#(\d+)\t", text, re.M) or ["0"])[-1]
    covered = (re.findall(r" cov: (\d+)", text) or ["0"])[-1]
    kept = len(list(folder.iterdir())) - before
    print(
        f"{what}: {int(runs):,} inputs, {covered} places covered, {kept} inputs kept, "
        f"{'nothing found' if done.returncode == 0 else f'found: see {log} and {found}'}",
        flush=True,
    )
    return done.returncode == 0


def run_guarded(image: Path, folder: Path, found: Path, seconds: int) -> bool:
    """Runs what is in the corpus, then mutations of it until the time is over."""
    end = time.monotonic() + seconds
    named = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    # mutations are of what has a header
    named = [(name, blob) for name, blob in named if HEADER.size <= len(blob) <= LONGEST]
    runs, faults = 0, []
    seed = int(time.time())
    done = False
    while not done:
        for part in guarded.parts(named):
            blobs = [blob for _, blob in part]
            for mode, count in ((guarded.RUN, len(blobs)), (guarded.MUTATE, MUTATIONS)):
                outcome = guarded.start(image, mode, blobs, seed, 0, count, timeout=3600)
                runs += sum(outcome.statuses.values())
                faults += [f"mode {mode} seed {seed}: {fault}" for fault in outcome.faults]
            done = done or time.monotonic() > end
            if done:
                break
        seed += 1
    if faults:
        (found / "guarded.txt").write_text("\n".join(faults) + "\n")
    words = f"found: see {found / 'guarded.txt'}" if faults else "nothing found"
    print(f"fast kernels under guard: {runs:,} runs, {words}", flush=True)
    return not faults


def main() -> int:
    """The three, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--python", default=str(ROOT / "build/fuzz-tools/bin/python"))
    options = parser.parse_args()
    corpus: Path = options.corpus.resolve()
    blobs, models, found = (corpus / name for name in ("blobs", "models", "found"))
    found.mkdir(parents=True, exist_ok=True)
    image = guarded.build(Path(os.environ["INKLING_FIRMWARE"]))
    build_library()  # that atheris does not wait for it
    if not blobs.is_dir():
        fill(blobs, blobs_to_start_with())
    if not models.is_dir():
        fill(models, models_to_start_with())
    os.environ["CC"] = "clang"
    program = build_program(ROOT / "tests/runtime/fuzz_runtime.c", sanitize=True, fuzzer=True)
    del os.environ["CC"]
    packer = [options.python, str(HERE / "fuzz_pack.py")]
    good = [
        run_libfuzzer("runtime by libFuzzer", [str(program)], blobs, found, options.seconds),
        run_libfuzzer("packer by atheris", packer, models, found, options.seconds),
        run_guarded(image, blobs, found, options.seconds),
    ]
    return not all(good)


if __name__ == "__main__":
    sys.exit(main())
