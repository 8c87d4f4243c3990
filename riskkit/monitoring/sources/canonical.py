"""Files that already have the columns of the record, such as one program hands to another."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.records.evidence import given_columns
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """The rows as they are; columns that are no columns of the record, or are filled in on reading, are left.

    Examples
    --------
    >>> rows = pd.DataFrame({"product": ["lamp"], "row_number": ["9"], "x": ["1"]}, dtype="string")
    >>> to_records(rows).columns.tolist()
    ['product']
    """
    return native[[name for name in native.columns if name in given_columns()]]


SOURCE = Source(
    name="canonical",
    version=1,
    title_zh="规范记录（列名与登记库相同）",
    title_en="Canonical records (the columns of the register)",
    publisher="riskkit",
    licence="the layout is riskkit's own; what is filled in belongs to who fills it in",
    required=(("source_class", "date", "product"),),
    date_order="ymd",
    to_records=to_records,
)
