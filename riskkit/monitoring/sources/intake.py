"""From a file to records: read, checked, and parted into what is accepted and what is put aside."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, shown, visible
from riskkit.foundation.records.checks import CheckedRecords, Manner, check_records
from riskkit.foundation.records.evidence import given_columns, quarantine_schema, stored_schema
from riskkit.foundation.records.written_dates import DateManner
from riskkit.monitoring.sources.files.native import Layout, NativeRows, gathered
from riskkit.monitoring.sources.files.native_file import native_file
from riskkit.monitoring.sources.files.opened import FileFacts, require_unchanged
from riskkit.monitoring.sources.reading_notes import Doubts, Shares, noted
from riskkit.monitoring.sources.row_digests import row_digests
from riskkit.monitoring.sources.row_kinds import rows_without_data
from riskkit.monitoring.sources.source import Source, missing_headers, nearest_layout, sources_that_fit

_ROWS = 50_000
_LONGEST_SHOWN = 500
_TEXT = pd.StringDtype("pyarrow", na_value=pd.NA)


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, parted.

    Parameters
    ----------
    records : pyarrow.Table
        Rows that break no rule, as records (`riskkit.foundation.records.evidence.stored_schema`).
    quarantine : pyarrow.Table
        One line for each rule that another row breaks (`quarantine_schema`).
    n_read : int
        Rows of the file.
    n_quarantined : int
        Rows that are put aside; `n_read` is these and the records.
    said : mapping of (str, str) to int
        What was read otherwise than it is written: a note (``record_notes``) and its column, worksheet or
        other place → in how many cells; 0 where that is no count.
    """

    records: pa.Table
    quarantine: pa.Table
    n_read: int
    n_quarantined: int
    said: Mapping[tuple[str, str], int] = field(default_factory=dict)


def read_records(
    facts: FileFacts, source: Source, *, now: dt.date, others: Sequence[Source] = ()
) -> Iterator[Batch]:
    """The records of a file, batch by batch, and what is put aside.

    Parameters
    ----------
    facts : FileFacts
        The file, see `riskkit.monitoring.sources.files.opened.file_facts`.
    source : Source
        Whose file it is.
    now : date
        The day of reading.
    others : sequence of Source
        The sources that are named when the file looks like one of theirs.

    Yields
    ------
    Batch

    Raises
    ------
    InputFaults
        When the file is refused as a whole. That may show late: whoever keeps the batches keeps none of
        them then.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from riskkit.monitoring.sources.canonical import SOURCE
    >>> from riskkit.monitoring.sources.files.opened import file_facts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "a.csv"
    ...     rows = "complaint,2026-01-31,lamp\\ncomplaint,2026-02-30,lamp\\n"
    ...     _ = path.write_text("source_class,date,product\\n" + rows)
    ...     batches = list(read_records(file_facts(path), SOURCE, now=dt.date(2026, 6, 1)))
    >>> [(one.n_read, one.records.num_rows, one.quarantine["rule_id"].to_pylist()) for one in batches]
    [(2, 1, ['date_unreadable'])]
    """
    doubts, shares = Doubts(facts.name, source.date_order), Shares()
    layout = Layout(
        lambda headers: not missing_headers(source, headers), source.sheet, source.rows, source.header_row
    )
    with native_file(facts, layout) as file:
        if missing_headers(source, file.headers):
            raise _misfit(facts.name, file.headers, source, others=others)
        for rows in gathered(file.chunks, at_least=_ROWS, is_alike=file.has_fixed_columns):
            manner = _manner(source, doubts, file.kind)
            batch, checked, no_data = _batch(
                rows, facts, source, now=now, manner=manner, has_fixed_columns=file.has_fixed_columns
            )
            doubts.add(checked.doubts)
            shares.add(checked.table, checked.is_sound & (no_data == ""), no_data == "")
            yield batch
    require_unchanged(facts)
    if said := shares.said() | {(note, where): n for note, where, n in file.notes}:
        yield Batch(stored_schema().empty_table(), quarantine_schema().empty_table(), 0, 0, said)


def _manner(source: Source, doubts: Doubts, kind: str) -> Manner:
    return Manner(
        DateManner(source.date_order, zone=source.zone, kind=kind),
        decimal=source.decimal,
        factors=dict(source.factors),
        needed=source.needed,
        in_doubt=doubts.columns("comma"),
    )


def _misfit(name: str, headers: Sequence[str], source: Source, *, others: Sequence[Source]) -> InputFaults:
    """What was expected, what was found, and which sources the file would be of."""
    needed, fits = ", ".join(nearest_layout(source, headers)), ", ".join(sources_that_fit(headers, others))
    found = visible(", ".join(headers))[:_LONGEST_SHOWN]
    faults = [Fault(name, found, RuleText("the columns of source {}: {}", source.name, needed))]
    if fits:
        faults.append(Fault(name, source.name, RuleText("a source whose columns the file has: {}", fits)))
    return InputFaults(name, faults)


def _batch(
    rows: NativeRows,
    facts: FileFacts,
    source: Source,
    *,
    now: dt.date,
    manner: Manner,
    has_fixed_columns: bool,
) -> tuple[Batch, CheckedRecords, NDArray[np.object_]]:
    n_rows = len(rows.row_numbers)
    native = rows.table.combine_chunks()
    checked = check_records(_given(native, rows.row_numbers, source), n_rows, now=now, manner=manner)
    no_data = rows_without_data(native, checked.table, needed=source.needed)
    good = np.flatnonzero(checked.is_sound & (no_data == ""))
    of_file = _of_file(facts, source)
    said_by, is_fixed = (native, has_fixed_columns)
    if source.is_known_by_record:
        said_by, is_fixed = _as_texts(checked.table), True
    ids = row_digests(said_by, source.name, has_fixed_columns=is_fixed)
    core = {"record_id": ids, "row_number": pa.array(rows.row_numbers)}
    kept = checked.table if len(good) == n_rows else checked.table.take(pa.array(good))
    core = core if len(good) == n_rows else {name: cells.take(pa.array(good)) for name, cells in core.items()}
    records = _typed(kept, core | {name: _same(value, len(good)) for name, value in of_file.items()})
    lines = _broken_lines(rows) + _rule_lines(native, rows.row_numbers, checked, no_data=no_data)
    quarantine = pa.Table.from_pylist([of_file | line for line in lines], schema=quarantine_schema())
    said = {("no_value", column): n for column, n in checked.n_empty.items()} | noted(records["flags"])
    return Batch(records, quarantine, rows.n_read, rows.n_read - len(good), said), checked, no_data


def _as_texts(records: pa.Table) -> pa.Table:
    """Records as text, for what they say to be compared; a column in which nothing stands says nothing."""
    return pa.table({name: records[name].cast(pa.string()).combine_chunks() for name in records.column_names})


def _given(native: pa.Table, numbers: NDArray[np.int64], source: Source) -> dict[str, pa.Array]:
    """What the reader makes of the rows, as text."""
    frame = native.to_pandas(types_mapper=lambda _: _TEXT)
    frame.index = pd.Index(numbers, name="row_number")
    found = source.to_records(frame)
    strange = sorted(set(found.columns) - set(given_columns()))
    if strange or not found.index.equals(frame.index):
        raise TypeError(f"reader {source.name}: {shown(strange)} are no columns it gives, or rows were lost")
    return {str(name): _text(found[name]) for name in found.columns}


def _text(cells: pd.Series) -> pa.Array:
    found = pa.array(cells, from_pandas=True)
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return found if pa.types.is_string(found.type) else found.cast(pa.string())


def _of_file(facts: FileFacts, source: Source) -> dict[str, Any]:
    return {
        "source": source.name,
        "file_sha256": facts.sha256,
        "file_name": facts.name.encode("utf-8", "backslashreplace").decode(),
        "reader_version": source.version,
    }


def _same(value: str | int, n_rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), n_rows)


def _typed(given: pa.Table, core: dict[str, pa.Array]) -> pa.Table:
    columns = []
    for stored in stored_schema():
        cells = core[stored.name] if stored.name in core else given[stored.name]
        is_word = pa.types.is_dictionary(stored.type) and not pa.types.is_dictionary(cells.type)
        columns.append((pc.dictionary_encode(cells) if is_word else cells).cast(stored.type))
    return pa.table(columns, schema=stored_schema())


def _broken_lines(rows: NativeRows) -> list[dict[str, Any]]:
    return [
        {"row_number": row.row_number, "rule_id": row.rule_id, "value": row.text, "native": row.text}
        for row in rows.broken
    ]


def _rule_lines(
    native: pa.Table, numbers: NDArray[np.int64], checked: CheckedRecords, *, no_data: NDArray[np.object_]
) -> list[dict[str, Any]]:
    """One line for each rule a row breaks; a row without data breaks only that rule."""
    bad = np.flatnonzero(~checked.is_sound | (no_data != ""))
    said = dict(zip(bad.tolist(), map(_as_json, native.take(pa.array(bad)).to_pylist()), strict=True))
    lines = [
        {"row": row, "column": one.column, "value": value or None, "rule_id": one.rule_id}
        for one in checked.broken
        for row, value in zip(one.rows.tolist(), one.values, strict=True)
        if not no_data[row]
    ]
    lines += [{"row": row, "rule_id": no_data[row]} for row in np.flatnonzero(no_data != "").tolist()]
    lines.sort(key=lambda line: line["row"])
    return [
        {**line, "row_number": int(numbers[line["row"]]), "native": said[line["row"]]}
        for line in lines
    ]  # fmt: skip


def _as_json(row: dict[str, str | None]) -> str:
    return json.dumps({name: cell for name, cell in row.items() if cell is not None}, ensure_ascii=False)
