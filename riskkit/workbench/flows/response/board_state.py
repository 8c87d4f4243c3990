"""What the board of the response shows, worked out once from all acts: standing, counts, recall reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.flows.replay import standing
from riskkit.response.flows import FLOWS, RECALLS, open_phases, response_flow
from riskkit.response.recall.forecast import fit_curve_prior, forecast_completion
from riskkit.store.flow import FlowDesk, acts_of
from riskkit.store.ledger.ledger import Ledger
from riskkit.workbench.flows.clocks import utc_now

ABOUT = ("title_zh", "title_en", "measure", "port", "operator", "level")
"""What an act may say about its subject, shown beside it."""
_COLUMNS = ("flow", "subject", "phase", "since", "last_at", "last_by", "due_event", "due_at", "n_acts",
            "is_open", "is_overdue", "days_left", *ABOUT)  # fmt: skip


def desk_of(ledger: Ledger, flow: str, *, clock: Callable[[], dt.datetime] = utc_now) -> FlowDesk:
    """The desk for one kind of life."""
    return FlowDesk(ledger, response_flow(flow), clock, open_phases(flow))


def response_acts(ledger: Ledger, *, until: dt.datetime | None = None) -> dict[str, pd.DataFrame]:
    """The acts of all lives, by flow; flows without any are left out."""
    found = {name: ledger.events(f"{name}/", until=until) for name in FLOWS}
    return {name: acts_of(events) for name, events in found.items() if events}


def response_standing(acts: Mapping[str, pd.DataFrame], *, now: dt.datetime) -> pd.DataFrame:
    """Where all lives stand at a moment, what is due first above."""
    parts = []
    for name, table in acts.items():
        found = standing(table, response_flow(name), now=now, phases=open_phases(name))
        parts.append(found.assign(flow=name).reindex(columns=list(_COLUMNS)))
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS))
    whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return whole.sort_values(["due_at", "flow", "subject"], ignore_index=True, na_position="last")


SOON_DAYS = 7
"""What is due within so many days is shown as due soon (house)."""
_LEVEL = 0.9
_DAYS = (0, 30, 61, 91, 122, 152, 183)
_CHINA = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True)
class ResponseState:
    """Where all lives stand at a moment, and the reports of the recalls."""

    table: pd.DataFrame
    reports: pd.DataFrame
    now: dt.datetime


@dataclass(frozen=True)
class CompletionCurve:
    """The completion of one recall as reported, and ahead."""

    curve: pd.DataFrame
    whole: pd.DataFrame
    recall: str
    on: dt.date


def response_state(acts: Mapping[str, pd.DataFrame], *, now: dt.datetime) -> ResponseState:
    """Everything the board shows."""
    table = response_standing(acts, now=now)
    is_open = table["is_open"].to_numpy(bool)
    is_late = table["is_overdue"].to_numpy(bool)
    left = table["days_left"].astype("Float64").to_numpy(float, na_value=np.nan)
    table["is_soon"] = is_open & ~is_late & (left < SOON_DAYS)
    return ResponseState(table, recall_reports(acts, now=now), now)


def recall_reports(acts: Mapping[str, pd.DataFrame], *, now: dt.datetime) -> pd.DataFrame:
    """The counts that recalls have reported up to a moment, one row a recall and day."""
    names = ["recall_id", "report_date", "n_affected", "n_removed", "n_completed"]
    mine = {name: acts[name] for name in RECALLS if name in acts and "n_completed" in acts[name]}
    if not mine:
        return pd.DataFrame({name: [] for name in names})
    tables = [table.assign(recall_id=recall_key(name, table["subject"])) for name, table in mine.items()]
    table = pd.concat(tables, ignore_index=True)
    given = table[table["n_completed"].notna() & (table["at"] <= pd.Timestamp(now))]
    days = given["at"].dt.tz_convert(_CHINA).dt.strftime("%Y-%m-%d")
    removed = given["n_removed"].fillna(0) if "n_removed" in given else 0
    found = given.assign(report_date=days, n_removed=removed)[names]
    return found.drop_duplicates(["recall_id", "report_date"], keep="last").reset_index(drop=True)


def recall_key(flow: str, subject: Any) -> Any:
    """What tells the recalls of both flows apart: only those of vehicles name theirs."""
    return subject if flow == RECALLS[0] else f"{flow}/" + subject


def completion_curves(state: ResponseState) -> dict[str, CompletionCurve]:
    """Recall → its curve; those that have reported nothing yet are left out."""
    reports, on = state.reports, state.now.astimezone(_CHINA).date()
    if reports.empty:
        return {}
    ahead = forecast_completion(
        reports, on=on, days=_DAYS, prior=fit_curve_prior(reports, on=on), level=_LEVEL
    )
    whole = reports.assign(report_date=pd.to_datetime(reports["report_date"]))
    return {str(name): CompletionCurve(ahead, whole, str(name), on) for name in reports["recall_id"].unique()}


def counts_by(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Open, due soon and overdue lives by port or operator, most overdue first."""
    mine = table[table["is_open"].to_numpy(bool)]
    by = mine[name].where(mine[name].notna(), "").astype(str)
    sums = mine[["is_open", "is_soon", "is_overdue"]].astype(int).groupby(by.to_numpy()).sum()
    sums.columns = pd.Index(["n_open", "n_soon", "n_overdue"])
    order = sums.sort_values(["n_overdue", "n_soon", "n_open"], ascending=False, kind="stable")
    return order.rename_axis(name).reset_index()
