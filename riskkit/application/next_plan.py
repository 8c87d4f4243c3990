"""The loop back to task 1: what evidence and decisions of this year change in the plan of the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.monitoring.plan.plan import KEYS, MonitoringPlan, PlanRules, monitoring_plan
from riskkit.monitoring.rates.rates import nonconformity_rates, read_counts

_COUNTS = ["n_tested", "n_nonconforming"]


@dataclass(frozen=True)
class NextPlan:
    """Next year's plan and what moved it.

    Parameters
    ----------
    plan : MonitoringPlan
        With the new evidence and the decisions.
    changes : DataFrame
        One row a cell, as in the plan: the keys, cell_id, n_before (samples with last year's evidence and no
        decision), n_after, change_evidence, change_decisions (add up to n_after − n_before), factor (on the
        consequence), rules (ids of the decisions that count there, with spaces between).
    outside : DataFrame
        Records that belong to no cell, added up: the keys, n_tested, n_nonconforming. They are blind spots
        of the plan, not lost.
    unmatched : DataFrame
        Decisions that concern no cell.
    """

    plan: MonitoringPlan
    changes: pd.DataFrame
    outside: pd.DataFrame
    unmatched: pd.DataFrame


def with_evidence(cells: pd.DataFrame, records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of a plan with further counts added.

    Parameters
    ----------
    cells : DataFrame
        Of the shape of `monitoring_plan`.
    records : DataFrame
        commodity, origin, port, hazard, n_tested, n_nonconforming [count]; a record with a missing count adds
        nothing.

    Returns
    -------
    tuple of DataFrame
        The cells with their new counts (missing stays missing where nothing was added), and the sums of the
        records that belong to no cell.

    Raises
    ------
    InputFaults
        With every missing column and wrong count.

    Examples
    --------
    >>> one = {"commodity": "toy", "origin": "A", "port": "X", "hazard": "lead"}
    >>> cells = pd.DataFrame([one | {"n_tested": 10, "n_nonconforming": 1}])
    >>> seen = pd.DataFrame([one | {"n_tested": 5, "n_nonconforming": 2},
    ...                      one | {"hazard": "cord", "n_tested": 1, "n_nonconforming": 0}])
    >>> found, outside = with_evidence(cells, seen)
    >>> found[["n_tested", "n_nonconforming"]].values.tolist(), len(outside)
    ([[15.0, 3.0]], 1)
    """
    before = read_counts(cells, what="cells", keys=KEYS)
    read_counts(records, what="records", keys=KEYS)
    sums = nonconformity_rates(records, by=list(KEYS))
    sums = sums[sums["n_tested"].notna()][[*KEYS, *_COUNTS]]
    place = pd.MultiIndex.from_frame(cells[list(KEYS)]).get_indexer(
        pd.MultiIndex.from_frame(sums[list(KEYS)])
    )
    out = cells.copy()
    for name in _COUNTS:
        added = np.full(len(cells), np.nan)
        added[place[place >= 0]] = sums.loc[place >= 0, name].to_numpy(dtype=np.float64)
        known = np.nansum([before[name], added], axis=0)
        out[name] = np.where(np.isnan(before[name]) & np.isnan(added), np.nan, known)
    return out, sums[place < 0].reset_index(drop=True)


def with_decisions(
    cells: pd.DataFrame, decisions: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells whose weight of harm is changed by decisions of the year.

    Parameters
    ----------
    cells : DataFrame
        Of the shape of `monitoring_plan`.
    decisions : DataFrame
        One row a decision: commodity, kind, decision (of ``next_plan_rules.csv``) and, if wanted, origin,
        port and hazard; where one of these is missing the decision concerns all.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``next_plan_rules.csv``.

    Returns
    -------
    tuple of DataFrame
        The cells with consequence × factor and the columns factor (product over the kinds of decision; of one
        kind the largest counts, so that a decision entered twice does not count twice) and rules; and the
        decisions that concern no cell.

    Raises
    ------
    InputFaults
        With all: missing columns, decisions without a commodity, kinds and decisions without a rule.

    Examples
    --------
    >>> cells = pd.DataFrame({"commodity": ["toy", "kettle"], "origin": "A", "port": "X", "hazard": "h",
    ...                       "consequence": [1.0, 1.0]})
    >>> made = pd.DataFrame({"commodity": ["toy"], "kind": ["warning"], "decision": ["level_3"]})
    >>> with_decisions(cells, made, on=dt.date(2026, 12, 1))[0]["consequence"].tolist()
    [1.5, 1.0]
    """
    table = _plan_rules(on, rules)
    made = _read_decisions(decisions, table)
    factor, ids = np.ones(len(cells)), [""] * len(cells)
    is_used = np.zeros(len(made), dtype=bool)
    for _, of_kind in made.groupby("kind", sort=False):
        best = np.full(len(cells), np.nan)
        for at, row in of_kind.iterrows():
            hit = np.ones(len(cells), dtype=bool)
            for name in KEYS:
                hit &= (cells[name] == row[name]).to_numpy() if pd.notna(row[name]) else True
            is_used[made.index.get_loc(at)] = hit.any()
            best[hit] = np.fmax(best[hit], row["factor"])
            for cell in np.flatnonzero(hit):
                ids[cell] = f"{ids[cell]} {row['rule_id']}".strip()
        factor *= np.where(np.isnan(best), 1, best)
    out = cells.assign(factor=factor, rules=[" ".join(dict.fromkeys(one.split())) for one in ids])
    out["consequence"] = out["consequence"] * factor
    return out, decisions[~is_used]


def _plan_rules(on: dt.date, rules: pd.DataFrame | None) -> pd.DataFrame:
    table = standards.in_force(standards.table("next_plan_rules") if rules is None else rules, on)
    refuse("next plan", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    return table


def _read_decisions(decisions: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    needed = ("commodity", "kind", "decision")
    refuse("decisions", [Fault(f"decisions: {name}", "missing", "a column") for name in needed
                         if name not in decisions])  # fmt: skip
    made = decisions.reset_index(drop=True).reindex(columns=[*KEYS, "kind", "decision"])
    known = {str(kind): list(rows["decision"]) for kind, rows in table.groupby("kind", sort=False)}
    faults = [
        Fault(f"decisions: row {row}: commodity", "missing", "a commodity")
        for row in np.flatnonzero(made["commodity"].isna())
    ]
    for row, (kind, word) in enumerate(zip(made["kind"], made["decision"], strict=True)):
        if kind not in known:
            faults.append(Fault(f"decisions: row {row}: kind", shown(kind), one_of(str(kind), list(known))))
        elif word not in known[kind]:
            faults.append(
                Fault(f"decisions: row {row}: decision", shown(word), one_of(str(word), known[kind]))
            )
    refuse("decisions", faults)
    return made.merge(table[["kind", "decision", "rule_id", "factor"]], on=["kind", "decision"], how="left")


def next_plan(
    cells: pd.DataFrame,
    records: pd.DataFrame,
    decisions: pd.DataFrame,
    *,
    on: dt.date,
    budget: float,
    seed: str,
    rules: pd.DataFrame | None = None,
    plan_rules: PlanRules | None = None,
) -> NextPlan:
    """Next year's monitoring plan, and which part of each change is evidence and which is decisions.

    The same budget and seed plan three times: with the evidence of last year, with that of this year too, and
    with the decisions too. The share that is drawn by lot does not depend on any decision.

    Parameters
    ----------
    cells : DataFrame
        Cells as known a year ago, of the shape of `monitoring_plan`.
    records : DataFrame
        Evidence of the year, of the shape of `with_evidence`.
    decisions : DataFrame
        Decisions of the year, of the shape of `with_decisions`.
    on : date
        Day whose rules count.
    budget : float
        In the unit of unit_cost.
    seed : str
        Published seed of the random share.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``next_plan_rules.csv``.
    plan_rules : PlanRules, optional
        `house_plan_rules` otherwise.

    Returns
    -------
    NextPlan

    Raises
    ------
    InputFaults
        As `with_evidence`, `with_decisions` and `monitoring_plan`.

    References
    ----------
    .. [1] 国发〔2017〕43号, tasks 1, 7 and 19 (``sc_2017_43``): results of assessment support
       the plan. The factors are house.

    Examples
    --------
    >>> cells = pd.DataFrame({"commodity": ["toy", "lamp"], "origin": "A", "port": "X", "hazard": "h",
    ...     "hazard_class": "physical", "goods": "consumer_product", "n_tested": 50, "n_nonconforming": 5,
    ...     "exposure": 1.0, "consequence": 1.0, "unit_cost": 1.0})
    >>> seen = cells.assign(n_tested=20, n_nonconforming=2)
    >>> made = pd.DataFrame({"commodity": ["toy"], "kind": ["warning"], "decision": ["level_4"]})
    >>> found = next_plan(cells, seen, made, on=dt.date(2026, 12, 1), budget=60, seed="118")
    >>> found.changes["change_decisions"].tolist()[0] > 0
    True
    """
    newer, outside = with_evidence(cells, records)
    decided, unmatched = with_decisions(newer, decisions, on=on, rules=rules)
    plans = [
        monitoring_plan(one, budget=budget, seed=seed, rules=plan_rules) for one in (cells, newer, decided)
    ]
    n = [one.cells["n_samples"].to_numpy(dtype=np.int64) for one in plans]
    columns = [*KEYS, "cell_id"]
    changes = (
        plans[2]
        .cells[columns]
        .assign(n_before=n[0], n_after=n[2], change_evidence=n[1] - n[0], change_decisions=n[2] - n[1])
    )
    for name in ("factor", "rules"):
        changes[name] = decided[name].to_numpy()
    return NextPlan(plans[2], changes, outside, unmatched)
