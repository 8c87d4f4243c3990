"""axe-core over every kind of page that people read or work on, in both languages; by keyboard, with focus in sight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import committees
import pytest
from accessible import keyboard_faults, needs_axe, violations
from chromium import Watched, needs_chromium, watched_page
from golden_outputs import LANGS, executed, notebook_names
from playwright.sync_api import expect
from serving import Served, copy_dashboard, served, served_to_people

from riskkit.foundation.language import in_language
from riskkit.workbench.document.html import plotly_asset, to_html
from riskkit.workbench.flows.clocks import utc_now
from riskkit.workbench.serving.people import People, Person, new_token, write_people

pytestmark = [needs_chromium, needs_axe, pytest.mark.browser, pytest.mark.usefixtures("browser")]
BOARDS = ("overview", "what_if", "register_board", "signal_board", "warning_board", "response_board")
REPORTS = ("assess_case", "monitor_register", "signal_scan", "response_story", "lot_trace")
"""Of the reports that have kinds of figures and tables of their own; the others are looked at with all of them."""
READY = ".rkp-cases tbody tr, .rkp-gauge"
DRAWN = "() => [...document.querySelectorAll('.rkp-drawn')].every(box => box.querySelector('.rkp-tools'))"
"""Figures are drawn when everything else is there, and their buttons come with them."""


def each_once(names: Sequence[str]) -> list[Any]:
    """Every page in one language and width, and in the other one where all is looked at."""
    sizes = [("zh", 400), ("en", 1400)]
    return [
        pytest.param(name, lang, width, marks=[] if n % 2 == k else [pytest.mark.exhaustive])
        for n, name in enumerate(names)
        for k, (lang, width) in enumerate(sizes)
    ]


BY_KEYBOARD = ("what_if", "overview", "committee_ballot", "committee_session", "sign_in")
"""Pages on which Tab has to reach every control, with the focus in sight."""


def check(watched: Watched, where: str) -> None:
    """No grave violation, with everything that can be opened open; by keyboard first, as the page came, on a wide screen."""
    page = watched.page
    if where in BY_KEYBOARD:
        width = page.viewport_size
        assert width is not None
        page.set_viewport_size({"width": 1400, "height": 900})
        assert keyboard_faults(page) == [], where
        page.set_viewport_size(width)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == [], where


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("notebooks")
    for name in BOARDS:
        few = {"overview": {"cases": ["note7-battery-2016", "melamine-milk-2008"], "draws": 200}}
        copy_dashboard(f"{name}.ipynb", folder / "dashboards" / f"{name}.ipynb", **few.get(name, {}))
    with served(folder, more={"RISKKIT_SIGNALS": str(folder / "signals")}) as running:
        yield running


@pytest.fixture(scope="module")
def committee(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A session in its second round, and the address of each page for whom it is."""
    folder = tmp_path_factory.mktemp("committee")
    room = committees.make_room(folder, utc_now)
    committees.opened(room)
    committees.declared(room)
    committees.whole_round(room, "1")
    committees.open_round(room, "2")
    room.ledger.close()
    (folder / "keys").rename(folder / "ledger.sqlite.keys")
    tokens = {role: new_token(name) for name, role in (("e1", "expert"), ("chair", "chair"))}
    people = tuple(Person(shown.partition(".")[0], role, kept) for role, (shown, kept) in tokens.items())
    write_people(folder / "access.toml", People("token", people))
    with served_to_people(folder) as base:
        names = {"expert": "committee_ballot", "chair": "committee_session"}
        yield {
            name: f"{base}voila/render/dashboards/{name}.ipynb?token={tokens[role][0]}"
            for role, name in names.items()
        } | {"sign_in": f"{base}sign-in?"}


@pytest.mark.parametrize(("name", "lang", "width"), each_once(BOARDS))
def test_a_board_has_no_grave_violation(server: Served, name: str, lang: str, width: int) -> None:
    with watched_page(width=width) as watched:
        watched.page.goto(server.address(f"/voila/render/dashboards/{name}.ipynb", lang=lang))
        watched.page.wait_for_selector(READY)
        watched.page.locator(".rk-items li").last.wait_for(state="attached")
        watched.page.wait_for_function(DRAWN)
        check(watched, name)


@pytest.mark.parametrize(
    ("name", "lang", "width"), each_once(("committee_ballot", "committee_session", "sign_in"))
)
def test_a_page_of_the_committee_has_no_grave_violation(
    committee: dict[str, str], name: str, lang: str, width: int
) -> None:
    inside = {"committee_ballot": ".rkb-card", "committee_session": ".rk-table", "sign_in": "#secret"}[name]
    with watched_page(width=width) as watched:
        watched.page.goto(f"{committee[name]}&lang={lang}")
        watched.page.wait_for_selector(inside)
        check(watched, name)


@pytest.mark.parametrize("lang", LANGS)
def test_the_list_of_boards_has_no_grave_violation(server: Served, lang: str) -> None:
    with watched_page(width=400) as watched:
        watched.page.goto(server.address("/", lang=lang))
        expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
        check(watched, "list")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in REPORTS else [pytest.mark.exhaustive])
        for name in notebook_names()
    ],
)
def test_a_report_has_no_grave_violation(tmp_path: Path, name: str) -> None:
    library, content = plotly_asset()
    (tmp_path / library).write_bytes(content)
    for lang, run in executed(name).items():
        page = tmp_path / f"{lang}.html"
        page.write_text(in_language(lang, to_html, run, title=name, plotly_js=library), encoding="utf-8")
        with watched_page(width=400) as watched:
            watched.page.goto(page.as_uri())
            if watched.page.locator(".plot-canvas").count():
                watched.page.wait_for_selector("html[data-drawn]", state="attached")
            check(watched, f"{name} {lang}")


def test_a_violation_would_be_seen() -> None:
    with watched_page() as watched:
        watched.page.set_content("<html><body><img src='data:,'><p style='color:#ccc'>pale</p></body></html>")
        assert {line.split(":")[0] for line in violations(watched.page)} >= {
            "critical image-alt", "serious color-contrast", "serious html-has-lang"
        }  # fmt: skip


def test_a_fault_of_the_keyboard_would_be_seen() -> None:
    with watched_page() as watched:
        watched.page.set_content(
            "<button>a</button><button style='outline: 0'>b</button><div onkeydown='event.preventDefault()'>"
            "<button>trap</button></div><button>beyond</button>"
        )
        faults = keyboard_faults(watched.page)
        assert [fault.split(": ")[0] for fault in faults] == ["focus not seen", "not reached by Tab"]


def test_a_control_that_arrives_during_the_walk_is_walked_to() -> None:
    with watched_page() as watched:
        watched.page.set_content(
            "<button id='first'>a</button><script>first.addEventListener('focus', () => "
            "first.before(Object.assign(document.createElement('button'), { textContent: 'late' })), { once: true })</script>"
        )
        assert keyboard_faults(watched.page) == []
        assert watched.page.locator("button").count() == 2
