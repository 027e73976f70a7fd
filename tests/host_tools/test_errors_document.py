"""docs/errors.md has every message that a user can meet: the sources are read for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

ERRORS = {"CommandError", "BlobError", "DataError", "QuantizeError", "SystemExit"}
ERRORS |= {"OSError", "ValueError"}
# never shown: a caller's mistake
EXEMPT = {("host_tools/arithmetic.py", "ValueError")}

# of a message's fixed parts, those of this length are looked for, or else the longest one
LENGTH = 12
# where the longest has fewer letters, the message only passes another one on
LEAST_LETTERS = 6

STRING = r'"((?:[^"\\]|\\.)*)"'


@dataclass(frozen=True)
class Message:
    """Where a message is made, and its fixed parts."""

    where: str
    parts: tuple[str, ...]

    def wanted(self) -> list[str]:
        parts = [" ".join(part.split()) for part in self.parts]
        longest = max(parts, key=len, default="")
        if sum(character.isalpha() for character in longest) < LEAST_LETTERS:
            return []
        return [part for part in parts if len(part) >= LENGTH] or [longest]


# --- Python ---


def python_messages() -> Iterator[Message]:
    for folder in ("host_tools", "models", "micropython_lib"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            yield from _messages_of_module(name, ast.parse(path.read_text(encoding="utf8")))


def _messages_of_module(name: str, module: ast.Module) -> Iterator[Message]:
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func
        kind = called.id if isinstance(called, ast.Name) else ""
        if kind in ERRORS and (name, kind) not in EXEMPT:
            yield Message(f"{name}:{node.lineno}", tuple(_parts(node.args[0], module)))


def _parts(node: ast.expr, module: ast.Module) -> Iterator[str]:
    """The fixed parts of an expression that makes a text."""
    match node:
        case ast.Constant(value=str(text)):
            yield from re.split(r"%[sdr]", text)
        case ast.JoinedStr(values=values):
            for value in values:
                if isinstance(value, ast.Constant):
                    yield from _parts(value, module)
        case ast.BinOp(left=left, right=right):
            yield from _parts(left, module)
            yield from _parts(right, module)
        case ast.List(elts=elements) | ast.Call(func=ast.Attribute(attr="join"), args=elements):
            for element in elements:
                yield from _parts(element, module)
        case ast.Call(func=ast.Name(id=function)):
            for found in ast.walk(module):
                if isinstance(found, ast.FunctionDef) and found.name == function:
                    for statement in ast.walk(found):
                        if isinstance(statement, ast.Return) and statement.value:
                            yield from _parts(statement.value, module)
        case ast.Name(id=variable):
            for found in ast.walk(module):
                if isinstance(found, ast.Assign) and variable in map(_name, found.targets):
                    yield from _parts(found.value, module)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


# --- C ---


def verifier_sentences() -> list[Message]:
    path = ROOT / "firmware_module/runtime/ink_error.c"
    text = path.read_text(encoding="utf8")
    table = text.partition("SENTENCES[] = ")[2].partition(";")[0]
    sentences = [words.removesuffix("\\0") for words in re.findall(STRING, table)]
    # "no error" is none
    return [Message(path.name, (words,)) for words in sentences[1:]]


def module_messages() -> Iterator[Message]:
    for path in sorted((ROOT / "firmware_module/module").glob("*.c")):
        text = path.read_text(encoding="utf8")
        for call in re.finditer(r"\b(?:inkling_)?raise\w*\s*\(", text):
            arguments = _until_closed(text[call.end() :])
            groups = re.finditer(rf"(?:{STRING}\s*)+", arguments)
            texts = ["".join(re.findall(STRING, group.group())) for group in groups]
            line = text.count("\n", 0, call.start()) + 1
            for words in texts:
                yield Message(f"{path.name}:{line}", tuple(re.split(r"%[a-z]", words)))


def _until_closed(text: str) -> str:
    """The arguments of a call, whose opening parenthesis comes before `text`."""
    depth = 1
    for match in re.finditer(rf"{STRING}|[()]", text):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if depth == 0:
            return text[: match.start()]
    raise AssertionError("a call is never closed")


# --- make and shell ---


def setup_messages() -> Iterator[Message]:
    for path in sorted((ROOT / "host_tools/setup").glob("*.sh")):
        text = path.read_text(encoding="utf8")
        for found in re.finditer(rf"\b(?:stop|lack) (?:'([^']*)'|{STRING})", text):
            words = found.group(1) or found.group(2)
            yield Message(path.name, tuple(re.split(r"\$\w+", words)))
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    for words in re.findall(r"\$\(error (.*)\)$", makefile, re.MULTILINE):
        yield Message("Makefile", tuple(re.split(r"\$\(\w+\)", words)))


# --- the document ---


def _normal(text: str) -> str:
    return " ".join(text.split())


def assert_documented(messages: list[Message], least: int) -> None:
    document = _normal((ROOT / "docs/errors.md").read_text(encoding="utf8"))
    assert len(messages) >= least
    missing = [
        f"{message.where}: {part}"
        for message in messages
        for part in message.wanted()
        if part not in document
    ]
    assert not missing, "docs/errors.md lacks:\n" + "\n".join(missing)


def test_every_message_of_the_python_sources_is_in_the_document() -> None:
    assert_documented(list(python_messages()), 150)


def test_every_sentence_of_the_verifier_is_in_the_document() -> None:
    assert_documented(verifier_sentences(), 23)


def test_every_exception_of_the_module_is_in_the_document() -> None:
    assert_documented(list(module_messages()), 20)


def test_every_message_of_the_set_up_is_in_the_document() -> None:
    assert_documented(list(setup_messages()), 15)


def test_the_fixed_parts_of_messages_are_found_in_sources() -> None:
    source = 'raise CommandError(f"{path}: its size is {n}; at most " "9 are read")'
    (message,) = _messages_of_module("m.py", ast.parse(source))
    assert message.wanted() == [": its size is", "; at most 9 are read"]
    (forwarded,) = _messages_of_module("m.py", ast.parse('CommandError(f"{where}: {error}")'))
    assert forwarded.wanted() == []
    helper = 'def died():\n    return f"it died of {cause}"\nraise CommandError(died())'
    (through,) = _messages_of_module("m.py", ast.parse(helper))
    assert through.wanted() == ["it died of"]
    assert _until_closed('type, "a) %s" "b", (x)); more()') == 'type, "a) %s" "b", (x)'
