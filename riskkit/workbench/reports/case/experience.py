"""The part of a report that checks the scenarios against experience: tables, and what does not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from riskkit.assessment.facts.back_check import METHOD
from riskkit.case.case import Assessment
from riskkit.case.experience_sentences import experience_questions, say_count, say_place
from riskkit.foundation.language import language
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import percent, probability
from riskkit.workbench.document.block_kinds import Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite
from riskkit.workbench.reports.case.words import scenario_titles


def experience(assessment: Assessment) -> Section | None:
    """Victims and incidents that the scenarios make one expect by now, beside those that are known."""
    found = assessment.experience
    if found is None:
        return None
    bounds = {name: f"{method_number(METHOD, f'ratio_{name}'):g}" for name in ("low", "high")}
    blocks: list[Block] = [Paragraph(text("experience_lead", **bounds))]
    asked = experience_questions(found)
    if asked:
        blocks.append(Items(tuple(question.say() for question in asked)))
    else:
        known = found.compared["state"].isin(["fits"]).any()
        blocks.append(Paragraph(text("experience_fits" if known else "experience_none")))
    blocks.append(_by_scenario(assessment))
    if len(found.compared):
        blocks.append(experience_table(assessment))
    share = percent(method_number(METHOD, "life_elapsed"))
    blocks.append(Paragraph(text("experience_note", share=share), "note"))
    return Section("experience", text("experience"), 1, tuple(blocks))


def experience_caution(assessment: Assessment) -> list[Block]:
    """The questions of experience as they stand on page one; nothing where all fits."""
    if assessment.experience is None:
        return []
    return [Paragraph(one.say(), "caution") for one in experience_questions(assessment.experience)]


def _by_scenario(assessment: Assessment) -> Table:
    assert assessment.experience is not None
    titles = scenario_titles(assessment.case)
    rows: list[tuple[Cell, ...]] = [
        (
            titles[row["scenario"]],
            probability(row["p"]),
            text("per_product" if row["per"] == "product" else "per_shipment"),
            say_count(row["units"]),
            say_count(row["expected_life"]),
            say_count(row["expected"]),
            _span(row["p05"], row["p95"]),
        )
        for row in records(assessment.experience.scenarios)
    ]
    heads = (
        "col_scenario",
        "col_probability",
        "col_per",
        "col_units",
        "col_expected_life",
        "col_expected_now",
    )
    told = tuple(text(head) for head in (*heads, "col_expected_range"))
    return Table(text("experience_scenarios"), told, tuple(rows), numeric=(1, 3, 4, 5))


def experience_table(assessment: Assessment) -> Table:
    """Expected and observed numbers by outcome and place."""
    assert assessment.experience is not None
    rows = [_row(assessment, row) for row in records(assessment.experience.compared)]
    heads = ("col_outcome", "col_where", "col_elapsed", "col_expected_range", "col_observed", "col_interval")
    told = tuple(text(head) for head in (*heads, "col_ratio", "col_verdict"))
    return Table(text("experience_table"), told, tuple(rows), numeric=(2, 4, 6))


def outcome_words(assessment: Assessment, row: Mapping[str, Any]) -> str:
    """What was counted: the outcome, and the scenario where it is about one."""
    words = label("observed_outcome", row["outcome"])
    if not row["scenario"]:
        return words
    title = scenario_titles(assessment.case)[row["scenario"]]
    return text("label_value", label=words, value=title)


def _row(assessment: Assessment, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    ratio = row["ratio"]
    many = "∞" if math.isinf(ratio) else "—" if math.isnan(ratio) else f"{ratio:.2g}"
    elapsed = percent(row["life_elapsed"]) + ("＊" if language() == "zh" else "*") * row["is_assumed"]
    expected = _span(row["p05"], row["p95"], best=row["expected"])
    return (
        outcome_words(assessment, row),
        say_place(row),
        elapsed,
        expected,
        f"{say_count(row['observed'])} {cite(assessment.case, tuple(row['source'].split()))}".strip(),
        _span(row["lo"], row["hi"]),
        many,
        label("back_check", row["state"]),
    )


def _span(low: float, high: float, *, best: float | None = None) -> str:
    if math.isnan(low) or math.isnan(high):
        return "—"
    ends = text("from_to", low=say_count(low), high=say_count(high))
    if best is None:
        return ends
    return f"{say_count(best)}（{ends}）" if language() == "zh" else f"{say_count(best)} ({ends})"
