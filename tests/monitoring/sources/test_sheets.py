"""Riskkit's own sheets: described once, written as templates, read back in both languages and both formats."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
import python_calamine
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from native_files import SHEETS, reader

from riskkit.foundation.language import in_language
from riskkit.foundation.records.foreign_words import word_key
from riskkit.foundation.standards import standards
from riskkit.monitoring.sources.cells import header_key
from riskkit.monitoring.sources.sheets import templates
from riskkit.monitoring.sources.sheets.sheets import (
    answers,
    choices,
    headers,
    required_headers,
    sheet_columns,
    sheet_names,
    sheet_records,
)
from riskkit.monitoring.sources.sheets.templates import write_template

LANGS = ("zh", "en")


def filled(sheet: str, lang: str) -> dict[str, str]:
    """A row as the examples of the sheet fill it; the first choice where the example is no choice."""
    row = {}
    for column in sheet_columns(sheet):
        words = list(in_language(lang, choices, column["choices"]).values()) if column["choices"] else []
        example = column[f"example_{lang}"]
        row[column[lang]] = words[0] if words and example not in words else example
    return {head: text for head, text in row.items() if text}


def as_read(rows: list[dict[str, str]], head: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=head, dtype="string")


def test_the_sheets_are_the_readers() -> None:
    assert sheet_names() == SHEETS
    assert list(in_language("zh", templates.titles)) == list(SHEETS)
    assert {reader(name).title_zh for name in SHEETS} == set(in_language("zh", templates.titles).values())
    assert {reader(name).title_en for name in SHEETS} == set(templates.titles().values())


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_has_one_meaning_for_each_header(sheet: str) -> None:
    columns = sheet_columns(sheet)
    meant = [
        (header_key(column[name]), column["column"]) for column in columns for name in ("zh", "en", "column")
    ]
    by_key: dict[str, set[str]] = {}
    for key, column in meant:
        by_key.setdefault(key, set()).add(column)
    assert {key: found for key, found in by_key.items() if len(found) > 1} == {}
    assert [int(column["place"]) for column in columns] == list(range(1, len(columns) + 1))
    once = [column["canonical"] for column in columns if column["canonical"] not in ("", "text")]
    assert len(once) == len(set(once))
    assert {"product", "evidence", "origin"} <= set(once)


def test_choices_are_there_for_every_column_that_has_some_and_only_there() -> None:
    for sheet in SHEETS:
        for column in sheet_columns(sheet):
            assert (column["kind"] == "choice") == bool(column["choices"]), column["column"]
            if column["choices"]:
                assert list(in_language("zh", choices, column["choices"])) == list(choices(column["choices"]))
    used = {column["choices"] for sheet in SHEETS for column in sheet_columns(sheet)}
    assert set(standards.table("sheet_choices")["list"]) <= used


def test_no_word_of_a_list_means_two_choices() -> None:
    for kind in {column["choices"] for sheet in SHEETS for column in sheet_columns(sheet)} - {""}:
        meant: dict[str, set[str]] = {}
        for lang in LANGS:
            for code, word in in_language(lang, choices, kind).items():
                meant.setdefault(word_key(word), set()).add(code)
                meant.setdefault(word_key(code), set()).add(code)
        assert {word: codes for word, codes in meant.items() if len(codes) > 1} == {}, kind


def test_an_unknown_sheet_or_list_is_refused() -> None:
    with pytest.raises(KeyError, match="no sheet 'nothing'; there are: border_inspection"):
        sheet_columns("nothing")
    with pytest.raises(KeyError, match="no list 'nothing'"):
        in_language("zh", choices, "nothing")


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_same_row_in_both_languages_gives_the_same_codes(sheet: str) -> None:
    coded = {}
    for lang in LANGS:
        row = {
            column[lang]: list(in_language(lang, choices, column["choices"]).values())[-1]
            for column in sheet_columns(sheet)
            if column["choices"]
        }
        coded[lang] = answers(as_read([row], list(row)), sheet)
    pd.testing.assert_frame_equal(coded["zh"], coded["en"])
    by_code = {
        c["column"]: list(in_language("zh", choices, c["choices"]))[-1]
        for c in sheet_columns(sheet)
        if c["choices"]
    }
    assert coded["zh"][list(by_code)].iloc[0].to_dict() == by_code


def test_a_word_that_is_no_choice_is_handed_on_to_be_refused() -> None:
    rows = as_read([{"Product": "x", "Hazard class": "spicy"}], ["Product", "Hazard class"])
    assert sheet_records(rows, "complaint", source_class="complaint")["hazard_class"].tolist() == ["spicy"]


def test_the_required_headers_are_those_of_the_table() -> None:
    for sheet in SHEETS:
        zh, en = required_headers(sheet)
        assert set(zh) <= set(in_language("zh", headers, sheet)) and set(en) <= set(headers(sheet))
        assert len(zh) == len(en) >= 3


# Templates: written, filled, read back.


def put_in(path: Path, rows: list[dict[str, str]]) -> None:
    """Fill an Excel template as a person does, keeping its headers; a spreadsheet program is not here."""
    book = python_calamine.load_workbook(path)
    head = [str(cell) for cell in book.get_sheet_by_index(0).to_python()[0]]
    with xlsxwriter.Workbook(path) as again:
        page = again.add_worksheet(book.sheet_names[0])
        page.write_row(0, 0, head)
        for number, row in enumerate(rows, start=1):
            page.write_row(number, 0, [row.get(name, "") for name in head])


def read_back(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    head, *rows = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
    return pd.DataFrame(rows, columns=[str(cell) for cell in head], dtype="string").replace("", pd.NA)


@pytest.mark.parametrize("form", templates.FORMATS)
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("sheet", SHEETS)
def test_what_a_template_writes_and_people_fill_is_read_back(
    tmp_path: Path, sheet: str, lang: str, form: str
) -> None:
    path = in_language(lang, write_template, sheet, tmp_path / f"t.{form}", form=form)[
        -1 if form == "xlsx" else 0
    ]
    row = filled(sheet, lang)
    if form == "csv":
        with path.open("a", encoding="utf-8", newline="") as target:
            csv.writer(target).writerow([row.get(head, "") for head in in_language(lang, headers, sheet)])
    else:
        put_in(path, [row])
    native = read_back(path)
    assert tuple(native.columns) == in_language(lang, headers, sheet)
    found = reader(sheet).to_records(native)
    assert len(found) == 1
    expected = reader(sheet).to_records(as_read([row], list(in_language(lang, headers, sheet))))
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected, check_dtype=False)
    for column in sheet_columns(sheet):
        if column["canonical"] not in ("", "text", "origin", "severity") and not column["choices"]:
            said = row.get(column[lang])
            assert (found[column["canonical"]].iloc[0] is pd.NA) if said is None else True
            assert said is None or found[column["canonical"]].iloc[0] == said
    assert found["origin"].iloc[0] == "DE"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("sheet", SHEETS)
def test_a_template_holds_no_record_and_explains_every_column(tmp_path: Path, sheet: str, lang: str) -> None:
    template, explained = in_language(lang, write_template, sheet, tmp_path / "t.csv", form="csv")
    assert len(read_back(template)) == 0
    told = read_back(explained)
    assert told.iloc[:, 0].tolist() == list(in_language(lang, headers, sheet))
    assert told.iloc[:, 3].notna().all()
    book = python_calamine.load_workbook(
        in_language(lang, write_template, sheet, tmp_path / "t.xlsx", form="xlsx")[0]
    )
    assert len(book.get_sheet_by_index(0).to_python()) == 1
    page = [[str(cell) for cell in row] for row in book.get_sheet_by_index(1).to_python()]
    assert [row[0] for row in page[-len(told) :]] == list(in_language(lang, headers, sheet))
    assert any(f"--source {sheet}" in row[0] for row in page)


def test_the_excel_template_offers_the_choices_and_says_the_help(tmp_path: Path) -> None:
    import zipfile

    path = in_language("zh", write_template, "injury_card", tmp_path / "t.xlsx", form="xlsx")[0]
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        comments = parts.read("xl/comments1.xml").decode()
    columns = sheet_columns("injury_card")
    assert sheet.count('type="list"') == sum(column["kind"] == "choice" for column in columns)
    assert sheet.count('type="whole"') == sum(column["kind"] == "count" for column in columns)
    assert comments.count("<comment ") == len(columns)
    assert "不满一岁写小数" in comments


def test_the_same_template_is_the_same_file(tmp_path: Path) -> None:
    one, two = (
        in_language("zh", write_template, "complaint", tmp_path / f"{n}.xlsx", form="xlsx")[0] for n in "12"
    )
    assert one.read_bytes() == two.read_bytes()


def test_a_template_that_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("mine", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        in_language("zh", write_template, "complaint", path, form="csv", is_forced=True)
    assert [one.name for one in tmp_path.iterdir()] == ["t.csv"]
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("lang", "form", "rule"),
    [("fr", "csv", "one of zh, en"), ("zh", "ods", "as csv or xlsx"), ("", "", "one of zh, en")],
)
def test_another_language_or_format_is_refused(tmp_path: Path, lang: str, form: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        in_language(lang, write_template, "complaint", tmp_path / "t", form=form)
    assert list(tmp_path.iterdir()) == []


# What a reader works out from a card.


@pytest.mark.parametrize(
    ("severity", "outcome", "expected"),
    [
        ("轻度", "治疗后离院", ("1", "1", "0")), ("重度", "死亡", ("4", "0", "1")), (None, "死亡", ("4", "0", "1")),
        ("中度", None, ("2", "1", None)), ("中度", "不详", ("2", "1", None)), (None, "住院", (None, "1", "0")),
    ],
)  # fmt: skip
def test_an_injury_card(severity: str | None, outcome: str | None, expected: tuple[str | None, ...]) -> None:
    row = {
        "报告卡编号": "1",
        "就诊日期": "2026-03-05",
        "涉及产品": "床",
        "伤害程度": severity,
        "结局": outcome,
    }
    found = reader("injury_card").to_records(as_read([row], list(row))).iloc[0]  # type: ignore[list-item]
    told = [found[name] for name in ("severity", "n_injured", "n_dead")]
    assert tuple(None if value is pd.NA else value for value in told) == expected
    assert found["date"] == "2026-03-05"


@given(st.lists(st.sampled_from(["2026-03-01", None]), min_size=1, max_size=6))
def test_the_date_of_the_event_wins_over_that_of_the_report(days: list[str | None]) -> None:
    rows = pd.DataFrame({"事发日期": days, "投诉日期": "2026-03-05"}, dtype="string")
    found = reader("complaint").to_records(rows)
    assert found["date"].tolist() == [day or "2026-03-05" for day in days]
    assert found["date_reported"].eq("2026-03-05").all()
