"""The weekly list and dated measures on real records: notices of RASFF, recalls of CPSC, years of CAERS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.monitoring.new_pairs import arrival_history, walk_forward
from riskkit.monitoring.signals.arrival_backtest import forecast_bands, order_quality
from riskkit.monitoring.signals.evidence import weekly_counts
from riskkit.monitoring.signals.history import lead_times, weekly_alarms
from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.monitoring.surveillance.settings import settings_of

NOTICES = "rasff/notifications_2020_2024h1.csv.gz"
RECALLS = "cpsc_recalls/recalls_1973_2009.csv.gz"
BRANDS = "signal_events/caers_brand_years.csv"
_DAYS = {"rasff": ("2020-07-05", "2024-06-30"), "cpsc": ("2006-01-01", "2009-12-27")}
_YEARS_BEFORE = 3  # the years that a year is judged by
MONDAYS = ("2020-07-06", "2024-05-27")  # those whose 28 days are over by the end of the records
JUDGED_FROM = pd.Timestamp("2022-07-01")  # the pooled forecast was chosen on what came before
LEAST_NOTICES = 100  # of a region before that day
WITHIN = 14  # days in which others reported a pair
ALONE = ("Germany", "Italy", "Netherlands")  # the regions of most notices


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


def record_arrivals(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """How good the forecast of new pairs was, by order and by its size; the number of regions pooled."""
    notices = pd.read_csv(folder / NOTICES)
    notices["region"] = notices["notifying_country"].str.replace(r"\s*\(.*\)$", "", regex=True)
    before = notices.loc[pd.to_datetime(notices["date"]) < JUDGED_FROM, "region"].value_counts()
    regions = sorted(before.index[before >= LEAST_NOTICES])
    reports = _by_hazard(notices.assign(product_group=notices["product_category"].str.lower()))
    days = list(pd.date_range(*MONDAYS, freq="7D").date)
    pooled = walk_forward(arrival_history(reports, here=regions, days=days, within=WITHIN))
    pooled = pooled[pooled["on"] >= JUDGED_FROM]
    found = {"pooled": order_quality(pooled)}
    for region in ALONE:
        history = walk_forward(arrival_history(reports, here=region, days=days))
        found[region.lower()] = order_quality(history)
    return pd.concat(found, names=["set"]).reset_index(), forecast_bands(pooled), len(regions)


def _exploded(rows: pd.DataFrame, hazards: str, report: str) -> pd.DataFrame:
    """One row a report and hazard, in small letters."""
    rows = rows[rows[hazards].notna()]
    rows = rows.assign(hazard=rows[hazards].str.lower().str.split(";")).explode("hazard")
    rows["hazard"] = rows["hazard"].str.strip()
    return rows[rows["hazard"] != ""].drop_duplicates([report, "hazard"])


def _notices(file: Path) -> pd.DataFrame:
    return _by_hazard(pd.read_csv(file))


def _by_hazard(notices: pd.DataFrame) -> pd.DataFrame:
    """One row a notice and hazard, its name without the class behind it."""
    rows = _exploded(notices, "hazards", "reference")
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
