"""Words of other people's files and what they mean here: countries, hazard classes, severities.

A word means what a row of a standard table says it means. A word that no row has means nothing: the
answer is missing, never a guess. One record has one origin and one hazard class, so a cell that names
two different ones is answered with missing as well; the cell itself is kept beside the answer.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import is_country

BETWEEN = r"[;；,，、|]"
"""What stands between several words of one cell, where a source names no other."""
_BETWEEN_COUNTRIES = r"[;；,，、|/&]|\band\b|和|及"
_BEHIND = re.compile(r"\s*\(([^()]+)\)$")
_SAID_BEFORE = re.compile(
    r"^(?:(?:made|manufactured|produced|assembled|grown|printed|sewn) in"
    r"|products? of|produce of|imported from|(?:country of )?origin\s*[:：]|from|the"
    r"|原?产(?:国|地)(?:\(地区\))?\s*[:：]|进口自|来自)\s*"
)
_SAID_BEHIND = re.compile(r"(?:\s*(?:制造|生产|出产|原产|原装|进口|产|製造|生産|製|産|made))+$")
_NUMBER = re.compile(r"\d{3}", re.ASCII)


def word_key(word: str) -> str:
    """A word as it is looked up: one width, one case, single spaces.

    Examples
    --------
    >>> word_key("  Ｐeoples   Republic of China ")
    'peoples republic of china'
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", word)).strip().casefold()


def each_text(texts: pd.Series, answer: Callable[[str], str | None]) -> pd.Series:
    """One answer for each distinct text: a column of a million cells has a few hundred words.

    Parameters
    ----------
    texts : Series of str
    answer : callable
        From a text to its answer; None for none.

    Returns
    -------
    Series of str
        Missing for missing.

    Examples
    --------
    >>> each_text(pd.Series(["a", None, "a"], dtype="string"), str.upper).tolist()
    ['A', <NA>, 'A']
    """
    at, distinct = pd.factorize(texts)
    answers = pd.array([answer(str(text)) for text in distinct], dtype="string")
    return pd.Series(answers.take(at, allow_fill=True), index=texts.index, dtype="string")


def country_codes(names: pd.Series) -> pd.Series:
    """Which country each text names, in any of the languages of ``country_words``.

    Three digits are a code of the customs of China or of ISO 3166-1, whichever list has all numbers of the
    column; where both have, only numbers that mean the same in both are read.

    Parameters
    ----------
    names : Series of str
        Names as read (``中国``, ``Made in China``, ``Czech Republic (CZ)``) or codes of two or three
        letters or three digits.

    Returns
    -------
    Series of str
        ISO 3166-1 alpha-2; missing where the name is unknown, or where two different countries are named.

    References
    ----------
    .. [1] Unicode CLDR territory names; ``country_words`` lists them with this project's variants.

    Examples
    --------
    >>> country_codes(pd.Series(["德国", "Türkiye", "Italy; China", "China,China", "unknown"])).tolist()
    ['DE', 'TR', <NA>, 'CN', <NA>]
    >>> country_codes(pd.Series(["CHN", "德國", "中国制造", "142", "China and Vietnam"])).tolist()
    ['CN', 'DE', 'CN', 'CN', <NA>]
    """
    numbers = _numbers_of(str(name) for name in names.dropna().unique())
    return each_text(names, lambda text: numbers.get(text.strip()) or _one_country(text))


def countries_named(text: str) -> tuple[str, ...]:
    """All countries that a text names, in its order; none where a part of it is no country.

    Examples
    --------
    >>> countries_named("China and Vietnam"), countries_named("somewhere")
    (('CN', 'VN'), ())
    """
    if (one := _country(text)) is not None:
        return (one,)
    found = [_country(part) for part in re.split(_BETWEEN_COUNTRIES, word_key(text)) if part.strip()]
    return () if None in found else tuple(dict.fromkeys(code for code in found if code))


def _one_country(text: str) -> str | None:
    found = countries_named(text)
    return found[0] if len(found) == 1 else None


def _numbers_of(texts: Iterable[str]) -> Mapping[str, str]:
    """What the numbers of a column stand for."""
    numbers = {text.strip() for text in texts if _NUMBER.fullmatch(text.strip())}
    lists = [known for known in _country_numbers().values() if numbers <= known.keys()]
    fits = lists or list(_country_numbers().values())
    said = {number: {known[number] for known in fits if number in known} for number in numbers}
    return {number: codes.pop() for number, codes in said.items() if len(codes) == 1}


def hazard_classes(
    words: pd.Series, source: str, *, between: str = BETWEEN, behind: str | None = None
) -> pd.Series:
    """Which of the five hazard classes the words of a source stand for.

    Parameters
    ----------
    words : Series of str
        Cells as read; several words of one cell must all be known and all mean the same class.
    source : str
        Whose words they are: a value of the column ``source`` of ``hazard_words``.
    between : str
        Regular expression of what separates the words of a cell.
    behind : str, optional
        Regular expression of what stands before a remark on a word; a word that is not known with its
        remarks is looked up without them, the last one left out first.

    Returns
    -------
    Series of str
        ``health``, ``physical``, ``chemical``, ``biological``, ``environmental`` or missing.

    Raises
    ------
    KeyError
        When no words of that source are known.

    Examples
    --------
    >>> hazard_classes(pd.Series(["Fire, Injuries", "Chemical, Choking", "Security"]), "safety_gate").tolist()
    ['physical', <NA>, <NA>]
    >>> hazard_classes(pd.Series(["lead  too high content"]), "rasff", behind=r"\\s{2,}").tolist()
    ['chemical']
    """
    known = _hazard_words(source)

    def meaning(word: str) -> str | None:
        parts = re.split(behind, word) if behind else [word]
        keys = (word_key(" - ".join(parts[:size])) for size in range(len(parts), 0, -1))
        return next((known[key] for key in keys if key in known), None)

    return each_text(words, lambda text: known.get(word_key(text)) or _agreed(text, meaning, between=between))


def severities(words: pd.Series, source: str, *, between: str = BETWEEN) -> pd.Series:
    """Which level of injury severity a source's words for the outcome stand for.

    Several outcomes of one case count as the worst of them. A word that is known to say nothing of
    severity (an empty level in the table) is passed over; one unknown word leaves the answer missing.

    Parameters
    ----------
    words : Series of str
        Such as ``轻度`` or ``TREATED AND ADMITTED/HOSPITALIZED``.
    between : str
        Regular expression of what separates the words of a cell.
    source : str
        Whose words they are: a value of the column ``source`` of ``severity_words``.

    Returns
    -------
    Series of str
        A level of the injury severity scale as text, or missing.

    Raises
    ------
    KeyError
        When no words of that source are known.

    Examples
    --------
    >>> severities(pd.Series(["轻度", "重度", "不详"]), "injury_card").tolist()
    ['1', '3', <NA>]
    >>> severities(pd.Series(["Visited an ER, Hospitalization", "Other Outcome"]), "fda_caers").tolist()
    ['3', <NA>]
    """
    known = _severity_words(source)
    return each_text(words, lambda text: _worst(text, known, between=between))


def injury_codes(words: pd.Series, source: str) -> pd.Series:
    """Which injury of this project's list a source's diagnosis stands for.

    Parameters
    ----------
    words : Series of str
        A code or a label of the source.
    source : str
        Whose words they are: a value of the column ``source`` of ``injury_words``.

    Returns
    -------
    Series of str
        A code of the glossary's list ``injury``, or missing.

    Raises
    ------
    KeyError
        When no words of that source are known.

    Examples
    --------
    >>> injury_codes(pd.Series(["57", "Fracture", "OTHER"]), "neiss").tolist()
    ['fracture', 'fracture', <NA>]
    """
    known = _injury_words(source)
    return each_text(words, lambda text: known.get(word_key(text)))


def _agreed(text: str, meaning: Callable[[str], str | None], *, between: str) -> str | None:
    """What all parts of a text mean, if all are known and mean the same."""
    meanings = {meaning(part.strip()) for part in re.split(between, text) if part.strip()}
    return meanings.pop() if len(meanings) == 1 else None


def _worst(text: str, known: Mapping[str, str], *, between: str) -> str | None:
    whole = known.get(word_key(text))
    levels = [known.get(word_key(part)) for part in re.split(between, text) if part.strip()]
    if whole is None and None in levels:
        return None
    return max(filter(None, [whole] if whole is not None else levels), default=None)


def _country(name: str) -> str | None:
    """The country of a name, as it stands or without what is said around it."""
    key = word_key(name)
    bare = _SAID_BEHIND.sub("", _SAID_BEFORE.sub("", key)).strip(" .。,;:!*'\"")
    for one in dict.fromkeys((key, key.strip(" .。,;:!*'\""), bare, bare.replace(".", ""))):
        if found := _countries().get(one) or _as_code(one):
            return found
    behind = _BEHIND.search(bare)
    if not behind:
        return None
    within = _countries().get(behind[1].strip()) or _as_code(behind[1].strip())
    named, is_code = _countries().get(bare[: behind.start()]), len(behind[1]) == 2
    return within if within and (named == within or (is_code and named is None)) else None


def _as_code(key: str) -> str | None:
    code = key.upper()
    return code if is_country(code) and code != "EU" else None


@functools.cache
def _countries() -> Mapping[str, str]:
    return {word_key(row["word"]): row["country"] for row in standards.rows("country_words")}


@functools.cache
def _country_numbers() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in standards.rows("country_numbers"):
        found.setdefault(row["code_list"], {})[row["number"]] = row["country"]
    return found


@functools.cache
def _hazard_words(source: str) -> Mapping[str, str]:
    return _words_of("hazard_words", source, "hazard_class")


@functools.cache
def _severity_words(source: str) -> Mapping[str, str]:
    return _words_of("severity_words", source, "severity")


@functools.cache
def _injury_words(source: str) -> Mapping[str, str]:
    return _words_of("injury_words", source, "injury")


def _words_of(table: str, source: str, column: str) -> Mapping[str, str]:
    rows = [row for row in standards.rows(table) if row["source"] == source]
    if not rows:
        raise KeyError(f"{table} has no words of {source!r}")
    return {word_key(row["word"]): str(row[column]) for row in rows}
