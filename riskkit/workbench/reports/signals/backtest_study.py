"""What detectors and the weekly list are worth on history: series with known outbreaks, and real events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.signals.simulated import JUDGED, simulated_series
from riskkit.monitoring.surveillance.backtest import (
    detection_curve,
    operating_curve,
    outbreak_waits,
    walk_forward,
)
from riskkit.monitoring.surveillance.detectors import METHODS, published_detectors, strength
from riskkit.workbench.reports.signals.backtest_records import record_arrivals, record_events

N_CUTS, N_PERIODS = 25, 12
_SIZES = (1, 2, 5, 10, 30, np.inf)
_SERIES = "surveillance_simulated"
_LAST = "2024-06-30"


@dataclass(frozen=True)
class BacktestStudy:
    """Detectors on series with known outbreaks, and the weekly list on dated events where records are there.

    `summary` has one row a method; `curves` and `operating` one a method and period or bound; `unseen` counts
    outbreaks that no method found by their size; `events` and `weeks` (alarms a week, by series of records),
    `arrivals` (forecasts of new pairs, by set and order) and `bands` (of the set of `n_regions` together, by
    size of the forecast) are empty without records.
    """

    n_series: int
    n_outbreaks: int
    n_empty: int
    is_made_here: bool
    budget: int
    summary: pd.DataFrame
    curves: pd.DataFrame
    operating: pd.DataFrame
    unseen: pd.DataFrame
    events: pd.DataFrame
    weeks: dict[str, pd.Series]
    arrivals: pd.DataFrame
    bands: pd.DataFrame
    n_regions: int


def study_backtest(
    *, rng: np.random.Generator, replicates: int = 1, budget: int = 10, records: str = ""
) -> BacktestStudy:
    """Everything the notebook of the backtest shows.

    Without `records` (a folder of public ones) the series are made here, `replicates` of each scenario; the
    settings and the budget are fixed before any series is seen.
    """
    faults = [] if replicates >= 1 else [Fault("replicates", shown(replicates), "1 or more")]
    faults += [] if budget >= 1 else [Fault("budget", shown(budget), "1 or more")]
    folder = Path(records) if records else None
    if folder is not None and not (folder / _SERIES / "counts_wide.csv.gz").is_file():
        faults.append(Fault("records", shown(records), f"a folder that holds {_SERIES}"))
    refuse("backtest", faults)
    counts, outbreaks, n_empty = _made(rng, replicates) if folder is None else _recorded(folder)
    day = pd.Timestamp(_LAST).date()
    alarms = {name: detect(counts, JUDGED) for name, detect in published_detectors(METHODS, on=day).items()}
    judged = {name: _said(found) for name, found in alarms.items()}
    waits = {name: outbreak_waits(found, outbreaks, at=JUDGED)["wait"] for name, found in alarms.items()}
    events, weeks = (pd.DataFrame(), {}) if folder is None else record_events(folder, budget)
    arrivals, bands, n_regions = (
        (pd.DataFrame(), pd.DataFrame(), 0) if folder is None else record_arrivals(folder)
    )
    return BacktestStudy(
        counts.shape[1], len(outbreaks), n_empty, folder is None, budget,
        summary=walk_forward(counts, outbreaks, detectors=judged, at=JUDGED),
        curves=_stacked({k: detection_curve(wait, n_periods=N_PERIODS) for k, wait in waits.items()}),
        operating=_stacked({name: _operating(found, outbreaks) for name, found in alarms.items()}),
        unseen=_unseen(outbreaks, waits),
        events=events,
        weeks=weeks,
        arrivals=arrivals,
        bands=bands,
        n_regions=n_regions,
    )  # fmt: skip


def _said(found: pd.DataFrame) -> Callable[..., pd.DataFrame]:
    """A detector that has judged already."""
    return lambda counts, at: found


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.reset_index().assign(method=name) for name, table in tables.items()])


def _made(rng: np.random.Generator, replicates: int) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    found = simulated_series(rng, n_replicates=replicates)
    outbreaks = found.outbreaks[found.outbreaks["is_judged"]].reset_index(drop=True)
    return found.counts, outbreaks, found.n_empty


def _recorded(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The 168 labelled series; only outbreaks of the judged weeks that have a case can be found."""
    wide = pd.read_csv(folder / _SERIES / "counts_wide.csv.gz")
    names = wide["scenario"] * 10 + wide["rep"]
    counts = wide.iloc[:, 2:].T.set_axis(range(1, JUDGED[-1] + 1)).set_axis(names, axis=1)
    rows = pd.read_csv(folder / _SERIES / "outbreaks.csv")
    rows = rows[rows["kind"] == "current"].assign(series=rows["scenario"] * 10 + rows["rep"])
    outbreaks = rows.rename(columns={"start_week": "start", "end_week": "end"})
    return counts, outbreaks[outbreaks["size"] > 0].reset_index(drop=True), int((rows["size"] == 0).sum())


def _operating(found: pd.DataFrame, outbreaks: pd.DataFrame) -> pd.DataFrame:
    """From an alarm nearly never to one in ten weeks: bounds by the strengths that were met."""
    table = found.assign(strength=strength(found))
    known = table["strength"][np.isfinite(table["strength"])]
    cuts = np.unique(np.quantile(known, 1 - np.geomspace(1e-3, 0.2, N_CUTS)))
    return operating_curve(table, outbreaks, at=JUDGED, cuts=cuts)


def _unseen(outbreaks: pd.DataFrame, waits: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Outbreaks by size: how many, how many the weekly scan found, how many no method found."""
    none = pd.DataFrame(waits).isna().all(axis=1)
    bins = pd.cut(outbreaks["size"], [0, *_SIZES])
    rows = pd.DataFrame({"n": 1, "n_by_scan": waits[METHODS[0]].notna(), "n_unseen": none})
    found = rows.groupby(bins, observed=True).sum()
    edges = [(int(edge.left) + 1, edge.right) for edge in found.index]
    return found.assign(from_size=[a for a, _ in edges], to_size=[b for _, b in edges]).reset_index(drop=True)
