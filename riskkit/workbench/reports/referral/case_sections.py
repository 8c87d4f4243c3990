"""Where cases go, their clocks and papers, rewards for reports, and what needs a lawyer."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.response.referral.clocks import lawyer_questions
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import listed, number
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, joined, section, text_table
from riskkit.workbench.reports.referral.referral_study import ReferralStudy
from riskkit.workbench.runs.result import ResultRecord

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
    note = Paragraph(say("routes_note"), "note")
    return section(say, "routes", note, *text_table(say, "routes", heads=heads, rows=rows))


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
         "—" if pd.isna(row["days_left"]) else number(float(row["days_left"])), _source(row))
        for row in records(found.sort_values(["order", "days_left"], kind="stable"))
    ]  # fmt: skip
    heads = ("col_case", "col_clock", "col_start", "col_due", "col_state", "#col_days", "col_place")
    note = Paragraph(say("clocks_note"), "note")
    return section(say, "clocks", note, *text_table(say, "clocks", heads=heads, rows=rows))


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
    note = Paragraph(say("papers_note"), "note")
    return section(say, "papers", note, *text_table(say, "papers", heads=heads, rows=rows))


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
    record: dict[str, Any] = {
        "schema": "riskkit.referral/1",
        "case": {"id": study.name, "title": title},
        "inputs": {"riskkit": __version__, "case_sha256": study.sha256, "on": on},
        "routes": study.routes.rename_axis("case_id").reset_index(),
        "rewards": study.rewards.rename_axis("case_id").reset_index(),
        "papers": _plain(study.papers),
        "clocks": _plain(study.clocks.assign(case_id=study.tables["clocks"]["case_id"])),
        "publication": _plain(study.publication.assign(firm=study.tables["penalties"]["firm"])),
        "listing": _plain(study.listing.assign(firm=study.tables["listing"]["firm"])),
        "provinces": study.provinces.rename_axis("code").reset_index(),
        "ports": study.ports,
        "draw": {"state": study.draw.state, "drawn": study.draw.drawn},
    }
    return ResultRecord(record)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Days as text, and without the words, which a language has."""
    days = table.select_dtypes("datetime")
    shown = {str(name): days[name].dt.strftime("%Y-%m-%d").where(days[name].notna(), None) for name in days}
    return table.assign(**shown).drop(columns=["zh", "en"], errors="ignore")
