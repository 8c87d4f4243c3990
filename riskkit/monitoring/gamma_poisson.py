"""The prior of the gamma-Poisson shrinker (MGPS), fitted to the counts of all pairs.

A pair with expected count E is reported N times; N is Poisson with mean λE, and λ comes from a mixture of two
gamma distributions, the same for all pairs: P·Gamma(α1, rate β1) + (1−P)·Gamma(α2, rate β2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import betainc, digamma, expit, gammaln, log_expit, logit

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.records.number_columns import Floats

STARTS = (
    (0.2, 0.1, 2.0, 4.0, 1 / 3),  # DuMouchel 1999
    (0.2, 0.06, 1.4, 1.8, 0.1),
    (0.5, 0.3, 1.0, 1.0, 0.5),
    (2.0, 0.3, 2.0, 2.0, 0.05),
    (10.0, 1.0, 3.0, 3.0, 0.02),
)
_FINE, _COARSE = 0.02, 0.25  # width of squashing bins of ln E; starts are compared on the coarse one
_BOUNDS = [(-12.0, 12.0)] * 4 + [(-18.0, 18.0)]  # of ln α, ln β and logit P
_AT_BOUND, _FLAT, _AGREE = 0.05, 1e-4, 0.05
_RIVAL = 2.0  # of the logarithm of the likelihood: a maximum so near cannot be told from the best
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class GammaPoissonPrior:
    """The prior of the reporting ratio λ.

    Parameters
    ----------
    alpha1, beta1, alpha2, beta2 : float
        Shape and rate of the two gamma distributions; the first has the larger mean.
    p : float
        Share of the first, 0–1.
    loglik : float
        Logarithm of the likelihood that the fit reached, over all pairs; NaN for a prior that is given.
    is_converged : bool
        Whether the slope of the likelihood vanishes there.
    n_starts_agreeing, n_starts : int
        Starting values that led to the same likelihood, and all that were tried.
    n_points : int
        Points that the pairs were squashed to.
    note : str
        Empty, ``several_maxima`` (another maximum of the likelihood is nearly as high),
        ``at_bound`` (a parameter ran to its bound: the data hold less than two components),
        ``not_converged`` or ``too_few_pairs``.
    """

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    p: float
    loglik: float = np.nan
    is_converged: bool = True
    n_starts_agreeing: int = 0
    n_starts: int = 0
    n_points: int = 0
    note: str = ""


def squashed(
    n: ArrayLike, expected: ArrayLike, *, weight: ArrayLike | None = None, width: float
) -> pd.DataFrame:
    """Pairs of one count and nearly one expected count gathered to a point (data squashing).

    Parameters
    ----------
    n, expected : array_like of float
        Reports [number] and expected reports [number, above 0] of each pair.
    weight : array_like of float, optional
        How many pairs each row stands for; 1 if not given.
    width : float
        Width of a bin [natural logarithm of the expected count].

    Returns
    -------
    DataFrame
        ``n, expected, weight``: expected is the mean of the bin; weights add up to the number of pairs.

    References
    ----------
    .. [1] DuMouchel and Pregibon (2001), KDD ’01:67–76 (``dumouchel_pregibon_2001``).

    Examples
    --------
    >>> squashed([1, 1, 2], [1.0, 1.002, 1.0], width=0.1).values.tolist()
    [[1.0, 1.001, 2.0], [2.0, 1.0, 1.0]]
    """
    count, mean = np.asarray(n, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    weights = np.ones_like(count) if weight is None else np.asarray(weight, dtype=np.float64)
    bins = np.floor(np.log(mean) / width)
    bins -= bins.min(initial=0)
    _, place = np.unique(count * (bins.max(initial=0) + 1) + bins, return_inverse=True)
    total = np.bincount(place, weights)
    sums = {"n": np.bincount(place, weights * count), "expected": np.bincount(place, weights * mean)}
    return pd.DataFrame({**{name: values / total for name, values in sums.items()}, "weight": total})


def fit_gamma_poisson(
    n: ArrayLike,
    expected: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    n_least: int = 1,
    starts: Sequence[tuple[float, float, float, float, float]] = STARTS,
) -> GammaPoissonPrior:
    """The prior under which the counts of all pairs are most likely.

    Parameters
    ----------
    n, expected : array_like of float
        Reports [number] and expected reports [number] of each pair; pairs with a missing number, with fewer
        than `n_least` reports or with nothing expected are left out.
    weight : array_like of float, optional
        How many pairs each row stands for; 1 if not given.
    n_least : int
        The smallest count among `n`. Counts below were never seen, so each component is cut off below it;
        0 where the pairs that never occur are among the rows (see `zero_pairs`).

    starts : sequence of (α1, β1, α2, β2, P)
        Where the searches begin. The likelihood may have several maxima; the highest that was reached
        counts, and the answer says how many starts led to it.

    Returns
    -------
    GammaPoissonPrior
        With its convergence; NaN with a note where fewer than 5 points are left.

    Raises
    ------
    InputFaults
        With every negative, infinite or fractional count, negative or infinite expected count or weight.

    References
    ----------
    .. [1] DuMouchel (1999), The American Statistician 53:177–190 (``dumouchel_1999``).
    .. [2] DuMouchel and Pregibon (2001), KDD ’01:67–76, counts below the smallest cut off
       (``dumouchel_pregibon_2001``).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> ratio = np.where(rng.random(20_000) < 0.1, rng.gamma(4, 1, 20_000), rng.gamma(3, 0.25, 20_000))
    >>> expected = rng.lognormal(0, 1, 20_000)
    >>> prior = fit_gamma_poisson(rng.poisson(ratio * expected), expected, n_least=0)
    >>> round(prior.p, 2), round(prior.alpha1 / prior.beta1, 1), prior.is_converged
    (0.11, 3.9, True)
    """
    if n_least < 0:
        raise ValueError(f"n_least is a whole number from 0 up, not {n_least}")
    count, mean, weights = _fit_rows(n, expected, weight, n_least=n_least)
    fine = squashed(count, mean, weight=weights, width=_FINE) if count.size else pd.DataFrame({"n": []})
    if len(fine) < 5:
        nothing = GammaPoissonPrior(np.nan, np.nan, np.nan, np.nan, np.nan, is_converged=False)
        return replace(nothing, n_starts=len(starts), n_points=len(fine), note="too_few_pairs")
    coarse = squashed(count, mean, weight=weights, width=_COARSE)
    searches = [_search(coarse, _packed(start), n_least=n_least) for start in starts]
    ends = np.array([found[0] for found in searches])
    value, x, slope = _search(fine, searches[int(ends.argmin())][1], n_least=n_least)
    n_points = len(fine)
    whole = pd.DataFrame({"n": count, "expected": mean, "weight": weights})
    if count.size <= 4 * n_points:  # squashing gains little here: the pairs themselves decide
        value, x, slope = _search(whole, x, n_least=n_least)
        n_points = count.size
    else:
        value = _loss(x, _Points(whole, n_least=n_least))[0]
    is_at_bound = any(min(v - lo, hi - v) < _AT_BOUND for v, (lo, hi) in zip(x, _BOUNDS, strict=True))
    is_flat = slope < _FLAT * max(1.0, float(weights.sum()) ** 0.5)
    agrees = ends < ends.min() + _AGREE
    is_rivalled = bool((~agrees & (ends < ends.min() + _RIVAL)).any())
    note = "at_bound" if is_at_bound else "not_converged" if not is_flat else "several_maxima" * is_rivalled
    return GammaPoissonPrior(
        *_unpacked(x),
        loglik=-value,
        is_converged=is_flat and not is_at_bound,
        n_starts_agreeing=int(agrees.sum()),
        n_starts=len(starts),
        n_points=n_points,
        note=note,
    )


def _fit_rows(
    n: ArrayLike, expected: ArrayLike, weight: ArrayLike | None, *, n_least: int
) -> tuple[Floats, Floats, Floats]:
    count, mean = pair_counts(n, expected)
    weights = np.ones_like(count) if weight is None else np.asarray(weight, dtype=np.float64).ravel()
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    rule = "a finite number from 0 up"
    refuse("weights", [Fault(f"row {row}", f"{weights[row]:g}", rule) for row in wrong])
    used = (count >= n_least) & (mean > 0) & (weights > 0)
    return count[used], mean[used], weights[used]


def pair_counts(n: ArrayLike, expected: ArrayLike) -> tuple[Floats, Floats]:
    """Counts and expected counts as floats, or every fault of both.

    Parameters
    ----------
    n, expected : array_like of float
        Reports [number] and expected reports [number] of each pair; NaN for missing.

    Raises
    ------
    InputFaults
        With every negative, infinite or fractional count and negative or infinite expected count.

    Examples
    --------
    >>> pair_counts([1, 2], [0.5, None])[1].tolist()
    [0.5, nan]
    """
    count, mean = (np.asarray(values, dtype=np.float64).ravel() for values in (n, expected))
    if count.size != mean.size:
        raise ValueError(f"{count.size} counts, but {mean.size} expected counts")
    with np.errstate(invalid="ignore"):
        bad_n = (count < 0) | np.isinf(count) | (np.floor(count) < count)
        bad_e = (mean < 0) | np.isinf(mean)
    rules = {
        "count": (bad_n, count, "a whole number from 0 up"),
        "expected": (bad_e, mean, "from 0 up, finite"),
    }
    faults = [
        (row, Fault(f"row {row}: {name}", f"{values[row]:g}", rule))
        for name, (bad, values, rule) in rules.items()
        for row in np.flatnonzero(bad)
    ]
    refuse("pairs", [fault for _, fault in sorted(faults, key=lambda found: found[0])])
    return count, mean


def _packed(start: tuple[float, ...]) -> Floats:
    return np.array([*np.log(start[:4]), logit(start[4])])


def _unpacked(x: Floats) -> tuple[float, float, float, float, float]:
    """The five parameters, the component with the larger mean first."""
    a1, b1, a2, b2 = (float(value) for value in np.exp(x[:4]))
    p = float(expit(x[4]))
    return (a1, b1, a2, b2, p) if a1 / b1 >= a2 / b2 else (a2, b2, a1, b1, 1 - p)


class _Points:
    """What the likelihood needs of the points, worked out once; functions of n only once a distinct n."""

    def __init__(self, points: pd.DataFrame, *, n_least: int) -> None:
        n, expected, weight = (
            points[name].to_numpy(dtype=np.float64) for name in ("n", "expected", "weight")
        )
        self.counts, self.place = np.unique(n, return_inverse=True)
        self.n, self.expected, self.weight, self.n_least = n, expected, weight, n_least
        self.fixed = n * np.log(expected) - gammaln(n + 1)


def _component(points: _Points, alpha: float, beta: float) -> tuple[Floats, Floats, Floats]:
    """Log of the negative binomial, cut off below the smallest count, and its slopes by ln α and ln β."""
    rate = beta + points.expected
    tail = np.log(rate)
    shape = (gammaln(alpha + points.counts) - gammaln(alpha))[points.place]
    slope = (digamma(alpha + points.counts) - digamma(alpha))[points.place]
    none = alpha * (np.log(beta) - tail)  # ln of the probability of no report
    log_f = points.fixed + shape + none - points.n * tail
    by_alpha = alpha * slope + none
    by_beta = alpha - beta * (alpha + points.n) / rate
    if points.n_least == 1:
        log_f = log_f - np.log(-np.expm1(none))
        odds = np.exp(none) / -np.expm1(none)
        by_alpha, by_beta = by_alpha + odds * none, by_beta + odds * alpha * points.expected / rate
    elif points.n_least > 1:
        log_f = log_f - np.log(_reached(points, alpha, beta))
        step = 1e-5
        more, less = np.exp(step), np.exp(-step)
        ends = [_reached(points, alpha * k, beta) for k in (more, less)]
        by_alpha = by_alpha - np.log(ends[0] / ends[1]) / (2 * step)
        ends = [_reached(points, alpha, beta * k) for k in (more, less)]
        by_beta = by_beta - np.log(ends[0] / ends[1]) / (2 * step)
    return log_f, by_alpha, by_beta


def _reached(points: _Points, alpha: float, beta: float) -> Floats:
    """Probability of at least the smallest count; never quite 0."""
    share = betainc(points.n_least, alpha, points.expected / (beta + points.expected))
    return np.asarray(np.maximum(share, _TINY))


def _loss(x: Floats, points: _Points) -> tuple[float, Floats]:
    """Minus the logarithm of the likelihood, and its slope by ln α1, ln β1, ln α2, ln β2, logit P."""
    (first, a1, b1), (second, a2, b2) = (
        _component(points, *np.exp(x[pair])) for pair in (slice(0, 2), slice(2, 4))
    )
    first, second = first + log_expit(x[4]), second + log_expit(-x[4])
    both = np.logaddexp(first, second)
    share = points.weight * expit(first - second)
    other = points.weight - share
    # Sums, not dot products: for so short columns the threads of BLAS cost more than they save.
    slope = [np.sum(part * by) for part, by in ((share, a1), (share, b1), (other, a2), (other, b2))]
    slope.append(share.sum() - expit(x[4]) * points.weight.sum())
    return -float(np.sum(points.weight * both)), -np.array(slope)


def _search(points: pd.DataFrame, start: Floats, *, n_least: int) -> tuple[float, Floats, float]:
    """The loss at the end of a search, where that is, and the largest slope that is left."""
    data = _Points(points, n_least=n_least)
    options = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-14, "gtol": 1e-7}
    found = minimize(_loss, start, args=(data,), jac=True, method="L-BFGS-B", bounds=_BOUNDS, options=options)
    return float(found.fun), found.x, float(np.abs(found.jac).max())
