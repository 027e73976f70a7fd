"""Shorter words for a native module with little heap: one byte for pairs of characters.

Byte-pair encoding: a code of 128 or more stands for two characters or codes, and a pair may have
pairs in it. runtime/ink_error.c of a build with INKLING_SMALL writes them out.
"""

from __future__ import annotations

import ast
import re
from collections import Counter

FIRST = 128
CODES = 127
# a pair takes two bytes of the table itself
LEAST_USES = 4
# codes within codes: ink_error.c keeps as many to write later
DEPTH = 6

_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_NOT_WORDS = re.compile(r'\s*(#|//|extern "C")')
# strings that a build keeps as they are: others than ink_error.c read them
_READ_AS_THEY_ARE = re.compile(r"\.rodata\.(ink_\w+_name|inkling_(allocate|model_print))\.")
_SECTION = re.compile(r"\s*\.section\s+(\S+?),")
_ASCII = re.compile(r'\s*\.ascii\s+(".*")\s*$')
_SIZE = re.compile(r"\s*\.size\s+(SENTENCES|PARTS),")

Pair = tuple[int, int]


def choose(texts: list[bytes]) -> list[Pair]:
    """The pair of each code from FIRST on, most frequent ones first."""
    words = [list(text) for text in texts]
    pairs: list[Pair] = []
    depths = dict.fromkeys(range(FIRST), 0)
    while len(pairs) < CODES:
        uses = Counter(pair for word in words for pair in zip(word, word[1:], strict=False))
        fit = [pair for pair in uses if 0 not in pair and max(depths[c] for c in pair) < DEPTH]
        best = max(fit, key=lambda pair: (uses[pair], pair), default=None)
        if best is None or uses[best] < LEAST_USES:
            break
        code = FIRST + len(pairs)
        depths[code] = 1 + max(depths[c] for c in best)
        words = [_replace(word, best, code) for word in words]
        pairs.append(best)
    return pairs


def encode(text: bytes, pairs: list[Pair]) -> bytes:
    """`text`, of characters below 128, with the codes of `pairs` in it."""
    word = list(text)
    for index, pair in enumerate(pairs):
        word = _replace(word, pair, FIRST + index)
    return bytes(word)


def decode(text: bytes, pairs: list[Pair]) -> bytes:
    """What `encode` made `text` of."""
    return b"".join(
        bytes([c]) if c < FIRST else decode(bytes(pairs[c - FIRST]), pairs) for c in text
    )


def _replace(word: list[int], pair: Pair, code: int) -> list[int]:
    new: list[int] = []
    for value in word:
        new.append(value)
        if tuple(new[-2:]) == pair:
            new[-2:] = [code]
    return new


def literals(source: str) -> list[bytes]:
    """The string literals of a C file, but those of its directives and comments."""
    lines = (line for line in source.splitlines() if not _NOT_WORDS.match(line))
    found = (_LITERAL.findall(line) for line in lines)
    return [ast.literal_eval(f"b{text}") for texts in found for text in texts]


def header(pairs: list[Pair]) -> str:
    """The pairs for ink_error.c."""
    entries = ", ".join(f"{{{first}, {second}}}" for first, second in pairs)
    return f"#define INK_PAIRS {{{entries}}}\n#define INK_PAIRS_DEPTH {DEPTH}\n"


def read_pairs(text: str) -> list[Pair]:
    """The pairs of a header."""
    found = re.findall(r"\{(\d+), (\d+)\}", text)
    return [(int(first), int(second)) for first, second in found]


def shorten(assembly: str, pairs: list[Pair], least: int = 1) -> str:
    """An assembly file of GCC's with shorter strings in its sections of read-only data.

    Those of fewer than `least` characters stay as they are.
    """
    lines: list[str] = []
    kept: list[str] = []  # of a string over several lines
    words = False

    def put_string() -> None:
        if kept:
            text = b"".join(ast.literal_eval(f"b{part}") for part in kept)
            coded = encode(text, pairs) if len(text) > least else text
            values = ", ".join(map(str, coded))
            lines.append(f"\t.byte\t{values}")
            kept.clear()

    for line in assembly.splitlines():
        ascii_line = _ASCII.match(line)
        if words and ascii_line:
            kept.append(ascii_line[1])
            continue
        put_string()
        section = _SECTION.match(line)
        if section or line.strip() in (".text", ".data", ".bss"):
            words = bool(
                section
                and (".str1" in section[1] or re.search(r"\.(SENTENCES|PARTS)$", section[1]))
                and not _READ_AS_THEY_ARE.match(section[1])
            )
        if not _SIZE.match(line):
            lines.append(line)
    put_string()
    return "\n".join(lines) + "\n"
