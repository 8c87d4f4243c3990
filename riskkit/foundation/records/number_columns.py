"""Columns of numbers in a table: read as floats, with every wrong cell told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NumberColumn:
    """What a column of numbers may hold; finite numbers only.

    Parameters
    ----------
    name : str
        The column.
    low, high : float
        Bounds, both allowed themselves.
    is_above : bool
        Whether `low` itself is too low.
    is_whole : bool
        Whether only whole numbers may stand there.
    may_miss : bool
        Whether a cell may be empty.

    Examples
    --------
    >>> NumberColumn("n", low=0, is_whole=True).rule
    'a whole number from 0 up'
    """

    name: str
    low: float = -np.inf
    high: float = np.inf
    is_above: bool = False
    is_whole: bool = False
    may_miss: bool = False

    @property
    def rule(self) -> str:
        """The rule in words."""
        template = "a whole number" if self.is_whole else "a finite number"
        ends = [f"{end:g}" for end in (self.low, self.high) if np.isfinite(end)]
        if np.isfinite(self.low):
            template += " above {}" if self.is_above else " from {}"
            template += " to {}" if np.isfinite(self.high) else "" if self.is_above else " up"
        elif np.isfinite(self.high):
            template += " up to {}"
        rule = RuleText(template, *ends)
        return RuleText("{}, or missing", rule) if self.may_miss else rule

    def is_kept(self, values: Floats) -> NDArray[np.bool_]:
        """Whether each number keeps the rule; NaN never does."""
        with np.errstate(invalid="ignore"):
            good = (values > self.low if self.is_above else values >= self.low) & (values <= self.high)
            good &= np.isfinite(values)
            return good & (np.floor(values) == values) if self.is_whole else good


def floats(values: pd.Series) -> Floats:
    """A column as floats; NaN where a cell is missing or no number.

    Examples
    --------
    >>> floats(pd.Series(["1.5", None, "x"])).tolist()
    [1.5, nan, nan]
    """
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def number_columns(
    table: pd.DataFrame, columns: Sequence[NumberColumn], *, what: str, texts: Sequence[str] = ()
) -> dict[str, Floats]:
    """The columns of a table as floats, or every fault of all of them.

    Parameters
    ----------
    table : DataFrame
        Rows are counted from 0 in the faults.
    columns : sequence of NumberColumn
        What to read.
    what : str
        The table's name in the faults.
    texts : sequence of str
        Further columns that must be there.

    Returns
    -------
    dict of str to ndarray of float
        NaN where a cell is missing.

    Raises
    ------
    InputFaults
        With every missing column, or with every wrong cell.

    Examples
    --------
    >>> rows = pd.DataFrame({"n": [3, None]})
    >>> number_columns(rows, [NumberColumn("n", low=0, may_miss=True)], what="batches")["n"].tolist()
    [3.0, nan]
    """
    wanted = [*texts, *(column.name for column in columns)]
    refuse(what, [Fault(f"{what}: {name}", "missing", "a column") for name in wanted if name not in table])
    faults: list[Fault] = []
    found = {}
    for column in columns:
        given, values = table[column.name], floats(table[column.name])
        empty = given.isna().to_numpy(dtype=np.bool_)
        wrong = ~column.is_kept(values) & ~(empty & column.may_miss)
        for row in np.flatnonzero(wrong):
            faults.append(Fault(f"{what}: row {row}: {column.name}", shown(given.iloc[row]), column.rule))
        found[column.name] = values
    refuse(what, faults)
    return found
