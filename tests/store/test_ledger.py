"""The ledger: the same tests on SQLite and on PostgreSQL; what a chain finds, and what it cannot."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ledgers
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import START, at, draft, ticking
from shared import TESTS

from riskkit.foundation.events import Draft, Event, Head, canonical, chain_findings, digest
from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.ledger import tables as ledger_tables
from riskkit.store.ledger.checks import read_head, read_head_file, verify, written_head
from riskkit.store.ledger.copies import (
    backup,
    export_ledger,
    import_export,
    manifest_of,
    read_export,
    restore,
)
from riskkit.store.ledger.ledger import Ledger, Reader, open_ledger

OLD = TESTS / "oracles" / "ledger_version_1.sql"


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    made = open_ledger(place)
    yield made
    made.close()


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    clock = ticking()
    for number in range(1, 9):
        ledger.append([draft(number)], clock=clock)
    return ledger


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(InputFaults) as caught:
        call()
    return "\n".join(fault.rule for fault in caught.value.faults)


_TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


def change(ledger: Ledger, statement: str) -> None:
    """What somebody does who may write to the database: lifts the triggers, and puts them back."""
    with ledger.engine.connect() as connection:
        kind = connection.dialect.name
        triggers = dict(connection.exec_driver_sql(_TRIGGERS[kind]).all())
        for name in triggers:
            connection.exec_driver_sql(
                f"DROP TRIGGER {name}" + (" ON ledger_events" if kind != "sqlite" else "")
            )
        connection.exec_driver_sql(statement)
        for sql in triggers.values():
            connection.exec_driver_sql(sql)
        connection.commit()


# -- the hash, known before ------------------------------------------------------------------------------


def test_the_hash_is_the_sha256_of_a_json_array_of_the_fields() -> None:
    event = Event(2, "s", "k", '{"a":"度"}', "谁", "2026-11-24T00:00:00.000000Z", "w", "key", "p" * 64, "")
    text = (
        '["riskkit-event-1",2,"s","k","{\\"a\\":\\"\\u5ea6\\"}","\\u8c01","2026-11-24T00:00:00.000000Z",'
        f'"w","key","{"p" * 64}"]'
    )
    assert digest(event) == hashlib.sha256(text.encode()).hexdigest()
    later = dataclasses.replace(event, said_at="2026-11-23T00:00:00.000000Z")
    with_time = text[:-1] + ',"2026-11-23T00:00:00.000000Z"]'
    assert digest(later) == hashlib.sha256(with_time.encode()).hexdigest()


@pytest.mark.parametrize(
    "data", [{"a": float("nan")}, {"a": float("inf")}, {"a": {1, 2}}, {1: 2}, {"a": "\ud800"}, {"a": (1, 2)}]
)
def test_data_that_json_would_change_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unchanged"):
        canonical(data)


# -- recording -------------------------------------------------------------------------------------------


def test_what_is_appended_is_read_in_order(filled: Ledger) -> None:
    events = filled.events()
    assert [one.sequence for one in events] == [*range(1, 9)]
    assert [one.data["n"] for one in events] == [*range(1, 9)]
    assert events[0].at == "2026-11-24T08:00:00.000000Z"
    assert filled.head() == Head(8, events[-1].hash, events[-1].at)
    assert verify(filled).is_whole


def test_streams_kinds_and_time_travel(ledger: Ledger) -> None:
    for number, stream in enumerate(["committee/a", "committee/a/x", "committee/ab", "warning/1"], start=1):
        ledger.append([draft(number, stream=stream, kind=f"kind_{number % 2}")], clock=at(10 * number))
    assert [e.stream for e in ledger.events("committee/a")] == ["committee/a"]
    assert [e.sequence for e in ledger.events("committee/")] == [1, 2, 3]
    assert [e.sequence for e in ledger.events("committee/a/")] == [2]
    assert [e.sequence for e in ledger.events(kinds=["kind_1"])] == [1, 3]
    assert [e.sequence for e in ledger.events(after=2)] == [3, 4]
    assert [e.sequence for e in ledger.events(until=2)] == [1, 2]
    assert [e.sequence for e in ledger.events(until=START + dt.timedelta(seconds=20))] == [1, 2]
    assert ledger.events(until=START) == ()


def test_the_same_happening_is_recorded_once(ledger: Ledger) -> None:
    first = ledger.append([draft(1)], clock=at(0))
    assert ledger.append([draft(1), draft(2)], clock=at(60))[0] == first[0]
    assert len(ledger.events()) == 2
    assert "not used for something else" in refused(
        lambda: ledger.append([draft(3), draft(1, why="no")], clock=at(70))
    )
    assert len(ledger.events()) == 2


def test_a_batch_is_recorded_whole_or_not(ledger: Ledger) -> None:
    bad = [draft(1), draft(2, stream="No Such"), draft(3, who=" "), draft(1)]
    text = refused(lambda: ledger.append(bad, clock=at(0)))
    assert text.count("\n") == 2 and "keys that stand once" in text
    assert ledger.head() == Head()


def test_a_guard_refuses_with_the_door_locked(filled: Ledger) -> None:
    def closed(reader: Reader) -> None:
        assert reader.head().sequence == 8
        from riskkit.foundation.inputs.faults import Fault, refuse

        refuse("ballot", [Fault("round", "1", "a round that is open")])

    assert refused(lambda: filled.append([draft(9)], clock=at(99), guard=closed)) == "a round that is open"
    assert filled.append([draft(8)], clock=at(99), guard=closed)[0].sequence == 8  # a retry is no new ballot
    assert len(filled.events()) == 8


def test_a_clock_that_runs_backwards_is_refused_or_recorded_as_said(ledger: Ledger) -> None:
    ledger.append([draft(1)], clock=at(100))
    ledger.append([draft(2)], clock=at(98))
    assert "does not run backwards" in refused(lambda: ledger.append([draft(3)], clock=at(90)))
    ledger.append([draft(4)], clock=at(-3600), is_late=True)
    said = [(one.at[11:19], one.said_at and one.said_at[11:19]) for one in ledger.events()]
    assert said == [("08:01:40", None), ("08:01:40", "08:01:38"), ("08:01:40", "07:00:00")]
    assert verify(ledger).is_whole
    assert "time zone" in refused(lambda: ledger.append([draft(5)], clock=lambda: dt.datetime(2027, 1, 1)))


def test_refusals_are_remembered(ledger: Ledger) -> None:
    from riskkit.foundation.inputs.faults import Fault

    ledger.append([draft(1)], clock=at(100))
    faults = InputFaults("form.xlsx", [Fault("form.xlsx:3", "x", "a number")])
    event = ledger.append_refusal("committee/a", faults, who="expert", key="r1", clock=at(0))
    assert (event.stream, event.why, event.data["faults"][0]["value"]) == (
        "refusals/committee/a",
        "a number",
        "x",
    )
    assert event.said_at == "2026-11-24T08:00:00.000000Z"


def test_the_tables_refuse_to_be_changed(filled: Ledger) -> None:
    for statement in ("UPDATE ledger_events SET who = 'x'", "DELETE FROM ledger_events"):
        with (
            filled.engine.connect() as connection,
            pytest.raises(sa.exc.DBAPIError, match="only appended to"),
        ):
            connection.exec_driver_sql(statement)
    assert verify(filled).is_whole


def test_all_kinds_of_text_come_back_as_they_were(ledger: Ledger) -> None:
    data = {
        "t": "=cmd|' /C calc'!A0 <script> 𠮷 \x00 \u202e ' \" \\ % :x",
        "n": [1, 2.5, -0.1, 10**30, None, True, {}],
    }
    ledger.append([draft(1, data=data, who="专家 '1'", why="%s :y ; DROP TABLE ledger_events")], clock=at(0))
    event = ledger.events()[0]
    assert event.data == data and event.who == "专家 '1'"
    assert verify(ledger).is_whole


# -- what a chain finds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column", ["stream", "kind", "payload", "who", "at", "why", "key", "prev_hash", "hash"]
)
def test_an_altered_row_is_found_and_named(filled: Ledger, column: str) -> None:
    change(filled, f"UPDATE ledger_events SET {column} = {column} || '0' WHERE sequence = 5")
    assert 5 in {
        one.sequence for one in verify(filled).findings if one.kind in {"altered", "unlinked", "clock"}
    }
    assert "whole chain" in refused(lambda: export_ledger(filled, Path("never.jsonl")))


def test_a_time_that_was_put_in_beside_is_found(filled: Ledger) -> None:
    change(filled, "UPDATE ledger_events SET said_at = at WHERE sequence = 5")
    assert [(one.sequence, one.kind) for one in verify(filled).findings] == [(5, "altered")]


def test_a_missing_row_is_found_and_named(filled: Ledger) -> None:
    change(filled, "DELETE FROM ledger_events WHERE sequence IN (3, 4)")
    found = verify(filled).findings
    assert [(one.sequence, one.kind) for one in found] == [(3, "missing"), (5, "unlinked")]
    assert found[0].detail == "3 to 4"


def test_rows_that_were_moved_are_found_and_named(filled: Ledger) -> None:
    for one, two in ((3, 99), (6, 3), (99, 6)):
        change(filled, f"UPDATE ledger_events SET sequence = {two} WHERE sequence = {one}")
    moved = [(one.sequence, one.detail) for one in verify(filled).findings if one.kind == "moved"]
    assert moved == [(3, "this is row 6"), (6, "this is row 3")]


def test_a_cut_tail_shows_only_against_a_head_kept_elsewhere(filled: Ledger) -> None:
    head = read_head(written_head(filled.head(), place="x"), name="x")
    change(filled, "DELETE FROM ledger_events WHERE sequence > 6")
    assert verify(filled).is_whole  # a chain alone cannot tell
    assert [(one.sequence, one.kind) for one in verify(filled, anchors=[head]).findings] == [(8, "truncated")]


def test_a_chain_written_anew_shows_only_against_a_head_kept_elsewhere(filled: Ledger) -> None:
    head = filled.head()
    events = list(filled.events())
    last = Head(4, events[3].hash)
    for number in range(4, 8):
        bare = dataclasses.replace(events[number], who="forger", prev_hash=last.hash)
        events[number] = dataclasses.replace(bare, hash=digest(bare))
        last = Head(number + 1, events[number].hash)
    assert chain_findings(events) == ()
    assert [one.kind for one in chain_findings(events, anchors=[head])] == ["rewritten"]


def test_a_head_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    for text in (
        "",
        "[]",
        "{}",
        '{"format": "riskkit-ledger-head-1", "sequence": "1", "hash": "", "at": ""}',
    ):
        path = tmp_path / "head.json"
        path.write_text(text)
        assert "anchor wrote" in refused(lambda path=path: read_head_file(path))


TEXT_COLUMNS = ("stream", "kind", "payload", "who", "at", "why", "key", "prev_hash", "hash")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "ledger.sqlite"
    ledger = open_ledger(str(path))
    clock = ticking()
    for number in range(6):
        ledger.append([draft(number, data={"n": number, "度": [1.5, "专家"]})], clock=clock)
    ledger_tables.leave_log(ledger.engine)
    ledger.close()
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_altered_byte_of_any_row_is_found(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "altered.sqlite"
    shutil.copy(whole, path)
    row, column = data.draw(st.integers(1, 6)), data.draw(st.sampled_from(TEXT_COLUMNS))
    with contextlib.closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DROP TRIGGER ledger_no_update")
        (text,) = raw.execute(f"SELECT {column} FROM ledger_events WHERE sequence = ?", (row,)).fetchone()
        value = bytearray(text.encode())
        place = data.draw(st.integers(0, len(value) - 1))
        value[place] ^= data.draw(st.integers(1, 255))
        statement = f"UPDATE ledger_events SET {column} = CAST(? AS TEXT) WHERE sequence = ?"
        try:
            raw.execute(statement, (bytes(value), row))
        except sqlite3.IntegrityError:  # a key or hash of another row: the table itself refuses
            return
    ledger = open_ledger(str(path), is_reader=True)
    found = verify(ledger)
    ledger.close()
    assert any(row <= one.sequence <= row + 1 for one in found.findings), found


def test_a_value_of_another_type_is_found(whole: Path, tmp_path: Path) -> None:
    for statement in ("who = CAST(who AS BLOB)", "payload = 7"):
        path = tmp_path / "typed.sqlite"
        shutil.copy(whole, path)
        with sqlite3.connect(path) as raw:
            (trigger,) = raw.execute(
                "SELECT sql FROM sqlite_master WHERE name = 'ledger_no_update'"
            ).fetchone()
            raw.execute("DROP TRIGGER ledger_no_update")
            raw.execute(f"UPDATE ledger_events SET {statement} WHERE sequence = 2")
            raw.execute(trigger)
        raw.close()
        ledger = open_ledger(str(path), is_reader=True)
        assert {one.sequence for one in verify(ledger).findings} == {2}
        ledger.close()


def test_a_damaged_page_is_found(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.sqlite"
    raw = bytearray(whole.read_bytes())
    place = raw.index("专家".encode())
    raw[place] ^= 1
    path.write_bytes(raw)
    ledger = open_ledger(str(path), is_reader=True)
    assert not verify(ledger).is_whole
    ledger.close()
    path.write_bytes(b"not a ledger at all" * 100)
    assert "is a ledger" in refused(lambda: open_ledger(str(path), is_reader=True))


# -- the tables themselves -------------------------------------------------------------------------------

_DAMAGE = {
    "sqlite": {
        "a trigger dropped": ["DROP TRIGGER ledger_no_delete"],
        "a trigger that refuses nothing": ["DROP TRIGGER ledger_no_update", "CREATE TRIGGER ledger_no_update BEFORE UPDATE "
                                           "ON ledger_events BEGIN SELECT 1; END"],
        "a trigger that drops what is appended": ["CREATE TRIGGER more BEFORE INSERT ON ledger_events BEGIN SELECT RAISE"
                                                  "(IGNORE); END"],
        "a view in place of the table": ["ALTER TABLE ledger_events RENAME TO kept",
                                         "CREATE VIEW ledger_events AS SELECT * FROM kept"],
        "a column more": ["ALTER TABLE ledger_events ADD COLUMN note TEXT"],
        "an index dropped": ["DROP INDEX ledger_events_of_stream"],
        "a table more": ["CREATE TABLE other (a)"],
        "a version table made anew": ["DROP TABLE ledger_schema", "CREATE TABLE ledger_schema (version TEXT)",
                                      "INSERT INTO ledger_schema VALUES (2)"],
    },
    "postgresql": {
        "a trigger dropped": ["DROP TRIGGER ledger_no_change ON ledger_events"],
        "a trigger switched off": ["ALTER TABLE ledger_events DISABLE TRIGGER ledger_no_change"],
        "a trigger that refuses nothing": ["CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                                           "$$BEGIN RETURN NULL; END$$"],
        "a rule that drops what is appended": ["CREATE RULE quiet AS ON INSERT TO ledger_events DO INSTEAD NOTHING"],
        "a view in place of the table": ["ALTER TABLE ledger_events RENAME TO kept",
                                         "CREATE VIEW ledger_events AS SELECT * FROM kept"],
        "rows that are hidden": ["ALTER TABLE ledger_events ENABLE ROW LEVEL SECURITY"],
        "rows of another table": ["CREATE TABLE more () INHERITS (ledger_events)"],
        "a column more": ["ALTER TABLE ledger_events ADD COLUMN note TEXT"],
        "a key that may stand twice": ["ALTER TABLE ledger_events DROP CONSTRAINT ledger_events_key_key"],
        "an index dropped": ["DROP INDEX ledger_events_of_stream"],
    },
}  # fmt: skip


@pytest.mark.parametrize("what", sorted({*_DAMAGE["sqlite"], *_DAMAGE["postgresql"]}))
def test_tables_that_are_not_as_riskkit_makes_them_are_found(filled: Ledger, what: str) -> None:
    statements = _DAMAGE[filled.engine.dialect.name].get(what)
    if statements is None:
        pytest.skip("there is no such thing in this database")
    assert verify(filled).is_whole
    with filled.engine.begin() as connection:
        for one in statements:
            connection.exec_driver_sql(one)
    assert "schema" in {one.kind for one in verify(filled).findings}, what


# -- copies ----------------------------------------------------------------------------------------------


def test_an_export_taken_in_again_gives_the_same_bytes(filled: Ledger, tmp_path: Path) -> None:
    head = export_ledger(filled, tmp_path / "a.jsonl")
    assert json.loads(manifest_of(tmp_path / "a.jsonl").read_text())["head"]["hash"] == head.hash
    other = open_ledger(str(tmp_path / "other.sqlite"))
    assert import_export(other, tmp_path / "a.jsonl") == 8
    assert import_export(other, tmp_path / "a.jsonl") == 0
    export_ledger(other, tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    filled.append([draft(20)], clock=at(300))
    export_ledger(filled, tmp_path / "a.jsonl")
    assert import_export(other, tmp_path / "a.jsonl") == 1
    other.append([draft(21)], clock=at(400))
    assert "beginning of what is taken in" in refused(lambda: import_export(other, tmp_path / "a.jsonl"))
    other.close()


def test_an_altered_export_is_refused_with_all_that_is_wrong(filled: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    export_ledger(filled, path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[1].replace("expert", "forger"), "nonsense\n", *lines[3:7]]))
    text = refused(lambda: read_export(path))
    assert "hash of its manifest" in text and "an event of a ledger" in text and "a whole chain" in text
    manifest_of(path).unlink()
    assert "manifest beside it" in refused(lambda: read_export(path))


def test_a_backup_is_restored_and_nothing_is_written_over(filled: Ledger, tmp_path: Path) -> None:
    head = backup(filled, tmp_path / "backup.sqlite")
    assert sorted(path.name for path in tmp_path.glob("*backup*")) == [
        "backup.sqlite",
        "backup.sqlite.head.json",
    ]
    assert read_head_file(tmp_path / "backup.sqlite.head.json") == head == filled.head()
    assert "not there yet" in refused(lambda: backup(filled, tmp_path / "backup.sqlite"))
    assert restore(tmp_path / "backup.sqlite", str(tmp_path / "again.sqlite")) == head
    assert "an empty one" in refused(
        lambda: restore(tmp_path / "backup.sqlite", str(tmp_path / "again.sqlite"))
    )
    again = open_ledger(str(tmp_path / "again.sqlite"), is_reader=True)
    assert again.events() == filled.events()
    again.close()
    assert "that exists" in refused(lambda: restore(tmp_path / "none.sqlite", str(tmp_path / "x.sqlite")))


# -- versions --------------------------------------------------------------------------------------------


def _old(tmp_path: Path) -> Path:
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as raw:
        raw.executescript(OLD.read_text(encoding="utf-8"))
    raw.close()
    return path


def test_a_ledger_of_version_1_is_read_as_it_is_and_brought_up_to_date_when_written(tmp_path: Path) -> None:
    path = _old(tmp_path)
    before = path.read_bytes()
    reader = open_ledger(str(path), is_reader=True)
    assert reader.version == 1 and verify(reader).is_whole and len(reader.events()) == 3
    reader.close()
    assert path.read_bytes() == before
    ledger = open_ledger(str(path))
    assert ledger.version == 2 and len(ledger.events()) == 3
    ledger.append([draft(1)], clock=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC), is_late=True)
    assert verify(ledger).is_whole and ledger.events()[-1].said_at is not None
    ledger.close()


def test_a_ledger_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = _old(tmp_path)
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO ledger_schema VALUES (99)")
    raw.close()
    assert "a later riskkit made it" in refused(lambda: open_ledger(str(path)))


@pytest.mark.parametrize(
    "place", ["mysql://h/d", "no://", "sqlite://", "postgresql://u:secret@127.0.0.1:1/d"]
)
def test_a_place_that_is_no_ledger_is_refused_without_its_password(place: str) -> None:
    with pytest.raises(InputFaults) as caught:
        open_ledger(place)
    assert "secret" not in str(caught.value)


def test_reading_makes_no_file(tmp_path: Path) -> None:
    assert "that exists" in refused(lambda: open_ledger(str(tmp_path / "none.sqlite"), is_reader=True))
    assert "folder that exists" in refused(lambda: open_ledger(str(tmp_path / "no" / "none.sqlite")))
    assert list(tmp_path.iterdir()) == []


# -- many at once, and ends that come at any time --------------------------------------------------------


def _vote(place: str, experts: range, go: object) -> None:
    ledger = open_ledger(place)
    go.wait()  # type: ignore[attr-defined]
    for number in experts:
        one = draft(number, stream="committee/many", kind="ballot_taken", key=f"expert-{number}")
        ledger.append([one], clock=ledgers.now)
        ledger.append([one], clock=ledgers.now)  # the answer was lost: asked again
    ledger.close()


def test_200_experts_vote_at_once_from_8_processes(place: str) -> None:
    open_ledger(place).close()
    spawn = ledgers.fast_starter()
    go = spawn.Event()
    shares = [range(start, 200, 8) for start in range(8)]
    voters = [spawn.Process(target=_vote, args=(place, share, go)) for share in shares]
    for one in voters:
        one.start()
    go.set()
    for one in voters:
        one.join(120)
    assert [one.exitcode for one in voters] == [0] * 8
    ledger = open_ledger(place, is_reader=True)
    assert sorted(e.data["n"] for e in ledger.events("committee/many")) == [*range(200)]
    assert verify(ledger).is_whole
    ledger.close()


def test_8_processes_make_one_ledger(tmp_path: Path) -> None:
    place = str(tmp_path / "new.sqlite")
    spawn = ledgers.fast_starter()
    go = spawn.Event()
    voters = [spawn.Process(target=_vote, args=(place, range(n, n + 1), go)) for n in range(8)]
    for one in voters:
        one.start()
    go.set()
    for one in voters:
        one.join(120)
    ledger = open_ledger(place)
    assert ledger.head().sequence == 8 and verify(ledger).is_whole
    ledger.close()


_APPENDER = """
import datetime as dt, sys
from riskkit.foundation.events import Draft
from riskkit.store.ledger.ledger import open_ledger
ledger = open_ledger(sys.argv[1])
for n in range(100_000):
    key = f"{sys.argv[2]}-{n}"
    ledger.append([Draft("a", "said", {"n": n, "text": "x" * 3000}, who="w", why="y", key=key)],
                  clock=lambda: dt.datetime.now(dt.UTC))
    sys.stdout.write(key + "\\n"); sys.stdout.flush()
"""


def test_killed_at_any_time_no_acknowledged_event_is_lost(place: str) -> None:
    acknowledged: list[str] = []
    for number, (n_first, pause) in enumerate([(1, 0.0), (2, 0.01), (7, 0.003), (20, 0.05)]):
        command = [sys.executable, "-c", _APPENDER, place, f"run{number}"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        first = "".join(child.stdout.readline() for _ in range(n_first))
        time.sleep(pause)  # so that it ends in the middle of what it does next
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read()
        child.wait()
        child.stdout.close()
        lines = (first + rest).splitlines(keepends=True)
        acknowledged += [line.strip() for line in lines if line.endswith("\n")]
    ledger = open_ledger(place)
    assert {e.key for e in ledger.events()} >= set(acknowledged)
    assert len(acknowledged) >= 30
    assert verify(ledger).is_whole
    ledger.append([draft(1)], clock=ledgers.now)
    ledger.close()


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"))
    ledger.append([draft(1)], clock=at(0))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
    try:
        text = refused(lambda: ledger.append([draft(2, data={"t": "x" * 200_000})], clock=at(1)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert re.search("nothing was recorded", text)
    assert [e.key for e in ledger.events()] == ["k1"]
    ledger.append([draft(2)], clock=at(2))
    assert verify(ledger).is_whole
    ledger.close()


def test_a_file_that_reached_its_limit_is_said(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"))
    with ledger.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        pages = driver.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[union-attr]
        driver.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[union-attr]
    text = refused(lambda: ledger.append([Draft("a", "b", {"t": "x" * 50_000}, "w", "y", "k")], clock=at(1)))
    assert text == "a disk with room left; nothing was recorded"
    assert ledger.head() == Head()
    ledger.close()


# -- what a killed copy leaves ---------------------------------------------------------------------------

_KILLED_COPY = """
import os, pathlib, signal, sys
from riskkit.store.ledger import copies as ledger_copies
from riskkit.store.ledger.ledger import Reader, open_ledger
place, what, out = sys.argv[1:]
recorded = Reader.recorded
def some(self, **more):
    for n, event in enumerate(recorded(self, **more)):
        parts = list(pathlib.Path(out).parent.glob("*.part-*"))
        if parts and n == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield event
Reader.recorded = some
getattr(ledger_copies, what)(open_ledger(place, is_reader=True), pathlib.Path(out))
"""


@pytest.mark.parametrize("what", ["export_ledger", "backup"])
def test_what_a_killed_copy_left_is_swept_by_the_next_and_nothing_else(tmp_path: Path, what: str) -> None:
    place, out = tmp_path / "ledger.sqlite", tmp_path / "copies" / "copy"
    out.parent.mkdir()
    ledger = open_ledger(str(place))
    clock = ticking()
    for number in range(1, 9):
        ledger.append([draft(number)], clock=clock)
    told = [sys.executable, "-c", _KILLED_COPY, str(place), what, str(out)]
    assert subprocess.run(told, check=False).returncode == -signal.SIGKILL
    left = [one.name for one in out.parent.iterdir()]
    assert left and all(".part-" in name for name in left) and not out.exists()
    foreign = [
        "copy.part-1",
        "a.part",
        f"copy.part-00000000-{os.getpid()}-00000000",
        ".copy.12.part",
        "notes.part-x",
    ]
    for name in foreign:
        (out.parent / name).write_text("not ours, or of another machine")
    (out.parent / part_files.part_name("busy")).write_text("of a process that lives")
    copies = {"export_ledger": export_ledger, "backup": backup}
    copies[what](ledger, out)
    ledger.close()
    names = {one.name for one in out.parent.iterdir()}
    beside = {"export_ledger": "copy.manifest.json", "backup": "copy.head.json"}[what]
    assert {name for name in names if not name.startswith("busy.part-")} == {"copy", beside, *foreign}
    assert not names & set(left) and len(names) == len(foreign) + 3
