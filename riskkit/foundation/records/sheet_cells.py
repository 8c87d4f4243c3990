"""Cells that no spreadsheet takes for a formula, in a manner that can be taken back."""

from __future__ import annotations

import re

import pandas as pd

_LIVE = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r\n|%]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def guarded(text: str) -> str:
    """A text with ``'`` before it where a spreadsheet might take it for a formula.

    Examples
    --------
    >>> [guarded(text) for text in ("=cmd()", "-5", "lamp", "'=x", "'tis")]
    ["'=cmd()", '-5', 'lamp', "''=x", "'tis"]
    """
    return f"'{text}" if _is_live(text) else text


def unguarded(text: str) -> str:
    """What `guarded` made of a text, taken back.

    Examples
    --------
    >>> [unguarded(text) for text in ("'=cmd()", "-5", "lamp", "''=x", "'tis")]
    ['=cmd()', '-5', 'lamp', "'=x", "'tis"]
    """
    return text[1:] if text.startswith("'") and _is_live(text[1:]) else text


def _is_live(text: str) -> bool:
    return _LIVE.match(text) is not None and _PLAIN_NUMBER.fullmatch(text) is None


def guarded_cells(cells: pd.Series) -> pd.Series:
    """`guarded` for many texts at once; missing stays missing.

    Examples
    --------
    >>> guarded_cells(pd.Series(["=x", "lamp"])).tolist()
    ["'=x", 'lamp']
    """
    return _each(cells, guarded)


def unguarded_cells(cells: pd.Series) -> pd.Series:
    """`unguarded` for many texts at once; missing stays missing.

    Examples
    --------
    >>> unguarded_cells(pd.Series(["'=x", "lamp"])).tolist()
    ['=x', 'lamp']
    """
    return _each(cells, unguarded)


def _each(cells: pd.Series, change: object) -> pd.Series:
    """Only distinct texts are looked at one by one."""
    known = {text: change(text) for text in cells.dropna().unique()}  # type: ignore[operator]
    different = {text: new for text, new in known.items() if text != new}
    return cells.replace(different) if different else cells
