"""Many draws of a scenario, two dimensions of a case, Sobol' indices, a redrawn what-if, beside their peers."""

from __future__ import annotations

import importlib.util

import numpy as np
from measure import cpu_seconds, say

from riskkit.assessment.facts.case_file import Text
from riskkit.assessment.sensitivity.indices import saltelli_points, sobol_indices
from riskkit.assessment.what_if.level_information import information_value, loss_table
from riskkit.assessment.what_if.what_if_file import Change, WhatIf
from riskkit.case import case_inputs, case_levels
from riskkit.case.case_reading import load_case
from riskkit.case.what_if_effects import Grading, effects
from riskkit.foundation.numbers.two_dimensional import cross, flattened, percentile_bands
from riskkit.foundation.numbers.uncertainty import Pert, sample
from riskkit.warning.profiles import profile

MC2D_S = 0.39  # R 4.2.2, mc2d 0.2.1: 4 PERT steps, 10^6 draws, product, three quantiles
SALIB_CPU_S = 1.7  # SALib 1.6.0: 3 inputs, 2^16 base samples, 100 resamples
STEPS = {f"p{i}": Pert(0.01 * i, 0.02 * i, 0.1 * i) for i in range(1, 5)}


def scenario(design: str, n: int) -> np.ndarray:
    x = sample(STEPS, n, rng=np.random.default_rng(1), design=design)
    p = x["p1"] * x["p2"]
    p *= x["p3"]
    p *= x["p4"]
    return np.quantile(p, [0.05, 0.5, 0.95])


def test_a_million_draws_of_a_scenario() -> None:
    for design, n in (("random", 10**6), ("sobol", 1 << 20)):
        took = cpu_seconds(lambda design=design, n=n: scenario(design, n))
        say(f"4 PERT steps, {n:,} {design} draws", cpu_s=took, times_faster_than_mc2d=MC2D_S / took)
        assert MC2D_S / took >= 2


def test_a_case_in_two_dimensions() -> None:
    case, used = load_case("inclined-sleeper-2019"), profile()
    point = {name: np.array([[value]]) for name, value in case_inputs.point_of(case).items()}
    known = case_inputs.inputs_of(case)
    varies = {name: dist for name, dist in known.items() if name.endswith(".p1")}
    rest = {name: dist for name, dist in known.items() if name not in varies}

    def ours() -> object:
        x = point | cross(rest, varies, (1000, 1000), rng=np.random.default_rng(1))
        ranks = flattened(lambda flat: case_levels.evaluate(case, flat, profile=used).lo)(x)
        return percentile_bands(ranks)

    took = cpu_seconds(ours, runs=3)
    say("a case, 1000 x 1000 draws, with bands", cpu_s=took)
    assert took < 1


def test_sobol_indices_with_resampling() -> None:
    x = (saltelli_points(3, 1 << 16, rng=np.random.default_rng(1)) * 2 - 1) * np.pi
    y = np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])

    def ours() -> object:
        return sobol_indices(y, names=list("abc"), rng=np.random.default_rng(2))

    took = cpu_seconds(ours)
    theirs = {"salib": salib_seconds(y), "openturns": openturns_seconds(x, y)}
    say(
        "Sobol', 2^16 x 3, 100 resamples [CPU s]",
        ours=took,
        **{f"times_{name}": found / took for name, found in theirs.items() if found},
        **({} if theirs["salib"] else {"recorded_peer_over_ours": SALIB_CPU_S / took}),
    )
    assert (theirs["salib"] or SALIB_CPU_S) / took >= 5


def salib_seconds(y: np.ndarray) -> float:
    """CPU seconds of SALib for the same, with resamples; 0 where it is not installed."""
    if importlib.util.find_spec("SALib") is None:
        return 0.0
    from SALib.analyze import sobol

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    flat = y.T.ravel()
    return cpu_seconds(
        lambda: sobol.analyze(problem, flat, calc_second_order=False, num_resamples=100, seed=1), runs=1
    )


def openturns_seconds(x: np.ndarray, y: np.ndarray) -> float:
    """CPU seconds of OpenTURNS for the same, with resamples; 0 where it is not installed."""
    if importlib.util.find_spec("openturns") is None:
        return 0.0
    import openturns

    order = [0, -1, *range(1, len(y) - 1)]  # its design is A, B, then A with each column of B
    points = openturns.Sample(x[order].reshape(-1, x.shape[-1]))
    values = openturns.Sample(y[order].reshape(-1, 1))

    def indices() -> None:
        of = openturns.SaltelliSensitivityAlgorithm(points, values, y.shape[1])
        of.setBootstrapSize(100)
        of.getFirstOrderIndicesInterval()
        of.getTotalOrderIndicesInterval()

    return cpu_seconds(indices, runs=1)


def test_a_what_if_is_redrawn() -> None:
    case, used, same = load_case("inclined-sleeper-2019"), profile(), Text(zh="半", en="half")
    step = f"{case.scenarios[0].id}.p1"
    locked = case_inputs.draw_inputs(case, 20_000, rng=np.random.default_rng(1))
    how = Grading(
        case_inputs.point_of,
        lambda case, n: locked,
        lambda case, x: case_levels.evaluate(case, x, profile=used),
    )
    half = Change(input=step, do="multiply", value=0.5, reason=same, evidence="some_data")
    one = WhatIf(id="half", kind="design_fix", title=same, changes=(half,))
    took = cpu_seconds(lambda: effects(case, [one], grading=how, rng=np.random.default_rng(2)))
    say("before and after, 20,000 locked draws", cpu_s=took)
    ranks = np.broadcast_to(case_levels.evaluate(case, locked, profile=used).lo, 20_000)
    took = cpu_seconds(lambda: information_value(locked, ranks, losses=loss_table()))
    say("value of knowing each input, 20,000 draws", cpu_s=took)
    assert took < 0.15


def main() -> None:
    """Print all ratios."""
    test_a_million_draws_of_a_scenario()
    test_a_case_in_two_dimensions()
    test_sobol_indices_with_resampling()
    test_a_what_if_is_redrawn()


if __name__ == "__main__":
    main()
