"""Words out of two of Debian's packages, for `make demo-sound`; get_recordings.sh gets them.

The games' words are three of the ten that models/keywords knows, and others.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from host_tools.errors import CommandError

# what a player of Trigger Rally is told, by three voices; those of several words are left out
RALLY = "trigger-rally-data"
RALLY_ARCHIVE = "usr/share/games/trigger-rally/data.zip"
RALLY_VOICES = "sounds/codriver/"
VOICES = ("ab", "paula", "tim")
RALLY_WORDS = re.compile(
    "chicane|cut|dirt|dont|easy|finish|flat|grass|gravel|hairpin|hard|ice|into|jump|left|long|"
    "medium|mud|over|right|sand|snow|square|tarmac|water"
)
# syllables for children
LETTERS = "klettres-data"
LETTERS_FILES = {
    "usr/share/klettres/en/syllab/no.ogg": "no/en.ogg",
    "usr/share/klettres/en_GB/syllab/no.ogg": "no/en_GB.ogg",
}
PACKAGES = (RALLY, LETTERS)
LICENCE = "GPL 2 or later"
SHA256 = "75568932c99442a2ea7361040537ba05e672f5e2984237d8e508484ecf9236f7"


def unpack(folder: Path, dest: Path, sha256: str = SHA256) -> None:
    """Fills the new folder `dest` with a subfolder for each word, from the .deb files in `folder`.

    Raises CommandError where one is missing or the recordings are not those of `sha256`.
    """
    found = {
        **dict(_rally(_file_of(folder, RALLY, (RALLY_ARCHIVE,))[RALLY_ARCHIVE])),
        **{LETTERS_FILES[k]: v for k, v in _file_of(folder, LETTERS, LETTERS_FILES).items()},
    }
    digest = hashlib.sha256()
    for name, data in sorted(found.items()):
        digest.update(name.encode() + b"\0" + data)
    if digest.hexdigest() != sha256:
        raise CommandError(
            f"the recordings in Debian's {' and '.join(PACKAGES)} are not those that they should "
            f"be: sha256 {digest.hexdigest()}, not {sha256}"
        )
    for name, data in found.items():
        (dest / name).parent.mkdir(parents=True, exist_ok=True)
        (dest / name).write_bytes(data)


def _file_of(folder: Path, package: str, names: Iterable[str]) -> dict[str, bytes]:
    """The files of these names in a package's .deb."""
    debs = list(folder.glob(f"{package}_*.deb"))
    if len(debs) != 1:
        raise CommandError(f"{folder} has {len(debs)} packages {package}, not one")
    command = ["dpkg-deb", "--fsys-tarfile", str(debs[0])]
    found = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if name in names and (file := archive.extractfile(member)):
                        found[name] = file.read()
        except (tarfile.TarError, OSError) as error:
            raise CommandError(f"{debs[0].name} cannot be unpacked: {error}") from None
    missing = sorted(set(names) - set(found))
    if missing:
        raise CommandError(f"{debs[0].name} has no {', '.join(missing)}")
    return found


def _rally(data: bytes) -> Iterator[tuple[str, bytes]]:
    """word/voice.wav and what it holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            voice, _, word = name.removeprefix(RALLY_VOICES).lower().rpartition("/")
            word = word.removesuffix(".wav")
            if name.startswith(RALLY_VOICES) and voice in VOICES and RALLY_WORDS.fullmatch(word):
                yield f"{word}/{voice}.wav", archive.read(name)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("names")
    unpacking = verbs.add_parser("unpack")
    unpacking.add_argument("folder", type=Path)
    unpacking.add_argument("dest", type=Path)
    args = parser.parse_args(arguments)
    if args.verb == "names":
        print(*PACKAGES)
        return 0
    try:
        unpack(args.folder, args.dest)
    except CommandError as error:
        print(f"set-up: recordings of words: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
