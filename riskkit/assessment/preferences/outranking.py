"""PROMETHEE II: pairwise preference by stated thresholds, summed to flows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards.decision_table import DecisionTable, decision_table, ranks_of

_BLOCK = 1 << 20

# which thresholds each preference function takes
KINDS: dict[str, tuple[str, ...]] = {
    "usual": (),
    "u_shape": ("q",),
    "v_shape": ("p",),
    "level": ("q", "p"),
    "linear": ("q", "p"),
    "gaussian": ("s",),
}


@dataclass(frozen=True)
class Preference:
    """How a difference on one criterion becomes a preference from 0 to 1.

    Parameters
    ----------
    kind : str
        ``usual`` (any difference counts in full), ``u_shape`` (in full above q), ``v_shape`` (rising to
        p), ``level`` (half above q, in full above p), ``linear`` (rising from q to p) or ``gaussian``
        (1 − exp(−d²/2s²)).
    q, p, s : float
        Largest difference that does not count, smallest that counts in full, and the point of
        inflection; in the criterion's unit. NaN where the kind takes none.
    """

    kind: str
    q: float = math.nan
    p: float = math.nan
    s: float = math.nan


def _degree(d: Floats, by: Preference) -> Floats:
    match by.kind:
        case "usual":
            out = (d > 0).astype(np.float64)
        case "u_shape":
            out = (d > by.q).astype(np.float64)
        case "v_shape":
            out = np.clip(d / by.p, 0.0, 1.0)
        case "level":
            out = 0.5 * (d > by.q) + 0.5 * (d > by.p)
        case "linear":
            out = np.clip((d - by.q) / (by.p - by.q), 0.0, 1.0)
        case _:
            out = -np.expm1(-0.5 * (np.maximum(d, 0.0) / by.s) ** 2)
    return np.asarray(out)


def _preference_faults(by: Preference, place: str) -> list[Fault]:
    if by.kind not in KINDS:
        return [Fault(f"{place}.kind", shown(by.kind), one_of(str(by.kind), KINDS))]
    faults = []
    for name in ("q", "p", "s"):
        value, taken = getattr(by, name), name in KINDS[by.kind]
        lowest = "0 or more" if name == "q" else "above 0"
        if taken and not (math.isfinite(value) and (value >= 0 if name == "q" else value > 0)):
            faults.append(
                Fault(f"{place}.{name}", shown(value), RuleText("a number {} for {}", lowest, by.kind))
            )
        if not taken and not math.isnan(value):
            faults.append(Fault(f"{place}.{name}", shown(value), RuleText("left out for {}", by.kind)))
    if not faults and {"q", "p"} <= set(KINDS[by.kind]) and not by.q < by.p:
        faults.append(Fault(f"{place}.q", f"{shown(by.q)} with p {shown(by.p)}", "q below p"))
    return faults


@dataclass(frozen=True)
class Promethee:
    """Flows of preference, and the ranking by the net flow.

    Parameters
    ----------
    net, leaving, entering : ndarray of float, shape (m,)
        φ = φ⁺ − φ⁻ from −1 to 1, φ⁺ and φ⁻ from 0 to 1.
    ranks : ndarray of int, shape (m,)
        By φ; 1 is the best.
    leaving_by, entering_by : ndarray of float, shape (m, n)
        The flows on each criterion alone. φ⁺ = leaving_by · w for any weights w.
    alternatives, criteria : Index
        Names.
    """

    net: Floats
    leaving: Floats
    entering: Floats
    ranks: NDArray[np.int64]
    leaving_by: Floats
    entering_by: Floats
    alternatives: pd.Index
    criteria: pd.Index


def promethee(
    values: Any, weights: Any, *, preferences: Sequence[Preference], is_cost: Any = None
) -> Promethee:
    """Ranks alternatives by how much they are preferred to the others, pair by pair.

    π(a, b) = Σ_j w_j P_j(d_j(a, b)); φ⁺(a) = Σ_b π(a, b)/(m − 1), φ⁻(a) = Σ_b π(b, a)/(m − 1). A pair
    whose φ⁺ and φ⁻ disagree is incomparable in PROMETHEE I, whatever its net flows say.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        Finite, in the units of the thresholds.
    weights : array_like, mapping or Series
        One a criterion, sum 1.
    preferences : sequence of Preference
        One a criterion, in their order.
    is_cost : array_like of bool, mapping or Series, optional
        Criteria of which less is better.

    Returns
    -------
    Promethee

    Raises
    ------
    InputFaults
        With each wrong entry of the table and each wrong threshold.

    References
    ----------
    .. [1] J. P. Brans, P. Vincke, B. Mareschal, European Journal of Operational Research 24, 1986,
       228–238 (``brans_1986``), with the flows divided by m − 1 as in later texts of the authors.

    Examples
    --------
    >>> values, usual = [[4, 3, 2], [3, 2, 4], [5, 1, 3]], Preference("usual")
    >>> found = promethee(values, [0.5, 0.3, 0.2], preferences=[usual] * 3)
    >>> found.net.round(2).tolist(), found.ranks.tolist()
    ([0.1, -0.3, 0.2], [2, 3, 1])
    """
    table = decision_table(values, weights=weights, is_cost=is_cost)
    _refuse_preferences(preferences, table)
    x = np.where(table.is_cost, -table.entries, table.entries)
    flows = [_flows(x[:, j], by) for j, by in enumerate(preferences)]
    leaving_by = np.column_stack([leaving for leaving, _ in flows])
    entering_by = np.column_stack([entering for _, entering in flows])
    leaving, entering = leaving_by @ table.weights, entering_by @ table.weights
    net = leaving - entering
    names = table.alternatives, table.criteria
    return Promethee(net, leaving, entering, ranks_of(net), leaving_by, entering_by, *names)


def _refuse_preferences(preferences: Sequence[Preference], table: DecisionTable) -> None:
    n = len(table.criteria)
    if len(preferences) != n:
        rule = RuleText("one preference function for each of {} criteria", n)
        refuse("PROMETHEE", [Fault("preferences", f"{len(preferences)} given", rule)])
    faults = [
        fault
        for name, by in zip(table.criteria, preferences, strict=True)
        for fault in _preference_faults(by, f"preferences[{name}]")
    ]
    refuse("PROMETHEE", faults)


def _flows(x: Floats, by: Preference) -> tuple[Floats, Floats]:
    """Leaving and entering flow on one criterion, a block of rows at a time."""
    m = x.size
    leaving, entering = np.empty(m), np.zeros(m)
    step = max(1, _BLOCK // m)
    for start in range(0, m, step):
        part = slice(start, start + step)
        degrees = _degree(x[part, None] - x[None, :], by)
        leaving[part] = degrees.sum(axis=1)
        entering += degrees.sum(axis=0)
    return leaving / (m - 1), entering / (m - 1)


def preference_indices(
    values: Any, weights: Any, *, preferences: Sequence[Preference], is_cost: Any = None
) -> pd.DataFrame:
    """The aggregated preference π(a, b) of each alternative (row) over each other (column).

    Parameters
    ----------
    values, weights, preferences, is_cost
        As for `promethee`.

    Returns
    -------
    DataFrame, shape (m, m)

    Raises
    ------
    InputFaults
        As for `promethee`.

    Examples
    --------
    >>> preference_indices([[1], [2]], [1.0], preferences=[Preference("usual")]).to_numpy().tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    table = decision_table(values, weights=weights, is_cost=is_cost)
    _refuse_preferences(preferences, table)
    x = np.where(table.is_cost, -table.entries, table.entries)
    total = np.zeros((len(x), len(x)))
    for weight, column, by in zip(table.weights, x.T, preferences, strict=True):
        total += weight * _degree(column[:, None] - column[None, :], by)
    return pd.DataFrame(total, index=table.alternatives, columns=table.alternatives)
