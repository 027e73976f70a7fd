"""Makes the wheel and the sdist: `make wheel`, which builds what they carry and calls this.

Both are built from a copy of host_tools with everything that its commands need laid into it, at
places.INSTALLED: C sources for this computer, the board's library and native module, the virtual
board's firmware, the CIFAR-10 networks. Beside it goes what editors know of the board's module.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.host_build import ROOMS
from host_tools.places import checkout

# of the checkout, as they lie there
CARRIED = (
    "firmware_module/*.h",
    *(f"firmware_module/{room}/**/*.[ch]" for room in ROOMS),
    "micropython_lib/*.py",
    "micropython_lib/inkling_ml/**/*.py",
    "micropython_lib/package.json",
    "models/cifar10/**/*.tflite",
    "models/cifar10/**/*.ink",
    "models/cifar10/labels.txt",
    "models/keywords/**/*.ink",
)
STUBS = "inkling-stubs"  # Where editors look for those of a module `inkling`: PEP 561.
BESIDE = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


def stage(root: Path, folder: Path, firmware: Path, native_module: Path) -> None:
    """Fills `folder` anew with the source tree of the package."""
    if folder.exists():
        shutil.rmtree(folder)
    ignored = shutil.ignore_patterns("__pycache__", "installed")
    shutil.copytree(root / "host_tools", folder / "host_tools", ignore=ignored)
    for name in BESIDE:
        shutil.copy(root / name, folder / name)
    shutil.copytree(root / "micropython_lib" / STUBS, folder / STUBS)
    installed = folder / "host_tools" / "installed"
    files = {path.relative_to(root): path for pattern in CARRIED for path in root.glob(pattern)}
    files[Path("build/firmware/virtual-double/firmware.elf")] = firmware
    files[native_module.relative_to(root)] = native_module
    for place, path in files.items():
        (installed / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, installed / place)


def main() -> int:
    parser = argparse.ArgumentParser("python -m host_tools.setup.wheel", description=__doc__)
    parser.add_argument("firmware", type=Path, help="the virtual board's")
    parser.add_argument("native_module", type=Path, help="inkling.mpy, in micropython_lib")
    args = parser.parse_args()
    try:
        root = checkout()
    except CommandError as error:
        print(f"make wheel: {error}", file=sys.stderr)
        return 1
    folder, made = root / "build" / "wheel", root / "build" / "dist"
    stage(root, folder, args.firmware.resolve(), args.native_module.resolve())
    shutil.rmtree(made, ignore_errors=True)
    words = [sys.executable, "-m", "build", "--outdir", str(made), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"make wheel: {(done.stdout + done.stderr).strip()[-4000:]}", file=sys.stderr)
        return 1
    for path in sorted(made.iterdir()):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
