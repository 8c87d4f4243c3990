"""Everything that the notebooks of trees, rankings, laboratories and doses call: open, show, publish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskkit import __version__
from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.language import in_each_language
from riskkit.words.catalogue import method_text as say
from riskkit.workbench.reports.figures.case_figures import bow_tie_picture, tree_picture
from riskkit.workbench.reports.methods.dose_sections import (
    DoseStudy,
    dose_drivers,
    dose_margins,
    dose_table,
    organ_index,
    study_doses,
)
from riskkit.workbench.reports.methods.example_files import (
    OpenFile,
    open_bow_tie,
    open_doses,
    open_fault_tree,
    open_history,
    open_network,
    open_product_model,
    open_ranking,
    open_round,
)
from riskkit.workbench.reports.methods.information_sections import (
    HistoryStudy,
    before_after,
    information_section,
    study_history,
)
from riskkit.workbench.reports.methods.laboratory_sections import (
    RoundStudy,
    capability_section,
    round_scores,
    study_round,
)
from riskkit.workbench.reports.methods.network_sections import (
    NetworkStudy,
    ProductStudy,
    network_conflict,
    network_states,
    network_values,
    product_section,
    study_network,
    study_product,
)
from riskkit.workbench.reports.methods.ranking_sections import (
    RankingStudy,
    acceptability_table,
    all_weights,
    expert_weights,
    fuzzy_grade,
    ranks_table,
    values_table,
    weight_changes,
)
from riskkit.workbench.reports.methods.ranking_study import study_ranking
from riskkit.workbench.reports.methods.tree_sections import (
    BowTieStudy,
    TreeStudy,
    bow_tie_summary,
    study_bow_tie,
    study_tree,
    tree_cut_sets,
    tree_drivers,
    tree_importance,
    tree_summary,
)
from riskkit.workbench.reports.monitoring.monitoring_reports import house_numbers_used
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "acceptability_table",
    "all_weights",
    "before_after",
    "bow_tie_picture",
    "bow_tie_summary",
    "capability_section",
    "day",
    "dose_drivers",
    "dose_margins",
    "dose_table",
    "expert_weights",
    "fuzzy_grade",
    "house_numbers_used",
    "information_section",
    "network_conflict",
    "network_states",
    "network_values",
    "open_bow_tie",
    "open_doses",
    "open_fault_tree",
    "open_history",
    "open_network",
    "open_product_model",
    "open_ranking",
    "open_round",
    "organ_index",
    "product_section",
    "publish_doses",
    "publish_ranking",
    "publish_trees",
    "ranks_table",
    "round_scores",
    "study_bow_tie",
    "study_doses",
    "study_history",
    "study_network",
    "study_product",
    "study_ranking",
    "study_round",
    "study_tree",
    "tree_cut_sets",
    "tree_drivers",
    "tree_importance",
    "tree_picture",
    "tree_summary",
    "values_table",
    "weight_changes",
]


def day(text: str) -> dt.date:
    """A day as a notebook's parameter writes it."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputFaults("day", [Fault("on", shown(text), "a date as YYYY-MM-DD")]) from None


def publish_trees(
    tree: TreeStudy, tie: BowTieStudy, net: NetworkStudy, *, product: ProductStudy, seed: int
) -> ResultRecord:
    """Put what the trees and networks say into the notebook, where the runner reads it back."""
    drawn = np.quantile(tree.draws, [0.05, 0.5, 0.95])
    ends = dict(zip(("p05", "p50", "p95"), drawn, strict=True))
    rates = {"top": float(tie.rates.top)} | {k: float(v) for k, v in tie.rates.consequences.items()}
    found = {
        "fault_tree": {
            "p": tree.p,
            "mean": float(tree.draws.mean()),
            **ends,
            "cut_sets": tree.cut_sets,
            "importance": tree.importance,
            "morris": tree.morris.reset_index(),
            "sobol": tree.sobol.reset_index(),
        },
        "bow_tie": {"rates_per_year": rates},
        "network": {
            "states": net.states,
            "conflict": net.conflict.value,
            "worth": net.worth.to_dict(),
            "values": net.worth_of_looking,
        },
        "product": {"rates": product.rates, "without": product.before, "with": product.after},
    }
    files = (tree.opened, tie.opened, net.opened, product.opened)
    settings = {"seed": seed, "draws": tree.draws.size, "tests": product.tests, "failures": product.failures}
    return _published("trees", files, settings=settings, found=found)


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
    return _published("ranking", files, settings=settings, found=found)


def publish_doses(study: DoseStudy, *, seed: int) -> ResultRecord:
    """Put the doses and what drives them into the notebook, where the runner reads it back."""
    found = {
        "doses": study.table,
        "index": study.index.reset_index(),
        "moe_low": study.moe_low,
        "morris": study.morris.reset_index(),
        "sobol": study.sobol.reset_index(),
    }
    settings = {"seed": seed, "asked": study.asked}
    return _published("doses", (study.opened,), settings=settings, found=found)


def _published(
    kind: str, files: tuple[OpenFile[Any], ...], *, settings: Mapping[str, Any], found: Mapping[str, Any]
) -> ResultRecord:
    title = in_each_language(say, f"title_{kind}")
    inputs = {
        **settings,
        "riskkit": __version__,
        "case_sha256": files[0].sha256,
        "files": {one.name: one.sha256 for one in files},
    }
    about = {"id": files[0].name, "title": title}
    return ResultRecord({"schema": f"riskkit.{kind}/1", "case": about, "inputs": inputs, **found})
