"""The commands ``riskkit intake``: what was reported from outside, and who let it in and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from riskkit.words.catalogue import Texts
from riskkit.workbench.commands.defining import Answer, argument, command, option
from riskkit.workbench.commands.options import ACT, Act, folder_option
from riskkit.workbench.serving.intake.waiting import (
    ACCEPTED,
    REFUSED,
    TOLD,
    Places,
    decide,
    read_report,
    reports,
)

say = Texts("intake")

_FOLDER = folder_option("intake_folder", "--intake", "folder", default=Path("intake"))
_RECEIPT = argument("receipt", "RECEIPT")
_STATES = click.Choice(("waiting", "accepted", "refused"))


@command(option("intake_state", "--state", type=_STATES, default="waiting"), _FOLDER)
def list_reports(*, state: str, folder: Path) -> Answer:
    """Say what was received and waits, the oldest first."""
    found = [{name: one[name] for name in TOLD} for one in reports(folder, state)]
    lines = [f"{_head(one)}  +{len(one['pictures'])}" for one in found]
    return Answer({"reports": found}, lines or [say("none")])


def _head(one: Mapping[str, Any]) -> str:
    return f"{one['receipt']}  {one['received_at']}  {say('form_' + one['sheet'])}"


@command(_RECEIPT, _FOLDER)
def show_report(receipt: str, *, folder: Path) -> Answer:
    """Say what one report says, and where its pictures lie."""
    found = read_report(folder, receipt)
    answers = [f"  {head}: {text}" for head, text in found["answers"].items()]
    pictures = [f"  {Path(found['folder']) / name}" for name in found["pictures"]]
    return Answer(found, [_head(found), *answers, *pictures])


@command(_RECEIPT, _FOLDER, folder_option("intake_register", "--register", default=Path("register")), ACT)
def accept_report(receipt: str, *, folder: Path, register: Path, act: Act) -> Answer:
    """Read a report into the register, record who let it in and why, and take it out of those that wait."""
    return _decided(receipt, ACCEPTED, Places(folder, register, act.ledger), act=act)


@command(_RECEIPT, _FOLDER, ACT)
def refuse_report(receipt: str, *, folder: Path, act: Act) -> Answer:
    """Record who refused a report and why, and take it out of those that wait."""
    return _decided(receipt, REFUSED, Places(folder, folder, act.ledger), act=act)


def _decided(receipt: str, state: str, places: Places, *, act: Act) -> Answer:
    decision = decide(places, receipt, state, who=act.name, why=act.why or "")
    return Answer(decision, [say(state, receipt=receipt, register=decision.get("register", ""))])
