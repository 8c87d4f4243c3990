"""The expert-committee report: from a case to an assessment, and from that to sections in one language.

Everything a notebook calls stands here. A function whose part does not apply to a case (grades of a food
case, the hand-over of a graded one) returns None, which a notebook shows as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.what_if.what_if_file import WhatIfs, load_what_ifs
from riskkit.case.case import Assessment, parse_case
from riskkit.case.case_pictures import case_pictures
from riskkit.case.comparison.methods import Comparison
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.warning.profiles import Profile, load_profile, profile_names
from riskkit.warning.profiles import profile as shipped_profile
from riskkit.workbench.reports.brief.brief import brief
from riskkit.workbench.reports.brief.decision import brief_decision
from riskkit.workbench.reports.case.basis import basis, rules
from riskkit.workbench.reports.case.compare import agreement, cards, method_findings, methods_compared
from riskkit.workbench.reports.case.comparisons import case_ranking
from riskkit.workbench.reports.case.evidence import (
    actions,
    facts,
    open_points,
    presumption,
    questions,
    scenarios,
    sources,
)
from riskkit.workbench.reports.case.experience import experience
from riskkit.workbench.reports.case.levels import changes, drivers, levels, profiles
from riskkit.workbench.reports.case.like_records import like_records
from riskkit.workbench.reports.case.method import house_numbers, method, provenance
from riskkit.workbench.reports.case.summary import handover, summary
from riskkit.workbench.runs.result import ResultRecord, raw_record

__all__ = [
    "OpenCase",
    "ResultRecord",
    "actions",
    "agreement",
    "basis",
    "brief",
    "brief_decision",
    "cards",
    "case_ranking",
    "changes",
    "drivers",
    "experience",
    "facts",
    "handover",
    "house_numbers",
    "levels",
    "method",
    "method_findings",
    "methods_compared",
    "open_case",
    "open_points",
    "presumption",
    "profiles",
    "provenance",
    "publish",
    "questions",
    "rules",
    "scenarios",
    "sources",
    "summary",
]


@dataclass(frozen=True)
class OpenCase:
    """A case and a profile as read."""

    case: Case
    profile: Profile
    sha256: str
    pictures: tuple[PictureFile, ...] = ()
    what_ifs: WhatIfs | None = None
    like: pd.DataFrame | None = None


def open_case(
    case: str | Path,
    *,
    profile: str = "house_graded_exposure",
    what_ifs: str = "",
    register: str = "",
) -> OpenCase:
    """Read a case and a profile, each shipped (by its name) or from a TOML file."""
    is_file = str(case).endswith(".toml")
    path = Path(case) if is_file else shipped.case_path(_plain_name(str(case)))
    file = read_toml(path)
    read = parse_case(file, folder=path.parent)
    shipped_file = shipped.what_ifs_path(str(case))
    wanted = what_ifs or ("" if is_file or not shipped_file.is_file() else str(shipped_file))
    planned = load_what_ifs(wanted, read) if wanted else None
    return OpenCase(
        read,
        _profile(profile),
        file.sha256,
        case_pictures(read, path.parent),
        planned,
        like_records(read, register),
    )


def _plain_name(name: str) -> str:
    fine = name.replace("-", "").replace("_", "").isalnum()
    refuse("case", [] if fine else [Fault("case", shown(name), "the id of a shipped case, or a .toml file")])
    return name


def _profile(name: str) -> Profile:
    if name.endswith(".toml"):
        return load_profile(name)
    rule = f"a .toml file, or {one_of(name, profile_names())}"
    refuse("profile", [] if name in profile_names() else [Fault("profile", shown(name), rule)])
    return shipped_profile(name)


def publish(
    assessment: Assessment, *, seed: int, case_sha256: str, compared: Comparison | None = None
) -> ResultRecord:
    """Put the result record into the notebook, where the runner reads it back."""
    return ResultRecord(raw_record(assessment, seed=seed, case_sha256=case_sha256, compared=compared))
