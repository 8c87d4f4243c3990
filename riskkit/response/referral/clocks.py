"""Clocks and papers of a referral (tasks 14, 15): publishing penalties, transfer to the police, litigation.

Which term runs from which day is law and stands in ``referral_clocks``; what a lawyer has to judge stands in
``referral_lawyer`` and is worked out nowhere.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.response.credit.penalty_records import text_cells
from riskkit.response.working_days import Days, as_days, possible_last_days


def due_days(clock: str, started_on: Days, *, on: dt.date) -> Days:
    """The last day of a clock of ``referral_clocks.csv``.

    Parameters
    ----------
    clock : str
        Its name.
    started_on : ndarray of datetime64[D]
        Day of the event that starts it; that day is not counted.
    on : date
        Day whose rules apply.

    Returns
    -------
    ndarray of datetime64[D]
        NaT where the start is missing, or a year without published holidays would be needed.

    Raises
    ------
    InputFaults
        When no such clock is in force.

    Examples
    --------
    >>> start = np.array(["2026-02-13"], dtype="datetime64[D]")
    >>> due_days("withdraw", start, on=dt.date(2026, 2, 13)).tolist()
    [datetime.date(2026, 2, 25)]
    """
    rules = standards.table("referral_clocks", on=on)
    row = rules[rules["clock"] == clock]
    refuse("clock", [Fault("clock", shown(clock), one_of(clock, rules["clock"]))] if len(row) != 1 else [])
    amount = np.full(started_on.shape, int(row["amount"].item()))
    rolls = row["rolls"].item() == "yes"
    return possible_last_days(started_on, amount, unit=str(row["unit"].item()), rolls=rolls)


def clocks(events: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Where each clock of a referral stands on a day.

    Parameters
    ----------
    events : DataFrame
        One row a clock: clock (a name of ``referral_clocks.csv``), started_on, done_on (missing while it
        runs).
    on : date
        Day.

    Returns
    -------
    DataFrame
        With the caller's index: step, due_on, state (``done``, ``done_late``, ``running``, ``overdue``,
        ``waiting`` while its start is missing; missing where the holidays of the year are not published),
        days_left [calendar days], source_id, locator, zh, en.

    Raises
    ------
    InputFaults
        With every unknown clock, wrong day, day after `on`, and end before its start.

    References
    ----------
    .. [1] 国家市场监督管理总局令第45号 (``samr_order_45``); 国务院令第310号 (``sc_order_310``);
       检察公益诉讼解释 (``procuratorate_public_interest``); 消费民事公益诉讼解释
       (``consumer_public_interest``).

    Examples
    --------
    >>> rows = pd.DataFrame({"clock": ["agency_reply"], "started_on": ["2025-12-31"], "done_on": [None]})
    >>> found = clocks(rows, on=dt.date(2026, 3, 3))
    >>> found["due_on"].dt.date.item(), found["state"].item()
    (datetime.date(2026, 2, 28), 'overdue')
    """
    rules = standards.table("referral_clocks", on=on).set_index("clock")
    names = text_cells(events, "clock")
    started, done = (as_days(events[name], what=name, may_miss=True) for name in ("started_on", "done_on"))
    today = np.datetime64(on, "D")
    early = (done < started) | (np.isnat(started) & ~np.isnat(done))
    faults = [
        Fault(f"clocks: row {row}: clock", shown(name), one_of(str(name), rules.index))
        for row, name in enumerate(names)
        if name not in rules.index
    ]
    for column, days, wrong, rule in (
        ("started_on", started, started > today, RuleText("not after {}", on)),
        ("done_on", done, done > today, RuleText("not after {}", on)),
        ("done_on", done, early, "not before its start"),
    ):
        faults += [
            Fault(f"clocks: row {row}: {column}", str(days[row]), rule) for row in np.flatnonzero(wrong)
        ]
    refuse("clocks", faults)
    due = np.full(len(events), np.datetime64("NaT", "D"))
    for clock in names.unique():
        of_it = (names == clock).to_numpy(dtype=np.bool_)
        due[of_it] = due_days(str(clock), started[of_it], on=on)
    states = [
        (np.isnat(started), "waiting"),
        (np.isnat(due), ""),
        (done <= due, "done"),
        (done > due, "done_late"),
        (today > due, "overdue"),
    ]
    state = np.select([when for when, _ in states], [name for _, name in states], default="running")
    left = pd.Series(due - today, index=events.index).mask(~np.isnat(done))
    out = pd.DataFrame({"due_on": due, "days_left": left.dt.days}, index=events.index)
    out["state"] = pd.Series(state, index=events.index).mask(state == "", None)
    rest = rules.loc[names, ["step", "source_id", "locator", "zh", "en"]].set_axis(events.index, axis=0)
    return pd.concat([rest["step"], out[["due_on", "state", "days_left"]], rest.drop(columns="step")], axis=1)


def evidence_gaps(route: str, papers: list[str], *, on: dt.date) -> pd.DataFrame:
    """What papers a referral needs, and which are not there yet.

    Parameters
    ----------
    route : str
        ``civil``, ``administrative`` or ``transfer`` (to the police).
    papers : list of str
        The papers that are there, by the item names of ``referral_evidence.csv``.
    on : date
        Day whose rules apply.

    Returns
    -------
    DataFrame
        One row a paper: item, need (required, advised, optional), is_there, zh, en, source_id, locator.

    Raises
    ------
    InputFaults
        With an unknown route and every unknown paper.

    References
    ----------
    .. [1] 检察公益诉讼解释第十四、二十二条 (``procuratorate_public_interest``); 国务院令第310号第六条
       (``sc_order_310``).

    Examples
    --------
    >>> gaps = evidence_gaps("civil", ["complaint", "proof_of_harm"], on=dt.date(2026, 1, 1))
    >>> gaps.loc[~gaps["is_there"] & (gaps["need"] == "required"), "item"].tolist()
    ['proof_of_notice']
    """
    rules = standards.table("referral_evidence", on=on)
    rows = rules[rules["route"] == route]
    known = rows["item"].tolist()
    faults = [Fault("route", shown(route), one_of(route, rules["route"].unique()))] if rows.empty else []
    faults += [
        Fault("papers", shown(name), one_of(name, known)) for name in papers if known and name not in known
    ]
    refuse("evidence", faults)
    found = rows.assign(is_there=rows["item"].isin(papers)).reset_index(drop=True)
    return found[["item", "need", "is_there", "zh", "en", "source_id", "locator"]]


def lawyer_questions(on: dt.date) -> list[str]:
    """What no table decides: the questions that a lawyer, prosecutor or legal department has to answer.

    Examples
    --------
    >>> len(lawyer_questions(dt.date(2026, 1, 1)))
    5
    """
    return [str(row[language()]) for row in standards.rows("referral_lawyer", on=on)]
