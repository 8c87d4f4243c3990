"""One case through every method: by hand, in range where inputs are missing, monotone, said in both languages."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import TESTS

from riskkit.assessment.facts.case_file import Fact
from riskkit.case.case import assess
from riskkit.case.case_reading import parse_case
from riskkit.case.comparison.differences import REFERENCE, actions_of, card_of, say_reason
from riskkit.case.comparison.findings import Finding
from riskkit.case.comparison.grids import GRIDS, Part, grid_findings
from riskkit.case.comparison.methods import Comparison, chosen_methods, compare_methods
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import glossary, standards
from riskkit.foundation.standards.method_cards import action_of, method_cards
from riskkit.foundation.standards.scales import scale
from riskkit.workbench.doc_pages.methods import methods_page
from riskkit.workbench.reports.case.compare import borda_ranking, compared_case, shipped_comparisons
from riskkit.workbench.runs.result import result_record

KETTLE = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
HAN = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"\{(\w+)\}")
ORDER = scale("action").codes
RISK = scale("risk").codes
REASON = 'reason = { zh = "演示", en = "For show" }'
SCORES = f"""
[methods.kinney]
scenario = "scald"
probability = 3
exposure = 6
consequence = 15
{REASON}
[methods.lec]
scenario = "scald"
probability = 3
exposure = 6
consequence = 15
{REASON}
"""
ITEM = """
[[methods.nonconformity]]
id = "seal"
scenario = "scald"
item = { zh = "密封力", en = "Sealing force" }
kind = "safety"
basis = "fact"
measured = 30
limit = 40
unit = "N"
worse = "less"
source = ["s1"]
"""
TESTS = """
[[methods.tests]]
events = 4
trials = 10
item = "seal"
basis = "fact"
source = ["s1"]
"""
DOSE = """
[[methods.exposure]]
id = "x"
scenario = "scald"
substance = { zh = "某物质", en = "A substance" }
route = "ingestion"
inputs = { concentration = "2.4 mg/kg", amount = "1 kg/d", body_weight = "60 kg" }
reference_point = { value = 0.17, basis = "fact", source = ["s1"] }
reference_kind = "genotoxic_bmdl10"
guidance_value = { value = 0.05, basis = "fact", source = ["s1"] }
structure = "cramer_1"
"""


def compared(more: str = "", *, without: str = "", **options: Any) -> Comparison:
    """The kettle, with further inputs and without one of its facts, through all methods."""
    text = KETTLE.replace("[[sources]]", f"{more}\n[[sources]]")
    text = re.sub(rf"\[facts\.{without}\]\n(?:.+\n)+", "", text) if without else text
    case = parse_case(parse_toml(text.encode(), "kettle.toml"))
    assessment = assess(case, rng=np.random.default_rng(1), draws=200)
    return compare_methods(assessment, **options)


def product(found: Comparison, method: str) -> Finding:
    return next(one for one in found.products if one.method == method)


def reasons(found: Comparison, method: str) -> list[str]:
    return [code for one in found.differences if one.method == method for code, _ in one.reasons]


def test_a_small_case_by_hand() -> None:
    """p = 1/2000, severity 3: EU high, serious above 1/1000 (× 2), medium at 1/10,000 (× 0.2)."""
    found = compared(SCORES + ITEM + TESTS)
    eu = product(found, REFERENCE)
    assert (eu.lo, eu.hi, eu.up_level, eu.down_level) == ("high", "high", "serious", "medium")
    assert (eu.up_factor, eu.down_factor) == pytest.approx((2, 0.2))
    for method in ("prism_highest_web", "prism_highest_excel", "opss_jump_removed"):
        assert product(found, method).lo == "high", "20,000 items move nothing"
    kinney, lec = product(found, "kinney"), product(found, "lec")
    assert (kinney.value, kinney.lo, lec.lo) == (270, "high", "high")
    assert (kinney.up_factor, lec.up_factor) == pytest.approx((400 / 270, 320 / 270))
    triage = product(
        found, "triage"
    )  # 10 complaints with harm + 1 hazard + 15 + 5 (> 1e-4) + 1 (20,000 items)
    assert (triage.value, triage.lo, triage.hi) == (32, "required", "required")
    item = product(found, "nonconformity")  # severity 3 + ½ (40/30 = 1.33: clear) + 0 → 3
    assert (item.lo, item.value) == ("major", 3)
    tests = product(found, "repeated")  # (4 + ½) / 11 × 3
    assert (tests.lo, tests.value) == ("very_high", pytest.approx(4.5 / 11 * 3))
    assert [product(found, f"profile:{name}").lo for name in ("house_matrix", "house_three_factors")] == [
        "Ⅱ",
        "Ⅱ",
    ]
    misfits = {one.method: one.misfit for one in found.products if not one.fits}
    assert misfits == {
        "eu_presumption": "no_ground",
        "prism_combined_web": "nothing_to_add",
        "prism_combined_excel": "nothing_to_add",
        "moe": "no_dose",
        "hazard_quotient": "no_dose",
        "ttc": "no_dose",
    }


def test_why_they_differ_by_hand() -> None:
    found = compared(SCORES)
    ways = {one.method: one.relation for one in found.differences}
    assert (ways["prism_highest_web"], ways["kinney"], ways["triage"]) == ("same", "higher", "lower")
    assert ways["profile:house_matrix"] == "same"
    assert reasons(found, "kinney") == ["other_inputs", "boundary"]
    assert reasons(found, "triage") == ["different_scale"]
    assert reasons(found, "prism_highest_web") == []


def test_doses_by_hand() -> None:
    """2.4 mg/kg × 1 kg/d / 60 kg = 0.04 mg/kg/d: MOE 4.25, quotient 0.8, 40 µg/kg above Cramer I's 30."""
    found = compared(DOSE)
    moe, quotient, ttc = (product(found, name) for name in ("moe", "hazard_quotient", "ttc"))
    assert (moe.lo, quotient.lo, ttc.lo) == ("of_concern", "below", "above")
    assert (moe.value, quotient.value, ttc.value) == pytest.approx((4.25, 0.8, 40 / 30))
    assert (quotient.up_factor, ttc.down_factor) == pytest.approx((1.25, 0.75))
    excluded = compared(DOSE + 'exclusions = ["metal"]\n')
    assert product(excluded, "ttc").misfit == "excluded"


PRISM = [  # OPSS PRISM: sums of scenarios and items in use, as its own tools have it
    (("1/2000", "1/3000"), 3, 1, "prism_combined_web", "high"),
    (("1/12000", "1/15000"), 3, 1, "prism_combined_web", "high"),
    (("1/12000", "1/15000"), 3, 1, "prism_highest_web", "medium"),
    (("1/2000",), 3, 600_000, "prism_highest_web", "serious"),
    (("1/12000",), 3, 250_000, "prism_highest_web", "high"),
    (("1/12000",), 3, 100_000, "prism_highest_web", "medium"),
    (("1/12000",), 3, 100_000, "prism_highest_excel", "high"),
    (("1/1000",), 2, 1, "prism_highest_excel", "high"),
    (("1/1000",), 2, 1, "prism_highest_web", "medium"),
]


@pytest.mark.parametrize(("chances", "severity", "units", "method", "level"), PRISM)
def test_prism_as_its_tools_have_it(
    chances: tuple[str, ...], severity: int, units: int, method: str, level: str
) -> None:
    parts = [Part(f"s{i}", Fraction(p), severity, "case") for i, p in enumerate(chances)]
    known = Fact(value=units, basis="judgement")
    found = grid_findings(method, parts, units=known, draws=None)[-1]
    assert (found.lo, found.hi) == (level, level)


def test_a_value_between_two_tools_says_so() -> None:
    parts = [Part("a", Fraction(1, 1000), 2, "case")]
    found = grid_findings("prism_highest_excel", parts, units=Fact(value=1, basis="judgement"), draws=None)[
        -1
    ]
    assert [code for code, _ in found.reasons] == ["bound_inclusive"]
    assert found.is_on_bound
    units = Fact(value=1_000_000, basis="judgement")
    found = grid_findings("prism_highest_web", parts, units=units, draws=None)[-1]
    assert [code for code, _ in found.reasons] == ["prevalence_counted", "units_on_bound"]


def test_unknown_items_in_use_give_a_range_never_a_low_level() -> None:
    found = compared(without="units_on_market")
    one = product(found, "prism_highest_web")
    assert (one.lo, one.hi, one.missing) == ("high", "serious", ("units",))
    assert reasons(found, "prism_highest_web") == ["missing_input"]
    assert product(found, REFERENCE).lo == product(found, REFERENCE).hi == "high"


def test_unknown_answers_of_the_triage_give_a_range_or_nothing() -> None:
    rationale = compared(without="n_reports")
    assert product(rationale, "triage").misfit == "not_judged"
    many = compared().assessment.case
    assert many.facts["units_on_market"].is_fixed()
    text = KETTLE.replace("value = 20000", "value = 600000").replace("severity = 3", "severity = 1")
    text = text.replace("[facts.n_reports]\nvalue = 2", "[facts.n_reports]\nvalue = 0")
    text = text.replace(
        "[[sources]]",
        f'[methods.triage]\nrationale = "random"\n{REASON}\n[[sources]]',
    )
    case = parse_case(parse_toml(text.encode(), "kettle.toml"))
    found = compare_methods(assess(case, rng=np.random.default_rng(1), draws=50))
    one = product(found, "triage")  # 0 + 1 + 1 + 5 + an unreadable score
    assert (one.value, one.lo, one.hi) == (7, "not_required", "required")
    assert "unreadable_score" in reasons(found, "triage")


def test_without_judgements_nothing_is_put_in_their_place() -> None:
    found = compared()
    assert {name: product(found, name).misfit for name in ("kinney", "lec", "nonconformity", "repeated")} == {
        "kinney": "not_judged",
        "lec": "not_judged",
        "nonconformity": "no_finding",
        "repeated": "no_tests",
    }
    counts = compared(TESTS.replace('item = "seal"\n', ""))
    assert product(counts, "repeated").misfit == "no_hazard_grade"


def test_a_case_with_faults_in_its_methods_names_them_all_with_their_lines() -> None:
    bad = (SCORES + ITEM + TESTS + DOSE).replace("exposure = 6", 'exposure = "6"', 1)
    bad = bad.replace('kind = "safety"', 'kind = "colour"')
    with pytest.raises(InputFaults) as caught:
        compared(bad)
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 2 and all(re.match(r"kettle\.toml:\d+ methods\.", one) for one in told)
    worse = (SCORES + ITEM + TESTS + DOSE).replace('scenario = "scald"', 'scenario = "none"', 1)
    worse = worse.replace("consequence = 15", "consequence = 16")
    worse = worse.replace("measured = 30", "measured = 50").replace("events = 4", "events = 11")
    worse = worse.replace('body_weight = "60 kg"', 'body_weight = "60 m"').replace(
        'item = "seal"', 'item = "x"'
    )
    worse = worse.replace('reference_kind = "genotoxic_bmdl10"\n', "")
    with pytest.raises(InputFaults) as caught:
        compared(worse)
    words = " ".join(str(fault) for fault in caught.value.faults)
    for what in (
        "kinney.scenario",
        "lec.consequence",
        "measured",
        "events",
        "inputs",
        "item",
        "reference_kind",
    ):
        assert what in words
    with pytest.raises(InputFaults) as caught:
        chosen_methods("kinney, magic, nomograph")
    assert [fault.value for fault in caught.value.faults] == ["'magic'", "'nomograph'"]


@given(
    p=st.fractions(Fraction(1, 10**8), 1),
    q=st.fractions(0, 1),
    severity=st.integers(1, 4),
    n=st.sampled_from([0, 1, 99_999, 100_000, 100_001, 500_000, 500_001, 10**6, 10**6 + 1, 10**8]),
    method=st.sampled_from(list(GRIDS)),
)
def test_a_worse_input_never_gives_a_lower_level(
    p: Fraction, q: Fraction, severity: int, n: int, method: str
) -> None:
    def level(chance: Fraction, harm: int, items: int | None) -> Finding:
        parts = [Part("a", chance, harm, "case"), Part("b", Fraction(1, 10**7), harm, "case")]
        units = None if items is None else Fact(value=items, basis="judgement")
        return grid_findings(method, parts, units=units, draws=None)[-1]

    def rank(one: Finding) -> int:
        return RISK.index(str(one.lo))

    now = level(p, severity, n)
    assert rank(level(p + (1 - p) * q, severity, n)) >= rank(now)
    assert rank(level(p, min(severity + 1, 4), n)) >= rank(now)
    assert rank(level(p, severity, 2 * n + 1)) >= rank(now)
    unknown = level(p, severity, None)
    assert rank(unknown) <= rank(now) <= RISK.index(str(unknown.hi)), "what is not known covers what may be"
    if now.up_level:
        factor = Fraction(now.up_factor) * Fraction(1_000_001, 10**6)
        parts = [Part("a", p * factor, severity, "case"), Part("b", factor / 10**7, severity, "case")]
        if all(part.p <= 1 for part in parts):
            units = Fact(value=n, basis="judgement")
            assert RISK.index(str(grid_findings(method, parts, units=units, draws=None)[-1].lo)) > rank(now)


@pytest.mark.parametrize("method", list(GRIDS))
def test_shares_agree_with_the_level_of_each_draw(method: str) -> None:
    rng, n = np.random.default_rng(5), 80
    draws = {name: 10 ** rng.uniform(-7, 0, n) for name in ("a", "b")}
    draws |= {f"{name}.severity": rng.integers(1, 5, n).astype(float) for name in ("a", "b")}
    draws["units"] = 10 ** rng.uniform(3, 8, n)
    parts = [Part("a", Fraction(1, 3000), 3, "case"), Part("b", Fraction(1, 5000), 3, "case")]
    units = Fact(value=700_000, basis="judgement")
    now = grid_findings(method, parts, units=units, draws=draws)[-1]
    same = 0
    for i in range(n):
        one = [Part(s, Fraction(draws[s][i]), int(draws[f"{s}.severity"][i]), "case") for s in ("a", "b")]
        items = Fact(value=float(f"{draws['units'][i]:.10g}"), basis="judgement")
        found = grid_findings(method, one, units=items, draws=None)[-1]
        if not found.fits:  # no two of one severity: the highest counts alone
            found = grid_findings(method.replace("combined", "highest"), one, units=items, draws=None)[-1]
        same += found.lo == now.lo
    assert now.p_level == pytest.approx(same / n)


def test_the_grid_s_share_is_that_of_the_assessment() -> None:
    for found in (compared_case(draws=300), compared_case("hoverboards-2016", draws=300)):
        eu = product(found, REFERENCE)
        assert eu.p_level == pytest.approx(float(found.assessment.risk_shares.loc[str(eu.lo)]))
    assert math.isnan(product(compared(), REFERENCE).p_level), "no draws, no probability"


def test_what_levels_ask_for_never_falls_and_is_complete() -> None:
    names = {card.scale for card in method_cards().values()}
    for name in names:
        found = [ORDER.index(action_of(name, level)) for level in scale(name).codes]
        assert found == sorted(found), name
    rows = standards.table("method_actions")
    assert set(rows["scale"]) == names
    assert set(rows["status"]) == {"house"}, "the matching is ours and says so"


def test_cards_and_reasons_stand_in_both_languages() -> None:
    for name, pairs in (
        ("method_cards", (("zh", "en"), ("formula_zh", "formula_en"))),
        ("method_actions", (("zh", "en"),)),
        ("difference_reasons", (("zh", "en"), ("settle_zh", "settle_en"))),
    ):
        for row in standards.table(name).to_dict("records"):
            for zh, en in pairs:
                assert row[en] and not HAN.search(row[en]), row
                assert HAN.search(PLACE.sub("", row[zh])) or not re.search("[a-z]{4}", row[zh]), row
                assert sorted(PLACE.findall(row[zh])) == sorted(PLACE.findall(row[en])), row
    for card in method_cards().values():
        assert set(card.counts) <= set(glossary.codes("method_input"))
        assert set(card.goods) <= set(glossary.codes("goods"))
        standards.source(card.source_id)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_shipped_case_says_why_methods_differ_or_do_not_fit(lang: str) -> None:
    for found in shipped_comparisons():
        case = found.assessment.case
        for one in found.products:
            assert one.fits or in_language(lang, glossary.label, "misfit", one.misfit)
        for difference in found.differences:
            assert bool(difference.reasons) == (difference.relation != "same"), (case.id, difference)
            for reason in difference.reasons:
                why, settle = in_language(lang, say_reason, case, reason)
                assert why and settle and "{" not in why + settle
                assert lang == "zh" or not HAN.search(why + settle)


def test_food_goes_through_no_method() -> None:
    found = compared_case("melamine-milk-2008", draws=20)
    assert {one.misfit for one in found.findings} == {"handed_over"}
    assert found.differences == ()


def test_enough_cases_carry_further_judgements() -> None:
    cases = [one.assessment.case.methods for one in shipped_comparisons()]
    assert sum(given.kinney is not None and given.lec is not None for given in cases) >= 8
    assert sum(bool(given.nonconformity) for given in cases) >= 6
    assert sum(bool(given.exposure) for given in cases) >= 4


def test_the_result_record_holds_every_finding_as_plain_json() -> None:
    found = compared_case(draws=50)
    record = result_record(found.assessment, seed=1)
    rows = record["methods"]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert [row["method"] for row in rows] == [one.method for one in found.findings]
    presumed = next(row for row in rows if row["method"] == "eu_presumption")
    assert (presumed["action_lo"], presumed["relation"]) == ("act_now", "higher")
    assert presumed["reasons"][0]["reason"] == "presumption"
    assert all(set(reason) == {"reason", "zh", "en"} for row in rows for reason in row["reasons"])


def test_the_ranking_of_cases_is_the_borda_count() -> None:
    graded = tuple(one.assessment for one in shipped_comparisons())
    ranked = borda_ranking(graded)
    assert set(ranked.index) == {one.case.id for one in graded if one.lo is not None}
    n = len(ranked)
    assert ranked["count"].sum() == pytest.approx(3 * n * (n - 1) / 2)
    assert ranked["rank"].is_monotonic_increasing


@pytest.mark.parametrize(("lang", "name"), [("en", "methods_compared.md"), ("zh", "methods_compared.zh.md")])
def test_the_page_says_what_the_code_says_now(lang: str, name: str) -> None:
    page = (shipped.home() / "docs" / name).read_text(encoding="utf-8")
    assert page == in_language(lang, methods_page), (
        "make it again: doc_pages.writing.write_pages(Path('docs'), 'methods_compared', methods_page)"
    )


def test_methods_and_scales_of_findings_are_those_of_their_cards() -> None:
    for one in compared_case("hoverboards-2016", draws=20).fitting:
        codes = scale(card_of(one.method).scale).codes
        assert codes.index(str(one.lo)) <= codes.index(str(one.hi))
        assert set(actions_of(one)) <= set(ORDER)
