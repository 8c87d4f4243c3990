"""What the board of the register asks of it: choices, counts over time, a ranking, and a page of records.

All by DuckDB over the register's own files, through the connection that can only look; what a person chose
goes in as a value, never as part of the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.store.register.query import looking
from riskkit.workbench.reports.monitoring.register_study import INSPECTIONS, by_province

FILTERS = ("source_class", "hazard_class", "product_group", "origin", "port")
RANKED = ("port", "origin", "product_group", "hazard", "maker")
UNKNOWN = "?"
"""Stands for records that do not say it; no code and no name of a filter is this sign alone."""
PAGE = 20
MOST_CHOICES, MOST_RANKED = 200, 12
SHOWN = (
    "record_id", "date", "source_class", "product", "hazard_class", "hazard", "origin", "port", "n_tested",
    "n_nonconforming", "n_injured", "n_dead", "evidence",
)  # fmt: skip
_YEAR = "coalesce(year(date), date_year)"
_IN_TEST = f"source_class IN ({', '.join(repr(one) for one in INSPECTIONS)})"


@dataclass(frozen=True)
class Asked:
    """Which records, and what of them."""

    where: Mapping[str, str] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    by: str = "port"
    page: int = 0

    def __post_init__(self) -> None:
        faults = [
            Fault("filter", shown(one), one_of(one, FILTERS)) for one in self.where if one not in FILTERS
        ]
        faults += [] if self.by in RANKED else [Fault("by", shown(self.by), one_of(str(self.by), RANKED))]
        faults += [] if self.page >= 0 else [Fault("page", shown(self.page), "not below 0")]
        refuse("register", faults)

    def condition(self) -> tuple[str, list[Any]]:
        """The condition in SQL, and the values for its places."""
        parts, values = [], list[Any]()
        for column, value in self.where.items():
            if value == UNKNOWN:
                parts.append(f"{column} IS NULL")
            elif value:
                parts.append(f"{column} = ?")
                values.append(value)
        for sign, year in ((">=", self.since), ("<=", self.until)):
            if year is not None:
                parts.append(f"{_YEAR} {sign} ?")
                values.append(year)
        return " AND ".join(parts) or "true", values


@dataclass(frozen=True)
class Choices:
    """What can be chosen: for each filter its values, the most frequent first, and the years there are."""

    values: dict[str, tuple[str, ...]]
    years: tuple[int, ...]
    n_records: int


@dataclass(frozen=True)
class Found:
    """What fits."""

    n_records: int
    periods: pd.DataFrame
    ranking: pd.DataFrame
    n_names: int
    page: pd.DataFrame
    places: pd.DataFrame


def choices(folder: Path) -> Choices:
    """What the records of a register can be filtered by."""
    with looking(folder) as connection:
        values = {column: _values(connection, column) for column in FILTERS}
        years = connection.sql(
            f"SELECT DISTINCT {_YEAR} AS year FROM records WHERE year IS NOT NULL ORDER BY 1"  # noqa: S608
        ).fetchall()
        n_records = int(_table(connection, "SELECT count(*) AS n FROM records", [])["n"].iloc[0])
    return Choices(values, tuple(int(year) for (year,) in years), n_records)


def _values(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[str, ...]:
    found = connection.sql(
        f"SELECT {column}, count(*) AS n FROM records GROUP BY 1 ORDER BY n DESC, 1"  # noqa: S608 - our names
    ).fetchall()
    known = [str(value) for value, _ in found if value is not None and value != UNKNOWN][:MOST_CHOICES]
    return (*known, *([UNKNOWN] if any(value is None for value, _ in found) else []))


def ask(folder: Path, asked: Asked) -> Found:
    """The records that fit: how many, over time, ranked, and one page of them."""
    condition, values = asked.condition()
    where = f"FROM records WHERE {condition}"
    sums = _sums()
    with looking(folder) as connection:
        n_records = int(_table(connection, f"SELECT count(*) AS n {where}", values)["n"].iloc[0])
        periods = _table(
            connection, f"SELECT {_YEAR} AS year, {sums} {where} GROUP BY 1 ORDER BY 1 NULLS LAST", values
        )
        ranking = _table(
            connection,
            f"SELECT {asked.by} AS name, {sums} {where} GROUP BY 1 ORDER BY n_records DESC, 1 NULLS LAST",
            values,
        )
        page = _table(
            connection,
            f"SELECT {', '.join(SHOWN)} {where} ORDER BY date DESC NULLS LAST, record_id LIMIT ? OFFSET ?",
            [*values, PAGE, PAGE * asked.page],
        )
        named = _table(connection, f"SELECT region, port, count(*) AS n {where} GROUP BY 1, 2", values)
    places = by_province(named)
    return Found(n_records, periods, ranking.head(MOST_RANKED), len(ranking), page, places)


def _sums() -> str:
    """Counts of records, and of inspections whose two counts are known."""
    known = f"{_IN_TEST} AND n_tested IS NOT NULL AND n_nonconforming IS NOT NULL"
    half = f"{_IN_TEST} AND (n_tested IS NULL) <> (n_nonconforming IS NULL)"
    return (
        f"count(*) AS n_records, sum(n_tested) FILTER ({known}) AS n_tested, "
        f"sum(n_nonconforming) FILTER ({known}) AS n_nonconforming, count(*) FILTER ({half}) AS n_unknown"
    )


def _table(connection: duckdb.DuckDBPyConnection, question: str, values: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame(connection.sql(question, params=list(values)).to_arrow_table().to_pandas())
