"""What shall be run, checked before anything starts; and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from riskkit.foundation.faults import Fault, InputFaults, refuse
from riskkit.workbench.rules import rule_in
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs import run_folders
from riskkit.workbench.runs.limits import Limits

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from riskkit.workbench.resources import CaseSource
    from riskkit.workbench.runs.parameters import Value

FORMATS = ("html", "pdf", "docx")


@dataclass(frozen=True)
class RunPlan:
    """Everything that decides what a report says; equal plans give equal results.

    Parameters
    ----------
    notebook : Path
        The notebook to execute.
    case : CaseSource
        The case it is about.
    parameters : dict
        The value of every parameter, checked: given or the default.
    out : Path
        The folder of reports; the run goes to ``out/<case id>/<notebook>/``.
    lang : str
        ``zh`` or ``en``.
    formats : tuple of str
        Of ``html``, ``pdf``, ``docx``.
    plotly_js : str
        ``embedded``, or the relative URL of a shared copy.
    engine : str or None
        A papermill engine; None is the stock one.
    deadline : float
        Seconds that the notebook may take.
    limits : Limits
        What else it may use at most.
    attached : tuple of (str, bytes)
        Further files that a parameter names: a user's own profile.
    within : tuple of str
        The way from `out` to the folder of a case: of one language, where a batch is in two.

    Examples
    --------
    >>> from riskkit.workbench.resources import CaseSource
    >>> case = CaseSource("a", Path("a.toml"), b"", False)
    >>> RunPlan(Path("assess.ipynb"), case, {}, Path("reports"), lang="zh").folder.as_posix()
    'reports/a/assess'
    """

    notebook: Path
    case: CaseSource
    parameters: dict[str, Value]
    out: Path
    lang: str
    formats: tuple[str, ...] = ("html",)
    plotly_js: str = "embedded"
    engine: str | None = None
    deadline: float = 600.0
    limits: Limits = field(default_factory=Limits)
    attached: tuple[tuple[str, bytes], ...] = ()
    within: tuple[str, ...] = ()

    @property
    def input_files(self) -> dict[str, bytes]:
        """The files that the notebook finds beside it.

        Examples
        --------
        >>> from riskkit.workbench.resources import CaseSource
        >>> case = CaseSource("a", Path("b.toml"), b"x = 1", False)
        >>> RunPlan(Path("b.ipynb"), case, {}, Path("out"), lang="en").input_files
        {'a.toml': b'x = 1'}
        """
        return {self.case.file_name: self.case.content} | dict(self.case.pictures) | dict(self.attached)

    @property
    def folder(self) -> Path:
        """Where the report stands when it is complete.

        Examples
        --------
        >>> from riskkit.workbench.resources import CaseSource
        >>> case = CaseSource("a", Path("a.toml"), b"", False)
        >>> RunPlan(Path("b.ipynb"), case, {}, Path("out"), lang="en").folder.name
        'b'
        """
        return self.out.joinpath(*self.within, self.case.case_id, self.notebook.stem)

    @property
    def failed_folder(self) -> Path:
        """Where a failed run is described.

        Examples
        --------
        >>> from riskkit.workbench.resources import CaseSource
        >>> case = CaseSource("a", Path("a.toml"), b"", False)
        >>> RunPlan(Path("b.ipynb"), case, {}, Path("out"), lang="en").failed_folder.as_posix()
        'out/failed/a/b'
        """
        return self.out.joinpath(*self.within, run_folders.FAILED, self.case.case_id, self.notebook.stem)


@dataclass(frozen=True)
class RunError:
    """Why there is no report.

    Parameters
    ----------
    kind : str
        The name of the exception.
    message : str
        What it said, shortened.
    cell : int or None
        Which cell of the source notebook, counted from 1; None if no cell was running.

    Examples
    --------
    >>> print(RunError("ValueError", "p must be a probability", 4))
    cell 4: ValueError: p must be a probability
    """

    kind: str
    message: str
    cell: int | None = None

    def __str__(self) -> str:
        return self.words("en")

    def words(self, lang: str) -> str:
        """The same in one language; what a notebook said itself stays as it is.

        Examples
        --------
        >>> RunError("Overdue", "a cell took longer than 9 s (--cell-deadline)", 4).words("zh")
        '第 4 个单元：Overdue: 单元运行超过 9 秒（--cell-deadline）'
        """
        place = {"zh": f"第 {self.cell} 个单元：", "en": f"cell {self.cell}: "}[lang]
        return f"{'' if self.cell is None else place}{self.kind}: {rule_in(self.message, lang)}"


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Parameters
    ----------
    case_id, notebook, lang : str
        What was run.
    status : str
        ``done``, ``skipped`` (an equal complete run stood there) or ``failed``.
    folder : Path
        The report, or the description of the failure.
    seconds : float
        How long it took.
    error : RunError or None
        Why it failed.

    Examples
    --------
    >>> RunResult("a", "assess_case", "zh", "done", Path("reports/a/assess_case"), 2.5).ok
    True
    """

    case_id: str
    notebook: str
    lang: str
    status: str
    folder: Path
    seconds: float
    error: RunError | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a report.

        Examples
        --------
        >>> RunResult("a", "b", "zh", "failed", Path("x"), 0.0, RunError("E", "m")).ok
        False
        """
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
    """A plan whose every part has been checked; nothing is started or written.

    Parameters
    ----------
    notebook, case, out, lang, formats
        See `RunPlan`.
    given : mapping
        Parameters other than ``case`` and ``lang``.
    **options
        The other fields of `RunPlan`.

    Raises
    ------
    InputFaults
        With every fault of the notebook's declaration, the parameters, the language and the formats.

    Examples
    --------
    >>> from riskkit.workbench.resources import CaseSource
    >>> case = CaseSource("a", Path("a.toml"), b"", False)
    >>> try:
    ...     make_plan(Path("none.ipynb"), case, {}, out=Path("out"), lang="fr", formats=["odt"])
    ... except InputFaults as error:
    ...     [fault.value for fault in error.faults]
    ["'fr'", "'odt'"]
    """
    faults = [] if lang in ("zh", "en") else [Fault("lang", repr(lang), "zh or en")]
    faults += [Fault("format", repr(one), ", ".join(FORMATS)) for one in formats if one not in FORMATS]
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
    """A notebook of format 4.

    Raises
    ------
    InputFaults
        There is none, or it cannot be read.

    Examples
    --------
    >>> try:
    ...     read_notebook(Path("none.ipynb"))
    ... except InputFaults as error:
    ...     print(error.what)
    none.ipynb
    """
    import nbformat

    try:
        found: Any = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise InputFaults(path.name, [Fault(path.name, type(error).__name__, "a notebook file")]) from None
    return cast("NotebookNode", found)
