"""What the reading of a file has to say: notes of cells, doubts about columns, a bias by the quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.monitoring.sources.files.file_faults import file_fault

_BIAS = 0.05
"""From which relative change of the nonconforming share on the quarantine is said to bias it."""


def noted(flags: pa.ChunkedArray) -> dict[tuple[str, str], int]:
    """How many records have each flag, by flag and column; one that is about no column has none.

    Parameters
    ----------
    flags : pyarrow.ChunkedArray of string
        The column ``flags`` of some records.

    Examples
    --------
    >>> noted(pa.chunked_array([["n_units:about; measured_value:below:0.1", "year_only", None]]))
    {('about', 'n_units'): 1, ('below', 'measured_value'): 1, ('year_only', ''): 1}
    """
    if flags.null_count == len(flags):
        return {}
    found = Counter[tuple[str, str]]()
    for entry in pc.value_counts(flags.cast(pa.string()).drop_null()).to_pylist():
        for note in entry["values"].split("; "):
            column, _, code = note.partition(":") if ":" in note else ("", "", note)
            found[code.partition(":")[0], column] += entry["counts"]
    return dict(found)


class Doubts:
    """What speaks for another reading of columns, over all rows of a file.

    Parameters
    ----------
    name : str
        The file.
    order : str
        The order of its dates.
    """

    def __init__(self, name: str, order: str) -> None:
        self.name, self.order, self.found = name, order, set[tuple[str, str]]()

    def columns(self, doubt: str) -> frozenset[str]:
        """The columns of which something was found so far."""
        return frozenset(column for column, kind in self.found if kind == doubt)

    def add(self, doubts: Iterable[tuple[str, str]]) -> None:
        """Take what some more rows say.

        Raises
        ------
        InputFaults
            When days are in another order than it was said, or numbers that were taken have a decimal comma.
        """
        doubts = set(doubts)
        for column, kind in sorted(doubts):
            if kind in ("dmy", "mdy"):
                value = f"{column}: {self.order}; date_order = {kind!r}"
                raise file_fault(self.name, value, "date_order_doubtful")
        late = {column for column, kind in doubts if kind == "comma"} - self.columns("comma")
        for column in sorted(late & self.columns("group")):
            raise file_fault(self.name, f'{column}: decimal = ","', "decimal_doubtful")
        self.found |= doubts


class Shares:
    """Nonconforming among tested, accepted and quarantined: whether the quarantine bends the rate."""

    def __init__(self) -> None:
        self.accepted, self.quarantined = np.zeros(2), np.zeros(2)

    def add(self, records: pa.Table, is_kept: NDArray[np.bool_], is_data: NDArray[np.bool_]) -> None:
        """Take some rows: which of them were accepted, and which are data at all."""
        self.accepted += _sums(records, is_kept)
        if not is_kept.all():
            self.quarantined += _sums(records, ~is_kept & is_data)

    def said(self) -> dict[tuple[str, str], int]:
        """The note that the rate is biased, where it is."""
        (tested, failed), (more, more_failed) = self.accepted, self.quarantined
        if not tested or not more:
            return {}
        before, whole = failed / tested, (failed + more_failed) / (tested + more)
        is_biased = abs(before - whole) > _BIAS * max(before, whole)
        where = f"{before:.1%} / {whole:.1%}"
        return {("conforming_quarantined", where): int(more)} if is_biased else {}


def _sums(records: pa.Table, wanted: NDArray[np.bool_]) -> list[float]:
    tested, failed = records["n_tested"], records["n_nonconforming"]
    both = pc.and_(pc.and_(tested.is_valid(), failed.is_valid()), pa.array(wanted))
    return [float(pc.sum(column.filter(both)).as_py() or 0) for column in (tested, failed)]
