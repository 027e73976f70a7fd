"""What the firmware gains in flash by our module: two builds, with it and without, measured."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CommandError

# the most that the module may add to the firmware, in bytes
LIMIT = 64 * 1024
# the last figure that we kept, for the default configuration of `make firmware-virtual`
KEPT = Path(__file__).parent / "baselines" / "code_size.json"


@dataclass(frozen=True)
class CodeSize:
    """Bytes of flash that the module adds, and those kept in the repository."""

    gained: int
    kept: int

    @property
    def fits(self) -> bool:
        return self.gained <= LIMIT

    def text(self) -> str:
        """A line to print."""
        rule = "within" if self.fits else "OVER"
        return (
            f"Code size: the module adds {self.gained:,} bytes of flash to the firmware, {rule} "
            f"the limit of {LIMIT:,}; {self.gained - self.kept:+,} to the {self.kept:,} kept in "
            f"{KEPT.parent.name}/{KEPT.name}."
        )


def flash_bytes(firmware: Path) -> int:
    """Code, constants and initial values in an ELF file. Raises CommandError where it cannot."""
    command = ["arm-none-eabi-size", str(firmware)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise CommandError("arm-none-eabi-size is not on PATH: run `make setup`") from None
    if done.returncode:
        raise CommandError(f"cannot measure the firmware {firmware}: {done.stderr.strip()}")
    text, data = done.stdout.splitlines()[1].split()[:2]
    return int(text) + int(data)


def code_size(firmware: Path, stock: Path) -> CodeSize:
    """What `firmware` has more than `stock`, the same build without our module."""
    kept = json.loads(KEPT.read_text(encoding="utf8"))
    return CodeSize(flash_bytes(firmware) - flash_bytes(stock), kept["bytes"])
