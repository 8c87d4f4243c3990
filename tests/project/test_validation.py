"""Grading against decisions of authorities: the arithmetic, the table of priors, and the page."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from shared import ROOT, shared
from statsmodels.stats.inter_rater import cohens_kappa

from riskkit.assessment.consensus.ordinal_agreement import (
    auc,
    confusion,
    fit_cuts,
    kappa_interval,
    weighted_kappa,
)
from riskkit.assessment.hazard_priors import hazard_priors
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards

DOCS = ROOT / "docs"
LEVELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=8, max_size=60)


@pytest.fixture(scope="module")
def validate() -> ModuleType:
    shared("data", "rasff", "notifications_risk_2024h1.csv.gz")
    spec = importlib.util.spec_from_file_location("validate", DOCS / "validate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["validate"] = module
    spec.loader.exec_module(module)
    return module


@given(LEVELS)
def test_quadratic_kappa_equals_that_of_statsmodels(pairs: list[tuple[int, int]]) -> None:
    counts = confusion(*zip(*pairs, strict=True), n_levels=4)
    expected = cohens_kappa(counts + 1, weights=None, wt="quadratic").kappa
    assert weighted_kappa(counts + 1) == pytest.approx(expected, abs=1e-12)


def test_kappa_of_a_worked_table() -> None:
    # Observed disagreement (4 + 1·10)/60, chance by the margins 20/20/20 and 22/16/22: worked out by hand.
    counts = np.array([[17, 2, 1], [5, 12, 3], [0, 2, 18]])
    weights = np.array([[0, 1, 4], [1, 0, 1], [4, 1, 0]])
    chance = np.outer([20, 20, 20], [22, 16, 22]) / 60
    assert weighted_kappa(counts) == pytest.approx(1 - (weights * counts).sum() / (weights * chance).sum())
    assert weighted_kappa(counts) == pytest.approx(
        1 - 16 / (16 * 20 / 60 * 2 + 22 * 20 / 60 * 2 + 22 * 20 / 60 * 8)
    )


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_equals_the_rank_sum_statistic(rows: list[tuple[int, bool]]) -> None:
    scores, positive = (np.array(column) for column in zip(*rows, strict=True))
    if positive.all() or not positive.any():
        assert np.isnan(auc(scores, positive))
        return
    u = mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert auc(scores, positive) == pytest.approx(u / (positive.sum() * (~positive).sum()))


@given(LEVELS)
def test_two_cuts_are_the_best_of_all(rows: list[tuple[int, int]]) -> None:
    scores, levels = zip(*[(float(score), level % 2) for score, level in rows], strict=True)
    (cut,) = fit_cuts(scores, levels, n_levels=2, by="exact")
    reached = np.mean(np.searchsorted([cut], scores, side="right") == levels)
    best = max(np.mean((np.array(scores) >= at) == levels) for at in (-0.5, 0.5, 1.5, 2.5, 3.5))
    assert reached == pytest.approx(best)


def test_resampling_clusters_is_wider_than_resampling_records() -> None:
    rng = np.random.default_rng(5)
    centre = rng.integers(0, 3, 30)
    decided, clusters = np.repeat(centre, 20), np.repeat(np.arange(30), 20)
    predicted = np.repeat(np.clip(centre + rng.integers(-1, 2, 30), 0, 2), 20)
    widths = [
        np.diff(kappa_interval(predicted, decided, by, n_levels=3, rng=np.random.default_rng(1))[1:])[0]
        for by in (clusters, np.arange(600))
    ]
    assert widths[0] > 2 * widths[1]


def test_levels_outside_and_lists_of_unequal_length_are_refused_at_once() -> None:
    with pytest.raises(InputFaults) as refused:
        confusion([0, 3], [0, -1], n_levels=3)
    assert len(refused.value.faults) == 2
    with pytest.raises(InputFaults):
        confusion([0], [0, 1], n_levels=2)


@pytest.mark.parametrize(
    ("hazard", "product", "severity"),
    [
        ("E. coli O157:H7", "ground beef", 4),
        ("Escherichia coli", "cheese", 2),
        ("Listeria innocua", "cheese", 2),
        ("listeria spp", "cheese", 2),
        ("Listeria monocytogenes", "cheese", 4),
        ("salmonella enteritidis", "feed materials", 2),
        ("egg  undeclared", "soup", 4),
        ("Milk", "dark chocolate", 4),
        ("acetamiprid  ,chlorpyrifos  unauthorised substance", "peppers", 4),
        ("colour e 102 - tartrazine unauthorised use", "sweets", 1),
        ("Absence of health certificate (milk ingredient)", "ghee", 1),
    ],
)
def test_words_of_a_hazard_mean_its_own_severity(hazard: str, product: str, severity: int) -> None:
    found = hazard_priors(pd.Series([hazard]), pd.Series([product]))
    assert found["severity"].tolist() == [severity]


def test_an_unknown_hazard_stays_unknown_and_the_index_is_the_callers() -> None:
    found = hazard_priors(pd.Series(["zzz", None, "lead"], index=[7, 3, 5]))
    assert found.index.tolist() == [7, 3, 5]
    assert found["severity"].isna().tolist() == [True, True, False]
    with pytest.raises(ValueError, match="different indexes"):
        hazard_priors(pd.Series(["lead"]), pd.Series(["toy"], index=[4]))


@given(st.permutations(["salmonella", "lead migration", "tartrazine", "milk undeclared"]))
def test_the_order_of_several_hazards_does_not_matter(words: list[str]) -> None:
    found = hazard_priors(pd.Series([";".join(words)]))
    single = hazard_priors(pd.Series(words))
    assert found["severity"].iloc[0] == single["severity"].max()


def test_each_row_of_the_priors_can_fire_and_is_marked_as_our_own() -> None:
    rows = standards.table("hazard_priors")
    assert set(rows["status"]) == {"house"}
    assert rows["p"].between(1e-6, 0.1).all()
    assert rows["prior_id"].is_unique
    assert not any(
        a == b for a, b in itertools.combinations(zip(rows["pattern"], rows["product"], strict=True), 2)
    )


def test_no_predictor_reads_what_the_authority_decided(validate: ModuleType) -> None:
    table = validate.rasff().table
    seen = table[["hazard", "product", "is_national"]]
    pd.testing.assert_frame_equal(validate.scores(seen), validate.scores(table))


def test_the_goals_are_reached_or_the_page_says_why(validate: ModuleType) -> None:
    reached = {
        records.name: validate.measured(records)[records.goal[0]].max()
        for records in (validate.rasff(), validate.fsis(is_named=True), validate.cfia())
    }
    assert reached["rasff"] >= 0.50
    assert reached["fsis"] >= 0.58
    assert reached["cfia"] > 0.608  # above the rule fitted to the classes; the goal of .65 is not reached
    assert "not met" in (DOCS / "validation.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "name"), [("en", "validation.md"), ("zh", "validation.zh.md")])
def test_the_page_is_what_the_records_give(validate: ModuleType, lang: str, name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == validate.page(lang), "run: make validate"
