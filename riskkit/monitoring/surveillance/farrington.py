"""Farrington's regression and its flexible form: counts beyond what earlier years allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.surveillance.prediction_bounds import BOUNDS, POWERS, bound_of
from riskkit.monitoring.surveillance.quasi_poisson import QuasiPoissonFit, fit_quasi_poisson
from riskkit.monitoring.surveillance.reference_periods import reference_points, season_groups
from riskkit.monitoring.surveillance.series import CountSeries, alarm_table, read_series

_ROWS_AT_ONCE = 2_000
_LEAST_YEARS_FOR_TREND = 3
_COLUMNS = ("expected", "bound", "score", "p_value", "dispersion", "trend")


@dataclass(frozen=True)
class FarringtonSettings:
    """How the regression is run; `settings_of` reads those of a published method from its table.

    Parameters
    ----------
    form : str
        ``original`` (1996) or ``flexible`` (2013).
    years_back, half_window : int
        Earlier years used (b), and periods on either side of each reference period (w).
    n_periods, n_excluded : int
        Seasons a year (1: reference windows only), and newest periods left out (flexible form only).
    is_reweighted : bool
        Whether past outbreaks are given less weight.
    weights_threshold : float
        Standardised Anscombe residual above which they are.
    has_trend : bool
        Whether a trend in time is tried.
    p_trend : float
        The trend stays when its p-value is below.
    bound : str
        ``delta``, ``nb_plugin`` or ``muan``; the original form knows ``delta``.
    power : str
        ``none``, ``1/2`` or ``2/3``: transformation for ``delta``.
    alpha : float
        Level: two-sided in the original form, one-sided in the flexible one.
    min_cases, n_recent : int
        No alarm with fewer cases in the newest periods, this one included.
    """

    form: str = "flexible"
    years_back: int = 5
    half_window: int = 3
    n_periods: int = 10
    n_excluded: int = 26
    is_reweighted: bool = True
    weights_threshold: float = 2.58
    has_trend: bool = True
    p_trend: float = 1.0
    bound: str = "nb_plugin"
    power: str = "none"
    alpha: float = 0.005
    min_cases: int = 5
    n_recent: int = 4

    def check(self) -> None:
        """Refuse settings that mean nothing, all at once."""
        rules = {
            "form": (self.form in {"original", "flexible"}, "original or flexible"),
            "years_back": (self.years_back >= 1, "1 or more"),
            "half_window": (self.half_window >= 0, "0 or more"),
            "n_periods": (self.n_periods >= 1, "1 or more"),
            "n_excluded": (self.n_excluded >= 0, "0 or more"),
            "weights_threshold": (self.weights_threshold > 0, "above 0"),
            "bound": (self.bound in BOUNDS and (self.form == "flexible" or self.bound == "delta"),
                      RuleText("one of {}; delta in the original form", ', '.join(BOUNDS))),
            "power": (self.power in POWERS, RuleText("one of {}", ', '.join(POWERS))),
            "alpha": (0 < self.alpha < 1, "between 0 and 1"),
            "min_cases": (self.min_cases >= 0, "0 or more"),
            "n_recent": (self.n_recent >= 1, "1 or more"),
        }  # fmt: skip
        refuse(
            "settings",
            [
                Fault(f"settings: {name}", shown(getattr(self, name)), rule)
                for name, (holds, rule) in rules.items()
                if not holds
            ],
        )


def farrington(
    counts: pd.DataFrame,
    *,
    settings: FarringtonSettings,
    at: Iterable[object] | None = None,
    exposure: pd.DataFrame | pd.Series | None = None,
    frequency: int | None = None,
) -> pd.DataFrame:
    """Alarms by Farrington's method, original or flexible, over any number of series.

    Parameters
    ----------
    counts : DataFrame
        As for `series.read_series`. On a grid of days the reference periods are found by date, so a 53rd
        week shifts nothing; unknown periods are left out of the fit.
    settings : FarringtonSettings
    at : iterable, optional
        Periods to judge; the newest alone by default. Each is judged by what lies before it only.
    exposure : DataFrame or Series, optional
        What the counts are in proportion to: population, working days of the week (so that a holiday week
        hides no rise and the week after it gives no alarm), the share of reports that has come
        (`reporting_delay.completeness`).
    frequency : int, optional
        As for `series.read_series`.

    Returns
    -------
    DataFrame
        One row a series and period: series, period, observed, expected, bound (largest count that is no
        alarm), score ((observed - expected) / (bound - expected); above 1 is an alarm; for ``nb_plugin``
        and ``muan`` with the logarithm of what is expected, as R has it), p_value (one-sided), dispersion,
        trend [per period, log scale; NaN where it was dropped], is_alarm, reason. Where too few recent
        cases stop the alarm, expected and bound are missing.

    Raises
    ------
    InputFaults
        With every fault of the grid or of the settings.

    References
    ----------
    .. [1] Farrington et al. (1996), JRSS A 159:547 (``farrington_1996``).
    .. [2] Noufaily et al. (2013), Statistics in Medicine 32:1206 (``noufaily_2013``).

    Examples
    --------
    >>> week = np.arange(320)
    >>> quiet = np.round(8 + 4 * np.cos(week * 2 * np.pi / 52) + np.sin(week * 7))
    >>> counts = pd.DataFrame({"quiet": quiet, "outbreak": quiet + 15 * (week == 319)})
    >>> found = farrington(counts, settings=FarringtonSettings())
    >>> found[["series", "observed", "bound", "is_alarm"]].values.tolist()
    [['quiet', 11.0, 20.0, False], ['outbreak', 26.0, 20.0, True]]
    """
    settings.check()
    series = read_series(counts, exposure=exposure, frequency=frequency)
    positions = series.positions(at)
    found = np.full((len(_COLUMNS), len(positions), len(series.names)), np.nan)
    lacks, silent = (np.zeros(found.shape[1:], dtype=np.bool_) for _ in range(2))
    for rows, past in _designs(series, positions, settings=settings):
        lacks[rows] = True
        if past.offsets.size:
            found[:, rows], lacks[rows], silent[rows] = _fit_block(
                series, positions[rows], past, settings=settings
            )
    numbers = dict(zip(_COLUMNS, found, strict=True))
    few = _has_few_cases(series, positions, settings=settings)
    is_alarm = (numbers["score"] > 1) & ~few
    is_alarm &= (series.counts[positions] > 0) | (settings.form == "original")
    for name in ("expected", "bound"):
        numbers[name][few] = np.nan
    because = {
        "no_reference": lacks,
        "no_cases_before": silent,
        "not_converged": np.isnan(numbers["dispersion"]),
        "few_cases": few,
        "above_bound": is_alarm,
    }
    return alarm_table(series, positions, columns=numbers, because=because)


def _has_few_cases(
    series: CountSeries, positions: NDArray[np.int64], *, settings: FarringtonSettings
) -> NDArray[np.bool_]:
    """Whether too few cases are known lately; an unknown period may hold any number, so it stops no alarm."""
    lags = np.arange(settings.n_recent)
    recent = series.counts[np.maximum(positions[:, None] - lags, 0)]
    recent = np.where((positions[:, None] - lags >= 0)[:, :, None], recent, 0.0)
    with np.errstate(invalid="ignore"):
        return np.asarray(recent.sum(axis=1) < settings.min_cases)


@dataclass(frozen=True)
class _Past:
    """The periods that one period is judged by: how far back, in which season, at what time."""

    offsets: NDArray[np.int64]
    groups: NDArray[np.int64]
    time: Floats


def _past(series: CountSeries, position: int, *, settings: FarringtonSettings) -> _Past:
    is_original = settings.form == "original"
    points = reference_points(series, position, years_back=settings.years_back)
    offsets, groups = season_groups(
        points,
        half_window=settings.half_window,
        n_periods=1 if is_original else settings.n_periods,
        n_excluded=settings.half_window if is_original else settings.n_excluded,
    )
    # the flexible form wants every reference period, the original takes the reference weeks that exist
    is_there = (offsets >= -position) & (is_original or points[-1] >= -position)
    offsets, groups = offsets[is_there], groups[is_there]
    time = offsets.astype(np.float64)
    if series.is_dated and series.frequency == 12 and not is_original:
        days = series.periods.to_numpy().astype("datetime64[D]").astype(np.int64)
        time = (days[position + offsets] - days[position]) / 31  # months differ in length
    return _Past(offsets, groups, time)


def _designs(
    series: CountSeries, positions: NDArray[np.int64], *, settings: FarringtonSettings
) -> list[tuple[NDArray[np.int64], _Past]]:
    """The distinct sets of past periods, each with the periods that share it."""
    shared: dict[bytes, list[int]] = {}
    pasts = {}
    for row, position in enumerate(positions):
        past = _past(series, int(position), settings=settings)
        key = past.groups.tobytes() + past.time.tobytes()
        shared.setdefault(key, []).append(row)
        pasts[key] = past
    chunk = max(1, _ROWS_AT_ONCE // len(series.names))
    return [
        (np.array(rows[start : start + chunk]), pasts[key])
        for key, rows in shared.items()
        for start in range(0, len(rows), chunk)
    ]


def _fit_block(
    series: CountSeries, positions: NDArray[np.int64], past: _Past, *, settings: FarringtonSettings
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """The numbers of all series at periods that share a past, and where history is missing or empty."""
    shape = (len(positions), len(series.names))
    where = positions[:, None] + past.offsets
    y, exposed = (
        np.moveaxis(part[where], 2, 1).reshape(-1, past.offsets.size)
        for part in (series.counts, series.exposure)
    )
    now, exposed_now = (part[positions].ravel() for part in (series.counts, series.exposure))
    with np.errstate(invalid="ignore"):
        weights = (np.isfinite(y) & (exposed > 0)).astype(np.float64)
        is_exposed = exposed_now > 0
    own = 0 if settings.form == "original" else settings.n_periods - 1
    seasons = np.unique(np.append(past.groups, own))  # in order, so the own season comes last
    design = np.column_stack([past.groups[:, None] == seasons, past.time]).astype(np.float64)
    lacks = (weights.sum(axis=1) <= design.shape[1]) | ((weights @ (past.groups == own)) == 0)
    block = _Block(
        np.where(weights > 0, y, 0.0),
        weights,
        design,
        np.log(np.where(weights > 0, exposed, 1.0)),
        np.log(np.where(is_exposed, exposed_now, 1.0)),
    )
    numbers = np.full((len(_COLUMNS), now.size), np.nan)
    rows = np.flatnonzero(~lacks & is_exposed)
    if rows.size:
        numbers[:, rows] = _numbers(block.of(rows), now[rows], settings=settings)
    silent = ~lacks & (block.y.sum(axis=1) == 0) & np.isnan(numbers[_COLUMNS.index("dispersion")])
    return numbers.reshape(-1, *shape), lacks.reshape(shape), silent.reshape(shape)


@dataclass(frozen=True)
class _Block:
    """Rows with one design: a column a season, the own season last, then time from now on."""

    y: Floats
    weights: Floats
    design: Floats
    offset: Floats
    offset_now: Floats

    def of(self, rows: NDArray[np.int64]) -> _Block:
        """The same for some rows."""
        return _Block(self.y[rows], self.weights[rows], self.design, self.offset[rows], self.offset_now[rows])


def _numbers(block: _Block, now: Floats, *, settings: FarringtonSettings) -> Floats:
    """Expected count, bound, score, p-value, dispersion and trend of each row."""
    model = np.full((4, now.size), np.nan)
    has_trend = np.zeros(now.size, dtype=np.bool_)
    if settings.has_trend:
        model, p_trend = _model(block, settings=settings, with_trend=True)
        highest = np.where(block.weights > 0, block.y, 0).max(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            has_trend = (np.exp(model[0]) <= highest) & (p_trend < settings.p_trend)
        has_trend &= settings.years_back >= _LEAST_YEARS_FOR_TREND
    plain = np.flatnonzero(~has_trend)
    if plain.size:
        model[:, plain] = _model(block.of(plain), settings=settings, with_trend=False)[0]
    eta, se, phi, trend = model
    bound, score, p_value = bound_of(
        now, eta, se, phi=phi, how=settings.bound, power=settings.power,
        alpha=settings.alpha / 2 if settings.form == "original" else settings.alpha,
    )  # fmt: skip
    with np.errstate(over="ignore"):
        return np.stack([np.exp(eta), bound, score, p_value, phi, trend])


def _model(block: _Block, *, settings: FarringtonSettings, with_trend: bool) -> tuple[Floats, Floats]:
    """Linear predictor now, its error, dispersion and trend, NaN unless it converged; p of the trend."""
    design = block.design if with_trend else block.design[:, :-1]
    first = fit_quasi_poisson(block.y, design, weights=block.weights, offset=block.offset)
    fit, weights, is_converged = first, block.weights, first.is_converged
    phi = np.fmax(first.dispersion(block.y, first.working), 1.0)
    if settings.is_reweighted:
        weights = _outbreak_weights(block, first, phi=phi, threshold=settings.weights_threshold)
        fit = fit_quasi_poisson(block.y, design, weights=weights, offset=block.offset)
        phi = np.fmax(fit.dispersion(block.y, fit.working), 1.0)
    # R's flexible form puts the prior weights where the working weights were, and so into the error of the
    # prediction; the published thresholds rest on it.
    is_prior = settings.form == "flexible" and settings.is_reweighted
    spread = fit.dispersion(block.y, weights if is_prior else fit.working)
    own = block.design.shape[1] - 2
    variance = spread if settings.form == "flexible" else phi
    model = np.stack(
        [
            fit.coefficients[:, own] + block.offset_now,
            np.sqrt(variance * fit.covariance[:, own, own]),
            phi,
            fit.coefficients[:, -1] if with_trend else np.full(len(phi), np.nan),
        ]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        t = fit.coefficients[:, -1] / np.sqrt(spread * fit.covariance[:, -1, -1])
        p_trend = 2 * stdtr(np.maximum(fit.n_free, 1), -np.abs(t))
    model[:, ~is_converged] = np.nan
    return model, np.where(is_converged, p_trend, np.nan)


def _outbreak_weights(block: _Block, fit: QuasiPoissonFit, *, phi: Floats, threshold: float) -> Floats:
    """Less weight for past periods with large Anscombe residuals; the weights add up to the periods."""
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = 1.5 * (np.cbrt(block.y) ** 2 / np.cbrt(np.sqrt(fit.mu)) - np.sqrt(fit.mu))
        residual /= np.sqrt(phi[:, None] * (1 - np.minimum(fit.hat, 1)))
        is_high = residual > threshold
        weights = np.where(is_high, residual**-2.0, 1.0) * (block.weights > 0)
    return np.asarray(weights * (block.weights.sum(axis=1) / weights.sum(axis=1))[:, None])
