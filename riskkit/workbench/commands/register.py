"""The commands that fill a register and ask it: ``ingest`` and ``register …``."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command, one_line, option, wants_json
from riskkit.workbench.commands.options import (
    BY,
    ENGINE,
    FILES,
    FORCE,
    REGISTER,
    SINCE,
    SPARK,
    UNTIL,
    Number,
    beside,
    file_option,
    option_shown,
)
from riskkit.workbench.words.rules import fault_line

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

    from riskkit.monitoring.sources.intake import Batch
    from riskkit.monitoring.sources.source import Source
    from riskkit.store.register.changes import Rows
    from riskkit.store.register.summary import RegisterSummary

# a bar that flashes up for a small file only disturbs
_SECONDS_BEFORE_BAR = 2.0
_MOST_RULES = 10
# another process may be writing the register: how long we wait for it [s]
_WAIT = 60.0


@command(FILES, option("source", "--source", metavar="NAME"), file_option("mapping", "--mapping"), REGISTER)
def ingest_files(
    files: Sequence[Path], *, source: str | None, mapping: Path | None, register: Path
) -> Answer:
    """Read files into a register, each whole or not at all, and say what became of their rows."""
    reader, others = _reader(source, mapping)
    told: list[dict[str, Any]] = []
    refused: list[InputFaults] = []
    for file in files:
        try:
            one = take_file(file, reader, others, register=register)
        except InputFaults as error:
            refused.append(error)
            one = {"file_name": file.name, "error": "input", "faults": [asdict(f) for f in error.faults]}
            if len(files) > 1:
                say_refused(error)
        else:
            for line in () if wants_json() else _taken_lines(one):
                click.echo(one_line(line))
        told.append(one)
    if len(files) == 1 and refused:
        raise refused[0]
    return Answer({"files": told}, code=(2 if len(refused) == len(files) else 1) if refused else 0)


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
        desc=one_line(name), unit=say("rows"), unit_scale=True, file=sys.stderr, leave=False,
        delay=_SECONDS_BEFORE_BAR, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with contextlib.closing(bar):
        yield bar.update


def _taken_lines(one: Mapping[str, Any]) -> Iterator[str]:
    from riskkit.foundation.records.evidence import note_text, rule_text

    if not one["changed"]:
        yield say("known_file", name=one["file_name"], at=one["at"])
        return
    figures = {part: f"{one[f'n_{part}']:,}" for part in ("read", "accepted", "quarantined", "duplicates")}
    yield say("taken_file", name=one["file_name"], **figures)
    if any(one[name] for name in ("n_newer", "n_translations", "n_restated")):
        n_new = one["n_accepted"] - one["n_newer"] - one["n_translations"] - one["n_restated"]
        told = {"new": n_new, "newer": one["n_newer"], "translations": one["n_translations"],
                "restated": one["n_restated"], "unchanged": one["n_duplicates"]}  # fmt: skip
        yield f"  {say('taken_notices', **{name: f'{n:,}' for name, n in told.items()})}"
    for rule, times in list(one["rules"].items())[:_MOST_RULES]:
        yield f"  {say('broken_rule', n=f'{times:,}', rule=rule_text(rule))}"
    for note in one["notes"]:
        text, where = note_text(note["note"]), _place_name(note["where"])
        times = f"{note['n']:,} × " if note["n"] else ""
        yield f"  {say('reading_note' if where else 'reading_note_of_file', n=times, where=where, text=text)}"


def _place_name(where: str) -> str:
    """The label of a column of the record; any other place as it is."""
    from riskkit.foundation.records.evidence import record_columns

    return next((getattr(column, language()) for column in record_columns() if column.name == where), where)


def say_refused(error: InputFaults, *, name: str = "") -> None:
    """One of several files that was refused, for people; programs find it in the answer."""
    if wants_json():
        return
    lines = [
        say("refused_file", name=name or error.what),
        *(f"  {fault_line(vars(one))}" for one in error.faults),
    ]
    for line in lines:
        click.echo(one_line(line), err=True)


@command(REGISTER)
def show_register(*, register: Path) -> Answer:
    """Say what a register holds."""
    from riskkit.store.register.summary import summary

    found = summary(require_register(register))
    return Answer(asdict(found), _summary_lines(found))


def _summary_lines(found: RegisterSummary) -> Iterator[str]:
    names = ("read", "accepted", "quarantined", "duplicates")
    rows = {name: f"{getattr(found, f'n_{name}'):,}" for name in names}
    yield say("register_rows", files=found.n_files, **rows)
    if found.n_superseded:
        yield say("register_superseded", n=f"{found.n_superseded:,}")
    records = f"{sum(found.by_source.values()):,}"
    yield say("register_size", records=records, parts=found.n_parts, bytes=f"{found.n_bytes:,}")
    yield from (f"  {name}  {rows:,}" for name, rows in found.by_source.items())
    yield from (f"  {year or say('no_date')}  {rows:,}" for year, rows in found.by_year.items())


def require_register(folder: Path) -> Path:
    """A folder that is there, as a register should be."""
    rule = "the folder of a register"
    refuse("--register", [] if folder.is_dir() else [Fault("--register", shown(str(folder)), rule)])
    return folder


@command(
    argument("question"),
    option_shown("limit", "--limit", type=click.IntRange(1), default=1000),
    REGISTER,
)
def ask_register(question: str, *, limit: int, register: Path) -> Answer:
    """Show the answer to a question in SQL, as CSV without formulas or as JSON."""
    from riskkit.store.register.query import sql

    return _table("register sql", sql(require_register(register), question, most_rows=limit))


@command(BY, SINCE, UNTIL, ENGINE, SPARK, REGISTER)
def count_register(
    *,
    by: tuple[str, ...],
    since: str | None,
    until: str | None,
    engine: str,
    cluster: str | None,
    register: Path,
) -> Answer:
    """Show counts by some columns, from either engine."""
    from riskkit.store.register.counts import CountsAsked, counted, with_period_names
    from riskkit.store.register.spark import of_cluster

    first, last = day_of("counts", "--since", since), day_of("counts", "--until", until)
    asked = CountsAsked(by, since=first, until=last)
    with of_cluster(cluster, engine) as where:
        found = with_period_names(counted(require_register(register), asked, **where), asked)
    return _table("register counts", found)


def day_of(what: str, name: str, text: str | None) -> dt.date | None:
    """The day that an option gives."""
    try:
        return dt.date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise InputFaults(what, [Fault(name, shown(text), "YYYY-MM-DD")]) from error


def _table(command: str, table: pa.Table) -> Answer:
    from riskkit.foundation.inputs.plain_data import plain
    from riskkit.store.register.quarantine_sheet import safe_cell

    if wants_json():
        rule = "values that JSON holds; turn others into text in the query"
        try:
            return Answer({"columns": table.column_names, "rows": plain(table.to_pylist())})
        except (TypeError, ValueError) as error:
            raise InputFaults(command, [Fault("--json", str(error), rule)]) from error
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow([safe_cell(name) for name in table.column_names])
    for batch in table.to_batches():
        columns = [[safe_cell(value) for value in column.to_pylist()] for column in batch.columns]
        sheet.writerows(zip(*columns, strict=True))
    click.echo(text.getvalue().encode("utf-8", "replace").decode(), nl=False)
    return Answer()


@command(file_option("sheet", "--out", "out"), FORCE, REGISTER)
def sheet_of_quarantine(*, out: Path | None, force: bool, register: Path) -> Answer:
    """Write the quarantine of a register as a sheet."""
    from riskkit.store.register.quarantine_sheet import write_quarantine

    out = out or beside(register, "quarantine.csv")
    n_lines = write_quarantine(require_register(register), out, is_forced=force)
    facts = {"file": str(out), "lines": n_lines}
    return Answer(facts, [say("quarantine_written", n=f"{n_lines:,}", file=out)])


@command(REGISTER)
def compact_register(*, register: Path) -> Answer:
    """Put the small files of a register together."""
    from riskkit.store.register.compaction import compact

    before, after = compact(require_register(register), wait=_WAIT)
    facts = {"parts_before": before, "parts": after}
    return Answer(facts, [say("compacted", before=before, after=after)])


@command(
    argument("words", "WORD...", nargs=-1, required=True),
    option("units", "--units", type=Number(1, 1e12)),
    REGISTER,
)
def suggest_prior(words: tuple[str, ...], *, units: float | None, register: Path) -> Answer:
    """Show what records of a product suggest for the probability of a step, and the rows behind it."""
    from riskkit.foundation.standards.tables import records
    from riskkit.monitoring.step_priors import as_step, step_priors
    from riskkit.store.register.query import looking

    match = " and ".join([_HAS_WORD] * len(words))  # only the number of words, never a word of the asker
    with looking(register) as connection:
        found = connection.execute(_QUESTION.format(match=match), list(words)).df()
    table = step_priors(found, units=units)
    priors = [row | {"p": as_step(row["events"], row["trials"])} for row in records(table)]
    return Answer({"words": list(words), "priors": priors}, _prior_lines(priors, words=words))


_QUESTION = """
select record_id, source, source_class, date, product, n_units, n_tested, n_nonconforming, n_injured, n_dead,
       weight
from records
where {match}
order by source, date, record_id
"""
_HAS_WORD = "contains(lower(concat_ws(' ', product, product_group, product_code, hs, brand)), lower(?))"


def _prior_lines(priors: Sequence[Mapping[str, Any]], *, words: Sequence[str]) -> Iterator[str]:
    from riskkit.foundation.standards.glossary import label

    if not priors:
        yield say("prior_none", words=" ".join(words))
        return
    for row in priors:
        days = "–".join(dict.fromkeys(day for day in (row["first"], row["last"]) if day)) or say("no_date")
        told = {"source": row["source"], "n": f"{row['n_records']:,}", "days": days}
        yield say("prior_line", kind=label("step_prior", row["kind"]), **told)
        yield f"  {row['p'] or say('prior_no_trials', events=format(row['events'], ',.0f'))}"
        yield f"  {say('prior_rows', rows=', '.join(row['record_ids']))}"
    yield say("prior_caution")
