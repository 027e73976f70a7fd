"""The words of a native module with little heap, in fewer bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from firmware_builder import ROOT

from host_tools.board_firmware import near_words, short_words, small_assembly

SOURCES = sorted((ROOT / "firmware_module/runtime").rglob("*.c"))


def test_words_come_back_from_their_codes_and_take_six_tenths_of_the_bytes() -> None:
    texts = [text for path in SOURCES for text in short_words.literals(path.read_text("utf8"))]
    pairs = short_words.choose(texts)
    assert short_words.read_pairs(short_words.header(pairs)) == pairs
    coded = [short_words.encode(text, pairs) for text in texts]
    assert [short_words.decode(text, pairs) for text in coded] == texts
    assert b"too little scratch" in b"".join(texts)
    whole, less = (sum(map(len, some)) for some in (texts, coded))
    assert less + 2 * len(pairs) < 0.6 * whole


def test_a_pair_has_no_zero_and_no_more_codes_within_codes_than_are_kept() -> None:
    pairs = short_words.choose([b"abcdefghijklmnopqrstuvwxyz\0\0"] * 9)
    depths = dict.fromkeys(range(short_words.FIRST), 0)
    for code, pair in enumerate(pairs, short_words.FIRST):
        assert 0 not in pair
        depths[code] = 1 + max(depths[part] for part in pair)
    assert max(depths.values()) <= short_words.DEPTH


def test_an_object_has_codes_for_its_literals_and_other_data_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "words.c").write_text(
        'const char *words(void) { return "too little scratch"; }\n'
        'const char *few(void) { return "scratches"; }\n'
        'const char *ink_target_name(void) { return "scratch"; }\n'
        'static const char NUMBERS[] = "scratch"; const char *more = NUMBERS;\n'
    )
    pairs = [(ord("s"), ord("c")), (short_words.FIRST, ord("r"))]
    (tmp_path / "pairs.h").write_text(short_words.header(pairs))
    command = ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4", "-Os", "-fpic"]
    command += ["-ffunction-sections", "-fdata-sections", "-c"]
    command += ["-wrapper", f"python3,{small_assembly.__file__},{tmp_path}/pairs.h,10"]
    subprocess.run([*command, "words.c", "-o", "words.o"], cwd=tmp_path, check=True)
    found = (tmp_path / "words.o").read_bytes()
    assert b"too little \x81atch\0" in found
    assert b"scratches\0" in found
    assert found.count(b"scratch\0") == 2


# what GCC 12 makes of a function with two strings and a number too large for an instruction, and
# of another with the second of them
FUNCTIONS = """
\t.section\t.rodata.one.str1.1,"aMS",%progbits,1
.LC0:
\t.ascii\t"left\\000"
.LC1:
\t.ascii\t"a string of more than eight bytes\\000"
\t.section\t.text.one,"ax",%progbits
one:
\tldr\tr0, .L3
.LPIC0:
\tadd\tr0, pc
\tldr\tr2, .L3+4
\tldr\tr1, .L3+8
.LPIC1:
\tadd\tr1, pc
\tb\tcalled
.L4:
\t.align\t2
.L3:
\t.word\t.LC0-(.LPIC0+4)
\t.word\t1234567890
\t.word\t.LC1-(.LPIC1+4)
\t.size\tone, .-one
\t.section\t.text.two,"ax",%progbits
two:
\tldr\tr0, .L6
.LPIC2:
\tadd\tr0, pc
\tb\tcalled
.L7:
\t.align\t2
.L6:
\t.word\t.LC1-(.LPIC2+4)
\t.size\ttwo, .-two
"""


def test_a_string_of_one_function_lies_behind_it_and_a_long_one_of_two_where_it_was() -> None:
    lines = near_words.place(FUNCTIONS).splitlines()
    one = lines.index("one:")
    assert lines[one + 1 : one + 6] == [
        "\tadr\tr0, .LC0.near0",
        "\tldr\tr2, .L3",
        "\tldr\tr1, .L3+4",
        ".LPIC1:",
        "\tadd\tr1, pc",
    ]
    pool = lines.index(".L3:")
    assert lines[pool + 1 : pool + 6] == [
        "\t.word\t1234567890",
        "\t.word\t.LC1-(.LPIC1+4)",
        ".LC0.near0:",
        '\t.ascii\t"left\\000"',
        "\t.size\tone, .-one",
    ]
    assert ".LC0:" not in lines and ".LC1:" in lines
    assert FUNCTIONS.partition("\ttwo:")[2] in "\n".join(lines)
