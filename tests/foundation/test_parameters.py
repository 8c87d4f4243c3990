"""Parameters: what is declared is read without running it, and a value never becomes code."""

from __future__ import annotations

import ast
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.parameter_file import parameters_of, read_parameters
from riskkit.workbench.runs import parameters as p

CELL = """\
case: str = "toothbrushes"  # the case: an id or a file
draws: int = 2_000  # random draws
share: float = 0.5
interactive: bool = False
on: "date" = "2024-05-01"  # the day
ports: list[str] = ["CNSHA", "CNNGB"]
weights: list[float] = [1, 2.5]
"""
KNOWN = p.read_cell(CELL)


def faults_of(values: dict[Any, Any]) -> list[str]:
    with pytest.raises(InputFaults) as caught:
        p.check(KNOWN, values)
    return [fault.place for fault in caught.value.faults]


def test_declaration_has_name_type_default_and_help() -> None:
    assert [(one.name, one.written_type, one.default) for one in KNOWN] == [
        ("case", "str", "toothbrushes"),
        ("draws", "int", 2000),
        ("share", "float", 0.5),
        ("interactive", "bool", False),
        ("on", "date", dt.date(2024, 5, 1)),
        ("ports", "list[str]", ["CNSHA", "CNNGB"]),
        ("weights", "list[float]", [1.0, 2.5]),
    ]
    assert KNOWN[0].help == "the case: an id or a file"
    assert KNOWN[2].help == ""


def test_reading_a_cell_never_runs_it(tmp_path: Any) -> None:
    mark = tmp_path / "ran"
    effect = f"open({str(mark)!r}, 'w')"
    with pytest.raises(InputFaults) as caught:
        p.read_cell(f"a: int = 1\n{effect}\nb: str = str({effect})\nc = 2\nd: set = {{1}}")
    assert not mark.exists()
    assert [fault.place.rsplit(":", 1)[1] for fault in caught.value.faults] == ["2", "3", "4", "5"]


@pytest.mark.parametrize(
    "source", ["a: int = 'x'", "a: int", "a: int = 1\na: int = 2", "a: int = (", "a.b: int = 1"]
)
def test_a_declaration_that_cannot_hold_is_refused(source: str) -> None:
    with pytest.raises(InputFaults):
        p.read_cell(source)


def test_exactly_one_tagged_cell() -> None:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "a: int = 1"}
    assert len(p.declared({"cells": [cell, {"cell_type": "code", "metadata": {}, "source": "a = 2"}]})) == 1
    for cells in ([], [cell, cell]):
        with pytest.raises(InputFaults, match="exactly one"):
            p.declared({"cells": cells})


def test_every_unknown_and_mistyped_name_is_told_at_once() -> None:
    hostile = "x = 1\nimport os; os.system('id') #"
    found = faults_of({"drawz": 1, hostile: 1, "draws": "many", "interactive": 3, 7: 1, "ｃase": "a"})
    assert len(found) == 6
    assert "\n" not in "".join(found)


@pytest.mark.parametrize(
    "name", ["__import__", "case; import os", "case\n", " case", "class", "", "x.y", "pm"]
)
def test_an_undeclared_name_is_refused_whatever_it_looks_like(name: str) -> None:
    assert len(faults_of({name: "1"})) == 1


def test_texts_are_read_as_the_declared_type() -> None:
    given_values = {
        "draws": "500", "share": "1e-3", "interactive": "true", "on": "2024-02-29",
        "ports": "CNSHA, CNNGB", "weights": "[1, 2]", "case": "500",
    }  # fmt: skip
    assert p.check(KNOWN, given_values) == {
        "case": "500", "draws": 500, "share": 0.001, "interactive": True, "on": dt.date(2024, 2, 29),
        "ports": ["CNSHA", "CNNGB"], "weights": [1.0, 2.0],
    }  # fmt: skip


def test_what_papermill_would_turn_into_text_keeps_its_type() -> None:
    values = p.check(
        KNOWN,
        {
            "draws": np.int64(5),
            "share": np.float32(0.5),
            "interactive": np.bool_(True),
            "on": dt.date(2020, 1, 2),
            "ports": ("a", np.str_("b")),
            "weights": np.array([1.5, 2.5]),
        },
    )
    assert values == {
        "draws": 5,
        "share": 0.5,
        "interactive": True,
        "on": dt.date(2020, 1, 2),
        "ports": ["a", "b"],
        "weights": [1.5, 2.5],
    }
    assert [type(values[name]) for name in ("draws", "share", "interactive")] == [int, float, bool]
    assert {type(item) for item in values["ports"]} == {str}  # type: ignore[union-attr]
    assert p.check(KNOWN, {"share": Decimal("0.25")}) == {"share": 0.25}
    namespace: dict[str, Any] = {}
    exec(p.written(values), namespace)
    assert {name: namespace[name] for name in values} == p.as_json(values)


WRONG: dict[str, list[object]] = {
    "draws": [1.0, True, "1_000", "１２", "9" * 5000, Decimal(1), None],
    "share": ["nan", float("inf"), "1e999", Decimal("NaN"), "0x10", 10**400],
    "interactive": ["maybe", 1],
    "on": ["2024-02-30", dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "2024-1-1"],
    "case": [5, b"x", "a\0b", "\ud800", "x" * 20_001],
    "ports": [{"a"}, {"a": 1}, "[1", "[" * 100_000, 5],
    "weights": [[1, [2]], "a,b"],
}


@pytest.mark.parametrize(("name", "value"), [(name, one) for name, values in WRONG.items() for one in values])
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    assert faults_of({name: value}) == [name]


@given(st.text(max_size=60))
def test_any_text_arrives_as_that_text_or_is_refused(text: str) -> None:
    try:
        values = p.check(KNOWN, {"case": text})
    except InputFaults:
        assert "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text)
        return
    body = ast.parse(p.written(values)).body
    assert len(body) == 1
    assert ast.literal_eval(body[0].value) == text  # type: ignore[attr-defined]


def test_code_in_a_value_stays_text_and_chinese_stays_readable() -> None:
    hostile = "__import__('os').system('id')"
    assert ast.literal_eval(p.written(p.check(KNOWN, {"case": hostile})).split(" = ", 1)[1]) == hostile
    assert p.written(p.check(KNOWN, {"case": "儿童牙刷"})) == "case = '儿童牙刷'"
    with pytest.raises(ValueError, match="not a name"):
        p.written({"a = 1; b": 1})


def test_a_file_of_parameters_means_what_the_notebook_declares_not_what_yaml_guesses() -> None:
    text = "\ufeff# for papermill\non: 2024-05-01\nports: [CNSHA, NO]\nweights:\n- 1\n- 2.5\ncase: no\ninteractive: yes\n"
    found = p.check(KNOWN, read_parameters(text.encode(), "p.yaml"))
    assert found == {
        "case": "no",
        "on": dt.date(2024, 5, 1),
        "ports": ["CNSHA", "NO"],
        "weights": [1.0, 2.5],
        "interactive": True,
    }
    assert read_parameters(b"# none\n", "p.yaml") == {} == parameters_of(None)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("draws: null\ndraws: 3\nshare: {a: 1}", ["p.yaml:1 draws", "p.yaml:2", "p.yaml:3 share"]),
        ("case: [a, [b]]\n[a]: 3", ["p.yaml:1 case", "p.yaml:2"]),
        ("- a", ["p.yaml:1"]),
        ("a: [1", ["p.yaml:1"]),
        ("a: &x [1]\nb: *y", ["p.yaml:2"]),
        ("a: " + "[" * 5000, ["p.yaml"]),
    ],
)
def test_what_is_wrong_with_a_file_of_parameters_is_said_at_once_with_its_line(
    text: str, places: list[str]
) -> None:
    with pytest.raises(InputFaults) as caught:
        read_parameters(text.encode(), "p.yaml")
    assert [fault.place for fault in caught.value.faults] == places


def test_code_in_a_file_of_parameters_stays_a_text() -> None:
    text = b"case: !!python/object/apply:os.system [echo]\nports: !!python/name:os.system ''"
    found = read_parameters(text, "p.yaml")
    assert found == {"case": ["echo"], "ports": ""}


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_a_written_file_of_parameters_reads_back(values: dict[str, str]) -> None:
    import yaml

    clean = {name: one for name, one in values.items() if name.isidentifier()}
    raw = yaml.safe_dump(clean, default_style='"').encode()
    assert read_parameters(raw, "p.yaml") == clean


def test_a_file_of_parameters_that_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"a: " + b"1" * 1_000_001)
    for path in (large, tmp_path / "none.yaml"):
        with pytest.raises(InputFaults):
            parameters_of(path)
