"""How recalls run, as sections in one language."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import day_cell, limits_section
from riskkit.workbench.reports.response.examples import house_rows, say
from riskkit.workbench.reports.response.recall_study import RecallStudy
from riskkit.workbench.runs.result import ResultRecord, found_record

_FIRST = ("overdue", "due_now", "unknown", "running", "late", "lapsed", "met", "not_started")


def recall_summary(study: RecallStudy) -> Section:
    """Each recall on the day: how far it has come, whether it moves, how many duties are overdue."""
    lead = say("recall_lead", n=len(study.state), on=study.on.isoformat(),
               overdue=int((study.clocks["decision"] == "overdue").sum()),
               stalled=int(study.state["decision"].isin(["stalled", "silent"]).sum()))  # fmt: skip
    blocks: list[Block] = [Paragraph(lead, "lead")]
    blocks += [] if study.is_day_given else [Paragraph(say("day_not_given"), "caution")]
    blocks += [Paragraph(say("recall_sample"), "caution")] if study.opened.is_sample else []
    rows = []
    for row in records(study.state):
        own = study.clocks[study.clocks["recall_id"] == row["recall_id"]]
        n_overdue = number(float((own["decision"] == "overdue").sum())) if len(own) else say("no_facts")
        when = "—" if pd.isna(row["reported_on"]) else f"{row['reported_on']:%Y-%m-%d}"
        rows.append((str(row["recall_id"]), when, rate(row["rate"]), _word(row["decision"]),
                     _word(row["reason"]), n_overdue))  # fmt: skip
    heads = ("col_recall", "col_reported", "col_rate_open", "col_state", "col_reason", "col_overdue")
    blocks.append(_table("state_table", heads, rows, numeric=(2, 5)))
    return Section("recall-summary", say("recall_title"), 1, tuple(blocks))


def recall_duties(study: RecallStudy) -> Section:
    """Every clock: what is overdue first, with the day it is due and the clause it rests on."""
    title = say("duties_title")
    if study.clocks.empty:
        return Section("recall-duties", title, 1, (Paragraph(say("no_clocks"), "caution"),))
    rules = standards.all_rows("recall_duties")
    places = (rules["rule_set"] + "/" + rules["duty"]).to_numpy()
    locators = dict(zip(places, rules["locator"], strict=True))
    order = study.clocks.assign(place=study.clocks["decision"].map(_FIRST.index))
    rows = []
    for row in records(order.sort_values(["place", "margin"], kind="stable", na_position="last")):
        document = str(standards.source(row["source_id"])["document"])
        reading = say(f"reading_{row['reading']}")
        place = str(locators[row["rule_id"]])
        clause = place if reading in place else f"{place} · {reading}"
        state = " · ".join(dict.fromkeys((_word(row["decision"]), _word(row["reason"]))))
        rows.append((str(row["recall_id"]), str(row[language()]), state, day_cell(row["start_on"]),
                     day_cell(row["due_on"]), number(float(row["margin"])),
                     f"{document} · {clause}"))  # fmt: skip
    heads = ("col_recall", "col_duty", "col_state", "col_start", "col_due", "col_days", "col_clause")
    table = _table("duties_table", heads, rows, numeric=(5,))
    return Section("recall-duties", title, 1, (Paragraph(say("duties_lead")), table))


def recall_completion(study: RecallStudy) -> Section:
    """Units affected, removed and done, by channel and operator, and in all."""
    parts = [name for name in ("channel", "operator") if name in study.channels]
    rows = []
    for found in (study.channels, study.completion) if parts else (study.completion,):
        for row in records(found):
            name = " · ".join(str(row[part]) for part in parts if part in row) or say("in_all")
            counts = [number(float(row[count])) for count in ("n_affected", "n_removed", "n_completed")]
            shares = rate(float(row["rate"])), rate(float(row["rate_open"]))
            rows.append((str(row["recall_id"]), name, day_cell(row["reported_on"]), *counts, *shares))
    heads = ("col_recall", "col_channel", "col_reported", "col_affected", "col_removed", "col_completed",
             "col_rate", "col_rate_open")  # fmt: skip
    rows.sort(key=lambda row: list(study.state["recall_id"]).index(row[0]))
    table = _table("completion_table", heads, rows, numeric=(3, 4, 5, 6, 7))
    return Section("recall-completion", say("completion_title"), 1, (table,))


def recall_advice(study: RecallStudy) -> Section:
    """Which notice would bring most units in, and the grade of the effect so far."""
    channels = standards.table("recall_notices").set_index("channel")[language()]
    grades = standards.table("recall_effect_grades").set_index("grade")[language()]
    rows, graded = [], []
    for row in records(study.advice.rename_axis("recall_id").reset_index()):
        word = channels.get(row["decision"]) or _word(row["decision"])
        units = number(float(row["n_expected"])), number(float(row["margin"]))
        rows.append((str(row["recall_id"]), word, *units, _word(row["reason"])))
    for row in records(study.grades.rename_axis("recall_id").reset_index()):
        word = grades.get(row["decision"]) or _word(row["decision"])
        edge = say("on_boundary") if row["is_on_boundary"] else ""
        graded.append((str(row["recall_id"]), word, rate(float(row["margin"])), _word(row["reason"]), edge))
    heads = ("col_recall", "col_notice", "col_expected", "col_ahead", "col_reason")
    grade_heads = ("col_recall", "col_grade", "col_wanting", "col_reason", "col_note")
    blocks = (
        Paragraph(say("advice_lead")),
        _table("advice_table", heads, rows, numeric=(2, 3)),
        _table("grade_table", grade_heads, graded, numeric=(2,)),
    )
    return Section("recall-advice", say("advice_title"), 1, blocks)


def recall_limits() -> Section:
    """How to read this, and how far it goes."""
    return limits_section(say, "clauses", "forecast", "notice", "grade", "counts", title="limits_title")


def recall_house_numbers() -> Section:
    """Values set by this project behind the state and the grade."""
    tables = [standards.table(name) for name in ("recall_limits", "recall_effect_grades")]
    return house_rows(tables, value=("value", "rate_from"))


def publish_recalls(study: RecallStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    inputs = {"on": on, "case_sha256": study.opened.sha256, "facts_sha256": study.facts.sha256,
              "prior": vars(study.prior)}  # fmt: skip
    dated = ("state", "clocks", "completion", "channels", "curve")
    found = {name: _dated(getattr(study, name)) for name in dated}
    for name in ("advice", "grades"):
        found[name] = getattr(study, name).rename_axis("recall_id").reset_index()
    title = in_each_language(say, "recall_case", n=len(study.state), on=on)
    return found_record("recalls", study.opened.name, title, inputs=inputs, **found)


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    days = table.select_dtypes("datetime")
    return table.assign(**{str(name): days[name].map(day_cell) for name in days})


def _word(code: str) -> str:
    return say("unknown") if code == "unknown" else str(reason_words(pd.Series([code])).iloc[0])


def _table(
    caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, numeric: tuple[int, ...]
) -> Table:
    return Table(say(caption), tuple(say(key) for key in heads), tuple(rows), numeric=numeric)
