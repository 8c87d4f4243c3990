"""Proposals for the inspection catalogue: probabilities, hysteresis, evidence, what is missed, officer hours."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from riskkit.application.catalogue.proposals import decide, evidence, within_hours
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.shrinkage import BetaPrior

ON = dt.date(2026, 5, 1)
PRIOR = BetaPrior(1.0, 1.0, np.nan, 50, "")


def facts(**columns: object) -> pd.DataFrame:
    plain = {"alpha": 5.0, "beta": 95.0, "n_tested": 98, "n_lots": 1000, "severity": 2, "is_listed": 0}
    return pd.DataFrame(plain | columns, index=["g"] if not any(map(np.ndim, columns.values())) else None)


def records(**columns: object) -> pd.DataFrame:
    plain = {"hs": ["950300", "950300", "851650"], "firm_id": ["A", "B", "A"], "n_tested": [10, 4, 0],
             "n_nonconforming": [3, 1, 0], "n_lots": [2, 3, 4], "n_complaints": [0, 1, 0],
             "n_recalls_abroad": [1, 1, 0], "severity": [2, 3, 1]}  # fmt: skip
    return pd.DataFrame(plain | columns)


def test_evidence_adds_up_and_a_posterior_of_the_rat_tumours_comes_out():
    # Gelman et al., section 5.1: 4 of 14 under Beta(1.4, 8.6) is Beta(5.4, 18.6), mean 0.225
    found = evidence(records(), by=["hs"], prior=BetaPrior(1.4, 8.6, np.nan, 70, "")).loc["950300"]
    assert (found["alpha"], found["beta"]) == pytest.approx((5.4, 18.6))
    assert found["rate_mean"] == pytest.approx(0.225)
    assert found[["n_lots", "n_complaints", "n_recalls_abroad", "severity"]].tolist() == [5, 1, 2, 3]


def test_a_firm_without_history_has_the_prior_and_is_marked():
    found = evidence(records(), by=["hs", "firm_id"], prior=PRIOR).loc[("851650", "A")]
    assert found["is_prior_only"]
    assert found["rate_mean"] == 0.5
    decided = decide(facts(alpha=60.0, beta=40.0, n_tested=0), on=ON).loc["g"]
    assert (decided["decision"], decided["reason"], decided["is_prior_only"]) == (
        "stay_out",
        "no_history",
        True,
    )


def test_a_missing_part_makes_the_sum_unknown():
    found = evidence(records(n_tested=[10, None, 0], severity=[2, None, 1]), by=["hs"], prior=PRIOR)
    assert found.loc["950300", ["n_tested", "rate_mean", "severity"]].isna().all()
    assert found.loc["950300", "note"] == "unknown"
    assert found.loc["851650", "is_prior_only"]


def test_wrong_records_are_refused_all_at_once():
    with pytest.raises(InputFaults) as refused:
        evidence(
            records(n_nonconforming=[11, 1, 0], firm_id=["A", None, "A"]), by=["hs", "firm_id"], prior=PRIOR
        )
    assert len(refused.value.faults) == 2


def test_probabilities_are_those_of_the_beta_distribution_and_of_the_binomial():
    found = decide(facts(), on=ON).loc["g"]
    assert found["p_above"] == pytest.approx(beta.sf(0.10, 5, 95))
    # a beta distribution of whole parameters is a binomial: P(rate < p) = P(at least a of a + b − 1)
    assert found["p_below"] == pytest.approx(binom.sf(4, 99, 0.02))


@pytest.mark.parametrize(
    ("changed", "decision", "reason"),
    [
        ({"alpha": 60.0, "beta": 240.0}, "propose_in", "rate_probably_high"),
        ({"alpha": 60.0, "beta": 240.0, "is_listed": 1}, "stay_in", "between_the_bounds"),
        ({}, "stay_out", "between_the_bounds"),
        ({"alpha": 1.0, "beta": 999.0, "n_tested": 998, "is_listed": 1}, "propose_out", "rate_surely_low"),
        ({"alpha": 1.0, "beta": 999.0, "n_tested": 299, "is_listed": 1}, "stay_in", "evidence_too_little"),
        ({"alpha": 1.0, "beta": 999.0, "n_tested": 300, "is_listed": 1}, "propose_out", "rate_surely_low"),
        (
            {"alpha": 1.0, "beta": 999.0, "n_tested": 998, "is_listed": 1, "severity": 4},
            "stay_in",
            "hazard_severe",
        ),
        ({"alpha": 1.0, "beta": 999.0, "is_listed": 1, "severity": None}, "unknown", "facts_missing"),
        ({"is_listed": None}, "unknown", "facts_missing"),
        ({"alpha": None}, "unknown", "facts_missing"),
        ({"n_tested": None}, "unknown", "facts_missing"),
    ],
)
def test_each_rule(changed: dict[str, object], decision: str, reason: str):
    found = decide(facts(**changed), on=ON).loc["g"]
    assert (found["decision"], found["reason"]) == (decision, reason)
    assert bool(np.isnan(found["margin"])) == (decision == "unknown")


@given(st.floats(0.1, 500), st.floats(0.1, 5000), st.integers(1, 5000))
def test_goods_that_just_came_in_do_not_go_out_on_the_same_evidence(a: float, b: float, n: int):
    outside, inside = (decide(facts(alpha=a, beta=b, n_tested=n, is_listed=now), on=ON).loc["g", "decision"]
                       for now in (0, 1))  # fmt: skip
    assert not (outside == "propose_in" and inside == "propose_out")


def test_more_nonconforming_never_moves_goods_out():
    x = np.arange(0, 60)
    found = decide(facts(alpha=x + 1.0, beta=601.0 - x, n_tested=600, is_listed=1), on=ON)
    is_out = (found["decision"] == "propose_out").to_numpy()
    assert is_out[0] and not is_out[-1]
    assert (np.diff(is_out.astype(int)) <= 0).all()


def test_expected_misses_follow_the_proposal():
    found = decide(facts(alpha=60.0, beta=240.0), on=ON).loc["g"]
    # 1,000 lots, one fifth nonconforming; 2 % inspected outside, 20 % inside
    assert (found["n_missed_now"], found["n_missed_after"]) == pytest.approx((196.0, 160.0))
    assert np.isnan(decide(facts(n_lots=None), on=ON).loc["g", "n_missed_now"])


def test_bounds_of_ones_own_count_and_bounds_that_would_oscillate_are_refused():
    rules = standards.table("catalogue_rules").set_index("rule_id")
    rules.loc["ce-rate-in", "number"] = 0.02
    with pytest.raises(InputFaults, match="below ce-rate-in"):
        decide(facts(), on=ON, rules=rules.reset_index())
    rules.loc["ce-rate-out", "number"] = 0.001
    assert decide(facts(), on=ON, rules=rules.reset_index()).loc["g", "decision"] == "propose_in"
    rules.loc["ce-sure-in", "number"] = 0.4
    with pytest.raises(InputFaults, match=r"above 0\.5"):
        decide(facts(), on=ON, rules=rules.reset_index())


def test_hours_go_where_they_avoid_most_harm_and_what_lacks_a_number_is_not_chosen():
    rows = pd.DataFrame({"decision": ["propose_in"] * 4 + ["propose_out"], "n_missed_now": [10, 10, 10, None, 1],
                         "n_missed_after": 0, "harm": [1, 5, 1, 9, 1], "hours": [4, 8, 2, 1, 1]},
                        index=list("abcde"))  # fmt: skip
    found = within_hours(rows, hours=11)
    assert found["is_chosen"].to_dict() == {"a": False, "b": True, "c": True, "d": False, "e": False}
    assert found["place"].tolist()[:3] == [3, 1, 2]
    assert found.loc["c", "hours_left"] == 1
    with pytest.raises(InputFaults, match="from 0 up"):
        within_hours(rows, hours=float("nan"))
