"""Rows that are no data: empty ones, totals and subtotals, and the remarks below a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

_BLANK = r"[\s\x{3000}\x{a0}]*"
_CHINESE_TOTAL = (
    rf"^{_BLANK}(?:本页|本月|本年|本季度?|本表|全部|分类|各类|以上|全年|全省|全市)?{_BLANK}"
    rf"(?:合{_BLANK}[计計]|小{_BLANK}[计計]|[总總]{_BLANK}[计計]|累{_BLANK}[计計]|共{_BLANK}[计計])"
    rf"(?:{_BLANK}(?:[:：（(0-9].*|[^\p{{Han}}]*))?$|^{_BLANK}共{_BLANK}[0-9]+{_BLANK}[批条件项个起次].{{0,20}}$"
)
_TOTAL = (
    rf"(?i)^{_BLANK}(?:grand[ -]?|sub[ -]?|page |overall )?(?:totals?|sums?)(?: \(.*\))?{_BLANK}:?{_BLANK}$"
    rf"|^{_BLANK}(?:zwischen|gesamt)?summe{_BLANK}:?$|^{_BLANK}(?:insgesamt|gesamt|somme|totale){_BLANK}:?$"
    r"|^\*?合計$"
)
_REMARK = (
    rf"(?i)^{_BLANK}(?:附?注|备注|说明|填表说明|声明|(?:数据|资料)?来源|制表(?:人|单位)?|填表人|填报人|审核人?|复核人?|"
    rf"批准人?|负责人|单位负责人|填报单位|(?:打印|导出|填报)(?:时间|日期)|notes?|remarks?|sources?|footnotes?|"
    rf"prepared by|checked by|printed(?: on)?){_BLANK}[0-9]*{_BLANK}[:：.].*$|^{_BLANK}[*※＊].*$"
)
# a remark under a table fills a cell or two; a row of data fills more
_FEW_CELLS = 3
_SAYS_SOMETHING = ("date", "date_reported", "product", "hazard", "event", "text", "n_tested", "n_units")


def rows_without_data(
    native: pa.Table, records: pa.Table, *, needed: Sequence[str] = ()
) -> NDArray[np.object_]:
    """Which rows are no data, and the rule that says so; an empty text for the others.

    A row that begins with the Chinese word for a total is one. Any other word for it counts where the row
    lacks what a record needs, as total rows do.

    Parameters
    ----------
    native : pyarrow.Table of string
        The rows as they stand in the file.
    records : pyarrow.Table
        The same rows as records.
    needed : sequence of str
        Columns of the record that every row of data fills.

    Examples
    --------
    >>> native = pa.table({"n": ["1", "合计", None], "day": ["2026-01-01", None, None]})
    >>> records = pa.table({"date": ["2026-01-01", None, None], "product": ["lamp", None, None]})
    >>> rows_without_data(native, records).tolist()
    ['', 'total_row', 'empty_row']
    """
    n_rows = len(records)
    found = np.full(n_rows, "", dtype=object)
    if not native.num_columns:
        found[:] = "empty_row"
        return found
    n_filled = np.zeros(n_rows, dtype=np.int32)
    for column in native.columns:
        n_filled += np.array(column.is_valid()) if column.null_count else 1
    first = pc.coalesce(*native.columns) if native.num_columns > 1 else native.column(0)
    first = first.combine_chunks() if isinstance(first, pa.ChunkedArray) else first
    lacks = _lacks(records, needed)
    found[_like(first, _CHINESE_TOTAL)] = "total_row"
    open_ = np.flatnonzero(lacks & (found == ""))
    if len(open_):
        some = native.take(pa.array(open_))
        is_total = np.zeros(len(open_), dtype=bool)
        for column in some.columns:
            is_total |= _like(column.combine_chunks(), f"{_TOTAL}|{_CHINESE_TOTAL}")
        is_remark = _like(first.take(pa.array(open_)), _REMARK) & (n_filled[open_] <= _FEW_CELLS)
        is_number = (n_filled[open_] == 1) & _says_nothing(records.take(pa.array(open_)))
        found[open_] = np.where(
            is_total, "total_row", np.where(is_remark, "note_row", np.where(is_number, "empty_row", ""))
        )
    found[n_filled == 0] = "empty_row"
    return found


def _lacks(records: pa.Table, needed: Sequence[str]) -> NDArray[np.bool_]:
    """Where something is missing that a row of data has."""
    lacks = np.zeros(len(records), dtype=bool)
    for name in needed:
        lacks |= np.array(records[name].is_null())
    if not needed:
        for name in ("date", "product"):
            lacks |= np.array(records[name].is_null())
    return lacks


def _says_nothing(records: pa.Table) -> NDArray[np.bool_]:
    nothing = np.ones(len(records), dtype=bool)
    for name in _SAYS_SOMETHING:
        if name in records.column_names:
            nothing &= np.array(records[name].is_null())
    return nothing


def _like(texts: pa.Array, shape: str) -> NDArray[np.bool_]:
    return np.array(pc.fill_null(pc.match_substring_regex(texts, shape), False), dtype=bool)
