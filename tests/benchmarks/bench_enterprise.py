"""Time letters to enterprises by the thousand, with progress."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

from measure import say

from riskkit.workbench.flows.enterprise.enterprise_study import study_enterprises
from riskkit.workbench.flows.enterprise.letters import letters_of, write_letters

LETTERS = 5_000


def test_five_thousand_letters_in_html_and_word(tmp_path: Path) -> None:
    some = letters_of(study_enterprises())
    many = [dataclasses.replace(some[k % len(some)], enterprise_id=f"E-{k:05d}") for k in range(LETTERS)]
    seen: list[int] = []
    started, before = time.perf_counter(), sum(os.times()[:4])
    files = write_letters(many, tmp_path, issuer="x", jobs=2, watch=lambda done, _: seen.append(done))
    seconds, cpu = time.perf_counter() - started, sum(os.times()[:4]) - before
    say("5,000 letters in HTML and Word on two cores", s=seconds, cpu_s=cpu, bound_s=300.0)
    assert len(files) == 2 * LETTERS and seen[-1] == LETTERS
    # half of what two cores have in five minutes: beside other work the clock on the wall says nothing
    assert cpu < 300
