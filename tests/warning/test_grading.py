"""Grading: the published matrix, the house profiles, and the laws every profile must keep."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from shared import own

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.grading import (
    grade_probability,
    grade_scope,
    grade_severity,
    grade_urgency,
    trigger_floor,
    warning_level,
)
from riskkit.warning.profiles import load_profile, profile, profile_names
from riskkit.warning.reasons import reasons

MATRIX = profile("house_matrix")
THREE = profile("house_three_factors")
GRADE = {"severity": grade_severity, "urgency": grade_urgency, "scope": grade_scope}
FACTS = standards.facts()
grades = st.integers(1, 4)


def fact_values():
    def of(kind):
        if kind.kind == "flag":
            return st.sampled_from([0.0, 1.0])
        top = min(kind.maximum, 2e8)
        thresholds = {"days": [7, 30, 180], "ratio": [1.2, 2, 4]}.get(
            kind.kind, [1, 2, 5, 10, 100, 100_001, 1_000_001]
        )
        inside = [float(t) for t in thresholds if t <= top]
        return st.one_of(
            st.sampled_from([*inside, kind.minimum]), st.integers(int(kind.minimum), int(top)).map(float)
        )

    each = {name: st.one_of(st.just(math.nan), of(kind)) for name, kind in FACTS.items()}
    return st.fixed_dictionaries(each)


@pytest.mark.parametrize("severity", ["1", "2", "3", "4"])
def test_the_published_matrix(severity):
    row = own("food_warning_matrix.json")["rows"][severity]
    got = warning_level([int(severity)] * 4, [1] * 4, [1] * 4, probability=[1, 2, 3, 4], profile=MATRIX)
    assert list(got) == row


@pytest.mark.parametrize("name", profile_names())
def test_profiles_are_total_and_monotone(name):
    one = profile(name)
    assert one.levels.shape == (4,) * len(one.factors)
    assert ((one.levels >= 0) & (one.levels <= 3)).all()
    for axis in range(one.levels.ndim):
        assert (np.diff(one.levels.astype(int), axis=axis) >= 0).all()
    assert one.status == "house"
    assert one.note_zh
    assert one.note_en


def test_three_factors_weigh_alike():
    for axes in itertools.permutations(range(3)):
        assert (THREE.levels == THREE.levels.transpose(axes)).all()
    assert set(np.unique(THREE.levels)) == {0, 1, 2, 3}


@given(grades, grades, grades, grades, st.sampled_from(reference.WARNING))
def test_default_profile_equals_the_obvious_version(severity, probability, urgency, scope, floor):
    got = warning_level(severity, urgency, scope, probability=probability, floor=floor, profile=MATRIX)
    assert got == reference.house_matrix_level(severity, probability, urgency, scope, floor)


@given(st.sampled_from(reference.RISK), grades, grades, st.sampled_from(reference.WARNING))
def test_three_factor_profile_equals_the_obvious_version(risk, urgency, scope, floor):
    got = warning_level(1, urgency, scope, risk=risk, floor=floor, profile=THREE)
    assert got == reference.three_factors_level(risk, urgency, scope, floor)


@given(fact_values(), st.sampled_from(["severity", "urgency", "scope"]))
def test_grades_equal_the_obvious_version(facts, factor):
    for one in map(profile, profile_names()):
        got = GRADE[factor](facts, profile=one)
        assert (got.lo, got.hi) == reference.grade(one.rules[factor], facts)
    as_rows = GRADE[factor](pd.DataFrame([facts, facts]), profile=one)
    assert as_rows.lo.tolist() == [got.lo] * 2
    assert as_rows.rule.tolist() == [got.rule] * 2


@given(fact_values(), st.sampled_from(sorted(FACTS)), st.floats(0, 1))
def test_grades_are_monotone_in_every_fact(facts, name, share):
    kind = FACTS[name]
    if math.isnan(facts[name]):
        return
    end = kind.maximum if kind.worse == "more" else kind.minimum
    worse = dict(facts, **{name: facts[name] + share * (end - facts[name])})
    for grade in GRADE.values():
        before, after = grade(facts), grade(worse)
        assert after.lo >= before.lo
        assert after.hi >= before.hi
    for one in map(profile, profile_names()):
        floors = [trigger_floor(each, profile=one) for each in (facts, worse)]
        assert int(floors[1][0]) >= int(floors[0][0])
        assert int(floors[1][1]) >= int(floors[0][1])


@given(fact_values(), st.sampled_from(sorted(FACTS)))
def test_a_missing_fact_widens_and_never_lowers(facts, name):
    without = dict(facts, **{name: math.nan})
    for grade in GRADE.values():
        known, unknown = grade(facts), grade(without)
        assert unknown.lo <= known.lo <= known.hi <= unknown.hi


@pytest.mark.parametrize(
    ("facts", "floor"),
    [
        ({"deaths": 0}, 1),
        ({"deaths": 1}, 2),
        ({"deaths": 10}, 3),
        ({"is_presumed_serious": 1}, 2),
        ({"deaths": 1, "injured": 100}, 3),
        ({"deaths": 30}, 4),
        ({"serious_injuries": 100}, 4),
        ({"n_provinces": 2, "is_spreading": 1, "is_beyond_capacity": 1}, 4),
    ],
)
def test_direct_triggers(facts, floor):
    nothing = {
        "is_presumed_serious": 0,
        "deaths": 0,
        "injured": 0,
        "serious_injuries": 0,
        "n_provinces": 0,
        "is_spreading": 0,
        "is_beyond_capacity": 0,
    }
    lo, hi, _ = trigger_floor(nothing | facts, profile=MATRIX)
    assert int(lo) == int(hi) == floor


def test_every_grade_carries_its_rule_and_source():
    got = grade_scope({"n_ports": 7, "is_spreading": True, "n_provinces": 1}, profile=MATRIX)
    assert (got.lo, got.rule) == (4, "SC-7")
    rows = reasons(
        {"n_ports": 7.0, "is_spreading": 1.0, "n_provinces": 1.0}, "scope", profile=MATRIX
    ).set_index("rule")
    assert rows.at["SC-7", "state"] == "fired"
    assert rows.at["SC-7", "evidence"] == (("n_ports", ">=", 5.0, 7.0), ("is_spreading", ">=", 1.0, 1.0))
    assert rows.at["SC-6", "state"] == "no"
    assert rows.at["SC-1", "state"] == "open"
    assert rows["source_id"].isin(standards.table("sources")["source_id"]).all()


@pytest.mark.parametrize("factor", ["severity", "urgency", "scope"])
def test_bad_facts_are_refused(factor):
    for facts in ({"deaths": -1}, {"n_ports": math.inf}, {"n_ports": 1e99}, {"nonsense": 1}):
        with pytest.raises(ValueError, match=r"lies between|no fact"):
            GRADE[factor](facts)


@pytest.mark.parametrize("grade", [0, 5, -1, 2.5])
def test_bad_grades_are_refused(grade):
    with pytest.raises(ValueError, match=r"grade from 1 to 4|needs"):
        warning_level(grade, 1, 1, probability=1, profile=MATRIX)


def test_a_profile_says_which_factor_it_lacks():
    with pytest.raises(ValueError, match="needs probability"):
        warning_level(1, 1, 1, profile=MATRIX)
    with pytest.raises(ValueError, match="needs risk"):
        warning_level(1, 1, 1, probability=2, profile=THREE)


def test_missing_grades_give_missing_levels_unless_a_floor_settles_it():
    levels = warning_level(
        [4, np.nan, np.nan],
        [1, 1, 1],
        [1, 1, 1],
        probability=[1, 1, 1],
        floor=["Ⅳ", "Ⅳ", "Ⅰ"],
        profile=MATRIX,
    )
    assert list(pd.isna(levels)) == [False, True, False]
    assert pd.isna(warning_level(None, 1, 1, probability=2, profile=MATRIX))


def test_series_keep_their_index_and_order():
    frame = pd.DataFrame({"s": [1, 4], "u": [1, 4], "c": [1, 4], "p": [1, 4]}, index=["a", "b"])
    levels = warning_level(frame["s"], frame["u"], frame["c"], probability=frame["p"], profile=MATRIX)
    assert levels.to_dict() == {"a": "Ⅳ", "b": "Ⅰ"}
    assert levels.dtype.ordered
    assert (levels["b"], in_language("zh", scale("warning").word, "Ⅰ"), scale("warning").symbol("Ⅰ")) == (
        "Ⅰ",
        "特别严重",
        "■",
    )


def test_probability_grades_follow_the_words():
    assert grade_probability([0, 1e-3, 1.1e-3, 0.1, 0.11, 0.5, 0.51, 1]).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert grade_probability("1/10") == 2
    assert grade_probability([math.nan]).tolist() == [-1]


PROFILE = """
[profile]
name = "mine"
factors = ["urgency"]
zh = "我的方案"
en = "my profile"
[[cells]]
urgency = 1
level = "Ⅳ"
[[cells]]
urgency = 2
level = "Ⅲ"
[[cells]]
urgency = 3
level = "{third}"
[[cells]]
urgency = 4
level = "Ⅰ"
"""


def test_a_profile_is_data(tmp_path):
    (tmp_path / "mine.toml").write_text(PROFILE.format(third="Ⅱ"), encoding="utf-8")
    mine = load_profile(tmp_path / "mine.toml")
    assert warning_level(1, 3, 1, profile=mine) == "Ⅱ"
    assert mine.status == "house"
    assert mine.sha256 != MATRIX.sha256


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda t: t.replace('level = "{third}"', 'level = "Ⅳ"'), "never falls"),
        (lambda t: t.replace('urgency = 3\nlevel = "{third}"', 'urgency = 2\nlevel = "Ⅱ"'), "stands once"),
        (
            lambda t: t.replace('[[cells]]\nurgency = 4\nlevel = "Ⅰ"\n', "").format(third="Ⅱ"),
            "every combination",
        ),
        (lambda t: t.format(third="purple"), "one of"),
        (lambda t: t.format(third="Ⅱ").replace('"urgency"]', '"mood"]'), "one of severity"),
        (lambda t: t.format(third="Ⅱ") + "\n[[surprise]]\nx = 1\n", "profile, cells"),
        (
            lambda t: (
                t.format(third="Ⅱ")
                + '\n[[rules]]\nfactor="scope"\nrule="X"\ngrade=2\nfact="n_ports"\nop="<="\n'
                'threshold=3\nzh="x"\nen="x"\n'
            ),
            "worse direction",
        ),
    ],
)
def test_an_unlawful_profile_is_refused(tmp_path, change, rule):
    (tmp_path / "bad.toml").write_text(change(PROFILE), encoding="utf-8")
    with pytest.raises(InputFaults, match=rule):
        load_profile(tmp_path / "bad.toml")


@pytest.mark.parametrize("factor", ["severity", "urgency", "scope"])
def test_a_table_of_facts_gives_a_table_with_its_index(factor):
    index = pd.MultiIndex.from_tuples([("toy", 2), ("lamp", 1), ("toy", 2)], names=["goods", "lot"])
    facts = pd.DataFrame({"deaths": [0, 3, None], "is_on_sale": [True, True, False]}, index=index)
    got = GRADE[factor](facts)
    assert got.index.equals(index)
    assert got.columns.tolist() == ["lo", "hi", "rule"]
    for place, row in enumerate(facts.to_dict("records")):
        one = GRADE[factor](row)
        assert (one.lo, one.hi, one.rule) == tuple(got.iloc[place])


def test_the_type_that_comes_back_follows_the_type_that_goes_in():
    for rows in (0, 1):
        assert isinstance(grade_scope(pd.DataFrame({"n_ports": [1.0] * rows})), pd.DataFrame)
    assert isinstance(grade_scope({"n_ports": pd.Series([1.0])}).lo, np.ndarray)
    nothing = grade_scope(pd.DataFrame(index=["a", "b"]))
    assert nothing.lo.tolist() == [1, 1]
    assert nothing.hi.tolist() == [grade_scope({}).hi] * 2


def test_columns_of_any_kind_of_number_are_read_alike():
    plain = grade_severity(pd.DataFrame({"deaths": [1.0, np.nan], "is_lasting_agent": [1.0, np.nan]}))
    nullable = pd.DataFrame(
        {
            "deaths": pd.array([1, None], dtype="Int64"),
            "is_lasting_agent": pd.array([True, None], dtype="boolean"),
        }
    )
    written = pd.DataFrame({"deaths": ["1", None], "is_lasting_agent": [True, None]}, dtype=object)
    for table in (nullable, written):
        pd.testing.assert_frame_equal(grade_severity(table), plain)


def test_all_faults_of_a_table_of_facts_are_said_at_once():
    facts = pd.DataFrame({"deaths": [0, -1], "injured": ["12", "1,2"], "death": [1, 1]}, index=["a", "b"])
    with pytest.raises(InputFaults) as error:
        grade_severity(facts)
    assert [fault.place for fault in error.value.faults] == ["deaths[b]", "injured[b]", "'death'"]
    with pytest.raises(InputFaults, match="stands once"):
        grade_severity(pd.DataFrame([[1, 2]], columns=["deaths", "deaths"]))
    for value in ("", "nan ", "0x1", "1_0", [1], {}, pd.Timestamp(0), 1j, 10**400):
        with pytest.raises(InputFaults, match="lies between"):
            grade_severity({"deaths": np.array([value, None], dtype=object)})


def test_a_level_without_a_profile_is_that_of_the_default_profile():
    assert warning_level(3, 4, 2, risk="high") == warning_level(3, 4, 2, risk="high", profile=profile())
    with pytest.raises(ValueError, match="house_graded_exposure needs risk"):
        warning_level(3, 4, 2)
