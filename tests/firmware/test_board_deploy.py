"""host_tools deploy on the virtual board: files arrive whole, and what was there stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hostile_text
import pytest
from board_models import LABELS, mpremote
from firmware_builder import build_firmware, build_natmod

from host_tools import cli
from host_tools.device import file_system, rom
from host_tools.device.connection import Device, open_device
from host_tools.device.deploy import deploy
from host_tools.device.facts import read_facts
from host_tools.errors import CommandError
from host_tools.pack import pack
from host_tools.romfs import build_romfs
from host_tools.virtual_board import VirtualBoard


@pytest.fixture
def board(virtual_board_firmware: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(virtual_board_firmware) as board:
        yield board


@pytest.fixture
def old(tiny_model: bytes) -> bytes:
    return pack(tiny_model, labels=LABELS, name="old")


@pytest.fixture
def new(tiny_model: bytes) -> bytes:
    return pack(tiny_model, labels=LABELS, name="new")


def host_tools(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    """Runs a command that prints JSON."""
    code = cli.main([str(word) for word in (*words, "--json")])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    report: dict[str, Any] = json.loads(printed.out)
    return report


def name_of(board: VirtualBoard, path: str) -> str:
    """The name of the model in a file, which the board verifies."""
    return board.exec(f"import inkling; print(inkling.Model({path!r}).name)").strip()


def put(board: VirtualBoard, files: dict[str, bytes], to: str | None = None) -> str | None:
    with open_device(board.port) as device:
        return deploy(device, read_facts(device), files, to)[1]


def test_a_blob_and_a_script_go_into_romfs_and_what_is_there_stays(
    board: VirtualBoard, old: bytes, new: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(board, {"other.txt": b"stays", "net.ink": old})
    blob, script = tmp_path / "net.ink", tmp_path / "hello.py"
    blob.write_bytes(new)
    script.write_text("print('hello')")
    report = host_tools(capsys, "deploy", blob, script, "--port", board.port)
    assert report["board"].startswith("Inkling virtual board")
    assert report["files"][0] == {
        "path": "/rom/net.ink",
        "bytes": len(new),
        "crc32": f"{zlib.crc32(new):08x}",
        "was_there": False,
    }
    assert name_of(board, "/rom/net.ink") == "new"
    assert "in place" in board.exec("print(inkling.Model('/rom/net.ink'))")
    printed = board.exec(
        "import os; print(sorted(os.listdir('/rom')), open('/rom/other.txt').read())"
    )
    assert printed == "['hello.py', 'net.ink', 'other.txt'] stays\n"
    assert board.exec("exec(open('/rom/hello.py').read())") == "hello\n"


def test_folders_in_romfs_stay(virtual_board_firmware: Path, new: bytes) -> None:
    image = build_romfs({"lib/deep/module.py": b"value = 5", "top.txt": b"top"})
    with VirtualBoard(virtual_board_firmware, romfs=image) as board:
        put(board, {"net.ink": new})
        assert board.exec("import deep.module as m; print(m.value)") == "5\n"
        assert name_of(board, "/rom/net.ink") == "new"


def test_a_native_module_stays_usable_outside_romfs_and_keeps_romfs_as_it_is_inside(
    new: bytes,
) -> None:
    module = build_natmod()
    stock = build_firmware(STOCK="1")
    script = "import inkling; print(inkling.Model('/rom/net.ink').name)"
    install = """
with open("/flash/inkling.mpy", "wb") as file:
    file.write(open("/rom/module", "rb").read())
"""
    with VirtualBoard(stock, romfs={"module": module}) as board:
        board.exec(install)
        put(board, {"net.ink": new})
        assert mpremote(board, "exec", script) == "new\n"
    with VirtualBoard(stock, romfs={"inkling.mpy": module}) as board:
        with pytest.raises(CommandError, match="native module /rom/inkling.mpy, so /rom cannot"):
            put(board, {"net.ink": new})
        assert put(board, {"net.ink": new}, "/flash") is None
        assert mpremote(board, "exec", script.replace("/rom", "/flash")) == "new\n"


@pytest.mark.parametrize("heals", ["start", "import", "deploy"])
def test_firmware_that_does_not_heal_by_itself_is_named(
    virtual_board_firmware: Path,
    new: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    heals: str,
) -> None:
    blob = tmp_path / "net.ink"
    blob.write_bytes(new)
    firmware = virtual_board_firmware if heals == "start" else build_firmware(STOCK="1")
    with VirtualBoard(firmware) as board:
        if heals == "import":
            host_tools(capsys, "install", blob, "--port", board.port)
        if heals == "deploy":
            module = tmp_path / "inkling.mpy"
            module.write_bytes(build_natmod(str(blob)).read_bytes())
            mpremote(board, "cp", str(module), ":inkling.mpy")
        words = ("deploy", str(blob), "--to", "/flash", "--port", board.port)
        assert host_tools(capsys, *words)["heals_at"] == heals
        assert cli.main([*words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert ("after one, run host_tools deploy again" in said) == (heals == "deploy")


def test_what_is_there_already_is_not_sent_again(
    board: VirtualBoard, new: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = tmp_path / "net.ink"
    blob.write_bytes(new)
    for folder in ("/rom", "/flash"):
        words = ["deploy", blob, "--port", board.port, "--to", folder]
        assert [host_tools(capsys, *words)["files"][0]["was_there"] for _ in range(2)] == [
            False,
            True,
        ]


def test_a_blob_goes_into_the_file_system_on_request(
    board: VirtualBoard, old: bytes, new: bytes
) -> None:
    for blob, name in ((old, "old"), (new, "new")):
        put(board, {"net.ink": blob}, "/flash")
        assert name_of(board, "/flash/net.ink") == name
    assert board.exec("import os; print(os.listdir('/flash'))") == "['net.ink']\n"


@pytest.mark.parametrize("place", ["behind", "file"])
def test_a_commit_that_is_cut_off_is_finished_by_the_next_deploy(
    board: VirtualBoard, old: bytes, new: bytes, place: str
) -> None:
    """The power fails while the board copies the staged image: /rom is gone, nothing is lost."""
    put(board, {"net.ink": old, "other.txt": b"stays"})
    with open_device(board.port) as device:
        partition = rom.open_partition(device, read_facts(device).files)
        assert partition
        image = rom.compose(rom.list_files(device, partition), {"net.ink": new})
        size = len(image.data)
        device.exec("def put_first(first): raise OSError('power')")
        where: int | str | None = rom.staging_place(device, partition, size)
        assert isinstance(where, int) and where % 4096 == 0 and where > 0
        if place == "file":
            where = rom.staging_place(device, replace(partition, block=0), size)
            assert where == "/flash/.inkling-rom.img"
        with pytest.raises(CommandError, match="power"):
            rom.write_image(device, where, partition, image, check=lambda start: None)
    with pytest.raises(CommandError, match="ENOENT|ENODEV"):
        board.exec("open('/rom/net.ink')")
    put(board, {"more.txt": b"more"})
    assert name_of(board, "/rom/net.ink") == "new"
    printed = board.exec("import os; print(sorted(os.listdir('/rom')), os.listdir('/flash'))")
    assert printed == "['more.txt', 'net.ink', 'other.txt'] []\n"


def test_firmware_that_erases_only_from_the_start_stages_in_a_file(
    board: VirtualBoard, old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = rom.open_partition

    def without_blocks(device: Device, files: str) -> rom.Partition | None:
        partition = opened(device, files)
        device.exec("block = 0")
        return replace(partition, block=0) if partition else None

    monkeypatch.setattr(rom, "open_partition", without_blocks)
    for blob, name in ((old, "old"), (new, "new")):
        put(board, {"net.ink": blob})
        assert name_of(board, "/rom/net.ink") == name
    assert board.exec("import os; print(os.listdir('/flash'))") == "[]\n"


def test_a_blob_that_scripts_find_before_the_one_deployed_is_named(
    board: VirtualBoard, new: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob, other = tmp_path / "net.ink", tmp_path / "other.txt"
    blob.write_bytes(new)
    other.write_text("no blob")
    words = ["--port", board.port, "--to"]
    assert host_tools(capsys, "deploy", blob, *words, "/flash")["found_first"] is None
    assert host_tools(capsys, "deploy", blob, *words, "/rom")["found_first"] is None
    assert host_tools(capsys, "deploy", blob, *words, "/flash")["found_first"] == "/rom/net.ink"
    assert host_tools(capsys, "deploy", other, *words, "/flash")["found_first"] is None
    assert cli.main(["deploy", str(blob), *words, "flash/"]) == 0
    assert "the other camera scripts find /rom/net.ink first\n" in capsys.readouterr().out


def test_any_name_is_written_or_refused_in_one_sentence(
    board: VirtualBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board.exec("import os; os.mkdir('/flash/folder')")
    names = ["with space", "grüße 日本", "-dash", "quo'te\"%s", "empty"]
    refused = {"folder": "is a folder", "new\nline": "a line's end in it", "long" * 60: "no name"}
    for name in [*names, *refused]:
        (tmp_path / name).write_text("" if name == "empty" else "here")
    words = ["--port", board.port, "--to", "/flash"]
    assert cli.main(["deploy", *(str(tmp_path / name) for name in names), *words]) == 0
    capsys.readouterr()
    for name, why in refused.items():
        assert cli.main(["deploy", str(tmp_path / name), *words]) == 1
        said = capsys.readouterr().err
        assert why in said and said.count("\n") == 1
    printed = board.exec("print(sorted(os.listdir('/flash')))")
    assert printed == f"{ascii(sorted([*names, 'folder']))}\n"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("/rom/lib", "/rom/lib is not written, only the top of /rom: --to /rom"),
        ("/none", "the board has no folder /none; it has /flash"),
        ("/", "/ has 0 bytes free, net.ink needs"),
    ],
)
def test_a_folder_that_takes_no_files_is_refused(
    board: VirtualBoard, new: bytes, folder: str, said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        put(board, {"net.ink": new}, folder)


FULL_FAT = """
import vfs
class Disk:
    memory = bytearray(64 * 512)
    def readblocks(self, block, buffer):
        buffer[:] = self.memory[block * 512 : block * 512 + len(buffer)]
    def writeblocks(self, block, buffer):
        self.memory[block * 512 : block * 512 + len(buffer)] = buffer
    def ioctl(self, operation, argument):
        return 64 if operation == 4 else 512 if operation == 5 else 0
vfs.VfsFat.mkfs(Disk())
vfs.mount(vfs.VfsFat(Disk()), "/card")
os.mkdir("/card/nets")
for number in range(14):
    open("/card/nets/%d.txt" % number, "w").close()
try:
    with open("/card/filling", "wb") as file:
        while True:
            file.write(bytes(512))
except OSError:
    pass
"""


def test_a_full_folder_of_a_full_fat_is_told_by_its_bytes_free(
    board: VirtualBoard, new: bytes
) -> None:
    with open_device(board.port) as device:
        facts = read_facts(device)
        device.exec(FULL_FAT)
        with pytest.raises(CommandError, match="/card/nets has 0 bytes free, net.ink needs"):
            deploy(device, facts, {"net.ink": new}, "/card/nets")
        assert device.value("len(os.listdir('/card/nets'))", int) == 14
        assert device.value("os.listdir('/card')", [str]) == ["nets", "filling"]


def test_where_romfs_has_no_room_for_both_the_old_one_stays(
    board: VirtualBoard, old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(board, {"net.ink": old})
    monkeypatch.setattr(rom, "staging_place", lambda *_: None)
    with pytest.raises(CommandError, match="too few for the new image of"):
        put(board, {"net.ink": new})
    with pytest.raises(CommandError, match="too few for the new image of"):
        put(board, {"other.ink": new}, "/rom")
    assert name_of(board, "/rom/net.ink") == "old"
    reason = put(board, {"other.ink": new})
    assert reason and "an interruption must not cost" in reason
    assert name_of(board, "/flash/other.ink") == "new"


def test_a_script_runs_and_its_exception_is_shown(
    board: VirtualBoard, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('grüße')\n1/0\n")
    assert cli.main(["deploy", str(script), "--port", board.port, "--run", str(script)]) == 1
    printed = capfdbinary.readouterr()
    assert printed.out.endswith("grüße\n".encode())
    assert b"host_tools: the script script.py failed on the board:" in printed.err
    assert b"ZeroDivisionError" in printed.err


def test_what_a_script_prints_is_shown_escaped(
    board: VirtualBoard, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    script = tmp_path / "hostile.py"
    script.write_text(hostile_text.SCRIPT)
    assert cli.main(["deploy", str(script), "--port", board.port, "--run", str(script)]) == 0
    lines = capfdbinary.readouterr().out.decode().split("\n")
    assert lines[-1 - len(hostile_text.SHOWN) : -1] == hostile_text.SHOWN


def test_ctrl_c_stops_the_script_and_leaves_the_board_usable(
    board: VirtualBoard, tmp_path: Path
) -> None:
    script = tmp_path / "endless.py"
    script.write_text("n = 0\nwhile True:\n    n += 1\n    print(n)\n")
    words = ["deploy", str(script), "--port", board.port, "--run", str(script)]
    process = subprocess.Popen(
        [sys.executable, "-m", "host_tools", *words], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    for line in process.stdout:
        if line == "20\n":
            break
    os.kill(process.pid, signal.SIGINT)
    process.stdout.read()
    assert process.wait(timeout=20) == 0
    process.stdout.close()
    time.sleep(0.1)
    assert board.exec("print(6 * 7)") == "42\n"


def test_what_held_names_on_a_fat_goes_and_what_is_called_alike_stays(board: VirtualBoard) -> None:
    ours = ["INK~G000.PAR", "Ink~G001xxxxxxxxxxxxxx.par", "ink~clr.par", ".inkling-net.ink.part"]
    theirs = ["INK.PAR", "ink~clr.txt", "my-ink~clr.par", "inkling.part"]
    with open_device(board.port) as device:
        read_facts(device)
        for name in (*ours, *theirs):
            device.exec(f"open('/flash/{name}', 'w').close()")
        file_system.remove_rubbish(device, "/flash")
        left = device.value("os.listdir('/flash')", [str])
        for name in set(theirs) & set(left):
            device.exec(f"os.remove('/flash/{name}')")
    assert not set(ours) & set(left)
    assert set(theirs) <= set(left)
