"""Recordings of words come out of Debian's packages whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from host_tools.errors import CommandError
from host_tools.setup import recordings

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb is Debian's")

WANTED = {
    "left/ab.wav": b"Left of ab",
    "left/tim.wav": b"left of tim",
    "no/en.ogg": b"no",
    "no/en_GB.ogg": b"no, indeed",
}


def make_package(folder: Path, name: str, files: dict[str, bytes]) -> None:
    root = folder / "root" / name
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: n <n@n>\nDescription: n\n"
    )
    for place, data in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_bytes(data)
    built = ["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(root)]
    subprocess.run([*built, str(folder / f"{name}_1_all.deb")], check=True, capture_output=True)


@pytest.fixture
def debs(tmp_path: Path) -> Path:
    folder = tmp_path / "debs"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("sounds/codriver/ab/Left.wav", WANTED["left/ab.wav"])
        archive.writestr("sounds/codriver/ab/LeftCut.wav", b"two words")
        archive.writestr("sounds/codriver/tim/left.wav", WANTED["left/tim.wav"])
        archive.writestr("sounds/left.wav", b"no voice")
        archive.writestr("sounds/codriver/tim/../../../left.wav", b"outside")
    data = (tmp_path / "data.zip").read_bytes()
    make_package(folder, recordings.RALLY, {recordings.RALLY_ARCHIVE: data, "usr/other": b"o"})
    letters = {place: WANTED[name] for place, name in recordings.LETTERS_FILES.items()}
    make_package(folder, recordings.LETTERS, letters)
    return folder


def digest() -> str:
    sha256 = hashlib.sha256()
    for name, data in sorted(WANTED.items()):
        sha256.update(name.encode() + b"\0" + data)
    return sha256.hexdigest()


def test_each_word_has_a_subfolder_of_its_recordings(debs: Path, tmp_path: Path) -> None:
    dest = tmp_path / "recordings"
    recordings.unpack(debs, dest, digest())
    files = [path for path in dest.rglob("*") if path.is_file()]
    assert {path.relative_to(dest).as_posix(): path.read_bytes() for path in files} == WANTED


def test_other_recordings_than_those_known_are_refused(debs: Path, tmp_path: Path) -> None:
    dest = tmp_path / "recordings"
    with pytest.raises(CommandError, match=f"not those that they should be: sha256 {digest()}"):
        recordings.unpack(debs, dest)
    assert not dest.exists()


def test_a_package_that_is_missing_damaged_or_empty_is_named(debs: Path, tmp_path: Path) -> None:
    dest = tmp_path / "recordings"
    package = debs / f"{recordings.RALLY}_1_all.deb"
    package.write_bytes(package.read_bytes()[:700])
    with pytest.raises(CommandError, match="trigger-rally-data_1_all.deb cannot be unpacked: "):
        recordings.unpack(debs, dest, digest())
    package.unlink()
    with pytest.raises(CommandError, match="debs has 0 packages trigger-rally-data, not one"):
        recordings.unpack(debs, dest, digest())
    shutil.rmtree(debs / "root")
    make_package(debs, recordings.RALLY, {"usr/other": b"o"})
    with pytest.raises(CommandError, match=r"1_all.deb has no usr/share/games/trigger-rally/data"):
        recordings.unpack(debs, dest, digest())
    assert not dest.exists()
