"""Results of the inspection of goods at the border, in riskkit's own sheet."""

from __future__ import annotations

import pandas as pd

from riskkit.monitoring.sources.sheets.sheets import needed_columns, required_headers, sheet_records
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each row: a lot, or several lots of one product and day.

    Examples
    --------
    >>> row = {"检验检疫编号": "1", "检验日期": "2026-03-05", "产品名称": "玩具", "检验批次": "1"}
    >>> to_records(pd.DataFrame([row], dtype="string"))[["date", "n_tested"]].iloc[0].tolist()
    ['2026-03-05', '1']
    """
    return sheet_records(native, "border_inspection", source_class="enforcement")


SOURCE = Source(
    name="border_inspection",
    version=2,
    title_zh="口岸检验检疫结果单",
    title_en="Border inspection results",
    publisher="riskkit",
    licence="the sheet is riskkit's own; what is filled in belongs to who fills it in",
    required=required_headers("border_inspection"),
    date_order="ymd",
    to_records=to_records,
    needed=needed_columns("border_inspection"),
    is_known_by_record=True,
)
