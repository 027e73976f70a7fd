"""The command `host_tools VERB`: its verbs, its help, and how errors end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from host_tools import version
from host_tools.commands import (
    bench,
    boards,
    demo,
    deploy,
    flash,
    inspect,
    install,
    pack_model,
    profile,
    quantize,
    run,
    sim,
    validate,
)
from host_tools.errors import CommandError

# in the order of --help
VERBS = (
    quantize,
    pack_model,
    inspect,
    run,
    profile,
    boards,
    flash,
    install,
    deploy,
    validate,
    sim,
    demo,
    bench,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit code: 0, 1 for an error, 2 for a wrong command line."""
    try:
        try:
            args = _parser().parse_args(arguments)
            code: int = args.run(args)
        finally:
            sys.stdout.flush()  # of --help too, which ends within parse_args()
        return code
    except CommandError as error:
        print(f"host_tools: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # who reads our output has seen enough; Python must not complain of it when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    # argparse's own list of verbs breaks its lines oddly
    listed = "\n".join(f"  {module.NAME:<12}{module.HELP}" for module in VERBS)
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
    for module in VERBS:
        verb = verbs.add_parser(
            module.NAME,
            description=f"{module.HELP[0].upper()}{module.HELP[1:]}.",
            epilog=f"example: {module.EXAMPLE}",
        )
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return parser
