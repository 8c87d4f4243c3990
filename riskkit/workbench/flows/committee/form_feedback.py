"""What the round before came to, as a form of a later round shows it: the pool and one's own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.assessment.committee.pooling import feedback
from riskkit.assessment.committee.questions import LEVEL, VOTE, Question, choices_of, word
from riskkit.assessment.committee.session import Session
from riskkit.foundation.language import language
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.flows.committee.report import judgement_words


def add_feedback(book: Any, lines: Sequence[Mapping[str, str]], *, now: Session) -> None:
    """What the round before came to, where there was one, on a sheet that nobody need send back."""
    found = feedback_lines(now, lines[0]["round"], lines[0]["expert"]) if lines else []
    if not found:
        return
    page = book.add_worksheet(say("form_earlier_sheet"))
    for row, cells in enumerate(found):
        look = book.add_format({"text_wrap": True, "valign": "top", "bold": row == 0, "num_format": "@"})
        for number, text in enumerate(cells):
            page.set_column(number, number, 60 if number == 0 else 24)
            page.write_string(row, number, text, look)


def feedback_lines(now: Session, name: str, expert: str) -> list[tuple[str, ...]]:
    """Heads and rows of the last closed round before a round; nothing before the second."""
    closed = [one for one in now.rounds if one.key and one.name not in (VOTE, name)]
    if not closed:
        return []
    answers, asked = closed[-1].answers(), {one.id: one for one in now.questions}
    heads = [say(f"col_{one}") for one in ("asked", "pooled", "range", "n", "abstained")]
    found = [(*heads, say("col_own_before"))]
    for row in feedback(answers, now.questions).to_dict("records"):
        known = {str(key): value for key, value in row.items() if not pd.isna(value)}
        question = asked[str(row["question"])]
        own = own_answer(answers.get(expert, {}).get(question.id), question)
        found.append((*judgement_words(known, question), own))
    return found


def own_answer(answer: Mapping[str, Any] | None, question: Question) -> str:
    """An expert's own answer in words; a dash where there was none."""
    if not answer:
        return "—"
    if answer.get("abstain"):
        return word("abstain")
    if "mid" in answer:
        return f"{figure(answer['mid'])} ({figure(answer['low'])} – {figure(answer['high'])})"
    words = choices_of(question)
    codes = [answer["level"]] if question.kind == LEVEL else answer["codes"]
    return ("、" if language() == "zh" else ", ").join(
        words.get(str(code), str(code)) for code in codes
    ) or "—"
