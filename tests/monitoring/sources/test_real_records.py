"""The main job on real public records, where they are at hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from real_cases import BUILDERS

from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.workbench.commands.cli import main
from riskkit.workbench.runs.result import result_record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    cases = tmp_path_factory.mktemp("cases")
    for name, build in BUILDERS.items():
        (cases / f"{name}.toml").write_text(build(), encoding="utf-8")
    return cases


@pytest.mark.parametrize(
    ("name", "risk", "levels"),
    [
        ("cpsc-02-204", "low", ("Ⅲ", "Ⅰ")),
        ("safety-gate-a11-00108-24", "medium", ("Ⅳ", "Ⅰ")),
        ("neiss-bunk-beds-2018", "medium", ("Ⅲ", "Ⅰ")),
    ],
)
def test_a_case_from_records_is_assessed(folder, name, risk, levels):
    """By hand: 2.5e-4 at severity 1 is low; 1e-3 × 0.2 × 1e-2 at 4 and about 3e-5 at 3 are medium.

    Of the 34 injured one is seriously so: at least Ⅲ by the default profile. A medium risk alone proves Ⅳ.
    """

    case = load_case(folder / f"{name}.toml")
    a = assess(case, rng=np.random.default_rng(1), draws=2000)
    assert (a.risk, a.lo, a.hi) == (risk, *levels)
    assert a.missing


def test_the_batch_makes_their_reports_and_says_the_same(folder, tmp_path):
    assert (
        main(["batch", str(folder), "--out", str(tmp_path / "out"), "--jobs", "2", "-p", "draws=1000"]) == 0
    )
    for name in BUILDERS:
        run = tmp_path / "out" / name / "assess_case"
        result = json.loads((run / "result.json").read_text(encoding="utf-8"))
        seed = result["inputs"]["seed"]
        a = assess(load_case(folder / f"{name}.toml"), rng=np.random.default_rng(seed), draws=1000)
        assert result["warning"] == result_record(a, seed=seed)["warning"]
        assert (run / "report.html").stat().st_size > 20_000
