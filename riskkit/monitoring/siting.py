"""Where to put monitoring points: most demand within reach, or the shortest way to it.

Both are integer programmes, solved to proof or to a stated gap. *Maximal coverage*: with p sites, cover as
much demand as can be within a distance. *p-median*: with p sites, make Σ demand × distance to its site least.
Sites may be fixed beforehand or given a capacity; demand may then be split between sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats

Flags = NDArray[np.bool_]
# the solver gives 0 and 1 up to its own tolerance
_INTEGRAL = 0.5
# shares of demand below the tolerance of the solver are none
_SMALL = 1e-7


@dataclass(frozen=True)
class Siting:
    """Chosen sites, what they serve, and how sure it is that no choice is better.

    Parameters
    ----------
    sites : DataFrame
        Index: the chosen sites, greatest gain first. is_fixed, served (demand), used (share of the capacity;
        NaN without one), gain (what would be lost without this site, the others staying; for a p-median by
        how much the sum would grow), reason (``fixed``, ``gains_most`` or ``no_gain``).
    demand : DataFrame
        Index: the demand points, as given. demand, served, uncovered, site (that serves most of it; missing
        where none does), distance (demand-weighted; NaN where unserved), reason (``served``,
        ``partly_served``, ``out_of_reach``: no candidate at all reaches it, ``not_chosen``: none that reaches
        it was chosen, ``no_capacity``).
    objective : float
        Demand covered, or Σ demand × distance.
    bound : float
        No choice can do better than this.
    gap : float
        |objective − bound| over the objective; 0 where proven best.
    is_proven : bool
        Whether the gap is nothing but rounding.
    """

    sites: pd.DataFrame
    demand: pd.DataFrame
    objective: float
    bound: float
    gap: float
    is_proven: bool


def maximal_coverage(
    demand: pd.Series,
    distance: pd.DataFrame,
    *,
    reach: float,
    n_sites: int,
    fixed: Sequence[Any] = (),
    capacity: pd.Series | None = None,
    seconds: float | None = None,
) -> Siting:
    """The sites that together cover most demand within a distance.

    Parameters
    ----------
    demand : Series
        Demand by point, such as trade value or cases, from 0 up; index: names of the points.
    distance : DataFrame
        Rows: the points of `demand`; columns: candidate sites. Any unit, from 0 up; missing: no way.
    reach : float
        Farthest distance at which a site covers a point, itself covered.
    n_sites : int
        How many sites, the fixed ones included.
    fixed : sequence, optional
        Sites that are there already.
    capacity : Series, optional
        Most demand a site can serve, by candidate; without bound otherwise.
    seconds : float, optional
        Time after which the best choice so far is taken, with its gap; to proof otherwise.

    Returns
    -------
    Siting

    Raises
    ------
    InputFaults
        With everything that is wrong with the inputs.

    References
    ----------
    .. [1] Church and ReVelle (1974), The maximal covering location problem (``church_revelle_1974``).

    Examples
    --------
    >>> need = pd.Series({"a": 5.0, "b": 3.0, "c": 4.0})
    >>> way = pd.DataFrame({"X": [1, 1, 9], "Y": [9, 1, 1]}, index=list("abc"))
    >>> found = maximal_coverage(need, way, reach=2, n_sites=1)
    >>> found.sites.index.tolist(), found.objective, found.demand["reason"].tolist()
    (['X'], 8.0, ['served', 'served', 'not_chosen'])
    """
    faults = [] if 0 <= reach < np.inf else [Fault("reach", shown(reach), "a finite distance from 0 up")]
    given = _Given.of(demand, distance, fixed=fixed, capacity=capacity, n_sites=n_sites, faults=faults)
    is_reached = np.nan_to_num(given.distance, nan=np.inf) <= reach
    return _solved(
        given, is_reached, worth=given.demand[:, None] * is_reached, must_serve=False, seconds=seconds
    )


def p_median(
    demand: pd.Series,
    distance: pd.DataFrame,
    *,
    n_sites: int,
    fixed: Sequence[Any] = (),
    capacity: pd.Series | None = None,
    seconds: float | None = None,
) -> Siting:
    """The sites from which all demand is served with the shortest way in all.

    Parameters
    ----------
    demand, distance, n_sites, fixed, capacity, seconds
        As for `maximal_coverage`. All demand must be served.

    Returns
    -------
    Siting

    Raises
    ------
    InputFaults
        With everything that is wrong with the inputs, points that no candidate can serve included, and when
        the capacity of any n sites is below the demand.
    ValueError
        When no choice of sites serves all demand, or none was found in time.

    References
    ----------
    .. [1] Hakimi (1964), Optimum locations of switching centers (``hakimi_1964``).

    Examples
    --------
    >>> need = pd.Series({"a": 5.0, "b": 3.0, "c": 4.0})
    >>> way = pd.DataFrame({"X": [1, 1, 9], "Y": [9, 1, 1]}, index=list("abc"))
    >>> p_median(need, way, n_sites=2).objective
    12.0
    """
    given = _Given.of(demand, distance, fixed=fixed, capacity=capacity, n_sites=n_sites, faults=[])
    can = np.isfinite(given.distance)
    lost = np.flatnonzero(~can.any(axis=1) & (given.demand > 0)).tolist()
    rule = "within reach of a candidate"
    refuse("siting", [Fault(f"demand {shown(demand.index[k])}", "no way", rule) for k in lost])
    most = float(np.sort(given.capacity)[::-1][:n_sites].sum())
    rule = RuleText("at least the demand, {}", f"{given.demand.sum():g}")
    short = most < given.demand.sum() * (1 - 1e-12)
    refuse("siting", [Fault(f"capacity of {n_sites} sites", f"{most:g}", rule)] if short else [])
    cost = given.demand[:, None] * np.where(can, given.distance, 0.0)
    return _solved(given, can, worth=-cost, must_serve=True, seconds=seconds)


@dataclass(frozen=True)
class _Given:
    demand: Floats
    distance: Floats
    capacity: Floats
    is_fixed: Flags
    n_sites: int
    points: pd.Index
    candidates: pd.Index
    is_bounded: bool

    @classmethod
    def of(
        cls,
        demand: pd.Series,
        distance: pd.DataFrame,
        *,
        fixed: Sequence[Any],
        capacity: pd.Series | None,
        n_sites: int,
        faults: list[Fault],
    ) -> _Given:
        sites = distance.columns
        most = pd.Series(np.inf, index=sites) if capacity is None else capacity
        names = _name_faults(demand, distance, fixed=fixed, capacity=most, n_sites=n_sites)
        refuse("siting", [*faults, *names] if names else [])  # without names there are no values to look at
        need = demand.to_numpy(dtype=np.float64, na_value=np.nan)
        way = distance.loc[demand.index].to_numpy(dtype=np.float64, na_value=np.nan)
        bound = np.asarray(most.loc[sites].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        bad = [
            *(
                (f"demand {shown(demand.index[k])}", need[k])
                for k in np.flatnonzero(~((need >= 0) & (need < np.inf))).tolist()
            ),
            *((f"capacity {shown(sites[k])}", bound[k]) for k in np.flatnonzero(~(bound >= 0)).tolist()),
            *(
                (f"distance {shown(demand.index[i])} to {shown(sites[j])}", way[i, j])
                for i, j in np.argwhere(way < 0).tolist()
            ),
        ]
        refuse(
            "siting", [*faults, *(Fault(place, f"{value:g}", "a number from 0 up") for place, value in bad)]
        )
        is_fixed = np.asarray(sites.isin(list(fixed)), dtype=np.bool_)
        return cls(need, way, bound, is_fixed, n_sites, demand.index, sites, capacity is not None)


def _name_faults(
    demand: pd.Series, distance: pd.DataFrame, *, fixed: Sequence[Any], capacity: pd.Series, n_sites: int
) -> list[Fault]:
    lists = {"demand": demand.index, "distance rows": distance.index, "distance columns": distance.columns}
    faults = [
        Fault(what, shown(name), "a name that stands once")
        for what, index in lists.items()
        for name in index[index.duplicated()]
    ]
    for what, wanted, there in (
        ("distance rows", demand.index, distance.index),
        ("capacity", distance.columns, capacity.index),
        ("fixed", pd.Index(list(fixed), dtype=object), distance.columns),
    ):
        faults += [Fault(what, f"no {shown(name)}", "a known name") for name in wanted[~wanted.isin(there)]]
    if not max(len(set(fixed)), 1) <= n_sites <= distance.shape[1]:
        rule = RuleText(
            "from {} (the fixed ones) to {} (the candidates)", max(len(set(fixed)), 1), distance.shape[1]
        )
        faults.append(Fault("n_sites", shown(n_sites), rule))
    return faults


def _solved(given: _Given, can: Flags, *, worth: Floats, must_serve: bool, seconds: float | None) -> Siting:
    """The programme: x_j whether a site is open, z_ij the share of point i that site j serves."""
    rows, columns = np.nonzero(can & (given.demand > 0)[:, None])
    n_open, n_links = len(given.candidates), rows.size
    link = np.arange(n_links)
    of_point = csr_array((np.ones(n_links), (rows, link)), shape=(len(given.points), n_links))
    of_site = csr_array((given.demand[rows], (columns, link)), shape=(n_open, n_links))
    opened = csr_array((np.ones(n_links), (link, columns)), shape=(n_links, n_open))
    none = csr_array((len(given.points), n_open))
    served = np.where((given.demand > 0) & must_serve, 1.0, 0.0)
    rules = [
        LinearConstraint(hstack([none, of_point]), served, np.ones(len(given.points))),
        LinearConstraint(hstack([-opened, eye_array(n_links)]), -np.inf, np.zeros(n_links)),
        LinearConstraint(
            hstack([csr_array(np.ones((1, n_open))), csr_array((1, n_links))]), -np.inf, given.n_sites
        ),
    ]
    if given.is_bounded:
        tight = np.isfinite(given.capacity)
        room = csr_array(np.diag(np.where(tight, -given.capacity, 0.0)))
        rules.append(LinearConstraint(hstack([room, of_site])[tight], -np.inf, np.zeros(int(tight.sum()))))
    found = milp(
        np.r_[np.zeros(n_open), -worth[rows, columns]],
        integrality=np.r_[np.ones(n_open), np.zeros(n_links)],
        bounds=Bounds(np.r_[given.is_fixed.astype(float), np.zeros(n_links)], np.ones(n_open + n_links)),
        constraints=rules,
        options={"mip_rel_gap": 0.0, **({} if seconds is None else {"time_limit": seconds})},
    )
    if found.x is None:
        raise ValueError(f"no choice of {given.n_sites} sites was found: {found.message}")
    is_open = (found.x[:n_open] > _INTEGRAL) | given.is_fixed
    bound = _bound(found, must_serve)
    return _described(given, can, worth=worth, is_open=is_open, bound=bound, must_serve=must_serve)


def _bound(found: Any, must_serve: bool) -> float:
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    return float(bound) if must_serve else -float(bound)


def _described(
    given: _Given, can: Flags, *, worth: Floats, is_open: Flags, bound: float, must_serve: bool
) -> Siting:
    share = _served(given, can, worth=worth, is_open=is_open)
    objective = abs(float((share * worth).sum()))
    gains = []
    chosen = np.flatnonzero(is_open)
    for site in chosen:
        without = is_open.copy()
        without[site] = False
        other = _served(given, can, worth=worth, is_open=without)
        lost = float((share * worth).sum() - (other * worth).sum())
        short = given.demand.sum() - float((given.demand * other.sum(axis=1)).sum())
        is_needed = must_serve and short > given.demand.sum() * _SMALL
        gains.append(np.inf if is_needed else max(lost, 0.0))
    used = (given.demand[:, None] * share).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        filled = np.where(np.isfinite(given.capacity), used / given.capacity, np.nan)
    sites = pd.DataFrame(
        {
            "is_fixed": given.is_fixed[chosen],
            "served": used[chosen],
            "used": filled[chosen],
            "gain": gains,
            "reason": np.select(
                [given.is_fixed[chosen], np.array(gains) > _SMALL], ["fixed", "gains_most"], default="no_gain"
            ),
        },
        index=given.candidates[chosen],
    ).sort_values("gain", ascending=False, kind="stable")
    away = abs(objective - bound) / max(abs(objective), 1e-12)
    table = _demand_table(given, can, share=share, is_open=is_open)
    return Siting(sites, table, objective, bound, away, bool(away < _SMALL))


def _served(given: _Given, can: Flags, *, worth: Floats, is_open: Flags) -> Floats:
    """The best shares of each point's demand that open sites serve, by each site."""
    usable = can & is_open[None, :] & (given.demand > 0)[:, None]
    if not given.is_bounded:
        best = np.where(usable, worth, -np.inf)
        near = np.where(usable, np.nan_to_num(given.distance, nan=np.inf), np.inf)
        site = np.lexsort((near, -best), axis=1)[:, 0] if best.shape[1] else np.zeros(len(best), dtype=int)
        share = np.zeros_like(worth)
        has = usable.any(axis=1)
        share[np.flatnonzero(has), site[has]] = 1.0
        return share
    return _split(given, usable, worth)


def _split(given: _Given, usable: Flags, worth: Floats) -> Floats:
    """With capacities: as much as can be served, then the best worth, then the shortest way."""
    from scipy.optimize import linprog

    rows, columns = np.nonzero(usable)
    share = np.zeros_like(worth)
    if not rows.size:
        return share
    link = np.arange(rows.size)
    of_point = csr_array((np.ones(rows.size), (rows, link)), shape=(len(given.points), rows.size))
    of_site = csr_array((given.demand[rows], (columns, link)), shape=(len(given.candidates), rows.size))
    tight = np.isfinite(given.capacity)
    limits = np.r_[np.ones(len(given.points)), given.capacity[tight]]
    way = np.nan_to_num(given.distance, nan=0.0)[rows, columns]
    # to serve more must win over any shorter way that a chain of exchanges could bring
    first = (float(way.max(initial=0.0)) + 1.0) * 2 * len(given.points)
    price = given.demand[rows] * (way - first)
    found = linprog(
        price, A_ub=vstack([of_point, of_site[tight]]), b_ub=limits, bounds=(0, 1), method="highs"
    )
    share[rows, columns] = found.x
    return share


def _demand_table(given: _Given, can: Flags, *, share: Floats, is_open: Flags) -> pd.DataFrame:
    part = share.sum(axis=1)
    served = given.demand * part
    with np.errstate(invalid="ignore", divide="ignore"):
        way = (share * np.nan_to_num(given.distance, nan=0.0)).sum(axis=1) / np.where(part > 0, part, np.nan)
    site = pd.Series(given.candidates[share.argmax(axis=1)], index=given.points, dtype="object")
    is_near = (can & is_open[None, :]).any(axis=1)
    tests = [
        (part >= 1 - _SMALL) | ((given.demand == 0) & is_near),
        part > _SMALL,
        ~can.any(axis=1),
        ~is_near,
    ]
    words = ["served", "partly_served", "out_of_reach", "not_chosen"]
    return pd.DataFrame(
        {
            "demand": given.demand,
            "served": served,
            "uncovered": np.maximum(given.demand - served, 0.0),
            "site": site.where(part > _SMALL, None),
            "distance": way,
            "reason": np.select(tests, words, default="no_capacity"),
        },
        index=given.points,
    )
