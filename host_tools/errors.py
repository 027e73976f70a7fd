"""The one exception of the host tools that a user sees."""

from __future__ import annotations

from host_tools.text import plain, plain_lines


class CommandError(Exception):
    """Something is wrong with what the user gave; the message says what, where and what to do.

    It is one line, in which names from anywhere are escaped; `details` are the lines that follow,
    of a compiler or a board.
    """

    def __init__(self, message: str, details: str = "") -> None:
        self.message = plain(message)
        self.details = plain_lines(details)
        super().__init__(f"{self.message}\n{self.details}" if details else self.message)

    def of(self, what: object) -> CommandError:
        """The same, beginning with what it is about."""
        return CommandError(f"{what}: {self.message}", self.details)
