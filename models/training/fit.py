"""Trains a network, seeded, with a checkpoint after each epoch; no data and no quantization here.

A run that was stopped goes on from its last checkpoint and gives the same bits as one that was
not, on the same machine and number of threads.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from host_tools.text import plain

WARM_UP = 0.05  # The share of all steps in which the learning rate rises.
TEMPERATURE = 2.0  # Of the softmax by which a network is compared with its teacher.


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
    views: int = 0  # The views of each example repeat after so many epochs; 0: never.
    bfloat16: bool = False
    smoothed: float = 0.0  # The labels' share that goes to all classes.
    optimizer: str = "sgd"  # Or "adamw".


class Lesson(Protocol):
    """What a network learns from."""

    count: int  # Examples an epoch shows.

    def batches(self, plan: Plan, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield inputs, labels int64 [n] and a teacher's logits [n, classes], if there is one.

        `count // plan.batch` times, the same for the same plan and epoch.
        """

    def judge(self, model: nn.Module) -> float:
        """Return the percentage of the held out examples that `model` classifies right."""


def has_bfloat16() -> bool:
    """Return whether this processor multiplies bfloat16; on others it is slower than float."""
    try:
        features = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return "avx512_bf16" in features or "amx_bf16" in features


def fit(model: nn.Module, plan: Plan, lesson: Lesson, checkpoint: Path) -> tuple[nn.Module, float]:
    """Train `model`; return the trained network and the seconds, with those before a resume.

    The file `checkpoint` is rewritten after each epoch. The held out examples are only judged, to
    print how it goes; the last epoch's (averaged) weights are the result.
    """
    model.to(memory_format=torch.channels_last)
    averaged = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(plan.average), use_buffers=True
    )
    optimizer = make_optimizer(model, plan)
    first, seconds = resume(averaged, model, optimizer, plan, checkpoint)
    steps = lesson.count // plan.batch
    for epoch in range(first, plan.epochs):
        start = time.monotonic()
        model.train()
        total = 0.0
        for step, (inputs, labels, teacher) in enumerate(lesson.batches(plan, epoch)):
            share = schedule((epoch * steps + step) / (plan.epochs * steps))
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * share
            with torch.autocast("cpu", torch.bfloat16, enabled=plan.bfloat16):
                found = model(inputs)
            loss = compare(found.float(), labels, teacher, plan)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            averaged.update_parameters(model)
            total += loss.item()
        seconds += time.monotonic() - start
        save(averaged, model, optimizer, plan, checkpoint, epoch + 1, seconds)
        print(
            f"epoch {epoch + 1} of {plan.epochs}: loss {total / steps:.4f}, "
            f"held out {lesson.judge(averaged.module):.2f} %, {seconds:.0f} s",
            flush=True,
        )
    return averaged.module, seconds


@torch.no_grad()
def logits(model: nn.Module, inputs: Tensor) -> np.ndarray:
    """Return what a trained model says of `inputs`, float32, computed as `fit` does here."""
    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        return model(inputs).float().numpy()


def compare(found: Tensor, labels: Tensor, teacher: Tensor | None, plan: Plan) -> Tensor:
    """Return the loss of logits [n, classes]: by the labels and, in the plan's share, the teacher.

    The second is Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """
    loss = functional.cross_entropy(found, labels, label_smoothing=plan.smoothed)
    if teacher is None:
        return loss
    found, teacher = (functional.log_softmax(v / TEMPERATURE, 1) for v in (found, teacher))
    distance = functional.kl_div(found, teacher, reduction="batchmean", log_target=True)
    return (1 - plan.distilled) * loss + plan.distilled * TEMPERATURE**2 * distance


def make_optimizer(model: nn.Module, plan: Plan) -> torch.optim.Optimizer:
    """Return the plan's optimizer; weight decay on weights only, not on biases or norms."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": plan.decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if plan.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=plan.rate)
    return torch.optim.SGD(groups, lr=plan.rate, momentum=0.9, nesterov=True)


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
        print(f"{plain(str(checkpoint))}: is of another plan, starting anew", flush=True)
        return 0, 0.0
    averaged.load_state_dict(state["averaged"])
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    print(f"{plain(str(checkpoint))}: going on after epoch {state['epochs']}", flush=True)
    return state["epochs"], state["seconds"]


def schedule(progress: float) -> float:
    """Return the share of the full learning rate at `progress` (0 to 1): a rise, then a cosine."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1.0 + math.cos(math.pi * (progress - WARM_UP) / (1.0 - WARM_UP)))
