"""Everything that the notebook of letters to enterprises calls: study, show, publish."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language
from riskkit.workbench.document.text_tables import day_cell
from riskkit.workbench.flows.enterprise.enterprise_sections import (
    enterprise_duties,
    enterprise_findings,
    enterprise_house,
    enterprise_letter,
    enterprise_limits,
    enterprise_requests,
    enterprise_summary,
    enterprise_trend,
)
from riskkit.workbench.flows.enterprise.enterprise_study import EnterpriseStudy, study_enterprises
from riskkit.workbench.flows.enterprise.letters import letters_of, say
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "enterprise_duties",
    "enterprise_findings",
    "enterprise_house",
    "enterprise_letter",
    "enterprise_limits",
    "enterprise_requests",
    "enterprise_summary",
    "enterprise_trend",
    "publish_enterprises",
    "study_enterprises",
]


def publish_enterprises(study: EnterpriseStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    day, findings = study.on.isoformat(), study.findings
    inputs = {"riskkit": __version__, "on": day, "case_sha256": findings.sha256}
    inputs |= {"duties_sha256": study.tables[0].sha256, "tests_sha256": study.tables[1].sha256}
    record: dict[str, Any] = {
        "schema": "riskkit.enterprises/1",
        "case": {"id": findings.name, "title": in_each_language(say, "case", day=day)},
        "inputs": inputs,
        "findings": study.decided.join(findings.table["enterprise_id"]),
        "requests": _dated(study.requests).join(findings.table["enterprise_id"]),
        "duties": _dated(study.ledger),
        "trend": study.trend.reset_index(),
        "letters": [{"enterprise_id": one.enterprise_id, "kind": one.kind, "sha256": one.sha256}
                    for one in letters_of(study)],
    }  # fmt: skip
    return ResultRecord(record)


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    days = [name for name in ("due_on", "done_on") if name in table]
    return table.assign(**{name: table[name].map(day_cell) for name in days})
