"""Distributions fitted to a few judged quantiles, by least squares on the probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, gammainc, gammaincinv, ndtr, ndtri

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Elicited:
    """Judged quantiles and the family that fits them best.

    Parameters
    ----------
    values, probs : tuple of float
        The judged values and the probabilities of lying below them.
    family : str
        ``beta``, ``gamma``, ``lognormal`` or ``normal``.
    parameters : tuple of float
        beta: two shapes (on 0–1 of the support); gamma: shape, rate; lognormal: mean and sd of the
        logarithm; normal: mean, sd.
    lower, upper : float
        Bounds of the quantity.
    sum_of_squares : float
        Of the differences between fitted and judged probabilities.
    """

    values: tuple[float, ...]
    probs: tuple[float, ...]
    family: str
    parameters: tuple[float, float]
    lower: float
    upper: float
    sum_of_squares: float


def _cdf(family: str, parameters: tuple[float, float], x: Floats) -> Floats:
    a, b = parameters
    match family:
        case "beta":
            return np.asarray(betainc(a, b, x))
        case "gamma":
            return np.asarray(gammainc(a, b * x))
        case "lognormal":
            return np.asarray(ndtr((np.log(x) - a) / b))
        case _:
            return np.asarray(ndtr((x - a) / b))


def _inverse(family: str, parameters: tuple[float, float], probs: Floats) -> Floats:
    a, b = parameters
    match family:
        case "beta":
            return np.asarray(betaincinv(a, b, probs))
        case "gamma":
            return np.asarray(gammaincinv(a, probs) / b)
        case "lognormal":
            return np.asarray(np.exp(a + b * ndtri(probs)))
        case _:
            return np.asarray(a + b * ndtri(probs))


def _start(family: str, x: Floats, p: Floats) -> tuple[float, float]:
    z = ndtri(p)
    spread = float((z[-1] - z[0]) or 1.0)
    mean = float(np.interp(0.5, p, x))
    sd = max(float((x[-1] - x[0]) / spread), 1e-12 * max(abs(mean), 1.0))
    if family == "normal":
        return mean, sd
    if family == "lognormal":
        return float(np.log(mean)), float((np.log(x[-1]) - np.log(x[0])) / spread)
    if family == "gamma":
        return (mean / sd) ** 2, mean / sd**2
    size = max(mean * (1 - mean) / sd**2 - 1, 0.1)
    return mean * size, (1 - mean) * size


def _fit(family: str, x: Floats, p: Floats) -> tuple[tuple[float, float], float]:
    """Least squares on the probabilities; positive parameters are searched on the log scale."""
    located = family in ("normal", "lognormal")
    to_search: Callable[[float, float], tuple[float, float]] = (
        (lambda a, b: (a, math.log(b))) if located else (lambda a, b: (math.log(a), math.log(b)))
    )

    def parameters(u: Floats) -> tuple[float, float]:
        u = np.clip(u, -700, 700)
        return (float(u[0]) if located else math.exp(u[0])), math.exp(u[1])

    def misfit(u: Floats) -> float:
        with np.errstate(all="ignore"):
            squares = float(np.sum((_cdf(family, parameters(u), x) - p) ** 2))
        return squares if math.isfinite(squares) else 1e6

    start = np.asarray(to_search(*_start(family, x, p)))
    options = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 4000, "maxfev": 4000}
    found = minimize(misfit, start, method="Nelder-Mead", options=options)
    return parameters(found.x), float(found.fun)


def fit_quantiles(
    values: Sequence[float],
    probs: Sequence[float],
    *,
    lower: float = 0.0,
    upper: float = math.inf,
    family: str | None = None,
) -> Elicited:
    """Fit a distribution to judged quantiles.

    Parameters
    ----------
    values, probs : sequence of float, same length
        Judged values, strictly rising, inside the bounds; their probabilities, strictly rising.
    lower, upper : float
        Bounds of the quantity. Finite bounds: beta or log-normal; only a lower one: gamma or
        log-normal; none: normal.
    family : str, optional
        Fit this family instead of the one with the smallest sum of squares.

    Returns
    -------
    Elicited

    Raises
    ------
    ValueError
        When the judgements are not in order or outside the bounds.

    References
    ----------
    .. [1] Method of the SHELF protocol as in the R package SHELF (`fitdist`).

    Examples
    --------
    >>> fit = fit_quantiles([30, 40, 50], [0.25, 0.5, 0.75], lower=-math.inf)
    >>> fit.family, [round(v, 3) for v in fit.parameters]
    ('normal', [40.0, 14.826])
    """
    x, p = np.asarray(values, dtype=np.float64), np.asarray(probs, dtype=np.float64)
    in_order = x.size == p.size >= 2 and bool(np.all(np.diff(x) > 0) and np.all(np.diff(p) > 0))
    if not in_order or x[0] <= lower or x[-1] >= upper or p[0] <= 0 or p[-1] >= 1:
        raise ValueError(f"rising quantiles strictly between {lower:g} and {upper:g}")
    families = (family,) if family else _families(lower, upper)
    fits = {name: _fit(name, _scaled(name, x, lower=lower, upper=upper), p) for name in families}
    chosen = min(fits, key=lambda name: fits[name][1])
    parameters, squares = fits[chosen]
    return Elicited(tuple(x.tolist()), tuple(p.tolist()), chosen, parameters, lower, upper, squares)


def _families(lower: float, upper: float) -> tuple[str, ...]:
    if not math.isfinite(lower):
        return ("normal",)
    return ("beta", "lognormal") if math.isfinite(upper) else ("gamma", "lognormal")


def _scaled(family: str, x: Floats, *, lower: float, upper: float) -> Floats:
    if family == "normal":
        return x
    return (x - lower) / (upper - lower) if family == "beta" else x - lower


def elicited_quantile(fit: Elicited, probs: Floats) -> Floats:
    """Quantiles of a fitted distribution, kept inside its bounds.

    Parameters
    ----------
    fit : Elicited
        The fitted distribution.
    probs : ndarray of float
        Probabilities, 0–1; conditioned on the bounds where the family reaches beyond them.

    Returns
    -------
    ndarray of float
        In the shape of `probs`.

    Examples
    --------
    >>> fit = fit_quantiles([0.01, 0.05, 0.2], [0.05, 0.5, 0.95], upper=1.0)
    >>> fit.family
    'lognormal'
    >>> bool(elicited_quantile(fit, np.array([1.0]))[0] <= 1)
    True
    """
    if fit.family == "normal":
        return _inverse("normal", fit.parameters, probs)
    if fit.family == "beta":
        return fit.lower + (fit.upper - fit.lower) * _inverse("beta", fit.parameters, probs)
    width = fit.upper - fit.lower
    top = float(_cdf(fit.family, fit.parameters, np.array([width]))[0]) if math.isfinite(width) else 1.0
    return fit.lower + np.minimum(_inverse(fit.family, fit.parameters, probs * top), width)
