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
RUNS = 2
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
    watched.page.locator(USABLE).locator("visible=true").first.wait_for()
    took = time.perf_counter() - start
    watched.page.context.close()
    return took


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
    assert statistics.median(taken["overview"]) < 1.2 * beside


def test_memory_of_a_further_visitor() -> None:
    with served(ROOT / "notebooks") as running:
        for board in BOARDS:
            assert running.get(f"/voila/render/dashboards/{board}.ipynb?lang=zh")[0] == 200
            newest = max(kernels_of(running.process.pid), key=lambda one: float(one.create_time()))
            say(f"page: a further visitor, {board}", uss_mb=newest.memory_full_info().uss / 1e6)


def test_25_people_at_once() -> None:
    with served(ROOT / "notebooks") as running, ThreadPoolExecutor(PEOPLE) as people:
        running.get("/voila/render/dashboards/overview.ipynb?lang=zh")
        start = time.perf_counter()
        pages = [f"/voila/render/dashboards/{BOARDS[i % 2 * 4]}.ipynb?lang=zh" for i in range(PEOPLE)]
        answers = list(people.map(running.get, pages))
        took = time.perf_counter() - start
        say(f"page: {PEOPLE} people at once", s=took, processors=float(os.cpu_count() or 1))
        assert {status for status, _, _ in answers} == {200}
        assert not [text for _, _, text in answers if "Traceback" in text or "voila-error" in text]
