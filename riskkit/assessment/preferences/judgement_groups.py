"""AHP with several experts and several levels, and which judgement to ask about again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from riskkit.assessment.preferences.judgement_matrix import Judgements, judgements
from riskkit.assessment.preferences.pairwise import (
    Priorities,
    consistency_limit,
    consistency_ratios,
    priorities,
)
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards.decision_table import weight_faults

# a change that gains less is rounding, and would be tried for ever
_GAIN = 1e-12


def grouped_judgements(matrices: Sequence[Any], *, expert_weights: ArrayLike | None = None) -> Judgements:
    """One matrix from several experts': the geometric mean of each judgement (AIJ).

    For a group that acts as one. The geometric mean is the one that keeps the matrix reciprocal. The
    group's CR can be far below that of its members: look at theirs too.

    Parameters
    ----------
    matrices : sequence of array_like, DataFrame or Judgements
        One an expert, about the same items; complete.
    expert_weights : array_like of float, optional
        Sum 1; equal where not given.

    Returns
    -------
    Judgements

    Raises
    ------
    InputFaults
        With each wrong entry of every expert.

    References
    ----------
    .. [1] E. Forman, K. Peniwati, European Journal of Operational Research 108, 1998, 165–169
       (``forman_peniwati_1998``).

    Examples
    --------
    >>> grouped_judgements([[[1, 2], ["1/2", 1]], [[1, 8], ["1/8", 1]]]).matrix[0, 1].round(9)
    np.float64(4.0)
    """
    given = _experts(matrices)
    weights = _expert_weights(expert_weights, len(given))
    logs = np.log(np.stack([one.matrix for one in given]))
    return Judgements(np.exp(np.einsum("k,kij->ij", weights, logs)), given[0].items)


def _experts(matrices: Sequence[Any]) -> list[Judgements]:
    given, faults = [], []
    for number, matrix in enumerate(matrices):
        try:
            given.append(judgements(matrix))
        except InputFaults as error:
            faults += [Fault(f"expert {number}: {f.place}", f.value, f.rule) for f in error.faults]
    for number, one in enumerate(given):
        if list(one.items) != list(given[0].items):
            faults.append(Fault(f"expert {number}: items", str(list(one.items)), "the items of the first"))
        if not one.is_complete():
            faults.append(Fault(f"expert {number}: judgements", "with gaps", "complete, or completed first"))
    faults += [] if given or faults else [Fault("experts", "none", "at least one")]
    refuse("judgements of the group", faults)
    return given


def _expert_weights(expert_weights: ArrayLike | None, n: int) -> Floats:
    if expert_weights is None:
        return np.full(n, 1 / n)
    weights = np.asarray(expert_weights, dtype=np.float64)
    if weights.shape != (n,):
        refuse(
            "expert weights", [Fault("shape", f"{weights.shape}", RuleText("one for each of {} experts", n))]
        )
    refuse("expert weights", weight_faults(weights, range(n), what="expert_weights"))
    return weights


def grouped_priorities(
    weights: ArrayLike, *, mean: str = "geometric", expert_weights: ArrayLike | None = None
) -> Floats:
    """One set of weights from several experts' (AIP).

    For a group whose members keep their own views.

    Parameters
    ----------
    weights : array_like of float, shape (experts, n)
        Each row sums to 1.
    mean : str
        ``geometric`` (then made to sum to 1) or ``arithmetic``.
    expert_weights : array_like of float, optional
        Sum 1; equal where not given.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    InputFaults
        With each wrong weight, and each 0 under the geometric mean.
    ValueError
        When there is no such mean.

    References
    ----------
    .. [1] E. Forman, K. Peniwati, European Journal of Operational Research 108, 1998, 165–169
       (``forman_peniwati_1998``).

    Examples
    --------
    >>> grouped_priorities([[0.8, 0.2], [0.5, 0.5]]).round(4).tolist()
    [0.6667, 0.3333]
    """
    if mean not in ("geometric", "arithmetic"):
        raise ValueError(f"no mean {shown(mean)}; there are geometric and arithmetic")
    rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    items = range(rows.shape[1])
    faults = [f for k, row in enumerate(rows) for f in weight_faults(row, items, what=f"expert {k}")]
    if mean == "geometric" and not faults:
        rule = "above 0 for the geometric mean"
        faults = [Fault(f"expert {k}[{j}]", "0", rule) for k, j in np.argwhere(rows == 0).tolist()]
    refuse("weights of the group", faults)
    shares = _expert_weights(expert_weights, len(rows))
    if mean == "arithmetic":
        return np.asarray(shares @ rows)
    means = np.exp(shares @ np.log(rows))
    return np.asarray(means / means.sum())


@dataclass(frozen=True)
class Overall:
    """Weights over a hierarchy of two levels.

    Parameters
    ----------
    weights : ndarray of float, shape (m,)
        Of the alternatives; sum 1.
    local : ndarray of float, shape (m, n)
        Of the alternatives under each criterion.
    cr : float
        Σ w CI / Σ w RI of the lower level.
    is_consistent : bool
        Whether that ratio is at most the limit.
    """

    weights: Floats
    local: Floats
    cr: float
    is_consistent: bool


def overall_priorities(criteria: Priorities, alternatives: Sequence[Priorities]) -> Overall:
    """Weights of the alternatives over all criteria (层次总排序).

    Parameters
    ----------
    criteria : Priorities
        Of the n criteria.
    alternatives : sequence of Priorities
        Of the same m alternatives under each criterion, in their order.

    Returns
    -------
    Overall

    Raises
    ------
    InputFaults
        When there is not one set of alternatives a criterion, or they are not the same.

    References
    ----------
    .. [1] T. L. Saaty, The Analytic Hierarchy Process, 1980 (``saaty_1980``).

    Examples
    --------
    >>> criteria = priorities([[1, 3], ["1/3", 1]])
    >>> overall_priorities(criteria, [priorities([[1, 1], [1, 1]]), priorities([[1, 4], ["1/4", 1]])]).weights
    array([0.575, 0.425])
    """
    n = len(criteria.weights)
    sizes = {len(one.weights) for one in alternatives}
    if len(alternatives) != n or len(sizes) != 1:
        rule = RuleText("one set a criterion ({}), of the same alternatives", n)
        refuse(
            "hierarchy", [Fault("alternatives", f"{len(alternatives)} sets of sizes {sorted(sizes)}", rule)]
        )
    local = np.column_stack([one.weights for one in alternatives])
    ci = float(criteria.weights @ [one.ci for one in alternatives])
    ri = float(criteria.weights @ [one.ri for one in alternatives])
    cr = ci / ri if ri > 0 else 0.0
    return Overall(local @ criteria.weights, local, cr, cr <= consistency_limit())


@dataclass(frozen=True)
class Repair:
    """One judgement to ask about again.

    Parameters
    ----------
    first, second : object
        The items compared.
    judged, suggested : float
        How many times the first outweighs the second: as judged, and the value of Saaty's scale that
        lowers CR most when the other judgements stay.
    cr_before, cr_after : float
        Consistency ratios.
    """

    first: Any
    second: Any
    judged: float
    suggested: float
    cr_before: float
    cr_after: float

    def say(self) -> str:
        """The hint in a sentence, in ``zh`` or ``en``."""
        was, new = _ratio(self.judged), _ratio(self.suggested)
        before, after = f"{self.cr_before:.3f}", f"{self.cr_after:.3f}"
        if language() == "zh":
            asked = f"请复核“{self.first}”对“{self.second}”的判断"
            return f"{asked}：现为{was}，若为{new}，CR由{before}降至{after}。"
        return (
            f"Ask again about {self.first} over {self.second}: judged {was}; "
            f"{new} would lower CR from {before} to {after}."
        )


def _ratio(value: float) -> str:
    simple = Fraction(value).limit_denominator(9)
    return str(simple) if abs(float(simple) - value) <= 1e-9 * value else f"{value:.3g}"


def repairs(matrix: Any, *, random_index: str = "saaty_1980") -> tuple[Repair, ...]:
    """Which single judgement, changed to what, lowers the consistency ratio most.

    Every pair is tried at every value of Saaty's scale, 1/9 to 9, the others kept. A hint what to ask
    the expert again, not leave to change the answer.

    Parameters
    ----------
    matrix : array_like, DataFrame or Judgements, shape (n, n)
        Complete; as for `judgements`.
    random_index : str
        As for `priorities`.

    Returns
    -------
    tuple of Repair
        One a pair whose change lowers CR, the most helpful first.

    Raises
    ------
    InputFaults
        As for `priorities`.

    Examples
    --------
    >>> hint = repairs([[1, 2, "1/8"], ["1/2", 1, 2], [8, "1/2", 1]])[0]
    >>> hint.say()
    'Ask again about 0 over 2: judged 1/8; 4 would lower CR from 1.284 to 0.000.'
    """
    given = judgements(matrix)
    before = priorities(given, random_index=random_index).cr
    scale = np.array([1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)])
    found = []
    for i, j in np.argwhere(np.tri(len(given.items), k=-1).T).tolist():
        tried = np.repeat(given.matrix[None], scale.size, axis=0)
        tried[:, i, j], tried[:, j, i] = scale, 1 / scale
        ratios = consistency_ratios(tried, random_index=random_index)
        best = int(ratios.argmin())
        if ratios[best] < before - _GAIN:
            pair, judged = (given.items[i], given.items[j]), float(given.matrix[i, j])
            found.append(Repair(*pair, judged, float(scale[best]), before, float(ratios[best])))
    return tuple(sorted(found, key=lambda repair: repair.cr_after))
