"""The commands ``riskkit access …``: who may use what is served, with a role and a secret of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.words.messages import answer


def add_person(name: str, **given: Any) -> int:
    """Put somebody into the file of people, or change them; show a new token once."""
    from riskkit.assessment.committee.steps import ID
    from riskkit.workbench.serving import people as access

    path: Path = given["people"]
    rule = "small letters, digits, - and _, at most 64"
    refuse("access", [] if ID.fullmatch(name) else [Fault("name", shown(name), rule)])
    everybody = access.read_people(path) if path.exists() else access.People(given["method"])
    token, secret = "", ""
    if everybody.method == "token":
        token, secret = access.new_token(name)
    elif everybody.method == "password":
        asked = click.prompt(say("access_password"), hide_input=True, confirmation_prompt=True)
        secret = access.hashed(access.require_password(str(asked)))
    ends = (
        None if given["days"] is None else dt.datetime.now(dt.UTC).date() + dt.timedelta(days=given["days"])
    )
    person = access.Person(name=name, role=given["role"], secret=secret, expires=ends)
    access.write_people(path, access.with_person(everybody, person))
    if given["is_json"]:
        facts = {"name": name, "role": given["role"], "expires": ends and ends.isoformat()}
        answer({"command": "access add", "ok": True, "exit_code": 0, **facts, "token": token})
        return 0
    click.echo(say("access_added", name=name, role=given["role"], file=path))
    if token:
        click.echo(say("access_token", token=token))
    return 0


def remove_person(name: str, **given: Any) -> int:
    """Take somebody out of the file of people; a server that runs ends their sessions and pages at once."""
    from riskkit.workbench.serving import people as access

    path: Path = given["people"]
    everybody = access.read_people(path)
    known = ", ".join(one.name for one in everybody.people) or "nobody"
    fault = Fault("name", shown(name), f"somebody in the file ({known})")
    refuse(str(path), [] if everybody.person(name) else [fault])
    access.write_people(path, access.without_person(everybody, name))
    if given["is_json"]:
        answer({"command": "access remove", "ok": True, "exit_code": 0, "name": name})
    else:
        click.echo(say("access_removed", name=name, file=path))
    return 0


def list_people(**given: Any) -> int:
    """Say who may use what is served, in which role and until when; never a secret."""
    from riskkit.workbench.serving import people as access

    everybody = access.read_people(given["people"])
    rows = [
        {
            "name": one.name,
            "role": one.role,
            "expires": one.expires.isoformat() if one.expires else None,
            "is_over": one.is_over(dt.datetime.now(dt.UTC).date()),
        }
        for one in everybody.people
    ]
    if given["is_json"]:
        facts = {"method": everybody.method, "people": rows}
        answer({"command": "access list", "ok": True, "exit_code": 0, **facts})
        return 0
    click.echo(say("access_listed", method=everybody.method, n=len(rows)))
    widths = {key: max((len(str(row[key])) for row in rows), default=0) for key in ("name", "role")}
    for row in rows:
        until = say("access_until", day=row["expires"]) if row["expires"] else say("access_no_end")
        over = say("access_over") if row["is_over"] else ""
        columns = [str(row[key]).ljust(width) for key, width in widths.items()]
        click.echo(f"  {'  '.join([*columns, until])}{over}")
    return 0
