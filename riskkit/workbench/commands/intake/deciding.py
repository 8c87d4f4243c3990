"""The commands ``riskkit intake``: what was reported from outside, and who let it in and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.words.catalogue import Texts
from riskkit.workbench.commands.committee import who_acts
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.register import take_file
from riskkit.workbench.serving.intake.waiting import ACCEPTED, REFUSED, REPORT, read_report, reports, settle
from riskkit.workbench.words.messages import answer

_CHINA = dt.timezone(dt.timedelta(hours=8))
say = Texts("intake")


def list_reports(state: str, folder: Path, **given: Any) -> int:
    """Say what was received and waits, the oldest first."""
    found = [{name: one[name] for name in _TOLD} for one in reports(folder, state)]
    if given["is_json"]:
        answer({"command": "intake list", "ok": True, "exit_code": 0, "reports": found})
        return 0
    for one in found:
        n_pictures = len(one["pictures"])
        click.echo(f"{one['receipt']}  {one['received_at']}  {say('form_' + one['sheet'])}  +{n_pictures}")
    if not found:
        click.echo(say("none"))
    return 0


def show_report(receipt: str, folder: Path, **given: Any) -> int:
    """Say what one report says, and where its pictures lie."""
    found = read_report(folder, receipt)
    if given["is_json"]:
        answer({"command": "intake show", "ok": True, "exit_code": 0, **found})
        return 0
    click.echo(f"{found['receipt']}  {found['received_at']}  {say('form_' + found['sheet'])}")
    for head, text in found["answers"].items():
        click.echo(f"  {head}: {_printable(text)}")
    for name in found["pictures"]:
        click.echo(f"  {Path(found['folder']) / name}")
    return 0


def accept_report(receipt: str, folder: Path, register: Path, **given: Any) -> int:
    """Read a report into the register, record who let it in and why, and take it out of those that wait.

    Each step may be done again: after a break the same command goes on where it stopped.
    """
    from riskkit.monitoring.sources.catalogue import SOURCES

    found, decided = _to_decide(receipt, folder, given)
    source = next(one for one in SOURCES if one.name == found["sheet"])

    def enter() -> dict[str, Any]:
        file, now = Path(found["folder"]) / REPORT, dt.datetime.now(_CHINA)
        entry = take_file(file, source, SOURCES, register=register, now=now)
        refuse("intake", [Fault(rule, str(n), "no broken rule") for rule, n in entry["rules"].items()])
        return {"register": str(register), "n_accepted": entry["n_accepted"]}

    return _decided(found, ACCEPTED, decided, enter=enter, folder=folder, given=given)


def refuse_report(receipt: str, folder: Path, **given: Any) -> int:
    """Record who refused a report and why, and take it out of those that wait."""
    found, decided = _to_decide(receipt, folder, given)
    return _decided(found, REFUSED, decided, enter=dict, folder=folder, given=given)


def _to_decide(receipt: str, folder: Path, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    why = (given["why"] or "").strip()
    refuse("intake", [] if why else [Fault("--why", shown(given["why"]), "a reason")])
    return read_report(folder, receipt), {"who": who_acts(given), "why": why}


def _decided(
    found: dict[str, Any],
    state: str,
    decided: dict[str, str],
    *,
    enter: Callable[[], dict[str, Any]],
    folder: Path,
    given: dict[str, Any],
) -> int:
    from riskkit.foundation.events import Draft

    receipt, stream = found["receipt"], f"intake/{found['receipt'].lower()}"
    with using_ledger(given["ledger"]) as ledger:
        before = ledger.events(stream)
        other = [one for one in before if one.kind != state]
        refuse("intake", [Fault("RECEIPT", f"{shown(receipt)} {one.kind}", "decided once") for one in other])
        about = enter()
        facts = {name: found[name] for name in (*_TOLD[1:], "report_sha256")} | about
        draft = Draft(stream, state, facts, who=decided["who"], why=decided["why"], key=stream)
        event = before[0] if before else ledger.append([draft], clock=lambda: dt.datetime.now(dt.UTC))[0]
    decision = {"state": state, "at": event.at, "who": event.who, "why": event.why, **about}
    place = settle(folder, receipt, state, decision=decision)
    if given["is_json"]:
        told = {"ok": True, "exit_code": 0, "receipt": receipt, **decision, "folder": str(place)}
        answer({"command": f"intake {'accept' if state == ACCEPTED else 'refuse'}", **told})
    else:
        click.echo(say(state, receipt=receipt, register=about.get("register", "")))
    return 0


def _printable(text: str) -> str:
    """Without control characters: what somebody else wrote must not steer the terminal."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


_TOLD = ("receipt", "sheet", "received_at", "lang", "pictures")
