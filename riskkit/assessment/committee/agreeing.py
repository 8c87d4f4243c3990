"""How far the experts of a session agree, round by round, and how their answers moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.committee.questions import LEVEL, PROBABILITY, VOTE, Question, choices_of
from riskkit.assessment.committee.session import Session
from riskkit.assessment.consensus.agreement import krippendorff_alpha
from riskkit.assessment.consensus.concordance import kendall_w
from riskkit.assessment.consensus.rounds import StoppingRule, house_rule, round_states
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.method_numbers import method_number

COLUMNS = ("round", "question", "kind", "expert", "low", "mid", "high", "value")


def closed_answers(now: Session) -> pd.DataFrame:
    """The answers of the closed rounds before the vote as numbers, one row an expert, question and round.

    Parameters
    ----------
    now : Session

    Returns
    -------
    DataFrame
        ``round`` (from 1), ``question``, ``kind``, ``expert`` (id), ``low``, ``mid``, ``high`` [probability;
        missing for a grade], ``value``: the decimal logarithm of ``mid``, or the place of the grade from 1;
        missing for an abstention. Choices from lists have no order and are left out.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> len(closed_answers(Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))))
    0
    """
    rows = [
        {"round": number, "question": question.id, "kind": question.kind, "expert": expert}
        | _numbers(question, answers.get(question.id, {}))
        for number, one in enumerate((r for r in now.rounds if not r.is_open and r.name != VOTE), start=1)
        for expert, answers in sorted(one.answers().items())
        for question in now.asked_in(one.name)
        if question.kind in (PROBABILITY, LEVEL)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": "float64"})


def _numbers(question: Question, answer: Any) -> dict[str, float]:
    if "mid" in answer:
        given = {name: float(answer[name]) for name in ("low", "mid", "high")}
        return given | {"value": float(np.log10(given["mid"]))}
    if "level" in answer:
        return {"value": float([*in_language("en", choices_of, question)].index(str(answer["level"])) + 1)}
    return {}


def round_agreement(answers: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Agreement of each round: Krippendorff's α over grades and over probabilities, Kendall's W over steps.

    Parameters
    ----------
    answers : DataFrame
        As from `closed_answers`.
    rng : numpy.random.Generator
        For the 95 % intervals of α.

    Returns
    -------
    DataFrame
        One row a round: ``round``, ``n`` (experts), ``alpha_grades`` (ordinal), ``alpha_probabilities``
        (interval, on decades), each with ``_lo`` and ``_hi``; ``w`` over the steps that everybody answered,
        and its ``p`` (F test). Missing where nothing can be said.

    References
    ----------
    .. [1] Krippendorff, Content Analysis (``krippendorff``); Kendall 1948 (``kendall_1948``).

    Examples
    --------
    >>> rows = [(1, "s", "level", e, None, None, None, v) for e, v in (("a", 2.0), ("b", 3.0))]
    >>> rows += [(1, "u", "level", e, None, None, None, 4.0) for e in "ab"]
    >>> answers = pd.DataFrame(rows, columns=list(COLUMNS))
    >>> round_agreement(answers, rng=np.random.default_rng(1))["alpha_grades"].round(3).tolist()
    [0.833]
    """
    rows = []
    for number, one in answers.groupby("round", sort=True):
        row: dict[str, Any] = {"round": number, "n": one["expert"].nunique()}
        for name, kind, metric in (("grades", LEVEL, "ordinal"), ("probabilities", PROBABILITY, "interval")):
            found = krippendorff_alpha(_wide(one, kind), metric=metric, rng=rng)
            row |= {f"alpha_{name}": found.value, f"alpha_{name}_lo": found.lo, f"alpha_{name}_hi": found.hi}
        steps = _wide(one, PROBABILITY)
        whole = steps[~np.isnan(steps).any(axis=1)]
        order = kendall_w(whole) if min(whole.shape) >= 2 else None
        rows.append(row | {"w": order.w if order else np.nan, "p": order.p_f if order else np.nan})
    return pd.DataFrame(rows)


def _wide(answers: pd.DataFrame, kind: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    of = answers[answers["kind"] == kind]
    return of.pivot(index="question", columns="expert", values="value").to_numpy(dtype=np.float64)


def answered_states(answers: pd.DataFrame, *, most_rounds: int) -> pd.DataFrame:
    """Whether each question is settled after each round, by the stopping rule fixed beforehand.

    Parameters
    ----------
    answers : DataFrame
        As from `closed_answers`.
    most_rounds : int
        As the session fixed it.

    Returns
    -------
    DataFrame
        As from `riskkit.assessment.consensus.rounds.round_states`, grades and probabilities together.

    Examples
    --------
    >>> rows = [(r, "s", "level", e, None, None, None, 2.0) for r in (1, 2) for e in "ab"]
    >>> answered_states(pd.DataFrame(rows, columns=list(COLUMNS)), most_rounds=2)["state"].tolist()
    ['go_on', 'consensus']
    """
    rules: dict[str, Callable[[], StoppingRule]] = {
        LEVEL: lambda: house_rule(within=0, shift=0),
        PROBABILITY: lambda: house_rule(
            within=method_number("delphi", "within_decades"), shift=method_number("delphi", "shift_decades")
        ),
    }
    parts = []
    for kind, rule in rules.items():
        of = answers[answers["kind"] == kind]
        if len(of):
            fixed = rule()
            last = max(2, most_rounds)
            given = StoppingRule(fixed.share, fixed.within, fixed.shift, fixed.changed, last)
            parts.append(round_states(of[["round", "question", "expert", "value"]], rule=given))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
