"""Files are written whole or not at all, several of them together."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from oracle import ROOT

from host_tools import files
from host_tools.errors import CommandError
from host_tools.files import temporary_folder, write_all, write_whole


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


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for mode in (0o600, 0o640, 0o755):
        path.write_bytes(b"before")
        path.chmod(mode)
        write_whole(path, b"after")
        assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (mode, b"after")


def test_what_a_killed_run_left_is_removed_and_what_another_writes_is_not(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from host_tools import files\n"
        "folder = files.temporary_folder(files.Path(sys.argv[1]))\n"
        "files.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write_whole(sys.argv[1] + '/file', b'1')\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    others = [tmp_path / f".file.{os.getppid()}-{files._here()}.part", tmp_path / ".file.x.part"]
    for path in others:
        path.touch()
    with temporary_folder(tmp_path) as folder:
        write_whole(tmp_path / "file", b"2")
        assert {*tmp_path.iterdir()} == {tmp_path / "file", Path(folder), *others}


def test_what_a_container_that_shares_the_folder_writes_is_not_taken_for_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # its numbers of processes are not ours: here none has this one
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(60)
    with monkeypatch.context() as patch:
        patch.setattr("platform.node", lambda: "another")
        patch.setattr("os.getpid", lambda: ended.pid)
        made = files.temporary_folder(tmp_path)
        part = tmp_path / f".file.{files._own()}.part"
        part.touch()
    folder = Path(made.name)
    write_whole(tmp_path / "file", b"1")
    with temporary_folder(tmp_path):
        assert folder.is_dir() and part.is_file()
    old = time.time() - 8 * 24 * 3600
    for path in (folder, part):
        os.utime(path, (old, old))
    write_whole(tmp_path / "file", b"2")
    with temporary_folder(tmp_path):
        assert not folder.exists() and not part.exists()


def test_each_temporary_folder_has_a_name_by_which_it_is_swept() -> None:
    own = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "host_tools").rglob("*.py")
        for words in ("mkdtemp", "tempfile.TemporaryDirectory")
        if words in path.read_text()
    }
    assert own == set()


def test_standard_output_takes_a_file_and_nothing_else(tmp_path: Path) -> None:
    model = ROOT / "models/cifar10/cifar10.tflite"
    words = [sys.executable, "-m", "host_tools", "pack-model", str(model), "-o"]
    done = subprocess.run([*words, str(tmp_path / "a")], cwd=ROOT, capture_output=True, timeout=60)
    blob = (tmp_path / "a").read_bytes()
    with (tmp_path / "b").open("ab") as file:
        file.write(b"before")
        file.flush()
        into = subprocess.run(
            [*words, "/dev/stdout"], cwd=ROOT, stdout=file, stderr=subprocess.PIPE, timeout=60
        )
    assert (done.returncode, into.returncode) == (0, 0)
    assert (tmp_path / "b").read_bytes() == b"before" + blob
    assert into.stderr.replace(b"/dev/stdout", str(tmp_path / "a").encode()) == done.stdout
