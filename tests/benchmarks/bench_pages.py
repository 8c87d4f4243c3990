"""Dashboards in a browser beside stock Voila, opened in turn: time to usable, memory of a further visitor, 25 at once."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import requests
from chromium import PROGRAM, needs_chromium, watched_in
from measure import say
from nbformat.v4 import new_code_cell, new_notebook
from patience import comes_true
from playwright.sync_api import Browser, sync_playwright
from serving import ROOT, Served, kernels_of, served

from riskkit.workbench.serving.serve import free_port

pytestmark = needs_chromium
BOARDS = ("overview", "what_if", "register_board", "signal_board", "warning_board", "response_board")
USABLE = ".jupyter-widgets select, .jupyter-widgets input, .jupyter-widgets button, .noUi-handle"
IS_USABLE = f"() => [...document.querySelectorAll('{USABLE}')].some(one => one.checkVisibility())"
RUNS = 5
PEOPLE = 25
STOCK = """\
import ipywidgets, numpy as np, pandas as pd, plotly.graph_objects as go
from IPython.display import display
table = pd.DataFrame({"x": np.arange(100), "y": np.sin(np.arange(100) / 9)})
figure = go.FigureWidget(go.Scatter(x=table["x"], y=table["y"]))
slider = ipywidgets.IntSlider(min=1, max=9)
slider.observe(lambda change: figure.data[0].update(y=np.sin(table["x"] / change["new"])), "value")
display(slider, figure)"""


@contextmanager
def stock_voila(folder: Path) -> Iterator[str]:
    """The address of a notebook with one slider, served by Voila as it is."""
    nbformat.write(new_notebook(cells=[new_code_cell(STOCK)]), folder / "stock.ipynb")
    port = free_port("127.0.0.1", 0)
    asked = ["--no-browser", f"--port={port}", "--token=", str(folder / "stock.ipynb")]
    process = subprocess.Popen([sys.executable, "-m", "voila", *asked], stderr=subprocess.DEVNULL)
    try:
        assert comes_true(
            lambda: any(c.laddr.port == port for c in psutil.Process(process.pid).net_connections())
        )
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def seconds_to_usable(browser: Browser, address: str) -> float:
    """From asking for a page until its first control is there; the page is closed again."""
    watched = watched_in(browser, width=1400)
    start = time.perf_counter()
    watched.page.goto(address, wait_until="commit")
    watched.page.wait_for_function(IS_USABLE)  # looks at every frame; a locator looks every half second
    took = time.perf_counter() - start
    watched.page.context.close()
    return took


MOVES = 40
WATCH = """() => {
  let start = 0;
  window.taken = [];
  addEventListener("keydown", () => { start = performance.now(); }, true);
  const look = new MutationObserver(() => {
    const begun = start;
    start = 0;
    if (begun) requestAnimationFrame(() => window.taken.push(performance.now() - begun));
  });
  for (const one of document.querySelectorAll(".js-plotly-plot"))
    look.observe(one, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def test_from_a_key_on_a_slider_to_the_figure_drawn_anew() -> None:
    with served(ROOT / "notebooks") as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        page = watched_in(browser, width=1400).page
        page.goto(address(running, "what_if"))
        page.wait_for_selector(".js-plotly-plot .main-svg")
        page.wait_for_timeout(2000)  # what is done at rest after the start
        page.evaluate(WATCH)
        page.get_by_role("slider").first.focus()
        for number in range(MOVES):
            page.keyboard.press("ArrowRight" if number < MOVES / 2 else "ArrowLeft")
            page.wait_for_function(f"() => taken.length > {number}")
            page.wait_for_timeout(200)
        taken = sorted(page.evaluate("taken"))
        browser.close()
    p95 = taken[round(0.95 * MOVES) - 1]
    say("page: what_if, key to figure", p50_ms=taken[MOVES // 2], p95_ms=p95, bound_ms=150)
    assert p95 < 300  # the bound is for a machine with nothing else to do


def address(running: Served, board: str) -> str:
    return running.address(f"/voila/render/dashboards/{board}.ipynb", lang="zh")


def test_time_to_usable(tmp_path: Path) -> None:
    with (
        served(ROOT / "notebooks") as running,
        stock_voila(tmp_path) as stock,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        places = {"stock Voila, one slider": stock} | {board: address(running, board) for board in BOARDS}
        for place in places.values():
            seconds_to_usable(browser, place)
        taken: dict[str, list[float]] = {name: [] for name in places}
        for _ in range(RUNS):
            for name, place in places.items():
                taken[name].append(seconds_to_usable(browser, place))
        browser.close()
    beside = statistics.median(taken["stock Voila, one slider"])
    for name, times in taken.items():
        median = statistics.median(times)
        say(f"page: {name}", median_s=median, of_stock=median / beside)
    # a third and half on a quiet machine
    assert statistics.median(taken["overview"]) < 0.4 * beside
    assert all(statistics.median(times) < 0.6 * beside for name, times in taken.items() if name in BOARDS)


def test_memory_of_a_further_visitor() -> None:
    with served(ROOT / "notebooks") as running:
        for board in BOARDS:
            for _ in ("the first", "a further"):
                assert running.get(f"/voila/render/dashboards/{board}.ipynb?lang=zh")[0] == 200
            newest = max(kernels_of(running.process.pid), key=lambda one: float(one.create_time()))
            say(f"page: a further visitor, {board}", uss_mb=newest.memory_full_info().uss / 1e6)


def test_25_people_at_once(tmp_path: Path) -> None:
    with served(ROOT / "notebooks") as running, ThreadPoolExecutor(PEOPLE) as people:
        running.get("/voila/render/dashboards/overview.ipynb?lang=zh")
        start = time.perf_counter()
        pages = [f"/voila/render/dashboards/{BOARDS[i % 2 * 4]}.ipynb?lang=zh" for i in range(PEOPLE)]
        answers = list(people.map(running.get, pages))
        took = time.perf_counter() - start
    assert {status for status, _, _ in answers} == {200}
    assert not [text for _, _, text in answers if "Traceback" in text or "voila-error" in text]
    with stock_voila(tmp_path) as stock, ThreadPoolExecutor(PEOPLE) as people:
        requests.get(stock, timeout=60)
        start = time.perf_counter()
        beside = list(people.map(lambda _: requests.get(stock, timeout=600).status_code, range(PEOPLE)))
        stock_took = time.perf_counter() - start
    assert set(beside) == {200} and stock_took > 4 * took
    say(
        f"page: {PEOPLE} people at once", s=took, opens_a_minute=60 * PEOPLE / took,
        times_stock=stock_took / took, processors=float(os.cpu_count() or 1),
    )  # fmt: skip
