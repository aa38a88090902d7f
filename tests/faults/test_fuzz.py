"""Random and damaged bytes through the readers: two thousand cases, or with ``-m slow`` a million.

What holds for each of them, and how they are made, stands in `fuzz_readers.py`, which also tells how
often each format, compression and kind of damage was tried.
"""

import subprocess
import sys
from pathlib import Path

import pytest


def run_fuzz(num_cases: int, seed: int) -> str:
    runner = str(Path(__file__).with_name("fuzz_readers.py"))
    fuzz = subprocess.run(
        [sys.executable, runner, "--cases", str(num_cases), "--seed", str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert fuzz.returncode == 0, fuzz.stdout + fuzz.stderr
    return fuzz.stdout


def test_two_thousand_random_and_damaged_inputs_are_read_or_refused():
    assert "2000 cases of seed 1 in" in run_fuzz(2000, seed=1)


@pytest.mark.slow
def test_a_million_random_and_damaged_inputs_are_read_or_refused():
    assert "1000000 cases of seed 2 in" in run_fuzz(1_000_000, seed=2)
