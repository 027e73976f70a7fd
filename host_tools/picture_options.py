"""The options of pack-model that say how a network was trained to see pictures."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

from host_tools.errors import CommandError
from host_tools.images import FITS, SCALINGS
from host_tools.plan.image_tables import Pictures

# torchvision's, of pixels of 0 to 1: red, green, blue
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
NAMES = ("imagenet", "torchvision")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--image-range",
        type=float,
        nargs=2,
        metavar=("LO", "HI"),
        help="the input's real values for the pixels 0 and 255; default: its whole 8-bit range, "
        "or 0 1 with --image-mean or --image-std",
    )
    for option, what in (
        ("mean", "what is then subtracted"),
        ("std", "what is then divided by"),
    ):
        parser.add_argument(
            f"--image-{option}",
            nargs="+",
            action=_Numbers,
            metavar="NUMBER",
            help=f"{what}: a number a channel, one for all, or imagenet",
        )
    parser.add_argument(
        "--image-order",
        choices=["rgb", "bgr"],
        help="the order of the input's channels; default: rgb",
    )
    parser.add_argument(
        "--image-fit",
        choices=FITS,
        default=FITS[0],
        help="of a picture with other proportions than the input's: crop its middle, squeeze it "
        "whole, or show it whole with a black border; default: %(default)s",
    )
    parser.add_argument(
        "--image-scaling",
        choices=SCALINGS,
        default=SCALINGS[0],
        help="average all pixels, or blend the four nearest, which costs less (bilinear), or as "
        "OpenMV's ml does, to the bit (openmv); default: %(default)s",
    )


class _Numbers(argparse.Action):
    """One or three numbers, or a name of both mean and deviation."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        words = [str(value) for value in values] if isinstance(values, list) else []
        try:
            numbers = words if words[0] in NAMES else [float(word) for word in words]
        except ValueError:
            numbers = []
        if (
            len(numbers) != len(words)
            or len(words) not in (1, 3)
            or words[1:]
            and words[0] in NAMES
        ):
            parser.error(
                f"{option_string} {' '.join(words)}: give one number, three, or imagenet, "
                "and MODEL before the options"
            )
        setattr(namespace, self.dest, numbers)


def pictures(args: argparse.Namespace) -> Pictures:
    """What the options say. Raises CommandError for numbers that cannot be."""
    low_high = args.image_range and (args.image_range[0], args.image_range[1])
    if low_high and not (all(map(math.isfinite, low_high)) and low_high[0] != low_high[1]):
        raise CommandError(
            f"--image-range {low_high[0]} {low_high[1]} must be two different finite numbers"
        )
    bgr = args.image_order == "bgr"
    mean, std = args.image_mean or (), args.image_std or ()
    if mean and mean[0] in NAMES and not std:
        std = mean
    mean, std = _numbers("mean", mean, bgr), _numbers("std", std, bgr)
    if not all(map(math.isfinite, (*mean, *std))) or 0 in std:
        raise CommandError(
            "--image-mean and --image-std must be finite numbers, and no deviation 0"
        )
    low, high = sorted(low_high or (0.0, 1.0))
    if mean and not all(low <= value <= high for value in mean):
        raise CommandError(
            f"--image-mean {' '.join(f'{value:g}' for value in mean)} lies outside the pixels' "
            f"values of {low:g} to {high:g}: give those that it counts in, such as "
            "--image-range 0 255"
        )
    return Pictures(low_high or None, mean, std, bgr, args.image_fit, args.image_scaling)


def _numbers(option: str, given: Sequence[float | str], bgr: bool) -> tuple[float, ...]:
    """Numbers as they are given; those of a name in the order of the input's channels."""
    if given and given[0] in NAMES:
        named = IMAGENET[option]
        return named[::-1] if bgr else named
    return tuple(float(number) for number in given)
