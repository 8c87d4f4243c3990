"""What the answers of a closed round come to: shown back to the experts, and given back to the assessment.

Pooling is the weighted linear pool: the committee's distribution is the weighted mean of the experts'
cumulative distributions. An expert's three quantiles become a distribution with the least information that
agrees with them: even between neighbouring quantiles, on the logarithmic scale (probabilities of harm span
decades), reaching a tenth of the range beyond the outer ones, never past 1. Means of quantiles are not used:
they are narrower than the experts together are.

References
----------
.. [1] Cooke (1991), Experts in Uncertainty, Oxford University Press, ch. 12 (intrinsic range, minimum
   information).
.. [2] Stone (1961), "The opinion pool", Annals of Mathematical Statistics 32:1339-1342.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.committee.answers import QUANTILES
from riskkit.assessment.committee.questions import CHOICES, LEVEL, PROBABILITY, Question, choices_of
from riskkit.assessment.facts.case_file import Case, Scenario, Step, Text
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.distributions import Floats
from riskkit.foundation.numbers.uncertainty import Distribution, parse_distribution
from riskkit.foundation.standards.method_numbers import method_number

_KNOTS = (0.0, *QUANTILES.values(), 1.0)
_SAME = 1e-12  # probabilities closer than this are one
_DECIMALS = 4  # significant digits of a pooled quantile: more would be pretence
Ballots = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""expert → question → answer"""


def pooled_quantiles(
    judged: Sequence[Sequence[float]], *, weights: Sequence[float] | None = None, probs: Sequence[float]
) -> Floats:
    """Quantiles of the linear pool of some experts' distributions of a probability.

    Parameters
    ----------
    judged : sequence of (low, mid, high)
        The 5, 50 and 95 % quantiles of each expert, rising, above 0 and below 1.
    weights : sequence of float, optional
        One each, summing to anything above 0; equal when left out.
    probs : sequence of float
        Which quantiles of the pool, in (0, 1).

    Returns
    -------
    array, shape (len(probs),)

    Raises
    ------
    ValueError
        When nobody judged, or the weights do not fit.

    References
    ----------
    Cooke (1991); Stone (1961).

    Examples
    --------
    >>> pooled_quantiles([(0.01, 0.02, 0.05)], probs=[0.05, 0.5, 0.95]).round(6).tolist()
    [0.01, 0.02, 0.05]
    >>> pooled_quantiles([(0.001, 0.002, 0.005), (0.1, 0.2, 0.5)], probs=[0.5]).round(3).tolist()
    [0.022]
    """
    x = np.log(np.asarray(judged, dtype=float).reshape(-1, len(QUANTILES)))
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if not len(x) or w.shape != (len(x),) or not (w >= 0).all() or not w.sum() > 0:
        raise ValueError("at least one judgement, and one weight each")
    reach = method_number("committee", "overshoot") * (x[:, -1:] - x[:, :1])
    knots = np.hstack([x[:, :1] - reach, x, np.minimum(x[:, -1:] + reach, 0.0)])
    grid = np.unique(knots)
    below = np.array([np.interp(grid, one, _KNOTS) for one in knots])
    pool = w @ below / w.sum()
    return np.exp([_quantile(pool, grid, float(prob)) for prob in np.atleast_1d(probs)])


def _quantile(pool: Floats, grid: Floats, prob: float) -> float:
    """Where the pool reaches a probability; the middle, where it stays there (between experts apart)."""
    pool = np.maximum.accumulate(np.where(np.abs(pool - prob) < _SAME, prob, pool))
    first, last = np.searchsorted(pool, prob, side="left"), np.searchsorted(pool, prob, side="right") - 1
    if first <= last:
        return float(grid[first] + grid[last]) / 2
    return float(np.interp(prob, pool[last : first + 1], grid[last : first + 1]))


def given_answers(ballots: Ballots, question: Question) -> dict[str, Mapping[str, Any]]:
    """The answers to a question by expert, without abstentions.

    Examples
    --------
    >>> question = Question("scope", LEVEL, "", "", scale="scope")
    >>> given_answers({"e1": {"scope": {"abstain": True, "reason": "not my field"}}}, question)
    {}
    """
    return {
        expert: answers[question.id]
        for expert, answers in sorted(ballots.items())
        if question.id in answers and "abstain" not in answers[question.id]
    }


def counts_of(ballots: Ballots, question: Question) -> dict[str, int]:
    """How many experts chose each code of a grade or a list, in its order.

    Examples
    --------
    >>> question = Question("scope", LEVEL, "", "", scale="scope")
    >>> counts_of({"e1": {"scope": {"level": "3"}}}, question)
    {'1': 0, '2': 0, '3': 1, '4': 0}
    """
    found: Counter[str] = Counter()
    for answer in given_answers(ballots, question).values():
        found.update([answer["level"]] if question.kind == LEVEL else answer["codes"])
    return {code: found[code] for code in in_language("en", choices_of, question)}


def feedback(
    ballots: Ballots, questions: Sequence[Question], *, weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """What a round came to, question by question: what the experts see before the next round.

    Parameters
    ----------
    ballots : mapping of expert to question to answer
        Of a closed round.
    questions : sequence of Question
    weights : mapping of expert to weight, optional
        Equal when left out.

    Returns
    -------
    DataFrame
        One row a question: ``question``, ``kind``, ``n_answers``, ``n_abstained``; for probabilities the
        pooled ``low``, ``mid``, ``high`` and the smallest and largest ``mid`` (``mid_lo``, ``mid_hi``); for
        grades and lists ``counts`` as ``code:n`` with ``;`` between. What nobody answered is missing.

    Examples
    --------
    >>> question = Question("p.a.1", PROBABILITY, "", "")
    >>> ballots = {"e1": {"p.a.1": {"low": 0.01, "mid": 0.02, "high": 0.05}}}
    >>> feedback(ballots, [question])["mid"].tolist()
    [0.02]
    """
    rows = [_feedback_row(ballots, one, weights) for one in questions]
    names = [
        "question",
        "kind",
        "n_answers",
        "n_abstained",
        "low",
        "mid",
        "high",
        "mid_lo",
        "mid_hi",
        "counts",
    ]
    found = pd.DataFrame(rows, columns=names)
    numbers = ["low", "mid", "high", "mid_lo", "mid_hi"]
    return found.astype(dict.fromkeys(numbers, "float64"))


def _feedback_row(
    ballots: Ballots, question: Question, weights: Mapping[str, float] | None
) -> dict[str, Any]:
    given = given_answers(ballots, question)
    row: dict[str, Any] = {"question": question.id, "kind": question.kind, "n_answers": len(given)}
    row["n_abstained"] = sum("abstain" in one.get(question.id, {}) for one in ballots.values())
    if question.kind == PROBABILITY and given:
        mids = [answer["mid"] for answer in given.values()]
        row |= dict(zip(QUANTILES, _pool(given, weights), strict=True))
        row |= {"mid_lo": min(mids), "mid_hi": max(mids)}
    elif question.kind in (LEVEL, CHOICES):
        row["counts"] = ";".join(f"{code}:{n}" for code, n in counts_of(ballots, question).items() if n)
    return row


def _pool(given: Mapping[str, Mapping[str, Any]], weights: Mapping[str, float] | None) -> list[float]:
    judged = [[answer[name] for name in QUANTILES] for answer in given.values()]
    shares = None if weights is None else [weights.get(expert, 0.0) for expert in given]
    found = pooled_quantiles(judged, weights=shares, probs=[*QUANTILES.values()])
    return [float(f"{value:.{_DECIMALS}g}") for value in found]


def judged_case(
    case: Case, ballots: Ballots, questions: Sequence[Question], *, method: Text,
    weights: Mapping[str, float] | None = None,
) -> Case:  # fmt: skip
    """The case with the committee's judgement in it: pooled distributions for steps, shares for severities.

    Parameters
    ----------
    case : Case
    ballots : mapping of expert to question to answer
        Of the closed round that counts.
    questions : sequence of Question
    method : Text
        How it was pooled, which stands beside each number it gave.
    weights : mapping of expert to weight, optional
        Equal when left out.

    Returns
    -------
    Case
        What nobody answered is as it was. Urgency, scope and measures do not change the case: the profile
        grades urgency and scope from facts, and the committee's view of them stands beside it.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.assessment.committee.questions import questions_of
    >>> case = load_case("note7-battery-2016")
    >>> ballots = {"e1": {"p.burn_on_body.1": {"low": 1e-4, "mid": 5e-4, "high": 2e-3}}}
    >>> found = judged_case(case, ballots, questions_of(case), method=Text("等权", "equal weights"))
    >>> found.scenarios[0].steps[0].p.values, found.scenarios[1].steps[0].p.values
    ((0.0001, 0.0005, 0.002), (0.0001, 0.0005, 0.002))
    """
    steps: dict[str, Distribution] = {}
    mixes: dict[str, tuple[tuple[int, float], ...]] = {}
    for question in questions:
        given = given_answers(ballots, question)
        if question.kind == PROBABILITY and given:
            low, mid, high = _pool(given, weights)
            pooled = parse_distribution({"p05": low, "p50": mid, "p95": high})
            steps |= dict.fromkeys(question.targets, pooled)
        elif question.kind == LEVEL and question.targets and given:
            mixes[question.targets[0]] = _shares(given, weights)
    changed = tuple(_scenario(one, steps, mixes, method=method) for one in case.scenarios)
    return replace(case, scenarios=changed)


def _shares(
    given: Mapping[str, Mapping[str, Any]], weights: Mapping[str, float] | None
) -> tuple[tuple[int, float], ...]:
    found: dict[int, float] = {}
    for expert, answer in given.items():
        level = int(answer["level"])
        found[level] = found.get(level, 0.0) + (1.0 if weights is None else weights.get(expert, 0.0))
    total = sum(found.values())
    return tuple((level, found[level] / total) for level in sorted(found) if found[level])


def _scenario(
    one: Scenario,
    steps: Mapping[str, Distribution],
    mixes: Mapping[str, tuple[tuple[int, float], ...]],
    *,
    method: Text,
) -> Scenario:
    judged = tuple(
        _step(step, steps[f"{one.id}/{n}"], method) if f"{one.id}/{n}" in steps else step
        for n, step in enumerate(one.steps)
    )
    if one.id not in mixes:
        return replace(one, steps=judged)
    return replace(one, steps=judged, severity=mixes[one.id], severity_reason=method)


def _step(step: Step, pooled: Distribution, method: Text) -> Step:
    return replace(step, p=pooled, basis="judgement", evidence="sole_judgement", note=method)


def decided(counts: Mapping[str, int], *, majority: float) -> str | None:
    """The code that more than a share of the votes cast chose; none when there is no such code.

    Parameters
    ----------
    counts : mapping of code to votes
        Without abstentions.
    majority : float
        Share of the votes cast that must be exceeded.

    References
    ----------
    AQSIQ, opinions on risk information of key industrial products: majority vote and confirmation.

    Examples
    --------
    >>> decided({"Ⅱ": 3, "Ⅲ": 2}, majority=0.5), decided({"Ⅱ": 2, "Ⅲ": 2}, majority=0.5)
    ('Ⅱ', None)
    """
    total = sum(counts.values())
    winners = [code for code, n in counts.items() if total and n > majority * total]
    return winners[0] if len(winners) == 1 else None
