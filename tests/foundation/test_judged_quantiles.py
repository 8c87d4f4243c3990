"""Fits to judged quantiles: a change of unit changes no fit, and no judged quantile is lost in silence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit, logit
from scipy.stats import beta, gamma, lognorm, norm
from shared import TESTS

from riskkit.case.case_reading import parse_case
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.distributions import as_probability, parse_distribution, quantile
from riskkit.foundation.numbers.elicited import (
    FAMILIES,
    Elicited,
    elicited_quantile,
    fit_quantiles,
    quantile_loss,
)
from riskkit.foundation.numbers.kept_quantiles import metalog_coefficients, metalog_quantile
from riskkit.foundation.numbers.toml_record import toml_text, written
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.workbench.reports.case.case_toml import case_toml
from riskkit.workbench.reports.case.words import distribution

KETTLE = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
SKEWED = {"p05": 0.001, "p50": 0.002, "p95": 0.9}
INNER = np.array([0.01, 0.05, 0.3, 0.5, 0.8, 0.95, 0.99])

# family, lower, upper: every family on every support it is for
SUPPORTS = [
    ("normal", -math.inf, math.inf), ("gamma", 0.0, math.inf), ("lognormal", 0.0, math.inf),
    ("lognormal", 0.0, 1.0), ("beta", 0.0, 1.0), ("mirrorgamma", -math.inf, 1.0),
    ("mirrorlognormal", -math.inf, 1.0), ("metalog", -math.inf, math.inf), ("metalog", 0.0, math.inf),
    ("metalog", 0.0, 1.0), ("metalog", -math.inf, 1.0), ("piecewise", -math.inf, math.inf),
    ("piecewise", 0.0, math.inf), ("piecewise", 0.0, 1.0), ("piecewise", -math.inf, 1.0),
    (None, -math.inf, math.inf), (None, 0.0, math.inf), (None, 0.0, 1.0), (None, -math.inf, 1.0),
]  # fmt: skip


def test_a_normal_far_from_zero_is_found() -> None:
    fit = fit_quantiles([900, 1000, 1100], [0.25, 0.5, 0.75], lower=-math.inf)
    assert fit.parameters == pytest.approx((1000, 100 / norm.ppf(0.75)), rel=1e-9)
    assert fit.sum_of_squares < 1e-20


@pytest.mark.parametrize(
    ("values", "mean"),
    [([-1e6 - 3, -1e6, -1e6 + 3], -1e6), ([1e-9, 2e-9, 3e-9], 2e-9), ([1e12, 1.5e12, 2e12], 1.5e12)],
)
def test_normals_of_any_size_are_found(values: list[float], mean: float) -> None:
    fit = fit_quantiles(values, [0.05, 0.5, 0.95], lower=-math.inf)
    sd = (values[2] - values[0]) / 2 / norm.ppf(0.95)
    assert fit.parameters == pytest.approx((mean, sd), rel=1e-6)


@pytest.mark.parametrize(("family", "lower", "upper"), SUPPORTS)
@given(
    steps=st.tuples(*[st.floats(0.1, 0.4)] * 3),
    scale=st.floats(-9, 9).map(lambda power: 10.0**power),
    shift=st.floats(-50, 50),
)
def test_a_change_of_unit_and_origin_changes_no_fit(
    family: str | None, lower: float, upper: float, *, steps: tuple[float, ...], scale: float, shift: float
) -> None:
    values = np.cumsum(steps) * 0.8
    probs, moved = [0.1, 0.5, 0.9], shift * scale
    try:
        plain = fit_quantiles(values.tolist(), probs, lower=lower, upper=upper, family=family)
    except ValueError:
        assert family == "metalog"
        return
    there = fit_quantiles(
        (values * scale + moved).tolist(), probs, lower=lower * scale + moved, upper=upper * scale + moved,
        family=family,
    )  # fmt: skip
    assert there.family == plain.family
    back = (elicited_quantile(there, INNER) - moved) / scale
    assert_allclose(back, elicited_quantile(plain, INNER), rtol=1e-5, atol=1e-6)
    assert there.sum_of_squares == pytest.approx(plain.sum_of_squares, rel=1e-5, abs=1e-9)


@given(st.tuples(*[st.floats(0.1, 0.4)] * 3))
def test_the_mirror_families_are_the_mirror_images(steps: tuple[float, ...]) -> None:
    values, probs = np.cumsum(steps), [0.05, 0.5, 0.95]
    for name in ("gamma", "lognormal"):
        fit = fit_quantiles(values.tolist(), probs, family=name)
        mirror = fit_quantiles(
            (3 - values[::-1]).tolist(), probs, lower=-math.inf, upper=3.0, family=f"mirror{name}"
        )
        assert_allclose(elicited_quantile(mirror, 1 - INNER), 3 - elicited_quantile(fit, INNER), atol=1e-6)


@pytest.mark.parametrize(
    ("family", "law", "bounds"),
    [
        ("normal", norm(3e5, 2), (-math.inf, math.inf)), ("gamma", gamma(2.5, scale=1e-7), (0, math.inf)),
        ("lognormal", lognorm(0.7, scale=4e9), (0, math.inf)), ("beta", beta(0.3, 900), (0, 1)),
        ("gamma", gamma(5e4, scale=1e-3), (0, math.inf)), ("beta", beta(40, 0.8), (0, 1)),
    ],
)  # fmt: skip
def test_a_law_comes_back_from_its_own_quantiles(
    family: str, law: object, bounds: tuple[float, float]
) -> None:
    values = law.ppf([0.05, 0.25, 0.5, 0.95])  # type: ignore[attr-defined]
    fit = fit_quantiles(values, [0.05, 0.25, 0.5, 0.95], lower=bounds[0], upper=bounds[1], family=family)
    assert fit.sum_of_squares < 1e-12
    assert_allclose(elicited_quantile(fit, INNER), law.ppf(INNER), rtol=1e-3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "judged",
    [
        SKEWED, {"p05": 0.1, "p50": 0.998, "p95": 0.999}, {"p25": 1e-6, "p50": 2e-6, "p75": 0.5},
        {"p05": 0.001, "p50": 0.1, "p95": 0.101},
    ],
)  # fmt: skip
def test_no_judged_quantile_is_lost(judged: dict[str, float]) -> None:
    dist = as_probability(parse_distribution(judged))
    probs = [int(name[1:]) / 100 for name in judged]
    assert quantile(dist, probs) == pytest.approx(list(judged.values()), rel=1e-12)
    assert isinstance(dist, Elicited) and dist.family == "piecewise" and not dist.is_chosen
    assert "kept exactly" in distribution(dist, "probability")
    assert "均匀分布" in in_language("zh", distribution, dist, "probability")


def test_what_is_lost_is_measured_in_the_report_of_a_fit() -> None:
    lost = fit_quantiles([0.001, 0.002, 0.9], [0.05, 0.5, 0.95], upper=1.0, family="lognormal")
    assert elicited_quantile(lost, np.array([0.95]))[0] == pytest.approx(0.004, rel=1e-6)  # 0.002²/0.001
    assert quantile_loss(lost) == pytest.approx((0.9 - 0.004) / (0.9 - 0.002), rel=1e-6)
    ten_times = fit_quantiles([0.001, 0.1, 0.2], [0.05, 0.5, 0.95], upper=1.0, family="beta")
    assert quantile_loss(ten_times) > 0.2  # of the way on the logarithm, though near in size


@given(st.floats(1e-6, 0.3), st.floats(1.01, 50), st.floats(1.01, 1000))
def test_whatever_is_judged_stays_within_the_tolerance(middle: float, below: float, above: float) -> None:
    values = [middle / below, middle, middle + (0.99 - middle) * (1 - 1 / above)]
    fit = fit_quantiles(values, [0.05, 0.5, 0.95], upper=1.0)
    assert quantile_loss(fit) <= method_number("elicited", "tolerance")


def test_a_symmetric_metalog_as_its_author_solves_it() -> None:
    """The closed form for a symmetric-percentile triplet (Keelin 2016, eqs 16 to 18)."""
    low, mid, high, alpha = 3.0, 10.0, 30.0, 0.1
    odds, r = math.log((1 - alpha) / alpha), (mid - low) / (high - low)
    expected = (mid, (high - low) / 2 / odds, (1 - 2 * r) * (high - low) / (1 - 2 * alpha) / odds)
    x, p = np.array([low, mid, high]), np.array([alpha, 0.5, 1 - alpha])
    assert metalog_coefficients(x, p, lower=-math.inf, upper=math.inf) == pytest.approx(expected, rel=1e-12)
    bounded = metalog_coefficients(x, p, lower=0, upper=100)
    assert bounded[0] == pytest.approx(logit(0.1), rel=1e-12)
    by_hand = 100 * expit(bounded[0] + (bounded[1] + bounded[2] * 0.25) * logit(0.75))
    assert metalog_quantile(bounded, np.array([0.75]), lower=0, upper=100)[0] == pytest.approx(by_hand)
    assert metalog_quantile(bounded, np.array([0.0, 1.0]), lower=0, upper=100).tolist() == [0, 100]


def test_two_quantiles_make_a_logistic() -> None:
    fit = fit_quantiles([1.0, 3.0], [0.25, 0.75], lower=-math.inf, family="metalog")
    assert elicited_quantile(fit, np.array([0.5, 0.9])) == pytest.approx([2, 2 + logit(0.9) / logit(0.75)])


def test_uniform_pieces_by_hand() -> None:
    fit = fit_quantiles([1.0, 2, 11], [0.05, 0.5, 0.95], family="piecewise")
    found = elicited_quantile(fit, np.array([0, 0.025, 0.05, 0.275, 0.5, 0.725, 0.95, 0.975, 1]))
    assert found == pytest.approx([0, 0.5, 1, 1.5, 2, 6.5, 11, 11.5, 12], rel=1e-12)


@pytest.mark.parametrize("family", ["metalog", "piecewise"])
def test_a_case_file_may_ask_for_a_family_that_keeps_its_quantiles(family: str) -> None:
    judged = f'{{ p05 = 0.01, p50 = 0.03, p95 = 0.2, family = "{family}" }}'
    text = KETTLE.replace('p = "1/10"', f"p = {judged}", 1)
    assert text != KETTLE
    case = parse_case(parse_toml(text.encode(), "kettle.toml"))
    dist = next(s.p for one in case.scenarios for s in one.steps if isinstance(s.p, Elicited))
    assert dist.family == family and dist.upper == 1.0
    assert quantile(dist, [0.05, 0.5, 0.95]) == pytest.approx([0.01, 0.03, 0.2], rel=1e-12)
    assert parse_distribution(written(dist)).family == family  # type: ignore[union-attr]
    assert family in toml_text({"p": written(dist)})
    assert parse_case(parse_toml(case_toml(case).encode(), "again.toml")) == case


@pytest.mark.parametrize(
    ("extra", "words"),
    [({"family": "lognormal"}, "metalog or piecewise"), ({"family": 3}, "metalog or piecewise"),
     ({"family": "metalog"}, "piecewise' holds any")],
)  # fmt: skip
def test_a_family_that_cannot_keep_them_is_refused(extra: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        as_probability(parse_distribution(SKEWED | extra))


def test_families_are_those_that_fit() -> None:
    with pytest.raises(ValueError, match="one of beta, gamma"):
        fit_quantiles([1, 2, 3], [0.1, 0.5, 0.9], family="cauchy")
    assert {family for family, *_ in SUPPORTS if family} == set(FAMILIES)
