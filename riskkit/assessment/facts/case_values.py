"""What a field of a case file may hold: checked words, codes, numbers, and texts and facts made of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.dataclasses import dataclass

from riskkit.foundation.inputs.faults import one_of, plain_text
from riskkit.foundation.language import in_language, language
from riskkit.foundation.numbers.uncertainty import (
    Distribution,
    Fixed,
    Unknown,
    as_probability,
    exact,
    parse_distribution,
    parse_number,
    support,
)
from riskkit.foundation.standards import codes, glossary

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
LANGUAGES = ("zh", "en")
NOT_TRANSLATED = {"zh": "〔未翻译〕", "en": "[not translated] "}


def of_list(kind: str) -> AfterValidator:
    """A check that a code stands in a list of the glossary.

    Examples
    --------
    >>> of_list("basis").func("fact")
    'fact'
    """

    def check(code: str) -> str:
        if code not in glossary.codes(kind):
            raise ValueError(one_of(str(code), glossary.codes(kind)))
        return code

    return AfterValidator(check)


def _country(code: str) -> str:
    if not codes.is_country(code):
        raise ValueError("an ISO 3166-1 alpha-2 country code, or EU")
    return code


def _hs(code: str) -> str:
    if not codes.is_hs(code):
        raise ValueError("an HS code of 2 to 10 digits in a chapter that exists")
    return code


def number_of(value: Any) -> Distribution:
    """A number, a distribution, a yes/no or bounds, as a case file writes it; a `ValueError` if it is none.

    Examples
    --------
    >>> number_of(True)
    Fixed(value=Fraction(1, 1))
    """
    return parse_number({True: 1, False: 0}[value] if isinstance(value, bool) else value)


def only(kind: type) -> BeforeValidator:
    """A check that a value is taken as written: no text for a number, no number for a date.

    Examples
    --------
    >>> only(int).func(3)
    3
    """

    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError({int: "a whole number", dt.date: "a date such as 2026-05-01"}[kind])
        return value

    return BeforeValidator(check)


def _once(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(items)) < len(items):
        raise ValueError("entries that stand once")
    return items


def severity_mix(value: Any) -> tuple[tuple[int, float], ...]:
    """Severities with their shares, as a case file writes them.

    Raises
    ------
    ValueError
        With the rule that is broken.

    Examples
    --------
    >>> severity_mix(3), severity_mix({"4": 0.25, "3": 0.75})
    (((3, 1.0),), ((3, 0.75), (4, 0.25)))
    """
    if isinstance(value, tuple):  # of a record that was read before, now replaced in part
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4:
        value = {str(value): 1}
    if (
        not isinstance(value, dict)
        or not value
        or any(str(level) not in {"1", "2", "3", "4"} for level in value)
    ):
        raise ValueError('a severity from 1 to 4, or a mix such as { "3" = 0.7, "4" = 0.3 }')
    mix = {int(level): exact(share) for level, share in value.items()}
    if any(share <= 0 for share in mix.values()) or sum(mix.values()) != 1:
        raise ValueError("shares above 0 that sum to 1")
    return tuple((level, float(mix[level])) for level in sorted(mix))


Word = Annotated[str, Field(max_length=200), AfterValidator(plain_text)]
Line = Annotated[str, Field(max_length=400), AfterValidator(plain_text)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(plain_text)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Country = Annotated[str, AfterValidator(_country)]
HsCode = Annotated[str, AfterValidator(_hs)]
Number = Annotated[Distribution, BeforeValidator(number_of)]
Probability = Annotated[Distribution, BeforeValidator(parse_distribution), AfterValidator(as_probability)]
SeverityMix = Annotated[tuple[tuple[int, float], ...], BeforeValidator(severity_mix)]
Date = Annotated[dt.date, only(dt.date)]
Once = AfterValidator(_once)
SourceIds = Annotated[tuple[Id, ...], Field(max_length=20), Once]


@dataclass(frozen=True, config=STRICT)
class Text:
    """The same text in Chinese and English.

    A case in one language (``lang = "zh"``) may write it as a plain text; the other language then shows
    the same words, marked as not translated.

    Examples
    --------
    >>> Text(zh="电热水壶", en="Kettle").say()
    'Kettle'
    """

    zh: Prose
    en: Prose

    @model_validator(mode="before")
    @classmethod
    def _in_one_language(cls, value: Any, info: ValidationInfo) -> Any:
        lang = (info.context or {}).get("lang")
        if isinstance(value, str):
            if lang not in LANGUAGES:
                raise ValueError(
                    '{ zh = "…", en = "…" }, or a plain text where the case says lang = "zh" or "en"'
                )
            return in_language(lang, in_one_language, value)
        if lang in LANGUAGES and isinstance(value, dict) and set(value) == {lang}:
            return in_language(lang, in_one_language, value[lang])
        return value

    def say(self) -> str:
        """The text in ``zh`` or ``en``."""
        return self.zh if language() == "zh" else self.en


def in_one_language(words: Any) -> dict[str, Any]:
    """A text of one language for both: where it is not translated it says so.

    Examples
    --------
    >>> in_language("zh", in_one_language, "电热水壶")
    {'zh': '电热水壶', 'en': '[not translated] 电热水壶'}
    """
    other = "en" if language() == "zh" else "zh"
    marked = NOT_TRANSLATED[other] + words if isinstance(words, str) and words.strip() else words
    return {language(): words, other: marked}


@dataclass(frozen=True, config=STRICT)
class Fact:
    """A number (or yes/no) of a case: its value, what it rests on, and where it comes from."""

    value: Number
    basis: Literal["fact", "judgement"]
    source: SourceIds = ()
    note: Text | None = None

    def is_fixed(self) -> bool:
        """Whether the value is taken as known."""
        return isinstance(self.value, Fixed)

    def is_known(self) -> bool:
        """Whether there is a value, be it uncertain, or only bounds."""
        return not isinstance(self.value, Unknown)


def number_range(fact: Fact) -> tuple[float, float]:
    """Lowest and highest value a fact can take.

    Examples
    --------
    >>> number_range(Fact(value={"low": 1, "high": 3}, basis="judgement"))
    (1.0, 3.0)
    """
    return support(fact.value)
