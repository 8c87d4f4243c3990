"""The overview for leadership: levels, cases, where they lie, and what has changed."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

import riskkit
from riskkit.foundation.language import language
from riskkit.warning.profiles import profile as shipped_profile
from riskkit.warning.profiles import profile_names
from riskkit.words.catalogue import panel_text as say
from riskkit.workbench.boards import overview_words as words
from riskkit.workbench.boards.overview_records import (
    DIMENSIONS,
    Record,
    changes,
    chosen,
    earlier_results,
    of_cases,
)
from riskkit.workbench.boards.page_tools import in_address
from riskkit.workbench.boards.panel_widgets import (
    SortedTable,
    box,
    button,
    fragment,
    html,
    in_either_language,
)
from riskkit.workbench.reports.quality.newest_results import newest_results, results_section
from riskkit.workbench.runs.folders.kept_results import kept
from riskkit.workbench.runs.folders.resources import (
    find_case,
    home,
    own_cases,
    shipped_cases,
    source_sha256,
)

FILTERS = ("level", *DIMENSIONS)
SHOWN = ("schema", "case", "route", "profile", "risk", "grades", "warning", "robustness")
"""The parts of a result record that the overview needs: a sixth of it."""


def overview(
    cases: Sequence[str],
    *,
    profile: str = "house_graded_exposure",
    draws: int = 20_000,
    seed: int = 20170914,
    reports: str = "",
) -> ipywidgets.Widget:
    """Every case at a glance, for those who decide."""
    names = tuple(cases) or (*own_cases().values(), *shipped_cases())

    def build() -> list[ipywidgets.Widget]:
        panel = Overview(names, profile=profile, draws=draws, seed=seed)
        panel.folder = home() / reports if reports else None
        panel.all_cases = not cases
        panel.take(profile)
        return panel.parts

    return in_either_language(build)


@functools.lru_cache(maxsize=16)
def assessed(names: tuple[str, ...], profile: str, draws: int, *, seed: int) -> tuple[Record, ...]:
    """What the overview shows of the results of some cases: worked out once, for all who look."""
    key = {
        "what": "overview/1",
        "riskkit": [riskkit.__version__, source_sha256()],
        "numpy": np.__version__,
        "cases": [find_case(name).sha256 for name in names],
        "profile": [profile, shipped_profile(profile).sha256],
        "draws": draws,
        "seed": seed,
    }
    return tuple(kept(key, lambda: [_shown(name, profile, draws, seed=seed) for name in names]))


def _shown(name: str, profile: str, draws: int, *, seed: int) -> Record:
    from riskkit.case.case import assess
    from riskkit.workbench.reports.case_report import open_case
    from riskkit.workbench.runs.result import result_record

    one = open_case(name, profile=profile)
    found = assess(one.case, profile=one.profile, rng=np.random.default_rng(seed), draws=draws)
    record = result_record(found, seed=seed, case_sha256=one.sha256)
    return {part: record[part] for part in SHOWN}


class Overview:
    """The panel: widgets, and what fills them."""

    def __init__(self, names: tuple[str, ...], *, profile: str, draws: int, seed: int) -> None:
        self.names, self.lang, self.draws, self.seed = names, language(), draws, seed
        self.profile = profile
        self.records: tuple[Record, ...] = ()
        self.folder: Path | None = None
        self.all_cases = False
        self.tiles, self.status, self.changed, self.note, self.results = (ipywidgets.HTML() for _ in range(5))
        self.bars = {name: ipywidgets.HTML() for name in DIMENSIONS}
        caption = {"caption": self._say("cases_table"), "empty": self._say("none_fits")}
        sorting = {"sort_by": self._say("sort_by"), "colon": self._say("colon")}
        columns = words.table_columns()
        self.table = SortedTable(columns=columns, rows=[], by=0, names=1, words=caption | sorting)
        self.profiles = self._profile_choice(profile)
        self.filters = {name: self._filter(name) for name in FILTERS}
        self.parts = self._laid_out()

    def _say(self, key: str, **values: object) -> str:
        return say(key, **values)

    def _profile_choice(self, profile: str) -> ipywidgets.Dropdown:
        known = [shipped_profile(name) for name in profile_names()]
        options = [(one.zh if language() == "zh" else one.en, one.name) for one in known]
        made = ipywidgets.Dropdown(options=options, value=profile, description=self._say("profile"))
        made.observe(lambda change: self.take(change["new"]), "value")
        return in_address("profile", made)

    def _filter(self, name: str) -> ipywidgets.Dropdown:
        made = ipywidgets.Dropdown(options=[(self._say("all"), "")], description=self._say(f"filter_{name}"))
        made.observe(lambda _: self.fill(), "value")
        return in_address(name, made)

    def _laid_out(self) -> list[ipywidgets.Widget]:
        clear = button(self._say("clear_filters"), self.clear)
        return [
            box("rkp-row", self.profiles),
            self.note,
            html("heading", self._say("levels_title")),
            box("rkp-row", *self.filters.values(), clear),
            self.status,
            self.tiles,
            self.changed,
            self.results,
            html("heading", self._say("where_title")),
            box("rkp-three", *self.bars.values()),
            html("heading", self._say("cases_title")),
            self.table,
        ]

    def take(self, profile: str) -> None:
        """Assess every case under a profile and show what comes out."""
        self.profile = profile
        self.status.value = _status(self._say("settling"))
        self.records = assessed(self.names, profile, self.draws, seed=self.seed)
        used = shipped_profile(profile)
        self.note.value = fragment("note", used.note_zh if language() == "zh" else used.note_en)
        for name, made in self.filters.items():
            kept = made.value
            options = words.filter_choices(self.records, name)
            made.options = options
            made.value = kept if kept in {code for _, code in options} else ""
        self.changed.value = fragment("section", self._changes())
        self.results.value = fragment("section", results_section(newest_results(self.folder)))
        self.fill()

    def clear(self) -> None:
        """Show every case again."""
        for made in self.filters.values():
            made.value = ""

    def fill(self) -> None:
        """Show the cases that fit the filters."""
        fit = chosen(self.records, {name: made.value or "" for name, made in self.filters.items()})
        told = self._say("shown", n=len(fit), all=len(self.records))
        self.status.value = _status(told)
        self.tiles.value = fragment("tiles", words.tile_words(fit))
        self.table.rows = [words.table_row(one, profile=self.profile) for one in fit]
        for name, shown in self.bars.items():
            shown.value = fragment("stacks", words.bar_words(fit, name))

    def _changes(self) -> Any:
        if self.folder is None:
            return words.change_section([], compared=0, unreadable=0)
        earlier = earlier_results(self.folder, profile=self.profile)
        ids = [record["case"]["id"] for record in self.records]
        before = list(earlier.records) if self.all_cases else of_cases(earlier.records, ids)
        found = changes(self.records, before)
        counts = {"unreadable": earlier.unreadable, "others": earlier.others}
        return words.change_section(found, compared=len(before), **counts)


def _status(told: str) -> str:
    return fragment("status", told)
