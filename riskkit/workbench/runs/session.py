"""One command that makes reports, from the requests to the exit code."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.runs import batch, lists
from riskkit.workbench.runs.alone import is_alone
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.kernels import processes, warmed
from riskkit.workbench.runs.planning import Wishes, plan_request
from riskkit.workbench.runs.plans import RunPlan, RunResult
from riskkit.workbench.runs.workers.cluster import require_dask
from riskkit.workbench.runs.workers.local import Event
from riskkit.workbench.words.messages import answer

_MOST_LINES = 9  # of what is wrong; all of it stands in reason.json


class Progress:
    """A bar with what is running, and a line for each report that ended."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self.running: dict[str, str] = {}
        is_terminal = sys.stderr.isatty()
        self.bar: Any = tqdm(
            total=total, file=sys.stderr, desc=say("bar"), unit="", dynamic_ncols=is_terminal,
            mininterval=0.1 if is_terminal else 10.0, leave=False,
        )  # fmt: skip

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def watch(self, event: Event) -> None:
        """Take note of one event."""
        name = name_of(event.plan)
        if event.result is None:
            self.running[name] = f"{event.cell}/{event.cells}" if event.cells else "…"
        else:
            self.running.pop(name, None)
            self._line(name, event)
            self.bar.update()
        if self.running:
            names = ", ".join(f"{one} {cell}" for one, cell in self.running.items())
            self.bar.set_postfix_str(say("running", names=names), refresh=event.cells == 0)

    def _line(self, name: str, event: Event) -> None:
        assert event.result is not None
        lines = event.result.error.words().splitlines() if event.result.error else [""]
        error = "\n".join([*lines[:_MOST_LINES], *(["  …"] if len(lines) > _MOST_LINES else [])])
        text = say(
            f"line_{event.result.status}", name=name, seconds=f"{event.result.seconds:.1f}", error=error
        )
        self.bar.write(text, file=sys.stderr)


def name_of(plan: RunPlan) -> str:
    """A report's short name."""
    name = plan.notebook.stem if is_alone(plan) else plan.case.case_id
    return f"{name} ({plan.lang})"


def make_reports(
    command: str,
    requests: Sequence[lists.Request],
    wishes: Wishes,
    *,
    langs: Sequence[str] = (),
    jobs: int = 1,
    resume: bool = False,
    cluster: str | None = None,
    is_json: bool = False,
) -> int:
    """Check all requests, make the reports, sum them up, and give the exit code."""
    began = time.monotonic()
    if cluster is None:
        _warm_up(requests, wishes)
    else:
        require_dask(cluster)
    plans = batch.plan_all(requests, lambda request: plan_request(request, wishes))
    _require_writable(wishes.out)
    batch.require_places(plans, out=wishes.out, langs=langs, resume=resume)
    if not is_json and langs:
        _announce(command, plans, wishes, jobs=jobs)
    if langs:
        plans = batch.share_plotly(plans, wishes.out)
    with Progress(len(plans)) as progress, processes.none_left():
        results = batch.run_batch(
            plans, out=wishes.out, jobs=jobs, resume=resume, cluster=cluster, watch=progress.watch
        )
    seconds = round(time.monotonic() - began, 1)
    index = _sum_up(command, results, wishes, langs=langs, seconds=seconds) if langs else None
    _answer(command, results, wishes, index=index, seconds=seconds, is_json=is_json)
    return 0 if all(one.ok for one in results) else 1


def _warm_up(requests: Sequence[lists.Request], wishes: Wishes) -> None:
    """Have what the reports need imported beside the checks of the requests."""
    names = {one.notebook or wishes.notebook for one in requests}
    if wishes.engine == warmed.FORKED:
        paths = [resources.home() / "notebooks" / f"{name}.ipynb" for name in names]
        warmed.warmed(paths, n_reports=len(requests))


def _require_writable(out: Path) -> None:
    """The nearest folder that exists must let us write: tried, as what is allowed may still be impossible."""
    try:
        there = next(one for one in (out.absolute(), *out.absolute().parents) if os.path.lexists(one))
        (out / "x").exists()  # a name too long for the system is told here
        probe = there / part_files.part_name("riskkit")
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        rule = "a folder that can be written to"
        raise InputFaults("--out", [Fault("--out", shown(str(out)), rule)]) from error


def _announce(command: str, plans: Sequence[RunPlan], wishes: Wishes, *, jobs: int) -> None:
    cases = len({one.case.case_id for one in plans if not is_alone(one)})
    key = "demo_begins" if command == "demo" else "batch_begins"
    click.echo(say(key, cases=cases, reports=len(plans), jobs=jobs, out=wishes.out))


def _sum_up(
    command: str, results: Sequence[RunResult], wishes: Wishes, *, langs: Sequence[str], seconds: float
) -> Path:
    counts = Counter(one.status for one in results)
    facts = {"command": command, "seconds": seconds, "counts": dict(counts)}
    return batch.write_summary(results, out=wishes.out, facts=facts, langs=langs)


def _answer(
    command: str,
    results: Sequence[RunResult],
    wishes: Wishes,
    *,
    index: Path | None,
    seconds: float,
    is_json: bool,
) -> None:
    if is_json:
        ok = all(one.ok for one in results)
        content = {
            "command": command,
            "ok": ok,
            "exit_code": 0 if ok else 1,
            "out": str(wishes.out.absolute()),
            "index": None if index is None else str(index.absolute()),
            "seconds": seconds,
            "reports": [batch.record(one, wishes.out) for one in results],
        }
        answer(content)
        return
    for line in _lines(results, wishes, index=index, seconds=seconds):
        click.echo(line)


def _lines(results: Sequence[RunResult], wishes: Wishes, *, index: Path | None, seconds: float) -> list[str]:
    counts = Counter(one.status for one in results)
    total = {status: counts[status] for status in ("done", "skipped", "failed")}
    lines = [say("total", seconds=seconds, **total)] if index is not None else []
    failures = {one.folder.parents[1] for one in results if not one.ok}
    lines += [say("where_failed", path=path.absolute()) for path in sorted(failures)]
    if index is not None:
        lines.append(say("open", path=index.absolute()))
    elif results[0].ok:
        said = ((batch.result_of(results[0]) or {}).get("robustness") or {}).get(wishes.lang)
        lines += [said] if said else []
        lines.append(say("open", path=_page(results[0].folder)))
    return lines


def _page(folder: Path) -> Path:
    made = [folder / name for name in ("report.html", "report.pdf", "report.docx", "result.json")]
    return next((one for one in made if one.is_file()), folder).absolute()
