"""Technical trade measures as sections and a figure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import amount, figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, joined, section, table_section, text_table
from riskkit.workbench.flows.trade.comments import OPEN, draft_comment, limit_words, open_notifications
from riskkit.workbench.flows.trade.trade_study import (
    TradeStudy,
    money,
    money_range,
    rate_range,
    rule_words,
    say,
)
from riskkit.workbench.flows.warnings.official import letter_blocks
from riskkit.workbench.reports.figures import style
from riskkit.workbench.runs.result import ResultRecord, found_record
from riskkit.workbench.words.rules import rule_in

_MOST = 12
_MILLION = 1e6


def exposure_figure(study: TradeStudy) -> Picture | None:
    """One bar a notification: solid for exports hit for sure, light for those that may be hit."""
    seen = study.exposed[study.exposed["value_hi"] > 0].sort_values("value_hi", kind="stable").tail(_MOST)
    if seen.empty:
        return None
    title = say("figure")
    names = [style.clean(str(symbol).removeprefix("G/").replace("/N/", " ")) for symbol in seen.index]
    sure = (seen["value_lo"] / _MILLION).tolist()
    more = ((seen["value_hi"] - seen["value_lo"]) / _MILLION).tolist()
    words = [money_range(row["value_lo"], row["value_hi"]) for row in records(seen)]
    traces: list[dict[str, Any]] = [
        {"type": "bar", "orientation": "h", "y": names, "x": sure, "marker": {"color": style.DARK},
         "hoverinfo": "skip"},
        {"type": "bar", "orientation": "h", "y": names, "x": more, "text": words, "textposition": "outside",
         "cliponaxis": False, "hoverinfo": "skip",
         "marker": {"color": style.SOFT, "line": {"color": style.DARK, "width": 1}}},
    ]  # fmt: skip
    shape = style.layout(title, height=110 + 38 * len(names), margin={"t": 36, "l": 110, "r": 70})
    remark, room = style.below(say("figure_marks"), at=46)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape |= {"barmode": "stack", "showlegend": False, "yaxis": {"automargin": True, "ticklabelstandoff": 4}}
    shape["xaxis"] = style.quiet_axis() | {
        "title": {"text": style.clean(say("million")), "font": {"size": 11}}
    }
    rows = tuple(
        (str(symbol), money(row["value_lo"]), money(row["value_hi"]))
        for symbol, row in zip(seen.index[::-1], records(seen[::-1]), strict=True)
    )
    most = seen.iloc[-1]
    alt = say("figure_alt", n=len(seen), symbol=str(seen.index[-1]), high=amount(most["value_hi"] / _MILLION))
    heads = tuple(say(key) for key in ("col_symbol", "col_sure", "col_possible"))
    table = Table(title, heads, rows, numeric=(1, 2))
    return Picture("trade-figure", title, alt, table, {"data": traces, "layout": shape})


_STATES = ("comment_now", "comment", "closed", "withdrawn", "unknown")
_MOST_FAULTS = 20


def trade_summary(study: TradeStudy) -> Section:
    """How many notifications stand, which are open, and what they hit in all."""
    counts = study.deadlines["decision"].value_counts()
    parts = [say(f"of_{one}", n=number(counts[one])) for one in _STATES if counts.get(one)]
    lead = say("lead", n=len(study.standing), day=study.on.isoformat())
    hit = study.sectors[["value_lo", "value_hi", "value"]].sum()
    sums = say("hit", value=money_range(hit["value_lo"], hit["value_hi"]), total=money(hit["value"]))
    blocks: list[Block] = [Paragraph(lead + joined(parts) + say("stop"), "lead"), Paragraph(sums)]
    n_unknown = int(study.sectors.attrs["n_unknown"])
    if n_unknown:
        blocks.append(Paragraph(say("hit_unknown", n=n_unknown), "caution"))
    read = study.read
    if len(read.quarantined) or read.n_duplicates:
        blocks.append(Paragraph(say("read", n=read.n_read, good=len(read.accepted),
                                    aside=len(read.quarantined), again=read.n_duplicates)))  # fmt: skip
    cautions = {"not_official": True, "synthetic": study.is_sample}
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_folder", name=study.name, sha256=study.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def trade_notifications(study: TradeStudy) -> Section:
    """Every notification with its final date, the nearest first."""
    rules = rule_words()
    both = study.standing.join(study.deadlines[["decision", "rule_id", "margin", "is_short"]])
    both["place"] = both["decision"].map({name: at for at, name in enumerate(_STATES)})
    both = both.sort_values(["place", "margin"], kind="stable")
    rows = []
    for symbol, row in zip(both.index, records(both), strict=True):
        member = "—" if row["member"] is None else country_name(row["member"])
        left = number(row["margin"]) if row["margin"] >= 0 else "—"
        is_short = row["is_short"] and row["decision"] in OPEN
        why = rules[row["rule_id"]] + (say("short_period") if is_short else "")
        title = row["title"] or say("parent_missing", symbol=symbol)
        rows.append((str(row["latest"]), member, title, day_cell(row["comments_by"]), left,
                     say(f"is_{row['decision']}"), why))  # fmt: skip
    heads = ("col_symbol", "col_member", "col_title", "#col_final", "#col_left", "col_state", "col_reason")
    return table_section(say, "notifications", heads=heads, rows=rows)


def trade_exposure(study: TradeStudy) -> Section:
    """What each notification hits, loses and costs."""
    rules = rule_words()
    both = study.exposed.join(study.impacts).join(study.verdicts[["rule_id", "codes_unknown"]])
    both = both.sort_values("value_hi", ascending=False, na_position="first", kind="stable")
    rows = []
    for symbol, row in zip(both.index, records(both), strict=True):
        note = rules[row["rule_id"]] + (f" ({row['codes_unknown']})" if row["codes_unknown"] else "")
        counted = say("lines_of", sure=row["n_sure"], possible=row["n_possible"])
        rows.append((str(symbol), counted, money_range(row["value_lo"], row["value_hi"]),
                     rate_range(row["share_lo"], row["share_hi"]),
                     money_range(row["loss_lo"], row["loss_hi"]),
                     money_range(row["cost_lo"], row["cost_hi"]), note))  # fmt: skip
    heads = ("col_symbol", "col_lines", "#col_value", "#col_share", "#col_loss", "#col_cost", "col_coding")
    return table_section(say, "exposure", heads=heads, rows=rows)


def trade_sectors(study: TradeStudy) -> Section:
    """What all notifications mean for each sector."""
    rows = [
        (str(sector), number(row["n_notifications"]), money(row["value"]),
         money_range(row["value_lo"], row["value_hi"]),
         rate_range(row["share_lo"], row["share_hi"]),
         money_range(row["loss_lo"], row["loss_hi"]), money_range(row["cost_lo"], row["cost_hi"]))
        for sector, row in zip(study.sectors.index, records(study.sectors), strict=True)
    ]  # fmt: skip
    heads = ("col_sector", "#col_n", "#col_exports", "#col_value", "#col_share", "#col_loss", "#col_cost")
    return table_section(say, "sectors", heads=heads, rows=rows)


def trade_losses(study: TradeStudy) -> Section | None:
    """Direct loss and additional cost that the survey expands to, and what past surveys published."""
    if study.survey.empty:
        return None
    rows = [
        (say("all") if sector == "all" else str(sector), number(row["n_firms"]),
         _with_ends(row, "share_affected"), _money_ends(row, "loss"),
         _money_ends(row, "cost"),
         _with_ends(row, "loss_rate"), rate(row["loss_share"]))
        for sector, row in zip(study.survey.index, records(study.survey), strict=True)
    ]  # fmt: skip
    heads = (
        "col_sector",
        "#col_firms",
        "#col_affected",
        "#col_loss",
        "#col_cost",
        "#col_loss_rate",
        "#col_of_all",
    )
    past = standards.table("trade_surveys")
    past = past[
        (past["subject"] == "all") & past["quantity"].isin(["share_affected", "loss", "cost", "loss_rate"])
    ]
    past_rows = [
        (str(row["year"]), row[language()], say("yi_usd", n=figure(row["value"], 5)) if row["unit"] != "share"
         else rate(row["value"]))
        for row in records(past)
    ]  # fmt: skip
    past_heads = ("col_year", "col_quantity", "#col_published")
    return section(
        say, "losses", Paragraph(say("losses_note"), "note"),
        *text_table(say, "losses", heads=heads, rows=rows),
        *text_table(say, "past", heads=past_heads, rows=past_rows),
    )  # fmt: skip


def _with_ends(row: dict[str, float], name: str) -> str:
    low, high = (rate(row[f"{name}_{end}"]) for end in ("lo", "hi"))
    return say("with_ends", middle=rate(row[name]), low=low, high=high)


def _money_ends(row: dict[str, float], name: str) -> str:
    low, high = (money(row[f"{name}_{end}"]) for end in ("lo", "hi"))
    return say("with_ends", middle=money(row[name]), low=low, high=high)


def trade_gaps(study: TradeStudy) -> Section | None:
    """Notified limits against the own standard."""
    if study.gaps.empty:
        return None
    rules = rule_words()
    rows = []
    for row in records(study.requirements.join(study.gaps)):
        failing = "—"
        if pd.notna(row["share_failing"]):
            failing = _with_ends(row, "share_failing")
        rows.append((row["base"], row["item"], limit_words(row),
                     limit_words(row, own="own_"),
                     say(f"is_{row['decision']}"), failing, rules[row["rule_id"]]))  # fmt: skip
    heads = ("col_symbol", "col_item", "#col_notified", "#col_own", "col_gap", "#col_failing", "col_reason")
    return table_section(say, "gaps", heads=heads, rows=rows)


def trade_comment(study: TradeStudy, *, notification: str, issuer: str) -> Section | None:
    """The draft of a comment in full: on the notification named, or on the open one that ends first."""
    known = open_notifications(study)
    chosen = notification if notification in study.standing.index else next(iter(known), "")
    if not chosen or study.standing.at[chosen, "title"] is None:
        return None
    document = draft_comment(study, chosen, issuer=issuer or say("issuer"))
    blocks = letter_blocks(document)
    return section(say, "comment", Paragraph(say("comment_note", n=len(known)), "note"), *blocks)


def trade_quarantined(study: TradeStudy) -> Section | None:
    """What is wrong with the documents that were set aside."""
    if not study.read.faults:
        return None
    rows = [
        (fault.place, fault.value or "—", rule_in(fault.rule)) for fault in study.read.faults[:_MOST_FAULTS]
    ]
    heads = ("col_place", "col_given", "col_rule")
    return table_section(say, "quarantined", heads=heads, rows=rows)


def trade_house() -> Section:
    """Choices of this project behind it."""
    table = standards.table("trade_rules")
    table = table[table["status"] == "house"]
    words = rule_words()
    rows = [(words[row["rule_id"]],
             "—" if pd.isna(row["number"]) else say("days", n=number(row["number"])))
            for row in records(table)]  # fmt: skip
    blocks = text_table(say, "house", heads=("col_meaning", "#col_choice"), rows=rows)
    return Section("house-numbers", say("house"), 1, blocks)


def publish_trade(study: TradeStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    read = study.read
    return found_record(
        "trade_measures",
        study.name,
        in_each_language(say, "case", day=on),
        inputs={"on": on, "edition": study.edition, "case_sha256": study.sha256},
        counts={
            "read": read.n_read,
            "accepted": len(read.accepted),
            "quarantined": len(read.quarantined),
            "duplicates": read.n_duplicates,
        },
        notifications=study.standing.rename_axis("symbol").reset_index(),
        deadlines=study.deadlines.rename_axis("symbol").reset_index(),
        exposure=study.exposed.join(study.impacts).rename_axis("symbol").reset_index(),
        matches=study.matches,
        sectors=study.sectors.rename_axis("sector").reset_index(),
        survey=study.survey.rename_axis("sector").reset_index(),
        gaps=study.requirements[["base", "item"]].join(study.gaps),
    )
