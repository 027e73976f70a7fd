"""Estimates the cycles of a Cortex-M7 from the instructions that the virtual board executes.

The blocks of instructions that QEMU runs are counted (trace.py), read (instructions.py) and timed
by a model of the pipeline (pipeline.py), each after the block that ran before it. An estimate:
caches, waiting for flash and mispredicted branches are not in it.
"""

from host_tools.cycles.trace import Section, read_trace

__all__ = ["Section", "read_trace"]
