"""The commands that make reports: ``demo``, ``assess``, ``batch`` and ``run``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.language import LANGS, language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Together, argument, command, flag, option, wants_json
from riskkit.workbench.commands.options import (
    CASE,
    DASK,
    FILE,
    FOLDER,
    JOBS,
    RESUME,
    Number,
    file_option,
    option_shown,
)
from riskkit.workbench.runs.folders.ledger_places import standing_here
from riskkit.workbench.runs.kernels.engine_names import FORKED, STOCK

if TYPE_CHECKING:
    from riskkit.workbench.runs.planning import Wishes

_FORMATS = ("html", "pdf", "docx")


@dataclass(frozen=True)
class How:
    """How the reports of one command are made."""

    formats: str
    engine: str
    memory: float
    cell_output: float
    report_output: float
    cell_deadline: float
    deadline: float = 600.0
    profile: str | None = None
    param: tuple[str, ...] = ()
    parameters_file: Path | None = None
    notebook: str = "assess_case"


def _limit(name: str, least: float, most: float, *, default: float, **how: Any) -> Any:
    names = (f"--{name.replace('_', '-')}",)
    return option_shown(name, *names, type=Number(least, most), default=default, **how)


def _out(place: str) -> Any:
    return option_shown("out", "--out", type=FOLDER, default=Path(place))


_FORMAT = (
    option_shown("format", "--format", "formats", default="html"),
    option_shown("report_engine", "--engine", type=click.Choice((FORKED, STOCK)), default=FORKED),
)
_LIMITS = (
    _limit("memory", 0.25, 4096, default=4.0, metavar="GIB"),
    _limit("cell_output", 0.1, 10_000, default=20.0, metavar="MB"),
    _limit("report_output", 0.1, 10_000, default=100.0, metavar="MB"),
    _limit("cell_deadline", 1, 86_400, default=300.0),
)
_MADE = (*_FORMAT, _limit("deadline", 1, 86_400, default=600.0), *_LIMITS)
_PARAMETERS_FILE = file_option("parameters_file", "-f", "--parameters-file")
_OF_CASES = (
    option("profile", "--profile", metavar="NAME"),
    option("param", "-p", "param", metavar="NAME=VALUE", multiple=True),
    _PARAMETERS_FILE,
    option_shown("notebook", "--notebook", default="assess_case"),
    *_MADE,
)
_SET = option("set", "-p", "--set", "param", metavar="NAME=VALUE", multiple=True)


@command(_out("reports/demo"), JOBS, RESUME, Together("how", How, (*_FORMAT, *_LIMITS)))
def demo(*, out: Path, jobs: int, resume: bool, how: How) -> int:
    """Every shipped case and the notebooks about none, in both languages."""
    from riskkit.workbench.runs.planning import demo_requests
    from riskkit.workbench.runs.session import make_reports

    wishes = _wishes(out, how, by_language=True)
    session: dict[str, Any] = {"langs": _first(), "jobs": jobs, "resume": resume}
    return make_reports("demo", demo_requests(LANGS), wishes, **session, is_json=wants_json())


@command(CASE, _out("reports"), flag("brief", "--brief"), Together("how", How, _OF_CASES))
def assess(case: str, *, out: Path, brief: bool, how: How) -> int:
    """One report about one case."""
    from riskkit.workbench.runs.lists import Request
    from riskkit.workbench.runs.session import make_reports

    how = _as_brief(how, click.get_current_context()) if brief else how
    return make_reports("assess", [Request("", case, {})], _wishes(out, how), is_json=wants_json())


@command(
    argument("source", "LIST", type=FILE),
    _out("reports"),
    Together("how", How, _OF_CASES),
    JOBS,
    DASK,
    RESUME,
)
def batch(source: Path, *, out: Path, how: How, jobs: int, cluster: str | None, resume: bool) -> int:
    """The reports of a list."""
    from riskkit.workbench.runs.lists import read_list
    from riskkit.workbench.runs.session import make_reports

    requests = read_list(source)
    wanted = {str(one.given.get("lang", language())) for one in requests}
    langs = [one for one in _first() if one in wanted] or [language()]
    folder = source if source.is_dir() else source.absolute().parent
    wishes = _wishes(out, how, folder=folder.absolute(), by_language=len(wanted) > 1)
    return make_reports(
        "batch",
        requests,
        wishes,
        langs=langs,
        jobs=jobs,
        resume=resume,
        cluster=cluster,
        is_json=wants_json(),
    )


@command(
    argument("notebook", "NOTEBOOK"), _out("reports"), Together("how", How, (_SET, _PARAMETERS_FILE, *_MADE))
)
def run(notebook: str, *, out: Path, how: How) -> int:
    """One notebook about no case."""
    from riskkit.workbench.runs.lists import Request
    from riskkit.workbench.runs.session import make_reports

    requests = [Request("", "", {}, notebook)]
    with standing_here(os.environ):
        return make_reports("run", requests, _wishes(out, how), is_json=wants_json())


def _first() -> tuple[str, ...]:
    return (language(), *(one for one in LANGS if one != language()))


def _wishes(out: Path, how: How, **more: Any) -> Wishes:
    """What the options say for all reports; a missing system part is told before anything runs."""
    from riskkit.foundation.inputs.parameter_file import parameters_of
    from riskkit.workbench.runs.kernels.limits import Limits
    from riskkit.workbench.runs.kernels.warmed import can_fork
    from riskkit.workbench.runs.planning import Wishes, pairs

    values: dict[str, Any] = parameters_of(how.parameters_file) | pairs(how.param)
    doubled = [one for one in ("profile", "lang", "case") if one in values]
    if doubled:
        raise click.UsageError(f"-p {doubled[0]}: --{doubled[0]}")
    values |= {} if how.profile is None else {"profile": how.profile}
    formats = tuple(dict.fromkeys(one.strip() for one in how.formats.split(",")))
    _require_parts(formats)
    limits = Limits(how.memory, how.cell_output, how.report_output, how.cell_deadline)
    return Wishes(
        out, language(), formats=formats, notebook=how.notebook, given=values, deadline=how.deadline,
        limits=limits, engine=how.engine if can_fork() else STOCK, **more,
    )  # fmt: skip


def _require_parts(formats: Sequence[str]) -> None:
    if not {"pdf", "docx"} & set(formats):
        return
    from riskkit.workbench.document.documents import missing_parts

    missing = [part for one in formats if one in _FORMATS and one != "html" for part in missing_parts(one)]
    if missing:
        raise click.ClickException(say("missing_part", words="; ".join(missing)))


def _as_brief(how: How, context: click.Context) -> How:
    """What ``--brief`` stands for: its own notebook, in every format unless some are asked for."""
    chosen = click.core.ParameterSource.COMMANDLINE
    if context.get_parameter_source("notebook") == chosen:
        raise click.UsageError("--brief: --notebook")
    is_asked = context.get_parameter_source("formats") == chosen
    return replace(how, notebook="brief", formats=how.formats if is_asked else ",".join(_FORMATS))
