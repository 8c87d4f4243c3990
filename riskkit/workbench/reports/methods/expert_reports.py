"""Everything that the notebook of experts' judgement calls: open, study, show, publish."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit import __version__
from riskkit.words.catalogue import method_text as say
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures.calibration_figure import answers_picture, calibration_picture
from riskkit.workbench.reports.methods.example_files import open_experts
from riskkit.workbench.reports.methods.expert_sections import (
    expert_robustness_section,
    expert_scores_section,
    expert_seeds_section,
    expert_targets_section,
    maker_counts,
)
from riskkit.workbench.reports.methods.expert_study import ExpertFindings, study_experts
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "expert_robustness_section",
    "expert_scores_section",
    "expert_seeds_section",
    "expert_targets_section",
    "open_experts",
    "picture_of_answers",
    "picture_of_calibration",
    "publish_experts",
    "study_experts",
]


def picture_of_calibration(found: ExpertFindings) -> Picture:
    """Where the true values fell, expert by expert and for the pools."""
    counts = [
        (str(who), seen) for who, seen in zip(found.scores["expert"], found.scores["counts"], strict=True)
    ]
    counts += [(say(f"maker_{name}"), tuple(maker_counts(found, name))) for name in found.makers]
    return calibration_picture(pd.DataFrame(counts, columns=["who", "counts"]), found.study.probs.tolist())


def picture_of_answers(found: ExpertFindings) -> Picture | None:
    """What everybody says of the questions whose answer is not known."""
    rows, asked = [], found.items
    for item in found.targets:
        title = f"{asked[item].title.say()} [{asked[item].unit.say()}]"
        for who in (*found.study.experts, *found.makers):
            values = found.answer(who, item)
            if np.isnan(values).any():
                continue
            is_pool = who in found.makers
            name = say(f"maker_{who}") if is_pool else who
            ends = (values[0], values[len(values) // 2], values[-1])
            rows.append((title, name, is_pool, asked[item].scale == "log", *map(float, ends)))
    heads = ["question", "who", "is_pool", "is_log", "low", "mid", "high"]
    return answers_picture(pd.DataFrame(rows, columns=heads))


def publish_experts(found: ExpertFindings) -> ResultRecord:
    """Put scores, weights and pooled answers into the notebook, where the runner reads them back."""
    chosen = found.makers["chosen"]
    title = found.opened.content.title
    return ResultRecord(
        {
            "schema": "riskkit.experts/1",
            "case": {"id": found.opened.name, "title": {"zh": title.zh, "en": title.en}},
            "inputs": {"riskkit": __version__, "case_sha256": found.opened.sha256},
            "weighting": chosen.weighting,
            "cut_off": chosen.cut_off,
            "experts": [
                {"expert": str(row["expert"]), "calibration": float(row["calibration"]),
                 "information": float(row["information"]), "weight": float(weight)}
                for (_, row), weight in zip(found.scores.iterrows(), chosen.weights, strict=True)
            ],
            "pools": {
                name: {"calibration": one.calibration, "information": one.information,
                       "answers": {item: one.answers[k].tolist() for k, item in enumerate(found.study.items)}}
                for name, one in found.makers.items()
            },
        }
    )  # fmt: skip
