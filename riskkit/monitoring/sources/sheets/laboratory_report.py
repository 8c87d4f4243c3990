"""Nonconforming items that laboratories report, in riskkit's own sheet."""

from __future__ import annotations

import pandas as pd

from riskkit.monitoring.sources.sheets.sheets import needed_columns, required_headers, sheet_records
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each nonconforming item of a report.

    Examples
    --------
    >>> row = {"Test report number": "1", "Test date": "2026-03-05", "Product": "toy", "Samples tested": "3",
    ...        "Samples nonconforming": "1", "Nonconforming item": "lead", "Laboratory": "L"}
    >>> to_records(pd.DataFrame([row], dtype="string"))[["hazard", "n_tested"]].iloc[0].tolist()
    ['lead', '3']
    """
    return sheet_records(native, "laboratory_report", source_class="laboratory")


SOURCE = Source(
    name="laboratory_report",
    version=2,
    title_zh="实验室不合格报告单",
    title_en="Laboratory nonconformity reports",
    publisher="riskkit",
    licence="the sheet is riskkit's own; what is filled in belongs to who fills it in",
    required=required_headers("laboratory_report"),
    date_order="ymd",
    to_records=to_records,
    needed=needed_columns("laboratory_report"),
    is_known_by_record=True,
)
