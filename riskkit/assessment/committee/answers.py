"""Whether a ballot answers what was asked, all that is wrong with it at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from riskkit.assessment.committee.questions import (
    CHOICES,
    LEVEL,
    PROBABILITY,
    Question,
    choice_of,
    choices_of,
)
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, plain_text, refuse, shown
from riskkit.foundation.language import in_language

QUANTILES = {"low": 0.05, "mid": 0.50, "high": 0.95}
"""What is asked for a probability: the value that the truth lies below with this probability."""
_LONGEST_REASON = 2000
Answer = Mapping[str, Any]


def check_answers(
    questions: Sequence[Question], answers: Mapping[str, Answer], *, what: str
) -> dict[str, Any]:
    """The answers of one ballot in the one form in which they are recorded.

    Parameters
    ----------
    questions : sequence of Question
    answers : mapping of question id to answer
        ``{"low": …, "mid": …, "high": …}`` for a probability, ``{"level": …}`` for a grade or level,
        ``{"codes": […]}`` for a list, or ``{"abstain": true}`` with a reason; each may have a ``reason``.
    what : str
        The ballot, for the faults.

    Returns
    -------
    dict
        In the order of the questions.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        With every question that is not answered or answered out of its range.

    Examples
    --------
    >>> from riskkit.assessment.committee.questions import vote_questions
    >>> check_answers(vote_questions()[:1], {"vote.level": {"level": "Ⅱ"}}, what="ballot")
    {'vote.level': {'level': 'Ⅱ'}}
    """
    faults = [
        Fault(f"{what} {name}", shown(answers[name]), "a question of this round")
        for name in answers
        if name not in {one.id for one in questions}
    ]
    for question in questions:
        faults += _faults(question, answers.get(question.id), what=f"{what} {question.id}")
    refuse(what, faults)
    return {one.id: _kept(one, answers[one.id]) for one in questions}


def _faults(question: Question, answer: Answer | None, *, what: str) -> Iterator[Fault]:
    if not isinstance(answer, Mapping) or not {k for k in answer if k != "reason"}:
        yield Fault(what, "", "an answer, or an abstention with its reason")
        return
    wanted = {"abstain"} if "abstain" in answer else _parts(question)
    for name in answer.keys() - wanted - {"reason"}:
        yield Fault(
            f"{what} {name}", shown(answer[name]), RuleText("one of {}, reason", ", ".join(sorted(wanted)))
        )
    yield from _reason_faults(answer, what)
    if "abstain" not in answer:
        yield from _VALUE_FAULTS[question.kind](question, answer, what)


def _parts(question: Question) -> set[str]:
    return {PROBABILITY: set(QUANTILES), LEVEL: {"level"}, CHOICES: {"codes"}}[question.kind]


def _reason_faults(answer: Answer, what: str) -> Iterator[Fault]:
    reason = answer.get("reason", "")
    if "abstain" in answer and answer["abstain"] is not True:
        yield Fault(f"{what} abstain", shown(answer["abstain"]), "true, or left out")
    if "abstain" in answer and not reason:
        yield Fault(f"{what} reason", "", "an answer, or an abstention with its reason")
    if not isinstance(reason, str) or len(reason) > _LONGEST_REASON:
        yield Fault(
            f"{what} reason", shown(reason), RuleText("text of at most {} characters", _LONGEST_REASON)
        )
    elif reason:
        try:
            plain_text(reason)
        except ValueError as error:
            yield Fault(f"{what} reason", shown(reason), str(error))


def _probability_faults(_: Question, answer: Answer, what: str) -> Iterator[Fault]:
    given = [answer.get(name) for name in QUANTILES]
    for name, value in zip(QUANTILES, given, strict=True):
        if not _is_probability(value):
            yield Fault(f"{what} {name}", shown(value), "a probability above 0 and below 1")
    if all(map(_is_probability, given)):
        low, mid, high = (float(f"{value:.3g}") for value in given)
        if not low < mid < high:
            yield Fault(
                what, shown(given), "three quantiles that rise, also to three digits: 5 %, 50 %, 95 %"
            )


def _is_probability(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 < value < 1  # type: ignore[arg-type,operator]


def _level_faults(question: Question, answer: Answer, what: str) -> Iterator[Fault]:
    try:
        choice_of(question, answer.get("level"))
    except ValueError as error:
        yield Fault(f"{what} level", shown(answer.get("level")), str(error))


def _choice_faults(question: Question, answer: Answer, what: str) -> Iterator[Fault]:
    codes, known = answer.get("codes"), in_language("en", choices_of, question)
    if not isinstance(codes, list | tuple) or len(set(map(str, codes))) < len(codes):
        yield Fault(f"{what} codes", shown(codes), "codes that stand once")
        return
    for code in codes:
        if not _is_code(code, known):
            yield Fault(f"{what} codes", shown(code), one_of(str(code), known))


def _is_code(value: object, known: Mapping[str, str]) -> bool:
    return isinstance(value, str) and value in known


_VALUE_FAULTS = {PROBABILITY: _probability_faults, LEVEL: _level_faults, CHOICES: _choice_faults}


def _kept(question: Question, answer: Answer) -> dict[str, Any]:
    reason = {"reason": plain_text(answer["reason"])} if answer.get("reason") else {}
    if "abstain" in answer:
        return {"abstain": True, **reason}
    if question.kind == PROBABILITY:
        return {**{name: float(answer[name]) for name in QUANTILES}, **reason}
    if question.kind == LEVEL:
        return {"level": choice_of(question, answer["level"]), **reason}
    return {
        "codes": [code for code in in_language("en", choices_of, question) if code in answer["codes"]],
        **reason,
    }
