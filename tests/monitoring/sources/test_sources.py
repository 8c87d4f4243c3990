"""Readers: what a row of a source becomes, on hand-made rows everywhere and on the real extracts where they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_files import FIXTURES, READERS, REAL, SHEETS, fixture, reader, text_table
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.evidence import given_columns, record_columns
from riskkit.foundation.standards import glossary
from riskkit.monitoring.sources.catalogue import SOURCES, source_named
from riskkit.monitoring.sources.cells import cells, dates, joined, names_in
from riskkit.monitoring.sources.published.stated_counts import count_flags, stated_count, summed_count
from riskkit.monitoring.sources.sample_register import sample_register
from riskkit.monitoring.sources.source import Source, missing_headers, sources_that_fit

MISSING = "missing"
EVERY = [reader(name) for name in READERS]


def records_of(name: str) -> pd.DataFrame:
    return reader(FIXTURES[name]).to_records(fixture(name))


# file, row → what must stand in the record
EXPECTED: list[tuple[str, int, dict[str, Any]]] = [
    ("neiss.tsv", 0, {"date": "2020-01-03", "age_years": "0.5", "product_code": "1842", "product": MISSING,
                      "injury": "fracture", "hazard_class": "physical", "severity": "3", "n_injured": "1",
                      "n_dead": "0", "weight": "15.7", "stratum": "V", "psu": "61", "evidence": "900000001",
                      "event": "home; head"}),
    ("neiss.tsv", 1, {"age_years": "34", "severity": "2", "injury": "laceration"}),
    ("neiss.tsv", 2, {"severity": "4", "n_injured": "0", "n_dead": "1", "injury": MISSING, "hazard_class": MISSING}),
    ("neiss.tsv", 3, {"age_years": MISSING, "severity": MISSING, "n_injured": "1"}),
    ("neiss_infants.csv", 0, {"age_years": "0.75", "date": "2010-06-05", "severity": "2"}),
    ("cpsc_recalls.csv", 0, {"date": "2030-03-05", "origin": "CN", "n_units": "3100000", "hazard": "It can overheat.",
                             "hazard_class": MISSING, "consignor": "Example Import of Nowhere"}),
    ("cpsc_recalls.csv", 1, {"product": "Made-up Mugs Recalled", "origin": MISSING, "origin_text": "Italy and China",
                             "n_units": MISSING}),
    ("cpsc_recalls_api.csv", 0, {"date": "2030-05-01", "product": "Cribs", "maker": "Example Cribs", "origin": "VN",
                                 "hazard": "Entrapment; Suffocation", "hazard_class": "physical", "n_units": "1400"}),
    ("safety_gate.csv", 0, {"date": "07/03/2030", "origin": "CN", "region": "DE", "hazard_class": "chemical",
                            "evidence": "SR/90001/30; https://example.invalid/1", "lot": "B1; 0000000000000"}),
    ("safety_gate.csv", 1, {"origin": MISSING, "origin_text": "Unknown", "region": MISSING, "hazard_class": MISSING}),
    ("rasff.csv", 0, {"date": "03-02-2030", "origin": "TR", "hazard_class": "chemical", "region": "FR"}),
    ("rasff.csv", 1, {"origin": MISSING, "hazard_class": MISSING}),
    ("rasff_categories.csv", 0, {"region": "CZ", "hazard_class": "biological",
                                 "hazard": "Salmonella spp. - pathogenic micro-organisms"}),
    ("rasff_categories.csv", 1, {"hazard": "Composition", "hazard_class": MISSING, "origin": MISSING}),
    ("rasff_interface.csv", 0, {"date": "2030-02-05", "region": "NL", "origin": "BR", "hazard": "Salmonella spp.",
                                "hazard_class": "biological", "event": "border rejection notification; serious"}),
    ("rasff_interface.csv", 1, {"hazard": "lead; aflatoxin B1", "hazard_class": "chemical", "origin": MISSING,
                                "origin_text": "China; Hong Kong", "product": "made-up labelling",
                                "flags": "headline_product"}),
    ("safety_gate_weekly.csv", 0, {"date": "07/03/2030", "origin": "CN", "region": "DE", "hazard_class": "physical",
                                   "evidence": "SR/90003/30; https://example.invalid/3", "lot": "B3",
                                   "event": "Recall of the product from end users", "notice": "SR/90003/30",
                                   "text": "A made-up rattle.; Small parts may come loose."}),
    ("fda_recalls.csv", 0, {"date": "2029-12-30", "date_reported": "2030-01-18", "hazard": "Undeclared milk",
                            "origin": None, "event": "recall; Class I", "evidence": "F-9001-2030"}),
    ("fda_announcements.csv", 0, {"date": "2030-01-17", "brand": "Exemplar", "maker": "Example Pets"}),
    ("fda_caers.csv", 0, {"date": "2030-03-15", "date_reported": "2030-04-07", "age_years": "1.5", "severity": "3",
                          "n_dead": MISSING}),
    ("fda_caers.csv", 1, {"date": "2030-04-08", "age_years": "70", "severity": "4", "n_dead": "1"}),
    ("fda_caers.csv", 2, {"age_years": MISSING, "severity": MISSING}),
    ("fda_import_refusals.csv", 0, {"date": "2030-07-24", "origin": "CN", "hazard_class": "biological"}),
    ("fda_import_refusals.csv", 1, {"hazard_class": MISSING, "evidence": "E91/1/3/A"}),
    ("usda_fsis.csv", 0, {"text": "Example's Recalls Made-up Soup", "hazard_class": "health", "date": "2030-01-10"}),
    ("usda_fsis.csv", 1, {"product": "Made-up Alert", "hazard_class": MISSING}),
    ("nhtsa_recalls.csv", 0, {"date": "2030-02-12", "n_units": "79670", "product": "Made-up Brake Failure"}),
    ("nhtsa_flat.tsv", 0, {"date": "2030-02-13", "product": "EXEMPLAR ONE 2029", "evidence": "30V900001"}),
    ("opss.csv", 0, {"product": "Made-up Toy", "hazard": "choking and strangulation", "hazard_class": "physical",
                     "date": "2030-01-05", "region": "GB"}),
    ("opss.csv", 1, {"hazard_class": MISSING, "hazard": "electric shock and something else"}),
    ("opss.csv", 2, {"hazard": "chemical", "hazard_class": "chemical", "product": "Made-up Cream"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "expected"), EXPECTED, ids=lambda value: str(value)[:40])
def test_a_row_becomes_this_record(name: str, row: int, expected: dict[str, Any]) -> None:
    found = records_of(name)
    for column, value in expected.items():
        if value is None:
            assert column not in found
        elif value == MISSING:
            assert found[column].iloc[row] is pd.NA, column
        else:
            assert found[column].iloc[row] == value, column


@pytest.mark.parametrize("name", FIXTURES)
def test_rows_keep_their_number_and_everything_is_text(name: str) -> None:
    native = fixture(name)
    native.index = native.index + 41
    found = reader(FIXTURES[name]).to_records(native)
    assert found.index.equals(native.index)
    assert all(kind == pd.StringDtype() for kind in found.dtypes)
    assert not (found == "").any(axis=None)


@pytest.mark.parametrize("name", FIXTURES)
def test_reading_changes_nothing_it_was_given_and_takes_no_rows_too(name: str) -> None:
    native = fixture(name)
    before = native.copy(deep=True)
    reader(FIXTURES[name]).to_records(native)
    pd.testing.assert_frame_equal(native, before)
    assert len(reader(FIXTURES[name]).to_records(native.iloc[:0])) == 0


@pytest.mark.parametrize("name", READERS)
def test_a_record_has_only_columns_of_the_record_and_codes_of_its_lists(name: str) -> None:
    natives = [fixture(one) for one in FIXTURES if FIXTURES[one] == name] or [sample(name)]
    for native in natives:
        found = reader(name).to_records(native)
        assert set(found.columns) <= set(given_columns())
        assert {"source_class", "date", "product", "evidence", "text"} <= set(found.columns)
        assert found["source_class"].notna().all()
        for column in record_columns():
            if column.codes and column.name in found:
                assert set(found[column.name].dropna()) <= set(column.codes)


def sample(sheet: str) -> pd.DataFrame:
    return sample_register(600, rng=np.random.default_rng(2)).sheets[sheet]


@pytest.mark.parametrize("name", FIXTURES)
def test_a_file_is_recognised_by_its_own_reader_only(name: str) -> None:
    headers = fixture(name).columns.tolist()
    assert sources_that_fit(headers, EVERY) == (FIXTURES[name],)
    others = [one for one in EVERY if one.name != FIXTURES[name]]
    assert all(missing_headers(one, headers) for one in others)


def test_the_catalogue_has_every_reader_and_refuses_other_names() -> None:
    assert {source.name for source in SOURCES} == {*READERS, "canonical"}
    assert all(source_named(name) is reader(name) for name in READERS)
    folder = Path(sys.modules[Source.__module__].__file__ or "").parent
    written = {
        path.stem for path in folder.rglob("*.py") if "\nSOURCE = Source(" in path.read_text(encoding="utf-8")
    }
    assert {source.name for source in SOURCES} == written
    with pytest.raises(KeyError, match="no source 'nobody'; there are: border_inspection"):
        source_named("nobody")


@pytest.mark.parametrize("name", READERS)
def test_every_reader_says_who_publishes_and_under_which_terms(name: str) -> None:
    source = reader(name)
    assert source.name == name
    assert source.version >= 1
    assert source.publisher and source.licence
    assert any("\u4e00" <= sign <= "\u9fff" for sign in source.title_zh)
    assert source.title_en.isascii()


# The extracts of real files: rows as their description counts them, and facts it states.


def real(name: str, path: str) -> pd.DataFrame:
    return reader(name).to_records(text_table(shared("data", *path.split("/"))))


@pytest.mark.parametrize(("name", "path", "n_rows"), REAL, ids=[path for _, path, _ in REAL])
def test_a_real_file_is_recognised_and_every_row_becomes_a_record(name: str, path: str, n_rows: int) -> None:
    native = text_table(shared("data", *path.split("/")))
    assert sources_that_fit(native.columns, EVERY) == (name,)
    found = reader(name).to_records(native)
    assert len(found) == n_rows
    assert found.index.equals(native.index)
    assert set(found.get("hazard_class", pd.Series(dtype="string")).dropna()) <= set(
        glossary.codes("hazard_class")
    )
    assert set(found.get("injury", pd.Series(dtype="string")).dropna()) <= set(glossary.codes("injury"))


def test_injuries_of_infants_have_the_weights_and_the_design_that_are_stated() -> None:
    found = real("neiss", "neiss/infant_cases_2002_2014.csv.gz")
    assert round(pd.to_numeric(found["weight"]).sum() / 1e6, 2) == 7.78
    stated = {"C": 130_264, "V": 80_597, "L": 30_018, "S": 29_913, "M": 24_482}
    assert found["stratum"].value_counts().to_dict() == stated
    assert found["psu"].nunique() == 99
    assert found["n_dead"].eq("1").sum() == 327  # disposition 8
    months = 12 * pd.to_numeric(found["age_years"])
    assert months.round(9).isin(range(1, 24)).all()


def test_injuries_by_case_have_the_facts_that_are_stated() -> None:
    cases = real("neiss", "neiss/case_sample_2017_2019.csv.gz")
    assert round(pd.to_numeric(cases["weight"]).mean(), 1) == 38.3
    assert cases["product"].value_counts().index[0] == "STAIRS OR STEPS"
    assert (cases["n_dead"] == "1").sum() == 5
    necks = real("neiss", "neiss/neck_injury_cases_2003_2016.csv.gz")
    assert round(pd.to_numeric(necks["weight"]).sum()) == 239_728
    fireworks = real("neiss", "neiss/firework_cases_2016_2018.csv.gz")
    assert round((fireworks["date"].str[5:7] == "07").mean(), 2) == 0.68


def test_recalls_have_the_facts_that_are_stated() -> None:
    found = real("cpsc_recalls", "cpsc_recalls/recalls_1973_2009.csv.gz")
    assert found["hazard"].str.contains("Fire & Fire-Related Burn", regex=False).sum() == 541
    assert round(found["origin_text"].str.contains("China").fillna(False).mean(), 2) == 0.35
    assert found["hazard_class"].isna().sum() == 10
    appliances = real("cpsc_recalls", "cpsc_recalls/appliance_recalls_1973_2014.csv.gz")
    assert pd.to_numeric(appliances["n_units"]).median() < 60_000
    assert (appliances["origin"] == "CN").sum() == 58


def test_european_alerts_have_the_facts_that_are_stated() -> None:
    found = real("rasff", "rasff/notifications_2020_2024h1.csv.gz")
    assert (found["origin"] == "CN").sum() == 1210  # 1,271 with those that name another country as well
    assert found["origin_text"].str.contains("China").sum() == 1271
    assert found["evidence"].is_unique
    risk = real("rasff", "rasff/notifications_risk_2024h1.csv.gz")
    assert risk["event"].str.endswith("; serious").sum() == 1339
    assert risk["event"].str.startswith("border rejection").sum() == 913
    gate = real("safety_gate", "eu_safety_gate/alerts_sample.csv.gz")
    assert gate["evidence"].str.startswith("A12").sum() == 268
    assert gate["event"].notna().sum() == 134
    assert (gate["origin"] == "CN").sum() == 82


def test_the_hazard_of_a_notification_is_of_one_class_whether_told_by_category_or_by_name() -> None:
    told = real("rasff", "rasff/notifications_2020_2024h1.csv.gz").set_index("evidence")["hazard_class"]
    named = [
        real("rasff", f"rasff/{name}.csv.gz").drop_duplicates("evidence").set_index("evidence")
        for name in ("notifications_risk_2024h1", "contaminant_notifications_foodex2_2023_2024h1")
    ]
    for rows in named:
        both = pd.DataFrame({"told": told, "named": rows["hazard_class"]}).dropna()
        assert len(both) > 1000
        assert (both["told"] == both["named"]).all()
        assert rows.loc[rows["hazard"].notna(), "hazard_class"].notna().mean() > 0.8


def test_american_notices_have_the_facts_that_are_stated() -> None:
    fsis = real("usda_fsis", "us_food_drug_recalls/usda_fsis_recalls_2014_2021.csv.gz")
    assert fsis["event"].str.endswith("; Class I").sum() == 1164
    assert (fsis["hazard"] == "Product Contamination").sum() == 604
    vehicles = real("nhtsa_recalls", "nhtsa_recalls/recalls_sample_2026.csv.gz")
    assert vehicles["evidence"].nunique() == 263
    assert vehicles["brand"].nunique() == 31
    reports = real("fda_caers", "disproportionality/caers_dietary_supplements_2012.csv.gz")
    assert reports["evidence"].nunique() == 3356
    assert reports["product"].nunique() == 2874


def test_every_charge_that_is_known_stands_in_the_official_list() -> None:
    from riskkit.foundation.standards import standards

    rows = pd.read_csv(shared("data", "fda_import_refusals", "refusal_charges.csv.gz"), dtype="string")
    known = standards.table("hazard_words").query("source == 'fda_import_refusals'")["word"]
    assert set(known) <= {*rows["asc_id"], *rows["charge_code"]}


# Whatever stands in a file, reading it ends in records or in cells that are refused later, never in an error.

ODD = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["[{", '[{"Name": null}]', "2020-13-45", "99999999", "1e999", "-0", "，；", "=cmd()", "\u202e", "206"]
    ),
)


@given(st.sampled_from(EVERY), st.data())
def test_odd_cells_do_not_stop_a_reader(source: Source, data: st.DataObject) -> None:
    layout = data.draw(st.sampled_from(source.required))
    more = [column.name for column in record_columns()][:3]
    n_rows = data.draw(st.integers(min_value=1, max_value=4))
    cells_ = {name: data.draw(st.lists(ODD, min_size=n_rows, max_size=n_rows)) for name in (*layout, *more)}
    native = pd.DataFrame(cells_, dtype="string", index=range(5, 5 + n_rows))
    found = source.to_records(native)
    assert found.index.equals(native.index)
    assert set(found.columns) <= set(given_columns())
    assert all(kind == pd.StringDtype() for kind in found.dtypes)


# The shapes of cells.

DAYS = st.dates(min_value=pd.Timestamp("2001-01-01").date(), max_value=pd.Timestamp("2099-12-31").date())


@given(DAYS)
def test_a_date_in_any_manner_is_the_same_day(day: Any) -> None:
    manners = [
        f"{day:%Y%m%d}", f"{day:%d-%b-%y}", f"{day:%d-%b-%Y}", f"{day:%B} {day.day}, {day.year}",
        f"{day:%Y-%m-%d} 10:21:09", f"{day:%Y-%m-%dT}10:21:09Z", f"{day.month}/{day.day}/{day.year}",
        f"{day:%m/%d/%Y} 00:00", day.isoformat(),
    ]  # fmt: skip
    assert set(dates(pd.Series(manners, dtype="string"), month_first=True)) == {day.isoformat()}


@given(st.text(max_size=20))
def test_a_cell_without_the_shape_of_a_date_stays_as_it_was(text: str) -> None:
    found = dates(pd.Series([text], dtype="string")).iloc[0]
    assert found == text or sum(sign.isdigit() for sign in text) >= 3


@given(st.integers(min_value=0, max_value=10**9))
def test_units_are_read_as_they_are_told(count: int) -> None:
    told = pd.Series(
        [f"About {count:,}", f"{count}", f"Approximately {count:,} units", f"More than {count:,}"]
    )
    assert stated_count(told.astype("string")).tolist() == [str(count)] * 3 + [pd.NA]


@pytest.mark.parametrize(
    ("told", "count"),
    [("3.1 million", "3100000"), ("About 1.25 million units", "1250000"), ("7 million.", "7000000"),
     ("12.5", None), ("At least 5", None), ("", None), ("none", None), ("10 in 2009 and 5 in 2010", None),
     ("About 33,000 (in addition, 8,000 were sold in Canada)", "33000"), ("Nearly 20,000", "20000"),
     ("About 1.2 million (in addition about 245,000 bikes were sold in Canada)", "1200000"),
     ("33,000 units; 500 pairs", "33000"), ('"About 59,000"', "59000"), ("About 2100 in U.S. and 250 in Canada", "2100"),
     ("About 94,000 in the U.S. and 34,000 in Canada", "94000"), ("About 11,800 pairs", "11800"),
     ("Over 1 million", None), ("Up to 9 million", None), ("1,000 to 2,000", None), ("3 models", None),
     ("1,2345", None), ("35000 kg", None), ("About 500 pounds of beef", None), ("35000 公斤", None),
     ("About 2.5", None), ("1.5 thousand", "1500")],
)  # fmt: skip
def test_units_in_words(told: str, count: str | None) -> None:
    found = stated_count(pd.Series([told], dtype="string")).iloc[0]
    assert (found is pd.NA) if count is None else (found == count)


def test_units_that_are_told_only_in_part_carry_a_flag() -> None:
    told = [
        "More than 5,000",
        "Up to 9 million",
        "About 10 (and 5 in Canada)",
        "About 10 bicycles",
        "unknown",
        None,
    ]
    flags = ["units_at_least", "units_at_most", "units_more", pd.NA, pd.NA, pd.NA]
    assert count_flags(pd.Series(told, dtype="string")).tolist() == flags


def test_units_of_several_products_are_added_and_one_unknown_leaves_the_sum_unknown() -> None:
    lists = ['[{"n": "About 12,300 (In addition, about 2,500 in Canada)"}, {"n": "About 700"}]',
             '[{"n": "Over 5"}, {"n": "7"}]', "[]", "plain", "[1]", '[{"n": null}]']  # fmt: skip
    found = summed_count(pd.Series(lists, dtype="string"), "n").tolist()
    assert found == ["13000", pd.NA, pd.NA, pd.NA, pd.NA, pd.NA]


def test_names_in_a_list_and_what_is_no_list() -> None:
    texts = pd.Series(['["A", "B"]', "[not a list", "[]", "plain", '{"Name": "C"}'], dtype="string")
    assert names_in(texts, "Name").tolist() == ["A; B", "[not a list", pd.NA, "plain", "C"]


def test_a_cell_is_taken_from_the_first_header_that_is_filled() -> None:
    rows = pd.DataFrame(
        {"A_b": ["1", " ", None], "ab!": ["x", "y", None], "c": ["2", "3", "4"]}, dtype="string"
    )
    assert cells(rows.drop(columns="ab!"), "a b", "C").tolist() == ["1", "3", "4"]
    assert cells(rows, "A_b", "C").tolist() == ["1", "3", "4"]
    with pytest.raises(InputFaults, match="differ in more than signs and case"):
        cells(rows, "a b", "C")
    assert cells(rows, "nowhere").isna().all()


@given(st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=3)), min_size=1, max_size=4))
def test_texts_are_joined_without_the_missing_ones(parts: list[str | None]) -> None:
    columns = [pd.Series([part], dtype="string") for part in parts]
    there = [part for part in parts if part is not None]
    found = joined(*columns).iloc[0]
    assert (found is pd.NA) if not there else (found == "; ".join(there))


def test_the_sheets_are_readers_too() -> None:
    assert {reader(name).required == () for name in SHEETS} == {False}
