"""What the level rests on: each grade with its rule, its evidence, and how far the next grade is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.level_sentence import say_share
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.grading_rules import SIGNS, meets
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, probability
from riskkit.workbench.document.block_kinds import Block, Cell, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite, cite_standard
from riskkit.workbench.reports.case.words import (
    fact_name,
    fact_value,
    grade,
    level_range,
    level_words,
    scenario_number,
    scenario_titles,
)

_FACTORS = ("severity", "probability", "urgency", "scope", "trigger")
Condition = tuple[str, str, float, float]


def basis(assessment: Assessment, *, lang: str) -> Section | None:
    """The grades behind the level, and how the profile made a level of them."""
    if assessment.lo is None:
        return None
    governing = governing_row(assessment)
    titles = scenario_titles(assessment.case, lang)
    rows = tuple(_grade_row(assessment, factor, lang=lang) for factor in _FACTORS)
    heads = ("col_factor", "col_grade", "col_rule", "col_evidence", "col_source", "col_next")
    blocks: list[Block] = [
        Paragraph(text("basis_lead", lang, scenario=titles[governing["scenario"]])),
        *_other_than_shown(assessment, lang),
        Table(text("basis_table", lang), tuple(text(head, lang) for head in heads), rows),
        *_severity_inputs(assessment, governing, lang),
        *_derivation(assessment, lang),
    ]
    return Section("basis", text("basis", lang), 1, tuple(blocks))


def _other_than_shown(assessment: Assessment, lang: str) -> list[Block]:
    """Where the best estimates come to another level than the one shown: which, and why that one is shown."""
    badge = assessment.badge
    if badge is None or not badge.differs_from_best():
        return []
    ends = {
        "best": level_range(badge.best, badge.best_hi, lang),
        "level": level_range(badge.level, badge.level_hi, lang),
    }
    share = say_share(badge.p_reached, lang)
    return [Paragraph(text("basis_differs", lang, **ends, at=badge.level, share=share), "caution")]


def _severity_inputs(assessment: Assessment, governing: Mapping[str, Any], lang: str) -> list[Block]:
    """What a severity grade draws on: the severity the case gives to the scenario, and which harm counts."""
    least = assessment.profile.harm_from
    if not assessment.profile.rules["severity"] or "severity" not in assessment.profile.factors:
        return []
    scenario = next(one for one in assessment.case.scenarios if one.id == governing["scenario"])
    said = text(
        "basis_severity", lang, scenario=scenario_number(assessment.case, scenario.id),
        severity=governing["severity"], reason=scenario.severity_reason.say(lang).rstrip("。."),
    )  # fmt: skip
    if least > 1:
        key = "basis_harm_counts" if governing["severity"] >= least else "basis_harm_left_out"
        said += text(key, lang, least=least)
    return [Paragraph(said)]


def governing_row(assessment: Assessment) -> dict[str, Any]:
    """The row of the scenario that governs."""
    return next(row for row in records(assessment.scenarios) if row["governs"])


def _grade_row(assessment: Assessment, factor: str, *, lang: str) -> tuple[Cell, ...]:
    lo, hi = (_rank(assessment, factor, end) for end in ("lo", "hi"))
    code = str(assessment.grades["rule"].loc[factor])
    head = label("factor", factor, lang)
    graded = _grade_words(factor, lo, hi, lang=lang)
    if factor == "probability":
        return (head, graded, *_probability_cells(assessment, lo, lang=lang))
    rules = [row for row in records(assessment.reasons) if row["factor"] == factor]
    fired = next((row for row in rules if row["rule"] == code), None)
    ahead = nearness(assessment, factor, lang=lang)
    if fired is None:
        return (head, graded, text("no_rule", lang), "—", "—", ahead)
    rule = f"{code}  {fired[lang]}"
    source = _source(assessment, fired, fired["locator"], lang=lang)
    return (head, graded, rule, evidence(assessment, fired["evidence"], lang=lang), source, ahead)


def _source(assessment: Assessment, row: Mapping[str, Any], locator: str, *, lang: str) -> str:
    """Number and clause of a table row's source, and whether the row is published, derived or ours."""
    cited = cite_standard(assessment, row["source_id"], locator, lang=lang)
    return f"{cited} · {label('status', row['status'], lang)}"


def _grade_words(factor: str, lo: int, hi: int, *, lang: str) -> str:
    if factor == "trigger":
        of = scale("warning").codes
        ends = [
            text("at_least", lang, level=of[rank - 1]) if rank > 1 else text("none", lang)
            for rank in (lo, hi)
        ]
    else:
        ends = [grade(factor, rank, lang) for rank in (lo, hi)]
    return ends[0] if lo == hi else text("from_to", lang, low=ends[0], high=ends[1])


def _probability_cells(assessment: Assessment, rank: int, *, lang: str) -> tuple[Cell, ...]:
    row = governing_row(assessment)
    bands = list(records(standards.table("probability_bands").sort_values("band")))
    band = bands[row["band"] - 1]
    number = scenario_number(assessment.case, row["scenario"])
    rule = text("band_rule", lang, word=band[lang], grade=grade("probability", rank, lang))
    seen = text("label_value", lang, label=number, value=probability(row["p_best"], lang))
    source = _source(assessment, band, "3.4.4", lang=lang)
    above = next((one for one in bands if int(one["grade"]) > rank), None)
    if above is None:
        return (rule, seen, source, text("highest", lang))
    bound = probability(float(exact(above["above"])), lang)
    return (
        rule,
        seen,
        source,
        text("next_band", lang, grade=grade("probability", int(above["grade"]), lang), p=bound),
    )


def evidence(assessment: Assessment, conditions: Iterable[Condition], *, lang: str) -> str:
    """What a rule asks and what the case says, each with its basis and source."""
    told = []
    for name, op, limit, value in conditions:
        asked = fact_value(name, limit, lang)
        if standards.facts()[name].kind != "flag":
            asked = f"{SIGNS[op]} {asked}"
        said = text(
            "evidence", lang, fact=fact_name(name, lang), value=fact_value(name, value, lang), asked=asked
        )
        is_on_bound = op in ("<", ">") and value == limit  # what equals such a bound is easily misjudged
        on_bound = text("on_this_bound", lang) if is_on_bound else ""
        told.append(said + _rests_on(assessment, name, value, lang=lang) + on_bound)
    return ("；" if lang == "zh" else "; ").join(told)


def _rests_on(assessment: Assessment, name: str, value: float, *, lang: str) -> str:
    fact = assessment.case.known_facts().get(name)
    if math.isnan(value):
        return ""
    if fact is None:
        return " " + text("derived", lang)
    return f" {label('basis', fact.basis, lang)} {cite(assessment.case, fact.source)}".rstrip()


def nearness(assessment: Assessment, factor: str, *, lang: str) -> str:
    """What the nearest rule to the next grade of a factor still lacks."""
    now = _rank(assessment, factor, "lo")
    above = [row for row in records(assessment.reasons) if row["factor"] == factor and row["grade"] > now]
    if not above:
        return text("highest", lang)
    least = min(int(row["grade"]) for row in above)
    nearest = min((row for row in above if row["grade"] == least), key=_lack)
    lacking = [one for one in nearest["evidence"] if not _met(one)]
    to = (
        grade(factor, least, lang)
        if factor != "trigger"
        else level_words(scale("warning").codes[least - 1], lang)
    )
    return text(
        "next_rule", lang, grade=to, rule=nearest["rule"], lacking=evidence(assessment, lacking, lang=lang)
    )


def _met(condition: Condition) -> bool:
    _, op, limit, value = condition
    return bool(meets(value, op, limit))


def _lack(row: Mapping[str, Any]) -> float:
    """How far a rule is from firing: decades of its farthest number; unknown counts as one."""
    far = []
    for _, _, limit, value in (one for one in row["evidence"] if not _met(one)):
        far.append(1.0 if math.isnan(value) else abs(math.log10((limit + 1) / (value + 1))))
    return max(far, default=0.0)


def _derivation(assessment: Assessment, lang: str) -> list[Block]:
    """The way from grades to level, step by step, for what is proven and for what is possible."""
    if assessment.lo == assessment.hi:
        return [Paragraph(text("way_one", lang)), Items(_one_way(assessment, "lo", lang), ordered=True)]
    blocks: list[Block] = []
    for end in ("lo", "hi"):
        steps = Items(_one_way(assessment, end, lang), ordered=True)
        blocks += [Paragraph(text(f"way_{end}", lang)), steps]
    if governing_row(assessment)["hi"] != assessment.hi:
        other = next(one for one in records(assessment.scenarios) if one["hi"] == assessment.hi)
        title = scenario_titles(assessment.case, lang)[other["scenario"]]
        level = level_words(str(assessment.hi), lang)
        blocks.append(Paragraph(text("other_scenario", lang, scenario=title, level=level)))
    return blocks


def _one_way(assessment: Assessment, end: str, lang: str) -> tuple[str, ...]:
    """From the grades of the scenario that governs to its level."""
    used, row = assessment.profile, governing_row(assessment)
    result = text("way_result", lang, level=level_words(row[end], lang))
    grades = _grades(assessment, end)
    graded = [factor for factor in grades if factor != "trigger"]
    said = {f: f"{label('factor', f, lang)} {grade(f, grades[f], lang)}" for f in graded}
    start = int(used.levels[tuple(grades[factor] - 1 for factor in used.factors)])
    named = " × ".join(said[factor] for factor in used.factors)
    lines = [text("way_table", lang, grades=named, level=_level(start, lang))]
    up = [(factor, by) for factor, at_least, by in used.raises if grades[factor] >= at_least]
    raised = min(sum(by for _, by in up), used.max_raise)
    if raised:
        why = listed((said[factor] for factor, _ in up), lang)
        lines.append(text("way_raise", lang, why=why, by=raised, level=_level(start + raised, lang)))
    elif used.raises:
        lines.append(text("way_no_raise", lang))
    table = min(3, start + raised)
    if row["levels_off"]:
        table = max(0, table - row["levels_off"])
        words = {"p": probability(used.p_floor, lang), "by": row["levels_off"], "level": _level(table, lang)}
        lines.append(text("way_rare", lang, **words))
    if grades["trigger"] - 1 > table:
        lines.append(text("way_floor", lang, level=_level(grades["trigger"] - 1, lang)))
    return (*lines, result)


def _level(code: int, lang: str) -> str:
    """Level code 0 Ⅳ … 3 Ⅰ (or above) in words."""
    return level_words(scale("warning").codes[min(3, code)], lang)


def _grades(assessment: Assessment, end: str) -> dict[str, int]:
    found = {factor: _rank(assessment, factor, end) for factor in _FACTORS}
    risk = "serious" if assessment.presumed else governing_row(assessment)["risk"]
    return found | {"risk": scale("risk").codes.index(risk) + 1}


def _rank(assessment: Assessment, factor: str, end: str) -> int:
    return int(assessment.grades[end].loc[factor])


def rules(assessment: Assessment, *, lang: str) -> Section | None:
    """Every rule that fired or that missing facts leave open, with clause and evidence."""
    if assessment.lo is None:
        return None
    every = list(records(assessment.reasons))
    shown = [row for row in every if row["state"] != "no"]
    rest = [row for row in every if row["state"] == "no"]
    blocks: list[Block] = [
        Paragraph(
            text("rules_lead", lang, n=len(every), fired=sum(row["state"] == "fired" for row in every))
        ),
        _rule_table(assessment, shown, caption=text("rules_table", lang), lang=lang),
    ]
    if rest:
        table = _rule_table(assessment, rest, caption=text("rules_rest", lang), lang=lang)
        blocks.append(Details(text("rules_rest_open", lang, n=len(rest)), (table,)))
    return Section("rules", text("rules", lang), 1, tuple(blocks))


def _rule_table(
    assessment: Assessment, rows: Iterable[Mapping[str, Any]], *, caption: str, lang: str
) -> Table:
    heads = ("col_factor", "col_rule", "col_meaning", "col_evidence", "col_state", "col_grade", "col_source")
    told = []
    for row in rows:
        rank = int(row["grade"])
        given = (
            level_words(scale("warning").codes[rank - 1], lang)
            if row["factor"] == "trigger"
            else grade(row["factor"], rank, lang)
        )
        told.append(
            (
                label("factor", row["factor"], lang),
                row["rule"],
                row[lang],
                evidence(assessment, row["evidence"], lang=lang),
                text(f"state_{row['state']}", lang),
                given,
                _source(assessment, row, row["locator"], lang=lang),
            )
        )
    return Table(caption, tuple(text(head, lang) for head in heads), tuple(told))


def level_or_range(lo: int, hi: int, lang: str) -> str:
    """Level ranks (1 Ⅳ … 4 Ⅰ) in words."""
    codes = scale("warning").codes
    return level_range(codes[lo - 1], codes[hi - 1], lang)
