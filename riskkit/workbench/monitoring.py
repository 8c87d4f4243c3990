"""Everything that the monitoring notebooks call: open tables, show what was found, publish the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.faults import Fault, refuse, shown
from riskkit.foundation.number_columns import NumberColumn, number_columns
from riskkit.monitoring.plan import MonitoringPlan
from riskkit.monitoring.siting import Siting
from riskkit.workbench.pictures.plan_figures import demand_gaps, plan_bars
from riskkit.workbench.pictures.rates_figure import rates_forest
from riskkit.workbench.report.monitoring_records import OpenTable, open_records, open_table
from riskkit.workbench.report.monitoring_words import say
from riskkit.workbench.report.plan_sections import (
    plan_classes,
    plan_draw,
    plan_limits,
    plan_rows,
    plan_summary,
    site_rows,
)
from riskkit.workbench.report.rate_sections import (
    house_numbers_used,
    rates_limits,
    rates_published,
    rates_ranking,
    rates_summary,
    rates_table,
    rates_trends,
)
from riskkit.workbench.report.rate_study import RateStudy, study_rates
from riskkit.workbench.runs.result import RESULT_MIME

__all__ = [
    "Found",
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
    "rates_forest",
    "rates_limits",
    "rates_published",
    "rates_ranking",
    "rates_summary",
    "rates_table",
    "rates_trends",
    "site_rows",
    "study_rates",
]


def open_cells(name: str = "plan_cells") -> OpenTable:
    """The cells of a plan: the made sample, or a ``.csv`` file.

    Parameters
    ----------
    name : str
        ``plan_cells``, or a file with the columns of `riskkit.monitoring.plan.monitoring_plan`.

    Examples
    --------
    >>> open_cells().table["hazard_class"].nunique()
    5
    """
    return open_table(name, sample="plan_cells")


def open_demand(name: str = "site_demand") -> tuple[pd.Series, pd.DataFrame]:
    """Demand by point and distances to candidate sites: the made sample, or a ``.csv`` file.

    Parameters
    ----------
    name : str
        ``site_demand``, or a file with the columns point, demand, and one column a candidate.

    Returns
    -------
    demand : Series
    distance : DataFrame

    Raises
    ------
    InputFaults
        When a column is missing or holds what is no number.

    Examples
    --------
    >>> demand, distance = open_demand()
    >>> len(demand) == len(distance)
    True
    """
    table = open_table(name, sample="site_demand").table
    sites = [str(column) for column in table if column not in ("point", "demand")]
    refuse(name, [] if sites else [Fault(name, shown(list(table)), "a column for each candidate site")])
    columns = [NumberColumn("demand", low=0), *(NumberColumn(site, low=0, may_miss=True) for site in sites)]
    numbers = number_columns(table, columns, what=name, texts=["point"])
    points = pd.Index(table["point"].astype(str))
    return pd.Series(numbers.pop("demand"), index=points), pd.DataFrame(numbers, index=points)


@dataclass(frozen=True)
class Found:
    """The result record of a monitoring notebook, as its output.

    Parameters
    ----------
    record : dict
        Plain JSON values.
    """

    record: dict[str, Any] = field(repr=False)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {RESULT_MIME: self.record, "text/plain": str(self.record["case"]["id"])}


def publish_rates(study: RateStudy, *, seed: int) -> Found:
    """Put what was found of the rates into the notebook, where the runner reads it back.

    Parameters
    ----------
    study : RateStudy
        As from `study_rates`.
    seed : int
        Of the ranks.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> found = study_rates(open_records(), by="product_group", across="origin", every="year", rng=rng)
    >>> publish_rates(found, seed=1).record["whole"]["n_tested"] > 0
    True
    """
    opened = study.opened
    inputs = {"seed": seed, "draws": study.draws, "riskkit": __version__, "case_sha256": opened.sha256}
    settings = {"by": list(study.by), "across": study.across, "every": study.every, "method": study.method}
    rows = {"read": opened.n_read, "doubled": opened.n_doubled, "aside": opened.n_aside}
    return Found(
        {
            "schema": "riskkit.rates/1",
            "case": _about("title_rates", opened.name),
            "inputs": inputs | settings,
            "rows": rows,
            "whole": _plain(study.whole.to_frame().T)[0],
            "groups": _plain(study.groups),
            "trends": _plain(study.trends),
        }
    )


def publish_plan(plan: MonitoringPlan, siting: Siting, *, opened: OpenTable) -> Found:
    """Put the plan and the monitoring points into the notebook, where the runner reads them back.

    Parameters
    ----------
    plan : MonitoringPlan
        The plan.
    siting : Siting
        The monitoring points.
    opened : OpenTable
        The cells.

    Examples
    --------
    >>> from riskkit.monitoring.plan import monitoring_plan
    >>> from riskkit.monitoring.siting import maximal_coverage
    >>> opened = open_cells()
    >>> found = publish_plan(
    ...     monitoring_plan(opened.table, budget=9000, seed="118"),
    ...     maximal_coverage(*open_demand(), reach=30, n_sites=2), opened=opened)
    >>> found.record["schema"]
    'riskkit.plan/1'
    """
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
    return Found(
        {
            "schema": "riskkit.plan/1",
            "case": _about("title_plan", opened.name),
            "inputs": {"draw_seed": plan.seed, "riskkit": __version__, "case_sha256": opened.sha256},
            "spent": spent,
            "gains": gains,
            "cells": _plain(plan.cells[names]),
            "classes": _plain(plan.classes.reset_index()),
            "sites": _plain(siting.sites.rename_axis("site").reset_index()),
            "gaps": _plain(siting.demand.rename_axis("point").reset_index()),
        }
    )


def _about(title: str, name: str) -> dict[str, Any]:
    return {"id": name, "title": {lang: say(title, lang) for lang in ("zh", "en")}}


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values, rounded to ten figures; what is missing or infinite is None."""
    columns = list(map(str, table.columns))
    return [
        {name: _value(value) for name, value in zip(columns, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


def _value(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if value is None or value is pd.NA:
        return None
    if isinstance(value, Sequence):
        return [_value(one) for one in value]
    found = float(value)
    if not math.isfinite(found):
        return None
    return int(found) if found == int(found) and abs(found) < 2**53 else float(f"{found:.10g}")
