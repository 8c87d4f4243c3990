"""Whether a third-party report is accepted on a day, or its agency suspended, removed or barred."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

_DAYS = {"is_barred": "removed_on", "is_expired": "issued_on"}
"""Facts that are worked out of a day in the facts and a term in years in the rules."""
_RATE = "is_false_rate_high"
_LOST = "is_condition_lost"
CONDITIONS = (
    "has_legal_status",
    "has_capability",
    "is_clean_three_years",
    "is_condition_d_met",
    "is_condition_e_met",
    "is_condition_f_met",
)
"""The six conditions of article 7; a listed agency that no longer meets one is removed, not only refused."""
_DERIVED = (*_DAYS, _RATE, _LOST)


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The decision on each report of an agency: the first rule that holds.

    Parameters
    ----------
    facts : DataFrame
        One flag (1, 0 or missing) a fact of ``acceptance_rules.csv``; issued_on (day of the report, or
        missing), removed_on (last removal of the agency; missing when there was none), rate_false_good_lo
        (0–1; lower limit of the share of false reports, from `retest_agreement`; missing when nothing
        was re-tested).
    on : date
        Day of the decision.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``acceptance_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``accept``, ``refuse``, ``suspend``, ``remove``, ``barred``,
        ``unknown``), rule_id, reason, last_day (last day on which the report counts, or of the bar),
        margin [days] to it, status, source_id. What is unknown never leads to acceptance.

    Raises
    ------
    InputFaults
        With every wrong flag and day, a report of a later day, or when no rules are in force.

    References
    ----------
    .. [1] 海关总署令第259号 (``gacc_order_259``), as public summaries have it; the tolerance is house.

    Examples
    --------
    >>> good = required_facts(dt.date(2026, 5, 1))
    >>> facts = pd.DataFrame([good | {"issued_on": dt.date(2025, 6, 1), "removed_on": None}])
    >>> found = decide(facts.assign(rate_false_good_lo=0.0), on=dt.date(2026, 5, 1))
    >>> found[["decision", "margin"]].values.tolist()
    [['accept', 31.0]]
    """
    table = _rules(on, rules)
    known, last_days = _read(facts, table, on=on)
    holds = np.array([known[row["fact"]] == row["value"] for row in records(table)])
    is_open = np.isnan(np.array([known[name] for name in table["fact"]])).any(axis=0)
    first = np.where(holds.any(axis=0), holds.argmax(axis=0), -1)
    chosen = table.iloc[first].reset_index(drop=True)
    is_held = first >= 0
    out = pd.DataFrame(index=range(len(facts)))
    met = np.where(facts["rate_false_good_lo"].isna(), "met_not_retested", "all_conditions_met")
    fallback = np.where(is_open, "unknown", "accept")
    out["decision"] = np.where(is_held, chosen["decision"], fallback)
    out["rule_id"] = np.where(is_held, chosen["rule_id"], "")
    out["reason"] = np.where(is_held, chosen["reason"], np.where(is_open, "fact_missing", met))
    is_bar = out["decision"] == "barred"
    dated = is_bar | (out["decision"] == "accept") | (out["reason"] == "report_expired")
    out["last_day"] = last_days["is_expired"].where(~is_bar, last_days["is_barred"]).where(dated)
    out["margin"] = (out["last_day"] - pd.Timestamp(on)).dt.days.astype(float)
    out["status"] = np.where(is_held, chosen["status"], "derived")
    out["source_id"] = np.where(is_held, chosen["source_id"], "gacc_order_259")
    return out.set_index(facts.index)


def required_facts(on: dt.date, *, rules: pd.DataFrame | None = None) -> dict[str, int]:
    """The flags that `decide` asks for on a day, each with the value that stands in the way of nothing.

    Parameters
    ----------
    on : date
        Day of the decision.
    rules : DataFrame, optional
        Rows of one's own.

    Returns
    -------
    dict of str to int

    Raises
    ------
    InputFaults
        When no rules are in force.

    Examples
    --------
    >>> required_facts(dt.date(2026, 5, 1))["is_in_scope"]
    1
    """
    table = _rules(on, rules)
    return {row["fact"]: 1 - int(row["value"]) for row in records(table) if row["fact"] not in _DERIVED}


def _rules(on: dt.date, rules: pd.DataFrame | None) -> pd.DataFrame:
    table = standards.in_force(standards.all_rows("acceptance_rules") if rules is None else rules, on)
    late = Fault("on", str(on), "a day from 2022-12-01 on, when order 259 came into force")
    refuse("acceptance", [late] if table.empty else [])
    return table.sort_values("order", ignore_index=True)


def _read(
    facts: pd.DataFrame, table: pd.DataFrame, *, on: dt.date
) -> tuple[dict[str, Floats], dict[str, pd.Series]]:
    flags = [name for name in table["fact"] if name not in _DERIVED]
    columns = [NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in flags]
    columns.append(NumberColumn("rate_false_good_lo", low=0, high=1, may_miss=True))
    known = number_columns(facts, columns, what="facts", texts=list(_DAYS.values()))
    number = table.set_index("fact")["number"].astype(float).to_dict()
    last_days: dict[str, pd.Series] = {}
    faults: list[Fault] = []
    for fact, column in _DAYS.items():
        days = pd.to_datetime(facts[column].reset_index(drop=True), errors="coerce", format="%Y-%m-%d")
        is_wrong = (days.isna() & facts[column].notna().to_numpy()) | (days > pd.Timestamp(on))
        faults += [
            Fault(
                f"facts: row {row}: {column}", shown(facts[column].iloc[row]), RuleText("a day up to {}", on)
            )
            for row in np.flatnonzero(is_wrong)
        ]
        # a term in years ends on the day of the same date (Civil Code, article 202)
        last_days[fact] = days + pd.DateOffset(years=int(number[fact]))
        is_past = (last_days[fact] < pd.Timestamp(on)).astype(float)
        known[fact] = np.asarray(
            is_past.where(days.notna()) if fact == "is_expired" else (1 - is_past).where(days.notna(), 0)
        )
    refuse("facts", faults)
    met = np.array([known[name] for name in CONDITIONS])
    # a comparison passes over what is missing: one condition known to fail is enough
    known[_LOST] = np.where((met == 0).any(axis=0), known["is_listed"], 0.0)
    known[_RATE] = (np.nan_to_num(known["rate_false_good_lo"]) > number[_RATE]).astype(np.float64)
    return known, last_days
