"""Doses with their units, migration, margins of exposure, hazard index and TTC."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import own

from riskkit.assessment.chemical.doses import (
    dermal_dose,
    exposure_dose,
    ingestion_dose,
    inhalation_dose,
    mouthing_dose,
    read_exposure,
)
from riskkit.assessment.chemical.hazard_quotients import (
    hazard_index,
    hazard_quotient,
    margin_of_exposure,
    moe_concern,
    moe_percentiles,
    toxicological_concern,
)
from riskkit.assessment.chemical.migration import fat_reduced, food_concentration
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.units import convert, in_unit, read_quantities
from riskkit.foundation.standards import standards

ORACLE = own("scoring_examples.json")
CHEMICAL = ORACLE["chemical"]


def test_published_margin_and_quotients() -> None:
    point, exposure, margin = CHEMICAL["moe"]
    assert margin_of_exposure(point, exposure) == pytest.approx(margin, rel=1e-12)
    assert moe_concern(margin, basis="genotoxic_bmdl10").tolist() == [True]
    assert moe_concern(margin, basis="threshold_noael").tolist() == [False]
    for dose, value, quotient in CHEMICAL["hazard"]:
        assert hazard_quotient(dose, value) == pytest.approx(quotient)


def test_hazard_index_by_target_organ() -> None:
    doses = pd.DataFrame(
        {
            "substance": ["a", "b", "a"],
            "organ": ["liver", "liver", "kidney"],
            "exposure": [0.5, 0.3, 0.5],
            "guidance_value": [0.8, 1.0, 0.4],
        }
    )
    found = hazard_index(doses)
    assert found.index.tolist() == ["kidney", "liver"]
    assert found.loc["liver", "hazard_index"] == pytest.approx(CHEMICAL["hazard_index"])
    assert found["is_above"].tolist() == [True, False]
    assert found.loc["liver", "main_share"] == pytest.approx(0.625 / 0.925)


def test_a_missing_guidance_value_never_reads_as_safe() -> None:
    doses = pd.DataFrame(
        {
            "substance": ["a", "b", "a", "b"],
            "organ": ["liver", "liver", "skin", "skin"],
            "exposure": [0.5, 0.3, 2.0, 0.3],
            "guidance_value": [0.8, None, 1.0, None],
        }
    )
    found = hazard_index(doses)
    assert bool(found.loc["skin", "is_above"])
    assert found.loc["liver", "is_above"] is pd.NA
    assert found["n_missing"].tolist() == [1, 1]


def test_hazard_index_names_every_fault() -> None:
    doses = pd.DataFrame(
        {"substance": ["a", "a"], "organ": ["x", "x"], "exposure": [-1, 1], "guidance_value": [0, "y"]}
    )
    with pytest.raises(InputFaults) as error:
        hazard_index(doses)
    places = [fault.place for fault in error.value.faults]
    assert places == ["row 1", "row 0: exposure", "row 0: guidance_value", "row 1: guidance_value"]


def test_migration_by_the_food_contact_convention() -> None:
    case = CHEMICAL["migration"]
    assert food_concentration(case["migration"]) == pytest.approx(case["in_food"])
    given_ = {"migration": "0.4 mg/dm²", "area_per_food": 6, "amount": 1, "body_weight": "60 kg bw"}
    assert exposure_dose("migration", given_) == pytest.approx(case["dose"])


def test_fat_reduction_factor_and_where_it_may_not_be_used() -> None:
    fat, factor, migration, reduced = CHEMICAL["fat"]
    found = fat_reduced(migration, fat, for_infants=False, by_convention=False)
    assert (found.factor, found.migration) == (factor, reduced)
    for flags in (
        {"for_infants": True, "by_convention": False},
        {"for_infants": False, "by_convention": True},
    ):
        refused = fat_reduced(migration, fat, **flags)
        assert (refused.factor, refused.migration) == (1.0, migration)
        assert refused.note_zh and refused.note_en
    assert fat_reduced(5.0, 10.0, for_infants=False, by_convention=False).factor == 1.0
    assert fat_reduced(61.0, 100.0, for_infants=False, by_convention=False).is_over_overall_limit
    with pytest.raises(ValueError, match="fat lies between"):
        fat_reduced(5.0, 101.0, for_infants=False, by_convention=False)


@pytest.mark.parametrize(("dose", "group", "outcome"), CHEMICAL["ttc"])
def test_ttc_outcomes(dose: float, group: str, outcome: str) -> None:
    assert toxicological_concern(dose, group)["outcome"].item() == outcome


def test_ttc_per_person_equals_the_figure_of_2012() -> None:
    per_kg = standards.table("ttc").set_index("group")["value"]
    per_person = {"dna_reactive": 0.15, "organophosphate_carbamate": 18, "cramer_3": 90, "cramer_1": 1800}
    assert {name: per_kg[name] * 60 for name in per_person} == pytest.approx(per_person)


@pytest.mark.parametrize("name", standards.table("ttc_exclusions")["exclusion"].tolist())
def test_an_exclusion_silences_the_thresholds(name: str) -> None:
    found = toxicological_concern([1e-9, np.nan, 1e9], "cramer_1", exclusions=[name])
    assert found["outcome"].tolist() == ["excluded"] * 3
    assert found["threshold"].isna().all()


def test_ttc_names_every_fault_and_keeps_missing_missing() -> None:
    with pytest.raises(InputFaults) as error:
        toxicological_concern([-1.0], "cramer_9", exclusions=["odd"])
    assert [fault.place for fault in error.value.faults] == ["group", "exclusion", "exposure[0]"]
    assert toxicological_concern([np.nan], "cramer_1")["outcome"].tolist() == [None]


@given(
    st.lists(st.just(0.0) | st.floats(1e-9, 1e6), min_size=1, max_size=40),
    st.floats(1e-6, 1e6),
    st.floats(0, 1),
)
def test_low_percentile_of_the_margin_is_the_inverse_of_the_high_one(
    sample: list[float], point: float, prob: float
) -> None:
    found = moe_percentiles(sample, point, probs=[prob])[0]
    high = np.quantile(np.array(sample) / point, 1 - prob)
    assert found == (math.inf if high == 0 else pytest.approx(1 / high))


def test_margin_percentiles_stand_where_direct_ones_break() -> None:
    sample = [0.0] * 50 + [1.0, 2.0, 3.0]
    assert moe_percentiles(sample, 1.0, probs=[0.0, 0.9]).tolist() == [pytest.approx(1 / 3), math.inf]
    with pytest.raises(ValueError, match="without gaps"):
        moe_percentiles([1.0, np.nan], 1.0, probs=[0.5])
    with pytest.raises(ValueError, match="probabilities from 0 to 1"):
        moe_percentiles([1.0], 1.0, probs=[1.5])


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(1, 200), st.floats(0, 1))
def test_doses_are_amount_by_weight(x: float, y: float, weight: float, share: float) -> None:
    rest = {"body_weight": weight, "absorbed": share}
    assert ingestion_dose(x, y, **rest) == pytest.approx(x * y * share / weight)
    assert mouthing_dose(x, y, time=30, **rest) == pytest.approx(x * y * 30 / 1000 * share / weight)
    assert dermal_dose(x, y, events=2, **rest) == pytest.approx(x * y * 2 * share / weight)
    assert inhalation_dose(x, y, time=8, **rest) == pytest.approx(x * y * 8 * share / weight)
    doubled = ingestion_dose(x, y, body_weight=2 * weight, absorbed=share)
    assert 2 * doubled == pytest.approx(ingestion_dose(x, y, **rest))


def test_doses_are_vectorised_and_keep_missing_missing() -> None:
    found = ingestion_dose([1.0, np.nan], 2.0, body_weight=[10.0, 10.0])
    assert found[0] == 0.2 and np.isnan(found[1])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"body_weight": 0.0}, "body weight is above 0"),
        ({"body_weight": 10.0, "absorbed": 1.5}, "fraction absorbed"),
    ],
)
def test_doses_refuse_what_cannot_be(bad: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ingestion_dose(1.0, 1.0, **bad)


def test_two_negatives_do_not_make_a_dose() -> None:
    with pytest.raises(ValueError, match="not negative"):
        ingestion_dose(-1.0, -1.0, body_weight=10)
    with pytest.raises(ValueError, match="not negative"):
        food_concentration(-1.0)


def test_units_at_the_edge_of_every_route() -> None:
    cases = {
        "ingestion": ({"concentration": "0.0005 %", "amount": "500 g/d"}, 5 * 0.5),
        "mouthing": ({"migration_rate": "30 µg/cm²/h", "area": "0.1 dm²", "time": "1 h/d"}, 0.5e-3 * 10 * 60),
        "dermal": ({"load": "1 µg/cm²", "area": "0.05 m²", "events": "2 1/d"}, 0.001 * 500 * 2),
        "inhalation": (
            {"air_concentration": "100 µg/m³", "breathing_rate": "12 m³/d", "time": "10 h/d"},
            0.1 * 0.5 * 10,
        ),
    }
    for route, (given_, amount) in cases.items():
        dose = exposure_dose(route, {**given_, "body_weight": "10000 g", "absorbed": "50 %"})
        assert dose == pytest.approx(amount * 0.5 / 10), route


def test_no_dose_without_body_weight_and_all_faults_at_once() -> None:
    given_ = {"migration_rate": "3 mg/kg", "area": -1, "time": "1 h/d", "absorbed": "150 %", "colour": "red"}
    with pytest.raises(InputFaults) as error:
        read_exposure("mouthing", given_)
    text = str(error.value)
    assert "unit mismatch: mg/kg cannot be read as µg/cm²/min" in text
    assert "body_weight: missing, must be: body weight in kg: no dose without it" in text
    assert "colour: 'red', must be: one of" in text


def test_range_faults_are_told_together() -> None:
    given_ = {"concentration": -1, "amount": 1, "absorbed": 1.5, "body_weight": 0}
    with pytest.raises(InputFaults) as error:
        read_exposure("ingestion", given_)
    assert [fault.place for fault in error.value.faults] == ["concentration", "absorbed", "body_weight"]
    with pytest.raises(ValueError, match="a route of exposure is one of"):
        exposure_dose("telepathy", {})


@pytest.mark.parametrize("unit", ["9**9**9", "kg; import os", "__class__", "", "mg//kg", "m" * 300])
def test_hostile_units_are_refused(unit: str) -> None:
    with pytest.raises(ValueError, match="is not known"):
        convert(1.0, unit, "mg/kg")


def test_forms_a_quantity_may_take() -> None:
    assert in_unit(3, "kg") == 3.0
    assert in_unit(([1, 2], "g"), "kg").tolist() == [0.001, 0.002]
    for bad in ("3", "abc", True, object(), "1.5.2 kg"):
        with pytest.raises(ValueError):
            in_unit(bad, "kg")
    with pytest.raises(InputFaults, match="unit mismatch: d cannot be read as kg"):
        read_quantities({"mass": "3 d"}, {"mass": "kg"})


@given(
    st.floats(1e-9, 1e9),
    st.sampled_from([("mg/dm²", "µg/cm²"), ("mg/kg/d", "µg/kg/d"), ("h/d", "min/d"), ("%", "1")]),
)
def test_conversion_goes_there_and_back(value: float, units: tuple[str, str]) -> None:
    there = convert(value, *units)
    assert convert(there, units[1], units[0]) == pytest.approx(value, rel=1e-12)


def test_ratio_edges() -> None:
    assert margin_of_exposure(1.0, 0.0) == math.inf
    assert margin_of_exposure(pd.Series([1.0, 2.0], index=["a", "b"]), 0.5).to_dict() == {"a": 2.0, "b": 4.0}
    assert np.isnan(margin_of_exposure(1.0, np.nan))
    for call in (
        lambda: margin_of_exposure(0.0, 1.0),
        lambda: hazard_quotient(1.0, -1.0),
        lambda: hazard_quotient(-1.0, 1.0),
    ):
        with pytest.raises(ValueError, match="finite number"):
            call()
    with pytest.raises(ValueError, match="basis is one of"):
        moe_concern(1.0, basis="other")
