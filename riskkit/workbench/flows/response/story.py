"""One case through the whole response, as a page a committee can follow: rehearsal, parts, record.

Days, counts of the recall and the series behind the effect are made up and said to be; what is decided on
them (level, measures, grade of the recall, effect) is decided by the rules of the day.
"""

from __future__ import annotations

import atexit
import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.foundation.standards.warning_levels import code_of_rank, level_rank
from riskkit.response.effect import effect_agrees
from riskkit.response.measures import orders, proposed
from riskkit.response.recall.advice import effect_grades
from riskkit.store.flow import record_act
from riskkit.store.ledger.ledger import Ledger, open_ledger
from riskkit.warning.dynamics.life import WarningEvent, WarningState
from riskkit.words.catalogue import Texts
from riskkit.words.catalogue import warning_text as warning_say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import keyed_table, section, text_table
from riskkit.workbench.flows.clocks import MovedClock
from riskkit.workbench.flows.response.board_state import (
    ResponseState,
    completion_curves,
    desk_of,
    response_acts,
    response_state,
)
from riskkit.workbench.flows.warnings.case_words import about_case
from riskkit.workbench.flows.warnings.rehearsal import rehearsed_effect
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, board_rows
from riskkit.workbench.flows.warnings.review.sections import day_of, warning_timeline
from riskkit.workbench.flows.warnings.room import WarningRoom, take_step
from riskkit.workbench.reports.measures.measure_report import case_facts
from riskkit.workbench.reports.response.curve_figures import recall_curve
from riskkit.workbench.runs.folders.run_folders import private_folder
from riskkit.workbench.runs.result import ResultRecord, found_record
from riskkit.workbench.words.flow_words import phase_name

_WHY = "演练 rehearsal"
_PORT, _OPERATOR, _UNITS = "2200", "演练企业 Firm", 10_000
_DONE = ((60, 4_800), (110, 8_300), (150, 9_350))
"""Day of each report of the recall and the units done by then; the last when it is carried out."""
_GOOD = ("good", "very_good")
"""Grades of a recall with which it may be closed (house)."""
_REVIEWS = range(28, 170, 28)


@dataclass(frozen=True)
class ResponseChain:
    """What was ordered, how the recall went, what the effect was, and how the level moved."""

    sheet: pd.DataFrame
    verdicts: pd.DataFrame
    levels: tuple[WarningState, ...]
    grade: str
    state: ResponseState


class _Days(MovedClock):
    """A clock that is set to a day of the rehearsal."""

    def __init__(self, begun: dt.datetime) -> None:
        super().__init__(begun)
        self.begun = begun

    def set(self, day: float) -> None:
        """Go on to a day, never back."""
        self.now = max(self.now, self.begun + dt.timedelta(days=day))


def response_chain(found: Assessment, ledger: Ledger, *, begun: dt.datetime) -> ResponseChain:
    """Take an assessed case through the whole response; every step is checked and recorded."""
    clock = _Days(begun)
    level = level_rank(found.level_ends[1])
    facts = pd.DataFrame([{**case_facts(found.case), **_known(level)}], index=[found.case.id])
    table = proposed(facts, on=begun.date())
    sheet = orders(
        table, pd.DataFrame({"port": _PORT, "operator": _OPERATOR}, index=facts.index), on=begun.date()
    )
    measures = {f"{found.case.id}.{name}": name for name in sheet["measure"]}
    warning = _Warning(WarningRoom(ledger, clock), found, level)
    record = _recorder(ledger, clock)
    warning.issue()
    recall = "vehicle_recall" if found.case.goods == "vehicle" else "recall"
    plan = [*_of_measures(measures)]
    if "recall" in measures.values():
        plan += _of_recall(found.case.id, recall)
    for day, flow, act in sorted(plan, key=lambda one: one[0]):
        clock.set(day)
        record(flow, act)
    grade = ""
    if "recall" in measures.values():
        grade = _end_recall(partial(record, recall), found.case.id, on=clock.now.date())
    verdicts = warning.bring_down()
    agrees = bool(effect_agrees(verdicts["decision"].tail(1), "lift").iloc[0])
    for name in measures:
        agreed: dict[str, Any] = {"effect_agrees": agrees, "has_consent": agrees}
        record("measure", _act(name, "lifted", "Head", reason=_said(verdicts.iloc[-1]), **agreed))
    state = response_state(response_acts(ledger), now=clock.now)
    return ResponseChain(sheet, verdicts, tuple(warning.states), grade, state)


def _known(level: int) -> dict[str, float]:
    """What the rehearsal takes as known beside the facts of the case."""
    return {"level": level, "is_on_market": 1, "is_lot_identified": 1, "is_defect": 1, "conduct": 0}


def _said(verdict: pd.Series) -> str:
    return f"{_WHY}: {verdict['zh']} {verdict['en']} ({verdict['rule_id']})"


def _act(subject: str, event: str, who: str, *, role: str = "authority", **more: Any) -> dict[str, Any]:
    known = {"subject": subject, "event": event, "who": who, "role": role}
    return known | {"reason": _WHY, "evidence": (_WHY,)} | more


def _recorder(ledger: Ledger, clock: _Days) -> Callable[[str, dict[str, Any]], pd.Series]:
    def record(flow: str, act: dict[str, Any]) -> pd.Series:
        if act.pop("due_in", None):
            act = act | {"due_at": clock.now + dt.timedelta(days=7)}
        return record_act(desk_of(ledger, flow, clock=clock), act)

    return record


def _of_measures(measures: dict[str, str]) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Proposed, ordered, carried out, and reviewed as long as they run."""
    for name, measure in measures.items():
        about = {"measure": measure, "port": _PORT, "operator": _OPERATOR}
        yield 1, "measure", _act(name, "proposed", "Assessor", **about)
        yield 2, "measure", _act(name, "ordered", "Chief", due_in=7)
        yield 4, "measure", _act(name, "executed", _OPERATOR)
        for day in _REVIEWS:
            yield day, "measure", _act(name, "reviewed", "Chief")


def _of_recall(case_id: str, flow: str) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """From the plan to the final report, as the firm files them."""
    firm: dict[str, Any] = {"who": _OPERATOR, "role": "operator"}
    about: dict[str, Any] = {"port": _PORT, "operator": _OPERATOR, "n_affected": _UNITS}
    yield 5, flow, _act(case_id, "plan_filed", **firm, **about)
    for day, event in enumerate(("started",) if flow == "recall" else ("published", "owners_told"), start=6):
        yield day, flow, _act(case_id, event, **firm)
    for n, (day, done) in enumerate(_DONE, start=1):
        event = "stage_reported" if n < len(_DONE) else "carried_out"
        yield day, flow, _act(case_id, event, **firm, n_affected=_UNITS, n_completed=done)
    last: dict[str, Any] = {"n_affected": _UNITS, "n_completed": _DONE[-1][1]}
    yield _DONE[-1][0] + 10, flow, _act(case_id, "final_reported", **firm, **last)


def _end_recall(record: Callable[..., pd.Series], case_id: str, *, on: dt.date) -> str:
    """Grade the recall by its completion, and close it where the grade is good enough."""
    rate = _DONE[-1][1] / _UNITS
    grade = str(effect_grades(pd.DataFrame({"rate": [rate]}), on=on)["decision"].iloc[0])
    record(_act(case_id, "effect_graded", "Evaluator", effect=grade))
    if grade in _GOOD:
        record(_act(case_id, "closed", "Chief", effect_agrees=True))
    return grade


class _Warning:
    """The life of the warning behind the response."""

    def __init__(self, room: WarningRoom, found: Assessment, level: int) -> None:
        self.room, self.found, self.level = room, found, level
        self.states: list[WarningState] = []

    def step(self, event: str, who: str, **more: Any) -> None:
        """Take a step."""
        known: dict[str, Any] = {"warning_id": self.found.case.id, "event": event, "who": who}
        known |= {"reason": _WHY, "evidence": (self.found.case.id,), "at": self.room.clock()}
        about = about_case(self.found.case) if event == "proposed" else None
        self.states.append(take_step(self.room, WarningEvent(**{**known, **more}), about=about))

    def issue(self) -> None:
        """Propose, confirm and issue."""
        self.step("proposed", "Assessor", level=self.level, assessed=self.found.level_ends)
        self.step("confirmed", "Chief", is_authorised=self.level == _HIGHEST)
        self.step("issued", "Publisher")

    def bring_down(self) -> pd.DataFrame:
        """Lower by one level after each hold and lift from the lowest, as far as the effect agrees."""
        hold = standards.table("warning_adjustment").set_index("level")["hold_days"]
        verdicts = []
        while self.states[-1].phase == "issued":
            now: Any = self.room.clock
            now.now += dt.timedelta(days=float(hold.loc[self.level]))
            found = rehearsed_effect(self.level, on=now.now.date())
            move = "lower" if self.level > 1 else "lift"
            agrees = bool(effect_agrees(pd.Series([found["decision"]]), move).iloc[0])
            said = {"reason": _said(found), "effect_agrees": agrees, "has_consent": agrees}
            verdicts.append(found.to_frame().T.assign(level=self.level, move=move, at=now.now))
            self.level -= 1
            self.step("lowered", "Chief", level=self.level, **said) if self.level else self.step(
                "lifted", "Chief", **said
            )
        return pd.concat(verdicts, ignore_index=True)


_HIGHEST = 4


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
    return found_record(
        "response_story",
        case.id,
        {"zh": case.title.zh, "en": case.title.en},
        inputs={"begun": story.begun.isoformat()},
        measures=list(chain.sheet["measure"]),
        recall={"grade": chain.grade, "reports": chain.state.reports.to_dict("records")},
        effect=verdicts,
        levels=levels,
    )


def _grade(grade: str) -> str:
    rows = standards.table("recall_effect_grades").set_index("grade")
    return str(rows.loc[grade, language()]) if grade in rows.index else "—"
