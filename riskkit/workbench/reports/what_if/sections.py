"""What the what-ifs of a case would do, as sections in one language."""

from __future__ import annotations

import pandas as pd

from riskkit.assessment.what_if.what_if_file import Change, Mix
from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name, say_level
from riskkit.case.what_if_effects import Effect, effect_sentence, effects_table
from riskkit.foundation.numbers.uncertainty import Distribution
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import what_if_text as say
from riskkit.words.numbers import amount, listed, percent, say_number, share_with_interval, with_interval
from riskkit.workbench.document.block_kinds import Block, Cell, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import badge_note
from riskkit.workbench.reports.case.words import distribution, level_cell, level_range, level_words
from riskkit.workbench.reports.what_if.study import WhatIfStudy

_CODES = scale("warning").codes


def effect_title(one: Effect, lang: str) -> str:
    """What a what-if is called; the case as it is too."""
    return say("as_is", lang) if one.what_if is None else one.what_if.title.say(lang)


def chances_words(one: Effect, lang: str) -> str:
    """The probability of each level that may be, in words."""
    told = []
    for code in reversed(_CODES):
        certain, possible = (float(one.shares[name].loc[code]) for name in ("certain", "possible"))
        ends = [percent(share, lang) for share in (certain, possible)]
        said = ends[0] if ends[0] == ends[1] else say("range", lang, low=ends[0], high=ends[1])
        told += [f"{code} {said}"] if possible > 0 else []
    return listed(told, lang)


def what_if_case(study: WhatIfStudy | Assessment, *, lang: str) -> Section | None:
    """The case as it is: level, its probability, how firm it is, and the expected harm."""
    if isinstance(study, Assessment):
        return None
    now = study.effects[0]
    rows: list[tuple[Cell, ...]] = [
        (say("row_level", lang), level_cell(now.badge.level, now.badge.level_hi, lang)),
        *((say("row_note", lang), note) for note in (badge_note(now.badge, lang),) if note),
        (say("row_chances", lang), chances_words(now, lang)),
        (say("row_robust", lang), _held(now, lang)),
        (say("row_flip", lang), _nearest_flip(study.assessment, lang)),
        (say("row_harm", lang), _harm_words(now.harm, lang)),
    ]
    heads = (say("case_table", lang), "")
    blocks: tuple[Block, ...] = (
        Paragraph(study.assessment.robustness.say(lang), "lead"),
        Paragraph(say("case_lead", lang)),
        Table(say("case_table", lang), heads, tuple(rows)),
    )
    return Section("what-if-case", say("as_is", lang), 1, blocks)


def _nearest_flip(assessment: Assessment, lang: str) -> str:
    if assessment.flips.empty:
        return say("flip_none", lang)
    row = records(assessment.flips.head(1))[0]
    name = str(row["input"])
    kind = input_kind(name)
    ends = {
        key: say_number(float(row[f"{at}_value"]), kind, lang)
        for key, at in (("before", "from"), ("after", "to"))
    }
    level = say_level(_code(row["lo"]), _code(row["hi"]), lang)
    return say("flip", lang, what=input_name(assessment.case, name, lang), level=level, **ends)


def _code(rank: object) -> str:
    return rank if isinstance(rank, str) else _CODES[int(str(rank)) - 1]


def _harm_words(harm: pd.DataFrame, lang: str) -> str:
    told = [
        f"{say('severity', lang, rank=rank)}: {_cell(harm, rank, lang)}"
        for rank in range(1, 5)
        if harm["mean"].loc[rank] != 0
    ]
    return "\n".join(told) or "0"


def _cell(harm: pd.DataFrame, rank: int, lang: str) -> str:
    middle, low, high = (float(harm[name].loc[rank]) for name in ("mean", "p05", "p95"))
    return with_interval(middle, low, high, lang=lang)


def what_ifs_compared(study: WhatIfStudy | Assessment, *, lang: str) -> Section | None:
    """Each what-if beside the case as it is: levels, expected harm, harm avoided, cost, and its grounds."""
    if isinstance(study, Assessment):
        return None
    title = say("compared", lang)
    if study.planned is None:
        return Section("what-ifs", title, 1, (Paragraph(say("compared_none", lang), "note"),))
    now, *rest = study.effects
    sentences = tuple(
        f"{effect_title(one, lang)}{'：' if lang == 'zh' else ': '}{effect_sentence(now, one).say(lang)}"
        for one in rest
    )
    blocks: tuple[Block, ...] = (
        Paragraph(say("compared_lead", lang, n=len(rest))),
        Items(sentences),
        _levels(study, lang),
        _harms(study, lang),
        _avoided(study, lang),
        Details(say("changes_more", lang), (_changes(study, lang),)),
    )
    return Section("what-ifs", title, 1, blocks)


def _levels(study: WhatIfStudy, lang: str) -> Table:
    now, n = study.effects[0], study.assessment.draws
    level = _unsure_level(now)
    rows = []
    for one in study.effects:
        kind = "—" if one.what_if is None else label("what_if", one.what_if.kind, lang)
        share = float(one.shares["at_least"].loc[level])
        move = 100 * (share - float(now.shares["at_least"].loc[level]))
        change = (
            "—" if one is now else (say("points", lang, n=f"{move:+.1f}") if move else say("unchanged", lang))
        )
        chance = share_with_interval(share, n, lang=lang)
        cells = (_shown(one, lang), _held(one, lang), chance, change)
        rows.append((effect_title(one, lang), kind, *cells))
    heads = ("col_what_if", "col_kind", "col_level", "col_robust")
    shown = [say(head, lang) for head in heads]
    shown += [say("col_at_least", lang, level=level), say("col_move", lang)]
    return Table(say("level_table", lang), tuple(shown), tuple(rows), numeric=(4, 5))


def _shown(one: Effect, lang: str) -> str:
    """The level that is shown, and what stands beside it."""
    return "\n".join(
        words
        for words in (level_range(one.badge.level, one.badge.level_hi, lang), badge_note(one.badge, lang))
        if words
    )


def _held(one: Effect, lang: str) -> str:
    """Between which levels nearly all simulations lie."""
    return say("held", lang, least=level_words(one.robust, lang), most=level_words(one.worst, lang))


def _unsure_level(now: Effect) -> str:
    """The lowest level that some but not all draws reach; else the one that is possible."""
    reached = now.shares["at_least"]
    return next((str(code) for code in _CODES if 0 < reached[code] < 1), now.badge.level_hi)


def _ranks(study: WhatIfStudy) -> list[int]:
    """The severities that occur at all, before or after."""
    tables = [one.harm["mean"] for one in study.effects]
    return [rank for rank in range(1, 5) if any(table.at[rank] != 0 for table in tables)]


def _harms(study: WhatIfStudy, lang: str) -> Table:
    ranks = _ranks(study)
    rows = tuple(
        (effect_title(one, lang), *(_cell(one.harm, rank, lang) for rank in ranks)) for one in study.effects
    )
    heads = (say("col_what_if", lang), *(say("col_severity", lang, rank=rank) for rank in ranks))
    return Table(say("harm_table", lang), heads, rows, numeric=tuple(range(1, len(heads))))


def _avoided(study: WhatIfStudy, lang: str) -> Table:
    ranks, costs = _ranks(study), effects_table(study.effects, lang=lang)
    rows = []
    for one, (_, row) in zip(study.effects[1:], list(costs.iterrows())[1:], strict=True):
        cells = (_cell(one.avoided, rank, lang) for rank in ranks)
        rows.append((effect_title(one, lang), *cells, amount(row["cost_cny"]), amount(row["cny_per_severe"])))
    severities = (say("col_severity", lang, rank=rank) for rank in ranks)
    heads = (say("col_what_if", lang), *severities, say("col_cost", lang), say("col_per_severe", lang))
    return Table(say("avoided_table", lang), heads, tuple(rows), numeric=tuple(range(1, len(heads))))


def _changes(study: WhatIfStudy, lang: str) -> Table:
    rows = [
        (
            one.what_if.title.say(lang),
            label_of_input(study, change.input, lang),
            change_words(change, lang),
            change.reason.say(lang),
            label("evidence", change.evidence, lang),
            _basis(change, lang),
        )
        for one in study.effects
        if one.what_if is not None
        for change in one.what_if.changes
    ]
    heads = ("col_what_if", "col_input", "col_change", "col_reason", "col_evidence", "col_basis")
    return Table(say("changes_table", lang), tuple(say(head, lang) for head in heads), tuple(rows))


def _basis(change: Change, lang: str) -> str:
    said = label("basis", change.basis, lang)
    return listed([said, *change.source], lang)


def label_of_input(study: WhatIfStudy, name: str, lang: str) -> str:
    """An input of the case in words; the channels too."""
    return say("channels", lang) if name == "channels" else input_name(study.assessment.case, name, lang)


def change_words(change: Change, lang: str) -> str:
    """What a change does to its input, in words."""
    value: Distribution | Mix | str = change.value
    if isinstance(value, str):
        return say("do_close", lang, value=label("channel", value, lang))
    if isinstance(value, tuple):
        told = listed(
            (f"{say('severity', lang, rank=level)} {percent(part, lang)}" for level, part in value), lang
        )
        return say("do_set", lang, value=told)
    kind = "ratio" if change.do == "multiply" else input_kind(change.input)
    return say(f"do_{change.do}", lang, value=distribution(value, kind, lang))
