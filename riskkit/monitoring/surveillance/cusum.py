"""Cumulative sums of standardised counts (Rossi and others), which see small lasting rises."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.surveillance.quasi_poisson import fit_quasi_poisson
from riskkit.monitoring.surveillance.series import CountSeries, alarm_table, read_series

TRANSFORMATIONS = (
    "standard",
    "rossi",
    "anscombe",
    "anscombe_2nd",
    "pearson_negbin",
    "anscombe_negbin",
    "none",
)
IN_CONTROL = ("mean_of_past", "harmonic")


def count_cusum(
    counts: pd.DataFrame,
    *,
    start: object,
    k: float,
    h: float,
    transformation: str = "rossi",
    in_control: str | float = "mean_of_past",
    alpha: float = 0.1,
    frequency: int | None = None,
) -> pd.DataFrame:
    """Alarms by a one-sided CUSUM of standardised counts over any number of series.

    Parameters
    ----------
    counts : DataFrame
        As for `series.read_series`.
    start : period
        The first period of the sum; what is expected is learnt from the periods before.
    k, h : float
        Reference value and limit [standard deviations]; `run_lengths.cusum_run_length` says how often a
        pair gives a false alarm.
    transformation : str
        ``standard`` (x - m)/√m; ``rossi``; ``anscombe``; ``anscombe_2nd`` with the second-order mean;
        ``pearson_negbin`` and ``anscombe_negbin`` for the variance m + alpha·m²; ``none``: the counts
        themselves.
    in_control : str or float
        Expected count: ``mean_of_past``, ``harmonic`` (Poisson regression on one yearly wave) or a number.
    alpha : float
        Dispersion of the negative binomial.
    frequency : int, optional
        As for `series.read_series`.

    Returns
    -------
    DataFrame
        series, period, observed, expected, bound, score (the sum), is_alarm (score ≥ h), reason. `bound` is
        the count that would raise the alarm (0 where any count would; for ``rossi`` a number without
        meaning once the sum is more than 1.5·√m above h + k, as R has it); for ``none`` and
        ``anscombe_negbin`` it is the room left, h - score. An unknown count leaves the sum as it was.

    Raises
    ------
    InputFaults
        With every fault of the grid or of the arguments.

    References
    ----------
    .. [1] Rossi, Lampugnani & Marchi (1999), Statistics in Medicine 18:2111 (``rossi_1999``).

    Examples
    --------
    >>> counts = pd.DataFrame({"a": [4, 5, 3, 4, 4, 6, 7, 7, 9]}, index=range(1, 10))
    >>> found = count_cusum(counts, start=6, k=0.5, h=2.26, transformation="standard")
    >>> found[["observed", "bound", "score", "is_alarm"]].values.tolist()
    [[6.0, 10.0, 0.5, False], [7.0, 9.0, 1.5, False], [7.0, 7.0, 2.5, True], [9.0, 5.0, 4.5, True]]
    """
    rules = {
        "transformation": (transformation in TRANSFORMATIONS, shown(transformation),
                           RuleText("one of {}", ', '.join(TRANSFORMATIONS))),
        "in_control": (in_control in IN_CONTROL if isinstance(in_control, str) else in_control > 0,
                       shown(in_control), RuleText("a number above 0 or one of {}", ', '.join(IN_CONTROL))),
        "k": (np.isfinite(k), shown(k), "a finite number"),
        "h": (np.isfinite(h) and h > 0, shown(h), "above 0"),
        "alpha": (alpha > 0, shown(alpha), "above 0"),
    }  # fmt: skip
    refuse("cusum", [Fault(name, value, rule) for name, (holds, value, rule) in rules.items() if not holds])
    series = read_series(counts, frequency=frequency)
    first = int(series.positions([start])[0])
    positions = np.arange(first, len(series.periods))
    observed = series.counts[positions]
    expected = _expected(series, first, in_control=in_control)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = _standardised(observed, expected, how=transformation, alpha=alpha)
    above, before = one_sided_sums(z, k=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        bound = _bound(h + k - before, expected, how=transformation, alpha=alpha, room=h - above)
    bound = np.maximum(np.where(np.isnan(bound) & ~np.isnan(expected), 0.0, bound), 0.0)
    is_known = expected > 0 if transformation != "none" else expected >= 0
    return alarm_table(
        series,
        positions,
        columns={"expected": expected, "bound": bound, "score": np.where(is_known, above, np.nan)},
        because={"no_reference": np.isnan(expected), "no_cases_before": ~is_known, "above_bound": above >= h},
    )


def one_sided_sums(z: Floats, *, k: float) -> tuple[Floats, Floats]:
    """The sums ``max(0, sum + z - k)`` down the rows, and each sum before its row.

    Parameters
    ----------
    z : ndarray, shape (periods, series)
        Standardised values; NaN leaves a sum as it was. Hand in ``-z`` for falls.
    k : float
        Reference value.

    Returns
    -------
    sums, before : ndarray, shape (periods, series)

    References
    ----------
    .. [1] Page (1954), Biometrika 41:100 (``page_1954``).

    Examples
    --------
    >>> one_sided_sums(np.array([[1.0], [2.0], [np.nan], [-5.0]]), k=0.5)[0].ravel().tolist()
    [0.5, 2.0, 2.0, 0.0]
    """
    sums = np.zeros((len(z) + 1, z.shape[1]))
    for row, step in enumerate(z):
        moved = np.maximum(sums[row] + step - k, 0)
        sums[row + 1] = np.where(np.isnan(step), sums[row], moved)
    return sums[1:], sums[:-1]


def _expected(series: CountSeries, first: int, *, in_control: str | float) -> Floats:
    past = series.counts[:first]
    shape = (len(series.periods) - first, past.shape[1])
    if not isinstance(in_control, str):
        return np.where(series.is_faulty, np.nan, np.full(shape, float(in_control)))
    n_known = np.isfinite(past).sum(axis=0)
    mean = np.where(n_known > 0, np.nansum(past, axis=0) / np.maximum(n_known, 1), np.nan)
    if in_control == "mean_of_past":
        return np.broadcast_to(mean, shape)
    phase = 2 * np.pi / series.frequency * np.arange(len(series.periods))
    design = np.column_stack([np.ones(len(phase)), np.cos(phase), np.sin(phase)])
    rows = np.flatnonzero((n_known > design.shape[1]) & (mean > 0))
    expected = np.full(shape, np.nan)
    expected[:, mean == 0] = 0.0
    if rows.size:
        y = past[:, rows].T
        weights = np.isfinite(y).astype(np.float64)
        fit = fit_quasi_poisson(np.nan_to_num(y), design[:first], weights=weights, offset=np.zeros_like(y))
        expected[:, rows] = np.where(fit.is_converged, np.exp(design[first:] @ fit.coefficients.T), np.nan)
    return expected


def _anscombe_part(x: Floats, alpha: float) -> Floats:
    return np.asarray(1.5 * np.cbrt(x) ** 2 * hyp2f1(1 / 3, 2 / 3, 5 / 3, -alpha * x))


def _standardised(x: Floats, m: Floats, *, how: str, alpha: float) -> Floats:
    if how == "none":
        return x
    if how == "rossi":
        return np.asarray((x - 3 * m + 2 * np.sqrt(x * m)) / (2 * np.sqrt(m)))
    if how == "pearson_negbin":
        return (x - m) / np.sqrt(m + alpha * m**2)
    if how == "anscombe_negbin":
        return (_anscombe_part(x, alpha) - _anscombe_part(m, alpha)) / (m + alpha * m**2) ** (1 / 6)
    if how == "standard":
        return (x - m) / np.sqrt(m)
    return (np.cbrt(x) ** 2 - _anscombe_mean(m, how)) / (2 / 3 * m ** (1 / 6))


def _anscombe_mean(m: Floats, how: str) -> Floats:
    return np.cbrt(m) ** 2 - (1 / (9 * np.cbrt(m)) if how == "anscombe_2nd" else 0.0)


def _bound(c: Floats, m: Floats, *, how: str, alpha: float, room: Floats) -> Floats:
    """The count whose standardised value is `c`."""
    if how in {"none", "anscombe_negbin"}:
        return room
    if how == "standard":
        return np.ceil(np.sqrt(m) * c + m)
    if how == "pearson_negbin":
        return np.sqrt(m + alpha * m**2) * c + m
    if how == "rossi":
        return np.asarray(5 * m + 2 * np.sqrt(m) * c - 2 * np.sqrt(4 * m**2 + 2 * m**1.5 * c))
    return np.asarray(np.maximum(2 / 3 * m ** (1 / 6) * c + _anscombe_mean(m, how), 0) ** 1.5)
