"""Published (and house) tables by name and by date in force.

Every number of a standard is a row in ``riskkit/standard_tables/<name>.csv`` with `source_id`,
`locator`, `status` (``published`` as printed, ``derived`` from a named source, ``house`` our choice)
and `valid_from`/`valid_to`. The columns are described in ``dictionary.csv``.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.standards.tables import typed

if TYPE_CHECKING:
    import pandas as pd

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
    return _as_table(_read("dictionary"))


@functools.cache
def column_types(name: str) -> Mapping[str, str]:
    """The type of each column of a standard table, by the dictionary.

    Examples
    --------
    >>> column_types("risk_matrix_list")["min_steps"]
    'whole'
    """
    words = _read("dictionary")
    types: dict[str, dict[str, str]] = {"*": {}, name: {}}
    for of, column, kind in zip(words["table"], words["column"], words["type"], strict=True):
        types.get(of, {})[column] = kind
    own = types[name]
    return own if "source_id" in own else own | types["*"]


@functools.cache
def _read(name: str) -> Mapping[str, list[str]]:
    """The columns of a file, by hand: pandas takes ten times as long for each of these small tables."""
    file = folder() / f"{name}.csv"
    if not name.replace("_", "").isalnum() or not file.is_file():
        raise KeyError(f"no standard table {name!r}; there are: {', '.join(names())}")
    text = io.StringIO(file.read_bytes().decode("utf-8"), newline="")
    head, *lines = (line for line in csv.reader(text) if line)
    columns = zip(*lines, strict=True) if lines else ((),) * len(head)
    return {title: list(column) for title, column in zip(head, columns, strict=True)}


@functools.cache
def _columns(name: str) -> Mapping[str, Sequence[Any]]:
    return typed(_read(name), column_types(name))


def _as_table(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    import pandas as pd  # who only walks over rows, to check a case, is spared the half second that it takes

    return pd.DataFrame(columns)


@functools.cache
def _whole_table(name: str) -> pd.DataFrame:
    return _as_table(_columns(name))


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
    columns = _columns(name)
    return "valid_from" in columns and any((*columns["valid_from"], *columns["valid_to"]))


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
    _require_undated(name)
    return _whole_table(name)


def _require_undated(name: str) -> None:
    if is_dated(name):
        raise ValueError(f"the standard table {name!r} is dated: name a day, or take all_rows({name!r})")


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
    if on is None:
        _require_undated(name)
        return every_row(name)
    day = on.isoformat()
    begun = (row for row in every_row(name) if row["valid_from"] <= day)
    return tuple(row for row in begun if row["valid_to"] == "" or row["valid_to"] >= day)


@functools.cache
def every_row(name: str) -> tuple[Mapping[str, Any], ...]:
    """The rows of :func:`all_rows` as plain mappings, made once.

    Examples
    --------
    >>> len(every_row("credit_grades")) == len(all_rows("credit_grades"))
    True
    """
    columns = _columns(name)
    cells = zip(*columns.values(), strict=True)
    return tuple(MappingProxyType(dict(zip(columns, row, strict=True))) for row in cells)


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
    found = [row for row in rows("prevalence") if row["prevalence"] == name]
    if not found:
        raise KeyError(f"no prevalence table {name!r}")
    level = {(row["band"], row["base"]): LEVELS.index(row["level"]) for row in found}
    lower = {row["band"]: float(row["above"]) for row in found}
    codes = np.array([[level[band, base] for base in LEVELS] for band in sorted(lower)], dtype=np.int8)
    codes.flags.writeable = False  # all callers share it
    edges = tuple(lower[band] for band in sorted(lower) if math.isfinite(lower[band]))
    return Prevalence(name, edges, found[0]["closed"] == "yes", codes)


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
