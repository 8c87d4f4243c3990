"""What a register of evidence holds, how full, how quick and how well sorted it is, as sections."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.records.evidence import rule_text
from riskkit.foundation.standards.glossary import codes, label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.standards import table as standard_table
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import limits_section
from riskkit.workbench.reports.monitoring.rates_report import rates_forest, rates_table, rates_trends
from riskkit.workbench.reports.monitoring.register_study import FILLED, RegisterStudy, year_table
from riskkit.workbench.reports.monitoring.words import column_name, group_name, source_title
from riskkit.workbench.runs.result import ResultRecord, found_record

_MOST_ROWS, _MOST_NAMES = 20, 10
GRADE_WORDS = {1: "grade_1", 2: "grade_2", 3: "grade_3"}


def register_summary(study: RegisterStudy) -> Section:
    """How many rows were read, what became of them, and which records are looked at."""
    whole, n = study.whole, len(study.records)
    lead = say("reg_lead", n=number(n), sources=study.records["source"].nunique(), span=_span(study))
    rows = {name: number(getattr(whole, f"n_{name}")) for name in _ROWS}
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(say("reg_rows", **rows))]
    left = whole.n_accepted - n
    if left:
        blocks.append(Paragraph(say("reg_outside", n=number(left)), "caution"))
    no_date = int(study.records["date"].isna().sum())
    if no_date:
        blocks.append(Paragraph(say("reg_no_date", n=number(no_date)), "caution"))
    if study.is_sample:
        blocks.append(Paragraph(say("rates_synthetic"), "caution"))
    return Section("register-summary", say("reg_summary"), 1, tuple(blocks))


_ROWS = ("read", "accepted", "quarantined", "duplicates")


def _span(study: RegisterStudy) -> str:
    days = study.records["date"].dropna()
    if days.empty:
        return "—"
    return f"{days.min():%Y-%m-%d} – {days.max():%Y-%m-%d}"


def source_word(code: Any) -> str:
    """A class of source in words."""
    return label("source_class", str(code)) if code in codes("source_class") else str(code)


def register_years(study: RegisterStudy) -> Section:
    """Records by class of source and year."""
    found = year_table(study)
    years = sorted(found.columns, key=lambda year: year or "9999")
    heads = [year or say("reg_undated") for year in years]
    most = found.sum(axis=1).sort_values(ascending=False, kind="stable")
    rows = [
        (source_word(code), *map(number, counts), number(float(sum(counts))))
        for code in most.index
        for counts in [found.loc[[code], years].to_numpy(dtype=float)[0].tolist()]
    ]
    sums = [number(float(found[year].sum())) for year in years]
    rows.append((say("all_groups"), *sums, number(float(found.to_numpy().sum()))))
    columns = (column_name("source_class"), *heads, say("all_groups"))
    table = Table(say("reg_years"), columns, tuple(rows), numeric=tuple(range(1, len(columns))))
    return Section("register-years-table", "", 2, (table,))


def register_quality(study: RegisterStudy) -> Section:
    """How full each source is, and how quick."""
    sources = list(study.filled.index)
    rows = [
        (column_name(name), *(_share(study.filled.at[source, name]) for source in sources)) for name in FILLED
    ]
    heads = (say("col_column"), *(source_title(source) for source in sources))
    filled = Table(say("reg_filled"), heads, tuple(rows), numeric=tuple(range(1, len(heads))))
    days = say("reg_timely_lead", days=number(method_number("timeliness", "limit_days")))
    blocks = (Paragraph(say("reg_filled_lead")), filled, Paragraph(days), _timely(study))
    return Section("register-quality", say("reg_quality"), 1, blocks)


def _share(value: Any) -> str:
    """A share of which only all is 100 % and only none is 0 %."""
    share = float(value)
    if 0 < share < 0.01:
        return say("below_one")
    if 0.99 < share < 1:
        return say("above_99")
    return rate(share)


def _timely(study: RegisterStudy) -> Table:
    rows = []
    for row in records(study.timely.reset_index()):
        days = (number(float(row["median_days"])), number(float(row["p90_days"])))
        counts = [number(float(row[name])) for name in ("n_known", "n_missing", "n_backwards")]
        in_time = _share(row["share_in_time"]) if row["n_known"] else "—"
        rows.append((source_title(row["source"]), *counts, *days, in_time))
    heads = (
        "col_source",
        "col_known",
        "col_missing",
        "col_backwards",
        "col_median",
        "col_p90",
        "col_in_time",
    )
    numeric = tuple(range(1, len(heads)))
    return Table(say("reg_timely"), tuple(say(key) for key in heads), tuple(rows), numeric=numeric)


def register_same(study: RegisterStudy) -> Section:
    """Which records tell of the same thing, how pressing that is, and which names were taken for one."""
    n = {grade: int((study.groups["grade"] == grade).sum()) for grade in GRADE_WORDS}
    alone = int((study.same.reason != "grouped").sum())
    facts = {f"n{grade}": number(found) for grade, found in n.items()}
    lead = say("same_lead", groups=number(len(study.groups)), records=number(len(study.records)), **facts)
    rule = say("same_rule", threshold=f"{study.threshold:g}", alone=number(alone))
    heads = ("col_grade", "col_commodity", "col_names", "col_records", "col_classes", "col_why", "col_worse")
    rows = tuple(_same_row(row) for row in records(study.groups.head(_MOST_ROWS)))
    caption = say("same_table", shown=len(rows), n=number(len(study.groups)))
    table = Table(caption, tuple(say(key) for key in heads), rows, numeric=(3, 4))
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(rule), table, _names(study)]
    blocks.append(Paragraph(say("same_chain"), "caution"))
    return Section("register-same", say("same_title"), 1, tuple(blocks))


def _same_row(row: dict[str, Any]) -> tuple[Cell, ...]:
    grade = say("no_grade") if pd.isna(row["grade"]) else say(GRADE_WORDS[int(row["grade"])])
    names = []
    for column in ("brand", "maker"):
        if row[f"n_{column}s"]:
            more = row[f"n_{column}s"] - 1
            names.append(f"{row[column]}{say('and_more', n=more) if more else ''}")
    commodity = group_name([row["commodity"]], ["product_group"])
    counts = number(float(row["n_records"])), number(float(row["n_source_classes"]))
    worse = say("yes" if row["may_be_worse"] else "no")
    return grade, commodity, " · ".join(names) or "—", *counts, _grade_rule(row["rule"]), worse


def _grade_rule(rule: Any) -> str:
    if pd.isna(rule):
        return "—"
    rows = standard_table("information_grades").set_index("rule_id")
    return str(rows.at[rule, language()])


def _names(study: RegisterStudy) -> Table:
    found = study.same.matches.sort_values("likeness", kind="stable").head(_MOST_NAMES)
    rows = tuple(
        (column_name(row["field"]), str(row["commodity"]), row["name_a"], row["name_b"],
         f"{row['likeness']:.1f}")
        for row in records(found)
    )  # fmt: skip
    heads = ("col_column", "col_commodity", "col_name_a", "col_name_b", "col_likeness")
    caption = say("names_table", shown=len(rows), n=number(len(study.same.matches)))
    return Table(caption, tuple(say(key) for key in heads), rows, numeric=(4,))


def register_gaps(study: RegisterStudy) -> Section:
    """Which channels no class of source looks at for a class of hazard."""
    cells = study.coverage
    known = cells[(cells[["source_class", "hazard_class", "channel"]] != "").all(axis=1)]
    by = known.groupby(["hazard_class", "channel"])["n_records"].sum()
    channels = codes("channel")
    rows = []
    for hazard in codes("hazard_class"):
        gaps = [label("channel", one) for one in channels if not by.get((hazard, one), 0)]
        listed = say("list_mark").join(gaps) or say("none_missing")
        rows.append((label("hazard_class", hazard), f"{len(channels) - len(gaps)}/{len(channels)}", listed))
    heads = tuple(say(key) for key in ("col_hazard", "col_channels", "col_gaps"))
    told_of = set(cells.loc[cells["n_records"] > 0, "source_class"])
    silent = [one for one in codes("source_class") if one not in told_of]
    words = say("list_mark").join(source_word(one) for one in silent) or say("none_missing")
    n_unknown = int(cells["n_records"].sum() - known["n_records"].sum())
    told = say("gaps_lead", gaps=number(int(known["is_gap"].sum())), cells=number(len(known)))
    blocks = (
        Paragraph(told),
        Table(say("gaps_table"), heads, tuple(rows), numeric=(1,)),
        Paragraph(say("silent", words=words)),
        Paragraph(say("gaps_unknown", n=number(n_unknown)), "note"),
    )
    return Section("register-gaps", say("gaps_title"), 1, blocks)


def register_tops(study: RegisterStudy) -> Section:
    """The product groups, origins and ports with most records, and their rates."""
    heads = ("col_records", "col_inspections", "col_tested", "col_bad", "col_rate", "col_interval")
    tables = []
    for column, found in study.tops.items():
        rows = [_top_row(row, column) for row in records(found.head(_MOST_NAMES))]
        name = column_name(column)
        caption = say("top_table", name=name, shown=len(rows), n=number(len(found)))
        columns = (name, *(say(key) for key in heads))
        tables.append(Table(caption, columns, tuple(rows), numeric=tuple(range(1, len(columns)))))
    lead = (Paragraph(say("tops_lead")), *_left_out(study))
    return Section("register-tops", say("tops"), 1, (*lead, *tables))


def _left_out(study: RegisterStudy) -> tuple[Block, ...]:
    """What the rows in quarantine could do to the overall rate."""
    n, counts = study.n_left_out, next(iter(study.tops.values()))[["n_tested", "n_nonconforming"]].sum()
    if not n:
        return ()
    tested, bad = float(counts["n_tested"]), float(counts["n_nonconforming"])
    ends = {"low": rate(bad / (tested + n)), "high": rate((bad + n) / (tested + n))}
    return (Paragraph(say("tops_left_out", n=number(n), **ends), "caution"),)


def _top_row(row: dict[str, Any], column: str) -> tuple[Cell, ...]:
    names = ("n_records", "n_inspections", "n_tested", "n_nonconforming")
    counts = ["—" if pd.isna(row[name]) else number(float(row[name])) for name in names]
    ends = "—"
    if not pd.isna(row["rate_lo"]):
        ends = say("from_to", low=rate(row["rate_lo"]), high=rate(row["rate_hi"]))
    share = rate(float("nan") if pd.isna(row["rate"]) else float(row["rate"]))
    return group_name([row[column]], [column]), *counts, share, ends


def register_quarantine(study: RegisterStudy) -> Section:
    """What was set aside, and why."""
    whole = study.whole
    share = rate(whole.n_quarantined / whole.n_read if whole.n_read else float("nan"))
    lead = say("aside_lead", n=number(whole.n_quarantined), read=number(whole.n_read), share=share)
    rows = tuple(
        (source_title(row["source"]), rule_text(row["rule_id"]), number(row["n_rows"]))
        for row in records(study.quarantine.head(_MOST_ROWS))
    )
    heads = tuple(say(key) for key in ("col_source", "col_broken", "col_rows"))
    table = Table(say("aside_by_rule"), heads, rows, numeric=(2,))
    blocks: tuple[Block, ...] = (Paragraph(lead), table) if rows else (Paragraph(lead),)
    return Section("register-quarantine", say("aside_title"), 1, blocks)


def register_limits() -> Section:
    """How to read what a register tells, and how far it goes."""
    return limits_section(say, "reports", "inspections", "empty", "grades", "signal", title="limits_register")


def register_forest(study: RegisterStudy) -> Picture | None:
    """The rates of the groups of a register with their intervals; nothing without inspections."""
    return None if study.rates is None else rates_forest(study.rates)


def register_rates(study: RegisterStudy) -> Section:
    """The rate of each group of inspections, or that there are none."""
    if study.rates is None:
        told = Paragraph(say("no_inspections"), "caution")
        return Section("rates", say("rates_title"), 1, (told,))
    table, trends = rates_table(study.rates), rates_trends(study.rates)
    return Section("rates", table.title, 1, (*table.blocks, *trends.blocks))


def publish_register(study: RegisterStudy, *, seed: int) -> ResultRecord:
    """Put what was found of a register into the notebook, where the runner reads it back."""
    ends = {
        name: None if day is None else day.isoformat()
        for name, day in (("since", study.since), ("until", study.until))
    }
    inputs = {"seed": seed, "case_sha256": study.sha256, "every": study.every} | ends
    whole = study.whole
    rows = {name: getattr(whole, f"n_{name}") for name in ("read", "accepted", "quarantined", "duplicates")}
    grades = study.groups["grade"].value_counts()
    gaps = study.coverage[study.coverage["is_gap"]]
    return found_record(
        "register",
        study.name,
        in_each_language(say, "title_register"),
        inputs=inputs | {"threshold": study.threshold},
        rows=rows | {"looked_at": len(study.records)},
        by_source=whole.by_source,
        by_year=study.by_year,
        filled=study.filled.reset_index(),
        timely=study.timely.reset_index(),
        information={"n_groups": len(study.groups), "grades": _counts(grades)},
        gaps=gaps.drop(columns=["n_records", "is_gap"]),
        whole=None if study.rates is None else study.rates.whole,
        groups=[] if study.rates is None else study.rates.groups,
        periods=study.periods,
        tops=study.tops,
        quarantine=study.quarantine,
    )


def _counts(grades: pd.Series) -> dict[str, int]:
    return {str(grade): int(grades.get(grade, 0)) for grade in (1, 2, 3)}
