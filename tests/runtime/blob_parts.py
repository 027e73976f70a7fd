"""Every part of a blob that lies at an offset, found by the records and the kernels' cards.

And the blobs in which one part lies where it just may, or just may not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from blob_editor import HEADER, SIZES, BlobEditor

from host_tools.audio import front_end
from host_tools.kernels import KERNELS
from host_tools.kernels.card import ITEM_SIZES
from host_tools.kernels.layer import Layer

HEADER_SIZE = 64
DATA = 16  # what a data block's offset is a multiple of
RECORD = 4  # a record's
_BYTES = {1: 1, 2: 1, 3: 4, 4: 4}  # of an element, by dtype
_FRONT_END = 4  # image_flags of an input that takes sound


@dataclass(frozen=True)
class Part:
    """`count` items of `item` bytes whose offset, a multiple of `alignment`, is the u32 at `at`.

    Of an operator's parameters and data blocks, `kernel` is its kernel.
    """

    name: str
    at: int
    alignment: int
    item: int
    count: int
    kernel: str | None = None

    @property
    def size(self) -> int:
        return self.item * self.count


def layer_of(editor: BlobEditor, index: int) -> Layer:
    """An operator as its kernel's card takes it."""
    card = KERNELS[editor.kernels()[index]]
    params: dict[str, int | list[int]] = {}
    for name in card.params:
        names = [f"{name}[{i}]" for i in range(6)] if name in card.vectors else [name]
        values = [editor.get("params", index, each) for each in names]
        params[name] = values if name in card.vectors else values[0]
    inputs = ["input0", "input1"][: card.inputs]
    return Layer(
        params,
        tuple(shape(editor, editor.get("operator", index, field)) for field in inputs),
        shape(editor, editor.get("operator", index, "output")),
    )


def shape(editor: BlobEditor, tensor: int) -> tuple[int, ...]:
    rank = editor.get("tensor", tensor, "rank")
    return tuple(editor.get("tensor", tensor, f"dims[{i}]") for i in range(rank))


def parts_of(editor: BlobEditor) -> Iterator[Part]:
    """All parts of a good blob."""
    header = {name: editor.get("header", 0, name) for name in HEADER if name != "magic"}

    def records(name: str, item: int, count: int) -> Part:
        return Part(name, HEADER[name][0], RECORD, item, count)

    n_ios = header["n_inputs"] + header["n_outputs"]
    yield records("tensors_offset", SIZES["tensor"], header["n_tensors"])
    yield records("operators_offset", SIZES["operator"], header["n_operators"])
    yield records("io_offset", SIZES["io"], n_ios)
    yield records("labels_offset", SIZES["label"], header["n_labels"])
    yield records("strings_offset", 1, header["strings_size"])
    for index in range(header["n_tensors"]):
        if editor.get("tensor", index, "place") == 1:
            at, _ = editor.place("tensor", index, "offset")
            yield Part("offset", at, DATA, *_elements(editor, index))
    for index in range(n_ios):
        if editor.get("io", index, "image_table"):
            yield from _of_end(editor, index, index < header["n_inputs"])
    for index in range(header["n_operators"]):
        yield from _of_operator(editor, index)


def _elements(editor: BlobEditor, tensor: int) -> tuple[int, int]:
    item = _BYTES[editor.get("tensor", tensor, "dtype")]
    return item, editor.get("tensor", tensor, "size") // item


def _of_end(editor: BlobEditor, index: int, is_input: bool) -> Iterator[Part]:
    """Of an input or output with a table, a front end or labels."""
    at, _ = editor.place("io", index, "image_table")
    flags = editor.get("io", index, "image_flags")
    item, count = _elements(editor, editor.get("io", index, "tensor"))
    if not is_input:
        yield Part("labels", at, RECORD, SIZES["label"], count)
    elif flags == _FRONT_END:
        yield Part("front_end", at, RECORD, front_end.RECORD.size, 1)
        yield from _of_front_end(editor, editor.read(at, "I"))
    else:
        yield Part("image_table", at, DATA, item, 3 * 256 if flags & 1 else 256)


def _of_front_end(editor: BlobEditor, start: int) -> Iterator[Part]:
    """Sizes as the page has them."""
    fields = front_end.FIELDS
    record = {name: editor.read(start + 4 * i, "I") for i, name in enumerate(fields)}
    edges = record["edges"] + 2 * record["bands"] + 2
    bins = editor.read(edges, "H") - editor.read(record["edges"], "H")
    half, micro = record["fft_size"] // 2, record["kind"] == front_end.KINDS["micro"]
    for name, item, count in (
        ("window_table", 2, record["fft_size"]),
        ("twiddles", 2 if micro else 4, 2 * (half - 4)),
        ("real_twiddles", 2 if micro else 4, half if micro else 2 * bins),
        ("edges", 2, record["bands"] + 2),
        ("weights", 4, 2 * bins),
        ("logarithm", 2, 129),
        ("cosines", 2, record["coefficients"] * 4 * math.ceil(record["bands"] / 4)),
        ("gains", 2, 125),
    ):
        if record[name]:
            yield Part(name, start + 4 * fields.index(name), DATA, item, count)


def _of_operator(editor: BlobEditor, index: int) -> Iterator[Part]:
    card = KERNELS[editor.kernels()[index]]
    at, _ = editor.place("operator", index, "params_offset")
    words = editor.get("operator", index, "params_size") // 4
    yield Part("params_offset", at, RECORD, 4, words, card.name)
    layer = layer_of(editor, index) if card.blocks else None
    for block in card.blocks:
        assert layer is not None
        at, _ = editor.place("params", index, block.name)
        item = ITEM_SIZES[block.dtype]
        yield Part(block.name, at, DATA, item, block.elements(layer), card.name)


def strings_of(editor: BlobEditor) -> Iterator[int]:
    """Where each u32 is that says where a string starts."""
    yield HEADER["name"][0]
    for record in ("tensor", "operator"):
        for index in range(editor.get("header", 0, f"n_{record}s")):
            yield editor.place(record, index, "name")[0]
    for index in range(editor.get("header", 0, "n_labels")):
        yield editor.place("label", index, "")[0]


@dataclass(frozen=True)
class Case:
    """A blob and what must become of it.

    `refusal` is None where it runs to the same bits, else how the words of its refusal end; it is
    "" where the blob may run to other bits, or be refused for what it holds.
    """

    blob: bytes
    refusal: str | None


def cases_of(editor: BlobEditor, part: Part) -> Iterator[Case]:
    """The part at the blob's end, an element short, off its multiple and over the header."""
    start = editor.read(part.at, "I")
    content = bytes(editor.data[start : start + part.size])
    good = bytes(editor.data)

    def at_end(missing: int) -> BlobEditor:
        """With all but the last bytes of the part as the blob's end."""
        moved = BlobEditor(good)
        moved.write(part.at, "I", moved.append(content))
        del moved.data[len(moved.data) - missing :]
        moved.set("header", 0, "blob_size", len(moved.data))
        return moved

    def at(offset: int) -> bytes:
        moved = BlobEditor(good)
        moved.write(part.at, "I", offset % (1 << 32))
        return moved.bytes()

    if part.size:
        exact = at_end(0)
        end = len(exact.data)
        yield Case(exact.bytes(), None)
        for missing in sorted({1, part.item}):
            yield Case(at_end(missing).bytes(), f"ends at {end}, allowed at most {end - missing}")
        later = BlobEditor(bytes(exact.data))
        later.write(part.at, "I", end - part.size + part.alignment)
        words = f"ends at {end + part.alignment}, allowed at most {end}"
        yield Case(later.bytes(), words)
        yield Case(first_behind_header(editor, part), None)
        wrapped = (1 << 32) - -(-part.size // part.alignment) * part.alignment
        for offset in {wrapped, (1 << 32) - part.alignment}:
            yield Case(at(offset), f"allowed at most {len(good)}")
    for offset in (start + part.alignment // 2, start - 1):
        yield Case(at(offset), f"is {offset}, allowed a multiple of {part.alignment}")
    for offset in sorted({*range(0, HEADER_SIZE, DATA), HEADER_SIZE - part.alignment}):
        # 0 says of an output or an input that it has none
        if offset or part.name not in ("labels", "image_table", "front_end", "gains"):
            yield Case(at(offset), f"is {offset}, allowed {HEADER_SIZE} or more")
    yield Case(at(HEADER_SIZE), "")


def cases_of_string(editor: BlobEditor, at: int) -> Iterator[Case]:
    """A string that starts with the strings' last byte, which ends the blob, and behind it."""
    size = editor.get("header", 0, "strings_size")
    start = editor.get("header", 0, "strings_offset")
    ending = BlobEditor(bytes(editor.data))
    strings = bytes(ending.data[start : start + size])
    ending.set("header", 0, "strings_offset", ending.append(strings))
    for string in (size - 1, size, size + 1, (1 << 32) - 1):
        changed = BlobEditor(bytes(ending.data))
        changed.write(at, "I", string)
        words = f"is {string}, allowed at most {size - 1}"
        yield Case(changed.bytes(), None if string < size else words)


def first_behind_header(editor: BlobEditor, part: Part) -> bytes:
    """The blob with a copy of a part between its header and all else."""
    room = -(-part.size // DATA) * DATA
    moved = BlobEditor(bytes(editor.data))
    for at in {each.at for each in parts_of(editor)}:
        moved.write(at, "I", moved.read(at, "I") + room)
    start = editor.read(part.at, "I")
    copied = bytes(moved.data[start : start + part.size])
    moved.data[HEADER_SIZE:HEADER_SIZE] = copied + bytes(room - part.size)
    moved.set("header", 0, "blob_size", len(moved.data))
    moved.write(part.at if part.at < HEADER_SIZE else part.at + room, "I", HEADER_SIZE)
    return moved.bytes()
