"""Questions to a register in SQL: it is looked at and nothing else.

A question is one SELECT. It sees the tables ``records`` (of each notice the row that counts), ``versions``
(every row accepted, with ``is_current``), ``quarantine``, ``ingests`` and ``columns``, no file outside of the
register, no network, and no variable of this program.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown, visible
from riskkit.foundation.records.evidence import arrow_schema, quarantine_schema, record_columns
from riskkit.store.register.lock import reading
from riskkit.store.register.manifest import Ingest, Manifest, read_manifest, require_parts
from riskkit.store.register.versions import current_query, rows_query

_MEMORY = "2GB"
_LONGEST_TOLD = 300
_WILD = re.compile(r"[*?\[\]{}]")
_TYPES = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "country": "VARCHAR",
    "date": "DATE",
    "count": "BIGINT",
    "number": "DOUBLE",
}


def column_dictionary() -> pa.Table:
    """What each column of the record is, in zh and en.

    Examples
    --------
    >>> column_dictionary().column_names
    ['column', 'kind', 'type', 'zh', 'en', 'meaning_zh', 'meaning_en', 'unit']
    """
    names = ("zh", "en", "meaning_zh", "meaning_en", "unit")
    return pa.Table.from_pylist(
        [
            {"column": one.name, "kind": one.kind, "type": _TYPES[one.kind]}
            | {name: getattr(one, name) for name in names}
            for one in record_columns()
        ]
    )


def ingest_log(manifest: Manifest) -> pa.Table:
    """The files that were read in, one row each.

    Examples
    --------
    >>> ingest_log(Manifest()).column_names[:3]
    ['number', 'file_name', 'file_sha256']
    """
    whole = {name for name, kind in Ingest.__annotations__.items() if kind == "int"}
    schema = pa.schema(
        [(name, pa.int64() if name in whole else pa.string()) for name in Ingest.__annotations__]
    )
    return pa.Table.from_pylist([asdict(one) for one in manifest.ingests], schema=schema)


@contextlib.contextmanager
def looking(
    folder: Path, *, memory: str = _MEMORY, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees a register as it is now and can do nothing but look.

    Parameters
    ----------
    folder : Path
        The register.
    memory : str
        How much memory a question may take; what it needs beyond that goes to a temporary folder.
    threads : int, optional
        How many threads; all cores if not given.

    Raises
    ------
    InputFaults
        When there is no register, or files of it are lost.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, looking(Path(there)) as connection:
    ...     connection.sql("select count(*) from records").fetchall()
    [(0,)]
    """
    if not folder.is_dir():
        rule = "the folder of a register"
        raise InputFaults(str(folder), [Fault("--register", shown(str(folder)), rule)])
    with reading(folder), tempfile.TemporaryDirectory(prefix="riskkit-") as spare:
        manifest = read_manifest(folder)
        require_parts(folder, manifest)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": spare,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        connection = duckdb.connect(config=settings)
        try:
            shown_at = _plainly_named(folder, Path(spare))
            _show(connection, shown_at, manifest)
            _lock(connection, shown_at, spare)
            yield connection
        finally:
            connection.close()


def _plainly_named(folder: Path, spare: Path) -> Path:
    """The folder, under another name where its own holds signs that the engine takes for patterns."""
    if not _WILD.search(str(folder.absolute())):
        return folder
    link = spare / "register"
    link.symlink_to(folder.absolute(), target_is_directory=True)
    return link


def _show(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> None:
    records, gone = manifest.of_kind("records"), manifest.of_kind("superseded")
    aside, schema = manifest.of_kind("quarantine"), quarantine_schema()
    current = current_query(folder, records, gone) if records else None
    every = rows_query(folder, records, arrow_schema()) if records else None
    old = rows_query(folder, gone, pa.schema([("record_id", pa.string())])) if gone else None
    _view(connection, "records", current, schema=arrow_schema())
    _view(connection, "quarantine", rows_query(folder, aside, schema) if aside else None, schema=schema)
    _view(connection, "superseded", old, schema=pa.schema([("record_id", pa.string())]))
    _view(connection, "accepted", every, schema=arrow_schema())
    is_current = "record_id NOT IN (SELECT record_id FROM superseded)"
    connection.execute(f"CREATE VIEW versions AS SELECT *, {is_current} AS is_current FROM accepted")  # noqa: S608
    for name, table in {"ingests": ingest_log(manifest), "columns": column_dictionary()}.items():
        _table(connection, name, table)


def _view(connection: duckdb.DuckDBPyConnection, name: str, query: str | None, *, schema: pa.Schema) -> None:
    """What a query gives; nothing in its columns, where there is no file to ask."""
    if query is None:
        _table(connection, name, schema.empty_table())
    else:
        connection.execute(f"CREATE VIEW {name} AS {query}")


def _table(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("arriving", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608 - our own names
    connection.unregister("arriving")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _lock(connection: duckdb.DuckDBPyConnection, folder: Path, spare: str) -> None:
    """No files but the register's and the temporary folder's, and no way back."""
    allowed = ", ".join(_quoted(str(one)) for one in (folder.absolute(), spare))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_progress_bar = false")  # a notebook would print it into its report
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def sql(folder: Path, question: str, *, most_rows: int | None = None) -> pa.Table:
    """The answer to a question in SQL.

    Parameters
    ----------
    folder : Path
        The register.
    question : str
        One SELECT.
    most_rows : int, optional
        How many rows to give; all if not given.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    InputFaults
        When it is no single SELECT, or cannot be answered.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     sql(Path(there), "select \\"column\\" from columns limit 1").to_pylist()
    ...     try:
    ...         sql(Path(there), "copy records to 'x.csv'")
    ...     except InputFaults as error:
    ...         print(error.faults[0].rule)
    [{'column': 'record_id'}]
    one SELECT
    """
    try:
        statements = duckdb.extract_statements(question)
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            raise InputFaults("sql", [Fault("sql", shown(question), "one SELECT")])
        with looking(folder) as connection:
            answer = connection.sql(question)
            return (answer.limit(most_rows) if most_rows is not None else answer).to_arrow_table()
    except (duckdb.Error, UnicodeError) as error:
        raise unanswered("sql", error) from error


def unanswered(what: str, error: Exception) -> InputFaults:
    """What DuckDB says against a question, in a line.

    Examples
    --------
    >>> unanswered("sql", duckdb.Error("no such\\ncolumn\\n\\nLINE 1")).faults[0].value
    'no such column'
    """
    told = visible(f"{error}".split("\n\n")[0].replace("\n", " "))[:_LONGEST_TOLD]
    return InputFaults(what, [Fault(what, told, "a question that can be answered")])
