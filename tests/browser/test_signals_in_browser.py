"""The board of signals in a real browser: from the board to a draft case and its level, counted in clicks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chromium import Watched, needs_chromium, watched_page
from playwright.sync_api import Locator, expect
from serving import ROOT, Served, served

from riskkit.case.case_reading import load_case
from riskkit.workbench.boards.signal_panel import known_steps

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
WIDE = "document.documentElement.scrollWidth"
MOST_CLICKS = 5


SLOW = "[anywidget] Failed to initialize model."
"""What a busy machine makes anywidget say when its model takes longer than two seconds; it is shown all the same."""


def _is_quiet(watched: Watched) -> bool:
    return (watched.hosts, [one for one in watched.errors if one != SLOW]) == ({"127.0.0.1"}, [])


@dataclass
class Clicks:
    """Every click of a person is counted."""

    n: int = 0
    said: list[str] = field(default_factory=list)

    def on(self, what: Locator, name: str) -> None:
        what.click()
        self.n += 1
        self.said.append(name)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signals")


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "dashboards").mkdir()
    board = ROOT / "notebooks" / "dashboards" / "signal_board.ipynb"
    shutil.copyfile(board, folder / "dashboards" / "signal_board.ipynb")
    with served(folder, more={"RISKKIT_SIGNALS": str(home)}) as running:
        yield running


def _open(watched: Watched, server: Served, lang: str) -> None:
    watched.page.goto(server.address("/voila/render/dashboards/signal_board.ipynb", lang=lang))
    watched.page.wait_for_selector(".rkp-cases tbody tr")
    watched.page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
    expect(watched.page.locator(".rk-items li").last).to_be_visible()


def test_from_the_list_of_boards_to_a_draft_and_its_level_in_five_clicks(server: Served, home: Path) -> None:
    clicks = Clicks()
    with watched_page() as watched:
        page = watched.page
        page.goto(server.address("/", lang="en"))
        clicks.on(page.get_by_role("link", name="Signals", exact=True), "the board")
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        choose = page.get_by_label("Signal", exact=True)
        clicks.on(choose, "the list of signals")
        choose.select_option(index=1)
        clicks.n += 1
        clicks.on(page.get_by_role("button", name="Draft a case and its level"), "draft and level")
        expect(page.get_by_text(re.compile(r"Drafted signal-.*: level [ⅠⅡⅢⅣ]"))).to_be_visible()
        assert clicks.n <= MOST_CLICKS
        drafts = list(home.glob("*.toml"))
        assert len(drafts) == 1 and load_case(drafts[0]).id == drafts[0].stem
        assert _is_quiet(watched)


@pytest.mark.parametrize(("lang", "width"), [("en", 400), ("zh", 1400)])
def test_pictures_drill_and_judgement_stand_on_one_board(
    server: Served, home: Path, lang: str, width: int
) -> None:
    words = {
        "en": (
            "Weekly counts of the strongest signals",
            "Newest reports",
            "Dismiss",
            "Reason",
            "Name",
            "dismissed",
            "Recorded:",
        ),
        "zh": ("最强信号的周计数", "最近的报告", "排除", "理由", "姓名", "已排除", "已记录："),
    }[lang]
    with watched_page(width=width) as watched:
        _open(watched, server, lang)
        page = watched.page
        expect(page.get_by_role("heading", name=words[0]).first).to_be_visible()
        assert page.evaluate(WIDE) <= width
        expect(page.locator("caption", has_text=words[1]).first).to_be_visible()
        before = len(known_steps(home))
        page.get_by_label(words[3], exact=True).fill("one firm")
        page.get_by_label(words[4], exact=True).fill("Li")
        page.get_by_label(words[4], exact=True).press("Tab")
        page.get_by_role("button", name=words[2], exact=True).click()
        expect(page.get_by_text(words[6]).first).to_be_visible()
        expect(page.locator(".rkp-cases tbody").get_by_text(words[5]).first).to_be_visible()
        steps = known_steps(home)
        assert len(steps) == before + 1 and steps.iloc[-1][["event", "by", "reason"]].tolist() == [
            "dismissed", "Li", "one firm"
        ]  # fmt: skip
        assert _is_quiet(watched)


def test_a_click_on_a_point_leads_to_the_reports_behind_it(server: Served) -> None:
    with watched_page() as watched:
        _open(watched, server, "en")
        page = watched.page
        grey = page.locator(".js-plotly-plot", has=page.locator(".scatterlayer .trace:nth-child(2) .point"))
        points = grey.locator(".scatterlayer .trace").first.locator(".point")
        points.first.scroll_into_view_if_needed()
        place = points.first.bounding_box()
        assert place is not None
        page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        expect(page.get_by_text("no signal of this week").first).to_be_visible()
        assert _is_quiet(watched)
