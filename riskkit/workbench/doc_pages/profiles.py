"""The page of the documentation that shows every shipped case under every profile, and what decides there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case_inputs import draw_inputs, point_of
from riskkit.case.case_levels import evaluate
from riskkit.case.case_reading import load_case
from riskkit.case.case_tables import grade_table, reason_table, scenario_table
from riskkit.case.sentences import input_name, missing_facts
from riskkit.foundation.language import language
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge, outcome_badge
from riskkit.warning.profile_laws import table_ranks
from riskkit.warning.profiles import Profile, profile, profile_names
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.doc_pages.methods import markdown_table
from riskkit.workbench.document.level_marks import badge_note
from riskkit.workbench.reports.case.words import grade
from riskkit.workbench.runs.folders.resources import shipped_cases

_LEVELS = scale("warning").codes
_DRAWS, _SEED = 20_000, 1


@dataclass(frozen=True)
class Decided:
    """The level of a case under a profile, and what decides it at the best estimates."""

    badge: LevelBadge
    rule: str
    grades: tuple[tuple[str, int], ...]
    levels_off: int
    raised_by: tuple[str, ...]
    missing: tuple[str, ...]


def decided(case: Case, used: Profile) -> Decided:
    """What decides the level of a case under a profile."""
    at = {name: np.array([value]) for name, value in point_of(case).items()}
    now = evaluate(case, at, profile=used)
    scenarios = scenario_table(case, now, now)
    found, why = grade_table(scenarios, now, profile=used), reason_table(scenarios, now, profile=used)
    governs = int(np.flatnonzero(scenarios["governs"])[0])
    ranks = {str(factor): int(rank) for factor, rank in found["lo"].items()}
    ranks["risk"] = int(now.scenarios[governs].risk_rank[0])
    off = int(scenarios["levels_off"].iloc[governs])
    columns = {factor: np.array([rank]) for factor, rank in ranks.items()}
    by_table = int(
        table_ranks(used.levels, used.factors, columns, raises=used.raises, max_raise=used.max_raise)[0]
    )
    lo, hi = int(now.lo[0]), int(now.hi[0])
    counted = {*used.factors, *(factor for factor, _, _ in used.raises), "trigger"}
    open_rules = why[why["factor"].isin(counted)]
    drawn = evaluate(case, draw_inputs(case, _DRAWS, rng=np.random.default_rng(_SEED)), profile=used)
    badge = outcome_badge(now, drawn, on=case.assessed_on, draws=_DRAWS)
    return Decided(
        badge,
        rule=str(found.at["trigger", "rule"]) if lo > max(by_table - off, 1) else "",
        grades=tuple((factor, ranks[factor]) for factor in used.factors),
        levels_off=off,
        raised_by=tuple(factor for factor, least, _ in used.raises if ranks[factor] >= least),
        missing=(
            missing_facts(open_rules, ranks | {"trigger": lo}, is_range=True)
            if badge.is_range() or hi > lo
            else ()
        ),
    )


def profiles_page() -> str:
    """The page ``docs/profiles_compared`` in one language, as Markdown."""
    used = [profile(name) for name in profile_names()]
    cases = [case for case in map(load_case, shipped_cases()) if case.goods != "food"]
    found = [[decided(case, one) for one in used] for case in cases]
    heads = [text("col_case"), *(f"`{one.name}`" for one in used)]
    counted = [text("col_profile"), *_LEVELS, text("profiles_page_range")]
    rows = (
        [f"`{case.id}`", *(_cell(case, one) for one in line)] for case, line in zip(cases, found, strict=True)
    )
    parts = [
        f"# {text('profiles_page')}",
        text("profiles_page_lead", draws=f"{_DRAWS:,}"),
        markdown_table(counted, _counts(found)),
        f"## {text('profiles_page_cases')}",
        markdown_table(heads, rows),
        f"## {text('profiles_page_rules')}",
        markdown_table([text("col_rule"), text("col_meaning")], _rules(used, found)),
    ]
    return "\n\n".join(parts) + "\n"


def _counts(found: Sequence[Sequence[Decided]]) -> Iterator[list[str]]:
    """How often each level is shown, and how often missing facts leave a range."""
    for name, column in zip(profile_names(), zip(*found, strict=True), strict=True):
        count = Counter(one.badge.level for one in column)
        ranges = sum(one.badge.is_range() for one in column)
        yield [f"`{name}`", *(str(count[level]) for level in _LEVELS), str(ranges)]


def _cell(case: Case, one: Decided) -> str:
    """The level, and what decides it: a trigger by its number, or the grades that were looked up."""
    signs = scale("warning")
    level = "–".join(
        f"{signs.symbol(code)} {code}" for code in dict.fromkeys((one.badge.level, one.badge.level_hi))
    )
    note = badge_note(one.badge)
    level += f"（{note}）" if note and language() == "zh" else f" ({note})" if note else ""
    gap = "；" if language() == "zh" else "; "
    why = [one.rule or " × ".join(f"{label('factor', f)} {grade(f, n)}" for f, n in one.grades)]
    if not one.rule:
        if one.levels_off:
            why.append(text("profiles_page_rare", by=one.levels_off))
        if one.raised_by:
            factors = listed(label("factor", factor) for factor in one.raised_by)
            why.append(text("profiles_page_raised", why=factors))
    if one.missing:
        names = listed(input_name(case, name) for name in one.missing)
        why.append(text("profiles_page_missing", facts=names))
    return f"**{level}** {gap.join(why)}"


def _rules(used: Sequence[Profile], found: Sequence[Sequence[Decided]]) -> Iterator[tuple[str, str]]:
    """What the triggers say that decide a level on this page."""
    decide = {one.rule for line in found for one in line} - {""}
    rules = {rule.rule: rule for one in used for rule in one.rules["trigger"] if rule.rule in decide}
    for name in sorted(rules, key=lambda name: int(name.split("-")[1])):
        yield name, rules[name].zh if language() == "zh" else rules[name].en
