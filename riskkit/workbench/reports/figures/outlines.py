"""Outlines of provinces from a GeoJSON file that somebody brought; none are shipped."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards.provinces import province_code

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
    return Fault("outlines", shown(name), f"a .geojson or .json file of at most {MOST_BYTES:,} bytes")


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
        faults.append(Fault(name, f"{n_points:,} points", f"at most {MOST_POINTS:,}: simplify the outlines"))
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
