"""What the native module costs beside the firmware, and the firmware it must load in."""

from __future__ import annotations

import ast
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from board_models import Files, build_tiny, build_two, mpremote
from firmware_builder import ROOT, build_firmware, build_natmod, make
from oracle import REAL_MODELS, TfliteMicro, extreme_inputs, random_inputs, real_model
from tflite_builder import ModelBuilder

from host_tools import tflite
from host_tools.board_firmware import kernel_list
from host_tools.host_runtime import BlobError, HostModel
from host_tools.kernels import KERNELS
from host_tools.native_module import code_size
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.profiling import INSTRUCTION_NS, TICK_NS
from host_tools.virtual_board.profiling import random_inputs as stored_inputs

# of what a network takes in firmware, and what looking up buffers by the table of functions takes
MOST_INSTRUCTIONS = 1.05
MOST_LOOKING_UP = 500
MOST_HEAP = 96_000
# of a module for the CIFAR-10 network alone: its code, which is one piece, and all together
MOST_CODE_OF_SMALL = 23_900
MOST_HEAP_OF_SMALL = 24_576
LIBRARY = ROOT / "micropython_lib"

COUNT = """
import array
import gc
in_its_place = bytearray(%d)
import inkling
import os
import virtual_board

counts = {}
for name in sorted(os.listdir("/rom")):
    if not name.endswith(".ink"):
        continue
    model = inkling.Model("/rom/" + name)
    stored = memoryview(open("/rom/" + name[:-4], "rb"))
    inputs = [array.array(model.input_dtype[0], stored)]
    gc.collect()
    gc.disable()
    # the module looks for Ctrl-C after some work: once in several runs of the smallest network
    runs = 20 if model.len < 10000 else 1
    before = virtual_board.ticks()
    for _ in range(runs):
        model.predict(inputs)
    counts[name[:-4]] = (virtual_board.ticks() - before) // runs
    gc.enable()
print(counts)
"""

# imports, then runs every blob on its inputs; names those that give other bytes than they should
COMPARE = """
import gc
gc.collect()
free = gc.mem_free()
import inkling
import os
gc.collect()
print(free - gc.mem_free())

for name in sorted(os.listdir("/rom")):
    if not name.endswith(".ink"):
        continue
    model = inkling.Model("/rom/" + name)
    given = memoryview(open("/rom/" + name[:-4] + ".in", "rb"))
    expected = memoryview(open("/rom/" + name[:-4] + ".out", "rb"))
    size, count = len(model.input()), len(model.output())
    same = True
    for i in range(len(given) // size):
        model.input()[:] = given[i * size : (i + 1) * size]
        model.run()
        same = same and bytes(model.output()) == bytes(expected[i * count : (i + 1) * count])
    print(name[:-4], same)
"""

REFUSE = """
import inkling

print(inkling.Model("/rom/cifar10.ink").name)
try:
    inkling.Model("/rom/tiny.ink")
except ValueError as e:
    print(e)
"""

# what the module says of each blob, all of one size
SAY = """
import inkling

blobs = memoryview(open("/rom/blobs", "rb"))
size = len(open("/rom/good", "rb").read())
for start in range(0, len(blobs), size):
    try:
        inkling.Model(blobs[start : start + size])
        print("none")
    except ValueError as e:
        print(str(e)[len("buffer: "):])
"""

# what the module says of what it is given
SAY_OF_INPUTS = """
import array
import inkling


class Picture(bytearray):
    def __init__(self, size, width, height):
        super().__init__(size)
        self.sides = width, height

    def width(self):
        return self.sides[0]

    def height(self):
        return self.sides[1]


class \u00c4rger:
    pass


def say(function, *given, **named):
    try:
        function(*given, **named)
        print("none")
    except Exception as e:
        print(type(e), e)


model = inkling.Model("/rom/cifar10.ink")
good = bytes(3072)
for given in (
    [\u00c4rger()], bytes(5), array.array("f", [1.5]), array.array("h", [1]), [good, good],
    [[[1]], 2], [1, 2, 3], [[[[1, 2]]]], Picture(4, 0, 2), Picture(7, 2, 2),
    [[Picture(12, 2, 2), (0, 0, 3, 1)]], [[Picture(12, 2, 2), (0, 0, 3)]], "text", 5,
):
    say(model.predict, given)
say(inkling.Model, \u00c4rger())
say(inkling.Model, b"INKL")
say(inkling.Model, "/rom/cifar10.ink", arena=bytearray(8))
say(inkling.Model, open("/rom/cifar10.ink", "rb").read(200))
say(model.output, 1)
say(model.input, -1)
say(inkling.top, \u00c4rger())
say(print, model)
"""

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


@pytest.fixture(scope="session")
def native_module() -> Path:
    return build_natmod()


def network(name: str) -> Path:
    return ROOT / "models/cifar10/cifar10.tflite" if name == "cifar10" else real_model(name)


def count_all(board: VirtualBoard, in_its_place: int) -> dict[str, int]:
    """Instructions of a whole predict, by network, with so many bytes at the heap's start."""
    result = board.run_script(COUNT % in_its_place, timeout=100)
    assert result.status == 0, result.stdout
    ticks = ast.literal_eval(result.stdout)
    return {name: count * TICK_NS // INSTRUCTION_NS for name, count in ticks.items()}


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


CIFAR10 = ROOT / "models/cifar10/cifar10.ink"


@pytest.fixture(scope="session")
def small_module() -> Path:
    return build_natmod(str(CIFAR10))


def with_words(module: Path) -> Files:
    """A small module's files."""
    return {"inkling.mpy": module, "inkling_words.py": module.with_name("inkling_words.py")}


def test_a_module_for_a_blob_runs_it_to_the_same_bytes_in_less_heap(
    small_module: Path, native_module: Path
) -> None:
    assert small_module != native_module
    graph = tflite.read_model(network("cifar10"))
    oracle = TfliteMicro(network("cifar10").read_bytes())
    rng = np.random.default_rng(14)
    inputs = [random_inputs(graph, rng) for _ in range(2)] + extreme_inputs(graph)
    files: Files = {
        **with_words(small_module),
        "cifar10.ink": CIFAR10,
        "cifar10.in": b"".join(array.tobytes() for [array] in inputs),
        "cifar10.out": b"".join(oracle.run(arrays)[0].tobytes() for arrays in inputs),
    }
    result = VirtualBoard(build_firmware(STOCK="1"), romfs=files).run_script(COMPARE, timeout=100)
    heap, verdict = result.stdout.splitlines()
    print(f"{heap} bytes of heap")
    assert (verdict, result.status) == ("cifar10 True", 0)
    assert 20_000 < int(heap) <= MOST_HEAP_OF_SMALL
    assert code_size(small_module.read_bytes()) <= MOST_CODE_OF_SMALL


def test_a_module_for_a_blob_takes_hardly_more_instructions_than_the_whole_one(
    small_module: Path, native_module: Path
) -> None:
    blob = CIFAR10.read_bytes()
    [inputs] = stored_inputs(blob)
    counts = []
    for module in (native_module, small_module):
        files: Files = {"inkling.mpy": module, "cifar10.ink": blob, "cifar10": inputs}
        board = VirtualBoard(build_firmware(STOCK="1"), romfs=files, icount=True)
        counts.append(count_all(board)["cifar10"])
    whole, small = counts
    print(f"{whole} in the whole module, {small} in the small one")
    assert small <= 1.03 * whole


def test_a_module_for_a_blob_refuses_one_with_another_kernel(
    small_module: Path, small_blob: Path, tiny: Files
) -> None:
    files: Files = {
        **tiny,
        "cifar10.ink": small_blob,
        **with_words(small_module),
    }
    for sentence in (
        "operator 0 (kernel 3): kernel that this runtime does not have",
        "error 14 (no inkling_words.py)",
    ):
        result = VirtualBoard(build_firmware(STOCK="1"), romfs=files).run_script(REFUSE)
        assert result.stdout.splitlines() == ["cifar10", f"/rom/tiny.ink: {sentence}"]
        assert result.status == 0
        files.pop("inkling_words.py", None)


def test_a_module_for_a_blob_says_what_this_computer_says_of_bad_ones(
    small_module: Path, small_blob: Path
) -> None:
    good = small_blob.read_bytes()
    rng = np.random.default_rng(15)
    blobs, expected = [], []
    for _ in range(60):
        bad = bytearray(good)
        # in the header or the records
        bad[16 + rng.integers(1000)] ^= 1 << rng.integers(8)
        bad[12:16] = zlib.crc32(bad[16:]).to_bytes(4, "little")
        try:
            HostModel(bytes(bad))
        except BlobError as error:
            blobs.append(bytes(bad))
            expected.append(str(error))
    files: Files = {
        **with_words(small_module),
        "good": good,
        "blobs": b"".join(blobs),
    }
    result = VirtualBoard(build_firmware(STOCK="1"), romfs=files).run_script(SAY)
    assert result.status == 0, result.stdout
    said = result.stdout.splitlines()
    # but of kernels and types that this computer has
    pairs = [
        pair
        for pair in zip(said, expected, strict=True)
        if "does not have" not in pair[0] and "dtype is" not in pair[0]
    ]
    assert len({text for text, _ in pairs}) > 20
    for text, other in pairs:
        assert text == other


def test_a_module_for_a_blob_says_what_the_whole_one_says_of_inputs(
    small_module: Path, native_module: Path, small_blob: Path
) -> None:
    said = []
    for module in (native_module, small_module):
        files: Files = {**with_words(small_module), "inkling.mpy": module}
        files["cifar10.ink"] = small_blob
        result = VirtualBoard(build_firmware(STOCK="1"), romfs=files).run_script(SAY_OF_INPUTS)
        assert result.status == 0, result.stdout
        said.append(result.stdout.splitlines())
    whole, small = said
    assert len(set(whole)) > 18
    # print(model) has one line of it
    assert small == whole[: len(small) - 1] + ["none"]


def test_a_module_for_a_blob_has_the_names_of_what_is_in_it_alone(
    small_module: Path, native_module: Path
) -> None:
    for name, small in ((b"predict", True), (b"peaks", False), (b"FrameBuffer", False)):
        assert name in native_module.read_bytes()
        assert (name in small_module.read_bytes()) == small


def test_what_is_no_model_stops_make_with_a_sentence() -> None:
    done = make("natmod", "FOR=pyproject.toml")
    assert done.returncode != 0
    assert "make natmod FOR=: pyproject.toml: " in done.stderr


def test_kernels_with_tables_are_those_that_the_runtime_says() -> None:
    operators = (ROOT / "firmware_module/runtime/operators").glob("op_*.c")
    blocks = [
        block
        for path in operators
        for block in re.findall(r"^const ink_kernel_t .*?^};", path.read_text(), re.M | re.S)
    ]
    assert len(blocks) == len(KERNELS)
    names = {
        re.findall(r'\.name = "(\w+)"', block)[0] for block in blocks if ".tables = " in block
    }
    assert names == kernel_list.WITH_TABLES


def test_the_list_of_kernels_is_that_of_the_blobs_together_by_number(tmp_path: Path) -> None:
    (tmp_path / "two.ink").write_bytes(pack(build_two()))
    (tmp_path / "tiny.ink").write_bytes(pack(build_tiny()))
    written = tmp_path / "kernels.h"
    models = [str(tmp_path / "two.ink"), str(tmp_path / "tiny.ink")]
    assert kernel_list.main([str(written), *models]) == 0
    assert written.read_text() == (
        "#define INK_KERNELS(X) X(3, fully_connected_s8) X(6, add_s8) X(9, broadcast_sub_s8) "
        "X(11, softmax_s8)\n#define INK_AUDIO 0\n#define INK_TWO_INPUTS 1\n"
        "#define INK_TABLES 1\n#define INK_WIDE 0\n#define INK_STATES 0\n"
        "#define INK_DETECT 0\n#define INK_FITTING 0\n"
    )


def test_what_finds_boxes_is_in_a_module_for_a_network_that_gives_a_map(tmp_path: Path) -> None:
    builder = ModelBuilder("map")
    given, out = builder.tensor((1, 4, 4, 1), scale=1.0), builder.tensor((1, 2, 8), scale=1.0)
    builder.operator("RESHAPE", [given, builder.constant([1, 2, 8])], [out])
    (tmp_path / "map.ink").write_bytes(pack(builder.build([given], [out])))
    written = tmp_path / "kernels.h"
    assert kernel_list.main([str(written), str(tmp_path / "map.ink")]) == 0
    assert "#define INK_DETECT 1\n" in written.read_text()


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
