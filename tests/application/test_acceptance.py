"""Acceptance of third-party reports: agreement with re-tests, and the decision on a day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from shared import own, shared

from riskkit.application.acceptance.acceptance import CONDITIONS, decide, required_facts
from riskkit.application.acceptance.method_comparison import (
    deming,
    limits_of_agreement,
    passing_bablok,
    retest_agreement,
)
from riskkit.application.acceptance.repeated_agreement import repeated_limits_of_agreement
from riskkit.application.acceptance.scopes import accreditation_faults, public_list, scope_changes
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards

PEFR = own("peak_flow_1986.json")
DAY = dt.date(2026, 5, 1)
close = pytest.approx


def test_limits_of_agreement_are_those_bland_and_altman_printed():
    found = limits_of_agreement(PEFR["first"], PEFR["second"])
    printed = PEFR["printed"]
    for name in ("bias", "sd"):
        assert round(found[name], 1) == printed[name]
    # the paper rounds the mean and the SD before it goes on
    assert found[["lower_2sd", "upper_2sd"]].tolist() == close(printed["limits_2sd"], abs=0.2)
    assert found[["bias_lo", "bias_hi"]].tolist() == close(printed["bias_interval"], abs=0.1)


def test_every_column_of_agreement_is_that_of_the_peer():
    flow = pd.read_csv(shared("data", "agreement_retests", "bland_altman_pefr1986.csv"))
    made = pd.read_csv(shared("data", "agreement_retests", "giavarina2015.csv"))
    pairs = {
        "PEFR 1986: Wright first - mini Wright first": (flow["WrightFirst"], flow["MiniWrightFirst"]),
        "Giavarina 2015: A - B": (made["Method.A"], made["Method.B"]),
        "PEFR 1986: Wright first - Wright second (repeatability)": (
            flow["WrightFirst"],
            flow["WrightSecond"],
        ),
        "PEFR 1986: mini first - mini second (repeatability)": (
            flow["MiniWrightFirst"],
            flow["MiniWrightSecond"],
        ),
    }
    for row in pd.read_csv(shared("data", "agreement_retests", "limits_of_agreement_expected.csv")).to_dict(
        "records"
    ):
        found = limits_of_agreement(*pairs[row.pop("case")])
        assert found.to_dict() == close(row, rel=1e-9)


def test_a_pair_with_a_missing_value_is_left_out_and_an_infinite_one_refused():
    assert limits_of_agreement([1, 2, np.nan, 4], [1, 1, 3, np.nan])["n"] == 2
    with pytest.raises(InputFaults) as wrong:
        limits_of_agreement([np.inf, 2, 3], [-np.inf, 1, 2])
    assert len(wrong.value.faults) == 2


@pytest.mark.parametrize("ratio", [0.25, 1, 4])
def test_deming_is_the_first_principal_axis_when_errors_are_scaled_alike(ratio):
    x, y = np.array(PEFR["first"], dtype=float), np.array(PEFR["second"], dtype=float)
    scaled = np.column_stack([(x - x.mean()) / np.sqrt(ratio), y - y.mean()])
    across, up = np.linalg.svd(scaled)[2][0]
    slope = up / across / np.sqrt(ratio)
    line = deming(x, y, error_ratio=ratio)
    assert [line.slope, line.intercept] == close([slope, y.mean() - slope * x.mean()])
    assert line.slope_lo < line.slope < line.slope_hi


def slow_passing_bablok(x: list[float], y: list[float]) -> tuple[float, float]:
    slopes = []
    for i in range(len(x)):
        for j in range(i):
            if x[i] != x[j]:
                slopes.append((y[i] - y[j]) / (x[i] - x[j]))
            elif y[i] != y[j]:
                slopes.append(float("inf"))
    slopes = sorted(one for one in slopes if one != -1)
    shift, n = sum(one < -1 for one in slopes), len(slopes)
    # counted from 1, as in the paper
    at = [slopes[k - 1] for k in ([(n + 1) // 2 + shift] if n % 2 else [n // 2 + shift, n // 2 + 1 + shift])]
    slope = sum(at) / len(at)
    return slope, float(np.median([b - slope * a for a, b in zip(x, y, strict=True)]))


@given(st.integers(3, 25), st.integers(0, 10_000))
def test_passing_bablok_agrees_with_the_paper_written_out_and_does_not_care_which_method_is_first(n, seed):
    rng = np.random.default_rng(seed)
    x = np.arange(1, n + 1) * 3.0
    y = 2 + 1.1 * x + rng.normal(0, 0.5, n)
    line = passing_bablok(x, y)
    assert (line.slope, line.intercept) == close(slow_passing_bablok(list(x), list(y)))
    assert line.slope_lo <= line.slope <= line.slope_hi
    assert line.intercept_lo <= line.intercept <= line.intercept_hi
    if n * (n - 1) // 2 % 2:
        assert passing_bablok(y, x).slope == close(1 / line.slope)
    order = rng.permutation(n)
    assert passing_bablok(x[order], y[order]).slope == close(line.slope)


def test_few_pairs_leave_the_line_open_and_equal_pairs_are_refused():
    assert passing_bablok([1, 2, 3], [1, 2.5, 3]).slope_hi == np.inf
    with pytest.raises(InputFaults, match="samples that differ"):
        passing_bablok([2, 2, 2], [1, 1, 1])
    with pytest.raises(InputFaults, match="at least 3"):
        deming([1, 2], [1, 2])


def test_false_reports_are_counted_among_the_goods_reported_good():
    found = retest_agreement([0] * 20 + [1] * 5 + [np.nan], [0] * 18 + [1] * 2 + [1] * 4 + [0] + [0])
    assert found[["n", "n_reported_good", "n_false_good"]].tolist() == [25, 20, 2]
    assert found["rate_false_good_hi"] == close(beta.ppf(0.975, 3, 18))
    # observed 22 of 25; by chance (20·19 + 5·6) of 625
    assert found["kappa"] == close((0.88 - 0.656) / (1 - 0.656))
    with pytest.raises(InputFaults) as wrong:
        retest_agreement([2, 0], [0, 0.5])
    assert len(wrong.value.faults) == 2


def report(**changed: object) -> pd.DataFrame:
    usual = required_facts(DAY) | {
        "issued_on": dt.date(2025, 6, 1),
        "removed_on": None,
        "rate_false_good_lo": 0.0,
    }
    return pd.DataFrame([usual | changed], index=["report 7"])


@pytest.mark.parametrize(
    "rule", standards.all_rows("acceptance_rules").to_dict("records"), ids=lambda r: r["rule_id"]
)
def test_each_rule_decides_alone_and_the_unknown_is_not_accepted(rule):
    if rule["fact"] in required_facts(DAY):
        # a listed agency that loses a condition is removed; an applicant is refused
        listed = {} if rule["fact"] not in CONDITIONS else {"is_listed": 0}
        found = decide(report(**({rule["fact"]: int(rule["value"])} | listed)), on=DAY).iloc[0]
        assert found[["decision", "rule_id", "reason"]].tolist() == [
            rule["decision"],
            rule["rule_id"],
            rule["reason"],
        ]
        unknown = decide(report(**{rule["fact"]: None}), on=DAY).iloc[0]
        assert unknown[["decision", "reason"]].tolist() == ["unknown", "fact_missing"]
    else:
        assert rule["fact"] in {"is_barred", "is_expired", "is_false_rate_high", "is_condition_lost"}


@pytest.mark.parametrize(
    ("changed", "decision", "margin"),
    [
        ({}, "accept", 31),
        ({"issued_on": dt.date(2025, 5, 1)}, "accept", 0),
        ({"issued_on": dt.date(2025, 4, 30)}, "refuse", -1),
        ({"issued_on": None}, "unknown", np.nan),
        ({"removed_on": dt.date(2025, 5, 1)}, "barred", 0),
        ({"removed_on": dt.date(2025, 4, 30)}, "accept", 31),
        ({"rate_false_good_lo": 0.05}, "accept", 31),
        ({"rate_false_good_lo": 0.051}, "suspend", np.nan),
        ({"rate_false_good_lo": None}, "accept", 31),
    ],
)
def test_a_report_counts_for_one_year_and_a_removal_bars_for_one(changed, decision, margin):
    found = decide(report(**changed), on=DAY)
    assert found.index.tolist() == ["report 7"]
    assert found.at["report 7", "decision"] == decision
    assert found.at["report 7", "margin"] == close(margin, nan_ok=True)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_listed_agency_that_loses_a_condition_is_removed(condition):
    others = {name: None for name in CONDITIONS if name != condition}
    found = decide(report(**(others | {condition: 0})), on=DAY).iloc[0]
    assert found[["decision", "reason"]].tolist() == ["remove", "condition_lost"]
    unlisted = decide(report(**{condition: 0, "is_listed": None}), on=DAY).iloc[0]
    assert unlisted["decision"] == "refuse"


def test_an_agency_never_retested_is_marked():
    assert decide(report(rate_false_good_lo=None), on=DAY)["reason"].tolist() == ["met_not_retested"]


def test_what_is_unknown_never_hides_a_ground_for_removal():
    assert decide(report(is_false_report=1, has_capability=None), on=DAY)["decision"].tolist() == ["remove"]


def test_all_faults_of_the_facts_come_at_once_and_no_rules_no_decision():
    both = pd.concat([report(issued_on="2027-01-01"), report(removed_on="soon")])
    with pytest.raises(InputFaults) as wrong:
        decide(both, on=DAY)
    assert len(wrong.value.faults) == 2
    with pytest.raises(InputFaults, match="2022-12-01"):
        decide(report(), on=dt.date(2022, 11, 30))


def test_repeated_blood_pressures_have_the_limits_bland_and_altman_printed_in_1999():
    rows = pd.read_csv(shared("data", "agreement_retests", "methcomp_sbp.csv"))
    rows = rows.rename(columns={"item": "item_id", "meth": "method", "y": "value"})
    found = repeated_limits_of_agreement(rows, "J", "S")
    assert found[["bias", "sd", "lower", "upper"]].round(2).tolist() == [-15.62, 20.95, -56.68, 25.44]
    assert [found["sd_within_first"] ** 2, found["sd_within_second"] ** 2] == close(
        [37.408, 83.141], abs=5e-4
    )


def test_single_readings_have_the_plain_limits_of_agreement():
    first, second = PEFR["first"], PEFR["second"]
    rows = pd.concat(
        [pd.DataFrame({"item_id": range(17), "method": name, "value": values})
         for name, values in (("Wright", first), ("mini", second))]
    )  # fmt: skip
    found = repeated_limits_of_agreement(rows, "Wright", "mini")
    plain = limits_of_agreement(first, second)
    names = ["bias", "bias_lo", "bias_hi", "sd", "lower", "upper"]
    assert found[names].tolist() == close(plain[names].tolist())
    assert np.isnan(found["repeatability_first"])


def test_unequal_numbers_of_readings_and_items_of_one_method_only():
    rows = pd.DataFrame(
        [("1", "a", 1.0), ("1", "a", 3.0), ("1", "b", 2.0), ("2", "a", 4.0), ("2", "b", 5.0),
         ("2", "b", 7.0), ("2", "b", np.nan), ("3", "a", 9.0)], columns=["item_id", "method", "value"],
    )  # fmt: skip
    found = repeated_limits_of_agreement(rows, "a", "b")
    # differences of means 0 and −2 have variance 2; one item of two was read twice by each method
    assert (found["n_items"], found["n_first"], found["n_second"]) == (2, 3, 3)
    assert found["sd"] ** 2 == close(2 + (1 - 0.75) * 2 + (1 - 0.75) * 2)


def test_every_fault_of_repeated_readings_is_listed_at_once():
    rows = pd.DataFrame({"item_id": ["1", None], "method": ["a", "b"], "value": [1.0, 2.0]})
    with pytest.raises(InputFaults) as wrong:
        repeated_limits_of_agreement(rows, "a", "c")
    assert len(wrong.value.faults) == 2
    with pytest.raises(InputFaults, match="finite"):
        repeated_limits_of_agreement(rows.assign(value=[np.inf, 1]), "a", "b")


LISTED = pd.DataFrame(
    [("A", "6111", "pH", "2025-01-01", "2025-12-31"), ("A", "6111", "pH", "2025-12-31", "2026-12-31"),
     ("A", "6111", "azo", "2025-01-01", None), ("A", "6209", "pH", "2025-01-01", "2025-06-30"),
     ("A", "6209", "pH", "2025-07-01", None), ("B", "6111", "pH", "2025-06-01", "2025-01-01"),
     ("B", "6111", "pH", "soon", None), (None, "6111", "pH", "2025-01-01", None)],
    columns=["agency_id", "goods", "item", "valid_from", "valid_to"], index=list("abcdefgh"),
)  # fmt: skip


def test_overlapping_accreditations_are_refused_with_every_other_fault_and_the_good_rows_stay():
    faults = accreditation_faults(LISTED)
    assert faults["rule"].to_dict() == {
        "a": "overlapping", "b": "overlapping", "f": "ends_before_it_begins", "g": "no_day", "h": "missing"
    }  # fmt: skip
    assert list(public_list(LISTED, on=dt.date(2025, 6, 30)).index) == ["c", "d"]
    assert list(public_list(LISTED, on=dt.date(2025, 7, 1)).index) == ["c", "e"]


def test_a_long_period_overlaps_every_short_one_in_it_and_these_do_not_overlap_each_other():
    rows = pd.DataFrame({"agency_id": "A", "goods": "6111", "item": "pH",
                         "valid_from": ["2025-01-01", "2025-02-01", "2025-03-01"],
                         "valid_to": [None, "2025-02-10", "2025-03-10"]})  # fmt: skip
    assert list(accreditation_faults(rows).index) == [0, 1, 2]
    assert accreditation_faults(rows.iloc[1:]).empty


def test_scope_follows_the_risk_with_hysteresis_and_the_unknown_moves_nothing():
    facts = pd.DataFrame(
        [(2000, 4, 1, 0, "admit"), (2000, 4, 1, 1, "retain"), (2000, 60, 1, 0, "not_admitted"),
         (2000, 60, 1, 1, "retain"), (2000, 400, 1, 1, "withdraw"), (2000, 400, np.nan, 1, "withdraw"),
         (50, 0, 1, 0, "not_admitted"), (2000, 0, 4, 1, "withdraw"), (np.nan, np.nan, 4, 1, "withdraw"),
         (np.nan, 3, 1, 1, "unknown"), (0, 0, 1, 0, "unknown"), (2000, 4, np.nan, 0, "unknown"),
         (2000, 4, 1, np.nan, "unknown")],
        columns=["n_tested", "n_nonconforming", "severity", "is_accepted", "expected"],
    )  # fmt: skip
    found = scope_changes(facts, on=DAY)
    assert found["decision"].tolist() == facts["expected"].tolist()
    assert (found.loc[found["decision"].isin(["admit", "withdraw"]), "margin"] >= 0).all()


@given(st.integers(1, 3000), st.floats(0, 1), st.integers(1, 4), st.integers(0, 1))
def test_more_nonconforming_never_opens_the_scope(n, share, severity, now):
    x = int(share * n)
    rows = pd.DataFrame({"n_tested": n, "n_nonconforming": [x, min(x + 1, n)], "severity": severity,
                         "is_accepted": now})  # fmt: skip
    order = {"admit": 1, "retain": 1, "withdraw": 0, "not_admitted": 0}
    better, worse = (order[one] for one in scope_changes(rows, on=DAY)["decision"])
    assert worse <= better


def test_wrong_facts_of_scope_are_all_listed():
    facts = pd.DataFrame(
        {"n_tested": [10, -1], "n_nonconforming": [1, 0], "severity": [9, 1], "is_accepted": [1, 2]}
    )
    with pytest.raises(InputFaults) as wrong:
        scope_changes(facts, on=DAY)
    assert len(wrong.value.faults) == 3
    with pytest.raises(InputFaults, match="at most n_tested"):
        scope_changes(
            pd.DataFrame({"n_tested": [1], "n_nonconforming": [2], "severity": [1], "is_accepted": [1]}),
            on=DAY,
        )
