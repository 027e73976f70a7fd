"""The model of the pipeline, on blocks short enough to count by hand."""

from __future__ import annotations

import pytest

from host_tools.cycles.instructions import decode
from host_tools.cycles.pipeline import Pipeline, block_cycles


def cycles(*block: str) -> int:
    """From the first instruction's cycle to the last one's, both counted."""
    return block_cycles((), block)


def steady(*block: str) -> float:
    """Cycles of one pass of a loop of this body."""
    return block_cycles((*block, "bne #0"), (*block, "bne #0"))


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        # two that have nothing to do with each other share a cycle, three do not
        (("add r0, r1, r2", "add r3, r4, r5"), 1),
        (("add r0, r1, r2", "add r3, r4, r5", "add r6, r7, r8"), 2),
        # one that needs the other's result comes a cycle later
        (("add r0, r1, r2", "add r3, r0, r5"), 2),
        # also by its second name, and by the flags
        (("add ip, r1, r2", "add.w r3, r12, r5"), 2),
        (("cmp r0, r1", "it ne", "movne r2, r3"), 2),
        (("cmp r0, r1", "adc r2, r3, r4"), 2),
        # a branch is predicted: it does not wait for them
        (("cmp r0, r1", "bne #0x100"), 1),
        # two operands: the result is a source too
        (("movs r0, #1", "adds r0, #1", "adds r0, #1"), 3),
        (("mov r0, #1", "mov r0, #2"), 1),
    ],
)
def test_neighbours_share_a_cycle_when_neither_needs_the_other(
    block: tuple[str, ...], expected: int
) -> None:
    assert cycles(*block) == expected


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        # a loaded word: next cycle for an addition, one more for an address or a factor
        (("ldr r0, [r1]", "add r2, r0, r3"), 2),
        (("ldr r0, [r1]", "ldr r2, [r0, #4]"), 3),
        (("ldr.w r0, [r1, #8]", "smlad r4, r0, r5, r4"), 3),
        (("ldr r0, [r1]", "add.w r2, r3, r0, lsl #2"), 3),
        # a byte takes a cycle longer
        (("ldrsb r0, [r1]", "add r2, r0, r3"), 3),
        # a store needs its value late, its address early
        (("add r0, r1, r2", "str r0, [r3]"), 1),
        (("add r0, r1, r2", "str r3, [r0]"), 3),
        # two words may be loaded in a cycle, one stored
        (("ldr r0, [r1]", "ldr r2, [r3]"), 1),
        (("str r0, [r1]", "str r2, [r3]"), 2),
        (("ldr r0, [r1]", "str r2, [r3]"), 1),
        # what is written back can be used at once, but not within the pair
        (("ldr r0, [r1], #4", "ldr r2, [r1], #4"), 2),
        (("ldr r0, [r1], #4", "ldr r2, [r3], #4"), 1),
        # pairs and lists go alone and move two registers a cycle
        (("ldrd r0, r1, [r2]", "add r3, r4, r5"), 2),
        (("add r3, r4, r5", "ldrd r0, r1, [r2]"), 2),
        (("stm.w r0!, {r4, r5, r6, r7, r8}", "add r1, r2, r3"), 4),
        (("push.w {r4, r5, r6, lr}",), 2),
        (("pop.w {r4, r5, r6, pc}",), 2),
    ],
)
def test_memory_takes_the_cycles_that_were_measured(block: tuple[str, ...], expected: int) -> None:
    assert cycles(*block) == expected


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        # one multiply a cycle; an addition to a running sum waits for nothing
        (("smlad r0, r1, r2, r0", "smlad r3, r1, r2, r3"), 2),
        (("smlad r0, r1, r2, r0", "smlad r0, r3, r4, r0"), 2),
        (("mul r0, r1, r2", "mla r3, r4, r5, r0"), 2),
        # but a product as a factor or in an addition does
        (("mul r0, r1, r2", "add r3, r0, r4"), 3),
        (("mul r0, r1, r2", "mul r3, r0, r4"), 3),
        # a load or an addition beside it is free, a store is not
        (("smlad r0, r1, r2, r0", "ldr r3, [r4]"), 1),
        (("smlad r0, r1, r2, r0", "str r3, [r4]"), 2),
        (("smull r0, r1, r2, r3", "add r4, r1, r5"), 3),
        # parallel and bit-field instructions: one a cycle, as the older
        (("sxtb16 r0, r1", "add r2, r3, r4"), 1),
        (("add r2, r3, r4", "sxtb16 r0, r1"), 2),
        (("sxtb16 r0, r1", "sxtb16 r2, r1, ror #8"), 2),
        (("ssat r0, #8, r1", "add r2, r0, r3"), 3),
        # one shifted operand a cycle
        (("add.w r0, r1, r2, lsl #1", "add.w r3, r4, r5, lsl #1"), 2),
        (("add.w r0, r1, r2, lsl #1", "add.w r3, r4, r5"), 1),
        # a division stops all
        (("udiv r0, r1, r2", "add r3, r4, r5"), 8),
    ],
)
def test_arithmetic_takes_the_cycles_that_were_measured(
    block: tuple[str, ...], expected: int
) -> None:
    assert cycles(*block) == expected


def test_a_loop_of_multiplies_with_loads_between_takes_a_cycle_each() -> None:
    assert steady(*(f"smlad r{sum}, r8, r9, r{sum}" for sum in range(4))) == 4
    assert (
        steady(
            "ldr.w r0, [r8]",
            "smlad r4, r1, r9, r4",
            "ldr.w r1, [r8, #4]",
            "smlad r5, r2, r9, r5",
            "subs r7, #1",
        )
        == 3
    )


def test_a_taken_branch_ends_its_pair() -> None:
    assert block_cycles(("add r0, r1, r2", "add r3, r4, r5", "b #0"), ("add r6, r7, r8",)) == 1
    assert (
        block_cycles(("add r0, r1, r2", "add r3, r4, r5", "b #0"), ("add r6, r7, r8",), False) == 0
    )


def test_what_the_model_does_not_know_takes_a_cycle_alone() -> None:
    pipeline = Pipeline()
    starts = [pipeline.issue(decode(text)) for text in ("add r0, r1", "cpsid i", "add r2, r3")]
    assert starts == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("bls #0x20", ()),
        ("blt #0x20", ()),
        ("mls r0, r1, r2, r3", (("r0", 2),)),
        ("lsls r0, r1, #2", (("r0", 1), ("flags", 1))),
        ("muls r0, r1, r0", (("r0", 2), ("flags", 1))),
        ("strheq.w r0, [r1]", ()),
        ("ldrls r0, [r1]", (("r0", 1),)),
        ("teq r0, r1", (("flags", 1),)),
    ],
)
def test_mnemonics_are_split_into_operation_flags_and_condition(
    text: str, written: tuple[tuple[str, int], ...]
) -> None:
    assert decode(text).writes == written
