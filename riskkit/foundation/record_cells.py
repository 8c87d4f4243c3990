"""Cells of records: text as read → a date, a count, a number, a code, or the rule that it breaks.

This is the only place that knows how a date or a number may be written. Each distinct text of a column is
looked at once.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation import codes
from riskkit.foundation.evidence import RecordColumn, intake_limit
from riskkit.foundation.faults import HIDDEN, visible
from riskkit.foundation.foreign_words import country_codes

DATE_ORDERS = ("ymd", "dmy", "mdy")
_PLAIN_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"
_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d{1,3})?(%?)", re.ASCII)
_NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_TIME = r"(?:[T ]\s?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME, re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})" + _TIME, re.ASCII)
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]" + _TIME, re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})", re.ASCII)
_SERIAL = re.compile(r"([1-9]\d{4})(?:\.\d+)?", re.ASCII)
_SERIAL_DAY_0 = dt.date(1899, 12, 30)
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
    """

    values: pa.Array
    broken: dict[str, NDArray[np.intp]]


def _plain(text: str) -> str:
    """One width for digits and signs, and one minus."""
    return unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")


@functools.lru_cache(maxsize=1 << 16)
def date_of(text: str, *, order: str = "ymd") -> dt.date | None:
    """The day that a text names, or None.

    Known are 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131, the serial numbers of spreadsheets,
    and, where the source says in which order, 31/1/2026 or 1/31/2026. A time behind it is left.

    Parameters
    ----------
    text : str
    order : str
        ``ymd``, ``dmy`` or ``mdy``.

    Examples
    --------
    >>> [str(date_of(text)) for text in ("2026-01-31", "2026/1/31", "2026年1月31日", "46053", "2023-02-30")]
    ['2026-01-31', '2026-01-31', '2026-01-31', '2026-01-31', 'None']
    >>> str(date_of("1/2/2026", order="dmy")), str(date_of("1/2/2026", order="mdy")), date_of("1/2/2026")
    ('2026-02-01', '2026-01-02', None)
    """
    plain = text if _ISO.fullmatch(text) else _plain(text)
    try:
        if found := _YEAR_FIRST.fullmatch(plain):
            return dt.date(int(found[1]), int(found[3]), int(found[4]))
        if found := _CHINESE.fullmatch(plain) or _COMPACT.fullmatch(plain):
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        if found := _SERIAL.fullmatch(plain):
            return _SERIAL_DAY_0 + dt.timedelta(days=int(found[1]))
        if (found := _YEAR_LAST.fullmatch(plain)) and order != "ymd":
            day, month = (found[1], found[3]) if order == "dmy" else (found[3], found[1])
            return dt.date(int(found[4]), int(month), int(day))
    except ValueError:
        pass
    return None


def number_of(text: str) -> float | None:
    """The number that a text is, finite or not, or None.

    Full-width digits and signs are read, commas between groups of three, and per cent.

    Examples
    --------
    >>> [number_of(text) for text in ("1,234.5", "１２％", "-3e2", "1.234,5", "12,34", "1_000", "1e999")]
    [1234.5, 0.12, -300.0, None, None, None, inf]
    """
    plain = _plain(text)
    if _NO_NUMBER.fullmatch(plain):
        return float(plain)
    found = _NUMBER.fullmatch(plain)
    if not found or (found[2] is None and found[3] in (None, ".")):
        return None
    value = float(plain.rstrip("%").replace(",", ""))
    return value / 100 if found[5] else value


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


def _one_by_one(cells: pa.Array, answer: Callable[[str], tuple[Any, str]], kind: pa.DataType) -> Cells:
    """The answers to the distinct texts of a column, and the rules that the others break."""
    answers = [(None, "") if text is None else answer(text) for text in cells.to_pylist()]
    rules = np.array([rule for _, rule in answers], dtype=object)
    values = pa.array([value for value, _ in answers], kind)
    return Cells(values, {rule: np.flatnonzero(rules == rule) for rule in sorted(set(rules) - {""})})


def date_cells(cells: pa.Array, column: RecordColumn, *, order: str, now: dt.date) -> Cells:
    """Texts as days; a day after `now` or before the earliest one allowed breaks a rule.

    Examples
    --------
    >>> from riskkit.foundation.evidence import record_columns
    >>> day = next(column for column in record_columns() if column.name == "date")
    >>> texts = pa.array(["2026-01-31", "2026-02-30", None])
    >>> found = date_cells(texts, day, order="ymd", now=dt.date(2026, 6, 1))
    >>> found.values.to_pylist(), list(found.broken)
    ([datetime.date(2026, 1, 31), None, None], ['date_unreadable'])
    """
    earliest = dt.date.fromisoformat(column.minimum) if column.minimum else dt.date.min

    def answer(text: str) -> tuple[dt.date | None, str]:
        day = date_of(text, order=order)
        if day is None:
            return None, "date_unreadable"
        rule = "date_in_future" if day > now else "date_too_early" if day < earliest else ""
        return (None if rule else day), rule

    return _one_by_one(cells, answer, pa.date32())


def number_cells(cells: pa.Array, column: RecordColumn, *, factor: float = 1.0) -> Cells:
    """Texts as numbers or counts; one that is not finite, not whole or out of bounds breaks a rule.

    Parameters
    ----------
    cells : pyarrow.Array of string
    column : RecordColumn
        Of kind ``number`` or ``count``.
    factor : float
        What to multiply by to come to the unit of the column.

    Examples
    --------
    >>> from riskkit.foundation.evidence import record_columns
    >>> tested = next(column for column in record_columns() if column.name == "n_tested")
    >>> found = number_cells(pa.array(["1,200", "-1", "2.5", "many"]), tested)
    >>> found.values.to_pylist(), sorted(found.broken)
    ([1200, None, None, None], ['below_minimum', 'count_not_whole', 'count_unreadable'])
    """
    trimmed = pc.utf8_trim_whitespace(cells)
    is_plain = pc.fill_null(pc.match_substring_regex(trimmed, _PLAIN_NUMBER), False)
    values = np.array(
        pc.if_else(is_plain, trimmed, pa.scalar(None, trimmed.type)).cast(pa.float64()).fill_null(math.nan)
    )
    others = np.flatnonzero(~np.array(is_plain) & np.array(cells.is_valid()))
    unread = np.zeros(len(values), dtype=bool)
    for place, text in zip(others, cells.take(others).to_pylist(), strict=True):
        found = number_of(text)
        values[place], unread[place] = (math.nan, True) if found is None else (found, False)
    given = np.array(cells.is_valid())
    return _bounded(values * factor, given, unread, column=column)


def _bounded(
    values: NDArray[np.float64], given: NDArray[np.bool_], unread: NDArray[np.bool_], *, column: RecordColumn
) -> Cells:
    is_count = column.kind == "count"
    left = given & ~unread
    broken = {"count_unreadable" if is_count else "number_unreadable": unread}
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
    >>> from riskkit.foundation.evidence import record_columns
    >>> known = {column.name: column for column in record_columns()}
    >>> found = code_cells(pa.array(["9503.00", "95A3", "950"]), known["hs"])
    >>> found.values.to_pylist(), list(found.broken)
    (['950300', None, None], ['pattern_broken'])
    >>> code_cells(pa.array([" Physical", "magic"]), known["hazard_class"]).values.to_pylist()
    ['physical', None]
    """
    pattern = re.compile(column.pattern or ".*", re.ASCII)

    def answer(text: str) -> tuple[str | None, str]:
        code = _plain(text[: 2 * _LONGEST_CODE])
        if column.codes:
            code = code.lower()
            return (code, "") if code in column.codes else (None, "not_in_list" if code else "")
        code = re.sub(r"(?<=\d)[. ](?=\d)", "", code) if column.name == "hs" else code
        if not pattern.fullmatch(code):
            return None, "pattern_broken" if code else ""
        return (None, "hs_unknown") if column.name == "hs" and not codes.is_hs(code) else (code, "")

    return _one_by_one(cells, answer, pa.string())


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
