"""What a reader is: how its files are recognised, and how their rows become records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd


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
