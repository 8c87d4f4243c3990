"""Funnel limits: which port, origin or operator lies further from the whole than by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from riskkit.application.quality_index.standardised import exact_poisson
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.rates.proportions import Interval

TAILS = {"2s": 0.025, "3s": 0.001}
"""Chance of falling beyond one limit: about two and three standard deviations (Spiegelhalter 2005)."""


def proportion_limits(n_units: ArrayLike, baseline: float, *, tail: float = 0.025) -> Interval:
    """Limits around a baseline share, by the size of the group.

    Parameters
    ----------
    n_units : array_like
        Sizes of the groups [count], above 0.
    baseline : float
        Share of the whole [share, 0–1].
    tail : float
        Chance beyond one limit.

    Returns
    -------
    Interval
        Limits [share, 0–1].

    Raises
    ------
    InputFaults
        When a size is not above 0 or the baseline is no share.

    References
    ----------
    .. [1] Spiegelhalter, Statistics in Medicine 24, 2005, 1185–1202 (``spiegelhalter_2005``).

    Examples
    --------
    >>> limits = proportion_limits(100, 0.2)
    >>> round(float(limits.lo), 4), round(float(limits.hi), 4)
    (0.1216, 0.2784)
    """
    n = _above_zero("n_units", n_units)
    wrong = Fault("baseline", shown(baseline), "a share from 0 to 1")
    refuse("funnel", [] if 0 <= baseline <= 1 else [wrong])
    width = ndtri(1 - tail) * np.sqrt(baseline * (1 - baseline) / n)
    return Interval(np.clip(baseline - width, 0, 1), np.clip(baseline + width, 0, 1))


def count_funnel(n_events: ArrayLike, *, baseline: float | None = None, tail: float = 0.025) -> pd.DataFrame:
    """Limits of a funnel of counts: the expected count at which an observed one is just extreme.

    Parameters
    ----------
    n_events : array_like
        Observed counts [count], above 0.
    baseline : float, optional
        Rate of the whole [events per unit]; gives the limits as populations and rates too.
    tail : float
        Chance beyond one limit.

    Returns
    -------
    DataFrame
        expected_lower, expected_upper [count], excess_lower, excess_upper (observed over expected, less 1),
        ratio_lower, ratio_upper (observed over expected); with `baseline` n_units_lower, n_units_upper
        [units] and rate_lower, rate_upper [events per unit].

    Raises
    ------
    InputFaults
        When a count or the baseline is not above 0.

    References
    ----------
    .. [1] PHEindicatormethods 2.1.1 (``phe_methods``).

    Examples
    --------
    >>> count_funnel([8]).round(3)[["expected_lower", "ratio_lower"]].values.tolist()
    [[15.763, 0.508]]
    """
    x = _above_zero("n_events", np.atleast_1d(np.asarray(n_events, dtype=np.float64)))
    limits = exact_poisson(x, level=1 - 2 * tail)
    out = pd.DataFrame(index=range(x.size))
    for end, expected in (("lower", limits.hi), ("upper", limits.lo)):
        out[f"expected_{end}"] = expected
        out[f"excess_{end}"] = x / expected - 1
        out[f"ratio_{end}"] = x / expected
        if baseline is not None:
            out[f"n_units_{end}"] = expected / _above_zero("baseline", baseline)
            out[f"rate_{end}"] = x / out[f"n_units_{end}"]
    return out


def proportion_position(
    n_events: ArrayLike, n_units: ArrayLike, *, baseline: float | None = None
) -> pd.Series:
    """Where each share lies in the funnel around the whole.

    Parameters
    ----------
    n_events, n_units : array_like
        Events and sizes [count].
    baseline : float, optional
        Share of the whole; that of all groups together when left out.

    Returns
    -------
    Series of str
        ``low_3s``, ``low_2s``, ``inside``, ``high_2s`` or ``high_3s``.

    Raises
    ------
    InputFaults
        When a size is not above 0.

    References
    ----------
    .. [1] Spiegelhalter, Statistics in Medicine 24, 2005, 1185–1202 (``spiegelhalter_2005``).

    Examples
    --------
    >>> proportion_position([20, 60], [100, 100], baseline=0.2).tolist()
    ['inside', 'high_3s']
    """
    x, n = np.asarray(n_events, dtype=np.float64), _above_zero("n_units", n_units)
    whole = float(x.sum() / n.sum()) if baseline is None else baseline
    limits = {name: proportion_limits(n, whole, tail=tail) for name, tail in TAILS.items()}
    return _position(x / n, limits)


def ratio_position(n_events: ArrayLike, expected: ArrayLike) -> pd.Series:
    """Where each observed count lies in the funnel around its expected one.

    Parameters
    ----------
    n_events : array_like
        Observed events [count].
    expected : array_like
        Expected events [count], above 0.

    Returns
    -------
    Series of str
        ``low_3s``, ``low_2s``, ``inside``, ``high_2s`` or ``high_3s``.

    Raises
    ------
    InputFaults
        When an expected count is not above 0, or an observed one is negative.

    References
    ----------
    .. [1] PHEindicatormethods 2.1.1 (``phe_methods``).

    Examples
    --------
    >>> ratio_position([8, 151], [6.24, 106.4]).tolist()
    ['inside', 'high_3s']
    """
    e = _above_zero("expected", expected)
    found = {name: exact_poisson(n_events, level=1 - 2 * tail) for name, tail in TAILS.items()}
    # the expected count lies below the limits of the observed one: more happened than expected
    return _position(-e, {name: Interval(-one.hi, -one.lo) for name, one in found.items()})


def _position(value: Floats, limits: dict[str, Interval]) -> pd.Series:
    near, far = limits["2s"], limits["3s"]
    checks = [value < far.lo, value > far.hi, value < near.lo, value > near.hi]
    names = ["low_3s", "high_3s", "low_2s", "high_2s"]
    return pd.Series(np.atleast_1d(np.select(checks, names, default="inside")))


def _above_zero(name: str, values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    flat = found.ravel()
    wrong = flat[~(flat > 0) | np.isinf(flat)].tolist()
    refuse("funnel", [Fault(name, shown(float(one)), "a number above 0") for one in wrong])
    return found
