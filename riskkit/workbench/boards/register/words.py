"""What the board of the register shows, as plain values in one language."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.monitoring.rates.proportions import interval
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.boards.register.questions import UNKNOWN, Found
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.monitoring.register_sections import source_word
from riskkit.workbench.reports.monitoring.words import column_name, group_name

_MOST_TICKS = 16  # years that are written below the bars; of more, every second or third
COLUMNS = ("date", "product", "source_class", "hazard_class", "origin", "n_tested", "evidence")


def value_word(column: str, value: Any) -> str:
    """A value of a column in words."""
    if value is None or pd.isna(value) or value == UNKNOWN:
        return say("not_known")
    return source_word(value) if column == "source_class" else group_name([value], [column])


def with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts with the rate of nonconformity and Wilson's interval; missing where nothing was tested."""
    n, x = (
        counts[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("n_tested", "n_nonconforming")
    )
    n, x = np.where(n > 0, n, np.nan), np.where(n > 0, x, np.nan)
    found = interval(np.where(np.isnan(n), 0.0, x), np.where(np.isnan(n), 0.0, n), method="wilson")
    ends = {"rate_lo": found.lo, "rate_hi": found.hi}
    return counts.assign(
        rate=x / n, **{name: np.where(np.isnan(n), np.nan, end) for name, end in ends.items()}
    )


def rate_words(row: dict[str, Any]) -> str:
    """A rate with its interval and its counts, or that nothing was tested."""
    if np.isnan(row["rate"]):
        return say("not_tested")
    ends = [rate(float(row[name])) for name in ("rate_lo", "rate_hi")]
    return say("rate_span", share=rate(float(row["rate"])), lo=ends[0], hi=ends[1])


def ranking_words(found: Found, by: str) -> dict[str, Any]:
    """The ranking as bars, each with its number and its rate in words."""
    ranked = with_rates(found.ranking)
    most = max([1, *ranked["n_records"].tolist()])
    rows = [
        {
            "label": value_word(by, row["name"]),
            "width": 100 * row["n_records"] / most,
            "n": number(float(row["n_records"])),
            "said": rate_words(row),
        }
        for row in records(ranked)
    ]
    caption = say("ranking_caption", name=column_name(by), shown=len(rows), n=number(found.n_names))
    heads = (column_name(by), say("records_head"), say("rate_head"))
    return {"caption": caption, "heads": heads, "rows": rows, "empty": say("no_record_fits")}


def record_row(row: dict[str, Any]) -> list[dict[str, Any]]:
    """One record as cells for the table that sorts."""
    day = "" if pd.isna(row["date"]) else str(row["date"])[:10]
    hazard = value_word("hazard_class", row["hazard_class"])
    if not pd.isna(row["hazard"]):
        hazard = f"{hazard} · {row['hazard']}"
    place = " · ".join(value_word(name, row[name]) for name in ("origin", "port") if not pd.isna(row[name]))
    texts = [
        day or say("not_known"),
        str(row["product"]),
        value_word("source_class", row["source_class"]),
        hazard,
        place or say("not_known"),
        _counts(row),
        str(row["evidence"]) if not pd.isna(row["evidence"]) else say("not_known"),
    ]
    cells: list[dict[str, Any]] = [{"text": text, "sort": text} for text in texts]
    cells[5]["sort"] = -1.0 if pd.isna(row["n_tested"]) else float(row["n_tested"])
    return cells


def _counts(row: dict[str, Any]) -> str:
    told = []
    if not (pd.isna(row["n_tested"]) and pd.isna(row["n_nonconforming"])):
        n, x = (
            "?" if pd.isna(row[name]) else number(float(row[name]))
            for name in ("n_tested", "n_nonconforming")
        )
        told.append(say("told_tested", x=x, n=n))
    for name in ("n_injured", "n_dead"):
        if not pd.isna(row[name]) and row[name]:
            told.append(say(f"told_{name}", n=number(float(row[name]))))
    return say("told_mark").join(told) or "—"


def record_columns_shown() -> list[dict[str, str]]:
    """The heads of the table of records."""
    heads = {name: column_name(name) for name in COLUMNS}
    heads |= {"origin": say("place_head"), "n_tested": say("told_head")}
    return [{"title": heads[name]} for name in COLUMNS]


def trend_picture(found: Found) -> Picture:
    """Records of each year as bars."""
    lines = records(with_rates(_every_year(found.periods)))
    words = [say("not_known") if pd.isna(row["year"]) else str(int(row["year"])) for row in lines]
    counts = [int(row["n_records"]) for row in lines]
    shape = style.layout(say("trend_title"), height=260, margin={"t": 22, "b": 40, "l": 56})
    # places and their words, not categories: plotly.js forgets the type of an axis when the data change
    every = max(1, -(-len(words) // _MOST_TICKS))
    ticks = {"tickvals": [*range(0, len(words), every)], "ticktext": words[::every]}
    shape["xaxis"] = style.quiet_axis() | ticks | {"range": [-0.6, max(len(words), 1) - 0.4]}
    shape["yaxis"] = style.quiet_axis() | {
        "rangemode": "tozero",
        "title": {"text": say("records_head")},
    }
    texts = [number(float(n)) for n in counts] if len(counts) <= 16 else [""] * len(counts)
    look = {"textposition": "outside", "cliponaxis": False, "marker": {"color": style.DARK}}
    hints = [f"{word}{say('colon')}{number(float(n))}" for word, n in zip(words, counts, strict=True)]
    bars = {"type": "bar", "x": [*range(len(words))], "y": counts, "text": texts} | look
    bars |= {"hovertext": hints, "hoverinfo": "text"}
    rows: list[tuple[Cell, ...]] = [
        (word, number(float(row["n_records"])), rate_words(row))
        for word, row in zip(words, lines, strict=True)
    ]
    heads = (say("year_head"), say("records_head"), say("rate_head"))
    table = Table(say("trend_title"), heads, tuple(rows), numeric=(1, 2))
    return Picture("register-trend", say("trend_title"), _trend_alt(words, counts), table,
                   {"data": [bars], "layout": shape})  # fmt: skip


def _every_year(periods: pd.DataFrame) -> pd.DataFrame:
    """With the years between in which there is no record, and those without a date last."""
    dated = periods.dropna(subset=["year"]).astype({"year": "int64"}).set_index("year")
    if dated.empty:
        return periods
    years = pd.RangeIndex(dated.index.min(), dated.index.max() + 1, name="year")
    filled = dated.reindex(years).reset_index()
    filled["n_records"] = filled["n_records"].fillna(0)
    return pd.concat([filled, periods[periods["year"].isna()]], ignore_index=True)


def _trend_alt(words: list[str], counts: list[int]) -> str:
    if not counts:
        return say("no_record_fits")
    top = int(np.argmax(counts))
    return say("trend_alt", n=number(float(sum(counts))), year=words[top], most=number(float(counts[top])))
