"""Referral of cases: routes, clocks and papers, rewards, and what the public may see."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.provinces import province_name
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.response.referral.clocks import lawyer_questions
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, listed, number
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, joined, section, table_section, text_table
from riskkit.workbench.reports.figures.place_map import PlaceMap, place_map, read_outlines
from riskkit.workbench.reports.referral.referral_study import ReferralStudy
from riskkit.workbench.reports.response.examples import house_rows
from riskkit.workbench.runs.result import ResultRecord, found_record

say = Texts("referral")
_NEEDS = ("required", "advised")


def referral_summary(study: ReferralStudy) -> Section:
    """How many cases go where, what is overdue, and what the report is not."""
    n_open = int(study.routes["decision"].isna().sum())
    taken = study.routes["decision"].fillna("").str.split().explode().value_counts()
    counted = [say("of_route", route=_route(str(name)), n=n) for name, n in taken.items() if name != ""]
    counted += [say("of_open", n=n_open)] if n_open else []
    words = joined(counted) or say("no_route")
    lead = say("lead", day=study.on.isoformat(), n=len(study.routes), routes=words)
    wanting = [
        ("wanting_clocks", _count(study.clocks, "state", "overdue")),
        ("wanting_papers", int(_missing_papers(study).sum())),
        ("wanting_publication", _count(study.publication, "decision", "late")),
        ("wanting_withdraw", _count(study.publication, "decision", "withdraw")),
        ("wanting_enter", _count(study.listing, "decision", "enter")),
        ("wanting_finance", int(study.rewards["is_with_finance"].sum()) if len(study.rewards) else 0),
        ("wanting_hot", _count(study.provinces, "decision", "hot")),
    ]
    items = Items(tuple(say(key, n=n) for key, n in wanting if n))
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(say("not_legal_advice"), "caution")]
    blocks += [Paragraph(say("synthetic"), "caution")] if study.is_sample else []
    blocks += [Paragraph(say("draw_broken"), "caution")] if study.draw.state == "does_not_fit" else []
    blocks += [Paragraph(say("wanting")), items] if items.items else []
    source = say("input_folder", name=study.name, sha256=study.sha256[:12])
    return Section("referral-summary", say("summary"), 1, (*blocks, Paragraph(source, "source")))


def referral_routes(study: ReferralStudy) -> Section:
    """The routes of each case, what is to be established, and the first clock."""
    cases = {str(row["case_id"]): str(row["case"]) for row in records(study.tables["cases"])}
    facts = table_words("referral_facts", "fact", on=study.on)
    clock_words = table_words("referral_clocks", "clock", on=study.on)
    rows = []
    for case, row in zip(study.routes.index, records(study.routes), strict=True):
        is_open = pd.isna(row["decision"])
        names = [_route(name) for name in (row["possible"] if is_open else row["decision"]).split()]
        route = say("possibly", routes=listed(names)) if is_open else listed(names)
        asked = joined(facts[name] for name in row["missing"].split()) or "—"
        first = joined(clock_words[name] for name in str(row["next_clocks"]).split()) or "—"
        rows.append((f"{case} {cases[str(case)]}", route, _reason(row["reason"]), asked, first))
    heads = ("col_case", "col_route", "col_reason", "col_to_establish", "col_first_clock")
    return table_section(say, "routes", heads=heads, rows=rows)


def referral_clocks(study: ReferralStudy) -> Section | None:
    """Every clock, what is overdue first."""
    if study.clocks.empty:
        return None
    given = study.tables["clocks"]
    order = {"overdue": 0, "running": 1, "waiting": 2, "done_late": 3, "done": 4}
    found = study.clocks.assign(case_id=given["case_id"], started_on=given["started_on"])
    found["order"] = found["state"].map(order).fillna(2)
    rows = [
        (str(row["case_id"]), row[language()], day_cell(row["started_on"]), day_cell(row["due_on"]),
         say(f"state_{row['state'] if isinstance(row['state'], str) else 'no_holidays'}"),
         number(row["days_left"]), _source(row))
        for row in records(found.sort_values(["order", "days_left"], kind="stable"))
    ]  # fmt: skip
    heads = ("col_case", "col_clock", "col_start", "col_due", "col_state", "#col_days", "col_place")
    return table_section(say, "clocks", heads=heads, rows=rows)


def referral_papers(study: ReferralStudy) -> Section | None:
    """The checklist of evidence for each case and route."""
    if study.papers.empty:
        return None
    rows = []
    for (case, route), papers in study.papers.groupby(["case_id", "route"], sort=False):
        is_there = papers["is_there"].astype(bool)
        parts = [papers[is_there], *(papers[~is_there & (papers["need"] == need)] for need in _NEEDS)]
        lists = [[str(words) for words in part[language()]] for part in parts]
        rows.append((str(case), _route(str(route)), *(joined(one) or "—" for one in lists)))
    heads = ("col_case", "col_route", "col_there", "col_required", "col_advised")
    return table_section(say, "papers", heads=heads, rows=rows)


def referral_rewards(study: ReferralStudy) -> Section | None:
    """What each reporter is due, by which rule, and who decides."""
    if study.rewards.empty:
        return None
    rows = [_reward_row(study, str(case)) for case in study.rewards.index]
    heads = ("col_case", "col_grade", "col_share", "#col_amount", "col_reason", "col_decided")
    limits = standards.table("reward_limits", on=study.on)
    notes = (Paragraph(say("rewards_note"), "note"), Items(tuple(limits[language()])))
    return section(say, "rewards", *notes, *text_table(say, "rewards", heads=heads, rows=rows))


def _reward_row(study: ReferralStudy, case: str) -> tuple[str, ...]:
    """One reporter: grade, share, amount, the rule or the exclusion, and who decides."""
    row = records(study.rewards.loc[[case]])[0]
    given = records(study.tables["rewards"].set_index("case_id").loc[[case]])[0]
    is_due = row["decision"] == "reward"
    grade = f"{row['grade']:.0f}" if is_due else "—"
    shares = {str(one["grade"]): str(one["share"]).split("/", maxsplit=1)[0]
              for one in standards.rows("reward_grades", on=study.on)}  # fmt: skip
    share = say("share_of", share=shares[grade]) if is_due else "—"
    why = _reason(row["reason"])
    if row["reason"] == "reward_excluded":
        barred = table_words("reward_exclusions", "fact", on=study.on)
        why = joined([why, *(words for name, words in barred.items() if given.get(name) == 1)])
    who = "decided_with_finance" if row["is_with_finance"] else "decided_alone"
    notes = [say(who)] if is_due else []
    notes += [say("may_be_raised")] if row["may_be_raised"] else []
    due = float(row["amount"])
    amount = say("unknown") if math.isnan(due) else number(due)
    return case, grade, share, amount, why, joined(notes) or "—"


def referral_lawyer(study: ReferralStudy) -> Section:
    """What stands in the law, and what a lawyer, prosecutor or legal department has to answer."""
    names = ("referral_clocks", "referral_evidence", "referral_routes", "reward_grades", "heavy_penalties")
    found = pd.concat([standards.table(name, on=study.on)["source_id"] for name in names]).unique()
    laws = [str(standards.source(str(name))["document"]) for name in found if name != "riskkit_house"]
    blocks = (
        Paragraph(say("is_law")),
        Items(tuple(laws)),
        Paragraph(say("needs_lawyer")),
        Items(tuple(lawyer_questions(study.on))),
    )
    return section(say, "lawyer", *blocks)


def table_words(name: str, key: str, *, on: dt.date) -> dict[str, str]:
    """Key → words, as a table of a day has them."""
    return {str(row[key]): str(row[language()]) for row in standards.rows(name, on=on)}


def _missing_papers(study: ReferralStudy) -> pd.Series:
    if study.papers.empty:
        return pd.Series(dtype=bool)
    return ~study.papers["is_there"].astype(bool) & (study.papers["need"] == "required")


def _count(table: pd.DataFrame, column: str, code: str) -> int:
    return int((table[column] == code).sum()) if column in table else 0


def _route(name: str) -> str:
    return say(f"route_{name}")


def _reason(code: object) -> str:
    return str(reason_words(pd.Series([code], dtype=object)).iloc[0])


def _source(row: dict[str, Any]) -> str:
    return f"{standards.source(row['source_id'])['document']} {row['locator']}"


def publish_referral(study: ReferralStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    title = in_each_language(say, "case", n=len(study.routes), on=on)
    return found_record(
        "referral",
        study.name,
        title,
        inputs={"case_sha256": study.sha256, "on": on},
        routes=study.routes.rename_axis("case_id").reset_index(),
        rewards=study.rewards.rename_axis("case_id").reset_index(),
        papers=_plain(study.papers),
        clocks=_plain(study.clocks.assign(case_id=study.tables["clocks"]["case_id"])),
        publication=_plain(study.publication.assign(firm=study.tables["penalties"]["firm"])),
        listing=_plain(study.listing.assign(firm=study.tables["listing"]["firm"])),
        provinces=study.provinces.rename_axis("code").reset_index(),
        ports=study.ports,
        draw={"state": study.draw.state, "drawn": study.draw.drawn},
    )


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Days as text, and without the words, which a language has."""
    days = table.select_dtypes("datetime")
    shown = {str(name): days[name].dt.strftime("%Y-%m-%d").where(days[name].notna(), None) for name in days}
    return table.assign(**shown).drop(columns=["zh", "en"], errors="ignore")


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
    return table_section(say, "publication", heads=heads, rows=rows)


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
         number(row["margin"]))
        for place, row in enumerate(records(study.listing))
    ]  # fmt: skip
    heads = ("col_firm", "col_penalty", "col_state", "col_ask_from", "col_leaves", "#col_days")
    return table_section(say, "list", heads=heads, rows=rows)


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


def referral_house_numbers(study: ReferralStudy) -> Section:
    """Values set by this project: limits of a hot spot, and terms that were not read."""
    clocks = standards.table("referral_clocks", on=study.on)
    tables = [standards.table("hot_spot_limits"), clocks.astype({"amount": float})]
    return house_rows(tables, value=("number", "amount"))


def _words(reasons: pd.Series) -> list[str]:
    return [str(word) for word in reason_words(reasons)]
