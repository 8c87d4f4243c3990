"""Before and after, corrected for regression to the mean (empirical Bayes).

Units are treated because they had a bad year; part of what follows would have come without any measure. What
a unit would have had is estimated from its own count and from like units that nobody chose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns


def reference_group(n_events: ArrayLike, exposure: ArrayLike) -> tuple[float, float]:
    """Mean rate of untreated units and how much they differ, by the method of sample moments.

    Parameters
    ----------
    n_events : array_like of float, shape (k,)
        Events of each unit; units chosen without looking at them.
    exposure : array_like of float, shape (k,)
        Years, lots or whatever the events come from.

    Returns
    -------
    rate : float
        Events per unit of exposure.
    dispersion : float
        Of the gamma distribution of rates between units: mean²/variance. Infinite where the counts differ no
        more than by chance.

    Raises
    ------
    InputFaults
        With fewer than two units, negative counts, or exposure not above 0.

    References
    ----------
    .. [1] Hauer et al. (2002), TRR 1784:126–131 (``hauer_2002``); moments of the gamma distribution.

    Examples
    --------
    >>> rate, dispersion = reference_group([0, 1, 2, 9], [1, 1, 1, 1])
    >>> rate, round(dispersion, 2)
    (3.0, 0.66)
    """
    n, e = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (n_events, exposure))
    faults = (
        [] if n.shape == e.shape and n.size > 1 else [Fault("n_events", shown(n.shape), "two units or more")]
    )
    for name, values, is_right in (("n_events", n, n >= 0), ("exposure", e, e > 0)):
        for row in np.flatnonzero(~(is_right & np.isfinite(values))):
            faults.append(Fault(f"{name}: row {row}", shown(values[row]), "a number in range"))
    refuse("reference group", faults)
    rate = float(n.sum() / e.sum())
    # n/(n - 1) makes equal exposures give the sample variance
    scatter = float(np.square(n - rate * e).sum()) * n.size / (n.size - 1)
    variance = (scatter - rate * float(e.sum())) / float(np.square(e).sum())
    return rate, rate**2 / variance if variance > 0 else float("inf")


_BEFORE = (
    NumberColumn("n_before", low=0, is_whole=True),
    NumberColumn("expected_before", low=0, is_above=True),
)


def expected_without_measure(units: pd.DataFrame) -> pd.DataFrame:
    """What each unit had to expect over the time before, its own count and like units weighed.

    Parameters
    ----------
    units : DataFrame
        n_before (events), expected_before (events of like units over the same time and exposure), dispersion
        (of the gamma between units, for a whole unit; infinite where like units do not differ).

    Returns
    -------
    DataFrame
        Index of `units`: weight (of the like units), expected, sd (events over the whole time before).

    Raises
    ------
    InputFaults
        With every wrong cell.

    References
    ----------
    .. [1] Hauer, Harwood, Council and Griffith (2002), TRR 1784:126–131 (``hauer_2002``).

    Examples
    --------
    >>> road = pd.DataFrame({"n_before": [12], "expected_before": [2.409 * 1.8], "dispersion": [2.05 * 1.8]})
    >>> expected_without_measure(road).round(2).iloc[0].tolist()
    [0.46, 8.48, 2.14]
    """
    found = number_columns(units, _BEFORE, what="units", texts=["dispersion"])
    spread = pd.to_numeric(units["dispersion"], errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~(spread > 0))
    rule = "a number above 0, or infinite"
    refuse(
        "units",
        [Fault(f"units: row {row}: dispersion", shown(units["dispersion"].iloc[row]), rule) for row in wrong],
    )
    weight = 1 / (1 + found["expected_before"] / spread)
    expected = weight * found["expected_before"] + (1 - weight) * found["n_before"]
    columns = {"weight": weight, "expected": expected, "sd": np.sqrt((1 - weight) * expected)}
    return pd.DataFrame(columns, index=units.index)


@dataclass(frozen=True)
class BeforeAfter:
    """Effect on all units together.

    Parameters
    ----------
    n_units, n_before, n_after : int
        Units and their events.
    expected_after : float
        Events without the measure.
    ratio, ratio_lo, ratio_hi : float
        Events over those expected: below 1 the measure helped.
    naive_ratio : float
        After over before, exposure and trend of like units allowed for, regression to the mean not.
    note : str
        ``none_after`` (the upper bound is exact), ``nothing_before`` (no naive ratio), or empty.
    """

    n_units: int
    n_before: int
    n_after: int
    expected_after: float
    ratio: float
    ratio_lo: float
    ratio_hi: float
    naive_ratio: float
    note: str


def before_after(units: pd.DataFrame, *, level: float = 0.95) -> BeforeAfter:
    """The effect of a measure on units that were chosen for their bad record.

    Parameters
    ----------
    units : DataFrame
        As for `expected_without_measure`, and n_after, expected_after (events of like units over the time,
        exposure and trend after).
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    BeforeAfter

    Raises
    ------
    InputFaults
        With every wrong cell, or when there is no unit.

    References
    ----------
    .. [1] Hauer et al. (2002), TRR 1784:126–131 (``hauer_2002``).

    Examples
    --------
    >>> ports = pd.DataFrame({"n_before": [9, 8], "expected_before": [4.0, 4.0], "dispersion": [2.0, 2.0],
    ...                       "n_after": [6, 5], "expected_after": [4.0, 4.0]})
    >>> found = before_after(ports)
    >>> round(found.ratio, 2), round(found.naive_ratio, 2)
    (0.75, 0.65)
    """
    after = [
        NumberColumn("n_after", low=0, is_whole=True),
        NumberColumn("expected_after", low=0, is_above=True),
    ]
    refuse("units", [] if len(units) else [Fault("units", "0 rows", "one unit or more")])
    found = number_columns(units, [*_BEFORE, *after], what="units", texts=["dispersion"])
    own = expected_without_measure(units)
    grown = found["expected_after"] / found["expected_before"]
    expected = float((own["expected"] * grown).sum())
    relative = float(np.square(own["sd"] * grown).sum()) / expected**2
    n_after, n_before = float(found["n_after"].sum()), float((found["n_before"] * grown).sum())
    ratio = n_after / expected / (1 + relative)
    if n_after > 0:
        se = np.sqrt(1 / n_after + relative) / (1 + relative)  # of the logarithm
        reach = float(np.exp(ndtri((1 + level) / 2) * se))
        bounds, note = (ratio / reach, ratio * reach), ""
    else:
        bounds, note = (0.0, float(-np.log((1 - level) / 2)) / expected), "none_after"
    naive = n_after / n_before if n_before > 0 else float("nan")
    return BeforeAfter(
        n_units=len(units),
        n_before=int(found["n_before"].sum()),
        n_after=int(n_after),
        expected_after=expected,
        ratio=ratio,
        ratio_lo=bounds[0],
        ratio_hi=bounds[1],
        naive_ratio=naive,
        note=note or ("" if n_before > 0 else "nothing_before"),
    )
