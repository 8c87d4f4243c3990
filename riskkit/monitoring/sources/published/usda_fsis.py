"""Recalls and public health alerts on meat, poultry and eggs in the USA (USDA FSIS)."""

from __future__ import annotations

import html
import re

import pandas as pd

from riskkit.foundation.records.foreign_words import each_text, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, flagged, joined, same
from riskkit.monitoring.sources.published.named_agents import agents_in_title
from riskkit.monitoring.sources.source import Source


def _plain(native: pd.DataFrame, *headers: str) -> pd.Series:
    """The service writes some characters as HTML entities."""
    return each_text(cells(native, *headers), html.unescape)


_SAYS_NOTHING = re.compile(
    r"(?:misbranding|mislabell?ing|import violation|processing defect|produced without benefit of inspection"
    r"|unfit for human consumption|insanitary conditions|product contamination)",
    re.IGNORECASE,
)
"""Reasons that name no agent: among others they are passed over."""
_SPANISH = re.compile(
    r"\b(?:retiran?|retiros?|retirada|debido|posible|productos?|alerta|emite|empresa|firma|sin el"
    r"|del mercado)\b",
    re.IGNORECASE,
)
_LANGUAGES = {"english": "en", "spanish": "es", "español": "es"}


def _reasons(reasons: str) -> str | None:
    """The reasons of a list that name an agent."""
    parts = [part.strip() for part in reasons.split(",")]
    return ", ".join(part for part in parts if not _SAYS_NOTHING.fullmatch(part)) or None


def _language(native: pd.DataFrame, title: pd.Series) -> pd.Series:
    """As the service says, else by the words of the title: a Spanish twin has the same number."""
    told = cells(native, "field_translation_language", "langcode", "language")
    known = each_text(told, lambda text: _LANGUAGES.get(text.lower(), text.lower()[:2]))
    return known.fillna(each_text(title, lambda text: "es" if len(_SPANISH.findall(text)) > 1 else "en"))


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each row; a notice in English and Spanish is two rows with one number: one counts.

    A reason that names no agent ("Product Contamination") is read together with the title.

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
    product = _plain(native, "field_product_items", "product_description")
    number = cells(native, "field_recall_number", "notice_id_number")
    by_title = hazard_classes(each_text(title, agents_in_title), "fsis", between=",")
    by_reason = hazard_classes(each_text(reason, _reasons), "fsis", between=",")
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(cells(native, "field_recall_date", "notification_date"), month_first=True),
            "product": product.fillna(title),
            "product_group": _plain(native, "field_processing"),
            "maker": _plain(native, "field_establishment", "company_name"),
            "region": same(native, "US"),
            "hazard_class": by_reason.fillna(by_title),
            "hazard": reason,
            "event": joined(
                cells(native, "field_recall_type", "recall_type"),
                cells(native, "field_recall_classification", "recall_classification"),
            ),
            "text": title,
            "evidence": joined(
                number,
                cells(native, "field_recall_url", "recall_url"),
            ),
            "notice": number,
            "notice_updated": dates(cells(native, "field_last_modified_date"), month_first=True),
            "language": _language(native, title),
            "flags": flagged(title.where(product.isna()), "headline_product"),
        }
    )


SOURCE = Source(
    name="usda_fsis",
    version=2,
    title_zh="美国肉禽蛋召回（USDA FSIS）",
    title_en="US recalls of meat, poultry and eggs (USDA FSIS)",
    publisher="USDA Food Safety and Inspection Service",
    licence="work of the US Government, public",
    required=(
        ("field_title", "field_recall_number", "field_recall_date", "field_recall_reason"),
        ("title", "notice_id_number", "notification_date", "recall_reason", "recall_classification"),
    ),
    date_order="mdy",
    to_records=to_records,
)
