"""Faults of a case are listed in one round, those of single fields and those between fields."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

import pytest

from riskkit.case.case_reading import parse_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.shipped import case_path
from riskkit.workbench.runs.folders.resources import shipped_cases

# what is done to the file → the place of the fault that it makes and a piece of the rule; lines stay as they are
EDITS: Mapping[str, tuple[str, str, str, str]] = {
    "a word outside its list": (r'^goods = "\w+"', 'goods = "thing"', "goods", "one of"),
    "an id of the wrong form": (r'^id = "note7', 'id = "Note7', "id", "of the form"),
    "an unknown key": (r"^schema = 1", "colour = 1", "colour", "a known key"),
    "a probability above 1": (r"^p = .*", "p = 1.7", "scenarios[0].steps[0].p", "a probability from 0 to 1"),
    "a text without Chinese": (r"^(title = .*)zh = ", r"\1zz = ", "title.zh", "present"),
    "a reference to no source": (
        r'^source = \["[^"]+"\]', 'source = ["nowhere"]', "", "the id of a source in [[sources]]"
    ),
    "an unknown fact": (r"^\[facts\.deaths\]|^deaths = ", "", "", "did you mean deaths?"),
    "a hazard that is not there": (
        r'^hazard = "[a-z0-9_-]+"', 'hazard = "nothing"', "scenarios[0].hazard", "the id of a hazard in [[hazards]]"
    ),
}  # fmt: skip


def faults_of(text: str) -> set[tuple[str, str]]:
    try:
        parse_case(parse_toml(text.encode(), "x.toml"))
    except InputFaults as error:
        return {(fault.place, fault.rule) for fault in error.faults}
    return set()


def edited(text: str, *names: str) -> str:
    for name in names:
        pattern, new, _, _ = EDITS[name]
        if name == "an unknown fact":
            new = "[facts.deathss]" if "[facts.deaths]" in text else "deathss = "
        text, n = re.subn(pattern, new, text, count=1, flags=re.MULTILINE)
        assert n == 1, name
    return text


@pytest.fixture(scope="module")
def whole() -> str:
    return case_path("note7-battery-2016").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_makes_its_own_fault(whole: str, name: str) -> None:
    _, _, place, rule = EDITS[name]
    found = faults_of(edited(whole, name))
    assert any(where.partition(" ")[2].startswith(place) and rule in what for where, what in found), found


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(EDITS, 2)])
def test_two_faults_are_found_in_one_round(whole: str, one: str, other: str) -> None:
    alone = faults_of(edited(whole, one)) | faults_of(edited(whole, other))
    assert faults_of(edited(whole, one, other)) == alone


def test_all_of_them_are_found_in_one_round(whole: str) -> None:
    assert faults_of(edited(whole, *EDITS)) == set().union(
        *(faults_of(edited(whole, name)) for name in EDITS)
    )


@pytest.mark.parametrize("part", ["hazards", "sources", "scenarios", "exposure", "facts", "product"])
@pytest.mark.parametrize("case", ["note7-battery-2016", "lead-paint-toys-2007"])
def test_a_part_that_is_missing_accuses_no_other(case: str, part: str) -> None:
    lines = case_path(case).read_text(encoding="utf-8").splitlines()
    is_in, is_top, kept = False, True, []
    for line in lines:
        head = re.match(r"\[\[?([a-z_]+)", line)
        is_in, is_top = (head[1] == part, False) if head else (is_in, is_top)
        kept.append("" if is_in or (is_top and line.startswith(f"{part} = ")) else line)
    found = faults_of("\n".join(kept))
    assert all(re.match(rf"x\.toml:\d+ {part}\b", place) for place, _ in found), found


def test_the_shipped_cases_have_none() -> None:
    assert len(shipped_cases()) > 20
    for case in shipped_cases():
        assert faults_of(case_path(case).read_text(encoding="utf-8")) == set()
