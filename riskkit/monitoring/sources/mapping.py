"""A reader made from a small TOML file: which column of somebody's file is which column of the record.

name = "city_lab"                  # the source, in the register
date_order = "dmy"                 # ymd (as is), dmy or mdy
zone = "Europe/Berlin"             # where the day of a moment with an offset is counted
decimal = ","                      # the decimal sign, "." or ","
sheet = "Daten"                    # the worksheet; all that fit without it
rows = "data"                      # the array of a JSON file; all that fit without it
header_row = 3                     # the row of the header; the first that fits without it
required = ["date"]                # our columns that every row fills
[columns]
"Datum" = "date"                   # their column = ours
"Produkt" = "product"
"Typ" = "product"                  # several of theirs are joined: "Produkt; Typ"
"Alter" = "age_years"
[constants]
source_class = "laboratory"        # the same in every row
[units]
age_years = "month"                # their unit, where ours is another
measured_value = "mg/kg"           # the unit of what was measured
[words.hazard_class]
"Chemisch" = "chemical"            # their word = our code
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown, suggesting
from riskkit.foundation.inputs.toml_file import TomlFile, read_toml
from riskkit.foundation.numbers.units import convert
from riskkit.foundation.records.evidence import RecordColumn, given_columns, record_columns
from riskkit.foundation.records.foreign_words import each_text, word_key
from riskkit.foundation.records.written_dates import DATE_ORDERS, ZONE
from riskkit.foundation.records.written_numbers import DECIMAL_SIGNS
from riskkit.monitoring.sources.cells import cells, joined, same
from riskkit.monitoring.sources.files.native import HEADER_ROWS
from riskkit.monitoring.sources.source import Source

_KEYS = ("name", "title", "version", "date_order", "zone", "decimal", "sheet", "rows", "header_row",
         "required", "columns", "constants", "units", "words")  # fmt: skip
_TABLES = ("columns", "constants", "units", "words")
_MEASURED = ("measured_value", "limit_value")
_SETTINGS: tuple[tuple[str, type, str], ...] = (
    ("sheet", str, "the name of a worksheet"),
    ("rows", str, "the name of an array"),
    ("header_row", int, RuleText("a whole number from 1 to {}", HEADER_ROWS)),
    ("required", list, "a list of columns of the record"),
)
_NAME = "1 to 40 of a–z, 0–9 and _, first a letter"


def read_mapping(path: Path, *, taken: Collection[str] = ()) -> Source:
    """The reader that a mapping file describes.

    Parameters
    ----------
    path : Path
        The TOML file.
    taken : collection of str
        Names that other readers have.

    Returns
    -------
    Source

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> import tempfile
    >>> text = 'name = "lab"\\n[columns]\\n"Datum" = "date"\\n[constants]\\nsource_class = "laboratory"\\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "lab.toml"
    ...     _ = file.write_text(text)
    ...     source = read_mapping(file)
    >>> rows = source.to_records(pd.DataFrame({"Datum": ["2026-01-31"]}, dtype="string"))
    >>> source.name, rows.iloc[0].to_dict()
    ('lab', {'date': '2026-01-31', 'source_class': 'laboratory'})
    """
    file = read_toml(path)
    faults = _shape_faults(file)
    is_legible = all(isinstance(file.data.get(key, {}), dict) for key in _TABLES) and file.data.get("columns")
    faults += _content_faults(file, taken) if is_legible else []
    refuse(file.name, faults)
    data = file.data
    title = str(data.get("title", data["name"]))
    units = data.get("units", {})
    constants = {name: _plain(value) for name, value in data.get("constants", {}).items()}
    measured = [units[name] for name in _MEASURED if name in units]
    constants |= {"measured_unit": measured[0]} if measured else {}
    return Source(
        data["name"],
        data.get("version", 1),
        title,
        title,
        publisher="",
        licence="",
        required=(tuple(data["columns"]),),
        date_order=data.get("date_order", "ymd"),
        to_records=lambda native: _records(native, data["columns"], constants, words=data.get("words", {})),
        decimal=data.get("decimal", "."),
        zone=data.get("zone", ZONE),
        sheet=data.get("sheet", ""),
        rows=data.get("rows", ""),
        header_row=data.get("header_row", 0),
        needed=tuple(data.get("required", ())),
        is_known_by_record="evidence" in data["columns"].values(),
        factors=tuple((name, _factor(name, unit)) for name, unit in units.items() if name not in _MEASURED),
    )


def _plain(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _records(
    native: pd.DataFrame,
    columns: Mapping[str, str],
    constants: Mapping[str, str],
    *,
    words: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    theirs_of: dict[str, list[str]] = {}
    for theirs, ours in columns.items():
        theirs_of.setdefault(ours, []).append(theirs)
    found = {
        ours: joined(*(cells(native, one) for one in theirs))
        if len(theirs) > 1 and _column(ours).kind == "text"
        else cells(native, *theirs)
        for ours, theirs in theirs_of.items()
    }
    for ours, known in words.items():
        codes = {word_key(word): code for word, code in known.items()}
        found[ours] = each_text(found[ours], functools.partial(_coded, codes))
    found |= {ours: same(native, text) for ours, text in constants.items()}
    return pd.DataFrame(found, index=native.index)


def _coded(codes: Mapping[str, str], text: str) -> str:
    return codes.get(word_key(text), text)


def _factor(name: str, unit: str) -> float:
    return float(convert(1.0, unit, _column(name).unit))


def _column(name: str) -> RecordColumn:
    return next(column for column in record_columns() if column.name == name)


def _shape_faults(file: TomlFile) -> list[Fault]:
    """Keys nobody knows, and values that are not what their key takes."""
    data, faults = file.data, []
    for key in [key for key in data if key not in _KEYS]:
        faults.append(Fault(file.place((key,)), shown(key), one_of(str(key), _KEYS)))
    for key in _TABLES:
        if not isinstance(data.get(key, {}), dict):
            faults.append(Fault(file.place((key,)), shown(data[key]), "a table"))
    if not data.get("columns"):
        faults.append(Fault(file.place(("columns",)), "nothing", "at least one column of theirs and ours"))
    version = data.get("version", 1)
    if type(version) is not int or not 1 <= version <= 1_000_000:
        faults.append(Fault(file.place(("version",)), shown(version), "a whole number from 1"))
    for key, kind, rule in _SETTINGS:
        value = data.get(key, kind())
        is_out = key == "header_row" and value not in range(HEADER_ROWS + 1)
        if type(value) is not kind or is_out:
            faults.append(Fault(file.place((key,)), shown(value), rule))
    return faults


def _content_faults(file: TomlFile, taken: Collection[str]) -> list[Fault]:
    data = file.data
    name, order = data.get("name"), data.get("date_order", "ymd")
    faults = []
    if not isinstance(name, str) or not re.fullmatch(_column("source").pattern, name):
        faults.append(Fault(file.place(("name",)), shown(name), _NAME))
    elif name in taken:
        faults.append(Fault(file.place(("name",)), shown(name), "a name that no other reader has"))
    if order not in DATE_ORDERS:
        faults.append(Fault(file.place(("date_order",)), shown(order), one_of(str(order), DATE_ORDERS)))
    if data.get("zone", ZONE) not in zoneinfo.available_timezones():
        faults.append(
            Fault(file.place(("zone",)), shown(data["zone"]), RuleText("a time zone such as {}", ZONE))
        )
    if data.get("decimal", ".") not in DECIMAL_SIGNS:
        faults.append(
            Fault(
                file.place(("decimal",)),
                shown(data["decimal"]),
                RuleText("one of {}", ", ".join(DECIMAL_SIGNS)),
            )
        )
    required = data.get("required", [])
    strange = [one for one in required if one not in given_columns()] if isinstance(required, list) else []
    faults += [Fault(file.place(("required",)), shown(one), _ours(one)) for one in strange]
    faults += _column_faults(file) + _constant_faults(file) + _unit_faults(file) + _word_faults(file)
    given = {*map(str, data["columns"].values()), *data.get("constants", {})}
    for column in record_columns():
        if column.is_given and column.is_required and column.name not in given:
            faults.append(
                Fault(file.place(("columns",)), f"no {column.name}", "every column that is required")
            )
    return faults


def _ours(name: object) -> str:
    return suggesting("a column of the record that a reader gives", str(name), given_columns())


def _column_faults(file: TomlFile) -> list[Fault]:
    return [
        Fault(file.place(("columns", theirs)), shown(ours), _ours(ours))
        for theirs, ours in file.data["columns"].items()
        if not isinstance(ours, str) or ours not in given_columns()
    ]


def _constant_faults(file: TomlFile) -> list[Fault]:
    faults = []
    for ours, value in file.data.get("constants", {}).items():
        place = file.place(("constants", ours))
        if ours not in given_columns():
            faults.append(Fault(place, shown(ours), _ours(ours)))
        elif ours in file.data["columns"].values():
            faults.append(Fault(place, shown(ours), "a column that is not read from the file too"))
        elif isinstance(value, bool | dict | list):
            faults.append(Fault(place, shown(value), "a text, a number or a date"))
        elif (codes := _column(ours).codes) and value not in codes:
            faults.append(Fault(place, shown(value), one_of(str(value), codes)))
    return faults


def _unit_faults(file: TomlFile) -> list[Fault]:
    faults = []
    for ours, unit in file.data.get("units", {}).items():
        place = file.place(("units", ours))
        own = _column(ours).unit if ours in given_columns() else ""
        if ours not in _MEASURED and not own:
            known = ", ".join([*(one.name for one in record_columns() if one.unit), *_MEASURED])
            faults.append(Fault(place, shown(ours), RuleText("a column that has a unit: {}", known)))
            continue
        try:
            convert(1.0, str(unit), own or str(unit))
        except ValueError as error:
            faults.append(Fault(place, f"{error}", "a known unit that measures the same"))
    measured = {str(unit) for ours, unit in file.data.get("units", {}).items() if ours in _MEASURED}
    if len(measured) > 1:
        faults.append(
            Fault(file.place(("units",)), ", ".join(sorted(measured)), "one unit for value and limit")
        )
    return faults


def _word_faults(file: TomlFile) -> list[Fault]:
    faults: list[Fault] = []
    for ours, known in file.data.get("words", {}).items():
        place = file.place(("words", ours))
        if ours not in file.data["columns"].values():
            faults.append(Fault(place, shown(ours), "a column that is read from the file"))
        elif not isinstance(known, dict):
            faults.append(Fault(place, shown(known), "a table"))
        else:
            faults += _code_faults(file, ours, known)
    return faults


def _code_faults(file: TomlFile, ours: str, known: Mapping[str, Any]) -> list[Fault]:
    codes = _column(ours).codes
    rule = RuleText("one of {}", ", ".join(codes)) if codes else "a text"
    return [
        Fault(file.place(("words", ours, word)), shown(code), rule)
        for word, code in known.items()
        if not isinstance(code, str) or (codes and code not in codes)
    ]
