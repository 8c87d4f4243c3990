"""How every figure of the workbench looks: one layout, labels above their rows, chances as 1/10, 1/100.

Made to be read at 400 px and on grey paper: no side legends, text over the row it names, symbols and hatching
beside colour. All text is escaped, since plotly reads markup in labels.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from riskkit.foundation.scales import scale
from riskkit.workbench.report.words import width

FONT = (
    '"Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", '
    '"Segoe UI", "Helvetica Neue", Arial, sans-serif'
)
INK, QUIET, LINE, SOFT = "#16202c", "#4d5966", "#d3d9e0", "#f3f5f8"
DARK, LIGHT = "#1f3a5f", "#9db4d0"
LABEL_WIDTH = 50
"""Longest line of a label, in halves of a Chinese character: what fits into 400 px."""


def clean(words: str) -> str:
    """A text that plotly shows as it stands, whatever markup it holds.

    Examples
    --------
    >>> clean("<b>A & B</b>")
    '&lt;b&gt;A &amp; B&lt;/b&gt;'
    """
    return html.escape(words, quote=False)


def wrapped(words: str, limit: int = LABEL_WIDTH) -> list[str]:
    """A text in lines of at most `limit` half characters, broken at spaces or between Chinese characters.

    Parameters
    ----------
    words : str
        Plain text.
    limit : int
        Longest line [half characters].

    Examples
    --------
    >>> wrapped("one two three", 8)
    ['one two', 'three']
    >>> wrapped("一二三四五", 6)
    ['一二三', '四五']
    """
    lines, line = [], ""
    for piece in _pieces(words):
        if line and width(line + piece.rstrip()) > limit and piece.strip() not in _NO_START:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


_NO_START = set("，。；：、）》”’！？,.;:)!?%")


def _pieces(words: str) -> list[str]:
    pieces: list[str] = []
    for sign in words:
        latin = width(sign) == 1
        if pieces and latin and pieces[-1] and width(pieces[-1][-1]) == 1 and not pieces[-1].endswith(" "):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def layout(title: str, *, height: int, margin: dict[str, int] | None = None) -> dict[str, Any]:
    """The layout every figure starts from.

    Parameters
    ----------
    title : str
        What the figure shows; the report sets it in the caption instead.
    height : int
        [px]
    margin : dict, optional
        Other margins [px].

    Examples
    --------
    >>> layout("A <b>", height=300)["title"]["text"]
    'A &lt;b&gt;'
    """
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
    """A text in the figure, without arrow; `words` is already clean.

    Examples
    --------
    >>> annotation("Ⅱ", x=0, y=1)["showarrow"]
    False
    """
    return {"text": words, "showarrow": False, "align": "left", "font": {"size": 12, "color": INK}} | place


def below(words: str, *, at: int) -> tuple[dict[str, Any], int]:
    """A remark under the axis, and the room it needs under the plot [px].

    Parameters
    ----------
    words : str
        Plain text.
    at : int
        How far under the plot it begins [px].

    Examples
    --------
    >>> remark, room = below("Dotted: mean.", at=40)
    >>> remark["yshift"], room
    (-40, 62)
    """
    lines = [clean(line) for line in wrapped(words, 56)]
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top"}
    look = {"yshift": -at, "font": {"size": 11, "color": QUIET}}
    return annotation("<br>".join(lines), **place, **look), at + 15 * len(lines) + 7


class Rows:
    """Rows from top to bottom, each with its label set above it from the left edge.

    Parameters
    ----------
    body : float
        Height of what is drawn under a label [text lines].

    Examples
    --------
    >>> rows = Rows()
    >>> rows.add("A row")
    -1.8
    >>> len(rows.labels), rows.height() > 0
    (1, True)
    """

    line_px = 17

    def __init__(self, body: float = 1.6) -> None:
        self.body = body
        self.depth = 0.0
        self.labels: list[dict[str, Any]] = []

    def add(self, words: str, *, bold: bool = False, body: float | None = None) -> float:
        """Add a row and return the height at which its content is centred [lines below the top, negative].

        Examples
        --------
        >>> Rows(body=2.0).add("x", bold=True)
        -2.0
        """
        lines = [clean(line) for line in wrapped(words)]
        shown = "<br>".join(f"<b>{line}</b>" if bold else line for line in lines)
        place = {"x": 0, "xref": "paper", "xanchor": "left", "y": -self.depth, "yref": "y", "yanchor": "top"}
        self.labels.append(annotation(shown, **place, borderpad=0))
        tall = self.body if body is None else body
        middle = -(self.depth + len(lines) + tall / 2)
        self.depth += len(lines) + tall
        return middle

    def height(self) -> int:
        """Height of the drawing area [px].

        Examples
        --------
        >>> Rows().height()
        0
        """
        return round(self.depth * self.line_px)

    def axis(self) -> dict[str, Any]:
        """The hidden vertical axis of the rows.

        Examples
        --------
        >>> Rows().axis()["visible"]
        False
        """
        return {"range": [-self.depth, 0.15], "visible": False, "fixedrange": True}


def level_axis(lang: str, *, edge: float = 0.35) -> dict[str, Any]:
    """A horizontal axis from Ⅳ to Ⅰ, each level with its symbol.

    Parameters
    ----------
    lang : str
        ``zh`` or ``en``.
    edge : float
        Room beyond the outer levels.

    Examples
    --------
    >>> level_axis("zh")["ticktext"]
    ['● Ⅳ', '▲ Ⅲ', '◆ Ⅱ', '■ Ⅰ']
    """
    of = scale("warning")
    words = [f"{of.symbol(code)} {code}" for code in of.codes]
    return quiet_axis() | {"tickvals": [1, 2, 3, 4], "ticktext": words, "range": [1 - edge, 4 + edge]}


def quiet_axis() -> dict[str, Any]:
    """A horizontal axis with thin lines, not to be dragged.

    Examples
    --------
    >>> quiet_axis()["fixedrange"]
    True
    """
    line = {"gridcolor": LINE, "zeroline": False, "linecolor": QUIET, "fixedrange": True}
    return line | {"tickfont": {"size": 11}, "ticks": "outside", "tickcolor": LINE}


def chance_ticks(lowest: float, *, every: int = 1) -> tuple[list[float], list[str]]:
    """Positions (powers of ten) and words of the ticks of a logarithmic axis of probability.

    Parameters
    ----------
    lowest : float
        Lowest power of ten shown.
    every : int
        Powers from tick to tick.

    Examples
    --------
    >>> chance_ticks(-3)
    ([0.0, -1.0, -2.0, -3.0], ['1', '1/10', '1/100', '1/1,000'])
    """
    powers = [0.0 - power for power in range(0, math.floor(-lowest) + 1, every)]
    return powers, ["1" if power == 0 else f"1/{10 ** round(-power):,}" for power in powers]


def power(p: float, floor: float) -> float:
    """The power of ten of a probability, not below a floor.

    Examples
    --------
    >>> power(0.01, -8), power(0.0, -8)
    (-2.0, -8)
    """
    return max(math.log10(p), floor) if p > 0 else floor


def lowest_power(values: Sequence[float], *, start: float = -3.0) -> float:
    """The whole power of ten that a logarithmic axis must reach down to; not below 1/10¹².

    Examples
    --------
    >>> lowest_power([0.2, 3e-5])
    -5.0
    """
    found = [math.log10(value) for value in values if value > 0]
    return max(float(math.floor(min([start, *found]))), -12.0)


def tint(colour: str, weight: float) -> str:
    """A colour mixed with white.

    Examples
    --------
    >>> tint("#000000", 0.5)
    '#808080'
    """
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * weight):02x}" for part in parts)
