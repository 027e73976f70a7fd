"""What GCC assembles for a native module with little heap: shorter words, near their functions.

python small_assembly.py HEADER SOURCE... chooses pairs by the string literals of C sources;
python small_assembly.py HEADER LEAST as ..., as GCC calls it by -wrapper, assembles with them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # GCC calls it in any folder
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from host_tools.board_firmware import near_words, short_words


def main(words: list[str]) -> int:
    """Writes the header, or runs what GCC runs."""
    path, *command = words
    if all(word.endswith(".c") for word in command):
        sources = [Path(source).read_text("utf8") for source in command]
        texts = [text for source in sources for text in short_words.literals(source)]
        new = short_words.header(short_words.choose(texts))
        if not Path(path).exists() or Path(path).read_text("utf8") != new:
            Path(path).write_text(new, "utf8")
        return 0
    least, *command = command
    if Path(command[0]).name.endswith("as"):
        assembly = Path(command[-1])
        pairs = short_words.read_pairs(Path(path).read_text("utf8"))
        text = short_words.shorten(assembly.read_text("utf8"), pairs, int(least))
        assembly.write_text(near_words.place(text), "utf8")
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
