"""The moving weighted average of repeated information about one product and maker."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_scoring import moving_beta

from riskkit.assessment.what_if.repeated_information import (
    COLUMNS,
    MovingWeights,
    house_weights,
    repeated_information,
    state_on,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards.scales import scale

START = dt.date(2024, 1, 1)
FOREVER = MovingWeights(half_life=np.inf, alpha=1, beta=1, rate_limit=0.1, alert=0.95)
BATCHES = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 60), st.integers(0, 60), st.integers(1, 4)),
    min_size=1,
    max_size=8,
)


def records(batches: list[tuple[int, int, int, float]], *, maker: str = "A") -> pd.DataFrame:
    rows = [
        ("toy", maker, (START + dt.timedelta(days=day)).isoformat(), n, min(x, n), h)
        for day, n, x, h in batches
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_without_forgetting_it_is_the_plain_beta_posterior() -> None:
    # Beta(1, 1) and no failure in 299: mean 1/301, upper 95 % limit 1 − 0.05^(1/300)
    found = repeated_information(
        records([(0, 299, 0, 1)]), weights=dataclasses.replace(FOREVER, level=0.90)
    ).iloc[0]
    assert found["rate_mean"] == pytest.approx(1 / 301)
    assert found["rate_hi"] == pytest.approx(1 - 0.05 ** (1 / 300))
    assert pd.isna(found["grade"]) and np.isnan(found["hazard_mean"])


def test_without_forgetting_only_the_totals_count() -> None:
    split = repeated_information(records([(0, 10, 2, 3), (400, 30, 1, 3)]), weights=FOREVER).iloc[-1]
    whole = repeated_information(records([(0, 40, 3, 3)]), weights=FOREVER).iloc[-1]
    for name in ("rate_mean", "rate_lo", "rate_hi", "p_above", "index_mean"):
        assert split[name] == pytest.approx(whole[name])


@given(BATCHES, st.integers(30, 2000))
def test_moving_sums_agree_with_the_slow_ones(
    batches: list[tuple[int, int, int, float]], half_life: int
) -> None:
    weights = dataclasses.replace(house_weights(), half_life=float(half_life))
    found = repeated_information(records(batches), weights=weights)
    slow = [(day, n, min(x, n)) for day, n, x, _ in batches]
    for row in found.to_dict("records"):
        day = (dt.date.fromisoformat(row["date"]) - START).days
        mean, above = moving_beta(slow, on=day, half_life=half_life, prior=weights.alpha)
        assert row["rate_mean"] == pytest.approx(mean, rel=1e-9)
        assert row["p_above"] == pytest.approx(above, rel=1e-7, abs=1e-12)


@given(BATCHES)
def test_order_of_records_and_other_makers_do_not_matter(batches: list[tuple[int, int, int, float]]) -> None:
    alone = repeated_information(records(batches), weights=house_weights())
    mixed = pd.concat([records(batches[::-1]), records([(5, 20, 20, 4), (700, 3, 1, 2)], maker="B")])
    both = repeated_information(mixed.reset_index(drop=True), weights=house_weights())
    pd.testing.assert_frame_equal(both[both["maker"] == "A"].reset_index(drop=True), alone)


@given(BATCHES, st.integers(0, 900))
def test_one_more_nonconforming_item_never_lowers_the_rate(
    batches: list[tuple[int, int, int, float]], day: int
) -> None:
    better = repeated_information(records([*batches, (day, 10, 2, 3)]), weights=house_weights())
    worse = repeated_information(records([*batches, (day, 10, 3, 3)]), weights=house_weights())
    for name in ("rate_mean", "rate_lo", "rate_hi", "p_above"):
        assert (worse[name] >= better[name] - 1e-12).all()


@given(BATCHES)
def test_intervals_and_grades_are_in_order(batches: list[tuple[int, int, int, float]]) -> None:
    found = repeated_information(records(batches), weights=house_weights())
    assert (found["rate_lo"] <= found["rate_hi"]).all()
    known = found[found["grade"].notna()]
    assert (known["grade_lo"].cat.codes <= known["grade_hi"].cat.codes).all()
    assert known["hazard_mean"].between(1, 4).all()
    assert known["grade"].isin(scale("repeated").codes).all()
    assert found["is_alert"].equals(found["p_above"] >= house_weights().alert)


def test_old_information_fades_toward_the_prior() -> None:
    weights = house_weights()
    found = repeated_information(records([(0, 20, 10, 4)]), weights=weights)
    means = [
        state_on(found, START + dt.timedelta(days=days), weights=weights)["rate_mean"].item()
        for days in (0, 365, 3650, 36500)
    ]
    assert means[0] == pytest.approx(found["rate_mean"].item())
    assert means[1] == pytest.approx((0.5 + 5) / (1 + 10))
    assert means[-1] == pytest.approx(0.5)
    wider = state_on(found, START + dt.timedelta(days=3650), weights=weights)
    assert (
        wider["rate_hi"].item() - wider["rate_lo"].item() > found["rate_hi"].item() - found["rate_lo"].item()
    )
    assert wider["hazard_mean"].item() == pytest.approx(4.0)


def test_state_on_a_day_uses_nothing_later() -> None:
    found = repeated_information(records([(0, 20, 10, 4), (100, 50, 0, 1)]), weights=house_weights())
    before = state_on(found, START + dt.timedelta(days=50), weights=house_weights())
    assert before["n_records"].tolist() == [1] and before["days_since"].tolist() == [50]
    assert state_on(found, START - dt.timedelta(days=1), weights=house_weights()).empty


@given(BATCHES, st.integers(0, 400))
def test_state_on_equals_an_empty_look_on_that_day(
    batches: list[tuple[int, int, int, float]], later: int
) -> None:
    weights = house_weights()
    found = repeated_information(records(batches), weights=weights)
    day = START + dt.timedelta(days=901 + later)
    slow = [(d, n, min(x, n)) for d, n, x, _ in batches]
    mean, _ = moving_beta(slow, on=901 + later, half_life=weights.half_life, prior=weights.alpha)
    assert state_on(found, day, weights=weights)["rate_mean"].item() == pytest.approx(mean, rel=1e-9)


def test_same_day_records_are_added_up() -> None:
    found = repeated_information(records([(0, 10, 2, 2), (0, 10, 2, 4)]), weights=FOREVER)
    assert len(found) == 1 and found["n_records"].item() == 2
    assert found["hazard_mean"].item() == pytest.approx(3.0)


def test_every_fault_is_named() -> None:
    bad = pd.DataFrame(
        [("toy", None, "2024-13-01", 0, 0, None), ("toy", "A", "2024-01-01", 5, 6, None)],
        columns=list(COLUMNS),
    )
    with pytest.raises(InputFaults) as error:
        repeated_information(bad, weights=house_weights())
    assert [fault.place for fault in error.value.faults] == [
        "row 0: maker",
        "row 0: date",
        "row 0: n_tested",
        "row 1: n_nonconforming",
        "row 1: hazard_score",
    ]
    with pytest.raises(InputFaults, match="hazard_score: missing"):
        repeated_information(bad.drop(columns="hazard_score"), weights=house_weights())
    with pytest.raises(InputFaults) as wrong:
        MovingWeights(half_life=0, alpha=-1, beta=1, rate_limit=2, alert=0.5)
    assert [fault.place for fault in wrong.value.faults] == ["half_life", "alpha", "rate_limit"]
