"""A pytest plugin that keeps every blob which a test shows to the C runtime.

They go to the file that INKLING_RECORD names, as tests/runtime/judge_blobs.c reads them.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

from host_tools import host_runtime

MOST_BYTES = 1 << 15


def pytest_configure() -> None:
    out = Path(os.environ["INKLING_RECORD"]).open("wb")  # noqa: SIM115
    seen: set[bytes] = set()

    def keep(blob: bytes) -> None:
        blob = bytes(blob)
        if len(blob) <= MOST_BYTES and blob not in seen:
            seen.add(blob)
            out.write(len(blob).to_bytes(4, "little") + blob)

    opened, refusal = host_runtime.HostModel.__init__, host_runtime.refusal

    @functools.wraps(opened)
    def kept_opened(self: Any, blob: bytes, **options: Any) -> None:
        keep(blob)
        opened(self, blob, **options)

    @functools.wraps(refusal)
    def kept_refusal(blob: bytes, **options: Any) -> str | None:
        keep(blob)
        return refusal(blob, **options)

    host_runtime.HostModel.__init__ = kept_opened  # type: ignore[method-assign]
    host_runtime.refusal = kept_refusal
