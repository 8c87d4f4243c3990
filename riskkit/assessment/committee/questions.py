"""What a committee is asked about a case: severity, the probability of each step, urgency, scope, measures.

The questions follow from the case alone, so that nobody can choose what is not asked. A step that stands in
several scenarios with the same words and the same number is asked once. Probabilities are asked as three
quantiles (5, 50 and 95 %), grades on the scales of the assessment, measures from a list. The answers that the
case itself gives are not shown: a number that is seen first pulls every judgement towards it.

References
----------
.. [1] Hanea et al. (2017), "Investigate Discuss Estimate Aggregate for structured expert judgement",
   International Journal of Forecasting 33:267-279 (individual judgement before any feedback).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.events import canonical
from riskkit.foundation.inputs.faults import RuleText
from riskkit.foundation.language import in_language, language
from riskkit.foundation.numbers.toml_record import written
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.warning_levels import level_code

PROBABILITY, LEVEL, CHOICES = "probability", "level", "choices"
KINDS = (PROBABILITY, LEVEL, CHOICES)
VOTE = "vote"
"""The name of the round in which the committee decides."""
NO_WARNING = "none"


@dataclass(frozen=True)
class Question:
    """One question to every expert.

    Parameters
    ----------
    id : str
        Unique in its session.
    kind : str
        ``probability`` (three quantiles), ``level`` (one code of a scale) or ``choices`` (any of a list).
    zh, en : str
        What is asked.
    scale : str
        Of a ``level``: the scale; of ``choices``: the list.
    targets : tuple of str
        Which numbers of the case it is about: ``scenario/step`` (steps from 0), or a scenario.

    Examples
    --------
    >>> Question("scope", "level", "影响范围？", "How wide?", scale="scope").targets
    ()
    """

    id: str
    kind: str
    zh: str
    en: str
    scale: str = ""
    targets: tuple[str, ...] = ()

    def say(self) -> str:
        """What is asked, in ``zh`` or ``en``."""
        return self.zh if language() == "zh" else self.en


def questions_of(case: Case) -> tuple[Question, ...]:
    """What a committee is asked about a case before it votes.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Question
        Severity and steps of each scenario in the order of the case, then urgency, scope and measures.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> [one.id for one in questions_of(load_case("note7-battery-2016"))][:4]
    ['severity.burn_on_body', 'p.burn_on_body.1', 'p.burn_on_body.2', 'p.burn_on_body.3']
    """
    found: list[Question] = []
    steps: dict[str, int] = {}
    for scenario in case.scenarios:
        title = scenario.title
        asked = _word("severity", zh=title.zh, en=title.en)
        found.append(Question(f"severity.{scenario.id}", LEVEL, *asked, scale="harm", targets=(scenario.id,)))
        for number, step in enumerate(scenario.steps):
            target = f"{scenario.id}/{number}"
            same = canonical({"text": step.text.zh, "p": written(step.p)})
            if same in steps:
                found[steps[same]] = _also(found[steps[same]], target)
                continue
            steps[same] = len(found)
            asked = _word("step", zh=step.text.zh, en=step.text.en)
            found.append(Question(f"p.{scenario.id}.{number + 1}", PROBABILITY, *asked, targets=(target,)))
    found += [Question(one, LEVEL, *_word(one), scale=one) for one in ("urgency", "scope")]
    return (*found, Question("measures", CHOICES, *_word("measures"), scale="committee_measures"))


def vote_questions() -> tuple[Question, ...]:
    """What a committee votes on in the end: the warning level, and whether it confirms the assessment.

    Examples
    --------
    >>> [one.id for one in vote_questions()]
    ['vote.level', 'vote.confirm']
    """
    return (
        Question("vote.level", LEVEL, *_word("vote_level"), scale="warning"),
        Question("vote.confirm", LEVEL, *_word("vote_confirm"), scale="confirm"),
    )


def _also(question: Question, target: str) -> Question:
    return Question(
        question.id, question.kind, question.zh, question.en, question.scale, (*question.targets, target)
    )


def _word(key: str, **said: str) -> tuple[str, str]:
    rows = standards.table("committee_words").set_index("key")
    zh, en = str(rows.loc[key, "zh"]), str(rows.loc[key, "en"])
    return (zh.format(said["zh"]), en.format(said["en"])) if said else (zh, en)


def word(key: str) -> str:
    """A word or sentence of a session in ``zh`` or ``en``.

    Raises
    ------
    KeyError
        When there is no such row in ``committee_words.csv``.

    Examples
    --------
    >>> word("yes")
    'yes'
    """
    return _word(key)[LANGS.index(language())]


LANGS = ("zh", "en")


def choices_of(question: Question) -> dict[str, str]:
    """What may be chosen, code by code in order, with its words; nothing for a probability.

    Examples
    --------
    >>> choices_of(vote_questions()[1])
    {'yes': 'yes', 'no': 'no'}
    >>> [*choices_of(vote_questions()[0])]
    ['Ⅳ', 'Ⅲ', 'Ⅱ', 'Ⅰ', 'none']
    """
    if question.kind == PROBABILITY:
        return {}
    if question.kind == CHOICES:
        rows = standards.table("committee_measures")
        return dict(zip(rows["measure"].astype(str), rows[language()].astype(str), strict=True))
    if question.scale == "confirm":
        return {code: word(code) for code in ("yes", "no")}
    of = scale(question.scale)
    levels = {code: f"{code} {of.word(code)}" for code in of.codes}
    return levels | ({NO_WARNING: word("no_warning")} if question.scale == "warning" else {})


def choice_of(question: Question, written: Any) -> str:
    """The code of what somebody chose: the code, its words in zh or en, a level however it is written.

    Raises
    ------
    ValueError
        With the list of what may be chosen.

    Examples
    --------
    >>> choice_of(vote_questions()[0], "一级"), choice_of(vote_questions()[1], "是")
    ('Ⅰ', 'yes')
    """
    for lang in LANGS:
        for code, words in in_language(lang, choices_of, question).items():
            if isinstance(written, str) and written.strip().casefold() in (code.casefold(), words.casefold()):
                return code
    if question.scale != "warning":
        raise ValueError(RuleText("one of {}", ", ".join(in_language("en", choices_of, question))))
    try:
        return level_code(written)
    except ValueError as error:
        raise ValueError(f"{error}; or {NO_WARNING}") from None


def as_data(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """Questions as JSON holds them.

    Examples
    --------
    >>> from_data(as_data(vote_questions())) == vote_questions()
    True
    """
    return [{**asdict(one), "targets": list(one.targets)} for one in questions]


def from_data(rows: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Questions from what JSON held.

    Examples
    --------
    >>> from_data([])
    ()
    """
    return tuple(Question(**{**row, "targets": tuple(row["targets"])}) for row in rows)


def digest_of(questions: Iterable[Question]) -> str:
    """The SHA-256 of a question set, so that an answer says what it answers.

    Examples
    --------
    >>> len(digest_of(vote_questions()))
    64
    """
    return hashlib.sha256(canonical({"questions": as_data(questions)}).encode()).hexdigest()
