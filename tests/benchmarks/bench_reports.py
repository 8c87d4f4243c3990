"""Reports end to end with the stock papermill engine: one from the command line, and a batch of 32."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from pathlib import Path

from measure import say

from riskkit.workbench.runs.folders.resources import shipped_cases


def run(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "riskkit", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def test_one_report(tmp_path: Path) -> None:
    times = sorted(run("assess", "note7-battery-2016", "--out", str(tmp_path / str(n))) for n in range(3))
    say("one report, command line to page", median_s=times[1], slowest_s=times[2])
    assert (tmp_path / "0" / "note7-battery-2016" / "assess_case" / "report.html").is_file()


def test_a_batch_of_32(tmp_path: Path) -> None:
    cases = shipped_cases()
    with (tmp_path / "list.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["case", "lang"])
        rows.writerows([cases[n % len(cases)], ("zh", "en")[n // len(cases)]] for n in range(32))
    took = run("batch", str(tmp_path / "list.csv"), "--jobs", "2", "--out", str(tmp_path / "out"))
    say("batch of 32, 2 jobs", s=took, reports_per_minute=32 * 60 / took)
    assert len(list((tmp_path / "out").rglob("report.html"))) == 32
