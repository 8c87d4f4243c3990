"""Adverse event reports on food, supplements and cosmetics in the USA (FDA CAERS)."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.records.foreign_words import severities
from riskkit.monitoring.sources.cells import cells, dates, joined, same
from riskkit.monitoring.sources.source import Source

_IN_A_YEAR = {"year": 1.0, "decade": 0.1, "month": 12.0, "week": 365.25 / 7, "day": 365.25}


def _years(age: pd.Series, unit: pd.Series) -> pd.Series:
    """Ages in years; missing where the unit is not one of those of the system."""
    in_a_year = unit.str.lower().str.replace(r"\(s\)$|s$", "", regex=True).map(_IN_A_YEAR).astype("Float64")
    number = pd.to_numeric(age, errors="coerce").astype("Float64")
    years = (number / in_a_year).map(lambda value: f"{value:.12g}", na_action="ignore").astype("string")
    return years.mask(age.notna() & number.isna(), age)


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each product of a report. Nobody has shown that the product caused the event.

    The date is that of the event, or of the report where the event's is not told.

    Examples
    --------
    >>> row = {"Report ID": "175277", "CAERS Created Date": "4/7/2014", "Date of Event": "3/15/2013",
    ...        "Product Type": "SUSPECT", "Product": "CHIA GRANOLA", "Patient Age": "18",
    ...        "Age Units": "month(s)", "MedDRA Preferred Terms": "RASH", "Outcomes": "Hospitalization"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["date"], record["date_reported"], record["age_years"], record["severity"]
    ('2013-03-15', '2014-04-07', '1.5', '3')
    """
    created = dates(cells(native, "CAERS Created Date", "RA_CAERS Created Date"), month_first=True)
    began = dates(cells(native, "Date of Event", "AEC_Event Start Date"), month_first=True)
    outcome = cells(native, "Outcomes", "Case Outcome", "AEC_One Row Outcomes")
    terms = ("MedDRA Preferred Terms", "Case MedDRA Preferred Terms", "SYM_One Row Coded Symptoms", "event")
    age = cells(native, "Patient Age", "CI_Age at Adverse Event")
    died = outcome.str.contains(r"(?i)\bdeath\b").fillna(False).astype("bool")
    return pd.DataFrame(
        {
            "source_class": same(native, "injury"),
            "date": began.fillna(created),
            "date_reported": created,
            "product": cells(native, "Product", "PRI_Reported Brand/Product Name"),
            "product_code": cells(native, "Product Code", "PRI_FDA Industry Code"),
            "product_group": cells(native, "Description", "PRI_FDA Industry Name"),
            "region": same(native, "US"),
            "event": cells(native, *terms),
            "severity": severities(outcome, "fda_caers", between=","),
            "n_dead": same(native, "1").where(died),
            "age_years": _years(age, cells(native, "Age Units", "CI_Age Unit")),
            "text": joined(cells(native, "Product Type", "PRI_Product Role"), outcome),
            "evidence": cells(native, "Report ID", "RA_Report #", "report_id"),
        }
    )


SOURCE = Source(
    name="fda_caers",
    version=1,
    title_zh="美国食品和化妆品不良事件（FDA CAERS）",
    title_en="US adverse events with food and cosmetics (FDA CAERS)",
    publisher="US Food and Drug Administration",
    licence="work of the US Government, public",
    required=(
        ("Report ID", "CAERS Created Date", "Product", "MedDRA Preferred Terms", "Outcomes"),
        ("Report ID", "CAERS Created Date", "Product", "Case MedDRA Preferred Terms", "Case Outcome"),
        (
            "RA_Report #",
            "RA_CAERS Created Date",
            "PRI_Reported Brand/Product Name",
            "SYM_One Row Coded Symptoms",
        ),
        ("report_id", "product", "event"),
    ),
    date_order="mdy",
    to_records=to_records,
)
