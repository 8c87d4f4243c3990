"""Priors that records suggest for a step: counted, with the rows behind them, and never taken over silently."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.numbers.uncertainty import Beta, parse_distribution
from riskkit.monitoring.step_priors import COLUMNS, as_step, step_priors
from riskkit.workbench.commands import cli

SHEET = """source_class,date,product,brand,n_tested,n_nonconforming,n_units,n_injured
laboratory,2024-01-05,Electric kettle,Alpha,40,3,,
laboratory,2024-03-05,electric KETTLE,Beta,60,2,,
foreign_notification,2024-02-01,Electric kettle,Alpha,,,20000,5
foreign_notification,2024-02-02,Toaster,Alpha,,,9000,9
complaint,2024-04-01,Electric kettle,Alpha,,,,1
complaint,2024-04-02,Electric kettle,Alpha,,,,
"""


def rows(*given: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(COLUMNS) | {"source": "any", "record_id": "r"} | one for one in given])


def of(table: pd.DataFrame, kind: str) -> dict[str, Any]:
    return dict(table[table["kind"] == kind].iloc[0])


def test_failed_over_tested_is_summed_over_the_records_that_say_both() -> None:
    found = step_priors(
        rows(
            {"n_tested": 40, "n_nonconforming": 3},
            {"n_tested": 60, "n_nonconforming": 2},
            {"n_tested": 10},  # what was found is not known: neither failed nor tested
            {"n_nonconforming": 7},
        )
    )
    one = of(found, "nonconforming")
    assert (one["events"], one["trials"], one["n_records"]) == (5, 100, 2)


def test_injuries_of_a_sample_count_by_their_weights_and_need_units() -> None:
    sampled = rows(
        {"n_injured": 1, "weight": 15.5}, {"n_dead": 1, "weight": 80.25}, {"n_injured": 0, "weight": 9}
    )
    one = of(step_priors(sampled), "injuries")
    assert one["events"] == 96 and math.isnan(one["trials"])
    assert of(step_priors(sampled, units=2e6), "injuries")["trials"] == 2e6


def test_harm_in_notices_is_divided_by_the_units_of_the_same_notices() -> None:
    found = step_priors(
        rows({"n_units": 1000, "n_injured": 2, "n_dead": 1}, {"n_units": 500}, {"n_injured": 9})
    )
    one = of(found, "harm_in_notices")
    assert (one["events"], one["trials"], one["n_records"]) == (3, 1000, 1)


@given(st.integers(-5, 50), st.integers(-5, 50))
def test_what_is_suggested_is_a_lawful_step_or_nothing(events: int, trials: int) -> None:
    written = as_step(events, trials)
    assert (written is None) == (not (0 <= events <= trials and trials >= 1))
    if written is not None:
        assert isinstance(parse_distribution({"events": events, "trials": trials}), Beta)
        assert written == f"p = {{ events = {events}, trials = {trials} }}"


@pytest.mark.parametrize("units", [0, -1, math.nan])
def test_units_are_above_zero(units: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        step_priors(rows({"n_tested": 1, "n_nonconforming": 0}), units=units)


@pytest.fixture
def register(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    sheet = tmp_path / "records.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    folder = tmp_path / "register"
    assert cli.main(["ingest", str(sheet), "--source", "canonical", "--register", str(folder)]) == 0
    capsys.readouterr()
    return folder


def test_the_command_shows_the_suggestion_with_its_records_and_a_caution(
    register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["register", "prior", "kettle", "--register", str(register), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "failed ÷ tested (canonical, 2 records, 2024-01-05–2024-03-05)" in said
    assert "p = { events = 5, trials = 100 }" in said and "p = { events = 5, trials = 20000 }" in said
    assert "2 events: give --units" in said and said.count("records behind it") == 3
    assert "to be judged" in said
    assert cli.main(["register", "prior", "kettle", "--units", "50000", "--register", str(register)]) == 0
    assert "p = { events = 2, trials = 50000 }" in capsys.readouterr().out


def test_all_words_must_match_and_none_is_ever_a_query(
    register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def priors(*words: str) -> list[dict[str, Any]]:
        assert cli.main(["register", "prior", *words, "--register", str(register), "--json"]) == 0
        return list(json.loads(capsys.readouterr().out)["priors"])

    assert [one["trials"] for one in priors("beta", "kettle")] == [60.0]
    assert priors("toaster", "kettle") == []
    assert priors("x' or '1'='1") == priors("%") == priors("{match}") == []


def test_a_register_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["register", "prior", "x", "--register", str(tmp_path / "none"), "--lang", "en"]) == 2
    assert "the folder of a register" in capsys.readouterr().err
