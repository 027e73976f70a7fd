"""What listening takes of a core, and of a battery: estimates, of the part alone.

The part runs while it makes features and results, and sleeps in between, its clock and DMA on.
"""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.blob.reader import Blob
from host_tools.errors import CommandError
from host_tools.plan.explain import choices

CORE_HZ = 216_000_000
BATTERY_MAH = 1000
MOST_MAH = 1_000_000
# typical at 216 MHz and 25 °C, peripherals disabled, regulator on
RUN_MA = 90.0  # code from flash, caches on
SLEEP_MA = 24.0
SOURCE = "STM32F722, datasheet DocID029808 Rev 3, tables 26 and 30"
# of a frame with the defaults, as `make bench` counts them; taken as a cycle each
_FRAME_INSTRUCTIONS = {"mfcc": 24_800, "log-mel": 23_500, "micro": 24_700}
_USUAL_FFT = 512


@dataclass(frozen=True)
class Listens:
    """Percent of a core of CORE_HZ, and how long a battery of `mah` lasts."""

    network_percent: float
    front_end_percent: float
    mah: int

    @property
    def percent(self) -> float:
        return self.network_percent + self.front_end_percent

    @property
    def milliamperes(self) -> float:
        """On average; at most RUN_MA, for a network that the core cannot keep up with."""
        return SLEEP_MA + (RUN_MA - SLEEP_MA) * min(self.percent, 100) / 100

    @property
    def hours(self) -> float:
        return self.mah / self.milliamperes

    def text(self) -> str:
        return (
            f"estimates: the network takes {self.network_percent:.1f} % of a Cortex-M7 of "
            f"{CORE_HZ // 1_000_000} MHz and the front end {self.front_end_percent:.1f} %;\n"
            f"a battery of {self.mah} mAh lasts {self.hours:.0f} hours at "
            f"{self.milliamperes:.1f} mA: {RUN_MA:g} mA while they run, {SLEEP_MA:g} mA asleep "
            f"({SOURCE}), the part alone, without microphone and board"
        )

    def report(self) -> dict[str, object]:
        return {
            "network_core_percent": self.network_percent,
            "front_end_core_percent": self.front_end_percent,
            "battery_mah": self.mah,
            "milliamperes": self.milliamperes,
            "battery_hours": self.hours,
            "source": SOURCE,
        }


def estimate(blob: Blob, rate: int, hop: int, mah: int) -> Listens:
    """For a result each `hop` samples of `rate` Hz, by the packer's prediction of the network's
    cycles, the blob in flash. Raises CommandError for a capacity out of range.
    """
    if not 1 <= mah <= MOST_MAH:
        raise CommandError(f"--battery-mah is {mah}, allowed 1 to {MOST_MAH}")
    network = sum(choices(blob, operator)[0].cycles for operator in blob.operators) * rate / hop
    front_end = 0.0
    if blob.front_end is not None:
        numbers = blob.front_end.numbers
        frame = _FRAME_INSTRUCTIONS[blob.front_end.kind] * numbers["fft_size"] / _USUAL_FFT
        front_end = frame * rate / numbers["hop"]
    return Listens(100 * network / CORE_HZ, 100 * front_end / CORE_HZ, mah)
