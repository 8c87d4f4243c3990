"""What a session waits for and what may come next: for each step who takes it, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from riskkit.assessment.committee.order import require_next
from riskkit.assessment.committee.questions import VOTE
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.steps import step
from riskkit.foundation.inputs.faults import Fault, InputFaults

DECLARATIONS, BALLOTS, SIGNATURES = "declarations", "ballots", "signatures"
_WAITED_FOR = {DECLARATIONS, BALLOTS}
"""What a step may lack and still be the next one: others have to do something first."""


@dataclass(frozen=True)
class NextStep:
    """A step that may come next, or will as soon as others have done theirs.

    Parameters
    ----------
    command : str
        Of ``riskkit committee``.
    who : tuple of str
        The chair, or the experts from whom it is still wanted.
    lacking : tuple of Fault
        What stands against it now; empty where it may be taken.

    Examples
    --------
    >>> NextStep("end", ("chair",), ()).lacking
    ()
    """

    command: str
    who: tuple[str, ...]
    lacking: tuple[Fault, ...] = ()


def waited_for(now: Session) -> dict[str, tuple[str, ...]]:
    """Who has not declared, not answered (or voted) in the open round, not signed the minutes.

    Parameters
    ----------
    now : Session

    Returns
    -------
    dict
        ``declarations``, ``ballots``, ``signatures`` → ids; signatures are waited for when the chair has
        confirmed, the chair's own among them.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Expert, Rules
    >>> now = Session("a", "case", "", "", "", "li", "ab", "", (Expert("e1", "Wang", "x"),), (),
    ...               Rules(1, 0.5, 0.5))
    >>> waited_for(now)["declarations"]
    ('e1',)
    """
    voters = [] if now.ended_at else [one.id for one in now.voters]
    sealed = now.open_round.sealed if now.open_round else voters
    signing = [now.chair, *voters] if now.confirmed and not now.ended_at else []
    return {
        DECLARATIONS: tuple(one for one in voters if one not in now.declared),
        BALLOTS: tuple(one for one in voters if one not in sealed),
        SIGNATURES: tuple(one for one in dict.fromkeys(signing) if one not in now.signed),
    }


def next_steps(now: Session) -> tuple[NextStep, ...]:
    """What may come next in a session, by the same rules that refuse what may not.

    Parameters
    ----------
    now : Session

    Returns
    -------
    tuple of NextStep
        What experts still owe first, then what the chair can do now or as soon as they have done it. For a
        session that has ended: the documents that can be written.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Expert, Rules
    >>> now = Session("a", "case", "", "", "", "li", "ab", "", (Expert("e1", "Wang", "x"),), (),
    ...               Rules(1, 0.5, 0.5))
    >>> [(one.command, one.who, len(one.lacking)) for one in next_steps(now)]
    [('declare', ('e1',), 0), ('open-round', ('li',), 1)]
    """
    if now.ended_at:
        return tuple(NextStep(command, ()) for command in ("minutes", "report", "case"))
    return (*_owed(now), *_of_the_chair(now))


def _owed(now: Session) -> Iterator[NextStep]:
    wanted = waited_for(now)
    commands = {DECLARATIONS: "declare", BALLOTS: "ballot-form", SIGNATURES: "sign"}
    for what, command in commands.items():
        experts = tuple(one for one in wanted[what] if one != now.chair or what != SIGNATURES)
        if experts and not (what == DECLARATIONS and now.rounds):
            yield NextStep(command, experts)


def _of_the_chair(now: Session) -> Iterator[NextStep]:
    name = now.open_round.name if now.open_round else ""
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("open-round", "round_opened", {"round": str(len(now.rounds) + 1)}),
        ("vote", "round_opened", {"round": VOTE}),
        ("close-round", "round_closed", {"round": name, "key": ""}),
        ("confirm", "confirmed", {"level": "", "is_confirmed": True}),
        ("sign", "signed", {"expert": now.chair, "minutes": ""}),
        ("end", "ended", {}),
    )
    for command, kind, data in asked:
        try:
            require_next(now, step(now, kind, who=now.chair, why="-", **data))
        except InputFaults as error:
            if {fault.place for fault in error.faults} <= _WAITED_FOR:
                yield NextStep(command, (now.chair,), error.faults)
        else:
            yield NextStep(command, (now.chair,))
