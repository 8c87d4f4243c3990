"""Traceability events as a table: read with suspicion, good rows kept, every fault listed at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, floats

STAGES = ("production", "inspection", "logistics", "sale", "use", "repair")
"""The stages of task 22 (生产、检验、物流、销售、使用、维修), in the order of a product's life."""
ROLES = ("input", "output", "seen")
"""What an event does with a lot: uses it up or puts it into something, makes it, or only meets it."""
_NAMES = ("event_id", "company_id", "lot_id")
COLUMNS = ("event_id", "event_time", "stage", "company_id", "lot_id", "role")
_UNITS = NumberColumn("n_units", low=0, is_whole=True, may_miss=True)
_OFFSET = r"(?:[Zz]|[+-]\d\d:?\d\d)$"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class TraceEvents:
    """Events that were read; every row given is accepted, quarantined or a duplicate.

    Parameters
    ----------
    accepted : DataFrame
        Good rows with the caller's index: event_id, event_time (UTC), stage, company_id, lot_id, role,
        n_units [units].
    quarantined : DataFrame
        Rows that break a rule, as they came.
    duplicates : DataFrame
        Rows that say again what an accepted row says.
    faults : tuple of Fault
        Everything that is wrong, in the order of the rows.

    Examples
    --------
    >>> TraceEvents(pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), ()).faults
    ()
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    duplicates: pd.DataFrame
    faults: tuple[Fault, ...]


def trace_events(rows: pd.DataFrame) -> TraceEvents:
    """Check a table of events and keep its good rows.

    Parameters
    ----------
    rows : DataFrame
        One row an event and lot: event_id, event_time (with its offset from UTC), stage (`STAGES`),
        company_id (who recorded it), lot_id, role (`ROLES`); if wanted n_units [units] of
        the lot in the event.

    Returns
    -------
    TraceEvents
        Accepted and quarantined rows, duplicates, faults. A row is quarantined when a cell is wrong, when
        it contradicts an earlier row of its event (time, stage, company), when its lot was used or seen
        before its first production, or when it is a link of a circle (a lot that went into itself).

    Raises
    ------
    InputFaults
        When columns are missing or doubled; there is no good row then.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 22 (``sc_2017_43``).

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": ["made", "sold"], "stage": ["production", "sale"],
    ...     "event_time": ["2026-03-02T08:00:00+08:00", "2026-03-01T08:00:00+08:00"],
    ...     "company_id": "A", "lot_id": "L", "role": ["output", "seen"]})
    >>> found = trace_events(rows)
    >>> len(found.accepted), print(*found.faults)
    events: row 1: event_time: '2026-03-01T08:00:00+08:00', must be: not before the production of lot L
    (1, None)
    """
    table = _typed(rows)
    checks = _cell_checks(rows, table)
    is_bad = np.logical_or.reduce([mask for _, mask, _ in checks])
    is_double = table.duplicated().to_numpy() & ~is_bad
    for check in (_contradicts, _early, _circular):
        is_left = ~is_bad & ~is_double
        name, among_left, rule = check(table[is_left])
        mask = np.zeros(len(table), dtype=bool)
        mask[np.flatnonzero(is_left)[among_left]] = True
        checks.append((name, mask, rule))
        is_bad = is_bad | mask
    keys = table.set_axis(rows.index)
    return TraceEvents(
        keys[~is_bad & ~is_double], rows[is_bad], rows[is_double], tuple(_faults(rows, table, checks))
    )


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    doubled = [str(name) for name in rows.columns[rows.columns.duplicated()]]
    refuse("events", [Fault(f"events: {name}", "missing", "a column") for name in COLUMNS if name not in rows]
           + [Fault(f"events: {name}", "there twice", "one column a name") for name in doubled])  # fmt: skip
    given = rows.reset_index(drop=True)
    text = given["event_time"].astype("string").str.strip()
    instant = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    words = {name: given[name].astype("string").str.strip() for name in _NAMES}
    names = {name: word.mask(word == "") for name, word in words.items()}
    units = floats(given["n_units"]) if "n_units" in given else np.full(len(given), np.nan)
    return pd.DataFrame(
        {
            "event_id": names["event_id"],
            "event_time": instant.where(text.str.contains(_OFFSET, regex=True).fillna(value=False)),
            "stage": given["stage"].astype("string"),
            "company_id": names["company_id"],
            "lot_id": names["lot_id"],
            "role": given["role"].astype("string"),
            "n_units": units,
        }
    )


Check = tuple[str, Mask, str]


def _cell_checks(rows: pd.DataFrame, table: pd.DataFrame) -> list[Check]:
    checks: list[Check] = [(name, table[name].isna().to_numpy(), "a name or number") for name in _NAMES]
    checks += [
        ("event_time", table["event_time"].isna().to_numpy(), "a time with its offset, as ISO 8601 has it"),
        ("stage", ~table["stage"].isin(STAGES).to_numpy(), ""),
        ("role", ~table["role"].isin(ROLES).to_numpy(), ""),
    ]
    if "n_units" in rows:
        is_given = rows["n_units"].notna().to_numpy()
        checks.append(("n_units", is_given & ~_UNITS.is_kept(table["n_units"].to_numpy()), _UNITS.rule))
    return checks


def _contradicts(table: pd.DataFrame) -> Check:
    shared = ["event_time", "stage", "company_id"]
    first = table.groupby("event_id", sort=False)[shared].transform("first")
    is_other = (table[shared] != first).any(axis=1).to_numpy(dtype=bool)
    return "event_id", is_other, "one time, stage and company an event, as in its first row"


def _early(table: pd.DataFrame) -> Check:
    is_made = (table["role"] == "output") & (table["stage"] == "production")
    made = table[is_made].groupby("lot_id", sort=False)["event_time"].min()
    is_early = (table["event_time"] < made.reindex(table["lot_id"]).array) & ~is_made
    return "event_time", is_early.to_numpy(dtype=bool), "not before the production of lot {1}"


def _circular(table: pd.DataFrame) -> Check:
    """Links that lie on a circle: both their ends are in one strongly connected part."""
    lots, lot_ids = pd.factorize(table["lot_id"])
    events = pd.factorize(table["event_id"])[0] + len(lot_ids)
    is_input = (table["role"] == "input").to_numpy(dtype=bool)
    is_link = is_input | (table["role"] == "output").to_numpy(dtype=bool)
    tail, head = np.where(is_input, lots, events), np.where(is_input, events, lots)
    size = len(lot_ids) + (int(events.max()) + 1 - len(lot_ids) if len(events) else 0)
    links = coo_array((np.ones(is_link.sum(), np.int8), (tail[is_link], head[is_link])), shape=(size, size))
    if size == 0:
        return "lot_id", is_link, ""
    part = connected_components(links.tocsr(), directed=True, connection="strong")[1]
    return ("lot_id", is_link & (part[tail] == part[head]), "a lot that does not go into itself (event {0})")


def _faults(rows: pd.DataFrame, table: pd.DataFrame, checks: list[Check]) -> list[Fault]:
    known = {"stage": STAGES, "role": ROLES}
    ids = table[["event_id", "lot_id"]]
    found = [
        (row, Fault(
            f"events: row {row}: {name}",
            shown(rows[name].iloc[row]),
            RuleText(rule, *ids.iloc[row]) if rule else one_of(str(rows[name].iloc[row]), known[name]),
        ))
        for name, mask, rule in checks
        for row in np.flatnonzero(mask)
    ]  # fmt: skip
    return [fault for _, fault in sorted(found, key=lambda pair: pair[0])]
