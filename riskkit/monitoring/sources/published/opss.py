"""Product safety alerts, reports and recalls of the United Kingdom (OPSS), as GOV.UK search answers them."""

from __future__ import annotations

import re

import pandas as pd

from riskkit.foundation.records.foreign_words import each_text, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, joined, same
from riskkit.monitoring.sources.source import Source

_RISK = re.compile(
    r"presenting an? (?:(?:serious|high|medium|low|other) )?"
    r"(?:risk of (?P<of>[^.]+)|(?P<kind>[^.]+?) risk)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"^(?:product (?:recall|safety report|safety alert)):?\s*"
    r"(?P<product>.+?)\s*(?:\((?P<number>[0-9-]+)\))?$",
    re.IGNORECASE,
)


def _risk(description: str) -> str | None:
    found = _RISK.search(description)
    return (found["of"] or found["kind"]).strip() if found else None


def _product(title: str) -> str:
    found = _TITLE.match(title)
    return found["product"] if found else title


def _number(title: str) -> str | None:
    found = _TITLE.match(title)
    return found["number"] if found else None


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each alert, report or recall; its title carries the number, its summary the risk.

    Examples
    --------
    >>> row = {"title": "Product Recall: Soft toy (2401-0001)", "public_timestamp": "2024-01-05T10:00:00Z",
    ...        "description": "Product Recall for a toy presenting a serious risk of choking.",
    ...        "link": "/product-safety-alerts-reports-recalls/x"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["product"], record["date"], record["hazard"], record["hazard_class"]
    ('Soft toy', '2024-01-05', 'choking', 'physical')
    """
    title, summary = cells(native, "title"), cells(native, "description", "summary")
    risk = each_text(summary, _risk)
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(cells(native, "product_recall_alert_date", "public_timestamp")),
            "product": each_text(title, _product),
            "product_group": cells(native, "product_category"),
            "region": same(native, "GB"),
            "hazard_class": hazard_classes(risk, "opss", between=r",| and "),
            "hazard": risk,
            "event": joined(cells(native, "product_alert_type"), cells(native, "product_risk_level")),
            "text": joined(title, summary),
            "evidence": joined(each_text(title, _number), cells(native, "link")),
            "notice": each_text(title, _number).fillna(cells(native, "link")),
            "notice_updated": dates(cells(native, "public_timestamp")),
        }
    )


SOURCE = Source(
    name="opss",
    version=2,
    title_zh="英国产品安全通报与召回（OPSS）",
    title_en="UK product safety alerts and recalls (OPSS)",
    publisher="UK Office for Product Safety and Standards",
    licence="Open Government Licence v3.0",
    required=(("title", "link", "public_timestamp", "description"),),
    date_order="ymd",
    to_records=to_records,
)
