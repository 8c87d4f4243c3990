"""Recalls of consumer products in the USA (CPSC): the export and the answers of the interface."""

from __future__ import annotations

import re

import pandas as pd

from riskkit.foundation.records.foreign_words import country_codes, each_text, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, flagged, joined, names_in, same
from riskkit.monitoring.sources.published.named_agents import hazards_in_sentence
from riskkit.monitoring.sources.published.stated_counts import count_flags, stated_count, summed_count
from riskkit.monitoring.sources.source import Source

_NUMBER = re.compile(r"(\d{2})-?(\d{3}[a-z]?)", re.IGNORECASE)


def _one_form(number: str) -> str:
    """The export writes 09-145, the interface 09145."""
    found = _NUMBER.fullmatch(number)
    return f"{found[1]}{found[2]}" if found else number


def _classes(hazards: pd.Series, told: pd.Series) -> pd.Series:
    """The class of the hazards as listed, else of those that a sentence names."""
    listed = hazard_classes(hazards, "cpsc", between=r";")
    return listed.fillna(hazard_classes(each_text(told, hazards_in_sentence), "cpsc", between=r";"))


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each recall: what, by whom, made where, for which hazard, how many units.

    Units are read when a number is told ("About 3.1 million"), not when only a bound is ("Over 1,000"); units
    sold elsewhere ("in addition, 8,000 in Canada") are not among them. A hazard that is told in a sentence
    ("posing a fire hazard") has a class where all hazards that it names are of one.

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
    units = names_in(cells(native, "Units", "NumberOfUnits"), "NumberOfUnits")
    products = cells(native, "Products").where(lambda cell: cell.str.startswith("["))
    told = units.fillna(names_in(products, "NumberOfUnits"))
    more = count_flags(told)
    named = hazards.fillna(described)
    incidents = names_in(cells(native, "Incidents", "Injuries"), "Name")
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(cells(native, "Recall Date", "Date"), month_first=True),
            "product": product.fillna(heading),
            "product_group": names_in(cells(native, "product_types", "query_category"), "Type"),
            "maker": names_in(cells(native, "Manufacturers", "Manufacturer"), "Name"),
            "consignor": names_in(cells(native, "Importers", "Importer"), "Name"),
            "origin": country_codes(origin),
            "origin_text": origin,
            "region": same(native, "US"),
            "hazard_class": _classes(hazards, named),
            "hazard": named,
            "event": same(native, "recall"),
            "n_units": stated_count(units).fillna(summed_count(products, "NumberOfUnits")),
            "text": joined(
                heading, cells(native, "Description"), described, incidents, told.where(more.notna())
            ),
            "evidence": joined(cells(native, "Recall Number"), cells(native, "url")),
            "notice": each_text(cells(native, "Recall Number"), _one_form),
            "notice_updated": dates(cells(native, "LastPublishDate", "Last Publish Date")),
            "flags": joined(flagged(heading.where(product.isna()), "headline_product"), more),
        }
    )


SOURCE = Source(
    name="cpsc_recalls",
    version=2,
    title_zh="美国消费品召回（CPSC）",
    title_en="US consumer product recalls (CPSC)",
    publisher="US Consumer Product Safety Commission",
    licence="work of the US Government, public",
    required=(
        ("Recall Number", "Recall Date", "Hazards"),
        ("Recall Number", "Date", "Recall Heading", "Hazard Description"),
    ),
    date_order="mdy",
    to_records=to_records,
)
