"""Published (and house) tables by name and by date in force.

Every number of a standard is a row in ``riskkit/standard_tables/<name>.csv`` with `source_id`,
`locator`, `status` (``published`` as printed, ``derived`` from a named source, ``house`` our choice)
and `valid_from`/`valid_to`. The columns are described in ``dictionary.csv``.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from importlib.resources.abc import Traversable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.standards.tables import TableFault, records, typed

STATUSES = ("published", "derived", "house")


def folder() -> Traversable:
    """Where the shipped tables lie.

    Examples
    --------
    >>> (folder() / "sources.csv").is_file()
    True
    """
    return resources.files("riskkit") / "standard_tables"


def names() -> tuple[str, ...]:
    """Names of all shipped tables, in alphabetical order.

    Examples
    --------
    >>> "risk_matrices" in names()
    True
    """
    files = (item.name for item in folder().iterdir())
    return tuple(sorted(name[:-4] for name in files if name.endswith(".csv") and name != "dictionary.csv"))


@functools.cache
def dictionary() -> pd.DataFrame:
    """The column dictionary of all shipped tables.

    Returns
    -------
    DataFrame
        One row a column: table, column, type, required, key, allowed, minimum, maximum, unit, zh, en.

    Examples
    --------
    >>> set(dictionary()["table"]) >= {"*", "risk_matrices"}
    True
    """
    return _read("dictionary")


def _read(name: str) -> pd.DataFrame:
    file = folder() / f"{name}.csv"
    if not name.replace("_", "").isalnum() or not file.is_file():
        raise KeyError(f"no standard table {name!r}; there are: {', '.join(names())}")
    with file.open(encoding="utf-8") as text:
        return pd.read_csv(text, dtype=str, keep_default_na=False, na_values=[])


@functools.cache
def _whole_table(name: str) -> pd.DataFrame:
    return typed(_read(name), name, dictionary=dictionary())


def table(name: str, *, on: dt.date | None = None) -> pd.DataFrame:
    """A standard table, whole or as in force on a date.

    Parameters
    ----------
    name : str
        File name without ``.csv``.
    on : date, optional
        Keep only rows with ``valid_from ≤ on ≤ valid_to`` (an empty bound is open).

    Returns
    -------
    DataFrame
        A copy; columns typed as the dictionary says.

    Raises
    ------
    KeyError
        When there is no such table.

    Examples
    --------
    >>> table("sources").columns[0]
    'source_id'
    """
    rows = _whole_table(name).copy()
    return rows if on is None else in_force(rows, on)


def in_force(rows: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """The rows of a dated table that hold on a day, both ends included.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"valid_from": ["2020-01-01", ""], "valid_to": ["2020-12-31", ""], "x": [1, 2]})
    >>> in_force(rows, dt.date(2021, 1, 1))["x"].tolist()
    [2]
    """
    day = on.isoformat()
    begun = (rows["valid_from"] == "") | (rows["valid_from"] <= day)
    running = (rows["valid_to"] == "") | (rows["valid_to"] >= day)
    return rows[begun & running].reset_index(drop=True)


LEVELS = ("low", "medium", "high", "serious")


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
    return tuple(table("risk_matrix_list", on=on)["matrix"])


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
    listed = table("risk_matrix_list", on=on)
    found = listed[(listed["matrix"] == name) | ((listed["family"] == name) & (on is not None))]
    if len(found) != 1:
        raise KeyError(f"no single risk matrix {name!r} in force; there are: {', '.join(listed['matrix'])}")
    one = found.iloc[0]
    rows = table("risk_matrices")
    rows = rows[rows["matrix"] == one["cells_of"]]
    return matrix_from_rows(rows, one)


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
    >>> rows = table("risk_matrices"); rows = rows[rows["matrix"] == "eu_2024_3173"]
    >>> matrix_from_rows(rows, table("risk_matrix_list").iloc[0]).name
    'eu_2024_3173'
    """
    bands, severities = sorted(set(rows["band"])), sorted(set(rows["severity"]))
    found: dict[tuple[int, int], list[str]] = {}
    for row in records(rows):
        found.setdefault((row["band"], row["severity"]), []).append(row["level"])
    cells = [[found.get((band, severity), []) for severity in severities] for band in bands]
    if not bands or any(len(cell) != 1 or cell[0] not in LEVELS for line in cells for cell in line):
        raise TableFault(
            f"risk matrix {listed['matrix']}: each band × severity needs exactly one known level"
        )
    bounds = rows.drop_duplicates("band").sort_values("band")["above"].tolist()
    edges = tuple(exact(text) for text in bounds[1:])
    codes = np.array([[LEVELS.index(cell[0]) for cell in line] for line in cells], dtype=np.int8)
    rising = all(a < b for a, b in itertools.pairwise(edges)) and bounds[0] == ""
    if not rising or (np.diff(codes, axis=0) < 0).any() or (np.diff(codes, axis=1) < 0).any():
        raise TableFault(f"risk matrix {listed['matrix']}: bounds must rise, levels must never fall")
    steps = int(listed["min_steps"]), int(listed["max_steps"])
    return RiskMatrix(
        str(listed["matrix"]), edges, listed["closed"] == "yes", codes, *steps, str(listed["combine"])
    )


@dataclass(frozen=True)
class Prevalence:
    """How the number of items in use moves a risk level.

    Parameters
    ----------
    name : str
        Name in ``prevalence.csv``.
    edges : tuple of float
        Bounds between the bands of items in use, rising.
    closed : bool
        Whether a number exactly on a bound belongs to the band above it.
    cells : ndarray of int8, shape (bands, 4)
        Level code by band and base level code.
    """

    name: str
    edges: tuple[float, ...]
    closed: bool
    cells: NDArray[np.int8]


@functools.cache
def prevalence(name: str) -> Prevalence:
    """A prevalence table by name.

    Raises
    ------
    KeyError
        When there is none.

    References
    ----------
    .. [1] OPSS product safety risk assessment methodology (PRISM), source ``opss_prism_code``.

    Examples
    --------
    >>> prevalence("prism_web").edges
    (100000.0, 500000.0, 1000000.0)
    """
    rows = table("prevalence")
    rows = rows[rows["prevalence"] == name]
    if rows.empty:
        raise KeyError(f"no prevalence table {name!r}")
    grid = rows.pivot(index="band", columns="base", values="level")[list(LEVELS)]
    bounds = rows.drop_duplicates("band").sort_values("band")["above"].astype(float).tolist()
    codes = grid.map(LEVELS.index).to_numpy(dtype=np.int8)
    codes.flags.writeable = False  # all callers share it
    return Prevalence(
        name, tuple(b for b in bounds if math.isfinite(b)), rows["closed"].iloc[0] == "yes", codes
    )


@dataclass(frozen=True)
class FactKind:
    """What the standard table says of a fact.

    Parameters
    ----------
    kind : str
        ``ordinal``, ``flag``, ``count``, ``money``, ``ratio`` or ``days``.
    worse : str
        ``more`` or ``less``: which direction is worse.
    is_given : bool
        Whether a case states it (otherwise it is derived from the case).
    minimum, maximum : float
        Lawful range, in its unit.
    zh, en, unit_zh, unit_en : str
        Its name and unit.
    """

    kind: str
    worse: str
    is_given: bool
    minimum: float
    maximum: float
    zh: str
    en: str
    unit_zh: str
    unit_en: str


@functools.cache
def facts() -> Mapping[str, FactKind]:
    """The facts that grades rest on, by name, in the order of ``facts.csv``.

    Examples
    --------
    >>> facts()["n_ports"].kind
    'count'
    """
    rows = records(table("facts"))
    return {
        str(r["fact"]): FactKind(
            r["kind"],
            r["worse"],
            r["given_by"] == "case",
            float(r["minimum"]),
            float(r["maximum"]),
            r["zh"],
            r["en"],
            r["unit_zh"],
            r["unit_en"],
        )
        for r in rows
    }


def source(source_id: str) -> pd.Series:
    """The bibliographic row of a source.

    Raises
    ------
    KeyError
        When it is not in ``sources.csv``.

    Examples
    --------
    >>> source("eu_2024_3173")["year"]
    '2024'
    """
    rows = table("sources")
    found = rows[rows["source_id"] == source_id]
    if found.empty:
        raise KeyError(f"no source {source_id!r}")
    return found.iloc[0]
