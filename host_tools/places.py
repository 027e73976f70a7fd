"""Where the project's other parts lie: around host_tools in a checkout, within it as a package.

`make wheel` puts what the commands need into host_tools/installed, laid out as in a checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from host_tools.errors import CommandError

_PACKAGE = Path(__file__).resolve().parent
INSTALLED = _PACKAGE / "installed"

# the folder that holds firmware_module/, micropython_lib/ and models/
ROOT = INSTALLED if INSTALLED.is_dir() else _PACKAGE.parent
BOARD_LIBRARY = ROOT / "micropython_lib"


def is_checkout() -> bool:
    return ROOT != INSTALLED


def build_folder() -> Path:
    """Where the commands keep what they make for themselves: build/, or a cache folder."""
    if is_checkout():
        return ROOT / "build"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "inkling"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/inkling"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "inkling"


def checkout() -> Path:
    """The checkout. Raises CommandError in an installed package, which lacks what builds need."""
    if not is_checkout():
        raise CommandError(
            "this needs a checkout of Inkling: what pip installed has only what its commands need"
        )
    return ROOT
