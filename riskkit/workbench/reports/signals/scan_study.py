"""Everything that is said of the signals of a week, worked out once from reports or a register."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.hazard_priors import hazard_priors
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.new_pairs import arrival_history, fit_arrival, new_pairs, p_arrival
from riskkit.monitoring.renamed import present_names, renamings
from riskkit.monitoring.signals.evidence import KEYS, evidence, newest_week
from riskkit.monitoring.signals.exposure_growth import exposure_growth
from riskkit.monitoring.signals.late_reports import ReportDelays
from riskkit.monitoring.signals.memory import STEPS, check_steps, no_steps
from riskkit.monitoring.signals.ranking import decide
from riskkit.monitoring.signals.weights import signal_weights
from riskkit.monitoring.surveillance.weekly_scan import decide as weekly_alarms
from riskkit.workbench.reports.response.example_tables import one_day, open_example
from riskkit.workbench.reports.signals.scan_reports import (
    SAMPLE,
    OpenReports,
    open_reports,
    records_of_alarms,
    reports_with_regions,
)

__all__ = ["SAMPLE", "ScanStudy", "read_steps", "study_signals"]
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
