"""How sure a rate is that was counted: intervals for a proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, floats
from riskkit.foundation.short_repr import ShownInNotebooks

METHODS = ("wilson", "clopper_pearson", "jeffreys")


@dataclass(frozen=True)
class Interval(ShownInNotebooks):
    """Two ends, each in the shape of what was asked.

    Parameters
    ----------
    lo, hi : float, ndarray of float or Series of float
        Ends of the interval [share, 0–1]; NaN where a count is missing or nothing was tested.
    """

    lo: Any
    hi: Any


def _counts(n_bad: ArrayLike, n_tested: ArrayLike, level: float) -> tuple[Floats, Floats]:
    if not 0 < level < 1:
        raise ValueError(f"level lies between 0 and 1, not {shown(level)}")
    x, n = (
        floats(values) if isinstance(values, pd.Series) else np.asarray(values, dtype=np.float64)
        for values in (n_bad, n_tested)
    )
    x, n = np.broadcast_arrays(x, n)
    with np.errstate(invalid="ignore"):
        wrong = (
            (x < 0) | (n < 0) | (x > n) | np.isinf(x) | np.isinf(n) | (np.floor(x) < x) | (np.floor(n) < n)
        )
    rule = "whole numbers, 0 ≤ nonconforming ≤ tested"
    places = np.flatnonzero(wrong)
    flat = x.ravel(), n.ravel()
    refuse("counts", [Fault(f"value {k}", f"{flat[0][k]:g} of {flat[1][k]:g}", rule) for k in places])
    return x, np.where(n == 0, np.nan, n)


def _as_given(values: Floats, *like: ArrayLike) -> Any:
    for given in like:
        if isinstance(given, pd.Series):
            return pd.Series(values, index=given.index)
    return float(values) if np.ndim(values) == 0 else values


def wilson(n_nonconforming: ArrayLike, n_tested: ArrayLike, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of a rate.

    Parameters
    ----------
    n_nonconforming, n_tested : array_like of int
        Nonconforming among tested; NaN for missing.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Exactly 0 below where none is nonconforming, exactly 1 above where all are.

    Raises
    ------
    InputFaults
        With every pair that is no count of some among all.

    References
    ----------
    .. [1] E. B. Wilson (1927), as method 3 of Newcombe (1998) (``newcombe_1998_single``).

    Examples
    --------
    >>> found = wilson(81, 263)
    >>> round(found.lo, 4), round(found.hi, 4)
    (0.2553, 0.3662)
    """
    x, n = _counts(n_nonconforming, n_tested, level)
    z = float(ndtri(0.5 + level / 2))
    half = z * np.sqrt(z * z + 4 * x * (1 - x / n))
    middle, width = 2 * x + z * z, 2 * (n + z * z)
    lo = np.where(x == 0, 0.0, (middle - half) / width)
    hi = np.where(x == n, 1.0, (middle + half) / width)
    return _ends(lo, hi, n, like=(n_nonconforming, n_tested))


def clopper_pearson(n_nonconforming: ArrayLike, n_tested: ArrayLike, *, level: float = 0.95) -> Interval:
    """The exact interval of a rate: never covers less than its level, and is the widest of the three.

    Parameters
    ----------
    n_nonconforming, n_tested, level
        As for `wilson`.

    Returns
    -------
    Interval

    Raises
    ------
    InputFaults
        As for `wilson`.

    References
    ----------
    .. [1] Clopper and Pearson (1934), as method 5 of Newcombe (1998) (``newcombe_1998_single``).

    Examples
    --------
    >>> found = clopper_pearson([0, 29], [20, 29])
    >>> found.lo.round(4).tolist(), found.hi.round(4).tolist()
    ([0.0, 0.8806], [0.1684, 1.0])
    """
    x, n = _counts(n_nonconforming, n_tested, level)
    tail = (1 - level) / 2
    lo = np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1), n - x + 1, tail))
    hi = np.where(x == n, 1.0, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail))
    return _ends(lo, hi, n, like=(n_nonconforming, n_tested))


def jeffreys(
    n_nonconforming: ArrayLike, n_tested: ArrayLike, *, level: float = 0.95, is_edge_closed: bool = True
) -> Interval:
    """The equal-tailed interval of a rate under Jeffreys' prior Beta(½, ½).

    Parameters
    ----------
    n_nonconforming, n_tested, level
        As for `wilson`.
    is_edge_closed : bool
        Whether the lower end is put at 0 where none is nonconforming and the upper at 1 where all are, as
        is usual; otherwise the ends stay the quantiles of the posterior.

    Returns
    -------
    Interval

    Raises
    ------
    InputFaults
        As for `wilson`.

    References
    ----------
    .. [1] Brown, Cai and DasGupta (2001), Statistical Science 16:101–133 (``brown_2001``).

    Examples
    --------
    >>> found = jeffreys(0, 20)
    >>> found.lo, round(found.hi, 4)
    (0.0, 0.1166)
    """
    x, n = _counts(n_nonconforming, n_tested, level)
    tail = (1 - level) / 2
    lo, hi = (betaincinv(x + 0.5, n - x + 0.5, share) for share in (tail, 1 - tail))
    if is_edge_closed:
        lo, hi = np.where(x == 0, 0.0, lo), np.where(x == n, 1.0, hi)
    return _ends(lo, hi, n, like=(n_nonconforming, n_tested))


def _ends(lo: Floats, hi: Floats, n: Floats, *, like: tuple[ArrayLike, ArrayLike]) -> Interval:
    """Both ends as given; unknown where a count is missing or nothing was tested."""
    lo, hi = np.where(np.isnan(n), np.nan, lo), np.where(np.isnan(n), np.nan, hi)
    return Interval(_as_given(lo, *like), _as_given(hi, *like))


def upper_limit(n_nonconforming: ArrayLike, n_tested: ArrayLike, *, level: float = 0.95) -> Any:
    """The rate that is not exceeded, at a level: the exact one-sided upper limit.

    With none nonconforming among n this is 1 − (1−level)^(1/n), about 3/n at 95 %.

    Parameters
    ----------
    n_nonconforming, n_tested, level
        As for `wilson`.

    Returns
    -------
    float, ndarray of float or Series of float
        NaN where a count is missing or nothing was tested.

    Raises
    ------
    InputFaults
        As for `wilson`.

    References
    ----------
    .. [1] Clopper and Pearson (1934), one-sided (``newcombe_1998_single``).

    Examples
    --------
    >>> round(upper_limit(0, 100), 7)
    0.029513
    """
    x, n = _counts(n_nonconforming, n_tested, level)
    found = np.where(x == n, 1.0, betaincinv(x + 1, np.maximum(n - x, 1), level))
    return _as_given(np.where(np.isnan(n) | np.isnan(x), np.nan, found), n_nonconforming, n_tested)


def interval(
    n_nonconforming: ArrayLike, n_tested: ArrayLike, *, method: str, level: float = 0.95
) -> Interval:
    """The interval of a rate by the name of its method.

    Parameters
    ----------
    n_nonconforming, n_tested, level
        As for `wilson`.
    method : str
        ``wilson``, ``clopper_pearson`` or ``jeffreys``.

    Raises
    ------
    ValueError
        When there is no such method.
    InputFaults
        As for `wilson`.

    Examples
    --------
    >>> round(interval(15, 148, method="jeffreys").hi, 4)
    0.1576
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {shown(method)}")
    found = {"wilson": wilson, "clopper_pearson": clopper_pearson, "jeffreys": jeffreys}[method]
    return found(n_nonconforming, n_tested, level=level)
