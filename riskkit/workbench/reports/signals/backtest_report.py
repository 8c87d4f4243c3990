"""What detectors are worth on history: outbreaks found, how soon, at what price, and what nobody saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.signals.simulated import JUDGED, simulated_series
from riskkit.monitoring.surveillance.backtest import (
    detection_curve,
    operating_curve,
    outbreak_waits,
    walk_forward,
)
from riskkit.monitoring.surveillance.detectors import METHODS, published_detectors, strength
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, number, percent, rate
from riskkit.workbench.document.block_kinds import Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, keyed_table, section
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.signals.backtest_records import (
    JUDGED_FROM,
    LEAST_NOTICES,
    MONDAYS,
    WITHIN,
    record_arrivals,
    record_events,
)
from riskkit.workbench.runs.result import ResultRecord, found_record

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
        faults.append(Fault("records", shown(records), RuleText("a folder that holds {}", _SERIES)))
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


say = Texts("signals")
_DRAWN = ("noufaily_2013", "farrington_1996", "bayes_recent", "ears_c1", "ears_c3", "cusum_rossi")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_YEAR = 52


def backtest_summary(study: BacktestStudy) -> Section:
    """Each method: outbreaks found with their interval, how soon, and false alarms."""
    lead = say("backtest_lead", series=number(study.n_series), outbreaks=number(study.n_outbreaks),
               empty=number(study.n_empty))  # fmt: skip
    origin = Paragraph(say("backtest_made" if study.is_made_here else "backtest_records"))
    rows = [
        (say(f"method_{name}"), rate(row["p_detected"]),
         _interval(row),
         number(float(row["periods_to_alarm"])), amount(float(row["rate_false_per_series_year"])),
         amount(float(row["n_false_per_detected"])))
        for name, row in study.summary.iterrows()
    ]  # fmt: skip
    heads = ("col_method", "#col_found", "#col_interval", "#col_wait", "#col_false_year", "#col_false_true")
    table = keyed_table(say, "backtest_table", heads=heads, rows=rows)
    return section(say, "backtest_title", Paragraph(lead, "lead"), origin, table)


def _interval(row: Any, name: str = "p_detected") -> str:
    ends = (percent(float(row[f"{name}_{end}"])) for end in ("lo", "hi"))
    return say("from_to", **dict(zip(("low", "high"), ends, strict=True)))


def backtest_curves(study: BacktestStudy) -> Picture:
    """The share of outbreaks found by so many weeks after their start, by method."""
    curves = {name: study.curves[study.curves["method"] == name] for name in _DRAWN}
    lines = {name: (table["periods"], table["p_detected"]) for name, table in curves.items()}
    rows = [
        (say(f"method_{row['method']}"), number(float(row["periods"])), rate(row["p_detected"]),
         _interval(row))
        for row in records(study.curves)
    ]  # fmt: skip
    heads = ("col_method", "#col_weeks", "#col_found", "#col_interval")
    table = keyed_table(say, "curves_title", heads=heads, rows=rows)
    first, last = (study.curves.query("method == 'noufaily_2013'")["p_detected"].iloc[k] for k in (0, -1))
    alt = say("curves_alt", first=percent(first), last=percent(last))
    return _picture("curves", lines, (alt, table))


def backtest_operating(study: BacktestStudy) -> Picture:
    """What each method finds at each price in false alarms, were its bound another."""
    every = study.operating.assign(price=study.operating["rate_false"] * _YEAR)
    tables = {name: every[every["method"] == name].sort_values("price") for name in _DRAWN}
    lines = {name: (table["price"], table["p_detected"]) for name, table in tables.items()}
    rows = [
        (say(f"method_{row['method']}"), amount(float(row["cut"])), amount(float(row["price"])),
         rate(row["p_detected"]))
        for row in records(every[every["method"].isin(_DRAWN)])
    ]  # fmt: skip
    heads = ("col_method", "#col_cut", "#col_false_year", "#col_found")
    table = keyed_table(say, "operating_title", heads=heads, rows=rows)
    one = {name: float(np.interp(1.0, x, y)) for name, (x, y) in lines.items()}
    best = max(one, key=lambda name: one[name])
    alt = say("operating_alt", method=say(f"method_{best}"), share=percent(one[best]))
    return _picture("operating", lines, (alt, table))


def _picture(key: str, lines: dict[str, Any], said: tuple[str, Any]) -> Picture:
    """Lines of several methods, each with its own dash."""
    title, traces = say(f"{key}_title"), []
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": True}
    for dash, (method, (x, y)) in zip(_DASHES, lines.items(), strict=True):
        colour = style.INK if dash == "solid" else style.DARK
        line = {"color": colour, "width": 2, "dash": dash}
        traces.append(quiet | {"x": list(x), "y": list(y), "line": line, "name": say(f"method_{method}")})
    remark, room = style.below(say(f"{key}_marks"), at=62)
    layout = style.layout(title, height=400 + room, margin={"t": 96, "b": room, "l": 56})
    layout |= {"showlegend": True, "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}}
    layout["xaxis"] = style.quiet_axis() | {"title": {"text": say(f"{key}_across")}}
    across = {"title": {"text": say("col_found")}, "range": [0, 1], "tickformat": ".0%"}
    layout["yaxis"] = style.quiet_axis() | across
    layout["annotations"] = [remark]
    return Picture(f"backtest-{key}", title, said[0], said[1], {"data": traces, "layout": layout})


def backtest_unseen(study: BacktestStudy) -> Section:
    """Where nothing would have been seen: outbreaks by size that the scan, or every method, missed."""
    rows = [
        (_size(row), number(float(row["n"])), number(float(row["n"] - row["n_by_scan"])),
         number(float(row["n_unseen"])))
        for row in records(study.unseen)
    ]  # fmt: skip
    heads = ("col_size", "#col_outbreaks", "#col_missed", "#col_unseen")
    table = keyed_table(say, "unseen_table", heads=heads, rows=rows)
    n = int(study.unseen["n_unseen"].sum())
    missed = int((study.unseen["n"] - study.unseen["n_by_scan"]).sum())
    lead = say("unseen_lead", n=n, missed=missed, all=number(study.n_outbreaks))
    return section(say, "unseen_title", Paragraph(lead), table)


def _size(row: dict[str, Any]) -> str:
    if np.isinf(row["to_size"]):
        return say("size_from", low=number(row["from_size"]))
    low, high = number(row["from_size"]), number(float(row["to_size"]))
    return low if low == high else say("from_to", low=low, high=high)


def backtest_events(study: BacktestStudy) -> Section | None:
    """Dated measures: the first signal, the lead, and the alarms it cost; nothing without records."""
    if study.events.empty:
        return None
    rows = [
        (str(row[language()]), say(f"series_{row['series']}"), day_cell(row["measure"]),
         day_cell(row["first_alarm"]), number(float(row["lead_days"])),
         say(f"outcome_{row['outcome']}"))
        for row in records(study.events)
    ]  # fmt: skip
    heads = ("col_event", "col_series", "col_measure", "col_first", "#col_lead", "col_outcome")
    table = keyed_table(say, "events_table", heads=heads, rows=rows)
    leads = [Paragraph(_walked(study, series)) for series in study.weeks]
    notes = [say(f"events_note_{key}") for key in ("own", "year", "none")]
    return section(say, "events_title", *leads, table, Items(tuple(notes)))


def _walked(study: BacktestStudy, series: str) -> str:
    """How many alarms a walk over one series of records cost, and how many of its measures came after one."""
    weeks, mine = study.weeks[series], study.events[study.events["series"] == series]
    n_before, n_alarms = int((mine["outcome"] == "before").sum()), int(weeks.sum())
    return say("events_lead", series=say(f"series_{series}"), first=day_cell(weeks.index[0]),
               last=day_cell(weeks.index[-1]), weeks=number(len(weeks)), budget=number(study.budget),
               alarms=number(n_alarms), mean=amount(float(weeks.mean())), before=n_before,
               events=len(mine), price=number(n_alarms - n_before) if n_before else "—")  # fmt: skip


def backtest_arrivals(study: BacktestStudy) -> Section | None:
    """Forecasts of pairs never reported here: order, top of the list, size; only on records."""
    if study.arrivals.empty:
        return None
    model = study.arrivals.iloc[0]
    lead = say("arrivals_lead", regions=study.n_regions, notices=LEAST_NOTICES, within=WITHIN,
               first=day_cell(JUDGED_FROM), last=day_cell(pd.Timestamp(MONDAYS[1])),
               pairs=number(model["n_pairs_top"]), arrived=number(model["n_pairs_arrived"]))  # fmt: skip
    rows = [
        (say(f"set_{row['set']}"), say(f"order_{row['order']}"), number(row["n"]), rate(row["rate"]),
         amount(row["auc"]), percent(row["precision_top"]), _interval(row, "precision"),
         rate(row["precision_weekly"]), rate(row["mean_forecast"]) if row["order"] == "p_arrival" else "—")
        for row in records(study.arrivals)
    ]  # fmt: skip
    heads = ("col_set", "col_order", "#col_pair_weeks", "#col_arrived", "#col_auc", "#col_top",
             "#col_interval", "#col_weekly", "#col_mean_forecast")  # fmt: skip
    table = keyed_table(say, "arrivals_table", heads=heads, rows=rows)
    sizes = [
        (say("from_to", low=rate(row["lo"]), high=rate(row["hi"])), number(row["n"]),
         rate(row["mean_forecast"]), rate(row["rate"]))
        for row in records(study.bands)
    ]  # fmt: skip
    columns = ("col_band", "#col_pair_weeks", "#col_mean_forecast", "#col_arrived")
    bands = keyed_table(say, "bands_table", heads=columns, rows=sizes)
    notes = Items(tuple(say(f"arrivals_note_{key}") for key in ("learned", "top", "rate")))
    return section(say, "arrivals_title", Paragraph(lead), table, bands, notes)


def backtest_limits() -> Section:
    """How to read this, and how far it goes."""
    keys = ("backtest_limit_design", "backtest_limit_settings", "backtest_limit_truth",
            "backtest_limit_lead")  # fmt: skip
    return section(say, "limits_title", Items(tuple(say(key) for key in keys)))


def publish_backtest(study: BacktestStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    titles = in_each_language(say, "backtest_case", n=number(study.n_series))
    inputs = {"budget": study.budget, "is_made_here": study.is_made_here}
    days = study.events.select_dtypes("datetime")
    events = study.events.assign(**{str(name): days[name].map(day_cell) for name in days})
    return found_record(
        "backtest",
        "signal-backtest",
        titles,
        inputs=inputs,
        summary=study.summary.reset_index(),
        curves=study.curves,
        unseen=study.unseen.astype(float).replace(np.inf, np.nan),
        events=events,
        arrivals=study.arrivals,
        forecast_bands=study.bands,
    )
