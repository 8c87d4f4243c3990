"""How quickly the board of a register of 200,000 records answers."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from riskkit.monitoring.sources.catalogue import SOURCES
from riskkit.monitoring.sources.sample_files import write_sample
from riskkit.monitoring.sources.sample_register import sample_register
from riskkit.workbench.boards.register.questions import Asked, ask
from riskkit.workbench.runs.folders.made_register import READ_ON, take_in


def test_a_board_answers_in_under_a_second(tmp_path: Path) -> None:
    made = sample_register(200_000, rng=np.random.default_rng(1))
    readers = {one.name: one for one in SOURCES}
    for file in write_sample(made, tmp_path / "sample", how="seed 1")[:-1]:
        take_in(tmp_path / "register", file, readers[file.stem], now=READ_ON)
    questions = (
        Asked(),
        Asked({"source_class": "enforcement"}, by="maker"),
        Asked({"origin": "CN"}, since=2015, until=2019, by="hazard", page=40),
        Asked({"port": "?", "hazard_class": "chemical"}, by="product_group"),
    )
    took = []
    for asked in questions:
        began = time.perf_counter()
        found = ask(tmp_path / "register", asked)
        took.append(time.perf_counter() - began)
    print(f"\nregister board: {found.n_records:,} records in the last answer; slowest {max(took):.2f} s")
    assert max(took) < 1.0
