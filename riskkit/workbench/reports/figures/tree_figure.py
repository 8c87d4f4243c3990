"""A fault tree as a picture: one row a gate or event, parts set in under their gate.

Each kind of gate has its own symbol and its word, so that neither colour nor symbol is needed to tell them
apart; rows wrap, so that the tree can be read on a narrow page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from riskkit.assessment.trees.bow_ties import BowTie, BowTieRates, bow_tie_paths, bow_tie_rates
from riskkit.assessment.trees.fault_tree_file import Event, FaultTree, Gate
from riskkit.assessment.trees.fault_trees import gate_probabilities, minimal_cut_sets
from riskkit.foundation.language import language
from riskkit.foundation.numbers.distributions import best
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.words import table, titled
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.figures.pixel_sheet import LINE_PX, Sheet

MOST = 150
_GAP, _MOST_LISTED = 10, 2_000
_OR = "M-10,-9Q0,-4 10,-9C10,2 6,7 0,10C-6,7 -10,2 -10,-9Z"
_SYMBOLS = {
    "and": "M-10,-9L10,-9L10,1C10,7 6,10 0,10C-6,10 -10,7 -10,1Z",
    "or": _OR,
    "at_least": _OR,
    "not": "M-9,-9L9,-9L0,7Z",
    "inhibit": "M-10,0L-5,9L5,9L10,0L5,-9L-5,-9Z",
    "event": "M-8,0C-8,4.4 -4.4,8 0,8C4.4,8 8,4.4 8,0C8,-4.4 4.4,-8 0,-8C-4.4,-8 -8,-4.4 -8,0Z",
    "again": "M-7,-8L-7,8L9,0Z",
}


@dataclass(frozen=True)
class Row:
    """One row of the drawn tree."""

    number: str
    item: Gate | Event
    kind: str
    p: float
    is_repeated: bool

    @property
    def layer(self) -> int:
        """How far below the top, which is 0."""
        return self.number.count(".")


def tree_rows(tree: FaultTree) -> list[Row]:
    """The rows of a tree, each gate before its parts; the parts of a repeated gate stand once."""
    items: dict[str, Gate | Event] = {gate.id: gate for gate in tree.gates}
    items |= {event.id: event for event in tree.events}
    p = {event.id: float(best(event.p)) for event in tree.events}
    found = gate_probabilities(tree)
    p |= dict(zip(found["gate"], found["p"].astype(float), strict=True))
    seen: set[str] = set()

    def walk(id_: str, number: str) -> Iterator[Row]:
        item, again = items[id_], id_ in seen
        seen.add(id_)
        if isinstance(item, Event):
            yield Row(number, item, "event", p[id_], again)
            return
        yield Row(number, item, "again" if again else item.kind, p[id_], again)
        for place, part in enumerate(() if again else item.of, start=1):
            yield from walk(part, f"{number}.{place}")

    return list(walk(tree.top, "1"))


def tree_picture(tree: FaultTree) -> Picture:
    """A fault tree from the top down, each gate with symbol, word and probability."""
    rows = tree_rows(tree)
    title = say("tree_title", title=titled_tree(tree))
    sheet = _drawn(rows[:MOST])
    if len(rows) > MOST:
        sheet.text(say("tree_more", shown=MOST, n=len(rows)), x=0, quiet=True)
    return Picture("fault-tree", title, _alt(tree), _table(rows), sheet.figure(title))


def titled_tree(tree: FaultTree) -> str:
    """What the tree is about: its title, or that of its top."""
    top = next(gate for gate in tree.gates if gate.id == tree.top)
    return (tree.zh if language() == "zh" else tree.en) or titled(top)


def _drawn(rows: list[Row]) -> Sheet:
    sheet, at = Sheet(), {}
    step = max(9, min(22, 150 // max(1, *(row.layer for row in rows))))
    for row in rows:
        x, y = 12 + step * row.layer, sheet.depth + LINE_PX - 4
        at[row.number] = (x, y)
        is_gate = row.kind not in ("event", "again")
        sheet.symbol(_SYMBOLS[row.kind], x=x, y=y, fill="#dfe7f1" if is_gate else "#ffffff")
        if row.kind == "at_least" and isinstance(row.item, Gate):
            sheet.small(f"{row.item.k}/{len(row.item.of)}", x=x, y=y)
        sheet.text(_words(row), x=x + 16, bold=row.layer == 0)
        sheet.text(_value(row), x=x + 16, quiet=True)
        sheet.skip(_GAP)
    for number, (x, y) in at.items():
        if "." in number:
            above_x, above_y = at[number.rpartition(".")[0]]
            sheet.bend([(above_x, above_y + 9), (above_x, y), (x - 9, y)])
    return sheet


def _words(row: Row) -> str:
    gap = "：" if language() == "zh" else ": "
    return f"{_kind(row)}{gap}{titled(row.item)}"


def _kind(row: Row) -> str:
    k = row.item.k if isinstance(row.item, Gate) else 0
    n = len(row.item.of) if isinstance(row.item, Gate) else 0
    return say(f"gate_{row.kind}", k=k, n=n) if row.kind == "at_least" else say(f"gate_{row.kind}")


def _value(row: Row) -> str:
    told = f"p = {figure(row.p)}"
    return f"{told} · {say('stands_above')}" if row.is_repeated else told


def _table(rows: list[Row]) -> Table:
    cells = [
        (row.number, _kind(row), titled(row.item), figure(row.p), "✓" if row.is_repeated else "")
        for row in rows
    ]
    heads = ("col_place", "col_kind", "col_item", "#col_p", "col_again")
    return table("tree_table", heads, rows=cells)


def _alt(tree: FaultTree) -> str:
    rows = gate_probabilities(tree)
    top = next(gate for gate in tree.gates if gate.id == tree.top)
    said = {"top": titled(top), "p": figure(float(rows["p"].iloc[-1]))}
    said |= {"gates": str(len(tree.gates)), "events": str(len(tree.events))}
    try:
        sets = minimal_cut_sets(tree, max_sets=_MOST_LISTED)
    except ValueError:
        return say("tree_alt_large", **said)
    names = {event.id: titled(event) for event in tree.events}
    first = sets["events"].iloc[0] if len(sets) else ()
    likeliest = " + ".join(names.get(name, name) for name in first) or "—"
    return say("tree_alt", sets=len(sets), likeliest=likeliest, **said)


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
    paths = _tie_table(tie, top_rate)
    return Picture("bow-tie", title, _tie_alt(tie, rates), paths, sheet.figure(title))


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


def _tie_table(tie: BowTie, top_rate: float | None) -> Table:
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


def _tie_alt(tie: BowTie, rates: BowTieRates) -> str:
    most = max(tie.consequences, key=lambda one: float(rates.consequences[one.id]))
    counts = {
        "threats": len(tie.threats),
        "barriers": len(tie.barriers),
        "consequences": len(tie.consequences),
    }
    said = {"most": titled(most), "rate": figure(float(rates.consequences[most.id]))}
    return say("bow_tie_alt", top=figure(float(rates.top)), **counts, **said)
