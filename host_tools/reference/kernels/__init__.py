"""One numpy function for each kernel of the blob, named as there without `_s8`.

Each takes arrays for tensors, weights and tables, and the blob's parameters by name, plus
`output_shape`; it returns the output array. Parameters are trusted. int32 sums wrap.
"""

from host_tools.reference.kernels.average_pool import average_pool
from host_tools.reference.kernels.conv import conv
from host_tools.reference.kernels.copy import copy
from host_tools.reference.kernels.depthwise_conv import depthwise_conv
from host_tools.reference.kernels.dequantize import dequantize
from host_tools.reference.kernels.elementwise import (
    add,
    broadcast_add,
    broadcast_mul,
    broadcast_sub,
    mul,
)
from host_tools.reference.kernels.fully_connected import fully_connected
from host_tools.reference.kernels.lut import lut
from host_tools.reference.kernels.max_pool import max_pool
from host_tools.reference.kernels.mean import mean
from host_tools.reference.kernels.quantize import quantize
from host_tools.reference.kernels.resize_nearest import resize_nearest
from host_tools.reference.kernels.softmax import softmax

__all__ = [
    "add",
    "average_pool",
    "broadcast_add",
    "broadcast_mul",
    "broadcast_sub",
    "conv",
    "copy",
    "depthwise_conv",
    "dequantize",
    "fully_connected",
    "lut",
    "max_pool",
    "mean",
    "mul",
    "quantize",
    "resize_nearest",
    "softmax",
]
