"""Notebooks about no case: from the command line, into reports like those of cases, listed on the index."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from riskkit import workbench
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.commands import cli
from riskkit.workbench.runs import planning
from riskkit.workbench.runs.alone import FOLDER, alone_plan, is_alone
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.folders.made_register import made_register
from riskkit.workbench.runs.folders.resources import notebook
from riskkit.workbench.runs.index import Entry, index_html
from riskkit.workbench.runs.records import input_hash, is_complete

NAMES = ("monitor_register", "nonconformity_rates", "monitoring_plan")
QUICK = {
    "monitor_register": ["draws=50"],
    "nonconformity_rates": ["draws=50"],
    "monitoring_plan": ["budget=9000"],
}


def plan(name: str, folder: Path, **given: Any) -> Any:
    return alone_plan(notebook(name), given, folder=folder, out=folder / "out", lang="zh")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_runs_from_the_command_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    more = [part for one in QUICK[name] for part in ("--set", one)]
    assert cli.main(["run", name, *more, "--lang", "en", "--out", "out"]) == 0
    folder = tmp_path / "out" / FOLDER / name
    assert capsys.readouterr().out.strip().endswith(str(folder / "report.html"))
    result = json.loads((folder / "result.json").read_bytes())
    assert result["schema"].startswith("riskkit.")
    made = tomllib.loads((folder / f"{FOLDER}.toml").read_text(encoding="utf-8"))
    assert len(made["made"]) == 8 and made["given"] == {}
    assert is_complete(alone_plan(notebook(name), dict(one.split("=") for one in QUICK[name]), folder=tmp_path,
                                  out=tmp_path / "out", lang="en"))  # fmt: skip


def test_a_relative_path_starts_where_the_person_stands(tmp_path: Path) -> None:
    shutil.copytree(made_register(), tmp_path / "mine")
    found = plan("monitor_register", tmp_path, register="mine")
    assert found.parameters["register"] == str(tmp_path / "mine") and is_alone(found)
    given = tomllib.loads(found.case.content.decode())["given"]
    assert set(given) == {"register"} and len(given["register"]) == 64


def test_a_register_that_was_changed_is_another_input(tmp_path: Path) -> None:
    shutil.copytree(made_register(), tmp_path / "mine")
    before = input_hash(plan("monitor_register", tmp_path, register="mine"))
    assert before == input_hash(plan("monitor_register", tmp_path, register="mine"))
    manifest = tmp_path / "mine" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    assert before != input_hash(plan("monitor_register", tmp_path, register="mine"))


@pytest.mark.parametrize(
    ("name", "given", "places"),
    [
        ("monitor_register", {"register": "none", "evry": "x", "draws": "0"}, ["register", "evry", "draws"]),
        ("monitor_register", {"threshold": "101"}, ["threshold"]),
        ("monitor_register", {"register": "a\0b"}, ["register"]),
        ("monitor_register", {"register": "x" * 5000}, ["register"]),
        ("monitoring_plan", {"cells": "../none.csv"}, ["cells"]),
        ("assess_case", {}, ["notebook"]),
    ],
)
def test_all_faults_are_told_before_anything_runs(
    tmp_path: Path, name: str, given: dict[str, str], places: list[str]
) -> None:
    with pytest.raises(InputFaults) as error:
        plan(name, tmp_path, **given)
    assert [fault.place for fault in error.value.faults] == places
    assert list(tmp_path.iterdir()) == []


def test_usage_is_refused_with_code_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for wrong in (["nothing_here"], ["../x"], ["monitor_register", "--set", "draws"], ["assess_case"]):
        assert cli.main(["run", *wrong]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_index_lists_them_apart_from_the_cases(lang: str) -> None:
    nasty = {"schema": "riskkit.rates/1", "case": {"id": "r", "title": {lang: "<b>rates</b>"}}}
    case = {"schema": 1, "case": {"id": "a", "title": {lang: "A case"}}}
    entries = [Entry(nasty, {lang: "monitoring/r/report.html"}, "monitoring/r/result.json"), Entry(case, {})]
    page = in_language(lang, index_html, entries)
    assert page.count('class="card"') == 2 and 'id="case-a"' in page and 'id="case-r"' not in page
    assert "&lt;b&gt;rates&lt;/b&gt;" in page and "<b>rates" not in page
    at = page.index('id="monitored-head"')
    assert page.index("monitoring/r/report.html") > at
    assert ("1 个案例" if lang == "zh" else "1 case.") in page
    assert "monitored-head" not in in_language(lang, index_html, [Entry(case, {})])


@pytest.mark.slow
def test_the_demo_runs_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(resources, "shipped_cases", lambda: ())
    assert set(NAMES) < set(planning._OF_DEMO)
    monkeypatch.setattr(planning, "_OF_DEMO", NAMES)  # each of the others has a test of its own
    assert cli.main(["demo", "--lang", "zh", "--jobs", "2", "--out", "demo"]) == 0
    for index, lang in (("index.html", "zh"), ("index.en.html", "en")):
        page = (tmp_path / "demo" / index).read_text(encoding="utf-8")
        for name in NAMES:
            assert f'href="{lang}/{FOLDER}/{name}/report.html"' in page
            assert (tmp_path / "demo" / lang / FOLDER / name / "report.html").is_file()


def test_what_is_about_no_case_is_counted_as_none() -> None:
    written = {
        f"riskkit.{kind}/1"
        for path in Path(workbench.__file__).parent.rglob("*.py")
        for kind in re.findall(r'found_record\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    } | {"riskkit.failure/1"}
    assert {"riskkit.experts/1", "riskkit.warning_review/1", "riskkit.committee/1"} <= written
    about = {"id": "x", "title": {"zh": "甲", "en": "a"}}
    entries = [
        Entry({"schema": schema, "case": about}, {}) for schema in (*sorted(written), "riskkit.trees/1")
    ]
    page = index_html([*entries, Entry({"schema": 1, "case": about}, {})])
    assert page.count('data-level="') == 1 and "1 case." in page
