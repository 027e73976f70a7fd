"""A native module for some networks alone (make natmod FOR=): less of it, the same answers."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from board_models import Files, build_tiny, build_two
from firmware_builder import ROOT, build_firmware, build_natmod, make
from native_modules import COMPARE, count_all, network
from oracle import TfliteMicro, extreme_inputs, random_inputs
from tflite_builder import ModelBuilder

from host_tools import tflite
from host_tools.board_firmware import kernel_list
from host_tools.host_runtime import BlobError, HostModel
from host_tools.kernels import KERNELS
from host_tools.native_module import code_size
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.profiling import random_inputs as stored_inputs

CIFAR10 = ROOT / "models/cifar10/cifar10.ink"
# of a module for the CIFAR-10 network alone: its code, which is one piece, and all together
MOST_CODE = 23_900
MOST_HEAP = 24_576

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
    assert 20_000 < int(heap) <= MOST_HEAP
    assert code_size(small_module.read_bytes()) <= MOST_CODE


def test_a_module_for_a_blob_takes_hardly_more_instructions_than_the_whole_one(
    small_module: Path, native_module: Path
) -> None:
    blob = CIFAR10.read_bytes()
    [inputs] = stored_inputs(blob)
    counts = []
    for module in (native_module, small_module):
        files: Files = {"inkling.mpy": module, "cifar10.ink": blob, "cifar10": inputs}
        board = VirtualBoard(build_firmware(STOCK="1"), romfs=files, icount=True)
        counts.append(count_all(board, 0)["cifar10"])
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
    # but of kernels, types and states that this computer has
    pairs = [
        pair
        for pair in zip(said, expected, strict=True)
        if not re.search("does not have|dtype is|start is|place is", pair[0])
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
