"""Whether the tables of a ledger are those that riskkit makes: no chain covers what they are and refuse."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from riskkit.foundation.events import Finding
from riskkit.store.ledger.tables import REFUSED, STEPS, schema_version, table_of

_TABLES = ("ledger_events", "ledger_schema")
_NOISE = re.compile(r"[\s\"`\[\]]+")
Objects = Mapping[str, str]


def schema_findings(engine: sa.Engine) -> list[Finding]:
    """What differs between a ledger's tables, triggers and indexes and those of its version.

    Parameters
    ----------
    engine : sqlalchemy.Engine

    Returns
    -------
    list of Finding
        Of kind ``schema``, at sequence 0.

    Examples
    --------
    >>> import tempfile
    >>> from riskkit.store.ledger.ledger import open_ledger
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/l.sqlite")
    ...     found = schema_findings(ledger.engine)
    ...     ledger.close()
    >>> found
    []
    """
    with engine.connect() as connection:
        version = schema_version(connection)
        if connection.dialect.name == "sqlite":
            with _made_anew(version) as model:
                wanted, found = _in_file(model), _in_file(connection)
        else:
            wanted, found = _wanted_on_server(version), _on_server(connection)
    return [Finding(0, "schema", text) for text in _differences(wanted, found)]


@contextlib.contextmanager
def _made_anew(version: int) -> Iterator[sa.Connection]:
    """Empty tables of a version in memory, to compare a ledger in SQLite with."""
    engine = sa.create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            for step in STEPS[:version]:
                step(connection)
            yield connection
    finally:
        engine.dispose()


def _differences(wanted: Objects, found: Objects) -> Iterator[str]:
    for name in sorted(wanted.keys() - found.keys()):
        yield f"{name} is missing"
    for name in sorted(found.keys() - wanted.keys()):
        yield f"{name} was added"
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name] != found[name]:
            yield f"{name} is not as it was made"


def _in_file(connection: sa.Connection) -> dict[str, str]:
    """Everything in a ledger's file, as it was stated; a ledger in SQLite has its file to itself."""
    rows = connection.exec_driver_sql("SELECT type, name, coalesce(sql, tbl_name) FROM sqlite_master")
    return {f"{kind} {name}": _NOISE.sub("", str(sql)).lower() for kind, name, sql in rows if _is_ours(name)}


def _is_ours(name: object) -> bool:
    return not str(name).startswith("sqlite_stat")


def _wanted_on_server(version: int) -> dict[str, str]:
    table = table_of(version)
    texts = {"BIGINT": "bigint", "TEXT": "text C", "VARCHAR(200)": "character varying(200) C"}
    found = {"relation ledger_events": "r,f,f", "relation ledger_schema": "r,f,f"}
    for column in table.columns:
        kind = texts[str(column.type.dialect_impl(sqlite_dialect())).partition(" COLLATE")[0]]
        found[f"column ledger_events.{column.name}"] = f"{kind},{'f' if column.nullable else 't'}"
    found["column ledger_schema.version"] = "integer,t"
    for name, on in (("sequence", "p"), ("key", "u"), ("prev_hash", "u")):
        found[f"constraint ledger_events({name})"] = on
    found["constraint ledger_schema(version)"] = "p"
    if version > 1:
        found["index ledger_events_of_stream"] = "stream,sequence"
    return found | {"trigger ledger_events.ledger_no_change": f"O,58,{_NOISE.sub('', REFUSED)}"}


_OURS = "(SELECT * FROM pg_class WHERE oid IN (to_regclass('ledger_events'), to_regclass('ledger_schema'))) c"
_SERVER = {
    "relation": "SELECT c.relname, concat_ws(',', c.relkind, c.relrowsecurity, c.relhasrules) FROM OURS",
    "column": """
        SELECT concat(c.relname, '.', a.attname),
            concat(format_type(a.atttypid, a.atttypmod), ' ' || nullif(l.collname, 'default'),
                CASE WHEN a.atthasdef THEN ' default' END, ',', a.attnotnull)
        FROM OURS JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_collation l ON l.oid = a.attcollation""",
    "constraint": """
        SELECT concat(c.relname, '(', (SELECT string_agg(a.attname, ',') FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)), ')'), k.contype
        FROM OURS JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype <> 'n'""",
    "index": """
        SELECT i.relname, (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = i.oid)
        FROM OURS JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)""",
    "trigger": """
        SELECT concat(c.relname, '.', t.tgname), concat_ws(',', t.tgenabled, t.tgtype, p.prosrc)
        FROM OURS JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
        JOIN pg_proc p ON p.oid = t.tgfoid""",
    "rule": """
        SELECT concat(c.relname, '.', r.rulename), r.ev_type
        FROM OURS JOIN pg_rewrite r ON r.ev_class = c.oid""",
    "child": "SELECT h.inhrelid::regclass::text, '' FROM OURS JOIN pg_inherits h ON h.inhparent = c.oid",
}


def _on_server(connection: sa.Connection) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, asked in _SERVER.items():
        for name, what in connection.exec_driver_sql(asked.replace("OURS", _OURS)):
            found[f"{kind} {name}"] = _NOISE.sub("", str(what)) if kind == "trigger" else str(what)
    return found
