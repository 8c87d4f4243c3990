"""EBGM, EB05 and EB95: the reporting ratio of each pair, drawn towards what all pairs have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, expit, gammainc, gammaincinv, gammaln, logit

from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.gamma_poisson import GammaPoissonPrior, pair_counts

Rows = NDArray[np.intp]
_CHUNK = 1 << 16  # rows at a time: what is worked on stays in the processor's cache
_NEAR = 1e-12
_STEP = 1e-5  # of ln λ; a step this small leaves an error of its third power
_TINY = float(np.finfo(np.float64).tiny)  # a quantile below it is shown as about 0


def gamma_poisson_scores(
    n: ArrayLike, expected: ArrayLike, *, prior: GammaPoissonPrior, null_ratio: float = 1.0
) -> pd.DataFrame:
    """EBGM and the quantiles of the reporting ratio of each pair, given the prior.

    Parameters
    ----------
    n, expected : array_like of float or Series
        Reports [number] and expected reports [number] of each pair. With nothing expected the answer is its
        limit as the expected count goes to 0.
    prior : GammaPoissonPrior
        Fitted or given.
    null_ratio : float
        Reporting ratio up to which there is nothing to see.

    Returns
    -------
    DataFrame
        With the index of `n` where that has one: ``qn`` (posterior share of the first component), ``ebgm``
        (geometric mean of λ), ``eb05, eb50, eb95`` (its quantiles) [ratio], ``post_h0`` (probability that
        λ ≤ `null_ratio`); NaN where a number is missing or the prior is.

    Raises
    ------
    InputFaults
        As of `fit_gamma_poisson`.

    References
    ----------
    .. [1] DuMouchel (1999), The American Statistician 53:177–190, formulas 7–11 (``dumouchel_1999``).

    Examples
    --------
    >>> prior = GammaPoissonPrior(0.204, 0.058, 1.415, 1.838, 0.097)
    >>> gamma_poisson_scores([10], [2.0], prior=prior)[["ebgm", "eb05", "eb95"]].round(3).values.tolist()
    [[3.602, 1.875, 6.948]]
    """
    count, mean = pair_counts(n, expected)
    index = n.index if isinstance(n, pd.Series) else pd.RangeIndex(count.size)
    names = ("qn", "ebgm", "eb05", "eb50", "eb95", "post_h0")
    scores = np.full((len(names), count.size), np.nan)
    known = np.flatnonzero(~(np.isnan(count) | np.isnan(mean)))
    if not np.isnan(prior.alpha1):
        for part in np.split(known, range(_CHUNK, known.size, _CHUNK)):
            scores[:, part] = _scored(_Posterior(count[part], mean[part], prior), null_ratio)
    return pd.DataFrame(dict(zip(names, scores, strict=True)), index=index)


class _Posterior:
    """The mixture of two gamma distributions that λ of each pair follows after its count."""

    def __init__(self, n: Floats, expected: Floats, prior: GammaPoissonPrior) -> None:
        self.counts, self.place = np.unique(n, return_inverse=True)
        self.share, self.shapes, self.rates = np.empty(0), [], []
        weights = []
        for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2)):
            rate, shape = beta + expected, alpha + self.counts
            form = (gammaln(shape) - gammaln(alpha) + alpha * np.log(beta))[self.place]
            weights.append(form - (alpha + n) * np.log(rate))  # E^n / n! is the same in both
            self.shapes.append(shape)
            self.rates.append(rate)
        self.share = expit(logit(prior.p) + weights[0] - weights[1])
        self.constants = [gammaln(shape)[self.place] for shape in self.shapes]
        self.powers = [shape[self.place] for shape in self.shapes]


def _scored(posterior: _Posterior, null_ratio: float) -> Floats:
    logs = [
        digamma(shape)[posterior.place] - np.log(rate)
        for shape, rate in zip(posterior.shapes, posterior.rates, strict=True)
    ]
    ebgm = np.exp(posterior.share * logs[0] + (1 - posterior.share) * logs[1])
    ratio = np.full(ebgm.size, float(null_ratio))
    quantiles = [_quantile(posterior, level) for level in (0.05, 0.5, 0.95)]
    return np.stack([posterior.share, ebgm, *quantiles, _below(posterior, ratio, np.arange(ebgm.size))[0]])


def _below(posterior: _Posterior, x: Floats, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Probability that λ ≤ x, and its first and second slope by ln x."""
    below, slope, bend = np.zeros(x.size), np.zeros(x.size), np.zeros(x.size)
    share = posterior.share[rows]
    for k, weight in enumerate((share, 1 - share)):
        power, scaled = posterior.powers[k][rows], posterior.rates[k][rows] * x
        below += weight * gammainc(power, scaled)
        density = weight * np.exp(power * np.log(scaled) - scaled - posterior.constants[k][rows])
        slope += density
        bend += density * (power - scaled)
    return below, slope, bend


def _quantile(posterior: _Posterior, level: float) -> Floats:
    """The quantile of each mixture: Halley's steps on ln λ, kept between the quantiles of the components."""
    ends = [
        np.log(np.maximum(gammaincinv(shape, level), _TINY)[posterior.place]) - np.log(rate)
        for shape, rate in zip(posterior.shapes, posterior.rates, strict=True)
    ]
    lo, hi = np.minimum(*ends), np.maximum(*ends)
    x = posterior.share * ends[0] + (1 - posterior.share) * ends[1]
    rows = np.flatnonzero(hi - lo > _NEAR)
    for _ in range(200):  # halving alone needs 60
        if not rows.size:
            break
        here = x[rows]
        below, slope, bend = _below(posterior, np.exp(here), rows)
        miss = below - level
        lo[rows], hi[rows] = np.where(miss < 0, here, lo[rows]), np.where(miss > 0, here, hi[rows])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = here - miss / (slope - miss * bend / (2 * slope))
        inside = (step >= lo[rows]) & (step <= hi[rows])
        x[rows] = np.where(miss == 0, here, np.where(inside, step, (lo[rows] + hi[rows]) / 2))
        rows = rows[(np.abs(x[rows] - here) > _STEP) & (miss != 0)]
    return np.asarray(np.exp(x))
