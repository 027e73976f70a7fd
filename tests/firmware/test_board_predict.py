"""predict(), run() and the views on the virtual board: values, refusals, memory."""

from __future__ import annotations

import ast

import numpy as np
from board_models import NOT_ON_UNIX, TELL, Files, Runner
from oracle import ROOT, TfliteMicro

STORED = np.arange(-24, 24, dtype=np.int8)


def tiny_scores(model: bytes, stored: np.ndarray) -> list[int]:
    """The scores times 256: whole numbers print alike in single and double precision."""
    [[scores]] = TfliteMicro(model).run([stored.reshape(1, 4, 4, 3)])
    return [int(score) + 128 for score in scores]


def test_stored_values_are_taken_as_they_are(
    on_board: Runner, tiny: Files, tiny_model: bytes
) -> None:
    script = f"""
import array, inkling
m = inkling.Model("/rom/tiny.ink")
signed = array.array("b", {STORED.tobytes()!r})
for source in signed, memoryview(signed):
    for given in [source], (source,), source:
        print([[x * 256 for x in out] for out in m.predict(given)])
"""
    expected = tiny_scores(tiny_model, STORED)
    for line in on_board(script, tiny).splitlines():
        assert ast.literal_eval(line) == [expected]


def test_real_numbers_round_half_away_and_saturate(
    on_board: Runner, tiny: Files, tiny_model: bytes
) -> None:
    # stored = real * 128 - 1
    reals = [0.0, 0.5 / 128, -0.5 / 128, 1.5 / 128, -1.5 / 128, 0.49 / 128, 99.0, -99.0, 1e30]
    reals += [-1e30, float("inf"), float("-inf"), float("nan"), 1.0, -1.0, 0.25]
    stored = [-1, 0, -2, 1, -3, -1, 127, -128, 127, -128, 127, -128, -1, 127, -128, 31]
    script = f"""
import array, inkling
inf = float("inf")
nan = float("nan")
m = inkling.Model("/rom/tiny.ink")
values = {reals * 3}
rows = [values[i * 12 : i * 12 + 12] for i in range(4)]
nested = [[row[i * 3 : i * 3 + 3] for i in range(4)] for row in rows]
for source in (array.array("f", values), array.array("d", values), values, tuple(values),
               nested, tuple(tuple(row) for row in nested), [nested]):
    print([[x * 256 for x in scores] for scores in m.predict([source])])
"""
    expected = tiny_scores(tiny_model, np.array(stored * 3, np.int8))
    lines = on_board(script, tiny).splitlines()
    assert [ast.literal_eval(line) for line in lines] == [[expected]] * 7


def test_float_inputs_and_outputs_stay_real(on_board: Runner, real_valued: Files) -> None:
    script = """
import array, inkling
m = inkling.Model("/rom/float.ink")
values = [0.0, 0.3, -0.125, 100.0, -100.0, 7]
floats = array.array("f", values)
for source in floats, values, bytes(floats):
    print(list(m.predict([source])[0]))
view = m.input()
view[:] = floats
m.run()
print(list(m.output()), len(m.output()))
"""
    # int8 with scale 0.25 and zero point 10 holds -34.5 to 29.25
    expected = [0.0, 0.25, -0.25, 29.25, -34.5, 7.0]
    *lines, last = on_board(script, real_valued).splitlines()
    assert [ast.literal_eval(line) for line in lines] == [expected] * 3
    assert last == f"{expected} 6"


def test_networks_with_several_inputs_and_outputs(on_board: Runner, two: Files) -> None:
    script = """
import inkling
m = inkling.Model("/rom/two.ink")
print([list(output) for output in m.predict([[1, 2, 3, 4], bytes([2, 2, 2, 2])])])
m.input(0)[0] = 10
print(len(m.input_shape), m.output_scale, len(m.output(1)))
"""
    outputs, shapes = on_board(script, two).splitlines()
    assert ast.literal_eval(outputs) == [[2.0, 3.0, 4.0, 5.0], [0.0, 1.0, 2.0, 3.0]]
    assert shapes == "2 [1.0, 1.0] 4"


def test_wrong_inputs_are_named_with_what_is_allowed(
    on_board: Runner, tiny: Files, two: Files
) -> None:
    script = """
import array
m = inkling.Model("/rom/tiny.ink")
row = [1, 2, 3]
for given in (
    [array.array("b", bytes(47))], array.array("b", bytes(49)), [array.array("h", [0] * 48)],
    [array.array("f", [0] * 47)],
    [[0] * 47], [[row] * 16], [[[row] * 4] * 3], [[[[1, 2]] * 4] * 4],
    [[[row] * 4, [row] * 4, [row] * 4, [row] * 3 + [5]]], [[[[1, 2, "x"]] * 4] * 4],
    [5], [None], [], [bytes(48), bytes(48)], [[]], [bytes(48)], array.array("B", bytes(9)),
):
    tell(m.predict, given)
loop = []
loop.append(loop)
tell(m.predict, [loop])
tell(m.input, 1)
tell(m.output, -1)
tell(m.output, 1 << 70)
tell(inkling.Model("/rom/two.ink").predict, [1, 2, 3, 4])
print(len(m.predict([array.array("b", bytes(48))])))
"""
    text = on_board(TELL + script, {**tiny, **two}).splitlines()
    assert text == [
        "ValueError: tiny: input 0: bytes of stored values: found 47, allowed 48",
        "ValueError: tiny: input 0: bytes of stored values: found 49, allowed 48",
        "TypeError: tiny: input 0: an array of type 'h'; 'b' and 'B' (stored values), 'f' and 'd' "
        "are allowed",
        "ValueError: tiny: input 0: number of floats: found 47, allowed 48",
        "ValueError: tiny: input 0: length of the list: found 47, allowed 48",
        "ValueError: tiny: input 0: depth of the nested lists: found 2, allowed 4",
        "ValueError: tiny: input 0: length of a nested list: found 3, allowed 4",
        "ValueError: tiny: input 0: length of a nested list: found 2, allowed 3",
        "TypeError: tiny: input 0: a number where a list of 3 belongs",
        "TypeError: can't convert str to float",
        "TypeError: tiny: input 0 is a int; a buffer, nested lists or a picture with width() and "
        "height() are allowed",
        "TypeError: tiny: input 0 is a NoneType; a buffer, nested lists or a picture with width() "
        "and height() are allowed",
        "ValueError: tiny: 0 inputs given, the network takes 1: give a list with one entry an "
        "input",
        "ValueError: tiny: 2 inputs given, the network takes 1: give a list with one entry an "
        "input",
        "ValueError: tiny: input 0: depth of the nested lists: found 0, allowed 4",
        *[
            "ValueError: tiny: input 0: bytes 0 to 255: give the picture, or stored values "
            "as array('b')"
        ]
        * 2,
        "ValueError: tiny: input 0: depth of the nested lists: found 7, allowed 4",
        "IndexError: tiny: no input 1, there are 1",
        "IndexError: tiny: no output -1, there are 1",
        "OverflowError: overflow converting long int to machine word",
        "ValueError: two: 4 inputs given, the network takes 2: give a list with one entry an "
        "input",
        "1",
    ]


def test_views_and_run_work_in_place(on_board: Runner, tiny: Files, tiny_model: bytes) -> None:
    script = f"""
import gc, inkling
def work(m, given, data):
    before = gc.mem_alloc()
    for i in range(48):
        given[i] = data[i]
    m.run()
    return gc.mem_alloc() - before
m = inkling.Model("/rom/tiny.ink")
given, result = m.input(), m.output()
gc.disable()
allocated = work(m, given, memoryview({STORED.tobytes()!r}))
print(allocated, list(result))
"""
    allocated, _, rest = on_board(script, tiny).partition(" ")
    assert int(allocated) == 0
    expected = tiny_scores(tiny_model, STORED)
    assert [value + 128 for value in ast.literal_eval(rest)] == expected


def test_stored_values_may_lie_across_the_input_in_the_callers_arena(
    on_board: Runner, tiny: Files, tiny_model: bytes
) -> None:
    script = f"""
import array, inkling
data = array.array("b", {STORED.tobytes()!r})
room = array.array("b", bytes(128 + inkling.Model("/rom/tiny.ink").ram))
m = inkling.Model("/rom/tiny.ink", arena=memoryview(room)[64:])
given = m.input()
for i in range(48):
    given[i] = data[i]
start = bytes(room).find(bytes(data))
for shift in -47, -20, -8, -1, 0, 1, 8, 20, 47:
    room[start + shift : start + shift + 48] = data
    source = memoryview(room)[start + shift : start + shift + 48]
    print([[x * 256 for x in out] for out in m.predict([source])])
"""
    expected = tiny_scores(tiny_model, STORED)
    lines = on_board(script, tiny).splitlines()
    assert [ast.literal_eval(line) for line in lines] == [[expected]] * 9


@NOT_ON_UNIX
def test_predict_allocates_its_result_only(on_board: Runner, tiny: Files) -> None:
    script = """
import array, gc, inkling
class Picture:
    def width(self):
        return 8
    def height(self):
        return 8
    def bytearray(self):
        return pixels
pixels = bytes(192)
def measure(m, source):
    gc.collect()
    before = gc.mem_alloc()
    result = m.predict(source)
    after = gc.mem_alloc()
    result = None
    gc.collect()
    return after - before, gc.mem_alloc() - before
m = inkling.Model("/rom/tiny.ink")
lists = [[[[0.5] * 3] * 4] * 4]
for source in [array.array("b", bytes(48))], [array.array("f", [0] * 48)], [lists], [Picture()]:
    measure(m, source)
    print(measure(m, source))
"""
    # a list (16 + 16 bytes), an array (16 bytes) of ten floats (48 bytes), in blocks of 16 bytes
    for line in on_board(script, tiny).splitlines():
        allocated, kept = ast.literal_eval(line)
        assert (allocated <= 112, kept) == (True, 0), line


def test_ten_thousand_predictions_leak_nothing_and_agree(on_board: Runner, tiny: Files) -> None:
    script = """
import array, gc, inkling
def many(m, data):
    first = bytes(m.predict([data])[0])
    gc.collect()
    before = gc.mem_alloc()
    same = 0
    for i in range(10000):
        same += bytes(m.predict([data])[0]) == first
    gc.collect()
    return same, gc.mem_alloc() - before
print(*many(inkling.Model("/rom/tiny.ink"), array.array("b", bytes(range(48)))))
"""
    same, leaked = map(int, on_board(script, tiny).split())
    assert same == 10000
    # the collector may still see the last result on the stack
    assert leaked in range(128)


def test_callbacks_run_between_operators_and_one_that_runs_the_model_is_noticed(
    on_board: Runner,
) -> None:
    script = """
import array, micropython
m, other = inkling.Model("/rom/net.ink"), inkling.Model("/rom/net.ink")
data = array.array("b", bytes(3072))
expected = bytes(m.predict(data)[0])
def callback(model):
    print("callback", bytes(model.predict(data)[0]) == expected)
def run_with_callback(model):
    micropython.schedule(callback, model)
    m.run()
    print("run")
tell(run_with_callback, m)
tell(run_with_callback, other)
print(bytes(m.predict(data)[0]) == expected)
"""
    files = {"net.ink": ROOT / "models/cifar10/cifar10.ink"}
    assert on_board(TELL + script, files).splitlines() == [
        "callback True",
        "RuntimeError: cifar10: a callback ran the model while it ran",
        "callback True",
        "run",
        "no exception",
        "True",
    ]


def test_top_sorts_by_score_then_index(on_board: Runner) -> None:
    script = """
import array
nan, inf = float("nan"), float("inf")
scores = array.array("f", [0.5, 2.0, 0.5, -1.0, 2.0])
print(inkling.top(scores))
print(inkling.top(scores, k=1), inkling.top(scores, 9), inkling.top(scores, 0))
print(inkling.top([3, 1, 2], 2), inkling.top((0.5, True)), inkling.top(b"\\x05\\xff\\x00"))
print(inkling.top(array.array("b", [-5, -3])), inkling.top([]), inkling.top([-inf, nan, -inf]))
tell(inkling.top, 5)
tell(inkling.top, ["a"])
tell(inkling.top)
"""
    text = on_board(TELL + script).splitlines()
    assert text[:4] == [
        "[(1, 2.0), (4, 2.0), (0, 0.5)]",
        "[(1, 2.0)] [(1, 2.0), (4, 2.0), (0, 0.5), (2, 0.5), (3, -1.0)] []",
        "[(0, 3), (2, 2)] [(1, True), (0, 0.5)] [(1, 255), (0, 5), (2, 0)]",
        "[(1, -3), (0, -5)] [] [(0, -inf), (1, nan), (2, -inf)]",
    ]
    assert [line.split(":")[0] for line in text[4:]] == ["TypeError"] * 3
