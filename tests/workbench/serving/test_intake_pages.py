"""The intake pages: open without a token where they are switched on, everything checked, nothing else opened."""

from __future__ import annotations

import datetime as dt
import http.client
import io
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_site import Site
from people_site import site as site_in
from PIL import Image

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.store.register.query import sql
from riskkit.workbench.commands.cli import main
from riskkit.workbench.serving.intake import received, waiting
from riskkit.workbench.serving.intake import received as rates
from riskkit.workbench.serving.limits import limit

DAY = dt.date(2026, 11, 29)
NASTY = "<script>alert(1)</script>"
COMPLAINT = {"product": "soft toy", "matter": "a seam opened"}


def picture(kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, kind, **more)
    return out.getvalue()


def exif(**tags: object) -> bytes:
    found = Image.Exif()
    found[0x0112], found[0x013B] = 6, "the name of somebody"
    return found.tobytes()


class Visitor:
    """Somebody with a phone and no token."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(method, path, body=body, headers=dict(headers or {}))
            answer = line.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            line.close()

    def send(
        self, sheet: str, values: Mapping[str, str], *files: bytes, lang: str = "en", origin: str = ""
    ) -> tuple[int, dict[str, str], str]:
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in values.items()
        ]
        parts += [
            f'--{mark}\r\nContent-Disposition: form-data; name="pictures"; filename="../../x.html"\r\n'.encode()
            + b"Content-Type: text/html\r\n\r\n" + raw + b"\r\n"
            for raw in files
        ]  # fmt: skip
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        headers |= {"Origin": origin or f"http://127.0.0.1:{self.port}"}
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        return self.ask("POST", f"/intake/{sheet}?lang={lang}", body, headers)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_in(tmp_path_factory.mktemp("intake"), None, intake="received") as running:
        yield running


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return Visitor(site.port)


def newest(site: Site) -> dict[str, Any]:
    return waiting.reports(site.folder / "received")[-1]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("sheet", received.FORMS)
def test_a_form_needs_no_token_and_holds_every_question_without_a_script(
    visitor: Visitor, sheet: str, lang: str
) -> None:
    status, headers, text = visitor.ask("GET", f"/intake/{sheet}?lang={lang}")
    assert status == 200 and "<script" not in text and "http" not in text.split("<body>")[1]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "script-src" not in headers["content-security-policy"] and headers["cache-control"] == "no-store"
    for one in in_language(lang, received.fields, sheet):
        assert f'id="{one.name}"' in text and f">{one.label}" in text


def test_nothing_else_is_open(site: Site, visitor: Visitor) -> None:
    others = ("/", "/voila/render/for_all.ipynb", "/api/kernels", "/intakes", "/received", "/sign-outx")
    for path in (*others, "/intake/complaint/x", "/intake/market_sampling", "/intake/../received/waiting"):
        assert visitor.ask("GET", path)[0] in (401, 403), path
    assert visitor.send("complaint", COMPLAINT)[0] == 303
    receipt = newest(site)["receipt"]
    for path in (f"/received/waiting/{receipt}/picture-1.png", f"/intake/waiting/{receipt}/report.csv"):
        assert visitor.ask("GET", path)[0] in (401, 403)
    assert visitor.ask("GET", "/intake/received/20261129-AAAAA")[0] == 404


def test_the_pages_are_off_unless_they_are_asked_for(tmp_path: Path) -> None:
    with site_in(tmp_path, None) as running:
        visitor = Visitor(running.port)
        assert visitor.ask("GET", "/intake")[0] == 403
        assert visitor.send("complaint", COMPLAINT)[0] == 403


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_is_kept_as_it_was_written_and_its_pictures_are_drawn_anew(
    site: Site, visitor: Visitor, lang: str
) -> None:
    values = COMPLAINT | {"matter": f"{NASTY}\r\n=cmd()", "n_injured": "1", "hazard_class": "physical"}
    raw = picture(exif=exif())
    status, headers, _ = visitor.send("complaint", values, raw, picture("PNG"), lang=lang)
    assert status == 303
    found = newest(site)
    assert headers["location"] == f"/intake/received/{found['receipt']}?lang={lang}"
    assert found["receipt"] in visitor.ask("GET", headers["location"])[2]
    assert found["answers"]["What happened"] == f"{NASTY}\n=cmd()" and found["answers"]["Injured"] == "1"
    assert found["answers"]["Complaint number"] == found["receipt"] and found["lang"] == lang
    folder = Path(found["folder"])
    assert sorted(path.name for path in folder.iterdir()) == [
        "picture-1.png", "picture-2.png", "report.csv", "report.json",
    ]  # fmt: skip
    assert b"somebody" in raw and b"somebody" not in (folder / "picture-1.png").read_bytes()
    with Image.open(folder / "picture-1.png") as drawn:
        assert drawn.size == (200, 300)  # upright, as the camera meant it
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_all_that_is_wrong_is_said_at_once_beside_its_question_and_nothing_is_kept(
    site: Site, visitor: Visitor
) -> None:
    before = len(waiting.reports(site.folder / "received"))
    values = {
        "product": NASTY,
        "matter": "",
        "n_injured": "many",
        "incident_date": "2199-01-01",
        "channel": "moon",
    }
    values |= {"seller": "a\u202eb", "demand": "x" * 2001}
    status, _, text = visitor.send("complaint", values, b"<html>", b"\x89PNG cut off")
    assert status == 400
    for name in ("matter", "n_injured", "incident_date", "channel", "seller", "demand"):
        assert f'<a href="#{name}">' in text and f'id="{name}-rule"' in text
    assert text.count("is not a JPEG or PNG") == 2 and 'href="#product"' not in text
    assert NASTY not in text and "&lt;script&gt;" in text
    assert len(waiting.reports(site.folder / "received")) == before


def test_a_post_of_another_origin_or_without_one_is_refused(visitor: Visitor) -> None:
    assert visitor.send("complaint", COMPLAINT, origin="https://evil.example")[0] == 403
    assert visitor.ask("POST", "/intake/complaint", b"product=x", {"Content-Length": "9"})[0] == 403


def test_what_is_too_large_is_refused_and_not_held(site: Site, visitor: Visitor) -> None:
    before = len(waiting.reports(site.folder / "received"))
    status, _, text = visitor.send("complaint", COMPLAINT, b"x" * 27_000_000)
    assert status == 413 and "too large" in text
    assert len(waiting.reports(site.folder / "received")) == before


def test_broken_bodies_are_refused(visitor: Visitor) -> None:
    origin = {"Origin": f"http://127.0.0.1:{visitor.port}"}
    kinds = ("multipart/form-data", "multipart/form-data; boundary=a", "application/json", "text/html")
    for kind in kinds:
        body = b"--a\r\nnonsense\xff\x00"
        status, _, text = visitor.ask("POST", "/intake/complaint", body, {**origin, "Content-Type": kind})
        assert status == 400, (kind, text)


def test_too_many_reports_of_one_address_have_to_wait(tmp_path: Path) -> None:
    with site_in(tmp_path, None, intake="received") as running:
        visitor = Visitor(running.port)
        found = [visitor.send("complaint", {}) for _ in range(int(limit("intake_per_address")) + 1)]
    assert [status for status, *_ in found[:-1]] == [400] * int(limit("intake_per_address"))
    status, headers, text = found[-1]
    assert status == 429 and 3000 < int(headers["retry-after"]) <= 3600 and "60 minutes" in text


def test_a_rate_counts_by_address_and_in_all_and_forgets() -> None:
    rate, most = rates.Rate(), int(limit("intake_per_address"))
    assert [rate.take("10.0.0.1", now=float(n)) for n in range(most)] == [0.0] * most
    assert rate.take("10.0.0.1", now=100.0) == 3500.0 and rate.take("10.0.0.2", now=100.0) == 0.0
    assert rate.take("10.0.0.1", now=3600.0) == 0.0
    crowd = [
        rate.take(f"10.1.{n // 200}.{n % 200}", now=4000.0) for n in range(int(limit("intake_together")))
    ]
    assert crowd[0] == 0.0 and crowd[-1] > 0 and len(rate) <= limit("tracked_guessers")


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 2e4)), max_size=120))
def test_nobody_gets_more_than_the_rate_in_any_hour(asked: list[tuple[int, float]]) -> None:
    rate = rates.Rate()
    taken: dict[int, list[float]] = {}
    for who, now in sorted(asked, key=lambda one: one[1]):
        if rate.take(f"10.0.0.{who}", now=now) == 0:
            taken.setdefault(who, []).append(now)
    for times in taken.values():
        for start in times:
            assert sum(start <= one < start + 3600 for one in times) <= limit("intake_per_address")


@pytest.mark.parametrize("sheet", received.FORMS)
def test_answers_that_fit_are_read_by_the_reader_of_the_sheet(sheet: str) -> None:
    asked = received.fields(sheet)
    values = {one.name: "2026-11-01" if one.kind == "date" else "lamp" for one in asked if one.is_required}
    assert received.misfits(sheet, values, day=DAY) == ()
    wrong = {one.name for one in received.misfits(sheet, {}, day=DAY)}
    assert wrong == {one.name for one in asked if one.is_required}


def test_receipts_cannot_be_guessed_and_are_known_by_their_form() -> None:
    many = {waiting.new_receipt(DAY) for _ in range(1000)}
    assert len(many) == 1000 and all(waiting.is_receipt(one) for one in many)
    assert not any(
        waiting.is_receipt(one) for one in ("", "../x", "20261129-AAAAA-AAAA1", "20261129-aaaaa-bbbbb")
    )


def put(folder: Path, **more: str) -> str:
    receipt = waiting.new_receipt(DAY)
    values = COMPLAINT | more
    report = received.sheet_file("complaint", values, number=receipt, day=DAY)
    facts = {"sheet": "complaint", "lang": "en", "received_at": "2026-11-29T08:00:00+00:00"}
    waiting.keep(folder, receipt, report, pictures=[received.pictures_of([picture()])[0][0]], facts=facts)
    return receipt


def run(folder: Path, *words: str) -> int:
    place = ["--intake", str(folder / "in"), "--lang", "en"]
    return main(["intake", *words, *place])


def decide(folder: Path, what: str, receipt: str, *more: str) -> int:
    places = ["--ledger", str(folder / "ledger.sqlite")]
    places += ["--register", str(folder / "register")] if what == "accept" else []
    return run(folder, what, receipt, "--as", "li", *more, *places)


def test_an_accepted_report_enters_the_register_and_the_ledger_says_who_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt, other = put(tmp_path / "in", matter=NASTY + "\x1b[2J".replace("\x1b", "")), put(tmp_path / "in")
    assert run(tmp_path, "list") == 0 and receipt in capsys.readouterr().out
    assert run(tmp_path, "show", receipt) == 0 and NASTY in capsys.readouterr().out
    assert decide(tmp_path, "accept", receipt) == 2  # no reason
    assert not (tmp_path / "register").exists()
    assert decide(tmp_path, "accept", receipt, "--why", "plausible") == 0
    assert decide(tmp_path, "refuse", other, "--why", "a test") == 0
    rows = sql(tmp_path / "register", "select evidence, product, source from records").to_pylist()
    assert rows == [{"evidence": receipt, "product": "soft toy", "source": "complaint"}]
    assert waiting.reports(tmp_path / "in") == ()
    kept = json.loads((tmp_path / "in" / "accepted" / receipt / "decision.json").read_text("utf-8"))
    assert (kept["who"], kept["why"], kept["state"]) == ("li", "plausible", "accepted") and kept["at"]
    assert [one["receipt"] for one in waiting.reports(tmp_path / "in", "refused")] == [other]
    capsys.readouterr()
    assert main(["ledger", "show", "--ledger", str(tmp_path / "ledger.sqlite"), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert receipt.lower() in told and "plausible" in told and "a test" in told
    assert decide(tmp_path, "accept", receipt, "--why", "again") == 2


def test_a_decision_that_broke_off_goes_on_and_another_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = put(tmp_path / "in")
    where = "riskkit.workbench.serving.intake.waiting.settle"

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(where, broken)
        assert decide(tmp_path, "accept", receipt, "--why", "plausible") == 2
    assert decide(tmp_path, "refuse", receipt, "--why", "no") == 2
    assert decide(tmp_path, "accept", receipt, "--why", "plausible") == 0
    assert sql(tmp_path / "register", "select count(*) as n from records").to_pylist() == [{"n": 1}]


def test_a_report_that_somebody_changed_is_not_accepted(tmp_path: Path) -> None:
    receipt = put(tmp_path / "in")
    path = tmp_path / "in" / "waiting" / receipt / "report.csv"
    path.write_bytes(path.read_bytes().replace(b"soft toy", b"hard toy"))
    assert decide(tmp_path, "accept", receipt, "--why", "plausible") == 2
    assert not (tmp_path / "register").exists()
    with pytest.raises(InputFaults, match="changed since"):
        waiting.read_report(tmp_path / "in", receipt)


def test_every_question_has_help_or_a_label_in_both_languages() -> None:
    for sheet in received.FORMS:
        zh, en = (in_language(lang, received.fields, sheet) for lang in ("zh", "en"))
        assert [one.name for one in zh] == [one.name for one in en]
        assert all(re.search(r"[\u4e00-\u9fff]", one.label) for one in zh)
        assert not any(re.search(r"[\u4e00-\u9fff]", one.label + one.help) for one in en)
