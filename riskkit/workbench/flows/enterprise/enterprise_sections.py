"""What was found at enterprises, what is asked of them and how they stand, as sections in one language."""

from __future__ import annotations

import pandas as pd

from riskkit.application.enterprise import duties, notices
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, joined, section, table_section, text_table
from riskkit.workbench.flows.enterprise.enterprise_study import EnterpriseStudy
from riskkit.workbench.flows.enterprise.letters import filled_letter, letters_of, say
from riskkit.workbench.flows.warnings.official import letter_blocks
from riskkit.workbench.runs.result import ResultRecord, found_record


def enterprise_summary(study: EnterpriseStudy) -> Section:
    """How many findings lead to which letter, what is open, and what the letters are not."""
    counts = study.decided["decision"].value_counts()
    parts = [say(f"of_{one}", n=number(counts[one])) for one in notices.DECISIONS if counts.get(one)]
    n = study.findings.table["enterprise_id"].nunique()
    lead = say("lead", n=len(study.decided), firms=n, day=study.on.isoformat())
    blocks: list[Block] = [Paragraph(lead + joined(parts) + say("stop"), "lead")]
    cautions = {"not_official": True, "synthetic": study.findings.is_sample, "no_duties": study.ledger.empty}
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_file", name=study.findings.name, sha256=study.findings.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def enterprise_findings(study: EnterpriseStudy) -> Section:
    """Each finding with its letter, the rule behind it, and what could still change it."""
    rules = (
        standards.table("enterprise_notice_rules", on=study.on)
        .drop_duplicates("test")
        .set_index("test")[language()]
    )
    facts = standards.table("enterprise_facts").set_index("fact")[language()]
    table = study.findings.table
    rows = []
    for (_, finding), row in zip(table.iterrows(), records(study.decided), strict=True):
        worst = "—"
        if row["missing"]:
            asked = joined(facts[name] for name in row["missing"].split())
            worst = say("could_be", letter=say(row["at_worst"]), facts=asked)
        reason = rules[row["rule_id"]] if row["rule_id"] else say(f"because_{row['reason']}")
        rows.append((finding["enterprise"], finding["product"], day_cell(finding["found_on"]),
                     say(row["decision"]), reason, worst))  # fmt: skip
    heads = ("col_enterprise", "col_product", "col_found", "col_letter", "col_reason", "col_open")
    return table_section(say, "findings", heads=heads, rows=rows)


def enterprise_requests(study: EnterpriseStudy) -> Section | None:
    """What the letters ask, by which day, and on what ground."""
    if study.requests.empty:
        return None
    words = standards.table("enterprise_requests", on=study.on).set_index("request")[language()]
    names = study.findings.table["enterprise"]
    rows = []
    for at, row in zip(study.requests.index, records(study.requests), strict=True):
        due = say("at_once") if row["unit"] == "at_once" else day_cell(row["due_on"])
        ground = say(f"reading_{row['reading']}", source=_ground(row))
        rows.append((names[at], words[row["request"]], due, ground))
    heads = ("col_enterprise", "col_request", "col_due", "col_ground")
    return table_section(say, "requests", heads=heads, rows=rows)


def _ground(row: dict[str, object]) -> str:
    document, place = str(standards.source(str(row["source_id"]))["document"]), str(row["locator"] or "")
    return document if document.endswith(place) else f"{document} {place}"


def enterprise_duties(study: EnterpriseStudy) -> Section | None:
    """How complete the record of each enterprise's duties is, and what is overdue."""
    if study.ledger.empty:
        return None
    counted = [f"n_{one}" for one in duties.DECISIONS]
    rows = [
        (study.names.get(key, key), *(number(row[name]) for name in counted), rate(row["share_shown"]))
        for key, row in zip(study.completeness.index, records(study.completeness), strict=True)
    ]
    heads = ("col_enterprise", *(f"#col_{name}" for name in counted), "#col_shown")
    words = standards.table("enterprise_duties", on=study.on).set_index("duty")[language()]
    open_rows = [
        (study.names.get(row["enterprise_id"], row["enterprise_id"]), say(f"kind_{row['kind']}"),
         words[row["duty"]], day_cell(row["due_on"]), say(f"duty_is_{row['decision']}"))
        for row in records(study.ledger) if row["decision"] in ("overdue", "unproven", "due", "late")
    ]  # fmt: skip
    open_heads = ("col_enterprise", "col_kind", "col_duty", "col_due", "col_state")
    return section(
        say, "duties", Paragraph(say("duties_note"), "note"),
        *text_table(say, "duties", heads=heads, rows=rows),
        *text_table(say, "open_duties", heads=open_heads, rows=open_rows),
    )  # fmt: skip


def enterprise_trend(study: EnterpriseStudy) -> Section | None:
    """Whether the rate of each enterprise falls."""
    if study.trend.empty:
        return None
    words = standards.table("enterprise_trend_rules").set_index("rule_id")[language()]
    rows = [
        (study.names.get(key, key), number(row["n_periods"]), rate(row["rate_first"]),
         rate(row["rate_last"]), figure(row["ca_p"], 2), words[row["rule_id"]])
        for key, row in zip(study.trend.index, records(study.trend), strict=True)
    ]  # fmt: skip
    heads = ("col_enterprise", "#col_periods", "#col_first", "#col_last", "#col_p", "col_state")
    return table_section(say, "trend", heads=heads, rows=rows)


def enterprise_letter(study: EnterpriseStudy, *, enterprise: str, issuer: str) -> Section | None:
    """One letter in full: that of an enterprise, or the first."""
    letters = letters_of(study)
    chosen = next((one for one in letters if enterprise in ("", one.enterprise_id)), None)
    if chosen is None:
        return None
    document = filled_letter(chosen, issuer=issuer or say("issuer"))
    blocks = letter_blocks(document)
    note = say("letter_note", n=len(letters))
    return section(say, "letter", Paragraph(note, "note"), *blocks)


def enterprise_house(study: EnterpriseStudy) -> Section:
    """Choices of this project behind the letters."""
    found = [
        (row[language()], say(row["decision"]))
        for row in records(standards.table("enterprise_notice_rules", on=study.on).drop_duplicates("test"))
        if row["status"] == "house"
    ]
    terms = standards.table("enterprise_requests", on=study.on)
    found += [
        (row[language()], say("days", n=number(row["amount"])))
        for row in records(terms[(terms["status"] == "house") & terms["amount"].notna()])
    ]
    heads = ("col_meaning", "col_choice")
    blocks = text_table(say, "house", heads=heads, rows=found)
    return Section("house-numbers", say("house"), 1, blocks)


def publish_enterprises(study: EnterpriseStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    day, findings = study.on.isoformat(), study.findings
    inputs = {"on": day, "case_sha256": findings.sha256}
    inputs |= {"duties_sha256": study.tables[0].sha256, "tests_sha256": study.tables[1].sha256}
    return found_record(
        "enterprises",
        findings.name,
        in_each_language(say, "case", day=day),
        inputs=inputs,
        findings=study.decided.join(findings.table["enterprise_id"]),
        requests=_dated(study.requests).join(findings.table["enterprise_id"]),
        duties=_dated(study.ledger),
        trend=study.trend.reset_index(),
        letters=[
            {"enterprise_id": one.enterprise_id, "kind": one.kind, "sha256": one.sha256}
            for one in letters_of(study)
        ],
    )


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    days = [name for name in ("due_on", "done_on") if name in table]
    return table.assign(**{name: table[name].map(day_cell) for name in days})
