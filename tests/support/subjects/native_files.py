"""Reading the fixtures of `tests/native` and the real extracts as readers get them: all text, empty is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from shared import TESTS

from riskkit.monitoring.sources.source import Source

NATIVE = TESTS / "native"

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
