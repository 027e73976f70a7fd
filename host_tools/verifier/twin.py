"""The verifier in Python, where there is no C compiler. It says what the C verifier says."""

from __future__ import annotations

from host_tools.verifier.check import Check, Refused
from host_tools.verifier.plan import verify_plan
from host_tools.verifier.records import verify_records


def refusal(blob: bytes) -> str | None:
    """Why a blob is refused, in the words of the C verifier; None for a good one."""
    check = Check(blob)
    try:
        verify_records(check)
        verify_plan(check)
    except Refused as refused:
        return str(refused)
    return None
