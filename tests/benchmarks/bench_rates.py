"""Time survey totals, rates, shrinkage and the yearly plan against a plain bound.

Run as a script; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.foundation.standards.glossary import codes
from riskkit.monitoring.plan.plan import monitoring_plan
from riskkit.monitoring.rates.rates import nonconformity_rates
from riskkit.monitoring.rates.shrinkage import fit_beta_binomial, rank_probabilities, shrunk_rates
from riskkit.monitoring.siting import p_median
from riskkit.monitoring.survey.design import survey_design
from riskkit.monitoring.survey.estimates import survey_ratios, survey_totals

SVY_CPU = 1.9  # processor seconds of the Rust-backed package svy for the same totals, recorded elsewhere
ROWS, PRODUCTS, CELLS = 2_000_000, 60, 10_000


def survey(rng: np.random.Generator) -> None:
    """Weighted totals and means with errors: 2 million cases of 60 products in 100 hospitals."""
    hospital = rng.integers(0, 100, ROWS)
    cases = pd.DataFrame(
        {
            "weight": rng.choice([5.6, 16.4, 34.9, 75.2, 88.1], ROWS),
            "stratum": np.array(list("CSMLV"))[hospital % 5],
            "psu": hospital,
            "product": np.array([f"product {k:02d}" for k in range(PRODUCTS)])[
                rng.integers(0, PRODUCTS, ROWS)
            ],
            "age": rng.integers(0, 90, ROWS).astype(float),
        }
    ).astype({"stratum": "str", "product": "str"})

    def totals() -> pd.DataFrame:
        design = survey_design(cases, weight="weight", stratum="stratum", psu="psu")
        return survey_totals(design, domain=cases["product"])

    design = survey_design(cases, weight="weight", stratum="stratum", psu="psu")

    def plain() -> pd.Series:
        return cases.groupby("product")["weight"].sum()

    group = cpu_seconds(plain, runs=3)
    ours = cpu_seconds(totals, runs=3)
    say("totals and SE, design included [CPU s]", ours=ours, of_svy=ours / SVY_CPU, of_groupby=ours / group)
    assert ours <= SVY_CPU
    mean = cpu_seconds(lambda: survey_ratios(design, cases["age"], domain=cases["product"]), runs=3)
    say("mean ages and SE [CPU s]", ours=mean, of_groupby=mean / group)


def rates(rng: np.random.Generator) -> None:
    """Rates of 1 million batches by two keys, and 10,000 groups drawn together."""
    n = rng.integers(1, 60, 1_000_000)
    batches = pd.DataFrame(
        {"a": rng.integers(0, 100, n.size), "b": rng.integers(0, 100, n.size), "n_tested": n}
    ).assign(n_nonconforming=rng.binomial(n, 0.06))

    def plain() -> pd.Series:
        return batches.groupby(["a", "b"])["n_tested"].sum()

    group = cpu_seconds(plain, runs=3)
    ours = cpu_seconds(lambda: nonconformity_rates(batches, by=["a", "b"]), runs=3)
    say("rates of 1,000,000 batches in 10,000 groups", ours=ours, of_groupby=ours / group)
    found = nonconformity_rates(batches, by=["a", "b"])
    x, tested = (found[name].to_numpy(dtype=float) for name in ("n_nonconforming", "n_tested"))
    fit = cpu_seconds(lambda: fit_beta_binomial(x, tested), runs=3)
    prior = fit_beta_binomial(x, tested)
    shrink = cpu_seconds(lambda: shrunk_rates(x, tested, prior=prior), runs=3)
    few = shrunk_rates(x[:200], tested[:200], prior=prior)
    rank = cpu_seconds(lambda: rank_probabilities(few["alpha"], few["beta"], rng=rng, top=10), runs=3)
    say("10,000 groups drawn together", fit=fit, posteriors=shrink, ranks_of_200=rank)


def planning(rng: np.random.Generator) -> None:
    """100,000 samples over 10,000 cells; 10 sites among 60 for 300 points."""
    tested = rng.integers(0, 80, CELLS)
    cells = pd.DataFrame(
        {
            "commodity": [f"product {k}" for k in range(CELLS)],
            "origin": "A",
            "port": "X",
            "hazard": "h",
            "hazard_class": rng.choice(codes("hazard_class"), CELLS),
            "goods": "consumer_product",
            "n_tested": tested,
            "n_nonconforming": rng.binomial(tested, rng.beta(1, 9, CELLS)),
            "exposure": rng.lognormal(0, 1, CELLS),
            "consequence": rng.integers(1, 5, CELLS),
            "unit_cost": rng.uniform(0.5, 2, CELLS),
        }
    )
    seconds = cpu_seconds(lambda: monitoring_plan(cells, budget=100_000, seed="118"), runs=2)
    say("plan of 100,000 samples over 10,000 cells", ours=seconds)
    points, sites = rng.uniform(0, 1, (300, 2)), rng.uniform(0, 1, (60, 2))
    way = pd.DataFrame(np.hypot(*(points[:, None] - sites).transpose(2, 0, 1)))
    need = pd.Series(rng.uniform(1, 50, 300))
    say(
        "10 of 60 sites for 300 points, proven",
        ours=cpu_seconds(lambda: p_median(need, way, n_sites=10), runs=2),
    )


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(1)
    for part in (survey, rates, planning):
        part(rng)


def test_rates() -> None:
    main()


if __name__ == "__main__":
    main()
