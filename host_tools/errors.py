"""The one exception of the host tools that a user sees."""

from __future__ import annotations


class CommandError(Exception):
    """Something is wrong with what the user gave; the message says what, where and what to do."""
