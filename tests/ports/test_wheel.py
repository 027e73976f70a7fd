"""The package of `make wheel`, installed apart from the checkout, no compiler in the path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pytest
from firmware_builder import build_firmware, folder_of_programs, make
from oracle import ROOT

from host_tools import version
from host_tools.pictures import cifar10_pictures
from host_tools.virtual_board import VirtualBoard

MODEL = ROOT / "models/cifar10/cifar10.tflite"


class Installed:
    """The command host_tools of a virtual environment of its own, run in `folder`."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv/bin/python"
        words = [str(python), "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*words, "--disable-pip-version-check", wheel], check=True, timeout=120)
        # what it depends on is the same as here, and takes long to install
        [packages] = (folder / "venv/lib").glob("python*/site-packages")
        (packages / "here.pth").write_text(sysconfig.get_path("purelib"))
        programs = folder_of_programs(folder / "programs", "qemu-system-arm")
        kept = {name: os.environ[name] for name in ("LANG", "TERM") if name in os.environ}
        self.environment = {**kept, "PATH": str(programs), "HOME": str(folder / "home")}

    def __call__(self, *words: str | Path, path: str = "") -> str:
        """Return what it prints, with `path` in front of its programs."""
        programs = f"{path}{os.pathsep}" * bool(path) + self.environment["PATH"]
        done = subprocess.run(
            [self.folder / "venv/bin/host_tools", *words],
            cwd=self.folder,
            env={**self.environment, "PATH": programs},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    done = make("wheel")
    assert done.returncode == 0, done.stderr
    [wheel] = (ROOT / "build/dist").glob("*.whl")
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def test_the_package_has_what_its_commands_need(installed: Installed) -> None:
    assert installed("--version") == f"Inkling {version()}\n"
    shutil.copy(MODEL, installed.folder / "net.tflite")
    installed("pack-model", "net.tflite", "-o", "net.ink")
    assert "conv_packed_s8" in installed("inspect", "net.ink")
    assert "openmv-h7" in installed("boards")
    assert list((installed.folder / "venv/lib").rglob("inkling-stubs/__init__.pyi"))
    for name in ("page.html", "page.css", "page.js"):
        assert list((installed.folder / "venv/lib").rglob(f"host_tools/view/{name}"))
    assert "--record" in installed("view", "--help")
    assert "CONV_2D" in installed("profile", "net.ink", "--on", "sim")
    pictures = installed.folder / "pictures"
    pictures.mkdir()
    for path in cifar10_pictures(ROOT / "build/pictures")[:2]:
        shutil.copy(path, pictures)
    assert "accuracy: " in installed("demo", "--pictures", pictures)


def test_the_package_gives_the_same_bits_on_the_virtual_board(installed: Installed) -> None:
    picture = np.random.default_rng(1).integers(-128, 128, (1, 32, 32, 3)).astype(np.int8)
    np.save(installed.folder / "x.npy", picture)
    shutil.copy(MODEL, installed.folder / "net.tflite")
    outputs = []
    for place, path in (("host", ""), ("host", os.environ["PATH"]), ("sim", "")):
        words = ("run", "net.tflite", "--input", "x.npy", "--output", "y.npy", "--on", place)
        installed(*words, path=path)
        outputs.append(np.load(installed.folder / "y.npy"))
    assert np.array_equal(outputs[0], outputs[1]) and np.array_equal(outputs[1], outputs[2])
    assert list((installed.folder / "home").rglob("libinkling*.so")), "nothing was compiled"


def test_the_package_puts_its_native_module_on_a_board(installed: Installed) -> None:
    shutil.copy(MODEL, installed.folder / "net.tflite")
    # small enough for one piece of the heap, which the whole module lies in
    installed("pack-model", "net.tflite", "-o", "net.ink", "--flash", "96K")
    with VirtualBoard(build_firmware(STOCK="1")) as board:
        said = installed("install", "net.ink", "--port", board.port)
        use = "import inkling; print(inkling.__file__, inkling.Model('/flash/net.ink').name)"
        found = board.exec(use)
    assert "/flash/lib/inkling.mpy" in said and "imported and verified on the board" in said
    assert found == "/flash/lib/inkling.mpy net\n"


def test_the_boards_package_has_the_same_version() -> None:
    text = (ROOT / "micropython_lib/package.json").read_text()
    assert f'"version": "{version()}"' in text
    assert f"## {version()}\n" in (ROOT / "CHANGELOG.md").read_text()
