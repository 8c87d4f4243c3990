"""A scenario with several severities: each is a harm of its own with its probability; the gravest counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from riskkit.assessment.scenarios import risk_codes, risk_level, scenario_probability
from riskkit.foundation.standards.risk_matrices import RiskMatrix
from riskkit.foundation.standards.scales import scale

Floats = NDArray[np.float64]


def mixed_harm(
    p: Floats, severity: Floats, *, mix: Sequence[tuple[int, float]], matrix: RiskMatrix
) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Probability and severity of the harm that gives a scenario its risk, and the risk.

    The method carries the severity of each harm separately and lets the highest level count; it says nothing
    of shares. Here harm of at least a severity has the probability of the scenario × the share that is at
    least so grave: so a graver mix never gives a milder risk.

    Parameters
    ----------
    p : ndarray of float
        Probability of the scenario.
    severity : ndarray of float
        Severity that is stated; where it is none of the mix it holds alone.
    mix : sequence of (int, float)
        Severities with their shares, which sum to 1.
    matrix : RiskMatrix
        The grid.

    Returns
    -------
    tuple of ndarray
        Probability, severity and risk code of the governing harm; of several the gravest.

    References
    ----------
    .. [1] Delegated Regulation (EU) 2024/3173, Annex II, 3.3.2 and 3.7.2 (``eu_2024_3173``); the shares are
       our reading.

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> q, level, code = mixed_harm(np.array([0.002]), np.array([2.0]), mix=[(2, 0.9), (4, 0.1)],
    ...                             matrix=risk_matrix("eu_2024_3173"))
    >>> q.round(6).tolist(), level.tolist(), code.tolist()
    ([0.0002], [4.0], [3])
    """
    shape = np.broadcast_shapes(p.shape, severity.shape)
    q, level = (np.array(np.broadcast_to(one, shape), dtype=np.float64) for one in (p, severity))
    code = np.array(risk_codes(p, severity, matrix), dtype=np.int8)
    if len(mix) == 1:
        return q, level, code
    own = np.broadcast_to(np.isin(severity, [one for one, _ in mix]), shape)
    code[own] = -1
    for one, _ in sorted(mix):
        share = min(sum(part for other, part in mix if other >= one), 1.0)
        chance = np.broadcast_to(scenario_probability([p, share], matrix=matrix), shape)
        risk = np.broadcast_to(risk_codes(chance, np.array([float(one)]), matrix), shape)
        higher = own & (risk >= code)
        q[higher], level[higher], code[higher] = chance[higher], float(one), risk[higher]
    return q, level, code


def governing_harm(
    p: Fraction, mix: Sequence[tuple[int, float]], *, matrix: RiskMatrix
) -> tuple[Fraction, int]:
    """Probability and severity of the harm that gives a scenario its risk, compared exactly.

    Parameters
    ----------
    p : Fraction
        Probability of the scenario.
    mix : sequence of (int, float)
        Severities with their shares, which sum to 1.
    matrix : RiskMatrix
        The grid.

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> governing_harm(Fraction(1, 500), [(2, 0.9), (4, 0.1)], matrix=risk_matrix("eu_2024_3173"))
    (Fraction(1, 5000), 4)
    """
    of = scale("risk").codes
    harms = []
    for level, _ in mix:
        share = sum(
            (Fraction(part).limit_denominator(10**6) for other, part in mix if other >= level), Fraction(0)
        )
        harms.append((p * min(share, Fraction(1)), level))
    return max(harms, key=lambda one: (of.index(str(risk_level(*one, matrix=matrix))), one[1]))
