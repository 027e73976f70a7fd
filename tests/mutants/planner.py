"""Packs small models by mutants of the planner: what they pack must be good, and the same bits."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
import types
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networks
import numpy as np
from mutants.plan_corpus import reaching
from mutants.plan_mutants import PlanMutant
from single_operators import KINDS, random_model
from slopes import slopes
from unrolled_gru import unrolled_gru

from host_tools import host_runtime, pack
from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS

MOST_SECONDS = 60  # of a core
_PACKED = tuple(name for name, card in KERNELS.items() if card.packs)


@dataclass(frozen=True)
class Packed:
    """A model, how it is packed, and the blob and outputs that are right."""

    model: Any
    options: dict[str, Any]
    blob: bytes
    outputs: list[np.ndarray]


def make_packed(folder: Path) -> list[Packed]:
    """Small models for both targets, some with all fast kernels and some with little flash; and
    those of the planner's tests that go through more of it."""
    models = [network() for network in (networks.every_kernel, networks.two_inputs, slopes)]
    models += [networks.separable(), networks.pools(), networks.large_sums(), unrolled_gru()]
    models += [networks.dilated(groups=True), networks.dilated(groups=False)]
    seeds = {kind: zlib.crc32(kind.encode()) for kind in KINDS}
    ways: list[tuple[bytes, dict[str, Any]]] = []
    for model in models:
        ways += [(model, {}), (model, {"target": "cortex-m7"})]
        ways.append((model, {"target": "cortex-m7", "force": _PACKED}))
        blob = pack.pack(model, target="cortex-m7")
        ways.append((model, {"target": "cortex-m7", "flash": len(blob) - 1}))
    ways += [
        (random_model(kind, np.random.default_rng(seed)), {"target": "cortex-m7"})
        for kind, seed in seeds.items()
    ]
    found = []
    for model, options in [*ways, *reaching(ways, folder)]:
        try:
            blob = pack.pack(model, **options)
        except Exception:  # too little flash
            continue
        found.append(Packed(model, options, blob, outputs_of(blob)))
    return found


def outputs_of(blob: bytes) -> list[np.ndarray]:
    """Of three runs on random inputs."""
    model, rng = HostModel(blob), np.random.default_rng(3)
    outputs = []
    for _ in range(3):
        inputs = [
            rng.integers(0, 256, tensor.shape, np.uint8).view(tensor.dtype)
            if tensor.dtype in ("int8", "uint8")
            else rng.normal(0, 3, tensor.shape).astype(tensor.dtype)
            for tensor in model.inputs
        ]
        outputs += model.run(inputs)
    return outputs


def verdict(mutant: PlanMutant | None, packed: Sequence[Packed]) -> str:
    """What becomes of the models, tried in a process of its own."""
    return _in_child(lambda: _verdict(mutant, packed)) or "a crash or no end"


def _verdict(mutant: PlanMutant | None, packed: Sequence[Packed]) -> str:
    try:
        if mutant is not None:
            _replace(mutant)
        make = importlib.import_module("host_tools.pack").pack
        differs = False
        for each in packed:
            blob = make(each.model, **each.options)
            if blob == each.blob:
                continue
            differs = True
            if host_runtime.refusal(blob) is not None:
                return "refused by the verifier"
            got = outputs_of(blob)
            same = len(got) == len(each.outputs) and all(
                a.tobytes() == b.tobytes() for a, b in zip(got, each.outputs, strict=True)
            )
            if not same:
                return "other outputs"
    except Exception:
        return "an error"
    return "another good plan" if differs else "survives"


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the module of a mutant its code."""

    def __init__(self, name: str, mutant: PlanMutant) -> None:
        self.name, self.mutant = name, mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = str(self.mutant.source)
        exec(self.mutant.code(), module.__dict__)


def _replace(mutant: PlanMutant) -> None:
    """Lets the planner be imported anew, with the mutant in it."""
    for name in list(sys.modules):
        if name == "host_tools.pack" or name.partition("host_tools.plan")[2][:1] == ".":
            del sys.modules[name]
    del sys.modules["host_tools.plan"]
    sys.meta_path.insert(0, _Loader(f"host_tools.plan.{mutant.source.stem}", mutant))


def _in_child(work: Callable[[], str]) -> str:
    """What `work` returns in a process of its own; nothing where that does not end well."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        try:
            os.write(writing, work().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        said = result.read().decode()
    os.waitpid(child, 0)
    return said
