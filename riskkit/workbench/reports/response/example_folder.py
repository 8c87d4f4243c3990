"""A folder of CSV files that a notebook starts from: the shipped example, or one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.example_tables import column_faults, open_example

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
    rule = f"{sample}, or a folder with {first}.csv"
    refuse("folder", [] if (there / f"{first}.csv").is_file() else [Fault("folder", shown(folder), rule)])
    return {
        name: open_example(str(there / f"{name}.csv"), sample="", what=name, texts=texts)
        for name in columns
        if (there / f"{name}.csv").is_file()
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


def plain_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows from 0 with None for empty cells."""
    rows = table.reset_index(drop=True)
    texts = rows.astype({name: object for name in rows if rows[name].dtype == "string"})
    return texts.where(rows.notna(), None)


def digest_of(opened: Mapping[str, OpenTable]) -> str:
    """Of all files together."""
    return hashlib.sha256("".join(one.sha256 for one in opened.values()).encode()).hexdigest()


def name_of(folder: str, *, sample: str) -> str:
    """How the input is named: the example, or the last part of a path."""
    return folder if folder == sample else Path(folder).name
