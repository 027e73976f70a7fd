"""The reference interpreter: `run` runs a graph in numpy, every byte as tflite-micro does."""

from host_tools.reference.interpreter import run

__all__ = ["run"]
