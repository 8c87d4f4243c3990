"""What stands beside a question: what each grade means, the evidence that the case names, and the unit.

The case's own answers stay out: a number that is seen first pulls every judgement towards it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from riskkit.assessment.committee.questions import PROBABILITY, Question
from riskkit.assessment.committee.session import Session
from riskkit.assessment.facts.case_file import Case, Scenario, Step
from riskkit.case.case_reading import parse_case
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.words.catalogue import committee_text as say


@dataclass(frozen=True)
class QuestionNote:
    """What one question is answered by: what grades mean (by code), evidence, the unit of a probability."""

    meanings: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    unit: str = ""

    def text(self) -> str:
        """All of it as lines, for a form."""
        lines = [f"{code}: {meaning}" for code, meaning in self.meanings.items()]
        return "\n".join([*lines, *self.evidence, *([self.unit] if self.unit else [])])


def question_notes(now: Session) -> dict[str, QuestionNote]:
    """For each question of a session what stands beside it; nothing where the case says nothing."""
    case = parse_case(parse_toml(now.case_text.encode(), f"{now.case_id}.toml"))
    scenarios = {one.id: one for one in case.scenarios}
    return {one.id: _note(one, case, scenarios) for one in now.questions}


def _note(question: Question, case: Case, scenarios: Mapping[str, Scenario]) -> QuestionNote:
    if question.kind == PROBABILITY:
        places = [target.partition("/") for target in question.targets]
        of = [(scenarios[name], scenarios[name].steps[int(number)]) for name, _, number in places]
        lines = dict.fromkeys(line for _, step in of for line in _evidence(case, step))
        return QuestionNote(evidence=tuple(lines), unit=say(f"unit_{of[0][0].per}") if of else "")
    if question.scale == "harm":
        return QuestionNote(meanings=_meanings(scenarios[question.targets[0]].injury))
    return QuestionNote()


def _meanings(injury: str) -> dict[str, str]:
    """What each severity means for a kind of injury, as the table of the standard says it."""
    rows = standards.table("injury_severity")
    of = rows[rows["injury"] == injury]
    return dict(zip(of["level"].astype(str), of[language()].astype(str), strict=True))


def _evidence(case: Case, step: Step) -> Iterator[str]:
    yield say("evidence_kind", kind=label("evidence", step.evidence), basis=say(f"evidence_{step.basis}"))
    if step.basis == "fact" and step.note is not None:
        yield step.note.say()
    known = {one.id: one for one in case.sources}
    for source in (known[name] for name in step.source if name in known):
        yield say(
            "evidence_source", publisher=source.publisher.say(), year=source.year, document=source.document
        )
