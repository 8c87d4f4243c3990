"""Sites: against every choice there is, then the laws of a good choice, then errors."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shared import own

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.siting import maximal_coverage, p_median


def test_the_published_optimum_comes_out():
    book = own("siting.json")["orlib_pmed1"]
    n = len(book["ring"])
    roads = [[k, k % n + 1, length] for k, length in enumerate(book["ring"], start=1)] + book["roads"]
    way = np.full((n, n), np.inf)
    np.fill_diagonal(way, 0)
    for a, b, length in roads:
        way[a - 1, b - 1] = way[b - 1, a - 1] = length
    for k in range(n):
        way = np.minimum(way, way[:, [k]] + way[[k], :])
    found = p_median(pd.Series(1.0, index=range(n)), pd.DataFrame(way), n_sites=book["n_sites"])
    assert found.objective == book["optimum"]
    assert found.is_proven and found.gap == pytest.approx(0)


POINTS, SITES = list("abcdef"), list("UVWXYZ")
WORLDS = st.tuples(st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        st.lists(st.integers(0, 9), min_size=shape[0], max_size=shape[0]),
        st.lists(
            st.lists(st.one_of(st.integers(0, 9), st.none()), min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        ),
        st.integers(1, shape[1]),
    )
)


def world(demand, distance):
    points, sites = POINTS[: len(demand)], SITES[: len(distance[0])]
    return pd.Series(demand, index=points, dtype=float), pd.DataFrame(
        distance, index=points, columns=sites, dtype=float
    )


@given(WORLDS, st.integers(0, 9))
def test_no_other_sites_cover_more(given_world, reach):
    demand, distance = world(*given_world[:2])
    n = given_world[2]
    found = maximal_coverage(demand, distance, reach=reach, n_sites=n)
    best = max(
        float(demand[(distance[list(chosen)] <= reach).any(axis=1)].sum())
        for chosen in itertools.combinations(distance.columns, n)
    )
    assert found.objective == pytest.approx(best) and found.is_proven
    assert len(found.sites) <= n
    assert found.demand["served"].sum() == pytest.approx(best)
    assert (found.demand["served"] + found.demand["uncovered"]).tolist() == demand.tolist()
    near = (distance <= reach).any(axis=1)
    assert (found.demand["reason"] == "out_of_reach").tolist() == (~near).tolist()


@given(WORLDS)
def test_no_other_sites_are_nearer(given_world):
    demand, distance = world(*given_world[:2])
    n = given_world[2]
    costs = []
    for chosen in itertools.combinations(distance.columns, n):
        near = distance[list(chosen)].min(axis=1).where(demand > 0, 0)
        if near.notna().all():
            costs.append(float((near * demand).sum()))
    assume(costs)
    found = p_median(demand, distance, n_sites=n)
    assert found.objective == pytest.approx(min(costs)) and found.is_proven
    assert found.demand["uncovered"].sum() == pytest.approx(0)


def split_cost(demand, distance, capacity, chosen, step=4):
    """Least cost with capacities by a plain transport problem in quarters of whole demands: a max-flow search."""
    from scipy.optimize import linprog

    rows = [(i, j) for i in demand.index for j in chosen if np.isfinite(distance.loc[i, j])]
    if not rows:
        return None if demand.sum() > 0 else 0.0
    point = np.array([[float(i == p) for i, _ in rows] for p in demand.index])
    site = np.array([[float(j == s) for _, j in rows] for s in chosen])
    found = linprog(
        [distance.loc[pair] for pair in rows],
        A_eq=point,
        b_eq=demand,
        A_ub=site,
        b_ub=[capacity[s] for s in chosen],
        method="highs",
    )
    return found.fun if found.status == 0 else None


@given(WORLDS, st.lists(st.integers(0, 20), min_size=5, max_size=5))
def test_with_capacities_no_other_sites_are_nearer(given_world, room):
    demand, distance = world(*given_world[:2])
    n = given_world[2]
    capacity = pd.Series(room[: distance.shape[1]], index=distance.columns, dtype=float)
    costs = [
        split_cost(demand, distance, capacity, chosen)
        for chosen in itertools.combinations(distance.columns, n)
    ]
    possible = [cost for cost in costs if cost is not None]
    if not possible:
        with pytest.raises(ValueError, match=r"siting|no choice"):
            p_median(demand, distance, n_sites=n, capacity=capacity)
        return
    found = p_median(demand, distance, n_sites=n, capacity=capacity)
    assert found.objective == pytest.approx(min(possible), abs=1e-6)
    assert (found.sites["served"] <= capacity[found.sites.index] + 1e-6).all()


@given(WORLDS, st.integers(0, 9), st.lists(st.integers(0, 12), min_size=5, max_size=5))
def test_with_capacities_no_other_sites_cover_more(given_world, reach, room):
    demand, distance = world(*given_world[:2])
    n = given_world[2]
    capacity = pd.Series(room[: distance.shape[1]], index=distance.columns, dtype=float)
    found = maximal_coverage(demand, distance, reach=reach, n_sites=n, capacity=capacity)

    def most(chosen):
        """Max flow by trying every set of points as the bottleneck (max-flow = min-cut)."""
        best = np.inf
        for k in range(len(demand) + 1):
            for cut in itertools.combinations(demand.index, k):
                others = [p for p in demand.index if p not in cut]
                touched = [s for s in chosen if (distance.loc[others, s] <= reach).any()] if others else []
                best = min(best, demand[list(cut)].sum() + capacity[touched].sum())
        return best

    best = max(most(chosen) for chosen in itertools.combinations(distance.columns, n))
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert (found.sites["served"] <= capacity[found.sites.index] + 1e-6).all()
    assert found.demand["served"].sum() == pytest.approx(found.objective, abs=1e-6)


def town():
    rng = np.random.default_rng(4)
    points, sites = rng.uniform(0, 100, (40, 2)), rng.uniform(0, 100, (12, 2))
    distance = pd.DataFrame(
        np.hypot(*(points[:, None] - sites).transpose(2, 0, 1)),
        index=[f"p{k}" for k in range(40)],
        columns=[f"s{k}" for k in range(12)],
    )
    return pd.Series(rng.integers(1, 50, 40), index=distance.index, dtype=float), distance


def test_more_sites_never_cover_less_and_each_gain_is_what_is_lost_without_it():
    demand, distance = town()
    covered = []
    for n in range(1, 8):
        found = maximal_coverage(demand, distance, reach=25, n_sites=n)
        covered.append(found.objective)
        for site, gain in found.sites["gain"].items():
            others = [s for s in found.sites.index if s != site]
            left = demand[(distance[others] <= 25).any(axis=1)].sum() if others else 0.0
            assert gain == pytest.approx(found.objective - left)
        assert found.sites["gain"].is_monotonic_decreasing
    assert covered == sorted(covered)
    medians = [p_median(demand, distance, n_sites=n).objective for n in range(1, 6)]
    assert medians == sorted(medians, reverse=True)


def test_fixed_sites_stay_and_are_named():
    demand, distance = town()
    worst = distance.mul(demand, axis=0).sum().idxmax()
    found = p_median(demand, distance, n_sites=3, fixed=[worst])
    assert found.sites.loc[worst, ["is_fixed", "reason"]].tolist() == [True, "fixed"]
    free = p_median(demand, distance, n_sites=3)
    assert free.objective < found.objective
    assert set(free.sites["reason"]) == {"gains_most"}
    rest = [
        distance[[worst, *pair]].min(axis=1) @ demand
        for pair in itertools.combinations(distance.columns.drop(worst), 2)
    ]
    assert found.objective == pytest.approx(min(rest))


def test_gaps_name_their_reason():
    demand = pd.Series({"a": 5.0, "b": 4.0, "c": 3.0, "d": 2.0, "e": 0.0})
    distance = pd.DataFrame(
        {"X": [1, 1, 9, None, 1], "Y": [9, 9, 1, None, 9]}, index=list("abcde"), dtype=float
    )
    found = maximal_coverage(demand, distance, reach=2, n_sites=1, capacity=pd.Series({"X": 6.0, "Y": 9.0}))
    reasons = found.demand["reason"]
    assert sorted(reasons[["a", "b"]]) in (
        ["partly_served", "served"],
        ["no_capacity", "served"],
        ["partly_served"] * 2,
    )
    assert reasons[["c", "d", "e"]].tolist() == ["not_chosen", "out_of_reach", "served"]
    assert found.objective == 6.0 and found.sites["used"].item() == pytest.approx(1.0)
    assert found.demand.loc["d", "site"] is None and np.isnan(found.demand.loc["d", "distance"])


def test_a_median_that_falls_apart_without_a_site_says_so():
    demand = pd.Series({"a": 1.0, "b": 1.0})
    distance = pd.DataFrame({"X": [1, None], "Y": [None, 1]}, index=["a", "b"], dtype=float)
    assert np.isinf(p_median(demand, distance, n_sites=2).sites["gain"]).all()


def test_names_of_any_kind_and_rows_in_any_order():
    demand, distance = town()
    numbered = pd.Series(demand.to_numpy(), index=range(40))
    shuffled = distance.set_axis(range(40)).iloc[::-1].set_axis(list(range(100, 112)), axis=1)
    found = maximal_coverage(numbered, shuffled, reach=25, n_sites=3)
    assert found.objective == maximal_coverage(demand, distance, reach=25, n_sites=3).objective
    assert found.demand.index.tolist() == list(range(40))


def test_wrong_inputs_are_refused_with_every_fault():
    demand = pd.Series({"a": -1.0, "b": np.nan, "c": 1.0})
    distance = pd.DataFrame({"X": [1.0, 2.0, -3.0]}, index=list("abc"))
    with pytest.raises(InputFaults) as error:
        maximal_coverage(demand, distance, reach=-1, n_sites=1, capacity=pd.Series({"X": -5.0}))
    assert len(error.value.faults) == 5
    good = pd.Series({"a": 1.0, "z": 1.0})
    with pytest.raises(InputFaults) as error:
        p_median(good, distance, n_sites=2, fixed=["Q"], capacity=pd.Series({"Y": 1.0}))
    assert [fault.place for fault in error.value.faults] == ["distance rows", "capacity", "fixed", "n_sites"]
    with pytest.raises(InputFaults, match="no way"):
        p_median(pd.Series({"a": 1.0}), pd.DataFrame({"X": [np.nan]}, index=["a"]), n_sites=1)
    with pytest.raises(InputFaults, match="at least the demand"):
        p_median(
            pd.Series({"a": 2.0}),
            pd.DataFrame({"X": [1.0]}, index=["a"]),
            n_sites=1,
            capacity=pd.Series({"X": 1.0}),
        )
    with pytest.raises(ValueError, match="no choice"):
        p_median(
            pd.Series({"a": 1.0, "b": 1.0}),
            pd.DataFrame({"X": [1, None], "Y": [None, 1]}, index=["a", "b"], dtype=float),
            n_sites=1,
        )
