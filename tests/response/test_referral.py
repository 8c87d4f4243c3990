"""Referrals: rewards, clocks, publication, the list, the draw and the routes, by hand and against their laws."""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.response.reason_words import reason_words
from riskkit.response.referral import rewards, routes
from riskkit.response.referral.clocks import clocks, due_days, evidence_gaps, lawyer_questions
from riskkit.response.referral.hot_spots import hot_spots
from riskkit.response.referral.inspection_draw import commit, committed_draw
from riskkit.response.referral.penalty_publication import decide as publication
from riskkit.response.referral.penalty_publication import list_decision

DAY = dt.date(2026, 1, 5)
CLEAR = dict.fromkeys(rewards.exclusions(DAY), 0)


def reward(**given):
    facts = {"is_major": 1, "is_proved": 1, **CLEAR, **given}
    return rewards.decide(pd.DataFrame({name: [value] for name, value in facts.items()}), on=DAY).iloc[0]


@pytest.mark.parametrize(
    ("grade", "fines", "amount", "reason"),
    [
        (1, 2_000_000, 100_000, "reward_paid"),
        (2, 2_000_000, 60_000, "reward_paid"),
        (3, 2_000_000, 20_000, "reward_paid"),
        (1, 99_999, 5000, "reward_floor"),
        (1, 100_000, 5000, "reward_paid"),
        (2, 10_000, 3000, "reward_floor"),
        (3, 0, 1000, "reward_no_fine"),
        (1, 20_000_000, 1_000_000, "reward_paid"),
        (1, 20_000_001, 1_000_000, "reward_cap"),
        (3, 900_000_000, 1_000_000, "reward_cap"),
    ],
)
def test_rewards_by_hand(grade, fines, amount, reason):
    row = reward(reward_grade=grade, amount_fines=fines)
    assert (row["amount"], row["reason"], row["decision"]) == (amount, reason, "reward")


def test_the_finance_department_fixes_rewards_from_half_a_million_on():
    shares = [
        reward(reward_grade=1, amount_fines=fines)["is_with_finance"] for fines in (9_999_999, 10_000_000)
    ]
    assert shares == [False, True]


@pytest.mark.parametrize(
    ("evidence", "match", "is_grave", "grade"),
    [
        ("detailed_and_direct", "exact", 1, 1), ("detailed_and_direct", "exact", 0, 2), ("direct", "exact", 1, 2),
        ("direct", "largely", 1, 3), ("some", "exact", 1, 3), ("some", "largely", 0, 3),
    ],
)  # fmt: skip
def test_the_grade_follows_from_evidence_match_and_gravity(evidence, match, is_grave, grade):
    assert reward(evidence=evidence, match=match, is_grave=is_grave, amount_fines=0)["grade"] == grade


def test_no_evidence_or_no_match_is_no_reward_and_unknown_is_neither():
    assert reward(evidence="none", match="exact", amount_fines=1)["reason"] == "reward_not_found"
    open_ = reward(evidence="detailed_and_direct", match="exact", is_grave=None, amount_fines=1)
    assert open_["reason"] == "reward_unknown" and pd.isna(open_["decision"]) and np.isnan(open_["amount"])
    assert pd.isna(reward(reward_grade=1, amount_fines=None)["decision"])


def test_every_exclusion_bars_and_an_inside_reporter_is_no_offender():
    for name in CLEAR:
        row = reward(reward_grade=1, amount_fines=10**6, **{name: 1})
        assert (row["decision"], row["amount"], row["reason"]) == ("none", 0, "reward_excluded"), name
    inside = reward(reward_grade=1, amount_fines=10**6, is_offender=1, is_inside=1)
    assert inside["decision"] == "reward" and inside["may_be_raised"]
    assert reward(reward_grade=1, amount_fines=1, is_proved=0)["reason"] == "reward_not_major"


@settings(max_examples=20)
@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=30), st.integers(1, 3))
def test_rewards_rise_with_the_fines_within_floor_and_cap(fines, grade):
    facts = pd.DataFrame({"amount_fines": sorted(fines), "reward_grade": grade}).assign(
        is_major=1, is_proved=1, **CLEAR
    )
    amounts = rewards.decide(facts, on=DAY)["amount"]
    assert (
        amounts.is_monotonic_increasing and amounts.between({1: 5000, 2: 3000, 3: 1000}[grade], 10**6).all()
    )


def test_wrong_rewards_are_refused_with_every_fault_and_none_before_the_rules():
    facts = pd.DataFrame({"amount_fines": [-1], "evidence": ["much"], "reward_grade": [4], "wrong": [1]})
    with pytest.raises(InputFaults) as caught:
        rewards.decide(facts, on=DAY)
    assert len(caught.value.faults) == 4
    with pytest.raises(InputFaults, match="2021-12-01"):
        rewards.decide(facts[["amount_fines"]], on=dt.date(2021, 11, 30))


# Clocks


@pytest.mark.parametrize("clock", ["publish_same_province", "push_other_province"])
def test_terms_in_working_days_are_those_of_the_worked_clocks(clock):
    rows = pd.read_csv(shared("data", "cn_working_days", "working_day_clocks.csv"))
    length = standards.all_rows("referral_clocks").set_index("clock").at[clock, "amount"]
    rows = rows[(rows["working_days"] == length) & (rows["start"] >= "2021-09-01")]
    assert len(rows) > 10
    due = due_days(clock, rows["start"].to_numpy().astype("datetime64[D]"), on=DAY)
    assert (due == rows["due"].to_numpy().astype("datetime64[D]")).all()


def test_clocks_of_litigation_by_hand():
    rows = pd.DataFrame(
        [
            ("civil_notice", "2026-01-01", None, "2026-02-02", "running"),  # 31 January is a Saturday
            ("agency_reply", "2025-10-10", None, "2025-12-10", "overdue"),
            ("agency_reply_urgent", "2025-12-15", "2025-12-30", "2025-12-30", "done"),
            ("court_tells_agency", "2025-12-12", "2025-12-23", "2025-12-22", "done_late"),
            ("police_review", None, None, None, "waiting"),
        ],
        columns=["clock", "started_on", "done_on", "due", "state"],
    )
    found = clocks(rows, on=DAY)
    assert found["state"].tolist() == rows["state"].tolist()
    assert found["due_on"].equals(pd.to_datetime(rows["due"]).astype(found["due_on"].dtype))
    assert found.loc[1, "days_left"] == -26 and np.isnan(found.loc[2, "days_left"])


def test_a_term_into_a_year_without_published_holidays_is_left_open():
    rows = pd.DataFrame({"clock": ["publish_same_province"], "started_on": ["2026-12-20"], "done_on": [None]})
    row = clocks(rows, on=dt.date(2026, 12, 24)).iloc[0]
    assert pd.isna(row["due_on"]) and pd.isna(row["state"])


def test_wrong_clocks_are_refused_at_once():
    rows = pd.DataFrame({
        "clock": ["civil_notic", "withdraw", "withdraw"],
        "started_on": ["2026-01-01", "2026-02-01", "2025-12-05"],
        "done_on": [None, None, "2025-12-01"],
    })  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        clocks(rows, on=DAY)
    assert len(caught.value.faults) == 3 and "civil_notice" in str(caught.value)


def test_papers_that_are_missing_are_named_and_unknown_ones_refused():
    gaps = evidence_gaps("transfer", ["goods_list"], on=DAY)
    wanted = gaps[~gaps["is_there"] & (gaps["need"] == "required")]["item"]
    assert wanted.tolist() == ["transfer_letter", "investigation_report", "test_reports"]
    with pytest.raises(InputFaults, match="complaint"):
        evidence_gaps("civil", ["complain"], on=DAY)
    with pytest.raises(InputFaults, match="route"):
        evidence_gaps("criminal", [], on=DAY)
    assert all(len(in_language(lang, lawyer_questions, DAY)) == 5 for lang in ("zh", "en"))


# Publication and the list


def penalty(**given):
    facts = {
        "decided_on": "2025-09-01",
        "penalty": "fine",
        "is_same_province": 1,
        "is_small_fine": 0,
        **given,
    }
    return pd.DataFrame({name: [value] for name, value in facts.items()})


@pytest.mark.parametrize(
    ("more", "day", "decision", "due"),
    [
        ({}, "2025-09-28", "due", "2025-09-28"),  # a Sunday that is made up
        ({}, "2025-09-29", "late", "2025-09-28"),
        ({"is_same_province": 0}, "2025-09-15", "due", "2025-09-15"),
        ({"is_same_province": 0, "received_on": "2025-09-15"}, "2025-09-29", "late", "2025-09-28"),
        ({"annulled_on": "2025-09-10", "published_on": "2025-09-05"}, "2025-09-11", "withdraw", "2025-09-15"),
    ],
)
def test_publication_is_due_as_the_articles_say(more, day, decision, due):
    row = publication(penalty(**more), on=dt.date.fromisoformat(day)).iloc[0]
    assert (row["decision"], row["due_on"]) == (decision, pd.Timestamp(due))


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        ({"is_small_fine": 1}, "2025-12-10"),
        ({"penalty": "criticism"}, "2025-12-10"),
        ({}, "2028-09-10"),
        ({"penalty": "bar_from_trade", "restricted_until": "2035-01-01"}, "2035-01-01"),
    ],
)
def test_publication_ends_after_three_months_three_years_or_the_restriction(more, ends):
    facts = penalty(published_on="2025-09-10", **more)
    last = dt.date.fromisoformat(ends)
    assert publication(facts, on=last)["decision"].item() == "published"
    after = publication(facts, on=last + dt.timedelta(days=1)).iloc[0]
    assert (after["decision"], after["ends_on"]) == ("over", pd.Timestamp(ends))


def test_an_early_end_needs_every_condition_and_never_for_grave_penalties():
    good = {"is_duty_done": 1, "is_harm_removed": 1, "is_repeated": 0, "is_listed": 0}
    assert publication(penalty(**good), on=DAY)["may_ask_early"].tolist() == [True]
    for name, flag in good.items():
        assert publication(penalty(**good | {name: 1 - flag}), on=DAY)["may_ask_early"].tolist() == [False]
    assert publication(penalty(), on=DAY)["may_ask_early"].isna().all()
    assert publication(penalty(penalty="stop_production", **good), on=DAY)["may_ask_early"].tolist() == [
        False
    ]


def test_a_bare_warning_is_not_published_and_what_is_unknown_stays_open():
    assert publication(penalty(penalty="warning_only"), on=DAY)["decision"].item() == "not_published"
    for more in ({"is_same_province": None}, {"is_small_fine": None, "published_on": "2025-09-10"}):
        assert publication(penalty(**more), on=DAY)["decision"].isna().all()
    with pytest.raises(InputFaults) as caught:
        publication(penalty(penalty="prison", decided_on="2027-01-01"), on=DAY)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="2021-09-01"):
        publication(penalty(), on=dt.date(2021, 8, 31))


def listed(**given):
    facts = {"penalty": "revoke_licence", "is_serious": 1, "is_without_intent": 0, "listed_on": None}
    facts |= {"is_duty_done": 1, "is_harm_removed": 1, "is_heavy_again": 0, **given}
    return pd.DataFrame({name: [value] for name, value in facts.items()})


@pytest.mark.parametrize(
    ("more", "decision", "reason"),
    [
        ({}, "enter", "list_enter"),
        ({"penalty": "fine"}, "not_listed", "list_not_heavy"),
        ({"is_without_intent": 1}, "not_listed", "list_no_intent"),
        ({"is_serious": 0}, "not_listed", "list_not_serious"),
        ({"is_serious": None}, None, "facts_missing"),
        ({"listed_on": "2025-01-06"}, "stays", "list_stays"),
        ({"listed_on": "2025-01-05"}, "may_ask_to_leave", "list_may_leave"),
        ({"listed_on": "2025-01-05", "is_heavy_again": 1}, "stays", "list_stays"),
        ({"listed_on": "2025-01-05", "is_duty_done": None}, None, "facts_missing"),
        ({"listed_on": "2023-01-04"}, "leaves", "list_over"),
        ({"listed_on": "2025-06-01", "annulled_on": "2025-12-01"}, "leaves", "list_annulled"),
    ],
)
def test_entry_to_and_exit_from_the_list(more, decision, reason):
    row = list_decision(listed(**more), on=DAY).iloc[0]
    assert (row["decision"] if pd.notna(row["decision"]) else None, row["reason"]) == (decision, reason)
    assert all(in_language(lang, reason_words, pd.Series([reason])).item() for lang in ("zh", "en"))


# The draw and the routes


def test_a_draw_can_be_repeated_with_nothing_but_a_digest():
    names, secret = [f"企业{k}" for k in range(9)], "十六个字以上的秘密：口令一二三四五"
    promise = commit(names, secret=secret, n=4)
    assert promise.list_digest == hashlib.sha256("\n".join(names).encode()).hexdigest()
    by_hand = sorted(names, key=lambda name: hashlib.sha256(f"{secret}/118|{name}|1".encode()).hexdigest())
    assert committed_draw(names, promise, secret=secret, public="118")["name"].tolist() == by_hand[:4]


@pytest.mark.parametrize(
    "change", [{"names": ["b", "a", "c"]}, {"names": ["a", "b", "c", "d"]}, {"secret": "y" * 16}]
)
def test_another_list_or_secret_is_refused(change):
    kept = {"names": ["a", "b", "c"], "secret": "x" * 16}
    promise = commit(**kept, n=2)
    now = kept | change
    with pytest.raises(InputFaults, match="what was published"):
        committed_draw(now["names"], promise, secret=now["secret"], public="118")


def test_weak_commitments_are_refused():
    with pytest.raises(InputFaults) as caught:
        commit(["a\nb"], secret="short", n=2)
    assert len(caught.value.faults) == 3
    with pytest.raises(InputFaults, match="stands once"):
        commit(["a", "a"], secret="x" * 16, n=1)


FLAGS = (
    "is_crime_suspected",
    "is_public_interest_harmed",
    "is_many_consumers",
    "is_operator_unlawful",
    "is_agency_unlawful",
    "is_harm_growing",
)


@settings(max_examples=15)
@given(st.lists(st.tuples(*[st.sampled_from([0, 1, None])] * 6), min_size=20, max_size=40))
def test_routes_are_found_ruled_out_or_left_open(rows):
    facts = pd.DataFrame(rows, columns=[*FLAGS]).astype(float)
    found = routes.decide(facts, on=DAY)
    for row, (crime, harmed, many, operator, agency, _) in enumerate(rows):
        needs = {"transfer": [crime], "civil": [harmed, many, operator], "administrative": [harmed, agency]}
        sure = [route for route, flags in needs.items() if all(flag == 1 for flag in flags)]
        possible = [route for route, flags in needs.items() if 0 not in flags]
        assert found["possible"].iloc[row].split() == possible
        is_open = pd.isna(found["decision"].iloc[row])
        assert is_open == (sure != possible)
        assert is_open or found["decision"].iloc[row].split() == sure
    assert (in_language("zh", reason_words, found["reason"]) != "").all()


def test_the_urgent_clock_runs_where_the_harm_grows():
    facts = pd.DataFrame(
        [[0, 1, 0, 0, 1, growing] for growing in (0, 1, None)], columns=[*FLAGS], dtype=float
    )
    assert routes.decide(facts, on=DAY)["next_clocks"].tolist() == [
        "agency_reply", "agency_reply_urgent", "agency_reply agency_reply_urgent"
    ]  # fmt: skip
    with pytest.raises(InputFaults, match="is_many_consumers"):
        routes.decide(facts.rename(columns={"is_many_consumers": "is_many_consumer"}), on=DAY)


# Hot spots


def test_hot_spots_agree_with_an_exact_binomial_test_one_by_one():
    from scipy.stats import binomtest

    rng = np.random.default_rng(4)
    places = pd.DataFrame({"n_cases": rng.poisson(6, 20), "n_consignments": rng.integers(50, 500, 20)})
    found = hot_spots(places, on=DAY)
    total, trade = int(places["n_cases"].sum()), places["n_consignments"].sum()
    for row, (n, own) in enumerate(places.to_numpy()):
        slow = binomtest(int(n), total, own / trade, alternative="greater").pvalue
        assert found["p_value"].iloc[row] == pytest.approx(slow)
    # Benjamini and Hochberg by hand: the largest k with p(k) <= k q / m, and all smaller p
    ranked = np.sort(found["p_value"])
    passed = np.flatnonzero(ranked <= 0.05 * np.arange(1, 21) / 20)
    n_found = passed.max() + 1 if passed.size else 0
    assert (found["q_value"] <= 0.05).sum() == n_found


def test_a_place_that_is_not_known_stays_open_and_few_cases_are_no_hot_spot():
    places = pd.DataFrame(
        {"n_cases": [2, None, 50, 5], "n_consignments": [1, 10, None, 1_000_000]}, index=["a", "b", "c", "d"]
    )
    found = hot_spots(places, on=DAY)
    assert found["reason"].tolist() == ["hot_few_cases", "hot_unknown", "hot_unknown", "not_hot"]
    assert found["decision"].isna().tolist() == [True, True, True, False]
    assert found.loc["d", "expected"] == pytest.approx(7, abs=0.001)
    assert hot_spots(places.iloc[1:3], on=DAY)["decision"].isna().all()
    with pytest.raises(InputFaults) as caught:
        hot_spots(pd.DataFrame({"n_cases": [-1, 1], "n_consignments": [1, 0]}), on=DAY)
    assert len(caught.value.faults) == 2
    for reason in ("hot", "not_hot", "hot_few_cases", "hot_unknown"):
        assert all(in_language(lang, reason_words, pd.Series([reason])).item() for lang in ("zh", "en"))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 1000)), min_size=2, max_size=12), st.integers(1, 30)
)
def test_more_cases_at_a_place_never_make_it_colder(rows, more):
    places = pd.DataFrame(rows, columns=["n_cases", "n_consignments"])
    worse = places.copy()
    worse.loc[0, "n_cases"] += more
    p = [float(hot_spots(table, on=DAY)["p_value"].iloc[0]) for table in (places, worse)]
    assert p[1] <= p[0] + 1e-12
