"""What each function of an object puts on the stack, read off its instructions.

A compiler tells it of C (-fstack-usage); the instructions tell it of assembly, too.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.errors import CommandError

_OBJDUMP = "arm-none-eabi-objdump"
_OBJECT = re.compile(r"(\S.*):\s+file format ")
_SECTION = re.compile(r"RELOCATION RECORDS FOR \[(.+)\]:")
_ADDRESS = re.compile(r"([0-9a-f]+) R_ARM_(?:ABS32|REL32|GOT32|GOT_BREL) +(\S+)")
_FUNCTION = re.compile(r"[0-9a-f]+ <([^>]+)>:$")
_INSTRUCTION = re.compile(r" *([0-9a-f]+):\t(\S+)(?:\t([^@;]*))?")
_RELOCATED = re.compile(r"\s+[0-9a-f]+: R_ARM_THM_(?:CALL|JUMP24|JUMP19)\t(\S+)")
_TARGET = re.compile(r"(?:\w+, )?([0-9a-f]+) <([^>+]+)")
_REGISTERS = re.compile(r"([rsd])(\d+)-[rsd](\d+)$")
_CONDITION = re.compile(r"(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$")
# instructions that write the first of their operands
_WRITES_FIRST = ("add", "sub", "mov", "ldr", "bic", "and", "orr")
# more than any stack has: the depth of a loop that puts something there each time round
_ENDLESS = 1 << 16


@dataclass
class Function:
    """A function: the bytes it puts on the stack itself, and its calls at their depths.

    `unknown` says why its stack cannot be told, if so.
    """

    name: str
    own: int = 0
    calls: list[tuple[str, int]] = field(default_factory=list)
    by_address: list[int] = field(default_factory=list)  # of each call by address its depth
    unknown: str = ""


@dataclass
class Object:
    """An object: its functions by name, and of each section where it holds a symbol's address."""

    path: str
    functions: dict[str, Function] = field(default_factory=dict)
    addresses: dict[str, dict[int, str]] = field(default_factory=dict)


def read_objects(paths: Sequence[Path]) -> list[Object]:
    """The objects of these files, in Thumb code, those in archives as well.

    Raises CommandError where objdump is missing or refuses a file.
    """
    objects: dict[str, Object] = {}
    for path, lines in _parts(_objdump("-dr", paths)):
        functions = (_measure(name, body) for name, body in _split(lines))
        objects[path] = Object(path, {function.name: function for function in functions})
    for path, lines in _parts(_objdump("-r", paths)):
        section: dict[int, str] = {}
        for line in lines:
            if found := _SECTION.match(line):
                section = objects[path].addresses.setdefault(found[1], {})
            elif found := _ADDRESS.match(line):
                section[int(found[1], 16)] = found[2]
    return list(objects.values())


def _objdump(option: str, paths: Sequence[Path]) -> str:
    command = [_OBJDUMP, option, "--no-show-raw-insn", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        raise CommandError(f"{_OBJDUMP} is not on PATH: run `make setup`") from None
    if done.returncode:
        raise CommandError(f"cannot measure the stack: {done.stderr.strip()}")
    return done.stdout


def _parts(text: str) -> Iterator[tuple[str, list[str]]]:
    """Of each object its path, or its name in an archive, and the lines about it."""
    path, lines = "", list[str]()
    for line in text.splitlines():
        if found := _OBJECT.match(line):
            yield path, lines
            path, lines = found[1], []
        else:
            lines.append(line)
    yield path, lines


@dataclass
class _Instruction:
    name: str
    operands: str
    symbol: str = ""  # that a branch leads to

    @property
    def conditional(self) -> bool:
        return not self.name.startswith("b") and bool(_CONDITION.search(self.name.split(".")[0]))


_Body = dict[int, _Instruction]


def _split(lines: list[str]) -> Iterator[tuple[str, _Body]]:
    name, body = "", _Body()
    for line in lines:
        if found := _FUNCTION.match(line):
            if body:
                yield name, body
            name, body = found[1], {}
        elif found := _RELOCATED.match(line):
            body[max(body)].symbol = found[1]
        elif (found := _INSTRUCTION.match(line)) and not found[2].startswith("."):
            body[int(found[1], 16)] = _Instruction(found[2], (found[3] or "").strip())
    if body:
        yield name, body


def _bytes_of(registers: str) -> int:
    """Bytes of a list of registers such as {r4, r6-r9, lr} or {d8-d15}."""
    size = 0
    for part in registers.strip("{} ").split(","):
        name = part.strip()
        found = _REGISTERS.match(name)
        count = int(found[3]) - int(found[2]) + 1 if found else 1
        size += count * (8 if name.startswith("d") else 4)
    return size


def _change(instruction: _Instruction) -> int | None:
    """Bytes that an instruction puts on the stack, negative where it takes; None: not told."""
    base, operands = instruction.name.split(".")[0], instruction.operands
    if base.startswith(("push", "vpush")):
        return _bytes_of(operands)
    if base.startswith(("pop", "vpop")):
        return -_bytes_of(operands)
    if operands.startswith("sp!,"):
        size = _bytes_of(operands.partition("{")[2])
        return -size if "ldm" in base else size
    if found := re.search(r"\[sp, #(-?\d+)\]!$|\[sp\], #(-?\d+)$", operands):
        return -int(found[1] or found[2])
    if not (operands.startswith("sp,") and base.startswith(_WRITES_FIRST)):
        return 0
    found = re.match(r"sp, (?:sp, )?#(\d+)$", operands)
    if found is None or not base.startswith(("add", "sub")):
        return None
    return int(found[1]) if base.startswith("sub") else -int(found[1])


def _returns(instruction: _Instruction) -> bool:
    name, operands = instruction.name, instruction.operands
    if instruction.conditional:
        return False
    loads_pc = name.startswith(("pop", "ldm")) and "pc" in operands.partition("{")[2]
    pops_pc = name.startswith("ldr") and operands.startswith("pc, [sp],")
    return loads_pc or pops_pc or (name == "bx" and operands == "lr")


def _leads_to(instruction: _Instruction) -> str | int | None:
    """Where a branch goes: to another function by name, or to an address; None: it is none."""
    name = instruction.name.split(".")[0]
    if name not in ("b", "bl", "cbz", "cbnz") and not (
        name[0] == "b" and _CONDITION.match(name[1:])
    ):
        return None
    found = _TARGET.match(instruction.operands)
    if instruction.symbol or found is None:
        return instruction.symbol or None
    return found[2] if name == "bl" else int(found[1], 16)


def _measure(name: str, body: _Body) -> Function:
    """Walks every path through a function, as deep as each of its instructions can be reached."""
    function = Function(name)
    order = sorted(body)
    following = dict(zip(order, order[1:], strict=False))
    seen: dict[int, int] = {}
    waiting = [(order[0], 0)]
    # at jumps to places that instructions do not name: what else is not reached starts there
    jumped = 0
    while len(seen) < len(body):
        while waiting:
            at, depth = waiting.pop()
            if at not in body or seen.get(at, -1) >= depth:
                continue
            seen[at] = depth
            instruction = body[at]
            change = _change(instruction)
            if change is None or depth > _ENDLESS:
                function.unknown = f"{instruction.name} {instruction.operands}"
                return function
            # what may be taken or not counts as not taken
            depth += max(change, 0) if instruction.conditional else change
            function.own = max(function.own, depth)
            target = _leads_to(instruction)
            base = instruction.name.split(".")[0]
            if isinstance(target, str):
                function.calls.append((target, depth))
            elif target is not None:
                waiting.append((target, depth))
            elif base == "blx" or (base == "bx" and instruction.operands != "lr"):
                function.by_address.append(depth)
            ends = base in ("b", "bx") or _returns(instruction)
            if base in ("tbb", "tbh") or (
                not ends and base in ("ldr", "mov") and instruction.operands.startswith("pc,")
            ):
                jumped, ends = max(jumped, depth), True
            if not ends and at in following:
                waiting.append((following[at], depth))
        waiting = [(at, jumped) for at in order if at not in seen][:1]
    return function
