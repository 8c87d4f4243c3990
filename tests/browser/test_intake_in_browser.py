"""From a consumer with a phone to an assessor who lets the report into the register, by keyboard too, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from accessible import keyboard_faults, needs_axe, violations
from chromium import needs_chromium, watched_page
from people_site import Site, site
from PIL import Image
from playwright.sync_api import expect

from riskkit.store.register.query import sql
from riskkit.workbench.serving.intake.received import FORMS
from riskkit.workbench.serving.intake.waiting import reports

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
TOKEN = "a-token-for-tests-only"
DECIDED = {
    "zh": ("待处理的填报", "受理", "已受理，写入登记库"),
    "en": ("Reports received", "Accept", "was accepted and entered the register"),
}
WORDS = {
    "zh": ("消费者投诉举报", "提交", "已收到", "更多信息（选填）"),
    "en": ("Consumer complaint", "Send the report", "Received", "More (optional)"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("intake"), None, token=TOKEN, intake="received") as served:
        yield served


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_complaint_with_a_picture_gets_a_receipt_after_a_fault_was_mended(
    running: Site, tmp_path_factory: pytest.TempPathFactory, lang: str
) -> None:
    photo = tmp_path_factory.mktemp("photo") / "photo.jpg"
    Image.new("RGB", (800, 600), "blue").save(photo)
    form, send, received, more = WORDS[lang]
    with watched_page(width=400) as watched:
        page = watched.page
        page.goto(f"http://127.0.0.1:{running.port}/intake?lang={lang}")
        page.get_by_role("link", name=form).click()
        page.locator("#product").fill("<b>lamp</b>")
        page.locator("#matter").fill("it burns")
        page.get_by_text(more).click()
        page.locator("#n_injured").fill("two")
        page.get_by_role("button", name=send).click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator("#n_injured")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#product")).to_have_value("<b>lamp</b>")
        page.locator("#n_injured").fill("2")
        page.set_input_files("#pictures", str(photo))
        page.get_by_role("button", name=send).click()
        expect(page.get_by_role("heading", name=received)).to_be_visible()
        receipt = page.locator(".receipt").inner_text()
        assert watched.hosts == {"127.0.0.1"}
        assert [error for error in watched.errors if "400" not in error] == []
    found = next(one for one in reports(running.folder / "received") if one["receipt"] == receipt)
    assert found["answers"]["Product"] == "<b>lamp</b>" and found["answers"]["Injured"] == "2"
    assert list(found["pictures"]) == ["picture-1.png"]


@needs_axe
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_shows_every_form_whole_and_readable_for_everybody(running: Site, lang: str) -> None:
    with watched_page(width=400) as watched:
        for sheet in FORMS:
            watched.page.goto(f"http://127.0.0.1:{running.port}/intake/{sheet}?lang={lang}")
            watched.page.locator("summary").click()
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= 400
            assert violations(watched.page) == []
            watched.page.reload()  # Tab begins where somebody clicked last
            watched.page.evaluate("document.querySelector('details').open = true")
            assert keyboard_faults(watched.page) == []


@needs_axe
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_from_a_phone_is_accepted_by_keyboard_and_enters_the_register(
    running: Site, tmp_path_factory: pytest.TempPathFactory, lang: str, width: int
) -> None:
    photo = tmp_path_factory.mktemp("photo") / "photo.jpg"
    Image.new("RGB", (800, 600), "green").save(photo)
    form, send, *_ = WORDS[lang]
    title, accept, accepted = DECIDED[lang]
    with watched_page(width=400) as phone:
        page = phone.page
        page.goto(f"http://127.0.0.1:{running.port}/intake?lang={lang}")
        page.get_by_role("link", name=form).click()
        page.locator("#product").fill(f"kettle {lang} {width}")
        page.locator("#matter").fill("<img src=x onerror=alert(1)> it leaks")
        page.set_input_files("#pictures", str(photo))
        page.get_by_role("button", name=send).click()
        receipt = page.locator(".receipt").inner_text()
    with watched_page(width=width) as watched:
        page = watched.page
        page.goto(f"{running.origin}/?token={TOKEN}&lang={lang}")
        page.get_by_role("link", name=title).click()
        report = page.get_by_role("article").filter(has_text=receipt)
        expect(report.get_by_text("<img src=x onerror=alert(1)> it leaks")).to_be_visible()
        picture = report.get_by_role("img")
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 800)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
        page.reload()
        assert keyboard_faults(page) == []
        page.locator("[data-theme-switch]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert violations(page) == []
        reason = report.get_by_role("textbox")
        reason.focus()
        page.keyboard.type("plausible")
        page.keyboard.press("Tab")
        expect(report.get_by_role("button", name=accept, exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text(accepted)
        expect(report).to_have_count(0)
        assert watched.hosts == {"127.0.0.1"} and watched.errors == []
    wanted = f"select product from records where evidence = '{receipt}'"
    assert sql(running.folder / "register", wanted).to_pylist() == [{"product": f"kettle {lang} {width}"}]
