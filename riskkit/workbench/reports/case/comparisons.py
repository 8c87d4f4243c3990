"""The shipped cases compared: each through all methods, and all among each other."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.ranking import borda
from riskkit.case.case import Assessment, assess, load_case
from riskkit.case.comparison.methods import Comparison, compare_methods
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import probability
from riskkit.workbench.document.block_kinds import Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import level_words
from riskkit.workbench.runs.folders.resources import shipped_cases

_MANY = 20_000
"""Simulations of the shipped cases that others are compared with."""


@functools.cache
def compared_case(case: str = "note7-battery-2016", *, draws: int = 200, seed: int = 1) -> Comparison:
    """A shipped case, assessed under the default profile and put through all methods."""
    assessment = assess(load_case(case), rng=np.random.default_rng(seed), draws=draws)
    return compare_methods(assessment, rng=np.random.default_rng(seed))


def shipped_comparisons() -> tuple[Comparison, ...]:
    """Every shipped case through all methods, with the level that its simulations show."""
    return tuple(compared_case(case, draws=_MANY) for case in shipped_cases())


def borda_ranking(assessments: tuple[Assessment, ...]) -> pd.DataFrame:
    """Cases in the order of their Borda count over probability, severity and proven warning level."""
    rows = {}
    for one in assessments:
        if one.lo is None:
            continue
        governs = one.scenarios[one.scenarios["governs"]].iloc[0]
        level = scale("warning").codes.index(one.level_ends[0]) + 1
        rows[one.case.id] = (float(governs["p_best"]), int(governs["severity"]), level)
    values = pd.DataFrame.from_dict(rows, orient="index", columns=["p_harm", "severity", "level"])
    return values.join(borda(values)).sort_values("rank", kind="stable")


def case_ranking(compared: Comparison) -> Section:
    """Where a case stands among the shipped ones."""
    title = text("cmp_rank")
    mine = compared.assessment
    if mine.lo is None:
        return Section("case-ranking", title, 1, (Paragraph(text("cmp_rank_food")),))
    others = [one.assessment for one in shipped_comparisons() if one.assessment.case.id != mine.case.id]
    ranked = borda_ranking((mine, *others))
    titles = {one.case.id: one.case.title.say() for one in (mine, *others)}
    rows = tuple(
        _ranked_row(str(case), row, titles[str(case)])
        for case, row in zip(ranked.index, records(ranked), strict=True)
    )
    heads = ("col_rank", "col_case", "col_probability", "grid_x", "col_level", "col_count")
    table = Table(text("cmp_rank_table"), tuple(text(h) for h in heads), rows, numeric=(0, 2, 5))
    place = int(ranked["rank"].loc[mine.case.id])
    lead = text("cmp_rank_lead", n=len(ranked), rank=place)
    return Section("case-ranking", title, 1, (Paragraph(lead), table))


def _ranked_row(case: str, row: dict[str, Any], title: str) -> tuple[Cell, ...]:
    harm, code = scale("harm"), str(int(row["severity"]))
    severity = f"{harm.symbol(code)} {harm.word(code)}"
    level = level_words(scale("warning").codes[int(row["level"]) - 1])
    chance = probability(float(row["p_harm"]))
    return (str(int(row["rank"])), f"{title} ({case})", chance, severity, level, f"{row['count']:g}")
