"""Notices: versions and translations with one number are one in every count, whatever the order of reading."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native_files import reader
from registers import content, taken
from shared import shared

from riskkit.store.register_compaction import compact
from riskkit.store.register_counts import CountsAsked, counted
from riskkit.store.register_manifest import Ingest, read_manifest, write_manifest
from riskkit.store.register_query import sql
from riskkit.store.register_summary import summary
from riskkit.workbench.cli import main

FSIS = "title,notice_id_number,notification_date,recall_reason,recall_classification,recall_type,company_name"
TWINS = (
    "Made-up Firm Recalls Soup Due To Possible Listeria Contamination,001-2030,2030-01-10,Product Contamination,"
    "Class I,Closed,Made-up Firm",
    "Made-up Firm Retira Del Mercado Productos De Sopa Debido A Listeria,001-2030,2030-01-10,Product Contamination,"
    "Class I,Closed,",
    "Other Firm Recalls Stew,002-2030,2030-02-10,Misbranding,Class II,Closed,Other Firm",
)
RASFF = (
    "reference,date,notifying_country,origin,hazards,product",
    "reference,date,notifying_country,origin,hazards,subject",
)


def put(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read_in(register: Path, path: Path, source: str) -> Ingest:
    entry, _ = taken(register, path, source=reader(source))
    assert entry.n_read == entry.n_accepted + entry.n_quarantined + entry.n_duplicates
    assert entry.n_new + entry.n_newer + entry.n_translations + entry.n_restated == entry.n_accepted
    found = summary(register)
    assert (
        sum(found.by_source.values()) == found.n_accepted - found.n_superseded == content(register)["records"]
    )
    return entry


def total(register: Path) -> int:
    return int(counted(register, CountsAsked(()))["n_records"][0].as_py())


def week(folder: Path, name: str, *, status: str, ended: str | None, units: str = "1") -> Path:
    row = {
        "recall_number": "F-9001-2030", "report_date": "20300128", "recall_initiation_date": "20300110",
        "product_description": "Sesame paste", "reason_for_recall": "Salmonella", "recalling_firm": "Firm",
        "status": status, "product_quantity": units,
    }  # fmt: skip
    path = folder / name
    path.write_text(json.dumps({"results": [row | ({"termination_date": ended} if ended else {})]}))
    return path


def test_a_translation_counts_with_its_original_in_every_answer(tmp_path: Path) -> None:
    register = tmp_path / "register"
    entry = read_in(register, put(tmp_path, "a.csv", FSIS, *TWINS), "usda_fsis")
    assert (entry.n_accepted, entry.n_new, entry.n_translations) == (3, 2, 1)
    assert total(register) == 2
    assert sql(register, "select count(*) n from records")["n"].to_pylist() == [2]
    assert summary(register).by_source == {"usda_fsis": 2} and summary(register).by_year == {2030: 2}
    asked = "select language, is_current from versions where notice = '001-2030' order by language"
    assert sql(register, asked).to_pylist() == [
        {"language": "en", "is_current": True}, {"language": "es", "is_current": False},
    ]  # fmt: skip


def test_a_newer_version_replaces_the_older_and_the_history_stays(tmp_path: Path) -> None:
    register = tmp_path / "register"
    first = read_in(register, week(tmp_path, "1.json", status="Ongoing", ended=None), "fda_recalls")
    second = read_in(register, week(tmp_path, "2.json", status="Terminated", ended="20300301"), "fda_recalls")
    assert (first.n_new, second.n_new, second.n_newer) == (1, 0, 1)
    assert total(register) == 1
    found = sql(register, "select notice_updated from records")["notice_updated"].to_pylist()
    assert found == [dt.date(2030, 3, 1)]
    assert sql(register, "select count(*) n from versions")["n"].to_pylist() == [2]
    before = content(register)
    assert not taken(register, tmp_path / "2.json", source=reader("fda_recalls"))[1]
    compact(register)
    assert content(register) == before and total(register) == 1


def test_an_older_version_read_later_does_not_come_back(tmp_path: Path) -> None:
    register = tmp_path / "register"
    read_in(register, week(tmp_path, "2.json", status="Terminated", ended="20300301"), "fda_recalls")
    old = read_in(register, week(tmp_path, "1.json", status="Ongoing", ended=None), "fda_recalls")
    assert (old.n_new, old.n_newer, old.n_restated) == (0, 0, 1)
    found = sql(register, "select notice_updated from records")["notice_updated"].to_pylist()
    assert found == [dt.date(2030, 3, 1)]


def test_two_exports_that_share_a_number_count_it_once(tmp_path: Path) -> None:
    register = tmp_path / "register"
    one = put(tmp_path, "a.csv", RASFF[0], "2030.0001,02-01-2030,France,India,aflatoxins,figs",
              "2030.0002,02-01-2030,France,India,aflatoxins,nuts")  # fmt: skip
    two = put(
        tmp_path,
        "b.csv",
        RASFF[1],
        "2030.0001,02-01-2030 10:00:00,France,India,aflatoxin total,Figs from India",
    )
    read_in(register, one, "rasff")
    assert read_in(register, two, "rasff").n_restated == 1
    assert total(register) == 2
    assert counted(register, CountsAsked(("origin",)))["n_records"].to_pylist() == [2]


def test_the_answer_of_the_intake_says_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--source", "usda_fsis", "--register", str(tmp_path / "register"), "--lang", "en"]
    path = put(tmp_path, "a.csv", FSIS, *(line.replace("2030", "2020") for line in TWINS))
    assert main(["ingest", str(path), *words]) == 0
    assert "2 new, 0 newer versions of known notices, 1 translations" in capsys.readouterr().out


VERSIONS = st.tuples(
    st.sampled_from(["001-2030", "002-2030"]),
    st.sampled_from(["2030-01-10", "2030-01-20", ""]),
    st.sampled_from(["Soup recalled", "Retira sopa debido a listeria", "Soup recalled again"]),
    st.sampled_from(["Firm", ""]),
)


@given(st.lists(st.lists(VERSIONS, min_size=1, max_size=3), min_size=2, max_size=3))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_reading_does_not_change_what_counts(files: list[list[tuple[str, ...]]]) -> None:
    answers = set()
    with tempfile.TemporaryDirectory() as there:
        paths = [
            put(Path(there), f"{number}.csv", FSIS,
                *(f"{title},{number_},{day},Misbranding,Class I,Open,{firm}" for number_, day, title, firm in rows))
            for number, rows in enumerate(files)
        ]  # fmt: skip
        for turn, order in enumerate(itertools.permutations(paths)):
            register = Path(there) / f"register{turn}"
            for path in order:
                read_in(register, path, "usda_fsis")
            again = content(register)
            for path in order:
                assert not taken(register, path, source=reader("usda_fsis"))[1]
            assert content(register) == again
            asked = "select record_id, notice from records order by 1"
            answers.add(json.dumps(sql(register, asked).to_pylist()))
            assert total(register) == len({number for rows in files for number, *_ in rows})
    assert len(answers) == 1


def test_a_year_without_a_day_counts_in_its_year_and_in_no_month(tmp_path: Path) -> None:
    register = tmp_path / "register"
    head = "Alert number,Country of origin,Risk type,Brand,Product,Alert date"
    path = put(
        tmp_path,
        "a.csv",
        head,
        "SR/00001/28,China,Chemical,X,Ring,",
        "SR/00002/29,China,Chemical,X,Ring,07/03/2029",
    )
    read_in(register, path, "safety_gate")
    found = sql(register, "select date, date_year, flags from records order by notice").to_pylist()
    assert found == [
        {"date": None, "date_year": 2028, "flags": "year_only"},
        {"date": dt.date(2029, 3, 7), "date_year": None, "flags": None},
    ]
    assert summary(register).by_year == {2028: 1, 2029: 1}

    def periods(by: str, **more: Any) -> list[str]:
        return [str(one) for one in counted(register, CountsAsked((by,), **more))[by].to_pylist()]

    assert periods("year") == ["2028-01-01", "2029-01-01"]
    assert periods("month") == ["2029-03-01", "None"]
    assert periods("year", since=dt.date(2028, 1, 1), until=dt.date(2028, 12, 31)) == ["2028-01-01"]
    assert periods("year", since=dt.date(2028, 2, 1), until=dt.date(2028, 12, 31)) == []


def test_a_register_of_an_earlier_version_is_read_and_added_to(tmp_path: Path) -> None:
    register = tmp_path / "register"
    read_in(register, put(tmp_path, "a.csv", FSIS, TWINS[2]), "usda_fsis")
    before = read_manifest(register)
    parts = []
    for part in before.parts:
        if part.kind == "records":
            rows = pa_parquet.read_table(register / part.path)
            old = rows.drop_columns(["notice", "notice_updated", "language", "date_year", "flags"])
            pa_parquet.write_table(old, register / part.path)
        parts.append(dataclasses.replace(part, n_bytes=(register / part.path).stat().st_size))
    write_manifest(register, dataclasses.replace(before, parts=tuple(parts)))
    assert sql(register, "select product, notice from records")["notice"].to_pylist() == [None]
    read_in(register, put(tmp_path, "b.csv", FSIS, *TWINS[:2]), "usda_fsis")
    assert total(register) == 2
    compact(register)
    assert total(register) == 2


def test_notices_of_real_files_count_once(tmp_path: Path) -> None:
    register = tmp_path / "register"
    rows = read_in(
        register, shared("data", "us_food_drug_recalls", "usda_fsis_recalls_2014_2021.csv.gz"), "usda_fsis"
    )
    assert (rows.n_read, rows.n_new) == (1608, 919)
    assert rows.n_translations > 650
    for name in ("notifications_2020_2024h1", "notifications_risk_2024h1"):
        read_in(register, shared("data", "rasff", f"{name}.csv.gz"), "rasff")
    found = sql(
        register, "select count(*) n, count(distinct notice) m from records where source = 'rasff'"
    ).to_pylist()
    assert found[0]["n"] == found[0]["m"] < 20_217 + 2750
    assert summary(register).by_source == {"rasff": found[0]["n"], "usda_fsis": 919}
