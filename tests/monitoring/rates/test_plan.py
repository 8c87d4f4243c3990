"""The yearly plan: against counting every outcome and every plan, then its laws, then errors."""

from __future__ import annotations

import hashlib
import itertools
import math
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp
from scipy.stats import betabinom

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import codes
from riskkit.monitoring.plan.gains import gains_of
from riskkit.monitoring.plan.plan import PlanRules, house_plan_rules, monitoring_plan
from riskkit.monitoring.plan.preposterior import (
    expected_reduction,
    next_found,
    next_reduction,
    p_found,
    rate_variance,
)
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.plan.table import class_table, plan_table
from riskkit.monitoring.random_draw import assign_inspectors, draw, draw_order, ticket

SHAPES = st.tuples(st.floats(0.3, 20), st.floats(0.3, 60))


@given(SHAPES, st.integers(0, 40))
def test_what_testing_teaches_is_the_mean_over_every_outcome(shape, m):
    a, b = shape
    chances = betabinom.pmf(np.arange(m + 1), m, a, b)
    left = sum(p * rate_variance(a + k, b + m - k) for k, p in enumerate(chances))
    assert float(rate_variance(a, b) - expected_reduction(a, b, m)) == pytest.approx(float(left), rel=1e-8)
    assert float(p_found(a, b, m)) == pytest.approx(1 - chances[0], abs=1e-9)


@given(SHAPES, st.integers(0, 500))
def test_each_further_test_gains_what_is_between_two_sums_and_less_than_the_last(shape, m):
    a, b = shape
    for whole, step in ((expected_reduction, next_reduction), (p_found, next_found)):
        between = float(whole(a, b, m + 1) - whole(a, b, m))
        assert float(step(a, b, m)) == pytest.approx(between, rel=1e-4, abs=1e-12)
        assert float(step(a, b, m + 1)) < float(step(a, b, m))


# The draw


def test_a_ticket_is_what_any_computer_makes_of_the_published_text():
    text = "双色球2026118|电热水壶||茶壶|CN|上海|电击|3"
    name = text.removeprefix("双色球2026118|").removesuffix("|3")
    assert ticket("双色球2026118", name, 3) == hashlib.sha256(text.encode()).hexdigest()
    if shutil.which("sha256sum"):
        made = subprocess.run(["sha256sum"], input=text.encode(), capture_output=True, check=True)
        assert made.stdout.split()[0].decode() == ticket("双色球2026118", name, 3)


def test_every_object_has_the_same_chance_whatever_its_place_or_name():
    names = [f"cell {k}" for k in range(20)]
    times = pd.Series(0, index=names)
    for seed in range(2000):
        times[list(draw(names, seed=f"day {seed}", n=5))] += 1
    # 2000 draws of 5 among 20: mean 500, standard deviation 19.4 each
    assert times.between(500 - 5 * 19.4, 500 + 5 * 19.4).all()
    assert draw(names, seed="1", n=99) == tuple(draw_order(names, seed="1")["name"])
    assert set(draw(names[::-1], seed="7", n=5)) == set(draw(names, seed="7", n=5))


def test_what_cannot_be_drawn_from_is_refused_with_every_fault():
    with pytest.raises(InputFaults) as error:
        draw_order(["a", "a", " "], seed="x|y", number=0)
    assert len(error.value.faults) == 4


def test_inspectors_are_drawn_evenly_and_kept_from_what_concerns_them():
    objects, people = [f"p{k}" for k in range(30)], ["A", "B", "C", "D", "E"]
    barred = {f"p{k}": ["A"] for k in range(10)}
    found = assign_inspectors(objects, people, seed="118", barred=barred)
    pairs = found["inspectors"].str.split("; ")
    assert (pairs.map(len) == 2).all() and (found["n_missing"] == 0).all()
    assert not any("A" in pairs[k] for k in range(10))
    load = pairs.explode().value_counts()
    assert load.max() - load.min() <= 2
    few = assign_inspectors(["p"], ["A", "B"], seed="118", barred={"p": ["A"]})
    assert few.iloc[0].tolist() == ["p", "B", 1]
    with pytest.raises(InputFaults) as error:
        assign_inspectors(["p"], ["A"], seed="118", barred={"q": ["A"], "p": ["Z"]})
    assert len(error.value.faults) == 2


# The plan


def table(n: int, *, seed: int = 1, **changes: object) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tested = rng.integers(0, 80, n)
    cells = pd.DataFrame(
        {
            "commodity": [f"product {k}" for k in range(n)],
            "origin": rng.choice(["A", "B"], n),
            "port": rng.choice(["X", "Y"], n),
            "hazard": "h",
            "hazard_class": rng.choice(codes("hazard_class"), n),
            "goods": "consumer_product",
            "n_tested": tested,
            "n_nonconforming": rng.binomial(tested, rng.beta(1, 9, n)),
            "exposure": rng.lognormal(0, 1, n).round(3),
            "consequence": rng.integers(1, 5, n),
            "unit_cost": 1.0,
        }
    )
    return cells.assign(**changes)


def objective(plan) -> float:
    w = plan.rules.learning_weight
    return w * plan.learning + (1 - w) * plan.finding


@given(
    st.integers(1, 4),
    st.integers(0, 7),
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([0.0, 0.6]),
)
def test_no_other_plan_gains_more(n, budget, seed, weight, share):
    """Against every plan there is, and against an integer programme with one switch a sample.

    What was drawn at random is there first, and what it teaches is not counted again.
    """
    cells = table(n, seed=seed)
    rules = PlanRules(share, 0.0, weight)
    plan = monitoring_plan(cells, budget=budget, seed="118", rules=rules)
    numbers = {k: cells[k].to_numpy(dtype=float) for k in ("exposure", "consequence", "unit_cost")}
    gains = gains_of(plan.cells, {**numbers, "n_most": np.full(n, np.nan)}, weight=weight)

    def worth(counts):
        learned, found = gains.won(np.array(counts))
        return weight * learned + (1 - weight) * found

    assert plan.spent_random == math.floor(budget * share + 1e-9)
    left, drawn = int(budget - plan.spent_random), worth(np.zeros(n, dtype=int))
    every = (c for c in itertools.product(range(left + 1), repeat=n) if sum(c) <= left)
    best = max(map(worth, every))
    assert objective(plan) == pytest.approx(best, abs=1e-12)
    assert plan.bound == 0.0
    if left:
        steps = np.array([gains.gain(np.full(n, k)) for k in range(left)]).T.ravel()
        solved = milp(
            -steps,
            integrality=np.ones(steps.size),
            bounds=(0, 1),
            constraints=LinearConstraint(np.ones((1, steps.size)), -np.inf, left),
            options={"mip_rel_gap": 0},
        )
        assert drawn - solved.fun == pytest.approx(objective(plan), abs=1e-9)


@given(st.integers(2, 4), st.integers(0, 9), st.integers(0, 10_000))
def test_with_unequal_costs_the_bound_holds(n, budget, seed):
    rng = np.random.default_rng(seed)
    cells = table(n, seed=seed, unit_cost=rng.integers(1, 4, n).astype(float))
    plan = monitoring_plan(cells, budget=budget, seed="118", rules=PlanRules(0.0, 0.0, 0.5))
    numbers = {k: cells[k].to_numpy(dtype=float) for k in ("exposure", "consequence", "unit_cost")}
    gains = gains_of(plan.cells, {**numbers, "n_most": np.full(n, np.nan)}, weight=0.5)
    best = max(
        0.5 * sum(gains.won(np.array(c)))
        for c in itertools.product(range(budget + 1), repeat=n)
        if np.dot(c, cells["unit_cost"]) <= budget
    )
    assert objective(plan) - 1e-12 <= best <= objective(plan) + plan.bound + 1e-12
    assert plan.cells["cost"].sum() <= budget


@settings(max_examples=10)
@given(st.integers(5, 40), st.integers(1, 500), st.integers(0, 1000))
def test_the_budget_is_spent_each_class_has_its_floor_and_the_draw_its_share(n, budget, seed):
    cells = table(n, seed=seed)
    plan = monitoring_plan(cells, budget=budget, seed="118")
    assert plan.cells["n_samples"].sum() == budget == plan.spent_random + plan.spent_targeted
    assert plan.spent_random == math.floor(budget * 0.1 + 1e-9)
    floor = math.floor((budget - plan.spent_random) * 0.05 + 1e-9)
    by_class = plan.cells.groupby("hazard_class")["n_targeted"].sum()
    assert (by_class >= floor).all()
    drawn = plan.cells["n_random"]
    assert drawn.max() - drawn.min() <= 1
    assert (plan.cells["rate_sd_after"] <= plan.cells["rate_sd"] + 1e-12).all()
    assert plan.classes["n_samples"].sum() == budget
    assert list(plan.classes.index) == list(codes("hazard_class"))
    more = monitoring_plan(cells, budget=budget + 50, seed="118", rules=PlanRules(0.0, 0.0, 0.5))
    less = monitoring_plan(cells, budget=budget, seed="118", rules=PlanRules(0.0, 0.0, 0.5))
    assert objective(more) >= objective(less)


def test_the_draw_can_be_done_again_by_hand():
    plan = monitoring_plan(table(10), budget=40, seed="lottery 118", rules=PlanRules(0.1, 0.0, 0.5))
    order = sorted(
        plan.cells["cell_id"], key=lambda name: hashlib.sha256(f"lottery 118|{name}|1".encode()).hexdigest()
    )
    assert set(plan.cells.loc[plan.cells["n_random"] == 1, "cell_id"]) == set(order[:4])
    again = monitoring_plan(table(10), budget=250, seed="lottery 118", rules=PlanRules(0.1, 0.0, 0.5))
    third = sorted(
        plan.cells["cell_id"], key=lambda name: hashlib.sha256(f"lottery 118|{name}|3".encode()).hexdigest()
    )
    assert set(again.cells.loc[again.cells["n_random"] == 3, "cell_id"]) == set(third[:5])


def test_the_random_share_shows_the_true_rate_where_targeting_does_not():
    """Rates differ between cells; what was drawn is an unbiased sample of the cells, what was aimed is not."""
    rng = np.random.default_rng(8)
    truth = rng.beta(1, 6, 60)
    tested = np.full(60, 60)
    cells = table(
        60, n_tested=tested, n_nonconforming=rng.binomial(tested, truth), exposure=1.0, consequence=1
    )
    random, aimed = [], []
    for day in range(150):
        found = monitoring_plan(cells, budget=120, seed=f"day {day}", rules=PlanRules(0.1, 0.0, 0.2)).cells
        random.append(float(np.average(truth, weights=found["n_random"])))
        aimed.append(float(np.average(truth, weights=found["n_targeted"])))
    error = np.std(random, ddof=1) / math.sqrt(len(random))
    assert abs(np.mean(random) - truth.mean()) < 4 * error
    assert abs(np.mean(aimed) - truth.mean()) > 6 * error


def test_food_is_handed_over_and_what_is_unknown_is_named_and_can_be_drawn():
    cells = table(6, hazard_class="chemical")
    cells["exposure"] = [1.0, None, 1.0, 1.0, 1.0, 1.0]
    cells["consequence"] = [1.0, 1.0, None, 1.0, 1.0, 1.0]
    cells["n_tested"] = [20, 20, 20, None, 0, 20]
    cells["n_nonconforming"] = [2, 2, 1, None, 0, 1]
    cells["goods"] = ["food", *["consumer_product"] * 5]
    plan = monitoring_plan(cells, budget=100, seed="118")
    found = plan.cells.set_index("commodity")
    assert found.loc["product 0", ["n_samples", "reasons"]].tolist() == [0, "food_handed_over"]
    assert found.loc["product 1", "reasons"] == "exposure_unknown,random_draw"
    assert found.loc["product 2", "reasons"] == "consequence_unknown,random_draw"
    assert found.loc[["product 1", "product 2"], "n_targeted"].tolist() == [0, 0]
    assert found.loc["product 3", "reasons"].endswith("random_draw,counts_unknown")
    assert found.loc["product 4", "reasons"].endswith("random_draw,never_tested")
    assert not found.loc["product 0", "is_planned"]
    assert plan.classes["note"].to_dict() == {
        name: "" if name == "chemical" else "no_cells" for name in codes("hazard_class")
    }


def test_priors_come_from_the_class_from_all_or_from_nothing():
    many = table(40, n_tested=50, seed=4)
    many["n_nonconforming"] = np.random.default_rng(2).binomial(50, np.random.default_rng(3).beta(1, 9, 40))
    many["hazard_class"] = ["chemical"] * 37 + ["physical"] * 3
    found = monitoring_plan(many, budget=10, seed="118").cells
    assert set(found.loc[found["hazard_class"] == "chemical", "prior_from"]) == {"class"}
    assert set(found.loc[found["hazard_class"] == "physical", "prior_from"]) == {"all"}
    clean = monitoring_plan(table(4, n_nonconforming=0), budget=10, seed="118").cells
    assert set(clean["prior_from"]) == {"jeffreys"}
    assert (clean["rate_mean"] == 0.5 / (1 + clean["n_tested"])).all()


def test_no_more_is_asked_of_a_cell_than_there_is():
    cells = table(8, n_most=[3, 0, None, 1, 2, 5, 4, 1])
    plan = monitoring_plan(cells, budget=500, seed="118")
    most = cells["n_most"].fillna(np.inf)
    assert (plan.cells["n_samples"] <= most).all()
    assert plan.cells["n_samples"].sum() == 500
    closed = monitoring_plan(table(8, n_most=2), budget=500, seed="118")
    assert closed.cells["n_samples"].tolist() == [2] * 8
    assert closed.budget - closed.spent_random - closed.spent_targeted == 484


def test_tables_for_readers_in_both_languages():
    plan = monitoring_plan(table(12), budget=40, seed="118")
    zh, en = (in_language(lang, plan_table, plan) for lang in ("zh", "en"))
    assert zh.columns[:4].tolist() == ["产品", "项目", "区域", "样品数"]
    assert zh["样品数"].sum() == en["samples"].sum() == 40
    assert zh["样品数"].is_monotonic_decreasing
    assert len(plan_table(plan, is_whole=True)) == 12
    classes = in_language("zh", class_table, plan)
    assert len(classes) == 5 and classes["样品数"].sum() == 40


def test_every_reason_has_words_and_every_word_a_reason():
    rows = standards.table("monitoring_reasons")
    assert rows["zh"].str.contains(r"[\u4e00-\u9fff]").all()
    assert not rows["en"].str.contains(r"[\u4e00-\u9fff]").any()
    for reason in rows["reason"]:
        assert in_language("zh", reason_text, reason) and reason_text(reason)
    with pytest.raises(KeyError, match="no reason"):
        reason_text("magic")
    with pytest.raises(InputFaults, match="one of zh, en"):
        in_language("fr", reason_text, "")


def test_wrong_cells_are_refused_with_every_fault():
    wrong = table(
        4,
        unit_cost=[0.0, 1.0, 1.0, 1.0],
        exposure=[-1.0, 1.0, 1.0, np.inf],
        hazard_class=["physical", "magic", "chemical", "chemical"],
    )
    with pytest.raises(InputFaults) as error:
        monitoring_plan(wrong, budget=10, seed="118")
    assert len(error.value.faults) == 3
    again = table(3, commodity=["a", "a", None], origin="A", port="X", goods=["toys", "food", "food"])
    with pytest.raises(InputFaults) as error:
        monitoring_plan(again, budget=-1, seed="118")
    assert len(error.value.faults) == 4
    with pytest.raises(InputFaults, match="seed"):
        monitoring_plan(table(3), budget=10, seed="a|b")
    with pytest.raises(InputFaults) as error:
        PlanRules(2.0, 0.3, -1)
    assert len(error.value.faults) == 3
    before = table(5)
    monitoring_plan(before, budget=10, seed="118")
    pd.testing.assert_frame_equal(before, table(5))
    assert monitoring_plan(table(5), budget=0, seed="118").cells["n_samples"].sum() == 0
    assert house_plan_rules().learning_weight == 0.5
