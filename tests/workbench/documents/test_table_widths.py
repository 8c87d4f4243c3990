"""Tables on paper: no column is cut off and no word is broken for want of room."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from docx import Document
from office import needs_office
from patience import HANGS

from riskkit.workbench.document import documents
from riskkit.workbench.document.block_kinds import Badge, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.reading import Reading
from riskkit.workbench.document.rendering import asset, environment
from riskkit.workbench.document.table_widths import column_widths, narrowest, print_size, type_size
from riskkit.workbench.document.word import word_document

HEADS = ("Group", "Tested", "Nonconforming", "Rate", "Lower bound", "Upper bound", "Shrunken rate", "Rank",
         "Trend", "Risk level", "Warning level", "Flag")  # fmt: skip
LEVEL = Badge("Warning level", "Ⅱ", "serious (orange)", "◆", "#d9730d")
ROW = ("toys and games", "19,000,000", "1,234", "12.3 %", "1.2 %", "99.9 %", "11.1 %", "1–12", "not shown",
       "serious", LEVEL, "small sample")  # fmt: skip
TABLE = Table("Wide", HEADS, (ROW,) * 3, numeric=(1, 2, 3, 4, 5, 6))


def test_a_wide_table_is_set_smaller_and_a_narrow_one_is_not() -> None:
    assert print_size(Table("", ("a", "b"), (("c", "d"),))) == 7
    wide = Table("Wider", HEADS + HEADS[:3], (ROW + ROW[:3],))
    assert 6 <= print_size(wide) < 7
    for table in (TABLE, wide):
        fits = sum(narrowest(table)) * print_size(table) * 25.4 / 72 + 2.6 * len(table.columns)
        assert fits <= 176 or print_size(table) == 6


def test_columns_keep_their_longest_word() -> None:
    size = type_size(TABLE, width=250, padding=4, largest=9.5)
    widths = column_widths(TABLE, [10] * len(HEADS), width=250, padding=4, size=size)
    assert sum(widths) == pytest.approx(250)
    for width, em in zip(widths, narrowest(TABLE), strict=True):
        assert width >= em * size * 25.4 / 72 + 4 - 1e-9


@pytest.mark.skipif(bool(documents.missing_parts("pdf")), reason="a part of the system is missing")
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing")
def test_every_column_of_a_wide_table_stands_on_the_page(tmp_path: Path) -> None:
    from weasyprint import HTML

    blocks = environment().get_template("blocks.html.j2").module
    page = f"<style>{asset('blocks.css')}{asset('print.css')}</style><main class='rk'>{blocks.table(TABLE)}</main>"  # type: ignore[attr-defined]
    path = tmp_path / "wide.pdf"
    path.write_bytes(HTML(string=f"<html lang='en'>{page}</html>").write_pdf())
    told = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    width = float(re.search(r'<page width="([\d.]+)"', told)[1])  # type: ignore[index]
    words = re.findall(r'xMax="([\d.]+)"[^>]*>([^<]*)</word>', told)
    assert {"Warning", "Flag", "serious", "sample"} <= {word for _, word in words}
    margin = 17 / 25.4 * 72
    assert max(float(end) for end, _ in words) <= width - margin + 1


def test_columns_of_a_word_table_hold_their_longest_word() -> None:
    reading = Reading((Section("s", "S", 1, (TABLE,)),), (), None)
    table = Document(io.BytesIO(word_document(reading, [], title="T"))).tables[0]
    size = table.rows[0].cells[0].paragraphs[0].runs[0].font.size.pt
    for cell, em in zip(table.rows[0].cells, narrowest(TABLE), strict=True):
        assert size >= 6
        assert cell.width.mm >= em * size * 25.4 / 72 + 3.7


def test_a_wide_table_turns_the_page_of_a_word_document_and_a_narrow_one_turns_it_back() -> None:
    narrow = Table("Narrow", ("a", "b"), (("c", "d"),))
    parts = (Section("s", "S", 1, (narrow, TABLE, TABLE)), Section("t", "T", 1, (narrow,)))
    document = Document(io.BytesIO(word_document(Reading(parts, (), None), [], title="T")))
    pages = [(one.page_width.cm, one.page_height.cm) for one in document.sections]
    assert [(round(width, 1), round(height, 1)) for width, height in pages] == [
        (21.0, 29.7),
        (29.7, 21.0),
        (21.0, 29.7),
    ]


@needs_office
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing")
@pytest.mark.slow
def test_another_office_program_breaks_no_word_of_a_wide_table(tmp_path: Path) -> None:
    reading = Reading((Section("s", "S", 1, (TABLE,)),), (), None)
    path = tmp_path / "wide.docx"
    path.write_bytes(word_document(reading, [], title="T"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    asked = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(asked, check=True, capture_output=True, timeout=HANGS)
    shown = subprocess.run(
        ["pdftotext", tmp_path / "wide.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert {"Nonconforming", "Warning", "Shrunken", "19,000,000"} <= set(shown.stdout.split())
