"""The yearly national monitoring plan: which cells to sample, how often, and why.

A cell is a commodity from an origin at a port, for a hazard. What is known of its rate is a beta
distribution: the spread of rates over the cells of its hazard class (empirical Bayes), updated by its own
past counts. The budget has two parts.

*A random share*, drawn from a published seed with the same chance for every cell, whatever is known of it,
so that blind spots stay visible and the plan can be judged without the bias of its own targeting.

*The rest goes where it gains most* (`plan_gains`): each hazard class first gets a floor, then sample by
sample whichever cell gains most for its cost. Food is not planned here: it is handed over. A cell of unknown
exposure or consequence is not taken for a harmless one: it can be drawn, and is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn
from riskkit.foundation.short_repr import ShownInNotebooks
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import codes
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.monitoring.marginal_gain import share_budget
from riskkit.monitoring.plan.gains import Gains, class_floors, gains_of
from riskkit.monitoring.plan.preposterior import expected_reduction, p_found, rate_variance
from riskkit.monitoring.random_draw import draw_order
from riskkit.monitoring.rates.rates import read_counts
from riskkit.monitoring.rates.shrinkage import BetaPrior, fit_beta_binomial

KEYS = ("commodity", "origin", "port", "hazard")
Whole = NDArray[np.int64]
_NUMBERS = (
    NumberColumn("exposure", low=0, may_miss=True),
    NumberColumn("consequence", low=0, may_miss=True),
    NumberColumn("unit_cost", low=0, is_above=True),
)


@dataclass(frozen=True)
class PlanRules:
    """The choices behind a plan.

    Parameters
    ----------
    random_share : float
        Share of the budget that is drawn, 0–1.
    class_floor : float
        Share of the targeted budget that each hazard class gets at least, 0–0.2.
    learning_weight : float
        Weight w of learning against finding, 0–1.

    Raises
    ------
    InputFaults
        With every number outside its range.

    Examples
    --------
    >>> PlanRules(0.1, 0.05, 0.5).random_share
    0.1
    """

    random_share: float
    class_floor: float
    learning_weight: float

    def __post_init__(self) -> None:
        most = {"random_share": 1.0, "class_floor": 1 / len(codes("hazard_class")), "learning_weight": 1.0}
        faults = [
            Fault(name, shown(getattr(self, name)), RuleText("from 0 to {}", f"{high:g}"))
            for name, high in most.items()
            if not 0 <= getattr(self, name) <= high
        ]
        refuse("plan rules", faults)


def house_plan_rules() -> PlanRules:
    """The shipped house choices, from ``method_numbers.csv``.

    Examples
    --------
    >>> house_plan_rules().random_share
    0.1
    """
    names = ("random_share", "class_floor", "learning_weight")
    return PlanRules(*(method_number("monitoring_plan", name) for name in names))


@dataclass(frozen=True, repr=False)
class MonitoringPlan(ShownInNotebooks):
    """A plan and what may be expected of it.

    Parameters
    ----------
    cells : DataFrame
        One row a cell, as given, with: cell_id; is_planned; alpha, beta (of its rate), prior_from
        (``class``, ``all`` or ``jeffreys``), rate_mean, rate_sd; n_random, n_targeted, n_samples, cost;
        expected_nonconforming, p_found, rate_sd_after (root of the mean variance left); reasons (ids with
        commas, see ``monitoring_reasons.csv``).
    classes : DataFrame
        One row a hazard class: n_cells, n_cells_sampled, n_samples, cost, expected_nonconforming, note
        (``no_cells``, ``no_samples`` or empty).
    budget, spent_random, spent_targeted : float
        In the unit of unit_cost.
    learning, finding : float
        L and F of all samples (see `plan_gains`), 0–1.
    bound : float
        What the best possible targeted sampling could add to w·L + (1 − w)·F at most; 0 where all costs are
        equal, for then this is the best.
    seed : str
        Of the draw.
    rules : PlanRules
        The choices.
    """

    cells: pd.DataFrame
    classes: pd.DataFrame
    budget: float
    spent_random: float
    spent_targeted: float
    learning: float
    finding: float
    bound: float
    seed: str
    rules: PlanRules


def monitoring_plan(
    cells: pd.DataFrame, *, budget: float, seed: str, rules: PlanRules | None = None
) -> MonitoringPlan:
    """The samples of each cell within a budget, with what they should find and teach, and why.

    Parameters
    ----------
    cells : DataFrame
        commodity, origin, port, hazard (each combination once), hazard_class (of the five), goods (as in
        ``routes.csv``), n_tested, n_nonconforming (past counts; missing: nothing known), exposure (trade
        value or volume, any unit), consequence (weight of the harm, from 0 up), unit_cost (of one sample,
        above 0), and if wanted n_most (most samples that can be had).
    budget : float
        In the unit of unit_cost, from 0 up.
    seed : str
        Published seed of the random share, see `ticket`.
    rules : PlanRules, optional
        `house_plan_rules` otherwise.

    Returns
    -------
    MonitoringPlan

    Raises
    ------
    InputFaults
        With every missing column and wrong cell.

    References
    ----------
    .. [1] House method of this project (``riskkit_house``); preposterior variance as Raiffa and Schlaifer
       (1961) (``raiffa_schlaifer_1961``); five hazard classes and food as 国发〔2017〕43号 (``sc_2017_43``).

    Examples
    --------
    >>> cells = pd.DataFrame({"commodity": ["toy", "kettle", "cheese"], "origin": ["A", "B", "C"],
    ...     "port": ["X", "X", "X"], "hazard": ["lead", "shock", "listeria"],
    ...     "hazard_class": ["chemical", "physical", "biological"],
    ...     "goods": ["consumer_product", "consumer_product", "food"], "n_tested": [40, 10, 50],
    ...     "n_nonconforming": [6, 0, 1], "exposure": [5.0, 2.0, 9.0], "consequence": [3, 4, 4],
    ...     "unit_cost": [1.0, 1.0, 1.0]})
    >>> plan = monitoring_plan(cells, budget=30, seed="118")
    >>> int(plan.cells["n_samples"].sum()), plan.cells["reasons"].iloc[2]
    (30, 'food_handed_over')
    """
    chosen = rules or house_plan_rules()
    numbers = _read(cells, budget)
    out = cells.reset_index(drop=True).assign(cell_id=_ids(cells), is_planned=_is_planned(cells["goods"]))
    out = out.assign(**_beliefs(out, numbers))
    out["n_random"] = _drawn(out, numbers, seed=seed, budget=budget * chosen.random_share)
    spent_random = float((out["n_random"] * numbers["unit_cost"]).sum())
    target = gains_of(out, numbers, weight=chosen.learning_weight)
    classes = out["hazard_class"].to_numpy(dtype=object)
    left = budget - spent_random
    floor = class_floors(target, classes, budget=left, share=chosen.class_floor)
    shared = share_budget(target.gain, target.cost, budget=left, lower=floor, upper=target.most)
    out["n_targeted"] = shared.n
    out = _expected(out, numbers["unit_cost"])
    out["reasons"] = _reasons(out, target, floor)
    won = target.won(shared.n)
    spent = spent_random, shared.spent
    return MonitoringPlan(out, _classes(out), float(budget), *spent, *won, shared.bound, seed, chosen)


def _read(cells: pd.DataFrame, budget: float) -> dict[str, Floats]:
    texts = [*KEYS, "hazard_class", "goods"]
    most = [NumberColumn("n_most", low=0, is_whole=True, may_miss=True)] if "n_most" in cells else []
    numbers = read_counts(cells, what="cells", keys=texts, further=[*_NUMBERS, *most])
    numbers.setdefault("n_most", np.full(len(cells), np.nan))
    faults = [] if 0 <= budget < np.inf else [Fault("budget", shown(budget), "a finite amount from 0 up")]
    for row in np.flatnonzero(cells[list(KEYS)].isna().any(axis=1) | cells.duplicated(list(KEYS))):
        faults.append(Fault(f"cells: row {row}: {', '.join(KEYS)}", "missing or again", "known, and once"))
    lists = {"hazard_class": codes("hazard_class"), "goods": tuple(standards.table("routes")["goods"])}
    for name, allowed in lists.items():
        for row in np.flatnonzero(~cells[name].isin(allowed)):
            rule = RuleText("one of {}", ", ".join(allowed))
            faults.append(Fault(f"cells: row {row}: {name}", shown(cells[name].iloc[row]), rule))
    refuse("cells", faults)
    return numbers


def _ids(cells: pd.DataFrame) -> list[str]:
    """Names of the cells for the draw: the keys with bars between; a bar within a key is doubled."""
    keys = cells[list(KEYS)].astype(str)
    return ["|".join(part.replace("|", "||") for part in row) for row in keys.itertuples(index=False)]


def _is_planned(goods: pd.Series) -> NDArray[np.bool_]:
    rows = standards.table("routes")
    return goods.isin(rows.loc[rows["route"] == "graded", "goods"]).to_numpy(dtype=np.bool_)


def _beliefs(out: pd.DataFrame, numbers: dict[str, Floats]) -> dict[str, NDArray[Any]]:
    """α and β of each cell's rate, and where its prior is from."""
    is_planned = out["is_planned"].to_numpy(dtype=np.bool_)
    x, n = numbers["n_nonconforming"], numbers["n_tested"]
    is_known = ~(np.isnan(x) | np.isnan(n))
    size = len(out)
    alpha, beta = np.full(size, np.nan), np.full(size, np.nan)
    origin = np.full(size, "jeffreys", dtype=object)
    groups = [("all", is_planned)]
    groups += [
        ("class", is_planned & (out["hazard_class"] == name).to_numpy()) for name in codes("hazard_class")
    ]
    for word, members in groups:
        prior = fit_beta_binomial(x[members], n[members])
        if np.isfinite(prior.alpha) and _is_enough(prior, word):
            alpha[members], beta[members], origin[members] = prior.alpha, prior.beta, word
    none = np.isnan(alpha)
    alpha[none], beta[none] = 0.5, 0.5
    own_x, own_n = np.where(is_known, x, 0.0), np.where(is_known, n, 0.0)
    a, b = alpha + own_x, beta + own_n - own_x
    spread = np.sqrt(rate_variance(a, b))
    return {"alpha": a, "beta": b, "prior_from": origin, "rate_mean": a / (a + b), "rate_sd": spread}


def _is_enough(prior: BetaPrior, word: str) -> bool:
    return word == "all" or prior.n_groups >= method_number("monitoring_plan", "class_prior_cells")


def _drawn(out: pd.DataFrame, numbers: dict[str, Floats], *, seed: str, budget: float) -> Whole:
    """One sample a ticket, round by round in the order of the draw, until the next one no longer fits."""
    n, cost = np.zeros(len(out), dtype=np.int64), numbers["unit_cost"]
    most = np.where(out["is_planned"], np.nan_to_num(numbers["n_most"], nan=np.inf), 0)
    left, number = budget * (1 + 1e-12), 1
    while (places := np.flatnonzero(n < most)).size:
        whole = float(cost[places].sum())
        rounds = int(min(left // whole, (most - n)[places].min()))
        if rounds == 0:
            order = places[
                draw_order(out["cell_id"].iloc[places].tolist(), seed=seed, number=number)["place"]
            ]
            n[order[: int((np.cumsum(cost[order]) <= left).sum())]] += 1
            break
        n[places] += rounds
        left, number = left - rounds * whole, number + rounds
    return n


def _expected(out: pd.DataFrame, cost: Floats) -> pd.DataFrame:
    n = (out["n_random"] + out["n_targeted"]).to_numpy(dtype=np.int64)
    a, b = out["alpha"].to_numpy(), out["beta"].to_numpy()
    left = rate_variance(a, b) - expected_reduction(a, b, n)
    return out.assign(
        n_samples=n,
        cost=n * cost,
        expected_nonconforming=n * a / (a + b),
        p_found=p_found(a, b, n),
        rate_sd_after=np.sqrt(left),
    )


def _reasons(out: pd.DataFrame, target: Gains, floor: Whole) -> list[str]:
    targeted = out["n_targeted"].to_numpy()
    learns, finds = target.parts(np.maximum(targeted - 1, 0))
    is_planned = out["is_planned"].to_numpy(dtype=np.bool_)
    counts = out[["n_tested", "n_nonconforming"]]
    is_open = is_planned & target.is_usable
    tests: Sequence[tuple[str, NDArray[np.bool_]]] = (
        ("food_handed_over", ~is_planned),
        ("exposure_unknown", is_planned & out["exposure"].isna().to_numpy()),
        ("consequence_unknown", is_planned & out["consequence"].isna().to_numpy()),
        ("class_floor", is_open & (targeted > 0) & (targeted <= floor)),
        ("learns_most", is_open & (targeted > floor) & (learns >= finds)),
        ("finds_most", is_open & (targeted > floor) & (learns < finds)),
        ("gains_less", is_open & (targeted == 0)),
        ("random_draw", is_planned & (out["n_random"] > 0).to_numpy()),
        ("counts_unknown", is_planned & counts.isna().any(axis=1).to_numpy()),
        ("never_tested", is_planned & (counts["n_tested"] == 0).to_numpy(dtype=bool, na_value=False)),
    )
    rows = np.stack([flag for _, flag in tests], axis=1)
    return [",".join(word for (word, _), is_so in zip(tests, row, strict=True) if is_so) for row in rows]


def _classes(out: pd.DataFrame) -> pd.DataFrame:
    planned = out[out["is_planned"]]
    grouped = planned.assign(sampled=planned["n_samples"] > 0).groupby("hazard_class")
    found = grouped.agg(
        n_cells=("cell_id", "size"),
        n_cells_sampled=("sampled", "sum"),
        n_samples=("n_samples", "sum"),
        cost=("cost", "sum"),
        expected_nonconforming=("expected_nonconforming", "sum"),
    ).reindex(list(codes("hazard_class")), fill_value=0)
    notes = np.select(
        [found["n_cells"] == 0, found["n_samples"] == 0], ["no_cells", "no_samples"], default=""
    )
    return found.assign(note=notes)
