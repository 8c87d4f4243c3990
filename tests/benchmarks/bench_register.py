"""Evidence taken in and asked: rows a second of one core, memory, and how long answers take.

A million rows by default; ``RISKKIT_BENCH_ROWS=10000000`` takes the size that a national register has, and
``RISKKIT_BENCH_TIMES=10`` asks the questions of ten times as many rows (the same rows, ten times on the disk).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from measure import say

from riskkit.store.register.manifest import read_manifest, write_manifest

ROWS = int(os.environ.get("RISKKIT_BENCH_ROWS", "1000000"))
TIMES = int(os.environ.get("RISKKIT_BENCH_TIMES", "1"))
MADE = """
    copy (select
        'complaint' as source_class,
        date '2016-01-01' + cast(hash(i * 7) % 3650 as integer) as date,
        ['lamp', 'kettle', 'toy', 'charger', 'heater', 'ladder', 'helmet', 'cot', 'scooter', 'blender'][1 + cast(hash(i) % 10 as integer)] as product,
        ['9405', '8516', '9503', '8504', '8516', '7616', '6506', '9403', '8711', '8509'][1 + cast(hash(i) % 10 as integer)] as hs,
        'brand ' || (hash(i * 3) % 5000) as brand,
        'maker ' || (hash(i * 5) % 20000) as maker,
        ['CN', 'JP', 'DE', 'US', 'VN', 'KR', 'IT', 'TH'][1 + cast(hash(i * 11) % 8 as integer)] as origin,
        ['上海', '宁波', '深圳', '青岛', '天津', '广州'][1 + cast(hash(i * 13) % 6 as integer)] as port,
        ['physical', 'chemical', 'health', 'biological', 'environmental'][1 + cast(hash(i * 17) % 5 as integer)] as hazard_class,
        1 + hash(i * 19) % 40 as n_tested,
        hash(i * 23) % 2 as n_nonconforming,
        'lot ' || i as lot,
        'what was seen at inspection ' || (hash(i * 29) % 100000) as text
        from range(?) t(i)) to '{path}' (header, delimiter ',')
"""
TAKE_IN = """
import os, sys
from pathlib import Path
from own_memory import peak_mib
from registers import taken
before = sum(os.times()[:4])
entry, _ = taken(Path(sys.argv[1]), Path(sys.argv[2]))
print(entry.n_accepted, sum(os.times()[:4]) - before, peak_mib())
"""
ASK = """
import json, os, sys, time
from pathlib import Path
from own_memory import peak_mib
from riskkit.store.register.counts import CountsAsked, counted
from riskkit.store.register.query import sql
register, empty, question = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
ask = (lambda at: counted(at, CountsAsked(tuple(question)))) if isinstance(question, list) else (lambda at: sql(at, question))
ask(empty)  # the program is at hand, the records are not
for part in register.rglob("*.parquet"):
    handle = os.open(part, os.O_RDONLY)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)
start = time.perf_counter()
found = ask(register)
took = time.perf_counter() - start
rows = sum(found["n_records"].to_pylist()) if "n_records" in found.column_names else 0
print(json.dumps([len(found), rows, took, peak_mib()]))
"""
FOUR_COLUMNS = ["product", "origin", "port", "month"]
FILTERED = """
    select product, origin, count(*) n, sum(n_nonconforming) / sum(n_tested) rate from records
    where hazard_class = 'chemical' and port = '上海' and date >= date '2024-01-01' group by all
"""


def told(program: str, *words: object) -> str:
    """What a program of its own says: its memory is its own too."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], check=True, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},  # the helpers of tests too
    )  # fmt: skip
    return done.stdout


def asked(register: Path, question: list[str] | str) -> list[float]:
    """Groups, records in them, seconds, MiB: a question to files that the system has not kept in memory."""
    empty = register.with_name("empty")
    empty.mkdir(exist_ok=True)
    return list(map(float, json.loads(told(ASK, register, empty, json.dumps(question)))))


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    path = folder / "made.csv"
    duckdb.execute(MADE.format(path=path), [ROWS])
    n_rows, cpu, peak = map(float, told(TAKE_IN, folder / "register", path).split())
    path.unlink()
    say(f"ingest, {ROWS:,} rows", rows_per_core_s=n_rows / cpu, peak_mib=peak)
    assert n_rows == ROWS
    assert n_rows / cpu >= 150_000
    assert peak <= 2048
    return folder / "register"


def test_counts_by_commodity_origin_port_and_month(register: Path) -> None:
    groups, whole, took, peak = asked(register, FOUR_COLUMNS)
    say(f"counts of {ROWS:,} rows by four columns", groups=groups, s=took, peak_mib=peak)
    assert whole == ROWS
    assert took <= 1.5


def test_questions_to_many_times_as_many(register: Path) -> None:
    manifest = read_manifest(register)
    more = []
    for time_ in range(1, TIMES):
        for part in manifest.of_kind("records"):
            path = register / part.path
            copy = path.with_name(f"{path.stem}-{time_}.parquet")
            copy.write_bytes(path.read_bytes())
            more.append(replace(part, path=copy.relative_to(register).as_posix()))
    write_manifest(register, manifest.changed(parts=more))
    groups, _, took, peak = asked(register, FILTERED)
    say(f"a filtered question to {ROWS * TIMES:,} rows", groups=groups, s=took, peak_mib=peak)
    assert groups == 80
    assert took <= 5
    assert peak <= 4096
    groups, whole, took, peak = asked(register, FOUR_COLUMNS)
    say(f"counts of {ROWS * TIMES:,} rows by four columns", groups=groups, s=took, peak_mib=peak)
    assert whole == ROWS * TIMES
    assert peak <= 4096
