"""Differences of the share inspected at equal risk, as points with intervals, one row a firm or port."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.text_tables import keyed_table
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.supervision.modes_study import ModesStudy

say = Texts("supervision")
_MARKS = {"above": "triangle-up", "below": "triangle-down", "no_clear_difference": "square"}
_MOST = 40


def fairness_figure(study: ModesStudy) -> Picture | None:
    """How much more or less of each is inspected than of all others under the same mode."""
    parts = [one.rename_axis("name").reset_index() for one in (study.by_firm, study.by_port) if len(one)]
    seen = pd.concat(parts).dropna(subset=["difference"]).head(_MOST) if parts else pd.DataFrame()
    if seen.empty:
        return None
    title, rows = say("figure"), style.Rows()
    verdicts = [say(f"is_{decision}") for decision in seen["decision"]]
    heights = [rows.add(f"{name} · {verdict}") for name, verdict in zip(seen["name"], verdicts, strict=True)]
    points = {name: (100 * seen[name]).tolist() for name in ("difference", "difference_lo", "difference_hi")}
    ends = [high - mid for high, mid in zip(points["difference_hi"], points["difference"], strict=True)]
    starts = [mid - low for low, mid in zip(points["difference_lo"], points["difference"], strict=True)]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": points["difference"], "y": heights, "hoverinfo": "skip",
        "marker": {"symbol": [_MARKS[one] for one in seen["decision"]], "size": 10, "color": style.DARK},
        "error_x": {"type": "data", "symmetric": False, "array": ends, "arrayminus": starts,
                    "color": style.DARK, "thickness": 1.5},
    }  # fmt: skip
    look: dict[str, Any] = {
        "marks": say("figure_marks"),
        "at": 34,
        "sides": (12, 14, 24),
        "shapes": [style.upright(0)],
    }
    figure = rows.figure(title, [trace], x=style.quiet_axis() | {"ticksuffix": " "}, **look)
    counts = {name: int((seen["decision"] == name).sum()) for name in ("above", "below")}
    cells = [
        (
            row["name"],
            number(row["n_lots"]),
            *(f"{100 * row[one]:+.1f}".replace("-", "−") for one in points),
            word,
        )
        for row, word in zip(records(seen), verdicts, strict=True)
    ]
    heads = ("col_name", "#col_lots", "#col_points", "#col_low", "#col_high", "col_verdict")
    alt = say("figure_alt", n=len(seen), **counts)
    table = keyed_table(say, "figure_table", heads=heads, rows=cells)
    return Picture("supervision-figure", title, alt, table, figure)
