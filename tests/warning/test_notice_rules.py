"""What the law asks of a public notice: each rule is met by a whole notice, and each can fail."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from noticed_cases import CONTACT, FRONT, whole_case
from warned import decision

from riskkit.case.case import Assessment
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.hazard_advice import advice_of
from riskkit.foundation.standards.tables import records
from riskkit.warning.alerts.notice_rules import open_rules
from riskkit.workbench.flows.warnings.delivery import refuse_gaps
from riskkit.workbench.flows.warnings.making import Issue, make_issue
from riskkit.workbench.flows.warnings.words import open_rule_words

RULES = list(records(standards.table("notice_rules")))
WHOLE: dict[str, Any] = {
    "kind": "first",
    "recall": "Product safety recall",
    "title": "Phone X: battery fire",
    "goods": "Phone X",
    "hazard_names": ["battery fire"],
    "brand": "Acme",
    "pictures": ["front of the phone"],
    "identifiers": ["Model: N930F"],
    "lots": [],
    "advice": "Stop using it now. Switch it off.",
    "contact": CONTACT,
    "category": "consumer goods",
    "level": "Ⅱ",
    "starts_on": "1 May 2026",
    "reach": "China",
    "steps": ["Makers recall the goods: exchange, repair or refund free of charge."],
    "issuer": "The Administration",
    "issued_on": "1 May 2026",
}


def lines(values: dict[str, Any]) -> list[str]:
    of = {name: "; ".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return [
        f"Risk alert: {of['recall']} – {of['title']}",
        f"Level {of['level']}. {of['category']}. From {of['starts_on']}. Brand: {of['brand']}",
        f"{of['reach']}. {of['goods']}. {of['identifiers']}. Picture: {of['pictures']}",
        of["advice"],
        of["steps"],
        f"Ask: {of['contact']}",
        f"{of['issuer']} {of['issued_on']}",
    ]


def unmet(
    values: dict[str, Any],
    text: list[str] | None = None,
    lang: str = "en",
    images: Sequence[str] | None = None,
) -> set[str]:
    shown = values["pictures"] if images is None else images
    return {one.rule for one in in_language(lang, open_rules, text or lines(values), values, images=shown)}


def test_a_whole_notice_meets_every_rule() -> None:
    assert unmet(WHOLE) == set()


BROKEN: dict[str, Callable[[list[str]], list[str]]] = {
    "headline": lambda text: ["Product safety recall: important notice", *text[1:]],
    "recall_headline": lambda text: [text[0].replace("Product safety recall", "Recall"), *text[1:]],
    "name_and_brand": lambda text: [one.replace("Acme", "") for one in text],
    "identifiers": lambda text: [one.replace("N930F", "") for one in text],
    "hazard_words": lambda text: [*text, "This is a voluntary measure."],
    "remedy": lambda text: [one.replace("exchange, repair or refund", "refund") for one in text],
    "contact": lambda text: [one.replace(CONTACT, "") for one in text],
    "template_parts": lambda text: [text[0], text[4], text[3], text[2], text[1], *text[5:]],
    "category": lambda text: [one.replace("consumer goods", "") for one in text],
    "level": lambda text: [one.replace("Ⅱ", "") for one in text],
    "starts": lambda text: [one.replace("From 1 May 2026", "") for one in text[:6]],
    "reach": lambda text: [one.replace("China", "") for one in text],
    "caution": lambda text: [one for one in text if "Switch it off" not in one],
    "measures": lambda text: [one for one in text if "exchange" not in one],
    "issuer": lambda text: [one.replace("The Administration", "") for one in text],
    "issued": lambda text: [one.replace("1 May 2026", "") for one in text],
}


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_each_rule_is_found_where_the_text_breaks_it(rule: str) -> None:
    assert rule in unmet(WHOLE, BROKEN[rule](lines(WHOLE)))


@pytest.mark.parametrize("images", [[], ["back of the phone"]])
def test_words_about_a_picture_are_no_picture(images: list[str]) -> None:
    assert "front of the phone" in " ".join(lines(WHOLE))
    assert unmet(WHOLE, images=images) == {"picture"}
    two = WHOLE | {"pictures": ["front of the phone", "the label"]}
    assert unmet(two, images=["front of the phone"]) == {"picture"}
    assert unmet(two, images=["the label", "front of the phone"]) == set()


def test_every_rule_of_the_table_can_fail_and_names_its_clause() -> None:
    assert set(BROKEN) | {"stop_use_first", "picture"} == {row["rule"] for row in RULES}
    for row in RULES:
        assert row["source_id"] in {"gpsr_2023_988", "eu_2024_1435", "emergency_law_2024"}
        assert row["locator"]


@pytest.mark.parametrize(
    "advice", ["Switch it off. Stop using it.", "See a doctor if you feel unwell.", "Ask the seller."]
)
def test_advice_that_does_not_begin_with_stopping_is_found(advice: str) -> None:
    values = WHOLE | {"advice": advice}
    assert unmet(values) == {"stop_use_first"}


@pytest.mark.parametrize(
    "row", list(records(standards.table("hazard_advice"))), ids=lambda row: row["advice"]
)
def test_every_advice_begins_with_stopping_the_use(row: dict[str, str]) -> None:
    text = advice_of(row["advice"]).text
    for lang in ("zh", "en"):
        assert "stop_use_first" not in unmet(WHOLE | {"advice": text[lang]}, [text[lang], text[lang]], lang)


@pytest.mark.parametrize("contact", ["400-810-5858", "12315", "www.example.org/recall", "+86 10 8226 2114"])
def test_a_number_or_an_address_is_a_contact(contact: str) -> None:
    assert unmet(WHOLE | {"contact": contact}) == set()


@pytest.mark.parametrize("contact", ["", "the seller", "ask us"])
def test_words_alone_are_no_contact(contact: str) -> None:
    assert unmet(WHOLE | {"contact": contact}) == {"contact"}


def test_without_a_recall_neither_its_headline_nor_a_remedy_is_asked() -> None:
    values = WHOLE | {"recall": "", "steps": ["Ports target the goods."]}
    assert unmet(values) == set()


def test_a_notice_that_lifts_a_warning_asks_nothing() -> None:
    assert unmet(WHOLE | {"kind": "lifted"}, ["Lifted"]) == set()


def announced(found: Assessment, **more: Any) -> Issue:
    pictures = (FRONT,) if found.case.pictures else ()
    return make_issue(found, decision(level=3, **more), formats=("txt",), pictures=pictures)


def test_a_case_that_says_it_all_makes_an_announcement_that_meets_every_rule() -> None:
    made = announced(whole_case(), contact=CONTACT)
    assert made.open_rules == ()
    for lang, words in {"zh": "产品安全召回", "en": "Product safety recall"}.items():
        text = made.files[f"announcement.{lang}.txt"].decode()
        assert words in text.splitlines()[0] + text.splitlines()[1]
        assert "SM-N930F" in text and CONTACT in text
        assert {"zh": "待补", "en": "To be added"}[lang] not in text


def test_what_a_case_lacks_stands_as_a_gap_in_the_text_and_is_named_with_its_clause() -> None:
    product = dataclasses.replace(whole_case().case.product, models=(), batches=(), serials=(), gtin=())
    case = dataclasses.replace(whole_case().case, product=product, pictures=())
    made = announced(dataclasses.replace(whole_case(), case=case))
    assert {(one.rule, one.lang) for one in made.open_rules} == {
        (rule, lang) for rule in ("picture", "identifiers", "contact") for lang in ("zh", "en")
    }
    text = made.files["announcement.zh.txt"].decode()
    assert all(
        gap in text
        for gap in ("【待补：产品图片】", "【待补：型号、批次或序列号】", "【待补：咨询电话或网址】")
    )
    told = [open_rule_words(one) for one in made.open_rules]
    assert any(
        "a picture of the product (Regulation (EU) 2023/988 Art. 36(2)(b)" in one and "Art. 36(2)(b)" in one
        for one in told
    )


def test_a_template_of_ones_own_that_drops_a_fact_is_found(tmp_path: Path) -> None:
    (tmp_path / "announcement.en.txt").write_text("# {{ title }}\n{{ advice }}\n", encoding="utf-8")
    made = make_issue(
        whole_case(),
        decision(level=3, contact=CONTACT),
        formats=("txt",),
        templates=tmp_path,
        pictures=(FRONT,),
    )
    found = {one.rule for one in made.open_rules if one.lang == "en"}
    assert {"level", "issuer", "measures", "contact", "picture", "recall_headline"} <= found
    assert not [one for one in made.open_rules if one.lang == "zh"]
    assert json.loads(made.files["data.json"])["contact"]["en"] == CONTACT


def test_an_announcement_with_gaps_is_not_published_but_may_be_rehearsed() -> None:
    case = dataclasses.replace(whole_case().case, pictures=())
    found = dataclasses.replace(whole_case(), case=case)
    with pytest.raises(InputFaults) as refused:
        refuse_gaps(announced(found, contact=CONTACT, is_exercise=False).files)
    assert [one.place for one in refused.value.faults] == ["announcement.en.txt", "announcement.zh.txt"]
    assert all("picture" in one.value or "图片" in one.value for one in refused.value.faults)
    refuse_gaps(announced(found, contact=CONTACT, is_exercise=True).files)
    refuse_gaps(announced(whole_case(), contact=CONTACT, is_exercise=False).files)
