"""An expert's ballot and the chair's page as somebody works through them in a browser."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from chromium import Watched
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout


def page_of(base: str, name: str, token: str) -> str:
    return f"{base}voila/render/dashboards/{name}.ipynb?lang=en&token={token}"


def answer_all(watched: Watched, number: int, *, n_earlier: int = 0) -> int:
    """Answer question after question as a finger would; after a round that had answers: what its feedback moves."""
    page = watched.page
    for n_cards in range(1, 40):
        card = page.locator(".rkb-card:not([hidden])")
        card.wait_for()
        if n_earlier:
            answer_again(card, number, n_earlier=n_earlier)
        else:
            answer_first(card, number)
        review = page.get_by_role("button", name="Review and hand in")
        is_last = review.count() > 0
        (review if is_last else page.get_by_role("button", name="Next")).click()
        if is_last:
            assert page.locator(".rkb-review > div").count() == n_cards
            press(page, "Hand in")
            return n_cards
    raise AssertionError("the ballot has no end")


def answer_first(card: Any, number: int) -> None:
    if card.locator("input[type=text]").count():
        for name, value in (("low", "0.1%"), ("middle", f"1/{100 - 20 * number}"), ("high", "0.2")):
            card.get_by_label(re.compile(f"^{name}")).fill(value)
    elif card.locator("input[type=radio]").count():
        radios = card.locator("input[type=radio]")
        radios.nth(min(1 + (number == 2), radios.count() - 1)).check()
    else:
        card.locator(".rkb-choice:not(.rkb-abstain) input").nth(number).check()
    card.locator("textarea").fill(f"because of {number} <b>")


def answer_again(card: Any, number: int, *, n_earlier: int) -> None:
    """The last round stands above each question, under letters; one's own answer is filled in."""
    back = card.locator(".rkb-earlier")
    assert back.get_by_text("Round 1: pooled").is_visible()
    assert back.locator("li").count() == n_earlier
    assert card.locator("textarea").input_value() == f"because of {number} <b>"
    if card.locator("input[type=text]").count():
        assert back.locator("svg circle").count() == n_earlier and back.locator("svg rect").count() == 1
        card.get_by_label(re.compile("^middle")).fill("1/90")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def look_again(page: Page) -> None:
    """Press the button, unless the page has looked by itself and has something else to show by now."""
    with contextlib.suppress(PlaywrightTimeout):
        page.get_by_role("button", name="Refresh", exact=True).click(timeout=3000)
