"""The kernels that some networks use, as a header for a build that has no others.

python -m host_tools.board_firmware.kernel_list HEADER FILE... (`make natmod FOR="FILE ..."`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from host_tools.blob.layout import BILINEAR, BORDER, OPENMV, SQUEEZE
from host_tools.blob.reader import Blob, read_blob
from host_tools.errors import CommandError
from host_tools.files import read_whole, write_whole
from host_tools.kernels import KERNELS
from host_tools.pack import DEFAULT_TARGET, pack

# kernels that have `tables`, as firmware_module/runtime/operators says
WITH_TABLES = {
    "conv_s8",
    "depthwise_conv_s8",
    "fully_connected_s8",
    "resize_bilinear_s8",
    "resize_nearest_s8",
}


def read_model(file: Path) -> Blob:
    """A blob, or that of a model as `host_tools pack` packs it by default.

    Raises CommandError for a file that is neither, or cannot be read or packed.
    """
    data = read_whole(file) if file.suffix == ".ink" else pack(file, target=DEFAULT_TARGET)
    return read_blob(data, str(file))


def header(names: Iterable[str], **switches: bool) -> str:
    """What a build takes in place of ink_operators.h's own list, INK_KERNELS by number, and of
    ink_options.h's switches, by their names.
    """
    listed = sorted((KERNELS[name].number, name) for name in names)
    entries = " ".join(f"X({number}, {name})" for number, name in listed)
    lines = [f"#define {switch} {int(value)}\n" for switch, value in switches.items()]
    # the direct convolution is small beside Winograd's, which have most of the work then
    if any("winograd" in name for _, name in listed):
        lines.append("#define INK_SHORT_TILE\n")
    return f"#define INK_KERNELS(X) {entries}\n{''.join(lines)}"


def main(words: Sequence[str] | None = None) -> int:
    """Writes the header, unless it has the list already; says which kernels on standard error."""
    parser = argparse.ArgumentParser(prog="python -m host_tools.board_firmware.kernel_list")
    parser.add_argument("header", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    args = parser.parse_args(words)
    try:
        blobs = [read_model(model) for model in args.models]
        names = {operator.kernel for blob in blobs for operator in blob.operators}
        content = header(
            names,
            INK_AUDIO=any(blob.front_end for blob in blobs),
            INK_TWO_INPUTS=any(
                len(operator.inputs) > 1 for blob in blobs for operator in blob.operators
            ),
            INK_TABLES=bool(names & WITH_TABLES),
            INK_WIDE=any(
                tensor.dtype in ("float32", "int32") for blob in blobs for tensor in blob.tensors
            ),
            INK_STATES=any(tensor.place == "state" for blob in blobs for tensor in blob.tensors),
            # more than a row of scores: boxes, or a map of where things are
            INK_DETECT=any(
                len(blob.tensors[index].shape) > 2 for blob in blobs for index in blob.outputs
            ),
            INK_FITTING=any(
                flags & (SQUEEZE | BORDER | BILINEAR | OPENMV)
                for blob in blobs
                for flags in blob.image_flags
            ),
        )
        if not args.header.exists() or args.header.read_text(encoding="utf8") != content:
            write_whole(args.header, content.encode())
    except CommandError as error:
        print(f"make natmod FOR=: {error}", file=sys.stderr)
        return 1
    share = f"{len(names)} kernels of {len(KERNELS)}"
    print(f"with {share}: {' '.join(sorted(names))}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
