"""Laws that every profile keeps, shipped or a user's own: smooth, true labels, Order 493, harm that happened."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import reference
from assessed import graded
from hypothesis import given
from hypothesis import strategies as st

from riskkit.case.case import assess
from riskkit.case.case_inputs import point_of
from riskkit.case.case_levels import evaluate
from riskkit.case.case_reading import load_case
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.grading import grade_probability, grade_urgency, trigger_floor, warning_level
from riskkit.warning.profiles import DEFAULT, load_profile, profile, profile_names
from riskkit.workbench.doc_pages.profiles import decided, profiles_page

CASES = sorted(path.stem for path in (shipped.home() / "data" / "cases").glob("*.toml"))
GRADED = [case.id for case in graded()]
LEVELS = scale("warning").codes
FACTS = standards.facts()
GIVEN = [name for name, kind in FACTS.items() if kind.is_given]


def rank(level: str) -> int:
    return LEVELS.index(level)


@pytest.mark.parametrize("name", profile_names())
@given(data=st.data())
def test_a_probability_a_tenth_higher_never_moves_the_level_by_two(name: str, data: st.DataObject) -> None:
    case = load_case(data.draw(st.sampled_from(GRADED)))
    x = {key: np.array([value]) for key, value in point_of(case).items()}
    for key in data.draw(st.lists(st.sampled_from(GIVEN), max_size=6, unique=True)):
        top = min(FACTS[key].maximum, 3e7)
        x[key] = np.array([data.draw(st.sampled_from([np.nan, 0.0, 1.0, 7.0, 60.0, 6e5, top]))])
        x[key] = np.minimum(x[key], top)
    n = 200
    start = 10 ** data.draw(st.floats(-9, 0))
    p = np.minimum(start * 1.1 ** np.arange(n), 1.0)
    moved = data.draw(st.sampled_from([s.id for s in case.scenarios]))
    first = {f"{moved}.p1": p} | {f"{moved}.p{j}": np.ones(n) for j in range(2, 6) if f"{moved}.p{j}" in x}
    out = evaluate(
        case, {key: np.broadcast_to(v, n) for key, v in (x | first).items()}, profile=profile(name)
    )
    for ranks in (out.lo, out.hi):
        assert set(np.diff(ranks.astype(int))) <= {0, 1}


@pytest.mark.parametrize("name", profile_names())
def test_every_bound_of_probability_brings_one_level_at_most(name: str) -> None:
    """By the obvious version: each side of each bound, for each severity and grades."""
    used = profile(name)
    for bound, harm in itertools.product(reference.EU_BOUNDS, range(1, 5)):
        sides = (bound * Fraction(99, 100), bound * Fraction(101, 100))
        risks = [reference.risk_level(p, harm) for p in sides]
        grades = [int(grade_probability(p)) for p in sides]
        for severity, urgency, scope in itertools.product(range(harm, 5), range(1, 5), range(1, 5)):
            found = [
                warning_level(severity, urgency, scope, risk=r, probability=g, profile=used)
                for r, g in zip(risks, grades, strict=True)
            ]
            assert 0 <= rank(found[1]) - rank(found[0]) <= 1


JUMPY = """
[profile]
name = "jumpy"
factors = ["risk"]
zh = "跳级方案"
en = "a profile that jumps"
[[cells]]
risk = 1
level = "Ⅳ"
[[cells]]
risk = 2
level = "Ⅳ"
[[cells]]
risk = 3
level = "{third}"
[[cells]]
risk = 4
level = "Ⅰ"
"""
RULE = (
    '[[rules]]\nfactor = "{factor}"\nrule = "{rule}"\ngrade = {grade}\nfact = "{fact}"\nop = ">="\n'
    'threshold = {limit}\nzh = "规则"\nen = "a rule"\n'
)


def rules(*given: Mapping[str, object]) -> str:
    base: dict[str, object] = {"factor": "trigger", "rule": "T-1", "grade": 2, "fact": "deaths", "limit": 1}
    return "".join(RULE.format(**(base | dict(one))) for one in given)


def faults(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        load_profile(tmp_path / "own.toml")
    return [f"{fault.place} | {fault.value} | {fault.rule}" for fault in caught.value.faults]


def test_a_table_that_jumps_is_refused_with_its_lines(tmp_path: Path) -> None:
    found = faults(tmp_path, JUMPY.format(third="Ⅱ"))
    assert len(found) == 1
    assert re.match(r"own\.toml:13 cells\[2\].* \| risk 2 → 3: Ⅳ → Ⅱ \|", found[0])
    twice = faults(tmp_path, JUMPY.format(third="Ⅲ"))
    assert [one.split(" | ")[0] for one in twice] == ["own.toml:16 cells[3]"]


def test_a_raise_that_makes_the_table_jump_is_refused(tmp_path: Path) -> None:
    smooth = JUMPY.format(third="Ⅲ").replace('level = "Ⅰ"', 'level = "Ⅱ"')
    (tmp_path / "fine.toml").write_text(smooth, encoding="utf-8")
    assert load_profile(tmp_path / "fine.toml").name == "jumpy"
    raised = smooth.replace('en = "a', 'max_raise = 1\nen = "a') + (
        '[[raises]]\nfactor = "risk"\nat_least = 3\nraise_by = 1\nzh = "升"\nen = "up"\n'
    )
    assert "risk 2 → 3: Ⅳ → Ⅱ" in faults(tmp_path, raised)[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"grade": 3, "fact": "expected_deaths", "limit": 10}], "expected_deaths ≥ 10 gives Ⅱ at once"),
        (
            [
                {"grade": 2, "fact": "expected_deaths", "limit": 9.5},
                {"rule": "T-2", "grade": 3, "fact": "expected_deaths", "limit": 10},
            ],
            "expected_deaths ≥ 10 gives Ⅱ at once",
        ),
        (
            [
                {"grade": 2, "fact": "expected_serious", "limit": 1},
                {"rule": "T-2", "grade": 3, "fact": "expected_deaths", "limit": 10},
            ],
            "expected_deaths ≥ 10 gives Ⅱ at once",
        ),
        ([{"factor": "scope", "fact": "expected_deaths", "limit": 10}], "in triggers only"),
        (
            [{"grade": 2}, {"grade": 3, "fact": "injured", "limit": 5}],
            "one grade and one wording for all conditions",
        ),
    ],
)
def test_rules_that_jump_or_contradict_themselves_are_refused(
    tmp_path: Path, given: list[dict[str, object]], said: str
) -> None:
    found = faults(tmp_path, PLAIN + rules(*given))
    assert any(said in one and "own.toml:" in one for one in found), found


PLAIN = JUMPY.format(third="Ⅲ").replace('level = "Ⅰ"', 'level = "Ⅱ"')


def test_a_ladder_on_expected_victims_is_lawful(tmp_path: Path) -> None:
    ladder = [
        {"grade": 2, "fact": "expected_deaths", "limit": 3},
        {"rule": "T-2", "grade": 3, "fact": "expected_deaths", "limit": 10},
        {"rule": "T-3", "grade": 4, "fact": "expected_deaths", "limit": 30},
        {"rule": "T-3", "grade": 4, "fact": "deaths", "limit": 1},
    ]
    (tmp_path / "own.toml").write_text(PLAIN + rules(*ladder), encoding="utf-8")
    assert len(load_profile(tmp_path / "own.toml").rules["trigger"]) == 3


# What the words of a grade would claim, and the fact that every rule behind that grade must then ask for.
CLAIMS = {
    "spread|扩散": {"is_spreading"},
    "provin|省": {"n_provinces"},
    "port|口岸": {"n_ports"},
    "cit|市": {"n_cities"},
    "count|县": {"n_counties"},
    "custom|关区": {"n_customs_districts"},
    "on sale|销售": {"is_on_sale"},
    "death|died|死亡": {"deaths"},
    "vulnerable|脆弱": {"user_vulnerability"},
}


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("factor", ["severity", "urgency", "scope"])
def test_the_words_of_a_grade_hold_for_every_rule_that_can_give_it(name: str, factor: str) -> None:
    words = scale(factor)
    for rule in profile(name).rules[factor]:
        said = f"{words.word(str(rule.grade))} {in_language('zh', words.word, str(rule.grade))}"
        asked = {fact for fact, _, _ in rule.conditions}
        for pattern, needed in CLAIMS.items():
            if re.search(pattern, said):
                assert needed <= asked, f"{rule.rule}: {said}"


@pytest.mark.parametrize("name", profile_names())
def test_what_a_rule_says_it_asks(name: str) -> None:
    patterns = {
        "spreading|扩散": {"is_spreading"},
        "on sale|仍在销售": {"is_on_sale"},
        "provinces|跨省": {"n_provinces"},
        "guidance value|指导值": {"hazard_quotient"},
        "remedy|补救": {"remedy_failed"},
    }
    for found in profile(name).rules.values():
        for rule in found:
            for pattern, needed in patterns.items():
                for words in (rule.zh, rule.en):
                    if re.search(pattern, words):
                        assert needed <= {fact for fact, _, _ in rule.conditions}, rule.rule


NOTHING = dict.fromkeys(FACTS, 0.0) | {"days_to_act": 365.0, "injury_severity": 1.0}


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"deaths": 1, "injured": 1}, "Ⅲ"),
        ({"deaths": 3, "injured": 3}, "Ⅲ"),
        ({"deaths": 9, "injured": 9}, "Ⅲ"),
        ({"deaths": 10, "injured": 10}, "Ⅱ"),
        ({"deaths": 29, "injured": 29}, "Ⅱ"),
        ({"deaths": 30, "injured": 30}, "Ⅰ"),
        ({"serious_injuries": 1, "injured": 1}, "Ⅲ"),
        ({"serious_injuries": 10}, "Ⅲ"),
        ({"serious_injuries": 49}, "Ⅲ"),
        ({"serious_injuries": 50}, "Ⅱ"),
        ({"serious_injuries": 99}, "Ⅱ"),
        ({"serious_injuries": 100}, "Ⅰ"),
        ({"loss_cny": 9_999_999}, "Ⅳ"),
        ({"loss_cny": 10_000_000}, "Ⅲ"),
        ({"loss_cny": 50_000_000}, "Ⅱ"),
        ({"loss_cny": 100_000_000}, "Ⅰ"),
        ({"injured": 99}, "Ⅳ"),
        ({"injured": 100}, "Ⅲ"),
        ({"injured": 100, "deaths": 1}, "Ⅱ"),
        ({"deaths": 1, "is_on_sale": 1}, "Ⅱ"),
        ({"deaths": 1, "is_spreading": 1}, "Ⅱ"),
        ({"deaths_elsewhere": 1}, "Ⅲ"),
        ({"deaths_elsewhere": 1, "is_on_sale": 1}, "Ⅱ"),
        ({"serious_elsewhere": 3}, "Ⅳ"),
        ({"serious_elsewhere": 3, "is_on_sale": 1}, "Ⅲ"),
        ({"is_presumed_serious": 1}, "Ⅱ"),
        ({"remedy_failed": 1}, "Ⅳ"),
        ({"remedy_failed": 1, "is_presumed_serious": 1}, "Ⅰ"),
        ({"is_prohibited_import": 1}, "Ⅲ"),
        ({"hazard_quotient": 2}, "Ⅳ"),
        ({"hazard_quotient": 0.99, "user_vulnerability": 1}, "Ⅳ"),
        ({"hazard_quotient": 1, "user_vulnerability": 1}, "Ⅳ"),  # of concern above 1, says the source
        ({"hazard_quotient": 1.01, "user_vulnerability": 1}, "Ⅲ"),
        ({"hazard_quotient": 100, "user_vulnerability": 1}, "Ⅲ"),
        ({"hazard_quotient": 100, "user_vulnerability": 1, "is_lasting_agent": 1}, "Ⅱ"),
        ({"expected_deaths": 2.9}, "Ⅳ"),
        ({"expected_deaths": 3}, "Ⅲ"),
        ({"expected_deaths": 10}, "Ⅱ"),
        ({"expected_deaths": 3000}, "Ⅱ"),
        ({"expected_deaths": 30, "deaths_elsewhere": 1}, "Ⅰ"),
        ({"expected_deaths": 30, "deaths": 1}, "Ⅰ"),
        ({"expected_serious": 10}, "Ⅲ"),
        ({"expected_serious": 50}, "Ⅱ"),
        ({"expected_serious": 100, "deaths": 1}, "Ⅰ"),
    ],
)
def test_what_the_default_profile_guarantees(facts: dict[str, float], level: str) -> None:
    lo, hi, _ = trigger_floor(NOTHING | facts, profile=profile())
    assert (LEVELS[int(lo) - 1], LEVELS[int(hi) - 1]) == (level, level)


def test_a_week_to_act_is_urgent_only_while_the_product_is_on_sale() -> None:
    facts = NOTHING | {"days_to_act": 3.0}
    assert grade_urgency(facts).lo == 3
    assert grade_urgency(facts | {"is_on_sale": 1.0}).lo == 4
    unknown = grade_urgency(facts | {"is_on_sale": math.nan})
    assert (unknown.lo, unknown.hi) == (3, 4)


@given(
    p=st.floats(1e-9, 1),
    harm=st.integers(1, 4),
    urgency=st.integers(1, 4),
    units=st.integers(0, 3_000_000),
)
def test_the_default_table_is_prisms_adjustment_with_a_level_for_each(
    p: float, harm: int, urgency: int, units: int
) -> None:
    """The published way: EU risk, then items in use; serious Ⅱ, high Ⅲ, else Ⅳ; one up at urgency 4."""
    risk = reference.risk_level(Fraction(p), harm)
    scope = 1 + sum(units > bound for bound in (100_000, 500_000, 1_000_000))
    table = standards.prevalence("prism_web")
    adjusted = reference.RISK[table.cells[scope - 1, reference.RISK.index(risk)]]
    level = {"serious": 2, "high": 1}.get(adjusted, 0) + (urgency == 4 and adjusted != "low")
    assert warning_level(1, urgency, scope, risk=risk, profile=profile(DEFAULT)) == LEVELS[level]


def test_all_four_levels_occur_and_a_level_still_rises_as_things_get_worse() -> None:
    found = {name: assess(load_case(name), rng=np.random.default_rng(1), draws=9) for name in GRADED}
    assert {a.lo for a in found.values()} == set(LEVELS)
    september, october = found["note7-battery-2016"], found["note7-replacements-2016"]
    assert (september.lo, september.hi) == ("Ⅱ", "Ⅱ")
    assert (october.lo, october.hi) == ("Ⅰ", "Ⅰ")
    assert all(rank(str(a.lo)) >= rank("Ⅱ") for a in found.values() if a.presumed)


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "profiles_compared.md"), ("zh", "profiles_compared.zh.md")]
)
def test_the_page_of_all_cases_under_all_profiles_says_what_the_code_says(lang: str, name: str) -> None:
    page = (shipped.home() / "docs" / name).read_text(encoding="utf-8")
    made = in_language(lang, profiles_page)
    assert page == made, (
        "make it again: doc_pages.writing.write_pages(Path('docs'), 'profiles_compared', profiles_page)"
    )
    rows = [line for line in made.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [*profile_names(), *GRADED]


@pytest.mark.parametrize("name", GRADED)
def test_what_decides_accounts_for_the_level(name: str) -> None:
    case = load_case(name)
    for used in map(profile, profile_names()):
        one = decided(case, used)
        a = assess(case, profile=used, rng=np.random.default_rng(1))
        assert one.badge == a.badge and (one.badge.best, one.badge.best_hi) == (a.lo, a.hi)
        assert bool(one.missing) or not one.badge.is_range()
        if one.rule:
            guaranteed = next(rule for rule in used.rules["trigger"] if rule.rule == one.rule)
            assert LEVELS[guaranteed.grade - 1] == one.badge.best
        else:
            code = int(used.levels[tuple(grade - 1 for _, grade in one.grades)])
            ups = min(used.max_raise, sum(up for f, _, up in used.raises if f in one.raised_by))
            assert LEVELS[max(min(3, code + ups) - one.levels_off, 0)] == one.badge.best
