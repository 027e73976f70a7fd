"""The benchmark of the tools measures what it says; how fast they are no test looks at."""

from __future__ import annotations

from host_tools.blob.layout import TARGETS
from host_tools.commands.bench import find_model
from host_tools.tool_speed.__main__ import measure, text


def test_each_command_and_each_target_is_measured() -> None:
    path = find_model("cifar10")
    assert path is not None
    report = measure({"cifar10": path})
    assert [*report["commands"]] == ["host_tools --help", "pack-model cifar10"]
    assert all(found["processor_seconds"] > 0 for found in report["commands"].values())
    assert [*report["predictions_a_second"]["cifar10"]] == [*TARGETS]
    lines = text(report).splitlines()
    assert lines[2].startswith("pack-model cifar10") and lines[-1].startswith("cifar10")
