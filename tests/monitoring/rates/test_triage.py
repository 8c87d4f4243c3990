"""Grouping records, grading information, filling of a register."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import codes
from riskkit.monitoring.coverage import completeness, coverage_matrix, timeliness
from riskkit.monitoring.information_grades import group_facts, information_grades
from riskkit.monitoring.triage import NAMES, plain_name, same_information

names = st.sampled_from(
    ["示例玩具有限公司", "示例玩具", "Acme Ltd", "ACME", "Acmee", "工厂12", "工厂13", "", None]
)
rows = st.lists(
    st.fixed_dictionaries(
        {"product_group": st.sampled_from(["toys", "lamps", None]), **dict.fromkeys(NAMES, names)}
    ),
    min_size=1,
    max_size=14,
)


def frame(given_rows: list[dict[str, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(given_rows, columns=["product_group", *NAMES]).replace({"": None})


def is_linked(one: pd.Series, two: pd.Series, least: float) -> bool:
    if pd.isna(one["product_group"]) or one["product_group"] != two["product_group"]:
        return False
    for field in NAMES:
        if pd.isna(one[field]) or pd.isna(two[field]):
            continue
        a, b = plain_name(one[field]), plain_name(two[field])
        figures = [
            ["".join(g) for is_digit, g in itertools.groupby(n, str.isdigit) if is_digit] for n in (a, b)
        ]
        if a == b or (least < 100 and figures[0] == figures[1] and fuzz.token_sort_ratio(a, b) >= least):
            return True
    return False


def slow_groups(records: pd.DataFrame, least: float) -> list[int]:
    group = list(range(len(records)))
    for i, j in itertools.combinations(range(len(records)), 2):
        if is_linked(records.iloc[i], records.iloc[j], least):
            old, new = group[j], group[i]
            group = [new if g == old else g for g in group]
    seen: dict[int, int] = {}
    return [seen.setdefault(g, len(seen) + 1) for g in group]


@given(rows, st.sampled_from([60.0, 90.0, 100.0]))
def test_groups_are_those_of_the_obvious_way(given_rows, least):
    records = frame(given_rows)
    assert same_information(records, threshold=least).group.tolist() == slow_groups(records, least)


@given(rows)
def test_a_lower_threshold_only_joins_groups(given_rows):
    records = frame(given_rows)
    strict, loose = (same_information(records, threshold=t).group.to_numpy() for t in (95, 70))
    for group in np.unique(strict):
        assert len(np.unique(loose[strict == group])) == 1


def test_figures_tell_firms_apart_and_writing_does_not():
    records = frame(
        [
            {"product_group": "toys", "maker": "示例工厂12"},
            {"product_group": "toys", "maker": "示例工厂１２"},
            {"product_group": "toys", "maker": "示例工厂13"},
        ]
    )
    assert same_information(records, threshold=50).group.tolist() == [1, 1, 2]


def test_what_was_taken_for_one_is_told():
    records = frame(
        [
            {"product_group": "toys", "brand": "Shiny Bear"},
            {"product_group": "toys", "brand": "Shiny Baer"},
            {"product_group": None, "brand": "Shiny Bear"},
            {"product_group": "toys"},
        ]
    )
    found = same_information(records, threshold=85)
    assert found.group.tolist() == [1, 1, 2, 3]
    assert found.reason.tolist() == ["grouped", "grouped", "no_commodity", "no_name"]
    told = found.matches.iloc[0]
    assert {told["name_a"], told["name_b"]} == {"Shiny Bear", "Shiny Baer"}
    assert told["likeness"] == pytest.approx(fuzz.token_sort_ratio("shiny bear", "shiny baer"), abs=1e-4)


def test_a_name_of_company_words_only_is_still_a_name():
    assert plain_name("公司") == "公司"
    assert plain_name("Limited") == "limited"


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputFaults) as caught:
        same_information(pd.DataFrame({"x": [1]}), by="class", threshold=101)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("block", [1, 3, 50])
def test_blocks_of_any_size_find_the_same_pairs(monkeypatch, block):
    brands = ["shiny bear", "shiny baer", "bear shiny", "shine bear", "other", "othre", "lamp", "lamps"]
    records = frame([{"product_group": "toys", "brand": brand} for brand in brands])
    monkeypatch.setattr("riskkit.monitoring.triage._BLOCK", block)
    found = same_information(records, threshold=75)
    assert found.group.tolist() == slow_groups(records, 75)
    assert not found.matches.duplicated(["name_a", "name_b"]).any()


# ---- grades -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({"n_dead": 3}, 1),
        ({"n_dead": 2}, 2),
        ({"n_injured": 50}, 1),
        ({"n_injured": 49}, 2),
        ({"n_injured": 9}, 3),
        ({"severity": 4}, 2),
        ({"n_source_classes": 3}, 2),
        ({"n_nonconforming": 1}, 3),
        ({"n_nonconforming": 0}, None),
    ],
)
def test_each_row_of_the_table_fires_at_its_figure(facts, grade):
    found = information_grades(pd.DataFrame([facts], dtype="Int64")).iloc[0]
    assert (None if pd.isna(found["grade"]) else found["grade"]) == grade


def test_every_row_can_be_the_one_that_gives_the_grade():
    table = standards.table("information_grades")
    facts = pd.DataFrame(
        [dict.fromkeys(table["fact"], 0) | {row.fact: row.at_least} for row in table.itertuples()]
    )
    told = information_grades(facts.astype("Int64"))
    assert told["grade"].tolist() == table["grade"].tolist()
    assert set(told["rule"]) <= set(table["rule_id"]) and told["rule"].nunique() > len(table) / 2


counts = st.one_of(st.none(), st.integers(0, 60))


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=8))
def test_filling_a_gap_never_lowers_and_only_a_marked_grade_can_rise(values):
    columns = ["n_dead", "n_injured", "n_nonconforming"]
    facts = pd.DataFrame(values, columns=columns).astype("Int64").assign(severity=0, n_source_classes=1)
    before = information_grades(facts)
    for fill in (0, 100):
        after = information_grades(facts.fillna(fill))
        raised = after["grade"].fillna(9) < before["grade"].fillna(9)
        assert not (after["grade"].fillna(9) > before["grade"].fillna(9)).any()
        assert before.loc[raised, "may_be_worse"].all()


def test_a_group_adds_up_and_says_what_it_does_not_know():
    records = pd.DataFrame(
        {
            "n_dead": [1, 2, None],
            "severity": [1, 3, None],
            "source_class": ["media", "complaint", "media"],
        }
    )
    facts = group_facts(records, pd.Series([1, 1, 2]))
    assert facts.loc[1, ["n_dead", "severity", "n_source_classes"]].tolist() == [3, 3, 2]
    assert facts["n_injured"].isna().all()
    assert information_grades(facts)["grade"].fillna(0).tolist() == [1, 0]
    with pytest.raises(InputFaults):
        group_facts(records, pd.Series([1]))


# ---- filling ------------------------------------------------------------------------------------


def test_completeness_counts_each_source_for_itself():
    records = pd.DataFrame(
        {"source": ["a", "a", "b", None], "hs": ["1", None, None, "2"], "port": [None] * 4}
    )
    told = completeness(records)
    assert told.loc["a"].tolist() == [2, 0.5, 0]
    assert told.loc[""].tolist() == [1, 1, 0]
    with pytest.raises(InputFaults):
        completeness(records, columns=["nowhere"])


def test_a_report_before_the_event_is_no_fast_report():
    records = pd.DataFrame(
        {
            "source": "a",
            "date": pd.to_datetime(["2024-01-10", "2024-01-10", None, "2024-01-10"]),
            "date_reported": pd.to_datetime(["2024-01-01", "2024-01-20", "2024-01-20", "2024-02-09"]),
        }
    )
    told = timeliness(records).loc["a"]
    assert told[["n_records", "n_known", "n_missing", "n_backwards"]].tolist() == [4, 2, 1, 1]
    assert told[["median_days", "share_in_time"]].tolist() == [20, 0.5]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*codes("source_class"), None]), st.sampled_from([*codes("hazard_class"), None])
        ),
        max_size=30,
    )
)
def test_every_combination_is_there_and_every_record_is_counted(pairs):
    axes = ["source_class", "hazard_class"]
    records = pd.DataFrame(pairs, columns=axes, dtype="object")
    cells = coverage_matrix(records, axes=axes)
    assert cells["n_records"].sum() == len(pairs)
    assert not cells.duplicated(axes).any()
    named = cells[(cells[axes] != "").all(axis=1)]
    assert len(named) == len(codes("source_class")) * len(codes("hazard_class"))
    assert (named["is_gap"] == (named["n_records"] == 0)).all()


def test_a_code_of_no_list_is_refused():
    with pytest.raises(InputFaults, match="one of"):
        coverage_matrix(pd.DataFrame({"hazard_class": ["magic"]}), axes=["hazard_class"])
