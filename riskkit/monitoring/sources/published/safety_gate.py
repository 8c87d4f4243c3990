"""Alerts on dangerous non-food products in the EU (Safety Gate, formerly RAPEX)."""

from __future__ import annotations

import re

import pandas as pd

from riskkit.foundation.records.foreign_words import country_codes, each_text, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, flagged, joined, same
from riskkit.monitoring.sources.source import Source

_ONE_DAY = r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"


def _issued(native: pd.DataFrame) -> pd.Series:
    """The day of the alert; in files without one, the day of the only measure, else missing."""
    measure = cells(native, "measure_dates")
    one = measure.where(measure.str.fullmatch(_ONE_DAY).fillna(False).astype("bool"))
    return dates(cells(native, "Alert date", "Publication date", "Date").fillna(one))


_NUMBER = re.compile(r"[A-Z0-9]+/\d+/(\d{2}|(?:19|20)\d{2})")


def _year(number: str) -> str | None:
    found = _NUMBER.fullmatch(number)
    return (found[1] if len(found[1]) == 4 else f"20{found[1]}") if found else None


def _measures(native: pd.DataFrame) -> pd.Series:
    return joined(
        cells(
            native,
            "Compulsory measures",
            "Measures ordered by public authorities",
            "measure_categories",
            "measures",
        ),
        cells(native, "Voluntary measures", "Measures taken by economic operators"),
    )


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each alert.

    The public export tells the year of an alert in its number only; its day is read where a column has it,
    and the year stands in a column of its own where there is none.

    Examples
    --------
    >>> row = {"Alert number": "A12/00359/24", "Product": "Earrings", "Risk type": "Chemical",
    ...        "Country of origin": "Peoples Republic of China", "Alert submitted by": "Germany"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["hazard_class"], record["origin"], record["region"]
    ('chemical', 'CN', 'DE')
    """
    origin, notifier = (
        cells(native, "Country of origin"),
        cells(native, "Alert submitted by", "notifying_country", "Notifying country"),
    )
    number, day, risk = (
        cells(native, "Alert number", "caseNumber"),
        _issued(native),
        cells(native, "Risk type"),
    )
    year = cells(native, "alert_year").fillna(each_text(number, _year)).where(day.isna())
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": day,
            "date_year": year,
            "product": cells(native, "Product", "product_name", "Name"),
            "product_group": cells(native, "Category", "product_category", "Portal category"),
            "brand": cells(native, "Brand"),
            "origin": country_codes(origin),
            "origin_text": origin,
            "region": country_codes(notifier),
            "hazard_class": hazard_classes(risk, "safety_gate", between=r","),
            "hazard": risk,
            "event": _measures(native),
            "lot": joined(cells(native, "Batch number"), cells(native, "Barcode")),
            "text": joined(
                cells(native, "Description", "product_description"),
                cells(native, "Risk", "risk_description", "danger"),
            ),
            "evidence": joined(number, cells(native, "URL of Case", "reference")),
            "notice": number,
            "flags": flagged(year, "year_only"),
        }
    )


SOURCE = Source(
    name="safety_gate",
    version=2,
    title_zh="欧盟安全门通报（Safety Gate，原 RAPEX）",
    title_en="EU Safety Gate alerts (formerly RAPEX)",
    publisher="European Commission, on notifications of national authorities",
    licence="re-use with acknowledgement (Commission Decision 2011/833/EU)",
    required=(
        ("Alert number", "Country of origin", "Risk type", "Brand"),
        # the weekly reports
        ("caseNumber", "countryOfOrigin", "riskType", "brand"),
    ),
    date_order="dmy",
    to_records=to_records,
)
