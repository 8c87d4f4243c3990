"""The level of an emergency at a port by its deaths, injuries and direct loss.

Of the plan for product quality emergencies only level Ⅳ could be read. An event beyond its bounds is called
``beyond_read``: Ⅲ or more serious, and which of them is not guessed.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.rule_results import Flags, Floats, rule_results

NONE = "no_harm"
_KINDS = (
    NumberColumn("n_deaths", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_serious", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_injured", low=0, is_whole=True, may_miss=True),
    NumberColumn("loss_cny", low=0, may_miss=True),
    NumberColumn("is_public_harm", low=0, high=1, is_whole=True, may_miss=True),
    NumberColumn("is_county_spread", low=0, high=1, is_whole=True, may_miss=True),
    NumberColumn("is_set_by_county", low=0, high=1, is_whole=True, may_miss=True),
)


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The level of each event; any one bound reached is enough, and an unknown number is not a low one.

    Parameters
    ----------
    facts : DataFrame
        One row an event: rule_set (``work_accident``: State Council order 493; ``product_event``: the AQSIQ
        plan), and as far as known n_deaths, n_serious (seriously injured), n_injured (all injured), loss_cny
        (direct loss, yuan) and for product events 0 or 1: is_public_harm (harm to public health with some
        social impact), is_county_spread (serious harm in one county with a tendency to spread),
        is_set_by_county (the county government decides that it is one).
    on : date
        Day of the decision; rules in force on it apply.
    rules : DataFrame, optional
        Of the shape of ``emergency_levels``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``general``, ``larger``, ``major``, ``special`` for Ⅳ to Ⅰ,
        ``beyond_read``, ``no_harm``; missing while a fact that is not known could change it), at_least,
        at_most (the same words: what is certain, what cannot be ruled out), missing (facts, with spaces
        between), rule_id, reason (``level_reached``, ``none_reached``, ``level_unread``, ``facts_missing``),
        margin (share of the next graver bound that is left; missing at the top or without a decision),
        is_on_bound, status, source_id, locator.

    Raises
    ------
    InputFaults
        With every unknown column and rule set, and every wrong number.

    References
    ----------
    .. [1] 国务院令第493号第三条 (``sc_order_493``). [2] 产品质量安全突发事件应急预案
       (``aqsiq_product_event_plan``): level Ⅳ only.

    Examples
    --------
    >>> events = pd.DataFrame({"rule_set": ["work_accident"] * 3, "n_deaths": [2, 3, 2],
    ...     "n_serious": [9, 0, None], "loss_cny": [9_999_999, 0, 0]})
    >>> found = decide(events, on=dt.date(2026, 1, 1))
    >>> found["decision"].fillna("?").tolist(), found["at_most"].tolist()
    (['general', 'larger', '?'], ['general', 'larger', 'special'])
    """
    rows = standards.in_force(standards.table("emergency_levels") if rules is None else rules, on)
    numbers = _numbers(facts, list(dict.fromkeys(rows["rule_set"])))
    found = [
        _of_rule_set(
            {name: values[places] for name, values in numbers.items()},
            rows[rows["rule_set"] == rule_set],
            index=facts.index[places],
        ).assign(place=places)
        for rule_set in dict.fromkeys(rows["rule_set"])
        if len(places := np.flatnonzero(facts["rule_set"] == rule_set))
    ]
    if not found:
        found = [_of_rule_set(numbers, rows, index=facts.index).assign(place=[])]
    return pd.concat(found).sort_values("place").drop(columns="place")


def _numbers(facts: pd.DataFrame, rule_sets: list[str]) -> dict[str, Floats]:
    known = ["rule_set", *(kind.name for kind in _KINDS)]
    faults = [
        Fault(f"emergency: {name}", "a column", one_of(str(name), known))
        for name in facts
        if name not in known
    ]
    refuse("emergency", faults)
    kinds = [kind for kind in _KINDS if kind.name in facts]
    numbers = number_columns(facts, kinds, what="emergency", texts=["rule_set"])
    faults = [
        Fault(f"emergency: row {row}: rule_set", shown(name), one_of(str(name), rule_sets))
        for row, name in enumerate(facts["rule_set"])
        if name not in rule_sets
    ]
    # the dead and the injured are counted apart, but the seriously injured are injured
    with np.errstate(invalid="ignore"):
        if {"n_serious", "n_injured"} <= set(numbers):
            more = np.flatnonzero(numbers["n_serious"] > numbers["n_injured"])
            faults += [
                Fault(f"emergency: row {row}: n_serious", "more than injured", "at most n_injured")
                for row in more
            ]
    refuse("emergency", faults)
    return numbers


def _of_rule_set(numbers: dict[str, Floats], rows: pd.DataFrame, *, index: pd.Index) -> pd.DataFrame:
    """Events under one set of rules, whose tests stand in the order of their levels, mildest first."""
    own = rows.sort_values("level", kind="stable").drop_duplicates("test").set_index("test")
    ordered = rows.sort_values("level", kind="stable")
    found = rule_results(numbers, ordered, n=len(index))
    n = np.arange(len(index))
    names = np.array([NONE, *own["decision"]], dtype=object)
    low, high = _highest(found.is_met), _highest(found.may_be_met)
    is_open = low != high
    reached = np.concatenate([found.reached, np.full((len(index), 1), np.nan)], axis=1)
    edges = np.concatenate([np.zeros((len(index), 1), np.bool_), found.is_on_boundary], axis=1)
    is_unread = np.array([False, *(own["reading"] == "unread")])[low]
    reasons = [(is_open, "facts_missing"), (low == 0, "none_reached"), (is_unread, "level_unread")]
    # the bound of "some harm" is no distance that anybody could keep
    left = np.where(is_open | (low == 0), np.nan, 1 - reached[n, low])
    out = pd.DataFrame({"decision": names[low], "at_least": names[low], "at_most": names[high]}, index=index)
    out["decision"] = out["decision"].mask(is_open, None)
    out["missing"] = np.where(is_open, found.unknown_facts(), "")
    out["rule_id"] = np.array(["", *own.index], dtype=object)[low]
    out["reason"] = np.select([when for when, _ in reasons], [name for _, name in reasons], "level_reached")
    out["margin"], out["is_on_bound"] = left, edges[n, low]
    # with nothing reached the mildest level is the one that was not
    source = own[["status", "source_id", "locator"]].iloc[np.maximum(low - 1, 0)]
    return pd.concat([out, source.set_axis(index)], axis=1)


def _highest(flags: Flags) -> NDArray[np.intp]:
    """The place, from 1, of the last test that holds; 0 where none does."""
    places = np.arange(1, flags.shape[1] + 1)
    return np.asarray((flags * places).max(axis=1, initial=0))
