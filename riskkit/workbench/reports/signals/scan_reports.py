"""Reports of a file or a register as a scan takes them: counted by week, as known on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards.tables import records as table_records
from riskkit.monitoring.renamed import present_names
from riskkit.monitoring.signals.evidence import KEYS, newest_week, weekly_counts
from riskkit.monitoring.signals.late_reports import ReportDelays, report_delays
from riskkit.store.register.counts import ENGINES
from riskkit.store.register.query import sql
from riskkit.store.register.spark import register_in_spark
from riskkit.workbench.reports.response.example_tables import open_example
from riskkit.workbench.runs.folders.made_register import MADE, register_folder, register_sha256

SAMPLE = "signal_reports"
N_RECORDS = 8
_TEXTS = ("report_id", "date", "date_event", *KEYS, "region", "remark", "evidence")
_DAY = "coalesce(date_reported, date)"
_EVENT = "CASE WHEN date_reported IS NOT NULL AND date <= date_reported THEN date END"
_NAMED = (
    "hazard, coalesce(origin, origin_text, '') AS origin, "
    "coalesce(product_group, product, '') AS product_group"
)
_MOST_ROWS = 2_000_000  # combinations and weeks; reports themselves stay in the register
_MOST_NEW = 200_000  # reports over which new pairs are looked for
_WEEK_ENDS = pd.Timedelta(days=6)


@dataclass(frozen=True)
class OpenReports:
    """Reports of a file, or the counts of a register, as known on a day."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    weekly: pd.DataFrame
    n_reports: int
    n_left_out: int
    delays: ReportDelays
    rows: pd.DataFrame  # of a file; empty for a register
    folder: Path | None


def open_reports(
    name: str, day: dt.date | None, *, engine: str = "duckdb", session: Any = None
) -> OpenReports:
    """A file of reports, the shipped example or a register, with what is known of its delays."""
    refuse("engine", [] if engine in ENGINES else [Fault("engine", shown(engine), one_of(engine, ENGINES))])
    is_register = name == MADE or Path(name).is_dir()
    rule = "duckdb for a file of reports"
    refuse("engine", [Fault("engine", engine, rule)] if engine != "duckdb" and not is_register else [])
    return _register(name, day, engine=engine, session=session) if is_register else _file(name, day)


def _file(name: str, day: dt.date | None) -> OpenReports:
    opened = open_example(name, sample=SAMPLE, what="reports", texts=_TEXTS)
    rows = opened.table
    needed = ["date", *KEYS]
    refuse("reports", [Fault(f"reports: {c}", "missing", "a column") for c in needed if c not in rows])
    faults, read = [], {}
    for column in [name for name in ("date", "date_event") if name in rows]:
        read[column] = pd.to_datetime(rows[column], errors="coerce", format="ISO8601")
        wrong = rows.index[read[column].isna() & rows[column].notna()]
        faults += [Fault(f"row {k}: {column}", shown(rows[column][k]), "YYYY-MM-DD") for k in wrong]
    refuse("reports", faults)
    days = read["date"]
    refuse("reports", [] if days.notna().any() else [Fault("reports", "no day", "a report with its day")])
    on = day or days.max().date()
    event = read.get("date_event", pd.Series(pd.NaT, index=rows.index))
    event = event.where(event <= days)  # an event after its report is not known
    known = rows.assign(date=days, event_day=event, counted=event.fillna(days))[days <= pd.Timestamp(on)]
    named = known[known["hazard"].notna()]
    weeks = pd.DataFrame({"event": _monday(named["event_day"]), "report": _monday(named["date"]), "n": 1})
    delays = _delays(weeks, on)
    weekly = weekly_counts(known, on=_known_on(on, delays), reported="date",
                           date="counted" if delays.by == "event" else "date")  # fmt: skip
    return OpenReports(opened.name, opened.is_sample, opened.sha256, on, weekly, int(weekly["n"].sum()),
                       int((days.isna() | rows["hazard"].isna()).sum()), delays, known, None)  # fmt: skip


def _monday(days: pd.Series) -> pd.Series:
    monday: pd.Series = days.dt.normalize() - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return monday


def _delays(weeks: pd.DataFrame, on: dt.date) -> ReportDelays:
    summed: pd.DataFrame = weeks.groupby(["event", "report"], dropna=False)[["n"]].sum().reset_index()
    return report_delays(summed, on=on)


def _known_on(on: dt.date, delays: ReportDelays) -> dt.date:
    """Delays are in whole weeks: what came in the week that runs is not used with them."""
    return (newest_week(on) + _WEEK_ENDS).date() if delays.by == "event" else on


def _register(name: str, day: dt.date | None, *, engine: str, session: Any) -> OpenReports:
    """Counts by week straight from the register: its records never come into memory."""
    folder = register_folder(name)
    bounds = sql(folder, f"SELECT max({_DAY}) AS last, count(*) AS n FROM records").to_pylist()[0]  # noqa: S608
    last = bounds["last"]
    refuse("register", [] if last else [Fault("register", "no day", "a record with its day")])
    on = day or last
    dates = (
        f"SELECT {_week(_EVENT)} AS event, {_week(_DAY)} AS report, count(*) AS n "  # noqa: S608
        f"FROM records WHERE hazard IS NOT NULL AND {_DAY} <= DATE '{on}' GROUP BY 1, 2"
    )
    weeks = _asked(folder, dates, engine=engine, session=session).to_pandas()
    delays = _delays(_with_days(weeks, "event", "report"), on)
    counted = f"coalesce({_EVENT}, {_DAY})" if delays.by == "event" else _DAY
    question = (
        f"SELECT {_NAMED}, {_week(counted)} AS week, count(*) AS n, max(severity) AS severity "  # noqa: S608
        f"FROM records WHERE hazard IS NOT NULL AND {_DAY} <= DATE '{_known_on(on, delays)}' "
        f"GROUP BY 1, 2, 3, 4 LIMIT {_MOST_ROWS + 1}"
    )
    weekly = _with_days(_asked(folder, question, engine=engine, session=session).to_pandas(), "week")
    rule = f"from 1 to {_MOST_ROWS:,} combinations and weeks with a hazard"
    is_fine = 0 < len(weekly) <= _MOST_ROWS
    refuse("register", [] if is_fine else [Fault("register", f"{len(weekly):,}", rule)])
    weekly = weekly.sort_values([*KEYS, "week"], ignore_index=True)
    lost = f"SELECT count(*) AS n FROM records WHERE hazard IS NULL OR {_DAY} IS NULL"  # noqa: S608
    n_left_out = int(_asked(folder, lost, engine=engine, session=session).to_pylist()[0]["n"])
    title = MADE if name == MADE else folder.resolve().name
    return OpenReports(title, name == MADE, register_sha256(folder), on, weekly, int(weekly["n"].sum()),
                       n_left_out, delays, pd.DataFrame(), folder)  # fmt: skip


def _week(day: str) -> str:
    """The Monday of a day, as a day to either engine."""
    return f"CAST(date_trunc('week', {day}) AS DATE)"


def _with_days(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    return table.assign(**{name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in names})


def _asked(folder: Path, question: str, *, engine: str, session: Any) -> pa.Table:
    """The answer of either engine; the same words are SQL to both."""
    if engine == "duckdb":
        return sql(folder, question)
    with register_in_spark(folder, session=session) as asking:
        return sql(folder, question) if asking is None else asking.sql(question).toArrow()


def records_of_alarms(opened: OpenReports, alarms: pd.DataFrame, renamed: pd.DataFrame) -> pd.DataFrame:
    """The newest reports behind each alarm, under the names that they came with."""
    columns = ["signal_id", "date", "report_id", *KEYS, "region", "severity"]
    parts = [_behind(opened, row, renamed) for row in table_records(alarms)]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _behind(opened: OpenReports, alarm: Mapping[str, Any], renamed: pd.DataFrame) -> pd.DataFrame:
    old = present_names(opened.weekly["hazard"].drop_duplicates(), renamed)
    names = opened.weekly["hazard"].drop_duplicates()[old == alarm["hazard"]].tolist()
    if opened.folder is None:
        rows = opened.rows
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


def reports_with_regions(opened: OpenReports) -> pd.DataFrame:
    """Every report known on the day with who made it, from which new pairs are looked for."""
    if opened.folder is None:
        return opened.rows
    question = f"SELECT {_NAMED}, {_DAY} AS date, region FROM records WHERE {_DAY} <= DATE '{opened.on}'"  # noqa: S608
    rows: pd.DataFrame = sql(opened.folder, question, most_rows=_MOST_NEW + 1).to_pandas()
    rule = f"at most {_MOST_NEW:,} reports"
    refuse("here", [Fault("here", f"{len(rows):,}", rule)] if len(rows) > _MOST_NEW else [])
    return rows
