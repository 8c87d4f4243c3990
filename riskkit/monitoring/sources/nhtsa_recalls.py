"""Recalls of vehicles and equipment in the USA (NHTSA)."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.foreign_words import each_text
from riskkit.monitoring.sources.cells import cells, dates, flagged, joined, same
from riskkit.monitoring.sources.source import Source


def _whole(text: str) -> str:
    return text.removesuffix(".0")


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
    day = cells(native, "Report Received Date", "report_date", "RCDATE")
    units = cells(native, "Potentially Affected", "POTAFF")
    vehicle = joined(make, model, cells(native, "year", "YEARTXT", "ModelYear"), between=" ")
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(day, month_first=True),
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
        ("CAMPNO", "MAKETXT", "MODELTXT", "COMPNAME", "RCDATE"),
    ),
    date_order="mdy",
    to_records=to_records,
)
