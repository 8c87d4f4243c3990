"""When a measure ends: by its lawful term, or lifted because the evidence since it began says so.

Suspensions that end and resume by themselves (announcement 2020-103) are `riskkit.warning.dynamics.terms`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.proportions import upper_limit
from riskkit.monitoring.sampling.switching import Inspection, Judged, next_inspection


def lawful_ends(measures: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Until when each measure may last by law, and where it stands on a day.

    Parameters
    ----------
    measures : DataFrame
        measure (of ``response_measures``), started (date); and optionally days (the term ordered; the lawful
        one otherwise), is_extended (0, 1) and test_days (days of testing or appraisal, which do not count).
    on : date
        Day of the question. Terms are those in force on it.

    Returns
    -------
    DataFrame
        Index of `measures`: last_day (missing where it lasts until lifted), state (``not_started``,
        ``running``, ``last_day``, ``ended``: it ends by itself, ``until_lifted``), days_left, source_id. The
        first day does not count (Civil Code, Art. 201); an end on a rest day is not put off, since the term
        limits a power.

    Raises
    ------
    InputFaults
        With every unknown measure and wrong cell, and every term longer than the law allows.

    References
    ----------
    .. [1] 行政强制法 (2012), Art. 25 (``administrative_coercion_law``): 30 days, and 30 more if extended.

    Examples
    --------
    >>> held = pd.DataFrame({"measure": ["seizure"], "started": [dt.date(2026, 1, 10)]})
    >>> found = lawful_ends(held, on=dt.date(2026, 2, 9)).iloc[0]
    >>> str(found["last_day"].date()), found["state"]
    ('2026-02-09', 'last_day')
    """
    columns = {"days": np.nan, "is_extended": 0, "test_days": 0}
    given = measures.assign(**{name: measures.get(name, value) for name, value in columns.items()})
    kinds = [
        NumberColumn("days", low=1, is_whole=True, may_miss=True),
        NumberColumn("is_extended", low=0, high=1, is_whole=True),
        NumberColumn("test_days", low=0, is_whole=True),
    ]
    known = number_columns(given, kinds, what="measures", texts=["measure", "started"])
    catalogue = standards.table("response_measures", on=on).set_index("measure")
    started = _days(measures["started"], "measures: started")
    _require_known(measures["measure"], list(catalogue.index), "measures: measure")
    own = catalogue.reindex(measures["measure"])
    longest = own["term_days"].to_numpy() + np.where(known["is_extended"] > 0, own["extension_days"], 0)
    too_long = np.flatnonzero(known["days"] > longest)
    refuse(
        "measures",
        [
            Fault(
                f"measures: row {row}: days",
                shown(known["days"][row]),
                RuleText("at most {} by law", f"{longest[row]:g}"),
            )
            for row in too_long
        ],
    )
    term = np.where(np.isnan(known["days"]), longest, known["days"]) + known["test_days"]
    last = started + pd.to_timedelta(pd.Series(term, index=started.index), unit="D")
    left = (last - pd.Timestamp(on)).dt.days
    state = np.select(
        [started > pd.Timestamp(on), last.isna(), left < 0, left == 0],
        ["not_started", "until_lifted", "ended", "last_day"],
        default="running",
    )
    found = pd.DataFrame({"last_day": last, "state": state, "days_left": left})
    return found.assign(source_id=own["source_id"].to_numpy()).set_axis(measures.index)


def _days(column: pd.Series, place: str) -> pd.Series:
    days = pd.to_datetime(column, errors="coerce", format="ISO8601")
    wrong = np.flatnonzero(days.isna())
    refuse(
        place, [Fault(f"{place}: row {row}", shown(column.iloc[row]), "a date, YYYY-MM-DD") for row in wrong]
    )
    return days


def _require_known(column: pd.Series, names: list[str], place: str) -> None:
    wrong = np.flatnonzero(~column.isin(names))
    faults = [
        Fault(f"{place}: row {row}", shown(column.iloc[row]), one_of(str(column.iloc[row]), names))
        for row in wrong
    ]
    refuse(place, faults)


def decide(
    measures: pd.DataFrame, lots: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Whether the evidence since a measure began lifts it. No evidence never does.

    Parameters
    ----------
    measures : DataFrame
        Index: unique ids. measure (of ``response_measures``), started (date); and optionally rule_id (of
        ``lifting_rules``; that of the measure otherwise), limit (highest acceptable rate), is_cause_corrected
        (0, 1), is_completed (0, 1: said to be recalled, sent back, destroyed) and its evidence:
        rate_completed (share of the units carried out, 0 to 1) or is_final_report (0, 1).
    lots : DataFrame
        One row a lot or entry: measure_id, day, n_tested, n_nonconforming (missing: no result), and
        optionally is_accepted (0, 1, by its sampling plan; one nonconforming item refuses otherwise). Lots
        of the day the measure began or before, and after `on`, do not count.
    on : date
        Day of the decision; its rules apply.
    rules : DataFrame, optional
        Of the shape of ``lifting_rules``.

    Returns
    -------
    DataFrame
        Index of `measures`: decision (``lift``, ``keep``, ``stop``: five lots refused under tightened
        inspection, ``not_enough_evidence``), rule_id, reason (``met``, ``not_met``, ``no_lots``,
        ``limit_unknown``, ``result_missing``, ``cause_not_corrected``, ``not_completed``,
        ``completion_unproved``: neither a completion rate at the limit of the rule nor a final report,
        ``refused_too_often``), margin (lots in a row beyond those needed, the share of the limit that is
        left, or the completion rate less the one needed; below 0 what is lacking), n_lots, n_in_row,
        rate_hi, status, source_id, zh, en (what the rule asks).

    Raises
    ------
    InputFaults
        With every wrong cell, unknown measure, rule and id.

    References
    ----------
    .. [1] ISO 2859-1, 9.3 (``iso_2859_1``): tightened to normal. [2] FDA, Removal from Import Alert
       (``fda_import_alert_removal``): five entries that conform, and the cause resolved.

    Examples
    --------
    >>> held = pd.DataFrame({"measure": ["tightened_supervision"], "started": ["2026-01-01"]}, index=["m1"])
    >>> days = pd.date_range("2026-02-01", periods=5)
    >>> lots = pd.DataFrame({"measure_id": "m1", "day": days, "n_tested": 50, "n_nonconforming": 0})
    >>> [decide(held, lots.head(n), on=dt.date(2026, 5, 1))["decision"].iloc[0] for n in (0, 4, 5)]
    ['not_enough_evidence', 'keep', 'lift']
    """
    table = standards.in_force(standards.table("lifting_rules") if rules is None else rules, on)
    table = table.set_index("rule_id")
    held = _held(measures, table, on=on)
    counts = _counted(held, _seen(lots, held, on=on), level=float(table["number"]["upper_bound"]))
    asked = table.reindex(held["rule_id"]).set_axis(measures.index)
    decision, reason, margin = _verdicts(held, counts, number=asked["number"].to_numpy())
    found = pd.DataFrame(
        {"decision": decision, "rule_id": held["rule_id"], "reason": reason, "margin": margin}
    )
    evidence = counts[["n_lots", "n_in_row", "rate_hi"]]
    return pd.concat([found, evidence, asked[["status", "source_id", "zh", "en"]]], axis=1)


def _held(measures: pd.DataFrame, table: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    optional = ("limit", "rate_completed", "is_cause_corrected", "is_completed", "is_final_report")
    given = measures.assign(**{name: measures.get(name, np.nan) for name in optional})
    flags = [NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in optional[2:]]
    limit = NumberColumn("limit", low=0, high=1, is_above=True, may_miss=True)
    rate = NumberColumn("rate_completed", low=0, high=1, may_miss=True)
    known = number_columns(given, [limit, rate, *flags], what="measures", texts=["measure", "started"])
    refuse("measures", [] if measures.index.is_unique else [Fault("measures", "an id twice", "each id once")])
    catalogue = standards.table("response_measures", on=on).set_index("measure")
    _require_known(measures["measure"], list(catalogue.index), "measures: measure")
    usual = catalogue["lifting"].reindex(measures["measure"]).set_axis(measures.index)
    rule = measures["rule_id"].fillna(usual) if "rule_id" in measures else usual
    _require_known(rule, list(table.index), "measures: rule_id")
    started = _days(measures["started"], "measures: started")
    return pd.DataFrame({"started": started, "rule_id": rule, **known}, index=measures.index)


def _seen(lots: pd.DataFrame, held: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """The lots that count, by measure and day, with whether each conforms and was accepted."""
    given = lots.assign(is_accepted=lots.get("is_accepted", np.nan))
    kinds = [
        NumberColumn("n_tested", low=1, is_whole=True),
        NumberColumn("n_nonconforming", low=0, is_whole=True, may_miss=True),
        NumberColumn("is_accepted", low=0, high=1, is_whole=True, may_miss=True),
    ]
    known = number_columns(given, kinds, what="lots", texts=["measure_id", "day"])
    more = np.flatnonzero(known["n_nonconforming"] > known["n_tested"])
    refuse(
        "lots",
        [Fault(f"lots: row {row}: n_nonconforming", "more than tested", "at most n_tested") for row in more],
    )
    _require_known(lots["measure_id"], list(held.index), "lots: measure_id")
    day, ids = _days(lots["day"], "lots: day"), lots["measure_id"]
    seen = pd.DataFrame({"measure_id": ids, "day": day, **known}, index=lots.index)
    seen["is_conforming"] = seen["n_nonconforming"] == 0
    is_judged = seen["is_accepted"].notna()
    seen["is_accepted"] = (seen["is_accepted"] == 1).where(is_judged, seen["is_conforming"])
    started = held["started"].reindex(ids).to_numpy()
    counts = (day.to_numpy() > started) & (day <= pd.Timestamp(on)).to_numpy()
    return seen[counts].sort_values(["measure_id", "day"], kind="stable")


def _counted(held: pd.DataFrame, seen: pd.DataFrame, *, level: float) -> pd.DataFrame:
    by = seen.groupby("measure_id")
    counts = by[["n_tested", "n_nonconforming"]].sum().reindex(held.index, fill_value=0)
    counts["n_lots"] = by.size().reindex(held.index, fill_value=0)
    counts["n_missing"] = (
        seen["n_nonconforming"].isna().groupby(seen["measure_id"]).sum().reindex(held.index, fill_value=0)
    )
    is_switched = held["rule_id"] == "switching"
    good = seen["is_accepted"].where(seen["measure_id"].map(is_switched).astype(bool), seen["is_conforming"])
    broken = (~good).groupby(seen["measure_id"]).cumsum()
    last = broken.groupby(seen["measure_id"]).transform("max")
    counts["n_in_row"] = (
        (good & (broken == last)).groupby(seen["measure_id"]).sum().reindex(held.index, fill_value=0)
    )
    tested = counts["n_tested"] > 0
    counts["rate_hi"] = np.nan
    counts.loc[tested, "rate_hi"] = upper_limit(
        counts.loc[tested, "n_nonconforming"], counts.loc[tested, "n_tested"], level=level
    )
    counts["state"] = "tightened"
    switched = seen[seen["measure_id"].isin(held.index[is_switched])]
    for key, accepted in switched.groupby("measure_id")["is_accepted"]:
        now = Inspection("tightened")
        for flag in accepted:
            now = next_inspection(now, Judged(is_accepted=bool(flag), ac=0))[0]
        counts.loc[key, "state"] = now.state
    return counts


def _verdicts(held: pd.DataFrame, counts: pd.DataFrame, *, number: Floats) -> tuple[Floats, Floats, Floats]:
    rule, n_in_row = held["rule_id"].to_numpy(), counts["n_in_row"].to_numpy()
    limit, rate_hi = held["limit"].to_numpy(), counts["rate_hi"].to_numpy()
    is_bound, is_switched, is_done = rule == "upper_bound", rule == "switching", rule == "completion"
    enough = n_in_row >= number
    is_said_done, rate_done = held["is_completed"].to_numpy() == 1, held["rate_completed"].to_numpy()
    state = counts["state"].to_numpy()
    with np.errstate(invalid="ignore"):
        # a bare statement is no evidence: a rate or a report has to stand beside it
        is_proved = (rate_done >= number) | (held["is_final_report"].to_numpy() == 1)
        cases = [
            (is_done & ~is_said_done, "keep", "not_completed"),
            (is_done & ~is_proved, "not_enough_evidence", "completion_unproved"),
            (is_done, "lift", "met"),
            (counts["n_lots"].to_numpy() == 0, "not_enough_evidence", "no_lots"),
            (is_bound & np.isnan(limit), "not_enough_evidence", "limit_unknown"),
            (is_bound & (counts["n_missing"].to_numpy() > 0), "not_enough_evidence", "result_missing"),
            (is_bound & (rate_hi <= limit), "lift", "met"),
            (is_bound, "keep", "not_met"),
            (is_switched & (state == "discontinued"), "stop", "refused_too_often"),
            (is_switched & (state != "tightened"), "lift", "met"),
            (is_switched | ~enough, "keep", "not_met"),
            (
                (rule == "clean_entries") & (held["is_cause_corrected"].to_numpy() != 1),
                "keep",
                "cause_not_corrected",
            ),
        ]
        margin = np.where(is_bound, 1 - rate_hi / limit, np.where(is_done, rate_done, n_in_row) - number)
    conditions = [case[0] for case in cases]
    decision = np.select(conditions, [case[1] for case in cases], default="lift")
    reason = np.select(conditions, [case[2] for case in cases], default="met")
    return decision, reason, margin
