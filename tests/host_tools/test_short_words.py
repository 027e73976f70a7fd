"""The words of a native module with little heap, in fewer bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from firmware_builder import ROOT

from host_tools.board_firmware import short_words

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
        'const char *ink_target_name(void) { return "scratch"; }\n'
        'static const char NUMBERS[] = "scratch"; const char *more = NUMBERS;\n'
    )
    pairs = [(ord("s"), ord("c")), (short_words.FIRST, ord("r"))]
    (tmp_path / "pairs.h").write_text(short_words.header(pairs))
    command = ["arm-none-eabi-gcc", "-Os", "-ffunction-sections", "-fdata-sections", "-c"]
    command += ["-wrapper", f"python3,{short_words.__file__},{tmp_path}/pairs.h"]
    subprocess.run([*command, "words.c", "-o", "words.o"], cwd=tmp_path, check=True)
    found = (tmp_path / "words.o").read_bytes()
    assert b"too little \x81atch\0" in found
    assert found.count(b"scratch\0") == 2
