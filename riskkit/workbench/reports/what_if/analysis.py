"""What the level of a case hangs on, what finding out more is worth, and whether the draws are enough."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit.assessment.what_if.level_information import information_sentence
from riskkit.assessment.what_if.planned_tests import PlannedTest
from riskkit.assessment.what_if.sample_information import WorthOfTests, sentence_on_tests
from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name
from riskkit.case.what_if_effects import Effect
from riskkit.foundation.language import language
from riskkit.foundation.numbers.convergence import is_settled
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import what_if_text as say
from riskkit.words.numbers import amount, percent, say_number, with_interval
from riskkit.workbench.document.block_kinds import Block, Cell, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.what_if.sections import chances_words, effect_title
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


_SHARES = {"tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": [f"{n}%" for n in (0, 25, 50, 75, 100)]}


def what_if_levels(study: WhatIfStudy | Assessment) -> Picture | None:
    """The probability of the levels under each what-if, one bar each, the case as it is first."""
    if isinstance(study, Assessment) or len(study.effects) < 2:
        return None
    rows, traces = style.Rows(body=1.7), []
    for one in study.effects:
        traces += _stack(one, rows.add(effect_title(one), bold=one.what_if is None))
    title = say("levels_title")
    axis = {"range": [0, 1.02], "title": {"text": say("levels_x"), "font": {"size": 12}}}
    look: dict[str, Any] = {"marks": f"{_key()}  {say('levels_marks')}", "at": 58, "barmode": "stack"}
    figure = rows.figure(title, traces, x=style.quiet_axis() | _SHARES | axis, sides=(14, 22, 10), **look)
    told = "".join(_said(one) for one in study.effects)
    alt = say("levels_alt", told=told)
    return Picture("what-if-levels", title, alt, _level_table(study), figure)


def _said(one: Effect) -> str:
    gap = "" if language() == "zh" else " "
    return say("levels_alt_one", title=effect_title(one), told=chances_words(one)) + gap


def _key() -> str:
    of = scale("warning")
    return "  ".join(f"{of.symbol(code)} {code} {of.word(code)}" for code in reversed(of.codes))


def _parts(one: Effect) -> list[tuple[str, float, bool]]:
    """Shares of a bar from the highest level proven down; each is certain, or may be higher."""
    parts, above = [], 0.0
    for code in reversed(scale("warning").codes):
        certain, reached = (float(one.shares[name].loc[code]) for name in ("certain", "at_least"))
        parts += [(code, certain, True), (code, reached - above - certain, False)]
        above = reached
    return parts


def _stack(one: Effect, y: float) -> list[dict[str, Any]]:
    of, traces = scale("warning"), []
    for code, share, is_certain in _parts(one):
        if share <= 1e-9:
            continue
        pattern = {"shape": "/", "fgcolor": of.colour(code), "bgcolor": "#ffffff", "size": 7, "solidity": 0.4}
        look = {"color": of.colour(code)} if is_certain else {"color": "#ffffff", "pattern": pattern}
        marker = look | {"line": {"color": style.INK, "width": 0.8}}
        bar = {"type": "bar", "orientation": "h", "x": [share], "y": [y], "width": 1.3, "hoverinfo": "skip"}
        traces.append(bar | {"marker": marker})
    return traces


def _level_table(study: WhatIfStudy) -> Table:
    codes = list(reversed(scale("warning").codes))
    rows: list[tuple[Cell, ...]] = [
        (effect_title(one), *(percent(float(one.shares["certain"].loc[code])) for code in codes))
        for one in study.effects
    ]
    return Table(say("levels_title"), (say("col_what_if"), *codes), tuple(rows), numeric=(1, 2, 3, 4))


def what_if_drivers(study: WhatIfStudy | Assessment) -> Picture | None:
    """Total Sobol' indices of the inputs, for harm and for the level, with their intervals."""
    if isinstance(study, Assessment) or study.harm_shares.empty:
        return None
    rows, traces = style.Rows(body=2.6), []
    table: list[tuple[Cell, ...]] = []
    for name in leading_inputs(study):
        words = input_name(study.assessment.case, name)
        y = rows.add(words)
        shown: list[Cell] = [words]
        for place, indices in ((0.55, study.harm_shares), (-0.55, study.level_shares)):
            value, top = (float(indices[one].loc[name]) for one in ("st", "st_hi"))
            traces += _index_bar(value, top, y + place, colour=style.DARK if place > 0 else style.LIGHT)
            shown.append("—" if math.isnan(value) else f"{value:.2f}")
        table.append(tuple(shown))
    title = say("sensitivity_title")
    axis = {"rangemode": "tozero", "title": {"text": say("sensitivity_x"), "font": {"size": 12}}}
    look: dict[str, Any] = {"marks": say("sensitivity_marks"), "at": 58, "barmode": "overlay"}
    figure = rows.figure(title, traces, x=style.quiet_axis() | axis, sides=(14, 22, 10), **look)
    harm, level = sensitivity_words(study)
    heads = (say("col_input"), say("col_st"), say("col_level_st"))
    numbers = Table(title, heads, tuple(table), numeric=(1, 2))
    alt = say("sensitivity_alt", harm=harm, level=level)
    return Picture("what-if-drivers", title, alt, numbers, figure)


def _index_bar(value: float, top: float, y: float, *, colour: str) -> list[dict[str, Any]]:
    if math.isnan(value):
        return []
    reach = {"type": "data", "array": [top - value], "color": style.INK, "thickness": 1.2, "width": 3}
    bar = {"type": "bar", "orientation": "h", "x": [max(value, 0.0)], "y": [y], "width": 0.95}
    return [bar | {"marker": {"color": colour}, "error_x": reach, "hoverinfo": "skip"}]


def what_if_running(study: WhatIfStudy | Assessment) -> Picture | None:
    """The share of the most frequent level as the draws come in, with its interval."""
    if isinstance(study, Assessment):
        return None
    found = study.running_level
    title = say("running_title", level=study.settled_level)
    remark, room = style.below(say("running_marks"), at=58)
    shape = style.layout(title, height=270 + room, margin={"l": 54, "r": 16, "t": 12, "b": room})
    n = [float(one) for one in found["n"]]
    axis = {"type": "log", "title": {"text": say("running_x"), "font": {"size": 12}}}
    ticks = {"tickvals": n[::2], "ticktext": [f"{v:,.0f}" for v in n[::2]]}
    shape["xaxis"] = style.quiet_axis() | axis | ticks
    shape["yaxis"] = style.quiet_axis() | {"tickformat": ".0%"}
    shape["annotations"] = [remark]
    last = records(found)[-1]
    parts = (("share", "estimate"), ("low", "lo"), ("high", "hi"))
    ends = {key: percent(float(last[name])) for key, name in parts}
    alt = say("running_alt", n=f"{last['n']:,.0f}", **ends)
    figure = {"data": _band(found), "layout": shape}
    return Picture("what-if-running", title, alt, _running_table(study, title), figure)


def _band(found: pd.DataFrame) -> list[dict[str, Any]]:
    """The interval as a band, and the estimate over it."""
    n = [float(one) for one in found["n"]]
    lo, hi, middle = ([float(v) for v in found[name]] for name in ("lo", "hi", "estimate"))
    edge = {"color": style.LIGHT, "width": 0}
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": n}
    band = {"y": lo, "line": edge, "fill": "tonexty", "fillcolor": style.LIGHT}
    line = {"y": middle, "mode": "lines+markers", "line": {"color": style.DARK}}
    return [quiet | {"y": hi, "line": edge}, quiet | band, quiet | line]


def _running_table(study: WhatIfStudy, title: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"{row['n']:,.0f}", f"{row['estimate']:.3f}", amount(float(row["se"])))
        for row in records(study.running_level)
    ]
    heads = (say("col_draws"), say("levels_x"), say("col_se"))
    return Table(title, heads, tuple(rows), numeric=(0, 1, 2))
