"""Published (and house) tables by name and by date in force.

Every number of a standard is a row in ``riskkit/standard_tables/<name>.csv`` with `source_id`,
`locator`, `status` (``published`` as printed, ``derived`` from a named source, ``house`` our choice)
and `valid_from`/`valid_to`. The columns are described in ``dictionary.csv``.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.standards.tables import records, typed

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


def all_rows(name: str) -> pd.DataFrame:
    """A standard table with the rows of every day: for questions about its whole history.

    Parameters
    ----------
    name : str
        File name without ``.csv``.

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
    >>> all_rows("credit_grades")["rule_set"].nunique()
    4
    """
    return _whole_table(name).copy()


@functools.cache
def is_dated(name: str) -> bool:
    """Whether a row of a standard table begins or ends on a day.

    Examples
    --------
    >>> is_dated("credit_grades"), is_dated("hs_chapters")
    (True, False)
    """
    rows = _whole_table(name)
    return "valid_from" in rows and bool((rows[["valid_from", "valid_to"]] != "").to_numpy().any())


def table(name: str, *, on: dt.date | None = None) -> pd.DataFrame:
    """A standard table as in force on a day; only a table without dated rows can be read without one.

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
    ValueError
        When the table is dated and no day is given: what holds today need not have held then.

    Examples
    --------
    >>> table("sources").columns[0]
    'source_id'
    >>> len(table("credit_grades", on=dt.date(2026, 11, 1))) < len(all_rows("credit_grades"))
    True
    """
    return _on_day(name, on).copy()


@functools.lru_cache(maxsize=512)
def _on_day(name: str, on: dt.date | None) -> pd.DataFrame:
    if on is not None:
        return _table_on(name, on).copy(deep=False)  # copied where it is written to
    if is_dated(name):
        raise ValueError(f"the standard table {name!r} is dated: name a day, or take all_rows({name!r})")
    return _whole_table(name)


@functools.lru_cache(maxsize=512)
def rows(name: str, *, on: dt.date | None = None) -> tuple[Mapping[str, Any], ...]:
    """The rows of :func:`table` as plain mappings, made once: for walking over them again and again.

    Parameters
    ----------
    name : str
        File name without ``.csv``.
    on : date, optional
        The day, where the table is dated.

    Returns
    -------
    tuple of read-only mappings

    Raises
    ------
    KeyError, ValueError
        As :func:`table`.

    Examples
    --------
    >>> rows("prevalence")[0]["prevalence"]
    'prism_web'
    """
    return tuple(MappingProxyType(row) for row in records(_on_day(name, on)))


@functools.lru_cache(maxsize=1024)
def _table_on(name: str, on: dt.date) -> pd.DataFrame:
    return in_force(_whole_table(name), on)


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
    begun = rows["valid_from"] <= day  # an empty word is before every day
    running = (rows["valid_to"] == "") | (rows["valid_to"] >= day)
    return rows[begun & running].reset_index(drop=True)


LEVELS = ("low", "medium", "high", "serious")


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
    found = table("prevalence")
    found = found[found["prevalence"] == name]
    if found.empty:
        raise KeyError(f"no prevalence table {name!r}")
    grid = found.pivot(index="band", columns="base", values="level")[list(LEVELS)]
    bounds = found.drop_duplicates("band").sort_values("band")["above"].astype(float).tolist()
    codes = grid.map(LEVELS.index).to_numpy(dtype=np.int8)
    codes.flags.writeable = False  # all callers share it
    return Prevalence(
        name, tuple(b for b in bounds if math.isfinite(b)), found["closed"].iloc[0] == "yes", codes
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
        for r in rows("facts")
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
    return _source(source_id).copy()


@functools.cache
def _source(source_id: str) -> pd.Series:
    sources = _whole_table("sources")
    found = sources[sources["source_id"] == source_id]
    if found.empty:
        raise KeyError(f"no source {source_id!r}")
    return found.iloc[0]
