"""The stubs of the module `inkling` name what its C has: attributes, methods and arguments."""

from __future__ import annotations

import ast
import re

import pytest
from oracle import ROOT

MODULE = ROOT / "firmware_module/module"
STUBS = ast.parse((ROOT / "micropython_lib/inkling-stubs/__init__.pyi").read_text())
CLASSES = {node.name: node for node in STUBS.body if isinstance(node, ast.ClassDef)}
TABLE = re.compile(r"mp_arg_t \w+\[\] = \{(.*?)\n    \};", re.DOTALL)


def names_of(body: list[ast.stmt]) -> set[str]:
    """Names that a class or module has for its users."""
    found = set()
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def arguments_of(body: list[ast.stmt], name: str) -> list[str]:
    [*_, function] = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == name]
    arguments = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
    return [a for a in arguments if a != "self"]


@pytest.mark.parametrize("name", ["Model", "Listener"])
def test_attributes(name: str) -> None:
    text = (MODULE / f"{name.lower()}.c").read_text()
    found = set(re.findall(r"attribute == MP_QSTR_(\w+)", text))
    for listed in re.findall(r"const qstr names\[\] = \{(.*?)\}", text, re.DOTALL):
        found |= set(re.findall(r"MP_QSTR_(\w+)", listed))
    assert found and names_of(CLASSES[name].body) - {"__init__"} == found


def test_globals() -> None:
    table = re.findall(r"\{MP_ROM_QSTR\(MP_QSTR_(\w+)\)", (MODULE / "inkling.c").read_text())
    assert names_of(STUBS.body) - {"Picture"} == set(table) - {"__name__"}


@pytest.mark.parametrize(
    ("file", "table", "owner", "name"),
    [
        ("model.c", 0, "Model", "__init__"),
        ("listener.c", 0, "Listener", "__init__"),
        ("predict.c", 0, "Model", "predict"),
        ("detect.c", 0, "Model", "peaks"),
        ("detect.c", 1, None, "nms"),
        ("top.c", 0, None, "top"),
    ],
)
def test_arguments(file: str, table: int, owner: str | None, name: str) -> None:
    rows = TABLE.findall((MODULE / file).read_text())[table]
    expected = re.findall(r"\{MP_QSTR_(\w*),", rows)
    body = CLASSES[owner].body if owner else STUBS.body
    found = arguments_of(body, name)
    # the first argument of some takes no name
    assert [a for a, e in zip(found, expected, strict=True) if e] == [e for e in expected if e]
