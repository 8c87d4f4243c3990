"""The shipped cases: lawful, sourced, in both languages, and as broad as the policy's hazards and channels."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shared import ROOT

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case, parse_case
from riskkit.foundation.inputs.toml_file import parse_toml, read_toml
from riskkit.foundation.numbers.distribution_kinds import Unknown
from riskkit.foundation.standards import glossary, standards
from riskkit.foundation.standards.scales import scale

FOLDER = ROOT / "data" / "cases"
PATHS = sorted(FOLDER.glob("*.toml"))
CASES: dict[str, Case] = {path.stem: load_case(path) for path in PATHS}
GRADED = [name for name, case in CASES.items() if case.goods != "food"]

HAN = re.compile(r"[\u3400-\u9fff]")
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
MARKUP = re.compile(
    r"</?[A-Za-z][^>]*>|&[a-z]+;|&#\d+;|\*\*|__|`|^#{1,6} |^[-*] |!?\[[^\]]*\]\(", re.MULTILINE
)
SPACED_NUMBER = re.compile(r"[\u3400-\u9fff，。；：、（）] +\d")
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:()?!]|[,;:()?!][\u3400-\u9fff]")
STAND_INS = re.compile(
    r"various|several|unknown|not published|no brand|未公布|多个|多家|无品牌", re.IGNORECASE
)


def texts(part: Any) -> Iterator[Text]:
    """Every bilingual text in a case, however deep."""
    if isinstance(part, Text):
        yield part
    elif isinstance(part, dict):
        for item in part.values():
            yield from texts(item)
    elif isinstance(part, tuple):
        for item in part:
            yield from texts(item)
    elif hasattr(part, "__dataclass_fields__"):
        for name in part.__dataclass_fields__:
            yield from texts(getattr(part, name))


def numbers(case: Case) -> Iterator[tuple[str, Any]]:
    """Every number of a case that says what it rests on, with its place."""
    yield "lifetime", case.exposure.lifetime_years
    yield from case.facts.items()
    for scenario in case.scenarios:
        for count, step in enumerate(scenario.steps, start=1):
            yield f"{scenario.id}.{count}", step
    for item in (*case.methods.nonconformity, *case.methods.tests):
        yield "methods", item
    for dose in case.methods.exposure:
        found = (dose.dose, dose.reference_point, dose.guidance_value)
        yield from (("methods", one) for one in found if one is not None)


@pytest.fixture(scope="module", params=GRADED)
def graded(request: pytest.FixtureRequest) -> Assessment:
    return assess(CASES[request.param], rng=np.random.default_rng(1), draws=400)


def of(name: str) -> Case:
    return CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_id_is_the_file_name_and_keys_stand_in_a_real_file(name: str) -> None:
    assert of(name).id == name
    assert (FOLDER / f"{name}.toml").read_bytes().endswith(b"\n")
    assert read_toml(FOLDER / f"{name}.toml").data["schema"] == 1


@pytest.mark.parametrize("name", CASES)
def test_every_fact_has_a_source_and_every_source_is_used(name: str) -> None:
    case = of(name)
    known = {source.id for source in case.sources}
    used = {one for _, number in numbers(case) for one in number.source}
    used |= {one for action in case.actions for one in action.source}
    used |= {one for ground in case.presumptions for one in ground.source}
    assert [place for place, number in numbers(case) if number.basis == "fact" and not number.source] == []
    assert used == known


@pytest.mark.parametrize("name", CASES)
def test_a_judgement_of_what_could_be_counted_says_on_what_it_rests(name: str) -> None:
    facts = of(name).facts
    bare = [
        key for key, fact in facts.items() if fact.basis == "judgement" and not (fact.note or fact.source)
    ]
    assert bare == []


@pytest.mark.parametrize("name", CASES)
def test_texts_stand_in_their_language_without_markup(name: str) -> None:
    for text in texts(of(name)):
        assert HAN.search(text.zh), text.zh
        assert not CJK.search(text.en), text.en
        assert re.search("[A-Za-z]", text.en), text.en
        assert not MARKUP.search(text.zh) and not MARKUP.search(text.en), text


@pytest.mark.parametrize("name", CASES)
def test_chinese_texts_take_chinese_punctuation_and_no_space_before_numbers(name: str) -> None:
    for text in texts(of(name)):
        assert not SPACED_NUMBER.search(text.zh), text.zh
        assert not HALF_WIDTH.search(text.zh), text.zh


@pytest.mark.parametrize("name", CASES)
def test_what_authorities_did_is_dated_and_sourced(name: str) -> None:
    case = of(name)
    dates = [action.date for action in case.actions]
    assert dates and dates == sorted(dates)
    assert all(dt.date(2000, 1, 1) < day <= dt.date(2026, 1, 1) for day in dates)
    assert max(dates) >= case.assessed_on, "something must be known of what followed"
    years = {source.id: source.year for source in case.sources}
    for action in case.actions:
        assert max(years[one] for one in action.source) >= action.date.year - 1, action.what.en


@pytest.mark.parametrize("name", CASES)
def test_nothing_stands_in_for_an_origin_brand_or_maker_that_is_not_known(name: str) -> None:
    product = of(name).product
    assert not STAND_INS.search(f"{product.brand or ''} {product.maker or ''}")
    assert "EU" not in product.origin


def test_cases_cover_hazards_directions_channels_and_counterfeits() -> None:
    cases = CASES.values()
    assert len(CASES) >= 16
    assert {one for case in cases for one in case.hazard_classes()} == set(glossary.codes("hazard_class"))
    assert {case.direction for case in cases} >= {"import", "export"}
    assert any("cross_border_ecommerce" in case.channels for case in cases)
    assert any("counterfeit" in (case.product.brand or "") for case in cases)
    assert sum(case.jurisdiction == "CN" for case in cases) >= 6


@pytest.mark.parametrize("name", [name for name in CASES if name not in GRADED])
def test_food_is_handed_over_before_grading(name: str) -> None:
    a = assess(of(name), rng=np.random.default_rng(1), draws=10)
    assert (a.route, a.lo, a.hi, a.risk) == ("food_accident_plan", None, None, None)
    assert a.grades.empty and a.reasons.empty and a.profiles.empty


def test_there_are_food_cases() -> None:
    assert {"melamine-milk-2008", "ethylene-oxide-sesame-2020"} <= set(CASES) - set(GRADED)


def test_a_level_is_a_range_only_where_a_fact_is_left_blank(graded: Assessment) -> None:
    codes = scale("warning").codes
    assert graded.lo is not None and graded.hi is not None
    width = codes.index(graded.hi) - codes.index(graded.lo)
    assert width <= 1
    assert width == 0 or graded.missing
    known = {key for key, fact in graded.case.facts.items() if not isinstance(fact.value, Unknown)}
    assert set(graded.missing).isdisjoint(known)


def test_what_is_missing_and_matters_is_asked(graded: Assessment) -> None:
    if graded.missing:
        asked = " ".join(question.text.zh for question in graded.case.questions)
        assert "留空" in asked


def test_some_cases_leave_a_range_and_most_do_not() -> None:
    found = [assess(of(name), rng=np.random.default_rng(1), draws=50) for name in GRADED]
    ranges = [a.case.id for a in found if a.lo != a.hi]
    assert 3 <= len(ranges) <= len(found) / 3
    assert {a.lo for a in found} >= {"Ⅲ", "Ⅱ", "Ⅰ"}


def test_the_severity_of_each_scenario_is_worded_for_its_injury() -> None:
    table = standards.table("injury_severity")
    worded = pd.MultiIndex.from_frame(table[["injury", "level"]].astype({"level": int}))
    for case in CASES.values():
        for scenario in case.scenarios:
            assert all((scenario.injury, level) in worded for level, _ in scenario.severity), scenario.id


def test_the_readme_lists_every_case_and_no_other() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", readme, re.MULTILINE) == sorted(CASES)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("README.md", r"all (\d+) cases .* into (\d+) reports"),
        ("README.zh.md", r"全部 (\d+) 个真实.*做成 (\d+) 份报告"),
    ],
)
def test_the_front_page_counts_the_cases_that_ship(name: str, told: str) -> None:
    found = re.search(told, (FOLDER.parents[1] / name).read_text(encoding="utf-8"))
    assert found is not None
    assert [int(number) for number in found.groups()] == [len(CASES), 2 * len(CASES)]


def test_the_example_in_the_readme_is_a_lawful_case_with_a_range() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```toml\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    case = parse_case(parse_toml(block.group(1).encode(), "example-kettle.toml"))
    a = assess(case, rng=np.random.default_rng(1), draws=100)
    assert a.lo != a.hi and "is_spreading" in a.missing
