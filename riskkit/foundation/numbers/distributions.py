"""What is known of a number: distributions for a probability or a count, as case files write them."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.numbers.distribution_kinds import (
    Beta,
    Changed,
    Distribution,
    Fixed,
    LogNormal,
    Pert,
    Range,
    Unknown,
)
from riskkit.foundation.numbers.elicited import Elicited, elicited_quantile, fit_quantiles
from riskkit.foundation.numbers.kept_quantiles import KEEPING

__all__ = [
    "ABOUT", "FORMS", "Beta", "Changed", "Distribution", "Fixed", "Floats", "LogNormal", "Pert", "Range",
    "Unknown", "as_probability", "best", "draw", "parse_distribution", "parse_number", "pert_shapes",
    "quantile", "support",
]  # fmt: skip

Floats = NDArray[np.float64]


# "About N" without more: nine in ten of such numbers lie within a tenth of N (house).
ABOUT = 0.1
_Z95 = 1.6448536269514722  # scipy.special.ndtri(0.95), as a number: parsing needs no scipy

_FORMS: dict[frozenset[str], str] = {
    frozenset({"low", "high"}): "range",
    frozenset({"low", "mode", "high"}): "pert",
    frozenset({"alpha", "beta"}): "beta",
    frozenset({"events", "trials"}): "counts",
    frozenset({"median", "gsd"}): "lognormal",
    frozenset({"p05", "p50", "p95"}): "quantiles",
    frozenset({"p25", "p50", "p75"}): "quantiles",
    frozenset({"about"}): "about",
    frozenset({"about", "within"}): "about",
}
FORMS = (
    "a number, a fraction such as '1/50', {low, high}, {low, mode, high}, {alpha, beta}, {events, trials}, "
    "{median, gsd}, {p05, p50, p95}, {p25, p50, p75}, either of these two with family = 'metalog' or "
    "'piecewise', {about}, {about, within}, or {of, times, at_most} of such forms"
)


def parse_distribution(value: Any) -> Distribution:
    """Read a distribution as case files write it.

    Parameters
    ----------
    value : number, str or mapping
        One of the forms in `FORMS`.

    Returns
    -------
    Distribution

    Raises
    ------
    ValueError
        With the rule that is broken.

    Examples
    --------
    >>> parse_distribution("1/50")
    Fixed(value=Fraction(1, 50))
    >>> parse_distribution({"low": 0.1, "mode": 0.2, "high": 0.4})
    Pert(low=0.1, mode=0.2, high=0.4)
    >>> parse_distribution({"events": 3, "trials": 1000})
    Beta(alpha=3.5, beta=997.5)
    >>> quantile(parse_distribution({"about": 1_000_000}), [0.05, 0.5, 0.95]).round(-3).tolist()
    [909000.0, 1000000.0, 1100000.0]
    """
    if isinstance(value, Distribution):
        return value
    if not isinstance(value, Mapping):
        return Fixed(exact(value))
    names = frozenset(map(str, value))
    form = _FORMS.get(names) or ("kept" if _FORMS.get(names - {"family"}) == "quantiles" else None)
    if form is None:
        if {"of"} < set(value) <= {"of", "times", "at_most"}:
            return _changed(value)
        raise ValueError(FORMS)
    x = {str(key): float(exact(number)) for key, number in value.items() if key != "family"}
    if form in ("quantiles", "kept"):
        return _from_quantiles(x, family=value.get("family"))
    return _from_parameters(form, x)


def _from_quantiles(x: Mapping[str, float], *, family: Any) -> Distribution:
    if family not in (None, *KEEPING):
        raise ValueError("a family that keeps the quantiles: metalog or piecewise")
    probs = sorted(x)
    return fit_quantiles([x[p] for p in probs], [int(p[1:]) / 100 for p in probs], family=family)


def parse_number(value: Any) -> Distribution:
    """Read a fact of a case: a distribution, or the bounds of a number that is not known.

    Raises
    ------
    ValueError
        With the rule that is broken.

    Examples
    --------
    >>> parse_number({"unknown": True, "at_most": 5}), parse_number("1/50")
    (Unknown(at_least=0.0, at_most=5.0), Fixed(value=Fraction(1, 50)))
    """
    if not (isinstance(value, Mapping) and "unknown" in value):
        return parse_distribution(value)
    bounds = {key: float(exact(value[key])) for key in ("at_least", "at_most") if key in value}
    found = Unknown(**bounds)
    if value["unknown"] is not True or not bounds or not {*value} <= {"unknown", "at_least", "at_most"}:
        raise ValueError("{unknown = true} with at_least, at_most or both")
    if not 0 <= found.at_least <= found.at_most:
        raise ValueError("0 ≤ at_least ≤ at_most")
    return found


def _changed(value: Mapping[str, Any]) -> Distribution:
    of, times = parse_distribution(value["of"]), parse_distribution(value.get("times", 1))
    at_most = float(exact(value["at_most"])) if "at_most" in value else math.inf
    if support(of)[0] < 0 or support(times)[0] < 0 or at_most < 0:
        raise ValueError("of, times and at_most of at least 0")
    return Changed(of, times, at_most)


def _from_parameters(form: str, x: Mapping[str, float]) -> Distribution:
    if form in ("range", "pert"):
        mode = x.get("mode", x["low"])
        if not x["low"] <= mode <= x["high"]:
            raise ValueError("low ≤ mode ≤ high")
        return Range(x["low"], x["high"]) if form == "range" else Pert(x["low"], mode, x["high"])
    if form == "lognormal":
        if x["median"] <= 0 or x["gsd"] <= 1:
            raise ValueError("median > 0 and gsd > 1")
        return LogNormal(x["median"], x["gsd"])
    if form == "about":
        within = x.get("within", ABOUT)
        if x["about"] <= 0 or not 0 < within < 1:
            raise ValueError("about > 0 and 0 < within < 1")
        return LogNormal(x["about"], (1 + within) ** (1 / _Z95))
    if form == "counts":
        if not (0 <= x["events"] <= x["trials"] and x["trials"] > 0):
            raise ValueError("0 ≤ events ≤ trials and trials > 0")
        return Beta(x["events"] + 0.5, x["trials"] - x["events"] + 0.5)
    if x["alpha"] <= 0 or x["beta"] <= 0:
        raise ValueError("alpha > 0 and beta > 0")
    return Beta(x["alpha"], x["beta"])


def as_probability(dist: Distribution) -> Distribution:
    """The same distribution confined to 0–1; refuses what cannot be a probability.

    Raises
    ------
    ValueError
        When its support lies outside 0–1.

    Examples
    --------
    >>> as_probability(LogNormal(0.1, 2.0)).upper
    1.0
    """
    if isinstance(dist, LogNormal):
        if dist.median > 1:
            raise ValueError("a probability from 0 to 1 (median at most 1)")
        return LogNormal(dist.median, dist.gsd, 1.0)
    if isinstance(dist, Elicited):
        family = dist.family if dist.is_chosen else None
        return fit_quantiles(dist.values, dist.probs, upper=1.0, family=family)
    if isinstance(dist, Changed):
        return Changed(as_probability(dist.of), dist.times, min(dist.at_most, 1.0))
    low, high = support(dist)
    if low < 0 or high > 1:
        raise ValueError("a probability from 0 to 1")
    return dist


def support(dist: Distribution) -> tuple[float, float]:  # noqa: PLR0911 - one answer a form
    """Lowest and highest value that can be drawn.

    Examples
    --------
    >>> support(Pert(1, 2, 5))
    (1, 5)
    """
    match dist:
        case Fixed(value):
            return float(value), float(value)
        case Range(low, high) | Pert(low, _, high):
            return low, high
        case Beta():
            return 0.0, 1.0
        case LogNormal(_, _, upper):
            return 0.0, upper
        case Changed(of, times, at_most):
            ends = [a * b if a and b else 0.0 for a, b in zip(support(of), support(times), strict=True)]
            return min(ends[0], at_most), min(ends[1], at_most)
        case Unknown(at_least, at_most):
            return at_least, at_most
        case _:
            return dist.lower, dist.upper


def best(dist: Distribution) -> Fraction:  # noqa: PLR0911 - one answer a form
    """The single value that stands for the distribution, exactly.

    Fixed: the value; PERT: the mode; range: the middle; beta: the mean; log-normal and
    elicited quantiles: the median; changed: the product of the two, at most the bound.

    Examples
    --------
    >>> best(Range(0.1, 0.3))
    Fraction(1, 5)
    """
    match dist:
        case Fixed(value):
            return value
        case Pert(_, mode, _):
            return _decimal(mode)
        case Range(low, high):
            return (_decimal(low) + _decimal(high)) / 2
        case Beta(alpha, beta):
            return _decimal(alpha) / (_decimal(alpha) + _decimal(beta))
        case LogNormal(median, _, _):
            return _decimal(median)
        case Changed(of, times, at_most):
            product = best(of) * best(times)
            return min(product, _decimal(at_most)) if math.isfinite(at_most) else product
        case Unknown():
            raise ValueError("a number that is not known has no best estimate")
        case _:
            return _decimal(float(quantile(dist, 0.5)))


def _decimal(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def quantile(dist: Distribution, probs: ArrayLike) -> Floats:  # noqa: PLR0911 - one answer a form
    """Quantiles of a distribution.

    Parameters
    ----------
    dist : Distribution
        What is known of the number.
    probs : array_like of float
        Probabilities, 0–1, any shape.

    Returns
    -------
    ndarray of float
        In the shape of `probs`.

    References
    ----------
    .. [1] Beta-PERT as in the R package mc2d (`qpert`, shape 4).

    Examples
    --------
    >>> quantile(Range(0, 10), [0.05, 0.95])
    array([0.5, 9.5])
    >>> quantile(Pert(0, 0.2, 1), 0.5).round(6)
    np.float64(0.276672)
    """
    q = np.asarray(probs, dtype=np.float64)
    match dist:
        case Fixed(value):
            return np.full(q.shape, float(value))
        case Range(low, high):
            return low + (high - low) * q
        case Pert(low, _, high):
            share = scipy.special.betaincinv(*pert_shapes(dist), q)
            return np.asarray(low + (high - low) * share, dtype=np.float64)
        case Beta(alpha, beta):
            if alpha == 0 or beta == 0:  # all of it in one place
                return np.full(q.shape, float(best(dist)))
            return np.asarray(scipy.special.betaincinv(alpha, beta, q))
        case LogNormal(median, gsd, upper):
            if gsd == 1:
                return np.full(q.shape, min(median, upper))
            is_cut = math.isfinite(upper)
            top = scipy.special.ndtr(math.log(upper / median) / math.log(gsd)) if is_cut else 1.0
            return np.asarray(median * np.exp(math.log(gsd) * scipy.special.ndtri(q * top)))
        case Changed(of, times, at_most):
            return np.minimum(_product_quantile(of, times, q), at_most)
        case Unknown():
            raise ValueError("a number that is not known has no quantiles")
        case _:
            return elicited_quantile(dist, q)


_TINY = np.finfo(np.float64).tiny


# Probabilities that are as fine in the tails as in the middle, and cells of them with their middles
@functools.cache
def _cells() -> tuple[Floats, Floats, Floats]:
    cuts = np.concatenate([[0.0], scipy.special.expit(np.linspace(-25.0, 25.0, 501)), [1.0]])
    return scipy.special.expit(np.linspace(-30.0, 30.0, 1201)), (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)


def _product_quantile(of: Distribution, times: Distribution, q: Floats) -> Floats:
    """Exact where one factor is fixed; else the chance of a product below z, over all of one factor."""
    if isinstance(times, Fixed):
        return float(times.value) * quantile(of, q)
    if isinstance(of, Fixed):
        return float(of.value) * quantile(times, q)
    fine, cells, weights = _cells()
    x, y = (np.log(np.maximum(quantile(dist, fine), _TINY)) for dist in (of, times))
    if np.ptp(y[200:-200]) > np.ptp(x[200:-200]):  # the sum goes over the narrower one, where cells are finer
        return _product_quantile(times, of, q)
    middles = np.log(np.maximum(quantile(times, cells), _TINY))
    z = x + y  # what both factors together may reach, from end to end
    expit, logit = scipy.special.expit, scipy.special.logit
    below = expit(np.interp(z[:, None] - middles, x, logit(fine), left=-np.inf, right=np.inf)) @ weights
    inside = np.flatnonzero((below > 0) & (below < 1) & (np.diff(below, prepend=0) > 0))
    if not inside.size:  # both are points
        return np.full(q.shape, float(quantile(of, 0.5) * quantile(times, 0.5)))
    with np.errstate(divide="ignore"):
        found = np.asarray(np.exp(np.interp(logit(q), logit(below[inside]), z[inside])))
    found[found < 1e-300] = 0.0  # what stands for zero among logarithms
    low, high = (quantile(of, end) * quantile(times, end) for end in (0.0, 1.0))
    return np.where(q <= 0, low, np.where(q >= 1, high, found))


def pert_shapes(dist: Pert) -> tuple[float, float]:
    """The two shapes of the beta distribution behind a PERT.

    Examples
    --------
    >>> pert_shapes(Pert(0, 0.25, 1))
    (2.0, 4.0)
    """
    width = dist.high - dist.low
    if width == 0:  # a point: whatever the shapes, nothing of them is left
        return 3.0, 3.0
    return 1 + 4 * (dist.mode - dist.low) / width, 1 + 4 * (dist.high - dist.mode) / width


def draw(dist: Distribution, n: int, *, rng: np.random.Generator) -> Floats:  # noqa: PLR0911 - one a form
    """Independent draws.

    Parameters
    ----------
    dist : Distribution
        What is known of the number.
    n : int
        How many.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    ndarray of float, shape (n,)

    Examples
    --------
    >>> draw(Fixed(exact("1/50")), 3, rng=np.random.default_rng(1))
    array([0.02, 0.02, 0.02])
    """
    match dist:
        case Fixed(value):
            return np.full(n, float(value))
        case Range(low, high):
            return rng.uniform(low, high, n)
        case Pert(low, _, high):
            return low + (high - low) * rng.beta(*pert_shapes(dist), n)
        case Beta(alpha, beta) if alpha > 0 and beta > 0:
            return rng.beta(alpha, beta, n)
        case LogNormal(median, gsd, upper) if not math.isfinite(upper):
            return rng.lognormal(math.log(median), math.log(gsd), n)
        case Changed(of, times, at_most):
            return np.minimum(draw(of, n, rng=rng) * draw(times, n, rng=rng), at_most)
        case _:
            return quantile(dist, rng.random(n))
