"""Mutants of the C verifier: one change each, as a slip of the hand would make it.

All mutants of a source are compiled together: each is a copy of the function that it changes, and
the function calls the copy that the variable ink_mutant has the number of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from host_tools.host_build import FIRMWARE_MODULE

_RUNTIME = FIRMWARE_MODULE / "runtime"
SOURCES = (
    _RUNTIME / "ink_verify.c",
    _RUNTIME / "ink_verify_plan.c",
    _RUNTIME / "ink_check.c",
    FIRMWARE_MODULE / "audio" / "ink_front_end.c",
    *sorted((_RUNTIME / "operators").glob("*.c")),
)
# a token and what takes its place, by the change's kind
_SWAPS = {
    "relation": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    "connective": {"&&": "||", "||": "&&"},
    "arithmetic": {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/"},
}
_CHECK = re.compile(r"!?\b(?:ink_)?(?:check|verify)_\w+\(|!?\bink_overlap\(|!?\bis_written\(")
_FUNCTION = re.compile(r"(?m)^(?!typedef|const )[a-z][^;={}]*?\b(\w+)\(([^;{}]*)\) \{$")
# what only runs a kernel, after everything is verified
_RUNS = re.compile(r"run|dense$|layer$")


@dataclass(frozen=True)
class Function:
    """Where it begins in its source, and its body begins and ends."""

    name: str
    parameters: tuple[str, ...]
    start: int
    body: int
    end: int


@dataclass(frozen=True)
class Mutant:
    """A change of the text from `start` to `end` into `new`."""

    source: Path
    line: int
    kind: str
    change: str
    function: Function
    start: int
    end: int
    new: str


def c_mutants() -> Iterator[Mutant]:
    """All of them."""
    for source in SOURCES:
        text = source.read_text()
        bare = _blanked(text)
        for function in _functions(bare):
            for kind, start, end, new in _changes(bare, function):
                old = " ".join(text[start:end].split())
                change = f"{old[:60]}{'...' if len(old) > 60 else ''} -> {new or 'nothing'}"
                line = text.count("\n", 0, start) + 1
                yield Mutant(source, line, kind, change, function, start, end, new)


def _changes(bare: str, function: Function) -> Iterator[tuple[str, int, int, str]]:
    """Kind, start, end and new text."""
    first, body = function.body, bare[function.body : function.end]
    # binary ones alone: clang-format puts spaces around them, or a line's end
    for found in re.finditer(r"(?<=\s)(&&|\|\||[<>=!]=|[<>*/%+-])(?=\s)", body):
        for kind, swaps in _SWAPS.items():
            if found[1] in swaps:
                yield kind, first + found.start(1), first + found.end(1), swaps[found[1]]
    for found in re.finditer(r"(?<![\w.])(\d+)(?![\w.])", body):
        for new in (int(found[1]) + 1, int(found[1]) - 1):
            if new >= 0:
                yield "constant", first + found.start(), first + found.end(), str(new)
    for found in _CHECK.finditer(body):
        end = _closing(bare, first + found.end() - 1) + 1
        passed = "false" if found[0].startswith("!") else "true"
        yield "check removed", first + found.start(), end, passed
    for found in re.finditer(r"\bif (\()", body):
        start = first + found.start(1)
        yield "condition never", start, _closing(bare, start) + 1, "(false)"
    for found in re.finditer(r"(?<=\n)\s+([a-z*][\w>.*-]* [+*-]?= [^;{}]*;)", body):
        yield "assignment removed", first + found.start(1), first + found.end(1), ""


def _functions(bare: str) -> Iterator[Function]:
    for found in _FUNCTION.finditer(bare):
        if not _RUNS.search(found[1]):
            names = re.findall(r"(\w+)(?:\[\d*\])?(?:,|$)", found[2])
            yield Function(
                found[1], tuple(names), found.start(), found.end(), bare.index("\n}", found.end())
            )


def _blanked(text: str) -> str:
    """The text with comments, strings and directives as spaces."""

    def spaces(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found[0])

    return re.sub(r'//[^\n]*|"(?:\\.|[^"\\])*"|(?m:^#(?:[^\n]*\\\n)*[^\n]*)', spaces, text)


def _closing(bare: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(bare)):
        depth += {"(": 1, ")": -1}.get(bare[at], 0)
        if depth == 0:
            return at
    raise AssertionError("a parenthesis is not closed")


def with_mutants(text: str, mutants: Sequence[tuple[int, Mutant]], but: Collection[int]) -> str:
    """A source with its mutants, by their numbers, in it; `but` for those.

    What belongs to one begins with a line directive that names it: a compiler's errors do, too.
    """
    result = "extern int ink_mutant;\n"
    at = 0
    by_function: dict[Function, list[tuple[int, Mutant]]] = {}
    for number, mutant in mutants:
        if number not in but:
            by_function.setdefault(mutant.function, []).append((number, mutant))
    for function, changes in sorted(by_function.items(), key=lambda item: item[0].start):
        head = text[function.start : function.body]
        result += text[at : function.start]
        name = re.compile(rf"\b{function.name}\(")
        own = re.sub(r"^static ", "", head)
        for number, mutant in [(0, None), *changes]:
            body = text[function.body : function.end]
            if mutant is not None:
                start, end = mutant.start - function.body, mutant.end - function.body
                body = body[:start] + mutant.new + body[end:]
            copy = name.sub(f"{function.name}_{number}(", own, count=1)
            result += f'#line 1 "mutant-{number}"\nstatic {copy}{body}\n}}\n'
        back = "" if own.startswith("void ") else "return "
        passed = f"({', '.join(function.parameters)})"
        result += f'#line 1 "mutant-0"\n{head}\n    switch (ink_mutant) {{\n'
        for number, _ in changes:
            result += f"    case {number}: {back}{function.name}_{number}{passed}; break;\n"
        result += f"    default: {back}{function.name}_0{passed};\n    }}\n}}\n"
        at = function.end + 2
    return result + text[at:]
