"""What is sent to the board shares one namespace there: no two texts give a name."""

from __future__ import annotations

import ast
from collections import Counter

from host_tools.device import install
from host_tools.device.on_board import frozen_source, source


def test_no_two_texts_give_a_name_on_the_board() -> None:
    texts = [frozen_source(name) for name in ("inkling_heal", "inkling_rom")]
    texts += [source(name) for name in ("basics", "folders", "kept", "model", "rom")]
    texts.append(install._TAKE)
    named = Counter(name for text in texts for name in given(text))
    assert named["finish_moves"] == 1
    assert [name for name, count in named.items() if count > 1] == []


def given(text: str) -> set[str]:
    """The functions and values of a text, not what it imports."""
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
