"""What drives a result, told from draws already made or from the distributions themselves.

Regional sensitivity (Kolmogorov–Smirnov), and the exact shares of the factors of a product.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy  # its parts load when they are used: what integrates takes a fifth of a second
from numpy.typing import ArrayLike
from scipy.special import kolmogorov, ndtr, polygamma

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.numbers.distributions import pert_shapes
from riskkit.foundation.numbers.uncertainty import (
    Beta,
    Distribution,
    Fixed,
    Floats,
    LogNormal,
    Pert,
    quantile,
)


def regional_sensitivity(draws: Mapping[str, Floats], behavioural: ArrayLike) -> pd.DataFrame:
    """Which inputs differ between the draws that show a behaviour (say, level Ⅰ) and those that do not.

    Parameters
    ----------
    draws : mapping of str to ndarray, shape (n,)
        Draws of the inputs; those with a single value are left out.
    behavioural : array_like of bool, shape (n,)
        Whether each draw shows the behaviour.

    Returns
    -------
    DataFrame
        Index the input; ks (largest distance of the two distributions), p_value (asymptotic), median_in,
        median_out; largest distance first. NaN when all draws, or none, show the behaviour.

    References
    ----------
    .. [1] R. C. Spear, G. M. Hornberger, Water Res. 14 (1980) 43–49; two-sample Kolmogorov–Smirnov test.

    Examples
    --------
    >>> x = {"a": np.arange(100.0), "b": np.tile([0.0, 1.0], 50)}
    >>> regional_sensitivity(x, x["a"] >= 60)["ks"].to_dict()
    {'a': 1.0, 'b': 0.0}
    """
    inside = np.asarray(behavioural, dtype=np.bool_)
    rows = {
        name: _two_samples(values[inside], values[~inside])
        for name, values in draws.items()
        if values.size == inside.size and inside.size > 1
    }
    columns = ["ks", "p_value", "median_in", "median_out"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("input")
    return table.sort_values("ks", ascending=False, kind="stable")


def _two_samples(a: Floats, b: Floats) -> tuple[float, float, float, float]:
    if a.size == 0 or b.size == 0:
        return math.nan, math.nan, math.nan, math.nan
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate([a, b])
    ecdf = [np.searchsorted(one, both, side="right") / one.size for one in (a, b)]
    distance = float(np.abs(ecdf[0] - ecdf[1]).max())
    p = float(kolmogorov(distance * math.sqrt(a.size * b.size / (a.size + b.size))))
    return distance, p, float(np.median(a)), float(np.median(b))


def log_variance(dist: Distribution) -> float:
    """Variance of the natural logarithm of a quantity.

    In closed form for fixed, log-normal (cut off or not) and beta quantities and for a PERT from 0; else
    the integral over all quantiles.

    Raises
    ------
    ValueError
        When the quantity can only be 0, whose logarithm does not exist.

    References
    ----------
    .. [1] Var ln X = ψ′(α) − ψ′(α + β) for a beta quantity; truncated normal: N. L. Johnson, S. Kotz,
       N. Balakrishnan, Continuous Univariate Distributions 1, 2nd ed. (1994).

    Examples
    --------
    >>> round(log_variance(LogNormal(0.1, math.exp(0.5))), 9)
    0.25
    """
    match dist:
        case Fixed(value) if value > 0:
            return 0.0
        case Beta(a, b):
            return float(polygamma(1, a) - polygamma(1, a + b))
        case Pert(low, _, _) if low == 0:
            a, b = pert_shapes(dist)
            return float(polygamma(1, a) - polygamma(1, a + b))
        case LogNormal(median, gsd, upper):
            end = math.log(upper / median) / math.log(gsd)
            slope = 0.0 if math.isinf(end) else math.exp(-end * end / 2) / math.sqrt(2 * math.pi)
            pull = slope / float(ndtr(end))
            return math.log(gsd) ** 2 * (1 - (end * pull if pull else 0.0) - pull * pull)
    if float(quantile(dist, 0.5)) <= 0:
        raise ValueError("a quantity above 0: the logarithm of 0 does not exist")
    mean = _log_moment(dist, 0.0, 1)
    return _log_moment(dist, mean, 2)


def _log_moment(dist: Distribution, centre: float, power: int) -> float:
    def values(u: Floats) -> Floats:
        q = np.maximum(quantile(dist, np.clip(u, 1e-300, 1.0)), np.finfo(np.float64).tiny)
        return np.asarray((np.log(q) - centre) ** power)

    return float(scipy.integrate.tanhsinh(values, 0.0, 1.0, rtol=1e-9).integral)


def product_shares(inputs: Mapping[str, Distribution]) -> pd.Series:
    """Exact shares of the inputs in the variance of the logarithm of their product.

    For independent inputs ln p = Σ ln p_i, so the first-order (and total) index of ln p is
    Var ln p_i / Σ Var ln p_j.

    Parameters
    ----------
    inputs : mapping of str to Distribution
        The factors, for instance step probabilities.

    Returns
    -------
    Series
        By input, in their order; sums to 1. NaN when no input varies.

    Raises
    ------
    InputFaults
        For every input that can only be 0.

    References
    ----------
    .. [1] Variance of a sum of independent terms.

    Examples
    --------
    >>> product_shares({"a": LogNormal(0.1, 10**0.3), "b": LogNormal(0.2, 10**0.4)}).round(6).to_dict()
    {'a': 0.36, 'b': 0.64}
    """
    faults, variances = [], []
    for name, dist in inputs.items():
        try:
            variances.append(log_variance(dist))
        except ValueError as error:
            faults.append(Fault(name, "0", str(error)))
    refuse("shares of a product", faults)
    found = np.array(variances)
    total = float(found.sum())
    return pd.Series(found / (total or math.nan), index=pd.Index(inputs, name="input"), name="share")
