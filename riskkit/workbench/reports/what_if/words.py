"""The words of the what-if report, in zh and en, and how it writes amounts with their intervals."""

from __future__ import annotations

import math

import numpy as np

from riskkit.foundation.numbers.convergence import running_share
from riskkit.words.catalogue import Texts
from riskkit.workbench.reports.case.words import percent

say = Texts("what_if")


def amount(value: float) -> str:
    """A number in three figures as people write it; a dash where there is none."""
    if not math.isfinite(value):
        return "—"
    short = float(f"{value:.3g}")
    if abs(short) >= 100:
        return f"{short:,.0f}"
    return f"{short:.3g}" if abs(short) < 1e-6 else np.format_float_positional(short, trim="-")


def with_interval(middle: float, low: float, high: float, *, lang: str) -> str:
    """An amount with the interval around it."""
    if not math.isfinite(middle) or not any((middle, low, high)):
        return amount(middle)
    return say("interval", lang, middle=amount(middle), low=amount(low), high=amount(high))


def share_with_interval(share: float, n: int, *, lang: str) -> str:
    """A share of draws with its 95 % interval (Wilson)."""
    last = running_share(np.arange(n) < round(share * n), at=[n]).iloc[-1]
    ends = [percent(float(last[name]), lang) for name in ("lo", "hi")]
    return say("interval", lang, middle=percent(share, lang), low=ends[0], high=ends[1])
