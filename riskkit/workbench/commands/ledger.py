"""The commands ``riskkit ledger …``: verify, export, import, backup, restore, anchor, show."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.events import moment_of
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown, visible
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.options import beside
from riskkit.workbench.words.messages import answer

if TYPE_CHECKING:
    from riskkit.store.ledger.ledger import Ledger


@contextlib.contextmanager
def using_ledger(place: str, *, is_reader: bool = False) -> Iterator[Ledger]:
    """A ledger that is closed in the end."""
    from riskkit.store.ledger.ledger import open_ledger

    ledger = open_ledger(place, is_reader=is_reader)
    try:
        yield ledger
    finally:
        ledger.close()


def moment_or_sequence(text: str | None) -> int | dt.datetime | None:
    """What ``--until`` says: a sequence, a moment in UTC, or a day (its end)."""
    if text is None:
        return None
    try:
        if text.isdecimal():
            return int(text)
        if len(text) == len("2026-11-24"):
            day = dt.date.fromisoformat(text)
            return dt.datetime.combine(day, dt.time.max, dt.UTC)
        return moment_of(text) if text.endswith("Z") and "." in text else _zoned(text)
    except ValueError as error:
        rule = "a sequence, a day such as 2026-11-24 or a moment such as 2026-11-24T08:00:00Z"
        raise InputFaults("--until", [Fault("--until", shown(text), rule)]) from error


def _zoned(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def verify_ledger(**given: Any) -> int:
    """Read a ledger's chain again and say what is wrong with it."""
    from riskkit.store.ledger.checks import read_head_file, verify

    anchors = [read_head_file(path) for path in given["anchors"]]
    with using_ledger(given["ledger"], is_reader=True) as ledger:
        found = verify(ledger, anchors=anchors)
    code = 0 if found.is_whole else 1
    if given["is_json"]:
        rows = [asdict(one) for one in found.findings]
        facts = {
            "events": found.n_events,
            "head": asdict(found.head),
            "findings": rows,
            "anchors": len(anchors),
        }
        answer({"command": "ledger verify", "ok": not code, "exit_code": code, **facts})
        return code
    for one in found.findings:
        word = say(f"finding_{one.kind}")
        click.echo(visible(say("ledger_finding", sequence=one.sequence, word=word, detail=one.detail)))
    key = "ledger_bad" if code else "ledger_good" if anchors else "ledger_good_alone"
    click.echo(say(key, n=found.n_events, findings=len(found.findings), hash=found.head.hash[:16]))
    return code


def export_events(**given: Any) -> int:
    """Write all events of a ledger as JSON lines, with a manifest."""
    from riskkit.store.ledger.copies import export_ledger

    out: Path = given["out"] or beside(given["ledger"], "ledger.jsonl")
    with using_ledger(given["ledger"], is_reader=True) as ledger:
        head = export_ledger(ledger, out, is_forced=given.get("force", False))
    return _told("export", out, head.sequence, given=given)


def import_events(file: Path, **given: Any) -> int:
    """Take an export into a ledger that is empty or holds its beginning."""
    from riskkit.store.ledger.copies import import_export

    with using_ledger(given["ledger"]) as ledger:
        n_new = import_export(ledger, file)
    return _told("import", file, n_new, given=given)


def backup_ledger(**given: Any) -> int:
    """Copy a ledger, while it is used or not."""
    from riskkit.store.ledger.copies import backup

    out: Path = given["out"] or beside(given["ledger"], "ledger-backup.sqlite")
    with using_ledger(given["ledger"], is_reader=True) as ledger:
        head = backup(ledger, out)
    return _told("backup", out, head.sequence, given=given)


def restore_ledger(file: Path, **given: Any) -> int:
    """Put a backup back where there is no ledger."""
    from riskkit.store.ledger.copies import restore

    head = restore(file, given["ledger"])
    return _told("restore", file, head.sequence, given=given)


def rebase_ledger(**given: Any) -> int:
    """Record that a clock was wrong, and let the ledger go on from the clock of this machine."""
    from riskkit.store.ledger.rebase import rebase

    wanted = {"--as": given["who"], "--why": given["why"]}
    faults = [Fault(name, "", "given") for name, text in wanted.items() if not (text or "").strip()]
    refuse("ledger", faults)
    with using_ledger(given["ledger"]) as ledger:
        about = {"after": given["after"], "who": given["who"], "why": given["why"]}
        event = rebase(ledger, **about, clock=lambda: dt.datetime.now(dt.UTC))
    facts = {"after": given["after"], "n": event.sequence - 1 - given["after"], "at": event.at}
    if given["is_json"]:
        answer({"command": "ledger rebase", "ok": True, "exit_code": 0, **facts, "sequence": event.sequence})
    else:
        click.echo(say("ledger_rebase_done", **facts))
    return 0


def anchor_ledger(**given: Any) -> int:
    """Write down how far a ledger has come, for somebody who keeps it elsewhere."""
    from riskkit.foundation.inputs.part_files import put_files
    from riskkit.store.ledger.checks import written_head

    with using_ledger(given["ledger"], is_reader=True) as ledger:
        head, place = ledger.head(), ledger.place
    text, out = written_head(head, place=place), given["out"]
    if out is None:
        click.echo(text, nl=False)
        return 0
    put_files(out.parent, {out.name: text.encode()}, is_forced=given.get("force", False))
    return _told("anchor", out, head.sequence, given=given)


def show_events(**given: Any) -> int:
    """Show the events of a ledger, as it is or as it was at some moment."""
    until = moment_or_sequence(given["until"])
    with using_ledger(given["ledger"], is_reader=True) as ledger:
        found = ledger.events(given["stream"], until=until)
    last = found[max(0, len(found) - given["limit"]) :]
    if given["is_json"]:
        rows = [{**asdict(one), "payload": one.data} for one in last]
        answer({"command": "ledger show", "ok": True, "exit_code": 0, "events": rows, "n": len(found)})
        return 0
    for one in last:
        click.echo(visible(f"{one.sequence:>6}  {one.at}  {one.stream}  {one.kind}  {one.who}: {one.why}"))
        payload = json.dumps(one.data, ensure_ascii=False, sort_keys=True)
        click.echo(visible("        " + (payload if len(payload) <= 160 else payload[:159] + "…")))
    click.echo(say("ledger_shown", n=len(last), all=len(found)))
    return 0


def _told(deed: str, file: Path, n: int, *, given: dict[str, Any]) -> int:
    if given["is_json"]:
        answer({"command": f"ledger {deed}", "ok": True, "exit_code": 0, "file": str(file), "events": n})
    else:
        click.echo(say(f"ledger_{deed}_done", n=n, file=file))
    return 0
