"""What a row says, as one number: two rows of a source that say the same have the same number."""

from __future__ import annotations

import hashlib
import itertools

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

_BETWEEN, _ESCAPE, _NAMED = "\x1f", "\x1e", "\x1d"
DIGEST_BYTES = 16


def row_digests(table: pa.Table, source: str, *, has_fixed_columns: bool = True) -> pa.Array:
    """The content of each row in 128 bits, as 32 hexadecimal digits.

    All cells count, each under its header; the order of the columns does not. An empty cell says nothing.

    Parameters
    ----------
    table : pyarrow.Table of string
        Rows as they stand in a file.
    source : str
        Whose rows they are: the same text from another source is another record.
    has_fixed_columns : bool
        Whether a column that is not there differs from one that is there and empty.

    Returns
    -------
    pyarrow.Array of string
        The first half of a SHA-256, so that nobody can make two rows with one number.

    Examples
    --------
    >>> rows = pa.table({"a": ["1", "1", "11"], "b": ["12", "12", "2"]})
    >>> found = row_digests(rows, "s").to_pylist()
    >>> found[0] == found[1], found[0] == found[2], len(found[0])
    (True, False, 32)
    """
    names = sorted(table.column_names)
    columns = [table[name].combine_chunks() for name in names]
    joined = _together(columns, names, source, has_fixed_columns=has_fixed_columns)
    if not _is_told_apart(joined, len(table) * (len(names) if has_fixed_columns else 0)):
        escaped = [_escaped(column) for column in columns]
        joined = _together(escaped, names, source, has_fixed_columns=has_fixed_columns)
    return _hexadecimal(_sha256(joined))


def _together(columns: list[pa.Array], names: list[str], source: str, *, has_fixed_columns: bool) -> pa.Array:
    n_rows = len(columns[0]) if columns else 0
    if has_fixed_columns:
        return _joined([_key(_NAMED.join([source, *names])), *columns], n_rows, between=_BETWEEN)
    named = [
        _joined([_BETWEEN + _key(name), column], n_rows, between="", is_lost_if_missing=True)
        for name, column in zip(names, columns, strict=True)
    ]
    return _joined([_key(source), *named], n_rows, between="")


def _is_told_apart(joined: pa.Array, n_between: int) -> bool:
    """Whether the signs between cells stand between cells only, so that no other cells read the same."""
    data = np.frombuffer(joined.buffers()[2] or b"", dtype=np.uint8)
    return (
        bool(n_between and np.count_nonzero(data == ord(_BETWEEN)) == n_between)
        and not (data == ord(_ESCAPE)).any()
    )


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[: 2 * DIGEST_BYTES]


def _escaped(cells: pa.Array) -> pa.Array:
    """No cell holds the sign that stands between cells."""
    for sign, escape in ((_ESCAPE, "0"), (_BETWEEN, "1")):
        if pc.any(pc.match_substring(cells, sign)).as_py():
            cells = pc.replace_substring(cells, sign, _ESCAPE + escape)
    return cells


def _joined(
    parts: list[pa.Array | str], n_rows: int, *, between: str, is_lost_if_missing: bool = False
) -> pa.Array:
    if len(parts) == 1:
        return pa.array([parts[0]] * n_rows, pa.large_string())
    wide = [
        pa.scalar(part, pa.large_string()) if isinstance(part, str) else part.cast(pa.large_string())
        for part in [*parts, between]
    ]
    missing = "emit_null" if is_lost_if_missing else "replace"
    return pc.binary_join_element_wise(*wide, null_handling=missing, null_replacement="")


def _sha256(texts: pa.Array) -> bytes:
    ends = np.frombuffer(texts.buffers()[1], dtype=np.int64)[
        texts.offset : texts.offset + len(texts) + 1
    ].tolist()
    data = memoryview(texts.buffers()[2] or b"")
    digest = hashlib.sha256
    pairs = itertools.pairwise(ends)
    return b"".join([digest(data[start:end]).digest()[:DIGEST_BYTES] for start, end in pairs])


def _hexadecimal(digests: bytes) -> pa.Array:
    width = 2 * DIGEST_BYTES
    text = digests.hex().encode()
    ends = np.arange(0, len(text) + 1, width, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(text) // width, [None, pa.py_buffer(ends), pa.py_buffer(text)]
    )
