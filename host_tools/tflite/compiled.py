"""Operators that a compiler for another processor put into a model in the place of layers."""

from __future__ import annotations

from host_tools.errors import CommandError

# how the code of a custom operator begins -> whose it is
COMPILED = {
    "ethos-u": "Arm's Ethos-U NPU, made by Vela",
    "edgetpu-custom-op": "Google's Edge TPU, made by edgetpu_compiler",
    "XC_": "XMOS's xcore, made by xmos-ai-tools",
    "Neutron": "NXP's Neutron NPU, made by the eIQ toolkit",
    "vsi-npu": "VeriSilicon's NPU",
    "tidl": "TI's accelerators, made by TIDL",
    "DISPATCH_OP": "an NPU, made by a compiler plug-in of LiteRT",
}


def check_not_compiled(kind: str) -> None:
    """Raises CommandError for an operator that only another processor can run."""
    code = kind.removeprefix("CUSTOM:")
    for start, whose in COMPILED.items():
        if code != kind and code.lower().startswith(start.lower()):
            raise CommandError(
                f"compiled for another processor: its operator {kind} is code for {whose}; take "
                "the .tflite file before that step"
            )
