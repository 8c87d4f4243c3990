"""Every value that a result is made of, as JSON: known answers, refusals, and what must never change."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.plain_data import plain


class Colour(enum.Enum):
    RED = "red"


class Grade(enum.IntEnum):
    HIGH = 2


@dataclass(frozen=True)
class Point:
    x: float
    labels: tuple[str, ...]
    day: dt.date | None = None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (float("nan"), None), (math.inf, None), (-np.inf, None), (pd.NA, None), (pd.NaT, None),
        (np.datetime64("NaT"), None), (Decimal("NaN"), None), (Decimal("Infinity"), None),
        (np.float32("nan"), None), (True, True), (np.bool_(False), False), (np.int64(2), 2), (2**70, 2**70),
        (np.uint64(2**64 - 1), 2**64 - 1), (2.0, 2.0), (np.float64(0.1), 0.1), (-0.0, -0.0),
        (Fraction(1, 4), 0.25), (Decimal("0.10"), 0.1), ("级", "级"), (np.str_("a"), "a"), ("<NA>", "<NA>"),
        (dt.date(2026, 1, 2), "2026-01-02"), (dt.time(3, 4), "03:04:00"),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), "2026-01-02T03:00:00+00:00"),
        (pd.Timestamp("2026-01-02 03:04:05"), "2026-01-02T03:04:05"),
        (np.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"), (pd.Period("2026-01", "M"), "2026-01"),
        (Colour.RED, "red"), (Grade.HIGH, 2), ((1, "a"), [1, "a"]), ({3, 1, 2}, [1, 2, 3]),
        (frozenset("ba"), ["a", "b"]), (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(1.5), 1.5), (np.array([1.0, np.nan]), [1.0, None]), ([], []), ({}, {}),
        (pd.array([1, None], dtype="Int64"), [1, None]), (pd.Index(["a"]), ["a"]),
        (pd.Categorical(["a", None]), ["a", None]), (pd.Series({"a": 1, "b": 2}), {"a": 1, "b": 2}),
        (Point(1.5, ("a",)), {"x": 1.5, "labels": ["a"], "day": None}),
        (OrderedDict([(1, Point(math.nan, ()))]), {"1": {"x": None, "labels": [], "day": None}}),
        ({Colour.RED: 1, dt.date(2026, 1, 2): 2}, {"red": 1, "2026-01-02": 2}),
    ],
)  # fmt: skip
def test_each_kind_of_value_becomes_what_json_holds(value: Any, expected: Any) -> None:
    found = plain(value)
    assert found == expected and type(found) is type(expected)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_table_becomes_rows_in_which_whole_numbers_stay_whole() -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "k": [1, 2],
            "rate": [0.123456789012345, np.nan],
            "day": [pd.Timestamp("2026-01-02"), pd.NaT],
            "name": ["a", pd.NA],
        }
    )
    found = plain(table, digits=10)
    assert found == [
        {"n": 1, "k": 1, "rate": 0.123456789, "day": "2026-01-02T00:00:00", "name": "a"},
        {"n": None, "k": 2, "rate": None, "day": None, "name": None},
    ]
    assert [type(row["k"]) for row in found] == [int, int]


@pytest.mark.parametrize(
    "value",
    [
        b"bytes", bytearray(b"a"), memoryview(b"a"), 1j, np.complex128(1), np.timedelta64(1, "D"),
        pd.Timedelta(1), dt.timedelta(1), object(), len, Point, np.array([b"a"]), pd.Interval(0, 1),
        (part for part in "ab"), np.void(b"ab"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_json_has_nothing_for_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(TypeError, match="no plain data") as refused:
        plain({"a": [1, {"b": value}]})
    assert "value.a[1].b" in str(refused.value)


def test_names_that_become_one_and_data_that_hold_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="two values under '1'"):
        plain({1: "a", "1": "b"})
    with pytest.raises(TypeError, match="no name"):
        plain({(1, 2): "a"})
    with pytest.raises(TypeError, match="no name"):
        plain({None: "a"})
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="hold itself"):
        plain(loop)
    with pytest.raises(ValueError, match="beyond"):
        plain(Fraction(10**400, 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_json_holds_already_comes_back_unchanged(value: Any) -> None:
    assert plain(value) == value
    assert plain(plain(value, digits=10), digits=10) == plain(value, digits=10)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 15))
def test_rounding_moves_a_number_by_half_a_digit_at_most(x: float, digits: int) -> None:
    found = plain(x, digits=digits)
    assert found is not None and abs(Fraction(found) - Fraction(x)) <= abs(Fraction(x)) * 51 / 10 ** (
        digits + 1
    )
