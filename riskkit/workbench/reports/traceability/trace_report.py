"""A trace of lots, as sections in one language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, joined, section, text_table
from riskkit.workbench.reports.traceability.trace_figure import say, trace_figure
from riskkit.workbench.reports.traceability.trace_study import TraceStudy, study_trace
from riskkit.workbench.runs.result import ResultRecord
from riskkit.workbench.words.rules import fault_line

__all__ = ["publish_trace", "study_trace", "trace_completeness", "trace_exercise", "trace_figure",
           "trace_house", "trace_limits", "trace_plan", "trace_reach", "trace_steps",
           "trace_summary"]  # fmt: skip
_MOST_FAULTS = 20


def _units(value: Any) -> str:
    return "—" if pd.isna(value) else number(value)


def _share(value: Any) -> str:
    return "—" if pd.isna(value) else rate(float(value))


def trace_summary(study: TraceStudy) -> Section:
    """How far the lots reach, what of them is sold, and what was read."""
    scope, affected = study.scope.iloc[0], study.affected
    companies = {name for names in affected["companies"].dropna() for name in str(names).split()}
    lead = say("lead", lots=" ".join(study.lots), n=len(affected) - len(study.lots),
               companies=len(companies), units=_units(scope["n_recalled"]),
               sources=len(study.sources) - len(study.lots))  # fmt: skip
    blocks: list[Block] = [Paragraph(lead, "lead")]
    if study.exercise:
        score = study.exercise
        points = {"low": figure(score.score_lo), "high": figure(score.score_hi)}
        key = "score_one" if score.score_lo == score.score_hi else "score_between"
        verdict = say(f"exercise_{score.decision}")
        blocks.append(Paragraph(say(key, verdict=verdict, **points)))
    blocks += [Paragraph(say("synthetic"), "caution")] if study.opened.is_sample else []
    read = study.events
    counts = {"read": len(study.opened.table), "good": len(read.accepted), "aside": len(read.quarantined),
              "twice": len(read.duplicates)}  # fmt: skip
    blocks.append(Paragraph(say("read", **counts)))
    faults = [*study.epcis_faults, *read.faults]
    rows = [{"place": one.place, "value": one.value, "rule": one.rule} for one in faults[:_MOST_FAULTS]]
    blocks += [Items(tuple(fault_line(row) for row in rows))] if rows else []
    if len(faults) > _MOST_FAULTS:
        blocks.append(Paragraph(say("more_faults", n=len(faults) - _MOST_FAULTS)))
    source = say("input_file", name=study.opened.name, sha256=study.opened.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def trace_steps(study: TraceStudy) -> Section:
    """One step up and one step down from each lot asked about, with the event that links them."""
    rows = [
        (row["lot_id"], say(f"step_{way}"), row["next_lot_id"], say(f"stage_{row['stage']}"),
         row["company_id"], day_cell(row["event_time"]))
        for way, table in (("up", study.up), ("down", study.down))
        for row in records(table)
    ]  # fmt: skip
    heads = ("col_lot", "col_step", "col_other", "col_stage", "col_company", "#col_day")
    table = text_table(say, "steps", heads=heads, rows=rows)
    names = ("lot_id", "company_from", "company_to")
    passed = [
        (
            *(str(row[name]) for name in names),
            day_cell(row["last_at"]),
            day_cell(row["first_at"]),
            _hours(row["hours"]),
        )
        for row in records(study.passed)
    ]
    ways = ("col_lot", "col_from", "col_to", "#col_last", "#col_first", "#col_hours")
    return section(say, "steps", *(table or (Paragraph(say("no_steps")),)),
                   *text_table(say, "passed", heads=ways, rows=passed))  # fmt: skip


def trace_reach(study: TraceStudy) -> Section:
    """Every lot that the lots went into, with its units; and what they were made of."""
    balance = study.balance.set_index("lot_id")
    rows = [
        (row["lot_id"], number(row["n_steps"]), day_cell(row["produced_from"]),
         _units(balance.at[row["lot_id"], "n_made"]), _units(balance.at[row["lot_id"], "n_left"]),
         _units(row["n_sold"]), str(row["companies"]))
        for row in records(study.affected)
    ]  # fmt: skip
    heads = ("col_lot", "#col_steps", "col_day", "#col_made", "#col_left", "#col_sold", "col_companies")
    blocks = [*text_table(say, "reach", heads=heads, rows=rows)]
    back = [(row["lot_id"], number(row["n_steps"]), _units(balance.at[row["lot_id"], "n_made"]))
            for row in records(study.sources) if row["n_steps"]]  # fmt: skip
    blocks += text_table(say, "sources", heads=("col_lot", "#col_steps", "#col_made"), rows=back)
    over = study.balance[(study.balance["n_open"] < 0).fillna(value=False)]
    if len(over):
        blocks.append(Paragraph(say("over", lots=joined(over["lot_id"])), "caution"))
    return section(say, "reach", Paragraph(say("reach_note"), "note"), *blocks)


def trace_plan(study: TraceStudy) -> Section:
    """The fields of the recall plan that the reach fills in, and how many are still empty."""
    fields = standards.table("recall_plan_fields", on=study.on).set_index("field")
    scope, plan = study.scope.iloc[0], study.plan.iloc[0]
    rows = [
        (str(fields.at[name, language()]), "—" if pd.isna(value) else str(value))
        for name, value in scope.items()
    ]
    note = say("plan_note", filled=number(plan["n_filled"]), required=number(plan["n_required"]))
    table = text_table(say, "plan", heads=("col_field", "col_value"), rows=rows)
    return section(say, "plan", Paragraph(note), *table)


def trace_completeness(study: TraceStudy) -> Section:
    """How complete the records of each company are at each stage, and where a step is missing."""
    rows = [
        (row["company_id"], say(f"stage_{row['stage']}"), number(row["n_records"]),
         *(_share(row[f"share_{name}"]) for name in ("units", "up", "down")))
        for row in records(study.completeness)
    ]  # fmt: skip
    heads = (
        "col_company",
        "col_stage",
        "#col_records",
        "#col_share_units",
        "#col_share_up",
        "#col_share_down",
    )
    breaks = [
        (row["lot_id"], row["company_id"], say(f"stage_{row['stage']}"), day_cell(row["event_time"]),
         joined(say(f"no_{way}") for way in ("up", "down") if row[f"has_{way}"] is False
                 or row[f"has_{way}"] == 0))
        for row in records(study.breaks.fillna({"has_up": True, "has_down": True}))
    ]  # fmt: skip
    break_heads = ("col_lot", "col_company", "col_stage", "#col_day", "col_missing")
    return section(
        say, "completeness", Paragraph(say("completeness_note"), "note"),
        *text_table(say, "completeness", heads=heads, rows=rows),
        *text_table(say, "breaks", heads=break_heads, rows=breaks),
    )  # fmt: skip


def trace_exercise(study: TraceStudy) -> Section | None:
    """The mock recall: measures and points, companies, lots that do not balance, lots out of reach."""
    found = study.exercise
    if found is None:
        return None
    words = standards.table("mock_recall_rules", on=study.on).set_index("rule_id")
    rows = [
        (str(words.at[row["rule_id"], language()]), _value(row["measure"], row["value"]),
         _value(row["measure"], row["target"]), say(f"is_{row['decision']}"),
         _points(row), say(f"because_{row['reason']}"))
        for row in records(found.measures)
    ]  # fmt: skip
    heads = ("col_measure", "#col_value", "#col_target", "col_result", "#col_points", "col_reason")
    companies = [(row["company_id"], number(row["n_lots"]), number(row["n_named"]), _hours(row["hours"]),
                  say(f"answer_{row['decision']}")) for row in records(found.companies)]  # fmt: skip
    company_heads = ("col_company", "#col_lots", "#col_named", "#col_hours", "col_answer")
    lots = [(row["lot_id"], _units(row["n_left"]), _units(row["n_located"]),
             say("is_unknown" if pd.isna(row["is_balanced"]) else
                 "is_balanced" if row["is_balanced"] else "is_unbalanced"))
            for row in records(found.lots[~found.lots["is_container"]])]  # fmt: skip
    lot_heads = ("col_lot", "#col_left", "#col_located", "col_result")
    blocks = [*text_table(say, "measures", heads=heads, rows=rows),
              *text_table(say, "companies", heads=company_heads, rows=companies),
              *text_table(say, "lots", heads=lot_heads, rows=lots)]  # fmt: skip
    if len(found.outside):
        names = [f"{row['lot_id']} ({row['company_id']})" for row in records(found.outside)]
        blocks.append(Paragraph(say("outside", lots=joined(names)), "caution"))
    return section(say, "exercise", *blocks)


def _value(measure: str, value: Any) -> str:
    return _hours(value) if measure == "hours" else _share(value)


def _hours(value: Any) -> str:
    return "—" if pd.isna(value) else figure(value)


def _points(row: dict[str, Any]) -> str:
    low, high = figure(row["points_lo"]), figure(row["points_hi"])
    return low if low == high else say("between", low=low, high=high)


def trace_limits() -> Section:
    """How to read this, and how far it goes."""
    keys = ("limit_records", "limit_reach", "limit_units", "limit_steps", "limit_score")
    return Section("limits", say("limits"), 1, (Items(tuple(say(key) for key in keys)),))


def trace_house() -> Section:
    """Targets, worst values and points of a mock recall, all set by this project."""
    rows = [(str(row[language()]), figure(row["target"]),
             "—" if pd.isna(row["worst"]) else figure(row["worst"]),
             "—" if pd.isna(row["weight"]) else figure(row["weight"]))
            for row in standards.rows("mock_recall_rules")]  # fmt: skip
    heads = ("col_measure", "#col_target", "#col_worst", "#col_points")
    return Section("house-numbers", say("house"), 1, text_table(say, "house", heads=heads, rows=rows))


def publish_trace(study: TraceStudy) -> ResultRecord:
    """Put the trace into the notebook, where the runner reads it back."""
    lots = " ".join(study.lots)
    inputs = {"riskkit": __version__, "on": study.on.isoformat(), "lots": lots,
              "case_sha256": study.opened.sha256, "answers_sha256": study.answered.sha256}  # fmt: skip
    record: dict[str, Any] = {"schema": "riskkit.trace/1", "inputs": inputs}
    record["case"] = {"id": study.opened.name,
                      "title": in_each_language(say, "case", lots=lots)}  # fmt: skip
    read = study.events
    record["rows"] = {"read": len(study.opened.table), "accepted": len(read.accepted),
                      "quarantined": len(read.quarantined), "duplicates": len(read.duplicates)}  # fmt: skip
    days = {name: study.affected[name].map(day_cell) for name in ("produced_from", "produced_to")}
    record |= {"affected": study.affected.assign(**days), "sources": study.sources, "scope": study.scope}
    record |= {"balance": study.balance, "completeness": study.completeness}
    if study.exercise:
        found = study.exercise
        record["exercise"] = {
            "decision": found.decision,
            "score_lo": found.score_lo,
            "score_hi": found.score_hi,
        }
        record |= {"measures": found.measures, "companies": found.companies, "lots": found.lots}
    return ResultRecord(record)
