"""Rows of text → records, and every rule that a row breaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import visible
from riskkit.foundation.records.cells import (
    Cells,
    code_cells,
    country_cells,
    date_cells,
    number_cells,
    text_cells,
    word_cells,
)
from riskkit.foundation.records.evidence import LONG_TEXTS, RecordColumn, record_columns, stored_schema
from riskkit.foundation.records.foreign_words import countries_named
from riskkit.foundation.records.written_dates import DateManner
from riskkit.foundation.records.written_numbers import unit_key

_LONGEST_SHOWN = 200
_UNREADABLE = (
    "date_unreadable", "count_unreadable", "count_not_whole", "number_unreadable", "pattern_broken",
    "hs_unknown",
)  # fmt: skip
_LEFT_OUT = dict.fromkeys(_UNREADABLE, "unreadable") | {
    rule: rule for rule in ("decimal_comma", "decimal_ambiguous", "digits_lost")
}
"""Rules that say a cell cannot be read, and how that is noted where the record is kept without the cell."""


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
        What it contains, made visible and shortened.
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
    doubts : frozenset of (str, str)
        Columns and what speaks for another reading of them, see `riskkit.foundation.records.cells.Cells`.
    n_empty : dict of str to int
        For columns where words stand for a missing value (N/A, 不详 …), in how many rows.
    """

    table: pa.Table
    broken: tuple[BrokenRule, ...]
    is_sound: NDArray[np.bool_]
    doubts: frozenset[tuple[str, str]] = frozenset()
    n_empty: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Manner:
    """How the cells of a file are to be read.

    Parameters
    ----------
    dates : DateManner
    decimal : str
        The decimal sign, ``.`` or ``,``.
    factors : mapping of str to float
        What to multiply the numbers of a column by.
    needed : tuple of str
        Columns that must be filled in every row, beside those that every record needs.
    in_doubt : frozenset of str
        Columns in which another decimal sign was met before.

    Examples
    --------
    >>> Manner(decimal=",").dates.order
    'ymd'
    """

    dates: DateManner = field(default_factory=DateManner)
    decimal: str = "."
    factors: Mapping[str, float] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    in_doubt: frozenset[str] = frozenset()


def check_records(
    given: Mapping[str, pa.Array], n_rows: int, *, now: dt.date, manner: Manner | None = None
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
    manner : Manner, optional
        How the cells are to be read; years first and decimal points if not given.

    Returns
    -------
    CheckedRecords

    Examples
    --------
    >>> rows = {"source_class": ["complaint"] * 3, "date": ["2026-01-31", "2026-02-30", None],
    ...         "n_tested": ["5"] * 3, "n_nonconforming": ["1", "1", "6"], "n_units": ["约3万", "many", "/"]}
    >>> found = check_records({k: pa.array(v) for k, v in rows.items()}, 3, now=dt.date(2026, 6, 1))
    >>> found.is_sound.tolist(), [(one.column, one.rule_id) for one in found.broken]
    ([True, False, False], [('date', 'date_unreadable'), ('n_nonconforming', 'nonconforming_over_tested')])
    >>> found.table["flags"].to_pylist(), found.n_empty
    (['n_units:about', 'n_units:unreadable', None], {'n_units': 1})
    """
    manner = manner or Manner()
    columns: dict[str, pa.Array] = {}
    broken: list[BrokenRule] = []
    notes = _Notes(n_rows)
    units: dict[str, pa.Array] = {}
    doubts = set[tuple[str, str]]()
    n_empty: dict[str, int] = {}
    for column in record_columns():
        if not column.is_given:
            continue
        kind = stored_schema().field(column.name).type
        needed = column.is_required or column.name in manner.needed
        cells = given.get(column.name)
        if cells is None:
            columns[column.name] = pa.nulls(n_rows, kind)
            broken += _required(column, np.arange(n_rows)) if needed else []
            continue
        read, unread = _read(cells, column, now=now, manner=manner, needed=needed)
        notes.add(column.name, read)
        columns[column.name] = _stored(read.values, kind)
        broken += [_told(column.name, rule, rows, cells=cells) for rule, rows in read.broken.items()]
        broken += _required(column, _empty_rows(read)) if needed else []
        doubts |= {(column.name, doubt) for doubt in read.doubts}
        n_empty |= {column.name: unread} if unread else {}
        units |= {column.name: read.units} if read.units is not None else {}
    columns["origin_text"] = _as_read(columns["origin_text"], columns["origin"], given.get("origin"))
    columns["flags"] = _origin_flags(columns["flags"], columns["origin"], columns["origin_text"])
    if units:
        columns |= _with_units(columns, units, notes)
    columns["flags"] = _each_once(notes.joined(columns["flags"]))
    table = pa.table(columns)
    broken += _across(table, given)
    return CheckedRecords(table, tuple(broken), _sound(n_rows, broken), frozenset(doubts), n_empty)


class _Notes:
    """What is to be known of the cells of each row, column by column."""

    def __init__(self, n_rows: int) -> None:
        self.n_rows, self.parts = n_rows, list[pa.Array]()

    def add(self, column: str, read: _Column) -> None:
        if read.notes is not None:
            self.parts.append(pc.binary_join_element_wise(f"{column}:", read.notes, ""))

    def joined(self, given: pa.Array) -> pa.Array:
        """One text a row, behind what the reader itself noted; missing where there is nothing to note."""
        if not self.parts:
            return given
        together = given.cast(pa.string())
        for part in self.parts:
            both = pc.binary_join_element_wise(together, part, "; ")
            together = pc.coalesce(both, together, part)
        return _stored(together, stored_schema().field("flags").type)


def _sound(n_rows: int, broken: Iterable[BrokenRule]) -> NDArray[np.bool_]:
    sound = np.ones(n_rows, dtype=bool)
    for one in broken:
        sound[one.rows] = False
    return sound


def _required(column: RecordColumn, rows: NDArray[np.intp]) -> list[BrokenRule]:
    return [BrokenRule(column.name, "required_missing", rows, ("",) * len(rows))] if len(rows) else []


def _empty_rows(read: _Column) -> NDArray[np.intp]:
    """Where nothing stands; what stands there and breaks a rule is told as that."""
    empty = np.array(read.values.is_null())
    for rows in read.broken.values():
        empty[rows] = False
    return np.flatnonzero(empty)


def _told(column: str, rule: str, rows: NDArray[np.intp], *, cells: pa.Array) -> BrokenRule:
    texts = cells.take(pa.array(rows)).to_pylist()
    return BrokenRule(column, rule, rows, tuple(visible(text or "")[:_LONGEST_SHOWN] for text in texts))


@dataclass(frozen=True)
class _Column:
    """A column of rows that was read; notes and units only where some row has one."""

    values: pa.Array
    broken: dict[str, NDArray[np.intp]]
    notes: pa.Array | None = None
    units: pa.Array | None = None
    doubts: frozenset[str] = frozenset()


def _read(
    cells: pa.Array, column: RecordColumn, *, now: dt.date, manner: Manner, needed: bool
) -> tuple[_Column, int]:
    """A column, and in how many of its cells a word stands for nothing."""
    if column.name in LONG_TEXTS:
        read = _long_text(cells, column)
        n_lost = sum(map(len, read.broken.values()))
        return _Column(read.values, read.broken), read.values.null_count - cells.null_count - n_lost
    words = cells.dictionary_encode()
    known, places = words.dictionary, words.indices
    read = _of_kind(known, column, now=now, manner=manner)
    at = np.array(places.fill_null(len(known)))
    notes = list(read.notes) or [""] * len(known)
    broken = {}
    for rule, distinct in read.broken.items():
        if column.is_row_lost or needed or rule not in _LEFT_OUT:
            is_broken = np.zeros(len(known) + 1, dtype=bool)
            is_broken[distinct] = True
            broken[rule] = np.flatnonzero(is_broken[at])
        else:
            for place in distinct.tolist():
                notes[place] = _LEFT_OUT[rule]
    n_empty = _emptied(known, read, notes, at=at) if column.kind != "country" else 0
    if pa.types.is_string(read.values.type) and read.values.equals(known):
        return _Column(words, broken, _taken(notes, places)), n_empty
    units = _taken(read.units, places)
    return _Column(read.values.take(places), broken, _taken(notes, places), units, read.doubts), n_empty


def _long_text(cells: pa.Array, column: RecordColumn) -> Cells:
    return text_cells(cells) if column.name == "text" else word_cells(cells, column)


def _of_kind(known: pa.Array, column: RecordColumn, *, now: dt.date, manner: Manner) -> Cells:
    match column.kind:
        case "date":
            return date_cells(known, column, now=now, manner=manner.dates)
        case "count" | "number":
            factor, is_in_doubt = manner.factors.get(column.name, 1.0), column.name in manner.in_doubt
            return number_cells(known, column, factor=factor, decimal=manner.decimal, is_in_doubt=is_in_doubt)
        case "code":
            return code_cells(known, column)
        case "country":
            return country_cells(known)
        case _:
            return word_cells(known, column) if column.name != "flags" else text_cells(known)


def _emptied(known: pa.Array, read: Cells, notes: Sequence[str], *, at: NDArray[np.intp]) -> int:
    """In how many rows a word stands for nothing: a text was there, and no rule says why no value is."""
    gone = np.array(read.values.is_null()) & np.array(known.is_valid())
    for distinct in read.broken.values():
        gone[distinct] = False
    gone &= np.array([not note for note in notes], dtype=bool)
    if not gone.any():
        return 0
    blank = np.array(pc.fill_null(pc.equal(pc.utf8_trim_whitespace(known), ""), True))
    return int(np.append(gone & ~blank, False)[at].sum())


def _taken(notes: Sequence[str], places: pa.Array) -> pa.Array | None:
    if not any(notes):
        return None
    return pa.array([note or None for note in notes], pa.string()).take(places)


def _with_units(
    columns: Mapping[str, pa.Array], units: Mapping[str, pa.Array], notes: _Notes
) -> dict[str, pa.Array]:
    """The unit column, filled from behind the numbers; a number with another unit than that is left out."""
    stated = columns["measured_unit"].cast(pa.string())
    unit = pc.coalesce(stated, *units.values())
    changed = {"measured_unit": _stored(unit, columns["measured_unit"].type)}
    known = unit.dictionary_encode()
    for name, found in units.items():
        keys = [
            pa.array([text and unit_key(text) for text in one.to_pylist()], pa.string())
            for one in (found, known)
        ]
        differs = pc.fill_null(pc.not_equal(*keys), False)
        if pc.any(differs).as_py():
            changed[name] = pc.if_else(differs, pa.scalar(None, columns[name].type), columns[name])
            said = pc.if_else(differs, pa.scalar("unit_conflict"), pa.scalar(None, pa.string()))
            notes.add(name, _Column(changed[name], {}, said))
    return changed


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
    texts = word_cells(given, next(one for one in record_columns() if one.name == "origin_text")).values
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


def _each_once(flags: pa.Array) -> pa.Array:
    """Flags without repeats: records that were read before bring theirs with them."""
    words = flags.cast(pa.string()).dictionary_encode()
    once = ["; ".join(dict.fromkeys(text.split("; "))) for text in words.dictionary.to_pylist()]
    if once == words.dictionary.to_pylist():
        return flags
    return _stored(pa.array(once, pa.string()).take(words.indices), flags.type)


def _across(table: pa.Table, given: Mapping[str, pa.Array]) -> list[BrokenRule]:
    """Rules that take more than one column."""
    more = pc.greater(table["n_nonconforming"], table["n_tested"])
    rows = np.flatnonzero(np.array(pc.fill_null(more, False)))
    if not len(rows):
        return []
    return [_told("n_nonconforming", "nonconforming_over_tested", rows, cells=given["n_nonconforming"])]
