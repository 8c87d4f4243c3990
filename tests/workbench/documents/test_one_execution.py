"""Reports that differ in language alone: executed once, and the same as if each had been executed by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tiny_report import write_case

from riskkit.foundation.language import LANGS
from riskkit.workbench.runs import languages, plans, runner
from riskkit.workbench.runs.workers import local as workers

PARAMETERS = 'case: str = ""  # case\nlang: str = "zh"  # language\nnote: str = ""  # a file of lines\n'
COMPUTE = """
from pathlib import Path
from riskkit import set_language
from riskkit.foundation.language import language
from riskkit.workbench.document.blocks import (Section)
from riskkit.workbench.document.block_kinds import Paragraph
from riskkit.workbench.runs.result import ResultRecord

set_language(lang)
found = {"n": 41 + 1}
_ = Path(note).open("a").write("computed\\n")
"""
SHOW = 'Section("s", language(), 1, (Paragraph(f"{language()}: {found[\'n\']}"),))'
PUBLISH = (
    'ResultRecord({"schema": "t/1", "case": {"id": "a", "title": {"zh": "甲", "en": "A"}}, "n": found["n"]})'
)


def write(folder: Path, *cells: str) -> Path:
    made: Any = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(PARAMETERS, id="p", metadata={"tags": ["parameters"]})]
    made.cells += [nbformat.v4.new_code_cell(one, id=f"c{i}") for i, one in enumerate(cells)]
    folder.mkdir(exist_ok=True)
    nbformat.write(made, folder / "tiny.ipynb")
    return folder / "tiny.ipynb"


def planned(home: Path, notebook: Path, *, out: str = "out", **options: Any) -> list[plans.RunPlan]:
    case, given = write_case(home / "cases", "a"), {"note": str(home / "note.txt")}
    return [
        plans.make_plan(notebook, case, given, out=home / out, lang=lang, within=(lang,), **options)
        for lang in LANGS
    ]


def files(plan: plans.RunPlan) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in plan.folder.iterdir() if path.name != "manifest.json"}


def test_it_is_computed_once_and_every_file_is_what_two_executions_give(tmp_path: Path) -> None:
    notebook = write(tmp_path / "nb", COMPUTE, SHOW, PUBLISH)
    together = planned(tmp_path, notebook)
    assert languages.grouped(together) == [tuple(together)]
    done = workers.run_all(together, jobs=2)
    assert [one.status for one in done] == ["done", "done"], done
    assert (tmp_path / "note.txt").read_text() == "computed\n"
    alone = planned(tmp_path, notebook, out="alone")
    for one, same in zip(alone, together, strict=True):
        assert runner.run_plan(one).ok
        assert files(one) == files(same)
        assert f"{one.lang}: 42" in files(one)["report.html"].decode()
    assert files(together[0])["result.json"] == files(together[1])["result.json"]
    given = [
        json.loads((one.folder / "manifest.json").read_bytes())["input_hash"] for one in (*alone, *together)
    ]
    assert given[:2] == given[2:] and given[0] != given[1]


def test_what_fails_in_one_language_leaves_the_other_its_report(tmp_path: Path) -> None:
    breaks = 'assert language() == "zh", "no words"\nSection("s", "t", 1, ())'
    together = planned(tmp_path, write(tmp_path / "nb", COMPUTE, breaks, PUBLISH))
    zh, en = runner.run_together(together)
    assert zh.ok and not en.ok and en.error is not None
    assert (en.error.cell, en.error.kind) == (3, "AssertionError")


def test_what_fails_while_computing_fails_for_both_at_its_cell(tmp_path: Path) -> None:
    together = planned(tmp_path, write(tmp_path / "nb", COMPUTE, "1 / 0"))
    errors = [one.error for one in runner.run_together(together)]
    assert [(one.cell, one.kind) for one in errors if one] == [(3, "ZeroDivisionError")] * 2
    assert (tmp_path / "note.txt").read_text() == "computed\n"


@pytest.mark.parametrize(
    "cell",
    [
        'words = "字" if lang == "zh" else "word"',
        "set_language(lang)",
        "print(lang)",
    ],
)
def test_a_notebook_that_uses_its_language_otherwise_runs_once_for_each(tmp_path: Path, cell: str) -> None:
    apart = planned(tmp_path, write(tmp_path / "nb", COMPUTE, cell, PUBLISH))
    assert languages.grouped(apart) == [(one,) for one in apart]


def test_only_what_differs_in_nothing_else_stands_together(tmp_path: Path) -> None:
    notebook = write(tmp_path / "nb", COMPUTE, SHOW, PUBLISH)
    first, second = planned(tmp_path, notebook), planned(tmp_path, notebook, deadline=5.0)
    found = languages.grouped([first[0], second[0], first[1], second[1], first[0]])
    assert found == [(first[0], first[1]), (second[0], second[1]), (first[0],)]
