"""The commands ``riskkit ledger …``: verify, export, import, backup, restore, anchor, show."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskkit.foundation.events import moment_of
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command, option
from riskkit.workbench.commands.options import (
    FILE,
    FILE_OUT,
    FORCE,
    LEDGER,
    WHO,
    WHY,
    beside,
    file_option,
    option_shown,
)

if TYPE_CHECKING:
    from riskkit.foundation.events import Event
    from riskkit.store.ledger.ledger import Ledger

_FILE = argument("file", "FILE", type=FILE)


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


@command(file_option("anchors", "--anchor", "anchors", multiple=True), LEDGER)
def verify_ledger(*, anchors: tuple[Path, ...], ledger: str) -> Answer:
    """Read a ledger's chain again and say what is wrong with it."""
    from riskkit.store.ledger.checks import read_head_file, verify

    heads = [read_head_file(path) for path in anchors]
    with using_ledger(ledger, is_reader=True) as opened:
        found = verify(opened, anchors=heads)
    lines = [
        say("ledger_finding", sequence=one.sequence, word=say(f"finding_{one.kind}"), detail=one.detail)
        for one in found.findings
    ]
    key = "ledger_good" if anchors else "ledger_good_alone"
    n = {"n": found.n_events, "findings": len(found.findings)}
    lines.append(say(key if found.is_whole else "ledger_bad", hash=found.head.hash[:16], **n))
    facts = {"events": found.n_events, "head": asdict(found.head), "anchors": len(anchors)}
    facts["findings"] = [asdict(one) for one in found.findings]
    return Answer(facts, lines, code=0 if found.is_whole else 1)


@command(FILE_OUT, FORCE, LEDGER)
def export_events(*, out: Path | None, force: bool, ledger: str) -> Answer:
    """Write all events of a ledger as JSON lines, with a manifest."""
    from riskkit.store.ledger.copies import export_ledger

    out = out or beside(ledger, "ledger.jsonl")
    with using_ledger(ledger, is_reader=True) as opened:
        head = export_ledger(opened, out, is_forced=force)
    return _done("export", out, head.sequence)


@command(_FILE, LEDGER)
def import_events(file: Path, *, ledger: str) -> Answer:
    """Take an export into a ledger that is empty or holds its beginning."""
    from riskkit.store.ledger.copies import import_export

    with using_ledger(ledger) as opened:
        n_new = import_export(opened, file)
    return _done("import", file, n_new)


@command(FILE_OUT, LEDGER)
def backup_ledger(*, out: Path | None, ledger: str) -> Answer:
    """Copy a ledger, while it is used or not."""
    from riskkit.store.ledger.copies import backup

    out = out or beside(ledger, "ledger-backup.sqlite")
    with using_ledger(ledger, is_reader=True) as opened:
        head = backup(opened, out)
    return _done("backup", out, head.sequence)


@command(_FILE, LEDGER)
def restore_ledger(file: Path, *, ledger: str) -> Answer:
    """Put a backup back where there is no ledger."""
    from riskkit.store.ledger.copies import restore

    return _done("restore", file, restore(file, ledger).sequence)


@command(option("after", "--after", type=click.IntRange(0), required=True, metavar="N"), WHO, WHY, LEDGER)
def rebase_ledger(*, after: int, who: str | None, why: str | None, ledger: str) -> Answer:
    """Record that a clock was wrong, and let the ledger go on from the clock of this machine."""
    from riskkit.store.ledger.rebase import rebase

    who, why = who or "", why or ""
    faults = [Fault(name, "", "given") for name, text in (("--as", who), ("--why", why)) if not text.strip()]
    refuse("ledger", faults)
    with using_ledger(ledger) as opened:
        event = rebase(opened, after=after, who=who, why=why, clock=lambda: dt.datetime.now(dt.UTC))
    facts = {"after": after, "n": event.sequence - 1 - after, "at": event.at}
    return Answer({**facts, "sequence": event.sequence}, [say("ledger_rebase_done", **facts)])


@command(FILE_OUT, FORCE, LEDGER)
def anchor_ledger(*, out: Path | None, force: bool, ledger: str) -> Answer | int:
    """Write down how far a ledger has come, for somebody who keeps it elsewhere."""
    from riskkit.foundation.inputs.part_files import put_files
    from riskkit.store.ledger.checks import written_head

    with using_ledger(ledger, is_reader=True) as opened:
        head, place = opened.head(), opened.place
    text = written_head(head, place=place)
    if out is None:
        click.echo(text, nl=False)
        return 0
    put_files(out.parent, {out.name: text.encode()}, is_forced=force)
    return _done("anchor", out, head.sequence)


@command(
    option("stream", "--stream", metavar="NAME"),
    option("ledger_until", "--until", metavar="WHEN"),
    option_shown("last", "--limit", type=click.IntRange(1), default=50),
    LEDGER,
)
def show_events(*, stream: str | None, until: str | None, limit: int, ledger: str) -> Answer:
    """Show the events of a ledger, as it is or as it was at some moment."""
    with using_ledger(ledger, is_reader=True) as opened:
        found = opened.events(stream, until=moment_or_sequence(until))
    last = found[max(0, len(found) - limit) :]
    rows = [{**asdict(one), "payload": one.data} for one in last]
    return Answer({"events": rows, "n": len(found)}, _event_lines(last, n_all=len(found)))


def _event_lines(events: Sequence[Event], *, n_all: int) -> Iterator[str]:
    for one in events:
        yield f"{one.sequence:>6}  {one.at}  {one.stream}  {one.kind}  {one.who}: {one.why}"
        payload = json.dumps(one.data, ensure_ascii=False, sort_keys=True)
        yield "        " + (payload if len(payload) <= 160 else payload[:159] + "…")
    yield say("ledger_shown", n=len(events), all=n_all)


def _done(what: str, file: Path, n: int) -> Answer:
    return Answer({"file": str(file), "events": n}, [say(f"ledger_{what}_done", n=n, file=file)])
