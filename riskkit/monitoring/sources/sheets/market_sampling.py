"""Results of sampling on the market (抽检), in riskkit's own sheet."""

from __future__ import annotations

import pandas as pd

from riskkit.monitoring.sources.sheets.sheets import needed_columns, required_headers, sheet_records
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each sampling of one product.

    Examples
    --------
    >>> row = {"Sampling number": "1", "Sampling date": "2026-03-05", "Product": "toy", "Lots sampled": "2",
    ...        "Lots nonconforming": "1"}
    >>> to_records(pd.DataFrame([row], dtype="string"))[["n_tested", "n_nonconforming"]].iloc[0].tolist()
    ['2', '1']
    """
    return sheet_records(native, "market_sampling", source_class="monitoring")


SOURCE = Source(
    name="market_sampling",
    version=2,
    title_zh="监督抽查结果表",
    title_en="Market sampling results",
    publisher="riskkit",
    licence="the sheet is riskkit's own; what is filled in belongs to who fills it in",
    required=required_headers("market_sampling"),
    date_order="ymd",
    to_records=to_records,
    needed=needed_columns("market_sampling"),
    is_known_by_record=True,
)
