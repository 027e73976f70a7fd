"""The packer as atheris runs it: any bytes as a .tflite file end in a CommandError or in a blob
that the board's verifier takes. What else comes is a finding.

`python fuzz_pack.py [libFuzzer's words]`, in the environment that `make fuzz` makes.
"""

from __future__ import annotations

import sys
from pathlib import Path


def pack_or_refuse(data: bytes) -> bool:
    """Whether it was packed; raises where neither holds."""
    from host_tools.errors import CommandError
    from host_tools.host_runtime import HostModel
    from host_tools.pack import pack

    try:
        blob = pack(data, target="cortex-m7")
    except CommandError:
        return False
    HostModel(blob)
    return True


def main(words: list[str]) -> None:
    import atheris

    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    with atheris.instrument_imports(include=["host_tools", "tflite", "flatbuffers"]):
        import host_tools.host_runtime
        import host_tools.pack  # noqa: F401
    atheris.Setup(words, lambda data: pack_or_refuse(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
