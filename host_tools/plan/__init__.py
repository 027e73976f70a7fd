"""From a graph to a plan: passes, lowering to kernels, choice of layouts, placing in the arena."""

from host_tools.plan.make import make_plan

__all__ = ["make_plan"]
