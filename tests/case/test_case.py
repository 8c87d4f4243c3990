"""A case from file to assessment: good files, every kind of bad file, and the laws of the result."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from assessed import graded
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT, TESTS

from riskkit.assessment.sensitivity.robustness import level_shares
from riskkit.case.case import assess
from riskkit.case.case_inputs import draw_inputs, point_of
from riskkit.case.case_levels import evaluate
from riskkit.case.case_reading import load_case, parse_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import MAX_BYTES, parse_toml
from riskkit.foundation.standards import standards
from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.runs.result import result_record

CASES = sorted((ROOT / "data" / "cases").glob("*.toml"))
GOOD = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
FACTS = standards.facts()
MATRIX = profile("house_matrix")


def kettle(text=GOOD):
    return parse_case(parse_toml(text.encode(), "kettle.toml"))


def faults_of(text):
    with pytest.raises(InputFaults) as caught:
        kettle(text)
    return caught.value


def test_a_small_case_by_hand():
    """p = 1/100 × 1/10 × 1/2 = 1/2000, severity 3: EU high; H3 × P1 = Ⅲ; scope 4 raises to Ⅱ."""
    a = assess(kettle(), profile=MATRIX, rng=np.random.default_rng(1), draws=1000)
    assert (a.risk, a.lo, a.hi) == ("high", "Ⅱ", "Ⅱ")
    row = a.scenarios.iloc[0]
    assert (row["p_exact"], row["band"], row["severity_lo"], row["probability"]) == ("1/2000", 4, 3, 1)
    assert a.grades["lo"].tolist() == [3, 1, 3, 4, 1]
    assert a.grades["rule"].tolist() == ["SV-2", "", "UR-8", "SC-7", ""]
    assert a.shares["certain"].tolist() == [0, 0, 1, 0]
    assert a.profiles.set_index("profile")["lo"].to_dict() == {
        "house_graded_exposure": "Ⅲ",
        "house_matrix": "Ⅱ",
        "house_three_factors": "Ⅱ",
    }
    ports = a.flips[(a.flips["input"] == "n_ports")].iloc[0]
    assert (ports["direction"], ports["to_value"], ports["hi"]) == ("less", 4.0, 2)
    assert a.missing == ()
    assert "Level Ⅱ in 100 % of 1,000 simulations" in a.robustness.en
    assert "1,000次模拟中100%为Ⅱ级" in a.robustness.zh


def test_the_small_case_under_the_default_profile():
    """High risk (3), urgency 3, scope 2 (7 ports, spreading, 20,000 units): Ⅲ, as for one serious injury."""
    a = assess(kettle(), rng=np.random.default_rng(1), draws=100)
    assert (a.profile.name, a.lo, a.hi) == ("house_graded_exposure", "Ⅲ", "Ⅲ")
    assert a.grades["lo"].tolist() == [3, 1, 3, 2, 2]
    assert a.grades["rule"].tolist() == ["SV-2", "", "UR-8", "SC-16", "TR-14"]
    died = kettle(GOOD.replace("[facts.deaths]\nvalue = 0", "[facts.deaths]\nvalue = 1"))
    assert assess(died, rng=np.random.default_rng(1), draws=100).lo == "Ⅱ"  # on sale: urgency 4


def test_an_unknown_fact_gives_a_range_and_is_named():
    text = GOOD.replace('[facts.is_spreading]\nvalue = true\nbasis = "fact"\nsource = ["s1"]\n', "")
    a = assess(kettle(text), profile=MATRIX, rng=np.random.default_rng(1), draws=200)
    assert (a.lo, a.hi) == ("Ⅲ", "Ⅱ")
    assert a.missing == ("is_spreading",)
    assert "still reaching further places" in a.robustness.en
    assert any("仍在向新的地区或人群扩散" in question.zh for question in a.questions)
    assert a.shares["possible"].tolist() == [0, 1, 1, 0]


def test_food_is_routed_out_before_grading():
    a = assess(
        kettle(GOOD.replace('goods = "consumer_product"', 'goods = "food"')), rng=np.random.default_rng(1)
    )
    assert (a.route, a.lo, a.hi, a.risk) == ("food_accident_plan", None, None, None)
    assert a.grades.empty
    record = result_record(a, seed=1)
    assert record["warning"]["level"] is None
    assert "食品" in record["robustness"]["zh"]


def test_a_presumption_makes_the_risk_serious_and_is_put_to_the_committee():
    text = GOOD + '\n[[presumptions]]\nground = "defective_electrical"\nsource = ["s1"]\n'
    a = assess(kettle(text), rng=np.random.default_rng(1), draws=100)
    assert (a.risk, a.presumed) == ("serious", True)
    assert a.profiles.set_index("profile").at["house_three_factors", "lo"] == "Ⅰ"
    assert any("presuming" in question.en for question in a.questions)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_shipped_case_keeps_the_laws(path):
    case = load_case(path)
    a = assess(case, rng=np.random.default_rng(1), draws=400)
    record = result_record(a, seed=1)
    json.dumps(record, allow_nan=False)
    if a.route != "graded":
        assert record["warning"]["lo"] is None
        return
    codes = list(a.shares.index)
    assert codes.index(a.lo) <= codes.index(a.hi)
    assert a.shares["certain"].sum() <= 1 + 1e-12
    assert (a.shares["possible"] >= a.shares["certain"]).all()
    assert (a.lo != a.hi) <= bool(a.missing)
    assert record["grades"]["severity"]["lo"] >= 1
    again = result_record(assess(case, rng=np.random.default_rng(1), draws=400), seed=1)
    assert json.dumps(again, sort_keys=True) == json.dumps(record, sort_keys=True)


@pytest.mark.parametrize("name", profile_names())
@given(data=st.data())
def test_the_level_is_monotone_in_every_input(name, data):
    case = data.draw(st.sampled_from(graded()))
    x = {key: np.array([value]) for key, value in point_of(case).items()}
    for key, values in x.items():
        if key in FACTS and FACTS[key].maximum > 5:
            top = min(FACTS[key].maximum, 2e6)
            values[0] = data.draw(st.sampled_from([np.nan, 0.0, 1.0, 5.0, 50.0, top, values[0]]))
    key = data.draw(st.sampled_from(sorted(x)))
    if np.isnan(x[key][0]):
        return
    kind = "p" if ".p" in key else "severity" if "." in key else FACTS[key].kind
    bounds = {"p": (0.0, 1.0), "severity": (1.0, 4.0)}.get(kind) or (FACTS[key].minimum, FACTS[key].maximum)
    end = bounds[0] if key in FACTS and FACTS[key].worse == "less" else bounds[1]
    moved = x[key][0] + data.draw(st.floats(0, 1)) * (end - x[key][0])
    if kind not in ("p", "ratio"):
        moved = np.ceil(moved) if end >= x[key][0] else np.floor(moved)
    worse = x | {key: np.array([moved])}
    before, after = (evaluate(case, inputs, profile=profile(name)) for inputs in (x, worse))
    assert after.lo[0] >= before.lo[0]
    assert after.hi[0] >= before.hi[0]


def test_shares_agree_with_evaluating_each_draw():
    case = load_case("note7-battery-2016")
    x = draw_inputs(case, 60, rng=np.random.default_rng(4))
    together = evaluate(case, x, profile=profile())
    alone = [
        evaluate(
            case, {name: values[[min(i, values.size - 1)]] for name, values in x.items()}, profile=profile()
        )
        for i in range(60)
    ]
    n = max(together.lo.size, 1)
    assert np.broadcast_to(together.lo, 60).tolist() == [int(one.lo[0]) for one in alone]
    assert level_shares(together.lo, together.hi)["certain"].sum() == pytest.approx(
        np.mean([one.lo[0] == one.hi[0] for one in alone])
        if n > 1
        else float(together.lo[0] == together.hi[0])
    )


def test_all_faults_at_once_with_their_lines():
    bad = (
        GOOD.replace('jurisdiction = "CN"', 'jurisdiction = "XX"')
        .replace('hs = ["851610"]', 'hs = ["85-16"]')
        .replace('p = "1/10"', "p = 1.5")
        .replace('hazard_class = "physical"', 'hazard_class = "magic"')
        .replace("schema = 1", "schema = 1\nsurprise = 2")
    )
    error = faults_of(bad)
    text = str(error)
    assert len(error.faults) == 5
    lines = bad.splitlines()
    for what in ("surprise", "jurisdiction", "hs", "p = 1.5", "hazard_class"):
        number = next(i for i, line in enumerate(lines, 1) if line.startswith(what))
        assert f"kettle.toml:{number} " in text


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('p = "1/10"', "p = nan", "finite number"),
        ('p = "1/10"', "p = -0.1", "probability from 0 to 1"),
        ('p = "1/10"', "p = \"__import__('os').system('id')\"", "finite number or a fraction"),
        ('p = "1/10"', "p = { low = 0.1, high = 0.2, evil = 1 }", "a number, a fraction"),
        ("severity = 3", "severity = 5", "severity from 1 to 4"),
        ("severity = 3", 'severity = { "3" = 0.5, "4" = 0.6 }', "sum to 1"),
        ("value = 7", "value = -7", "0 to 10000"),
        ("value = 7", "value = 7.5", "whole number"),
        ("value = 7", "value = inf", "finite"),
        ("[facts.n_ports]", "[facts.n_harbours]", "one of deaths"),
        ('value = true\nbasis = "fact"', 'value = 0.5\nbasis = "fact"', "true or false"),
        ('source = ["s1"]', 'source = ["s9"]', "id of a source"),
        ('hazard = "burst"', 'hazard = "bang"', "id of a hazard"),
        ('injury = "burn"', 'injury = "other_harm"', "other_harm for other harm"),
        ('injury = "burn"', 'injury = "drowning"', "injury table words"),
        ('origin = ["CN"]', 'origin = ["China"]', "alpha-2"),
        ('id = "kettle"', 'id = "../kettle"', "of the form"),
        ('goods = "consumer_product"', 'goods = "gadget"', "one of consumer_product"),
        ('url = "https://example.org/report"', 'url = "javascript:alert(1)"', "of the form"),
        ('en = "Kettle"', 'en = ""', "at least 1 character|not empty"),
        ('en = "Kettle"', 'en = "Kettle\\u202e"', "control, hidden or direction"),
        ('en = "Kettle"', 'en = "Kettle\\u0000"', "control, hidden or direction"),
        ('zh = "电热水壶", en = "Kettle"', 'zh = "电热水壶"', r"title\.en: missing \(required\)"),
        ("assessed_on = 2026-05-01", 'assessed_on = "2023-02-30"', "date"),
        ("events", "eventz", "a number, a fraction"),
    ],
)
def test_each_kind_of_bad_value_is_refused(old, new, rule):
    text = GOOD if old != "events" else GOOD.replace('p = "1/10"', "p = { eventz = 1, trials = 2 }")
    assert old in GOOD or old == "events"
    with pytest.raises(InputFaults, match=rule):
        kettle(text.replace(old, new, 1) if old != "events" else text)


@pytest.mark.parametrize("n", [2, 6])
def test_two_or_six_steps_are_refused_under_the_eu_method(n):
    step = GOOD[GOOD.index("[[scenarios.steps]]") : GOOD.index("[facts.n_ports]")]
    one = "[[scenarios.steps]]" + step.split("[[scenarios.steps]]")[1]
    error = faults_of(GOOD.replace(step, one * n))
    assert f"{n} steps" in str(error)
    assert "3 to 5 steps (eu_2024_3173)" in str(error)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"a = ",
        b"[" * 5000,
        b"x = 1\nx = 2",
        "schema = 1\n名称 = 1".encode(),
        b"schema = 1" + b"\x00",
    ],
)
def test_no_toml_no_case(raw):
    with pytest.raises(InputFaults):
        parse_case(parse_toml(raw, "bad.toml"))


def test_a_200_mb_file_is_refused_unread(tmp_path):
    path = tmp_path / "big.toml"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 200_000_000)
    with pytest.raises(InputFaults, match=f"at most {MAX_BYTES:,} bytes"):
        load_case(path)


@pytest.mark.parametrize("path", ["data/../../etc/passwd", "no-such-case", "/", "x\0y.toml", "/dev/zero"])
def test_strange_paths_are_refused(path):
    with pytest.raises(InputFaults):
        load_case(path)


def test_draws_must_be_at_least_one():
    with pytest.raises(ValueError, match="at least 1"):
        assess(kettle(), rng=np.random.default_rng(1), draws=0)


def test_a_rare_scenario_loses_levels_step_by_step_and_triggers_count_in_full():
    levels = []
    for p in ("1/20000", "1/50000", "1/100000", "1/200000"):  # × 1/20: 2.5e-6, 1e-6, 5e-7, 2.5e-7
        rare = GOOD.replace('p = "1/100"', f'p = "{p}"').replace("severity = 3", "severity = 4")
        levels.append(assess(kettle(rare), profile=MATRIX, rng=np.random.default_rng(1), draws=9).lo)
    assert levels == ["Ⅰ", "Ⅱ", "Ⅱ", "Ⅲ"]  # Ⅱ raised for scope; a level off from 1e-6, another from 3.2e-7
    rare = GOOD.replace('p = "1/100"', 'p = "1/1000000"').replace("severity = 3", "severity = 4")
    a = assess(kettle(rare), profile=MATRIX, rng=np.random.default_rng(1), draws=100)
    assert (a.scenarios.at[0, "p_exact"], a.lo, a.hi) == ("1/20000000", "Ⅳ", "Ⅳ")
    assert a.profiles.set_index("profile").at["house_three_factors", "lo"] == "Ⅲ"
    died = rare.replace("[facts.deaths]\nvalue = 0", "[facts.deaths]\nvalue = 12").replace(
        "value = 2\n", "value = 12\n", 1
    )
    assert assess(kettle(died), profile=MATRIX, rng=np.random.default_rng(1), draws=100).lo == "Ⅱ"
