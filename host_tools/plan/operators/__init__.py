"""One operator of a model to calls of kernels, one operator a file; `LOWER` is the table of them.

Each function takes the graph and the operator and gives what is to run in its place; it raises
CommandError, saying why, for what the kernels would not do exactly as tflite-micro does.
"""

from collections.abc import Callable

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered
from host_tools.plan.operators.add import lower_add
from host_tools.plan.operators.average_pool_2d import lower_average_pool_2d
from host_tools.plan.operators.concatenation import lower_concatenation
from host_tools.plan.operators.conv_2d import lower_conv_2d
from host_tools.plan.operators.depthwise_conv_2d import lower_depthwise_conv_2d
from host_tools.plan.operators.dequantize import lower_dequantize
from host_tools.plan.operators.fully_connected import lower_fully_connected
from host_tools.plan.operators.lookup import lower_lookup
from host_tools.plan.operators.max_pool_2d import lower_max_pool_2d
from host_tools.plan.operators.mean import lower_mean
from host_tools.plan.operators.mul import lower_mul
from host_tools.plan.operators.pad import lower_pad
from host_tools.plan.operators.quantize import lower_quantize
from host_tools.plan.operators.reshape import lower_reshape
from host_tools.plan.operators.resize_nearest_neighbor import lower_resize_nearest_neighbor
from host_tools.plan.operators.softmax import lower_softmax
from host_tools.plan.operators.split import lower_split
from host_tools.plan.operators.strided_slice import lower_strided_slice
from host_tools.plan.operators.sub import lower_sub
from host_tools.plan.operators.transpose import lower_transpose

LOWER: dict[str, Callable[[Graph, Operator], Lowered]] = {
    "ABS": lower_lookup,
    "ADD": lower_add,
    "AVERAGE_POOL_2D": lower_average_pool_2d,
    "CONCATENATION": lower_concatenation,
    "CONV_2D": lower_conv_2d,
    "DEPTHWISE_CONV_2D": lower_depthwise_conv_2d,
    "DEQUANTIZE": lower_dequantize,
    "EXPAND_DIMS": lower_reshape,
    "FULLY_CONNECTED": lower_fully_connected,
    "HARD_SWISH": lower_lookup,
    "LEAKY_RELU": lower_lookup,
    "LOGISTIC": lower_lookup,
    "MAX_POOL_2D": lower_max_pool_2d,
    "MEAN": lower_mean,
    "MUL": lower_mul,
    "PAD": lower_pad,
    "PADV2": lower_pad,
    "QUANTIZE": lower_quantize,
    "RELU": lower_lookup,
    "RELU6": lower_lookup,
    "RESHAPE": lower_reshape,
    "RESIZE_NEAREST_NEIGHBOR": lower_resize_nearest_neighbor,
    "SOFTMAX": lower_softmax,
    "SPLIT": lower_split,
    "SQUEEZE": lower_reshape,
    "STRIDED_SLICE": lower_strided_slice,
    "SUB": lower_sub,
    "TANH": lower_lookup,
    "TRANSPOSE": lower_transpose,
}
