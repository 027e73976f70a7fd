"""What the verifier says of a blob, C and its twin in Python, which must agree."""

from __future__ import annotations

import pytest

from host_tools.host_runtime import BlobError, HostModel
from host_tools.verifier import twin


def refusal(blob: bytes) -> str:
    """What C says of a blob that it refuses, and its twin in Python."""
    with pytest.raises(BlobError) as caught:
        HostModel(blob)
    assert twin.refusal(blob) == str(caught.value)
    return str(caught.value)
