"""The commands that fill a register and ask it: ``ingest`` and ``register …``."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.options import beside
from riskkit.workbench.words.messages import answer
from riskkit.workbench.words.rules import fault_line

if TYPE_CHECKING:
    from riskkit.monitoring.sources.intake import Batch
    from riskkit.monitoring.sources.source import Source
    from riskkit.store.register.changes import Rows

_SECONDS_BEFORE_BAR = 2.0
_MOST_RULES = 10
_WAIT = 60.0


def ingest_files(files: Sequence[Path], **given: Any) -> int:
    """Read files into a register, each whole or not at all, and say what became of their rows."""
    source, others = _reader(given["source"], given["mapping"])
    told: list[dict[str, Any]] = []
    refused: list[InputFaults] = []
    for file in files:
        try:
            one = take_file(file, source, others, register=given["register"])
        except InputFaults as error:
            refused.append(error)
            one = {
                "file_name": file.name,
                "error": "input",
                "faults": [asdict(fault) for fault in error.faults],
            }
            if len(files) > 1:
                _say_refused(error, given)
        else:
            _say_taken(one, given)
        told.append(one)
    if len(files) == 1 and refused:
        raise refused[0]
    code = (2 if len(refused) == len(files) else 1) if refused else 0
    if given["is_json"]:
        answer({"command": "ingest", "ok": not refused, "exit_code": code, "files": told})
    return code


def _reader(name: str | None, mapping: Path | None) -> tuple[Source, tuple[Source, ...]]:
    from riskkit.monitoring.sources.catalogue import SOURCES
    from riskkit.monitoring.sources.mapping import read_mapping

    names = [source.name for source in SOURCES]
    if (name is None) == (mapping is None):
        refuse("ingest", [Fault("--source", shown(name), "either --source or --mapping")])
    if mapping is not None:
        return read_mapping(mapping, taken=names), SOURCES
    known = {source.name: source for source in SOURCES}
    if name not in known:
        refuse("ingest", [Fault("--source", shown(name), one_of(str(name), names))])
    return known[str(name)], SOURCES


def take_file(
    file: Path,
    source: Source,
    others: tuple[Source, ...],
    *,
    register: Path,
    now: dt.datetime | None = None,
) -> dict[str, Any]:
    """One file read into a register, and what became of its rows."""
    from riskkit.monitoring.sources.files.opened import file_facts
    from riskkit.monitoring.sources.intake import read_records
    from riskkit.store.register.changes import Origin, ingest
    from riskkit.store.register.compaction import tidy

    now = now or dt.datetime.now().astimezone()
    facts = file_facts(file)
    at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
    origin = Origin(facts.name, facts.sha256, facts.size, source.name, source.version, at)
    rules: Counter[str] = Counter()
    said: Counter[tuple[str, str]] = Counter()
    with _bar(facts.name) as step:
        batches = read_records(facts, source, now=now.date(), others=others)
        watched: Iterable[Rows] = _watched(batches, rules, said, step=step)
        entry, is_new = ingest(register, origin, watched, wait=_WAIT)
    if is_new:
        with contextlib.suppress(
            InputFaults
        ):  # the file is in; who cannot tidy now does so after another file
            tidy(register)
    notes = [{"note": note, "where": where, "n": n} for (note, where), n in sorted(said.items())]
    return {**asdict(entry), "changed": is_new, "rules": dict(rules.most_common()), "notes": notes}


def _watched(
    batches: Iterable[Batch],
    rules: Counter[str],
    said: Counter[tuple[str, str]],
    *,
    step: Callable[[int], object],
) -> Iterator[Batch]:
    for batch in batches:
        said.update(batch.said)
        rules.update(batch.quarantine["rule_id"].to_pylist())
        step(batch.n_read)
        yield batch


@contextlib.contextmanager
def _bar(name: str) -> Iterator[Callable[[int], object]]:
    """How far the reading is, on a terminal and when it takes its time."""
    from tqdm import tqdm

    bar = tqdm(
        desc=_printable(name), unit=say("rows"), unit_scale=True, file=sys.stderr, leave=False,
        delay=_SECONDS_BEFORE_BAR, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with contextlib.closing(bar):
        yield bar.update


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _say_taken(one: dict[str, Any], given: dict[str, Any]) -> None:
    if given["is_json"]:
        return
    from riskkit.foundation.records.evidence import note_text, rule_text

    name = _printable(one["file_name"])
    if not one["changed"]:
        click.echo(say("known_file", name=name, at=one["at"]))
        return
    figures = {part: f"{one[f'n_{part}']:,}" for part in ("read", "accepted", "quarantined", "duplicates")}
    click.echo(say("taken_file", name=name, **figures))
    if any(one[name] for name in ("n_newer", "n_translations", "n_restated")):
        n_new = one["n_accepted"] - one["n_newer"] - one["n_translations"] - one["n_restated"]
        told = {"new": n_new, "newer": one["n_newer"], "translations": one["n_translations"],
                "restated": one["n_restated"], "unchanged": one["n_duplicates"]}  # fmt: skip
        click.echo(f"  {say('taken_notices', **{name: f'{n:,}' for name, n in told.items()})}")
    for rule, times in list(one["rules"].items())[:_MOST_RULES]:
        click.echo(f"  {say('broken_rule', n=f'{times:,}', rule=rule_text(rule))}")
    for note in one["notes"]:
        text, where = note_text(note["note"]), _place_name(note["where"])
        times = f"{note['n']:,} × " if note["n"] else ""
        key = "reading_note" if where else "reading_note_of_file"
        click.echo(f"  {say(key, n=times, where=_printable(where), text=text)}")


def _place_name(where: str) -> str:
    """The label of a column of the record; any other place as it is."""
    from riskkit.foundation.records.evidence import record_columns

    return next((getattr(column, language()) for column in record_columns() if column.name == where), where)


def _say_refused(error: InputFaults, given: dict[str, Any]) -> None:
    if given["is_json"]:
        return
    click.echo(_printable(say("refused_file", name=error.what)), err=True)
    for fault in error.faults:
        click.echo(f"  {_printable(fault_line(vars(fault)))}", err=True)


def show_register(**given: Any) -> int:
    """Say what a register holds."""
    from riskkit.store.register.summary import summary

    found = summary(_register(given))
    if given["is_json"]:
        answer({"command": "register info", "ok": True, "exit_code": 0, **asdict(found)})
        return 0
    names = ("read", "accepted", "quarantined", "duplicates")
    click.echo(
        say(
            "register_rows",
            files=found.n_files,
            **{name: f"{getattr(found, f'n_{name}'):,}" for name in names},
        )
    )
    records = f"{sum(found.by_source.values()):,}"
    if found.n_superseded:
        click.echo(say("register_superseded", n=f"{found.n_superseded:,}"))
    click.echo(say("register_size", records=records, parts=found.n_parts, bytes=f"{found.n_bytes:,}"))
    for name, rows in found.by_source.items():
        click.echo(f"  {name}  {rows:,}")
    for year, rows in found.by_year.items():
        click.echo(f"  {year or say('no_date')}  {rows:,}")
    return 0


def _register(given: dict[str, Any]) -> Path:
    folder: Path = given["register"]
    if not folder.is_dir():
        refuse("--register", [Fault("--register", shown(str(folder)), "the folder of a register")])
    return folder


def ask_register(question: str, **given: Any) -> int:
    """Show the answer to a question in SQL, as CSV without formulas or as JSON."""
    from riskkit.store.register.query import sql

    _show("register sql", sql(_register(given), question, most_rows=given["limit"]), given)
    return 0


def count_register(**given: Any) -> int:
    """Show counts by some columns, from either engine."""
    from riskkit.store.register.counts import CountsAsked, counted, with_period_names

    asked = CountsAsked(tuple(given["by"]), since=_day(given, "since"), until=_day(given, "until"))
    found = with_period_names(counted(_register(given), asked, engine=given["engine"]), asked)
    _show("register counts", found, given)
    return 0


def _day(given: dict[str, Any], name: str) -> dt.date | None:
    if given[name] is None:
        return None
    try:
        return dt.date.fromisoformat(given[name])
    except ValueError as error:
        raise InputFaults("counts", [Fault(f"--{name}", shown(given[name]), "YYYY-MM-DD")]) from error


def _show(command: str, table: Any, given: dict[str, Any]) -> None:
    from riskkit.foundation.inputs.plain_data import plain
    from riskkit.store.register.quarantine_sheet import safe_cell

    if given["is_json"]:
        rule = "values that JSON holds; turn others into text in the query"
        try:
            facts = {"columns": table.column_names, "rows": plain(table.to_pylist())}
        except (TypeError, ValueError) as error:
            raise InputFaults(command, [Fault("--json", str(error), rule)]) from error
        answer({"command": command, "ok": True, "exit_code": 0, **facts})
        return
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow([safe_cell(name) for name in table.column_names])
    for batch in table.to_batches():
        columns = [[safe_cell(value) for value in column.to_pylist()] for column in batch.columns]
        sheet.writerows(zip(*columns, strict=True))
    click.echo(text.getvalue().encode("utf-8", "replace").decode(), nl=False)


def sheet_of_quarantine(**given: Any) -> int:
    """Write the quarantine of a register as a sheet."""
    from riskkit.store.register.quarantine_sheet import write_quarantine

    out: Path = given["out"] or beside(given["register"], "quarantine.csv")
    n_lines = write_quarantine(_register(given), out, is_forced=given.get("force", False))
    if given["is_json"]:
        answer(
            {"command": "register quarantine", "ok": True, "exit_code": 0, "file": str(out), "lines": n_lines}
        )
    else:
        click.echo(say("quarantine_written", n=f"{n_lines:,}", file=out))
    return 0


def compact_register(**given: Any) -> int:
    """Put the small files of a register together."""
    from riskkit.store.register.compaction import compact

    before, after = compact(_register(given), wait=_WAIT)
    if given["is_json"]:
        facts = {"parts_before": before, "parts": after}
        answer({"command": "register compact", "ok": True, "exit_code": 0, **facts})
    else:
        click.echo(say("compacted", before=before, after=after))
    return 0
