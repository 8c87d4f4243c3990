"""The events of a session, as drafts: whether they may come next is another question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from riskkit.assessment.committee import sealing
from riskkit.assessment.committee.questions import Question, as_data, digest_of
from riskkit.assessment.committee.session import BALLOT, Expert, Rules, Session, house_rules, stream_of
from riskkit.foundation.events import Draft
from riskkit.foundation.inputs.faults import Fault, plain_text, refuse, shown

__all__ = ["ballot", "house_rules", "opening", "step"]
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def opening(
    session: str,
    case: Mapping[str, str],
    experts: Sequence[Expert],
    *,
    questions: Sequence[Question],
    rules: Rules,
    chair: str,
    key: bytes,
    why: str,
) -> Draft:
    """The event that opens a session.

    Parameters
    ----------
    session : str
        Its id.
    case : mapping
        ``case_id``, ``case_text``, ``title_zh``, ``title_en``.
    experts : sequence of Expert
    questions : sequence of Question
    rules : Rules
    chair, why : str
    key : bytes
        The session's secret; only its hash is recorded.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        With everything that is wrong with the id, the experts or the rules.

    Examples
    --------
    >>> case = {"case_id": "a", "case_text": "", "title_zh": "甲", "title_en": "A"}
    >>> experts = [Expert("e1", "Wang", "batteries")]
    >>> rules = house_rules()
    >>> opening("a", case, experts, questions=(), rules=rules, chair="li", key=bytes(32), why="x").kind
    'opened'
    """
    refuse(f"session {shown(session)}", [*_id_faults(session, experts), *_rule_faults(rules)])
    data = {
        **case, "chair": chair, "experts": [asdict(one) for one in experts], "questions": as_data(questions),
        "questions_hash": digest_of(questions), "rules": asdict(rules), "key_hash": sealing.key_hash(key),
    }  # fmt: skip
    return Draft(stream_of(session), "opened", data, who=chair, why=why, key=f"{session}:opened")


def _id_faults(session: str, experts: Sequence[Expert]) -> list[Fault]:
    rule = "small letters, digits, - and _, at most 64"
    faults = [] if ID.fullmatch(session) else [Fault("session", shown(session), rule)]
    ids = [one.id for one in experts]
    faults += [Fault("expert id", shown(one), rule) for one in ids if not ID.fullmatch(one)]
    faults += [
        Fault("expert id", shown(one), "ids that stand once")
        for one in sorted({i for i in ids if ids.count(i) > 1})
    ]
    for one in experts:
        for name in ("name", "field"):
            try:
                plain_text(getattr(one, name))
            except ValueError as error:
                faults.append(Fault(f"expert {one.id} {name}", shown(getattr(one, name)), str(error)))
    return faults + ([] if experts else [Fault("experts", "0", "at least one expert")])


def _rule_faults(rules: Rules) -> list[Fault]:
    found = [] if 1 <= rules.n_rounds <= 20 else [Fault("rounds", str(rules.n_rounds), "1 to 20 rounds")]
    shares = (("quorum", rules.quorum), ("majority", rules.majority))
    return found + [Fault(n, str(v), "a share above 0 and at most 1") for n, v in shares if not 0 < v <= 1]


def step(now: Session, kind: str, *, who: str, why: str, **data: Any) -> Draft:
    """The event of a next step (anything but opening and ballots), its key made so that it happens once.

    Parameters
    ----------
    now : Session
    kind : str
        ``declared``, ``recused``, ``round_opened``, ``round_closed``, ``confirmed``, ``signed`` or ``ended``.
    who, why : str
    **data : Any
        What that kind holds.

    Examples
    --------
    >>> now = Session("a", "case", "", "", "", "chair", "", "", (), (), Rules(1, 0.5, 0.5))
    >>> step(now, "round_opened", who="chair", why="agenda", round="1").key
    'a:round_opened:1'
    """
    part = data.get("expert") or data.get("round") or ""
    return Draft(stream_of(now.id), kind, data, who=who, why=why, key=f"{now.id}:{kind}:{part}".rstrip(":"))


def ballot(
    now: Session, name: str, expert: str, *, answers: Mapping[str, Any], key: bytes, who: str
) -> Draft:
    """The event of a ballot: sealed, and with a key that lets an expert vote once a round.

    Parameters
    ----------
    now : Session
    name : str
        The round.
    expert : str
    answers : mapping
        As `check_answers` gives them.
    key : bytes
        The session's secret.
    who : str
        Who handed it in.

    Examples
    --------
    >>> now = Session("a", "case", "", "", "", "chair", "", "", (), (), Rules(1, 0.5, 0.5))
    >>> ballot(now, "1", "e1", answers={}, key=bytes(32), who="e1").key
    'a:ballot:1:e1'
    """
    sealed = sealing.seal(answers, key=sealing.round_key(key, now.id, name), expert=expert)
    data = {
        "round": name,
        "expert": expert,
        "sealed": sealed,
        "questions_hash": digest_of(now.asked_in(name)),
    }
    why = f"ballot of round {name}"
    return Draft(stream_of(now.id), BALLOT, data, who=who, why=why, key=f"{now.id}:ballot:{name}:{expert}")
