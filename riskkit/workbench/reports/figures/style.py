"""How every figure of the workbench looks: one layout, labels above their rows, chances as 1/10, 1/100.

Made to be read at 400 px and on grey paper: no side legends, text over the row it names, symbols and hatching
beside colour. All text is escaped, since plotly reads markup in labels.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from riskkit.foundation.standards.scales import scale
from riskkit.workbench.document.table_widths import reach

FONT = (
    '"Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", '
    '"Segoe UI", "Helvetica Neue", Arial, sans-serif'
)
INK, QUIET, LINE, SOFT = "#16202c", "#4d5966", "#d3d9e0", "#f3f5f8"
DARK, LIGHT = "#1f3a5f", "#9db4d0"
LABEL_WIDTH = 50
"""Longest line of a label, in halves of a Chinese character: what fits into 400 px."""


def clean(words: str) -> str:
    """A text that plotly shows as it stands, whatever markup it holds."""
    return html.escape(words, quote=False)


def wrapped(words: str, limit: int = LABEL_WIDTH) -> list[str]:
    """A text in lines of at most `limit` half characters, broken at spaces or between Chinese characters."""
    lines, line, used = [], "", 0
    for piece in _pieces(words):
        if line and used + reach(piece.rstrip()) > limit and piece.strip() not in _NO_START:
            lines.append(line.rstrip())
            line = piece.lstrip()
            used = reach(line)
        else:
            line += piece
            used += reach(piece)
    return [*lines, line.rstrip()] if line.strip() else lines


_NO_START = set("，。；：、）》”’！？,.;:)!?%")


def _pieces(words: str) -> list[str]:
    pieces: list[str] = []
    goes_on = False  # whether the piece before is of letters and not ended by a space
    for sign in words:
        is_letter = reach(sign) == 1
        if goes_on and is_letter:
            pieces[-1] += sign
        else:
            pieces.append(sign)
        goes_on = is_letter and sign != " "
    return pieces


def layout(title: str, *, height: int, margin: dict[str, int] | None = None) -> dict[str, Any]:
    """The layout every figure starts from."""
    return {
        "title": {
            "text": "<br>".join(clean(line) for line in wrapped(title)),
            "font": {"size": 15},
            "x": 0.01,
        },
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "autosize": True,
        "height": height,
        "margin": {"l": 12, "r": 14, "t": 24, "b": 44} | (margin or {}),
        "showlegend": False,
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "bgcolor": "#ffffff"},
        "dragmode": False,
        "bargap": 0.35,
    }


def annotation(words: str, **place: Any) -> dict[str, Any]:
    """A text in the figure, without arrow; `words` is already clean."""
    return {"text": words, "showarrow": False, "align": "left", "font": {"size": 12, "color": INK}} | place


def below(words: str, *, at: int) -> tuple[dict[str, Any], int]:
    """A remark under the axis, and the room it needs under the plot [px]."""
    lines = [clean(line) for line in wrapped(words, 56)]
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top"}
    look = {"yshift": -at, "font": {"size": 11, "color": QUIET}}
    return annotation("<br>".join(lines), **place, **look), at + 15 * len(lines) + 7


class Rows:
    """Rows from top to bottom, each with its label set above it from the left edge."""

    line_px = 17

    def __init__(self, body: float = 1.6) -> None:
        self.body = body
        self.depth = 0.0
        self.labels: list[dict[str, Any]] = []

    def add(self, words: str, *, bold: bool = False, body: float | None = None) -> float:
        """Add a row and return the height at which its content is centred [lines below the top, negative]."""
        lines = [clean(line) for line in wrapped(words)]
        shown = "<br>".join(f"<b>{line}</b>" if bold else line for line in lines)
        place = {"x": 0, "xref": "paper", "xanchor": "left", "y": -self.depth, "yref": "y", "yanchor": "top"}
        self.labels.append(annotation(shown, **place, borderpad=0))
        tall = self.body if body is None else body
        middle = -(self.depth + len(lines) + tall / 2)
        self.depth += len(lines) + tall
        return middle

    def height(self) -> int:
        """Height of the drawing area [px]."""
        return round(self.depth * self.line_px)

    def figure(
        self, title: str, traces: list[dict[str, Any]], *, x: dict[str, Any], marks: str = "", at: int = 0,
        sides: tuple[int, int, int] = (12, 14, 10), notes: Sequence[dict[str, Any]] = (), **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """The rows over the axis `x`, what the marks mean under it; margins left, right and above [px]."""
        remark, room = below(marks, at=at)
        left, right, top = sides
        margin = {"l": left, "r": right, "t": top, "b": room}
        shape = layout(title, height=self.height() + top + room, margin=margin) | more
        shape |= {"xaxis": x, "yaxis": self.axis(), "annotations": [*self.labels, *notes, remark]}
        return {"data": traces, "layout": shape}

    def axis(self) -> dict[str, Any]:
        """The hidden vertical axis of the rows."""
        return {"range": [-self.depth, 0.15], "visible": False, "fixedrange": True}


def level_axis(*, edge: float = 0.35) -> dict[str, Any]:
    """A horizontal axis from Ⅳ to Ⅰ, each level with its symbol."""
    of = scale("warning")
    words = [f"{of.symbol(code)} {code}" for code in of.codes]
    return quiet_axis() | {"tickvals": [1, 2, 3, 4], "ticktext": words, "range": [1 - edge, 4 + edge]}


def quiet_axis() -> dict[str, Any]:
    """A horizontal axis with thin lines, not to be dragged."""
    line = {"gridcolor": LINE, "zeroline": False, "linecolor": QUIET, "fixedrange": True}
    return line | {"tickfont": {"size": 11}, "ticks": "outside", "tickcolor": LINE}


def chance_ticks(lowest: float, *, every: int = 1) -> tuple[list[float], list[str]]:
    """Positions (powers of ten) and words of the ticks of a logarithmic axis of probability."""
    powers = [0.0 - power for power in range(0, math.floor(-lowest) + 1, every)]
    return powers, ["1" if power == 0 else f"1/{10 ** round(-power):,}" for power in powers]


def power(p: float, floor: float) -> float:
    """The power of ten of a probability, not below a floor."""
    return max(math.log10(p), floor) if p > 0 else floor


def lowest_power(values: Sequence[float], *, start: float = -3.0) -> float:
    """The whole power of ten that a logarithmic axis must reach down to; not below 1/10¹²."""
    found = [math.log10(value) for value in values if value > 0]
    return max(float(math.floor(min([start, *found]))), -12.0)


def upright(x: float, *, colour: str = QUIET) -> dict[str, Any]:
    """A dotted line across the rows."""
    line = {"color": colour, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def bars(
    x: Sequence[Any], y: Sequence[float], marker: dict[str, Any], *, width: float = 0.9
) -> dict[str, Any]:
    """Bars along the rows."""
    shape = {"type": "bar", "orientation": "h", "x": list(x), "y": list(y), "width": width}
    return shape | {"marker": marker, "hoverinfo": "skip"}


def tint(colour: str, weight: float) -> str:
    """A colour mixed with white."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * weight):02x}" for part in parts)
