"""What to do next in a recall: the notice by channel, and the grade of its effect."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, floats, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records


def notice_advice(recalls: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which notice would bring most of the open units in.

    A notice of a channel is expected to bring in its published completion rate of the open units whose
    owners it can reach: those with known contacts for a direct notice, all of them otherwise.

    Parameters
    ----------
    recalls : DataFrame
        One row a recall: n_open (units not done) [units], share_reachable (of their owners with known
        contacts, 0–1), used (channels already used, with spaces between). Any may be missing.
    on : date
        Day on which the rates are in force.
    rules : DataFrame, optional
        Of the shape of ``recall_notices``.

    Returns
    -------
    DataFrame
        The caller's index: decision (a channel, ``none_left`` when all were used, ``none_needed`` with
        nothing open, ``unknown``), rule_id, reason, margin (units more than the next best channel), status,
        source_id, n_expected [units].

    Raises
    ------
    InputFaults
        With every wrong cell and channel.

    References
    ----------
    .. [1] CPSC Recall Effectiveness Workshop, 25 July 2017: 50 % of consumers after direct notice, 6 % after
    a press
       release (``cpsc_recall_effectiveness``).

    Examples
    --------
    >>> rows = pd.DataFrame({"n_open": 1000, "share_reachable": 0.3, "used": ["", "direct_notice"]})
    >>> notice_advice(rows, on=dt.date(2026, 3, 1))[["decision", "n_expected"]].to_numpy().tolist()
    [['direct_notice', 150.0], ['press_release', 60.0]]
    """
    channels = standards.in_force(standards.table("recall_notices") if rules is None else rules, on)
    names = list(channels["channel"])
    columns = [
        NumberColumn("n_open", low=0, is_whole=True, may_miss=True),
        NumberColumn("share_reachable", low=0, high=1, may_miss=True),
    ]
    found = number_columns(recalls, columns, what="recalls", texts=["used"])
    used = [set(str(text).split()) if not pd.isna(text) else set() for text in recalls["used"]]
    known = RuleText("of {}", ", ".join(names))
    refuse("recalls", [Fault(f"recalls: row {k}: used", shown(sorted(more)), known)
                       for k, done in enumerate(used) if (more := done - set(names))])  # fmt: skip
    reach = np.where(channels["needs_contact"].to_numpy() == "yes", found["share_reachable"][:, None], 1.0)
    expected = found["n_open"][:, None] * reach * floats(channels["rate"])
    is_free = np.array([[name not in done for name in names] for done in used], dtype=np.bool_).reshape(
        -1, len(names)
    )
    ranked = np.where(is_free, np.nan_to_num(expected, nan=-1.0), -2.0)
    best = ranked.argmax(axis=1)
    row = np.arange(len(best))
    second = np.sort(np.pad(ranked, ((0, 0), (1, 0)), constant_values=0.0), axis=1)[:, -2]
    is_unknown = np.isnan(np.where(is_free, expected, 0.0)).any(axis=1)
    cases = [
        (found["n_open"] == 0, "none_needed", "nothing_open"),
        (~is_free.any(axis=1), "none_left", "all_channels_used"),
        (is_unknown, "unknown", "reach_or_units_missing"),
    ]
    is_set = ~np.logical_or.reduce([case[0] for case in cases])
    picked = channels.iloc[best]
    return pd.DataFrame(
        {
            "decision": np.select([c[0] for c in cases], [c[1] for c in cases], picked["channel"].to_numpy()),
            "rule_id": np.where(is_set, picked["channel"], "recall_notices"),
            "reason": np.select([c[0] for c in cases], [c[2] for c in cases], "most_units_expected"),
            "margin": np.where(is_set, ranked[row, best] - np.maximum(second, 0), np.nan),
            "status": picked["status"].to_numpy(),
            "source_id": picked["source_id"].to_numpy(),
            "n_expected": np.where(is_set, ranked[row, best], np.nan),
        },
        index=recalls.index,
    )


def effect_grades(rates: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The grade of a recall's effect by its completion rate.

    Parameters
    ----------
    rates : DataFrame
        Column rate: the completion or return rate, 0–1, or missing.
    on : date
        Day on which the grades are in force.
    rules : DataFrame, optional
        Of the shape of ``recall_effect_grades``.

    Returns
    -------
    DataFrame
        The caller's index: decision (a grade, or ``unknown``), rule_id, reason (``rate_reached``,
        ``rate_missing``), margin (rate still wanting to the next better grade; 0 in the best), status,
        source_id, is_on_boundary.

    Raises
    ------
    InputFaults
        With every rate outside 0–1, and when no grades are in force.

    References
    ----------
    .. [1] GB/T 39603-2020 and GB/T 40993-2021 grade by indicators whose weights and cuts could not be read;
    these
       cuts are this project's own, near published rates (``cpsc_recall_effectiveness``).

    Examples
    --------
    >>> found = effect_grades(pd.DataFrame({"rate": [0.65, 0.2, None]}), on=dt.date(2026, 3, 1))
    >>> found["decision"].tolist(), found["is_on_boundary"].tolist()
    (['fair', 'poor', 'unknown'], [True, False, False])
    """
    table = standards.in_force(standards.table("recall_effect_grades") if rules is None else rules, on)
    refuse(
        "recall_effect_grades",
        [Fault("rows", "none", RuleText("grades in force on {}", on))] if table.empty else [],
    )
    table = table.sort_values("rate_from", ignore_index=True)
    rate = number_columns(rates, [NumberColumn("rate", low=0, high=1, may_miss=True)], what="rates")["rate"]
    edges = floats(table["rate_from"])
    is_missing = np.isnan(rate)
    place = np.clip(np.searchsorted(edges, rate, side="right") - 1, 0, len(edges) - 1)
    upper = np.append(edges[1:], np.nan)[place]
    rows = records(table)
    return pd.DataFrame(
        {
            "decision": np.where(is_missing, "unknown", table["grade"].to_numpy()[place]),
            "rule_id": ["recall_effect_grades" if miss else f"effect/{rows[k]['grade']}"
                        for k, miss in zip(place, is_missing, strict=True)],
            "reason": np.where(is_missing, "rate_missing", "rate_reached"),
            "margin": np.where(is_missing, np.nan, np.where(np.isnan(upper), 0.0, upper - rate)),
            "status": table["status"].to_numpy()[place],
            "source_id": table["source_id"].to_numpy()[place],
            "is_on_boundary": np.isin(rate, edges[1:]),
        },
        index=rates.index,
    )  # fmt: skip
