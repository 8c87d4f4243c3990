"""Which measures a case calls for, why, and what follows, as sections in one language."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language, language
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
from riskkit.workbench.runs.result import ResultRecord

say = Texts("measures")
_AT_ONCE = 4  # consignments side by side in one table


def measures_summary(study: MeasureStudy) -> Section:
    """How many measures are taken, wait or are open, and what the answer is not."""
    counts = study.measures["decision"].value_counts()
    numbers = {key: int(counts.get(key, 0)) for key in ("take", "prerequisite_missing", "undecided")}
    title = study.assessment.case.title.say()
    lead = say("lead", title=title, day=study.on.isoformat(), n=len(study.facts), **numbers)
    opened = study.opened
    cautions = {
        "not_an_order": True,
        "synthetic": opened is not None and opened.is_sample,
        "level_open": len(study.levels) > 1,
        "not_graded": not study.levels,
        "case_alone": opened is None,
    }
    blocks: list[Block] = [Paragraph(lead, "lead")]
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    if study.no_rule:
        names = joined(_names(study)[name] for name in study.no_rule)
        blocks.append(Paragraph(say("no_rule", names=names), "caution"))
    if opened is not None:
        source = say("input_file", name=opened.name, sha256=opened.sha256[:12])
        blocks.append(Paragraph(source, "source"))
    return section(say, "summary", *blocks)


def measures_facts(study: MeasureStudy) -> Section:
    """The facts by consignment: of the table, of the case, or unknown."""
    names, blocks = list(study.facts.index), [Paragraph(say("facts_note"), "note")]
    tables: list[Block] = []
    for start in range(0, min(len(names), 200), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        columns = [say("col_fact"), *map(str, part)]
        cells = [[_fact(study, fact, subject=name) for name in part] for fact in FACTS]
        rows = [(say(f"fact_{fact}"), *row) for fact, row in zip(FACTS, cells, strict=True)]
        tables += plain_table(say, "facts", columns=columns, rows=rows)
    return section(say, "facts", *blocks, *tables)


def _fact(study: MeasureStudy, fact: str, *, subject: Hashable) -> str:
    value: Any = study.facts[fact].to_dict()[subject]
    if fact == "level" and pd.isna(value):
        return say("of_case", value="–".join(study.levels)) if study.levels else say("unknown")
    if pd.isna(value):
        return say("unknown")
    number = int(float(value))
    if fact == "level":
        shown = scale("warning").codes[number - 1]
    elif fact == "n_findings":
        shown = str(number)
    else:
        shown = say(f"conduct_{number}" if fact == "conduct" else f"flag_{number}")
    own: Any = study.subjects[fact].to_dict()[subject]
    return say("of_case", value=shown) if pd.isna(own) else shown


def measures_decisions(study: MeasureStudy) -> Section:
    """Every measure that is called for or may be, by consignment, and why."""
    found = study.measures[study.measures["decision"] != "not_called_for"].reset_index()
    why, names = reason_words(found["rule_id"]), _names(study)
    rows = [
        (str(row["subject"]), names[row["measure"]], label("measure_decision", row["decision"]),
         reason or "—", label("status", row["status"]) if row["status"] else "—")
        for row, reason in zip(records(found), why, strict=True)
    ]  # fmt: skip
    heads = ("col_consignment", "col_measure", "col_decision", "col_reason", "col_status")
    none = (Paragraph(say("decisions_none")),)
    return section(say, "decisions", *(text_table(say, "decisions", heads=heads, rows=rows) or none))


def measures_conflicts(study: MeasureStudy) -> Section | None:
    """Measures that give way to another, and by which rule."""
    conflicts = standards.table("measure_conflicts", on=study.on).set_index(["prevails", "measure"])[
        language()
    ]
    found, names = (
        study.measures[study.measures["decision"] == "superseded"].reset_index(),
        _names(study),
    )
    rows = [
        (str(row["subject"]), names[row["measure"]], names[row["superseded_by"]],
         str(conflicts[(row["superseded_by"], row["measure"])]))
        for row in records(found)
    ]  # fmt: skip
    heads = ("col_consignment", "col_gives_way", "col_prevails", "col_reason")
    shown = text_table(say, "conflicts", heads=heads, rows=rows)
    return section(say, "conflicts", *shown) if rows else None


def measures_missing(study: MeasureStudy) -> Section | None:
    """What must be settled or found out before a measure can be taken."""
    found, names = study.measures[study.measures["missing"] != ""].reset_index(), _names(study)
    facts = {name: say(f"fact_{name}") for name in FACTS}
    rows = []
    for row in records(found):
        words = [
            facts.get(word) or reason_words(pd.Series([word])).iloc[0] for word in row["missing"].split()
        ]
        kind = label("measure_decision", row["decision"])
        rows.append((str(row["subject"]), names[row["measure"]], kind, joined(words)))
    heads = ("col_consignment", "col_measure", "col_decision", "col_missing")
    shown = text_table(say, "missing", heads=heads, rows=rows)
    return section(say, "missing", *shown) if rows else None


def measures_orders(study: MeasureStudy) -> Section | None:
    """The order sheet by port and operator: what, by whom, proven by what, on what law, until when."""
    rows = [
        (f"{row['port'] or '—'} · {row['operator'] or '—'}", str(row["subject"]), row[language()],
         row[f"executor_{language()}"], row[f"evidence_{language()}"], row[f"law_{language()}"],
         day_cell(row["last_day"]))
        for row in records(study.orders.astype(object).where(study.orders.notna(), None))
    ]  # fmt: skip
    heads = ("port_operator", "consignment", "measure", "executor", "evidence", "law", "last_day")
    shown = text_table(say, "orders", heads=[f"col_{head}" for head in heads], rows=rows)
    return section(say, "orders", *shown) if rows else None


def measures_lifting(study: MeasureStudy) -> Section | None:
    """What evidence lifts each measure that is taken, and its last day by law."""
    rules, names = standards.table("lifting_rules", on=study.on).set_index("rule_id"), _names(study)
    rows = [
        (names[row["measure"]], str(rules.at[row["lifting"], language()]),
         label("status", str(rules.at[row["lifting"], "status"])), day_cell(row["last_day"]))
        for row in records(study.endings)
    ]  # fmt: skip
    heads = ("col_measure", "col_lifting", "col_status", "col_last_day")
    shown = text_table(say, "lifting", heads=heads, rows=rows)
    return section(say, "lifting", Paragraph(say("lifting_note"), "note"), *shown) if rows else None


def measures_limits() -> Section:
    """How to read the plan, and how far it goes."""
    keys = ("limit_house", "limit_unknown", "limit_case", "limit_law")
    return Section("limits", say("limits"), 1, (Items(tuple(say(key) for key in keys)),))


def _names(study: MeasureStudy) -> Mapping[str, str]:
    rows = standards.table("response_measures", on=study.on)
    return dict(zip(rows["measure"], rows[language()], strict=True))


def publish_measures(study: MeasureStudy, *, seed: int, case_sha256: str) -> ResultRecord:
    """Put the plan into the notebook, where the runner reads it back."""
    case = study.assessment.case
    facts_sha256 = None if study.opened is None else study.opened.sha256
    inputs = {
        "case_sha256": case_sha256,
        "facts_sha256": facts_sha256,
        "on": study.on.isoformat(),
        "seed": seed,
    }
    return ResultRecord(
        {
            "schema": "riskkit.measures/1",
            "case": {
                "id": case.id,
                "title": in_each_language(case.title.say),
            },
            "inputs": inputs | {"draws": study.assessment.draws, "riskkit": __version__},
            "levels": list(study.levels),
            "facts": study.facts.reset_index(),
            "measures": study.measures.reset_index(),
            "orders": study.orders,
            "lifting": study.endings,
            "no_rule_on_that_day": list(study.no_rule),
        }
    )
