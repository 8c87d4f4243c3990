"""The level that is shown: the gravest that half of the simulations reach; ranges and spread told apart."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from assessed import graded
from hypothesis import given
from hypothesis import strategies as st

from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case, parse_case
from riskkit.case.level_sentence import say_share
from riskkit.case.sentences import say_level
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import TomlFile, read_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.warning_levels import code_of_rank
from riskkit.warning.level_badge import badge_shares, level_badge
from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.boards.overview.records import group
from riskkit.workbench.boards.overview.words import table_row
from riskkit.workbench.boards.what_if.levels import glance_of
from riskkit.workbench.boards.what_if.words import gauge_words, kept_table
from riskkit.workbench.commands import cli
from riskkit.workbench.document.block_kinds import Badge
from riskkit.workbench.document.html import head_badges
from riskkit.workbench.document.level_marks import result_badge_note, shown_ends
from riskkit.workbench.flows.committee.report import assessed_level
from riskkit.workbench.flows.warnings.proposals import proposal
from riskkit.workbench.flows.warnings.review.timelines import case_life
from riskkit.workbench.flows.warnings.warning_drafts import choice_part, draft_case
from riskkit.workbench.reports.case import basis, levels, summary
from riskkit.workbench.reports.figures import level_figures
from riskkit.workbench.runs.index import Entry, index_html
from riskkit.workbench.runs.result import result_record

LEVELS = scale("warning").codes
CASES = sorted(path.stem for path in (shipped.home() / "data" / "cases").glob("*.toml"))
GRADED = [case.id for case in graded()]
ranks = st.lists(st.integers(1, 4), min_size=1, max_size=60)


@functools.cache
def assessed(name: str) -> Assessment:
    return assess(load_case(name), rng=np.random.default_rng(3), draws=800)


@given(ranks, st.sampled_from([Fraction(1, 2), Fraction(1, 4), Fraction(4, 5)]))
def test_the_badge_equals_the_obvious_version(found: list[int], share: Fraction) -> None:
    drawn = np.array(found, dtype=np.int8)
    badge = level_badge((drawn, drawn), (1, 1), shares=(float(share), 0.2))
    reached = [Fraction(sum(one >= rank for one in found), len(found)) for rank in range(1, 5)]
    want = max(rank for rank in range(1, 5) if reached[rank - 1] >= share)
    assert badge.level == badge.level_hi == LEVELS[want - 1]
    assert badge.p_level == pytest.approx(found.count(want) / len(found))
    assert badge.p_reached == pytest.approx(float(reached[want - 1]))
    graver = {LEVELS[rank - 1] for rank in range(want + 1, 5) if reached[rank - 1] >= Fraction(1, 5)}
    assert {level for level, _ in badge.may_be} == graver
    assert all(0.2 <= part < float(share) for _, part in badge.may_be)


@given(ranks, st.data())
def test_a_worse_simulation_never_makes_the_badge_milder(found: list[int], data: st.DataObject) -> None:
    worse = [data.draw(st.integers(one, 4)) for one in found]
    before, after = (
        level_badge((np.array(one, dtype=np.int8),) * 2, (1, 1), shares=(0.5, 0.2)) for one in (found, worse)
    )
    assert LEVELS.index(after.level) >= LEVELS.index(before.level)


def test_half_is_enough_and_less_is_not() -> None:
    at_half = np.array([3, 4], dtype=np.int8)
    assert level_badge((at_half, at_half), (3, 3), shares=(0.5, 0.2)).level == "Ⅰ"
    below = np.array([3] * 51 + [4] * 49, dtype=np.int8)
    badge = level_badge((below, below), (4, 4), shares=(0.5, 0.2))
    assert (badge.level, badge.best, badge.may_be) == ("Ⅱ", "Ⅰ", (("Ⅰ", 0.49),))
    assert badge.differs_from_best() and not badge.is_range()


def test_missing_facts_leave_a_range_and_do_not_mix_with_the_spread() -> None:
    lo, hi = np.array([2, 2, 2, 3, 3], dtype=np.int8), np.array([3, 3, 3, 4, 4], dtype=np.int8)
    badge = level_badge((lo, hi), (2, 3), shares=(0.5, 0.2))
    assert (badge.level, badge.level_hi, badge.is_range()) == ("Ⅲ", "Ⅱ", True)
    assert (badge.p_level, badge.may_be) == (0.6, (("Ⅰ", 0.4),))


@pytest.mark.parametrize("shares", [(0.0, 0.2), (1.1, 0.2), (0.5, 0.0), (0.5, 2.0)])
def test_strange_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        level_badge((np.ones(3, dtype=np.int8),) * 2, (1, 1), shares=shares)


def test_no_simulation_has_no_badge() -> None:
    with pytest.raises(ValueError, match="at least one"):
        level_badge((np.ones(0, dtype=np.int8),) * 2, (1, 1), shares=(0.5, 0.2))


def test_the_shares_are_dated_rows() -> None:
    assert badge_shares(on=dt.date(2026, 11, 1)) == (0.5, 0.2)


@pytest.mark.parametrize("name", GRADED)
def test_no_badge_is_contradicted_by_its_own_numbers(name: str) -> None:
    a = assessed(name)
    badge = a.badge
    assert badge is not None and a.risk_badge is not None
    at_least = a.shares["at_least"]
    assert at_least[badge.level] >= 0.5
    assert all(at_least[level] < 0.5 for level in LEVELS[LEVELS.index(badge.level) + 1 :])
    assert LEVELS.index(badge.level) <= LEVELS.index(badge.level_hi)
    assert (badge.best, badge.best_hi) == (a.lo, a.hi)
    assert badge.draws == 800
    if a.presumed:
        assert (a.risk_badge.level, a.risk_badge.p_level) == ("serious", 1.0)
    else:
        tail = a.risk_shares[::-1].cumsum()
        assert tail[a.risk_badge.level] >= 0.5 - 1e-12


def test_the_record_holds_the_badge() -> None:
    record = result_record(assessed("eu-drawstrings-2010"), seed=1)
    text = json.loads(json.dumps(record, allow_nan=False))
    badge = assessed("eu-drawstrings-2010").badge
    assert badge is not None
    assert text["warning"]["badge"]["level"] == badge.level
    assert text["warning"]["badge"]["best"] == "Ⅱ"
    assert set(text["risk"]["badge"]) == set(text["warning"]["badge"])


def defined(at_least: dict[str, float], share: float, codes: tuple[str, ...]) -> str:
    """The gravest level that the share of the simulations reaches, by its definition."""
    return max((code for code in codes if at_least[code] >= share - 1e-9), key=codes.index)


@functools.cache
def under(name: str, used: str) -> Assessment:
    return assess(load_case(name), profile=profile(used), rng=np.random.default_rng(7), draws=300)


@functools.cache
def recorded(name: str, used: str) -> dict[str, Any]:
    return dict(json.loads(json.dumps(result_record(under(name, used), seed=7), allow_nan=False)))


@pytest.mark.parametrize("used", profile_names())
@pytest.mark.parametrize("name", GRADED)
def test_the_shown_level_is_the_definition_recomputed_from_the_record(name: str, used: str) -> None:
    record = recorded(name, used)
    warning, risk = record["warning"], record["risk"]
    at_least, above = warning["at_least"], dict(itertools.pairwise(LEVELS))
    at_worst = {
        code: warning["possible"][code] + (at_least[above[code]] if code in above else 0) for code in LEVELS
    }
    ends = defined(at_least, 0.5, LEVELS), defined(at_worst, 0.5, LEVELS)
    assert shown_ends(record) == ends
    assert warning["level"] == (ends[0] if ends[0] == ends[1] else None)
    graver = [code for code in LEVELS[LEVELS.index(ends[1]) + 1 :] if at_worst[code] >= 0.2]
    assert [one["level"] for one in warning["badge"]["may_be"]] == graver
    codes = scale("risk").codes
    tail = {code: sum(risk["probability"][one] for one in codes[i:]) for i, code in enumerate(codes)}
    assert risk["level"] == ("serious" if risk["presumed"] else defined(tail, 0.5, codes))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("used", profile_names())
@pytest.mark.parametrize("name", GRADED)
def test_every_page_shows_the_level_of_the_record(name: str, used: str, lang: str) -> None:
    record = recorded(name, used)
    lo, hi = record["warning"]["badge"]["level"], record["warning"]["badge"]["level_hi"]
    (head,) = in_language(lang, head_badges, record)
    page = in_language(lang, index_html, [Entry(record, {lang: "report.html"})])
    marks = in_language(lang, table_row, record, profile=used)[0]["marks"]
    assert f'data-level="{lo if lo == hi else "range"}"' in page
    assert head.label in page
    assert (head.code == lo) if lo == hi else (lo in head.label and hi in head.label)
    assert group(record) == (lo if lo == hi else "range")
    assert [mark["label"][0] for mark in marks] == ([lo] if lo == hi else [lo, hi])
    sentence = record["robustness"][lang]
    assert {"zh": f"{lo}级", "en": f"Level {lo}"}[lang] in sentence
    for one in record["warning"]["badge"]["may_be"]:
        assert one["level"] in in_language(lang, result_badge_note, record)
        assert in_language(lang, say_share, one["probability"]) in sentence
    assert "抽样" not in sentence


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("used", profile_names())
@pytest.mark.parametrize("name", GRADED)
def test_boards_and_committee_pages_show_the_level_of_the_record(name: str, used: str, lang: str) -> None:
    a, badge = under(name, used), recorded(name, used)["warning"]["badge"]
    ends = list(dict.fromkeys((badge["level"], badge["level_hi"])))
    seen = glance_of(a, seed=7)
    gauge = in_language(lang, gauge_words, seen, seen)
    assert [one.code for one in gauge["badges"]] == ends
    assert gauge["beside"] == in_language(lang, result_badge_note, recorded(name, used))
    inside = LEVELS[LEVELS.index(ends[0]) : LEVELS.index(ends[-1]) + 1]
    assert [row["label"][0] for row in gauge["rows"] if row["is_in"]] == list(reversed(inside))
    table = str(in_language(lang, kept_table, [("x", seen, [])]))
    assert gauge["beside"] in table
    said = in_language(lang, assessed_level, a)
    assert in_language(lang, say_level, badge["level"], badge["level_hi"]) in said
    assert in_language(lang, result_badge_note, recorded(name, used)) in said


@pytest.mark.parametrize("used", profile_names())
@pytest.mark.parametrize("name", GRADED)
def test_the_proposed_level_is_that_of_the_record(name: str, used: str) -> None:
    a, badge = under(name, used), recorded(name, used)["warning"]["badge"]
    ends = (badge["level"], badge["level_hi"])
    if ends[0] == ends[1]:
        asked = proposal(a)
        assert (code_of_rank(asked.level), asked.assessed, asked.departs) == (ends[0], ends, False)
    else:
        with pytest.raises(InputFaults, match=f"{ends[0]} to {ends[1]}") as refused:
            proposal(a)
        assert a.missing and all(fact in str(refused.value) for fact in a.missing)
    assert life_levels(a) == ends


def life_levels(a: Assessment) -> tuple[str, ...]:
    return case_life(a).levels


@pytest.mark.parametrize("name", GRADED)
def test_documents_are_drafted_at_the_level_of_the_record(name: str) -> None:
    a = assessed(name)
    assert a.badge is not None
    drafts = draft_case(a, ports="2200")
    part = choice_part(drafts)
    codes = {block.code for block in part.blocks if isinstance(block, Badge)}
    assert codes == {a.badge.level_hi}
    assert (drafts.issue is None) == bool(drafts.missing)
    if drafts.issue is not None:
        assert drafts.issue.notice.level == LEVELS.index(a.badge.level) + 1


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("used", profile_names())
@pytest.mark.parametrize("name", GRADED)
def test_no_section_of_a_report_contradicts_the_shares(name: str, used: str, lang: str) -> None:
    a, record = under(name, used), recorded(name, used)
    badge = record["warning"]["badge"]
    sections = [
        in_language(lang, part, a) for part in (summary.summary, levels.levels, levels.profiles, basis.basis)
    ]
    picture = in_language(lang, level_figures.level_chances, a)
    assert picture is not None
    words = " ".join([*map(str, (one.to_json() for one in sections if one)), picture.alt])
    for found in re.finditer(LIMITED[lang], words):
        above = LEVELS[LEVELS.index(found["level"]) + 1 :]
        assert all(record["warning"]["possible"][code] == 0 for code in above), found[0]
    first = sections[0]
    assert first is not None
    codes = [one.code for one in first.blocks if isinstance(one, Badge)]
    assert codes == list(dict.fromkeys((badge["level"], badge["level_hi"])))
    own = next(row for row in record["profiles"] if row["id"] == used)
    assert (own["level"], own["level_hi"]) == (badge["level"], badge["level_hi"])
    differs = (badge["level"], badge["level_hi"]) != (badge["best"], badge["best_hi"])
    derivation = str(sections[3])
    assert ({"zh": "最佳估计值", "en": "best estimates"}[lang]) in derivation
    assert ({"zh": "推导的级别为", "en": "the derivation below gives"}[lang] in derivation) == differs


LIMITED = {
    "zh": r"(?:至多|最高|不高于|不超过)[为是]?(?:[■◆▲●] ?)?(?P<level>[ⅠⅡⅢⅣ])",
    "en": r"(?:at most|not above|no higher than|never above) (?:level )?(?:[■◆▲●] )?(?P<level>[ⅠⅡⅢⅣ])",
}


def test_a_text_that_limits_the_level_is_found() -> None:
    assert re.search(LIMITED["en"], "the level is at most Ⅱ")
    assert re.search(LIMITED["zh"], "级别至多为◆ Ⅱ级")


def test_the_command_says_the_level_of_its_own_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["assess", "drop-side-cribs-2009", "-p", "draws=2000", "--profile", "house_three_factors"]
    assert cli.main([*asked, "--out", str(tmp_path / "t"), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert cli.main([*asked, "--out", str(tmp_path / "j"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["reports"][0]
    for folder in ("t", "j"):
        (file,) = (tmp_path / folder).rglob("result.json")
        record = json.loads(file.read_text(encoding="utf-8"))
        badge, at_least = record["warning"]["badge"], record["warning"]["at_least"]
        assert badge["level"] == defined(at_least, 0.5, LEVELS)
        assert told["badge"] == badge
        share = say_share(at_least["Ⅱ"] - at_least["Ⅰ"])
        assert (badge["level"], badge["best"]) == ("Ⅱ", "Ⅰ")
        assert f"Level Ⅱ in {share} of 2,000 simulations. It may be Ⅰ ({say_share(at_least['Ⅰ'])})" in said
        page = next((tmp_path / folder).rglob("report.html")).read_text(encoding="utf-8")
        assert f"Level Ⅱ in {share} of 2,000 simulations" in page or folder == "j"
    assert "At the best estimates it is Ⅰ" in said


def test_food_has_no_badge() -> None:
    a = assess(load_case("melamine-milk-2008"), rng=np.random.default_rng(1), draws=9)
    assert a.badge is None and a.risk_badge is None
    assert result_record(a, seed=1)["warning"]["badge"] is None


def with_fact(name: str, fact: str, value: Any) -> Assessment:
    file = read_toml(shipped.case_path(name))
    entry = {"value": value, "basis": "judgement"}
    data = file.data | {"facts": file.data["facts"] | {fact: entry}}
    case = parse_case(TomlFile(file.name, data, file.sha256, file.lines))
    return assess(case, rng=np.random.default_rng(1), draws=4000)


def test_a_count_known_to_be_approximate_gives_the_level_a_probability() -> None:
    """Lamps: medium risk; more than 500,000 of them spreading would be Ⅱ."""
    sure = with_fact("desk-lamps-cbec-2019", "units_on_market", 500_000)
    about = with_fact("desk-lamps-cbec-2019", "units_on_market", {"about": 500_000})
    assert (sure.lo, about.lo) == ("Ⅲ", "Ⅲ")
    graver = [float(one.shares.at["Ⅱ", "at_least"]) for one in (sure, about)]
    assert graver[0] < 0.05
    assert 0.35 < graver[1] < 0.55
    for one in (sure, about):
        assert "units_on_market" in set(one.near_bounds["input"])
        assert any(
            "close to a bound" in question.en and "500,001" in question.en for question in one.questions
        )
        assert any("界限附近" in question.zh for question in one.questions)
    far = with_fact("desk-lamps-cbec-2019", "units_on_market", 300_000)
    assert "units_on_market" not in set(far.near_bounds["input"])
