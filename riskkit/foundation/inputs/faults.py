"""Say everything that is wrong with an input at once, and where."""

from __future__ import annotations

import datetime as dt
import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from fractions import Fraction
from typing import TypeVar

T = TypeVar("T")
REQUIRED = "present"
"""The rule that something broke by not being there."""
_LONGEST_VALUE = 80
_MOST_LISTED = 50
_NEAR = 0.6  # share of the letters that two names have in common, in order

# Characters that hide or reorder text or that no document can hold: controls other than line feed and tab,
# marks of direction, what shows as nothing at all, line separators of their own, and what is no character.
_HIDDEN_RANGES = (
    (0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x115F, 0x1160),
    (0x17B4, 0x17B5), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F),
    (0x3164, 0x3164), (0xFDD0, 0xFDEF), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF), (0xE0000, 0xE007F),
)  # fmt: skip
_HALVES = (0xD800, 0xDFFF)
_HIDDEN = re.compile("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in (*_HIDDEN_RANGES, _HALVES)) + "]")
HIDDEN = "[" + "".join(rf"\x{{{a:x}}}-\x{{{b:x}}}" for a, b in _HIDDEN_RANGES) + "]"
"""The same characters for expressions over whole columns (RE2); text in UTF-8 has no halves of characters."""


class RuleText(str):
    """A rule with values: the English sentence, and the template that finds its wording elsewhere.

    Examples
    --------
    >>> rule = RuleText("at least {} rows", 3)
    >>> rule, rule.template, rule.values
    ('at least 3 rows', 'at least {} rows', ('3',))
    >>> str(ValueError(rule)).template  # also where an error carries it
    'at least {} rows'
    """

    template: str
    values: tuple[str, ...]

    def __new__(cls, template: str, *values: object) -> RuleText:
        """The sentence with its values in place.

        Parameters
        ----------
        template : str
            The sentence with ``{}`` for each value.
        *values : object
            What stands there; a rule among them is worded too.
        """
        words = tuple(value if isinstance(value, RuleText) else format(value) for value in values)
        rule = super().__new__(cls, template.format(*words) if words else template)
        rule.template, rule.values = template, words
        return rule

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[type[RuleText], tuple[str, ...]]:
        return RuleText, (self.template, *self.values)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Parameters
    ----------
    place : str
        Where: ``file:line``, ``file:row:column`` or the key path.
    value : str
        What it contains, shortened.
    rule : str
        What it should contain.

    Examples
    --------
    >>> print(Fault("case.toml:12 scenarios[0].steps[1].p", "1.5", "a probability from 0 to 1"))
    case.toml:12 scenarios[0].steps[1].p: 1.5, must be: a probability from 0 to 1
    """

    place: str
    value: str
    rule: str

    def __str__(self) -> str:
        if self.rule == REQUIRED:
            return f"{self.place}: missing (required)"
        return f"{self.place}: {self.value}, must be: {self.rule}"


class InputFaults(ValueError):
    """Raised once, with every fault of an input.

    Parameters
    ----------
    what : str
        The input that was refused.
    faults : sequence of Fault
        All that is wrong with it, in reading order.

    Examples
    --------
    >>> error = InputFaults("case.toml", [Fault("a", "1", "2"), Fault("b", "3", "4")])
    >>> len(error.faults)
    2
    >>> str(error).splitlines()[0]
    'case.toml: 2 faults'
    """

    def __init__(self, what: str, faults: Sequence[Fault]) -> None:
        self.what = what
        self.faults = tuple(faults)
        super().__init__(what, self.faults)

    def __str__(self) -> str:
        n = len(self.faults)
        head = f"{self.what}: {n} fault{'s' if n != 1 else ''}"
        rest = [f"  … and {n - _MOST_LISTED} more"] if n > _MOST_LISTED else []
        return "\n".join([head, *(f"  {fault}" for fault in self.faults[:_MOST_LISTED]), *rest])


class _ShortRepr(reprlib.Repr):
    """`repr` of what a person wrote: numbers, dates and texts without the type that holds them."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = sys.maxsize
        for name in ("tuple", "list", "array", "dict", "set", "frozenset", "deque", "string", "other"):
            setattr(self, f"max{name}", _LONGEST_VALUE)

    def repr_int(self, value: int, level: int) -> str:
        """A whole number, in full."""
        return repr(value)

    def repr_str(self, value: str, level: int) -> str:
        """A text from its beginning; the middle is where its meaning would be lost."""
        return repr(value[: _LONGEST_VALUE + 1])

    def repr_instance(self, value: object, level: int) -> str:
        """Also numpy and pandas: scalars as the Python value they hold, arrays and columns as lists."""
        if isinstance(value, Enum):
            return self.repr1(value.value, level)
        if isinstance(value, Fraction | Decimal | dt.date | dt.time):
            return str(value)
        if isinstance(value, str | bytes):  # numpy's own texts
            return (str if isinstance(value, str) else bytes).__repr__(value)
        if hasattr(value, "dtype") and hasattr(value, "tolist"):
            return str(value) if getattr(value, "ndim", 1) == 0 else self.repr1(value.tolist(), level)
        return " ".join(repr(value).split())


_SHORT = _ShortRepr()


def shown(value: object) -> str:
    """A value as one short, printable line for a fault message, however it is stored.

    Examples
    --------
    >>> import numpy as np
    >>> shown("a\\nb"), shown((np.int64(2), Fraction(1, 50), dt.date(2026, 1, 2)))
    ("'a\\\\nb'", '(2, 1/50, 2026-01-02)')
    >>> len(shown("x" * 1000))
    80
    >>> shown(1 << 20_000)
    'a whole number of 20001 bits'
    """
    try:
        text = _SHORT.repr(value)
    except Exception:  # noqa: BLE001 - the message must come, whatever the value's own repr does
        text = (
            f"a whole number of {value.bit_length()} bits" if isinstance(value, int) else "too much to show"
        )
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def one_of(value: str, known: Iterable[str]) -> str:
    """The rule that a name is one of those known, with the one that was probably meant.

    Examples
    --------
    >>> one_of("note7-batery-2016", ["kettle-2020", "note7-battery-2016"])
    'one of kettle-2020, note7-battery-2016; did you mean note7-battery-2016?'
    >>> one_of("x", [])
    'one of (none)'
    """
    names = list(known)
    return suggesting(RuleText("one of {}", ", ".join(names) or "(none)"), value, names)


def suggesting(rule: str, value: str, known: Iterable[str]) -> str:
    """A rule with the known name that was probably meant, if one is near.

    Examples
    --------
    >>> suggesting("a known key", "titel", ["summary", "title"])
    'a known key; did you mean title?'
    """
    meant = nearly(value, known)
    if not meant:
        return rule
    return RuleText("{}; did you mean {}?", rule if isinstance(rule, RuleText) else RuleText(rule), meant)


def nearly(value: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or an empty text.

    Examples
    --------
    >>> nearly("Complaints", ["market_sampling", "complaint"]), nearly("x", ["complaint"])
    ('complaint', '')
    """
    names = list(known)
    near = get_close_matches(value.casefold(), [name.casefold() for name in names], n=1, cutoff=_NEAR)
    return next((name for name in names if name.casefold() in near), "")


def plain_text(text: str) -> str:
    """A text somebody else wrote, without space around it.

    Raises
    ------
    ValueError
        When it is empty, or holds a character that hides text, turns its direction or fits no document.

    Examples
    --------
    >>> plain_text(" 电热水壶 ")
    '电热水壶'
    >>> plain_text("lamp\\u202e")
    Traceback (most recent call last):
    ValueError: text without control, hidden or direction-changing characters
    """
    if _HIDDEN.search(text):
        raise ValueError("text without control, hidden or direction-changing characters")
    if not text.strip():
        raise ValueError("text that is not empty")
    return text.strip()


def visible(text: str) -> str:
    """A text in which nothing hides: what would hide or turn it stands there as its escape.

    Line feeds and tabs stay; a carriage return becomes a line feed.

    Examples
    --------
    >>> visible("lamp\\u202e txt\\r\\n")
    'lamp\\\\u202e txt\\n'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(lambda found: ascii(found[0])[1:-1], lines)


def refuse(what: str, faults: Iterable[Fault]) -> None:
    """Raise `InputFaults` if there is any fault.

    Raises
    ------
    InputFaults
        When `faults` is not empty.

    Examples
    --------
    >>> refuse("nothing wrong", [])
    """
    found = tuple(faults)
    if found:
        raise InputFaults(what, found)


def tried(faults: list[Fault], make: Callable[[], T]) -> T | None:
    """What a call gives, or its faults added to others.

    Examples
    --------
    >>> faults = [Fault("a", "1", "2")]
    >>> tried(faults, lambda: refuse("b", [Fault("b", "3", "4")])), len(faults)
    (None, 2)
    """
    try:
        return make()
    except InputFaults as error:
        faults += error.faults
        return None
