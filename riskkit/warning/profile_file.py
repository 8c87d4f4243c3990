"""What a user's own profile file may hold, before its parts are read as rows of tables."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, plain_text, refuse, shown
from riskkit.foundation.inputs.toml_file import TomlFile
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import check, typed
from riskkit.foundation.standards.warning_levels import level_code

PARTS = {"cells": "profile_cells", "raises": "profile_raises", "rules": "grade_rules"}
# What holds where a user's own profile says nothing.
_HEAD = {
    "ruleset": "house",
    "max_raise": 0,
    "harm_from": 3,
    "p_floor": 0,
    "note_zh": "使用者自定的方案。",
    "note_en": "A profile of the user's own.",
}
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
    >>> from riskkit.foundation.inputs.toml_file import parse_toml
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
            faults.append(Fault(file.place((key,)), shown(value), RuleText("tables [[{}]]", key)))
        elif key in PARTS and len(value) > _MOST_ROWS:
            faults.append(Fault(file.place((key,)), f"{len(value)} rows", RuleText("at most {}", _MOST_ROWS)))
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
        return RuleText("at most {} characters", _LONGEST)
    try:
        plain_text(value or "-")
    except ValueError as error:
        return str(error)
    return ""


def own_tables(file: TomlFile, *, taken: Sequence[str], rulesets: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The parts of a profile file as rows of the standard tables.

    Parameters
    ----------
    file : TomlFile
        A user's own profile without `shape_faults`.
    taken : sequence of str
        Names that are taken.
    rulesets : sequence of str
        Shipped sets of rules that it may name.

    Returns
    -------
    dict of str to DataFrame
        ``profiles`` (one row), ``profile_cells``, ``profile_raises`` and ``grade_rules``.

    Raises
    ------
    InputFaults
        With every fault of every part.

    Examples
    --------
    >>> from riskkit.foundation.inputs.toml_file import parse_toml
    >>> text = '[profile]\\nname = "mine"\\nzh = "我"\\nen = "mine"\\nfactors = ["urgency"]'
    >>> tables = own_tables(parse_toml(text.encode(), "mine.toml"), taken=[], rulesets=["house"])
    >>> tables["profiles"]["profile"].tolist()
    ['mine']
    """
    head = {**_HEAD, **file.data.get("profile", {})}
    name = str(head.pop("name", Path(file.name).stem))
    head["factors"] = "|".join(head.get("factors", []))
    parts = {"profiles": [{"profile": name, **head}]}
    for part, table in PARTS.items():
        owner = "ruleset" if part == "rules" else "profile"
        parts[table] = [{owner: name, **_with_sign(row)} for row in file.data.get(part, [])]
    faults = _head_faults(file, name, taken=taken)
    if "rules" not in file.data and head["ruleset"] not in rulesets:
        place = file.place(("profile", "ruleset"))
        faults.append(
            Fault(place, shown(head["ruleset"]), RuleText("one of {}, or [[rules]]", ", ".join(rulesets)))
        )
    tables: dict[str, pd.DataFrame] = {}
    for table, rows in parts.items():
        try:
            tables[table] = _own_rows(rows, table, file.name)
        except InputFaults as error:
            faults += error.faults
    refuse(file.name, faults)
    return tables


def _with_sign(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its level as a sign; one that is none is left for the check of the table."""
    try:
        return {**row, "level": level_code(row["level"], is_graded=True)} if "level" in row else row
    except ValueError:
        return row


def _head_faults(file: TomlFile, name: str, *, taken: Sequence[str]) -> list[Fault]:
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name) and name not in taken:
        return []
    rule = RuleText("1 to 64 of a–z, 0–9, - and _, and none of {}", ", ".join(taken))
    return [Fault(file.place(("profile", "name")), shown(name), rule)]


def _written(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _own_rows(rows: list[dict[str, Any]], table: str, name: str) -> pd.DataFrame:
    words = standards.dictionary()
    columns = standards.table(table).columns
    defaults = {"source_id": "user", "locator": name, "status": "house", "valid_from": "", "valid_to": ""}
    frame = pd.DataFrame([{**defaults, **row} for row in rows])
    frame = frame.reindex(columns=[*columns, *(c for c in frame.columns if c not in columns)])
    frame = frame.astype(object).where(frame.notna(), "").map(_written).astype("str")
    check(frame, table, dictionary=words, name=f"{name}:{table}")
    cells = {str(name): column.tolist() for name, column in frame.items()}
    return pd.DataFrame(typed(cells, standards.column_types(table)))
