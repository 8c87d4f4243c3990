"""Pairwise judgements as people write them: fractions, decimals and gaps become one reciprocal matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats

# 1/3 is written 0.33: an entry and its mirror multiply to 1 only nearly
_RECIPROCAL = 5e-3
_EXACT = 1e-12
_DECIMAL = re.compile(r"0?\.[0-9]+", re.ASCII)


@dataclass(frozen=True)
class RoundedEntry:
    """An entry that is read as the reciprocal it rounds.

    Parameters
    ----------
    row, column : Any
        Names of the two items.
    written, read : float
        What it contains, and what it is read as.
    """

    row: Any
    column: Any
    written: float
    read: float


@dataclass(frozen=True)
class Judgements:
    """A checked matrix of pairwise judgements.

    Parameters
    ----------
    matrix : ndarray of float, shape (n, n)
        Entry (i, j): how many times i outweighs j; exactly reciprocal. NaN where it was not judged.
    items : Index
        What is compared.
    rounded : tuple of RoundedEntry
        Entries that were written with few decimals and are read as the reciprocals they round.
    """

    matrix: Floats
    items: pd.Index
    rounded: tuple[RoundedEntry, ...] = ()

    def is_complete(self) -> bool:
        """Whether every pair was judged."""
        return not bool(np.isnan(self.matrix).any())


def judgements(matrix: Any) -> Judgements:
    """Check pairwise judgements and make them exactly reciprocal, or refuse them with every fault.

    Of each pair the entry of 1 or more is taken as meant, so that 3 beside 0.33 reads as 3 and 1/3. An entry
    that stands alone and rounds the reciprocal of a whole number from 2 to 9 to two decimals or three (0.33,
    0.17, 0.14, 0.11) is read as that reciprocal. `Judgements.rounded` lists both.

    Parameters
    ----------
    matrix : array_like, DataFrame or Judgements, shape (n, n)
        Positive numbers or fractions such as ``"1/3"``; 1 on the diagonal; entry (j, i) the reciprocal of
        (i, j) within 0.5 %, or rounded to the two or more decimals it is written with. None or NaN on one
        side: the reciprocal of the other; on both: not judged. A DataFrame names the items.

    Returns
    -------
    Judgements

    Raises
    ------
    InputFaults
        With each entry that is not positive, each diagonal entry that is not 1 and each pair that is not
        reciprocal.

    Examples
    --------
    >>> judgements([[1, "1/3"], [3, 1]]).matrix[0, 1].round(4)
    np.float64(0.3333)
    >>> judgements([[1, 0.17], [6, 1]]).rounded[0].read == 1 / 6
    True
    >>> try:
    ...     judgements([[1, 3, 5], [3, 1, 0], ["1/5", 2, 2]])
    ... except ValueError as error:
    ...     print(error)
    pairwise judgements: 3 faults
      [1, 0]: 3 where [0, 1] is 3, must be: its reciprocal, 0.333333
      [1, 2]: 0, must be: a number above 0
      [2, 2]: 2, must be: 1
    """
    if isinstance(matrix, Judgements):
        return matrix
    raw = np.asarray(matrix, dtype=object)
    if raw.ndim != 2 or raw.shape[0] != raw.shape[1] or raw.shape[0] < 1:
        refuse("pairwise judgements", [Fault("matrix", f"shape {raw.shape}", "a square matrix")])
    items = matrix.columns if isinstance(matrix, pd.DataFrame) else pd.RangeIndex(len(raw))
    if isinstance(matrix, pd.DataFrame) and (list(matrix.index) != list(items) or not items.is_unique):
        rule = "the same names in rows and columns, each once"
        refuse("pairwise judgements", [Fault("names", shown(list(matrix.index)), rule)])
    values, faults = _read(raw, items)
    meant = _rounded(raw, values)
    faults += _pair_faults(np.where(np.isnan(meant), values, meant), items)
    refuse("pairwise judgements", sorted(faults, key=lambda fault: fault.place))
    notes = tuple(
        RoundedEntry(items[i], items[j], float(values[i, j]), float(meant[i, j]))
        for i, j in np.argwhere(~np.isnan(meant)).tolist()
    )
    return Judgements(_reciprocal(np.where(np.isnan(meant), values, meant)), items, notes)


def _read(raw: NDArray[Any], items: pd.Index) -> tuple[Floats, list[Fault]]:
    values, faults = np.full(raw.shape, np.nan), []
    np.fill_diagonal(values, 1.0)
    for (i, j), entry in np.ndenumerate(raw):
        if pd.isna(entry):
            continue
        try:
            value = float(exact(entry))
        except ValueError:
            value = 0.0
        place = f"[{items[i]}, {items[j]}]"
        if i == j and value != 1:
            faults.append(Fault(place, shown(entry), "1"))
        elif value <= 0:
            faults.append(Fault(place, shown(entry), "a number above 0"))
        else:
            values[i, j] = value
    return values, faults


def _rounded(raw: NDArray[Any], values: Floats) -> Floats:
    """The reciprocal that an entry below 1 rounds, where it is written with two decimals or more."""
    found = np.full(values.shape, np.nan)
    for i, j in np.argwhere(values < 1).tolist():
        written = str(raw[i, j]).strip()
        n_decimals = len(written.partition(".")[2]) if _DECIMAL.fullmatch(written) else 0
        half = 0.5 * 10.0**-n_decimals * (1 + 1e-9)
        other = values[j, i]
        if np.isnan(other) and n_decimals in (2, 3):
            meant = 1 / np.arange(2, 10)
        else:
            meant = np.array([1 / other] if other > 1 and n_decimals >= 2 else [])
        near = meant[(np.abs(meant - values[i, j]) <= half) & (np.abs(meant / values[i, j] - 1) > _EXACT)]
        if near.size == 1:
            found[i, j] = near[0]
    return found


def _pair_faults(values: Floats, items: pd.Index) -> list[Fault]:
    wrong = np.abs(values * values.T - 1) > _RECIPROCAL
    return [
        Fault(
            f"[{items[i]}, {items[j]}]",
            f"{values[i, j]:.6g} where [{items[j]}, {items[i]}] is {values[j, i]:.6g}",
            RuleText("its reciprocal, {}", f"{1 / values[j, i]:.6g}"),
        )
        for i, j in np.argwhere(np.tril(wrong)).tolist()
    ]


def _reciprocal(values: Floats) -> Floats:
    """Each pair by its entry of 1 or more; a pair judged on one side only by that side."""
    other = values.T
    known = np.where(np.isnan(values), 1 / other, values)
    known_other = np.where(np.isnan(other), 1 / values, other)
    above = (known > known_other) | ((known == known_other) & np.tri(len(values), dtype=np.bool_).T)
    return np.asarray(np.where(above, known, 1 / known_other))
