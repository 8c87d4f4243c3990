"""Numbers as the fractions that their writing means."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np

# What a person may write as a number. Fraction() by itself would also work 1e999999999 out, digit by digit.
_WRITTEN = re.compile(
    r"[+-]?(?:[0-9]+/[0-9]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)", re.ASCII
)


def exact(value: Any) -> Fraction:
    """A number as the fraction its decimal or ``a/b`` writing means.

    Parameters
    ----------
    value : int, float, str or Fraction
        The number.

    Raises
    ------
    ValueError
        When it is no finite number.

    Examples
    --------
    >>> exact(0.1), exact("1/50"), exact(3)
    (Fraction(1, 10), Fraction(1, 50), Fraction(3, 1))
    >>> exact("1e999999999")
    Traceback (most recent call last):
    ValueError: a finite number or a fraction such as '1/50'
    """
    if isinstance(value, Fraction):  # already worked out: a product of steps may be as small as it is
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str | np.floating | np.integer):
        raise ValueError("a number")
    if isinstance(value, str):
        value = value.strip()
        if len(value) > 40:
            raise ValueError("a number of at most 40 characters")
        if not _WRITTEN.fullmatch(value):
            raise ValueError("a finite number or a fraction such as '1/50'")
    try:
        number = Fraction(value if isinstance(value, str | int) else str(value))  # also as float32 writes it
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError("a finite number or a fraction such as '1/50'") from error
    if abs(number) > 10**18 or (number != 0 and abs(number) < Fraction(1, 10**30)):
        raise ValueError("a number between 1e-30 and 1e18 in size, or zero")
    return number
