"""Reports made by the workers of a Dask cluster, and put in their places here.

What a report needs travels to the worker and its files travel back, so no folder is shared. Dask gives the
work of a lost worker to another one; a report is put in its place once, when it has come back whole.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import riskkit
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.workbench.runs.languages import grouped
from riskkit.workbench.runs.plans import RunError, RunPlan, RunResult
from riskkit.workbench.runs.runner import FAILED, failed, put_report
from riskkit.workbench.runs.workers.local import Event, run_all

DASK = ("tcp://", "tls://", "ws://", "wss://")
_OPTION, _PATIENCE = "--cluster", 30  # [s] until a scheduler has answered


@dataclass(frozen=True)
class Made:
    """A report as it comes back from a worker."""

    result: RunResult
    files: Mapping[str, bytes]


def run_on_cluster(
    plans: Sequence[RunPlan], *, address: str, watch: Callable[[Event], None] = lambda event: None
) -> tuple[RunResult, ...]:
    """Make all reports on a cluster, as many at a time as it has threads; no failure stops another report."""
    results: dict[Path, RunResult] = {}
    with _client(address) as client:
        notebooks = {one.notebook: one.notebook.read_bytes() for one in plans}
        asked = {}
        for group in grouped(plans):
            asked[client.submit(make_far, group, notebooks[group[0].notebook], pure=False)] = group
            for plan in group:
                watch(Event("started", plan))
        for future in _distributed().as_completed(list(asked), loop=client.loop):
            for plan, result in zip(asked[future], _brought(future, asked[future]), strict=True):
                results[plan.folder] = result
                watch(Event("finished", plan, result=result))
            future.release()
    return tuple(results[one.folder] for one in plans)


def make_far(plans: Sequence[RunPlan], notebook: bytes) -> tuple[Made, ...]:
    """What a worker does: the same reports in a folder of its own, by the same code as on one machine."""
    with tempfile.TemporaryDirectory(prefix="riskkit-") as folder:
        path = Path(folder) / plans[0].notebook.name
        path.write_bytes(notebook)
        own = [replace(one, notebook=path, out=Path(folder) / "out") for one in plans]
        made = run_all(own)
        return tuple(
            Made(one, {file.name: file.read_bytes() for file in one.folder.iterdir()})
            if one.folder.is_dir()
            else Made(one, {})
            for one in made
        )


def _brought(future: Any, plans: Sequence[RunPlan]) -> Iterator[RunResult]:
    """The reports of one task at their places; or why there are none."""
    error = future.exception()
    if error is not None:
        # KilledWorker: Dask gave it to several workers, and each was lost
        for plan in plans:
            yield failed(plan, RunError(type(error).__name__, str(error)), seconds=0.0)
        return
    for plan, made in zip(plans, future.result(), strict=True):
        result: RunResult = made.result
        if result.error is not None:
            yield failed(plan, result.error, executed=made.files.get(FAILED), seconds=result.seconds)
        else:
            yield put_report(plan, made.files, began=time.monotonic() - result.seconds)


def require_dask(address: str) -> None:
    """Refuse what is no address of a scheduler, and to go on without Dask, before anything is planned."""
    rule = RuleText("{} of a Dask scheduler", ", ".join(DASK))
    refuse(_OPTION, [] if address.startswith(DASK) else [Fault(_OPTION, shown(address), rule)])
    is_here = importlib.util.find_spec("distributed") is not None
    refuse(_OPTION, [] if is_here else [Fault(_OPTION, shown(address), "riskkit[dask] installed")])


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the scheduler; every worker must run this version of riskkit and may start processes."""
    try:
        client = _distributed().Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        fault = Fault(_OPTION, shown(address), "the address of a Dask scheduler that answers")
        raise InputFaults(_OPTION, [fault]) from error
    with client:
        found = client.run(_about)
        refuse(_OPTION, _faults(found) if found else [Fault(_OPTION, shown(address), "a worker at least")])
        yield client


def _distributed() -> Any:
    return importlib.import_module("distributed")


def _about() -> tuple[str, bool]:
    return riskkit.__version__, not multiprocessing.current_process().daemon


def _faults(workers: Mapping[str, tuple[str, bool]]) -> list[Fault]:
    faults = []
    for name, (version, may_start) in workers.items():
        if version != riskkit.__version__:
            faults.append(Fault(name, version, RuleText("riskkit {}, as here", riskkit.__version__)))
        if not may_start:
            rule = "a worker that may start processes: DASK_DISTRIBUTED__WORKER__DAEMON=False, or --no-nanny"
            faults.append(Fault(name, "daemon", rule))
    return faults
