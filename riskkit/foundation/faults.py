"""Say everything that is wrong with an input at once, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LONGEST_VALUE = 80
_MOST_LISTED = 50

# Characters that hide or reorder text or that no document can hold: controls other than line feed and tab,
# marks of direction, what shows as nothing at all, line separators of their own, and what is no character.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Parameters
    ----------
    place : str
        Where: ``file:line``, ``file:row:column`` or the key path.
    value : str
        What stands there, shortened.
    rule : str
        What should stand there.

    Examples
    --------
    >>> print(Fault("case.toml:12 scenarios[0].steps[1].p", "1.5", "a probability from 0 to 1"))
    case.toml:12 scenarios[0].steps[1].p: 1.5, must be: a probability from 0 to 1
    """

    place: str
    value: str
    rule: str

    def __str__(self) -> str:
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


def shown(value: object) -> str:
    """A value as one short, printable line for a fault message.

    Examples
    --------
    >>> shown("a\\nb")
    "'a\\\\nb'"
    >>> len(shown("x" * 1000))
    80
    >>> shown(1 << 20_000)
    'a whole number of 20001 bits'
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, or nesting without end
        text = (
            f"a whole number of {value.bit_length()} bits" if isinstance(value, int) else "too much to show"
        )
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


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
