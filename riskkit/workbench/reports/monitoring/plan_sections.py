"""The yearly plan and the monitoring points, as sections in one language."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.monitoring.plan.plan import MonitoringPlan
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.plan.table import class_table, plan_table
from riskkit.monitoring.siting import Siting
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.monitoring.records import OpenTable

_MOST_ROWS = 500


def plan_summary(plan: MonitoringPlan, opened: OpenTable) -> Section:
    """What the plan costs and what may be expected of it."""
    cells = plan.cells
    lead = say(
        "plan_lead",
        budget=number(plan.budget),
        n=number(float(cells["n_samples"].sum())),
        cells=int((cells["n_samples"] > 0).sum()),
        bad=number(round(float(cells["expected_nonconforming"].sum()), 1)),
        random=number(float(cells["n_random"].sum())),
    )
    gains = {"learning": rate(plan.learning), "finding": rate(plan.finding)}
    best = say("plan_best") if plan.bound == 0 else say("plan_gap", gap=rate(plan.bound))
    blocks: list[Block] = [
        Paragraph(lead, "lead"),
        Paragraph(say("plan_gain", **gains)),
        Paragraph(best),
    ]
    n_food = int((~cells["is_planned"]).sum())
    blocks += [Paragraph(say("plan_food", n=n_food), "caution")] if n_food else []
    blocks += [Paragraph(say("rates_synthetic"), "caution")] if opened.is_sample else []
    return Section("plan-summary", say("plan_summary"), 1, tuple(blocks))


def plan_rows(plan: MonitoringPlan) -> Section:
    """The plan itself: product, item, area, samples, and why; then the cells without a sample."""
    table = plan_table(plan)
    table = table.assign(**{name: table[name].map(lambda v: rate(float(v))) for name in table.columns[6:7]})
    rest = plan.cells[plan.cells["n_samples"] == 0]
    blocks: list[Block] = [_table(table, say("plan_table"), numeric=(3, 4, 5, 6))]
    if len(rest):
        left = plan_table(plan, is_whole=True)
        left = left[left.iloc[:, 3] == 0].iloc[:, [0, 1, 2, 7]]
        blocks.append(_table(left, say("plan_left"), numeric=()))
    return Section("plan-rows", say("plan_table"), 1, tuple(blocks))


def _table(rows: pd.DataFrame, caption: str, *, numeric: tuple[int, ...]) -> Table:
    cells = tuple(
        tuple(number(float(v)) if isinstance(v, int | float | np.number) else str(v) for v in row)
        for row in rows.head(_MOST_ROWS).round(2).itertuples(index=False)
    )
    return Table(caption, tuple(map(str, rows.columns)), cells, numeric=numeric)


def plan_classes(plan: MonitoringPlan) -> Section:
    """How the five hazard classes are covered."""
    title = say("plan_classes")
    table = _table(class_table(plan), title, numeric=(1, 2, 3, 4, 5))
    return Section("plan-classes", title, 1, (table,))


def plan_draw(plan: MonitoringPlan) -> Section:
    """How the random share can be drawn again by anybody."""
    planned = plan.cells.loc[plan.cells["is_planned"], "cell_id"]
    command = f"printf '%s' '{plan.seed}|{planned.iloc[0]}|1' | sha256sum" if len(planned) else ""
    blocks: list[Block] = [
        Paragraph(say("plan_draw_lead")),
        Paragraph(say("plan_seed", seed=plan.seed)),
    ]
    blocks += [Paragraph(command, "code")] if command else []
    return Section("plan-draw", say("plan_draw"), 1, tuple(blocks))


def site_rows(siting: Siting) -> Section:
    """The monitoring points chosen, with what would be lost without each."""
    whole = float(siting.demand["demand"].sum())
    proof = say("sites_proven") if siting.is_proven else say("sites_gap", gap=rate(siting.gap))
    share = float(siting.demand["served"].sum()) / whole if whole else float("nan")
    lead = say("sites_lead", n=len(siting.sites), share=rate(share), proof=proof)
    rows = []
    for row in records(siting.sites.rename_axis("site").reset_index()):
        gain = say("needed") if np.isinf(row["gain"]) else number(row["gain"])
        used = rate(row["used"])
        rows.append((str(row["site"]), number(row["served"]), gain, used, reason_text(row["reason"])))
    heads = ("col_site", "col_served", "col_gain", "col_used", "col_note")
    table = Table(say("sites_table"), tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3))
    blocks: list[Block] = [Paragraph(lead, "lead"), table]
    blocks += [] if (siting.demand["uncovered"] > 0).any() else [Paragraph(say("gap_none"))]
    return Section("sites", say("sites"), 1, tuple(blocks))


def plan_limits() -> Section:
    """How to read the plan, and how far it goes."""
    keys = ("limit_cells", "limit_exposure", "limit_target", "limit_weight")
    return Section("limits", say("limits_plan"), 1, (Items(tuple(say(key) for key in keys)),))
