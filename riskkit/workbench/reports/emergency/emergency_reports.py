"""Everything that the notebook of port emergencies calls: open, show, publish."""

from __future__ import annotations

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language
from riskkit.workbench.reports.emergency.emergency_sections import (
    emergency_drills,
    emergency_goods,
    emergency_house_numbers,
    emergency_levels,
    emergency_limits,
    emergency_log,
    emergency_materials,
    emergency_plan,
    emergency_summary,
    emergency_waste,
    emergency_yard,
    say,
)
from riskkit.workbench.reports.emergency.emergency_study import EmergencyStudy, study_emergency
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "emergency_drills", "emergency_goods", "emergency_house_numbers", "emergency_levels", "emergency_limits",
    "emergency_log", "emergency_materials", "emergency_plan", "emergency_summary", "emergency_waste",
    "emergency_yard", "publish_emergency", "study_emergency",
]  # fmt: skip


def publish_emergency(study: EmergencyStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    title = in_each_language(say, "case", n=len(study.levels), on=on)
    named = {
        "levels": study.levels.rename_axis("event_id").reset_index(),
        "goods": study.matched.rename_axis("lot_id").reset_index(),
        "waste": study.waste.rename_axis("lot_id").reset_index(),
        "drills": study.drills.rename_axis("drill_id").reset_index(),
        "materials": pd.concat([study.tables["needs"], study.materials], axis=1),
        "steps": study.steps.drop(columns=["zh", "en"], errors="ignore"),
        "conflicts": study.conflicts,
        "log_gaps": study.gaps,
    }
    return ResultRecord(
        {
            "schema": "riskkit.port_emergency/1",
            "case": {"id": study.name, "title": title},
            "inputs": {"riskkit": __version__, "case_sha256": study.sha256, "on": on},
            **named,
        }
    )
