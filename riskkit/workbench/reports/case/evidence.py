"""The evidence of a case as a report shows it: scenarios, facts, presumption, actions, gaps, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from riskkit.assessment.facts.case_file import Case, Dose, Fact, Scenario, Step
from riskkit.case.case import Assessment
from riskkit.case.sentences import say_level
from riskkit.foundation.language import language
from riskkit.foundation.numbers.distributions import Fixed, quantile
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent, probability, span
from riskkit.workbench.document.block_kinds import Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite, cite_standard, source_table
from riskkit.workbench.reports.case.summary import grid_risk
from riskkit.workbench.reports.case.words import (
    distribution,
    fact_name,
    fact_value,
    grade,
    risk_badge,
    scenario_titles,
)

_NUMBERS = ("dose", "reference_point", "guidance_value")


def dose_facts(case: Case) -> tuple[Table, ...]:
    """The table of doses and of what they are compared with; nothing where the case has none."""
    rows = tuple(row for dose in case.methods.exposure for row in _rows(case, dose))
    heads = ("col_fact", "col_value", "col_rests_on", "col_note")
    table = Table(text("doses_table"), tuple(text(head) for head in heads), rows)
    return (table,) if rows else ()


def _rows(case: Case, dose: Dose) -> Iterator[tuple[str, ...]]:
    colon = "：" if language() == "zh" else ": "
    name = dose.substance.say()
    for part in _NUMBERS:
        fact: Fact | None = getattr(dose, part)
        if fact is not None:
            basis = f"{label('basis', fact.basis)} {cite(case, fact.source)}".strip()
            note = fact.note.say() if fact.note else "—"
            said = distribution(fact.value, "number")
            yield name + colon + label("method_input", part), said, basis, note
    if dose.route is not None or dose.source:
        inputs = "；" if language() == "zh" else "; "
        said = inputs.join(f"{key} = {value}" for key, value in dose.inputs.items()) or "—"
        basis = f"{label('basis', dose.basis)} {cite(case, dose.source)}".strip()
        note = dose.note.say() if dose.note else "—"
        yield name + colon + text("doses_inputs"), said, basis, note


def scenarios(assessment: Assessment) -> Section | None:
    """The ways in which the product can do harm: steps, probabilities, severity, risk."""
    if assessment.lo is None:
        return None
    blocks: list[Block] = [Paragraph(text("scenarios_lead")), _overview(assessment)]
    if bool(assessment.scenarios["on_boundary"].any()):
        blocks.append(Paragraph(text("boundary_note"), "caution"))
    if any(len(s.severity) > 1 for s in assessment.case.scenarios):
        blocks.append(Paragraph(text("mix_note"), "note"))
    if any(s.per == "shipment" for s in assessment.case.scenarios):
        blocks.append(Paragraph(text("per_shipment_note"), "caution"))
    for scenario in assessment.case.scenarios:
        blocks += _one_scenario(assessment, scenario)
    return Section("scenarios", text("scenarios"), 1, tuple(blocks))


def _overview(assessment: Assessment) -> Table:
    titles = scenario_titles(assessment.case)
    bands = standards.table("probability_bands").set_index("band")[language()]
    rows: list[tuple[Cell, ...]] = []
    for s, row in zip(assessment.case.scenarios, records(assessment.scenarios), strict=True):
        notes = [text(key) for key in ("governs", "on_boundary") if row[key]]
        notes += [text("per_shipment_flag")] * (s.per == "shipment")
        rows.append(
            (
                titles[s.id],
                listed(
                    (
                        label("harm", s.harm),
                        label("injury", s.injury),
                        label("users", s.users),
                    )
                ),
                grade("harm", row["severity"]),
                probability(row["p_best"]),
                span(row["p05"], row["p95"], "probability"),
                str(bands[row["band"]]),
                risk_badge(row["risk"]),
                say_level(row["lo"], row["hi"]),
                listed(notes),
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
    return Table(text("scenarios_table"), tuple(text(h) for h in heads), tuple(rows), numeric=(3, 4))


def _one_scenario(assessment: Assessment, scenario: Scenario) -> list[Block]:
    heads = ("col_step", "col_probability", "col_range", "col_rests_on", "col_note")
    rows = tuple(_step_row(assessment, j, step) for j, step in enumerate(scenario.steps, start=1))
    title = scenario_titles(assessment.case)[scenario.id]
    table = Table(text("scenario_table", scenario=title), tuple(text(h) for h in heads), rows)
    mix = listed((f"{grade('harm', level)} {percent(share)}" for level, share in scenario.severity))
    reason = Paragraph(text("severity_why", mix=mix, reason=scenario.severity_reason.say()))
    return [table, reason, Paragraph(_wordings(assessment, scenario), "source")]


def _step_row(assessment: Assessment, j: int, step: Step) -> tuple[Cell, ...]:
    low, high = (float(q) for q in quantile(step.p, [0.05, 0.95]))
    wide = "—" if isinstance(step.p, Fixed) else span(low, high, "probability")
    basis = listed((label("evidence", step.evidence), label("basis", step.basis)))
    note = step.note.say() if step.note else "—"
    said = distribution(step.p, "probability")
    return (f"{j}. {step.text.say()}", said, wide, basis + " " + cite(assessment.case, step.source), note)


def _wordings(assessment: Assessment, scenario: Scenario) -> str:
    """How the injury table words the severities of a scenario, with the status of that wording."""
    table = standards.table("injury_severity")
    told = []
    for level, _ in scenario.severity:
        found = table[(table["injury"] == scenario.injury) & (table["level"] == level)]
        for row in records(found):
            source = cite_standard(assessment, row["source_id"], row["locator"])
            status = label("status", row["status"])
            told.append(
                text(
                    "wording",
                    grade=grade("harm", level),
                    words=row[language()],
                    source=source,
                    status=status,
                )
            )
    head = text("wording_head", injury=label("injury", scenario.injury))
    return head + ("；" if language() == "zh" else "; ").join(told) if told else head + text("wording_none")


def facts(assessment: Assessment) -> Section:
    """The facts of the case, each with what it rests on and its source."""
    case = assessment.case
    rows = [_fact_row(assessment, fact_name(name), case.facts[name], name=name) for name in known(assessment)]
    rows.append(_fact_row(assessment, text("lifetime"), case.exposure.lifetime_years, name=None))
    judged = sum(case.facts[name].basis == "judgement" for name in known(assessment))
    heads = ("col_fact", "col_value", "col_rests_on", "col_note")
    table = Table(text("facts_table"), tuple(text(head) for head in heads), tuple(rows))
    lead = Paragraph(text("facts_lead", n=len(rows) - 1, judged=judged))
    return Section("facts", text("facts"), 1, (lead, table, *dose_facts(case)))


def known(assessment: Assessment) -> tuple[str, ...]:
    """Names of the facts a case states, in the order of the fact table."""
    return tuple(name for name in standards.facts() if name in assessment.case.facts)


def _fact_row(assessment: Assessment, words: str, fact: Fact, *, name: str | None) -> tuple[Cell, ...]:
    if isinstance(fact.value, Fixed) and name is not None:
        value = fact_value(name, float(fact.value.value))
    else:
        value = distribution(fact.value, standards.facts()[name].kind if name else "years")
    basis = f"{label('basis', fact.basis)} {cite(assessment.case, fact.source)}".strip()
    return (words, value, basis, fact.note.say() if fact.note else "—")


def presumption(assessment: Assessment) -> Section:
    """The grounds on which a serious risk is presumed, or that there are none."""
    case = assessment.case
    title = text("presumption")
    if not case.presumptions:
        return Section("presumption", title, 1, (Paragraph(text("presumption_none")),))
    rows = tuple(
        (
            label("presumption", one.ground),
            cite(case, one.source) or "—",
            one.note.say() if one.note else "—",
        )
        for one in case.presumptions
    )
    heads = ("col_ground", "col_source", "col_note")
    table = Table(text("presumption_table"), tuple(text(head) for head in heads), rows)
    if assessment.lo is None:
        return Section("presumption", title, 1, (Paragraph(text("presumption_food")), table))
    used = "presumption_used" if "risk" in assessment.profile.factors else "presumption_unused"
    lead = text("presumption_lead", grid=grid_risk(assessment).label)
    return Section("presumption", title, 1, (Paragraph(lead), table, Paragraph(text(used), "note")))


def actions(assessment: Assessment) -> Section:
    """What authorities and firms did, and when, those after the day of the assessment marked."""
    case = assessment.case
    title = text("actions")
    if not case.actions:
        return Section("actions", title, 1, (Paragraph(text("actions_none")),))
    rows = tuple(
        (
            one.date.isoformat() + (text("after") if one.date > case.assessed_on else ""),
            one.authority.say(),
            one.what.say(),
            cite(case, one.source),
        )
        for one in sorted(case.actions, key=lambda one: one.date)
    )
    heads = ("col_date", "col_authority", "col_what", "col_source")
    table = Table(text("actions_table"), tuple(text(head) for head in heads), rows)
    lead = Paragraph(text("actions_lead", day=case.assessed_on.isoformat()))
    return Section("actions", title, 1, (lead, table))


def open_points(assessment: Assessment) -> Section:
    """What is not known: what could raise the level first."""
    given = [name for name, kind in standards.facts().items() if kind.is_given]
    others = [name for name in given if name not in assessment.case.facts and name not in assessment.missing]
    blocks: list[Block] = []
    if assessment.missing:
        settled = assessment.badge is None or not assessment.badge.is_range()
        lead = Paragraph(text("missing_grades")) if settled else Paragraph(text("missing_lead"), "caution")
        blocks += [lead, _names(assessment.missing)]
    elif assessment.lo is not None:
        blocks.append(Paragraph(text("missing_none")))
    if others:
        key = "missing_others" if assessment.lo is not None else "missing_food"
        blocks += [Paragraph(text(key)), _names(others)]
    return Section("open-points", text("open_points"), 1, tuple(blocks))


def _names(names: Iterable[str]) -> Items:
    return Items(tuple(fact_name(name) for name in names))


def questions(assessment: Assessment) -> Section:
    """What the committee is asked to settle."""
    asked = tuple(question.say() for question in assessment.questions)
    title = text("questions")
    if not asked:
        return Section("questions", title, 1, (Paragraph(text("questions_none")),))
    return Section("questions", title, 1, (Paragraph(text("questions_lead")), Items(asked, ordered=True)))


def sources(assessment: Assessment) -> Section:
    """All numbered sources."""
    lead: Any = Paragraph(text("sources_lead"))
    return Section("sources", text("sources"), 1, (lead, source_table(assessment)))
