"""Wrong numbers that nobody notices: non-detects, totals, decimal signs, orders of dates, lost digits."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from troubled_files import HEAD, mapped, measured, sheet, taken_in, trouble

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.written_dates import DateManner, written_date
from riskkit.foundation.records.written_numbers import written_number

LAB = 'name = "lab"\ndate_order = "dmy"\n[columns]\n"Nr" = "evidence"\n"Datum" = "date"\n"Wert" = "measured_value"\n' \
      '"Menge" = "n_units"\n[constants]\nsource_class = "laboratory"\n[units]\nmeasured_value = "mg/kg"\n'  # fmt: skip


# Non-detects: the row stays, the value is missing, the bound and the flag are kept.


@pytest.mark.parametrize(
    ("written", "flag"),
    [
        ("未检出", "not_detected"), ("ND", "not_detected"), ("n.d.", "not_detected"), ("＜LOQ", "not_detected"),
        ("<LOD", "not_detected"), ("低于检出限", "not_detected"), ("检出限以下", "not_detected"),
        ("未检出(<0.01)", "not_detected:0.01"), ("未检出（检出限：0.02mg/kg）", "not_detected:0.02"),
        ("<0.01", "below:0.01"), ("＜0.5", "below:0.5"), ("≤0.3 mg/kg", "at_most:0.3"), ("≥90", "at_least:90"),
        ("not detected", "not_detected"), ("N.D. (<0.05)", "not_detected:0.05"),
    ],
)  # fmt: skip
def test_a_non_detect_keeps_its_row_its_bound_and_a_flag(tmp_path: Path, written: str, flag: str) -> None:
    read = measured(tmp_path, written)
    assert read.column("measured_value") == [None]
    assert read.flags() == [f"measured_value:{flag}"]


def test_non_detects_do_not_bend_the_share_of_nonconforming_rows(tmp_path: Path) -> None:
    rows = [
        f"R-{n},2026-03-05,玩具,9503,德国,1,0,,{'未检出' if n % 2 else '<0.01'},mg/kg,0.1" for n in range(19)
    ]
    read = taken_in(sheet(tmp_path, "R-x,2026-03-05,玩具,9503,德国,1,1,铅,0.3,mg/kg,0.1", *rows))
    assert (sum(read.column("n_nonconforming")), sum(read.column("n_tested"))) == (1, 20)


def test_conforming_rows_in_quarantine_are_said_to_bend_the_rate(tmp_path: Path) -> None:
    passed = [f"P-{n},2026-02-30,玩具,9503,德国,1,0,,,," for n in range(9)]
    failed = [f"F-{n},2026-02-20,玩具,9503,德国,1,{n % 2},,,," for n in range(4)]
    read = taken_in(sheet(tmp_path, *passed, *failed))
    assert read.said["conforming_quarantined", "50.0% / 15.4%"] == 9


def test_shared_non_detects() -> None:
    read = taken_in(trouble("bias200.csv"))
    assert (len(read.rows), sum(read.column("n_nonconforming")), sum(read.column("n_tested"))) == (
        200,
        10,
        200,
    )
    flags = taken_in(trouble("nondetect.csv")).flags()
    assert flags[1] == "measured_value:below:0.01"
    assert flags[4] == "measured_value:not_detected:0.02"


# Rows that are no data.


def test_required_cells_hold_row_by_row(tmp_path: Path) -> None:
    read = taken_in(
        sheet(
            tmp_path,
            ",2026-03-05,灯,9503,德国,1,0,,,,",
            "B-2,,灯,9503,德国,1,0,,,,",
            "B-3,2026-03-05,灯,9503,德国,,0,,,,",
            "B-4,2026-03-05,灯,9503,德国,1,,,,,",
            "B-5,2026-03-05,#N/A,9503,德国,1,0,,,,",
            "B-6,2026-03-05,灯,9503,德国,1,0,,,,",
        )
    )
    assert read.column("evidence") == ["B-6"]
    assert [(line["column"], line["rule_id"]) for line in read.aside] == [
        (column, "required_missing")
        for column in ("evidence", "date", "n_tested", "n_nonconforming", "product")
    ]


@pytest.mark.parametrize(
    "foot",
    ["合计,,,,,9,1,,,,", "小 计,,,,,9,1,,,,", "总计：9批,,,,,9,1,,,,", "本页小计,,,9503,德国,9,1,,,,",
     "Total,,,,,9,1,,,,", "Subtotal,,,,,9,1,,,,", "3,,合计,,,9,1,,,,", "Grand total:,,,,,9,1,,,,"],
)  # fmt: skip
def test_a_total_is_no_record(tmp_path: Path, foot: str) -> None:
    read = taken_in(sheet(tmp_path, "C-1,2026-03-05,灯,9503,德国,1,0,,,,", foot))
    assert (read.column("evidence"), read.rules()) == (["C-1"], ["total_row"])


@pytest.mark.parametrize("foot", ["注：本表由示例海关填报", "制表人：示例", "Note: made up", "* 初步结果"])
def test_a_remark_below_the_table_is_no_record(tmp_path: Path, foot: str) -> None:
    mapping = mapped(tmp_path, 'name = "m"\n[columns]\n"抽样单编号" = "evidence"\n"产品名称" = "product"\n'
                               '[constants]\nsource_class = "monitoring"\n')  # fmt: skip
    path = sheet(tmp_path, "C-1,2026-03-05,灯,9503,德国,1,0,,,,", foot + "," * 10)
    read = taken_in(path, mapping=mapping)
    assert (read.column("evidence"), read.rules()) == (["C-1"], ["note_row"])


def test_a_product_that_is_called_total_stays(tmp_path: Path) -> None:
    read = taken_in(sheet(tmp_path, "C-1,2026-03-05,Total,9503,德国,1,0,,,,"))
    assert (read.column("product"), read.aside) == (["Total"], [])


def test_shared_rows_that_are_no_data() -> None:
    assert taken_in(trouble("required_blank.csv")).column("evidence") == ["B-6"]
    assert taken_in(trouble("footer.csv")).rules() == ["total_row", "note_row"]


# Headers that are equal but for signs or case.


def test_the_very_header_wins_over_one_that_is_like_it(tmp_path: Path) -> None:
    text = 'name = "m"\n[columns]\n"Date" = "date"\n"Issue:" = "hazard"\n[constants]\nsource_class = "complaint"\n'
    path = sheet(tmp_path, "2026-03-05,old,new", head="Date,Issue,Issue:")
    assert taken_in(path, mapping=mapped(tmp_path, text)).column("hazard") == ["new"]
    with pytest.raises(InputFaults, match="differ in more than signs and case"):
        taken_in(path, mapping=mapped(tmp_path, text.replace("Issue:", "ISSUE"), name="n.toml"))


def test_shared_headers_that_are_alike() -> None:
    read = taken_in(trouble("two_issue.csv"), mapping=trouble("two_issue.toml"))
    assert read.column("hazard") == ["NEW hazard", "NEW only", None]


# Decimal signs.


def test_a_decimal_comma_is_not_read_as_thousands(tmp_path: Path) -> None:
    read = measured(tmp_path, "0,125", "1,250", "12,34")
    assert read.column("measured_value") == [None, None, None]
    assert read.flags() == [
        f"measured_value:{why}" for why in ("decimal_comma", "decimal_ambiguous", "decimal_comma")
    ]
    assert measured(tmp_path, "1,250", "3").column("measured_value") == [1250.0, 3.0]


def test_points_between_the_thousands_of_a_count_are_not_read_as_decimals(tmp_path: Path) -> None:
    path = sheet(tmp_path, "1;05.03.2026;3;12.000", "2;05.03.2026;4;35000.0", head="Nr;Datum;Wert;Menge")
    read = taken_in(path, mapping=mapped(tmp_path, LAB))
    assert (read.column("n_units"), read.flags()) == ([None, 35000], ["n_units:decimal_ambiguous", ""])


def test_a_number_taken_before_the_decimal_comma_showed_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from riskkit.monitoring.sources import intake
    from riskkit.monitoring.sources.files import delimited

    monkeypatch.setattr(intake, "_ROWS", 1)
    monkeypatch.setattr(delimited, "_fewest_by_cell", lambda: 1)
    rows = [
        'C-1,2026-03-05,灯,9503,德国,1,0,,"1,234",mg/kg,5',
        'C-"2"',
        'C-3,2026-03-05,灯,9503,德国,1,0,,"0,12",mg/kg,5',
    ]
    with pytest.raises(InputFaults, match="decimal sign that the file has"):
        taken_in(sheet(tmp_path, *rows))


# The order of day and month.


@pytest.mark.parametrize(
    ("order", "days"), [("dmy", ("04/05/2026", "03/25/2026")), ("mdy", ("04/05/2026", "25/03/2026"))]
)
def test_one_day_that_cannot_be_puts_the_order_in_doubt(
    tmp_path: Path, order: str, days: tuple[str, ...]
) -> None:
    mapping = mapped(tmp_path, LAB.replace('"dmy"', f'"{order}"'))
    path = sheet(tmp_path, *(f"1,{day},3,4" for day in days), head="Nr,Datum,Wert,Menge")
    with pytest.raises(InputFaults, match={"dmy": "mdy", "mdy": "dmy"}[order]):
        taken_in(path, mapping=mapping)


def test_a_day_that_no_order_gives_costs_its_row_only(tmp_path: Path) -> None:
    path = sheet(tmp_path, "1,31/02/2026,3,4", "2,05/03/2026,3,4", head="Nr,Datum,Wert,Menge")
    read = taken_in(path, mapping=mapped(tmp_path, LAB))
    assert (read.column("date"), read.rules()) == ([dt.date(2026, 3, 5)], ["date_unreadable"])


def test_shared_orders_of_dates() -> None:
    for path, how in (
        ("mdy.csv", {"mapping": trouble("mdy_as_dmy.toml")}),
        ("nhtsa_api_renamed.csv", {"source": "nhtsa_recalls"}),
    ):
        with pytest.raises(InputFaults, match="order of day and month"):
            taken_in(trouble(path), **how)  # type: ignore[arg-type]


# Numbers that are no days, and numbers that lost digits.


def test_a_serial_number_is_a_day_in_a_workbook_only() -> None:
    assert written_date("46053") is None
    assert written_date("46053", DateManner(kind="workbook")).day == dt.date(2026, 1, 31)  # type: ignore[union-attr]
    for text in ("20263", "12315", "99999"):
        assert written_date(text, DateManner(kind="workbook")) is None


def test_a_moment_before_midnight_is_the_next_day() -> None:
    assert written_date("46085.99999999", DateManner(kind="workbook")).day == dt.date(2026, 3, 5)  # type: ignore[union-attr]


def test_a_number_in_scientific_notation_is_no_identifier(tmp_path: Path) -> None:
    read = taken_in(
        sheet(
            tmp_path,
            "4.40301E+17,2026-03-05,灯,9503,德国,1,0,,,,",
            "C-2,2026-03-05,灯,9.50E+09,德国,1,0,,,,",
            '"=""00123""",2026-03-05,灯,"=""9503002900""",德国,1,0,,,,',
        )
    )
    assert read.rules() == ["digits_lost"]
    assert (read.column("evidence"), read.column("hs")) == (["C-2", "00123"], [None, "9503002900"])
    assert read.flags() == ["hs:digits_lost", ""]


def test_errors_of_spreadsheets_are_no_values(tmp_path: Path) -> None:
    words = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "########")
    rows = [f"C-{n},2026-03-05,灯,9503,{word},1,0,{word},{word},mg/kg," for n, word in enumerate(words)]
    read = taken_in(sheet(tmp_path, *rows))
    for name in ("hazard", "measured_value", "origin"):
        assert read.column(name) == [None] * len(words)


# A unit behind a number, and per cent.


def test_per_cent_is_taken_once(tmp_path: Path) -> None:
    rows = [
        f"C-{n},2026-03-05,灯,9503,德国,1,0,,{value},%,90%" for n, value in enumerate(("85%", "85", "0.85"))
    ]
    read = taken_in(sheet(tmp_path, *rows))
    assert read.column("measured_value") == [85.0, 85.0, 0.85]
    assert (set(read.column("limit_value")), set(read.column("measured_unit"))) == ({90.0}, {"%"})


def test_a_unit_behind_the_number_that_is_not_that_of_its_column_is_not_read_over(tmp_path: Path) -> None:
    read = measured(tmp_path, "0.21 mg/kg", "0.21 mg / kg", "85%", "5 µg/kg")
    assert read.column("measured_value") == [0.21, 0.21, None, None]
    assert read.flags() == ["", "", "measured_value:unit_conflict", "measured_value:unit_conflict"]


def test_a_unit_behind_the_number_fills_an_empty_unit(tmp_path: Path) -> None:
    read = taken_in(sheet(tmp_path, "C-1,2026-03-05,灯,9503,德国,1,0,,0.21 mg/kg,,0.1"))
    assert (read.column("measured_value"), read.column("measured_unit")) == ([0.21], ["mg/kg"])


# Identity by what matters.


def test_a_further_column_or_a_running_number_makes_no_new_record(tmp_path: Path) -> None:
    row = "S-1,2026-03-05,灯,9503002900,德国,1,1,,0.35,mg/kg,0.1"
    plain = taken_in(sheet(tmp_path, row))
    numbered = taken_in(sheet(tmp_path, f"{row},7", head=f"{HEAD},序号"))
    turned = taken_in(
        sheet(tmp_path, ",".join(reversed(row.split(","))), head=",".join(reversed(HEAD.split(","))))
    )
    other = taken_in(sheet(tmp_path, row.replace("0.35", "0.36")))
    assert plain.column("record_id") == numbered.column("record_id") == turned.column("record_id")
    assert plain.column("record_id") != other.column("record_id")


def test_shared_files_with_the_same_rows() -> None:
    names = ("utf8.csv", "gbk.csv", "semicolon.csv", "reordered.csv", "newcol.csv", "renum.csv", "xlsx.xlsx")
    found = {tuple(taken_in(trouble(f"same_{name}")).column("record_id")) for name in names}
    assert len(found) == 1


def test_counts_in_words_are_read_and_doubtful_ones_are_not() -> None:
    read = {
        text: written_number(text)
        for text in ("1.2万台", "三万五千", "约3.5万", "3亿", "1 2000", "10-20", "一")
    }
    assert {text: number and number.value for text, number in read.items()} == {
        "1.2万台": 12_000, "三万五千": 35_000, "约3.5万": 35_000, "3亿": 300_000_000,
        "1 2000": None, "10-20": None, "一": None,
    }  # fmt: skip
    assert read["约3.5万"].note == "about"  # type: ignore[union-attr]
