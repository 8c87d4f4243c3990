"""The pages people read first: what they name exists, what they show runs, and both languages say the same."""

from __future__ import annotations

import csv
import doctest
import importlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from PIL import Image
from shared import ROOT

from riskkit.foundation.standards import risk_matrices, standards
from riskkit.warning.profiles import profile
from riskkit.workbench.commands.cli import build
from riskkit.workbench.runs.folders.resources import shipped_cases

PAIRS = (
    ("README.md", "README.zh.md"),
    ("docs/methods.md", "docs/methods.zh.md"),
    ("docs/first_brief.md", "docs/first_brief.zh.md"),
    ("docs/reference.md", "docs/reference.zh.md"),
    ("docs/serving.md", "docs/serving.zh.md"),
    ("docs/speed.md", "docs/speed.zh.md"),
    ("docs/detectors.md", "docs/detectors.zh.md"),
    ("docs/many_products.md", "docs/many_products.zh.md"),
    ("docs/recipes.md", "docs/recipes.zh.md"),
    ("docs/policy_map.md", "docs/policy_map.zh.md"),
    ("docs/committee_day.md", "docs/committee_day.zh.md"),
    ("docs/warning_steps.md", "docs/warning_steps.zh.md"),
)
PAGES = [*itertools.chain(*PAIRS), "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "reports/README.md"]
NAME = re.compile(r"`(riskkit(?:\.\w+)+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
STATUS = {"published": "原文公布", "derived": "推导", "house": "本项目设定"}


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"^#+ .*$", outside, flags=re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes it from a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")


def found(name: str) -> Any:
    """A module, or what stands in one."""
    module, _, last = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), last)


def commands(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if re.match(r" {4}(riskkit|make) ", line)]


def method_rows(text: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == 5 and row[1].startswith("`riskkit.")]


@pytest.mark.parametrize("page", PAGES)
def test_every_function_named_exists(page: str) -> None:
    for name in NAME.findall(read(page)):
        assert found(name) is not None


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_page_for_newcomers_is_short(page: str) -> None:
    assert len(read(page).splitlines()) <= 200


@pytest.mark.parametrize("page", ["docs/reference.md", "docs/reference.zh.md"])
def test_every_function_of_the_methods_table_exists(page: str) -> None:
    rows = method_rows(read(page))
    assert len(rows) > 40
    for row in rows:
        module = ""
        for name in re.findall(r"`([\w.]+)`", row[1]):
            module = name.rpartition(".")[0] or module
            assert callable(getattr(importlib.import_module(module), name.rpartition(".")[2])), name


@pytest.mark.parametrize("page", PAGES)
def test_every_local_link_and_picture_exists(page: str) -> None:
    for target in LINK.findall(read(page)):
        place, _, part = target.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        path = (ROOT / page).parent / place if place else ROOT / page
        assert path.exists(), target
        if part:
            assert part in {anchor(one) for one in headings(path.read_text(encoding="utf-8"))}, target


@pytest.mark.parametrize("pair", PAIRS)
def test_both_languages_have_the_same_shape(pair: tuple[str, str]) -> None:
    en, zh = (read(page) for page in pair)
    assert [len(one.split()[0]) for one in headings(en)] == [len(one.split()[0]) for one in headings(zh)]
    assert commands(en) == commands(zh)
    assert re.findall(r"^```python.*?^```", en, flags=re.DOTALL | re.MULTILINE) == re.findall(
        r"^```python.*?^```", zh, flags=re.DOTALL | re.MULTILINE
    )
    assert len(re.findall(r"^\|", en, flags=re.MULTILINE)) == len(re.findall(r"^\|", zh, flags=re.MULTILINE))
    assert [row[1] for row in method_rows(en)] == [row[1] for row in method_rows(zh)]
    assert {Path(one).name for one in LINK.findall(zh)} >= {pair[0].rpartition("/")[2]}


def test_every_command_shown_is_one() -> None:
    shown = [line.split() for line in commands(read("README.md")) if line.startswith("riskkit")]
    group = build()
    assert {words[1] for words in shown} == set(group.later)
    for words in shown:
        context = click.Context(group)
        command = group.get_command(context, words[1])
        if isinstance(command, click.Group):
            command = command.get_command(context, words[2])
        assert command is not None, words
        known = {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("-")} <= known
    targets = re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE)
    assert {line.split()[1] for line in commands(read("README.md")) if line.startswith("make")} <= set(
        targets
    )


@pytest.mark.parametrize("page", [*PAIRS[0], *PAIRS[7], *PAIRS[8]])
def test_the_python_shown_runs(page: str) -> None:
    test = doctest.DocTestParser().get_doctest(
        re.sub(r"^```.*$", "", read(page), flags=re.MULTILINE), {}, page, page, 0
    )
    assert len(test.examples) >= 6
    results = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(test)
    assert results.failed == 0


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_counts_are_true(page: str) -> None:
    n = len(shipped_cases())
    text = read(page)
    assert re.search(rf"\b{n} (cases|个)|{n} 个", text)
    assert re.search(rf"\b{2 * n} (reports|份)", text)


def test_pictures_are_wide_and_light() -> None:
    pictures = sorted((ROOT / "docs" / "img").glob("*.png"))
    assert {path.stem.rpartition("-")[2] for path in pictures} == {"en", "zh"}
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.width == 1400
        assert path.stat().st_size <= 300_000


def rule_rows(lang: str) -> Iterator[str]:
    """The rows of the rule tables, from the standard table."""
    rows = standards.table("grade_rules")
    for (factor, rule), of in rows.groupby(["factor", "rule"], sort=False):
        first = of.iloc[0]
        grade = standards_levels()[int(first["grade"]) - 1] if factor == "trigger" else str(first["grade"])
        signs = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
        asked = (" and " if lang == "en" else " 且 ").join(
            f"`{fact} {signs[op]} {limit:g}`"
            for fact, op, limit in zip(of["fact"], of["op"], of["threshold"].astype(float), strict=True)
        )
        source = "–" if first["source_id"] == "riskkit_house" else f"`{first['source_id']}`"
        status = first["status"] if lang == "en" else STATUS[first["status"]]
        yield f"| {rule} | {grade} | {first[lang]} | {asked} | {source} | {status} |"


def standards_levels() -> list[str]:
    rows = standards.table("scales")
    return list(rows[rows["scale"] == "warning"].sort_values("rank")["code"])


def plain(line: str) -> str:
    """Numbers written in one way."""
    return re.sub(r"(\d+(?:\.\d+)?(?:e\+?\d+)?)`", lambda m: f"{float(m[1]):g}`", line)


@pytest.mark.parametrize(("page", "lang"), [("docs/methods.md", "en"), ("docs/methods.zh.md", "zh")])
def test_the_page_of_methods_holds_every_rule_as_it_is(page: str, lang: str) -> None:
    shown = [plain(line) for line in read(page).splitlines() if re.match(r"\| [A-Z]{2}-\d", line)]
    assert shown == [plain(line) for line in rule_rows(lang)]


@pytest.mark.parametrize("page", ["docs/methods.md", "docs/methods.zh.md"])
def test_the_page_of_methods_holds_the_tables_of_the_profiles(page: str) -> None:
    text = read(page)
    levels = standards_levels()
    for severity in (4, 3, 2, 1):
        cells = [levels[code] for code in profile("house_matrix").levels[severity - 1]]
        assert re.search(rf"\| {severity} \S.* \| {' [|] '.join(cells)} \|", text)
    sums = dict(zip(("3–5", "6–8", "9–10", "11–12"), levels, strict=True))
    assert f"| {' | '.join(sums)} |" in text
    for place in itertools.product(range(1, 5), repeat=3):
        bound = next(one for one in sums if int(one.split("–")[1]) >= sum(place))
        code = profile("house_three_factors").levels[tuple(one - 1 for one in place)]
        assert levels[code] == sums[bound]


@pytest.mark.parametrize("page", ["docs/methods.md", "docs/methods.zh.md"])
def test_the_page_of_methods_holds_the_risk_grid(page: str) -> None:
    matrix = risk_matrices.risk_matrix("eu_2024_3173")
    bands = standards.table("probability_bands").sort_values("band")
    words = bands["en" if page == "docs/methods.md" else "zh"]
    for number, (row, word, grade) in enumerate(zip(matrix.cells, words, bands["grade"], strict=True), 1):
        cells = " | ".join("LMHS"[code] for code in row)
        assert re.search(
            rf"\| {number} \| [^|]*p[^|]* \| {word} \| {re.escape(cells)} \| {grade} \|", read(page)
        )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_is_the_case_worked_out_by_hand(lang: str) -> None:
    folder = ROOT / "reports" / "example"
    assert (folder / f"kettle.{lang}.pdf").read_bytes().startswith(b"%PDF-")
    told = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert (told["warning"]["lo"], told["warning"]["hi"]) == ("Ⅲ", "Ⅲ")
    manifest = json.loads((folder / f"manifest.{lang}.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["parameters"]["lang"] == lang
    assert (
        sum(path.stat().st_size for path in folder.iterdir()) < 1_600_000
    )  # what a clone can bear for an example


def test_the_sources_of_the_rules_are_listed() -> None:
    with (ROOT / "riskkit" / "standard_tables" / "sources.csv").open(encoding="utf-8") as stream:
        known = {row["source_id"] for row in csv.DictReader(stream)}
    named = set(re.findall(r"\| `(\w+)` \| (?:derived|house|published) \|", read("docs/methods.md")))
    assert named
    assert named <= known
