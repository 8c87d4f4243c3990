"""Shipped cases' warnings as they would have lived, beside what the authorities did: table and page."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment
from riskkit.case.derived_facts import defect_found
from riskkit.foundation.language import language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.warning.alerts.drafts import LEVELS
from riskkit.warning.dynamics.replayed import STRICTNESSES, TIMINGS, OfficialAct, ReplayedLife, replayed_life
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.doc_pages.methods import markdown_table
from riskkit.workbench.document.block_kinds import Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.reports.case.compare import shipped_comparisons
from riskkit.workbench.reports.figures import style

_HEADS = ("case", "life_level", "proposed", "first_act", "timing", "measures_both", "strictness", "life_end")


@dataclass(frozen=True)
class CaseLife:
    """A case and its warning's life; none for what is handed over."""

    case: Case
    levels: tuple[str, ...]
    life: ReplayedLife | None


def case_life(found: Assessment) -> CaseLife:
    """The life of the warning of one assessed case."""
    case = found.case
    levels = found.level_ends
    if found.route != "graded" or not set(levels) <= set(LEVELS):
        return CaseLife(case, (), None)
    acts = [
        OfficialAct(one.date, one.measures)
        for one in case.actions
        if one.by == "authority" and one.where in (None, case.jurisdiction)
    ]
    ranks = (LEVELS.index(levels[0]) + 1, LEVELS.index(levels[1]) + 1)
    life = replayed_life(
        case.id, ranks, on=case.assessed_on, direction=case.direction, goods=case.goods, acts=acts,
        has_defect=defect_found(case),
    )  # fmt: skip
    return CaseLife(case, levels, life)


@functools.cache
def shipped_lives() -> tuple[CaseLife, ...]:
    """Every shipped case under the default profile."""
    return tuple(case_life(one.assessment) for one in shipped_comparisons())


def life_cells(one: CaseLife) -> tuple[str, ...]:
    """A row of the table: as the columns stand."""
    case, life = one.case, one.life
    if life is None:
        return (case.title.say(), say("handed_over"), case.assessed_on.isoformat(), *["—"] * 5)
    span = dict.fromkeys(one.levels)
    level = "–".join(f"{scale('warning').symbol(code)} {code}" for code in span)
    first = life.first_act
    day = "—" if first is None else first.on.isoformat()
    return (
        case.title.say(),
        level,
        say("proposed_issued", on=case.assessed_on.isoformat(), by=life.issued_by.isoformat()),
        " ".join([day, *_elsewhere(one)]),
        _timed(one),
        _measures(life),
        say(f"strict_{life.strictness}"),
        _end(life),
    )


def _named(measures: Iterable[str]) -> str:
    told = [label("official_measure", one) for one in measures]
    return ("、" if language() == "zh" else ", ").join(told) or "—"


def _timed(one: CaseLife) -> str:
    """The gravest measure that both took, and who came first."""
    life = one.life
    if life is None or life.shared_on is None:
        return say("timing_none_shared")
    begin = life.issued_by if life.timing == "earlier" else one.case.assessed_on
    said = say(f"timing_{life.timing}", days=abs((life.shared_on - begin).days))
    named = label("official_measure", life.shared)
    return say("timing_of", measure=named, day=life.shared_on.isoformat(), said=said)


def _measures(life: ReplayedLife) -> str:
    """Measures that both have, that only the authorities have, and that only the level brings."""
    proven, possible = life.own
    parts = {
        "both": [one for one in life.in_force if one in proven],
        "theirs": [one for one in life.in_force if one not in possible],
        "ours": [one for one in proven if one not in life.in_force],
        "perhaps": [one for one in possible if one not in proven],
    }
    told = [say(f"measures_{key}", what=_named(some)) for key, some in parts.items() if some]
    return "".join(told) if language() == "zh" else " ".join(told)


def _elsewhere(one: CaseLife) -> list[str]:
    """What another country's authority did before the first of one's own."""
    life, case = one.life, one.case
    until = life.first_act.on if life is not None and life.first_act is not None else case.assessed_on
    found = [act for act in case.actions if act.measures and act.by == "authority"]
    return [
        say("acted_elsewhere", where=country_name(act.where), day=act.date.isoformat())
        for act in found
        if act.where is not None and act.where != case.jurisdiction and act.date < until
    ]


def _end(life: ReplayedLife) -> str:
    told = [say("expires_on", day=life.events[-1].at.date().isoformat(), reviews=life.reviews)]
    n = sum(event.event == "prolonged" for event in life.events)
    told += [say("prolonged_times", n=n)] if n else []
    if life.acts_after:
        told.append(say("acts_after", n=len(life.acts_after), day=life.acts_after[0].isoformat()))
    return ("；" if language() == "zh" else "; ").join(told)


def lives_said(lives: Sequence[CaseLife]) -> str:
    """How many warnings came earlier, later, stricter or milder, in a sentence or two."""
    graded = [one.life for one in lives if one.life is not None]
    timing, strict = (Counter(getattr(life, name) for life in graded) for name in ("timing", "strictness"))
    gap = "、" if language() == "zh" else ", "
    return say(
        "lives_counted", n=len(graded), food=len(lives) - len(graded),
        timing=gap.join(f"{say(f'count_{code}')} {timing[code]}" for code in TIMINGS if timing[code]),
        strict=gap.join(
            f"{say(f'strict_{code}')} {strict[code]}" for code in STRICTNESSES if strict[code]
        ),
    )  # fmt: skip


def lives_section(lives: Sequence[CaseLife]) -> Section:
    """What the comparison of lives says, and what it cannot say."""
    blocks = (
        Paragraph(lives_said(lives), "lead"),
        Paragraph(say("lives_limits"), "caution"),
        Paragraph(say("lives_rule"), "note"),
    )
    return Section("lives", say("lives_title"), 1, blocks)


def lives_table(lives: Sequence[CaseLife]) -> Table:
    """Case, level, who came first and who was stricter."""
    shown = [_HEADS.index(name) for name in ("case", "life_level", "first_act", "timing", "strictness")]
    heads = tuple(say(f"col_{_HEADS[n]}") for n in shown)
    cells = (life_cells(one) for one in lives)
    return Table(say("lives_title"), heads, tuple(tuple(row[n] for n in shown) for row in cells))


def lives_page() -> str:
    """The page ``docs/warning_lives`` in one language, as Markdown."""
    lives = shipped_lives()
    heads = [say(f"col_{name}") for name in _HEADS]
    parts = [
        f"# {say('lives_title')}",
        lives_said(lives),
        say("lives_limits"),
        markdown_table(heads, (life_cells(one) for one in lives)),
        say("lives_rule"),
    ]
    return "\n\n".join(parts) + "\n"


_SIGNS = {"earlier": "triangle-right", "same": "circle", "later": "triangle-left"}


def lives_picture(lives: Sequence[CaseLife], table: Table, *, said: str) -> Picture:
    """Days from the assessment: the time the clocks allow, the first act, the strictest measure of both."""
    rows, traces, reach = style.Rows(body=1.1), [], [0]
    for one in lives:
        if one.life is not None:
            y = rows.add(one.case.title.say())
            drawn, days = _drawn(one, y)
            traces += drawn
            reach += days
    title = say("lives_title")
    edge = 0.06 * (max(reach) - min(reach) + 1)
    across = style.quiet_axis() | {
        "range": [min(reach) - edge, max(reach) + edge], "title": {"text": say("lives_axis")},
        "zeroline": True, "zerolinecolor": style.QUIET,
    }  # fmt: skip
    figure = rows.figure(title, traces, x=across, marks=say("lives_marks"), at=62, sides=(14, 20, 12))
    return Picture("lives-days", title, said, table, figure)


def _drawn(one: CaseLife, y: float) -> tuple[list[dict[str, Any]], list[int]]:
    life = one.life
    if life is None:
        return [], []

    def day(of: dt.date) -> int:
        return (of - one.case.assessed_on).days

    quiet: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip"}
    span = [0, day(life.issued_by)]
    line = {"color": style.DARK, "width": 7}
    traces = [quiet | {"mode": "lines", "x": [-0.8, span[1] + 0.8], "y": [y, y], "line": line}]
    seen = list(span)
    if life.first_act is not None:
        seen.append(day(life.first_act.on))
        mark = {"symbol": "circle-open", "size": 11, "color": style.INK, "line": {"width": 2}}
        traces.append(quiet | {"mode": "markers", "x": [seen[-1]], "y": [y], "marker": mark})
    if life.shared_on is not None:
        seen.append(day(life.shared_on))
        mark = {"symbol": _SIGNS[life.timing], "size": 10, "color": "#a33b00",
                "line": {"width": 1, "color": "#ffffff"}}  # fmt: skip
        traces.append(quiet | {"mode": "markers", "x": [seen[-1]], "y": [y], "marker": mark})
    return traces, seen
