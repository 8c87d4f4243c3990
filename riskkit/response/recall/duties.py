"""Duties of a recall and their clocks, under the rule in force on the day the clock starts.

The rules are rows of ``recall_duties``: which event starts a clock, how long it runs, which event ends it,
and how far the text of the rule could be read (``read``, ``secondary``, ``unread``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.working_days import Days, Whole, as_days, is_published, possible_last_days

# what a person has to look at first; of two clocks alike the one nearer its end
DECISIONS = ("overdue", "due_now", "unknown", "running", "lapsed", "late", "met", "not_started")
Texts = NDArray[np.str_]
_NONE = np.datetime64("NaT", "D")
_COLUMNS = ["decision", "rule_id", "reason", "margin", "status", "source_id"]


def duty_clocks(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every clock of every recall on a day.

    Parameters
    ----------
    facts : DataFrame
        One row a recall: goods (``consumer``, ``vehicle``, ``vehicle_emission``), and a column a known
        event, its day or missing: learned_on, possible_defect_on, confirmed_on, ordered_on, notified_on,
        plan_filed_on, ended_on, ota_release_on; reported_on, producer_told_on, investigated_on,
        sale_stopped_on, objected_on, published_on, owners_told_on, stage_reported_on (the latest),
        final_reported_on, ota_filed_on.
    on : date
        Events after it have not happened yet (a planned release over the air starts its clock all the same).
    rules : DataFrame, optional
        Of the shape of ``recall_duties``. Of several versions the one in force on the day the clock starts
        counts.

    Returns
    -------
    DataFrame
        One row a recall and duty: row (position of the recall in `facts`), duty, decision, rule_id (rule set
        and duty), reason, margin [days] from `on`, or from the day the duty was met, to the day it is due
        (negative: too late), status, source_id, reading, start_on, due_on, done_on, zh, en. Decisions:
        ``not_started``, ``running``, ``overdue``, ``due_now`` (due immediately), ``met``, ``late`` (met too
        late), ``lapsed`` (a right not used in time), ``unknown``. A term into a year without a published
        notice has no due_on and the reason ``holidays_unpublished``: it runs while `on` lies before that
        year, and is unknown afterwards.

    Raises
    ------
    InputFaults
        With all: kinds of goods that are not known, values that are no day, duties met and recalls ended
        before they started.

    References
    ----------
    .. [1] SAMR order 19 (``samr_order_19``); State Council order 626 (``sc_order_626``); the sources of each
    row.

    Examples
    --------
    >>> facts = pd.DataFrame({"goods": ["consumer"], "confirmed_on": ["2026-02-10"]})
    >>> found = duty_clocks(facts, on=dt.date(2026, 2, 20)).set_index("duty")
    >>> found.at["plan", "decision"], str(found.at["plan", "due_on"].date())
    ('running', '2026-03-02')
    """
    table = standards.all_rows("recall_duties") if rules is None else rules
    days = _event_days(facts, table)
    goods = facts["goods"].to_numpy(dtype=object)
    pieces = []
    for (kind, _), versions in table.groupby(["goods", "duty"], sort=False):
        is_kind = goods == kind
        if is_kind.any():
            pieces += list(_duty(np.flatnonzero(is_kind), versions, days=days, on=np.datetime64(on, "D")))
    if not pieces:
        more = ["reading", "start_on", "due_on", "done_on", "zh", "en"]
        return pd.DataFrame(columns=["row", "duty", *_COLUMNS, *more])
    return pd.concat(pieces, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def _event_days(facts: pd.DataFrame, table: pd.DataFrame) -> dict[str, Days]:
    """The day of every event that some rule names; NaT where it is not known."""
    if "goods" not in facts:
        refuse("recall facts", [Fault("goods", "missing", "a column")])
    known = set(table["goods"])
    faults = [
        Fault(f"goods: row {row}", shown(value), one_of(str(value), sorted(known)))
        for row, value in enumerate(facts["goods"])
        if not pd.isna(value) and value not in known
    ]
    events = table["start_events"] + "|" + table["done_event"] + "|" + table["end_event"]
    names = {name for text in events for name in text.split("|") if name}
    days: dict[str, Days] = {}
    for name in sorted(names):
        days[name] = np.full(len(facts), _NONE)
        if name in facts:
            try:
                days[name] = as_days(facts[name], what=name, may_miss=True)
            except InputFaults as error:
                faults += error.faults
    faults += _order_faults(facts, table, days)
    refuse("recall facts", faults)
    return days


def _order_faults(facts: pd.DataFrame, table: pd.DataFrame, days: Mapping[str, Days]) -> list[Fault]:
    seen = set()
    faults = []
    for rule in records(
        table[~(table["amount"] < 0)]
    ):  # what is owed before an event may well come before it
        start = _first(rule, days)
        for name in (rule["done_event"], rule["end_event"]):
            is_early = (days[name] < start) & (facts["goods"] == rule["goods"]).to_numpy() if name else []
            for row in np.flatnonzero(is_early):
                if (row, name) not in seen:
                    seen.add((row, name))
                    rule_text = f"on or after {rule['start_events']}: {start[row]}"
                    faults.append(Fault(f"{name}: row {row}", str(days[name][row]), rule_text))
    return faults


def _first(rule: Mapping[str, str], days: Mapping[str, Days]) -> Days:
    """The earliest of the events that start the clock."""
    found: Days = np.fmin.reduce([days[name] for name in rule["start_events"].split("|")])
    return found


def _duty(
    rows: Whole, versions: pd.DataFrame, *, days: Mapping[str, Days], on: np.datetime64
) -> Iterator[pd.DataFrame]:
    """The clocks of one duty, each under the version in force on the day it starts, or on `on`."""
    is_open = np.ones(len(rows), dtype=np.bool_)
    for rule in records(versions):
        start = _first(rule, days)[rows]
        day = np.where(np.isnat(start), on, start)
        since, until = (np.datetime64(rule[name] or edge, "D") for name, edge in
                        (("valid_from", "0001-01-01"), ("valid_to", "9999-12-31")))  # fmt: skip
        is_ours = is_open & (day >= since) & (day <= until)
        is_open &= ~is_ours
        yield _clocks(rows[is_ours], rule, days=days, on=on)
    start = _first(records(versions)[0], days)[rows]
    orphans = rows[is_open & (start <= on)]
    if len(orphans):
        found = _clocks(orphans, records(versions)[0], days=days, on=on)
        no_day = found["due_on"].where(found["due_on"].isna())
        yield found.assign(decision="unknown", reason="no_rule_in_force", margin=np.nan, due_on=no_day)


def _clocks(
    rows: Whole, rule: Mapping[str, str], *, days: Mapping[str, Days], on: np.datetime64
) -> pd.DataFrame:
    amount = 0 if np.isnan(float(rule["amount"])) else int(float(rule["amount"]))
    start, done = _first(rule, days)[rows], days[rule["done_event"]][rows]
    start = np.where((start > on) & (amount >= 0), _NONE, start)
    done = np.where(done > on, _NONE, done)
    is_repeated = rule["is_repeated"] == "yes"
    anchor = np.fmax(start, done) if is_repeated else start
    lengths = np.full(len(rows), amount, dtype=np.int64)
    due = (
        np.full(len(rows), _NONE)
        if rule["unit"] == "at_once"
        else possible_last_days(anchor, lengths, unit=rule["unit"])
    )
    if is_repeated:  # what has ended owes no further report
        ended = days[rule["end_event"]][rows]
        done = np.where(ended <= on, ended, _NONE)
    decision, reason = _decided(start, due, done=done, on=on, rule=rule)
    looked = np.where(np.isnat(done), on, done)
    margin = (due - looked).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "row": rows,
            "duty": rule["duty"],
            "decision": decision,
            "rule_id": f"{rule['rule_set']}/{rule['duty']}",
            "reason": reason,
            "margin": np.where(np.isnat(margin), np.nan, margin.astype(np.float64)),
            **{name: rule[name] for name in ("status", "source_id", "reading")},
            "start_on": start.astype("datetime64[s]"),
            "due_on": due.astype("datetime64[s]"),
            "done_on": done.astype("datetime64[s]"),
            "zh": rule["zh"],
            "en": rule["en"],
        }
    )


def _decided(
    start: Days, due: Days, *, done: Days, on: np.datetime64, rule: Mapping[str, str]
) -> tuple[Texts, Texts]:
    at_once = rule["unit"] == "at_once"
    is_done, is_due_known = ~np.isnat(done), ~np.isnat(due) | at_once
    may_run = is_published(np.full(len(start), on))
    missed = "lapsed" if rule["kind"] == "right" else "overdue"
    cases = [
        (np.isnat(start), "not_started", "not_started"),
        (~is_due_known & ~is_done & may_run, "running", "holidays_unpublished"),
        (~is_due_known, "unknown", "holidays_unpublished"),
        (is_done & ((done <= due) | (at_once & (done <= start))), "met", "in_time"),
        (is_done & at_once, "met", "days_later"),
        (is_done, "late", "too_late"),
        (np.full(len(start), at_once), "due_now", "owed_at_once"),
        (on > due, missed, "past_due"),
    ]
    tests = [case[0] for case in cases]
    return (
        np.select(tests, [case[1] for case in cases], "running"),
        np.select(tests, [case[2] for case in cases], "within_term"),
    )


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """How each recall stands with its duties: the clock that needs attention first.

    Parameters
    ----------
    facts, on, rules
        As `duty_clocks`.

    Returns
    -------
    DataFrame
        The caller's index: decision, rule_id, reason, margin [days], status, source_id, duty, due_on,
        reading, n_overdue. Order of attention: overdue, due_now, unknown, running, lapsed, late, met,
        not_started. A recall whose kind of goods is not known is ``unknown`` (``goods_missing``).

    Raises
    ------
    InputFaults
        As `duty_clocks`.

    Examples
    --------
    >>> facts = pd.DataFrame({"goods": ["consumer", None], "confirmed_on": ["2026-02-10", "2026-02-10"],
    ...     "sale_stopped_on": ["2026-02-10", None]}, index=["r1", "r2"])
    >>> decide(facts, on=dt.date(2026, 3, 10))[["decision", "reason"]].to_numpy().tolist()
    [['overdue', 'past_due'], ['unknown', 'goods_missing']]
    """
    clocks = duty_clocks(facts, on=on, rules=rules)
    order = clocks.assign(place=clocks["decision"].map(DECISIONS.index))
    order = order.sort_values(["row", "place", "margin"], kind="stable", na_position="last")
    first = order.drop_duplicates("row").set_index("row").reindex(range(len(facts)))
    n_overdue = clocks.loc[clocks["decision"] == "overdue", "row"].value_counts()
    out = first[[*_COLUMNS, "duty", "due_on", "reading"]].copy()
    is_missing = facts["goods"].isna().to_numpy()
    out["decision"] = out["decision"].fillna("unknown")
    out["reason"] = out["reason"].fillna("no_rule_in_force").mask(is_missing, "goods_missing")
    out["n_overdue"] = n_overdue.reindex(out.index).fillna(0).astype(np.int64)
    return out.set_axis(facts.index)
