"""Codes of goods and places: HS chapters and countries, with their names in zh and en."""

from __future__ import annotations

import functools
import re

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards

# Names as Chinese official documents write them, where the locale data differ.
_ZH_NAMES = {"TW": "中国台湾", "HK": "中国香港", "MO": "中国澳门", "EU": "欧盟"}
_EN_NAMES = {"TW": "Taiwan, China", "HK": "Hong Kong, China", "MO": "Macao, China", "EU": "European Union"}


@functools.cache
def _territories(lang: str) -> dict[str, str]:
    """The names of the locale data as ``country_words`` holds them: those of newer data may differ."""
    rows = standards.rows("country_words")
    return {row["country"]: row["word"] for row in rows if row["locator"] == f"territories, {lang}"}


@functools.cache
def _countries() -> frozenset[str]:
    rows = standards.rows("country_numbers")
    return frozenset(row["country"] for row in rows if row["code_list"] == "iso_numeric") | {"EU"}


def is_country(code: str) -> bool:
    """Whether a code is an ISO 3166-1 alpha-2 country, or ``EU``.

    Examples
    --------
    >>> is_country("CN"), is_country("EU"), is_country("XX"), is_country("cn")
    (True, True, False, False)
    """
    return code in _countries()


def country_name(code: str) -> str:
    """The name of a country.

    Parameters
    ----------
    code : str
        ISO 3166-1 alpha-2, or ``EU``.

    Raises
    ------
    KeyError
        When the code is unknown.

    References
    ----------
    .. [1] Unicode CLDR territory names, as ``country_words`` holds them.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> in_language("zh", country_name, "DE"), in_language("zh", country_name, "TW")
    ('德国', '中国台湾')
    """
    if not is_country(code):
        raise KeyError(f"no country {code!r}")
    fixed = _ZH_NAMES if language() == "zh" else _EN_NAMES
    return fixed.get(code) or _territories(language())[code]


@functools.cache
def _chapters() -> dict[str, tuple[str, str]]:
    return {row["chapter"]: (row["zh"], row["en"]) for row in standards.rows("hs_chapters")}


def is_hs(code: str) -> bool:
    """Whether a code is 2–10 digits of the Harmonized System, or 13 of a declaration, and its chapter exists.

    Headings and subheadings below the chapter are not looked up.

    Examples
    --------
    >>> is_hs("950300"), is_hs("7700"), is_hs("95-03"), is_hs("9")
    (True, False, False, False)
    """
    return re.fullmatch(r"[0-9]{2,10}|[0-9]{13}", code) is not None and code[:2] in _chapters()


def hs_chapter(code: str) -> str:
    """Title of the chapter a code belongs to.

    Raises
    ------
    KeyError
        When there is no such chapter.

    Examples
    --------
    >>> hs_chapter("950300") != ""
    True
    """
    if not is_hs(code):
        raise KeyError(f"no HS code {code!r}")
    return _chapters()[code[:2]][0 if language() == "zh" else 1]
