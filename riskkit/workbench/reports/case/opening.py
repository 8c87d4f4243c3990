"""The case that a report is about, as it is opened and as it is published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.facts.nearest_cases import nearest_records
from riskkit.assessment.what_if.what_if_file import WhatIfs, load_what_ifs
from riskkit.case.case import Assessment
from riskkit.case.case_pictures import case_pictures
from riskkit.case.case_reading import parse_case
from riskkit.case.comparison.methods import Comparison
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.warning.profiles import Profile, load_profile, profile_names
from riskkit.warning.profiles import profile as shipped_profile
from riskkit.workbench.runs.result import ResultRecord, raw_record


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
    case: str | Path, *, profile: str = "house_graded_exposure", what_ifs: str = "", register: str = ""
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
    rule = RuleText("a .toml file, or {}", one_of(name, profile_names()))
    refuse("profile", [] if name in profile_names() else [Fault("profile", shown(name), rule)])
    return shipped_profile(name)


def publish(
    assessment: Assessment, *, seed: int, case_sha256: str, compared: Comparison | None = None
) -> ResultRecord:
    """Put the result record into the notebook, where the runner reads it back."""
    return ResultRecord(raw_record(assessment, seed=seed, case_sha256=case_sha256, compared=compared))


_QUESTION = """
select record_id, source, date, product, brand, hs, hazard_class, hazard, event
from records
where source_class in ('foreign_notification', 'enterprise', 'media') and date <= ?
  and (list_contains(?, hazard_class) or list_contains(?, left(hs, 2)))
order by date desc, record_id
"""


def like_records(case: Case, register: str) -> pd.DataFrame | None:
    """The nearest notices of a register up to the day of the assessment; None without a register."""
    if not register:
        return None
    from riskkit.store.register.query import looking  # a report without a register needs no database
    from riskkit.workbench.runs.folders.made_register import register_folder

    chapters = sorted({code[:2] for code in case.product.hs})
    given = [case.assessed_on, list(case.hazard_classes()), chapters]
    with looking(register_folder(register)) as connection:
        return nearest_records(case, connection.execute(_QUESTION, given).df())
