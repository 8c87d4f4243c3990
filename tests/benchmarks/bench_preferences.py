"""TOPSIS and entropy weights on 100,000 alternatives × 10 criteria beside their peers and a plain NumPy bound.

Peers that are not installed (the extra ``bench``) are left out.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from measure import cpu_seconds, say, seconds

from riskkit.assessment.preferences.rank_acceptability import draw_weights, rank_acceptability
from riskkit.assessment.preferences.ranking import topsis
from riskkit.assessment.preferences.weights import entropy_weights


def plain_numpy(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The formula and a sort: no checks, no ties, no steps kept."""
    v = x / np.sqrt((x**2).sum(axis=0)) * w
    near = np.sqrt(((v - v.max(axis=0)) ** 2).sum(axis=1))
    far = np.sqrt(((v - v.min(axis=0)) ** 2).sum(axis=1))
    return np.argsort(-far / (near + far))


def scikit_criteria(x: np.ndarray, w: np.ndarray) -> Callable[[], Any] | None:
    if importlib.util.find_spec("skcriteria") is None:
        return None
    import skcriteria
    from skcriteria.agg.topsis import TOPSIS
    from skcriteria.preprocessing.scalers import VectorScaler

    table = skcriteria.mkdm(x, [max] * x.shape[1], weights=w)
    scaler, ranker = VectorScaler(target="matrix"), TOPSIS()
    return lambda: ranker.evaluate(scaler.transform(table))


def pymcdm(x: np.ndarray, w: np.ndarray) -> Callable[[], Any] | None:
    if importlib.util.find_spec("pymcdm") is None:
        return None
    from pymcdm.methods import TOPSIS
    from pymcdm.normalizations import vector_normalization

    body, types = TOPSIS(vector_normalization), np.ones(x.shape[1])
    return lambda: body.rank(body(x, w, types))


def plain_entropy(x: np.ndarray) -> np.ndarray:
    """The formula column by column: no checks, no zeros."""
    shares = x / x.sum(axis=0)
    told = np.array([1 + np.sum(one * np.log(one)) / np.log(len(x)) for one in shares.T])
    return told / told.sum()


def main() -> None:
    """Print the times, and how many times ours they are."""
    rng = np.random.default_rng(0)
    x, w = rng.random((100_000, 10)), np.full(10, 0.1)
    ours = seconds(lambda: topsis(x, w), runs=9)
    say("TOPSIS, 10^5 × 10", ms=ours * 1e3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peers = {"scikit-criteria": scikit_criteria(x, w), "pymcdm": pymcdm(x, w)}
        for name, call in {"plain NumPy": lambda: plain_numpy(x, w), **peers}.items():
            if call is None:
                print(f"  {name}: not installed, left out")
            else:
                theirs = seconds(call)
                say(f"  {name}", ms=theirs * 1e3, times_ours=theirs / ours)
    weights = draw_weights(6, 100_000, rng=rng)
    smaa = seconds(lambda: rank_acceptability(x[:20, :6], weights), runs=3)
    say("SMAA-2, 20 × 6, 10^5 draws", ms=smaa * 1e3)


def test_entropy_weights_take_little_more_than_the_formula_without_checks() -> None:
    x = np.random.default_rng(0).random((100_000, 10)) + 0.01
    np.testing.assert_allclose(entropy_weights(x).weights, plain_entropy(x), rtol=1e-9)
    ours, plain = (
        cpu_seconds(lambda call=call: call(x), runs=9) for call in (entropy_weights, plain_entropy)
    )
    say("entropy weights, 10^5 × 10", ms=ours * 1e3, plain_ms=plain * 1e3)
    assert ours < 1.6 * plain  # pymcdm takes 1.9 times as long as the formula alone


def test_topsis_beside_its_peers() -> None:
    main()


if __name__ == "__main__":
    main()
