"""Every operator on boards: each random model of one gives the bytes that it gives here."""

from __future__ import annotations

import zlib

import numpy as np
from board_models import NOT_ON_STM32, Files, Runner
from oracle import random_inputs
from single_operators import KINDS, random_model

from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.tflite import read_model

MODELS = 8  # of each kind
MOST_WORK = 200_000

SCRIPT = """
import array, binascii, gc, os, inkling
for name in os.listdir("/rom"):
    if not name.endswith(".ink"):
        continue
    gc.collect()
    m = inkling.Model("/rom/" + name)
    with open("/rom/" + name[:-3] + "bin", "rb") as file:
        for i, typecode in enumerate(m.input_dtype):
            given = m.input(i)
            given[:] = array.array(typecode, file.read(len(bytes(given))))
    m.run()
    crc = 0
    for i in range(len(m.output_shape)):
        crc = binascii.crc32(m.output(i), crc)
    print(name, crc)
"""


@NOT_ON_STM32
def test_every_operator_gives_the_bytes_that_it_gives_here(on_board: Runner) -> None:
    files: Files = {}
    expected = {}
    for kind in KINDS:
        rng = np.random.default_rng(zlib.crc32(kind.encode()) + 4)
        made = 0
        while made < MODELS:
            graph = read_model(random_model(kind, rng))
            model = HostModel(blob := pack(graph, target="cortex-m7"))
            if model.work > MOST_WORK:
                continue
            inputs = random_inputs(graph, rng)
            name = f"{kind.lower()}_{made}"
            files[f"{name}.ink"] = blob
            files[f"{name}.bin"] = b"".join(np.ascontiguousarray(x).tobytes() for x in inputs)
            expected[f"{name}.ink"] = zlib.crc32(b"".join(y.tobytes() for y in model.run(inputs)))
            made += 1
    lines = on_board(SCRIPT, files).splitlines()
    assert {name: int(crc) for name, crc in (line.split() for line in lines)} == expected
