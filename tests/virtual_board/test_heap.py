"""The virtual board's heap: as large as asked, and room for inputs that take most of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.cli import main
from host_tools.errors import CommandError
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard, qemu
from host_tools.virtual_board.runtime import run_on_virtual_board

FREE = "import gc; gc.collect(); print(gc.mem_free() + gc.mem_alloc())"


@pytest.mark.parametrize("heap", [qemu.LEAST_HEAP, 64 << 10, 512 << 10, qemu.MOST_HEAP])
def test_the_heap_is_as_large_as_asked(virtual_board_firmware: Path, heap: int) -> None:
    result = VirtualBoard(virtual_board_firmware, heap=heap).run_script(FREE)
    assert result.status == 0, result.stdout
    # the collector's own tables are in it
    assert 0.93 * heap < int(result.stdout) < heap


def test_without_a_word_it_is_512_kb_and_a_soft_reset_keeps_its_size(
    virtual_board_firmware: Path,
) -> None:
    default = int(VirtualBoard(virtual_board_firmware).run_script(FREE).stdout)
    asked = VirtualBoard(virtual_board_firmware, heap=512 << 10).run_script(FREE)
    assert default == int(asked.stdout)
    with VirtualBoard(virtual_board_firmware, heap=100_000) as board:
        before = int(board.exec(FREE))
        assert before < 100_000
        board.exec("name = 1")
        board.exec("raise SystemExit")
        assert "'name'" in str(pytest.raises(CommandError, board.exec, "name").value)
        assert int(board.exec(FREE)) == before


@pytest.mark.parametrize("heap", ["16383", "4M"])
def test_a_heap_that_cannot_be_is_refused_with_what_can(
    virtual_board_firmware: Path, capsys: pytest.CaptureFixture[str], heap: str
) -> None:
    assert main(["sim", "--firmware", str(virtual_board_firmware), "--heap", heap]) == 1
    assert "the virtual board has 16384 to 3145728" in capsys.readouterr().err


def test_inputs_above_half_of_a_boards_heap_are_run(virtual_board_firmware: Path) -> None:
    builder = ModelBuilder("large")
    image = builder.tensor((1, 160, 128, 12), scale=1 / 128, zero_point=-1)
    pooled = builder.tensor((1, 2, 2, 12), scale=1 / 128, zero_point=-1)
    builder.operator(
        "AVERAGE_POOL_2D",
        [image],
        [pooled],
        2,
        filter_height=80,
        filter_width=64,
        stride_h=80,
        stride_w=64,
        padding="VALID",
        fused_activation_function="NONE",
    )
    blob = pack(builder.build([image], [pooled]))
    inputs = np.random.default_rng(3).integers(-128, 128, (2, 1, 160, 128, 12)).astype(np.int8)
    [outputs] = run_on_virtual_board(blob, [inputs], firmware=virtual_board_firmware)
    means = inputs.reshape(2, 1, 2, 80, 2, 64, 12).mean(axis=(3, 5))
    assert np.abs(outputs - means).max() <= 0.5
