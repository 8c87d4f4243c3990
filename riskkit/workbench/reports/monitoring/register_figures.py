"""A register in pictures: records by source and year, what is looked at, and the rate over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.standards.glossary import codes, label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.figures.place_map import PlaceMap, place_map
from riskkit.workbench.reports.monitoring.register_sections import source_word
from riskkit.workbench.reports.monitoring.register_study import RegisterStudy, year_table


def register_years_figure(study: RegisterStudy) -> Picture:
    """Records of each class of source, a bar for each, with its years beside it."""
    found = year_table(study)
    sums = found.sum(axis=1).sort_values(ascending=False, kind="stable")
    rows, places = style.Rows(body=1.2), []
    for code, n in sums.items():
        years = [year for year in found.columns if year and found.at[code, year]]
        when = (
            "" if not years else f" · {years[0]}" if years[0] == years[-1] else f" · {years[0]}–{years[-1]}"
        )
        places.append(rows.add(f"{source_word(code)} · {number(float(n))}{when}"))
    shape = style.layout(say("reg_years"), height=rows.height() + 62, margin={"t": 10, "b": 44})
    shape["xaxis"] = style.quiet_axis() | {"title": {"text": say("reg_x")}, "rangemode": "tozero"}
    shape["yaxis"], shape["annotations"] = rows.axis(), list(rows.labels)
    figure = {"data": [style.bars(sums.tolist(), places, {"color": style.DARK})], "layout": shape}
    told = {"n": number(float(sums.sum())), "classes": len(sums), "most": number(float(sums.iloc[0]))}
    silent = len(codes("source_class")) - len(sums)
    alt = say("reg_years_alt", top=source_word(sums.index[0]), silent=silent, **told)
    cells = tuple((source_word(code), number(float(n))) for code, n in sums.items())
    heads = (say("col_class"), say("col_records"))
    table = Table(say("reg_years"), heads, cells, numeric=(1,))
    return Picture("register-years", say("reg_years"), alt, table, figure)


def coverage_grid(study: RegisterStudy) -> Picture:
    """Classes of source × classes of hazard: how many records, over how many channels; gaps marked."""
    cells = study.coverage
    n = _grid(cells, "sum")
    channels = _grid(cells[cells["channel"] != ""], "reach")
    hazards, sources = list(n.columns), list(n.index)
    rows, places = style.Rows(body=1.5), []
    for code in sources:
        places.append(rows.add(source_word(code)))
    shape = style.layout(say("cover_title"), height=rows.height() + 90, margin={"t": 40, "b": 50})
    remark, room = style.below(say("cover_marks", channels=len(codes("channel"))), at=8)
    shape["height"], shape["margin"]["b"] = rows.height() + 50 + room, room
    heads = [style.annotation(_short(one), x=i, y=1, yref="paper", xref="x", yanchor="bottom",
                              align="center") for i, one in enumerate(hazards)]  # fmt: skip
    shape["annotations"] = [*rows.labels, remark, *heads]
    shape["xaxis"] = {"range": [-0.5, len(hazards) - 0.5], "visible": False, "fixedrange": True}
    shape["yaxis"] = rows.axis()
    shape["shapes"] = _tiles(n, places)
    shape["annotations"] += _cell_words(n, channels, places)
    empty = int((n.to_numpy() == 0).sum())
    alt = say("cover_alt", cells=n.size, empty=empty, sources=int((n.sum(axis=1) == 0).sum()))
    return Picture("register-coverage", say("cover_title"), alt, _grid_table(n, channels),
                   {"data": [], "layout": shape})  # fmt: skip


def _short(code: str) -> str:
    words = label("hazard_class", code)
    words = words.removesuffix(" hazard").removesuffix("危害")
    return style.clean(words)


def _grid(cells: pd.DataFrame, what: str) -> pd.DataFrame:
    value = cells["n_records"] if what == "sum" else (cells["n_records"] > 0).astype("int64")
    found = value.groupby([cells["source_class"], cells["hazard_class"]]).sum().unstack(fill_value=0)
    return found.reindex(index=list(codes("source_class")), columns=list(codes("hazard_class")), fill_value=0)


def _tiles(n: pd.DataFrame, places: list[float]) -> list[dict[str, Any]]:
    most = np.log1p(max(int(n.to_numpy().max()), 1))
    made = []
    for row, y in zip(n.to_numpy(), places, strict=True):
        for i, found in enumerate(row):
            weight = 0.12 + 0.38 * float(np.log1p(found)) / most
            fill = style.tint(style.DARK, weight) if found else "#ffffff"
            line = {"color": style.QUIET, "width": 1, "dash": "solid" if found else "dot"}
            made.append({"type": "rect", "x0": i - 0.46, "x1": i + 0.46, "y0": y - 0.68, "y1": y + 0.68,
                         "fillcolor": fill, "line": line, "layer": "below"})  # fmt: skip
    return made


def _cell_words(n: pd.DataFrame, channels: pd.DataFrame, places: list[float]) -> list[dict[str, Any]]:
    words = []
    for counts, reach, y in zip(n.to_numpy(), channels.to_numpy(), places, strict=True):
        for i, (found, of) in enumerate(zip(counts, reach, strict=True)):
            text = f"{number(float(found))}·{of}" if found else "∅"
            look = {"size": 11, "color": style.INK if found else style.QUIET}
            words.append(style.annotation(text, x=i, y=y, xref="x", yref="y", font=look, align="center"))
    return words


def _grid_table(n: pd.DataFrame, channels: pd.DataFrame) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for code, counts, reach in zip(n.index, n.to_numpy(), channels.to_numpy(), strict=True):
        found = [
            say("cover_cell", n=number(float(one)), k=int(of)) if one else say("gap_cell")
            for one, of in zip(counts, reach, strict=True)
        ]
        rows.append((source_word(code), *found))
    heads = (say("col_class"), *(label("hazard_class", one) for one in n.columns))
    return Table(say("cover_title"), heads, tuple(rows), numeric=tuple(range(1, len(heads))))


def rate_over_time(study: RegisterStudy) -> Picture | None:
    """The rate of nonconformity of all inspections in each period, with its interval."""
    known = study.periods.dropna(subset=["rate"])
    if known.empty:
        return None
    lines = records(known)
    words = [period_word(row["period"], study.every) for row in lines]
    shape = style.layout(say("time_title"), height=300, margin={"t": 14, "b": 74, "l": 52})
    shape["xaxis"] = style.quiet_axis() | {"type": "date", "tickformat": "%Y"}
    top = float(known["rate_hi"].max()) * 1.06
    shape["yaxis"] = style.quiet_axis() | {"tickformat": ".0%", "range": [0, min(top, 1.02)]}
    remark, room = style.below(say("time_marks", every=say(f"every_{study.every}")), at=34)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    more, less = known["rate_hi"] - known["rate"], known["rate"] - known["rate_lo"]
    look = {"color": style.DARK, "width": 3}
    error = {"type": "data", "symmetric": False, "array": more.tolist(), "arrayminus": less.tolist()} | look
    days = [f"{row['period']:%Y-%m-%d}" for row in lines]
    mark = {"symbol": "square", "size": 8, "color": style.DARK}
    trace = {"type": "scatter", "mode": "markers", "x": days, "y": known["rate"].tolist(), "error_y": error,
             "marker": mark, "hoverinfo": "skip"}  # fmt: skip
    alt = _time_alt(known, words)
    return Picture("rate-over-time", say("time_title"), alt, _time_table(lines, words),
                   {"data": [trace], "layout": shape})  # fmt: skip


def _time_alt(known: pd.DataFrame, words: list[str]) -> str:
    ends = [int(np.argmin(known["rate"])), int(np.argmax(known["rate"]))]
    facts = {"n": len(known), "low_when": words[ends[0]], "high_when": words[ends[1]]}
    shares = {
        name: rate(float(known["rate"].iloc[at])) for name, at in zip(("low", "high"), ends, strict=True)
    }
    return say("time_alt", **facts, **shares)


def _time_table(lines: list[dict[str, Any]], words: list[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for row, when in zip(lines, words, strict=True):
        ends = say("from_to", low=rate(row["rate_lo"]), high=rate(row["rate_hi"]))
        counts = [number(float(row[name])) for name in ("n_tested", "n_nonconforming")]
        rows.append((when, *counts, rate(float(row["rate"])), ends))
    heads = ("col_period", "col_tested", "col_bad", "col_rate", "col_interval")
    return Table(say("time_title"), tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3, 4))


def period_word(start: pd.Timestamp, every: str) -> str:
    """A period by its first day."""
    if every == "quarter":
        return f"{start:%Y} Q{start.quarter}"
    return f"{start:%Y-%m}" if every == "month" else f"{start:%Y}"


def register_map(study: RegisterStudy) -> Picture | None:
    """Records by province and port; nothing where no record names a province."""
    return None if study.places.empty else places_map(study.places, n_all=len(study.records))


def places_map(places: pd.DataFrame, *, n_all: int) -> Picture:
    """The map of records, of a report or a board."""
    provinces = places.groupby("code")["n"].sum().astype(float)
    ports = places.dropna(subset=["port"])
    note = say("map_note", n=number(int(places["n"].sum())), total=number(n_all))
    shown = PlaceMap("register-map", say("map_title"), say("map_unit"), provinces, ports=ports, note=note)
    return place_map(shown)
