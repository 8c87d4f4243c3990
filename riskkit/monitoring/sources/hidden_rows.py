"""Which rows of a workbook are hidden: the library that reads its cells does not say."""

from __future__ import annotations

import itertools
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

Ranges = list[tuple[int, int]]
"""First and last row of each range of rows, counted from 1."""
_PARTS = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
_BLOCK = 1 << 20
_MOST_SHOWN = 8
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^<>]*)>")
_HIDDEN = re.compile(rb"\shidden\s*=\s*[\"'](?:1|true)[\"']")
_NUMBER = re.compile(rb"\sr\s*=\s*[\"']([0-9]{1,7})[\"']")


def hidden_ranges(path: str) -> dict[str, Ranges]:
    """The hidden rows of each worksheet of an ``.xlsx`` file, by a filter or by hand.

    The worksheets are read as a stream, block by block. The older ``.xls`` and the binary ``.xlsb`` are not
    looked into.

    Parameters
    ----------
    path : str
        A workbook that a reader of cells can open.

    Returns
    -------
    dict of str to list of tuple of int
        First and last row of each range, counted from 1, by the name of the worksheet; without the others.

    References
    ----------
    .. [1] ECMA-376 Part 1, 18.3.1.73 (``row``, attribute ``hidden``).

    Examples
    --------
    >>> import tempfile, xlsxwriter
    >>> with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
    ...     with xlsxwriter.Workbook(file.name) as book:
    ...         sheet = book.add_worksheet("data")
    ...         _ = sheet.write_column(0, 0, ["a", 1, 2, 3]), sheet.set_row(2, None, None, {"hidden": True})
    ...     hidden_ranges(file.name)
    {'data': [(3, 3)]}
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
        found = {}
        for sheet, name in _worksheets(file) if names >= _PARTS else ():
            if name in names:
                with file.open(name) as stream:
                    found[sheet] = _joined(_xlsx_rows(stream))
    return {sheet: ranges for sheet, ranges in found.items() if ranges}


def _worksheets(file: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The name of each worksheet and the part of the package that holds it."""
    from defusedxml import ElementTree  # type: ignore[import-untyped]

    related = ElementTree.fromstring(file.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target") or "" for one in related}
    for sheet in ElementTree.fromstring(file.read("xl/workbook.xml")).iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            link = next((value for key, value in sheet.items() if key.endswith("}id")), None)
            target = posixpath.normpath(posixpath.join("/xl", targets.get(link, "")))
            yield sheet.get("name") or "", target.lstrip("/")


def _tags(stream: IO[bytes], tag: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    left = b""
    while part := stream.read(_BLOCK):
        whole, end, left = (left + part).rpartition(b">")
        yield from tag.finditer(whole + end)


def _xlsx_rows(stream: IO[bytes]) -> Iterator[tuple[int, int]]:
    number = 0
    for tag in _tags(stream, _ROW):
        said = _NUMBER.search(tag[1])
        number = int(said[1]) if said else number + 1
        if _HIDDEN.search(tag[1]):
            yield number, number


def _joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges that follow one another as one.

    Examples
    --------
    >>> _joined([(2, 2), (3, 5), (7, 7)])
    [(2, 5), (7, 7)]
    """
    found: Ranges = []
    for first, last in ranges:
        if found and first == found[-1][1] + 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def filled_rows(rows: Iterable[Iterable[object]], ranges: Ranges) -> tuple[int, str]:
    """How many rows of some ranges hold anything, and which they are, in words.

    Examples
    --------
    >>> filled_rows([["a"], ["1"], ["2"], [None], ["3"]], [(2, 4), (9, 9)])
    (2, '2–3')
    >>> filled_rows([["a"], ["1"]], [])
    (0, '')
    """
    hidden = iter(ranges)
    first, last = next(hidden, (0, 0))
    found: list[tuple[int, int]] = []
    for number, row in enumerate(rows, start=1) if ranges else ():
        while last and number > last:
            first, last = next(hidden, (0, 0))
        if first and first <= number and any(cell not in (None, "") for cell in row):
            found.append((number, number))
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in itertools.islice(_joined(found), _MOST_SHOWN + 1)]
    return len(found), ", ".join([*shown[:_MOST_SHOWN], *["…"][: len(shown) - _MOST_SHOWN]])
