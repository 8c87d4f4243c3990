"""However a warning level is written, it is the same level everywhere, or it is refused with what is accepted."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.assessment.committee.answers import check_answers
from riskkit.assessment.committee.questions import vote_questions
from riskkit.assessment.what_if.level_information import losses_from_rows
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import level_codes, scale
from riskkit.foundation.standards.tables import TableFault
from riskkit.foundation.standards.warning_levels import accepted_levels, code_of_rank, level_code, level_rank
from riskkit.warning.grading import warning_level
from riskkit.warning.profiles import load_profile, profile

SPELLINGS = {
    "Ⅰ": ["Ⅰ", "ⅰ", "I", "i", "1", "１", "Ｉ", "一", "一级", "Ⅰ级", "I级", "1级", "red", "RED", "红", "红色", "特别重大", "特别严重"],
    "Ⅱ": ["Ⅱ", "ⅱ", "II", "ii", "2", "２", "ＩＩ", "二", "二级", "Ⅱ级", "II级", "2级", "orange", "Orange", "橙", "橙色"],
    "Ⅲ": ["Ⅲ", "ⅲ", "III", "iii", "3", "３", "三", "三级", "Ⅲ级", "III级", "3级", "yellow", "YELLOW", "黄", "黄色"],
    "Ⅳ": ["Ⅳ", "ⅳ", "IV", "iv", "4", "４", "ＩＶ", "四", "四级", "Ⅳ级", "IV级", "4级", "blue", "Blue", "蓝", "蓝色"],
}  # fmt: skip
WRITTEN = [(written, code) for code, all_ways in SPELLINGS.items() for written in all_ways]
REFUSED = ["", " ", "0", "5", "-1", "+1", "1.0", "01", "1st", "V", "IIII", "ⅠⅠ", "ⅠI", "l", "|", "VI", "I-II", "I/II", "1-2",
           "I I", "1 1", "Ⅰ Ⅱ", "Ⅰ 蓝", "red (Ⅳ)", "红级", "级", "预警", "level", "grade 4", "4 gravest", "severity 1",
           "serious", "严重", "重大", "一般", "general", "较重", "high", "low", "rot", "rouge", "①", "¹", "І", "Ⅰ\u200b", "Ⅰ?",
           "特别", "none", "=1", "Ⅰ\x00"]  # fmt: skip


@pytest.mark.parametrize(("written", "code"), WRITTEN)
def test_every_accepted_spelling_gives_its_level(written: str, code: str) -> None:
    assert level_code(written) == code
    assert code_of_rank(level_rank(written)) == code
    for around in (
        f"  {written} ",
        f"level {written}",
        f"{written}预警",
        f"({written})",
        f"\u3000{written}\n",
    ):
        assert level_code(around) == code


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_near_a_level_but_not_accepted_is_refused_with_what_is(written: str) -> None:
    with pytest.raises(ValueError, match=r"Ⅰ \(I, 1, 一级, red, 红\).*Ⅳ \(IV, 4, 四级, blue, 蓝\)"):
        level_code(written)


@pytest.mark.parametrize("written", [1, 4, 1.0, True, None, ["Ⅰ"], b"I"])
def test_what_is_no_text_could_be_a_rank_and_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="a level"):
        level_code(written)


def test_the_gravest_is_one_and_the_ranks_of_calculations_count_the_other_way() -> None:
    assert [level_rank(str(number)) for number in (1, 2, 3, 4)] == [4, 3, 2, 1]
    assert scale("warning").codes[-1] == level_code("1") == "Ⅰ"


@given(st.sampled_from(WRITTEN), st.booleans(), st.sampled_from(["", " ", "\t", "\u3000"]))
def test_case_width_and_blanks_do_not_change_a_level(pair: tuple[str, str], wide: bool, blank: str) -> None:
    written, code = pair
    shifted = "".join(chr(ord(c) + 0xFEE0) if wide and "!" <= c <= "~" else c for c in written.swapcase())
    assert level_code(blank + shifted + blank) == code


@given(st.sampled_from(sorted(SPELLINGS)), st.sampled_from(["zh", "en"]))
def test_what_riskkit_prints_reads_back_as_the_same_level(code: str, lang: str) -> None:
    of, colour = scale("warning"), {"Ⅰ": "红色", "Ⅱ": "橙色", "Ⅲ": "黄色", "Ⅳ": "蓝色"}[code]
    for told in (f"{of.symbol(code)} {code} {in_language(lang, of.word, code)}", f"{code}级　{in_language('zh', of.word, code)}（{colour}）",
                 f"{code} {in_language(lang, of.word, code)}", f"{code} ({in_language(lang, of.word, code)})"):  # fmt: skip
        assert level_code(told) == code


@given(st.text(max_size=6))
def test_any_text_is_a_level_or_a_clear_refusal_and_never_two_levels(text: str) -> None:
    known = {written.casefold() for written, _ in WRITTEN}
    if text.strip().casefold() in known or not is_refused(text):
        assert level_code(text) in SPELLINGS
    else:
        with pytest.raises(ValueError, match=re.escape(accepted_levels())):
            level_code(text)


def is_refused(text: str) -> bool:
    try:
        level_code(text)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(SPELLINGS, 2)])
def test_a_number_and_a_colour_that_disagree_are_refused(first: str, second: str) -> None:
    number, colour = SPELLINGS[first][4], SPELLINGS[second][-1]
    with pytest.raises(ValueError, match="a level"):
        level_code(f"{number} {colour}")


@pytest.mark.parametrize("bare", ["1", "4", "４"])
def test_a_bare_number_beside_grades_is_refused_because_they_count_the_other_way(bare: str) -> None:
    with pytest.raises(ValueError, match="not a bare number"):
        level_code(bare, is_graded=True)
    assert level_code(f"{bare}级", is_graded=True) == level_code(bare)


def test_levels_in_columns_and_floors_of_calculations_are_read_the_same() -> None:
    assert level_codes(["Ⅰ", "red", "一级", None, "blue"], scale("warning"), read=level_code).tolist() == [
        3,
        3,
        3,
        -1,
        0,
    ]
    given = {"severity": 1, "urgency": 1, "scope": 1, "probability": 1, "profile": profile("house_matrix")}
    assert [warning_level(floor=floor, **given) for floor in ("I", "红", "Ⅰ")] == ["Ⅰ"] * 3
    for ambiguous in (4, "4", "1", "serious"):
        with pytest.raises(ValueError, match="not a level of warning"):
            warning_level(floor=ambiguous, **given)


@pytest.mark.parametrize(
    ("written", "code"), [*WRITTEN, ("none", "none"), ("No warning", "none"), ("不发布预警", "none")]
)
def test_a_ballot_takes_every_spelling_and_records_one(written: str, code: str) -> None:
    question = vote_questions()[0]
    assert (
        check_answers([question], {question.id: {"level": written}}, what="b")[question.id]["level"] == code
    )


@pytest.mark.parametrize("written", ["serious", "grade 4", 4, "Ⅰ Ⅱ", ""])
def test_a_ballot_that_could_mean_two_levels_is_refused_with_what_is_accepted(written: object) -> None:
    question = vote_questions()[0]
    with pytest.raises(InputFaults, match=r"Ⅰ \(I, 1, 一级, red, 红\)"):
        check_answers([question], {question.id: {"level": written}}, what="b")


def test_a_profile_of_ones_own_may_write_levels_as_it_likes_but_no_bare_numbers(tmp_path: Path) -> None:
    ways = {"Ⅰ": "red", "Ⅱ": "II", "Ⅲ": "三级", "Ⅳ": "蓝色"}
    rows = standards.table("profile_cells").query("profile == 'house_matrix'")
    cells = [f"[[cells]]\nseverity = {r.severity:.0f}\nprobability = {r.probability:.0f}\nlevel = '{ways[r.level]}'"
             for r in rows.itertuples()]  # fmt: skip
    path = tmp_path / "own.toml"
    head = '[profile]\nname = "own"\nfactors = ["severity", "probability"]\nzh = "自"\nen = "own"\nruleset = "house"\n'
    path.write_text(head + "\n".join(cells), encoding="utf-8")
    assert (load_profile(path).levels == profile("house_matrix").levels).all()
    path.write_text(head + "\n".join(cells).replace("'red'", "'1'"), encoding="utf-8")
    with pytest.raises(InputFaults, match=r"one of Ⅰ\|Ⅱ\|Ⅲ\|Ⅳ"):
        load_profile(path)


def test_a_loss_table_of_ones_own_is_read_the_same() -> None:
    rows = standards.table("level_losses")
    ways = {"Ⅰ": "red", "Ⅱ": "II", "Ⅲ": "三级", "Ⅳ": "蓝色"}
    own = rows.assign(decided=rows["decided"].map(ways), true=rows["true"].map(ways))
    assert (losses_from_rows(own) == losses_from_rows(rows)).all()
    with pytest.raises(TableFault, match="not a bare number"):
        losses_from_rows(rows.assign(decided=rows["decided"].map({"Ⅰ": "4", "Ⅱ": "3", "Ⅲ": "2", "Ⅳ": "1"})))
