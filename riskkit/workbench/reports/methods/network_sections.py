"""What a network, a decision and a product model say, as sections in one language."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from riskkit.assessment.trees.bayes_nets import Conflict, all_states, conflict, posterior
from riskkit.assessment.trees.information_value import expected_utilities, value_of_information
from riskkit.assessment.trees.product_hazards import hazard_rate, product_risk, rate_mean, rate_quantile
from riskkit.assessment.trees.product_model_file import ProductModel
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Block, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import table, titled
from riskkit.workbench.reports.methods.example_files import NetworkCase, OpenFile
from riskkit.workbench.reports.methods.tree_sections import BowTieStudy, TreeStudy
from riskkit.workbench.reports.methods.words import basis_cell, how, published, started_from
from riskkit.workbench.runs.result import ResultRecord


@dataclass(frozen=True)
class NetworkStudy:
    """A network with what its findings say, how they agree, and what more would be worth."""

    opened: OpenFile[NetworkCase]
    states: pd.DataFrame
    conflict: Conflict
    worth: pd.Series
    worth_of_looking: pd.DataFrame

    def node(self, id_: str) -> str:
        """A node, or several observed together, in words."""
        names = {node.id: titled(node) for node in self.opened.content.net.nodes}
        if id_ == "perfect":
            return say("perfect")
        return " + ".join(names.get(part, part) for part in id_.split(" + "))


def study_network(opened: OpenFile[NetworkCase]) -> NetworkStudy:
    """Everything the notebook shows of a network."""
    case = opened.content
    return NetworkStudy(
        opened,
        posterior(case.net, case.evidence),
        conflict(case.net, case.evidence),
        expected_utilities(case.net, case.choice, case.evidence),
        value_of_information(
            case.net, case.choice, findings=case.observe, costs=case.costs, evidence=case.evidence
        ),
    )


def network_states(study: NetworkStudy) -> Section:
    """What was found, and what follows for every node."""
    case = study.opened.content
    listed = [f"{study.node(node)} = {case.word(state)}" for node, state in case.evidence.items()]
    rows = [
        (
            study.node(row["node"]),
            case.word(row["state"]),
            figure(row["prior"], 4),
            figure(row["p"], 4),
            "✓" if case.evidence.get(row["node"]) == row["state"] else "",
        )
        for row in records(study.states)
    ]
    heads = ("col_node", "col_state", "#col_prior", "#col_posterior", "col_found")
    blocks = (
        Paragraph(say("network_lead", found="; ".join(listed)), "lead"),
        table("network_table", heads, rows=rows),
        table(
            "given_table",
            ("col_node", "col_when_parents", "col_probabilities"),
            rows=_given(study),
        ),
        how("network"),
        started_from(study.opened),
    )
    return Section("network-states", say("network_title"), 1, blocks)


def _given(study: NetworkStudy) -> list[tuple[str, ...]]:
    """The conditional tables, a row for each combination of the parents' states."""
    case = study.opened.content
    states = case.net.states()
    rows: list[tuple[str, ...]] = []
    for node in case.net.nodes:
        for given, line in zip(product(*(states[one] for one in node.parents)), node.table, strict=True):
            told = [
                f"{study.node(one)} = {case.word(state)}"
                for one, state in zip(node.parents, given, strict=True)
            ]
            shares = [
                f"{case.word(state)} {figure(p, 4)}" for state, p in zip(node.states, line, strict=True)
            ]
            rows.append((study.node(node.id), "; ".join(told) or "—", " · ".join(shares)))
    return rows


def network_conflict(study: NetworkStudy) -> Section:
    """Whether the findings go together."""
    found, case = study.conflict, study.opened.content
    key = "conflict_yes" if found.value > 0 else "conflict_no"
    lead = say(key, value=figure(found.value), p=figure(found.p_evidence))
    rows = [
        (study.node(row["finding"]), figure(row["p"]), figure(row["without"]))
        for row in records(found.findings)
    ]
    heads = ("col_finding", "#col_p_alone", "#col_without")
    blocks: list[Block] = [Paragraph(lead, "lead"), table("conflict_table", heads, rows=rows)]
    told = [
        (study.node(row["node"]), case.word(row["state"]), figure(row["value"]))
        for row in records(found.explanations)
    ]
    if told and found.value > 0:
        blocks.append(table("explain_table", ("col_node", "col_state", "#col_conflict"), rows=told))
    blocks.append(how("conflict"))
    return Section("network-conflict", say("conflict_title"), 1, tuple(blocks))


def network_values(study: NetworkStudy) -> Section:
    """Which option is best now, and what it is worth to look before deciding."""
    case = study.opened.content
    best = str(study.worth.index[0])
    lead = say("worth_lead", option=case.word(best), worth=figure(float(study.worth.iloc[0]), 4))
    told = [
        "; ".join(case.word(state) for state in states) for states in all_states(case.net, case.choice.nodes)
    ]
    utilities = [
        (
            case.word(option),
            "; ".join(f"{words} {figure(one, 4)}" for words, one in zip(told, numbers, strict=True)),
        )
        for option, numbers in case.choice.utility.items()
    ]
    options = [(case.word(str(name)), figure(float(one), 4)) for name, one in study.worth.items()]
    names = ("value", "cost", "net", "p_change", "of_perfect")
    rows = [
        (study.node(row["finding"]), *(figure(float(row[name])) for name in names))
        for row in records(study.worth_of_looking)
    ]
    heads = ("col_look", "#col_value", "#col_cost", "#col_net", "#col_change", "#col_of_perfect")
    blocks = (
        Paragraph(lead, "lead"),
        table("utility_table", ("col_option", "col_worth_by_state"), rows=utilities),
        table("worth_table", ("col_option", "#col_worth"), rows=options),
        table("value_table", heads, rows=rows),
        how("value"),
    )
    return Section("network-values", say("value_title"), 1, blocks)


@dataclass(frozen=True)
class ProductStudy:
    """A product model before and after tests."""

    opened: OpenFile[ProductModel]
    failures: int
    tests: int
    n_products: float
    before: pd.DataFrame
    after: pd.DataFrame
    rates: pd.DataFrame


def study_product(
    opened: OpenFile[ProductModel], *, failures: int, tests: int, n_products: float
) -> ProductStudy:
    """Everything the notebook shows of a product model."""
    model = opened.content
    rows = []
    for x, n in ((0, 0), (failures, tests)):
        rate = hazard_rate(model, failures=x, tests=n)
        lo, hi = (float(q) for q in rate_quantile(rate, [0.025, 0.975]))
        weights = dict(zip(rate.qualities, map(float, rate.weights), strict=True))
        rows.append({"failures": x, "tests": n, "mean": rate_mean(rate), "lo": lo, "hi": hi, **weights})
    before = product_risk(model, n_products=n_products)
    after = product_risk(model, failures=failures, tests=tests, n_products=n_products)
    return ProductStudy(opened, failures, tests, n_products, before, after, pd.DataFrame(rows))


def product_section(study: ProductStudy) -> Section:
    """The hazard rate and the injuries to expect, without test data and with them."""
    shown = [_rate_row(study, row) for row in records(study.rates)]
    heads = ("col_tests", "#col_rate_mean", "#col_credible", "col_qualities")
    said = {"n": f"{study.n_products:,.0f}", "tests": f"{study.tests:,}", "failures": str(study.failures)}
    lead = say("product_lead", **said, before=_whole(study.before), after=_whole(study.after))
    blocks = (
        Paragraph(lead, "lead"),
        table("rate_table", heads, rows=shown),
        _risk_table(study, study.before, "risk_table_none"),
        _risk_table(study, study.after, "risk_table_some"),
        _quality_table(study),
        how("product"),
        started_from(study.opened),
    )
    return Section("product-model", say("product_title"), 1, blocks)


def _whole(found: pd.DataFrame) -> str:
    return figure(float(found["expected_injuries"].iloc[-1]))


def _rate_row(study: ProductStudy, row: dict[str, float]) -> tuple[str, ...]:
    tests = say("tests_of", failures=f"{row['failures']:,.0f}", tests=f"{row['tests']:,.0f}")
    told = tests if row["tests"] else say("no_tests")
    weights = " · ".join(f"{titled(one)} {figure(row[one.id])}" for one in study.opened.content.qualities)
    return told, figure(row["mean"], 4), f"{figure(row['lo'])} – {figure(row['hi'])}", weights


def _quality_table(study: ProductStudy) -> Table:
    rows = [
        (
            titled(one),
            figure(one.p),
            f"{figure(one.alpha)}, {figure(one.beta)}",
            basis_cell(study.opened.entry("qualities", one.id)),
        )
        for one in study.opened.content.qualities
    ]
    return table("quality_table", ("col_quality", "#col_p", "#col_beta", "col_basis"), rows=rows)


def _risk_table(study: ProductStudy, found: pd.DataFrame, key: str) -> Table:
    model = study.opened.content
    names = {one.id: titled(one) for one in model.behaviours} | {"all": say("all_users")}
    uses = {one.id: (f"{one.uses:,}", figure(one.p_injury)) for one in model.behaviours}
    rows = [
        (
            names[row["behaviour"]],
            figure(row["share"]),
            *uses.get(row["behaviour"], ("—", "—")),
            figure(row["p_injury"], 4),
            f"{figure(row['p_injury_lo'])} – {figure(row['p_injury_hi'])}",
            figure(row["expected_injuries"]),
        )
        for row in records(found)
    ]
    heads = (
        "col_behaviour",
        "#col_users",
        "#col_uses",
        "#col_p_injury",
        "#col_p_product",
        "#col_credible",
        "#col_injuries",
    )
    return table(key, heads, rows=rows)


def publish_trees(
    tree: TreeStudy, tie: BowTieStudy, net: NetworkStudy, *, product: ProductStudy, seed: int
) -> ResultRecord:
    """Put what the trees and networks say into the notebook, where the runner reads it back."""
    drawn = np.quantile(tree.draws, [0.05, 0.5, 0.95])
    ends = dict(zip(("p05", "p50", "p95"), drawn, strict=True))
    rates = {"top": float(tie.rates.top)} | {k: float(v) for k, v in tie.rates.consequences.items()}
    found = {
        "fault_tree": {
            "p": tree.p,
            "mean": float(tree.draws.mean()),
            **ends,
            "cut_sets": tree.cut_sets,
            "importance": tree.importance,
            "morris": tree.morris.reset_index(),
            "sobol": tree.sobol.reset_index(),
        },
        "bow_tie": {"rates_per_year": rates},
        "network": {
            "states": net.states,
            "conflict": net.conflict.value,
            "worth": net.worth.to_dict(),
            "values": net.worth_of_looking,
        },
        "product": {"rates": product.rates, "without": product.before, "with": product.after},
    }
    files = (tree.opened, tie.opened, net.opened, product.opened)
    settings = {"seed": seed, "draws": tree.draws.size, "tests": product.tests, "failures": product.failures}
    return published("trees", *files, settings=settings, **found)
