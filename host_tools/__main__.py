"""Starts the command: `python -m host_tools`, or `host_tools` where it is installed."""

import sys


def main() -> None:
    try:
        # within, because Ctrl-C may come while numpy and others are being imported
        from host_tools import cli

        sys.exit(cli.main())
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
