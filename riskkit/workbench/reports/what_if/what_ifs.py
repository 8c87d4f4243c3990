"""Everything that the what-if notebook calls: open the what-ifs, study the case, show it, publish it."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.what_if.what_if_file import WhatIfs, load_what_ifs
from riskkit.case.case import Assessment
from riskkit.case.what_if_effects import effects_table
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import in_language
from riskkit.workbench.reports.what_if.analysis import (
    what_if_convergence,
    what_if_information,
    what_if_limits,
    what_if_sensitivity,
)
from riskkit.workbench.reports.what_if.figures import what_if_drivers, what_if_levels, what_if_running
from riskkit.workbench.reports.what_if.sections import what_if_case, what_ifs_compared
from riskkit.workbench.reports.what_if.study import WhatIfStudy, study_case
from riskkit.workbench.runs.result import ResultRecord, result_record

__all__ = [
    "ResultRecord",
    "assessment_of",
    "open_what_ifs",
    "publish_what_ifs",
    "study_case",
    "what_if_case",
    "what_if_convergence",
    "what_if_drivers",
    "what_if_information",
    "what_if_levels",
    "what_if_limits",
    "what_if_running",
    "what_if_sensitivity",
    "what_ifs_compared",
]


def open_what_ifs(case: Case, name: str = "") -> WhatIfs | None:
    """The what-ifs of a case: those that come with it, or those of a ``.toml`` file."""
    if name:
        rule = "empty, or a .toml file"
        refuse("what_ifs", [] if name.endswith(".toml") else [Fault("what_ifs", shown(name), rule)])
        return load_what_ifs(name, case)
    path = shipped.what_ifs_path(case.id)
    return load_what_ifs(str(path), case) if path.is_file() else None


def assessment_of(study: WhatIfStudy | Assessment) -> Assessment:
    """The assessment that a study starts from."""
    return study if isinstance(study, Assessment) else study.assessment


def publish_what_ifs(study: WhatIfStudy | Assessment, *, seed: int, case_sha256: str) -> ResultRecord:
    """Put assessment and what-ifs into the notebook, where the runner reads them back."""
    record = result_record(assessment_of(study), seed=seed, case_sha256=case_sha256)
    told = None if isinstance(study, Assessment) else _told(study)
    return ResultRecord(record | {"what_if": told})


def _told(study: WhatIfStudy) -> dict[str, Any]:
    known = study.information
    return {
        "effects": _rows(in_language("en", effects_table, study.effects).reset_index()),
        "avoided": {
            one.what_if.id: _rows(one.avoided.reset_index())
            for one in study.effects
            if one.what_if is not None
        },
        "harm": _rows(study.effects[0].harm.reset_index()),
        "morris": _rows(study.screening.reset_index()),
        "sobol_harm": _rows(study.harm_shares.reset_index()),
        "sobol_level": _rows(study.level_shares.reset_index()),
        "regional": {"level": study.regional_level, "inputs": _rows(study.regional.reset_index())},
        "decision": known.decision,
        "evpi": _value(known.loss),
        "evppi": _rows(known.table.reset_index()),
        "tests": [] if study.tests is None else _rows(study.tests.table.reset_index()),
        "settled_level": study.settled_level,
        "running_level": _rows(study.running_level),
        "running_harm": _rows(study.running_harm),
        "harm_bands": _rows(study.bands.reset_index()),
        "known_share": _value(study.known_share),
        "units": _value(study.units),
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values, rounded to ten figures; what is missing or infinite is None."""
    return [{str(k): _value(v) for k, v in row.items()} for row in table.to_dict("records")]


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return value
    number = float(value)
    return float(f"{number:.10g}") if math.isfinite(number) else None
