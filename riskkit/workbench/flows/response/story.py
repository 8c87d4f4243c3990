"""One case through the whole response, as a page a committee can follow: study, parts, record."""

from __future__ import annotations

import atexit
import dataclasses
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from riskkit import __version__
from riskkit.case.case import Assessment, assess, load_case
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.foundation.standards.warning_levels import code_of_rank
from riskkit.store.ledger.ledger import open_ledger
from riskkit.words.catalogue import Texts
from riskkit.words.catalogue import warning_text as warning_say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import keyed_table, section, text_table
from riskkit.workbench.flows.response.board_state import completion_curves
from riskkit.workbench.flows.response.chain import ResponseChain, response_chain
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, board_rows
from riskkit.workbench.flows.warnings.review.figure import day_of, warning_timeline
from riskkit.workbench.reports.response.curve_figures import recall_curve
from riskkit.workbench.runs.folders.run_folders import private_folder
from riskkit.workbench.runs.result import ResultRecord
from riskkit.workbench.words.flow_words import phase_name

__all__ = ["publish_story", "story_effect", "story_levels", "story_limits", "story_orders", "story_recall",
           "story_summary", "study_story"]  # fmt: skip
say = Texts("story")
_SEED, _DRAWS = 20170914, 2_000
_LIMITS = ("limit_made", "limit_rules", "limit_terms")


@dataclasses.dataclass(frozen=True)
class ResponseStory:
    """A case, its response as rehearsed, and the life of its warning."""

    found: Assessment
    chain: ResponseChain
    row: BoardRow
    begun: dt.date


def study_story(case: str, *, begun: str) -> ResponseStory:
    """Rehearse the response to a shipped case in a ledger of its own, which is deleted afterwards."""
    found = assess(load_case(case), rng=np.random.default_rng(_SEED), draws=_DRAWS)
    day = dt.date.fromisoformat(begun)
    folder = Path(private_folder())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    ledger = open_ledger(str(folder / "response.sqlite"))
    try:
        chain = response_chain(found, ledger, begun=dt.datetime.combine(day, dt.time(1), dt.UTC))
        (row,) = board_rows(ledger.events("warning/"), now=chain.state.now)
    finally:
        ledger.close()
    return ResponseStory(found, chain, row, day)


def story_summary(story: ResponseStory) -> Section:
    """What happened, in two sentences."""
    chain, title = story.chain, story.found.case.title
    rows, reports = chain.state.table, records(chain.state.reports)
    done = rate(reports[-1]["n_completed"] / reports[-1]["n_affected"]) if reports else "—"
    lead = say(
        "lead", case=title.zh if language() == "zh" else title.en, begun=story.begun.isoformat(),
        level=code_of_rank(chain.levels[0].level), n=number(len(chain.sheet)),
        lifted=day_of(story.row.steps[-1].at), rate=done,
        grade=_grade(chain.grade), acts=number(int(rows["n_acts"].sum()) + len(story.row.steps)),
    )  # fmt: skip
    return section(say, "summary", Paragraph(lead, "lead"), Paragraph(say("made_up"), "caution"))


def story_orders(story: ResponseStory) -> Section:
    """Which measures were ordered, who carries them out, what proves it, and how they ended."""
    rows = story.chain.state.table
    phases = {str(row["measure"]): str(row["phase"]) for row in records(rows[rows["flow"] == "measure"])}
    names = (language(), *(f"{name}_{language()}" for name in ("executor", "evidence", "law")))
    cells = [
        (*(str(row[name]) for name in names), phase_name("measure", phases[str(row["measure"])]))
        for row in records(story.chain.sheet)
    ]  # fmt: skip
    heads = ("col_measure", "col_executor", "col_evidence", "col_law", "col_phase")
    table = text_table(say, "orders", heads=heads, rows=cells)
    return section(say, "orders", Paragraph(say("orders_note")), *table)


def story_recall(story: ResponseStory) -> Section | Picture:
    """The completion of the recall, report by report."""
    state = story.chain.state
    days = state.reports["report_date"]
    if days.empty:
        return section(say, "recall", Paragraph(say("no_recall")))
    # the recall is over: its curve ends with its last report, and nothing is forecast
    end = dt.datetime.combine(dt.date.fromisoformat(days.iloc[-1]), dt.time(12), dt.UTC)
    curve = next(iter(completion_curves(dataclasses.replace(state, now=end)).values()))
    picture = recall_curve(dataclasses.replace(curve, curve=curve.curve.head(1)))
    return picture or section(say, "recall", Paragraph(say("no_recall")))


def story_effect(story: ResponseStory) -> Section:
    """What the effect of the measures allowed, each time the level was to come down."""
    rows = [
        (day_of(row["at"]), str(code_of_rank(int(row["level"]))), say(f"move_{row['move']}"),
         str(row[language()]), str(row["rule_id"]))
        for row in records(story.chain.verdicts)
    ]  # fmt: skip
    heads = ("col_day", "col_level", "col_move", "col_verdict", "col_rule")
    table = text_table(say, "effect", heads=heads, rows=rows)
    return section(say, "effect", Paragraph(say("effect_note")), *table)


def story_levels(story: ResponseStory) -> Picture:
    """The level of the warning over time."""
    picture = warning_timeline(story.row, now=story.chain.state.now)
    rows = [
        (day_of(step.at), warning_say(f"event_{step.event}"), code_of_rank(step.level) or "—",
         step.who)
        for step in story.row.steps
    ]  # fmt: skip
    heads = ("col_day", "col_event", "col_level", "col_who")
    return dataclasses.replace(picture, table=keyed_table(say, "levels_table", heads=heads, rows=rows))


def story_limits(story: ResponseStory) -> Section:
    """What this page does not show."""
    day = story.begun.isoformat()
    return section(say, "limits", Items(tuple(say(key, day=day) for key in _LIMITS)))


def publish_story(story: ResponseStory) -> ResultRecord:
    """Put the story into the notebook, where the runner reads it back."""
    chain, case = story.chain, story.found.case
    levels = [{"phase": one.phase, "level": code_of_rank(one.level)} for one in chain.levels]
    verdicts: list[dict[str, Any]] = [
        {
            "at": row["at"].isoformat(),
            "move": row["move"],
            "decision": row["decision"],
            "rule_id": row["rule_id"],
        }
        for row in records(chain.verdicts)
    ]
    return ResultRecord(
        {
            "schema": "riskkit.response_story/1",
            "case": {"id": case.id, "title": {"zh": case.title.zh, "en": case.title.en}},
            "inputs": {"riskkit": __version__, "begun": story.begun.isoformat()},
            "measures": list(chain.sheet["measure"]),
            "recall": {"grade": chain.grade, "reports": chain.state.reports.to_dict("records")},
            "effect": verdicts,
            "levels": levels,
        }
    )


def _grade(grade: str) -> str:
    rows = standards.table("recall_effect_grades").set_index("grade")
    return str(rows.loc[grade, language()]) if grade in rows.index else "—"
