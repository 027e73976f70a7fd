"""What occupies the arena at each operator, worked out from a blob's records."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.blob.reader import Blob, BlobTensor


@dataclass
class Occupant:
    """`size` bytes at `offset` of the arena, from operator `first` to operator `last` included.

    `source` is the operator that writes them, or None for a network's input and for a state.
    `kind` is input, output, tensor, scratch or state; `tensor` an index, None for scratch.
    """

    kind: str
    offset: int
    size: int
    first: int
    last: int
    source: int | None
    tensor: int | None


def occupants(blob: Blob) -> list[Occupant]:
    """States, inputs in order, then what each operator writes, its scratch before its output.

    A tensor begins where its first byte is written and ends at its last reader, a network's
    output at the last operator. What is read under another shape counts for the tensor whose
    bytes it is.
    """
    last = max(0, len(blob.operators) - 1)
    states = {
        (tensor.offset, tensor.size): Occupant(
            "state", tensor.offset, tensor.size, 0, last, None, index
        )
        for index, tensor in reversed(list(enumerate(blob.tensors)))
        if tensor.place == "state"
    }
    found = [
        Occupant("input", tensor.offset, tensor.size, 0, 0, None, index)
        for index in dict.fromkeys(blob.inputs)
        for tensor in [blob.tensors[index]]
    ]
    current = {occupant.tensor: occupant for occupant in found}
    found = [*sorted(states.values(), key=lambda state: state.offset), *found]
    for time, operator in enumerate(blob.operators):
        for index in operator.inputs:
            _extend(found, current, index, blob.tensors[index], time)
        if operator.scratch_size:
            found.append(
                Occupant(
                    "scratch",
                    operator.scratch_offset,
                    operator.scratch_size,
                    time,
                    time,
                    time,
                    None,
                )
            )
        if blob.tensors[operator.output].place == "state":
            continue
        if operator.output in current:
            current[operator.output].last = time
        else:
            tensor = blob.tensors[operator.output]
            occupant = Occupant(
                "tensor", tensor.offset, tensor.size, time, time, time, operator.output
            )
            found.append(occupant)
            current[operator.output] = occupant
    for index in blob.outputs:
        occupant_of_output = _extend(found, current, index, blob.tensors[index], last)
        if occupant_of_output is not None and occupant_of_output.kind == "tensor":
            occupant_of_output.kind = "output"
    return found


def _extend(
    found: list[Occupant],
    current: dict[int | None, Occupant],
    index: int,
    tensor: BlobTensor,
    time: int,
) -> Occupant | None:
    """Lets what `index` reads live until `time`; None for a constant and for what none wrote."""
    if tensor.place != "arena":
        return None
    occupant = current.get(index)
    if occupant is None:
        same = [o for o in found if o.tensor is not None and o.offset == tensor.offset]
        same = [o for o in same if o.size == tensor.size]
        if not same:
            return None
        occupant = same[-1]
        current[index] = occupant
    occupant.last = max(occupant.last, time)
    return occupant


def live_bytes(found: list[Occupant], time: int) -> int:
    """Bytes in use while operator `time` runs; an output written over its input counts once."""
    taken = sorted((o.offset, o.offset + o.size) for o in found if o.first <= time <= o.last)
    total, end = 0, 0
    for start, stop in taken:
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total
