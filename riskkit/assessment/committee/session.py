"""A session of an expert committee, worked out from its events alone: its members, rounds and ballots.

opened → declarations and recusals → round 1 (blind) → closed → further rounds → the vote → closed → confirmed
by the chair → signed → ended. What comes after what is held here, whoever records it; a ledger calls
`riskkit.assessment.committee.order.require_next` with its door locked, so that nothing slips in between.

References
----------
.. [1] AQSIQ, opinions on risk information of key industrial products: expert review by majority vote and
   confirmation.
.. [2] Hanea et al. (2017), International Journal of Forecasting 33:267-279: investigate, discuss, estimate,
   aggregate; the first estimates are made alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from riskkit.assessment.committee import sealing
from riskkit.assessment.committee.questions import VOTE, Question, from_data, vote_questions
from riskkit.foundation.events import Event
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse
from riskkit.foundation.standards.method_numbers import method_number

CONTROL = (
    "opened", "declared", "recused", "round_opened", "round_closed", "confirmed", "signed", "ended",
)  # fmt: skip
"""Every kind but the ballots: enough to know what may come next."""
BALLOT = "ballot_taken"


@dataclass(frozen=True)
class Expert:
    """A member of the committee.

    Parameters
    ----------
    id : str
        Small letters, digits, ``-`` and ``_``.
    name, field : str
        As the minutes show them.
    organisation : str

    Examples
    --------
    >>> Expert("e1", "Wang", "batteries").organisation
    ''
    """

    id: str
    name: str
    field: str
    organisation: str = ""


@dataclass(frozen=True)
class Rules:
    """What is fixed before anybody answers.

    Parameters
    ----------
    n_rounds : int
        Most rounds before the vote.
    quorum : float
        Least share of the experts not recused whose ballots a round needs before it is closed.
    majority : float
        Share of the votes cast (without abstentions) that a decision must exceed.
    weights : str
        How the judgements are pooled: ``equal``.

    Examples
    --------
    >>> house_rules().n_rounds
    3
    """

    n_rounds: int
    quorum: float
    majority: float
    weights: str = "equal"


@dataclass(frozen=True)
class Round:
    """A round, or the vote.

    Parameters
    ----------
    name : str
        ``1``, ``2``, … or ``vote``.
    opened_at, closed_at : str
        ``closed_at`` is empty while it is open.
    key : str
        Opens its ballots, in hexadecimal; empty while it is open.
    sealed : mapping of expert to sealed ballot
    taken_at : mapping of expert to moment

    Examples
    --------
    >>> Round("1", "2026-11-24T00:00:00.000000Z").is_open
    True
    """

    name: str
    opened_at: str
    closed_at: str = ""
    key: str = ""
    sealed: Mapping[str, str] = field(default_factory=dict)
    taken_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether ballots are taken."""
        return not self.closed_at

    def answers(self) -> dict[str, dict[str, Any]]:
        """The ballots by expert; none while the round is open.

        Raises
        ------
        riskkit.foundation.inputs.faults.InputFaults
            When a ballot was not sealed with the key of the round.
        """
        found, faults = {}, []
        for expert, sealed in self.sealed.items() if self.key else ():
            try:
                found[expert] = sealing.unseal(sealed, key=bytes.fromhex(self.key), expert=expert)
            except ValueError as error:
                faults.append(Fault(f"round {self.name} {expert}", "…", str(error)))
        refuse("ballots", faults)
        return found


@dataclass(frozen=True)
class Session:
    """What a session has come to.

    Parameters
    ----------
    id, case_id, case_text, title_zh, title_en, chair, key_hash, opened_at : str
        ``case_text`` is the case's TOML, so that everything can be worked out again.
    experts : tuple of Expert
    questions : tuple of Question
    rules : Rules
    declared : mapping of expert to declared interest (empty text: none)
    recused : mapping of expert to reason
    rounds : tuple of Round
    confirmed : mapping
        The chair's confirmation: ``level``, ``is_confirmed``, ``why``, ``at``, ``who``; empty before.
    signed : mapping of expert to the hash of the minutes that was signed
    ended_at : str

    Examples
    --------
    >>> Session("a", "case", "", "", "", "chair", "", "", (), (), Rules(1, 0.5, 0.5)).open_round is None
    True
    """

    id: str
    case_id: str
    case_text: str
    title_zh: str
    title_en: str
    chair: str
    key_hash: str
    opened_at: str
    experts: tuple[Expert, ...]
    questions: tuple[Question, ...]
    rules: Rules
    declared: Mapping[str, str] = field(default_factory=dict)
    recused: Mapping[str, str] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()
    confirmed: Mapping[str, str] = field(default_factory=dict)
    signed: Mapping[str, str] = field(default_factory=dict)
    ended_at: str = ""

    @property
    def open_round(self) -> Round | None:
        """The round that takes ballots now."""
        return self.rounds[-1] if self.rounds and self.rounds[-1].is_open else None

    @property
    def voters(self) -> tuple[Expert, ...]:
        """The experts who are not recused."""
        return tuple(one for one in self.experts if one.id not in self.recused)

    def expert(self, name: str) -> Expert | None:
        """A member by id."""
        return next((one for one in self.experts if one.id == name), None)

    def round(self, name: str) -> Round | None:
        """A round by name."""
        return next((one for one in self.rounds if one.name == name), None)

    def asked_in(self, name: str) -> tuple[Question, ...]:
        """The questions of a round."""
        return vote_questions() if name == VOTE else self.questions


def house_rules(*, n_rounds: int | None = None) -> Rules:
    """The rules that hold unless a session fixes its own.

    Examples
    --------
    >>> round(house_rules().quorum, 3), house_rules(n_rounds=2).n_rounds
    (0.667, 2)
    """
    numbers = {name: method_number("committee", name) for name in ("rounds", "quorum", "majority")}
    return Rules(n_rounds or int(numbers["rounds"]), numbers["quorum"], numbers["majority"])


def stream_of(session: str) -> str:
    """Where a session's events are.

    Examples
    --------
    >>> stream_of("note7-1")
    'committee/note7-1'
    """
    return f"committee/{session}"


def session_of(events: Iterable[Event], *, begin: Session | None = None) -> Session:
    """What a session has come to, from its events in order.

    Parameters
    ----------
    events : iterable of Event
        Of one session, up to any moment.
    begin : Session, optional
        What it had come to before these events.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When there is no such session.

    Examples
    --------
    >>> try:
    ...     session_of([])
    ... except ValueError as error:
    ...     print(error.faults[0].rule)
    a session that was opened
    """
    found = begin
    for event in events:
        if event.kind == "opened":
            found = _opened(event)
        elif found is not None:
            found = _after(found, event)
    if found is None:
        raise InputFaults("committee", [Fault("session", "", "a session that was opened")])
    return found


def _opened(event: Event) -> Session:
    data = event.data
    rows = {
        name: data[name] for name in ("case_id", "case_text", "title_zh", "title_en", "chair", "key_hash")
    }
    return Session(
        id=event.stream.removeprefix("committee/"),
        opened_at=event.at,
        experts=tuple(Expert(**one) for one in data["experts"]),
        questions=from_data(data["questions"]),
        rules=Rules(**data["rules"]),
        **rows,
    )


def _after(now: Session, event: Event) -> Session:  # noqa: PLR0911 - one answer a kind
    data = event.data
    match event.kind:
        case "declared":
            return replace(now, declared={**now.declared, data["expert"]: data["interest"]})
        case "recused":
            return replace(now, recused={**now.recused, data["expert"]: event.why})
        case "round_opened":
            return replace(now, rounds=(*now.rounds, Round(data["round"], event.at)))
        case "ballot_taken":
            last, who = now.rounds[-1], data["expert"]
            taken = {**last.taken_at, who: event.at}
            return _last(now, replace(last, sealed={**last.sealed, who: data["sealed"]}, taken_at=taken))
        case "round_closed":
            return _last(now, replace(now.rounds[-1], closed_at=event.at, key=data["key"]))
        case "confirmed":
            facts = {"level": data["level"], "is_confirmed": data["is_confirmed"]}
            return replace(now, confirmed={**facts, "why": event.why, "at": event.at, "who": event.who})
        case "signed":
            return replace(now, signed={**now.signed, data["expert"]: data["minutes"]})
        case _:
            return replace(now, ended_at=event.at)


def _last(now: Session, last: Round) -> Session:
    return replace(now, rounds=(*now.rounds[:-1], last))
