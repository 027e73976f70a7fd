"""Reading QEMU's log: what was run, and what was announced and taken back."""

from __future__ import annotations

import pytest

from host_tools.cycles.trace import read_trace
from host_tools.errors import CommandError

LISTINGS = {
    "profile": b"""IN: profile
0x00000100:  2001       movs     r0, #1
0x00000102:  f000 f87d  bl       #0x200
""",
    "step": b"""IN: step
0x00000200:  b510       push     {r4, lr}
0x00000202:  f850 1b04  ldr      r1, [r0], #4
0x00000206:  3801       subs     r0, #1
0x00000208:  d1fb       bne      #0x202
""",
    "loop": b"""IN: step
0x00000202:  f850 1b04  ldr      r1, [r0], #4
0x00000206:  3801       subs     r0, #1
0x00000208:  d1fb       bne      #0x202
""",
    "end": b"""IN: step
0x0000020a:  bd10       pop      {r4, pc}
""",
    "after": b"""IN: profile
0x00000106:  bd10       pop      {r4, pc}
""",
}
START = {"profile": 0x100, "step": 0x200, "loop": 0x202, "end": 0x20A, "after": 0x106}


def log(*events: str) -> list[bytes]:
    """QEMU's log of these blocks, each listed before it is run for the first time.

    "stop" takes back the block before, "io ADDRESS" all of it from an address on.
    """
    lines: list[bytes] = []
    for number, event in enumerate(events):
        if event == "stop":
            lines.append(b"Stopped execution of TB chain before 0x7f00 [00000000] step\n")
        elif event.startswith("io"):
            lines.append(b"cpu_io_recompile: rewound execution of TB to %s\n" % event[3:].encode())
        else:
            listing = LISTINGS[event]
            name = listing.split()[1]
            if event not in events[:number]:
                lines += [b"----------------\n", *listing.splitlines(True), b"\n"]
            pointer = START[event] + 0x7F0000000000
            lines.append(
                b"Trace 0: 0x%x [00800408/%08x/00000110/ff020200] %s\n"
                % (pointer, START[event], name)
            )
    return lines


def instructions(*events: str) -> list[int]:
    return [section.instructions for section in read_trace(log(*events), ["step"], "profile")]


def test_a_call_s_instructions_are_counted_until_it_has_returned() -> None:
    assert instructions("profile", "step", "loop", "loop", "end", "after") == [4 + 3 + 3 + 1]
    assert instructions("profile", "step", "end", "after", "profile", "step", "end", "after") == [
        5,
        5,
    ]


def test_a_call_by_another_function_is_none_of_ours() -> None:
    assert instructions("loop", "step", "loop", "end") == []


def test_what_was_announced_and_not_run_does_not_count() -> None:
    assert instructions("profile", "step", "loop", "stop", "loop", "end", "after") == [4 + 3 + 1]


def test_a_block_left_at_a_device_counts_up_to_there() -> None:
    assert instructions("profile", "step", "io 00000206", "loop", "end", "after") == [2 + 3 + 1]
    assert instructions("profile", "step", "io 00000200", "loop", "end", "after") == [3 + 1]


def test_blocks_cost_what_they_do_after_the_one_before() -> None:
    [once] = read_trace(log("profile", "step", "loop", "end", "after"), ["step"], "profile")
    [twice] = read_trace(
        log("profile", "step", "loop", "loop", "end", "after"), ["step"], "profile"
    )
    # ldr; subs with bne; and one to wait, for ldr needs its address early
    assert twice.cycles - once.cycles == 3


def test_a_qemu_that_lists_no_instructions_is_named() -> None:
    lines = [line for line in log("profile", "step") if not line.startswith(b"0x")]
    with pytest.raises(CommandError, match="without Capstone"):
        read_trace(lines, ["step"], "profile")


def test_a_branch_is_mistaken_as_often_as_it_goes_its_rarer_way() -> None:
    turns = ["step", *["loop"] * 4, "end"]
    events = ["profile", *turns, "after"]
    [section] = read_trace(log(*events), ["step"], "profile")
    # into the loop's second turn from `step`, which always branches; out of the loop once in four
    assert section.mispredictions == 1
