"""Peers of the recall forecast and the recalls they are compared on."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeWarning, curve_fit
from shared import shared

from riskkit.response.recall.forecast import fit_curve_prior, forecast_completion
from riskkit.response.recall.progress import read_reports

CUTS = [dt.date(year, month, day) for year in range(2017, 2021) for month, day in ((6, 30), (12, 31))][:-1]
Z90 = 1.6448536269514722


def takata_recalls() -> pd.DataFrame:
    """Fortnightly progress of 124 campaigns, added up over makers, positions and priority groups."""
    path = shared("data", "recall_completion_takata", "takata_progress_to_2020.csv.gz")
    rows = pd.read_csv(path, parse_dates=["report_date"])
    rows["n_removed"] = rows["affected"] - rows["net_affected"]
    counts = (
        rows.groupby(["campaign", "report_date"])[["affected", "n_removed", "repaired"]].sum().reset_index()
    )
    names = {"campaign": "recall_id", "affected": "n_affected", "repaired": "n_completed"}
    return counts.rename(columns=names)


def logistic(days, rates, ahead):
    """K / (1 + exp(−r (t − m))) by least squares: the forecast and its standard error by the delta method."""

    def curve(t, ceiling, speed, middle):
        return ceiling / (1 + np.exp(-speed * (t - middle)))

    start = [min(1.0, max(rates[-1] * 1.1, 0.1)), 1.0, -1.0]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", OptimizeWarning)
            best, spread = curve_fit(
                curve, days, rates, p0=start, bounds=([0, 0, -20], [1, 20, 20]), max_nfev=2_000
            )
    except (RuntimeError, TypeError, ValueError):
        return rates[-1], np.nan
    mid, step = curve(ahead, *best), 1e-5
    if not np.isfinite(spread).all():  # too few reports: no standard error
        spread = np.zeros((3, 3))
    slope = np.array([(curve(ahead, *(best + step * unit)) - mid) / step for unit in np.eye(3)])
    left = np.square(rates - curve(days, *best)).sum() / max(1, len(rates) - 3)
    return mid, np.sqrt(slope @ spread @ slope + left)


def half_year_forecasts(reports: pd.DataFrame, *, months: int, cuts=CUTS) -> pd.DataFrame:
    """Open recalls cut at each half-year: what followed, our forecast, the logistic fit, last rate and last pace."""
    checked = read_reports(reports).dropna(subset=["rate"])
    found = []
    for cut in cuts:
        end = pd.Timestamp(cut) + pd.DateOffset(months=months) + pd.offsets.MonthEnd(0)
        if end > checked["report_date"].max() + pd.Timedelta(days=31):
            continue
        settled = checked[checked["report_date"].between(end - pd.Timedelta(days=60), end)]
        settled = (
            settled.sort_values("report_date").groupby("recall_id").tail(1).set_index("recall_id")["rate"]
        )
        ahead = (end - pd.Timestamp(cut)).days
        prior = fit_curve_prior(reports, on=cut)
        ours = forecast_completion(reports, on=cut, days=[ahead], prior=prior).set_index("recall_id")
        ours = ours.join(settled.rename("after"), how="inner").dropna(subset=["rate_now"])
        is_live = ours["reported_on"] > pd.Timestamp(cut) - pd.Timedelta(days=120)
        ours = ours[is_live & (ours["rate_now"] < 0.999)].assign(cut=cut)
        for name, history in checked[checked["report_date"] <= pd.Timestamp(cut)].groupby("recall_id"):
            if name in ours.index:
                reported = history.sort_values("report_date")
                years = (reported["report_date"] - pd.Timestamp(cut)).dt.days.to_numpy() / 365.25
                rates = reported["rate"].to_numpy()
                mid, error = logistic(years, rates, ahead / 365.25)
                ours.loc[name, ["logistic", "logistic_error"]] = mid, error
                pace = (rates[-1] - np.interp(years[-1] - 0.25, years, rates)) / 0.25
                ours.loc[name, "last_pace"] = np.clip(rates[-1] + pace * ahead / 365.25, 0, 1)
        found.append(ours)
    return pd.concat(found)


def scores(found: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute error of the rate and share of 90 % intervals that held, by method."""
    after = found["after"]
    lo, hi = (found["logistic"] + sign * Z90 * found["logistic_error"] for sign in (-1, 1))
    held = {
        "ours": after.between(found["rate_lo"] - 1e-9, found["rate_hi"] + 1e-9).mean(),
        "logistic": after.between(lo, hi).mean(),
    }
    middles = {"ours": "rate_mid", "logistic": "logistic", "last_rate": "rate_now", "last_pace": "last_pace"}
    return pd.DataFrame(
        [
            {"method": name, "error": (after - found[column]).abs().mean(), "held": held.get(name, np.nan)}
            for name, column in middles.items()
        ]
    ).set_index("method")
