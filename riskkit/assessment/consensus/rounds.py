"""Delphi rounds: rules for stopping fixed beforehand, consensus and stability both asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]
STATES = ("go_on", "consensus", "stable_dissent", "out_of_rounds")


@dataclass(frozen=True)
class StoppingRule:
    """When a committee stops asking, fixed before the first round.

    Parameters
    ----------
    share : float
        Share of the experts [0–1] who must answer within `within` of the median.
    within : float
        In the unit of the answers; 0 for the very same grade.
    shift : float
        Most that the median may have moved since the round before, in the unit of the answers.
    changed : float
        Largest share of experts [0–1] who may have changed their answer by more than `within`.
    most_rounds : int
        The last round.
    """

    share: float
    within: float
    shift: float
    changed: float
    most_rounds: int

    def __post_init__(self) -> None:
        faults = [
            Fault(name, shown(value), rule)
            for name, value, rule, is_right in (
                ("share", self.share, "above 0.5, at most 1", 0.5 < self.share <= 1),
                ("within", self.within, "0 or more", self.within >= 0),
                ("shift", self.shift, "0 or more", self.shift >= 0),
                ("changed", self.changed, "from 0 to 1", 0 <= self.changed <= 1),
                ("most_rounds", self.most_rounds, "at least 2", self.most_rounds >= 2),
            )
            if not is_right
        ]
        refuse("stopping rule", faults)


def house_rule(*, within: float, shift: float) -> StoppingRule:
    """The stopping rule with the shares of ``method_numbers.csv``: 75 % consensus, at most three rounds.

    Parameters
    ----------
    within, shift : float
        As for `StoppingRule`, in the unit of the answers.

    References
    ----------
    .. [1] I. R. Diamond et al., Journal of Clinical Epidemiology 67, 2014, 401–409 (``diamond_2014``):
       the median threshold of 100 Delphi studies is 75 %.

    Examples
    --------
    >>> house_rule(within=0, shift=0).share
    0.75
    """
    number = {name: method_number("delphi", name) for name in ("share", "changed", "most_rounds")}
    return StoppingRule(number["share"], within, shift, number["changed"], int(number["most_rounds"]))


def round_states(answers: pd.DataFrame, *, rule: StoppingRule) -> pd.DataFrame:
    """What each round of each question came to.

    A question stops with ``consensus`` when enough experts are close to the median and the answers are
    stable since the round before; with ``stable_dissent`` when they are stable without being close: asking
    again would not help, and the dissent is the result. The first round never stops a question. Experts who
    gave no answer are counted as such and take no part in shares; fewer than two answers never make a
    consensus.

    Parameters
    ----------
    answers : DataFrame
        ``round`` (from 1), ``question``, ``expert``, ``value`` (missing for an abstention).
    rule : StoppingRule
        Fixed beforehand.

    Returns
    -------
    DataFrame
        One row a question and round: ``question``, ``round``, ``n``, ``n_abstained``, ``median``, ``q25``,
        ``q75``, ``share_close``, ``shift``, ``share_changed``, ``is_consensus``, ``is_stable``, ``state``.

    Raises
    ------
    InputFaults
        With each answer given twice, each round that is no whole number from 1, and each infinite value.

    Examples
    --------
    >>> rows = [(r, "severity", e, 3) for r in (1, 2) for e in "abcd"]
    >>> answers = pd.DataFrame(rows, columns=["round", "question", "expert", "value"])
    >>> round_states(answers, rule=house_rule(within=0, shift=0))["state"].tolist()
    ['go_on', 'consensus']
    """
    refuse("rounds", _round_faults(answers))
    rows = []
    for question, asked in answers.groupby("question", sort=False):
        before: pd.Series | None = None
        for number, one in asked.groupby("round", sort=True):
            values = one.set_index("expert")["value"].astype(float)
            row = _round_row(values, before, rule)
            state = _state(row, int(str(number)), rule)
            rows.append({"question": question, "round": int(str(number))} | row | {"state": state})
            before = values
    return pd.DataFrame(rows)


def _round_faults(answers: pd.DataFrame) -> list[Fault]:
    missing = [n for n in ("round", "question", "expert", "value") if n not in answers]
    if missing:
        return [Fault("answers", name, "a column") for name in missing]
    faults = []
    twice = answers.duplicated(["round", "question", "expert"])
    numbers = pd.to_numeric(answers["round"], errors="coerce")
    values = pd.to_numeric(answers["value"], errors="coerce")
    for k, row in enumerate(answers.itertuples(index=False)):
        place = f"answers/row {k + 1}"
        if twice.iloc[k]:
            faults.append(Fault(place, shown(str(row.expert)), "one answer an expert, question and round"))
        if not (numbers.iloc[k] >= 1 and numbers.iloc[k] == int(numbers.iloc[k])):
            faults.append(Fault(f"{place}/round", shown(row.round), "a whole number from 1"))
        if np.isinf(values.iloc[k]):
            faults.append(Fault(f"{place}/value", shown(row.value), "a finite number, or missing"))
    return faults


def _round_row(values: pd.Series, before: pd.Series | None, rule: StoppingRule) -> dict[str, object]:
    given = values.dropna().to_numpy(dtype=np.float64)
    q25, median, q75 = np.quantile(given, [0.25, 0.5, 0.75]) if given.size else [np.nan] * 3
    close = float((np.abs(given - median) <= rule.within).mean()) if given.size else np.nan
    shift = changed = np.nan
    if before is not None and given.size:
        both = pd.concat([before, values], axis=1, join="inner").dropna().to_numpy(dtype=np.float64)
        shift = abs(float(median) - float(before.median()))
        changed = float((np.abs(both[:, 1] - both[:, 0]) > rule.within).mean()) if len(both) else np.nan
    return {
        "n": given.size,
        "n_abstained": int(values.isna().sum()),
        "median": float(median),
        "q25": float(q25),
        "q75": float(q75),
        "share_close": close,
        "shift": shift,
        "share_changed": changed,
        "is_consensus": bool(given.size >= 2 and close >= rule.share),
        "is_stable": bool(shift <= rule.shift and changed <= rule.changed),
    }


def _state(row: dict[str, object], number: int, rule: StoppingRule) -> str:
    if row["is_stable"]:
        return "consensus" if row["is_consensus"] else "stable_dissent"
    return "out_of_rounds" if number >= rule.most_rounds else "go_on"
