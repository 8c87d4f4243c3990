"""Approval, delivery and the whole life of warnings in the ledger: twice nothing, half nothing, all on record."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime as dt
import email
import email.policy
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warned import NOW, HandClock, assessed_case, issue, issued, room_in, step

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.ledger.checks import verify
from riskkit.warning.publication.channels import (
    Channel,
    check_recipients,
    concerned,
    deliveries,
    is_loopback,
    read_channels,
)
from riskkit.workbench.commands import cli
from riskkit.workbench.document import documents
from riskkit.workbench.flows.warnings.delivery import delivery_log, release
from riskkit.workbench.flows.warnings.official import missing_for
from riskkit.workbench.flows.warnings.rehearsal import _estimate, rehearse
from riskkit.workbench.flows.warnings.room import WarningRoom, approve, record_draft, states_in

OUT = Channel("out", "folder", "sent", ("bulletin", "circular", "announcement", "cap"), ("zh", "en"))
ALWAYS = {".html", ".docx", ".txt", ".xml", ".json", ".ics"}
"""Endings of what an issue holds on every machine; a PDF needs parts of the system."""
POST = Channel("post", "mail", "mail", ("announcement",), ("zh",), ("consumers",))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[WarningRoom]:
    found = room_in(tmp_path)
    yield found
    found.ledger.close()


def ready(room: WarningRoom) -> dict[str, bytes]:
    """An issue that is drafted and approved."""
    issued(room)
    made = issue()
    record_draft(room, "w-1", "w-1.1", files=made.hashes(), who="c")
    approve(room, "w-1", "w-1.1", who="b", why="read")
    return dict(made.files)


def people(n: int) -> pd.DataFrame:
    rows = [(f"读者{k}", "consumers", f"p{k}@example.org") for k in range(n)]
    return pd.DataFrame(rows, columns=["recipient", "group", "address"])


def send(room: WarningRoom, files: dict[str, bytes], base: Path, **more: Any) -> Any:
    given = {"channels": [OUT], "who": "c", "base": base} | more
    return release(room, "w-1", "w-1.1", files=files, **given)


def test_nothing_leaves_without_the_approval_of_a_second_person(room: WarningRoom, tmp_path: Path) -> None:
    issued(room)
    made = issue()
    files = dict(made.files)
    with pytest.raises(InputFaults, match="documents were drafted"):
        send(room, files, tmp_path)
    record_draft(room, "w-1", "w-1.1", files=made.hashes(), who="c")
    with pytest.raises(InputFaults, match="approved by a second person"):
        send(room, files, tmp_path)
    with pytest.raises(InputFaults, match="not the same"):
        approve(room, "w-1", "w-1.1", who="c", why="mine")
    assert not (tmp_path / "sent").exists()
    approve(room, "w-1", "w-1.1", who="b", why="read")
    assert send(room, files, tmp_path).is_whole
    kinds = [one.kind for one in room.ledger.events("warning/w-1")]
    assert kinds[-1] == "delivered"
    assert len(room.ledger.events("refusals/warning/w-1")) == 1


def test_what_was_changed_after_the_approval_does_not_leave(room: WarningRoom, tmp_path: Path) -> None:
    files = ready(room)
    changed = files | {"circular.zh.txt": b"something else"}
    with pytest.raises(InputFaults, match="a file as it was approved"):
        send(room, changed, tmp_path)
    with pytest.raises(InputFaults, match="missing"):
        send(room, {"circular.zh.txt": files["circular.zh.txt"]}, tmp_path)
    record_draft(room, "w-1", "w-1.1", files={"circular.zh.txt": "ab"}, who="c")
    with pytest.raises(InputFaults, match="as it stands now"):
        send(room, files, tmp_path)
    assert not (tmp_path / "sent").exists()


def test_trying_again_delivers_nothing_twice(room: WarningRoom, tmp_path: Path) -> None:
    files = ready(room)
    first = send(room, files, tmp_path)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "sent").rglob("*.*")}
    again = send(room, files, tmp_path)
    assert (len(again.delivered), len(again.before)) == (0, len(first.delivered))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sent").rglob("*.*")} == times
    assert len(delivery_log(room, "w-1")) == len(first.delivered) == 7


def test_a_delivery_that_fails_is_recorded_and_done_when_it_can_be(room: WarningRoom, tmp_path: Path) -> None:
    files = ready(room)
    (tmp_path / "mail").write_text("a file where a folder should be")
    done = send(room, files, tmp_path, channels=[OUT, POST], recipients=people(2))
    assert (len(done.delivered), len(done.failed)) == (7, 2)
    send(room, files, tmp_path, channels=[OUT, POST], recipients=people(2))
    (tmp_path / "mail").unlink()
    last = send(room, files, tmp_path, channels=[OUT, POST], recipients=people(2))
    assert (len(last.delivered), len(last.before), last.is_whole) == (2, 7, True)
    log = delivery_log(room, "w-1")
    assert log["outcome"].value_counts().to_dict() == {"delivered": 9, "delivery_failed": 4}


def test_ten_thousand_recipients_with_duplicates_are_refused_and_nobody_gets_anything(
    room: WarningRoom, tmp_path: Path
) -> None:
    files = ready(room)
    many = people(10_000)
    many.loc[5_000, "address"] = "P4@example.org"
    many.loc[9_999, "recipient"] = "读者7"
    many.loc[3, "group"] = "friends"
    many.loc[11, "address"] = "a@b.cn, c@d.cn"
    start = time.process_time()
    with pytest.raises(InputFaults) as caught:
        send(room, files, tmp_path, channels=[OUT, POST], recipients=many)
    assert time.process_time() - start < 10
    assert sorted(one.place for one in caught.value.faults) == [
        "recipients/row 10000", "recipients/row 12/address", "recipients/row 4/group", "recipients/row 5001",
    ]  # fmt: skip
    assert not (tmp_path / "sent").exists() and not (tmp_path / "mail").exists()
    assert delivery_log(room, "w-1").empty


def test_mail_is_written_to_those_whom_it_is_for_and_never_sent(room: WarningRoom, tmp_path: Path) -> None:
    files = ready(room)
    names = ["=cmd()", "a/../../b", "<b>"]
    some = pd.DataFrame({"recipient": names, "group": "consumers", "address": ["a@b.cn", "b@b.cn", "c@b.cn"]})
    ports = pd.DataFrame([("上海", "port", "p@b.cn")], columns=some.columns)
    send(room, files, tmp_path, channels=[POST], recipients=pd.concat([some, ports]))
    found = sorted((tmp_path / "mail").rglob("*"))
    mails = [one for one in found if one.is_file()]
    assert len(mails) == 3 and all(one.parent == tmp_path / "mail" / "w-1.1" for one in mails)
    read = email.message_from_bytes(mails[0].read_bytes(), policy=email.policy.default)
    assert read["To"] in ("a@b.cn", "b@b.cn", "c@b.cn")
    attached = next(read.iter_attachments())
    assert attached.get_content() == files["announcement.zh.txt"].decode()


def test_a_webhook_of_this_machine_gets_each_file_once(room: WarningRoom, tmp_path: Path) -> None:
    got: list[tuple[str, bytes]] = []
    status = [500]

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if status[0] == 200:
                got.append((self.headers["Idempotency-Key"], body))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        files = ready(room)
        hook = Channel(
            "hook", "webhook", f"http://127.0.0.1:{server.server_port}/in", ("cap", "data"), ("zh",)
        )
        assert len(send(room, files, tmp_path, channels=[hook]).failed) == 2
        status[0] = 200
        assert len(send(room, files, tmp_path, channels=[hook]).delivered) == 2
        assert len(send(room, files, tmp_path, channels=[hook]).before) == 2
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert sorted(body for _, body in got) == sorted([files["cap.xml"], files["data.json"]])
    assert len({key for key, _ in got}) == 2


@pytest.mark.parametrize(
    "address",
    ["http://example.org/", "https://127.0.0.1:1/", "http://localhost:80/", "http://127.0.0.1/", "file:///etc",
     "http://127.0.0.1:1@example.org/", "http://u@127.0.0.1:1/", "http://[::ffff:8.8.8.8]:1/", "http://0.0.0.0:1/"],
)  # fmt: skip
def test_no_address_but_one_of_this_machine_is_a_webhook(address: str) -> None:
    assert not is_loopback(address)
    row = {"name": "a", "kind": "webhook", "to": address, "documents": ["cap"]}
    with pytest.raises(InputFaults, match="nothing leaves this machine"):
        read_channels({"channel": [row]})


def test_everything_wrong_with_channels_is_said_at_once() -> None:
    good = {"name": "a", "kind": "folder", "to": "x", "documents": ["cap"]}
    bad = {
        "name": "A b",
        "kind": "fax",
        "to": "",
        "documents": ["poem"],
        "languages": [],
        "groups": ["me"],
        "x": 1,
    }
    with pytest.raises(InputFaults) as caught:
        read_channels({"channel": [good, bad, good]})
    assert len(caught.value.faults) == 8
    for wrong in ({}, {"channel": []}, {"channel": "x"}, {"channel": [good], "more": 1}):
        with pytest.raises(InputFaults):
            read_channels(wrong)
    with pytest.raises(InputFaults, match="a table"):
        read_channels({"channel": [1]})


@given(st.lists(st.sampled_from(["port", "enterprise", "platform", "consumers"]), min_size=1, max_size=8))
def test_who_gets_what_follows_from_groups_and_each_key_is_its_own(groups: list[str]) -> None:
    rows = [(f"r{k}", group, f"r{k}@b.cn") for k, group in enumerate(groups)]
    table = pd.DataFrame(rows, columns=["recipient", "group", "address"])
    channel = Channel("m", "mail", "mail", ("short",), ("zh",), ("port", "platform"))
    found = deliveries([channel, OUT], {"short.zh.txt": b"x", "cap.xml": b"y"}, table)
    mail = [one.recipient for one in found if one.channel is channel]
    assert mail == [f"r{k}" for k, group in enumerate(groups) if group in ("port", "platform")]
    assert len({one.key for one in found}) == len(found)


def test_those_concerned_are_named_with_the_reason() -> None:
    records = pd.DataFrame(
        {
            "hs": ["8517", "851712", "950300", "851712", None],
            "maker": ["甲", "乙", "丙", "乙", "丁"],
            "consignor": [None, "商行", None, None, None],
            "port": ["2200", "2200", "2300", None, "2200"],
        }
    )
    found = concerned(records, hs=["851712"], places=["0900", "2200"])
    told = found.set_index(["recipient", "group"])
    assert set(found["recipient"]) == {"甲", "乙", "商行", "2200", "0900"}
    assert told.loc[("乙", "enterprise"), "n"] == 2
    assert told.loc[("2200", "port"), "reason"] == "port"
    assert told.loc[("0900", "port"), "reason"] == "named"


def test_lists_of_recipients_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputFaults, match="a column"):
        check_recipients(pd.DataFrame({"recipient": ["a"]}))
    with pytest.raises(InputFaults, match="from 1 to"):
        check_recipients(people(0))
    with pytest.raises(InputFaults, match="not empty"):
        check_recipients(pd.DataFrame([("", "port", "")], columns=["recipient", "group", "address"]))
    with pytest.raises(InputFaults, match="hidden"):
        check_recipients(pd.DataFrame([("a\u202eb", "port", "")], columns=["recipient", "group", "address"]))


def test_steps_are_refused_with_all_reasons_and_the_refusal_is_on_record(room: WarningRoom) -> None:
    with pytest.raises(InputFaults) as caught:
        step(room, "proposed", level=3, reason="", evidence=())
    assert len(caught.value.faults) == 2
    step(room, "proposed", level=4)
    for who, words in (("a", "another person"), ("b", "authorised")):
        with pytest.raises(InputFaults, match=words):
            step(room, "confirmed", who)
    with pytest.raises(InputFaults, match="a step that may follow"):
        step(room, "lifted", "b")
    kinds = [one.kind for one in room.ledger.events("warning/w-1")]
    assert kinds == ["proposed"]
    refused = room.ledger.events("refusals/warning/w-1")
    assert len(refused) == 4
    assert [one.who for one in refused] == ["a", "a", "b", "b"]
    assert states_in(room)["w-1"].phase == "proposed"


def test_a_warning_is_known_as_it_was_at_any_moment(room: WarningRoom) -> None:
    issued(room)
    middle = room.clock()
    room.clock()
    step(room, "raised", "b", level=4, is_authorised=True)
    assert states_in(room)["w-1"].level == 4
    assert states_in(room, until=middle)["w-1"].level == 3
    assert states_in(room, until=NOW) == {}


def test_a_rehearsal_takes_a_case_from_assessment_to_a_lifted_warning(
    tmp_path: Path,
) -> None:
    room = room_in(tmp_path)
    told: list[str] = []
    done = rehearse(assessed_case(), room.ledger, out=tmp_path, tell=told.append)
    # one level at a time, and lifted from the lowest only
    assert [one.phase for one in done.states] == ["proposed", "confirmed", *["issued"] * 3, "lifted"]
    assert [one.level for one in done.states] == [3, 3, 3, 2, 1, 1]
    assert [one.notice.kind for one in done.issues] == ["first", "changed", "changed", "lifted"]
    assert told[-1] == "note7-battery-2016.4"
    steps = [event for event in room.ledger.events("warning/") if event.kind in ("lowered", "lifted")]
    assert [event.data["reason"].rpartition("(")[2] for event in steps] == ["EF-12)", "EF-12)", "EF-11)"]
    for one in done.issues:
        folder = tmp_path / "issues" / one.notice.notice_id
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == dict(one.files)
    assert verify(room.ledger).is_whole
    kinds = [event.kind for event in room.ledger.events("warning/")]
    assert kinds.count("approved") == kinds.count("drafted") == 4
    assert kinds.count("delivered") == done.n_deliveries == len(delivery_log(room, "note7-battery-2016"))
    room.ledger.close()


def test_a_rehearsal_stops_where_the_effect_does_not_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskkit.workbench.flows.warnings.rehearsal.AFTER", (19,) * 12)
    _estimate.cache_clear()
    room = room_in(tmp_path)
    with pytest.raises(InputFaults) as refused:
        rehearse(assessed_case(), room.ledger, out=tmp_path)
    assert {one.place.rpartition(".")[2] for one in refused.value.faults} == {"effect_agrees", "has_consent"}
    assert states_in(room)["note7-battery-2016"].phase == "issued"
    room.ledger.close()
    _estimate.cache_clear()


def test_one_command_takes_a_case_through_the_whole_chain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "w"
    assert cli.main(["warning", "rehearse", "desk-lamps-cbec-2019", "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["phase"] for one in said["life"]][-1] == "lifted"
    files = [path for path in (out / "issues").rglob("*") if path.is_file()]
    assert len(files) == said["n"]
    assert {path.suffix for path in files} == ALWAYS | (set() if missing_for("pdf") else {".pdf"})
    assert set(said["not_written"]) == ({"pdf"} if missing_for("pdf") else set())
    assert cli.main(["ledger", "verify", "--ledger", str(out / "ledger.sqlite"), "--lang", "en"]) == 0
    assert cli.main(["warning", "rehearse", "desk-lamps-cbec-2019", "--out", str(out), "--lang", "en"]) == 2


@pytest.fixture
def without_pango(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine where WeasyPrint finds no library of the system: it prints a banner and cannot be imported."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "weasyprint.py").write_text(
        "print('-----\\nWeasyPrint could not import some external libraries.')\n"
        "raise OSError(\"cannot load library 'libgobject-2.0-0'\")\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    documents._has_pango.cache_clear()
    yield
    documents._has_pango.cache_clear()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_pango_everything_but_the_pdf_is_written_and_what_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_pango: None, lang: str
) -> None:
    out = tmp_path / "w"
    words = ["warning", "rehearse", "desk-lamps-cbec-2019", "--out", str(out), "--lang", lang]
    assert cli.main(words) == 0
    said = capsys.readouterr()
    assert "libpango-1.0-0" in said.err and "PDF" in said.err
    assert "WeasyPrint" not in said.out + said.err
    assert {path.suffix for path in (out / "issues").rglob("*") if path.is_file()} == ALWAYS


def test_without_pango_a_draft_and_a_rehearsal_answer_json_that_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without_pango: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = "desk-lamps-cbec-2019"
    for step_words in (
        ["propose", case, "--as", "a"],
        ["confirm", case, "--as", "b"],
        ["issue", case, "--as", "c", "--until", "2999-01-01", "--why", "as confirmed"],
    ):
        assert cli.main(["warning", *step_words]) == 0
    capsys.readouterr()
    for asked in (
        ["draft", case, "--out", "made", "--port", "2200", "--as", "c", "--all-goods", "x y"],
        ["rehearse", case, "--out", "rehearsed"],
    ):
        assert cli.main(["warning", *asked, "--json", "--lang", "en"]) == 0
        said = json.loads(capsys.readouterr().out)  # the banner would be no JSON
        assert any("libpango-1.0-0" in part for part in said["not_written"]["pdf"])
    assert {path.suffix for path in Path("made").rglob("*.*")} >= {".html", ".docx", ".txt", ".xml"}


def test_the_commands_step_by_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = "desk-lamps-cbec-2019"

    def run(*words: str, code: int = 0) -> dict[str, Any]:
        assert cli.main(["warning", *words, "--json", "--lang", "en"]) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    assert run("propose", case, "--as", "a")["phase"] == "proposed"
    assert run("confirm", case, "--as", "a", code=2)["error"] == "input"
    run("confirm", case, "--as", "b")
    run("issue", case, "--as", "c", "--until", "2999-01-01", "--why", "as confirmed")
    assert run("issue", case, "--until", "soon", code=2)["faults"][0]["rule"] == "YYYY-MM-DD"
    drafted = run(
        "draft", case, "--out", "made", "--port", "2200", "--as", "c", "--exercise", "--all-goods", "x y"
    )
    issue_id, folder = drafted["issue"], drafted["folder"]
    assert run("approve", case, issue_id, "--as", "c", code=2)["error"] == "input"
    Path("channels.toml").write_text(
        '[[channel]]\nname = "out"\nkind = "folder"\nto = "sent"\ndocuments = ["circular"]\n'
    )
    run("release", case, issue_id, folder, "--channels", "channels.toml", code=2)
    n_files = 6 if missing_for("pdf") else 8
    run("approve", case, issue_id, "--as", "b")
    assert run("release", case, issue_id, folder, "--channels", "channels.toml")["n"] == n_files
    assert run("release", case, issue_id, folder, "--channels", "channels.toml")["before"] == n_files
    assert run("status")["warnings"][0]["due"]
    run("lift", case, "--why", "gone", "--evidence", "e", code=2)
    run("lift", case, "--why", "gone", "--evidence", "e", "--effect", "--consent", "--as", "b")
    assert run("draft", case, "--out", "made", "--port", "2200", "--as", "c", "--all-goods", "x y")[
        "issue"
    ].endswith(".2")
    assert cli.main(["warning", "status", "--lang", "zh"]) == 0
    assert "已解除" in capsys.readouterr().out
    assert not (os.environ.get("RISKKIT_LEDGER") and Path(os.environ["RISKKIT_LEDGER"]).exists())


class Receiver:
    """A webhook of this machine that counts what it gets, and may do something before it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.before_answer: Callable[[], None] = lambda: None
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers["Idempotency-Key"], body))
                receiver.before_answer()
                with contextlib.suppress(OSError):  # nobody may be there any more
                    self.send_response(200)
                    self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> Receiver:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def channel(self) -> Channel:
        address = f"http://127.0.0.1:{self.server.server_port}/in"
        return Channel("hook", "webhook", address, ("cap", "data"), ("zh",))


_KILLED = """
import datetime, os, pickle, signal, sys
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.flows.warnings import delivery
from riskkit.workbench.flows.warnings.room import WarningRoom
place, files, channel, at, now = pickle.load(sys.stdin.buffer)
left = [at]
def watched(of):
    def run(*given, **more):
        for moment in (lambda: None, lambda: of(*given, **more)):
            found = moment()
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return found
    return run
delivery._record, delivery._to_webhook = watched(delivery._record), watched(delivery._to_webhook)
delivery.release(WarningRoom(open_ledger(place), lambda: now), "w-1", "w-1.1", files=files, channels=[channel], who="c")
"""


def killed_release(
    place: str, files: dict[str, bytes], channel: Channel, *, at: int
) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", _KILLED], stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(pickle.dumps((place, files, channel, at, NOW + dt.timedelta(days=1))))
    child.stdin.close()
    return child


@pytest.mark.parametrize("at", range(1, 13))
def test_a_release_killed_at_any_step_reaches_a_webhook_and_a_repetition_is_known(
    tmp_path: Path, at: int
) -> None:
    room = room_in(tmp_path)
    files = ready(room)
    with Receiver() as hook:
        child = killed_release(str(tmp_path / "ledger.sqlite"), files, hook.channel(), at=at)
        assert child.wait(60) == -signal.SIGKILL
        first = [key for key, _ in hook.got]
        last = send_later(room, files, tmp_path, hook)
    check_received(room, hook, first=first, last=last, files=files)
    room.ledger.close()


@pytest.mark.parametrize("at", [1, 2])
def test_a_release_killed_while_the_webhook_has_not_answered_is_sent_again_under_the_same_key(
    tmp_path: Path, at: int
) -> None:
    room = room_in(tmp_path)
    files = ready(room)
    with Receiver() as hook:
        child = killed_release(str(tmp_path / "ledger.sqlite"), files, hook.channel(), at=0)
        hook.before_answer = lambda: child.kill() if len(hook.got) == at else None
        assert child.wait(60) == -signal.SIGKILL
        first = [key for key, _ in hook.got]
        hook.before_answer = lambda: None
        last = send_later(room, files, tmp_path, hook)
    assert [one.key for one in last.again] == first[-1:]
    check_received(room, hook, first=first, last=last, files=files)
    room.ledger.close()


def send_later(room: WarningRoom, files: dict[str, bytes], base: Path, hook: Receiver) -> Any:
    later = dataclasses.replace(room, clock=HandClock(NOW + dt.timedelta(days=2)))
    return send(later, files, base, channels=[hook.channel()])


def check_received(
    room: WarningRoom, hook: Receiver, *, first: list[str], last: Any, files: dict[str, bytes]
) -> None:
    counts = collections.Counter(key for key, _ in hook.got)
    assert len(counts) == 2 and last.is_whole  # everything has arrived
    assert {body for _, body in hook.got} == {files["cap.xml"], files["data.json"]}
    twice = {key for key, n in counts.items() if n > 1}
    assert max(counts.values()) <= 2 and twice <= set(first)
    assert twice <= {one.key for one in last.again}  # no repetition that the record does not know
    log = delivery_log(room, "w-1")
    assert (log["outcome"] == "delivered").sum() == 2
    assert (log["outcome"] == "delivery_begun").sum() == 2 + len(last.again)
    assert verify(room.ledger).is_whole
