"""Everything that the notebook of drafts calls: choose, draft, show, publish; nothing is recorded or sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.derived_facts import defect_found
from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.warning_levels import level_rank
from riskkit.warning.alerts.choice import authority_of, choose_documents, default_measures
from riskkit.warning.alerts.drafts import CHINA, LEVELS
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import level_badge
from riskkit.workbench.flows.warnings.making import Decision, Issue, make_issue
from riskkit.workbench.flows.warnings.official import line_text
from riskkit.workbench.flows.warnings.proposals import Proposal, proposal
from riskkit.workbench.flows.warnings.words import clause_words
from riskkit.workbench.runs.result import ResultRecord, result_record
from riskkit.workbench.words.rules import rule_in


@dataclass(frozen=True)
class Drafts:
    """What would go out about a case at a level, or why it may not."""

    assessment: Assessment
    decision: Decision
    issue: Issue | None
    missing: tuple[Fault, ...]


def draft_case(
    assessment: Assessment, *, level: str = "", reason: str = "", ports: str = "", days: int = 90,
    pictures: Sequence[PictureFile] = (),
) -> Drafts:  # fmt: skip
    """The documents of a first issue about a case, dated on the day of its assessment."""
    case = assessment.case
    try:
        asked, missing = proposal(assessment, level=level, reason=reason), tuple[Fault, ...]()
    except InputFaults as error:
        rank = 1 if assessment.badge is None else level_rank(assessment.badge.level_hi)
        asked, missing = Proposal(rank, "", (), ()), error.faults
    now = dt.datetime.combine(case.assessed_on, dt.time(9), tzinfo=CHINA)
    decision = Decision(
        warning_id=case.id[:56],
        issue=f"{case.id[:56]}.1",
        kind="first",
        level=asked.level,
        assessed=asked.assessed if asked.departs else (),
        level_reason=asked.reason,
        issued_at=now,
        starts_at=now,
        ends_at=now + dt.timedelta(days=days),
        is_exercise=True,
        ports=tuple(one.strip() for one in ports.split(",") if one.strip()),
    )
    try:
        issue = make_issue(assessment, decision, formats=("txt",), pictures=pictures)
    except InputFaults as error:
        return Drafts(assessment, decision, None, tuple(dict.fromkeys([*missing, *error.faults])))
    return Drafts(assessment, decision, None if missing else issue, missing)


def choice_part(drafts: Drafts) -> Section:
    """Level, who may publish it, which documents and why; and everything that is missing."""
    case, decision = drafts.assessment.case, drafts.decision
    title = say("choice_title")
    if drafts.assessment.route != "graded":
        return Section("choice", title, 1, (_missing(drafts),))
    blocks: list[Block] = [level_badge(LEVELS[decision.level - 1])]
    blocks.append(Paragraph(say("may_publish", who=authority_of(decision.level)[0])))
    measures = default_measures(
        decision.level, direction=case.direction, goods=case.goods, has_defect=defect_found(case)
    )
    said = {str(row["measure"]): str(row[language()]) for row in standards.rows("alert_measures")}
    rows = [
        (
            one.zh if language() == "zh" else one.en,
            one.why_zh if language() == "zh" else one.why_en,
            " ".join(said[m] for m in one.measures),
        )
        for one in choose_documents(measures)
    ]
    heads = tuple(say(f"col_{name}") for name in ("document", "why", "measures"))
    blocks.append(Table(say("choice_title"), heads, tuple(rows)))
    blocks.append(Paragraph(say("measures_house"), "caution"))
    blocks += [_missing(drafts)] if drafts.missing else []
    blocks += [] if drafts.issue is None or not drafts.issue.reading else [_open_rules(drafts.issue)]
    return Section("choice", title, 1, tuple(blocks))


def _open_rules(issue: Issue) -> Block:
    """What the law asks of the announcement and it does not say yet."""
    if not issue.open_rules:
        return Paragraph(say("rules_met"))
    rows = tuple(
        (say(f"language_{one.lang}"), one.asks[language()], clause_words(one)) for one in issue.open_rules
    )
    heads = tuple(say(f"col_{name}") for name in ("language", "asks", "clause"))
    return Table(say("rules_title"), heads, rows)


def _missing(drafts: Drafts) -> Items:
    told = tuple(say("missing_line", place=one.place, rule=rule_in(one.rule)) for one in drafts.missing)
    return Items((say("missing_title"), *told))


def document_parts(drafts: Drafts) -> tuple[Section, ...]:
    """The text of each document, as it would be published."""
    if drafts.issue is None:
        return ()
    found = []
    for name in drafts.issue.chosen:
        document = drafts.issue.documents[f"{name}.{language()}"]
        blocks = tuple(
            photo or Paragraph(line_text(kind, words))
            for kind, words, photo in document.parts
            if kind != "title"
        )
        found.append(Section(f"document-{name}", document.title, 1, blocks))
    short = drafts.issue.files[f"short.{language()}.txt"].decode("utf-8").strip()
    found.append(Section("document-short", say("short_title"), 1, (Paragraph(short),)))
    return tuple(found)


def reading_part(drafts: Drafts) -> Section | None:
    """How the public notice reads, in both languages."""
    if drafts.issue is None or not drafts.issue.reading:
        return None
    rows = [
        (say(f"language_{of}"), f"{one.sentence:.1f}", str(one.longest), f"{one.score:.3g}",
         say("plain_yes" if one.is_plain else "plain_not"))
        for of, one in sorted(drafts.issue.reading.items())
    ]  # fmt: skip
    heads = tuple(say(f"col_{name}") for name in ("language", "sentence", "longest", "score", "plain"))
    table = Table(say("reading_title"), heads, tuple(rows), numeric=(1, 2, 3))
    return Section("reading", say("reading_title"), 1, (table, Paragraph(say("reading_help"), "note")))


def publish_drafts(drafts: Drafts, *, seed: int, case_sha256: str) -> ResultRecord:
    """Put assessment and drafts into the notebook, where the runner reads them back."""
    record = result_record(drafts.assessment, seed=seed, case_sha256=case_sha256)
    told: dict[str, Any] = {
        "level": LEVELS[drafts.decision.level - 1],
        "assessed": list(drafts.decision.assessed),
        "reason": drafts.decision.level_reason,
        "documents": list(drafts.issue.chosen) if drafts.issue else [],
        "files": drafts.issue.hashes() if drafts.issue else {},
        "missing": [{"place": one.place, "rule": one.rule} for one in drafts.missing],
    }
    return ResultRecord(record | {"drafts": told})
