"""The camera scripts call only what OpenMV documents: openmv_names.json has it and its source."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle import ROOT

LIBRARY = ROOT / "micropython_lib"
# for each module or object, as our scripts call it: its names, with their parameters
NAMES = json.loads((Path(__file__).parent / "openmv_names.json").read_text(encoding="utf8"))
SOURCES = {thing: names.pop("source") for thing, names in NAMES.items()}
STAND_IN = "virtual_camera.py"
SCRIPTS = sorted(path for path in LIBRARY.glob("*.py") if path.name != STAND_IN)


def used(module: ast.Module) -> Iterator[tuple[str, str, ast.Call | None]]:
    """What a script takes from csi, sensor, a camera or an image: (thing, name, call if any)."""
    calls = {id(node.func): node for node in ast.walk(module) if isinstance(node, ast.Call)}
    for node in ast.walk(module):
        match node:
            case ast.Attribute(value=ast.Name(id=thing), attr=name) if thing in NAMES:
                yield thing, name, calls.get(id(node))
            case ast.Call(
                func=ast.Name(id="hasattr"),
                args=[ast.Name(id=thing), ast.Constant(value=name)],
            ) if thing in NAMES:
                yield thing, name, None


def problems(module: ast.Module) -> list[str]:
    found = []
    for thing, name, call in used(module):
        if name not in NAMES[thing]:
            found.append(f"{thing}.{name} is not documented")
        elif call:
            parameters = NAMES[thing][name]
            given = [keyword.arg for keyword in call.keywords]
            if len(call.args) + len(given) > len(parameters) or set(given) - set(parameters):
                found.append(f"{thing}.{name} takes {parameters}")
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_uses_only_names_and_arguments_that_openmv_documents(path: Path) -> None:
    assert problems(ast.parse(path.read_text(encoding="utf8"))) == []


def test_every_listed_name_is_used_and_has_a_source() -> None:
    modules = [ast.parse(path.read_text(encoding="utf8")) for path in SCRIPTS]
    seen = {(thing, name) for module in modules for thing, name, _ in used(module)}
    assert {(thing, name) for thing, names in NAMES.items() for name in names} == seen
    assert all(SOURCES.values())


def test_the_virtual_camera_takes_no_argument_that_openmv_does_not_document() -> None:
    module = ast.parse((LIBRARY / STAND_IN).read_text(encoding="utf8"))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    for thing, name in (("camera", "CSI"), ("image", "Picture")):
        methods = {
            node.name: [argument.arg for argument in node.args.args[1:]]
            for node in classes[name].body
            if isinstance(node, ast.FunctionDef)
        }
        for method, parameters in methods.items():
            documented = NAMES[thing].get(method)
            if documented is not None:
                assert [p for p in documented if p in parameters] == parameters, method


@pytest.mark.parametrize(
    "line",
    [
        "csi.HVGA_",
        "camera.snapshot(wait=3)",
        "camera.reset(True, False)",
        "sensor.skip_frames(1, 2, 3)",
        "image.draw_text(0, 0, 'a')",
        "hasattr(image, 'blur')",
        "x = sensor.snap",
    ],
)
def test_a_name_or_argument_that_is_not_documented_is_noticed(line: str) -> None:
    assert len(problems(ast.parse(line))) == 1
