"""What the credit grades of enterprises are and why, as sections in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.credit.credit_study import CreditStudy
from riskkit.workbench.reports.monitoring.words import number, rate

say = Texts("credit")
_MOST_ROWS = 200


def credit_summary(study: CreditStudy, *, lang: str) -> Section:
    """How many enterprises have which grade, how many are open, and what the answer is not."""
    names, found = _grade_names(study, lang), study.grades
    counts = found["decision"].value_counts()
    listed = [say("of_grade", lang, grade=names[grade], n=number(counts[grade])) for grade in names if counts.get(grade)]
    n_open = int(found["decision"].isna().sum())
    lead = say("lead", lang, n=len(found), day=study.on.isoformat(), order=study.rule_set)
    gap = "；" if lang == "zh" else "; "
    blocks: list[Block] = [Paragraph(lead + gap.join([*listed, say("of_open", lang, n=n_open)]) + say("stop", lang), "lead")]
    cautions = {
        "not_a_finding": True,
        "synthetic": study.opened.is_sample,
        "rules_not_read": bool((found["reason"] == "rules_unread").any()),
        "on_limit": bool(found["is_on_boundary"].any()),
    }
    blocks += [Paragraph(say(key, lang), "caution") for key, applies in cautions.items() if applies]
    source = say("input_file", lang, name=study.opened.name, sha256=study.opened.sha256[:12])
    return Section("credit-summary", say("summary", lang), 1, (*blocks, Paragraph(source, "source")))


def credit_grades(study: CreditStudy, *, lang: str) -> Section:
    """The grade of each enterprise, the worst one possible, the reasons and how close it is to a limit."""
    names, found = _grade_names(study, lang), study.grades
    reason = found["grounds"].where(found["grounds"] != "", found["reason"])
    reasons = [_joined(reason_words(pd.Series(text.split()), lang), lang) for text in reason]
    rows = [
        (study.names[at], _named(names, row["decision"]), _named(names, row["at_worst"]), why, _margin(row, lang))
        for at, row, why in zip(found.index, records(found), reasons, strict=True)
    ]
    heads = ("col_enterprise", "col_grade", "col_worst", "col_reason", "col_margin")
    return _section("grades", lang, Paragraph(say("grades_note", lang), "note"), *_table("grades", lang, heads, rows=rows))


def credit_grounds(study: CreditStudy, *, lang: str) -> Section | None:
    """The articles that were met, with their place and status."""
    met = study.grounds.columns[study.grounds.fillna(False).any()]  # noqa: FBT003 - unknown is no match
    if met.empty:
        return None
    tests = standards.table("credit_tests", on=study.on).drop_duplicates("test").set_index("test")
    rows = [
        (name, tests.at[name, lang], str(tests.at[name, "locator"]), label("status", tests.at[name, "status"], lang),
         number(int(study.grounds[name].sum())))
        for name in met
    ]  # fmt: skip
    heads = ("col_rule", "col_text", "col_place", "col_status", "#col_enterprises")
    return _section("grounds", lang, *_table("grounds", lang, heads, rows=rows))


def credit_questions(study: CreditStudy, *, lang: str) -> Section | None:
    """The facts that are to be asked for, by enterprise."""
    facts = standards.table("credit_facts").set_index("fact")[lang].to_dict()
    asked = study.grades["missing"]
    rows = [
        (study.names[at], _joined((facts[name] for name in text.split()), lang)) for at, text in asked.items() if text
    ]
    if not rows:
        return None
    return _section("questions", lang, *_table("questions", lang, ("col_enterprise", "col_missing"), rows=rows))


def credit_measures(study: CreditStudy, *, lang: str) -> Section:
    """What the grades bring, as far as the order could be read."""
    rows = [
        (study.names[at], say(f"kind_{row['kind']}", lang), row[lang], str(row["locator"]))
        for at, row in zip(study.measures.index, records(study.measures), strict=True)
    ]
    heads = ("col_enterprise", "col_kind", "col_measure", "col_place")
    blocks = _table("measures", lang, heads, rows=rows) or (Paragraph(say("measures_none", lang)),)
    return _section("measures", lang, *blocks)


def credit_repair(study: CreditStudy, *, lang: str) -> Section | None:
    """Who may apply for repair, from when, and what stands in the way."""
    found = study.repair
    if found.empty:
        return None
    words = reason_words(found["reason"], lang)
    rows = [
        (study.names[at], words[at], _day(row["apply_from"]), _day(row["automatic_from"]),
         "—" if pd.isna(row["margin"]) else number(float(row["margin"])), row["rule_id"] or "—")
        for at, row in zip(found.index, records(found), strict=True)
    ]  # fmt: skip
    heads = ("col_enterprise", "col_repair", "#col_apply", "#col_automatic", "#col_days", "col_rule")
    return _section("repair", lang, *_table("repair", lang, heads, rows=rows))


def credit_by_order(study: CreditStudy, *, lang: str) -> Section:
    """The grade that the same facts have under each order."""
    names, orders = _grade_names(study, lang), [str(name) for name in study.by_order]
    rows = [
        (study.names[at], *(_named(names, row[order]) for order in orders))
        for at, row in zip(study.by_order.index, records(study.by_order), strict=True)
    ]
    heads = (say("col_enterprise", lang), *(say("order", lang, order=order) for order in orders))
    block = Table(_caption("by_order", lang, len(rows)), heads, tuple(rows[:_MOST_ROWS]))
    return _section("by_order", lang, Paragraph(say("by_order_note", lang), "note"), block)


def credit_unread(study: CreditStudy, *, lang: str) -> Section | None:
    """What of the order could not be read."""
    if study.unread.empty:
        return None
    return _section("unread", lang, Paragraph(say("unread_note", lang)), Items(tuple(study.unread[lang])))


def credit_limits(*, lang: str) -> Section:
    """How to read the grades, and how far they go."""
    keys = ("limit_decision", "limit_year", "limit_unknown", "limit_margin")
    return Section("limits", say("limits", lang), 1, (Items(tuple(say(key, lang) for key in keys)),))


def _section(key: str, lang: str, *blocks: Block) -> Section:
    return Section(f"credit-{key.replace('_', '-')}", say(key, lang), 1, blocks)


def _table(key: str, lang: str, heads: Sequence[str], *, rows: Sequence[tuple[str, ...]]) -> tuple[Block, ...]:
    """A table of texts, at most so many rows; nothing without rows."""
    if not rows:
        return ()
    columns = tuple(say(head.removeprefix("#"), lang) for head in heads)
    numeric = tuple(at for at, head in enumerate(heads) if head.startswith("#"))
    return (Table(_caption(key, lang, len(rows)), columns, tuple(rows[:_MOST_ROWS]), numeric=numeric),)


def _caption(key: str, lang: str, n_rows: int) -> str:
    """What a table shows, and how many rows there are where not all are shown."""
    more = say("first_rows", lang, n=_MOST_ROWS, total=number(n_rows)) if n_rows > _MOST_ROWS else ""
    return say(f"{key}_table", lang) + more


def _grade_names(study: CreditStudy, lang: str) -> Mapping[str, str]:
    """Best grade first, in the words of the order in force; a grade of another order in its own words."""
    both = pd.concat([standards.table("credit_grades", on=study.on), standards.table("credit_grades")])
    one_each = both.drop_duplicates("grade").sort_values("rank", ascending=False)
    return dict(zip(one_each["grade"], one_each[lang], strict=True))


def _named(names: Mapping[str, str], grade: object) -> str:
    return names[grade] if isinstance(grade, str) else "—"


def _margin(row: Mapping[str, object], lang: str) -> str:
    if row["is_on_boundary"]:
        return say("at_limit", lang)
    return rate(float(str(row["margin"])), lang)


def _day(value: object) -> str:
    return "—" if pd.isna(value) else pd.Timestamp(str(value)).date().isoformat()


def _joined(words: Iterable[str], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(words)
