"""The design of a sample survey: weights, strata and primary sampling units, and the variance they give.

Variances are those of Taylor linearisation with the first stage drawn with replacement: within a stratum h
of n_h units, V = Σ_h (1 − f_h) n_h/(n_h − 1) Σ_i (z_hi − z̄_h)², where z_hi is the weighted sum of the
linearised variable over unit i. f_h is the sampling fraction of the first stage where the population is
given, else 0. A unit without a case in a domain counts with z = 0: a domain is never cut out of the design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.faults import Fault, refuse, shown
from riskkit.foundation.number_columns import Floats, NumberColumn, number_columns

LONELY = ("refuse", "certainty", "centre", "average")
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """A survey design; made by `survey_design`.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        How many of the population each row stands for.
    psu : ndarray of int, shape (n,)
        Number of the primary sampling unit of each row.
    stratum : ndarray of int, shape (m,)
        Number of the stratum of each unit.
    fraction : ndarray of float, shape (h,)
        Sampling fraction of the first stage by stratum; 0 for drawn with replacement.
    lonely : str
        What a stratum of one unit adds to a variance.
    """

    weights: Floats
    psu: Whole
    stratum: Whole
    fraction: Floats
    lonely: str

    @property
    def n_units(self) -> Whole:
        """Units in each stratum."""
        return np.bincount(self.stratum, minlength=self.fraction.size)

    @property
    def df(self) -> int:
        """Degrees of freedom: units less strata."""
        return self.stratum.size - self.fraction.size


def survey_design(
    table: pd.DataFrame,
    *,
    weight: str,
    stratum: str | None = None,
    psu: str | None = None,
    population: str | None = None,
    lonely: str = "refuse",
) -> Design:
    """The design of a survey, from the whole of its file: never from a part cut out of it.

    Parameters
    ----------
    table : DataFrame
        One row a case.
    weight : str
        Column of weights, from 0 up.
    stratum : str, optional
        Column of strata; one stratum otherwise.
    psu : str, optional
        Column of primary sampling units, their numbers being used anew in each stratum; each row is its own
        unit otherwise.
    population : str, optional
        Column with the number of units in the population of the stratum; drawn with replacement otherwise.
    lonely : str
        What a stratum of one unit adds to a variance: ``refuse`` (it is a fault), ``certainty`` (nothing:
        the unit was sure to be drawn), ``centre`` (its distance from the mean of all units, squared),
        ``average`` (as much as the other strata add on average). A stratum sampled whole adds nothing and
        is no fault.

    Returns
    -------
    Design

    Raises
    ------
    InputFaults
        With every wrong weight, missing stratum or unit, and every stratum of one unit where refused.

    References
    ----------
    .. [1] Lumley (2004), Analysis of complex survey samples, J. Stat. Software 9(8) (``lumley_2004``).

    Examples
    --------
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2]})
    >>> survey_design(cases, weight="w", stratum="s", psu="h").df
    2
    """
    if lonely not in LONELY:
        raise ValueError(f"lonely is one of {', '.join(LONELY)}, not {shown(lonely)}")
    columns = [NumberColumn(weight, low=0)]
    columns += [] if population is None else [NumberColumn(population, low=1)]
    texts = [name for name in (stratum, psu) if name is not None]
    numbers = number_columns(table, columns, what="survey", texts=texts)
    faults = [
        Fault(f"survey: row {row}: {name}", "missing", "known")
        for name in texts
        for row in np.flatnonzero(table[name].isna())
    ]
    refuse("survey", faults)
    of_row, names = (
        pd.factorize(table[stratum]) if stratum else (np.zeros(len(table), dtype=np.int64), pd.Index(["all"]))
    )
    if psu:
        inner = pd.factorize(table[psu])[0].astype(np.int64)
        unit, keys = pd.factorize(of_row.astype(np.int64) * (inner.max(initial=0) + 1) + inner)
        of_unit = keys // (inner.max(initial=0) + 1)
    else:
        unit, of_unit = np.arange(len(table)), of_row
    count = np.bincount(of_unit, minlength=len(names))
    fraction = _fractions(numbers.get(population or ""), of_row, count=count, names=names)
    found = Design(numbers[weight], unit.astype(np.int64), of_unit.astype(np.int64), fraction, lonely)
    alone = np.flatnonzero((count == 1) & (fraction < 1)).tolist() if lonely == "refuse" else []
    rule = "of two units or more, or a rule for strata of one (lonely=)"
    refuse("survey", [Fault(f"survey: stratum {shown(names[h])}", "one unit", rule) for h in alone])
    return found


def _fractions(population: Floats | None, of_row: Whole, *, count: Whole, names: pd.Index) -> Floats:
    """Sampling fraction of each stratum; one population a stratum, not smaller than its sample."""
    if population is None:
        return np.zeros(count.size)
    least, most = np.full(count.size, np.inf), np.zeros(count.size)
    np.minimum.at(least, of_row, population)
    np.maximum.at(most, of_row, population)
    rule = "one number of units, not fewer than were drawn"
    refuse(
        "survey",
        [
            Fault(f"survey: stratum {shown(names[h])}: population", f"{least[h]:g} to {most[h]:g}", rule)
            for h in np.flatnonzero((least != most) | (most < count)).tolist()
        ],
    )
    return np.asarray(count / most, dtype=np.float64)


def unit_sums(design: Design, values: Floats, *, rows: Whole, codes: Whole, n_codes: int) -> Floats:
    """Weighted sums by primary sampling unit and domain; 0 where a unit has no case.

    Parameters
    ----------
    design : Design
        The whole design.
    values : ndarray of float, shape (k,)
        The variable at the rows named.
    rows, codes : ndarray of int, shape (k,)
        Rows of the design, and the domain each counts for.
    n_codes : int
        Number of domains.

    Returns
    -------
    ndarray of float, shape (units, n_codes)

    Examples
    --------
    >>> cases = pd.DataFrame({"w": [2.0, 3.0]})
    >>> rows = np.array([1])
    >>> found = unit_sums(survey_design(cases, weight="w"), np.ones(1), rows=rows, codes=rows * 0, n_codes=1)
    >>> found.ravel().tolist()
    [0.0, 3.0]
    """
    place = design.psu[rows] * n_codes + codes
    size = design.stratum.size * n_codes
    sums = np.bincount(place, design.weights[rows] * values, minlength=size)
    return np.asarray(sums.reshape(-1, n_codes), dtype=np.float64)


def variance(design: Design, sums: Floats) -> Floats:
    """The variance of each column's total, from its sums by unit.

    Parameters
    ----------
    design : Design
        The whole design.
    sums : ndarray of float, shape (units, k)
        Weighted sums of a (linearised) variable by unit.

    Returns
    -------
    ndarray of float, shape (k,)
        NaN where the rule for strata of one unit has no stratum to go by.

    Examples
    --------
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> variance(design, np.array([[160.0], [0.0], [240.0], [180.0]])).tolist()
    [29200.0]
    """
    count, fraction, of_unit = design.n_units, design.fraction, design.stratum
    means = np.zeros((count.size, sums.shape[1]))
    np.add.at(means, of_unit, sums)
    means /= np.maximum(count, 1)[:, None]
    factor = (1 - fraction) * count / np.maximum(count - 1, 1)
    alone = (count == 1) & (fraction < 1)
    if design.lonely == "centre":
        means[alone] = sums.mean(axis=0)
    squares = (sums - means[of_unit]) ** 2 * factor[of_unit][:, None]
    total = np.asarray(squares.sum(axis=0), dtype=np.float64)
    if design.lonely == "average" and alone.any():
        others = int((~alone).sum())
        total = total * count.size / others if others else np.full_like(total, np.nan)
    return total


def jackknife_variance(design: Design, top: Floats, bottom: Floats | None = None) -> Floats:
    """The variance of totals, or of their ratios, by leaving out one unit at a time (JKn).

    Parameters
    ----------
    design : Design
        Without strata of one unit.
    top, bottom : ndarray of float, shape (units, k)
        Weighted sums by unit of numerator and, for a ratio, denominator.

    Returns
    -------
    ndarray of float, shape (k,)

    Raises
    ------
    ValueError
        When a stratum has one unit only.

    References
    ----------
    .. [1] Wolter (2007), Introduction to Variance Estimation, chapter 4 (``wolter_2007``).

    Examples
    --------
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> jackknife_variance(design, np.array([[160.0], [0.0], [240.0], [180.0]])).tolist()
    [29200.0]
    """
    count, of_unit = design.n_units, design.stratum
    if ((count == 1) & (design.fraction < 1)).any():
        raise ValueError("a stratum of one unit cannot lose one")

    def without_one(sums: Floats) -> Floats:
        means = np.zeros((count.size, sums.shape[1]))
        np.add.at(means, of_unit, sums)
        means /= count[:, None]
        back = (count / np.maximum(count - 1, 1))[of_unit][:, None]
        return np.asarray(sums.sum(axis=0) + back * (means[of_unit] - sums), dtype=np.float64)

    with np.errstate(invalid="ignore", divide="ignore"):
        found = without_one(top) if bottom is None else without_one(top) / without_one(bottom)
    scale = ((1 - design.fraction) * (count - 1) / count)[of_unit][:, None]
    return np.asarray((scale * (found - found.mean(axis=0)) ** 2).sum(axis=0), dtype=np.float64)
