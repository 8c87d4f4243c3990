"""Kinney, LEC, risk priority numbers, PRISM triage, hazard grades and rankings."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_scoring import borda_counts
from shared import own

from riskkit.assessment import nonconformity, scoring
from riskkit.assessment.nonconformity import exceedance, grade_lookup, hazard_grade
from riskkit.assessment.ranking import borda, matrix_ranking, rank_agreement
from riskkit.assessment.scoring import (
    danger_score,
    on_class_bound,
    risk_priority_number,
    same_priority_number,
    score_class,
    triage,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import TableFault, check

ORACLE = own("scoring_examples.json")
TABLES = ["exceedance_bands", "exposure_inputs", "method_numbers", "nonconformity_grades", "score_bands"]
TABLES += ["score_scales", "triage_scores", "ttc", "ttc_exclusions", "scales", "sources", "glossary"]


@pytest.mark.parametrize("name", TABLES)
def test_tables_follow_the_dictionary_and_name_known_sources(name: str) -> None:
    file = Path(str(standards.folder() / f"{name}.csv"))
    raw = pd.read_csv(file, dtype=str, keep_default_na=False)
    check(raw, name, dictionary=standards.dictionary())
    assert set(raw["source_id"]) <= set(standards.table("sources")["source_id"])
    for column in {"zh", "en"} & set(raw.columns):
        assert (raw[column] != "").all()


@pytest.mark.parametrize(("p", "e", "c", "score", "kinney", "lec"), ORACLE["kinney_and_lec"]["rows"])
def test_kinney_and_lec_differ_only_in_their_classes(
    p: float, e: float, c: float, score: float, kinney: str, lec: str
) -> None:
    assert danger_score(p, e, c, method="kinney") == danger_score(p, e, c, method="lec") == score
    assert score_class(score, method="kinney") == kinney
    assert score_class(score, method="lec") == lec


@pytest.mark.parametrize(("lik", "exp", "con", "score", "level"), ORACLE["lec"]["rows"])
def test_lec_agrees_with_a_public_table(lik: float, exp: float, con: float, score: float, level: str) -> None:
    assert danger_score(lik, exp, con, method="lec") == score
    assert score_class(score, method="lec") == level


def test_the_two_tables_are_never_mixed() -> None:
    with pytest.raises(TypeError):
        danger_score(3, 6, 15)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="method is one of kinney, lec, not 'fine'"):
        danger_score(3, 6, 15, method="fine")
    between = np.array([161.0, 200.0, 321.0, 400.0])
    assert list(score_class(between, method="kinney")) == ["substantial", "substantial", "high", "high"]
    assert list(score_class(between, method="lec")) == ["high", "high", "extreme", "extreme"]
    assert on_class_bound(200.0, method="kinney") and not on_class_bound(200.0, method="lec")


def test_values_off_the_scale_are_all_named() -> None:
    with pytest.raises(InputFaults) as error:
        danger_score([3, 4], [6, 6], [15, 16], method="kinney")
    assert [fault.place for fault in error.value.faults] == ["probability[1]", "consequence[1]"]
    assert "0.1, 0.2, 0.5, 1, 3, 6, 10" in str(error.value)


def test_missing_stays_missing_in_scores() -> None:
    found = danger_score([3, np.nan], [6, 6], [15, 15], method="lec")
    assert np.isnan(found[1])
    assert score_class(pd.Series(found, index=["a", "b"]), method="lec").isna().tolist() == [False, True]


@given(st.lists(st.floats(0, 10_000), min_size=2, max_size=2).map(sorted), st.sampled_from(scoring.METHODS))
def test_classes_never_fall_as_the_score_rises(pair: list[float], method: str) -> None:
    words = scale(method).codes
    low, high = (words.index(score_class(value, method=method)) for value in pair)
    assert low <= high


def test_priority_numbers_take_120_values_and_tie_up_to_24_triples() -> None:
    ratings = np.array(list(itertools.product(range(1, 11), repeat=3)))
    numbers = risk_priority_number(*ratings.T)
    values, counts = np.unique(numbers, return_counts=True)
    assert (values.size, counts.max()) == (ORACLE["rpn"]["n_distinct"], ORACLE["rpn"]["most_triples"])
    for number, count in zip(values[::7], counts[::7], strict=True):
        assert len(same_priority_number(int(number))) == count


def test_ratings_outside_1_to_10_are_all_named() -> None:
    with pytest.raises(InputFaults) as error:
        risk_priority_number([0, 5], [5, 2.5], [11, 5])
    assert [fault.place for fault in error.value.faults] == ["severity[0]", "occurrence[1]", "detection[0]"]
    assert np.isnan(risk_priority_number(np.nan, 1, 1))


@pytest.mark.parametrize(("choices", "total", "outcome"), ORACLE["triage"]["rows"])
def test_triage_adds_the_published_scores(choices: list[str], total: int, outcome: str) -> None:
    found = triage(pd.DataFrame([choices], columns=list(scoring.TRIAGE_ITEMS)))
    assert found["total"].item() == total
    assert found["outcome"].item() == outcome


def test_every_triage_sum_has_exactly_one_outcome() -> None:
    rows = standards.table("triage_scores")
    parts = [rows.loc[rows["item"] == item, "choice"].tolist() for item in scoring.TRIAGE_ITEMS]
    every = pd.DataFrame(list(itertools.product(*parts)), columns=list(scoring.TRIAGE_ITEMS))
    found = triage(every)
    assert found["outcome"].notna().all()
    assert found["total"].min() == -200  # above −296, where the workbook speaks of incomplete answers
    ranks = found["outcome"].cat.codes.to_numpy()
    assert (np.diff(ranks[np.argsort(found["total"].to_numpy(), kind="stable")]) >= 0).all()
    assert (found["points_to_required"] == 0).equals(found["outcome"] == "required")


def test_triage_refuses_the_choice_whose_score_is_not_readable() -> None:
    asked = pd.DataFrame(
        {"rationale": ["random"], "hazards": ["one"], "severity": ["5"], "probability": ["over_half"]}
    )
    with pytest.raises(InputFaults) as error:
        triage(asked)
    assert [fault.place for fault in error.value.faults] == ["prevalence", "row 0: severity"]
    with pytest.raises(InputFaults, match="over_500k"):
        triage(asked.assign(severity="2", prevalence="over_500k"))


def test_unanswered_triage_has_no_outcome() -> None:
    found = triage(
        pd.DataFrame([["random", "one", "4", None, "unknown"]], columns=list(scoring.TRIAGE_ITEMS))
    )
    assert found[["total", "outcome", "points_to_required"]].isna().all(axis=None)


def test_house_table_is_marked_house_complete_and_monotone() -> None:
    table = standards.table("nonconformity_grades")
    assert set(table["status"]) == {"house"}
    _, cells = grade_lookup(table)
    assert cells.min() == 0 and cells.max() == 3
    assert all((np.diff(cells, axis=axis) >= 0).all() for axis in range(4))


def test_a_table_that_falls_or_lacks_a_cell_is_refused() -> None:
    table = standards.table("nonconformity_grades")
    with pytest.raises(TableFault, match="exactly one grade"):
        grade_lookup(table.iloc[1:])
    wrong = table.copy()
    wrong.loc[wrong.index[-1], "grade"] = "minor"
    with pytest.raises(TableFault, match="a grade falls"):
        grade_lookup(wrong)
    with pytest.raises(TableFault, match="not a grade: awful"):
        grade_lookup(table.assign(grade="awful"))


KINDS = ["paperwork", "marking", "function", "safety"]
BANDS = ["slight", "clear", "large", "extreme"]


@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 4), st.integers(0, 2))
def test_grades_follow_the_rule_that_the_docstring_states(
    kind: int, band: int, severity: int, users: int
) -> None:
    item = pd.DataFrame(
        {"kind": [KINDS[kind]], "exceedance": [BANDS[band]], "severity": [severity], "users": [users]}
    )
    expected = min(4, max(1, int(np.floor(severity - (3 - kind) + band / 2 + users / 2))))
    assert hazard_grade(item)["score"].item() == expected


def test_hazard_grades_carry_their_reason_and_keep_missing_missing() -> None:
    items = pd.DataFrame(
        {"kind": ["safety", None], "exceedance": ["clear", "clear"], "severity": [2, 2], "users": [1, 0]}
    )
    found = hazard_grade(items)
    assert found["grade"].isna().tolist() == [False, True]
    assert "house table" in found["reason_en"].iloc[0] and "本项目设定表" in found["reason_zh"].iloc[0]
    assert found["reason_en"].isna().tolist() == [False, True]
    assert found["raised_by"].tolist() == ["severity", ""]
    with pytest.raises(InputFaults) as error:
        hazard_grade(pd.DataFrame({"kind": ["odd"], "exceedance": ["clear"], "severity": [7], "users": [0]}))
    assert [fault.place for fault in error.value.faults] == ["row 0: kind", "row 0: severity"]


@given(
    st.lists(
        st.tuples(*[st.integers(0, 3)] * 2, st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=6
    )
)
def test_many_items_get_the_words_each_gets_alone(rows: list[tuple[int, int, int, int]]) -> None:
    items = pd.DataFrame(
        [(KINDS[k], BANDS[e], s, u) for k, e, s, u in rows],
        columns=list(nonconformity.FACTORS),
        index=range(5, 5 + len(rows)),
    )
    together = hazard_grade(items)
    for place in range(len(items)):
        alone = hazard_grade(items.iloc[[place]])
        pd.testing.assert_frame_equal(together.iloc[[place]], alone)


def test_exceedance_at_its_bounds() -> None:
    found = exceedance([90, 90.0001, 99, 100, 180, 181, 900, 901], 90, worse="more").tolist()
    assert found == [None, "slight", "slight", "clear", "clear", "large", "large", "extreme"]
    assert exceedance([5, 0], [10, 10], worse="less").tolist() == ["clear", "extreme"]
    assert exceedance([0.0, 0.1], [0.0, 0.0], worse="more").tolist() == [None, "extreme"]
    assert nonconformity.NOT_MEASURABLE in set(standards.table("exceedance_bands")["exceedance"])
    for bad in ([-1.0], [np.inf]):
        with pytest.raises(ValueError, match="finite numbers from 0 up"):
            exceedance(bad, 90, worse="more")
    with pytest.raises(ValueError, match="worse is"):
        exceedance([1.0], 90, worse="higher")


def test_borda_agrees_with_the_printed_ballots() -> None:
    ballots, printed = ORACLE["borda"]["ballots"], ORACLE["borda"]["printed"]
    places = pd.DataFrame({b: {player: -b.index(player) for player in "ABCDE"} for b in ballots})
    found = borda(places, weights=ballots)
    assert (found["count"] + 55).to_dict() == printed
    assert found["rank"].to_dict() == {"D": 1, "E": 2, "C": 3, "B": 4, "A": 5}


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=7),
    st.tuples(*[st.integers(0, 5)] * 3),
)
def test_borda_agrees_with_the_slow_count(
    rows: list[tuple[int, int, int]], weights: tuple[int, int, int]
) -> None:
    table = pd.DataFrame(rows, columns=["a", "b", "c"])
    named = dict(zip("abc", map(float, weights), strict=True))
    found = borda(table, weights=named)
    assert found["count"].to_numpy() == pytest.approx(
        borda_counts([list(r) for r in rows], list(named.values()))
    )
    assert found["count"].sum() == pytest.approx(sum(weights) * len(rows) * (len(rows) - 1) / 2)


def test_borda_names_every_fault() -> None:
    with pytest.raises(InputFaults) as error:
        borda(pd.DataFrame({"a": [1, None], "b": ["x", 2]}, index=["p", "q"]), weights={"a": -1})
    assert [f.place for f in error.value.faults] == ["p: b", "q: a", "weight of a", "weight of b"]


def test_matrix_order_is_shown_against_expected_harm() -> None:
    products = pd.DataFrame(
        {
            "p_harm": [0.0102, 0.0099, 0.5],
            "severity": [2, 2, 1],
            "level": ["serious", "high", "medium"],
        },
        index=["a", "b", "c"],
    )
    found = matrix_ranking(
        products, levels=("low", "medium", "high", "serious"), severity_values={1: 1, 2: 10, 3: 100, 4: 1000}
    )
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["harm_rank"].to_dict() == {"a": 2, "b": 3, "c": 1}
    assert found["n_disagree"].to_dict() == {"a": 1, "b": 1, "c": 2}
    assert rank_agreement(found["rank"], found["harm_rank"]) == pytest.approx(-1 / 3)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=12))
def test_disagreements_agree_with_a_scan_of_pairs(rows: list[tuple[float, int, int]]) -> None:
    words = ("low", "medium", "high", "serious")
    values = {1: 1.0, 2: 10.0, 3: 100.0, 4: 1000.0}
    products = pd.DataFrame(rows, columns=["p_harm", "severity", "code"])
    products["level"] = [words[code] for code in products.pop("code")]
    found = matrix_ranking(products, levels=words, severity_values=values).sort_index()
    harm = [p * values[severity] for p, severity, _ in rows]
    slow = [
        sum((a[2] - b[2]) * (harm[i] - harm[j]) < 0 for j, b in enumerate(rows)) for i, a in enumerate(rows)
    ]
    assert found["n_disagree"].tolist() == slow
    assert (found["rank"] >= found["matrix_rank"]).all()


def test_ranking_names_every_fault() -> None:
    products = pd.DataFrame({"p_harm": [2.0], "severity": [9], "level": ["odd"]}, index=["a"])
    with pytest.raises(InputFaults) as error:
        matrix_ranking(products, levels=("low",), severity_values={1: -1})
    assert [f.place for f in error.value.faults] == [
        "a: p_harm",
        "a: severity",
        "a: level",
        "value of severity 1",
    ]
    with pytest.raises(ValueError, match="same products"):
        rank_agreement(pd.Series([1], index=["a"]), pd.Series([1], index=["b"]))
