"""What a user's own profile file may hold, before its parts are read as rows of tables."""

from __future__ import annotations

import math
from typing import Any

from riskkit.foundation.faults import Fault, plain_text, shown
from riskkit.foundation.toml_file import TomlFile

PARTS = {"cells": "profile_cells", "raises": "profile_raises", "rules": "grade_rules"}
_MOST_ROWS = 2000  # more than the 4⁵ cells of the largest table
_LONGEST = 2000
_LARGEST = 10**18


def shape_faults(file: TomlFile) -> list[Fault]:
    """What keeps the parts of a profile file from being read as rows of tables.

    Parameters
    ----------
    file : TomlFile
        A user's own profile, as read.

    Returns
    -------
    list of Fault
        Empty when ``[profile]`` is one table, the other parts are lists of tables, and every value is a
        text or a number that a table can hold.

    Examples
    --------
    >>> from riskkit.foundation.toml_file import parse_toml
    >>> [fault.place for fault in shape_faults(parse_toml(b"cells = 3\\nrules = []", "mine.toml"))]
    ['mine.toml:1 cells']
    """
    head = file.data.get("profile", {})
    faults: list[Fault] = []
    for key, value in file.data.items():
        if key not in ("profile", *PARTS):
            faults.append(Fault(file.place((key,)), shown(key), "profile, cells, raises or rules"))
        elif key == "profile" and not isinstance(value, dict):
            faults.append(Fault(file.place((key,)), shown(value), "one table [profile]"))
        elif key in PARTS and not (isinstance(value, list) and all(isinstance(row, dict) for row in value)):
            faults.append(Fault(file.place((key,)), shown(value), f"tables [[{key}]]"))
        elif key in PARTS and len(value) > _MOST_ROWS:
            faults.append(Fault(file.place((key,)), f"{len(value)} rows", f"at most {_MOST_ROWS}"))
    if faults:
        return faults
    factors = head.get("factors", [])
    if not (isinstance(factors, list) and all(isinstance(factor, str) for factor in factors)):
        faults.append(Fault(file.place(("profile", "factors")), shown(factors), "a list of factors"))
    values: list[tuple[tuple[str | int, ...], Any]] = [
        (("profile", key), value) for key, value in head.items() if key != "factors"
    ]
    values += [
        ((part, number, key), value)
        for part in PARTS
        for number, row in enumerate(file.data.get(part, []))
        for key, value in row.items()
    ]
    return faults + [
        Fault(file.place(place), shown(value), rule) for place, value in values if (rule := _unfit(value))
    ]


def _unfit(value: Any) -> str:
    """Why a value cannot stand in a table; empty if it can."""
    is_nan = isinstance(value, float) and math.isnan(value)
    if is_nan or isinstance(value, bool) or not isinstance(value, str | int | float):
        return "a text or a number"
    if not isinstance(value, str):
        return "" if abs(value) < _LARGEST else "a number of less than 19 digits"
    if len(value) > _LONGEST:
        return f"at most {_LONGEST} characters"
    try:
        plain_text(value or "-")
    except ValueError as error:
        return str(error)
    return ""
