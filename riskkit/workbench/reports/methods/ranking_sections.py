"""Which alternative comes first, by which weights, and how firm that is, as sections in one language."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.preferences.fuzzy import FuzzyEvaluation, fuzzy_evaluation
from riskkit.assessment.preferences.judgement_groups import Repair, grouped_judgements, repairs
from riskkit.assessment.preferences.judgement_matrix import judgements
from riskkit.assessment.preferences.outranking import Preference, Promethee, promethee
from riskkit.assessment.preferences.pairwise import (
    Priorities,
    completed_judgements,
    consistency_limit,
    priorities,
)
from riskkit.assessment.preferences.rank_acceptability import (
    RankAcceptability,
    draw_weights,
    partial_values,
    rank_acceptability,
)
from riskkit.assessment.preferences.ranking import Topsis, Vikor, topsis, topsis_under, vikor
from riskkit.assessment.preferences.weight_sensitivity import rank_changes
from riskkit.assessment.preferences.weights import (
    critic_weights,
    entropy_weights,
    mixed_weights,
    multiplied_weights,
)
from riskkit.foundation.numbers.distributions import Floats
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import table
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import Ranking
from riskkit.workbench.reports.methods.information_sections import HistoryStudy
from riskkit.workbench.reports.methods.laboratory_sections import RoundStudy
from riskkit.workbench.reports.methods.words import how, published, started_from
from riskkit.workbench.runs.result import ResultRecord


def study_ranking(opened: OpenFile[Ranking], *, draws: int, rng: np.random.Generator) -> RankingStudy:
    """Everything the notebook shows of a ranking."""
    asked = opened.content
    values, is_cost = decision_values(asked), [one.is_cost for one in asked.criteria]
    matrices = {one.id: completed_judgements(_judged_matrix(asked, one.judgements)) for one in asked.experts}
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


def _judged_matrix(asked: Ranking, judged: Any) -> pd.DataFrame:
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


@dataclass(frozen=True)
class RankingStudy:
    """A ranking with all that is said of it."""

    opened: OpenFile[Ranking]
    experts: dict[str, Priorities]
    repairs: dict[str, tuple[Repair, ...]]
    group: Priorities
    weights: pd.DataFrame
    topsis: Topsis
    vikor: Vikor
    promethee: Promethee
    acceptability: RankAcceptability
    changes: pd.DataFrame
    fuzzy: FuzzyEvaluation

    @property
    def asked(self) -> Ranking:
        """What was ranked."""
        return self.opened.content

    @property
    def mixed(self) -> Floats:
        """The weights the rankings use."""
        return self.weights["mixed"].to_numpy(dtype=np.float64)

    def names(self) -> dict[str, str]:
        """Criteria and alternatives in words, by id."""
        criteria = {one.id: one.title.say() for one in self.asked.criteria}
        return criteria | {one.id: one.title.say() for one in self.asked.alternatives}


def values_table(study: RankingStudy) -> Section:
    """What is ranked: the value of each alternative on each criterion."""
    asked = study.asked
    rows = [(one.title.say(), *(figure(value) for value in one.figures)) for one in asked.alternatives]
    heads = [f"{one.title.say()} [{one.unit.say()}]" for one in asked.criteria]
    columns = (say("col_alternative"), *heads)
    cells = Table(say("values_table"), columns, tuple(rows), numeric=tuple(range(1, len(columns))))
    ends = [
        (
            one.title.say(),
            say("less_is_better" if one.is_cost else "more_is_better"),
            f"{figure(one.worst)} → {figure(one.best)}",
            _thresholds(one.preference.kind, one.preference),
        )
        for one in asked.criteria
    ]
    heads = ["col_criterion", "col_better", "col_scale", "col_preference"]
    blocks = (
        cells,
        table("criteria_table", heads, rows=ends),
        Paragraph(say("ranking_judged"), "caution"),
        started_from(study.opened),
    )
    return Section("ranking-values", say("values_title"), 1, blocks)


def _thresholds(kind: str, given: object) -> str:
    named = [(name, float(getattr(given, name))) for name in ("q", "p", "s")]
    told = ", ".join(f"{name} = {figure(value)}" for name, value in named if not np.isnan(value))
    word = say(f"preference_{kind}")
    return f"{word} ({told})" if told else word


def expert_weights(study: RankingStudy) -> Section:
    """The experts' weights, whether their judgements agree, and which one to ask again."""
    names = study.names()
    every = [*study.experts.items(), ("group", study.group)]
    rows = [
        (
            say("expert_group") if id_ == "group" else id_,
            *(figure(float(w)) for w in found.weights),
            f"{found.lambda_max:.3f}",
            f"{found.cr:.3f}",
            say("consistent" if found.is_consistent else "not_consistent"),
        )
        for id_, found in every
    ]
    heads = (say("col_expert"), *(names[one.id] for one in study.asked.criteria), "λmax", "CR")
    caption = say("expert_table", limit=f"{consistency_limit():g}", index=study.group.random_index)
    columns = (*heads, say("col_consistent"))
    cells = Table(caption, columns, tuple(rows), numeric=tuple(range(1, len(heads))))
    blocks: list[Block] = [cells]
    for id_, hints in study.repairs.items():
        told = tuple(_hint(hint, names) for hint in hints[:3])
        blocks += [Paragraph(say("repair_lead", expert=id_), "caution"), Items(told, ordered=True)]
    given = [block for one in study.asked.experts for block in _matrix(study, one.id)]
    return Section("expert-weights", say("expert_title"), 1, (*blocks, *given, how("ahp")))


def _hint(hint: Repair, names: Mapping[str, str]) -> str:
    told = hint.say()
    for code in sorted((str(hint.first), str(hint.second)), key=len, reverse=True):
        told = told.replace(code, names.get(code, code))
    return told


def _matrix(study: RankingStudy, expert: str) -> list[Block]:
    given = next(one for one in study.asked.experts if one.id == expert)
    names = [one.title.say() for one in study.asked.criteria]
    rows = tuple(
        (name, *("—" if cell is None else str(cell) for cell in row))
        for name, row in zip(names, given.judgements, strict=True)
    )
    heads = (say("col_over"), *names)
    cells = Table(say("matrix_table", expert=expert), heads, rows, numeric=tuple(range(1, len(heads))))
    rounded = judgements(np.array(given.judgements, dtype=object)).rounded
    if not rounded:
        return [cells]
    pairs = sorted({f"{one.written:g} = 1/{1 / one.read:.4g}" for one in rounded})
    return [cells, Paragraph(say("matrix_rounded", pairs=", ".join(pairs)), "note")]


def all_weights(study: RankingStudy) -> Section:
    """The experts' weights beside those that the data give, and both put together."""
    names = study.names()
    kinds = ("ahp", "entropy", "critic", "mixed", "multiplied")
    rows = [
        (names[str(row["criterion"])], *(figure(float(row[kind])) for kind in kinds))
        for row in records(study.weights.reset_index())
    ]
    heads = ("col_criterion", *(f"#weights_{kind}" for kind in kinds))
    cells = table("weights_table", heads, rows=rows, share=f"{study.asked.share:g}")
    return Section("all-weights", say("weights_title"), 1, (cells, how("weights")))


def ranks_table(study: RankingStudy) -> Section:
    """The order of the alternatives by three methods under the same weights."""
    names, asked = study.names(), study.asked
    t, v, p = study.topsis, study.vikor, study.promethee
    firsts = [names[asked.alternatives[int(np.argmin(found.ranks))].id] for found in (t, v, p)]
    agreed = len(set(firsts)) == 1
    lead = say("ranks_agree" if agreed else "ranks_differ", topsis=firsts[0], vikor=firsts[1], flow=firsts[2])
    listed = "; ".join(asked.alternatives[i].title.say() for i in v.compromise_set)
    told = {"advantage": figure(v.advantage), "needed": figure(v.advantage_needed), "set": listed}
    compromise = Paragraph(say("vikor_set", **told))
    parts = (
        ("topsis", ("near", "far", "closeness"), (t.to_ideal, t.to_anti_ideal, t.closeness), t.ranks),
        ("vikor", ("vikor_s", "vikor_r", "vikor_q"), (v.group_utility, v.regret, v.compromise), v.ranks),
        ("flow", ("leaving", "entering", "flow"), (p.leaving, p.entering, p.net), p.ranks),
    )
    tables = [_ranked(study, name, heads, numbers=(*numbers, ranks)) for name, heads, numbers, ranks in parts]
    blocks: list[Block] = [Paragraph(lead, "lead"), *tables, compromise, how("ranks")]
    return Section("ranks", say("ranks_title"), 1, tuple(blocks))


def _ranked(study: RankingStudy, name: str, heads: tuple[str, ...], *, numbers: tuple[Any, ...]) -> Table:
    rows = [
        (one.title.say(), *(figure(float(x[i]), 4) for x in numbers[:-1]), str(numbers[-1][i]))
        for i, one in enumerate(study.asked.alternatives)
    ]
    columns = ("col_alternative", *(f"#col_{head}" for head in heads), "#col_rank")
    return table(f"ranks_{name}", columns, rows=rows)


def acceptability_table(study: RankingStudy) -> Section:
    """How much of all possible weights puts each alternative on each rank."""
    asked, found = study.asked, study.acceptability
    n = len(asked.alternatives)
    rows = tuple(
        (
            one.title.say(),
            *(figure(float(share)) for share in found.acceptability[i]),
            figure(float(found.confidence[i])),
            ", ".join(figure(float(w), 2) for w in found.central_weights[i]),
        )
        for i, one in enumerate(asked.alternatives)
    )
    ranks = tuple(say("rank_n", n=k) for k in range(1, n + 1))
    columns = (say("col_alternative"), *ranks, say("col_confidence"), say("col_central"))
    caption = say("acceptability_table", draws=f"{found.n_draws:,}")
    cells = Table(caption, columns, rows, numeric=tuple(range(1, n + 2)))
    blocks = (cells, how("acceptability"))
    return Section("acceptability", say("acceptability_title"), 1, blocks)


def weight_changes(study: RankingStudy) -> Section:
    """Which weight, moved by how little, changes the order first."""
    names, title = study.names(), say("changes_title")
    if study.changes.empty:
        return Section("weight-changes", title, 1, (Paragraph(say("changes_none")), how("changes")))
    alternatives = [one.title.say() for one in study.asked.alternatives]
    rows = [
        (
            names[str(row["criterion"])],
            f"{figure(row['weight'])} → {figure(row['weight_at_change'])}",
            figure(row["change"]),
            say("overtakes", up=alternatives[row["overtaking"]], down=alternatives[row["overtaken"]]),
            str(row["rank"]),
        )
        for row in records(study.changes)
    ]
    heads = ("col_criterion", "#col_weight_move", "#col_change_by", "col_what_changes", "#col_place_of")
    cells = table("changes_table", heads, rows=rows)
    return Section("weight-changes", title, 1, (cells, how("changes")))


def fuzzy_grade(study: RankingStudy) -> Section:
    """How strongly one alternative belongs to each grade."""
    asked, found = study.asked, study.fuzzy
    grades = [grade.say() for grade in asked.fuzzy.grades]
    lead = say(
        "fuzzy_lead",
        name=study.names()[asked.fuzzy_of],
        grade=grades[found.grade],
        mean=f"{found.mean_grade + 1:.2f}",
        effect=figure(found.effectiveness),
    )
    weights = study.group.weights
    rows = [
        (one.title.say(), figure(float(weights[i])), *(figure(r) for r in asked.fuzzy.relation[i]))
        for i, one in enumerate(asked.criteria)
    ]
    rows.append((say("fuzzy_result"), "—", *(figure(float(b), 4) for b in found.memberships)))
    columns = (say("col_criterion"), say("col_weight"), *grades)
    caption = say("fuzzy_table", operator=say(f"operator_{found.operator}"))
    cells = Table(caption, columns, tuple(rows), numeric=tuple(range(1, len(columns))))
    cautions = [Paragraph(label("caution", code), "caution") for code in found.cautions]
    blocks: list[Block] = [Paragraph(lead, "lead"), cells, *cautions, how("fuzzy")]
    return Section("fuzzy-grade", say("fuzzy_title"), 1, tuple(blocks))


def publish_ranking(
    ranking: RankingStudy, laboratories: RoundStudy, history: HistoryStudy, *, seed: int
) -> ResultRecord:
    """Put the ranking, the laboratories and the effect of a measure into the notebook for the runner."""
    names = list(ranking.topsis.alternatives)
    ranks = pd.DataFrame(
        {
            "alternative": names,
            "closeness": ranking.topsis.closeness,
            "compromise": ranking.vikor.compromise,
            "net_flow": ranking.promethee.net,
            "rank_topsis": ranking.topsis.ranks,
            "rank_vikor": ranking.vikor.ranks,
            "rank_promethee": ranking.promethee.ranks,
            "first_acceptability": ranking.acceptability.acceptability[:, 0],
        }
    )
    experts = {id_: {"cr": one.cr, "weights": list(one.weights)} for id_, one in ranking.experts.items()}
    found = {
        "experts": experts,
        "group_cr": ranking.group.cr,
        "weights": ranking.weights.reset_index(),
        "ranks": ranks,
        "changes": ranking.changes,
        "fuzzy": {"memberships": list(ranking.fuzzy.memberships), "grade": ranking.fuzzy.grade},
        "scores": laboratories.scores.reset_index(),
        "robust": {name: [one.value, one.deviation] for name, one in laboratories.robust.items()},
        "gaps": laboratories.gaps.reset_index(),
        "effect": {} if history.reduction is None else vars(history.reduction),
        "information": history.graded,
    }
    files = (ranking.opened, laboratories.opened, history.opened)
    settings = {"seed": seed, "draws": ranking.acceptability.n_draws, "on": history.on.isoformat()}
    return published("ranking", *files, settings=settings, **found)
