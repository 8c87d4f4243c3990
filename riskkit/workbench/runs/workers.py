"""Processes that make reports side by side, each on its own, none of them outliving the batch.

Processes, never threads: execution changes the state of its process. Every worker leads a session of its own,
so a Ctrl-C at the terminal reaches the batch alone, which then ends its workers and all they started.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from riskkit.workbench.runs.folders import run_folders
from riskkit.workbench.runs.kernels import kernels, processes
from riskkit.workbench.runs.plans import RunError, RunPlan, RunResult
from riskkit.workbench.runs.runner import failed, run_plan

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
    plan: RunPlan | None = None
    number: int = -1
    began: float = 0.0


def run_all(
    plans: Sequence[RunPlan],
    *,
    jobs: int = 1,
    grace: float = _GRACE,
    watch: Callable[[Event], None] = lambda event: None,
) -> tuple[RunResult, ...]:
    """Make all reports, `jobs` at a time; the failure of one stops no other."""
    results: list[RunResult | None] = [None] * len(plans)
    waiting = deque(enumerate(plans))
    crew: list[_Worker] = []
    try:
        while waiting or any(one.plan for one in crew):
            _hand_out(waiting, crew, most=min(jobs, len(plans)), watch=watch)
            for worker, result in _next_results(crew, grace, watch):
                results[worker.number], plan = result, worker.plan
                worker.plan = None
                if plan is not None:
                    watch(Event("finished", plan, result=result))
            crew[:] = [one for one in crew if one.process.is_alive() or one.plan]
    finally:
        _dismiss(crew)
    return tuple(one for one in results if one is not None)


def _hand_out(
    waiting: deque[tuple[int, RunPlan]], crew: list[_Worker], *, most: int, watch: Callable[[Event], None]
) -> None:
    while waiting:
        idle = next((one for one in crew if one.plan is None), None)
        if idle is None and len(crew) >= most:
            return
        if idle is None:
            idle = _hire()
            crew.append(idle)
        number, plan = waiting.popleft()
        idle.number, idle.plan, idle.began = number, plan, time.monotonic()
        watch(Event("started", plan))
        try:
            idle.pipe.send(plan)
        except OSError:
            continue  # it is gone: its closed pipe is seen as the end of this report


def _hire() -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    folder = run_folders.private_folder()  # ours to delete: a killed worker cannot
    process = context.Process(target=_work, args=(theirs, folder), name="riskkit report")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it leads its own session
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours, folder)


def _next_results(
    crew: Sequence[_Worker], grace: float, watch: Callable[[Event], None]
) -> list[tuple[_Worker, RunResult]]:
    busy = {one.pipe: one for one in crew if one.plan}
    until = min((one.began + one.plan.deadline + grace for one in busy.values() if one.plan), default=0.0)
    ready = wait(list(busy), timeout=max(0.0, until - time.monotonic()))
    heard = [(one, _hear(one, watch)) for pipe, one in busy.items() if pipe in ready]
    late = [
        (
            one,
            _kill(
                one, "Overdue", f"the report took longer than {one.plan.deadline + grace:g} s (--deadline)"
            ),
        )
        for pipe, one in busy.items()
        if pipe not in ready and one.plan and time.monotonic() > one.began + one.plan.deadline + grace
    ]
    return [(one, result) for one, result in [*heard, *late] if result is not None]


def _late(seconds: float) -> str:
    return f"the report took longer than {seconds:g} s (--deadline)"


def _hear(worker: _Worker, watch: Callable[[Event], None]) -> RunResult | None:
    plan = worker.plan
    assert plan is not None
    try:
        message: Any = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(1.0)
        return _kill(worker, "WorkerDied", f"its process ended with code {worker.process.exitcode}")
    if isinstance(message, RunResult):
        return message
    watch(Event("cell", plan, cell=message[0], cells=message[1]))
    return None


def _kill(worker: _Worker, kind: str, words: str) -> RunResult:
    assert worker.plan is not None
    _end(worker)
    return failed(worker.plan, RunError(kind, words), seconds=time.monotonic() - worker.began)


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
        if one.plan is not None:
            _end(one)
        elif not one.pipe.closed:
            one.pipe.close()
    for one in crew:
        one.process.join(5.0)
        if one.process.is_alive():
            _end(one)
        shutil.rmtree(one.folder, ignore_errors=True)


def _work(pipe: Connection, folder: str) -> None:
    """The life of a worker: reports until nobody sends any more."""
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    processes.end_with_parent(signal.SIGKILL)
    processes.adopt_orphans()
    os.dup2(2, 1)  # stdout belongs to the answer of the command
    kernels.keep_out_slow_import()
    tempfile.tempdir = folder

    def told(cell: int, cells: int) -> None:
        try:
            pipe.send((cell, cells))
        except OSError:
            os._exit(1)  # the batch is gone, and the kernel follows its parent

    while True:
        try:
            plan = pipe.recv()
            pipe.send(run_plan(plan, told=told))
        except (EOFError, OSError):
            return
