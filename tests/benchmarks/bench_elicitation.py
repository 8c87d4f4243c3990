"""The Classical Model over whole studies, and its robustness: every way of leaving two seeds out."""

from __future__ import annotations

import sys
from pathlib import Path

from measure import cpu_seconds, say

from riskkit.assessment.elicitation.decision_makers import decision_makers
from riskkit.assessment.elicitation.robustness import without_seeds
from riskkit.assessment.elicitation.study import ExpertStudy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from elicited_studies import oracle_study
from shared import shared

PEER_ROBUSTNESS = 2.2
"""CPU seconds of anduryl 1.2.2 for the same, recorded elsewhere on two cores."""


def studies() -> dict[str, ExpertStudy]:
    folder = shared("oracles", "cooke", "expected")
    return {path.stem: oracle_study(path.stem)[0] for path in sorted(folder.glob("*.json"))}


def test_robustness_of_a_study_of_32_experts() -> None:
    study = oracle_study("Erupt_forecast_factors")[0]
    assert (len(study.experts), int(study.is_seed.sum())) == (32, 18)
    assert len(without_seeds(study, most=2)) == 172
    took = cpu_seconds(lambda: without_seeds(study, most=2), runs=3)
    say(
        "172 optimised decision makers, 32 experts",
        cpu_s=took,
        recorded_peer_over_ours=PEER_ROBUSTNESS / took,
    )
    assert took <= PEER_ROBUSTNESS / 10


def test_five_decision_makers_of_each_study() -> None:
    known = studies()
    took = cpu_seconds(lambda: [decision_makers(one) for one in known.values()], runs=3)
    say(f"{len(known)} studies × 5 decision makers", cpu_s=took)
    assert len(known) == 38
    assert took < 0.3
