"""What-ifs: written, read back, made to a case, compared on the same draws; and the value of knowing."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import reference_whatif as slow
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import TESTS, own

from riskkit.assessment.facts.case_file import Fact, Text
from riskkit.assessment.what_if.harm import expected_harm, harm_draws
from riskkit.assessment.what_if.level_information import (
    information_sentence,
    information_value,
    loss_table,
    losses_from_rows,
    value_of_knowing,
)
from riskkit.assessment.what_if.what_if import changed
from riskkit.assessment.what_if.what_if_file import (
    Change,
    WhatIf,
    WhatIfs,
    apply,
    load_what_ifs,
    parse_what_ifs,
    what_ifs_text,
)
from riskkit.case import case_inputs, case_levels
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case, parse_case
from riskkit.case.what_if_effects import (
    Grading,
    changed_draws,
    effect_sentence,
    effects,
    effects_table,
    robust_level,
    worst_plausible_level,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.uncertainty import Changed, Fixed, Pert, Range, best, quantile
from riskkit.foundation.shipped import home
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import TableFault
from riskkit.warning.profiles import profile
from riskkit.workbench.reports.case.case_toml import case_toml

CASES = TESTS / "cases"
KETTLE = load_case(CASES / "kettle.toml")
WHAT_IFS = load_what_ifs(str(CASES / "kettle_what_ifs.toml"), KETTLE)
LABEL, SEAL, RECALL = WHAT_IFS.what_ifs
SAME = Text(zh="理由", en="reason")
SHIPPED = sorted(path.stem for path in (home() / "data" / "cases").glob("*.toml"))


def grading(seed=1):
    return Grading(
        case_inputs.point_of,
        lambda case, n: case_inputs.draw_inputs(case, n, rng=np.random.default_rng(seed)),
        lambda case, x: case_levels.evaluate(case, x, profile=profile()),
    )


def one_fact(value):
    return Fact(value=value, basis="judgement")


def one_change(name, do, value, **more):
    change = Change(input=name, do=do, value=value, reason=SAME, evidence="some_data", **more)
    return WhatIf(id="w", kind="other_measure", title=SAME, changes=(change,))


def test_what_ifs_read_back_as_written():
    assert parse_what_ifs(parse_toml(what_ifs_text(WHAT_IFS).encode(), "x.toml"), KETTLE) == WHAT_IFS


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_case_reads_back_as_written(name):
    case = load_case(name)
    assert parse_case(parse_toml(case_toml(case).encode(), "x.toml")) == case


@pytest.mark.parametrize("what_if", WHAT_IFS.what_ifs, ids=lambda one: one.id)
def test_a_changed_case_is_a_case_and_reads_back_as_written(what_if):
    after = apply(KETTLE, what_if)
    assert parse_case(parse_toml(case_toml(after).encode(), "x.toml")) == after
    assert assess(after, rng=np.random.default_rng(1), draws=200).route == "graded"
    assert after.id == f"kettle--{what_if.id}"
    assert load_case(CASES / "kettle.toml") == KETTLE


TEXTS = st.text(
    st.characters(blacklist_categories=["Cc", "Cf", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=20
)
NUMBERS = st.one_of(
    st.fractions(0, 1, max_denominator=9999).map(lambda x: f"{x.numerator}/{x.denominator}"),
    st.tuples(st.floats(0.01, 0.4), st.floats(0.5, 1)).map(lambda x: {"low": x[0], "high": x[1]}),
    st.tuples(st.floats(1e-6, 0.9), st.floats(1.1, 9)).map(lambda x: {"median": x[0], "gsd": x[1]}),
    st.tuples(st.floats(0.1, 99), st.floats(0.1, 99)).map(lambda x: {"alpha": x[0], "beta": x[1]}),
)


@given(TEXTS, TEXTS, NUMBERS, st.sampled_from(["set", "multiply"]))
def test_any_what_if_reads_back_as_written(zh, en, number, do):
    change = Change(input="scald.p1", do=do, value=number, reason=Text(zh=zh, en=en), evidence="some_data")
    made = WhatIfs(
        schema=1,
        case="kettle",
        what_ifs=(WhatIf(id="x", kind="design_fix", title=Text(zh=en, en=zh), changes=(change,)),),
    )
    assert parse_what_ifs(parse_toml(what_ifs_text(made).encode(), "x.toml"), KETTLE) == made


def test_a_file_with_faults_tells_them_all_with_their_lines():
    text = (CASES / "kettle_what_ifs.toml").read_text(encoding="utf-8")
    text = text.replace('"scald.p2"', '"scald.p9"').replace('source = ["s1"]', 'source = ["s7"]')
    text = text.replace('input = "units_on_market"', 'input = "n_cities"').replace(
        'id = "seal"', 'id = "label"'
    )
    text = text.replace('case = "kettle"', 'case = "pot"').replace("value = false", "value = 0.5")
    with pytest.raises(InputFaults) as caught:
        parse_what_ifs(parse_toml(text.encode(), "k.toml"), KETTLE)
    places = [fault.place for fault in caught.value.faults]
    assert len(places) == 6
    assert places[0] == "k.toml:3 case"
    assert "k.toml:12 what_ifs[0].changes[0].input" in places
    assert any("what_ifs[1].id" in place for place in places)
    assert any("cannot be multiplied" in fault.rule for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("name", "do", "value", "rule"),
    [
        ("scald.p1", "multiply", -0.5, "at least 0"),
        ("scald.p1", "set", 1.5, "probability"),
        ("scald.p1", "cap", {"low": 0, "high": 1}, "without uncertainty"),
        ("scald.severity", "multiply", 0.5, "a severity that is set"),
        ("scald.severity", "set", {"3": 0.5}, "sum to 1"),
        ("channels", "set", 1, "'close' with"),
        ("n_ports", "close", "parcel", "'close' with"),
        ("channels", "close", "rocket", "one of general_trade"),
        ("scald.p1; drop", "set", 1, "a fact"),
        ("scald.p1", "set", "__import__('os')", "fraction"),
        ("scald.p1", "set", math.nan, "finite"),
        ("scald.p1", "explode", 1, "set"),
    ],
)
def test_what_is_no_change_is_refused(name, do, value, rule):
    with pytest.raises(ValueError, match=rule):
        one_change(name, do, value)


@pytest.mark.parametrize(
    ("name", "do", "value"),
    [
        ("pan.p1", "set", 0.1),
        ("scald.p4", "set", 0.1),
        ("pan.severity", "set", 3),
        ("injury_severity", "set", 3),
        ("n_unicorns", "set", 3),
        ("n_cities", "multiply", 0.5),
        ("is_on_sale", "multiply", 0.5),
        ("n_ports", "set", 1e9),
        ("channels", "close", "parcel"),
        ("channels", "close", "general_trade"),
    ],
)
def test_a_change_that_does_not_fit_the_case_is_refused(name, do, value):
    with pytest.raises(InputFaults):
        apply(KETTLE, one_change(name, do, value))


def test_exact_numbers_stay_exact_and_what_was_known_stays_beside_the_change():
    step = apply(KETTLE, one_change("scald.p1", "multiply", "1/3")).scenarios[0].steps[0]
    assert step.p == Fixed(Fraction(1, 300))
    assert (step.evidence, step.basis) == ("some_data", "judgement")
    assert step.note == SAME
    sealed = apply(KETTLE, SEAL).scenarios[0]
    assert sealed.steps[0].p == Fixed(Fraction(1, 2000))
    assert sealed.severity == ((2, 0.75), (3, 0.25))
    recalled = apply(KETTLE, RECALL)
    assert recalled.facts["units_on_market"].value == Changed(Fixed(Fraction(20000)), Range(0.2, 0.6))
    assert recalled.facts["is_on_sale"].value == Fixed(Fraction(0))
    assert apply(KETTLE, one_change("n_ports", "multiply", 0.5)).facts["n_ports"].value == Fixed(Fraction(4))


def test_a_measured_number_can_be_moved_by_hand_too():
    after = apply(KETTLE, RECALL)
    back = changed(after, {"units_on_market": Fraction(4000)}).facts["units_on_market"].value
    assert float(best(back)) == pytest.approx(4000)
    assert back == Changed(Fixed(Fraction(10000)), Range(0.2, 0.6))


def test_a_missing_fact_can_be_set_and_a_channel_closed():
    assert "n_cities" not in KETTLE.facts
    assert apply(KETTLE, one_change("n_cities", "set", 3)).facts["n_cities"].value == Fixed(Fraction(3))
    two = dataclasses.replace(KETTLE, channels=("general_trade", "parcel"))
    assert apply(two, one_change("channels", "close", "parcel")).channels == ("general_trade",)


@given(st.floats(0.01, 1), st.floats(0.01, 0.5))
@settings(max_examples=20)
def test_changed_draws_are_draws_of_the_changed_case(factor, bound):
    case = dataclasses.replace(
        KETTLE,
        scenarios=(
            dataclasses.replace(
                KETTLE.scenarios[0],
                steps=(
                    dataclasses.replace(KETTLE.scenarios[0].steps[0], p=Pert(0.01, 0.1, 0.6)),
                    *KETTLE.scenarios[0].steps[1:],
                ),
            ),
        ),
    )
    x = case_inputs.draw_inputs(case, 4000, rng=np.random.default_rng(1))
    for change in (one_change("scald.p1", "multiply", factor), one_change("scald.p1", "cap", bound)):
        moved = changed_draws(x, change, draws=4000, rng=np.random.default_rng(2))
        after = apply(case, change).scenarios[0].steps[0].p
        share = [(moved["scald.p1"] <= q + 1e-12).mean() for q in quantile(after, [0.2, 0.5])]
        assert share[0] >= 0.17 and share[1] >= 0.47
        assert moved["scald.p1"].max() <= quantile(after, 1.0) + 1e-12
        assert all(moved[name] is values for name, values in x.items() if name != "scald.p1")


def test_a_change_with_uncertainty_of_its_own():
    after = apply(KETTLE, LABEL).scenarios[0].steps[1].p
    direct = np.random.default_rng(3).beta(1 + 4 * 0.2 / 0.6, 1 + 4 * 0.4 / 0.6, 400_000) * 0.6 + 0.4
    assert quantile(after, [0.05, 0.5, 0.95]) == pytest.approx(
        np.quantile(0.1 * direct, [0.05, 0.5, 0.95]), rel=3e-3
    )
    uncertain = Changed(Pert(0, 0.1, 0.3), Range(0.5, 1.5), 0.2)
    a = np.random.default_rng(4)
    drawn = np.minimum(quantile(Pert(0, 0.1, 0.3), a.random(400_000)) * a.uniform(0.5, 1.5, 400_000), 0.2)
    assert quantile(uncertain, [0.1, 0.5, 0.99]) == pytest.approx(
        np.quantile(drawn, [0.1, 0.5, 0.99]), rel=5e-3
    )


def test_before_and_after_share_their_draws():
    found = effects(KETTLE, WHAT_IFS.what_ifs, grading=grading(), rng=np.random.default_rng(5), draws=4000)
    as_is, label, seal, recall = found
    assert as_is.what_if is None and as_is.avoided["mean"].tolist() == [0, 0, 0, 0]
    assert as_is.harm.at[3, "mean"] == pytest.approx(0.01 * 0.1 * 0.5 * 20000)
    assert label.avoided.at[3, "mean"] == pytest.approx(10 * (1 - (0.4 + 4 * 0.6 + 1) / 6), rel=0.01)
    assert seal.harm["mean"].tolist() == pytest.approx([0, 0.5 * 0.75, 0.5 * 0.25, 0], rel=0.1)
    assert recall.harm.at[3, "mean"] == pytest.approx(4, rel=0.01)
    for one in found:
        assert (one.harm["mean"] + one.avoided["mean"]).to_numpy() == pytest.approx(as_is.harm["mean"])
        order = "ⅣⅢⅡⅠ"
        assert order.index(one.robust) <= order.index(one.worst)
        assert one.shares["certain"].sum() <= 1 + 1e-12
        assert order.index(one.badge.level) <= order.index(as_is.badge.level)
        assert order.index(one.badge.best) <= order.index(as_is.badge.best)
    nothing = effects(
        KETTLE, [one_change("scald.p1", "multiply", 1)], grading=grading(), rng=np.random.default_rng(5)
    )[1]
    assert (nothing.avoided == 0).all(axis=None)
    pd.testing.assert_frame_equal(
        nothing.shares,
        effects(KETTLE, [], grading=grading(), rng=np.random.default_rng(1))[0].shares,
    )


def test_the_table_and_the_sentences_say_what_changes():
    found = effects(KETTLE, WHAT_IFS.what_ifs, grading=grading(), rng=np.random.default_rng(5), draws=2000)
    table = in_language("zh", effects_table, found)
    assert table.index.tolist() == ["as_is", "label", "seal", "recall"]
    assert table.at["label", "title"] == "加贴警示标签"
    assert table.at["recall", "cny_per_severe"] == pytest.approx(900_000 / 6, rel=0.02)
    assert math.isnan(table.at["seal", "cny_per_severe"])
    said = effect_sentence(found[0], found[3])
    assert "6 of 10 expected cases of severe harm" in said.en
    assert "预期避免重度以上" in said.zh and found[3].worst in said.zh


def test_large_harm_is_written_in_full():
    many = dataclasses.replace(KETTLE, facts=KETTLE.facts | {"units_on_market": one_fact(123_456_789)})
    found = effects(
        many, [one_change("scald.p1", "multiply", 0.5)], grading=grading(), rng=np.random.default_rng(1)
    )
    assert "31,000 of 62,000 expected cases" in effect_sentence(*found).en


def test_what_is_not_known_is_not_nought():
    facts = {name: fact for name, fact in KETTLE.facts.items() if name != "units_on_market"}
    found = effects(
        dataclasses.replace(KETTLE, facts=facts),
        [SEAL],
        grading=grading(),
        rng=np.random.default_rng(1),
        draws=50,
    )
    assert found[1].harm["mean"].isna().all()
    assert "not known" in effect_sentence(*found).en


@given(
    st.lists(
        st.tuples(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.sampled_from([1, 2, 3, 4])),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 10**6),
)
def test_harm_agrees_with_the_slow_version(scenarios, units):
    first = KETTLE.scenarios[0]
    made = tuple(dataclasses.replace(first, id=f"s{i}", steps=first.steps[:2]) for i in range(len(scenarios)))
    case = dataclasses.replace(KETTLE, scenarios=made)
    x = {
        f"s{i}.p{j}": np.array([p]) for i, (steps, _) in enumerate(scenarios) for j, p in enumerate(steps, 1)
    }
    x |= {f"s{i}.severity": np.array([float(level)]) for i, (_, level) in enumerate(scenarios)}
    together = harm_draws(case, x | {"units_on_market": np.array([float(units)])})
    largest = harm_draws(case, x | {"units_on_market": np.array([float(units)])}, combine="highest")
    for rank in (1, 2, 3, 4):
        expected = slow.expected_harm([s for s, _ in scenarios], [r for _, r in scenarios], units, rank)
        assert together[rank - 1, 0] == pytest.approx(expected, abs=1e-9)
        assert largest[rank - 1, 0] <= together[rank - 1, 0] + 1e-9
    assert expected_harm(together)["mean"].to_numpy() == pytest.approx(together[:, 0])


@given(st.lists(st.integers(1, 4), min_size=1, max_size=200))
def test_robust_and_worst_levels_hold_in_their_share_of_draws(ranks):
    seen, order = np.array(ranks, dtype=np.int8), "ⅣⅢⅡⅠ"
    robust, worst = order.index(robust_level(seen)) + 1, order.index(worst_plausible_level(seen)) + 1
    assert (seen >= robust).mean() >= 0.95 and (robust == 4 or (seen >= robust + 1).mean() < 0.95)
    assert (seen <= worst).mean() >= 0.95 and (worst == 1 or (seen <= worst - 1).mean() < 0.95)
    assert robust <= worst


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.lists(st.integers(0, 9), min_size=3, max_size=3)),
        min_size=4,
        max_size=9,
    )
)
def test_the_best_rule_is_the_cheapest_of_all(rows):
    x, losses = [a for a, _ in rows], [b for _, b in rows]
    known = value_of_knowing(x, losses)
    usual = min(np.array(losses).sum(axis=0))
    assert known.value * len(rows) == pytest.approx(usual - slow.best_cut_cost(x, losses), abs=1e-9)
    assert 0 <= known.p_change <= 1 and known.value >= -1e-12


@pytest.mark.parametrize(("u", "expected"), own("sensitivity.json")["normal_loss"])
def test_value_of_knowing_a_normal_mean(u, expected):
    """Two decisions whose difference is normal: the unit normal linear loss integral."""
    rng = np.random.default_rng(8)
    x, noise = rng.normal(size=200_000), rng.normal(size=200_000)
    gain = u + x + 3 * noise
    known = value_of_knowing(x, np.stack([np.zeros_like(gain), -gain], axis=1) + 10)
    assert known.value == pytest.approx(expected, abs=4 * known.se + 3e-3)
    assert known.value_lo <= known.value + 1e-12
    assert known.value_lo == pytest.approx(expected, abs=4 * known.se + 3e-3)


def test_knowing_what_does_not_matter_is_worth_nothing():
    rng = np.random.default_rng(1)
    x = {"matters": rng.random(20_000), "idle": rng.random(20_000), "fixed": np.array([2.0])}
    told = information_value(x, np.where(x["matters"] > 0.3, 3, 2), losses=loss_table())
    assert told.table.index.tolist() == ["matters", "idle"]
    assert told.decision == "Ⅱ"
    assert (
        told.table.at["matters", "value"]
        == pytest.approx(told.loss, rel=1e-9)
        == pytest.approx(0.3, abs=0.01)
    )
    assert told.table.at["idle", "value_lo"] < 0.002
    assert "“matters”" in information_sentence(told, lambda name: name).en
    sure = information_value(x, np.full(20_000, 3), losses=loss_table())
    assert (sure.loss, sure.table["value"].max()) == (0.0, 0.0)
    assert "没有哪一项" in information_sentence(sure, lambda name: name).zh


def test_money_ranks_what_to_find_out():
    rng = np.random.default_rng(1)
    x = {"dear": rng.random(5000), "cheap": rng.random(5000)}
    ranks = 1 + (x["dear"] > 0.5) + (x["cheap"] > 0.8)
    told = information_value(x, ranks, losses=loss_table(), costs_cny={"dear": 1e6, "cheap": 100.0})
    assert told.table.index[0] == "cheap"
    row = told.table.loc["dear"]
    assert row["per_10k_cny"] == pytest.approx(row["value"] / 100)
    with pytest.raises(InputFaults) as caught:
        information_value(x, ranks, losses=loss_table(), costs_cny={"dear": 0.0, "other": 5.0})
    assert len(caught.value.faults) == 2


def test_the_house_losses_decide_for_the_level_that_suffices_three_times_in_four():
    losses = loss_table()
    for share, level in ((0.76, "Ⅲ"), (0.74, "Ⅱ"), (0.75, "Ⅱ")):
        ranks = np.repeat([2, 3], [round(1000 * share), round(1000 * (1 - share))])
        x = {"x": np.random.default_rng(1).random(1000)}
        assert information_value(x, ranks, losses=losses).decision == level
    rows = standards.table("level_losses")
    assert set(rows["status"]) == {"house"}
    with pytest.raises(KeyError):
        loss_table("none")
    for spoil in ({"loss": 0.0}, {"true": "Ⅳ"}):
        broken = rows.copy()
        for column, value in spoil.items():
            broken.loc[3, column] = value
        with pytest.raises(TableFault):
            losses_from_rows(broken)


def test_the_value_of_information_in_a_real_case():
    case = load_case("inclined-sleeper-2019")
    x = case_inputs.draw_inputs(case, 5000, rng=np.random.default_rng(1))
    ranks = case_levels.evaluate(case, x, profile=profile()).lo
    told = information_value(x, np.broadcast_to(ranks, 5000), losses=loss_table())
    assert told.table["value"].max() <= told.loss + 1e-9
    assert told.table["p_change"].between(0, 1).all()


def test_what_cannot_be_valued_is_refused():
    with pytest.raises(ValueError, match="at least 4 draws"):
        value_of_knowing([1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match="finite"):
        value_of_knowing([1.0, 2.0, 3.0, math.nan], np.ones((4, 2)))
    with pytest.raises(ValueError, match="sum or highest"):
        harm_draws(KETTLE, {}, combine="mean")
