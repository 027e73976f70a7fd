"""Writes small ONNX networks, converted by onnx2tf: NAME.tflite quantized, float/NAME.tflite not.

Run by the Python of that tool's environment: networks.py FOLDER. The float files hold what
onnx2tf does not quantize itself.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx2tf
from onnx import TensorProto, helper, numpy_helper

SAME = {"pads": [1, 1, 1, 1]}


class Network:
    """An ONNX graph of one input, `x`, grown node by node; its weights are random."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape
        self.rng = np.random.default_rng(7)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, values: Any, dtype: type = np.float32) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def random(self, *shape: int, low: float = -1, high: float = 1) -> str:
        return self.constant(self.rng.uniform(low, high, shape))

    def __call__(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Adds a node; the name of its output, or all names where it has several `outputs`."""
        names = [f"{kind.lower()}{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, names[0], **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x: str, source: int, to: int, side: int, **attributes: Any) -> str:
        depth = source // attributes.get("group", 1)
        bound = 2 * (depth * side * side) ** -0.5
        weights = self.random(to, depth, side, side, low=-bound, high=bound)
        return self("Conv", x, weights, self.random(to), **attributes)

    def norm(self, x: str, channels: int) -> str:
        scale, variance = (self.random(channels, low=0.5, high=1.5) for _ in range(2))
        beta, mean = (self.random(channels) for _ in range(2))
        return self("BatchNormalization", x, scale, beta, mean, variance)

    def dense(self, x: str, source: int, to: int) -> str:
        return self("Gemm", x, self.random(to, source), self.random(to), transB=1)

    def model(self, output: str) -> onnx.ModelProto:
        given = helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "network", [given], [result], self.weights)
        opset = [helper.make_opsetid("", 20)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=9)
        return onnx.shape_inference.infer_shapes(model)


def convolutions() -> onnx.ModelProto:
    net = Network(1, 3, 32, 32)
    x = net("Relu", net.norm(net.conv("x", 3, 16, 3, strides=[2, 2], **SAME), 16))
    x = net("Relu", net.norm(net.conv(x, 16, 16, 3, group=16, **SAME), 16))
    x = net("Clip", net.conv(x, 16, 24, 1), net.constant(0), net.constant(6))
    x = net("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net("Add", x, net("Relu", net.conv(x, 24, 24, 3, group=24, **SAME)))
    x = net("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net("Relu", net.conv(x, 24, 32, 3, dilations=[2, 2], pads=[2, 2, 2, 2]))
    x = net("Relu", net.conv(x, 32, 32, 3, group=4, **SAME))
    x = net("Flatten", net("GlobalAveragePool", x))
    return net.model(net("Softmax", net.dense(x, 32, 10), axis=-1))


def u_net(mode: str) -> onnx.ModelProto:
    """A U-Net of one skip, made twice as large by a resize or a transposed convolution."""
    net = Network(1, 3, 16, 16)
    skip = net("Relu", net.conv("x", 3, 8, 3, **SAME))
    x = net("MaxPool", skip, kernel_shape=[2, 2], strides=[2, 2])
    x = net("Relu", net.conv(x, 8, 16, 3, **SAME))
    if mode == "transposed":
        x = net("ConvTranspose", x, net.random(16, 16, 2, 2), net.random(16), strides=[2, 2])
    else:
        how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        how = how if mode == "nearest" else {}
        x = net("Resize", x, "", net.constant([1, 1, 2, 2]), mode=mode, **how)
    x = net("Concat", x, skip, axis=1)
    return net.model(net("Sigmoid", net.conv(x, 24, 2, 1)))


def residuals() -> onnx.ModelProto:
    """Squeeze and excitation, a split, arithmetic of two tensors, depth and space."""
    net = Network(1, 8, 16, 16)
    gate = net("Relu", net.conv(net("GlobalAveragePool", "x"), 8, 4, 1))
    x = net("Mul", "x", net("Sigmoid", net.conv(gate, 4, 8, 1)))
    left, right = net("Split", net.conv(x, 8, 8, 1), outputs=2, axis=1, num_outputs=2)
    larger, smaller = net("Max", left, right), net("Min", left, right)
    x = net("Concat", larger, smaller, net("Sub", left, right), axis=1)
    x = net("Pad", x, net.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    x = net("Slice", x, *(net.constant(v, np.int64) for v in ([1, 1], [17, 17], [2, 3])))
    x = net("DepthToSpace", net.conv(x, 12, 16, 3), blocksize=2)
    return net.model(net.conv(net("SpaceToDepth", x, blocksize=2), 16, 4, 1))


def between(kind: str, **attributes: Any) -> onnx.ModelProto:
    """Two convolutions, an activation behind each, and a third."""
    net = Network(1, 4, 12, 12)

    def act(x: str) -> str:
        if kind == "PRelu":
            return net(kind, x, net.random(8, 1, 1, low=0.05, high=0.4))
        if kind == "Silu":
            return net("Mul", x, net("Sigmoid", x))
        if kind == "InstanceNormalization":
            return net(kind, x, net.random(8, low=0.5), net.random(8))
        if kind == "LayerNormalization":
            x = net("Transpose", x, perm=[0, 2, 3, 1])
            x = net(kind, x, net.random(8, low=0.5), net.random(8), axis=-1)
            return net("Transpose", x, perm=[0, 3, 1, 2])
        return net(kind, x, **attributes)

    x = act(net.conv(act(net.conv("x", 4, 8, 3)), 8, 8, 3))
    return net.model(net.conv(x, 8, 8, 1))


NETWORKS: dict[str, Callable[[], onnx.ModelProto]] = {
    "convolutions": convolutions,
    "elu": partial(between, "Elu"),
    "gelu": partial(between, "Gelu"),
    "gelu_tanh": partial(between, "Gelu", approximate="tanh"),
    "hard_swish": partial(between, "HardSwish"),
    "instance_normalization": partial(between, "InstanceNormalization"),
    "layer_normalization": partial(between, "LayerNormalization"),
    "leaky_relu": partial(between, "LeakyRelu"),
    "prelu": partial(between, "PRelu"),
    "residuals": residuals,
    "silu": partial(between, "Silu"),
    "u_net_linear": partial(u_net, "linear"),
    "u_net_nearest": partial(u_net, "nearest"),
    "u_net_transposed": partial(u_net, "transposed"),
}


def converted(model: onnx.ModelProto, folder: Path) -> tuple[bytes, bytes | None]:
    """The files in float32 and, if onnx2tf makes one, in int8, calibrated with random inputs."""
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    samples = np.random.default_rng(1).normal(0, 1, (32, *shape[1:])).astype(np.float32)
    np.save(folder / "samples.npy", np.moveaxis(samples, 1, -1))
    onnx.save(model, folder / "net.onnx")
    # it fails after having written the file where a variant with int16 activations cannot be
    with contextlib.suppress(RuntimeError):
        onnx2tf.convert(
            input_onnx_file_path=str(folder / "net.onnx"),
            output_folder_path=str(folder),
            output_integer_quantized_tflite=True,
            custom_input_op_name_np_data_path=[["x", str(folder / "samples.npy"), 0.0, 1.0]],
            # a channel each it writes biases of depthwise convolutions that LiteRT refuses
            quant_type="per-tensor",
            non_verbose=True,
        )
    quantized = folder / "net_full_integer_quant.tflite"
    real = (folder / "net_float32.tflite").read_bytes()
    return real, quantized.read_bytes() if quantized.exists() else None


def main(folder: Path) -> None:
    (folder / "float").mkdir()
    for name, make in NETWORKS.items():
        with tempfile.TemporaryDirectory() as work:
            real, quantized = converted(make(), Path(work))
        (folder / "float" / f"{name}.tflite").write_bytes(real)
        if quantized is not None:
            (folder / f"{name}.tflite").write_bytes(quantized)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
