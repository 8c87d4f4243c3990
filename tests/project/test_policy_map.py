"""The map from the tasks of the policy to notebooks and functions: whole, and true of the code."""

from __future__ import annotations

import importlib
import re

import pytest
from shared import ROOT

from riskkit.foundation import shipped
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.tables import records
from riskkit.workbench.doc_pages.methods import policy_page, policy_rows

ROWS = records(policy_rows())
BY_TASK = {row["task"]: row for row in ROWS}


def test_every_task_and_every_safeguard_has_one_row_in_order():
    assert [row["task"] for row in ROWS] == [*map(str, range(1, 23)), "s1", "s2", "s3", "s4"]
    streams = {"monitoring": range(1, 5), "assessment": range(5, 8), "warning": range(8, 11),
               "response": range(11, 17), "application": range(17, 23)}  # fmt: skip
    assert {task: BY_TASK[str(task)]["stream"] for tasks in streams.values() for task in tasks} == {
        task: name for name, tasks in streams.items() for task in tasks
    }


@pytest.mark.parametrize("task", list(BY_TASK))
def test_the_notebooks_of_a_task_exist_and_its_functions_can_be_called(task):
    for name in BY_TASK[task]["notebooks"].split():
        assert (shipped.home() / "notebooks" / f"{name}.ipynb").is_file(), name
    for name in BY_TASK[task]["functions"].split():
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), name


@pytest.mark.parametrize("task", list(BY_TASK))
def test_the_status_says_what_there_is(task):
    row = BY_TASK[task]
    there_is = "notebook" if row["notebooks"] else "library" if row["functions"] else "none"
    assert row["state"] == there_is
    if row["state"] == "notebook":
        assert row["functions"], "a notebook rests on functions of the library"


def test_every_notebook_serves_a_task():
    named = {name for row in ROWS for name in row["notebooks"].split()}
    assert {path.stem for path in (shipped.home() / "notebooks").glob("*.ipynb")} <= named


def test_every_subject_of_response_and_application_stands_in_the_map():
    functions = " ".join(row["functions"] for row in ROWS)
    for room in ("response", "application"):
        folders = [path.parent.name for path in (ROOT / "riskkit" / room).glob("*/__init__.py")]
        assert folders and [one for one in folders if f"riskkit.{room}.{one}." not in functions] == []


@pytest.mark.parametrize(("lang", "name"), [("en", "policy_map.md"), ("zh", "policy_map.zh.md")])
def test_the_page_says_what_the_table_says(lang, name):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == in_language(lang, policy_page)
    assert len(re.findall(r"^\| (?:\d+|s\d) ", page, flags=re.MULTILINE)) == 26
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert (ROOT / "docs" / target).is_file()


@pytest.mark.parametrize(
    ("name", "link"), [("README.md", "docs/policy_map.md"), ("README.zh.md", "docs/policy_map.zh.md")]
)
def test_the_first_page_leads_to_the_map(name, link):
    assert f"]({link})" in (ROOT / name).read_text(encoding="utf-8")
