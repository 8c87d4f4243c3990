"""Whether a consumer can read a notice: measured, in English by a published formula, in Chinese by counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskkit.foundation.standards.method_numbers import method_number

_WORDS = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
_ENDS = {"en": re.compile(r"[.!?;:]+(?:\s|$)|\n+"), "zh": re.compile(r"[。！？；：\n]+")}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_FIRST_LEVEL = range(0xB0, 0xD8)


@dataclass(frozen=True)
class Readability:
    """How a text reads.

    Parameters
    ----------
    lang : str
        ``zh`` or ``en``.
    sentence : float
        Mean length of a sentence [words in English, Chinese characters in Chinese].
    longest : int
        The longest sentence, in the same unit.
    score : float
        Flesch's reading ease in English (higher is easier); in Chinese the share of common characters [0–1].
    is_plain : bool
        Whether it keeps the house's limits.
    """

    lang: str
    sentence: float
    longest: int
    score: float
    is_plain: bool


def readability(text: str, *, lang: str) -> Readability:
    """How easily a text reads.

    English: Flesch's reading ease, 206.835 - 1.015·words/sentences - 84.6·syllables/words; syllables are
    counted as groups of vowels, a final silent e left out. Chinese has no such published yardstick for public
    notices: the mean and longest sentence and the share of characters of the first level of GB/T 2312 stand
    for it, with limits of the house.

    Parameters
    ----------
    text : str
        What is to be read.
    lang : str
        ``zh`` or ``en``.

    Returns
    -------
    Readability
        Not plain where there is nothing to read.

    References
    ----------
    .. [1] R. Flesch, Journal of Applied Psychology 32, 1948, 221–233 (``flesch_1948``); Chinese: house.

    Examples
    --------
    >>> round(readability("The cat sat on the mat.", lang="en").score, 3)
    116.145
    >>> readability("请立即停止使用。请联系商家退款。", lang="zh").is_plain
    True
    """
    sentences = [one for one in _ENDS[lang].split(text) if _units(one, lang)]
    lengths = [len(_units(one, lang)) for one in sentences]
    if not lengths:
        return Readability(lang, 0.0, 0, 0.0, is_plain=False)
    mean, longest = sum(lengths) / len(lengths), max(lengths)
    if lang == "en":
        words = _units(text, lang)
        score = 206.835 - 1.015 * mean - 84.6 * sum(map(syllables, words)) / len(words)
        return Readability(lang, mean, longest, score, score >= method_number("readability", "flesch_least"))
    signs = _units(text, lang)
    score = sum(map(is_first_level, signs)) / len(signs)
    limits = {name: method_number("readability", f"{name}_zh") for name in ("sentence_most", "longest")}
    is_short = mean <= limits["sentence_most"] and longest <= limits["longest"]
    is_plain = is_short and score >= method_number("readability", "common_share_zh")
    return Readability(lang, mean, longest, score, is_plain)


def _units(text: str, lang: str) -> list[str]:
    return _WORDS.findall(text) if lang == "en" else _HAN.findall(text)


def syllables(word: str) -> int:
    """How many syllables an English word has, by its groups of vowels.

    Examples
    --------
    >>> [syllables(one) for one in ("cat", "mate", "table", "reading", "the")]
    [1, 1, 2, 2, 1]
    """
    low = word.lower()
    count = len(_VOWELS.findall(low))
    is_silent = low.endswith("e") and not low.endswith("le") and count > 1
    return max(count - is_silent, 1)


def is_first_level(sign: str) -> bool:
    """Whether a Chinese character is one of the 3,755 of the first level of GB/T 2312.

    Examples
    --------
    >>> is_first_level("电"), is_first_level("镉")
    (True, False)
    """
    try:
        return sign.encode("gb2312")[0] in _FIRST_LEVEL
    except UnicodeEncodeError:
        return False
