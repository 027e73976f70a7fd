"""From a graph to a plan: passes, lowering to kernels, choice of layouts, placing in the arena."""

from host_tools.plan.make import make_plan
from host_tools.plan.types import Plan, PlanOperator, PlanTensor

__all__ = ["Plan", "PlanOperator", "PlanTensor", "make_plan"]
