"""Readiness for an emergency at a port: materials against needs, drills, and the log of a response."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.credit.penalty_records import text_cells
from riskkit.response.working_days import as_days


def material_adequacy(needs: pd.DataFrame, stock: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Whether the stock of a port covers what each scenario of its plan needs.

    Parameters
    ----------
    needs : DataFrame
        One row a scenario and item: scenario, item, n_needed (above 0, in the unit of the item).
    stock : DataFrame
        item, n_held (missing: not counted), and optionally expires_on (last day of use; missing: none).
    on : date
        Day of the question; what expired before it does not count.

    Returns
    -------
    DataFrame
        Index of `needs`: decision (``adequate``, ``short``, ``none``; missing where a lot that was not
        counted could change it), n_usable (counted), n_expired, rate_covered (at most 1), n_short, margin
        (n_usable less n_needed). Scenarios are held against the whole stock one by one: two at once share it.

    Raises
    ------
    InputFaults
        With every wrong or empty cell, and an item twice in a scenario.

    Examples
    --------
    >>> needs = pd.DataFrame({"scenario": "spill", "item": ["boom", "foam"], "n_needed": [100, 40]})
    >>> stock = pd.DataFrame({"item": ["boom", "boom"], "n_held": [60, 50],
    ...                       "expires_on": ["2026-01-31", None]})
    >>> material_adequacy(needs, stock, on=dt.date(2026, 1, 31))["decision"].tolist()
    ['adequate', 'none']
    >>> material_adequacy(needs, stock, on=dt.date(2026, 2, 1))["n_short"].tolist()
    [50.0, 40.0]
    """
    kinds = [NumberColumn("n_needed", low=0, is_above=True)]
    needed = number_columns(needs, kinds, what="needs", texts=["scenario", "item"])["n_needed"]
    kinds = [NumberColumn("n_held", low=0, may_miss=True)]
    held = number_columns(stock, kinds, what="stock", texts=["item"])["n_held"]
    twice = np.flatnonzero(needs.duplicated(["scenario", "item"]))
    faults = [Fault(f"needs: row {row}", "an item twice", "each once a scenario") for row in twice]
    faults += _empty_cells(needs, ("scenario", "item"), what="needs")
    refuse("materials", faults + _empty_cells(stock, ("item",), what="stock"))
    given = stock["expires_on"] if "expires_on" in stock else pd.Series(None, index=stock.index, dtype=object)
    last = as_days(given, what="expires_on", may_miss=True)
    is_expired = last < np.datetime64(on, "D")  # NaT never is
    lots = pd.DataFrame({"item": stock["item"].to_numpy(), "usable": np.where(is_expired, 0.0, held)})
    lots["expired"] = np.where(is_expired, held, 0.0)
    lots["uncounted"] = np.isnan(lots["usable"])
    sums = lots.groupby("item").sum().reindex(needs["item"], fill_value=0)
    usable, is_open = sums["usable"].to_numpy(dtype=float), sums["uncounted"].to_numpy(dtype=float) > 0
    decision = np.select([usable >= needed, is_open, usable > 0], ["adequate", "", "short"], default="none")
    out = pd.DataFrame({"decision": decision}, index=needs.index, dtype=object)
    out["decision"] = out["decision"].mask(out["decision"] == "", None)
    out["n_usable"], out["n_expired"] = usable, sums["expired"].to_numpy(dtype=float)
    out["rate_covered"] = np.minimum(usable / needed, 1)
    out["n_short"], out["margin"] = np.maximum(needed - usable, 0), usable - needed
    return out


def drill_scores(items: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The score of each drill, and whether it was passed.

    Parameters
    ----------
    items : DataFrame
        One row a drill and item: drill_id, item, weight (above 0), score (0 to 1; missing: not judged), and
        optionally is_critical (0, 1: a failure that no other item makes up for).
    on : date
        Day whose rules apply.
    rules : DataFrame, optional
        Of the shape of ``emergency_limits``: ``drill_pass`` (share of the score) and ``critical_pass``.

    Returns
    -------
    DataFrame
        One row a drill, in order of first mention: decision (``passed``, ``failed``; missing while an item
        that is not judged could decide), reason (``drill_score``, ``critical_item``, ``not_judged``),
        rule_id, rate_lo, rate_hi (score if the items not judged get 0, or 1), margin (rate_lo less the pass
        mark), n_items, n_unjudged, status, source_id.

    Raises
    ------
    InputFaults
        With every wrong or empty cell, and an item twice in a drill.

    Examples
    --------
    >>> items = pd.DataFrame({"drill_id": "d", "item": ["alarm", "evacuation"], "weight": [1, 3],
    ...                       "score": [1.0, 0.8], "is_critical": [0, 1]})
    >>> found = drill_scores(items, on=dt.date(2026, 1, 1)).loc["d"]
    >>> found["decision"], float(round(found["rate_lo"], 3))
    ('passed', 0.85)
    """
    given = items.assign(is_critical=items.get("is_critical", 0))
    kinds = [
        NumberColumn("weight", low=0, is_above=True),
        NumberColumn("score", low=0, high=1, may_miss=True),
        NumberColumn("is_critical", low=0, high=1, is_whole=True),
    ]
    known = number_columns(given, kinds, what="drills", texts=["drill_id", "item"])
    twice = np.flatnonzero(items.duplicated(["drill_id", "item"]))
    faults = [Fault(f"drills: row {row}", "an item twice", "each once a drill") for row in twice]
    refuse("drills", faults + _empty_cells(items, ("drill_id", "item"), what="drills"))
    table = standards.in_force(standards.table("emergency_limits") if rules is None else rules, on)
    limits = table.set_index("limit")
    pass_mark, critical = (float(limits["number"][name]) for name in ("drill_pass", "critical_pass"))
    score, weight, is_critical = known["score"], known["weight"], known["is_critical"] == 1
    is_open = np.isnan(score)
    parts = pd.DataFrame({"weight": weight, "n_items": 1, "n_unjudged": is_open})
    parts["lo"], parts["hi"] = weight * np.where(is_open, 0, score), weight * np.where(is_open, 1, score)
    parts["n_failed"], parts["n_critical_open"] = is_critical & (score < critical), is_critical & is_open
    sums = parts.groupby(items["drill_id"].to_numpy(), sort=False).sum()
    low, high = sums["lo"] / sums["weight"], sums["hi"] / sums["weight"]
    cases = [
        (sums["n_failed"] > 0, "failed", "critical_item"),
        (high < pass_mark, "failed", "drill_score"),
        ((low < pass_mark) | (sums["n_critical_open"] > 0), "", "not_judged"),
    ]
    when = [case[0].to_numpy(dtype=np.bool_) for case in cases]
    decision = np.select(when, [case[1] for case in cases], default="passed")
    out = pd.DataFrame({"decision": decision}, index=sums.index, dtype=object)
    out["decision"] = out["decision"].mask(out["decision"] == "", None)
    out["reason"] = np.select(when, [case[2] for case in cases], default="drill_score")
    out["rule_id"] = np.where(sums["n_failed"] > 0, "critical_pass", "drill_pass")
    out["rate_lo"], out["rate_hi"], out["margin"] = low, high, low - pass_mark
    out[["n_items", "n_unjudged"]] = sums[["n_items", "n_unjudged"]].astype(int)
    own = limits[["status", "source_id"]].reindex(out["rule_id"]).set_axis(out.index)
    return pd.concat([out, own], axis=1)


def log_gaps(log: pd.DataFrame, *, now: pd.Timestamp) -> pd.DataFrame:
    """What the log of a response lacks or has in the wrong order.

    Parameters
    ----------
    log : DataFrame
        One row an entry: event_id, step (of ``emergency_steps``), at (date and time), actor (who did it).
    now : Timestamp
        Moment of the question; the steps in force on its day apply.

    Returns
    -------
    DataFrame
        One row a finding, by event and step: event_id, step, finding (``no_actor``, ``in_future``,
        ``out_of_order``: begun before the first entry of an earlier step, ``step_missing``: a required step
        without an entry although a later one has one), row (position of the entry; missing for a step
        without one).

    Raises
    ------
    InputFaults
        With every unknown step, empty event, and moment that is none or has a time zone, `now` among them.

    Examples
    --------
    >>> log = pd.DataFrame({"event_id": "e", "step": ["reported", "ended"], "actor": ["port", None],
    ...                     "at": ["2026-03-01 08:00", "2026-03-01 20:00"]})
    >>> log_gaps(log, now=pd.Timestamp("2026-03-02"))["finding"].tolist()
    ['step_missing', 'step_missing', 'step_missing', 'no_actor']
    """
    steps = standards.table("emergency_steps", on=now.date()).sort_values("place").set_index("step")
    at = _checked_moments(log, list(steps.index), now=now)
    rows = pd.DataFrame({"event_id": log["event_id"].to_numpy(), "step": log["step"].to_numpy(), "at": at})
    rows["place"] = steps["place"].reindex(rows["step"]).to_numpy(dtype=float)
    actor = text_cells(log, "actor").fillna("").astype(str).str.strip()
    first = rows.groupby(["event_id", "place"])["at"].min().unstack("place")
    first = first.reindex(columns=steps["place"].astype(float)).astype("datetime64[ns]")
    # the latest beginning of any earlier step, which this one may not precede
    earlier = first.T.cummax().ffill().shift()
    where = (
        earlier.index.get_indexer(pd.Index(rows["place"])),
        earlier.columns.get_indexer(pd.Index(rows["event_id"])),
    )
    before = earlier.to_numpy(dtype="datetime64[ns]")[where]
    flags = {
        "no_actor": (actor == "").to_numpy(dtype=np.bool_),
        "in_future": (rows["at"] > now).to_numpy(dtype=np.bool_),
        "out_of_order": (rows["at"] < before).to_numpy(dtype=np.bool_),
    }
    found = [
        rows.loc[flag, ["event_id", "step", "place"]].assign(finding=name, row=np.flatnonzero(flag))
        for name, flag in flags.items()
    ]
    is_later = first[first.columns[::-1]].notna().cummax(axis=1)[first.columns]
    is_required = (steps["is_required"] == "yes").to_numpy(dtype=np.bool_)
    event, step = np.nonzero((first.isna() & is_later).to_numpy(dtype=np.bool_) & is_required)
    gaps = {"event_id": first.index[event], "step": steps.index[step], "place": first.columns[step]}
    found.append(pd.DataFrame(gaps).assign(finding="step_missing", row=np.nan))
    found = [part for part in found if len(part)] or found[:1]
    table = pd.concat(found).sort_values(["event_id", "place", "row"], ignore_index=True)
    return table[["event_id", "step", "finding", "row"]]


def _checked_moments(log: pd.DataFrame, steps: list[str], *, now: pd.Timestamp) -> pd.Series:
    wanted = ("event_id", "step", "at", "actor")
    refuse("log", [Fault(f"log: {name}", "missing", "a column") for name in wanted if name not in log])
    faults = [
        Fault(f"log: row {row}: step", shown(step), one_of(str(step), steps))
        for row, step in enumerate(log["step"])
        if step not in steps
    ]
    faults += _empty_cells(log, ("event_id",), what="log")
    if now.tzinfo is not None:
        faults.append(Fault("now", shown(now), "date and time, without a time zone"))
    moments: list[object] = []
    for row, cell in enumerate(log["at"]):
        moment = pd.to_datetime(str(cell), errors="coerce", format="ISO8601")
        # years beyond those of nanoseconds are slips of typing
        if pd.isna(moment) or moment.tzinfo is not None or not 1900 <= moment.year <= 2200:
            rule = "date and time from 1900 to 2200, without a time zone"
            faults.append(Fault(f"log: row {row}: at", shown(cell), rule))
        moments.append(moment)
    refuse("log", faults)
    return pd.Series(moments, dtype="datetime64[ns]")


def _empty_cells(table: pd.DataFrame, names: tuple[str, ...], *, what: str) -> list[Fault]:
    """Cells without a text: rows that a sum by groups would leave out."""
    return [
        Fault(f"{what}: row {row}: {name}", shown(table[name].iloc[row]), "a text")
        for name in names
        for row in np.flatnonzero(text_cells(table, name).fillna("").astype(str).str.strip() == "")
    ]
