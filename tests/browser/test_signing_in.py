"""Signing in and out, and the page that says that every place is taken, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import needs_chromium, watched_page
from patience import PAGE_HANGS
from people_site import ALL, Site, comes_to, page, site

from riskkit.workbench.serving.people import People, Person, new_token

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
TOKEN, KEPT = new_token("e1")
WIDE = "document.documentElement.scrollWidth"
WORDS = {
    "zh": ("姓名编号、口令或令牌不对", "暂时没有空位", "退出登录", "您已退出登录"),
    "en": ("Wrong name, password or token", "Every place is taken", "Sign out", "You are signed out"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    people = People("token", (Person("e1", "expert", KEPT),))
    with site(tmp_path_factory.mktemp("signing"), people, most=1, closed_seconds=600.0) as there:
        yield there


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_signing_in_to_signing_out_by_keyboard(running: Site, lang: str, width: int) -> None:
    wrong, full, out, ended = WORDS[lang]
    with watched_page(width=width) as watched:
        shown = watched.page
        shown.goto(f"{running.origin}/sign-in?lang={lang}")
        shown.locator("#secret").fill("e1.wrong")
        shown.keyboard.press("Enter")
        shown.get_by_text(wrong).wait_for()
        shown.locator("#secret").fill(TOKEN)
        shown.keyboard.press("Enter")
        shown.get_by_role("link", name=ALL).wait_for()
        assert shown.get_by_role("button", name=out).is_visible() and shown.evaluate(WIDE) <= width
        shown.goto(running.origin + page(ALL, lang))
        shown.get_by_text("seen [e1] [expert]").wait_for(timeout=PAGE_HANGS)
        assert shown.evaluate(WIDE) <= width
        further = shown.context.new_page()
        answer = further.goto(running.origin + page(ALL, lang))
        assert answer is not None and answer.status == 503
        assert further.get_by_role("heading", name=full).is_visible() and further.evaluate(WIDE) <= width
        further.close()
        shown.get_by_role("button", name=out).focus()
        shown.keyboard.press("Enter")
        shown.get_by_text(ended).wait_for()
        assert shown.evaluate(WIDE) <= width
        assert comes_to(running.kernels, 0)
        shown.goto(running.origin + page(ALL, lang))
        assert shown.get_by_text("seen [e1]").count() == 0
        assert watched.hosts == {"127.0.0.1"}
        assert not [error for error in watched.errors if "status of 403" not in error]
