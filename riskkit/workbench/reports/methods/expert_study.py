"""Experts tested on known answers: everything that the notebook shows, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.elicitation.decision_makers import DecisionMaker, column_names, decision_maker
from riskkit.assessment.elicitation.performance import expert_scores, scored
from riskkit.assessment.elicitation.pooling import mixtures
from riskkit.assessment.elicitation.robustness import without_experts, without_seeds
from riskkit.assessment.elicitation.study import ExpertStudy, study_from_tables
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.numbers.distributions import Floats
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import AskedItem, ScoredExperts

WEIGHTINGS = ("global", "item", "equal")
OPTIMISED = -1.0
"""A cut-off that stands for the optimised one, since parameters of notebooks are plain numbers."""


@dataclass(frozen=True)
class ExpertFindings:
    """Experts, their scores, two decision makers, and how firm the chosen one is."""

    opened: OpenFile[ScoredExperts]
    study: ExpertStudy
    scores: pd.DataFrame
    makers: dict[str, DecisionMaker]
    without_seeds: pd.DataFrame
    without_experts: pd.DataFrame

    @property
    def items(self) -> dict[str, AskedItem]:
        """Id → question."""
        return {one.id: one for one in self.opened.content.items}

    @property
    def targets(self) -> tuple[str, ...]:
        """Questions whose answer is not known."""
        return tuple(one.id for one in self.opened.content.items if one.realisation is None)

    def answer(self, who: str, item: str) -> Floats:
        """The quantiles of an expert, or of a decision maker, for one question."""
        k = self.study.items.index(item)
        if who in self.makers:
            pooled: Floats = self.makers[who].answers[k]
            return pooled
        answers: Floats = self.study.answers[self.study.experts.index(who), k]
        return answers


def study_experts(
    opened: OpenFile[ScoredExperts], *, weighting: str = "global", cut_off: float = OPTIMISED
) -> ExpertFindings:
    """Experts scored on their seeds, pooled by performance and equally."""
    rule = one_of(weighting, WEIGHTINGS)
    refuse("experts", [] if weighting in WEIGHTINGS else [Fault("weighting", shown(weighting), rule)])
    study = _checked(opened.content)
    of, limit = mixtures(scored(study)), None if cut_off < 0 else cut_off
    chosen = decision_maker(of, weighting=weighting, cut_off=limit)
    makers = {"chosen": chosen, "equal": decision_maker(of, weighting="equal")}
    seeds, people = pd.DataFrame(), pd.DataFrame()
    if weighting != "equal":
        if not limit:  # each way of leaving seeds out has its own cut-off, or none
            seeds = without_seeds(study, weighting=weighting, is_optimised=limit is None)
        people = without_experts(study, weighting=weighting, cut_off=limit)
    return ExpertFindings(opened, study, expert_scores(of.scored), makers, seeds, people)


def _checked(given: ScoredExperts) -> ExpertStudy:
    names = column_names(_probs(given))
    wrong = [
        Fault(f"{person.id}/{item}", shown(list(values)), f"{len(names)} quantiles")
        for person in given.experts
        for item, values in person.answers.items()
        if len(values) != len(names)
    ]
    refuse("experts", wrong)
    rows = [
        {"expert": person.id, "item": item, **dict(zip(names, values, strict=True))}
        for person in given.experts
        for item, values in person.answers.items()
    ]
    answers = pd.DataFrame(rows, columns=["expert", "item", *names])
    asked: list[dict[str, Any]] = [
        {
            "item": one.id,
            "scale": one.scale,
            "realisation": one.realisation,
            "lower": one.lower,
            "upper": one.upper,
        }
        for one in given.items
    ]
    items = pd.DataFrame(asked).astype(dict.fromkeys(("realisation", "lower", "upper"), "float64"))
    return study_from_tables(answers, items, experts=[person.id for person in given.experts])


def _probs(given: ScoredExperts) -> Floats:
    return np.asarray(given.quantiles, dtype=np.float64)
