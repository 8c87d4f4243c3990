"""Facts of a case: bounded unknowns, approximate counts, what follows from others, and what cannot be together."""

from __future__ import annotations

import copy
import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment, assess
from riskkit.case.case_inputs import inputs_of, point_of
from riskkit.case.case_levels import evaluate
from riskkit.case.case_numbers import case_numbers
from riskkit.case.case_reading import load_case, parse_case
from riskkit.case.derived_facts import defect_found
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import TomlFile, parse_toml, read_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.distributions import parse_number, quantile
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards.scales import scale
from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.reports.case.basis import basis
from riskkit.workbench.reports.case.case_toml import case_toml

LEVELS = scale("warning").codes
LAMPS, TAKATA, CADMIUM = "desk-lamps-cbec-2019", "takata-inflators-2017", "cadmium-jewellery-2010"
NOTE7 = "note7-replacements-2016"


def edited(name: str, edit: Callable[[dict[str, Any]], None]) -> Case:
    file = read_toml(shipped.case_path(name))
    data = copy.deepcopy(file.data)
    edit(data)
    return parse_case(TomlFile(file.name, data, file.sha256, file.lines))


def with_facts(name: str, **facts: Any) -> Case:
    def edit(data: dict[str, Any]) -> None:
        for fact, value in facts.items():
            data["facts"].pop(fact, None)
            if value is not None:
                data["facts"][fact] = {"value": value, "basis": "judgement"}

    return edited(name, edit)


def of(case: Case, name: str = "house_graded_exposure") -> Assessment:
    return assess(case, profile=profile(name), rng=np.random.default_rng(1), draws=300)


def at_best(case: Case) -> dict[str, float]:
    x = {name: np.array([value]) for name, value in point_of(case).items()}
    return {name: float(values[0]) for name, values in case_numbers(case, x).facts.items()}


def refused(**facts: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputFaults) as caught:
        with_facts(LAMPS, **facts)
    return [(fault.place.split(" ")[-1], fault.rule) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("facts", "place", "rule"),
    [
        ({"units_on_market": 0, "is_on_sale": False}, "facts.is_spreading.value", "units_on_market is 0"),
        ({"units_on_market": 0, "is_spreading": False}, "facts.is_on_sale.value", "units_on_market is 0"),
        ({"deaths": 7, "injured": 3}, "facts.injured.value", "deaths is 7"),
        ({"serious_injuries": 7, "injured": 3}, "facts.injured.value", "serious_injuries is 7"),
        ({"deaths": 7, "injured": {"unknown": True, "at_most": 5}}, "facts.injured.value", "deaths is 7"),
        ({"deaths": {"unknown": True, "at_least": 4}, "injured": 3}, "facts.injured.value", "deaths is 4"),
        ({"units_on_sale": 90_000, "units_on_market": 50_000}, "facts.units_on_market.value", "on sale"),
        ({"n_reports": 0, "reports_growth": 4}, "facts.reports_growth.value", "n_reports is 0"),
        ({"n_cities": 2, "n_provinces": 28}, "facts.n_cities.value", "n_provinces is 28"),
        ({"n_cities": 40, "n_counties": 3}, "facts.n_counties.value", "n_cities is 40"),
        ({"deaths": {"unknown": True, "at_most": -1}}, "facts.deaths.value", "0 ≤ at_least ≤ at_most"),
        ({"deaths": {"unknown": True, "at_least": 5, "at_most": 2}}, "facts.deaths.value", "at_most"),
        ({"deaths": {"unknown": True}}, "facts.deaths.value", "at_least, at_most or both"),
        ({"deaths": {"unknown": False, "at_most": 2}}, "facts.deaths.value", "{unknown = true}"),
        ({"deaths": {"unknown": True, "at_most": 1e9}}, "facts.deaths.value", "0 to 1e+06"),
        ({"is_spreading": {"unknown": True, "at_most": 1}}, "facts.is_spreading.value", "true or false"),
        ({"units_on_market": {"about": 0}}, "facts.units_on_market.value", "about > 0"),
        ({"units_on_market": {"about": 5, "within": 2}}, "facts.units_on_market.value", "within < 1"),
        ({"hazard_quotient": 3}, "facts.hazard_quotient", "one of"),
        ({"expected_deaths": 3}, "facts.expected_deaths", "one of"),
    ],
)
def test_facts_that_cannot_be_are_refused_with_their_place(
    facts: dict[str, Any], place: str, rule: str
) -> None:
    assert any(there == place and rule in why for there, why in refused(**facts)), refused(**facts)


def test_contradictions_are_told_all_at_once() -> None:
    found = refused(units_on_market=0, deaths=9, injured=2, n_cities=1)
    assert len(found) == 4  # spreading, on sale, deaths above injured, fewer cities than provinces


def test_a_probability_or_a_dose_is_never_unknown_and_bounded() -> None:
    def step(data: dict[str, Any]) -> None:
        data["scenarios"][0]["steps"][0]["p"] = {"unknown": True, "at_most": 0.5}

    def years(data: dict[str, Any]) -> None:
        data["exposure"]["lifetime_years"]["value"] = {"unknown": True, "at_most": 5}

    def dose(data: dict[str, Any]) -> None:
        data["methods"]["exposure"][0]["guidance_value"]["value"] = {"unknown": True, "at_least": 5}

    for edit in (step, years, dose):
        with pytest.raises(InputFaults, match=r"steps\[0\].p|only facts of the case"):
            edited(CADMIUM, edit)


def test_a_bound_settles_what_lies_beyond_it_and_leaves_the_rest_open() -> None:
    """Lamps, Ⅲ: with deaths not known at all a death while on sale would be urgent, and 30 would be Ⅰ."""
    unknown = with_facts(LAMPS, deaths=None, injured=None, serious_injuries=None)
    few = with_facts(
        LAMPS, deaths={"unknown": True, "at_most": 0}, injured=None,
        serious_injuries={"unknown": True, "at_most": 9},
    )  # fmt: skip
    assert (of(unknown).lo, of(unknown).hi) == ("Ⅲ", "Ⅰ")
    assert (of(few).lo, of(few).hi) == ("Ⅲ", "Ⅲ")
    proven = with_facts(LAMPS, deaths={"unknown": True, "at_least": 10}, injured=None)
    assert of(proven).lo == "Ⅱ" and of(proven).hi == "Ⅰ"
    assert "deaths" in of(proven).missing


bounds = st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted)


@given(st.sampled_from(profile_names()), bounds, bounds, st.floats(0, 1))
def test_what_is_bounded_holds_every_value_within_the_bounds(
    name: str, deaths: list[int], serious: list[int], share: float
) -> None:
    def level(case: Case) -> tuple[int, int]:
        x = {key: np.array([value]) for key, value in point_of(case).items()}
        out = evaluate(case, x, profile=profile(name))
        return int(out.lo[0]), int(out.hi[0])

    def bound(pair: list[int]) -> dict[str, Any]:
        return {"unknown": True, "at_least": pair[0], "at_most": pair[1]}

    open_to = with_facts(LAMPS, deaths=bound(deaths), serious_injuries=bound(serious), injured=500)
    inside = [pair[0] + round(share * (pair[1] - pair[0])) for pair in (deaths, serious)]
    known = with_facts(LAMPS, deaths=inside[0], serious_injuries=inside[1], injured=500)
    blank = with_facts(LAMPS, deaths=None, serious_injuries=None, injured=500)
    assert level(blank)[0] <= level(open_to)[0] <= level(known)[0]
    assert level(known)[1] <= level(open_to)[1] <= level(blank)[1]


def test_a_bounded_unknown_is_written_and_read_again_and_never_drawn() -> None:
    case = load_case(NOTE7)
    text = case_toml(case, remarks=[])
    assert "serious_injuries" in text and "unknown = true" in text
    assert parse_case(parse_toml(text.encode(), "x.toml")) == case
    assert "serious_injuries" not in inputs_of(case) and math.isnan(point_of(case)["serious_injuries"])
    assert "serious_injuries" not in case.known_facts()


def test_about_keeps_the_number_and_spreads_by_a_tenth() -> None:
    about = parse_number({"about": 1_000_000})
    assert best(about) == 1_000_000
    low, high = quantile(about, [0.05, 0.95])
    assert (low, high) == pytest.approx((1e6 / 1.1, 1.1e6))
    wide = quantile(parse_number({"about": 1_000_000, "within": 0.5}), [0.05, 0.95])
    assert wide == pytest.approx((1e6 / 1.5, 1.5e6))


def test_expected_victims_by_hand() -> None:
    """20.5 million cars × 0.03 × 0.0015 × 0.09, and × 0.7 for wounds."""
    facts = at_best(load_case(TAKATA))
    assert facts["expected_deaths"] == pytest.approx(20_500_000 * 0.03 * 0.0015 * 0.09)
    assert facts["expected_serious"] == pytest.approx(20_500_000 * 0.03 * 0.0015 * 0.7)
    blank = at_best(with_facts(TAKATA, units_on_market=None))
    assert math.isnan(blank["expected_deaths"])


def test_expected_victims_count_a_mix_by_its_shares_and_leave_property_out() -> None:
    """Burns: 4e-4 × 26.5/93 × 0.7 × 10 % severe; night fire 4e-4 × 0.05 × 0.007; property does not count."""
    facts = at_best(load_case(NOTE7))
    assert facts["expected_serious"] == pytest.approx(190_984 * 4e-4 * 26.5 / 93 * 0.7 * 0.10)
    assert facts["expected_deaths"] == pytest.approx(190_984 * 4e-4 * 0.05 * 0.007)


def test_bounded_units_bound_the_expected_victims() -> None:
    case = with_facts(TAKATA, units_on_market={"unknown": True, "at_most": 1_000_000}, units_on_sale=None)
    x = {name: np.array([value]) for name, value in point_of(case).items()}
    numbers = case_numbers(case, x)
    low, high = (float(end[0]) for end in numbers.limits["expected_deaths"])
    assert (low, high) == (0, pytest.approx(1_000_000 * 0.03 * 0.0015 * 0.09))
    found = of(case)
    assert (found.lo, LEVELS.index(str(found.hi)) <= LEVELS.index("Ⅰ")) == ("Ⅱ", True)


def test_the_hazard_quotient_comes_from_the_doses_and_counts_for_their_scenario() -> None:
    case = load_case(CADMIUM)
    x = {name: np.array([value]) for name, value in point_of(case).items()}
    by_scenario = {
        one.scenario: float(one.own["hazard_quotient"][0]) for one in case_numbers(case, x).scenarios
    }
    assert by_scenario == pytest.approx(
        {"swallowed_charm": 1.333 / 0.011, "chronic_mouthing": 0.1467 / 0.0001}
    )
    assert of(case).grades.at["trigger", "rule"] == "TR-28"


@pytest.mark.parametrize(
    ("compared", "quotient"),
    [  # doses of 0.01 mg/kg bw/d; the margin asked for is 10,000 and 100
        ({"guidance_value": 0.1}, 0.1),
        ({"reference_point": 2.0, "reference_kind": "genotoxic_bmdl10"}, 50.0),
        ({"reference_point": 2.0, "reference_kind": "threshold_noael"}, 0.5),
        ({"reference_point": 2.0, "reference_kind": "genotoxic_bmdl10", "guidance_value": 0.0001}, 100.0),
        ({"structure": "cramer_1"}, 10 / 30),
        ({"structure": "cramer_3"}, 10 / 1.5),
        ({"structure": "dna_reactive"}, 10 / 0.0025),
        ({"structure": "dna_reactive", "guidance_value": 0.1}, 0.1),  # what is known goes before a threshold
        ({"structure": "cramer_3", "exclusions": ["metal"]}, None),
    ],
)
def test_margin_of_exposure_and_threshold_of_concern_feed_the_level_as_a_quotient_does(
    compared: dict[str, Any], quotient: float | None
) -> None:
    def replaced(data: dict[str, Any]) -> None:
        facts = {
            name: {"value": value, "basis": "judgement"} if isinstance(value, float) else value
            for name, value in compared.items()
        }
        text = {"zh": "某物质", "en": "a substance"}
        dose = {"id": "one", "scenario": "chronic_mouthing", "substance": text}
        given = {"dose": {"value": 0.01, "basis": "judgement"}}
        data["methods"]["exposure"] = [dose | given | facts]

    case = edited(CADMIUM, replaced)
    x = {name: np.array([value]) for name, value in point_of(case).items()}
    mouthing = case_numbers(case, x).scenarios[1]
    found = float(mouthing.own["hazard_quotient"][0])
    if quotient is None:
        assert math.isnan(found) and "hazard_quotient" in of(case).missing
    else:
        assert found == pytest.approx(quotient)


def test_a_margin_of_exposure_ten_times_too_small_lifts_the_level_like_a_quotient_of_ten() -> None:
    """Babies and a reference point: a margin of 1,000 where 10,000 is asked for, Ⅳ to Ⅲ."""

    def margin(data: dict[str, Any]) -> None:
        for dose in data["methods"]["exposure"]:
            del dose["guidance_value"]
            dose["dose"]["value"] = 0.001
            dose |= {"reference_kind": "genotoxic_bmdl10"}
            dose |= {"reference_point": {"value": 1, "basis": "judgement"}}

    name = "formaldehyde-babywear-2015"
    assert (of(load_case(name)).lo, of(load_case(name)).hi) == ("Ⅳ", "Ⅳ")
    assert (of(edited(name, margin)).lo, of(edited(name, margin)).grades.at["trigger", "rule"]) == (
        "Ⅲ",
        "TR-27",
    )


@pytest.mark.parametrize(("point", "level", "rule"), [(9.99, "Ⅲ", "TR-27"), (10, "Ⅳ", ""), (10.01, "Ⅳ", "")])
def test_a_margin_of_exposure_equal_to_the_one_asked_for_is_of_low_concern(
    point: float, level: str, rule: str
) -> None:
    """EFSA: 10,000 or more is of low concern; the margin must lie below it for the level to rise."""

    def margin(data: dict[str, Any]) -> None:
        for dose in data["methods"]["exposure"]:
            del dose["guidance_value"]
            dose["dose"]["value"] = 0.001
            dose |= {"reference_kind": "genotoxic_bmdl10"}
            dose |= {"reference_point": {"value": point, "basis": "judgement"}}

    found = of(edited("formaldehyde-babywear-2015", margin))
    assert (str(found.lo), str(found.hi)) == (level, level)
    assert (found.grades.at["trigger", "rule"] or "") == rule
    said = "".join(str(in_language(lang, basis, found).to_json()) for lang in ("zh", "en"))
    assert ("exactly on the bound" in said and "恰在界上" in said) == (point == 10)


def test_a_hazard_quotient_of_one_is_no_concern_and_above_it_is() -> None:
    for quotient, level in ((1.0, "Ⅳ"), (1.0001, "Ⅲ")):

        def exposed(data: dict[str, Any], quotient: float = quotient) -> None:
            for dose in data["methods"]["exposure"]:
                dose["dose"]["value"] = quotient * dose["guidance_value"]["value"]

        assert str(of(edited("formaldehyde-babywear-2015", exposed)).hi) == level


def test_chemical_cases_hold_doses_with_cited_guidance_values() -> None:
    for name in (
        "lead-paint-toys-2007",
        "formaldehyde-babywear-2015",
        CADMIUM,
        "claires-cadmium-charms-2010",
    ):
        case = load_case(name)
        assert {dose.scenario for dose in case.methods.exposure} == {s.id for s in case.scenarios}
        for dose in case.methods.exposure:
            assert dose.guidance_value is not None and dose.guidance_value.basis == "fact"
            assert dose.guidance_value.source and dose.dose is not None and dose.dose.note is not None
        assert "hazard_quotient" not in of(case).missing


def test_a_toxic_hazard_without_a_dose_is_unknown_and_not_low() -> None:
    def no_dose(data: dict[str, Any]) -> None:
        del data["methods"]["exposure"]

    case = edited(CADMIUM, no_dose)
    assert "hazard_quotient" in of(case).missing
    assert of(case).hi == of(load_case(CADMIUM)).hi
    assert LEVELS.index(str(of(case).lo)) < LEVELS.index(str(of(load_case(CADMIUM)).lo))


def test_an_uncertain_dose_is_simulated_with_the_rest() -> None:
    def spread(data: dict[str, Any]) -> None:
        data["methods"]["exposure"] = data["methods"]["exposure"][1:]
        data["methods"]["exposure"][0]["dose"]["value"] = {"median": 0.01, "gsd": 3}

    case = edited(CADMIUM, spread)  # median quotient 100: Ⅱ in about half
    found = of(case)
    assert "hazard_quotient.cadmium_mouthed" in inputs_of(case)
    assert "hazard_quotient.cadmium_mouthed" in set(found.tornado["input"])
    assert 0.4 < float(found.shares.at["Ⅱ", "at_least"]) < 0.9


@pytest.mark.parametrize(
    ("name", "fact", "edit"),
    [
        (LAMPS, "is_prohibited_import", {"direction": "export"}),
        (LAMPS, "remedy_failed", {}),
        (LAMPS, "units_on_sale", {"is_on_sale": False}),
    ],
)
def test_what_cannot_be_is_known_to_be_nothing(name: str, fact: str, edit: dict[str, Any]) -> None:
    def change(data: dict[str, Any]) -> None:
        data["facts"].pop(fact, None)
        for key, value in edit.items():
            if key in data["facts"]:
                data["facts"][key]["value"] = value
            else:
                data[key] = value

    assert at_best(edited(name, change))[fact] == 0


def test_a_remedy_before_the_assessment_may_have_failed() -> None:
    case = with_facts(NOTE7, remedy_failed=None)
    assert math.isnan(at_best(case)["remedy_failed"])
    assert (of(case).lo, of(case).hi) == ("Ⅰ", "Ⅰ"), "urgent and serious anyway"
    assert any(one.date < dt.date(2016, 10, 10) and "recall" in one.measures for one in case.actions)


def test_a_defect_is_what_the_case_holds_of_one() -> None:
    assert defect_found(load_case(NOTE7)) is True
    assert defect_found(load_case("desk-lamps-cbec-2019")) is True  # a safety requirement failed
    assert defect_found(load_case("inclined-sleeper-2019")) is None


@pytest.mark.parametrize(("name", "counts"), [("note7-battery-2016", False), ("takata-inflators-2017", True)])
def test_the_report_says_what_a_severity_grade_draws_on(name: str, counts: bool) -> None:
    case = load_case(name)
    found = assess(case, profile=profile("house_matrix"), rng=np.random.default_rng(1), draws=50)
    governing = found.scenarios.set_index("governs").loc[True]
    scenario = next(one for one in case.scenarios if one.id == governing["scenario"])
    for lang, harm in {
        "zh": "此情景计入" if counts else "此情景不计入",
        "en": "it counts" if counts else "not count",
    }.items():
        section = in_language(lang, basis, found)
        assert section is not None
        said = str(section.to_json())
        assert harm in said and in_language(lang, scenario.severity_reason.say)[:20] in said
    default = basis(of(case))
    assert default is not None and "severity grade draws on" not in str(default.to_json())
