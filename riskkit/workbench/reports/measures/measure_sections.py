"""Which measures a case calls for, why, and what follows, as sections in one language."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, joined, plain_table, section, text_table
from riskkit.workbench.reports.measures.measure_facts import FACTS
from riskkit.workbench.reports.measures.measure_study import MeasureStudy

say = Texts("measures")
_AT_ONCE = 4  # consignments side by side in one table


def measures_summary(study: MeasureStudy, *, lang: str) -> Section:
    """How many measures are taken, wait or are open, and what the answer is not."""
    counts = study.measures["decision"].value_counts()
    numbers = {key: int(counts.get(key, 0)) for key in ("take", "prerequisite_missing", "undecided")}
    title = study.assessment.case.title.say(lang)
    lead = say("lead", lang, title=title, day=study.on.isoformat(), n=len(study.facts), **numbers)
    opened = study.opened
    cautions = {
        "not_an_order": True,
        "synthetic": opened is not None and opened.is_sample,
        "level_open": len(study.levels) > 1,
        "not_graded": not study.levels,
        "case_alone": opened is None,
    }
    blocks: list[Block] = [Paragraph(lead, "lead")]
    blocks += [Paragraph(say(key, lang), "caution") for key, applies in cautions.items() if applies]
    if study.no_rule:
        names = joined((_names(study, lang)[name] for name in study.no_rule), lang)
        blocks.append(Paragraph(say("no_rule", lang, names=names), "caution"))
    if opened is not None:
        source = say("input_file", lang, name=opened.name, sha256=opened.sha256[:12])
        blocks.append(Paragraph(source, "source"))
    return section(say, "summary", lang, *blocks)


def measures_facts(study: MeasureStudy, *, lang: str) -> Section:
    """The facts by consignment: of the table, of the case, or unknown."""
    names, blocks = list(study.facts.index), [Paragraph(say("facts_note", lang), "note")]
    tables: list[Block] = []
    for start in range(0, min(len(names), 200), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        columns = [say("col_fact", lang), *map(str, part)]
        cells = [[_fact(study, fact, lang, subject=name) for name in part] for fact in FACTS]
        rows = [(say(f"fact_{fact}", lang), *row) for fact, row in zip(FACTS, cells, strict=True)]
        tables += plain_table(say, "facts", lang, columns=columns, rows=rows)
    return section(say, "facts", lang, *blocks, *tables)


def _fact(study: MeasureStudy, fact: str, lang: str, *, subject: Hashable) -> str:
    value: Any = study.facts[fact].to_dict()[subject]
    if fact == "level" and pd.isna(value):
        return say("of_case", lang, value="–".join(study.levels)) if study.levels else say("unknown", lang)
    if pd.isna(value):
        return say("unknown", lang)
    number = int(float(value))
    if fact == "level":
        shown = scale("warning").codes[number - 1]
    elif fact == "n_findings":
        shown = str(number)
    else:
        shown = say(f"conduct_{number}" if fact == "conduct" else f"flag_{number}", lang)
    own: Any = study.subjects[fact].to_dict()[subject]
    return say("of_case", lang, value=shown) if pd.isna(own) else shown


def measures_decisions(study: MeasureStudy, *, lang: str) -> Section:
    """Every measure that is called for or may be, by consignment, and why."""
    found = study.measures[study.measures["decision"] != "not_called_for"].reset_index()
    why, names = reason_words(found["rule_id"], lang), _names(study, lang)
    rows = [
        (str(row["subject"]), names[row["measure"]], label("measure_decision", row["decision"], lang),
         reason or "—", label("status", row["status"], lang) if row["status"] else "—")
        for row, reason in zip(records(found), why, strict=True)
    ]  # fmt: skip
    heads = ("col_consignment", "col_measure", "col_decision", "col_reason", "col_status")
    none = (Paragraph(say("decisions_none", lang)),)
    return section(
        say, "decisions", lang, *(text_table(say, "decisions", lang, heads=heads, rows=rows) or none)
    )


def measures_conflicts(study: MeasureStudy, *, lang: str) -> Section | None:
    """Measures that give way to another, and by which rule."""
    conflicts = standards.table("measure_conflicts", on=study.on).set_index(["prevails", "measure"])[lang]
    found, names = (
        study.measures[study.measures["decision"] == "superseded"].reset_index(),
        _names(study, lang),
    )
    rows = [
        (str(row["subject"]), names[row["measure"]], names[row["superseded_by"]],
         str(conflicts[(row["superseded_by"], row["measure"])]))
        for row in records(found)
    ]  # fmt: skip
    heads = ("col_consignment", "col_gives_way", "col_prevails", "col_reason")
    shown = text_table(say, "conflicts", lang, heads=heads, rows=rows)
    return section(say, "conflicts", lang, *shown) if rows else None


def measures_missing(study: MeasureStudy, *, lang: str) -> Section | None:
    """What must be settled or found out before a measure can be taken."""
    found, names = study.measures[study.measures["missing"] != ""].reset_index(), _names(study, lang)
    facts = {name: say(f"fact_{name}", lang) for name in FACTS}
    rows = []
    for row in records(found):
        words = [
            facts.get(word) or reason_words(pd.Series([word]), lang).iloc[0]
            for word in row["missing"].split()
        ]
        kind = label("measure_decision", row["decision"], lang)
        rows.append((str(row["subject"]), names[row["measure"]], kind, joined(words, lang)))
    heads = ("col_consignment", "col_measure", "col_decision", "col_missing")
    shown = text_table(say, "missing", lang, heads=heads, rows=rows)
    return section(say, "missing", lang, *shown) if rows else None


def measures_orders(study: MeasureStudy, *, lang: str) -> Section | None:
    """The order sheet by port and operator: what, by whom, proven by what, on what law, until when."""
    rows = [
        (f"{row['port'] or '—'} · {row['operator'] or '—'}", str(row["subject"]), row[lang],
         row[f"executor_{lang}"], row[f"evidence_{lang}"], row[f"law_{lang}"], day_cell(row["last_day"]))
        for row in records(study.orders.astype(object).where(study.orders.notna(), None))
    ]  # fmt: skip
    heads = ("port_operator", "consignment", "measure", "executor", "evidence", "law", "last_day")
    shown = text_table(say, "orders", lang, heads=[f"col_{head}" for head in heads], rows=rows)
    return section(say, "orders", lang, *shown) if rows else None


def measures_lifting(study: MeasureStudy, *, lang: str) -> Section | None:
    """What evidence lifts each measure that is taken, and its last day by law."""
    rules, names = standards.table("lifting_rules", on=study.on).set_index("rule_id"), _names(study, lang)
    rows = [
        (names[row["measure"]], str(rules.at[row["lifting"], lang]),
         label("status", str(rules.at[row["lifting"], "status"]), lang), day_cell(row["last_day"]))
        for row in records(study.endings)
    ]  # fmt: skip
    heads = ("col_measure", "col_lifting", "col_status", "col_last_day")
    shown = text_table(say, "lifting", lang, heads=heads, rows=rows)
    return (
        section(say, "lifting", lang, Paragraph(say("lifting_note", lang), "note"), *shown) if rows else None
    )


def measures_limits(*, lang: str) -> Section:
    """How to read the plan, and how far it goes."""
    keys = ("limit_house", "limit_unknown", "limit_case", "limit_law")
    return Section("limits", say("limits", lang), 1, (Items(tuple(say(key, lang) for key in keys)),))


def _names(study: MeasureStudy, lang: str) -> Mapping[str, str]:
    rows = standards.table("response_measures", on=study.on)
    return dict(zip(rows["measure"], rows[lang], strict=True))
