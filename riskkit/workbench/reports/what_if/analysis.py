"""What the level of a case hangs on, what finding out more is worth, and whether the draws are enough."""

from __future__ import annotations

import math

import pandas as pd

from riskkit.assessment.what_if.level_information import information_sentence
from riskkit.assessment.what_if.planned_tests import PlannedTest
from riskkit.assessment.what_if.sample_information import WorthOfTests, sentence_on_tests
from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name
from riskkit.foundation.language import language
from riskkit.foundation.numbers.convergence import is_settled
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import what_if_text as say
from riskkit.words.numbers import amount, percent, say_number, with_interval
from riskkit.workbench.document.block_kinds import Block, Cell, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.what_if.study import WhatIfStudy

MOST = 8
_LIMITS = ("effects", "alone", "independent", "rule", "loss", "harm")


def _name(study: WhatIfStudy, one: object) -> str:
    return input_name(study.assessment.case, str(one))


def _quoted(words: str) -> str:
    """A name that stands in quotation marks itself."""
    return words.replace("“", "‘").replace("”", "’")


def what_if_sensitivity(study: WhatIfStudy | Assessment) -> Section | None:
    """Which inputs the probability of harm and the level hang on."""
    if isinstance(study, Assessment):
        return None
    title = say("sensitivity")
    if study.screening.empty:
        return Section("what-if-sensitivity", title, 1, (Paragraph(say("sensitivity_none")),))
    lead, *rest = sensitivity_words(study)
    blocks: list[Block] = [Paragraph(" ".join([lead, *rest]), "lead")]
    blocks += [Paragraph(say("sensitivity_lead")), _indices(study)]
    blocks += [] if study.regional_level is None else [_regional(study)]
    return Section("what-if-sensitivity", title, 1, tuple(blocks))


def sensitivity_words(study: WhatIfStudy) -> tuple[str, str]:
    """What harm and level hang on most, in two sentences."""
    first = study.harm_shares.iloc[0]
    harm = _name(study, study.harm_shares.index[0])
    told = say("sensitivity_most", harm=harm, st=f"{first['st']:.2f}")
    level = study.level_shares.dropna(subset=["st"])
    if level.empty:
        return told, say("sensitivity_level_none")
    one = _name(study, level.index[0])
    return told, say("sensitivity_level", level=one, st=f"{level['st'].iloc[0]:.2f}")


def leading_inputs(study: WhatIfStudy) -> list[str]:
    """The inputs worth showing: the largest of harm and of level in turn, at most `MOST`."""
    level = study.level_shares.dropna(subset=["st"]).index
    pairs = [
        one
        for two in zip(study.harm_shares.index, [*level, *study.harm_shares.index], strict=False)
        for one in two
    ]
    return [str(one) for one in dict.fromkeys(pairs)][:MOST]


def _indices(study: WhatIfStudy) -> Table:
    rows = []
    for name in leading_inputs(study):
        cells: list[Cell] = [_name(study, name)]
        size, error, spread = (float(study.screening[one].loc[name]) for one in ("mu_star", "se", "sigma"))
        cells += [f"{size:.2f} ± {error:.2f}", amount(spread)]
        for table in (study.harm_shares, study.level_shares):
            cells += [_index(table, name, one) for one in ("s", "st")]
        rows.append(tuple(cells))
    heads = ("col_input", "col_mu", "col_sigma", "col_s", "col_st", "col_level_s", "col_level_st")
    shown = tuple(say(head) for head in heads)
    return Table(say("sensitivity_table"), shown, tuple(rows), numeric=(1, 2, 3, 4, 5, 6))


def _index(table: pd.DataFrame, name: str, which: str) -> str:
    found = [float(table[one].loc[name]) for one in (which, f"{which}_lo", f"{which}_hi")]
    if math.isnan(found[0]):
        return "—"
    middle, low, high = (f"{round(one, 2) + 0.0:.2f}" for one in found)
    return say("interval", middle=middle, low=low, high=high)


def _regional(study: WhatIfStudy) -> Table:
    rows = []
    for name, row in study.regional.head(MOST).iterrows():
        kind = input_kind(str(name))
        medians = (say_number(float(row[one]), kind) for one in ("median_in", "median_out"))
        rows.append((_name(study, name), f"{row['ks']:.2f}", _p_value(float(row["p_value"])), *medians))
    heads = ("col_input", "col_ks", "col_p", "col_in", "col_out")
    caption = say("regional_table", level=study.regional_level)
    return Table(caption, tuple(say(head) for head in heads), tuple(rows), numeric=(1, 2, 3, 4))


def _p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def what_if_information(study: WhatIfStudy | Assessment) -> Section | None:
    """What knowing an input, or a test of it, is worth before the level is decided."""
    if isinstance(study, Assessment):
        return None
    told = study.information
    titles = {} if study.planned is None else {one.id: one.title for one in study.planned.tests}
    known = information_sentence(told, lambda one: _quoted(_name(study, one))).say()
    lead = say("information_lead", level=told.decision, loss=amount(told.loss))
    blocks: list[Block] = []
    if study.tests is None:
        blocks += [Paragraph(known, "lead"), Paragraph(lead), Paragraph(say("tests_none"), "note")]
    else:
        words = sentence_on_tests(study.tests, lambda one: titles[one].say()).say()
        blocks += [Paragraph(words, "lead"), Paragraph(lead), _tests(study, study.tests)]
        blocks += [Details(say("tests_why"), (_reasons(study),)), Paragraph(known)]
    blocks.append(_known(study))
    return Section("what-if-information", say("information"), 1, tuple(blocks))


def _tests(study: WhatIfStudy, worth: WorthOfTests) -> Table:
    planned = {one.id: one for one in study.planned.tests} if study.planned else {}
    rows = []
    for name, row in worth.table.iterrows():
        one = planned[str(name)]
        money = (amount(row["cost_cny"]), amount(row["per_10k_cny"]))
        gain = f"{amount(row['evsi'])} ± {amount(row['se'])}"
        change = percent(float(row["p_change"]))
        what = (one.title.say(), _name(study, one.input), _size(one))
        rows.append((*what, money[0], amount(row["evppi"]), gain, change, money[1]))
    heads = (
        "col_test",
        "col_input",
        "col_size",
        "col_cost",
        "col_evppi",
        "col_evsi",
        "col_p_change",
        "col_per_10k",
    )
    shown = tuple(say(head) for head in heads)
    return Table(say("tests_table"), shown, tuple(rows), numeric=(3, 4, 5, 6, 7))


def _size(one: PlannedTest) -> str:
    spread = "" if one.spread is None else f"{one.spread:g}"
    return say(f"size_{one.likelihood}", n=f"{one.n:,}", spread=spread)


def _reasons(study: WhatIfStudy) -> Items:
    tests = study.planned.tests if study.planned else ()
    colon = "：" if language() == "zh" else ": "
    return Items(tuple(f"{one.title.say()}{colon}{one.reason.say()}" for one in tests))


def _known(study: WhatIfStudy) -> Table:
    rows = []
    for name, row in study.information.table.head(MOST).iterrows():
        change = percent(float(row["p_change"]))
        gain = f"{amount(row['value'])} ± {amount(row['se'])}"
        rows.append((_name(study, name), gain, amount(row["value_lo"]), change))
    heads = ("col_input", "col_value", "col_value_lo", "col_p_change")
    return Table(say("known_table"), tuple(say(h) for h in heads), tuple(rows), numeric=(1, 2, 3))


def what_if_convergence(study: WhatIfStudy | Assessment) -> Section | None:
    """Whether the draws are enough, and how much of the harm is chance."""
    if isinstance(study, Assessment):
        return None
    near = method_number("what_if", "near_enough")
    done = is_settled(study.running_level, absolute=near)
    last = study.running_level.iloc[-1]
    words = {
        "level": study.settled_level,
        "share": percent(float(last["estimate"])),
        "se": amount(last["se"]),
    }
    verdict = say("enough" if done else "not_enough", near=f"{near:g}")
    blocks: list[Block] = [
        Paragraph(say("convergence_level", verdict=verdict, **words), "lead" if done else "caution"),
        _running(study),
        Paragraph(say("two_lead", units=f"{study.units:,.0f}", share=_known_share(study))),
    ]
    market = study.assessment.case.known_facts().get("units_on_market")
    if market is None or not best(market.value) > 0:
        blocks.append(Paragraph(say("two_reference", units=f"{study.units:,.0f}"), "note"))
    blocks.append(_bands(study))
    return Section("what-if-convergence", say("convergence"), 1, tuple(blocks))


def _known_share(study: WhatIfStudy) -> str:
    return "—" if math.isnan(study.known_share) else percent(study.known_share)


def _running(study: WhatIfStudy) -> Table:
    rows = []
    for level, harm in zip(records(study.running_level), records(study.running_harm), strict=True):
        share = say(
            "interval",
            middle=f"{level['estimate']:.3f}",
            low=f"{level['lo']:.3f}",
            high=f"{level['hi']:.3f}",
        )
        middle = with_interval(*(10 ** float(harm[name]) for name in ("estimate", "lo", "hi")))
        rows.append((f"{level['n']:,.0f}", share, amount(float(level["se"])), middle))
    heads = [say("col_draws"), say("col_share", level=study.settled_level), say("col_se")]
    heads.append(say("col_median"))
    return Table(say("running_table"), tuple(heads), tuple(rows), numeric=(0, 1, 2, 3))


def _bands(study: WhatIfStudy) -> Table:
    rows = []
    for name, row in study.bands.iterrows():
        what = say("mean") if name == "mean" else percent(float(str(name)))
        rows.append((what, with_interval(float(row["median"]), float(row["lo"]), float(row["hi"]))))
    heads = (say("col_percentile"), say("col_band"))
    caption = say("two_table", units=f"{study.units:,.0f}")
    return Table(caption, heads, tuple(rows), numeric=(1,))


def what_if_limits(study: WhatIfStudy | Assessment) -> Section | None:
    """How far the what-ifs go."""
    if isinstance(study, Assessment):
        return None
    items = tuple(say(f"limit_{key}") for key in _LIMITS)
    return Section("what-if-limits", say("limits"), 1, (Items(items),))
