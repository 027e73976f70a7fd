"""The virtual board's microphone gives a script the samples of the computer's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from host_tools import cli

SCRIPT = """
import virtual_microphone

for rate in (16000, 8000):
    heard = virtual_microphone.Microphone(rate)
    total = sum = 0
    while total < rate * 25 // 100:
        samples = heard.read()
        total += len(samples) // 2
        for i in range(0, len(samples), 2):
            value = samples[i] | samples[i + 1] << 8
            sum += value - 65536 if value > 32767 else value
    print(rate, total, sum)
while True:
    heard.read()
"""


def test_a_script_hears_a_file_anew_at_the_rate_it_asks_for(
    virtual_board_firmware: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    samples = np.random.default_rng(3).integers(-32768, 32768, 4000).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="PCM_16")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    words = ["sim", "--firmware", str(virtual_board_firmware), "--microphone"]
    assert cli.main([*words, str(tmp_path / "a.wav"), "--run", str(script)]) == 0
    lines = capfd.readouterr().out.splitlines()[3:]
    assert lines[0] == f"16000 4000 {samples.sum(dtype=np.int64)}"
    assert lines[1].startswith("8000 2000 ")
    assert lines[2:] == ["virtual microphone: that was the last sound"]


def test_a_file_that_cannot_be_read_ends_the_script_with_the_reason(
    virtual_board_firmware: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    words = ["sim", "--firmware", str(virtual_board_firmware), "--microphone", str(tmp_path)]
    assert cli.main([*words, "--run", str(script)]) == 0
    assert "a.wav is no sound that can be read" in capfd.readouterr().out


def test_a_rate_that_no_sound_has_is_refused(
    virtual_board_firmware: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(4000, np.int16), 16_000)
    script = tmp_path / "script.py"
    words = ["sim", "--firmware", str(virtual_board_firmware), "--microphone", str(tmp_path)]
    rates = (0, 999, 192_001, (1 << 31) - 1)
    script.write_text(f"""
import virtual_microphone
for rate in {rates}:
    try:
        virtual_microphone.Microphone(rate).read()
    except SystemExit:
        pass
""")
    assert cli.main([*words, "--run", str(script)]) == 0
    out = capfd.readouterr().out
    for rate in rates:
        assert f"virtual microphone: it has 1000 to 192000 samples a second, not {rate}" in out
