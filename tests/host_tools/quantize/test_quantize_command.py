"""host_tools quantize: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
import wave
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import flatbuffers
import numpy as np
import pytest
from corner_networks import CORNERS, bright, corners
from oracle import ROOT, TfliteMicro
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.cli import main
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.tflite import read_model


def quantized(*arguments: object) -> None:
    assert main(["quantize", *map(str, arguments)]) == 0


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What quantize says on stderr when it ends with exit code 1."""
    assert main(["quantize", *map(str, arguments)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    return err.removeprefix("host_tools: ")


def test_pictures_in_subfolders_give_an_int8_network_as_right_as_the_float_one(
    tmp_path: Path, network: Path, pictures: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "net.tflite"
    options = ["--calibrate", pictures, "--image-range", 0, 1, "--labels", labels]
    quantized(network, *options, "-o", output, "--json")
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert err == ""
    assert report["accuracy"] == {"float32": 100.0, "int8": 100.0, "samples": 48}
    assert report["samples"]["calibrated"] == report["samples"]["count"] == 48
    assert report["next"] == f"host_tools pack-model {output} --labels {labels}"
    kinds = [layer["kind"] for layer in report["layers"]]
    assert kinds == [
        "INPUT", "CONV_2D", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"
    ]  # fmt: skip
    assert all(layer["dtype"] == "int8" and layer["clipped"] == 0 for layer in report["layers"])
    assert all(layer["snr_db"] is None or layer["snr_db"] > 20 for layer in report["layers"])
    # pixels are exact in 8 bits, so that all of the first layer's noise is its own
    given, first = report["layers"][:2]
    assert given["snr_db"] is None and first["own_snr_db"] == pytest.approx(first["snr_db"])
    for layer in report["layers"]:
        if layer["own_snr_db"] is not None:
            assert layer["snr_db"] <= layer["own_snr_db"] + 1e-6
    assert report["warnings"] == report["advice"] == []

    graph = read_model(output)
    given = graph.tensors[graph.inputs[0]]
    assert given.dtype == graph.tensors[graph.outputs[0]].dtype == "int8"
    # the whole range of pixels, so that pack-model's default table is right
    assert given.quantization.scale[0] == np.float32(1 / 255)
    assert given.quantization.zero_point[0] == -128
    kernel = next(t for t in graph.tensors if t.data is not None and t.shape == (4, 1, 1, 3))
    assert len(kernel.quantization.scale) == 4
    rng = np.random.default_rng(8)
    model, oracle = HostModel(pack(output)), TfliteMicro(output.read_bytes())
    for _ in range(20):
        array = rng.integers(-128, 128, given.shape).astype(np.int8)
        np.testing.assert_array_equal(model.run([array])[0], oracle.run([array])[0])


def test_pack_model_takes_the_file_by_the_command_that_is_named(
    tmp_path: Path, network: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "net.tflite"
    quantized(network, "--calibrate", pictures, "-o", output, "--image-mean", "imagenet", "--json")
    command = json.loads(capsys.readouterr().out)["next"].split()
    assert command[3:] == ["--image-mean", "imagenet"]
    assert main(command[1:]) == 0
    blob = output.with_suffix(".ink").read_bytes()
    [offset] = read_blob(blob).image_tables
    tables = np.frombuffer(blob, np.int8, 768, offset).reshape(3, 256)
    assert len({tuple(table) for table in tables.tolist()}) == 3
    # blue's white is the greatest value of all, red's black is not the least
    assert tables[2, 255] == 127 and tables[0, 0] == -128


def test_a_file_of_an_old_converter_becomes_what_a_new_one_does(
    tmp_path: Path, network: Path, pictures: Path
) -> None:
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    content = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network.read_bytes(), 0))
    for code in content.operatorCodes:
        code.builtinCode = 0  # before TensorFlow 2.4 there was no such field
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(content.Pack(builder), b"TFL3")
    old = tmp_path / "old.tflite"
    old.write_bytes(bytes(builder.Output()))
    given = ["--calibrate", pictures, "--image-range", 0, 1, "-o"]
    made = [tmp_path / name for name in ("of_new.tflite", "of_old.tflite")]
    for path, output in zip((network, old), made, strict=True):
        quantized(path, *given, output)
    one, other = (pack(path.read_bytes()) for path in made)
    assert one == other


def test_the_report_is_a_table_and_the_drawing_has_a_bar_a_layer(
    tmp_path: Path,
    network: Path,
    pictures: Path,
    labels: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # so that the table is in one part
    drawing = tmp_path / "layers.svg"
    options = ["--calibrate", pictures, "--image-range", 0, 1, "--labels", labels]
    quantized(network, *options, "--svg", drawing)
    output = tmp_path / "corners_int8.tflite"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{network} -> {output}, int8, calibrated with 48 of 48 samples: ")
    assert lines[1].split() == [
        "operator", "output", "low", "high", "SNR", "alone", "8", "bits", "clipped"
    ]  # fmt: skip
    assert lines[3].split()[:3] == ["0", "CONV_2D", "grey"]
    assert "accuracy: float32 100.00 %, int8 100.00 % (+0.00 points) of 48 samples" in lines
    assert lines[-1] == f"next: host_tools pack-model {output} --labels {labels}"
    root = ElementTree.fromstring(drawing.read_text())
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 6
    assert titles[1].startswith("0 CONV_2D, grey: ")


def test_an_outlier_channel_is_named_with_what_to_do(
    tmp_path: Path, pictures: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = tmp_path / "corners.tflite"
    network.write_bytes(corners(outlier=3000))
    drawing = tmp_path / "layers.svg"
    options = ["--calibrate", pictures, "--image-range", 0, 1, "--labels", labels]
    quantized(network, *options, "--svg", drawing, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["accuracy"]["float32"] == 100 > report["accuracy"]["int8"]
    first = report["advice"][0]
    assert "of which channel 2 takes 2" in first["text"]
    assert "divide that channel's weights and bias here" in first["text"]
    assert "#c0392b" in drawing.read_text()


def test_what_clips_is_named(
    tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(4)
    arrays = rng.uniform(0, 0.5, (3000, 8, 8, 3)).astype(np.float32)
    # of three samples, the first calibrates and the others reach twice as far
    arrays[1::3] *= 2
    arrays[2::3] *= 2
    path = tmp_path / "x.npy"
    np.save(path, arrays)
    quantized(network, "--calibrate", path, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["samples"]["calibrated"] == 1000
    given, grey = report["layers"][:2]
    assert 0.4 < given["clipped"] < 0.6
    assert report["advice"][0]["operator"] == -1
    assert "of its values are clipped; its range is" in report["advice"][0]["text"]
    assert grey["clipped"] > 0.1


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (corners(last="SIGN"), "1 operator cannot be packed:\n  1 x SIGN: this operator is not"),
        (corners(half=True), "its weights are float16 already: give the float32 network"),
        (b"\x08\x08", "not a TensorFlow Lite model: bytes 4 to 7 are not TFL3"),
    ],
)
def test_what_cannot_be_quantized_is_refused_before(
    tmp_path: Path,
    pictures: Path,
    model: bytes,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(model)
    said = refused(capsys, path, "--calibrate", pictures, "--image-range", 0, 1)
    assert said.startswith(f"{path}: {message}")
    assert {entry.name for entry in tmp_path.iterdir()} == {"net.tflite", "pictures"}


def test_a_format_whose_converter_is_missing_names_the_command_that_installs_it(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pt2 = io.BytesIO()
    with zipfile.ZipFile(pt2, "w") as archive:
        archive.writestr("net/archive_format", "pt2")
    for name, content, module, extra in (
        ("net.h5", b"\x89HDF\r\n\x1a\n", "tensorflow", "keras"),
        ("net.onnx", b"\x08\x08\x12\x07pytorch\x3a\x02\x0a\x00", "onnx2tf", "onnx"),
        ("net.pt2", pt2.getvalue(), "litert_torch", "pytorch"),
    ):
        if importlib.util.find_spec(module):
            pytest.skip(f"{module} is installed here")
        path = tmp_path / name
        path.write_bytes(content)
        said = refused(capsys, path, "--calibrate", pictures)
        old = extra == "onnx" and sys.version_info < (3, 12)
        assert said.partition(";")[0].rstrip() == (
            f"{path}: converting it needs {module}: .venv/bin/pip install -e '.[{extra}]' in "
            f"the checkout, or pip install 'inkling[{extra}]'"
        )
        assert ("; it takes Python 3.12 or newer, this is 3.1" in said) == old


def test_what_is_int8_already_is_refused(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ROOT / "models/cifar10/cifar10.tflite"
    said = refused(capsys, model, "--calibrate", pictures, "--image-range", 0, 1)
    assert said == (
        f"{model}: it is quantized to int8 already: `host_tools pack-model` takes it as it is\n"
    )


def test_the_labels_must_be_those_of_the_subfolders_and_the_output(
    tmp_path: Path, network: Path, pictures: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [network, "--calibrate", pictures, "--image-range", 0, 1, "--labels", labels]
    labels.write_text("top left\ntop right\nbottom left\n")
    assert "lie in bottom right, which is no label; each must lie" in refused(capsys, *options)
    labels.write_text("\n".join([*CORNERS, "middle"]))
    assert "the labels have 5 classes" in refused(capsys, *options)
    labels.write_text("\n".join(CORNERS))
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((2, 8, 8, 3), np.float32))
    said = refused(capsys, network, "--calibrate", path, "--labels", labels)
    assert "--labels is for a folder with subfolders" in said


def test_the_output_is_not_written_over_the_model_nor_into_a_missing_folder(
    tmp_path: Path, network: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--calibrate", pictures, "--image-range", 0, 1]
    said = refused(capsys, network, *options, "-o", network)
    assert said == f"{network}: it would overwrite the model; give another -o\n"
    missing = tmp_path / "missing" / "net.tflite"
    assert refused(capsys, network, *options, "-o", missing).startswith(
        f"{missing}: cannot be written"
    )
    assert network.read_bytes() == corners()


def test_pack_model_says_this_command_for_a_float_network(
    network: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spaced = network.with_name("my net.tflite")
    spaced.write_bytes(network.read_bytes())
    for path, shown in ((network, network), (spaced, f"'{spaced}'")):
        assert main(["pack-model", str(path)]) == 1
        assert capsys.readouterr().err == (
            f"host_tools: {path}: the model is not quantized to int8: it computes in float32; "
            f"`host_tools quantize {shown} --calibrate FOLDER -o int8.tflite` quantizes it, with "
            "samples of its inputs in FOLDER: docs/quantize.md\n"
        )


def test_a_network_of_two_inputs_takes_an_npz_by_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = ModelBuilder()
    a, b, y = (builder.tensor([1, 4], "float32", name=name) for name in ("a", "b", "y"))
    builder.operator("ADD", [a, b], [y], fused_activation_function="NONE")
    network = tmp_path / "sum.tflite"
    network.write_bytes(builder.build([a, b], [y]))
    rng = np.random.default_rng(1)
    arrays = {name: rng.normal(0, size, (40, 4)).astype(np.float32) for name, size in
              (("b", 9), ("a", 1))}  # fmt: skip
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    quantized(network, "--calibrate", path, "--json")
    low, high = json.loads(capsys.readouterr().out)["layers"][1]["range"]
    assert (low, high) == (arrays["b"].min(), arrays["b"].max())
    np.savez(path, a=arrays["a"], c=arrays["b"])
    said = refused(capsys, network, "--calibrate", path)
    assert "it has the arrays a, c; the network's inputs need an .npz with a, b" in said
    assert "it has 2 inputs, a folder has files for one" in refused(
        capsys, network, "--calibrate", tmp_path
    )


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, network: Path, pictures: Path) -> None:
    drawing = tmp_path / "layers.svg"
    limit = 3000  # the network has less, its drawing more
    options = ["--calibrate", pictures, "--image-range", 0, 1, "--svg", drawing]
    command = [sys.executable, "-m", "host_tools", "quantize", network, *options]
    ran = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"host_tools: {drawing}: cannot be written: File too large\n"
    assert {entry.name for entry in tmp_path.iterdir()} == {network.name, "pictures"}


def test_the_outputs_must_be_files_of_their_own(
    network: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [network, "--calibrate", pictures, "--image-range", 0, 1]
    said = refused(capsys, *options, "--svg", network)
    assert said == f"{network}: it would overwrite the model; give another --svg\n"
    output = network.with_name("net.tflite")
    said = refused(capsys, *options, "-o", output, "--svg", output)
    assert said == f"{output}: two outputs would be written there\n"
    assert not output.exists()


def test_names_that_differ_only_at_a_far_end_keep_their_layers_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As litert-torch writes them, beyond the length that messages show."""
    builder = ModelBuilder()
    long = "wrapper;" * 60
    x, y, z = (
        builder.tensor([1, 4], "float32", name=name) for name in ("x", f"{long}1", f"{long}2")
    )
    for source, target, factor in ((x, y, 3.0), (y, z, 5.0)):
        by = builder.tensor([1, 4], "float32", data=np.full((1, 4), factor, np.float32))
        builder.operator("MUL", [source, by], [target], fused_activation_function="NONE")
    network = tmp_path / "long.tflite"
    network.write_bytes(builder.build([x], [z]))
    np.save(
        tmp_path / "x.npy", np.random.default_rng(5).uniform(-1, 1, (40, 4)).astype(np.float32)
    )
    quantized(network, "--calibrate", tmp_path / "x.npy", "--json")
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["range"][1] for layer in layers] == pytest.approx([1, 3, 15], rel=0.1)
    assert all(layer["snr_db"] > 30 for layer in layers)


def test_an_output_that_nobody_reads_needs_no_scale(tmp_path: Path) -> None:
    """LiteRT has no values of it, and the quantizer leaves it in float32."""
    builder = ModelBuilder()
    x, left, right = (
        builder.tensor([1, size], "float32", name=name)
        for name, size in (("x", 8), ("left", 4), ("right", 4))
    )
    axis = builder.tensor([], "int32", data=np.array(1, np.int32))
    builder.operator("SPLIT", [axis, x], [left, right], num_splits=2)
    network = tmp_path / "split.tflite"
    network.write_bytes(builder.build([x], [left]))
    data = np.random.default_rng(5).uniform(-1, 1, (40, 8)).astype(np.float32)
    np.save(tmp_path / "x.npy", data)
    quantized(network, "--calibrate", tmp_path / "x.npy")
    assert main(["pack-model", str(tmp_path / "split_int8.tflite")]) == 0


def test_a_folder_of_sounds_in_classes_calibrates_a_network_of_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The network tells a tone above 1 kHz from one below by the change from sample to sample."""
    builder = ModelBuilder()
    x = builder.tensor([1, 2000], "float32", name="x")
    change = np.eye(2000, k=1, dtype=np.float32)[:-1] - np.eye(2000, dtype=np.float32)[:-1]
    tensors = [
        builder.tensor(array.shape, "float32", data=array)
        for array in (change, np.zeros(1999, np.float32))
    ]
    steps, size = (builder.tensor([1, 1999], "float32", name=name) for name in ("d", "a"))
    builder.operator("FULLY_CONNECTED", [x, *tensors], [steps], fused_activation_function="NONE")
    builder.operator("ABS", [steps], [size])
    mean = np.stack([np.full(1999, -1 / 1999), np.full(1999, 1 / 1999)]).astype(np.float32)
    weights = builder.tensor(mean.shape, "float32", data=mean)
    bias = builder.tensor([2], "float32", data=np.array([0.25, -0.25], np.float32))
    y = builder.tensor([1, 2], "float32", name="y")
    builder.operator(
        "FULLY_CONNECTED", [size, weights, bias], [y], fused_activation_function="NONE"
    )
    network = tmp_path / "tone.tflite"
    network.write_bytes(builder.build([x], [y]))
    rng = np.random.default_rng(6)
    for name, tone in (("low", 200), ("high", 3000)):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for number in range(20):
            angle = 2 * np.pi * tone * np.arange(2400) / 16000 + rng.uniform(0, 6)
            with wave.open(str(tmp_path / "sounds" / name / f"{number}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(16000)
                file.writeframes((np.sin(angle) * 20000).astype("<i2").tobytes())
    (tmp_path / "labels.txt").write_text("low\nhigh\n")
    options = ["--calibrate", tmp_path / "sounds", "--labels", tmp_path / "labels.txt"]
    quantized(network, *options, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["accuracy"] == {"float32": 100.0, "int8": 100.0, "samples": 40}
    assert report["warnings"] == []


def test_classes_without_samples_are_warned_of(
    tmp_path: Path, network: Path, pictures: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for corner in CORNERS[1:]:
        for path in (pictures / corner).iterdir():
            path.unlink()
    quantized(network, "--calibrate", pictures, "--image-range", 0, 1, "--labels", labels)
    assert (
        "warning: 3 of the 4 classes have no sample (top right, bottom left, bottom right): "
        "accuracy and ranges are of the others"
    ) in capsys.readouterr().err
    for path in (pictures / CORNERS[0]).iterdir():
        path.unlink()
    said = refused(capsys, network, "--calibrate", pictures, "--image-range", 0, 1)
    assert said.startswith(f"the folder {pictures} has neither pictures nor wav files")


def _seconds(process: int) -> float:
    """What it has taken of the processor: proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_ctrl_c_leaves_nothing(tmp_path: Path, network: Path) -> None:
    rng = np.random.default_rng(2)
    path = tmp_path / "x.npz"
    many = np.stack([bright(number % 4, rng, 8) for number in range(4)])
    np.savez(path, picture=np.tile(many, (50_000, 1, 1, 1)), labels=np.tile(range(4), 50_000))
    command = [sys.executable, "-m", "host_tools", "quantize", network, "--calibrate", path]
    ran = subprocess.Popen(
        [*map(str, command), "--image-range", "0", "1", "--svg", str(tmp_path / "layers.svg")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while _seconds(ran.pid) < 3:  # it calibrates then, however busy the computer is
        time.sleep(0.1)
    os.kill(ran.pid, signal.SIGINT)
    out, err = ran.communicate(timeout=60)
    assert (ran.returncode, out, err) == (130, b"", b"")
    assert {entry.name for entry in tmp_path.iterdir()} == {"corners.tflite", "x.npz"}
