"""Files through their readers and the checks of the core: what is read is accepted or put aside, nothing is lost."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xlsxwriter
from native_files import FIXTURES, NATIVE, READERS, REAL, SHEETS, fixture, reader
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.monitoring.sources.files.opened import file_facts
from riskkit.monitoring.sources.intake import read_records
from riskkit.monitoring.sources.sample_register import sample_register
from riskkit.monitoring.sources.sheets.sheets import choices, headers, sheet_columns
from riskkit.monitoring.sources.sheets.templates import write_template
from riskkit.store.register.query import sql
from riskkit.store.register.summary import summary
from riskkit.workbench.commands.cli import main

NOW = dt.date(2031, 1, 1)
EVERY = [reader(name) for name in READERS]


def taken_in(path: Path, name: str, *, now: dt.date = NOW) -> tuple[pa.Table, pa.Table, int]:
    """Records, lines of the quarantine, rows read; the identity is checked on the way."""
    batches = list(read_records(file_facts(path), reader(name), now=now, others=EVERY))
    for batch in batches:
        assert batch.n_read == batch.records.num_rows + batch.n_quarantined
        assert batch.n_quarantined == len(set(batch.quarantine["row_number"].to_pylist()))
    records = pa.concat_tables([batch.records for batch in batches])
    aside = pa.concat_tables([batch.quarantine for batch in batches])
    return records, aside, sum(batch.n_read for batch in batches)


@pytest.mark.parametrize("name", FIXTURES)
def test_every_row_of_a_fixture_is_accepted(name: str) -> None:
    records, aside, n_read = taken_in(NATIVE / name, FIXTURES[name])
    assert (records.num_rows, aside.num_rows, n_read) == (len(fixture(name)), 0, len(fixture(name)))
    assert set(records["source"].to_pylist()) == {FIXTURES[name]}


@pytest.mark.parametrize("name", ["neiss.tsv", "cpsc_recalls.csv", "safety_gate.csv", "rasff.csv"])
def test_days_are_the_days_that_the_source_means(name: str) -> None:
    days = {
        "neiss.tsv": ["2020-01-03", "2020-02-14", "2020-03-31", "2020-12-31"],
        "cpsc_recalls.csv": ["2030-03-05", "2030-04-30"],
        "safety_gate.csv": ["2030-03-07", "2030-03-08"],
        "rasff.csv": ["2030-02-03", "2030-02-04"],
    }
    records, _, _ = taken_in(NATIVE / name, FIXTURES[name])
    assert [day.isoformat() for day in records["date"].to_pylist()] == days[name]


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("other", READERS)
def test_the_file_of_another_source_is_refused_with_the_name_of_the_right_one(name: str, other: str) -> None:
    if other == FIXTURES[name]:
        return
    with pytest.raises(InputFaults) as error:
        taken_in(NATIVE / name, other)
    assert FIXTURES[name] in str(error.value)


def test_the_yearly_injury_file_is_read_as_text_as_workbook_and_packed(tmp_path: Path) -> None:
    rows = fixture("neiss.tsv")
    packed = tmp_path / "neiss2020.tsv.gz"
    packed.write_bytes(gzip.compress((NATIVE / "neiss.tsv").read_bytes()))
    book = tmp_path / "neiss2020.xlsx"
    with xlsxwriter.Workbook(book) as workbook:
        page, day = workbook.add_worksheet("NEISS_2020"), workbook.add_format({"num_format": "m/d/yyyy"})
        page.write_row(0, 0, rows.columns)
        for number, row in enumerate(rows.itertuples(index=False), start=1):
            for place, cell in enumerate(row):
                if place == 1:
                    page.write_datetime(number, place, dt.datetime.strptime(str(cell), "%m/%d/%Y"), day)
                elif cell is not pd.NA:
                    page.write(
                        number, place, float(cell) if str(cell).replace(".", "", 1).isdigit() else str(cell)
                    )
    plain = taken_in(NATIVE / "neiss.tsv", "neiss")[0].drop_columns(["record_id", "file_sha256", "file_name"])
    for path in (packed, book):
        records = taken_in(path, "neiss")[0].drop_columns(["record_id", "file_sha256", "file_name"])
        assert records.to_pylist() == plain.to_pylist()


# Templates, filled as people fill them: with the dates and numbers of a spreadsheet.


def person_fills(path: Path, sheet: str, lang: str) -> None:
    columns = sheet_columns(sheet)
    if path.suffix == ".csv":
        with path.open("a", encoding="utf-8", newline="") as target:
            csv.writer(target).writerow([str(cell) for cell in cells(columns, lang)])
        return
    with xlsxwriter.Workbook(path) as book:
        page, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, in_language(lang, headers, sheet))
        for place, (column, cell) in enumerate(zip(columns, cells(columns, lang), strict=True)):
            if column["kind"] == "date":
                page.write_datetime(1, place, dt.datetime.fromisoformat(cell), day)
            elif column["kind"] in ("count", "number"):
                page.write_number(1, place, float(cell))
            else:
                page.write_string(1, place, cell)


def cells(columns: Sequence[Any], lang: str) -> list[str]:
    """Something in every column."""
    filled = []
    for column in columns:
        words = list(in_language(lang, choices, column["choices"]).values()) if column["choices"] else []
        example = column[f"example_{lang}"]
        plain = {"date": "2026-03-05", "count": "1", "number": "0.5"}.get(column["kind"], "x1")
        filled.append(words[0] if words and example not in words else example or plain)
    return filled


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("sheet", SHEETS)
def test_a_filled_template_is_a_record(tmp_path: Path, sheet: str, lang: str, form: str) -> None:
    path = in_language(lang, write_template, sheet, tmp_path / f"t.{form}", form=form)[0]
    assert sum(batch.n_read for batch in read_records(file_facts(path), reader(sheet), now=NOW)) == 0
    person_fills(path, sheet, lang)
    records, aside, n_read = taken_in(path, sheet)
    assert (records.num_rows, aside.to_pylist(), n_read) == (1, [], 1)
    record = records.to_pylist()[0]
    assert record["origin"] == "DE"
    assert record["hazard_class"] in ("physical", "health")
    assert record["date"] in {dt.date(2026, 3, day) for day in (1, 5)}
    if "n_tested" in {column["canonical"] for column in sheet_columns(sheet)}:
        assert record["n_tested"] == record["n_nonconforming"] == 1
    if sheet == "border_inspection":
        assert (record["customs_district"], record["hs"], record["n_units"]) == ("2248", "9503002900", 1200)


def test_a_sheet_of_an_old_spreadsheet_program_is_read_too(tmp_path: Path) -> None:
    made = sample_register(600, rng=np.random.default_rng(4)).sheets["complaint"]
    path = tmp_path / "投诉.csv"
    path.write_bytes(made.to_csv(index=False, lineterminator="\r\n").encode("gb18030"))
    records, aside, n_read = taken_in(path, "complaint")
    assert n_read == len(made)
    bad = made.iloc[:, 0].str.startswith("SYN-BAD-").sum()
    assert len(set(aside["row_number"].to_pylist())) == bad
    assert "毛绒玩具" in set(records["product"].to_pylist())


def test_a_wrong_choice_is_put_aside_and_named(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "投诉编号,投诉日期,产品名称,问题描述,危害类别\n1,2026-03-05,灯,漏电,吓人\n", encoding="utf-8"
    )
    _, aside, _ = taken_in(path, "complaint")
    assert [(one["column"], one["value"], one["rule_id"]) for one in aside.to_pylist()] == [
        ("hazard_class", "吓人", "not_in_list")
    ]


# The made register, read back: the known answers.


@pytest.mark.parametrize(("n_rows", "lang"), [(600, "zh"), (5_000, "en")])
def test_the_made_register_gives_its_known_answers(tmp_path: Path, n_rows: int, lang: str) -> None:
    made = sample_register(n_rows, rng=np.random.default_rng(9), lang=lang)
    told = made.rows.set_index("sheet")
    kept = []
    for sheet, rows in made.sheets.items():
        path = tmp_path / f"{sheet}.csv"
        rows.to_csv(path, index=False, encoding="utf-8-sig")
        records, aside, n_read = taken_in(path, sheet, now=dt.date(2026, 11, 1))
        assert n_read == told.at[sheet, "rows"]
        assert len(set(aside["row_number"].to_pylist())) == told.at[sheet, "faulty"]
        ids = pd.Series(records["record_id"].to_pylist())
        assert ids.duplicated().sum() == told.at[sheet, "repeated"]
        kept.append(records.to_pandas()[~ids.duplicated().to_numpy()])
    every = pd.concat(kept)
    sums = every.groupby(every["event"].astype(str))[["n_tested", "n_nonconforming"]].sum()
    for programme in made.programmes.itertuples():
        found = sums.loc[programme.zh]
        assert (found["n_tested"], found["n_nonconforming"]) == (programme.n, programme.n_nonconforming)


# The extracts of real files: every row accepted, or put aside for a reason that is told here.

ASIDE: dict[str, dict[str, int]] = {}


@pytest.mark.parametrize(("name", "path", "n_rows"), REAL, ids=[path for _, path, _ in REAL])
def test_every_row_of_a_real_file_is_accounted_for(name: str, path: str, n_rows: int) -> None:
    records, aside, n_read = taken_in(shared("data", *path.split("/")), name)
    assert n_read == n_rows
    rules = aside.group_by("rule_id").aggregate([("row_number", "count")]).to_pylist()
    assert {one["rule_id"]: one["row_number_count"] for one in rules} == ASIDE.get(path, {})
    assert records.num_rows == n_rows - sum(ASIDE.get(path, {}).values())


def test_the_command_takes_in_every_real_file_and_says_what_became_of_its_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register = tmp_path / "register"
    for name, path, n_rows in REAL:
        file = shared("data", *path.split("/"))
        words = ["ingest", str(file), "--source", name, "--register", str(register), "--json"]
        assert main(words) == 0
        told = json.loads(capsys.readouterr().out)["files"][0]
        assert told["n_read"] == n_rows
        assert told["n_read"] == told["n_accepted"] + told["n_quarantined"] + told["n_duplicates"]
        assert told["n_quarantined"] == sum(ASIDE.get(path, {}).values())
        assert main(words) == 0
        assert not json.loads(capsys.readouterr().out)["files"][0]["changed"]
    found = summary(register)
    assert found.n_read == sum(n_rows for _, _, n_rows in REAL)
    assert sum(found.by_source.values()) + found.n_superseded == found.n_accepted
    assert found.by_source["usda_fsis"] == 919
    n_rows = sql(register, "select count(*) n, count(distinct record_id) d from versions").to_pylist()
    assert n_rows == [{"n": found.n_accepted, "d": found.n_accepted}]
