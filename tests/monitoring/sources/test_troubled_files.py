"""Files that are refused or lose rows though people need them: titles, sheets, arrays, words, encodings."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import xlsxwriter
from troubled_files import HEAD, mapped, sheet, taken_in, trouble

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.sheet_cells import guarded, unguarded
from riskkit.monitoring.sources import hidden_rows
from riskkit.store.register.quarantine_sheet import safe_cell
from riskkit.store.register.query import sql
from riskkit.workbench.commands.cli import main
from riskkit.workbench.runs.lists import read_list

COLUMNS = HEAD.split(",")
ROW = ["C-1", "2026-03-05", "灯", "9503", "德国", "1", "0"]
LAMPS = 'name = "lamps"\n[columns]\n"id" = "evidence"\n"day" = "date"\n"item" = "product"\n' \
        '[constants]\nsource_class = "foreign_notification"\n'  # fmt: skip


def book(folder: Path, **pages: list[list[object]]) -> Path:
    path = folder / "book.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in pages.items():
            page = workbook.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return path


def lamps(folder: Path, value: object) -> Path:
    path = folder / "lamps.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def lamp(number: str, **more: object) -> dict[str, object]:
    return {"id": number, "day": "2026-03-05", "item": "lamp"} | more


# Worksheets.


def test_all_worksheets_that_fit_are_read_and_the_others_are_named(tmp_path: Path) -> None:
    pages = {"一季度": [COLUMNS, ROW], "二季度": [COLUMNS, ["C-2", *ROW[1:]]], "说明": [["填表说明"]]}
    read = taken_in(book(tmp_path, **pages))  # type: ignore[arg-type]
    assert read.column("evidence") == ["C-1", "C-2"]
    assert {("sheet_read", "一季度"), ("sheet_read", "二季度"), ("sheet_not_read", "说明")} <= set(read.said)


def test_a_mapping_names_the_worksheet_and_the_row_of_the_header(tmp_path: Path) -> None:
    pages = {
        "旧": [["id", "day", "item"], ["1", "2026-03-05", "old"]],
        "新": [["x"], ["id", "day", "item"], ["2", "2026-03-05", "new"]],
    }
    path = book(tmp_path, **pages)  # type: ignore[arg-type]
    named = mapped(tmp_path, 'sheet = "新"\nheader_row = 2\n' + LAMPS)
    assert taken_in(path, mapping=named).column("product") == ["new"]
    with pytest.raises(InputFaults, match="worksheet of the name"):
        taken_in(path, mapping=mapped(tmp_path, 'sheet = "没有"\n' + LAMPS))


def test_a_header_below_titles_is_found_and_said(tmp_path: Path) -> None:
    read = taken_in(book(tmp_path, 附件=[["2026年监督抽查结果"], [], ["（单位：批）"], COLUMNS, ROW]))
    assert (read.column("evidence"), read.said) == (["C-1"], {("header_at_row", "附件 4"): 0})


def test_a_header_of_two_rows_is_read(tmp_path: Path) -> None:
    upper = ["抽样", "", "产品名称", "", "", "批次", ""]
    lower = ["抽样单编号", "抽样日期", "", "商品编号", "原产国（地区）", "抽查批次", "不合格批次"]
    read = taken_in(book(tmp_path, 表=[upper, lower, ROW]))
    assert (read.column("product"), read.column("n_tested")) == (["灯"], [1])
    assert "header_two_rows" in read.notes()


def test_merged_cells_are_filled_down_but_amounts_are_not(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        page = workbook.add_worksheet("表")
        page.write_row(0, 0, COLUMNS)
        for place, cell in enumerate(ROW[:3]):
            page.merge_range(1, place, 2, place, cell)
        page.merge_range(1, 5, 2, 5, 7)
        page.write_row(1, 6, [0, "小零件"])
        page.write_row(2, 6, [0, "绳索"])
    read = taken_in(path)
    assert (read.column("n_tested"), read.column("hazard")) == ([7], ["小零件"])
    assert [(line["column"], line["rule_id"]) for line in read.aside] == [("n_tested", "required_missing")]
    assert read.said["merged_filled", "表"] == 3


def test_hidden_rows_of_a_workbook_are_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "filtered.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name, hidden in {"一季度": (2, 3, 5, 40), "a & b": (4,), "全": ()}.items():
            page = workbook.add_worksheet(name)
            page.write_row(0, 0, COLUMNS)
            for at in range(1, 7):
                page.write_row(at, 0, [f"{name}{at}", *ROW[1:]])
            page.autofilter(0, 0, 6, len(COLUMNS) - 1)
            for at in hidden:  # row 40 is hidden and empty: nothing of it is read
                page.set_row(at, None, None, {"hidden": True})
    read = taken_in(path)
    assert len(read.rows) == 18
    assert {key: n for key, n in read.said.items() if key[0] == "hidden_rows"} == {
        ("hidden_rows", "一季度: 3–4, 6"): 3, ("hidden_rows", "a & b: 5"): 1,
    }  # fmt: skip


def test_a_workbook_without_hidden_rows_says_nothing_of_them(tmp_path: Path) -> None:
    assert "hidden_rows" not in taken_in(book(tmp_path, 表=[COLUMNS, ROW])).notes()


SHEET_2003 = """<?xml version="1.0"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="表"><Table>{rows}</Table></Worksheet></Workbook>"""


def test_hidden_rows_are_named_in_an_xml_spreadsheet(tmp_path: Path) -> None:
    def row(cells: list[str], mark: str = "") -> str:
        data = "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in cells)
        return f"<Row{mark}>{data}</Row>"

    rows = row(COLUMNS) + row(ROW) + row(["C-2", *ROW[1:]], ' ss:Index="5" ss:Hidden="1"')
    path = tmp_path / "x.xls"
    path.write_text(SHEET_2003.format(rows=rows), encoding="utf-8")
    read = taken_in(path)
    assert (read.column("evidence"), read.said["hidden_rows", "表: 5"]) == (["C-1", "C-2"], 1)


def test_rows_without_a_number_and_tags_across_blocks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'<sheetData><row hidden="0"/><x:row  hidden = \'true\'><c/></x:row><row r="9" hidden="1"/></sheetData>'
    for block in (1, 7, 1000):
        monkeypatch.setattr(hidden_rows, "_BLOCK", block)
        assert list(hidden_rows._xlsx_rows(io.BytesIO(text))) == [(2, 2), (9, 9)]


def test_long_numbers_of_a_workbook_are_no_identifiers(tmp_path: Path) -> None:
    rows = [[number, *ROW[1:]] for number in (224820260000000123.0, 1234567890123456.0, 123456789012345.0)]
    read = taken_in(book(tmp_path, 表=[COLUMNS, *rows]))
    assert (read.column("evidence"), read.rules()) == (["123456789012345"], ["digits_lost", "digits_lost"])


def test_a_serial_number_of_a_workbook_is_a_day_within_a_plausible_span(tmp_path: Path) -> None:
    read = taken_in(book(tmp_path, 表=[COLUMNS, ["C-1", 46086, *ROW[2:]], ["C-2", 20263, *ROW[2:]]]))
    assert ([str(day) for day in read.column("date")], read.rules()) == (["2026-03-05"], ["date_unreadable"])


@pytest.mark.parametrize("name", ["html.xls", "tab.xls", "xml2003.xls"])
def test_shared_files_called_xls_are_read_by_content(name: str) -> None:
    read = taken_in(trouble(name))
    assert (read.column("evidence"), read.notes()) == (["CC-1"], {"read_as"})


def test_files_called_xls_are_read_by_content(tmp_path: Path) -> None:
    cells = "".join(f"<td>{cell}</td>" for cell in ROW)
    heads = "".join(f"<th>{cell}</th>" for cell in COLUMNS[:7])
    page = f'<html><head><meta charset="gb2312"></head><table><tr>{heads}</tr><tr>{cells}</tr></table></html>'
    (tmp_path / "a.xls").write_bytes(page.encode("gb18030"))
    (tmp_path / "b.xls").write_bytes(
        ("\t".join(COLUMNS[:7]) + "\r\n" + "\t".join(ROW) + "\r\n").encode("gb18030")
    )
    rows = [
        "".join(f"<Cell><Data ss:Type='String'>{cell}</Data></Cell>" for cell in row)
        for row in (COLUMNS[:7], ROW)
    ]
    space = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    table = "".join(f"<Row>{row}</Row>" for row in rows)
    (tmp_path / "c.xls").write_text(f'<?xml version="1.0"?><Workbook {space}><Worksheet ss:Name="S"><Table>{table}</Table></Worksheet></Workbook>', encoding="utf-8")  # fmt: skip
    for name in ("a.xls", "b.xls", "c.xls"):
        assert taken_in(tmp_path / name).column("product") == ["灯"]
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    text = (tmp_path / "c.xls").read_text(encoding="utf-8").replace("?><Work", f"?>{bomb}<Work")
    (tmp_path / "d.xls").write_text(text, encoding="utf-8")
    with pytest.raises(InputFaults, match="whole and has no password"):
        taken_in(tmp_path / "d.xls")


def test_shared_workbooks() -> None:
    assert taken_in(trouble("xl_two_sheets.xlsx")).column("evidence") == ["Q1-1", "Q2-1", "Q2-2"]
    assert taken_in(trouble("xl_title_rows.xlsx")).column("evidence") == ["CC-1", "CC-2"]
    assert taken_in(trouble("xl_notes_first.xlsx")).column("evidence") == ["CC-1"]
    assert taken_in(trouble("xl_merged_rows.xlsx")).column("product") == ["毛绒玩具"] * 3
    assert taken_in(trouble("xl_long_ids.xlsx")).rules() == ["digits_lost"] * 2
    read = taken_in(trouble("guochou.xlsx"), mapping=trouble("guochou.toml"))
    assert (read.column("measured_value"), read.column("limit_value")) == (
        [0.21, 0.52, None],
        [0.05, 0.2, None],
    )
    assert read.rules() == ["total_row"]
    forms = taken_in(trouble("real", "psd_bulk.xlsx"), mapping=trouble("real", "m_ps.toml"))
    assert (forms.column("origin"), set(forms.rules())) == (["GB"], {"empty_row"})


# Text.


@pytest.mark.parametrize(
    ("above", "note"),
    [("sep=,\n", "separator_line"), ("# 导出\n# 1 条\n", "comment_lines"), ("\n,,,\n", "header_at_row"),
     ("2026年结果,,\n", "header_at_row"), ('"题目\n两行",\n', "header_at_row")],
)  # fmt: skip
def test_what_stands_above_the_header_of_a_text_is_passed_over(tmp_path: Path, above: str, note: str) -> None:
    read = taken_in(sheet(tmp_path, ",".join(ROW) + ",,,,", head=above + HEAD))
    assert read.column("evidence") == ["C-1"]
    assert note in read.notes()


@pytest.mark.parametrize(
    "headers", ["*产品名称", "产品名称*", "产品名称（必填）", "　产品名称 ", "产品名称\u00a0"]
)
def test_decorated_headers_are_known(tmp_path: Path, headers: str) -> None:
    read = taken_in(sheet(tmp_path, ",".join(ROW) + ",,,,", head=HEAD.replace("产品名称", headers)))
    assert read.column("product") == ["灯"]


def test_an_encoding_that_is_a_weak_guess_is_said(tmp_path: Path) -> None:
    path = tmp_path / "korea.csv"
    path.write_bytes("id,day,item\n1,2026-03-05,전기 주전자 제품 리콜 안내\n".encode("euc-kr"))
    assert "encoding_weak" in taken_in(path, mapping=mapped(tmp_path, LAMPS)).notes()
    path.write_bytes("id,day,item\n1,2026-03-05,でんきケトルのリコール\n".encode("shift_jis"))
    japanese = taken_in(path, mapping=mapped(tmp_path, LAMPS))
    assert "encoding_weak" in japanese.notes() or japanese.rules() == ["bad_bytes"]
    path.write_bytes("id,day,item\n1,2026-03-05,电热水壶召回信息的说明与处置\n".encode("gb18030"))
    assert taken_in(path, mapping=mapped(tmp_path, LAMPS)).notes() == set()


def test_shared_texts() -> None:
    names = ("sep_line", "sep_semicolon", "comment_lines", "blank_first", "star_header", "nbsp_header", "cr_only",
             "newline_header", "gbk_rare", "big5", "utf16_tab", "trailing_commas")  # fmt: skip
    for name in names:
        assert taken_in(trouble(f"{name}.csv")).column("evidence") == ["CC-1"]


# JSON.


def test_the_array_with_the_rows_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    value = {"meta": {"sources": [{"key": "a"}]}, "warnings": [lamp("w")], "data": [lamp("1"), lamp("2")]}
    read = taken_in(lamps(tmp_path, value), mapping=mapped(tmp_path, LAMPS))
    assert read.column("evidence") == ["1", "2"]
    assert set(read.said) == {
        ("array_read", "data"),
        ("array_not_read", "warnings"),
        ("array_not_read", "meta.sources"),
    }
    chosen = taken_in(lamps(tmp_path, value), mapping=mapped(tmp_path, 'rows = "warnings"\n' + LAMPS))
    assert chosen.column("evidence") == ["w"]


def test_arrays_without_a_usual_name_are_all_read(tmp_path: Path) -> None:
    read = taken_in(lamps(tmp_path, {"b1": [lamp("1")], "b2": [lamp("2")]}), mapping=mapped(tmp_path, LAMPS))
    assert read.column("evidence") == ["1", "2"]


@pytest.mark.parametrize(
    "page", [{"total": 5000}, {"meta": {"totalCount": 3}}, {"next": "https://example.org/2"}]
)
def test_one_page_of_many_is_said(tmp_path: Path, page: dict[str, object]) -> None:
    read = taken_in(lamps(tmp_path, page | {"results": [lamp("1")]}), mapping=mapped(tmp_path, LAMPS))
    assert "page_of_more" in read.notes()
    whole = taken_in(lamps(tmp_path, {"total": 1, "results": [lamp("1")]}), mapping=mapped(tmp_path, LAMPS))
    assert whole.notes() == set()


def test_a_list_in_a_cell_is_its_texts(tmp_path: Path) -> None:
    rows = [lamp("1", item=["Helmet A"]), lamp("2", item=[]), lamp("3", item=["A", "B"])]
    read = taken_in(lamps(tmp_path, rows), mapping=mapped(tmp_path, LAMPS))
    assert read.column("product") == ["Helmet A", None, "A; B"]


def test_moments_are_days_of_the_zone_of_the_register(tmp_path: Path) -> None:
    days = (
        "2026-03-04T16:00:00.000Z",
        "2026-03-05T00:00:00+08:00",
        1772640000000,
        "Thu Mar 05 2026 00:00:00 GMT+0800",
    )
    rows = [lamp(str(number), day=day) for number, day in enumerate(days)]
    read = taken_in(lamps(tmp_path, rows), mapping=mapped(tmp_path, LAMPS))
    assert {str(day) for day in read.column("date")} == {"2026-03-05"}
    assert read.said["zone", "date"] == 2


@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", "2026-03-04"), ("Asia/Tokyo", "2026-03-05")])
def test_a_mapping_says_in_which_zone_the_day_of_a_moment_is_counted(
    tmp_path: Path, zone: str, day: str
) -> None:
    rows = [lamp("1", day="2026-03-04T16:00:00Z")]
    read = taken_in(lamps(tmp_path, rows), mapping=mapped(tmp_path, f'zone = "{zone}"\n{LAMPS}'))
    assert [str(one) for one in read.column("date")] == [day]


def test_a_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="a time zone such as Asia/Shanghai"):
        taken_in(lamps(tmp_path, [lamp("1")]), mapping=mapped(tmp_path, f'zone = "Beijing"\n{LAMPS}'))


def test_shared_json() -> None:
    read = taken_in(trouble("real", "rueckrufe_de_ch.json"), mapping=trouble("real", "m_ch.toml"))
    assert len(read.rows) == 78
    assert not [product for product in read.column("product") if product and product.startswith("[")]
    recalls = taken_in(trouble("real", "us_recalls_goof.json"), mapping=trouble("real", "m_us.toml"))
    assert len(recalls.rows) == 885
    assert sum(units is not None for units in recalls.column("n_units")) > 700


# Cells.


def test_several_columns_of_theirs_are_joined(tmp_path: Path) -> None:
    text = 'name = "m"\n[columns]\n"A" = "product"\n"B" = "product"\n"D" = "date"\n"E" = "date"\n[constants]\nsource_class = "complaint"\n'
    read = taken_in(
        sheet(tmp_path, "x,y,,2026-03-05", "x,,2026-03-06,2026-03-05", head="A,B,D,E"),
        mapping=mapped(tmp_path, text),
    )
    assert read.column("product") == ["x; y", "x"]
    assert [day.day for day in read.column("date")] == [5, 6]


def test_an_optional_cell_that_nobody_can_read_costs_the_cell_only(tmp_path: Path) -> None:
    row = "C-{},2026-03-05,灯,{},德国,1,0,,{},mg/kg,"
    words = ("无", "/", "—", "N/A", "不详", "合格")
    read = taken_in(sheet(tmp_path, *(row.format(n, word, word) for n, word in enumerate(words))))
    assert (read.column("hs"), read.column("measured_value"), read.aside) == ([None] * 6, [None] * 6, [])
    assert (read.said["no_value", "hs"], read.said["unreadable", "hs"]) == (5, 1)


@pytest.mark.parametrize(
    ("written", "day", "flag"),
    [("二〇二六年三月五日", "2026-03-05", None), ("民国115年3月5日", "2026-03-05", None),
     ("2026/3/5 下午 3:20:00", "2026-03-05", None), ("2026年03月05日 14时30分", "2026-03-05", None),
     ("2026年3月", "2026-03-01", "date:month_only"), ("2026-03", "2026-03-01", "date:month_only"),
     ("2026年", "2026-01-01", "date:year_only"), ("2026-3-5（周四）", "2026-03-05", None)],
)  # fmt: skip
def test_chinese_days_and_times_are_read(tmp_path: Path, written: str, day: str, flag: str | None) -> None:
    read = taken_in(sheet(tmp_path, f"C-1,{written},灯,9503,德国,1,0,,,,"))
    assert ([str(one) for one in read.column("date")], read.column("flags")) == ([day], [flag])


def test_customs_codes_of_thirteen_digits_are_kept(tmp_path: Path) -> None:
    read = taken_in(sheet(tmp_path, "C-1,2026-03-05,灯,9503002900101,德国,1,0,,,,"))
    assert read.column("hs") == ["9503002900101"]


# Registers, lists and exported sheets.


@pytest.mark.parametrize("name", ["a'b", "x*y", "q?z", "br[1]", "h#s", "p%s", "s;c", 'd"q', "b{a,b}", "n\nl"])
def test_a_register_in_a_folder_with_any_name_is_read_again(tmp_path: Path, name: str) -> None:
    register = tmp_path / name
    path = sheet(tmp_path, ",".join(ROW) + ",,,,")
    assert main(["ingest", str(path), "--source", "market_sampling", "--register", str(register)]) == 0
    assert sql(register, "select count(*) n from records").to_pylist() == [{"n": 1}]


def test_counts_by_a_period_show_the_period(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sheet(tmp_path, ",".join(ROW) + ",,,,")
    main(["ingest", str(path), "--source", "market_sampling", "--register", str(tmp_path / "r")])
    for period, shown in {"year": "2026", "quarter": "2026-Q1", "month": "2026-03"}.items():
        capsys.readouterr()
        main(["register", "counts", "--by", period, "--register", str(tmp_path / "r")])
        assert capsys.readouterr().out.splitlines()[1].split(",")[0] == shown


@pytest.mark.parametrize("text", ["＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "\t=1", "\r=1"])
def test_formulas_of_full_width_are_marked_in_exported_sheets(text: str) -> None:
    assert (guarded(text), unguarded(guarded(text))) == (f"'{text}", text)
    assert safe_cell(text).startswith("'")


def test_a_list_of_cases_in_gb18030_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("case,lang\n电热水壶.toml,zh\n".encode("gb18030"))
    assert [one.case for one in read_list(path)] == ["电热水壶.toml"]
