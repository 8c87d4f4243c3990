"""Rates of many small groups drawn together: empirical Bayes with a beta-binomial model.

Each group g has its own rate θ_g, drawn from one Beta(α, β); what is found nonconforming among n_g tested is
binomial given θ_g. α and β are those under which all the counts together are most likely; the rate of a
group then is Beta(α + x_g, β + n_g − x_g). A group of which little was tested is drawn far towards the
others, a group of which much was tested hardly moves. What stays unsaid is that α and β are estimates too:
with few groups the intervals are somewhat too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, betaln, digamma, gammaln, polygamma

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.records.number_columns import Floats

_STEPS, _NEAR = 50, 1e-12
_LEAST = 1e-6  # of α + β; below, every group is all or nothing
_CHUNK = 1 << 20


@dataclass(frozen=True)
class BetaPrior:
    """How rates spread over groups.

    Parameters
    ----------
    alpha, beta : float
        Of the beta distribution; NaN where it cannot be fitted.
    loglik : float
        Logarithm of the likelihood reached, the binomial coefficients included; NaN for moments.
    n_groups : int
        Groups with something tested.
    note : str
        ``too_few_groups`` (below 2), ``all_alike`` (none or all of what was tested is nonconforming),
        ``all_or_nothing`` (in each group none or all), ``no_spread`` (the groups differ no more than chance
        makes them; α + β is held at the number tested in all, so that the prior never claims to know more
        than was tested), or empty.
    """

    alpha: float
    beta: float
    loglik: float
    n_groups: int
    note: str

    @property
    def mean(self) -> float:
        """Mean of the rates."""
        return self.alpha / (self.alpha + self.beta)


def _known(n_nonconforming: ArrayLike, n_tested: ArrayLike) -> tuple[Floats, Floats]:
    x, n = (np.asarray(values, dtype=np.float64).ravel() for values in (n_nonconforming, n_tested))
    with np.errstate(invalid="ignore"):
        wrong = (x < 0) | (n < 0) | (x > n) | np.isinf(n)
        is_used = n > 0
    rule = "0 ≤ nonconforming ≤ tested"
    refuse("counts", [Fault(f"value {k}", f"{x[k]:g} of {n[k]:g}", rule) for k in np.flatnonzero(wrong)])
    is_used &= ~np.isnan(x)
    return x[is_used], n[is_used]


def fit_moments(n_nonconforming: ArrayLike, n_tested: ArrayLike) -> BetaPrior:
    """The beta distribution with the mean and standard deviation of the groups' raw rates.

    Quick and rough: it takes the chance in the raw rates for spread.

    Parameters
    ----------
    n_nonconforming, n_tested : array_like of float
        Counts by group; groups with nothing tested or a missing count are left out.

    Returns
    -------
    BetaPrior
        With a note, and NaN, where the rates do not vary or there are fewer than two.

    References
    ----------
    .. [1] Gelman et al., Bayesian Data Analysis, section 5.1 (``gelman_bda``).

    Examples
    --------
    >>> found = fit_moments([0, 2, 4, 1], [20, 20, 20, 20])
    >>> round(found.alpha, 3), round(found.beta, 3)
    (0.871, 9.079)
    """
    x, n = _known(n_nonconforming, n_tested)
    if x.size < 2:
        return BetaPrior(np.nan, np.nan, np.nan, x.size, "too_few_groups")
    rates = x / n
    mean, spread = float(rates.mean()), float(rates.var(ddof=1))
    if spread == 0:
        return BetaPrior(np.nan, np.nan, np.nan, x.size, "all_alike" if mean in (0, 1) else "no_spread")
    size = mean * (1 - mean) / spread - 1
    return BetaPrior(mean * size, (1 - mean) * size, np.nan, x.size, "")


def fit_beta_binomial(n_nonconforming: ArrayLike, n_tested: ArrayLike) -> BetaPrior:
    """The beta distribution of the groups' rates under which their counts are most likely.

    Parameters
    ----------
    n_nonconforming, n_tested : array_like of float
        Counts by group; groups with nothing tested or a missing count are left out.

    Returns
    -------
    BetaPrior
        NaN, with a note, where there is nothing to fit.

    Raises
    ------
    InputFaults
        With every group of which more is nonconforming than was tested.

    References
    ----------
    .. [1] Gelman et al., Bayesian Data Analysis, chapter 5, with the likelihood maximised
       (``gelman_bda``); Skellam (1948), J. R. Stat. Soc. B 10:257–261.

    Examples
    --------
    >>> found = fit_beta_binomial([1, 4, 9, 4, 10], [10, 11, 12, 4, 10])
    >>> round(found.mean, 2), found.note
    (0.66, '')
    """
    x, n = _known(n_nonconforming, n_tested)
    if x.size < 2:
        return BetaPrior(np.nan, np.nan, np.nan, x.size, "too_few_groups")
    if x.sum() in (0, n.sum()):
        return BetaPrior(np.nan, np.nan, np.nan, x.size, "all_alike")
    pairs, times = np.unique(np.stack([x, n]), axis=1, return_counts=True)
    data = pairs[0], pairs[1], times.astype(np.float64)
    rough, most = fit_moments(x, n), float(n.sum())
    starts = [x.sum() / n.sum(), rough.mean if rough.alpha > 0 else x.sum() / n.sum()]
    sizes = [10.0, float(np.clip(rough.alpha + rough.beta, 0.1, most)) if rough.alpha > 0 else 10.0]
    climbed = [_climbed(data, *start, most=most) for start in zip(starts, sizes, strict=True)]
    best = min(climbed, key=lambda found: found[0])
    mean, size = best[1:]
    if size < _LEAST * (1 + 1e-6):
        return BetaPrior(np.nan, np.nan, np.nan, x.size, "all_or_nothing")
    is_edge = size > most * (1 - 1e-6)
    a, b = mean * size, (1 - mean) * size
    a, b = (a, b) if is_edge else _sharpened(data, a, b)
    return BetaPrior(a, b, _loglik(data, a, b), x.size, "no_spread" if is_edge else "")


def _loglik(data: tuple[Floats, Floats, Floats], a: float, b: float) -> float:
    x, n, times = data
    choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return float((times * (choose + betaln(x + a, n - x + b) - betaln(a, b))).sum())


def _sharpened(data: tuple[Floats, Floats, Floats], a: float, b: float) -> tuple[float, float]:
    """Newton's steps from next to the summit to the summit, as long as they go uphill and stay positive."""
    x, n, times = data
    for _ in range(_STEPS):
        whole, bend = (polygamma(k, n + a + b) - polygamma(k, a + b) for k in (0, 1))
        slope = np.array(
            [
                (times * (digamma(x + a) - digamma(a) - whole)).sum(),
                (times * (digamma(n - x + b) - digamma(b) - whole)).sum(),
            ]
        )
        by_a = (times * (polygamma(1, x + a) - polygamma(1, a) - bend)).sum()
        by_b = (times * (polygamma(1, n - x + b) - polygamma(1, b) - bend)).sum()
        across = -(times * bend).sum()
        size = by_a * by_b - across * across
        if by_a >= 0 or size <= 0:
            break
        step = np.array([by_b * slope[0] - across * slope[1], by_a * slope[1] - across * slope[0]]) / size
        if a - step[0] <= 0 or b - step[1] <= 0:
            break
        a, b = a - float(step[0]), b - float(step[1])
        if max(abs(step[0]) / a, abs(step[1]) / b) < _NEAR:
            break
    return a, b


def _climbed(
    data: tuple[Floats, Floats, Floats], mean: float, size: float, *, most: float
) -> tuple[float, float, float]:
    """The likeliest mean and size (α + β) from a start: −log likelihood, mean, size."""
    x, n, times = data

    def downhill(at: Floats) -> tuple[float, Floats]:
        m, s = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
        a, b = m * s, (1 - m) * s
        value = float((times * (betaln(x + a, n - x + b) - betaln(a, b))).sum())
        whole = digamma(n + s) - digamma(s)
        by_a = float((times * (digamma(x + a) - digamma(a) - whole)).sum())
        by_b = float((times * (digamma(n - x + b) - digamma(b) - whole)).sum())
        slope = np.array([(by_a - by_b) * s * m * (1 - m), by_a * a + by_b * b])
        return -value, -slope

    bounds = [(-30.0, 30.0), (np.log(_LEAST), np.log(most))]
    start = np.array([np.log(mean) - np.log1p(-mean), np.log(min(size, most))])
    found = minimize(
        downhill, start, jac=True, bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500}
    )
    m, s = 1 / (1 + np.exp(-found.x[0])), np.exp(found.x[1])
    return float(found.fun), float(m), float(s)


def shrunk_rates(
    n_nonconforming: ArrayLike,
    n_tested: ArrayLike,
    *,
    prior: BetaPrior,
    level: float = 0.95,
    threshold: float | None = None,
) -> pd.DataFrame:
    """The rate of each group given its counts and how rates spread over groups.

    Parameters
    ----------
    n_nonconforming, n_tested : array_like of float
        Counts by group; a Series keeps its index.
    prior : BetaPrior
        From `fit_beta_binomial`, or one of one's own.
    level : float
        Credible level, between 0 and 1.
    threshold : float, optional
        Rate to be exceeded; the rate of all tested together otherwise.

    Returns
    -------
    DataFrame
        One row a group: alpha, beta of its posterior, rate_mean, rate_lo, rate_hi, p_exceeds (P(rate >
        threshold)), weight (share of the group's own counts in the mean), note (``untested``: the spread
        over groups is all that is known; ``unknown``: a count is missing, so is the rest; else that of the
        prior).

    Raises
    ------
    InputFaults
        With every group of which more is nonconforming than was tested.

    References
    ----------
    .. [1] Gelman et al., Bayesian Data Analysis, section 5.1 (``gelman_bda``).

    Examples
    --------
    >>> prior = BetaPrior(1.4, 8.6, np.nan, 70, "")
    >>> shrunk_rates([4], [14], prior=prior)["rate_mean"].round(3).tolist()
    [0.225]
    """
    _known(n_nonconforming, n_tested)
    x, n = (np.asarray(values, dtype=np.float64) for values in (n_nonconforming, n_tested))
    index = n_tested.index if isinstance(n_tested, pd.Series) else pd.RangeIndex(n.size)
    is_unknown = np.isnan(x) | np.isnan(n)
    if threshold is None:
        with np.errstate(invalid="ignore", divide="ignore"):
            threshold = float(np.float64(x[~is_unknown].sum()) / n[~is_unknown].sum())
    a, b = prior.alpha + x, prior.beta + n - x
    tail = (1 - level) / 2
    out = pd.DataFrame({"alpha": a, "beta": b, "rate_mean": a / (a + b)}, index=index)
    out["rate_lo"], out["rate_hi"] = betaincinv(a, b, tail), betaincinv(a, b, 1 - tail)
    out["p_exceeds"] = 1 - betainc(a, b, threshold) if np.isfinite(threshold) else np.nan
    out["weight"] = n / (prior.alpha + prior.beta + n)
    unknown = is_unknown | ~np.isfinite(prior.alpha)
    out.loc[unknown, :] = np.nan
    out["note"] = np.select([is_unknown, n == 0], ["unknown", "untested"], default=prior.note)
    return out


def rank_probabilities(
    alpha: ArrayLike,
    beta: ArrayLike,
    *,
    rng: np.random.Generator,
    top: int = 1,
    draws: int = 10_000,
    level: float = 0.95,
) -> pd.DataFrame:
    """How sure the order of the groups is: the probability of being among the worst, and the rank.

    Parameters
    ----------
    alpha, beta : array_like of float, shape (n,)
        Of each group's posterior, as from `shrunk_rates`; groups with NaN are not ranked.
    rng : Generator
        Randomness.
    top : int
        How many places count as worst.
    draws : int
        Number of draws; an error of at most 0.5/√draws on each probability.
    level : float
        Credible level of the rank, between 0 and 1.

    Returns
    -------
    DataFrame
        p_top (probability of one of the `top` highest rates), rank_mean, rank_lo, rank_hi (1 = highest
        rate).

    Raises
    ------
    ValueError
        When `top` or `draws` is below 1.

    References
    ----------
    .. [1] Ranking by posterior draws, Gelman et al., Bayesian Data Analysis, chapter 5 (``gelman_bda``).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rank_probabilities([50, 5], [50, 95], rng=rng)["p_top"].tolist()
    [1.0, 0.0]
    """
    if top < 1 or draws < 1:
        raise ValueError("top and draws are whole numbers from 1 up")
    a, b = (np.asarray(values, dtype=np.float64) for values in (alpha, beta))
    index: Any = alpha.index if isinstance(alpha, pd.Series) else pd.RangeIndex(a.size)
    out = pd.DataFrame(np.nan, index=index, columns=["p_top", "rank_mean", "rank_lo", "rank_hi"])
    ranked = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    if ranked.size:
        out.iloc[ranked] = _ranks(a[ranked], b[ranked], rng=rng, top=top, draws=draws, level=level)
    return out


def _ranks(a: Floats, b: Floats, *, rng: np.random.Generator, top: int, draws: int, level: float) -> Floats:
    """Columns p_top, mean rank, lower and upper rank; ranks are tallied, so no draw is kept."""
    size = a.size
    tally = np.zeros((size, size), dtype=np.int64) if size * size <= _CHUNK else None
    n_top, total = np.zeros(size), np.zeros(size)
    kept = []
    step = max(1, _CHUNK // size)
    for start in range(0, draws, step):
        rates = rng.beta(a, b, size=(min(step, draws - start), size))
        rank = np.empty(rates.shape, dtype=np.int32)
        np.put_along_axis(rank, np.argsort(-rates, axis=1), np.arange(size, dtype=np.int32)[None, :], axis=1)
        n_top += (rank < top).sum(axis=0)
        total += rank.sum(axis=0, dtype=np.float64)
        if tally is None:
            kept.append(rank)
        else:
            np.add.at(tally, (np.broadcast_to(np.arange(size), rank.shape), rank), 1)
    tail = (1 - level) / 2
    if tally is None:
        every = np.concatenate(kept)
        ends = [np.quantile(every, share, axis=0, method="inverted_cdf") for share in (tail, 1 - tail)]
    else:
        share_so_far = tally.cumsum(axis=1) / draws
        ends = [(share_so_far < share - 1e-12).sum(axis=1) for share in (tail, 1 - tail)]
    return np.stack([n_top / draws, total / draws + 1, *(end + 1.0 for end in ends)], axis=1)
