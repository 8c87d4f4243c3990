"""Survey estimates against R's survey package and published rows, then the laws of a design, then errors."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference_monitoring import survey_total, variance_of_a_domain
from shared import own, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.survey.design import Design, jackknife_variance, survey_design, variance
from riskkit.monitoring.survey.estimates import membership, survey_ratios, survey_shares, survey_totals
from riskkit.monitoring.survey.reporting import reportable, survey_changes

FIGURES = own("survey.json")
NESTED = {"weight": "weight", "stratum": "stratum", "psu": "psu"}
DESIGNS = {
    "": NESTED,
    "strata_only": {"weight": "weight", "stratum": "stratum"},
    "psu_only": {"weight": "weight", "psu": "psu"},
    "weights_only": {"weight": "weight"},
}


def hospitals() -> pd.DataFrame:
    """The worked example as a file of cases; a hospital without a case of the product has another case."""
    rows = []
    for block in FIGURES["stratified_clusters"]["hospitals"]:
        for unit, n in enumerate(block["cases"]):
            rows += [(block["stratum"], unit, block["weight"], "product")] * n
            rows += [(block["stratum"], unit, block["weight"], "other")]
    return pd.DataFrame(rows, columns=["stratum", "psu", "weight", "what"])


def test_the_worked_example_comes_out():
    wanted, cases = FIGURES["stratified_clusters"], hospitals()
    design = survey_design(cases, **NESTED)
    found = survey_totals(design, domain=cases["what"]).loc["product"]
    assert found[["estimate", "se", "cv"]].tolist() == [wanted["total"], wanted["se"], wanted["cv"]]
    assert design.df == wanted["df"]
    assert found[["lo", "hi"]].tolist() == pytest.approx(wanted["t"], abs=0.01)
    normal = survey_totals(design, domain=cases["what"], ends="normal").loc["product"]
    assert normal[["lo", "hi"]].tolist() == pytest.approx(wanted["normal"], abs=0.01)


def test_a_product_cut_out_of_the_file_first_would_look_surer_than_it_is():
    cases = hospitals()
    whole = survey_totals(survey_design(cases, **NESTED), domain=cases["what"]).loc["product"]
    cut = cases[cases["what"] == "product"]
    alone = survey_totals(survey_design(cut, **NESTED)).loc["all"]
    assert alone["estimate"] == whole["estimate"]
    assert alone["se"] < whole["se"]


def oracle_rows(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.read_csv(shared("oracles", "survey", f"{name}.input.csv"))
    if name.startswith("neiss_2017"):
        rows["age"] = np.where(rows["age"] >= 200, (rows["age"] - 200) / 12, rows["age"])
        groups = pd.cut(rows["age"], [0, 5, 15, 25, 65, 999], right=False)
        rows["agegrp"] = groups.cat.rename_categories(["0-4", "5-14", "15-24", "25-64", "65+"]).astype("str")
    wanted = pd.read_csv(
        shared("oracles", "survey", f"{name}.expected.csv"), keep_default_na=False, na_values=[""]
    )
    return rows, wanted


@pytest.mark.parametrize("name", ["neiss_2017_2021_sample", "neiss_infants_2019"])
def test_every_figure_of_the_survey_package_comes_out(name):
    cases, wanted = oracle_rows(name)
    designs = {key: survey_design(cases, **columns) for key, columns in DESIGNS.items()}
    for what, rows in wanted.groupby("what"):
        words = what.split("|")
        design = designs[next((w for w in words if w in designs), "")]
        by = next((w for w in words[1:] if w in cases), None)
        domain = None if by is None else cases[by]
        error = "jackknife" if "JKn" in words else "taylor"
        levels = ["all"] if by is None else rows["level"].astype(cases[by].dtype).tolist()
        if words[0].startswith("total"):
            found = survey_totals(design, domain=domain, error=error)
        elif words[0] == "proportion":
            found = survey_shares(design, domain)
            exact = survey_shares(design, domain, method="beta").loc[levels]
            np.testing.assert_allclose(found.loc[levels, "lo"], rows["lo95_logit"], rtol=1e-6)
            np.testing.assert_allclose(found.loc[levels, "hi"], rows["hi95_logit"], rtol=1e-6)
            np.testing.assert_allclose(exact["lo"], rows["lo95_beta"], rtol=1e-6)
            np.testing.assert_allclose(exact["hi"], rows["hi95_beta"], rtol=1e-6)
        else:
            found = survey_ratios(design, cases["age"], domain=domain, error=error)
        found = found.loc[levels]
        np.testing.assert_allclose(found["estimate"], rows["estimate"], rtol=1e-9)
        np.testing.assert_allclose(found[["se", "cv"]], rows[["se", "cv"]], rtol=1e-7)
        if words[0] != "proportion":
            np.testing.assert_allclose(found[["lo", "hi"]], rows[["lo95_t", "hi95_t"]], rtol=1e-6)
        assert design.df == rows["df"].iloc[0]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("apistrat", {"stratum": "stype", "population": "fpc"}),
        ("apiclus1", {"psu": "dnum", "population": "fpc"}),
    ],
)
def test_finite_populations_come_out(name, columns):
    schools = pd.read_csv(shared("oracles", "survey", f"{name}.input.csv"))
    wanted = pd.read_csv(shared("oracles", "survey", "api.expected.csv"))
    wanted = wanted[wanted["design"].str.startswith("strat" if name == "apistrat" else "one")]
    design = survey_design(schools, weight="pw", **columns)
    found = [
        survey_totals(design, values=schools["enroll"]),
        survey_ratios(design, schools["api00"]),
        survey_ratios(design, schools["api.stu"], schools["enroll"]),
    ]
    table = pd.concat(found)
    np.testing.assert_allclose(table["estimate"], wanted["estimate"], rtol=1e-9)
    np.testing.assert_allclose(table["se"], wanted["se"], rtol=1e-7)
    np.testing.assert_allclose(table[["lo", "hi"]][:2], wanted[["lo95_t", "hi95_t"]][:2], rtol=1e-6)


def test_changes_between_years_come_out():
    cases = pd.read_csv(shared("oracles", "survey", "neiss_infants_2018_2020.input.csv"))
    wanted = json.loads(
        shared("oracles", "survey", "neiss_infants_change.expected.json").read_text(encoding="utf-8")
    )
    found = survey_changes(survey_design(cases, **NESTED), period=cases["year"])
    assert found["after"].tolist() == wanted["years"][1:]
    for row, name in enumerate(("diff_2019_2018", "diff_2020_2019")):
        assert found["change"][row] == pytest.approx(wanted[name]["estimate"], rel=1e-9)
        assert found["se"][row] == pytest.approx(wanted[name]["se"], rel=1e-7)
    assert found["total_before"].tolist() == pytest.approx(wanted["totals"][:2], rel=1e-9)
    v = np.array(wanted["vcov"])
    log_se = np.sqrt(
        v[0, 0] / wanted["totals"][0] ** 2
        + v[1, 1] / wanted["totals"][1] ** 2
        - 2 * v[0, 1] / wanted["totals"][0] / wanted["totals"][1]
    )
    ours = np.log(found["ratio_hi"][0] / found["ratio"][0])
    wide = (found["hi"][0] - found["change"][0]) / found["se"][0]
    assert ours == pytest.approx(wide * log_se, rel=1e-6)


def test_the_reporting_rule_agrees_with_another_package():
    cases, _ = oracle_rows("neiss_2017_2021_sample")
    wanted = pd.read_csv(shared("oracles", "survey", "neiss_reporting_rule.expected.csv"))
    design = survey_design(cases, **NESTED)
    for column, rows in wanted.groupby("column"):
        found = reportable(survey_totals(design, domain=cases[column])).loc[rows["value"]]
        np.testing.assert_allclose(found["se"], rows["se"], rtol=1e-7)
        assert found["n_records"].tolist() == rows["records"].tolist()
        assert (~found["is_reportable"]).astype(int).tolist() == rows["unstable"].tolist()


def test_the_reporting_rule_at_its_bounds_and_with_its_reasons():
    row = FIGURES["reporting"]["published_row"]
    cv = (row["interval"][1] - row["interval"][0]) / (2 * 1.96 * row["estimate"])
    table = pd.DataFrame(
        {
            "estimate": [
                row["estimate"],
                FIGURES["reporting"]["too_small"],
                1200.0,
                5000.0,
                np.nan,
                1199.999,
            ],
            "n_records": [row["n"], 100, 20, 19, 5, 20],
            "cv": [cv, 0.1, 0.33, 0.3301, np.nan, 0.33],
        }
    )
    found = reportable(table)
    assert found["reasons"].tolist() == [
        "",
        "estimate_small",
        "",
        "records_few,cv_large",
        "estimate_missing,records_few,cv_unknown",
        "estimate_small",
    ]
    assert found["is_reportable"].tolist() == [True, False, True, False, False, False]
    assert found["is_on_bound"].tolist() == [False, False, True, False, False, True]
    with pytest.raises(InputFaults, match="cv"):
        reportable(table.drop(columns="cv"))


# Laws of a design

CASES = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.sampled_from([1.0, 2.5, 80.0]), st.integers(0, 9)),
    min_size=4,
    max_size=30,
)


def survey_of(rows):
    table = pd.DataFrame(rows, columns=["stratum", "psu", "weight", "y"])
    counts = table.drop_duplicates(["stratum", "psu"])["stratum"].value_counts()
    assume((counts > 1).all())
    return table, survey_design(table, **NESTED)


@given(CASES)
def test_totals_agree_with_the_slow_ones(rows):
    table, design = survey_of(rows)
    found = survey_totals(design, values=table["y"]).iloc[0]
    total, squares = survey_total(rows)
    assert found["estimate"] == pytest.approx(total, rel=1e-12)
    assert found["se"] == pytest.approx(squares**0.5, rel=1e-9, abs=1e-9)


@given(CASES, st.randoms(use_true_random=False))
def test_domains_add_up_and_zeros_outside_are_the_domain(rows, chance):
    _, design = survey_of(rows)
    domain = pd.Series([chance.choice("xyz") for _ in rows])
    parts, whole = survey_totals(design, domain=domain), survey_totals(design).iloc[0]
    assert parts["estimate"].sum() == pytest.approx(whole["estimate"])
    assert parts["n_records"].sum() == len(rows)
    for name in domain.unique():
        alone = survey_totals(design, values=(domain == name).astype(float)).iloc[0]
        assert parts.loc[name, "se"] == pytest.approx(alone["se"], abs=1e-9)
        empty = Design(
            np.where(domain == name, design.weights, 0.0),
            design.psu,
            design.stratum,
            design.fraction,
            design.lonely,
        )
        assert survey_totals(empty).iloc[0]["se"] == pytest.approx(alone["se"], abs=1e-9)
    shares = survey_shares(design, domain)
    assert shares["estimate"].sum() == pytest.approx(1)
    assert ((shares["lo"] >= 0) & (shares["lo"] <= shares["estimate"] + 1e-12)).all()


@given(CASES, st.floats(0.1, 50))
def test_a_mean_does_not_move_with_the_unit_of_the_weights(rows, factor):
    table, design = survey_of(rows)
    scaled = survey_design(table.assign(weight=table["weight"] * factor), **NESTED)
    here, there = (survey_ratios(d, table["y"]).iloc[0] for d in (design, scaled))
    assert there["estimate"] == pytest.approx(here["estimate"])
    assert there["se"] == pytest.approx(here["se"], abs=1e-9)
    assert survey_totals(scaled).iloc[0]["se"] == pytest.approx(factor * survey_totals(design).iloc[0]["se"])
    jack = survey_totals(design, error="jackknife").iloc[0]
    assert jack["se"] == pytest.approx(survey_totals(design).iloc[0]["se"], abs=1e-6)


def test_an_injury_with_two_products_counts_for_each_once():
    both = pd.DataFrame({"p1": ["stairs", "bed", "stairs"], "p2": ["stairs", None, "bed"]})
    cases = pd.DataFrame({"weight": [10.0, 20.0, 40.0], "psu": [1, 2, 3]})
    found = survey_totals(survey_design(cases, weight="weight", psu="psu"), domain=both)
    assert found["estimate"].to_dict() == {"bed": 60.0, "stairs": 50.0}
    assert membership(None, 2).names.tolist() == ["all"]
    with pytest.raises(InputFaults, match="3 rows, as the design"):
        membership(pd.Series(["a"]), 3)


def test_missing_values_are_named_and_never_taken_for_none():
    cases = pd.DataFrame({"weight": [1.0] * 4, "psu": [1, 2, 3, 4], "y": [1.0, None, 3.0, 5.0]})
    design = survey_design(cases, weight="weight", psu="psu")
    domain = pd.Series(["a", "a", "b", "b"])
    totals = survey_totals(design, domain=domain, values=cases["y"])
    assert totals["note"].tolist() == ["values_missing", ""]
    assert totals.loc["a", ["estimate", "se", "cv", "lo", "hi"]].isna().all()
    means = survey_ratios(design, cases["y"], domain=domain)
    assert means["estimate"].tolist() == [1.0, 4.0] and means["n_missing"].tolist() == [1, 0]
    kept = survey_ratios(
        design, np.where(cases["y"].isna(), 0.0, cases["y"]), cases["y"].notna().astype(float)
    )
    assert survey_ratios(design, cases["y"])["se"].item() == pytest.approx(kept["se"].item())
    none = survey_ratios(design, [1.0] * 4, [0.0] * 4).iloc[0]
    assert none["note"] == "no_denominator" and np.isnan(none["estimate"])
    with pytest.raises(InputFaults, match="infinite"):
        survey_totals(design, values=[1, 2, 3, np.inf])
    with pytest.raises(InputFaults, match="one number a row"):
        survey_totals(design, values=[1, 2])


def lonely_file():
    return pd.DataFrame(
        {
            "stratum": ["A", "A", "A", "B", "B", "C"],
            "psu": [1, 2, 3, 1, 2, 1],
            "weight": [1.0, 2, 3, 4, 6, 10],
            "population": [9, 9, 9, 8, 8, 1],
        }
    )


def test_each_rule_for_a_stratum_of_one_unit():
    table = lonely_file()
    with pytest.raises(InputFaults, match="stratum 'C'"):
        survey_design(table, **NESTED)
    rest = 1.5 * ((1 - 2) ** 2 + 0 + (3 - 2) ** 2) + 2 * ((4 - 5) ** 2 + (6 - 5) ** 2)
    mean = table["weight"].sum() / 6
    wanted = {"certainty": rest, "centre": rest + (10 - mean) ** 2, "average": rest * 3 / 2}
    for rule, value in wanted.items():
        design = survey_design(table, **NESTED, lonely=rule)
        assert survey_totals(design)["se"].item() ** 2 == pytest.approx(value)
    alone = survey_design(table.iloc[5:], **NESTED, lonely="average")
    assert np.isnan(variance(alone, np.ones((1, 1)))).all()
    sampled_whole = survey_design(table, **NESTED, population="population")
    assert survey_totals(sampled_whole)["se"].item() > 0
    with pytest.raises(ValueError, match="cannot lose one"):
        jackknife_variance(survey_design(table, **NESTED, lonely="certainty"), np.ones((6, 1)))


def domain_file():
    """Strata of 3, 2, 1 and 1 units; of "toy" one unit of A, both of B and C; D has none."""
    return pd.DataFrame(
        {
            "stratum": ["A", "A", "A", "B", "B", "C", "D"],
            "psu": [1, 2, 3, 1, 2, 1, 1],
            "weight": [3.0, 2, 1, 4, 6, 11, 50],
            "product": ["toy", "bed", "bed", "toy", "toy", "toy", "bed"],
        }
    )


# By hand, for the total of "toy" (3 | 4 + 6 | 11 = 24): A has 3, 0, 0 and so 1.5 · 6 = 9, B 2 · (1 + 1) = 4; the
# 6 units of the strata with a toy have the mean 4, and around it A has 1.5 · (1 + 16 + 16) = 49.5 and C 49.
TOY = {
    ("certainty", False): 9 + 4, ("remove", False): 9 + 4, ("certainty", True): 9 + 4, ("remove", True): 9 + 4,
    ("centre", False): 9 + 4 + 49, ("adjust", False): 9 + 4 + 49, ("adjust", True): 49.5 + 4 + 49,
    ("average", False): (9 + 4) * 3 / 2, ("average", True): 4 * 3 / 1,
}  # fmt: skip


@pytest.mark.parametrize(("rule", "by_domain"), TOY, ids=str)
def test_strata_of_one_unit_by_domain_under_each_rule(rule, by_domain):
    table = domain_file()
    design = survey_design(table, **NESTED, lonely=rule, domain_lonely=by_domain)
    found = survey_totals(design, domain=table["product"]).loc["toy"]
    assert found["estimate"] == 24 and found["se"] ** 2 == pytest.approx(TOY[rule, by_domain])
    mean = survey_ratios(design, np.ones(7) * 5, domain=table["product"]).loc["toy"]
    assert mean["estimate"] == pytest.approx(5) and (mean["se"] == pytest.approx(0) or np.isnan(mean["se"]))


@pytest.mark.parametrize("rule", ["refuse", "fail"])
def test_strata_of_one_unit_are_refused_by_default(rule):
    with pytest.raises(InputFaults, match="2 faults"):
        survey_design(domain_file(), **NESTED, lonely=rule)


def test_a_domain_of_one_unit_in_every_stratum_has_no_average():
    table = domain_file().assign(product=["toy", "bed", "bed", "toy", "bed", "toy", "toy"])
    design = survey_design(table, **NESTED, lonely="average", domain_lonely=True)
    assert np.isnan(survey_totals(design, domain=table["product"]).loc["toy", "se"])


ROWS = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.integers(1, 3), st.integers(1, 9).map(float), st.booleans()),
    min_size=1, max_size=14,
).filter(lambda rows: any(is_in for *_, is_in in rows))  # fmt: skip


@given(ROWS, st.sampled_from(["remove", "adjust", "average", "certainty"]), st.booleans())
def test_strata_of_one_unit_by_domain_agree_with_the_slow_version(rows, rule, by_domain):
    table = pd.DataFrame(rows, columns=["stratum", "psu", "weight", "is_in"])
    design = survey_design(table, **NESTED, lonely=rule, domain_lonely=by_domain)
    domain = table["is_in"].map({True: "in"})
    found = survey_totals(design, domain=domain).loc["in", "se"] ** 2
    expected = variance_of_a_domain(rows, lonely=rule, domain_lonely=by_domain)
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_wrong_designs_are_refused_with_every_fault():
    table = lonely_file().iloc[:5]
    wrong = table.assign(weight=[1, -2, None, 4, np.inf])
    with pytest.raises(InputFaults) as error:
        survey_design(wrong, **NESTED)
    assert len(error.value.faults) == 3
    with pytest.raises(InputFaults, match="psu: missing"):
        survey_design(table.assign(psu=[1, 2, None, 1, 2]), **NESTED)
    with pytest.raises(InputFaults, match="population"):
        survey_design(table.assign(population=[9, 8, 9, 1, 1]), **NESTED, population="population")
    for words in ({"error": "bootstrap"}, {"ends": "z"}, {"level": 1.5}):
        with pytest.raises(ValueError, match=next(iter(words))):
            survey_totals(survey_design(table, **NESTED), **words)
    with pytest.raises(ValueError, match="lonely is one of"):
        survey_design(table, **NESTED, lonely="drop")
    with pytest.raises(ValueError, match="logit or beta"):
        survey_shares(survey_design(table, **NESTED), table["psu"], method="wald")


def test_wrong_periods_are_refused():
    table = lonely_file().iloc[:5]
    design = survey_design(table, **NESTED)
    for period, said in (
        ([2020] * 5, "1 periods"),
        ([2020, 2021, None, 2021, 2020], "row 2"),
        ([1, 2], "2 rows"),
    ):
        with pytest.raises(InputFaults, match=said):
            survey_changes(design, period=pd.Series(period))
    with pytest.raises(ValueError, match="level"):
        survey_changes(design, period=pd.Series([1, 2, 1, 2, 1]), level=0)
