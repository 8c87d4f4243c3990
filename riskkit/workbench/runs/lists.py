"""What a list of reports asks for: a CSV or TOML file or a folder of cases, with all its faults at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.inputs.toml_file import parse_toml

_MOST_ROWS = 10_000
_MOST_COLUMNS = 100
# the limit of the csv module as Python ships it
_LONGEST_CELL = 131_072
_MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Request:
    """One line of a list: a case, or a notebook that is about none; and what else was said about it."""

    place: str
    case: str
    given: dict[str, Any]
    notebook: str = ""


def read_list(path: Path) -> tuple[Request, ...]:
    """The reports that a list asks for."""
    try:
        if path.is_dir():
            names = sorted(one.name for one in path.glob("*.toml"))
            return _listed(path.name, [(name, {"case": name}) for name in names])
        raw = _read_list(path)
    except OSError as error:
        fault = Fault("list", shown(str(path)), RuleText("a list that can be read ({})", error.strerror))
        raise InputFaults("list", [fault]) from None
    return _listed(path.name, (_csv_rows if path.suffix == ".csv" else _toml_rows)(raw, path.name))


def _read_list(path: Path) -> bytes:
    is_list = path.suffix in (".csv", ".toml") and path.is_file()
    rule = "a .csv or .toml file, or a folder of cases"
    refuse("list", [] if is_list else [Fault("list", shown(str(path)), rule)])
    with path.open("rb") as stream:
        raw = stream.read(_MOST_BYTES + 1)
    is_small = len(raw) <= _MOST_BYTES
    refuse(
        path.name,
        [] if is_small else [Fault(path.name, "too large", RuleText("at most {} bytes", _MOST_BYTES))],
    )
    return raw


def _csv_rows(raw: bytes, name: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            text = raw.decode("gb18030")  # as spreadsheet programs of Chinese systems save it
        except UnicodeDecodeError:
            raise InputFaults(name, [Fault(name, f"byte {error.start}", "UTF-8 text")]) from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    try:
        header = [one.strip() for one in reader.fieldnames or ()]
        reader.fieldnames = header
        is_narrow = len(header) <= _MOST_COLUMNS
        rule = RuleText("at most {}", _MOST_COLUMNS)
        refuse(name, [] if is_narrow else [Fault(f"{name}:1", f"{len(header)} columns", rule)])
        rows = [(f"{name}:{reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise InputFaults(
            name, [Fault(f"{name}:{reader.line_num}", shown(str(error)), "a CSV file")]
        ) from None
    longest = max((len(cell) for _, row in rows for cell in row.values()), default=0)
    is_short = longest <= _LONGEST_CELL  # not left to the csv module: its limit is anybody's to move
    refuse(name, [] if is_short else [Fault(name, f"a cell of {longest} characters", "a CSV file")])
    doubled = {one for one in header if header.count(one) > 1}
    faults = [Fault(f"{name}:1", shown(one), "a column name used once") for one in sorted(doubled)]
    faults += [
        Fault(place, shown(row[""]), "no more cells than columns") for place, row in rows if row.get("")
    ]
    refuse(name, faults)
    return [(place, {k: v for k, v in row.items() if k and v.strip()}) for place, row in rows]


def _toml_rows(raw: bytes, name: str) -> list[tuple[str, dict[str, Any]]]:
    file = parse_toml(raw, name)
    strange = [key for key in file.data if key != "report"]
    refuse(name, [Fault(file.place((key,)), shown(file.data[key]), "a known key: report") for key in strange])
    found = file.data.get("report")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputFaults(name, [Fault(name, "no list of reports", "one [[report]] table for each report")])
    return [(f"{name}: report[{number}]", dict(row)) for number, row in enumerate(found)]


def _listed(name: str, rows: Sequence[tuple[str, dict[str, Any]]]) -> tuple[Request, ...]:
    rule = "the id or the file of a case, or a notebook that is about no case"
    faults = [
        Fault(f"{place}:case", shown(row.get("case")), rule) for place, row in rows if not _is_about(row)
    ]
    if not 0 < len(rows) <= _MOST_ROWS:
        faults.append(Fault(name, f"{len(rows)} reports", RuleText("from 1 to {}", _MOST_ROWS)))
    refuse(name, faults)
    return tuple(_request(place, row) for place, row in rows)


def _is_about(row: dict[str, Any]) -> bool:
    """Whether a line says what it is about: a case, or, without one, a notebook."""
    about = row["case"] if "case" in row else row.get("notebook")
    return isinstance(about, str) and about.strip() != ""


def _request(place: str, row: dict[str, Any]) -> Request:
    given = {k: v for k, v in row.items() if k not in ("case", "notebook")}
    return Request(place, row.get("case", ""), given, str(row.get("notebook", "")))
