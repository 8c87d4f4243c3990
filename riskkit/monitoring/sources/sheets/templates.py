"""Empty sheets for people to fill, with their help: CSV or Excel, in Chinese or English.

A template holds no record. The Excel file has the headers (with comments, drop-down lists and checks of
dates and numbers), a page of instructions with an example of each column, and the lists of choices. Beside
a CSV file lies a second one that says what each of its columns means.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs import part_files
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.monitoring.sources.sheets.sheets import choices, sheet_columns, sheet_names
from riskkit.words.catalogue import Texts

FORMATS = ("csv", "xlsx")
_ROWS_CHECKED = 5000
say = Texts("template")
_MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
"""Written into every workbook, so that the same template is the same file."""


def write_template(sheet: str, path: Path, *, form: str, is_forced: bool = False) -> tuple[Path, ...]:
    """Write the template of a sheet, whole or not at all.

    Parameters
    ----------
    sheet : str
        One of `riskkit.monitoring.sources.sheets.sheets.sheet_names`.
    path : Path
        Where to.
    form : str
        ``csv`` or ``xlsx``.
    is_forced : bool
        Whether another file that is there is replaced.

    Returns
    -------
    tuple of Path
        What was written: the template, and for CSV the page that explains its columns.

    Raises
    ------
    KeyError
        When there is no such sheet.
    ValueError
        When there is no such format.
    InputFaults
        When another file is there: it may have been filled in.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_template("complaint", Path(folder) / "c.csv", form="csv")
    ...     [file.name for file in files], files[0].read_text(encoding="utf-8-sig")[:16]
    (['c.csv', 'c.help.csv'], 'Complaint number')
    """
    if form not in FORMATS:
        raise ValueError(f"a template is written as {' or '.join(FORMATS)}, not as {form!r}")
    columns = sheet_columns(sheet)
    if form == "xlsx":
        content = _workbook(sheet, columns)
        return part_files.put_files(path.parent, {path.name: content}, is_forced=is_forced)
    explained = path.with_name(f"{path.stem}.help.csv")
    head = _table([[column[language()] for column in columns]])
    files = {path.name: head, explained.name: _table(_help(columns))}
    return part_files.put_files(path.parent, files, is_forced=is_forced)


def titles() -> dict[str, str]:
    """The sheets there are templates of, with their titles.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> in_language("zh", titles)["injury_card"]
    '产品伤害监测报告卡'
    """
    rows = standards.rows("sheets")
    return {row["sheet"]: row[language()] for row in rows if row["sheet"] in sheet_names()}


def _help(columns: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """The page of instructions as a table: one row a column."""
    parts = ("header", "required", "kind", "help", "example", "choices")
    rows = [[say(f"col_{part}") for part in parts]]
    for column in columns:
        words = choices(column["choices"]).values() if column["choices"] else ()
        needed = say("yes" if column["required"] == "yes" else "no")
        kind = say(f"kind_{column['kind']}")
        told = [
            column[language()],
            needed,
            kind,
            column[f"help_{language()}"],
            column[f"example_{language()}"],
        ]
        rows.append([*told, (" / " if language() == "en" else "／").join(words)])
    return rows


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV with the mark by which spreadsheets know UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(sheet: str, columns: Sequence[Mapping[str, Any]]) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": titles()[sheet], "created": _MADE, "author": "riskkit"})
        data = book.add_worksheet(say("data_sheet"))
        page = book.add_worksheet(say("help_sheet"))
        lists = book.add_worksheet(say("choices_sheet"))
        places = _choice_lists(book, lists, columns)
        _data_page(book, data, columns, places=places)
        _help_page(book, page, sheet)
    return content.getvalue()


def _choice_lists(book: Any, page: Any, columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Every list in a column of its own; where each lies, as a drop-down list asks for it."""
    places = {}
    bold, name = book.add_format({"bold": True}), say("choices_sheet")
    kinds = dict.fromkeys(column["choices"] for column in columns if column["choices"])
    page.set_column(0, max(len(kinds) - 1, 0), 22)
    for number, kind in enumerate(kinds):
        words = list(choices(kind).values())
        page.write_string(0, number, next(c[language()] for c in columns if c["choices"] == kind), bold)
        page.write_column(1, number, words)
        letter = _letters(number)
        places[kind] = f"='{name}'!${letter}$2:${letter}${len(words) + 1}"
    return places


def _letters(number: int) -> str:
    from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

    return str(xl_col_to_name(number))


def _data_page(
    book: Any, page: Any, columns: Sequence[Mapping[str, Any]], *, places: Mapping[str, str]
) -> None:
    look = {"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter", "bg_color": "#DCE6F1"}
    plain, needed = (
        book.add_format(look),
        book.add_format({**look, "bg_color": "#1F4E79", "font_color": "#FFFFFF"}),
    )
    shapes = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"num_format": "@"}),
    }
    page.freeze_panes(1, 0)
    page.set_row(0, 32)
    for number, column in enumerate(columns):
        head = column[language()]
        width = max(12, 2 * len(head) if language() == "zh" else len(head) + 4)
        page.set_column(number, number, width, shapes.get(_shape(column["kind"])))
        page.write_string(0, number, head, needed if column["required"] == "yes" else plain)
        page.write_comment(0, number, _comment(column), {"x_scale": 2.2, "y_scale": 1.4})
        rule = _rule(column, places)
        if rule:
            title = {"error_title": head[:32], "error_message": column[f"help_{language()}"][:255]}
            page.data_validation(1, number, _ROWS_CHECKED, number, {**rule, **title, "ignore_blank": True})


def _shape(kind: str) -> str:
    """Numbers keep the look a spreadsheet gives them; all else is text, so that 0102 stays 0102."""
    return {"date": "date", "count": "", "number": ""}.get(kind, "text")


def _comment(column: Mapping[str, Any]) -> str:
    parts = [say("required_note")] if column["required"] == "yes" else []
    parts.append(column[f"help_{language()}"])
    if column[f"example_{language()}"]:
        parts.append(say("example_note", example=column[f"example_{language()}"]))
    return "\n".join(parts)


def _rule(column: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """What a spreadsheet lets people enter; what is pasted over it is checked when it is read."""
    rules: dict[str, Callable[[], dict[str, Any]]] = {
        "choice": lambda: {"validate": "list", "source": places[column["choices"]]},
        "count": lambda: {"validate": "integer", "criteria": ">=", "value": 0},
        "number": lambda: {"validate": "decimal", "criteria": ">=", "value": 0, "error_type": "warning"},
        "date": lambda: {
            "validate": "date",
            "criteria": ">=",
            "value": dt.date(1990, 1, 1),
            "error_type": "warning",
        },
    }
    return rules[column["kind"]]() if column["kind"] in rules else {}


def _help_page(book: Any, page: Any, sheet: str) -> None:
    about = next(row for row in standards.rows("sheets") if row["sheet"] == sheet)
    large, bold = book.add_format({"bold": True, "font_size": 14}), book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    page.write_string(0, 0, about[language()], large)
    page.write_string(1, 0, about[f"about_{language()}"])
    page.write_string(3, 0, say("how_title"), bold)
    lines = ["how_rows", "how_required", "how_unknown", "how_choice", "how_dates"]
    told = [
        *(say(line) for line in lines),
        say("how_ingest", sheet=sheet),
        say("how_example"),
    ]
    for number, line in enumerate(told, start=4):
        page.write_string(number, 0, line)
    for place, width in enumerate((24, 10, 14, 60, 28, 60)):
        page.set_column(place, place, width)
    start = 5 + len(told)
    for number, row in enumerate(_help(sheet_columns(sheet))):
        for place, text in enumerate(row):
            page.write_string(start + number, place, text, bold if number == 0 else wrapped)
