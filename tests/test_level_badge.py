"""The level that is shown: the gravest that half of the simulations reach; ranges and spread told apart."""

from __future__ import annotations

import datetime as dt
import functools
import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.assessment.case import Assessment, assess, load_case, parse_case
from riskkit.foundation import shipped
from riskkit.foundation.scales import scale
from riskkit.foundation.toml_file import TomlFile, read_toml
from riskkit.warning.level_badge import badge_shares, level_badge
from riskkit.workbench.runs.result import result_record

LEVELS = scale("warning").codes
CASES = sorted(path.stem for path in (shipped.home() / "data" / "cases").glob("*.toml"))
GRADED = [name for name in CASES if load_case(name).goods != "food"]
ranks = st.lists(st.integers(1, 4), min_size=1, max_size=60)


@functools.cache
def assessed(name: str) -> Assessment:
    return assess(load_case(name), rng=np.random.default_rng(3), draws=800)


@given(ranks, st.sampled_from([Fraction(1, 2), Fraction(1, 4), Fraction(4, 5)]))
def test_the_badge_equals_the_obvious_version(found: list[int], share: Fraction) -> None:
    drawn = np.array(found, dtype=np.int8)
    badge = level_badge((drawn, drawn), (1, 1), shares=(float(share), 0.2))
    reached = [Fraction(sum(one >= rank for one in found), len(found)) for rank in range(1, 5)]
    want = max(rank for rank in range(1, 5) if reached[rank - 1] >= share)
    assert badge.level == badge.level_hi == LEVELS[want - 1]
    assert badge.p_level == pytest.approx(found.count(want) / len(found))
    assert badge.p_reached == pytest.approx(float(reached[want - 1]))
    graver = {LEVELS[rank - 1] for rank in range(want + 1, 5) if reached[rank - 1] >= Fraction(1, 5)}
    assert {level for level, _ in badge.may_be} == graver
    assert all(0.2 <= part < float(share) for _, part in badge.may_be)


@given(ranks, st.data())
def test_a_worse_simulation_never_makes_the_badge_milder(found: list[int], data: st.DataObject) -> None:
    worse = [data.draw(st.integers(one, 4)) for one in found]
    before, after = (
        level_badge((np.array(one, dtype=np.int8),) * 2, (1, 1), shares=(0.5, 0.2)) for one in (found, worse)
    )
    assert LEVELS.index(after.level) >= LEVELS.index(before.level)


def test_half_is_enough_and_less_is_not() -> None:
    at_half = np.array([3, 4], dtype=np.int8)
    assert level_badge((at_half, at_half), (3, 3), shares=(0.5, 0.2)).level == "Ⅰ"
    below = np.array([3] * 51 + [4] * 49, dtype=np.int8)
    badge = level_badge((below, below), (4, 4), shares=(0.5, 0.2))
    assert (badge.level, badge.best, badge.may_be) == ("Ⅱ", "Ⅰ", (("Ⅰ", 0.49),))
    assert badge.differs_from_best() and not badge.is_range()


def test_missing_facts_leave_a_range_and_do_not_mix_with_the_spread() -> None:
    lo, hi = np.array([2, 2, 2, 3, 3], dtype=np.int8), np.array([3, 3, 3, 4, 4], dtype=np.int8)
    badge = level_badge((lo, hi), (2, 3), shares=(0.5, 0.2))
    assert (badge.level, badge.level_hi, badge.is_range()) == ("Ⅲ", "Ⅱ", True)
    assert (badge.p_level, badge.may_be) == (0.6, (("Ⅰ", 0.4),))


@pytest.mark.parametrize("shares", [(0.0, 0.2), (1.1, 0.2), (0.5, 0.0), (0.5, 2.0)])
def test_strange_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        level_badge((np.ones(3, dtype=np.int8),) * 2, (1, 1), shares=shares)


def test_no_simulation_has_no_badge() -> None:
    with pytest.raises(ValueError, match="at least one"):
        level_badge((np.ones(0, dtype=np.int8),) * 2, (1, 1), shares=(0.5, 0.2))


def test_the_shares_are_dated_rows() -> None:
    assert badge_shares(on=dt.date(2026, 11, 1)) == (0.5, 0.2)


@pytest.mark.parametrize("name", GRADED)
def test_no_badge_is_contradicted_by_its_own_numbers(name: str) -> None:
    a = assessed(name)
    badge = a.badge
    assert badge is not None and a.risk_badge is not None
    at_least = a.shares["at_least"]
    assert at_least[badge.level] >= 0.5
    assert all(at_least[level] < 0.5 for level in LEVELS[LEVELS.index(badge.level) + 1 :])
    assert LEVELS.index(badge.level) <= LEVELS.index(badge.level_hi)
    assert (badge.best, badge.best_hi) == (a.lo, a.hi)
    assert badge.draws == 800
    if a.presumed:
        assert (a.risk_badge.level, a.risk_badge.p_level) == ("serious", 1.0)
    else:
        tail = a.risk_shares[::-1].cumsum()
        assert tail[a.risk_badge.level] >= 0.5 - 1e-12


def test_the_record_holds_the_badge() -> None:
    record = result_record(assessed("eu-drawstrings-2010"), seed=1)
    text = json.loads(json.dumps(record, allow_nan=False))
    badge = assessed("eu-drawstrings-2010").badge
    assert badge is not None
    assert text["warning"]["badge"]["level"] == badge.level
    assert text["warning"]["badge"]["best"] == "Ⅱ"
    assert set(text["risk"]["badge"]) == set(text["warning"]["badge"])


def test_food_has_no_badge() -> None:
    a = assess(load_case("melamine-milk-2008"), rng=np.random.default_rng(1), draws=9)
    assert a.badge is None and a.risk_badge is None
    assert result_record(a, seed=1)["warning"]["badge"] is None


def with_fact(name: str, fact: str, value: Any) -> Assessment:
    file = read_toml(shipped.case_path(name))
    entry = {"value": value, "basis": "judgement"}
    data = file.data | {"facts": file.data["facts"] | {fact: entry}}
    case = parse_case(TomlFile(file.name, data, file.sha256, file.lines))
    return assess(case, rng=np.random.default_rng(1), draws=4000)


def test_a_count_known_to_be_approximate_gives_the_level_a_probability() -> None:
    """Lamps: medium risk; more than 500,000 of them spreading would be Ⅱ."""
    sure = with_fact("desk-lamps-cbec-2019", "units_on_market", 500_000)
    about = with_fact("desk-lamps-cbec-2019", "units_on_market", {"about": 500_000})
    assert (sure.lo, about.lo) == ("Ⅲ", "Ⅲ")
    graver = [float(one.shares.at["Ⅱ", "at_least"]) for one in (sure, about)]
    assert graver[0] < 0.05
    assert 0.35 < graver[1] < 0.55
    for one in (sure, about):
        assert "units_on_market" in set(one.near_bounds["input"])
        assert any(
            "hangs on a bound" in question.en and "500,001" in question.en for question in one.questions
        )
        assert any("界限附近" in question.zh for question in one.questions)
    far = with_fact("desk-lamps-cbec-2019", "units_on_market", 300_000)
    assert "units_on_market" not in set(far.near_bounds["input"])
