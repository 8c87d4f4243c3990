"""A mock recall: ask every company of a chain where some lots are, and score what comes back.

The records say which lots are affected and who handled them; the answers of an exercise say what the
companies find. The score compares the two in four measures: lots named, units located, hours, balance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.application.traceability.genealogy import Genealogy, reach
from riskkit.application.traceability.trace_records import unit_balance
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, floats
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

MEASURES = ("lots", "units", "hours", "balance")
_ANSWER = ("company_id", "lot_id", "answered_at")
# points and tolerances are sums of floats: what differs by less is equal
_NEAR = 1e-9
_Rules = dict[str, Mapping[str, Any]]
_OFFSET = r"(?:[Zz]|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class MockRecall:
    """What an exercise found.

    Parameters
    ----------
    lots : DataFrame
        One row a lot that the records reach: lot_id, n_steps, is_container, n_left, n_located [units],
        is_named (an answer names it), is_balanced (located and left agree within the tolerance; missing
        where a number is).
    companies : DataFrame
        One row a company asked: company_id, n_lots, n_named, hours (from the question to its last answer),
        decision (``answered``, ``partly``, ``silent``).
    outside : DataFrame
        Answers about lots that the records do not reach: the events lack something, or the answer is wrong.
    measures : DataFrame
        One row a measure (lots, units, hours, balance): measure, value, target, decision (``met``,
        ``missed``, ``unknown``), rule_id, reason, margin (how much better than the target, in its own
        unit), points_lo, points_hi [of the weight in points], status, source_id.
    decision : str
        ``passed``, ``failed`` or ``unknown``.
    score_lo, score_hi : float
        Points of 100; the two differ where a measure is unknown.
    """

    lots: pd.DataFrame
    companies: pd.DataFrame
    outside: pd.DataFrame
    measures: pd.DataFrame
    decision: str
    score_lo: float
    score_hi: float


def mock_recall(
    graph: Genealogy,
    lots: Iterable[str],
    answers: pd.DataFrame,
    *,
    asked_at: dt.datetime,
    until: dt.datetime,
    on: dt.date,
    rules: pd.DataFrame | None = None,
) -> MockRecall:
    """Score an exercise in which every company of a chain was asked for some lots.

    Parameters
    ----------
    graph : Genealogy
        From `genealogy.genealogy`.
    lots : iterable of str
        The lots that the exercise takes for defective.
    answers : DataFrame
        company_id, lot_id, answered_at (with its offset from UTC), n_located [units of the lot that the
        company has in stock, sold or destroyed, or missing]; one row a company and lot.
    asked_at, until : datetime
        When the question went out and when the exercise ended, with time zone.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``mock_recall_rules.csv``.

    Returns
    -------
    MockRecall
        Points fall in a line from the target to the worst value of each measure.

    Raises
    ------
    InputFaults
        With every wrong cell, doubled answer, answer before the question or after the end, lot in no event,
        and when no rules are in force.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 22 (``sc_2017_43``). Measures, targets and weights are house.

    Examples
    --------
    >>> from riskkit.application.traceability.genealogy import genealogy
    >>> rows = pd.DataFrame({"event_id": ["e", "e", "f"], "stage": ["production", "production", "logistics"],
    ...     "company_id": ["A", "A", "B"], "lot_id": ["cell", "pack", "pack"], "n_units": [20.0, 10, 10],
    ...     "role": ["input", "output", "seen"], "event_time": pd.Timestamp("2026-03-01", tz="UTC")})
    >>> answers = pd.DataFrame({"company_id": ["A", "B"], "lot_id": "pack",
    ...     "answered_at": ["2026-03-05T10:00:00Z", "2026-03-05T12:00:00Z"], "n_located": [0, 10]})
    >>> start = dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC)
    >>> found = mock_recall(genealogy(rows), ["pack"], answers, asked_at=start,
    ...     until=start + dt.timedelta(days=3), on=dt.date(2026, 3, 5))
    >>> found.decision, found.score_lo, found.measures["value"].tolist()
    ('passed', 100.0, [1.0, 1.0, 4.0, 1.0])
    """
    given, table = _answers(answers, asked_at, until), _rules(on, rules)
    found = reach(graph, lots, direction="forward")
    events = graph.events[graph.events["lot_id"].isin(found["lot_id"])]
    asked = events[["company_id", "lot_id"]].drop_duplicates().astype("string")
    is_inside = given["lot_id"].isin(found["lot_id"]).to_numpy(dtype=bool)
    tolerance = float(table["mr-tolerance"]["target"])
    reached = _lots(found, unit_balance(events), given, tolerance=tolerance)
    companies = _companies(asked, given, asked_at)
    measures = _measures(reached, companies, table, lasted=_hours(until, asked_at))
    words = set(measures["decision"])
    decision = "failed" if "missed" in words else "unknown" if "unknown" in words else "passed"
    ends = (float(measures[name].sum()) for name in ("points_lo", "points_hi"))
    return MockRecall(reached, companies, answers[~is_inside], measures, decision, *ends)


def _hours(later: dt.datetime, earlier: dt.datetime) -> float:
    return (later - earlier).total_seconds() / 3600


def _rules(on: dt.date, rules: pd.DataFrame | None) -> _Rules:
    table = standards.in_force(standards.table("mock_recall_rules") if rules is None else rules, on)
    found: _Rules = {str(row["rule_id"]): row for row in records(table)}
    refuse("rules", [Fault(f"rules: mr-{name}", "missing", "a rule in force on the day")
                     for name in (*MEASURES, "tolerance") if f"mr-{name}" not in found])  # fmt: skip
    own = [found[f"mr-{name}"] for name in MEASURES]
    faults = [Fault(f"rules: {row['rule_id']}: worst", shown(row["worst"]), "other than the target")
              for row in own if float(row["worst"]) == float(row["target"])]  # fmt: skip
    weight = sum(float(row["weight"]) for row in own)
    faults += [Fault("rules: weight", shown(weight), "100 in all")] if abs(weight - 100) > _NEAR else []
    refuse("rules", faults)
    return found


def _answers(answers: pd.DataFrame, asked_at: dt.datetime, until: dt.datetime) -> pd.DataFrame:
    units = NumberColumn("n_located", low=0, is_whole=True, may_miss=True)
    refuse("answers", [Fault(f"answers: {name}", "missing", "a column")
                       for name in (*_ANSWER, units.name) if name not in answers])  # fmt: skip
    faults = [Fault(name, shown(time), "a time with its time zone")
              for name, time in (("asked_at", asked_at), ("until", until))
              if time.tzinfo is None]  # fmt: skip
    refuse("mock recall", faults)
    faults += (
        [Fault("until", str(until), RuleText("after the question: {}", asked_at))]
        if until <= asked_at
        else []
    )
    given = answers.reset_index(drop=True)
    names = {name: given[name].astype("string").str.strip() for name in _ANSWER[:2]}
    out = pd.DataFrame({name: word.mask(word == "") for name, word in names.items()})
    text = given["answered_at"].astype("string").str.strip()
    instant = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    out["answered_at"] = instant.where(text.str.contains(_OFFSET, regex=True).fillna(value=False))
    out["n_located"] = floats(given["n_located"])
    within = RuleText("a time with its offset, from {} to {}", asked_at, until)
    is_wrong = given["n_located"].notna() & ~units.is_kept(out["n_located"].to_numpy())
    checks = [(name, out[name].isna(), "a name") for name in _ANSWER[:2]]
    checks += [("answered_at", ~out["answered_at"].between(asked_at, until), within),
               ("n_located", is_wrong, units.rule),
               ("lot_id", out.duplicated(list(_ANSWER[:2])), "one answer a company and lot")]  # fmt: skip
    faults += [Fault(f"answers: row {row}: {name}", shown(given[name][row]), rule)
               for name, mask, rule in checks
               for row in np.flatnonzero(mask.to_numpy(dtype=bool))]  # fmt: skip
    refuse("answers", faults)
    return out


def _lots(
    found: pd.DataFrame, balance: pd.DataFrame, given: pd.DataFrame, *, tolerance: float
) -> pd.DataFrame:
    own = balance.set_index("lot_id")[["is_container", "n_left"]]
    out = found.set_index("lot_id").join(own)
    of_lot = given[given["lot_id"].isin(out.index)].groupby("lot_id")["n_located"]
    # an answer without a number says nothing about the units; the numbers of the others still stand
    out["n_located"] = of_lot.sum(min_count=1).reindex(out.index).astype("Int64")
    out["is_named"] = out.index.isin(given["lot_id"])
    gap = (out["n_located"] - out["n_left"]).abs().astype("Float64")
    out["is_balanced"] = (gap <= tolerance * out["n_left"].astype("Float64") + _NEAR).astype("boolean")
    out.loc[out["is_container"], "is_balanced"] = pd.NA
    return out.reset_index()


def _companies(asked: pd.DataFrame, given: pd.DataFrame, asked_at: dt.datetime) -> pd.DataFrame:
    pairs = asked.merge(given, on=["company_id", "lot_id"], how="left")
    groups = pairs.groupby("company_id", sort=True)
    out = pd.DataFrame({"n_lots": groups.size(), "n_named": groups["answered_at"].count()})
    out["hours"] = (groups["answered_at"].max() - pd.Timestamp(asked_at)).dt.total_seconds() / 3600
    words = [out["n_named"] == 0, out["n_named"] < out["n_lots"]]
    return out.assign(decision=np.select(words, ["silent", "partly"], default="answered")).reset_index()


def _measures(lots: pd.DataFrame, companies: pd.DataFrame, table: _Rules, *, lasted: float) -> pd.DataFrame:
    goods = lots[~lots["is_container"]]
    left, located = (goods[name].to_numpy(np.float64, na_value=np.nan) for name in ("n_left", "n_located"))
    is_silent = bool((companies["decision"] == "silent").any())
    n_left, found = left.sum(), np.minimum(np.nan_to_num(located), left).sum()
    judged = goods["is_balanced"].dropna()
    values = {
        "lots": float(lots["is_named"].mean()),
        "units": float(found / n_left) if n_left > 0 else np.nan,
        "hours": np.nan if is_silent else float(companies["hours"].max()),
        "balance": float(judged.mean()) if len(judged) else np.nan,
    }
    rows = []
    for name, value in values.items():
        # whoever has not answered by the end needs at least as long as the exercise took
        least = lasted if name == "hours" and is_silent else np.nan
        rule = table[f"mr-{name}"]
        row = _row(name, value, least=least, rule=rule)
        rows.append(row | {"status": rule["status"], "source_id": rule["source_id"]})
    return pd.DataFrame(rows)


def _row(name: str, value: float, *, least: float, rule: Mapping[str, Any]) -> dict[str, object]:
    target, worst, weight = (float(rule[part]) for part in ("target", "worst", "weight"))
    is_open = bool(np.isnan(value))
    best = least if is_open else value
    is_silent = is_open and not np.isnan(best)
    margin = (best - target) * np.sign(target - worst)
    most = weight if np.isnan(best) else weight * float(np.clip((best - worst) / (target - worst), 0, 1))
    if margin < -_NEAR:
        decision, reason = "missed", "silent" if is_silent else "target_missed"
    elif is_open:
        decision, reason = "unknown", "silent" if is_silent else "number_missing"
    else:
        decision, reason = "met", "target_met"
    about = {"measure": name, "value": value, "target": target, "decision": decision, "rule_id": f"mr-{name}"}
    points = {"points_lo": 0.0 if is_open else most, "points_hi": most}
    return about | {"reason": reason, "margin": margin} | points
