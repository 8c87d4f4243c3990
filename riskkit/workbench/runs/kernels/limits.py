"""What a notebook may use at most, and the watch that ends it when it uses more."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import RuleText
from riskkit.workbench.runs.kernels import processes

GIB, MB = 2**30, 10**6
_EVERY, _FAMILY_EVERY = 0.1, 5  # seconds; all processes are looked at less often than the kernel


@dataclass(frozen=True)
class Limits:
    """What a report may use at most."""

    memory: float = 4.0
    cell_output: float = 20.0
    report_output: float = 100.0
    cell_deadline: float = 300.0


class Guard(threading.Thread):
    """Watches the processes of a run, and ends them all when a limit is passed."""

    def __init__(self, limits: Limits, folder: Path) -> None:
        super().__init__(name="limits of a report", daemon=True)
        self.limits, self.folder = limits, folder
        self.kernel: Callable[[], int | None] = lambda: None
        self.hit: tuple[str, str] | None = None
        self.seen: dict[int, psutil.Process] = {}
        self.older = frozenset(psutil.pids())  # nothing of the run: not to be looked at again and again
        self.is_ended = False
        self._over = threading.Event()
        self._in_cell = self._in_report = 0

    def run(self) -> None:
        """Until `end` is called."""
        n = 0
        while not self._over.wait(_EVERY):
            n += 1
            pid = self.kernel()
            if pid is not None:
                self._look(pid, is_whole=n % _FAMILY_EVERY == 0)

    def _look(self, pid: int, *, is_whole: bool) -> None:
        members = processes.processes_of([pid])
        members = processes.with_children(members, but=self.older) if is_whole else members
        self.seen |= {one.pid: one for one in members}
        most = self.limits.memory * GIB
        if sum(map(_resident, members)) > most and sum(map(_own, members)) > most:
            self.stop(
                "MemoryLimit", RuleText("more than {} GiB of memory (--memory)", f"{self.limits.memory:g}")
            )

    def next_cell(self) -> None:
        """What a cell writes is counted anew."""
        self._in_cell = 0

    def takes(self, n_bytes: int) -> bool:
        """Whether so much more may be written; from the first time that it may not, nothing may."""
        self._in_cell += n_bytes
        self._in_report += n_bytes
        if self._in_cell > self.limits.cell_output * MB:
            words = RuleText(
                "a cell wrote more than {} MB of output (--cell-output)", f"{self.limits.cell_output:g}"
            )
            self.stop("OutputLimit", words)
        elif self._in_report > self.limits.report_output * MB:
            words = RuleText(
                "the cells wrote more than {} MB of output (--report-output)",
                f"{self.limits.report_output:g}",
            )
            self.stop("OutputLimit", words)
        return self.hit is None

    def stop(self, kind: str, words: str) -> None:
        """End the run for this reason; the first one counts."""
        if self.hit is None:
            self.hit = (kind, words)
            processes.end_all(self.members, grace=_EVERY, but=self.older)

    def members(self) -> list[psutil.Process]:
        """Every process of the run that can be found."""
        pid = self.kernel()
        new = processes.processes_of(processes.adopted(but=self.older))
        session = [] if pid is None else [*processes.processes_of([pid]), *processes.of_session(pid)]
        return [*session, *processes.marked(self.folder, but=self.older), *self.seen.values(), *new]

    def end(self) -> None:
        """End every process of the run, and the watch; once all are gone, none is left to start another."""
        if self.is_ended:
            return
        self._over.set()
        with contextlib.suppress(RuntimeError):  # it was never started
            self.join()
        self.is_ended = processes.end_all(self.members, but=self.older)
        processes.forget(processes.adopted(but=self.older))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _own(process: psutil.Process) -> int:
    """What a process uses, its share of what several use together counted once."""
    try:
        told = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(told, "pss", told.uss))
