"""What a reader is: how its files are recognised, and how their rows become records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.records.written_dates import ZONE
from riskkit.monitoring.sources.cells import has_header


@dataclass(frozen=True)
class Source:
    """One source of records.

    Parameters
    ----------
    name : str
        Name of the reader, that of its file.
    version : int
        Raised when the same file would give other records.
    title_zh, title_en : str
        What people call the source.
    publisher, licence : str
        Who publishes it, and under which terms.
    required : tuple of tuple of str
        The native columns of each of its layouts; a file that has all columns of none is refused.
    date_order : str
        ``ymd``, ``dmy`` or ``mdy``: how a date of three numbers is read.
    to_records : callable
        Native rows as text → the same rows in the columns of the record, as text.
    factors : tuple of (str, float)
        Columns of the record whose numbers stand in another unit, and what to multiply them by.
    needed : tuple of str
        Columns of the record that must be filled in every row.
    decimal : str
        The decimal sign, ``.`` or ``,``.
    is_known_by_record : bool
        Whether two rows that give the same record are the same row, whatever else stands in them (a running
        number, a further column); if not, all their cells count.
    sheet, rows : str
        The worksheet, or the array of a JSON file, to read; all that fit if empty.
    zone : str
        Where the day of a moment that is written with its offset is counted.
    header_row : int
        The row of the file that holds the header, from 1; 0 for the first that fits.
    """

    name: str
    version: int
    title_zh: str
    title_en: str
    publisher: str
    licence: str
    required: tuple[tuple[str, ...], ...]
    date_order: str
    to_records: Callable[[pd.DataFrame], pd.DataFrame]
    factors: tuple[tuple[str, float], ...] = ()
    needed: tuple[str, ...] = ()
    decimal: str = "."
    zone: str = ZONE
    is_known_by_record: bool = False
    sheet: str = ""
    rows: str = ""
    header_row: int = 0


def missing_headers(source: Source, found: Iterable[str]) -> tuple[str, ...]:
    """What a file lacks to be of a source: of its nearest layout, nothing when one is complete.

    Parameters
    ----------
    source : Source
        The source it is said to be of.
    found : iterable of str
        The headers of the file.

    Examples
    --------
    >>> layouts = (("Date", "Product"), ("日期", "产品"))
    >>> one = Source("s", 1, "", "", "", "", layouts, "ymd", lambda rows: rows)
    >>> missing_headers(one, ["日期", "数量"]), missing_headers(one, ["product", "DATE", "x"])
    (('产品',), ())
    """
    headers = tuple(found)
    return tuple(one for one in nearest_layout(source, headers) if not has_header(headers, one))


def nearest_layout(source: Source, found: Iterable[str]) -> tuple[str, ...]:
    """The columns of that layout of a source of which a file lacks the least.

    Examples
    --------
    >>> layouts = (("Date", "Product"), ("日期", "产品"))
    >>> one = Source("s", 1, "", "", "", "", layouts, "ymd", lambda rows: rows)
    >>> nearest_layout(one, ["日期"])
    ('日期', '产品')
    """
    headers = tuple(found)

    def lacking(layout: tuple[str, ...]) -> float:
        return sum(not has_header(headers, one) for one in layout) / len(layout)

    return min(source.required, key=lacking)


def sources_that_fit(found: Iterable[str], among: Sequence[Source]) -> tuple[str, ...]:
    """The names of the sources that a file's headers fit, the most telling first.

    Parameters
    ----------
    found : iterable of str
        The headers of the file.
    among : sequence of Source
        The sources to choose from.

    Examples
    --------
    >>> few = Source("few", 1, "", "", "", "", (("Date",),), "ymd", lambda rows: rows)
    >>> many = Source("many", 1, "", "", "", "", (("Date", "Product"),), "ymd", lambda rows: rows)
    >>> sources_that_fit(["Date", "Product"], [few, many]), sources_that_fit(["x"], [few, many])
    (('many', 'few'), ())
    """
    headers = tuple(found)
    sizes = {
        source.name: max(
            len(layout) for layout in source.required if all(has_header(headers, one) for one in layout)
        )
        for source in among
        if not missing_headers(source, headers)
    }
    return tuple(sorted(sizes, key=lambda name: (-sizes[name], name)))
