"""Data packages: valid for a program of other people, whole on the way there and back, refused when hostile."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frictionless
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.evidence import record_columns
from riskkit.foundation.records.sheet_cells import guarded, unguarded
from riskkit.foundation.standards import standards
from riskkit.monitoring.exchange.comparison import COMPARED, compare
from riskkit.monitoring.exchange.package import put_package
from riskkit.monitoring.exchange.reading import SOURCE, read_package
from riskkit.monitoring.exchange.rules import shared_counts, shared_records
from riskkit.monitoring.rates.disclosure import possible_counts
from riskkit.monitoring.sources.canonical import SOURCE as CANONICAL
from riskkit.store.register.quarantine_sheet import safe_cell
from riskkit.store.register.query import sql
from riskkit.workbench.commands.cli import main
from riskkit.workbench.runs.folders.made_register import READ_ON, made_register, take_in

DROPPED = ("consignor", "psu", "text")
OF_READING = ("source", "file_name", "file_sha256", "row_number", "reader_version")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out") / "records.zip"
    assert main(["register", "export", "--register", str(made_register()), "--out", str(path), "--json"]) == 0
    return path


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out") / "counts.zip"
    asked = ["--level", "counts", "--by", "product_group", "--by", "origin", "--out", str(path)]
    assert main(["register", "export", "--register", str(made_register()), *asked]) == 0
    return path


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def rows_of(register: Path, what: str = "*") -> pd.DataFrame:
    return pd.DataFrame(sql(register, f"SELECT {what} FROM records ORDER BY record_id").to_pandas())


def taken(capsys: pytest.CaptureFixture[str], path: Path, register: Path, *more: str) -> dict[str, Any]:
    assert main(["register", "import", str(path), "--register", str(register), "--json", *more]) == 0
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


@pytest.mark.parametrize("which", ["package", "counts"])
def test_frictionless_finds_the_package_valid(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for name, content in files_of(request.getfixturevalue(which)).items():
        (tmp_path / name).write_bytes(content)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    assert next(task.stats.get("rows") for task in report.tasks if task.type == "table") > 50
    (tmp_path / f"{'records' if which == 'package' else 'counts'}.csv").write_bytes(b"a\n1\n")
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid, "a check that cannot fail"


def test_a_package_says_what_it_is_in_both_languages(package: Path) -> None:
    files = files_of(package)
    told = json.loads(files["datapackage.json"])
    assert told["titles"]["zh"] in told["title"] and told["titles"]["en"] in told["title"]
    assert told["licenses"][0]["name"] == "other-closed" and len(told["sources"]) == 6
    for one in told["resources"]:
        content = files[one["path"]]
        assert one["bytes"] == len(content)
        assert one["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    schema = next(one["schema"] for one in told["resources"] if one["name"] == "records")
    root = ROOT
    assert schema == json.loads((root / "data" / "dictionary" / "record.schema.json").read_text("utf-8"))


def test_records_come_back_as_they_were_but_for_what_is_held_back(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    told = taken(capsys, package, tmp_path / "r")
    assert (told["n_read"], told["n_new"], told["n_quarantined"], told["changed"]) == (888, 888, 0, True)
    assert told["columns"] == {"unmapped": [], "missing": [], "type": [], "undeclared": []}
    one, other = rows_of(made_register()), rows_of(tmp_path / "r")
    same = [
        column.name for column in record_columns() if column.name not in (*DROPPED, *OF_READING, "age_years")
    ]
    pd.testing.assert_frame_equal(one[same], other[same])
    assert other[list(DROPPED)].isna().all(axis=None)
    ages = one["age_years"].dropna()
    np.testing.assert_array_equal(other["age_years"].dropna(), ages // 5 * 5)
    assert set(other["source"]) == {"exchange"} and set(other["file_name"]) == {"records.zip"}
    again = taken(capsys, package, tmp_path / "r")
    assert not again["changed"] and again["n_here"] == 888
    pd.testing.assert_frame_equal(rows_of(tmp_path / "r"), other)


def test_what_went_out_and_comes_back_is_known_by_its_content(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    told = taken(capsys, package, made_register(), "--check")
    assert (told["n_here"], told["n_new"], told["checked_only"], told["changed"]) == (888, 0, True, False)
    assert len(rows_of(made_register())) == 888
    taken(capsys, package, tmp_path / "there")
    back = tmp_path / "back.zip"
    assert main(["register", "export", "--register", str(tmp_path / "there"), "--out", str(back)]) == 0
    capsys.readouterr()
    assert taken(capsys, back, made_register(), "--check")["n_here"] == 888


def test_every_column_of_the_record_has_a_rule_and_an_unknown_one_is_not_handed_on() -> None:
    table = standards.table("exchange_columns")
    assert table["column"].tolist() == [column.name for column in record_columns()]
    with pytest.raises(InputFaults, match="secret"):
        shared_records(pd.DataFrame({"secret": [1]}))
    held = shared_records(pd.DataFrame({"text": ["a", None], "age_years": [7.0, 10.0]})).held_back
    assert held["n_values"].tolist() == [1, 1]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_of_a_package_is_a_formula(tmp_path: Path, form: str) -> None:
    texts = ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "\t=1", "'=x", "plain"]
    head, lines = "source_class,date,product,brand", [f'complaint,2024-01-31,lamp,"{text}"' for text in texts]
    (tmp_path / "a.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    take_in(tmp_path / "r", tmp_path / "a.csv", CANONICAL, now=READ_ON)
    out = tmp_path / "p.zip"
    assert main(["register", "export", "--register", str(tmp_path / "r"), "--out", str(out)]) == 0
    content = files_of(out)[f"records.{form}"]
    if form == "csv":
        cells = pd.read_csv(io.BytesIO(content), dtype=str)["brand"].tolist()
        assert all(safe_cell(cell) == cell for cell in cells)
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml")
        assert (
            b"<f>" not in sheet
            and b"<f " not in sheet
            and b'<c r="A2" t="s"' in sheet.replace(b' s="1"', b"")
        )
    assert main(["register", "import", str(out), "--register", str(tmp_path / "back")]) == 0
    assert sorted(rows_of(tmp_path / "back")["brand"]) == sorted(rows_of(tmp_path / "r")["brand"])


@given(st.text(alphabet="'=+-@|% \t1.5aé中", max_size=8))
def test_a_guarded_cell_is_no_formula_and_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text).lstrip()[:1] not in {"=", "@", "|", "%"}


def test_a_hidden_cell_cannot_be_worked_out_from_the_totals(counts: Path) -> None:
    files = files_of(counts)
    table = pd.read_csv(
        io.BytesIO(files["counts.csv"]), dtype={"shown": str, "origin": str}, keep_default_na=False
    )
    for name in ("n_tested", "n_nonconforming"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    hidden = table[table["shown"] != "shown"]
    assert (hidden["shown"] == "too_few").any() and (hidden["shown"] == "complement").any()
    assert hidden[["n_tested", "n_nonconforming"]].isna().all(axis=None)
    assert {"records.csv", "records.xlsx"}.isdisjoint(files), "records would give the hidden cells back"
    by = ["product_group", "origin"]
    for name in ("n_tested", "n_nonconforming"):
        bounds = possible_counts(table, by=by, column=name)
        few = bounds.merge(table.loc[table["shown"] == "too_few", by], on=by)
        assert len(few) and ((few["most"] - few["least"]) >= 1).all()
    log = pd.read_csv(io.BytesIO(files["held_back.csv"])).set_index("rule")["n_values"]
    assert log["too_few"] == (table["shown"] == "too_few").sum()
    assert log["complement"] == (table["shown"] == "complement").sum()


def test_counts_may_not_be_grouped_by_firms_or_people() -> None:
    rows = pd.DataFrame(
        {"source_class": "monitoring", "maker": ["a"], "n_tested": [1], "n_nonconforming": [1]}
    )
    for by in (["maker"], [], ["port"] * 2, ["port", "origin", "year", "hs"]):
        with pytest.raises(InputFaults):
            shared_counts(rows, by=by)


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def described(change: Callable[[dict[str, Any]], Any]) -> Change:
    def changed(files: dict[str, bytes]) -> dict[str, bytes]:
        told = json.loads(files["datapackage.json"])
        change(told)
        return files | {"datapackage.json": json.dumps(told).encode()}

    return changed


def with_records(text: bytes) -> Change:
    def changed(files: dict[str, bytes]) -> dict[str, bytes]:
        told = json.loads(files["datapackage.json"])
        one = next(one for one in told["resources"] if one["name"] == "records")
        one |= {"bytes": len(text), "hash": f"sha256:{hashlib.sha256(text).hexdigest()}"}
        return files | {"records.csv": text, "datapackage.json": json.dumps(told).encode()}

    return changed


HEAD = b"record_id,source_class,date,product\n"
HOSTILE: dict[str, Change] = {
    "a plain file name": lambda files: files | {"../evil.csv": b"x"},
    "a file that the description names": lambda files: files | {"extra.csv": b"x"},
    "the bytes that the description says": lambda files: (
        files | {"held_back.csv": b"x" * len(files["held_back.csv"])}
    ),
    "the size of the file": lambda files: files | {"records.csv": files["records.csv"] + b"x"},
    "a file datapackage.json": lambda files: {k: v for k, v in files.items() if k != "datapackage.json"},
    "a description in JSON": lambda files: files | {"datapackage.json": b"[" * 100_000},
    "at most 20 files": lambda files: files | {f"a{i}.csv": b"" for i in range(30)},
    "no address": described(lambda told: told["resources"][0].update(path="https://example.org/records.csv")),
    "sha256: and": described(lambda told: told["resources"][0].update(hash="md5:x")),
    "one table of records": described(lambda told: told["resources"][0].update(name="other")),
    "32 hexadecimal digits": with_records(HEAD + b"zz,complaint,2024-01-31,lamp\n"),
    "an id that stands once": with_records(HEAD + (b"0" * 32 + b",complaint,2024-01-31,lamp\n") * 2),
    "a column that is there": with_records(b"record_id,date\n" + b"0" * 32 + b",2024-01-31\n"),
    "a table in CSV": with_records(HEAD + b"\xff\xfe,1,2,3\n"),
}


@pytest.mark.parametrize("rule", HOSTILE)
def test_a_hostile_package_is_refused_and_nothing_is_changed(
    package: Path, tmp_path: Path, rule: str
) -> None:
    path = tmp_path / "hostile.zip"
    put_package(path, HOSTILE[rule](files_of(package)))
    (tmp_path / "inside").mkdir()
    with pytest.raises(InputFaults) as error:
        read_package(path, into=tmp_path / "inside")
    assert any(rule in fault.rule for fault in error.value.faults), error.value
    assert main(["register", "import", str(path), "--register", str(tmp_path / "r")]) == 2
    assert not (tmp_path / "r").exists() and not (tmp_path / "evil.csv").exists()


def test_links_bombs_and_files_that_stand_twice_are_refused(package: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    for name, add in {
        "link.zip": lambda z: z.writestr(link, "/etc/passwd"),
        "folder.zip": lambda z: z.writestr("a/b.csv", "x"),
    }.items():
        (tmp_path / name).write_bytes(package.read_bytes())
        with zipfile.ZipFile(tmp_path / name, "a") as archive:
            add(archive)
        with pytest.raises(InputFaults):
            read_package(tmp_path / name, into=tmp_path / "in")
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("datapackage.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("datapackage.json", "{}")
    with pytest.raises(InputFaults, match="stands once"):
        read_package(tmp_path / "twice.zip", into=tmp_path / "in")
    bomb = b"0" * (300 << 20)
    put_package(tmp_path / "bomb.zip", with_records(bomb)(files_of(package)))
    with pytest.raises(InputFaults, match="unpack"):
        read_package(tmp_path / "bomb.zip", into=tmp_path / "in")
    (tmp_path / "no.zip").write_bytes(b"no zip at all")
    with pytest.raises(InputFaults, match="whole"):
        read_package(tmp_path / "no.zip", into=tmp_path / "in")


def test_rows_that_break_rules_and_columns_that_differ_are_told(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"{n:032x},complaint,{day},lamp,red\n" for n, day in enumerate(("2024-01-31", "2024-02-30"))]
    text = b"record_id,source_class,date,product,colour\n" + "".join(lines).encode()
    put_package(tmp_path / "a.zip", with_records(text)(files_of(package)))
    capsys.readouterr()
    told = taken(capsys, tmp_path / "a.zip", tmp_path / "r")
    assert (told["n_read"], told["n_new"], told["n_quarantined"]) == (2, 1, 1)
    assert told["rules"] == {"date_unreadable": 1}
    assert told["columns"]["unmapped"] == ["colour"] and "brand" in told["columns"]["missing"]
    assert told["filled"]["product"] == 1 and told["n_mapped"] == 4


def test_conflicts_and_common_information_are_told(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = rows_of(made_register()).query("n_tested > 10").iloc[0]
    head = "record_id,source_class,date,product,product_group,brand,evidence,n_tested\n"
    line = f"{'a' * 32},{one.source_class},{one.date},{one['product']},{one.product_group},{one.brand},{one.evidence},7\n"
    put_package(tmp_path / "a.zip", with_records((head + line).encode())(files_of(package)))
    capsys.readouterr()
    told = taken(capsys, tmp_path / "a.zip", made_register(), "--check")
    wanted = {"evidence": one.evidence, "column": "n_tested", "here": str(int(one.n_tested)), "there": "7"}
    assert told["conflicts"] == [wanted]
    assert [group["n_there"] for group in told["same_information"]] == [1]


def test_what_is_not_known_contradicts_nothing_and_many_records_of_one_reference_are_not_compared() -> None:
    names = [*COMPARED, "evidence", "product_group", "consignor"]
    empty = pd.DataFrame([dict.fromkeys(names)], dtype=object)
    here, there = empty.assign(evidence="A", hs="95"), empty.assign(evidence="A", brand="x")
    assert compare(here, there).conflicts.empty
    doubled = pd.concat([here, here.assign(hs="96")])
    found = compare(doubled, there.assign(hs="97"))
    assert found.conflicts.empty and found.n_ambiguous == 1


def test_equal_content_is_an_equal_package(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put_package(tmp_path / f"{name}.zip", {"x.csv": b"1", "y.csv": b"2"})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert SOURCE.name == "exchange" and dt.date.today() > READ_ON


@pytest.mark.parametrize(
    "more",
    [
        ["--where", "secret=1"],
        ["--where", "port"],
        ["--where", "port=nowhere"],
        ["--since", "soon"],
        ["--out", "x.csv"],
        ["--level", "counts", "--by", "maker"],
        ["--register", "no such folder"],
    ],
)
def test_an_export_that_cannot_be_is_refused(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["register", "export", "--register", str(made_register()), *more]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_selection_is_what_was_selected(tmp_path: Path) -> None:
    out = tmp_path / "s.zip"
    asked = [
        "-w",
        "source_class=complaint",
        "-w",
        "origin=CN",
        "--since",
        "2022-01-01",
        "--until",
        "2024-12-31",
    ]
    assert main(["register", "export", "--register", str(made_register()), "--out", str(out), *asked]) == 0
    found = pd.read_csv(io.BytesIO(files_of(out)["records.csv"]), dtype=str)
    rows = rows_of(made_register())
    wanted = rows[(rows["source_class"] == "complaint") & (rows["origin"] == "CN")]
    wanted = wanted[wanted["date"].between(dt.date(2022, 1, 1), dt.date(2024, 12, 31))]
    assert found["record_id"].tolist() == wanted["record_id"].tolist() and len(found)


_KILLED_PACKAGE = """
import os, pathlib, signal, sys, zipfile
from riskkit.monitoring.exchange.package import put_package
written = zipfile.ZipFile.writestr
def some(self, entry, content):
    if entry.filename == "b.csv":
        os.kill(os.getpid(), signal.SIGKILL)
    written(self, entry, content)
zipfile.ZipFile.writestr = some
put_package(pathlib.Path(sys.argv[1]), {"a.csv": b"1", "b.csv": b"2"})
"""


def test_what_a_killed_export_of_a_register_left_is_swept_by_the_next_and_nothing_else(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.zip"
    killed = subprocess.run([sys.executable, "-c", _KILLED_PACKAGE, str(out)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith("out.zip.part-")
    foreign = {"out.zip.part-1", "my.part", "out.zip.new"}
    for name in foreign:
        (tmp_path / name).write_text("somebody else's")
    put_package(out, {"a.csv": b"1"})
    assert {one.name for one in tmp_path.iterdir()} == {"out.zip", *foreign}
    assert files_of(out) == {"a.csv": b"1"}
