"""From what a person typed or listed to plans: every case read and checked before anything runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown, tried
from riskkit.foundation.shipped import what_ifs_path
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.folders.run_folders import NOTEBOOKS, check_name
from riskkit.workbench.runs.kernels import warmed
from riskkit.workbench.runs.kernels.limits import Limits
from riskkit.workbench.runs.lists import Request
from riskkit.workbench.runs.plans import RunPlan, make_plan, read_notebook

if TYPE_CHECKING:
    from riskkit.assessment.facts.case_file import Case

_PROFILE = "profile"
_OF_DEMO = (
    "monitor_register",
    "nonconformity_rates",
    "monitoring_plan",
    "signal_scan",
    "trees_and_networks",
    "rank_and_measure",
    "catalogue_review",
    "trade_measures",
    "doses_and_drivers",
    "expert_judgement",
    "committee_report",
    "enterprise_credit",
    "warning_review",
    "recall_progress",
    "effect_evaluation",
    "response_story",
    "port_emergency",
    "referral",
    "acceptance_review",
    "enterprise_notice",
    "quality_index",
    "lot_trace",
    "supervision_modes",
    "from_data_to_next_plan",
)
"""Notebooks about no case that the demo runs too, on made data, examples and a made session."""
WHAT_IF, WHAT_IFS = "what_if", "what_ifs"
_FACTS, _MADE_UP = "facts", "consignments"
_UNREAD = resources.CaseSource("unread", Path("unread.toml"), b"", is_shipped=False)
T = TypeVar("T")


@dataclass(frozen=True)
class Wishes:
    """What holds for all reports of one command."""

    out: Path
    lang: str
    formats: tuple[str, ...] = ("html",)
    notebook: str = "assess_case"
    given: Mapping[str, Any] = field(default_factory=dict)
    deadline: float = 600.0
    limits: Limits = field(default_factory=Limits)
    engine: str = field(default_factory=warmed.engine_here)
    by_language: bool = False
    folder: Path = field(default_factory=Path.cwd)


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """``name=value`` texts as a dict; the value is everything after the first ``=``."""
    split = [text.partition("=") for text in texts]
    names = [name for name, _, _ in split]
    faults = [Fault("-p", shown(text), "name=value") for text in texts if "=" not in text]
    faults += [
        Fault("-p", shown(one), "given once") for one in sorted({n for n in names if names.count(n) > 1})
    ]
    refuse("parameters", faults)
    return {name: value for name, _, value in split}


def checked_case(text: str, *, folder: Path) -> resources.CaseSource:
    """A case found, read and checked as a whole, under the id that it gives itself."""
    return lawful_case(text, folder=folder)[0]


def lawful_case(text: str, *, folder: Path) -> tuple[resources.CaseSource, Case]:
    """As `checked_case`, and the case that was read."""
    from riskkit.case.case_pictures import case_pictures
    from riskkit.case.case_reading import parse_case
    from riskkit.foundation.inputs.toml_file import parse_toml

    found = resources.find_case(text, folder=folder)
    file = parse_toml(found.content, found.path.name)
    case = parse_case(file, folder=found.path.parent)
    check_name(case.id, what=file.place(("id",)), taken=(NOTEBOOKS,))
    pictures = tuple((one.name, one.raw) for one in case_pictures(case, found.path.parent))
    return dataclasses.replace(found, case_id=case.id, pictures=pictures), case


def demo_requests(langs: Sequence[str]) -> list[Request]:
    """Every shipped case assessed, its what-ifs where it has a file of them, and what is about no case."""
    cases = resources.shipped_cases()
    planned = tuple(one for one in cases if what_ifs_path(one).is_file())
    made = (("", cases), (WHAT_IF, planned))
    of_cases = [(case, case, name) for name, some in made for case in some]
    alone = [(name, "", name) for name in _OF_DEMO if resources.notebook(name).is_file()]
    return [
        Request(place, case, {"lang": lang}, name)
        for place, case, name in (*of_cases, *alone)
        for lang in langs
    ]


def plan_request(request: Request, wishes: Wishes) -> RunPlan:
    """The plan of one request."""
    if not request.case:
        return _plan_alone(request, wishes)
    given = {**wishes.given, **request.given}
    lang = given.pop("lang", wishes.lang)
    faults: list[Fault] = []
    case = tried(faults, partial(checked_case, request.case, folder=wishes.folder))
    name, attached = tried(faults, partial(_profile, given.get(_PROFILE), wishes.folder)) or (None, ())
    if name is not None:
        given[_PROFILE] = name
    notebook = tried(faults, partial(resources.notebook, request.notebook or wishes.notebook))
    make = partial(make_plan, out=wishes.out, within=_within(wishes, lang), lang=lang)
    if given.get(_FACTS) and notebook is not None and _takes(notebook, _FACTS):
        file = tried(faults, partial(_facts, given[_FACTS], wishes.folder)) or ("", ())
        given[_FACTS], attached = file[0], (*attached, *file[1])
    if case is not None and notebook is not None and _takes(notebook, WHAT_IFS):
        told = tried(faults, partial(_what_ifs, given.get(WHAT_IFS), case, wishes.folder)) or ("", ())
        given[WHAT_IFS], attached = told[0], (*attached, *told[1])
    make = partial(make, formats=wishes.formats, attached=attached)
    make = partial(make, deadline=wishes.deadline, limits=wishes.limits, engine=wishes.engine)
    plan = tried(faults, partial(make, notebook, case or _UNREAD, given)) if notebook else None
    refuse("report", faults)
    assert plan is not None
    return plan


def _plan_alone(request: Request, wishes: Wishes) -> RunPlan:
    from riskkit.workbench.runs.alone import alone_plan

    notebook = resources.notebook(request.notebook or wishes.notebook)
    is_profiled = _takes(notebook, _PROFILE)  # the profile of a whole batch is one for its cases
    for_all = {name: value for name, value in wishes.given.items() if name != _PROFILE or is_profiled}
    given = {**for_all, **request.given}
    lang = given.pop("lang", wishes.lang)
    return alone_plan(
        notebook,
        given,
        folder=wishes.folder,
        out=wishes.out,
        within=_within(wishes, lang),
        lang=lang,
        formats=wishes.formats,
        deadline=wishes.deadline,
        limits=wishes.limits,
        engine=wishes.engine,
    )


def _takes(notebook: Path, name: str) -> bool:
    try:
        found = params.declared(read_notebook(notebook), name=notebook.name)
    except InputFaults:  # told when the plan is made
        return False
    return any(one.name == name for one in found)


def _within(wishes: Wishes, lang: object) -> tuple[str, ...]:
    return (str(lang),) if wishes.by_language else ()


def _what_ifs(
    wanted: object, case: resources.CaseSource, folder: Path
) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """The file of what-ifs as the notebook gets it: a user's own, the shipped one, or none."""
    from riskkit.assessment.what_if.what_if_file import parse_what_ifs
    from riskkit.case.case_reading import parse_case
    from riskkit.foundation.inputs.toml_file import parse_toml

    if wanted and not (isinstance(wanted, str) and wanted.endswith(".toml")):
        raise InputFaults(WHAT_IFS, [Fault(WHAT_IFS, shown(wanted), "empty, or a .toml file")])
    path = resources.safe_path(str(wanted), folder=folder) if wanted else what_ifs_path(case.case_id)
    if not wanted and not (case.is_shipped and path.is_file()):
        return "", ()
    content = resources.read_limited(path)
    parse_what_ifs(parse_toml(content, path.name), parse_case(parse_toml(case.content, case.file_name)))
    return "what-ifs.toml", (("what-ifs.toml", content),)


def _facts(wanted: object, folder: Path) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """A table of facts as the notebook gets it: the made-up example by its name, or a user's own file."""
    if wanted == _MADE_UP:
        return _MADE_UP, ()
    if not (isinstance(wanted, str) and wanted.endswith(".csv")):
        raise InputFaults(
            _FACTS, [Fault(_FACTS, shown(wanted), RuleText("empty, {}, or a .csv file", _MADE_UP))]
        )
    path = resources.safe_path(wanted, folder=folder, what=_FACTS, suffix=".csv")
    return "facts.csv", (("facts.csv", resources.read_limited(path)),)


def _profile(wanted: object, folder: Path) -> tuple[str | None, tuple[tuple[str, bytes], ...]]:
    """A profile's name as the notebook gets it, and its file if it is a user's own."""
    if wanted is None:
        return None, ()
    from riskkit.warning.profiles import load_profile, profile_names  # half a second: not for the default

    if not isinstance(wanted, str) or not (wanted.endswith(".toml") or wanted in profile_names()):
        rule = RuleText("a .toml file, or {}", one_of(str(wanted), profile_names()))
        raise InputFaults(_PROFILE, [Fault(_PROFILE, shown(wanted), rule)])
    if wanted in profile_names():
        return wanted, ()
    path = resources.safe_path(wanted, folder=folder)
    load_profile(path)
    return "own-profile.toml", (("own-profile.toml", resources.read_limited(path)),)
