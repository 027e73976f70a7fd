"""The importer of TensorFlow Lite models: `read_model` gives a Graph or raises CommandError."""

from host_tools.tflite.reader import read_model

__all__ = ["read_model"]
