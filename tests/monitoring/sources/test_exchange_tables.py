"""Data packages of other tools: read as their description says, or refused with what is missing."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package as Frictionless
from frictionless import system
from hypothesis import given
from hypothesis import strategies as st
from registers import content
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.exchange.reading import read_package
from riskkit.store.register.query import sql
from riskkit.workbench.commands.cli import main

NAMES = ("source_class", "date", "product", "measured_value", "origin")
TYPES = ("string", "date", "string", "number", "string")
ROWS = (
    ("laboratory", "2020-03-05", "Ring", "0.125", "DE"),
    ("laboratory", "2020-03-06", "Kette, lang", "1200.5", "CN"),
)


def schema(**more: dict[str, Any]) -> dict[str, Any]:
    return {"fields": [{"name": n, "type": t} | more.get(n, {}) for n, t in zip(NAMES, TYPES, strict=True)]}


def text(rows: tuple[tuple[str, ...], ...] = ROWS, *, header: bool = True, between: str = ",") -> str:
    lines = [NAMES, *rows] if header else list(rows)
    quoted = [[f'"{cell}"' if between in cell else cell for cell in row] for row in lines]
    return "".join(between.join(row) + "\r\n" for row in quoted)


def package(path: Path, resource: dict[str, Any], *, root: str = "", **files: bytes | str) -> Path:
    told = {
        "name": "x",
        "resources": [{"name": "records", "path": "records.csv", "schema": schema()} | resource],
    }
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(f"{root}datapackage.json", json.dumps(told))
        for name, body in files.items():
            out.writestr(f"{root}{name.replace('_csv', '.csv').replace('_json', '.json')}", body)
    return path


def rows_of(path: Path, into: Path) -> list[tuple[str, ...]]:
    into.mkdir(exist_ok=True)
    found = read_package(path, into=into)
    with found.records.open(encoding="utf-8", newline="") as sheet:
        rows = [tuple(row) for row in csv.reader(sheet)]
    assert rows[0] == NAMES == found.headers
    assert found.ids == []
    return rows[1:]


DECIMAL = {"date": {"format": "%d.%m.%Y"}, "measured_value": {"decimalChar": ",", "groupChar": "."}}
GERMAN = (
    ("laboratory", "05.03.2020", "Ring", "0,125", "DE"),
    ("laboratory", "06.03.2020", "Kette, lang", "1.200,5", "CN"),
)
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {"records_csv": text()}),
    "byte order mark": ({}, {"records_csv": b"\xef\xbb\xbf" + text().encode()}),
    "gb18030": ({"encoding": "gb18030"}, {"records_csv": text().encode("gb18030")}),
    "utf-16": ({"encoding": "utf-16"}, {"records_csv": text().encode("utf-16")}),
    "semicolon": ({"dialect": {"delimiter": ";"}}, {"records_csv": text(between=";")}),
    "dialect in a file": ({"dialect": "dialect.json"}, {"records_csv": text(between="|"), "dialect_json": '{"delimiter": "|"}'}),
    "no header": ({"dialect": {"header": False}}, {"records_csv": text(header=False)}),
    "comments": ({"dialect": {"commentChar": "#"}}, {"records_csv": "# made up\r\n" + text()}),
    "decimal comma": ({"dialect": {"delimiter": ";"}, "schema": schema(**DECIMAL)}, {"records_csv": text(GERMAN, between=";")}),
    "schema in a file": ({"schema": "schema.json"}, {"records_csv": text(), "schema_json": json.dumps(schema())}),
    "several files": ({"path": ["a.csv", "b.csv"]}, {"a_csv": text(ROWS[:1]), "b_csv": text(ROWS[1:])}),
    "several files without header": (
        {"path": ["a.csv", "b.csv"], "dialect": {"header": False}},
        {"a_csv": text(ROWS[:1], header=False), "b_csv": text(ROWS[1:], header=False)},
    ),
    "a folder": ({}, {"root": "agency-2020/", "records_csv": text()}),
    "objects in the description": ({"path": None, "data": [dict(zip(NAMES, row, strict=True)) for row in ROWS]}, {}),
    "lists in the description": ({"path": None, "data": [list(NAMES), *map(list, ROWS)]}, {}),
    "another name": ({"name": "samples"}, {"records_csv": text()}),
    "md5": ({"hash": hashlib.md5(text().encode(), usedforsecurity=False).hexdigest()}, {"records_csv": text()}),
}  # fmt: skip


def built(folder: Path, kind: str) -> Path:
    resource, files = KINDS[kind]
    resource = {name: value for name, value in resource.items() if value is not None}
    made = package(folder / "p.zip", resource, **files)
    if "data" in resource:
        with zipfile.ZipFile(made) as old:
            told = json.loads(old.read("datapackage.json"))
        del told["resources"][0]["path"]
        with zipfile.ZipFile(made, "w") as out:
            out.writestr("datapackage.json", json.dumps(told))
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_read_as_its_description_says(tmp_path: Path, kind: str) -> None:
    assert rows_of(built(tmp_path, kind), tmp_path / "in") == list(ROWS)


SAME = (
    "plain",
    "gb18030",
    "semicolon",
    "no header",
    "decimal comma",
    "several files",
    "objects in the description",
)


@pytest.mark.parametrize("kind", SAME)
def test_the_rows_are_those_that_another_program_reads(tmp_path: Path, kind: str) -> None:
    made = built(tmp_path, kind)
    with zipfile.ZipFile(made) as packed:
        packed.extractall(tmp_path / "out")
    with system.use_context(trusted=True):
        rows = Frictionless(str(tmp_path / "out" / "datapackage.json")).resources[0].read_rows()
    theirs = [
        (r["source_class"], str(r["date"]), r["product"], float(r["measured_value"]), r["origin"])
        for r in rows
    ]
    assert theirs == [(a, b, c, float(d), e) for a, b, c, d, e in rows_of(made, tmp_path / "in")]


def test_words_for_nothing_and_numbers_written_otherwise(tmp_path: Path) -> None:
    rows = (("laboratory", "2020-03-05", "-", "NA", "NA"), ("laboratory", "2020-03-06", "x", "1.200", "-"))
    told = schema(measured_value={"decimalChar": ","}) | {"missingValues": ["", "-", {"value": "NA"}]}
    made = package(tmp_path / "p.zip", {"schema": told}, records_csv=text(rows))
    found = rows_of(made, tmp_path / "in")
    assert found[0] == ("laboratory", "2020-03-05", "", "", "")
    assert found[1][3] != "1.2" and "1.200" in found[1][3]


def test_a_package_of_another_tool_comes_into_a_register_once(tmp_path: Path) -> None:
    made = package(tmp_path / "p.zip", {}, records_csv=text(), notes_csv="a,b\r\n")
    words = ["--register", str(tmp_path / "r"), "--json"]
    assert main(["register", "import", str(made), *words]) == 0
    found = sql(
        tmp_path / "r", "select product, measured_value, origin, file_name from records order by 1"
    ).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        ("Kette, lang", 1200.5, "CN", "p.zip"),
        ("Ring", 0.125, "DE", "p.zip"),
    ]
    before = content(tmp_path / "r")
    made = package(tmp_path / "q.zip", {"description": "again"}, records_csv=text())
    assert main(["register", "import", str(made), *words]) == 0
    assert content(tmp_path / "r")["digest"] == before["digest"]


REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "an address": ("no address", {"path": "https://example.org/records.csv"}, {}),
    "an address of a schema": ("no address", {"schema": "https://example.org/s.json"}, {"records_csv": text()}),
    "a file that is not there": ("no address", {"path": "other.csv"}, {"records_csv": text()}),
    "a path that leads out": ("no address", {"path": "../../etc/passwd"}, {"records_csv": text()}),
    "missing columns": ("a column that is there", {}, {"records_csv": "id,datum\r\n1,2\r\n"}),
    "another size": ("size of the file", {"bytes": 7}, {"records_csv": text()}),
    "another digest": ("bytes that the description", {"hash": f"sha256:{'0' * 64}"}, {"records_csv": text()}),
    "an unknown digest": ("another|a digest by", {"hash": "crc:1"}, {"records_csv": text()}),
    "another encoding": ("in the encoding", {"encoding": "utf-8"}, {"records_csv": "é,中\r\n".encode("gb18030")}),
    "no encoding": ("in the encoding", {"encoding": "rot13"}, {"records_csv": text()}),
    "an unknown property": ("a property that is known", {"dialect": {"table": "x"}}, {"records_csv": text()}),
    "a delimiter of two signs": ("one sign", {"dialect": {"delimiter": "||"}}, {"records_csv": text()}),
    "a workbook": ("csv or tsv", {"path": "records.xlsx"}, {"records.xlsx": "x"}),
    "no names": ("names for the columns", {"schema": {}, "dialect": {"header": False}}, {"records_csv": text()}),
    "data that is none": ("a list of objects", {"data": "x"}, {}),
    "files of other columns": (
        "in their order", {"path": ["a.csv", "b.csv"]},
        {"a_csv": text(ROWS[:1]), "b_csv": ",".join(reversed(NAMES)) + "\r\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_as_described_is_refused_and_named(tmp_path: Path, kind: str) -> None:
    rule, resource, files = REFUSED[kind]
    made = package(tmp_path / "p.zip", resource, **files)
    (tmp_path / "in").mkdir()
    with pytest.raises(InputFaults, match=rule):
        read_package(made, into=tmp_path / "in")
    assert main(["register", "import", str(made), "--register", str(tmp_path / "r")]) == 2
    assert not (tmp_path / "r").exists()


def test_of_several_tables_the_only_one_with_the_columns_is_read(tmp_path: Path) -> None:
    told = {"name": "x", "resources": [
        {"name": "labs", "path": "labs.csv"}, {"name": "samples", "path": "samples.csv", "schema": schema()},
    ]}  # fmt: skip
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as out:
        out.writestr("datapackage.json", json.dumps(told))
        out.writestr("labs.csv", "id\r\n1\r\n")
        out.writestr("samples.csv", text())
    (tmp_path / "in").mkdir()
    found = read_package(tmp_path / "p.zip", into=tmp_path / "in")
    assert found.not_read == ("labs.csv",)


@given(st.dictionaries(st.sampled_from(["path", "schema", "dialect", "encoding", "hash", "bytes", "format", "data"]),
                       st.one_of(st.none(), st.text(max_size=5), st.integers(), st.lists(st.text(max_size=3), max_size=2),
                                 st.dictionaries(st.sampled_from(["fields", "delimiter", "header"]), st.text(max_size=3), max_size=2)),
                       max_size=4))  # fmt: skip
def test_any_description_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, resource: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("p")
    made = package(folder / "p.zip", resource, records_csv=text())
    try:
        found = read_package(made, into=folder)
    except InputFaults:
        return
    assert set(NAMES[:3]) <= set(found.headers)


PACKAGES = (
    "decimalchar",
    "gbk",
    "inline",
    "missing",
    "multipath",
    "nested",
    "no_header",
    "plain",
    "schema_ref",
    "semicolon",
    "v2",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_met_in_use_are_read(tmp_path: Path, name: str) -> None:
    made = shared("data", "intake_trouble", f"pk_{name}.zip")
    assert main(["register", "import", str(made), "--register", str(tmp_path / "r"), "--json"]) == 0
    found = sql(
        tmp_path / "r", "select measured_value, limit_value from records where evidence = 'A-1'"
    ).to_pylist()
    assert found == [{"measured_value": None if name == "missing" else 0.125, "limit_value": 0.1}]
