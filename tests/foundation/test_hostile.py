"""Input that somebody made to hurt: each is refused, in bounded time, with every fault told at once."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shared import TESTS

from riskkit.assessment.scenarios import scenario_probability
from riskkit.case.case_reading import parse_case
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import InputFaults, plain_text, shown
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.monitoring.rates.proportions import wilson
from riskkit.warning.profiles import load_profile, profile_names
from riskkit.workbench.commands import cli
from riskkit.workbench.runs import lists, parameters
from riskkit.workbench.runs.folders import resources

GOOD = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
SECONDS = 10  # each takes a tenth of one; what these inputs used to take has no end
DEEP = ".".join("a" * 100_000)
LONG = "0x" + "F" * 6000


@contextmanager
def in_time() -> Iterator[None]:
    def over(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def faults_of(text: str) -> list[str]:
    with in_time(), pytest.raises(InputFaults) as caught:
        parse_case(parse_toml(text.encode(), "case.toml"))
    return [str(fault) for fault in caught.value.faults]


CHANGES = {
    "digits without end": ('p = "1/10"', 'p = "1e999999999"', "finite number"),
    "smaller than small": ('p = "1/10"', 'p = "1e-99999999"', "finite number"),
    "a fact without end": ("value = 7", 'value = "1e99999999"', "finite number"),
    "6000 digits for a year": ("year = 2026", f"year = {LONG}", "24000 bits"),
    "6000 digits for a probability": ('p = "1/10"', f"p = {LONG}", "24000 bits"),
    "6000 digits for a severity": ("severity = 3", f"severity = {LONG}", "a severity from 1 to 4"),
    "6000 digits under no known key": ("schema = 1", f"schema = 1\nx = {LONG}", "a known key"),
    "a deep key": ("schema = 1", f"schema = 1\n{DEEP} = 1", "nesting of less than 20"),
    "a deep table": ("[facts.n_ports]", f"[{DEEP}]\nx = 1\n[facts.n_ports]", "nesting of less than 20"),
    "a deep quoted key": (
        "schema = 1",
        "schema = 1\n" + ".".join(['"a b"'] * 100_000) + " = 1",
        "nesting of less",
    ),
    "a line of blanks": ('brand = "Made-up"', 'brand = """\n[' + " " * 500_000 + '\n"""', "at most 200"),
    "inline tables": ("schema = 1", "schema = 1\nx = " + "{a=" * 900 + "1" + "}" * 900, "a TOML file"),
    "full-width digits": ('p = "1/10"', 'p = "１/１０"', "finite number"),
    "underscores": ('p = "1/10"', 'p = "1_0/1_00"', "finite number"),
    "true for a probability": ('p = "1/10"', "p = true", "a number"),
    "true for a count": ("value = 7", "value = true", "a number"),
    "true for years": ("value = 5,", "value = true,", "a number"),
    "true for the schema": ("schema = 1", "schema = true", "a whole number"),
    "text for a year": ("year = 2026", 'year = "2026"', "a whole number"),
    "seconds for a date": ("assessed_on = 2026-05-01", "assessed_on = 86400", "a date such as"),
    "a channel twice": ('["general_trade"]', '["general_trade", "general_trade"]', "stand once"),
    "a code twice": ('["851610"]', '["851610", "851610"]', "stand once"),
    "a source twice": ('source = ["s1"]', 'source = ["s1", "s1"]', "stand once"),
    "questions without end": (
        "[[sources]]",
        '[[questions]]\ntext = { zh = "一", en = "a" }\n' * 101 + "[[sources]]",
        "at most 100",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_hostile_case_is_refused_in_time(what: str) -> None:
    old, new, rule = CHANGES[what]
    assert old in GOOD
    said = faults_of(GOOD.replace(old, new, 1))
    assert len(said) == 1
    assert rule in said[0]


def test_a_line_is_counted_as_an_editor_counts_it() -> None:
    text = GOOD.replace("# A made-up case", "# A\u2028\x85made-up case").replace("year = 2026", "year = 1")
    line = next(i for i, one in enumerate(text.split("\n"), 1) if one == "year = 1")
    assert faults_of(text)[0].startswith(f"case.toml:{line} sources[0].year")


# written as numbers: most of them cannot be seen
HIDDEN = [0, 0x1B, 0x85, 0xAD, 0x61C, 0x115F, 0x180E, 0x200B, 0x200D, 0x2028, 0x2029, 0x202E, 0x2060, 0x2066]
HIDDEN += [0x3164, 0xFEFF, 0xFFF9, 0xFFFF, 0xE0041]


@pytest.mark.parametrize(
    "sign", [chr(number) for number in HIDDEN], ids=[f"{number:04x}" for number in HIDDEN]
)
def test_text_that_hides_or_turns_is_refused(sign: str) -> None:
    with pytest.raises(ValueError, match="hidden"):
        plain_text(f"lamp{sign}shade")


@pytest.mark.parametrize(
    "text", ["电热水壶", "é ß 😀 ½ Ⅳ", "<b>&amp;</b> {0.__class__} %s $(id)", "a\nb\tc", "\ufffd"]
)
def test_text_that_only_looks_strange_stays(text: str) -> None:
    assert plain_text(text) == text


def test_a_fault_can_show_anything() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "too much to show"
    assert shown({"a": 1 << 20_000}) == "too much to show"
    assert shown("\ud800\n") == r"'\ud800\n'"
    while deep:  # taken apart by hand: the interpreter would do it one inside the other
        deep = deep.pop()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(2), "2"), (np.float32(0.1), "0.1"), (np.bool_(False), "False"), (np.str_("a"), "'a'"),
        ((np.int64(2), {"p": np.float64("nan")}), "(2, {'p': nan})"), (np.array([[1, 2]]), "[[1, 2]]"),
        (np.array(3.5), "3.5"), (np.datetime64("2026-01-02"), "2026-01-02"), (pd.Series([1.5]), "[1.5]"),
        (pd.Timestamp("2026-01-02 03:04"), "2026-01-02 03:04:00"), ([pd.NA, pd.NaT, None], "[<NA>, NaT, None]"),
        (Fraction(1, 50), "1/50"), (Decimal("0.10"), "0.10"), (dt.date(2026, 1, 2), "2026-01-02"),
        (pd.DataFrame({"a": [1, 2]}), "a 0 1 1 2"),
    ],
)  # fmt: skip
def test_a_fault_shows_a_value_as_people_write_it_whatever_holds_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_messages_of_the_methods_show_numbers_without_their_storage() -> None:
    with pytest.raises(ValueError, match=r"not 2$"):
        wilson([1], [2], level=np.int64(2))
    with pytest.raises(ValueError, match=r"not 2\.5 "):
        scenario_probability([np.array([0.5]), np.array([2.5])])


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "1/0", "0x10", "1e1000", "--1", "1e", "1/2/3", "1 2", "١"]
)
def test_what_is_no_number_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        exact(text)


PROFILE = """
[profile]
name = "mine"
factors = ["urgency"]
zh = "我的方案"
en = "my profile"
""" + "".join(f'[[cells]]\nurgency = {n}\nlevel = "{level}"\n' for n, level in enumerate("ⅣⅢⅡⅠ", 1))
RULE = '[[rules]]\nfactor = "urgency"\nrule = "R"\ngrade = 4\nfact = "deaths"\nop = ">="\nthreshold = 1\n'
RULE += 'zh = "死亡"\nen = "deaths"\n'
WRONG_PROFILES = {
    "profile = 3": "one table",
    "profile = []": "one table",
    "cells = 3": "tables [[cells]]",
    "cells = [1, 2]": "tables [[cells]]",
    "rules = 3\n" + PROFILE: "tables [[rules]]",
    "rules = []\n" + PROFILE: "a rule for each factor that counts",
    PROFILE.replace('["urgency"]', "5"): "a list of factors",
    PROFILE.replace('["urgency"]', '"urgency"'): "a list of factors",
    PROFILE.replace('["urgency"]', '["urgency", "urgency"]'): "stands once",
    PROFILE.replace('["urgency"]', "[" + '"urgency", ' * 40 + "]"): "stands once",
    PROFILE.replace('"mine"', '"house_matrix"'): "and none of house_graded_exposure, house_matrix",
    PROFILE.replace('"mine"', '"<b>mine</b>"'): "a–z",
    PROFILE.replace('zh = "我', 'p_floor = 2\nzh = "我'): "a probability below 1",
    PROFILE.replace('zh = "我', 'p_floor = "1e99999999"\nzh = "我'): "a number or fraction",
    PROFILE.replace('zh = "我', f'p_floor = {LONG}\nzh = "我'): "less than 19 digits",
    PROFILE.replace('zh = "我', 'max_raise = nan\nzh = "我'): "a text or a number",
    PROFILE.replace('zh = "我', 'ruleset = "none"\nzh = "我'): "one of house",
    PROFILE.replace('zh = "我', 'evil = 1\nzh = "我'): "a known column",
    PROFILE.replace('en = "my', 'en = "\\u202e my'): "hidden",
    PROFILE.replace('en = "my', 'en = "' + "x" * 5000): "at most 2000 characters",
    PROFILE.replace("urgency = 4", "urgency = { a = 1 }"): "a text or a number",
    PROFILE + RULE * 2001: "at most 2000",
    PROFILE + RULE.replace("threshold = 1", "threshold = nan"): "a text or a number",
}


@pytest.mark.parametrize("text", WRONG_PROFILES, ids=range(len(WRONG_PROFILES)))
def test_a_hostile_profile_is_refused_in_time(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with in_time(), pytest.raises(InputFaults) as caught:
        load_profile(tmp_path / "own.toml")
    assert WRONG_PROFILES[text] in str(caught.value)


def test_a_profile_with_rules_of_its_own_is_read_and_all_its_faults_are_told(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(PROFILE + RULE, encoding="utf-8")
    assert [rule.rule for rule in load_profile(own).rules["urgency"]] == ["R"]
    assert load_profile(own).name not in profile_names()
    wrong = PROFILE.replace('zh = "我的方案"', "max_raise = 9").replace("urgency = 4", "urgency = 5")
    own.write_text(wrong + RULE.replace('">="', '"=="'), encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        load_profile(own)
    places = {fault.place.removeprefix("own.toml:") for fault in caught.value.faults}
    assert {"profiles:2:zh", "profiles:2:max_raise", "profile_cells:5:urgency", "grade_rules:2:op"} <= places


def test_bounds_of_a_parameter_stand_in_its_help() -> None:
    known = parameters.read_cell(
        "n: int = 5  # draws [1 to 1,000]\nx: list[float] = [0.5]  # [-1 to 1]\ny: int = 0"
    )
    assert (known[0].low, known[0].high, known[0].help) == (1, 1000, "draws [1 to 1,000]")
    assert parameters.check(known, {"n": "1000", "x": "-1, 1", "y": -(10**17)})["n"] == 1000
    for values in ({"n": 0}, {"n": "1001"}, {"x": [0, 1.01]}):
        with pytest.raises(InputFaults, match=r"from -?1 to 1"):
            parameters.check(known, values)
    with pytest.raises(InputFaults, match="from 1 to 1,000"):
        parameters.read_cell("n: int = 0  # [1 to 1,000]")
    with pytest.raises(InputFaults, match="bounds"):
        parameters.read_cell("n: int = 0  # [1.2.3 to 4]")


def test_the_notebooks_bound_what_costs_memory_or_ends_in_an_error() -> None:
    draws = 0
    for path in sorted((resources.home() / "notebooks").rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells = [cell | {"source": "".join(cell["source"])} for cell in cells]
        known = {one.name: one for one in parameters.declared({"cells": cells})}
        draws += "draws" in known
        if "draws" in known:
            assert known["draws"].low >= 1 and known["draws"].high == 1_000_000, path.name
            assert known["seed"].low == 0, path.name
        for one in known.values():
            is_open = one.kind in ("int", "float") and not (
                math.isfinite(one.low) and math.isfinite(one.high)
            )
            assert not is_open, (path.name, one.name)
    assert draws >= 9


LISTS: dict[str, tuple[bytes, str]] = {
    "wide.csv": (",".join(f"c{i}" for i in range(100_000)).encode(), "100000 columns"),
    "doubled.csv": (b"case" + b",x" * 90, "a column name used once"),
    "long.csv": (b"case\n" + b"none\n" * 10_001, "from 1 to 10000"),
    "field.csv": (b'case\n"' + b"x" * 200_000, "a CSV file"),
    "utf16.csv": ("case\na\n".encode("utf-16"), "UTF-8 text"),
    "deep.toml": (f"{DEEP} = 1".encode(), "nesting of less than 20"),
    "strange.toml": (b'x = 1\n[[report]]\ncase = "a"\n', "a known key: report"),
    "gbk.toml": ('[[report]]\ncase = "玩具"\n'.encode("gbk"), "UTF-8 text"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_hostile_list_is_refused_in_time(tmp_path: Path, name: str) -> None:
    content, rule = LISTS[name]
    (tmp_path / name).write_bytes(content)
    with in_time(), pytest.raises(InputFaults) as caught:
        lists.read_list(tmp_path / name)
    assert rule in str(caught.value)


def test_what_is_no_plain_file_is_refused_without_being_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "round.toml").symlink_to("round.toml")
    (tmp_path / "folder.toml").mkdir()
    names = (
        "pipe.toml",
        "zero.toml",
        "round.toml",
        "folder.toml",
        "a" * 5000 + ".toml",
        "a/" * 3000 + "b.toml",
    )
    for name in names:
        with in_time(), pytest.raises(InputFaults):
            resources.find_case(name, folder=tmp_path)
    for name in ("pipe.csv", "zero.toml", "round.toml", "a" * 5000 + ".csv"):
        with in_time(), pytest.raises(InputFaults):
            lists.read_list(tmp_path / name)
    grown = tmp_path / "grown.toml"
    with grown.open("wb") as file:
        file.truncate(2_000_001)
    with pytest.raises(InputFaults, match="at most"):
        resources.read_limited(grown)


HOSTILE_OPTIONS = {
    "no draws": ["-p", "draws=0"],
    "fewer than none": ["-p", "draws=-5"],
    "draws for a machine of another size": ["-p", "draws=1000000000"],
    "draws as a power": ["-p", "draws=1e9"],
    "draws as a truth": ["-p", "draws=true"],
    "draws in full width": ["-p", "draws=１００"],
    "a seed below zero": ["-p", "seed=-1"],
    "code for a seed": ["-p", "seed=__import__('os').system('touch pwned')"],
    "code for a name": ["-p", "seed=1;__import__('os')=1"],
    "a format of Python": ["-p", "{0.__class__}=1"],
    "a private name": ["-p", "__name__=1"],
    "a byte that is no text": ["-p", "seed=\udcff"],
    "no name": ["-p", "=1"],
    "nan seconds": ["--deadline", "nan"],
    "no seconds": ["--deadline", "0"],
    "nowhere": ["--out", ""],
    "a folder with too long a name": ["--out", "a" * 5000],
    "a link to nowhere": ["--out", "nowhere/x"],
    "below a device": ["--out", "/dev/null/x"],
    "no format": ["--format", ""],
    "a notebook elsewhere": ["--notebook", "dashboards/overview"],
}


@pytest.mark.parametrize("what", HOSTILE_OPTIONS)
def test_a_hostile_option_is_told_and_nothing_is_run_or_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def no_run(*_: object, **__: object) -> None:
        raise AssertionError("a report was started")

    monkeypatch.setattr("riskkit.workbench.runs.batch.run_all", no_run)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(GOOD.replace('"kettle"', '"own"', 1), encoding="utf-8")
    (tmp_path / "nowhere").symlink_to("not-there")
    before = sorted(tmp_path.iterdir())
    assert cli.main(["assess", "own.toml", *HOSTILE_OPTIONS[what], "--lang", "en"]) == 2
    shown_ = capsys.readouterr()
    assert shown_.out == ""
    assert "Traceback" not in shown_.err
    assert len(shown_.err) < 1000
    assert sorted(tmp_path.iterdir()) == before
