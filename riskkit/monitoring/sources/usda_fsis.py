"""Recalls and public health alerts on meat, poultry and eggs in the USA (USDA FSIS)."""

from __future__ import annotations

import html

import pandas as pd

from riskkit.foundation.foreign_words import each_text, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, joined, same
from riskkit.monitoring.sources.source import Source


def _plain(native: pd.DataFrame, *headers: str) -> pd.Series:
    """The service writes some characters as HTML entities."""
    return each_text(cells(native, *headers), html.unescape)


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each notice; a notice in English and Spanish is two rows there and two here.

    Examples
    --------
    >>> row = {"field_title": "Pilgrim&#039;s Recalls", "field_recall_number": "001-2014",
    ...        "field_recall_date": "2014-01-10", "field_recall_reason": "Unreported Allergens"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["text"], record["hazard_class"]
    ("Pilgrim's Recalls", 'health')
    """
    reason = _plain(native, "field_recall_reason", "recall_reason")
    title = _plain(native, "field_title", "title")
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(cells(native, "field_recall_date", "notification_date"), month_first=True),
            "product": _plain(native, "field_product_items", "product_description").fillna(title),
            "product_group": _plain(native, "field_processing"),
            "maker": _plain(native, "field_establishment", "company_name"),
            "region": same(native, "US"),
            "hazard_class": hazard_classes(reason, "fsis", between=","),
            "hazard": reason,
            "event": joined(
                cells(native, "field_recall_type", "recall_type"),
                cells(native, "field_recall_classification", "recall_classification"),
            ),
            "text": title,
            "evidence": joined(
                cells(native, "field_recall_number", "notice_id_number"),
                cells(native, "field_recall_url", "recall_url"),
            ),
        }
    )


SOURCE = Source(
    name="usda_fsis",
    version=1,
    title_zh="美国肉禽蛋召回（USDA FSIS）",
    title_en="US recalls of meat, poultry and eggs (USDA FSIS)",
    publisher="USDA Food Safety and Inspection Service",
    licence="work of the US Government, public",
    required=(
        ("field_title", "field_recall_number", "field_recall_date", "field_recall_reason"),
        ("title", "notice_id_number", "notification_date", "recall_reason", "recall_classification"),
    ),
    date_order="ymd",
    to_records=to_records,
)
