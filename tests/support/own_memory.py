"""The most memory that this process has held since its program began."""

from __future__ import annotations

import re
from pathlib import Path


def peak_mib() -> float:
    """Peak of the resident memory [MiB].

    Not ``ru_maxrss``: on Linux that begins with what the parent held when it started this program, so that a small
    program behind a large one seems large.
    """
    said = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", said, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
