"""Expected harm: probability of harm times units on the market, by severity."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.inputs.faults import shown
from riskkit.foundation.numbers.uncertainty import Floats


def harm_draws(case: Case, x: Mapping[str, Floats], *, combine: str = "sum") -> Floats:
    """Expected cases of harm by severity, one column a draw: probability × units.

    Parameters
    ----------
    case : Case
        For its scenarios.
    x : mapping of str to ndarray
        Draws of the inputs.
    combine : str
        ``sum`` adds the scenarios of one severity, and counts harm twice where scenarios overlap;
        ``highest`` takes the largest, and leaves out the rest.

    Returns
    -------
    ndarray of float, shape (4, n)
        Persons (or other objects) harmed over the life of the units on the market. NaN when the number of
        units is not known.

    Raises
    ------
    ValueError
        When `combine` is neither.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("note7-battery-2016")
    >>> x = {f"{s.id}.p{j}": np.array([0.1]) for s in case.scenarios for j in range(1, len(s.steps) + 1)}
    >>> x |= {f"{s.id}.severity": np.array([3.0]) for s in case.scenarios}
    >>> harm_draws(case, x | {"units_on_market": np.array([1000.0])}, combine="highest")[2].round(6)
    array([1.])
    """
    if combine not in ("sum", "highest"):
        raise ValueError(f"harm is combined by sum or highest, not {shown(combine)}")
    units = np.asarray(x.get("units_on_market", np.array([math.nan])))
    n = max(values.size for values in x.values())
    out = np.zeros((4, n))
    for s in case.scenarios:
        p = np.ones(1)
        for j in range(1, len(s.steps) + 1):
            p = p * x[f"{s.id}.p{j}"]
        for rank in range(4):
            harm = np.where(x[f"{s.id}.severity"] == rank + 1, p, 0.0)
            out[rank] = out[rank] + harm if combine == "sum" else np.maximum(out[rank], harm)
    return np.asarray(out * units)


def expected_harm(harm: Floats) -> pd.DataFrame:
    """Expected harm by severity with its uncertainty.

    Parameters
    ----------
    harm : ndarray, shape (4, n)
        As from `harm_draws`, or a difference of two.

    Returns
    -------
    DataFrame
        Index severity 1–4; mean, p05, p50, p95 [persons or objects].

    Examples
    --------
    >>> expected_harm(np.array([[0.0, 2.0]] * 4)).loc[4].tolist()
    [1.0, 0.1, 1.0, 1.9]
    """
    bands = np.quantile(harm, [0.05, 0.5, 0.95], axis=1)
    table = np.vstack([harm.mean(axis=1), bands]).T
    return pd.DataFrame(
        table, columns=["mean", "p05", "p50", "p95"], index=pd.RangeIndex(1, 5, name="severity")
    )
