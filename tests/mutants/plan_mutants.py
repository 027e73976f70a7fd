"""Mutants of the planner: one change each, of what a module of host_tools/plan is parsed to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from host_tools.places import ROOT

SOURCES = tuple(sorted((ROOT / "host_tools" / "plan").glob("[!_]*.py")))
_RELATIONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
_OTHERS = {"min": "max", "max": "min", "any": "all", "all": "any"}
Change = tuple[str, str, Callable[[], None]]


@dataclass(frozen=True)
class PlanMutant:
    """Change number `variant` of the node that comes as number `node` in a walk."""

    source: Path
    line: int
    kind: str
    change: str
    node: int
    variant: int

    def code(self) -> CodeType:
        tree = ast.parse(self.source.read_text())
        for number, node in enumerate(ast.walk(tree)):
            if number == self.node:
                list(_changes(node))[self.variant][2]()
                break
        return compile(ast.fix_missing_locations(tree), str(self.source), "exec")


def plan_mutants() -> Iterator[PlanMutant]:
    """All of them."""
    for source in SOURCES:
        for number, node in enumerate(ast.walk(ast.parse(source.read_text()))):
            for variant, (kind, change, _) in enumerate(_changes(node)):
                line = getattr(node, "lineno", 0)
                yield PlanMutant(source, line, kind, change, number, variant)


def _changes(node: ast.AST) -> Iterator[Change]:
    """What can be changed of a node: the kind, in words, and how."""
    match node:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                other = _RELATIONS[type(op)]
                changed = [*ops[:i], other(), *ops[i + 1 :]]
                yield _set(node, "relation", other.__name__, ops=changed)
        case ast.BoolOp(op=op):
            other_op = ast.Or if isinstance(op, ast.And) else ast.And
            yield _set(node, "connective", other_op.__name__, op=other_op())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            by = _ARITHMETIC[type(op)]
            yield _set(node, "arithmetic", by.__name__, op=by())
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            for new in (value + 1, value - 1):
                yield _set(node, "constant", str(new), value=new)
        case ast.If() | ast.IfExp():
            yield _set(node, "condition never", "False", test=ast.Constant(False))
        case ast.Call(func=ast.Name(id=name) as function) if name in _OTHERS:
            yield _set(function, "min, max, any, all", _OTHERS[name], id=_OTHERS[name])
        case ast.UnaryOp(op=ast.Not()):
            yield _set(node, "relation", "not dropped", op=ast.UAdd())


def _set(node: ast.AST, kind: str, new: str, **values: object) -> Change:
    def change() -> None:
        for name, value in values.items():
            setattr(node, name, value)

    old = " ".join(ast.unparse(node).split())
    return kind, f"{old[:60]}{'...' if len(old) > 60 else ''} -> {new}", change
