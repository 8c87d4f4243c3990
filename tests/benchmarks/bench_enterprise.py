"""Time letters to enterprises by the thousand, with progress."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from measure import say

from riskkit.workbench.flows.enterprise.enterprise_study import study_enterprises
from riskkit.workbench.flows.enterprise.letter_files import write_letters
from riskkit.workbench.flows.enterprise.letters import letters_of

LETTERS = 5_000


def test_five_thousand_letters_in_html_and_word(tmp_path: Path) -> None:
    some = letters_of(study_enterprises())
    many = [dataclasses.replace(some[k % len(some)], enterprise_id=f"E-{k:05d}") for k in range(LETTERS)]
    seen: list[int] = []
    started = time.perf_counter()
    files = write_letters(many, tmp_path, issuer="x", jobs=2, watch=lambda done, _: seen.append(done))
    seconds = time.perf_counter() - started
    say("5,000 letters in HTML and Word on two cores [s]", ours=seconds, allowed=300.0)
    assert len(files) == 2 * LETTERS and seen[-1] == LETTERS
    assert seconds < 300
