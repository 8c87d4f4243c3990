"""Start of the program beside a bare Python and beside `import pandas`, taken in turn."""

from __future__ import annotations

import os
import subprocess
import sys

from measure import say

COMMAND = "from riskkit.workbench.commands.cli import main; main({})"
STARTS = {
    "python -c pass": "pass",
    "import pandas": "import pandas",
    "import riskkit": "import riskkit",
    "riskkit --help": COMMAND.format(["--help"]),
    "riskkit check CASE": COMMAND.format(["check", "note7-battery-2016"]),
    "riskkit check CASE, with a question": COMMAND.format(["check", "magnet-sets-2012"]),
}


def _processor_seconds(code: str) -> float:
    before = sum(os.times()[2:4])
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
    return sum(os.times()[2:4]) - before


def test_starts() -> None:
    taken: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(7):  # in turn, so that what else the machine does falls on all of them
        for name, code in STARTS.items():
            taken[name].append(_processor_seconds(code))
    least = {name: min(times) for name, times in taken.items()}
    pandas = least["import pandas"]
    for name, s in least.items():
        say(f"start: {name}", cpu_s=s, of_import_pandas=s / pandas)
    assert least["import riskkit"] < 0.25 * pandas
    assert least["riskkit --help"] < 0.5 * pandas
    assert least["riskkit check CASE"] < 1.5 * pandas
    assert least["riskkit check CASE, with a question"] < 2.5 * pandas  # an interval of scipy is in it
