"""Distributions fitted to a few judged quantiles, by least squares on the probabilities or exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import RuleText
from riskkit.foundation.numbers.kept_quantiles import (
    KEEPING,
    metalog_coefficients,
    metalog_quantile,
    piecewise_ends,
)
from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]

FAMILIES = ("beta", "gamma", "lognormal", "normal", "mirrorgamma", "mirrorlognormal", *KEEPING)


@dataclass(frozen=True)
class Elicited:
    """Judged quantiles and the family that stands for them.

    Parameters
    ----------
    values, probs : tuple of float
        The judged values and the probabilities of lying below them.
    family : str
        One of `FAMILIES`.
    parameters : tuple of float
        beta: two shapes (on 0–1 of the support); gamma: shape, rate, of the distance from the lower bound;
        lognormal: mean and sd of the logarithm of that distance; the mirror families: the same of the
        distance from the upper bound; normal: mean, sd; metalog: its coefficients; piecewise: where its
        pieces begin and end.
    lower, upper : float
        Bounds of the quantity.
    sum_of_squares : float
        Of the differences between fitted and judged probabilities.
    is_chosen : bool
        Whether the family was asked for, and not the one that fits best.
    """

    values: tuple[float, ...]
    probs: tuple[float, ...]
    family: str
    parameters: tuple[float, ...]
    lower: float
    upper: float
    sum_of_squares: float
    is_chosen: bool = False


def _cdf(family: str, parameters: Sequence[float], x: Floats) -> Floats:
    a, b = parameters
    match family:
        case "beta":
            return np.asarray(scipy.special.betainc(a, b, x))
        case "gamma":
            return np.asarray(scipy.special.gammainc(a, b * x))
        case "lognormal":
            return np.asarray(scipy.special.ndtr((np.log(x) - a) / b))
        case _:
            return np.asarray(scipy.special.ndtr((x - a) / b))


def _inverse(family: str, parameters: Sequence[float], probs: Floats) -> Floats:
    a, b = parameters
    match family:
        case "beta":
            return np.asarray(scipy.special.betaincinv(a, b, probs))
        case "gamma":
            return np.asarray(scipy.special.gammaincinv(a, probs) / b)
        case "lognormal":
            return np.asarray(np.exp(a + b * scipy.special.ndtri(probs)))
        case _:
            return np.asarray(a + b * scipy.special.ndtri(probs))


def _starts(family: str, x: Floats, p: Floats) -> list[tuple[float, float]]:
    """Where the search begins: the line through the normal scores, or moments and a shape of 1."""
    z = scipy.special.ndtri(p)
    sd = float((x[-1] - x[0]) / (z[-1] - z[0]))
    if family == "normal":
        return [(float(x.mean() - sd * z.mean()), sd)]
    mean = float(np.interp(0.5, p, x))
    if family == "gamma":
        return [((mean / sd) ** 2, mean / sd**2), (1.0, math.log(2) / mean)]
    size = max(mean * (1 - mean) / sd**2 - 1, 0.1)
    return [(mean * size, (1 - mean) * size), (1.0, -math.log(2) / math.log1p(-mean))]


def _fit(family: str, x: Floats, p: Floats) -> tuple[tuple[float, float], float]:
    """Least squares on the probabilities, of values brought to one scale: a change of unit changes no fit."""
    if family == "lognormal":  # a log-normal quantity is one whose logarithm is normal
        return _fit("normal", np.log(x), p)
    if family == "normal":
        middle, width = float(x.mean()), float(x[-1] - x[0])
        (mean, sd), squares = _search(family, (x - middle) / width, p)
        return (middle + width * mean, width * sd), squares
    if family == "gamma":
        unit = float(np.exp(np.log(x).mean()))
        (shape, rate), squares = _search(family, x / unit, p)
        return (shape, rate / unit), squares
    return _search(family, x, p)


def _search(family: str, x: Floats, p: Floats) -> tuple[tuple[float, float], float]:
    """Positive parameters are searched on the log scale: a simplex first, then Gauss and Newton."""
    is_located = family == "normal"

    def parameters(u: Floats) -> tuple[float, float]:
        a, b = (float(v) for v in np.clip(u, -700, 700))
        return (a if is_located else math.exp(a)), math.exp(b)

    def misses(u: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.nan_to_num(_cdf(family, parameters(u), x) - p, nan=1e3, posinf=1e3, neginf=-1e3)

    def squares(u: Floats) -> float:
        return float(np.sum(misses(u) ** 2))

    options = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 4000, "maxfev": 4000}
    found = []
    for a, b in _starts(family, x, p):
        start = np.array([a if is_located else math.log(a), math.log(b)])
        rough = scipy.optimize.minimize(squares, start, method="Nelder-Mead", options=options).x
        fine = scipy.optimize.least_squares(misses, rough, xtol=1e-15, ftol=1e-15, gtol=1e-15).x
        found += [rough, fine]
    best = min(found, key=squares)
    return parameters(best), squares(best)


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
        log-normal; only an upper one: their mirror images; none: normal.
    family : str, optional
        Fit this one of `FAMILIES` instead. Without it the smooth family with the smallest sum of squares
        is taken, and uniform pieces between the quantiles where it would lose one of them by more than the
        tolerance (`quantile_loss`; house row ``elicited``, ``tolerance``).

    Returns
    -------
    Elicited

    Raises
    ------
    ValueError
        When the judgements are not in order or outside the bounds, or no metalog holds them.

    References
    ----------
    .. [1] Method of the SHELF protocol as in the R package SHELF (`fitdist`).
    .. [2] Keelin, T. W. (2016), The metalog distributions (``keelin_2016``).
    .. [3] Cooke, R. M. (1991), Experts in Uncertainty, ch. 12 (``cooke_1991``).

    Examples
    --------
    >>> fit = fit_quantiles([30, 40, 50], [0.25, 0.5, 0.75], lower=-math.inf)
    >>> fit.family, [round(v, 3) for v in fit.parameters]
    ('normal', [40.0, 14.826])
    >>> fit_quantiles([0.001, 0.002, 0.9], [0.05, 0.5, 0.95], upper=1.0).family
    'piecewise'
    """
    x, p = np.asarray(values, dtype=np.float64), np.asarray(probs, dtype=np.float64)
    in_order = x.size == p.size >= 2 and bool(np.all(np.diff(x) > 0) and np.all(np.diff(p) > 0))
    if not in_order or x[0] <= lower or x[-1] >= upper or p[0] <= 0 or p[-1] >= 1:
        raise ValueError(RuleText("rising quantiles strictly between {} and {}", f"{lower:g}", f"{upper:g}"))
    if family is not None:
        return _fitted(family, x, p, bounds=(lower, upper), is_chosen=True)
    fits = [_fitted(name, x, p, bounds=(lower, upper)) for name in _families(lower, upper)]
    best = min(fits, key=lambda fit: fit.sum_of_squares)
    if quantile_loss(best) <= method_number("elicited", "tolerance"):
        return best
    return _fitted("piecewise", x, p, bounds=(lower, upper))


def _fitted(
    family: str, x: Floats, p: Floats, *, bounds: tuple[float, float], is_chosen: bool = False
) -> Elicited:
    lower, upper = bounds
    given = (tuple(x.tolist()), tuple(p.tolist()))
    if family == "metalog":
        coefficients = metalog_coefficients(x, p, lower=lower, upper=upper)
        return Elicited(*given, family, coefficients, *bounds, 0.0, is_chosen)
    if family == "piecewise":
        overshoot = method_number("elicited", "overshoot")
        ends = piecewise_ends(x, lower=lower, upper=upper, overshoot=overshoot)
        return Elicited(*given, family, ends, *bounds, 0.0, is_chosen)
    if family not in FAMILIES:
        raise ValueError(RuleText("one of {}", ", ".join(FAMILIES)))
    if family.startswith("mirror"):
        parameters, squares = _fit(family.removeprefix("mirror"), (upper - x)[::-1], (1 - p)[::-1])
    else:
        parameters, squares = _fit(family, _scaled(family, x, lower=lower, upper=upper), p)
    return Elicited(*given, family, parameters, *bounds, squares, is_chosen)


def _families(lower: float, upper: float) -> tuple[str, ...]:
    if not math.isfinite(lower):
        return ("mirrorgamma", "mirrorlognormal") if math.isfinite(upper) else ("normal",)
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
    match fit.family:
        case "normal":
            return _inverse("normal", fit.parameters, probs)
        case "beta":
            return fit.lower + (fit.upper - fit.lower) * _inverse("beta", fit.parameters, probs)
        case "metalog":
            return metalog_quantile(fit.parameters, probs, lower=fit.lower, upper=fit.upper)
        case "piecewise":
            ends = fit.parameters
            knots = (ends[0], *fit.values, ends[1])
            return np.asarray(np.interp(probs, (0.0, *fit.probs, 1.0), knots), dtype=np.float64)
    if fit.family.startswith("mirror"):
        return fit.upper - _one_sided(fit, 1 - probs)
    return fit.lower + _one_sided(fit, probs)


def _one_sided(fit: Elicited, probs: Floats) -> Floats:
    """Distances from the bound that the family begins at, up to the other bound."""
    family, width = fit.family.removeprefix("mirror"), fit.upper - fit.lower
    top = float(_cdf(family, fit.parameters, np.array([width]))[0]) if math.isfinite(width) else 1.0
    return np.minimum(_inverse(family, fit.parameters, probs * top), width)


def quantile_loss(fit: Elicited) -> float:
    """How far a fit moves a judged quantile, as a share of the way to the nearest other one; the worst.

    Parameters
    ----------
    fit : Elicited
        The fitted distribution.

    Returns
    -------
    float
        0 where all are kept. Measured on the values and, where there is one bound or two, on the logarithm
        of their distance from the bound too: ten times a small value is lost, however small the step.

    Examples
    --------
    >>> lost = fit_quantiles([0.001, 0.002, 0.9], [0.05, 0.5, 0.95], upper=1.0, family="lognormal")
    >>> elicited_quantile(lost, np.array([0.95])).round(4).tolist(), round(quantile_loss(lost), 2)
    ([0.004], 1.0)
    """
    judged = np.asarray(fit.values)
    with np.errstate(divide="ignore"):
        back = elicited_quantile(fit, np.asarray(fit.probs))
        scales = [(judged, back)]
        if math.isfinite(fit.lower):
            scales.append((np.log(judged - fit.lower), np.log(back - fit.lower)))
        elif math.isfinite(fit.upper):
            scales.append((-np.log(fit.upper - judged), -np.log(fit.upper - back)))
    return max(float(np.max(np.abs(b - j) / _nearest(j))) for j, b in scales)


def _nearest(x: Floats) -> Floats:
    steps = np.diff(x)
    return np.asarray(np.minimum(np.append(steps, steps[-1]), np.insert(steps, 0, steps[0])))
