"""What a process held is measured without what its parent held when it started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shared import TESTS

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
HOLD = "held = b'x' * ({mib} * 2**20); held = None; "
SAY = "import own_memory; print(own_memory.peak_mib())"


def peak_behind(parent_mib: int, own_mib: int) -> float:
    """What a process that holds `own_mib` says, started by one that holds `parent_mib`."""
    child = [sys.executable, "-c", HOLD.format(mib=own_mib) + SAY]
    parent = f"import subprocess; held = b'x' * ({parent_mib} * 2**20); print(subprocess.check_output({child!r}, text=True))"
    done = subprocess.run(
        [sys.executable, "-c", parent],
        env={**os.environ, "PYTHONPATH": str(TESTS / "support")},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def test_a_small_process_behind_a_large_one_is_small() -> None:
    assert peak_behind(400, 1) < 150
    assert peak_behind(400, 1) == pytest.approx(peak_behind(1, 1), abs=20)


def test_what_a_process_held_itself_counts_even_when_it_was_given_back() -> None:
    assert 300 < peak_behind(1, 300) < 450
