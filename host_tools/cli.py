"""The command `host_tools VERB`: its verbs, its help, and how errors end."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
from collections.abc import Sequence

from host_tools import version
from host_tools.errors import CommandError
from host_tools.shown import shown
from host_tools.text import plain, wrapped

# in the order of --help; each is a module of commands, imported when it is called
VERBS = {
    "teach": "teach a network your own classes, from a folder of pictures",
    "quantize": "make an int8 .tflite of a float network, and say what that costs",
    "pack-model": "pack a .tflite model into a blob that the board runs",
    "inspect": "show the plan of a blob, and what lies where in its arena",
    "run": "run a model on arrays, on this computer or on a board",
    "classify": "say what a network sees in picture files, and how right it is",
    "listen": "hear words in recordings, as the board does with the same blob",
    "profile": "count instructions and estimate cycles of each operator on the virtual board",
    "boards": "list the boards known and those attached",
    "flash": "put firmware on an attached board, over USB or its ST-LINK",
    "install": "put the native module, its Python and blobs on a board, whole or not at all",
    "deploy": "put a blob and scripts on a board, whole or not at all",
    "validate": "run a blob on a board, compare with this computer bit by bit, and time it",
    "view": "show what a board's script sees and finds, live on a page for your browser",
    "sim": "start a virtual board and print its port for mpremote",
    "demo": "classify pictures on the virtual board",
    "demo-sound": "hear words in a minute of noisy speech on the virtual board",
    "bench": "count the instructions of the real models, beside CMSIS-NN's, or of any models "
    "given",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit code: 0, 1 for an error, 2 for a wrong command line.

    What it prints, names of files and what boards say among it, is shown escaped.
    """
    with shown():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        try:
            words = sys.argv[1:] if arguments is None else arguments
            _check(words)
            args = _parser(words).parse_args(words)
            code: int = args.run(args)
        finally:
            sys.stdout.flush()  # of --help too, which ends within parse_args()
        return code
    except CommandError as error:
        text = f"host_tools: {error}"
        if sys.stderr.isatty():
            text = wrapped(text, shutil.get_terminal_size().columns)
        print(text, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1  # who reads our output has seen enough
    finally:
        try:
            sys.stdout.flush()
        except (BrokenPipeError, CommandError):
            # Python must not complain of it when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check(words: Sequence[str]) -> None:
    """Raises CommandError for a name in several lines, which could pass for lines of ours."""
    for word in words:
        if "\n" in word:
            raise CommandError(f"{plain(word)}: a name with a line's end in it: rename the file")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The command line's parser, with the options of the verb that the words name."""
    # argparse's own list of verbs breaks its lines oddly
    listed = "\n".join(f"  {name:<12}{what}" for name, what in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="host_tools",
        usage="host_tools [-h] [--version] VERB ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Packs int8 neural networks for Inkling, looks into them and runs them.\n\n"
        f"verbs:\n{listed}",
        epilog="host_tools VERB --help has each verb's options and an example.",
    )
    parser.add_argument("--version", action="version", version=f"Inkling {version()}")
    verbs = parser.add_subparsers(
        prog="host_tools", metavar="VERB", required=True, help=argparse.SUPPRESS
    )
    called = next((word for word in words if not word.startswith("-")), None)
    for name, what in VERBS.items():
        verb = verbs.add_parser(name, description=f"{what[0].upper()}{what[1:]}.")
        if name == called:
            module = importlib.import_module(f"host_tools.commands.{name.replace('-', '_')}")
            verb.epilog = f"example: {module.EXAMPLE}"
            module.add_arguments(verb)
            verb.set_defaults(run=module.run)
    return parser
