"""The published detectors under one form: counts and periods go in, alarms come out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import floats
from riskkit.monitoring.surveillance.backtest import Detector
from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.monitoring.surveillance.cusum import count_cusum
from riskkit.monitoring.surveillance.ears import ears
from riskkit.monitoring.surveillance.farrington import FarringtonSettings, farrington
from riskkit.monitoring.surveillance.settings import settings_of

METHODS = (
    "noufaily_2013", "farrington_1996", "bayes_recent", "bayes_1", "bayes_2", "bayes_3",
    "ears_c1", "ears_c2", "ears_c3", "cusum_rossi",
)  # fmt: skip


def published_detectors(
    names: Sequence[str] = METHODS, *, on: dt.date, rules: pd.DataFrame | None = None
) -> dict[str, Detector]:
    """Detectors with the settings of their table, fixed before they see a count.

    Parameters
    ----------
    names : sequence of str
        Methods of ``surveillance_settings.csv``.
    on : date
        Day on which the settings are in force.
    rules : DataFrame, optional
        Settings of one's own in the same form.

    Returns
    -------
    dict of str to callable
        Takes weekly counts (one row a week, one column a series) and the weeks to judge; gives series,
        period, observed, expected, bound, is_alarm, reason and a p_value or score.

    Raises
    ------
    InputFaults
        With every name that is no method.

    Examples
    --------
    >>> detect = published_detectors(["ears_c1"], on=dt.date(2026, 1, 1))["ears_c1"]
    >>> detect(pd.DataFrame({"a": [1, 2] * 5 + [9]}), [10])["is_alarm"].tolist()
    [True]
    """
    strange = [name for name in names if name not in METHODS]
    refuse("methods", [Fault("methods", shown(name), one_of(name, METHODS)) for name in strange])
    return {name: _detector(name, settings_of(name, on=on, rules=rules)) for name in names}


def _detector(name: str, chosen: dict[str, Any]) -> Detector:
    if name in ("noufaily_2013", "farrington_1996"):
        settings = FarringtonSettings(**chosen)
        return lambda counts, at: farrington(counts, settings=settings, at=at, frequency=52)
    if name == "cusum_rossi":
        return lambda counts, at: count_cusum(counts, start=_first(at), frequency=52, **chosen)
    if name.startswith("ears"):
        return lambda counts, at: ears(counts, at=at, **chosen)
    bayes = BayesSettings(**chosen)
    return lambda counts, at: bayes_bounds(counts, settings=bayes, at=at, frequency=52)


def _first(at: Iterable[object]) -> object:
    return next(iter(at))


def strength(alarms: pd.DataFrame) -> pd.Series:
    """How conspicuous each period is, so that more is more: the score, or powers of ten of the p-value.

    Parameters
    ----------
    alarms : DataFrame
        From a detector: score or p_value.

    Returns
    -------
    Series of float
        With the index of `alarms`; NaN where nothing can be said.

    Examples
    --------
    >>> strength(pd.DataFrame({"p_value": [0.01, None]})).tolist()
    [2.0, nan]
    """
    if "p_value" in alarms:
        with np.errstate(divide="ignore"):
            return pd.Series(-np.log10(floats(alarms["p_value"])), index=alarms.index)
    return pd.Series(floats(alarms["score"]), index=alarms.index)
