"""Files are written whole or not at all, several of them together."""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from oracle import ROOT
from PIL import Image

from host_tools import files
from host_tools.cli import main
from host_tools.errors import CommandError
from host_tools.files import in_folder, read_whole, temporary_folder, write_all, write_whole


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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="for root alone")
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.chmod(0o640)
    os.chown(path, 12, 34)
    write_whole(path, b"after")
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (12, 34, 0o640)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    # opened only after its size was asked for
    opened = Path.open

    def grown(self: Path, mode: str) -> Any:
        with opened(self, "ab") as file:
            file.write(b"and after")
        return opened(self, mode)

    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(CommandError, match="it grew while it was read"),
    ):
        patch.setattr(Path, "open", grown)
        read_whole(path)


def test_a_loop_of_links_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    model = str(ROOT / "models/cifar10/cifar10.tflite")
    for words in (
        ["pack-model", model, "-o", str(loop)],
        ["quantize", model, "--calibrate", str(tmp_path), "-o", str(loop)],
        ["teach", str(tmp_path), "-o", str(loop)],
        ["teach", str(loop)],
    ):
        assert main(words) == 1
        assert capsys.readouterr().err.count("\n") == 1


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


def test_what_lies_in_a_folder_comes_by_path_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/2", "b/.3", "b/c/1", ".d/4", "a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    assert in_folder(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    names = [path.relative_to(tmp_path).as_posix() for path in in_folder(tmp_path, deep=True)]
    assert names == ["a", "b", "b/2", "b/c", "b/c/1", "b/loop"]
    with pytest.raises(CommandError, match="a: cannot be read: Not a directory"):
        in_folder(tmp_path / "a")


def bound_by_permissions() -> None:
    """Lets the superuser's next program be refused what others are refused."""
    drop_from_bounding_set, override, read_search = 24, 1, 2
    for capability in (override, read_search):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_folder_that_may_not_be_read_is_named_and_not_left_out(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (32, 32)).save(tmp_path / name / "1.png")
    (tmp_path / "dog").chmod(0)
    words = [sys.executable, "-m", "host_tools", "classify", "models/cifar10/small/small.ink"]
    for folder in (tmp_path, tmp_path / "dog"):
        done = subprocess.run(
            [*words, str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=bound_by_permissions,
        )
        said = f"host_tools: {tmp_path / 'dog'}: cannot be read: Permission denied\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_without_a_temporary_folder_the_command_says_so(tmp_path: Path) -> None:
    code = (
        "import tempfile\n"
        "tempfile._candidate_tempdir_list = lambda: ['/no/folder']\n"
        "from host_tools.files import temporary_folder\n"
        "temporary_folder()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    said = "a temporary folder: cannot be written: No usable temporary directory found in"
    assert said in done.stderr.splitlines()[-1]
