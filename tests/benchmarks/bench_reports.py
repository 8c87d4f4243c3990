"""Reports end to end: one from the command line; a batch beside stock papermill in the same minute."""

from __future__ import annotations

import contextlib
import csv
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest
from measure import say

from riskkit.workbench.runs.folders.resources import home, shipped_cases
from riskkit.workbench.runs.kernels import processes, warmed

REPORTS = int(os.environ.get("BENCH_REPORTS", "24"))
"""The bar is held on 200; on a shared machine fewer show the same ratio."""
ONE_THREAD = os.environ | warmed.ENVIRONMENT
BIN = Path(sys.executable).parent


def run(*arguments: str) -> float:
    return timed(
        lambda: subprocess.run([sys.executable, "-m", "riskkit", *arguments], check=True, capture_output=True)
    )


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def processor_seconds(call: Callable[[], object]) -> float:
    """Processor time of a call with all processes that it started and left behind."""
    processes.adopt_orphans()
    before = sum(os.times()[2:4])
    call()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return sum(os.times()[2:4]) - before


def test_one_report(tmp_path: Path) -> None:
    times: list[float] = []
    words = ("assess", "note7-battery-2016", "--out", str(tmp_path / "0"))
    cpu = min(processor_seconds(lambda: times.append(run(*words))) for _ in range(3))
    stock = processor_seconds(lambda: times.append(run(*words[:3], str(tmp_path / "1"), "--engine", "stock")))
    say(
        "one report, command line to page", cpu_s=cpu, median_s=sorted(times[:3])[1], stock_engine_cpu_s=stock,
        stock_engine_s=times[3],
    )  # fmt: skip
    assert (tmp_path / "0" / "note7-battery-2016" / "assess_case" / "report.html").is_file()


def listed(folder: Path, n: int) -> list[tuple[str, str]]:
    """So many reports, each with an identity of its own, and the list of them for a batch."""
    shipped = shipped_cases()
    rows = []
    (folder / "cases").mkdir()
    for number in range(n):
        name = shipped[number // 2 % len(shipped)]
        case = f"case-{number // 2:03}"
        text = (home() / "data" / "cases" / f"{name}.toml").read_text(encoding="utf-8")
        (folder / "cases" / f"{case}.toml").write_text(text.replace(f'id = "{name}"', f'id = "{case}"', 1))
        rows.append((f"cases/{case}.toml", ("zh", "en")[number % 2]))
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("case", "lang"), *rows])
    shutil.copytree(home() / "data" / "cases", folder / "cases", dirs_exist_ok=True)
    return rows


class Memory(threading.Thread):
    """The most that a process below this one holds of its own, what several share split among them [MB]."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self.over = 0.0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            for one in psutil.Process().children(recursive=True):
                try:
                    self.most = max(self.most, one.memory_full_info().pss / 1e6)
                except psutil.Error:
                    continue


def by_command(folder: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Papermill's command line and nbconvert's, two at a time by xargs."""
    lines = []
    for number, (case, lang) in enumerate(rows):
        out = folder / f"{number}.ipynb"
        papermill = f"{BIN}/papermill -k python3 --no-progress-bar --log-level ERROR --cwd {folder}"
        papermill += f" -p case {case} -p lang {lang} -p interactive False"
        papermill += f" {home()}/notebooks/assess_case.ipynb {out}"
        lines.append(f"{papermill} && {BIN}/jupyter-nbconvert --to html --no-input --log-level ERROR {out}")
    subprocess.run(
        ["xargs", "-P2", "-d", "\n", "-n1", "sh", "-c"], input="\n".join(lines).encode(), check=True,
        env=ONE_THREAD, capture_output=True,
    )  # fmt: skip
    assert len(list(folder.glob("*.html"))) == len(rows)


def one_by_api(job: tuple[Path, int, str, str]) -> None:
    import nbconvert
    import papermill

    folder, number, case, lang = job
    given = {"case": case, "lang": lang, "interactive": False}
    out = folder / f"{number}.ipynb"
    papermill.execute_notebook(
        home() / "notebooks" / "assess_case.ipynb",
        out,
        given,
        kernel_name="python3",
        progress_bar=False,
        cwd=folder,
    )
    page, _ = nbconvert.HTMLExporter(exclude_input=True).from_filename(str(out))
    out.with_suffix(".html").write_text(page, encoding="utf-8")


def by_api(folder: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Papermill as a library in two processes, and nbconvert's exporter after it."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(one_by_api, [(folder, number, *row) for number, row in enumerate(rows)], chunksize=1)
    assert len(list(folder.glob("*.html"))) == len(rows)


@pytest.mark.skipif(shutil.which("xargs") is None, reason="there is no xargs here")
def test_a_batch_beside_stock_papermill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = listed(tmp_path, REPORTS)
    few = rows[: max(4, REPORTS // 3)]  # the others are slow: fewer of them show how long each takes
    memory = Memory()
    memory.start()
    took = run("batch", str(tmp_path / "list.csv"), "--jobs", "2", "--out", str(tmp_path / "out"))
    memory.over.set()
    assert len(list((tmp_path / "out").rglob("report.html"))) == REPORTS
    monkeypatch.setattr(os, "environ", ONE_THREAD)
    found = {}
    for name, call in (("command", by_command), ("api", by_api)):
        shutil.copytree(tmp_path / "cases", tmp_path / name / "cases")
        found[name] = timed(lambda call=call, name=name: call(tmp_path / name, few)) / len(few)
    each = took / REPORTS
    say(
        "batch of reports with pages, 2 jobs", reports=REPORTS, s=took, reports_a_minute=60 / each, most_mb_a_process=memory.most,
        stock_command_s_each=found["command"], times_stock_command=found["command"] / each,
        stock_api_s_each=found["api"], times_stock_api=found["api"] / each,
    )  # fmt: skip
    # 15 and 8 times with 200 reports; of few, the start of the warmed process takes a larger part
    assert found["command"] > 10 * each and found["api"] > 5 * each
    assert memory.most < 300
