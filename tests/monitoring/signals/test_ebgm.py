"""The gamma-Poisson shrinker: priors and scores equal those of two other programs, or are better and say so."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, nbinom
from shared import own, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.ebgm import gamma_poisson_scores
from riskkit.monitoring.gamma_poisson import STARTS, GammaPoissonPrior, fit_gamma_poisson, squashed
from riskkit.monitoring.report_pairs import pair_sums, report_pairs, zero_pairs

ORACLE = own("disproportionality.json")["ebgm"]
PRIOR = GammaPoissonPrior(*ORACLE["prior"])
PARAMETERS = ("alpha1", "beta1", "alpha2", "beta2", "p")


def _named(path):
    """A table of a peer that wrote names with commas in them and no quotes: its numbers by the pair's name."""
    head, *lines = path.read_text(encoding="utf-8").replace('"', "").splitlines()
    columns = head.split(",")[2:]
    rows = [line.rsplit(",", len(columns)) for line in lines]
    return pd.DataFrame({row[0]: np.array(row[1:], dtype=float) for row in rows}, index=columns).T


def _by_name(table):
    return table.set_index((table["product"] + "," + table["event"]).str.replace('"', ""))


def test_scores_equal_those_of_another_program():
    rows = pd.DataFrame(ORACLE["rows"], columns=ORACLE["columns"])
    found = gamma_poisson_scores(rows["n"], rows["expected"], prior=PRIOR)
    for column in ("qn", "ebgm", "eb05", "eb95"):
        np.testing.assert_allclose(found[column], rows[column], rtol=2e-6, atol=6e-7)


def test_scores_equal_a_grid_of_priors():
    grid = pd.read_csv(shared("oracles", "ebgm", "fixed_theta_grid.expected.csv"))
    for theta, rows in grid.groupby(["alpha1", "beta1", "alpha2", "beta2", "p"]):
        found = gamma_poisson_scores(rows["N"], rows["E"], prior=GammaPoissonPrior(*theta))
        for column in ("qn", "ebgm", "eb05", "eb50", "eb95"):
            np.testing.assert_allclose(found[column], rows[column], rtol=1e-5)


def _theta(case):
    return GammaPoissonPrior(
        *(case[name] for name in ("alpha1", "beta1", "alpha2", "beta2")), case.get("P", case.get("p"))
    )


@pytest.mark.parametrize(
    ("case", "strata"), [("caers_unstratified", []), ("caers_stratified_gender", ["gender"])]
)
def test_caers_expected_counts_fit_and_scores_equal_openebgm(case, strata):
    folder = shared("oracles", "ebgm")
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["cases"][case]
    reports = pd.read_csv(shared("oracles", "disproportionality", "caers_reports.input.csv"))
    peer = _named(folder / f"{case}.expected.csv")
    tables = _by_name(report_pairs(reports, strata=strata)).loc[peer.index]
    np.testing.assert_allclose(tables["expected"], peer["E"], rtol=1e-10)
    points = pd.read_csv(folder / f"{meta['fit_on']}")
    found = fit_gamma_poisson(points["N"], points["E"], weight=points["weight"])
    assert found.is_converged
    assert -found.loglik <= meta["fit"]["neg_loglik_squashed"] + 1e-3
    assert (found.note == "several_maxima") == (case == "caers_unstratified")
    same = fit_gamma_poisson(points["N"], points["E"], weight=points["weight"], starts=STARTS[:1])
    theta = _theta(meta["fit"]["theta"])
    assert (same.alpha1, same.beta1, same.alpha2, same.beta2, same.p) == pytest.approx(
        (theta.alpha1, theta.beta1, theta.alpha2, theta.beta2, theta.p), rel=0.03
    )
    for prior, rtol in ((theta, 1e-5), (same, 0.01)):
        scores = gamma_poisson_scores(tables["a"], tables["expected"], prior=prior)
        for column in ("qn", "ebgm", "eb05", "eb50", "eb95"):
            np.testing.assert_allclose(scores[column], peer[column], rtol=rtol)


@pytest.mark.parametrize("is_full", [False, True])
def test_fits_of_a_large_extract_reach_the_likelihood_of_two_programs(is_full):
    folder = shared("oracles", "ebgm")
    cases = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["cases"]
    pairs = pair_sums(pd.read_csv(shared("oracles", "disproportionality", "phvid_pairs.input.csv")))
    n, expected, weight = pairs["a"], pairs["expected"], None
    peer = _theta(cases["phvid"]["fit_unsquashed"]["theta"])
    if is_full:
        zeros = zero_pairs(pairs)
        n, expected = (pd.concat([pairs[x], zeros[y]]) for x, y in (("a", "n"), ("expected", "expected")))
        weight = np.concatenate([np.ones(len(pairs)), zeros["weight"]])
        peer = _theta(cases["phvid_gps_full_table"]["prior"])
    found = fit_gamma_poisson(n, expected, weight=weight, n_least=0 if is_full else 1)
    assert (found.is_converged, found.n_starts_agreeing, found.note) == (True, 5, "")
    assert [getattr(found, x) for x in PARAMETERS] == pytest.approx(
        [getattr(peer, x) for x in PARAMETERS], rel=1e-3
    )
    if not is_full:
        assert -found.loglik <= cases["phvid"]["fit_unsquashed"]["neg_loglik"] + 1e-3
        return
    scores = pd.read_csv(folder / "phvid_gps_full_table.expected.csv")
    mine = gamma_poisson_scores(scores["N"], scores["E"], prior=found)
    np.testing.assert_allclose(mine["eb05"], scores["lb05"], rtol=0.01)
    np.testing.assert_allclose(mine["post_h0"], scores["post_h0"], rtol=0.01, atol=1e-5)


def _slow_loglik(n, expected, prior, n_least):
    total = 0.0
    for count, mean in zip(n, expected, strict=True):
        parts = [
            nbinom.pmf(count, alpha, beta / (beta + mean))
            / nbinom.sf(n_least - 1, alpha, beta / (beta + mean))
            for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2))
        ]
        total += np.log(prior.p * parts[0] + (1 - prior.p) * parts[1])
    return total


@pytest.mark.parametrize("n_least", [0, 1, 2])
def test_the_likelihood_is_that_of_the_slow_version_and_nothing_near_is_higher(n_least):
    rng = np.random.default_rng(5)
    expected = rng.lognormal(0, 1, 600)
    n = rng.poisson(expected * np.where(rng.random(600) < 0.2, rng.gamma(8, 1, 600), rng.gamma(3, 0.3, 600)))
    n, expected = n[n >= n_least], expected[n >= n_least]
    found = fit_gamma_poisson(n, expected, n_least=n_least)
    assert found.is_converged
    assert found.loglik == pytest.approx(_slow_loglik(n, expected, found, n_least), abs=1e-6)
    for name in PARAMETERS:
        for factor in (0.97, 1.03):
            moved = GammaPoissonPrior(
                **{k: getattr(found, k) * (factor if k == name else 1) for k in PARAMETERS}
            )
            assert _slow_loglik(n, expected, moved, n_least) < found.loglik


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(1e-6, 500)), min_size=1, max_size=20))
def test_quantiles_are_quantiles_and_in_order(rows):
    n, expected = np.array(rows).T
    found = gamma_poisson_scores(n, expected, prior=PRIOR)
    assert (found["eb05"] <= found["eb50"]).all()
    assert (found["eb50"] <= found["eb95"]).all()
    for column, level in (("eb05", 0.05), ("eb50", 0.5), ("eb95", 0.95)):
        below = sum(
            share * gamma.cdf(found[column], alpha + n, scale=1 / (beta + expected))
            for share, alpha, beta in (
                (found["qn"], PRIOR.alpha1, PRIOR.beta1),
                (1 - found["qn"], PRIOR.alpha2, PRIOR.beta2),
            )
        )
        np.testing.assert_allclose(below, level, rtol=1e-7)


def test_what_is_missing_stays_missing_and_harms_nobody():
    n = pd.Series([3, None, 4, 5], index=list("abcd"))
    expected = pd.Series([0.5, 1, None, 0], index=list("abcd"))
    found = gamma_poisson_scores(n, expected, prior=PRIOR)
    assert found.index.tolist() == list("abcd")
    assert found["ebgm"].isna().tolist() == [False, True, True, False]
    alone = gamma_poisson_scores([3], [0.5], prior=PRIOR)
    assert found.loc["a"].tolist() == alone.loc[0].tolist()
    with pytest.raises(InputFaults) as caught:
        gamma_poisson_scores([-1, 2.5, 3], [1, 1, -2], prior=PRIOR)
    assert len(caught.value.faults) == 3


def test_fits_without_enough_data_say_so():
    nothing = fit_gamma_poisson([1, 1, 2], [0.5, 0.5, 0.5])
    assert (nothing.note, nothing.is_converged) == ("too_few_pairs", False)
    assert gamma_poisson_scores([1], [1.0], prior=nothing)["ebgm"].isna().all()
    rng = np.random.default_rng(2)
    expected = rng.lognormal(1, 1, 500)
    plain = fit_gamma_poisson(rng.poisson(expected), expected, n_least=0)
    assert (plain.note, plain.is_converged) == ("at_bound", False)


def test_squashing_keeps_pairs_and_reports():
    rng = np.random.default_rng(1)
    n, expected = rng.poisson(2, 5000), rng.lognormal(0, 1, 5000)
    points = squashed(n, expected, width=0.1)
    assert len(points) < 1000
    assert points["weight"].sum() == 5000
    assert (points["weight"] * points["expected"]).sum() == pytest.approx(expected.sum())
