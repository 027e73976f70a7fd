"""The twin of firmware_module/runtime/ink_verify_plan.c: the operators."""

from __future__ import annotations

from host_tools.blob import layout
from host_tools.kernels import KERNELS
from host_tools.verifier.check import (
    ARENA,
    BAD_OPERATOR,
    BLOB,
    LITTLE_SCRATCH,
    NO_KERNEL,
    ORDER,
    OVERLAP,
    TOO_MUCH_WORK,
    WORD,
    Call,
    Check,
    Tensor,
)
from host_tools.verifier.records import overlap
from host_tools.verifier.rules import RULES

# ink_verify_plan.c
_MOST_LOOKED, _LOOK = 8, 8

_CARDS = {card.number: card for card in KERNELS.values()}


def verify_plan(check: Check) -> None:
    """The operators of a blob whose records are verified."""
    records: list[dict[str, int]] = []
    work = 0
    for index in range(check.header["n_operators"]):
        record = check.operator(index)
        card = _CARDS.get(record["kernel"])
        name = f"kernel {record['kernel']}" if card is None else card.name
        check.place = f"operator {index} ({name})"
        if card is None:
            check.refuse(NO_KERNEL)
        _record(check, record, card.inputs, card.record.size)
        call = Call.of(check, card, record)
        _order(check, call, records)
        RULES[card.name](call)
        most = _MOST_LOOKED * check.header["blob_size"]
        check.between(TOO_MUCH_WORK, "the bytes looked at up to here", check.looked, 0, most)
        _overlaps(check, call, record)
        scratch = record["scratch_size"]
        check.between(LITTLE_SCRATCH, "scratch_size", scratch, call.scratch, WORD)
        work = min(work + card.work(call.layer), WORD)
        check.between(TOO_MUCH_WORK, "the work up to here", work, 0, layout.MAX_WORK)
        records.append(record)
    for index, (number, _, _) in enumerate(check.outputs):
        check.place = f"output {index}"
        if not _is_written(check, check.tensors[number], records):
            check.refuse(ORDER, "it is not written, or written over")


def _record(check: Check, record: dict[str, int], n_inputs: int, params_size: int) -> None:
    bad, last = BAD_OPERATOR, len(check.tensors) - 1
    check.equal(bad, "reserved", record["reserved"], 0)
    check.between(bad, "input0", record["input0"], 0, last)
    check.between(bad, "output", record["output"], 0, last)
    if n_inputs == 2:
        check.between(bad, "input1", record["input1"], 0, last)
    else:
        check.equal(bad, "input1", record["input1"], layout.NO_TENSOR)
    if check.tensors[record["output"]].place == BLOB:
        check.refuse(bad, "the output is a constant")
    check.string("name", record["name"])
    check.equal(bad, "params_size", record["params_size"], params_size)
    check.range(bad, "params_offset", record["params_offset"], params_size, 4)
    offset, size = record["scratch_offset"], record["scratch_size"]
    check.multiple(bad, "scratch_offset", offset, 16)
    check.ends(bad, "scratch", offset, size, check.header["arena_size"])
    if size:
        check.between(OVERLAP, "scratch_offset", offset, check.state_size, WORD)


def _order(check: Check, call: Call, before: list[dict[str, int]]) -> None:
    for number, tensor in enumerate((call.input0, call.input1)):
        if tensor is not None and not _is_written(check, tensor, before):
            check.refuse(ORDER, f"input {number} is not written, or written over")


def _is_written(check: Check, tensor: Tensor, before: list[dict[str, int]]) -> bool:
    """Whether its bytes are what was last written there as it, or as another view of it."""
    if tensor.place != ARENA:
        return True
    for record in reversed(before):
        check.looked += _LOOK
        output = check.tensors[record["output"]]
        if overlap(tensor, output.offset, output.size):
            return tensor.bytes_of == output.bytes_of
        if record["scratch_size"] and overlap(
            tensor, record["scratch_offset"], record["scratch_size"]
        ):
            return False
    inputs = (check.tensors[number] for number, _, _ in check.inputs)
    return any(tensor.bytes_of == other.bytes_of for other in inputs)


def _overlaps(check: Check, call: Call, record: dict[str, int]) -> None:
    input0, output = call.input0, call.output
    scratch = (record["scratch_offset"], record["scratch_size"])
    before = input0.offset - output.offset
    slides = call.slide is not None and before >= call.slide and before % call.step == 0
    same = call.card.in_place and before == 0 and input0.size == output.size
    written = (output.offset, output.size)
    what = None
    if _touches(input0, *written) and not slides and not same:
        what = "the output and input 0"
    elif _touches(call.input1, *written):
        what = "the output and input 1"
    elif _touches(output, *scratch):
        what = "scratch and the output"
    elif _touches(input0, *scratch):
        what = "scratch and input 0"
    elif _touches(call.input1, *scratch):
        what = "scratch and input 1"
    if what:
        check.refuse(OVERLAP, what)


def _touches(tensor: Tensor | None, offset: int, size: int) -> bool:
    """Whether its bytes are those of the arena from `offset`. A constant's never are."""
    return (
        tensor is not None and tensor.place != BLOB and size != 0 and overlap(tensor, offset, size)
    )
