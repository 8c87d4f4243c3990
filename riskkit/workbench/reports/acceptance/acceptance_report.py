"""The acceptance of enterprises' own test results: opened, studied, shown and published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from riskkit.application.acceptance import acceptance, scopes
from riskkit.application.acceptance.method_comparison import (
    Line,
    deming,
    limits_of_agreement,
    passing_bablok,
    retest_agreement,
)
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, tried
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import (
    day_cell,
    joined,
    section,
    table_section,
    text_cell,
    text_table,
)
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.examples import (
    column_faults,
    object_rows,
    one_day,
    open_example,
    open_further,
)
from riskkit.workbench.runs.result import ResultRecord, found_record

REPORTS, RETESTS = "acceptance_agencies", "acceptance_retests"
SCOPE, LISTED = "acceptance_scope", "acceptance_listed"
_RETEST = ("agency_id", "sample", "reported", "retested", "is_reported_bad", "is_retested_bad")
_REPORT = ("agency_id", "report_id", "goods", "item", "issued_on", "removed_on")
_SCOPE = ("goods", "item", "n_tested", "n_nonconforming", "severity", "is_accepted")
_LISTED = ("agency_id", "goods", "item", "valid_from", "valid_to")


@dataclass(frozen=True)
class Agreement:
    """How the results of one agency agree with the re-tests; a part is None where pairs are too few."""

    agency_id: str
    verdicts: pd.Series | None
    limits: pd.Series | None
    deming: Line | None
    passing_bablok: Line | None


@dataclass(frozen=True)
class AcceptanceStudy:
    """Every table has the rows of its file as its index."""

    opened: OpenTable
    further: tuple[OpenTable, OpenTable, OpenTable]
    on: dt.date
    reports: pd.DataFrame
    decided: pd.DataFrame
    agreement: tuple[Agreement, ...]
    scope: pd.DataFrame
    list_faults: pd.DataFrame
    listed: pd.DataFrame


def study_acceptance(
    reports: str = REPORTS, *, retests: str = "", scope: str = "", listed: str = "", on: str
) -> AcceptanceStudy:
    """Everything that the notebook of acceptance shows, or one error with every fault of all files."""
    opened = open_example(reports, sample=REPORTS, what="reports", texts=_REPORT)
    further = (
        _further(retests, opened, RETESTS, columns=_RETEST),
        _further(scope, opened, SCOPE, columns=_SCOPE),
        _further(listed, opened, LISTED, columns=_LISTED),
    )
    rows, pairs, goods, accredited = (object_rows(one.table) for one in (opened, *further))
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    refuse("acceptance", faults if day or faults else [Fault("on", "missing", "YYYY-MM-DD")])
    assert day is not None
    facts = list(acceptance.required_facts(day))
    faults += column_faults(rows, what="reports", needed=[*_REPORT, *facts], known=[*_REPORT, *facts])
    for name, table, columns in (
        ("retests", pairs, _RETEST),
        ("scope", goods, _SCOPE),
        ("list", accredited, _LISTED),
    ):
        if len(table):
            faults += column_faults(table, what=name, needed=columns, known=columns)
    refuse("acceptance", faults)
    agreement = tuple(_agreements(pairs, faults))
    bad = {one.agency_id: one.verdicts["rate_false_good_lo"] for one in agreement if one.verdicts is not None}
    rows["rate_false_good_lo"] = rows["agency_id"].map(bad).astype(float)
    decided = tried(faults, partial(acceptance.decide, rows, on=day))
    changed = tried(faults, partial(scopes.scope_changes, goods, on=day)) if len(goods) else pd.DataFrame()
    refuse("acceptance", faults)
    assert decided is not None
    assert changed is not None
    wrong = scopes.accreditation_faults(accredited)
    return AcceptanceStudy(
        opened, further, day, rows, decided, agreement, changed, wrong, scopes.public_list(accredited, on=day)
    )


def _agreements(pairs: pd.DataFrame, faults: list[Fault]) -> Iterator[Agreement]:
    """One agency after the other; too few pairs leave a part out, a wrong value is a fault."""
    numbers = ["reported", "retested", "is_reported_bad", "is_retested_bad"]
    found = pairs.assign(**{name: pd.to_numeric(pairs[name], errors="coerce") for name in numbers})
    for name in numbers:
        is_wrong = found[name].isna() & pairs[name].notna()
        faults += [Fault(f"retests: row {row}: {name}", str(pairs[name][row]), "a number, or missing")
                   for row in pairs.index[is_wrong]]  # fmt: skip
    for agency, group in found.groupby("agency_id", sort=False):
        both = group.dropna(subset=["reported", "retested"])
        first, second = both["reported"], both["retested"]
        verdicts = group.dropna(subset=["is_reported_bad", "is_retested_bad"])
        try:
            yield Agreement(
                str(agency),
                retest_agreement(verdicts["is_reported_bad"], verdicts["is_retested_bad"])
                if len(verdicts)
                else None,
                limits_of_agreement(first, second) if len(both) >= 2 else None,
                deming(second, first) if len(both) >= 3 else None,
                passing_bablok(second, first) if len(both) >= 3 else None,
            )
        except InputFaults as error:
            faults += [replace(one, place=f"retests: {agency}: {one.place}") for one in error.faults]


def _further(name: str, reports: OpenTable, sample: str, *, columns: tuple[str, ...]) -> OpenTable:
    texts = [one for one in columns if not one.startswith(("n_", "is_", "re")) and one != "severity"]
    return open_further(name, reports, sample=sample, columns=columns, texts=texts)


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
        names = [text_cell(report[name]) for name in ("agency_id", "report_id", "goods", "item")]
        rows.append((*names, say(f"is_{row['decision']}"), reason, day_cell(row["last_day"])))
    heads = ("col_agency", "col_report", "col_goods", "col_item", "col_decision", "col_reason", "#col_last")
    return table_section(say, "decisions", heads=heads, rows=rows)


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
    return table_section(say, "scope", heads=heads, rows=rows)


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
        (number(at), *(text_cell(table.at[at, name]) for name in names), row["column"],
         say(f"rule_{row['rule']}"))
        for at, row in zip(study.list_faults.index, records(study.list_faults), strict=True)
    ]  # fmt: skip
    wrong_heads = ("#col_row", "col_agency", "col_goods", "col_item", "col_column", "col_fault")
    return section(
        say, "list", *text_table(say, "list", heads=heads, rows=rows),
        *text_table(say, "list_faults", heads=wrong_heads, rows=wrong),
    )  # fmt: skip


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
    inputs = {"on": day, "case_sha256": study.opened.sha256}
    inputs |= {
        f"{name}_sha256": one.sha256
        for name, one in zip(("retests", "scope", "list"), study.further, strict=True)
    }
    decided = study.decided.assign(last_day=study.decided["last_day"].map(day_cell))
    return found_record(
        "acceptance",
        study.opened.name,
        in_each_language(say, "case", day=day),
        inputs=inputs,
        decisions=study.reports[keys].join(decided),
        agreement=[_plain_agreement(one) for one in study.agreement],
        scope=study.scope,
        list=study.listed,
        list_faults=study.list_faults,
    )


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
