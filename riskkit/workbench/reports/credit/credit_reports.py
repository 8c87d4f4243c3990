"""Everything that the notebook of enterprise credit calls: open, show, publish."""

from __future__ import annotations

from riskkit import __version__
from riskkit.foundation.language import in_language
from riskkit.workbench.reports.credit.credit_sections import (
    credit_by_order,
    credit_grades,
    credit_grounds,
    credit_limits,
    credit_measures,
    credit_questions,
    credit_repair,
    credit_summary,
    credit_unread,
    say,
)
from riskkit.workbench.reports.credit.credit_study import CreditStudy, open_enterprises, study_credit
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "credit_by_order",
    "credit_grades",
    "credit_grounds",
    "credit_limits",
    "credit_measures",
    "credit_questions",
    "credit_repair",
    "credit_summary",
    "credit_unread",
    "open_enterprises",
    "publish_credit",
    "study_credit",
]


def publish_credit(study: CreditStudy) -> ResultRecord:
    """Put the grades into the notebook, where the runner reads them back."""
    who = study.names.rename("enterprise")
    name = study.opened.name
    title = {
        lang: in_language(lang, say, "example") if study.opened.is_sample else name for lang in ("zh", "en")
    }
    return ResultRecord(
        {
            "schema": "riskkit.credit/1",
            "case": {"id": name, "title": title},
            "inputs": {
                "riskkit": __version__,
                "case_sha256": study.opened.sha256,
                "on": study.on.isoformat(),
            },
            "rule_set": study.rule_set,
            "rows": {"read": study.opened.n_read, "graded": int(study.grades["decision"].notna().sum())},
            "grades": study.grades.join(who),
            "measures": study.measures.join(who),
            "repair": study.repair.join(who),
            "by_order": study.by_order.join(who),
            "unread": study.unread,
        }
    )
