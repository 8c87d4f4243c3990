"""Progress reports of recalls: completion by channel and operator, restatements, stalled recalls.

A report says how many units a recall affects, how many are no longer there to be recalled (scrapped,
exported, stolen) and how many are remedied or recovered so far. Counts that fall and denominators that move
are normal: they are named, never refused. More units done than affected is an error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.working_days import as_days

COUNTS = ("n_affected", "n_removed", "n_completed")
KEY = ("recall_id", "report_date")


def read_reports(reports: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Progress reports with their days and counts checked.

    Parameters
    ----------
    reports : DataFrame
        recall_id, report_date, n_affected [units], n_completed (remedied or recovered so far) [units]; if
        wanted n_removed (units no longer there to be recalled) and started_on (first day of the recall). A
        count may be missing.
    by : sequence of str
        Further columns that make a row unique (channel, operator).

    Returns
    -------
    DataFrame
        The caller's index; recall_id, report_date, the columns of `by`, the three counts as floats
        (n_removed is 0 where the column is absent), n_open (affected, not removed), rate (n_completed /
        n_open; missing where a count is, nothing is open, or removed and completed together exceed affected).

    Raises
    ------
    InputFaults
        With every wrong cell, every report before its recall started or doubled, and every count above the
        units.

    Examples
    --------
    >>> rows = pd.DataFrame({"recall_id": ["a"], "report_date": ["2026-03-31"], "n_affected": [100],
    ...                      "n_removed": [20], "n_completed": [40]})
    >>> read_reports(rows)["rate"].tolist()
    [0.5]
    """
    given = reports if "n_removed" in reports else reports.assign(n_removed=0)
    counts = [NumberColumn(name, low=0, is_whole=True, may_miss=True) for name in COUNTS]
    found = pd.DataFrame(
        number_columns(given, counts, what="reports", texts=[*KEY, *by]), index=reports.index
    )
    for name in ("recall_id", *by):
        found[name] = reports[name]
    faults = []
    try:
        found["report_date"] = as_days(reports["report_date"], what="report_date").astype("datetime64[us]")
    except InputFaults as error:  # what else is wrong is said at the same time
        faults, found["report_date"] = list(error.faults), pd.NaT
    found["n_open"] = found["n_affected"] - found["n_removed"]
    refuse("reports", [*faults, *_report_faults(reports, found, by)])
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = (found["n_completed"] / found["n_open"]).where(found["n_open"] > 0)
    found["rate"] = rate.where(rate <= 1)  # removed and done exceed affected: one of them is wrong
    return found[[*KEY, *by, *COUNTS, "n_open", "rate"]]


def _report_faults(reports: pd.DataFrame, found: pd.DataFrame, by: Sequence[str]) -> list[Fault]:
    key = ["recall_id", *by]
    checks = [
        ("recall_id", found[key].isna().any(axis=1), "a recall, and a name in each column of `by`"),
        ("report_date", found.duplicated([*KEY, *by]) & found["report_date"].notna(), "one report a day"),
        ("n_completed", found["n_completed"] > found["n_affected"], "at most the units affected"),
    ]
    if "started_on" in reports:
        started = as_days(reports["started_on"], what="started_on", may_miss=True)
        is_early = pd.Series(found["report_date"].to_numpy() < started, index=found.index)
        checks.append(("report_date", is_early, "on or after the day the recall started"))
    return [
        Fault(f"reports: row {row}: {name}", shown(reports[name].iloc[row]), rule)
        for name, is_wrong, rule in checks
        for row in np.flatnonzero(is_wrong)
    ]


def completion_rates(
    reports: pd.DataFrame, *, on: dt.date, by: Sequence[str] = (), p_discarded: float = 0.0
) -> pd.DataFrame:
    """How far each recall has come on a day, in all or by channel and operator.

    Parameters
    ----------
    reports : DataFrame
        As `read_reports`; one row a report of a channel or operator where `by` names them.
    on : date
        Later reports are not looked at.
    by : sequence of str
        ``channel``, ``operator`` or both; their latest reports are added up otherwise by recall.
    p_discarded : float
        Assumed share of units that owners threw away without a word (0 ≤ share < 1).

    Returns
    -------
    DataFrame
        One row a recall (and `by`): reported_on (oldest of the latest reports), n_affected, n_removed,
        n_completed, rate (of all units affected: 完成率, 退回率), rate_open (of those not removed), rate_hi
        (of those not removed and not discarded, at most 1). A count that is missing makes the rates missing.

    Raises
    ------
    InputFaults
        As `read_reports`, and when `p_discarded` is no such share.

    References
    ----------
    .. [1] GB/T 39603-2020 and GB/T 40993-2021, definitions of the rates (``gb_t_39603``, ``gb_t_40993``).

    Examples
    --------
    >>> rows = pd.DataFrame({"recall_id": "a", "report_date": "2026-03-31", "channel": ["shop", "consumer"],
    ...                      "n_affected": [40, 60], "n_completed": [38, 12]})
    >>> completion_rates(rows, on=dt.date(2026, 4, 1))["rate"].tolist()
    [0.5]
    """
    if not 0 <= p_discarded < 1:
        refuse("completion_rates", [Fault("p_discarded", shown(p_discarded), "a share from 0 to below 1")])
    parts = [name for name in ("channel", "operator") if name in reports]
    found = read_reports(reports, by=parts)
    found = found[found["report_date"] <= pd.Timestamp(on)].sort_values("report_date", kind="stable")
    latest = found.groupby(["recall_id", *parts], sort=True).tail(1)
    groups = latest.groupby(["recall_id", *by], sort=True)
    # a part whose count is missing makes the sum missing: unknown is not zero
    is_whole = groups[list(COUNTS)].count().eq(groups.size(), axis=0)
    out = groups[list(COUNTS)].sum().where(is_whole)
    out.insert(0, "reported_on", groups["report_date"].min())
    n_open = out["n_affected"] - out["n_removed"]
    out["rate"] = out["n_completed"] / out["n_affected"].where(out["n_affected"] > 0)
    out["rate_open"] = out["n_completed"] / n_open.where((n_open > 0) & (out["n_completed"] <= n_open))
    out["rate_hi"] = (out["rate_open"] / (1 - p_discarded)).clip(upper=1)
    return out.reset_index()


def restatements(reports: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """What each report changed against the one before it, and whether earlier figures were restated.

    Parameters
    ----------
    reports : DataFrame
        As `read_reports`.
    by : sequence of str
        Columns that with recall_id name one series of reports.

    Returns
    -------
    DataFrame
        The caller's index: change_affected, change_removed, change_completed [units], change_rate, days
        (since the report before), kind (``first``, ``units_restated`` (units affected changed),
        ``count_fell`` (fewer done than before), ``both``, ``unknown`` (a count is missing),
        ``removals_exceed`` (removed and completed exceed affected), ``plain``).

    Raises
    ------
    InputFaults
        As `read_reports`.

    Examples
    --------
    >>> rows = pd.DataFrame({"recall_id": "a", "report_date": ["2026-03-31", "2026-06-30"],
    ...                      "n_affected": [100, 100], "n_completed": [40, 38]})
    >>> restatements(rows)["kind"].tolist()
    ['first', 'count_fell']
    """
    found = read_reports(reports, by=by).reset_index(drop=True)
    ordered = found.sort_values(["recall_id", *by, "report_date"], kind="stable")
    groups = ordered.groupby(["recall_id", *by], sort=False)
    out = groups[[*COUNTS, "rate"]].diff()
    out.columns = pd.Index(["change_affected", "change_removed", "change_completed", "change_rate"])
    out["days"] = groups["report_date"].diff().dt.days
    excess = ordered["n_completed"] + ordered["n_removed"] > ordered["n_affected"]
    units, fell = out["change_affected"] != 0, out["change_completed"] < 0
    kinds = [
        (excess, "removals_exceed"),
        (out["days"].isna(), "first"),
        (out[["change_affected", "change_completed"]].isna().any(axis=1), "unknown"),
        (units & fell, "both"),
        (units, "units_restated"),
        (fell, "count_fell"),
    ]
    out["kind"] = np.select([case for case, _ in kinds], [name for _, name in kinds], "plain")
    return out.sort_index().set_axis(reports.index)


def stalled_recalls(reports: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which recalls have all but stopped before they were done.

    Parameters
    ----------
    reports : DataFrame
        As `read_reports`, one row a recall and day.
    on : date
        Later reports are not looked at; the rules are those in force on it.
    rules : DataFrame, optional
        Of the shape of ``recall_limits``.

    Returns
    -------
    DataFrame
        One row a recall: recall_id, decision (``stalled``, ``moving``, ``complete``, ``silent`` (no report
        for the window), ``unknown``), rule_id, reason, margin (gain of the rate above the least gain; days
        of silence beyond the window for ``silent``), status, source_id, rate, gain, reported_on.

    Raises
    ------
    InputFaults
        As `read_reports`, and when there is not one rule of each kind in force.

    Examples
    --------
    >>> rows = pd.DataFrame({"recall_id": "a", "report_date": ["2026-01-31", "2026-05-10"],
    ...                      "n_affected": [100, 100], "n_completed": [40, 40]})
    >>> stalled_recalls(rows, on=dt.date(2026, 5, 12))["decision"].tolist()
    ['stalled']
    """
    limits = _limits(rules, on)
    window, least, done = (limits[name] for name in ("stall_window", "stall_gain", "complete_rate"))
    found = read_reports(reports)
    found = found[found["report_date"] <= pd.Timestamp(on)].sort_values(list(KEY), kind="stable")
    latest = found.groupby("recall_id").tail(1).set_index("recall_id")
    latest = latest.reindex(pd.Index(reports["recall_id"].unique(), name="recall_id"))
    gain = latest["rate"] - _rate_before(found, latest, days=window["value"])
    silence = (pd.Timestamp(on) - latest["report_date"]).dt.days - window["value"]
    cases = [
        (latest["rate"] >= done["value"], "complete", "units_done", latest["rate"] - done["value"]),
        (silence > 0, "silent", "no_recent_report", silence),
        (latest["report_date"].isna(), "unknown", "no_report_yet", gain),
        (latest["rate"].isna(), "unknown", "counts_missing", gain),
        (gain.isna(), "unknown", "no_report_before_the_window", gain),
        (gain < least["value"], "stalled", "gain_too_small", gain - least["value"]),
    ]
    tests = [case[0].to_numpy(dtype=np.bool_) for case in cases]
    rule = np.select(tests[:2], [done["limit"], window["limit"]], least["limit"])
    pick = {str(row["limit"]): row for row in limits.values()}
    return pd.DataFrame(
        {
            "recall_id": latest.index,
            "decision": np.select(tests, [case[1] for case in cases], "moving"),
            "rule_id": rule,
            "reason": np.select(tests, [case[2] for case in cases], "gain_enough"),
            "margin": np.select(tests, [case[3] for case in cases], gain - least["value"]),
            "status": [pick[name]["status"] for name in rule],
            "source_id": [pick[name]["source_id"] for name in rule],
            "rate": latest["rate"].to_numpy(),
            "gain": gain.to_numpy(),
            "reported_on": latest["report_date"].to_numpy(),
        }
    )


def _rate_before(found: pd.DataFrame, latest: pd.DataFrame, *, days: float) -> pd.Series:
    """The rate of each recall in its last report at least so many days before its latest one."""
    until = (latest["report_date"].dropna() - pd.Timedelta(days=days)).sort_values().reset_index()
    earlier = found[[*KEY, "rate"]].sort_values("report_date")
    both = pd.merge_asof(until, earlier, on="report_date", by="recall_id")
    return both.set_index("recall_id")["rate"].reindex(latest.index)


def _limits(rules: pd.DataFrame | None, on: dt.date) -> dict[str, pd.Series]:
    rows = standards.in_force(standards.table("recall_limits") if rules is None else rules, on)
    wanted = ("stall_window", "stall_gain", "complete_rate")
    count = {name: int((rows["limit"] == name).sum()) for name in wanted}
    refuse(
        "recall_limits",
        [
            Fault(name, f"{n} rows", RuleText("one row in force on {}", on))
            for name, n in count.items()
            if n != 1
        ],
    )
    return {name: rows[rows["limit"] == name].iloc[0] for name in wanted}
