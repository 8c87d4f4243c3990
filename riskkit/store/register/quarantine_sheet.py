"""The quarantine of a register as a sheet that people can open: nothing in it is ever a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import visible
from riskkit.foundation.records.evidence import QUARANTINE_COLUMNS, rule_text
from riskkit.store.register.lock import reading
from riskkit.store.register.manifest import Manifest, read_manifest, require_parts

_LIVE = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n|%]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# a cell of Excel holds 32,767 characters
_LONGEST = 32_000


def safe_cell(value: object) -> str:
    """A value as a cell that no spreadsheet takes for a formula, with nothing hidden in it.

    Examples
    --------
    >>> safe_cell("＝1+1")
    "'＝1+1"
    >>> [safe_cell(value) for value in ("=cmd()", "-5", "-5+1", " @x", "lamp", None, 7)]
    ["'=cmd()", '-5', "'-5+1", "' @x", 'lamp', '', '7']
    """
    text = "" if value is None else visible(str(value))[:_LONGEST]
    return f"'{text}" if _LIVE.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def write_quarantine(folder: Path, target: Path, *, is_forced: bool = False) -> int:
    """Write all that was put aside as CSV, whole or not at all; gives the number of lines.

    Parameters
    ----------
    folder : Path
        The register.
    target : Path
        The sheet.
    is_forced : bool
        Whether another file that is there is replaced.

    Raises
    ------
    InputFaults
        When files of the register are lost, or another file is there.
    OSError
        When it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     write_quarantine(Path(there), Path(there) / "q.csv")
    0
    """
    n_lines = 0
    with reading(folder):
        manifest = read_manifest(folder)  # before anything of ours stands beside it
        with (
            part_files.writing(target, is_forced=is_forced) as waiting,
            waiting.open("w", encoding="utf-8-sig", newline="") as out,
        ):
            sheet = csv.writer(out, quoting=csv.QUOTE_ALL)
            sheet.writerow([*QUARANTINE_COLUMNS, "rule"])
            for line in _lines(folder, manifest):
                told = rule_text(line["rule_id"])
                sheet.writerow([safe_cell(line[name]) for name in QUARANTINE_COLUMNS] + [told])
                n_lines += 1
    return n_lines


def _lines(folder: Path, manifest: Manifest) -> Iterator[dict[str, str]]:
    require_parts(folder, manifest)
    for part in manifest.of_kind("quarantine"):
        for batch in pa_parquet.ParquetFile(folder / part.path).iter_batches(batch_size=10_000):
            yield from batch.to_pylist()
