"""The index of quality and safety: standardised rates, funnels, decomposition, ranks."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import own, shared

from riskkit.application.quality_index.changes import decide, decompose, weight_range
from riskkit.application.quality_index.funnels import (
    count_funnel,
    proportion_limits,
    proportion_position,
    ratio_position,
)
from riskkit.application.quality_index.index import (
    StratumCounts,
    league_table,
    quality_index,
    resampled,
    stratum_counts,
)
from riskkit.application.quality_index.standardised import byar, count_limits, direct_rate, indirect_ratio
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.rates.proportions import wilson

ORACLE = own("quality_index.json")
ESP_2013 = np.repeat(
    [5, 5.5, 6, 6.5, 7, 6.5, 6, 5.5, 5, 4, 2.5, 1.5, 1], [1, 3, 2, 1, 4, 1, 1, 1, 1, 1, 1, 1, 1]
)
LEVELS = {"95_0": 0.95, "99_8": 0.998}
DAY = dt.date(2026, 11, 1)
close = pytest.approx


def peer(*name: str) -> pd.DataFrame:
    return pd.read_csv(shared("data", "standardisation_oracles", *name), encoding="utf-8-sig")


def counts_of(n, x, weight=None) -> StratumCounts:
    n, x = np.atleast_2d(np.asarray(n, dtype=float)), np.atleast_2d(np.asarray(x, dtype=float))
    weight = np.ones(n.shape[1]) if weight is None else np.asarray(weight, dtype=float)
    return StratumCounts(pd.DataFrame({"year": range(len(n))}), n, x, weight)


@pytest.mark.parametrize("row", ORACLE["rates"])
def test_limits_of_a_rate_are_those_published(row):
    limits = count_limits(row["events"], level=row["level"])
    scale = 100 / row["units"]
    assert [limits.lo * scale, limits.hi * scale] == close([row["lo"], row["hi"]], rel=1e-9)


def test_a_rate_of_births_is_standardised_as_fay_and_feuer_printed_it():
    births = ORACLE["birth_order_1"]
    rate, limits = direct_rate(births["events"], births["units"], births["weight"], method="gamma")
    assert [round(float(v) * 1e5, 1) for v in (rate, limits.lo, limits.hi)] == births["per_100000"]


def test_events_that_come_in_groups_widen_the_interval():
    x, n, w = np.array([20.0, 30]), np.array([200, 100]), np.array([1, 2])
    rate, alone = direct_rate(x, n, w)
    _, grouped = direct_rate(x, n, w, variance=4 * x)
    assert [rate - grouped.lo, grouped.hi - rate] == close([2 * (rate - alone.lo), 2 * (alone.hi - rate)])
    with pytest.raises(ValueError, match="dobson or gamma"):
        direct_rate(x, n, w, method="wald")


@pytest.mark.parametrize("row", ORACLE["ratio_funnel"])
def test_a_funnel_of_counts_is_the_published_one(row):
    found = count_funnel(row["events"], tail=row["tail"]).iloc[0]
    assert found["expected_lower"] == close(row["lower"], rel=1e-6)
    assert found["expected_upper"] == close(row["upper"], rel=5e-5)
    assert [found["excess_lower"], 100 * found["ratio_lower"]] == close(
        [row["excess"], row["ratio"]], rel=5e-6
    )


def test_a_funnel_of_shares_is_the_published_one():
    funnel = ORACLE["share_funnel"]
    for name, tail in (("lo_2s", 0.025), ("lo_3s", 0.001)):
        found = proportion_limits(funnel["units"], funnel["baseline"], tail=tail)
        assert (100 * found.lo).tolist() == close(funnel[name], abs=1e-5)
        assert found.hi.tolist() == [1, 1, 1, 1]


def test_direct_rates_are_those_of_the_peer():
    areas, expected = peer("dsr_input_areas.csv"), peer("dsr_expected.csv")
    esp = peer("dsr_input_esp1976.csv")
    parts = {name: (part["count"], part["pop"], ESP_2013) for name, part in areas.groupby("area")}
    parts["testdata_1976"] = (esp["count"], esp["pop"], esp["esp1976"])
    rows = expected[expected["area"].isin(parts)]
    assert len(rows) >= 6
    for row in rows.to_dict("records"):
        scale = (
            float(row["statistic"].split()[-1])
            if row["statistic"][-1] == "0" and "NA" not in row["statistic"]
            else 1
        )
        # a missing band counts nothing in the peer's file; here it would leave the rate open
        counts, units, weight = (np.nan_to_num(one) for one in parts[row["area"]])
        weight = np.where(units == 0, 0, weight)
        for name, level in LEVELS.items():
            rate, limits = direct_rate(counts, units, weight, level=level)
            ends = [row[f"lower{name}cl"], row[f"upper{name}cl"]]
            if np.isnan(row["value"]):
                assert np.isnan([limits.lo, limits.hi]).all()
                continue
            assert float(rate) * scale == close(row["value"], rel=1e-9)
            if (row["area"], name) != ("testdata_1976", "99_8"):  # ten times too large in the file
                assert [float(limits.lo) * scale, float(limits.hi) * scale] == close(ends, rel=1e-9)


def test_indirect_ratios_are_those_of_the_peer():
    areas, reference, expected = (peer(f"isr_{n}.csv") for n in ("input_areas", "reference", "expected"))
    rate = reference["refcount"] / reference["refpop"]
    overall = reference["refcount"].sum() / reference["refpop"].sum()
    for row in expected.to_dict("records"):
        part = areas[areas["area"] == row["area"]]
        units = np.nan_to_num(part["pop"]) if row["area"] != "testdata_tiny" else areas["pop"][:19]
        for name, level in LEVELS.items():
            total, ratio, limits = indirect_ratio(np.nan_to_num(part["count"]), units, rate, level=level)
            scale = row["value"] / float(ratio)
            assert float(total) == close(row["expected"], rel=1e-9)
            assert [float(limits.lo) * scale, float(limits.hi) * scale] == close(
                [row[f"lower{name}cl"], row[f"upper{name}cl"]], rel=1e-9
            )
            if not np.isnan(row["ref_rate"]):
                assert float(ratio) * row["ref_rate"] == close(row["value"], rel=1e-9)
                assert row["ref_rate"] / overall == close(10 ** round(np.log10(row["ref_rate"] / overall)))


def test_rates_and_shares_are_those_of_the_peer():
    for row in (
        peer("rate_expected.csv")
        .dropna(subset=["Numerator", "Denominator", "lower95_0cl"])
        .to_dict("records")
    ):
        for name, level in LEVELS.items():
            found, scale = count_limits(row["Numerator"], level=level), row["multiplier"] / row["Denominator"]
            assert [found.lo * scale, found.hi * scale] == close(
                [row[f"lower{name}cl"], row[f"upper{name}cl"]]
            )
    shares = peer("proportion_expected.csv").dropna(subset=["Numerator", "Denominator", "lower95_0cl"])
    for row in shares.to_dict("records"):
        for name, level in LEVELS.items():
            found = wilson(row["Numerator"], row["Denominator"], level=level)
            ends = [found.lo * row["multiplier"], found.hi * row["multiplier"]]
            assert ends == close([row[f"lower{name}cl"], row[f"upper{name}cl"]])
    for row in peer("byar_wilson_expected.csv").to_dict("records"):
        level = float(row["confidence"].rstrip("%")) / 100
        is_byar = row["method"] == "Byars"
        found = byar(row["x"], level=level) if is_byar else wilson(row["x"], row["n"], level=level)
        assert [found.lo, found.hi] == close([row["lowercl"], row["uppercl"]], rel=1e-9)


def test_funnels_are_those_of_the_peer():
    shares, ratios, rates = (peer("funnel", f"funnel_{n}_outputs.csv") for n in ("prop", "ratio", "rate"))
    baseline = rates["baseline"].iloc[0] / 1e5
    for sigma, tail, end in (("2s", 0.025, "0025limit"), ("3s", 0.001, "0001limit")):
        found = proportion_limits(shares["Population"], shares["Baseline"].iloc[0] / 100, tail=tail)
        assert (100 * found.lo).tolist() == close(shares[f"Lower{sigma}{end}"].tolist(), abs=1e-5)
        assert (100 * found.hi).tolist() == close(shares[f"Upper{sigma}{end}"].tolist(), abs=1e-5)
        counts = count_funnel(ratios.iloc[:, 0], tail=tail)
        by_rate = count_funnel(rates["Events"], tail=tail, baseline=baseline)
        for side in ("lower", "upper"):
            for mine, theirs, scale in (
                ("expected", "exp_events", 1),
                ("excess", "count", 1),
                ("ratio", "isr", 100),
            ):
                wanted = ratios[f"{side}_{sigma}_{theirs}"].tolist()
                assert (scale * counts[f"{mine}_{side}"]).tolist() == close(wanted, rel=1e-4)
            wanted = rates[f"{side}_{sigma}_population_1_year"] * 3  # the peer divides by three years
            assert by_rate[f"n_units_{side}"].tolist() == close(wanted.tolist(), rel=2e-4)
            assert (1e5 * by_rate[f"rate_{side}"]).tolist() == close(
                rates[f"{side}_{sigma}_limit"].tolist(), rel=1e-4
            )


def test_positions_in_a_funnel_are_those_of_the_peer():
    words = {"High (0.001)": "high_3s", "High (0.025)": "high_2s", "Not significant": "inside",
             "Low (0.025)": "low_2s", "Low (0.001)": "low_3s"}  # fmt: skip
    shares, ratios = (peer("funnel", f"funnel_{name}_inputs.csv") for name in ("prop", "ratio"))
    found = [
        proportion_position(shares["numerator"], shares["denominator"]),
        ratio_position(ratios["obs"], ratios["expected"]),
    ]
    for mine, theirs in zip(found, (shares, ratios), strict=True):
        wanted = theirs["significance"].map(words)
        assert mine[wanted.notna()].tolist() == wanted.dropna().tolist()


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10), st.integers(1, 40)), min_size=1, max_size=6)
)
def test_a_change_of_the_sampling_mix_does_not_move_the_index(strata):
    n = np.array([10 * size for size, _, _ in strata], dtype=float)
    x = np.array([size * bad for size, bad, _ in strata], dtype=float)
    more = np.array([times for _, _, times in strata], dtype=float)
    found = quality_index(counts_of([n, n * more], [x, x * more], 1 + np.arange(len(n))))
    assert found["index"].iloc[1] == close(found["index"].iloc[0])
    moved = decompose(counts_of([n, n * more], [x, x * more]), np.arange(len(n)), before=0, after=1)
    assert moved["change_index"].tolist() == close([0] * len(n), abs=1e-9)
    crude = found["rate_crude"].diff().iloc[1]
    assert moved["mix_effect"].sum() == close(crude, abs=1e-12)


@given(
    st.integers(1, 5).flatmap(
        lambda k: st.lists(st.tuples(*[st.integers(0, 20)] * 2), min_size=k, max_size=k)
    )
)
def test_the_parts_of_a_change_add_up(bad):
    x = np.array(bad, dtype=float).T
    n = np.full_like(x, 20) * [[1.0], [2.0]]
    both = counts_of(n, x, np.arange(1, len(bad) + 1))
    moved, found = decompose(both, np.arange(len(bad)) % 2, before=0, after=1), quality_index(both)
    assert moved["change_index"].sum() == close(found["index"].diff().iloc[1], abs=1e-9)
    crude = found["rate_crude"].diff().iloc[1]
    assert (moved["rate_effect"] + moved["mix_effect"]).sum() == close(crude, abs=1e-12)


def test_a_stratum_nobody_tested_is_not_good():
    found = quality_index(counts_of([[10, 0], [0, 0], [10, 10]], [[1, 0], [0, 0], [1, 1]], [9, 1]))
    assert found["note"].tolist() == ["partly_tested", "coverage_low", ""]
    assert found["index"].tolist() == close([90, np.nan, 90], nan_ok=True)
    assert found["index_if_worst"].tolist() == close([81, 0, 90])
    assert found["index_if_best"].tolist() == close([91, 100, 90])


def test_the_interval_covers_the_index_and_a_clean_record_has_one():
    found = quality_index(counts_of([[100, 200], [100, 200]], [[0, 0], [4, 9]]))
    assert (found["index_lo"] < found["index"]).all() and found["index_hi"].iloc[0] == 100
    # nothing found in the smaller stratum: 3.69 events at the largest weight
    assert found["index_lo"].iloc[0] == close(100 - 3.6889 * 0.5, abs=1e-3)


def test_resamples_spread_as_the_binomial_does():
    drawn = resampled(
        counts_of([[100, 400], [0, 0]], [[10, 40], [0, 0]]), rng=np.random.default_rng(3), resamples=4000
    )
    spread = 100 * np.sqrt(0.25 * (0.09 / 100 + 0.09 / 400))
    assert drawn[:, 0].std() == close(spread, rel=0.05)
    assert np.isnan(drawn[:, 1]).all()


def test_ranks_have_intervals_and_no_rank_without_an_index():
    many = counts_of([[1000], [1000], [1000], [0]], [[10], [11], [300], [0]])
    drawn = resampled(many, rng=np.random.default_rng(5), resamples=500)
    found = league_table(quality_index(many)["index"], drawn)
    assert found["rank"].tolist() == close([1, 2, 3, np.nan], nan_ok=True)
    assert found[["rank_lo", "rank_hi"]].iloc[:3].to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]
    assert found["p_first"].iloc[:2].sum() >= 1 and np.isnan(found["p_first"].iloc[3])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 9)), min_size=1, max_size=6), st.floats(1, 5))
def test_the_range_over_wrong_weights_is_exact(strata, factor):
    p, w = (np.array(one) for one in zip(*strata, strict=True))
    found = weight_range(p, w, factor=factor)
    corners = [w * np.array(c) for c in itertools.product((1 / factor, factor), repeat=len(p))]
    seen = [100 * (1 - (p * c).sum() / c.sum()) for c in corners]
    assert [found.lo, found.hi] == close([min(seen), max(seen)], abs=1e-9)


def test_records_are_added_up_by_stratum_and_all_faults_come_at_once():
    seen = pd.DataFrame({"year": [2, 1, 1, 1], "stratum_id": ["b", "a", "a", "b"],
                         "n_tested": [5, 10, 20, None], "n_nonconforming": [1, 1, 2, 0]})  # fmt: skip
    standard = pd.DataFrame({"stratum_id": ["a", "b"], "exposure": [3, 4], "severity": [1, 0.5]})
    found = stratum_counts(seen, standard, by=["year"])
    assert found.groups["year"].tolist() == [1, 2]
    assert found.n_tested.tolist() == [[30, 0], [0, 5]] and found.n_nonconforming.tolist() == [[3, 0], [0, 1]]
    assert found.weight.tolist() == [3, 2]
    with pytest.raises(InputFaults) as unlisted:
        stratum_counts(seen.assign(stratum_id=["c", "d", "a", "b"]), standard, by=["year"])
    assert {fault.value for fault in unlisted.value.faults} == {"'c'", "'d'"}
    with pytest.raises(InputFaults) as wrong:
        stratum_counts(seen, standard.assign(stratum_id="a", severity=0), by=["year"])
    assert len(wrong.value.faults) == 2
    with pytest.raises(InputFaults) as cells:
        stratum_counts(seen, standard.assign(exposure=[-1, 2], severity=[2, 0.1]), by=["year"])
    assert len(cells.value.faults) == 2


def facts(**changed: float) -> pd.DataFrame:
    usual = {"index": 90.0, "index_lo": 88.0, "index_hi": 91.0, "share_known": 1.0,
             "before": 95.0, "before_lo": 94.0, "before_hi": 96.0, "before_share_known": 0.9}  # fmt: skip
    return pd.DataFrame([usual | changed], index=["toys"])


@pytest.mark.parametrize(
    ("changed", "decision", "margin"),
    [
        ({}, "worse", 5 - 2**0.5),
        ({"index": 99, "index_lo": 98, "index_hi": 100}, "better", 4 - 2**0.5),
        ({"index": 95, "index_lo": 92, "index_hi": 97}, "no_clear_change", 5**0.5),
        ({"share_known": 0.79}, "unknown", np.nan),
        ({"before_share_known": np.nan}, "unknown", np.nan),
        ({"before": np.nan}, "unknown", np.nan),
    ],
)
def test_better_or_worse_needs_an_interval_that_excludes_zero(changed, decision, margin):
    found = decide(facts(**changed), on=DAY)
    assert found.index.tolist() == ["toys"]
    assert found.at["toys", "decision"] == decision
    assert found.at["toys", "margin"] == close(margin, nan_ok=True)
    assert (found[["rule_id", "reason", "status", "source_id"]] != "").all(axis=None)


def test_wrong_facts_are_refused_all_at_once():
    with pytest.raises(InputFaults) as crossed:
        decide(facts(index_lo=91, before_hi=90), on=DAY)
    assert len(crossed.value.faults) == 2
