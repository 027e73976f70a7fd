"""int32 inputs and outputs on boards: whole numbers in both directions, every bit of them."""

from __future__ import annotations

from board_models import TELL, Files, Runner


def test_whole_numbers_go_in_and_come_out_with_every_bit(on_board: Runner, whole: Files) -> None:
    script = """
import array, inkling
m = inkling.Model("/rom/whole.ink")
values = [1, -2, 16777217, -2147483647]
stored = array.array("i", values)
for given in values, [values[:2], values[2:]], stored, memoryview(stored), bytes(stored):
    print(m.predict([given]))
print(m.predict([[[2147483647, True], [0, 5]]])[0], inkling.top(m.predict([values])[0], 2))
"""
    *lines, last = on_board(script, whole).splitlines()
    # the second row is cut to 127 and -128
    turned = "array('i', [1, 16777217, -2, -2147483647])"
    assert lines == [f"[{turned}, array('i', [0, 0])]"] * 5
    assert last == "array('i', [2147483647, 0, 1, 5]) [(1, 16777217), (0, 1)]"


def test_real_numbers_of_an_array_are_rounded_half_away_and_saturate(
    on_board: Runner, whole: Files
) -> None:
    script = """
import array, inkling
m = inkling.Model("/rom/whole.ink")
for typecode in "f", "d":
    for values in [0.5, 2.5, -0.5, 1.49], [3e9, -3e9, float("nan"), float("-inf")]:
        print(list(m.predict([array.array(typecode, values)])[0]))
"""
    lines = on_board(script, whole).splitlines()
    assert lines == ["[1, -1, 3, 1]", "[2147483647, 0, -2147483648, -2147483648]"] * 2


def test_views_and_attributes_name_the_type(on_board: Runner, whole: Files) -> None:
    script = """
import inkling
m = inkling.Model("/rom/whole.ink")
print(m.input_dtype, m.output_dtype, m.input_scale, m.output_zero_point)
view = m.input()
for i in range(4):
    view[i] = i - 2147483648
m.run()
print(len(view), list(m.output(0)), list(m.output(1)))
print(m)
"""
    attributes, views, *printed = on_board(script, whole).splitlines()
    assert attributes == "['i'] ['i', 'i'] [1.0] [0, 0]"
    assert views == "4 [-2147483648, -2147483646, -2147483647, -2147483645] [0, 0]"
    assert printed[1:] == [
        "  input 0: int32 [2, 2], name 'given'",
        "  output 0: int32 [2, 2], name 'turned'",
        "  output 1: int32 [2], name 'greatest'",
    ]


def test_what_is_no_whole_number_of_32_bits_is_refused(on_board: Runner, whole: Files) -> None:
    script = """
import array
m = inkling.Model("/rom/whole.ink")
for given in (
    [1.0, 2, 3, 4], [1, 2, 3, "4"], array.array("h", [1, 2, 3, 4]), bytes(4), [1, 2, 3],
):
    tell(m.predict, [given])
for number in 1 << 31, -(1 << 31) - 1:
    try:
        m.predict([[number, 0, 0, 0]])
    except (OverflowError, ValueError):
        print("refused")
class Picture:
    width = height = lambda self: 2
tell(m.predict, [Picture()])
print(m.predict([[1, 2, 3, 4]])[0])
"""
    lines = on_board(TELL + script, whole).splitlines()
    assert lines == [
        "TypeError: can't convert float to int",
        "TypeError: can't convert str to int",
        "TypeError: whole: input 0: an array of type 'h'; 'b' and 'B' (stored values), 'f' and "
        "'d' are allowed",
        "ValueError: whole: input 0: bytes of stored values: found 4, allowed 16",
        "ValueError: whole: input 0: length of the list: found 3, allowed 4",
        "refused",
        "refused",
        "TypeError: whole: input 0 takes no pictures: give a buffer or nested lists",
        "array('i', [1, 3, 2, 4])",
    ]


def test_an_int8_input_still_takes_no_array_of_whole_numbers(on_board: Runner, two: Files) -> None:
    script = """
import array
tell(inkling.Model("/rom/two.ink").predict, [array.array("i", [1]), bytes(4)])
"""
    assert on_board(TELL + script, two).strip() == (
        "TypeError: two: input 0: an array of type 'i'; 'b' and 'B' (stored values), 'f' and 'd' "
        "are allowed"
    )
