"""Label files in any language."""

from __future__ import annotations

from pathlib import Path

from host_tools.labels import read_labels
from host_tools.text import plain


def test_labels_of_any_language_are_read(tmp_path: Path) -> None:
    labels = ["größe", "日本\u3000語", "a b", "🦜", "क्‍ष"]
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(labels), encoding="utf-8")
    assert read_labels(path) == labels


def test_what_a_terminal_would_obey_is_replaced() -> None:
    assert plain("a\x1b[2Jb\x00\udc80\uffff é") == "a?[2Jb??? é"
