"""Looked at before each run is every byte whose change the verifier would refuse."""

from __future__ import annotations

import ctypes

from blob_editor import BlobEditor
from blob_parts import parts_of

from host_tools import host_runtime
from host_tools.host_runtime import HostModel

MOST = 200  # bytes of a part that are tried
OF_TEXT = ("strings_offset", "labels_offset", "labels")


def test_a_change_that_the_verifier_refuses_is_noticed(blobs: dict[str, bytes]) -> None:
    seen: set[tuple[str | None, str]] = set()
    noticed: set[str] = set()
    for blob in blobs.values():
        model = HostModel(blob)
        is_unchanged = ctypes.CDLL(str(model.library)).ink_is_unchanged
        is_unchanged.argtypes, is_unchanged.restype = [ctypes.c_void_p], ctypes.c_bool
        editor = BlobEditor(blob)
        for part in parts_of(editor):
            if (part.kernel, part.name) in seen or part.name in OF_TEXT:
                continue  # held to their part whenever they are read
            seen.add((part.kernel, part.name))
            start = editor.read(part.at, "I")
            for at in range(start, start + part.size, 1 + part.size // MOST):
                for flip in (0x80, 0xFF):
                    changed = BlobEditor(blob)
                    changed.data[at] ^= flip
                    if host_runtime.refusal(changed.bytes()) is None:
                        continue
                    model._blob[at] ^= flip
                    assert not is_unchanged(model.handle), (part, at - start)
                    model._blob[at] ^= flip
                    noticed.add(part.name)
        assert is_unchanged(model.handle)
    assert {"rows", "columns", "multiplier", "shift", "edges", "params_offset"} <= noticed
