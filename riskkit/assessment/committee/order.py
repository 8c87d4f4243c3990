"""What may come next in a session: one rule for each step, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from riskkit.assessment.committee import sealing
from riskkit.assessment.committee.questions import VOTE, digest_of
from riskkit.assessment.committee.session import BALLOT, Session
from riskkit.foundation.events import Draft
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown


def require_next(now: Session, draft: Draft) -> None:
    """Refuse an event that may not come next, with every reason.

    Parameters
    ----------
    now : Session
        As it is; of the ballots, only those of the open round matter.
    draft : Draft

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        With everything that stands against it.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> from riskkit.assessment.committee.steps import step
    >>> now = Session("a", "case", "", "", "", "chair", "", "", (), (), Rules(1, 0.5, 0.5))
    >>> try:
    ...     require_next(now, step(now, "round_closed", who="chair", why="done", round="1", key=""))
    ... except ValueError as error:
    ...     print(error.faults[0].rule)
    a round that is open
    """
    rules = {
        "declared": _declared, "recused": _recused, "round_opened": _round_opened, BALLOT: _ballot,
        "round_closed": _round_closed, "confirmed": _confirmed, "signed": _signed, "ended": _ended,
    }  # fmt: skip
    faults = list(rules[draft.kind](now, draft))
    if now.ended_at:
        faults.append(Fault(f"session {now.id}", f"ended at {now.ended_at}", "a session that has not ended"))
    refuse(f"{draft.kind} {now.id}", faults)


def _member(now: Session, draft: Draft) -> Iterator[Fault]:
    name = str(draft.data["expert"])
    if now.expert(name) is None:
        yield Fault("expert", shown(name), "an expert of the session")


def _voter(now: Session, draft: Draft) -> Iterator[Fault]:
    name = str(draft.data["expert"])
    yield from _member(now, draft)
    if name in now.recused:
        yield Fault("expert", shown(name), RuleText("an expert who is not recused: {}", now.recused[name]))


def _chair(now: Session, draft: Draft) -> Iterator[Fault]:
    if draft.who != now.chair:
        yield Fault("who", shown(draft.who), RuleText("the chair of the session, {}", now.chair))


def _declared(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _member(now, draft)
    if draft.data["expert"] in now.declared:
        yield Fault("expert", shown(draft.data["expert"]), "one declaration an expert")


def _recused(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _voter(now, draft)
    if now.confirmed:
        yield Fault("recusal", str(now.confirmed["at"]), "a recusal before the vote is confirmed")
    given = [one.name for one in now.rounds if draft.data["expert"] in one.sealed]
    if given:
        yield Fault("expert", shown(draft.data["expert"]), "a recusal before the expert's first ballot")


def _round_opened(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _chair(now, draft)
    name, done = str(draft.data["round"]), len(now.rounds)
    if now.open_round is not None:
        yield Fault("round", now.open_round.name, "a round that is closed before the next is opened")
    if any(one.name == VOTE for one in now.rounds):
        yield Fault("round", name, "no round after the vote")
    elif name == VOTE and not done:
        yield Fault("round", name, "a blind round before the vote")
    elif name != VOTE and (name != str(done + 1) or done >= now.rules.n_rounds):
        yield Fault("round", name, RuleText("the next round, of {} at most, or the vote", now.rules.n_rounds))
    missing = [one.id for one in now.voters if one.id not in now.declared]
    if missing:
        yield Fault("declarations", ", ".join(missing)[:200], "a declaration of independence by every expert")


def _ballot(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _voter(now, draft)
    name, expert = str(draft.data["round"]), str(draft.data["expert"])
    found = now.round(name)
    if found is None:
        yield Fault("round", name, "a round that was opened")
    elif not found.is_open:
        yield Fault("round", name, RuleText("a ballot before the round was closed, at {}", found.closed_at))
    elif expert in found.sealed:
        yield Fault(
            "expert",
            shown(expert),
            RuleText("one ballot a round; the one of {} counts", found.taken_at[expert]),
        )
    if draft.data["questions_hash"] != digest_of(now.asked_in(name)):
        yield Fault(
            "questions", str(draft.data["questions_hash"])[:12], "a ballot on the questions of this round"
        )


def _round_closed(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _chair(now, draft)
    name, found = str(draft.data["round"]), now.open_round
    if found is None or found.name != name:
        yield Fault("round", name, "a round that is open")
        return
    n_voters, n_ballots = len(now.voters), len([one for one in now.voters if one.id in found.sealed])
    if n_ballots < now.rules.quorum * n_voters:
        yield Fault(
            "ballots",
            f"{n_ballots} / {n_voters}",
            RuleText("a quorum of {} of the experts", f"{now.rules.quorum:.0%}"),
        )


def _confirmed(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _chair(now, draft)
    found = now.round(VOTE)
    if found is None or found.is_open:
        yield Fault("vote", "", "a vote that is closed")
    if now.confirmed:
        yield Fault("confirmation", str(now.confirmed["at"]), "one confirmation")


def _signed(now: Session, draft: Draft) -> Iterator[Fault]:
    name = str(draft.data["expert"])
    if name != now.chair:
        yield from _voter(now, draft)
    if not now.confirmed:
        yield Fault("minutes", "", "a vote that the chair has confirmed or not confirmed")
    if name in now.signed:
        yield Fault("expert", shown(name), "one signature each")
    if draft.who != name:
        yield Fault("who", shown(draft.who), "a signature of one's own")


def _ended(now: Session, draft: Draft) -> Iterator[Fault]:
    yield from _chair(now, draft)
    if now.chair not in now.signed:
        yield Fault("minutes", "", "minutes that the chair has signed")


def key_matches(now: Session, key: bytes) -> bool:
    """Whether a secret is the one the session was opened with.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> now = Session("a", "case", "", "", "", "chair", "", "", (), (), Rules(1, 0.5, 0.5))
    >>> key_matches(now, bytes(32))
    False
    """
    return sealing.key_hash(key) == now.key_hash
