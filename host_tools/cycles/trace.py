"""Counts executed blocks from QEMU's log of translated and executed blocks, while QEMU runs.

The log has each block's instructions once, when it is translated (QEMU disassembles them, by
Capstone), and a line each time that it is executed; see `execution_log`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from host_tools.cycles.pipeline import block_cycles
from host_tools.errors import CommandError


# compared by identity: that is fast, and a block translated anew counts as another
@dataclass(frozen=True, eq=False)
class Block:
    """Instructions that QEMU executes in one go: their addresses and texts, what follows them."""

    function: str
    addresses: tuple[int, ...]
    texts: tuple[str, ...]
    end: int

    def until(self, address: int) -> Block:
        """What comes before this address."""
        count = sum(1 for own in self.addresses if own < address)
        return Block(self.function, self.addresses[:count], self.texts[:count], address)


@dataclass
class Section:
    """A stretch of the run, a call of `function`: how often each block ran after which other."""

    function: str
    pairs: Counter[tuple[Block | None, Block]] = field(default_factory=Counter)

    @property
    def instructions(self) -> int:
        return sum(len(block.texts) * times for (_, block), times in self.pairs.items())

    @property
    def cycles(self) -> int:
        """Estimated: of each block after the one before it, as often as it ran."""
        total = 0
        for (before, block), times in self.pairs.items():
            texts = before.texts if before else ()
            jumped = before is None or before.end != block.addresses[0]
            total += times * block_cycles(texts, block.texts, jumped)
        return total

    @property
    def mispredictions(self) -> int:
        """Branches that went the rarer of their two ways here: what any predictor mistakes.

        The last turn of each loop, and what depends on data. Calls and returns are predicted.
        """
        ways: dict[Block, list[int]] = defaultdict(lambda: [0, 0])
        for (before, block), times in self.pairs.items():
            if before is not None:
                ways[before][before.end == block.addresses[0]] += times
        return sum(min(way) for way in ways.values())


def read_trace(lines: Iterable[bytes], functions: Iterable[str], caller: str) -> list[Section]:
    """A section for each call of one of `functions` by `caller`, in order: until it has returned.

    Raises CommandError where the log has executed blocks without their instructions.
    """
    watched = set(functions)
    reader = _Reader(watched, caller)
    blocks = reader.blocks
    for line in lines:
        if line.startswith(b"Trace"):
            words = line.split()
            block = blocks.get(words[2])
            if block is None or reader.listing:
                block = reader.translated(words)
            reader.executed(block)
        elif line.startswith(b"0x"):
            reader.listing.append(line)
        elif line.startswith(b"Stopped"):
            # it was announced, then something else came first
            reader.last = None
        elif line.startswith(b"cpu_io_recompile"):
            if reader.last is not None:
                reader.last = reader.last.until(int(line.rsplit(b" ", 1)[1], 16))
        elif line.startswith(b"IN: "):
            reader.listing = []
    reader.executed(None)
    return reader.sections


class _Reader:
    """Where we are in the log. A block counts when the line after it has not taken it back."""

    def __init__(self, watched: set[str], caller: str) -> None:
        self.blocks: dict[bytes, Block] = {}
        self.listing: list[bytes] = []
        self.sections: list[Section] = []
        self.last: Block | None = None
        self._before: Block | None = None
        self._watched = watched
        self._caller = caller
        self._return = -1
        self._count: Callable[[Block], None] = self._outside

    def translated(self, words: list[bytes]) -> Block:
        start = int(words[3].split(b"/")[1], 16)
        name = words[4].decode() if len(words) > 4 else ""
        if not self.listing:
            raise CommandError(
                "QEMU does not list the instructions it executes: it was built without Capstone; "
                "use one with it (Debian's has it)"
            )
        block = parse_listing(name, self.listing)
        if block.addresses[0] != start:
            raise CommandError(f"QEMU's log is not understood: block {start:#x} has no listing")
        self.listing = []
        self.blocks[words[2]] = block
        return block

    def executed(self, block: Block | None) -> None:
        if self.last is not None and self.last.texts:
            self._count(self.last)
            self._before = self.last
        self.last = block

    def _outside(self, block: Block) -> None:
        before = self._before
        # the compiler may have split the caller and named the part after it: profile.part.0
        called = before is not None and before.function.partition(".")[0] == self._caller
        if before and called and block.function in self._watched:
            self._return = before.end
            self.sections.append(Section(block.function))
            self._count = self._inside
            self._inside(block)

    def _inside(self, block: Block) -> None:
        if block.addresses[0] == self._return:
            self._count = self._outside
        else:
            self.sections[-1].pairs[self._before, block] += 1


def parse_listing(function: str, lines: list[bytes]) -> Block:
    """A block from lines such as `0x0000c2c2:  bf38       it       lo`."""
    addresses, texts, end = [], [], 0
    for line in lines:
        words = line.decode("ascii", "replace").split()
        address = int(words[0].rstrip(":"), 16)
        halfwords = 1
        # a first halfword from 0xe800 on has a second
        if int(words[1], 16) >= 0xE800:
            halfwords = 2
        addresses.append(address)
        texts.append(" ".join(words[1 + halfwords :]))
        end = address + 2 * halfwords
    return Block(function, tuple(addresses), tuple(texts), end)
