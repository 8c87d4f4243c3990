"""The command ``riskkit warning status``."""

from __future__ import annotations

from dataclasses import asdict

from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.defining import Answer, command
from riskkit.workbench.commands.options import LEDGER
from riskkit.workbench.commands.warnings.commands import using_room


@command(LEDGER)
def show_status(*, ledger: str) -> Answer:
    """Say where each warning stands, and what is due."""
    from riskkit.warning.dynamics.clocks import clocks
    from riskkit.workbench.commands.warnings.standing import standings, status_line
    from riskkit.workbench.flows.warnings.room import states_in

    with using_room(ledger, is_reader=True) as room:
        states = states_in(room)
        rows = standings(states, clocks(states.values(), now=room.clock()))
    lines = [status_line(one) for one in rows] or [say("status_none")]
    return Answer({"warnings": [asdict(one) for one in rows]}, lines)
