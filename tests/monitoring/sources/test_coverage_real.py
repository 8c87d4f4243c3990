"""How much of whole real files is read: floors that no change may fall below."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pytest
from native_files import reader, text_table
from shared import shared

# reader, file, least share of rows that fill each column
FLOORS: list[tuple[str, str, dict[str, float]]] = [
    ("cpsc_recalls", "cpsc_recalls/appliance_recalls_1973_2014.csv.gz",
     {"product": 1, "n_units": 0.69, "hazard_class": 0.52, "hazard": 0.76, "origin": 0.38, "notice": 1}),
    ("cpsc_recalls", "cpsc_recalls/recalls_1973_2009.csv.gz",
     {"product": 0.999, "hazard_class": 0.99, "origin": 0.58, "maker": 0.99, "notice": 1}),
    ("safety_gate", "eu_safety_gate/alerts_sample.csv.gz",
     {"product": 1, "hazard_class": 0.98, "origin": 0.95, "notice": 1}),
    ("rasff", "rasff/contaminant_notifications_foodex2_2023_2024h1.csv.gz",
     {"product": 1, "hazard_class": 0.71, "origin": 0.94, "notice": 1}),
    ("rasff", "rasff/notifications_2020_2024h1.csv.gz",
     {"product": 1, "hazard_class": 0.69, "origin": 0.93, "notice": 1}),
    ("rasff", "rasff/notifications_risk_2024h1.csv.gz",
     {"product": 1, "hazard_class": 0.66, "origin": 0.95, "notice": 1}),
    ("usda_fsis", "us_food_drug_recalls/usda_fsis_recalls_2014_2021.csv.gz",
     {"product": 1, "hazard_class": 0.67, "notice": 1, "language": 1}),
    ("nhtsa_recalls", "nhtsa_recalls/recalls_sample_2026.csv.gz", {"product": 1, "hazard": 1, "notice": 1}),
    ("neiss", "neiss/case_sample_2017_2019.csv.gz", {"product": 1, "hazard_class": 0.80, "injury": 0.67}),
    ("neiss", "neiss/firework_cases_2016_2018.csv.gz", {"hazard_class": 0.89}),
    ("neiss", "neiss/neck_injury_cases_2003_2016.csv.gz", {"hazard_class": 0.99}),
]  # fmt: skip


def records(name: str, path: str) -> pd.DataFrame:
    return reader(name).to_records(text_table(shared("data", *path.split("/"))))


@pytest.mark.parametrize(("name", "path", "floors"), FLOORS, ids=[path for _, path, _ in FLOORS])
def test_a_real_file_is_read_at_least_so_far(name: str, path: str, floors: dict[str, float]) -> None:
    found = records(name, path)
    shares = {column: float(found[column].notna().mean()) for column in floors}
    assert all(shares[column] >= least for column, least in floors.items()), shares


def test_units_told_in_words_are_read_unless_they_are_bounds() -> None:
    native = text_table(shared("data", "cpsc_recalls", "appliance_recalls_1973_2014.csv.gz"))
    found = reader("cpsc_recalls").to_records(native)
    told = native["units"].notna()
    unread = native.loc[told & found["n_units"].isna(), "units"]
    bounds = found["flags"].str.contains("units_at_").fillna(False)
    assert len(unread) == 8 and bounds[unread.index].sum() == 7
    helper = pd.to_numeric(native["units_number"])
    both = pd.DataFrame({"ours": pd.to_numeric(found["n_units"]), "theirs": helper}).dropna()
    assert (both["ours"] == both["theirs"]).mean() > 0.95


def test_nobody_is_counted_as_alive_whose_outcome_is_not_known() -> None:
    native = text_table(shared("data", "neiss", "case_sample_2017_2019.csv.gz"))
    found = reader("neiss").to_records(native)
    unseen = native["Disposition"] == "LEFT WITHOUT BEING SEEN"
    assert unseen.sum() == 84
    assert found.loc[unseen, "n_dead"].isna().all()
    assert (found["n_dead"] == "1").sum() == 5
    assert found.loc[~unseen, "n_dead"].notna().all()


def test_a_year_is_kept_where_an_alert_has_no_day() -> None:
    found = records("safety_gate", "eu_safety_gate/alerts_sample.csv.gz")
    assert (found["date"].isna() == found["date_year"].notna()).all()
    assert (found["date_year"].dropna().astype(int).between(2020, 2024)).all()
    assert (found["flags"].notna() == found["date_year"].notna()).all()


def test_units_of_a_mapped_file_are_read_as_those_of_the_agency() -> None:
    from riskkit.foundation.records.cells import number_cells
    from riskkit.foundation.records.evidence import record_columns

    units = next(column for column in record_columns() if column.name == "n_units")
    rows = json.loads(shared("data", "intake_trouble", "real", "us_recalls_goof.json").read_text("utf-8"))
    told = [row["units"] for row in rows["recalls"] if row.get("units")]
    found = number_cells(pa.array(told), units).values.to_pylist()
    assert [text for text, count in zip(told, found, strict=True) if count is None] == ["About 5.900"]
    assert (
        dict(zip(told, found, strict=True))["About 36,000 in the United States and 3,200 in Canada"] == 36_000
    )
