"""The keyword family: its cards, table and chart say what the committed files are."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from oracle import ROOT

from host_tools.blob.reader import read_blob
from models.keywords import card, card_text, chart, data, family
from models.training.promise import broken

MODELS = ROOT / "models"
CARDS = [name for name in family.NETWORKS if family.place(name).with_name("card.json").is_file()]
NAMES = [name for name in CARDS if family.place(name).is_file()]


def card_of(name: str) -> dict[str, Any]:
    return json.loads(family.place(name).with_name("card.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_card_describes_the_files_beside_it(name: str) -> None:
    path, said = family.place(name), card_of(name)
    blob = path.with_suffix(".ink").read_bytes()
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["blob_sha256"] == hashlib.sha256(blob).hexdigest()
    assert (said["bytes"], said["blob_bytes"]) == (path.stat().st_size, len(blob))
    assert said["arena_bytes"] == read_blob(blob).arena_size
    assert blob == card.packed(name, path), f"run python -m models.keywords.recipe {name} --card"


@pytest.mark.parametrize("name", CARDS)
def test_a_card_keeps_the_promise_and_its_figures_agree(name: str) -> None:
    said, network = card_of(name), family.NETWORKS[name]
    assert said["name"] == name
    assert broken(network.promise, said) == []
    counts = np.array(said["confusion"])
    assert counts.sum(axis=1).tolist() == [60] * family.CLASSES
    assert round(100 * counts.trace() / counts.sum(), 2) == said["int8_accuracy"]
    assert said["multiply_accumulates"] == family.multiply_accumulates(network)
    text = family.place(name).with_name("card.md").read_text()
    assert text == card_text.markdown(said, network)


def test_a_loss_by_int8_is_judged_by_the_words_held_out() -> None:
    said, network = card_of("ds-cnn"), family.NETWORKS["ds-cnn"]
    assert broken(network.promise, said | {"int8_accuracy": said["float_accuracy"] - 0.6}) == []
    lost = {"held_out_int8_accuracy": said["held_out_accuracy"] - 0.6}
    assert broken(network.promise, said | lost) == ["int8 lost more than 0.5 points against float"]


def test_the_committed_are_those_that_are_said() -> None:
    assert set(NAMES) <= set(family.COMMITTED)
    assert set(card.JUDGED) == {"int8_accuracy", "held_out_int8_accuracy", "confusion"}


def test_the_table_and_the_chart_are_those_of_the_cards() -> None:
    found = chart.cards()
    if not found:
        pytest.skip("no keyword network has a card yet")
    assert f"{chart.MARKS[0]}\n{chart.table(found)}\n" in (MODELS / "README.md").read_text()
    points = chart.points(found)
    assert (MODELS / "keywords.svg").read_text() == chart.CHART.draw(points)
    for point in points:
        assert chart.CHART.cycles[0] < point.cycles < chart.CHART.cycles[1]
        assert chart.CHART.accuracy[0] < point.accuracy < chart.CHART.accuracy[1]


def test_the_layers_keep_to_the_size_of_the_paper() -> None:
    for name, network in family.NETWORKS.items():
        weights, operations = (200_000, 20e6) if name.endswith("-m") else (80_000, 6e6)
        assert 2 * family.multiply_accumulates(network) <= operations, name
        assert family.weights(network) <= weights, name


def test_a_silent_second_has_the_features_of_the_floor() -> None:
    fit = np.array([10.00655, -61.68658, 547.60395])
    silent = data.log_mel(np.zeros(16_000, np.int16), fit)
    assert silent.shape == (family.FRAMES, family.BANDS)
    assert (silent == round(10.00655 * np.log(547.60395) - 61.68658)).all()
    assert [round(row.sum(), 3) > 0 for row in data.filters()] == [True] * family.BANDS
