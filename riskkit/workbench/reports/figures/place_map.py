"""Numbers of provinces and ports on a map of tiles, or on outlines of one's own; no borders are shipped.

A place without a number stays white with a dash: nothing known is not nothing there. Every tile carries its
number, so that the picture can be read on grey paper.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards.provinces import map_tiles, province_code, province_name
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style

Rings = tuple[tuple[tuple[float, float], ...], ...]
MOST_BYTES, MOST_POINTS = 8_000_000, 50_000
"""Beyond these a page becomes too heavy to open; a browser sends at most 10 MiB to a page."""
_NAMES = ("adcode", "code", "id", "iso", "name", "NAME", "zh", "en")
_DEPTH = {"Polygon": 1, "MultiPolygon": 2}


def read_outlines(name: str) -> dict[str, Rings]:
    """Province code → rings in degrees; a feature is known by its code or name, others are refused."""
    path = Path(name)
    is_there = path.is_file() and path.stat().st_size <= MOST_BYTES
    refuse("outlines", [] if is_there else [_not_fitting(path.name)])
    return parse_outlines(path.read_bytes(), path.name)


def parse_outlines(content: bytes, name: str) -> dict[str, Rings]:
    """The same from the content of a file, as a page sends it."""
    is_fine = name.endswith((".json", ".geojson")) and len(content) <= MOST_BYTES
    refuse("outlines", [] if is_fine else [_not_fitting(name)])
    name = Path(name).name[:80]
    try:
        read = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        refuse(name, [Fault(name, shown(str(error)), "JSON in UTF-8")])
        raise
    features = read.get("features") if isinstance(read, dict) else None
    is_collection = isinstance(features, list) and bool(features)
    refuse(name, [] if is_collection else [Fault(name, "no features", "a FeatureCollection")])
    assert isinstance(features, list)
    return _checked(features, name)


def _not_fitting(name: str) -> Fault:
    return Fault(
        "outlines", shown(name), RuleText("a .geojson or .json file of at most {} bytes", f"{MOST_BYTES:,}")
    )


def _checked(features: list[Any], name: str) -> dict[str, Rings]:
    found: dict[str, Rings] = {}
    faults, n_points = [], 0
    for place, feature in enumerate(features):
        where = f"{name}: feature {place}"
        code, rings = _code(feature), _rings(feature)
        if code is None:
            faults.append(Fault(where, "no known place", "a province code or name in its properties"))
        if rings is None:
            faults.append(Fault(where, "no outline", "a Polygon or MultiPolygon of finite numbers"))
        if code in found:
            faults.append(Fault(where, shown(code), "each province once"))
        if code is not None and rings is not None:
            found[code] = rings
            n_points += sum(map(len, rings))
    if n_points > MOST_POINTS:
        faults.append(
            Fault(
                name,
                f"{n_points:,} points",
                RuleText("at most {}: simplify the outlines", f"{MOST_POINTS:,}"),
            )
        )
    refuse(name, faults)
    return found


def _code(feature: Any) -> str | None:
    about = feature.get("properties") if isinstance(feature, Mapping) else None
    names = about if isinstance(about, Mapping) else {}
    codes = (province_code(names[key]) for key in _NAMES if key in names)
    return next((code for code in codes if code), None)


def _rings(feature: Any) -> Rings | None:
    shape = feature.get("geometry") if isinstance(feature, Mapping) else None
    if not isinstance(shape, Mapping) or shape.get("type") not in _DEPTH:
        return None
    try:
        rings = tuple(_flat(shape["coordinates"], _DEPTH[shape["type"]]))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None
    is_fine = bool(rings) and all(
        len(ring) >= 4 and all(math.isfinite(x) and math.isfinite(y) for x, y in ring) for ring in rings
    )
    return rings if is_fine else None


def _flat(rings: Any, depth: int) -> Iterator[tuple[tuple[float, float], ...]]:
    for ring in rings:
        if depth > 1:
            yield from _flat(ring, depth - 1)
        else:
            yield tuple((_degrees(point[0]), _degrees(point[1])) for point in ring)


def _degrees(value: Any) -> float:
    if isinstance(value, bool | str):
        raise TypeError(value)
    return float(value)


say = Texts("map")
_HOT, _DARK_FROM = "#8a1a12", 0.55
_MOST_PORTS = 4
"""Ports drawn on one tile, the largest first; all of them stand in the table."""
_HIGH, _NAMED = 480, 3


@dataclass(frozen=True)
class PlaceMap:
    """What a map shows: a number for each province, and which of them stand out.

    `numbers` has codes of provinces as its index, a number or NaN each; `ports` the columns port, code, n.
    """

    id: str
    title: str
    unit: str
    numbers: pd.Series
    hot: frozenset[str] = frozenset()
    ports: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["port", "code", "n"]))
    note: str = ""


def place_map(shown: PlaceMap, *, outlines: Mapping[str, Rings] | None = None) -> Picture:
    """The map with its table: provinces from the highest number down, then ports."""
    marks = say("marks", unit=shown.unit)
    marks += say("marks_hot") if shown.hot else ""
    marks += say("marks_ports") if len(shown.ports) else ""
    marks += shown.note
    shape = style.layout(shown.title, height=_HIGH, margin={"t": 36})
    remark, room = style.below(marks, at=14)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape["height"] = _HIGH + room
    traces = _tiles(shown, shape) if outlines is None else _outlined(shown, outlines)
    plain = {"visible": False, "fixedrange": True}
    shape["xaxis"] = plain | ({"range": [-0.05, 7.05]} if outlines is None else {})
    upright = {"range": [8.05, -0.05]} if outlines is None else {}
    shape["yaxis"] = plain | upright | {"scaleanchor": "x", "constrain": "domain"}
    shape["xaxis"] |= {"constrain": "domain"}
    return Picture(shown.id, shown.title, _alt(shown), _table(shown), {"data": traces, "layout": shape})


def _tiles(shown: PlaceMap, shape: dict[str, Any]) -> list[dict[str, Any]]:
    """A square a province, its short name and its number; ports as dots along its foot."""
    tiles = map_tiles()
    shape["shapes"] = [
        _square(row, weight=_weight(shown, str(code)), is_hot=code in shown.hot)
        for code, row in zip(tiles.index, records(tiles), strict=True)
    ]
    dark = [_weight(shown, str(code)) or 0.0 for code in tiles.index]
    colours = ["#ffffff" if weight > _DARK_FROM else style.INK for weight in dark]
    hovers = [_hover(shown, str(code)) for code in tiles.index]
    middle = (tiles["place_x"] + 0.5).tolist()
    texts = {"type": "scatter", "mode": "text", "x": middle, "customdata": hovers,
             "hovertemplate": "%{customdata}<extra></extra>"}  # fmt: skip
    names = texts | {"y": (tiles["place_y"] + 0.28).tolist(), "text": tiles[language()].tolist(),
                     "textfont": {"size": 11, "color": colours}}  # fmt: skip
    figures = texts | {
        "y": (tiles["place_y"] + 0.6).tolist(),
        "text": [_figure(shown, str(code)) for code in tiles.index],
        "textfont": {"size": 12, "color": colours},
    }
    return [names, figures, *_ports(shown, tiles)]


def _weight(shown: PlaceMap, code: str) -> float | None:
    """How dark a place is, from 0 to 0.85 of the darkest; None where nothing is known."""
    value = shown.numbers.get(code)
    if value is None or pd.isna(value):
        return None
    most = float(shown.numbers.max())
    return 0.05 + 0.8 * float(value) / most if most > 0 else 0.05


def _square(row: Mapping[str, Any], *, weight: float | None, is_hot: bool) -> dict[str, Any]:
    line = {"color": style.QUIET, "width": 1, "dash": "dot" if weight is None else "solid"}
    inset = 0.08 if is_hot else 0.04
    ends = {"x0": row["place_x"] + inset, "x1": row["place_x"] + 1 - inset,
            "y0": row["place_y"] + inset, "y1": row["place_y"] + 1 - inset}  # fmt: skip
    fill = "#ffffff" if weight is None else style.tint(style.DARK, weight)
    return {"type": "rect", "layer": "below", "fillcolor": fill, **ends,
            "line": {"color": _HOT, "width": 4} if is_hot else line}  # fmt: skip


def _figure(shown: PlaceMap, code: str) -> str:
    value = shown.numbers.get(code)
    words = "—" if value is None or pd.isna(value) else number(float(value))
    return f"<b>▲{words}</b>" if code in shown.hot else words


def _hover(shown: PlaceMap, code: str) -> str:
    ports = shown.ports[shown.ports["code"] == code]
    lines = [f"{province_name(code)}{say('colon')}{_plain(shown, code)}"]
    lines += [f"{row['port']}{say('colon')}{number(float(row['n']))}" for row in records(ports)]
    return "<br>".join(style.clean(line) for line in lines)


def _plain(shown: PlaceMap, code: str) -> str:
    value = shown.numbers.get(code)
    return say("no_data") if value is None or pd.isna(value) else number(float(value))


def _ports(shown: PlaceMap, tiles: pd.DataFrame) -> list[dict[str, Any]]:
    """Dots at the foot of a tile, larger for more, never larger than their place."""
    x: list[float] = []
    y: list[float] = []
    sizes: list[float] = []
    corners = {
        str(code): (row["place_x"], row["place_y"])
        for code, row in zip(tiles.index, records(tiles), strict=True)
    }
    placed = shown.ports[shown.ports["code"].isin(tiles.index)].sort_values("n", ascending=False)
    most = float(placed["n"].max()) if len(placed) else 0.0
    for code, of_tile in placed.head(10_000).groupby("code", sort=False):
        drawn = of_tile.head(_MOST_PORTS)
        for nth, row in enumerate(records(drawn)):
            x.append(corners[str(code)][0] + (nth + 1) / (len(drawn) + 1))
            y.append(corners[str(code)][1] + 0.86)
            sizes.append(4 + 6 * (float(row["n"]) / most) ** 0.5 if most > 0 and row["n"] > 0 else 4)
    marker = {"size": sizes, "color": "#ffffff", "line": {"color": style.INK, "width": 1.5}}
    return [{"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": marker, "hoverinfo": "skip"}]


def _outlined(shown: PlaceMap, outlines: Mapping[str, Rings]) -> list[dict[str, Any]]:
    """The outlines that somebody brought, filled as the tiles are."""
    traces, labels = [], []
    for code, rings in outlines.items():
        weight, is_hot = _weight(shown, code), code in shown.hot
        xs: list[float | None] = []
        ys: list[float | None] = []
        for ring in rings:
            xs += [*(point[0] for point in ring), None]
            ys += [*(point[1] for point in ring), None]
        look = {
            "line": {"color": _HOT if is_hot else style.QUIET, "width": 3 if is_hot else 1},
            "fill": "toself",
            "fillcolor": "#ffffff" if weight is None else style.tint(style.DARK, weight),
        }
        said = {"text": _hover(shown, code), "hoverinfo": "text"}
        traces.append({"type": "scatter", "mode": "lines", "x": xs, "y": ys} | look | said)
        largest = max(rings, key=len)
        labels.append(
            (_mean([p[0] for p in largest]), _mean([p[1] for p in largest]), _figure(shown, code), weight)
        )
    colours = ["#ffffff" if (weight or 0) > _DARK_FROM else style.INK for *_, weight in labels]
    words = {
        "type": "scatter",
        "mode": "text",
        "x": [one[0] for one in labels],
        "y": [one[1] for one in labels],
        "text": [one[2] for one in labels],
        "textfont": {"size": 11, "color": colours},
        "hoverinfo": "skip",
    }
    return [*traces, words]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _ranked(shown: PlaceMap) -> pd.Series:
    return shown.numbers.dropna().sort_values(ascending=False, kind="stable")


def _alt(shown: PlaceMap) -> str:
    ranked = _ranked(shown)
    if ranked.empty:
        return say("alt_empty")
    gap = "、" if language() == "zh" else ", "
    first = gap.join(
        f"{province_name(str(code))} {number(float(value))}" for code, value in ranked.head(_NAMED).items()
    )
    n_open = len(map_tiles()) - len(ranked)
    said = say("alt", unit=shown.unit, n=len(ranked), first=first, open=n_open)
    hot = gap.join(province_name(code) for code in sorted(shown.hot))
    return said + (say("alt_hot", names=hot) if hot else "")


def _with_letters(code: str) -> str:
    """The name of a province, with what its tile says where that differs."""
    name = province_name(code)
    letters = str(map_tiles()["en"][code])
    return name if language() == "zh" else f"{name} ({letters})"


def _table(shown: PlaceMap) -> Table:
    rows = [
        (_with_letters(str(code)), say("province"), number(float(value)),
         say("is_hot") if code in shown.hot else "")
        for code, value in _ranked(shown).items()
    ]  # fmt: skip
    places = set(map_tiles().index)
    for row in records(shown.ports.sort_values("n", ascending=False, kind="stable")):
        kind = province_name(row["code"]) if row["code"] in places else say("unplaced")
        rows.append((str(row["port"]), say("port_of", province=kind), number(float(row["n"])), ""))
    heads = tuple(say(key) for key in ("col_place", "col_kind", "col_number", "col_mark"))
    return Table(shown.title, heads, tuple(rows), numeric=(2,))
