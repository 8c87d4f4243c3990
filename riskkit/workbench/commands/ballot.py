"""The commands that send ballot forms out and take them in: ``ballot-form`` and ``take-ballots``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown, visible
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.committee import found_session, told, using_room, who_acts
from riskkit.workbench.commands.options import beside
from riskkit.workbench.words.messages import answer

if TYPE_CHECKING:
    from riskkit.workbench.flows.committee.room import Room


def ballot_forms(session: str, **given: Any) -> int:
    """Write the ballot form of one expert, or of everybody who has not answered yet."""
    from riskkit.workbench.flows.committee.forms import form_lines, write_form
    from riskkit.workbench.flows.committee.keys import read_key

    with using_room(given, is_reader=True) as room:
        now = found_session(room, session)
        found, key = now.open_round, read_key(room.keys, session)
    voters = [one.id for one in now.voters]
    if found is None or (given["expert"] and given["expert"] not in voters):
        rule = "a round that is open" if found is None else f"one of {', '.join(voters)}"
        raise InputFaults("committee", [Fault("form", shown(given["expert"]), rule)])
    wanted = [given["expert"]] if given["expert"] else [one for one in voters if one not in found.sealed]
    folder: Path = given["folder"] or beside(given["ledger"], "form").parent
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for expert in wanted:
        lines = form_lines(now, found.name, expert, key=key)
        path = folder / f"{session}-{found.name}-{expert}.{given['form']}"
        files.append(str(write_form(now, path, lines, is_forced=given.get("force", False))))
    return told("form", given, session=session, files=files, n=len(files), folder=str(folder))


def take_ballots(session: str, files: Sequence[Path], **given: Any) -> int:
    """Take in ballot forms, each whole or not at all."""
    from riskkit.workbench.words.rules import fault_line

    taken, n_refused = [], 0
    with using_room(given) as room:
        for file in files:
            try:
                row = _take(room, session, file, who=who_acts(given))
            except InputFaults as error:
                n_refused += 1
                rows = [{"place": f.place, "value": f.value, "rule": f.rule} for f in error.faults]
                row = {"file": file.name, "error": "input", "faults": rows}
                if not given["is_json"]:
                    click.echo(visible(say("refused_file", name=file.name)), err=True)
                    for one in rows:
                        click.echo(visible("  " + fault_line(one)), err=True)
            else:
                if not given["is_json"]:
                    click.echo(visible(say("committee_ballot_done", **row)))
            taken.append(row)
    code = (2 if n_refused == len(files) else 1) if n_refused else 0
    if given["is_json"]:
        answer({"command": "committee take-ballots", "ok": not code, "exit_code": code, "ballots": taken})
    return code


def _take(room: Room, session: str, file: Path, *, who: str) -> dict[str, Any]:
    from riskkit.workbench.flows.committee.forms import answers_in, read_form
    from riskkit.workbench.flows.committee.keys import read_key
    from riskkit.workbench.flows.committee.room import cast_ballot, remember

    try:
        form = read_form(file)
        if form.session != session:
            rule = f"a ballot for the session {session}"
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
