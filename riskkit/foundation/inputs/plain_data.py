"""Every value that a result is made of, as the plain data that JSON holds."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import shown


def plain(value: Any, *, digits: int | None = None) -> Any:
    """A value as `json.dumps` takes it, with nothing said that is not known.

    Parameters
    ----------
    value : Any
        Numbers of Python, numpy, `fractions` and `decimal`, texts, dates and times, enums, mappings, lists,
        tuples, sets (sorted), dataclasses, arrays, and columns, rows (as mappings) and tables (as lists of
        rows) of pandas, one inside another.
    digits : int, optional
        Significant digits that numbers with a fraction are rounded to; by default none is lost.

    Returns
    -------
    None, bool, int, float, str, list or dict
        Missing (None, NaN, NA, NaT) and infinite numbers are None. Whole numbers stay whole, dates and times
        are ISO 8601.

    Raises
    ------
    TypeError
        With the place, when JSON has nothing for it: bytes, complex numbers, spans of time, functions, …
    ValueError
        When two names of a mapping become the same text, or something holds itself.

    References
    ----------
    .. [1] RFC 8259: JSON has no NaN and no infinity.

    Examples
    --------
    >>> plain({"p": np.float64("nan"), "n": np.int64(2), "day": dt.date(2026, 1, 2), "f": Fraction(1, 4)})
    {'p': None, 'n': 2, 'day': '2026-01-02', 'f': 0.25}
    >>> plain((pd.NA, 1 / 3), digits=3)
    [None, 0.333]
    """
    try:
        return _plain(value, "value", digits)
    except RecursionError:
        raise ValueError("data that does not hold itself and is not nested too deeply") from None


def _plain(value: Any, place: str, digits: int | None) -> Any:  # noqa: PLR0911 - one answer a kind
    if type(value) in _PLAIN:  # most values
        return value
    match value:
        case Enum():
            return _plain(value.value, place, digits)
        case None | bool():
            return value
        case np.bool_():
            return bool(value)
        case str():  # also numpy's
            return str(value)
        case int() | np.integer() if not isinstance(
            value, np.timedelta64
        ):  # numpy counts it among the integers
            return int(value)
        case float() | np.floating() | Fraction() | Decimal():
            return _number(value, digits)
    if value is pd.NA or value is pd.NaT:
        return None
    return _many(value, place, digits)


_PLAIN = frozenset({str, int, bool, type(None)})


def _many(value: Any, place: str, digits: int | None) -> Any:  # noqa: PLR0911 - one answer a kind
    match value:
        case dt.date() | dt.time() | np.datetime64():
            return _time(value)
        case pd.Period():
            return str(value)
        case pd.DataFrame():
            return [_mapping(row, f"{place}[{n}]", digits) for n, row in enumerate(_rows(value))]
        case Mapping() | pd.Series():
            return _mapping(value.items(), place, digits)
        case np.ndarray() | pd.Index() | pd.api.extensions.ExtensionArray():
            return _plain(value.tolist(), place, digits)
        case list() | tuple() | Set():
            found = [_plain(part, f"{place}[{n}]", digits) for n, part in enumerate(value)]
            return sorted(found, key=json.dumps) if isinstance(value, Set) else found
    if is_dataclass(value) and not isinstance(value, type):
        return _mapping(((field.name, getattr(value, field.name)) for field in fields(value)), place, digits)
    raise TypeError(f"{place}: {shown(value)} ({type(value).__name__}) is no plain data")


def _time(value: Any) -> str | None:
    moment = pd.Timestamp(value) if isinstance(value, np.datetime64) else value
    return None if moment is pd.NaT else str(moment.isoformat())


def _number(value: Any, digits: int | None) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{shown(value)} is beyond what JSON's readers take as a number") from None
    if not math.isfinite(number):
        return None
    rounded = number if digits is None else float(f"{number:.{digits}g}")
    return rounded if math.isfinite(rounded) else number  # the largest numbers have nothing to round up to


def _rows(table: pd.DataFrame) -> Iterable[Sequence[tuple[Any, Any]]]:
    """Each cell as its column holds it: a whole number beside a fraction stays whole."""
    names = list(table.columns)
    return (list(zip(names, row, strict=True)) for row in table.to_numpy(dtype=object).tolist())


def _mapping(items: Iterable[tuple[Any, Any]], place: str, digits: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in items:
        name = key if type(key) is str else _name(key, place, digits)
        if name in found:
            raise ValueError(f"{place}: two values under {shown(name)}")
        found[name] = _plain(value, f"{place}.{name}", digits)
    return found


def _name(key: Any, place: str, digits: int | None) -> str:
    name = key if isinstance(key, str) else _plain(key, f"{place}: a name", digits)
    if not isinstance(name, str | int | float):
        raise TypeError(f"{place}: {shown(key)} ({type(key).__name__}) is no name")
    return str(name)
