"""Everything that the notebook of referrals calls: open, show, publish."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language
from riskkit.workbench.reports.referral.case_sections import (
    referral_clocks,
    referral_lawyer,
    referral_papers,
    referral_rewards,
    referral_routes,
    referral_summary,
    say,
)
from riskkit.workbench.reports.referral.public_sections import (
    referral_draw,
    referral_hot_spots,
    referral_house_numbers,
    referral_limits,
    referral_list,
    referral_map,
    referral_publication,
)
from riskkit.workbench.reports.referral.referral_study import ReferralStudy, study_referral
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "publish_referral", "referral_clocks", "referral_draw", "referral_hot_spots", "referral_house_numbers",
    "referral_lawyer", "referral_limits", "referral_list", "referral_map", "referral_papers",
    "referral_publication", "referral_rewards", "referral_routes", "referral_summary", "study_referral",
]  # fmt: skip


def publish_referral(study: ReferralStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    title = in_each_language(say, "case", n=len(study.routes), on=on)
    record: dict[str, Any] = {
        "schema": "riskkit.referral/1",
        "case": {"id": study.name, "title": title},
        "inputs": {"riskkit": __version__, "case_sha256": study.sha256, "on": on},
        "routes": study.routes.rename_axis("case_id").reset_index(),
        "rewards": study.rewards.rename_axis("case_id").reset_index(),
        "papers": _plain(study.papers),
        "clocks": _plain(study.clocks.assign(case_id=study.tables["clocks"]["case_id"])),
        "publication": _plain(study.publication.assign(firm=study.tables["penalties"]["firm"])),
        "listing": _plain(study.listing.assign(firm=study.tables["listing"]["firm"])),
        "provinces": study.provinces.rename_axis("code").reset_index(),
        "ports": study.ports,
        "draw": {"state": study.draw.state, "drawn": study.draw.drawn},
    }
    return ResultRecord(record)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Days as text, and without the words, which a language has."""
    days = table.select_dtypes("datetime")
    shown = {str(name): days[name].dt.strftime("%Y-%m-%d").where(days[name].notna(), None) for name in days}
    return table.assign(**shown).drop(columns=["zh", "en"], errors="ignore")
