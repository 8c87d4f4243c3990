"""Credit of enterprises under the rules of a day: grades and what follows, worked out once, and shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.response.credit import grades as credit
from riskkit.response.credit import repair as repairing
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import (
    day_cell,
    joined,
    plain_table,
    section,
    table_section,
    text_table,
)
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table
from riskkit.workbench.reports.response.examples import parameter_day
from riskkit.workbench.runs.result import ResultRecord, found_record

SAMPLE = "enterprises"
NONE = "none"
"""Says in a cell that an enterprise is not certified; an empty cell says that this is not known."""
_DAYS = ("found_on", "ground", "last_ground_on")
_REPAIR = (*_DAYS, "is_corrected", "is_listed")


@dataclass(frozen=True)
class CreditStudy:
    """Grades on a day and all that is said of them; every table has the rows of the file as its index."""

    opened: OpenTable
    on: dt.date
    rule_set: str
    names: pd.Series
    grades: pd.DataFrame
    grounds: pd.DataFrame
    measures: pd.DataFrame
    repair: pd.DataFrame
    by_order: pd.DataFrame
    unread: pd.DataFrame


def open_enterprises(name: str = SAMPLE) -> OpenTable:
    """Facts of enterprises, one row each: the shipped example, or a ``.csv`` file."""
    return open_table(name, sample=SAMPLE, folder="examples", texts=(*credit.TEXTS, *_DAYS))


def study_credit(opened: OpenTable, *, on: str) -> CreditStudy:
    """Everything the notebook of enterprise credit shows."""
    day = parameter_day(on)
    table = opened.table.astype(object).where(opened.table.notna(), None)
    names = table.get("enterprise", pd.Series(None, index=table.index, dtype=object))
    facts = table.drop(columns=[name for name in _REPAIR if name in table])
    if "certified_as" in facts:
        facts["certified_as"] = facts["certified_as"].replace({NONE: ""})
    of_repair = table.reindex(columns=list(_REPAIR)).astype(object)
    of_repair = of_repair.where(of_repair.notna(), None)
    faults = [
        Fault(f"enterprises: row {row}: enterprise", "missing", "a name") for row in names.index[names.isna()]
    ]
    found = _tried(faults, lambda: credit.decide(facts, on=day))
    repaired = _tried(faults, lambda: repairing.repair(of_repair, on=day))
    refuse("enterprises", faults)
    return CreditStudy(
        opened,
        day,
        credit.rule_set(day),
        names,
        found,
        credit.grounds(facts, on=day),
        repairing.measures(found, on=day),
        repaired[of_repair["found_on"].notna()],
        _by_order(facts),
        repairing.unread(day),
    )


def _by_order(facts: pd.DataFrame) -> pd.DataFrame:
    """The grade of each order for the same facts, on its first day; what customs stated is left out."""
    orders = standards.all_rows("credit_grades").drop_duplicates("rule_set")
    bare = facts.drop(columns=["stated_grade"], errors="ignore")
    days = {str(name): first for name, first in zip(orders["rule_set"], orders["valid_from"], strict=True)}
    return pd.DataFrame(
        {name: credit.decide(bare, on=_first_day(first))["decision"] for name, first in days.items()}
    )


def _first_day(value: object) -> dt.date:
    return pd.Timestamp(str(value)).date()


def _tried(faults: list[Fault], work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A table, or no rows and its faults added to the others, so that all are listed at once."""
    try:
        return work()
    except InputFaults as error:
        faults += error.faults
        return pd.DataFrame()


say = Texts("credit")


def credit_summary(study: CreditStudy) -> Section:
    """How many enterprises have which grade, how many are open, and what the answer is not."""
    names, found = _grade_names(study), study.grades
    counts = found["decision"].value_counts()
    listed = [
        say("of_grade", grade=names[grade], n=number(counts[grade])) for grade in names if counts.get(grade)
    ]
    n_open = int(found["decision"].isna().sum())
    lead = say("lead", n=len(found), day=study.on.isoformat(), order=study.rule_set)
    gap = "；" if language() == "zh" else "; "
    blocks: list[Block] = [
        Paragraph(lead + gap.join([*listed, say("of_open", n=n_open)]) + say("stop"), "lead")
    ]
    cautions = {
        "not_a_finding": True,
        "synthetic": study.opened.is_sample,
        "rules_not_read": bool((found["reason"] == "rules_unread").any()),
        "on_limit": bool(found["is_on_boundary"].any()),
    }
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_file", name=study.opened.name, sha256=study.opened.sha256[:12])
    return Section("credit-summary", say("summary"), 1, (*blocks, Paragraph(source, "source")))


def credit_grades(study: CreditStudy) -> Section:
    """The grade of each enterprise, the worst one possible, the reasons and how close it is to a limit."""
    names, found = _grade_names(study), study.grades
    reason = found["grounds"].where(found["grounds"] != "", found["reason"])
    reasons = [joined(reason_words(pd.Series(text.split()))) for text in reason]
    margins = [_margin(row) for row in records(found)]
    rows = [
        (
            study.names[at],
            *(_named(names, row[key]) for key in ("decision", "at_worst")),
            why,
            _margin(row),
        )
        for at, row, why, margin in zip(found.index, records(found), reasons, margins, strict=True)
    ]
    heads = ("col_enterprise", "col_grade", "col_worst", "col_reason", "col_margin")
    return table_section(say, "grades", heads=heads, rows=rows)


def credit_grounds(study: CreditStudy) -> Section | None:
    """The articles that were met, with their place and status."""
    met = study.grounds.columns[study.grounds.fillna(False).any()]
    if met.empty:
        return None
    tests = standards.table("credit_tests", on=study.on).drop_duplicates("test")
    n_met = study.grounds.sum()
    rows = [
        (
            row["test"],
            row[language()],
            str(row["locator"]),
            label("status", row["status"]),
            number(n_met[row["test"]]),
        )
        for row in records(tests[tests["test"].isin(met)])
    ]
    heads = ("col_rule", "col_text", "col_place", "col_status", "#col_enterprises")
    return table_section(say, "grounds", heads=heads, rows=rows)


def credit_questions(study: CreditStudy) -> Section | None:
    """The facts that are to be asked for, by enterprise."""
    facts = standards.table("credit_facts").set_index("fact")[language()].to_dict()
    asked = study.grades["missing"]
    rows = [
        (study.names[at], joined(facts[name] for name in text.split()))
        for at, text in zip(asked.index, asked, strict=True)
        if text
    ]
    if not rows:
        return None
    heads = ("col_enterprise", "col_missing")
    return table_section(say, "questions", heads=heads, rows=rows)


def credit_measures(study: CreditStudy) -> Section:
    """What the grades bring, as far as the order could be read."""
    rows = [
        (study.names[at], say(f"kind_{row['kind']}"), row[language()], str(row["locator"]))
        for at, row in zip(study.measures.index, records(study.measures), strict=True)
    ]
    heads = ("col_enterprise", "col_kind", "col_measure", "col_place")
    none = (Paragraph(say("measures_none")),)
    return section(say, "measures", *(text_table(say, "measures", heads=heads, rows=rows) or none))


def credit_repair(study: CreditStudy) -> Section | None:
    """Who may apply for repair, from when, and what stands in the way."""
    found = study.repair
    if found.empty:
        return None
    words = reason_words(found["reason"])
    rows = [
        (study.names[at], words[at], day_cell(row["apply_from"]), day_cell(row["automatic_from"]),
         number(row["margin"]), row["rule_id"] or "—")
        for at, row in zip(found.index, records(found), strict=True)
    ]  # fmt: skip
    heads = ("col_enterprise", "col_repair", "#col_apply", "#col_automatic", "#col_days", "col_rule")
    return table_section(say, "repair", heads=heads, rows=rows)


def credit_by_order(study: CreditStudy) -> Section:
    """The grade that the same facts have under each order."""
    names, orders = _grade_names(study), [str(name) for name in study.by_order]
    rows = [
        (study.names[at], *(_named(names, row[order]) for order in orders))
        for at, row in zip(study.by_order.index, records(study.by_order), strict=True)
    ]
    heads = (say("col_enterprise"), *(say("order", order=order) for order in orders))
    note = Paragraph(say("by_order_note"), "note")
    return section(say, "by_order", note, *plain_table(say, "by_order", columns=heads, rows=rows))


def credit_unread(study: CreditStudy) -> Section | None:
    """What of the order could not be read."""
    if study.unread.empty:
        return None
    return section(say, "unread", Paragraph(say("unread_note")), Items(tuple(study.unread[language()])))


def _grade_names(study: CreditStudy) -> Mapping[str, str]:
    """Best grade first, in the words of the order in force; a grade of another order in its own words."""
    both = pd.concat([standards.table("credit_grades", on=study.on), standards.all_rows("credit_grades")])
    one_each = both.drop_duplicates("grade").sort_values("rank", ascending=False)
    return dict(zip(one_each["grade"], one_each[language()], strict=True))


def _named(names: Mapping[str, str], grade: object) -> str:
    return names[grade] if isinstance(grade, str) else "—"


def _margin(row: Mapping[str, object]) -> str:
    if row["is_on_boundary"]:
        return say("at_limit")
    return rate(float(str(row["margin"])))


def publish_credit(study: CreditStudy) -> ResultRecord:
    """Put the grades into the notebook, where the runner reads them back."""
    who = study.names.rename("enterprise")
    name = study.opened.name
    title = {
        lang: in_language(lang, say, "example") if study.opened.is_sample else name for lang in ("zh", "en")
    }
    return found_record(
        "credit",
        name,
        title,
        inputs={"case_sha256": study.opened.sha256, "on": study.on.isoformat()},
        rule_set=study.rule_set,
        rows={"read": study.opened.n_read, "graded": int(study.grades["decision"].notna().sum())},
        grades=study.grades.join(who),
        measures=study.measures.join(who),
        repair=study.repair.join(who),
        by_order=study.by_order.join(who),
        unread=study.unread,
    )
