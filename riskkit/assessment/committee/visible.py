"""Who may see what of a session: nobody sees another's answer before its round is closed, the chair included.

Until the session ends, answers of closed rounds are shown under a letter that changes with nothing an expert
could know beforehand; the minutes name everybody. What is open is never opened here: a session worked out
from a ledger does not even hold the key of an open round.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.assessment.committee.questions import PROBABILITY, VOTE, Question, choices_of, word
from riskkit.assessment.committee.session import Session
from riskkit.foundation.inputs.faults import RuleText
from riskkit.foundation.language import language

ROLES = ("assessor", "expert", "chair", "leadership", "auditor")
_READERS = ("expert", "chair", "assessor", "auditor")
COLUMNS = ("round", "expert", "question", "answer", "reason")


def labels_of(now: Session, *, asker: str) -> dict[str, str]:
    """What each expert is called: a letter until the chair has confirmed, then a name; oneself always a name.

    Parameters
    ----------
    now : Session
    asker : str
        Who asks: an expert's id, or another name.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Expert, Rules
    >>> experts = (Expert("e1", "Wang", "batteries"), Expert("e2", "Li", "burns"))
    >>> now = Session("a", "case", "", "", "", "chair", "ab", "", experts, (), Rules(1, 0.5, 0.5))
    >>> labels_of(now, asker="e1")["e1"], sorted(labels_of(now, asker="chair").values())
    ('Wang', ['A', 'B'])
    """
    if now.confirmed:
        return {one.id: one.name for one in now.experts}
    first = next((one.key for one in now.rounds if one.key), now.key_hash)

    def place(expert: str) -> str:
        return hashlib.sha256(f"{first}\n{now.id}\n{expert}".encode()).hexdigest()

    ordered = sorted((one.id for one in now.experts), key=place)
    letters = {expert: _letter(number) for number, expert in enumerate(ordered)}
    return {one.id: one.name if one.id == asker else letters[one.id] for one in now.experts}


def _letter(number: int) -> str:
    head, tail = divmod(number, 26)
    return (_letter(head - 1) if head else "") + chr(ord("A") + tail)


def seen_by(now: Session, *, asker: str, role: str) -> pd.DataFrame:
    """The answers that somebody may see: those of closed rounds, to the committee and who watches over it.

    Parameters
    ----------
    now : Session
    asker : str
        An expert's id, or another name.
    role : str
        ``assessor``, ``expert``, ``chair``, ``leadership`` or ``auditor``. Leadership sees answers when the
        chair has confirmed the vote, and a recused expert sees none.

    Returns
    -------
    DataFrame
        round, expert (a label), question (its id), answer (text), reason.

    Raises
    ------
    ValueError
        When there is no such role.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Expert, Round, Rules
    >>> open_round = Round("1", "2026-11-24T00:00:00.000000Z", sealed={"e1": "…"})
    >>> experts = (Expert("e1", "Wang", "batteries"),)
    >>> now = Session("a", "case", "", "", "", "li", "ab", "", experts, (), Rules(1, 0.5, 0.5),
    ...               rounds=(open_round,))
    >>> len(seen_by(now, asker="li", role="chair"))
    0
    """
    if role not in ROLES:
        raise ValueError(RuleText("one of {}", ", ".join(ROLES)))
    is_out = asker in now.recused or (role == "expert" and now.expert(asker) is None)
    if is_out or (role not in _READERS and not now.confirmed):
        return pd.DataFrame(columns=list(COLUMNS))
    labels = labels_of(now, asker=asker)
    rows = [
        (one.name, labels[expert], question.id, *_told(question, answers.get(question.id, {})))
        for one in now.rounds
        for expert, answers in sorted(one.answers().items(), key=lambda pair: labels[pair[0]])
        for question in now.asked_in(one.name)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _told(question: Question, answer: Mapping[str, Any]) -> tuple[str, str]:
    return told_answer(question, answer), str(answer.get("reason", ""))


def told_answer(question: Question, answer: Mapping[str, Any]) -> str:
    """An answer in words.

    Examples
    --------
    >>> told_answer(Question("p", PROBABILITY, "", ""), {"low": 0.0001, "mid": 0.02, "high": 0.5})
    '0.02 (0.0001 – 0.5)'
    >>> told_answer(Question("s", "level", "", "", scale="scope"), {"level": "1"})
    '1 local'
    """
    if not answer:
        return "—"
    if "abstain" in answer:
        return word("abstain")
    if question.kind == PROBABILITY:
        return f"{answer['mid']:g} ({answer['low']:g} – {answer['high']:g})"
    known = choices_of(question)
    codes = [answer["level"]] if "level" in answer else answer["codes"]
    return ("；" if language() == "zh" else "; ").join(known[code] for code in codes) or "—"


def progress(now: Session) -> pd.DataFrame:
    """Who has handed in a ballot in which round: never what is in it.

    Returns
    -------
    DataFrame
        round, is_open, n_voters, n_ballots, missing (ids of who has not answered, where it is open).

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> len(progress(Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))))
    0
    """
    voters = [one.id for one in now.voters]
    rows = [
        {
            "round": one.name,
            "is_open": one.is_open,
            "n_voters": len(voters),
            "n_ballots": len(one.sealed),
            "missing": [expert for expert in voters if expert not in one.sealed] if one.is_open else [],
        }
        for one in now.rounds
    ]
    return pd.DataFrame(rows, columns=["round", "is_open", "n_voters", "n_ballots", "missing"])


def last_judged(now: Session) -> str:
    """The last closed round before the vote; empty when there is none.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> last_judged(Session("a", "case", "", "", "", "li", "ab", "", (), (), Rules(1, 0.5, 0.5)))
    ''
    """
    closed = [one.name for one in now.rounds if not one.is_open and one.name != VOTE]
    return closed[-1] if closed else ""
