"""Provinces of China by code or name, and their place on a map of tiles."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards

if TYPE_CHECKING:
    import pandas as pd

_ENDS = re.compile(r"(维吾尔自治区|壮族自治区|回族自治区|特别行政区|自治区|省|市)$")
_WHOLE = "100000"


@functools.cache
def _known() -> dict[str, str]:
    """Code, full and short names in both languages, and letters, each in small letters, to the code."""
    found: dict[str, str] = {}
    for row in (row for row in standards.rows("province_codes") if row["code"] != _WHOLE):
        names = (row["code"], row["code"][:2], row["zh"], _ENDS.sub("", row["zh"]), row["en"])
        found |= {name.casefold(): row["code"] for name in names}
    for tile in standards.rows("map_tiles"):
        short = (tile["zh"], tile["en"], f"CN-{tile['en']}")
        found |= {name.casefold(): tile["code"] for name in short}
    return found


def province_code(name: object) -> str | None:
    """The six-digit code of a province, by code, name or letters.

    Parameters
    ----------
    name : object
        ``310000``, ``31``, ``上海市``, ``上海``, ``Shanghai``, ``SH`` or ``CN-SH``; anything else, also a
        missing cell, has no code.

    References
    ----------
    .. [1] GB/T 2260 (``province_codes``); letters as in ISO 3166-2:CN (``map_tiles``).

    Examples
    --------
    >>> [province_code(name) for name in ("上海", "440000", "Inner Mongolia", "cn-xz", "Paris", None)]
    ['310000', '440000', '150000', '540000', None, None]
    """
    return _known().get(str(name).strip().casefold())


def province_name(code: str) -> str:
    """The full name of a province.

    Raises
    ------
    KeyError
        When there is no such code.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> province_name("310000"), in_language("zh", province_name, "310000")
    ('Shanghai', '上海市')
    """
    return str(_rows()[code][language()])


@functools.cache
def _rows() -> dict[str, Mapping[str, Any]]:
    return {row["code"]: row for row in standards.rows("province_codes")}


def map_tiles() -> pd.DataFrame:
    """The tiles of the map: index code; place_x and place_y (from the top left), zh and en (short).

    Examples
    --------
    >>> tiles = map_tiles()
    >>> len(tiles), tiles.at["310000", "zh"], int(tiles.at["310000", "place_y"])
    (34, '上海', 4)
    """
    return _tiles().copy()


@functools.cache
def _tiles() -> pd.DataFrame:
    return standards.table("map_tiles").astype({"place_x": int, "place_y": int}).set_index("code")
