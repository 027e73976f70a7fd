"""Files are written whole or not at all, several of them together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from host_tools.errors import CommandError
from host_tools.files import write_all, write_whole


def test_several_files_are_written_or_none(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"before")
    missing = tmp_path / "folder" / "third"
    with pytest.raises(CommandError) as caught:
        write_all([(old, b"after"), (new, b"after"), (missing, b"after")])
    assert str(caught.value) == f"{missing}: cannot be written: No such file or directory"
    assert {path.name for path in tmp_path.iterdir()} == {"old"}
    assert old.read_bytes() == b"before"
    write_all([(old, b"after"), (new, b"more")])
    assert (old.read_bytes(), new.read_bytes()) == (b"after", b"more")
    assert {path.name for path in tmp_path.iterdir()} == {"old", "new"}


def test_two_outputs_of_one_place_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(CommandError, match="link: two outputs would be written there"):
        write_all([(tmp_path / "file", b"1"), (tmp_path / "link", b"2")])
    assert {path.name for path in tmp_path.iterdir()} == {"link"}
    # a device takes what comes
    write_all([(os.devnull, b"1"), (os.devnull, b"2")])


def test_a_link_is_followed_and_a_folder_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_whole(tmp_path / "link", b"1")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_bytes() == b"1"
    with pytest.raises(CommandError, match="cannot be written: it is a directory"):
        write_all([(tmp_path / "new", b"1"), (tmp_path, b"2")])
    assert not (tmp_path / "new").exists()
