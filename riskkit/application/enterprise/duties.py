"""The ledger of an enterprise's duties: acceptance, testing, certification, recall, after-sale."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.standards import standards

_COLUMNS = ("enterprise_id", "duty", "due_on", "done_on", "evidence")
DECISIONS = ("overdue", "unproven", "late", "unknown", "due", "met")
_REASONS = {
    "unproven": "nothing_shows_it",
    "late": "after_the_term",
    "met": "in_time",
    "overdue": "term_over",
    "due": "term_running",
    "unknown": "no_term_and_not_done",
}


def decide(entries: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Whether each duty was met in time, with evidence.

    Parameters
    ----------
    entries : DataFrame
        One row an enterprise, duty (of ``enterprise_duties.csv``) and term: enterprise_id, duty, due_on,
        done_on (days; missing: no term, not done), evidence (what shows it; missing: nothing).
    on : date
        The day.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``enterprise_duties.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``met``, ``late``: done after its term, ``unproven``: said to be
        done and nothing shows it, ``due``, ``overdue``, ``unknown``: no term and not done), rule_id (the
        duty), reason, margin [days from `on`, or from the day it was done, to the last day; negative: too
        late], status, source_id.

    Raises
    ------
    InputFaults
        With all: missing columns and names, duties that are not known, values that are no day, days after
        `on` on which something is said to be done, one term entered twice.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 17 (``sc_2017_43``); the sources of each duty.

    Examples
    --------
    >>> rows = pd.DataFrame({"enterprise_id": ["A", "A"], "duty": ["product_test", "certificate"],
    ...     "due_on": ["2026-03-01", "2026-03-01"], "done_on": ["2026-02-01", None],
    ...     "evidence": ["report 7", None]})
    >>> decide(rows, on=dt.date(2026, 3, 5))[["decision", "margin"]].values.tolist()
    [['met', 28.0], ['overdue', -4.0]]
    """
    table = _duties(on, rules)
    due, done = _read(entries, table, on=on)
    shown_by = entries["evidence"].reset_index(drop=True)
    has_proof = shown_by.notna() & (shown_by.astype("string").str.strip().fillna("") != "")
    is_done, is_late, day = done.notna(), done > due, pd.Timestamp(on)
    tests = {
        "unproven": is_done & ~has_proof,
        "late": is_done & is_late,
        "met": is_done,
        "overdue": due < day,
        "due": due.notna(),
    }
    decision = np.select(list(tests.values()), list(tests), default="unknown")
    out = pd.DataFrame({"decision": decision, "rule_id": entries["duty"].to_numpy()})
    out["reason"] = out["decision"].map(_REASONS)
    out["margin"] = (due - done.fillna(day)).dt.days.astype(float)
    for name in ("status", "source_id"):
        out[name] = table[name].reindex(out["rule_id"]).to_numpy()
    return out.set_index(entries.index)


def _duties(on: dt.date, rules: pd.DataFrame | None) -> pd.DataFrame:
    table = standards.in_force(standards.all_rows("enterprise_duties") if rules is None else rules, on)
    refuse("duties", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    return table.set_index("duty")


def _read(entries: pd.DataFrame, table: pd.DataFrame, *, on: dt.date) -> tuple[pd.Series, pd.Series]:
    refuse("duties", [Fault(f"duties: {name}", "missing", "a column") for name in _COLUMNS
                      if name not in entries])  # fmt: skip
    rows = entries.reset_index(drop=True)
    days = {
        name: pd.to_datetime(rows[name], errors="coerce", format="%Y-%m-%d") for name in ("due_on", "done_on")
    }
    known = list(table.index)
    tests = [
        ("enterprise_id", rows["enterprise_id"].isna(), "a name or number"),
        ("duty", ~rows["duty"].isin(known), ""),
        *((name, days[name].isna() & rows[name].notna(), "a day as YYYY-MM-DD") for name in days),
        ("done_on", days["done_on"] > pd.Timestamp(on), RuleText("a day up to {}", on)),
        ("due_on", rows.duplicated(["enterprise_id", "duty", "due_on"]), "one row a duty and term"),
    ]
    refuse(
        "duties",
        [
            Fault(
                f"duties: row {row}: {name}",
                shown(rows[name].iloc[row]),
                rule or one_of(str(rows[name].iloc[row]), known),
            )
            for name, is_wrong, rule in tests
            for row in np.flatnonzero(is_wrong)
        ],
    )
    return days["due_on"], days["done_on"]


def ledger(entries: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every duty of every enterprise: those that nobody recorded stand there as not recorded.

    Parameters
    ----------
    entries : DataFrame
        As in `decide`.
    on : date
        The day.
    rules : DataFrame, optional
        Rows of one's own.

    Returns
    -------
    DataFrame
        enterprise_id, duty, kind, due_on, done_on, evidence and the columns of `decide`; of a duty without an
        entry decision is ``unknown`` and reason ``not_recorded``. By enterprise in the order of the
        entries, and duty in the order of the table.

    Raises
    ------
    InputFaults
        As `decide`.

    Examples
    --------
    >>> rows = pd.DataFrame({"enterprise_id": ["A"], "duty": ["product_test"], "due_on": ["2026-03-01"],
    ...     "done_on": ["2026-02-01"], "evidence": ["report 7"]})
    >>> found = ledger(rows, on=dt.date(2026, 3, 5)).set_index("duty")
    >>> found.loc[["product_test", "certificate"], "reason"].tolist()
    ['in_time', 'not_recorded']
    """
    table = _duties(on, rules)
    decided = entries[list(_COLUMNS)].join(decide(entries, on=on, rules=rules))
    enterprises = list(dict.fromkeys(entries["enterprise_id"]))
    wanted = pd.MultiIndex.from_product([enterprises, table.index], names=["enterprise_id", "duty"]).to_frame(
        False
    )
    out = wanted.merge(decided, on=["enterprise_id", "duty"], how="left")
    is_absent = out["decision"].isna()
    out["decision"], out["reason"] = (
        out[name].mask(is_absent, word)
        for name, word in (("decision", "unknown"), ("reason", "not_recorded"))
    )
    out["rule_id"] = out["duty"]
    for name in ("status", "source_id"):
        out[name] = table[name].reindex(out["duty"]).to_numpy()
    out.insert(2, "kind", table["kind"].reindex(out["duty"]).to_numpy())
    return out


def completeness(duties: pd.DataFrame) -> pd.DataFrame:
    """How many duties each enterprise has shown, by kind and in all.

    Parameters
    ----------
    duties : DataFrame
        From `ledger`.

    Returns
    -------
    DataFrame
        One row an enterprise (its index): n_duties, a count for each decision (n_met, n_late, …), share_shown
        (met or late, of all), share_if_best (what is unknown or still due counted as met).

    Examples
    --------
    >>> seen = pd.DataFrame({"enterprise_id": ["A", "A"], "decision": ["met", "unknown"]})
    >>> completeness(seen)[["share_shown", "share_if_best"]].values.tolist()
    [[0.5, 1.0]]
    """
    counts = pd.crosstab(duties["enterprise_id"], duties["decision"]).reindex(
        columns=list(DECISIONS), fill_value=0
    )
    counts = counts.reindex(list(dict.fromkeys(duties["enterprise_id"]))).rename_axis(columns=None)
    out = counts.add_prefix("n_")
    out.insert(0, "n_duties", counts.sum(axis=1))
    shown_part = counts["met"] + counts["late"]
    out["share_shown"] = shown_part / out["n_duties"]
    out["share_if_best"] = (shown_part + counts["unknown"] + counts["due"]) / out["n_duties"]
    return out
