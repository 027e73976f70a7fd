"""host_tools sim --camera: frames reach a script, its marks reach the page, ends are told."""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import hostile_text
import numpy as np
import pytest
from PIL import Image

from host_tools import cli
from host_tools.errors import CommandError
from host_tools.images import rgb565_to_rgb888
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera, Jpeg
from host_tools.virtual_board.preview import Preview

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/cifar10/cifar10.ink"
# prints the first pixel of each frame, and draws on it
SCRIPT = """
from classify import open_camera, write
snapshot = open_camera()
while True:
    image = snapshot()
    print(image.bytearray()[0] | image.bytearray()[1] << 8)
    write(image, 0, 0, "seen")
"""


def frames(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(count)
    return [rng.integers(0, 1 << 16, (240, 320)).astype(np.uint16) for _ in range(count)]


def run_on(board: VirtualBoard, script: Path) -> list[str]:
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "run", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_each_script_sees_the_frames_from_the_beginning_and_gives_them_back_drawn_on(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    given, drawn = frames(3), []
    camera = Camera(lambda: iter(given), drawn.append)
    with VirtualBoard(virtual_board_firmware, romfs=camera.romfs()) as board:
        for _ in range(2):
            lines = run_on(board, script)
            assert lines[:-1] == [str(frame[0, 0]) for frame in given]
            assert lines[-1] == "virtual camera: that was the last picture"
    for frame, marked in zip(given * 2, drawn, strict=True):
        assert np.array_equal(marked[10:], frame[10:])
        assert np.array_equal(marked[:, 32:], frame[:, 32:])
        assert set(np.unique(marked[:10, :32])) == {0, 0x07E0}


def test_a_camera_that_fails_ends_the_script_with_its_message(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    def unplugged() -> Iterator[np.ndarray]:
        yield frames(1)[0]
        raise CommandError("the plug was pulled")

    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    camera = Camera(unplugged, lambda frame: None)
    with VirtualBoard(virtual_board_firmware, romfs=camera.romfs()) as board:
        assert run_on(board, script)[1:] == ["virtual camera: the plug was pulled"]


def test_the_first_sample_of_the_readme_runs_as_it_stands(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    text = (ROOT / "README.md").read_text()
    sample = text.partition("```python\n")[2].partition("```")[0]
    assert sample.startswith("import csi  # ") and "import virtual_camera as csi\n" in sample
    script = tmp_path / "sample.py"
    script.write_text(sample.replace("import csi ", "import virtual_camera as csi ", 1))
    camera = Camera(lambda: iter(frames(2)), lambda frame: None)
    files = {**camera.romfs(), "net.ink": MODEL.read_bytes()}
    with VirtualBoard(virtual_board_firmware, romfs=files) as board:
        lines = run_on(board, script)
    assert lines[-1] == "virtual camera: that was the last picture"
    labels = MODEL.with_name("labels.txt").read_text().split()
    told = [line.split() for line in lines if len(line.split()) == 2]
    assert len(told) == 6
    assert all(label in labels and 0 <= float(score) <= 1 for label, score in told)


def test_pictures_become_jpeg_and_what_is_none_is_refused() -> None:
    greys = np.repeat(np.arange(0, 240, 8, np.uint8), 16).reshape(30, 16)
    encoded = Jpeg().answer(16 << 16 | 1 << 8 | 95, greys.tobytes())
    image = Image.open(io.BytesIO(encoded))
    assert (image.format, image.size) == ("JPEG", (16, 30))
    assert np.abs(np.asarray(image).astype(int) - greys).max() <= 4
    for word, size in ((0, 8), (16 << 16, 16), (16 << 16 | 3 << 8, 48), (16 << 16 | 1 << 8, 0)):
        with pytest.raises(CommandError, match="which are no picture"):
            Jpeg().answer(word, bytes(size))
    with pytest.raises(CommandError, match="which are no picture"):
        Jpeg().answer(16 << 16 | 2 << 8, bytes(33))


def test_a_folder_of_pictures_is_classified_by_one_command(
    virtual_board_firmware: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(2)
    for name in ("a.png", "c.png"):
        Image.fromarray(rng.integers(0, 256, (60, 80, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "b.jpg").write_bytes(b"damaged")
    words = ["sim", "--firmware", str(virtual_board_firmware), "--romfs", str(MODEL)]
    words += ["--camera", str(tmp_path), "--run", str(ROOT / "micropython_lib/classify.py")]
    assert cli.main(words) == 0
    said = capfd.readouterr()
    lines = said.out.splitlines()
    assert lines[2].startswith("what the camera sees: http://127.0.0.1:")
    assert lines[4].startswith("Model cifar10: ")
    assert [line.endswith(" frames/s") for line in lines[7:]] == [True, True, False]
    assert lines[-1] == "virtual camera: that was the last picture"
    assert said.err.startswith(f"host_tools: {tmp_path / 'b.jpg'} is no picture")
    assert said.err.count("\n") == 1


def test_a_script_that_fails_or_is_not_there_is_told(
    virtual_board_firmware: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "failing.py"
    words = ["sim", "--firmware", str(virtual_board_firmware), "--run", str(script)]
    assert cli.main(words) == 1
    assert f"there is no script {script} to run" in capfd.readouterr().err
    script.write_text("print('begins')\n1 / 0\n")
    assert cli.main(words) == 1
    said = capfd.readouterr()
    assert said.out.splitlines()[3:] == ["begins"]
    lines = said.err.splitlines()
    assert lines[0] == "host_tools: the script failing.py failed on the board:"
    assert lines[-1] == "ZeroDivisionError: divide by zero"


def test_what_a_script_prints_is_shown_escaped(
    virtual_board_firmware: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    script = tmp_path / "hostile.py"
    script.write_text(hostile_text.SCRIPT)
    assert cli.main(["sim", "--firmware", str(virtual_board_firmware), "--run", str(script)]) == 0
    lines = capfdbinary.readouterr().out.decode().split("\n")
    assert lines[3:-1] == hostile_text.SHOWN


def test_a_board_that_a_script_brings_down_is_told_with_its_last_words(
    virtual_board_firmware: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "fault.py"
    script.write_text("import machine\nmachine.mem32[0]\n")
    assert cli.main(["sim", "--firmware", str(virtual_board_firmware), "--run", str(script)]) == 1
    assert capfd.readouterr().err.startswith("host_tools: the virtual board stopped with status ")


# --- the page ------------------------------------------------------------------------------------


def listening(process: int) -> list[str]:
    """Local addresses, as in /proc/net, at which a process and its children wait for others.

    TCP sockets that listen, and all UDP, raw and Unix sockets.
    """
    proc = Path("/proc")
    family, seen = [process], []
    while family:
        number = family.pop()
        seen.append(number)
        for task in (proc / f"{number}/task").iterdir():
            family += map(int, (task / "children").read_text().split())
    inodes = set()
    for number in seen:
        for file in (proc / f"{number}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes |= set(re.findall(r"^socket:\[(\d+)\]$", str(file.readlink())))
    found = []
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in (proc / "net" / kind).read_text().splitlines()[1:]:
            words = line.split()
            if words[9] in inodes and (words[3] == "0A" or not kind.startswith("tcp")):
                found.append(f"{kind} {words[1]}")
    for line in (proc / "net/unix").read_text().splitlines()[1:]:
        words = line.split()
        # the flag of those that accept connections, or a name by which they are reached
        if words[6] in inodes and (int(words[3], 16) & 0x10000 or len(words) > 7):
            found.append(f"unix {' '.join(words[7:])}")
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="by Linux' /proc")
def test_nothing_but_the_page_listens_while_a_board_runs(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png")
    words = [sys.executable, "-u", "-m", "host_tools", "sim", "--camera", str(tmp_path)]
    words += ["--firmware", str(virtual_board_firmware)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sim:
        try:
            assert sim.stdout
            said = [next(sim.stdout) for _ in range(4)]
            url = urllib.parse.urlsplit(said[2].rpartition(" ")[2].strip())
            children = (Path("/proc") / str(sim.pid) / "task").iterdir()
            assert any((task / "children").read_text() for task in children)
            # 127.0.0.1, its bytes backwards
            assert listening(sim.pid) == [f"tcp 0100007F:{url.port:04X}"]
        finally:
            sim.kill()


def get(preview: Preview, path: str, host: str | None = None) -> tuple[int, bytes]:
    """A path from the page's on, or from the root on where it begins with one."""
    if not path.startswith("/"):
        path = urllib.parse.urlsplit(preview.url).path + path
    connection = http.client.HTTPConnection(preview.host, timeout=10)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_the_page_shows_the_last_frame() -> None:
    with Preview() as preview:
        status, page = get(preview, "")
        assert status == 200
        assert b'src="frame.png"' in page
        status, content = get(preview, "frame.png")
        assert status == 200
        assert picture(content).shape == (240, 320, 3)
        colours, greys = frames(1)[0], np.arange(76800, dtype=np.uint32).astype(np.uint8)
        preview.show(colours)
        assert np.array_equal(picture(get(preview, "frame.png?1")[1]), rgb565_to_rgb888(colours))
        preview.show(greys.reshape(240, 320))
        assert np.array_equal(picture(get(preview, "frame.png?2")[1])[..., 0].ravel(), greys)
        assert get(preview, "etc/passwd")[0] == 404


def test_the_page_is_not_for_other_sites() -> None:
    with Preview() as preview:
        assert get(preview, "frame.png", "example.org")[0] == 403
        assert get(preview, "", f"localhost.example:{preview.host.rpartition(':')[2]}")[0] == 403


def test_the_page_is_not_for_other_users() -> None:
    with Preview() as preview, Preview() as other:
        secret = urllib.parse.urlsplit(other.url).path
        for path in ("/", "/frame.png", "//frame.png", secret, f"{secret}frame.png"):
            assert get(preview, path)[0] == 404
