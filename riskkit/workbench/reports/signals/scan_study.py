"""Everything that is said of the signals of a week, worked out once from reports or a register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.assessment.hazard_priors import hazard_priors
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.standards.tables import records as table_records
from riskkit.monitoring.new_pairs import arrival_history, fit_arrival, new_pairs, p_arrival
from riskkit.monitoring.renamed import present_names, renamings
from riskkit.monitoring.signals.evidence import KEYS, evidence, monday_of, newest_week, weekly_counts
from riskkit.monitoring.signals.exposure_growth import exposure_growth
from riskkit.monitoring.signals.late_reports import ReportDelays, report_delays
from riskkit.monitoring.signals.memory import STEPS, check_steps, no_steps
from riskkit.monitoring.signals.ranking import decide
from riskkit.monitoring.signals.weights import signal_weights
from riskkit.monitoring.surveillance.weekly_scan import decide as weekly_alarms
from riskkit.store.register.counts import ENGINES
from riskkit.store.register.query import sql
from riskkit.store.register.spark import register_in_spark
from riskkit.workbench.reports.response.examples import one_day, open_example
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
    weeks = pd.DataFrame({"event": monday_of(named["event_day"]), "report": monday_of(named["date"]), "n": 1})
    delays = _delays(weeks, on)
    weekly = weekly_counts(known, on=_known_on(on, delays), reported="date",
                           date="counted" if delays.by == "event" else "date")  # fmt: skip
    return OpenReports(opened.name, opened.is_sample, opened.sha256, on, weekly, int(weekly["n"].sum()),
                       int((days.isna() | rows["hazard"].isna()).sum()), delays, known, None)  # fmt: skip


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
    rule = RuleText("from 1 to {} combinations and weeks with a hazard", f"{_MOST_ROWS:,}")
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
    rule = RuleText("at most {} reports", f"{_MOST_NEW:,}")
    refuse("here", [Fault("here", f"{len(rows):,}", rule)] if len(rows) > _MOST_NEW else [])
    return rows


EXPOSURE = "signal_exposure"
N_DRAWN, N_SERIES, N_WEEKS, N_NEW, N_OTHERS = 6, 20, 26, 15, 20


@dataclass(frozen=True)
class ScanStudy:
    """The signals of a week with the evidence for each.

    `found` has one row a combination, ordered by rank; `series` the weeks of those that are drawn; `records`
    the reports behind every alarm and behind the strongest of what is none; `renamed` the names taken for
    one; `new` what others report and we do not;
    `delays` by which day reports are counted; `exposure` the name of the trade table, empty where none was
    given, and `trade_until` its newest month.
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
    delays: ReportDelays
    exposure: str
    exposure_sha256: str
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

    @property
    def trade_until(self) -> str:
        """The newest month of the trade table that was used; empty where there is none."""
        return max(self.found["trade_until"], default="")


def study_signals(
    reports: str = SAMPLE,
    *,
    on: str = "",
    budget: int | None = None,
    steps: str = "",
    here: str = "",
    exposure: str = "",
    engine: str = "duckdb",
    session: Any = None,
) -> ScanStudy:
    """Everything the notebook, the command and the board of signals show.

    `reports` is the shipped example, a .csv file with date, hazard, origin, product_group (and if known
    date_event, severity, region, report_id), or the folder of a register; `steps` a .csv file of what was
    done before; `exposure` one of trade by month (period, origin and/or product_group, value).
    """
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    refuse("signals", faults)
    opened = open_reports(reports, day, engine=engine, session=session)
    past = read_steps(steps)
    renamed = _renamed(opened.weekly)
    weekly = _graded(opened.weekly.assign(hazard=present_names(opened.weekly["hazard"], renamed)))
    trade, trade_sha256 = _trade(exposure)
    moved = _growth(weekly, trade, on=opened.on)
    shares = opened.delays.completeness if opened.delays.by == "event" else None
    facts = evidence(
        weekly.merge(moved[[*KEYS, "growth"]], on=list(KEYS), how="left"),
        on=opened.on, exposure=shares, n_back=opened.delays.n_back,
    )  # fmt: skip
    judged = decide(facts, on=opened.on, steps=past, budget=budget)
    found = facts.join(judged).merge(moved.drop(columns="growth"), on=list(KEYS), how="left")
    found = found.sort_values(["rank", "points"], ascending=[True, False], kind="stable")
    found = found.reset_index(drop=True)
    alarms = found[found["decision"] == "alarm"]
    return ScanStudy(
        opened.name, opened.is_sample, opened.sha256, opened.on, day is not None, newest_week(opened.on),
        int(signal_weights(on=opened.on)["limit", "budget"] if budget is None else budget),
        opened.n_reports, opened.n_left_out, opened.delays, exposure, trade_sha256, found,
        series=_series(weekly, alarms.head(N_SERIES), opened.on, shares=shares),
        records=records_of_alarms(opened, _with_evidence(found), renamed),
        renamed=renamed,
        new=_new(opened, here),
        here=here,
        n_steps=len(past),
    )  # fmt: skip


def _with_evidence(found: pd.DataFrame) -> pd.DataFrame:
    """Every alarm, and of what is none the combinations that stand out most, to look into."""
    is_alarm = found["decision"] == "alarm"
    others = found[~is_alarm & found["points"].notna()].sort_values("points", ascending=False, kind="stable")
    return pd.concat([found[is_alarm], others.head(N_OTHERS)])


def read_steps(name: str) -> pd.DataFrame:
    """What was done to signals before: a .csv file, or nothing."""
    if not name:
        return no_steps()
    opened = open_example(name, sample="", what="steps", texts=[*STEPS[:5]])
    return check_steps(opened.table.reset_index(drop=True))


def _trade(name: str) -> tuple[pd.DataFrame | None, str]:
    """Trade by month and its digest: a .csv file, the shipped example, or nothing."""
    if not name:
        return None, ""
    texts = ("period", "origin", "product_group", "published", "unit", "remark")
    opened = open_example(name, sample=EXPOSURE, what="exposure", texts=texts)
    return opened.table.reset_index(drop=True), opened.sha256


def _growth(weekly: pd.DataFrame, trade: pd.DataFrame | None, *, on: dt.date) -> pd.DataFrame:
    """Growth of each combination with why it is not known; without a table it is known of none."""
    goods = weekly[list(KEYS)].drop_duplicates(ignore_index=True)
    if trade is None:
        return goods.assign(growth=np.nan, growth_reason="no_table", trade_until="")
    found = exposure_growth(goods, trade, on=on)
    return goods.join(found[["growth", "growth_reason", "until"]]).rename(columns={"until": "trade_until"})


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


def _series(
    weekly: pd.DataFrame, alarms: pd.DataFrame, on: dt.date, *, shares: pd.Series | None
) -> pd.DataFrame:
    """Observed, expected and bound of the weeks before, each judged by what came before it."""
    columns = ["signal_id", "week", "observed", "expected", "bound", "is_alarm"]
    if alarms.empty:
        return pd.DataFrame(columns=columns)
    mine = weekly.astype({"n": float}).merge(alarms[[*KEYS, "signal_id"]], on=list(KEYS))
    last = newest_week(on)
    weeks = pd.date_range(weekly["week"].min(), last, freq="7D")
    wide = mine.pivot_table(index="signal_id", columns="week", values="n", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(index=alarms["signal_id"], columns=weeks, fill_value=0.0)
    rows, come = [], None if shares is None else shares.reindex(weeks).fillna(1.0)
    for week in weeks[-N_WEEKS:]:
        day = (week + pd.Timedelta(days=6)).date()
        judged = weekly_alarms(wide.loc[:, :week], on=day, exposure=come)
        rows.append(judged.assign(week=week, is_alarm=judged["decision"] == "alarm"))
    return pd.concat(rows).rename_axis("signal_id").reset_index()[columns]


def _new(opened: OpenReports, here: str) -> pd.DataFrame:
    """What others have reported within the year and we never have, the likeliest to arrive first."""
    if not here:
        return pd.DataFrame()
    rows = reports_with_regions(opened)
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
