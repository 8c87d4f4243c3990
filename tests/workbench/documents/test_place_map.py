"""The map of provinces and ports: tiles, numbers, hot spots, and outlines that somebody brought."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.provinces import map_tiles, province_code
from riskkit.workbench.reports.figures import place_map as outlines
from riskkit.workbench.reports.figures.place_map import PlaceMap, place_map, read_outlines

CODES = [code for code in standards.table("province_codes")["code"] if code != "100000"]
PORTS = pd.DataFrame({"port": ["深圳", "洋山", "无处"], "code": ["440000", "310000", None], "n": [20, 8, 1]})


def shown(**numbers: float) -> PlaceMap:
    values = pd.Series({code: numbers[f"p{code}"] for code in CODES if f"p{code}" in numbers}, dtype=float)
    return PlaceMap("a-map", "title", "cases", values, frozenset({"440000"}), PORTS)


def test_every_province_has_one_tile_of_its_own_and_is_known_by_all_its_names() -> None:
    tiles = map_tiles()
    assert sorted(tiles.index) == sorted(CODES) and len(CODES) == 34
    assert not tiles[["place_x", "place_y"]].duplicated().any()
    assert tiles[["zh", "en"]].nunique().tolist() == [34, 34]
    names = standards.table("province_codes").set_index("code")
    for code in CODES:
        known = (code, code[:2], names.at[code, "zh"], names.at[code, "en"].upper(), tiles.at[code, "zh"],
                 tiles.at[code, "en"])  # fmt: skip
        assert {province_code(name) for name in known} == {code}, code
    assert [province_code(name) for name in ("全国", "", None, float("nan"), "Ontario")] == [None] * 5


def test_neighbours_in_the_north_and_south_stand_above_and_below_each_other() -> None:
    tiles = map_tiles()
    for north, south in [("230000", "220000"), ("220000", "210000"), ("370000", "320000"), ("330000", "350000"),
                         ("420000", "430000"), ("630000", "540000")]:  # fmt: skip
        assert tiles.at[north, "place_y"] < tiles.at[south, "place_y"]
    for west, east in [
        ("650000", "640000"),
        ("530000", "450000"),
        ("410000", "340000"),
        ("500000", "310000"),
    ]:
        assert tiles.at[west, "place_x"] < tiles.at[east, "place_x"]


def test_what_is_not_known_is_no_zero() -> None:
    picture = place_map(shown(p440000=34, p110000=0, p310000=float("nan")))
    squares = picture.figure["layout"]["shapes"]
    tiles = list(map_tiles().index)
    fill = {
        code: (square["fillcolor"], square["line"].get("dash"))
        for code, square in zip(tiles, squares, strict=True)
    }
    assert fill["310000"] == fill["540000"] == ("#ffffff", "dot") and fill["110000"][1] == "solid"
    words = dict(zip(tiles, picture.figure["data"][1]["text"], strict=True))
    assert (words["310000"], words["110000"], words["440000"]) == ("—", "0", "<b>▲34</b>")
    assert [row[0] for row in picture.table.rows] == [
        "Guangdong (GD)",
        "Beijing (BJ)",
        "深圳",
        "洋山",
        "无处",
    ]
    assert picture.table.rows[-1][1] == "port (province unknown)"
    assert "2 with data, most in Guangdong 34" in picture.alt and "no data for 32" in picture.alt
    assert "no data" in place_map(shown()).alt


@given(st.lists(st.floats(0, 1e6), min_size=34, max_size=34))
def test_more_is_never_lighter(values: list[float]) -> None:
    picture = in_language(
        "zh", place_map, shown(**{f"p{code}": value for code, value in zip(CODES, values, strict=True)})
    )
    light = [int(square["fillcolor"][1:3], 16) for square in picture.figure["layout"]["shapes"]]
    own = dict(zip(CODES, values, strict=True))
    pairs = sorted(zip([own[code] for code in map_tiles().index], light, strict=True))
    assert all(np.diff([red for _, red in pairs]) <= 0)


def square(name: str, at: float, **more: object) -> dict[str, object]:
    ring = [[at, 0], [at + 1, 0], [at + 1, 1], [at, 0]]
    geometry = {"type": "Polygon", "coordinates": [ring]} | more
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def geojson(tmp_path: Path, *features: object) -> str:
    path = tmp_path / "own.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return str(path)


def test_outlines_of_ones_own_are_drawn_in_place_of_tiles(tmp_path: Path) -> None:
    several = square("广东省", 3) | {
        "geometry": {
            "type": "MultiPolygon",
            "coordinates": [[[[3, 0], [4, 0], [4, 1], [3, 0]]], [[[5, 0], [6, 0], [6, 1], [5, 0]]]],
        }
    }
    found = read_outlines(geojson(tmp_path, square("Shanghai", 0), several))
    assert list(found) == ["310000", "440000"] and [len(rings) for rings in found.values()] == [1, 2]
    picture = in_language("zh", place_map, shown(p440000=34), outlines=found)
    lines = [trace for trace in picture.figure["data"] if trace["mode"] == "lines"]
    assert lines[0]["fillcolor"] == "#ffffff" and lines[1]["line"]["width"] == 3
    assert "shapes" not in picture.figure["layout"]
    assert picture.table == in_language("zh", place_map, shown(p440000=34)).table


def test_outlines_that_cannot_be_read_are_refused_with_all_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = square("Hubei", 0, coordinates=[[[float("inf"), 0]] * 4])
    huge = square("Hunan", 0, coordinates=[[[10**400, 0]] * 4])
    words = square("Henan", 0, coordinates=[[["1", True]] * 4])
    bad = geojson(
        tmp_path,
        square("Atlantis", 0),
        endless,
        square("SH", 0),
        square("上海", 0),
        {"geometry": 3},
        huge,
        words,
    )
    with pytest.raises(InputFaults) as caught:
        read_outlines(bad)
    said = str(caught.value)
    assert len(caught.value.faults) == 7 and "each province once" in said and "no outline" in said
    monkeypatch.setattr(outlines, "MOST_POINTS", 3)
    with pytest.raises(InputFaults, match="simplify"):
        read_outlines(geojson(tmp_path, square("SH", 0)))
    for text in ("{", "[]", '{"features": []}', "[" * 100_000):
        path = tmp_path / "bad.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputFaults):
            read_outlines(str(path))
    with pytest.raises(InputFaults, match="geojson"):
        read_outlines(str(tmp_path / "none.geojson"))
