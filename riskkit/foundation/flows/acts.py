"""The acts of lives as columns of texts, numbers and moments."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown

NEVER = np.iinfo(np.int64).min
"""No moment."""
_NUMBER = re.compile(r"(n|rate|is|has)_.*|level|effect_agrees")
_BESIDE = ("subject", "event", "at", "who", "role", "reason", "evidence")
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


def ticks_of(ticks: Whole) -> pd.Series:
    """Microseconds since 1970 in UTC as moments; the least number is none.

    Examples
    --------
    >>> str(ticks_of(np.array([0]))[0])
    '1970-01-01 00:00:00+00:00'
    """
    return pd.Series(ticks.astype("datetime64[us]")).dt.tz_localize("UTC")


def is_number(name: str) -> bool:
    """Whether a column holds numbers or flags, by its name.

    Examples
    --------
    >>> is_number("n_affected"), is_number("has_consent"), is_number("measure")
    (True, True, False)
    """
    return _NUMBER.fullmatch(name) is not None


def is_moment(name: str) -> bool:
    """Whether a column holds moments, by its name.

    Examples
    --------
    >>> is_moment("due_at"), is_moment("at"), is_moment("measure")
    (True, True, False)
    """
    return name == "at" or name.endswith("_at")


class Acts:
    """A table of acts as columns of texts, numbers and moments.

    Parameters
    ----------
    table : DataFrame
        As of `riskkit.foundation.flow.replay`.
    what : str
        Name in the faults.
    """

    def __init__(self, table: pd.DataFrame, *, what: str) -> None:
        self.table, self.what = table, what
        self._kept: dict[tuple[str, str], Any] = {}
        self._vocabulary: dict[str, int] = {"": 0}
        self.at: Whole = self.moments("at")
        self.carried = tuple(name for name in table.columns if name not in _BESIDE)

    def texts(self, name: str) -> Texts:
        """A column of texts without spaces around them; an empty text for nothing."""
        found: Texts = self._once("texts", name)
        return found

    def codes(self, name: str) -> Whole:
        """A column of texts as numbers, 0 for nothing; equal texts of any columns have equal numbers."""
        found: Whole = self._once("codes", name)
        return found

    def numbers(self, name: str) -> Floats:
        """A column of numbers or flags; NaN for nothing."""
        found: Floats = self._once("numbers", name)
        return found

    def moments(self, name: str) -> Whole:
        """A column of moments [µs since 1970 in UTC]; the least number for nothing."""
        found: Whole = self._once("moments", name)
        return found

    def _once(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._kept:
            read = getattr(self, f"_{kind}")
            self._kept[kind, name] = read(name)
        return self._kept[kind, name]

    def _codes(self, name: str) -> Whole:
        if name not in self.table:
            return np.zeros(len(self.table), dtype=np.int64)
        codes, values = pd.factorize(self.table[name])
        plain = ["" if pd.isna(value) else str(value).strip() for value in values]
        known = [self._vocabulary.setdefault(text, len(self._vocabulary)) for text in plain]
        return np.asarray(np.array([*known, 0], dtype=np.int64)[codes], dtype=np.int64)

    def _texts(self, name: str) -> Texts:
        codes = self.codes(name)
        found: Texts = np.array(list(self._vocabulary), dtype=object)[codes]
        return found

    def _numbers(self, name: str) -> Floats:
        if name not in self.table:
            return np.full(len(self.table), np.nan)
        cells = self.table[name]
        if cells.dtype == object:
            cells = pd.Series([float(cell) if isinstance(cell, bool) else cell for cell in cells])
        read = pd.to_numeric(cells, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
        wrong = np.flatnonzero(np.isnan(read) & self.table[name].notna() & self.table[name].ne(""))
        faults = [Fault(f"acts: row {row}: {name}", shown(cells.iloc[row]), "a number") for row in wrong[:20]]
        refuse(self.what, faults)
        return np.asarray(read, dtype=np.float64)

    def _moments(self, name: str) -> Whole:
        if name not in self.table or self.table[name].isna().all():
            return np.full(len(self.table), NEVER)
        cells = self.table[name]
        rule = "a time with its offset from UTC"
        if getattr(cells.dtype, "tz", None) is None:
            found = [pd.to_datetime(cell, errors="coerce") for cell in cells]
            bad = [k for k, cell in enumerate(cells) if not pd.isna(cell) and cell != ""
                   and (pd.isna(found[k]) or found[k].tzinfo is None)]  # fmt: skip
            refuse(self.what, [Fault(f"acts: row {k}: {name}", shown(cells.iloc[k]), rule) for k in bad])
            cells = pd.Series(pd.to_datetime(found, utc=True), index=cells.index)
        whole = cells.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(whole), NEVER, whole.astype(np.int64)).astype(np.int64)

    def given(self, name: str) -> Flags:
        """In which rows a column says something."""
        if is_moment(name):
            return np.asarray(self.moments(name) != NEVER)
        if is_number(name):
            return ~np.isnan(self.numbers(name))
        return np.asarray(self.codes(name) != 0)

    def cell(self, name: str, row: int) -> object:
        """What stands in a cell, for a fault."""
        return self.table[name].iloc[row] if name in self.table else ""

    def last_values(self, name: str, rows: Whole) -> pd.Series:
        """The values of some rows; missing for row -1."""
        if is_moment(name):
            return ticks_of(np.where(rows < 0, NEVER, self.moments(name)[rows]))
        if is_number(name):
            return pd.Series(np.where(rows < 0, np.nan, self.numbers(name)[rows]))
        return pd.Series(np.where(rows < 0, "", self.texts(name)[rows]), dtype=object)
