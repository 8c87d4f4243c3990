"""The review of the inspection catalogue in words, sections and a figure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, figure, number, percent, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import joined, section, table_section, text_table
from riskkit.workbench.flows.catalogue.catalogue_study import CatalogueStudy
from riskkit.workbench.flows.warnings.official import FilledDocument, filled, letter_blocks, template_text
from riskkit.workbench.reports.figures import style
from riskkit.workbench.runs.result import ResultRecord, found_record
from riskkit.workbench.words.rules import rule_in

say = Texts("goods")
_TEMPLATE = "catalogue_notice"


def goods_name(study: CatalogueStudy, code: str) -> str:
    """The name of goods; a dash for codes that the list of goods does not have."""
    return str(study.goods.at[code, "goods"]) if code in study.goods.index else "—"


def with_ends(row: dict[str, float]) -> str:
    """The rate with its 95 % interval."""
    if pd.isna(row["rate_mean"]):
        return "—"
    low, high = (rate(row[f"rate_{end}"]) for end in ("lo", "hi"))
    return say("with_ends", middle=rate(row["rate_mean"]), low=low, high=high)


def rule_words() -> dict[str, str]:
    """Each rule in words."""
    table = standards.table("catalogue_rules")
    return dict(zip(table["rule_id"], table[language()], strict=True))


def moved(study: CatalogueStudy, decision: str) -> list[str]:
    """Codes that are proposed to move; those that come in only as far as the hours go."""
    is_so = study.decided["decision"] == decision
    if decision == "propose_in":
        is_so &= study.within["is_chosen"]
    return [str(code) for code in study.decided.index[is_so]]


def draft_notice(study: CatalogueStudy, *, issuer: str) -> FilledDocument:
    """The draft of a notice that adjusts the catalogue, with the HS list."""
    lines = {
        decision: [_line(study, code) for code in moved(study, decision)]
        for decision in ("propose_in", "propose_out")
    }
    ccc = study.certificates[study.certificates["decision"].isin(["verify_each", "verify_drawn"])]
    values: dict[str, str | list[str]] = {
        "into": lines["propose_in"], "out": lines["propose_out"],
        "ccc": [say(f"ccc_{row['decision']}", hs=code, goods=goods_name(study, code))
                for code, row in zip(ccc.index, records(ccc), strict=True)],
        "issuer": issuer, "issued_on": study.on.isoformat(),
    }  # fmt: skip
    made = filled(template_text(_TEMPLATE), values, name=_TEMPLATE)
    return FilledDocument(made, language(), issuer, say("draft"), "", say("notice"),
                          foot_words=say("foot"))  # fmt: skip


def _line(study: CatalogueStudy, code: str) -> str:
    row: dict[str, Any] = {str(name): value for name, value in study.evidence.loc[code].items()}
    return say("notice_line", hs=code, goods=goods_name(study, code), n=number(float(row["n_tested"])),
               rate=with_ends(row))  # fmt: skip


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
    return table_section(say, "evidence", heads=heads, rows=rows)


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
    return found_record(
        "catalogue",
        study.name,
        in_each_language(say, "case", day=on),
        inputs={"on": on, "hours": study.hours, "case_sha256": study.sha256},
        moved={name: moved(study, name) for name in ("propose_in", "propose_out")},
        proposals=study.evidence.join(study.decided.drop(columns=["is_prior_only"])).reset_index(),
        within_hours=study.within.reset_index(),
        certificates=study.certificates.reset_index(),
        evidence=study.fine.reset_index(),
        codes=study.codes,
        quarantined=[str(fault) for fault in study.quarantined],
    )


_MOST = 20


def catalogue_figure(study: CatalogueStudy) -> Picture | None:
    """One mark a commodity: filled inside the catalogue, open outside; lines at the two bounds."""
    seen = study.evidence.dropna(subset=["rate_mean"]).sort_values("rate_mean", kind="stable").tail(_MOST)
    if seen.empty:
        return None
    title = say("figure")
    names = [style.clean(f"{code} {goods_name(study, str(code))}"[:26]) for code in seen.index]
    symbols = ["square" if flag == 1 else "circle-open" for flag in seen["is_listed"]]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": (100 * seen["rate_mean"]).tolist(), "y": names,
        "hoverinfo": "skip", "marker": {"symbol": symbols, "size": 9, "color": style.DARK},
        "error_x": {"type": "data", "symmetric": False, "color": style.DARK, "thickness": 1.5,
                    "array": (100 * (seen["rate_hi"] - seen["rate_mean"])).tolist(),
                    "arrayminus": (100 * (seen["rate_mean"] - seen["rate_lo"])).tolist()},
    }  # fmt: skip
    bound = standards.table("catalogue_rules").set_index("rule_id")["number"]
    shape = style.layout(title, height=120 + 30 * len(names), margin={"t": 36, "l": 160})
    shape["shapes"] = [
        {"type": "line", "x0": 100 * bound[name], "x1": 100 * bound[name], "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": style.DARK, "width": 1, "dash": dash}}
        for name, dash in (("ce-rate-in", "dash"), ("ce-rate-out", "dot"))
    ]  # fmt: skip
    remark, room = style.below(say("figure_marks"), at=46)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape["xaxis"] = style.quiet_axis() | {
        "title": {"text": style.clean(say("percent")), "font": {"size": 11}}
    }
    shape["yaxis"] = {"automargin": True, "type": "category"}
    turned = seen[::-1]
    rows = tuple(
        (str(code), goods_name(study, str(code)), with_ends(row))
        for code, row in zip(turned.index, records(turned), strict=True)
    )
    heads = tuple(say(key) for key in ("col_hs", "col_goods", "col_rate"))
    ends = [rate(float(value)) for value in (seen["rate_mean"].min(), seen["rate_mean"].max())]
    alt = say("figure_alt", n=len(seen), low=ends[0], high=ends[1])
    return Picture("goods-figure", title, alt, Table(title, heads, rows, numeric=(2,)),
                   {"data": [trace], "layout": shape})  # fmt: skip
