"""Cells of records: text as read → a date, a count, a number, a code, or the rule that it breaks.

How a date or a number may be written is known to `written_dates` and `written_numbers`. Each distinct text of
a column is looked at once.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import HIDDEN, visible
from riskkit.foundation.records.evidence import RecordColumn, intake_limit
from riskkit.foundation.records.foreign_words import country_codes
from riskkit.foundation.records.units_in_words import units_in_words
from riskkit.foundation.records.written_dates import DateManner, is_no_day, other_order, written_date
from riskkit.foundation.records.written_numbers import (
    WrittenNumber,
    empty_words,
    is_ambiguous,
    is_counted,
    is_decimal_comma,
    word_key,
    written_number,
)
from riskkit.foundation.standards import codes

_PLAIN_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"
_PLAIN_COUNT = r"^[+-]?[0-9]{1,15}(\.0{1,2})?$"
_PLAIN_CLEAR = r"^[+-]?([0-9]{1,15}|0\.[0-9]{1,15}|[0-9]{1,15}\.([0-9]{1,2}|[0-9]{4,15}))$"
_PLAIN_WHOLE = r"^[+-]?[0-9]{1,15}$"
_NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_MEASURED = ("measured_value", "limit_value")
_YEARS = ("岁", "周岁", "years", "year", "yrs", "yr", "y", "a")
_STRANGE_WORD = r"^\s*(=\"|#|&|[0-9](\.[0-9]+)?[eE])"
_OTHER_WRITING = r"[^ -~]|  "
_FORMULA = re.compile(r'\s*="([^"]*)"\s*')
_DIGITS_LOST = re.compile(r"\d\.\d+[eE]\+?\d{1,3}|\d[eE]\+\d{1,3}", re.ASCII)
_NUMBERS_OF_THINGS = ("evidence", "lot", "product_code", "hs", "psu", "stratum", "customs_district")
_LONGEST_CODE = 200


@dataclass(frozen=True)
class Cells:
    """A column that was read.

    Parameters
    ----------
    values : pyarrow.Array
        In the type of its kind; missing where the cell was empty or breaks a rule.
    broken : dict of str to ndarray of int
        The rows that break each rule.
    notes : tuple of str
        For each row what is to be known of its value, empty for nothing; no entries where no row has any.
    units : tuple of str
        For each row the unit written behind its number; no entries where no row has any.
    doubts : frozenset of str
        What speaks for another reading of the column: ``comma`` (a decimal comma), ``group`` (a number that
        would be another with one), ``dmy`` or ``mdy`` (a day that only that order gives).
    """

    values: pa.Array
    broken: dict[str, NDArray[np.intp]]
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    doubts: frozenset[str] = frozenset()


def _plain(text: str) -> str:
    """One width for digits and signs, one minus, and without what keeps a spreadsheet from counting."""
    found = _FORMULA.fullmatch(text)
    plain = unicodedata.normalize("NFKC", found[1] if found else text).strip().replace("\u2212", "-")
    return plain.removeprefix("'")


def _is_empty(text: str) -> bool:
    return word_key(text) in empty_words()


def text_cells(cells: pa.Array) -> Cells:
    """Text as it is kept: composed (NFC), trimmed, with signs that hide or turn text made visible.

    Parameters
    ----------
    cells : pyarrow.Array of string

    Examples
    --------
    >>> text_cells(pa.array([" a ", "", "x\\u202ey", None])).values.to_pylist()
    ['a', None, 'x\\\\u202ey', None]
    """
    out = cells
    if not _is_ascii(out):
        out = pc.utf8_normalize(out, form="NFC")
    hidden = pc.fill_null(pc.match_substring_regex(out, HIDDEN), False)
    if pc.any(hidden).as_py():
        shown = [visible(text) for text in out.filter(hidden).to_pylist()]
        out = pc.replace_with_mask(out, hidden, pa.array(shown, out.type))
    out = pc.utf8_trim_whitespace(out)
    out = pc.if_else(pc.equal(pc.binary_length(out), 0), pa.scalar(None, out.type), out)
    long = np.flatnonzero(pc.fill_null(pc.greater(pc.utf8_length(out), intake_limit("cell_chars")), False))
    return Cells(out.cast(pa.string()), {"cell_too_long": long} if len(long) else {})


def _is_ascii(cells: pa.Array) -> bool:
    return bool(pc.all(pc.fill_null(pc.string_is_ascii(cells), True)).as_py())


def word_cells(cells: pa.Array, column: RecordColumn) -> Cells:
    """Words as they are kept: a word for a missing value is missing, a number that lost digits is told.

    Parameters
    ----------
    cells : pyarrow.Array of string
    column : RecordColumn
        Of kind ``text``.

    Examples
    --------
    >>> from riskkit.foundation.records.evidence import record_columns
    >>> known = {column.name: column for column in record_columns()}
    >>> word_cells(pa.array(["lamp", "#N/A", "不详", "/"]), known["product"]).values.to_pylist()
    ['lamp', None, None, None]
    >>> found = word_cells(pa.array(['="00123"', "4.40301E+17"]), known["evidence"])
    >>> found.values.to_pylist(), list(found.broken)
    (['00123', None], ['digits_lost'])
    """
    read = text_cells(cells)
    empty = empty_words("text")
    # of a million numbers of lots none is looked at one by one
    is_empty = pc.is_in(pc.ascii_lower(read.values), value_set=pa.array(sorted(empty)))
    may_be_empty = pc.or_(is_empty, pc.match_substring_regex(read.values, _OTHER_WRITING))
    is_strange = pc.match_substring_regex(read.values, _STRANGE_WORD)
    looked_at = pc.or_(pc.and_(pc.less_equal(pc.utf8_length(read.values), 20), may_be_empty), is_strange)
    at = np.flatnonzero(np.array(pc.fill_null(looked_at, False)))
    texts = read.values.take(pa.array(at)).to_pylist()
    changed, lost = dict[int, str | None](), list[int]()
    for place, text in zip(at.tolist(), texts, strict=True):
        if word_key(text) in empty:
            changed[place] = None
        elif (found := _FORMULA.fullmatch(text)) is not None:
            changed[place] = found[1] or None
        elif column.name in _NUMBERS_OF_THINGS and _DIGITS_LOST.fullmatch(text):
            changed[place] = None
            lost.append(place)
    if not changed:
        return read
    mask = np.zeros(len(read.values), dtype=bool)
    mask[list(changed)] = True
    values = pc.replace_with_mask(read.values, pa.array(mask), pa.array(list(changed.values()), pa.string()))
    return Cells(values, read.broken | ({"digits_lost": np.array(lost)} if lost else {}))


def _one_by_one(cells: pa.Array, answer: Callable[[str], tuple[Any, str, str]], kind: pa.DataType) -> Cells:
    """The answers to the distinct texts of a column, the rules that others break, and what is to be noted."""
    answers = [(None, "", "") if text is None else answer(text) for text in cells.to_pylist()]
    rules = np.array([rule for _, rule, _ in answers], dtype=object)
    values = pa.array([value for value, _, _ in answers], kind)
    notes = tuple(note for _, _, note in answers)
    broken = {rule: np.flatnonzero(rules == rule) for rule in sorted(set(rules) - {""})}
    return Cells(values, broken, notes if any(notes) else ())


def date_cells(
    cells: pa.Array,
    column: RecordColumn,
    *,
    now: dt.date,
    manner: DateManner = DateManner(),  # noqa: B008
) -> Cells:
    """Texts as days; a day after `now` or before the earliest one allowed breaks a rule.

    Examples
    --------
    >>> from riskkit.foundation.records.evidence import record_columns
    >>> day = next(column for column in record_columns() if column.name == "date")
    >>> texts = pa.array(["2026-01-31", "2026-02-30", None, "2026年3月"])
    >>> found = date_cells(texts, day, now=dt.date(2026, 6, 1))
    >>> found.values.to_pylist()[0], list(found.broken), found.notes
    (datetime.date(2026, 1, 31), ['date_unreadable'], ('', '', '', 'month_only'))
    """
    earliest = dt.date.fromisoformat(column.minimum) if column.minimum else dt.date.min
    doubts = set[str]()

    def answer(text: str) -> tuple[dt.date | None, str, str]:
        found = written_date(text, manner)
        if found is None:
            if _is_empty(text) or is_no_day(text):
                return None, "", ""
            doubts.add(other_order(text, manner.order) if manner.order != "ymd" else "")
            return None, "date_unreadable", ""
        rule = "date_in_future" if found.day > now else "date_too_early" if found.day < earliest else ""
        return (None, rule, "") if rule else (found.day, "", found.note)

    return replace(_one_by_one(cells, answer, pa.date32()), doubts=frozenset(doubts - {""}))


def number_cells(
    cells: pa.Array,
    column: RecordColumn,
    *,
    factor: float = 1.0,
    decimal: str = ".",
    is_in_doubt: bool = False,
) -> Cells:
    """Texts as numbers or counts; one that is not finite, not whole or out of bounds breaks a rule.

    Parameters
    ----------
    cells : pyarrow.Array of string
        Distinct texts of a column.
    column : RecordColumn
        Of kind ``number`` or ``count``.
    factor : float
        What to multiply by to come to the unit of the column.
    decimal : str
        The decimal sign of the file.
    is_in_doubt : bool
        Whether another decimal sign was met in the column before.

    Examples
    --------
    >>> from riskkit.foundation.records.evidence import record_columns
    >>> tested = next(column for column in record_columns() if column.name == "n_tested")
    >>> found = number_cells(pa.array(["1,200", "-1", "2.5", "many", "约3万批"]), tested)
    >>> found.values.to_pylist(), sorted(found.broken), found.notes[-1]
    ([1200, None, None, None, 30000], ['below_minimum', 'count_not_whole', 'count_unreadable'], 'about')
    """
    doubts = _sign_doubts(cells, column, decimal)
    odd = is_in_doubt or "comma" in doubts
    shape = _PLAIN_COUNT if column.kind == "count" else _PLAIN_CLEAR if odd else _PLAIN_NUMBER
    trimmed = pc.utf8_trim_whitespace(cells)
    is_plain = _is_like(trimmed, _PLAIN_WHOLE if decimal == "," else shape)
    values = np.array(
        pc.if_else(is_plain, trimmed, pa.scalar(None, trimmed.type)).cast(pa.float64()).fill_null(math.nan)
    )
    given = np.array(cells.is_valid())
    rules = np.full(len(values), "", dtype=object)
    notes, units = [""] * len(values), [""] * len(values)
    for place in np.flatnonzero(~np.array(is_plain) & given).tolist():
        text = _plain(cells[place].as_py())
        found, rules[place] = _number_answer(text, column, decimal=decimal, is_in_doubt=odd)
        given[place] = bool(rules[place]) or (found is not None and found.value is not None)
        if found is not None:
            values[place] = math.nan if found.value is None else found.value
            notes[place], units[place] = _scaled(found.note, factor), found.unit
    read = _bounded(
        values * factor, given, {rule: rules == rule for rule in set(rules) - {""}}, column=column
    )
    measured = tuple(units) if any(units) and column.name in _MEASURED else ()
    return Cells(read.values, read.broken, tuple(notes) if any(notes) else (), measured, doubts)


def _is_like(cells: pa.Array, shape: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(cells, shape), False)


def _scaled(note: str, factor: float) -> str:
    """A bound in the unit of the column."""
    kind, sign, bound = note.partition(":")
    return f"{kind}:{float(bound) * factor:.12g}" if sign and factor != 1 else note


def _sign_doubts(cells: pa.Array, column: RecordColumn, decimal: str) -> frozenset[str]:
    """Whether a column says that its decimal sign is another, and whether a number would be another then."""
    if decimal == "," or column.kind == "count":
        return frozenset()
    odd = cells.filter(_is_like(cells, r"[,，]|^[1-9][0-9]{0,2}\.[0-9]{3}$")).to_pylist()
    found = {"comma"} if any(map(is_decimal_comma, odd)) else set[str]()
    return frozenset(
        found | ({"group"} if any(is_ambiguous(text, is_count=False) for text in odd) else set())
    )


def _number_answer(
    text: str, column: RecordColumn, *, decimal: str, is_in_doubt: bool
) -> tuple[WrittenNumber | None, str]:
    """What a text that is more than plain figures says, and the rule that it breaks."""
    unread = "count_unreadable" if column.kind == "count" else "number_unreadable"
    if _is_empty(text):
        return None, ""
    if _NO_NUMBER.fullmatch(text):
        return WrittenNumber(float(text)), ""
    is_count = column.kind == "count"
    if decimal == "." and not is_count and is_decimal_comma(text):
        return None, "decimal_comma"
    is_odd = is_in_doubt and not is_count
    if decimal == "." and is_ambiguous(text, is_count=is_count, is_in_doubt=is_odd):
        return None, "decimal_ambiguous"
    found = _fit_number(written_number(text, decimal=decimal), column)
    if found is None and column.name == "n_units" and decimal == ".":
        told = units_in_words(text)
        found = WrittenNumber(float(told.count), told.note) if told and told.count is not None else None
    return found, "" if found else unread


def _fit_number(found: WrittenNumber | None, column: RecordColumn) -> WrittenNumber | None:
    """A number whose unit its column may have; a limit is itself a bound."""
    is_fit = found is not None and (
        column.name in _MEASURED
        or (column.kind == "count" and is_counted(found.unit))
        or not found.unit
        or (column.name == "age_years" and found.unit.lower() in _YEARS)
    )
    if found is None or not is_fit:
        return None
    if column.name == "limit_value" and ":" in found.note:
        kind, bound = found.note.split(":")
        return WrittenNumber(float(bound), "" if kind in ("at_most", "below") else kind, found.unit)
    return found


def _bounded(
    values: NDArray[np.float64],
    given: NDArray[np.bool_],
    unread: dict[str, NDArray[np.bool_]],
    *,
    column: RecordColumn,
) -> Cells:
    is_count = column.kind == "count"
    broken = dict(sorted(unread.items()))
    left = given & ~np.logical_or.reduce([np.zeros(len(values), dtype=bool), *broken.values()])
    low = float(column.minimum) if column.minimum else -math.inf
    high = float(column.maximum) if column.maximum else math.inf
    with np.errstate(invalid="ignore"):
        tests = {
            "number_not_finite": ~np.isfinite(values),
            "below_minimum": values < low,
            "above_maximum": values > high,
            "count_not_whole": (values != np.floor(values)) & is_count,
        }
    for rule, test in tests.items():
        broken[rule] = left & test
        left &= ~test
    kept = np.where(left, values, 0)
    typed = pa.array(kept.astype(np.int64) if is_count else kept, mask=~left)
    return Cells(typed, {rule: np.flatnonzero(rows) for rule, rows in broken.items() if rows.any()})


def code_cells(cells: pa.Array, column: RecordColumn) -> Cells:
    """Texts as codes of a list or of a pattern.

    Examples
    --------
    >>> from riskkit.foundation.records.evidence import record_columns
    >>> known = {column.name: column for column in record_columns()}
    >>> found = code_cells(pa.array(["9503.00", "95A3", "950"]), known["hs"])
    >>> found.values.to_pylist(), list(found.broken)
    (['950300', None, None], ['pattern_broken'])
    >>> code_cells(pa.array([" Physical", "magic"]), known["hazard_class"]).values.to_pylist()
    ['physical', None]
    """
    pattern = re.compile(column.pattern or ".*", re.ASCII)

    def answer(text: str) -> tuple[str | None, str, str]:
        code = _plain(text[: 2 * _LONGEST_CODE])
        if word_key(code) in empty_words():
            return None, "", ""
        if column.codes:
            code = code.lower()
            return (code, "", "") if code in column.codes else (None, "not_in_list", "")
        if column.name in _NUMBERS_OF_THINGS and _DIGITS_LOST.fullmatch(code):
            return None, "digits_lost", ""
        code = _tariff_digits(code) if column.name == "hs" else code
        if not pattern.fullmatch(code):
            return None, "pattern_broken" if code else "", ""
        return (None, "hs_unknown", "") if column.name == "hs" and not codes.is_hs(code) else (code, "", "")

    return _one_by_one(cells, answer, pa.string())


def _tariff_digits(code: str) -> str:
    """Only the digits; what a number in a workbook shows behind its point is none of them."""
    if re.fullmatch(r"\d{6,13}\.0", code):
        code = code[:-2]
    return re.sub(r"(?<=\d)[. ](?=\d)", "", code)


def country_cells(cells: pa.Array) -> Cells:
    """Texts as countries; a name that is not known is missing and breaks no rule.

    Examples
    --------
    >>> country_cells(pa.array(["cn", "德国", "Atlantis", None])).values.to_pylist()
    ['CN', 'DE', None, None]
    """
    import pandas as pd

    names = pd.Series(cells.to_pylist(), dtype="string")
    return Cells(pa.array(country_codes(names), pa.string()), {})
