"""Which past periods a period is compared with: the same season of earlier years, by date or by number."""

from __future__ import annotations

import calendar
import datetime as dt

import numpy as np
from numpy.typing import NDArray

from riskkit.monitoring.surveillance.series import CountSeries

Ints = NDArray[np.int64]


def years_before(day: dt.date, n_years: int) -> dt.date:
    """The same day of an earlier year; 29 February becomes 1 March.

    Examples
    --------
    >>> years_before(dt.date(2024, 2, 29), 1), years_before(dt.date(2024, 2, 29), 4)
    (datetime.date(2023, 3, 1), datetime.date(2020, 2, 29))
    """
    year = day.year - n_years
    if (day.month, day.day) == (2, 29) and not calendar.isleap(year):
        return dt.date(year, 3, 1)
    return day.replace(year=year)


def reference_points(series: CountSeries, position: int, *, years_back: int) -> Ints:
    """The same period in this and each of the years before, counted from this one.

    A week of a dated grid is compared with the week whose first day is nearest to the same date, so a year
    with a 53rd week shifts nothing; a grid without dates steps back by the frequency.

    Returns
    -------
    ndarray of int, shape (years_back + 1,)
        0, then negative numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from riskkit.monitoring.surveillance.series import read_series
    >>> weeks = pd.date_range("2019-12-30", "2026-01-05", freq="7D")
    >>> series = read_series(pd.DataFrame({"a": 1}, index=weeks))
    >>> reference_points(series, len(weeks) - 1, years_back=6).tolist()
    [0, -52, -104, -157, -209, -261, -313]
    """
    years = np.arange(years_back + 1)
    if not series.is_dated or series.frequency == 12:
        return -series.frequency * years
    day = series.periods[position].date()
    apart = np.array([(years_before(day, int(n)) - day).days for n in years])
    return np.rint(apart / (7 if series.frequency == 52 else 1)).astype(np.int64)


def season_groups(points: Ints, *, half_window: int, n_periods: int, n_excluded: int) -> tuple[Ints, Ints]:
    """The past periods that a model is fitted to, and the season each belongs to.

    Parameters
    ----------
    points : ndarray of int
        As `reference_points` gives them.
    half_window : int
        Periods on either side of each reference period that share its season.
    n_periods : int
        Seasons a year; 1 leaves out everything outside the windows.
    n_excluded : int
        Newest periods that are left out besides this one, so that a beginning outbreak is not learnt.

    Returns
    -------
    offsets, groups : ndarray of int
        Counted from this period; the last group (``n_periods - 1``) is its own season.

    Raises
    ------
    ValueError
        When a year has fewer periods between two windows than seasons.

    References
    ----------
    .. [1] Noufaily et al. (2013), Statistics in Medicine 32:1206 (``noufaily_2013``).

    Examples
    --------
    >>> offsets, groups = season_groups(np.array([0, -12]), half_window=1, n_periods=3, n_excluded=6)
    >>> offsets.tolist(), groups.tolist()
    ([-13, -12, -11, -10, -9, -8, -7], [2, 2, 2, 0, 0, 0, 0])
    """
    first = int(points[-1]) - half_window
    season = np.full(1 - first, -1, dtype=np.int64)
    season[-half_window - 1 :] = n_periods - 1
    for later, point in zip(points[:-1] - first, points[1:] - first, strict=True):
        season[point - half_window : point + half_window + 1] = n_periods - 1
        between = np.arange(point + half_window + 1, later - half_window)
        if n_periods > 1 and len(between) < n_periods - 1:
            raise ValueError(
                f"n_periods: {n_periods} seasons do not fit into a year of {later - point} periods"
            )
        for group, block in enumerate(np.array_split(between, n_periods - 1) if n_periods > 1 else []):
            season[block] = group
    season[len(season) - 1 - n_excluded :] = -1
    kept = np.flatnonzero(season >= 0)
    return kept + first, season[kept]
