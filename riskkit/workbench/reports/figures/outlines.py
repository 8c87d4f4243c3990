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
MOST_BYTES, MOST_POINTS = 20_000_000, 50_000
"""Beyond these a page becomes too heavy to open: simplify the outlines first."""
_NAMES = ("adcode", "code", "id", "iso", "name", "NAME", "zh", "en")
_DEPTH = {"Polygon": 1, "MultiPolygon": 2}


def read_outlines(name: str) -> dict[str, Rings]:
    """Province code → rings in degrees; a feature is known by its code or name, others are refused."""
    path = Path(name)
    is_fine = path.is_file() and path.suffix in (".json", ".geojson") and path.stat().st_size <= MOST_BYTES
    rule = f"a .geojson or .json file of at most {MOST_BYTES:,} bytes"
    refuse("outlines", [] if is_fine else [Fault("outlines", shown(path.name), rule)])
    try:
        read = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeError, RecursionError) as error:
        refuse(path.name, [Fault(path.name, shown(str(error)), "JSON in UTF-8")])
        raise
    features = read.get("features") if isinstance(read, dict) else None
    is_collection = isinstance(features, list) and bool(features)
    refuse(path.name, [] if is_collection else [Fault(path.name, "no features", "a FeatureCollection")])
    assert isinstance(features, list)
    return _checked(features, path.name)


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
    except (KeyError, TypeError, ValueError, IndexError):
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
            yield tuple((float(point[0]), float(point[1])) for point in ring)
