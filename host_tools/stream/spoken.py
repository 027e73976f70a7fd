"""Words spoken by espeak-ng, a synthesizer, for who has no recordings at hand."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from host_tools.errors import CommandError

PROGRAM = "espeak-ng"
VOICES = ("en-us", "en-gb", "en-us+f2", "en-us+m7")
OTHERS = ("bed", "bird", "cat", "dog", "happy", "house", "seven", "three", "tree", "wow")


def speak(words: Sequence[str], folder: Path) -> None:
    """Writes a subfolder of recordings of each of `words` and OTHERS, one a voice.

    Raises CommandError where espeak-ng is missing or fails.
    """
    if not shutil.which(PROGRAM):
        raise CommandError(
            f"{PROGRAM}, which would speak the words, is missing: install it, or give --clips a "
            "folder with a subfolder of recordings for each word"
        )
    for word in (*words, *OTHERS):
        (folder / word).mkdir(exist_ok=True)
        for voice in VOICES:
            command = [PROGRAM, "-v", voice, "-w", str(folder / word / f"{voice}.wav"), "--", word]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace")
            if done.returncode:
                raise CommandError(f"{PROGRAM} cannot speak {word!r}: {done.stderr.strip()}")
