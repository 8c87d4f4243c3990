"""Reading the fixtures of `tests/native` and the real extracts as readers get them: all text, empty is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from shared import TESTS

from riskkit.monitoring.sources.source import Source

NATIVE = TESTS / "native"
REAL = [
    ("neiss", "neiss/case_sample_2017_2019.csv.gz", 6253),
    ("neiss", "neiss/firework_cases_2016_2018.csv.gz", 831),
    ("neiss", "neiss/infant_cases_2002_2014.csv.gz", 295_274),
    ("neiss", "neiss/neck_injury_cases_2003_2016.csv.gz", 6669),
    ("cpsc_recalls", "cpsc_recalls/appliance_recalls_1973_2014.csv.gz", 284),
    ("cpsc_recalls", "cpsc_recalls/recalls_1973_2009.csv.gz", 2103),
    ("safety_gate", "eu_safety_gate/alerts_sample.csv.gz", 328),
    ("rasff", "rasff/contaminant_notifications_foodex2_2023_2024h1.csv.gz", 1807),
    ("rasff", "rasff/notifications_2020_2024h1.csv.gz", 20_217),
    ("rasff", "rasff/notifications_risk_2024h1.csv.gz", 2750),
    ("fda_recalls", "us_food_drug_recalls/fda_recall_announcements_2017_2021.csv.gz", 1520),
    ("usda_fsis", "us_food_drug_recalls/usda_fsis_recalls_2014_2021.csv.gz", 1608),
    ("nhtsa_recalls", "nhtsa_recalls/recalls_sample_2026.csv.gz", 263),
    ("fda_caers", "disproportionality/caers_dietary_supplements_2012.csv.gz", 20_156),
]
"""Extracts of real files: source, place, and rows as the description of each counts them."""

# fixture → reader
FIXTURES = {
    "neiss.tsv": "neiss",
    "neiss_infants.csv": "neiss",
    "cpsc_recalls.csv": "cpsc_recalls",
    "cpsc_recalls_api.csv": "cpsc_recalls",
    "safety_gate.csv": "safety_gate",
    "safety_gate_weekly.csv": "safety_gate",
    "rasff.csv": "rasff",
    "rasff_categories.csv": "rasff",
    "rasff_interface.csv": "rasff",
    "fda_recalls.csv": "fda_recalls",
    "fda_announcements.csv": "fda_recalls",
    "fda_caers.csv": "fda_caers",
    "fda_import_refusals.csv": "fda_import_refusals",
    "usda_fsis.csv": "usda_fsis",
    "nhtsa_recalls.csv": "nhtsa_recalls",
    "nhtsa_flat.tsv": "nhtsa_recalls",
    "opss.csv": "opss",
}
SHEETS = (
    "border_inspection",
    "market_sampling",
    "complaint",
    "injury_card",
    "defect_report",
    "laboratory_report",
)
READERS = tuple(dict.fromkeys([*FIXTURES.values(), *SHEETS]))


def reader(name: str) -> Source:
    folder = next(
        f for f in ("", ".published", ".sheets") if find_spec(f"riskkit.monitoring.sources{f}.{name}")
    )
    found: Source = import_module(f"riskkit.monitoring.sources{folder}.{name}").SOURCE
    return found


def text_table(path: Path) -> pd.DataFrame:
    between = "\t" if path.suffix == ".tsv" else ","
    return pd.read_csv(path, sep=between, dtype="string", keep_default_na=False, na_values=[""])


def fixture(name: str) -> pd.DataFrame:
    return text_table(NATIVE / name)
