"""Robust assigned values, performance scores, capability gaps and verification of a measure."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference_scoring import algorithm_a as slow_a
from reference_scoring import psi
from reference_scoring import q_deviation as slow_q
from scipy.stats import norm
from shared import own

from riskkit.assessment.chemical.laboratories import (
    capability_gaps,
    en_score,
    is_uncertainty_negligible,
    judge_score,
    z_prime_score,
    z_score,
    zeta_score,
)
from riskkit.assessment.sensitivity.robust_values import algorithm_a, hampel_mean, q_deviation, q_hampel
from riskkit.assessment.verification import Counted, verify_reduction
from riskkit.foundation.inputs.faults import InputFaults

ISO = own("iso_13528_annex_e.json")
NEWCOMBE = own("scoring_examples.json")["newcombe"]["rows"]
WHOLE = st.lists(st.integers(-50, 50), min_size=3, max_size=15)
TODAY = dt.date(2026, 1, 1)


@pytest.mark.parametrize("case", ISO["algorithm_a"], ids=lambda case: case["what"])
def test_algorithm_a_prints_what_iso_13528_prints(case: dict) -> None:
    found = algorithm_a(case["results"])
    half = 0.5 * 10.0 ** -case["decimals"] + 1e-12
    stopped = found.rounds.iloc[found.third_figure_round]
    assert stopped["value"] == pytest.approx(case["value"], abs=half)
    assert stopped["deviation"] == pytest.approx(case["deviation"], abs=half)
    assert found.value == pytest.approx(case["value"], abs=2 * half)
    assert found.deviation == pytest.approx(case["deviation"], abs=2 * half)
    if "uncertainty" in case:
        assert found.uncertainty == pytest.approx(case["uncertainty"], abs=half)
    if "rounds" in case:
        assert found.third_figure_round == case["rounds"]


def test_q_hampel_prints_what_iso_13528_prints() -> None:
    case = ISO["q_hampel"]
    found = q_hampel(ISO["algorithm_a"][case["results_of"]]["results"])
    half = 0.5 * 10.0 ** -case["decimals"]
    assert found.value == pytest.approx(case["value"], abs=half)
    assert found.deviation == pytest.approx(case["deviation"], abs=half)
    assert found.uncertainty == pytest.approx(case["uncertainty"], abs=half)


def test_scores_print_what_iso_13528_prints() -> None:
    case = ISO["scores"]
    rows = pd.DataFrame(case["rows"], columns=case["columns"]).set_index("laboratory")
    x, assigned, half = rows["result"], case["assigned"], 0.005 + 1e-9
    u_assigned = case["expanded_assigned"] / 2
    u_results = rows["expanded_uncertainty"] / rows["coverage_factor"]
    scores = {
        "z": z_score(x, assigned, sigma=case["sigma"]),
        "z_prime": z_prime_score(x, assigned, sigma=case["sigma"], u_assigned=u_assigned),
        "zeta": zeta_score(x, assigned, u_results=u_results, u_assigned=u_assigned),
        "en": en_score(
            x,
            assigned,
            expanded_results=rows["expanded_uncertainty"],
            expanded_assigned=case["expanded_assigned"],
        ),
    }
    for kind, found in scores.items():
        assert found.index.equals(rows.index)
        assert (found - rows[kind]).abs().max() <= half, kind
    assert not is_uncertainty_negligible(u_assigned, sigma=case["sigma"])


def test_algorithm_a_is_hubers_proposal_2_as_statsmodels_computes_it() -> None:
    huber = pytest.importorskip("statsmodels.robust.scale").Huber
    c = 1.5
    exact = 1 / math.sqrt(2 * norm.cdf(c) - 1 - 2 * c * norm.pdf(c) + 2 * c * c * norm.sf(c))
    rng = np.random.default_rng(7)
    for n in (8, 20, 35):
        x = np.r_[rng.normal(10, 1, n), rng.normal(25, 5, n // 6)]
        peer_value, peer_deviation = huber(c=c, tol=1e-13, maxiter=5000)(x)
        found = algorithm_a(x, tolerance=1e-13, scale=exact)
        assert found.value == pytest.approx(float(peer_value), rel=1e-9)
        assert found.deviation == pytest.approx(float(peer_deviation), rel=1e-8)


@given(WHOLE)
def test_robust_values_agree_with_the_slow_ones(results: list[int]) -> None:
    assert q_deviation(results) == pytest.approx(slow_q(results), rel=1e-6, abs=1e-9)
    value, deviation = slow_a([float(x) for x in results])
    assume(deviation > 1e-6)
    found = algorithm_a(results)
    if not found.note_en:
        assert found.value == pytest.approx(value, rel=1e-6, abs=1e-6)
        assert found.deviation == pytest.approx(deviation, rel=1e-6)


@given(WHOLE, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_robust_values_move_with_unit_and_origin(results: list[int], unit: float, origin: float) -> None:
    there = [x * unit + origin for x in results]
    for method in (algorithm_a, q_hampel):
        here, moved = method(results), method(there)
        size = max(abs(origin), 50 * unit)
        assert moved.value == pytest.approx(here.value * unit + origin, abs=1e-5 * size)
        assert moved.deviation == pytest.approx(here.deviation * unit, abs=1e-5 * size)


@given(WHOLE)
def test_hampel_mean_solves_its_equation(results: list[int]) -> None:
    deviation = q_deviation(results)
    assume(deviation > 0)
    found = hampel_mean(results, deviation)
    assert min(results) <= found <= max(results)
    total = sum(psi((x - found) / deviation) for x in results)
    assert abs(total) < 1e-7 or found == np.median(results)


def test_wild_results_do_not_move_the_robust_value() -> None:
    good = [9.8, 9.9, 10.0, 10.1, 10.2, 10.0, 9.95, 10.05]
    for method in (algorithm_a, q_hampel):
        assert method([*good, 1000.0]).value == pytest.approx(method([*good, 12.0]).value, abs=0.06)
    assert algorithm_a([*good, math.nan]).n_missing == 1


def test_equal_results_and_hard_starts() -> None:
    same = algorithm_a([5.0] * 6)
    assert (same.value, same.deviation, same.note_en) == (5.0, 0.0, "")
    assert q_hampel([5.0] * 6).deviation == 0.0
    half = algorithm_a([5, 5, 5, 5, 6, 9])
    assert half.note_en.startswith("over half") and half.note_zh and half.deviation > 0
    for bad, message in (([1.0, 2.0], "at least 3"), ([1.0, 2.0, math.inf], "finite")):
        with pytest.raises(ValueError, match=message):
            algorithm_a(bad)
    with pytest.raises(ValueError, match="finite number from 0 up"):
        hampel_mean([1, 2, 3], -1.0)


def test_judgement_at_its_bounds() -> None:
    scores = [2.0, 2.0001, -2.9999, -3.0, math.nan]
    assert judge_score(scores, kind="zeta").tolist() == [
        "satisfactory",
        "questionable",
        "questionable",
        "unsatisfactory",
        None,
    ]
    assert judge_score([0.999, -1.0], kind="en").tolist() == ["satisfactory", "unsatisfactory"]
    with pytest.raises(ValueError, match="kind is one of"):
        judge_score([1.0], kind="q")
    for call in (lambda: z_score(1, 1, sigma=0.0), lambda: zeta_score(1, 1, u_results=-1, u_assigned=1)):
        with pytest.raises(ValueError, match="not negative"):
            call()


def abilities(**changes: object) -> pd.DataFrame:
    row = {
        "laboratory": "A",
        "item": "lead",
        "n_per_year": 100,
        "limit_reached": 1.0,
        "valid_to": "2030-01-01",
        "last_score": 0.4,
    }
    return pd.DataFrame([{**row, **changes}])


def needs(*rows: tuple[str, int, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["need_id", "n_per_year", "limit_needed"])
    return table.assign(item="lead", limit_needed=table["limit_needed"].astype("float64"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"item": "tin"}, "no_laboratory"),
        ({"valid_to": "2025-12-31"}, "not_accredited"),
        ({"limit_reached": 2.0}, "limit_not_reached"),
        ({"last_score": -3.0}, "score_unsatisfactory"),
        ({"n_per_year": 40}, "capacity_short"),
        ({}, "none"),
    ],
)
def test_each_gap_names_its_reason(changes: dict[str, object], reason: str) -> None:
    found = capability_gaps(needs(("n", 60, 1.0)), abilities(**changes), on=TODAY)
    assert found["reason"].item() == reason
    assert found["served"].item() + found["gap"].item() == 60


def test_strict_needs_are_served_first_and_unscored_laboratories_named() -> None:
    labs = pd.concat(
        [abilities(n_per_year=50), abilities(laboratory="B", limit_reached=5.0, last_score=None)]
    )
    found = capability_gaps(needs(("loose", 120, None), ("strict", 50, 1.0)), labs, on=TODAY)
    assert found.index.tolist() == ["loose", "strict"]
    assert found["served"].to_dict() == {"loose": 100.0, "strict": 50.0}
    assert found["n_without_score"].to_dict() == {"loose": 1, "strict": 0}


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 4)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 4)), min_size=0, max_size=4),
)
def test_no_capacity_is_used_twice(wanted: list[tuple[int, int]], able: list[tuple[int, int]]) -> None:
    asked = needs(*[(f"n{k}", n, float(limit)) for k, (n, limit) in enumerate(wanted)])
    labs = pd.concat(
        [
            abilities().iloc[:0],
            *[
                abilities(laboratory=f"L{k}", n_per_year=n, limit_reached=float(r))
                for k, (n, r) in enumerate(able)
            ],
        ]
    ).astype({"n_per_year": "float64", "limit_reached": "float64", "last_score": "float64"})
    found = capability_gaps(asked, labs, on=TODAY)
    # the most that can be served: for every limit, what is asked at or below it cannot exceed what reaches it
    for limit in range(1, 5):
        strict = sum(
            s for s, (_, wanted_limit) in zip(found["served"], wanted, strict=True) if wanted_limit <= limit
        )
        assert strict <= sum(n for n, reached in able if reached <= limit) + 1e-9
    slack = [sum(n for n, r in able if r <= limit) for limit in range(1, 5)]
    asked_by = [sum(n for n, w in wanted if w <= limit) for limit in range(1, 5)]
    if all(a <= s for a, s in zip(asked_by, slack, strict=True)):
        assert (found["gap"] == 0).all()


def test_capability_tables_are_refused_with_every_fault() -> None:
    asked = needs(("n", -1, 1.0), ("n", 5, 1.0))
    with pytest.raises(InputFaults) as error:
        capability_gaps(asked, abilities(valid_to="soon", n_per_year=math.inf), on=TODAY)
    assert [fault.place for fault in error.value.faults] == [
        "needs: row 1",
        "needs: row 0: n_per_year",
        "abilities: row 0: n_per_year",
        "abilities: row 0: valid_to",
    ]
    with pytest.raises(InputFaults, match="abilities: last_score"):
        capability_gaps(asked, abilities().drop(columns="last_score"), on=TODAY)


@pytest.mark.parametrize(("x1", "n1", "x2", "n2", "lo", "hi"), NEWCOMBE)
def test_interval_prints_what_newcombe_printed(
    x1: int, n1: int, x2: int, n2: int, lo: float, hi: float
) -> None:
    found = verify_reduction(Counted(x1, n1), Counted(x2, n2))
    assert (found.difference_lo, found.difference_hi) == pytest.approx((lo, hi), abs=5e-5)


COUNTS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, COUNTS, st.sampled_from([0.8, 0.9, 0.95]))
def test_verification_agrees_with_statsmodels(
    first: tuple[int, int], second: tuple[int, int], level: float
) -> None:
    stats = pytest.importorskip("statsmodels.stats.proportion")
    found = verify_reduction(Counted(*first), Counted(*second), level=level)
    args = (*first, *second)
    lo, hi = stats.confint_proportions_2indep(*args, method="newcomb", compare="diff", alpha=1 - level)
    assert (found.difference_lo, found.difference_hi) == pytest.approx((lo, hi), abs=1e-9)
    assert found.difference_lo <= found.difference <= found.difference_hi


@given(COUNTS, COUNTS)
def test_probability_of_a_reduction_agrees_with_draws(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    rng = np.random.default_rng(3)
    p1, p2 = (rng.beta(x + 0.5, n - x + 0.5, 40_000) for x, n in (first, second))
    found = verify_reduction(Counted(*first), Counted(*second))
    assert found.p_reduced == pytest.approx(float((p1 > p2).mean()), abs=0.015)


def test_ratio_agrees_with_statsmodels_and_is_missing_without_events() -> None:
    stats = pytest.importorskip("statsmodels.stats.proportion")
    lo, hi = stats.confint_proportions_2indep(8, 200, 30, 200, method="log-adjusted", compare="ratio")
    found = verify_reduction(Counted(30, 200), Counted(8, 200))
    assert (found.ratio_lo, found.ratio_hi) == pytest.approx((lo, hi), rel=1e-9)
    none = verify_reduction(Counted(0, 50), Counted(0, 50))
    assert math.isnan(none.ratio) and none.verdict == "not_shown"


def test_verdicts_and_their_words() -> None:
    cases = {"reduced": (40, 10, 0.0), "worse": (10, 40, 0.0), "not_shown": (40, 10, 0.4)}
    for verdict, (first, second, margin) in cases.items():
        found = verify_reduction(Counted(first, 100), Counted(second, 100), margin=margin)
        assert found.verdict == verdict
        assert found.say_zh and found.say_en
    for bad in ((5, 4), (-1, 4), (0, 0), (1.5, 4)):
        with pytest.raises(ValueError, match="events"):
            Counted(*bad)
    with pytest.raises(ValueError, match="margin"):
        verify_reduction(Counted(1, 2), Counted(1, 2), margin=2.0)
