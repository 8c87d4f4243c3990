"""The minutes and the report of a session, as sections in one language, from its events alone."""

from __future__ import annotations

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
from riskkit.case.case import Assessment, assess, parse_case
from riskkit.case.sentences import say_level
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import SECTION_MIME, Picture, Section
from riskkit.workbench.document.level_marks import badge_note, level_badge
from riskkit.workbench.flows.committee.agreement_sections import agreement_parts

_DRAWS, _SEED = 20_000, 20170914


def report_sections(now: Session, *, lang: str, is_full: bool = True) -> tuple[Section | Picture, ...]:
    """Everything that was decided, and how."""
    name = last_judged(now)
    parts: list[Section | Picture] = [_decision(now, lang), _facts(now, lang), _experts(now, lang)]
    parts += [_rounds(now, lang), judgement_section(now, lang), *_movement(now, lang)]
    if is_full and name:
        parts += [*agreement_parts(now, lang=lang), assessed_section(now, lang), *_answers(now, lang)]
    parts += [_vote(now, lang), _signatures(now, lang), _reading(lang)]
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


def _decision(now: Session, lang: str) -> Section:
    vote = vote_of(now)
    if vote is None or not now.confirmed:
        return Section("decision", say("decision", lang), 1, (Paragraph(say("undecided", lang), "caution"),))
    key = {True: "confirmed_yes", False: "confirmed_no", None: "confirmed_none"}[vote.is_confirmed]
    deed = "deed_yes" if now.confirmed["is_confirmed"] == "yes" else "deed_no"
    line = say(
        "decided", lang, level=level_words(vote.level, lang), confirmed=say(key, lang), chair=now.chair,
        at=_moment(now.confirmed["at"]), deed=say(deed, lang), why=now.confirmed["why"],
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(line, "lead")]
    if vote.level in scale("warning").codes:
        blocks.insert(0, level_badge(str(vote.level), lang))
    return Section("decision", say("decision", lang), 1, tuple(blocks))


def _moment(text: str) -> str:
    """A recorded moment to the second, for reading; the record keeps it whole."""
    return f"{text[:10]} {text[11:19]} UTC" if text else ""


def _facts(now: Session, lang: str) -> Section:
    data = minutes_data(now)
    rules = say(
        "rules_line", lang, rounds=now.rules.n_rounds, quorum=f"{now.rules.quorum:.0%}",
        majority=f"{now.rules.majority:.0%}", weights=word(f"weights_{now.rules.weights}", lang),
    )  # fmt: skip
    rows = (
        (say("fact_session", lang), now.id),
        (say("fact_case", lang), f"{now.title_zh if lang == 'zh' else now.title_en} ({now.case_id})"),
        (say("fact_chair", lang), now.chair),
        (say("fact_opened", lang), _moment(now.opened_at)),
        (say("fact_rules", lang), rules),
        (say("fact_case_hash", lang), data["case_sha256"]),
        (say("fact_minutes_hash", lang), minutes_hash(now)),
    )
    lines = tuple(f"{name}{'：' if lang == 'zh' else ': '}{value}" for name, value in rows)
    return Section("session", say("facts", lang), 1, (Items(lines),))


def _experts(now: Session, lang: str) -> Section:
    heads = tuple(say(f"col_{one}", lang) for one in ("name", "field", "organisation", "interest", "recused"))
    rows = tuple(
        (
            one.name, one.field, one.organisation or "—",
            _interest(now, one.id, lang), now.recused.get(one.id, "—"),
        )
        for one in now.experts
    )  # fmt: skip
    return Section("experts", say("experts", lang), 1, (Table(say("experts", lang), heads, rows),))


def _interest(now: Session, expert: str, lang: str) -> str:
    if expert not in now.declared:
        return say("not_declared", lang)
    return now.declared[expert] or say("no_interest", lang)


def _rounds(now: Session, lang: str) -> Section:
    heads = tuple(say(f"col_{one}", lang) for one in ("round", "opened_at", "closed_at", "ballots"))
    rows = tuple(
        (
            round_name(one.name, lang),
            _moment(one.opened_at),
            _moment(one.closed_at) or say("is_open", lang),
            str(len(one.sealed)),
        )
        for one in now.rounds
    )
    return Section("rounds", say("rounds", lang), 1, (Table(say("rounds", lang), heads, rows, numeric=(3,)),))


def round_name(name: str, lang: str) -> str:
    """What a round is called."""
    return say("round_vote", lang) if name == VOTE else name


def judgement_section(now: Session, lang: str) -> Section:
    """What the last closed round before the vote came to, question by question."""
    data = minutes_data(now)
    name = data["judged_round"]
    if not name:
        none = Paragraph(say("judgement_none", lang), "note")
        return Section("judgement", say("judgement_short", lang), 1, (none,))
    title = say("judgement", lang, round=name)
    asked = {one.id: one for one in now.questions}
    rows = tuple(judgement_words(row, asked[row["question"]], lang) for row in data["judgement"])
    heads = tuple(say(f"col_{one}", lang) for one in ("asked", "pooled", "range", "n", "abstained"))
    return Section("judgement", title, 1, (Table(title, heads, rows, numeric=(3, 4)),))


def _movement(now: Session, lang: str) -> list[Section]:
    """How the pool moved from round to round; nothing before the second."""
    closed = [one for one in now.rounds if one.key and one.name != VOTE]
    if len(closed) < 2:
        return []
    tables = [feedback(one.answers(), now.questions).to_dict("records") for one in closed]
    rows = []
    for question, *found in zip(now.questions, *tables, strict=True):
        told = [judgement_words(_known(row), question, lang)[1] for row in found]
        rows.append((question.say(lang), *told))
    heads = (say("col_asked", lang), *(say("col_in_round", lang, round=one.name) for one in closed))
    title = say("movement", lang)
    return [Section("movement", title, 2, (Table(title, heads, tuple(rows)),))]


def _known(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """A row of the feedback without what is missing in it."""
    return {str(name): value for name, value in row.items() if not pd.isna(value)}


def judgement_words(row: dict[str, Any], question: Question, lang: str) -> tuple[str, ...]:
    """What a round came to on one question: asked, pooled, range of the middles, answers, abstentions."""
    pooled, spread = "—", "—"
    if question.kind == PROBABILITY and "mid" in row:
        pooled = f"{figure(row['mid'])} ({figure(row['low'])} – {figure(row['high'])})"
        spread = f"{figure(row['mid_lo'])} – {figure(row['mid_hi'])}"
    elif row.get("counts"):
        known = choices_of(question, lang)
        pairs = [one.rpartition(":") for one in row["counts"].split(";")]
        pooled = ("；" if lang == "zh" else "; ").join(f"{known[code]} × {n}" for code, _, n in pairs)
    return question.say(lang), pooled, spread, str(row["n_answers"]), str(row["n_abstained"])


def assessed_section(now: Session, lang: str) -> Section:
    """The level of the case with its own numbers, and with what the committee judged in the last round."""
    name = last_judged(now)
    found = now.round(name)
    case = parse_case(parse_toml(now.case_text.encode(), f"{now.case_id}.toml"))
    judged = judged_case(case, found.answers() if found else {}, now.questions, method=method_text(now))
    both = [assess(one, rng=np.random.default_rng(_SEED), draws=_DRAWS) for one in (case, judged)]
    told = [assessed_level(one, lang) for one in both]
    method = method_text(now).say(lang)
    line = say("assessed_line", lang, before=told[0], after=told[1])
    if all(one.route != "graded" for one in both):
        return Section("assessed", say("assessed", lang), 1, (Paragraph(line), Paragraph(method, "source")))
    heads = tuple(say(f"col_{one}", lang) for one in ("what", "own", "judged"))
    title = say("assessed_table", lang)
    table = Table(title, heads, (*_probabilities(case, both, lang), *_shares(both, lang)), numeric=(1, 2))
    notes = (Paragraph(say("assessed_presumed", lang), "note"),) if both[1].presumed else ()
    blocks = (Paragraph(line), table, *notes, Paragraph(method, "source"))
    return Section("assessed", say("assessed", lang), 1, blocks)


def _probabilities(case: Case, both: Sequence[Assessment], lang: str) -> Iterator[tuple[str, ...]]:
    """How likely each scenario is, by the case's own numbers and by the committee's."""
    for place, scenario in enumerate(case.scenarios):
        rows = [one.scenarios.iloc[place] for one in both]
        cells = (
            f"{figure(row['p50'], 2)} ({figure(row['p05'], 2)} – {figure(row['p95'], 2)})" for row in rows
        )
        yield (say("assessed_p", lang, scenario=scenario.title.say(lang)), *cells)


def _shares(both: Sequence[Assessment], lang: str) -> Iterator[tuple[str, ...]]:
    for code in scale("risk").codes:
        cells = (f"{one.risk_shares[code]:.0%}" for one in both)
        yield (say("assessed_share", lang, risk=scale("risk").word(code, lang)), *cells)


def assessed_level(found: Assessment, lang: str) -> str:
    """Warning level and risk as they are shown, with what stands beside them."""
    if found.badge is None or found.risk_badge is None:
        return say("not_graded", lang)
    notes = [badge_note(one, lang) for one in (found.badge, found.risk_badge)]
    level, risk = (
        f"{words}（{note}）" if note and lang == "zh" else f"{words} ({note})" if note else words
        for words, note in zip(
            (say_level(*found.level_ends, lang), scale("risk").word(found.risk_badge.level, lang)),
            notes,
            strict=True,
        )
    )
    return say("level_range", lang, level=level, risk=risk)


def _answers(now: Session, lang: str) -> list[Section]:
    table = seen_by(now, asker="", role="auditor", lang=lang)
    asked = {one.id: one.say(lang) for name in ("1", VOTE) for one in now.asked_in(name)}
    places = {name: place for place, name in enumerate(asked)}
    heads = tuple(say(f"col_{one}", lang) for one in ("asked", "expert", "answer", "reason"))
    found = []
    for one in now.rounds:
        rows = table[table["round"] == one.name]
        rows = rows.assign(place=rows["question"].map(places)).sort_values(["place", "expert"], kind="stable")
        if len(rows):
            title = say("answers", lang, round=round_name(one.name, lang))
            cells = zip(
                rows["question"].map(asked), rows["expert"], rows["answer"], rows["reason"], strict=True
            )
            lines = tuple((str(a), str(b), str(c), str(d) or "—") for a, b, c, d in cells)
            found.append(Section(f"answers-{one.name}", title, 2, (Table(title, heads, lines),)))
    return found


def _vote(now: Session, lang: str) -> Section:
    vote = vote_of(now)
    if vote is None:
        return Section("vote", say("vote", lang), 1, (Paragraph(say("undecided", lang), "note"),))
    known = {code: level_words(code, lang) for code in vote.counts}
    rows = tuple((known[code], str(n)) for code, n in vote.counts.items())
    heads = (say("col_level", lang), say("col_votes", lang))
    line = say("vote_counts", lang, voters=vote.n_voters, ballots=vote.n_ballots, abstained=vote.n_abstained)
    names = {one.id: one.name for one in now.experts}
    dissent = tuple(
        f"{names[expert]} · {known[level]} · {reason or say('no_reason', lang)}"
        for expert, level, reason in vote.dissent
    )
    shown: Block = Items(dissent) if dissent else Paragraph(say("dissent_none", lang))
    title = Paragraph(say("dissent", lang), "lead")
    return Section(
        "vote", say("vote", lang), 1,
        (Table(say("vote", lang), heads, rows, numeric=(1,)), Paragraph(line), title, shown),
    )  # fmt: skip


def _signatures(now: Session, lang: str) -> Section:
    names = {one.id: one.name for one in now.experts}
    mine = minutes_hash(now)
    rows = tuple(
        (names.get(who, who), say("signed_same" if signed == mine else "signed_other", lang), signed)
        for who, signed in sorted(now.signed.items())
    )
    heads = (say("col_name", lang), say("col_signed", lang), "SHA-256")
    body: Block = (
        Table(say("signatures", lang), heads, rows) if rows else Paragraph(say("signatures_none", lang))
    )
    return Section(
        "signatures", say("signatures", lang), 1, (body, Paragraph(say("signature_note", lang), "caution"))
    )


def _reading(lang: str) -> Section:
    lines = tuple(say(f"read_{number}", lang) for number in (1, 2, 3))
    return Section("reading", say("read_title", lang), 2, (Items(lines),))
