"""The panels behind the dashboards: what can be moved, what a move does, what is shown, and that texts stay texts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from assessed import graded
from hostile import HOSTILE, KETTLE, hostile_case
from hypothesis import given
from hypothesis import strategies as st
from patience import HANGS

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.what_if.what_if import changed, moved
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case, parse_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.uncertainty import (
    Beta,
    Distribution,
    Fixed,
    LogNormal,
    Pert,
    Range,
    best,
    quantile,
    support,
)
from riskkit.foundation.standards import standards
from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.boards import panels
from riskkit.workbench.boards.panel_widgets import Later
from riskkit.workbench.boards.what_if.inputs import UNKNOWN, Field, fields, moves, said_moves
from riskkit.workbench.boards.what_if.levels import contradictions, glance
from riskkit.workbench.boards.what_if.panel import WhatIf
from riskkit.workbench.reports.case.case_toml import case_toml
from riskkit.workbench.runs.folders.resources import shipped_cases

NOTE7 = "note7-battery-2016"
GRADED = [case.id for case in graded()]


def _fields(case: Case, lang: str = "en") -> dict[str, Field]:
    return {field.name: field for field in in_language(lang, fields, case, profile=profile())}


def _at(field: Field, value: Fraction) -> int:
    return [stop.value for stop in field.stops].index(value)


def _panel(case: str | Path = NOTE7, *, lang: str = "en", draws: int = 200) -> WhatIf:
    return in_language(lang, WhatIf, case, profile="house_matrix", draws=draws, seed=1)


# Moving a distribution

P = st.floats(1e-6, 0.5)


@st.composite
def _distributions(draw: st.DrawFn) -> Distribution:
    low = draw(P)
    high = min(1.0, low * draw(st.floats(1.01, 50)))
    return draw(
        st.sampled_from(
            [
                Range(low, high),
                Pert(low, low + (high - low) * draw(st.floats(0, 1)), high),
                Beta(draw(st.floats(0.5, 50)), draw(st.floats(0.5, 500))),
                LogNormal(low, draw(st.floats(1.1, 8)), 1.0),
                Fixed(Fraction(repr(low))),
            ]
        )
    )


@given(_distributions(), st.fractions(Fraction(1, 10**7), Fraction(1), max_denominator=10**7))
def test_a_moved_distribution_has_the_new_best_estimate_and_stays_a_probability(
    dist: Distribution, to: Fraction
) -> None:
    there = moved(dist, to, most=1.0)
    low, high = support(there)
    assert float(best(there)) == pytest.approx(float(to), rel=1e-9)
    assert 0 <= low <= high <= 1


@given(_distributions(), st.floats(0.01, 0.99))
def test_a_probability_moved_down_keeps_its_spread_in_proportion(dist: Distribution, down: float) -> None:
    to = Fraction(repr(float(best(dist)) * down))
    if isinstance(dist, Beta | Fixed):  # a beta keeps its count of events instead
        assert not isinstance(dist, Beta) or moved(dist, to, most=1.0).alpha == pytest.approx(dist.alpha)  # type: ignore[union-attr]
        return
    if isinstance(dist, LogNormal):  # cut off at 1, so compare the shape
        assert moved(dist, to, most=1.0) == LogNormal(float(to), dist.gsd, 1.0)
        return
    before, after = (quantile(one, [0.05, 0.5, 0.95]) for one in (dist, moved(dist, to, most=1.0)))
    assert after == pytest.approx(before * float(to / best(dist)), rel=1e-6)


def test_judged_quantiles_move_too_and_are_fixed_only_where_they_would_pass_one() -> None:
    text = KETTLE.read_text(encoding="utf-8").replace(
        'p = "1/10"', "p = { p05 = 0.02, p50 = 0.1, p95 = 0.3 }"
    )
    dist = parse_case(parse_toml(text.encode(), "x.toml")).scenarios[0].steps[1].p
    there = moved(dist, Fraction(1, 100), most=1.0)
    assert float(best(there)) == pytest.approx(0.01, rel=1e-5)
    assert moved(dist, Fraction(9, 10), most=1.0) == Fixed(Fraction(9, 10))


# Which inputs there are


@pytest.mark.parametrize("name", GRADED)
def test_every_input_of_a_case_can_be_moved_and_stands_at_its_own_value(name: str) -> None:
    case = load_case(name)
    found = _fields(case)
    steps = {f"{s.id}.p{j}" for s in case.scenarios for j in range(1, len(s.steps) + 1)}
    given_facts = {fact for fact, kind in standards.facts().items() if kind.is_given}
    assert found.keys() == steps | {f"{s.id}.severity" for s in case.scenarios} | given_facts
    for name_, field in found.items():
        values = [stop.value for stop in field.stops]
        assert len(field.stops) == len({stop.said for stop in field.stops}) or field.kind == "slider"
        assert field.kind == "choice" or values == sorted(set(values))
        if name_ in case.known_facts():
            assert values[field.at] == best(case.facts[name_].value)
        elif name_ in given_facts:
            assert field.at == UNKNOWN and field.may_be_unknown and 0 <= field.start < len(values)
    assert changed(case, moves(found.values(), {})) == case


def test_both_sides_of_every_threshold_of_a_profile_can_be_set() -> None:
    for name in profile_names():
        used = profile(name)
        found = {field.name: field for field in fields(load_case(NOTE7), profile=used)}
        conditions = [c for rules in used.rules.values() for rule in rules for c in rule.conditions]
        for fact, op, limit in conditions:
            if fact not in found or found[fact].kind == "choice":
                continue
            values = {float(stop.value) for stop in found[fact].stops}
            other = limit + (1 if op == "<=" else -1)
            whole = standards.facts()[fact].kind != "ratio"
            assert limit in values and (not whole or other in values or other < 0)


def test_a_severity_is_one_that_the_table_words_for_the_injury() -> None:
    case = load_case(NOTE7)
    table = standards.table("injury_severity")
    for s in case.scenarios:
        for stop in _fields(case)[f"{s.id}.severity"].stops:
            assert int(stop.value) in set(table.loc[table["injury"] == s.injury, "level"])


def test_positions_that_are_none_are_left_out() -> None:
    found = _fields(load_case(NOTE7)).values()
    for bad in (-2, 10_000, 1.5, "3", True, None):
        assert moves(found, {"n_ports": bad, "no.such": 1}) == {}  # type: ignore[dict-item]
    assert moves(found, {"night_fire.p1": UNKNOWN}) == {}  # a probability is never unknown


def test_what_was_set_is_called_a_judgement_and_loses_the_source_of_the_old_number() -> None:
    case = load_case(NOTE7)
    there = changed(case, {"burn_on_body.p2": Fraction(1, 2), "units_on_market": Fraction(5)})
    step = there.scenarios[0].steps[1]
    assert (step.basis, step.evidence, step.source) == ("judgement", "sole_judgement", ())
    assert (there.facts["units_on_market"].basis, there.facts["units_on_market"].source) == ("judgement", ())
    assert there.scenarios[1:] == case.scenarios[1:]
    with pytest.raises(KeyError):
        changed(case, {"no_such.p1": Fraction(1, 2)})


# TOML


@pytest.mark.parametrize("name", shipped_cases())
def test_every_case_written_as_toml_reads_back_the_same(name: str) -> None:
    case = load_case(name)
    assert parse_case(parse_toml(case_toml(case, remarks=["a\nschema = 9"]).encode(), "x.toml")) == case


@given(st.data())
def test_a_changed_case_written_as_toml_reads_back_the_same_unless_it_contradicts_itself(
    data: st.DataObject,
) -> None:
    case = load_case(NOTE7)
    found = list(_fields(case).values())
    names = data.draw(st.lists(st.sampled_from(found), max_size=5, unique_by=lambda field: field.name))
    positions = {
        f.name: data.draw(st.integers(UNKNOWN if f.may_be_unknown else 0, len(f.stops) - 1)) for f in names
    }
    there = changed(case, moves(found, positions))
    text = case_toml(there).encode()
    if contradictions(there):
        with pytest.raises(InputFaults):
            parse_case(parse_toml(text, "x.toml"))
    else:
        assert parse_case(parse_toml(text, "x.toml")) == there


def test_odd_texts_survive_toml(tmp_path: Path) -> None:
    case = load_case(hostile_case(tmp_path))
    text = case_toml(case).replace("虚构示例", "\\\"'''\\\\ 虚构\\t示例")
    there = parse_case(parse_toml(text.encode(), "x.toml"))
    assert parse_case(parse_toml(case_toml(there).encode(), "x.toml")) == there
    assert "\"'''\\ 虚构\t示例" in there.summary.zh


# The what-if panel


@pytest.mark.parametrize("name", [NOTE7, "cadmium-jewellery-2010"])
@pytest.mark.parametrize("used", profile_names())
def test_the_quick_look_says_what_the_assessment_says(name: str, used: str) -> None:
    case = changed(load_case(name), {"n_ports": Fraction(6)})
    quick = glance(case, profile=profile(used), draws=300, seed=5)
    whole = assess(case, profile=profile(used), rng=np.random.default_rng(5), draws=300)
    assert (quick.lo, quick.hi, quick.risk) == (whole.lo, whole.hi, whole.risk)
    assert quick.shares.equals(whole.shares)
    assert quick.grades.equals(whole.grades)
    assert quick.scenarios.equals(whole.scenarios)


def test_a_move_changes_the_level_and_reset_brings_it_back() -> None:
    panel = _panel(KETTLE)
    found = {field.name: field for field in panel.fields}
    assert (panel.seen.lo, panel.seen.hi) == ("Ⅱ", "Ⅱ")
    panel.set({"n_ports": _at(found["n_ports"], Fraction(4))})
    assert (panel.seen.lo, panel.seen.hi) == ("Ⅲ", "Ⅲ")
    assert "Lower than in the case (there: Ⅱ)." in panel.gauge.value
    assert "# " in panel.toml.value and "ports affected: 7 → 4" in panel.toml.value
    panel.set({"n_ports": UNKNOWN})
    assert (panel.seen.lo, panel.seen.hi) == ("Ⅲ", "Ⅱ")  # not known is not low
    panel.set({"scald.p1": _at(found["scald.p1"], Fraction(1, 40))})
    assert panel.seen.lo == "Ⅰ" and "Higher than in the case" in panel.gauge.value
    panel.reset()
    assert (panel.seen.lo, panel.case) == ("Ⅱ", panel.original)


def test_locked_draws_give_the_same_numbers_and_unlocked_ones_new_ones() -> None:
    panel = _panel("eu-drawstrings-2010")
    first = panel.seen.shares.copy()
    panel.settle()
    assert panel.seen.shares.equals(first) and panel.again.disabled
    panel.locked.value = False
    assert not panel.again.disabled
    panel.again.click()
    assert panel.seen.seed == 2 and not panel.seen.shares.equals(first)


def test_kept_scenarios_stand_side_by_side_and_can_be_forgotten() -> None:
    panel = _panel()
    panel.set({"n_ports": 5})
    panel.name.value = f"five ports {HOSTILE}"
    panel.keep()
    panel.set({})
    panel.keep()
    assert [one.name.split(" <")[0] for one in panel.kept] == ["five ports", "Scenario 2"]
    assert "ports affected: not known → 5" in panel.side.value
    assert "five ports &lt;script&gt;" in panel.side.value and "<script" not in panel.side.value
    panel.forget()
    assert "five ports" not in panel.side.value


def test_the_exported_case_assesses_to_what_the_panel_shows() -> None:
    panel = _panel()
    panel.set({"n_ports": 5, "night_fire.p1": 70, "burn_on_body.severity": 2})
    there = parse_case(parse_toml(panel.toml.value.encode(), "x.toml"))
    again = assess(there, profile=profile("house_matrix"), rng=np.random.default_rng(1), draws=200)
    assert there.id == "note7-battery-2016-what-if"
    assert (again.lo, again.hi) == (panel.seen.lo, panel.seen.hi)
    assert again.shares.equals(panel.seen.shares)


def test_inputs_that_contradict_each_other_are_told_in_panel_and_file() -> None:
    panel = _panel()
    deaths = next(field for field in panel.fields if field.name == "deaths")
    panel.set({"deaths": len(deaths.stops) - 1})
    assert "contradict" in panel.caution.value
    assert "the file would be refused" in panel.toml.value
    panel.reset()
    assert panel.caution.value == ""


def test_a_food_case_has_nothing_to_move() -> None:
    panel = _panel("melamine-milk-2008")
    assert panel.assessment.lo is None
    assert not any(type(part).__name__ == "Box" for part in panel.parts)


def test_without_interaction_nothing_is_shown() -> None:
    assert in_language("zh", panels.board, "what_if", NOTE7, interactive=False) is None


def test_another_case_can_be_chosen() -> None:
    shown = panels.board("what_if", NOTE7, draws=50)
    assert shown is not None
    chooser = shown.children[-1].children[0].children[0]
    assert [value for _, value in chooser.options] == sorted(shipped_cases())
    chooser.value = "melamine-milk-2008"
    assert "melamine" in shown.children[-1].children[-1].children[0].value.lower()


def test_without_a_page_around_it_a_panel_has_a_switch_of_language_that_keeps_the_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = panels.board("what_if", NOTE7, draws=50)
    assert shown is not None
    shown.children[-1].children[0].children[0].value = "magnet-sets-2012"
    shown.children[1].children[0].value = "zh"
    said = " ".join(_html(shown))
    assert load_case("magnet-sets-2012").title.zh in said and "改变输入" in said
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0")
    served = panels.board("what_if", NOTE7, draws=50)
    assert served is not None and served.children[1].children == ()


def _html(widget: ipywidgets.Widget) -> Iterator[str]:
    if isinstance(widget, ipywidgets.HTML):
        yield widget.value
    for child in getattr(widget, "children", ()):
        yield from _html(child)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_markup_in_a_case_is_text_in_both_panels(tmp_path: Path, lang: str) -> None:
    case = hostile_case(tmp_path)
    shown = in_language(lang, panels.board, "what_if", case, draws=50)
    table = in_language(lang, panels.board, "overview", [str(case)], draws=50)
    assert shown is not None
    said = " ".join(_html(shown))
    assert "&lt;script&gt;" in said and "&lt;img src=x onerror" in said
    assert "<script" not in said and "<img" not in said
    said = " ".join(_html(table))
    assert "<script" not in said and "<img" not in said
    assert (
        HOSTILE in table.children[-1].children[-1].rows[0][1]["text"]
    )  # the page sets it as text: see tests/browser


def test_many_moves_are_followed_once() -> None:
    done: list[int] = []

    async def ask() -> None:
        soon = Later(lambda: done.append(1), seconds=0.01, from_last=False)
        rest = Later(lambda: done.append(2), seconds=0.02, from_last=True)
        dropped = Later(lambda: done.append(3), seconds=0.01, from_last=True)
        for _ in range(50):
            soon.ask()
            rest.ask()
            dropped.ask()
        dropped.drop()
        assert done == []
        async with asyncio.timeout(HANGS):
            while 2 not in done:  # the one that was dropped would have come before
                await asyncio.sleep(0.01)

    asyncio.run(ask())
    assert done == [1, 2]


def test_what_changed_is_said_in_both_languages() -> None:
    case = load_case(NOTE7)
    for lang, said in (("zh", "不详 → 5"), ("en", "not known → 5")):
        known = in_language(lang, fields, case, profile=profile())
        assert said in in_language(lang, said_moves, case, known, {"n_ports": 5})[0]


# Words


@pytest.mark.parametrize("panel", ["overview", "what_if", "register"])
def test_each_panel_says_how_to_read_it(panel: str) -> None:
    assert len(str(in_language("zh", panels.how_to_read, panel))) > 80
    assert "set by this project" in str(panels.how_to_read("what_if"))
