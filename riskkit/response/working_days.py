"""Terms of Chinese law: working days with public holidays and make-up days, and terms in days and months.

Rest days follow the yearly notices of the State Council, taken from the package ``chinesecalendar``. A day in
a year without a notice is refused: the statutory holidays are known in advance, the swapped working days are
not. (A notice of one year has moved a working day of the last week of December before it, once, in 2006.)
"""

from __future__ import annotations

import functools
import numbers
import re

import numpy as np
import pandas as pd
from chinese_calendar import holidays, workdays
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown

Days = NDArray[np.datetime64]
Whole = NDArray[np.int64]

UNITS = ("working_day", "day", "month")
_ZONED = re.compile(r"[Tt ]\d{2}.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$")
_LONGEST = 12_000  # units of a term; more is a slip of the pen
_SHORT_PENALTY_TERMS = (2, 3, 5, 7)  # of the Administrative Penalty Law, Art. 85


@functools.cache
def published_years() -> tuple[int, int]:
    """First and last year whose notice on public holidays is known.

    Examples
    --------
    >>> published_years()[0], published_years()[1] >= 2026
    (2004, True)
    """
    return min(holidays).year, max(holidays).year


@functools.cache
def _working() -> Days:
    """All working days of the published years, rising."""
    first, last = published_years()
    days = np.arange(f"{first}-01-01", f"{last + 1}-01-01", dtype="datetime64[D]")
    is_rest = ~np.is_busday(days) | np.isin(days, np.array(list(holidays), dtype="datetime64[D]"))
    found: Days = days[~is_rest | np.isin(days, np.array(list(workdays), dtype="datetime64[D]"))]
    return found


def as_days(values: ArrayLike, *, what: str = "day", may_miss: bool = False) -> Days:
    """Days without their time of day.

    Parameters
    ----------
    values : array_like of date, datetime or text
        A Series, an array or a list.
    what : str
        Name in the faults.
    may_miss : bool
        Whether a day may be missing (NaT).

    Raises
    ------
    InputFaults
        With every value that is no day.

    Examples
    --------
    >>> as_days(["2026-02-13"]).tolist()
    [datetime.date(2026, 2, 13)]
    """
    given = pd.Series(np.atleast_1d(np.asarray(values, dtype=object)), dtype=object)
    is_other = given.map(_is_no_day).astype(bool) & given.notna()
    read = pd.to_datetime(given.mask(is_other), errors="coerce", format="ISO8601")
    wrong = read.isna() & ~(given.isna() & may_miss)
    rule = "a day as YYYY-MM-DD, without a time zone"
    refuse(what, [Fault(f"{what}: row {k}", shown(given[k]), rule) for k in np.flatnonzero(wrong)])
    found: Days = read.to_numpy().astype("datetime64[D]")
    return found


def _is_no_day(value: object) -> bool:
    """Numbers (20260213) and moments of a time zone, whose day depends on the reader's."""
    is_zoned = (isinstance(value, str) and _ZONED.search(value)) or getattr(value, "tzinfo", None)
    return isinstance(value, numbers.Number) or bool(is_zoned)


def is_published(days: Days) -> NDArray[np.bool_]:
    """Whether each day lies in a year with a notice; a missing day does not.

    Examples
    --------
    >>> is_published(np.array(["2003-12-31", "2004-01-01", "NaT"], dtype="datetime64[D]")).tolist()
    [False, True, False]
    """
    first, last = published_years()
    return (days >= np.datetime64(f"{first}-01-01")) & (days <= np.datetime64(f"{last}-12-31"))


def is_working_day(days: ArrayLike) -> NDArray[np.bool_]:
    """Whether each day is a working day 法定工作日.

    Raises
    ------
    InputFaults
        With every value that is no day or lies in a year without a notice.

    References
    ----------
    .. [1] 全国年节及纪念日放假办法 and the yearly notices of the State Council (``cn_holiday_rules``).

    Examples
    --------
    >>> is_working_day(["2026-02-14", "2026-02-16"]).tolist()  # a Saturday made up, a Monday off
    [True, False]
    """
    found = as_days(days)
    _require_published(found)
    return np.isin(found, _working())


def _require_published(days: Days) -> None:
    first, last = published_years()
    rule = RuleText("in a year with a published notice on public holidays ({}–{})", first, last)
    late = np.flatnonzero(~is_published(days))
    refuse("working days", [Fault(f"day: row {k}", shown(days[k]), rule) for k in late])


def last_days(start: ArrayLike, amount: ArrayLike, *, unit: str, rolls: bool = True) -> Days:
    """The last day of each term; the day it starts on is not counted.

    Parameters
    ----------
    start : array_like of date
        Day of the event.
    amount : array_like of int
        Length of the term [`unit`]; below zero, the term ends before the event (working days only).
    unit : str
        ``working_day``, ``day`` or ``month``.
    rolls : bool
        Whether a last day that is a rest day moves to the next working day (terms in days and months).

    Returns
    -------
    ndarray of datetime64[D]

    Raises
    ------
    InputFaults
        With every value that is no day or no length, and every term that needs a year without a notice.

    References
    ----------
    .. [1] 民法典 Art. 201 (start), 202 (months), 203 (rest days) (``civil_code``).

    Examples
    --------
    >>> last_days(["2026-02-13"], [2], unit="working_day").tolist()
    [datetime.date(2026, 2, 24)]
    >>> last_days(["2025-11-30"], [3], unit="month").tolist()  # 28 February is made up
    [datetime.date(2026, 2, 28)]
    """
    days, lengths = np.broadcast_arrays(as_days(start, what="start"), _lengths(amount, unit))
    found = possible_last_days(days, lengths, unit=unit, rolls=rolls)
    first, last = published_years()
    rule = RuleText("a term within the years with a published notice on public holidays ({}–{})", first, last)
    missing = np.flatnonzero(np.isnat(found))
    refuse("term", [Fault(f"row {k}", f"{days[k]} + {lengths[k]} {unit}", rule) for k in missing])
    return found


def _lengths(amount: ArrayLike, unit: str) -> Whole:
    values = np.atleast_1d(np.asarray(amount, dtype=np.float64))
    least = -_LONGEST if unit == "working_day" else 0
    wrong = ~((values >= least) & (values <= _LONGEST) & (values == np.floor(values)))
    rule = RuleText("a whole number from {} to {}", least, _LONGEST)
    faults = [Fault(f"amount: row {k}", shown(values[k]), rule) for k in np.flatnonzero(wrong)]
    if unit not in UNITS:
        faults.append(Fault("unit", shown(unit), one_of(str(unit), UNITS)))
    refuse("term", faults)
    return values.astype(np.int64)


def possible_last_days(start: Days, amount: Whole, *, unit: str, rolls: bool = True) -> Days:
    """As `last_days`, with NaT where the start is missing or a year without a notice would be needed.

    Examples
    --------
    >>> start = np.array(["2026-12-25", "NaT"], dtype="datetime64[D]")
    >>> possible_last_days(start, np.array([2, 2]), unit="working_day").tolist()
    [datetime.date(2026, 12, 29), None]
    """
    if unit == "working_day":
        return _stepped(start, amount)
    raw = start + amount.astype("timedelta64[D]") if unit == "day" else _months_on(start, amount)
    return _stepped(raw - np.timedelta64(1, "D"), np.ones_like(amount)) if rolls else raw


def _stepped(start: Days, amount: Whole) -> Days:
    """`amount` working days on from a start that is not counted; backwards below zero, itself at zero."""
    working = _working()
    after = np.searchsorted(working, start, side="right") - 1 + amount
    before = np.searchsorted(working, start, side="left") + amount
    place = np.where(amount > 0, after, before)
    beside = start + np.sign(amount).astype("timedelta64[D]")
    inside = is_published(beside) & (place >= 0) & (place < working.size)
    found = np.where(inside, working[np.clip(place, 0, working.size - 1)], np.datetime64("NaT", "D"))
    return np.where(amount == 0, start, found)


def _months_on(start: Days, amount: Whole) -> Days:
    """The day of the same number so many months on, or the last day of a month that has none."""
    month = start.astype("datetime64[M]")
    number = (start - month.astype("datetime64[D]")).astype("timedelta64[D]")
    months = amount.astype("timedelta64[M]")
    first = (month + months).astype("datetime64[D]")
    end = (month + months + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    found: Days = np.minimum(first + number, end)
    return found


def working_days_between(start: ArrayLike, end: ArrayLike) -> Whole:
    """Working days after `start` up to and including `end`; negative when `end` is earlier.

    Raises
    ------
    InputFaults
        With every value that is no day or lies in a year without a notice.

    Examples
    --------
    >>> working_days_between(["2026-02-13"], ["2026-02-24"]).tolist()
    [2]
    """
    first, last = as_days(start, what="start"), as_days(end, what="end")
    _require_published(np.concatenate([first, last]))
    working = _working()
    found: Whole = np.searchsorted(working, last, side="right") - np.searchsorted(
        working, first, side="right"
    )
    return found


def penalty_law_last_days(start: ArrayLike, amount: ArrayLike) -> Days:
    """The last day of terms under the Administrative Penalty Law.

    Terms of 2, 3, 5 and 7 days are working days; all others are calendar days, and their last day moves off a
    rest day.

    Parameters
    ----------
    start : array_like of date
        Day of the event.
    amount : array_like of int
        Length as the law writes it [days].

    Raises
    ------
    InputFaults
        As `last_days`.

    References
    ----------
    .. [1] 行政处罚法 (2021), Art. 85 (``penalty_law_2021``).

    Examples
    --------
    >>> penalty_law_last_days(["2026-02-13", "2026-02-13"], [5, 10]).tolist()
    [datetime.date(2026, 2, 27), datetime.date(2026, 2, 24)]
    """
    days, lengths = np.broadcast_arrays(as_days(start, what="start"), _lengths(amount, "day"))
    is_working = np.isin(lengths, _SHORT_PENALTY_TERMS)
    found = last_days(days, lengths, unit="day")
    found[is_working] = last_days(days[is_working], lengths[is_working], unit="working_day")
    return found
