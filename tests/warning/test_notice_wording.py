"""Notices name the hazard, advise on it, and say to each reader what is theirs."""

from __future__ import annotations

import dataclasses

import pytest
from assessed import graded
from warned import assessed_case, decision

from riskkit.case.case import Assessment
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import glossary, standards
from riskkit.foundation.standards.hazard_advice import advice_for, advice_of
from riskkit.foundation.standards.tables import records
from riskkit.warning.alerts.drafts import softening_faults
from riskkit.warning.alerts.readability import readability
from riskkit.warning.publication.notice_cap import cap_of
from riskkit.workbench.flows.warnings.case_words import case_advice
from riskkit.workbench.flows.warnings.making import make_issue, notice_of

ADVICE = list(records(standards.table("hazard_advice")))


@pytest.mark.parametrize("case", [case.id for case in graded()])
def test_a_title_names_product_and_hazard_in_both_languages(case: str) -> None:
    found = assessed_case(case)
    notice = notice_of(found, decision())
    for lang in ("zh", "en"):
        assert getattr(found.case.product.name, lang) in notice.title[lang]
        for advice in case_advice(found.case):
            assert advice.hazard[lang] in notice.title[lang]
            assert advice.text[lang] in notice.advice[lang]


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ("lead-paint-toys-2007", ["lead"]),
        ("claires-cadmium-charms-2010", ["cadmium"]),
        ("formaldehyde-babywear-2015", ["formaldehyde"]),
        ("note7-battery-2016", ["battery_fire"]),
        ("magnet-sets-2012", ["magnets_swallowed"]),
        ("inclined-sleeper-2019", ["infant_sleep"]),
        ("furniture-tip-over-2016", ["tip_over"]),
        ("toilet-paper-bacteria-2017", ["bacteria"]),
        ("us-waste-paper-2018", ["waste"]),
        ("desk-lamps-cbec-2019", ["unstable"]),
        ("counterfeit-apple-adapters-2016", ["electric_shock", "fire"]),
        ("walmart-toothbrushes-2017", ["cuts"]),
    ],
)
def test_each_hazard_has_its_own_advice(case: str, codes: list[str]) -> None:
    assert [found.advice for found in case_advice(load_case(case))] == codes


@pytest.mark.parametrize("group", glossary.codes("hazard_group"))
def test_every_hazard_group_has_advice_whatever_the_injury(group: str) -> None:
    for injury in glossary.codes("injury"):
        assert advice_for(group, injuries=[injury]).text["zh"]


def test_lead_is_never_left_to_how_people_feel() -> None:
    text = advice_of("lead").text
    assert "血铅" in text["zh"]
    assert "blood" in text["en"]
    assert "feel unwell" not in text["en"]


@pytest.mark.parametrize("row", ADVICE, ids=lambda row: row["advice"])
def test_advice_reads_plainly_and_softens_nothing(row: dict[str, str]) -> None:
    for lang in ("zh", "en"):
        assert readability(row[lang], lang=lang).is_plain, (lang, readability(row[lang], lang=lang))
    notice = dataclasses.replace(
        notice_of(assessed_case(), decision()), advice={"zh": row["zh"], "en": row["en"]}
    )
    assert not list(softening_faults(notice))


SOFTENING = [row for row in records(standards.table("notice_words")) if row["kind"] == "softening"]


@pytest.mark.parametrize("row", SOFTENING, ids=lambda row: row["word"])
def test_words_that_make_the_hazard_sound_smaller_are_found(row: dict[str, str]) -> None:
    notice = notice_of(assessed_case(), decision())
    words = {**notice.advice, row["lang"]: notice.advice[row["lang"]] + f" {row['word'].capitalize()}."}
    found = list(softening_faults(dataclasses.replace(notice, advice=words)))
    assert f"advice.{row['lang']}" in {fault.place for fault in found}


def _without_marks(found: Assessment) -> Assessment:
    product = dataclasses.replace(found.case.product, brand=None, maker=None, origin=(), models=())
    return dataclasses.replace(found, case=dataclasses.replace(found.case, product=product))


def test_a_bulletin_on_a_bare_goods_code_is_refused_without_a_reason() -> None:
    bare = _without_marks(assessed_case())
    with pytest.raises(InputFaults) as refused:
        make_issue(bare, decision(), formats=("txt",))
    assert [fault.place for fault in refused.value.faults] == ["bulletin.targets"]
    by_reason = make_issue(bare, decision(all_goods_reason="所有品牌均用同一电芯"), formats=("txt",))
    assert "所有品牌均用同一电芯" in by_reason.files["bulletin.zh.txt"].decode()
    by_lot = make_issue(bare, decision(lots=("2016-08",)), formats=("txt",))
    assert "2016-08" in by_lot.files["bulletin.en.txt"].decode()


def test_a_bulletin_names_brand_and_maker() -> None:
    text = make_issue(assessed_case(), decision(), formats=("txt",)).files["bulletin.zh.txt"].decode()
    assert "品牌：Samsung" in text
    assert "制造商：Samsung Electronics" in text
    assert "未限定批次" not in text


def test_a_message_calls_reported_harm_observed() -> None:
    found = assessed_case()
    notice = notice_of(found, decision())
    assert {info.certainty for info in cap_of(notice, sender="a@example.org").info} == {"Observed"}
    facts = {
        name: fact
        for name, fact in found.case.facts.items()
        if name
        not in ("injured", "n_reports", "deaths", "deaths_elsewhere", "serious_injuries", "serious_elsewhere")
    }
    unseen = dataclasses.replace(found, case=dataclasses.replace(found.case, facts=facts))
    words = {info.certainty for info in cap_of(notice_of(unseen, decision()), sender="a@example.org").info}
    assert words
    assert "Observed" not in words
