"""Shapes of foreign cells: picking, joining and re-ordering text, so that every reader does it alike.

Nothing here decides what a date or a number is; that is done once, for all sources, after the readers.
A cell that does not have the expected shape is handed on as it was read, and is refused there.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from typing import Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.foreign_words import each_text
from riskkit.monitoring.sources.files.file_faults import file_fault

_BRACKETED = re.compile(r"[(（\[【〔].*?[)）\]】〕]")
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: f"{number:02d}" for number, name in enumerate(_NAMES, start=1)}
_MONTH_FIRST = re.compile(r"\s*(?P<m>\d{1,2})[/-](?P<d>\d{1,2})[/-](?P<y>\d{4})(?:\s.*)?")
_COMPACT = re.compile(r"\s*(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\.0)?\s*")
_MONTH_NAME = re.compile(r"\s*(?P<d>\d{1,2})[- ](?P<m>[A-Za-z]{3})[A-Za-z]*[- ](?P<y>\d{4}|\d{2})\s*")
_NAME_FIRST = re.compile(r"\s*(?P<m>[A-Za-z]{3})[a-z]*\.? (?P<d>\d{1,2}),? (?P<y>\d{4})\s*")
_BEHIND_TIME = re.compile(r"\s*(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})[T ]\d{2}:\d{2}.*")
_ISO_DAY = r"\d{4}-\d{2}-\d{2}"


def header_key(header: str) -> str:
    """A header as it is looked up: letters and digits only, one width, one case.

    Examples
    --------
    >>> header_key("Recall Number") == header_key("recall_number") == header_key("RecallNumber")
    True
    >>> header_key("原产国（地区）") == header_key("原产国(地区)")
    True
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header)).casefold()


def header_place(headers: tuple[str, ...], wanted: str) -> int | None:
    """Where a wanted column stands: under its very header, else under one that differs in signs or case.

    Brackets and what is in them, asterisks and blanks may differ last of all, if one header alone fits then.

    Raises
    ------
    InputFaults
        When several headers differ from it in signs or case, and none is exactly it.

    Examples
    --------
    >>> header_place(("Issue", "Issue:"), "Issue:"), header_place(("*产品名称", "数量（件）"), "数量")
    (1, 1)
    >>> header_place(("Units (US)", "Units (CA)"), "Units") is None
    True
    """
    exact, by_key, by_bare_key = _header_index(headers)
    if wanted in exact:
        return exact[wanted]
    found = by_key.get(header_key(wanted), [])
    if len(found) > 1:
        same = ", ".join(headers[place] for place in found)
        raise file_fault(f"{wanted!r}", same, "header_ambiguous")
    found = found or by_bare_key.get(_bare_key(wanted), [])
    return found[0] if len(found) == 1 else None


def has_header(headers: tuple[str, ...], wanted: str) -> bool:
    """Whether a wanted column is there, be it more than once.

    Examples
    --------
    >>> has_header(("Date", "DATE"), "date"), has_header(("Date",), "product")
    (True, False)
    """
    try:
        return header_place(headers, wanted) is not None
    except InputFaults:
        return True


def _bare_key(header: str) -> str:
    return header_key(_BRACKETED.sub("", header)) or header_key(header)


@functools.lru_cache(maxsize=256)
def _header_index(
    headers: tuple[str, ...],
) -> tuple[dict[str, int], dict[str, list[int]], dict[str, list[int]]]:
    by_key: dict[str, list[int]] = {}
    by_bare_key: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        by_key.setdefault(header_key(header), []).append(place)
        by_bare_key.setdefault(_bare_key(header), []).append(place)
    exact = {header: place for place, header in reversed(list(enumerate(headers)))}
    return exact, by_key, by_bare_key


def cells(native: pd.DataFrame, *headers: str) -> pd.Series:
    """What stands under the first of several headers that is filled, row by row.

    Parameters
    ----------
    native : DataFrame of str
        Rows as read.
    *headers : str
        The headers under which different editions of a file keep the same thing, the preferred first.

    Returns
    -------
    Series of str
        Trimmed; missing where none of the columns is there or filled.

    Examples
    --------
    >>> rows = pd.DataFrame({"Recall Date": ["2009-01-02", " "], "date": ["x", "2009-03-04"]}, dtype="string")
    >>> cells(rows, "recall_date", "date").tolist()
    ['2009-01-02', '2009-03-04']
    """
    names = tuple(map(str, native.columns))
    found = [header_place(names, header) for header in headers]
    places = dict.fromkeys(place for place in found if place is not None)
    if not places:
        return pd.Series(pd.NA, index=native.index, dtype="string")
    columns = [pc.utf8_trim_whitespace(_texts(native.iloc[:, place])) for place in places]
    filled = [pc.if_else(pc.equal(column, ""), None, column) for column in columns]
    return _series(pc.coalesce(*filled), native.index)


def same(native: pd.DataFrame, value: str) -> pd.Series:
    """One text for every row.

    Examples
    --------
    >>> same(pd.DataFrame(index=[7, 9]), "recall").to_dict()
    {7: 'recall', 9: 'recall'}
    """
    return pd.Series(value, index=native.index, dtype="string")


def joined(*columns: pd.Series, between: str = "; ") -> pd.Series:
    """Several texts of a row as one, without those that are missing.

    Examples
    --------
    >>> joined(pd.Series(["a", pd.NA], dtype="string"), pd.Series(["b", pd.NA], dtype="string")).tolist()
    ['a; b', <NA>]
    """
    sign = pa.scalar(between, pa.large_string())

    def pair(one: Any, two: Any) -> Any:
        return pc.coalesce(pc.binary_join_element_wise(one, two, sign), one, two)

    return _series(functools.reduce(pair, map(_texts, columns)), columns[0].index)


def _texts(column: pd.Series) -> Any:
    return pa.array(column.astype("string"), type=pa.large_string(), from_pandas=True)


def _series(texts: Any, index: pd.Index[Any]) -> pd.Series:
    return pd.Series(pd.array(texts, dtype="string"), index=index)


def dates(texts: pd.Series, *, month_first: bool = False) -> pd.Series:
    """Dates of other manners with their parts in the order year, month, day; nothing is checked.

    ``20240131``, ``31-Jan-24`` (of this century), ``January 31, 2024``, ``2024-01-31 10:21:09`` and,
    where the source writes the month first, ``1/31/2024``. Any other text stays as it is.

    Parameters
    ----------
    texts : Series of str
    month_first : bool
        Whether ``1/2/2024`` is the second of January.

    Examples
    --------
    >>> dates(pd.Series(["20240131", "24-Jul-26", "Jan 31, 2024", "2024-01-31T10:21", "2/30/2024"])).tolist()
    ['2024-01-31', '2026-07-24', '2024-01-31', '2024-01-31', '2/30/2024']
    >>> dates(pd.Series(["2/30/2024"]), month_first=True).tolist()
    ['2024-02-30']
    """
    shapes = [_COMPACT, _MONTH_NAME, _NAME_FIRST, _BEHIND_TIME, *([_MONTH_FIRST] if month_first else [])]

    def reordered(text: str) -> str:
        for shape in shapes:
            found = shape.fullmatch(text)
            month = found and _MONTHS.get(found["m"].lower(), found["m"])
            if found and month and month.isdigit() and int(month) <= 12:
                year = found["y"] if len(found["y"]) == 4 else f"20{found['y']}"
                return f"{year}-{int(month):02d}-{int(found['d']):02d}"
        return text

    return each_text(texts, reordered)


def latest(*days: pd.Series) -> pd.Series:
    """The latest of several days of a row; what is no day in ISO form is passed over.

    Examples
    --------
    >>> latest(pd.Series(["2026-01-02", "x"]), pd.Series(["2026-01-10", pd.NA])).tolist()
    ['2026-01-10', <NA>]
    """
    texts = [day.astype("string") for day in days]
    known = [text.where(text.str.fullmatch(_ISO_DAY).fillna(False).astype("bool"), "") for text in texts]
    found = functools.reduce(lambda one, two: one.where(one >= two, two), known)
    return found.mask(found == "").astype("string")


def flagged(texts: pd.Series, code: str) -> pd.Series:
    """A code of the column ``flags`` in the rows where something is told.

    Examples
    --------
    >>> flagged(pd.Series(["a headline", pd.NA], dtype="string"), "headline_product").tolist()
    ['headline_product', <NA>]
    """
    return pd.Series(code, index=texts.index, dtype="string").where(texts.notna())


def names_in(texts: pd.Series, *keys: str, between: str = "; ") -> pd.Series:
    """The names in cells that hold a JSON list of records or texts; any other cell stays as it is.

    Parameters
    ----------
    texts : Series of str
    *keys : str
        Which entries of a record to take, in the order wished.

    Examples
    --------
    >>> names_in(pd.Series(['[{"Name": "Fire"}, {"Name": "Fall"}]', "Lead"]), "Name").tolist()
    ['Fire; Fall', 'Lead']
    """

    def names(text: str) -> str | None:
        if not text.lstrip().startswith(("[", "{")):
            return text
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        parts = [
            str(item.get(key) or "") if isinstance(item, dict) else str(item)
            for item in (value if isinstance(value, list) else [value])
            for key in keys
            if isinstance(item, dict) or key == keys[0]
        ]
        return between.join(part.strip() for part in parts if part.strip()) or None

    return each_text(texts, names)
