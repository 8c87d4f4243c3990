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

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns

LONELY = ("refuse", "certainty", "centre", "average")
_AS_IN_R = {"fail": "refuse", "remove": "certainty", "adjust": "centre"}
_WHOLE = 1 - 1e-7  # from here on a stratum was sampled whole
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
    domain_lonely : bool
        Whether that also holds of a stratum of several units of which one has cases of a domain.
    """

    weights: Floats
    psu: Whole
    stratum: Whole
    fraction: Floats
    lonely: str
    domain_lonely: bool = False

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
    domain_lonely: bool = False,
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
        ``average`` (as much as the other strata add on average). R's words ``fail``, ``remove`` and
        ``adjust`` mean the first three. A stratum sampled whole adds nothing and is no fault. For a domain,
        only strata with cases of it count: their units make the mean, and their number the average.
    domain_lonely : bool
        Whether ``centre`` and ``average`` also hold of a stratum of several units of which only one has cases
        of the domain (R's option ``survey.adjust.domain.lonely``).

    Returns
    -------
    Design

    Raises
    ------
    InputFaults
        With every wrong weight, missing stratum or unit, and every stratum of one unit where refused.

    References
    ----------
    .. [1] Lumley (2004), Analysis of complex survey samples, J. Stat. Software 9(8) (``lumley_2004``);
       strata of one unit as in its package survey from 4.2 on (options ``survey.lonely.psu``,
       ``survey.adjust.domain.lonely``).

    Examples
    --------
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2]})
    >>> survey_design(cases, weight="w", stratum="s", psu="h").df
    2
    """
    rule = _AS_IN_R.get(lonely, lonely)
    if rule not in LONELY:
        raise ValueError(f"lonely is one of {', '.join((*LONELY, *_AS_IN_R))}, not {shown(lonely)}")
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
    alone = np.flatnonzero((count == 1) & (fraction < _WHOLE)).tolist() if rule == "refuse" else []
    wanted = "of two units or more, or a rule for strata of one (lonely=)"
    refuse("survey", [Fault(f"survey: stratum {shown(names[h])}", "one unit", wanted) for h in alone])
    units = unit.astype(np.int64), of_unit.astype(np.int64)
    return Design(numbers[weight], *units, fraction, rule, domain_lonely)


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


def unit_has_cases(design: Design, *, rows: Whole, codes: Whole, n_codes: int) -> NDArray[np.bool_]:
    """Which primary sampling units have a case of which domain.

    Parameters
    ----------
    design, rows, codes, n_codes
        As for `unit_sums`.

    Returns
    -------
    ndarray of bool, shape (units, n_codes)

    Examples
    --------
    >>> rows, design = np.array([1]), survey_design(pd.DataFrame({"w": [2.0, 0.0]}), weight="w")
    >>> unit_has_cases(design, rows=rows, codes=rows * 0, n_codes=1).ravel().tolist()
    [False, True]
    """
    size = design.stratum.size * n_codes
    found = np.bincount(design.psu[rows] * n_codes + codes, minlength=size) > 0
    return np.asarray(found.reshape(-1, n_codes))


def variance(design: Design, sums: Floats, *, has_cases: NDArray[np.bool_] | None = None) -> Floats:
    """The variance of each column's total, from its sums by unit.

    Parameters
    ----------
    design : Design
        The whole design.
    sums : ndarray of float, shape (units, k)
        Weighted sums of a (linearised) variable by unit.
    has_cases : ndarray of bool, shape (units, k), optional
        Which units have a case of each column's domain; all otherwise. It matters to strata of one unit.

    Returns
    -------
    ndarray of float, shape (k,)
        NaN where the rule for strata of one unit has no stratum to go by.

    References
    ----------
    .. [1] As for `survey_design`.

    Examples
    --------
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> variance(design, np.array([[160.0], [0.0], [240.0], [180.0]])).tolist()
    [29200.0]
    """
    count, of_unit, shape = design.n_units[:, None], design.stratum, (design.fraction.size, sums.shape[1])
    means, n_here = np.zeros(shape), np.zeros(shape)
    np.add.at(means, of_unit, sums)
    np.add.at(n_here, of_unit, np.ones(sums.shape) if has_cases is None else has_cases)
    is_whole = (design.fraction >= _WHOLE)[:, None]
    is_here = n_here > 0
    alone = (count == 1) & is_here & ~is_whole
    if design.domain_lonely and design.lonely in ("centre", "average"):
        alone |= (n_here == 1) & ~is_whole
    means /= np.maximum(count, 1)
    if design.lonely == "centre":
        units_here = np.maximum((count * is_here).sum(axis=0), 1)
        means = np.where(alone, sums.sum(axis=0) / units_here, means)
    factor = (1 - design.fraction)[:, None] * count / np.maximum(count - 1, 1) * is_here
    if design.lonely != "centre":
        factor = factor * ~alone
    squares = (sums - means[of_unit]) ** 2 * factor[of_unit]
    total = np.asarray(squares.sum(axis=0), dtype=np.float64)
    if design.lonely == "average":
        others = (is_here & ~alone).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = np.where(alone.any(axis=0), total * is_here.sum(axis=0) / others, total)
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
    if ((count == 1) & (design.fraction < _WHOLE)).any():
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
