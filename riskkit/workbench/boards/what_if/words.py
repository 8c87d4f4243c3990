"""What the what-if panel shows, as plain values in one language: the gauge, the kept scenarios, the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment
from riskkit.case.sentences import say_level
from riskkit.foundation.language import language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import panel_text as say
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent
from riskkit.workbench.boards.what_if.levels import Glance
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.level_marks import badge_note, level_badge
from riskkit.workbench.reports.case.words import grade, level_cell, level_words

_FACTORS = ("severity", "urgency", "scope")


def gauge_words(seen: Glance, before: Glance) -> dict[str, Any]:
    """The level with its probability and grades, and whether it differs from the case as it is."""
    ends, then = _ends(seen), _ends(before)
    is_same = ends == then
    was = "as_case" if is_same else ("higher" if _ranks(seen) > _ranks(before) else "lower")
    return {
        "heading": text("col_level"),
        "badges": [level_badge(code) for code in dict.fromkeys(ends)],
        "beside": badge_note(seen.badge),
        "to": say("to"),
        "was": say(was, level=say_level(*then)) if not is_same else say(was),
        "differs": not is_same,
        "caption": text("chances_title"),
        "rows": _level_rows(seen),
        "note": say("draws_note", draws=f"{seen.draws:,}", seed=seen.seed),
        "grades": [*_grades(seen), (label("factor", "risk"), _risk(seen))],
        "colon": say("colon"),
    }


def _ranks(seen: Glance) -> tuple[int, int]:
    codes = scale("warning").codes
    lo, hi = (codes.index(code) for code in _ends(seen))
    return hi, lo


def _ends(seen: Glance) -> tuple[str, str]:
    return seen.badge.level, seen.badge.level_hi


def _level_rows(seen: Glance) -> list[dict[str, Any]]:
    of, codes = scale("warning"), scale("warning").codes
    inside = range(codes.index(seen.badge.level), codes.index(seen.badge.level_hi) + 1)
    rows = []
    for code in reversed(codes):
        certain, possible = (float(seen.shares[name].loc[code]) for name in ("certain", "possible"))
        row = {"symbol": of.symbol(code), "colour": of.colour(code), "label": f"{code} {of.word(code)}"}
        widths = {"certain": round(100 * certain, 2), "maybe": round(100 * (possible - certain), 2)}
        rows.append(row | widths | {"said": _share(seen, code), "is_in": codes.index(code) in inside})
    return rows


def _grades(seen: Glance) -> list[tuple[str, str]]:
    return [(label("factor", factor), grade_words(seen, factor)) for factor in _FACTORS]


def grade_words(seen: Glance, factor: str) -> str:
    """A grade, or the range that missing facts leave, in words."""
    lo, hi = (grade(factor, int(seen.grades[end].loc[factor])) for end in ("lo", "hi"))
    return lo if lo == hi else text("from_to", low=lo, high=hi)


def _risk(seen: Glance) -> str:
    of = scale("risk")
    level = seen.risk_badge.level
    words, note = f"{of.symbol(level)} {of.word(level)}", badge_note(seen.risk_badge)
    words = say("presumed", risk=words) if seen.presumed else words
    return say("with_note", what=words, note=note) if note else words


@dataclass(frozen=True)
class Kept:
    """A scenario somebody wanted to remember: its name, what was set, and what came out."""

    name: str
    positions: dict[str, int]
    seen: Glance
    measure: str = ""


def kept_table(columns: Sequence[tuple[str, Glance, Sequence[str]]]) -> Table:
    """Scenarios side by side: level, probabilities, grades, and what was changed."""
    seens = [seen for _, seen, _ in columns]
    rows: list[tuple[Cell, ...]] = [(text("col_level"), *(level_cell(*_ends(seen)) for seen in seens))]
    notes = [badge_note(seen.badge) for seen in seens]
    if any(notes):
        rows.append((say("beside"), *(note or "—" for note in notes)))
    for code in reversed(scale("warning").codes):
        name = say("chance_of", level=level_words(code))
        rows.append((name, *(_share(seen, code) for seen in seens)))
    for factor in _FACTORS:
        rows.append((label("factor", factor), *(grade_words(seen, factor) for seen in seens)))
    rows.append((label("factor", "risk"), *(_risk(seen) for seen in seens)))
    told = ("\n".join(changes) or say("nothing_changed") for _, _, changes in columns)
    rows.append((say("changed"), *told))
    heads = (text("col_item"), *(name for name, _, _ in columns))
    return Table(say("kept_table"), heads, tuple(rows))


def _share(seen: Glance, code: str) -> str:
    told = [percent(float(seen.shares[name].loc[code])) for name in ("certain", "possible")]
    return told[0] if told[0] == told[1] else text("from_to", low=told[0], high=told[1])


def head_words(case: Case, assessment: Assessment) -> dict[str, str]:
    """What stands above the panel: which case, of what, and under which profile it is graded."""
    used = assessment.profile
    name, note = (used.zh, used.note_zh) if language() == "zh" else (used.en, used.note_en)
    named = (country_name(code) for code in case.product.origin)
    origin = listed(named, empty=say("not_known"))
    about = [
        case.product.name.say(),
        say("origin_of", origin=origin),
        say("as_of", day=case.assessed_on.isoformat()),
        say("profile_of", profile=name),
    ]
    return {
        "title": case.title.say(),
        "about": " · ".join(about),
        "more": say("more"),
        "summary": " ".join(one.say() for one in (case.summary, case.problem) if one is not None),
        "caution": text("caution_house", name=name, note=note).strip() if assessment.lo else "",
    }
