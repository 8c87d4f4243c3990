"""Everything that the notebook of acceptance calls: study, show, publish."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.application.acceptance.method_comparison import Line
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, joined, section, text_table
from riskkit.workbench.reports.acceptance.acceptance_study import AcceptanceStudy, study_acceptance
from riskkit.workbench.runs.result import ResultRecord

__all__ = ["acceptance_agreement", "acceptance_decisions", "acceptance_house", "acceptance_limits",
           "acceptance_list", "acceptance_scope", "acceptance_summary", "publish_acceptance",
           "study_acceptance"]  # fmt: skip
say = Texts("acceptance")
_DECISIONS = ("accept", "refuse", "suspend", "remove", "barred", "unknown")


def acceptance_summary(study: AcceptanceStudy) -> Section:
    """How many reports are accepted and what happens to the others."""
    counts = study.decided["decision"].value_counts()
    parts = [say(f"of_{one}", n=number(counts[one])) for one in _DECISIONS if counts.get(one)]
    lead = say("lead", n=len(study.decided), day=study.on.isoformat())
    blocks: list[Block] = [Paragraph(lead + joined(parts) + say("stop"), "lead")]
    cautions = {"conditions_unread": True, "synthetic": study.opened.is_sample}
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_file", name=study.opened.name, sha256=study.opened.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def acceptance_decisions(study: AcceptanceStudy) -> Section:
    """Each report with its decision, reason and the last day on which that holds."""
    words = standards.table("acceptance_rules", on=study.on).set_index("rule_id")[language()]
    rows = []
    for report, row in zip(records(study.reports), records(study.decided), strict=True):
        reason = words[row["rule_id"]] if row["rule_id"] else say(f"because_{row['reason']}")
        names = [_text(report[name]) for name in ("agency_id", "report_id", "goods", "item")]
        rows.append((*names, say(f"is_{row['decision']}"), reason, day_cell(row["last_day"])))
    heads = ("col_agency", "col_report", "col_goods", "col_item", "col_decision", "col_reason", "#col_last")
    return section(say, "decisions", *text_table(say, "decisions", heads=heads, rows=rows))


def acceptance_agreement(study: AcceptanceStudy) -> Section | None:
    """How the results of each agency agree with the re-tests, in verdicts and in values."""
    if not study.agreement:
        return None
    verdicts = [
        (one.agency_id, number(v["n"]), figure(v["kappa"], 2), rate(v["rate_agree"]),
         f"{number(v['n_false_good'])}/{number(v['n_reported_good'])}", rate(v["rate_false_good"]),
         _span(rate(v["rate_false_good_lo"]), rate(v["rate_false_good_hi"])))
        for one in study.agreement if (v := one.verdicts) is not None
    ]  # fmt: skip
    heads = ("col_agency", "#col_n", "#col_kappa", "#col_agree", "#col_false", "#col_rate", "#col_interval")
    values = [
        (one.agency_id, number(v["n"]), figure(v["bias"]),
         _span(figure(v["bias_lo"]), figure(v["bias_hi"])),
         _span(figure(v["lower"]), figure(v["upper"])),
         _line(one.deming), _line(one.passing_bablok))
        for one in study.agreement if (v := one.limits) is not None
    ]  # fmt: skip
    value_heads = (
        "col_agency",
        "#col_n",
        "#col_bias",
        "#col_interval",
        "#col_limits",
        "col_deming",
        "col_passing",
    )
    return section(
        say, "agreement", Paragraph(say("agreement_note"), "note"),
        *text_table(say, "verdicts", heads=heads, rows=verdicts),
        *text_table(say, "values", heads=value_heads, rows=values),
    )  # fmt: skip


def _span(low: str, high: str) -> str:
    return say("between", low=low, high=high)


def _line(line: Line | None) -> str:
    if line is None:
        return "—"
    slope = _span(figure(line.slope_lo), figure(line.slope_hi))
    intercept = _span(figure(line.intercept_lo), figure(line.intercept_hi))
    return say("line", slope=figure(line.slope), slope_span=slope, intercept=figure(line.intercept),
               intercept_span=intercept)  # fmt: skip


def acceptance_scope(study: AcceptanceStudy) -> Section | None:
    """Which goods and items come into or out of scope as their risk changes."""
    if study.scope.empty:
        return None
    words = standards.table("acceptance_scope_rules").set_index("rule_id")[language()]
    goods = study.further[1].table
    rows = [
        (str(fact["goods"]), str(fact["item"]), rate(row["rate"]),
         "—" if pd.isna(row["rate"]) else _span(rate(row["rate_lo"]), rate(row["rate_hi"])),
         say(f"scope_{row['decision']}"), words[row["rule_id"]])
        for fact, row in zip(records(goods), records(study.scope), strict=True)
    ]  # fmt: skip
    heads = ("col_goods", "col_item", "#col_rate_found", "#col_interval", "col_change", "col_reason")
    return section(say, "scope", *text_table(say, "scope", heads=heads, rows=rows))


def acceptance_list(study: AcceptanceStudy) -> Section | None:
    """The public list of the day, and the accreditations that cannot stand in it."""
    if study.listed.empty and study.list_faults.empty:
        return None
    names = ("agency_id", "goods", "item")
    rows = [(*(str(row[name]) for name in names), day_cell(row["valid_from"]), day_cell(row["valid_to"]))
            for row in records(study.listed)]  # fmt: skip
    heads = ("col_agency", "col_goods", "col_item", "#col_from", "#col_to")
    table = study.further[2].table
    wrong = [
        (number(at), *(_text(table.at[at, name]) for name in names), row["column"],
         say(f"rule_{row['rule']}"))
        for at, row in zip(study.list_faults.index, records(study.list_faults), strict=True)
    ]  # fmt: skip
    wrong_heads = ("#col_row", "col_agency", "col_goods", "col_item", "col_column", "col_fault")
    return section(
        say, "list", *text_table(say, "list", heads=heads, rows=rows),
        *text_table(say, "list_faults", heads=wrong_heads, rows=wrong),
    )  # fmt: skip


def _text(value: Any) -> str:
    return "—" if pd.isna(value) else str(value)


def acceptance_limits() -> Section:
    """How to read this, and how far it goes."""
    keys = ("limit_conditions", "limit_rate", "limit_pairs", "limit_scope", "limit_list")
    return Section("limits", say("limits"), 1, (Items(tuple(say(key) for key in keys)),))


def acceptance_house(study: AcceptanceStudy) -> Section:
    """Values set by this project behind decisions and scope."""
    rows = [
        (str(row[language()]), figure(row["number"]))
        for name in ("acceptance_rules", "acceptance_scope_rules")
        for row in standards.rows(name, on=study.on)
        if row["status"] == "house" and pd.notna(row["number"])
    ]
    heads = ("col_meaning", "#col_value")
    return Section("house-numbers", say("house"), 1, text_table(say, "house", heads=heads, rows=rows))


def publish_acceptance(study: AcceptanceStudy) -> ResultRecord:
    """Put the decisions into the notebook, where the runner reads them back."""
    day, keys = study.on.isoformat(), ["agency_id", "report_id"]
    inputs = {"riskkit": __version__, "on": day, "case_sha256": study.opened.sha256}
    inputs |= {
        f"{name}_sha256": one.sha256
        for name, one in zip(("retests", "scope", "list"), study.further, strict=True)
    }
    decided = study.decided.assign(last_day=study.decided["last_day"].map(day_cell))
    record: dict[str, Any] = {
        "schema": "riskkit.acceptance/1",
        "case": {
            "id": study.opened.name,
            "title": in_each_language(say, "case", day=day),
        },
        "inputs": inputs,
        "decisions": study.reports[keys].join(decided),
        "agreement": [_plain_agreement(one) for one in study.agreement],
        "scope": study.scope,
        "list": study.listed,
        "list_faults": study.list_faults,
    }
    return ResultRecord(record)


def _plain_agreement(one: Any) -> dict[str, Any]:
    series = {
        name: None if getattr(one, name) is None else getattr(one, name).to_dict()
        for name in ("verdicts", "limits")
    }
    lines = {
        name: None if getattr(one, name) is None else asdict(getattr(one, name))
        for name in ("deming", "passing_bablok")
    }
    return {"agency_id": one.agency_id} | series | lines
