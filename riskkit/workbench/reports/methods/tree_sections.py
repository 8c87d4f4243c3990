"""What a fault tree and a bow-tie say, as sections in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.assessment.sensitivity.indices import morris, sobol
from riskkit.assessment.trees.bow_ties import BowTie, BowTieRates, bow_tie_rates, draw_bow_tie
from riskkit.assessment.trees.fault_tree_file import FaultTree
from riskkit.assessment.trees.fault_trees import (
    cut_set_counts,
    importance,
    minimal_cut_sets,
    top_draws,
    top_probability,
)
from riskkit.foundation.numbers.distributions import Distribution, Fixed, Floats, best, quantile
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import table, titled
from riskkit.workbench.reports.figures.tree_figure import titled_tree
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.words import basis_cell, how, started_from

_MOST_SETS = 100
_ENDS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class TreeStudy:
    """A fault tree with all that is said of it."""

    opened: OpenFile[FaultTree]
    p: float
    draws: Floats
    cut_sets: pd.DataFrame
    counts: pd.Series
    importance: pd.DataFrame
    morris: pd.DataFrame
    sobol: pd.DataFrame

    @property
    def tree(self) -> FaultTree:
        """The tree."""
        return self.opened.content


def study_tree(
    opened: OpenFile[FaultTree], *, draws: int, rng: np.random.Generator, base: int = 1024
) -> TreeStudy:
    """Everything the notebook shows of a fault tree."""
    tree = opened.content
    found = top_draws(tree, draws, rng=rng)
    inputs = {event.id: event.p for event in tree.events}
    screened, shares = pd.DataFrame(), pd.DataFrame()
    if any(not isinstance(p, Fixed) for p in inputs.values()) and not any(e.group for e in tree.events):
        screened = morris(inputs, lambda x: top_probability(tree, x), rng=rng)
        shares = sobol(inputs, lambda x: top_probability(tree, x), n=base, rng=rng)
    return TreeStudy(
        opened,
        float(top_probability(tree)),
        found,
        minimal_cut_sets(tree),
        cut_set_counts(tree),
        importance(tree),
        screened,
        shares,
    )


def tree_summary(study: TreeStudy) -> Section:
    """The probability of the top event, and how uncertain it is."""
    low, middle, high = (figure(q) for q in np.quantile(study.draws, _ENDS))
    said = {"n": f"{study.draws.size:,}", "mean": figure(float(study.draws.mean()))}
    top = titled_tree(study.tree)
    blocks = (
        Paragraph(say("tree_lead", top=top, p=figure(study.p, 4)), "lead"),
        Paragraph(say("tree_spread", low=low, middle=middle, high=high, **said)),
        _events(study),
        how("tree"),
        started_from(study.opened),
    )
    return Section("tree-summary", say("tree_summary"), 1, blocks)


def _events(study: TreeStudy) -> Table:
    rows = [
        (
            titled(event),
            figure(float(best(event.p))),
            _ends(event.p),
            basis_cell(study.opened.entry("events", event.id)),
        )
        for event in study.tree.events
    ]
    heads = ("col_event", "#col_best", "#col_ends", "col_basis")
    return table("tree_events", heads, rows=rows)


def _ends(dist: Distribution) -> str:
    if isinstance(dist, Fixed):
        return "—"
    low, high = (float(q) for q in quantile(dist, [0.05, 0.95]))
    return f"{figure(low)} – {figure(high)}"


def tree_cut_sets(study: TreeStudy) -> Section:
    """The smallest combinations of events that bring about the top, the likeliest first."""
    names = {event.id: titled(event) for event in study.tree.events}
    rows = [
        (_set(row["events"], names), str(row["order"]), figure(row["p"], 4), figure(row["p"] / study.p))
        for row in records(study.cut_sets.head(_MOST_SETS))
    ]
    counts = "; ".join(f"{order}: {n}" for order, n in study.counts.items())
    whole = float(study.cut_sets["p"].sum())
    lead = say("cut_lead", counts=counts, sum=figure(whole, 4), p=figure(study.p, 4))
    heads = ("col_events", "#col_order", "#col_product", "#col_of_top")
    cells = table("cut_sets", heads, rows=rows, n=len(study.cut_sets))
    title = say("cut_title")
    return Section("tree-cut-sets", title, 1, (Paragraph(lead), cells, how("cut")))


def _set(events: tuple[str, ...], names: Mapping[str, str]) -> str:
    told = [
        say("not_event", event=names[name.removeprefix("not ")])
        if name.startswith("not ") and name not in names
        else names[name]
        for name in events
    ]
    return " + ".join(told) or say("always")


def tree_importance(study: TreeStudy) -> Section:
    """How much each basic event matters, by five measures."""
    names = {event.id: titled(event) for event in study.tree.events}
    measures = ("p", "birnbaum", "criticality", "fussell_vesely", "raw", "rrw")
    rows = [
        (names[row["event"]], *(figure(float(row[name])) for name in measures), str(row["n_cut_sets"]))
        for row in records(study.importance)
    ]
    heads = ("col_event", "#col_p", "#col_birnbaum", "#col_criticality", "#col_fv", "#col_raw", "#col_rrw")
    cells = table("importance_table", (*heads, "#col_sets"), rows=rows)
    return Section("tree-importance", say("importance_title"), 1, (cells, how("importance")))


@dataclass(frozen=True)
class BowTieStudy:
    """A bow-tie with its rates, best and drawn."""

    opened: OpenFile[BowTie]
    rates: BowTieRates
    drawn: BowTieRates

    @property
    def tie(self) -> BowTie:
        """The bow-tie."""
        return self.opened.content


def study_bow_tie(opened: OpenFile[BowTie], *, draws: int, rng: np.random.Generator) -> BowTieStudy:
    """Everything the notebook shows of a bow-tie with threats."""
    tie = opened.content
    drawn = bow_tie_rates(tie, draw_bow_tie(tie, draws, rng=rng))
    return BowTieStudy(opened, bow_tie_rates(tie), drawn)


def bow_tie_summary(study: BowTieStudy) -> Section:
    """How often the top event and each consequence come, and how uncertain that is."""
    tie, opened = study.tie, study.opened
    rows = [(say("top_event"), *_rates(study.rates.top, study.drawn.top), "—", "—")]
    rows += [
        (
            titled(one),
            *_rates(study.rates.consequences[one.id], study.drawn.consequences[one.id]),
            str(one.severity or "—"),
            basis_cell(opened.entry("consequences", one.id)),
        )
        for one in tie.consequences
    ]
    heads = ("col_item", "#col_rate_year", "#col_ends", "#col_severity", "col_basis")
    found = table("bow_tie_rates", heads, rows=rows)
    inputs = table("bow_tie_inputs", ("col_item", "#col_best", "#col_ends", "col_basis"), rows=_inputs(study))
    blocks = (found, inputs, how("bow_tie"), started_from(opened))
    return Section("bow-tie-rates", say("bow_tie_summary"), 1, blocks)


def _rates(at_best: Floats, drawn: Floats) -> tuple[str, str]:
    low, high = (float(q) for q in np.quantile(drawn, [0.05, 0.95]))
    return figure(float(at_best), 4), f"{figure(low)} – {figure(high)}"


def _inputs(study: BowTieStudy) -> list[tuple[str, ...]]:
    tie = study.tie
    parts = [("threats", one, one.rate) for one in tie.threats]
    parts += [("barriers", one, one.p_fails) for one in tie.barriers]  # type: ignore[misc]
    return [
        (
            f"{say(f'kind_{kind}')}{titled(one)}",
            figure(float(best(dist))),
            _ends(dist),
            basis_cell(study.opened.entry(kind, one.id)),
        )
        for kind, one, dist in parts
    ]


def drivers(screened: pd.DataFrame, shares: pd.DataFrame, *, names: Mapping[str, str]) -> Section:
    """Which uncertain inputs a result hangs on: Morris screening and Sobol' indices."""
    title = say("drivers_title")
    if shares.empty:
        return Section("drivers", title, 1, (Paragraph(say("drivers_none"), "caution"),))
    both = shares.join(screened, how="left").rename_axis("input").reset_index()
    rows = [
        (
            names[row["input"]],
            *(figure(row[name]) for name in ("mu_star", "sigma")),
            *(
                f"{figure(row[n], 2)} ({figure(row[f'{n}_lo'], 2)} – {figure(row[f'{n}_hi'], 2)})"
                for n in ("s", "st")
            ),
        )
        for row in records(both)
    ]
    heads = ("col_input", "#col_mu_star", "#col_sigma", "#col_s", "#col_st")
    cells = table("drivers_table", heads, rows=rows)
    return Section("drivers", title, 1, (cells, how("drivers")))


def tree_drivers(study: TreeStudy) -> Section:
    """Which uncertain basic events the probability of the top hangs on."""
    names = {event.id: titled(event) for event in study.tree.events}
    return drivers(study.morris, study.sobol, names=names)
