"""Disproportionality: equal to printed examples and to other programs, defined for every table."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import own, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.monitoring.disproportionality import corrected, decide, ranked, statistics, thresholds
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.report_pairs import pair_sums, report_pairs, zero_pairs
from riskkit.monitoring.signal_warnings import duplicate_reports, duplicate_warnings, masking

DAY = dt.date(2026, 1, 1)
ORACLE = own("disproportionality.json")
CELLS = ["a", "b", "c", "d"]
NAMES = ["product", "event"]
cells = st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=30)


# Statistics


def test_statistics_equal_printed_and_hand_computed_examples():
    expected = pd.DataFrame(ORACLE["statistics"]["tables"])
    found = statistics(expected[CELLS])
    for column in expected.columns.difference(CELLS):
        known = expected[column].notna()
        np.testing.assert_allclose(
            found.loc[known, column],
            expected.loc[known, column],
            rtol=ORACLE["statistics"]["rtol"],
            atol=6e-7,
        )
    assert round(found["prr"][0]) == ORACLE["statistics"]["printed"]["prr"]
    assert round(found["chi2"][0], -1) == ORACLE["statistics"]["printed"]["chi2"]


@pytest.mark.parametrize("name", ["tables_2x2", "caers_pairs", "phvid_pairs"])
def test_statistics_equal_five_programs_in_every_column(name):
    folder = shared("oracles", "disproportionality")
    peer = pd.read_csv(folder / f"{name}.expected.csv")
    tables = peer[CELLS]
    if name == "caers_pairs":
        tables = report_pairs(pd.read_csv(folder / "caers_reports.input.csv"))
    elif name == "phvid_pairs":
        tables = pair_sums(pd.read_csv(folder / "phvid_pairs.input.csv"))
    if name != "tables_2x2":
        tables = peer[NAMES].merge(tables, how="left")
        assert (tables[CELLS] == peer[CELLS]).all(axis=None)
    found = statistics(tables)
    for column in peer.columns[peer.columns.get_loc("expected") :]:
        known = peer[column].notna()
        np.testing.assert_allclose(found.loc[known, column], peer.loc[known, column], rtol=1e-8, atol=1e-10)
        if not column.startswith("bcpnn"):  # defined here also where the peer leaves it blank
            assert (found[column].isna() == ~known).all()


def test_zero_cells_have_defined_answers():
    zeros = pd.DataFrame(
        [[0, 10, 5, 85], [5, 20, 0, 75], [3, 0, 12, 85], [0, 0, 3, 4], [2, None, 3, 4]], columns=CELLS
    )
    found = statistics(zeros)
    notes = [
        "no_joint_report",
        "event_not_elsewhere",
        "product_always_with_event",
        "margin_of_zero",
        "missing",
    ]
    assert found["note"].tolist() == notes
    assert found["prr"][0] == 0
    assert np.isinf(found["prr"][1])
    assert np.isinf(found["ror"][2])
    assert found.loc[:2, ["ic", "ic025", "fisher_midp_greater", "bcpnn_ic025_normal"]].notna().all(axis=None)
    assert found.loc[4].drop("note").isna().all()
    mended = statistics(zeros.iloc[:3], zero_cell=0.5)
    assert np.isfinite(mended[["prr_lo95", "ror_lo95", "ror_hi95"]]).all(axis=None)
    assert mended["ror"][1] == pytest.approx((5.5 * 75.5) / (20.5 * 0.5))
    assert (mended["ic"] == found["ic"][:3]).all()


@given(cells)
def test_statistics_are_total_and_ordered(rows):
    tables = pd.DataFrame(rows, columns=CELLS)
    found = statistics(tables)
    some = tables.sum(axis=1) > 0
    good = found[some]
    assert (good["ic025"] <= good["ic"]).all()
    assert (good["ic"] <= good["ic975"]).all()
    assert (good["ic005"] <= good["ic025"]).all()
    assert good["fisher_p_greater"].between(0, 1 + 1e-12).all()
    more = statistics(tables.assign(a=tables["a"] + 1, expected=found["expected"].fillna(0)))
    assert (more.loc[some, "ic"] > good["ic"]).all()


def test_bad_cells_are_refused_all_at_once():
    bad = pd.DataFrame({"a": [-1, 1, 2], "b": [1, 2.5, 3], "c": [1, 1, "x"], "d": [1, 1, np.inf]})
    with pytest.raises(InputFaults) as caught:
        statistics(bad)
    assert len(caught.value.faults) == 4


# Counting


def test_a_report_counts_once_however_often_it_says_the_same():
    rows = pd.DataFrame(
        {
            "report_id": [1, 1, 1, 2, 3, 3],
            "product": list("AAABAB"),
            "event": list("xxyxyy"),
            "sex": ["f", "f", "f", "m", None, None],
        }
    )
    whole = report_pairs(rows).set_index(NAMES)
    assert whole.loc[("A", "x"), CELLS].tolist() == [1, 1, 1, 0]
    assert whole.loc[("A", "y"), CELLS].tolist() == [2, 0, 0, 1]
    split = report_pairs(rows, strata=["sex"]).set_index(NAMES)
    assert split.loc[("A", "y"), "expected"] == 2  # f: 1·1/1, m: 0·0/1, missing: 1·1/1
    assert whole.loc[("A", "y"), "expected"] == pytest.approx(2 * 2 / 3)


def test_reports_without_product_are_refused_with_their_rows():
    with pytest.raises(InputFaults, match="row 1: event"):
        report_pairs(pd.DataFrame({"report_id": [1, 2], "product": ["A", "B"], "event": ["x", None]}))
    with pytest.raises(InputFaults, match="row 0: n11"):
        pair_sums(pd.DataFrame({"product": ["A"], "event": ["x"], "n11": [-1]}))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=25))
def test_pairs_agree_with_a_table_that_is_counted_whole(rows):
    pairs = pd.DataFrame(rows, columns=["product", "event", "n11"])
    full = pairs.pivot_table(index="product", columns="event", values="n11", aggfunc="sum", fill_value=0)
    found = pair_sums(pairs)
    for row in found.itertuples():
        a = full.loc[row.product, row.event]
        assert (row.a, row.a + row.b) == (a, full.loc[row.product].sum())
        assert (row.a + row.c, row.a + row.b + row.c + row.d) == (
            full[row.event].sum(),
            full.to_numpy().sum(),
        )
    zeros = zero_pairs(found)
    assert zeros["weight"].sum() == (full == 0).to_numpy().sum()
    assert (zeros["weight"] * zeros["expected"]).sum() + found["expected"].sum() == pytest.approx(
        full.to_numpy().sum()
    )


# Correction, threshold, ranking


def test_correction_equals_the_printed_example():
    p = pd.Series(ORACLE["false_discovery"]["p"])
    np.testing.assert_allclose(corrected(p), ORACLE["false_discovery"]["bh"], rtol=2e-5)
    for method, n in ORACLE["false_discovery"]["rejected"].items():
        assert (corrected(p, method=method) <= 0.05).sum() == n
    assert (corrected(p, method="by") >= corrected(p)).all()
    with pytest.raises(ValueError, match="bh, by, bonferroni"):
        corrected(p, method="holm")


def test_each_published_rule_at_its_threshold():
    facts = pd.DataFrame(
        {"a": [3, 3, 2, 5, 5, 3], "prr": [2, 1.99, 9, 1, 1, 1], "chi2": [4, 9, 9, 0, 0, 0], "prr_lo95": [0, 0, 0, 1, 0.99, 2],
         "eb05": [0, 0, 0, 0, 0, 1.8], "ebgm": [0, 0, 0, 0, 0, 2.5], "ror_lo95": 1.0, "ic025": 0.0}
    )  # fmt: skip
    margins = thresholds(facts, on=DAY)
    assert (margins["evans"] >= 0).tolist() == [True, False, False, False, False, False]
    assert (margins["ema"] >= 0).tolist() == [False, False, False, True, False, False]
    assert (margins["mhra"] >= 0).tolist() == [False, False, False, False, False, True]
    assert (margins[["ror", "ic"]] < 0).all(axis=None)  # to be exceeded, and only reached
    found = decide(facts, on=DAY)
    assert found["decision"].tolist() == ["signal", "no_signal", "no_signal", "signal", "no_signal", "signal"]
    assert found["is_on_boundary"][0]
    assert found["n_rules"].unique().tolist() == [6]
    assert found.loc[5, ["rule_id", "status"]].tolist() == ["mhra", "derived"]


def test_unknown_is_not_low():
    facts = pd.DataFrame({"a": [9, 9, 1], "prr": [None, 3, None], "chi2": [5, 9, 0]}, index=list("xyz"))
    found = decide(facts, on=DAY)
    assert found["decision"].to_dict() == {"x": "unknown", "y": "signal", "z": "no_signal"}
    assert "缺少" in in_language("zh", reason_text, found["reason"]["x"])
    assert reason_text(found["reason"]["y"]) == "all conditions of a rule are met"


def test_rules_of_ones_own_are_dated_and_checked():
    rules = standards.table("signal_rules").query("rule_id == 'eb05'").assign(valid_from="2020-01-01")
    facts = pd.DataFrame({"eb05": [2.5]})
    assert decide(facts, on=DAY, rules=rules)["decision"].tolist() == ["signal"]
    with pytest.raises(InputFaults, match="in force on 2019"):
        decide(facts, on=dt.date(2019, 1, 1), rules=rules)
    with pytest.raises(InputFaults) as caught:
        decide(facts, on=DAY, rules=rules.assign(measure="eb5", op="<"))
    assert len(caught.value.faults) == 2


def test_ranking_shares_ranks_and_keeps_everybody():
    facts = pd.DataFrame({"eb05": [1, 3, None, 3, 2], "a": [1, 5, 9, 7, 1]}, index=list("abcde"))
    found = ranked(facts, by=["eb05", "a"])
    assert found.index.tolist() == ["d", "b", "e", "a", "c"]
    assert ranked(facts)["rank"].fillna(0).tolist() == [1, 1, 3, 4, 0]


# Warnings


def test_a_product_that_fills_an_event_is_named():
    rows = [("A", "x", 90), ("A", "y", 10), ("B", "x", 6), ("B", "y", 34), ("C", "x", 1), ("C", "y", 200)]
    found = masking(pair_sums(pd.DataFrame(rows, columns=[*NAMES, "n11"])))
    without_a, without_c = (
        statistics(pair_sums(pd.DataFrame(part, columns=[*NAMES, "n11"]))) for part in (rows[2:], rows[:4])
    )
    assert found["masked_by"].tolist()[:4] == ["B", "C", "A", "C"]
    assert found["ic025_unmasked"][2] == pytest.approx(without_a["ic025"][0])
    assert found["ic025_unmasked"][3] == pytest.approx(without_c["ic025"][3])
    assert found["is_masked"].tolist() == [False, False, True, True, False, False]


def test_reports_sent_twice_are_found_and_pairs_that_hang_on_them():
    filler = [(f"r{k}", "B", event, k) for k, event in enumerate("yzuvwklmno" * 2)]
    rows = [*((f"t{k}", "A", e, 1) for k in range(4) for e in "xq"), ("t9", "A", "x", 2), *filler]
    reports = pd.DataFrame(rows, columns=["report_id", *NAMES, "day"])
    alike = duplicate_reports(reports, same=["day"])
    assert alike.index[alike["is_suspected"]].tolist() == ["t1", "t2", "t3"]
    assert alike.loc["t2", ["first_report", "n_alike"]].tolist() == ["t0", 4]
    assert not duplicate_reports(reports[reports["product"] == "B"], same=[])["is_suspected"].any()
    found = duplicate_warnings(reports, same=["day"]).set_index(NAMES)
    assert found.loc[("A", "x"), ["a", "a_once"]].tolist() == [5, 2]
    assert found.loc[("A", "q"), "is_fragile"]
    assert not found.loc[("B", "y"), "is_fragile"]
