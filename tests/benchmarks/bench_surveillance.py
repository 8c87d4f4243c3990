"""Detectors of rising counts over a thousand series of ten years, beside R's surveillance in the same run."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.monitoring.surveillance.ears import ears
from riskkit.monitoring.surveillance.farrington import farrington
from riskkit.monitoring.surveillance.weekly_scan import farrington_settings

RECORDED = {"flexible": 7.9, "C1": 7.0, "C2": 7.0, "C3": 7.0}
"""CPU seconds of R's surveillance 1.26.0 for the same work, recorded elsewhere: used where R is not here."""
SERIES, WEEKS = 1_000, 520
SCRIPT = """
suppressMessages(library(surveillance))
counts <- as.matrix(read.csv(commandArgs(TRUE)[1]))
series <- sts(counts, frequency = 52, start = c(2016, 1))
took <- function(work) { began <- proc.time(); work; sum((proc.time() - began)[1:2]) }
cat("method,seconds\\n")
newest <- list(range = nrow(counts), b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1,
               weightsThreshold = 2.58, fitFun = "algo.farrington.fitGLM.flexible", thresholdMethod = "nbPlugin")
cat("flexible,", took(farringtonFlexible(series, control = newest)), "\\n", sep = "")
for (method in c("C1", "C2", "C3"))
  cat(method, ",", took(earsC(series, control = list(method = method))), "\\n", sep = "")
"""


def r_seconds(counts: pd.DataFrame, folder: Path) -> dict[str, float]:
    """CPU seconds of R's surveillance for the same series, here and now, where it is installed."""
    if shutil.which("Rscript") is None:
        return {}
    counts.to_csv(folder / "counts.csv", index=False)
    (folder / "peer.R").write_text(SCRIPT, "utf-8")
    command = ["Rscript", "--vanilla", folder / "peer.R", folder / "counts.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  R is here but cannot be compared with: {done.stderr.strip().splitlines()[-1]}")
        return {}
    return {row["method"]: float(row["seconds"]) for row in csv.DictReader(done.stdout.splitlines())}


def test_detectors_beside_surveillance(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    level = np.exp(rng.normal(1, 1, SERIES) + 0.3 * np.cos(np.arange(WEEKS) * 2 * np.pi / 52)[:, None])
    counts = pd.DataFrame(rng.negative_binomial(level / 1.5, 1 / 2.5))
    settings = farrington_settings("noufaily_2013", on=dt.date(2026, 6, 1))
    newest = cpu_seconds(lambda: farrington(counts, settings=settings), runs=5)
    measured = r_seconds(counts, tmp_path)
    peer = "times_r" if measured else "recorded_peer_over_ours"
    theirs = measured or RECORDED
    say(
        "Farrington Flexible, newest week of 1,000 × 520 [CPU s]",
        ours=newest,
        **{peer: theirs["flexible"] / newest},
    )
    for method, alpha in (("C1", 0.001), ("C2", 0.001), ("C3", 0.025)):
        every = cpu_seconds(lambda m=method, a=alpha: ears(counts, method=m, alpha=a), runs=5)
        say(f"EARS {method}, every week of 1,000 × 520 [CPU s]", ours=every, **{peer: theirs[method] / every})
        assert every <= theirs[method] / 50
    assert newest <= theirs["flexible"] / 20
