"""The options of pack-model that say how a network was trained to hear sound."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools.audio import KINDS, Settings, read_settings
from host_tools.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--audio",
        choices=list(KINDS),
        help="input 0 takes these features of sound, and the blob carries all that computes them",
    )
    parser.add_argument(
        "--audio-json",
        type=Path,
        metavar="FILE",
        help="a JSON object of settings in place of the defaults of --audio (docs/audio.md)",
    )


def settings(args: argparse.Namespace) -> Settings | None:
    """What the options say; None for a network that does not take sound.

    Raises CommandError for settings that cannot be had.
    """
    if args.audio is None:
        if args.audio_json is not None:
            raise CommandError("--audio-json is for --audio, which says what kind of features")
        return None
    return read_settings(args.audio, args.audio_json)
