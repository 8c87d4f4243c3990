"""Measures that carry a term: how long each lasts, when it ends, and that it ends by itself."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards import standards


def terms(findings: pd.DataFrame, *, rule_set: str = "gacc_2020_103") -> pd.DataFrame:
    """The term that each finding brings on the one it is about.

    Findings on the same subject are counted in the order of their time; the count says how long the measure
    lasts, which then ends by itself. Where terms overlap the later end holds (house; the notice is silent).

    Parameters
    ----------
    findings : DataFrame
        ``subject`` (such as a producer) and ``at`` (aware times), one row a finding.
    rule_set : str
        Name of a rule set in ``measure_terms``.

    Returns
    -------
    DataFrame
        The rows in order of subject and time: subject, at, nth, days, until, resumes_at.

    Raises
    ------
    InputFaults
        When there is no such rule set, or subjects or times are missing.

    References
    ----------
    .. [1] 海关总署公告2020年第103号 (source ``gacc_2020_103``).

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-01", "2026-03-01", "2026-05-01"], utc=True)
    >>> found = terms(pd.DataFrame({"subject": "plant 7", "at": days}))
    >>> found["days"].tolist(), str(found["resumes_at"].iloc[-1].date())
    ([7.0, 7.0, 28.0], '2026-05-29')
    """
    rules = standards.table("measure_terms")
    rules = rules[rules["rule_set"] == rule_set]
    _require(findings, rules, rule_set)
    rows = findings[["subject", "at"]].sort_values(["subject", "at"], kind="stable").reset_index(drop=True)
    rows["nth"] = rows.groupby("subject").cumcount() + 1
    edges = rules["finding_from"].to_numpy(dtype=np.int64)
    rows["days"] = rules["days"].to_numpy()[np.searchsorted(edges, rows["nth"], side="right") - 1]
    rows["until"] = rows["at"] + pd.to_timedelta(rows["days"], unit="D")
    rows["resumes_at"] = rows.groupby("subject")["until"].cummax()
    return rows


def _require(findings: pd.DataFrame, rules: pd.DataFrame, rule_set: str) -> None:
    faults = []
    if rules.empty:
        faults.append(Fault("rule_set", shown(rule_set), "a rule set of measure_terms"))
    for name in ("subject", "at"):
        if name not in findings.columns:
            faults.append(Fault(name, "", "a column that is given"))
            continue
        missing = np.flatnonzero(findings[name].isna())
        faults += [Fault(f"findings[{row + 1}].{name}", "", "given") for row in missing[:50]]
    if "at" in findings.columns and getattr(findings["at"].dt, "tz", None) is None:
        faults.append(Fault("at", shown(findings["at"].dtype), "a time with its offset from UTC"))
    refuse("terms", faults)


def suspended(found: pd.DataFrame, *, now: dt.datetime) -> pd.DataFrame:
    """Who is under a measure now, since which finding, and when it ends by itself.

    Parameters
    ----------
    found : DataFrame
        Of `terms`.
    now : datetime

    Returns
    -------
    DataFrame
        subject, nth, at, resumes_at.

    Examples
    --------
    >>> day = pd.to_datetime(["2026-01-01"], utc=True)
    >>> found = terms(pd.DataFrame({"subject": "plant 7", "at": day}))
    >>> [len(suspended(found, now=dt.datetime(2026, 1, day, tzinfo=dt.UTC))) for day in (1, 7, 8)]
    [1, 1, 0]
    """
    begun = found[found["at"] <= now].groupby("subject").tail(1)
    under = begun[begun["resumes_at"] > now]
    return under[["subject", "nth", "at", "resumes_at"]].reset_index(drop=True)
