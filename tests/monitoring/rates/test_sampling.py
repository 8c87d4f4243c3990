"""Sampling plans, switching, detection and allocation: published tables, then laws, then errors."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference_monitoring import accepts, best_sharing, none_found, smallest_to_detect
from shared import own, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.monitoring.marginal_gain import share_budget
from riskkit.monitoring.sampling.allocation import (
    allocate,
    cost_shares,
    neyman_shares,
    proportional_shares,
)
from riskkit.monitoring.sampling.attribute_plans import (
    LEVELS,
    acceptable_limits,
    code_letters,
    double_plans,
    plans_of_letters,
    single_plans,
)
from riskkit.monitoring.sampling.detection import (
    affected_items,
    detection_table,
    n_to_detect,
    n_to_detect_poisson,
    p_detect,
    p_free,
)
from riskkit.monitoring.sampling.plan_curves import (
    AcceptancePlan,
    find_plan,
    plan_curve,
)
from riskkit.monitoring.sampling.switching import Inspection, Judged, inspect_lots, next_inspection

FIGURES = own("sampling.json")
LIMITS = acceptable_limits()


@pytest.mark.parametrize("row", FIGURES["plans"]["rows"], ids=str)
def test_published_plans_come_out(row):
    lot, level, aql, inspection, *numbers = row
    found = single_plans([lot], [aql], level=level, inspection=inspection)
    assert found[["n", "ac", "re"]].iloc[0].tolist() == numbers


def test_arrows_change_the_sample_size_too():
    for letter, aql, n, ac in FIGURES["plans"]["arrows_kept_wrong_elsewhere"]:
        assert plans_of_letters([letter], [aql])[["n", "ac"]].iloc[0].tolist() == [n, ac]


def test_the_published_double_plan_comes_out():
    lot, level, aql, *numbers = FIGURES["plans"]["double"]
    found = double_plans([lot], [aql], level=level)
    assert found[["n1", "ac1", "re1", "n2", "ac2", "re2"]].iloc[0].tolist() == numbers


@pytest.mark.parametrize(
    ("file", "standard", "re"),
    [("plans_single", "iso_2859_1", "re"), ("plans_single_reduced_z14", "z14", "re_z14")],
)
def test_every_single_plan_agrees_with_another_package(file, standard, re):
    rows = pd.read_csv(shared("oracles", "iso2859", f"{file}.expected.csv"))
    for (inspection, level), part in rows.groupby(["inspection", "level"]):
        found = single_plans(
            part["lot_min"], part["aql"], level=level, inspection=inspection, standard=standard
        )
        assert (
            found[["letter", "n", "ac", "re"]].to_numpy() == part[["letter", "n", "ac", re]].to_numpy()
        ).all()
        if standard == "iso_2859_1":
            assert ((found["note"] == "editions_differ").to_numpy() == part["note"].notna().to_numpy()).all()


def test_lots_at_the_bounds_of_the_table():
    assert code_letters([2, 8, 9, 500_000, 500_001, 10**9]).tolist() == ["A", "A", "B", "P", "Q", "Q"]
    for level in LEVELS:
        letters = code_letters([2, 100, 10_000, 10**6], level=level)
        assert sorted(letters) == letters.tolist()
    small = single_plans([10], [0.65]).iloc[0]
    assert (small["n"], small["n_to_inspect"], small["is_whole_lot"]) == (20, 10, True)


def test_a_tighter_limit_or_inspection_never_accepts_more():
    """One step to the left in a row, or from normal to tightened, with the sample size the same."""
    rows = standards.table("single_plans")
    for _, part in rows.sort_values("aql").groupby(["inspection", "letter"]):
        for (_, a), (_, b) in itertools.pairwise(part.iterrows()):
            assert b["n"] != a["n"] or b["ac"] >= a["ac"]
    both = rows[rows["inspection"] != "reduced"].pivot(index=["letter", "aql"], columns="inspection")
    same = both[both["n"]["normal"] == both["n"]["tightened"]]
    assert (same["ac"]["tightened"] <= same["ac"]["normal"]).all()


def test_plans_that_the_tables_do_not_have_are_refused_with_every_fault():
    with pytest.raises(InputFaults) as error:
        single_plans([1, 2.5, 100], [1.0, 1.0, 1.0])
    assert len(error.value.faults) == 2
    with pytest.raises(InputFaults, match=r"one of 0\.01, 0\.015"):
        single_plans([100], [2.0])
    with pytest.raises(InputFaults, match="letter 0: I"):
        plans_of_letters(["I"], [1.0])
    with pytest.raises(ValueError, match="not public"):
        single_plans([100], [1.0], inspection="reduced")
    for words in ({"level": "IV"}, {"inspection": "strict"}, {"standard": "gost"}):
        with pytest.raises(ValueError, match="is one of"):
            single_plans([100], [1.0], **words)
    with pytest.raises(ValueError, match="normal or tightened"):
        double_plans([100], [1.0], inspection="reduced")


@pytest.mark.parametrize("inspection", ["normal", "tightened"])
def test_double_plans_are_about_as_strict_as_their_single_plans(inspection):
    for letter, aql in itertools.product("EGJLNQR", LIMITS):
        single = plans_of_letters([letter], [aql], inspection=inspection).iloc[0]
        lots = standards.table("code_letters")
        lot = int(lots[(lots["level"] == "III") & (lots["letter"] == letter)]["lot_from"].iloc[0])
        double = double_plans([lot], [aql], level="III", inspection=inspection).iloc[0]
        if double["note"] == "use_single":
            assert single["ac"] == 0 or single["plan_letter"] in ("A", "S")
            continue
        grid = np.linspace(0, 3 * (single["ac"] + 2) / single["n"], 60)
        numbers = double[["n1", "ac1", "re1", "n2", "ac2", "re2"]].astype(int)
        curves = [
            plan_curve(plan, grid, kind="poisson")["p_accept"]
            for plan in (
                AcceptancePlan(*single[["n", "ac", "re"]].astype(int)),
                AcceptancePlan(**numbers.to_dict()),
            )
        ]
        most = 0.08 if single["n"] >= 50 else 0.15  # samples of a few items cannot be matched better
        assert abs(curves[0] - curves[1]).max() < most, (letter, aql)


# Curves


def test_published_curves_come_out():
    for name, points in {"200_7": FIGURES["curves"]["200_7"], "200_5": FIGURES["curves"]["200_5"]}.items():
        n, c = map(int, name.split("_"))
        found = plan_curve(AcceptancePlan(n, c, c + 1), [float(p) for p in points])
        assert found["p_accept"].tolist() == pytest.approx(list(points.values()), abs=5.1e-7)
    for good, bad, n, ac in FIGURES["curves"]["found"]:
        found = find_plan(tuple(good), tuple(bad))
        assert (found.n1, found.ac1) == (n, ac)


def test_curves_agree_with_another_package():
    rows = pd.read_csv(shared("oracles", "iso2859", "oc_points.expected.csv"))
    for (n, ac, kind, lot), part in rows.groupby(["n", "ac", "dist", "N"], dropna=False):
        size = None if math.isnan(lot) else int(lot)
        found = plan_curve(AcceptancePlan(int(n), int(ac), int(ac) + 1), part["p"], kind=kind, lot_size=size)
        np.testing.assert_allclose(found["p_accept"], part["pa"], rtol=1e-9, atol=1e-12)
    rows = pd.read_csv(shared("oracles", "iso2859", "oc_double.expected.csv"))
    names = ["n1", "n2", "ac1", "re1", "ac2", "re2"]
    for key, part in rows.groupby(names):
        plan = AcceptancePlan(**dict(zip(names, map(int, key), strict=True)))
        found = plan_curve(plan, part["p"])
        np.testing.assert_allclose(found["p_accept"], part["pa"], rtol=1e-9, atol=1e-12)


def test_plan_search_agrees_with_another_package():
    rows = pd.read_csv(shared("oracles", "iso2859", "find_plan.expected.csv"))
    for row in rows.itertuples():
        points = (row.prp_p, row.prp_pa), (row.crp_p, row.crp_pa)
        for kind, lot in (("binomial", None), ("poisson", None), ("hypergeometric", 2000)):
            found = find_plan(*points, kind=kind, lot_size=lot)
            short = {"binomial": "binom", "poisson": "poisson", "hypergeometric": "hyper2000"}[kind]
            assert (found.n1, found.ac1) == (getattr(row, f"{short}_n"), getattr(row, f"{short}_ac"))


PLANS = st.tuples(st.integers(1, 30), st.integers(0, 4)).flatmap(
    lambda first: st.one_of(
        st.just((*first, first[1] + 1, 0, 0)),
        st.tuples(
            st.just(first[0]),
            st.just(first[1]),
            st.integers(first[1] + 2, first[1] + 5),
            st.integers(1, 30),
            st.integers(first[1] + 1, first[1] + 6),
        ),
    )
)


def as_plan(numbers):
    n1, ac1, re1, n2, ac2 = numbers
    return AcceptancePlan(n1, ac1, re1, n2, ac2, ac2 + 1 if n2 else 0)


@given(PLANS, st.floats(0, 1))
def test_acceptance_agrees_with_the_slow_one(numbers, p):
    found = plan_curve(as_plan(numbers), [p])["p_accept"].item()
    assert found == pytest.approx(accepts(numbers, p), abs=1e-9)


@given(PLANS, st.integers(0, 60))
def test_acceptance_falls_and_costs_stay_in_their_bounds(numbers, more):
    plan = as_plan(numbers)
    lot = plan.n1 + plan.n2 + more + 1
    grid = np.arange(lot + 1) / lot
    for kind in ("binomial", "poisson", "hypergeometric"):
        found = plan_curve(plan, grid, kind=kind, lot_size=lot)
        assert (np.diff(found["p_accept"]) <= 1e-9).all()
        assert found["p_accept"].iloc[0] == pytest.approx(1)
        assert found["asn"].between(plan.n1 - 1e-9, plan.n1 + plan.n2 + 1e-9).all()
        assert found["ati"].between(plan.n1 - 1e-9, lot + 1e-9).all()
        assert (found["aoq"] <= found["p"] * (1 - plan.n1 / lot) + 1e-9).all()


def test_the_gap_of_reduced_plans_counts_as_accepted():
    gap, plain = AcceptancePlan(80, 3, 6), AcceptancePlan(80, 5, 6)
    assert plan_curve(gap, [0.05])["p_accept"].item() == plan_curve(plain, [0.05])["p_accept"].item()


def test_curves_and_plans_refuse_what_they_cannot_do():
    plan = AcceptancePlan(20, 1, 2)
    with pytest.raises(InputFaults) as error:
        plan_curve(plan, [0.1, -1, 1.1, np.nan])
    assert len(error.value.faults) == 3
    for words, said in (
        ({"kind": "hypergeometric"}, "lot_size is needed"),
        ({"lot_size": 19}, "whole lot is inspected"),
        ({"kind": "normal"}, "kind is one of"),
    ):
        with pytest.raises(ValueError, match=said):
            plan_curve(plan, [0.1], **words)
    with pytest.raises(InputFaults) as error:
        AcceptancePlan(0, 3, 3, 5, 1, 4)
    assert len(error.value.faults) == 4
    with pytest.raises(ValueError, match="fewer nonconforming"):
        find_plan((0.1, 0.95), (0.05, 0.1))
    with pytest.raises(ValueError, match="no plan of at most 10"):
        find_plan((0.2, 0.95), (0.21, 0.01), kind="hypergeometric", lot_size=10)
    with pytest.raises(ValueError, match="kind is one of"):
        find_plan((0.01, 0.95), (0.1, 0.1), kind="hypergeometric")


# Switching


def walk(lots: str, start: Inspection | None = None, **more):
    """a accepted, r refused; returns the states after each lot."""
    now, states = start or Inspection(), []
    for letter in lots:
        now, _ = next_inspection(now, Judged(letter == "a", ac=more.pop("ac", 1), **more))
        states.append(now.state)
    return states, now


def test_two_of_five_tighten_and_five_in_a_row_go_back():
    assert walk("raaar")[0][-1] == "tightened"
    assert walk("raaaar")[0][-1] == "normal"
    assert walk("rr" + "aaaaa")[0] == ["normal", *["tightened"] * 5, "normal"]
    assert walk("rr" + "aaaaraaaaa")[0][-1] == "normal"
    assert walk("rr" + "aaaaraaaa")[0][-1] == "tightened"


def test_five_refused_in_all_stop_inspection_until_the_supplier_acts():
    states, now = walk("rr" + "rarararar")
    assert states[-2:] == ["tightened", "discontinued"]
    after, reason = next_inspection(now, Judged(is_accepted=True, ac=1))
    assert (after.state, reason) == ("discontinued", "stopped")
    after, reason = next_inspection(now, Judged(is_accepted=False, ac=1, has_acted=True))
    assert (after, reason) == (Inspection("tightened"), "supplier_acted")


def test_the_switching_score():
    good = Judged(True, ac=1, is_agreed=True)
    now, scores = Inspection(), []
    for _ in range(15):
        now, reason = next_inspection(now, good)
        scores.append(now.score)
    assert scores == [*range(2, 30, 2), 0] and (now.state, reason) == ("reduced", "score_reached")
    tight, loose = (Judged(True, ac=7, is_accepted_tighter=t) for t in (True, False))
    now = next_inspection(next_inspection(Inspection(), tight)[0], tight)[0]
    assert now.score == 6
    assert next_inspection(now, loose)[0].score == 0
    assert next_inspection(now, Judged(False, ac=7))[0].score == 0
    unsteady = Judged(True, ac=7, is_accepted_tighter=True, is_agreed=True, is_steady=False)
    assert next_inspection(Inspection(score=30), unsteady)[0].state == "normal"


def test_reduced_inspection_ends_for_each_of_its_reasons():
    for lot, reason in (
        (Judged(False, ac=0), "refused"),
        (Judged(True, ac=0, is_in_gap=True), "in_gap"),
        (Judged(True, ac=0, is_steady=False), "irregular"),
    ):
        assert next_inspection(Inspection("reduced"), lot) == (Inspection("normal"), reason)
    assert next_inspection(Inspection("reduced"), Judged(True, ac=0)) == (Inspection("reduced"), "")
    again = Judged(False, ac=0, is_again=True)
    assert next_inspection(Inspection("reduced"), again) == (Inspection("reduced"), "submitted_again")


def history(found, **columns):
    return pd.DataFrame({"lot_size": 5000, "n_nonconforming": found, **columns})


def test_a_history_goes_through_plans_and_rules():
    found = inspect_lots(history([8, 9, 0, 0, 0, 0, 0, 2]), aql=1.5)
    assert found["state"].tolist() == ["normal", "normal", *["tightened"] * 5, "normal"]
    assert found["ac"].tolist() == [7, 7, 5, 5, 5, 5, 5, 7]
    assert found["reason"].tolist() == ["", "two_of_five_refused", "", "", "", "", "five_accepted", ""]
    assert found["score"].tolist() == [0, 0, 0, 0, 0, 0, 0, 3]
    stopped = inspect_lots(history([9] * 8 + [0], has_acted=[False] * 7 + [True, False]), aql=1.5)
    assert stopped["state"].tolist()[-3:] == ["tightened", "discontinued", "tightened"]
    assert stopped["next_state"].tolist()[-3:] == ["discontinued", "tightened", "tightened"]
    assert stopped.loc[stopped["state"] == "discontinued", ["n", "is_accepted"]].isna().all(axis=None)


def test_reduced_inspection_needs_the_authority_and_a_table():
    good = history([0] * 12, is_agreed=True)
    assert inspect_lots(good, aql=1.5)["state"].tolist() == ["normal"] * 10 + ["reduced"] * 2
    iso = inspect_lots(good, aql=1.5, standard="iso_2859_1")
    assert set(iso["state"]) == {"normal"} and iso["reason"].iloc[-1] == "score_reached_no_plan"
    assert set(inspect_lots(history([0] * 12), aql=1.5)["state"]) == {"normal"}
    tight = inspect_lots(history([6] * 3), aql=1.5)
    assert tight["score"].tolist() == [0, 0, 0], (
        "accepted with 6, but not one step tighter, where 5 is the most"
    )
    least = inspect_lots(pd.DataFrame({"lot_size": [10**6], "n_nonconforming": [0]}), aql=0.01)
    assert least["score"].item() == 2


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=60))
def test_the_machine_never_leaves_its_states_and_its_counts_stay_bounded(lots):
    now = Inspection()
    for accepted, tighter, agreed in lots:
        before = now
        now, reason = next_inspection(
            now, Judged(accepted, ac=3, is_accepted_tighter=tighter and accepted, is_agreed=agreed)
        )
        assert (reason != "") or now.state == before.state
        assert len(now.recent) <= 5 and now.n_refused < 5 and 0 <= now.score <= 32 + 3 * len(lots)
        moves = {before.state, now.state}
        assert moves not in (
            {"tightened", "reduced"},
            {"normal", "discontinued"},
            {"reduced", "discontinued"},
        )


def test_wrong_histories_are_refused_with_every_fault():
    with pytest.raises(InputFaults) as error:
        inspect_lots(history([1, -1, None]), aql=1.5)
    assert len(error.value.faults) == 2
    with pytest.raises(InputFaults, match="the sample under normal inspection"):
        inspect_lots(history([201]), aql=1.5)
    with pytest.raises(InputFaults, match="true or false"):
        inspect_lots(history([0], is_steady=["maybe"]), aql=1.5)
    with pytest.raises(InputFaults, match="aql"):
        inspect_lots(history([0]), aql=2.0)


# Detection


@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_the_tables_of_ispm_31_come_out(confidence):
    wanted = FIGURES["ispm_31"][f"confidence_{confidence * 100:.0f}"]
    levels = FIGURES["ispm_31"]["levels"]
    found = detection_table([int(lot) for lot in wanted], levels, confidence=confidence)
    np.testing.assert_array_equal(found.to_numpy(), np.array(list(wanted.values()), dtype=float))
    assert (
        n_to_detect(levels, confidence=confidence).tolist() == FIGURES["ispm_31"]["binomial"][str(confidence)]
    )
    poisson = n_to_detect_poisson(levels, confidence=confidence).tolist()
    assert poisson == FIGURES["ispm_31"]["poisson"][str(confidence)]
    for efficacy, sizes in FIGURES["ispm_31"]["efficacy_95"].items():
        assert n_to_detect(levels, sensitivity=float(efficacy)).tolist() == sizes


def is_tie(lot: int, bad: int, n: int, confidence: float) -> bool:
    return none_found(n, lot, bad, Fraction(1)) == 1 - Fraction(str(confidence))


@pytest.mark.parametrize(("rounding", "column"), [("up", "n_exact_dceil"), ("down", "n_exact_dfloor")])
def test_exact_sample_sizes_agree_with_another_program(rounding, column):
    """Where a sample reaches the confidence exactly, the other program's rounding misses it by one."""
    rows = pd.read_csv(shared("oracles", "detection_sample_size", "exact.expected.csv"))
    found = n_to_detect(rows["p"], confidence=rows["conf"], lot_size=rows["N"], rounding=rounding)
    items = rows["d_ceil" if rounding == "up" else "d_floor"]
    for ours, theirs, lot, bad, level in zip(
        found, rows[column], rows["N"], items, rows["conf"], strict=True
    ):
        if math.isnan(theirs):
            assert math.isnan(ours)
        elif ours != theirs:
            assert ours == theirs - 1 and is_tie(int(lot), int(bad), int(ours), level)
    assert (n_to_detect(rows["p"], confidence=rows["conf"]) == rows["n_binomial"]).all()


def test_imperfect_tests_agree_with_two_packages():
    rows = pd.read_csv(shared("oracles", "detection_sample_size", "imperfect_test.expected.csv"))
    given_ = {"confidence": rows["conf"], "lot_size": rows["N"], "sensitivity": rows["se"]}
    for rounding, column in (("nearest", "rsurv_n_hypergeo"), ("up", "epir_rsu.sssep.rs")):
        found = n_to_detect(rows["p"], **given_, rounding=rounding, model="approximate")
        off = ~((found == rows[column]) | (np.isnan(found) & rows[column].isna()))
        # one row: the whole lot is just enough, which the other program's rounding takes for too little
        assert [(found[k], rows["N"][k]) for k in np.flatnonzero(off)] in ([], [(250.0, 250)])
    for column in ("rsurv_n_binom", "epir_rsu_binom"):
        found = n_to_detect(rows["p"], confidence=rows["conf"], sensitivity=rows["se"])
        assert (found == rows[column]).all()
    rows = pd.read_csv(shared("oracles", "detection_sample_size", "sensitivity_and_freedom.expected.csv"))
    found = p_detect(rows["n"], rows["p"], sensitivity=rows["se"])
    np.testing.assert_allclose(found, rows["sep_binom"], rtol=1e-9)
    finite = rows.dropna(subset="N")
    found = p_detect(
        finite["n"],
        finite["p"],
        lot_size=finite["N"],
        sensitivity=finite["se"],
        model="approximate",
        rounding="nearest",
    )
    np.testing.assert_allclose(found, finite["sep_hyper"], atol=5.1e-6)  # as printed, with five digits
    np.testing.assert_allclose(p_free(rows["sep_binom"]), rows["pfree_prior0.5"], rtol=1e-9)
    later = p_free(rows["sep_binom"], prior=0.7, introduced=0.05)
    np.testing.assert_allclose(later, rows["pfree_prior0.7_intro0.05"], rtol=1e-9)


@given(st.integers(1, 40), st.data())
def test_detection_agrees_with_exact_fractions(lot, data):
    bad, n = data.draw(st.integers(1, lot)), data.draw(st.integers(0, lot))
    tenths = data.draw(st.integers(1, 10))
    found = p_detect(n, bad / lot, lot_size=lot, sensitivity=tenths / 10)
    exact = 1 - none_found(n, lot, bad, Fraction(tenths, 10))
    assert found == pytest.approx(float(exact), abs=1e-9)
    confidence = data.draw(st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(95, 100)]))
    size = n_to_detect(bad / lot, confidence=float(confidence), lot_size=lot, sensitivity=tenths / 10)
    slow = smallest_to_detect(lot, bad, confidence, Fraction(tenths, 10))
    assert (None if math.isnan(size) else size) == slow


@given(st.floats(0.001, 0.5), st.floats(0.5, 0.999), st.integers(20, 5000))
def test_more_confidence_and_a_rarer_fault_need_more(p, confidence, lot):
    n = n_to_detect(p, confidence=confidence, lot_size=lot, rounding="up")
    more = n_to_detect(p, confidence=(1 + confidence) / 2, lot_size=lot, rounding="up")
    rarer = n_to_detect(p / 2, confidence=confidence, lot_size=lot, rounding="up")
    endless = n_to_detect(p, confidence=confidence)
    assert n <= more and n <= rarer and n <= max(endless, 1)
    assert p_detect(n, p, lot_size=lot, rounding="up") >= confidence - 1e-9


def test_detection_refuses_and_leaves_open_what_it_must():
    assert math.isnan(n_to_detect(0.001, lot_size=100))
    assert math.isnan(n_to_detect(0.01, lot_size=100, sensitivity=0.5, confidence=0.9))
    assert math.isnan(n_to_detect(float("nan")))
    assert math.isnan(p_detect(5, 0.001, lot_size=100))
    assert affected_items(100, 0.29) == 29.0, "29 although 100 × 0.29 is a little less as a float"
    assert affected_items(100, 0.005, rounding="nearest") == 1.0
    with pytest.raises(InputFaults) as error:
        n_to_detect([0.0, 0.1, 2.0], confidence=1.0)
    assert len(error.value.faults) == 5
    for words in ({"rounding": "half"}, {"model": "normal"}):
        with pytest.raises(ValueError, match="is one of"):
            n_to_detect(0.1, **words, lot_size=10)
    with pytest.raises(ValueError, match="prior"):
        p_free(0.9, prior=1.5)


# Allocation


def test_the_published_allocation_comes_out():
    book = FIGURES["allocation"]
    size, sd, n = book["size"], book["sd"], book["n"]
    assert neyman_shares(size, sd, n=n).tolist() == pytest.approx(book["neyman"], abs=5e-4)
    assert proportional_shares(size, n=n).tolist() == book["proportional"]
    spread = [math.sqrt(p * (1 - p)) for p in book["rates"]]
    assert neyman_shares(size, spread, n=n).tolist() == pytest.approx(book["neyman_rates"], abs=5e-4)
    assert cost_shares(size, sd, [1, 1, 1], budget=n).tolist() == pytest.approx(book["neyman"], abs=5e-4)
    strata = pd.DataFrame({"size": size, "sd": sd})
    assert allocate(strata, budget=n)["n"].tolist() == [79, 95, 126]
    assert allocate(strata, budget=n, method="proportional")["n"].tolist() == book["proportional"]


STRATA = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=4)


@given(STRATA, st.integers(0, 10))
def test_whole_numbers_are_the_best_there_are(strata, more):
    """Against every allocation there is, one by one."""
    table = pd.DataFrame(strata, columns=["size", "sd", "cost"])
    assume(table["sd"].sum() > 0)
    fewest = (table["cost"] * np.minimum(1, table["size"])).sum()
    for costs in (table["cost"], pd.Series(1, table.index)):
        budget = int((costs * 1).sum()) + more if costs.max() == 1 else int(fewest) + more
        found = allocate(table.assign(cost=costs), budget=budget, minimum=1)
        assert found["spent"].sum() <= budget and (found["n"] <= table["size"]).all()

        def total(n, squares=(table["size"] * table["sd"]) ** 2):
            return sum(s / k for s, k in zip(squares, n, strict=True))

        best = min(
            total(n)
            for n in itertools.product(*(range(1, s + 1) for s in table["size"]))
            if sum(c * k for c, k in zip(costs, n, strict=True)) <= budget
        )
        gap = total(found["n"]) - best
        assert -1e-9 <= gap <= found["bound"].iloc[0] + 1e-9
        assert gap <= 1e-9 or np.ptp(costs) > 0


@given(STRATA, st.integers(0, 12), st.integers(0, 2))
def test_proportional_samples_add_up_within_their_bounds(strata, more, minimum):
    table = pd.DataFrame(strata, columns=["size", "sd", "cost"]).drop(columns=["sd", "cost"])
    lower = np.minimum(minimum, table["size"])
    budget = int(lower.sum()) + more
    found = allocate(table, budget=budget, method="proportional", minimum=minimum)
    assert found["n"].sum() == min(budget, table["size"].sum())
    assert (found["n"] >= lower).all() and (found["n"] <= table["size"]).all()
    free = (found["n"] > lower) & (found["n"] < table["size"])
    assert (abs(found["n"] - found["share"])[free] <= len(table) + more).all()


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=0, max_size=4), min_size=1, max_size=4),
    st.lists(st.integers(1, 4), min_size=4, max_size=4),
    st.integers(0, 14),
)
def test_marginal_gain_is_the_best_there_is(gains, costs, budget):
    falling = [sorted(map(float, g), reverse=True) for g in gains]
    for cost in ([1] * len(falling), costs[: len(falling)]):
        padded = np.array([[*g, *[0.0] * (20 - len(g))] for g in falling])

        def gain(n, padded=padded):
            return padded[np.arange(len(n)), np.minimum(n, 19)]

        found = share_budget(
            gain,
            np.array(cost, dtype=float),
            budget=budget,
            lower=np.zeros(len(cost), dtype=np.int64),
            upper=np.array([len(g) for g in falling]),
        )
        assert found.spent <= budget and found.spent == sum(c * n for c, n in zip(cost, found.n, strict=True))
        won = sum(sum(g[:n]) for g, n in zip(falling, found.n, strict=True))
        best = best_sharing(falling, cost, budget)
        assert best - found.bound - 1e-9 <= won <= best + 1e-9
        assert won == pytest.approx(best) or len(set(cost)) > 1


def test_allocations_that_cannot_be_are_refused_with_every_fault():
    strata = pd.DataFrame({"size": [0, 10, 5.5], "sd": [1, -1, 2], "cost": [1, 0, 1]})
    with pytest.raises(InputFaults) as error:
        allocate(strata, budget=10)
    assert len(error.value.faults) == 4
    good = pd.DataFrame({"size": [10, 10], "sd": [1, 2]})
    for method in ("neyman", "proportional"):
        with pytest.raises(InputFaults, match="enough for the fewest"):
            allocate(good, budget=3, method=method)
    with pytest.raises(InputFaults, match="same in every stratum"):
        allocate(good.assign(cost=[1, 2]), budget=9, method="proportional")
    with pytest.raises(ValueError, match="method is one of"):
        allocate(good, budget=9, method="equal")
    for call in (neyman_shares, lambda s, d, n: cost_shares(s, d, [1, 1], budget=n)):
        with pytest.raises(ValueError, match="no stratum varies"):
            call([10, 10], [0, 0], n=5)
