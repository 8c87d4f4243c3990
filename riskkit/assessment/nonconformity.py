"""How hazardous is a nonconforming item: a house table of type × exceedance × hazard × users.

SN/T 4837-2017 grades the hazard of nonconforming items; its table is not public. This one serves the same
purpose, is our own choice in every cell, and is never to be shown as that standard's.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import codes, label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import TableFault

FACTORS = ("kind", "exceedance", "severity", "users")
NOT_MEASURABLE = "clear"


def exceedance(measured: ArrayLike, limit: ArrayLike, *, worse: str) -> Any:
    """How far a measured value is beyond its limit, as a band of the house table.

    Parameters
    ----------
    measured : array_like of float
        What was found, in the unit of the limit; NaN where it cannot be measured.
    limit : array_like of float
        The limit; 0 where the substance must not be there.
    worse : str
        ``more`` for an upper limit (measured / limit), ``less`` for a lower one (limit / measured).

    Returns
    -------
    ndarray of object
        ``slight`` (beyond the limit, up to 1.1 times), ``clear`` (up to 2), ``large`` (up to 10) or
        ``extreme``; missing where the value conforms (exactly at the limit it does). Not measurable counts
        as ``clear``.

    Raises
    ------
    ValueError
        When a number is negative or infinite, or `worse` is neither word.

    References
    ----------
    .. [1] House bands of this project (``riskkit_house``, ``exceedance_bands.csv``).

    Examples
    --------
    >>> exceedance([95, 300, 0.4, np.nan], [90, 90, 0, 90], worse="more").tolist()
    ['slight', 'large', 'extreme', 'clear']
    """
    if worse not in ("more", "less"):
        raise ValueError("worse is 'more' for an upper limit or 'less' for a lower one")
    found, bound = np.broadcast_arrays(
        np.asarray(measured, dtype=np.float64), np.asarray(limit, dtype=np.float64)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        if np.isnan(bound).any() or (found < 0).any() or (bound < 0).any() or np.isinf([found, bound]).any():
            raise ValueError("measured values and limits are finite numbers from 0 up, each with its limit")
        ratio = np.where(found == bound, 1.0, found / bound if worse == "more" else bound / found)
    rows = standards.table("exceedance_bands").sort_values("above")
    words = np.array([None, *rows["exceedance"]], dtype=object)
    band = np.searchsorted(rows["above"].to_numpy(), ratio, side="left")
    return np.where(np.isnan(ratio), NOT_MEASURABLE, words[np.where(np.isnan(ratio), 0, band)])


def grade_lookup(table: pd.DataFrame) -> tuple[tuple[tuple[Any, ...], ...], NDArray[np.int8]]:
    """A table of grades as a lawful array: complete, and never falling in any factor.

    Parameters
    ----------
    table : DataFrame
        Columns kind, exceedance, severity, users, grade, as ``nonconformity_grades.csv``; kinds and
        exceedances in rising order of their first appearance.

    Returns
    -------
    axes : tuple of tuples
        The values of the four factors.
    cells : ndarray of int8
        Grade code by factor, 0 minor … 3 critical.

    Raises
    ------
    TableFault
        When a cell is missing or doubled, a grade is unknown, or a grade falls as a factor rises.

    Examples
    --------
    >>> axes, cells = grade_lookup(standards.table("nonconformity_grades"))
    >>> cells.shape
    (4, 4, 4, 3)
    """
    axes = tuple(tuple(table[name].drop_duplicates()) for name in FACTORS)
    axes = (axes[0], axes[1], tuple(sorted(axes[2])), tuple(sorted(axes[3])))
    words = scale("nonconformity").codes
    strange = sorted(set(table["grade"]) - set(words))
    if strange:
        raise TableFault(f"not a grade: {', '.join(map(str, strange))}; grades are {', '.join(words)}")
    cells = np.full(tuple(len(axis) for axis in axes), -1, dtype=np.int8)
    places = tuple(
        pd.Index(list(axis), dtype=object).get_indexer(table[name].astype(object))
        for name, axis in zip(FACTORS, axes, strict=True)
    )
    cells[places] = [words.index(word) for word in table["grade"]]
    if len(table) != cells.size or (cells < 0).any():
        raise TableFault(f"each of the {cells.size} combinations needs exactly one grade")
    for axis, name in enumerate(FACTORS):
        if (np.diff(cells, axis=axis) < 0).any():
            raise TableFault(f"a grade falls as {name} rises")
    return axes, cells


@functools.cache
def _shipped_lookup() -> tuple[tuple[tuple[Any, ...], ...], NDArray[np.int8]]:
    axes, cells = grade_lookup(standards.table("nonconformity_grades"))
    cells.flags.writeable = False  # all callers share it
    return axes, cells


def hazard_grade(items: pd.DataFrame, *, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Hazard grade of nonconforming items, with the reason and what would raise it.

    The house rule behind the shipped table: severity of the harm (1–4), less 1 for a performance fault, 2
    for marking, 3 for papers, plus 0, ½, 1 or 1½ by exceedance and 0, ½ or 1 by users; whole part, kept
    within 1–4. Every number of it is our choice.

    Parameters
    ----------
    items : DataFrame
        kind (``paperwork``, ``marking``, ``function``, ``safety``), exceedance (see `exceedance`),
        severity (1–4, of the harm it can lead to), users (0 general, 1 vulnerable, 2 very vulnerable).
    table : DataFrame, optional
        A table of one's own in the shape of ``nonconformity_grades.csv``.

    Returns
    -------
    DataFrame
        grade (``minor`` < ``moderate`` < ``major`` < ``critical``; missing where a factor is), score (1–4),
        raised_by (factors of which one step more gives a higher grade), reason_zh, reason_en.

    Raises
    ------
    InputFaults
        With every missing column and every value the table does not know.
    TableFault
        When the table is not lawful.

    References
    ----------
    .. [1] House table of this project (``riskkit_house``); purpose as SN/T 4837-2017, whose table is not
       public.

    Examples
    --------
    >>> one = pd.DataFrame({"kind": ["safety"], "exceedance": ["large"], "severity": [2], "users": [2]})
    >>> hazard_grade(one)[["grade", "score", "raised_by"]].values.tolist()
    [['critical', 4.0, '']]
    """
    axes, cells = _shipped_lookup() if table is None else grade_lookup(table)
    places = _places(items, axes)
    known = np.asarray((places >= 0).all(axis=0), dtype=np.bool_)
    at = tuple(np.where(known, place, 0) for place in places)
    found = np.where(known, cells[at], -1).astype(np.int8)
    grades = pd.Categorical.from_codes(found, dtype=scale("nonconformity").dtype())
    out = pd.DataFrame({"grade": grades, "score": np.where(known, found + 1.0, np.nan)}, index=items.index)
    # words are made once for each combination there is, then handed to its items
    combination = np.where(known, np.ravel_multi_index(at, cells.shape), -1)
    _, first, which = np.unique(combination, return_index=True, return_inverse=True)
    words = _words(items.iloc[first], tuple(axis[first] for axis in at), cells=cells, known=known[first])
    for name in ("raised_by", "reason_zh", "reason_en"):
        out[name] = words[name].to_numpy()[which]
    return out


def _places(items: pd.DataFrame, axes: tuple[tuple[Any, ...], ...]) -> NDArray[np.int64]:
    faults = [Fault(name, "missing", "a column of the items") for name in FACTORS if name not in items]
    refuse("nonconforming items", faults)
    places = np.full((len(FACTORS), len(items)), -1, dtype=np.int64)
    for number, (name, axis) in enumerate(zip(FACTORS, axes, strict=True)):
        values = items[name]
        places[number] = pd.Index(list(axis), dtype=object).get_indexer(values.astype(object))
        for row in np.flatnonzero(values.notna().to_numpy() & (places[number] < 0)):
            rule = one_of(str(values.iloc[row]), map(str, axis))
            faults.append(Fault(f"row {row}: {name}", shown(values.iloc[row]), rule))
    refuse("nonconforming items", faults)
    return places


def _words(
    items: pd.DataFrame,
    at: tuple[NDArray[np.int64], ...],
    *,
    cells: NDArray[np.int8],
    known: NDArray[np.bool_],
) -> pd.DataFrame:
    """What would raise each grade, and its reason in both languages."""
    rows: list[list[str]] = [[] for _ in known]
    for axis, name in enumerate(FACTORS):
        more = tuple(np.minimum(p + (a == axis), cells.shape[a] - 1) for a, p in enumerate(at))
        for row in np.flatnonzero(known & (cells[more] > cells[at])):
            rows[row].append(name)
    table = pd.DataFrame({"raised_by": [", ".join(names) for names in rows]}, index=items.index)
    return table.assign(
        **{f"reason_{lang}": in_language(lang, _reasons, items, known) for lang in ("zh", "en")}
    )


def _reasons(items: pd.DataFrame, known: NDArray[np.bool_]) -> pd.Series[str]:
    bands = standards.table("exceedance_bands")
    how_far = dict(zip(bands["exceedance"].astype(str), bands[language()].astype(str), strict=True))
    kinds = {code: label("nonconformity_kind", code) for code in codes("nonconformity_kind")}
    severity, users = (items[name].map("{:g}".format, na_action="ignore") for name in ("severity", "users"))
    kind, far = (
        items[n].map(lambda w, d=d: d.get(w, w)) for n, d in (("kind", kinds), ("exceedance", how_far))
    )
    if language() == "zh":
        said = kind + "；" + far + "；伤害程度" + severity + "；使用者脆弱程度" + users + "（本项目设定表）"
    else:
        said = (
            kind + "; " + far + "; severity " + severity + "; user vulnerability " + users + " (house table)"
        )
    return said.where(known)
