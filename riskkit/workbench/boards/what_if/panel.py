"""What if: one case with every input in reach, and what becomes of its warning level."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.assessment.what_if.what_if_file import WhatIf as Measure
from riskkit.assessment.what_if.what_if_file import parse_what_ifs
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import TomlFile, parse_toml
from riskkit.foundation.language import language
from riskkit.words.catalogue import panel_text as say
from riskkit.workbench.boards.page_tools import in_address
from riskkit.workbench.boards.panel_widgets import (
    Drawing,
    InputList,
    Later,
    box,
    button,
    fragment,
    html,
    in_either_language,
)
from riskkit.workbench.boards.what_if.inputs import fields, moves, said_moves
from riskkit.workbench.boards.what_if.levels import contradictions, glance, glance_of, with_glance
from riskkit.workbench.boards.what_if.measures import (
    cost_words,
    file_link,
    harm_words,
    kept_text,
    kept_what_if,
    measure_lines,
    severe_harm,
    shipped_measures,
    with_measure,
)
from riskkit.workbench.boards.what_if.words import Kept, gauge_words, head_words, kept_table
from riskkit.workbench.document.block_kinds import Details, Items, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case import basis, evidence, levels, summary
from riskkit.workbench.reports.case import opening as reports
from riskkit.workbench.reports.case.case_toml import case_toml
from riskkit.workbench.reports.figures.grid_figure import risk_grid
from riskkit.workbench.runs.folders.resources import own_cases, shipped_cases

MOVING_DRAWS = 2_000
"""Draws while something moves; the full number follows when it has come to rest."""
_AT_ONCE, _AT_REST = 0.01, 0.6
_MOST_STEPS = 100


def what_if(
    case: str | Path,
    *,
    profile: str = "house_graded_exposure",
    draws: int = 20_000,
    seed: int = 20170914,
    interactive: bool = True,
) -> ipywidgets.Widget | None:
    """Move the inputs of a case and see what becomes of its level."""
    if not interactive:
        return None
    shown = case

    def build() -> list[ipywidgets.Widget]:
        inside = box("rkp-col")

        def show(name: str | Path) -> None:
            nonlocal shown
            shown = name
            inside.children = WhatIf(own.get(str(name), name), profile=profile, draws=draws, seed=seed).parts

        own = own_cases()
        show(shown)
        known = dict(titles()) | {name: load_case(path).title for name, path in own.items()}
        return [_chooser(str(shown), known, show), inside] if shown in known else [inside]

    return in_either_language(build)


@functools.cache
def titles() -> Mapping[str, Text]:
    """The titles of the shipped cases."""
    return {name: load_case(name).title for name in shipped_cases()}


def _chooser(case: str, known: Mapping[str, Text], show: Callable[[str | Path], None]) -> ipywidgets.Widget:
    options = [(known[name].say(), name) for name in sorted(known)]
    chosen = ipywidgets.Dropdown(options=options, value=case, description=say("choose_case"))
    chosen.observe(lambda change: show(change["new"]), "value")
    return box("rkp-row", in_address("case", chosen))


class WhatIf:
    """The panel of one case: widgets, and what moves them."""

    def __init__(self, case: str | Path, *, profile: str, draws: int, seed: int) -> None:
        self.lang, self.draws, self.seed = language(), draws, seed
        opened = reports.open_case(case, profile=profile)
        self.original, self.profile = opened.case, opened.profile
        self.case = self.original
        self.assessment = self._assess(self.original)
        if self.assessment.lo is None:
            self.parts = self._routed_out()
            return
        self.before = self.seen = glance_of(self.assessment, seed=seed)
        self.fields = fields(self.original, profile=self.profile)
        self.kept: list[Kept] = []
        self.measures = shipped_measures(self.original)
        self._make_widgets()
        self._soon = Later(self.follow, seconds=_AT_ONCE, from_last=False)
        self._at_rest = Later(self.settle, seconds=_AT_REST, from_last=True)
        self.parts = self._laid_out()
        self._show_whole()

    def _say(self, key: str, **values: object) -> str:
        return say(key, **values)

    def _assess(self, case: Case) -> Assessment:
        rng = np.random.default_rng(self.seed)
        return assess(case, profile=self.profile, rng=rng, draws=self.draws)

    # What is on the page

    def _head(self) -> ipywidgets.HTML:
        return html("case_head", head_words(self.original, self.assessment))

    def _routed_out(self) -> list[ipywidgets.Widget]:
        told = summary.handover(self.assessment)
        note = Section("routed", "", 2, (Paragraph(self._say("routed_note"), "caution"),))
        return [self._head(), html("section", note), html("section", told), ipywidgets.HTML()]

    def _make_widgets(self) -> None:
        words = {name: self._say(name) for name in ("not_known", "back", "colon")}
        self.inputs = InputList(fields=[field.to_json() for field in self.fields], positions={}, words=words)
        self.inputs.observe(lambda _: self._moved(), "positions")
        self.gauge, self.caution, self.robust, self.basis, self.side = (ipywidgets.HTML() for _ in range(5))
        picture = risk_grid(self.assessment)
        self.drawing = Drawing(picture, self._say("numbers")) if picture else None
        self.locked = ipywidgets.Checkbox(value=True, description=self._say("locked"), indent=False)
        self.again = button(self._say("redraw"), self._new_draws)
        self.again.disabled = True
        self.locked.observe(lambda change: self._lock(change["new"]), "value")
        self.name = ipywidgets.Text(description=self._say("kept_label"), continuous_update=False)
        self.toml = ipywidgets.Textarea(description=self._say("toml_label"), rows=14)
        self.what_ifs = ipywidgets.Textarea(description=self._say("what_ifs_label"), rows=10)
        known = [(one.title.say(), one.id) for one in self.measures.values()]
        options = [(self._say("no_measure"), ""), *known]
        self.measure = ipywidgets.Dropdown(options=options, value="", description=self._say("measure_label"))
        self.measure.observe(lambda _: self._moved(), "value")
        in_address("measure", self.measure)
        self.made, self.take_toml, self.take_what_ifs, self.told = (ipywidgets.HTML() for _ in range(4))
        self.undo_button = button(self._say("undo"), lambda: self.go(-1))
        self.redo_button = button(self._say("redo"), lambda: self.go(1))
        self.undo_button.disabled = self.redo_button.disabled = True
        self.chosen = ipywidgets.FileUpload(accept=".toml", description=self._say("import_file"))
        self.chosen.observe(lambda _: self.take_file(), "value")
        self.harm_before = severe_harm(self.original, draws=self.draws, seed=self.seed)
        self.harm = ipywidgets.HTML()
        self._past: list[tuple[dict[str, int], str]] = [({}, "")]
        self._at = 0

    def _laid_out(self) -> list[ipywidgets.Widget]:
        reset = button(self._say("reset"), self.reset, is_main=True)
        keep = button(self._say("keep"), self.keep, is_main=True)
        forget = button(self._say("forget"), self.forget)
        left = box(
            "rkp-col rkp-left",
            html("heading", self._say("inputs_title"), self._say("inputs_note")),
            box("rkp-row", self.measure, self.chosen),
            self.told,
            self.made,
            box("rkp-row", reset, self.undo_button, self.redo_button, self.locked, self.again),
            self.inputs,
        )
        level = box("rkp-col rkp-result", self.gauge, self.harm, self.caution, self.robust)
        drawn = box("rkp-col rkp-drawing", *([self.drawing.box] if self.drawing else []))
        return [
            self._head(),
            box("rkp-two", level, left, drawn),
            html("heading", self._say("kept_title")),
            box("rkp-row", self.name, keep, forget),
            self.side,
            self.basis,
            html("heading", self._say("toml_title"), self._say("toml_note")),
            self.take_toml,
            box("rkp-col rkp-last", self.toml),
            html("heading", self._say("what_ifs_title"), self._say("what_ifs_note")),
            self.take_what_ifs,
            box("rkp-col rkp-last", self.what_ifs),
        ]

    # What happens

    def set(self, positions: Mapping[str, int]) -> None:
        """Set the inputs as the page does."""
        self.inputs.positions = dict(positions)

    def reset(self) -> None:
        """Set every input back to what the case says, and take back the measure."""
        self.measure.value = ""
        self.set({})

    def _moved(self) -> None:
        self.robust.value = fragment("section", _said("", self._say("settling"), "note"))
        self._soon.ask()
        self._at_rest.ask()

    def _lock(self, is_locked: bool) -> None:
        self.again.disabled = is_locked

    def _new_draws(self) -> None:
        self.seed += 1
        self.settle()

    def follow(self) -> None:
        """Show at once what a move does to level, grades and grid, with few draws."""
        if not self._take_over():
            return
        if not self.locked.value:
            self.seed += 1
        few = min(self.draws, MOVING_DRAWS)
        self.seen = glance(self.case, profile=self.profile, draws=few, seed=self.seed)
        self._show_glance(with_glance(self.assessment, self.seen))

    def settle(self) -> None:
        """Show everything, with all draws, once nothing moves any more."""
        self._soon.drop()
        self._at_rest.drop()
        if self._take_over():
            self.assessment = self._assess(self.case)
            self.seen = glance_of(self.assessment, seed=self.seed)
            self._show_whole()

    def _take_over(self) -> bool:
        """Make the case that the inputs now describe; say so where they describe none."""
        try:
            moved = moves(self.fields, self.inputs.positions)
            self.case = with_measure(self.original, self._measure(), moved)
        except InputFaults as faults:
            self._warn(self._say("failed", reason=str(faults)))
            return False
        wrong = contradictions(self.case)
        self._warn(self._say("contradiction", faults="; ".join(wrong)) if wrong else "")
        return True

    def _measure(self, name: str | None = None) -> Measure | None:
        return self.measures.get(self.measure.value if name is None else name)

    def _warn(self, words: str) -> None:
        self.caution.value = fragment("section", _said("", words, "caution")) if words else ""

    def _show_glance(self, assessment: Assessment) -> None:
        self.gauge.value = fragment("gauge", gauge_words(self.seen, self.before))
        picture = risk_grid(assessment)
        if picture and self.drawing:
            self.drawing.show(picture)

    def _show_whole(self) -> None:
        self._show_glance(self.assessment)
        told = self.assessment.robustness.say()
        self.robust.value = fragment("section", _said(self._say("robust_title"), told, "lead"))
        self.basis.value = "".join(fragment("section", one) for one in self._explained())
        self._show_kept()
        self.toml.value = self._toml()
        name = f"{named_as_what_if(self.case).id}.toml"
        self.take_toml.value = fragment("download", file_link(name, self.toml.value))
        self.made.value = self._made()
        self.harm.value = self._harm()
        self._remember()

    def _harm(self) -> str:
        """The severe harm that is avoided, and the cost where it is that of a whole measure."""
        is_changed = self.case != self.original
        after = severe_harm(self.case, draws=self.draws, seed=self.seed) if is_changed else self.harm_before
        cost = cost_words(None if self.inputs.positions else self._measure()) if is_changed else ""
        words = harm_words(self.harm_before, after, cost=cost)
        return fragment("ranks", words) + (fragment("status", words["told"]) if words["told"] else "")

    def _remember(self) -> None:
        """Keep what is set now, unless it is what one has just gone back to."""
        now = (dict(self.inputs.positions), str(self.measure.value))
        if now != self._past[self._at]:
            self._past = [*self._past[: self._at + 1], now][-_MOST_STEPS:]
            self._at = len(self._past) - 1
        self.undo_button.disabled, self.redo_button.disabled = self._at == 0, self._at + 1 == len(self._past)

    def go(self, step: int) -> None:
        """Go back to what was set before, or forth again."""
        self._at = min(max(self._at + step, 0), len(self._past) - 1)
        positions, self.measure.value = self._past[self._at]
        self.set(positions)
        self.settle()

    def take_file(self) -> None:
        """Take the what-ifs of a file that somebody chose, or say every fault of it."""
        for one in self.chosen.value:
            try:
                found = parse_what_ifs(_toml_of(one), self.original).what_ifs
            except InputFaults as faults:
                self.told.value = fragment("section", _said("", str(faults), "caution"))
            else:
                self.measures |= {measure.id: measure for measure in found}
                known = [(measure.title.say(), measure.id) for measure in self.measures.values()]
                kept = self.measure.value
                self.measure.options = [(self._say("no_measure"), ""), *known]
                self.measure.value = found[0].id if found else kept
                self.told.value = fragment("status", self._say("imported", n=len(found), name=one["name"]))

    def _made(self) -> str:
        """The measure that is loaded, change by change."""
        measure = self._measure()
        if measure is None:
            return ""
        lines = Items(tuple(measure_lines(self.original, measure)))
        title = Paragraph(self._say("measure_made", title=measure.title.say()), "note")
        note = Paragraph(self._say("measure_note"), "note")
        return fragment("section", Section("measure", "", 2, (title, lines, note)))

    def _explained(self) -> list[Section]:
        """Why the level is what it is, what would change it, and the sources that are cited in it."""
        parts = (basis.basis, levels.changes, evidence.sources)
        found = [part for part in (one(self.assessment) for one in parts) if part is not None]
        cited = found.pop()
        return [*found, Section(cited.id, "", 2, (Details(cited.title, cited.blocks),))]

    # What is kept and taken away

    def keep(self) -> None:
        """Remember the inputs as they stand, with what came out."""
        self.settle()
        name = self.name.value.strip()[:60] or self._say("kept_name", n=len(self.kept) + 1)
        self.kept.append(Kept(name, dict(self.inputs.positions), self.seen, str(self.measure.value)))
        self.name.value = ""
        self._show_kept()

    def forget(self) -> None:
        """Forget what was kept."""
        self.kept.clear()
        self._show_kept()

    def _show_kept(self) -> None:
        now = dict(self.inputs.positions)
        columns = [Kept(self._say("the_case"), {}, self.before), *self.kept]
        columns.append(Kept(self._say("now"), now, self.seen, str(self.measure.value)))
        told = [(one.name, one.seen, self._changes(one.positions, one.measure)) for one in columns]
        section = Section("kept", "", 2, (kept_table(told),))
        self.side.value = fragment("section", section)
        written = [
            self._written(number, one) for number, one in enumerate(self.kept or columns[-1:], start=1)
        ]
        self.what_ifs.value = kept_text(self.original, [one for one in written if one is not None])
        link = fragment("download", file_link(f"{self.original.id}-what-ifs.toml", self.what_ifs.value))
        self.take_what_ifs.value = link if self.what_ifs.value else ""

    def _written(self, number: int, one: Kept) -> Measure | None:
        moved = moves(self.fields, one.positions)
        measure = self._measure(one.measure)
        return kept_what_if(self.original, measure, moved, name=one.name, number=number)

    def _changes(self, positions: Mapping[str, int], measure: str) -> list[str]:
        made = self._measure(measure)
        told = [] if made is None else [self._say("measure_made", title=made.title.say())]
        return [*told, *said_moves(self.original, self.fields, positions)]

    def _now_changed(self) -> list[str]:
        return self._changes(self.inputs.positions, str(self.measure.value))

    def _toml(self) -> str:
        wrong = contradictions(self.case)
        remarks = [self._say("toml_head"), *(f"  {line}" for line in self._now_changed())]
        remarks += [self._say("toml_refused"), *(f"  {line}" for line in wrong)] if wrong else []
        return case_toml(named_as_what_if(self.case), remarks=remarks)


def _toml_of(upload: Mapping[str, Any]) -> TomlFile:
    return parse_toml(bytes(upload["content"]), str(upload["name"]))


def _said(title: str, words: str, role: Any) -> Section:
    return Section("said", title, 2, (Paragraph(words, role),))


def named_as_what_if(case: Case) -> Case:
    """A case under a name of its own, so that its report does not take the place of the real one's."""
    from dataclasses import replace

    return replace(case, id=f"{case.id[:56].rstrip('-')}-what-if")
