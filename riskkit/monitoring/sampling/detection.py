"""How many items to test to find at least one that is affected, and what a survey that found none says.

With D affected items (infested, nonconforming) among N and a sample of n without putting back, P(none found)
is hypergeometric; a test that finds an affected item with probability s only finds none with probability
Σ_k P(k drawn)·(1 − s)^k. A sample that reaches the confidence exactly is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import gammaln, logsumexp, xlog1py

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats

ROUNDINGS = ("down", "up", "nearest")
MODELS = ("exact", "efficacy", "approximate")
# 29 % of 100 is 28.999… as a float, and has to count as 29
_SLACK = 1e-9


_RULES: dict[str, tuple[str, Callable[[Floats], Any]]] = {
    "share": ("above 0 and at most 1", lambda v: (v > 0) & (v <= 1)),
    "open": ("between 0 and 1", lambda v: (v > 0) & (v < 1)),
    "count": ("a number from 0 up", lambda v: v >= 0),
    "lot": ("a number of items from 1 up", lambda v: v >= 1),
}


def _inputs(**given: tuple[Any, str]) -> dict[str, Floats]:
    """All inputs as arrays of one shape; NaN passes as missing."""
    arrays = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v, _ in given.values()))
    faults = []
    for (name, (_, kind)), values in zip(given.items(), arrays, strict=True):
        rule, is_good = _RULES[kind]
        wrong = np.flatnonzero(~(is_good(values) | np.isnan(values)))
        faults += [Fault(f"{name} {k}", f"{values.flat[k]:g}", rule) for k in wrong]
    refuse("detection", faults)
    return dict(zip(given, arrays, strict=True))


def affected_items(lot_size: ArrayLike, prevalence: ArrayLike, *, rounding: str = "down") -> Any:
    """The number of affected items in lots of a prevalence.

    Parameters
    ----------
    lot_size : array_like of int
        Items in the lot; infinite for a lot without end.
    prevalence : array_like of float
        Share affected, above 0 and at most 1.
    rounding : str
        ``down`` (as ISPM 31 does), ``up`` or ``nearest`` (at least 1, halves to the even number).

    Returns
    -------
    float or ndarray of float
        0 where the lot is too small to hold one item at that prevalence.

    Raises
    ------
    ValueError
        When `rounding` is none of the three.

    References
    ----------
    .. [1] ISPM 31, Methodologies for sampling of consignments, Appendix 2 (``ispm_31``).

    Examples
    --------
    >>> affected_items([500, 600, 100], 0.005).tolist()
    [2.0, 3.0, 0.0]
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding is one of {', '.join(ROUNDINGS)}, not {shown(rounding)}")
    items = np.asarray(lot_size, dtype=np.float64) * np.asarray(prevalence, dtype=np.float64)
    if rounding == "nearest":
        found = np.maximum(np.rint(items), 1)
    else:
        found = np.floor(items + _SLACK) if rounding == "down" else np.ceil(items - _SLACK)
    return float(found) if found.ndim == 0 else found


def p_detect(
    n: ArrayLike,
    prevalence: ArrayLike,
    *,
    lot_size: ArrayLike = np.inf,
    sensitivity: ArrayLike = 1.0,
    rounding: str = "down",
    model: str = "exact",
) -> Any:
    """The probability that a sample finds at least one affected item.

    Parameters
    ----------
    n : array_like of int
        Items tested, from 0 up; more than the lot counts as the whole lot.
    prevalence : array_like of float
        Share of the lot that is affected, above 0 and at most 1.
    lot_size : array_like of int
        Items in the lot; infinite (binomial) otherwise.
    sensitivity : array_like of float
        Probability that the test finds an affected item it is given.
    rounding : str
        See `affected_items`.
    model : str
        ``exact``; ``efficacy`` (ISPM 31: the prevalence times the sensitivity counts as the prevalence, the
        test as perfect); ``approximate`` (1 − (1 − s·n/N)^D, as animal health surveys use). All three are
        1 − (1 − s·p)^n in a lot without end.

    Returns
    -------
    float or ndarray of float
        NaN where an input is, or where the lot is too small to hold an affected item.

    Raises
    ------
    InputFaults
        With every input outside its range.
    ValueError
        When a word is none of those above.

    References
    ----------
    .. [1] ISPM 31, Appendices 2–4 (``ispm_31``); Cameron and Baldock (1998), Prev. Vet. Med. 34:1–17
       (``cameron_baldock_1998``).

    Examples
    --------
    >>> round(p_detect(59, 0.05), 4), round(p_detect(45, 0.05, lot_size=100), 4)
    (0.9515, 0.9538)
    """
    given = _inputs(
        n=(n, "count"),
        prevalence=(prevalence, "share"),
        lot_size=(lot_size, "lot"),
        sensitivity=(sensitivity, "share"),
    )
    count, p, lot, s = given.values()
    if model not in MODELS:
        raise ValueError(f"model is one of {', '.join(MODELS)}, not {shown(model)}")
    level, s = (p * s, np.ones_like(s)) if model == "efficacy" else (p, s)
    bad = np.asarray(affected_items(lot, level, rounding=rounding))
    none = _p_none(np.minimum(count, lot), lot, bad, s=s, level=level, is_exact=model != "approximate")
    found = np.where(bad > 0, 1 - none, np.nan)
    return float(found) if found.ndim == 0 else found


def _p_none(count: Floats, lot: Floats, bad: Floats, *, s: Floats, level: Floats, is_exact: bool) -> Floats:
    """Probability that none is found; scalar by scalar only where a test may miss in a lot with an end."""
    with np.errstate(invalid="ignore", divide="ignore"):
        endless = np.exp(xlog1py(count, -level * s))
        if not is_exact:
            finite = np.clip(1 - s * count / lot, 0, 1) ** bad
            return np.asarray(np.where(np.isinf(lot), endless, finite), dtype=np.float64)
        room = lot - bad - count
        logs = gammaln(lot - bad + 1) - gammaln(np.maximum(room, 0) + 1)
        logs += gammaln(lot - count + 1) - gammaln(lot + 1)
        perfect = np.where(room < 0, 0.0, np.exp(np.where(room < 0, -np.inf, logs)))
    out = np.where(np.isinf(lot), endless, perfect)
    for k in np.flatnonzero(np.isfinite(lot) & (s < 1) & (bad > 0)):
        out.flat[k] = _missed(count.flat[k], lot.flat[k], bad.flat[k], s=s.flat[k])
    return np.asarray(out, dtype=np.float64)


def _missed(count: float, lot: float, bad: float, *, s: float) -> float:
    drawn = np.arange(max(0, count + bad - lot), min(bad, count) + 1)
    logs = gammaln(bad + 1) - gammaln(drawn + 1) - gammaln(bad - drawn + 1)
    logs += gammaln(lot - bad + 1) - gammaln(count - drawn + 1) - gammaln(lot - bad - count + drawn + 1)
    logs -= gammaln(lot + 1) - gammaln(count + 1) - gammaln(lot - count + 1)
    return float(np.exp(min(0.0, float(logsumexp(logs + xlog1py(drawn, -s))))))


def n_to_detect(
    prevalence: ArrayLike,
    *,
    confidence: ArrayLike = 0.95,
    lot_size: ArrayLike = np.inf,
    sensitivity: ArrayLike = 1.0,
    rounding: str = "down",
    model: str = "exact",
) -> Any:
    """The smallest sample that finds an affected item with a given confidence.

    Parameters
    ----------
    prevalence, lot_size, sensitivity, rounding, model
        As for `p_detect`. ``approximate`` gives ⌈N/s·(1 − (1 − C)^(1/D))⌉.
    confidence : array_like of float
        Probability of finding one, between 0 and 1.

    Returns
    -------
    float or ndarray of float
        Whole numbers; NaN where even the whole lot does not do (a lot too small to hold an affected item, a
        test that misses too often).

    Raises
    ------
    InputFaults
        With every input outside its range.
    ValueError
        When a word is none of those of `p_detect`.

    References
    ----------
    .. [1] ISPM 31, Appendices 2–4 (``ispm_31``).

    Examples
    --------
    >>> n_to_detect(0.005, lot_size=[500, 600]).tolist(), n_to_detect(0.05)
    ([388.0, 379.0], 59.0)
    """
    given = _inputs(
        prevalence=(prevalence, "share"),
        confidence=(confidence, "open"),
        lot_size=(lot_size, "lot"),
        sensitivity=(sensitivity, "share"),
    )
    p, sure, lot, s = (values.ravel() for values in given.values())

    def reached(count: Floats) -> Floats:
        return np.asarray(
            p_detect(count, p, lot_size=lot, sensitivity=s, rounding=rounding, model=model), dtype=np.float64
        )

    with np.errstate(divide="ignore", invalid="ignore"):
        endless = np.ceil(np.log1p(-sure) / np.log1p(-np.minimum(p * s, 1 - 1e-16))) + 1
        high = np.where(np.isinf(lot), endless, lot)
        possible = reached(high) >= sure - _SLACK
    low, high = np.zeros_like(high), np.where(possible, high, 1.0)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = reached(middle) >= sure - _SLACK
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    found = np.where(possible, high, np.nan).reshape(next(iter(given.values())).shape)
    return float(found) if found.ndim == 0 else found


def n_to_detect_poisson(prevalence: ArrayLike, *, confidence: ArrayLike = 0.95) -> Any:
    """The sample that finds an affected item with a given confidence, their number being Poisson.

    Parameters
    ----------
    prevalence, confidence
        As for `n_to_detect`.

    Returns
    -------
    float or ndarray of float
        ⌈−ln(1 − C)/p⌉.

    Raises
    ------
    InputFaults
        With every input outside its range.

    References
    ----------
    .. [1] ISPM 31, Appendix 4 (``ispm_31``).

    Examples
    --------
    >>> n_to_detect_poisson([0.05, 0.001]).tolist()
    [60.0, 2996.0]
    """
    p, sure = _inputs(prevalence=(prevalence, "share"), confidence=(confidence, "open")).values()
    with np.errstate(divide="ignore"):
        found = np.ceil(-np.log1p(-sure) / p - _SLACK)
    return float(found) if found.ndim == 0 else found


def p_free(sensitivity: ArrayLike, *, prior: ArrayLike = 0.5, introduced: ArrayLike = 0.0) -> Any:
    """How sure one may be that a lot or region is free, after a survey that found nothing.

    Parameters
    ----------
    sensitivity : array_like of float
        Probability that the survey would have found it (as from `p_detect`), 0–1.
    prior : array_like of float
        Probability of freedom before, above 0 and at most 1.
    introduced : array_like of float
        Probability that it came in since that was judged, 0–1.

    Returns
    -------
    float or ndarray of float

    References
    ----------
    .. [1] Martin, Cameron and Greiner (2007), Prev. Vet. Med. 79:71–97 (``martin_2007``).

    Examples
    --------
    >>> round(p_free(0.95), 4)
    0.9524
    """
    found, before, came = (np.asarray(v, dtype=np.float64) for v in (sensitivity, prior, introduced))
    for name, values in (("sensitivity", found), ("prior", before), ("introduced", came)):
        if ((values < 0) | (values > 1)).any():
            raise ValueError(f"{name} lies from 0 to 1")
    affected = (1 - before) + came - (1 - before) * came
    out = (1 - affected) / (1 - found * affected)
    return float(out) if np.ndim(out) == 0 else out


def detection_table(lot_size: ArrayLike, levels: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Sample sizes by lot size and level of detection, as in the tables of ISPM 31.

    Parameters
    ----------
    lot_size : array_like of int
        Rows.
    levels : array_like of float
        Columns: levels of detection [share of the lot].
    confidence : float
        Probability of finding an affected item.

    Returns
    -------
    DataFrame
        NaN where the lot is too small to hold an affected item at that level.

    References
    ----------
    .. [1] ISPM 31, Appendix 2 (``ispm_31``).

    Examples
    --------
    >>> detection_table([1000], [0.05, 0.01]).values.tolist()
    [[57.0, 258.0]]
    """
    lots, shares = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (lot_size, levels))
    found = n_to_detect(shares[None, :], confidence=confidence, lot_size=lots[:, None])
    return pd.DataFrame(found, index=pd.Index(lots.astype(np.int64), name="lot_size"), columns=shares)
