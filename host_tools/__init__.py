"""The computer's side of Inkling: pack, inspect, run and deploy networks."""

from __future__ import annotations

import re
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_HEADER = "firmware_module/runtime/ink_version.h"
_LINE = re.compile(r'#define INK_VERSION "([^"]+)"')


def version() -> str:
    """Inkling's version, which stands in firmware_module/runtime/ink_version.h alone.

    The package's build asks for it too, without the other modules.
    """
    # host_tools/installed is host_tools.places.INSTALLED
    for root in (_PACKAGE / "installed", _PACKAGE.parent):
        if (root / _HEADER).is_file():
            found = _LINE.search((root / _HEADER).read_text("utf8"))
            assert found, f"{root / _HEADER} defines no INK_VERSION"
            return found[1]
    return "unknown"
