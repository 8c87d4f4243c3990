"""The record of evidence: which columns it has, of which kind, and what may stand in them.

Everything that reads, checks, stores or asks for records takes this from here; it is described once, in the
table ``record_columns``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.language import language
from riskkit.foundation.standards import glossary, standards

KINDS = ("text", "date", "count", "number", "code", "country")
QUARANTINE_COLUMNS = (
    "source", "file_sha256", "file_name", "row_number", "column", "value", "rule_id", "native",
    "reader_version",
)  # fmt: skip
"""One line for each rule that a row breaks; `native` holds all that the row said, as JSON."""

LONG_TEXTS = ("record_id", "lot", "text", "evidence", "notice")
"""Columns in which nearly every row says something of its own: they are not kept as words of a list."""


@dataclass(frozen=True)
class RecordColumn:
    """One column of the record.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        ``text``, ``date``, ``count`` (whole), ``number`` (finite), ``code`` or ``country``.
    is_given : bool
        Whether a reader gives it; the others are filled in when a file is read.
    is_required : bool
        Whether a record without it is refused.
    is_row_lost : bool
        Whether a cell that cannot be read puts its row in quarantine; if not, only the cell is left empty.
    codes : tuple of str
        The codes that may stand in it; empty where it is no list.
    pattern : str
        Regular expression of the whole cell; empty where there is none.
    minimum, maximum : str
        Bounds as written, in `unit`; empty where open.
    unit, zh, en, meaning_zh, meaning_en : str
        Unit, label and meaning.
    """

    name: str
    kind: str
    is_given: bool
    is_required: bool
    is_row_lost: bool
    codes: tuple[str, ...]
    pattern: str
    minimum: str
    maximum: str
    unit: str
    zh: str
    en: str
    meaning_zh: str
    meaning_en: str


@functools.cache
def record_columns() -> tuple[RecordColumn, ...]:
    """The columns of the record, in their order.

    Examples
    --------
    >>> [column.name for column in record_columns()][:3]
    ['record_id', 'source', 'source_class']
    """
    return tuple(
        RecordColumn(
            name=row["column"],
            is_given=row["given_by"] == "reader",
            is_required=row["required"] == "yes",
            is_row_lost=row["unreadable"] == "row",
            codes=glossary.codes(row["list"]) if row["list"] else (),
            **{name: row[name] for name in ("kind", "pattern", "minimum", "maximum", "unit")},
            **{name: row[name] for name in ("zh", "en", "meaning_zh", "meaning_en")},
        )
        for row in standards.rows("record_columns")
    )


@functools.cache
def given_columns() -> tuple[str, ...]:
    """The columns that a reader may give.

    Examples
    --------
    >>> "date" in given_columns(), "record_id" in given_columns()
    (True, False)
    """
    return tuple(column.name for column in record_columns() if column.is_given)


@functools.cache
def intake_limit(name: str) -> int:
    """How much of something is taken in from a file; a row of ``intake_limits``.

    Raises
    ------
    KeyError
        When there is no such limit.

    Examples
    --------
    >>> intake_limit("columns")
    2000
    """
    rows = standards.table("intake_limits").set_index("limit")["value"]
    return int(rows[name])


@functools.cache
def _texts(table: str) -> pd.DataFrame:
    rows = standards.table(table)
    return rows.set_index(rows.columns[0])


def rule_text(rule_id: str) -> str:
    """What a broken rule says: in zh what is wrong, in en what must be.

    Raises
    ------
    KeyError
        When there is no such rule.

    Examples
    --------
    >>> rule_text("date_in_future")
    'a day not after the day of reading'
    """
    return str(_texts("record_rules").at[rule_id, f"text_{language()}"])


def note_text(note_id: str) -> str:
    """What a note of reading says; a row of ``record_notes``.

    Parameters
    ----------
    note_id : str
        As it stands in the column ``flags``, between the column and the figure where it has these.

    Raises
    ------
    KeyError
        When there is no such note.

    Examples
    --------
    >>> note_text("about")
    'an approximate number, read as written'
    """
    return str(_texts("record_notes").at[note_id, f"text_{language()}"])


@functools.cache
def arrow_schema() -> pa.Schema:
    """The types in which records are kept.

    Examples
    --------
    >>> arrow_schema().field("date").type, arrow_schema().field("n_tested").type
    (DataType(date32[day]), DataType(int64))
    """
    types = {"date": pa.date32(), "count": pa.int64(), "number": pa.float64()}
    return pa.schema(
        [
            pa.field(column.name, types.get(column.kind, pa.string()), nullable=not column.is_required)
            for column in record_columns()
        ]
    )


@functools.cache
def stored_schema() -> pa.Schema:
    """The same types, with texts that come again and again as words of a list.

    Examples
    --------
    >>> stored_schema().field("port").type.value_type, stored_schema().field("text").type
    (DataType(string), DataType(string))
    """
    words = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            field.with_type(words) if field.type == pa.string() and field.name not in LONG_TEXTS else field
            for field in arrow_schema()
        ]
    )


@functools.cache
def quarantine_schema() -> pa.Schema:
    """The types in which the lines of the quarantine are kept.

    Examples
    --------
    >>> quarantine_schema().names == list(QUARANTINE_COLUMNS)
    True
    """
    whole = {"row_number", "reader_version"}
    return pa.schema([(name, pa.int64() if name in whole else pa.string()) for name in QUARANTINE_COLUMNS])


def table_schema() -> dict[str, Any]:
    """The record as a Frictionless Table Schema, for programs of other people.

    Returns
    -------
    dict
        As JSON holds it.

    References
    ----------
    .. [1] Frictionless Data, Table Schema, version 1.

    Examples
    --------
    >>> [field["type"] for field in table_schema()["fields"]][3:5]
    ['string', 'date']
    """
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "fields": [_field(column) for column in record_columns()],
        "primaryKey": ["record_id"],
        "missingValues": [""],
    }


def _field(column: RecordColumn) -> dict[str, Any]:
    kinds = {"date": "date", "count": "integer", "number": "number"}
    limits: dict[str, Any] = {"required": True} if column.is_required else {}
    limits |= {"enum": list(column.codes)} if column.codes else {}
    limits |= {"pattern": column.pattern} if column.pattern else {}
    for bound in ("minimum", "maximum"):
        text = getattr(column, bound)
        limits |= {bound: text if column.kind == "date" else int(text)} if text else {}
    limits |= {"unique": True} if column.name == "record_id" else {}
    title = f"{column.zh} / {column.en}"
    words = {"title": title, "description": f"{column.meaning_zh} / {column.meaning_en}"}
    return {"name": column.name, "type": kinds.get(column.kind, "string"), **words, "constraints": limits}
