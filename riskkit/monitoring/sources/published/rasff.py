"""Notifications on food and feed in the EU (RASFF)."""

from __future__ import annotations

import re

import pandas as pd

from riskkit.foundation.records.foreign_words import country_codes, each_text, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, flagged, joined, same
from riskkit.monitoring.sources.published.named_agents import agent_kind
from riskkit.monitoring.sources.source import Source

_BETWEEN = r";|(?<![0-9]),|,(?![0-9])"
"""What stands between hazards; a comma between two digits is part of a name (1,2-propanediol)."""
_REMARK = r"\s{2,}|\s+-\s+"
"""What stands between a hazard and what was found of it: ``lead  too high content``."""


def _kinds(hazards: str) -> str:
    return "; ".join(agent_kind(one) for one in re.split(_BETWEEN, hazards))


def _without_repeats(text: str) -> str:
    """A notification repeats a hazard for each sample in which it was found."""
    parts = (part.strip() for part in text.split(";"))
    return "; ".join(dict.fromkeys(part for part in parts if part))


_LISTED = re.compile(r"\s*\*{3}\s*")
"""What stands between the values of one cell in an answer of the interface."""


def _named(listed: str) -> str:
    """The hazards of a cell of the interface: ``lead  too high content - {heavy metals} *** …``."""
    return "; ".join(part.partition(" - {")[0].strip() for part in _LISTED.split(listed))


def _categories(listed: str) -> str:
    """Their categories, in the same order."""
    return "; ".join(part.partition(" - {")[2].rstrip("} ") for part in _LISTED.split(listed))


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each notification; a hazard class only where all its hazards are of one class.

    The class is that of the categories of the hazards; where they tell none, that of the names.

    Examples
    --------
    >>> row = {"reference": "2024.0011", "date": "02-01-2024 10:58:08", "notifying_country": "France",
    ...        "subject": "Aflatoxins in dried figs", "hazards": "aflatoxin total", "origin": "Türkiye"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["date"], record["hazard_class"], record["origin"]
    ('02-01-2024', 'chemical', 'TR')
    """
    origin = each_text(cells(native, "origin", "ORIGIN_COUNTRY_DESC"), lambda text: _LISTED.sub("; ", text))
    listed = cells(native, "HAZARD_CATEGORY_NAME")
    hazards = each_text(cells(native, "hazards").fillna(each_text(listed, _named)), _without_repeats)
    categories = each_text(
        cells(native, "hazard_categories").fillna(each_text(listed, _categories)), _without_repeats
    )
    by_category = hazard_classes(categories, "rasff", between=r";")
    by_name = hazard_classes(hazards, "rasff", between=_BETWEEN, behind=_REMARK)
    by_kind = hazard_classes(each_text(hazards, _kinds), "rasff", between=r";")
    product = cells(native, "product", "PRODUCT_NAME", "foodex2_description")
    subject = cells(native, "subject", "NOTIF_SUBJECT")
    reference = cells(native, "reference", "NOTIFICATION_REFERENCE")
    day = cells(native, "date", "NOTIF_DATE").str.replace(r"\s+\d{2}:\d{2}(:\d{2})?$", "", regex=True)
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(day),
            "product": product.fillna(subject),
            "product_code": cells(native, "foodex2_code"),
            "product_group": cells(native, "product_category", "PRODUCT_CATEGORY_DESC", "category"),
            "origin": country_codes(origin),
            "origin_text": origin,
            "region": country_codes(cells(native, "notifying_country", "NOTIFYNG_COUNTRY_DESC")),
            "hazard_class": by_category.fillna(by_name).fillna(by_kind),
            "hazard": hazards.fillna(categories),
            "event": joined(
                cells(native, "classification", "NOTIFICATION_CLASSIFICAT_DESC"),
                cells(native, "risk_decision", "RISK_DECISION_DESC"),
            ),
            "text": subject,
            "evidence": reference,
            "notice": reference,
            "flags": flagged(subject.where(product.isna()), "headline_product"),
        }
    )


SOURCE = Source(
    name="rasff",
    version=3,
    title_zh="欧盟食品和饲料快速预警（RASFF）",
    title_en="EU rapid alerts on food and feed (RASFF)",
    publisher="European Commission, DG SANTE",
    licence="re-use with acknowledgement (Commission Decision 2011/833/EU)",
    required=(
        ("reference", "date", "notifying_country", "origin", "hazards"),
        # the interface of DG SANTE, which misspells "notifying"
        ("NOTIFICATION_REFERENCE", "NOTIF_DATE", "NOTIFYNG_COUNTRY_DESC", "HAZARD_CATEGORY_NAME"),
    ),
    date_order="dmy",
    to_records=to_records,
)
