"""Defects and risks that enterprises report, in riskkit's own sheet."""

from __future__ import annotations

import pandas as pd

from riskkit.monitoring.sources.sheets.sheets import needed_columns, required_headers, sheet_records
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each report; where the day of the finding is not told, that of the report.

    Examples
    --------
    >>> row = {"报告编号": "1", "报告日期": "2026-03-05", "报告企业": "甲", "缺陷描述": "漏电"}
    >>> to_records(pd.DataFrame([row], dtype="string"))[["date", "text"]].iloc[0].tolist()
    ['2026-03-05', '报告企业：甲；缺陷描述：漏电']
    """
    out = sheet_records(native, "defect_report", source_class="enterprise")
    return out.assign(date=out["date"].fillna(out["date_reported"]))


SOURCE = Source(
    name="defect_report",
    version=2,
    title_zh="企业产品缺陷报告单",
    title_en="Enterprise defect reports",
    publisher="riskkit",
    licence="the sheet is riskkit's own; what is filled in belongs to who fills it in",
    required=required_headers("defect_report"),
    date_order="ymd",
    to_records=to_records,
    needed=needed_columns("defect_report"),
    is_known_by_record=True,
)
