"""Draws the arena over the plan as SVG: a rectangle a tensor, time to the right, addresses up."""

from __future__ import annotations

from xml.sax.saxutils import escape

from host_tools.arena.occupancy import Occupant
from host_tools.blob.reader import Blob

LEFT, TOP, RIGHT = 84, 64, 24
COLUMN = 88
HEIGHT = 420
FONT = "font-family='Helvetica, Arial, sans-serif'"
COLORS = {
    "input": ("#cfe8d5", "#3d8b57"),
    "tensor": ("#d3e2f4", "#3b6ea8"),
    "output": ("#fbe3c0", "#b9771c"),
    "scratch": ("#e6e3e8", "#857d8c"),
    "state": ("#f6d6d8", "#a8484f"),
}
MEANINGS = {
    "input": "network input",
    "tensor": "tensor",
    "output": "network output",
    "scratch": "scratch",
    "state": "state",
}


def svg_drawing(blob: Blob, found: list[Occupant]) -> str:
    """The drawing as an SVG document. Each rectangle has a tooltip with its tensor's name."""
    columns = max(1, len(blob.operators))
    width = LEFT + max(columns * COLUMN, 420) + RIGHT
    longest = max((len(f"{time} {op.name}") for time, op in enumerate(blob.operators)), default=0)
    bottom = 52 + 6.6 * longest
    height = TOP + HEIGHT + bottom
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height:.0f}' "
        f"viewBox='0 0 {width} {height:.0f}' {FONT}>",
        f"<rect width='{width}' height='{height:.0f}' fill='white'/>",
        f"<text x='{LEFT}' y='26' font-size='17' font-weight='bold' fill='#222'>"
        f"{escape(blob.name)}: arena of {blob.arena_size:,} bytes</text>",
        *_legend({occupant.kind for occupant in found}),
        *_address_axis(blob.arena_size, columns),
        *_operator_axis(blob, height - 14),
    ]
    # what lies longest first, so that an output drawn over its input stays visible
    for occupant in sorted(found, key=lambda o: (o.kind == "scratch", o.first)):
        parts += _rectangle(blob, found, occupant)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _y(address: int, arena_size: int) -> float:
    return TOP + HEIGHT * (1 - address / max(1, arena_size))


def _legend(kinds: set[str]) -> list[str]:
    parts = []
    x = LEFT
    for kind, (fill, stroke) in COLORS.items():
        if kind not in kinds:
            continue
        parts.append(
            f"<rect x='{x}' y='38' width='12' height='12' fill='{fill}' stroke='{stroke}'/>"
            f"<text x='{x + 18}' y='48' font-size='12' fill='#333'>{MEANINGS[kind]}</text>"
        )
        x += 36 + 7 * len(MEANINGS[kind])
    return parts


def _address_axis(arena_size: int, columns: int) -> list[str]:
    middle = TOP + HEIGHT / 2
    parts = [
        f"<text transform='translate(18 {middle}) rotate(-90)' text-anchor='middle' "
        "font-size='13' fill='#222'>address in the arena (bytes)</text>"
    ]
    step = _tick_step(arena_size)
    for address in [*range(0, arena_size - step // 3, step), arena_size]:
        y = _y(address, arena_size)
        parts.append(
            f"<line x1='{LEFT - 5}' y1='{y:.1f}' x2='{LEFT + columns * COLUMN}' y2='{y:.1f}' "
            "stroke='#ddd'/>"
            f"<text x='{LEFT - 9}' y='{y + 4:.1f}' text-anchor='end' font-size='11' fill='#444'>"
            f"{address:,}</text>"
        )
    return parts


def _tick_step(arena_size: int) -> int:
    """A power of two that makes about eight ticks."""
    return max(1, 1 << max(0, (arena_size // 8).bit_length() - 1)) if arena_size >= 8 else 1


def _operator_axis(blob: Blob, title_y: float) -> list[str]:
    columns = max(1, len(blob.operators))
    base = TOP + HEIGHT
    parts = []
    for time, operator in enumerate(blob.operators):
        x = LEFT + (time + 0.5) * COLUMN
        parts.append(
            f"<text transform='translate({x + 4:.1f} {base + 12}) rotate(-90)' "
            f"text-anchor='end' font-size='11' fill='#444'>{time} {escape(operator.name)}</text>"
        )
    parts.append(
        f"<line x1='{LEFT}' y1='{base}' x2='{LEFT + columns * COLUMN}' y2='{base}' stroke='#888'/>"
        f"<text x='{LEFT + columns * COLUMN / 2:.1f}' y='{title_y:.1f}' "
        "text-anchor='middle' font-size='13' fill='#222'>operators of the plan, in running order"
        "</text>"
    )
    return parts


def _rectangle(blob: Blob, found: list[Occupant], occupant: Occupant) -> list[str]:
    fill, stroke = COLORS[occupant.kind]
    over = [other for other in found if _writes_over(other, occupant)]
    # where one is written exactly over it, that one shows instead; else only its label keeps clear
    hidden = any((o.offset, o.size) == (occupant.offset, occupant.size) for o in over)
    x = LEFT + occupant.first * COLUMN + 2
    right = LEFT + (occupant.last + 1 - hidden) * COLUMN - 2
    clear = LEFT + (occupant.last + 1 - bool(over)) * COLUMN - 2
    top = _y(occupant.offset + occupant.size, blob.arena_size)
    height = max(1.0, _y(occupant.offset, blob.arena_size) - top)
    title, detail = _names(blob, occupant)
    parts = [
        f"<g><title>{escape(_tooltip(blob, occupant))}</title>"
        f"<rect x='{x}' y='{top:.1f}' width='{right - x}' height='{height:.1f}' rx='2' "
        f"fill='{fill}' stroke='{stroke}'/>"
    ]
    lines = [line for line in (title, detail) if 6.1 * len(line) < clear - x - 4]
    lines = lines[: int(height // 13)]
    for number, line in enumerate(lines):
        y = top + height / 2 + 4 + 13 * (number - (len(lines) - 1) / 2)
        parts.append(
            f"<text x='{(x + clear) / 2:.1f}' y='{y:.1f}' text-anchor='middle' font-size='11' "
            f"fill='#222'>{escape(line)}</text>"
        )
    parts.append("</g>")
    return parts


def _writes_over(other: Occupant, occupant: Occupant) -> bool:
    """Whether `other` is written into bytes of `occupant` by the last operator to read them."""
    return (
        occupant.first < other.first == occupant.last
        and other.offset < occupant.offset + occupant.size
        and occupant.offset < other.offset + other.size
    )


def _names(blob: Blob, occupant: Occupant) -> tuple[str, str]:
    if occupant.tensor is None:
        return "scratch", f"{occupant.size:,}"
    shape = blob.tensors[occupant.tensor].shape
    without_batch = shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
    source = "in" if occupant.source is None else f"{occupant.source}"
    return f"{source}: " + "×".join(str(n) for n in without_batch), f"{occupant.size:,} bytes"


def _tooltip(blob: Blob, occupant: Occupant) -> str:
    what = "scratch" if occupant.tensor is None else blob.tensors[occupant.tensor].name
    return (
        f"{what}: {occupant.size:,} bytes at {occupant.offset:,}, "
        f"operators {occupant.first} to {occupant.last}"
    )
