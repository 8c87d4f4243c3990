"""The commands that send invitations and ballot forms out and take ballots in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, shown
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.access import DAYS, PEOPLE
from riskkit.workbench.commands.committee import done, found_session, using_room
from riskkit.workbench.commands.defining import Answer, command, one_line, option, wants_json
from riskkit.workbench.commands.options import (
    ACT_IN_COMMITTEE,
    FILES,
    FORCE,
    KEYS,
    LEDGER,
    SESSION,
    Act,
    beside,
    folder_option,
    folder_out,
    option_shown,
)
from riskkit.workbench.commands.register import say_refused

if TYPE_CHECKING:
    from riskkit.workbench.flows.committee.room import Room


@command(
    SESSION,
    option("expert_anew", "--expert", metavar="ID"),
    PEOPLE,
    DAYS,
    option_shown("address_of_pages", "--url", metavar="URL", default="http://127.0.0.1:8866/"),
    folder_out("invitations"),
    FORCE,
    LEDGER,
)
def invite_people(
    session: str, *, expert: str | None, people: Path, days: int | None, url: str, out: Path, force: bool,
    ledger: str,
) -> Answer:  # fmt: skip
    """Give each person of a session access, and write the message with the link that is theirs alone."""
    from riskkit.foundation.inputs.part_files import put_files
    from riskkit.workbench.flows.committee.invitations import invited, to_invite
    from riskkit.workbench.serving import people as access

    with using_room(ledger, None, is_reader=True) as room:
        now = found_session(room, session)
    everybody = access.read_people(people) if people.exists() else access.People("token")
    who = to_invite(now, everybody, only=expert or "")
    ends = None if days is None else dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
    more, messages = invited(now, everybody, who, address=url, ends=ends)
    files = {f"{session}-{name}.txt": f"{text}\n".encode() for name, text in messages.items()}
    if files:  # the file of people last: a message that could not be written leaves nobody a token unseen
        put_files(out, files, is_forced=force, mode=0o600)
        access.write_people(people, more)
    facts = {"people": list(messages), "files": [str(out / name) for name in files], "folder": str(out)}
    return done("invite", session=session, n=len(files), **facts)


@command(
    SESSION,
    option("expert", "--expert", metavar="ID"),
    folder_option("forms", "--out", "folder"),
    option("ballot_form", "--format", "form", type=click.Choice(("xlsx", "csv")), default="xlsx"),
    FORCE,
    LEDGER,
    KEYS,
)
def ballot_forms(
    session: str, *, expert: str | None, folder: Path | None, form: str, force: bool, ledger: str,
    keys: Path | None,
) -> Answer:  # fmt: skip
    """Write the ballot form of one expert, or of everybody who has not answered yet."""
    from riskkit.workbench.flows.committee.forms import form_lines, write_form
    from riskkit.workbench.flows.committee.room import read_key

    with using_room(ledger, keys, is_reader=True) as room:
        now = found_session(room, session)
        found, key = now.open_round, read_key(room.keys, session)
    voters = [one.id for one in now.voters]
    if found is None or (expert and expert not in voters):
        rule = "a round that is open" if found is None else RuleText("one of {}", ", ".join(voters))
        raise InputFaults("committee", [Fault("form", shown(expert), rule)])
    wanted = [expert] if expert else [one for one in voters if one not in found.sealed]
    folder = folder or beside(ledger, "form").parent
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in wanted:
        path = folder / f"{session}-{found.name}-{name}.{form}"
        lines = form_lines(now, found.name, name, key=key)
        files.append(str(write_form(now, path, lines, is_forced=force)))
    return done("form", session=session, files=files, n=len(files), folder=str(folder))


@command(SESSION, FILES, ACT_IN_COMMITTEE)
def take_ballots(session: str, files: Sequence[Path], *, act: Act) -> Answer:
    """Take in ballot forms, each whole or not at all."""
    taken, n_refused = [], 0
    with using_room(act.ledger, act.keys) as room:
        for file in files:
            try:
                row = _take(room, session, file, who=act.name)
            except InputFaults as error:
                n_refused += 1
                row = {"file": file.name, "error": "input", "faults": [asdict(one) for one in error.faults]}
                say_refused(error, name=file.name)
            else:
                if not wants_json():
                    click.echo(one_line(say("committee_ballot_done", **row)))
            taken.append(row)
    code = (2 if n_refused == len(files) else 1) if n_refused else 0
    return Answer({"ballots": taken}, code=code)


def _take(room: Room, session: str, file: Path, *, who: str) -> dict[str, Any]:
    from riskkit.workbench.flows.committee.forms import answers_in, read_form
    from riskkit.workbench.flows.committee.room import cast_ballot, read_key, remember

    try:
        form = read_form(file)
        if form.session != session:
            rule = RuleText("a ballot for the session {}", session)
            raise InputFaults(file.name, [Fault(f"{file.name} session", shown(form.session), rule)])
        answers = answers_in(form, found_session(room, session), key=read_key(room.keys, session))
    except InputFaults as error:
        remember(room, session, error, who=who)
        raise
    event = cast_ballot(room, session, form.expert, name=form.round, answers=answers, who=who)
    return {
        "file": file.name,
        "expert": form.expert,
        "round": form.round,
        "sequence": event.sequence,
        "at": event.at,
    }
