"""Sums the stack of functions along their calls, over the objects of a build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.places import checkout
from host_tools.stack_use.functions import Function, Object, read_objects

# a kernel's record in the table of operators, ink_kernel_t: where its functions stand
_TABLE = ".ink_op_"
_VERIFY, _RUN, _TABLES = 8, 12, 16
# the functions that call by that table
_BY_TABLE = {"ink_verify_plan": _VERIFY, "ink_run_operator": _RUN, "sum_parameters": _TABLES}
# folders whose calls by address go to MicroPython
_BINDING = ("module", "natmod")
# it goes down to look, and comes back
_CHECK = "inkling_port_check_stack"
# a function that calls itself, and how many of it there are at most: INK_MAX_RANK + 1
_TIMES = {"set_nested": 7}


@dataclass(frozen=True)
class _Place:
    """A function of an object."""

    of: Object
    function: Function


class Calls:
    """The functions of a build's objects, and what each takes of the stack with all it calls.

    Functions of MicroPython, of the C library and of the compiler count nothing: MicroPython's
    margin is theirs. `archives` are libraries that the kernels come from instead of ours.
    """

    def __init__(self, folder: Path, archives: Sequence[Path] = ()) -> None:
        rooms = ("kernels", "runtime", "audio", *_BINDING)
        paths = [path for room in rooms for path in sorted((folder / room).rglob("*.o"))]
        # not what is left of sources that are gone
        sources = checkout() / "firmware_module"
        paths = [p for p in paths if (sources / p.relative_to(folder)).with_suffix(".c").is_file()]
        if not paths:
            raise CommandError(f"{folder}: there are no objects of ours in {', '.join(rooms)}")
        self._folder = folder
        self._objects = read_objects([*paths, *archives])
        self._binding = tuple(str(folder / room) for room in _BINDING)
        self._places: dict[str, list[_Place]] = {}
        for each in self._objects:
            for name, function in each.functions.items():
                self._places.setdefault(name, []).append(_Place(each, function))
        # by object, function and what calls by address may reach
        self._known: dict[tuple[str, str, frozenset[str]], int] = {}

    def kernels(self) -> dict[str, int]:
        """Bytes that each kernel takes as it runs, by name."""
        return {name: self._of_kernel(name, _RUN) for name in self._tables}

    def of(self, function: str, path: str) -> int:
        """Bytes that a function takes; `path` is its object, without .o, in the build's folder."""
        place = self._place(function, path)
        if place is None:
            raise CommandError(f"{self._folder / path}.o: there is no function {function}")
        return self._sum(place)

    def has(self, function: str, path: str) -> bool:
        """Whether the object has the function."""
        return self._place(function, path) is not None

    def _place(self, function: str, path: str) -> _Place | None:
        for place in self._places.get(function, ()):
            if place.of.path == f"{self._folder / path}.o":
                return place
        return None

    @cached_property
    def _tables(self) -> dict[str, tuple[Object, dict[int, str]]]:
        return {
            section.partition(_TABLE)[2]: (each, addresses)
            for each in self._objects
            for section, addresses in each.addresses.items()
            if _TABLE in section
        }

    def _of_kernel(self, name: str, offset: int) -> int:
        each, functions = self._tables[name]
        if offset == _TABLES and offset not in functions:
            return 0  # it has none
        return max(self._sum(place) for place in self._find(functions[offset], each))

    def _find(self, name: str, caller: Object) -> list[_Place]:
        """What a name means to an object; nothing where it is none of ours."""
        if name in caller.functions:
            return [_Place(caller, caller.functions[name])]
        return self._places.get(name, [])

    def _sum(self, place: _Place) -> int:
        return self._depth(place, self._taken(place), ())

    def _calls_micropython(self, place: _Place) -> bool:
        return place.of.path.startswith(self._binding)

    def _taken(self, start: _Place) -> frozenset[str]:
        """Functions whose address is taken in the objects that `start` leads to.

        Not by the table of operators, and not for MicroPython.
        """
        taken: set[str] = set()
        reached: set[int] = set()
        waiting = [start]
        while waiting:
            place = waiting.pop()
            if id(place.function) in reached:
                continue
            reached.add(id(place.function))
            names = {name for name, _ in place.function.calls}
            if not self._calls_micropython(place):
                for section, addresses in place.of.addresses.items():
                    if _TABLE not in section:
                        found = {name for name in addresses.values() if self._find(name, place.of)}
                        taken |= found
                        names |= found
            waiting += [found for name in names for found in self._find(name, place.of)]
        return frozenset(taken)

    def _depth(self, place: _Place, taken: frozenset[str], above: tuple[str, ...]) -> int:
        function = place.function
        key = (place.of.path, function.name, taken)
        if key in self._known:
            return self._known[key]
        where = f"{place.of.path}: {function.name}"
        if function.unknown:
            raise CommandError(f"{where} takes stack that cannot be told: {function.unknown}")
        if key[1] in above:
            raise CommandError(f"{where} calls itself, nobody knows how often")
        above = (*above, function.name)
        deepest = function.own
        for name, depth in function.calls:
            if name == _CHECK or (name == function.name and name in _TIMES):
                continue
            for target in self._find(name, place.of):
                deepest = max(deepest, depth + self._depth(target, taken, above))
        if function.by_address:
            called = self._called(place, taken, above)
            deepest = max(deepest, max(function.by_address) + called)
        deepest += function.own * (_TIMES.get(function.name, 1) - 1)
        self._known[key] = deepest
        return deepest

    def _called(self, place: _Place, taken: frozenset[str], above: tuple[str, ...]) -> int:
        """The most that a call by address takes."""
        name = place.function.name
        if name in _BY_TABLE:
            return max(self._of_kernel(kernel, _BY_TABLE[name]) for kernel in self._tables)
        if self._calls_micropython(place):
            return 0
        targets = [target for found in taken for target in self._find(found, place.of)]
        if not targets:
            raise CommandError(f"{place.of.path}: {name} calls by an address that nothing takes")
        return max(self._depth(target, taken, above) for target in targets)
