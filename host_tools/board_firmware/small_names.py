"""The names of a native module with little heap: those of its sources as they are compiled.

MicroPython's mpy_ld.py takes all that stand in a file, also where the preprocessor leaves it out,
and each name that the firmware does not have takes heap.

python small_names.py "GCC FLAGS..." MPY_LD... -o CONFIG_H FILE...: writes the preprocessed text of
the C files among these beside CONFIG_H, then calls mpy_ld.py for that text.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Runs the preprocessor, then MicroPython's linker."""
    compiler, *command = words
    end = command.index("-o") + 2
    config = Path(command[end - 1])
    # in the place of the header that defines the names
    types = config.with_name("types.h")
    types.write_text(
        "typedef __UINTPTR_TYPE__ mp_uint_t;\ntypedef __INTPTR_TYPE__ mp_int_t, mp_off_t;\n"
    )
    flags = [flag for flag in shlex.split(compiler) if flag not in ("-MMD", "-MP")]
    sources = [name for name in command[end:] if name.endswith(".c")]
    text = config.with_name("names.c")
    with text.open("wb") as output:
        run = [*flags, "-UMP_CONFIGFILE", f"-DMP_CONFIGFILE=<{types}>", "-E", "-P", *sources]
        done = subprocess.run(run, stdout=output, check=False)
    return done.returncode or subprocess.run([*command[:end], str(text)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
