"""Injuries with products, card by card (产品伤害监测报告卡), in riskkit's own sheet."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.records.foreign_words import severities
from riskkit.monitoring.sources.cells import same
from riskkit.monitoring.sources.sheets.sheets import answers, needed_columns, required_headers, sheet_records
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each treated person; severity is the card's grade, and 4 where the person died.

    Examples
    --------
    >>> row = {"报告卡编号": "1", "就诊日期": "2026-03-05", "伤害程度": "中度", "结局": "住院"}
    >>> to_records(pd.DataFrame([row], dtype="string"))[["severity", "n_injured", "n_dead"]].iloc[0].tolist()
    ['2', '1', '0']
    """
    out = sheet_records(native, "injury_card", source_class="injury")
    outcome = answers(native, "injury_card", "outcome")["outcome"]
    died = (outcome == "died").fillna(False).astype("bool")
    known = (outcome.notna() & (outcome != "unknown")).astype("bool")
    return out.assign(
        date=out["date"].fillna(out["date_reported"]),
        severity=severities(out["severity"].mask(died, "died"), "injury_card"),
        n_injured=same(native, "1").mask(died, "0"),
        n_dead=same(native, "0").mask(died, "1").where(known),
    )


SOURCE = Source(
    name="injury_card",
    version=2,
    title_zh="产品伤害监测报告卡",
    title_en="Product injury surveillance card",
    publisher="riskkit",
    licence="the sheet is riskkit's own; what is filled in belongs to who fills it in",
    required=required_headers("injury_card"),
    date_order="ymd",
    to_records=to_records,
    needed=needed_columns("injury_card"),
    is_known_by_record=True,
)
