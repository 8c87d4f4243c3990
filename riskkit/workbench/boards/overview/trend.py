"""Levels over time: how many cases were assessed at which level in each week, month or year."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import listed, number
from riskkit.workbench.boards.overview.records import GROUPS, Record, group
from riskkit.workbench.boards.overview.words import group_badge
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style

EVERY = ("week", "month", "year")
MOST = {"week": 13, "month": 12, "year": 20}
"""Periods that are drawn, the latest ones: as many as can be read at 400 px."""
_BAR = 0.62
"""Height of the tallest bar, as a share of its row; its number stands above it."""


def usual_every(records: Sequence[Record]) -> str:
    """Weeks, months or years: the finest in which every case is drawn, years where none is."""
    fits = [every for every in EVERY if len(_periods(_days(records), every)) <= MOST[every]]
    return fits[0] if fits else EVERY[-1]


def level_trend(records: Sequence[Record], *, every: str) -> Picture:
    """The picture: a row a level with its symbol, a bar a period with its number."""
    days = _days(records)
    periods = _periods(days, every)
    shown = periods[-MOST[every] :]
    found = Counter((group(one), _start(day, every)) for one, day in zip(records, days, strict=True))
    words = [_word(start, every) for start in shown]
    most = max([1, *found.values()])
    rows, traces, body = style.Rows(body=2.4), [], 2.4
    for code in GROUPS:
        badge = group_badge(code)
        foot = rows.add(f"{badge.symbol} {badge.label}") - body / 2
        counts = [found[code, start] for start in shown]
        traces.append(
            {
                "type": "bar",
                "x": [*range(len(counts))],
                "y": [body * _BAR * n / most for n in counts],
                "base": [foot] * len(counts),
                "text": [str(n) if n else "" for n in counts],
                "textposition": "outside",
                "cliponaxis": False,
                "hoverinfo": "skip",
                "marker": {"color": badge.colour, "line": {"color": style.INK, "width": 0.5}},
            }
        )
    title = say("levels_time")
    shape = style.layout(title, height=rows.height() + 52, margin={"t": 8, "b": 44})
    shape |= {"barmode": "overlay", "bargap": 0.25, "annotations": rows.labels, "yaxis": rows.axis()}
    # places and their words, not categories: plotly.js forgets the type of an axis when the data change
    ticks = {"tickvals": [*range(len(words))], "ticktext": words, "range": [-0.6, len(words) - 0.4]}
    shape["xaxis"] = style.quiet_axis() | ticks | {"automargin": True}
    table = _table(found, shown, words, every=every, title=title)
    alt = _alt(
        found, shown, words, n_before=sum(_start(day, every) < shown[0] for day in days) if shown else 0
    )
    return Picture("levels-over-time", title, alt, table, {"data": traces, "layout": shape})


def _days(records: Sequence[Record]) -> list[dt.date]:
    return [dt.date.fromisoformat(record["case"]["assessed_on"]) for record in records]


def _start(day: dt.date, every: str) -> dt.date:
    if every == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day.replace(month=1, day=1)


def _periods(days: Sequence[dt.date], every: str) -> list[dt.date]:
    """The first days of every period from the first case to the last, those without a case too."""
    if not days:
        return []
    step = {"week": 7, "month": 31, "year": 366}[every]
    found, last = [_start(min(days), every)], _start(max(days), every)
    while found[-1] < last:
        found.append(_start(found[-1] + dt.timedelta(days=step), every))
    return found


def _word(start: dt.date, every: str) -> str:
    return {"week": f"{start:%Y-%m-%d}", "month": f"{start:%Y-%m}", "year": f"{start:%Y}"}[every]


def _table(
    found: Counter[tuple[str, dt.date]],
    shown: Sequence[dt.date],
    words: Sequence[str],
    *,
    every: str,
    title: str,
) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (word, *(number(float(found[code, start])) for code in GROUPS))
        for start, word in zip(shown, words, strict=True)
    ]
    heads = (say(f"every_{every}"), *(group_badge(code).label for code in GROUPS))
    return Table(title, heads, tuple(rows), numeric=tuple(range(1, len(heads))))


def _alt(
    found: Counter[tuple[str, dt.date]], shown: Sequence[dt.date], words: Sequence[str], *, n_before: int
) -> str:
    if not shown:
        return say("none_fits")
    last = [(code, found[code, shown[-1]]) for code in GROUPS]
    parts = listed(say("label_value", label=group_badge(code).label, value=n) for code, n in last if n)
    n = sum(n for (_, start), n in found.items() if start >= shown[0])
    alt = say("levels_time_alt", n=n, first=words[0], last=words[-1], parts=parts)
    return alt + (say("levels_time_before", n=n_before) if n_before else "")
