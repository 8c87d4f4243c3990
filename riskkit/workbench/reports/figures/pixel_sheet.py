"""A figure measured in pixels from its top left corner: a diagram that keeps its symbols at every width."""

from __future__ import annotations

from typing import Any

from riskkit.workbench.reports.figures import style

LINE_PX = 16
_CHAR_PX = 6.4
NARROW = 340
"""Room for text in a picture 400 px wide [px]."""


class Sheet:
    """Shapes and texts, from top to bottom; x in pixels from the left edge, or as a share of the width."""

    def __init__(self) -> None:
        self.depth = 0
        self.shapes: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []

    def skip(self, px: int) -> None:
        """Leave room."""
        self.depth += px

    def text(self, words: str, *, x: int, bold: bool = False, quiet: bool = False) -> int:
        """Write words from `x` [px], wrapped for a narrow page, and return their height [px]."""
        limit = max(18, int((NARROW - x) / _CHAR_PX))
        lines = [style.clean(line) for line in style.wrapped(words, limit)]
        shown = "<br>".join(f"<b>{line}</b>" if bold else line for line in lines)
        place = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": x, "yref": "y", "yanchor": "top"}
        look = {"borderpad": 0, "font": {"size": 12, "color": style.QUIET if quiet else style.INK}}
        self.annotations.append(style.annotation(shown, y=-self.depth, **place, **look))
        tall = LINE_PX * len(lines)
        self.depth += tall
        return tall

    def symbol(self, path: str, *, x: float, y: float, **look: Any) -> None:
        """Draw an outline [px around its middle, upwards] at `x` [px] and `y` [px below the top]."""
        self.shapes.append(
            {
                "type": "path",
                "path": _moved(path, x),
                "xref": "x",
                "yref": "y",
                "xsizemode": "pixel",
                "ysizemode": "pixel",
                "xanchor": look.pop("share", 0.0),
                "yanchor": -y,
                "line": {"color": look.pop("ink", style.DARK), "width": look.pop("width", 1.6)},
                "fillcolor": look.pop("fill", "#ffffff"),
            }
        )

    def small(self, words: str, *, x: float, y: float, share: float = 0.0) -> None:
        """Write a few signs centred on a symbol."""
        place = {"x": share, "xref": "x", "xanchor": "center", "xshift": x, "y": -y, "yref": "y"}
        look = {"yanchor": "middle", "borderpad": 0, "font": {"size": 9, "color": style.INK}}
        self.annotations.append(style.annotation(style.clean(words), **place, **look))

    def bend(self, points: list[tuple[float, float]], *, ink: str = style.QUIET) -> None:
        """Draw a line through points [px from the left, px below the top]."""
        told = "L".join(f"{x:g},{_up(y):g}" for x, y in points)
        self.shapes.append(
            {
                "type": "path",
                "path": f"M{told}",
                "xref": "x",
                "yref": "y",
                "xsizemode": "pixel",
                "xanchor": 0,
                "line": {"color": ink, "width": 1.4},
                "layer": "below",
            }
        )

    def across(self, y0: float, y1: float, *, x0: float, x1: float, width: float = 2.0) -> None:
        """Draw a straight line between shares of the width."""
        line = {"color": style.DARK, "width": width}
        ends = {"x0": x0, "x1": x1, "y0": _up(y0), "y1": _up(y1)}
        self.shapes.append({"type": "line", "xref": "x", "yref": "y", "line": line, "layer": "below"} | ends)

    def figure(self, title: str) -> dict[str, Any]:
        """The figure, as tall as what stands on it."""
        shape = style.layout(title, height=self.depth + 24, margin={"l": 6, "r": 6, "t": 12, "b": 12})
        hidden = {"visible": False, "fixedrange": True}
        shape["xaxis"] = hidden | {"range": [0, 1]}
        shape["yaxis"] = hidden | {"range": [-max(self.depth, 1), 0]}
        shape["shapes"], shape["annotations"] = self.shapes, self.annotations
        anchor = {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip", "showlegend": False}
        return {"data": [anchor], "layout": shape}


def _up(y: float) -> float:
    return 0 if y == 0 else -y


def _moved(path: str, x: float) -> str:
    """The outline with `x` added to the first of each pair of numbers."""
    out, number = [], ""
    for sign in path + " ":
        if sign.isdigit() or sign in "-.":
            number += sign
            continue
        if number:
            out.append(f"{float(number) + x:g}" if sign == "," else number)
            number = ""
        out.append(sign)
    return "".join(out).rstrip()
