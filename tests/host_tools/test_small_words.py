"""A native module with little heap has numbers for its words, which a file beside it finds."""

from __future__ import annotations

import struct
import subprocess
import types
from pathlib import Path

import pytest
from firmware_builder import ROOT

from host_tools.board_firmware import small_words

ERROR_C = ROOT / "firmware_module/runtime/ink_error.c"


def board_file(folder: Path, words: list[str]) -> types.ModuleType:
    """The file that a board imports, imported here."""
    path = folder / "inkling_words.py"
    known = small_words.phrases(ERROR_C.read_text("utf8"))
    known |= small_words.kernels("#define INK_KERNELS(X) X(12, lut_s8) X(32, conv_packed_s8)")
    path.write_text(small_words.finder(known, words))
    module = types.ModuleType("inkling_words")
    module.__file__ = str(path)
    exec(path.read_text(), module.__dict__)
    return module


def test_words_are_found_by_their_numbers(tmp_path: Path) -> None:
    words = [" is a %q; a buffer", "kernel_h", "kernel", " "]
    board = board_file(tmp_path, words)
    assert [board.find(small_words.number_of(text)) for text in words] == words
    assert board.find(1) == "no error" and board.find(64) == "" and board.find(66) == "tensor "
    assert board.find(255) == "word 255, which this inkling_words.py does not know"


@pytest.mark.parametrize(
    ("part", "rule", "found", "allowed", "text"),
    [
        (0, 3, 1, 5 << 32, "parameter out of its range: kernel_h is 1, allowed 21474836480"),
        (1, 1, -2, 0, "header: parameter out of its range: kernel_h is -2, allowed 0 or more"),
        (2, 4, 3, 4, "tensor 7: parameter out of its range: kernel_h is 3, allowed a "
         "multiple of 4"),
        (3, 5, 9, 8, "operator 7 (kernel 13): parameter out of its range: kernel_h ends at 9, "
         "allowed at most 8"),
        (3, 3, 1, 0, "operator 7 (conv_packed_s8): parameter out of its range: kernel_h is 1, "
         "allowed 0"),
        (4, 0, 0, 0, "input 7: parameter out of its range: kernel_h"),
    ],
)  # fmt: skip
def test_a_message_is_put_together_as_the_runtime_does(
    part: int, rule: int, found: int, allowed: int, text: str, tmp_path: Path
) -> None:
    field = small_words.number_of("kernel_h")
    board = board_file(tmp_path, ["kernel_h"])
    kernel = 32 if "conv" in text else 13
    error = struct.pack("<3Bx3Iqq", 15, part, rule, 7, kernel, field, found, allowed)
    assert board.say(error) == text


def test_two_words_of_one_number_stop_the_build() -> None:
    with pytest.raises(ValueError, match="'taken' and 'text' have one number: change _SALT"):
        small_words.finder({small_words.number_of("text"): "taken"}, ["text"])


def test_an_object_has_numbers_for_its_literals_and_other_data_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "words.c").write_text(
        'const char *words(void) { return "too little scratch"; }\n'
        'const char *few(void) { return "scratches"; }\n'
        'const char *ink_target_name(void) { return "scratch"; }\n'
        'static const char NUMBERS[] = "scratch"; const char *more = NUMBERS;\n'
        'const char *const TABLE[] = {"of a table"};\n'
    )
    command = ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4", "-Os", "-fpic"]
    command += ["-ffunction-sections", "-fdata-sections", "-c"]
    command += ["-wrapper", f"python3,{small_words.__file__},10"]
    subprocess.run([*command, "words.c", "-o", "words.o"], cwd=tmp_path, check=True)
    found = (tmp_path / "words.o").read_bytes()
    assert b"too little" not in found and b"of a table" not in found
    assert b"scratches\0" in found and found.count(b"scratch\0") == 2
    assert struct.pack("<I", small_words.number_of("of a table")) in found
    out = tmp_path / "inkling_words.py"
    (tmp_path / "kernels.h").write_text("#define INK_KERNELS(X) X(12, lut_s8)\n")
    words = ["python3", small_words.__file__, str(out), str(ERROR_C), "kernels.h", "words.o"]
    subprocess.run(words, cwd=tmp_path, check=True)
    number = small_words.number_of("too little scratch")
    assert f"\n#{number} too little scratch\n" in out.read_text()
    assert "\n#140 lut_s8\n" in out.read_text()


# what GCC 12 makes of a function with a string, a number too large for an instruction, and a
# string whose address it takes in another way
FUNCTION = """
\t.section\t.rodata.one.str1.1,"aMS",%progbits,1
.LC0:
\t.ascii\t"left\\000"
.LC1:
\t.ascii\t"a string that "
\t.ascii\t"stays\\000"
\t.section\t.text.one,"ax",%progbits
one:
\tldr\tr0, .L3
.LPIC0:
\tadd\tr0, pc
\tldr\tr2, .L3+4
\tldr\tr1, .L3+8
\tnop
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
"""


def test_what_is_left_of_a_function_s_words_is_found() -> None:
    text, words = small_words.shorten(FUNCTION)
    assert words == ["left"]
    lines = text.splitlines()
    one = lines.index("one:")
    assert lines[one + 1 : one + 4] == [
        f"\tmovw\tr0, #{small_words.number_of('left')}",
        "\tldr\tr2, .L3",
        "\tldr\tr1, .L3+4",
    ]
    pool = lines.index(".L3:")
    assert lines[pool + 1 : pool + 3] == ["\t.word\t1234567890", "\t.word\t.LC1-(.LPIC1+4)"]
    assert ".LC0:" not in lines and ".LC1:" in lines
