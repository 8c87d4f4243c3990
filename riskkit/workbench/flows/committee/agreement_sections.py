"""How far a committee agrees, and what each expert said: sections of its report."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.committee.agreeing import answered_states, closed_answers, round_agreement
from riskkit.assessment.committee.minutes import minutes_data
from riskkit.assessment.committee.questions import PROBABILITY
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import labels_of
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.reports.figures import style

_LINE = 1.25


def judgement_picture(judged: pd.DataFrame) -> Picture | None:
    """Experts' 5, 50 and 95 % values on one logarithmic axis, under each question."""
    if judged.empty:
        return None
    rows, traces, marks = style.Rows(), [], []
    for question, of in judged.groupby("question", sort=False):
        middle = rows.add(str(question), bold=True, body=_LINE * len(of) + 0.6)
        top = middle + _LINE * (len(of) - 1) / 2
        for k, one in enumerate(records(of)):
            y = top - _LINE * k
            traces += _answer(one, y)
            name = str(one["who"]) or say("pool")
            marks.append(_name(name, y, is_pool=not one["who"]))
    title = say("forest_title")
    lowest = math.floor(math.log10(float(judged["low"].min())) - 0.2)
    ticks, words = style.chance_ticks(lowest, every=max(1, -lowest // 6))
    across = style.quiet_axis() | {"tickvals": ticks, "ticktext": words, "range": [lowest, 0.15]}
    look: dict[str, Any] = {"sides": (14, 26, 12), "notes": marks}
    figure = rows.figure(title, traces, x=across, marks=say("forest_marks"), at=46, **look)
    alt = say("forest_alt", told=_said(judged))
    return Picture("judgement-forest", title, alt, _table(judged, title), figure)


def _name(name: str, y: float, *, is_pool: bool) -> dict[str, Any]:
    words = style.clean(style.wrapped(name, 16)[0] if name else "")
    shown = f"<b>{words}</b>" if is_pool else words
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": y, "yref": "y", "yanchor": "middle"}
    return style.annotation(shown, **place, font={"size": 11, "color": style.INK}, bgcolor="#ffffff")


def _answer(one: dict[str, Any], y: float) -> list[dict[str, Any]]:
    low, mid, high = (math.log10(float(one[name])) for name in ("low", "mid", "high"))
    is_pool = not one["who"]
    look = {"color": style.DARK if is_pool else style.QUIET, "width": 4 if is_pool else 2}
    quiet: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip"}
    found = [quiet | {"mode": "lines", "x": [low, high], "y": [y, y], "line": look}]
    before = one["before"]
    if before is not None and not math.isnan(float(before)):
        open_mark = {"symbol": "circle-open", "size": 9, "color": style.QUIET}
        found.append(
            quiet | {"mode": "markers", "x": [math.log10(float(before))], "y": [y], "marker": open_mark}
        )
    mark = {"symbol": "diamond" if is_pool else "circle", "size": 11 if is_pool else 8, "color": style.DARK}
    return [*found, quiet | {"mode": "markers", "x": [mid], "y": [y], "marker": mark}]


def _said(judged: pd.DataFrame) -> str:
    pools = judged[judged["who"] == ""]
    gap = "" if language() == "zh" else " "
    told = [
        say(
            "forest_alt_one",
            question=row["question"],
            **{n: _place_of(row[n]) for n in ("low", "mid", "high")},
        )
        for row in records(pools)
    ]
    return gap.join(told)


def _place_of(value: Any) -> str:
    return "—" if value is None or math.isnan(float(value)) else f"{float(value):.3g}"


def _table(judged: pd.DataFrame, title: str) -> Table:
    heads = tuple(say(f"col_{one}") for one in ("asked", "expert", "low", "mid", "high", "before"))
    rows: list[tuple[Cell, ...]] = [
        (
            str(one["question"]),
            str(one["who"]) or say("pool"),
            *(_place_of(one[name]) for name in ("low", "mid", "high", "before")),
        )
        for one in records(judged)
    ]
    return Table(title, heads, tuple(rows), numeric=(2, 3, 4, 5))


_SEED = 20170914


def agreement_parts(now: Session) -> tuple[Section | Picture, ...]:
    """Agreement round by round, what is settled, and the picture of all answers."""
    answers = closed_answers(now)
    if answers.empty:
        return ()
    blocks: list[Block] = [_agreement(answers), Paragraph(say("agreement_help"), "note")]
    blocks.append(_states(now, answers))
    blocks.append(Paragraph(say("states_help"), "note"))
    picture = judgement_picture(judged_answers(now))
    section = Section("agreement", say("agreement"), 1, tuple(blocks))
    return (section,) if picture is None else (section, picture)


def judged_answers(now: Session) -> pd.DataFrame:
    """The probabilities of the last closed round, each expert's and pooled, as the figure takes them."""
    answers, names = closed_answers(now), labels_of(now, asker="")
    of = answers[(answers["kind"] == PROBABILITY) & answers["mid"].notna()]
    last = int(of["round"].max()) if len(of) else 0
    before = of[of["round"] == last - 1].set_index(["question", "expert"])["mid"]
    pools = {str(row["question"]): row for row in minutes_data(now)["judgement"]}
    rows: list[dict[str, Any]] = []
    for question in now.questions:
        given = of[(of["round"] == last) & (of["question"] == question.id)]
        for one in records(given):
            key = (question.id, one["expert"])
            earlier = float(before[key]) if key in before.index else math.nan
            rows.append(_row((question.say(), names[str(one["expert"])]), one, earlier))
        if len(given):
            rows.append(_row((question.say(), ""), pools[question.id], math.nan))
    return pd.DataFrame(rows, columns=["question", "who", "low", "mid", "high", "before"])


def _row(place: tuple[str, str], of: Any, before: float) -> dict[str, Any]:
    judged = {name: float(of[name]) for name in ("low", "mid", "high")}
    return {"question": place[0], "who": place[1]} | judged | {"before": before}


def _agreement(answers: pd.DataFrame) -> Table:
    rows = []
    for one in records(round_agreement(answers, rng=np.random.default_rng(_SEED))):
        alphas = [_interval(one, f"alpha_{name}") for name in ("grades", "probabilities")]
        rows.append((str(one["round"]), str(one["n"]), *alphas, _number(one["w"]), _p_value(one["p"])))
    heads = ("round", "n_experts", "alpha_grades", "alpha_probabilities", "w", "p")
    columns = tuple(say(f"col_{name}") for name in heads)
    return Table(say("agreement"), columns, tuple(rows), numeric=(1, 2, 3, 4, 5))


def _interval(one: Any, name: str) -> str:
    value = _number(one[name])
    ends = _number(one[f"{name}_lo"]), _number(one[f"{name}_hi"])
    return value if "—" in (value, *ends) else f"{value} ({ends[0]} – {ends[1]})"


def _p_value(value: Any) -> str:
    return (
        "<0.001" if float(value) < 0.001 else f"{float(value):.3f}" if not math.isnan(float(value)) else "—"
    )


def _number(value: Any) -> str:
    return "—" if value is None or math.isnan(float(value)) else f"{float(value):.2f}"


def _states(now: Session, answers: pd.DataFrame) -> Table:
    found = answered_states(answers, most_rounds=now.rules.n_rounds).set_index(["question", "round"])
    rows = []
    for one in now.questions:
        if one.id in found.index.get_level_values("question"):
            rounds = found.loc[one.id]
            close = " → ".join(f"{share:.0%}" for share in rounds["share_close"])
            changed = float(rounds["share_changed"].iloc[-1])
            told = say(f"state_{rounds['state'].iloc[-1]}")
            rows.append((one.say(), close, "—" if math.isnan(changed) else f"{changed:.0%}", told))
    heads = tuple(say(f"col_{name}") for name in ("asked", "close", "changed", "state"))
    return Table(say("states"), heads, tuple(rows), numeric=(1, 2))
