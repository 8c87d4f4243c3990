"""Items of the standard for advanced certified enterprises: limits by hand, unknown facts, wrong input."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.response.credit.certification import check_items

DAY = dt.date(2026, 6, 1)


def outcome(item, **facts):
    value = check_items(pd.DataFrame({name: [value] for name, value in facts.items()}), on=DAY)[item].item()
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(
    ("item", "facts", "expected"),
    [
        (12, {"audit_opinion": 2}, "met"), (12, {"audit_opinion": 1}, "basically_met"), (12, {"audit_opinion": 0}, "not_met"),
        (18, {"amount_largest_penalty": 50_000}, "met"),
        (18, {"amount_largest_penalty": 50_001, "amount_trade": 500_010_000}, "met"),
        (18, {"amount_largest_penalty": 50_001, "amount_trade": 500_000_000}, "not_met"),
        (19, {"n_penalties": 3, "amount_penalties": 100_001, "n_documents": 10**6}, "not_met"),
        (19, {"n_penalties": 4, "amount_penalties": 100_000, "n_documents": 3999}, "not_met"),
        (23, {"n_checked": 50, "n_findings": 5, "n_grave_findings": 1}, "met"),
        (23, {"n_checked": 50, "n_findings": 6, "n_grave_findings": 0}, "not_met"),
        (23, {"n_checked": 100, "n_findings": 10, "n_grave_findings": 2}, "met"),
        (23, {"n_checked": 100, "n_findings": 10, "n_grave_findings": 3}, "not_met"),
        (24, {"amount_recovered_tax": 100_000}, "met"),
        (24, {"amount_recovered_tax": 200_000, "n_large_recoveries": 1, "amount_taxes": 200_000_000}, "met"),
        (24, {"amount_recovered_tax": 200_000, "n_large_recoveries": 2, "amount_taxes": 200_000_000}, "not_met"),
        (36, {"is_bribery": 1}, "not_met"), (21, {"is_trading": 0}, "not_met"), (43, {"is_lowest_grade": 0}, "met"),
    ],
)  # fmt: skip
def test_each_limit_by_hand(item, facts, expected):
    assert outcome(item, **facts) == expected


def test_solvency_counts_its_indicators_and_the_kind_of_enterprise():
    bad = {"ratio_cash": 0.1, "ratio_cash_flow_debt": 0.0, "ratio_current": 0.9}
    assert outcome(13, **bad, ratio_liabilities=0.8, is_producer=1) == "basically_met"
    assert outcome(13, **bad, ratio_liabilities=0.8, is_producer=0) == "not_met"
    assert outcome(13, ratio_cash=0.2, ratio_current=1.0) == "met"


def test_profit_may_be_negative_and_a_missing_indicator_leaves_it_open_only_where_it_matters():
    loss = {
        "amount_net_profit": -5,
        "ratio_operating_profit": -0.1,
        "amount_operating_profit": -1,
        "amount_operating_cash_flow": -2,
    }
    assert outcome(14, **loss, ratio_gross_margin=0.0, ratio_return_on_assets=-0.2) == "not_met"
    assert outcome(14, **loss, ratio_gross_margin=0.02) is None
    assert outcome(14, amount_net_profit=1, ratio_gross_margin=0.02) == "met"


def test_nothing_known_leaves_every_item_open():
    found = check_items(pd.DataFrame(index=["A"]), on=DAY)
    assert found.shape == (1, 32) and found.isna().all(axis=None)


def test_the_items_are_those_of_the_shared_table_with_their_windows():
    theirs = pd.read_csv(shared("data", "credit_rules_cn", "aeo_advanced_2026_items_12_43.csv"), dtype=str)
    mine = standards.all_rows("aeo_items").set_index("item")
    assert [int(item) for item in theirs["item"]] == mine.index.tolist()
    window = theirs["window"].map({"yearly": 12, "1y": 12, "2y": 24, "now": 0, "-": 0})
    assert np.array_equal(window.to_numpy(), mine["months"].to_numpy())


def test_wrong_input_and_a_day_before_the_standard_are_refused():
    with pytest.raises(InputFaults, match="n_penalties"):
        check_items(pd.DataFrame({"n_penaltys": [1]}), on=DAY)
    with pytest.raises(InputFaults) as caught:
        check_items(pd.DataFrame({"n_penalties": [-1], "is_bribery": [2]}), on=DAY)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="2026-04-01"):
        check_items(pd.DataFrame({"n_penalties": [1]}), on=dt.date(2026, 3, 31))
