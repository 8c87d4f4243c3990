"""The page on which assessors decide on reports: who sees it, what it can do, and what strangers' words cannot."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from people_site import Site, as_cookie, page
from people_site import site as site_in
from PIL import Image

from riskkit.store.ledger.ledger import open_ledger
from riskkit.store.register.query import sql
from riskkit.workbench.serving.intake import received, review, waiting
from riskkit.workbench.serving.people import People, Person, new_token

DAY = dt.date(2026, 11, 29)
NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TOKENS = {name: new_token(name) for name in ("zhang", "e1")}
PEOPLE = People(
    "token", (Person("zhang", "assessor", TOKENS["zhang"][1]), Person("e1", "expert", TOKENS["e1"][1]))
)


def put(folder: Path, sheet: str = "complaint", **more: str) -> str:
    """A report that waits, as the intake pages keep it."""
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "JPEG")
    receipt = waiting.new_receipt(DAY)
    values = {"product": "soft toy", "matter": "a seam opened"} | more
    report = received.sheet_file(sheet, values, number=receipt, day=DAY)
    facts = {"sheet": sheet, "lang": "en", "received_at": "2026-11-29T20:30:00+00:00"}
    pictures = received.pictures_of([out.getvalue()])[0]
    waiting.keep(folder, receipt, report, pictures=pictures, facts=facts)
    return receipt


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_in(tmp_path_factory.mktemp("review"), PEOPLE, intake="received") as served:
        yield served


@pytest.fixture(scope="module")
def cookies(running: Site) -> dict[str, str]:
    return {name: running.cookie(token) for name, (token, _) in TOKENS.items()}


def look(site: Site, cookie: str, more: str = "") -> tuple[str, dict[str, Any], str]:
    """The page, the cookies its form needs, and the token in it."""
    status, facts, text = site.ask(f"/intake/waiting?lang=en{more}", Cookie=cookie)
    assert status == 200, text
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', text)
    return text, facts["cookies"], xsrf[1] if xsrf else ""


def decide(
    site: Site, cookie: str, receipt: str, decision: str, why: str, *, lang: str = "en"
) -> tuple[int, dict[str, Any], str]:
    _, fresh, xsrf = look(site, cookie)
    form = {"_xsrf": xsrf, "receipt": receipt, "decision": decision, "why": why}
    return send(site, f"{cookie}; {as_cookie(fresh)}", form, lang=lang)


def send(
    site: Site, cookie: str, form: dict[str, str], *, lang: str = "en"
) -> tuple[int, dict[str, Any], str]:
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    return site.ask(f"/intake/waiting?lang={lang}", "POST", urlencode(form), Cookie=cookie, **kind)


def test_only_assessors_see_it_and_the_list_of_dashboards_names_it_to_them_alone(
    running: Site, cookies: dict[str, str]
) -> None:
    receipt = put(running.folder / "received")
    for path in ("/intake/waiting", f"/intake/waiting/{receipt}/picture-1.png"):
        assert running.ask(path)[0] == 403 and running.ask(path, Cookie=cookies["e1"])[0] == 403
        assert running.ask(path, Cookie=cookies["zhang"])[0] == 200
    listed = {name: running.ask("/?lang=en", Cookie=cookie)[2] for name, cookie in cookies.items()}
    assert "intake/waiting" in listed["zhang"] and "intake/waiting" not in listed["e1"]
    assert running.ask(page("for_all"), Cookie=cookies["e1"])[0] == 200


def test_an_accepted_report_enters_the_register_and_a_refused_one_does_not(
    running: Site, cookies: dict[str, str]
) -> None:
    folder = running.folder / "received"
    receipt, other = put(folder, product="kettle"), put(folder, product="scooter")
    status, facts, _ = decide(running, cookies["zhang"], receipt, "accepted", "  plausible ")
    assert status == 303 and facts["to"] == f"/intake/waiting?lang=en&done=accepted&receipt={receipt}"
    assert f"{receipt} was accepted" in look(running, cookies["zhang"], facts["to"].partition("en")[2])[0]
    assert decide(running, cookies["zhang"], other, "refused", "a test")[0] == 303
    rows = sql(running.folder / "register", "select evidence, product from records").to_pylist()
    assert {"evidence": receipt, "product": "kettle"} in rows
    assert other not in {row["evidence"] for row in rows}
    ledger = open_ledger(str(running.folder / "ledger.sqlite"), is_reader=True)
    try:
        told = {one.stream: (one.kind, one.who, one.why) for one in ledger.events()}
    finally:
        ledger.close()
    assert told[f"intake/{receipt.lower()}"] == ("accepted", "zhang", "plausible")
    assert told[f"intake/{other.lower()}"] == ("refused", "zhang", "a test")
    assert not {receipt, other} & {one["receipt"] for one in waiting.reports(folder)}
    assert f"report accepted: {receipt} by zhang" in running.log


def test_a_form_without_the_token_of_the_page_decides_nothing(running: Site, cookies: dict[str, str]) -> None:
    receipt = put(running.folder / "received")
    form = {"receipt": receipt, "decision": "accepted", "why": "from another page"}
    for xsrf in ({}, {"_xsrf": "2|1|2|3"}):
        assert send(running, cookies["zhang"], {**form, **xsrf})[0] == 403
    _, fresh, xsrf = look(running, cookies["zhang"])
    expert = f"{cookies['e1']}; {as_cookie(fresh)}"
    assert send(running, expert, {**form, "_xsrf": xsrf})[0] == 403
    assert receipt in {one["receipt"] for one in waiting.reports(running.folder / "received")}


def test_a_reason_is_needed_and_what_is_no_decision_is_refused(
    running: Site, cookies: dict[str, str]
) -> None:
    receipt = put(running.folder / "received")
    status, _, text = decide(running, cookies["zhang"], receipt, "accepted", "  ")
    assert status == 400 and "Please give a reason" in text and f'id="wrong-{receipt}"' in text
    for bad in (("waiting", receipt), ("accepted", "../../x"), ("", receipt)):
        assert decide(running, cookies["zhang"], bad[1], bad[0], "because")[0] == 400
    assert decide(running, cookies["zhang"], receipt, "accepted", "x" * 1001)[0] == 400
    unknown = waiting.new_receipt(DAY)
    status, _, text = decide(running, cookies["zhang"], unknown, "accepted", "because")
    assert status == 409 and unknown in text and "a report that is waiting" in text
    status, _, text = decide(running, cookies["zhang"], unknown, "accepted", "because", lang="zh")
    assert status == 409 and "处于该状态的填报" in text and "must be" not in text
    assert receipt in {one["receipt"] for one in waiting.reports(running.folder / "received")}


def test_words_of_strangers_are_shown_and_do_nothing(running: Site, cookies: dict[str, str]) -> None:
    receipt = put(running.folder / "received", matter=NASTY, hazard_class="physical")
    text, *_ = look(running, cookies["zhang"])
    part = text.split(f'id="h-{receipt}"')[1].split("</article>")[0]
    assert NASTY not in text and "&lt;script&gt;" in part and text.count("<script>") == 1
    assert "Physical" in part or "physical hazard" in part.lower()
    assert "2026-11-30 04:30" in part  # Beijing time


def test_a_report_that_was_changed_is_shown_as_such_without_buttons(
    running: Site, cookies: dict[str, str]
) -> None:
    receipt = put(running.folder / "received")
    place = running.folder / "received" / "waiting" / receipt
    (place / "report.csv").write_bytes((place / "report.csv").read_bytes().replace(b"soft", b"hard"))
    try:
        text, *_ = look(running, cookies["zhang"])
        part = text.split(f'id="h-{receipt}"')[1].split("</article>")[0]
        assert "changed since" in part and "<button" not in part
        assert decide(running, cookies["zhang"], receipt, "accepted", "because")[0] == 409
        assert running.ask(f"/intake/waiting/{receipt}/picture-1.png", Cookie=cookies["zhang"])[0] == 404
    finally:
        for path in [*place.iterdir(), place]:
            path.rmdir() if path.is_dir() else path.unlink()


def test_only_pictures_of_reports_that_wait_are_sent(running: Site, cookies: dict[str, str]) -> None:
    receipt = put(running.folder / "received")
    for name in ("picture-2.png", "picture-9.png", "report.csv", "report.json", "../x", "picture-1.png/"):
        assert running.ask(f"/intake/waiting/{receipt}/{name}", Cookie=cookies["zhang"])[0] == 404
    assert decide(running, cookies["zhang"], receipt, "refused", "twice told")[0] == 303
    assert running.ask(f"/intake/waiting/{receipt}/picture-1.png", Cookie=cookies["zhang"])[0] == 404


def test_a_page_shows_the_oldest_and_says_how_many_wait(tmp_path: Path) -> None:
    token = "a-token-for-tests-only"
    receipts = [put(tmp_path / "received") for _ in range(review.MOST_SHOWN + 3)]
    with site_in(tmp_path, None, token=token, intake="received") as served:
        cookie = served.cookie(token)
        text, *_ = look(served, cookie)
        assert text.count("<article") == review.MOST_SHOWN and f"{len(receipts)} reports wait" in text
        assert f"The oldest {review.MOST_SHOWN} are shown" in text
        # with one token for all, its holder decides, under the account that the server runs under
        assert decide(served, cookie, receipts[0], "refused", "a test")[0] == 303
