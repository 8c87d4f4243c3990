"""The tables that reports on responses start from: shipped examples, or folders and files of the user."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table

Columns = Mapping[str, tuple[str, ...]]


def open_folder(
    folder: str, *, sample: str, columns: Columns, first: str, texts: Sequence[str]
) -> dict[str, OpenTable]:
    """The tables of the example, or those of a folder that are there; the file `first` must be."""
    if folder == sample:
        return {
            name: open_example(f"{sample}/{name}", sample=f"{sample}/{name}", what=name, texts=texts)
            for name in columns
        }
    there = Path(folder)
    rule = RuleText("{}, or a folder with {}.csv", sample, first)
    refuse("folder", [] if (there / f"{first}.csv").is_file() else [Fault("folder", shown(folder), rule)])
    return tables_in(there, columns, texts=texts)


def tables_in(folder: Path, names: Iterable[str], *, texts: Sequence[str]) -> dict[str, OpenTable]:
    """Those of the files that are in a folder."""
    paths = {name: folder / f"{name}.csv" for name in names}
    return {
        name: open_example(str(path), sample="", what=name, texts=texts)
        for name, path in paths.items()
        if path.is_file()
    }


def folder_faults(tables: Mapping[str, pd.DataFrame], columns: Columns, *, more: Columns) -> list[Fault]:
    """Columns of every table that are missing, and those that nobody would read."""
    return [
        fault
        for name, table in tables.items()
        for fault in column_faults(
            table, what=name, needed=columns[name], known=(*columns[name], *more.get(name, ()))
        )
    ]


def id_faults(tables: Mapping[str, pd.DataFrame], keys: Mapping[str, str]) -> list[Fault]:
    """Ids of the tables that are missing or stand twice."""
    return [
        Fault(f"{name}: row {row + 1}: {key}", shown(cell), "an id, each once")
        for name, key in keys.items()
        for row, cell in enumerate(tables[name][key])
        if cell is None or (tables[name][key] == cell).to_numpy()[:row].any()
    ]


def link_faults(
    tables: Mapping[str, pd.DataFrame], names: Sequence[str], key: str, *, of: str, rule: str
) -> list[Fault]:
    """Cells of the tables `names` that are no id of the table `of`."""
    known = set(tables[of][key])
    return [
        Fault(f"{name}: row {row + 1}: {key}", shown(cell), rule)
        for name in names
        for row, cell in enumerate(tables[name][key])
        if cell not in known
    ]


def digest_of(opened: Mapping[str, OpenTable]) -> str:
    """Of all files together."""
    return hashlib.sha256("".join(one.sha256 for one in opened.values()).encode()).hexdigest()


def name_of(folder: str, *, sample: str) -> str:
    """How the input is named: the example, or the last part of a path."""
    return folder if folder == sample else Path(folder).name


say = Texts("response")


def open_example(name: str, *, sample: str, what: str, texts: Sequence[str]) -> OpenTable:
    """A table as read; `texts` (names and days) stay as written."""
    return open_table(name, sample=sample, folder="examples", what=what, texts=texts)


def open_further(
    name: str, beside: OpenTable, *, sample: str, columns: Sequence[str], texts: Sequence[str], what: str = ""
) -> OpenTable:
    """The example's own table beside the example; beside another file nothing, unless one is given."""
    if name or beside.is_sample:
        return open_example(name or sample, sample=sample, what=what or sample, texts=texts)
    return replace(beside, name="", table=pd.DataFrame(columns=list(columns)), n_read=0, sha256="")


def object_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Every cell as an object, None where it is empty."""
    rows = table.astype(object)
    return rows.where(rows.notna(), None)


def plain_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows from 0, with None for empty texts."""
    rows = table.reset_index(drop=True)
    texts = rows.astype({name: object for name in rows if rows[name].dtype == "string"})
    return texts.where(rows.notna(), None)


def column_faults(
    table: pd.DataFrame, *, what: str, needed: Sequence[str], known: Sequence[str]
) -> list[Fault]:
    """Columns that are missing, and those that nobody would read (misspelt, as a rule)."""
    missing = [Fault(f"{what}: {name}", "missing", "a column") for name in needed if name not in table]
    names = [str(name) for name in table if name not in known]
    rows = [] if len(table) else [Fault(what, "0 rows", "at least one row")]
    return [
        *missing,
        *(Fault(f"{what}: column", shown(name), one_of(name, list(known))) for name in names),
        *rows,
    ]


def one_day(text: str, *, what: str, faults: list[Fault]) -> dt.date | None:
    """A day given as a parameter; None when it is empty or wrong."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        faults.append(Fault(what, shown(text), "YYYY-MM-DD"))
        return None


def parameter_day(text: str) -> dt.date:
    """A day as a notebook's parameter writes it."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputFaults("day", [Fault("on", shown(text), "a date as YYYY-MM-DD")]) from None


def house_rows(tables: Sequence[pd.DataFrame], *, value: Sequence[str]) -> Section:
    """Values of the tables that this project set itself."""
    rows = tuple(
        (str(row[language()]), f"{row[name]:g}")
        for table, name in zip(tables, value, strict=True)
        for row in records(table[(table["status"] == "house") & table[name].notna()])
    )
    heads = (say("col_meaning"), say("col_value"))
    return Section("house-numbers", say("house_title"), 1,
                   (Table(say("house_title"), heads, rows, numeric=(1,)),))  # fmt: skip
