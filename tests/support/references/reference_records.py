"""The slow and obvious versions of how files and cells are read."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation

Row = tuple[str | None, ...] | str


def delimited_rows(data: bytes, n_columns: int, *, delimiter: bytes = b",") -> dict[int, Row]:
    """Row number → its cells, or the rule it breaks; sign by sign."""
    ends = {delimiter[0], 10, 13}
    rows: dict[int, Row] = {}
    place, number = 0, 0
    while place < len(data):
        cells: list[bytes] = []
        rule, is_blank = "", data[place] in (10, 13)
        while True:
            cell, place, fault = _cell(data, place, ends)
            cells.append(cell)
            rule = rule or fault
            if place < len(data) and data[place] == delimiter[0]:
                place += 1
                continue
            break
        if data[place : place + 2] == b"\r\n":
            place += 2
        elif place < len(data):
            place += 1
        if not is_blank:
            number += 1
            rows[number] = _row(cells, rule, n_columns)
    return rows


def _cell(data: bytes, place: int, ends: set[int]) -> tuple[bytes, int, str]:
    fault = ""
    if place < len(data) and data[place] == 34:
        at, content = place + 1, bytearray()
        while at < len(data):
            if data[at] != 34:
                content.append(data[at])
            elif at + 1 < len(data) and data[at + 1] == 34:
                content.append(34)
                at += 1
            elif at + 1 == len(data) or data[at + 1] in ends:
                return bytes(content), at + 1, ""
            else:
                fault = "broken_quotes"
                break
            at += 1
        fault = fault or "unclosed_quote"
    end = place
    while end < len(data) and data[end] not in ends:
        end += 1
    return data[place:end], end, fault


def _row(cells: list[bytes], rule: str, n_columns: int) -> Row:
    if rule:
        return rule
    if any(0 in cell for cell in cells):
        return "nul_byte"
    try:
        texts = [cell.decode("utf-8") for cell in cells]
    except UnicodeDecodeError:
        return "bad_bytes"
    return tuple(text or None for text in texts) if len(texts) == n_columns else "ragged_row"


_FORMATS = {
    "ymd": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y年%m月%d号"),
    "dmy": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"),
}


def date_of(text: str, order: str) -> dt.date | None:
    """By trying one manner after the other."""
    plain = unicodedata.normalize("NFKC", text).strip()
    for name in dict.fromkeys(("ymd", order)):
        for form in _FORMATS[name]:
            try:
                return dt.datetime.strptime(plain, form).date()
            except ValueError:
                continue
    if re.fullmatch(r"(19|20)[0-9]{6}", plain):
        try:
            return dt.date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
        except ValueError:
            return None
    if re.fullmatch(r"[1-9][0-9]{4}", plain):
        return dt.date.fromordinal(dt.date(1899, 12, 30).toordinal() + int(plain))
    return None


def number_of(text: str) -> Decimal | None:
    """Exact; None for what is no number, and for nan and infinity."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
    per_cent = plain.endswith("%")
    plain = plain.removesuffix("%")
    if "," in plain:
        whole = plain.lstrip("+-").partition(".")[0].partition("e")[0].partition("E")[0]
        first, *groups = whole.split(",")
        if not re.fullmatch("[0-9]{1,3}", first) or not all(re.fullmatch("[0-9]{3}", g) for g in groups):
            return None
        if "," in plain[len(plain) - len(plain.lstrip("+-")) + len(whole) :]:
            return None
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[-+0-9.eE]+", plain):
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return value / 100 if per_cent else value
