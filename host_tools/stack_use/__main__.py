"""python -m host_tools.stack_use FOLDER [LIBRARY]: what a build takes of the stack, as a table.

Builds run it on their objects. It ends with status 1 where a function takes more than it checks
for.
"""

from __future__ import annotations

import sys
from pathlib import Path

from host_tools import stack_use
from host_tools.errors import CommandError
from host_tools.text import text_table


def main(words: list[str]) -> int:
    """Prints the table for these words of the command line; returns the exit code."""
    try:
        use = stack_use.check(Path(words[0]), [Path(word) for word in words[1:]])
    except CommandError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    rows = sorted(use.kernels.items(), key=lambda row: -row[1])
    rows = [*use.entries.items(), ("checked for", stack_use.checked_for()), *rows]
    print(text_table(("function or kernel", "bytes"), [(name, str(size)) for name, size in rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
