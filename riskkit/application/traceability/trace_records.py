"""What records of a chain are worth: where a step up or down is missing, and whether the units add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_ENDS = ("sale", "use", "repair")
"""Stages after which the goods are with whoever uses them: nobody is asked for a step down."""
_MOVING = "logistics"
"""What goes into a container stays what it is: packing uses nothing up and makes nothing."""


def linked_rows(events: pd.DataFrame) -> pd.DataFrame:
    """For every record of a lot, whether one step up and one step down can be read from the records.

    Up: a lot that an event makes comes of the event's inputs; any other lot must have been made, or recorded
    by another company, at the same time or before. Down: a lot that goes into an event becomes its outputs;
    any other lot must have gone into something, or have been recorded by another company, sold or used, at
    the same time or later.

    Parameters
    ----------
    events : DataFrame
        Accepted rows of `events.trace_events`.

    Returns
    -------
    DataFrame
        With the caller's index: has_up, has_down. Missing where nobody is asked: the beginning of a chain (an
        event that makes a lot of nothing recorded) has no step up, a lot that is sold, in use or repaired
        and a sample that was used up have no step down. A lot still in stock counts as without a step down,
        since the records do not tell stock from goods that were lost.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 22 (``sc_2017_43``). How the steps are read is house.

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": ["e", "e", "f"], "stage": ["production", "production", "sale"],
    ...     "event_time": pd.to_datetime(["2026-03-01", "2026-03-01", "2026-03-02"], utc=True),
    ...     "company_id": ["A", "A", "B"], "lot_id": ["steel", "pump", "pump"],
    ...     "role": ["input", "output", "seen"]})
    >>> linked_rows(rows).values.tolist()
    [[False, True], [True, True], [True, <NA>]]
    """
    is_input, is_output = (_is(events, "role", role) for role in ("input", "output"))
    event, time = events["event_id"], events["event_time"]
    with_input, with_output = (event.isin(event[mask]).to_numpy() for mask in (is_input, is_output))
    is_end = events["stage"].isin(_ENDS).to_numpy()
    ups = (_at(events[is_output], "min", events), _others(events, "min"))
    downs = (_at(events[is_input | is_end], "max", events), _others(events, "max"))
    was = np.logical_or.reduce([(one <= time).to_numpy(dtype=bool) for one in ups])
    goes_on = np.logical_or.reduce([(one >= time).to_numpy(dtype=bool) for one in downs])
    no_up = is_output & ~with_input
    no_down = np.where(is_input, ~with_output & events["stage"].ne("production").to_numpy(), is_end)
    found = {
        "has_up": pd.array(np.where(is_output, with_input, was), dtype="boolean"),
        "has_down": pd.array(np.where(is_input, with_output, goes_on), dtype="boolean"),
    }
    out = pd.DataFrame(found, index=events.index)
    for name, unasked in (("has_up", no_up), ("has_down", no_down)):
        out[name] = out[name].mask(unasked)
    return out


def _is(events: pd.DataFrame, name: str, word: str) -> NDArray[np.bool_]:
    return (events[name] == word).to_numpy(dtype=bool)


def _at(rows: pd.DataFrame, which: str, events: pd.DataFrame) -> pd.Series:
    """First or last time of each lot in some rows, for every record."""
    times = rows.groupby("lot_id")["event_time"].agg(which)
    return pd.Series(times.reindex(events["lot_id"]).array, index=events.index)


def _others(events: pd.DataFrame, which: str) -> pd.Series:
    """First or last time at which another company recorded the lot, for every record."""
    times = events.groupby(["lot_id", "company_id"])["event_time"].agg(which).reset_index()
    times = times.sort_values("event_time", ascending=which == "min", kind="stable")
    place = times.groupby("lot_id").cumcount()
    first, second = (times[place == at].set_index("lot_id") for at in (0, 1))
    lots = events["lot_id"]
    is_first = events["company_id"].to_numpy() == first["company_id"].reindex(lots).to_numpy()
    of_first, of_second = (pd.Series(one["event_time"].reindex(lots).array) for one in (first, second))
    return of_first.where(~is_first, of_second).set_axis(events.index)


def record_completeness(events: pd.DataFrame) -> pd.DataFrame:
    """How complete the records of each company are at each stage.

    Parameters
    ----------
    events : DataFrame
        Accepted rows of `events.trace_events`.

    Returns
    -------
    DataFrame
        One row a company and stage: company_id, stage, n_records, share_units (records that say how many
        units), n_up, share_up (records asked for one step up; share that has it), n_down, share_down. A share
        is missing where nothing is asked.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 22 (``sc_2017_43``).

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": ["e", "f"], "stage": ["logistics", "sale"], "company_id": ["A", "B"],
    ...     "event_time": pd.to_datetime(["2026-03-01", "2026-03-02"], utc=True), "lot_id": "pump",
    ...     "role": "seen", "n_units": [None, 4.0]})
    >>> record_completeness(rows)[["company_id", "share_units", "share_up", "share_down"]].values.tolist()
    [['A', 0.0, 0.0, 1.0], ['B', 1.0, 1.0, <NA>]]
    """
    rows = events[["company_id", "stage"]].assign(
        has_units=events["n_units"].notna().astype("boolean"), **linked_rows(events)
    )
    groups = rows.groupby(["company_id", "stage"], sort=True)
    out = pd.DataFrame({"n_records": groups.size()})
    for name in ("units", "up", "down"):
        n_asked, n_known = groups[f"has_{name}"].count(), groups[f"has_{name}"].sum().astype(float)
        if name != "units":
            out[f"n_{name}"] = n_asked
        out[f"share_{name}"] = (n_known / n_asked.where(n_asked > 0)).astype("Float64")
    return out.reset_index()


def handovers(events: pd.DataFrame) -> pd.DataFrame:
    """From which company to which each lot went, as far as their records show it.

    Parameters
    ----------
    events : DataFrame
        Accepted rows of `events.trace_events`.

    Returns
    -------
    DataFrame
        One row a change of company in the records of a lot, in the order of time: lot_id, company_from,
        company_to, last_at (the last record of the one), first_at (the first of the other; UTC), hours
        (between the two). Records of the same moment keep the order of the rows.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 22 (``sc_2017_43``).

    Examples
    --------
    >>> rows = pd.DataFrame({"lot_id": ["pump", "pump"], "company_id": ["A", "B"],
    ...     "event_time": pd.to_datetime(["2026-03-01T08:00Z", "2026-03-02T09:00Z"], utc=True)})
    >>> handovers(rows)[["company_from", "company_to", "hours"]].values.tolist()
    [['A', 'B', 25.0]]
    """
    order = events[["lot_id", "company_id", "event_time"]].sort_values(
        ["lot_id", "event_time"], kind="stable"
    )
    before = order.shift()
    is_passed = (order["lot_id"] == before["lot_id"]) & (order["company_id"] != before["company_id"])
    is_passed = is_passed.fillna(value=False).astype(bool)
    to, of = order[is_passed], before[is_passed]
    hours = (to["event_time"] - of["event_time"]).dt.total_seconds() / 3600
    found = {"lot_id": to["lot_id"], "company_from": of["company_id"], "company_to": to["company_id"]}
    found |= {"last_at": of["event_time"], "first_at": to["event_time"], "hours": hours}
    return pd.DataFrame(found).reset_index(drop=True)


def unit_balance(events: pd.DataFrame) -> pd.DataFrame:
    """Units of each lot that were made or received, that went into other lots, and that were sold.

    Parameters
    ----------
    events : DataFrame
        Accepted rows of `events.trace_events`.

    Returns
    -------
    DataFrame
        One row a lot: lot_id, is_container (made by packing only: its units are those of what is in it),
        n_made (units that events made; without such an event those first seen), n_used (gone into other lots;
        what was packed is not used up), n_left (made − used: units that are still this lot), n_sold,
        n_open (left − sold: in stock or not accounted for; below 0 more went out than there was) [units].
        A number is missing where a record that belongs to it has none; a lot that was never used or sold has
        0 there.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 22 (``sc_2017_43``). The rule for containers is house.

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": ["e", "f", "f", "g"], "stage": ["production", "production",
    ...     "production", "sale"], "event_time": pd.Timestamp("2026-03-01", tz="UTC"),
    ...     "lot_id": ["cell", "cell", "pack", "pack"], "role": ["output", "input", "output", "seen"],
    ...     "n_units": [100, 60.0, 10, 8]})
    >>> unit_balance(rows)[["lot_id", "n_made", "n_left", "n_open"]].values.tolist()
    [['cell', 100, 40, 40], ['pack', 10, 10, 2]]
    """
    is_moving = _is(events, "stage", _MOVING)
    is_input, is_output = (_is(events, "role", role) for role in ("input", "output"))
    lots = pd.Index(events["lot_id"].unique(), name="lot_id")
    made = _sums(events[is_output & ~is_moving])
    seen = events[~is_input & ~is_output].sort_values("event_time", kind="stable")
    # a Series that is not filled: a lot made by an event without a number stays unknown
    first = seen.drop_duplicates("lot_id").set_index("lot_id")["n_units"].astype(float)
    n_made = made.reindex(lots).where(lots.isin(made.index), first.reindex(lots))
    used, sold = _sums(events[is_input & ~is_moving]), _sums(events[_is(events, "stage", "sale") & ~is_input])
    n_used, n_sold = (one.reindex(lots).where(lots.isin(one.index), 0) for one in (used, sold))
    packed = events.loc[is_output & is_moving, "lot_id"]
    table = pd.DataFrame({"is_container": lots.isin(packed) & ~lots.isin(made.index)}, index=lots)
    table["n_made"], table["n_used"], table["n_left"] = n_made, n_used, n_made - n_used
    table["n_sold"], table["n_open"] = n_sold, n_made - n_used - n_sold
    numbers = ("n_made", "n_used", "n_left", "n_sold", "n_open")
    return table.astype(dict.fromkeys(numbers, "Int64")).reset_index()


def _sums(rows: pd.DataFrame) -> pd.Series:
    """Units of each lot; missing where any row has none."""
    units = rows["n_units"].astype(float)
    sums = units.groupby(rows["lot_id"]).sum()
    return sums.mask(units.isna().groupby(rows["lot_id"]).any())
