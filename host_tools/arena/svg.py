"""Draws the arena over the plan as SVG: a bar a tensor, time to the right, addresses up.

It is as wide as a page, light or dark; more operators than fit side by side go to further rows.
Where an operator writes over what it reads, both bars have half of its column: none is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from host_tools.arena.occupancy import Occupant
from host_tools.blob.reader import Blob
from host_tools.tensor_text import short_name

# the page, what is beside the bars, and the columns before the first and after the last operator
WIDTH, LEFT, TOP, RIGHT = 880, 88, 66, 16
EDGE = 76
# of an operator at most; operators side by side; heights of one row alone, of each of several
COLUMN, MOST, HEIGHT, LOW = 88, 32, 420, 320
THINNEST = 2.5
# pixels of a line and of a character
LINE, CHARACTER = 13, 6.3
KINDS = {
    "input": "network input",
    "tensor": "tensor",
    "output": "network output",
    "scratch": "scratch",
    "state": "state",
}
STYLE = """
text { font: 12px Helvetica, Arial, sans-serif; fill: #222; }
.title { font-size: 17px; font-weight: bold; }
.page { fill: #fff; }
.line { stroke: #ddd; }
.base { stroke: #888; }
.input { fill: #cfe8d5; stroke: #3d8b57; }
.tensor { fill: #d3e2f4; stroke: #3b6ea8; }
.output { fill: #fbe3c0; stroke: #b9771c; }
.scratch { fill: #e6e3e8; stroke: #857d8c; }
.state { fill: #f6d6d8; stroke: #a8484f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e3e6ea; }
  .page { fill: #14171b; }
  .line { stroke: #353a41; }
  .base { stroke: #8b929b; }
  .input { fill: #1f4a2e; stroke: #6cc48a; }
  .tensor { fill: #21405f; stroke: #7ab0ea; }
  .output { fill: #5f3f0e; stroke: #eab25c; }
  .scratch { fill: #3b3740; stroke: #aaa2b2; }
  .state { fill: #5a2a2e; stroke: #e58a91; }
}
"""


@dataclass(frozen=True)
class _Row:
    """Operators `first` up to, not including, `end`, drawn side by side from `top` down."""

    blob: Blob
    first: int
    end: int
    column: float
    top: float
    height: int

    @property
    def before(self) -> int:
        """The width of the column of inputs."""
        return EDGE if self.first == 0 else 0

    @property
    def after(self) -> int:
        """The width of the column of outputs."""
        return EDGE if self.end >= len(self.blob.operators) else 0

    @property
    def right(self) -> float:
        return self.x(self.end) + self.after

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def x(self, time: float) -> float:
        """Where an operator's column begins, or a part of it."""
        return LEFT + self.before + (time - self.first) * self.column

    def y(self, address: int) -> float:
        return self.top + self.height * (1 - address / max(1, self.blob.arena_size))


def svg_drawing(blob: Blob, found: list[Occupant]) -> str:
    """The drawing as an SVG document. Each bar has a tooltip with its tensor's name."""
    rows = _rows(blob)
    width = max(520, *(int(row.right) + RIGHT for row in rows))
    below = _below(blob)
    height = rows[-1].bottom + below
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height:.0f}' "
        f"viewBox='0 0 {width} {height:.0f}'>",
        f"<style>{STYLE}</style>",
        f"<rect class='page' width='{width}' height='{height:.0f}'/>",
        f"<text class='title' x='{LEFT}' y='26'>{escape(short_name(blob.name))}: arena of "
        f"{blob.arena_size:,} bytes</text>",
        *_legend({occupant.kind for occupant in found}),
    ]
    for row in rows:
        parts += [*_address_axis(row), *_operator_axis(row, row.bottom + below - 14)]
        edges: list[tuple[float, float, float]] = []
        for occupant in found:
            parts += _bar(row, found, occupant, edges)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _rows(blob: Blob) -> list[_Row]:
    count = max(1, len(blob.operators))
    number = -(-count // MOST)
    side_by_side = -(-count // number)
    room = WIDTH - LEFT - RIGHT - (2 * EDGE if number == 1 else EDGE)
    column = min(COLUMN, room / side_by_side)
    height = HEIGHT if number == 1 else LOW
    step = height + _below(blob) + 20
    return [
        _Row(
            blob,
            index * side_by_side,
            min(count, (index + 1) * side_by_side),
            column,
            TOP + index * step,
            height,
        )
        for index in range(number)
    ]


def _below(blob: Blob) -> float:
    """What the names of operators and a title take under a row."""
    longest = max((len(f"{time} {op.name}") for time, op in enumerate(blob.operators)), default=0)
    return 48 + 7.4 * max(longest, len("output"))


def _legend(kinds: set[str]) -> list[str]:
    parts = []
    x = LEFT
    for kind, meaning in KINDS.items():
        if kind not in kinds:
            continue
        parts.append(
            f"<rect class='{kind}' x='{x}' y='38' width='12' height='12'/>"
            f"<text x='{x + 18}' y='48'>{meaning}</text>"
        )
        x += 40 + 7 * len(meaning)
    return parts


def _address_axis(row: _Row) -> list[str]:
    size = row.blob.arena_size
    parts = [
        f"<text transform='translate(18 {row.top + row.height / 2}) rotate(-90)' "
        "text-anchor='middle'>address in the arena (bytes)</text>"
    ]
    step = _tick_step(size)
    for address in [*range(0, size - step // 3, step), size]:
        y = row.y(address)
        parts.append(
            f"<line class='line' x1='{LEFT - 5}' y1='{y:.1f}' x2='{row.right:.1f}' y2='{y:.1f}'/>"
            f"<text x='{LEFT - 9}' y='{y + 4:.1f}' text-anchor='end'>{address:,}</text>"
        )
    return parts


def _tick_step(arena_size: int) -> int:
    """A power of two that makes about eight ticks."""
    return max(1, 1 << max(0, (arena_size // 8).bit_length() - 1)) if arena_size >= 8 else 1


def _operator_axis(row: _Row, title_y: float) -> list[str]:
    names = [
        (row.x(time + 0.5), f"{time} {row.blob.operators[time].name}")
        for time in range(row.first, min(row.end, len(row.blob.operators)))
    ]
    names += [(LEFT + EDGE / 2, "input")] if row.before else []
    names += [(row.right - EDGE / 2, "output")] if row.after else []
    return [
        *(
            f"<text transform='translate({x + 4:.1f} {row.bottom + 10}) rotate(-90)' "
            f"text-anchor='end'>{escape(name)}</text>"
            for x, name in names
        ),
        f"<line class='base' x1='{LEFT}' y1='{row.bottom}' x2='{row.right:.1f}' "
        f"y2='{row.bottom}'/>"
        f"<text x='{(LEFT + row.right) / 2:.1f}' y='{title_y:.1f}' text-anchor='middle'>"
        "operators of the plan, in running order</text>",
    ]


def _bar(
    row: _Row,
    found: list[Occupant],
    occupant: Occupant,
    edges: list[tuple[float, float, float]],
) -> list[str]:
    """The part of a bar that lies in a row; `edges` are labels beside the bars, for the next."""
    begins_over = any(_writes_over(occupant, other) for other in found)
    ends_under = any(_writes_over(other, occupant) for other in found)
    first = occupant.first + begins_over / 2
    end = occupant.last + 1 - ends_under / 2
    if first >= row.end or end <= row.first:
        return []
    at_left = occupant.source is None and row.before > 0
    at_right = occupant.kind in ("output", "state") and row.after > 0
    x = (LEFT if at_left else row.x(max(first, row.first))) + 1.5
    right = (row.right if at_right else row.x(min(end, row.end))) - 1.5
    bottom = row.y(occupant.offset)
    height = max(THINNEST, bottom - row.y(occupant.offset + occupant.size))
    top = bottom - height
    parts = [
        f"<g><title>{escape(_tooltip(row.blob, occupant))}</title>"
        f"<rect class='{occupant.kind}' x='{x:.1f}' y='{top:.1f}' width='{right - x:.1f}' "
        f"height='{height:.1f}' rx='2'/>"
    ]
    shape = _shape(row.blob, occupant)
    if occupant.kind in ("input", "state") and at_left:
        middle = LEFT + EDGE / 2
        parts += _edge_label([occupant.kind, shape], middle, top, height, row, edges)
    elif at_right:
        middle = row.right - EDGE / 2
        parts += _edge_label([occupant.kind, shape], middle, top, height, row, edges)
    else:
        parts += _inside(_lines(occupant, shape), (x + right) / 2, right - x, top, height)
    return [*parts, "</g>"]


def _writes_over(other: Occupant, occupant: Occupant) -> bool:
    """Whether `other` is written into bytes of `occupant` by the last operator to read them."""
    return (
        other.source == occupant.last
        and other.source != occupant.source  # its scratch, or itself
        and other.offset < occupant.offset + occupant.size
        and occupant.offset < other.offset + other.size
    )


def _edge_label(
    lines: list[str],
    x: float,
    top: float,
    height: float,
    row: _Row,
    edges: list[tuple[float, float, float]],
) -> list[str]:
    """What is said of an input or output: in its bar, or above it where that is too thin."""
    needed = LINE * len(lines) + 4
    place = top + (height - needed) / 2 if height >= needed else top - needed
    place = max(place, row.top)
    for left, start, end in edges:
        if left == x and place < end and start < place + needed:
            place = start - needed
    edges.append((x, place, place + needed))
    return [
        f"<text x='{x:.1f}' y='{place + LINE * (number + 1) - 1:.1f}' text-anchor='middle'>"
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]


def _inside(
    choices: list[list[str]], x: float, width: float, top: float, height: float
) -> list[str]:
    """The first of the labels that fits into a bar, flat or upright."""
    middle = top + height / 2 + 4
    for lines in choices:
        longest = CHARACTER * max(map(len, lines)) + 6
        if longest <= width and LINE * len(lines) - 1 <= height:
            return [
                f"<text x='{x:.1f}' y='{middle + LINE * (number - (len(lines) - 1) / 2):.1f}' "
                f"text-anchor='middle'>{escape(line)}</text>"
                for number, line in enumerate(lines)
            ]
        upright = len(lines) == 1 and len(lines[0]) > 2
        if upright and longest <= height and width >= LINE + 2:
            return [
                f"<text transform='translate({x + 4:.1f} {middle - 4:.1f}) rotate(-90)' "
                f"text-anchor='middle'>{escape(lines[0])}</text>"
            ]
    return []


def _lines(occupant: Occupant, shape: str) -> list[list[str]]:
    """Labels of a bar, those that say the most first."""
    if occupant.tensor is None:
        return [["scratch", f"{occupant.size:,}"], ["scratch"]]
    what = shape if occupant.source is None else f"{occupant.source}: {shape}"
    number = [] if occupant.source is None else [[f"{occupant.source}"]]
    size = f"{occupant.size:,} bytes"
    return [[what, size], [f"{what}, {size}"], [what], *number]


def _shape(blob: Blob, occupant: Occupant) -> str:
    if occupant.tensor is None:
        return ""
    shape = blob.tensors[occupant.tensor].shape
    without_batch = shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
    return "×".join(str(n) for n in without_batch) or "1"


def _tooltip(blob: Blob, occupant: Occupant) -> str:
    what = "scratch" if occupant.tensor is None else blob.tensors[occupant.tensor].name
    return (
        f"{what}: {occupant.size:,} bytes at {occupant.offset:,}, "
        f"operators {occupant.first} to {occupant.last}"
    )
