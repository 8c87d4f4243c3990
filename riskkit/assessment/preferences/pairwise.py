"""AHP: weights from pairwise judgements, how consistent they are, and which one to ask about again."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from riskkit.assessment.preferences.judgement_matrix import Judgements, judgements
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards import standards

METHODS = ("eigenvector", "geometric_mean")


@functools.cache
def random_indices(name: str) -> dict[int, float]:
    """A table of random consistency indices by number of items.

    Parameters
    ----------
    name : str
        ``saaty_1980``, ``saaty_2005`` or ``donegan_dodd_1991``: all are in use, and give different ratios.

    Raises
    ------
    KeyError
        When there is none of that name.

    References
    ----------
    .. [1] T. L. Saaty, The Analytic Hierarchy Process, 1980 (``saaty_1980``).
    .. [2] T. L. Saaty, Theory and Applications of the Analytic Network Process, 2005 (``saaty_2005``).
    .. [3] H. A. Donegan, F. J. Dodd, Mathematical and Computer Modelling 15(10), 1991, 135–137
       (``donegan_dodd_1991``).

    Examples
    --------
    >>> random_indices("saaty_1980")[3], random_indices("saaty_2005")[3]
    (0.58, 0.52)
    """
    rows = standards.table("random_index")
    found = rows[rows["random_index"] == name]
    if found.empty:
        raise KeyError(
            f"no random index {shown(name)}; there are: {', '.join(rows['random_index'].unique())}"
        )
    return {int(n): float(ri) for n, ri in zip(found["n_items"], found["ri"], strict=True)}


def consistency_limit() -> float:
    """The consistency ratio above which judgements are to be asked again.

    References
    ----------
    .. [1] T. L. Saaty, The Analytic Hierarchy Process, 1980 (``saaty_1980``).

    Examples
    --------
    >>> consistency_limit()
    0.1
    """
    rows = standards.table("preference_limits").set_index("limit")
    return float(rows["value"]["consistency_ratio"])


@dataclass(frozen=True)
class Priorities:
    """Weights from pairwise judgements, with their consistency.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        Sum 1.
    method : str
        ``eigenvector`` or ``geometric_mean``.
    lambda_max, ci, ri, cr : float
        Principal eigenvalue, (λ − n)/(n − 1), random index, CI/RI; CI and CR are 0 for n below 3.
    gci : float
        Geometric consistency index; 0 for n below 3.
    random_index : str
        The table RI was read from.
    is_consistent : bool
        Whether CR is at most the limit (0.10).
    items : Index
        What was compared.
    """

    weights: Floats
    method: str
    lambda_max: float
    ci: float
    ri: float
    cr: float
    gci: float
    random_index: str
    is_consistent: bool
    items: pd.Index


def priorities(matrix: Any, *, method: str = "eigenvector", random_index: str = "saaty_1980") -> Priorities:
    """Weights of the items compared, and whether the judgements agree among themselves.

    ``eigenvector``: A w = λmax w. ``geometric_mean``: w_i ∝ (Π_j a_ij)^(1/n). Either way
    CI = (λmax − n)/(n − 1) with the principal eigenvalue, CR = CI/RI, and
    GCI = 2/((n − 1)(n − 2)) Σ_{i<j} ln²(a_ij g_j/g_i) with the geometric means g.

    Parameters
    ----------
    matrix : array_like, DataFrame or Judgements, shape (n, n)
        Complete; as for `judgements`. Fill a gap with `completed_judgements` first.
    method : str
        ``eigenvector`` or ``geometric_mean``.
    random_index : str
        ``saaty_1980`` (n to 10), ``saaty_2005`` (n to 15) or ``donegan_dodd_1991`` (n to 20).

    Returns
    -------
    Priorities

    Raises
    ------
    InputFaults
        With each wrong entry, each pair not judged, and where the random index ends below n.
    ValueError
        When there is no such method.

    References
    ----------
    .. [1] T. L. Saaty, The Analytic Hierarchy Process, 1980 (``saaty_1980``).
    .. [2] J. Aguarón, J. M. Moreno-Jiménez, European Journal of Operational Research 147, 2003, 137–145
       (``aguaron_2003``): GCI.
    .. [3] SN/T 5589.1-2023 asks for AHP; only its abstract could be read (``snt_5589_1_2023``).

    Examples
    --------
    >>> found = priorities([[1, "1/4", 4], [4, 1, 9], ["1/4", "1/9", 1]])
    >>> found.weights.round(3).tolist(), round(found.cr, 4), found.is_consistent
    ([0.217, 0.717, 0.066], 0.0318, True)
    """
    if method not in METHODS:
        raise ValueError(f"no method {shown(method)}; there are: {', '.join(METHODS)}")
    given = judgements(matrix)
    _refuse_gaps(given)
    n = len(given.items)
    means = np.exp(np.log(given.matrix).mean(axis=1))
    lambda_max, vector = _principal(given.matrix)
    weights = vector if method == "eigenvector" else means / means.sum()
    ri = _ri(n, random_index)
    ci = max(0.0, (lambda_max - n) / (n - 1)) if n > 2 else 0.0
    cr = ci / ri if n > 2 else 0.0
    firm = cr <= consistency_limit()
    gci = _gci(given.matrix, means)
    return Priorities(weights, method, lambda_max, ci, ri, cr, gci, random_index, firm, given.items)


def _refuse_gaps(given: Judgements) -> None:
    gaps = [(i, j) for i, j in np.argwhere(np.isnan(given.matrix)).tolist() if i < j]
    names = given.items
    refuse(
        "pairwise judgements",
        [
            Fault(f"[{names[i]}, {names[j]}]", "not judged", "a judgement, or completed first")
            for i, j in gaps
        ],
    )


def _principal(matrix: Floats) -> tuple[float, Floats]:
    values, vectors = np.linalg.eig(matrix)
    first = int(values.real.argmax())
    vector = np.abs(vectors[:, first].real)
    return float(values[first].real), np.asarray(vector / vector.sum())


def _ri(n: int, random_index: str) -> float:
    indices = random_indices(random_index)
    if n > 2 and n not in indices:
        rule = RuleText(
            "at most {} items for {}; another table may reach further", max(indices), random_index
        )
        refuse("random index", [Fault("number of items", str(n), rule)])
    return indices.get(n, 0.0)


def _gci(matrix: Floats, means: Floats) -> float:
    n = len(means)
    if n < 3:
        return 0.0
    residuals = np.log(matrix * means[None, :] / means[:, None])
    return float((residuals[np.triu_indices(n, 1)] ** 2).sum() * 2 / ((n - 1) * (n - 2)))


def consistency_ratios(matrices: Floats, *, random_index: str = "saaty_1980") -> Floats:
    """CR of many matrices of one size at once.

    Parameters
    ----------
    matrices : ndarray of float, shape (k, n, n)
        Complete and reciprocal: not checked here.
    random_index : str
        As for `priorities`.

    Returns
    -------
    ndarray of float, shape (k,)

    Examples
    --------
    >>> consistency_ratios(np.array([[[1, 2, 4], [0.5, 1, 2], [0.25, 0.5, 1]]])).round(9).tolist()
    [0.0]
    """
    n = matrices.shape[-1]
    if n < 3:
        return np.zeros(len(matrices))
    ci = (np.linalg.eigvals(matrices).real.max(axis=-1) - n) / (n - 1)
    return np.asarray(np.maximum(ci, 0.0) / _ri(n, random_index))


def completed_judgements(matrix: Any) -> Judgements:
    """Fill pairs nobody judged so that the whole is as consistent as it can be.

    The missing entries minimise λmax; the minimum is unique when the judged pairs link all items.

    Parameters
    ----------
    matrix : array_like, DataFrame or Judgements, shape (n, n)
        With gaps; as for `judgements`.

    Returns
    -------
    Judgements
        Complete. The filled entries are not judgements: CR is then a lower bound.

    Raises
    ------
    InputFaults
        With each wrong entry, and when the judged pairs leave groups of items unlinked.

    References
    ----------
    .. [1] S. Bozóki, J. Fülöp, L. Rónyai, Mathematical and Computer Modelling 52, 2010, 318–333
       (``bozoki_2010``).

    Examples
    --------
    >>> completed_judgements([[1, 2, None], ["1/2", 1, 3], [None, "1/3", 1]]).matrix[0, 2].round(6)
    np.float64(6.0)
    """
    given = judgements(matrix)
    judged = ~np.isnan(given.matrix)
    _refuse_unlinked(judged, given.items)
    rows, columns = np.nonzero(np.triu(~judged))
    if rows.size == 0:
        return given
    logs = np.where(judged, np.log(np.where(judged, given.matrix, 1.0)), 0.0)
    laplacian = np.diag(judged.sum(axis=1)) - judged.astype(np.float64)
    level = np.linalg.pinv(laplacian) @ logs.sum(axis=1)
    start = level[rows] - level[columns]

    def filled(x: Floats) -> Floats:
        out = np.exp(logs)
        out[rows, columns], out[columns, rows] = np.exp(x), np.exp(-x)
        return out

    def eigenvalue(x: Floats) -> tuple[float, Floats]:
        a = filled(x)
        value, right = _principal(a)
        left = _principal(a.T)[1]
        slope = (
            left[rows] * a[rows, columns] * right[columns] - left[columns] * a[columns, rows] * right[rows]
        )
        return value, slope / (left @ right)

    found = minimize(eigenvalue, start, jac=True, method="BFGS", options={"gtol": 1e-10})
    return Judgements(filled(found.x), given.items, given.rounded)


def _refuse_unlinked(judged: NDArray[np.bool_], items: pd.Index) -> None:
    n_groups, group = connected_components(judged, directed=False)
    if n_groups > 1:
        groups = [", ".join(str(name) for name in items[group == g]) for g in range(n_groups)]
        rule = "pairs that link all items"
        refuse("pairwise judgements", [Fault("judged pairs", f"groups {' | '.join(groups)}", rule)])
