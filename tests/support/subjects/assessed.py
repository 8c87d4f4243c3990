"""Assessments that several test files look at: one level, one level in all draws, a range, a food case."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import parse_case
from riskkit.foundation import shipped
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.workbench.document.block_kinds import Badge, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.reports.case import opening as reports

FIRM, SETTLED = "note7-battery-2016", "inclined-sleeper-2019"
RANGE, FOOD = "lead-paint-toys-2007", "melamine-milk-2008"
SEED, DRAWS = 20170914, 2000


@functools.cache
def graded() -> tuple[Case, ...]:
    """The shipped cases that get a level: food is handed over. Read once for all tests of a process."""
    cases = (
        parse_case(read_toml(path)) for path in sorted((shipped.home() / "data" / "cases").glob("*.toml"))
    )
    return tuple(case for case in cases if case.goods != "food")


@functools.cache
def assessed(case: str, profile: str = "house_matrix") -> Assessment:
    """The assessment of a shipped case, made once."""
    opened = reports.open_case(case, profile=profile)
    return assess(opened.case, profile=opened.profile, rng=np.random.default_rng(SEED), draws=DRAWS)


def changed(case: str, edit: Callable[[dict[str, Any]], None], profile: str = "house_matrix") -> Assessment:
    """The assessment of a shipped case whose file was edited."""
    file = read_toml(shipped.case_path(case))
    data = copy.deepcopy(file.data)
    edit(data)
    used = reports.open_case(case, profile=profile).profile
    new = parse_case(dataclasses.replace(file, data=data))
    return assess(new, profile=used, rng=np.random.default_rng(SEED), draws=DRAWS)


def texts_of(part: Section | Picture) -> Iterator[str]:
    """Every text that a reader of a section or picture gets to see, figure included."""
    yield part.title
    if isinstance(part, Picture):
        yield part.alt
        yield from _texts(part.table)
        yield from figure_texts(part)
    else:
        for block in part.blocks:
            yield from _texts(block)


def _texts(block: Any) -> Iterator[str]:
    match block:
        case str():
            yield block
        case Paragraph():
            yield block.text
        case Items():
            yield from block.items
        case Badge():
            yield from (block.scale, block.label)
        case Details():
            yield block.summary
            for inner in block.blocks:
                yield from _texts(inner)
        case Table():
            yield from (block.caption, *block.columns)
            for row in block.rows:
                for cell in row:
                    yield from _texts(cell)


def figure_texts(picture: Picture) -> Iterator[str]:
    """What is written in a figure."""
    layout = picture.figure["layout"]
    yield layout["title"]["text"]
    yield from (one["text"] for one in layout.get("annotations", ()))
    for axis in ("xaxis", "yaxis"):
        yield from layout[axis].get("ticktext", ())
        yield layout[axis].get("title", {}).get("text", "")
    for trace in picture.figure["data"]:
        yield trace.get("name", "")
        yield from trace.get("text", ())


def tables_of(section: Section) -> list[Table]:
    """The tables of a section, those to be opened included."""
    found: list[Table] = []
    for block in section.blocks:
        found += [block] if isinstance(block, Table) else []
        found += (
            [inner for inner in block.blocks if isinstance(inner, Table)]
            if isinstance(block, Details)
            else []
        )
    return found
