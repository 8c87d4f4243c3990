"""How good past forecasts were: proper scores, and the track record of a standing committee."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown

Floats = NDArray[np.float64]


def brier_score(p: ArrayLike, is_so: ArrayLike) -> Floats:
    """Brier score of a probability: the squared distance from what happened; 0 is best, 1 worst.

    Parameters
    ----------
    p : array_like of float
        Stated probability of the event [0–1].
    is_so : array_like of bool
        Whether it happened.

    Returns
    -------
    ndarray of float

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery, Journal of the American Statistical Association 102, 2007, 359–378
       (``gneiting_raftery_2007``).

    Examples
    --------
    >>> brier_score([0.8, 0.8], [True, False]).round(2).tolist()
    [0.04, 0.64]
    """
    return np.asarray((np.asarray(p, dtype=np.float64) - np.asarray(is_so, dtype=bool)) ** 2)


def logarithmic_score(p: ArrayLike, is_so: ArrayLike) -> Floats:
    """Logarithmic score of a probability, as a penalty: 0 is best, infinity for what was called impossible.

    Parameters
    ----------
    p : array_like of float
        Stated probability of the event [0–1].
    is_so : array_like of bool
        Whether it happened.

    Returns
    -------
    ndarray of float
        In nats.

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery, Journal of the American Statistical Association 102, 2007, 359–378
       (``gneiting_raftery_2007``).

    Examples
    --------
    >>> logarithmic_score([0.8, 0.0], [True, True]).round(3).tolist()
    [0.223, inf]
    """
    stated, so = np.asarray(p, dtype=np.float64), np.asarray(is_so, dtype=bool)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(np.where(so, stated, 1 - stated))) + 0.0


def quantile_score(quantiles: ArrayLike, probs: ArrayLike, outcome: ArrayLike) -> Floats:
    """Score of quantiles: how far each missed, dearer on the side it claimed to guard; 0 is best.

    Twice the mean over the quantiles of (prob - [outcome < quantile])·(outcome - quantile): with many
    quantiles evenly spread it comes to the continuous ranked probability score.

    Parameters
    ----------
    quantiles : array_like of float, shape (..., q)
        In the unit of the outcome.
    probs : array_like of float, shape (q,)
        Their probabilities [0–1].
    outcome : array_like of float, shape (...)
        What came out.

    Returns
    -------
    ndarray of float, shape (...)
        In the unit of the outcome.

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery, Journal of the American Statistical Association 102, 2007, 359–378
       (``gneiting_raftery_2007``).

    Examples
    --------
    >>> quantile_score([1, 2, 3], [0.05, 0.5, 0.95], 2).round(4).tolist()
    0.0667
    """
    q, p = np.asarray(quantiles, dtype=np.float64), np.asarray(probs, dtype=np.float64)
    y = np.asarray(outcome, dtype=np.float64)[..., None]
    return np.asarray(2 * ((p - (y < q)) * (y - q)).mean(axis=-1))


def ranked_probability_score(draws: ArrayLike, outcome: float) -> float:
    """Continuous ranked probability score of a forecast given as draws; 0 is best.

    E|X - y| - E|X - X'|/2, over all pairs of draws.

    Parameters
    ----------
    draws : array_like of float, shape (n,)
        From the forecast.
    outcome : float
        What came out.

    Returns
    -------
    float
        In the unit of the outcome.

    Raises
    ------
    ValueError
        When there are no draws.

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery, Journal of the American Statistical Association 102, 2007, 359–378
       (``gneiting_raftery_2007``).

    Examples
    --------
    >>> ranked_probability_score([0.0, 1.0], 0.0)
    0.25
    """
    x = np.sort(np.asarray(draws, dtype=np.float64).ravel())
    n = x.size
    if not n:
        raise ValueError("at least one draw")
    spread = (2 * np.arange(1, n + 1) - n - 1) @ x / n**2
    return float(np.abs(x - outcome).mean() - spread)


def track_record(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The record of each expert over past forecasts of whether something would happen.

    Parameters
    ----------
    forecasts : DataFrame
        One row a forecast: ``question``, ``expert``, ``p`` [0–1], ``is_so`` (missing while nobody knows).

    Returns
    -------
    DataFrame
        Best first: ``expert``, ``n`` (settled forecasts), ``brier`` and ``logarithmic`` (means), ``skill``
        (1 - Brier score over that of the base rate of the same questions; NaN where the base rate is 0 or 1),
        ``mean_p`` and ``share_so`` (how far stated and found go together).

    Raises
    ------
    InputFaults
        With each forecast given twice, each impossible probability, and each question with two outcomes.

    References
    ----------
    .. [1] T. Gneiting, A. E. Raftery, Journal of the American Statistical Association 102, 2007, 359–378
       (``gneiting_raftery_2007``).

    Examples
    --------
    >>> rows = [("a", "Li", 0.9, True), ("b", "Li", 0.2, False)]
    >>> rows += [("a", "Wu", 0.5, True), ("b", "Wu", 0.5, False)]
    >>> found = track_record(pd.DataFrame(rows, columns=["question", "expert", "p", "is_so"]))
    >>> found[["expert", "brier", "skill"]].round(3).values.tolist()
    [['Li', 0.025, 0.9], ['Wu', 0.25, 0.0]]
    """
    refuse("forecasts", _faults(forecasts))
    known = forecasts.dropna(subset=["is_so"])
    p, so = known["p"].to_numpy(dtype=np.float64), known["is_so"].to_numpy(dtype=bool)
    table = known[["expert"]].assign(
        brier=brier_score(p, so), logarithmic=logarithmic_score(p, so), mean_p=p, share_so=so.astype(float)
    )
    of = table.groupby("expert", sort=True)
    found = of.mean().assign(n=of.size()).reset_index()
    base = found["share_so"] * (1 - found["share_so"])
    found["skill"] = 1 - found["brier"] / base.where(base > 0)
    columns = ["expert", "n", "brier", "logarithmic", "skill", "mean_p", "share_so"]
    return found[columns].sort_values(["brier", "expert"], kind="stable").reset_index(drop=True)


def _faults(forecasts: pd.DataFrame) -> list[Fault]:
    columns = ("question", "expert", "p", "is_so")
    missing = [Fault("forecasts", name, "a column") for name in columns if name not in forecasts]
    if missing:
        return missing
    p = pd.to_numeric(forecasts["p"], errors="coerce").to_numpy(dtype=np.float64)
    twice = forecasts.duplicated(["question", "expert"]).to_numpy()
    places = [f"forecasts/row {k + 1}" for k in range(len(forecasts))]
    named = forecasts["expert"].astype(str).tolist()
    faults = [
        Fault(places[k], shown(named[k]), "one forecast an expert and question")
        for k in np.flatnonzero(twice)
    ]
    wrong = np.flatnonzero(~((p >= 0) & (p <= 1)))
    faults += [Fault(f"{places[k]}/p", shown(str(forecasts["p"].iloc[k])), "from 0 to 1") for k in wrong]
    outcomes = forecasts.dropna(subset=["is_so"]).groupby("question")["is_so"].nunique()
    names = outcomes.index[outcomes > 1].astype(str)
    return faults + [Fault(f"question {name}", "two outcomes", "one outcome a question") for name in names]
