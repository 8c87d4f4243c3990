"""What a form carries beside its questions: what they are answered by, and what the round before came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.assessment.committee.pooling import feedback
from riskkit.assessment.committee.questions import LEVEL, VOTE, Question, choices_of, word
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import labels_of
from riskkit.foundation.language import language
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import probability
from riskkit.workbench.flows.committee.question_notes import question_notes
from riskkit.workbench.flows.committee.report import judgement_words


def beside(now: Session, name: str, expert: str) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Heads, and for each question of a round what stands beside it on that expert's form."""
    if name == VOTE:
        return (), {}
    notes = question_notes(now)
    heads, earlier = _earlier(now, name, expert)
    rows = {one.id: (notes[one.id].text(), *earlier.get(one.id, ())) for one in now.questions}
    return (say("col_note"), *heads), rows


def add_sheet(book: Any, lines: Sequence[Mapping[str, str]], *, now: Session) -> None:
    """The same on a sheet that nobody need send back."""
    heads, rows = beside(now, lines[0]["round"], lines[0]["expert"]) if lines else ((), {})
    if not heads:
        return
    page = book.add_worksheet(say("form_earlier_sheet" if len(heads) > 1 else "form_note_sheet"))
    asked = {one.id: one.say() for one in now.questions}
    told = [(say("col_asked"), *heads), *((asked[name], *cells) for name, cells in rows.items())]
    for row, cells in enumerate(told):
        look = book.add_format({"text_wrap": True, "valign": "top", "bold": row == 0, "num_format": "@"})
        for number, text in enumerate(cells):
            page.set_column(number, number, 60 if number < 2 or number == len(cells) - 1 else 24)
            page.write_string(row, number, text, look)


def _earlier(now: Session, name: str, expert: str) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The last closed round before a round: pool, range, own answer, reasons under letters; or nothing."""
    closed = [one for one in now.rounds if one.key and one.name not in (VOTE, name)]
    if not closed:
        return (), {}
    answers, asked = closed[-1].answers(), {one.id: one for one in now.questions}
    heads = [say(f"col_{one}") for one in ("pooled", "range", "n", "abstained", "own_before", "reasons")]
    letters, found = labels_of(now, asker=expert), {}
    for row in feedback(answers, now.questions).to_dict("records"):
        known = {str(key): value for key, value in row.items() if not pd.isna(value)}
        question = asked[str(row["question"])]
        own = own_answer(answers.get(expert, {}).get(question.id), question)
        reasons = sorted(
            f"{letters[one]}: {said[question.id]['reason']}"
            for one, said in answers.items()
            if one != expert and said.get(question.id, {}).get("reason")
        )
        found[question.id] = (*judgement_words(known, question)[1:], own, "\n".join(reasons) or "—")
    return tuple(heads), found


def own_answer(answer: Mapping[str, Any] | None, question: Question) -> str:
    """An expert's own answer in words; a dash where there was none."""
    if not answer:
        return "—"
    if answer.get("abstain"):
        return word("abstain")
    if "mid" in answer:
        return f"{probability(answer['mid'])} ({probability(answer['low'])} – {probability(answer['high'])})"
    words = choices_of(question)
    codes = [answer["level"]] if question.kind == LEVEL else answer["codes"]
    return ("、" if language() == "zh" else ", ").join(
        words.get(str(code), str(code)) for code in codes
    ) or "—"
