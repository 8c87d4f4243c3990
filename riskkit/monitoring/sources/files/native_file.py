"""Any file as rows of text under headers: the one door through which files come in."""

from __future__ import annotations

import contextlib
import io
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.delimited import read_delimited
from riskkit.monitoring.sources.files.encodings import utf8_blocks
from riskkit.monitoring.sources.files.in_child import read_in_child, spilled
from riskkit.monitoring.sources.files.json_rows import is_json_lines, read_json, read_json_lines
from riskkit.monitoring.sources.files.native import Layout, NativeFile
from riskkit.monitoring.sources.files.opened import FileFacts, opened

_SHOWN = {"html": "HTML", "xml_sheet": "XML 2003"}


@contextlib.contextmanager
def native_file(facts: FileFacts, layout: Layout | None = None) -> Iterator[NativeFile]:
    """A file's headers and rows, in whatever format, packing and encoding it comes.

    Parameters
    ----------
    facts : FileFacts
        The file, see `riskkit.monitoring.sources.files.opened.file_facts`.
    layout : Layout, optional
        Where its rows are to be looked for; under its first row if not given.

    Yields
    ------
    NativeFile
        Its rows are read as they are asked for, and only while inside.

    Raises
    ------
    InputFaults
        When the file is refused as a whole, at once or while its rows are read.

    Examples
    --------
    >>> from riskkit.monitoring.sources.files.opened import file_facts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("日期,产品\\n2026-01-31,灯\\n", encoding="gb18030")
    ...     with native_file(file_facts(path)) as file:
    ...         file.headers, [rows.table["产品"].to_pylist() for rows in file.chunks]
    (('日期', '产品'), [['灯']])
    """
    with opened(facts) as (form, stream), tempfile.TemporaryDirectory(prefix="riskkit-") as folder:
        if form in ("workbook", "parquet", "html", "xml_sheet"):
            is_plain = isinstance(getattr(stream, "raw", None), io.FileIO)
            path = facts.path if is_plain else spilled(stream, Path(folder), name=facts.name)
            file = read_in_child(path, form, name=facts.name, layout=layout)
            if form in _SHOWN:
                file.notes.append(("read_as", _SHOWN[form], 0))
        else:
            file = _text_file(stream, form, facts=facts, layout=layout)
        yield file


def _text_file(stream: IO[bytes], form: str, *, facts: FileFacts, layout: Layout | None) -> NativeFile:
    """The rows of a text; what it is by its content is noted where its name says something else."""
    doubts: list[str] = []
    blocks = utf8_blocks(stream.read, intake_limit("block_bytes"), name=facts.name, doubts=doubts)
    start = next(blocks, b"")
    blocks = itertools.chain([start], blocks)
    is_lines = form == "json" and is_json_lines(start)
    if form == "jsonl" or is_lines:
        file = read_json_lines(blocks, name=facts.name)
    elif form == "json":
        file = read_json(blocks, name=facts.name, layout=layout)
    else:
        file = read_delimited(blocks, name=facts.name, form=form, layout=layout)
    file.notes.extend(("encoding_weak", doubt, 0) for doubt in doubts)
    if is_lines or (form == "csv" and facts.name.lower().endswith(".xls")):
        file.notes.append(("read_as", "JSON Lines" if is_lines else "text", 0))
    return file
