"""The limits of what is served: rows of ``served/limits.csv``, and how many pages this machine can hold."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_MEGABYTE = 1_000_000
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


@cache
def limit(key: str) -> float:
    """One row of the table of limits."""
    source = resources.files("riskkit.workbench.serving") / "served" / "limits.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: float(row["value"]) for row in rows}[key]


@dataclass(frozen=True)
class ServingLimits:
    """How many pages may be open at the same time, and for how long a closed one goes on."""

    most: int
    most_each: int
    closed_seconds: float
    proxies: tuple[str, ...] = ()
    intake: Path | None = None  # where the intake pages keep what they receive; None: they are off
    register: Path = Path("register")  # where a report goes that is accepted


def most_pages(memory: int, cores: int) -> int:
    """How many pages a machine holds by default."""
    by_memory = int(memory * limit("memory_share") / (limit("kernel_megabytes") * _MEGABYTE))
    by_cores = int(cores * limit("kernels_per_core"))
    return max(2, min(by_memory, by_cores, int(limit("kernels_at_most"))))


def serving_limits(
    most: int | None = None,
    most_each: int | None = None,
    closed_seconds: float | None = None,
    *,
    proxies: Sequence[str] = (),
    intake: Path | None = None,
    register: Path = ServingLimits.register,
) -> ServingLimits:
    """The limits of this serving: what is asked for, else what fits this machine."""
    together = most if most is not None else most_pages(_memory(), _cores())
    each = most_each if most_each is not None else int(limit("kernels_per_person"))
    seconds = closed_seconds if closed_seconds is not None else limit("closed_seconds")
    return ServingLimits(together, min(each, together), seconds, tuple(proxies), intake, register)


def _memory() -> int:
    """Of this machine, or of the container we run in where that has less."""
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(_CONTAINER.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return total


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
