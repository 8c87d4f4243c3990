"""The evidence of a case as a report shows it: scenarios, facts, presumption, actions, gaps, sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from riskkit.assessment.facts.case_file import Fact, Scenario, Step
from riskkit.case.case import Assessment
from riskkit.case.sentences import say_level
from riskkit.foundation.numbers.distributions import Fixed, quantile
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent, probability, span
from riskkit.workbench.document.block_kinds import Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite, cite_standard, source_table
from riskkit.workbench.reports.case.dose_facts import dose_facts
from riskkit.workbench.reports.case.summary import grid_risk
from riskkit.workbench.reports.case.words import (
    distribution,
    fact_name,
    fact_value,
    grade,
    risk_badge,
    scenario_titles,
)


def scenarios(assessment: Assessment, *, lang: str) -> Section | None:
    """The ways in which the product can do harm: steps, probabilities, severity, risk."""
    if assessment.lo is None:
        return None
    blocks: list[Block] = [Paragraph(text("scenarios_lead", lang)), _overview(assessment, lang)]
    if bool(assessment.scenarios["on_boundary"].any()):
        blocks.append(Paragraph(text("boundary_note", lang), "caution"))
    if any(len(s.severity) > 1 for s in assessment.case.scenarios):
        blocks.append(Paragraph(text("mix_note", lang), "note"))
    if any(s.per == "shipment" for s in assessment.case.scenarios):
        blocks.append(Paragraph(text("per_shipment_note", lang), "caution"))
    for scenario in assessment.case.scenarios:
        blocks += _one_scenario(assessment, scenario, lang)
    return Section("scenarios", text("scenarios", lang), 1, tuple(blocks))


def _overview(assessment: Assessment, lang: str) -> Table:
    titles = scenario_titles(assessment.case, lang)
    bands = standards.table("probability_bands").set_index("band")[lang]
    rows: list[tuple[Cell, ...]] = []
    for s, row in zip(assessment.case.scenarios, records(assessment.scenarios), strict=True):
        notes = [text(key, lang) for key in ("governs", "on_boundary") if row[key]]
        notes += [text("per_shipment_flag", lang)] * (s.per == "shipment")
        rows.append(
            (
                titles[s.id],
                listed(
                    (
                        label("harm", s.harm, lang),
                        label("injury", s.injury, lang),
                        label("users", s.users, lang),
                    ),
                    lang,
                ),
                grade("harm", row["severity"], lang),
                probability(row["p_best"], lang),
                span(row["p05"], row["p95"], "probability", lang=lang),
                str(bands[row["band"]]),
                risk_badge(row["risk"], lang),
                say_level(row["lo"], row["hi"], lang),
                listed(notes, lang),
            )
        )
    heads = (
        "col_scenario",
        "col_harm",
        "grid_x",
        "col_best",
        "col_range",
        "col_band",
        "col_risk",
        "col_level",
        "col_flag",
    )
    return Table(
        text("scenarios_table", lang), tuple(text(h, lang) for h in heads), tuple(rows), numeric=(3, 4)
    )


def _one_scenario(assessment: Assessment, scenario: Scenario, lang: str) -> list[Block]:
    heads = ("col_step", "col_probability", "col_range", "col_rests_on", "col_note")
    rows = tuple(_step_row(assessment, j, step, lang=lang) for j, step in enumerate(scenario.steps, start=1))
    title = scenario_titles(assessment.case, lang)[scenario.id]
    table = Table(text("scenario_table", lang, scenario=title), tuple(text(h, lang) for h in heads), rows)
    mix = listed(
        (f"{grade('harm', level, lang)} {percent(share, lang)}" for level, share in scenario.severity), lang
    )
    reason = Paragraph(text("severity_why", lang, mix=mix, reason=scenario.severity_reason.say(lang)))
    return [table, reason, Paragraph(_wordings(assessment, scenario, lang), "source")]


def _step_row(assessment: Assessment, j: int, step: Step, *, lang: str) -> tuple[Cell, ...]:
    low, high = (float(q) for q in quantile(step.p, [0.05, 0.95]))
    wide = "—" if isinstance(step.p, Fixed) else span(low, high, "probability", lang=lang)
    basis = listed((label("evidence", step.evidence, lang), label("basis", step.basis, lang)), lang)
    note = step.note.say(lang) if step.note else "—"
    said = distribution(step.p, "probability", lang)
    return (f"{j}. {step.text.say(lang)}", said, wide, basis + " " + cite(assessment.case, step.source), note)


def _wordings(assessment: Assessment, scenario: Scenario, lang: str) -> str:
    """How the injury table words the severities of a scenario, with the status of that wording."""
    table = standards.table("injury_severity")
    told = []
    for level, _ in scenario.severity:
        found = table[(table["injury"] == scenario.injury) & (table["level"] == level)]
        for row in records(found):
            source = cite_standard(assessment, row["source_id"], row["locator"], lang=lang)
            status = label("status", row["status"], lang)
            told.append(
                text(
                    "wording",
                    lang,
                    grade=grade("harm", level, lang),
                    words=row[lang],
                    source=source,
                    status=status,
                )
            )
    head = text("wording_head", lang, injury=label("injury", scenario.injury, lang))
    return head + ("；" if lang == "zh" else "; ").join(told) if told else head + text("wording_none", lang)


def facts(assessment: Assessment, *, lang: str) -> Section:
    """The facts of the case, each with what it rests on and its source."""
    case = assessment.case
    rows = [
        _fact_row(assessment, fact_name(name, lang), case.facts[name], name=name, lang=lang)
        for name in known(assessment)
    ]
    rows.append(
        _fact_row(assessment, text("lifetime", lang), case.exposure.lifetime_years, name=None, lang=lang)
    )
    judged = sum(case.facts[name].basis == "judgement" for name in known(assessment))
    heads = ("col_fact", "col_value", "col_rests_on", "col_note")
    table = Table(text("facts_table", lang), tuple(text(head, lang) for head in heads), tuple(rows))
    lead = Paragraph(text("facts_lead", lang, n=len(rows) - 1, judged=judged))
    return Section("facts", text("facts", lang), 1, (lead, table, *dose_facts(case, lang=lang)))


def known(assessment: Assessment) -> tuple[str, ...]:
    """Names of the facts a case states, in the order of the fact table."""
    return tuple(name for name in standards.facts() if name in assessment.case.facts)


def _fact_row(
    assessment: Assessment, words: str, fact: Fact, *, name: str | None, lang: str
) -> tuple[Cell, ...]:
    if isinstance(fact.value, Fixed) and name is not None:
        value = fact_value(name, float(fact.value.value), lang)
    else:
        value = distribution(fact.value, standards.facts()[name].kind if name else "years", lang)
    basis = f"{label('basis', fact.basis, lang)} {cite(assessment.case, fact.source)}".strip()
    return (words, value, basis, fact.note.say(lang) if fact.note else "—")


def presumption(assessment: Assessment, *, lang: str) -> Section:
    """The grounds on which a serious risk is presumed, or that there are none."""
    case = assessment.case
    title = text("presumption", lang)
    if not case.presumptions:
        return Section("presumption", title, 1, (Paragraph(text("presumption_none", lang)),))
    rows = tuple(
        (
            label("presumption", one.ground, lang),
            cite(case, one.source) or "—",
            one.note.say(lang) if one.note else "—",
        )
        for one in case.presumptions
    )
    heads = ("col_ground", "col_source", "col_note")
    table = Table(text("presumption_table", lang), tuple(text(head, lang) for head in heads), rows)
    if assessment.lo is None:
        return Section("presumption", title, 1, (Paragraph(text("presumption_food", lang)), table))
    used = "presumption_used" if "risk" in assessment.profile.factors else "presumption_unused"
    lead = text("presumption_lead", lang, grid=grid_risk(assessment, lang).label)
    return Section("presumption", title, 1, (Paragraph(lead), table, Paragraph(text(used, lang), "note")))


def actions(assessment: Assessment, *, lang: str) -> Section:
    """What authorities and firms did, and when, those after the day of the assessment marked."""
    case = assessment.case
    title = text("actions", lang)
    if not case.actions:
        return Section("actions", title, 1, (Paragraph(text("actions_none", lang)),))
    rows = tuple(
        (
            one.date.isoformat() + (text("after", lang) if one.date > case.assessed_on else ""),
            one.authority.say(lang),
            one.what.say(lang),
            cite(case, one.source),
        )
        for one in sorted(case.actions, key=lambda one: one.date)
    )
    heads = ("col_date", "col_authority", "col_what", "col_source")
    table = Table(text("actions_table", lang), tuple(text(head, lang) for head in heads), rows)
    lead = Paragraph(text("actions_lead", lang, day=case.assessed_on.isoformat()))
    return Section("actions", title, 1, (lead, table))


def open_points(assessment: Assessment, *, lang: str) -> Section:
    """What is not known: what could raise the level first."""
    given = [name for name, kind in standards.facts().items() if kind.is_given]
    others = [name for name in given if name not in assessment.case.facts and name not in assessment.missing]
    blocks: list[Block] = []
    if assessment.missing:
        settled = assessment.badge is None or not assessment.badge.is_range()
        lead = (
            Paragraph(text("missing_grades", lang))
            if settled
            else Paragraph(text("missing_lead", lang), "caution")
        )
        blocks += [lead, _names(assessment.missing, lang)]
    elif assessment.lo is not None:
        blocks.append(Paragraph(text("missing_none", lang)))
    if others:
        key = "missing_others" if assessment.lo is not None else "missing_food"
        blocks += [Paragraph(text(key, lang)), _names(others, lang)]
    return Section("open-points", text("open_points", lang), 1, tuple(blocks))


def _names(names: Iterable[str], lang: str) -> Items:
    return Items(tuple(fact_name(name, lang) for name in names))


def questions(assessment: Assessment, *, lang: str) -> Section:
    """What the committee is asked to settle."""
    asked = tuple(question.say(lang) for question in assessment.questions)
    title = text("questions", lang)
    if not asked:
        return Section("questions", title, 1, (Paragraph(text("questions_none", lang)),))
    return Section(
        "questions", title, 1, (Paragraph(text("questions_lead", lang)), Items(asked, ordered=True))
    )


def sources(assessment: Assessment, *, lang: str) -> Section:
    """All numbered sources."""
    lead: Any = Paragraph(text("sources_lead", lang))
    return Section("sources", text("sources", lang), 1, (lead, source_table(assessment, lang)))
