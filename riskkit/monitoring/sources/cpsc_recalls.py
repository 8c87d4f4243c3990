"""Recalls of consumer products in the USA (CPSC): the export and the answers of the interface."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.foreign_words import country_codes, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, joined, names_in, same, stated_count
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each recall: what, by whom, made where, for which hazard, how many units.

    Units are read when a number is told ("About 3.1 million"), not when only a bound is ("Over 1,000").

    Examples
    --------
    >>> row = {"Recall Number": "09-145", "Date": "March 5, 2009", "Recall Heading": "Heaters Recalled",
    ...        "Name of product": "Heaters", "Units": "About 3.1 million", "Manufactured In": "China"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["date"], record["n_units"], record["origin"]
    ('2009-03-05', '3100000', 'CN')
    """
    hazards = names_in(cells(native, "hazards", "Hazards"), "Name", "HazardType")
    described = names_in(cells(native, "Hazard Description"), "Name")
    origin = names_in(
        cells(native, "Manufactured In", "countries", "ManufacturerCountries"), "Country", "Name"
    )
    heading = cells(native, "Recall Heading", "Title")
    product = names_in(cells(native, "Name of product", "Products", "descriptions"), "Name")
    units = names_in(cells(native, "Units", "NumberOfUnits"), "NumberOfUnits").fillna(
        names_in(cells(native, "Products").where(lambda cell: cell.str.startswith("[")), "NumberOfUnits")
    )
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(cells(native, "Recall Date", "Date"), month_first=True),
            "product": product.fillna(heading),
            "product_group": names_in(cells(native, "product_types", "query_category"), "Type"),
            "maker": names_in(cells(native, "Manufacturers"), "Name"),
            "consignor": names_in(cells(native, "Importers"), "Name"),
            "origin": country_codes(origin),
            "origin_text": origin,
            "region": same(native, "US"),
            "hazard_class": hazard_classes(hazards, "cpsc", between=r";"),
            "hazard": hazards.fillna(described),
            "event": same(native, "recall"),
            "n_units": stated_count(units),
            "text": joined(
                heading, cells(native, "Description"), described, cells(native, "Incidents", "Injuries")
            ),
            "evidence": joined(cells(native, "Recall Number"), cells(native, "url")),
        }
    )


SOURCE = Source(
    name="cpsc_recalls",
    version=1,
    title_zh="美国消费品召回（CPSC）",
    title_en="US consumer product recalls (CPSC)",
    publisher="US Consumer Product Safety Commission",
    licence="work of the US Government, public",
    required=(
        ("Recall Number", "Recall Date", "Hazards"),
        ("Recall Number", "Date", "Recall Heading", "Hazard Description"),
    ),
    date_order="ymd",
    to_records=to_records,
)
