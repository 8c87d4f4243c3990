"""Time and memory of a call, the way every benchmark here takes them."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import kept


def seconds(call: Callable[[], Any], *, runs: int = 5) -> float:
    """Median wall time of a call after one warm-up [s]."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def cpu_seconds(call: Callable[[], Any], *, runs: int = 5) -> float:
    """Least processor time of a call after one warm-up [s]: what it costs, however busy the machine is."""
    call()
    times = []
    for _ in range(runs):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def peak_bytes(call: Callable[[], Any]) -> int:
    """Most memory that a call holds beyond what was held before, its result included [bytes]."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return peak - before


def say(what: str, **figures: float) -> None:
    """One line of figures, kept for the table at the end of the run."""
    print(f"{what:44s} " + "  ".join(f"{name} {value:,.3g}" for name, value in figures.items()))
    kept.add(what, figures)
