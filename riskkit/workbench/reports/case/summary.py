"""What a reader sees first: the level, how firm it is, what was assessed; or where food is handed over."""

from __future__ import annotations

from dataclasses import replace

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment
from riskkit.case.sentences import input_name
from riskkit.foundation.standards.codes import country_name, hs_chapter
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.warning.profiles import profile_names
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.document.block_kinds import Badge, Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import badge_note, level_badge
from riskkit.workbench.reports.case.citations import cite_standard
from riskkit.workbench.reports.case.experience import experience_caution
from riskkit.workbench.reports.case.words import risk_badge, scenario_titles


def summary(assessment: Assessment, *, lang: str) -> Section:
    """The level, how firm it is, and what was assessed."""
    blocks: list[Block] = [
        *level_badges(assessment, lang),
        Paragraph(assessment.robustness.say(lang), "lead"),
    ]
    if assessment.badge is not None and assessment.badge.is_range() and assessment.missing:
        unknown = listed((input_name(assessment.case, name, lang) for name in assessment.missing), lang)
        blocks.append(Paragraph(text("range_why", lang, facts=unknown), "caution"))
    case = assessment.case
    told = [one.say(lang) for one in (case.summary, case.problem) if one is not None]
    blocks += [
        *experience_caution(assessment, lang),
        *profile_caution(assessment, lang),
        *map(Paragraph, told),
    ]
    rows = (*_about(case, lang), *_findings(assessment, lang))
    heads = (text("col_item", lang), text("col_content", lang))
    return Section(
        "summary", text("summary", lang), 1, (*blocks, Table(text("about_table", lang), heads, rows))
    )


def level_badges(assessment: Assessment, lang: str) -> list[Block]:
    """The level that is shown; both ends where missing facts leave a range."""
    badge = assessment.badge
    if badge is None:
        return [level_badge("food", lang)]
    if not badge.is_range():
        return [level_badge(badge.level, lang)]
    ends = (("level_proven", badge.level), ("level_possible", badge.level_hi))
    return [replace(level_badge(code, lang), scale=text(key, lang)) for key, code in ends]


def profile_caution(assessment: Assessment, lang: str) -> list[Block]:
    """What the profile is, and that no official table could be read; nothing where nothing was graded."""
    if assessment.lo is None:
        return []
    used = assessment.profile
    key = "caution_house" if used.name in profile_names() else "caution_own"
    name, note = (used.zh, used.note_zh) if lang == "zh" else (used.en, used.note_en)
    return [Paragraph(text(key, lang, name=name, note=note).strip(), "caution")]


def _about(case: Case, lang: str) -> tuple[tuple[Cell, ...], ...]:
    product = case.product
    unknown = text("not_published", lang)
    gap = "　" if lang == "zh" else " "
    rows = {
        "row_product": product.name.say(lang),
        "row_description": product.description.say(lang),
        "row_brand": product.brand or unknown,
        "row_maker": product.maker or unknown,
        "row_importer": product.importer,
        "row_origin": listed((country_name(code, lang) for code in product.origin), lang, empty=unknown),
        "row_hs": "\n".join(f"{code}{gap}{hs_chapter(code, lang)}" for code in product.hs),
        "row_goods": label("goods", case.goods, lang),
        "row_direction": label("direction", case.direction, lang),
        "row_jurisdiction": country_name(case.jurisdiction, lang),
        "row_channels": listed((label("channel", code, lang) for code in case.channels), lang),
        "row_hazards": listed((label("hazard_class", code, lang) for code in case.hazard_classes()), lang),
        "row_users": case.exposure.users.say(lang),
        "row_assessed_on": case.assessed_on.isoformat(),
    }
    return tuple((text(key, lang), value) for key, value in rows.items() if value is not None)


def _findings(assessment: Assessment, lang: str) -> tuple[tuple[Cell, ...], ...]:
    """Product risk level and the scenario that governs."""
    badge = assessment.risk_badge
    if badge is None:
        return ((text("row_route", lang), label("route", assessment.route, lang)),)
    governing = str(assessment.scenarios.loc[assessment.scenarios["governs"], "scenario"].iloc[0])
    rows: list[tuple[Cell, ...]] = [(text("row_risk", lang), risk_badge(badge.level, lang))]
    note = badge_note(badge, lang)
    if note:
        rows.append((text("row_risk_note", lang), note))
    if assessment.presumed:
        rows.append((text("row_risk_grid", lang), grid_risk(assessment, lang)))
    rows.append((text("row_governs", lang), scenario_titles(assessment.case, lang)[governing]))
    return tuple(rows)


def grid_risk(assessment: Assessment, lang: str) -> Badge:
    """The risk level by the grid alone, a presumption left aside: the highest of the scenarios."""
    return risk_badge(max(assessment.scenarios["risk"], key=scale("risk").codes.index), lang)


def handover(assessment: Assessment, *, lang: str) -> Section | None:
    """The note that goes with a food case: why it is not graded here, on what ground, and to whom it goes."""
    if assessment.route == "graded":
        return None
    cited = {
        "policy": cite_standard(assessment, "sc_2017_43", "二（三）8", lang=lang),
        "law": cite_standard(assessment, "food_safety_law", lang=lang),
        "plan": cite_standard(assessment, "food_accident_plan", lang=lang),
    }
    grounds = tuple(text(key, lang, **cited) for key in ("handover_policy", "handover_law"))
    to = tuple(
        text(key, lang, **cited) for key in ("handover_health", "handover_customs", "handover_importer")
    )
    blocks: list[Block] = [
        Paragraph(text("handover_lead", lang), "lead"),
        Paragraph(text("handover_grounds", lang)),
        Items(grounds),
        Paragraph(text("handover_to", lang)),
        Items(to),
        hazard_table(assessment.case, lang),
        _paths(assessment.case, lang),
        Paragraph(text("handover_with", lang), "note"),
    ]
    return Section("handover", text("handover", lang), 1, tuple(blocks))


def hazard_table(case: Case, lang: str) -> Table:
    """The sources of harm in the product."""
    rows = tuple(
        (
            label("hazard_class", hazard.hazard_class, lang),
            label("hazard_group", hazard.group, lang),
            hazard.description.say(lang),
        )
        for hazard in case.hazards
    )
    heads = ("row_hazards", "col_hazard_group", "col_description")
    return Table(text("hazard_table", lang), tuple(text(head, lang) for head in heads), rows)


def _paths(case: Case, lang: str) -> Table:
    titles = scenario_titles(case, lang)
    rows = tuple(
        (
            titles[s.id],
            label("injury", s.injury, lang),
            label("users", s.users, lang),
            s.severity_reason.say(lang),
        )
        for s in case.scenarios
    )
    heads = ("col_scenario", "col_injury", "col_users", "col_severity_reason")
    return Table(text("paths_table", lang), tuple(text(head, lang) for head in heads), rows)
