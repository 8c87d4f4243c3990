"""The minutes and the report of a session, as sections in one language, from its events alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.committee.minutes import level_words, method_text, minutes_data, minutes_hash, vote_of
from riskkit.assessment.committee.pooling import feedback, judged_case
from riskkit.assessment.committee.questions import PROBABILITY, VOTE, Question, choices_of, word
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import last_judged, seen_by
from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import parse_case
from riskkit.case.sentences import say_level
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import probability
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import SECTION_MIME, Picture, Section
from riskkit.workbench.document.level_marks import badge_note, level_badge
from riskkit.workbench.flows.committee.agreement_sections import agreement_parts

_DRAWS, _SEED = 20_000, 20170914
_CHINA = dt.timezone(dt.timedelta(hours=8))


def report_sections(now: Session, *, is_full: bool = True) -> tuple[Section | Picture, ...]:
    """Everything that was decided, and how."""
    name = last_judged(now)
    parts: list[Section | Picture] = [_decision(now), _facts(now), _experts(now)]
    parts += [_rounds(now), judgement_section(now), *_movement(now)]
    if is_full and name:
        parts += [*agreement_parts(now), assessed_section(now), *_answers(now)]
    parts += [_vote(now), _signatures(now), _reading()]
    return tuple(parts)


def report_notebook(sections: Sequence[Section | Picture]) -> dict[str, Any]:
    """Sections as an executed notebook, from which the pages, PDF and Word are made."""
    cells = [_shown(one) for one in sections]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _shown(one: Section | Picture) -> dict[str, Any]:
    is_picture = isinstance(one, Picture)
    data = one._repr_mimebundle_() if is_picture else {SECTION_MIME: one.to_json(), "text/plain": str(one)}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    rest: dict[str, Any] = {"metadata": {}, "source": "", "execution_count": None, "outputs": [output]}
    return {"cell_type": "code", "id": one.id, **rest}


def _decision(now: Session) -> Section:
    vote = vote_of(now)
    if vote is None or not now.confirmed:
        return Section("decision", say("decision"), 1, (Paragraph(say("undecided"), "caution"),))
    key = {True: "confirmed_yes", False: "confirmed_no", None: "confirmed_none"}[vote.is_confirmed]
    deed = "deed_yes" if now.confirmed["is_confirmed"] == "yes" else "deed_no"
    line = say(
        "decided", level=level_words(vote.level), confirmed=say(key), chair=now.chair,
        at=local_minute(now.confirmed["at"]), deed=say(deed), why=now.confirmed["why"],
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(line, "lead")]
    if vote.level in scale("warning").codes:
        blocks.insert(0, level_badge(str(vote.level)))
    return Section("decision", say("decision"), 1, tuple(blocks))


def local_minute(at: str) -> str:
    """A recorded moment as people in China read their clocks, to the minute; the record keeps it whole."""
    if not at:
        return ""
    return say("local_time", at=f"{dt.datetime.fromisoformat(at).astimezone(_CHINA):%Y-%m-%d %H:%M}")


def _facts(now: Session) -> Section:
    data = minutes_data(now)
    rules = say(
        "rules_line", rounds=now.rules.n_rounds, quorum=f"{now.rules.quorum:.0%}",
        majority=f"{now.rules.majority:.0%}", weights=word(f"weights_{now.rules.weights}"),
    )  # fmt: skip
    rows = (
        (say("fact_session"), now.id),
        (say("fact_case"), f"{now.title_zh if language() == 'zh' else now.title_en} ({now.case_id})"),
        (say("fact_chair"), now.chair),
        (say("fact_opened"), local_minute(now.opened_at)),
        (say("fact_rules"), rules),
        (say("fact_case_hash"), data["case_sha256"]),
        (say("fact_minutes_hash"), minutes_hash(now)),
    )
    lines = tuple(f"{name}{'：' if language() == 'zh' else ': '}{value}" for name, value in rows)
    return Section("session", say("facts"), 1, (Items(lines),))


def _experts(now: Session) -> Section:
    heads = tuple(say(f"col_{one}") for one in ("name", "field", "organisation", "interest", "recused"))
    rows = tuple(
        (
            one.name, one.field, one.organisation or "—",
            _interest(now, one.id), now.recused.get(one.id, "—"),
        )
        for one in now.experts
    )  # fmt: skip
    return Section("experts", say("experts"), 1, (Table(say("experts"), heads, rows),))


def _interest(now: Session, expert: str) -> str:
    if expert not in now.declared:
        return say("not_declared")
    return now.declared[expert] or say("no_interest")


def _rounds(now: Session) -> Section:
    heads = tuple(say(f"col_{one}") for one in ("round", "opened_at", "closed_at", "ballots"))
    rows = tuple(
        (
            round_name(one.name),
            local_minute(one.opened_at),
            local_minute(one.closed_at) or say("is_open"),
            str(len(one.sealed)),
        )
        for one in now.rounds
    )
    return Section("rounds", say("rounds"), 1, (Table(say("rounds"), heads, rows, numeric=(3,)),))


def round_name(name: str) -> str:
    """What a round is called."""
    return say("round_vote") if name == VOTE else name


def judgement_section(now: Session) -> Section:
    """What the last closed round before the vote came to, question by question."""
    data = minutes_data(now)
    name = data["judged_round"]
    if not name:
        none = Paragraph(say("judgement_none"), "note")
        return Section("judgement", say("judgement_short"), 1, (none,))
    title = say("judgement", round=name)
    asked = {one.id: one for one in now.questions}
    rows = tuple(judgement_words(row, asked[row["question"]]) for row in data["judgement"])
    heads = tuple(say(f"col_{one}") for one in ("asked", "pooled", "range", "n", "abstained"))
    return Section("judgement", title, 1, (Table(title, heads, rows, numeric=(3, 4)),))


def _movement(now: Session) -> list[Section]:
    """How the pool moved from round to round; nothing before the second."""
    closed = [one for one in now.rounds if one.key and one.name != VOTE]
    if len(closed) < 2:
        return []
    tables = [feedback(one.answers(), now.questions).to_dict("records") for one in closed]
    rows = []
    for question, *found in zip(now.questions, *tables, strict=True):
        told = [judgement_words(_known(row), question)[1] for row in found]
        rows.append((question.say(), *told))
    heads = (say("col_asked"), *(say("col_in_round", round=one.name) for one in closed))
    title = say("movement")
    return [Section("movement", title, 2, (Table(title, heads, tuple(rows)),))]


def _known(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """A row of the feedback without what is missing in it."""
    return {str(name): value for name, value in row.items() if not pd.isna(value)}


def judgement_words(row: dict[str, Any], question: Question) -> tuple[str, ...]:
    """What a round came to on one question: asked, pooled, range of the middles, answers, abstentions."""
    pooled, spread = "—", "—"
    if question.kind == PROBABILITY and "mid" in row:
        pooled = f"{probability(row['mid'])} ({probability(row['low'])} – {probability(row['high'])})"
        spread = f"{probability(row['mid_lo'])} – {probability(row['mid_hi'])}"
    elif row.get("counts"):
        known = choices_of(question)
        pairs = [one.rpartition(":") for one in row["counts"].split(";")]
        pooled = ("；" if language() == "zh" else "; ").join(f"{known[code]} × {n}" for code, _, n in pairs)
    return question.say(), pooled, spread, str(row["n_answers"]), str(row["n_abstained"])


def assessed_section(now: Session) -> Section:
    """The level of the case with its own numbers, and with what the committee judged in the last round."""
    name = last_judged(now)
    found = now.round(name)
    case = parse_case(parse_toml(now.case_text.encode(), f"{now.case_id}.toml"))
    judged = judged_case(case, found.answers() if found else {}, now.questions, method=method_text(now))
    both = [assess(one, rng=np.random.default_rng(_SEED), draws=_DRAWS) for one in (case, judged)]
    told = [assessed_level(one) for one in both]
    method = method_text(now).say()
    line = say("assessed_line", before=told[0], after=told[1])
    if all(one.route != "graded" for one in both):
        return Section("assessed", say("assessed"), 1, (Paragraph(line), Paragraph(method, "source")))
    heads = tuple(say(f"col_{one}") for one in ("what", "own", "judged"))
    title = say("assessed_table")
    table = Table(title, heads, (*_probabilities(case, both), *_shares(both)), numeric=(1, 2))
    notes = (Paragraph(say("assessed_presumed"), "note"),) if both[1].presumed else ()
    blocks = (Paragraph(line), table, *notes, Paragraph(method, "source"))
    return Section("assessed", say("assessed"), 1, blocks)


def _probabilities(case: Case, both: Sequence[Assessment]) -> Iterator[tuple[str, ...]]:
    """How likely each scenario is, by the case's own numbers and by the committee's."""
    for place, scenario in enumerate(case.scenarios):
        rows = [one.scenarios.iloc[place] for one in both]
        cells = (
            f"{probability(row['p50'])} ({probability(row['p05'])} – {probability(row['p95'])})"
            for row in rows
        )
        yield (say("assessed_p", scenario=scenario.title.say()), *cells)


def _shares(both: Sequence[Assessment]) -> Iterator[tuple[str, ...]]:
    for code in scale("risk").codes:
        cells = (f"{one.risk_shares[code]:.0%}" for one in both)
        yield (say("assessed_share", risk=scale("risk").word(code)), *cells)


def assessed_level(found: Assessment) -> str:
    """Warning level and risk as they are shown, with what stands beside them."""
    if found.badge is None or found.risk_badge is None:
        return say("not_graded")
    notes = [badge_note(one) for one in (found.badge, found.risk_badge)]
    level, risk = (
        f"{words}（{note}）" if note and language() == "zh" else f"{words} ({note})" if note else words
        for words, note in zip(
            (say_level(*found.level_ends), scale("risk").word(found.risk_badge.level)),
            notes,
            strict=True,
        )
    )
    return say("level_range", level=level, risk=risk)


def _answers(now: Session) -> list[Section]:
    table = seen_by(now, asker="", role="auditor")
    asked = {one.id: one.say() for name in ("1", VOTE) for one in now.asked_in(name)}
    places = {name: place for place, name in enumerate(asked)}
    heads = tuple(say(f"col_{one}") for one in ("asked", "expert", "answer", "reason"))
    found = []
    for one in now.rounds:
        rows = table[table["round"] == one.name]
        rows = rows.assign(place=rows["question"].map(places)).sort_values(["place", "expert"], kind="stable")
        if len(rows):
            title = say("answers", round=round_name(one.name))
            cells = zip(
                rows["question"].map(asked), rows["expert"], rows["answer"], rows["reason"], strict=True
            )
            lines = tuple((str(a), str(b), str(c), str(d) or "—") for a, b, c, d in cells)
            found.append(Section(f"answers-{one.name}", title, 2, (Table(title, heads, lines),)))
    return found


def _vote(now: Session) -> Section:
    vote = vote_of(now)
    if vote is None:
        return Section("vote", say("vote"), 1, (Paragraph(say("undecided"), "note"),))
    known = {code: level_words(code) for code in vote.counts}
    rows = tuple((known[code], str(n)) for code, n in vote.counts.items())
    heads = (say("col_level"), say("col_votes"))
    line = say("vote_counts", voters=vote.n_voters, ballots=vote.n_ballots, abstained=vote.n_abstained)
    names = {one.id: one.name for one in now.experts}
    dissent = tuple(
        f"{names[expert]} · {known[level]} · {reason or say('no_reason')}"
        for expert, level, reason in vote.dissent
    )
    shown: Block = Items(dissent) if dissent else Paragraph(say("dissent_none"))
    title = Paragraph(say("dissent"), "lead")
    return Section(
        "vote", say("vote"), 1,
        (Table(say("vote"), heads, rows, numeric=(1,)), Paragraph(line), title, shown),
    )  # fmt: skip


def _signatures(now: Session) -> Section:
    names = {one.id: one.name for one in now.experts}
    mine = minutes_hash(now)
    rows = tuple(
        (names.get(who, who), say("signed_same" if signed == mine else "signed_other"), signed)
        for who, signed in sorted(now.signed.items())
    )
    heads = (say("col_name"), say("col_signed"), "SHA-256")
    body: Block = Table(say("signatures"), heads, rows) if rows else Paragraph(say("signatures_none"))
    return Section("signatures", say("signatures"), 1, (body, Paragraph(say("signature_note"), "caution")))


def _reading() -> Section:
    lines = tuple(say(f"read_{number}") for number in (1, 2, 3))
    return Section("reading", say("read_title"), 2, (Items(lines),))
