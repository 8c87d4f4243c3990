"""The plan as ranked bars, and the demand that no monitoring point covers."""

from __future__ import annotations

from typing import Any

from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.plan.plan import MonitoringPlan
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.siting import Siting
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.monitoring.words import group_name

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
