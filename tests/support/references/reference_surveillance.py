"""Farrington's method the slow and obvious way: one series, one week, a general model fitted by statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy.stats import nbinom, norm, poisson, t


def seasons(now: int, *, freq: int, b: int, w: int, periods: int, excluded: int) -> dict[int, int]:
    """Which past periods are used, each with its season."""
    found = {}
    for year in range(b, 0, -1):
        point, later = now - freq * year, now - freq * (year - 1)
        for period in range(point - w, point + w + 1):
            found[period] = periods - 1
        between = list(range(point + w + 1, later - w))
        size, rest = divmod(len(between), max(periods - 1, 1))
        for group in range(periods - 1):
            n = size + (group < rest)
            found.update(dict.fromkeys(between[:n], group))
            between = between[n:]
    for period in range(now - w, now + 1):
        found[period] = periods - 1
    return {period: group for period, group in found.items() if period < now - excluded}


def _fit(y: Any, x: Any, weights: Any) -> Any:
    model = sm.GLM(y, x, family=sm.families.Poisson(), var_weights=weights)
    return model.fit(tol=1e-13, maxiter=200)


def _two_stage(y: Any, x: Any, *, reweight: bool, threshold: float) -> tuple[Any, float, Any]:
    weights = np.ones(len(y))
    fit = _fit(y, x, weights)
    free = len(y) - x.shape[1]
    phi = max(((y - fit.mu) ** 2 / fit.mu).sum() / free, 1)
    if reweight:
        root = np.sqrt(fit.mu)[:, None] * x
        hat = np.einsum("ij,jk,ik->i", root, np.linalg.inv(root.T @ root), root)
        residual = 1.5 * (y ** (2 / 3) * fit.mu ** (-1 / 6) - fit.mu**0.5) / np.sqrt(phi * (1 - hat))
        weights = np.where(residual > threshold, residual**-2.0, 1.0)
        weights *= len(y) / weights.sum()
        fit = _fit(y, x, weights)
        phi = max((weights * (y - fit.mu) ** 2 / fit.mu).sum() / free, 1)
    return fit, phi, weights


def flexible(counts: Any, now: int, s: Any) -> tuple[float, float, float]:
    """Expected count, bound and p-value of one week; index from 0."""
    used = seasons(now, freq=52, b=s.years_back, w=s.half_window, periods=s.n_periods, excluded=s.n_excluded)
    when = np.array(sorted(used))
    y = np.asarray(counts, dtype=float)[when]
    groups = np.array([used[period] for period in when])
    own = (groups[:, None] == np.arange(s.n_periods)).astype(float)
    x = np.column_stack([own, when - now])
    keeps = s.has_trend and s.years_back >= 3
    fit, phi, weights = _two_stage(y, x, reweight=s.is_reweighted, threshold=s.weights_threshold)
    at = np.zeros(x.shape[1])
    at[s.n_periods - 1] = 1

    def error(x: Any, at: Any) -> tuple[Any, float]:
        bread = np.linalg.inv(x.T @ (x * (weights * fit.mu)[:, None]))
        used = weights if s.is_reweighted else fit.mu
        spread = (used * ((y - fit.mu) / fit.mu) ** 2).sum() / (len(y) - x.shape[1])
        return bread * spread, np.sqrt(at @ bread @ at * spread)

    if keeps:
        cov, _ = error(x, at)
        p = 2 * t.sf(abs(fit.params[-1] / np.sqrt(cov[-1, -1])), len(y) - x.shape[1])
        keeps = p < s.p_trend and np.exp(at @ fit.params) <= y.max()
    if not keeps:
        x, at = own, at[:-1]
        fit, phi, weights = _two_stage(y, x, reweight=s.is_reweighted, threshold=s.weights_threshold)
    _, se = error(x, at)
    eta = at @ fit.params
    return _bound(float(np.asarray(counts)[now]), eta, se, phi, s)


def _bound(y: float, eta: float, se: float, phi: float, s: Any) -> tuple[float, float, float]:
    mu = np.exp(eta)
    if s.bound == "delta":
        e = {"none": 1, "1/2": 0.5, "2/3": 2 / 3}[s.power]
        spread = np.sqrt(e**2 * mu ** (2 * e - 1) * (phi + (se * mu) ** 2 / mu))
        bound = (mu**e + norm.ppf(1 - s.alpha) * spread) ** (1 / e)
        return mu, bound, norm.sf(y**e, mu**e, spread)
    mean = np.exp(eta + norm.ppf(1 - s.alpha) * se) if s.bound == "muan" else mu
    law = nbinom(mean / (phi - 1), 1 / phi) if phi > 1 else poisson(mean)
    return mu, law.ppf(1 - s.alpha), law.sf(y - 1)
