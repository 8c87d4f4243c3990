"""The commands that hand evidence on and take it in: ``register export`` and ``register import``."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import in_each_language, language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, Together, argument, command, flag, option
from riskkit.workbench.commands.options import (
    BY,
    FILE,
    FORCE,
    REGISTER,
    SINCE,
    UNTIL,
    beside,
    file_option,
    option_shown,
)
from riskkit.workbench.commands.register import day_of, require_register

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa  # type: ignore[import-untyped]

    from riskkit.monitoring.exchange.comparison import Compared
    from riskkit.monitoring.exchange.package import About
    from riskkit.monitoring.exchange.reading import Package
    from riskkit.monitoring.sources.intake import Batch

# another process may be writing the register: how long we wait for it [s]
_WAIT = 60.0
_MOST_TOLD = 20


@dataclass(frozen=True)
class Wanted:
    """Which records a package holds, and what it says of itself."""

    out: Path | None
    force: bool
    level: str
    by: tuple[str, ...]
    since: str | None
    until: str | None
    where: tuple[str, ...]
    title: str | None
    publisher: str
    licence: str


_WANTED = Together("wanted", Wanted, (
    file_option("package_out", "--out", "out"), FORCE,
    option_shown("level", "--level", type=click.Choice(("records", "counts")), default="records"),
    BY, SINCE, UNTIL, option("where", "-w", "--where", "where", metavar="NAME=VALUE", multiple=True),
    option("title", "--title", metavar="TEXT"),
    option("publisher", "--publisher", metavar="NAME", default="not stated"),
    option_shown("licence", "--licence", metavar="NAME", default="other-closed"),
))  # fmt: skip


@command(_WANTED, REGISTER)
def export_register(*, wanted: Wanted, register: Path) -> Answer:
    """Write a selection of a register as a data package."""
    from riskkit.monitoring.exchange.package import counts_package, records_package
    from riskkit.monitoring.exchange.rules import shared_counts, shared_records

    out = wanted.out or beside(register, f"{wanted.level}.zip")
    refuse("--out", [] if out.suffix == ".zip" else [Fault("--out", shown(str(out)), "a .zip file")])
    rows, selection = _selected(wanted, register)
    is_records = wanted.level == "records"
    shared = shared_records(rows) if is_records else shared_counts(rows, by=wanted.by)
    write = records_package if is_records else counts_package
    write(out, shared, _about(wanted, rows, selection), is_forced=wanted.force)
    log = shared.held_back
    n_held = int(log.loc[log["rule"] != "not_counted", "n_values"].sum())
    facts = {"rows": len(shared.table), "held_back": n_held, "level": wanted.level, "file": str(out)}
    lines = _exported_lines(log.to_dict("records"), facts)
    return Answer({**facts, "log": log.to_dict("records")}, lines)


def _exported_lines(log: Sequence[Mapping[Hashable, Any]], facts: Mapping[str, Any]) -> Iterator[str]:
    numbers = {name: f"{facts[name]:,}" for name in ("rows", "held_back")}
    yield say("exported", what=say(f"level_{facts['level']}"), file=facts["file"], **numbers)
    for row in log:
        yield say("held_back", column=row["column"], n=f"{row['n_values']:,}", why=row[language()])


def _selected(wanted: Wanted, register: Path) -> tuple[pd.DataFrame, str]:
    """The records that are asked for, in an order of their own, and the selection in words."""
    import pandas as pd

    from riskkit.foundation.records.evidence import arrow_schema
    from riskkit.store.register.query import looking
    from riskkit.workbench.runs.planning import pairs

    columns = pairs(wanted.where)
    rule = "a column of the record"
    require_register(register)
    faults = [Fault("--where", shown(one), rule) for one in columns if one not in arrow_schema().names]
    refuse("--where", faults)
    parts, values = [f"CAST({name} AS VARCHAR) = ?" for name in columns], list[Any](columns.values())
    days = {"since": wanted.since, "until": wanted.until}
    for name, sign in (("since", ">="), ("until", "<=")):
        day = day_of("export", f"--{name}", days[name])
        if day is not None:
            parts.append(f"date {sign} ?")
            values.append(day)
    question = f"SELECT * FROM records WHERE {' AND '.join(parts) or 'true'} ORDER BY record_id"  # noqa: S608
    with looking(register) as connection:
        rows = pd.DataFrame(connection.sql(question, params=values).to_arrow_table().to_pandas())
    refuse("export", [] if len(rows) else [Fault("export", "0 records", "a selection that holds records")])
    told = [f"{name} = {value}" for name, value in columns.items()]
    return rows, "; ".join([*told, *(f"{name} {day}" for name, day in days.items() if day is not None)])


def _about(wanted: Wanted, rows: pd.DataFrame, selection: str) -> About:
    from riskkit.monitoring.exchange.package import About, source_terms
    from riskkit.monitoring.sources.catalogue import SOURCES

    zh, en = in_each_language(say, f"title_{wanted.level}").values()
    known = {one.name: (f"{one.title_zh} / {one.title_en} ({one.publisher})", one.licence) for one in SOURCES}
    return About(
        wanted.title or zh, wanted.title or en, wanted.publisher, wanted.licence,
        dt.datetime.now(dt.UTC), source_terms(rows["source"].tolist(), known), selection,
    )  # fmt: skip


@dataclass(frozen=True)
class Arrived:
    """What a package would bring: its rows checked, and compared with the register."""

    package: Package
    batches: tuple[Batch, ...]
    n_here: int
    filled: dict[str, float]
    rules: dict[str, int]
    drift: pd.DataFrame
    compared: Compared


@command(argument("package", "PACKAGE", type=FILE), flag("check", "--check"), REGISTER)
def import_register(package: Path, *, check: bool, register: Path) -> Answer:
    """Check a data package and read its records into a register, whole or not at all."""
    from riskkit.monitoring.exchange.reading import SOURCE, read_package
    from riskkit.store.register.changes import Origin, ingest

    now = dt.datetime.now().astimezone()
    with tempfile.TemporaryDirectory(prefix="riskkit-") as there:
        opened = read_package(package, into=Path(there))
        arrived = _arrived(opened, register, today=now.date())
        is_changed = False
        if not check:
            at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
            origin = Origin(opened.name, opened.sha256, opened.n_bytes, SOURCE.name, SOURCE.version, at)
            _, is_changed = ingest(register, origin, iter(arrived.batches), wait=_WAIT)
    told = _told(arrived) | {"checked_only": check, "changed": is_changed}
    return Answer(told, _lines(told))


def _arrived(package: Package, register: Path, *, today: dt.date) -> Arrived:
    from riskkit.foundation.records.evidence import given_columns
    from riskkit.monitoring.coverage import completeness
    from riskkit.monitoring.exchange.comparison import compare
    from riskkit.monitoring.exchange.reading import SOURCE, schema_drift
    from riskkit.monitoring.sources.files.opened import file_facts
    from riskkit.monitoring.sources.intake import read_records

    batches = list(read_records(file_facts(package.records), SOURCE, now=today))
    n_read = sum(one.n_read for one in batches)
    rule = "as many rows as there are record ids"
    is_whole = not package.ids or n_read == len(package.ids)
    refuse(package.name, [] if is_whole else [Fault("records.csv", f"{n_read} rows", rule)])
    named = [_named(one, package) for one in batches]
    here = _here(register, named)
    fresh = [_without(one, here) for one in named]
    rows, others = _frame(named), _frame(fresh)
    told: Any = {}
    if len(rows):
        told = completeness(rows, columns=list(given_columns())).iloc[0].drop("n_records")
    rules = Counter(rule for one in batches for rule in one.quarantine["rule_id"].to_pylist())
    compared = compare(_register_rows(register, without=rows), others)
    n_here = len(rows) - len(others)
    return Arrived(
        package, tuple(fresh), n_here, {str(k): float(v) for k, v in dict(told).items()},
        dict(rules.most_common()), schema_drift(package), compared,
    )  # fmt: skip


def _named(batch: Batch, package: Package) -> Batch:
    """The rows under the ids they had where they come from, and under the package's own name and digest."""
    import pyarrow as pa

    rows = batch.records
    given = [package.ids[row - 1] for row in rows["row_number"].to_pylist()] if package.ids else None
    core = {
        "record_id": given or rows["record_id"].to_pylist(),
        "file_name": [package.name] * len(rows),
        "file_sha256": [package.sha256] * len(rows),
    }
    for name, values in core.items():
        field = rows.schema.field(name)
        rows = rows.set_column(
            rows.schema.get_field_index(name), field, pa.array(values, pa.string()).cast(field.type)
        )
    return dataclasses.replace(batch, records=rows)


def _here(register: Path, batches: Sequence[Batch]) -> set[str]:
    """Which ids the register has already, of whatever source."""
    from riskkit.store.register.query import looking

    if not register.is_dir():
        return set()
    found: set[str] = set()
    with looking(register) as connection:
        for one in batches:
            arriving: pa.Table = one.records.select(["record_id"])
            connection.register("arriving", arriving)
            asked = "SELECT DISTINCT record_id FROM versions SEMI JOIN arriving USING (record_id)"
            found.update(row[0] for row in connection.sql(asked).fetchall())
            connection.unregister("arriving")
    return found


def _without(batch: Batch, here: set[str]) -> Batch:
    import pyarrow as pa

    is_new = pa.array([one not in here for one in batch.records["record_id"].to_pylist()], pa.bool_())
    return dataclasses.replace(batch, records=batch.records.filter(is_new))


def _frame(batches: Sequence[Batch]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    from riskkit.foundation.records.evidence import arrow_schema

    tables = [one.records.cast(arrow_schema()) for one in batches] or [arrow_schema().empty_table()]
    return pd.DataFrame(pa.concat_tables(tables).to_pandas())


def _register_rows(register: Path, *, without: pd.DataFrame) -> pd.DataFrame:
    """The records of a register that are not those of the package; those that may be compared."""
    import pandas as pd

    from riskkit.foundation.records.evidence import arrow_schema
    from riskkit.store.register.query import looking

    columns = [*arrow_schema().names]
    if not register.is_dir():
        return pd.DataFrame(arrow_schema().empty_table().to_pandas())
    import pyarrow as pa

    with looking(register) as connection:
        ids = pa.table({"record_id": pa.array(without["record_id"].tolist(), pa.string())})
        keys = pa.table({"evidence": pa.array(without["evidence"].dropna().unique().tolist(), pa.string())})
        groups = pa.array(without["product_group"].dropna().unique().tolist(), pa.string())
        for name, table in (("ids", ids), ("keys", keys), ("groups", pa.table({"product_group": groups}))):
            connection.register(name, table)
        asked = (
            f"SELECT {', '.join(columns)} FROM records ANTI JOIN ids USING (record_id) WHERE evidence IN "  # noqa: S608
            "(SELECT evidence FROM keys) OR product_group IN (SELECT product_group FROM groups)"
        )
        return pd.DataFrame(connection.sql(asked).to_arrow_table().to_pandas())


def _told(arrived: Arrived) -> dict[str, Any]:
    n_read = sum(one.n_read for one in arrived.batches)
    n_aside = sum(one.n_quarantined for one in arrived.batches)
    same = arrived.compared.same_groups
    drift = arrived.drift
    return {
        "file": arrived.package.name,
        "n_read": n_read,
        "n_quarantined": n_aside,
        "n_here": arrived.n_here,
        "n_new": n_read - n_aside - arrived.n_here,
        "rules": arrived.rules,
        "columns": {kind: drift.loc[drift["drift"] == kind, "column"].tolist() for kind in _DRIFTS},
        "n_mapped": len(arrived.package.headers) - int((drift["drift"] == "unmapped").sum()),
        "filled": {name: round(share, 6) for name, share in arrived.filled.items()},
        "conflicts": arrived.compared.conflicts.to_dict("records"),
        "n_evidence_not_compared": arrived.compared.n_ambiguous,
        "same_information": None if same is None else same.to_dict("records"),
        "not_read": list(arrived.package.not_read),
        "publisher": _plain_text(arrived.package.description.get("contributors")),
        "licence": _plain_text(arrived.package.description.get("licenses")),
    }


_DRIFTS = ("unmapped", "missing", "type", "undeclared")


def _plain_text(found: Any) -> str:
    """Titles or names of a list of the description; nothing where it is no such list."""
    rows = found if isinstance(found, list) else []
    words = [one.get("title") or one.get("name") for one in rows if isinstance(one, dict)]
    return "; ".join(word[:200] for word in words[:_MOST_TOLD] if isinstance(word, str))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    from riskkit.foundation.records.evidence import rule_text

    rows = {"read": told["n_read"], "accepted": told["n_new"], "quarantined": told["n_quarantined"]}
    rows |= {"duplicates": told["n_here"]}
    yield say("taken_file", name=told["file"], **{name: f"{n:,}" for name, n in rows.items()})
    for rule, times in list(told["rules"].items())[:_MOST_TOLD]:
        yield f"  {say('broken_rule', n=f'{times:,}', rule=rule_text(rule))}"
    yield say("mapped", mapped=told["n_mapped"], **{kind: len(told["columns"][kind]) for kind in _DRIFTS})
    for kind in ("unmapped", "type"):
        if told["columns"][kind]:
            yield f"  {say(f'drift_{kind}')} {', '.join(told['columns'][kind][:_MOST_TOLD])}"
    if told["not_read"]:
        yield f"  {say('not_read')} {', '.join(told['not_read'][:_MOST_TOLD])}"
    filled = [f"{name} {share:.0%}" for name, share in told["filled"].items() if share]
    yield say("filled", columns=", ".join(filled))
    same = told["same_information"]
    yield say("same_not_compared") if same is None else say("same_found", n=len(same))
    yield say("conflicts", n=f"{len(told['conflicts']):,}", more=f"{told['n_evidence_not_compared']:,}")
    for one in told["conflicts"][:_MOST_TOLD]:
        yield f"  {say('conflict', **one)}"
    if told["checked_only"]:
        yield say("checked_only")
    elif not told["changed"]:
        yield say("register_as_it_was")
