"""Making a Model on the virtual board: where it lies, what it says of itself, what it refuses."""

from __future__ import annotations

import ast
import re
import zlib

from board_models import LABELS, NOT_ON_UNIX, TELL, Files, Runner, build_two

from host_tools.pack import pack


def test_a_model_says_what_it_is(on_board: Runner, tiny: Files) -> None:
    script = """
import inkling
m = inkling.Model("/rom/tiny.ink")
print(m)
print([m.name, m.target, m.len, m.ram, m.labels,
       m.input_shape, m.input_dtype, m.input_scale, m.input_zero_point,
       m.output_shape, m.output_dtype, m.output_scale, m.output_zero_point])
"""
    *text, attributes = on_board(script, tiny).splitlines()
    assert text == [
        f"Model tiny: target portable, blob {len(tiny['tiny.ink'])} bytes in place, "
        "arena 64 bytes",
        "  input 0: int8 [1, 4, 4, 3], scale 0.0078125, zero point -1, name 'pixels'",
        "  output 0: int8 [1, 10], scale 0.00390625, zero point -128, name 'scores', 10 labels",
    ]
    assert ast.literal_eval(attributes) == [
        "tiny",
        "portable",
        len(tiny["tiny.ink"]),
        64,
        tuple(LABELS),
        [(1, 4, 4, 3)],
        ["b"],
        [1 / 128],
        [-1],
        [(1, 10)],
        ["b"],
        [1 / 256],
        [-128],
    ]


def test_float_tensors_have_no_scale_in_print(on_board: Runner, real_valued: Files) -> None:
    script = 'import inkling; m = inkling.Model("/rom/float.ink"); print(m); print(m.input_dtype)'
    text = on_board(script, real_valued).splitlines()
    assert text[1:] == [
        "  input 0: float32 [1, 6], name 'real'",
        "  output 0: float32 [1, 6], name 'back'",
        "['f']",
    ]


def test_each_output_has_its_name_and_labels(on_board: Runner) -> None:
    labels = {1: ["a", "no", "größer", "b"]}
    files = {"two.ink": pack(build_two(), labels=labels, name="two")}
    script = """
import inkling
m = inkling.Model("/rom/two.ink")
print(m)
print(m.labels, m.output_labels is m.output_labels)
print(*m.output_labels[1])
"""
    assert on_board(script, files).splitlines()[3:] == [
        "  output 0: int8 [1, 4], scale 1, zero point 0, name 'total'",
        "  output 1: int8 [1, 4], scale 1, zero point 0, name 'difference', 4 labels",
        "None True",
        "a no größer b",
    ]


def test_attributes_cannot_be_set_and_unknown_ones_not_read(on_board: Runner, tiny: Files) -> None:
    script = """
m = inkling.Model("/rom/tiny.ink")
def set_labels():
    m.labels = ()
tell(set_labels)
tell(lambda: m.nothing)
"""
    assert on_board(TELL + script, tiny).splitlines() == [
        "AttributeError: 'Model' object has no attribute 'labels'",
        "AttributeError: 'Model' object has no attribute 'nothing'",
    ]


def test_a_blob_in_rom_or_a_buffer_is_used_in_place_and_a_file_is_read_once(
    on_board: Runner, tiny: Files
) -> None:
    script = """
import gc, inkling
with open("/rom/tiny.ink", "rb") as f:
    data = f.read()
with open("/flash/copy.ink", "wb") as f:
    f.write(data)
later = bytearray(len(data) + 1)
later[1:] = data
gc.collect()
gc.disable()
for source in "/rom/tiny.ink", data, memoryview(data), "/flash/copy.ink", memoryview(later)[1:]:
    before = gc.mem_alloc()
    m = inkling.Model(source)
    used = gc.mem_alloc() - before
    print(" in place" in str(m), used < 400, len(data) <= used < len(data) + 2000)
"""
    assert on_board(script, tiny).splitlines() == [
        "True True False",
        "True True False",
        "True True False",
        "False False True",
        "False False True",
    ]


def test_blob_and_arena_stay_while_the_model_or_a_view_of_it_lives(
    on_board: Runner, tiny: Files
) -> None:
    script = """
import gc, inkling

def churn():
    gc.collect()
    for _ in range(400):
        bytearray(b"\\xaa" * 600)
    gc.collect()

m = inkling.Model(bytearray(open("/rom/tiny.ink", "rb").read()))
expected = bytes(m.predict([[0] * 48])[0])
churn()
print(bytes(m.predict([[0] * 48])[0]) == expected)

# a view into the middle of the arena
view = m.output()
view[:] = view
m.input()[:] = bytes(range(48))
inside = m.input()[20:30]
del m, view
churn()
print(bytes(inside) == bytes(range(20, 30)))
"""
    assert on_board(script, tiny).splitlines() == ["True", "True"]


def test_the_callers_arena_is_used(on_board: Runner, tiny: Files) -> None:
    script = """
arena = bytearray(100)
gc.collect()
m = inkling.Model("/rom/tiny.ink", arena=memoryview(arena)[32:])
m.input()[0] = 7
print(arena[32], m.ram)
tell(inkling.Model, "/rom/tiny.ink", arena=bytearray(63))
tell(inkling.Model, "/rom/tiny.ink", arena=bytes(64))
tell(inkling.Model, "/rom/tiny.ink", arena=64)
tell(inkling.Model, "/rom/tiny.ink", arena=memoryview(arena)[2:])
data = bytearray(open("/rom/tiny.ink", "rb").read())
tell(inkling.Model, data, arena=data)
"""
    text = on_board(TELL + script, tiny).splitlines()
    assert text[0] == "7 64"
    assert text[1] == "MemoryError: /rom/tiny.ink: the arena needs 64 bytes, the one given has 63"
    assert text[2:4] == ["TypeError: object with buffer protocol required"] * 2
    assert text[4].startswith("ValueError: /rom/tiny.ink: ")
    assert "4" in text[4]
    assert text[5] == "ValueError: buffer: the arena and the blob overlap"


def full_heap(path: str, said: str) -> str:
    """A script that fills the heap and frees it until Model(path) says so, which is `told`."""
    return f"""
hog = [None] * 4000
fill = freed = 0
told = e = ""  # no new name once the heap is full
for size in 300, 100:
    try:
        while True:
            hog[fill] = bytearray(size)
            fill += 1
    except MemoryError:
        pass
while "{said}" not in told:
    # in one piece, room for the file and the message at last
    hog[freed] = None
    freed += 1
    gc.collect()
    try:
        inkling.Model("{path}")
    except MemoryError as e:
        told = str(e)
"""


@NOT_ON_UNIX
def test_a_full_heap_is_a_memory_error_with_figures_and_the_board_goes_on(
    on_board: Runner, tiny: Files
) -> None:
    script = """
with open("/rom/tiny.ink", "rb") as f, open("/flash/copy.ink", "wb") as g:
    g.write(f.read())
"""
    script += full_heap("/flash/copy.ink", "the blob needs")
    script += """
print("MemoryError:", told)
for i in range(0, len(hog), 2):
    hog[i] = None
gc.collect()
tell(inkling.Model, "/flash/copy.ink")
hog = None
gc.collect()
m = inkling.Model("/flash/copy.ink")
print(inkling.top(m.predict([[0] * 48])[0], 1)[0][0])
"""
    size = len(tiny["tiny.ink"])
    full, in_pieces, works = on_board(TELL + script, tiny).splitlines()
    needs = f"MemoryError: /flash/copy.ink: the blob needs {size} bytes, the heap has "
    assert full.startswith(needs)
    assert full.endswith(" free")
    assert in_pieces.startswith(needs)
    assert in_pieces.endswith(" free, but not in one piece: make the model earlier")
    assert works.isdecimal()


def for_ram(blob: bytes) -> bytes:
    """The blob with the word in its header that sends it to RAM, and its CRC-32."""
    data = bytearray(blob)
    data[18] = 1
    data[12:16] = zlib.crc32(data[16:]).to_bytes(4, "little")
    return bytes(data)


@NOT_ON_UNIX
def test_a_blob_packed_for_ram_is_copied_from_its_path_and_used_where_a_buffer_is(
    on_board: Runner, tiny: Files
) -> None:
    blob = for_ram(tiny["tiny.ink"])
    script = """
gc.collect()
gc.disable()
before = gc.mem_alloc()
m = inkling.Model("/rom/ram.ink")
used = gc.mem_alloc() - before
print(" on the heap" in str(m), m.len <= used < m.len + 1000)
there = inkling.Model("/rom/tiny.ink")
print(list(m.predict([[0] * 48])[0]) == list(there.predict([[0] * 48])[0]))
data = memoryview(open("/rom/ram.ink", "rb"))
print(" in place" in str(inkling.Model(data)))
"""
    assert on_board(TELL + script, {**tiny, "ram.ink": blob}).splitlines() == [
        "True True",
        "True",
        "True",
    ]


@NOT_ON_UNIX
def test_a_blob_packed_for_ram_names_the_bytes_that_it_lacks(
    on_board: Runner, tiny: Files
) -> None:
    script = full_heap("/rom/ram.ink", "a copy of the blob")
    script += """
hog = None
gc.collect()
print("MemoryError:", told)
print(len(inkling.Model("/rom/ram.ink").labels))
"""
    blob = for_ram(tiny["tiny.ink"])
    lacks, works = on_board(TELL + script, {"ram.ink": blob}).splitlines()
    start = f"MemoryError: /rom/ram.ink: a copy of the blob needs {len(blob)} bytes, "
    assert re.fullmatch(re.escape(start) + r"the heap has \d+ free(, but .*)?", lacks)
    assert works == "10"


def test_what_is_no_model_is_named(on_board: Runner, tiny: Files) -> None:
    script = """
tell(inkling.Model, "/rom/nothing.ink")
tell(inkling.Model, "/rom/text.ink")
tell(inkling.Model, b"")
tell(inkling.Model, 5)
tell(inkling.Model)
tell(inkling.Model, "/rom/tiny.ink", bogus=3)
data = bytearray(open("/rom/tiny.ink", "rb").read())
data[-1] ^= 1
tell(inkling.Model, data)
with open("/flash/empty.ink", "wb"):
    pass
tell(inkling.Model, "/flash/empty.ink")
tell(inkling.Model, "/rom/net.tflite")
"""
    files = {
        "net.tflite": build_two(),
        **tiny,
        "text.ink": b"no blob at all, but long enough to have a header of 64 bytes...",
    }
    text = on_board(TELL + script, files).splitlines()
    assert text[0] == "OSError: [Errno 2] ENOENT: /rom/nothing.ink"
    assert text[1].startswith("ValueError: /rom/text.ink: ")
    assert text[2].startswith("ValueError: buffer: ")
    assert text[3] == "TypeError: a model is made from a path or a buffer, not from a int"
    assert text[4].startswith("TypeError: ")
    assert text[5].startswith("TypeError: ")
    assert text[6].startswith("ValueError: buffer: ")
    assert "check sum" in text[6]
    assert text[7].startswith("ValueError: /flash/empty.ink: ")
    assert text[8] == (
        "ValueError: /rom/net.tflite: not a blob: it does not begin with INKL (host_tools "
        "pack-model makes one)"
    )


def test_buffers_that_moved_are_noticed(on_board: Runner, tiny: Files) -> None:
    script = """
data = bytearray(open("/rom/tiny.ink", "rb").read())
arena = bytearray(64)
m = inkling.Model(data, arena=arena)
m.run()
arena.extend(bytes(5000))
tell(m.run)
tell(m.predict, [[0] * 48])
tell(m.input)
m = inkling.Model(data)
data.extend(bytes(5000))
tell(m.run)
"""
    text = on_board(TELL + script, tiny).splitlines()
    moved = "ValueError: the arena's buffer has moved: make the model anew"
    assert text == [moved] * 3 + [moved.replace("arena", "blob")]
