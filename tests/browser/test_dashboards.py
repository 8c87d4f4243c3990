"""Both dashboards in a real browser: keyboard, languages, widths, markup as text, and nobody else asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Watched, needs_chromium, watched_page
from hostile import HOSTILE, KETTLE, hostile_case
from patience import comes_true
from playwright.sync_api import Locator, Page, expect
from serving import Served, copy_dashboard, served
from warned import NOW, room_in

from riskkit.monitoring.sources.canonical import SOURCE
from riskkit.warning.dynamics.life import WarningEvent
from riskkit.workbench.flows.warnings.room import take_step
from riskkit.workbench.runs.folders.made_register import READ_ON, take_in

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
CASES = ["note7-battery-2016", "melamine-milk-2008", "cadmium-jewellery-2010"]
WIDE = "document.documentElement.scrollWidth"


def _hostile_register(folder: Path) -> Path:
    file = folder / "hostile.csv"
    head = "source_class,date,product,product_group,port,hazard,evidence\n"
    file.write_text(f"{head}complaint,2024-01-31{f',{HOSTILE}' * 5}\n", encoding="utf-8")
    take_in(folder / "register", file, SOURCE, now=READ_ON)
    return folder / "register"


def _hostile_ledger(folder: Path) -> Path:
    home = folder / "warnings"  # apart, or the server would take it for its own
    home.mkdir()
    room = room_in(home)
    words = dict.fromkeys(("zh", "en"), HOSTILE)
    one = WarningEvent(
        warning_id="w-1", event="proposed", at=NOW, who="a", level=3, reason=HOSTILE, evidence=("e",)
    )
    take_step(room, one, about={"title": words, "places": [words | {"code": "100000"}]})
    room.ledger.close()
    return home / "ledger.sqlite"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("notebooks")
    here = folder / "dashboards"
    hostile = str(hostile_case(folder))
    copy_dashboard("overview.ipynb", here / "overview.ipynb", cases=CASES, draws=200, reports="")
    copy_dashboard("what_if.ipynb", here / "what_if.ipynb", draws=500)
    copy_dashboard("register_board.ipynb", here / "register_board.ipynb")
    copy_dashboard(
        "register_board.ipynb", here / "hostile_register.ipynb", register=str(_hostile_register(folder))
    )
    copy_dashboard("warning_board.ipynb", here / "warning_board.ipynb")
    copy_dashboard("warning_board.ipynb", here / "hostile_warning.ipynb", ledger=str(_hostile_ledger(folder)))
    copy_dashboard("response_board.ipynb", here / "response_board.ipynb")
    copy_dashboard(
        "what_if.ipynb", here / "kettle.ipynb", case=str(KETTLE), profile="house_matrix", draws=500
    )
    copy_dashboard("what_if.ipynb", here / "hostile.ipynb", case=hostile, draws=200)
    copy_dashboard("overview.ipynb", here / "hostile_overview.ipynb", cases=[hostile], draws=200, reports="")
    with served(folder) as running:
        yield running


def _open(watched: Watched, server: Served, name: str, **query: str) -> None:
    watched.page.goto(server.address(f"/voila/render/dashboards/{name}.ipynb", **query))
    _drawn(watched, name)


def _drawn(watched: Watched, name: str) -> None:
    inside = ".rkp-tile" if "overview" in name else ".rkp-gauge"
    inside = ".rkp-cases tbody tr" if {"register", "warning", "response"} & set(name.split("_")) else inside
    watched.page.wait_for_selector(inside)
    expect(watched.page.locator(".rk-items li").last).to_be_visible()


# two frames and whatever is due by then: a script that got into the page would have run
AT_REST = (
    "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)


def _is_quiet(watched: Watched) -> bool:
    return (watched.hosts, watched.errors) == ({"127.0.0.1"}, [])


def _slider(watched: Watched, name: str) -> Locator:
    """A slider by its label, with the groups opened by keyboard."""
    for heading in watched.page.locator(".rkp-group > summary").all():
        if heading.evaluate("node => !node.parentElement.open"):
            heading.focus()
            watched.page.keyboard.press("Enter")
    return watched.page.get_by_role("slider", name=name)


@pytest.mark.parametrize("width", [400, 1400])
def test_a_slider_moved_by_keyboard_changes_the_level(server: Served, width: int) -> None:
    with watched_page(width=width) as watched:
        _open(watched, server, "kettle", lang="en")
        page, level = watched.page, watched.page.locator(".rkp-level")
        expect(level).to_contain_text("Level Ⅱ")
        ports = _slider(watched, "ports affected")
        assert ports.get_attribute("aria-valuetext") == "7"
        ports.focus()
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        expect(level).to_contain_text("Level Ⅲ")
        expect(page.get_by_text("Lower than in the case (there: Ⅱ).")).to_be_visible()
        change = page.get_by_role("textbox", name="TOML text")
        expect(change).to_have_value(re.compile("ports affected: 7 → 4"))
        assert page.evaluate(WIDE) <= width
        page.get_by_role("button", name="Reset to the case").focus()
        page.keyboard.press("Enter")
        expect(level).to_contain_text("Level Ⅱ")
        expect(ports).to_have_attribute("aria-valuetext", "7")
        assert _is_quiet(watched)


def test_a_fact_that_is_not_known_leaves_a_range_and_scenarios_stand_side_by_side(server: Served) -> None:
    with watched_page() as watched:
        _open(watched, server, "kettle", lang="en")
        page = watched.page
        _slider(watched, "ports affected")
        page.get_by_role("checkbox", name="ports affected: not known").focus()
        page.keyboard.press("Space")
        expect(page.locator(".rkp-level")).to_contain_text("Level Ⅲ")
        expect(page.locator(".rkp-level")).to_contain_text("Level Ⅱ")
        page.get_by_label("Name (may stay empty)").fill("ports <b>unknown</b>")
        page.get_by_role("button", name="Keep this scenario").click()
        head = page.get_by_role("columnheader", name="ports <b>unknown</b>")
        expect(head).to_be_visible()
        assert _is_quiet(watched)


def test_the_risk_grid_is_drawn_and_follows(server: Served) -> None:
    with watched_page() as watched:
        _open(watched, server, "kettle", lang="zh")
        page = watched.page
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        marks = (
            "() => [...document.querySelectorAll('.js-plotly-plot')][0].data.map(trace => trace.y[0]).join()"
        )
        before = page.evaluate(marks)
        first = page.get_by_role("slider").first
        first.focus()
        page.keyboard.press("End")
        expect(page.locator(".rkp-level")).to_contain_text("Ⅰ级")
        page.wait_for_function(f"before => ({marks})() !== before", arg=before)
        _switched(watched, "kettle")
        assert _is_quiet(watched)


HEADS = {
    "overview": ("预警级别总览", "Warning levels"),
    "kettle": ("改变输入", "Change the inputs"),
    "register_board": ("登记库一览", "The register at a glance"),
    "warning_board": ("当前预警", "Current warnings"),
    "response_board": ("处置工作", "Response"),
}


def _switched(watched: Watched, name: str) -> None:
    """From a page in Chinese to the same in English, by keyboard."""
    zh, en = HEADS[name]
    page = watched.page
    expect(page.get_by_role("heading", name=zh, exact=True)).to_be_visible()
    page.get_by_role("link", name="English").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=en, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="How to read this")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    _drawn(watched, name)


def _open_in_english(watched: Watched, server: Served, name: str, width: int) -> None:
    """On a wide screen by way of the page in Chinese, so that each board's language is switched once."""
    _open(watched, server, name, lang="zh" if width == 1400 else "en")
    if width == 1400:
        _switched(watched, name)


def test_the_language_of_a_board_that_is_not_worked_on_here_is_switched(server: Served) -> None:
    with watched_page() as watched:
        _open_in_english(watched, server, "response_board", 1400)
        assert _is_quiet(watched)


@pytest.mark.parametrize("width", [400, 1400])
def test_the_overview_sorts_filters_and_opens_a_case(server: Served, width: int) -> None:
    with watched_page(width=width) as watched:
        _open_in_english(watched, server, "overview", width)
        page = watched.page
        names = page.locator(".rkp-cases tbody tr a")
        expect(names).to_have_count(3)
        assert page.evaluate(WIDE) <= width
        page.get_by_role("button", name="Case", exact=True).focus()
        page.keyboard.press("Enter")
        up = names.all_inner_texts()
        page.keyboard.press("Enter")
        assert names.all_inner_texts() == up[::-1] and page.locator("th[aria-sort=descending]").count() == 1
        page.get_by_label("Hazard class", exact=True).select_option("chemical hazard")
        expect(names).not_to_have_count(3)
        page.get_by_role("button", name="Clear the filters").click()
        expect(names).to_have_count(3)
        if width == 400:
            page.get_by_label("Grading profile").select_option(index=2)
            expect(page.get_by_text("have equal weight, a rule set by this project")).to_be_visible()
        assert _is_quiet(watched)
        page.get_by_role("link", name="Galaxy Note7").click()
        page.wait_for_selector(".rkp-gauge")
        expect(page.get_by_role("heading", name="Galaxy Note7")).to_be_visible()
        assert _is_quiet(watched)


def _choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as waiting:
        page.get_by_role("button", name="GeoJSON").click()
    waiting.value.set_files(file)


@pytest.mark.parametrize(("lang", "width"), [("en", 1400), ("zh", 400)])
def test_the_overview_shows_levels_over_time_and_takes_outlines(
    server: Served, tmp_path: Path, lang: str, width: int
) -> None:
    title, every, fault, drawn = {
        "en": (
            "Levels over time (by day of assessment)",
            "Levels over time, by",
            "1 fault:",
            "Drawn on 1 outline",
        ),
        "zh": ("级别随时间的变化（按评估日期）", "级别变化的时段", "有1处错误", "已按自备的1个边界绘制"),
    }[lang]
    ring = [[120, 28], [121, 28], [121, 29], [120, 28]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"name": "浙江"}, "geometry": shape}
    good, bad = tmp_path / "own.geojson", tmp_path / "bad.geojson"
    good.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    bad.write_text("[" * 100_000, encoding="utf-8")
    with watched_page(width=width) as watched:
        _open(watched, server, "overview", lang=lang)
        page = watched.page
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        page.wait_for_selector(".js-plotly-plot .barlayer .point", state="attached")
        assert page.locator(".js-plotly-plot").first.locator(".annotation-text", has_text="■").count() == 1
        ticks = page.locator(".js-plotly-plot .xtick", has_text="2016-09")

        def are_months() -> bool:  # plotly takes no change until it has drawn the figure for the first time
            for at in (0, 1):
                page.get_by_label(every).select_option(index=at)
            return ticks.count() > 0

        assert comes_true(are_months)
        expect(page).to_have_url(re.compile("every=month"))
        _choose(page, bad)
        expect(page.get_by_text(fault)).to_be_visible()
        _choose(page, good)
        expect(page.get_by_text(drawn)).to_be_visible()
        page.wait_for_selector(".js-plotly-plot .scatterlayer path.js-line", state="attached")
        assert page.evaluate(WIDE) <= width
        assert _is_quiet(watched)


@pytest.mark.parametrize("width", [400, 1400])
def test_the_register_is_filtered_and_paged_by_keyboard(server: Served, width: int) -> None:
    with watched_page(width=width) as watched:
        _open_in_english(watched, server, "register_board", width)
        page = watched.page
        rows = page.locator(".rkp-cases tbody tr")
        expect(rows).to_have_count(20)
        expect(page.get_by_text("Showing 888 of 888 records")).to_be_visible()
        page.wait_for_selector(".js-plotly-plot .barlayer .point", state="attached")
        assert page.evaluate(WIDE) <= width
        page.get_by_role("button", name="Next page").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Page 2 of 45")).to_be_visible()
        page.get_by_label("Class of source").focus()
        page.keyboard.type("report of an enterprise")
        expect(page.get_by_text("Showing 10 of 888 records")).to_be_visible()
        expect(rows).to_have_count(10)
        expect(page.get_by_text("Page 1 of 1")).to_be_visible()
        expect(page.locator(".rkp-cases")).to_contain_text("SYN-defect")
        page.get_by_label("Rank by").select_option("Origin")
        expect(page.locator("caption", has_text="Origin: the")).to_be_visible()
        page.get_by_role("button", name="Clear the filters").click()
        expect(page.get_by_text("Showing 888 of 888 records")).to_be_visible()
        assert _is_quiet(watched)


@pytest.mark.parametrize("width", [400, 1400])
def test_the_warnings_are_filtered_and_followed_by_keyboard(server: Served, width: int) -> None:
    with watched_page(width=width) as watched:
        _open_in_english(watched, server, "warning_board", width)
        page = watched.page
        rows = page.locator(".rkp-cases tbody tr")
        expect(rows).to_have_count(5)
        expect(page.get_by_text("fictitious steps on shipped cases")).to_be_visible()
        expect(rows.first).to_contain_text("Level Ⅰ")
        page.wait_for_selector(".js-plotly-plot .scatterlayer", state="attached")
        assert page.evaluate(WIDE) <= width
        page.get_by_label("Show").select_option("all")
        expect(rows).to_have_count(6)
        page.get_by_label("Level", exact=True).select_option(index=2)
        expect(rows).not_to_have_count(6)
        expect(page.locator("table", has_text="Raised").locator("visible=true").first).to_be_visible()
        page.get_by_label("Warning", exact=True).select_option(index=2)
        expect(page.locator("table", has_text="Raised")).to_have_count(0)
        assert _is_quiet(watched)


@pytest.mark.parametrize("name", ["hostile", "hostile_overview", "hostile_register", "hostile_warning"])
def test_markup_in_a_case_is_shown_as_text(server: Served, name: str) -> None:
    with watched_page(width=400) as watched:
        _open(watched, server, name, lang="en")
        page = watched.page
        shown = page.get_by_text("<script>window.bad=1</script><img src=x").locator("visible=true")
        expect(shown.first).to_be_visible()
        for summary in page.locator("summary").all():
            summary.click()
        page.evaluate(AT_REST)
        assert page.evaluate("window.bad") is None
        assert page.locator(".rkp img").count() == 0
        assert page.evaluate(WIDE) <= 400
        assert _is_quiet(watched)
