"""Who finishes on a board what a loss of power cut short: the firmware, or what install put there.

Our firmware has micropython_lib/inkling_heal.py frozen in and runs it at each start, by
inkling_start.py. Beside a native module it lies as a file, and `import inkling` runs it while
`guarded`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from host_tools.device import file_system
from host_tools.device.connection import Device
from host_tools.errors import CommandError

MODULES = ("inkling_heal", "inkling_rom")


def heals_at_start(device: Device) -> bool:
    """Whether the board's start has done it. The board's facts are read already."""
    return bool(device.value("'inkling_start' in sys.modules", bool))


def healer(device: Device) -> str:
    """What finishes it first: the board's "start", its "import" of the module, or a "deploy"."""
    if heals_at_start(device):
        return "start"
    return "import" if device.value("guardable()", str) else "deploy"


@contextlib.contextmanager
def guarded(device: Device, library: str | None = None) -> Iterator[None]:
    """Lets `import inkling` finish what is cut short within, where the firmware does not.

    `library` is the folder of the native module; None: where it lies already, if it does.
    """
    library = device.value("guardable()", str) if library is None else library
    if not library or heals_at_start(device):
        yield
        return
    if not device.value(f"guard({library!r})", bool):
        raise file_system.worn_out(device, library)
    try:
        yield
    finally:
        with contextlib.suppress(CommandError):
            device.exec("unguard()")
