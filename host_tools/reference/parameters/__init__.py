"""The kernels' parameters of one operator, computed as TensorFlow Lite Micro does in Prepare().

Each function takes a graph and one of its operators. It returns integers by the blob's field
names, in the blob's order; those of operators with weights return (integers, arrays in the blob's
layout), and `resize_nearest` its tables. Each raises CommandError, with the reason, where the
operator is not supported. The names after a full stop are tflite-micro's functions.
"""

from host_tools.reference.parameters.elementwise import add, mean, mul, softmax
from host_tools.reference.parameters.image import average_pool, max_pool, resize_nearest
from host_tools.reference.parameters.weighted import conv, depthwise_conv, fully_connected

__all__ = [
    "add",
    "average_pool",
    "conv",
    "depthwise_conv",
    "fully_connected",
    "max_pool",
    "mean",
    "mul",
    "resize_nearest",
    "softmax",
]
