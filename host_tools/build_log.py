"""Which lines of a build log say why it failed; python -m host_tools.build_log LOG prints them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

_MOST_LINES = 40
# lines of source that a compiler shows below its message
_MOST_EXCERPT = 4
# how far above make's last word the program that failed may have spoken
_MOST_ABOVE = 20

# what compilers, the linker, the shell, git, Python and make's own $(error) say; `error` alone
# stands in names of files, and a summary such as `ld returned 1` says nothing new
_CAUSE = re.compile(
    r"(^|: )(fatal |internal compiler )?error: (?!ld returned)"
    r"|undefined reference to|multiple definition of|overflowed by \d|will not fit in region"
    r"|cannot find -l|No such file or directory|command not found|: not found$"
    r"|^fatal: (clone of|could not|unable to) |Permission denied|No space left on device"
    r"|^\w+(\.\w+)*(Error|Exception)\b"
    r"|\*\*\* (?!\[|Waiting)"
)
_FAILED_RECIPE = re.compile(r"\*\*\* \[")
# what a makefile tells of itself and of each file
_STEP = re.compile(r"[A-Z_]+ \S+$|make(\[\d+\])?: |mkdir -p |Use make V=1|.* updated$")


def causes(lines: Sequence[str]) -> list[str]:
    """The lines that say why, with their excerpts; else what stands above the failed step."""
    found: list[str] = []
    for index, line in enumerate(lines):
        if not _CAUSE.search(line):
            continue
        found.append(line)
        for below in lines[index + 1 : index + 1 + _MOST_EXCERPT]:
            if not below.startswith(" "):
                break
            found.append(below)
    return (found or _above_the_failed_step(lines))[:_MOST_LINES]


def _above_the_failed_step(lines: Sequence[str]) -> list[str]:
    failed = (index for index, line in enumerate(lines) if _FAILED_RECIPE.search(line))
    end = next(failed, len(lines))
    above = lines[max(0, end - _MOST_ABOVE) : end]
    # make's own line, too: it names the step
    return [*(line for line in above if not _STEP.match(line)), *lines[end : end + 1]]


def read_causes(log: Path) -> list[str]:
    """The same of a log's file."""
    return causes(log.read_text(encoding="utf8", errors="replace").splitlines())


if __name__ == "__main__":
    print("\n".join(read_causes(Path(sys.argv[1]))))
