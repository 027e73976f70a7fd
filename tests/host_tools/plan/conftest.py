"""The plan of our own network, which is always there."""

from __future__ import annotations

import pytest
from oracle import ROOT

from host_tools.pack import plan_model
from host_tools.plan_types import Plan


@pytest.fixture(scope="session")
def cifar10_plan() -> Plan:
    return plan_model(ROOT / "models" / "cifar10" / "cifar10.tflite")
