"""What a reader sees first: the level, how firm it is, what was assessed; or where food is handed over."""

from __future__ import annotations

from dataclasses import replace

from riskkit import __version__
from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment
from riskkit.case.sentences import input_name
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import country_name, hs_chapter
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.profiles import profile_names
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.document.block_kinds import Badge, Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import badge_note, level_badge
from riskkit.workbench.reports.case.citations import cite_standard
from riskkit.workbench.reports.case.experience import experience_caution
from riskkit.workbench.reports.case.words import risk_badge, scenario_titles


def summary(assessment: Assessment) -> Section:
    """The level, how firm it is, and what was assessed."""
    blocks: list[Block] = [
        *level_badges(assessment),
        Paragraph(assessment.robustness.say(), "lead"),
    ]
    if assessment.badge is not None and assessment.badge.is_range() and assessment.missing:
        unknown = listed(input_name(assessment.case, name) for name in assessment.missing)
        blocks.append(Paragraph(text("range_why", facts=unknown), "caution"))
    case = assessment.case
    told = [one.say() for one in (case.summary, case.problem) if one is not None]
    blocks += [
        *experience_caution(assessment),
        *profile_caution(assessment),
        *map(Paragraph, told),
    ]
    rows = (*_about(case), *_findings(assessment))
    heads = (text("col_item"), text("col_content"))
    return Section("summary", text("summary"), 1, (*blocks, Table(text("about_table"), heads, rows)))


def level_badges(assessment: Assessment) -> list[Block]:
    """The level that is shown; both ends where missing facts leave a range."""
    badge = assessment.badge
    if badge is None:
        return [level_badge("food")]
    if not badge.is_range():
        return [level_badge(badge.level)]
    ends = (("level_proven", badge.level), ("level_possible", badge.level_hi))
    return [replace(level_badge(code), scale=text(key)) for key, code in ends]


def profile_caution(assessment: Assessment) -> list[Block]:
    """What the profile is, and that no official table could be read; nothing where nothing was graded."""
    if assessment.lo is None:
        return []
    used = assessment.profile
    key = "caution_house" if used.name in profile_names() else "caution_own"
    name, note = (used.zh, used.note_zh) if language() == "zh" else (used.en, used.note_en)
    return [Paragraph(text(key, name=name, note=note).strip(), "caution")]


def _about(case: Case) -> tuple[tuple[Cell, ...], ...]:
    product = case.product
    unknown = text("not_published")
    gap = "　" if language() == "zh" else " "
    rows = {
        "row_product": product.name.say(),
        "row_description": product.description.say(),
        "row_brand": product.brand or unknown,
        "row_maker": product.maker or unknown,
        "row_importer": product.importer,
        "row_origin": listed((country_name(code) for code in product.origin), empty=unknown),
        "row_hs": "\n".join(f"{code}{gap}{hs_chapter(code)}" for code in product.hs),
        "row_goods": label("goods", case.goods),
        "row_direction": label("direction", case.direction),
        "row_jurisdiction": country_name(case.jurisdiction),
        "row_channels": listed(label("channel", code) for code in case.channels),
        "row_hazards": listed(label("hazard_class", code) for code in case.hazard_classes()),
        "row_users": case.exposure.users.say(),
        "row_assessed_on": case.assessed_on.isoformat(),
    }
    return tuple((text(key), value) for key, value in rows.items() if value is not None)


def _findings(assessment: Assessment) -> tuple[tuple[Cell, ...], ...]:
    """Product risk level and the scenario that governs."""
    badge = assessment.risk_badge
    if badge is None:
        return ((text("row_route"), label("route", assessment.route)),)
    governing = str(assessment.scenarios.loc[assessment.scenarios["governs"], "scenario"].iloc[0])
    rows: list[tuple[Cell, ...]] = [(text("row_risk"), risk_badge(badge.level))]
    note = badge_note(badge)
    if note:
        rows.append((text("row_risk_note"), note))
    if assessment.presumed:
        rows.append((text("row_risk_grid"), grid_risk(assessment)))
    rows.append((text("row_governs"), scenario_titles(assessment.case)[governing]))
    return tuple(rows)


def grid_risk(assessment: Assessment) -> Badge:
    """The risk level by the grid alone, a presumption left aside: the highest of the scenarios."""
    return risk_badge(max(assessment.scenarios["risk"], key=scale("risk").codes.index))


def handover(assessment: Assessment) -> Section | None:
    """The note that goes with a food case: why it is not graded here, on what ground, and to whom it goes."""
    if assessment.route == "graded":
        return None
    cited = {
        "policy": cite_standard(assessment, "sc_2017_43", "二（三）8"),
        "law": cite_standard(assessment, "food_safety_law"),
        "plan": cite_standard(assessment, "food_accident_plan"),
    }
    grounds = tuple(text(key, **cited) for key in ("handover_policy", "handover_law"))
    to = tuple(text(key, **cited) for key in ("handover_health", "handover_customs", "handover_importer"))
    blocks: list[Block] = [
        Paragraph(text("handover_lead"), "lead"),
        Paragraph(text("handover_grounds")),
        Items(grounds),
        Paragraph(text("handover_to")),
        Items(to),
        hazard_table(assessment.case),
        _paths(assessment.case),
        Paragraph(text("handover_with"), "note"),
    ]
    return Section("handover", text("handover"), 1, tuple(blocks))


def hazard_table(case: Case) -> Table:
    """The sources of harm in the product."""
    rows = tuple(
        (
            label("hazard_class", hazard.hazard_class),
            label("hazard_group", hazard.group),
            hazard.description.say(),
        )
        for hazard in case.hazards
    )
    heads = ("row_hazards", "col_hazard_group", "col_description")
    return Table(text("hazard_table"), tuple(text(head) for head in heads), rows)


def _paths(case: Case) -> Table:
    titles = scenario_titles(case)
    rows = tuple(
        (
            titles[s.id],
            label("injury", s.injury),
            label("users", s.users),
            s.severity_reason.say(),
        )
        for s in case.scenarios
    )
    heads = ("col_scenario", "col_injury", "col_users", "col_severity_reason")
    return Table(text("paths_table"), tuple(text(head) for head in heads), rows)


_METHOD = ("method_scenarios", "method_grid", "method_grades", "method_level", "method_draws")
_LIMITS = (
    "limit_official",
    "limit_bands",
    "limit_injuries",
    "limit_independent",
    "limit_monotone",
    "limit_asof",
)
_FOOD_LIMITS = ("limit_food", "limit_asof")


def house_numbers(assessment: Assessment) -> Section | None:
    """Every number of our own choice that the assessment used."""
    if assessment.house_rows.empty:
        return None
    rows: list[tuple[Cell, ...]] = []
    for i, row in enumerate(records(assessment.house_rows), start=1):
        source = cite_standard(assessment, row["source_id"], row["locator"])
        rows.append((f"H{i}", text(f"table_{row['table']}"), row["rule"] or "—", row[language()], source))
    heads = ("col_number", "col_table", "col_rule", "col_meaning", "col_source")
    table = Table(text("house_table"), tuple(text(head) for head in heads), tuple(rows))
    blocks = (Paragraph(text("house_lead", n=len(rows)), "caution"), table)
    return Section("house-numbers", text("house_numbers"), 1, blocks)


def method(assessment: Assessment) -> Section:
    """How the level was reached, how to read it, and the limits of all this."""
    graded = assessment.lo is not None
    cited = {
        "eu": cite_standard(assessment, "eu_2024_3173"),
        "policy": cite_standard(assessment, "sc_2017_43"),
    }
    blocks: list[Block] = [*profile_caution(assessment)]
    if graded:
        steps = tuple(text(key, draws=f"{assessment.draws:,}", **cited) for key in _METHOD)
        blocks += [Items(steps, ordered=True)]
    limits = tuple(text(key) for key in (_LIMITS if graded else _FOOD_LIMITS))
    return Section("method", text("method"), 1, (*blocks, Paragraph(text("limits_lead")), Items(limits)))


def provenance(
    assessment: Assessment, *, seed: int, case_sha256: str, notebook: str = "assess_case.ipynb"
) -> Section:
    """What was put in, so that the same comes out again."""
    told = {
        "prov_case": assessment.case.id,
        "prov_sha": case_sha256,
        "prov_notebook": notebook,
        "prov_version": __version__,
        "prov_seed": str(seed),
        "prov_draws": f"{assessment.draws:,}",
    }
    if assessment.lo is not None:
        told["prov_profile"] = f"{assessment.profile.name} · {label('status', assessment.profile.status)}"
        told["prov_profile_sha"] = assessment.profile.sha256
        matrix = standards.all_rows("risk_matrix_list").set_index("matrix")
        told["prov_matrix"] = str(matrix.at["eu_2024_3173", language()])
    rows = tuple((text(key), value) for key, value in told.items())
    table = Table(text("prov_table"), (text("col_item"), text("col_content")), rows)
    return Section("reproduction", text("reproduction"), 1, (Paragraph(text("prov_lead")), table))
