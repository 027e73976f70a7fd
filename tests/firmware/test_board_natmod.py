"""What the native module costs beside the firmware, and the firmware it must load in."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from board_models import Files, mpremote
from firmware_builder import ROOT, build_firmware, build_natmod
from native_modules import COMPARE, count_all, network
from oracle import REAL_MODELS, TfliteMicro, extreme_inputs, random_inputs

from host_tools import tflite
from host_tools.native_module import code_size
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.profiling import random_inputs as stored_inputs

# of what a network takes in firmware, and what looking up buffers by the table of functions takes
MOST_INSTRUCTIONS = 1.05
MOST_LOOKING_UP = 500
MOST_HEAP = 98_304
LIBRARY = ROOT / "micropython_lib"

# without a name for it, the module must live as long as its models
FORGET = """
import gc
import sys
import inkling

model = inkling.Model("/rom/tiny.ink")
expected = bytes(model.predict([[0] * 48])[0])
del inkling, sys.modules["inkling"]
for size in (4000, 200):
    gc.collect()
    fill = [None] * 2000
    try:
        for i in range(len(fill)):
            fill[i] = bytearray(b"\\xff" * size)
    except MemoryError:
        pass
    del fill
gc.collect()
print(bytes(model.predict([[0] * 48])[0]) == expected)
import inkling
print(bytes(inkling.Model("/rom/tiny.ink").predict([[0] * 48])[0]) == expected)
"""


FULL = """
import gc

pieces = []
try:
    while True:
        pieces.append(bytearray(40_000))
except MemoryError:
    pass
try:
    import inkling
except MemoryError as e:
    print(e)
pieces = None
gc.collect()
import inkling
print(inkling.Model("/rom/tiny.ink").ram)
"""


@pytest.mark.parametrize("models", ["", "models/cifar10/cifar10.tflite"], ids=["whole", "small"])
def test_its_code_begins_with_mpy_init(models: str) -> None:
    """MicroPython 1.28's linker calls what begins 4 bytes into the code, whatever it is."""
    module = build_natmod(models)
    linked = module.with_name("inkling.o") if models else ROOT / "build/natmod/inkling.o"
    command = ["arm-none-eabi-readelf", "--wide", "--sections", "--symbols", linked]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    section, alignment = re.findall(r"\] (\.text\S*) .* AX .* (\d+)$", done.stdout, re.M)[0]
    [start] = re.findall(r" (\w+) +\d+ FUNC .* mpy_init$", done.stdout, re.M)
    assert (section, int(alignment), int(start, 16) & ~1) == (".text.mpy_init", 4, 0)


def test_networks_take_at_most_a_twentieth_more_instructions_than_in_firmware(
    virtual_board_firmware: Path, native_module: Path
) -> None:
    files: Files = {}
    for name in ("cifar10", *REAL_MODELS):
        for target in ("portable", "cortex-m7"):
            blob = pack(network(name), target=target)
            files[f"{name}_{target}.ink"] = blob
            [files[f"{name}_{target}"]] = stored_inputs(blob)
    # MicroPython looks for room from the heap's start, past the module: 20,000 instructions
    firmware = count_all(
        VirtualBoard(virtual_board_firmware, romfs=files, icount=True),
        code_size(native_module.read_bytes()),
    )
    files["inkling.mpy"] = native_module
    native = count_all(VirtualBoard(build_firmware(STOCK="1"), romfs=files, icount=True), 0)
    assert len(native) == 2 * (1 + len(REAL_MODELS))
    for name, count in native.items():
        print(f"{name}: {firmware[name]} in firmware, {count} in the native module")
        assert count <= MOST_INSTRUCTIONS * firmware[name] + MOST_LOOKING_UP, name


# the double-precision board runs every test of the device; this is the one of OpenMV's cameras
@pytest.mark.parametrize("options", [{"FPU": "single", "OBJECTS": "C"}], ids=["single-objects-C"])
def test_it_loads_in_single_precision_firmware_and_networks_give_the_same_bytes(
    native_module: Path, options: Mapping[str, str]
) -> None:
    files: Files = {"inkling.mpy": native_module}
    rng = np.random.default_rng(13)
    names = ("cifar10", *REAL_MODELS)
    for name in names:
        graph = tflite.read_model(network(name))
        inputs = [random_inputs(graph, rng) for _ in range(2)] + extreme_inputs(graph)
        oracle = TfliteMicro(network(name).read_bytes())
        files[f"{name}.ink"] = pack(graph)
        files[f"{name}.in"] = b"".join(array.tobytes() for [array] in inputs)
        files[f"{name}.out"] = b"".join(oracle.run(arrays)[0].tobytes() for arrays in inputs)
    board = VirtualBoard(build_firmware(STOCK="1", **options), romfs=files)
    result = board.run_script(COMPARE, timeout=100)
    assert result.status == 0, result.stdout
    heap, *verdicts = result.stdout.splitlines()
    assert 20_000 < int(heap) <= MOST_HEAP
    assert verdicts == [f"{name} True" for name in sorted(names)]


def test_it_stays_in_memory_as_long_as_a_model_lives(native_module: Path, tiny: Files) -> None:
    board = VirtualBoard(build_firmware(STOCK="1"), romfs={**tiny, "inkling.mpy": native_module})
    result = board.run_script(FORGET)
    assert (result.stdout, result.status) == ("True\nTrue\n", 0)


def test_an_import_that_the_heap_has_no_room_for_is_a_memory_error_and_can_be_repeated(
    native_module: Path, tiny: Files
) -> None:
    board = VirtualBoard(build_firmware(STOCK="1"), romfs={**tiny, "inkling.mpy": native_module})
    result = board.run_script(FULL)
    refused, ram = result.stdout.splitlines()
    [bytes_needed] = re.findall(r"^memory allocation failed, allocating (\d+) bytes$", refused)
    assert 40_000 < int(bytes_needed) < MOST_HEAP
    assert (ram, result.status) == ("64", 0)


def test_mip_installs_it_with_the_python_part_from_the_checkout(
    native_module: Path, tiny: Files, tmp_path: Path
) -> None:
    package = json.loads((LIBRARY / "package.json").read_text())
    sources = dict(package["urls"])
    assert LIBRARY / sources.pop("inkling.mpy") == native_module
    names = [path.name for path in LIBRARY.glob("*.py")]
    names += [str(path.relative_to(LIBRARY)) for path in LIBRARY.glob("inkling_ml/**/*.py")]
    assert sources == dict(zip(names, names, strict=True))
    blob = tiny["tiny.ink"]
    assert isinstance(blob, bytes)
    (tmp_path / "tiny.ink").write_bytes(blob)
    script = "import inkling; print(inkling.__file__, inkling.Model('tiny.ink').labels[9])"
    with VirtualBoard(build_firmware(STOCK="1")) as board:
        text = mpremote(board, "mip", "install", str(LIBRARY / "package.json"))
        assert text.splitlines()[-1] == "Done"
        mpremote(board, "cp", str(tmp_path / "tiny.ink"), ":")
        assert mpremote(board, "exec", script) == "/flash/lib/inkling.mpy nothing\n"
        sizes = mpremote(
            board, "exec", "import os; print({n[0]: n[3] for n in os.ilistdir('lib')})"
        )
        assert mpremote(board, "exec", "import inkling_ml.postprocessing.darknet") == ""
    files = {name.split("/")[0]: (LIBRARY / name).stat().st_size for name in sources}
    files["inkling_ml"] = 0
    assert ast.literal_eval(sizes) == {**files, "inkling.mpy": native_module.stat().st_size}


# bits 2 to 5 of the third byte are the processor, the two below it the ABI's sub-version
@pytest.mark.parametrize(
    ("byte", "message"),
    [(10 << 2 | 3, "incompatible .mpy arch"), (7 << 2 | 1, "incompatible .mpy file")],
    ids=["another processor", "another ABI"],
)
def test_a_module_for_other_firmware_is_refused_by_micropython(
    native_module: Path, byte: int, message: str
) -> None:
    content = bytearray(native_module.read_bytes())
    assert (content[:2], content[2]) == (b"M\x06", 7 << 2 | 3)
    assert native_module.parent.name == "armv7emsp_6.3"
    content[2] = byte
    script = """
try:
    import inkling
except ValueError as e:
    print(e)
"""
    board = VirtualBoard(build_firmware(STOCK="1"), romfs={"inkling.mpy": bytes(content)})
    result = board.run_script(script)
    assert (result.stdout, result.status) == (message + "\n", 0)
