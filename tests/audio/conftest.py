"""Front ends and sound that the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from front_ends import made_sounds

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def sounds() -> dict[str, npt.NDArray[np.int16]]:
    """Seconds of sound at 16 kHz that try every part of a front end, by name."""
    return made_sounds()


@pytest.fixture(scope="session")
def clips() -> dict[str, npt.NDArray[np.generic]]:
    """720 official test clips of Speech Commands with MLPerf Tiny's features of them."""
    shared = Path(os.environ.get("INKLING_SHARED", ROOT.parent / "shared"))
    folder = shared / "data" / "kws"
    if not folder.is_dir():
        pytest.skip(f"{folder}: there are no clips (INKLING_SHARED)")
    clips = np.load(folder / "speech_commands_test_720.npz")
    features = np.load(folder / "speech_commands_test_mfcc_int8.npz")
    index = clips["index"]
    return {
        "samples": clips["x"],
        "nearest": features["mfcc_round"][index],
        "toward-zero": features["mfcc_trunc"][index],
    }
