"""Public interfaces, replayed by a local server: every page, politely, resumable, and nothing unless it is allowed."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.register.query import sql
from riskkit.workbench.commands.cli import main
from riskkit.workbench.commands.fetch import fetching
from riskkit.workbench.commands.fetch.fetching import Asker
from riskkit.workbench.commands.fetch.interfaces import (
    NOT_KNOWN,
    interface,
    interfaces,
    page_address,
    windows,
)

DAYS = (dt.date(2025, 1, 1), dt.date(2025, 6, 30))
Answer = tuple[int, dict[str, str], bytes]


def cpsc(day: str, number: int) -> dict[str, Any]:
    """A made-up recall in the form of the interface of CPSC."""
    return {
        "RecallID": number,
        "RecallNumber": f"25{number:03}",
        "RecallDate": f"{day}T00:00:00",
        "Title": "Made-up Cribs Recalled",
        "Description": "Made up.",
        "URL": f"https://example.invalid/{number}",
        "LastPublishDate": f"{day}T00:00:00",
        "Products": [{"Name": "Cribs", "Type": "Furniture", "NumberOfUnits": "About 1,400"}],
        "Manufacturers": [{"Name": "Example Cribs"}],
        "ManufacturerCountries": [{"Country": "Vietnam"}],
        "Hazards": [{"Name": "Entrapment", "HazardType": ""}],
    }


def fda(day: str, number: int) -> dict[str, Any]:
    """A made-up report in the form of openFDA."""
    return {
        "recall_number": f"F-{number:04}-2025", "event_id": f"{number}", "status": "Ongoing", "classification": "Class I",
        "product_type": "Food", "report_date": day.replace("-", ""), "recall_initiation_date": day.replace("-", ""),
        "recalling_firm": "Example Foods", "country": "United States", "product_description": "Made-up cheese",
        "product_quantity": "10 cases", "reason_for_recall": "Undeclared milk", "code_info": "Lot 1",
        "distribution_pattern": "Nationwide", "openfda": {},
    }  # fmt: skip


def nhtsa(day: str, number: int) -> dict[str, Any]:
    """A made-up row in the form of the data portal of the US Department of Transportation."""
    return {
        "report_received_date": f"{day}T00:00:00.000", "nhtsa_id": f"25V{number:06}",
        "recall_link": {"url": "https://example.invalid"}, "manufacturer": "Example Motors", "subject": "Made-up Brake Failure",
        "component": "SERVICE BRAKES", "mfr_campaign_number": "X1", "recall_type": "Vehicle", "potentially_affected": "79670",
        "recall_description": "Made up.", "consequence_summary": "A crash.", "corrective_action": "Repair.",
    }  # fmt: skip


def weekly(day: str, number: int) -> dict[str, Any]:
    """A made-up alert in the form of the weekly reports of Safety Gate."""
    return {
        "caseNumber": f"SR/{90000 + number}/25", "reference": f"https://example.invalid/{number}", "category": "Toys",
        "product": "Made-up rattle", "brand": "Exemplar & Sons", "name": "One", "type_numberOfModel": "R-1", "batchNumber": "",
        "barcode": "0000000000000", "riskType": "Choking", "danger": "Small parts <may> come loose.", "measures": "Recall",
        "description": "A rattle.", "notifyingCountry": "Germany", "countryOfOrigin": "China", "level": "Serious risk",
        "pictures": "https://example.invalid/a.jpg; https://example.invalid/b.jpg",
        "publicationDate": f"{day[8:]}/{day[5:7]}/{day[:4]}",
    }  # fmt: skip


def rasff(day: str, number: int) -> dict[str, Any]:
    """A made-up notification in the form of the data lake of DG SANTE."""
    return {
        "NOTIF_ID": 900_000 + number, "NOTIFICATION_REFERENCE": f"2025.{number:04}", "NOTIF_DATE": f"{day}T00:00:00",
        "NOTIFICATION_STATUS_DESC": "ec_validated", "PRODUCT_NAME": "Made-up pepper", "PRODUCT_CATEGORY_DESC": "herbs and spices",
        "NOTIFICATION_TYPE_DESC": "food", "NOTIF_SUBJECT": "\tSalmonella in pepper", "NOTIFYNG_COUNTRY_DESC": "Netherlands",
        "NOTIFICATION_CLASSIFICAT_DESC": "border rejection notification", "RISK_DECISION_DESC": "serious",
        "HAZARD_CATEGORY_NAME": "Salmonella spp.  - {pathogenic micro-organisms}", "ORIGIN_COUNTRY_DESC": "Brazil",
        "DISTRIBUTION_COUNTRY_DESC": "Belgium *** Italy", "NETWORK_DESC": "RASFF",
    }  # fmt: skip


_BY_WEEK = "http://127.0.0.1/weeklyReport/detail/xml/"


class Replay:
    """Answers as the interfaces do, over rows of its own."""

    def __init__(self, source: str, n_rows: int) -> None:
        self.source, self.asked, self.before = source, [], []
        make = {
            "cpsc_recalls": cpsc,
            "fda_recalls": fda,
            "nhtsa_recalls": nhtsa,
            "rasff": rasff,
            "safety_gate": weekly,
        }[source]
        days = [DAYS[0] + dt.timedelta(days=k * 170 // max(1, n_rows)) for k in range(n_rows)]
        self.rows = [(day, make(day.isoformat(), k)) for k, day in enumerate(days)]
        self.before: list[Callable[[], Answer | None]]
        self.asked: list[tuple[str, dict[str, str]]]

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        self.asked.append((path, headers))
        if self.before and (found := self.before.pop(0)()) is not None:
            return found
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if self.source in {"safety_gate", "rasff"}:
            answer = self._weekly if self.source == "safety_gate" else self._rasff
            return answer(path, asked, headers["Host"])
        if self.source == "cpsc_recalls":
            since, until = asked["RecallDateStart"], asked["RecallDateEnd"]
            assert asked["format"] == "json"
            return self._json(200, self._between(since, until))
        if self.source == "fda_recalls":
            span = re.fullmatch(r"report_date:\[(\d{8}) TO (\d{8})\]", asked["search"])
            assert span is not None and int(asked["limit"]) <= 1000 and int(asked["skip"]) <= 25_000
            rows = self._between(*(f"{one[:4]}-{one[4:6]}-{one[6:]}" for one in span.groups()))
            page = rows[int(asked["skip"]) :][: int(asked["limit"])]
            if not rows:
                return self._json(404, {"error": {"code": "NOT_FOUND", "message": "No matches found!"}})
            about = {"skip": int(asked["skip"]), "limit": int(asked["limit"]), "total": len(rows)}
            return self._json(200, {"meta": {"results": about}, "results": page})
        span = re.fullmatch(r"report_received_date between '(\S+)T\S+' and '(\S+)T\S+'", asked["$where"])
        assert span is not None and asked["$order"]
        rows = self._between(*span.groups())
        return self._json(200, rows[int(asked["$offset"]) :][: int(asked["$limit"])])

    def _rasff(self, path: str, asked: dict[str, str], host: str) -> Answer:
        if "%3A" in path:
            return self._json(400, {"statusCode": 400, "message": "Edm.DateTimeOffset and Edm.String"})
        assert asked["NETWORK_DESC"] == "RASFF" and asked["api-version"] == "v1.1"
        rows = self._between(asked["NOTIF_DATE_FROM"].removesuffix("T00:00:00Z"), "9999-12-31")
        skipped = int(asked.get("$skip", 0))
        further = f"http://{host}{path.partition('&$skip')[0]}&$skip={skipped + 100}"
        is_last = skipped + 100 >= len(rows)
        return self._json(
            200, {"value": rows[skipped : skipped + 100], "nextLink": None if is_last else further}
        )

    def _weekly(self, path: str, asked: dict[str, str], _: str) -> Answer:
        days = sorted({day for day, _ in self.rows}, reverse=True)
        root = Element("Safety-Gate")
        if path.endswith("/list/xml/en"):
            for number, day in enumerate(days):
                report = SubElement(root, "weeklyReport")
                SubElement(report, "publicationDate").text = f"{day:%d/%m/%Y}"
                SubElement(report, "URL").text = f"{_BY_WEEK}{10_000_000 + number}?language=en,"
        else:
            number = path.rpartition("/detail/xml/")[2].partition("?")[0]
            if asked.get("search") != f"WEB_REPORT|:|{number}":
                return 400, {}, b""
            day = days[int(number) - 10_000_000]
            SubElement(root, "report_date").text = f"{day:%d/%m/%Y}"
            for row in (row for at, row in self.rows if at == day):
                alert = SubElement(root, "notifications")
                for name, value in row.items():
                    one = SubElement(alert, name)
                    for part in value.split("; ") if name == "pictures" else ():
                        SubElement(one, "picture").text = part
                    one.text = None if name == "pictures" else value
        return 200, {"Content-Type": "application/xml"}, tostring(root, encoding="utf-8")

    def _between(self, since: str, until: str) -> list[dict[str, Any]]:
        return [row for day, row in self.rows if since <= day.isoformat() <= until]

    def _json(self, status: int, value: object) -> Answer:
        return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


@contextmanager
def serving(replay: Replay) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, raw = replay.answer(self.path, dict(self.headers))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notices"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Clock:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        self.time, self.slept = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def asker(clock: Clock | None = None) -> Asker:
    clock = clock or Clock()
    return Asker(
        sleep=clock.sleep, clock=lambda: clock.time, now=lambda: dt.datetime(2025, 7, 1, tzinfo=dt.UTC)
    )


@pytest.mark.parametrize(
    ("name", "n_rows", "least"),
    [
        ("cpsc_recalls", 40, 2),
        ("fda_food", 2500, 4),
        ("nhtsa_recalls", 2500, 3),
        ("fda_drug", 0, 2),
        ("nhtsa_recalls", 2000, 3),
        ("rasff", 250, 3),
        ("rasff", 200, 2),
        ("rasff", 0, 1),
        ("safety_gate", 400, 150),
        ("safety_gate", 3, 4),
    ],
)
def test_every_page_comes_once_and_the_reader_of_the_source_takes_it(
    tmp_path: Path, name: str, n_rows: int, least: int
) -> None:
    of, clock = interface(name), Clock()
    with serving(replay := Replay(of.source, n_rows)) as address:
        path, n, asked = fetching.fetch(of, DAYS, tmp_path, asker=asker(clock), address=address)
    expected = [row for _, row in replay.rows]
    fetched = json.loads(path.read_text("utf-8"))
    if of.source == "safety_gate":  # whose list begins with the last week
        fetched.sort(key=lambda row: row["caseNumber"])
    assert fetched == expected
    assert (n, asked) == (n_rows, len(replay.asked)) and asked >= least
    assert all(wait >= fetching.SECONDS_BETWEEN for wait in clock.slept[1:])
    assert all(headers["User-Agent"].startswith("riskkit/") for _, headers in replay.asked)
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name]
    if n_rows:
        entry = fetching._entered(path, of, tmp_path / "register")
        assert entry == {"read": n_rows, "accepted": n_rows, "quarantined": 0}
        assert sql(tmp_path / "register", "select count(*) as n from records").to_pylist() == [{"n": n_rows}]


def test_a_fetch_that_broke_off_goes_on_with_the_page_it_lacked(tmp_path: Path) -> None:
    of = interface("fda_food")
    with serving(replay := Replay(of.source, 2500)) as address:
        replay.before = [lambda: None, lambda: (400, {}, b"{}")]
        with pytest.raises(InputFaults):
            fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
        assert not list(tmp_path.glob("*.json"))
        first = replay.asked[0][0]
        path, n, _ = fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
    assert n == 2500 and [asked for asked, _ in replay.asked].count(first) == 1
    with pytest.raises(InputFaults, match="--force"):
        fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
    assert len(json.loads(path.read_text("utf-8"))) == 2500


@pytest.mark.parametrize("told", ["7", "Tue, 01 Jul 2025 00:00:07 GMT"])
def test_a_busy_host_is_given_the_time_it_asks_for(tmp_path: Path, told: str) -> None:
    of, clock = interface("cpsc_recalls"), Clock()
    with serving(replay := Replay(of.source, 3)) as address:
        replay.before = [lambda: (429, {"Retry-After": told}, b"")]
        _, n, asked = fetching.fetch(of, DAYS, tmp_path, asker=asker(clock), address=address)
    assert n == 3 and clock.slept[1] == pytest.approx(7.0) and asked == len(replay.asked)


@pytest.mark.parametrize(
    "answers",
    [
        [(503, {"Retry-After": "86400"}, b"")],
        [(500, {}, b"")] * 5,
        [(200, {}, b"<html>")],
        [(200, {}, b'{"rows": 1}')],
        [(200, {}, b"[" * 100_000)],
        [(200, {}, b"[1, 2]")],
        [(302, {"Location": "https://example.invalid/elsewhere"}, b"")],
        [(302, {"Location": "file:///etc/passwd"}, b"")],
        [(403, {}, b"[]")],
    ],
)
def test_what_is_no_answer_ends_it_and_leaves_no_file(tmp_path: Path, answers: list[Answer]) -> None:
    of = interface("cpsc_recalls")
    with serving(replay := Replay(of.source, 3)) as address:
        replay.before = [lambda found=found: found for found in answers]  # type: ignore[misc]
        with pytest.raises(InputFaults):
            fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
    assert len(replay.asked) == len(answers) and not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    "further",
    [
        "https://example.invalid/rasff?$skip=100",
        "http://127.0.0.1:1/notices",
        "//example.invalid/",
        "file:///etc/passwd",
        "http://[",
        "{here}",
        "{host}.example.invalid/",
        "{host}@example.invalid/",
        "{host}/a page\r\nX: y",
    ],
)
def test_a_further_page_is_on_the_same_host_and_a_new_one(tmp_path: Path, further: str) -> None:
    of = interface("rasff")
    with serving(replay := Replay("rasff", 3)) as address:
        host = address.removesuffix("/notices")
        here = page_address(replace(of, address=address), (DAYS[0], DAYS[1]), 0)
        named = further.replace("{here}", here).replace("{host}", host)
        answer = json.dumps({"value": [], "nextLink": named}).encode()
        replay.before = [lambda: (200, {}, answer)]
        with pytest.raises(InputFaults):
            fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
    assert len(replay.asked) == 1 and not list(tmp_path.glob("*.json"))


def test_notifications_of_later_days_stay_out_and_those_without_a_day_are_left_to_the_reader(
    tmp_path: Path,
) -> None:
    with serving(replay := Replay("rasff", 150)) as address:
        del replay.rows[3][1]["NOTIF_DATE"]
        days = (DAYS[0], dt.date(2025, 2, 1))
        path, n, _ = fetching.fetch(interface("rasff"), days, tmp_path, asker=asker(), address=address)
    found = [row.get("NOTIF_DATE", "")[:10] for row in json.loads(path.read_text("utf-8"))]
    assert n == sum(day <= days[1] for day, _ in replay.rows) and found.count("") == 1
    assert max(found) <= "2025-02-01"


def test_only_weekly_reports_of_the_days_are_asked_for(tmp_path: Path) -> None:
    with serving(replay := Replay("safety_gate", 20)) as address:
        days = (replay.rows[5][0], replay.rows[7][0])
        _, n, asked = fetching.fetch(interface("safety_gate"), days, tmp_path, asker=asker(), address=address)
    assert (n, asked) == (3, 4)


_REPORT = "<weeklyReport><publicationDate>{}</publicationDate><URL>{}</URL></weeklyReport>"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, "<Safety-Gate/>"),
        (200, "<html></html>"),
        (200, "<Safety-Gate/>"),
        (200, "<Safety-Gate>"),
        (200, "{}"),
        (200, '<!DOCTYPE a [<!ENTITY b "c">]><Safety-Gate>&b;</Safety-Gate>'),
        (200, "<Safety-Gate>" + _REPORT.format("2025-01-03", f"{_BY_WEEK}1") + "</Safety-Gate>"),
        (200, "<Safety-Gate>" + _REPORT.format("03/01/2025", "https://example.invalid/1") + "</Safety-Gate>"),
        (200, "<Safety-Gate><notifications><caseNumber>1</caseNumber></notifications></Safety-Gate>"),
        (200, "<a>" * 50_000),
    ],
)
def test_what_is_no_list_of_weekly_reports_ends_it(tmp_path: Path, status: int, answer: str) -> None:
    with serving(replay := Replay("safety_gate", 3)) as address:
        replay.before = [lambda: (status, {}, answer.encode())]
        with pytest.raises(InputFaults):
            fetching.fetch(interface("safety_gate"), DAYS, tmp_path, asker=asker(), address=address)
    assert len(replay.asked) == 1 and not list(tmp_path.glob("*.json"))


def test_weekly_reports_that_broke_off_go_on_with_the_one_that_is_lacking(tmp_path: Path) -> None:
    of = interface("safety_gate")
    with serving(replay := Replay(of.source, 4)) as address:
        replay.before = [lambda: None, lambda: None, lambda: (400, {}, b"")]
        with pytest.raises(InputFaults):
            fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
        first = [asked for asked, _ in replay.asked[:2]]
        _, n, _ = fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
    assert n == 4 and all([asked for asked, _ in replay.asked].count(one) == 1 for one in first)


def test_an_answer_that_is_too_large_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_MOST_BYTES", 1000)
    with (
        serving(Replay("cpsc_recalls", 40)) as address,
        pytest.raises(InputFaults, match="at most 1,000 bytes"),
    ):
        fetching.fetch(interface("cpsc_recalls"), DAYS, tmp_path, asker=asker(), address=address)


def test_an_answer_that_changes_while_it_is_read_is_read_anew(tmp_path: Path) -> None:
    of = interface("fda_food")
    with serving(replay := Replay(of.source, 2500)) as address:
        replay.before = [lambda: None, lambda: replay.rows.pop(0) and None]
        with pytest.raises(InputFaults, match="run the command again"):
            fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)
        assert list(tmp_path.iterdir()) == []
        assert fetching.fetch(of, DAYS, tmp_path, asker=asker(), address=address)[1] == 2499


def test_there_is_an_end_to_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_PAGES", 2)
    with serving(Replay("nhtsa_recalls", 2500)) as address, pytest.raises(InputFaults, match="at most 2"):
        fetching.fetch(interface("nhtsa_recalls"), DAYS, tmp_path, asker=asker(), address=address)


def test_without_the_switch_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("a host was asked")

    monkeypatch.setattr(Asker, "ask", asked)
    line = ["fetch", "cpsc_recalls", "--since", "2026-01-01", "--out", str(tmp_path / "x"), "--lang", "en"]
    assert main(line) == 2 and "www.saferproducts.gov" in capsys.readouterr().err
    assert main([*line[:2], "--since", "yesterday", "--online", "--lang", "en"]) == 2
    assert main([*line[:2], "--since", "2199-01-01", "--online", "--lang", "en"]) == 2
    assert (
        main(["fetch", "cpsc_recal", *line[2:], "--online"]) == 2
        and "did you mean" in capsys.readouterr().err
    )
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", sorted(NOT_KNOWN))
def test_a_source_without_a_documented_interface_says_what_to_do(name: str) -> None:
    with pytest.raises(InputFaults, match="riskkit ingest"):
        interface(name)


def test_every_interface_is_asked_over_https_and_feeds_a_reader() -> None:
    from riskkit.monitoring.sources.catalogue import SOURCES

    readers = {source.name for source in SOURCES}
    for one in interfaces().values():
        assert one.address.startswith("https://") and one.source in readers
    text = (ROOT / "riskkit/workbench/commands/fetch/interfaces.csv").read_text("utf-8")
    assert all(row["documented_at"].startswith("https://") for row in csv.DictReader(text.splitlines()))
    with pytest.raises(InputFaults, match="https"):
        asker().ask("http://example.invalid/")


@given(st.dates(dt.date(1973, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 2000), st.integers(1, 400))
def test_windows_hold_every_day_once(since: dt.date, n_days: int, size: int) -> None:
    until = since + dt.timedelta(days=n_days)
    days = [
        first + dt.timedelta(days=k)
        for first, last in windows(since, until, days=size)
        for k in range((last - first).days + 1)
    ]
    assert days == [since + dt.timedelta(days=k) for k in range(n_days + 1)]


ASKING = {
    "workbench/commands/fetch/fetching.py": "asks public interfaces, after --online",
    "workbench/flows/warnings/delivery.py": "hands documents to the receivers that the user listed",
}
OPENING = {
    "workbench/serving/serve.py": "looks for a free port to listen on",
    "foundation/inputs/part_files.py": "the name of this machine",
    "workbench/serving/warm_kernels.py": "a pair of sockets without an address, to the process it starts",
    "workbench/runs/kernels/page_fork.py": "the other end of that pair",
}
_CLIENTS = re.compile(
    r"(urllib\.request|http\.client|requests|httpx|aiohttp|urllib3|ftplib|smtplib|telnetlib|websocket|tornado\.httpclient"
    r"|tornado\.simple_httpclient|socket|asyncio\.streams|paramiko|boto3|fsspec)(\..*)?"
)


def imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_no_other_module_can_ask_a_host() -> None:
    package = ROOT / "riskkit"
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(_CLIENTS.fullmatch(name) for name in imported(path.read_text("utf-8")))
    }
    assert found == {*ASKING, *OPENING}
    assert "create_connection" not in "".join((package / name).read_text("utf-8") for name in OPENING)


def test_a_module_that_could_ask_would_be_seen() -> None:
    for line in (
        "import urllib.request",
        "from urllib import request",
        "from http.client import HTTPSConnection",
        "import socket",
    ):
        assert any(_CLIENTS.fullmatch(name) for name in imported(line)), line
    assert not any(_CLIENTS.fullmatch(name) for name in imported("from urllib.parse import quote"))
