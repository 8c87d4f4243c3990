"""The command ``riskkit access add``: give somebody a role, and a token or a password of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.faults import Fault, refuse, shown
from riskkit.workbench.messages import answer, speaker


def add_person(name: str, **given: Any) -> int:
    """Put somebody into the file of people, or change them; show a new token once.

    Parameters
    ----------
    name : str
        As committees know them.
    **given : Any
        ``role``, ``people`` (the file, made when it is not there), ``days`` (until access ends; none for no
        end), ``method`` (of a new file), ``lang``, ``is_json``. A password is asked for, never an argument.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When the name or the file is not right.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     add_person("li", role="chair", people=Path(there) / "a.toml", days=None, method="header",
    ...                lang="en", is_json=True)
    {"command": "access add", "exit_code": 0, "expires": null, "name": "li", "ok": true, "role": "chair", ...}
    0
    """
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
        asked = click.prompt(
            speaker(given["lang"])("access_password"), hide_input=True, confirmation_prompt=True
        )
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
    say = speaker(given["lang"])
    click.echo(say("access_added", name=name, role=given["role"], file=path))
    if token:
        click.echo(say("access_token", token=token))
    return 0
