"""Reads numbers of bytes as users write them: 300000, 300K, 1M."""

from __future__ import annotations

import re

from host_tools.errors import CommandError

UNITS = {"": 1, "K": 1024, "M": 1024 * 1024}


def byte_count(text: str, option: str) -> int:
    """Bytes; K is 1024 of them and M 1024 K. Raises CommandError, which names `option`."""
    match = re.fullmatch(r"([0-9]{1,10})([KM]?)", text.upper())
    if match is None:
        raise CommandError(
            f"{option} {text!r} is no number of bytes: write it like 300000, 300K or 1M"
        )
    return int(match[1]) * UNITS[match[2]]
