"""What is held out, which pictures are twins, and the warnings of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_trunk import picture, put

from host_tools.teach import split, twins
from host_tools.teach.folder import Pictures, read_classes
from host_tools.teach.trunk import Trunk


def read(folder: Path, trunk: Trunk) -> Pictures:
    return read_classes(folder, None, trunk)


def test_a_fifth_of_each_class_is_held_out_the_same_for_the_same_seed(
    tmp_path: Path, trunk: Trunk
) -> None:
    pictures = read(put(tmp_path / "pictures", {"green": 20, "red": 7}), trunk)
    groups = twins.twins(pictures)
    assert len(set(groups)) == 27
    held = split.hold_out(pictures, groups, 1)
    assert np.bincount(pictures.labels[held]).tolist() == [4, 1]
    np.testing.assert_array_equal(held, split.hold_out(pictures, groups, 1))
    assert any((held != split.hold_out(pictures, groups, seed)).any() for seed in range(2, 6))


def noisy(folder: Path, source: Path, name: str, seed: int) -> None:
    """Saves a picture once more, with a camera's noise."""
    pixels = np.asarray(Image.open(source)).astype(int)
    pixels = pixels + np.random.default_rng(seed).integers(-3, 4, pixels.shape)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)


@pytest.mark.parametrize("seed", range(5))
def test_twins_stay_on_one_side(tmp_path: Path, trunk: Trunk, seed: int) -> None:
    folder = put(tmp_path / "pictures", {"green": 12, "red": 12})
    for number in range(4):
        noisy(folder / "red", folder / "red" / "red_003.png", f"twin_{number}.png", number)
    pictures = read(folder, trunk)
    groups = twins.twins(pictures)
    alike = [n for n, path in enumerate(pictures.files) if "twin" in path.name
             or path.name == "red_003.png"]  # fmt: skip
    assert len({*groups[alike]}) == 1
    assert len({*groups}) == 24
    held = split.hold_out(pictures, groups, seed)
    assert len({*held[alike]}) == 1
    assert 1 <= held[pictures.labels == 1].sum() <= 3


def test_where_all_are_twins_the_last_are_held_out(tmp_path: Path, trunk: Trunk) -> None:
    folder = put(tmp_path / "pictures", {"green": 10, "red": 1})
    for number in range(9):
        noisy(folder / "red", folder / "red" / "red_000.png", f"twin_{number}.png", number)
    pictures = read(folder, trunk)
    groups = twins.twins(pictures)
    held = split.hold_out(pictures, groups, 1)
    assert [path.name for path in np.array(pictures.files)[held & (pictures.labels == 1)]] == [
        "twin_7.png", "twin_8.png"
    ]  # fmt: skip
    (warning,) = twins.warnings(pictures, groups)
    assert warning == (
        "9 of the 10 pictures of red are nearly the same as another, such as red_000.png and "
        "twin_0.png: they teach nothing new; move the camera or the thing"
    )


def test_the_same_picture_in_two_classes_is_named(tmp_path: Path, trunk: Trunk) -> None:
    folder = put(tmp_path / "pictures", {"green": 8, "red": 8})
    noisy(folder / "red", folder / "green" / "green_002.png", "wrong.png", 1)
    pictures = read(folder, trunk)
    (warning,) = twins.warnings(pictures, twins.twins(pictures))
    assert warning == (
        f"{folder}/green/green_002.png and {folder}/red/wrong.png are nearly the same, but of "
        "different classes: remove the wrong one"
    )


def test_groups_are_those_of_comparing_each_with_each(trunk: Trunk, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    wide = np.stack([picture("red", rng, 32) for _ in range(40)]).astype(int)
    # chains of twins: each a little other than the one before
    wide = np.concatenate([wide, *(np.clip(wide[:15] + k, 0, 255) for k in (2, 4, 8))])
    wide = wide[rng.permutation(len(wide))].astype(np.uint8)
    count = len(wide)
    pictures = Pictures(
        ("red",), (Path("x"),) * count, np.zeros(count, np.int64), wide[:, ::2, ::2], wide
    )
    grey = wide.mean(3).reshape(count, 16, 2, 16, 2).mean((2, 4)).reshape(count, -1)
    near = np.sqrt(((grey[:, None] - grey[None]) ** 2).mean(2)) <= twins.NEAR
    expected = near.copy()
    for _ in range(count):
        expected = expected @ near
    groups = twins.twins(pictures)
    np.testing.assert_array_equal(groups[:, None] == groups[None], expected > 0)
    assert 40 < near.sum() < count**2 / 4


def test_few_and_unbalanced_pictures_are_told(tmp_path: Path, trunk: Trunk) -> None:
    pictures = read(put(tmp_path / "pictures", {"green": 24, "red": 6, "blue": 19}), trunk)
    few, unbalanced = split.warnings(pictures)
    assert few.startswith("few pictures: blue (19), red (6); 20 a class are a start")
    assert unbalanced.startswith("green has 24 pictures and red 6: each is shown as often")
    balanced = read(put(tmp_path / "more", {"green": 20, "red": 21}), trunk)
    assert split.warnings(balanced) == []
