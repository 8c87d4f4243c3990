"""What the what-ifs of a case would do, as sections in one language."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.what_if.what_if_file import Change, Mix, WhatIfs, load_what_ifs
from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name, say_level
from riskkit.case.what_if_effects import Effect, effect_sentence, effects_table
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import in_language, language
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
from riskkit.workbench.runs.result import ResultRecord, result_record

_CODES = scale("warning").codes


def effect_title(one: Effect) -> str:
    """What a what-if is called; the case as it is too."""
    return say("as_is") if one.what_if is None else one.what_if.title.say()


def chances_words(one: Effect) -> str:
    """The probability of each level that may be, in words."""
    told = []
    for code in reversed(_CODES):
        certain, possible = (float(one.shares[name].loc[code]) for name in ("certain", "possible"))
        ends = [percent(share) for share in (certain, possible)]
        said = ends[0] if ends[0] == ends[1] else say("range", low=ends[0], high=ends[1])
        told += [f"{code} {said}"] if possible > 0 else []
    return listed(told)


def what_if_case(study: WhatIfStudy | Assessment) -> Section | None:
    """The case as it is: level, its probability, how firm it is, and the expected harm."""
    if isinstance(study, Assessment):
        return None
    now = study.effects[0]
    rows: list[tuple[Cell, ...]] = [
        (say("row_level"), level_cell(now.badge.level, now.badge.level_hi)),
        *((say("row_note"), note) for note in (badge_note(now.badge),) if note),
        (say("row_chances"), chances_words(now)),
        (say("row_robust"), _held(now)),
        (say("row_flip"), _nearest_flip(study.assessment)),
        (say("row_harm"), _harm_words(now.harm)),
    ]
    heads = (say("case_table"), "")
    blocks: tuple[Block, ...] = (
        Paragraph(study.assessment.robustness.say(), "lead"),
        Paragraph(say("case_lead")),
        Table(say("case_table"), heads, tuple(rows)),
    )
    return Section("what-if-case", say("as_is"), 1, blocks)


def _nearest_flip(assessment: Assessment) -> str:
    if assessment.flips.empty:
        return say("flip_none")
    row = records(assessment.flips.head(1))[0]
    name = str(row["input"])
    kind = input_kind(name)
    ends = {
        key: say_number(float(row[f"{at}_value"]), kind) for key, at in (("before", "from"), ("after", "to"))
    }
    level = say_level(_code(row["lo"]), _code(row["hi"]))
    return say("flip", what=input_name(assessment.case, name), level=level, **ends)


def _code(rank: object) -> str:
    return rank if isinstance(rank, str) else _CODES[int(str(rank)) - 1]


def _harm_words(harm: pd.DataFrame) -> str:
    told = [
        f"{say('severity', rank=rank)}: {_cell(harm, rank)}"
        for rank in range(1, 5)
        if harm["mean"].loc[rank] != 0
    ]
    return "\n".join(told) or "0"


def _cell(harm: pd.DataFrame, rank: int) -> str:
    middle, low, high = (float(harm[name].loc[rank]) for name in ("mean", "p05", "p95"))
    return with_interval(middle, low, high)


def what_ifs_compared(study: WhatIfStudy | Assessment) -> Section | None:
    """Each what-if beside the case as it is: levels, expected harm, harm avoided, cost, and its grounds."""
    if isinstance(study, Assessment):
        return None
    title = say("compared")
    if study.planned is None:
        return Section("what-ifs", title, 1, (Paragraph(say("compared_none"), "note"),))
    now, *rest = study.effects
    sentences = tuple(
        f"{effect_title(one)}{'：' if language() == 'zh' else ': '}{effect_sentence(now, one).say()}"
        for one in rest
    )
    blocks: tuple[Block, ...] = (
        Paragraph(say("compared_lead", n=len(rest))),
        Items(sentences),
        _levels(study),
        _harms(study),
        _avoided(study),
        Details(say("changes_more"), (_changes(study),)),
    )
    return Section("what-ifs", title, 1, blocks)


def _levels(study: WhatIfStudy) -> Table:
    now, n = study.effects[0], study.assessment.draws
    level = _unsure_level(now)
    rows = []
    for one in study.effects:
        kind = "—" if one.what_if is None else label("what_if", one.what_if.kind)
        share = float(one.shares["at_least"].loc[level])
        move = 100 * (share - float(now.shares["at_least"].loc[level]))
        change = "—" if one is now else (say("points", n=f"{move:+.1f}") if move else say("unchanged"))
        chance = share_with_interval(share, n)
        cells = (_shown(one), _held(one), chance, change)
        rows.append((effect_title(one), kind, *cells))
    heads = ("col_what_if", "col_kind", "col_level", "col_robust")
    shown = [say(head) for head in heads]
    shown += [say("col_at_least", level=level), say("col_move")]
    return Table(say("level_table"), tuple(shown), tuple(rows), numeric=(4, 5))


def _shown(one: Effect) -> str:
    """The level that is shown, and what stands beside it."""
    return "\n".join(
        words for words in (level_range(one.badge.level, one.badge.level_hi), badge_note(one.badge)) if words
    )


def _held(one: Effect) -> str:
    """Between which levels nearly all simulations lie."""
    return say("held", least=level_words(one.robust), most=level_words(one.worst))


def _unsure_level(now: Effect) -> str:
    """The lowest level that some but not all draws reach; else the one that is possible."""
    reached = now.shares["at_least"]
    return next((str(code) for code in _CODES if 0 < reached[code] < 1), now.badge.level_hi)


def _ranks(study: WhatIfStudy) -> list[int]:
    """The severities that occur at all, before or after."""
    tables = [one.harm["mean"] for one in study.effects]
    return [rank for rank in range(1, 5) if any(table.at[rank] != 0 for table in tables)]


def _harms(study: WhatIfStudy) -> Table:
    ranks = _ranks(study)
    rows = tuple((effect_title(one), *(_cell(one.harm, rank) for rank in ranks)) for one in study.effects)
    heads = (say("col_what_if"), *(say("col_severity", rank=rank) for rank in ranks))
    return Table(say("harm_table"), heads, rows, numeric=tuple(range(1, len(heads))))


def _avoided(study: WhatIfStudy) -> Table:
    ranks, costs = _ranks(study), effects_table(study.effects)
    rows = []
    for one, (_, row) in zip(study.effects[1:], list(costs.iterrows())[1:], strict=True):
        cells = (_cell(one.avoided, rank) for rank in ranks)
        rows.append((effect_title(one), *cells, amount(row["cost_cny"]), amount(row["cny_per_severe"])))
    severities = (say("col_severity", rank=rank) for rank in ranks)
    heads = (say("col_what_if"), *severities, say("col_cost"), say("col_per_severe"))
    return Table(say("avoided_table"), heads, tuple(rows), numeric=tuple(range(1, len(heads))))


def _changes(study: WhatIfStudy) -> Table:
    rows = [
        (
            one.what_if.title.say(),
            label_of_input(study, change.input),
            change_words(change),
            change.reason.say(),
            label("evidence", change.evidence),
            _basis(change),
        )
        for one in study.effects
        if one.what_if is not None
        for change in one.what_if.changes
    ]
    heads = ("col_what_if", "col_input", "col_change", "col_reason", "col_evidence", "col_basis")
    return Table(say("changes_table"), tuple(say(head) for head in heads), tuple(rows))


def _basis(change: Change) -> str:
    said = label("basis", change.basis)
    return listed([said, *change.source])


def label_of_input(study: WhatIfStudy, name: str) -> str:
    """An input of the case in words; the channels too."""
    return say("channels") if name == "channels" else input_name(study.assessment.case, name)


def change_words(change: Change) -> str:
    """What a change does to its input, in words."""
    value: Distribution | Mix | str = change.value
    if isinstance(value, str):
        return say("do_close", value=label("channel", value))
    if isinstance(value, tuple):
        told = listed((f"{say('severity', rank=level)} {percent(part)}" for level, part in value))
        return say("do_set", value=told)
    kind = "ratio" if change.do == "multiply" else input_kind(change.input)
    return say(f"do_{change.do}", value=distribution(value, kind))


def open_what_ifs(case: Case, name: str = "") -> WhatIfs | None:
    """The what-ifs of a case: those that come with it, or those of a ``.toml`` file."""
    if name:
        rule = "empty, or a .toml file"
        refuse("what_ifs", [] if name.endswith(".toml") else [Fault("what_ifs", shown(name), rule)])
        return load_what_ifs(name, case)
    path = shipped.what_ifs_path(case.id)
    return load_what_ifs(str(path), case) if path.is_file() else None


def assessment_of(study: WhatIfStudy | Assessment) -> Assessment:
    """The assessment that a study starts from."""
    return study if isinstance(study, Assessment) else study.assessment


def publish_what_ifs(study: WhatIfStudy | Assessment, *, seed: int, case_sha256: str) -> ResultRecord:
    """Put assessment and what-ifs into the notebook, where the runner reads them back."""
    record = result_record(assessment_of(study), seed=seed, case_sha256=case_sha256)
    told = None if isinstance(study, Assessment) else _told(study)
    return ResultRecord(record | {"what_if": told})


def _told(study: WhatIfStudy) -> dict[str, Any]:
    known = study.information
    return {
        "effects": _rows(in_language("en", effects_table, study.effects).reset_index()),
        "avoided": {
            one.what_if.id: _rows(one.avoided.reset_index())
            for one in study.effects
            if one.what_if is not None
        },
        "harm": _rows(study.effects[0].harm.reset_index()),
        "morris": _rows(study.screening.reset_index()),
        "sobol_harm": _rows(study.harm_shares.reset_index()),
        "sobol_level": _rows(study.level_shares.reset_index()),
        "regional": {"level": study.regional_level, "inputs": _rows(study.regional.reset_index())},
        "decision": known.decision,
        "evpi": _value(known.loss),
        "evppi": _rows(known.table.reset_index()),
        "tests": [] if study.tests is None else _rows(study.tests.table.reset_index()),
        "settled_level": study.settled_level,
        "running_level": _rows(study.running_level),
        "running_harm": _rows(study.running_harm),
        "harm_bands": _rows(study.bands.reset_index()),
        "known_share": _value(study.known_share),
        "units": _value(study.units),
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values, rounded to ten figures; what is missing or infinite is None."""
    return [{str(k): _value(v) for k, v in row.items()} for row in table.to_dict("records")]


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return value
    number = float(value)
    return float(f"{number:.10g}") if math.isfinite(number) else None
