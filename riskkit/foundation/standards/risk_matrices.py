"""Probability × severity grids, the shipped ones by name or by the day on which they were in force."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.standards import LEVELS
from riskkit.foundation.standards.tables import TableFault, records

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_MATRIX = "eu_2024_3173"


@dataclass(frozen=True)
class RiskMatrix:
    """A probability × severity grid.

    Parameters
    ----------
    name : str
        Its name in ``risk_matrix_list.csv``.
    edges : tuple of Fraction
        Lower bounds of the bands above the lowest one, rising. A probability enters a band when it is
        greater than the bound (`closed` False) or at least the bound (`closed` True).
    closed : bool
        Whether a value exactly on a bound belongs to the band above it.
    cells : ndarray of int8, shape (bands, severities)
        Level codes 0 low … 3 serious; bands from the lowest.
    min_steps, max_steps : int
        How many steps a scenario may have under the method.
    combine : str
        ``highest`` or ``sum``: how scenarios of one severity are put together.
    levels : tuple of str
        Words of the level codes, from low to high; a matrix of one's own may have other levels.
    """

    name: str
    edges: tuple[Fraction, ...]
    closed: bool
    cells: NDArray[np.int8]
    min_steps: int
    max_steps: int
    combine: str
    levels: tuple[str, ...] = LEVELS

    def edge_values(self) -> NDArray[np.float64]:
        """The bounds as floats, rising."""
        return np.array([float(edge) for edge in self.edges])


def matrix_names(*, on: dt.date | None = None) -> tuple[str, ...]:
    """Names of the shipped risk matrices, all or those in force on a date.

    Examples
    --------
    >>> matrix_names(on=dt.date(2026, 1, 1))[0]
    'eu_2024_3173'
    """
    return tuple(row["matrix"] for row in _matrices(on))


def _matrices(on: dt.date | None) -> tuple[Mapping[str, Any], ...]:
    listed = "risk_matrix_list"
    return standards.every_row(listed) if on is None else standards.rows(listed, on=on)


@functools.cache
def risk_matrix(name: str, *, on: dt.date | None = None) -> RiskMatrix:
    """A risk matrix by its name, or by its family and a date.

    Parameters
    ----------
    name : str
        A matrix (``"eu_2024_3173"``) or, with `on`, a family (``"eu"``).
    on : date, optional
        Day on which the matrix must be in force.

    Returns
    -------
    RiskMatrix

    Raises
    ------
    KeyError
        When there is none, or none in force that day.

    References
    ----------
    .. [1] Commission Delegated Regulation (EU) 2024/3173, Annex II 3.6.2 (source ``eu_2024_3173``).

    Examples
    --------
    >>> risk_matrix("eu_2024_3173").cells[:, 0].tolist()
    [0, 0, 0, 0, 0, 1, 1, 2]
    >>> risk_matrix("eu", on=dt.date(2020, 6, 1)).name
    'eu_2019_417'
    """
    listed = _matrices(on)
    found = [row for row in listed if row["matrix"] == name or (row["family"] == name and on is not None)]
    if len(found) != 1:
        raise KeyError(
            f"no single risk matrix {name!r} in force; there are: {', '.join(matrix_names(on=on))}"
        )
    cells = [row for row in standards.rows("risk_matrices") if row["matrix"] == found[0]["cells_of"]]
    return _matrix(cells, found[0])


def matrix_from_rows(rows: pd.DataFrame, listed: pd.Series) -> RiskMatrix:
    """Build a matrix from tidy rows of one's own, in the shape of the shipped table.

    Parameters
    ----------
    rows : DataFrame
        Columns band (1 = lowest), above (lower bound as text, empty for the lowest), severity, level.
    listed : Series
        matrix, closed, min_steps, max_steps, combine.

    Raises
    ------
    TableFault
        When cells are missing or doubled, bounds do not rise, or a level falls as probability or
        severity rises.

    Examples
    --------
    >>> rows = standards.table("risk_matrices"); rows = rows[rows["matrix"] == "eu_2024_3173"]
    >>> matrix_from_rows(rows, standards.all_rows("risk_matrix_list").iloc[0]).name
    'eu_2024_3173'
    """
    return _matrix(records(rows), {str(name): value for name, value in listed.items()})


def _matrix(rows: Sequence[Mapping[str, Any]], listed: Mapping[str, Any]) -> RiskMatrix:
    bands, severities = ({row[of] for row in rows} for of in ("band", "severity"))
    found: dict[tuple[int, int], list[str]] = {}
    for row in rows:
        found.setdefault((row["band"], row["severity"]), []).append(row["level"])
    cells = [[found.get((band, severity), []) for severity in sorted(severities)] for band in sorted(bands)]
    if not bands or any(len(cell) != 1 or cell[0] not in LEVELS for line in cells for cell in line):
        raise TableFault(
            f"risk matrix {listed['matrix']}: each band × severity needs exactly one known level"
        )
    lower = {row["band"]: row["above"] for row in reversed(rows)}  # as the first row of a band has it
    bounds = [lower[band] for band in sorted(bands)]
    edges = tuple(exact(text) for text in bounds[1:])
    codes = np.array([[LEVELS.index(cell[0]) for cell in line] for line in cells], dtype=np.int8)
    rising = all(a < b for a, b in itertools.pairwise(edges)) and bounds[0] == ""
    if not rising or (np.diff(codes, axis=0) < 0).any() or (np.diff(codes, axis=1) < 0).any():
        raise TableFault(f"risk matrix {listed['matrix']}: bounds must rise, levels must never fall")
    steps = int(listed["min_steps"]), int(listed["max_steps"])
    return RiskMatrix(
        str(listed["matrix"]), edges, listed["closed"] == "yes", codes, *steps, str(listed["combine"])
    )
