"""The plan as the table that is sent out: product, item, area, number of samples, and why."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards.glossary import codes, label
from riskkit.monitoring.plan.plan import MonitoringPlan
from riskkit.monitoring.plan.reasons import reason_texts

_HEADS = {
    "commodity": ("产品", "product"),
    "hazard": ("项目", "item"),
    "area": ("区域", "area"),
    "n_samples": ("样品数", "samples"),
    "n_random": ("其中随机抽取", "of them drawn at random"),
    "expected_nonconforming": ("预计不合格数", "expected nonconforming"),
    "p_found": ("发现不合格的概率", "probability of finding any"),
    "why": ("理由", "why"),
}


def plan_table(plan: MonitoringPlan, *, is_whole: bool = False) -> pd.DataFrame:
    """The rows of a plan for its readers, most samples first.

    Parameters
    ----------
    plan : MonitoringPlan
        The plan.
    is_whole : bool
        Whether cells without a sample are listed too, with the reason why not.

    Returns
    -------
    DataFrame
        产品、项目、区域、样品数 and what may be expected; the area is the port with the origin.

    References
    ----------
    .. [1] Contents of a monitoring plan (产品、项目、区域、样品数) as 中国质量新闻网 2012
       (``cqn_monitoring_2012``).

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> from riskkit.monitoring.plan.plan import monitoring_plan
    >>> cells = pd.DataFrame({"commodity": ["toy"], "origin": ["A"], "port": ["X"], "hazard": ["lead"],
    ...     "hazard_class": ["chemical"], "goods": ["consumer_product"], "n_tested": [40],
    ...     "n_nonconforming": [6], "exposure": [5.0], "consequence": [3], "unit_cost": [1.0]})
    >>> plan = monitoring_plan(cells, budget=9, seed="118")
    >>> in_language("zh", plan_table, plan).iloc[:, :4].values.tolist()
    [['toy', 'lead', 'X (A)', 9]]
    """
    rows = plan.cells if is_whole else plan.cells[plan.cells["n_samples"] > 0]
    rows = rows.sort_values("n_samples", ascending=False, kind="stable")
    table = rows.assign(
        area=rows["port"].astype(str) + " (" + rows["origin"].astype(str) + ")",
        why=reason_texts(rows["reasons"]),
    )[list(_HEADS)]
    place = 0 if language() == "zh" else 1
    return table.set_axis([words[place] for words in _HEADS.values()], axis=1).reset_index(drop=True)


def class_table(plan: MonitoringPlan) -> pd.DataFrame:
    """How the five hazard classes are covered, with a reason where one is not.

    Parameters
    ----------
    plan : MonitoringPlan
        The plan.

    Returns
    -------
    DataFrame
        One row a class.

    Examples
    --------
    >>> from riskkit.monitoring.plan.plan import monitoring_plan
    >>> cells = pd.DataFrame({"commodity": ["toy"], "origin": ["A"], "port": ["X"], "hazard": ["lead"],
    ...     "hazard_class": ["chemical"], "goods": ["consumer_product"], "n_tested": [40],
    ...     "n_nonconforming": [6], "exposure": [5.0], "consequence": [3], "unit_cost": [1.0]})
    >>> class_table(monitoring_plan(cells, budget=9, seed="118")).iloc[2:3, :4].values.tolist()
    [['chemical hazard', 1, 1, 9]]
    """
    heads = {
        "class": ("危害类别", "hazard class"),
        "n_cells": ("单元数", "cells"),
        "n_cells_sampled": ("抽样单元数", "cells sampled"),
        "n_samples": ("样品数", "samples"),
        "cost": ("经费", "cost"),
        "expected_nonconforming": ("预计不合格数", "expected nonconforming"),
        "why": ("说明", "note"),
    }
    names = [label("hazard_class", code) for code in codes("hazard_class")]
    table = plan.classes.assign(**{"class": names}, why=reason_texts(plan.classes["note"]))[list(heads)]
    place = 0 if language() == "zh" else 1
    return table.set_axis([words[place] for words in heads.values()], axis=1).reset_index(drop=True)
