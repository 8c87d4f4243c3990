"""How long a test waits before it says that something hangs.

It waits for a state and goes on as soon as that is reached, so these bounds cost nothing on a quick machine. They say
nothing about speed (tests/benchmarks does), and are wide enough for a machine that is slow, or busy with other things.
"""

from __future__ import annotations

import time
from collections.abc import Callable

HANGS = 300.0  # seconds
DEADLINES = (
    4.0,
    16.0,
    64.0,
    256.0,
)  # seconds, to try one after the other where a report must run out of its time
PAGE_HANGS = HANGS * 1000  # milliseconds, as Playwright counts


def comes_true(is_so: Callable[[], object], *, pause: float = 0.05) -> bool:
    """Whether it becomes true before one would say that something hangs."""
    until = time.monotonic() + HANGS
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True
