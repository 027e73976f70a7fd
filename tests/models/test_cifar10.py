"""The CIFAR-10 family: its cards, table and chart say what the committed files are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from oracle import ROOT

from host_tools import cli
from host_tools.blob.reader import read_blob
from host_tools.pack import DEFAULT_TARGET, pack
from models.cifar10 import card, card_text, chart, data, family
from models.training.promise import Promise, broken

MODELS = ROOT / "models"
NAMES = [name for name in family.NETWORKS if family.place(name).is_file()]
PICTURES = ROOT / "build" / "cifar10" / "cifar10.npz"


def card_of(name: str) -> dict[str, Any]:
    return json.loads(family.place(name).with_name("card.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_card_describes_the_files_beside_it(name: str) -> None:
    path, said = family.place(name), card_of(name)
    blob = path.with_suffix(".ink").read_bytes()
    assert said["name"] == name
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["blob_sha256"] == hashlib.sha256(blob).hexdigest()
    assert (said["bytes"], said["blob_bytes"]) == (path.stat().st_size, len(blob))
    assert said["arena_bytes"] == read_blob(blob).arena_size
    operators = read_blob(blob).operators
    assert said["multiply_accumulates"] == sum(operator.macs for operator in operators)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_blob_is_what_the_packer_makes(name: str) -> None:
    path = family.place(name)
    labels = (MODELS / "cifar10" / "labels.txt").read_text().split()
    flash = family.NETWORKS[name].promise.flash or None
    made = pack(path, labels=labels, target=DEFAULT_TARGET, flash=flash)
    assert made == path.with_suffix(".ink").read_bytes(), (
        f"run python -m models.cifar10.recipe {name} --card"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_card_keeps_the_promise_and_its_figures_agree(name: str) -> None:
    said, network = card_of(name), family.NETWORKS[name]
    assert broken(network.promise, said) == []
    counts = np.array(said["confusion"])
    assert counts.sum(axis=1).tolist() == [1000] * 10
    assert counts.trace() / 100 == said["int8_accuracy"]
    text = family.place(name).with_name("card.md").read_text()
    assert text == card_text.markdown(said, network)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_as_accurate_as_its_card_says(name: str) -> None:
    """Half a minute to two each, and only where CIFAR-10 is."""
    if not PICTURES.is_file():
        pytest.skip(f"needs CIFAR-10 in {PICTURES}: run python -m models.cifar10.data")
    blob = family.place(name).with_suffix(".ink").read_bytes()
    found = card.judge(family.NETWORKS[name], blob, data.load(PICTURES.parent))
    assert found == {key: card_of(name)[key] for key in card.JUDGED}


def test_each_broken_promise_is_named() -> None:
    good = {
        **{"float_accuracy": 83.0, "int8_accuracy": 82.9, "cycles": 900_000},
        **{"blob_bytes": 70_000, "arena_bytes": 12_000},
    }
    promise = Promise(82.0, 1_000_000, 80_000, 20_000)
    assert broken(promise, good) == []
    for change, word in (
        ({"cycles": 1_000_001}, "cycles are 1,000,001, at most 1,000,000"),
        ({"blob_bytes": 80_001}, "blob_bytes are 80,001"),
        ({"arena_bytes": 20_001}, "arena_bytes are 20,001"),
        ({"int8_accuracy": 81.99, "float_accuracy": 82.0}, "int8 accuracy is 81.99 %"),
        ({"float_accuracy": 83.5}, "int8 lost more than 0.5 points"),
    ):
        [said] = broken(promise, {**good, **change})
        assert word in said
    assert broken(replace(promise, flash=0), {**good, "blob_bytes": 1_000_000}) == []


def test_the_table_and_the_chart_are_those_of_the_cards() -> None:
    points = chart.points()
    assert f"\n{chart.table(points)}\n" in (MODELS / "README.md").read_text()
    assert (MODELS / "networks.svg").read_text() == chart.CHART.draw(points)
    for point in points:
        assert chart.CHART.cycles[0] < point.cycles < chart.CHART.cycles[1]
        assert chart.CHART.accuracy[0] < point.accuracy < chart.CHART.accuracy[1]


def test_the_layers_of_the_paper_are_counted() -> None:
    paper = family.NETWORKS["paper"]
    assert family.multiply_accumulates(paper) == 12_298_240
    assert family.weights(paper) == 89_578
    assert family.sides(paper) == [32, 16, 8, 4]
    assert family.operators(paper) == [
        *["CONV_2D", "MAX_POOL_2D"] * 3,
        *["RESHAPE", "FULLY_CONNECTED", "SOFTMAX"],
    ]


def test_held_out_pictures_are_the_same_5000_and_no_others_are_lost() -> None:
    numbers = np.arange(50_000)
    whole = data.Cifar10(numbers, numbers, numbers[:0], numbers[:0])
    split = data.hold_out(whole)
    assert len(split.held_out_pictures) == 5_000
    both = np.concatenate([split.train_pictures, split.held_out_pictures])
    assert sorted(both) == numbers.tolist()
    assert split.held_out_labels[:3].tolist() == split.held_out_pictures[:3].tolist()


def test_monochrome_is_the_cameras_grey() -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [1, 2, 3]])
    pictures = np.broadcast_to(colours[:, None, None], (5, 32, 32, 3)).astype(np.uint8)
    labels = np.zeros(5, np.uint8)
    grey = data.monochrome(data.Cifar10(pictures, labels, pictures, labels))
    assert grey.test_pictures.shape == (5, 32, 32, 1)
    assert grey.train_pictures[:, 0, 0, 0].tolist() == [77, 149, 29, 255, 2]


def test_the_demonstration_names_the_networks_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["demo", "--network", "huge"]) == 1
    said = capsys.readouterr().err
    assert f"there is no network 'huge': --network takes {', '.join(sorted(NAMES))}" in said
