"""The words of a native module with little heap lie in a file beside it: it has their numbers.

python small_words.py LEAST as ... -o OBJECT SOURCE, as GCC calls it by -wrapper: assembles with a
number for each string literal of LEAST characters or more, and writes what they stand for to
OBJECT.words.
python small_words.py FILE ink_error.c KERNEL_LIST OBJECT...: the Python module that finds the
words of these objects, and the names of the header's kernels. natmod/port.c and module/message.c
of a build with INKLING_SMALL ask for them.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# numbers below are those of phrases, which ink_error.c counts
_FIRST = 256
_PHRASES = {"SENTENCES": 1, "PARTS": 64}
_KERNELS = 128
# another one gives all words other numbers
_SALT = b"2"

# strings that a build keeps as they are: others than those two files read them
_READ_AS_THEY_ARE = re.compile(r"\.rodata\.(ink_\w+_name|inkling_allocate)\.")

_SECTION = re.compile(r"\t\.(?:section\t([^,]+),?|(text|data|bss)$)")
_POOL = re.compile(r"(\.L\d+):$")
_POOL_USE = re.compile(r"(\.L\d+)(?:\+(\d+))?$")
_STRING = re.compile(r"(\.LC\d+):$")
_STRING_USE = re.compile(r"\.LC\d+\b")
_WORD = "\t.word\t"
_DISTANCE = re.compile(rf"{_WORD}(\.LC\d+)-\((\.LPIC\d+)\+4\)$")

# `#<number> <words>` behind it are comments to Python
_FINDER = '''\
"""What a native module for some networks says, which has no room for it; made with that module."""
import struct


def find(number):
    start = "#%d " % number
    with open(__file__) as file:
        for line in file:
            if line.startswith(start):
                return line[len(start) : -1]
    return "word %d, which this inkling_words.py does not know" % number


def say(error):
    # an ink_error_t, as ink_error_message() says it
    status, part, rule, index, kernel, field, found, allowed = struct.unpack("<3Bx3Iqq", error)
    text = find(64 + part)
    if part > 1:
        text += str(index)
    if part == 3:
        name = find(128 + kernel) if kernel < 128 else "word"
        text += " (%s)" % ("kernel %d" % kernel if name[:5] == "word " else name)
    text += (": " if part else "") + find(1 + status)
    if field:
        text += ": " + find(field)
    if rule:
        text += " ends at %d" % found if rule == 5 else " is %d" % found
        text += ", allowed " + ("", "", "at most ", "", "a multiple of ", "at most ")[rule]
        text += "%d or more" % allowed if rule == 1 else str(allowed)
    return text[:159]


'''


def number_of(text: str) -> int:
    """The number that stands for some words, the same in every build; it fits MOVW."""
    return _FIRST + zlib.crc32(text.encode(), zlib.crc32(_SALT)) % (65536 - _FIRST)


def shorten(assembly: str, least: int = 1) -> tuple[str, list[str]]:
    """GCC's assembly of position-independent Thumb-2 code with numbers, and the words.

    Strings of fewer than `least` characters stay, and those whose address is found in another way
    than GCC usually does.
    """
    lines = assembly.splitlines()
    texts = {name: _text(lines, some) for name, some in _strings(lines).items()}
    found = {
        name: some
        for name, some in _strings(lines).items()
        if len(texts[name]) >= least and "\n" not in texts[name]
    }
    mentions = Counter(
        name for line in lines if not _STRING.match(line) for name in _STRING_USE.findall(line)
    )
    functions = _functions(lines)
    uses = [[use for use in _uses(lines, *body) if use.string in found] for body in functions]
    tables = [number for number, line in enumerate(lines) if line.removeprefix(_WORD) in found]
    replaced = Counter(use.string for some in uses for use in some)
    replaced.update(lines[number].removeprefix(_WORD) for number in tables)
    numbers = {name: number_of(texts[name]) for name in replaced}
    gone = {
        number
        for name, count in replaced.items()
        if count == mentions[name]
        for number in (found[name][0] - 1, *found[name])
    }
    for (first, last), some in zip(functions, uses, strict=True):
        _renumber(lines, first, last, {use.word for use in some})
        for use in some:
            register = lines[use.load].split("\t")[2].split(",")[0]
            lines[use.load] = f"\tmovw\t{register}, #{numbers[use.string]}"
            gone |= {use.load + 1, use.load + 2, use.word}
    for number in tables:
        lines[number] = f"{_WORD}{numbers[lines[number].removeprefix(_WORD)]}"
    words = [texts[name] for name in replaced]
    left = (line for number, line in enumerate(lines) if number not in gone)
    return "\n".join(left) + "\n", words


@dataclass
class _Use:
    """Where a function finds a string: the lines of LDR and of the word, the string."""

    load: int
    word: int
    string: str


def _strings(lines: list[str]) -> dict[str, list[int]]:
    """The lines that each string literal consists of, by its label."""
    found: dict[str, list[int]] = {}
    literals = False
    name = ""
    for number, line in enumerate(lines):
        section = _SECTION.match(line)
        label = _STRING.match(line)
        if section:
            named = section[1] or ""
            literals = ".str1" in named and not _READ_AS_THEY_ARE.match(named)
            name = ""
        elif label and literals:
            name = label[1]
            found[name] = []
        elif name and line.startswith("\t.ascii\t"):
            found[name].append(number)
        else:
            name = ""
    return {name: numbers for name, numbers in found.items() if numbers}


def _text(lines: list[str], numbers: list[int]) -> str:
    parts = (ast.literal_eval(lines[number].split("\t")[2]) for number in numbers)
    return "".join(parts).removesuffix("\0")


def _functions(lines: list[str]) -> list[tuple[int, int]]:
    """The first line of each function that has a section of its own, and its .size."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for number, line in enumerate(lines):
        section = _SECTION.match(line)
        if section:
            start = number if (section[1] or "").startswith(".text.") else None
        elif start is not None and line.startswith("\t.size\t"):
            found.append((start, number))
            start = None
    return found


def _pools(lines: list[str], first: int, last: int) -> dict[tuple[str, int], int]:
    """The lines of words behind a label, by it and their distance from it."""
    found: dict[tuple[str, int], int] = {}
    label = ""
    offset = 0
    for number in range(first, last):
        line = lines[number]
        pool = _POOL.match(line)
        if pool:
            label, offset = pool[1], 0
        elif line.startswith(_WORD) and label:
            found[label, offset] = number
            offset += 4
        else:
            label = ""
    return found


def _pool_use(line: str) -> tuple[str, int] | None:
    use = _POOL_USE.search(line) if line.startswith("\t") and not line.startswith("\t.") else None
    return (use[1], int(use[2] or 0)) if use else None


def _uses(lines: list[str], first: int, last: int) -> list[_Use]:
    """What may be changed: a word that one LDR reads, and ADD behind it."""
    pools = _pools(lines, first, last)
    loads: dict[int, list[int]] = {}
    for number in range(first, last):
        word = pools.get(_pool_use(lines[number]) or ("", 0))
        if word is not None:
            loads.setdefault(word, []).append(number)
    found = []
    for word, (load, *others) in loads.items():
        distance = _DISTANCE.match(lines[word])
        _, name, *operands = lines[load].split("\t")
        register = operands[0].split(",")[0]
        add = [f"{distance[2]}:", f"\tadd\t{register}, pc"] if distance else None
        if distance and name == "ldr" and not others and lines[load + 1 : load + 3] == add:
            found.append(_Use(load, word, distance[1]))
    return found


def _renumber(lines: list[str], first: int, last: int, gone: set[int]) -> None:
    """Makes instructions find their words when others of the pool are gone."""
    pools = _pools(lines, first, last)
    for number in range(first, last):
        use = _pool_use(lines[number])
        if use in pools:
            label, offset = use
            words = (pools.get((label, before)) for before in range(0, offset, 4))
            offset -= 4 * sum(word in gone for word in words)
            lines[number] = _POOL_USE.sub(label + (f"+{offset}" if offset else ""), lines[number])


def phrases(source: str) -> dict[int, str]:
    """The phrases of ink_error.c by number."""
    found: dict[int, str] = {}
    for array, first in _PHRASES.items():
        declared = re.search(rf'\b{array}\[\] =((?:\s*"(?:[^"\\]|\\.)*")+);', source)
        assert declared, array
        literals = re.findall(r'"(?:[^"\\]|\\.)*"', declared[1])
        some = "".join(map(ast.literal_eval, literals)).removesuffix("\0").split("\0")
        found |= dict(enumerate(some, first))
    return found


def kernels(header: str) -> dict[int, str]:
    """The names of the kernels that kernel_list.py's header lists, as phrases."""
    listed = re.findall(r"X\((\d+), (\w+)\)", header)
    return {_KERNELS + int(number): name for number, name in listed}


def finder(known: dict[int, str], words: Iterable[str]) -> str:
    """The Python module. Raises ValueError where two words have one number."""
    by_number = dict(known)
    for text in sorted(set(words)):
        other = by_number.setdefault(number_of(text), text)
        if other != text:
            raise ValueError(
                f"small_words.py: {other!r} and {text!r} have one number: change _SALT"
            )
    return _FINDER + "".join(f"#{number} {text}\n" for number, text in sorted(by_number.items()))


def main(words: list[str]) -> int:
    """Runs what GCC runs, or writes the Python module."""
    first, *command = words
    if not first.isdigit():
        source, header, *objects = command
        lists = (Path(f"{name}.words") for name in objects)
        found = [text for path in lists for text in ast.literal_eval(path.read_text("utf8"))]
        known = phrases(Path(source).read_text("utf8")) | kernels(Path(header).read_text("utf8"))
        try:
            Path(first).write_text(finder(known, found), "utf8")
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    if Path(command[0]).name.endswith("as"):
        assembly = Path(command[-1])
        text, found = shorten(assembly.read_text("utf8"), int(first))
        assembly.write_text(text, "utf8")
        Path(command[command.index("-o") + 1] + ".words").write_text(repr(found), "utf8")
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
