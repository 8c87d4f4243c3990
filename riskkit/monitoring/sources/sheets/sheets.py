"""Riskkit's own sheets: their columns, choices and headers, and how a filled sheet becomes records.

A sheet is described once, in the tables ``sheets``, ``sheet_columns`` and ``sheet_choices``. The template
that people fill and the reader that takes it back are both made from that description.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.foundation.language import in_language, language
from riskkit.foundation.records.foreign_words import country_codes, each_text, word_key
from riskkit.foundation.standards import glossary, standards
from riskkit.monitoring.sources.cells import cells, joined, same


@functools.cache
def sheet_names() -> tuple[str, ...]:
    """The names of all sheets.

    Examples
    --------
    >>> sheet_names()[:3]
    ('border_inspection', 'market_sampling', 'complaint')
    """
    return tuple(standards.table("sheets")["sheet"])


@functools.cache
def sheet_columns(sheet: str) -> tuple[Mapping[str, Any], ...]:
    """The columns of a sheet in their order, as rows of ``sheet_columns``.

    Raises
    ------
    KeyError
        When there is no such sheet.

    Examples
    --------
    >>> [column["en"] for column in sheet_columns("complaint")][:2]
    ['Complaint number', 'Complaint date']
    """
    found = [row for row in standards.rows("sheet_columns") if row["sheet"] == sheet]
    if not found:
        raise KeyError(f"no sheet {sheet!r}; there are: {', '.join(sheet_names())}")
    return tuple(sorted(found, key=lambda row: int(row["place"])))


def choices(kind: str) -> dict[str, str]:
    """The words of a list of choices in one language, by code.

    Raises
    ------
    KeyError
        When neither the sheets nor the glossary have such a list.

    Examples
    --------
    >>> in_language("zh", choices, "sheet_direction"), list(choices("hazard_class"))[:2]
    ({'import': '进口', 'export': '出口'}, ['health', 'physical'])
    """
    own = [row for row in standards.rows("sheet_choices") if row["list"] == kind]
    if own:
        return {row["code"]: row[language()] for row in own}
    return {code: glossary.label(kind, code) for code in glossary.codes(kind)}


def headers(sheet: str, *, only_required: bool = False) -> tuple[str, ...]:
    """The headers of a sheet in one language.

    Examples
    --------
    >>> in_language("zh", headers, "market_sampling", only_required=True)
    ('抽样单编号', '抽样日期', '产品名称', '抽查批次', '不合格批次')
    """
    rows = sheet_columns(sheet)
    return tuple(row[language()] for row in rows if row["required"] == "yes" or not only_required)


def required_headers(sheet: str) -> tuple[tuple[str, ...], ...]:
    """What a file must have to be this sheet: the headers of all required columns, in zh or in en.

    Examples
    --------
    >>> [len(one) for one in required_headers("border_inspection")]
    [5, 5]
    """
    return tuple(in_language(lang, headers, sheet, only_required=True) for lang in ("zh", "en"))


def needed_columns(sheet: str) -> tuple[str, ...]:
    """The columns of the record that every row of a sheet fills.

    Examples
    --------
    >>> needed_columns("complaint")
    ('evidence', 'date_reported', 'product', 'text')
    """
    found = (row["canonical"] for row in sheet_columns(sheet) if row["required"] == "yes")
    return tuple(dict.fromkeys(name for name in found if name))


def answers(native: pd.DataFrame, sheet: str, *only: str) -> pd.DataFrame:
    """A filled sheet with the codes of its columns as headers, and choices as codes.

    A word that is no choice of its list stays as it was read, so that it is told as a fault later.

    Parameters
    ----------
    native : DataFrame of str
        Rows as read, under the headers of either language.
    sheet : str
        Which sheet it is.
    *only : str
        Codes of the columns wanted; all when none is named.

    Examples
    --------
    >>> rows = pd.DataFrame({"产品名称": ["玩具"], "危害类别": ["物理危害"]}, dtype="string")
    >>> answers(rows, "complaint", "product", "hazard_class").iloc[0].tolist()
    ['玩具', 'physical']
    """
    found = {}
    for column in sheet_columns(sheet):
        if not only or column["column"] in only:
            words = cells(native, column["zh"], column["en"], column["column"])
            found[column["column"]] = _coded(words, column["choices"]) if column["choices"] else words
    return pd.DataFrame(found, index=native.index)


def sheet_records(native: pd.DataFrame, sheet: str, *, source_class: str) -> pd.DataFrame:
    """A filled sheet as records.

    Columns without one of their own in the record go into its text, each behind its name.

    Parameters
    ----------
    native : DataFrame of str
        Rows as read, under the headers of either language.
    sheet : str
        Which sheet it is.
    source_class : str
        Class of the source.

    Examples
    --------
    >>> rows = pd.DataFrame({"Product": ["toy"], "Origin": ["德国"], "Demand": ["return"]}, dtype="string")
    >>> record = sheet_records(rows, "complaint", source_class="complaint").iloc[0]
    >>> record["product"], record["origin"], record["origin_text"], record["text"]
    ('toy', 'DE', '德国', '诉求：return')
    """
    given = answers(native, sheet)
    out: dict[str, pd.Series] = {"source_class": same(native, source_class)}
    texts = []
    for column in sheet_columns(sheet):
        filled = given[column["column"]]
        if column["canonical"] == "text":
            texts.append(_named(filled, column))
        elif column["canonical"]:
            out[column["canonical"]] = filled
    if "origin" in out:
        out["origin_text"] = out["origin"]
        out["origin"] = country_codes(out["origin"])
    out["text"] = joined(*texts, between="；")
    return pd.DataFrame(out, index=native.index)


def _coded(words: pd.Series, kind: str) -> pd.Series:
    known = _codes(kind)
    return each_text(words, lambda text: known.get(word_key(text), text))


def _named(filled: pd.Series, column: Mapping[str, Any]) -> pd.Series:
    """Behind the name of its column, and a choice in its word again: a code tells a reader little."""
    if column["choices"]:
        words = in_language("zh", choices, column["choices"])
        filled = each_text(filled, lambda code: words.get(code, code))
    return f"{column['zh']}：" + filled


@functools.cache
def _codes(kind: str) -> Mapping[str, str]:
    """Every word and code of a list → its code; the code itself wins over a word that looks like one."""
    by_word = {
        word_key(word): code
        for lang in ("zh", "en")
        for code, word in in_language(lang, choices, kind).items()
    }
    return by_word | {word_key(code): code for code in in_language("zh", choices, kind)}
