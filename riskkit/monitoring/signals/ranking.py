"""The order of signals under a fixed budget of alarms a week."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, floats
from riskkit.foundation.standards import standards
from riskkit.monitoring.signals.memory import no_steps, remembered
from riskkit.monitoring.signals.weights import signal_weights

FAMILIES = ("rise", "pair", "new")
ASKS = ("new", "reopened")
"""States of the memory that ask for an alarm."""
_DECIMALS = 9  # points that differ by less are equal: sums of the same parts in another order


def points(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The points of each component of the evidence.

    Parameters
    ----------
    facts : DataFrame
        As of `evidence.evidence`.
    on : date
        The day that is judged.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    DataFrame
        With the index of `facts`: points_rise, points_pair (each power of ten of the p-value counts, up to a
        most), points_severity, points_novelty, points_exposure and their sum ``points``. What is unknown has
        the points of the unknown, not of the low; without a p-value of the newest week there is no sum.

    Examples
    --------
    >>> facts = pd.DataFrame({"p_rise": [1e-4], "p_pair": [0.01], "severity": [None], "novelty": ["known"],
    ...                       "growth": [2.0]})
    >>> points(facts, on=dt.date(2026, 1, 1)).iloc[0].tolist()
    [4.0, 1.0, 1.0, 0.0, 1.0, 7.0]
    """
    weights = signal_weights(on=on, rules=rules)
    found = {name: _decades(facts[f"p_{name}"], weights[name]) for name in ("rise", "pair")}
    grade = facts["severity"].astype("Float64").round().astype("Int64").astype("string").fillna("unknown")
    growth = floats(facts["growth"])
    moves = np.select(
        [np.isnan(growth), growth >= weights["limit", "growth"]], ["unknown", "growing"], "steady"
    )
    found["pair"] = np.nan_to_num(found["pair"])
    for name, words in (("severity", grade), ("novelty", facts["novelty"]), ("exposure", moves)):
        found[name] = pd.Series(words, index=facts.index).map(weights[name]).to_numpy(dtype=np.float64)
    table = pd.DataFrame({f"points_{name}": values for name, values in found.items()}, index=facts.index)
    return table.assign(points=table.sum(axis=1, skipna=False).round(_DECIMALS))


def _decades(p: pd.Series, weight: pd.Series) -> Floats:
    values = floats(p)
    with np.errstate(divide="ignore"):
        decades = -np.log10(values) + 0.0
    return np.minimum(decades * float(weight["per_decade"]), float(weight["most"]))


def families(facts: pd.DataFrame) -> pd.Series:
    """Which evidence speaks for each combination this week: the key of its one sentence.

    Parameters
    ----------
    facts : DataFrame
        As of `evidence.evidence`.

    Returns
    -------
    Series of str
        Any of ``rise``, ``pair``, ``new`` joined by ``_`` where something was reported in the newest week;
        empty where none speaks.

    Examples
    --------
    >>> facts = pd.DataFrame({"n_week": [2, 0], "is_rise": True, "is_pair": False, "novelty": "hazard"})
    >>> families(facts).tolist()
    ['rise_new', '']
    """
    speaks = {
        "rise": facts["is_rise"].astype("boolean"),
        "pair": facts["is_pair"].astype("boolean"),
        "new": facts["novelty"].isin(["hazard", "combination"]),
    }
    is_here = facts["n_week"].gt(0).fillna(False).to_numpy(dtype=bool)
    words = [
        np.where(speaks[name].fillna(False).to_numpy(dtype=bool) & is_here, name, "") for name in FAMILIES
    ]
    joined = ["_".join(word for word in row if word) for row in zip(*words, strict=True)]
    return pd.Series(joined, index=facts.index, dtype="str")


def decide(
    facts: pd.DataFrame,
    *,
    on: dt.date,
    steps: pd.DataFrame | None = None,
    budget: int | None = None,
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Which combinations are alarms this week: the strongest within the budget, judged ones left in peace.

    Parameters
    ----------
    facts : DataFrame
        As of `evidence.evidence`.
    on : date
        The day that is judged.
    steps : DataFrame, optional
        What was done to signals before (`memory.check_steps`); none if not given.
    budget : int, optional
        Alarms a week; the table's if not given. It is fixed before the week, never by what the week holds.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    DataFrame
        With the index of `facts`: decision (``alarm``; ``waits``: evidence, but beyond the budget;
        ``in_memory``: evidence, but seen or judged before; ``no_signal``; ``unknown``: the series cannot be
        judged), rule_id (the evidence that speaks, see `families`), reason (id of
        ``monitoring_reasons.csv``), margin (points above the first that got no alarm, or short of the last
        that got one; missing where nobody stands on the other side), is_on_boundary (equal points on both
        sides), status, source_id, rank [from 1, Int64; of all with evidence that ask, alarms first],
        is_reserved (an alarm by a place that is kept for re-opened signals, see `reserved_places`; margins
        are then those among re-opened ones, or among the others), the columns of `points` and of
        `memory.remembered`.

    Raises
    ------
    InputFaults
        When the budget is no whole number from 0 up, and as of `memory.check_steps`.

    Examples
    --------
    >>> facts = pd.DataFrame({"signal_id": ["a", "b"], "n_week": [9, 5], "n_all": [9, 5], "is_rise": True,
    ...     "is_pair": False, "novelty": "known", "p_rise": [1e-5, 1e-4], "p_pair": 1.0, "severity": 2,
    ...     "growth": 1.0, "rise_reason": "above_bound"})
    >>> decide(facts, on=dt.date(2026, 1, 1), budget=1)[["decision", "margin"]].values.tolist()
    [['alarm', 1.0], ['waits', -1.0]]
    """
    weights = signal_weights(on=on, rules=rules)
    most = weights["limit", "budget"] if budget is None else budget
    is_whole = (
        isinstance(most, int | float) and not isinstance(most, bool) and most >= 0 and most == int(most)
    )
    refuse("budget", [] if is_whole else [Fault("budget", shown(budget), "a whole number from 0 up")])
    found = points(facts, on=on, rules=rules)
    speaks = families(facts)
    today = facts[["signal_id", "n_all", "severity"]].assign(points=found["points"])
    memory = remembered(today, no_steps() if steps is None else steps, on=on, rules=rules)
    is_judgeable = found["points"].notna()
    asks = (speaks != "") & is_judgeable & memory["state"].isin(ASKS)
    asking = facts.assign(points=found["points"], is_again=memory["state"] == "reopened")[asks]
    kept = reserved_places(int(most), on=on, rules=rules)
    rank = _ranks(asking, int(most), kept=kept).reindex(facts.index)
    is_reserved = rank["is_reserved"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    decision = np.select(
        [~is_judgeable, floats(rank["rank"]) <= int(most), asks, speaks != ""],
        ["unknown", "alarm", "waits", "in_memory"],
        "no_signal",
    )
    rows = standards.table("signal_weights") if rules is None else rules
    source = rows[(rows["component"] == "limit") & (rows["choice"] == "budget")].iloc[0]
    words = [f"signal_{word}" for word in np.where(is_reserved, "reserved", decision)]
    reasons = np.where(is_judgeable, words, facts["rise_reason"].astype("str"))
    head = {"decision": decision, "rule_id": speaks, "reason": reasons, "margin": rank["margin"],
            "is_on_boundary": rank["is_on_boundary"].astype("boolean").fillna(False).astype(bool),
            "status": source["status"], "source_id": source["source_id"],
            "rank": rank["rank"].astype("Int64"), "is_reserved": is_reserved}  # fmt: skip
    return pd.DataFrame(head, index=facts.index).join([found, memory])


def reserved_places(budget: int, *, on: dt.date, rules: pd.DataFrame | None = None) -> int:
    """How many places of a week's budget are kept for signals that new evidence has opened again.

    Without them a week full of newcomers would push out what somebody dismissed and what has grown since. A
    place that no re-opened signal needs goes to the strongest of the others.

    Parameters
    ----------
    budget : int
        Alarms a week.
    on : date
        The day that is judged.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    int
        The share of the table, rounded up, and never the whole budget [places].

    References
    ----------
    .. [1] ``signal_weights.csv``, memory: reserved (``riskkit_house``).

    Examples
    --------
    >>> [reserved_places(budget, on=dt.date(2026, 1, 1)) for budget in (0, 1, 2, 5, 10, 11)]
    [0, 0, 1, 1, 2, 3]
    """
    share = float(signal_weights(on=on, rules=rules)["memory", "reserved"])
    return max(0, min(math.ceil(round(share * budget, _DECIMALS)), budget - 1))


def _ranks(asking: pd.DataFrame, most: int, *, kept: int) -> pd.DataFrame:
    """Order by points, then by the newest rise, then by name; and how far each stands from its cut."""
    by = ["points", "p_rise", "n_week", "signal_id"]
    order = asking.sort_values(by, ascending=[False, True, False, True], kind="stable")
    is_again = order["is_again"].to_numpy(dtype=bool)
    taken = np.arange(len(order)) < most
    short = min(kept, int(is_again.sum())) - int((is_again & taken).sum())
    up = np.flatnonzero(is_again & ~taken)[: max(short, 0)]
    weakest = np.flatnonzero(~is_again & taken)
    taken[weakest[weakest.size - up.size :]] = False
    taken[up] = True
    value = order["points"].to_numpy(dtype=np.float64)
    found = pd.DataFrame({"rank": 0, "margin": np.nan, "is_on_boundary": False}, index=order.index)
    queues = [is_again, ~is_again] if up.size else [np.ones(len(order), dtype=bool)]
    for queue in queues:
        found.loc[queue, ["margin", "is_on_boundary"]] = _cut(value[queue], taken[queue]).to_numpy()
    found["rank"] = (np.argsort(np.argsort(~taken, kind="stable")) + 1).astype(int)
    found["is_reserved"] = np.isin(np.arange(len(order)), up)
    return found.astype({"rank": "Int64", "margin": float, "is_on_boundary": bool})


def _cut(value: Floats, taken: NDArray[np.bool_]) -> pd.DataFrame:
    """Points above the first without an alarm or short of the last with one, and whether these are equal."""
    last_in = value[taken].min() if taken.any() else np.nan
    first_out = value[~taken].max() if (~taken).any() else np.nan
    margin = np.where(taken, value - first_out, value - last_in)
    edge = (value == last_in) & bool(last_in == first_out)
    return pd.DataFrame({"margin": margin, "is_on_boundary": edge})
