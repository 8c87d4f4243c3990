"""A ranking worked out once, for all that is shown of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.preferences.fuzzy import fuzzy_evaluation
from riskkit.assessment.preferences.judgement_groups import grouped_judgements, repairs
from riskkit.assessment.preferences.outranking import Preference, promethee
from riskkit.assessment.preferences.pairwise import completed_judgements, priorities
from riskkit.assessment.preferences.rank_acceptability import draw_weights, partial_values, rank_acceptability
from riskkit.assessment.preferences.ranking import topsis, topsis_under, vikor
from riskkit.assessment.preferences.weight_sensitivity import rank_changes
from riskkit.assessment.preferences.weights import (
    critic_weights,
    entropy_weights,
    mixed_weights,
    multiplied_weights,
)
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import Ranking
from riskkit.workbench.reports.methods.ranking_sections import RankingStudy


def study_ranking(opened: OpenFile[Ranking], *, draws: int, rng: np.random.Generator) -> RankingStudy:
    """Everything the notebook shows of a ranking."""
    asked = opened.content
    values, is_cost = decision_values(asked), [one.is_cost for one in asked.criteria]
    matrices = {one.id: completed_judgements(_matrix(asked, one.judgements)) for one in asked.experts}
    experts = {id_: priorities(matrix) for id_, matrix in matrices.items()}
    group = priorities(grouped_judgements(list(matrices.values())))
    hints = {id_: repairs(matrices[id_]) for id_, found in experts.items() if not found.is_consistent}
    weights = _weights(asked, values, group.weights)
    w = weights["mixed"].to_numpy()
    scale = partial_values(
        values, [one.worst for one in asked.criteria], [one.best for one in asked.criteria]
    )
    possible = draw_weights(len(asked.criteria), draws, rng=rng)
    return RankingStudy(
        opened,
        experts,
        hints,
        group,
        weights,
        topsis(values, w, is_cost=is_cost),
        vikor(values, w, is_cost=is_cost),
        promethee(values, w, preferences=preferences_of(asked), is_cost=is_cost),
        rank_acceptability(scale, possible),
        rank_changes(w, lambda sets: topsis_under(values, sets, is_cost=is_cost), names=list(values)),
        fuzzy_evaluation(group.weights, list(asked.fuzzy.relation), operator=asked.operator),
    )


def decision_values(asked: Ranking) -> pd.DataFrame:
    """The values with criteria and alternatives by their ids."""
    return pd.DataFrame(
        [one.figures for one in asked.alternatives],
        index=[one.id for one in asked.alternatives],
        columns=[one.id for one in asked.criteria],
        dtype="float64",
    )


def preferences_of(asked: Ranking) -> list[Preference]:
    """The preference function of each criterion."""
    return [Preference(**dataclasses.asdict(one.preference)) for one in asked.criteria]


def _matrix(asked: Ranking, judged: Any) -> pd.DataFrame:
    names = [one.id for one in asked.criteria]
    return pd.DataFrame(list(judged), index=names, columns=names, dtype=object)


def _weights(asked: Ranking, values: pd.DataFrame, ahp: Any) -> pd.DataFrame:
    entropy = entropy_weights(values).weights
    critic = critic_weights(values, is_cost=[one.is_cost for one in asked.criteria]).weights
    sets = {
        "ahp": ahp,
        "entropy": entropy,
        "critic": critic,
        "mixed": mixed_weights(ahp, entropy, share=asked.share),
        "multiplied": multiplied_weights(ahp, entropy),
    }
    return pd.DataFrame(sets, index=pd.Index(list(values), name="criterion"))
