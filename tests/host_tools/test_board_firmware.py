"""`make firmware`: what is missing is named before anything is built; then it builds with us.

MicroPython's source here lacks its submodules, and OpenMV's is not here: checkouts that hold the
files and variables that are relied on stand in for whole ones.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from firmware_builder import ROOT, make

MICROPYTHON = ROOT / "build/micropython"
BUILDS = ROOT / "build/firmware"

# as ports/stm32/Makefile: the names of submodules, and an image in BUILD, here with make's words
PORT = """
MICROPY_MPYCROSS ?= ../../mpy-cross/build/mpy-cross
$(info Use make V=1 or set BUILD_VERBOSE)
GIT_SUBMODULES += lib/stm32lib lib/micropython-lib
include boards/$(BOARD)/mpconfigboard.mk
FROZEN_MANIFEST ?= boards/manifest.py
all:
	@echo CC main.c
	@echo '$(FROZEN_MANIFEST)' >$(BUILD)/frozen.txt
	@echo $(CFLAGS_EXTRA) >$(BUILD)/flags
	@cat $(MICROPY_MPYCROSS)
	@echo '$(BOARD) $(USER_C_MODULES) $(CMSIS_NN)|$(OPENMV)$(MICROPYTHON)$(MAKELEVEL)' \\
		>$(BUILD)/firmware.dfu
"""

# as mpy-cross/Makefile: a program in BUILD, here with make's words
MPY_CROSS = """
all:
	@mkdir -p $(BUILD)
	@echo 'mpy-cross of "$(USER_C_MODULES)$(BOARD)"' >$(BUILD)/mpy-cross
"""

# as OpenMV's: the SDK is asked for, options may come from outside, modules are where a
# micropython.mk is
OPENMV = """
OPENMV ?= openmv
TOP_DIR := $(CURDIR)
export FW_DIR := $(TOP_DIR)/build/$(TARGET)/bin
ifeq ($(wildcard sdk),)
$(error OpenMV SDK not found. Run 'make sdk' to install it.)
endif
include boards/$(TARGET)/board_config.mk
export FROZEN_MANIFEST := $(TOP_DIR)/boards/$(TARGET)//manifest.py
all:
	@mkdir -p $(FW_DIR)
	@echo '$(OPENMV)' $(wildcard $(TOP_DIR)/*/micropython.mk) >$(FW_DIR)/firmware.bin
	@$(MAKE) --silent -C lib/micropython/ports/$(PORT) FROZEN_MANIFEST=$(FROZEN_MANIFEST)
"""

# as its fork of MicroPython: the manifest comes on make's command line
OPENMV_PORT = """
GIT_SUBMODULES = lib/mbedtls
all:
	@echo '$(FROZEN_MANIFEST)' >frozen.txt
"""


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def micropython(tmp_path: Path) -> Iterator[Path]:
    """A checkout of MicroPython that lacks one submodule."""
    tree = tmp_path / "micropython"
    for name in ("py/cstack.h", ".git", "lib/micropython-lib/README.md"):
        write(tree / name)
    write(tree / "ports/stm32/Makefile", PORT)
    write(tree / "mpy-cross/Makefile", MPY_CROSS)
    for board in ("NUCLEO_H743ZI", "NUCLEO_F767ZI", "PYBV11"):
        write(tree / f"ports/stm32/boards/{board}/mpconfigboard.mk")
    yield tree
    for folder in BUILDS.glob(f"stm32-*-{zlib.crc32(bytes(tree)):08x}"):
        shutil.rmtree(folder)
    for log in (ROOT / "build").glob("mpy-cross-*/build.log"):
        if str(tree) in log.read_text():
            shutil.rmtree(log.parent)


@pytest.fixture
def openmv(tmp_path: Path) -> Path:
    """A checkout of OpenMV that has all it needs."""
    tree = tmp_path / "openmv"
    write(tree / "Makefile", OPENMV)
    write(tree / "sdk")
    write(tree / "modules/micropython.mk")
    write(tree / "common/micropy.mk", "MPY_LIB = $(BUILD)/lib/libmicropython.a")
    write(tree / "boards/OPENMV4/board_config.mk", "PORT=stm32\n")
    write(tree / "boards/OPENMV4P/board_config.mk", "PORT=stm32\n")
    write(tree / "lib/micropython/py/mkenv.mk")
    write(tree / "lib/micropython/.git")
    write(tree / "lib/micropython/mpy-cross/build/mpy-cross")
    write(tree / "lib/micropython/ports/stm32/Makefile", OPENMV_PORT)
    write(tree / "lib/micropython/lib/mbedtls/README.md")
    return tree


def firmware(**options: str | Path) -> subprocess.CompletedProcess[str]:
    return make("firmware", *(f"{name}={value}" for name, value in options.items()), timeout=60)


def refusal(**options: str | Path) -> str:
    done = firmware(**options)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout
    assert "\nmake firmware: " in f"\n{done.stderr}", done.stderr
    return done.stderr


@pytest.mark.skipif(not MICROPYTHON.is_dir(), reason=f"needs Debian's source at {MICROPYTHON}")
def test_the_submodules_that_a_board_needs_are_named_of_micropythons_own_source() -> None:
    said = refusal(BOARD="NUCLEO_H743ZI", MICROPYTHON=MICROPYTHON)
    assert (
        f"{MICROPYTHON} lacks the submodules lib/mbedtls, lib/lwip, lib/libhydrogen, "
        "lib/stm32lib, lib/micropython-lib: it is no git checkout, so clone one with git; then "
        f"there: make -C {MICROPYTHON}/ports/stm32 BOARD=NUCLEO_H743ZI submodules"
    ) in said
    assert not list(MICROPYTHON.glob("ports/stm32/build-*"))


def test_an_unknown_board_is_refused_with_near_names(micropython: Path, openmv: Path) -> None:
    write(micropython / "ports/stm32/boards/NUCLEO_H743ZI2/mpconfigboard.mk")
    said = refusal(BOARD="nucleo_h743", MICROPYTHON=micropython)
    assert "BOARD=nucleo_h743: there is no such board in " in said
    assert "; did you mean NUCLEO_H743ZI, NUCLEO_H743ZI2" in said
    said = refusal(BOARD="XX", MICROPYTHON=micropython)
    assert f"`ls {micropython}/ports/stm32/boards` lists those there are" in said
    assert "did you mean OPENMV4P, OPENMV4?" in refusal(TARGET="openmv4-p", OPENMV=openmv)


def test_a_path_that_is_not_the_source_is_named(tmp_path: Path) -> None:
    write(tmp_path / "py/cstack.h")
    said = refusal(BOARD="NUCLEO_H743ZI", MICROPYTHON=tmp_path)
    assert f"MICROPYTHON={tmp_path} has no ports/stm32/Makefile" in said
    assert "has no modules/micropython.mk" in refusal(TARGET="OPENMV4", OPENMV=tmp_path)
    nowhere = tmp_path / "nowhere"
    assert f"OPENMV={nowhere}: there is no such" in refusal(TARGET="OPENMV4", OPENMV=nowhere)
    spaced = write(tmp_path / "with space" / "file").parent
    assert "move it to a path without spaces" in refusal(TARGET="OPENMV4", OPENMV=spaced)


def test_both_a_board_and_its_source_are_asked_for(micropython: Path, openmv: Path) -> None:
    for options in (
        {},
        {"BOARD": "NUCLEO_H743ZI"},
        {"TARGET": "OPENMV4", "MICROPYTHON": micropython},
        {"BOARD": "X", "MICROPYTHON": micropython, "TARGET": "OPENMV4", "OPENMV": openmv},
    ):
        assert "or `make firmware TARGET=OPENMV4 OPENMV=path`" in refusal(**options)


def test_micropython_is_built_with_us_once_nothing_is_missing(micropython: Path) -> None:
    options = {"BOARD": "NUCLEO_H743ZI", "MICROPYTHON": micropython}
    port = micropython / "ports/stm32"
    said = refusal(**options)
    assert (
        f"{micropython} lacks the submodules lib/stm32lib: make -C {port} BOARD=NUCLEO_H743ZI "
        "submodules"
    ) in said
    write(micropython / "lib/stm32lib/README.md")
    done = firmware(**options)
    assert done.returncode == 0, done.stderr
    image = Path(done.stdout.strip())
    assert image.parent.parent == BUILDS
    # no option of ours went on to MicroPython's make
    assert image.read_text() == f"NUCLEO_H743ZI {ROOT} |0\n"
    # the checkout's own mpy-cross is built with none of the port's words, outside the checkout
    assert 'mpy-cross of ""' in image.with_name("build.log").read_text()
    assert not (micropython / "mpy-cross/build").exists()
    # its start, before boot.py, heals what a loss of power left
    flags = image.with_name("flags").read_text()
    assert flags == '-DMICROPY_BOARD_FROZEN_BOOT_FILE="inkling_start.py"\n'
    main = (MICROPYTHON / "ports/stm32/main.c").read_text()
    assert main.index("_FROZEN_BOOT_FILE, false)") < main.index("MICROPY_BOARD_RUN_BOOT_PY(")
    # what MicroPython does not make anew when our strings change
    frozen = write(image.with_name("frozen_content.c"))
    assert firmware(**options).returncode == 0
    assert not frozen.exists()
    assert f"host_tools flash --board nucleo-h743zi {image}" in done.stderr


def test_missing_compilers_are_named_with_their_cure(micropython: Path, openmv: Path) -> None:
    programs = openmv.parent / "bin"
    programs.mkdir()
    for name in ("make", "echo"):
        (programs / name).symlink_to(shutil.which(name) or "")

    def said(*words: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "host_tools.board_firmware", *words],
            cwd=ROOT,
            env={"PATH": str(programs)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        return done.stderr

    text = said("--board", "PYBV11", "--micropython", micropython)
    assert "arm-none-eabi-gcc is not on PATH: run `make setup` (Debian: gcc-arm-none-eabi" in text
    assert "gcc is not on PATH: MicroPython builds its mpy-cross with it" in text
    assert "lacks the submodules lib/stm32lib" in text
    text = said("--target", "OPENMV4", "--openmv", openmv)
    assert f"arm-none-eabi-gcc is not on PATH: make -C {openmv} sdk" in text


def test_a_board_outside_our_table_is_left_to_its_own_instructions(micropython: Path) -> None:
    write(micropython / "lib/stm32lib/README.md")
    done = firmware(BOARD="PYBV11", MICROPYTHON=micropython)
    assert done.returncode == 0, done.stderr
    assert "next: flash it as PYBV11's own instructions say" in done.stderr


def test_a_build_that_fails_shows_its_errors_and_the_log(micropython: Path) -> None:
    write(micropython / "lib/stm32lib/README.md")
    failing = "all:\n\t@echo fine\n\t@echo main.c:1: error: no such thing; exit 1\n"
    write(micropython / "ports/stm32/Makefile", failing)
    said = refusal(BOARD="NUCLEO_F767ZI", MICROPYTHON=micropython)
    assert "main.c:1: error: no such thing" in said
    assert "fine" not in said
    log = Path(said.partition("see ")[2].splitlines()[0])
    assert "fine" in log.read_text()
    assert f"NUCLEO_F767ZI's firmware does not build: see {log}" in said
    write(micropython / "mpy-cross/Makefile", "all:\n\t@echo no compiler; exit 1\n")
    said = refusal(BOARD="NUCLEO_F767ZI", MICROPYTHON=micropython)
    assert "no compiler" in said
    assert "mpy-cross does not build: see" in said
    write(micropython / "mpy-cross/Makefile", MPY_CROSS)
    write(micropython / "ports/stm32/Makefile", "all:\n")
    said = refusal(BOARD="NUCLEO_F767ZI", MICROPYTHON=micropython)
    assert "the build ended well but left no " in said


def frozen(manifest: str, **folders: Path) -> dict[str, Path]:
    """What MicroPython's own reader of manifests finds: each module's path and source."""
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import manifestfile as m; "
        "reader = m.ManifestFile(m.MODE_FREEZE, json.loads(sys.argv[3])); "
        "reader.execute(sys.argv[2]); "
        "print(json.dumps({f.target_path: f.full_path for f in reader.files()}))"
    )
    variables = json.dumps(
        {"MPY_LIB_DIR": ""} | {name: str(path) for name, path in folders.items()}
    )
    words = [sys.executable, "-c", code, str(MICROPYTHON / "tools"), manifest, variables]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {name: Path(path) for name, path in json.loads(done.stdout).items()}


OURS = {
    str(path.relative_to(ROOT / "micropython_lib")): path
    for path in [
        *(ROOT / "micropython_lib/inkling_ml").rglob("*.py"),
        *(ROOT / f"micropython_lib/inkling_{name}.py" for name in ("heal", "rom", "start")),
    ]
}


@pytest.mark.skipif(not MICROPYTHON.is_dir(), reason=f"needs Debian's source at {MICROPYTHON}")
@pytest.mark.parametrize("boards_own", ["boards/manifest.py", "boards/PYBV11/manifest.py"])
def test_our_python_is_frozen_beside_what_the_board_freezes(
    micropython: Path, boards_own: str
) -> None:
    port = micropython / "ports/stm32"
    write(micropython / "lib/stm32lib/README.md")
    write(port / boards_own, 'freeze("$(PORT_DIR)/modules", "theirs.py")\n')
    write(port / "modules/theirs.py")
    write(
        port / "boards/PYBV11/mpconfigboard.mk",
        ""
        if boards_own == "boards/manifest.py"
        else "FROZEN_MANIFEST = $(BOARD_DIR)/manifest.py\nBOARD_DIR = boards/$(BOARD)\n",
    )
    before = sorted(micropython.rglob("*"))
    done = firmware(BOARD="PYBV11", MICROPYTHON=micropython)
    assert done.returncode == 0, done.stderr
    manifest = Path(done.stdout.strip()).with_name("frozen.txt").read_text().strip()
    assert frozen(manifest, PORT_DIR=port) == OURS | {"theirs.py": port / "modules/theirs.py"}
    assert sorted(micropython.rglob("*")) == before


def test_a_board_that_freezes_nothing_for_want_of_flash_gets_nothing_frozen(
    micropython: Path,
) -> None:
    write(micropython / "lib/stm32lib/README.md")
    write(micropython / "ports/stm32/boards/PYBV11/mpconfigboard.mk", "FROZEN_MANIFEST ?=\n")
    done = firmware(BOARD="PYBV11", MICROPYTHON=micropython)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).with_name("frozen.txt").read_text() == "\n"


@pytest.mark.skipif(not MICROPYTHON.is_dir(), reason=f"needs Debian's source at {MICROPYTHON}")
def test_our_python_is_frozen_beside_what_openmv_freezes(openmv: Path) -> None:
    library = openmv / "scripts/libraries"
    write(library / "ml/theirs.py")
    write(openmv / "boards/OPENMV4P/manifest.py", 'freeze("$(OMV_LIB_DIR)/ml")\n')
    done = firmware(TARGET="OPENMV4P", OPENMV=openmv)
    assert done.returncode == 0, done.stderr
    manifest = (openmv / "lib/micropython/ports/stm32/frozen.txt").read_text().strip()
    assert frozen(manifest, OMV_LIB_DIR=library) == OURS | {"theirs.py": library / "ml/theirs.py"}


@pytest.mark.skipif(not MICROPYTHON.is_dir(), reason=f"needs Debian's source at {MICROPYTHON}")
def test_openmvs_start_heals_where_the_board_takes_its_own_boot_file(openmv: Path) -> None:
    library = openmv / "scripts/libraries"
    write(library / "_boot.py", "import vfs\n")
    write(openmv / "boards/OPENMV4P/manifest.py", 'freeze ("$(OMV_LIB_DIR)/", "_boot.py")\n')
    done = firmware(TARGET="OPENMV4P", OPENMV=openmv)
    assert done.returncode == 0, done.stderr
    manifest = (openmv / "lib/micropython/ports/stm32/frozen.txt").read_text().strip()
    found = frozen(manifest, OMV_LIB_DIR=library)
    started = found.pop("_boot.py")
    assert found == OURS
    assert started.read_text().startswith("import vfs\n")
    assert "inkling_heal.heal()\n" in started.read_text()
    assert (library / "_boot.py").read_text() == "import vfs\n"


def test_openmv_is_built_with_our_folder_linked_into_it(openmv: Path) -> None:
    for _ in range(2):  # the second time with the link of the first
        done = firmware(TARGET="OPENMV4", OPENMV=openmv)
        assert done.returncode == 0, done.stderr
        image = openmv / "build/OPENMV4/bin/firmware.bin"
        assert done.stdout == f"{image}\n"
        assert (openmv / "inkling").resolve() == ROOT / "firmware_module"
        # its own OPENMV is a name of its makefile's, not our option
        option, *modules = image.read_text().split()
        assert option == "openmv"
        assert sorted(modules) == [
            f"{openmv}/inkling/micropython.mk",
            f"{openmv}/modules/micropython.mk",
        ]
        assert f"host_tools flash --board openmv-h7 {image}" in done.stderr


def test_what_openmv_lacks_is_named_before_anything_is_linked(openmv: Path) -> None:
    (openmv / "lib/micropython/mpy-cross/build/mpy-cross").unlink()
    (openmv / "lib/micropython/lib/mbedtls/README.md").unlink()
    said = refusal(TARGET="OPENMV4", OPENMV=openmv)
    tree = openmv / "lib/micropython"
    assert f"mpy-cross is not built: make -C {tree}/mpy-cross" in said
    assert (
        f"{tree} lacks the submodules lib/mbedtls: make -C {tree}/ports/stm32 BOARD=OPENMV4 "
        "submodules"
    ) in said
    (openmv / "sdk").unlink()
    assert "Run 'make sdk' to install it." in refusal(TARGET="OPENMV4", OPENMV=openmv)
    (tree / "py/mkenv.mk").unlink()
    said = refusal(TARGET="OPENMV4", OPENMV=openmv)
    assert f"git -C {openmv} submodule update --init" in said
    write(openmv / "common/micropy.mk", "MPY_FIRM_OBJ += modules/*.o")
    assert "is too old: it links only its own" in refusal(TARGET="OPENMV4", OPENMV=openmv)
    assert not (openmv / "inkling").exists()


def test_a_file_in_the_place_of_our_link_is_left_alone(openmv: Path) -> None:
    write(openmv / "inkling/mine.txt")
    said = refusal(TARGET="OPENMV4", OPENMV=openmv)
    assert f"{openmv}/inkling is in the way" in said
    assert (openmv / "inkling/mine.txt").exists()


def test_no_source_of_ours_has_a_name_that_openmv_leaves_out_of_its_library() -> None:
    # its common/micropy.mk and port_config.mk exclude these objects by name, wherever they lie
    left_out = {"main", "pendsv", "powerctrlboot", "ulpi", "board_init", "help"}
    for path in (ROOT / "firmware_module").rglob("*.c"):
        if "boards" not in path.parts:
            assert path.stem not in left_out
            assert not path.stem.startswith("resethandler")
