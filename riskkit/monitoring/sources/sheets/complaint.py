"""Complaints of consumers (12315, 12365 and others), in riskkit's own sheet."""

from __future__ import annotations

import pandas as pd

from riskkit.monitoring.sources.sheets.sheets import needed_columns, required_headers, sheet_records
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each complaint; where the day of the event is not told, that of the complaint.

    Examples
    --------
    >>> row = {"投诉编号": "1", "投诉日期": "2026-03-05", "产品名称": "玩具", "问题描述": "开裂"}
    >>> to_records(pd.DataFrame([row], dtype="string"))[["date", "text"]].iloc[0].tolist()
    ['2026-03-05', '问题描述：开裂']
    """
    out = sheet_records(native, "complaint", source_class="complaint")
    return out.assign(date=out["date"].fillna(out["date_reported"]))


SOURCE = Source(
    name="complaint",
    version=2,
    title_zh="消费者投诉举报单",
    title_en="Consumer complaints",
    publisher="riskkit",
    licence="the sheet is riskkit's own; what is filled in belongs to who fills it in",
    required=required_headers("complaint"),
    date_order="ymd",
    to_records=to_records,
    needed=needed_columns("complaint"),
    is_known_by_record=True,
)
