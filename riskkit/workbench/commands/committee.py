"""The commands ``riskkit committee …``: a session of the expert committee from its opening to its end."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, visible
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.options import beside
from riskkit.workbench.words.messages import answer

if TYPE_CHECKING:
    from riskkit.assessment.committee.next_steps import NextStep
    from riskkit.assessment.committee.session import Expert, Session
    from riskkit.workbench.flows.committee.room import Room

_EXPERT_COLUMNS = ("id", "name", "field")


def who_acts(given: Mapping[str, Any]) -> str:
    """Who does something at the command line: ``--as``, or the name of this account."""
    return str(given.get("who") or _account())


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account that is a number alone, as in some containers
        return f"uid {os.getuid()}"


@contextlib.contextmanager
def using_room(given: Mapping[str, Any], *, is_reader: bool = False) -> Iterator[Room]:
    """The room that ``--ledger`` and ``--keys`` name."""
    from riskkit.workbench.flows.committee.keys import keys_folder
    from riskkit.workbench.flows.committee.room import Room

    keys = keys_folder(given["ledger"], given.get("keys"), os.environ)
    with using_ledger(given["ledger"], is_reader=is_reader) as ledger:
        yield Room(ledger, keys)


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


def open_committee(case: str, **given: Any) -> int:
    """Open a session on a case."""
    from riskkit.assessment.committee.steps import house_rules
    from riskkit.case.case import parse_case
    from riskkit.foundation.inputs.toml_file import parse_toml
    from riskkit.workbench.flows.committee.room import open_session
    from riskkit.workbench.runs.folders.resources import find_case

    source = find_case(case)
    read = parse_case(parse_toml(source.content, source.file_name))
    session = given["session"] or f"{read.id}-1"
    experts, rules = read_experts(given["experts"]), house_rules(n_rounds=given["rounds"])
    with using_room(given) as room:
        now = open_session(
            room, session, read, text=source.content.decode("utf-8"), experts=experts, rules=rules,
            chair=who_acts(given), why=given["why"] or read.title.say(),
        )  # fmt: skip
        facts = {"session": now.id, "questions": len(now.questions), "experts": len(now.experts)}
        return told("open", given, keys=str(room.keys), **facts)


def declare_interest(session: str, **given: Any) -> int:
    """Record an expert's declaration of independence."""
    said = {"expert": given["expert"], "interest": given["interest"] or ""}
    return _step(session, "declared", given=given, default="declaration", **said)


def recuse_expert(session: str, **given: Any) -> int:
    """Record that an expert does not take part, with the reason."""
    if not given["why"]:
        raise InputFaults("committee", [Fault("--why", "", "the reason of a recusal")])
    return _step(session, "recused", given=given, default="", expert=given["expert"])


def open_round(session: str, **given: Any) -> int:
    """Open the next round."""
    with using_room(given, is_reader=True) as room:
        name = str(len(found_session(room, session).rounds) + 1)
    return _step(session, "round_opened", given=given, default=f"round {name}", round=name)


def open_vote(session: str, **given: Any) -> int:
    """Open the vote."""
    return _step(session, "round_opened", given=given, default="vote", round="vote")


def close_round(session: str, **given: Any) -> int:
    """Close the round or the vote that is open, and publish its key."""
    with using_room(given, is_reader=True) as room:
        found = found_session(room, session).open_round
    if found is None:
        raise InputFaults("committee", [Fault("round", session, "a round that is open")])
    return _step(session, "round_closed", given=given, default=f"round {found.name}", round=found.name)


def confirm_vote(session: str, **given: Any) -> int:
    """Confirm the vote as chair, or refuse to (``--no``), with the reason."""
    from riskkit.assessment.committee.minutes import vote_of

    if not given["why"]:
        raise InputFaults("committee", [Fault("--why", "", "the reason of a confirmation or its refusal")])
    with using_room(given, is_reader=True) as room:
        vote = vote_of(found_session(room, session))
    level = (vote.level if vote else None) or ""
    said = "no" if given["no"] else "yes"
    return _step(session, "confirmed", given=given, default="", level=level, is_confirmed=said)


def sign_minutes(session: str, **given: Any) -> int:
    """Sign the minutes as they are, in one's own name."""
    from riskkit.assessment.committee.minutes import minutes_hash

    with using_room(given, is_reader=True) as room:
        mine = minutes_hash(found_session(room, session))
    said = {"expert": who_acts(given), "minutes": mine}
    return _step(session, "signed", given=given, default="minutes read", **said)


def end_session(session: str, **given: Any) -> int:
    """End a session whose minutes the chair has signed."""
    return _step(session, "ended", given=given, default="minutes signed")


def show_status(session: str, **given: Any) -> int:
    """Progress of a session: who is missing and what may come next; never what is in an open ballot."""
    from riskkit.assessment.committee.next_steps import next_steps, waited_for
    from riskkit.assessment.committee.visible import progress

    with using_room(given, is_reader=True) as room:
        now = found_session(room, session)
    rows = progress(now).to_dict("records")
    if given["is_json"]:
        facts = {"session": now.id, "rounds": rows, "recused": dict(now.recused), "signed": dict(now.signed)}
        facts |= {"missing": {what: list(who) for what, who in waited_for(now).items()}}
        facts["next"] = [_next_step(one, now) for one in next_steps(now)]
        answer({"command": "committee status", "ok": True, "exit_code": 0, **facts, "ended_at": now.ended_at})
        return 0
    for row in rows:
        key = "committee_round_open" if row["is_open"] else "committee_round_closed"
        missing = ", ".join(row["missing"]) or "—"
        click.echo(say(key, round=row["round"], n=row["n_ballots"], of=row["n_voters"], missing=missing))
    click.echo(say("committee_signed", n=len(now.signed), ended=now.ended_at or "—"))
    for line in _next_lines(now):
        click.echo(visible(line))
    return 0


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


def write_minutes(session: str, **given: Any) -> int:
    """Write the minutes of a session, from the ledger or from its export."""
    return _write(session, given=given, is_full=False)


def write_report(session: str, **given: Any) -> int:
    """Write the report of a session: the minutes with every answer and the assessment worked out anew."""
    return _write(session, given=given, is_full=True)


def write_case(session: str, **given: Any) -> int:
    """Write the session's case with the committee's judgement in it, for ``riskkit assess``."""
    from riskkit.workbench.flows.committee.documents import session_from, write_judged

    now = session_from(session, ledger=given["ledger"], export=given["export"])
    out: Path = given["out"] or beside(given["export"] or given["ledger"], f"{session}-judged.toml")
    write_judged(now, out, is_forced=given.get("force", False))
    return told("case", given, session=session, file=str(out))


def _write(session: str, *, given: dict[str, Any], is_full: bool) -> int:
    from riskkit.workbench.flows.committee.documents import session_from, write_document

    name = "report" if is_full else "minutes"
    now = session_from(session, ledger=given["ledger"], export=given["export"])
    out: Path = given["out"] or beside(given["export"] or given["ledger"], f"{session}-{name}.html")
    write_document(now, out, is_full=is_full, is_forced=given.get("force", False))
    return told(name, given, session=session, file=str(out))


def found_session(room: Room, session: str) -> Session:
    """A session by its id."""
    from riskkit.workbench.flows.committee.room import session_in

    return session_in(room, session)


def _step(session: str, kind: str, *, given: dict[str, Any], default: str, **data: Any) -> int:
    from riskkit.workbench.flows.committee.room import take_step

    with using_room(given) as room:
        event = take_step(room, session, kind, who=who_acts(given), why=given["why"] or default, **data)
    facts = {"session": session, "kind": kind, "sequence": event.sequence, "at": event.at}
    return told("step", given, **facts)


def told(deed: str, given: Mapping[str, Any], **facts: Any) -> int:
    """Say what was done, as words or as JSON."""
    if given["is_json"]:
        answer({"command": f"committee {deed}", "ok": True, "exit_code": 0, **facts})
    else:
        click.echo(visible(say(f"committee_{deed}_done", **facts)))
    return 0
