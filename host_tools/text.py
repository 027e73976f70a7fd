"""Text from files that nobody vouches for, made fit to be shown."""

from __future__ import annotations

import unicodedata

# what XML does not allow beside control characters and surrogates
_NO_CHARACTERS = "\ufffe\uffff"


def plain(text: str) -> str:
    """`text` with a question mark for each control character, surrogate and non-character."""
    return "".join("?" if _is_unfit(character) else character for character in text)


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _NO_CHARACTERS
