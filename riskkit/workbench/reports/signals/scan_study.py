"""Everything that is said of the signals of a week, worked out once from reports or a register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.hazard_priors import hazard_priors
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards.tables import records as table_records
from riskkit.monitoring.new_pairs import arrival_history, fit_arrival, new_pairs, p_arrival
from riskkit.monitoring.renamed import present_names, renamings
from riskkit.monitoring.signals.evidence import KEYS, evidence, newest_week, weekly_counts
from riskkit.monitoring.signals.memory import STEPS, check_steps, no_steps
from riskkit.monitoring.signals.ranking import decide
from riskkit.monitoring.signals.weights import signal_weights
from riskkit.monitoring.surveillance.weekly_scan import decide as weekly_alarms
from riskkit.store.register.query import sql
from riskkit.workbench.reports.response.example_tables import one_day, open_example
from riskkit.workbench.runs.folders.made_register import MADE, register_folder, register_sha256

SAMPLE = "signal_reports"
N_DRAWN, N_SERIES, N_WEEKS, N_RECORDS, N_NEW = 6, 20, 26, 8, 15
_TEXTS = ("report_id", "date", *KEYS, "region", "remark", "evidence")
_DAY = "coalesce(date_reported, date)"
_NAMED = (
    "hazard, coalesce(origin, origin_text, '') AS origin, "
    "coalesce(product_group, product, '') AS product_group"
)
_MOST_ROWS = 2_000_000  # combinations and weeks; reports themselves stay in the register
_MOST_NEW = 200_000  # reports over which new pairs are looked for


@dataclass(frozen=True)
class ScanStudy:
    """The signals of a week with the evidence for each.

    `found` has one row a combination, ordered by rank; `series` the weeks of those that are drawn; `records`
    the reports behind every alarm; `renamed` the names taken for one; `new` what others report and we do not.
    """

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    is_day_given: bool
    week: pd.Timestamp
    budget: int
    n_reports: int
    n_left_out: int
    found: pd.DataFrame
    series: pd.DataFrame
    records: pd.DataFrame
    renamed: pd.DataFrame
    new: pd.DataFrame
    here: str
    n_steps: int

    @property
    def alarms(self) -> pd.DataFrame:
        """What is an alarm this week, the strongest first."""
        return self.found[self.found["decision"] == "alarm"]


@dataclass(frozen=True)
class _Opened:
    """Reports of a file, or the counts of a register, as known on a day."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    weekly: pd.DataFrame
    n_reports: int
    n_left_out: int
    reports: pd.DataFrame  # rows of a file; empty for a register
    folder: Path | None


def study_signals(
    reports: str = SAMPLE, *, on: str = "", budget: int | None = None, steps: str = "", here: str = ""
) -> ScanStudy:
    """Everything the notebook, the command and the board of signals show.

    `reports` is the shipped example, a .csv file with date, hazard, origin, product_group (and if known
    severity, region, report_id), or the folder of a register; `steps` a .csv file of what was done before.
    """
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    refuse("signals", faults)
    is_register = reports == MADE or Path(reports).is_dir()
    opened = _register(reports, day) if is_register else _file(reports, day)
    past = read_steps(steps)
    renamed = _renamed(opened.weekly)
    weekly = _graded(opened.weekly.assign(hazard=present_names(opened.weekly["hazard"], renamed)))
    facts = evidence(weekly, on=opened.on)
    judged = decide(facts, on=opened.on, steps=past, budget=budget)
    found = facts.join(judged).sort_values(["rank", "points"], ascending=[True, False], kind="stable")
    found = found.reset_index(drop=True)
    alarms = found[found["decision"] == "alarm"]
    return ScanStudy(
        opened.name, opened.is_sample, opened.sha256, opened.on, day is not None, newest_week(opened.on),
        int(signal_weights(on=opened.on)["limit", "budget"] if budget is None else budget),
        opened.n_reports, opened.n_left_out, found,
        series=_series(weekly, alarms.head(N_SERIES), opened.on),
        records=_records(opened, alarms, renamed),
        renamed=renamed,
        new=_new(opened, here),
        here=here,
        n_steps=len(past),
    )  # fmt: skip


def read_steps(name: str) -> pd.DataFrame:
    """What was done to signals before: a .csv file, or nothing."""
    if not name:
        return no_steps()
    opened = open_example(name, sample="", what="steps", texts=[*STEPS[:5]])
    return check_steps(opened.table.reset_index(drop=True))


def _file(name: str, day: dt.date | None) -> _Opened:
    opened = open_example(name, sample=SAMPLE, what="reports", texts=_TEXTS)
    rows = opened.table
    needed = ["date", *KEYS]
    refuse("reports", [Fault(f"reports: {c}", "missing", "a column") for c in needed if c not in rows])
    days = pd.to_datetime(rows["date"], errors="coerce", format="ISO8601")
    wrong = rows.index[days.isna() & rows["date"].notna()]
    refuse("reports", [Fault(f"row {k}: date", shown(rows["date"][k]), "YYYY-MM-DD") for k in wrong])
    refuse("reports", [] if days.notna().any() else [Fault("reports", "no day", "a report with its day")])
    on = day or days.max().date()
    known = rows.assign(date=days)[days <= pd.Timestamp(on)]
    weekly = weekly_counts(known, on=on)
    n_counted = int(weekly["n"].sum())
    return _Opened(opened.name, opened.is_sample, opened.sha256, on, weekly, n_counted,
                   int((days.isna() | rows["hazard"].isna()).sum()), known, None)  # fmt: skip


def _register(name: str, day: dt.date | None) -> _Opened:
    """Counts by week straight from the register: its records never come into memory."""
    folder = register_folder(name)
    bounds = sql(folder, f"SELECT max({_DAY}) AS last, count(*) AS n FROM records").to_pylist()[0]  # noqa: S608
    last = bounds["last"]
    refuse("register", [] if last else [Fault("register", "no day", "a record with its day")])
    on = day or last
    question = (
        f"SELECT {_NAMED}, date_trunc('week', {_DAY}) AS week, count(*) AS n, max(severity) AS severity "  # noqa: S608
        f"FROM records WHERE hazard IS NOT NULL AND {_DAY} <= DATE '{on}' GROUP BY ALL ORDER BY ALL"
    )
    weekly = sql(folder, question, most_rows=_MOST_ROWS + 1).to_pandas()
    rule = f"from 1 to {_MOST_ROWS:,} combinations and weeks with a hazard"
    is_fine = 0 < len(weekly) <= _MOST_ROWS
    refuse("register", [] if is_fine else [Fault("register", f"{len(weekly):,}", rule)])
    weekly = weekly.assign(week=pd.to_datetime(weekly["week"]))
    lost = f"SELECT count(*) AS n FROM records WHERE hazard IS NULL OR {_DAY} IS NULL"  # noqa: S608
    n_left_out = int(sql(folder, lost).to_pylist()[0]["n"])
    title = MADE if name == MADE else folder.resolve().name
    return _Opened(title, name == MADE, register_sha256(folder), on, weekly, int(weekly["n"].sum()),
                   n_left_out, pd.DataFrame(), folder)  # fmt: skip


def _renamed(weekly: pd.DataFrame) -> pd.DataFrame:
    """Names that took over from others, by the weeks in which they were reported."""
    rows = weekly.rename(columns={"week": "date"})
    return renamings(rows[["date", *KEYS]], context=list(KEYS[1:]))


def _graded(weekly: pd.DataFrame) -> pd.DataFrame:
    """The severity as reported, or else the first guess of the hazard's words."""
    names = weekly["hazard"].drop_duplicates()
    guess = pd.Series(hazard_priors(names)["severity"].to_numpy(dtype=float, na_value=np.nan), index=names)
    given = pd.to_numeric(weekly["severity"], errors="coerce").astype(float)
    is_given = given.groupby([weekly[key] for key in KEYS]).transform("count") > 0
    return weekly.assign(severity=given.where(is_given, weekly["hazard"].map(guess)))


def _series(weekly: pd.DataFrame, alarms: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Observed, expected and bound of the weeks before, each judged by what came before it."""
    columns = ["signal_id", "week", "observed", "expected", "bound", "is_alarm"]
    if alarms.empty:
        return pd.DataFrame(columns=columns)
    mine = weekly.astype({"n": float}).merge(alarms[[*KEYS, "signal_id"]], on=list(KEYS))
    last = newest_week(on)
    weeks = pd.date_range(weekly["week"].min(), last, freq="7D")
    wide = mine.pivot_table(index="signal_id", columns="week", values="n", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(index=alarms["signal_id"], columns=weeks, fill_value=0.0)
    rows = []
    for week in weeks[-N_WEEKS:]:
        judged = weekly_alarms(wide.loc[:, :week], on=(week + pd.Timedelta(days=6)).date())
        rows.append(judged.assign(week=week, is_alarm=judged["decision"] == "alarm"))
    return pd.concat(rows).rename_axis("signal_id").reset_index()[columns]


def _records(opened: _Opened, alarms: pd.DataFrame, renamed: pd.DataFrame) -> pd.DataFrame:
    """The newest reports behind each alarm, under the names that they came with."""
    columns = ["signal_id", "date", "report_id", *KEYS, "region", "severity"]
    parts = [_behind(opened, row, renamed) for row in table_records(alarms)]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _behind(opened: _Opened, alarm: Mapping[str, Any], renamed: pd.DataFrame) -> pd.DataFrame:
    old = present_names(opened.weekly["hazard"].drop_duplicates(), renamed)
    names = opened.weekly["hazard"].drop_duplicates()[old == alarm["hazard"]].tolist()
    if opened.folder is None:
        rows = opened.reports
        is_mine = rows["hazard"].isin(names)
        for key in KEYS[1:]:
            is_mine &= rows[key].fillna("") == alarm[key]
        found = rows[is_mine].sort_values("date", ascending=False, kind="stable").head(N_RECORDS)
        if "report_id" not in found:
            found = found.assign(report_id=[f"row {k}" for k in found.index])
    else:
        texts = ", ".join(_quoted(name) for name in names)
        where = " AND ".join(f"{key} = {_quoted(str(alarm[key]))}" for key in KEYS[1:])
        question = (
            f"SELECT * FROM (SELECT {_NAMED}, {_DAY} AS date, record_id AS report_id, region, severity "  # noqa: S608
            f"FROM records) WHERE hazard IN ({texts}) AND {where} AND date <= DATE '{opened.on}' "
            f"ORDER BY date DESC, report_id LIMIT {N_RECORDS}"
        )
        found = sql(opened.folder, question).to_pandas()
        found = found.assign(date=pd.to_datetime(found["date"]))
    known = found.reindex(columns=["date", "report_id", *KEYS, "region", "severity"])
    return known.assign(signal_id=str(alarm["signal_id"]))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _new(opened: _Opened, here: str) -> pd.DataFrame:
    """What others have reported within the year and we never have, the likeliest to arrive first."""
    if not here:
        return pd.DataFrame()
    if opened.folder is None:
        rows = opened.reports
    else:
        question = f"SELECT {_NAMED}, {_DAY} AS date, region FROM records WHERE {_DAY} <= DATE '{opened.on}'"  # noqa: S608
        rows = sql(opened.folder, question, most_rows=_MOST_NEW + 1).to_pandas()
        rule = f"at most {_MOST_NEW:,} reports"
        refuse("here", [Fault("here", f"{len(rows):,}", rule)] if len(rows) > _MOST_NEW else [])
    is_known = "region" in rows and (rows["region"] == here).any()
    refuse("here", [] if is_known else [Fault("here", shown(here), "a region of the reports")])
    now = new_pairs(rows, here=here, on=opened.on)
    first = pd.to_datetime(rows["date"]).min() + pd.Timedelta(days=182)
    days = [day.date() for day in pd.date_range(first, opened.on, freq="28D")]
    model = fit_arrival(arrival_history(rows, here=here, days=days)) if days else None
    p = pd.Series(np.nan, index=now.index) if model is None else p_arrival(now, model=model)
    order = now.assign(p_arrival=p)
    recent = order[order["n_364d"] > 0]
    by = ["p_arrival", "n_28d", "n_364d"]
    return recent.sort_values(by, ascending=False, kind="stable").head(N_NEW).reset_index(drop=True)
