"""Text that a terminal would obey or hide: what a board's script prints, and how it is shown."""

from __future__ import annotations

import unicodedata

# colours and a title by ESC, the same by C1 controls, a turned direction, nothing wide, the byte
# order's mark, a separator of lines, backspaces, bytes that are no UTF-8, each in its own line;
# then sequences whose bytes come a fifth of a second apart, which is in two reads of the line
SCRIPT = r"""
import sys, time
out = sys.stdout.buffer
out.write("grüße 日本 🦜\ta tab\n".encode())
out.write(b"\x1b[31mred\x1b]0;title\x07\n")
out.write("\x9b31mred\x9d0;title\x9c\n".encode())
out.write("a\u202eb\u2066c\u200bd\ufeffe\u2028f\n".encode())
out.write(b"over\x08\x08\x08\x08\x7f\x00\n")
out.write(b"\xff\xfe\x9b \xed\xa0\x80 \xc0\x80\n")
for part in (b"\x1b", b"[2J \xe2\x80", b"\xae \xc2", b"\x9b \xf0\x9f", b"\xa6\x9c\n"):
    out.write(part)
    time.sleep_ms(200)
print("last")
"""
SHOWN = [
    "grüße 日本 🦜\ta tab",
    r"\x1b[31mred\x1b]0;title\x07",
    r"\x9b31mred\x9d0;title\x9c",
    r"a\u202eb\u2066c\u200bd\ufeffe\u2028f",
    r"over\x08\x08\x08\x08\x7f\x00",
    "\ufffd\ufffd\ufffd \ufffd\ufffd\ufffd \ufffd\ufffd",
    r"\x1b[2J \u202e \x9b 🦜",
    "last",
]


def obeyed(text: str) -> list[str]:
    """The characters of `text` that a terminal obeys or hides, but for lines' ends and tabs."""
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in kinds and c not in "\n\t"]
