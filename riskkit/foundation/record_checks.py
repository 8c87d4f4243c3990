"""Rows of text → records, and every rule that a row breaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation.evidence import LONG_TEXTS, RecordColumn, record_columns, stored_schema
from riskkit.foundation.faults import visible
from riskkit.foundation.foreign_words import countries_named
from riskkit.foundation.record_cells import (
    Cells,
    code_cells,
    country_cells,
    date_cells,
    number_cells,
    text_cells,
)

_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class BrokenRule:
    """The rows that break one rule in one column.

    Parameters
    ----------
    column : str
    rule_id : str
    rows : ndarray of int
        Places in the table, from 0.
    values : tuple of str
        What stands there, made visible and shortened.
    """

    column: str
    rule_id: str
    rows: NDArray[np.intp]
    values: tuple[str, ...]


@dataclass(frozen=True)
class CheckedRecords:
    """Rows as records.

    Parameters
    ----------
    table : pyarrow.Table
        The columns that a reader gives, typed; a cell that breaks a rule is missing.
    broken : tuple of BrokenRule
        In the order of the columns.
    is_sound : ndarray of bool
        Which rows break no rule.
    """

    table: pa.Table
    broken: tuple[BrokenRule, ...]
    is_sound: NDArray[np.bool_]


def check_records(
    given: Mapping[str, pa.Array],
    n_rows: int,
    *,
    now: dt.date,
    order: str = "ymd",
    factors: Mapping[str, float] | None = None,
) -> CheckedRecords:
    """Rows of text as records, with every rule that each of them breaks.

    Parameters
    ----------
    given : mapping of str to pyarrow.Array of string, each of length `n_rows`
        Columns of the record as text; a column that is not there is missing in every row.
    n_rows : int
        How many rows there are.
    now : date
        The day of reading; no event is later.
    order : str
        How a date of three numbers is read when its year does not come first: ``dmy``, ``mdy``, or not at
        all (``ymd``).
    factors : mapping of str to float, optional
        What to multiply the numbers of a column by.

    Returns
    -------
    CheckedRecords

    Examples
    --------
    >>> rows = {"source_class": ["complaint"] * 3, "date": ["2026-01-31", "2026-02-30", None],
    ...         "n_tested": ["5", "5", "5"], "n_nonconforming": ["1", "1", "6"]}
    >>> found = check_records({k: pa.array(v) for k, v in rows.items()}, 3, now=dt.date(2026, 6, 1))
    >>> found.is_sound.tolist(), [(one.column, one.rule_id) for one in found.broken]
    ([True, False, False], [('date', 'date_unreadable'), ('n_nonconforming', 'nonconforming_over_tested')])
    """
    columns: dict[str, pa.Array] = {}
    broken: list[BrokenRule] = []
    for column in record_columns():
        if column.is_given:
            kind = stored_schema().field(column.name).type
            cells = given.get(column.name)
            if cells is None:
                columns[column.name] = pa.nulls(n_rows, kind)
                missing = np.arange(n_rows) if column.is_required else np.array([], dtype=np.intp)
                broken += _required(column, missing)
                continue
            read = _read(cells, column, now=now, order=order, factor=(factors or {}).get(column.name, 1.0))
            columns[column.name] = _stored(read.values, kind)
            broken += [_told(column.name, rule, rows, cells=cells) for rule, rows in read.broken.items()]
            broken += _required(column, _empty_rows(read)) if column.is_required else []
    columns["origin_text"] = _as_read(columns["origin_text"], columns["origin"], given.get("origin"))
    columns["flags"] = _origin_flags(columns["flags"], columns["origin"], columns["origin_text"])
    table = pa.table(columns)
    broken += _across(table, given)
    return CheckedRecords(table, tuple(broken), _sound(n_rows, broken))


def _sound(n_rows: int, broken: Iterable[BrokenRule]) -> NDArray[np.bool_]:
    sound = np.ones(n_rows, dtype=bool)
    for one in broken:
        sound[one.rows] = False
    return sound


def _required(column: RecordColumn, rows: NDArray[np.intp]) -> list[BrokenRule]:
    return [BrokenRule(column.name, "required_missing", rows, ("",) * len(rows))] if len(rows) else []


def _empty_rows(read: Cells) -> NDArray[np.intp]:
    """Where nothing stands; what stands there and breaks a rule is told as that."""
    empty = np.array(read.values.is_null())
    for rows in read.broken.values():
        empty[rows] = False
    return np.flatnonzero(empty)


def _told(column: str, rule: str, rows: NDArray[np.intp], *, cells: pa.Array) -> BrokenRule:
    texts = cells.take(pa.array(rows)).to_pylist()
    return BrokenRule(column, rule, rows, tuple(visible(text or "")[:_LONGEST_SHOWN] for text in texts))


def _read(cells: pa.Array, column: RecordColumn, *, now: dt.date, order: str, factor: float) -> Cells:
    """A column: its distinct texts are read, and every row is told what its text says."""
    if column.name in LONG_TEXTS:
        return text_cells(cells)
    words = cells.dictionary_encode()
    known, places = words.dictionary, words.indices
    match column.kind:
        case "date":
            read = date_cells(known, column, order=order, now=now)
        case "count" | "number":
            read = number_cells(known, column, factor=factor)
        case "code":
            read = code_cells(known, column)
        case "country":
            read = country_cells(known)
        case _:
            read = text_cells(known)
    broken = {}
    if read.broken:
        at = np.array(places.fill_null(len(known)))
        for rule, distinct in read.broken.items():
            is_broken = np.zeros(len(known) + 1, dtype=bool)
            is_broken[distinct] = True
            broken[rule] = np.flatnonzero(is_broken[at])
    if pa.types.is_string(read.values.type) and read.values.equals(known):
        return Cells(words, broken)
    return Cells(read.values.take(places), broken)


def _stored(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(values.type):
        return values.dictionary_encode().cast(kind)
    return values.cast(kind)


def _as_read(origin_text: pa.Array, origin: pa.Array, given: pa.Array | None) -> pa.Array:
    """The origin as read, kept where it says more than the code that came of it."""
    if given is None:
        return origin_text
    is_lost = pc.and_(origin_text.is_null(), pc.and_(origin.is_null(), given.is_valid()))
    if not pc.any(is_lost).as_py():
        return origin_text
    texts = text_cells(given).values
    return _stored(pc.if_else(is_lost, texts, origin_text.cast(pa.string())), origin_text.type)


def _origin_flags(flags: pa.Array, origin: pa.Array, origin_text: pa.Array) -> pa.Array:
    """The flags, with the reason where an origin is told but no one country came of it."""
    is_lost = pc.and_(origin.is_null(), origin_text.is_valid())
    if not pc.any(is_lost).as_py():
        return flags
    words = origin_text.cast(pa.string()).dictionary_encode()
    several = [len(countries_named(text)) > 1 for text in words.dictionary.to_pylist()]
    codes = pa.array(["origin_several" if one else "origin_unresolved" for one in several], pa.string())
    told = pc.if_else(is_lost, codes.take(words.indices), pa.scalar(None, pa.string()))
    before = flags.cast(pa.string())
    both = pc.binary_join_element_wise(before, told, pa.scalar("; "))
    return _stored(pc.coalesce(both, before, told), flags.type)


def _across(table: pa.Table, given: Mapping[str, pa.Array]) -> list[BrokenRule]:
    """Rules that take more than one column."""
    more = pc.greater(table["n_nonconforming"], table["n_tested"])
    rows = np.flatnonzero(np.array(pc.fill_null(more, False)))
    if not len(rows):
        return []
    return [_told("n_nonconforming", "nonconforming_over_tested", rows, cells=given["n_nonconforming"])]
