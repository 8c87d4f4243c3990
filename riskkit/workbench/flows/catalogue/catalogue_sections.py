"""The review of the inspection catalogue as sections in one language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import amount, figure, number, percent
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import joined, section, text_table
from riskkit.workbench.flows.catalogue.catalogue_study import CatalogueStudy
from riskkit.workbench.flows.catalogue.catalogue_words import (
    draft_notice,
    goods_name,
    moved,
    rule_words,
    say,
    with_ends,
)
from riskkit.workbench.flows.warnings.official import letter_blocks
from riskkit.workbench.runs.result import ResultRecord
from riskkit.workbench.words.rules import rule_in

_DECISIONS = ("propose_in", "propose_out", "stay_in", "stay_out", "unknown")
_COUNTS = ("n_tested", "n_nonconforming", "n_lots", "n_complaints", "n_recalls_abroad")


def _p(value: Any) -> str:
    return "—" if pd.isna(value) else percent(value)


def catalogue_summary(study: CatalogueStudy) -> Section:
    """How many goods are proposed to move, and what that changes."""
    counts = study.decided["decision"].value_counts()
    parts = [say(f"of_{one}", n=number(counts[one])) for one in _DECISIONS if counts.get(one)]
    lead = say("lead", n=len(study.decided), day=study.on.isoformat())
    blocks: list[Block] = [Paragraph(lead + joined(parts) + say("stop"), "lead")]
    now, after = (float(study.decided[name].sum()) for name in ("n_missed_now", "n_missed_after"))
    blocks.append(Paragraph(say("misses", now=amount(now), after=amount(after))))
    n_waits = int((study.decided["decision"] == "propose_in").sum()) - len(moved(study, "propose_in"))
    if n_waits:
        blocks.append(Paragraph(say("waits", n=n_waits, hours=number(study.hours))))
    cautions = {"not_official": True, "synthetic": study.is_sample}
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_folder", name=study.name, sha256=study.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def catalogue_proposals(study: CatalogueStudy) -> Section:
    """Each commodity with its evidence, the proposal and the reason."""
    rules = rule_words()
    both = study.evidence.join(study.decided.drop(columns=["is_prior_only"]))
    both["place"] = both["decision"].map({name: at for at, name in enumerate(_DECISIONS)})
    both = both.sort_values(["place", "rate_mean"], ascending=[True, False], kind="stable")
    rows = [
        (str(code), goods_name(study, str(code)), say(f"listed_{_flag(row['is_listed'])}"),
         number(row["n_tested"]), with_ends(row), _p(row["p_above"]), _p(row["p_below"]),
         say(f"is_{row['decision']}"), rules[row["rule_id"]])
        for code, row in zip(both.index, records(both), strict=True)
    ]  # fmt: skip
    heads = ("col_hs", "col_goods", "col_listed", "#col_tested", "#col_rate", "#col_above", "#col_below",
             "col_decision", "col_reason")  # fmt: skip
    bound = standards.table("catalogue_rules").set_index("rule_id")["number"]
    note = say("proposals_note", high=percent(bound["ce-rate-in"]),
               low=percent(bound["ce-rate-out"]), sure=percent(bound["ce-sure-in"]),
               surer=percent(bound["ce-sure-out"]), n=number(bound["ce-few"]))  # fmt: skip
    table = text_table(say, "proposals", heads=heads, rows=rows)
    return section(say, "proposals", Paragraph(note, "note"), *table)


def _flag(value: Any) -> str:
    return "unknown" if pd.isna(value) else "yes" if value else "no"


def catalogue_budget(study: CatalogueStudy) -> Section | None:
    """Which goods come in within the hours there are, the most harm avoided per hour first."""
    asked = study.within[study.within["place"].notna()].join(study.goods["hours"].astype(float))
    if asked.empty:
        return None
    asked = asked.sort_values("place")
    rows = [
        (number(row["place"]), str(code), goods_name(study, str(code)), amount(row["harm_avoided"]),
         number(row["hours"]), number(row["hours_left"]),
         say("comes_in" if row["is_chosen"] else "deferred"))
        for code, row in zip(asked.index, records(asked), strict=True)
    ]  # fmt: skip
    heads = ("#col_place", "col_hs", "col_goods", "#col_harm", "#col_hours", "#col_left", "col_decision")
    note = Paragraph(say("budget_note", hours=number(study.hours)), "note")
    return section(say, "budget", note, *text_table(say, "budget", heads=heads, rows=rows))


def catalogue_evidence(study: CatalogueStudy) -> Section:
    """One row a commodity, firm and port; the highest rates first."""
    fine = study.fine.sort_values("rate_mean", ascending=False, kind="stable")
    rows = []
    for (code, firm, port), row in zip(fine.index, records(fine), strict=True):
        note = say("only_prior") if row["is_prior_only"] else ""
        counts = [number(row[name]) for name in _COUNTS]
        rows.append((code, goods_name(study, code), firm, str(row.get("credit") or "—"), port, *counts,
                     with_ends(row) + note,
                     figure(row["severity"], 1) if row["severity"] > 0 else "—"))  # fmt: skip
    heads = ("col_hs", "col_goods", "col_firm", "col_credit", "col_port", "#col_tested", "#col_bad",
             "#col_lots", "#col_complaints", "#col_recalls", "#col_rate", "#col_severity")  # fmt: skip
    lead = Paragraph(say("evidence_note"), "note")
    return section(say, "evidence", lead, *text_table(say, "evidence", heads=heads, rows=rows))


def catalogue_certificates(study: CatalogueStudy) -> Section | None:
    """Goods that need the compulsory certificate, and how certificates are checked."""
    rules = rule_words()
    asked = study.certificates[study.certificates["decision"] != "no_certificate"]
    rows = [
        (str(code), goods_name(study, str(code)), say(f"is_{row['decision']}"), rules[row["rule_id"]])
        for code, row in zip(asked.index, records(asked), strict=True)
    ]
    heads = ("col_hs", "col_goods", "col_decision", "col_reason")
    table = text_table(say, "certificates", heads=heads, rows=rows)
    return section(say, "certificates", *table) if rows else None


def catalogue_codes(study: CatalogueStudy) -> Section | None:
    """Records under an older edition of the HS, and records that were set aside."""
    rules = rule_words() | {"no-table": say("no_table")}
    rows = [
        (str(row["hs"]), str(row["edition"]), row["code_to"] if pd.notna(row["code_to"]) else "—",
         row["candidates"] or "—", rules[row["rule_id"]])
        for row in records(study.codes)
    ]  # fmt: skip
    faults = [(fault.place, fault.value, rule_in(fault.rule)) for fault in study.quarantined]
    if not rows and not faults:
        return None
    heads = ("col_hs", "#col_edition", "col_to", "col_candidates", "col_reason")
    n = len({fault.place.split(":")[1] for fault in study.quarantined})
    return section(
        say, "codes", Paragraph(say("codes_note", n=study.n_read, aside=n), "note"),
        *text_table(say, "codes", heads=heads, rows=rows),
        *text_table(say, "faults", heads=("col_where", "col_given", "col_rule"), rows=faults),
    )  # fmt: skip


def catalogue_notice(study: CatalogueStudy, *, issuer: str) -> Section:
    """The draft notice in full."""
    document = draft_notice(study, issuer=issuer or say("issuer"))
    blocks: list[Block] = [Paragraph(say("notice_note"), "note"), *letter_blocks(document)]
    return section(say, "notice", *blocks)


def catalogue_limits() -> Section:
    """How to read this, and how far it goes."""
    keys = ("limit_bounds", "limit_rate", "limit_misses", "limit_codes", "limit_notice")
    return Section("limits", say("limits"), 1, (Items(tuple(say(key) for key in keys)),))


def catalogue_house() -> Section:
    """Choices of this project behind it."""
    table = standards.table("catalogue_rules")
    table = table[(table["status"] == "house") & table["number"].notna()]
    rows = [(row[language()], f"{row['number']:g}") for row in records(table)]
    blocks = text_table(say, "house", heads=("col_meaning", "#col_choice"), rows=rows)
    return Section("house-numbers", say("house"), 1, blocks)


def publish_catalogue(study: CatalogueStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    return ResultRecord({
        "schema": "riskkit.catalogue/1",
        "case": {"id": study.name, "title": in_each_language(say, "case", day=on)},
        "inputs": {"riskkit": __version__, "on": on, "hours": study.hours, "case_sha256": study.sha256},
        "moved": {name: moved(study, name) for name in ("propose_in", "propose_out")},
        "proposals": study.evidence.join(study.decided.drop(columns=["is_prior_only"])).reset_index(),
        "within_hours": study.within.reset_index(),
        "certificates": study.certificates.reset_index(),
        "evidence": study.fine.reset_index(),
        "codes": study.codes,
        "quarantined": [str(fault) for fault in study.quarantined],
    })  # fmt: skip
