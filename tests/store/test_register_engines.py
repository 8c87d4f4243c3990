"""The same counts from DuckDB and from Spark, over the same Parquet; and from plain Python."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registers import HEAD, canonical_csv, taken
from spark_there import has_spark

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.evidence import arrow_schema
from riskkit.store.register.counts import PERIODS, SUMS, CountsAsked, counted

ODD = (
    "it's", "back\\slash", 'quo"te', "100%", "a\\'b", "𠮷", "é", "$x ${y} ${spark.app.name}", "-- c", "/* c", "\\n", "%s", "{x}", "a;b",
)  # fmt: skip
"""Texts that a question in SQL must not take for anything but texts."""
ASKED = [
    CountsAsked(()),
    CountsAsked((), where={"product": ["nothing of that name"]}),
    CountsAsked(("product",), where={"text": []}),
    *(CountsAsked((name,)) for name in (*arrow_schema().names, *PERIODS) if name not in SUMS),
    *(CountsAsked(("product", "text"), where={"text": [text]}) for text in ODD),
    CountsAsked(("text",), where={"text": ODD, "origin": ["CN"]}),
    CountsAsked(("product",)),
    CountsAsked(("product", "origin", "port", "month")),
    CountsAsked(("year", "hazard_class")),
    CountsAsked(("quarter",), since=dt.date(2021, 1, 1), until=dt.date(2022, 6, 30)),
    CountsAsked(("source", "text"), since=dt.date(2023, 3, 1)),
]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    for seed in (1, 2):
        text = canonical_csv(700, seed=seed)
        rows = text.splitlines()
        rows += [f"complaint,,kettle,8516,,,,no date {seed}", f"complaint,2022-02-02,,,,5,,no product {seed}"]
        (folder / f"{seed}.csv").write_text("\n".join(rows) + "\n")
        taken(folder / "register", folder / f"{seed}.csv")
    with (folder / "odd.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [HEAD.split(","), *(["complaint", "", "odd", "", "", "", "", text] for text in ODD)]
        )
    taken(folder / "register", folder / "odd.csv")
    return folder


def test_counts_are_those_of_the_rows(register: Path) -> None:
    found = counted(register / "register", CountsAsked(("product", "year"))).to_pylist()
    every = [row for seed in (1, 2) for row in sound_rows(register / f"{seed}.csv")]
    found = [one for one in found if one["product"] != "odd"]
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


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    reason = has_spark()
    if reason:
        pytest.skip(reason)
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyspark thinks of other packages
        session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        session.conf.set("spark.sql.shuffle.partitions", "2")
        session.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
        yield session
        session.stop()


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: "-".join(asked.by))
def test_both_engines_give_the_same_table(register: Path, asked: CountsAsked, spark: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = counted(register / "register", asked, engine="spark", session=spark)
    plain = counted(register / "register", asked)
    assert other.schema == plain.schema
    assert other.to_pylist() == plain.to_pylist()
    assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Shanghai"
    assert not spark.catalog.tableExists("records")


@pytest.mark.parametrize("text", ODD)
def test_a_text_is_asked_for_as_it_is(register: Path, text: str) -> None:
    found = counted(register / "register", CountsAsked(("text",), where={"text": [text]})).to_pylist()
    assert [(one["text"], one["n_records"]) for one in found] == [(text, 1)]


def test_all_records_together_are_one_row(register: Path) -> None:
    found = counted(register / "register", CountsAsked(())).to_pylist()
    every = [row for seed in (1, 2) for row in sound_rows(register / f"{seed}.csv")]
    assert found[0]["n_records"] == len(every) + len(ODD)
    assert found[0]["n_tested"] == sum(int(row["n_tested"] or 0) for row in every)
    assert len(found) == 1


@pytest.mark.parametrize("by", [("n_tested",), ("year", "n_dead"), ("product", "product"), ("no such",)])
def test_what_cannot_be_counted_by_is_told(by: tuple[str, ...]) -> None:
    with pytest.raises(InputFaults) as error:
        CountsAsked(by)
    assert [fault.value for fault in error.value.faults] == [f"'{by[-1]}'"]


def test_an_engine_that_is_not_here_is_told(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    with pytest.raises(InputFaults, match=r"riskkit\[spark\]"):
        counted(register / "register", ASKED[0], engine="spark")
    with pytest.raises(InputFaults, match="duckdb"):
        counted(register / "register", ASKED[0], engine="a cluster")
