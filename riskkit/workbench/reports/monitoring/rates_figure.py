"""The rates of groups with their intervals: one row a group, the highest rate on top."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.monitoring.rate_study import RateStudy

MOST = 25


def rates_forest(study: RateStudy) -> Picture | None:
    """The rate of each group with its interval, and what the other groups make of it."""
    known = study.groups.dropna(subset=["rate"])
    if known.empty:
        return None
    title, drawn = say("rates_title"), records(known.head(MOST))
    rows, traces = style.Rows(body=1.3), []
    for row in drawn:
        words = f"{_name(study, row)} · {_counts(row)} · {rate(row['rate'])}"
        traces += _marks(row, rows.add(words))
    whole = float(study.whole["rate"])
    high = max(float(known["rate_hi"].head(MOST).max()), whole) * 1.04
    across = {
        "range": [0, min(high, 1.0) + 0.001],
        "tickformat": ".0%",
        "title": {"text": say("rates_x")},
    }
    marks, lines = _remark(len(drawn), len(known)), [style.upright(whole)]
    figure = rows.figure(title, traces, x=style.quiet_axis() | across, marks=marks, at=44, shapes=lines)
    return Picture("rates-forest", title, _alt(study, drawn[0]), _table(study), figure)


def _name(study: RateStudy, row: dict[str, Any]) -> str:
    return study.name([row[key] for key in study.by])


def _counts(row: dict[str, Any]) -> str:
    return say("counts", x=number(float(row["n_nonconforming"])), n=number(float(row["n_tested"])))


def _remark(shown: int, n: int) -> str:
    more = "" if shown == n else say("rates_more", shown=shown, n=n)
    return f"{say('rates_marks')}{'' if language() == 'zh' else ' '}{more}".strip()


def _marks(row: dict[str, Any], y: float) -> list[dict[str, Any]]:
    quiet = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}
    ends = {"x": [row["rate_lo"], row["rate_hi"]], "y": [y, y], "mode": "lines"}
    point = {"symbol": "square", "size": 9, "color": style.DARK}
    marks = [
        quiet | ends | {"line": {"color": style.DARK, "width": 3}},
        quiet | {"x": [row["rate"]], "y": [y], "mode": "markers", "marker": point},
    ]
    if np.isfinite(row["shrunk"]):
        open_mark = {"symbol": "diamond-open", "size": 12, "color": style.INK, "line": {"width": 2}}
        marks.append(quiet | {"x": [row["shrunk"]], "y": [y], "mode": "markers", "marker": open_mark})
    return marks


def _alt(study: RateStudy, top: dict[str, Any]) -> str:
    whole = float(study.whole["rate"])
    known = study.groups.dropna(subset=["rate"])
    return say(
        "rates_alt",
        n=len(known),
        group=_name(study, top),
        share=rate(top["rate"]),
        lo=rate(top["rate_lo"]),
        hi=rate(top["rate_hi"]),
        whole=rate(whole),
        above=int((known["rate_lo"] > whole).sum()),
    )


def _table(study: RateStudy) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for row in records(study.groups.dropna(subset=["rate"])):
        ends = say("from_to", low=rate(row["rate_lo"]), high=rate(row["rate_hi"]))
        shares = rate(row["rate"]), ends, rate(row["shrunk"])
        rows.append((_name(study, row), _counts(row), *shares))
    heads = ("col_group", "col_bad", "col_rate", "col_interval", "col_shrunk")
    return Table(say("rates_title"), tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3, 4))
