"""The tables that the monitoring notebooks start from: a shipped sample, or a CSV file of one's own.

Sheets and records come in through the same door as those of a register. Rows that break a rule are set aside
with the rule, rows that repeat an earlier one exactly are dropped, and all three numbers are told: read =
used + repeated + set aside. A plain table of counts, which is no record, is checked here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.evidence import arrow_schema
from riskkit.foundation.records.number_columns import floats
from riskkit.monitoring.sources import canonical
from riskkit.monitoring.sources.files.opened import file_facts
from riskkit.monitoring.sources.intake import read_records
from riskkit.monitoring.sources.sheets import border_inspection, market_sampling
from riskkit.monitoring.sources.source import Source, missing_headers
from riskkit.workbench.runs.folders.made_register import READ_ON

SAMPLE = "register_sample"
MOST_BYTES = 50_000_000
_SHEETS = (border_inspection.SOURCE, market_sampling.SOURCE)
_SOURCES = (*_SHEETS, canonical.SOURCE)
_COUNTS = ("n_tested", "n_nonconforming")


@dataclass(frozen=True)
class OpenTable:
    """A table as read."""

    name: str
    table: pd.DataFrame
    aside: pd.DataFrame
    n_read: int
    n_doubled: int
    n_aside: int
    sha256: str
    is_sample: bool


def open_records(name: str = SAMPLE) -> OpenTable:
    """Records of inspection and testing, in the columns of the record."""
    if name == SAMPLE:
        folder = shipped.home() / "data" / SAMPLE
        files = [folder / f"{source.name}.csv" for source in _SHEETS]
    else:
        files = [Path(name)]
    contents = [_content(path) for path in files]
    day = READ_ON if name == SAMPLE else dt.datetime.now().astimezone().date()
    parts = [_part(path, content, day) for path, content in zip(files, contents, strict=True)]
    n_read, n_kept = sum(part.n_read for part in parts), sum(len(part.good) for part in parts)
    n_doubled = sum(part.n_doubled for part in parts)
    return OpenTable(
        name if name == SAMPLE else files[0].name,
        pd.concat([part.good for part in parts], ignore_index=True),
        pd.concat([part.aside for part in parts], ignore_index=True),
        n_read,
        n_doubled,
        n_read - n_doubled - n_kept,
        hashlib.sha256(b"".join(contents)).hexdigest(),
        name == SAMPLE,
    )


@dataclass(frozen=True)
class _Part:
    """One file, parted."""

    good: pd.DataFrame
    aside: pd.DataFrame
    n_read: int
    n_doubled: int


def _part(path: Path, content: bytes, day: dt.date) -> _Part:
    native = _native(content, path.name)
    source = next((one for one in _SOURCES if not missing_headers(one, native.columns)), None)
    if source is not None:
        return _records(path, source, day)
    missing = [column for column in _COUNTS if column not in native]
    refuse(path.name, [Fault(f"{path.name}: {column}", "missing", "a column") for column in missing])
    rows = native[~native.duplicated()]
    good, aside = _sorted(rows)
    return _Part(good, aside, len(native), len(native) - len(rows))


def _records(path: Path, source: Source, day: dt.date) -> _Part:
    batches = list(read_records(file_facts(path), source, now=day))
    tables = [one.records.cast(arrow_schema()).to_pandas() for one in batches]
    rows = pd.concat(tables, ignore_index=True) if tables else arrow_schema().empty_table().to_pandas()
    fresh = rows[~rows["record_id"].duplicated()].astype(dict.fromkeys(_COUNTS, "float64"))
    lines = [line for one in batches for line in one.quarantine.to_pylist()]
    told = [(one["row_number"], one["column"] or "", one["value"] or "", one["rule_id"]) for one in lines]
    aside = pd.DataFrame(told, columns=["row", "column", "value", "rule"])
    return _Part(fresh, aside, sum(one.n_read for one in batches), len(rows) - len(fresh))


def open_table(
    name: str, *, sample: str, folder: str = "plan_sample", what: str = "records", texts: Sequence[str] = ()
) -> OpenTable:
    """A plain table with a header, such as the cells of a plan; nothing is set aside.

    The sample lies in `folder`, `what` names the table in faults; columns in `texts` stay text even where all
    cells look like numbers.
    """
    is_sample = name == sample
    path = shipped.home() / "data" / folder / f"{sample}.csv" if is_sample else Path(name)
    content = _content(path, what=what, sample=sample)
    rows = _native(content, path.name)
    for column in rows.columns.difference(list(texts), sort=False):
        numbers = pd.to_numeric(rows[column], errors="coerce")
        if (numbers.notna() | rows[column].isna()).all():
            rows[column] = numbers
    nothing = pd.DataFrame({name: [] for name in ("row", "column", "value", "rule")})
    digest = hashlib.sha256(content).hexdigest()
    return OpenTable(sample if is_sample else path.name, rows, nothing, len(rows), 0, 0, digest, is_sample)


def _content(path: Path, *, what: str = "records", sample: str = SAMPLE) -> bytes:
    rule = RuleText("a .csv file of at most {} bytes", f"{MOST_BYTES:,}")
    rule = RuleText("{}, or {}", sample, rule) if sample else rule
    is_fine = path.suffix == ".csv" and path.is_file() and path.stat().st_size <= MOST_BYTES
    refuse(what, [] if is_fine else [Fault(what, shown(path.name), rule)])
    return path.read_bytes()


def _native(content: bytes, name: str) -> pd.DataFrame:
    """All cells as text, rows counted from 1."""
    faults = []
    try:
        rows = pd.read_csv(
            io.BytesIO(content), dtype="string", keep_default_na=False, na_values=[""], encoding="utf-8-sig"
        )
    except (ValueError, UnicodeError) as error:
        rows = pd.DataFrame()
        faults = [Fault(name, shown(str(error)), "a table in CSV, in UTF-8")]
    refuse(name, faults)
    return rows.set_axis(range(1, len(rows) + 1))


def _sorted(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that can be counted, and the faults of the others."""
    n, x = (floats(rows[name]) for name in _COUNTS)
    given_n, given_x = (rows[name].notna().to_numpy() for name in _COUNTS)
    with np.errstate(invalid="ignore"):
        tests = [
            ("n_tested", given_n & ~((n >= 0) & (np.floor(n) == n)), "rule_count"),
            ("n_nonconforming", given_x & ~((x >= 0) & (np.floor(x) == x)), "rule_count"),
            ("n_nonconforming", x > n, "rule_not_above"),
        ]
    if "date" in rows:
        days = pd.to_datetime(rows["date"], errors="coerce", format="%Y-%m-%d")
        tests.append(("date", (days.isna() & rows["date"].notna()).to_numpy(), "rule_day"))
    if "hs" in rows:
        is_code = rows["hs"].str.fullmatch(r"([0-9]{2}){1,5}").fillna(True).to_numpy(dtype=bool)
        tests.append(("hs", ~is_code, "rule_hs"))
    wrong = np.zeros(len(rows), dtype=bool)
    faults = []
    for column, is_wrong, rule in tests:
        wrong |= is_wrong
        bad = rows.index[is_wrong]
        faults.append(pd.DataFrame({"row": bad, "column": column, "value": rows[column][bad], "rule": rule}))
    good = rows[~wrong].assign(n_tested=n[~wrong], n_nonconforming=x[~wrong])
    return good, pd.concat(faults, ignore_index=True)
