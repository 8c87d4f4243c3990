"""The commands that hand evidence on and take it in: ``register export`` and ``register import``."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.language import in_each_language
from riskkit.foundation.records.evidence import arrow_schema, given_columns, rule_text
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.options import beside
from riskkit.workbench.runs.planning import pairs
from riskkit.workbench.words.messages import answer

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

    from riskkit.monitoring.exchange.comparison import Compared
    from riskkit.monitoring.exchange.reading import Package
    from riskkit.monitoring.sources.intake import Batch

_WAIT = 60.0
_MOST_TOLD = 20


def export_register(**given: Any) -> int:
    """Write a selection of a register as a data package."""
    from riskkit.monitoring.exchange.package import counts_package, records_package
    from riskkit.monitoring.exchange.rules import shared_counts, shared_records

    out: Path = given["out"] or beside(given["register"], f"{given['level']}.zip")
    refuse("--out", [] if out.suffix == ".zip" else [Fault("--out", shown(str(out)), "a .zip file")])
    rows, told = _selected(given)
    is_records = given["level"] == "records"
    shared = shared_records(rows) if is_records else shared_counts(rows, by=given["by"])
    (records_package if is_records else counts_package)(
        out, shared, _about(given, rows, told), is_forced=given.get("force", False)
    )  # fmt: skip
    held = shared.held_back.loc[shared.held_back["rule"] != "not_counted"]
    facts = {"rows": len(shared.table), "held_back": int(held["n_values"].sum())}
    if given["is_json"]:
        content = {"level": given["level"], "file": str(out), "log": shared.held_back.to_dict("records")}
        answer({"command": "register export", "ok": True, "exit_code": 0, **facts, **content})
        return 0
    _say_exported(shared.held_back, facts, out, given=given)
    return 0


def _say_exported(log: pd.DataFrame, facts: dict[str, int], out: Path, *, given: dict[str, Any]) -> None:
    numbers = {name: f"{n:,}" for name, n in facts.items()}
    click.echo(say("exported", what=say(f"level_{given['level']}"), file=out, **numbers))
    for row in log.to_dict("records"):
        click.echo(say("held_back", column=row["column"], n=f"{row['n_values']:,}", why=row[given["lang"]]))


def _selected(given: dict[str, Any]) -> tuple[pd.DataFrame, str]:
    """The records that are asked for, in an order of their own, and the selection in words."""
    from riskkit.store.register.query import looking

    folder: Path = given["register"]
    refuse("--register", [] if folder.is_dir() else [Fault("--register", shown(str(folder)), _A_REGISTER)])
    wanted = pairs(given["where"])
    rule = "a column of the record"
    refuse(
        "--where", [Fault("--where", shown(one), rule) for one in wanted if one not in arrow_schema().names]
    )
    parts, values = [f"CAST({name} AS VARCHAR) = ?" for name in wanted], list[Any](wanted.values())
    for name, sign in (("since", ">="), ("until", "<=")):
        if given[name] is not None:
            parts.append(f"date {sign} ?")
            values.append(_day(given[name], name))
    question = f"SELECT * FROM records WHERE {' AND '.join(parts) or 'true'} ORDER BY record_id"  # noqa: S608
    with looking(folder) as connection:
        rows = pd.DataFrame(connection.sql(question, params=values).to_arrow_table().to_pandas())
    refuse("export", [] if len(rows) else [Fault("export", "0 records", "a selection that holds records")])
    told = [f"{name} = {value}" for name, value in wanted.items()]
    told += [f"{name} {given[name]}" for name in ("since", "until") if given[name] is not None]
    return rows, "; ".join(told)


_A_REGISTER = "the folder of a register"


def _day(text: str, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputFaults("export", [Fault(f"--{name}", shown(text), "YYYY-MM-DD")]) from error


def _about(given: dict[str, Any], rows: pd.DataFrame, selection: str) -> Any:
    from riskkit.monitoring.exchange.package import About, source_terms
    from riskkit.monitoring.sources.catalogue import SOURCES

    zh, en = in_each_language(say, f"title_{given['level']}").values()
    known = {one.name: (f"{one.title_zh} / {one.title_en} ({one.publisher})", one.licence) for one in SOURCES}
    return About(
        given["title"] or zh, given["title"] or en, given["publisher"], given["licence"],
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


def import_register(package: Path, **given: Any) -> int:
    """Check a data package and read its records into a register, whole or not at all."""
    from riskkit.monitoring.exchange.reading import SOURCE, read_package
    from riskkit.store.register.changes import Origin, ingest

    now = dt.datetime.now().astimezone()
    with tempfile.TemporaryDirectory(prefix="riskkit-") as there:
        opened = read_package(package, into=Path(there))
        arrived = _arrived(opened, given["register"], today=now.date())
        is_changed = False
        if not given["check"]:
            at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
            origin = Origin(opened.name, opened.sha256, opened.n_bytes, SOURCE.name, SOURCE.version, at)
            _, is_changed = ingest(given["register"], origin, iter(arrived.batches), wait=_WAIT)
    told = _told(arrived) | {"checked_only": given["check"], "changed": is_changed}
    if given["is_json"]:
        answer({"command": "register import", "ok": True, "exit_code": 0, **told})
    else:
        _say(arrived, told, given)
    return 0


def _arrived(package: Package, register: Path, *, today: dt.date) -> Arrived:
    from riskkit.monitoring.coverage import completeness
    from riskkit.monitoring.exchange.comparison import compare
    from riskkit.monitoring.exchange.reading import SOURCE, schema_drift
    from riskkit.monitoring.sources.files.opened import file_facts
    from riskkit.monitoring.sources.intake import read_records

    batches = list(read_records(file_facts(package.records), SOURCE, now=today))
    n_read = sum(one.n_read for one in batches)
    rule = "as many rows as there are record ids"
    refuse(
        package.name,
        []
        if not package.ids or n_read == len(package.ids)
        else [Fault("records.csv", f"{n_read} rows", rule)],
    )
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
    import pyarrow as pa

    tables = [one.records.cast(arrow_schema()) for one in batches] or [arrow_schema().empty_table()]
    return pd.DataFrame(pa.concat_tables(tables).to_pandas())


def _register_rows(register: Path, *, without: pd.DataFrame) -> pd.DataFrame:
    """The records of a register that are not those of the package; those that may be compared."""
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


def _say(arrived: Arrived, told: dict[str, Any], given: dict[str, Any]) -> None:
    for line in _lines(arrived, told, given):
        click.echo("".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line))


def _lines(arrived: Arrived, told: dict[str, Any], given: dict[str, Any]) -> Iterator[str]:
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
    if given["check"]:
        yield say("checked_only")
    elif not told["changed"]:
        yield say("register_as_it_was")
