"""One notebook, one set of parameters, one folder that holds the whole report.

Papermill executes, with our engine or its stock one; everything around it is strict: parameters are checked
before a kernel starts, no path is formatted with them, and the folder appears complete or not at all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from riskkit.foundation.inputs.faults import InputFaults, RuleText
from riskkit.foundation.language import in_language
from riskkit.workbench.runs import languages, records
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs.folders import run_folders
from riskkit.workbench.runs.folders.run_folders import MANIFEST, canonical
from riskkit.workbench.runs.kernels import engine_names, warmed
from riskkit.workbench.runs.kernels.limits import Guard
from riskkit.workbench.runs.plans import RunError, RunPlan, RunResult, make_plan, read_notebook
from riskkit.workbench.runs.records import input_hash, notebook_bytes

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from riskkit.workbench.runs.folders.resources import CaseSource

FAILED = "failed.ipynb"
_LONGEST_MESSAGE = 2000
_TIMED_OUT = "CellTimeoutError"


class _Stopped(Exception):
    """A run ended without a report; holds why, and the notebook as far as it came."""

    def __init__(self, error: RunError, notebook: NotebookNode | None) -> None:
        self.error = error
        self.notebook = notebook
        super().__init__(str(error))


class _ShownAgain(Exception):
    """What failed is shown again in a further language: each language then runs by itself."""


@dataclass
class _Watch:
    """Follows the execution: the notebook as far as it came, and the cell that is running."""

    deadline: float
    cell_deadline: float
    told: Callable[[int, int], None] | None
    numbers: list[int]
    n_own: int
    notebook: NotebookNode | None = None
    cell: int | None = None
    began: float = field(default_factory=time.monotonic)
    overdue: tuple[str, str] | None = None
    beside: threading.Thread = field(default_factory=partial(threading.Thread, target=records.read_once))

    def on_start(self, *, notebook: NotebookNode) -> None:
        self.notebook, self.began = notebook, time.monotonic()  # the start of a kernel is not the notebook's

    def on_cell(self, *, cell: NotebookNode, cell_index: int) -> None:
        if self.cell is None:  # the kernel runs: what is needed after it is read beside it, on another core
            self.beside.start()
        self.cell = cell_index
        if self.told is not None and self.notebook is not None:
            self.told(self.source_cell(cell_index), self.n_own - 1)

    def source_cell(self, index: int) -> int:
        """Counted from 1 in the notebook as its author wrote it."""
        return self.numbers[index]

    @property
    def repeats(self) -> bool:
        """Whether what runs is shown again in a further language."""
        return self.cell is not None and self.cell >= self.n_own

    def seconds_left(self, cell: NotebookNode) -> float:
        """What the cell may take; if it takes all of it, `overdue` says which limit that was."""
        left = self.deadline - (time.monotonic() - self.began)
        words = RuleText("the notebook took longer than {} s (--deadline)", f"{self.deadline:g}")
        if self.cell_deadline < left:
            words = RuleText("a cell took longer than {} s (--cell-deadline)", f"{self.cell_deadline:g}")
        self.overdue = ("Overdue", words)
        return max(0.1, min(left, self.cell_deadline))


def run_plan(plan: RunPlan, *, told: Callable[[int, int], None] | None = None) -> RunResult:
    """Execute a plan and put its folder in place."""
    return run_together([plan], told=told)[0]


def run_together(
    plans: Sequence[RunPlan], *, told: Callable[[int, int], None] | None = None
) -> tuple[RunResult, ...]:
    """Execute once what differs in language alone, and put a folder in place for each language."""
    began, started = time.monotonic(), dt.datetime.now(dt.UTC)
    try:
        notebooks = _execute(plans, told)
    except _ShownAgain:  # what fails in a further language must not take the first with it
        return tuple(run_plan(plan, told=told) for plan in plans)
    except Exception as error:  # noqa: BLE001  one report's failure, whatever it is, must not stop the others
        return tuple(_failure(plan, error, began) for plan in plans)
    executed = time.monotonic() - began
    return tuple(
        _finished(plan, notebook, started=started, executed=executed)
        for plan, notebook in zip(plans, notebooks, strict=True)
    )


def _finished(plan: RunPlan, notebook: NotebookNode, *, started: dt.datetime, executed: float) -> RunResult:
    """The report of an executed notebook at its place, or the reason why there is none."""
    began = time.monotonic() - executed
    try:
        files = _make(plan, notebook, started, executed=executed)
    except Exception as error:  # noqa: BLE001  one report's failure, whatever it is, must not stop the others
        return _failure(plan, error, began)
    return put_report(plan, files, began=began)


def put_report(plan: RunPlan, files: Mapping[str, bytes], *, began: float) -> RunResult:
    """All files of a report at their place, or the reason why they are not."""
    try:
        run_folders.put(plan.folder, files, root=plan.out)
    except Exception as error:  # noqa: BLE001  one report's failure, whatever it is, must not stop the others
        return _failure(plan, error, began)
    run_folders.remove(plan.failed_folder, manifest=records.REASON, root=plan.out)
    return RunResult(
        plan.case.case_id, plan.notebook.stem, plan.lang, "done", plan.folder, time.monotonic() - began
    )


def _failure(plan: RunPlan, error: Exception, began: float) -> RunResult:
    stop = error if isinstance(error, _Stopped) else _Stopped(_as_error(error), None)
    executed = None if stop.notebook is None else notebook_bytes(stop.notebook)
    return failed(plan, stop.error, executed=executed, seconds=time.monotonic() - began)


def run_notebook(
    notebook: Path,
    case: CaseSource,
    parameters: Mapping[str, object],
    *,
    out: Path,
    lang: str,
    **options: Any,
) -> RunResult:
    """Check, execute and write one report."""
    return run_plan(make_plan(notebook, case, parameters, out=out, lang=lang, **options))


def failed(plan: RunPlan, error: RunError, *, executed: bytes | None = None, seconds: float) -> RunResult:
    """Describe a failed run under ``out/failed/`` and leave what stood before untouched."""
    reason = {
        "schema": "riskkit.failure/1",
        "case": plan.case.case_id,
        "notebook": plan.notebook.stem,
        "lang": plan.lang,
        "parameters": params.as_json(plan.parameters),
        "input_hash": input_hash(plan),
        "error": dataclasses.asdict(error),
        "seconds": round(seconds, 3),
    }
    files = {} if executed is None else {FAILED: executed}
    with contextlib.suppress(OSError, InputFaults):  # on a full disk the reason is still in the answer
        run_folders.describe(plan.failed_folder, files, manifest=records.REASON, facts=reason, root=plan.out)
    return RunResult(
        plan.case.case_id, plan.notebook.stem, plan.lang, "failed", plan.failed_folder, seconds, error
    )


def _as_error(
    error: BaseException, cell: int | None = None, limit: tuple[str, str] | None = None
) -> RunError:
    kind = str(getattr(error, "ename", None) or type(error).__name__)
    if limit is not None and kind in (_TIMED_OUT, "DeadKernelError"):
        return RunError(*limit, cell)
    message = str(getattr(error, "evalue", None) or error).strip()
    return RunError(kind, message[:_LONGEST_MESSAGE], cell)


def _make(
    plan: RunPlan, notebook: NotebookNode, started: dt.datetime, *, executed: float
) -> dict[str, bytes]:
    """All files of the report, in memory: nothing is at its place before everything is there."""
    clock = time.monotonic()
    times: dict[str, Any] = {"cells": _take_out_times(notebook)}
    try:
        result = records.read_result(notebook)
        files = {records.RESULT: canonical(result)}
        files |= _documents(plan, notebook, title=_title(plan, notebook, result))
        files[records.EXECUTED] = notebook_bytes(notebook)  # last: it takes the notebook apart
    except Exception as error:
        raise _Stopped(_as_error(error), notebook) from error
    files |= plan.input_files
    times |= {"executed": round(executed, 3), "documents": round(time.monotonic() - clock, 3)}
    files[MANIFEST] = canonical(records.manifest(plan, files, started=started, seconds=times))
    return files


def _execute(plans: Sequence[RunPlan], told: Callable[[int, int], None] | None) -> tuple[NotebookNode, ...]:
    from riskkit.workbench.runs.kernels import kernels

    plan = plans[0]
    notebook, injected_at = _prepared(plan)
    repeats = languages.with_repeats(notebook, plans)
    numbers = languages.source_cells(notebook, repeats, injected_at)
    n_own = len(numbers) - len(repeats)
    watch = _Watch(plan.deadline, plan.limits.cell_deadline, told, numbers=numbers, n_own=n_own)
    folder = Path(tempfile.mkdtemp(prefix="riskkit-"))
    guard = Guard(plan.limits, folder)
    try:
        work = folder / kernels.WORK_FOLDER
        work.mkdir()
        for name, content in plan.input_files.items():
            (work / name).write_bytes(content)
        is_forked = plan.engine == engine_names.FORKED and warmed.can_fork()
        options = {"guard": guard, "work": str(work)} if is_forked else kernels.kernel_options(folder, guard)
        executed = _by_papermill(plan, notebook, watch=watch, guard=guard, kernel=options)
    finally:
        guard.end()
        if watch.cell is not None:
            watch.beside.join()  # the next kernel is forked from a process without threads
        shutil.rmtree(folder, ignore_errors=True)
    made = languages.split(executed, plans, repeats)
    for one, plan in zip(made, plans, strict=True):
        one.metadata.papermill["parameters"] = params.as_json(plan.parameters)
        one.metadata.papermill.pop("input_path", None)  # the notebook itself, once more
    return made


def _by_papermill(
    plan: RunPlan, notebook: NotebookNode, *, watch: _Watch, guard: Guard, kernel: dict[str, Any]
) -> NotebookNode:
    """The middle of `papermill.execute_notebook`, which writes the whole notebook even if nobody wants it."""
    from papermill.engines import papermill_engines
    from papermill.execute import raise_for_execution_errors
    from papermill.iorw import load_notebook_node

    from riskkit.workbench.runs.kernels import engine  # noqa: F401  known to papermill from here on

    loaded = load_notebook_node(notebook)
    loaded.metadata.papermill["output_path"] = None
    try:
        executed = papermill_engines.execute_notebook_with_engine(
            None if plan.engine == engine_names.STOCK else plan.engine,
            loaded,
            "python3",
            output_path=None,
            progress_bar=False,
            log_output=False,
            start_timeout=60,
            on_notebook_start=watch.on_start,
            on_cell_execute=watch.on_cell,
            timeout_func=watch.seconds_left,
            record_timing=False,
            **kernel,
        )
        raise_for_execution_errors(executed, None)
    except Exception as error:
        if watch.repeats:
            raise _ShownAgain from error
        index = getattr(error, "cell_index", watch.cell)
        cell = None if index is None else watch.source_cell(index)
        limit = guard.hit or (watch.overdue if type(error).__name__ == _TIMED_OUT else None)
        raise _Stopped(_as_error(error, cell, limit), watch.notebook) from error
    if guard.hit is not None and watch.repeats:
        raise _ShownAgain
    if guard.hit is not None:
        raise _Stopped(RunError(*guard.hit), executed)
    return cast("NotebookNode", executed)


def _take_out_times(notebook: NotebookNode) -> list[float | None]:
    """Seconds of each cell, taken out of the notebook: equal inputs then give an equal notebook."""
    notes = [cell.metadata.pop("papermill", {}) for cell in notebook.cells]
    for name in ("start_time", "end_time", "duration"):
        notebook.metadata.papermill.pop(name, None)
    return [None if one.get("duration") is None else round(one["duration"], 3) for one in notes]


def _prepared(plan: RunPlan) -> tuple[NotebookNode, int]:
    """The notebook with the parameters in a cell of its own, and where that cell stands."""
    import nbformat

    notebook = read_notebook(plan.notebook)
    params.check(params.declared(notebook, name=plan.notebook.name), params.as_json(plan.parameters))
    cells = [one for one in notebook.cells if not params.is_tagged(one, params.INJECTED_TAG)]
    place = 1 + next(i for i, one in enumerate(cells) if params.is_tagged(one, params.PARAMETERS_TAG))
    cell = nbformat.v4.new_code_cell(
        params.written(plan.parameters), id="given-parameters", metadata={"tags": [params.INJECTED_TAG]}
    )
    notebook.cells = [*cells[:place], cell, *cells[place:]]
    return notebook, place


def _title(plan: RunPlan, notebook: NotebookNode, result: Mapping[str, Any]) -> str:
    """Which report it is and about which case: reports about one case are told apart by it."""
    from riskkit.words.catalogue import page_text
    from riskkit.workbench.document.reading import said_of_itself

    case = result.get("case")
    titles = case.get("title") if isinstance(case, dict) else None
    title = titles.get(plan.lang) if isinstance(titles, dict) else None
    if not isinstance(title, str):
        return plan.case.case_id
    kind = in_language(plan.lang, said_of_itself, notebook, "title")
    return f"{kind}{in_language(plan.lang, page_text, 'colon')}{title}" if kind and kind != title else title


def _documents(plan: RunPlan, notebook: NotebookNode, *, title: str) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    if "html" in plan.formats:
        from riskkit.workbench.document import html

        page = in_language(plan.lang, html.to_html, notebook, title=title, plotly_js=plan.plotly_js)
        made["report.html"] = page.encode()
    if "pdf" in plan.formats or "docx" in plan.formats:
        from riskkit.workbench.document import documents

        if "pdf" in plan.formats:
            made["report.pdf"] = in_language(plan.lang, documents.to_pdf, notebook, title=title)
        if "docx" in plan.formats:
            made["report.docx"] = in_language(plan.lang, documents.to_docx, notebook, title=title)
    return made
