"""The notebook that assesses a case, run as a report is made: firm, range and food, zh and en."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from assessed import FIRM, FOOD
from in_process import IN_PROCESS

from riskkit.case.case import assess
from riskkit.foundation import shipped
from riskkit.foundation.language import in_language
from riskkit.workbench.document.reading import Reading, read_notebook
from riskkit.workbench.reports.case import opening as reports
from riskkit.workbench.runs.folders.resources import find_case, notebook
from riskkit.workbench.runs.parameters import declared
from riskkit.workbench.runs.result import result_record
from riskkit.workbench.runs.runner import run_notebook

pytestmark = pytest.mark.slow
DRAWS, SEED = 500, 7
NASTY = "<script>alert(1)</script>"
HAN = re.compile(r"[\u3400-\u9fff]")


def made(out: Path, case: str, lang: str) -> Path:
    """The folder of a report made from the shipped notebook."""
    given = {"draws": DRAWS, "seed": SEED, "interactive": False}
    engine = None if (case, lang) == (FIRM, "zh") else IN_PROCESS
    run = run_notebook(notebook("assess_case"), find_case(case), given, out=out, lang=lang, engine=engine)
    assert run.status == "done", run.error
    return run.folder


# A range under the default profile, and numbers that move the level: every part has something to show.
RANGE = "walmart-toothbrushes-2017"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("reports")
    wanted = ((FIRM, "zh"), (FIRM, "en"), (RANGE, "zh"), (FOOD, "en"))
    return {f"{case}.{lang}": made(out / lang, case, lang) for case, lang in wanted}


@pytest.fixture(params=[f"{FIRM}.zh", f"{FIRM}.en", f"{RANGE}.zh", f"{FOOD}.en"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return found


def shown(folder: Path, lang: str) -> Reading:
    return in_language(lang, read_notebook, nbformat.read(folder / "executed.ipynb", as_version=4))


def test_parameters_are_declared_with_help() -> None:
    found = declared(nbformat.read(notebook("assess_case"), as_version=4))
    kinds = {one.name: one.kind for one in found}
    assert kinds == {
        "case": "str",
        "what_ifs": "str",
        "register": "str",
        "profile": "str",
        "lang": "str",
        "draws": "int",
        "seed": "int",
        "interactive": "bool",
    }
    assert all(one.help for one in found)


def test_result_is_what_a_direct_call_gives(folders: dict[str, Path], name: str) -> None:
    opened = reports.open_case(name.split(".", maxsplit=1)[0])
    direct = assess(opened.case, profile=opened.profile, rng=np.random.default_rng(SEED), draws=DRAWS)
    expected = result_record(direct, seed=SEED, case_sha256=opened.sha256)
    assert result(folders[name]) == json.loads(json.dumps(expected))


def test_result_does_not_depend_on_the_language(folders: dict[str, Path]) -> None:
    zh, en = (folders[f"{FIRM}.{lang}"] / "result.json" for lang in ("zh", "en"))
    assert zh.read_bytes() == en.read_bytes()


def test_nothing_failed_and_nothing_was_said_on_the_side(folders: dict[str, Path], name: str) -> None:
    reading = shown(folders[name], name[-2:])
    assert reading.failures == ()
    assert reading.notes == ()


def test_parts_come_in_the_order_a_committee_reads_them(folders: dict[str, Path]) -> None:
    ids = [part.id for part in shown(folders[f"{RANGE}.zh"], "zh").parts if not hasattr(part, "traceback")]
    assert ids == [
        *(
            "brief",
            "brief-decision",
            "summary",
            "basis",
            "scenarios",
            "risk-grid",
            "step-chart",
            "experience",
            "experience-figure",
        ),
        *(
            "levels",
            "level-chances",
            "changes",
            "drivers",
            "tornado",
            "profiles",
            "profile-levels",
            "methods-compared",
            "method-actions",
            "facts",
            "presumption",
            "actions",
            "open-points",
        ),
        *("questions", "rules", "house-numbers", "sources", "method", "reproduction"),
    ]


def test_food_shows_the_hand_over_and_no_figure(folders: dict[str, Path]) -> None:
    reading = shown(folders[f"{FOOD}.en"], "en")
    ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
    first = ["brief", "brief-decision", "summary", "handover", "methods-compared", "facts"]
    assert ids[:6] == first
    assert "risk-grid" not in ids
    found = result(folders[f"{FOOD}.en"])
    assert (found["route"], found["warning"]["lo"], found["grades"]) == ("food_accident_plan", None, {})


def test_page_shows_the_level_of_the_result(folders: dict[str, Path]) -> None:
    warning = result(folders[f"{FIRM}.zh"])["warning"]
    page = (folders[f"{FIRM}.zh"] / "report.html").read_text(encoding="utf-8")
    head = page[page.index("<h1") : page.index("<main")]
    assert f"{warning['level']}级" in head


def test_page_is_in_its_language_and_asks_no_other_host(folders: dict[str, Path]) -> None:
    page = (folders[f"{FIRM}.en"] / "report.html").read_text(encoding="utf-8")
    heads = re.findall(r"<(?:h[1-6]|th|caption|figcaption)\b[^>]*>(.*?)</", page, flags=re.DOTALL)
    assert heads and not any(HAN.search(head) for head in heads)
    assert not re.search(r"""<(?:script|img|link|iframe)[^>]+(?:src|href)=["']https?:""", page)


@pytest.mark.parametrize(("case", "lang"), [(FIRM, "en"), (FOOD, "zh")])
def test_the_notebook_of_methods_makes_a_report(tmp_path: Path, case: str, lang: str) -> None:
    given = {"draws": DRAWS, "seed": SEED, "methods": "all"}
    engine = None if case == FOOD else IN_PROCESS
    name, source = notebook("compare_methods"), find_case(case)
    run = run_notebook(name, source, given, out=tmp_path, lang=lang, engine=engine)
    assert run.status == "done", run.error
    reading = shown(run.folder, lang)
    assert (reading.failures, reading.notes) == ((), ())
    ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
    parts = ("method-actions", "agreement", "method-findings") if case == FIRM else ("handover",)
    assert {"summary", "methods-compared", "method-cards", "case-ranking", *parts} <= set(ids)
    methods = result(run.folder)["methods"]
    assert {row["misfit"] for row in methods if case == FOOD} <= {"handed_over"}
    assert any(row["fits"] for row in methods) == (case == FIRM)


def test_an_unknown_method_is_refused_by_the_notebook(tmp_path: Path) -> None:
    given = {"draws": 10, "methods": "kinney, magic"}
    run = run_notebook(notebook("compare_methods"), find_case(FIRM), given, out=tmp_path, lang="en")
    assert run.status == "failed" and run.error is not None and "magic" in run.error.message


def test_markup_in_a_case_file_reaches_the_page_as_text(tmp_path: Path) -> None:
    text = shipped.case_path(FOOD).read_text(encoding="utf-8")
    title = re.search(r'en = "(Infant[^"]*)"', text)
    assert title is not None
    (tmp_path / "nasty.toml").write_text(text.replace(title[1], NASTY), encoding="utf-8")
    source = find_case("nasty.toml", folder=tmp_path)
    given = {"draws": 10, "interactive": False}
    name, out = notebook("assess_case"), tmp_path / "out"
    run = run_notebook(name, source, given, out=out, lang="en", engine=IN_PROCESS)
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert NASTY not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_unreadable_case_fails_with_its_faults_and_leaves_no_report(tmp_path: Path) -> None:
    shutil.copy(shipped.case_path(FIRM), tmp_path / "broken.toml")
    with (tmp_path / "broken.toml").open("a", encoding="utf-8") as file:
        file.write('\n[facts.n_ports]\nvalue = -1\nbasis = "guess"\n')
    source = find_case("broken.toml", folder=tmp_path)
    run = run_notebook(notebook("assess_case"), source, {}, out=tmp_path / "out", lang="zh")
    assert run.status == "failed"
    assert run.error is not None and "n_ports" in run.error.message
    assert not list((tmp_path / "out").rglob("report.html"))
