"""What testing m more items of a group can be expected to teach and to find, before it is done.

With a rate known as Beta(α, β), s = α + β and variance V, m further tests leave on average the variance
V·s/(s + m), so they take away V·m/(s + m); they find at least one nonconforming item with probability
1 − B(α, β + m)/B(α, β), and m·α/s of them on average. Both gains rise ever more slowly with m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from riskkit.foundation.records.number_columns import Floats


def _arrays(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.asarray(v, dtype=np.float64) for v in values)


def rate_variance(alpha: ArrayLike, beta: ArrayLike) -> Floats:
    """The variance of a rate that is known as Beta(α, β).

    Parameters
    ----------
    alpha, beta : array_like of float
        Above 0.

    Examples
    --------
    >>> float(rate_variance(1, 1).round(4))
    0.0833
    """
    a, b = _arrays(alpha, beta)
    return np.asarray(a * b / ((a + b) ** 2 * (a + b + 1)), dtype=np.float64)


def expected_reduction(alpha: ArrayLike, beta: ArrayLike, m: ArrayLike) -> Floats:
    """How much variance m more tests take from a rate, on average: V·m/(s + m).

    Parameters
    ----------
    alpha, beta : array_like of float
        Of the rate, above 0.
    m : array_like of float
        Further tests, from 0 up.

    References
    ----------
    .. [1] Raiffa and Schlaifer (1961), Applied Statistical Decision Theory, chapter 9
       (``raiffa_schlaifer_1961``).

    Examples
    --------
    >>> float((expected_reduction(1, 1, 2) / rate_variance(1, 1)).round(3))
    0.5
    """
    a, b, more = _arrays(alpha, beta, m)
    return np.asarray(rate_variance(a, b) * more / (a + b + more), dtype=np.float64)


def p_found(alpha: ArrayLike, beta: ArrayLike, m: ArrayLike) -> Floats:
    """The probability that m tests find at least one nonconforming item.

    Parameters
    ----------
    alpha, beta, m
        As for `expected_reduction`.

    References
    ----------
    .. [1] Raiffa and Schlaifer (1961), chapter 9 (``raiffa_schlaifer_1961``).

    Examples
    --------
    >>> float(p_found(1, 1, 1))
    0.5
    """
    a, b, more = _arrays(alpha, beta, m)
    return np.asarray(-np.expm1(betaln(a, b + more) - betaln(a, b)), dtype=np.float64)


def next_reduction(alpha: ArrayLike, beta: ArrayLike, m: ArrayLike) -> Floats:
    """How much more variance the (m+1)th test takes away: V·s/((s + m)(s + m + 1)).

    Parameters
    ----------
    alpha, beta, m
        As for `expected_reduction`.

    Examples
    --------
    >>> float(next_reduction(1, 1, 0) - expected_reduction(1, 1, 1))
    0.0
    """
    a, b, more = _arrays(alpha, beta, m)
    s = a + b
    return np.asarray(rate_variance(a, b) * s / ((s + more) * (s + more + 1)), dtype=np.float64)


def next_found(alpha: ArrayLike, beta: ArrayLike, m: ArrayLike) -> Floats:
    """How much likelier a find becomes with the (m+1)th test: B(α + 1, β + m)/B(α, β).

    Parameters
    ----------
    alpha, beta, m
        As for `expected_reduction`.

    Examples
    --------
    >>> float(next_found(1, 1, 0))
    0.5
    """
    a, b, more = _arrays(alpha, beta, m)
    return np.asarray(np.exp(betaln(a + 1, b + more) - betaln(a, b)), dtype=np.float64)
