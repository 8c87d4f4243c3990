"""How well laboratories measure: performance scores of ISO 13528, and gaps between need and capability."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]
SCORES = ("z", "z_prime", "zeta", "en")


def _score(results: ArrayLike, assigned: ArrayLike, width: Floats) -> Any:
    with np.errstate(invalid="ignore"):
        if (width <= 0).any() or np.isinf(width).any():
            raise ValueError("standard deviations and uncertainties are finite and not negative, not all 0")
    found = (np.asarray(results, dtype=np.float64) - np.asarray(assigned, dtype=np.float64)) / width
    if isinstance(results, pd.Series):
        return pd.Series(found, index=results.index, name="score")
    return float(found) if np.ndim(found) == 0 else found


def _width(first: ArrayLike, second: ArrayLike) -> Floats:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if (a < 0).any() or (b < 0).any():
            raise ValueError("standard deviations and uncertainties are finite and not negative, not all 0")
    return np.asarray(np.hypot(a, b), dtype=np.float64)


def z_score(results: ArrayLike, assigned: ArrayLike, *, sigma: ArrayLike) -> Any:
    """Z score: (result − assigned value) / standard deviation for proficiency assessment.

    Parameters
    ----------
    results : array_like of float
        Laboratories' results; NaN for missing.
    assigned : array_like of float
        Assigned value, in the same unit.
    sigma : array_like of float
        Standard deviation for proficiency assessment σpt, above 0.

    Returns
    -------
    float, ndarray of float or Series of float

    Raises
    ------
    ValueError
        When `sigma` is not above 0.

    References
    ----------
    .. [1] ISO 13528, 9.4 (``iso_13528``).

    Examples
    --------
    >>> z_score(0.053, 0.044, sigma=0.0066).__round__(2)
    1.36
    """
    return _score(results, assigned, _width(sigma, 0.0))


def z_prime_score(results: ArrayLike, assigned: ArrayLike, *, sigma: ArrayLike, u_assigned: ArrayLike) -> Any:
    """z′ score: as z, with the uncertainty of the assigned value added to the width.

    Used where that uncertainty is not negligible, see `is_uncertainty_negligible`.

    Parameters
    ----------
    results, assigned, sigma
        As for `z_score`.
    u_assigned : array_like of float
        Standard uncertainty of the assigned value.

    Returns
    -------
    float, ndarray of float or Series of float

    Raises
    ------
    ValueError
        When a width is negative, or both are 0.

    References
    ----------
    .. [1] ISO 13528, 9.5 (``iso_13528``).

    Examples
    --------
    >>> z_prime_score(0.053, 0.044, sigma=0.0066, u_assigned=0.0041).__round__(2)
    1.16
    """
    return _score(results, assigned, _width(sigma, u_assigned))


def zeta_score(
    results: ArrayLike, assigned: ArrayLike, *, u_results: ArrayLike, u_assigned: ArrayLike
) -> Any:
    """ζ score: the deviation in units of the two standard uncertainties together.

    Says whether a result agrees with the assigned value within what the laboratory itself claims.

    Parameters
    ----------
    results, assigned
        As for `z_score`.
    u_results, u_assigned : array_like of float
        Standard uncertainties of the result and of the assigned value.

    Returns
    -------
    float, ndarray of float or Series of float

    Raises
    ------
    ValueError
        When an uncertainty is negative, or both are 0.

    References
    ----------
    .. [1] ISO 13528, 9.6 (``iso_13528``).

    Examples
    --------
    >>> zeta_score(0.053, 0.044, u_results=0.0035, u_assigned=0.0041).__round__(2)
    1.67
    """
    return _score(results, assigned, _width(u_results, u_assigned))


def en_score(
    results: ArrayLike, assigned: ArrayLike, *, expanded_results: ArrayLike, expanded_assigned: ArrayLike
) -> Any:
    """En score: the deviation in units of the two expanded uncertainties together.

    Parameters
    ----------
    results, assigned
        As for `z_score`.
    expanded_results, expanded_assigned : array_like of float
        Expanded uncertainties (coverage factor about 2) of the result and of the assigned value.

    Returns
    -------
    float, ndarray of float or Series of float

    Raises
    ------
    ValueError
        When an uncertainty is negative, or both are 0.

    References
    ----------
    .. [1] ISO 13528, 9.7 (``iso_13528``).

    Examples
    --------
    >>> en_score(0.053, 0.044, expanded_results=0.007, expanded_assigned=0.0082).__round__(2)
    0.83
    """
    return _score(results, assigned, _width(expanded_results, expanded_assigned))


def is_uncertainty_negligible(u_assigned: float, *, sigma: float) -> bool:
    """Whether the assigned value is certain enough for plain z scores: u below 0.3 σpt.

    Parameters
    ----------
    u_assigned, sigma : float
        Standard uncertainty of the assigned value; standard deviation for proficiency assessment.

    References
    ----------
    .. [1] ISO 13528, 9.2.1 (``iso_13528``).

    Examples
    --------
    >>> is_uncertainty_negligible(0.0041, sigma=0.0066)
    False
    """
    return u_assigned < method_number("assigned_value", "u_share") * sigma


def judge_score(scores: ArrayLike, *, kind: str) -> Any:
    """What a score means: satisfactory, questionable or unsatisfactory.

    z, z′ and ζ: up to 2 in size satisfactory, from 3 unsatisfactory, between them questionable. En: below 1
    satisfactory, from 1 unsatisfactory.

    Parameters
    ----------
    scores : array_like of float
        NaN for missing.
    kind : str
        ``z``, ``z_prime``, ``zeta`` or ``en``.

    Returns
    -------
    ndarray of object
        Missing (None) where the score is.

    Raises
    ------
    ValueError
        When there is no such kind.

    References
    ----------
    .. [1] ISO 13528, 9.4–9.7 (``iso_13528``).

    Examples
    --------
    >>> judge_score([2.0, -2.5, 3.0], kind="z").tolist()
    ['satisfactory', 'questionable', 'unsatisfactory']
    """
    if kind not in SCORES:
        raise ValueError(f"kind is one of {', '.join(SCORES)}, not {shown(kind)}")
    size = np.abs(np.atleast_1d(np.asarray(scores, dtype=np.float64)))
    out = np.full(size.shape, "satisfactory", dtype=object)
    with np.errstate(invalid="ignore"):
        if kind != "en":
            out[size > method_number(kind, "questionable")] = "questionable"
        out[size >= method_number(kind, "unsatisfactory")] = "unsatisfactory"
    out[np.isnan(size)] = None
    return out


_NEED_COLUMNS = ("need_id", "item", "n_per_year", "limit_needed")
_ABILITY_COLUMNS = ("laboratory", "item", "n_per_year", "limit_reached", "valid_to", "last_score")


def capability_gaps(needs: pd.DataFrame, abilities: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Where the laboratories cannot do what monitoring needs, and why.

    A laboratory can serve a need when it tests the item, its accreditation is valid on the day, it reaches
    the limit needed and its last proficiency score is not unsatisfactory (a missing score is not counted
    against it, but named). Capacity is shared: the strictest need of an item is served first, which leaves
    the most for the others.

    Parameters
    ----------
    needs : DataFrame
        need_id, item, n_per_year (tests), limit_needed (limit of quantification, any unit; missing: none).
    abilities : DataFrame
        laboratory, item, n_per_year (tests it can take), limit_reached, valid_to (``YYYY-MM-DD``),
        last_score (z score; missing: none).
    on : date
        The day.

    Returns
    -------
    DataFrame
        Index need_id: item, needed, served, gap, reason (``none``, ``no_laboratory``, ``not_accredited``,
        ``limit_not_reached``, ``score_unsatisfactory``, ``capacity_short``), laboratories,
        n_without_score.

    Raises
    ------
    InputFaults
        With every missing column and wrong value.

    Examples
    --------
    >>> wanted = pd.DataFrame({"need_id": ["n1", "n2"], "item": ["lead", "lead"], "n_per_year": [60, 80],
    ...                        "limit_needed": [1.0, 5.0]})
    >>> able = pd.DataFrame({"laboratory": ["A"], "item": ["lead"], "n_per_year": [100],
    ...                      "limit_reached": [1.0], "valid_to": ["2030-01-01"], "last_score": [0.4]})
    >>> found = capability_gaps(wanted, able, on=dt.date(2026, 1, 1))
    >>> found[["served", "gap", "reason"]].values.tolist()
    [[60.0, 0.0, 'none'], [40.0, 40.0, 'capacity_short']]
    """
    _refuse_capability(needs, abilities)
    numbers = ["n_per_year", "limit_reached", "last_score"]
    abilities = abilities.assign(**{name: pd.to_numeric(abilities[name]) for name in numbers})
    rows = []
    for _, wanted in needs.groupby("item", sort=False):
        able = abilities[abilities["item"] == wanted["item"].iloc[0]].reset_index(drop=True)
        able["left"] = able["n_per_year"].astype("float64")
        order = wanted.sort_values("limit_needed", kind="stable", na_position="last")
        for need in order.to_dict("records"):
            usable, reason = _usable(able, need["limit_needed"], on)
            served = min(float(need["n_per_year"]), float(usable["left"].sum()))
            able["left"] = _after(able["left"], usable.index, served)
            gap = float(need["n_per_year"]) - served
            why = "none" if gap == 0 else (reason if usable.empty else "capacity_short")
            named = "; ".join(map(str, usable["laboratory"]))
            unscored = int(usable["last_score"].isna().sum())
            rows.append(
                (need["need_id"], need["item"], need["n_per_year"], served, gap, why, named, unscored)
            )
    columns = ["need_id", "item", "needed", "served", "gap", "reason", "laboratories", "n_without_score"]
    return pd.DataFrame(rows, columns=columns).set_index("need_id").loc[list(needs["need_id"])]


def _usable(able: pd.DataFrame, limit: float, on: dt.date) -> tuple[pd.DataFrame, str]:
    """Laboratories left after each condition, and the first condition that left none."""
    conditions = {
        "no_laboratory": pd.Series(True, index=able.index),
        "not_accredited": able["valid_to"].astype(str) >= on.isoformat(),
        "limit_not_reached": (able["limit_reached"] <= limit) | pd.isna(limit),
        "score_unsatisfactory": ~(able["last_score"].abs() >= method_number("z", "unsatisfactory")),
    }
    left = able
    for reason, good in conditions.items():
        left = left[good.loc[left.index].astype(bool)]
        if left.empty:
            return left, reason
    return left, "none"


def _after(left: pd.Series[float], used: pd.Index, amount: float) -> pd.Series[float]:
    """What capacity is left when `amount` is taken from the laboratories `used`, in their order."""
    mine = left.loc[used]
    before = mine.cumsum() - mine
    out = left.copy()
    out.loc[used] = mine - (amount - before).clip(lower=0.0, upper=mine)
    return out


def _refuse_capability(needs: pd.DataFrame, abilities: pd.DataFrame) -> None:
    faults = [Fault(f"needs: {n}", "missing", "a column") for n in _NEED_COLUMNS if n not in needs]
    faults += [
        Fault(f"abilities: {n}", "missing", "a column") for n in _ABILITY_COLUMNS if n not in abilities
    ]
    refuse("capability gaps", faults)
    for row in np.flatnonzero(needs["need_id"].duplicated()):
        faults.append(Fault(f"needs: row {row}", shown(needs["need_id"].iloc[row]), "an id that stands once"))
    for name, table in (("needs", needs), ("abilities", abilities)):
        numbers = pd.to_numeric(table["n_per_year"], errors="coerce")
        for row in np.flatnonzero(~((numbers >= 0) & (numbers < np.inf))):
            rule = "a number of tests from 0 up"
            faults.append(Fault(f"{name}: row {row}: n_per_year", shown(table["n_per_year"].iloc[row]), rule))
    for name, table, column in (
        ("needs", needs, "limit_needed"),
        ("abilities", abilities, "limit_reached"),
        ("abilities", abilities, "last_score"),
    ):
        numbers = pd.to_numeric(table[column], errors="coerce")
        for row in np.flatnonzero((numbers.isna() & table[column].notna()) | np.isinf(numbers)):
            rule = "a finite number, or missing"
            faults.append(Fault(f"{name}: row {row}: {column}", shown(table[column].iloc[row]), rule))
    days = abilities["valid_to"].astype(str)
    for row in np.flatnonzero(~days.str.fullmatch(r"\d{4}-\d{2}-\d{2}")):
        faults.append(Fault(f"abilities: row {row}: valid_to", shown(days.iloc[row]), "YYYY-MM-DD"))
    refuse("capability gaps", faults)
