"""Trains a network for new classes: its last layer, then all of it; seeded, with a checkpoint.

A run that was stopped goes on after its last whole round, and gives what one that was not would
give, on the same machine and number of threads.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from host_tools.files import read_whole, write_whole
from host_tools.progress import progress
from host_tools.teach.background import made
from host_tools.teach.folder import Bytes
from host_tools.teach.network import Network
from host_tools.teach.trunk import Trunk
from host_tools.teach.views import views

BATCH = 32
STEPS = 50  # a round
HEAD_SHARE = 0.2  # of all rounds, in which only the last layer learns
HEAD_RATE, RATE = 1e-2, 1e-3
DECAY = 0.01
WARM_UP = 0.1
SMOOTHING = 0.1
AVERAGE = 0.98  # of the weights, over the steps: the share of the past that stays


@dataclass(frozen=True)
class Lesson:
    """What is learned from: uint8 [N, 2 height, 2 width, channels] and the class of each, [N].

    With `make_background`, one class more, the last, is made of these pictures.
    """

    wide: Bytes
    labels: npt.NDArray[np.int64]
    classes: int
    make_background: bool
    mirror: bool
    rounds: int
    seed: int

    def digest(self, trunk: Trunk) -> str:
        """The same for the same lesson on the same trunk: a checkpoint serves one alone."""
        words = f"{self.classes} {self.make_background} {self.mirror} {self.rounds} {self.seed}"
        found = hashlib.sha256(f"{words} {self.wide.shape}".encode())
        for step in trunk.steps:
            if step.weights is not None:
                found.update(step.weights.tobytes())
        found.update(self.labels.tobytes())
        found.update(self.wide.tobytes())
        return found.hexdigest()


def fit(trunk: Trunk, lesson: Lesson, checkpoint: Path, say: Callable[[str], None]) -> Network:
    """The trained network: the average of its weights over the last steps.

    The file `checkpoint` is rewritten after each round. Raises CommandError where it cannot be
    written; KeyboardInterrupt leaves the last one.
    """
    network = Network(trunk, lesson.classes)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    head = torch.optim.AdamW(network.classify.parameters(), lr=HEAD_RATE, weight_decay=DECAY)
    whole = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    parts = {"network": network, "averaged": averaged, "head": head, "whole": whole}
    of = lesson.digest(trunk)
    first = _resume(parts, of, checkpoint, say)
    head_rounds = max(1, round(HEAD_SHARE * lesson.rounds))
    with progress("training", lesson.rounds * STEPS) as update:
        update(first * STEPS)
        for number in range(first, lesson.rounds):
            draw = np.random.default_rng([lesson.seed, 1, number])
            generator = torch.Generator().manual_seed(int(draw.integers(1 << 62)))
            for step in range(STEPS):
                pictures, labels = _batch(lesson, draw)
                shown = views(torch.from_numpy(pictures), generator, lesson.mirror)
                wanted = torch.from_numpy(labels)
                if number < head_rounds:
                    with torch.no_grad():
                        features = network.features(shown)
                    _learn(head, network.classify(features), wanted)
                else:
                    steps = (lesson.rounds - head_rounds) * STEPS
                    done = (number - head_rounds) * STEPS + step
                    for group in whole.param_groups:
                        group["lr"] = RATE * _share(done / steps)
                    _learn(whole, network(shown), wanted)
                averaged.update_parameters(network)
                update(number * STEPS + step + 1)
            _save(parts, of, number + 1, checkpoint)
    trained = averaged.module
    assert isinstance(trained, Network)
    return trained.eval()


def _batch(lesson: Lesson, draw: np.random.Generator) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """Pictures of classes that all are as likely, however many pictures each has."""
    classes = draw.integers(0, lesson.classes, BATCH)
    pictures = np.empty((BATCH, *lesson.wide.shape[1:]), np.uint8)
    for place, number in enumerate(classes):
        own = np.flatnonzero(lesson.labels == number)
        if len(own):
            pictures[place] = lesson.wide[own[draw.integers(len(own))]]
        else:
            pictures[place] = made(lesson.wide, 1, draw)[0]
    return pictures, classes


def _learn(optimizer: torch.optim.Optimizer, logits: Tensor, wanted: Tensor) -> None:
    loss = functional.cross_entropy(logits, wanted, label_smoothing=SMOOTHING)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def _share(done: float) -> float:
    """The share of the full rate when `done` (0 to 1) is done: a rise, times a cosine."""
    return min(1.0, done / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))


def _save(parts: dict[str, Any], of: str, rounds: int, checkpoint: Path) -> None:
    state = {"of": of, "rounds": rounds}
    state |= {name: part.state_dict() for name, part in parts.items()}
    file = io.BytesIO()
    torch.save(state, file)
    write_whole(checkpoint, file.getvalue())


def _resume(parts: dict[str, Any], of: str, checkpoint: Path, say: Callable[[str], None]) -> int:
    """Loads the checkpoint, where there is one of this lesson; the rounds that it has done."""
    if not checkpoint.exists():
        return 0
    try:
        # plain data only: a checkpoint may come from anywhere
        state = torch.load(io.BytesIO(read_whole(checkpoint)), weights_only=True)
        if state["of"] != of:
            say(f"{checkpoint} is of other pictures or options: starting anew")
            return 0
        for name, part in parts.items():
            part.load_state_dict(state[name])
    except Exception as error:  # what a damaged file raises has no list
        reason = str(error).partition("\n")[0]
        say(f"{checkpoint} cannot be used ({reason}): starting anew")
        return 0
    say(f"going on after round {state['rounds']}, from {checkpoint}")
    return int(state["rounds"])


@torch.no_grad()
def probabilities(network: Network, exact: Bytes) -> npt.NDArray[np.float64]:
    """What the float network says of uint8 [N, height, width, channels]: [N, classes]."""
    found = []
    network.eval()
    for start in range(0, len(exact), 256):
        part = torch.from_numpy(exact[start : start + 256])
        found.append(functional.softmax(network(part.permute(0, 3, 1, 2).float()), 1).double())
    rows: npt.NDArray[np.float64] = torch.cat(found).numpy()
    return rows


def saved_program(network: Network, trunk: Trunk, path: Path) -> None:
    """Writes the deployed network as a .pt2 file, for the converter of `host_tools quantize`."""
    sample = torch.zeros(1, trunk.channels, trunk.height, trunk.width)
    program = torch.export.export(network.as_deployed(), (sample,))
    torch.export.save(program, path)
