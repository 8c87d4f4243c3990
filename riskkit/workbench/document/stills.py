"""Still pictures for paper: plotly figures as SVG or PNG.

One Chromium stays open for the life of the process (kaleido's server): without it each figure starts a
browser of its own. It is opened at the first picture, so fork before that and never after. MathJax stays off:
kaleido would fetch it from another host.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from riskkit.workbench.document.blocks import Picture

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_FONT = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Zen Hei, sans-serif"
_SIZE = (680, 380)
_TALL, _HALF = 0.8, 480  # [width], [px]
"""Width and height [CSS pixels] of a picture that does not say its own height."""


def browser_path() -> str | None:
    """Where Chromium is on this machine; None if there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def is_tall(picture: Picture) -> bool:
    """Whether a picture is so tall that on paper it takes half the width, beside another one of its kind."""
    return _height(picture.figure) > _TALL * _SIZE[0]


def stills(pictures: Sequence[Picture], *, kind: Literal["svg", "png"]) -> list[bytes]:
    """The pictures drawn for paper, in the same order."""
    if not pictures:
        return []
    import kaleido

    _open_browser()
    figures = [each.figure for each in pictures]
    return [_bytes(kaleido.calc_fig_sync(_on_paper(figure), _options(figure, kind))) for figure in figures]


def _bytes(drawn: Any) -> bytes:
    return drawn.encode() if isinstance(drawn, str) else bytes(drawn)


def _options(figure: Mapping[str, Any], kind: str) -> dict[str, Any]:
    height, width = _height(figure), _SIZE[0]
    if kind == "svg" and height > _TALL * width:  # its letters stay as large as those of others
        width = _HALF
    return {"format": kind, "width": width, "height": height, "scale": 3 if kind == "png" else 1}


def _height(figure: Mapping[str, Any]) -> int:
    return int(figure.get("layout", {}).get("height") or _SIZE[1])


def _on_paper(figure: Mapping[str, Any]) -> dict[str, Any]:
    """The figure on white, in a font that has Chinese, without the title its caption repeats."""
    layout = {key: value for key, value in figure.get("layout", {}).items() if key not in ("title", "width")}
    margin = {"t": 16, "r": 16, "b": 48, **layout.get("margin", {})}
    font = {"color": "#16202c", **layout.get("font", {}), "family": _FONT}
    ground = {"paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff"}
    layout = {**ground, **layout, "margin": margin, "font": font}
    return {"data": list(figure.get("data", [])), "layout": layout}


@cache
def _open_browser() -> None:
    import kaleido

    kaleido.start_sync_server(path=browser_path(), mathjax=False, silence_warnings=True)
    atexit.register(kaleido.stop_sync_server, silence_warnings=True)
