"""Everything that the notebook of the response plan calls: open, show, publish."""

from __future__ import annotations

from riskkit import __version__
from riskkit.foundation.language import in_each_language
from riskkit.workbench.reports.measures.measure_facts import open_consignments
from riskkit.workbench.reports.measures.measure_sections import (
    measures_conflicts,
    measures_decisions,
    measures_facts,
    measures_lifting,
    measures_limits,
    measures_missing,
    measures_orders,
    measures_summary,
)
from riskkit.workbench.reports.measures.measure_study import MeasureStudy, study_measures
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "measures_conflicts",
    "measures_decisions",
    "measures_facts",
    "measures_lifting",
    "measures_limits",
    "measures_missing",
    "measures_orders",
    "measures_summary",
    "open_consignments",
    "publish_measures",
    "study_measures",
]


def publish_measures(study: MeasureStudy, *, seed: int, case_sha256: str) -> ResultRecord:
    """Put the plan into the notebook, where the runner reads it back."""
    case = study.assessment.case
    facts_sha256 = None if study.opened is None else study.opened.sha256
    inputs = {
        "case_sha256": case_sha256,
        "facts_sha256": facts_sha256,
        "on": study.on.isoformat(),
        "seed": seed,
    }
    return ResultRecord(
        {
            "schema": "riskkit.measures/1",
            "case": {
                "id": case.id,
                "title": in_each_language(case.title.say),
            },
            "inputs": inputs | {"draws": study.assessment.draws, "riskkit": __version__},
            "levels": list(study.levels),
            "facts": study.facts.reset_index(),
            "measures": study.measures.reset_index(),
            "orders": study.orders,
            "lifting": study.endings,
            "no_rule_on_that_day": list(study.no_rule),
        }
    )
