"""What shall be run, checked before anything starts; and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse
from riskkit.foundation.language import in_language, language
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs.folders import run_folders
from riskkit.workbench.runs.kernels import warmed
from riskkit.workbench.runs.kernels.limits import Limits
from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import
from riskkit.workbench.words.rules import rule_in

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from riskkit.workbench.runs.folders.resources import CaseSource
    from riskkit.workbench.runs.parameters import Value

FORMATS = ("html", "pdf", "docx")


@dataclass(frozen=True)
class RunPlan:
    """Everything that decides what a report says; equal plans give equal results."""

    notebook: Path
    case: CaseSource
    parameters: dict[str, Value]
    out: Path
    lang: str
    formats: tuple[str, ...] = ("html",)
    plotly_js: str = "embedded"
    engine: str = field(default_factory=warmed.engine_here)
    deadline: float = 600.0
    limits: Limits = field(default_factory=Limits)
    attached: tuple[tuple[str, bytes], ...] = ()
    within: tuple[str, ...] = ()

    @property
    def input_files(self) -> dict[str, bytes]:
        """The files that the notebook finds beside it."""
        return {self.case.file_name: self.case.content} | dict(self.case.pictures) | dict(self.attached)

    @property
    def folder(self) -> Path:
        """Where the report stands when it is complete."""
        return self.out.joinpath(*self.within, self.case.case_id, self.notebook.stem)

    @property
    def failed_folder(self) -> Path:
        """Where a failed run is described."""
        return self.out.joinpath(*self.within, run_folders.FAILED, self.case.case_id, self.notebook.stem)


@dataclass(frozen=True)
class RunError:
    """Why there is no report."""

    kind: str
    message: str
    cell: int | None = None

    def __str__(self) -> str:
        return in_language("en", self.words)

    def words(self) -> str:
        """The same in the language of the reader; what a notebook said itself stays as it is."""
        place = {"zh": f"第 {self.cell} 个单元：", "en": f"cell {self.cell}: "}[language()]
        return f"{'' if self.cell is None else place}{self.kind}: {rule_in(self.message)}"


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    case_id: str
    notebook: str
    lang: str
    status: str
    folder: Path
    seconds: float
    error: RunError | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a report."""
        return self.status != "failed"


def make_plan(
    notebook: Path,
    case: CaseSource,
    given: Mapping[str, object],
    *,
    out: Path,
    lang: str,
    formats: Sequence[str] = ("html",),
    **options: Any,
) -> RunPlan:
    """A plan whose every part has been checked; nothing is started or written."""
    faults = [] if lang in ("zh", "en") else [Fault("lang", repr(lang), "zh or en")]
    faults += [Fault("format", repr(one), one_of(one, FORMATS)) for one in formats if one not in FORMATS]
    faults += [Fault(name, "given twice", "given once") for name in ("case", "lang") if name in given]
    refuse("report", faults)
    run_folders.check_name(notebook.stem, what="notebook name")
    run_folders.check_name(case.case_id, what="case id")
    known = params.declared(read_notebook(notebook), name=notebook.name)
    names = {one.name for one in known}
    told: dict[str, Any] = {"case": case.case_id if case.is_shipped else case.file_name, "lang": lang}
    told |= {} if "interactive" in given else {"interactive": False}  # a report on paper has no controls
    values = {one.name: one.default for one in known}
    values |= params.check(known, {k: v for k, v in told.items() if k in names} | dict(given))
    return RunPlan(notebook, case, values, out, lang=lang, formats=tuple(formats), **options)


def read_notebook(path: Path) -> NotebookNode:
    """A notebook of format 4."""
    keep_out_slow_import()
    import nbformat

    try:
        found: Any = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise InputFaults(path.name, [Fault(path.name, type(error).__name__, "a notebook file")]) from None
    return cast("NotebookNode", found)
