"""The command ``riskkit warning status``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from riskkit.warning.dynamics.clocks import clocks
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.warnings.commands import using_room
from riskkit.workbench.commands.warnings.standing import standings, status_line
from riskkit.workbench.flows.warnings.room import states_in
from riskkit.workbench.words.messages import answer


def show_status(**given: Any) -> int:
    """Say where each warning stands, and what is due."""
    with using_room(given, is_reader=True) as room:
        states = states_in(room)
        rows = standings(states, clocks(states.values(), now=room.clock()))
    if given["is_json"]:
        told = [asdict(one) for one in rows]
        answer({"command": "warning status", "ok": True, "exit_code": 0, "warnings": told})
        return 0
    for one in rows:
        click.echo(status_line(one))
    if not rows:
        click.echo(say("status_none"))
    return 0
