"""Time the weekly scan of a large register by DuckDB and, where it is installed, by Spark; both must say the same.

``RISKKIT_BENCH_ROWS`` sets the number of records (1,000,000 if not given); a folder of its own, which may be large,
is taken from ``TMPDIR``.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psutil
from measure import say

from riskkit.store.register.manifest import Manifest, Part, write_manifest
from riskkit.workbench.reports.signals.scan_study import ScanStudy, study_signals

ROWS = int(os.environ.get("RISKKIT_BENCH_ROWS", "1000000"))
YEARS = range(2016, 2026)
ON = "2025-12-28"
N_HAZARDS, N_ORIGINS, N_GOODS = 40, 15, 5  # 3,000 combinations
SHOWN = ["signal_id", "rise_week", "n_week", "n_year", "n_all", "expected", "p_rise", "points", "decision"]


def made_register(folder: Path, n_rows: int) -> None:
    """Parquet of made records, a file a year, with the event up to eight weeks before the report."""
    parts, each = [], n_rows // len(YEARS)
    for year in YEARS:
        name = f"records-{year}.parquet"
        first = (year - YEARS[0]) * each
        question = f"""COPY (SELECT printf('%032x', i) AS record_id, 'made' AS source,
          DATE '{year}-01-01' + CAST(hash(i, 1) % 365 AS INT) AS date,
          DATE '{year}-01-01' + CAST(hash(i, 1) % 365 + (hash(i, 2) % 57) * (hash(i, 3) % 2) AS INT) AS date_reported,
          'hazard ' || CAST(hash(i, 4) % {N_HAZARDS} AS VARCHAR) AS hazard,
          chr(65 + CAST(hash(i, 5) % {N_ORIGINS} AS INT)) || 'X' AS origin,
          'goods ' || CAST(hash(i, 6) % {N_GOODS} AS VARCHAR) AS product_group,
          CAST(hash(i, 7) % 4 AS BIGINT) AS severity, 'made' AS region
          FROM range({first}, {first + each}) AS t(i)) TO '{folder / name}' (FORMAT parquet)"""
        duckdb.sql(question)
        parts.append(Part("records", name, "made", year, each, (folder / name).stat().st_size))
    write_manifest(folder, Manifest().changed(parts=parts))


def spark_session() -> Any:
    """Spark on this machine, with the memory that a laptop has."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    for name, value in (("spark.ui.enabled", "false"), ("spark.sql.shuffle.partitions", "8"),
                        ("spark.driver.host", "127.0.0.1"), ("spark.driver.bindAddress", "127.0.0.1")):  # fmt: skip
        builder = builder.config(name, value)
    return builder.getOrCreate()


def timed(folder: Path, engine: str, session: Any = None) -> ScanStudy:
    start, cpu = time.perf_counter(), _cpu()
    found = study_signals(str(folder), on=ON, engine=engine, session=session)
    everybody = [psutil.Process(), *psutil.Process().children(recursive=True)]
    held = sum(one.memory_info().rss for one in everybody) / 2**30  # of Python and, for Spark, its Java
    say(f"weekly scan of {ROWS:,} records by {engine} [s]", seconds=time.perf_counter() - start,
        cpu=_cpu() - cpu, combinations=len(found.found), gib_at_end=held)  # fmt: skip
    return found


def _cpu() -> float:
    """Processor time of this process and those that it started [s]."""
    everybody = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in everybody)


def main() -> None:
    """Print the figures, and compare."""
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        start = time.perf_counter()
        made_register(folder, ROWS)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**30
        say(f"register of {ROWS:,} records made [s]", seconds=time.perf_counter() - start, gib=size)
        plain = timed(folder, "duckdb")
        assert plain.delays.by == "event" and plain.n_reports > 0.9 * ROWS
        if importlib.util.find_spec("pyspark") is None:
            return
        session = spark_session()
        other = timed(folder, "spark", session)
        session.stop()
        pd.testing.assert_frame_equal(plain.found[SHOWN], other.found[SHOWN])
        pd.testing.assert_frame_equal(plain.series, other.series)
        assert (plain.n_reports, plain.n_left_out) == (other.n_reports, other.n_left_out)


def test_engines() -> None:
    main()


if __name__ == "__main__":
    main()
