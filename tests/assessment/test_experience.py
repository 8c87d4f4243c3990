"""Scenarios checked against experience: exact intervals, what is flagged, and what a case may not say."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.assessment.facts.back_check import BackCheck, back_check, poisson_interval
from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import assess
from riskkit.case.case_inputs import point_of
from riskkit.case.case_numbers import scenario_matrix
from riskkit.case.case_reading import load_case, parse_case
from riskkit.case.comparison.methods import compare_methods
from riskkit.case.experience_sentences import experience_questions, questions_at_best
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import TomlFile, parse_toml, read_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.risk_matrices import risk_matrix
from riskkit.workbench.commands import cli
from riskkit.workbench.reports.case import evidence, experience, summary
from riskkit.workbench.reports.case.case_toml import case_toml
from riskkit.workbench.reports.figures import compare_figure
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.result import result_record

TAKATA, LEAD, CRIBS = "takata-inflators-2017", "lead-paint-toys-2007", "drop-side-cribs-2009"
WASHERS = "samsung-washers-2016"


def edited(name: str, edit: Callable[[dict[str, Any]], None]) -> Case:
    file = read_toml(shipped.case_path(name))
    data = copy.deepcopy(file.data)
    edit(data)
    return parse_case(TomlFile(file.name, data, file.sha256, file.lines))


def experience_at_best(case: Case) -> BackCheck:
    at = {name: np.array([value]) for name, value in point_of(case).items()}
    return back_check(case, at, at)


def with_experience(name: str, **experience: Any) -> Case:
    return edited(name, lambda data: data.update(experience=experience))


def with_facts(name: str, **facts: Any) -> Case:
    def edit(data: dict[str, Any]) -> None:
        data["facts"] |= {key: {"value": value, "basis": "judgement"} for key, value in facts.items()}

    return edited(name, edit)


def judged(value: Any) -> dict[str, Any]:
    return {"value": value, "basis": "judgement"}


def row(found: BackCheck, outcome: str) -> dict[str, Any]:
    return dict(found.compared[found.compared["outcome"] == outcome].iloc[0])


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [  # Garwood's limits as epidemiological tables print them
        (0, 0.0, 3.689),
        (1, 0.0253, 5.572),
        (2, 0.2422, 7.225),
        (10, 4.795, 18.390),
        (50, 37.111, 65.919),
        (100, 81.364, 121.627),
    ],
)
def test_poisson_intervals_are_those_of_published_tables(events: int, low: float, high: float) -> None:
    found = poisson_interval(events)
    assert [float(end) for end in found] == pytest.approx([low, high], abs=6e-4)


def test_a_poisson_interval_refuses_what_is_no_count() -> None:
    for events, confidence in ((-1, 0.95), (3, 0.0), (3, 1.0), (3, math.nan)):
        with pytest.raises(ValueError, match="counts from 0"):
            poisson_interval(events, confidence=confidence)


@given(st.integers(0, 5000), st.floats(0.5, 0.99))
def test_a_poisson_interval_holds_its_count_and_widens_with_confidence(events: int, level: float) -> None:
    low, high = (float(end) for end in poisson_interval(events, confidence=level))
    wide = [float(end) for end in poisson_interval(events, confidence=level + 0.005)]
    assert low <= events <= high and wide[0] <= low and high < wide[1]


def test_takata_is_flagged_its_scenarios_make_one_expect_about_ten_times_the_deaths_in_the_united_states() -> (
    None
):
    """40 million cars × 0.03 × 0.0015 × 0.09, half of their life: 81 deaths, and 10 are known."""
    found = row(experience_at_best(load_case(TAKATA)), "deaths")
    assert found["expected"] == pytest.approx(40e6 * 0.03 * 0.0015 * 0.09 * 0.5)
    assert (found["observed"], found["where"], found["state"]) == (10, "US", "more_expected")
    assert 5 < found["ratio"] < 15


def test_lead_paint_is_flagged_hundreds_of_children_are_expected_and_none_is_known() -> None:
    found = row(experience_at_best(load_case(LEAD)), "serious_injuries")
    assert found["expected_life"] == pytest.approx(967_000 * (0.6 * 0.1 * 0.01 + 0.6 * 0.01 * 0.02 * 0.3))
    assert found["expected_life"] > 580 and found["observed"] == 0 and math.isinf(found["ratio"])
    assert (found["hi"], found["state"]) == (pytest.approx(3.689, abs=1e-3), "more_expected")


def test_cribs_and_washers_fit() -> None:
    for name in (CRIBS, WASHERS):
        assert experience_at_best(load_case(name)).questioned().empty


def test_the_quick_look_at_a_case_asks_what_the_whole_comparison_asks() -> None:
    cases = [load_case(name) for name in resources.shipped_cases()]
    cases += [with_facts(WASHERS, injured=5000), with_facts(LEAD, deaths=900, injured=900)]
    asked = [questions_at_best(case) for case in cases]
    assert asked == [experience_questions(experience_at_best(case)) for case in cases]
    assert any(asked)
    assert not all(asked)


def test_harm_that_no_scenario_foresees_is_a_question_too() -> None:
    found = row(experience_at_best(with_facts(WASHERS, injured=5000, serious_injuries=1)), "injured")
    assert (found["state"], found["ratio"] < 0.2) == ("fewer_expected", True)


def test_chance_alone_is_no_question() -> None:
    """2 expected and none known is a ratio without end, but happens in one of seven such cases."""
    found = row(experience_at_best(load_case("cadmium-jewellery-2010")), "injured")
    assert math.isinf(found["ratio"]) and 0 < found["expected"] < found["hi"] and found["state"] == "fits"


def test_reporting_and_life_elapsed_scale_what_is_expected() -> None:
    plain = row(experience_at_best(with_experience(LEAD)), "serious_injuries")
    some = with_experience(LEAD, reported=judged(0.01), life_elapsed=judged(0.05))
    hidden = row(experience_at_best(some), "serious_injuries")
    assert plain["is_assumed"] and plain["expected"] == pytest.approx(plain["expected_life"] * 0.5)
    assert not hidden["is_assumed"]
    assert hidden["expected"] == pytest.approx(plain["expected_life"] * 0.01 * 0.05)
    assert hidden["state"] == "fits"


def test_incidents_of_a_scenario_are_compared_step_by_step() -> None:
    """733 reports of a breaking drum against 2.8 million × 0.0008 × half a life, not against injuries."""
    seen = {"id": "breaks", "outcome": "incidents", "scenario": "struck_moderate", "through": 1}
    found = with_experience(WASHERS, observations=[seen | {"events": judged(733)}])
    at = experience_at_best(found).compared.set_index("scenario").loc["struck_moderate"]
    assert at["expected"] == pytest.approx(2_800_000 * 0.0008 * 0.5) and at["state"] == "fits"
    few = with_experience(WASHERS, observations=[seen | {"events": judged(30_000)}])
    state = experience_at_best(few).compared.set_index("scenario").at["struck_moderate", "state"]
    assert state == "fewer_expected"


def test_more_incidents_than_harm_is_no_contradiction_in_itself() -> None:
    found = row(experience_at_best(load_case(WASHERS)), "incidents")
    assert found["ratio"] < 0.2 and found["state"] == "fits"


def test_what_is_not_known_is_not_taken_for_none() -> None:
    def blank(data: dict[str, Any]) -> None:
        for name in ("units_on_market", "units_on_sale"):
            data["facts"].pop(name, None)

    assert row(experience_at_best(edited(LEAD, blank)), "injured")["state"] == "not_comparable"
    bounded = with_facts(LEAD, serious_injuries={"unknown": True, "at_most": 60}, injured=60)
    assert row(experience_at_best(bounded), "serious_injuries")["state"] == "not_known"
    tight = with_facts(LEAD, serious_injuries={"unknown": True, "at_most": 2}, injured=2)
    assert row(experience_at_best(tight), "serious_injuries")["state"] == "more_expected"


def test_harm_elsewhere_is_compared_only_where_the_units_there_are_known() -> None:
    found = experience_at_best(load_case("furniture-tip-over-2016")).compared
    assert found.set_index("outcome").at["deaths", "state"] == "not_comparable"


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"life_elapsed": judged(1.2)}, "experience.life_elapsed.value", "from 0 to 1"),
    ({"life_elapsed": judged({"low": -0.1, "high": 0.5})}, "experience.life_elapsed.value", "from 0 to 1"),
    ({"life_elapsed": judged({"unknown": True, "at_most": 1})}, "life_elapsed.value", "only events"),
    ({"reported": judged(0)}, "experience.reported.value", "above 0"),
    ({"reported": judged({"median": 0.5, "gsd": 2})}, "experience.reported.value", "above 0, to 1"),
    ({"life_elapsed": {"value": 0.5, "basis": "fact"}}, "life_elapsed.source", "at least one source"),
    ({"life_elapsed": judged(0.5) | {"source": ["nobody"]}}, "life_elapsed.source", "the id of a source"),
]
SEEN = {"id": "a", "outcome": "deaths", "where": "CA", "events": judged(1)}
SEEN_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"events": judged(-1)}, "events.value", "at least 0"),
    ({"events": judged(1.5)}, "events.value", "a whole number"),
    ({"events": judged({"unknown": True, "at_least": 1})}, "events.value", "at most a number"),
    ({"units": judged(0)}, "units.value", "above 0"),
    ({"units": judged({"low": -5, "high": 9})}, "units.value", "above 0"),
    ({"outcome": "rumours"}, "outcome", "one of"),
    ({"where": "XX"}, "where", "country"),
    ({"scenario": "nothing"}, "scenario", "the id of a scenario"),
    ({"through": 1}, "through", "incidents of a scenario"),
    ({"outcome": "incidents", "scenario": "baby_falls", "through": 9}, "through", "at most 3"),
    ({"where": "US", "events": judged(9)}, "events.value", "what facts.deaths says"),
    ({"where": "US", "events": judged(2)}, "events.value", "what facts.deaths says"),
]


@pytest.mark.parametrize(("experience", "place", "rule"), FAULTS)
def test_shares_outside_their_range_are_refused(experience: dict[str, Any], place: str, rule: str) -> None:
    assert any(place in there and rule in why for there, why in refused(experience))


@pytest.mark.parametrize(("change", "place", "rule"), SEEN_FAULTS)
def test_observations_that_cannot_be_are_refused(change: dict[str, Any], place: str, rule: str) -> None:
    found = refused({"observations": [SEEN | change]})
    assert any(f"observations[0].{place}" in there and rule in why for there, why in found), found


def refused(experience: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InputFaults) as caught:
        with_experience(CRIBS, **experience)
    return [(fault.place, fault.rule) for fault in caught.value.faults]


def test_all_faults_come_at_once_with_contradicting_counts() -> None:
    injured = {"id": "a", "outcome": "injured", "where": "CA", "events": judged(2)}
    deaths = {"id": "a", "outcome": "deaths", "where": "CA", "events": judged(5), "units": judged(-3)}
    found = refused({"life_elapsed": judged(7), "observations": [injured, deaths]})
    rules = " ".join(rule for _, rule in found)
    for said in ("stands once", "from 0 to 1", "above 0", "at most the persons harmed there: 2"):
        assert said in rules


def test_a_case_with_experience_is_written_and_read_again() -> None:
    case = load_case(TAKATA)
    assert parse_case(parse_toml(case_toml(case).encode(), "x.toml")) == case


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", [TAKATA, LEAD])
def test_page_one_asks_and_section_figure_and_record_show_it(name: str, lang: str) -> None:
    a = assess(load_case(name), rng=np.random.default_rng(1), draws=200)
    assert a.experience is not None
    asked = in_language(lang, experience_questions(a.experience)[0].say)
    page = in_language(lang, summary.summary, a)
    assert asked in [block.text for block in page.blocks if hasattr(block, "text")]
    assert asked in [in_language(lang, question.say) for question in a.questions]
    section, picture = (
        in_language(lang, experience.experience, a),
        in_language(lang, compare_figure.experience_picture, a),
    )
    assert section is not None and section.id == "experience"
    assert picture is not None and len(go.Figure(picture.figure).data) >= 2
    compared = result_record(a, seed=1)["experience"]["compared"]
    assert "more_expected" in {one["state"] for one in compared}
    json.dumps(compared, allow_nan=False)


def test_check_warns_and_does_not_refuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", TAKATA, WASHERS, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert said.count("? Experience differs") == 1 and "81" in said
    assert cli.main(["check", LEAD, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] and "与经验不符" in answer["checked"][0]["questions"][0]["zh"]


WASTE, FIREWORKS = "us-waste-paper-2018", "ningbo-fireworks-2019"


def test_a_probability_per_shipment_is_read_from_a_grid_of_its_own() -> None:
    """Waste dumped, 5.6e-4 a shipment, 3 in 10 severe: 1.7e-4 is high as if per product, low per shipment."""
    case = load_case(WASTE)
    assert {scenario_matrix(s).name for s in case.scenarios} == {"shipment_house"}
    a = assess(case, rng=np.random.default_rng(1), draws=200)
    assert a.scenarios.set_index("scenario").at["waste_dumped", "risk"] == "low"

    def per_product(data: dict[str, Any]) -> None:
        for scenario in data["scenarios"]:
            del scenario["per"]

    as_if = assess(edited(WASTE, per_product), rng=np.random.default_rng(1), draws=200)
    assert as_if.scenarios.set_index("scenario").at["waste_dumped", "risk"] == "high"


def test_the_grid_per_shipment_is_never_graver_than_the_methods_and_as_grave_for_fatal_harm() -> None:
    per_product, per_shipment = (risk_matrix(name).cells for name in ("eu_2024_3173", "shipment_house"))
    assert (per_shipment <= per_product).all() and (per_shipment[:, 3] == per_product[:, 3]).all()
    assert (np.diff(per_shipment, axis=0) >= 0).all() and (np.diff(per_shipment, axis=1) >= 0).all()


@pytest.mark.parametrize("name", [WASTE, FIREWORKS])
def test_a_report_says_that_probabilities_are_per_shipment_and_multiplies_them_by_no_products(
    name: str,
) -> None:
    a = assess(load_case(name), rng=np.random.default_rng(1), draws=200)
    section = evidence.scenarios(a)
    assert section is not None
    assert any("per shipment" in getattr(block, "text", "") for block in section.blocks)
    assert "risk_matrix_list" in set(a.house_rows["table"])
    assert a.experience is not None and a.experience.scenarios["expected_life"].isna().all()
    assert set(a.experience.compared["state"]) == {"not_comparable"}
    compared = {one.method: one.misfit for one in compare_methods(a).findings}
    assert compared["eu_2024_3173"] in ("per_shipment", "not_consumer_product")


def test_an_unknown_unit_of_a_probability_is_refused() -> None:
    def wrong(data: dict[str, Any]) -> None:
        data["scenarios"][0]["per"] = "tonne"

    with pytest.raises(InputFaults, match=r"scenarios\[0\].per"):
        edited(WASTE, wrong)
