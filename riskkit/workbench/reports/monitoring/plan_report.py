"""A yearly plan and its monitoring points: opened, shown and published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.plan.plan import MonitoringPlan
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.plan.table import class_table, plan_table
from riskkit.monitoring.siting import Siting
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import limits_section
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table
from riskkit.workbench.reports.monitoring.words import group_name
from riskkit.workbench.runs.result import ResultRecord, found_record

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
    return limits_section(say, "cells", "exposure", "target", "weight", title="limits_plan")


MOST = 25
_KEYS = ("commodity", "hazard", "origin", "port")


def plan_bars(plan: MonitoringPlan) -> Picture | None:
    """The cells with most samples as bars: what was targeted and what was drawn."""
    sampled = plan.cells[plan.cells["n_samples"] > 0].sort_values("n_samples", ascending=False, kind="stable")
    if sampled.empty:
        return None
    title, drawn = say("plan_title"), records(sampled.head(MOST))
    rows = style.Rows(body=1.2)
    places = [rows.add(f"{_name(row)} · {row['n_samples']}") for row in drawn]
    looks: dict[str, dict[str, Any]] = {
        "n_targeted": {"color": style.DARK},
        "n_random": {"color": style.LIGHT, "pattern": {"shape": "/", "fgcolor": style.DARK}},
    }
    traces = [style.bars([row[name] for row in drawn], places, look) for name, look in looks.items()]
    more = "" if len(drawn) == len(sampled) else say("plan_more", shown=len(drawn), n=len(sampled))
    gap = "" if language() == "zh" else " "
    across = style.quiet_axis() | {"title": {"text": say("plan_x")}, "rangemode": "tozero"}
    marks = f"{say('plan_marks')}{gap}{more}".strip()
    figure = rows.figure(title, traces, x=across, marks=marks, at=44, barmode="stack")
    return Picture("plan-bars", title, _plan_alt(plan, drawn[0]), _plan_table(records(sampled)), figure)


def _name(row: dict[str, Any]) -> str:
    return group_name([row[key] for key in _KEYS], _KEYS)


def _plan_alt(plan: MonitoringPlan, top: dict[str, Any]) -> str:
    return say(
        "plan_alt",
        n=number(float(plan.cells["n_samples"].sum())),
        cell=_name(top),
        most=top["n_samples"],
        random=number(float(plan.cells["n_random"].sum())),
        empty=int((plan.cells["n_samples"] == 0).sum()),
    )


def _plan_table(rows: list[dict[str, Any]]) -> Table:
    cells: list[tuple[Cell, ...]] = [
        (
            _name(row),
            str(row["n_samples"]),
            str(row["n_random"]),
            rate(row["p_found"]),
            reason_text(row["reasons"]),
        )
        for row in rows
    ]
    words = {
        "zh": ("单元", "样品数", "其中随机", "发现概率", "理由"),
        "en": ("cell", "samples", "drawn", "P(find)", "why"),
    }
    return Table(say("plan_table"), words[language()], tuple(cells), numeric=(1, 2, 3))


def demand_gaps(siting: Siting) -> Picture | None:
    """The demand that no monitoring point covers, largest first, each with its reason."""
    gaps = siting.demand[siting.demand["uncovered"] > 0].sort_values(
        "uncovered", ascending=False, kind="stable"
    )
    if gaps.empty:
        return None
    title = say("gap_title")
    named = gaps.rename_axis("point").reset_index()
    rows = style.Rows(body=1.2)
    drawn = records(named.head(MOST))
    places = [
        rows.add(f"{row['point']} · {number(row['uncovered'])} · {reason_text(row['reason'])}")
        for row in drawn
    ]
    marker = {"color": style.LIGHT, "line": {"color": style.DARK, "width": 1}}
    bars = style.bars([row["uncovered"] for row in drawn], places, marker)
    shape = style.layout(title, height=rows.height() + 60, margin={"t": 10, "b": 50})
    shape["xaxis"] = style.quiet_axis() | {"title": {"text": say("gap_x")}, "rangemode": "tozero"}
    shape["yaxis"], shape["annotations"] = rows.axis(), rows.labels
    left, whole = float(gaps["uncovered"].sum()), float(siting.demand["demand"].sum())
    told = {"left": number(left), "share": rate(left / whole), "point": str(named["point"].iloc[0])}
    figure = {"data": [bars], "layout": shape}
    return Picture("demand-gaps", title, say("gap_alt", **told), _gap_table(records(named)), figure)


def _gap_table(rows: list[dict[str, Any]]) -> Table:
    cells: list[tuple[Cell, ...]] = [
        (str(row["point"]), number(row["demand"]), number(row["uncovered"]), reason_text(row["reason"]))
        for row in rows
    ]
    heads = ("col_point", "col_demand", "col_uncovered", "col_note")
    return Table(say("gap_table"), tuple(say(key) for key in heads), tuple(cells), numeric=(1, 2))


def open_cells(name: str = "plan_cells") -> OpenTable:
    """The cells of a plan: the made sample, or a ``.csv`` file."""
    return open_table(name, sample="plan_cells")


def open_demand(name: str = "site_demand") -> tuple[pd.Series, pd.DataFrame]:
    """Demand by point and distances to candidate sites: the made sample, or a ``.csv`` file."""
    table = open_table(name, sample="site_demand").table
    sites = [str(column) for column in table if column not in ("point", "demand")]
    refuse(name, [] if sites else [Fault(name, shown(list(table)), "a column for each candidate site")])
    columns = [NumberColumn("demand", low=0), *(NumberColumn(site, low=0, may_miss=True) for site in sites)]
    numbers = number_columns(table, columns, what=name, texts=["point"])
    points = pd.Index(table["point"].astype(str))
    return pd.Series(numbers.pop("demand"), index=points), pd.DataFrame(numbers, index=points)


def publish_plan(plan: MonitoringPlan, siting: Siting, *, opened: OpenTable) -> ResultRecord:
    """Put the plan and the monitoring points into the notebook, where the runner reads them back."""
    names = [
        "cell_id",
        "n_samples",
        "n_random",
        "n_targeted",
        "cost",
        "expected_nonconforming",
        "p_found",
        "reasons",
    ]
    gains = {"learning": plan.learning, "finding": plan.finding, "bound": plan.bound}
    spent = {"budget": plan.budget, "random": plan.spent_random, "targeted": plan.spent_targeted}
    return found_record(
        "plan",
        opened.name,
        in_each_language(say, "title_plan"),
        inputs={"draw_seed": plan.seed, "case_sha256": opened.sha256},
        spent=spent,
        gains=gains,
        cells=plan.cells[names],
        classes=plan.classes.reset_index(),
        sites=siting.sites.rename_axis("site").reset_index(),
        gaps=siting.demand.rename_axis("point").reset_index(),
    )
