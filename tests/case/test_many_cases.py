"""Many cases and many rows of facts in one table of levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riskkit
from riskkit.case.case import Assessment, assess
from riskkit.case.case_inputs import point_of
from riskkit.case.case_numbers import case_numbers
from riskkit.case.case_reading import load_case
from riskkit.case.many_cases import assess_many
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.shipped import home
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.profiles import profile, profile_names

CODES = list(scale("warning").codes)
CASE_IDS = sorted(path.stem for path in (home() / "data" / "cases").glob("*.toml"))
KNOWN = {
    "p_harm": 1e-9, "injury_severity": 1, "n_ports": 1, "is_on_sale": 0, "deaths": 0, "injured": 0,
}  # fmt: skip


def everything_known(**changed: float) -> pd.DataFrame:
    facts = {name: kind.minimum for name, kind in standards.facts().items()}
    facts["days_to_act"] = 36_500
    return pd.DataFrame([facts | {"p_harm": 1e-9} | changed])


@pytest.mark.parametrize("of", profile_names())
@pytest.mark.parametrize("name", CASE_IDS)
def test_rows_of_facts_come_to_the_level_of_their_case(name: str, of: str) -> None:
    """A scenario a row, each with the facts of its case: the gravest row is the case."""
    case = load_case(name)
    if case.goods == "food" or any(s.per != "product" or len(s.severity) > 1 for s in case.scenarios):
        pytest.skip("food, another grid, or a mix of severities is no single row")
    numbers = case_numbers(case, {key: np.array([value]) for key, value in point_of(case).items()})
    shared = {key: float(np.ravel(value)[0]) for key, value in numbers.facts.items() if "." not in key}
    rows = [
        shared
        | {key: float(value[0]) for key, value in one.own.items()}
        | {"injury_severity": float(one.severity[0]), "p_harm": float(one.p[0])}
        for one in numbers.scenarios
    ]
    found = assess_many(pd.DataFrame(rows), profile=profile(of))
    whole = assess(case, profile=profile(of), rng=np.random.default_rng(1), draws=10)
    assert found["level_lo"].max() == whole.lo
    if not numbers.limits and not any(one.limits for one in numbers.scenarios):
        assert found["level_hi"].max() == whole.hi


def test_a_level_from_a_table_in_three_lines() -> None:
    facts = pd.DataFrame({"p_harm": [1e-9, 0.2], "injury_severity": [1, 4]}, index=["lamp", "toy"])
    found = riskkit.assess_many(facts)
    assert found.loc["toy", ["badge", "level_hi", "risk"]].tolist() == ["Ⅱ", "Ⅰ", "serious"]


def test_nothing_grave_is_proven_mild_and_everything_grave_is_the_gravest() -> None:
    mild = assess_many(everything_known()).iloc[0]
    assert (mild["level_lo"], mild["level_hi"], mild["risk"]) == ("Ⅳ", "Ⅳ", "low")
    assert mild[[f"p_{code}" for code in CODES]].tolist() == [1, 0, 0, 0]
    grave = assess_many(everything_known(p_harm=0.9, injury_severity=4, deaths=40)).iloc[0]
    assert (grave["level_lo"], grave["level_hi"]) == ("Ⅰ", "Ⅰ")
    assert grave["trigger_rule"] != ""


@pytest.mark.parametrize("name", ["p_harm", "injury_severity", "deaths", "is_presumed_serious"])
def test_an_empty_cell_widens_the_range_and_lowers_nothing(name: str) -> None:
    known = everything_known(p_harm=0.05)
    unknown = known.astype("float64").assign(**{name: np.nan})
    before, after = assess_many(known).iloc[0], assess_many(unknown).iloc[0]
    ranks = [CODES.index(one) for one in (after["level_lo"], before["level_lo"], before["level_hi"])]
    assert ranks == sorted(ranks)
    assert CODES.index(after["level_hi"]) >= CODES.index(before["level_hi"])
    assert CODES.index(after["level_hi"]) > CODES.index(after["level_lo"])
    assert pd.isna(after["risk"]) == (name in ("p_harm", "injury_severity"))


def test_a_presumption_makes_the_risk_count_as_serious() -> None:
    plain, presumed = (assess_many(everything_known(is_presumed_serious=yes)).iloc[0] for yes in (0, 1))
    assert CODES.index(presumed["level_lo"]) > CODES.index(plain["level_lo"])


def test_the_index_of_the_caller_stays_whatever_it_is() -> None:
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["firm", "lot"])
    rows = pd.DataFrame([KNOWN] * 3, index=index)
    assert assess_many(rows).index.equals(index)
    assert assess_many(rows.iloc[:0]).shape == (0, 13)
    assert assess_many(rows.iloc[:0]).columns.tolist() == assess_many(rows).columns.tolist()


def test_all_faults_of_a_table_are_said_at_once() -> None:
    with pytest.raises(InputFaults) as error:
        assess_many(pd.DataFrame({"p_harm": [2.0], "injury_severity": [9], "brand": ["x"]}, index=["toy"]))
    assert [one.place for one in error.value.faults] == ["p_harm[toy]", "injury_severity[toy]", "'brand'"]
    with pytest.raises(InputFaults) as error:
        assess_many(pd.DataFrame({"deaths": [1]}))
    assert [one.place for one in error.value.faults] == ["p_harm", "injury_severity"]


def test_cases_come_with_their_shares_and_drivers() -> None:
    cases = [load_case(name) for name in ("desk-lamps-cbec-2019", "magnet-sets-2012")]
    found = assess_many(cases, rng=np.random.default_rng(1), draws=400)
    assert found.index.tolist() == [case.id for case in cases]
    for case, stream in zip(cases, np.random.default_rng(1).spawn(2), strict=True):
        alone: Assessment = assess(case, rng=stream, draws=400)
        row = found.loc[case.id]
        assert (row["level_lo"], row["level_hi"], row["risk"]) == (alone.lo, alone.hi, alone.risk)
        assert row["badge"] == alone.badge.level
        assert row[f"p_{row['badge']}"] == pytest.approx(alone.badge.p_level)
        assert row["scope_rule"] == alone.grades.at["scope", "rule"]
        moving = alone.tornado[alone.tornado["swing"] > 0]
        assert row["drivers"] == tuple(moving["input"][:3])
    assert any(found["drivers"])
    assert found[[f"p_{code}" for code in CODES]].sum(axis=1).tolist() == pytest.approx([1, 1])


def test_a_series_of_cases_lends_its_index_and_food_is_not_graded() -> None:
    food = next(load_case(name) for name in CASE_IDS if load_case(name).goods == "food")
    given = pd.Series([food, load_case("desk-lamps-cbec-2019")], index=[7, 3])
    found = assess_many(given, rng=np.random.default_rng(1), draws=50)
    assert found.index.tolist() == [7, 3]
    assert found.loc[7].isna().all()
    assert found.loc[3].notna().all()


def test_what_is_no_case_and_chance_without_a_source_are_refused() -> None:
    with pytest.raises(InputFaults) as error:
        assess_many(["lamps", load_case("desk-lamps-cbec-2019"), 7], rng=np.random.default_rng(1))
    assert [one.place for one in error.value.faults] == ["0", "2"]
    with pytest.raises(ValueError, match="default_rng"):
        assess_many([load_case("desk-lamps-cbec-2019")])
