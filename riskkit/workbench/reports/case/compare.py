"""One case through every method: the section of a report, and the longer parts of a report of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from riskkit.case.comparison.differences import REFERENCE, actions_of, card_of, say_reason
from riskkit.case.comparison.findings import PRODUCT, Finding, UsedInput
from riskkit.case.comparison.methods import Comparison
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_cards import action_of
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent, probability, say_number
from riskkit.workbench.document.block_kinds import Badge, Block, Cell, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite_standard
from riskkit.workbench.reports.case.words import fact_name, level_range, scenario_titles

_ACTIONS = scale("action").codes


def method_name(compared: Comparison, method: str, lang: str) -> str:
    """A method in words; a warning profile by its own name."""
    name = method.partition(":")[2]
    card = card_of(method)
    if not name:
        return card.name(lang)
    rows = compared.assessment.profiles
    own = str(rows.loc[rows["profile"] == name, lang].iloc[0])
    return text("label_value", lang, label=card.name(lang), value=own)


def result_words(one: Finding, lang: str) -> str:
    """The level of a finding on the method's own scale, with its number."""
    of = scale(card_of(one.method).scale)
    lo, hi = str(one.lo), str(one.hi)
    if of.name == "warning":
        return level_range(lo, hi, lang)
    ends = [f"{of.symbol(code)} {of.word(code, lang)}" for code in (lo, hi)]
    said = ends[0] if lo == hi else text("from_to", lang, low=ends[0], high=ends[1])
    if math.isnan(one.value):
        return said
    number = probability(one.value, lang) if of.name == "risk" else f"{one.value:,.4g}"
    return f"{said}（{number}）" if lang == "zh" else f"{said} ({number})"


def action_cell(one: Finding, lang: str) -> str | Badge:
    """The call for action of a finding: a badge, or the range in words."""
    lo, hi = actions_of(one)
    of = scale("action")
    if lo == hi:
        return Badge(text("col_action", lang), lo, of.word(lo, lang), of.symbol(lo), of.colour(lo))
    return action_words(lo, hi, lang)


def action_words(lo: str, hi: str, lang: str) -> str:
    """One or two action classes as symbol and word."""
    of = scale("action")
    ends = [f"{of.symbol(code)} {of.word(code, lang)}" for code in (lo, hi)]
    return ends[0] if lo == hi else text("from_to", lang, low=ends[0], high=ends[1])


def agreement_words(compared: Comparison, lang: str) -> str:
    """How many methods call for what, in a sentence."""
    groups, n = _groups(compared), len(compared.fitting)
    if len(groups) == 1:
        return text("cmp_same", lang, n=n, action=action_words(*next(iter(groups)), lang))
    told = ("；" if lang == "zh" else "; ").join(_group_words(compared, lang))
    return text("cmp_differ", lang, n=n, told=told)


def _groups(compared: Comparison) -> dict[tuple[str, str], list[str]]:
    """Methods by what they call for, the most urgent first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in compared.fitting:
        groups.setdefault(actions_of(one), []).append(one.method)
    order = sorted(groups, key=lambda ends: [-_ACTIONS.index(end) for end in reversed(ends)])
    return {ends: groups[ends] for ends in order}


def _group_words(compared: Comparison, lang: str) -> list[str]:
    told = []
    for ends, methods in _groups(compared).items():
        names = listed((method_name(compared, one, lang) for one in methods), lang)
        told.append(text("cmp_group", lang, action=action_words(*ends, lang), n=len(methods), names=names))
    return told


def _calls(compared: Comparison, lang: str) -> list[Block]:
    if len(_groups(compared)) == 1:
        return [Paragraph(agreement_words(compared, lang))]
    lead = Paragraph(text("cmp_differ_lead", lang, n=len(compared.fitting)))
    return [lead, Items(tuple(_group_words(compared, lang)))]


def methods_compared(compared: Comparison, *, lang: str) -> Section:
    """Every method that fits with its result, its call for action, and why it is not that of the EU grid."""
    title = text("cmp", lang)
    if compared.assessment.lo is None:
        names = [method_name(compared, one.method, lang) for one in compared.products]
        words = text("cmp_food", lang, n=len(names), names=listed(names, lang))
        return Section("methods-compared", title, 1, (Paragraph(words),))
    rows = tuple(_product_row(compared, one, lang) for one in compared.fitting)
    heads = ("col_method", "col_result", "col_action", "col_p_level", "col_distance", "col_why")
    table = Table(text("cmp_table", lang), tuple(text(head, lang) for head in heads), rows, numeric=(3,))
    near = f"{method_number('compare', 'near_factor'):g}"
    lead = Paragraph(text("cmp_lead", lang, near=near))
    blocks: list[Block] = [lead, *_calls(compared, lang), table]
    blocks += _misfits(compared, lang)
    matching = _matching(compared.fitting, lang)
    blocks.append(Details(text("cmp_matching", lang), (matching,)))
    return Section("methods-compared", title, 1, tuple(blocks))


def _product_row(compared: Comparison, one: Finding, lang: str) -> tuple[Cell, ...]:
    share = "—" if math.isnan(one.p_level) else percent(one.p_level, lang)
    why = _reasons(compared, one.method, lang)
    return (
        method_name(compared, one.method, lang),
        result_words(one, lang),
        action_cell(one, lang),
        share,
        _distance(one, lang),
        _lines([pair[0] for pair in why]) or "—",
    )


def _lines(sentences: Sequence[str]) -> str:
    """Sentences under each other, marked where there are several."""
    return "\n".join(f"· {one}" for one in sentences) if len(sentences) > 1 else "".join(sentences)


def _reasons(compared: Comparison, method: str, lang: str) -> list[tuple[str, str]]:
    """Why a method differs from the EU grid, each with what would settle it."""
    found = next((one for one in compared.differences if one.method == method), None)
    case = compared.assessment.case
    return [say_reason(case, reason, lang) for reason in found.reasons] if found else []


def _distance(one: Finding, lang: str) -> str:
    of = scale(card_of(one.method).scale)
    pairs = ((one.up_factor, one.up_level), (one.down_factor, one.down_level))
    told = [
        text("cmp_near", lang, factor=f"{factor:.3g}", level=of.word(level, lang))
        for factor, level in pairs
        if level and math.isfinite(factor)
    ]
    told += [text("cmp_on_bound", lang)] if one.is_on_bound else []
    return ("；" if lang == "zh" else "; ").join(told) or "—"


def _misfits(compared: Comparison, lang: str) -> list[Block]:
    rows = tuple(
        (method_name(compared, one.method, lang), label("misfit", one.misfit, lang))
        for one in compared.products
        if not one.fits
    )
    if not rows:
        return []
    heads = (text("col_method", lang), text("col_misfit", lang))
    table = Table(text("cmp_misfit_table", lang), heads, rows)
    return [Details(text("cmp_misfits", lang, n=len(rows)), (table,))]


def _matching(found: Sequence[Finding], lang: str) -> Table:
    """Every level of the scales in use with the call for action it was matched to."""
    used = {card_of(one.method).scale: card_of(one.method) for one in reversed(found)}
    words = standards.table("method_actions").set_index(["scale", "level"])[lang]
    rows = [
        (
            card.name(lang),
            f"{scale(name).symbol(level)} {scale(name).word(level, lang)}",
            action_words(action_of(name, level), action_of(name, level), lang),
            str(words[name, level]),
        )
        for name, card in reversed(used.items())
        for level in scale(name).codes
    ]
    heads = ("col_method", "col_result", "col_action", "col_meaning")
    return Table(text("cmp_matching", lang), tuple(text(head, lang) for head in heads), tuple(rows))


def method_findings(compared: Comparison, *, lang: str) -> Section | None:
    """Every finding, by scenario, item, substance and product, with its inputs."""
    if compared.assessment.lo is None:
        return None
    rows = tuple(
        (
            method_name(compared, one.method, lang),
            _subject(compared, one, lang),
            result_words(one, lang),
            _distance(one, lang),
            "\n".join(_input(used, lang) for used in one.inputs) or "—",
        )
        for one in compared.findings
        if one.fits
    )
    heads = ("col_method", "col_subject", "col_result", "col_distance", "col_inputs")
    table = Table(text("cmp_full_table", lang), tuple(text(head, lang) for head in heads), rows)
    blocks = (Paragraph(text("cmp_full_lead", lang)), table)
    return Section("method-findings", text("cmp_full", lang), 1, blocks)


def _subject(compared: Comparison, one: Finding, lang: str) -> str:
    if one.subject == PRODUCT:
        return text("cmp_product", lang)
    case = compared.assessment.case
    named = {item.id: item.item.say(lang) for item in case.methods.nonconformity}
    named |= {dose.id: dose.substance.say(lang) for dose in case.methods.exposure}
    titles = scenario_titles(case, lang)
    return "\n".join(named.get(part) or titles[part] for part in one.subject.split("+"))


def _input(used: UsedInput, lang: str) -> str:
    """One input with its value and what it rests on."""
    known = standards.facts()
    name = fact_name(used.name, lang) if used.name in known else _input_label(used.name, lang)
    value = _input_value(used, lang)
    basis = label("input_basis", used.basis, lang)
    said = name if value is None else text("label_value", lang, label=name, value=value)
    return f"{said}（{basis}）" if lang == "zh" else f"{said} ({basis})"


def _input_label(name: str, lang: str) -> str:
    return label("factor", name, lang) if name == "trigger" else label("method_input", name, lang)


def _input_value(used: UsedInput, lang: str) -> str | None:
    """The value in words; None where there is none to show."""
    if isinstance(used.value, str):
        return _choice(used.name, used.value, lang)
    if math.isnan(used.value):
        return None
    kinds = {"probability": "probability", "units": "count"}
    if used.name == "probability" and used.basis == "derived":  # a profile's grade of probability
        return f"{used.value:g}"
    return say_number(used.value, kinds[used.name], lang) if used.name in kinds else f"{used.value:.4g}"


def _choice(name: str, value: str, lang: str) -> str:
    tables = {"exceedance": ("exceedance_bands", "exceedance"), "structure": ("ttc", "group")}
    if name in tables:
        table, column = tables[name]
        return str(standards.table(table).set_index(column).at[value, lang])
    if name == "nonconformity_kind":
        return label("nonconformity_kind", value, lang)
    if name == "ground":
        return listed((label("presumption", one, lang) for one in value.split(", ")), lang)
    if value == "over_500k":
        return "> 500,000"
    rows = standards.table("triage_scores").drop_duplicates("choice").set_index("choice")
    return str(rows.at[value, lang]) if value in rows.index else value


def agreement(compared: Comparison, *, lang: str) -> Section | None:
    """Where methods differ from the EU grid, why, and what would settle it."""
    if compared.assessment.lo is None:
        return None
    rows = []
    for one in compared.differences:
        why = _reasons(compared, one.method, lang)
        if not why:
            continue
        told = (_lines(list(dict.fromkeys(pair[part] for pair in why))) for part in (0, 1))
        name = method_name(compared, one.method, lang)
        rows.append((name, text(f"relation_{one.relation}", lang), *told))
    lead = [Paragraph(text("cmp_why_lead", lang))]
    heads = ("col_method", "col_relation", "col_why", "col_settle")
    table = Table(text("cmp_why_table", lang), tuple(text(head, lang) for head in heads), tuple(rows))
    rest: list[Block] = [table] if rows else [Paragraph(text("cmp_none_differ", lang))]
    note = Paragraph(text("limit_methods", lang), "note")
    return Section("agreement", text("cmp_why", lang), 1, (*lead, *rest, note))


def cards(compared: Comparison, *, lang: str) -> Section:
    """The card of each method: how it works, what it counts, where it comes from, its status."""
    methods = dict.fromkeys(one.method.partition(":")[0] for one in compared.products)
    rows = tuple(_card(compared, method, lang) for method in methods)
    heads = ("col_method", "col_formula", "col_counts", "col_source", "col_status", "col_function")
    table = Table(text("cmp_cards_table", lang), tuple(text(head, lang) for head in heads), rows)
    lead = Paragraph(text("cmp_cards_lead", lang, house=label("status", "house", lang)))
    return Section("method-cards", text("cmp_cards", lang), 1, (lead, table))


def _card(compared: Comparison, method: str, lang: str) -> tuple[Cell, ...]:
    card = card_of(method)
    counts = listed((label("method_input", one, lang) for one in card.counts), lang)
    source = cite_standard(compared.assessment, card.source_id, card.locator, lang=lang)
    status = label("status", card.status, lang)
    mark = " ★" if method == REFERENCE else ""
    return (card.name(lang) + mark, card.formula(lang), counts, source, status, card.function)
