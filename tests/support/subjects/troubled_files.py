"""Files that go wrong in real life: small made-up ones of each kind, and the shared ones where they are at hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from native_files import READERS, reader
from shared import shared

from riskkit.monitoring.sources.files.opened import file_facts
from riskkit.monitoring.sources.intake import read_records
from riskkit.monitoring.sources.mapping import read_mapping

NOW = dt.date(2026, 11, 1)
HEAD = "抽样单编号,抽样日期,产品名称,商品编号,原产国（地区）,抽查批次,不合格批次,不合格项目,实测值,计量单位,限量值"
TROUBLE = ("data", "intake_trouble")


@dataclass(frozen=True)
class Read:
    """What became of a file: rows as records, lines of the quarantine, and what was said."""

    rows: list[dict[str, Any]]
    aside: list[dict[str, Any]]
    said: Counter[tuple[str, str]]
    n_read: int

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    def flags(self) -> list[str]:
        return [row["flags"] or "" for row in self.rows]

    def rules(self) -> list[str]:
        return [line["rule_id"] for line in self.aside]

    def notes(self) -> set[str]:
        return {note for note, _ in self.said}


def taken_in(path: Path, source: str = "market_sampling", *, mapping: Path | None = None) -> Read:
    """A file read by a source or a mapping; every row is accepted or put aside."""
    how = read_mapping(mapping) if mapping else reader(source)
    said: Counter[tuple[str, str]] = Counter()
    batches = list(read_records(file_facts(path), how, now=NOW, others=[reader(name) for name in READERS]))
    for batch in batches:
        assert batch.n_read == batch.records.num_rows + batch.n_quarantined
        said.update(batch.said)
    rows = pa.concat_tables([batch.records for batch in batches]).to_pylist()
    aside = pa.concat_tables([batch.quarantine for batch in batches]).to_pylist()
    return Read(rows, aside, said, sum(batch.n_read for batch in batches))


def sheet(folder: Path, *rows: str, head: str = HEAD, name: str = "表.csv") -> Path:
    """A filled sheet as CSV."""
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def measured(folder: Path, *values: str, n_nonconforming: int = 0) -> Read:
    """One row of a sampling sheet for each measured value."""
    rows = [
        f'CC-{place},2026-03-05,毛绒玩具,9503002900,德国,1,{n_nonconforming},,"{value}",mg/kg,0.1'
        for place, value in enumerate(values)
    ]
    return taken_in(sheet(folder, *rows))


def mapped(folder: Path, text: str, *, name: str = "m.toml") -> Path:
    """A mapping file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def trouble(*parts: str) -> Path:
    """A shared file; its test is skipped where it is absent."""
    return shared(*TROUBLE, *parts)
