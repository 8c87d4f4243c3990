"""The commands ``riskkit committee …``: a session of the expert committee from its opening to its end."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.faults import Fault, InputFaults, refuse, shown, visible
from riskkit.workbench.ledger_commands import using_ledger
from riskkit.workbench.messages import answer, speaker

if TYPE_CHECKING:
    from riskkit.assessment.committee.session import Expert, Session
    from riskkit.workbench.committee.room import Room

_EXPERT_COLUMNS = ("id", "name", "field")


def who_acts(given: Mapping[str, Any]) -> str:
    """Who does something at the command line: ``--as``, or the name of this account.

    Examples
    --------
    >>> who_acts({"who": "li"})
    'li'
    """
    return str(given.get("who") or getpass.getuser())


@contextlib.contextmanager
def using_room(given: Mapping[str, Any], *, is_reader: bool = False) -> Iterator[Room]:
    """The room that ``--ledger`` and ``--keys`` name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, using_room({"ledger": f"{there}/l.sqlite"}) as room:
    ...     room.keys.name
    'l.sqlite.keys'
    """
    from riskkit.workbench.committee.keys import keys_folder
    from riskkit.workbench.committee.room import Room

    keys = keys_folder(given["ledger"], given.get("keys"), os.environ)
    with using_ledger(given["ledger"], is_reader=is_reader) as ledger:
        yield Room(ledger, keys)


def read_experts(path: Path) -> tuple[Expert, ...]:
    """The members of a committee from a table (CSV or Excel) with the columns id, name, field, organisation.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When a column is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     path = Path(there) / "experts.csv"
    ...     _ = path.write_text("id,name,field\\ne1,Wang,batteries\\n")
    ...     read_experts(path)
    (Expert(id='e1', name='Wang', field='batteries', organisation=''),)
    """
    from riskkit.assessment.committee.session import Expert
    from riskkit.monitoring.sources.native_file import native_file
    from riskkit.monitoring.sources.opened import file_facts

    rows: list[dict[str, str | None]] = []
    with native_file(file_facts(path)) as file:
        missing = [name for name in _EXPERT_COLUMNS if name not in file.headers]
        refuse(path.name, [Fault(path.name, name, "the columns id, name, field") for name in missing])
        for chunk in file.chunks:
            rows += chunk.table.to_pylist()
    names = (*_EXPERT_COLUMNS, "organisation")
    return tuple(Expert(**{name: (row.get(name) or "").strip() for name in names}) for row in rows)


def open_committee(case: str, **given: Any) -> int:
    """Open a session on a case.

    Parameters
    ----------
    case : str
        An id or a ``.toml`` file.
    **given : Any
        ``session``, ``experts`` (a file), ``rounds``, ``who`` (the chair), ``why``, ``ledger``, ``keys``,
        ``lang``, ``is_json``.

    Examples
    --------
    >>> open_committee.__name__
    'open_committee'
    """
    from riskkit.assessment.case import parse_case
    from riskkit.assessment.committee.steps import house_rules
    from riskkit.foundation.toml_file import parse_toml
    from riskkit.workbench.committee.room import open_session
    from riskkit.workbench.resources import find_case

    source = find_case(case)
    read = parse_case(parse_toml(source.content, source.file_name))
    session = given["session"] or f"{read.id}-1"
    members = {"experts": read_experts(given["experts"]), "rules": house_rules(n_rounds=given["rounds"])}
    with using_room(given) as room:
        now = open_session(
            room, session, read, text=source.content.decode("utf-8"), **members, chair=who_acts(given),
            why=given["why"] or read.title.say(given["lang"]),
        )  # fmt: skip
        facts = {"session": now.id, "questions": len(now.questions), "experts": len(now.experts)}
        return _told("open", given, keys=str(room.keys), **facts)


def declare_interest(session: str, **given: Any) -> int:
    """Record an expert's declaration of independence.

    Parameters
    ----------
    session : str
    **given : Any
        ``expert``, ``interest`` (empty: none), ``who``, ``why``, ``ledger``, ``keys``, ``lang``, ``is_json``.

    Examples
    --------
    >>> declare_interest.__name__
    'declare_interest'
    """
    said = {"expert": given["expert"], "interest": given["interest"] or ""}
    return _step(session, "declared", given=given, default="declaration", **said)


def recuse_expert(session: str, **given: Any) -> int:
    """Record that an expert does not take part, with the reason.

    Examples
    --------
    >>> recuse_expert.__name__
    'recuse_expert'
    """
    if not given["why"]:
        raise InputFaults("committee", [Fault("--why", "", "the reason of a recusal")])
    return _step(session, "recused", given=given, default="", expert=given["expert"])


def open_round(session: str, **given: Any) -> int:
    """Open the next round.

    Examples
    --------
    >>> open_round.__name__
    'open_round'
    """
    with using_room(given, is_reader=True) as room:
        name = str(len(_session(room, session).rounds) + 1)
    return _step(session, "round_opened", given=given, default=f"round {name}", round=name)


def open_vote(session: str, **given: Any) -> int:
    """Open the vote.

    Examples
    --------
    >>> open_vote.__name__
    'open_vote'
    """
    return _step(session, "round_opened", given=given, default="vote", round="vote")


def close_round(session: str, **given: Any) -> int:
    """Close the round or the vote that is open, and publish its key.

    Examples
    --------
    >>> close_round.__name__
    'close_round'
    """
    with using_room(given, is_reader=True) as room:
        found = _session(room, session).open_round
    if found is None:
        raise InputFaults("committee", [Fault("round", session, "a round that is open")])
    return _step(session, "round_closed", given=given, default=f"round {found.name}", round=found.name)


def confirm_vote(session: str, **given: Any) -> int:
    """Confirm the vote as chair, or refuse to (``--no``), with the reason.

    Examples
    --------
    >>> confirm_vote.__name__
    'confirm_vote'
    """
    from riskkit.assessment.committee.minutes import vote_of

    if not given["why"]:
        raise InputFaults("committee", [Fault("--why", "", "the reason of a confirmation or its refusal")])
    with using_room(given, is_reader=True) as room:
        vote = vote_of(_session(room, session))
    level = (vote.level if vote else None) or ""
    said = "no" if given["no"] else "yes"
    return _step(session, "confirmed", given=given, default="", level=level, is_confirmed=said)


def sign_minutes(session: str, **given: Any) -> int:
    """Sign the minutes as they are, in one's own name.

    Examples
    --------
    >>> sign_minutes.__name__
    'sign_minutes'
    """
    from riskkit.assessment.committee.minutes import minutes_hash

    with using_room(given, is_reader=True) as room:
        mine = minutes_hash(_session(room, session))
    said = {"expert": who_acts(given), "minutes": mine}
    return _step(session, "signed", given=given, default="minutes read", **said)


def end_session(session: str, **given: Any) -> int:
    """End a session whose minutes the chair has signed.

    Examples
    --------
    >>> end_session.__name__
    'end_session'
    """
    return _step(session, "ended", given=given, default="minutes signed")


def ballot_forms(session: str, **given: Any) -> int:
    """Write the ballot form of one expert, or of everybody who has not answered yet.

    Parameters
    ----------
    session : str
    **given : Any
        ``expert`` (one id, or none for all), ``folder``, ``form`` (csv or xlsx), ``ledger``, ``keys``,
        ``lang``, ``is_json``.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When no round is open, or the expert is not in it.

    Examples
    --------
    >>> ballot_forms.__name__
    'ballot_forms'
    """
    from riskkit.workbench.committee.forms import form_lines, write_form
    from riskkit.workbench.committee.keys import read_key

    with using_room(given, is_reader=True) as room:
        now = _session(room, session)
        found, key = now.open_round, read_key(room.keys, session)
    voters = [one.id for one in now.voters]
    if found is None or (given["expert"] and given["expert"] not in voters):
        rule = "a round that is open" if found is None else f"one of {', '.join(voters)}"
        raise InputFaults("committee", [Fault("form", shown(given["expert"]), rule)])
    wanted = [given["expert"]] if given["expert"] else [one for one in voters if one not in found.sealed]
    folder: Path = given["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for expert in wanted:
        lines = form_lines(now, found.name, expert, lang=given["lang"], key=key)
        path = folder / f"{session}-{found.name}-{expert}.{given['form']}"
        files.append(str(write_form(now, path, lines, lang=given["lang"])))
    return _told("form", given, session=session, files=files, n=len(files), folder=str(folder))


def take_ballots(session: str, files: Sequence[Path], **given: Any) -> int:
    """Take in ballot forms, each whole or not at all.

    Parameters
    ----------
    session : str
    files : sequence of Path
    **given : Any
        ``who``, ``ledger``, ``keys``, ``lang``, ``is_json``.

    Returns
    -------
    int
        0, 1 when some were refused, 2 when all were.

    Examples
    --------
    >>> take_ballots.__name__
    'take_ballots'
    """
    from riskkit.workbench.rules import rule_in

    say, told, n_refused = speaker(given["lang"]), [], 0
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
                        rule = rule_in(one["rule"], given["lang"])
                        click.echo(visible("  " + say("fault", **{**one, "rule": rule})), err=True)
            else:
                if not given["is_json"]:
                    click.echo(visible(say("committee_ballot_done", **row)))
            told.append(row)
    code = (2 if n_refused == len(files) else 1) if n_refused else 0
    if given["is_json"]:
        answer({"command": "committee take-ballots", "ok": not code, "exit_code": code, "ballots": told})
    return code


def _take(room: Room, session: str, file: Path, *, who: str) -> dict[str, Any]:
    from riskkit.workbench.committee.forms import answers_in, read_form
    from riskkit.workbench.committee.keys import read_key
    from riskkit.workbench.committee.room import cast_ballot, remember

    try:
        form = read_form(file)
        if form.session != session:
            rule = f"a ballot for the session {session}"
            raise InputFaults(file.name, [Fault(f"{file.name} session", shown(form.session), rule)])
        answers = answers_in(form, _session(room, session), key=read_key(room.keys, session))
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


def show_status(session: str, **given: Any) -> int:
    """Say how far a session has come: rounds, ballots, who is missing; never what is in an open ballot.

    Examples
    --------
    >>> show_status.__name__
    'show_status'
    """
    from riskkit.assessment.committee.visible import progress

    with using_room(given, is_reader=True) as room:
        now = _session(room, session)
    rows = progress(now).to_dict("records")
    if given["is_json"]:
        facts = {"session": now.id, "rounds": rows, "recused": dict(now.recused), "signed": dict(now.signed)}
        answer({"command": "committee status", "ok": True, "exit_code": 0, **facts, "ended_at": now.ended_at})
        return 0
    say = speaker(given["lang"])
    for row in rows:
        key = "committee_round_open" if row["is_open"] else "committee_round_closed"
        missing = ", ".join(row["missing"]) or "—"
        click.echo(say(key, round=row["round"], n=row["n_ballots"], of=row["n_voters"], missing=missing))
    click.echo(say("committee_signed", n=len(now.signed), ended=now.ended_at or "—"))
    return 0


def write_minutes(session: str, **given: Any) -> int:
    """Write the minutes of a session, from the ledger or from its export.

    Examples
    --------
    >>> write_minutes.__name__
    'write_minutes'
    """
    return _write(session, given=given, is_full=False)


def write_report(session: str, **given: Any) -> int:
    """Write the report of a session: the minutes with every answer and the assessment worked out anew.

    Examples
    --------
    >>> write_report.__name__
    'write_report'
    """
    return _write(session, given=given, is_full=True)


def _write(session: str, *, given: dict[str, Any], is_full: bool) -> int:
    from riskkit.workbench.committee.documents import session_from, write_document

    name = "report" if is_full else "minutes"
    now = session_from(session, ledger=given["ledger"], export=given["export"])
    out: Path = given["out"] or Path(f"{session}-{name}.html")
    write_document(now, out, lang=given["lang"], is_full=is_full)
    return _told(name, given, session=session, file=str(out))


def _session(room: Room, session: str) -> Session:
    from riskkit.workbench.committee.room import session_in

    return session_in(room, session)


def _step(session: str, kind: str, *, given: dict[str, Any], default: str, **data: Any) -> int:
    from riskkit.workbench.committee.room import take_step

    with using_room(given) as room:
        event = take_step(room, session, kind, who=who_acts(given), why=given["why"] or default, **data)
    facts = {"session": session, "kind": kind, "sequence": event.sequence, "at": event.at}
    return _told("step", given, **facts)


def _told(deed: str, given: dict[str, Any], **facts: Any) -> int:
    if given["is_json"]:
        answer({"command": f"committee {deed}", "ok": True, "exit_code": 0, **facts})
    else:
        click.echo(visible(speaker(given["lang"])(f"committee_{deed}_done", **facts)))
    return 0
