"""Measures for a warning level: the facts of a case, the choice and its costs, and what is said of them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case, NonconformingItem, number_range
from riskkit.case.case import Assessment
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.response.measures import FLAGS, orders, proposed
from riskkit.response.measures_ending import lawful_ends
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Block, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, joined, plain_table, section, text_table
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table
from riskkit.workbench.reports.response.examples import parameter_day
from riskkit.workbench.runs.result import ResultRecord, found_record

SAMPLE = "consignments"
FACTS = ("level", "conduct", "n_findings", *FLAGS)
_WHO = ("consignment", "port", "operator")


def open_consignments(name: str) -> OpenTable | None:
    """Facts by consignment: the shipped example, a ``.csv`` file, or nothing for the case alone."""
    return open_table(name, sample=SAMPLE, folder="examples", texts=_WHO) if name else None


def case_facts(case: Case) -> dict[str, float]:
    """The facts that the case itself states; what it does not state is missing, never no."""
    on_sale, units = _number(case, "is_on_sale"), _range(case, "units_on_market")
    is_recalled = any(
        "recall" in one.measures and one.date <= case.assessed_on and one.where in (None, case.jurisdiction)
        for one in case.actions
    )
    found = {
        "is_import": float(case.direction == "import"),
        "is_on_market": 1.0
        if on_sale == 1 or units[0] > 0
        else 0.0
        if on_sale == 0 and units[1] == 0
        else math.nan,
        "is_nonconforming": 1.0 if any(map(_is_broken, case.methods.nonconformity)) else math.nan,
        "is_defect": 1.0 if is_recalled else math.nan,
        "is_banned": _number(case, "is_prohibited_import"),
        "is_lot_identified": 1.0 if case.product.batches or case.product.serials else math.nan,
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _range(case: Case, name: str) -> tuple[float, float]:
    fact = case.facts.get(name)
    return number_range(fact) if fact is not None and fact.is_known() else (math.nan, math.nan)


def _number(case: Case, name: str) -> float:
    low, high = _range(case, name)
    return low if low == high else math.nan


def _is_broken(item: NonconformingItem) -> bool:
    """Whether an item is known to break its requirement; one without a number is listed because it does."""
    if item.basis != "fact" or item.kind == "paperwork":
        return False
    if item.measured is None or item.limit is None:
        return True
    return item.measured > item.limit if item.worse == "more" else item.measured < item.limit


def subjects_of(case: Case, opened: OpenTable | None) -> pd.DataFrame:
    """One row a consignment: port, operator and the facts of the table; the case where there is none."""
    if opened is None:
        who = {"port": None, "operator": case.product.importer or case.product.maker}
        return pd.DataFrame([{**who, **dict.fromkeys(FACTS)}], index=pd.Index([case.id], name="consignment"))
    table = opened.table
    known = (*_WHO, *FACTS)
    faults = [
        Fault(f"facts: {name}", "a column", one_of(str(name), known)) for name in table if name not in known
    ]
    faults += [Fault(f"facts: {name}", "missing", "a column") for name in _WHO if name not in table]
    names = table.get("consignment", pd.Series(dtype=object)).astype(object)
    faults += [
        Fault(f"facts: row {row}: consignment", "missing", "a name") for row in names.index[names.isna()]
    ]
    faults += [
        Fault(f"facts: row {row}: consignment", shown(names[row]), "each consignment once")
        for row in names.index[names.duplicated() & names.notna()]
    ]
    refuse("facts", faults)
    return (
        table.astype(object).where(table.notna(), None).reindex(columns=list(known)).set_index("consignment")
    )


def with_case(subjects: pd.DataFrame, known: Mapping[str, float]) -> pd.DataFrame:
    """The facts of each consignment, with those of the case where the table leaves them empty."""
    facts = subjects[list(FACTS)].copy()
    for name, value in known.items():
        facts[name] = facts[name].where(facts[name].notna(), value)
    return facts


@dataclass(frozen=True)
class MeasureStudy:
    """Measures by consignment and why, the orders, and how each ends."""

    assessment: Assessment
    opened: OpenTable | None
    on: dt.date
    levels: tuple[str, ...]
    subjects: pd.DataFrame
    facts: pd.DataFrame
    measures: pd.DataFrame
    orders: pd.DataFrame
    endings: pd.DataFrame
    no_rule: tuple[str, ...]


def study_measures(assessment: Assessment, opened: OpenTable | None, *, on: str = "") -> MeasureStudy:
    """Everything the notebook of the response plan shows, by default on the day of the assessment."""
    day = parameter_day(on) if on else assessment.case.assessed_on
    subjects = subjects_of(assessment.case, opened)
    facts = with_case(subjects, case_facts(assessment.case))
    levels = _levels(assessment)
    table = _under_each(facts, levels, day)
    tests = standards.table("measure_tests", on=day)
    called = set(tests.loc[tests["kind"] == "calls", "measure"])
    catalogue = standards.table("response_measures", on=day)
    return MeasureStudy(
        assessment,
        opened,
        day,
        levels,
        subjects,
        facts,
        table,
        orders(table, subjects, on=day),
        _endings(table, catalogue, day),
        tuple(name for name in catalogue["measure"] if name not in called),
    )


def _levels(assessment: Assessment) -> tuple[str, ...]:
    """The levels that missing facts leave possible, mildest first; none for a case that is not graded."""
    low, high = assessment.level_ends
    codes = scale("warning").codes
    return codes[codes.index(low) : codes.index(high) + 1] if low else ()


def _under_each(facts: pd.DataFrame, levels: tuple[str, ...], day: dt.date) -> pd.DataFrame:
    """A measure stands if every possible level says the same of it; else the level is to be settled first."""
    codes = scale("warning").codes
    ranks: list[int | None] = [codes.index(level) + 1 for level in levels] or [None]
    given = facts["level"]
    found = [
        proposed(facts.assign(level=given if rank is None else given.where(given.notna(), rank)), on=day)
        for rank in ranks
    ]
    first = found[0].copy()
    differs = pd.concat([one["decision"] != first["decision"] for one in found], axis=1).any(axis=1)
    first.loc[differs, "decision"] = "undecided"
    first.loc[differs, "missing"] = "level"
    first.loc[differs, ["rule_id", "superseded_by", "status", "source_id"]] = ""
    return first.fillna({"status": "", "source_id": ""})


def _endings(table: pd.DataFrame, catalogue: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """By which rule each measure that is taken is lifted, and its last day by law."""
    taken = table.index[table["decision"] == "take"].get_level_values("measure").unique()
    found = catalogue[catalogue["measure"].isin(taken)][["measure", "lifting"]].reset_index(drop=True)
    if found.empty:
        return found.assign(last_day=pd.Series(dtype="datetime64[ns]"))
    return found.assign(last_day=lawful_ends(found.assign(started=day), on=day)["last_day"])


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
    return found_record(
        "measures",
        case.id,
        in_each_language(case.title.say),
        inputs=inputs | {"draws": study.assessment.draws},
        levels=list(study.levels),
        facts=study.facts.reset_index(),
        measures=study.measures.reset_index(),
        orders=study.orders,
        lifting=study.endings,
        no_rule_on_that_day=list(study.no_rule),
    )
