"""The commands ``riskkit committee …``: a session of the expert committee from its opening to its end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, Together, command, flag, option
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.options import (
    ACT_IN_COMMITTEE,
    CASE,
    FILE_OUT,
    FORCE,
    KEYS,
    LEDGER,
    SESSION,
    Act,
    beside,
    file_option,
)

if TYPE_CHECKING:
    from riskkit.assessment.committee.next_steps import NextStep
    from riskkit.assessment.committee.session import Expert, Session
    from riskkit.workbench.flows.committee.room import Room

_EXPERT_COLUMNS = ("id", "name", "field")
_MEMBER = option("member", "--expert", metavar="ID", required=True)


@contextlib.contextmanager
def using_room(ledger: str, keys: Path | None, *, is_reader: bool = False) -> Iterator[Room]:
    """The room that ``--ledger`` and ``--keys`` name."""
    from riskkit.workbench.flows.committee.room import Room, keys_folder

    folder = keys_folder(ledger, keys, os.environ)
    with using_ledger(ledger, is_reader=is_reader) as opened:
        yield Room(opened, folder)


def _now(session: str, act: Act) -> Session:
    """A session as it stands."""
    with using_room(act.ledger, act.keys, is_reader=True) as room:
        return found_session(room, session)


def read_experts(path: Path) -> tuple[Expert, ...]:
    """Committee members from a table (CSV, Excel) with the columns id, name, field, organisation."""
    from riskkit.assessment.committee.session import Expert
    from riskkit.monitoring.sources.files.native_file import native_file
    from riskkit.monitoring.sources.files.opened import file_facts

    rows: list[dict[str, str | None]] = []
    with native_file(file_facts(path)) as file:
        missing = [name for name in _EXPERT_COLUMNS if name not in file.headers]
        refuse(path.name, [Fault(path.name, name, "the columns id, name, field") for name in missing])
        for chunk in file.chunks:
            rows += chunk.table.to_pylist()
    names = (*_EXPERT_COLUMNS, "organisation")
    return tuple(Expert(**{name: (row.get(name) or "").strip() for name in names}) for row in rows)


@command(
    CASE,
    file_option("experts", "--experts", required=True),
    option("new_session", "--session", metavar="ID"),
    option("rounds", "--rounds", type=click.IntRange(1, 20)),
    ACT_IN_COMMITTEE,
)
def open_committee(case: str, *, experts: Path, session: str | None, rounds: int | None, act: Act) -> Answer:
    """Open a session on a case."""
    from riskkit.assessment.committee.steps import house_rules
    from riskkit.case.case_reading import parse_case
    from riskkit.foundation.inputs.toml_file import parse_toml
    from riskkit.workbench.flows.committee.room import open_session
    from riskkit.workbench.runs.folders.resources import find_case

    source = find_case(case)
    read = parse_case(parse_toml(source.content, source.file_name))
    members, rules = read_experts(experts), house_rules(n_rounds=rounds)
    with using_room(act.ledger, act.keys) as room:
        now = open_session(
            room, session or f"{read.id}-1", read, text=source.content.decode("utf-8"), experts=members,
            rules=rules, chair=act.name, why=act.why or read.title.say(),
        )  # fmt: skip
        facts = {"session": now.id, "questions": len(now.questions), "experts": len(now.experts)}
        return done("open", keys=str(room.keys), **facts)


@command(SESSION, _MEMBER, option("interest", "--interest", metavar="TEXT", default=""), ACT_IN_COMMITTEE)
def declare_interest(session: str, *, expert: str, interest: str, act: Act) -> Answer:
    """Record an expert's declaration of independence."""
    return _step(session, "declared", act, default="declaration", expert=expert, interest=interest)


@command(SESSION, _MEMBER, ACT_IN_COMMITTEE)
def recuse_expert(session: str, *, expert: str, act: Act) -> Answer:
    """Record that an expert does not take part, with the reason."""
    if not act.why:
        raise InputFaults("committee", [Fault("--why", "", "the reason of a recusal")])
    return _step(session, "recused", act, default="", expert=expert)


@command(SESSION, ACT_IN_COMMITTEE)
def open_round(session: str, *, act: Act) -> Answer:
    """Open the next round."""
    name = str(len(_now(session, act).rounds) + 1)
    return _step(session, "round_opened", act, default=f"round {name}", round=name)


@command(SESSION, ACT_IN_COMMITTEE)
def open_vote(session: str, *, act: Act) -> Answer:
    """Open the vote."""
    return _step(session, "round_opened", act, default="vote", round="vote")


@command(SESSION, ACT_IN_COMMITTEE)
def close_round(session: str, *, act: Act) -> Answer:
    """Close the round or the vote that is open, and publish its key."""
    found = _now(session, act).open_round
    if found is None:
        raise InputFaults("committee", [Fault("round", session, "a round that is open")])
    return _step(session, "round_closed", act, default=f"round {found.name}", round=found.name)


@command(SESSION, flag("no", "--no"), ACT_IN_COMMITTEE)
def confirm_vote(session: str, *, no: bool, act: Act) -> Answer:
    """Confirm the vote as chair, or refuse to (``--no``), with the reason."""
    from riskkit.assessment.committee.minutes import vote_of

    if not act.why:
        raise InputFaults("committee", [Fault("--why", "", "the reason of a confirmation or its refusal")])
    vote = vote_of(_now(session, act))
    level = (vote.level if vote else None) or ""
    return _step(session, "confirmed", act, default="", level=level, is_confirmed="no" if no else "yes")


@command(SESSION, ACT_IN_COMMITTEE)
def sign_minutes(session: str, *, act: Act) -> Answer:
    """Sign the minutes as they are, in one's own name."""
    from riskkit.assessment.committee.minutes import minutes_hash

    mine = minutes_hash(_now(session, act))
    return _step(session, "signed", act, default="minutes read", expert=act.name, minutes=mine)


@command(SESSION, ACT_IN_COMMITTEE)
def end_session(session: str, *, act: Act) -> Answer:
    """End a session whose minutes the chair has signed."""
    return _step(session, "ended", act, default="minutes signed")


@command(SESSION, LEDGER, KEYS)
def show_status(session: str, *, ledger: str, keys: Path | None) -> Answer:
    """Progress of a session: who is missing and what may come next; never what is in an open ballot."""
    from riskkit.assessment.committee.next_steps import next_steps, waited_for
    from riskkit.assessment.committee.visible import progress

    with using_room(ledger, keys, is_reader=True) as room:
        now = found_session(room, session)
    rows = progress(now).to_dict("records")
    facts = {"session": now.id, "rounds": rows, "recused": dict(now.recused), "signed": dict(now.signed)}
    facts |= {"missing": {what: list(who) for what, who in waited_for(now).items()}}
    facts |= {"next": [_next_step(one, now) for one in next_steps(now)], "ended_at": now.ended_at}
    return Answer(facts, _status_lines(now, rows))


def _status_lines(now: Session, rows: Iterable[Mapping[Hashable, Any]]) -> Iterator[str]:
    for row in rows:
        key = "committee_round_open" if row["is_open"] else "committee_round_closed"
        missing = ", ".join(row["missing"]) or "—"
        yield say(key, round=row["round"], n=row["n_ballots"], of=row["n_voters"], missing=missing)
    yield say("committee_signed", n=len(now.signed), ended=now.ended_at or "—")
    yield from _next_lines(now)


def _next_step(one: NextStep, now: Session) -> dict[str, Any]:
    told = [f"{fault.rule} ({fault.value})" for fault in one.lacking]
    command = f"committee {one.command} {now.id}"
    return {"command": command, "who": list(one.who), "is_possible": not told, "lacking": told}


def _next_lines(now: Session) -> Iterator[str]:
    """What is missing and what may come next, a line each."""
    from riskkit.assessment.committee.next_steps import next_steps, waited_for
    from riskkit.workbench.words.rules import rule_in

    comma = "、" if language() == "zh" else ", "
    is_vote = now.open_round is not None and now.open_round.name == "vote"
    for what, who in waited_for(now).items():
        if who:
            key = "votes" if what == "ballots" and is_vote else what
            yield say(f"committee_missing_{key}", who=comma.join(who))
    for one in next_steps(now):
        line = say("committee_next", who=comma.join(one.who) or "—", command=f"{one.command} {now.id}")
        for fault in one.lacking:
            line += say("committee_next_lacking", rule=rule_in(fault.rule), value=fault.value)
        yield line


@dataclass(frozen=True)
class Paper:
    """Where a document of a session is written, and what it is made from."""

    out: Path | None
    force: bool
    export: Path | None
    ledger: str


_PAPER = Together("paper", Paper, (FILE_OUT, FORCE, file_option("export", "--export"), LEDGER))


@command(SESSION, _PAPER)
def write_minutes(session: str, *, paper: Paper) -> Answer:
    """Write the minutes of a session, from the ledger or from its export."""
    return _write("minutes", session, paper)


@command(SESSION, _PAPER)
def write_report(session: str, *, paper: Paper) -> Answer:
    """Write the report of a session: the minutes with every answer and the assessment worked out anew."""
    return _write("report", session, paper)


@command(SESSION, _PAPER)
def write_case(session: str, *, paper: Paper) -> Answer:
    """Write the session's case with the committee's judgement in it, for ``riskkit assess``."""
    return _write("case", session, paper)


def _write(what: str, session: str, paper: Paper) -> Answer:
    from riskkit.workbench.flows.committee.committee_reports import session_from, write_document, write_judged

    now = session_from(session, ledger=paper.ledger, export=paper.export)
    name = "judged.toml" if what == "case" else f"{what}.html"
    out = paper.out or beside(paper.export or paper.ledger, f"{session}-{name}")
    if what == "case":
        write_judged(now, out, is_forced=paper.force)
    else:
        write_document(now, out, is_full=what == "report", is_forced=paper.force)
    return done(what, session=session, file=str(out))


def found_session(room: Room, session: str) -> Session:
    """A session by its id."""
    from riskkit.workbench.flows.committee.room import session_in

    return session_in(room, session)


def _step(session: str, kind: str, act: Act, *, default: str, **data: Any) -> Answer:
    from riskkit.workbench.flows.committee.room import take_step

    with using_room(act.ledger, act.keys) as room:
        event = take_step(room, session, kind, who=act.name, why=act.why or default, **data)
    return done("step", session=session, kind=kind, sequence=event.sequence, at=event.at)


def done(what: str, **facts: Any) -> Answer:
    """What was done in a session."""
    return Answer(facts, [say(f"committee_{what}_done", **facts)], name=f"committee {what}")
