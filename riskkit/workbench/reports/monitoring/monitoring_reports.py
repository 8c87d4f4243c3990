"""Everything that the monitoring notebooks call: open tables, show what was found, publish the result."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import in_each_language
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.monitoring.plan.plan import MonitoringPlan
from riskkit.monitoring.siting import Siting
from riskkit.words.catalogue import monitoring_text as say
from riskkit.workbench.document.block_kinds import Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.reports.monitoring.plan_figures import demand_gaps, plan_bars
from riskkit.workbench.reports.monitoring.plan_sections import (
    plan_classes,
    plan_draw,
    plan_limits,
    plan_rows,
    plan_summary,
    site_rows,
)
from riskkit.workbench.reports.monitoring.rate_sections import (
    house_numbers_used,
    rates_limits,
    rates_published,
    rates_ranking,
    rates_summary,
    rates_table,
    rates_trends,
)
from riskkit.workbench.reports.monitoring.rate_study import RateStudy, study_rates
from riskkit.workbench.reports.monitoring.rates_figure import rates_forest
from riskkit.workbench.reports.monitoring.records import OpenTable, open_records, open_table
from riskkit.workbench.reports.monitoring.register_figures import (
    coverage_grid,
    rate_over_time,
    register_map,
    register_years_figure,
)
from riskkit.workbench.reports.monitoring.register_sections import (
    register_gaps,
    register_limits,
    register_quality,
    register_quarantine,
    register_same,
    register_summary,
    register_tops,
    register_years,
)
from riskkit.workbench.reports.monitoring.register_study import RegisterStudy, study_register
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "ResultRecord",
    "coverage_grid",
    "demand_gaps",
    "house_numbers_used",
    "open_cells",
    "open_demand",
    "open_records",
    "plan_bars",
    "plan_classes",
    "plan_draw",
    "plan_limits",
    "plan_rows",
    "plan_summary",
    "publish_plan",
    "publish_rates",
    "publish_register",
    "rate_over_time",
    "rates_forest",
    "rates_limits",
    "rates_published",
    "rates_ranking",
    "rates_summary",
    "rates_table",
    "rates_trends",
    "register_forest",
    "register_gaps",
    "register_limits",
    "register_map",
    "register_quality",
    "register_quarantine",
    "register_rates",
    "register_same",
    "register_summary",
    "register_tops",
    "register_years",
    "register_years_figure",
    "site_rows",
    "study_rates",
    "study_register",
]


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


def publish_rates(study: RateStudy, *, seed: int) -> ResultRecord:
    """Put what was found of the rates into the notebook, where the runner reads it back."""
    opened = study.opened
    inputs = {"seed": seed, "draws": study.draws, "riskkit": __version__, "case_sha256": opened.sha256}
    settings = {"by": list(study.by), "across": study.across, "every": study.every, "method": study.method}
    rows = {"read": opened.n_read, "doubled": opened.n_doubled, "aside": opened.n_aside}
    return ResultRecord(
        {
            "schema": "riskkit.rates/1",
            "case": _about("title_rates", opened.name),
            "inputs": inputs | settings,
            "rows": rows,
            "whole": study.whole,
            "groups": study.groups,
            "trends": study.trends,
        }
    )


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
    return ResultRecord(
        {
            "schema": "riskkit.plan/1",
            "case": _about("title_plan", opened.name),
            "inputs": {"draw_seed": plan.seed, "riskkit": __version__, "case_sha256": opened.sha256},
            "spent": spent,
            "gains": gains,
            "cells": plan.cells[names],
            "classes": plan.classes.reset_index(),
            "sites": siting.sites.rename_axis("site").reset_index(),
            "gaps": siting.demand.rename_axis("point").reset_index(),
        }
    )


def publish_register(study: RegisterStudy, *, seed: int) -> ResultRecord:
    """Put what was found of a register into the notebook, where the runner reads it back."""
    ends = {name: None if day is None else day.isoformat() for name, day in _period(study).items()}
    inputs = {"seed": seed, "riskkit": __version__, "case_sha256": study.sha256, "every": study.every} | ends
    whole = study.whole
    rows = {name: getattr(whole, f"n_{name}") for name in ("read", "accepted", "quarantined", "duplicates")}
    grades = study.groups["grade"].value_counts()
    gaps = study.coverage[study.coverage["is_gap"]]
    return ResultRecord(
        {
            "schema": "riskkit.register/1",
            "case": _about("title_register", study.name),
            "inputs": inputs | {"threshold": study.threshold},
            "rows": rows | {"looked_at": len(study.records)},
            "by_source": whole.by_source,
            "by_year": study.by_year,
            "filled": study.filled.reset_index(),
            "timely": study.timely.reset_index(),
            "information": {"n_groups": len(study.groups), "grades": _counts(grades)},
            "gaps": gaps.drop(columns=["n_records", "is_gap"]),
            "whole": None if study.rates is None else study.rates.whole,
            "groups": [] if study.rates is None else study.rates.groups,
            "periods": study.periods,
            "tops": study.tops,
            "quarantine": study.quarantine,
        }
    )


def _period(study: RegisterStudy) -> dict[str, dt.date | None]:
    return {"since": study.since, "until": study.until}


def _counts(grades: pd.Series) -> dict[str, int]:
    return {str(grade): int(grades.get(grade, 0)) for grade in (1, 2, 3)}


def register_forest(study: RegisterStudy) -> Picture | None:
    """The rates of the groups of a register with their intervals; nothing without inspections."""
    return None if study.rates is None else rates_forest(study.rates)


def register_rates(study: RegisterStudy) -> Section:
    """The rate of each group of inspections, or that there are none."""
    if study.rates is None:
        told = Paragraph(say("no_inspections"), "caution")
        return Section("rates", say("rates_title"), 1, (told,))
    table, trends = rates_table(study.rates), rates_trends(study.rates)
    return Section("rates", table.title, 1, (*table.blocks, *trends.blocks))


def _about(title: str, name: str) -> dict[str, Any]:
    return {"id": name, "title": in_each_language(say, title)}
