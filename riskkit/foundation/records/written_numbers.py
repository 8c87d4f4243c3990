"""How numbers are written in other people's files: groups, decimal signs, bounds, about, 万, non-detects.

A number is read with what is around it: ``约3.5万`` is 35 000 and approximate, ``<0.01`` is no number
but a bound, ``未检出（<0.02）`` is a result below what can be detected. Nothing is guessed: a text that
can be read in two ways is not read.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, replace

from riskkit.foundation.standards import standards

DECIMAL_SIGNS = (".", ",")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,})|\d{1,3}(?:\.\d{3})+,\d+)")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(r"(?<=10)([⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_FIGURES = {
    ".": r"(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:[ '’]\d{3})+|\d+)?(?:\.\d*)?",
    ",": r"(?:[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?:[ '’]\d{3})+|\d+)?(?:,\d*)?",
}
_TIMES = {
    "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "千": 1e3, "百": 1e2, "百万": 1e6, "千万": 1e7, "万亿": 1e12,
    "thousand": 1e3, "million": 1e6, "mio": 1e6, "mln": 1e6, "billion": 1e9, "bn": 1e9,
}  # fmt: skip
_COUNTED = (
    r"台|批|批次|件|个|個|只|辆|輛|套|箱|袋|瓶|盒|双|份|人|名|例|起|次|条|支|块|片|张|部|架|艘|包|罐|桶|本|头|组|对|把|枚|"
    r"units?|pieces?|pcs|vehicles?|items?|cases?|boxes|sets?|persons?|people|products?|packages?|bottles?"
)
_PREFIXES = {
    "about": r"约为?|大约|大概|近|将近|接近|about|around|approximately|approx\.?|ca\.?|circa|nearly|almost|"
    r"roughly|some|~|≈",
    "below": r"<|小于|低于|少于|不到|不足|less than|fewer than|under|below",
    "at_most": r"<=|≤|≦|⩽|不超过|不大于|不高于|不多于|至多|up to|at most|no more than|max(?:imum)?\.?",
    "above": r">|大于|高于|超过|超|逾|多于|more than|over|above|exceeding",
    "at_least": r">=|≥|≧|⩾|不少于|不低于|不小于|至少|at least|no less than|min(?:imum)?\.?",
}
_SUFFIXES = {
    "about": r"左右|上下",
    "above": r"余|多|有余",  # also before the word for thousands: 10多万
    "at_least": r"\+|及?以上|or more|and more",
    "at_most": r"及?以下|以内|or less|or fewer",
}
_NOT_DETECTED = re.compile(
    r"(?:未检出|未檢出|未测出|不得检出|不应检出|(?:低于|小于|<|≤)\s*(?:方法)?(?:检出限|定量限|检测限|最低检出限|LOD|LOQ|MDL|LOR|DL|RL)|"
    r"(?:检出限|定量限|检测限)以下|N\.?\s?D\.?|not? detect(?:ed|able)|none detected|undetected|n\.\s?n\.|"
    r"nicht nachgewiesen|nicht nachweisbar|non d[ée]tect[ée]|no detectado|BDL|BLQ|below (?:the )?"
    r"(?:detection limit|limit of (?:detection|quantification)|LOD|LOQ|MDL)|< ?(?:detection limit))"
    r"\s*(?:[(\[,;:]?\s*(?P<within>(?:(?:检出限|定量限|LOD|LOQ|MDL)\s*[:=为]?\s*)?(?:<=?|≤)?\s*[^()\[\]]*?)\s*[)\]]?)?",
    re.IGNORECASE,
)
_LEADING_LIMIT = re.compile(r"(?:检出限|定量限|LOD|LOQ|MDL)?\s*[:=为]?\s*(?:<=?|≤)?\s*", re.IGNORECASE)
_ODD_MORE = re.compile(rf"(.*\d)\s?[余多]\s?([万萬亿億千百]?\s?(?:{_COUNTED})?)", re.IGNORECASE)
_REMARK = re.compile(r"([^()]*\d[^()]*?)\s*\(.*")
_UNIT = r"[^\W\d_][^<>≤≥]{0,24}|[%‰℃°][^\W\d_]?"
_DIGITS = {sign: place for place, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(r"[零〇○一二两三四五六七八九十百千万亿]{2,}|十")


@dataclass(frozen=True)
class WrittenNumber:
    """What a text says of a number.

    Parameters
    ----------
    value : float or None
        The number; None where the text only gives a bound, or says that nothing was found.
    note : str
        How it is to be taken, empty where it is simply the number: ``about``, ``below:0.01``, ``at_most:…``,
        ``above:…``, ``at_least:…``, ``not_detected``, ``not_detected:0.02``, ``remark`` (a remark in brackets
        follows, of which nothing is counted in).
    unit : str
        The unit or the counted thing written behind it.
    """

    value: float | None
    note: str = ""
    unit: str = ""


def plain(text: str) -> str:
    """One width for digits and signs, one minus, one kind of blank.

    Examples
    --------
    >>> plain("１，２００\u00a0kg "), plain("−3×10⁻²")
    ('1,200 kg', '-3×10^-2')
    """
    raised = _POWER.sub(lambda found: "^" + found[1].translate(_SUPERSCRIPTS), text)
    return " ".join(unicodedata.normalize("NFKC", raised).replace("\u2212", "-").split())


def figures(text: str, *, decimal: str = ".") -> float | None:
    """The number that figures alone are, or None.

    Groups of three are read where the first does not start with 0; powers of ten in each common manner.

    Parameters
    ----------
    text : str
        In one width, see `plain`.
    decimal : str
        The decimal sign, ``.`` or ``,``.

    Examples
    --------
    >>> [figures(text) for text in ("1,234.5", "-3e2", "1.2×10^3", "0,125", "12,34", "1 200", "1e999")]
    [1234.5, -300.0, 1200.0, None, None, 1200.0, inf]
    >>> figures("1.234,5", decimal=","), figures("0.5", decimal=","), figures("12.000", decimal=",")
    (1234.5, None, 12000.0)
    """
    found = _figures(decimal).fullmatch(text)
    if not found or not any(sign.isdigit() for sign in found["n"]):
        return None
    plain_digits = re.sub(r"[ '’]", "", found["n"])
    plain_digits = plain_digits.replace("," if decimal == "." else ".", "").replace(",", ".")
    return float(f"{found['sign']}{plain_digits}e{found['e'] or found['p'] or 0}")


@functools.cache
def _figures(decimal: str) -> re.Pattern[str]:
    power = r"(?:[eE](?P<e>[+-]?\d{1,3})|\s?[×x*]\s?10\s?\^\s?(?P<p>[+-]?\d{1,3}))?"
    return re.compile(rf"(?P<sign>[+-]?)(?P<n>{_FIGURES[decimal]}){power}", re.ASCII)


def written_number(text: str, *, decimal: str = ".") -> WrittenNumber | None:
    """What a text says of a number, or None where that is not clear.

    Parameters
    ----------
    text : str
    decimal : str
        The decimal sign, ``.`` or ``,``.

    Examples
    --------
    >>> [written_number(text).value for text in ("约3.5万台", "About 1,000", "三万五千", "35000台")]
    [35000.0, 1000.0, 35000.0, 35000.0]
    >>> [written_number(text).note for text in ("<0.01", "未检出（<0.02）", "ND", "over 300", "1000以上")]
    ['below:0.01', 'not_detected:0.02', 'not_detected', 'above:300', 'at_least:1000']
    >>> written_number("0.21 mg/kg"), written_number("10-20"), written_number("0,125")
    (WrittenNumber(value=0.21, note='', unit='mg/kg'), None, None)
    """
    whole = plain(text)
    if (found := _NOT_DETECTED.fullmatch(whole)) is not None:
        return _not_detected(found["within"] or "", decimal)
    if (found := _REMARK.fullmatch(whole)) is not None:
        before = written_number(found[1], decimal=decimal)
        return before and (before if before.value is None else replace(before, note="remark"))
    for note, pattern in _prefixes().items():
        if (found := pattern.match(whole)) is not None and found.end() < len(whole):
            return _bounded(whole[found.end() :], note, decimal)
    return _bounded(whole, "", decimal)


@functools.cache
def _prefixes() -> dict[str, re.Pattern[str]]:
    longest_first = ("at_most", "at_least", "about", "below", "above")
    return {
        note: re.compile(rf"(?:{_PREFIXES[note]})\s*(?=[\d.,零一二两三四五六七八九十百千万])", re.IGNORECASE)
        for note in longest_first
    }


def _not_detected(within: str, decimal: str) -> WrittenNumber | None:
    rest = within[_LEADING_LIMIT.match(within).end() :] if within else ""  # type: ignore[union-attr]
    if not rest:
        return WrittenNumber(None, "not_detected")
    bound = _measured(rest, decimal)
    return WrittenNumber(None, f"not_detected:{bound.value:g}", bound.unit) if bound else None


def _bounded(text: str, note: str, decimal: str) -> WrittenNumber | None:
    if not note and (odd := _ODD_MORE.fullmatch(text)) is not None:
        text, note = odd[1] + odd[2], "above"
    for other, pattern in _suffixes().items():
        if (found := pattern.fullmatch(text)) is not None and not (note and other != "about"):
            text, note = found[1] + found[2], note or other
            break
    found_number = _measured(text, decimal)
    if found_number is None or found_number.value is None or note in ("", "about"):
        return found_number and WrittenNumber(found_number.value, note, found_number.unit)
    return WrittenNumber(None, f"{note}:{found_number.value:.12g}", found_number.unit)


@functools.cache
def _suffixes() -> dict[str, re.Pattern[str]]:
    counted = rf"((?:\s?(?:{_COUNTED}))?)"
    return {
        note: re.compile(rf"(.*[\d万萬亿億千百十a-z])\s?{counted}\s?(?:{words})", re.IGNORECASE)
        for note, words in _SUFFIXES.items()
    }


def _measured(text: str, decimal: str) -> WrittenNumber | None:
    """Figures, with a word for thousands or more and a unit behind them."""
    value = figures(text, decimal=decimal)
    if value is not None:
        return WrittenNumber(value)
    if (chinese := _with_unit().fullmatch(text)) is None:
        return None
    digits = chinese["n"].strip()
    value = _chinese(digits) if _CHINESE.fullmatch(digits) else figures(digits, decimal=decimal)
    if value is None:
        return None
    times = _TIMES[chinese["times"].lower()] if chinese["times"] else 1.0
    return WrittenNumber(float(f"{value * times:.15g}"), "", (chinese["unit"] or "").strip())


@functools.cache
def _with_unit() -> re.Pattern[str]:
    times = "|".join(sorted(_TIMES, key=len, reverse=True))
    power = r"(?:[eE][+-]?\d+|\s?[×x*]\s?10\s?\^\s?-?\d+)?"
    number = rf"[零〇○一二两三四五六七八九十百千万亿]{{2,}}|十|[+-]?\d[\d.,'’ ]*{power}"
    return re.compile(rf"(?P<n>{number}?)\s?(?P<times>{times})?\s?(?P<unit>{_UNIT})?", re.IGNORECASE)


def _chinese(text: str) -> float | None:
    """A number in Chinese characters; None where its characters do not make one."""
    total = section = digit = 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _PLACES:
            section += max(digit, 1) * _PLACES[sign]
            digit = 0
        else:
            total = (total + section + digit) * (10_000 if sign == "万" else 100_000_000)
            section = digit = 0
    return float(total + section + digit)


def is_counted(unit: str) -> bool:
    """Whether a word behind a number is one by which things are counted.

    Examples
    --------
    >>> is_counted("台"), is_counted("units"), is_counted("kg")
    (True, True, False)
    """
    return not unit or re.fullmatch(_COUNTED, unit.rstrip("."), re.IGNORECASE) is not None


def unit_key(unit: str) -> str:
    """A unit as it is compared with another writing of it.

    Examples
    --------
    >>> unit_key("mg / kg") == unit_key("ｍｇ/kg"), unit_key("mg/kg") == unit_key("mg/L")
    (True, False)
    """
    return plain(unit).replace(" ", "").replace("·", "").casefold()


def is_decimal_comma(text: str) -> bool:
    """Whether a text is a number only where the comma is the decimal sign.

    Examples
    --------
    >>> [is_decimal_comma(text) for text in ("0,125", "1.234,5", "1,234", "12,34", "1234")]
    [True, True, False, True, False]
    """
    return _DECIMAL_COMMA.fullmatch(plain(text)) is not None


def is_ambiguous(text: str, *, is_count: bool, is_in_doubt: bool = True) -> bool:
    """Whether a text is one number with a decimal point and another with a decimal comma.

    Parameters
    ----------
    text : str
    is_count : bool
        A whole number with a point and three digits behind it is never clear: ``12.000`` is 12 or 12 000.
    is_in_doubt : bool
        Whether decimal commas stand in the column; without any, ``1,234`` is 1 234.

    Examples
    --------
    >>> is_ambiguous("12.000", is_count=True), is_ambiguous("35000.0", is_count=True)
    (True, False)
    >>> is_ambiguous("1,234", is_count=False), is_ambiguous("1,234", is_count=False, is_in_doubt=False)
    (True, False)
    """
    whole = plain(text)
    if is_count and not is_in_doubt:
        return _POINTS.fullmatch(whole) is not None
    return is_in_doubt and (_ONE_GROUP.fullmatch(whole) or _POINTS.fullmatch(whole)) is not None


def word_key(text: str) -> str:
    """A word as it is looked up among those that stand for nothing.

    Examples
    --------
    >>> word_key(" Ｎ／Ａ ")
    'n/a'
    """
    return plain(text).casefold()


@functools.cache
def empty_words(scope: str = "") -> frozenset[str]:
    """The words that stand in cells of which nothing is known, as `word_key` gives them.

    Parameters
    ----------
    scope : str
        ``text`` for those that mean nothing in a column of words too; all if empty.

    Examples
    --------
    >>> "不详" in empty_words(), "#n/a" in empty_words("text"), "nan" in empty_words("text")
    (True, True, False)
    """
    rows = standards.table("empty_words")
    rows = rows[rows["scope"] == "text"] if scope else rows
    return frozenset(map(word_key, rows["word"]))
