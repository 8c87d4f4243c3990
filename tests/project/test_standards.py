"""Every shipped table keeps its dictionary, names its source, and is what it says."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import codes, glossary, standards, tables
from riskkit.foundation.standards.scales import as_levels, level_codes, scale


@pytest.mark.parametrize("name", standards.names())
def test_every_table_keeps_its_dictionary(name):
    with (standards.folder() / f"{name}.csv").open(encoding="utf-8") as text:
        raw = pd.read_csv(text, dtype=str, keep_default_na=False)
    assert not raw.empty
    tables.check(raw, name, dictionary=standards.dictionary())


@pytest.mark.parametrize("name", [name for name in standards.names() if name != "sources"])
def test_every_row_names_a_known_source(name):
    rows = standards.all_rows(name)
    known = set(standards.table("sources")["source_id"])
    assert set(rows["source_id"]) <= known
    if "status" in rows:
        assert set(rows["status"]) <= set(standards.STATUSES)


def test_the_dictionary_describes_every_table_and_no_other():
    described = set(standards.dictionary()["table"]) - {"*"}
    assert described == set(standards.names())
    words = standards.dictionary()
    assert not words.duplicated(["table", "column"]).any()
    assert (words[["zh", "en"]] != "").all(axis=None)


def test_a_table_that_breaks_its_dictionary_is_refused_with_every_fault():
    rows = standards.table("routes").astype("str")
    rows.loc[0, "route"] = "elsewhere"
    rows.loc[1, "status"] = "official"
    rows.loc[2, "valid_from"] = "1.1.2020"
    rows.loc[3, "goods"] = rows.loc[4, "goods"]
    with pytest.raises(InputFaults) as caught:
        tables.check(rows, "routes", dictionary=standards.dictionary(), name="routes.csv")
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    for part in (
        "routes.csv:2:route",
        "routes.csv:3:status",
        "routes.csv:4:valid_from",
        "a key that stands once",
    ):
        assert part in text


def test_missing_and_strange_columns_are_told():
    rows = standards.table("routes").astype("str").rename(columns={"route": "rout"})
    with pytest.raises(InputFaults, match="rout"):
        tables.check(rows, "routes", dictionary=standards.dictionary())


def test_rows_in_force_include_both_ends():
    rows = pd.DataFrame({"valid_from": ["2020-01-01"], "valid_to": ["2020-12-31"]})
    days = [dt.date(2019, 12, 31), dt.date(2020, 1, 1), dt.date(2020, 12, 31), dt.date(2021, 1, 1)]
    assert [len(standards.in_force(rows, day)) for day in days] == [0, 1, 1, 0]


@pytest.mark.parametrize("name", standards.names())
def test_a_dated_table_cannot_be_read_without_a_day(name):
    rows = standards.all_rows(name)
    if "valid_from" in rows and (rows[["valid_from", "valid_to"]] != "").any(axis=None):
        with pytest.raises(ValueError, match="name a day"):
            standards.table(name)
    else:
        assert standards.table(name).equals(rows)


def test_a_table_is_a_copy():
    mine = standards.table("routes")
    mine.loc[0, "route"] = "spoilt"
    assert "spoilt" not in set(standards.table("routes")["route"])


@pytest.mark.parametrize("name", ["../secrets", "no_such", "risk_matrices.csv", ""])
def test_a_name_is_a_name_and_no_path(name):
    with pytest.raises(KeyError):
        standards.table(name)


def test_the_policy_colours_and_names():
    levels = scale("warning")
    assert dict(zip(levels.codes, levels.zh, strict=True)) == {
        "Ⅰ": "特别严重",
        "Ⅱ": "严重",
        "Ⅲ": "较重",
        "Ⅳ": "一般",
    }
    assert [in_language("zh", glossary.label, "colour", code) for code in levels.codes] == [
        "蓝色",
        "黄色",
        "橙色",
        "红色",
    ]
    assert len(set(levels.symbols)) == 4


def test_every_label_exists_in_both_languages():
    rows = standards.table("glossary")
    assert (rows["zh"].str.contains(r"[\u4e00-\u9fff]")).all()
    assert not rows["en"].str.contains(r"[\u4e00-\u9fff]").any()
    with pytest.raises(InputFaults, match="one of zh, en"):
        in_language("fr", glossary.label, "hazard_class", "physical")
    with pytest.raises(KeyError):
        glossary.label("hazard_class", "magic")


def test_countries_and_goods_codes():
    assert in_language("zh", codes.country_name, "TW").startswith("中国")
    assert codes.country_name("EU") == "European Union"
    assert not codes.is_country("ZZ")
    assert not codes.is_hs("9A")
    assert not codes.is_hs("7799")
    with pytest.raises(KeyError):
        codes.country_name("QQ")


def test_levels_go_round_and_strange_words_are_refused():
    risk = scale("risk")
    words = ["low", "serious", None]
    assert list(as_levels(level_codes(words, risk), risk, words)[:2]) == ["low", "serious"]
    with pytest.raises(ValueError, match="not a level"):
        level_codes(["lowish"], risk)


def test_rows_are_those_of_the_table_and_cannot_be_changed():
    day = dt.date(2026, 11, 1)
    assert [dict(row) for row in standards.rows("credit_grades", on=day)] == tables.records(
        standards.table("credit_grades", on=day)
    )
    with pytest.raises(ValueError, match="dated"):
        standards.rows("credit_grades")
    with pytest.raises(TypeError):
        standards.rows("facts")[0]["fact"] = "other"
    mine, source = standards.table("facts"), standards.source("eu_2024_3173")
    mine["fact"], source["year"] = "other", "1900"
    assert standards.rows("facts")[0]["fact"] != "other"
    assert standards.source("eu_2024_3173")["year"] == "2024"


@pytest.mark.parametrize("name", standards.names())
def test_records_are_what_pandas_makes_of_a_table(name):
    rows = standards.all_rows(name)
    assert pd.DataFrame(tables.records(rows)).equals(pd.DataFrame(rows.to_dict("records")))


def test_records_hold_what_python_has_of_every_kind_of_column():
    rows = pd.DataFrame(
        {
            "number": [1.5, None],
            "whole": pd.array([1, None], dtype="Int64"),
            "day": pd.to_datetime(["2020-01-01", None]),
            "text": pd.Series(["a", None], dtype="string"),
            "word": pd.Series(["a", None], dtype="str"),
            "class": pd.Categorical(["x", "y"]),
            "any": pd.Series([np.float64(1.5), np.int64(3)], dtype=object),
            "flag": [True, False],
        }
    )
    found, want = tables.records(rows), rows.to_dict("records")
    assert [list(map(repr, row.values())) for row in found] == [list(map(repr, row.values())) for row in want]
    assert tables.records(rows.iloc[:0]) == []
