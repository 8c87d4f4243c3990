"""What one method says about one scenario, item or the whole product: the record all of them fill."""

from __future__ import annotations

import math
from dataclasses import dataclass

PRODUCT = "product"


@dataclass(frozen=True)
class UsedInput:
    """An input of a method.

    Parameters
    ----------
    name : str
        Of the glossary list ``method_input``.
    value : float or str
        As used; NaN where it is not known.
    basis : str
        ``case`` (a sourced fact), ``judged``, ``derived`` (follows from the case) or ``missing``.
    """

    name: str
    value: float | str
    basis: str


@dataclass(frozen=True)
class Finding:
    """What a method says about one subject, or why it says nothing.

    Parameters
    ----------
    method : str
        A code of ``method_cards.csv``; for a warning profile ``profile:`` and its name.
    subject : str
        ``product``, or the id of a scenario, item or substance.
    lo, hi : str or None
        Level of the method's own scale, and the highest that missing inputs could bring; None where the
        method does not fit.
    misfit : str
        Why it does not fit, of the glossary list ``misfit``; empty where it does.
    value : float
        Its number (probability, score, margin …); NaN where it has none.
    inputs : tuple of UsedInput
        What it used.
    up_factor, down_factor : float
        Factor on the number that leads to another level; NaN where there is none.
    up_level, down_level : str
        That level; empty where there is none.
    up_subject, down_subject : str
        Scenario whose probability leads there; empty where it is the subject itself.
    is_on_bound : bool
        Whether the number lies exactly on a bound.
    p_level : float
        Share of draws, or posterior probability, with just this level; NaN where there are no draws.
    reasons : tuple of (str, dict)
        Why the level is not that of the plain grid, where the method itself can tell.
    """

    method: str
    subject: str
    lo: str | None = None
    hi: str | None = None
    misfit: str = ""
    value: float = math.nan
    inputs: tuple[UsedInput, ...] = ()
    up_factor: float = math.nan
    up_level: str = ""
    down_factor: float = math.nan
    down_level: str = ""
    up_subject: str = ""
    down_subject: str = ""
    is_on_bound: bool = False
    p_level: float = math.nan
    reasons: tuple[tuple[str, tuple[tuple[str, str | float], ...]], ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the method says anything."""
        return not self.misfit

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the inputs that are not known."""
        return tuple(one.name for one in self.inputs if one.basis == "missing")


def misfit(method: str, why: str) -> Finding:
    """A method that does not fit, with the reason.

    Examples
    --------
    >>> misfit("kinney", "not_judged").fits
    False
    """
    return Finding(method, PRODUCT, misfit=why)


def basis_word(basis: str) -> str:
    """How a basis of the case file is called among the inputs of a method.

    Examples
    --------
    >>> basis_word("fact"), basis_word("judgement")
    ('case', 'judged')
    """
    return {"fact": "case", "judgement": "judged"}[basis]
