"""The loop: evidence and decisions of a year in the next plan, and the record of what assessments changed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.application.next_plan import next_plan, with_decisions, with_evidence
from riskkit.application.quality_index.adoptions import KINDS, adoption_rates, decide
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.monitoring.plan.plan import KEYS, PlanRules, monitoring_plan

DAY = dt.date(2026, 12, 1)
CELLS = pd.read_csv(shipped.home() / "data" / "plan_sample" / "plan_cells.csv")
NOTHING = pd.DataFrame({name: [] for name in ("commodity", "kind", "decision")})
NO_RECORDS = CELLS[[*KEYS, "n_tested", "n_nonconforming"]].iloc[:0]


def made(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["commodity", "origin", "kind", "decision"])


def test_without_evidence_and_decisions_nothing_changes():
    found = next_plan(CELLS, NO_RECORDS, NOTHING, on=DAY, budget=20_000, seed="118")
    plain = monitoring_plan(CELLS, budget=20_000, seed="118")
    assert found.plan.cells["n_samples"].tolist() == plain.cells["n_samples"].tolist()
    assert not found.changes[["change_evidence", "change_decisions"]].to_numpy().any()
    assert found.outside.empty and found.unmatched.empty


def test_each_change_is_its_part_of_evidence_and_its_part_of_decisions():
    commodity = CELLS["commodity"].iloc[0]
    seen = CELLS[[*KEYS]].iloc[3:6].assign(n_tested=200, n_nonconforming=60)
    found = next_plan(
        CELLS, seen, made((commodity, None, "warning", "level_4")), on=DAY, budget=20_000, seed="118"
    )
    changes = found.changes
    assert (changes["change_evidence"] + changes["change_decisions"]).tolist() == (
        changes["n_after"] - changes["n_before"]
    ).tolist()
    assert changes["change_evidence"].any() and changes["change_decisions"].any()
    assert changes.loc[changes["commodity"] == commodity, "change_decisions"].sum() > 0
    assert (changes["rules"] != "").tolist() == (changes["commodity"] == commodity).tolist()


def test_the_share_drawn_by_lot_depends_on_no_decision():
    everything = [(name, None, "warning", "level_4") for name in CELLS["commodity"].unique()[::2]]
    rules = PlanRules(0.3, 0.05, 0.5)
    plain = monitoring_plan(CELLS, budget=20_000, seed="118", rules=rules)
    found = next_plan(
        CELLS, NO_RECORDS, made(*everything), on=DAY, budget=20_000, seed="118", plan_rules=rules
    )
    assert found.plan.cells["n_random"].tolist() == plain.cells["n_random"].tolist()


def test_evidence_is_added_up_and_what_lies_outside_every_cell_is_not_lost():
    first = CELLS.iloc[[0]]
    seen = pd.concat([first[[*KEYS]]] * 3).assign(n_tested=[10, 20, np.nan], n_nonconforming=[1, 2, 1])
    strange = first[[*KEYS]].assign(origin="ZZ", n_tested=7, n_nonconforming=7)
    cells, outside = with_evidence(
        CELLS.assign(n_tested=CELLS["n_tested"].astype(float)), pd.concat([seen, strange])
    )
    assert cells.loc[0, "n_tested"] == first["n_tested"].iloc[0] + 30
    assert cells.loc[0, "n_nonconforming"] == first["n_nonconforming"].iloc[0] + 3
    assert outside[["origin", "n_tested", "n_nonconforming"]].values.tolist() == [["ZZ", 7, 7]]


def test_a_cell_that_nobody_tested_stays_unknown():
    cells = CELLS.assign(n_tested=np.nan, n_nonconforming=np.nan)
    seen = CELLS[[*KEYS]].iloc[[1]].assign(n_tested=5, n_nonconforming=0)
    found, _ = with_evidence(cells, seen)
    assert found["n_tested"].isna().tolist() == [row != 1 for row in range(len(cells))]


def test_one_decision_counts_once_and_kinds_multiply():
    name, origin = CELLS.loc[0, ["commodity", "origin"]]
    rows = made((name, None, "warning", "level_2"), (name, origin, "warning", "level_4"),
                (name, origin, "warning", "level_4"), (name, None, "effect", "lower"),
                ("unicorn", None, "warning", "level_1"))  # fmt: skip
    cells, unmatched = with_decisions(CELLS, rows, on=DAY)
    mine = (cells["commodity"] == name) & (cells["origin"] == origin)
    assert set(cells.loc[mine, "factor"]) == {2.0 * 0.8}
    assert set(cells.loc[(cells["commodity"] == name) & ~mine, "factor"]) <= {1.2 * 0.8}
    assert set(cells.loc[cells["commodity"] != name, "factor"]) == {1.0}
    assert cells.loc[mine, "rules"].iloc[0] == "np-02 np-04 np-05" and list(unmatched["commodity"]) == [
        "unicorn"
    ]


def test_every_fault_of_decisions_is_listed_at_once():
    rows = made(
        (None, None, "warning", "level_1"), ("a", None, "warnings", "level_1"), ("a", None, "effect", "lowr")
    )
    with pytest.raises(InputFaults) as wrong:
        with_decisions(CELLS, rows, on=DAY)
    assert len(wrong.value.faults) == 3 and "lower" in str(wrong.value)


@settings(max_examples=5)
@given(st.integers(0, len(CELLS) - 1), st.integers(1, 3))
def test_a_graver_level_never_takes_samples_away_from_the_commodity(row, level):
    name = CELLS["commodity"].iloc[row]
    n = [
        next_plan(CELLS, NO_RECORDS, made((name, None, "warning", f"level_{one}")), on=DAY, budget=9_000, seed="1")
        .changes.loc[lambda t: t["commodity"] == name, "n_after"].sum()
        for one in (level, level + 1)
    ]  # fmt: skip
    assert n[1] >= n[0]


ROW = {"assessment_id": "lamps", "finding": "plug", "kind": "plan", "found_on": "2025-03-01",
       "decided_on": "2025-04-01", "result_due_on": "2025-12-31", "result_on": None, "answer": "adopted",
       "reason": None, "result": None}  # fmt: skip


def entries(*changes: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([ROW | {"finding": f"f{k}"} | one for k, one in enumerate(changes)])


def test_a_finding_leads_to_a_decision_and_a_result_or_says_where_it_stands():
    rows = entries(
        {}, {"result_due_on": None}, {"result_on": "2025-12-01", "result": "31 lots stopped"},
        {"answer": "rejected", "reason": "too dear"}, {"answer": None, "decided_on": None}, {"result_due_on": "2026-12-01"},
    )  # fmt: skip
    found = decide(rows, on=DAY)
    assert found["decision"].tolist() == [
        "result_overdue",
        "result_open",
        "result_shown",
        "rejected",
        "undecided",
        "result_open",
    ]
    assert found["margin"].fillna(999).tolist() == [-335, 999, 30, 999, 999, 0]
    assert found["days_to_decide"].tolist() == [31, 31, 31, 31, 640, 31]
    rates = adoption_rates(rows, on=DAY).loc["plan"]
    assert rates[["n", "n_undecided", "n_rejected", "n_adopted", "n_result_shown"]].tolist() == [
        6,
        1,
        1,
        4,
        1,
    ]
    # Wilson's interval of 4 of 5
    assert rates[["share_adopted_lo", "share_adopted_hi"]].tolist() == pytest.approx(
        [0.3755, 0.9638], abs=1e-4
    )


def test_nothing_decided_gives_no_share():
    rates = adoption_rates(entries({"answer": None, "decided_on": None}), on=DAY).loc["plan"]
    assert rates[["share_adopted", "share_adopted_lo", "median_days"]].isna().all()


@pytest.mark.parametrize(
    "change",
    [{"kind": "plans"}, {"answer": "yes"}, {"found_on": "2025-13-01"}, {"found_on": "2026-12-02", "decided_on": None, "answer": None},
     {"decided_on": "2025-02-01"}, {"answer": None}, {"result_on": "2025-03-15", "result": "x"},
     {"result_on": "2025-06-01"}, {"answer": "rejected"}, {"finding": None}, {"decided_on": None}],
)  # fmt: skip
def test_what_cannot_be_is_refused(change):
    with pytest.raises(InputFaults):
        decide(entries({}, change), on=DAY)


def test_a_finding_entered_twice_is_refused_with_every_other_fault():
    rows = pd.concat([entries({}), entries({}), entries({"kind": None, "answer": "yes"}).assign(finding="z")])
    with pytest.raises(InputFaults) as wrong:
        decide(rows, on=DAY)
    assert len(wrong.value.faults) == 3


def test_what_a_finding_can_change_includes_all_kinds_of_decision_of_the_loop():
    assert set(standards.table("next_plan_rules")["kind"]) - {"effect", "enterprise"} <= set(KINDS)
