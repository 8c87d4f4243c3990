"""Levels compared with what followed: dates and measures as read from the case files by hand."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation import shipped
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import glossary
from riskkit.workbench.doc_pages.outcomes import (
    KINDS,
    RESTRICTING,
    Outcome,
    official_acts,
    outcome,
    outcomes_page,
    shipped_outcomes,
)

NEVER = {
    "fidget-spinner-lead-2017",
    "hotpoint-fridge-2017",
    "insulated-tumblers-2024",
    "powerbanks-export-2017",
    "sky-lanterns-2013",
    "teething-giraffe-2017",
}


def of(name: str) -> Outcome:
    return next(one for one in shipped_outcomes() if one.case.id == name)


@pytest.mark.parametrize(
    ("name", "kind", "days"),
    [
        ("tread-plus-2021", "after", 19),  # warned on 17 April, recalled on 5 May 2021
        ("gree-dehumidifiers-2013", "after", 1),
        ("whirlpool-dryers-2015", "after", 1325),  # 23 November 2015 to 10 July 2019
        ("dsg-gearbox-2012", "after", 369),  # 12 March 2012 to 16 March 2013
        ("toothpick-crossbow-2017", "after", 1),
        ("wrangler-fires-2009", "after", 42),  # warned the next day, recalled on 6 January 2010
        ("laminate-flooring-2015", "after", 472),  # never a mandatory recall: the sale was given up
        ("takata-inflators-2017", "after", 70),
        ("furniture-tip-over-2016", "after", 0),  # the US recall of 28 June is another country's
        ("note7-replacements-2016", "before", -26),
        ("hotpoint-fridge-2017", "never", None),  # examined, results published, no measure
        ("sky-lanterns-2013", "never", None),  # a fire service warned; the shop that stopped is a firm
    ],
)
def test_the_first_restriction_is_the_one_in_the_file(name: str, kind: str, days: int | None) -> None:
    found = of(name)
    assert (found.kind(), found.days()) == (kind, days)


def test_goods_that_were_never_restricted_are_named_and_counted() -> None:
    assert {one.case.id for one in shipped_outcomes() if one.kind() == "never"} == NEVER
    for lang in ("en", "zh"):
        part = in_language(lang, outcomes_page).split("\n## ")[1]
        rows = [line for line in part.splitlines() if line.startswith("| ")][2:]
        assert [row.split(" | ")[0][2:] for row in rows] == [
            in_language(lang, one.case.title.say) for one in shipped_outcomes() if one.kind() == "never"
        ]
        assert re.search(r"\d+", part.splitlines()[2]) is not None
        assert str(len(NEVER)) in part.splitlines()[2]


def test_restricting_measures_are_measures_of_the_glossary() -> None:
    assert set(RESTRICTING) < set(glossary.codes("official_measure"))


def test_acts_of_firms_of_other_countries_and_mere_warnings_restrict_nothing() -> None:
    case, badge = of("tread-plus-2021").case, of("tread-plus-2021").badge
    warning, recall = official_acts(case)
    by_firm, abroad = replace(recall, by="firm"), replace(recall, where="CA")
    assert outcome(replace(case, actions=(warning, by_firm, abroad)), badge).kind() == "never"
    at_home = replace(recall, where=case.jurisdiction)
    assert outcome(replace(case, actions=(warning, by_firm, at_home)), badge).first == at_home
    eve = replace(recall, date=case.assessed_on - dt.timedelta(days=1))
    assert outcome(replace(case, actions=(eve, recall)), badge).kind() == "before"
    same = replace(recall, date=case.assessed_on)
    assert (outcome(replace(case, actions=(same,)), badge).kind(), same.date) == ("after", case.assessed_on)


def test_the_counts_of_the_page_add_up_to_the_cases() -> None:
    rows = re.findall(r"^\| \S+ [ⅠⅡⅢⅣ] \| (\d+) \| (\d+) \| (\d+) \|$", outcomes_page(), re.MULTILINE)
    columns = [sum(map(int, column)) for column in zip(*rows, strict=True)]
    kinds = [one.kind() for one in shipped_outcomes()]
    assert len(rows) == 4
    assert columns == [kinds.count(kind) for kind in KINDS]


def test_the_level_is_the_one_of_the_report() -> None:
    found = assess(load_case("samsung-washers-2016"), rng=np.random.default_rng(20170914), draws=20_000)
    assert of("samsung-washers-2016").badge == found.badge


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "levels_and_outcomes.md"), ("zh", "levels_and_outcomes.zh.md")]
)
def test_the_page_says_what_the_code_says_now(lang: str, name: str) -> None:
    page = (shipped.home() / "docs" / name).read_text(encoding="utf-8")
    assert page == in_language(lang, outcomes_page), (
        "make it again: doc_pages.writing.write_pages(Path('docs'), 'levels_and_outcomes', outcomes_page)"
    )
