"""How numbers are written in zh and en: shares, probabilities, rates, amounts, and their intervals."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from numbers import Real

import numpy as np

from riskkit.foundation.language import language
from riskkit.foundation.numbers.convergence import running_share
from riskkit.words.catalogue import Texts

_ODDS_UP_TO = 0.05  # up to here a probability is written as one in so many, above in per cent
_EXPONENT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def say_number(value: float, kind: str) -> str:
    """A number as people write it.

    Parameters
    ----------
    value : float
        The number; NaN is unknown.
    kind : str
        As from `input_kind`.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> say_number(4e-4, "probability"), say_number(1.9e6, "count"), in_language("zh", say_number, 1, "flag")
    ('1 in 2,500', '1,900,000', '是')
    >>> say_number(0.125, "probability"), say_number(0.9999, "probability"), say_number(1, "probability")
    ('12.5 %', '>99.9 %', '100 %')
    """
    if math.isnan(value):
        return "不详" if language() == "zh" else "not known"
    if kind == "flag":
        return ("是" if value else "否") if language() == "zh" else ("yes" if value else "no")
    if kind == "probability":
        if value <= 0 or value > _ODDS_UP_TO * (1 + 1e-6):
            return _in_percent(value)
        turns = float(f"{1 / value:.3g}")
        return f"1/{turns:,.0f}" if language() == "zh" else f"1 in {turns:,.0f}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def _in_percent(p: float) -> str:
    """A probability that is no longer thought of as one case in so many; never 100 unless it is."""
    unit = "%" if language() == "zh" else " %"
    return f">99.9{unit}" if 0.9995 <= p < 1 else f"{100 * p:.3g}{unit}"


def percent(share: float) -> str:
    """A share in per cent; never 0 or 100 unless it is."""
    unit = "%" if language() == "zh" else " %"
    if 0 < share < 0.005:
        return f"<1{unit}"
    return f">99{unit}" if 0.995 < share < 1 else f"{100 * share:.0f}{unit}"


def probability(p: float) -> str:
    """A probability as people write it."""
    return say_number(p, "probability")


_RATIO = re.compile(r"(\d+(?:\.\d+)?) ?(?:/|in) ?(\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?(?:e\+?\d+)?)")
_SHARE = re.compile(r"(\d+(?:[.,]\d+)?(?:e[+-]?\d+)?) ?([%\u2030]?)")
_PARTS = {"": 1, "%": 100, "\u2030": 1000}


def read_probability(text: str) -> float:
    """A probability in any of the ways in which people write one; NaN where it is none.

    Parameters
    ----------
    text : str
        Such as ``1 in 5,000``, ``1/5000``, ``0.02 %`` or ``2e-4``; a comma alone is a decimal one.

    Examples
    --------
    >>> [read_probability(text) for text in ("1 in 5,000", "1/5000", "0.02 %", "2e-4", "0,0002")]
    [0.0002, 0.0002, 0.0002, 0.0002, 0.0002]
    >>> probability(read_probability("0.02%")), read_probability("often")
    ('1 in 5,000', nan)
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    if ratio := _RATIO.fullmatch(plain):
        turns = float(ratio[2].replace(",", "").replace(" ", ""))
        return float(ratio[1]) / turns if turns else math.nan
    if share := _SHARE.fullmatch(plain):
        return float(share[1].replace(",", ".")) / _PARTS[share[2]]
    return math.nan


def span(low: float, high: float, kind: str) -> str:
    """From a low to a high number."""
    ends = say_number(low, kind), say_number(high, kind)
    return Texts("report")("from_to", low=ends[0], high=ends[1]) if ends[0] != ends[1] else ends[0]


def _is_unknown(value: object) -> bool:
    """Whether there is no number: not a number, or the mark of a table for a missing one."""
    return not isinstance(value, Real) or math.isnan(value)


def rate(share: float | None) -> str:
    """A rate in per cent with two figures that count; a dash where it is unknown."""
    if share is None or _is_unknown(share):
        return "—"
    unit = "%" if language() == "zh" else " %"
    shown = f"{100 * share:.2g}" if share < 0.995 else f"{100 * share:.3g}"
    return f"{float(shown):g}{unit}"


def figure(value: float | None, digits: int = 3) -> str:
    """A number of a table: so many figures, small and large ones as a power of ten, a dash where unknown."""
    if value is None or _is_unknown(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        front, power = f"{value:.{digits - 1}e}".split("e")
        return f"{front.rstrip('0').rstrip('.')}×10{str(int(power)).translate(_EXPONENT)}".replace("-", "−")
    text = f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
    return text.replace("-", "−")


def number(value: float | None) -> str:
    """A count or amount with thousands apart; a dash where it is unknown."""
    if value is None or _is_unknown(value):
        return "—"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"


def amount(value: float) -> str:
    """A number in three figures as people write it; a dash where there is none."""
    if not math.isfinite(value):
        return "—"
    short = float(f"{value:.3g}")
    if abs(short) >= 100:
        return f"{short:,.0f}"
    return f"{short:.3g}" if abs(short) < 1e-6 else np.format_float_positional(short, trim="-")


def with_interval(middle: float, low: float, high: float) -> str:
    """An amount with the interval around it."""
    if not math.isfinite(middle) or not any((middle, low, high)):
        return amount(middle)
    return Texts("what_if")("interval", middle=amount(middle), low=amount(low), high=amount(high))


def share_with_interval(share: float, n: int) -> str:
    """A share of draws with its 95 % interval (Wilson)."""
    last = running_share(np.arange(n) < round(share * n), at=[n]).iloc[-1]
    ends = [percent(float(last[name])) for name in ("lo", "hi")]
    return Texts("what_if")("interval", middle=percent(share), low=ends[0], high=ends[1])


def listed(words: Iterable[str], *, empty: str = "—") -> str:
    """Words one after the other, as each language separates them."""
    return ("、" if language() == "zh" else ", ").join(words) or empty
