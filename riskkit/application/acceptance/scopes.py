"""Scope of acceptance: who is listed for which goods and items on a day, and which goods may be accepted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.proportions import clopper_pearson

KEY = ("agency_id", "goods", "item")
_DAYS = ("valid_from", "valid_to")


def accreditation_faults(listed: pd.DataFrame) -> pd.DataFrame:
    """Rows of a list of accreditations that cannot stand, so that the others can be used.

    Two periods of one agency for the same goods and item may touch, not overlap: of an overlap nobody can say
    which row counts, so both are faults.

    Parameters
    ----------
    listed : DataFrame
        agency_id, goods (HS code or name), item, valid_from, valid_to (missing: no end).

    Returns
    -------
    DataFrame
        One row a fault, with the caller's index: column, value, rule (``missing``, ``no_day``,
        ``ends_before_it_begins``, ``overlapping``).

    Raises
    ------
    InputFaults
        With every missing column.

    Examples
    --------
    >>> rows = pd.DataFrame({"agency_id": ["A", "A"], "goods": ["6111", "6111"], "item": ["pH", "pH"],
    ...     "valid_from": ["2025-01-01", "2025-06-01"], "valid_to": ["2025-12-31", None]})
    >>> accreditation_faults(rows)["rule"].tolist()
    ['overlapping', 'overlapping']
    """
    days = _days(listed)
    found = [_fault_rows(listed, name, listed[name].isna(), rule="missing") for name in (*KEY, "valid_from")]
    found += [
        _fault_rows(listed, name, days[name].isna() & listed[name].notna(), rule="no_day") for name in _DAYS
    ]
    is_backward = days["valid_to"] < days["valid_from"]
    found.append(_fault_rows(listed, "valid_to", is_backward, rule="ends_before_it_begins"))
    broken = {at for part in found for at in part["place"]}
    found.append(_fault_rows(listed, "valid_from", _overlaps(listed, days, broken), rule="overlapping"))
    rows = pd.concat(found, ignore_index=True).sort_values("place", kind="stable")
    return rows.drop(columns="place").set_axis(listed.index[rows["place"]])


def _days(listed: pd.DataFrame) -> pd.DataFrame:
    wanted = [*KEY, *_DAYS]
    refuse("accreditations", [Fault(name, "missing", "a column") for name in wanted if name not in listed])
    days = {name: pd.to_datetime(listed[name], errors="coerce", format="%Y-%m-%d") for name in _DAYS}
    return pd.DataFrame(days, index=listed.index)


def _fault_rows(listed: pd.DataFrame, column: str, is_wrong: pd.Series, *, rule: str) -> pd.DataFrame:
    places = np.flatnonzero(is_wrong.to_numpy(dtype=bool))
    values = [shown(value) for value in listed[column].iloc[places]]
    return pd.DataFrame({"place": places, "column": column, "value": values, "rule": rule})


def _overlaps(listed: pd.DataFrame, days: pd.DataFrame, broken: set[int]) -> pd.Series:
    start = days["valid_from"].to_numpy("datetime64[D]").astype(np.int64)
    # an open period ends after every day there is
    end = np.where(days["valid_to"].isna(), np.iinfo(np.int64).max,
                   days["valid_to"].to_numpy("datetime64[D]").astype(np.int64))  # fmt: skip
    key = listed[list(KEY)].reset_index(drop=True).groupby(list(KEY), dropna=False, sort=False).ngroup()
    rows = pd.DataFrame({"key": key, "start": start, "end": end}).drop(index=sorted(broken))
    hit = np.zeros(len(listed), dtype=bool)
    for _, group in rows.sort_values("start").groupby("key"):
        # a later row overlaps if it begins before the latest end so far; the row with that end overlaps too
        ends = group["end"].cummax().shift(fill_value=np.iinfo(np.int64).min)
        for at in group.index[group["start"] <= ends]:
            is_hit = (group["start"] <= group.at[at, "end"]) & (group["end"] >= group.at[at, "start"])
            hit[group.index[is_hit]] = True
    return pd.Series(hit, index=listed.index)


def public_list(listed: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """The agencies listed on a day, with goods and items, as the public list has them.

    Parameters
    ----------
    listed : DataFrame
        Of the shape of `accreditation_faults`. Rows with a fault are left out: an overlap is not guessed.
    on : date
        The day; both ends of a period count.

    Returns
    -------
    DataFrame
        agency_id, goods, item, valid_from, valid_to, by agency, goods and item; the caller's index.

    Raises
    ------
    InputFaults
        With every missing column.

    References
    ----------
    .. [1] 海关总署令第259号 (``gacc_order_259``): the list is public.

    Examples
    --------
    >>> rows = pd.DataFrame({"agency_id": ["A", "B"], "goods": ["6111"] * 2, "item": ["pH"] * 2,
    ...     "valid_from": ["2025-01-01", "2026-01-01"], "valid_to": [None, None]})
    >>> public_list(rows, on=dt.date(2025, 6, 1))["agency_id"].tolist()
    ['A']
    """
    days, day = _days(listed), pd.Timestamp(on)
    is_sound = ~listed.index.isin(accreditation_faults(listed).index)
    is_open = days["valid_to"].isna() & listed["valid_to"].isna()
    runs = (days["valid_from"] <= day) & ((days["valid_to"] >= day) | is_open)
    return listed.loc[is_sound & runs, [*KEY, *_DAYS]].sort_values(list(KEY), kind="stable")


def scope_changes(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which goods and items may have third-party reports accepted as their risk changes.

    Goods come in when the upper limit of their rate is low on enough evidence, and go out when the lower
    limit is high: between the two bounds everything stays as it is, so that chance does not move it back and
    forth. Goods of a hazard that can kill stay out.

    Parameters
    ----------
    facts : DataFrame
        n_tested, n_nonconforming [count], severity (1–4; grades of injury), is_accepted (1 where reports are
        accepted today).
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``acceptance_scope_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``admit``, ``retain``, ``withdraw``, ``not_admitted``,
        ``unknown``), rule_id, reason, rate, rate_lo, rate_hi, margin [share; how far the limit that decides
        lies from its bound, or grades of severity], status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, or when no rules are in force.

    References
    ----------
    .. [1] 海关总署 2022, imported apparel (``gacc_apparel_2022``): the scope follows the risk assessment. The
       bounds are house.

    Examples
    --------
    >>> facts = pd.DataFrame({"n_tested": [2000, 2000], "n_nonconforming": [4, 400], "severity": [1, 1],
    ...                       "is_accepted": [0, 1]})
    >>> scope_changes(facts, on=dt.date(2026, 5, 1))["decision"].tolist()
    ['admit', 'withdraw']
    """
    table = standards.table("acceptance_scope_rules") if rules is None else rules
    table = standards.in_force(table, on).set_index("rule_id")
    refuse("scope", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    known = _scope_facts(facts)
    n, x, severity = known["n_tested"], known["n_nonconforming"], known["severity"]
    has_counts = (n > 0) & ~np.isnan(x)
    limits = clopper_pearson(np.where(has_counts, x, 0), np.where(has_counts, n, 1))
    lo, hi = (np.where(has_counts, value, np.nan) for value in (limits.lo, limits.hi))
    bound = table["number"].astype(float)
    is_in = known["is_accepted"] == 1
    is_open = np.isnan(severity) | np.isnan(known["is_accepted"]) | ~has_counts
    tests = {
        "as-severe": severity >= bound["as-severe"],
        "as-out": lo > bound["as-out"],
        "as-unknown": is_open,
        "as-few": ~is_in & (n < bound["as-few"]),
        "as-in": ~is_in & (hi < bound["as-in"]),
    }
    rule = np.select(list(tests.values()), list(tests), default="as-stay")
    stays = np.where(is_in, "retain", "not_admitted")
    leaves = np.where(is_in, "withdraw", "not_admitted")
    decision = np.select([np.isin(rule, ["as-severe", "as-out"]), rule == "as-unknown", rule == "as-in"],
                         [leaves, "unknown", "admit"], default=stays)  # fmt: skip
    # without knowing whether reports are accepted now, nobody can say what would change
    decision = np.where(np.isnan(known["is_accepted"]), "unknown", decision)
    gap = np.where(is_in, bound["as-out"] - lo, hi - bound["as-in"])
    margin = np.select(
        [rule == "as-severe", rule == "as-out", rule == "as-in", rule == "as-unknown"],
        [severity - bound["as-severe"], lo - bound["as-out"], bound["as-in"] - hi, np.nan],
        default=gap,
    )
    rate = np.divide(x, n, out=np.full_like(n, np.nan), where=has_counts)
    reason = table["reason"].reindex(rule).to_numpy()
    out = {"decision": decision, "rule_id": rule, "reason": reason}
    out |= {"rate": rate, "rate_lo": lo, "rate_hi": hi, "margin": margin}
    for name in ("status", "source_id"):
        out[name] = table[name].reindex(rule).to_numpy()
    return pd.DataFrame(out, index=facts.index)


def _scope_facts(facts: pd.DataFrame) -> dict[str, np.ndarray]:
    columns = (
        NumberColumn("n_tested", low=0, is_whole=True, may_miss=True),
        NumberColumn("n_nonconforming", low=0, is_whole=True, may_miss=True),
        NumberColumn("severity", low=1, high=4, is_whole=True, may_miss=True),
        NumberColumn("is_accepted", low=0, high=1, is_whole=True, may_miss=True),
    )
    known = number_columns(facts, columns, what="facts")
    with np.errstate(invalid="ignore"):
        above = np.flatnonzero(known["n_nonconforming"] > known["n_tested"])
    refuse("facts", [Fault(f"facts: row {row}: n_nonconforming", shown(known["n_nonconforming"][row]),
                           "at most n_tested") for row in above])  # fmt: skip
    return dict(known)
