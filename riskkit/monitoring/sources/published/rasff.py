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
    origin = cells(native, "origin")
    hazards = each_text(cells(native, "hazards"), _without_repeats)
    categories = each_text(cells(native, "hazard_categories"), _without_repeats)
    by_category = hazard_classes(categories, "rasff", between=r";")
    by_name = hazard_classes(hazards, "rasff", between=_BETWEEN, behind=_REMARK)
    by_kind = hazard_classes(each_text(hazards, _kinds), "rasff", between=r";")
    product = cells(native, "product", "foodex2_description")
    day = cells(native, "date").str.replace(r"\s+\d{2}:\d{2}(:\d{2})?$", "", regex=True)
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(day),
            "product": product.fillna(cells(native, "subject")),
            "product_code": cells(native, "foodex2_code"),
            "product_group": cells(native, "product_category", "category"),
            "origin": country_codes(origin),
            "origin_text": origin,
            "region": country_codes(cells(native, "notifying_country")),
            "hazard_class": by_category.fillna(by_name).fillna(by_kind),
            "hazard": hazards.fillna(categories),
            "event": joined(cells(native, "classification"), cells(native, "risk_decision")),
            "text": cells(native, "subject"),
            "evidence": cells(native, "reference"),
            "notice": cells(native, "reference"),
            "flags": flagged(cells(native, "subject").where(product.isna()), "headline_product"),
        }
    )


SOURCE = Source(
    name="rasff",
    version=3,
    title_zh="欧盟食品和饲料快速预警（RASFF）",
    title_en="EU rapid alerts on food and feed (RASFF)",
    publisher="European Commission, DG SANTE",
    licence="re-use with acknowledgement (Commission Decision 2011/833/EU)",
    required=(("reference", "date", "notifying_country", "origin", "hazards"),),
    date_order="dmy",
    to_records=to_records,
)
