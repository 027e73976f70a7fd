"""Trains a network, seeded, with a checkpoint after each epoch; no quantization here.

A run that was stopped goes on from its last checkpoint and gives the same bits as one that was
not, on the same machine and number of threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from data import Split
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

MEAN, DEVIATION = 120.0, 64.0  # Of CIFAR-10's pixels, rounded; one value for all colours.
SHIFT = 4  # Pictures move by up to this many pixels each way.
WARM_UP = 0.05  # The share of all steps in which the learning rate rises.
TEMPERATURE = 2.0  # Of the softmax by which a network is compared with its teacher.
TEST_BATCH = 500
VIEWS_SEED = 0  # Of views that repeat: the teacher is asked about them once for all networks.

Logits = Callable[[int], Tensor]


@dataclass(frozen=True)
class Plan:
    """How a network is trained; a checkpoint serves only the plan that made it."""

    epochs: int
    seed: int
    threads: int
    rate: float = 0.05
    decay: float = 1e-3
    batch: int = 128
    distilled: float = 0.0  # The teacher's share of the loss.
    average: float = 0.0  # Of the weights, over the steps: the share of the past that stays.
    views: int = 0  # The views of each picture repeat after so many epochs; 0: never.
    bfloat16: bool = False


@dataclass(frozen=True)
class Views:
    """What one epoch shows: offsets uint8 [N, 2] of the crop and mirrored bool [N]."""

    offsets: np.ndarray
    mirrored: np.ndarray


def has_bfloat16() -> bool:
    """Return whether this processor multiplies bfloat16; on others it is slower than float."""
    try:
        features = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return "avx512_bf16" in features or "amx_bf16" in features


def draw_views(count: int, seed: int, epoch: int) -> Views:
    """Draw the crop and mirroring of `count` pictures, the same for the same seed and epoch."""
    draw = np.random.default_rng([seed, 1, epoch])
    return Views(draw.integers(0, 2 * SHIFT + 1, (count, 2)), draw.random(count) < 0.5)


def pad(pictures: np.ndarray) -> np.ndarray:
    """Widen uint8 [N, 32, 32, C] by SHIFT reflected pixels on each side, for `take`."""
    return np.pad(pictures, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")


def take(padded: np.ndarray, shown: Views, indices: np.ndarray) -> np.ndarray:
    """Return the pictures at `indices`, cropped and mirrored: uint8 [n, 32, 32, C]."""
    batch = np.empty((len(indices), 32, 32, padded.shape[3]), np.uint8)
    for row, index in enumerate(indices):
        top, left = shown.offsets[index]
        picture = padded[index, top : top + 32, left : left + 32]
        batch[row] = picture[:, ::-1] if shown.mirrored[index] else picture
    return batch


def normalized(pictures: np.ndarray) -> Tensor:
    """Turn uint8 [N, 32, 32, C] into what the networks train on: float [N, C, 32, 32]."""
    values = torch.tensor(pictures).permute(0, 3, 1, 2)  # Channels stay last in memory.
    return (values.float() - MEAN) / DEVIATION


def fit(
    model: nn.Module, plan: Plan, data: Split, checkpoint: Path, teacher: Logits | None = None
) -> tuple[nn.Module, float]:
    """Train `model`; return the trained network and the seconds, with those before a resume.

    The file `checkpoint` is rewritten after each epoch. The held out pictures are only shown, to
    print how it goes; the last epoch's (averaged) weights are the result. `teacher(v)` gives the
    logits float [N, 10] of view `v` of all training pictures, where plan.distilled is above 0.
    """
    model.to(memory_format=torch.channels_last)
    averaged = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(plan.average), use_buffers=True
    )
    optimizer = sgd(model, plan)
    first, seconds = resume(averaged, model, optimizer, plan, checkpoint)
    labels = torch.from_numpy(data.train_labels.astype(np.int64))
    padded = pad(data.train_pictures)
    steps = len(padded) // plan.batch
    for epoch in range(first, plan.epochs):
        start = time.monotonic()
        view = epoch % plan.views if plan.views else epoch
        shown = draw_views(len(padded), VIEWS_SEED if plan.views else plan.seed, view)
        logits = teacher(view) if teacher else None
        order = np.random.default_rng([plan.seed, 2, epoch]).permutation(len(padded))
        model.train()
        total = 0.0
        for step in range(steps):
            share = schedule((epoch * steps + step) / (plan.epochs * steps))
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * share
            indices = order[step * plan.batch : (step + 1) * plan.batch]
            pictures = normalized(take(padded, shown, indices))
            with torch.autocast("cpu", torch.bfloat16, enabled=plan.bfloat16):
                found = model(pictures)
            wanted = None if logits is None else logits[indices]
            loss = compare(found.float(), labels[indices], wanted, plan)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            averaged.update_parameters(model)
            total += loss.item()
        seconds += time.monotonic() - start
        save(averaged, model, optimizer, plan, checkpoint, epoch + 1, seconds)
        right = accuracy(averaged.module, data.held_out_pictures, data.held_out_labels)
        print(
            f"epoch {epoch + 1} of {plan.epochs}: loss {total / steps:.4f}, "
            f"held out {right:.2f} %, {seconds:.0f} s",
            flush=True,
        )
    return averaged.module, seconds


def compare(found: Tensor, labels: Tensor, teacher: Tensor | None, plan: Plan) -> Tensor:
    """Return the loss of logits [n, 10]: by the labels and, in the plan's share, by the teacher.

    The second is Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """
    loss = functional.cross_entropy(found, labels)
    if teacher is None:
        return loss
    found, teacher = (functional.log_softmax(v / TEMPERATURE, 1) for v in (found, teacher))
    distance = functional.kl_div(found, teacher, reduction="batchmean", log_target=True)
    return (1 - plan.distilled) * loss + plan.distilled * TEMPERATURE**2 * distance


def sgd(model: nn.Module, plan: Plan) -> torch.optim.SGD:
    """Return the optimizer: momentum, and weight decay on weights only, not on biases or norms."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    weights = [parameter for parameter in trained if parameter.ndim > 1]
    others = [parameter for parameter in trained if parameter.ndim <= 1]
    return torch.optim.SGD(
        [{"params": weights, "weight_decay": plan.decay}, {"params": others}],
        lr=plan.rate,
        momentum=0.9,
        nesterov=True,
    )


def save(
    averaged: nn.Module,
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
        "averaged": averaged.state_dict(),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, partial)
    partial.replace(checkpoint)


def resume(
    averaged: nn.Module,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    plan: Plan,
    checkpoint: Path,
) -> tuple[int, float]:
    """Load the checkpoint if there is one of this plan; return epochs done and seconds taken."""
    if not checkpoint.exists():
        return 0, 0.0
    state = torch.load(checkpoint)
    if state["plan"] != asdict(plan):
        print(f"{checkpoint}: is of another plan, starting anew", flush=True)
        return 0, 0.0
    averaged.load_state_dict(state["averaged"])
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
    """Return the percentage of uint8 [N, 32, 32, C] that `model` classifies right."""
    model.eval()
    right = 0
    for start in range(0, len(pictures), TEST_BATCH):
        logits = model(normalized(pictures[start : start + TEST_BATCH]))
        right += int((logits.argmax(1).numpy() == labels[start : start + TEST_BATCH]).sum())
    return 100.0 * right / len(pictures)
