"""Trains the network, seeded, with a checkpoint after each epoch; no quantization here.

A run that was stopped goes on from its last checkpoint and gives the same bits as one that was
not, on the same machine and number of threads.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import network
import numpy as np
import torch
from data import Cifar10
from torch import Tensor, nn
from torch.nn import functional

BATCH = 128
SHIFT = 4  # Pictures move by up to this many pixels each way.
WARM_UP = 0.05  # The share of all steps in which the learning rate rises.
TEST_BATCH = 500


@dataclass(frozen=True)
class Plan:
    """How the network is trained; a checkpoint serves only the plan that made it."""

    epochs: int
    seed: int
    threads: int
    rate: float = 0.05
    decay: float = 1e-3


@dataclass(frozen=True)
class Views:
    """What one epoch shows: offsets uint8 [N, 2] of the crop and mirrored bool [N]."""

    offsets: np.ndarray
    mirrored: np.ndarray


def draw_views(count: int, seed: int, epoch: int) -> Views:
    """Draw the crop and mirroring of `count` pictures, the same for the same seed and epoch."""
    draw = np.random.default_rng([seed, 1, epoch])
    return Views(draw.integers(0, 2 * SHIFT + 1, (count, 2)), draw.random(count) < 0.5)


def pad(pictures: np.ndarray) -> np.ndarray:
    """Widen uint8 [N, 32, 32, 3] by SHIFT reflected pixels on each side, for `take`."""
    return np.pad(pictures, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")


def take(padded: np.ndarray, shown: Views, indices: np.ndarray) -> np.ndarray:
    """Return the pictures at `indices`, cropped and mirrored: uint8 [n, 32, 32, 3]."""
    batch = np.empty((len(indices), 32, 32, 3), np.uint8)
    for row, index in enumerate(indices):
        top, left = shown.offsets[index]
        picture = padded[index, top : top + 32, left : left + 32]
        batch[row] = picture[:, ::-1] if shown.mirrored[index] else picture
    return batch


def normalized(pictures: np.ndarray) -> Tensor:
    """Turn uint8 [N, 32, 32, 3] into what the networks train on: float [N, 3, 32, 32]."""
    values = torch.tensor(pictures).permute(0, 3, 1, 2)  # Channels stay last in memory.
    return (values.float() - network.MEAN) / network.DEVIATION


def fit(model: nn.Module, plan: Plan, data: Cifar10, checkpoint: Path) -> float:
    """Train `model` in place and return the seconds it took, those before a resume included.

    The file `checkpoint` is rewritten after each epoch. The test pictures are only shown, to
    print how it goes: nothing is chosen by them, and the last epoch's weights are the result.
    """
    model.to(memory_format=torch.channels_last)
    optimizer = sgd(model, plan)
    first, seconds = resume(model, optimizer, plan, checkpoint)
    labels = torch.from_numpy(data.train_labels.astype(np.int64))
    padded = pad(data.train_pictures)
    steps = len(padded) // BATCH
    for epoch in range(first, plan.epochs):
        start = time.monotonic()
        shown = draw_views(len(padded), plan.seed, epoch)
        order = np.random.default_rng([plan.seed, 2, epoch]).permutation(len(padded))
        model.train()
        total = 0.0
        for step in range(steps):
            share = schedule((epoch * steps + step) / (plan.epochs * steps))
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * share
            indices = order[step * BATCH : (step + 1) * BATCH]
            logits = model(normalized(take(padded, shown, indices)))
            loss = functional.cross_entropy(logits, labels[indices])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item()
        seconds += time.monotonic() - start
        save(model, optimizer, plan, checkpoint, epoch + 1, seconds)
        right = accuracy(model, data.test_pictures, data.test_labels)
        print(
            f"epoch {epoch + 1} of {plan.epochs}: loss {total / steps:.4f}, "
            f"test {right:.2f} %, {seconds:.0f} s",
            flush=True,
        )
    return seconds


def sgd(model: nn.Module, plan: Plan) -> torch.optim.SGD:
    """Return the optimizer: momentum, and weight decay on weights only, not on biases or norms."""
    weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    return torch.optim.SGD(
        [{"params": weights, "weight_decay": plan.decay}, {"params": others}],
        lr=plan.rate,
        momentum=0.9,
        nesterov=True,
    )


def save(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    plan: Plan,
    checkpoint: Path,
    epochs: int,
    seconds: float,
) -> None:
    """Write all that `resume` needs, whole or not at all."""
    partial = checkpoint.with_suffix(".partial")
    state = {
        "plan": asdict(plan),
        "epochs": epochs,
        "seconds": seconds,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, partial)
    partial.replace(checkpoint)


def resume(
    model: nn.Module, optimizer: torch.optim.Optimizer, plan: Plan, checkpoint: Path
) -> tuple[int, float]:
    """Load the checkpoint if there is one of this plan; return epochs done and seconds taken."""
    if not checkpoint.exists():
        return 0, 0.0
    state = torch.load(checkpoint)
    if state["plan"] != asdict(plan):
        print(f"{checkpoint}: is of another plan, starting anew", flush=True)
        return 0, 0.0
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    print(f"{checkpoint}: going on after epoch {state['epochs']}", flush=True)
    return state["epochs"], state["seconds"]


def schedule(progress: float) -> float:
    """Return the share of the full learning rate at `progress` (0 to 1): a rise, then a cosine."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1.0 + float(np.cos(np.pi * (progress - WARM_UP) / (1.0 - WARM_UP))))


@torch.no_grad()
def accuracy(model: nn.Module, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Return the percentage of uint8 [N, 32, 32, 3] that `model` classifies right."""
    model.eval()
    right = 0
    for start in range(0, len(pictures), TEST_BATCH):
        logits = model(normalized(pictures[start : start + TEST_BATCH]))
        right += int((logits.argmax(1).numpy() == labels[start : start + TEST_BATCH]).sum())
    return 100.0 * right / len(pictures)
