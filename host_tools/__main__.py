"""Starts the command: `python -m host_tools`, or `host_tools` where it is installed."""

import sys

from host_tools import cli


def main() -> None:
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
