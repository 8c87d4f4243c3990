"""The words of the what-if report, in zh and en, and how it writes amounts with their intervals.

The texts stand in ``what_if_texts.csv`` (key, zh, en).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np

from riskkit.foundation.numbers.convergence import running_share
from riskkit.workbench.reports.case.words import percent


@cache
def what_if_texts() -> Mapping[str, Mapping[str, str]]:
    """All texts of the what-if report: key → language → text."""
    source = resources.files("riskkit.workbench.reports.what_if") / "what_if_texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows}


def say(key: str, lang: str, **values: object) -> str:
    """One text of the what-if report, with its ``{places}`` filled."""
    found = what_if_texts()[key][lang]
    return found.format(**values) if values else found


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
