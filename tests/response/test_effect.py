"""The effect of a measure against untouched units and like units, and what follows: published results, laws, errors."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import glossary, standards
from riskkit.response.effect import DESIGNS, RULES, decide
from riskkit.response.effect_before_after import before_after, expected_without_measure, reference_group
from riskkit.response.effect_control import (
    control_facts,
    difference_in_differences,
    placebo_ratios,
    synthetic_control,
)

DAY = dt.date(2026, 5, 1)
FOLDER = ("data", "effect_oracles", "synthetic_control")


def _expected(name):
    return json.loads(shared(*FOLDER, f"{name}.json").read_text(encoding="utf-8"))


def _panel(file, unit, time, *, outcome, means):
    rows = pd.read_csv(shared(*FOLDER, file))
    predictors = pd.DataFrame([
        rows[rows[time].isin(list(periods))].groupby(unit)[column].mean().rename(f"{column} {k}")
        for k, (column, periods) in enumerate(means)
    ])  # fmt: skip
    return rows.pivot(index=time, columns=unit, values=outcome), predictors


def _california():
    rows = pd.read_csv(shared(*FOLDER, "california_prop99.csv"), sep=";")
    return rows.pivot(index="Year", columns="State", values="PacksPerCapita")


def test_california_without_predictors_reaches_the_optimum():
    expected, packs = _expected("california_expected"), _california()
    found = synthetic_control(packs, "California", first_post=1989)
    assert found.pre_rmspe <= expected["outcome_only_simplex"]["pre_rmspe"] + 1e-9
    assert found.effect == pytest.approx(expected["outcome_only_simplex"]["mean_gap_1989_2000"], abs=0.001)
    for state, weight in expected["outcome_only_simplex"]["weights"].items():
        assert found.weights[state] == pytest.approx(weight, abs=1e-4)
    assert difference_in_differences(packs, "California", first_post=1989) == pytest.approx(expected["did"])


SMOKING = [
    *((column, range(1980, 1989)) for column in ("lnincome", "age15to24", "retprice")),
    ("beer", range(1984, 1989)), ("cigsale", [1975]), ("cigsale", [1980]), ("cigsale", [1988]),
]  # fmt: skip


def test_california_with_predictors_finds_the_published_fit_where_one_search_stops_short():
    packs, predictors = _panel(
        "california_smoking_predictors.csv", "state", "year", outcome="cigsale", means=SMOKING
    )
    found = synthetic_control(packs, "California", first_post=1989, predictors=predictors)
    assert found.pre_rmspe <= 1.76
    for state, weight in _expected("california_expected")["published"]["weights"].items():
        assert found.weights[state] == pytest.approx(weight, abs=0.01)
    poor = synthetic_control(packs, "California", first_post=1989, predictors=predictors.iloc[:2])
    verdicts = decide(
        pd.concat([control_facts(fit, first_post=1989) for fit in (found, poor)]).assign(level=3), on=DAY
    )
    assert poor.pre_rmspe > 4
    assert verdicts["reason"].tolist()[1] == "poor_fit" != verdicts["reason"].tolist()[0]
    assert verdicts["decision"].tolist()[1] == "not_enough_evidence"


SECTORS = ("agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa")
SCHOOLS = ("school.illit", "school.prim", "school.med", "school.high", "school.post.high", "invest")
BASQUE = [
    *((column, range(1964, 1970)) for column in SCHOOLS),
    ("gdpcap", range(1960, 1970)),
    *((f"sec.{sector}", range(1961, 1970, 2)) for sector in SECTORS),
    ("popdens", [1969]),
]


def test_the_basque_country_is_cataluna_and_madrid():
    expected = _expected("expected")["basque"]
    income, predictors = _panel("basque.csv", "regionname", "year", outcome="gdpcap", means=BASQUE)
    found = synthetic_control(
        income,
        "Basque Country (Pais Vasco)",
        first_post=1975,
        fit_periods=range(1960, 1970),
        predictors=predictors,
    )
    for region, weight in expected["weights"].items():
        assert found.weights[region] == pytest.approx(weight, abs=0.001)
    assert found.effect == pytest.approx(expected["att"]["att"], rel=0.001)
    assert found.effect_se == pytest.approx(expected["att"]["se"], rel=0.001)
    others = income[list(expected["weights"])]
    for region in ("Madrid (Comunidad De)", "Cataluna", "Andalucia"):
        placebo = synthetic_control(
            others, region, first_post=1970, fit_periods=range(1960, 1970), predictors=predictors
        )
        gaps = pd.Series({float(year): gap for year, gap in expected["placebo_gaps"][region].items()})
        # the peer stops at poorer fits for two of the three
        assert placebo.pre_rmspe <= np.sqrt(np.square(gaps.loc[1960:1969]).mean()) + 1e-6
        if region.startswith("Madrid"):
            np.testing.assert_allclose(placebo.gaps.loc[gaps.index, "gap"], gaps, atol=0.001)


def _german(periods, schooling, invest, *, invested):
    return [("gdp", periods), ("trade", periods), ("infrate", periods), ("industry", periods),
            ("schooling", schooling), (invest, invested)]  # fmt: skip


def test_west_germany_with_importance_learnt_a_decade_earlier():
    expected = _expected("expected")["germany"]
    train = _german(range(1971, 1981), [1970, 1975], "invest70", invested=[1980])
    gdp, early = _panel("germany.csv", "country", "year", outcome="gdp", means=train)
    learnt = synthetic_control(
        gdp, "West Germany", first_post=1991, fit_periods=range(1981, 1991), predictors=early
    ).importance
    late = _german(range(1981, 1991), [1980, 1985], "invest80", invested=[1980])
    predictors = _panel("germany.csv", "country", "year", outcome="gdp", means=late)[1]
    found = synthetic_control(
        gdp,
        "West Germany",
        first_post=1990,
        predictors=predictors,
        importance=learnt.set_axis(predictors.index),
    )
    for country, weight in expected["weights"].items():
        assert found.weights[country] == pytest.approx(weight, abs=0.01)
    assert found.effect == pytest.approx(expected["att"]["att"], rel=0.025)
    assert found.effect_se == pytest.approx(expected["att"]["se"], rel=0.025)
    after = synthetic_control(
        gdp,
        "West Germany",
        first_post=1991,
        predictors=predictors,
        importance=learnt.set_axis(predictors.index),
    ).gaps
    for name, column in (("value", "gap"), ("lower_ci", "gap_lo"), ("upper_ci", "gap_hi")):
        for year, value in expected["cis"][name].items():
            assert after.loc[int(year), column] == pytest.approx(value, abs=25)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_no_other_weights_fit_better(seed):
    rng = np.random.default_rng(seed)
    seen = pd.DataFrame(rng.normal(10, 2, (8, 5)), columns=list("abcde"))
    found = synthetic_control(seen, "a", first_post=6)
    assert found.weights.min() >= 0 and found.weights.sum() == pytest.approx(1)
    x, y = seen.iloc[:6, 1:].to_numpy(), seen["a"].to_numpy()[:6]
    peer = minimize(
        lambda w: np.square(y - x @ w).mean(), np.full(4, 0.25), method="SLSQP", bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-12},
    )  # fmt: skip
    assert found.pre_rmspe <= np.sqrt(peer.fun) + 1e-6


def test_a_flat_unit_is_matched_or_given_no_fit_at_all():
    flat = pd.DataFrame({"a": [1.0] * 6, "b": [1.0] * 6, "c": [2.0] * 6})
    found = synthetic_control(flat, "a", first_post=5)
    assert (found.misfit, found.effect) == (0, pytest.approx(0))
    assert synthetic_control(flat.assign(b=1.5), "a", first_post=5).misfit == np.inf
    nothing = synthetic_control(flat * 0, "a", first_post=5)
    assert control_facts(nothing, first_post=5)["ratio"].isna().all()


def test_the_treated_unit_stands_out_among_placebos():
    rng = np.random.default_rng(2)
    seen = pd.DataFrame(
        rng.normal(0, 0.2, (20, 12)) + np.linspace(0, 3, 20)[:, None], columns=list("abcdefghijkl")
    )
    seen.loc[15:, "a"] -= 4
    table = placebo_ratios(seen, "a", first_post=15)
    assert table["p"].iloc[0] == pytest.approx(1 / 12)
    assert table["effect"].iloc[0] == pytest.approx(-4, abs=0.5)


def test_a_panel_with_gaps_is_refused_with_all_its_faults():
    seen = pd.DataFrame({"a": [1.0, None, 3], "b": [1.0, 2, "x"], "c": [1.0, 2, 3]})
    with pytest.raises(InputFaults) as caught:
        synthetic_control(seen, "z", first_post=9, fit_periods=[0, 5])
    assert all(
        part in str(caught.value)
        for part in ("treated", "outcomes: 1: a", "outcomes: 2: b", "first_post", "5")
    )
    good, flat = (
        seen.fillna(2.0).replace("x", 3.0).astype(float),
        pd.DataFrame({"a": [1.0], "b": [1.0], "c": [1.0]}),
    )
    with pytest.raises(InputFaults, match=r"the same everywhere[\s\S]*importance"):
        synthetic_control(good, "a", first_post=2, predictors=flat, importance=pd.Series([-1.0]))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([12], {"weight": 0.460, "rate": 4.71, "rate_sd": 1.19, "section": 8.48, "section_sd": 2.14}),
        ([12, 7, 8], {"weight": 0.221, "rate": 4.43, "rate_sd": 0.80, "section": 7.97, "section_sd": 1.44}),
    ],
)
def test_hauers_road_sections(counts, expected):
    """Hauer et al. 2002, examples 1 and 2: a road section of 1.8 km with 4,000 vehicles a day."""
    years, km = len(counts), 1.8
    rate = 0.0224 * 4000**0.564
    found = expected_without_measure(
        pd.DataFrame(
            {"n_before": [sum(counts)], "expected_before": [rate * km * years], "dispersion": [2.05 * km]}
        )
    ).iloc[0]
    assert found["weight"] == pytest.approx(expected["weight"], abs=0.0005)
    assert found["expected"] / years == pytest.approx(expected["section"], abs=0.005)
    assert found["sd"] / years == pytest.approx(expected["section_sd"], abs=0.005)
    assert found["expected"] / years / km == pytest.approx(expected["rate"], abs=0.005)
    assert found["sd"] / years / km == pytest.approx(expected["rate_sd"], abs=0.005)


def test_units_chosen_for_a_bad_year_fall_back_by_themselves_and_no_effect_is_claimed():
    rng = np.random.default_rng(4)
    rates = rng.gamma(2.0, 1.0, 4000)
    before, after = rng.poisson(rates), rng.poisson(rates)
    rate, dispersion = reference_group(before, np.ones(4000))
    assert (rate, dispersion) == (pytest.approx(2, abs=0.1), pytest.approx(2, abs=0.25))
    chosen = before >= 6
    units = pd.DataFrame({"n_before": before[chosen], "n_after": after[chosen], "dispersion": dispersion,
                          "expected_before": rate, "expected_after": rate})  # fmt: skip
    found = before_after(units)
    assert found.naive_ratio < 0.75
    assert found.ratio_lo < 1 < found.ratio_hi
    halved = before_after(units.assign(n_after=rng.binomial(after[chosen], 0.5)))
    assert halved.ratio_lo < 0.5 < halved.ratio_hi < 0.65
    rows = pd.DataFrame([dataclasses.asdict(found), dataclasses.asdict(halved)])
    verdicts = decide(rows.assign(design="empirical_bayes", level=2), on=DAY)["decision"]
    assert verdicts.tolist() == ["not_enough_evidence", "lower"]


def test_no_event_after_gives_an_exact_upper_bound():
    units = pd.DataFrame({"n_before": [4], "expected_before": [3.0], "dispersion": [np.inf], "n_after": [0],
                          "expected_after": [3.0]})  # fmt: skip
    found = before_after(units)
    assert (found.ratio, found.ratio_lo, found.note) == (0, 0, "none_after")
    assert np.exp(-found.ratio_hi * found.expected_after) == pytest.approx(0.025)


def test_wrong_units_are_refused_with_all_their_faults():
    units = pd.DataFrame({"n_before": [-1], "expected_before": [0], "dispersion": [0], "n_after": [1.5],
                          "expected_after": [None]})  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        before_after(units)
    assert len(caught.value.faults) == 4
    with pytest.raises(InputFaults, match="dispersion"):
        before_after(units.assign(n_before=1, expected_before=1, n_after=1, expected_after=1))
    with pytest.raises(InputFaults, match=r"n_events[\s\S]*exposure"):
        reference_group([-1, 2], [1, 0])


USUAL = {"design": "interrupted_series", "level": 3, "n_before": 24, "n_after": 12,
         "ratio": 0.5, "ratio_lo": 0.4, "ratio_hi": 0.6}  # fmt: skip
WIDE = {"ratio": 0.9, "ratio_lo": 0.6, "ratio_hi": 1.4}
HIGH = {"ratio": 1.5, "ratio_lo": 1.2, "ratio_hi": 1.9}
LOW = {"level": 1, "rate_hi": 0.01, "limit": 0.02}


@pytest.mark.parametrize(
    ("change", "decision", "rule", "margin"),
    [
        ({}, "lower", "EF-12", np.log(0.8 / 0.6)),
        ({"ratio_hi": None}, "not_enough_evidence", "EF-01", None),
        ({"level": None}, "not_enough_evidence", "EF-01", None),
        ({"n_before": 7}, "not_enough_evidence", "EF-02", -1),
        ({"n_before": 8}, "lower", "EF-12", np.log(0.8 / 0.6)),
        ({"n_after": 3}, "not_enough_evidence", "EF-03", -1),
        ({"n_after": None}, "not_enough_evidence", "EF-01", None),
        ({"design": "empirical_bayes", "n_before": 3, "n_after": None}, "lower", "EF-12", np.log(0.8 / 0.6)),
        ({"design": "synthetic_control", "misfit": 0.42}, "not_enough_evidence", "EF-04", -0.17),
        ({"design": "synthetic_control", "misfit": 0.25}, "lower", "EF-12", np.log(0.8 / 0.6)),
        ({"design": "synthetic_control"}, "not_enough_evidence", "EF-05", None),
        ({"design": "before_after"}, "not_enough_evidence", "EF-06", None),
        ({**HIGH, "level": 4}, "keep", "EF-07", np.log(1.2)),
        (HIGH, "raise", "EF-08", np.log(1.2)),
        ({**LOW, "limit": None}, "keep", "EF-09", None),
        ({**LOW, "rate_hi": 0.03}, "keep", "EF-10", -0.5),
        (LOW, "lift", "EF-11", 0.5),
        ({"ratio_hi": 0.9}, "keep", "EF-13", np.log(0.8 / 0.9)),
        ({**WIDE, "power": 0.8}, "keep", "EF-14", np.log(0.8 / 1.4)),
        ({**WIDE, "power": 0.79}, "not_enough_evidence", "EF-15", np.log(0.8 / 1.4)),
        (WIDE, "not_enough_evidence", "EF-15", np.log(0.8 / 1.4)),
    ],
)
def test_the_verdict_of_each_rule(change, decision, rule, margin):
    found = decide(pd.DataFrame([{**USUAL, **change}], index=["port 7"]), on=DAY).loc["port 7"]
    assert (found["decision"], found["rule_id"]) == (decision, rule)
    assert pd.isna(found["margin"]) if margin is None else found["margin"] == pytest.approx(margin)
    assert "nan" not in found["zh"] + found["en"]
    assert (found["status"], found["source_id"]) == ("house", "riskkit_house")
    assert in_language("zh", glossary.label, "effect_verdict", found["decision"])


def test_every_rule_is_a_row_and_a_changed_bound_changes_the_verdict():
    rows = standards.table("effect_rules")
    assert tuple(rows["rule_id"]) == RULES
    strict = rows.assign(number=rows["number"].where(rows["rule_id"] != "EF-12", 0.5))
    assert decide(pd.DataFrame([USUAL]), on=DAY, rules=strict)["decision"].tolist() == ["keep"]
    later = rows.assign(valid_from="2027-01-01")
    with pytest.raises(InputFaults, match="EF-15"):
        decide(pd.DataFrame([USUAL]), on=DAY, rules=later)


@given(
    st.sampled_from(DESIGNS), st.integers(1, 4), st.integers(0, 30), st.integers(0, 30),
    st.floats(0.01, 3), st.floats(1.01, 4), st.one_of(st.none(), st.floats(0, 1)),
)  # fmt: skip
def test_what_is_unknown_or_wider_never_lowers_or_lifts(
    design, level, n_before, n_after, ratio, width, number
):
    row = {"design": design, "level": level, "n_before": n_before, "n_after": n_after, "ratio": ratio,
           "ratio_lo": ratio / width, "ratio_hi": ratio * width, "power": number, "misfit": number,
           "rate_hi": number, "limit": 0.5}  # fmt: skip
    wider = {**row, "ratio_lo": row["ratio_lo"] / 2, "ratio_hi": row["ratio_hi"] * 2}
    blind = {**row, "rate_hi": None, "misfit": None, "power": None}
    short = {**row, "n_after": max(n_after - 1, 0)}
    found = decide(pd.DataFrame([row, wider, blind, short]), on=DAY)["decision"].isin(["lower", "lift"])
    assert (found.iloc[0] or not found.iloc[1:].any()) and found.notna().all()


def test_wrong_facts_are_refused_with_all_their_faults():
    wrong = {**USUAL, "design": "magic", "level": 5, "n_before": -1, "ratio": 0.7, "power": 2}
    with pytest.raises(InputFaults) as caught:
        decide(pd.DataFrame([wrong]), on=DAY)
    assert all(part in str(caught.value) for part in ("level", "n_before", "power"))
    with pytest.raises(InputFaults, match=r"design[\s\S]*ratio: 0.7"):
        decide(pd.DataFrame([{**USUAL, "design": "magic", "ratio": 0.7}]), on=DAY)
    with pytest.raises(InputFaults, match="ratio_hi"):
        decide(pd.DataFrame([USUAL]).drop(columns="ratio_hi"), on=DAY)
