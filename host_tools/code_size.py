"""What the firmware gains in flash by our module: two builds, with it and without, measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.errors import CommandError

# the most that the module may add to the firmware without the groups of GROUPS, in bytes
LIMIT = 48 * 1024
# what firmware_module/ink_options.h lets a build leave out, and the objects of each group
GROUPS: dict[str, tuple[str, ...]] = {
    "INK_AUDIO": (
        *("audio/ink_features.o", "audio/ink_fft_s16.o", "audio/ink_fft_s32.o"),
        *("audio/ink_front_end.o", "audio/ink_listener.o", "audio/ink_micro.o"),
        "module/listener.o",
    ),
    "INK_DETECT": ("module/detect.o", "runtime/ink_detect.o"),
    "INK_FITTING": (
        "module/predict.o",
        "runtime/ink_image_bilinear.o",
        "runtime/ink_image_openmv.o",
    ),
    "INK_RECURRENT": (
        "kernels/ink_four_rows.o",
        *("kernels/ink_gru_s8.o", "kernels/ink_lstm_s8.o", "kernels/ink_svdf_s8.o"),
        *("runtime/operators/op_gru_s8.o", "runtime/operators/op_lstm_s8.o"),
        *("runtime/operators/op_svdf_s8.o", "runtime/operators/recurrent.o"),
    ),
    "INK_SELDOM": (
        *("kernels/ink_arg_max_s8.o", "kernels/ink_batch_matmul_s8.o", "kernels/ink_broadcast.o"),
        *("kernels/ink_broadcast_add_s8.o", "kernels/ink_broadcast_mul_s8.o"),
        *("kernels/ink_cast.o", "kernels/ink_l2_normalization_s8.o"),
        "kernels/ink_log_softmax_s8.o",
        *("kernels/ink_maximum_s8.o", "kernels/ink_prelu_s8.o"),
        *("kernels/ink_resize_bilinear_s8.o", "kernels/ink_resize_nearest_s8.o"),
        "kernels/ink_squared_difference_s8.o",
        *("runtime/operators/broadcast.o", "runtime/operators/op_arg_max_s8.o"),
        *("runtime/operators/op_batch_matmul_s8.o", "runtime/operators/op_broadcast_add_s8.o"),
        "runtime/operators/op_broadcast_mul_s8.o",
        *("runtime/operators/op_cast.o", "runtime/operators/op_l2_normalization_s8.o"),
        *("runtime/operators/op_log_softmax_s8.o", "runtime/operators/op_maximum_s8.o"),
        *("runtime/operators/op_prelu_s8.o", "runtime/operators/op_reduce_max_s8.o"),
        *("runtime/operators/op_resize_bilinear_s8.o", "runtime/operators/op_resize_nearest_s8.o"),
        "runtime/operators/op_squared_difference_s8.o",
    ),
    "INK_WINOGRAD": (
        *("kernels/armv7em/winograd.o", "kernels/armv7em/winograd_f2_s8.o"),
        *("kernels/armv7em/winograd_f4_input.o", "kernels/armv7em/winograd_f4_output.o"),
        *("kernels/armv7em/winograd_f4_s8.o", "kernels/armv7em/winograd_f45_s8.o"),
        *("kernels/armv7em/winograd_f45_transforms.o", "kernels/armv7em/winograd_multiply.o"),
        "runtime/operators/op_winograd_s8.o",
    ),
}
# the Python that the virtual board's firmware has frozen in it, and its row
FROZEN, FROZEN_OBJECT = "frozen Python", "frozen_content.o"
# the last figure that we kept, for the default configuration of `make firmware-virtual`
KEPT = Path(__file__).parent / "baselines" / "code_size.json"


@dataclass(frozen=True)
class CodeSize:
    """Bytes of flash that the module adds, those kept in the repository, and each group's."""

    gained: int
    kept: int
    groups: dict[str, int] = field(default_factory=dict)

    @property
    def core(self) -> int:
        """Without the groups."""
        return self.gained - sum(self.groups.values())

    @property
    def fits(self) -> bool:
        return self.core <= LIMIT

    def text(self) -> str:
        """A line to print."""
        rule = "within" if self.fits else "OVER"
        groups = "".join(
            f", {size:,} of them by {name}" for name, size in sorted(self.groups.items())
        )
        return (
            f"Code size: the module adds {self.gained:,} bytes of flash to the firmware{groups}; "
            f"{self.core:,} without, {rule} the limit of {LIMIT:,}; {self.gained - self.kept:+,} "
            f"to the {self.kept:,} kept in {KEPT.parent.name}/{KEPT.name}."
        )


def flash_bytes(firmware: Path) -> int:
    """Code, constants and initial values in an ELF file. Raises CommandError where it cannot."""
    return _bytes_of([firmware])


def _bytes_of(files: Sequence[Path]) -> int:
    command = ["arm-none-eabi-size", *map(str, files)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise CommandError("arm-none-eabi-size is not on PATH: run `make setup`") from None
    if done.returncode:
        raise CommandError(f"cannot measure the firmware {files[0]}: {done.stderr.strip()}")
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    return sum(int(text) + int(data) for text, data, *_ in rows)


def code_size(firmware: Path, stock: Path) -> CodeSize:
    """What `firmware` has more than `stock`, the same build without our module.

    Groups are measured by the objects beside `firmware`; where it has none of them, they are 0.
    Python that is frozen into one of both and not into the other is a group, too.
    """
    kept = json.loads(KEPT.read_text(encoding="utf8"))
    groups = {}
    for name, objects in GROUPS.items():
        found = [firmware.parent / "firmware_module" / path for path in objects]
        found = [path for path in found if path.is_file() and firmware != stock]
        groups[name] = _bytes_of(found) if found else 0
    frozen = [build.parent / FROZEN_OBJECT for build in (firmware, stock)]
    if all(path.is_file() for path in frozen):
        groups[FROZEN] = _bytes_of(frozen[:1]) - _bytes_of(frozen[1:])
    return CodeSize(flash_bytes(firmware) - flash_bytes(stock), kept["bytes"], groups)
