"""Curves with the range they may take: a recall's completion ahead, and a series without its measure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.response.effect_study import EffectStudy
from riskkit.workbench.reports.response.examples import say
from riskkit.workbench.reports.response.recall_study import LEVEL


class OneRecall(Protocol):
    """Reports and forecasts of recalls on a day, and which recall is looked at."""

    @property
    def curve(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def whole(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def recall(self) -> str: ...  # noqa: D102
    @property
    def on(self) -> dt.date: ...  # noqa: D102


def recall_curve(study: OneRecall) -> Picture | None:
    """The completion of one recall as reported, and ahead with its interval; nothing without a rate."""
    ahead = study.curve[study.curve["recall_id"] == study.recall].dropna(subset=["rate_mid"])
    if ahead.empty:
        return None
    seen = study.whole[
        (study.whole["recall_id"] == study.recall) & (study.whole["report_date"] <= pd.Timestamp(study.on))
    ]
    seen = seen.assign(rate=seen["n_completed"] / (seen["n_affected"] - seen["n_removed"])).dropna(
        subset=["rate"]
    )
    title = say("curve_title", recall=study.recall)
    seen_days, days = _days(seen["report_date"]), _days(ahead["day"])
    traces = [
        *_band(days, ahead["rate_lo"], ahead["rate_hi"]),
        _line(days, ahead["rate_mid"], dash="dash"),
        _line(seen_days, seen["rate"], mode="lines+markers"),
    ]
    shape = _shape(title, say("curve_marks", level=rate(LEVEL)))
    shape["yaxis"] |= {"tickformat": ".0%", "range": [0, 1.02]}
    last = records(ahead)[-1]
    ends = {name: rate(float(last[f"rate_{name}"])) for name in ("now", "mid", "lo", "hi")}
    alt = say("curve_alt", recall=study.recall, n=len(seen), day=f"{last['day']:%Y-%m-%d}", **ends)
    rows = [(f"{row['report_date']:%Y-%m-%d}", say("kind_reported"), rate(row["rate"]), "—")
            for row in records(seen)]  # fmt: skip
    for row in records(ahead):
        ends = {"low": rate(row["rate_lo"]), "high": rate(row["rate_hi"])}
        share, span = rate(row["rate_mid"]), say("from_to", **ends)
        rows.append((f"{row['day']:%Y-%m-%d}", say("kind_forecast"), share, span))
    heads = ("col_day", "col_kind", "col_rate_open", "col_interval")
    table = Table(title, tuple(say(key) for key in heads), tuple(rows), numeric=(2, 3))
    return Picture("recall-curve", title, alt, table, {"data": traces, "layout": shape})


def effect_curve(study: EffectStudy) -> Picture | None:
    """The series with its fit, and what would have come without the measure; nothing without a fit."""
    series = study.series
    if series["fitted"].isna().any():
        return None
    title, days = say("series_title"), _days(series["period"])
    after = series[series["period"] >= pd.Timestamp(study.began)]
    later = _days(after["period"])
    counts = _line(days, series["n"], mode="markers")
    traces = [
        *_band(later, after["without_lo"], after["without_hi"]),
        _line(later, after["without"], dash="dash"),
        _line(days, series["fitted"]),
        counts,
    ]
    shape = _shape(title, say("series_marks"))
    shape["yaxis"] |= {"rangemode": "tozero"}
    began = study.began.isoformat()
    line = {"color": style.INK, "width": 1, "dash": "dot"}
    shape["shapes"] = [
        {"type": "line", "x0": began, "x1": began, "y0": 0, "y1": 1, "yref": "paper", "line": line}
    ]
    sums = {"seen": number(float(after["n"].sum())), "without": number(round(float(after["without"].sum())))}
    alt = say("series_alt", n=len(series), began=began, **sums)
    rows = []
    for row in records(series):
        span = say("from_to", low=f"{row['without_lo']:.1f}", high=f"{row['without_hi']:.1f}")
        is_after = row["period"] >= pd.Timestamp(study.began)
        expected = (f"{row['without']:.1f}", span) if is_after else ("—", "—")
        rows.append(
            (
                f"{row['period']:%Y-%m-%d}",
                number(row["n"]),
                number(row["exposure"]),
                f"{row['fitted']:.1f}",
                *expected,
            )
        )
    heads = ("col_period", "col_count", "col_exposure", "col_fitted", "col_without", "col_interval")
    table = Table(title, tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3, 4, 5))
    return Picture("effect-curve", title, alt, table, {"data": traces, "layout": shape})


def _days(days: pd.Series) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in days]


def _line(days: list[str], values: pd.Series, *, dash: str = "solid", mode: str = "lines") -> dict[str, Any]:
    look = {
        "line": {"color": style.DARK, "width": 2, "dash": dash},
        "marker": {"symbol": "square", "size": 6, "color": style.DARK},
    }
    return {"type": "scatter", "mode": mode, "x": days, "y": values.tolist(), "hoverinfo": "skip"} | look


def _band(days: list[str], low: pd.Series, high: pd.Series) -> list[dict[str, Any]]:
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": days,
        "hoverinfo": "skip",
        "line": {"color": style.LIGHT, "width": 1},
    }
    return [
        edge | {"y": low.tolist()},
        edge | {"y": high.tolist(), "fill": "tonexty", "fillcolor": style.tint(style.DARK, 0.15)},
    ]


def _shape(title: str, marks: str) -> dict[str, Any]:
    shape = style.layout(title, height=340, margin={"t": 36, "l": 48})
    remark, room = style.below(marks, at=34)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape["xaxis"] = style.quiet_axis() | {"type": "date", "tickformat": "%Y-%m", "nticks": 5}
    shape["yaxis"] = style.quiet_axis()
    return shape
