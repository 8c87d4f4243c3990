"""Basis for the level: each grade with its rule, its evidence, and how far the next grade is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.level_sentence import say_share
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.language import language
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
Rules = Sequence[Mapping[str, Any]]


def basis(assessment: Assessment) -> Section | None:
    """The grades behind the level, and how the profile made a level of them."""
    if assessment.lo is None:
        return None
    governing = governing_row(assessment)
    titles = scenario_titles(assessment.case)
    every = records(assessment.reasons)
    rows = tuple(_grade_row(assessment, factor, every) for factor in _FACTORS)
    heads = ("col_factor", "col_grade", "col_rule", "col_evidence", "col_source", "col_next")
    blocks: list[Block] = [
        Paragraph(text("basis_lead", scenario=titles[governing["scenario"]])),
        *_other_than_shown(assessment),
        Table(text("basis_table"), tuple(text(head) for head in heads), rows),
        *_severity_inputs(assessment, governing),
        *_derivation(assessment),
    ]
    return Section("basis", text("basis"), 1, tuple(blocks))


def _other_than_shown(assessment: Assessment) -> list[Block]:
    """Where the best estimates come to another level than the one shown: which, and why that one is shown."""
    badge = assessment.badge
    if badge is None or not badge.differs_from_best():
        return []
    ends = {"best": level_range(badge.best, badge.best_hi), "level": level_range(badge.level, badge.level_hi)}
    share = say_share(badge.p_reached)
    return [Paragraph(text("basis_differs", **ends, at=badge.level, share=share), "caution")]


def _severity_inputs(assessment: Assessment, governing: Mapping[str, Any]) -> list[Block]:
    """What a severity grade draws on: the severity the case gives to the scenario, and which harm counts."""
    least = assessment.profile.harm_from
    if not assessment.profile.rules["severity"] or "severity" not in assessment.profile.factors:
        return []
    scenario = next(one for one in assessment.case.scenarios if one.id == governing["scenario"])
    said = text(
        "basis_severity", scenario=scenario_number(assessment.case, scenario.id),
        severity=governing["severity"], reason=scenario.severity_reason.say().rstrip("。."),
    )  # fmt: skip
    if least > 1:
        key = "basis_harm_counts" if governing["severity"] >= least else "basis_harm_left_out"
        said += text(key, least=least)
    return [Paragraph(said)]


def governing_row(assessment: Assessment) -> dict[str, Any]:
    """The row of the scenario that governs."""
    return next(row for row in records(assessment.scenarios) if row["governs"])


def _grade_row(assessment: Assessment, factor: str, every: Rules) -> tuple[Cell, ...]:
    lo, hi = (_rank(assessment, factor, end) for end in ("lo", "hi"))
    code = str(assessment.grades["rule"].loc[factor])
    head = label("factor", factor)
    graded = _grade_words(factor, lo, hi)
    if factor == "probability":
        return (head, graded, *_probability_cells(assessment, lo))
    rules = [row for row in every if row["factor"] == factor]
    fired = next((row for row in rules if row["rule"] == code), None)
    ahead = _nearness(assessment, factor, rules)
    if fired is None:
        return (head, graded, text("no_rule"), "—", "—", ahead)
    source = _source(assessment, fired, fired["locator"])
    shown = f"{code}  {fired[language()]}"
    return (head, graded, shown, evidence(assessment, fired["evidence"]), source, ahead)


def _source(assessment: Assessment, row: Mapping[str, Any], locator: str) -> str:
    """Number and clause of a table row's source, and whether the row is published, derived or ours."""
    cited = cite_standard(assessment, row["source_id"], locator)
    return f"{cited} · {label('status', row['status'])}"


def _grade_words(factor: str, lo: int, hi: int) -> str:
    if factor == "trigger":
        of = scale("warning").codes
        ends = [text("at_least", level=of[rank - 1]) if rank > 1 else text("none") for rank in (lo, hi)]
    else:
        ends = [grade(factor, rank) for rank in (lo, hi)]
    return ends[0] if lo == hi else text("from_to", low=ends[0], high=ends[1])


def _probability_cells(assessment: Assessment, rank: int) -> tuple[Cell, ...]:
    row = governing_row(assessment)
    bands = list(records(standards.table("probability_bands").sort_values("band")))
    band = bands[row["band"] - 1]
    number = scenario_number(assessment.case, row["scenario"])
    rule = text("band_rule", word=band[language()], grade=grade("probability", rank))
    seen = text("label_value", label=number, value=probability(row["p_best"]))
    source = _source(assessment, band, "3.4.4")
    above = next((one for one in bands if int(one["grade"]) > rank), None)
    if above is None:
        return (rule, seen, source, text("highest"))
    bound = probability(float(exact(above["above"])))
    return (rule, seen, source, text("next_band", grade=grade("probability", int(above["grade"])), p=bound))


def evidence(assessment: Assessment, conditions: Iterable[Condition]) -> str:
    """What a rule asks and what the case says, each with its basis and source."""
    told = []
    for name, op, limit, value in conditions:
        asked = fact_value(name, limit)
        if standards.facts()[name].kind != "flag":
            asked = f"{SIGNS[op]} {asked}"
        said = text("evidence", fact=fact_name(name), value=fact_value(name, value), asked=asked)
        is_on_bound = op in ("<", ">") and value == limit  # what equals such a bound is easily misjudged
        on_bound = text("on_this_bound") if is_on_bound else ""
        told.append(said + _rests_on(assessment, name, value) + on_bound)
    return ("；" if language() == "zh" else "; ").join(told)


def _rests_on(assessment: Assessment, name: str, value: float) -> str:
    fact = assessment.case.known_facts().get(name)
    if math.isnan(value):
        return ""
    if fact is None:
        return " " + text("derived")
    return f" {label('basis', fact.basis)} {cite(assessment.case, fact.source)}".rstrip()


def _nearness(assessment: Assessment, factor: str, rules: Rules) -> str:
    """What the nearest of its rules to the next grade of a factor still lacks."""
    now = _rank(assessment, factor, "lo")
    above = [row for row in rules if row["grade"] > now]
    if not above:
        return text("highest")
    least = min(int(row["grade"]) for row in above)
    nearest = min((row for row in above if row["grade"] == least), key=_lack)
    lacking = [one for one in nearest["evidence"] if not _met(one)]
    to = grade(factor, least) if factor != "trigger" else level_words(scale("warning").codes[least - 1])
    return text("next_rule", grade=to, rule=nearest["rule"], lacking=evidence(assessment, lacking))


def _met(condition: Condition) -> bool:
    _, op, limit, value = condition
    return bool(meets(value, op, limit))


def _lack(row: Mapping[str, Any]) -> float:
    """How far a rule is from firing: decades of its farthest number; unknown counts as one."""
    far = []
    for _, _, limit, value in (one for one in row["evidence"] if not _met(one)):
        far.append(1.0 if math.isnan(value) else abs(math.log10((limit + 1) / (value + 1))))
    return max(far, default=0.0)


def _derivation(assessment: Assessment) -> list[Block]:
    """The way from grades to level, step by step, for what is proven and for what is possible."""
    if assessment.lo == assessment.hi:
        return [Paragraph(text("way_one")), Items(_one_way(assessment, "lo"), ordered=True)]
    blocks: list[Block] = []
    for end in ("lo", "hi"):
        steps = Items(_one_way(assessment, end), ordered=True)
        blocks += [Paragraph(text(f"way_{end}")), steps]
    if governing_row(assessment)["hi"] != assessment.hi:
        other = next(one for one in records(assessment.scenarios) if one["hi"] == assessment.hi)
        title = scenario_titles(assessment.case)[other["scenario"]]
        level = level_words(str(assessment.hi))
        blocks.append(Paragraph(text("other_scenario", scenario=title, level=level)))
    return blocks


def _one_way(assessment: Assessment, end: str) -> tuple[str, ...]:
    """From the grades of the scenario that governs to its level."""
    used, row = assessment.profile, governing_row(assessment)
    result = text("way_result", level=level_words(row[end]))
    grades = _grades(assessment, end)
    graded = [factor for factor in grades if factor != "trigger"]
    said = {f: f"{label('factor', f)} {grade(f, grades[f])}" for f in graded}
    start = int(used.levels[tuple(grades[factor] - 1 for factor in used.factors)])
    named = " × ".join(said[factor] for factor in used.factors)
    lines = [text("way_table", grades=named, level=_level(start))]
    up = [(factor, by) for factor, at_least, by in used.raises if grades[factor] >= at_least]
    raised = min(sum(by for _, by in up), used.max_raise)
    if raised:
        why = listed((said[factor] for factor, _ in up))
        lines.append(text("way_raise", why=why, by=raised, level=_level(start + raised)))
    elif used.raises:
        lines.append(text("way_no_raise"))
    table = min(3, start + raised)
    if row["levels_off"]:
        table = max(0, table - row["levels_off"])
        words = {"p": probability(used.p_floor), "by": row["levels_off"], "level": _level(table)}
        lines.append(text("way_rare", **words))
    if grades["trigger"] - 1 > table:
        lines.append(text("way_floor", level=_level(grades["trigger"] - 1)))
    return (*lines, result)


def _level(code: int) -> str:
    """Level code 0 Ⅳ … 3 Ⅰ (or above) in words."""
    return level_words(scale("warning").codes[min(3, code)])


def _grades(assessment: Assessment, end: str) -> dict[str, int]:
    found = {factor: _rank(assessment, factor, end) for factor in _FACTORS}
    risk = "serious" if assessment.presumed else governing_row(assessment)["risk"]
    return found | {"risk": scale("risk").codes.index(risk) + 1}


def _rank(assessment: Assessment, factor: str, end: str) -> int:
    return int(assessment.grades[end].loc[factor])


def rules(assessment: Assessment) -> Section | None:
    """Every rule that fired or that missing facts leave open, with clause and evidence."""
    if assessment.lo is None:
        return None
    every = list(records(assessment.reasons))
    shown = [row for row in every if row["state"] != "no"]
    rest = [row for row in every if row["state"] == "no"]
    blocks: list[Block] = [
        Paragraph(text("rules_lead", n=len(every), fired=sum(row["state"] == "fired" for row in every))),
        _rule_table(assessment, shown, caption=text("rules_table")),
    ]
    if rest:
        table = _rule_table(assessment, rest, caption=text("rules_rest"))
        blocks.append(Details(text("rules_rest_open", n=len(rest)), (table,), is_printed=False))
    return Section("rules", text("rules"), 1, tuple(blocks))


def _rule_table(assessment: Assessment, rows: Iterable[Mapping[str, Any]], *, caption: str) -> Table:
    heads = ("col_factor", "col_rule", "col_meaning", "col_evidence", "col_state", "col_grade", "col_source")
    told = []
    for row in rows:
        rank = int(row["grade"])
        given = (
            level_words(scale("warning").codes[rank - 1])
            if row["factor"] == "trigger"
            else grade(row["factor"], rank)
        )
        told.append(
            (
                label("factor", row["factor"]),
                row["rule"],
                row[language()],
                evidence(assessment, row["evidence"]),
                text(f"state_{row['state']}"),
                given,
                _source(assessment, row, row["locator"]),
            )
        )
    return Table(caption, tuple(text(head) for head in heads), tuple(told))


def level_or_range(lo: int, hi: int) -> str:
    """Level ranks (1 Ⅳ … 4 Ⅰ) in words."""
    codes = scale("warning").codes
    return level_range(codes[lo - 1], codes[hi - 1])
