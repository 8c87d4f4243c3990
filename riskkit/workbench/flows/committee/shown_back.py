"""What an expert is shown of the last closed round before answering again: all answers and the pool."""

from __future__ import annotations

from typing import Any

from riskkit.assessment.committee.minutes import minutes_data
from riskkit.assessment.committee.pooling import given_answers
from riskkit.assessment.committee.questions import PROBABILITY, VOTE
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import labels_of, last_judged, seen_by
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.flows.committee.report import judgement_words


def shown_back(now: Session, who: str) -> dict[str, dict[str, Any]]:
    """What the last closed round came to, for one expert, question by question."""
    name, is_vote = last_judged(now), any(one.name == VOTE for one in now.rounds)
    found = now.round(name)
    table = seen_by(now, asker=who, role="expert")
    if found is None or is_vote or not len(table):
        return {}
    table, ballots = table[table["round"] == name], found.answers()
    labels = labels_of(now, asker=who)
    back: dict[str, dict[str, Any]] = {}
    rows = minutes_data(now)["judgement"]
    for question, row in zip(now.questions, rows, strict=True):
        _, pooled, spread, n, _ = judgement_words(row, question)
        lines = table[table["question"] == question.id]
        marks = []
        if question.kind == PROBABILITY and "mid" in row:
            given = given_answers(ballots, question)
            marks = [[labels[one], given[one]["low"], given[one]["mid"], given[one]["high"]] for one in given]
            marks.sort(key=lambda mark: str(mark[0]))
            marks.append([say("col_pooled"), row["low"], row["mid"], row["high"]])
        back[question.id] = {
            "line": say("back_line", round=name, pooled=pooled, range=spread, n=n),
            "said": lines[["expert", "answer", "reason"]].to_numpy().tolist(),
            "marks": marks,
            "own": ballots.get(who, {}).get(question.id, {}),
        }
    return back
