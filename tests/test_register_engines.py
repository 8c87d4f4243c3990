"""The same counts from DuckDB and from Spark, over the same Parquet; and from plain Python."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from registers import canonical_csv, taken

from riskkit.foundation.faults import InputFaults
from riskkit.store.register_counts import CountsAsked, counted

ASKED = [
    CountsAsked(("product",)),
    CountsAsked(("product", "origin", "port", "month")),
    CountsAsked(("year", "hazard_class")),
    CountsAsked(("quarter",), since=dt.date(2021, 1, 1), until=dt.date(2022, 6, 30)),
    CountsAsked(("source", "text"), since=dt.date(2023, 3, 1)),
]


def has_spark() -> str:
    """Why Spark cannot be tried here, if it cannot."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed (riskkit[spark])"
    java = shutil.which("java") or (
        os.environ.get("JAVA_HOME", "") and str(Path(os.environ["JAVA_HOME"]) / "bin" / "java")
    )
    if not java or subprocess.run([java, "-version"], capture_output=True, check=False).returncode:
        return "no Java runtime"
    return ""


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    for seed in (1, 2):
        text = canonical_csv(700, seed=seed)
        rows = text.splitlines()
        rows += [f"complaint,,kettle,8516,,,,no date {seed}", f"complaint,2022-02-02,,,,5,,no product {seed}"]
        (folder / f"{seed}.csv").write_text("\n".join(rows) + "\n")
        taken(folder / "register", folder / f"{seed}.csv")
    return folder


def test_counts_are_those_of_the_rows(register: Path) -> None:
    found = counted(register / "register", CountsAsked(("product", "year"))).to_pylist()
    every = [row for seed in (1, 2) for row in sound_rows(register / f"{seed}.csv")]
    records, tested = Counter[tuple[str | None, int | None]](), Counter[tuple[str | None, int | None]]()
    for row in every:
        key = (row["product"] or None, int(row["date"][:4]) if row["date"] else None)
        records[key] += 1
        tested[key] += int(row["n_tested"] or 0)
    assert {(one["product"], one["year"] and one["year"].year): one["n_records"] for one in found} == records
    assert {
        (one["product"], one["year"] and one["year"].year): one["n_tested"] or 0 for one in found
    } == tested


def sound_rows(path: Path) -> list[dict[str, str]]:
    lines = list(dict.fromkeys(path.read_text().splitlines()))
    rows = list(csv.DictReader(lines))
    return [
        row
        for row in rows
        if not row["n_nonconforming"] or int(row["n_nonconforming"]) <= int(row["n_tested"])
    ]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: "-".join(asked.by))
def test_both_engines_give_the_same_table(register: Path, asked: CountsAsked) -> None:
    reason = has_spark()
    if reason:
        pytest.skip(reason)
    plain, other = (counted(register / "register", asked, engine=engine) for engine in ("duckdb", "spark"))
    assert len(plain) > 1
    assert other.schema == plain.schema
    assert other.to_pylist() == plain.to_pylist()


def test_an_engine_that_is_not_here_is_told(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    with pytest.raises(InputFaults, match=r"riskkit\[spark\]"):
        counted(register / "register", ASKED[0], engine="spark")
    with pytest.raises(InputFaults, match="duckdb"):
        counted(register / "register", ASKED[0], engine="a cluster")
