"""Inspection rates under officer hours, the random arm, and what happens to each lot."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from riskkit.application.supervision.inspection_rates import decide, inspection_rates
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.monitoring.random_draw import ticket

ON = dt.date(2026, 5, 1)


def facts(**columns: object) -> pd.DataFrame:
    plain = {"port": ["P", "P", "Q"], "n_lots": [100, 100, 50], "hours_per_lot": [1.0, 2.0, 1.0],
             "rate": [0.2, 0.3, 0.1], "harm": [1.0, 2.0, 1.0], "rate_floor": [0.0, 0.0, 0.0]}  # fmt: skip
    return pd.DataFrame(plain | columns, index=["a", "b", "c"])


def by_linear_programme(rows: pd.DataFrame, hours: dict[str, float]) -> float:
    """The least harm that any shares leave, by a general solver."""
    work, worth = rows["n_lots"] * rows["hours_per_lot"], rows["n_lots"] * rows["rate"] * rows["harm"]
    at = np.array([[port == one for one in rows["port"]] for port in hours], dtype=float)
    total = at @ work
    random = [min(1.0, 0.1 * h / t) if t else 1.0 for h, t in zip(hours.values(), total, strict=True)]
    lows = at.T @ np.array(random)
    found = linprog(-worth, A_ub=at * work.to_numpy(), b_ub=list(hours.values()),
                    bounds=[(low * (1 - 1e-12), 1) for low in lows])  # fmt: skip
    return float(worth.sum() + found.fun)


def test_a_known_answer():
    found = inspection_rates(facts(), hours={"P": 90, "Q": 20}, on=ON)
    # P: 9 of 90 hours at random over 300 hours of work is 3 %; b avoids 0.3 an hour and a 0.2, so b takes the 81
    assert found["rate_random"].tolist() == pytest.approx([0.03, 0.03, 0.04])
    assert found["rate_targeted"].tolist() == pytest.approx([0.0, 81 / 200, 0.36])
    assert found["decision"].tolist() == ["random_only", "targeted", "targeted"]
    assert found.groupby(["P", "P", "Q"])["hours"].sum().tolist() == pytest.approx([90, 20])
    assert found["margin"].tolist() == pytest.approx([-0.1, 0.0, 0.0])


cells = st.tuples(
    st.sampled_from("PQ"), st.integers(1, 500), st.floats(0.2, 8), st.floats(0, 1), st.floats(0, 50)
)


@given(st.lists(cells, min_size=1, max_size=12), st.floats(1, 2000), st.floats(1, 2000))
def test_no_other_shares_leave_less_harm_and_a_tenth_is_random(rows: list[tuple], p: float, q: float):
    table = pd.DataFrame(rows, columns=["port", "n_lots", "hours_per_lot", "rate", "harm"]).assign(
        rate_floor=0
    )
    hours = {"P": p, "Q": q}
    found = inspection_rates(table, hours=hours, on=ON)
    least = by_linear_programme(table, hours)
    assert found["harm_missed"].sum() == pytest.approx(least, rel=1e-5, abs=1e-5)
    assert found["rate_inspected"].between(-1e-9, 1 + 1e-9).all()
    work = table["n_lots"] * table["hours_per_lot"]
    for port, group in found.groupby(table["port"]):
        assert group["hours"].sum() <= hours[port] * (1 + 1e-9)
        at_random = (group["rate_random"] * work[group.index]).sum()
        assert at_random >= min(0.1 * hours[port], work[group.index].sum()) * (1 - 1e-9)


def test_more_hours_never_leave_more_harm():
    missed = [
        inspection_rates(facts(), hours={"P": h, "Q": 5}, on=ON)["harm_missed"].sum()
        for h in range(0, 400, 40)
    ]
    assert (np.diff(missed) <= 1e-9).all()
    assert missed[-1] < missed[0]


def test_every_lot_is_inspected_where_the_hours_suffice():
    found = inspection_rates(facts(), hours={"P": 400, "Q": 500}, on=ON)
    assert set(found["decision"]) == {"all"}
    assert found["harm_missed"].tolist() == pytest.approx([0, 0, 0], abs=1e-9)


def test_a_floor_is_kept_and_one_that_the_hours_do_not_allow_is_refused():
    found = inspection_rates(facts(rate_floor=[0.5, None, 0]), hours={"P": 90, "Q": 20}, on=ON)
    assert found.loc["a", "rate_inspected"] == pytest.approx(0.5)
    assert found.loc["a", "decision"] == "floor"
    with pytest.raises(InputFaults) as refused:
        inspection_rates(facts(rate_floor=[0.8, 0.8, 0.8]), hours={"P": 90, "Q": 20}, on=ON)
    assert [fault.place for fault in refused.value.faults] == ["hours: P", "hours: Q"]


def test_unknown_is_not_low_it_is_said_and_drawn_at_random():
    found = inspection_rates(facts(rate=[None, 0.3, 0.1]), hours={"P": 90, "Q": 20}, on=ON)
    assert found.loc["a", ["decision", "reason"]].tolist() == ["unknown", "facts_missing"]
    assert found.loc["a", "rate_random"] == pytest.approx(0.03)
    assert found.loc["a", ["harm_missed", "margin"]].isna().all()
    # hours left over go to what is unknown before what avoids nothing
    left = inspection_rates(facts(rate=[None, 0.0, 0.1]), hours={"P": 130, "Q": 20}, on=ON)
    assert left.loc["a", "rate_inspected"] == pytest.approx(1)
    assert left.loc["a", "decision"] == "unknown"
    assert left.loc["b", "rate_inspected"] < 0.2


def test_wrong_facts_and_a_random_arm_below_a_tenth_are_refused():
    with pytest.raises(InputFaults) as refused:
        inspection_rates(facts(n_lots=[-1, 100, 50], hours_per_lot=[1, 0, 1]), hours={"P": 9, "Q": 2}, on=ON)
    assert len(refused.value.faults) == 2
    with pytest.raises(InputFaults, match="a port that has hours"):
        inspection_rates(facts(), hours={"P": 90}, on=ON)
    with pytest.raises(InputFaults, match="from 0 up"):
        inspection_rates(facts(), hours={"P": float("nan"), "Q": 2}, on=ON)
    rules = standards.table("supervision_rules")
    rules.loc[rules["rule_id"] == "sv-random", "number"] = 0.05
    with pytest.raises(InputFaults, match="blind spots"):
        inspection_rates(facts(), hours={"P": 90, "Q": 20}, on=ON, rules=rules)


RATES = pd.DataFrame({"rate_random": [0.1, 0.1, 0.0], "rate_targeted": [0.3, 0.9, 0.0], "reason": ["r", "s", "t"]},
                     index=["some", "all", "none"])  # fmt: skip


def test_a_lot_is_decided_by_its_ticket_and_anybody_can_repeat_it():
    lots = pd.DataFrame({"lot_id": [f"L{k}" for k in range(4000)], "subject_id": "some"})
    found = decide(lots, RATES, seed="118")
    assert found["ticket"].iloc[7] == ticket("118", "L7")
    share = int(found["ticket"].iloc[7], 16) / 16**64
    assert (found["decision"].iloc[7] == "inspect") == (share < 0.4)
    # 4,000 lots: five standard deviations of a share of 0.4 are 0.039, of 0.1 are 0.024
    assert (found["decision"] == "inspect").mean() == pytest.approx(0.4, abs=0.039)
    assert (found["arm"] == "random").mean() == pytest.approx(0.1, abs=0.024)
    shuffled = decide(lots.sample(frac=1, random_state=1), RATES, seed="118")
    assert shuffled.loc[lots.index, "decision"].tolist() == found["decision"].tolist()


def test_shares_of_all_and_of_none_hold_for_every_lot_and_a_stranger_is_unknown():
    lots = pd.DataFrame({"lot_id": range(300), "subject_id": ["all", "none", "else"] * 100})
    found = decide(lots, RATES, seed="118").groupby(lots["subject_id"])["decision"].agg(set)
    assert found.to_dict() == {"all": {"inspect"}, "none": {"release"}, "else": {"unknown"}}


def test_lots_that_stand_twice_and_shares_that_are_none_are_refused():
    lots = pd.DataFrame({"lot_id": ["1", "1"], "subject_id": "some"})
    with pytest.raises(InputFaults, match="stands once"):
        decide(lots, RATES, seed="118")
    with pytest.raises(InputFaults, match="without"):
        decide(lots.iloc[:1], RATES, seed="a|b")
    with pytest.raises(InputFaults, match="rate_random"):
        decide(lots.iloc[:1], RATES.assign(rate_random=1.5), seed="118")
    with pytest.raises(InputFaults, match="stands once"):
        decide(lots.iloc[:1], pd.concat([RATES, RATES.iloc[:1]]), seed="118")
