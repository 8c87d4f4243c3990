"""The genealogy of lots as a picture: a row a lot, set in by its layer, with a line from each of its parts.

Each kind of lot has its own symbol and its word, so that colour is never needed to tell them apart; the words
wrap, so that the picture can be read on a narrow page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.text_tables import keyed_table
from riskkit.workbench.reports.figures.pixel_sheet import LINE_PX, Sheet
from riskkit.workbench.reports.traceability.trace_study import TraceStudy

say = Texts("trace")
MOST = 60
_MOST_WALKED = 5000
_GAP = 10
_SYMBOLS = {
    "asked": "M-9,-9L9,-9L9,9L-9,9Z",
    "source": "M-9,-8L9,-8L0,9Z",
    "lot": "M-8,0C-8,4.4 -4.4,8 0,8C4.4,8 8,4.4 8,0C8,-4.4 4.4,-8 0,-8C-4.4,-8 -8,-4.4 -8,0Z",
    "container": "M-10,-6L10,-6L10,6L-10,6Z",
    "last": "M0,-10L10,0L0,10L-10,0Z",
}
_FILLS = {
    "asked": "#c9d6e8",
    "source": "#ffffff",
    "lot": "#ffffff",
    "container": "#eeeeee",
    "last": "#dfe7f1",
}


def drawn_lots(study: TraceStudy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lots asked about with all they came from and went into, by layer, and the links between them."""
    names = [*study.sources["lot_id"], *study.affected["lot_id"]]
    events = study.graph.events
    ends = events.loc[events["lot_id"].isin(names), ["event_id", "lot_id", "role"]]
    inputs, outputs = (ends[ends["role"] == role].drop(columns="role") for role in ("input", "output"))
    links = inputs.merge(outputs, on="event_id", suffixes=("", "_to"))[
        ["lot_id", "lot_id_to"]
    ].drop_duplicates()
    layers = dict.fromkeys(dict.fromkeys(names), 0)
    for _ in layers:  # the longest way from a beginning; events hold no circle
        deeper = {to: layers[at] + 1 for at, to in zip(*links.to_numpy().T, strict=True)
                  if layers[at] >= layers[to]} if len(links) else {}  # fmt: skip
        if not deeper:
            break
        layers |= {to: max(layers[to], layer) for to, layer in deeper.items()}
    units = study.balance.set_index("lot_id").reindex(list(layers))
    table = units.assign(layer=list(layers.values())).reset_index(names="lot_id")
    sources, parts = set(study.sources["lot_id"]), set(links["lot_id"])
    table["kind"] = [_kind(row, set(study.lots), sources=sources, parts=parts) for row in records(table)]
    return table.sort_values("layer", kind="stable", ignore_index=True), links


def _kind(row: Mapping[str, Any], asked: set[str], *, sources: set[str], parts: set[str]) -> str:
    if row["lot_id"] in asked:
        return "asked"
    if row["is_container"]:
        return "container"
    if row["lot_id"] in sources:
        return "source"
    return "lot" if row["lot_id"] in parts else "last"


def trace_figure(study: TraceStudy) -> Picture | None:
    """Where the lots came from and what they went into; nothing where a lot stands alone or thousands do."""
    if len(study.affected) + len(study.sources) > _MOST_WALKED:
        return None
    table, links = drawn_lots(study)
    if links.empty:
        return None
    title = say("figure", lots=" ".join(study.lots))
    sheet = _drawn(table.head(MOST), links)
    if len(table) > MOST:
        sheet.text(say("figure_more", shown=MOST, n=number(len(table))), x=0, quiet=True)
    sheet.text(say("figure_marks"), x=0, quiet=True)
    rows = [(row["lot_id"], say(f"kind_{row['kind']}"), number(row["layer"]), number(row["n_made"]),
             number(row["n_left"]), " ".join(links.loc[links["lot_id_to"] == row["lot_id"], "lot_id"]) or "—")
            for row in records(table)]  # fmt: skip
    heads = ("col_lot", "col_kind", "#col_layer", "#col_made", "#col_left", "col_parts")
    counts = {kind: int((table["kind"] == kind).sum()) for kind in _SYMBOLS}
    alt = say("figure_alt", n=len(table), links=len(links), layers=int(table["layer"].max()) + 1,
              sources=counts["source"], last=counts["last"] + counts["container"])  # fmt: skip
    cells = keyed_table(say, "figure_table", heads=heads, rows=rows)
    return Picture("trace-figure", title, alt, cells, sheet.figure(title))


def _drawn(table: pd.DataFrame, links: pd.DataFrame) -> Sheet:
    sheet, at = Sheet(), {}
    deepest = int(table["layer"].max())
    step = max(10, min(24, 110 // max(1, deepest)))
    edge = 12 + step * deepest + 18
    for row in records(table):
        x, y = 12 + step * int(row["layer"]), sheet.depth + LINE_PX - 4
        at[row["lot_id"]] = (x, y)
        kind = str(row["kind"])
        sheet.symbol(_SYMBOLS[kind], x=x, y=y, fill=_FILLS[kind], width=2.6 if kind == "asked" else 1.6)
        sheet.text(str(row["lot_id"]), x=edge, bold=kind == "asked")
        words = [say(f"kind_{kind}")]
        if kind != "container":
            units = {
                "made": number(row["n_made"]),
                "left": number(row["n_left"]),
                "sold": number(row["n_sold"]),
            }
            words.append(say("figure_units", **units))
        sheet.text(" · ".join(words), x=edge, quiet=True)
        sheet.skip(_GAP)
    for tail, head in links.itertuples(index=False):
        if tail in at and head in at:
            (x0, y0), (x1, y1) = at[tail], at[head]
            sheet.bend([(x0, y0 + 9), (x0, y1), (x1 - 9, y1)])
    return sheet
