"""Says of a file that is no TensorFlow Lite model what it is, and what to do with it.

By its content, and by its name only where that says nothing. Reads no more than it needs for that.
A model that a compiler for another processor made is known by its operators.
"""

from __future__ import annotations

import io
import re
import shlex
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePath

from host_tools.blob.layout import MAGIC
from host_tools.errors import CommandError
from host_tools.files import read_whole

# where docs/quantize.md says how to make an int8 .tflite of it
KERAS = "docs/quantize.md#keras-and-tensorflow"
PYTORCH = "docs/quantize.md#pytorch"
ONNX = "docs/quantize.md#onnx"

HEAD = 4096

KERAS_MODEL = (
    "it is a Keras model: `host_tools quantize {path} --calibrate FOLDER -o net.tflite` makes an "
    f"int8 .tflite of it: {KERAS}"
)
SAVED_MODEL = (
    "it is a TensorFlow SavedModel: `host_tools quantize {path} --calibrate FOLDER -o net.tflite` "
    f"makes an int8 .tflite of its folder: {KERAS}"
)
FROZEN_GRAPH = (
    "it is a frozen graph of TensorFlow 1: convert it with "
    f"tf.compat.v1.lite.TFLiteConverter.from_frozen_graph, calibrated to int8: {KERAS}"
)
PYTORCH_PROGRAM = (
    "it is a PyTorch file of torch.export: `host_tools quantize {path} --calibrate FOLDER "
    f"-o net.tflite` makes an int8 .tflite of it: {PYTORCH}"
)
PYTORCH_MODEL = (
    "it is a PyTorch file of weights or of TorchScript: load it in Python, save the network by "
    f"torch.export as a .pt2 file, and give that to `host_tools quantize`: {PYTORCH}"
)
ONNX_MODEL = (
    "it is an ONNX model: `host_tools quantize {path} --calibrate FOLDER -o net.tflite` makes an "
    f"int8 .tflite of it: {ONNX}"
)
OUR_BLOB = (
    "it is a blob, packed already: `host_tools inspect {path}` shows it, and "
    "`host_tools deploy {path}` puts it onto a board"
)
LFS_POINTER = (
    "it is a Git LFS pointer, a text in the place of the file: `git lfs pull` in its repository "
    "gets the file"
)
WEB_PAGE = (
    "it is a web page (HTML): the link led to a page about the file; download it by the page's "
    "own link, Raw or Download"
)
EXECUTORCH = (
    f"it is an ExecuTorch program: go back to the PyTorch network it was made of: {PYTORCH}"
)
C_SOURCE = "it is C source with a model's bytes: take the .tflite file that it was made of"
TARBALL = "it is a tar archive: unpack it with `tar xf {path}`, and give the .tflite file in it"
GZIPPED = "it is compressed with gzip: unpack it with `tar xf {path}` or `gunzip {path}`"
JSON_TEXT = (
    "it is JSON: a message in the place of the file, or a model of TensorFlow.js; download the "
    ".tflite file"
)
ZIP_OF_MODEL = "it is a zip archive: `unzip {path}`, and give `{member}` out of it"
ZIP_OF_SAVED_MODEL = (
    "it is a zip archive with a TensorFlow SavedModel: `unzip {path}`, then give the folder to "
    f"`host_tools quantize`: {KERAS}"
)
ZIP = "it is a zip archive without a .tflite file in it: unpack it with `unzip {path}`"

BY_SUFFIX = {
    ".h5": KERAS_MODEL,
    ".hdf5": KERAS_MODEL,
    ".keras": KERAS_MODEL,
    ".onnx": ONNX_MODEL,
    ".pb": FROZEN_GRAPH,
    ".pt": PYTORCH_MODEL,
    ".pt2": PYTORCH_PROGRAM,
    ".pth": PYTORCH_MODEL,
    ".pte": EXECUTORCH,
}

# the formats that `host_tools quantize` converts
FORMATS = {
    KERAS_MODEL: "keras",
    ONNX_MODEL: "onnx",
    PYTORCH_PROGRAM: "pytorch",
    SAVED_MODEL: "savedmodel",
}


def what_it_is(data: bytes, path: str) -> str:
    """A phrase for a file that does not begin as a .tflite file does; `path` is its."""
    return _phrase(data, path).replace("{path}", shlex.quote(path))


def folder_phrase(path: Path) -> str | None:
    """A phrase for a folder that is a model; None for another."""
    if (path / "saved_model.pb").exists():
        return SAVED_MODEL.replace("{path}", shlex.quote(str(path)))
    return None


def format_of(path: Path) -> str | None:
    """The format of a network that a converter makes a .tflite of; None for any other file.

    Raises CommandError for a file that cannot be read.
    """
    if path.is_dir():
        return FORMATS[SAVED_MODEL] if (path / "saved_model.pb").exists() else None
    data = read_whole(path)
    return None if data[4:8] == b"TFL3" else FORMATS.get(_phrase(data, str(path)))


def _phrase(data: bytes, path: str) -> str:
    """As `what_it_is`, with {path} for the path."""
    if not data:
        return "it is empty"
    phrase = next((phrase for is_it, phrase in KINDS if is_it(data)), None)
    if phrase is None and data.startswith(b"PK\x03\x04"):
        return _zip(data, path)
    phrase = phrase or BY_SUFFIX.get(PurePath(path).suffix.lower())
    return phrase or "bytes 4 to 7 are not TFL3"


def _zip(data: bytes, path: str) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "it is a zip archive, cut short or damaged: download it again"
    member = next((name for name in names if name.endswith(".tflite")), None)
    if member is not None:
        return ZIP_OF_MODEL.replace("{member}", member)
    endings = (
        ("model.weights.h5", KERAS_MODEL),
        ("saved_model.pb", ZIP_OF_SAVED_MODEL),
        ("data.pkl", PYTORCH_MODEL),
        ("archive_format", PYTORCH_PROGRAM),
        ("serialized_exported_program.json", PYTORCH_PROGRAM),
    )
    for ending, phrase in endings:
        if any(name.endswith(ending) for name in names):
            return phrase
    return BY_SUFFIX.get(PurePath(path).suffix.lower(), ZIP)


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(starts)


def _text(data: bytes) -> bytes:
    return data[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def _is_web_page(data: bytes) -> bool:
    return _text(data).startswith((b"<!doctype html", b"<html", b"<head", b"<?xml"))


def _is_json(data: bytes) -> bool:
    return re.match(rb'[{\[]\s*["{\[]', _text(data)) is not None


def _is_c_source(data: bytes) -> bool:
    return re.search(rb"\bchar\s+\w+\s*\[[\w\s]*\][^;{]*=\s*\{", _text(data)) is not None


def _is_executorch(data: bytes) -> bool:
    return re.fullmatch(rb"ET\d\d", data[4:8]) is not None


def _is_tar(data: bytes) -> bool:
    return data[257:262] == b"ustar"


def _is_onnx(data: bytes) -> bool:
    # ir_version is a number, graph a message
    fields = _fields(data)
    return fields[:1] == [(1, 0)] and (7, 2) in fields


def _is_saved_model(data: bytes) -> bool:
    # a schema version of 1 and graphs with their metadata
    fields = _fields(data)
    return data[:2] == b"\x08\x01" and set(fields) == {(1, 0), (2, 2)}


def _is_frozen_graph(data: bytes) -> bool:
    # nodes, each of which begins with its name
    fields = _fields(data)
    start = _varint(data, 1)[1]
    named = data[start : start + 1] == b"\x0a"
    return named and fields[:1] == [(1, 2)] and set(fields) <= {(1, 2), (2, 2), (4, 2)}


def _fields(data: bytes, most: int = 64) -> list[tuple[int, int]]:
    """Number and wire type of a Protocol Buffers message's first fields; [] where it is none."""
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(data) and len(found) < most:
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        size, place = (
            _varint(data, place) if wire in (0, 2) else ({1: 8, 5: 4}.get(wire, -1), place)
        )
        if number == 0 or size < 0:
            return []
        place += 0 if wire == 0 else size
        found.append((number, wire))
    return found if place == len(data) or len(found) == most else []


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """The number at `place`, -1 where there is none, and what follows it."""
    value = 0
    for shift in range(0, 63, 7):
        if place >= len(data):
            break
        value |= (data[place] & 127) << shift
        place += 1
        if data[place - 1] < 128:
            return value, place
    return -1, len(data) + 1


KINDS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_begins(MAGIC), OUR_BLOB),
    (_begins(b"\x89HDF\r\n\x1a\n"), KERAS_MODEL),
    (_begins(b"version https://git-lfs"), LFS_POINTER),
    (_begins(b"\x1f\x8b"), GZIPPED),
    (_begins(b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), PYTORCH_MODEL),
    (_is_executorch, EXECUTORCH),
    (_is_tar, TARBALL),
    (_is_web_page, WEB_PAGE),
    (_is_json, JSON_TEXT),
    (_is_c_source, C_SOURCE),
    (_is_onnx, ONNX_MODEL),
    (_is_saved_model, SAVED_MODEL),
    (_is_frozen_graph, FROZEN_GRAPH),
)


# how the code of a custom operator begins -> whose it is
COMPILED = {
    "ethos-u": "Arm's Ethos-U NPU, made by Vela",
    "edgetpu-custom-op": "Google's Edge TPU, made by edgetpu_compiler",
    "XC_": "XMOS's xcore, made by xmos-ai-tools",
    "Neutron": "NXP's Neutron NPU, made by the eIQ toolkit",
    "vsi-npu": "VeriSilicon's NPU",
    "tidl": "TI's accelerators, made by TIDL",
    "DISPATCH_OP": "an NPU, made by a compiler plug-in of LiteRT",
}


def check_not_compiled(kind: str) -> None:
    """Raises CommandError for an operator that only another processor can run."""
    code = kind.removeprefix("CUSTOM:")
    for start, whose in COMPILED.items():
        if code != kind and code.lower().startswith(start.lower()):
            raise CommandError(
                f"compiled for another processor: its operator {kind} is code for {whose}; take "
                "the .tflite file before that step"
            )
