"""What each assessment changed: finding → decision → result."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.monitoring.rates.proportions import wilson

KINDS = ("plan", "measure", "standard", "catalogue", "supervision", "warning", "acceptance", "index")
"""What a finding can change; ``standard`` is a law, standard or policy."""
ANSWERS = ("adopted", "partly_adopted", "rejected")
DECISIONS = ("result_shown", "result_overdue", "result_open", "rejected", "undecided")
_DAYS = ("found_on", "decided_on", "result_due_on", "result_on")
_COLUMNS = ("assessment_id", "finding", "kind", *_DAYS, "answer", "reason", "result")


def decide(entries: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """How far each finding of an assessment has come.

    Parameters
    ----------
    entries : DataFrame
        One row a finding and what it should change: assessment_id, finding (text), kind (of `KINDS`),
        found_on, decided_on, result_due_on, result_on (days; missing: not yet, or no term), answer (of
        `ANSWERS`; missing: undecided), reason (of the answer; a rejection needs one), result (text).
    on : date
        The day.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``result_shown``, ``result_open``, ``result_overdue``,
        ``rejected``, ``undecided``), rule_id (the kind), days_to_decide [days, up to `on` while
        undecided], margin [days to the term of the result], status, source_id.

    Raises
    ------
    InputFaults
        With all: missing columns and cells, kinds and answers that are not known, values that are no
        day, days out of order (decided before found, a result before or without a decision)
        or after `on`, rejections without a reason, a finding and kind entered twice.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 7 (``sc_2017_43``): results of assessments support plans, measures, laws and
       policies.

    Examples
    --------
    >>> row = {"assessment_id": "lamps", "finding": "plug", "kind": "plan", "found_on": "2025-03-01",
    ...        "decided_on": "2025-04-01", "result_due_on": "2025-12-31", "result_on": None,
    ...        "answer": "adopted", "reason": None, "result": None}
    >>> decide(pd.DataFrame([row]), on=dt.date(2026, 1, 10))[["decision", "margin"]].values.tolist()
    [['result_overdue', -10.0]]
    """
    days, rows = _read(entries, on)
    day = pd.Timestamp(on)
    tests = {
        "undecided": rows["answer"].isna(),
        "rejected": rows["answer"] == "rejected",
        "result_shown": days["result_on"].notna(),
        "result_overdue": days["result_due_on"] < day,
    }
    decision = np.select(list(tests.values()), list(tests), default="result_open")
    out = pd.DataFrame({"decision": decision, "rule_id": rows["kind"]})
    out["days_to_decide"] = (days["decided_on"].fillna(day) - days["found_on"]).dt.days.astype(float)
    out["margin"] = (days["result_due_on"] - days["result_on"].fillna(day)).dt.days.astype(float)
    out["margin"] = out["margin"].where(~out["decision"].isin(["undecided", "rejected"]))
    return out.assign(status="derived", source_id="sc_2017_43").set_index(entries.index)


def _read(entries: pd.DataFrame, on: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    refuse("adoptions", [Fault(f"adoptions: {name}", "missing", "a column") for name in _COLUMNS
                         if name not in entries])  # fmt: skip
    rows = entries.reset_index(drop=True).astype(object)
    days = pd.DataFrame(
        {name: pd.to_datetime(rows[name], errors="coerce", format="%Y-%m-%d") for name in _DAYS}
    )
    answered, has_result = rows["answer"].notna(), days["result_on"].notna() | rows["result"].notna()
    words = {"kind": KINDS, "answer": ANSWERS}
    late, past = RuleText("a day up to {}", on), ("found_on", "decided_on", "result_on")
    tests = [
        *((name, rows[name].isna(), "present") for name in ("assessment_id", "finding", "kind", "found_on")),
        *((name, rows[name].notna() & ~rows[name].isin(words[name]), "") for name in words),
        *((name, days[name].isna() & rows[name].notna(), "a day as YYYY-MM-DD") for name in _DAYS),
        *((name, days[name] > pd.Timestamp(on), late) for name in past),
        ("decided_on", days["decided_on"] < days["found_on"], "not before found_on"),
        ("decided_on", rows["decided_on"].isna() & answered, "the day of the answer"),
        ("answer", ~answered & rows["decided_on"].notna(), RuleText("one of {}", ', '.join(ANSWERS))),
        ("result_on", days["result_on"] < days["decided_on"], "not before decided_on"),
        ("result_on", has_result & ~answered, "no result before a decision"),
        ("result", days["result_on"].notna() & rows["result"].isna(), "what came of it"),
        ("reason", (rows["answer"] == "rejected") & rows["reason"].isna(), "why it was rejected"),
        ("finding", rows.duplicated(["assessment_id", "finding", "kind"]), "once for each kind of change"),
    ]  # fmt: skip
    refuse(
        "adoptions",
        [
            Fault(
                f"adoptions: row {row}: {name}",
                shown(rows[name][row]),
                rule or one_of(rows[name][row], list(words[name])),
            )
            for name, is_wrong, rule in tests
            for row in np.flatnonzero(is_wrong)
        ],
    )
    return days, rows


def adoption_rates(entries: pd.DataFrame, *, on: dt.date, level: float = 0.95) -> pd.DataFrame:
    """How many findings were adopted and led to a result, by what they should change.

    Parameters
    ----------
    entries : DataFrame
        As in `decide`.
    on : date
        The day.
    level : float
        Level of Wilson's interval.

    Returns
    -------
    DataFrame
        One row a kind that occurs (its index), in the order of `KINDS`: n, n_undecided, n_rejected, n_adopted
        (in whole or part), n_result_shown, share_adopted (of those decided) with share_adopted_lo and _hi,
        median_days [days from finding to decision, of those decided].

    Raises
    ------
    InputFaults
        As `decide`.

    Examples
    --------
    >>> row = {"assessment_id": "lamps", "finding": "plug", "kind": "plan", "found_on": "2025-03-01",
    ...        "decided_on": "2025-04-01", "result_due_on": None, "result_on": None,
    ...        "answer": "adopted", "reason": None, "result": None}
    >>> adoption_rates(pd.DataFrame([row]), on=dt.date(2026, 1, 10))[["n", "median_days"]].values.tolist()
    [[1.0, 31.0]]
    """
    found = decide(entries, on=on).assign(kind=entries["kind"])
    found["is_decided"] = found["decision"] != "undecided"
    found["is_adopted"] = found["is_decided"] & (found["decision"] != "rejected")
    grouped = found.groupby("kind")
    out = pd.DataFrame({"n": grouped.size()})
    for word in ("undecided", "rejected"):
        out[f"n_{word}"] = (found["decision"] == word).groupby(found["kind"]).sum()
    out["n_adopted"] = grouped["is_adopted"].sum()
    out["n_result_shown"] = (found["decision"] == "result_shown").groupby(found["kind"]).sum()
    n_decided = out["n"] - out["n_undecided"]
    limits = wilson(out["n_adopted"].where(n_decided > 0, 0), n_decided.where(n_decided > 0, 1), level=level)
    for name, value in (
        ("", out["n_adopted"] / n_decided.where(n_decided > 0)),
        ("_lo", limits.lo),
        ("_hi", limits.hi),
    ):
        out[f"share_adopted{name}"] = pd.Series(value, index=out.index).where(n_decided > 0)
    out["median_days"] = found["days_to_decide"].where(found["is_decided"]).groupby(found["kind"]).median()
    return out.reindex([kind for kind in KINDS if kind in out.index])
