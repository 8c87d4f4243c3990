"""Counts over a register, written once for every engine: DuckDB on one machine, Spark on many.

The questions are ibis expressions over the columns of the record. An engine only runs them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, refuse, shown, suggesting
from riskkit.foundation.records.evidence import arrow_schema
from riskkit.store.register.query import looking, unanswered
from riskkit.store.register.spark import register_in_spark

ENGINES = ("duckdb", "spark")
PERIODS = {"year": "Y", "quarter": "Q", "month": "M"}
SUMS = ("n_units", "n_tested", "n_nonconforming", "n_injured", "n_dead")


@dataclass(frozen=True)
class CountsAsked:
    """What is to be counted.

    Parameters
    ----------
    by : tuple of str
        Columns of the record, or ``year``, ``quarter``, ``month``: one row of counts for each combination;
        none for one row of all.
    since, until : date, optional
        First and last day that count.
    where : mapping of str to sequence of str
        Columns and the values that count.
    """

    by: tuple[str, ...]
    since: dt.date | None = None
    until: dt.date | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {*arrow_schema().names, *PERIODS}
        strange = [one for one in self.by if one not in known]
        strange += [one for one in self.where if one not in arrow_schema().names]
        rule = "a column of the record, year, quarter or month"
        faults = [Fault("counts", shown(one), suggesting(rule, one, sorted(known))) for one in strange]
        unfit = dict.fromkeys(one for one in self.by if one in SUMS or self.by.count(one) > 1)
        rule = "a column named once that is not itself summed"
        faults += [Fault("counts", shown(one), rule) for one in unfit]
        refuse("counts", faults)


def counts(records: Any, asked: CountsAsked) -> Any:
    """Rows and sums by some columns, as an expression that any engine can run.

    Parameters
    ----------
    records : ibis table
        The records.
    asked : CountsAsked
        What is to be counted.

    Returns
    -------
    ibis table
        The columns of `by`, then ``n_records`` and the sum of each count; a sum over nothing is missing.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.table(ibis.Schema.from_pyarrow(arrow_schema()), name="records")
    >>> counts(table, CountsAsked(("origin", "year"))).columns[:4]
    ('origin', 'year', 'n_records', 'n_units')
    """
    rows = records
    if asked.since is not None:
        rows = rows.filter(rows.date.coalesce(_day_of(rows, 1, 1)) >= asked.since)
    if asked.until is not None:
        rows = rows.filter(rows.date.coalesce(_day_of(rows, 12, 31)) <= asked.until)
    for column, values in asked.where.items():
        rows = rows.filter(rows[column].isin(list(values)))
    keys = {name: _period(rows, name) if name in PERIODS else rows[name] for name in asked.by}
    sums = {name: rows[name].sum().cast("int64") for name in SUMS}
    return (rows.group_by(**keys) if keys else rows).aggregate(n_records=rows.count(), **sums)


def _period(rows: Any, name: str) -> Any:
    """The first day of the period of each row; of a row without a day, only its year is known."""
    first = rows.date.truncate(PERIODS[name]).cast("date")
    return first.coalesce(_day_of(rows, 1, 1)) if name == "year" else first


def _day_of(rows: Any, month: int, day: int) -> Any:
    """A day of the year of a row that has no day."""
    import ibis  # type: ignore[import-untyped]

    return ibis.date(rows.date_year.cast("int32"), month, day)


def counted(folder: Path, asked: CountsAsked, *, engine: str = "duckdb", session: Any = None) -> pa.Table:
    """The counts of a register.

    Parameters
    ----------
    folder : Path
        The register.
    asked : CountsAsked
        What is to be counted.
    engine : str
        ``duckdb``, or ``spark`` where riskkit was installed with it.
    session : SparkSession, optional
        That of a cluster, for ``spark``; one of this machine alone if not given.

    Returns
    -------
    pyarrow.Table
        In the order of `by`, missing last; the same whichever engine counts.

    Raises
    ------
    InputFaults
        When there is no register, or no such engine here.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     counted(Path(there), CountsAsked(("origin",))).num_rows
    0
    """
    if engine not in ENGINES:
        refuse("--engine", [Fault("--engine", shown(engine), " | ".join(ENGINES))])
    is_duckdb = engine == "duckdb"
    found = _typed(_by_duckdb(folder, asked) if is_duckdb else _by_spark(folder, asked, session), asked)
    return found.sort_by([(name, "ascending") for name in asked.by]) if asked.by else found


def with_period_names(found: pa.Table, asked: CountsAsked) -> pa.Table:
    """Counts with the periods as people write them: 2026, 2026-Q1, 2026-03.

    Examples
    --------
    >>> rows = pa.table({"quarter": [dt.date(2026, 4, 1), None], "n_records": [1, 2]})
    >>> with_period_names(rows, CountsAsked(("quarter",)))["quarter"].to_pylist()
    ['2026-Q2', None]
    """
    for place, name in enumerate(asked.by):
        if name in PERIODS:
            days = found[name].to_pylist()
            found = found.set_column(place, name, [[day and _period_name(day, name) for day in days]])
    return found


def _period_name(day: dt.date, period: str) -> str:
    if period == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day.year}" if period == "year" else f"{day:%Y-%m}"


def _typed(found: pa.Table, asked: CountsAsked) -> pa.Table:
    """The types of the record, whatever types an engine gives; periods are days."""
    kinds = {name: arrow_schema().field(name).type for name in asked.by if name not in PERIODS}
    kinds |= {name: pa.date32() for name in asked.by if name in PERIODS}
    kinds |= dict.fromkeys(("n_records", *SUMS), pa.int64())
    return pa.table({name: found[name].cast(kind) for name, kind in kinds.items()}).select(
        [*asked.by, "n_records", *SUMS]
    )


def _question(asked: CountsAsked, dialect: str) -> str:
    """The question in the SQL of an engine, over the columns that it needs."""
    import ibis

    needed = {"date", "date_year", *SUMS, *asked.by, *asked.where}
    schema = pa.schema([one for one in arrow_schema() if one.name in needed])
    if any(pa.types.is_floating(one.type) for one in schema):
        dialect = getattr(ibis, dialect).name  # how an engine reads "not a number" is its own option
    table = ibis.table(ibis.Schema.from_pyarrow(schema), name="records")
    return str(ibis.to_sql(counts(table, asked), dialect=dialect))


def _by_duckdb(folder: Path, asked: CountsAsked) -> pa.Table:
    try:
        with looking(folder) as connection:
            return connection.sql(_question(asked, "duckdb")).to_arrow_table()
    except duckdb.Error as error:
        raise unanswered("counts", error) from error


def _by_spark(folder: Path, asked: CountsAsked, session: Any) -> pa.Table:
    with register_in_spark(folder, session=session) as asking:
        if asking is None:
            return _by_duckdb(folder, asked)
        return asking.sql(_question(asked, "pyspark")).toArrow()
