"""The minutes of a session: everything that was recorded, in an order people read, from the events alone.

The same session gives the same text, byte for byte; its SHA-256 is what members sign. Dissent stands with its
reasons beside the decision and is not averaged away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.assessment.committee.pooling import counts_of, decided, feedback
from riskkit.assessment.committee.questions import VOTE, choices_of, vote_questions, word
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import last_judged, told_answer
from riskkit.assessment.facts.case_file import Text
from riskkit.foundation.events import canonical
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards


@dataclass(frozen=True)
class Vote:
    """What a vote came to.

    Parameters
    ----------
    counts : mapping of code to votes
        For the warning level, without abstentions.
    level : str or None
        What the majority chose; none without a majority.
    is_confirmed : bool or None
        Whether the majority confirms the assessment; none without a majority.
    n_voters, n_ballots, n_abstained : int
    dissent : tuple of (expert id, level, reason)
        Who voted for another level than the majority's, and why.

    Examples
    --------
    >>> Vote({}, None, None, 0, 0, 0, ()).level is None
    True
    """

    counts: Mapping[str, int]
    level: str | None
    is_confirmed: bool | None
    n_voters: int
    n_ballots: int
    n_abstained: int
    dissent: tuple[tuple[str, str, str], ...]


def vote_of(now: Session) -> Vote | None:
    """What the vote came to; nothing before it is closed.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> vote_of(Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))) is None
    True
    """
    found = now.round(VOTE)
    if found is None or found.is_open:
        return None
    on_level, on_assessment = vote_questions()
    ballots = found.answers()
    counts = counts_of(ballots, on_level)
    level = decided(counts, majority=now.rules.majority)
    said = decided(counts_of(ballots, on_assessment), majority=now.rules.majority)
    cast = {expert: answers[on_level.id] for expert, answers in sorted(ballots.items())}
    dissent = tuple(
        (expert, str(one["level"]), str(one.get("reason", "")))
        for expert, one in cast.items()
        if "level" in one and one["level"] != level
    )
    n_abstained = sum("abstain" in one for one in cast.values())
    is_confirmed = None if said is None else said == "yes"
    return Vote(counts, level, is_confirmed, len(now.voters), len(ballots), n_abstained, dissent)


def minutes_data(now: Session) -> dict[str, Any]:
    """The minutes as data, in the order in which they are read.

    Parameters
    ----------
    now : Session
        Signatures and the end do not change the minutes that were signed.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> minutes_data(Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5)))["session"]
    'a'
    """
    vote = vote_of(now)
    name = last_judged(now)
    judged = now.round(name)
    return {
        "session": now.id,
        "case": now.case_id,
        "case_sha256": hashlib.sha256(now.case_text.encode()).hexdigest(),
        "opened_at": now.opened_at,
        "chair": now.chair,
        "rules": {
            "rounds": now.rules.n_rounds, "quorum": now.rules.quorum, "majority": now.rules.majority,
            "weights": now.rules.weights,
        },
        "experts": [_expert_row(now, one.id) for one in now.experts],
        "rounds": [
            {
                "round": one.name,
                "opened_at": one.opened_at,
                "closed_at": one.closed_at,
                "n_ballots": len(one.sealed),
            }
            for one in now.rounds
        ],
        "judged_round": name,
        "judgement": [] if judged is None else _judgement_rows(now, name),
        "vote": None if vote is None else _vote_row(vote),
        "confirmation": dict(now.confirmed),
    }  # fmt: skip


def _expert_row(now: Session, expert: str) -> dict[str, Any]:
    found = now.expert(expert)
    return {
        "id": expert,
        "name": found.name if found else "",
        "field": found.field if found else "",
        "organisation": found.organisation if found else "",
        "interest": now.declared.get(expert),
        "recused": now.recused.get(expert),
    }


def _judgement_rows(now: Session, name: str) -> list[dict[str, Any]]:
    found = now.round(name)
    ballots = found.answers() if found else {}
    table = feedback(ballots, now.questions)
    rows: list[dict[str, Any]] = []
    for one in table.astype(object).where(table.notna(), None).to_dict("records"):
        rows.append({str(key): value for key, value in one.items() if value is not None})
    for row, question in zip(rows, now.questions, strict=True):
        reasons = [
            {"expert": expert, "answer": in_language("en", told_answer, question, answers[question.id]),
             "reason": answers[question.id].get("reason", "")}
            for expert, answers in sorted(ballots.items())
        ]  # fmt: skip
        row["answers"] = reasons
    return rows


def _vote_row(vote: Vote) -> dict[str, Any]:
    return {
        "counts": dict(vote.counts),
        "level": vote.level,
        "is_confirmed": vote.is_confirmed,
        "n_voters": vote.n_voters,
        "n_ballots": vote.n_ballots,
        "n_abstained": vote.n_abstained,
        "dissent": [{"expert": a, "level": b, "reason": c} for a, b, c in vote.dissent],
    }


def minutes_hash(now: Session) -> str:
    """The SHA-256 that members sign.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> len(minutes_hash(Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))))
    64
    """
    return hashlib.sha256(canonical(minutes_data(now)).encode()).hexdigest()


def method_text(now: Session) -> Text:
    """How the committee's numbers were pooled, for every number that goes back into the assessment.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> now = Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))
    >>> method_text(now).en[:30]
    'Judged by the expert committee'
    """
    rows = standards.table("committee_words").set_index("key")
    name, n = last_judged(now), len(found.sealed if (found := now.round(last_judged(now))) else {})
    said = {
        lang: str(rows.loc["method", lang]).format(
            session=now.id, round=name, n=n, weights=in_language(lang, word, f"weights_{now.rules.weights}")
        )
        for lang in ("zh", "en")
    }
    return Text(zh=said["zh"], en=said["en"])


def level_words(code: str | None) -> str:
    """A level that was voted for, in words; that there was no majority, for none.

    Examples
    --------
    >>> level_words("Ⅱ"), level_words(None)
    ('Ⅱ serious', 'no majority')
    """
    return word("no_majority") if code is None else choices_of(vote_questions()[0])[code]
