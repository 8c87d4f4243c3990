"""Recalls of food, drugs, devices and cosmetics in the USA (FDA): enforcement reports and announcements."""

from __future__ import annotations

import pandas as pd

from riskkit.monitoring.sources.cells import cells, dates, joined, latest, same
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each recalled product of an enforcement report, or for each announcement.

    The reason is free text, so no hazard class is read from it. The firm's country is where it is seated,
    not where the goods were made: origin stays unknown.

    Examples
    --------
    >>> row = {"recall_number": "F-0276-2017", "report_date": "20170118", "recalling_firm": "A Foods",
    ...        "recall_initiation_date": "20161230", "reason_for_recall": "Undeclared milk"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["date"], record["date_reported"], record["hazard"]
    ('2016-12-30', '2017-01-18', 'Undeclared milk')
    """
    begun = cells(native, "recall_initiation_date", "Recall Initiation Date")
    noticed = cells(native, "report_date", "Report Date", "date", "Center Classification Date")
    changes = (noticed, *(cells(native, name) for name in ("termination_date", "center_classification_date")))
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(begun.fillna(noticed), month_first=True),
            "date_reported": dates(noticed, month_first=True),
            "product": cells(native, "product_description"),
            "product_group": cells(native, "product_type", "product_types", "Product Types"),
            "brand": cells(native, "brand_names", "Brand Name(s)", "Brand-Names"),
            "maker": cells(native, "recalling_firm", "company_name"),
            "region": same(native, "US"),
            "hazard": cells(native, "reason_for_recall", "recall_reason", "Recall Reason Description"),
            "event": joined(same(native, "recall"), cells(native, "classification", "Recall Classification")),
            "lot": cells(native, "code_info"),
            "text": joined(cells(native, "product_quantity"), cells(native, "distribution_pattern")),
            "evidence": cells(native, "recall_number", "event_id"),
            "notice": cells(native, "recall_number"),
            "notice_updated": latest(*(dates(one, month_first=True) for one in changes)),
        }
    )


SOURCE = Source(
    name="fda_recalls",
    version=2,
    title_zh="美国食药产品召回（FDA）",
    title_en="US recalls of food, drugs and devices (FDA)",
    publisher="US Food and Drug Administration",
    licence="work of the US Government, public",
    required=(
        ("recall_number", "report_date", "product_description", "reason_for_recall", "recalling_firm"),
        ("date", "brand_names", "product_description", "recall_reason", "company_name"),
        ("Date", "Brand Name(s)", "Product Description", "Recall Reason Description", "Company Name"),
    ),
    date_order="mdy",
    to_records=to_records,
)
