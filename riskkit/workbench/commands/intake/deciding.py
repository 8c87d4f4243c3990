"""The commands ``riskkit intake``: what was reported from outside, and who let it in and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.words.catalogue import Texts
from riskkit.workbench.commands.defining import Answer, argument, command, option
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.options import ACT, Act, folder_option
from riskkit.workbench.commands.register import take_file
from riskkit.workbench.serving.intake.waiting import ACCEPTED, REFUSED, REPORT, read_report, reports, settle

_CHINA = dt.timezone(dt.timedelta(hours=8))
say = Texts("intake")


_TOLD = ("receipt", "sheet", "received_at", "lang", "pictures")

_FOLDER = folder_option("intake_folder", "--intake", "folder", default=Path("intake"))
_RECEIPT = argument("receipt", "RECEIPT")
_STATES = click.Choice(("waiting", "accepted", "refused"))


@command(option("intake_state", "--state", type=_STATES, default="waiting"), _FOLDER)
def list_reports(*, state: str, folder: Path) -> Answer:
    """Say what was received and waits, the oldest first."""
    found = [{name: one[name] for name in _TOLD} for one in reports(folder, state)]
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
    """Read a report into the register, record who let it in and why, and take it out of those that wait.

    Each step may be done again: after a break the same command goes on where it stopped.
    """
    from riskkit.monitoring.sources.catalogue import SOURCES

    found = _to_decide(receipt, folder, act)
    source = next(one for one in SOURCES if one.name == found["sheet"])

    def enter() -> dict[str, Any]:
        file, now = Path(found["folder"]) / REPORT, dt.datetime.now(_CHINA)
        entry = take_file(file, source, SOURCES, register=register, now=now)
        refuse("intake", [Fault(rule, str(n), "no broken rule") for rule, n in entry["rules"].items()])
        return {"register": str(register), "n_accepted": entry["n_accepted"]}

    return _decided(found, ACCEPTED, act, enter=enter, folder=folder)


@command(_RECEIPT, _FOLDER, ACT)
def refuse_report(receipt: str, *, folder: Path, act: Act) -> Answer:
    """Record who refused a report and why, and take it out of those that wait."""
    return _decided(_to_decide(receipt, folder, act), REFUSED, act, enter=dict, folder=folder)


def _to_decide(receipt: str, folder: Path, act: Act) -> dict[str, Any]:
    is_given = bool((act.why or "").strip())
    refuse("intake", [] if is_given else [Fault("--why", shown(act.why), "a reason")])
    return read_report(folder, receipt)


def _decided(
    found: dict[str, Any], state: str, act: Act, *, enter: Callable[[], dict[str, Any]], folder: Path
) -> Answer:
    from riskkit.foundation.events import Draft

    receipt, stream = found["receipt"], f"intake/{found['receipt'].lower()}"
    with using_ledger(act.ledger) as ledger:
        before = ledger.events(stream)
        other = [one for one in before if one.kind != state]
        refuse("intake", [Fault("RECEIPT", f"{shown(receipt)} {one.kind}", "decided once") for one in other])
        about = enter()
        facts = {name: found[name] for name in (*_TOLD[1:], "report_sha256")} | about
        draft = Draft(stream, state, facts, who=act.name, why=(act.why or "").strip(), key=stream)
        event = before[0] if before else ledger.append([draft], clock=lambda: dt.datetime.now(dt.UTC))[0]
    decision = {"state": state, "at": event.at, "who": event.who, "why": event.why, **about}
    place = settle(folder, receipt, state, decision=decision)
    line = say(state, receipt=receipt, register=about.get("register", ""))
    return Answer({"receipt": receipt, **decision, "folder": str(place)}, [line])
