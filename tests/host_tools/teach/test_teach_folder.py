"""Folders of pictures: what is read, what is skipped and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_trunk import picture, put

from host_tools.errors import CommandError
from host_tools.images import scale
from host_tools.teach.folder import MADE, read_classes
from host_tools.teach.trunk import Trunk


def test_a_subfolder_is_a_class_and_pictures_are_scaled_as_on_the_board(
    tmp_path: Path, trunk: Trunk
) -> None:
    folder = put(tmp_path / "pictures", {"red": 6, "green": 5})
    (folder / "red" / "more").mkdir()
    wide = np.random.default_rng(2).integers(0, 256, (40, 70, 3)).astype(np.uint8)
    Image.fromarray(wide).save(folder / "red" / "more" / "x.bmp")
    (folder / ".hidden").mkdir()
    (folder / "red" / "notes.txt").write_text("not a picture")
    (folder / "red" / ".thumb.png").write_bytes(b"hidden")
    read = read_classes(folder, None, trunk)
    assert read.names == ("green", "red")
    assert read.counts() == [5, 7]
    assert read.skipped == ()
    place = read.files.index(folder / "red" / "more" / "x.bmp")
    assert read.labels[place] == 1
    np.testing.assert_array_equal(read.exact[place], scale(wide, 16, 16, 3))
    np.testing.assert_array_equal(read.wide[place], scale(wide, 32, 32, 3))


def test_a_picture_that_cannot_be_read_is_named_and_skipped(tmp_path: Path, trunk: Trunk) -> None:
    folder = put(tmp_path / "pictures", {"green": 6, "red": 6})
    whole = (folder / "red" / "red_000.png").read_bytes()
    (folder / "red" / "red_000.png").write_bytes(whole[:100])
    (folder / "green" / "a.jpg").write_bytes(b"")
    read = read_classes(folder, None, trunk)
    assert read.counts() == [6, 5]
    assert [text.partition(" is no picture")[0] for text in read.skipped] == [
        str(folder / "green" / "a.jpg"), str(folder / "red" / "red_000.png")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "it has no subfolders; a subfolder for each class is needed, named as the class"),
        ({"red": 9}, "it has one subfolder; a subfolder for each class is needed"),
        ({"red": 9, "blue": 0}, "better 20; too few have blue (0)"),
        ({"red": 4, "green": 4, "blue": 9}, "too few have green (4), red (4)"),
    ],
)
def test_too_few_classes_or_pictures_are_refused(
    tmp_path: Path, trunk: Trunk, counts: dict[str, int], message: str
) -> None:
    (tmp_path / "pictures").mkdir()
    folder = put(tmp_path / "pictures", counts)
    with pytest.raises(CommandError, match="^" + str(folder)) as caught:
        read_classes(folder, None, trunk)
    assert message in str(caught.value)


def test_a_class_of_damaged_pictures_is_refused_with_the_reason(
    tmp_path: Path, trunk: Trunk
) -> None:
    folder = put(tmp_path / "pictures", {"green": 6, "red": 6})
    for path in (folder / "red").iterdir():
        path.write_bytes(b"damaged")
    with pytest.raises(CommandError, match=r"too few have red \(0\); the first that cannot be"):
        read_classes(folder, None, trunk)


def test_there_must_be_a_folder_and_names_that_can_be_shown(tmp_path: Path, trunk: Trunk) -> None:
    with pytest.raises(CommandError, match="there is no such folder"):
        read_classes(tmp_path / "missing", None, trunk)
    folder = put(tmp_path / "pictures", {"green": 6, "red": 6})
    (folder / "red").rename(folder / "r\ned")
    with pytest.raises(CommandError, match=r"control characters in its name: 'r\\ned'"):
        read_classes(folder, None, trunk)


def test_a_background_of_pictures_is_one_more_class(tmp_path: Path, trunk: Trunk) -> None:
    folder = put(tmp_path / "pictures", {"green": 6, "red": 6})
    other = tmp_path / "other" / "room"
    other.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(7):
        Image.fromarray(picture("blue", rng)).save(other / f"{number}.png")
    read = read_classes(folder, str(tmp_path / "other"), trunk)
    assert read.names == ("green", "red", "background")
    assert read.counts() == [6, 6, 7]
    with pytest.raises(CommandError, match="--background .*: there is no such folder"):
        read_classes(folder, str(tmp_path / "missing"), trunk)
    (folder / "red").rename(folder / "background")
    with pytest.raises(CommandError, match="it has a class background already"):
        read_classes(folder, MADE, trunk)
