"""The second page of the brief: what was done elsewhere, the options, and what is to be decided."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pandas as pd

from riskkit.assessment.facts.case_file import Action, Case
from riskkit.assessment.facts.nearest_cases import nearest_cases
from riskkit.assessment.what_if.what_if_file import WhatIfs
from riskkit.case.case import Assessment
from riskkit.case.case_reading import parse_case
from riskkit.case.derived_facts import defect_found
from riskkit.case.what_if_effects import Effect
from riskkit.foundation import shipped
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.foundation.language import language
from riskkit.foundation.numbers.uncertainty import support
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.alerts.choice import default_measures
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.reading import BRIEF_IDS
from riskkit.workbench.reports.brief.brief import fitted
from riskkit.workbench.reports.case.words import level_spoken
from riskkit.workbench.reports.monitoring.words import source_title
from riskkit.workbench.reports.what_if.study import study_effects

T = TypeVar("T")
Cut = Callable[[str, int], str]
_MILLION = 1e6
_HOURS_A_DAY = 24
_MOST_MEASURES = 3
_MOST_DRAWS = 5000  # enough for a share in whole per cent


def brief_decision(
    assessment: Assessment, *, planned: WhatIfs | None = None, like: pd.DataFrame | None = None, seed: int = 0
) -> Section:
    """The second page: like cases and what was done, options, the decision asked, signatures."""
    effects: tuple[Effect, ...] = ()
    if planned is not None and assessment.badge is not None:
        draws = min(assessment.draws, _MOST_DRAWS)
        effects = _effects(_Same(assessment), _Same(planned), draws=draws, seed=seed)

    near = _near(assessment.case, like)

    def compose(cut: Cut) -> Section:
        blocks: list[Block] = [_elsewhere(assessment.case, near, cut)]
        if assessment.badge is not None:
            blocks.append(_options(assessment, effects, cut))
            if not effects:
                blocks.append(Paragraph(text("brief_not_compared"), "note"))
        if assessment.case.problem is not None:
            blocks.append(Paragraph(cut(assessment.case.problem.say(), 40 if language() == "en" else 70)))
        blocks.append(Paragraph(text("brief_asked")))
        blocks.append(Items(_asked(assessment, cut), ordered=True))
        blocks += [_signatures(), Paragraph(text("brief_annex"), "note")]
        return Section(BRIEF_IDS[1], text("brief_decision"), 1, tuple(blocks))

    return fitted(compose, share=method_number("brief", "second_page"))


@dataclass(frozen=True)
class _Same(Generic[T]):
    """Equal to nothing but itself: what holds tables cannot be compared otherwise."""

    of: T

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.of is other.of

    def __hash__(self) -> int:
        return id(self.of)


@functools.lru_cache(maxsize=1)
def _effects(
    assessment: _Same[Assessment], planned: _Same[WhatIfs], *, draws: int, seed: int
) -> tuple[Effect, ...]:
    """Kept, as the same study is shown in each language."""
    case, profile = assessment.of.case, assessment.of.profile
    return study_effects(case, planned.of, profile=profile, draws=draws, seed=seed)


@functools.cache
def _library() -> tuple[Case, ...]:
    """The cases that come with riskkit; their pictures, which take longest to read, are not looked at."""
    folder = shipped.case_path("x").parent
    return tuple(parse_case(read_toml(path)) for path in sorted(folder.glob("*.toml")))


def _near(case: Case, like: pd.DataFrame | None) -> list[tuple[float, str, str, str]]:
    """The nearest of the library and the register: likeness, title, place, what was done."""
    library = nearest_cases(case, _library())["likeness"].items()
    ranked = [(float(share), *_of_library(str(name))) for name, share in library]
    ranked += [] if like is None else [(float(row["likeness"]), *_of_register(row)) for row in records(like)]
    return sorted(ranked, key=lambda one: -one[0])[: int(method_number("nearest_cases", "shown"))]


def _elsewhere(case: Case, near: Sequence[tuple[float, str, str, str]], cut: Cut) -> Table:
    """What was done about the same affair abroad, then about the nearest other ones."""
    long = (12, 22) if language() == "en" else (26, 40)
    abroad = [one for one in case.actions if one.where is not None and one.date <= case.assessed_on]
    rows = []
    if abroad:
        places = listed(dict.fromkeys(country_name(str(one.where)) for one in abroad))
        rows.append((cut(text("brief_this_affair", where=places), long[0]), _done(abroad)))
    for _, title, where, done in near:
        name = cut(title, long[0])
        rows.append((f"{name}（{where}）" if language() == "zh" else f"{name} ({where})", cut(done, long[1])))
    return Table(text("brief_elsewhere"), (text("brief_case"), text("brief_done")), tuple(rows))


def _of_library(name: str) -> tuple[str, str, str]:
    other = next(one for one in _library() if one.id == name)
    done = _done([one for one in other.actions if one.by == "authority"])
    return other.title.say(), country_name(other.jurisdiction), done


def _of_register(row: Mapping[str, Any]) -> tuple[str, str, str]:
    words = [str(row[name]) for name in ("product", "brand", "hazard") if not pd.isna(row[name])]
    event = text("brief_no_action") if pd.isna(row["event"]) else str(row["event"])
    return " · ".join(words), source_title(str(row["source"])), f"{str(row['date'])[:10]} {event}"


def _done(actions: Sequence[Action]) -> str:
    """The measures of the first action that took any, with its date; then of the gravest that followed."""
    taken = [one for one in actions if one.measures]
    if not taken:
        return text("brief_no_action")
    order = {str(row["measure"]): int(row["position"]) for row in standards.rows("option_order")}
    gravest = min(taken, key=lambda one: min(order.get(name, len(order)) for name in one.measures))
    shown = dict.fromkeys((taken[0], gravest))
    join = "；" if language() == "zh" else "; "
    return join.join(f"{one.date.isoformat()} {_measures(one)}" for one in shown)


def _measures(action: Action) -> str:
    return listed(label("official_measure", name) for name in action.measures[:_MOST_MEASURES])


def _options(assessment: Assessment, effects: Sequence[Effect], cut: Cut) -> Table:
    """What may be done: the default measures of the level, gravest first, and the what-ifs of the case."""
    case = assessment.case
    order = sorted(standards.rows("option_order"), key=lambda row: int(row["position"]))
    proposed = set(_proposed(assessment))
    by_measure = _by_measure(effects, order)
    matched = set(by_measure.values())
    rows: list[tuple[str, ...]] = []
    for row in order:
        name = str(row["measure"])
        if name in proposed or name in by_measure:
            at = by_measure.get(name)
            duty = _duty(case, name)
            rows.append((label("official_measure", name), *duty, *_worth(effects, at)))
    for at, one in enumerate(effects):
        if one.what_if is not None and at not in matched:
            title = cut(one.what_if.title.say(), 8 if language() == "en" else 16)
            rows.append((title, text("brief_law_unknown"), "—", *_worth(effects, at)))
    most, unknown = int(method_number("brief", "options")), text("brief_not_estimated")
    first = sorted(range(len(rows)), key=lambda at: rows[at][4] == unknown)[:most]  # what is estimated first
    kept = tuple(rows[at] for at in sorted(first))
    heads = ("brief_measure", "brief_actor", "brief_law", "brief_cost", "brief_effect")
    width = len(heads) if effects else 3  # where no measure was compared there is neither cost nor effect
    caption = text("brief_options", day=due_day(assessment).isoformat())
    shown = tuple(row[:width] for row in kept)
    return Table(caption, tuple(text(head) for head in heads[:width]), shown)


def _proposed(assessment: Assessment) -> tuple[str, ...]:
    case, badge = assessment.case, assessment.badge
    assert badge is not None
    level = scale("warning").codes.index(badge.level_hi) + 1
    return default_measures(level, direction=case.direction, goods=case.goods, has_defect=defect_found(case))


def _by_measure(effects: Sequence[Effect], order: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Which what-if stands for a measure: the first of the like kind."""
    found: dict[str, int] = {}
    for row in order:
        for at, one in enumerate(effects):
            if one.what_if is not None and one.what_if.kind == row["what_if"]:
                found.setdefault(str(row["measure"]), at)
    return found


def _duty(case: Case, measure: str) -> tuple[str, str]:
    """Who acts and on what legal basis, in the jurisdiction of the case and on its day."""
    there = [
        row
        for row in standards.rows("measure_duties", on=case.assessed_on)
        if row["measure"] == measure and row["jurisdiction"] == case.jurisdiction
    ]
    fits = [row for goods in (case.goods, "any") for row in there if row["goods"] == goods]
    if not fits:
        unknown = text("brief_law_unknown")
        return unknown, unknown
    return str(fits[0][f"who_{language()}"]), str(fits[0][f"law_{language()}"])


def _worth(effects: Sequence[Effect], at: int | None) -> tuple[str, str]:
    """Cost of a what-if, and the share of the expected harm that it avoids."""
    unknown = text("brief_not_estimated")
    if at is None:
        return "—", unknown
    one, unit = effects[at], 1e4 if language() == "zh" else _MILLION
    cost = "—"
    if one.what_if is not None and one.what_if.cost_cny is not None:
        ends = (f"{float(f'{value / unit:.3g}'):,g}" for value in support(one.what_if.cost_cny))
        cost = text("brief_cost_said", **dict(zip(("low", "high"), ends, strict=True)))
    grave = slice(3, 4) if float(effects[0].harm["mean"].loc[3:4].sum()) > 0 else slice(1, 4)
    had, avoided = (
        float(table["mean"].loc[grave].sum(skipna=False)) for table in (effects[0].harm, one.avoided)
    )
    if math.isnan(had) or had <= 0:
        return cost, unknown
    return cost, f"{100 * avoided / had:.0f}%" if language() == "zh" else f"{100 * avoided / had:.0f} %"


def due_day(assessment: Assessment) -> dt.date:
    """The day by which a warning of the level that is shown is to be confirmed and issued."""
    level = 1 if assessment.badge is None else scale("warning").codes.index(assessment.badge.level_hi) + 1
    clocks = [row for row in standards.rows("warning_clocks") if row["level"] == level]
    hours = sum(row["hours"] for row in clocks if row["clock"] in ("confirm", "issue"))
    return assessment.case.assessed_on + dt.timedelta(days=math.ceil(int(hours) / _HOURS_A_DAY))


def _asked(assessment: Assessment, cut: Cut) -> tuple[str, ...]:
    if assessment.badge is None:
        return (text("brief_ask_food"),)
    ends = dict.fromkeys((assessment.badge.level, assessment.badge.level_hi))
    level = ("—" if language() == "zh" else "–").join(level_spoken(code) for code in ends)
    asked = [text("brief_ask_level", level=level)]
    asked.append(text("brief_ask_option", day=due_day(assessment).isoformat()))
    open_points = [one.text for one in assessment.case.questions] or list(assessment.questions)
    if open_points:
        question = cut(open_points[0].say(), 25 if language() == "en" else 40)
        asked.append(text("brief_ask_question", question=question))
    return tuple(asked)


def _signatures() -> Table:
    heads = ("col_item", "brief_name", "brief_sign", "brief_date")
    rows = tuple((text(key), "", "", "") for key in ("brief_prepared", "brief_reviewed", "brief_approved"))
    return Table(text("brief_signature"), tuple(text(head) for head in heads), rows)
