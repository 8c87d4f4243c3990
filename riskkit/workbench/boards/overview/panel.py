"""The overview for leadership: levels, cases, where they lie, and what has changed."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ipywidgets
import numpy as np
import pandas as pd

import riskkit
from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.store.ledger.tables import is_unmade
from riskkit.warning.alerts.drafts import LEVELS
from riskkit.warning.profiles import profile as shipped_profile
from riskkit.warning.profiles import profile_names
from riskkit.words.catalogue import panel_text as say
from riskkit.words.catalogue import warning_text
from riskkit.words.numbers import number
from riskkit.workbench.boards.overview import words
from riskkit.workbench.boards.overview.records import (
    DIMENSIONS,
    Record,
    changes,
    chosen,
    earlier_results,
    of_cases,
    result_files,
)
from riskkit.workbench.boards.overview.trend import EVERY, level_trend, usual_every
from riskkit.workbench.boards.page_tools import in_address, newest_event
from riskkit.workbench.boards.panel_widgets import (
    Drawing,
    SortedTable,
    box,
    button,
    fragment,
    html,
    in_either_language,
)
from riskkit.workbench.document.block_kinds import Badge, Block, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.level_marks import level_badge
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, board_rows
from riskkit.workbench.flows.warnings.room import STREAM
from riskkit.workbench.reports.figures.place_map import PlaceMap, Rings, parse_outlines, place_map
from riskkit.workbench.reports.quality.newest_results import newest_results, results_section
from riskkit.workbench.runs.folders.kept_results import kept
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE
from riskkit.workbench.runs.folders.resources import find_case, home, own_cases, shipped_cases, source_sha256
from riskkit.workbench.words.rules import fault_line


def case_map(records: Sequence[Record], *, outlines: Mapping[str, Rings] | None = None) -> Picture:
    """Cases by province and port; a case that names several places counts once in each."""
    named = [record["case"].get("places", ()) for record in records]
    provinces = Counter(code for places in named for code in {place["province"] for place in places})
    ports = Counter(
        (place["port"][language()], place["province"])
        for places in named
        for place in places
        if place["port"]
    )
    table = pd.DataFrame(
        [(port, code, n) for (port, code), n in ports.items()], columns=["port", "code", "n"]
    )
    told = {"n": number(float(sum(map(bool, named)))), "all": number(float(len(records)))}
    note = say("case_map_note", **told)
    numbers = pd.Series(provinces, dtype="float64")
    shown = PlaceMap("case-map", say("case_map"), say("case_map_unit"), numbers, ports=table, note=note)
    return place_map(shown, outlines=outlines)


_ORDER = ("raised", "new", "lowered", "closed")


@dataclass(frozen=True)
class WarningChange:
    """What became of a warning."""

    kind: str
    before: BoardRow | None
    now: BoardRow


def warning_events(place: str) -> tuple[Event, ...] | None:
    """The events of the warnings of a ledger; None where there is no ledger."""
    if not place or is_unmade(place):
        return None
    ledger = open_ledger(place, is_reader=True)
    try:
        return ledger.events(STREAM)
    finally:
        ledger.close()


def warning_changes(events: Sequence[Event], *, since: dt.datetime, now: dt.datetime) -> list[WarningChange]:
    """How each warning stands now against how it stood at a moment, the weightiest change first."""
    then = board_rows([one for one in events if moment_of(one.at) <= since], now=since)
    before = {row.state.warning_id: row for row in then}
    pairs = [(before.get(row.state.warning_id), row) for row in board_rows(events, now=now)]
    found = [WarningChange(kind, old, row) for old, row in pairs if (kind := _kind(old, row))]
    return sorted(found, key=lambda change: _ORDER.index(change.kind))


def _kind(before: BoardRow | None, now: BoardRow) -> str:
    if before is None:
        return "new"
    if before.is_current and not now.is_current:
        return "closed"
    then, level = before.state.level or 0, now.state.level or 0
    return "raised" if level > then else "lowered" if level < then else ""


def warning_section(found: Sequence[WarningChange] | None, *, since: dt.datetime) -> Section:
    """What has become of the warnings; or why nothing can be said, and what to do."""
    day = f"{since.astimezone():%Y-%m-%d}"
    blocks: list[Block] = []
    if found is None:
        blocks.append(Paragraph(say("warnings_no_ledger"), "note"))
    elif not found:
        blocks.append(Paragraph(say("warnings_no_change", day=day)))
    else:
        heads = (say("warning"), say("change"), say("then"), say("now"))
        blocks.append(Table(say("warnings_changed", day=day), heads, tuple(map(_row, found))))
    return Section("warnings-changed", say("warnings_since"), 3, tuple(blocks))


def _row(change: WarningChange) -> tuple[str | Badge, ...]:
    state = change.now.state
    title = str(change.now.title.get(language(), state.warning_id))
    kind = warning_text(f"phase_{state.phase}") if change.kind == "closed" else say(f"warning_{change.kind}")
    return title, kind, _level(change.before), _level(change.now)


def _level(row: BoardRow | None) -> str | Badge:
    level = None if row is None else row.state.level
    return "—" if level is None else level_badge(LEVELS[level - 1])


FILTERS = ("level", *DIMENSIONS)
SHOWN = ("schema", "case", "route", "profile", "risk", "grades", "warning", "robustness")
"""The parts of a result record that the overview needs: a sixth of it."""
_MOST_FAULTS = 20
SINCE = {"week": 7, "month": 30, "any": 0}
"""Days before now until which a result counts as an earlier one."""


def overview(
    cases: Sequence[str],
    *,
    profile: str = "house_graded_exposure",
    draws: int = 20_000,
    seed: int = 20170914,
    reports: str = "",
) -> ipywidgets.Widget:
    """Every case at a glance, for those who decide."""
    folder = home() / reports if reports else None
    ledger = os.environ.get(LEDGER_VARIABLE, "")

    def build() -> list[ipywidgets.Widget]:
        names = tuple(cases) or (*own_cases().values(), *shipped_cases())
        panel = Overview(names, profile=profile, draws=draws, seed=seed)
        panel.folder, panel.ledger, panel.all_cases = folder, ledger, not cases
        panel.take(profile)
        return panel.parts

    return in_either_language(build, seen=lambda: _written(folder, ledger))


def _written(folder: Path | None, ledger: str) -> Hashable:
    """What others write that the overview shows: another value means that there is something new."""
    newest = [(file, file.lstat().st_mtime) for file in result_files(folder)[-1:]]
    return *newest, newest_event(ledger) if ledger and not is_unmade(ledger) else 0


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
    from riskkit.workbench.reports.case.opening import open_case
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
        self.records = assessed(names, profile, draws, seed=seed)
        self.folder: Path | None = None
        self.ledger, self.all_cases = "", False
        self.tiles, self.status, self.changed, self.note, self.results, self.told = (
            ipywidgets.HTML() for _ in range(6)
        )
        self.since = self._choice("since", [(self._say(f"since_{one}"), one) for one in SINCE])
        self.since.observe(lambda _: self.compare(), "value")
        self.every = self._choice("every", [(self._say(f"every_{one}"), one) for one in EVERY])
        self.every.value = usual_every(self.records)
        self.every.observe(lambda _: self.draw(), "value")
        self.outlines: dict[str, Rings] | None = None
        self.file = ipywidgets.FileUpload(accept=".geojson,.json", description=self._say("own_outlines"))
        self.file.observe(lambda _: self.take_file(), "value")
        self.bars = {name: ipywidgets.HTML() for name in DIMENSIONS}
        caption = {"caption": self._say("cases_table"), "empty": self._say("none_fits")}
        sorting = {"sort_by": self._say("sort_by"), "colon": self._say("colon")}
        columns = words.table_columns()
        self.table = SortedTable(columns=columns, rows=[], by=0, names=1, words=caption | sorting)
        self.profiles = self._profile_choice(profile)
        self.filters = {name: self._filter(name) for name in FILTERS}
        trend = level_trend(self.records, every=str(self.every.value))
        self.trend, self.map = (Drawing(one, self._say("numbers")) for one in (trend, case_map(self.records)))
        self.parts = self._laid_out()

    def _say(self, key: str, **values: object) -> str:
        return say(key, **values)

    def _profile_choice(self, profile: str) -> ipywidgets.Dropdown:
        known = [shipped_profile(name) for name in profile_names()]
        options = [(one.zh if language() == "zh" else one.en, one.name) for one in known]
        made = ipywidgets.Dropdown(options=options, value=profile, description=self._say("profile"))
        made.observe(lambda change: self.take(change["new"]), "value")
        return in_address("profile", made)

    def _choice(self, name: str, options: list[tuple[str, str]]) -> ipywidgets.Dropdown:
        made = ipywidgets.Dropdown(options=options, description=self._say(f"choose_{name}"))
        return in_address(name, made)

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
            html("heading", self._say("changes_title")),
            box("rkp-row", self.since),
            self.changed,
            box("rkp-row", self.every),
            self.trend.box,
            html("heading", self._say("where_title")),
            box("rkp-three", *self.bars.values()),
            self.map.box,
            box("rkp-row", self.file),
            self.told,
            self.results,
            html("heading", self._say("cases_title"), self._say("cases_note")),
            self.table,
        ]

    def take(self, profile: str) -> None:
        """Show what came out of every case under a profile."""
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
        self.compare()
        self.results.value = fragment("section", results_section(newest_results(result_files(self.folder))))
        self.fill()

    def clear(self) -> None:
        """Show every case again."""
        for made in self.filters.values():
            made.value = ""

    def _fitting(self) -> list[Record]:
        return chosen(self.records, {name: made.value or "" for name, made in self.filters.items()})

    def fill(self) -> None:
        """Show the cases that fit the filters."""
        fit = self._fitting()
        told = self._say("shown", n=len(fit), all=len(self.records))
        self.status.value = _status(told)
        self.tiles.value = fragment("tiles", words.tile_words(fit))
        self.table.rows = [words.table_row(one, profile=self.profile) for one in fit]
        for name, shown in self.bars.items():
            shown.value = fragment("stacks", words.bar_words(fit, name))
        self.draw()

    def draw(self) -> None:
        """Draw the cases that fit the filters over time and on the map."""
        fit = self._fitting()
        self.trend.show(level_trend(fit, every=str(self.every.value)))
        self.map.show(case_map(fit, outlines=self.outlines))

    def take_file(self) -> None:
        """Draw the map on outlines that somebody brought, or say what is wrong with the file."""
        for one in self.file.value:
            try:
                self.outlines = parse_outlines(bytes(one["content"]), str(one["name"]))
            except InputFaults as error:
                lines = [fault_line(vars(one)) for one in error.faults[:_MOST_FAULTS]]
                heading = self._say("outlines_refused", n=len(error.faults))
                self.told.value = fragment("lines", heading, lines, "")
            else:
                self.told.value = _status(self._say("outlines_taken", n=len(self.outlines)))
                self.draw()

    def compare(self) -> None:
        """Show what has become of cases and warnings since the chosen time."""
        now = dt.datetime.now(dt.UTC)
        days = SINCE[str(self.since.value)]
        since = now - dt.timedelta(days=days or SINCE["week"])
        earlier = earlier_results(
            self.folder, profile=self.profile, until=since.timestamp() if days else None
        )
        ids = [record["case"]["id"] for record in self.records]
        before = list(earlier.records) if self.all_cases else of_cases(earlier.records, ids)
        counts = {"unreadable": earlier.unreadable, "others": earlier.others}
        until = f"{since.astimezone():%Y-%m-%d}" if days else ""
        cases = words.change_section(
            changes(self.records, before) if before else (), compared=len(before), until=until, **counts
        )
        events = warning_events(self.ledger)
        found = None if events is None else warning_changes(events, since=since, now=now)
        sections = cases, warning_section(found, since=since)
        self.changed.value = "".join(fragment("section", one, 3) for one in sections)


def _status(told: str) -> str:
    return fragment("status", told)
