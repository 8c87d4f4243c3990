"""The report and the index in a real browser: drawn, offline, usable by keyboard, narrow and wide."""

from __future__ import annotations

from pathlib import Path

import pytest
from accessible import keyboard_faults, needs_axe, violations
from chromium import needs_chromium
from page_samples import HOSTILE, TITLES, code, display, notebook, pictures, result
from patience import PAGE_HANGS, comes_true

from riskkit.foundation.language import in_language
from riskkit.workbench.document.blocks import PLOTLY_MIME
from riskkit.workbench.document.html import plotly_asset, to_html
from riskkit.workbench.runs.index import Entry, index_html

pytestmark = [needs_chromium, pytest.mark.browser]
WIDTHS = (400, 1400)
MAP = {
    "data": [
        {
            "type": "choropleth",
            "locations": ["a"],
            "z": [1],
            "featureidkey": "id",
            "geojson": {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": "a",
                        "properties": {},
                        "geometry": {
                            "type": "Polygon",
                            "coordinates": [[[0, 0], [0, 20], [20, 20], [20, 0], [0, 0]]],
                        },
                    }
                ],
            },
        }
    ],
    "layout": {"geo": {"visible": False, "fitbounds": "locations"}},
}


@pytest.fixture
def visit(browser):
    """Open a page; what it asked for and what it complained of is kept, and checked at the end."""
    asked: list[str] = []
    complaints: list[str] = []
    pages = []

    def opened(path: Path, *, width: int = 1000):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(PAGE_HANGS)
        pages.append(page)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert complaints == []


@pytest.fixture
def site(tmp_path):
    name, content = plotly_asset()
    (tmp_path / name).write_bytes(content)
    for lang in ("zh", "en"):
        text = in_language(lang, to_html, notebook(lang), title=TITLES[lang], plotly_js=name)
        (tmp_path / f"{lang}.html").write_text(text, encoding="utf-8")
        entries = [
            Entry(result(case_id="one"), {"zh": "zh.html", "en": "en.html"}),
            Entry(result({"zh": HOSTILE, "en": HOSTILE}, case_id="two", level="Ⅰ"), {"zh": "zh.html"}),
        ]
        other = {"zh": "en", "en": "zh"}[lang]
        index = in_language(lang, index_html, entries, other_language=f"index.{other}.html")
        (tmp_path / f"index.{lang}.html").write_text(index, encoding="utf-8")
    return tmp_path


def until(page, told: str):
    """Wait for something to become true; Playwright's own way would need eval, which the page forbids."""
    assert comes_true(lambda: page.evaluate(told)), told


def drawn(page):
    until(page, "document.documentElement.dataset.drawn")
    return page.locator(".plot-canvas .main-svg").count()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_draws_its_figures_and_fits(site, visit, lang, width):
    page = visit(site / f"{lang}.html", width=width)
    assert drawn(page) >= len(pictures(lang))
    assert page.locator(".plot-canvas .bars path, .plot-canvas .barlayer path").count() == 8
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() == TITLES[lang]
    assert page.locator("main").inner_text().count(HOSTILE) >= 1
    assert page.locator("main img").count() == 0


def test_the_embedded_library_draws_too_and_a_map_without_the_network(tmp_path, visit):
    path = tmp_path / "report.html"
    more = code(display({PLOTLY_MIME: MAP}))
    text = to_html(notebook("en", more), title="T", plotly_js="embedded")
    path.write_text(text, encoding="utf-8")
    page = visit(path)
    assert drawn(page) >= 3
    assert page.locator("path.choroplethlayer, .choroplethlayer path").count() == 1


def test_without_the_library_the_page_says_so_and_keeps_the_numbers(tmp_path, browser):
    path = tmp_path / "report.html"
    path.write_text(to_html(notebook("en"), title="T", plotly_js="gone.js"), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.get_by_text("The browser could not draw this figure").count() == 2
    page.get_by_text("Numbers in this figure: Probability of each level").click()
    assert page.get_by_role("cell", name="83.0%").is_visible()
    page.close()


def test_the_skip_link_and_the_contents_work_by_keyboard(site, visit):
    page = visit(site / "en.html", width=1400)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("navigation").get_by_role("link", name="Basis for the level").press("Enter")
    assert page.evaluate("location.hash") == "#basis"
    summary = page.locator("main section details summary").first
    summary.press("Enter")
    assert summary.evaluate("each => each.parentElement.open")


def test_a_wide_table_can_be_reached_and_scrolled_on_a_narrow_screen(site, visit):
    page = visit(site / "en.html", width=400)
    drawn(page)
    table = page.get_by_role("region", name="Probability and risk level of three scenarios")
    table.focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.activeElement.scrollLeft > 0")
    assert page.evaluate("document.activeElement.tabIndex") == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_index_filters_by_keyboard_and_switches_language(site, visit, width):
    page = visit(site / "index.en.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cards = page.locator("#cards > li")
    assert [card.get_attribute("data-level") for card in cards.all()] == ["Ⅰ", "Ⅱ"]
    page.get_by_label("Warning level", exact=True).focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("status").inner_text() == "Showing 1 of 2 cases"
    assert [card.is_visible() for card in cards.all()] == [True, False]
    page.get_by_role("button", name="Clear the filter").press("Enter")
    assert page.get_by_role("status").inner_text() == "Showing 2 of 2 cases"
    page.get_by_role("link", name="中文", exact=True).press("Enter")
    page.wait_for_url("**/index.zh.html")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


@needs_axe
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["index.zh", "index.en", "zh", "en"])
def test_a_page_has_no_grave_violation_and_every_control_is_reached_by_tab(site, visit, name, width):
    page = visit(site / f"{name}.html", width=width)
    assert keyboard_faults(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == []


def test_a_script_that_got_into_the_page_would_not_run(site, browser):
    path = site / "zh.html"
    text = path.read_text(encoding="utf-8")
    smuggled = "<script>document.title='owned'</script></main>"
    path.write_text(text.replace("</main>", smuggled), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    drawn(page)
    assert page.title() == TITLES["zh"]
    page.close()


def test_printing_makes_figures_fit_the_paper(site, visit):
    page = visit(site / "en.html", width=1400)
    drawn(page)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    until(page, "document.querySelector('.plot-canvas .main-svg').width.baseVal.value <= 640")
    assert page.locator("main section details[open]").count() == 1
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    until(page, "document.querySelector('.plot-canvas .main-svg').width.baseVal.value > 640")
