"""The tables that the response notebooks start from: a shipped example, or a CSV file of one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table

T = TypeVar("T")
say = Texts("response")


def open_example(name: str, *, sample: str, what: str, texts: Sequence[str]) -> OpenTable:
    """A table as read; `texts` (names and days) stay as written."""
    return open_table(name, sample=sample, folder="examples", what=what, texts=texts)


def tried(faults: list[Fault], make: Callable[[], T]) -> T | None:
    """What `make` gives, or its faults added to the others."""
    try:
        return make()
    except InputFaults as error:
        faults += error.faults
        return None


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
