"""The C runtime through ctypes: what it tells of a blob, what it refuses, how it is built."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from blob_editor import BlobEditor
from tflite_builder import ModelBuilder

from host_tools import host_build
from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.host_runtime import BlobError, HostModel
from host_tools.kernels import KERNELS
from host_tools.pack import pack


def random_inputs(model: HostModel, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [
        rng.integers(-128, 128, (count, *tensor.shape)).astype(tensor.dtype)
        for tensor in model.inputs
    ]


def test_a_model_tells_what_the_blob_says(every_kernel: bytes, two_inputs: bytes) -> None:
    model = HostModel(every_kernel)
    assert (model.name, model.target, model.n_operators) == ("every kernel", "portable", 17)
    assert model.labels == ["ant", "bee", "cow", "dög", "eel"]
    assert [(t.shape, t.dtype) for t in model.inputs] == [((1, 6, 6, 3), "float32")]
    assert [(t.shape, t.dtype) for t in model.outputs] == [((1, 5), "float32")]
    assert model.arena_size == BlobEditor(every_kernel).get("header", 0, "arena_size")
    read = read_blob(every_kernel)
    assert model.work == sum(KERNELS[op.kernel].work(read.layer(op)) for op in read.operators)
    model = HostModel(two_inputs)
    assert [t.name for t in model.inputs] == ["first", "second"]
    assert (model.inputs[1].scale, model.inputs[1].zero_point) == (np.float32(0.1), -5)
    assert (model.outputs[1].dtype, model.outputs[1].zero_point) == ("uint8", 131)


def test_inputs_that_do_not_fit_are_refused_and_the_model_stays_usable(two_inputs: bytes) -> None:
    model = HostModel(two_inputs)
    first, second = (array[0] for array in random_inputs(model, 1))
    expected = model.run([first, second])
    with pytest.raises(CommandError, match="1 inputs given, 2 needed"):
        model.run([first])
    with pytest.raises(CommandError, match=r"input 1 is int8 \[3, 2, 4\], .* int8 \[2, 3, 4\]"):
        model.run([first, second.reshape(3, 2, 4)])
    with pytest.raises(CommandError, match=r"input 0 is uint8 \[2, 3, 4\], but must be int8"):
        model.run([first.view(np.uint8), second])
    for ours, wanted in zip(model.run([first, second]), expected, strict=True):
        np.testing.assert_array_equal(ours, wanted)


def test_many_inputs_on_two_threads_give_what_each_gives_alone(two_inputs: bytes) -> None:
    model = HostModel(two_inputs)
    inputs = random_inputs(model, 33)
    for threads in (1, 2):
        outputs = model.run_many(inputs, threads=threads)
        assert [array.shape for array in outputs] == [(33, 4, 2), (33, 2, 3, 4)]
        for i in range(33):
            for many, alone in zip(outputs, model.run([a[i] for a in inputs]), strict=True):
                np.testing.assert_array_equal(many[i], alone)
    with pytest.raises(CommandError, match="batches of 33, 32; each"):
        model.run_many([inputs[0], inputs[1][:32]])


def test_a_run_leaves_no_trace_in_the_next(every_kernel: bytes) -> None:
    model = HostModel(every_kernel)
    rng = np.random.default_rng(2)
    picture = rng.normal(0, 4, (1, 6, 6, 3)).astype(np.float32)
    [expected] = model.run([picture])
    for noise in (0, 0x55, 0xFF):
        model.arena[:] = noise
        np.testing.assert_array_equal(model.run([picture])[0], expected)


def test_an_error_has_its_number(two_inputs: bytes) -> None:
    # firmware_module/runtime/inkling.h: 1 too short, 5 the check sum, 8 the header
    editor = BlobEditor(two_inputs)
    editor.set("header", 0, "n_inputs", 0)
    changed = bytearray(two_inputs)
    changed[-1] ^= 1
    for blob, status in ((b"", 1), (bytes(changed), 5), (editor.bytes(), 8)):
        with pytest.raises(BlobError) as caught:
            HostModel(blob)
        assert caught.value.status == status


def test_floats_at_the_edges_are_quantized_as_the_format_says(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    # stop after QUANTIZE: its output is the network's
    editor.set("header", 0, "n_operators", 1)
    editor.set("header", 0, "n_labels", 0)
    editor.set("io", 1, "tensor", 1)
    editor.set("tensor", 1, "scale", 0.5)
    model = HostModel(editor.bytes())
    values = [np.nan, np.inf, -np.inf, 1e30, -1e30, 0.25, -0.25, 0.75, 0.2499, -0.0, 62.0, -65.5]
    picture = np.zeros((1, 6, 6, 3), np.float32)
    picture.ravel()[: len(values)] = values
    [stored] = model.run([picture])
    # halves go away from zero; then the zero point, 3, is added; NaN is the zero point
    assert stored.ravel()[: len(values)].tolist() == [
        3, 127, -128, 127, -128, 4, 2, 5, 3, 3, 127, -128,
    ]  # fmt: skip


def test_a_missing_compiler_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(host_build, "BUILD", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(CommandError, match="no C compiler: install one .*gcc"):
        host_build.build_library()
    assert not list(tmp_path.rglob("*.*o"))


def test_what_the_compiler_says_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(host_build, "BUILD", tmp_path / "build")
    broken = tmp_path / "broken.c"
    broken.write_text("int main(void) { return nothing; }\n")
    objects: list[Path] = []
    monkeypatch.setattr(host_build, "_runtime", lambda *_: (objects, objects))
    with pytest.raises(CommandError, match="(?s)cc failed:.*nothing"):
        host_build.build_program(broken)
    assert not [path for path in (tmp_path / "build").rglob("*") if path.is_file()]


def test_builds_at_the_same_time_do_not_hurt_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(host_build, "BUILD", tmp_path / "build")
    source = tmp_path / "seven.c"
    source.write_text("int main(void) { return 7; }\n")
    objects: list[Path] = []
    monkeypatch.setattr(host_build, "_runtime", lambda *_: (objects, objects))
    with ThreadPoolExecutor(4) as pool:
        programs = set(pool.map(lambda _: host_build.build_program(source), range(4)))
    [program] = programs
    assert subprocess.run([program], timeout=10).returncode == 7
    files = [path.name for path in (tmp_path / "build").rglob("*")]
    assert len(files) == 3, files  # the folder of objects, one object, the program


def test_a_changed_header_recompiles_what_includes_it_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(host_build, "BUILD", tmp_path / "build")
    monkeypatch.setattr(host_build, "FIRMWARE_MODULE", tmp_path)
    files = {
        "runtime/a.h": '#include "kernels/b.h"\n',
        "runtime/a.c": '#include "a.h"\nint a(void) { return B; }\n',
        "kernels/b.h": "#define B 1\n",
        "kernels/fast/b.c": '#  include "../b.h" // as its folder has it\nint b = B;\n',
        "audio/c.c": "#include <stdint.h>\nint32_t c = 3;\n",
        "module/d.h": "#define D 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def compiled() -> list[str]:
        before = set((tmp_path / "build").rglob("*.o"))
        host_build.build_library()
        made = set((tmp_path / "build").rglob("*.o")) - before
        return sorted(path.name[0] for path in made)

    assert compiled() == ["a", "b", "c"]
    assert compiled() == []
    for name, wanted in {
        "runtime/a.h": ["a"], "kernels/b.h": ["a", "b"], "audio/c.c": ["c"], "module/d.h": []
    }.items():  # fmt: skip
        with (tmp_path / name).open("a") as file:
            file.write("// changed\n")
        assert compiled() == wanted, name


def test_a_prefix_without_a_library_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has neither lib/libcmsis-nn.a nor libcmsis-nn.a"):
        host_build.build_library(tmp_path)


def test_ctrl_c_leaves_a_run_that_goes_on() -> None:
    builder = ModelBuilder("long")
    places = {"scale": 0.1, "zero_point": 0}
    rows, columns = (builder.tensor((1, side, 2000), **places) for side in (1000, 1000))
    product = builder.tensor((1, 1000, 1000), **places)
    builder.operator("BATCH_MATMUL", [rows, columns], [product], 2, adj_x=False, adj_y=True)
    model = HostModel(pack(builder.build([rows, columns], [product]), target="portable"))
    before = threading.active_count()
    ended = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    ended.start()
    with pytest.raises(KeyboardInterrupt):
        model.run([np.zeros(tensor.shape, np.int8) for tensor in model.inputs])
    ended.join()
    assert threading.active_count() == before + 1, "it had ended"
