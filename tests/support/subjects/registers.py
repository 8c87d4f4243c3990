"""Registers for tests: files read in as the command reads them, and what a register says afterwards."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from pathlib import Path
from typing import Any

from riskkit.monitoring.sources.canonical import SOURCE
from riskkit.monitoring.sources.files.opened import file_facts
from riskkit.monitoring.sources.intake import read_records
from riskkit.monitoring.sources.source import Source
from riskkit.store.register.changes import Origin, ingest
from riskkit.store.register.manifest import Ingest
from riskkit.store.register.query import looking

NOW = dt.date(2031, 1, 1)
AT = "2031-01-01T00:00:00+00:00"
HEAD = "source_class,date,product,hs,origin,n_tested,n_nonconforming,text"


def taken(folder: Path, path: Path, *, source: Source = SOURCE, wait: float = 0.0) -> tuple[Ingest, bool]:
    facts = file_facts(path)
    origin = Origin(facts.name, facts.sha256, facts.size, source.name, source.version, AT)
    return ingest(folder, origin, read_records(facts, source, now=NOW), wait=wait)


def content(folder: Path) -> dict[str, Any]:
    """All that a register answers, whatever its files are called."""
    with looking(folder, threads=1) as register:
        records = register.sql("select * from records").fetchall()
        aside = register.sql("select * from quarantine").fetchall()
        log = register.sql("select * from ingests order by number").fetchall()
    digest = hashlib.sha256("\n".join(sorted(map(repr, [*records, *aside]))).encode()).hexdigest()
    return {"records": len(records), "aside": len(aside), "log": log, "digest": digest}


def canonical_csv(n_rows: int, *, seed: int, bad: float = 0.1, n_days: int = 1500) -> str:
    """Rows of the canonical layout; some break a rule, some stand twice."""
    rng = random.Random(seed)
    rows = [HEAD]
    for number in range(n_rows):
        day = dt.date(2020, 1, 1) + dt.timedelta(days=rng.randrange(n_days))
        tested = rng.randrange(1, 50)
        wrong = rng.random() < bad
        failed = tested + 1 if wrong else rng.randrange(tested + 1)
        product = rng.choice(["lamp", "玩具", "kettle"])
        rows.append(f"complaint,{day},{product},9503,CN,{tested},{failed},row {number}")
    rows += rng.sample(rows[1:], len(rows) // 20)
    return "\n".join(rows) + "\n"
