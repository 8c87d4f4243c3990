"""A served dashboard in a real browser: keyboard, languages, widths, and nobody else asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Watched, needs_chromium, watched_page
from patience import comes_true
from playwright.sync_api import Route, expect
from serving import LIGHT, TOKEN, Served, kernels_of, served, write_folder

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
BARS = "() => [...document.querySelectorAll('.js-plotly-plot')].map(figure => figure.data[0].y[0])"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("notebooks")
    write_folder(folder)
    with served(folder, before=LIGHT) as running:
        yield running


def _open_dashboard(watched: Watched, server: Served, *, lang: str) -> None:
    watched.page.goto(server.address("/", lang=lang))
    watched.page.get_by_role("link", name={"zh": "总览", "en": "Overview"}[lang]).click()
    watched.page.wait_for_selector(".js-plotly-plot .bars path")


@pytest.mark.parametrize("width", [400, 1400])
def test_the_slider_moves_by_keyboard_and_the_figure_follows(server: Served, width: int) -> None:
    with watched_page(width=width) as watched:
        _open_dashboard(watched, server, lang="en")
        page = watched.page
        assert page.evaluate(BARS) == [3]
        page.get_by_role("slider").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert comes_true(lambda: page.evaluate(BARS) == [5])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert (watched.hosts, watched.errors) == ({"127.0.0.1"}, [])
        assert TOKEN not in page.url


def test_a_page_whose_scripts_arrive_late_still_has_its_kernel(tmp_path: Path) -> None:
    """On a slow line they take longer to arrive than a closed page goes on."""
    write_folder(tmp_path)
    short = (
        "from riskkit.workbench.serving import limits; limit = limits.limit; "
        "limits.limit = lambda key: 1.0 if key == 'closed_seconds' else limit(key); "
    )
    with served(tmp_path, before=LIGHT + short) as running:
        with watched_page() as watched:

            def late(route: Route) -> None:
                time.sleep(4)
                assert len(kernels_of(running.process.pid)) == 1
                route.continue_()

            watched.page.route("**/static/voila.js*", late)
            _open_dashboard(watched, running, lang="en")
            watched.page.get_by_role("slider").focus()
            watched.page.keyboard.press("ArrowRight")
            assert comes_true(lambda: watched.page.evaluate(BARS) == [4])
        assert comes_true(lambda: not kernels_of(running.process.pid))


def test_a_page_shows_what_a_cell_shows_however_late_it_comes(tmp_path: Path) -> None:
    """On a busy machine it comes seconds after the cell has ended, and a page without its controls is no page."""
    write_folder(tmp_path)
    busy = (
        "import time; from nbclient.client import NotebookClient; taken = NotebookClient.process_message; "
        "NotebookClient.process_message = lambda *given: (time.sleep(.4), taken(*given))[1]; "
    )
    with served(tmp_path, before=LIGHT + busy) as running, watched_page() as watched:
        _open_dashboard(watched, running, lang="en")
        watched.page.get_by_role("slider").focus()
        watched.page.keyboard.press("ArrowRight")
        assert comes_true(lambda: watched.page.evaluate(BARS) == [4])


def test_a_page_waits_for_a_kernel_that_stands_still(tmp_path: Path) -> None:
    """It asks its kernel for the controls; where the answer is late, it asks again in another way."""
    write_folder(tmp_path)
    with served(tmp_path, before=LIGHT) as running, watched_page() as watched:

        def stopped(_: object) -> None:
            for kernel in kernels_of(running.process.pid) if not timers else ():
                kernel.suspend()
                timers.append(threading.Timer(9, kernel.resume))
                timers[0].start()

        timers: list[threading.Timer] = []
        watched.page.on("websocket", stopped)
        _open_dashboard(watched, running, lang="en")
        assert timers
        watched.page.get_by_role("slider").focus()
        watched.page.keyboard.press("ArrowRight")
        assert comes_true(lambda: watched.page.evaluate(BARS) == [4])


def test_the_language_is_switched_by_keyboard(server: Served) -> None:
    with watched_page() as watched:
        _open_dashboard(watched, server, lang="zh")
        page = watched.page
        assert (page.title(), page.evaluate("document.documentElement.lang")) == ("总览", "zh-CN")
        assert page.get_by_text("said zh True 3 none").is_visible()
        page.get_by_role("link", name="English").focus()
        page.keyboard.press("Enter")
        page.get_by_text("said en True 3 none").wait_for()
        assert (page.title(), page.evaluate("document.documentElement.lang")) == ("Overview", "en")
        page.get_by_role("link", name="Dashboards").click()
        expect(page.get_by_role("heading", name="Dashboards")).to_be_visible()
        assert (watched.hosts, watched.errors) == ({"127.0.0.1"}, [])


def test_closing_the_page_ends_its_kernel(tmp_path: Path) -> None:
    write_folder(tmp_path)
    with served(tmp_path, before=LIGHT) as running, watched_page() as watched:

        def kernels() -> int:
            return len(kernels_of(running.process.pid))

        _open_dashboard(watched, running, lang="en")
        assert kernels() == 1
        watched.page.goto("about:blank")
        assert comes_true(lambda: kernels() == 0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_whose_kernel_died_says_so_and_comes_back_with_its_address(server: Served, lang: str) -> None:
    with watched_page(width=400) as watched:
        _open_dashboard(watched, server, lang=lang)
        page, alert = watched.page, watched.page.get_by_role("alert")
        assert alert.count() == 0
        for kernel in kernels_of(server.process.pid):
            kernel.kill()
        alert.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        address = page.url
        alert.get_by_role("button", name={"zh": "重新载入", "en": "Reload"}[lang]).press("Enter")
        page.wait_for_selector(".js-plotly-plot .bars path")
        assert (page.url, alert.count()) == (address, 0)
        page.get_by_role("slider").press("ArrowRight")
        assert comes_true(lambda: page.evaluate(BARS) == [4])


def test_text_from_a_notebook_is_text_on_the_landing_page(server: Served) -> None:
    with watched_page(width=400) as watched:
        watched.page.goto(server.address("/", lang="en"))
        assert watched.page.get_by_text("What? <i>").count() == 2
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_lab_speaks_chinese_and_asks_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("lab")
    write_folder(folder)
    with served(folder, what="lab", lang="zh") as running, watched_page() as watched:
        watched.page.goto(running.address("/lab"))
        watched.page.get_by_role("menuitem", name="文件").wait_for()
        watched.page.wait_for_selector(".jp-DirListing-item")
        assert watched.hosts == {"127.0.0.1"}
