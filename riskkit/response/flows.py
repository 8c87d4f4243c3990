"""The lives of the response: recalls of consumer products and of vehicles, measures, emergencies and others.

Their steps are rows of ``flow_steps``; what each step needs is checked by `riskkit.foundation.flows`.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.flows.acts import Whole
from riskkit.foundation.flows.checks import CHECKS
from riskkit.foundation.flows.steps import Flow
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.measure_checks import MEASURE_CHECKS
from riskkit.response.working_days import Days, possible_last_days

RECALLS = ("recall", "vehicle_recall")
"""Of consumer products, and of vehicles for safety or emissions: other rules, other terms."""
FLOWS = (*RECALLS, "measure", "emergency", "referral", "credit_repair", "acceptance", "signal")
_ROLLS = {"rolling_day": ("day", True), "day": ("day", False)}


def term_ends(start: NDArray[np.datetime64], amount: Whole, unit: str) -> Days:
    """Last days of terms in days, working days and months.

    Parameters
    ----------
    start : ndarray of datetime64[D]
        Days on which terms begin; they do not count.
    amount : ndarray of int
        Lengths [unit].
    unit : str
        ``day``, ``rolling_day`` (a last day of rest moves on to the next working day), ``working_day`` or
        ``month``, which rolls too.

    Returns
    -------
    ndarray of datetime64[D]
        NaT where the holidays of the year are not published yet.

    References
    ----------
    .. [1] 民法典 (2021), Arts 201–203.

    Examples
    --------
    >>> friday = np.array(["2026-11-27"], dtype="datetime64[D]")
    >>> [str(term_ends(friday, np.array([1]), unit)[0]) for unit in ("day", "rolling_day", "working_day")]
    ['2026-11-28', '2026-11-30', '2026-11-30']
    """
    name, rolls = _ROLLS.get(unit, (unit, True))
    if name == "day" and not rolls:
        found: Days = start + amount.astype("timedelta64[D]")
        return found
    return possible_last_days(start.astype("datetime64[D]"), amount, unit=name, rolls=rolls)


@functools.cache
def response_flow(name: str) -> Flow:
    """The steps of one kind of life; each act is read under the steps in force on its own day.

    Parameters
    ----------
    name : str
        One of `FLOWS`.

    Raises
    ------
    InputFaults
        When there is no such flow.

    References
    ----------
    .. [1] 国发〔2017〕43号, 11 (``sc_2017_43``); the source of each row of ``flow_steps``.

    Examples
    --------
    >>> response_flow("measure").phases[:4]
    ('none', 'proposed', 'rejected', 'ordered')
    """
    refuse("flow", [] if name in FLOWS else [Fault("flow", shown(name), one_of(name, FLOWS))])
    rows = standards.all_rows("flow_steps")
    mine = rows[rows["flow"] == name].reset_index(drop=True)
    return Flow(name, mine, checks={**CHECKS, **MEASURE_CHECKS}, last_days=term_ends)


@functools.cache
def open_phases(name: str) -> dict[str, bool]:
    """Phase → whether a life of this kind still needs attention in it.

    Examples
    --------
    >>> open_phases("recall")["running"], open_phases("recall")["closed"]
    (True, False)
    """
    rows = standards.table("flow_words")
    mine = rows[(rows["flow"] == name) & (rows["kind"] == "phase")]
    return {row["word"]: row["is_open"] == "yes" for row in records(mine)}
