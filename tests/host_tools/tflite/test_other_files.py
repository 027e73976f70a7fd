"""Files that are no TensorFlow Lite models are called what they are, with what helps."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from mutations import mutated
from oracle import ROOT
from tflite_builder import ModelBuilder

from host_tools.cli import main
from host_tools.errors import CommandError
from host_tools.pack import load_blob, pack
from host_tools.tflite import other_files, read_model
from host_tools.tflite.other_files import COMPILED

NODE = b"\x0a\x01x\x12\x05Const"


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(zipfile.ZipInfo(name), "content")  # of the same date in every process
    return file.getvalue()


def tarball() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("net.tflite"))
    return file.getvalue()


CONTENTS = [
    ("a Keras model", b"\x89HDF\r\n\x1a\n" + bytes(100)),
    ("a Keras model", archive("metadata.json", "config.json", "model.weights.h5")),
    ("a PyTorch file", archive("archive/data.pkl", "archive/version", "archive/data/0")),
    ("a PyTorch file", archive("net/data/weights/weight_0", "net/archive_format")),
    ("a PyTorch file", archive("serialized_exported_program.json", "version")),
    ("a PyTorch file", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."),
    ("an ExecuTorch program", b"\x30\0\0\0ET12" + bytes(60)),
    ("an ONNX model", b"\x08\x08\x12\x07pytorch\x3a\x02\x0a\x00\x42\x02\x10\x11"),
    ("a TensorFlow SavedModel", b"\x08\x01\x12\x80\x02" + bytes(256)),
    ("a frozen graph of TensorFlow 1", (b"\x0a\x0a" + NODE) * 100),
    ("a zip archive: `unzip", archive("readme.txt", "deep/net.tflite")),
    ("a zip archive with a TensorFlow SavedModel", archive("m/saved_model.pb")),
    ("a zip archive without a .tflite file", archive("readme.txt")),
    ("a zip archive, cut short or damaged", archive("net.tflite")[:-30]),
    ("a tar archive", tarball()),
    ("compressed with gzip", b"\x1f\x8b\x08" + bytes(30)),
    ("a web page (HTML)", b"\xef\xbb\xbf\r\n <!DOCTYPE html>\n<html><head>"),
    ("a web page (HTML)", b"<HTML lang=en>"),
    ("JSON", b'{"message": "Not Found"}'),
    ("a Git LFS pointer", b"version https://git-lfs.example/spec/v1\noid sha256:00\nsize 9\n"),
    ("C source", b"#include <stdint.h>\nalignas(16) const unsigned char g_model[] = {\n 0x1c"),
    ("C source", b"unsigned char net_tflite[300568] = { 0x20, 0x00"),
    ("a blob, packed already", b"INKL" + bytes(100)),
]


@pytest.mark.parametrize(("kind", "data"), CONTENTS)
def test_a_file_is_called_what_its_content_is(tmp_path: Path, kind: str, data: bytes) -> None:
    for name in ("net.tflite", "net.bin", "net"):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(CommandError) as caught:
            read_model(path)
        start = f"{path}: not a TensorFlow Lite model: it is {kind}"
        assert str(caught.value).startswith(start)
        assert "{" not in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".h5", "a Keras model"),
        (".keras", "a Keras model"),
        (".ONNX", "an ONNX model"),
        (".pt", "a PyTorch file"),
        (".pth", "a PyTorch file"),
        (".pt2", "a PyTorch file"),
        (".pb", "a frozen graph"),
    ],
)
def test_the_name_tells_where_the_content_does_not(
    tmp_path: Path, suffix: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for data in (bytes(range(7, 200)), archive("config.json")):
        path = tmp_path / f"net{suffix}"
        path.write_bytes(data)
        assert main(["pack-model", str(path)]) == 1
        assert f"not a TensorFlow Lite model: it is {kind}" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == [path]


def test_commands_in_messages_have_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "{path} net.zip"
    path.write_bytes(archive("a.txt", "b/{path}.tflite"))
    with pytest.raises(CommandError) as caught:
        read_model(path)
    assert f"`unzip '{path}'`, and give `b/" in str(caught.value)


def test_the_folder_of_a_saved_model_is_named_by_every_command(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x00")
    for read in (read_model, load_blob):
        with pytest.raises(
            CommandError,
            match=r"it is a TensorFlow SavedModel: `host_tools quantize .* makes an int8",
        ):
            read(tmp_path)


def test_a_blob_given_to_pack_model_is_told_of_and_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.ink"
    blob = pack(ROOT / "models/cifar10/cifar10.tflite")
    path.write_bytes(blob)
    assert main(["pack-model", str(path)]) == 1
    assert f"it is a blob, packed already: `host_tools inspect {path}`" in capsys.readouterr().err
    assert path.read_bytes() == blob


@pytest.mark.parametrize("seed", range(20))
def test_damaged_files_of_any_kind_get_one_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _, data in CONTENTS:
        for _ in range(20):
            found = other_files.what_it_is(mutated(data, rng), "net")
            assert "\n" not in found and len(found) < 400


@pytest.mark.parametrize("code", [*COMPILED, "XC_conv2d_v2", "NeutronGraph", "ETHOS-U"])
def test_a_model_compiled_for_another_processor_is_called_that(code: str) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.1), builder.tensor([1, 4], scale=0.1)
    commands = builder.tensor([8], "uint8", data=range(8))
    scratch, fast = builder.tensor([64], "uint8"), builder.tensor([64], "uint8")
    builder.operator(f"CUSTOM:{code}", [commands, scratch, fast, x], [y])
    with pytest.raises(CommandError) as caught:
        read_model(builder.build([x], [y]), "net")
    assert str(caught.value).startswith(
        f"net: compiled for another processor: its operator CUSTOM:{code} is code for "
    )
    assert str(caught.value).endswith("; take the .tflite file before that step")


def test_an_unknown_compilers_operator_is_never_called_damaged() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.1), builder.tensor([1, 4], scale=0.1)
    scratch = builder.tensor([64], "uint8")
    builder.operator("CUSTOM:npu-9000", [scratch, x], [y])
    with pytest.raises(CommandError) as caught:
        pack(builder.build([x], [y]))
    assert "1 x CUSTOM:npu-9000: this custom operator is not supported" in str(caught.value)
    assert "take the .tflite file before that step" in str(caught.value)


def test_the_document_of_errors_has_every_kind() -> None:
    document = " ".join((ROOT / "docs/errors.md").read_text().split())
    texts = [text for name, text in vars(other_files).items() if name.isupper()]
    phrases = [text for text in texts if isinstance(text, str) and text.startswith("it is ")]
    assert len(phrases) >= 14
    for phrase in phrases:
        parts = phrase.replace("{member}", "{path}").split("{path}")
        assert all(part.strip(" `") in document for part in parts), phrase
