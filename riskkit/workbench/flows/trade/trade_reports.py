"""Everything that the notebook of technical trade measures calls: study, show, publish."""

from __future__ import annotations

from riskkit import __version__
from riskkit.foundation.language import in_each_language
from riskkit.workbench.flows.trade.trade_figure import exposure_figure
from riskkit.workbench.flows.trade.trade_sections import (
    trade_comment,
    trade_exposure,
    trade_gaps,
    trade_house,
    trade_limits,
    trade_losses,
    trade_notifications,
    trade_quarantined,
    trade_sectors,
    trade_summary,
)
from riskkit.workbench.flows.trade.trade_study import TradeStudy, study_trade
from riskkit.workbench.flows.trade.trade_words import say
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "exposure_figure", "publish_trade", "study_trade", "trade_comment", "trade_exposure", "trade_gaps",
    "trade_house", "trade_limits", "trade_losses", "trade_notifications", "trade_quarantined",
    "trade_sectors", "trade_summary",
]  # fmt: skip


def publish_trade(study: TradeStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    read = study.read
    return ResultRecord({
        "schema": "riskkit.trade_measures/1",
        "case": {"id": study.name, "title": in_each_language(say, "case", day=on)},
        "inputs": {"riskkit": __version__, "on": on, "edition": study.edition, "case_sha256": study.sha256},
        "counts": {"read": read.n_read, "accepted": len(read.accepted), "quarantined": len(read.quarantined),
                   "duplicates": read.n_duplicates},
        "notifications": study.standing.rename_axis("symbol").reset_index(),
        "deadlines": study.deadlines.rename_axis("symbol").reset_index(),
        "exposure": study.exposed.join(study.impacts).rename_axis("symbol").reset_index(),
        "matches": study.matches,
        "sectors": study.sectors.rename_axis("sector").reset_index(),
        "survey": study.survey.rename_axis("sector").reset_index(),
        "gaps": study.requirements[["base", "item"]].join(study.gaps),
    })  # fmt: skip
