"""A made report, as a notebook would leave it behind: three sections, two pictures, zh and en.

The case is invented; the texts carry markup on purpose, which must be shown as text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from riskkit.foundation.language import in_language
from riskkit.workbench.document.block_kinds import Badge, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import RESULT_MIME, Picture, Section
from riskkit.workbench.document.level_marks import level_badge

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)> & \"quoted\" {{ 7*7 }}"

_TEXTS = json.loads((Path(__file__).parent / "page_samples.json").read_text(encoding="utf-8"))
TITLES: dict[str, str] = _TEXTS["titles"]
_SECTIONS: dict[str, dict[str, Any]] = _TEXTS["words"]


def _cells(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)


def sections(lang: str) -> tuple[Section, ...]:
    """Three sections of the made report."""
    w = _SECTIONS[lang]
    summary = Section(
        "summary",
        w["summary"],
        1,
        (
            in_language(lang, level_badge, "Ⅱ"),
            Badge(w["scale"], "serious", w["serious"], "▲", "#b3261e"),
            Paragraph(w["lead"], "lead"),
            Paragraph(w["body"]),
            Paragraph(w["caution"], "caution"),
        ),
    )
    basis = Section(
        "basis",
        w["basis"],
        1,
        (
            Table(w["rules"], tuple(w["columns"]), _cells(w["rows"]), numeric=(1,)),
            Paragraph(w["source"], "source"),
        ),
    )
    rows = tuple((*row[:4], Badge(w["scale"], "x", row[4], "◆", "#dd7a10")) for row in w["scenario_rows"])
    scenarios = Section(
        "scenarios",
        w["scenarios"],
        2,
        (
            Table(w["scenario_caption"], tuple(w["scenario_columns"]), rows, numeric=(1, 2, 3)),
            Details(w["details"], (Paragraph(w["body"]), Items(tuple(w["questions"])))),
            Items(tuple(w["questions"]), ordered=True),
        ),
    )
    return summary, basis, scenarios


def pictures(lang: str) -> tuple[Picture, ...]:
    """Two pictures of the made report."""
    w = _SECTIONS[lang]
    title, alt, columns, caption = w["levels"]
    columns = tuple(columns)
    shares = (("Ⅰ", 0.12), ("Ⅱ", 0.83), ("Ⅲ", 0.045), ("Ⅳ", 0.005))
    levels = Picture(
        "levels",
        title,
        alt,
        Table(caption, columns, tuple((level, f"{p:.1%}") for level, p in shares), numeric=(1,)),
        {
            "data": [
                {
                    "type": "bar",
                    "x": [s[0] for s in shares],
                    "y": [s[1] for s in shares],
                    "marker": {"color": "#173a63"},
                }
            ],
            "layout": {
                "title": {"text": title},
                "height": 340,
                "yaxis": {"tickformat": ".0%", "title": {"text": columns[1]}},
                "xaxis": {"type": "category"},
                "margin": {"t": 30, "r": 20},
            },
        },
    )
    title, alt, columns, caption = w["tornado"]
    columns = tuple(columns)
    spans = ((0.4, 3.2), (0.6, 1.9), (0.8, 1.4), (0.9, 1.1))
    tornado = Picture(
        "tornado",
        title,
        alt,
        Table(
            caption,
            columns,
            tuple((name, f"{lo}", f"{hi}") for name, (lo, hi) in zip(w["inputs"], spans, strict=True)),
            numeric=(1, 2),
        ),
        {
            "data": [
                {
                    "type": "bar",
                    "orientation": "h",
                    "y": list(w["inputs"]),
                    "base": [lo for lo, _ in spans],
                    "x": [hi - lo for lo, hi in spans],
                    "marker": {"color": "#5c7fa8"},
                }
            ],
            "layout": {
                "height": 320,
                "yaxis": {"automargin": True, "autorange": "reversed"},
                "xaxis": {"type": "log"},
                "margin": {"t": 30, "r": 20},
            },
        },
    )
    return levels, tornado


def result(
    lang_titles: dict[str, str] | None = None, *, case_id: str = "magnets-2022", level: str | None = "Ⅱ"
) -> dict[str, Any]:
    """A result record of the made case."""
    return {
        "schema": 1,
        "case": {
            "id": case_id,
            "title": lang_titles or TITLES,
            "goods": "consumer_product",
            "direction": "export",
            "jurisdiction": "US",
            "origin": ["CN"],
            "channels": ["online_marketplace", "cross_border_ecommerce"],
            "hazard_classes": ["physical"],
            "assessed_on": "2022-08-31",
        },
        "route": "graded",
        "profile": {"id": "house_2017_43", "status": "house"},
        "risk": {"level": "serious", "presumed": False},
        "warning": {
            "level": level,
            "lo": level,
            "hi": level,
            "colour": "orange",
            "probability": {"Ⅰ": 0.12, "Ⅱ": 0.83, "Ⅲ": 0.045, "Ⅳ": 0.005},
        },
        "robustness": {"zh": _SECTIONS["zh"]["lead"], "en": _SECTIONS["en"]["lead"]},
        "profiles": [],
        "scenarios": [],
        "inputs": {"case_sha256": "9f2c" * 16, "draws": 200000, "seed": 20170943, "riskkit": "0.1.0"},
        "house_rows": [],
    }


def display(thing: Any) -> dict[str, Any]:
    """The output a cell leaves when it shows a Section, a Picture or a bundle."""
    bundle = thing if isinstance(thing, dict) else thing._repr_mimebundle_()
    return {"output_type": "display_data", "data": json.loads(json.dumps(bundle)), "metadata": {}}


def code(*outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A code cell with its outputs."""
    return {
        "cell_type": "code",
        "source": "secret_source_of_a_cell()",
        "metadata": {"tags": list(tags)},
        "outputs": list(outputs),
        "execution_count": 1,
    }


def markdown(text: str, *, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "source": text, "metadata": {"tags": list(tags)}}


def notebook(lang: str, *more: dict[str, Any]) -> dict[str, Any]:
    """The executed notebook of the made report."""
    other = {"zh": "en", "en": "zh"}[lang]
    summary, basis, scenarios = sections(lang)
    levels, tornado = pictures(lang)
    cells = [
        code(display(summary)),
        code(display(levels)),
        code(
            display(basis),
            {
                "output_type": "stream",
                "name": "stderr",
                "text": "\x1b[33mUserWarning: kernel spoke over TCP\x1b[0m\n",
            },
        ),
        code(display(scenarios)),
        code(display(tornado)),
        markdown(_SECTIONS[lang]["markdown"], tags=(f"lang-{lang}",)),
        markdown(_SECTIONS[other]["markdown"], tags=(f"lang-{other}",)),
        code(display({RESULT_MIME: result(), "text/plain": "result"})),
        *more,
    ]
    return {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def failure(message: str = "no such case") -> dict[str, Any]:
    """The output of a cell that failed."""
    return {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": message,
        "traceback": ["\x1b[31mTraceback …\x1b[0m", f"ValueError: {message}"],
    }
