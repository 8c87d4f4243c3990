"""Many reports in one go: checked together, made side by side, and summed up on one page."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.language import language, speaking
from riskkit.workbench.runs import records
from riskkit.workbench.runs.alone import FOLDER
from riskkit.workbench.runs.folders import resources, run_folders
from riskkit.workbench.runs.lists import Request
from riskkit.workbench.runs.plans import RunPlan, RunResult, read_notebook
from riskkit.workbench.runs.workers.cluster import run_on_cluster
from riskkit.workbench.runs.workers.local import Event, run_all

BATCH = "batch.json"
INDEX = "index.html"
_DEEPEST = 3  # levels from a batch to a report: language, failed, case

if TYPE_CHECKING:
    from riskkit.workbench.runs.index import Entry


def plan_all(requests: Iterable[Request], plan: Callable[[Request], RunPlan]) -> tuple[RunPlan, ...]:
    """A plan for every request, or one error with the faults of all of them."""
    made: list[RunPlan] = []
    faults: list[Fault] = []
    taken: dict[Path, str] = {}
    for request in requests:
        try:
            one = plan(request)
        except InputFaults as error:
            lead = f"{request.place}: " if request.place else ""
            faults += [Fault(f"{lead}{one.place}", one.value, one.rule) for one in error.faults]
            continue
        if one.folder in taken:
            faults.append(
                Fault(
                    request.place,
                    shown(request.case or request.notebook),
                    RuleText("listed once; it is at {}", taken[one.folder]),
                )
            )
        taken.setdefault(one.folder, request.place)
        made.append(one)
    refuse("reports", faults)
    return tuple(made)


def share_plotly(plans: Sequence[RunPlan], out: Path) -> tuple[RunPlan, ...]:
    """The same plans with one copy of the drawing library for all pages, written to ``out/assets/``."""
    if not any("html" in one.formats for one in plans):
        return tuple(plans)
    from riskkit.workbench.document.html import plotly_asset

    name, content = plotly_asset()
    target = out / run_folders.ASSETS / name
    part_files.put_files(out, {name: content}, within=(run_folders.ASSETS,))
    return tuple(dataclasses.replace(one, plotly_js=_address(target, one.folder)) for one in plans)


def run_batch(
    plans: Sequence[RunPlan],
    *,
    out: Path,
    jobs: int = 1,
    resume: bool = False,
    cluster: str | None = None,
    watch: Callable[[Event], None] = lambda event: None,
) -> tuple[RunResult, ...]:
    """Make the reports; what a killed run left half-done below `out` is swept away before and after."""
    part_files.sweep(out, depth=_DEEPEST)
    run_folders.sweep_private()
    skipped = {one.folder: _skipped(one) for one in plans if resume and records.is_complete(one)}
    for one in plans:
        if one.folder in skipped:
            watch(Event("finished", one, result=skipped[one.folder]))
    todo = [one for one in plans if one.folder not in skipped]
    run = partial(run_all, jobs=jobs) if cluster is None else partial(run_on_cluster, address=cluster)
    try:
        made = dict(zip([one.folder for one in todo], run(todo, watch=watch), strict=True))
    finally:
        part_files.sweep(out, depth=_DEEPEST)
    return tuple((skipped | made)[one.folder] for one in plans)


def _skipped(plan: RunPlan) -> RunResult:
    return RunResult(plan.case.case_id, plan.notebook.stem, plan.lang, "skipped", plan.folder, 0.0)


def record(result: RunResult, out: Path) -> dict[str, Any]:
    """One report of a batch as JSON holds it, its folder relative to `out`."""
    has_result = (result.folder / records.RESULT).is_file()
    found = (result_of(result) if has_result else None) or {}
    return {
        "case": result.case_id,
        "notebook": result.notebook,
        "lang": result.lang,
        "status": result.status,
        "folder": _address(result.folder, out),
        "files": sorted(one.name for one in result.folder.iterdir()) if result.folder.is_dir() else [],
        "seconds": round(result.seconds, 3),
        "badge": (found.get("warning") or {}).get("badge"),
        "error": None if result.error is None else dataclasses.asdict(result.error),
    }


def result_of(result: RunResult) -> dict[str, Any] | None:
    """What a report found, or None if there is no report."""
    if not result.ok:
        return None
    found: dict[str, Any] = json.loads((result.folder / records.RESULT).read_bytes())
    return found


def write_summary(
    results: Sequence[RunResult], *, out: Path, facts: Mapping[str, Any], langs: Sequence[str]
) -> Path:
    """Write one index page for each language and ``batch.json``, and say where the first page is."""
    from riskkit.workbench.runs.index import FailedReport, index_html

    names = _pages(langs)
    pages = {}
    for lang, name in names.items():
        other = next((names[one] for one in langs if one != lang), "")
        with speaking(lang):
            failures = [
                FailedReport(r.case_id, r.notebook, r.error.cell, r.error.words()) for r in results if r.error
            ]
            page = index_html(_entries(results, out), failed=failures, other_language=other)
        pages[name] = page.encode()
    summary = {"schema": "riskkit.batch/1", "reports": [record(one, out) for one in results], **facts}
    run_folders.describe(out, pages, manifest=BATCH, facts=summary, root=out)
    return out / INDEX


def _pages(langs: Sequence[str]) -> dict[str, str]:
    return {lang: INDEX if lang == langs[0] else f"index.{lang}.html" for lang in langs}


def require_places(
    plans: Sequence[RunPlan], *, out: Path, langs: Sequence[str], resume: bool = False
) -> None:
    """Refuse, before anything runs, to write where something is that is not ours to replace."""
    faults: list[Fault] = []
    if langs:
        faults += run_folders.unwritable(out, list(_pages(langs).values()), manifest=BATCH, root=out)
    for one in plans:
        if resume and records.is_complete(one):
            continue
        faults += run_folders.foreign_report(one.folder, root=one.out)
        faults += run_folders.unwritable(
            one.failed_folder, ["failed.ipynb"], manifest=records.REASON, root=one.out
        )
    refuse("--out", dict.fromkeys(faults))


def _entries(results: Sequence[RunResult], out: Path) -> list[Entry]:
    """One entry a case, with the address of its report in each language, and of its further reports."""
    from riskkit.workbench.runs.index import Entry

    made: dict[str, dict[str, dict[str, RunResult]]] = {}
    for one in results:
        if one.ok:
            about = f"{one.case_id}/{one.notebook}" if one.case_id == FOLDER else one.case_id
            made.setdefault(about, {}).setdefault(one.notebook, {})[one.lang] = one
    entries = []
    for by_notebook in made.values():
        pages = {
            _notebook_title(name): {
                key: _address(one.folder / "report.html", out) for key, one in by_lang.items()
            }
            for name, by_lang in by_notebook.items()
        }
        (_, first), *more = pages.items()
        by_lang = next(iter(by_notebook.values()))
        best = by_lang.get(language()) or next(iter(by_lang.values()))
        address = _address(best.folder / records.RESULT, out)
        entries.append(Entry(result_of(best) or {}, first, address, dict(more)))
    return entries


def _notebook_title(name: str) -> str:
    """What a notebook calls itself, or its name."""
    path = resources.home() / "notebooks" / f"{name}.ipynb"
    found = read_notebook(path).metadata.get("riskkit", {}) if path.is_file() else {}
    return str(found.get("title", {}).get(language()) or name)


def _address(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path, out)).as_posix()
