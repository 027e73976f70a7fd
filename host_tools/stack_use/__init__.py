"""What a build's functions take of the stack at most, held to what they check for at run time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.places import checkout
from host_tools.stack_use.calls import Calls

# what checks the stack before it starts: its name in Python, in C, its object
ENTRIES = (
    ("Model", "inkling_model_make_new", "module/model"),
    ("print", "inkling_model_print", "module/model"),
    ("predict", "predict", "module/predict"),
    ("run", "run", "module/run"),
    ("profile", "profile", "module/profile"),
    ("Listener", "inkling_listener_make_new", "module/listener"),
    ("feed", "feed", "module/listener"),
)
# what a native module for some networks alone, or a build without sound, has not
_LEFT_OUT = ("profile", "Listener", "feed")


@dataclass(frozen=True)
class StackUse:
    """Bytes of stack by kernel, and by function of Python, of one build."""

    kernels: dict[str, int]
    entries: dict[str, int]


def measure(folder: Path, archives: Sequence[Path] = ()) -> StackUse:
    """Of the objects in a build's `folder`, and of libraries that are linked to them.

    Raises CommandError where a function's stack cannot be told.
    """
    calls = Calls(folder, archives)
    entries = {
        name: calls.of(function, path)
        for name, function, path in ENTRIES
        if name not in _LEFT_OUT or calls.has(function, path)
    }
    return StackUse(calls.kernels(), entries)


def check(folder: Path, archives: Sequence[Path] = ()) -> StackUse:
    """The same, held to what they check for: raises CommandError where that is less."""
    use = measure(folder, archives)
    most = checked_for()
    for name, size in use.entries.items():
        if size > most:
            raise CommandError(
                f"{folder}: {name} takes {size} bytes of stack and checks for {most}: make "
                "INKLING_STACK in module/inkling_port.h as large, or the kernel's frame smaller"
            )
    return use


def checked_for() -> int:
    """Bytes that those functions check for."""
    header = checkout() / "firmware_module/module/inkling_port.h"
    found = re.search(r"#define INKLING_STACK (\d+)", header.read_text(encoding="utf8"))
    assert found, header
    return int(found[1])
