"""What the pipeline model knows of an instruction, read from its disassembly.

Figures: LLVM's scheduling model of the Cortex-M7 (ARMScheduleM7.td) and measurements on an
STM32H743 (github.com/jnk0le/random, "pipeline cycle test"). Arm publishes none. Where they differ,
what was measured counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

# how much earlier (+) or later (-) than an addition an operand is needed, in cycles
EARLY, NORMAL, LATE = 1, 0, -1

_ALIASES = {"sb": "r9", "sl": "r10", "fp": "r11", "ip": "r12", "r13": "sp", "r14": "lr"}
_REGISTER = re.compile(r"\b(?:r\d+|sb|sl|fp|ip|sp|lr|[sd]\d+)\b")
_CONDITIONS = {
    "eq",
    "ne",
    "hs",
    "lo",
    "cs",
    "cc",
    "mi",
    "pl",
    "vs",
    "vc",
    "hi",
    "ls",
    "ge",
    "lt",
    "gt",
    "le",
}

_COMPARE = {"cmp", "cmn", "tst", "teq"}
_UNARY = {"mov", "mvn", "movw", "adr", "neg"}
_ALU = {
    "add",
    "addw",
    "adc",
    "sub",
    "subw",
    "sbc",
    "rsb",
    "and",
    "orr",
    "eor",
    "bic",
    "orn",
    "movt",
}
_SHIFT = {"lsl", "lsr", "asr", "ror", "rrx"}
_CARRY = {"adc", "sbc", "rrx"}
_FLAGGED = _UNARY | _ALU | _SHIFT | {"mul"}
_MUL = re.compile(r"mul|smul[bt][bt]|smulw[bt]|smu[as]dx?|smmulr?")
_MAC = re.compile(r"ml[as]|smla[bt][bt]|smlaw[bt]|sml[as]dx?|smml[as]r?")
_LONG = re.compile(r"[su]mull|[su]mlal|smlal[bt][bt]|sml[as]ldx?|umaal")
_EXTEND = re.compile(r"[su]xt(b16|b|h)")
_EXTEND_ADD = re.compile(r"[su]xta(b16|b|h)|pkh(bt|tb)")
_PARALLEL = re.compile(r"(s|sh|u|uh)(add16|add8|asx|sax|sub16|sub8)|sel|clz|bfc")
_SATURATING = re.compile(r"u?q(add|sub|asx|sax)(8|16)?|qd(add|sub)|usada?8")
_BITFIELD = {"ubfx", "sbfx", "rev", "rev16", "revsh", "rbit"}
_LOAD = re.compile(r"ldr(s?[bh])?|ldrex[bh]?|pld")
_STORE = re.compile(r"str(b|h)?")
_MULTIPLE = re.compile(r"(ld|st)m(ia|db|ea|fd)?|push|pop|v(ld|st)m(ia|db)|vpush|vpop")
_BRANCH = {"b", "bl", "bx", "blx", "cbz", "cbnz"}


@dataclass(frozen=True)
class Instruction:
    """One instruction in the pipeline.

    `reads`: register and when it is needed (EARLY, NORMAL, LATE); `writes`: register and cycles
    until an addition can use it. `units`: what it occupies for a cycle. `first`: only as the older
    of a pair. `alone`: in no pair, for `cycles` cycles.
    """

    reads: tuple[tuple[str, int], ...] = ()
    writes: tuple[tuple[str, int], ...] = ()
    units: tuple[str, ...] = ()
    first: bool = False
    alone: bool = False
    cycles: int = 1


@cache
def decode(text: str) -> Instruction:
    """The instruction of this text in Arm's unified syntax; an unknown one takes a cycle alone."""
    mnemonic, _, rest = text.partition(" ")
    mnemonic = mnemonic.removesuffix(".w").removesuffix(".n")
    operands = rest.strip()
    base, sets_flags, conditional = _split(mnemonic)
    found = _decode_base(base, operands)
    reads, writes = found.reads, found.writes
    if conditional or base in _CARRY:
        reads += (("flags", NORMAL),)
    if sets_flags:
        writes += (("flags", 1),)
    return Instruction(reads, writes, found.units, found.first, found.alone, found.cycles)


def _split(mnemonic: str) -> tuple[str, bool, bool]:
    """The base, whether it sets the flags, whether it runs under a condition."""
    if mnemonic in _COMPARE:
        return mnemonic, True, False
    if _known(mnemonic):
        return mnemonic, False, False
    for conditional in (False, True):
        if conditional and mnemonic[-2:] not in _CONDITIONS:
            break
        stem = mnemonic[:-2] if conditional else mnemonic
        if conditional and _known(stem):
            # a branch is predicted: it does not wait for the flags
            return stem, stem in _COMPARE, stem not in _BRANCH
        if stem.endswith("s") and stem[:-1] in _FLAGGED:
            return stem[:-1], True, conditional
    return mnemonic, False, False


def _known(base: str) -> bool:
    return (
        base in _COMPARE | _UNARY | _ALU | _SHIFT | _BITFIELD | _BRANCH
        or base in {"bfi", "ssat", "usat", "ldrd", "strd", "sdiv", "udiv", "nop", "tbb", "tbh"}
        or any(
            pattern.fullmatch(base)
            for pattern in (_MUL, _MAC, _LONG, _EXTEND, _EXTEND_ADD, _PARALLEL, _SATURATING)
        )
        or any(pattern.fullmatch(base) for pattern in (_LOAD, _STORE, _MULTIPLE))
    )


def _registers(text: str) -> list[str]:
    return [_ALIASES.get(name, name) for name in _REGISTER.findall(text)]


def _needs(registers: list[str], when: int = NORMAL) -> tuple[tuple[str, int], ...]:
    return tuple((name, when) for name in registers)


def _gives(registers: list[str], latency: int = 1) -> tuple[tuple[str, int], ...]:
    return tuple((name, latency) for name in registers)


def _decode_base(base: str, operands: str) -> Instruction:
    if base in _BRANCH:
        return Instruction(_needs(_registers(operands)), units=("branch",))
    if base in {"tbb", "tbh"}:
        reads = _needs(_registers(operands), EARLY)
        return Instruction(reads, units=("load",), alone=True, cycles=2)
    if base == "nop" or re.fullmatch("it[te]*", base):
        return Instruction()
    if base in {"ldrd", "strd"} or _MULTIPLE.fullmatch(base):
        return _multiple(base, operands)
    if _LOAD.fullmatch(base) or _STORE.fullmatch(base):
        return _single(base, operands)
    if base.startswith("v"):
        return _floating(base, operands)
    return _arithmetic(base, operands)


def _single(base: str, operands: str) -> Instruction:
    data, _, address = operands.partition("[")
    inside, _, after = address.partition("]")
    reads = _needs(_registers(inside + after), EARLY)
    # the address unit passes a written-back base on at once, but not within a pair
    writes = _gives(_registers(inside)[:1], 0) if after.strip() else ()
    if base.startswith("ldr"):
        # bytes and halfwords are extended a stage later
        latency = 1 if base == "ldr" else 2
        loaded = _gives(_registers(data), latency)
        return Instruction(reads, loaded + writes, ("load",))
    return Instruction(reads + _needs(_registers(data), LATE), writes, ("store",))


def _multiple(base: str, operands: str) -> Instruction:
    if base in {"ldrd", "strd"}:
        data, _, address = operands.partition("[")
        moved = _registers(data)
        inside, _, after = address.partition("]")
        pointers, written_back = _registers(inside), bool(after.strip())
    else:
        pointer, _, listed = operands.partition("{")
        moved = _registers(listed)
        pointers = _registers(pointer) or ["sp"]
        written_back = "!" in pointer or base.endswith(("push", "pop"))
    reads = _needs(pointers, EARLY)
    writes = _gives(pointers[:1], 0) if written_back else ()
    loads = base in {"pop", "vpop"} or base.startswith(("ld", "vld"))
    count = sum(2 if name.startswith("d") else 1 for name in moved) + ("pc" in operands and loads)
    cycles = max(1, (count + 1) // 2)
    if loads:
        writes += _gives(moved, cycles)
    else:
        reads += _needs(moved, LATE)
    return Instruction(reads, writes, alone=True, cycles=cycles)


def _floating(base: str, operands: str) -> Instruction:
    if base.startswith(("vldr", "vstr")):
        data, _, address = operands.partition("[")
        reads, registers = _needs(_registers(address), EARLY), _registers(data)
        double = registers[:1] != [] and registers[0].startswith("d")
        if base.startswith("vldr"):
            return Instruction(reads, _gives(registers, 1 + double), ("load", "fpu"), alone=double)
        return Instruction(reads + _needs(registers, -2), (), ("store", "fpu"), alone=double)
    registers = _registers(operands)
    if base.startswith(("vcmp", "vmrs")):
        return Instruction(_needs(registers), (("flags", 3),), ("fpu",), alone=base == "vmrs")
    slow = base.startswith(("vdiv", "vsqrt"))
    cycles = (30 if ".f64" in base else 14) if slow else 1
    latency = {True: 7, False: 3}[".f64" in base and base.startswith(("vmul", "vml", "vfm"))]
    reads = _needs(registers[1:])
    if base.startswith(("vml", "vfm", "vnml", "vfnm")):
        reads += _needs(registers[:1])
        latency += 3
    return Instruction(reads, _gives(registers[:1], latency), ("fpu",), alone=slow, cycles=cycles)


def _arithmetic(base: str, operands: str) -> Instruction:
    registers = _registers(operands)
    result, sources = registers[:1], registers[1:]
    shifted = re.search(r", (lsl|lsr|asr|ror|rrx)\b", operands)
    if base in _COMPARE:
        result, sources = [], registers
    if base in _UNARY | _ALU | _COMPARE:
        if base not in _UNARY | _COMPARE and operands.count(",") == 1:
            sources = registers  # two operands: the result is also a source
        if not shifted:
            return Instruction(_needs(sources), _gives(result))
        by = _registers(operands[shifted.start() :])
        last = sources[: len(sources) - len(by)][-1:]
        plain = sources[: len(sources) - len(by) - 1]
        reads = _needs(plain) + _needs(last + by, EARLY)
        return Instruction(reads, _gives(result), ("shifter",))
    if base in _SHIFT:
        sources = registers if operands.count(",") == 1 else sources
        return Instruction(_needs(sources), _gives(result))
    if _MUL.fullmatch(base):
        return Instruction(_needs(sources), _gives(result, 2), ("multiplier",))
    if _MAC.fullmatch(base):
        reads = _needs(sources[:2]) + _needs(sources[2:], LATE)
        return Instruction(reads, _gives(result, 2), ("multiplier",))
    if _LONG.fullmatch(base):
        added = [] if base.endswith("mull") else registers[:2]
        reads = _needs(registers[2:]) + _needs(added, LATE)
        return Instruction(reads, _gives(registers[:2], 2), ("multiplier",))
    if base in {"sdiv", "udiv"}:
        return Instruction(_needs(sources), _gives(result), alone=True, cycles=7)
    return _bits(base, result, sources)


def _bits(base: str, result: list[str], sources: list[str]) -> Instruction:
    """Bit fields, extension, saturation and parallel arithmetic: one a cycle, as the older."""
    reads, latency = _needs(sources), 1
    units: tuple[str, ...] = ("bits",)
    if base in _BITFIELD:
        reads, units = _needs(sources, EARLY), ("bits", "shifter")
    elif base == "bfi" or _EXTEND_ADD.fullmatch(base):
        kept = result if base == "bfi" else sources[:-1]
        reads, units = _needs(kept) + _needs(sources[-1:], EARLY), ("bits", "shifter")
    elif base in {"ssat", "usat"}:
        reads, latency, units = _needs(sources, EARLY), 2, ("bits", "shifter")
    elif _SATURATING.fullmatch(base):
        latency = 2
    elif not (_EXTEND.fullmatch(base) or _PARALLEL.fullmatch(base)):
        return Instruction(reads, _gives(result), alone=True)
    return Instruction(reads, _gives(result, latency), units, first=True)
