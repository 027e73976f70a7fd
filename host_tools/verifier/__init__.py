"""The one verifier of blobs, which every verb asks first: the board's own, in C.

Where there is no C compiler a twin in Python decides; it refuses the same blobs in the same words.
"""

from __future__ import annotations

from host_tools import host_runtime
from host_tools.errors import CommandError
from host_tools.verifier import twin


def verify(blob: bytes, where: str = "the blob") -> None:
    """Raises CommandError, which begins with `where`, for a blob that the board would refuse."""
    try:
        said = host_runtime.refusal(blob)
    except CommandError:  # it cannot be built here
        said = twin.refusal(blob)
    if said is not None:
        raise CommandError(f"{where}: {said}")
