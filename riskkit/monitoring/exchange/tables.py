"""Tables of data packages that other tools wrote, as records in the form of our own packages.

A package describes how its table is written: where it is, its delimiter, encoding, decimal sign, formats of
dates and words for nothing. Rows are written anew as comma-separated UTF-8 with ISO dates and decimal points;
a cell that does not keep what the description says is left as it is and is refused where records are checked.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.opened import Unpacked

_DIGESTS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_HASH = re.compile(r"(?:(md5|sha1|sha256|sha512):)?([0-9a-f]{32,128})", re.ASCII)
_READ = {
    "delimiter", "quoteChar", "doubleQuote", "escapeChar", "skipInitialSpace", "header", "headerRows",
    "commentChar", "lineTerminator", "caseSensitiveHeader", "csvddfVersion", "nullSequence", "$schema",
    "type",
}  # fmt: skip
_NO_NUMBER_SIGN = re.compile(r"^[^\d+\-.,]+|[^\d.,]+$")


@dataclass(frozen=True)
class PackedFiles:
    """The files of a package beside its description.

    Parameters
    ----------
    name : str
        The package, for faults.
    package : ZipFile
    root : str
        The folder of its description, with a slash at the end; empty at the top.

    Examples
    --------
    >>> with zipfile.ZipFile(io.BytesIO(), "w") as one:
    ...     one.writestr("a/x.csv", "1")
    ...     PackedFiles("p.zip", one, "a/").names
    ('x.csv',)
    """

    name: str
    package: zipfile.ZipFile
    root: str

    @property
    def names(self) -> tuple[str, ...]:
        """Their paths from the description on."""
        found = (one.filename for one in self.package.infolist() if not one.is_dir())
        return tuple(one[len(self.root) :] for one in found if one.startswith(self.root))

    def content(self, path: object, place: str) -> bytes:
        """The bytes of a file.

        Raises
        ------
        InputFaults
            When the path is an address, leads out of the package, or names no file of it.
        """
        is_path = isinstance(path, str) and path in self.names
        fault = Fault(place, shown(path), "a file of the package, no address")
        refuse(self.name, [] if is_path else [fault])
        entry = self.package.getinfo(f"{self.root}{path}")
        with self.package.open(entry) as packed:
            stream = Unpacked(packed, entry.compress_size, name=self.name, broken="zip_broken")
            return io.BufferedReader(stream).read()


def write_table(
    files: PackedFiles, described: Mapping[str, Any], *, needed: Sequence[str], to: Path
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The records of a package as a plain table.

    Parameters
    ----------
    files : PackedFiles
    described : mapping
        The content of ``datapackage.json``.
    needed : sequence of str
        Columns that the records must have. Of several tables the one named ``records`` is read, or the only
        one that has them.
    to : Path
        The file to write; not there yet.

    Returns
    -------
    dict
        The description, with the fields of the records in it and the table called ``records``.
    tuple of str
        Files that were not read.

    Raises
    ------
    InputFaults
        When there is no such table, or it cannot be read as it is described.

    References
    ----------
    .. [1] Frictionless Data, Data Package, Tabular Data Resource, CSV Dialect and Table Schema, 1 and 2.

    Examples
    --------
    >>> import tempfile
    >>> table = {"name": "records", "data": [{"date": "5.3.2026"}], "schema":
    ...          {"fields": [{"name": "date", "type": "date", "format": "%d.%m.%Y"}]}}
    >>> with tempfile.TemporaryDirectory() as there, zipfile.ZipFile(io.BytesIO(), "w") as package:
    ...     to = Path(there) / "r.csv"
    ...     _ = write_table(PackedFiles("p.zip", package, ""), {"resources": [table]}, needed=["date"], to=to)
    ...     to.read_text().split()
    ['date', '2026-03-05']
    """
    at = _records_at(files, described["resources"], needed)
    resource, place = described["resources"][at], f"datapackage.json: resources[{at}]"
    headers, rows, fields = _opened(files, resource, place)
    missing = [one for one in needed if one not in headers]
    found = ", ".join(headers)
    rule = RuleText(
        "a column that is there; the table has {}", found if len(found) < 200 else found[:200] + "…"
    )
    refuse(files.name, [Fault(f"{place}: {one}", "missing", rule) for one in missing])
    convert = [_converter(field) for field in fields]
    with to.open("x", encoding="utf-8", newline="") as out:
        sheet = csv.writer(out, lineterminator="\n")
        sheet.writerow(headers)
        for row in rows:
            sheet.writerow(
                [change(cell) for change, cell in zip(convert, row, strict=False)] + row[len(convert) :]
            )
    resources = list(described["resources"])
    resources[at] = resource | {"name": "records", "schema": {"fields": fields}}
    return dict(described) | {"resources": resources}, _not_read(files, resource)


def _not_read(files: PackedFiles, resource: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a package that are neither its description nor part of the records."""
    paths = resource.get("path", [])
    read = {paths} if isinstance(paths, str) else {str(one) for one in paths}
    read |= {str(one) for one in (resource.get("schema"), resource.get("dialect")) if isinstance(one, str)}
    return tuple(one for one in files.names if one not in read and one != "datapackage.json")


def _records_at(files: PackedFiles, resources: Sequence[Mapping[str, Any]], needed: Sequence[str]) -> int:
    """Which resource holds the records."""
    named = [at for at, one in enumerate(resources) if one.get("name") == "records"]
    if len(named) == 1:
        return named[0]
    fits = []
    for at, one in enumerate(resources):
        if "data" in one or "schema" in one or str(one.get("path", "")).endswith((".csv", ".tsv")):
            headers, _, _ = _opened(files, one, f"datapackage.json: resources[{at}]")
            fits += [at] if set(needed) <= set(headers) else []
    names = ", ".join(str(one.get("name")) for one in resources)
    rule = RuleText("one table named records, or one alone with the columns {}", ", ".join(needed))
    refuse(files.name, [] if len(fits) == 1 else [Fault("datapackage.json", shown(names), rule)])
    return fits[0]


def _opened(
    files: PackedFiles, resource: Mapping[str, Any], place: str
) -> tuple[list[str], Iterator[list[str]], list[Mapping[str, Any]]]:
    """The columns of a table, its rows as text, and what is said of each column."""
    schema = _part(files, resource.get("schema"), f"{place}.schema")
    told = schema.get("fields", [])
    listed = told if isinstance(told, list) else []
    defaults = schema.get("missingValues", resource.get("missingValues", [""]))
    fields: list[Mapping[str, Any]] = [
        {"missingValues": defaults} | one for one in listed if isinstance(one, dict)
    ]
    rows = _inline(files, resource, place) if "data" in resource else _rows(files, resource, place)
    dialect = _part(files, resource.get("dialect"), f"{place}.dialect")
    names = [str(one.get("name", "")) for one in fields]
    if "data" not in resource and not _has_header(dialect):
        refuse(files.name, [] if names else [Fault(f"{place}.schema", "missing", "names for the columns")])
        return names, rows, fields
    headers = [cell.strip().lstrip("\ufeff") for cell in next(rows, [])]
    by_name = {str(one.get("name")): one for one in fields}
    doubled = sorted({one for one in headers if headers.count(one) > 1})
    faults = [Fault(f"{place}: {shown(one)}", "twice", "a column name used once") for one in doubled]
    is_wide = len(headers) > intake_limit("columns")
    faults += (
        [Fault(place, f"{len(headers)} columns", RuleText("at most {}", intake_limit("columns")))]
        if is_wide
        else []
    )
    refuse(files.name, faults)
    return headers, rows, [by_name.get(one, {"missingValues": defaults}) for one in headers]


def _part(files: PackedFiles, told: object, place: str) -> Mapping[str, Any]:
    """A part of the description, given in it or in a file of the package."""
    if told is None:
        return {}
    found = told
    if isinstance(told, str):
        try:
            found = json.loads(files.content(told, place))
        except (ValueError, RecursionError) as error:
            if isinstance(error, InputFaults):
                raise
            raise InputFaults(files.name, [Fault(place, shown(str(error)), "a file in JSON")]) from error
    refuse(files.name, [] if isinstance(found, dict) else [Fault(place, shown(found), "an object")])
    assert isinstance(found, dict)
    return found


def _inline(files: PackedFiles, resource: Mapping[str, Any], place: str) -> Iterator[list[str]]:
    """Rows that stand in the description itself: objects, or lists of which the first names the columns."""
    data = resource["data"]
    is_rows = isinstance(data, list) and all(isinstance(one, dict | list) for one in data)
    fault = Fault(f"{place}.data", shown(data), "a list of objects or of lists")
    refuse(files.name, [] if is_rows else [fault])
    if data and isinstance(data[0], list):
        yield from ([_text(cell) for cell in row] for row in data if isinstance(row, list))
        return
    names = list(dict.fromkeys(str(key) for row in data for key in row))
    yield names
    yield from ([_text(row.get(name)) for name in names] for row in data if isinstance(row, dict))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(files: PackedFiles, resource: Mapping[str, Any], place: str) -> Iterator[list[str]]:
    """The rows of one file, or of several one after the other; a header that comes again is left out."""
    given = resource.get("path")
    paths = given if isinstance(given, list) and given else [given]
    contents = [files.content(path, f"{place}.path") for path in paths]
    _check_bytes(files.name, resource, contents, place=place)
    is_table = all(
        PurePosixPath(str(path)).suffix.lower() in (".csv", ".tsv", ".txt", ".tab") for path in paths
    )
    form = str(resource.get("format", "csv" if is_table else PurePosixPath(str(paths[0])).suffix)).lower()
    refuse(
        files.name, [] if form in ("csv", "tsv") else [Fault(f"{place}.format", shown(form), "csv or tsv")]
    )
    options, told = _dialect(files, resource, place, delimiter="\t" if form == "tsv" else ",")
    header: list[str] | None = None
    for path, content in zip(paths, contents, strict=True):
        text = _decoded(content, resource.get("encoding", "utf-8"), name=files.name, place=place)
        lines: Iterable[str] = io.StringIO(text, newline="")
        if comment := told.get("commentChar"):
            lines = (line for line in lines if not line.startswith(comment))
        try:
            rows = (row for row in csv.reader(lines, strict=True, **options) if row)
            first = next(rows, None)
            if first is not None and (header is None or not _is_header_again(first, header, files.name)):
                yield first
            header = header or (first if _has_header(told) else [])
            yield from rows
        except csv.Error as error:
            fault = Fault(str(path), shown(str(error)), "rows as described")
            raise InputFaults(files.name, [fault]) from error


def _has_header(dialect: Mapping[str, Any]) -> bool:
    return dialect.get("header") is not False and dialect.get("headerRows") != []


def _is_header_again(row: Sequence[str], header: Sequence[str], name: str) -> bool:
    """Whether the first row of a further file is the header; other columns in other order are refused."""
    is_other = bool(header) and sorted(row) == sorted(header) and list(row) != list(header)
    rule = RuleText("the columns of the first file in their order: {}", ", ".join(header))
    refuse(name, [Fault(name, shown(", ".join(row)), rule)] if is_other else [])
    return list(row) == list(header)


def _check_bytes(name: str, resource: Mapping[str, Any], contents: Sequence[bytes], *, place: str) -> None:
    """Size and digest, where the description gives them."""
    whole = b"".join(contents)
    faults = []
    if resource.get("bytes") not in (None, len(whole)):
        faults.append(
            Fault(
                f"{place}.bytes", shown(resource["bytes"]), RuleText("the size of the file, {}", len(whole))
            )
        )
    given = resource.get("hash")
    found = _HASH.fullmatch(given) if isinstance(given, str) else None
    if given is not None:
        kind = (found[1] or "md5") if found else ""
        if not found or len(found[2]) != _DIGESTS[kind]:
            rule = "sha256: and 64 hexadecimal digits, or a digest by md5, sha1 or sha512"
            faults.append(Fault(f"{place}.hash", shown(given), rule))
        elif hashlib.new(kind, whole, usedforsecurity=False).hexdigest() != found[2]:
            faults.append(Fault(f"{place}.hash", shown(given), "the bytes that the description says"))
    refuse(name, faults)


def _dialect(
    files: PackedFiles, resource: Mapping[str, Any], place: str, *, delimiter: str
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """How the rows are written, for Python's reader, and as the description says it."""
    told = _part(files, resource.get("dialect"), f"{place}.dialect")
    signs = {
        name: told[name] for name in ("delimiter", "quoteChar", "escapeChar", "commentChar") if told.get(name)
    }
    faults = [
        Fault(f"{place}.dialect.{name}", shown(sign), "one sign")
        for name, sign in signs.items()
        if not isinstance(sign, str) or len(sign) != 1
    ]
    strange = [name for name in told if name not in _READ]
    faults += [
        Fault(f"{place}.dialect.{name}", shown(told[name]), "a property that is known") for name in strange
    ]
    if told.get("headerRows") not in (None, [], [1]):
        faults.append(Fault(f"{place}.dialect.headerRows", shown(told["headerRows"]), "one header, in row 1"))
    refuse(files.name, faults)
    escape = signs.get("escapeChar")
    options: dict[str, Any] = {
        "delimiter": signs.get("delimiter", delimiter),
        "quotechar": signs.get("quoteChar", '"'),
        "doublequote": bool(told.get("doubleQuote", escape is None)),
        "skipinitialspace": bool(told.get("skipInitialSpace", False)),
    }
    return options | ({"escapechar": escape} if escape else {}), told


def _decoded(content: bytes, encoding: object, *, name: str, place: str) -> str:
    try:
        return content.decode(str(encoding)).removeprefix("\ufeff")
    except (LookupError, UnicodeError) as error:
        rule = RuleText("text in the encoding that the description says ({})", shown(encoding))
        raise InputFaults(name, [Fault(f"{place}.encoding", shown(str(error)), rule)]) from error


def _converter(field: Mapping[str, Any]) -> Callable[[str], str]:
    """From a cell as described to a cell of ours."""
    told = field.get("missingValues")
    listed = told if isinstance(told, list) else [""]
    nothing = {str(one.get("value", "")) if isinstance(one, dict) else str(one) for one in listed}
    kind, form = field.get("type", "string"), str(field.get("format", "default"))
    is_day = kind in ("date", "datetime") and form not in ("default", "any")
    decimal, group = str(field.get("decimalChar", ".")), str(field.get("groupChar", ""))
    is_bare = field.get("bareNumber", True) is not False

    def changed(cell: str) -> str:
        if cell.strip() in nothing or cell in nothing:
            return ""
        if is_day:
            return _day(cell.strip(), form)
        if kind in ("number", "integer", "decimal"):
            return _number(cell.strip() if is_bare else _NO_NUMBER_SIGN.sub("", cell.strip()), decimal, group)
        return cell

    return changed


def _day(text: str, form: str) -> str:
    try:
        return dt.datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except (ValueError, re.error):
        return text


def _number(text: str, decimal: str, group: str) -> str:
    """A number with a decimal point; one that is written otherwise stays as it is, beyond doubt no number."""
    if decimal == "." and not group:
        return text
    grouped = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|" if group else ""
    shape = rf"[+-]?(?:{grouped}\d+)(?:{re.escape(decimal)}\d+)?(?:[eE][+-]?\d+)?"
    if not re.fullmatch(shape, text, re.ASCII):
        return f"{text} (decimalChar {decimal})"
    return (text.replace(group, "") if group else text).replace(decimal, ".")
