"""What every board has alike, in a real browser: search, files of tables and figures, the address, views, dark mode."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from accessible import needs_axe, violations
from chromium import Watched, needs_chromium, watched_page
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook
from serving import Served, copy_dashboard, served

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
BOARDS = ("what_if", "register_board", "warning_board", "response_board")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("notebooks")
    for name in BOARDS:
        few = {"draws": 500} if name == "what_if" else {}
        copy_dashboard(f"{name}.ipynb", folder / "dashboards" / f"{name}.ipynb", **few)
    with served(folder) as running:
        yield running


def opened(watched: Watched, server: Served, name: str, *, behind: str = "") -> Page:
    page = watched.page
    page.goto(server.address(f"/voila/render/dashboards/{name}.ipynb", lang="en") + behind)
    page.wait_for_selector(".rkp-gauge" if name == "what_if" else ".rkp-cases tbody tr")
    return page


def asked(page: Page) -> dict[str, str]:
    """What the address holds behind #."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).fragment).items()}


def saved(page: Page, button: Locator, folder: Path) -> Path:
    with page.expect_download() as waiting:
        button.click()
    place = folder / waiting.value.suggested_filename
    waiting.value.save_as(place)
    return place


def rows_of(book: Path) -> list[list[str]]:
    """A workbook as another program reads it."""
    read = CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    return [[f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row] for row in read]


def has_content(picture: Image.Image) -> bool:
    """Whether more than one shade is in it: writing has many."""
    return sum(n > 0 for n in picture.convert("L").histogram()) > 16


def test_a_table_is_searched_and_saved_as_it_is_shown(server: Served, tmp_path: Path) -> None:
    with watched_page() as watched:
        page = opened(watched, server, "response_board")
        rows = page.locator(".rkp-cases tbody tr:visible")
        n_all = rows.count()
        word = rows.first.locator("th").inner_text().split(" ")[0]
        find = page.get_by_role("searchbox").first
        find.fill(word)
        expect(page.get_by_text(f"of {n_all} rows match")).to_be_visible()
        n_found = rows.count()
        assert 0 < n_found < n_all
        assert asked(page)["find0"] == word
        tools = page.locator(".rkp-tools").filter(has=find)
        text = saved(page, tools.get_by_role("button", name="CSV"), tmp_path).read_text("utf-8-sig")
        written = [*csv.reader(io.StringIO(text))]
        heads = [cell.split(" ")[0] for cell in page.locator(".rkp-cases thead th").all_inner_texts()]
        assert [cell.split(" ")[0] for cell in written[0]] == heads and len(written) == n_found + 1
        book = saved(page, tools.get_by_role("button", name="Excel"), tmp_path)
        assert book.suffix == ".xlsx" and rows_of(book) == written
        picture = Image.open(saved(page, tools.get_by_role("button", name="PNG"), tmp_path))
        assert picture.format == "PNG" and has_content(picture)
        assert (watched.hosts, watched.errors) == ({"127.0.0.1"}, [])


def test_a_new_time_leaves_an_open_menu_and_the_focus_where_they_are(server: Served) -> None:
    with watched_page() as watched:
        page = opened(watched, server, "register_board")
        expect(page.get_by_text("Data as of")).to_be_visible()
        menu = page.get_by_text("Keyboard", exact=True)
        menu.focus()
        page.keyboard.press("Enter")
        page.evaluate("document.querySelector('.rkp-head > span').textContent = 'older'")
        expect(page.get_by_text("Data as of")).to_be_visible()  # the board has looked again
        expect(page.locator(".rkp-menu[open]")).to_have_count(1)
        expect(menu).to_be_focused()
        assert watched.errors == []


def test_small_tables_are_sorted_by_their_heads_with_the_keyboard(server: Served) -> None:
    with watched_page() as watched:
        page = opened(watched, server, "response_board")
        table = page.locator("table.rk-table:not(.rkp-cases)").filter(has=page.locator("thead button")).first
        for at in (0, 1):  # words, numbers
            head, cells = table.locator("thead th").nth(at), table.locator(f"tbody tr > :nth-child({at + 1})")
            head.get_by_role("button").focus()
            page.keyboard.press("Enter")
            expect(head).to_have_attribute("aria-sort", "ascending")
            up = cells.all_inner_texts()
            assert len(up) > 1 and (at == 0 or up == sorted(up, key=float))
            page.keyboard.press("Enter")
            expect(head).to_have_attribute("aria-sort", "descending")
            down = cells.all_inner_texts()
            assert down != up or len({*up}) == 1
            assert at == 0 or down == sorted(up, key=float, reverse=True)
            assert table.locator("th[aria-sort]").count() == 1
        assert watched.errors == []


def test_where_the_server_has_no_plotly_js_the_kernel_sends_it(server: Served) -> None:
    with watched_page() as watched:
        watched.page.route("**/plotly.min.js*", lambda route: route.abort())
        page = opened(watched, server, "register_board")
        page.wait_for_selector(".js-plotly-plot .barlayer .point", state="attached")
        assert page.locator(".js-plotly-plot .main-svg").count() >= 2
        assert not [
            error for error in watched.errors if "plotly.min.js" not in error and "ERR_FAILED" not in error
        ]


def test_a_figure_is_saved_as_picture_and_numbers(server: Served, tmp_path: Path) -> None:
    with watched_page() as watched:
        page = opened(watched, server, "register_board")
        page.wait_for_selector(".js-plotly-plot .barlayer .point", state="attached")
        tools = page.locator(".rkp-drawn > .rkp-tools").first
        picture = Image.open(saved(page, tools.get_by_role("button", name="PNG"), tmp_path))
        width = page.locator(".rkp-drawn .js-plotly-plot").first.bounding_box()
        assert width is not None and abs(picture.width - 2 * width["width"]) <= 4
        assert has_content(picture)
        text = saved(page, tools.get_by_role("button", name="CSV"), tmp_path).read_text("utf-8-sig")
        assert len([*csv.reader(io.StringIO(text))]) > 2
        # other data on the same axis: plotly.js would take years for numbers now, and write 2,021.5
        ticks = page.locator(".rkp-drawn").first.locator(".xtick text")
        for first in (2021, 2019):
            page.get_by_label("From", exact=True).select_option(str(first))
            expect(ticks).to_have_text([str(year) for year in range(first, 2026)])
        assert watched.errors == []


def test_a_table_with_merged_cells_has_no_head_that_would_sort_it_wrongly(server: Served) -> None:
    plain = "<table class=rk-table><thead><tr><th>a<th>b</thead><tbody><tr><td>2<td>x<tr><td>1<td>y</tbody></table>"
    with watched_page() as watched:
        page = opened(watched, server, "response_board")
        add = "html => document.querySelector('.rkp').insertAdjacentHTML('beforeend', html)"
        page.evaluate(add, f"<div id=plain>{plain}</div>")
        page.evaluate(add, f"<div id=wide>{plain.replace('<td>2<td>x', '<td colspan=2>2')}</div>")
        page.evaluate(add, f"<div id=tall>{plain.replace('<td>2', '<td rowspan=2>2')}</div>")
        expect(page.locator("#plain thead button")).to_have_count(2)
        for other in ("#wide", "#tall"):
            expect(page.locator(f"{other} .rkp-tools, {other} .rkp-exports").first).to_be_visible()
            assert page.locator(f"{other} thead button").count() == 0


def test_a_link_shows_the_same_and_nothing_is_lost_on_loading_again(server: Served) -> None:
    with watched_page() as watched:
        page = opened(watched, server, "warning_board")
        page.get_by_label("Show").select_option("all")
        page.get_by_label("Level", exact=True).select_option(index=2)
        page.get_by_role("button", name="since").click()
        expect(page).to_have_url(re.compile("sort=3u"))
        assert asked(page) == {"show_which": "all", "choose_level": "3", "sort": "3u"}
        rows, shown = (
            page.locator(".rkp-cases tbody tr").all_inner_texts(),
            page.get_by_label("Show").input_value(),
        )
        page.reload()
        expect(page.get_by_label("Show")).to_have_value(shown)
        expect(page.locator("th[aria-sort=ascending]")).to_contain_text("since")
        expect(page.locator(".rkp-cases tbody tr")).to_have_text(rows, use_inner_text=True)
        place = page.url
        page.get_by_role("link", name="中文").click()
        expect(page.locator("th[aria-sort=ascending]")).to_be_visible()
        assert urlsplit(page.url).fragment == urlsplit(place).fragment and "lang=zh" in page.url
        assert watched.errors == []


def test_sliders_stand_in_the_address_and_a_view_has_a_name(server: Served) -> None:
    with watched_page() as watched:
        page = opened(watched, server, "what_if")
        slider = page.get_by_role("slider").first
        slider.focus()
        slider.press("Home")
        expect(page).to_have_url(re.compile("inputs="))
        value = slider.get_attribute("aria-valuetext")
        page.get_by_text("Saved views").click()
        page.get_by_label("Name of the view", exact=True).fill("lowest <b>")
        page.get_by_role("button", name="Save this view").click()
        expect(page.get_by_role("link", name="lowest <b>")).to_be_visible()
        page.get_by_role("button", name="Reset to the case").click()
        expect(page).not_to_have_url(re.compile("inputs="))
        page.get_by_role("link", name="lowest <b>").click()
        expect(page).to_have_url(re.compile("inputs="))
        expect(page.get_by_role("slider").first).to_have_attribute("aria-valuetext", str(value))
        page.get_by_text("Saved views").click()
        page.get_by_role("button", name="Delete: lowest <b>").click()
        expect(page.get_by_role("link", name="lowest <b>")).to_have_count(0)
        assert watched.errors == []


WHAT_IF = {
    "zh": ("撤销", "重做", "保留此方案", "下载", "导入假设文件", "已导入"),
    "en": ("Undo", "Redo", "Keep this scenario", "Download", "Import what-ifs", "Imported"),
}


@pytest.mark.parametrize(("lang", "width"), [("en", 400), ("zh", 1400)])
def test_a_step_is_undone_and_done_again_and_a_file_taken_out_and_in(
    server: Served, tmp_path: Path, lang: str, width: int
) -> None:
    undo, redo, keep, download, take, taken = WHAT_IF[lang]
    with watched_page(width=width) as watched:
        page = watched.page
        page.goto(server.address("/voila/render/dashboards/what_if.ipynb", lang=lang))
        page.wait_for_selector(".rkp-gauge")
        back, forth = (page.get_by_role("button", name=name, exact=True) for name in (undo, redo))
        expect(back).to_be_disabled()
        expect(forth).to_be_disabled()
        slider = page.get_by_role("slider").first
        before = slider.get_attribute("aria-valuetext")
        slider.focus()
        slider.press("Home")
        after = slider.get_attribute("aria-valuetext")
        assert after != before
        expect(back).to_be_enabled()
        back.focus()
        page.keyboard.press("Enter")
        expect(slider).to_have_attribute("aria-valuetext", str(before))
        expect(forth).to_be_enabled()
        forth.focus()
        page.keyboard.press("Enter")
        expect(slider).to_have_attribute("aria-valuetext", str(after))
        page.get_by_role("button", name=keep).click()
        case, what_ifs = (page.get_by_role("link", name=download).nth(n) for n in (0, 1))
        expect(what_ifs).to_be_visible()
        written = saved(page, case, tmp_path).read_text("utf-8")
        assert tomllib.loads(written)["title"] and "→" in written
        file = saved(page, what_ifs, tmp_path)
        assert tomllib.loads(file.read_text("utf-8"))
        with page.expect_file_chooser() as waiting:
            page.get_by_role("button", name=take).click()
        waiting.value.set_files(file)
        expect(page.get_by_text(f"{taken} {file.name}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert (watched.hosts, watched.errors) == ({"127.0.0.1"}, [])


@needs_axe
@pytest.mark.parametrize("name", ["what_if", "warning_board"])
def test_dark_as_the_system_says_or_as_chosen(server: Served, name: str) -> None:
    theme = "document.documentElement.dataset.theme"
    with watched_page() as watched:
        page = watched.page
        page.emulate_media(color_scheme="dark")
        opened(watched, server, name)
        assert page.evaluate(theme) == "dark" and violations(page) == []
        switch = page.get_by_role("button", name="Dark", pressed=True)
        switch.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(theme) == "light"
        page.reload()
        page.wait_for_selector(".rkp-head")
        assert page.evaluate(theme) == "light"
        page.goto(server.address("/", lang="en"))
        assert page.evaluate(theme) == "light" and violations(page) == []
        page.get_by_role("button", name="Dark", pressed=False).click()
        assert page.evaluate(theme) == "dark" and violations(page) == []
