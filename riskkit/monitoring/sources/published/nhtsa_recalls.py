"""Recalls of vehicles and equipment in the USA (NHTSA)."""

from __future__ import annotations

import re

import pandas as pd

from riskkit.foundation.records.foreign_words import each_text
from riskkit.monitoring.sources.cells import cells, dates, flagged, has_header, joined, same
from riskkit.monitoring.sources.source import Source


def _whole(text: str) -> str:
    return text.removesuffix(".0")


_DAY_FIRST = re.compile(r"(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])/(\d{4})", re.ASCII)


def _is_interface(native: pd.DataFrame) -> bool:
    """Whether the rows are answers of the interface: it writes the day first, files the month."""
    return has_header(tuple(map(str, native.columns)), "NHTSACampaignNumber")


def _days(days: pd.Series, *, is_interface: bool) -> pd.Series:
    """Days in ISO form; those that cannot all be of the interface's order are left to the order of files."""
    told = days.dropna()
    if is_interface and told.str.fullmatch(_DAY_FIRST.pattern).all():
        return each_text(
            days, lambda day: _DAY_FIRST.sub(lambda f: f"{f[3]}-{int(f[2]):02d}-{int(f[1]):02d}", day)
        )
    return dates(days, month_first=True)


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each campaign (in the flat file: for each model of it, of which one counts).

    What may follow is free text, so no hazard class is read from it; where a vehicle was built is not told.

    Examples
    --------
    >>> row = {"NHTSA ID": "24V104000", "Report Received Date": "02/12/2024", "Manufacturer": "BMW",
    ...        "Component": "BRAKES", "Potentially Affected": "79670", "Consequence Summary": "A crash."}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["date"], record["n_units"], record["hazard"]
    ('2024-02-12', '79670', 'A crash.')
    """
    number = cells(native, "NHTSA ID", "CAMPNO", "NHTSACampaignNumber")
    make, model = cells(native, "make", "MAKETXT"), cells(native, "model", "MODELTXT")
    day = _days(
        cells(native, "Report Received Date", "report_date", "RCDATE"), is_interface=_is_interface(native)
    )
    units = cells(native, "Potentially Affected", "POTAFF")
    vehicle = joined(make, model, cells(native, "year", "YEARTXT", "ModelYear"), between=" ")
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": day,
            "product": vehicle.fillna(cells(native, "Subject")),
            "product_code": cells(native, "Component", "COMPNAME"),
            "product_group": cells(native, "Recall Type", "RCLTYPECD"),
            "brand": make,
            "maker": cells(native, "Manufacturer", "MFGNAME"),
            "region": same(native, "US"),
            "hazard": cells(
                native, "Consequence Summary", "CONEQUENCE_DEFECT", "recall_description", "Consequence"
            ),
            "event": same(native, "recall"),
            "n_units": each_text(units, _whole),
            "text": joined(cells(native, "subject"), cells(native, "DESC_DEFECT", "Summary")),
            "evidence": number,
            "notice": number,
            "flags": flagged(cells(native, "Subject").where(vehicle.isna()), "headline_product"),
        }
    )


SOURCE = Source(
    name="nhtsa_recalls",
    version=2,
    title_zh="美国车辆召回（NHTSA）",
    title_en="US vehicle recalls (NHTSA)",
    publisher="US National Highway Traffic Safety Administration",
    licence="work of the US Government, public",
    required=(
        ("NHTSA ID", "Report Received Date", "Manufacturer", "Component"),
        ("nhtsa_id", "make", "model", "component", "report_date"),
        ("NHTSACampaignNumber", "ReportReceivedDate", "Component", "Manufacturer"),
        ("CAMPNO", "MAKETXT", "MODELTXT", "COMPNAME", "RCDATE"),
    ),
    date_order="mdy",
    to_records=to_records,
)
