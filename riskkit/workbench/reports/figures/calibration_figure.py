"""How true values fell into experts' intervals, and what the experts and the pools say of the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style

_SHADES = ("#7b3f00", "#c9a06a", "#8fb0cf", "#1f4e79", "#102a43", "#000000")


def calibration_picture(counts: pd.DataFrame, probs: list[float]) -> Picture:
    """For each expert the share of true values in each of the intervals, under the shares expected."""
    masses = np.diff(np.asarray(probs), prepend=0.0, append=1.0)
    lines: list[tuple[str, Any, list[int]]] = [(say("calibration_expected"), masses, [])]
    for one in records(counts):
        seen = np.asarray(one["counts"], dtype=float)
        lines.append((str(one["who"]), seen / max(seen.sum(), 1.0), list(one["counts"])))
    rows, traces = style.Rows(body=1.3), []
    words: list[dict[str, Any]] = []
    for name, shares, seen_counts in lines:
        y = rows.add(name, bold=not seen_counts)
        drawn, marked = _bar(shares, seen_counts, y)
        traces += drawn
        words += marked
    title = say("calibration_title")
    ticks = [0, 0.25, 0.5, 0.75, 1]
    across = {"range": [0, 1], "tickvals": ticks, "ticktext": [f"{100 * t:g} %" for t in ticks]}
    look: dict[str, Any] = {"sides": (14, 20, 12), "notes": words, "barmode": "stack"}
    look |= {"marks": say("calibration_marks"), "at": 46}
    drawing = rows.figure(title, traces, x=style.quiet_axis() | across, **look)
    colon, gap = ("：", "。") if language() == "zh" else (": ", ". ")
    alt = "".join(f"{name}{colon}{_shares(shares)}{gap}" for name, shares, _ in lines).strip()
    return Picture("calibration", title, alt, _table(lines, title), drawing)


def _bar(shares: Any, counts: list[int], y: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found, words, at = [], [], 0.0
    for k, share in enumerate(shares.tolist()):
        colour = _SHADES[k % len(_SHADES)]
        look = {"color": colour, "line": {"width": 1.5, "color": "#ffffff"}}
        found.append(
            {"type": "bar", "orientation": "h", "x": [share], "y": [y], "width": [1.05], "base": [at],
             "marker": look, "hoverinfo": "skip", "showlegend": False}
        )  # fmt: skip
        if share > 0.03:
            said = str(counts[k]) if counts else f"{100 * share:g} %"
            ink = "#ffffff" if k in (0, 3, 4, 5) else style.INK
            words.append(
                style.annotation(
                    said, x=at + share / 2, y=y, xref="x", yref="y", font={"size": 11, "color": ink}
                )
            )
        at += share
    return found, words


def _shares(shares: Any) -> str:
    return " · ".join(f"{100 * share:.3g}" for share in shares.tolist()) + " %"


def _table(lines: list[tuple[str, Any, list[int]]], title: str) -> Table:
    heads = (say("col_expert"), say("col_shares"), say("col_bins"))
    rows = tuple((name, _shares(shares), "·".join(map(str, counts)) or "—") for name, shares, counts in lines)
    return Table(title, heads, rows)


def answers_picture(judged: pd.DataFrame) -> Picture | None:
    """Each expert's interval for each target question, with the pools, every question on its own scale."""
    if judged.empty:
        return None
    rows, traces, words = style.Rows(), [], []
    for question, of in judged.groupby("question", sort=False):
        middle = rows.add(str(question), bold=True, body=1.25 * len(of) + 0.6)
        top = middle + 1.25 * (len(of) - 1) / 2
        span = _span(of)
        for k, one in enumerate(records(of)):
            y = top - 1.25 * k
            traces += _interval(one, y, span)
            words += _said(one, y)
    title = say("answers_title")
    across = {"range": [-0.22, 1.34], "visible": False, "fixedrange": True}
    look: dict[str, Any] = {"sides": (14, 14, 12), "notes": words}
    drawing = rows.figure(title, traces, x=across, marks=say("answers_marks"), at=20, **look)
    pools = records(judged[judged["is_pool"]])
    to, gap, end = ("至", "：", "。") if language() == "zh" else (" to ", ": ", ". ")
    alt = "".join(
        f"{one['question']}{gap}{one['who']} {figure(one['mid'])} "
        f"({figure(one['low'])}{to}{figure(one['high'])}){end}"
        for one in pools
    ).strip()
    heads = tuple(say(key) for key in ("col_question", "col_expert", "col_low", "col_mid", "col_high"))
    cells = tuple(
        (str(one["question"]), str(one["who"]), *(figure(one[name]) for name in ("low", "mid", "high")))
        for one in records(judged)
    )
    table = Table(title, heads, cells, numeric=(2, 3, 4))
    return Picture("expert-answers", title, alt, table, drawing)


def _on_scale(value: float, is_log: bool) -> float:
    return math.log10(value) if is_log else value


def _span(of: pd.DataFrame) -> tuple[float, float]:
    is_log = bool(of["is_log"].iloc[0])
    low, high = _on_scale(float(of["low"].min()), is_log), _on_scale(float(of["high"].max()), is_log)
    return low, max(high - low, 1e-12)


def _interval(one: dict[str, Any], y: float, span: tuple[float, float]) -> list[dict[str, Any]]:
    is_log, is_pool = bool(one["is_log"]), bool(one["is_pool"])
    low, mid, high = ((_on_scale(float(one[n]), is_log) - span[0]) / span[1] for n in ("low", "mid", "high"))
    look = {"color": style.DARK if is_pool else style.QUIET, "width": 4 if is_pool else 2}
    mark = {"symbol": "diamond" if is_pool else "circle", "size": 11 if is_pool else 8, "color": style.DARK}
    quiet: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}
    return [
        quiet | {"mode": "lines", "x": [low, high], "y": [y, y], "line": look},
        quiet | {"mode": "markers", "x": [mid], "y": [y], "marker": mark},
    ]


def _said(one: dict[str, Any], y: float) -> list[dict[str, Any]]:
    bold = bool(one["is_pool"])
    ends = f"{figure(one['low'])}–{figure(one['high'])}"

    def words(text: str, x: float, anchor: str) -> dict[str, Any]:
        shown = f"<b>{style.clean(text)}</b>" if bold else style.clean(text)
        place = {"x": x, "xref": "x", "xanchor": anchor, "y": y, "yref": "y", "yanchor": "middle"}
        return style.annotation(shown, **place, font={"size": 11, "color": style.INK})

    return [words(style.wrapped(str(one["who"]), 14)[0], -0.03, "right"), words(ends, 1.03, "left")]
