"""The native module: which file a board gets, and what it takes of the board's heap."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.files import make_folder, read_whole, write_whole
from host_tools.places import ROOT, is_checkout

NAME = "inkling.mpy"
# what one for some networks alone says lies beside it
WORDS = "inkling_words.py"
WHOLE = ROOT / "micropython_lib/armv7emsp_6.3" / NAME
# beside its code: names, the table of functions, what MicroPython keeps of a module
OVERHEAD = 1024


def take(blobs: Mapping[str, bytes]) -> Path:
    """The module's file: in a checkout one built for these blobs, else the whole one.

    A package has only the whole one. Raises CommandError where it does not build or is not there.
    """
    if is_checkout():
        return _build(blobs)
    if WHOLE.is_file():
        return WHOLE
    raise CommandError(
        f"this package has no native module ({WHOLE}): install one that `make wheel` made, or run "
        "the command in a checkout"
    )


def _build(blobs: Mapping[str, bytes]) -> Path:
    words = ["make", "--silent", "-C", str(ROOT), "natmod"]
    if blobs:
        # names of our own: make takes no spaces
        folder = ROOT / "build/install"
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        places = []
        for number, blob in enumerate(blobs.values()):
            place = folder / f"{number}.ink"
            write_whole(place, blob)
            places.append(str(place.relative_to(ROOT)))
        words.append(f"FOR={' '.join(places)}")
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError(
            "the native module is built by make, which is not here: apt install make"
        ) from None
    if done.returncode:
        said = done.stderr.strip().splitlines()[-4:]
        raise CommandError("the native module does not build: " + "; ".join(said))
    return Path(done.stdout.split()[-1])


def heap_bytes(path: Path) -> tuple[int, int]:
    """What a module takes of the heap: its code, which is one piece, and all together."""
    code = code_size(read_whole(path))
    return code, code + OVERHEAD


def code_size(module: bytes) -> int:
    """Bytes of the code of a native .mpy of version 6, by MicroPython's py/persistentcode.c."""
    at = 4  # M, version, feature byte, bits of a small int

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            byte = module[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    names, objects = number(), number()
    assert objects == 0  # native modules from C have none
    for _ in range(names):
        length = number()
        if length & 1 == 0:  # else a name that every firmware has
            at += (length >> 1) + 1
    return number() >> 3
