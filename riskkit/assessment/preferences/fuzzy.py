"""Fuzzy comprehensive evaluation (模糊综合评价), with its operator named and its weaknesses told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.decision_table import weight_faults
from riskkit.foundation.standards.glossary import label

# memberships are written with a few decimals, so their sum is 1 only nearly
_SUM = 1e-6
_TIE = 1e-12

# how a weight meets a membership, then how the factors are put together
OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "weighted_mean": lambda a, r: np.asarray(a @ r),
    "min_max": lambda a, r: np.asarray(np.minimum(a[:, None], r).max(axis=0)),
    "product_max": lambda a, r: np.asarray((a[:, None] * r).max(axis=0)),
    "min_bounded_sum": lambda a, r: np.asarray(np.minimum(np.minimum(a[:, None], r).sum(axis=0), 1.0)),
}


def triangular(x: ArrayLike, low: float, mode: float, *, high: float) -> Floats:
    """Membership that rises from `low` to 1 at `mode` and falls to `high`.

    Parameters
    ----------
    x : array_like of float
        Any shape.
    low, mode, high : float
        low ≤ mode ≤ high; two equal ones make a vertical side.

    Raises
    ------
    ValueError
        When they do not rise.

    Examples
    --------
    >>> triangular([1, 3.5, 5, 7, 10], 2, 5, high=9).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return trapezoidal(x, low, mode, top_to=mode, high=high)


def trapezoidal(x: ArrayLike, low: float, top_from: float, *, top_to: float, high: float) -> Floats:
    """Membership that rises from `low`, is 1 from `top_from` to `top_to`, and falls to `high`.

    Parameters
    ----------
    x : array_like of float
        Any shape.
    low, top_from, top_to, high : float
        Not falling.

    Raises
    ------
    ValueError
        When they fall.

    Examples
    --------
    >>> trapezoidal([0, 2, 4, 7], 1, 3, top_to=6, high=8).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    if not low <= top_from <= top_to <= high:
        raise ValueError(f"corners that do not fall, not {low}, {top_from}, {top_to}, {high}")
    values = np.asarray(x, dtype=np.float64)
    rise, fall = top_from - low, high - top_to
    up = (values - low) / rise if rise > 0 else (values >= low).astype(np.float64)
    down = (high - values) / fall if fall > 0 else (values <= high).astype(np.float64)
    return np.clip(np.minimum(up, down), 0.0, 1.0)


def gaussian(x: ArrayLike, mean: float, sigma: float) -> Floats:
    """Membership exp(−(x − mean)²/2σ²).

    Raises
    ------
    ValueError
        When sigma is not above 0.

    Examples
    --------
    >>> gaussian([5, 6.5], 5, 1.5).round(4).tolist()
    [1.0, 0.6065]
    """
    if not sigma > 0:
        raise ValueError(f"sigma above 0, not {sigma}")
    return np.asarray(np.exp(-0.5 * ((np.asarray(x, dtype=np.float64) - mean) / sigma) ** 2))


def sigmoid(x: ArrayLike, middle: float, slope: float) -> Floats:
    """Membership 1/(1 + exp(−slope (x − middle))).

    Examples
    --------
    >>> sigmoid([4.0, 5.0], 4, 1.7).round(4).tolist()
    [0.5, 0.8455]
    """
    return np.asarray(0.5 * (1 + np.tanh(0.5 * slope * (np.asarray(x, dtype=np.float64) - middle))))


@dataclass(frozen=True)
class FuzzyEvaluation:
    """How strongly an object belongs to each grade, and what to mind.

    Parameters
    ----------
    operator : str
        One of `OPERATORS`.
    raw : ndarray of float, shape (grades,)
        B = A ∘ R as the operator gives it.
    memberships : ndarray of float, shape (grades,)
        The same, made to sum to 1.
    grade : int
        Index of the grade of largest membership; the first of equals.
    mean_grade : float
        Σ b_j · j over the memberships, j from 0: the grade by weighted mean.
    effectiveness : float
        (n β − 1)/(2 γ (n − 1)) with β the largest membership, γ the second; infinite where γ is 0.
    cautions : tuple of str
        Codes of the glossary's list ``caution``.
    grades : tuple
        Names of the grades.
    """

    operator: str
    raw: Floats
    memberships: Floats
    grade: int
    mean_grade: float
    effectiveness: float
    cautions: tuple[str, ...]
    grades: tuple[Any, ...]

    def say_cautions(self) -> tuple[str, ...]:
        """The cautions in sentences, in ``zh`` or ``en``."""
        return tuple(label("caution", code) for code in self.cautions)


def fuzzy_evaluation(weights: Any, relation: Any, *, operator: str) -> FuzzyEvaluation:
    """Grade an object from the memberships of its factors.

    B = A ∘ R. ``weighted_mean`` M(·,+): b_j = Σ a_i r_ij; ``min_max`` M(∧,∨): max_i min(a_i, r_ij);
    ``product_max`` M(·,∨): max_i a_i r_ij; ``min_bounded_sum`` M(∧,⊕): min(1, Σ min(a_i, r_ij)).
    A second level is evaluated by stacking the memberships of the first as the rows of its relation.

    Parameters
    ----------
    weights : array_like, mapping or Series
        A, one a factor, sum 1.
    relation : array_like or DataFrame, shape (factors, grades)
        R; each row from 0 to 1 and sums to 1. A DataFrame names factors and grades.
    operator : str
        There is no default: the operator decides the answer and is reported with it.

    Returns
    -------
    FuzzyEvaluation

    Raises
    ------
    InputFaults
        With each wrong weight, each membership outside 0–1 and each row that does not sum to 1.
    ValueError
        When there is no such operator.

    References
    ----------
    .. [1] The effectiveness index and its limit are in wide use; their first source was not found
       (``riskkit_house``).

    Examples
    --------
    >>> relation = [[0.7, 0.2, 0.1, 0], [0.5, 0.3, 0.1, 0.1], [0.2, 0.4, 0.3, 0.1]]
    >>> found = fuzzy_evaluation([0.5, 0.3, 0.2], relation, operator="weighted_mean")
    >>> found.memberships.round(2).tolist(), found.grade, found.cautions
    ([0.54, 0.27, 0.14, 0.05], 0, ('mean_grade_differs',))
    >>> fuzzy_evaluation([0.5, 0.3, 0.2], relation, operator="min_max").say_cautions()[0]
    'min–max composition: memberships above the weight of their factor made no difference'
    """
    if operator not in OPERATORS:
        raise ValueError(f"no operator {shown(operator)}; there are: {', '.join(OPERATORS)}")
    a, r, grades = _checked(weights, relation)
    raw = OPERATORS[operator](a, r)
    b = raw / raw.sum()
    mean_grade = float(b @ np.arange(b.size))
    effectiveness = _effectiveness(b)
    cautions = (*_operator_cautions(operator, a, r), *_grade_cautions(b, mean_grade, effectiveness))
    return FuzzyEvaluation(operator, raw, b, int(b.argmax()), mean_grade, effectiveness, cautions, grades)


def _checked(weights: Any, relation: Any) -> tuple[Floats, Floats, tuple[Any, ...]]:
    frame = (
        relation if isinstance(relation, pd.DataFrame) else pd.DataFrame(np.atleast_2d(np.asarray(relation)))
    )
    r = np.asarray(frame.apply(pd.to_numeric, errors="coerce"), dtype=np.float64)
    a = np.asarray(_ordered(weights, frame.index), dtype=np.float64)
    faults: list[Fault] = []
    if a.shape != (len(r),):
        faults.append(Fault("weights", f"shape {a.shape}", RuleText("one for each of {} factors", len(r))))
    else:
        faults += weight_faults(a, frame.index)
    if r.shape[1] < 2:
        faults.append(Fault("relation", f"{r.shape[1]} grade", "at least two grades"))
    names, grades = frame.index, frame.columns
    outside = ~((r >= 0) & (r <= 1))
    for i, j in np.argwhere(outside).tolist():
        faults.append(Fault(f"relation[{names[i]}, {grades[j]}]", shown(float(r[i, j])), "a membership 0–1"))
    off = ~outside.any(axis=1) & (np.abs(r.sum(axis=1) - 1) > _SUM)
    for i in np.flatnonzero(off).tolist():
        faults.append(Fault(f"relation[{names[i]}]", f"sum {r[i].sum():.6g}", "memberships that sum to 1"))
    refuse("fuzzy evaluation", faults)
    return a, r, tuple(grades)


def _ordered(weights: Any, factors: pd.Index) -> Any:
    if isinstance(weights, dict):
        weights = pd.Series(weights)
    if isinstance(weights, pd.Series) and set(weights.index) == set(factors):
        return weights.reindex(factors)
    return weights


def _effectiveness(b: Floats) -> float:
    second, largest = np.sort(b)[-2:].tolist()
    n = b.size
    return float((n * largest - 1) / (2 * second * (n - 1))) if second > 0 else float("inf")


def _operator_cautions(operator: str, a: Floats, r: Floats) -> Sequence[str]:
    if operator == "min_max":
        return ["min_max_discards"] if (r > a[:, None] + _TIE).any() else []
    if operator == "product_max":
        return ["product_max_one_factor"]
    if operator == "min_bounded_sum":
        total = np.minimum(a[:, None], r).sum(axis=0)
        return ["bounded_sum_saturates"] if (total >= 1 - _TIE).any() else []
    return []


def _grade_cautions(b: Floats, mean_grade: float, effectiveness: float) -> Sequence[str]:
    rows = standards.table("preference_limits").set_index("limit")
    second, largest = np.sort(b)[-2:].tolist()
    found = []
    if largest - second <= _TIE:
        found.append("grades_tied")
    if effectiveness < float(rows["value"]["membership_effectiveness"]):
        found.append("memberships_flat")
    if abs(mean_grade - b.argmax()) > 0.5 + _TIE:
        found.append("mean_grade_differs")
    return found
