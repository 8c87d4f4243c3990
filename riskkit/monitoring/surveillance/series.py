"""Counts by period and series as detectors take them: one grid of periods, each faulty series said apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, floats

FREQUENCIES = {52: "7D", 12: "a month", 365: "1D"}
"""Periods a year, and the step between two of them."""
REASONS = (
    "above_bound",
    "within_bound",
    "few_cases",
    "not_reported",
    "not_a_count",
    "no_reference",
    "no_cases_before",
    "not_converged",
    "no_working_day",
)
"""What an alarm may rest on, or why there is none (``monitoring_reasons.csv``)."""


@dataclass(frozen=True)
class CountSeries:
    """Counts on a grid without gaps.

    Parameters
    ----------
    periods : Index
        Start days, or whole numbers.
    names : Index
        One a series.
    counts, exposure : ndarray of float, shape (periods, series)
        NaN where a count or its exposure is unknown; a whole column where the series is faulty.
    is_faulty : ndarray of bool, shape (series,)
        Whether something in the series is no count.
    frequency : int
        Periods a year.
    """

    periods: pd.Index
    names: pd.Index
    counts: Floats
    exposure: Floats
    is_faulty: NDArray[np.bool_]
    frequency: int

    @property
    def is_dated(self) -> bool:
        """Whether the periods are days of a calendar."""
        return isinstance(self.periods, pd.DatetimeIndex)

    def positions(self, at: Iterable[object] | None) -> NDArray[np.int64]:
        """Where periods stand on the grid; the newest for None."""
        if at is None:
            return np.array([len(self.periods) - 1])
        wanted = pd.Index(list(at), tupleize_cols=False)
        found = self.periods.get_indexer(pd.DatetimeIndex(wanted) if self.is_dated else wanted)
        wrong = [Fault("at", shown(name), "a period of the counts") for name in wanted[found < 0]]
        refuse("at", wrong)
        return found.astype(np.int64)


def read_series(
    counts: pd.DataFrame, *, exposure: pd.DataFrame | pd.Series | None = None, frequency: int | None = None
) -> CountSeries:
    """Counts of any number of series on one grid of periods.

    Parameters
    ----------
    counts : DataFrame
        One row a period (start days of weeks, months or days, or whole numbers, rising), one column a
        series. A period that is left out is unknown, not zero. A series with a negative, fractional,
        infinite or unreadable count is faulty as a whole; the others are not touched.
    exposure : DataFrame or Series, optional
        What the counts are in proportion to (population, working days, share reported), in the same form;
        0 means that nothing could be counted. 1 by default.
    frequency : int, optional
        Periods a year: 52, 12 or 365. Read from the days where there are any; 52 otherwise.

    Returns
    -------
    CountSeries

    Raises
    ------
    InputFaults
        With every fault of the grid.

    Examples
    --------
    >>> weeks = pd.to_datetime(["2026-01-05", "2026-01-19"])
    >>> found = read_series(pd.DataFrame({"a": [3, 4], "b": [1, -1]}, index=weeks))
    >>> found.counts[:, 0].tolist(), found.is_faulty.tolist(), found.frequency
    ([3.0, nan, 4.0], [False, True], 52)
    """
    periods, frequency = _grid(counts, frequency)
    table = counts.set_axis(_days(counts.index), axis=0).reindex(periods)
    values = _numbers(table)
    with np.errstate(invalid="ignore"):
        is_wrong = (values < 0) | (values != np.floor(values)) | np.isinf(values)
    is_wrong = (is_wrong & ~np.isnan(values)) | (np.isnan(values) & table.notna().to_numpy(dtype=np.bool_))
    is_faulty = is_wrong.any(axis=0)
    values[:, is_faulty] = np.nan
    shares = _exposure(exposure, table)
    return CountSeries(periods, counts.columns, values, shares, is_faulty, frequency)


def _numbers(table: pd.DataFrame) -> Floats:
    is_number = all(pd.api.types.is_numeric_dtype(dtype) for dtype in set(table.dtypes))
    if is_number:
        return table.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    return np.column_stack([floats(table.iloc[:, k]) for k in range(table.shape[1])])


def _days(index: pd.Index) -> pd.Index:
    is_dated = index.dtype == object or isinstance(index, pd.DatetimeIndex)
    return pd.to_datetime(index, errors="coerce") if is_dated else index


def _grid(counts: pd.DataFrame, frequency: int | None) -> tuple[pd.Index, int]:
    index = _days(counts.index)
    faults = [] if counts.shape[1] else [Fault("counts", "no column", "one column a series")]
    faults += [
        Fault("counts: column", shown(name), "a name of its own")
        for name in counts.columns[counts.columns.duplicated()]
    ]
    if frequency is not None and frequency not in FREQUENCIES:
        faults.append(Fault("frequency", shown(frequency), "52, 12 or 365"))
    is_readable = isinstance(index, pd.DatetimeIndex) or pd.api.types.is_integer_dtype(index)
    if not len(index) or not is_readable or index.hasnans or not index.is_monotonic_increasing:
        faults.append(Fault("counts: index", shown(list(counts.index[:3])), "days or whole numbers, rising"))
    elif not index.is_unique:
        faults.append(
            Fault("counts: index", shown(index[index.duplicated()][0]), "a period that stands once")
        )
    refuse("counts", faults)
    if not isinstance(index, pd.DatetimeIndex):
        return pd.RangeIndex(int(index[0]), int(index[-1]) + 1), frequency or 52
    frequency = frequency or _frequency(index)
    full = pd.date_range(index[0], index[-1], freq="D")
    full = full[full.day == index[0].day] if frequency == 12 else full[:: 7 if frequency == 52 else 1]
    beside = index.difference(full)
    rule = RuleText(
        "a day on the grid that begins at {}, every {}", f"{index[0]:%Y-%m-%d}", FREQUENCIES[frequency]
    )
    refuse("counts", [Fault("counts: index", f"{day:%Y-%m-%d}", rule) for day in beside])
    return full, frequency


def _frequency(index: pd.DatetimeIndex) -> int:
    steps = np.diff(index.to_numpy()).astype("timedelta64[D]").astype(int)
    if steps.size and steps.min() >= 28 and (index.day == index.day[0]).all():
        return 12
    return 365 if (steps % 7).any() else 52


def _exposure(exposure: pd.DataFrame | pd.Series | None, table: pd.DataFrame) -> Floats:
    if exposure is None:
        return np.ones(table.shape)
    wide = (
        pd.DataFrame(dict.fromkeys(table.columns, exposure)) if isinstance(exposure, pd.Series) else exposure
    )
    wide = wide.set_axis(_days(wide.index), axis=0).reindex(index=table.index, columns=table.columns)
    values = wide.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = np.argwhere((values < 0) | np.isinf(values))
    refuse(
        "exposure",
        [Fault(f"exposure: {table.index[i]}: {table.columns[j]}", shown(values[i, j]), "0 or more")
         for i, j in wrong],
    )  # fmt: skip
    return values


def alarm_table(
    series: CountSeries,
    at: NDArray[np.int64],
    *,
    columns: Mapping[str, Floats],
    because: Mapping[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    """One row a series and period: what was seen, what was expected, and why that is an alarm or none.

    Parameters
    ----------
    series : CountSeries
        What was counted.
    at : ndarray of int
        Positions on the grid.
    columns : mapping of str to ndarray, shape (len(at), series)
        Numbers to show.
    because : mapping of str to ndarray of bool
        Reasons of `REASONS`, the first that holds counts; ``above_bound`` is an alarm, and what holds none
        is ``within_bound``. Those that come from the counts themselves need not be given.

    Returns
    -------
    DataFrame
        series, period, observed, the columns, is_alarm (missing where nothing can be said), reason.

    Examples
    --------
    >>> series = read_series(pd.DataFrame({"a": [1, 9], "b": [2, None]}))
    >>> bound = np.array([[5.0, 5.0]])
    >>> found = alarm_table(series, np.array([1]), columns={"bound": bound},
    ...                     because={"above_bound": series.counts[[1]] > bound})
    >>> found[["series", "is_alarm", "reason"]].values.tolist()
    [['a', True, 'above_bound'], ['b', <NA>, 'not_reported']]
    """
    observed = series.counts[at]
    every = {
        "not_a_count": np.broadcast_to(series.is_faulty, observed.shape),
        "no_working_day": series.exposure[at] == 0,
        "not_reported": np.isnan(observed) | np.isnan(series.exposure[at]),
        **because,
    }
    by_period = np.full(observed.shape, REASONS.index("within_bound"), dtype=np.int8)
    for reason, holds in reversed(every.items()):
        by_period[holds] = REASONS.index(reason)
    codes = by_period.T.reshape(-1)
    is_silent = codes > REASONS.index("few_cases")
    n = len(at)
    return pd.DataFrame(
        {
            "series": pd.Categorical.from_codes(np.repeat(np.arange(len(series.names)), n), series.names),
            "period": np.tile(series.periods[at], len(series.names)),
            "observed": observed.T.ravel(),
            **{name: values.T.ravel() for name, values in columns.items()},
            "is_alarm": pd.arrays.BooleanArray(codes == 0, is_silent),
            "reason": pd.Categorical.from_codes(codes, pd.Index(REASONS)),
        }
    )
