"""Modes of supervision, conformity procedures, fairness at equal risk, and the public draw of lots."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from riskkit.application.supervision.ccc_coverage import certificate_checks
from riskkit.application.supervision.conformity import procedures
from riskkit.application.supervision.fairness import fairness
from riskkit.application.supervision.firm_classes import CLASSES, firm_classes
from riskkit.application.supervision.inspection_rates import decide as decide_lots
from riskkit.application.supervision.modes import RISKS, decide
from riskkit.application.supervision.public_draw import commit_rates, public_seed
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards

ON = dt.date(2026, 5, 1)
GOOD = {"credit_grade": "advanced_certified", "is_assured": 1, "alpha": 1.0, "beta": 999.0, "n_tested": 990}
STRICTNESS = standards.table("supervision_modes").set_index("mode")["strictness"]


def firm(**columns):
    return pd.DataFrame([GOOD | columns])


@pytest.mark.parametrize(("facts", "decision", "reason"), [
    ({}, "class_1", "all_very_good"),
    ({"credit_grade": "ordinary"}, "class_2", "good"),
    ({"n_tested": 299}, "class_2", "good"),
    ({"alpha": 2.0, "beta": 38.0}, "class_3", "not_sure_enough"),
    ({"is_assured": 0}, "class_3", "not_assured"),
    ({"n_tested": 0}, "class_3", "no_history"),
    ({"alpha": 60.0, "beta": 240.0}, "class_4", "rate_probably_high"),
    ({"credit_grade": "discredited"}, "class_4", "credit_bad"),
    ({"credit_grade": "seriously_discredited", "alpha": None}, "class_4", "credit_bad"),
    ({"credit_grade": None}, "unknown", "facts_missing"),
    ({"is_assured": None}, "unknown", "facts_missing"),
    ({"alpha": None, "beta": None, "n_tested": None}, "unknown", "facts_missing"),
])  # fmt: skip
def test_the_first_rule_that_holds_decides_the_class(facts, decision, reason):
    found = firm_classes(firm(**facts), on=ON).iloc[0]
    assert (found["decision"], found["reason"]) == (decision, reason)
    assert found["at_worst"] == ("class_4" if decision == "unknown" else decision)


def test_a_firm_without_history_is_marked_and_never_bad_by_its_prior_alone():
    found = firm_classes(firm(n_tested=0, alpha=9.0, beta=1.0), on=ON).iloc[0]
    assert found["is_prior_only"] and found["decision"] == "class_3" and np.isnan(found["margin"])


@given(st.floats(0.1, 50), st.floats(1, 3000), st.integers(0, 3000), st.integers(0, 1), st.integers(0, 4))
def test_a_better_credit_grade_or_assurance_never_gives_a_worse_class(alpha, beta, n_tested, assured, rank):
    grades = standards.table("credit_grades", on=ON).set_index("rank")["grade"]
    one = firm(alpha=alpha, beta=beta, n_tested=n_tested, is_assured=assured, credit_grade=grades[rank])
    better = one.assign(credit_grade=grades[min(rank + 1, 4)], is_assured=1)
    more = one.assign(n_tested=n_tested + 1 if n_tested else 0)
    classes = [CLASSES.index(firm_classes(rows, on=ON)["decision"].iloc[0]) for rows in (one, better, more)]
    assert classes[1] <= classes[0] and classes[2] <= classes[0]


def test_the_credit_grades_are_those_of_the_day():
    assert firm_classes(firm(credit_grade="certified"), on=ON)["decision"].tolist() == ["class_1"]
    with pytest.raises(InputFaults, match="credit_grade"):
        firm_classes(firm(credit_grade="certified"), on=dt.date(2023, 5, 1))


def test_every_fault_of_a_firm_is_listed_at_once_and_wrong_rules_are_refused():
    with pytest.raises(InputFaults) as wrong:
        firm_classes(firm(is_assured=2, alpha=0, n_tested=-1), on=ON)
    assert len(wrong.value.faults) == 3
    table = standards.table("supervision_class_rules")
    own = {"sm-rate-middle": 0.2, "sm-sure-low": 0.4, "sm-least": -1.0}
    rules = table.assign(number=table["rule_id"].map(own).fillna(table["number"]))
    with pytest.raises(InputFaults) as wrong:
        firm_classes(firm(), on=ON, rules=rules)
    assert {fault.place for fault in wrong.value.faults} == set(own)
    with pytest.raises(InputFaults, match="rules in force"):
        firm_classes(firm(), on=ON, rules=table.head(0))


def test_every_class_and_risk_has_one_mode_and_none_is_milder_than_a_better_one():
    pairs = pd.MultiIndex.from_product([CLASSES, RISKS]).to_frame(
        index=False, name=["firm_class", "product_risk"]
    )
    found = decide(pairs, on=ON)
    grid = found["decision"].map(STRICTNESS).to_numpy().reshape(len(CLASSES), len(RISKS))
    assert (np.diff(grid, axis=0) >= 0).all() and (np.diff(grid, axis=1) <= 0).all()
    assert set(found["decision"]) == set(STRICTNESS.index) and (found["margin"] == 0).all()


def test_what_is_unknown_is_worked_at_the_strictest_mode_that_it_allows():
    rows = pd.DataFrame(
        {"firm_class": ["unknown", "class_1", "unknown"], "product_risk": ["general", None, None]}
    )
    found = decide(rows, on=ON)
    assert found["decision"].tolist() == ["unknown"] * 3
    assert found["applied"].tolist() == ["strict", "verification", "special"]
    assert found["margin"].tolist() == [3, 1, 4] and found["rate_floor"].tolist() == [0.3, 0.05, 1]
    assert found["reason"].tolist() == ["class_unknown", "risk_unknown", "class_unknown"]


def test_cells_out_of_order_missing_or_unknown_are_refused():
    table = standards.table("supervision_mode_cells")
    rows = pd.DataFrame({"firm_class": ["class_1"], "product_risk": ["high"]})
    with pytest.raises(InputFaults) as wrong:
        decide(rows, on=ON, cells=table.assign(mode=table["mode"].where(table["cell"] != "4-high", "credit")))
    assert "class_4, high" in wrong.value.faults[0].place
    with pytest.raises(InputFaults, match="class_2, general"):
        decide(rows, on=ON, cells=table[table["cell"] != "2-general"])
    with pytest.raises(InputFaults, match="did you mean"):
        decide(rows, on=ON, cells=table.assign(mode="speciall"))
    with pytest.raises(InputFaults) as wrong:
        decide(rows.assign(firm_class="class_5", product_risk="hihg"), on=ON)
    assert len(wrong.value.faults) == 2


def test_the_mix_of_procedures_follows_mode_and_facts():
    facts = pd.DataFrame({"mode": ["special", "credit", "general"], "is_ccc": [1, 0, None],
                          "needs_registration": [1, 0, 0], "has_accepted_report": [1, 1, 0]},
                         index=["a", "b", "c"])  # fmt: skip
    found = procedures(facts, on=ON)
    applied = found[found["decision"] == "apply"].groupby("subject")["rule_id"].agg(list)
    assert applied["a"] == ["cp-sampling", "cp-assessment", "cp-certificate", "cp-registration"]
    assert applied["b"] == ["cp-sampling", "cp-assessment", "cp-acceptance"]
    assert applied["c"] == ["cp-sampling"]
    at = found.set_index(["subject", "rule_id"])
    assert at.at[("a", "cp-acceptance"), "reason"] == "mode_excludes", (
        "no acceptance under special supervision"
    )
    assert at.at[("c", "cp-certificate"), "decision"] == "unknown"
    with pytest.raises(InputFaults, match="did you mean"):
        procedures(facts.assign(mode="specail"), on=ON)
    with pytest.raises(InputFaults, match="is_ccc"):
        procedures(facts.assign(is_ccc=2), on=ON)


LISTED = pd.DataFrame({
    "certificate_id": ["C1", "C2", "C3"], "holder_id": "A", "product": "toys", "valid_from": "2025-05-02",
    "valid_to": ["2026-05-01", None, "2026-04-30"], "certificate_status": ["valid", "withdrawn", "valid"],
})  # fmt: skip
LOT = {"is_ccc": 1, "certificate_id": "C1", "firm_id": "A", "product": "toys"}


@pytest.mark.parametrize(("facts", "on", "reason", "margin"), [
    ({}, ON, "certificate_covers", 0),
    ({}, dt.date(2025, 5, 1), "not_yet_valid", -1),
    ({"certificate_id": "C3"}, ON, "certificate_expired", -1),
    ({"certificate_id": "C2"}, ON, "certificate_withdrawn", None),
    ({"certificate_id": "C9"}, ON, "certificate_not_listed", None),
    ({"certificate_id": " "}, ON, "certificate_missing", None),
    ({"firm_id": "B"}, ON, "other_holder", None),
    ({"product": "lamps"}, ON, "other_product", None),
    ({"is_ccc": None}, ON, "fact_missing", None),
    ({"is_ccc": 0, "certificate_id": None}, ON, "not_ccc", None),
])  # fmt: skip
def test_a_certificate_covers_a_lot_only_if_holder_product_and_day_agree(facts, on, reason, margin):
    found = certificate_checks(pd.DataFrame([LOT | facts]), LISTED, on=on).iloc[0]
    assert found["reason"] == reason
    assert np.isnan(found["margin"]) if margin is None else found["margin"] == margin
    assert (found["decision"] == "verified") == (reason == "certificate_covers")


@given(st.integers(-400, 400))
def test_a_certificate_is_good_on_exactly_the_days_of_its_period(days):
    on = ON + dt.timedelta(days)
    found = certificate_checks(pd.DataFrame([LOT]), LISTED, on=on)["decision"].iloc[0]
    assert (found == "verified") == (dt.date(2025, 5, 2) <= on <= dt.date(2026, 5, 1))


def test_faults_of_certificates_are_listed_at_once():
    bad = LISTED.assign(certificate_id=["C1", "C1", "C3"], certificate_status=["valid", "gone", "valid"])
    bad.loc[2, "valid_to"] = "2020-01-01"
    with pytest.raises(InputFaults) as wrong:
        certificate_checks(pd.DataFrame([LOT]), bad, on=ON)
    assert [fault.place for fault in wrong.value.faults] == [
        "certificates: row 1: certificate_id", "certificates: row 1: certificate_status",
        "certificates: row 2: valid_to"]  # fmt: skip
    with pytest.raises(InputFaults, match="is_ccc"):
        certificate_checks(pd.DataFrame([LOT | {"is_ccc": 2}]), LISTED, on=ON)


BERKELEY = pd.DataFrame(
    [("M", "A", 825, 512), ("F", "A", 108, 89), ("M", "B", 560, 353), ("F", "B", 25, 17), ("M", "C", 325, 120),
     ("F", "C", 593, 202), ("M", "D", 417, 138), ("F", "D", 375, 131), ("M", "E", 191, 53), ("F", "E", 393, 94),
     ("M", "F", 373, 22), ("F", "F", 341, 24)],
    columns=["sex", "stratum", "n_lots", "n_inspected"],
)  # fmt: skip


def test_the_admissions_of_berkeley_are_fair_at_equal_department_as_published():
    """R prints for mantelhaen.test(UCBAdmissions, correct = FALSE): 1.5246, p-value = 0.2169."""
    found = fairness(BERKELEY, by="sex", on=ON)
    assert found["p_value"].round(4).tolist() == [0.2169, 0.2169]
    assert found.at["M", "rate"] - found.at["F", "rate"] > 0.14, "crude shares differ by 14 points"
    assert found.at["M", "difference"] == pytest.approx(-found.at["F", "difference"])
    assert abs(found.at["M", "difference"]) < 0.03 and (found["decision"] == "no_clear_difference").all()


@given(st.lists(st.tuples(st.sampled_from("PQR"), st.sampled_from("ab"), st.integers(1, 60), st.floats(0, 1)),
                min_size=2, max_size=8))  # fmt: skip
def test_p_values_are_those_of_another_program(rows):
    counts = pd.DataFrame(rows, columns=["port", "stratum", "n_lots", "share"])
    counts["n_inspected"] = (counts["n_lots"] * counts["share"]).round().astype(int)
    found = fairness(counts, by="port", on=ON)
    sums = counts.groupby(["stratum", "port"])[["n_lots", "n_inspected"]].sum()
    for port, row in found.iterrows():
        tables = []
        for stratum in sums.index.get_level_values("stratum").unique():
            of_all = sums.loc[stratum]
            if port not in of_all.index or len(of_all) < 2:
                continue
            own, rest = of_all.loc[port], of_all.drop(port).sum()
            tables.append([[own["n_inspected"], own["n_lots"] - own["n_inspected"]],
                           [rest["n_inspected"], rest["n_lots"] - rest["n_inspected"]]])  # fmt: skip
        if row["decision"] == "unknown":
            assert np.isnan(row["p_value"])
            continue
        theirs = StratifiedTable([np.array(one, dtype=float) for one in tables]).test_null_odds(
            correction=False
        )
        assert row["p_value"] == pytest.approx(theirs.pvalue, abs=1e-9)
    known = found["p_value"].dropna()
    if len(known):
        assert found.loc[known.index, "p_adjusted"].to_numpy() == pytest.approx(
            multipletests(known, method="holm")[1]
        )


def test_a_port_that_inspects_less_at_equal_risk_is_found_and_one_with_safer_goods_is_not():
    rows = [("P", "high", 200, 120), ("Q", "high", 200, 104), ("R", "high", 20, 12),
            ("P", "low", 200, 20), ("Q", "low", 200, 4), ("R", "low", 900, 92)]  # fmt: skip
    found = fairness(
        pd.DataFrame(rows, columns=["port", "stratum", "n_lots", "n_inspected"]), by="port", on=ON
    )
    assert found.at["Q", "decision"] == "below" and found.at["P", "decision"] == "no_clear_difference"
    assert found.at["R", "decision"] != "below"
    assert found.at["R", "rate"] < found.at["Q", "rate"], "by crude shares it would be R"
    assert found.at["Q", "difference_hi"] < 0


def test_a_group_that_is_alone_in_its_risk_cannot_be_compared():
    rows = pd.DataFrame(
        {"firm": ["A", "B"], "stratum": ["x", "y"], "n_lots": [10, 10], "n_inspected": [9, 1]}
    )
    found = fairness(rows, by="firm", on=ON)
    assert found["decision"].tolist() == ["unknown"] * 2 and found["difference"].isna().all()


def test_faults_of_the_counts_are_listed_at_once():
    bad = BERKELEY.astype(object)
    bad.loc[0, "n_inspected"], bad.loc[2, "sex"], bad.loc[3, "stratum"] = 9999, None, None
    with pytest.raises(InputFaults) as wrong:
        fairness(bad, by="sex", on=ON)
    assert len(wrong.value.faults) == 3
    with pytest.raises(InputFaults, match="fa-level"):
        fairness(BERKELEY, by="sex", on=ON, rules=standards.table("fairness_rules").assign(number=0.2))


RATES = pd.DataFrame(
    {"rate_random": [0.1, 0.2], "rate_targeted": [0.3, 0.0], "reason": "x"}, index=["toys", "lamps"]
)
SECRET = "correct horse battery"


def test_whoever_has_the_published_facts_repeats_every_decision():
    promise = commit_rates(RATES, secret=SECRET)
    seed = public_seed(RATES.iloc[::-1], promise, secret=SECRET, public="2026-118")
    lots = pd.DataFrame({"lot_id": [str(one) for one in range(2000)], "subject_id": ["toys", "lamps"] * 1000})
    first, again = (
        decide_lots(lots.sample(frac=1, random_state=k).sort_index(), RATES, seed=seed) for k in (1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    share = (first["decision"] == "inspect").groupby(lots["subject_id"]).mean()
    assert share["toys"] == pytest.approx(0.4, abs=0.05) and share["lamps"] == pytest.approx(0.2, abs=0.04)


@pytest.mark.parametrize(
    "rates", [RATES.assign(rate_random=0.11), RATES.head(1), RATES.rename({"toys": "toy"})]
)
def test_a_table_that_was_changed_afterwards_is_refused(rates):
    promise = commit_rates(RATES, secret=SECRET)
    with pytest.raises(InputFaults, match="what was published"):
        public_seed(rates, promise, secret=SECRET, public="118")
    with pytest.raises(InputFaults, match="secret"):
        public_seed(RATES, promise, secret=SECRET + "!", public="118")


def test_labels_that_could_be_confused_and_weak_secrets_are_refused():
    with pytest.raises(InputFaults, match="once"):
        commit_rates(pd.concat([RATES, RATES]), secret=SECRET)
    with pytest.raises(InputFaults, match="tab"):
        commit_rates(RATES.rename({"toys": "toys\t0.1"}), secret=SECRET)
    with pytest.raises(InputFaults, match="16 characters"):
        commit_rates(RATES, secret="short")
