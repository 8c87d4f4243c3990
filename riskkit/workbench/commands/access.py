"""The commands ``riskkit access …``: who may use what is served, with a role and a secret of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command, option
from riskkit.workbench.commands.options import file_option

if TYPE_CHECKING:
    from riskkit.workbench.serving.people import Method, Role

_NAME = argument("name", "NAME")
PEOPLE = file_option("people_file", "--access", "people", default=Path("access.toml"))
DAYS = option("days", "--days", type=click.IntRange(0, 3650))
_ROLES = ("assessor", "expert", "chair", "leadership", "auditor")
_METHODS = ("token", "password", "header")


@command(
    _NAME,
    option("role", "--role", type=click.Choice(_ROLES), required=True),
    PEOPLE,
    DAYS,
    option("method", "--method", type=click.Choice(_METHODS), default="token"),
)
def add_person(name: str, *, role: Role, people: Path, days: int | None, method: Method) -> Answer:
    """Put somebody into the file of people, or change them; show a new token once."""
    from riskkit.assessment.committee.steps import ID
    from riskkit.workbench.serving import people as access

    rule = "small letters, digits, - and _, at most 64"
    refuse("access", [] if ID.fullmatch(name) else [Fault("name", shown(name), rule)])
    everybody = access.read_people(people) if people.exists() else access.People(method)
    token, secret = "", ""
    if everybody.method == "token":
        token, secret = access.new_token(name)
    elif everybody.method == "password":
        asked = click.prompt(say("access_password"), hide_input=True, confirmation_prompt=True)
        secret = access.hashed(access.require_password(str(asked)))
    ends = None if days is None else dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
    person = access.Person(name=name, role=role, secret=secret, expires=ends)
    access.write_people(people, access.with_person(everybody, person))
    lines = [say("access_added", name=name, role=role, file=people)]
    lines += [say("access_token", token=token)] if token else []
    facts = {"name": name, "role": role, "expires": ends and ends.isoformat(), "token": token}
    return Answer(facts, lines)


@command(_NAME, PEOPLE)
def remove_person(name: str, *, people: Path) -> Answer:
    """Take somebody out of the file of people; a server that runs ends their sessions and pages at once."""
    from riskkit.workbench.serving import people as access

    everybody = access.read_people(people)
    known = ", ".join(one.name for one in everybody.people) or "nobody"
    fault = Fault("name", shown(name), RuleText("somebody in the file ({})", known))
    refuse(str(people), [] if everybody.person(name) else [fault])
    access.write_people(people, access.without_person(everybody, name))
    return Answer({"name": name}, [say("access_removed", name=name, file=people)])


@command(PEOPLE)
def list_people(*, people: Path) -> Answer:
    """Say who may use what is served, in which role and until when; never a secret."""
    from riskkit.workbench.serving.people import read_people

    everybody = read_people(people)
    today = dt.datetime.now(dt.UTC).date()
    rows = [
        {
            "name": one.name,
            "role": one.role,
            "expires": one.expires.isoformat() if one.expires else None,
            "is_over": one.is_over(today),
        }
        for one in everybody.people
    ]
    return Answer({"method": everybody.method, "people": rows}, _lines(everybody.method, rows))


def _lines(method: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield say("access_listed", method=method, n=len(rows))
    widths = {key: max((len(str(row[key])) for row in rows), default=0) for key in ("name", "role")}
    for row in rows:
        until = say("access_until", day=row["expires"]) if row["expires"] else say("access_no_end")
        over = say("access_over") if row["is_over"] else ""
        columns = [str(row[key]).ljust(width) for key, width in widths.items()]
        yield f"  {'  '.join([*columns, until])}{over}"
