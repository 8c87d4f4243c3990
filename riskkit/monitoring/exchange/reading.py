"""A package of another agency: hostile until it is checked.

Nothing is unpacked to a place that the package names, nothing it says of itself is believed before it was
measured, and no address is followed.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.records.evidence import given_columns, intake_limit, table_schema
from riskkit.foundation.records.sheet_cells import unguarded_cells
from riskkit.monitoring.exchange.package import DESCRIPTION, RECORDS
from riskkit.monitoring.exchange.tables import PackedFiles, write_table
from riskkit.monitoring.sources.files.opened import Unpacked, file_facts, require_unchanged
from riskkit.monitoring.sources.source import Source

_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.[a-z]{2,5}", re.ASCII)
_INSIDE = re.compile(r"(?:[\w-][\w .()+-]{0,100}/){0,4}[\w-][\w .()+-]{0,100}/?")
_HASH = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)
_ID = "[0-9a-f]{32}"
_MOST_TOLD = 20
_AT_ONCE = 1 << 20
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = "a zip file that is whole"


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """The rows of a package as they were before cells were guarded against formulas.

    Examples
    --------
    >>> to_records(pd.DataFrame({"product": ["'=lamp"], "record_id": ["0"]}, dtype="string")).values.tolist()
    [['=lamp']]
    """
    known = [name for name in native.columns if name in given_columns()]
    return pd.DataFrame({name: unguarded_cells(native[name]) for name in known}, index=native.index)


SOURCE = Source(
    name="exchange",
    version=1,
    title_zh="其他机构的数据包",
    title_en="Data packages of other agencies",
    publisher="the agency named in the package",
    licence="as the package says",
    required=(("record_id", "source_class", "date", "product"), ("source_class", "date", "product")),
    date_order="ymd",
    to_records=to_records,
)


@dataclass(frozen=True)
class Package:
    """A package that kept what it said of itself.

    Parameters
    ----------
    name, sha256 : str
        The file, and the digest of its bytes.
    n_bytes : int
        Its size.
    description : dict
        ``datapackage.json``.
    records : Path
        Its records, unpacked to a place of ours.
    headers : tuple of str
        Their columns.
    ids : list of str
        The record ids, row by row; empty where the package of another tool gives none.
    not_read : tuple of str
        Files of it that are not part of the records.
    """

    name: str
    sha256: str
    n_bytes: int
    description: Mapping[str, Any]
    records: Path
    headers: tuple[str, ...]
    ids: list[str]
    not_read: tuple[str, ...] = ()


def read_package(path: Path, *, into: Path) -> Package:
    """Check a package and unpack its records: one that riskkit wrote, or one of another tool.

    What riskkit writes must be exactly what it says. Packages of other tools are read by their description
    (dialect, schema, encoding, several files, folders, data within the description).

    Parameters
    ----------
    path : Path
        The ``.zip`` file.
    into : Path
        A folder of ours; ``records.csv`` is written there.

    Raises
    ------
    InputFaults
        With every fault: no plain zip file, strange names, too large, a description that is none, hashes or
        sizes that do not fit, ids that are none or stand twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     file = Path(there) / "a.zip"
    ...     _ = file.write_bytes(b"PK")
    ...     try:
    ...         read_package(file, into=Path(there))
    ...     except InputFaults as error:
    ...         print(error.faults[0].rule)
    a zip file that is whole
    """
    facts, records = file_facts(path), into / "records.csv"
    not_read: tuple[str, ...] = ()
    with _zip(path) as package:
        root = _check_entries(path.name, package)
        described = _description(path.name, package, root)
        if "riskkit" in described:
            _check_names(path.name, package)
            for resource in _wanted(path.name, described, package):
                _unpack(path.name, package, resource, to=records if resource["name"] == RECORDS else None)
        else:
            files = PackedFiles(path.name, package, root)
            described, not_read = write_table(files, described, needed=SOURCE.required[1], to=records)
    require_unchanged(facts)
    headers, ids = _ids(path.name, records, is_ours="riskkit" in described)
    return Package(
        facts.name, facts.sha256, facts.size, described, records, headers=headers, ids=ids, not_read=not_read
    )


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as package:
            yield package
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        if isinstance(error, InputFaults):
            raise
        raise InputFaults(path.name, [Fault(path.name, shown(str(error)), BROKEN)]) from error


def _check_entries(name: str, package: zipfile.ZipFile) -> str:
    """Few plain files, packed in a way that is known; gives the folder of the description."""
    entries = package.infolist()
    most, most_bytes = intake_limit("package_files"), intake_limit("package_bytes")
    faults = []
    if len(entries) > most:
        faults.append(Fault(name, f"{len(entries)} files", RuleText("at most {} files", most)))
    if sum(entry.file_size for entry in entries) > most_bytes:
        faults.append(Fault(name, "too large", RuleText("at most {} bytes when unpacked", most_bytes)))
    names = [entry.filename for entry in entries[:most]]
    for entry in entries[:most]:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        is_file = kind in (0, stat.S_IFREG) or (entry.is_dir() and kind == stat.S_IFDIR)
        is_plain = not entry.flag_bits & 1 and entry.compress_type in _PLAIN and is_file
        if not _INSIDE.fullmatch(entry.filename):
            faults.append(Fault(name, shown(entry.filename), "a plain file name within the package"))
        elif not is_plain:
            faults.append(Fault(name, shown(entry.filename), "a plain file, neither encrypted nor a link"))
    twice = sorted({one for one in names if names.count(one) > 1})
    faults += [Fault(name, shown(one), "a file that stands once") for one in twice]
    at = [one for one in names if one.rpartition("/")[2] == DESCRIPTION]
    if len(at) != 1 and not twice:
        faults.append(Fault(name, ", ".join(at) or "missing", RuleText("a file {}, once", DESCRIPTION)))
    refuse(name, faults)
    return at[0].removesuffix(DESCRIPTION)


def _check_names(name: str, package: zipfile.ZipFile) -> None:
    """Our own packages have no folders and no strange names."""
    strange = [one for one in package.namelist() if not _PATH.fullmatch(one)]
    refuse(name, [Fault(name, shown(one), "a plain file name without folders") for one in strange])


def _description(name: str, package: zipfile.ZipFile, root: str) -> dict[str, Any]:
    most = intake_limit("package_description_bytes")
    with package.open(f"{root}{DESCRIPTION}") as stream:
        text = stream.read(most + 1)
    rule = RuleText("a description in JSON of at most {} bytes", most)
    try:
        found = json.loads(text) if len(text) <= most else None
    except (ValueError, RecursionError) as error:
        raise InputFaults(name, [Fault(DESCRIPTION, shown(str(error)), rule)]) from error
    resources = found.get("resources") if isinstance(found, dict) else None
    is_fine = isinstance(resources, list) and all(isinstance(one, dict) for one in resources)
    refuse(name, [] if is_fine else [Fault(DESCRIPTION, "no resources", rule)])
    assert isinstance(found, dict)
    return found


def _wanted(name: str, described: Mapping[str, Any], package: zipfile.ZipFile) -> list[Mapping[str, Any]]:
    """The resources, each a file of the package with its size and hash; one of them the records."""
    sizes = {entry.filename: entry.file_size for entry in package.infolist()}
    faults = []
    resources = described["resources"]
    for at, one in enumerate(resources):
        place = f"{DESCRIPTION}: resources[{at}]"
        path, digest = one.get("path"), one.get("hash")
        if not isinstance(path, str) or path not in sizes or path == DESCRIPTION:
            faults.append(Fault(f"{place}.path", shown(path), "a file of the package, no address"))
            continue
        if one.get("bytes") != sizes[path]:
            faults.append(Fault(f"{place}.bytes", shown(one.get("bytes")), "the size of the file"))
        if not isinstance(digest, str) or not _HASH.fullmatch(digest):
            faults.append(Fault(f"{place}.hash", shown(digest), "sha256: and 64 hexadecimal digits"))
    found = [one for one in resources if one.get("name") == RECORDS]
    if len(found) != 1 or found[0].get("path") != f"{RECORDS}.csv":
        rule = "one table of records, records.csv; counts cannot be read into a register"
        faults.append(Fault(DESCRIPTION, f"{len(found)} named {RECORDS}", rule))
    unnamed = sorted(set(sizes) - {DESCRIPTION} - {str(one.get("path")) for one in resources})
    faults += [Fault(name, shown(one), "a file that the description names") for one in unnamed]
    refuse(name, faults)
    return list(resources)


def _unpack(name: str, package: zipfile.ZipFile, resource: Mapping[str, Any], *, to: Path | None) -> None:
    """Read a file of the package to its end, write it if wished, and compare its hash."""
    path = resource["path"]
    digest, size = hashlib.sha256(), 0
    entry = package.getinfo(path)
    with package.open(entry) as packed:
        stream = Unpacked(packed, entry.compress_size, name=name, broken="zip_broken")
        with _target(to) as out:
            while part := stream.read(_AT_ONCE):
                digest.update(part)
                size += len(part)
                if out is not None:
                    out.write(part)
    is_same = f"sha256:{digest.hexdigest()}" == resource["hash"] and size == resource["bytes"]
    rule = "the bytes that the description says"
    refuse(name, [] if is_same else [Fault(path, f"sha256:{digest.hexdigest()[:12]}…", rule)])


@contextmanager
def _target(to: Path | None) -> Iterator[IO[bytes] | None]:
    if to is None:
        yield None
        return
    with to.open("xb") as out:
        yield out


def _ids(name: str, path: Path, *, is_ours: bool) -> tuple[tuple[str, ...], list[str]]:
    """The headers, and the id of each row; every row of ours has one of its own, others may have none."""
    try:
        reader = pa_csv.open_csv(path, parse_options=pa_csv.ParseOptions(newlines_in_values=True))
        headers = tuple(reader.schema.names)
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise InputFaults(
            name, [Fault("records.csv", shown(str(error)), "a table in CSV, in UTF-8")]
        ) from error
    has_ids = is_ours or "record_id" in headers
    missing = [one for one in SOURCE.required[0 if has_ids else 1] if one not in headers]
    doubled = sorted({one for one in headers if headers.count(one) > 1})
    faults = [Fault("records.csv", shown(one), "a column that is there") for one in missing]
    faults += [Fault("records.csv", shown(one), "a column name used once") for one in doubled]
    refuse(name, faults)
    if not has_ids:
        return headers, []
    convert = pa_csv.ConvertOptions(include_columns=["record_id"], column_types={"record_id": pa.string()})
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    try:
        ids = pa_csv.read_csv(path, convert_options=convert, parse_options=parse)["record_id"].to_pandas()
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise InputFaults(
            name, [Fault("records.csv", shown(str(error)), "a table in CSV, in UTF-8")]
        ) from error
    wrong, again = ids[~ids.str.fullmatch(_ID).fillna(False).astype(bool)], ids[ids.duplicated()]
    rules = ((wrong, "32 hexadecimal digits"), (again, "an id that stands once"))
    refuse(
        name,
        [
            Fault(f"records.csv:{row + 1}:record_id", shown(value), rule)
            for found, rule in rules
            for row, value in found.head(_MOST_TOLD).items()
        ],
    )
    return headers, ids.tolist()


def schema_drift(package: Package) -> pd.DataFrame:
    """How the columns of a package differ from those of the record.

    Parameters
    ----------
    package : Package
        As from `read_package`.

    Returns
    -------
    DataFrame
        column, drift: ``unmapped`` (no column of the record: left out), ``missing`` (not in the package),
        ``type`` (declared as another type; its cells are checked all the same), ``undeclared`` (not in the
        package's schema).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> one = SimpleNamespace(headers=("record_id", "colour"), description={"resources": []})
    >>> schema_drift(one).head(2).values.tolist()
    [['colour', 'unmapped'], ['record_id', 'undeclared']]
    """
    ours = {field["name"]: field["type"] for field in table_schema()["fields"]}
    declared = _declared(package.description)
    rows = [(name, "unmapped") for name in package.headers if name not in ours]
    for name in package.headers:
        if name in ours and name not in declared:
            rows.append((name, "undeclared"))
        elif name in ours and declared[name] != ours[name]:
            rows.append((name, "type"))
    rows += [(name, "missing") for name in ours if name not in package.headers]
    return pd.DataFrame(rows, columns=["column", "drift"])


def _declared(description: Mapping[str, Any]) -> dict[str, Any]:
    """Name and type of the fields that the description declares for the records."""
    for one in description["resources"]:
        schema = one.get("schema") if one.get("name") == RECORDS else None
        fields = schema.get("fields") if isinstance(schema, dict) else None
        if isinstance(fields, list):
            return {str(f.get("name")): f.get("type") for f in fields if isinstance(f, dict)}
    return {}
