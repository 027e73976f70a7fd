"""What `host_tools quantize` says of its work: as text, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from host_tools.quantize.advice import Advice
from host_tools.quantize.compare import Layer
from host_tools.quantize.drawing import decibels
from host_tools.quantize.ranges import Watched
from host_tools.text import plain, text_table, wrapped

LONGEST_NAME = 28
LEGEND = """\
Signal to noise of each layer's output against float32, in dB, over {compared}
samples{unseen}; `alone` is what the layer would leave if its inputs were exact
(an estimate), `8 bits` what storing its float32 values in 8 bits would. The
lowest `alone` loses most."""


@dataclass(frozen=True)
class Accuracy:
    """How many of `samples` the float32 and the int8 network classify right."""

    float32: int
    int8: int
    samples: int

    @property
    def percents(self) -> tuple[float, float]:
        return 100 * self.float32 / self.samples, 100 * self.int8 / self.samples


@dataclass(frozen=True)
class Report:
    """All that is told; `unseen` says whether no sample of the comparison was calibrated with."""

    model: str
    output: str
    samples: str
    count: int
    calibrated: int
    compared: int
    unseen: bool
    layers: Sequence[Layer]
    watched: Mapping[int, Watched]
    advice: Sequence[Advice]
    accuracy: Accuracy | None
    warnings: Sequence[str]
    skipped: Sequence[str]
    notes: Sequence[str]
    next: str


def as_json(report: Report) -> dict[str, Any]:
    """The same as a document; a ratio is null where nothing is lost, or, alone, nothing added."""
    accuracy = None
    if report.accuracy:
        before, after = report.accuracy.percents
        accuracy = {"float32": before, "int8": after, "samples": report.accuracy.samples}
    return {
        "model": report.model,
        "output": report.output,
        "samples": {
            "from": report.samples,
            "count": report.count,
            "calibrated": report.calibrated,
            "compared": report.compared,
            "skipped": list(report.skipped),
        },
        "accuracy": accuracy,
        "layers": [_layer(layer, report.watched[layer.tensor]) for layer in report.layers],
        "advice": [{"operator": one.operator, "text": one.text} for one in report.advice],
        "warnings": list(report.warnings),
        "notes": list(report.notes),
        "next": report.next,
    }


def _layer(layer: Layer, watched: Watched) -> dict[str, Any]:
    return {
        "operator": layer.operator,
        "kind": layer.kind,
        "name": plain(layer.name),
        "dtype": layer.dtype,
        "scale": layer.scale,
        "zero_point": layer.zero_point,
        "range": list(watched.range),
        "snr_db": layer.snr if math.isfinite(layer.snr) else None,
        "stored_snr_db": layer.store_snr if math.isfinite(layer.store_snr) else None,
        "median_channel_snr_db": layer.channel_snr if math.isfinite(layer.channel_snr) else None,
        "own_snr_db": layer.own_snr if math.isfinite(layer.own_snr) else None,
        "clipped": layer.clipped,
    }


def as_text(report: Report) -> str:
    """A table of the layers, accuracy, advice, and the command that comes next."""
    rows = []
    for layer in report.layers:
        low, high = report.watched[layer.tensor].range
        rows.append(
            [
                str(layer.operator) if layer.operator >= 0 else "",
                layer.kind if layer.operator >= 0 else "input",
                _end(plain(layer.name)),
                f"{low:.2f}",
                f"{high:.2f}",
                decibels(layer.snr),
                decibels(layer.own_snr),
                decibels(layer.store_snr) if layer.scale is not None else layer.dtype,
                f"{100 * layer.clipped:.2f} %",
            ]
        )
    header = ["", "operator", "output", "low", "high", "SNR", "alone", "8 bits", "clipped"]
    parts = [
        f"{report.model} -> {report.output}, int8, calibrated with {report.calibrated:,} of "
        f"{report.count:,} samples: {report.samples}",
        text_table(header, rows),
        LEGEND.format(
            compared=report.compared, unseen=" not calibrated with" if report.unseen else ""
        ),
    ]
    if report.accuracy:
        before, after = report.accuracy.percents
        parts.append(
            wrapped(
                f"accuracy: float32 {before:.2f} %, int8 {after:.2f} % ({after - before:+.2f} "
                f"points) of {report.accuracy.samples:,} samples"
            )
        )
    parts += [wrapped(f"bad: {one.text}") for one in report.advice]
    parts += [wrapped(f"note: {note}") for note in report.notes]
    parts.append(f"next: {report.next}")
    return "\n".join(parts)


def _end(name: str) -> str:
    """The end of a name, which differs where converters write long ones."""
    return name if len(name) <= LONGEST_NAME else f"...{name[3 - LONGEST_NAME :]}"
