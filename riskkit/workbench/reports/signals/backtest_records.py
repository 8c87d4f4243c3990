"""The weekly list and dated measures on real records: notices of RASFF, recalls of CPSC, years of CAERS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.monitoring.signals.evidence import weekly_counts
from riskkit.monitoring.signals.history import lead_times, weekly_alarms
from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.monitoring.surveillance.settings import settings_of

NOTICES = "rasff/notifications_2020_2024h1.csv.gz"
RECALLS = "cpsc_recalls/recalls_1973_2009.csv.gz"
BRANDS = "signal_events/caers_brand_years.csv"
_DAYS = {"rasff": ("2020-07-05", "2024-06-30"), "cpsc": ("2006-01-01", "2009-12-27")}
_YEARS_BEFORE = 3  # the years that a year is judged by


def record_events(folder: Path, budget: int) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Each dated measure with its first alarm and lead, and the alarms of each week by series of records.

    A series whose file is not there is left out; that of RASFF must be.
    """
    refuse(
        "records",
        [] if (folder / NOTICES).is_file() else [Fault("records", shown(str(folder)), NOTICES)],
    )
    events = standards.table("signal_events")
    walks: dict[str, tuple[str, Callable[[Path], pd.DataFrame]]] = {
        "rasff": (NOTICES, _notices), "cpsc": (RECALLS, _recalls),
    }  # fmt: skip
    found, weeks = [], {}
    for series, (file, read) in walks.items():
        if (folder / file).is_file():
            mine = events[events["series"] == series]
            days = [day.date() for day in pd.date_range(*_DAYS[series], freq="7D")]
            weekly = weekly_counts(read(folder / file), on=days[-1], keys=["hazard"])
            alarms = weekly_alarms(weekly, days=days, budget=budget, keys=["hazard"])
            found.append(mine.join(lead_times(alarms, mine, keys=["hazard"]).drop(columns="event")))
            weeks[series] = alarms.groupby("on").size().reindex(pd.DatetimeIndex(days), fill_value=0)
    if (folder / BRANDS).is_file():
        found.append(_years(pd.read_csv(folder / BRANDS), events[events["series"] == "caers"]))
    return pd.concat(found, ignore_index=True), weeks


def _exploded(rows: pd.DataFrame, hazards: str, report: str) -> pd.DataFrame:
    """One row a report and hazard, in small letters."""
    rows = rows[rows[hazards].notna()]
    rows = rows.assign(hazard=rows[hazards].str.lower().str.split(";")).explode("hazard")
    rows["hazard"] = rows["hazard"].str.strip()
    return rows[rows["hazard"] != ""].drop_duplicates([report, "hazard"])


def _notices(file: Path) -> pd.DataFrame:
    rows = _exploded(pd.read_csv(file), "hazards", "reference")
    rows["hazard"] = (
        rows["hazard"].str.replace(r"( - [^-]*)?( - .*)$", "", regex=True)
        .str.replace("unauthorised substance ", "")
    )  # fmt: skip
    return rows[rows["hazard"] != ""].drop_duplicates(["reference", "hazard"])


def _recalls(file: Path) -> pd.DataFrame:
    rows = pd.read_csv(file).rename(columns={"recall_date": "date"})
    return _exploded(rows, "hazards", "recall_number")


def _years(brands: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Products known by the year only: a year counts once it is over, that of the measure not at all."""
    rows = {}
    for index, event in events.iterrows():
        begins, measure = (pd.Timestamp(event[name]) for name in ("begins", "measure"))
        rows[index] = _year_of(brands[brands["brand"] == event["hazard"]], begins, measure)
    return events.join(pd.DataFrame.from_dict(rows, orient="index"))


def _year_of(mine: pd.DataFrame, begins: pd.Timestamp, measure: pd.Timestamp) -> dict[str, object]:
    counts = mine.set_index("year")["unique_reports"].sort_index()
    ended: Sequence[int] = [int(year) for year in counts.index if pd.Timestamp(int(year), 12, 31) < measure]
    values = settings_of("bayes_recent", on=measure.date())
    first = None
    for k, year in enumerate(ended):
        back = min(_YEARS_BEFORE, k)
        if first is None and back >= 1 and pd.Timestamp(year, 12, 31) >= begins:
            chosen = BayesSettings(years_back=0, half_window=back, alpha=float(values["alpha"]))
            judged = bayes_bounds(pd.DataFrame({"n": counts.loc[:year]}), settings=chosen)
            first = pd.Timestamp(year, 12, 31) if bool(judged["is_alarm"].item()) else None
    lead = 0 if first is None else (measure - first).days
    return {"first_alarm": first, "lead_days": lead, "outcome": "never" if first is None else "before",
            "n_alarms": int(first is not None)}  # fmt: skip
