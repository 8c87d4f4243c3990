"""One case through every method: the section of a report, and the longer parts of a report of its own."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.ranking import borda
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.case.comparison.differences import REFERENCE, actions_of, card_of, say_reason
from riskkit.case.comparison.findings import PRODUCT, Finding, UsedInput
from riskkit.case.comparison.methods import Comparison, compare_methods
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_cards import action_of
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent, probability, say_number
from riskkit.workbench.document.block_kinds import Badge, Block, Cell, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite_standard
from riskkit.workbench.reports.case.words import fact_name, level_range, level_words, scenario_titles
from riskkit.workbench.runs.folders.resources import shipped_cases

_MANY = 20_000
"""Simulations of the shipped cases that others are compared with."""


@functools.cache
def compared_case(case: str = "note7-battery-2016", *, draws: int = 200, seed: int = 1) -> Comparison:
    """A shipped case, assessed under the default profile and put through all methods."""
    assessment = assess(load_case(case), rng=np.random.default_rng(seed), draws=draws)
    return compare_methods(assessment, rng=np.random.default_rng(seed))


def shipped_comparisons() -> tuple[Comparison, ...]:
    """Every shipped case through all methods, with the level that its simulations show."""
    return tuple(compared_case(case, draws=_MANY) for case in shipped_cases())


def borda_ranking(assessments: tuple[Assessment, ...]) -> pd.DataFrame:
    """Cases in the order of their Borda count over probability, severity and proven warning level."""
    rows = {}
    for one in assessments:
        if one.lo is None:
            continue
        governs = one.scenarios[one.scenarios["governs"]].iloc[0]
        level = scale("warning").codes.index(one.level_ends[0]) + 1
        rows[one.case.id] = (float(governs["p_best"]), int(governs["severity"]), level)
    values = pd.DataFrame.from_dict(rows, orient="index", columns=["p_harm", "severity", "level"])
    return values.join(borda(values)).sort_values("rank", kind="stable")


def case_ranking(compared: Comparison) -> Section:
    """Where a case stands among the shipped ones."""
    title = text("cmp_rank")
    mine = compared.assessment
    if mine.lo is None:
        return Section("case-ranking", title, 1, (Paragraph(text("cmp_rank_food")),))
    others = [one.assessment for one in shipped_comparisons() if one.assessment.case.id != mine.case.id]
    ranked = borda_ranking((mine, *others))
    titles = {one.case.id: one.case.title.say() for one in (mine, *others)}
    rows = tuple(
        _ranked_row(str(case), row, titles[str(case)])
        for case, row in zip(ranked.index, records(ranked), strict=True)
    )
    heads = ("col_rank", "col_case", "col_probability", "grid_x", "col_level", "col_count")
    table = Table(text("cmp_rank_table"), tuple(text(h) for h in heads), rows, numeric=(0, 2, 5))
    place = int(ranked["rank"].loc[mine.case.id])
    lead = text("cmp_rank_lead", n=len(ranked), rank=place)
    return Section("case-ranking", title, 1, (Paragraph(lead), table))


def _ranked_row(case: str, row: dict[str, Any], title: str) -> tuple[Cell, ...]:
    harm, code = scale("harm"), str(int(row["severity"]))
    severity = f"{harm.symbol(code)} {harm.word(code)}"
    level = level_words(scale("warning").codes[int(row["level"]) - 1])
    chance = probability(float(row["p_harm"]))
    return (str(int(row["rank"])), f"{title} ({case})", chance, severity, level, f"{row['count']:g}")


_ACTIONS = scale("action").codes


def method_name(compared: Comparison, method: str) -> str:
    """A method in words; a warning profile by its own name."""
    name = method.partition(":")[2]
    card = card_of(method)
    if not name:
        return card.name()
    rows = compared.assessment.profiles
    own = str(rows.loc[rows["profile"] == name, language()].iloc[0])
    return text("label_value", label=card.name(), value=own)


def result_words(one: Finding) -> str:
    """The level of a finding on the method's own scale, with its number."""
    of = scale(card_of(one.method).scale)
    lo, hi = str(one.lo), str(one.hi)
    if of.name == "warning":
        return level_range(lo, hi)
    ends = [f"{of.symbol(code)} {of.word(code)}" for code in (lo, hi)]
    said = ends[0] if lo == hi else text("from_to", low=ends[0], high=ends[1])
    if math.isnan(one.value):
        return said
    number = probability(one.value) if of.name == "risk" else f"{one.value:,.4g}"
    return f"{said}（{number}）" if language() == "zh" else f"{said} ({number})"


def action_cell(one: Finding) -> str | Badge:
    """The call for action of a finding: a badge, or the range in words."""
    lo, hi = actions_of(one)
    of = scale("action")
    if lo == hi:
        return Badge(text("col_action"), lo, of.word(lo), of.symbol(lo), of.colour(lo))
    return action_words(lo, hi)


def action_words(lo: str, hi: str) -> str:
    """One or two action classes as symbol and word."""
    of = scale("action")
    ends = [f"{of.symbol(code)} {of.word(code)}" for code in (lo, hi)]
    return ends[0] if lo == hi else text("from_to", low=ends[0], high=ends[1])


def agreement_words(compared: Comparison) -> str:
    """How many methods call for what, in a sentence."""
    groups, n = _groups(compared), len(compared.fitting)
    if len(groups) == 1:
        return text("cmp_same", n=n, action=action_words(*next(iter(groups))))
    told = ("；" if language() == "zh" else "; ").join(_group_words(compared))
    return text("cmp_differ", n=n, told=told)


def _groups(compared: Comparison) -> dict[tuple[str, str], list[str]]:
    """Methods by what they call for, the most urgent first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in compared.fitting:
        groups.setdefault(actions_of(one), []).append(one.method)
    order = sorted(groups, key=lambda ends: [-_ACTIONS.index(end) for end in reversed(ends)])
    return {ends: groups[ends] for ends in order}


def _group_words(compared: Comparison) -> list[str]:
    told = []
    for ends, methods in _groups(compared).items():
        names = listed(method_name(compared, one) for one in methods)
        told.append(text("cmp_group", action=action_words(*ends), n=len(methods), names=names))
    return told


def _calls(compared: Comparison) -> list[Block]:
    if len(_groups(compared)) == 1:
        return [Paragraph(agreement_words(compared))]
    lead = Paragraph(text("cmp_differ_lead", n=len(compared.fitting)))
    return [lead, Items(tuple(_group_words(compared)))]


def methods_compared(compared: Comparison) -> Section:
    """Every method that fits with its result, its call for action, and why it is not that of the EU grid."""
    title = text("cmp")
    if compared.assessment.lo is None:
        names = [method_name(compared, one.method) for one in compared.products]
        words = text("cmp_food", n=len(names), names=listed(names))
        return Section("methods-compared", title, 1, (Paragraph(words),))
    rows = tuple(_product_row(compared, one) for one in compared.fitting)
    heads = ("col_method", "col_result", "col_action", "col_p_level", "col_distance", "col_why")
    table = Table(text("cmp_table"), tuple(text(head) for head in heads), rows, numeric=(3,))
    near = f"{method_number('compare', 'near_factor'):g}"
    lead = Paragraph(text("cmp_lead", near=near))
    blocks: list[Block] = [lead, *_calls(compared), table]
    blocks += _misfits(compared)
    matching = _matching(compared.fitting)
    blocks.append(Details(text("cmp_matching"), (matching,), is_printed=False))
    return Section("methods-compared", title, 1, tuple(blocks))


def _product_row(compared: Comparison, one: Finding) -> tuple[Cell, ...]:
    share = "—" if math.isnan(one.p_level) else percent(one.p_level)
    why = _reasons(compared, one.method)
    return (
        method_name(compared, one.method),
        result_words(one),
        action_cell(one),
        share,
        _distance(one),
        _lines([pair[0] for pair in why]) or "—",
    )


def _lines(sentences: Sequence[str]) -> str:
    """Sentences under each other, marked where there are several."""
    return "\n".join(f"· {one}" for one in sentences) if len(sentences) > 1 else "".join(sentences)


def _reasons(compared: Comparison, method: str) -> list[tuple[str, str]]:
    """Why a method differs from the EU grid, each with what would settle it."""
    found = next((one for one in compared.differences if one.method == method), None)
    case = compared.assessment.case
    return [say_reason(case, reason) for reason in found.reasons] if found else []


def _distance(one: Finding) -> str:
    of = scale(card_of(one.method).scale)
    pairs = ((one.up_factor, one.up_level), (one.down_factor, one.down_level))
    told = [
        text("cmp_near", factor=f"{factor:.3g}", level=of.word(level))
        for factor, level in pairs
        if level and math.isfinite(factor)
    ]
    told += [text("cmp_on_bound")] if one.is_on_bound else []
    return ("；" if language() == "zh" else "; ").join(told) or "—"


def _misfits(compared: Comparison) -> list[Block]:
    rows = tuple(
        (method_name(compared, one.method), label("misfit", one.misfit))
        for one in compared.products
        if not one.fits
    )
    if not rows:
        return []
    heads = (text("col_method"), text("col_misfit"))
    table = Table(text("cmp_misfit_table"), heads, rows)
    return [Details(text("cmp_misfits", n=len(rows)), (table,), is_printed=False)]


def _matching(found: Sequence[Finding]) -> Table:
    """Every level of the scales in use with the call for action it was matched to."""
    used = {card_of(one.method).scale: card_of(one.method) for one in reversed(found)}
    words = standards.table("method_actions").set_index(["scale", "level"])[language()]
    rows = [
        (
            card.name(),
            f"{scale(name).symbol(level)} {scale(name).word(level)}",
            action_words(action_of(name, level), action_of(name, level)),
            str(words[name, level]),
        )
        for name, card in reversed(used.items())
        for level in scale(name).codes
    ]
    heads = ("col_method", "col_result", "col_action", "col_meaning")
    return Table(text("cmp_matching"), tuple(text(head) for head in heads), tuple(rows))


def method_findings(compared: Comparison) -> Section | None:
    """Every finding, by scenario, item, substance and product, with its inputs."""
    if compared.assessment.lo is None:
        return None
    rows = tuple(
        (
            method_name(compared, one.method),
            _subject(compared, one),
            result_words(one),
            _distance(one),
            "\n".join(_input(used) for used in one.inputs) or "—",
        )
        for one in compared.findings
        if one.fits
    )
    heads = ("col_method", "col_subject", "col_result", "col_distance", "col_inputs")
    table = Table(text("cmp_full_table"), tuple(text(head) for head in heads), rows)
    blocks = (Paragraph(text("cmp_full_lead")), table)
    return Section("method-findings", text("cmp_full"), 1, blocks)


def _subject(compared: Comparison, one: Finding) -> str:
    if one.subject == PRODUCT:
        return text("cmp_product")
    case = compared.assessment.case
    named = {item.id: item.item.say() for item in case.methods.nonconformity}
    named |= {dose.id: dose.substance.say() for dose in case.methods.exposure}
    titles = scenario_titles(case)
    return "\n".join(named.get(part) or titles[part] for part in one.subject.split("+"))


def _input(used: UsedInput) -> str:
    """One input with its value and what it rests on."""
    known = standards.facts()
    name = fact_name(used.name) if used.name in known else _input_label(used.name)
    value = _input_value(used)
    basis = label("input_basis", used.basis)
    said = name if value is None else text("label_value", label=name, value=value)
    return f"{said}（{basis}）" if language() == "zh" else f"{said} ({basis})"


def _input_label(name: str) -> str:
    return label("factor", name) if name == "trigger" else label("method_input", name)


def _input_value(used: UsedInput) -> str | None:
    """The value in words; None where there is none to show."""
    if isinstance(used.value, str):
        return _choice(used.name, used.value)
    if math.isnan(used.value):
        return None
    kinds = {"probability": "probability", "units": "count"}
    if used.name == "probability" and used.basis == "derived":  # a profile's grade of probability
        return f"{used.value:g}"
    return say_number(used.value, kinds[used.name]) if used.name in kinds else f"{used.value:.4g}"


def _choice(name: str, value: str) -> str:
    tables = {"exceedance": ("exceedance_bands", "exceedance"), "structure": ("ttc", "group")}
    if name in tables:
        table, column = tables[name]
        return str(standards.table(table).set_index(column).at[value, language()])
    if name == "nonconformity_kind":
        return label("nonconformity_kind", value)
    if name == "ground":
        return listed(label("presumption", one) for one in value.split(", "))
    if value == "over_500k":
        return "> 500,000"
    rows = standards.table("triage_scores").drop_duplicates("choice").set_index("choice")
    return str(rows.at[value, language()]) if value in rows.index else value


def agreement(compared: Comparison) -> Section | None:
    """Where methods differ from the EU grid, why, and what would settle it."""
    if compared.assessment.lo is None:
        return None
    rows = []
    for one in compared.differences:
        why = _reasons(compared, one.method)
        if not why:
            continue
        told = (_lines(list(dict.fromkeys(pair[part] for pair in why))) for part in (0, 1))
        name = method_name(compared, one.method)
        rows.append((name, text(f"relation_{one.relation}"), *told))
    lead = [Paragraph(text("cmp_why_lead"))]
    heads = ("col_method", "col_relation", "col_why", "col_settle")
    table = Table(text("cmp_why_table"), tuple(text(head) for head in heads), tuple(rows))
    rest: list[Block] = [table] if rows else [Paragraph(text("cmp_none_differ"))]
    note = Paragraph(text("limit_methods"), "note")
    return Section("agreement", text("cmp_why"), 1, (*lead, *rest, note))


def cards(compared: Comparison) -> Section:
    """The card of each method: how it works, what it counts, where it comes from, its status."""
    methods = dict.fromkeys(one.method.partition(":")[0] for one in compared.products)
    rows = tuple(_card(compared, method) for method in methods)
    heads = ("col_method", "col_formula", "col_counts", "col_source", "col_status", "col_function")
    table = Table(text("cmp_cards_table"), tuple(text(head) for head in heads), rows)
    lead = Paragraph(text("cmp_cards_lead", house=label("status", "house")))
    return Section("method-cards", text("cmp_cards"), 1, (lead, table))


def _card(compared: Comparison, method: str) -> tuple[Cell, ...]:
    card = card_of(method)
    counts = listed(label("method_input", one) for one in card.counts)
    source = cite_standard(compared.assessment, card.source_id, card.locator)
    status = label("status", card.status)
    mark = " ★" if method == REFERENCE else ""
    return (card.name() + mark, card.formula(), counts, source, status, card.function)
