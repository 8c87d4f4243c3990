"""A bow-tie as a picture that can be read on a narrow page.

Threats run from left to right through their numbered barriers and join on the right; the top event stands
across; from its left edge the consequences run on through theirs. A barrier keeps its number everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from riskkit.assessment.trees.bow_ties import BowTie, BowTieRates, bow_tie_paths, bow_tie_rates
from riskkit.foundation.language import language
from riskkit.foundation.numbers.distributions import best
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.words import table, titled
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.figures.pixel_sheet import Sheet

_LEFT, _RIGHT = 0.015, 0.985
_BAR = "M-4,-11L4,-11L4,11L-4,11Z"
_ARROW = "M-6,-6L6,0L-6,6Z"


def bow_tie_picture(tie: BowTie, *, top_rate: float | None = None) -> Picture:
    """Threats, barriers, top event, barriers, consequences, each with its rate."""
    rates = bow_tie_rates(tie, top_rate=top_rate)
    top = (tie.zh if language() == "zh" else tie.en) or say("top_event")
    title = say("bow_tie_title", title=top)
    sheet = Sheet()
    sheet.text(say("threats_head"), x=8, bold=True)
    lanes = [
        _lane(sheet, tie, one.barriers, words=titled(one),
              ends=(float(best(one.rate)), float(rates.threats[one.id])))
        for one in tie.threats
    ]  # fmt: skip
    knot = sheet.depth + 8
    if lanes:
        sheet.across(lanes[0], knot, x0=_RIGHT, x1=_RIGHT)
    _knot(sheet, say("knot", title=top, rate=figure(float(rates.top))))
    low = sheet.depth
    sheet.skip(8)
    sheet.text(say("consequences_head"), x=14, bold=True)
    for one in tie.consequences:
        words = titled(one)
        words += say("severity_of", n=one.severity) if one.severity else ""
        ends = (float(rates.top) * float(best(one.p)), float(rates.consequences[one.id]))
        lane = _lane(sheet, tie, one.barriers, words=words, ends=ends)
        sheet.across(low, lane, x0=_LEFT, x1=_LEFT)
    paths = _table(tie, top_rate)
    return Picture("bow-tie", title, _alt(tie, rates), paths, sheet.figure(title))


def _lane(sheet: Sheet, tie: BowTie, names: Sequence[str], *, words: str, ends: tuple[float, float]) -> float:
    """One line from left to right with its barriers, and the height it runs at [px below the top]."""
    sheet.skip(6)
    sheet.text(words, x=14)
    sheet.skip(14)
    y = sheet.depth
    sheet.across(y, y, x0=_LEFT, x1=_RIGHT)
    sheet.symbol(_ARROW, x=-6, y=y, share=_RIGHT, fill=style.DARK)
    ids = [barrier.id for barrier in tie.barriers]
    for place, name in enumerate(names, start=1):
        share = _LEFT + (_RIGHT - _LEFT) * place / (len(names) + 1)
        sheet.symbol(_BAR, x=0, y=y, share=share, fill=style.LIGHT)
        sheet.small(str(ids.index(name) + 1), x=12, y=y - 7, share=share)
    sheet.skip(13)
    for name in names:
        barrier = tie.barriers[ids.index(name)]
        told = {
            "n": ids.index(name) + 1,
            "name": titled(barrier),
            "p": figure(float(best(barrier.p_fails))),
        }
        sheet.text(say("barrier_line", **told), x=14, quiet=True)
    sheet.text(say("lane_rates", start=figure(ends[0]), end=figure(ends[1])), x=14, quiet=True)
    return y


def _knot(sheet: Sheet, words: str) -> None:
    sheet.skip(8)
    start = sheet.depth
    sheet.skip(8)
    sheet.text(words, x=18, bold=True)
    sheet.skip(8)
    box = {"type": "rect", "xref": "x", "yref": "y", "x0": 0.0, "x1": 1.0, "y0": -start, "y1": -sheet.depth}
    line = {"color": style.DARK, "width": 2.4}
    sheet.shapes.append(box | {"line": line, "fillcolor": "#dfe7f1", "layer": "below"})


def _table(tie: BowTie, top_rate: float | None) -> Table:
    names = {one.id: titled(one) for one in tie.threats}
    names |= {one.id: titled(one) for one in tie.barriers}
    names |= {one.id: titled(one) for one in tie.consequences}
    rows = [
        (
            names.get(row["threat"], say("top_event")),
            " → ".join(names[one] for one in row["barriers"]) or "—",
            names[row["consequence"]],
            figure(row["rate"]),
            figure(row["share"]),
        )
        for row in records(bow_tie_paths(tie, top_rate=top_rate))
    ]
    heads = ("col_threat", "col_barriers", "col_consequence", "#col_rate_year", "#col_share")
    return table("bow_tie_table", heads, rows=rows)


def _alt(tie: BowTie, rates: BowTieRates) -> str:
    most = max(tie.consequences, key=lambda one: float(rates.consequences[one.id]))
    counts = {
        "threats": len(tie.threats),
        "barriers": len(tie.barriers),
        "consequences": len(tie.consequences),
    }
    said = {"most": titled(most), "rate": figure(float(rates.consequences[most.id]))}
    return say("bow_tie_alt", top=figure(float(rates.top)), **counts, **said)
