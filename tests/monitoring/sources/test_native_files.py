"""Files taken apart: every format, packing and encoding, and what hostile ones are answered with."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import random
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
import reference_records as reference
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st
from shared import ROOT

import riskkit
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records import evidence
from riskkit.monitoring.sources.files import delimited, in_child, json_rows, native, opened
from riskkit.monitoring.sources.files.encodings import encoding_of, utf8_blocks
from riskkit.monitoring.sources.files.native_file import native_file
from riskkit.monitoring.sources.files.opened import file_facts, require_unchanged

HEAD = b"a,b,c\n"


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    place, turn = 0, 0
    while place < len(data):
        size = sizes[turn % len(sizes)]
        yield data[place : place + size]
        place, turn = place + size, turn + 1


def rows_of(file: native.NativeFile) -> dict[int, Any]:
    found: dict[int, Any] = {}
    n_read = 0
    for chunk in file.chunks:
        for number, row in zip(chunk.row_numbers.tolist(), chunk.table.to_pylist(), strict=True):
            found[number] = tuple(row.values())
        for broken in chunk.broken:
            found[broken.row_number] = broken.rule_id
        n_read += chunk.n_read
    assert sorted(found) == list(range(1, n_read + 1))
    return found


def read(path: Path) -> tuple[tuple[str, ...], dict[int, Any]]:
    with native_file(file_facts(path)) as file:
        return file.headers, rows_of(file)


def refused(path: Path) -> str:
    """The rule for which a file is refused, at once or while it is read."""
    with pytest.raises(InputFaults) as caught:
        read(path)
    texts = {evidence.rule_text(rule): rule for rule in FILE_RULES}
    assert len(caught.value.faults) == 1
    return texts[caught.value.faults[0].rule]


def file_rules() -> list[str]:
    from riskkit.foundation.standards import standards

    rows = standards.table("record_rules")
    return rows.loc[rows["scope"] == "file", "rule_id"].tolist()


FILE_RULES = file_rules()

# Delimited text: the two ways of the package and the reference give the same rows.

tokens = st.sampled_from(
    [b"a", b"b,", b",", b"\n", b"\r\n", b"\r", b'"', b'""', b'"x"', b',"y\nz",', b"\xff", b"\x00", b" ", b'q"r',
     b"1,2,3\n", b'"a,b",2,3\n', "产".encode(), b'1,"2\r\n2",3\r\n', b',,\n', b'"""",1,2\n']
)  # fmt: skip
texts = st.lists(tokens, max_size=40).map(b"".join)


@given(body=texts, sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4), by_cell=st.booleans())
@example(body=b'""\n"', sizes=[1], by_cell=False)
@example(body=b'"a\n1,2,3\n', sizes=[7], by_cell=True)
def test_delimited_rows_are_those_of_the_reference(body: bytes, sizes: list[int], by_cell: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_WORTH_ARROW", 0)
        if by_cell:
            patch.setattr(delimited, "_plain_rows", lambda *_: None)
        found = rows_of(delimited.read_delimited(pieces(HEAD + body, sizes), name="x.csv"))
    assert found == reference.delimited_rows(body, 3)


@given(body=texts, most=st.integers(1, 5))
def test_rows_come_in_pieces_of_at_most_so_many(body: bytes, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_WORTH_ARROW", 0)
        limits = {"rows_at_a_time": most, "block_bytes": 64}
        patch.setattr(delimited, "intake_limit", lambda name: limits.get(name) or evidence.intake_limit(name))
        file = delimited.read_delimited(iter([HEAD + body]), name="x.csv")
        chunks = list(file.chunks)
    assert all(chunk.n_read <= most for chunk in chunks)
    again = native.NativeFile(file.headers, iter(chunks))
    assert rows_of(again) == reference.delimited_rows(body, 3)


def test_one_bad_row_does_not_cost_its_neighbours() -> None:
    good = [f"{number},x,y\n".encode() for number in range(5000)]
    bad = {700: b'"open,x,y\n', 1400: b"\xff,x,y\n", 2100: b"\x00,x,y\n", 2800: b'"a"b,x,y\n', 3500: b"1,2\n"}
    data = HEAD + b"".join(bad.get(number, row) for number, row in enumerate(good))
    found = rows_of(delimited.read_delimited(iter([data]), name="x.csv"))
    rules = {number - 1: rule for number, rule in found.items() if isinstance(rule, str)}
    assert rules == {
        700: "broken_quotes",  # the next mark, in row 2800, stands where none can close
        1400: "bad_bytes",
        2100: "nul_byte",
        2800: "broken_quotes",
        3500: "ragged_row",
    }
    assert len(found) == 5000


def test_a_row_that_is_too_long_is_put_aside_and_the_file_goes_on() -> None:
    longest = evidence.intake_limit("row_chars")
    rows = [
        b"1,2,3\n",
        b"x" * (longest + 5) + b",2,3\n",
        b"4,5,6\n",
        b'7,"' + b"y" * (longest + 5) + b'",9\n',
        b"8,8,8\n",
    ]
    found = rows_of(delimited.read_delimited(pieces(HEAD + b"".join(rows), [1 << 20]), name="x.csv"))
    assert found[1] == ("1", "2", "3")
    assert found[2] == found[4] == "row_too_long"
    assert (found[3], found[5]) == (("4", "5", "6"), ("8", "8", "8"))
    assert len(found) == 5


def test_a_line_without_end_takes_no_more_memory_than_its_limit() -> None:
    def blocks() -> Iterator[bytes]:
        yield HEAD + b"1,2,3\n"
        for _ in range(60):
            yield b"z" * (1 << 20)
        yield b"\n4,5,6\n"

    found = rows_of(delimited.read_delimited(blocks(), name="x.csv"))
    assert found == {1: ("1", "2", "3"), 2: "row_too_long", 3: ("4", "5", "6")}


def test_a_quotation_mark_that_never_closes_in_a_large_file_costs_one_line() -> None:
    rows = b"".join(f"{number},x,y\n".encode() for number in range(600_000))
    data = HEAD + b'1,"x,y\n' + rows
    found = rows_of(delimited.read_delimited(pieces(data, [1 << 20]), name="x.csv"))
    assert found.pop(1) == "unclosed_quote"
    assert len(found) == 600_000
    assert not any(isinstance(row, str) for row in found.values())


@pytest.mark.parametrize(
    ("line", "expected"),
    [(b"a;b;c", b";"), (b"a\tb", b"\t"), (b"a|b,c|d", b"|"), (b'"a,b,c";d', b";"), (b"a", b",")],
)
def test_the_delimiter_is_what_the_header_has_most_of(line: bytes, expected: bytes) -> None:
    assert delimited._delimiter(line + b"\n1,2,3,4,5") == expected


@pytest.mark.parametrize(
    ("head", "rule"),
    [(b"", "file_empty"), (b"\n\n", "file_empty"), (b",,\n1,2,3\n", "header_missing"), (b"a,b,a\n", "header_twice"),
     (b"a,\xff\n1,2\n", "header_unreadable"), ("a,b\u202e\n".encode(), "header_unreadable"), (b"a,b\x00\n", "header_unreadable"),
     (b",".join(b"c%d" % n for n in range(3000)), "too_many_columns"),
     (b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n", "header_too_long"),
     (b"x" * 2_000_000, "header_too_long"), (b'"' + b"x\n" * 1_000_000, "header_unreadable")],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_header_that_cannot_be_used_is_refused(tmp_path: Path, head: bytes, rule: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(head)
    assert refused(path) == rule


def test_headers_without_a_name_are_called_after_their_place(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b" a ,,\n1,2,3\n")
    assert read(path) == (("a", "column_2", "column_3"), {1: ("1", "2", "3")})


# Encodings.

WORDS = st.text(st.sampled_from("abc,1\n产品检验质量安全é"), min_size=1, max_size=200)
# Some characters of GB18030 are also characters of UTF-8, so that a text of nothing else cannot be told.
TELLING = st.text(st.sampled_from("abc,1\n产检验质量安"), min_size=1, max_size=200).map(
    "产检验质量安".__add__
)


@given(text=WORDS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), size=st.integers(1, 64))
def test_text_comes_out_whatever_its_encoding(text: str, encoding: str, size: int) -> None:
    raw = text.encode(encoding)
    assert b"".join(utf8_blocks(io.BytesIO(raw).read, size, name="x")).decode() == text


@given(text=TELLING, size=st.integers(1, 64))
def test_chinese_text_without_a_mark_comes_out(text: str, size: int) -> None:
    raw = text.encode("gb18030")
    assert b"".join(utf8_blocks(io.BytesIO(raw).read, size, name="x")).decode() == text


def test_an_encoding_shows_itself_late(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 6_000_000 + "产品,检验\n".encode("gb18030"))
    with native_file(file_facts(path)) as file:
        last = list(file.chunks)[-1].table.to_pylist()[-1]
    assert last == {"a": "产品", "b": "检验"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_bytes_of_another_encoding_put_their_row_aside_only(tmp_path: Path, encoding: str) -> None:
    good = "商品,名称,数量\n" + "玩具,毛绒玩具,1\n" * 20
    odd = {
        "utf-8": "玩具,x,2\n".encode("gb18030"),
        "gb18030": b"\x80,\xff,2\n",
        "utf-16-le": "\ud800,x,2\n".encode("utf-16-le", "surrogatepass"),
    }
    path = tmp_path / "x.csv"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    path.write_bytes(mark + good.encode(encoding) + odd[encoding] + "灯,y,3\n".encode(encoding))
    headers, rows = read(path)
    assert headers == ("商品", "名称", "数量")
    assert rows[21] == "bad_bytes"
    assert rows[22] == ("灯", "y", "3")
    assert len(rows) == 22


def test_half_a_character_at_the_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"3")
    assert read(path)[1] == {1: ("1", "2"), 2: "bad_bytes"}


def test_the_wide_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-32"))
    assert refused(path) == "encoding_unknown"


@pytest.mark.parametrize("text", ["crème brûlée, café noir\n" * 50, "Ærøskøbing, Größe, Straße\n" * 50])
def test_western_text_is_not_taken_for_chinese(text: str) -> None:
    assert encoding_of(text.encode("latin-1")) == "utf-8"


# Packed files.


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


CSV = b"a,b\n1,2\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.csv", CSV), ("x.csv.gz", gzip.compress(CSV)), ("x.zip", zipped(("data/x.csv", CSV), ("__MACOSX/._x.csv", b"?"))),
     ("x.tsv", CSV.replace(b",", b"\t")), ("x.jsonl", b'{"a": 1, "b": "2"}\n'), ("x.json", b'[{"a": "1", "b": 2}]'),
     ("x.json.gz", gzip.compress(b'{"n": 1, "results": [{"a": "1", "b": 2}]}')), ("X.CSV", CSV), ("x.txt", CSV)],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_packing_and_format_gives_the_same_rows(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name) == (("a", "b"), {1: ("1", "2")})


def test_json_lines_under_the_name_of_json_are_read_and_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for start in (b"", b"\xef\xbb\xbf", b"\n"):
        path.write_bytes(start + b'{"a": "1", "b": 2}\n{"a": "3", "b": [4]}\nrest\n')
        assert read(path) == (("a", "b"), {1: ("1", "2"), 2: ("3", "4"), 3: "not_a_row"})
        with native_file(file_facts(path)) as file:
            assert ("read_as", "JSON Lines", 0) in file.notes
    path.write_bytes(b'{"n": 1, "results": [{"a": "1",\n "b": 2}]}')
    assert read(path) == (("a", "b"), {1: ("1", "2")})


def encrypted() -> bytes:
    data = bytearray(zipped(("x.csv", CSV)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def lying(size: int) -> bytes:
    """A zip that says its member is small."""
    data = bytearray(zipped(("x.csv", b"a\n" + b"0" * size)))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [("x.csv.gz", gzip.compress(CSV * 1000)[:-20], "gzip_broken"), ("x.csv.gz", b"\x1f\x8b" + b"?" * 50, "gzip_broken"),
     ("x.zip", zipped(("x.csv", CSV))[:-30], "zip_broken"), ("x.zip", zipped(("../x.csv", CSV)), "zip_path_unsafe"),
     ("x.zip", zipped(("/etc/x.csv", CSV)), "zip_path_unsafe"), ("x.zip", zipped(("C:\\x.csv", CSV)), "zip_path_unsafe"),
     ("x.zip", zipped(("a\\..\\..\\x.csv", CSV)), "zip_path_unsafe"), ("x.zip", zipped((link("x.csv"), b"/etc/passwd")), "zip_symlink"),
     ("x.zip", zipped(("x.csv", CSV), ("y.csv", CSV)), "zip_one_member"), ("x.zip", zipped(), "zip_one_member"),
     ("x.zip", zipped(("x.zip", zipped(("x.csv", CSV)))), "packed_twice"), ("x.zip", zipped(("x.csv.gz", gzip.compress(CSV))), "packed_twice"),
     ("x.csv.gz", gzip.compress(gzip.compress(CSV)), "packed_twice"), ("x.zip", encrypted(), "zip_encrypted"),
     ("x.exe", b"MZ", "format_unknown"), ("x", CSV, "format_unknown"), ("x.xlsx", CSV, "format_unknown"), ("x.parquet", CSV, "format_unknown"),
     ("x.csv.gz", gzip.compress(b"a\n" + b"0" * (1 << 27)), "unpacked_too_large"),
     ("x.zip", zipped(("x.csv", b"a\n" + b"0" * (1 << 27))), "unpacked_too_large")],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_packed_file_that_cannot_be_trusted_is_refused(
    tmp_path: Path, name: str, content: bytes, rule: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path) == rule
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(lying(1000))
    with pytest.raises(InputFaults):
        read(path)


def test_the_total_counts_even_where_the_ratio_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv.gz"
    rng = random.Random(1)
    path.write_bytes(gzip.compress(b"a\n" + rng.randbytes(200_000).hex().encode()))
    limits = {"unpacked_bytes": 100_000}
    monkeypatch.setattr(opened, "intake_limit", lambda name: limits.get(name) or evidence.intake_limit(name))
    assert refused(path) == "unpacked_too_large"


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.csv")
    assert refused(tmp_path / "x.csv") == "file_not_regular"
    assert refused(tmp_path) in ("file_not_regular", "file_unreadable")
    assert refused(tmp_path / "not there.csv") == "file_unreadable"
    assert refused(Path("a\0b.csv")) == "file_unreadable"
    assert refused(Path("/dev/zero")) == "file_not_regular"


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(CSV)
    facts = file_facts(path)
    require_unchanged(facts)
    path.write_bytes(CSV * 2)
    with pytest.raises(InputFaults, match="stays as it is"):
        require_unchanged(facts)
    with pytest.raises(InputFaults, match="stays as it is"), native_file(facts):
        pass


# JSON.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def as_cell(value: Any) -> str | None:
    """What stands in a cell for a value of JSON, by way of its own text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return json.dumps(value)
    return value if isinstance(value, str) else None


@given(rows=st.lists(st.fixed_dictionaries({"a": json_values, "b": json_values}) | json_values, min_size=1, max_size=6),
       sizes=st.lists(st.integers(1, 30), min_size=1, max_size=3), is_lines=st.booleans())  # fmt: skip
def test_json_rows_are_those_of_the_standard_parser(
    rows: list[Any], sizes: list[int], is_lines: bool
) -> None:
    rows = [{"a": "first", "b": 1}, *rows]
    if is_lines:
        text = "\n".join(json.dumps(row) for row in rows)
        file = json_rows.read_json_lines(pieces(text.encode(), sizes), name="x.jsonl")
    else:
        text = json.dumps({"meta": {"rows": 3}, "more": [], "results": rows}).replace('"more": [], ', "")
        file = json_rows.read_json(pieces(text.encode(), sizes), name="x.json")
    chunks = list(file.chunks)
    taken = {
        int(n): row
        for chunk in chunks
        for n, row in zip(chunk.row_numbers, chunk.table.to_pylist(), strict=True)
    }
    broken = {one.row_number: one.rule_id for chunk in chunks for one in chunk.broken}
    assert sorted([*taken, *broken]) == list(range(1, len(rows) + 1))
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            assert broken[number] == "not_a_row"
        elif set(row) == {"a", "b"} and number in taken:
            for name in ("a", "b"):
                if not isinstance(row[name], dict | list):
                    assert taken[number][name] == as_cell(row[name])


@pytest.mark.parametrize(
    ("line", "rule"),
    [(b'{"a": 1', "not_a_row"), (b"[1]", "not_a_row"), (b'{"a": 1, "a": 2}', "not_a_row"), (b"\xff", "bad_bytes"),
     (b'{"a": "\\ud800"}', "bad_bytes"), (b'{"a": "x\x00"}', "nul_byte"), (b"[" * 100_000, "not_a_row"),
     (b'{"a": ' + b"9" * 100_000 + b"}", None), (b'{"a": "' + b"x" * (1 << 24) + b'"}', "row_too_long"), (b"  ", "blank")],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_bad_line_of_json_is_put_aside(line: bytes, rule: str | None) -> None:
    data = b'{"a": 1}\n' + line + b'\n{"a": 3}\n'
    rows = rows_of(json_rows.read_json_lines(pieces(data, [1 << 20]), name="x.jsonl"))
    if rule == "blank":
        assert rows == {1: ("1",), 2: ("3",)}
    else:
        assert (rows[1], rows[3]) == (("1",), ("3",))
        assert rows[2] == rule if rule else len(rows[2][0]) == 100_000


@pytest.mark.parametrize(
    ("text", "rule"),
    [(b"", "json_no_rows"), (b"7", "json_no_rows"), (b'{"a": 1}', "json_no_rows"), (b"[]", "json_no_rows"), (b"[1, 2]", "json_no_rows"),
     (b'[{"a": 1}, {"a"', "json_broken"), (b'[{"a": 1} {"a": 2}]', "json_broken"), (b"[" + b"[" * 100_000, "json_broken"),
     (b'[{"a": 1}, ]', "json_broken"), (b'{"a": [{"b": 1}', "json_broken"), (b'[{"a": "' + b"x" * (1 << 25) + b'"}]', "json_broken")],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_json_that_breaks_off_is_refused(tmp_path: Path, text: bytes, rule: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(text)
    assert refused(path) == rule


def test_too_many_names_in_json_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps({f"k{number}": 1}) for number in range(3000)))
    assert refused(path) == "too_many_columns"


# Workbooks and Parquet.


def workbook(path: Path, rows: list[list[Any]], *, hidden: bool = False) -> Path:
    with xlsxwriter.Workbook(path) as book:
        if hidden:
            book.add_worksheet("first").write_row(0, 0, ["not", "this"])
            book.worksheets()[0].hide()
        sheet = book.add_worksheet("data")
        if hidden:
            sheet.activate()
            sheet.set_first_sheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(place, column, value, day)
                elif isinstance(value, str):
                    sheet.write_string(place, column, value)
                elif value is not None:
                    sheet.write(place, column, value)
    return path


def test_a_workbook_gives_its_cells_as_text(tmp_path: Path) -> None:
    rows = [
        ["day", "n", "what"],
        [dt.date(2026, 1, 31), 12, "=cmd|' /C calc'!A0"],
        [],
        [None, 1.5, True],
        ["x", None, None],
    ]
    headers, found = read(workbook(tmp_path / "x.xlsx", rows, hidden=True))
    assert headers == ("day", "n", "what")
    assert found == {
        1: ("2026-01-31", "12", "=cmd|' /C calc'!A0"),
        2: (None, "1.5", "true"),
        3: ("x", None, None),
    }


def test_a_packed_workbook_is_unpacked_first(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "x.xlsx", [["a", "b"], ["1", "2"]]).read_bytes()
    (tmp_path / "y.xlsx.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "z.zip").write_bytes(zipped(("z.xlsx", plain)))
    for name in ("x.xlsx", "y.xlsx.gz", "z.zip"):
        assert read(tmp_path / name) == (("a", "b"), {1: ("1", "2")})


def test_a_workbook_of_two_cells_that_asks_for_512_gib_is_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "z")
    assert refused(tmp_path / "x.xlsx") == "workbook_too_large"


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + b"\x00" * 600])
def test_a_broken_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("x.xlsx", "x.xls"):
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == "workbook_broken"


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    assert refused(workbook(tmp_path / "x.xlsx", [])) == "file_empty"


def test_a_workbook_that_unpacks_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.xlsx.gz").write_bytes(gzip.compress(b"PK\x03\x04" + b"0" * 100_000))
    limits = {"workbook_bytes": 50_000}
    monkeypatch.setattr(
        in_child, "intake_limit", lambda name: limits.get(name) or evidence.intake_limit(name)
    )
    assert refused(tmp_path / "x.xlsx.gz") == "workbook_too_large"


def test_parquet_gives_its_cells_as_text(tmp_path: Path) -> None:
    table = pa.table(
        {"n": [1, None], "f": [1.5, 2.0], "d": [dt.date(2026, 1, 31), None], "t": ["", "x"], "l": [[1], None],
         "w": pa.array(["a", "b"]).dictionary_encode(), "b": [True, False]}
    )  # fmt: skip
    pa_parquet.write_table(table, tmp_path / "x.parquet")
    headers, rows = read(tmp_path / "x.parquet")
    assert headers == tuple(table.column_names)
    assert rows == {
        1: ("1", "1.5", "2026-01-31", None, "[1]", "a", "true"),
        2: (None, "2", None, "x", None, "b", "false"),
    }


def test_broken_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pa_parquet.write_table(pa.table({"a": list(range(10_000))}), path)
    whole = path.read_bytes()
    for content in (b"PAR1", whole[:-100], b"PAR1" + b"\xff" * 300 + whole[304:]):
        path.write_bytes(content)
        assert refused(path) in ("parquet_broken", "parquet_too_large")


def test_the_other_process_ends_when_nobody_wants_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pa_parquet.write_table(pa.table({"a": np.arange(2_000_000)}), path)
    batches = in_child._batches(path, "parquet", name="x")
    next(batches)
    next(batches)
    batches.close()
    assert not [
        child
        for child in psutil.Process().children()
        if any(in_child._READER in one for one in child.cmdline())
    ]


def test_nothing_of_the_working_folder_is_imported_by_the_other_process(tmp_path: Path) -> None:
    (tmp_path / "python_calamine.py").write_text("raise SystemExit('taken over')")
    workbook(tmp_path / "x.xlsx", [["a"], ["1"]])
    code = (
        "import sys; from pathlib import Path\n"
        "from riskkit.monitoring.sources.files.in_child import read_in_child\n"
        "print([c.n_read for c in read_in_child(Path('x.xlsx'), 'workbook', name='x').chunks])"
    )
    root = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.stdout.strip() == "[1]", done.stderr


@given(raw=st.binary(max_size=300))
def test_what_is_shown_of_a_broken_row_is_printable(raw: bytes) -> None:
    assert native.broken_text(raw).isprintable()
    assert len(native.broken_text(raw)) <= 200


def test_every_rule_has_words_and_is_used() -> None:
    from riskkit.foundation.standards import standards

    source = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("foundation", "monitoring/sources")
        for path in (Path(riskkit.__file__).parent / folder).rglob("*.py")
    )
    rules = standards.table("record_rules")
    formed = {"workbook_broken", "workbook_too_large", "parquet_broken", "parquet_too_large"}
    unused = [rule for rule in rules["rule_id"] if f'"{rule}"' not in source and rule not in formed]
    assert unused == []
    assert rules["text_zh"].str.contains(r"[\u4e00-\u9fff]").all()
    assert not rules["text_en"].str.contains(r"[\u4e00-\u9fff]").any()
