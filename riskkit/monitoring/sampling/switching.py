"""When inspection is tightened, reduced or stopped: the switching rules as a machine over a history of lots.

Normal → tightened when 2 of 5 or fewer lots in a row are not accepted; back when 5 in a row are. Tightened →
discontinued when 5 lots in all are not accepted; back to tightened when the supplier has acted. Normal →
reduced when the switching score reaches 30, production is steady and the authority agrees; back when a lot is
not accepted, production is irregular, or (Z1.4) a lot falls into the gap. Lots submitted again do not count.
The rules want a series of lots; isolated lots need other plans.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.sampling.attribute_plans import acceptable_limits, plans_of_letters, single_plans


@dataclass(frozen=True)
class Inspection:
    """Where a supplier stands.

    Parameters
    ----------
    state : str
        ``normal``, ``tightened``, ``reduced`` or ``discontinued``.
    recent : tuple of bool
        Whether the last lots of this state were accepted, at most five, oldest first.
    n_refused : int
        Lots not accepted since tightened inspection began.
    score : int
        Switching score.

    Examples
    --------
    >>> Inspection().state
    'normal'
    """

    state: str = "normal"
    recent: tuple[bool, ...] = ()
    n_refused: int = 0
    score: int = 0


@dataclass(frozen=True)
class Judged:
    """What a lot showed.

    Parameters
    ----------
    is_accepted : bool
        Whether the lot was accepted.
    ac : int
        Acceptance number of its plan.
    is_accepted_tighter : bool
        Whether it would have been accepted with the limit one step tighter.
    is_in_gap : bool
        Whether its nonconforming items lay between acceptance and rejection number (Z1.4, reduced).
    is_steady : bool
        Whether production is steady.
    is_agreed : bool
        Whether the authority agrees to reduced inspection.
    has_acted : bool
        Whether the supplier has acted on the cause since inspection was discontinued.
    is_again : bool
        Whether the lot was submitted before.
    """

    is_accepted: bool
    ac: int
    is_accepted_tighter: bool = False
    is_in_gap: bool = False
    is_steady: bool = True
    is_agreed: bool = False
    has_acted: bool = False
    is_again: bool = False


@functools.cache
def _rule(name: str) -> int:
    return int(method_number("switching", name))


def next_inspection(now: Inspection, lot: Judged) -> tuple[Inspection, str]:
    """Where a supplier stands after a lot, and why.

    Parameters
    ----------
    now : Inspection
        Before the lot.
    lot : Judged
        The lot, judged under the inspection of `now`. Under ``discontinued`` a lot with `has_acted` opens
        tightened inspection and is not judged itself.

    Returns
    -------
    Inspection
        After it.
    reason : str
        ``two_of_five_refused``, ``five_accepted``, ``five_refused``, ``score_reached``, ``refused``,
        ``irregular``, ``in_gap``, ``supplier_acted``, ``stopped`` (discontinued, nothing is inspected),
        ``submitted_again``, or empty when nothing changes.

    References
    ----------
    .. [1] ISO 2859-1, 9.3 (``iso_2859_1``, ``method_numbers.csv``).

    Examples
    --------
    >>> bad = Judged(is_accepted=False, ac=7)
    >>> next_inspection(Inspection(recent=(False, True)), bad)[0].state
    'tightened'
    """
    if now.state == "discontinued":
        return (Inspection("tightened"), "supplier_acted") if lot.has_acted else (now, "stopped")
    if lot.is_again:
        return now, "submitted_again"
    step = {"normal": _from_normal, "tightened": _from_tightened, "reduced": _from_reduced}[now.state]
    return step(now, lot)


def _from_normal(now: Inspection, lot: Judged) -> tuple[Inspection, str]:
    recent = (*now.recent, lot.is_accepted)[-_rule("window") :]
    if recent.count(False) >= _rule("refused_in_window"):
        return Inspection("tightened"), "two_of_five_refused"
    gain = _rule("score_high") if lot.ac >= _rule("score_high_ac") else _rule("score_low")
    earns = lot.is_accepted and (lot.ac < _rule("score_high_ac") or lot.is_accepted_tighter)
    score = now.score + gain if earns else 0
    if score >= _rule("score_reduced") and lot.is_steady and lot.is_agreed:
        return Inspection("reduced"), "score_reached"
    return replace(now, recent=recent, score=score), ""


def _from_tightened(now: Inspection, lot: Judged) -> tuple[Inspection, str]:
    recent = (*now.recent, lot.is_accepted)[-_rule("accepted_to_normal") :]
    refused = now.n_refused + (not lot.is_accepted)
    if refused >= _rule("refused_to_stop"):
        return Inspection("discontinued"), "five_refused"
    if len(recent) == _rule("accepted_to_normal") and all(recent):
        return Inspection("normal"), "five_accepted"
    return replace(now, recent=recent, n_refused=refused), ""


def _from_reduced(now: Inspection, lot: Judged) -> tuple[Inspection, str]:
    for is_so, reason in (
        (not lot.is_accepted, "refused"),
        (lot.is_in_gap, "in_gap"),
        (not lot.is_steady, "irregular"),
    ):
        if is_so:
            return Inspection("normal"), reason
    return now, ""


_FLAGS = {"is_steady": True, "is_agreed": False, "has_acted": False, "is_again": False}


def inspect_lots(
    lots: pd.DataFrame,
    *,
    aql: float,
    level: str = "II",
    standard: str = "z14",
    start: Inspection | None = None,
) -> pd.DataFrame:
    """A series of lots of one supplier through the plans and the switching rules.

    Parameters
    ----------
    lots : DataFrame
        In the order they came: lot_size, n_nonconforming (found in the sample of the plan in force); and, if
        wanted, is_steady (true), is_agreed (false), has_acted (false), is_again (false).
    aql : float
        Acceptance quality limit, one of `acceptable_limits`.
    level : str
        Inspection level.
    standard : str
        ``z14``, or ``iso_2859_1`` under which inspection is never reduced (its reduced plans are not
        public).
    start : Inspection, optional
        Where the supplier stands; normal inspection otherwise.

    Returns
    -------
    DataFrame
        Index of `lots`: state (of the plan used), n, ac, re (missing while discontinued), is_accepted
        (missing while discontinued), score (after the lot), next_state, reason (see `next_inspection`;
        ``score_reached_no_plan`` where only the missing plans stand against reduced inspection).

    Raises
    ------
    InputFaults
        With every missing column and wrong value, and every lot in which more was found than sampled.

    References
    ----------
    .. [1] ISO 2859-1, 9.3 (``iso_2859_1``).

    Examples
    --------
    >>> lots = pd.DataFrame({"lot_size": [5000] * 3, "n_nonconforming": [9, 2, 8]})
    >>> inspect_lots(lots, aql=1.5)[["state", "is_accepted", "next_state"]].values.tolist()
    [['normal', False, 'normal'], ['normal', True, 'normal'], ['normal', False, 'tightened']]
    """
    plans = _plans_by_state(lots, aql=aql, level=level, standard=standard)
    now, faults = start or Inspection(), []
    rows: list[tuple[Any, ...]] = []
    for number, lot in enumerate(_walk(lots)):
        state, plan, found = now.state, None, int(lot["n_nonconforming"])
        if state in plans:
            plan = plans[state].iloc[number]
            if found > plan["n_to_inspect"]:
                rule = RuleText("at most {}, the sample under {} inspection", plan["n_to_inspect"], state)
                faults.append(Fault(f"lots: row {number}: n_nonconforming", str(found), rule))
        outcome = _outcome(plan, found, lot)
        now, reason = _after(now, outcome, can_reduce="reduced" in plans)
        used = (None,) * 4 if plan is None else (*plan[["n", "ac", "re"]], outcome.is_accepted)
        rows.append((state, *used, now.score, now.state, reason))
    refuse("lots", faults)
    names = ["state", "n", "ac", "re", "is_accepted", "score", "next_state", "reason"]
    kinds = {**dict.fromkeys(("n", "ac", "re"), "Int64"), "is_accepted": "boolean"}
    return pd.DataFrame(rows, columns=names, index=lots.index).astype(kinds)


def _after(now: Inspection, lot: Judged, *, can_reduce: bool) -> tuple[Inspection, str]:
    """The next inspection; the score stays where only a plan is wanting to reduce to."""
    after, reason = next_inspection(now, lot)
    if after.state == "reduced" and not can_reduce:
        recent = (*now.recent, True)[-_rule("window") :]
        return replace(now, recent=recent), "score_reached_no_plan"
    return after, reason


def _walk(lots: pd.DataFrame) -> Iterable[dict[str, Any]]:
    return records(lots.assign(**{name: lots.get(name, value) for name, value in _FLAGS.items()}))


def _plans_by_state(lots: pd.DataFrame, *, aql: float, level: str, standard: str) -> dict[str, pd.DataFrame]:
    """The plan of each lot under each inspection, with the acceptance number one step tighter."""
    columns = [
        NumberColumn("lot_size", low=2, is_whole=True),
        NumberColumn("n_nonconforming", low=0, is_whole=True),
    ]
    sizes = number_columns(lots, columns, what="lots")["lot_size"]
    faults = [
        Fault(f"lots: row {row}: {name}", shown(lots[name].iloc[row]), "true or false")
        for name in _FLAGS
        if name in lots
        for row in np.flatnonzero(~lots[name].isin([True, False]))
    ]
    refuse("lots", faults)
    states = ["normal", "tightened", *(["reduced"] if standard == "z14" else [])]
    found = {
        state: single_plans(sizes, aql, level=level, inspection=state, standard=standard) for state in states
    }
    limits = acceptable_limits()
    at = limits.index(aql)
    plain = found["normal"]
    plain["ac_tighter"] = -1
    if at > 0:
        tighter = plans_of_letters(plain["plan_letter"].to_numpy(dtype=object), limits[at - 1])
        same = tighter["n"].to_numpy() == plain["n"].to_numpy()
        plain["ac_tighter"] = np.where(same, tighter["ac"], -1)
    return found


def _outcome(plan: pd.Series | None, found: int, lot: dict[str, Any]) -> Judged:
    flags = {name: bool(lot[name]) for name in _FLAGS}
    if plan is None:
        return Judged(is_accepted=False, ac=0, **flags)
    ac, re = int(plan["ac"]), int(plan["re"])
    return Judged(found < re, ac, found <= plan.get("ac_tighter", -1), ac < found < re, **flags)
