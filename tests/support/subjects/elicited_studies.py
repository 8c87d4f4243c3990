"""Studies of experts' judgement for tests: public ones beside the checkout, and made-up committees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from shared import shared

from riskkit.assessment.elicitation.study import ExpertStudy, expert_study, quantile_columns

PROBS = (0.05, 0.5, 0.95)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def oracle_study(name: str) -> tuple[ExpertStudy, Any]:
    """A public study and what another program makes of it."""
    raw = read(shared("oracles", "cooke", "inputs", f"{name}.json"))
    answers = [[[np.nan if q is None else q for q in item] for item in one] for one in raw["assessments"]]
    known = [np.nan if one["realization"] is None else one["realization"] for one in raw["items"]]
    study = expert_study(
        answers,
        known,
        probs=raw["quantiles"],
        is_log=[one["scale"] == "log" for one in raw["items"]],
        experts=raw["experts"],
        items=[f"{n} {one['id']}" for n, one in enumerate(raw["items"])],
        fewest=0,
        is_partial_allowed=True,
    )
    return study, read(shared("oracles", "cooke", "expected", f"{name}.json"))


NOT_COUNTED = ("7quants", "user quants", "CDC ROI_s", "iqearnings_s", "USGSfinal")
"""Tests of a file format, and second copies of studies that are there anyway."""


def real_studies() -> dict[str, ExpertStudy]:
    """The public studies with 10 seeds or more, of the experts who answered at least half of them."""
    folder = shared("data", "expert_elicitation")
    answers, items = (pd.read_csv(folder / f"{name}.csv.gz") for name in ("assessments", "items"))
    found = {}
    for name, asked in items.groupby("study", sort=True):
        rows = answers[answers["study"] == name]
        columns = [one for one in quantile_columns(rows) if rows[one].notna().any()]
        study = _study(rows, asked, columns)
        seeds = study.is_answered & study.is_seed
        kept = seeds.sum(axis=1) >= max(5, study.is_seed.sum() / 2)
        if study.is_seed.sum() >= 10 and kept.sum() >= 2 and name not in NOT_COUNTED:
            experts = [one for one, is_kept in zip(study.experts, kept, strict=True) if is_kept]
            found[str(name)] = _study(rows[rows["expert"].astype(str).isin(experts)], asked, columns)
    return found


def _study(rows: pd.DataFrame, asked: pd.DataFrame, columns: list[str]) -> ExpertStudy:
    probs = quantile_columns(rows)
    experts, names = sorted(rows["expert"].astype(str).unique()), [*asked["item"].astype(str)]
    given = np.full((len(experts), len(names), len(columns)), np.nan)
    for row in rows.itertuples():
        values = [float(getattr(row, one)) for one in columns]
        given[experts.index(str(row.expert)), names.index(str(row.item))] = values
    return expert_study(
        given,
        asked["realisation"].to_numpy(float),
        probs=[probs[one] for one in columns],
        is_log=(asked["scale"] == "log").tolist(),
        experts=experts,
        fewest=0,
        is_partial_allowed=True,
    )


def made_study(rng: np.random.Generator, *, n_items: int = 20) -> ExpertStudy:
    """Two experts who know what they say they know, and four who are sure and wrong."""
    truth = rng.normal(0, 1, n_items)
    answers = []
    for error, claimed in ((0.4, 0.4), (0.6, 0.6), (1.0, 0.2), (1.2, 0.2), (1.4, 0.25), (1.6, 0.3)):
        middle = truth + rng.normal(0, error, n_items)
        answers.append(middle[:, None] + claimed * norm.ppf(PROBS))
    return expert_study(answers, truth, probs=PROBS, fewest=0)
