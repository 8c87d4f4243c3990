"""What the public sees: penalties, the list, the draw, and the places where breaches gather."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.provinces import province_name
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.numbers import figure, number
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, section, text_table
from riskkit.workbench.reports.figures.outlines import read_outlines
from riskkit.workbench.reports.figures.place_map import PlaceMap, place_map
from riskkit.workbench.reports.referral.case_sections import say, table_words
from riskkit.workbench.reports.referral.referral_study import ReferralStudy
from riskkit.workbench.reports.response.example_tables import house_rows


def referral_publication(study: ReferralStudy) -> Section | None:
    """Which penalties are to be published or withdrawn by when, and until when they are shown."""
    if study.publication.empty:
        return None
    given = records(study.tables["penalties"])
    kinds = table_words("heavy_penalties", "penalty", on=study.on)
    terms = table_words("referral_clocks", "clock", on=study.on)
    words = _words(study.publication["reason"])
    early = {True: say("yes"), False: say("no")}
    rows = []
    for place, row in enumerate(records(study.publication)):
        is_silent = row["decision"] == "not_published"
        days = "—" if is_silent or pd.isna(row["margin"]) else number(float(row["margin"]))
        due = "—" if is_silent else day_cell(row["due_on"])
        may_ask = "—" if pd.isna(row["may_ask_early"]) or is_silent else early[bool(row["may_ask_early"])]
        term = "—" if is_silent else terms.get(row["rule_id"], "—")
        cells = (str(given[place]["firm"]), kinds[given[place]["penalty"]], words[place], due)
        rows.append((*cells, day_cell(row["ends_on"]), days, may_ask, term))
    heads = (
        "col_firm",
        "col_penalty",
        "col_state",
        "col_due",
        "col_ends",
        "#col_days",
        "col_early",
        "col_rule",
    )
    note = Paragraph(say("publication_note"), "note")
    return section(say, "publication", note, *text_table(say, "publication", heads=heads, rows=rows))


def referral_list(study: ReferralStudy) -> Section | None:
    """Entry to and exit from the list of seriously dishonest entities."""
    if study.listing.empty:
        return None
    given = records(study.tables["listing"])
    kinds = table_words("heavy_penalties", "penalty", on=study.on)
    words = _words(study.listing["reason"])
    rows = [
        (str(given[place]["firm"]), kinds[given[place]["penalty"]], words[place],
         day_cell(row["may_ask_from"]), day_cell(row["leaves_on"]),
         "—" if pd.isna(row["margin"]) else number(float(row["margin"])))
        for place, row in enumerate(records(study.listing))
    ]  # fmt: skip
    heads = ("col_firm", "col_penalty", "col_state", "col_ask_from", "col_leaves", "#col_days")
    note = Paragraph(say("list_note"), "note")
    return section(say, "list", note, *text_table(say, "list", heads=heads, rows=rows))


def referral_draw(study: ReferralStudy) -> Section | None:
    """The commitment, the public number and the names drawn; or why the draw does not fit."""
    draw = study.draw
    if draw.state == "none":
        return None
    said = say(f"draw_{draw.state}")
    blocks: list[Block] = [Paragraph(said, "caution") if draw.problems else Paragraph(said)]
    blocks += [Items(draw.problems)] if draw.problems else []
    if draw.commitment is not None:
        told = draw.commitment
        facts = [("n_names", number(told.n_names)), ("n_drawn", number(told.n_drawn)),
                 ("list_digest", told.list_digest), ("secret_digest", told.secret_digest)]  # fmt: skip
        facts += [("secret", draw.secret), ("public", draw.public)] if draw.secret else []
        rows = [(say(key), value) for key, value in facts]
        blocks += text_table(say, "commitment", heads=("col_item", "col_value"), rows=rows)
    drawn = [
        (number(place), str(row["name"]), number(int(row["place"]) + 1), str(row["ticket"])[:16])
        for place, row in enumerate(records(draw.drawn), start=1)
    ]
    heads = ("#col_order", "col_name", "#col_list_place", "col_ticket")
    blocks += text_table(say, "drawn", heads=heads, rows=drawn)
    return section(say, "draw", *blocks, Paragraph(say("draw_how"), "note"))


def referral_map(study: ReferralStudy, *, outlines: str = "") -> Picture | None:
    """Cases by province and port, hot spots marked; on outlines of one's own where a file is given."""
    if study.provinces.empty:
        return None
    hot = frozenset(study.provinces.index[study.provinces["decision"] == "hot"])
    named = study.ports[study.ports["port"].notna()].dropna(subset=["n_cases"])
    ports = named.rename(columns={"n_cases": "n"})[["port", "code", "n"]]
    shown = PlaceMap("referral-map", say("map"), say("map_unit"), study.provinces["n_cases"], hot, ports)
    return place_map(shown, outlines=read_outlines(outlines) if outlines else None)


def referral_hot_spots(study: ReferralStudy) -> Section | None:
    """Which places have more cases than their trade explains."""
    if study.provinces.empty:
        return None
    provinces = [province_name(str(code)) for code in study.provinces.index]
    ports = study.ports[study.ports["port"].notna()]
    blocks: list[Block] = [Paragraph(say("hot_spots_note"), "note")]
    for key, table, names in (
        ("provinces", study.provinces, provinces),
        ("ports", ports, list(ports["port"])),
    ):
        rows = _spot_rows(table, names)
        heads = (
            f"col_{key}",
            "#col_cases",
            "#col_consignments",
            "#col_expected",
            "#col_ratio",
            "#col_q",
            "col_state",
        )
        blocks += text_table(say, f"spot_{key}", heads=heads, rows=rows)
    return section(say, "hot_spots", *blocks)


def _spot_rows(table: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Hot spots first, then by the ratio; what is open at the end."""
    found = table.assign(name=list(names), words=_words(table["reason"]))
    found["is_hot"] = found["decision"] == "hot"
    ordered = found.sort_values(["is_hot", "ratio"], ascending=False, kind="stable", na_position="last")
    return [
        (("▲ " if row["is_hot"] else "") + str(row["name"]), number(float(row["n_cases"])),
         number(float(row["n_consignments"])), figure(row["expected"]), figure(row["ratio"], 2),
         figure(row["q_value"], 2), str(row["words"]))
        for row in records(ordered)
    ]  # fmt: skip


def referral_limits() -> Section:
    """How to read this, and how far it goes."""
    keys = (
        "limit_facts",
        "limit_reward",
        "limit_publication",
        "limit_list",
        "limit_draw",
        "limit_hot",
        "limit_map",
    )
    return Section("limits", say("limits"), 1, (Items(tuple(say(key) for key in keys)),))


def referral_house_numbers(study: ReferralStudy) -> Section:
    """Values set by this project: limits of a hot spot, and terms that were not read."""
    clocks = standards.table("referral_clocks", on=study.on)
    tables = [standards.table("hot_spot_limits"), clocks.astype({"amount": float})]
    return house_rows(tables, value=("number", "amount"))


def _words(reasons: pd.Series) -> list[str]:
    return [str(word) for word in reason_words(reasons)]
