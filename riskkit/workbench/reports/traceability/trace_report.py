"""A trace of lots, as sections in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, joined, keyed_table, section, text_table
from riskkit.workbench.reports.figures.pixel_sheet import LINE_PX, Sheet
from riskkit.workbench.reports.traceability.trace_study import TraceStudy
from riskkit.workbench.runs.result import ResultRecord, found_record
from riskkit.workbench.words.rules import fault_line

say = Texts("trace")
MOST = 60
_MOST_WALKED = 5000
_GAP = 10
_SYMBOLS = {
    "asked": "M-9,-9L9,-9L9,9L-9,9Z",
    "source": "M-9,-8L9,-8L0,9Z",
    "lot": "M-8,0C-8,4.4 -4.4,8 0,8C4.4,8 8,4.4 8,0C8,-4.4 4.4,-8 0,-8C-4.4,-8 -8,-4.4 -8,0Z",
    "container": "M-10,-6L10,-6L10,6L-10,6Z",
    "last": "M0,-10L10,0L0,10L-10,0Z",
}
_FILLS = {
    "asked": "#c9d6e8",
    "source": "#ffffff",
    "lot": "#ffffff",
    "container": "#eeeeee",
    "last": "#dfe7f1",
}


def drawn_lots(study: TraceStudy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lots asked about with all they came from and went into, by layer, and the links between them."""
    names = [*study.sources["lot_id"], *study.affected["lot_id"]]
    events = study.graph.events
    ends = events.loc[events["lot_id"].isin(names), ["event_id", "lot_id", "role"]]
    inputs, outputs = (ends[ends["role"] == role].drop(columns="role") for role in ("input", "output"))
    links = inputs.merge(outputs, on="event_id", suffixes=("", "_to"))[
        ["lot_id", "lot_id_to"]
    ].drop_duplicates()
    layers = dict.fromkeys(dict.fromkeys(names), 0)
    for _ in layers:  # the longest way from a beginning; events hold no circle
        deeper = {to: layers[at] + 1 for at, to in zip(*links.to_numpy().T, strict=True)
                  if layers[at] >= layers[to]} if len(links) else {}  # fmt: skip
        if not deeper:
            break
        layers |= {to: max(layers[to], layer) for to, layer in deeper.items()}
    units = study.balance.set_index("lot_id").reindex(list(layers))
    table = units.assign(layer=list(layers.values())).reset_index(names="lot_id")
    sources, parts = set(study.sources["lot_id"]), set(links["lot_id"])
    table["kind"] = [_kind(row, set(study.lots), sources=sources, parts=parts) for row in records(table)]
    return table.sort_values("layer", kind="stable", ignore_index=True), links


def _kind(row: Mapping[str, Any], asked: set[str], *, sources: set[str], parts: set[str]) -> str:
    if row["lot_id"] in asked:
        return "asked"
    if row["is_container"]:
        return "container"
    if row["lot_id"] in sources:
        return "source"
    return "lot" if row["lot_id"] in parts else "last"


def trace_figure(study: TraceStudy) -> Picture | None:
    """Where the lots came from and what they went into; nothing where a lot stands alone or thousands do."""
    if len(study.affected) + len(study.sources) > _MOST_WALKED:
        return None
    table, links = drawn_lots(study)
    if links.empty:
        return None
    title = say("figure", lots=" ".join(study.lots))
    sheet = _drawn(table.head(MOST), links)
    if len(table) > MOST:
        sheet.text(say("figure_more", shown=MOST, n=number(len(table))), x=0, quiet=True)
    sheet.text(say("figure_marks"), x=0, quiet=True)
    rows = [(row["lot_id"], say(f"kind_{row['kind']}"), number(row["layer"]), number(row["n_made"]),
             number(row["n_left"]), " ".join(links.loc[links["lot_id_to"] == row["lot_id"], "lot_id"]) or "—")
            for row in records(table)]  # fmt: skip
    heads = ("col_lot", "col_kind", "#col_layer", "#col_made", "#col_left", "col_parts")
    counts = {kind: int((table["kind"] == kind).sum()) for kind in _SYMBOLS}
    alt = say("figure_alt", n=len(table), links=len(links), layers=int(table["layer"].max()) + 1,
              sources=counts["source"], last=counts["last"] + counts["container"])  # fmt: skip
    cells = keyed_table(say, "figure_table", heads=heads, rows=rows)
    return Picture("trace-figure", title, alt, cells, sheet.figure(title))


def _drawn(table: pd.DataFrame, links: pd.DataFrame) -> Sheet:
    sheet, at = Sheet(), {}
    deepest = int(table["layer"].max())
    step = max(10, min(24, 110 // max(1, deepest)))
    edge = 12 + step * deepest + 18
    for row in records(table):
        x, y = 12 + step * int(row["layer"]), sheet.depth + LINE_PX - 4
        at[row["lot_id"]] = (x, y)
        kind = str(row["kind"])
        sheet.symbol(_SYMBOLS[kind], x=x, y=y, fill=_FILLS[kind], width=2.6 if kind == "asked" else 1.6)
        sheet.text(str(row["lot_id"]), x=edge, bold=kind == "asked")
        words = [say(f"kind_{kind}")]
        if kind != "container":
            units = {
                "made": number(row["n_made"]),
                "left": number(row["n_left"]),
                "sold": number(row["n_sold"]),
            }
            words.append(say("figure_units", **units))
        sheet.text(" · ".join(words), x=edge, quiet=True)
        sheet.skip(_GAP)
    for tail, head in links.itertuples(index=False):
        if tail in at and head in at:
            (x0, y0), (x1, y1) = at[tail], at[head]
            sheet.bend([(x0, y0 + 9), (x0, y1), (x1 - 9, y1)])
    return sheet


_MOST_FAULTS = 20


def trace_summary(study: TraceStudy) -> Section:
    """How far the lots reach, what of them is sold, and what was read."""
    scope, affected = study.scope.iloc[0], study.affected
    companies = {name for names in affected["companies"].dropna() for name in str(names).split()}
    lead = say("lead", lots=" ".join(study.lots), n=len(affected) - len(study.lots),
               companies=len(companies), units=number(scope["n_recalled"]),
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
            figure(row["hours"]),
        )
        for row in records(study.passed)
    ]
    ways = ("col_lot", "col_from", "col_to", "#col_last", "#col_first", "#col_hours")
    return section(say, "steps", *(table or (Paragraph(say("no_steps")),)),
                   *text_table(say, "passed", heads=ways, rows=passed))  # fmt: skip


def trace_reach(study: TraceStudy) -> Section:
    """Every lot that the lots went into, with its units; and what they were made of."""
    balance = {row["lot_id"]: row for row in records(study.balance)}
    rows = [
        (row["lot_id"], number(row["n_steps"]), day_cell(row["produced_from"]),
         number(balance[row["lot_id"]]["n_made"]), number(balance[row["lot_id"]]["n_left"]),
         number(row["n_sold"]), str(row["companies"]))
        for row in records(study.affected)
    ]  # fmt: skip
    heads = ("col_lot", "#col_steps", "col_day", "#col_made", "#col_left", "#col_sold", "col_companies")
    blocks = [*text_table(say, "reach", heads=heads, rows=rows)]
    back = [(row["lot_id"], number(row["n_steps"]), number(balance[row["lot_id"]]["n_made"]))
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
         *(rate(row[f"share_{name}"]) for name in ("units", "up", "down")))
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
    companies = [(row["company_id"], number(row["n_lots"]), number(row["n_named"]), figure(row["hours"]),
                  say(f"answer_{row['decision']}")) for row in records(found.companies)]  # fmt: skip
    company_heads = ("col_company", "#col_lots", "#col_named", "#col_hours", "col_answer")
    lots = [(row["lot_id"], number(row["n_left"]), number(row["n_located"]),
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
    return figure(value) if measure == "hours" else rate(value)


def _points(row: dict[str, Any]) -> str:
    low, high = figure(row["points_lo"]), figure(row["points_hi"])
    return low if low == high else say("between", low=low, high=high)


def trace_house() -> Section:
    """Targets, worst values and points of a mock recall, all set by this project."""
    rows = [(str(row[language()]), figure(row["target"]),
             figure(row["worst"]),
             figure(row["weight"]))
            for row in standards.rows("mock_recall_rules")]  # fmt: skip
    heads = ("col_measure", "#col_target", "#col_worst", "#col_points")
    return Section("house-numbers", say("house"), 1, text_table(say, "house", heads=heads, rows=rows))


def publish_trace(study: TraceStudy) -> ResultRecord:
    """Put the trace into the notebook, where the runner reads it back."""
    lots = " ".join(study.lots)
    inputs = {"on": study.on.isoformat(), "lots": lots,
              "case_sha256": study.opened.sha256, "answers_sha256": study.answered.sha256}  # fmt: skip
    rows = {name: len(getattr(study.events, name)) for name in ("accepted", "quarantined", "duplicates")}
    record: dict[str, Any] = {"rows": {"read": len(study.opened.table), **rows}}
    days = {name: study.affected[name].map(day_cell) for name in ("produced_from", "produced_to")}
    record |= {"affected": study.affected.assign(**days), "sources": study.sources, "scope": study.scope}
    record |= {"balance": study.balance, "completeness": study.completeness}
    if study.exercise:
        names = ("decision", "score_lo", "score_hi")
        record["exercise"] = {name: getattr(study.exercise, name) for name in names}
        record |= {name: getattr(study.exercise, name) for name in ("measures", "companies", "lots")}
    title = in_each_language(say, "case", lots=lots)
    return found_record("trace", study.opened.name, title, inputs=inputs, **record)
