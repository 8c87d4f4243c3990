"""Names that changed: found when one stops and its like starts, and only then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.renamed import present_names, renamings


def _reports(**names):
    """Reports of each name: (first day, last day, number)."""
    parts = [
        pd.DataFrame(
            {"date": pd.date_range(first, last, periods=n).normalize(), "hazard": name, "origin": "X"}
        )
        for name, (first, last, n) in names.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_name_with_a_class_behind_it_takes_over():
    reports = _reports(
        **{
            "cadmium": ("2020-01-01", "2020-06-30", 30),
            "Cadmium - heavy metals": ("2020-07-01", "2020-12-31", 30),
            "mercury": ("2020-01-01", "2020-12-31", 30),
        }
    )
    found = renamings(reports, context=["origin"])
    assert found[["old_name", "new_name"]].to_numpy().tolist() == [["cadmium", "Cadmium - heavy metals"]]
    row = found.iloc[0]
    assert row["is_renaming"]
    assert row["is_explained"]
    assert abs(row["switch"] - pd.Timestamp("2020-07-01")) <= pd.Timedelta(days=1)
    assert row["context_likeness"] == pytest.approx(100)
    assert set(present_names(reports["hazard"], found)) == {"Cadmium - heavy metals", "mercury"}


@pytest.mark.parametrize(
    ("new", "is_renaming", "is_explained"),
    [
        (("2020-07-01", "2020-12-31", 150), True, False),  # the name changed, and there is more of it
        (("2020-01-10", "2020-12-31", 30), False, False),  # both names are in use
        (("2022-01-01", "2022-06-30", 30), False, False),  # too long after
    ],
)
def test_a_rise_and_a_second_name_in_use_are_no_mere_renaming(new, is_renaming, is_explained):
    found = renamings(_reports(**{"lead": ("2020-01-01", "2020-06-30", 30), "Lead - metals": new}))
    assert found[["is_renaming", "is_explained"]].to_numpy().tolist() == [[is_renaming, is_explained]]


def test_names_whose_figures_differ_are_never_one():
    names = {
        "aflatoxin B1": ("2020-01-01", "2020-06-30", 20),
        "aflatoxin B2": ("2020-07-01", "2020-12-31", 20),
    }
    assert renamings(_reports(**names)).empty
    with pytest.raises(InputFaults, match="hazard"):
        renamings(pd.DataFrame({"date": []}))


def test_missing_names_stay_missing_and_change_nothing():
    reports = _reports(a=("2020-01-01", "2020-06-30", 9))
    holes = pd.concat([reports, reports.assign(hazard=None), reports.assign(date=pd.NaT)], ignore_index=True)
    found = renamings(holes)
    assert found.empty
    assert present_names(holes["hazard"], found).isna().tolist() == holes["hazard"].isna().tolist()


def test_the_renaming_of_the_hazards_of_rasff_in_autumn_2020_is_found():
    rows = pd.read_csv(shared("data", "rasff", "notifications_2020_2024h1.csv.gz"))
    rows = rows[rows["date"] < "2021-07-01"]
    rows["date"] = pd.to_datetime(rows["date"])
    rows = rows.assign(hazard=rows["hazards"].str.split(";")).explode("hazard")
    rows["hazard"] = rows["hazard"].str.strip()
    found = renamings(rows, context=["origin"])
    switched = found[found["is_renaming"]]
    pairs = dict(zip(switched["old_name"], switched["new_name"], strict=True))
    assert pairs["flonicamid"] == "Flonicamid - pesticide residues"
    assert pairs["Salmonella enterica ser. Agona"] in {
        "Salmonella Agona - pathogenic micro-organisms",
        "Salmonella - Agona - pathogenic micro-organisms",
    }
    autumn = switched["switch"].between("2020-10-01", "2020-11-30")
    assert autumn.mean() > 0.4  # 2 of 18 months
    before = rows.loc[rows["date"] > "2020-12-15", "hazard"].dropna()
    old = before.isin(set(found.loc[found["is_explained"], "old_name"]))
    assert old.sum() > 0
    assert not present_names(before, found).isin(set(before[old])).any()
    assert np.isfinite(found["p_rise"]).all()
