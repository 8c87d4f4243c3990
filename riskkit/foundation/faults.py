"""Say everything that is wrong with an input at once, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LONGEST_VALUE = 80
_MOST_LISTED = 50


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
    """
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


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
