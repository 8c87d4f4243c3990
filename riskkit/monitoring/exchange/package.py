"""Records and counts as a Frictionless Data Package: one file that another agency can check and read."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.foundation.inputs import part_files
from riskkit.foundation.records.evidence import record_columns, table_schema
from riskkit.foundation.records.sheet_cells import guarded_cells
from riskkit.monitoring.exchange.rules import Shared

DESCRIPTION = "datapackage.json"
RECORDS, COUNTS = "records", "counts"
MOST_SHEET_ROWS = 1_000_000
_MADE = (2026, 1, 1, 0, 0, 0)
"""The time of every file inside, so that the same content is the same package."""


@dataclass(frozen=True)
class About:
    """What a package says of itself.

    Parameters
    ----------
    title_zh, title_en : str
        Its title.
    publisher : str
        Who hands it out.
    licence : str
        Under which terms: a name such as ``CC-BY-4.0``, or ``other-closed``.
    created : datetime
        When, with time zone.
    sources : tuple of (str, str)
        Name of each source of the records, and its terms.
    selection : str
        Which part of the register it is, in words.
    """

    title_zh: str
    title_en: str
    publisher: str
    licence: str
    created: dt.datetime
    sources: tuple[tuple[str, str], ...] = ()
    selection: str = ""


def records_package(path: Path, shared: Shared, about: About, *, is_forced: bool = False) -> dict[str, Any]:
    """Write records as a package, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.zip`` file.
    shared : Shared
        As from `riskkit.monitoring.exchange.rules.shared_records`.
    about : About
        What it says of itself.
    is_forced : bool
        Whether another file that is there is replaced; else it is refused.

    Returns
    -------
    dict
        Its description, ``datapackage.json``.

    References
    ----------
    .. [1] Frictionless Data, Data Package and Table Schema, version 1.

    Examples
    --------
    >>> import tempfile
    >>> from riskkit.monitoring.exchange.rules import shared_records
    >>> about = About("甲", "A", "x", "CC0-1.0", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    >>> rows = pd.DataFrame({column.name: ["1"] for column in record_columns()})
    >>> rows["age_years"] = 3.0
    >>> with tempfile.TemporaryDirectory() as there:
    ...     made = records_package(Path(there) / "a.zip", shared_records(rows), about)
    >>> [resource["path"] for resource in made["resources"]]
    ['records.csv', 'records.xlsx', 'held_back.csv']
    """
    names = [column.name for column in record_columns()]
    table = _written(shared.table[names])
    files = {"records.csv": _csv(table)}
    if len(table) <= MOST_SHEET_ROWS:
        files["records.xlsx"] = _workbook(table, sheet=RECORDS)
    more: dict[str, Any] = {"held_back": shared.held_back, "schema": table_schema(), "is_forced": is_forced}
    return _write(path, RECORDS, files, about=about, **more)


def counts_package(path: Path, shared: Shared, about: About, *, is_forced: bool = False) -> dict[str, Any]:
    """Write counts as a package, whole or not at all.

    Parameters
    ----------
    path, about, is_forced
        As for `records_package`.
    shared : Shared
        As from `riskkit.monitoring.exchange.rules.shared_counts`.

    Examples
    --------
    >>> import tempfile
    >>> from riskkit.monitoring.exchange.rules import shared_counts
    >>> about = About("甲", "A", "x", "CC0-1.0", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    >>> rows = pd.DataFrame({"source_class": "monitoring", "port": ["X", "Y"], "n_tested": [20, 90],
    ...                      "n_nonconforming": [2, 8]})
    >>> with tempfile.TemporaryDirectory() as there:
    ...     made = counts_package(Path(there) / "a.zip", shared_counts(rows, by=["port"]), about)
    >>> made["name"]
    'riskkit-counts'
    """
    table = _written(shared.table)
    files = {"counts.csv": _csv(table), "counts.xlsx": _workbook(table, sheet=COUNTS)}
    whole, share = ("n_tested", "n_nonconforming"), "rate"
    kinds = dict.fromkeys(whole, "integer") | {share: "number"}
    fields = [{"name": str(name), "type": kinds.get(str(name), "string")} for name in shared.table.columns]
    schema = {"fields": fields, "missingValues": [""]}
    more: dict[str, Any] = {"held_back": shared.held_back, "schema": schema, "is_forced": is_forced}
    return _write(path, COUNTS, files, about=about, **more)


def _written(table: pd.DataFrame) -> pd.DataFrame:
    """All cells as text: whole numbers without a point, days as YYYY-MM-DD, nothing that is a formula."""
    return pd.DataFrame({name: guarded_cells(_texts(table[name])) for name in table.columns})


def _texts(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(cells):
        return pd.Series(cells.dt.strftime("%Y-%m-%d"), dtype=object)
    is_number = pd.api.types.is_float_dtype(cells)
    texts = [None if pd.isna(one) else _number(float(one)) if is_number else str(one) for one in cells]
    return pd.Series(texts, index=cells.index, dtype=object)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO(newline="")
    table.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def _workbook(table: pd.DataFrame, *, sheet: str) -> bytes:
    """Every cell as a text, so that nothing is worked out when it is opened."""
    import xlsxwriter  # type: ignore[import-untyped]

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"created": dt.datetime(*_MADE, tzinfo=dt.UTC).replace(tzinfo=None)})
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for at, name in enumerate(table.columns):
            page.write_string(0, at, str(name))
            for row, cell in enumerate(table[name], start=1):
                if cell is not None and not pd.isna(cell):
                    page.write_string(row, at, str(cell)[:32_767])
    return content.getvalue()


def _write(
    path: Path, name: str, files: dict[str, bytes], *, about: About, held_back: pd.DataFrame,
    schema: Mapping[str, Any], is_forced: bool,
) -> dict[str, Any]:  # fmt: skip
    held = _csv(_written(held_back))
    types = {"n_values": "integer"}
    log = {"fields": [{"name": one, "type": types.get(one, "string")} for one in held_back.columns]}
    resources = [_table(name, files[f"{name}.csv"], schema)]
    if f"{name}.xlsx" in files:
        resources.append(_file(f"{name}.xlsx", files[f"{name}.xlsx"]))
    resources.append(_table("held_back", held, log | {"missingValues": [""]}))
    described = _about(name, about) | {"resources": resources}
    text = json.dumps(described, ensure_ascii=False, indent=1).encode()
    put_package(path, {DESCRIPTION: text + b"\n", **files, "held_back.csv": held}, is_forced=is_forced)
    return described


def _about(name: str, about: About) -> dict[str, Any]:
    licence = {"name": about.licence, "title": about.licence}
    return {
        "profile": "data-package",
        "name": f"riskkit-{name}",
        "title": f"{about.title_zh} / {about.title_en}",
        "titles": {"zh": about.title_zh, "en": about.title_en},
        "description": about.selection,
        "created": about.created.isoformat(timespec="seconds"),
        "contributors": [{"title": about.publisher, "role": "publisher"}],
        "licenses": [licence],
        "sources": [{"title": title, "terms": terms} for title, terms in about.sources],
        "riskkit": {"format": 1, "content": name, "formulas_guarded": True},
    }


def _digest(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _table(name: str, content: bytes, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name, "type": "table", "path": f"{name}.csv", "profile": "tabular-data-resource",
        "scheme": "file", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        **_digest(content), "schema": dict(schema),
    }  # fmt: skip


def _file(path: str, content: bytes) -> dict[str, Any]:
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = path.replace(".", "-")
    return {"name": name, "type": "file", "path": path, "scheme": "file", "format": "xlsx",
            "mediatype": media, **_digest(content)}  # fmt: skip


def put_package(path: Path, files: Mapping[str, bytes], *, is_forced: bool = False) -> None:
    """Write files as one zip file, whole or not at all; equal files give equal bytes.

    Parameters
    ----------
    path : Path
    files : mapping of str to bytes
    is_forced : bool
        Whether another file that is there is replaced; else it is refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     put_package(Path(there) / "a.zip", {"a.txt": b"1"})
    ...     zipfile.ZipFile(Path(there) / "a.zip").namelist()
    ['a.txt']
    """
    with (
        part_files.writing(path, is_forced=is_forced) as waiting,
        zipfile.ZipFile(waiting, "x", zipfile.ZIP_DEFLATED) as package,
    ):
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _MADE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            package.writestr(entry, content)


def source_terms(names: Sequence[str], known: Mapping[str, tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The sources of some records with their terms; a source that is not known says so.

    Parameters
    ----------
    names : sequence of str
        Names of readers.
    known : mapping of str to (str, str)
        Name → title and terms.

    Examples
    --------
    >>> source_terms(["own"], {})
    (('own', 'not stated'),)
    """
    return tuple(known.get(name, (name, "not stated")) for name in sorted(set(names)))
