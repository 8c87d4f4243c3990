"""Processes that make reports side by side, each on its own, none of them outliving the batch.

Processes, never threads: execution changes the state of its process. Every worker leads a session of its own,
so a Ctrl-C at the terminal reaches the batch alone, which then ends its workers and all they started.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText
from riskkit.workbench.runs.folders import run_folders
from riskkit.workbench.runs.kernels import processes, warmed
from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import
from riskkit.workbench.runs.languages import grouped
from riskkit.workbench.runs.plans import RunError, RunPlan, RunResult
from riskkit.workbench.runs.runner import failed, run_together

_GRACE = 30.0


@dataclass(frozen=True)
class Event:
    """Something that happened in a batch."""

    kind: str
    plan: RunPlan
    cell: int = 0
    cells: int = 0
    result: RunResult | None = None


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    folder: str
    is_forked: bool
    plans: tuple[RunPlan, ...] = ()
    began: float = 0.0

    @property
    def deadline(self) -> float:
        """What its work may take: each language again by itself where showing it again failed."""
        most = max((one.deadline for one in self.plans), default=0.0)
        return most * (1 if len(self.plans) < 2 else len(self.plans) + 1)


def run_all(
    plans: Sequence[RunPlan],
    *,
    jobs: int = 1,
    grace: float = _GRACE,
    watch: Callable[[Event], None] = lambda event: None,
) -> tuple[RunResult, ...]:
    """Make all reports, `jobs` at a time; the failure of one stops no other."""
    results: dict[Path, RunResult] = {}
    waiting = deque(grouped(plans))
    crew: list[_Worker] = []
    try:
        while waiting or any(one.plans for one in crew):
            _hand_out(waiting, crew, most=min(jobs, len(plans)), watch=watch)
            for worker, made in _next_results(crew, grace, watch):
                done, worker.plans = worker.plans, ()
                if worker.is_forked:  # the next report gets a fresh one
                    _dismiss([worker])
                for plan, result in zip(done, made, strict=True):
                    results[plan.folder] = result
                    watch(Event("finished", plan, result=result))
            crew[:] = [one for one in crew if one.plans or (not one.pipe.closed and one.process.is_alive())]
    finally:
        _dismiss(crew)
    return tuple(results[one.folder] for one in plans)


def _hand_out(
    waiting: deque[tuple[RunPlan, ...]], crew: list[_Worker], *, most: int, watch: Callable[[Event], None]
) -> None:
    while waiting:
        idle = next((one for one in crew if not one.plans), None)
        if idle is None and len(crew) >= most:
            return
        if idle is None:
            idle = _hire(waiting[0])
            crew.append(idle)
        idle.plans, idle.began = waiting.popleft(), time.monotonic()
        for plan in idle.plans:
            watch(Event("started", plan))
        try:
            idle.pipe.send(idle.plans)
        except OSError:
            continue  # it is gone: its closed pipe is seen as the end of this report


def _hire(plans: Sequence[RunPlan]) -> _Worker:
    is_forked = plans[0].engine == warmed.FORKED
    spawn: Any = multiprocessing.get_context("spawn")
    context = warmed.warmed({plans[0].notebook}) if is_forked else spawn
    ours, theirs = context.Pipe()
    folder = run_folders.private_folder()  # ours to delete: a killed worker cannot
    process = context.Process(target=_work, args=(theirs, folder, dict(os.environ)), name="riskkit report")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it leads its own session
    try:
        process.start()
    except (EOFError, ConnectionError):  # what it said of itself stands on stderr
        rule = "a process that stays up while it imports; --engine stock needs none"
        raise InputFaults("--engine", [Fault("--engine", warmed.FORKED, rule)]) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours, folder, is_forked)


def _next_results(
    crew: Sequence[_Worker], grace: float, watch: Callable[[Event], None]
) -> list[tuple[_Worker, tuple[RunResult, ...]]]:
    busy = {one.pipe: one for one in crew if one.plans}
    until = min((one.began + one.deadline + grace for one in busy.values()), default=0.0)
    ready = wait(list(busy), timeout=max(0.0, until - time.monotonic()))
    heard = [(one, _hear(one, watch)) for pipe, one in busy.items() if pipe in ready]
    late = [
        (one, _kill(one, "Overdue", _late(one.deadline + grace)))
        for pipe, one in busy.items()
        if pipe not in ready and time.monotonic() > one.began + one.deadline + grace
    ]
    return [(one, result) for one, result in [*heard, *late] if result is not None]


def _late(seconds: float) -> str:
    return RuleText("the report took longer than {} s (--deadline)", f"{seconds:g}")


def _hear(worker: _Worker, watch: Callable[[Event], None]) -> tuple[RunResult, ...] | None:
    try:
        message: Any = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(1.0)
        return _kill(
            worker, "WorkerDied", RuleText("its process ended with code {}", worker.process.exitcode)
        )
    if isinstance(message[0], RunResult):
        return tuple(message)
    for plan in worker.plans:
        watch(Event("cell", plan, cell=message[0], cells=message[1]))
    return None


def _kill(worker: _Worker, kind: str, words: str) -> tuple[RunResult, ...]:
    _end(worker)
    seconds = time.monotonic() - worker.began
    return tuple(failed(one, RunError(kind, words), seconds=seconds) for one in worker.plans)


def _end(worker: _Worker) -> None:
    pid, folder = worker.process.pid, worker.folder
    if pid is not None:
        processes.end_all(
            lambda: [*processes.processes_of([pid]), *processes.of_session(pid), *processes.marked(folder)]
        )
    worker.process.join(5.0)
    worker.pipe.close()
    shutil.rmtree(worker.folder, ignore_errors=True)


def _dismiss(crew: Sequence[_Worker]) -> None:
    """Those without work go by themselves; the others are ended with all they started."""
    for one in crew:
        if one.plans:
            _end(one)
        elif not one.pipe.closed:
            one.pipe.close()
    for one in crew:
        one.process.join(5.0)
        if one.process.is_alive():
            _end(one)
        shutil.rmtree(one.folder, ignore_errors=True)


def _work(pipe: Connection, folder: str, variables: Mapping[str, str]) -> None:
    """The life of a worker: reports until nobody sends any more."""
    gc.freeze()  # what it shares with the process it was forked from stays shared
    os.environ.clear()
    os.environ.update(variables)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    processes.end_with_parent(signal.SIGKILL)
    processes.adopt_orphans()
    os.dup2(2, 1)  # stdout belongs to the answer of the command
    keep_out_slow_import()
    tempfile.tempdir = folder

    def told(cell: int, cells: int) -> None:
        try:
            pipe.send((cell, cells))
        except OSError:
            os._exit(1)  # the batch is gone, and the kernel follows its parent

    while True:
        try:
            plans = pipe.recv()
            pipe.send(run_together(plans, told=told))
        except (EOFError, OSError):
            return
