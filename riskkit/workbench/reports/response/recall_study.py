"""Everything that is said of running recalls, worked out once from two tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown, tried
from riskkit.foundation.standards import standards
from riskkit.response.recall.advice import effect_grades, notice_advice
from riskkit.response.recall.duties import duty_clocks
from riskkit.response.recall.forecast import CurvePrior, fit_curve_prior, forecast_completion
from riskkit.response.recall.progress import COUNTS, KEY, completion_rates, read_reports, stalled_recalls
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.examples import column_faults, one_day, open_example, plain_rows

_PARTS = ("channel", "operator")
_DAYS = (0, 30, 61, 91, 122, 152, 183, 244, 304, 365)
LEVEL = 0.9
_OWN = ("recall_id", "goods", "share_reachable", "used")


@dataclass(frozen=True)
class RecallStudy:
    """Recalls on a day with all that is said of them."""

    opened: OpenTable
    facts: OpenTable
    on: dt.date
    is_day_given: bool
    recall: str
    whole: pd.DataFrame
    completion: pd.DataFrame
    channels: pd.DataFrame
    state: pd.DataFrame
    clocks: pd.DataFrame
    prior: CurvePrior
    curve: pd.DataFrame
    advice: pd.DataFrame
    grades: pd.DataFrame


def study_recalls(table: str, *, facts: str = "", on: str = "", recall: str = "") -> RecallStudy:
    """Everything the notebook of recalls shows; every fault of both files and of the parameters at once."""
    events = _events()
    reports = open_example(table, sample="recall_progress", what="table",
                           texts=[*KEY, *_PARTS, "started_on"])  # fmt: skip
    known = _facts(facts, events, reports)
    rows, told, day = _checked(reports.table, known, on=on, recall=recall)
    parts = [name for name in _PARTS if name in rows]
    whole = _summed(rows, parts)
    completion = completion_rates(rows, on=day)
    prior = fit_curve_prior(whole, on=day)
    asked = completion.set_index("recall_id").reindex(whole["recall_id"].unique())
    need = told.set_index("recall_id").reindex(asked.index)
    n_open = (asked["n_affected"] - asked["n_removed"] - asked["n_completed"]).clip(lower=0)
    share = pd.to_numeric(need["share_reachable"]) if "share_reachable" in need else float("nan")
    used = need.get("used")
    wanted = pd.DataFrame({"n_open": n_open, "share_reachable": share, "used": used})
    return RecallStudy(
        reports,
        known,
        day,
        bool(on),
        recall or str(whole["recall_id"].iloc[0]),
        whole,
        completion,
        completion_rates(rows, on=day, by=parts) if parts else completion,
        stalled_recalls(whole, on=day),
        duty_clocks(told, on=day).assign(
            recall_id=lambda t: told["recall_id"].to_numpy()[t["row"].astype(int)]
        ),
        prior,
        forecast_completion(whole, on=day, days=_DAYS, prior=prior, level=LEVEL),
        notice_advice(wanted, on=day),
        effect_grades(asked[["rate"]], on=day),
    )


def _facts(name: str, events: list[str], reports: OpenTable) -> OpenTable:
    """What is known of each recall: with the example its own facts, with another table none unless given."""
    if not name and not reports.is_sample:
        nothing = pd.DataFrame({column: pd.Series(dtype="string") for column in _OWN})
        return replace(reports, name="", table=nothing, n_read=0, sha256="")
    texts = [*_OWN[:2], "used", *events]
    return open_example(name or "recall_facts", sample="recall_facts", what="facts", texts=texts)


def _events() -> list[str]:
    rules = standards.all_rows("recall_duties")
    texts = rules["start_events"] + "|" + rules["done_event"] + "|" + rules["end_event"]
    return sorted({name for text in texts for name in text.split("|") if name})


def _checked(
    reports: pd.DataFrame, facts: OpenTable, *, on: str, recall: str
) -> tuple[pd.DataFrame, pd.DataFrame, dt.date]:
    faults = column_faults(reports, what="table", needed=[*KEY, "n_affected", "n_completed"],
                           known=[*KEY, *_PARTS, *COUNTS, "started_on"])  # fmt: skip
    if facts.name:
        faults += column_faults(facts.table, what="facts", needed=_OWN[:2], known=[*_OWN, *_events()])
    day = one_day(on, what="on", faults=faults)
    refuse("recalls", faults)
    rows, told = (plain_rows(table) for table in (reports, facts.table))
    parts = [name for name in _PARTS if name in rows]
    read = tried(faults, partial(read_reports, rows, by=parts))
    latest = day or (read["report_date"].max().date() if read is not None else dt.date.min)
    tried(faults, partial(duty_clocks, told, on=latest))
    ids = list(dict.fromkeys(rows["recall_id"].dropna()))
    faults += [Fault(f"facts: row {row}: recall_id", shown(name), "one row for each recall with reports")
               for row, name in enumerate(told["recall_id"])
               if name not in ids or name in set(told["recall_id"][:row])]  # fmt: skip
    if recall and recall not in ids:
        faults.append(Fault("recall", shown(recall), one_of(recall, ids)))
    tried(faults, partial(_advice_columns, told, latest))
    if read is not None and not (read["report_date"] <= pd.Timestamp(latest)).any():
        faults.append(
            Fault(
                "on",
                str(latest),
                RuleText("not before the first report: {}", read["report_date"].min().date()),
            )
        )
    refuse("recalls", faults)
    return rows, told, latest


def _advice_columns(told: pd.DataFrame, day: dt.date) -> None:
    """The faults of what only the advice reads."""
    given = {name: told.get(name) for name in ("share_reachable", "used")}
    notice_advice(pd.DataFrame({"n_open": 0, **given}, index=told.index), on=day)


def _summed(rows: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """One row a recall and day: the latest reports of all its channels, once all have reported."""
    found = read_reports(rows, by=parts).reset_index(drop=True)
    pieces = []
    for name, group in found.groupby("recall_id", sort=False):
        key = group.groupby(parts).ngroup() if parts else 0
        at = group.assign(key=key, at=group.index).pivot(index="report_date", columns="key", values="at")
        at = at.sort_index().ffill().dropna().astype("int64")
        # a count that is missing makes the sum missing: the index is carried on, not the count
        sums = {count: found[count].to_numpy()[at.to_numpy()].sum(axis=1) for count in COUNTS}
        pieces.append(pd.DataFrame({"recall_id": name, "report_date": at.index, **sums}))
    return pd.concat(pieces, ignore_index=True)
