"""The weekly scan through the distributed engine says what DuckDB says, to the last digit that is shown."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from late_reports import SPIKE, WEEKS, late
from registers import taken
from spark_there import has_spark

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.commands.cli import main
from riskkit.workbench.reports.signals.scan_study import study_signals

ON = (WEEKS[SPIKE + 1] + pd.Timedelta(days=6)).date().isoformat()


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some four thousand late reports, with a name that needs care in SQL, without origin, and without a day."""
    folder = tmp_path_factory.mktemp("scanned")
    rows = late(0, spike=24)
    days = {name: rows[name].dt.strftime("%Y-%m-%d") for name in ("date", "date_event")}
    records = rows.assign(source_class="complaint", date=days["date_event"], date_reported=days["date"],
                          product="toy", severity=2, evidence=[f"e{k}" for k in range(len(rows))])  # fmt: skip
    records = records.drop(columns="date_event").astype({"date": object})
    records.loc[records.index[5::50], "hazard"] = "it's a \\ ${x}"
    records.loc[records.index[7::40], "origin"] = None
    records.loc[records.index[9::200], ["date", "date_reported"]] = None
    records.to_csv(folder / "records.csv", index=False)
    taken(folder / "register", folder / "records.csv")
    return folder / "register"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    reason = has_spark()
    if reason:
        pytest.skip(reason)
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyspark thinks of other packages
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.session.timeZone", "Asia/Shanghai").getOrCreate()
        session.conf.set("spark.sql.shuffle.partitions", "2")
        yield session
        session.stop()


@pytest.mark.parametrize("on", [ON, "2024-03-31"])
def test_both_engines_find_the_same_signals(register: Path, spark: Any, on: str) -> None:
    plain = study_signals(str(register), on=on)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = study_signals(str(register), on=on, engine="spark", session=spark)
    pd.testing.assert_frame_equal(plain.found, other.found)
    for name in ("series", "records", "renamed"):
        pd.testing.assert_frame_equal(getattr(plain, name), getattr(other, name))
    pd.testing.assert_series_equal(plain.delays.completeness, other.delays.completeness)
    assert (plain.n_reports, plain.n_left_out, plain.delays.by) == (
        other.n_reports,
        other.n_left_out,
        "event",
    )
    assert plain.n_left_out > 0 and "it's a \\ ${x}" in set(plain.found["hazard"])


def test_an_engine_that_cannot_be_asked_is_refused(
    register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputFaults, match="duckdb"):
        study_signals(str(register), engine="a cluster")
    with pytest.raises(InputFaults, match="duckdb for a file"):
        study_signals(engine="spark")
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    asked = ["signals", str(register), "--engine", "spark", "--out", str(tmp_path / "out")]
    assert main(asked) == 2
    assert not (tmp_path / "out").exists()
