"""Versions and translations of a notice: which row of each notice counts.

A notice is what a source gives a number of its own. Rows with one number are one notice: the row that counts
is the original language's before a translation, then the latest, then the fullest; ties are broken by the
record id, so that the order in which files were read in changes nothing. The other rows stay in the register
as its history.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]

from riskkit.foundation.records.evidence import arrow_schema, given_columns
from riskkit.store.register.manifest import Part
from riskkit.store.register.parts import sync_file

_WILD = "*?["
_RANK = "coalesce(language, 'en') <> 'en', version DESC NULLS LAST, n_filled DESC, record_id"
_MEMORY = "2GB"


@dataclass(frozen=True)
class Versions:
    """What the rows of a file are to the notices that a register knows.

    Parameters
    ----------
    parts : tuple of Part
        The ids of all rows of the source that do not count, by year.
    n_newer, n_translations, n_restated : int
        Rows of the file that belong to a known notice: later, in another language, or neither.
    """

    parts: tuple[Part, ...]
    n_newer: int
    n_translations: int
    n_restated: int


def rows_query(folder: Path, parts: Sequence[Part], schema: pa.Schema) -> str:
    """A SELECT over Parquet files with all columns of a schema; one that a file lacks is missing.

    Parameters
    ----------
    folder : Path
        The register.
    parts : sequence of Part
        At least one file.
    schema : pyarrow.Schema
        The columns wanted. Files of an earlier version may lack some.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     pa_parquet.write_table(pa.table({"date_year": [1]}), Path(there) / "a.parquet")
    ...     one = Part("records", "a.parquet", "s", 0, 1, 1)
    ...     wanted = pa.schema([("date_year", pa.int64()), ("flags", pa.string())])
    ...     duckdb.sql(rows_query(Path(there), [one], wanted)).fetchall()
    [(1, None)]
    """
    there: set[str] = set()
    lacking = False
    for part in parts:
        found = _columns(folder / part.path) or set(schema.names)
        lacking |= bool(there) and found != there
        there |= found
    columns = [
        _name(field.name) if field.name in there else f"NULL::{_TYPES[field.type]} AS {_name(field.name)}"
        for field in schema
    ]
    files = ", ".join(_quoted(_literal(str((folder / part.path).absolute()))) for part in parts)
    by_name = ", union_by_name = true" if lacking else ""
    read = f"read_parquet([{files}], hive_partitioning = false{by_name})"
    return f"SELECT {', '.join(columns)} FROM {read}"  # noqa: S608 - quoted


def _columns(path: Path) -> set[str]:
    """The columns of a file; none where it is spoilt, which the engine tells when it is asked."""
    try:
        return set(pa_parquet.read_schema(path).names)
    except (OSError, pa.ArrowException):
        return set()


_TYPES = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.date32(): "DATE"}


def _name(column: str) -> str:
    return f'"{column}"'


def _literal(path: str) -> str:
    """A path in which no sign stands for other names."""
    return "".join(f"[{sign}]" if sign in _WILD else sign for sign in path)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def current_query(folder: Path, records: Sequence[Part], superseded: Sequence[Part]) -> str:
    """A SELECT of the records that count; only years in which some do not are looked through.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     for name in ("a", "b"):
    ...         pa_parquet.write_table(pa.table({"record_id": [name]}), Path(there) / f"{name}.parquet")
    ...     old = Part("superseded", "b.parquet", "s", 2020, 1, 1)
    ...     rows = [Part("records", f"{name}.parquet", "s", 2020, 1, 1) for name in ("a", "b")]
    ...     duckdb.sql(f"SELECT record_id FROM ({current_query(Path(there), rows, [old])})").fetchall()
    [('a',)]
    """
    touched = {(part.source, part.year) for part in superseded}
    whole = [part for part in records if (part.source, part.year) not in touched]
    mixed = [part for part in records if (part.source, part.year) in touched]
    queries = [rows_query(folder, whole, arrow_schema())] if whole else []
    if mixed:
        ids = pa.schema([("record_id", pa.string())])
        gone, rows = rows_query(folder, superseded, ids), rows_query(folder, mixed, arrow_schema())
        queries.append(f"SELECT * FROM ({rows}) ANTI JOIN ({gone}) USING (record_id)")  # noqa: S608
    return " UNION ALL ".join(queries)


def versions(
    folder: Path, before: Sequence[Part], fresh: Sequence[Part], *, source: str, number: int
) -> Versions:
    """Which rows of a source do not count after a file was read in; their ids are written.

    Parameters
    ----------
    folder : Path
        The register.
    before, fresh : sequence of Part
        The records of the source that were there, and those of the file.
    source : str
        The source.
    number : int
        Of this change of the register; the files are called after it.

    Returns
    -------
    Versions

    Examples
    --------
    >>> versions(Path("."), [], [], source="s", number=1)
    Versions(parts=(), n_newer=0, n_translations=0, n_restated=0)
    """
    sides = [(parts, is_fresh) for parts, is_fresh in ((before, False), (fresh, True)) if parts]
    if not fresh:
        return Versions((), 0, 0, 0)
    rows = " UNION ALL ".join(_side(folder, parts, is_fresh) for parts, is_fresh in sides)
    with (
        tempfile.TemporaryDirectory(prefix="riskkit-") as spare,
        duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": spare}) as engine,
    ):
        engine.execute("SET enable_progress_bar = false")  # its output would stand within the answer
        engine.execute(f"CREATE TABLE told AS {_told(rows)}")
        newer, translations, restated = engine.sql(_TALLY).fetchall()[0]
        gone = engine.sql("SELECT record_id, year FROM told WHERE place > 1 ORDER BY ALL").to_arrow_table()
    parts = _written(folder, gone, source=source, number=number)
    return Versions(parts, int(newer), int(translations), int(restated))


def _side(folder: Path, parts: Sequence[Part], is_fresh: bool) -> str:
    """The rows with a notice, with what they are ranked by."""
    filled = " + ".join(f"({_name(name)} IS NOT NULL)::INTEGER" for name in given_columns())
    return (
        "SELECT record_id, notice, language, coalesce(notice_updated, date_reported, date) AS version, "  # noqa: S608
        f"coalesce(year(date), date_year, 0) AS year, {filled} AS n_filled, {is_fresh} AS fresh "
        f"FROM ({rows_query(folder, parts, arrow_schema())}) WHERE notice IS NOT NULL"
    )


def _told(rows: str) -> str:
    """Each row with its place in its notice, and what the notice was before."""
    mine = "PARTITION BY notice"
    return (
        f"SELECT *, row_number() OVER ({mine} ORDER BY {_RANK}) AS place, "  # noqa: S608
        f"bool_or(NOT fresh) OVER ({mine}) AS known, "
        f"max(version) FILTER (NOT fresh) OVER ({mine}) AS version_before, "
        f"row_number() OVER ({mine}, fresh ORDER BY {_RANK}) AS place_in_file, "
        f"row_number() OVER ({mine}, language ORDER BY fresh, {_RANK}) AS place_in_language FROM ({rows})"
    )


_TALLY = """
WITH further AS (
    SELECT version, version_before, language IS NOT NULL AND place_in_language = 1 AS is_translation
    FROM told WHERE fresh AND (known OR place_in_file > 1)
)
SELECT count(*) FILTER (NOT is_translation AND coalesce(version > version_before, false)),
       count(*) FILTER (is_translation),
       count(*) FILTER (NOT is_translation AND NOT coalesce(version > version_before, false))
FROM further
"""


def _written(folder: Path, gone: pa.Table, *, source: str, number: int) -> tuple[Part, ...]:
    parts = []
    for year in gone["year"].unique().sort().to_pylist():
        rows = gone.filter(pc.equal(gone["year"], year)).select(["record_id"])
        path = f"superseded/source={source}/year={year}/{number:08d}.parquet"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        pa_parquet.write_table(rows, folder / path, compression="zstd")
        n_bytes = sync_file(folder, path)
        parts.append(Part("superseded", path, source, year, len(rows), n_bytes))
    return tuple(parts)
