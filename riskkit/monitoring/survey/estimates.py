"""National figures from a sample: weighted totals, means, ratios and shares with their sampling error.

For surveys such as the US injury survey NEISS (hospitals in strata, weighted cases) and injury reports of
sentinel hospitals. All domains (products, years, ports) are done at once from sums by sampling unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv, expit, logit, ndtri, stdtrit

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, floats
from riskkit.monitoring.survey.design import (
    Design,
    Whole,
    jackknife_variance,
    unit_has_cases,
    unit_sums,
    variance,
)

Domain = pd.Series | pd.DataFrame | None
ERRORS = ("taylor", "jackknife")
ENDS = ("t", "normal")


@dataclass(frozen=True)
class Membership:
    """Which row of a survey counts for which domain.

    Parameters
    ----------
    rows, codes : ndarray of int
        Row and number of the domain, once a pair.
    names : Index
        The domains by number.
    """

    rows: Whole
    codes: Whole
    names: pd.Index


def membership(domain: Domain, n_rows: int) -> Membership:
    """Which rows count for which domain.

    Parameters
    ----------
    domain : Series, DataFrame or None
        A Series names the domain of each row (missing: none). A DataFrame names several, such as the two
        products of an injury: a row counts for each of them, once however often it is named. None is one
        domain of all rows.
    n_rows : int
        Rows of the design.

    Raises
    ------
    InputFaults
        When there are not as many rows.

    Examples
    --------
    >>> both = pd.DataFrame({"product_1": ["stairs", "bed"], "product_2": ["stairs", "stairs"]})
    >>> found = membership(both, 2)
    >>> found.rows.tolist(), found.names[found.codes].tolist()
    ([0, 1, 1], ['stairs', 'bed', 'stairs'])
    """
    if domain is None:
        rows = np.arange(n_rows)
        return Membership(rows, np.zeros(n_rows, dtype=np.int64), pd.Index(["all"]))
    if len(domain) != n_rows:
        refuse("survey", [Fault("domain", f"{len(domain)} rows", RuleText("{} rows, as the design", n_rows))])
    columns = [domain] if isinstance(domain, pd.Series) else [domain[name] for name in domain]
    if len(columns) == 1:
        codes, names = pd.factorize(columns[0], sort=True)
        rows = np.arange(n_rows) if (codes >= 0).all() else np.flatnonzero(codes >= 0)
        return Membership(rows, codes[rows].astype(np.int64), pd.Index(names))
    every, names = pd.factorize(pd.concat(columns, ignore_index=True), sort=True)
    parts = every.reshape(len(columns), n_rows)
    rows_, codes_ = [], []
    for number, part in enumerate(parts):
        is_new = (part >= 0) & ~(parts[:number] == part).any(axis=0)
        rows_.append(np.flatnonzero(is_new))
        codes_.append(part[is_new])
    rows, codes = np.concatenate(rows_), np.concatenate(codes_).astype(np.int64)
    order = np.argsort(rows, kind="stable")
    return Membership(rows[order], codes[order], pd.Index(names))


def _values(given: Any, n_rows: int, what: str) -> Floats:
    if given is None:
        return np.ones(n_rows)
    found = floats(given) if isinstance(given, pd.Series) else np.asarray(given, dtype=np.float64)
    if found.shape != (n_rows,):
        refuse(
            "survey", [Fault(what, f"{found.shape}", RuleText("one number a row of the design ({})", n_rows))]
        )
    wrong = np.flatnonzero(np.isinf(found))
    refuse(
        "survey", [Fault(f"{what}: row {row}", "infinite", "a finite number, or missing") for row in wrong]
    )
    return found


def survey_totals(
    design: Design,
    *,
    domain: Domain = None,
    values: Any = None,
    level: float = 0.95,
    error: str = "taylor",
    ends: str = "t",
) -> pd.DataFrame:
    """How many in the population, or how much, by domain, with the sampling error.

    Parameters
    ----------
    design : Design
        Of the whole survey.
    domain : Series, DataFrame or None
        See `membership`.
    values : array_like of float, optional
        Variable to add up; cases are counted otherwise. Where it is missing for a case of a domain, that
        domain's total is missing.
    level : float
        Confidence level, between 0 and 1.
    error : str
        ``taylor`` or ``jackknife``.
    ends : str
        ``t`` (with units less strata degrees of freedom) or ``normal``.

    Returns
    -------
    DataFrame
        Index: the domains in order. n_records, n_missing, estimate, se, cv, lo, hi, note
        (``values_missing`` or empty).

    Raises
    ------
    InputFaults
        When `domain` or `values` do not fit the design.

    References
    ----------
    .. [1] Lumley (2004), J. Stat. Software 9(8) (``lumley_2004``).

    Examples
    --------
    >>> from riskkit.monitoring.survey.design import survey_design
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2],
    ...                       "product": ["toy", "bed", "toy", "toy"]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> survey_totals(design, domain=cases["product"])[["estimate", "se"]].round(1).values.tolist()
    [[80.0, 80.0], [200.0, 80.0]]
    """
    _check_words(level, error, ends)
    found = membership(domain, design.weights.size)
    of_row = _values(values, design.weights.size, "values")[found.rows]
    is_missing = np.isnan(of_row)
    size = len(found.names)
    sums = unit_sums(
        design, np.where(is_missing, 0.0, of_row), rows=found.rows, codes=found.codes, n_codes=size
    )
    here = unit_has_cases(design, rows=found.rows, codes=found.codes, n_codes=size)
    squares = (
        variance(design, sums, has_cases=here) if error == "taylor" else jackknife_variance(design, sums)
    )
    out = _table(found, sums.sum(axis=0), squares, is_missing=is_missing)
    out = _with_ends(out, design.df, level=level, ends=ends)
    unknown = out["n_missing"] > 0
    out.loc[unknown, ["estimate", "se", "cv", "lo", "hi"]] = np.nan
    out["note"] = np.where(unknown, "values_missing", "")
    return out


def survey_ratios(
    design: Design,
    numerator: Any,
    denominator: Any = None,
    *,
    domain: Domain = None,
    level: float = 0.95,
    error: str = "taylor",
    ends: str = "t",
) -> pd.DataFrame:
    """Ratios of two totals by domain; a mean without a denominator.

    Cases of which either variable is missing are left out as a domain of their own would be, that is with
    weight 0 and within the whole design, and counted.

    Parameters
    ----------
    design, domain, level, error, ends
        As for `survey_totals`.
    numerator, denominator : array_like of float, one a row of the design
        Variables; the denominator is 1 where it is not given, which makes a mean.

    Returns
    -------
    DataFrame
        As `survey_totals`; note ``no_denominator`` where the denominator adds up to 0.

    Raises
    ------
    InputFaults
        When `domain` or a variable does not fit the design.

    References
    ----------
    .. [1] Lumley (2004), J. Stat. Software 9(8) (``lumley_2004``).

    Examples
    --------
    >>> from riskkit.monitoring.survey.design import survey_design
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> survey_ratios(design, [30, 50, 10, 20])["estimate"].round(3).tolist()
    [29.286]
    """
    _check_words(level, error, ends)
    found, n_rows = membership(domain, design.weights.size), design.weights.size
    top, bottom = (_values(v, n_rows, "values")[found.rows] for v in (numerator, denominator))
    is_missing = np.isnan(top) | np.isnan(bottom)
    sums = [
        unit_sums(
            design, np.where(is_missing, 0.0, v), rows=found.rows, codes=found.codes, n_codes=len(found.names)
        )
        for v in (top, bottom)
    ]
    whole = sums[1].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(whole == 0, np.nan, sums[0].sum(axis=0) / whole)
        linear = np.where(whole == 0, 0.0, (sums[0] - ratio * sums[1]) / whole)
    known, size = ~is_missing, len(found.names)
    here = unit_has_cases(design, rows=found.rows[known], codes=found.codes[known], n_codes=size)
    squares = (
        variance(design, linear, has_cases=here)
        if error == "taylor"
        else jackknife_variance(design, sums[0], sums[1])
    )
    out = _with_ends(_table(found, ratio, squares, is_missing=is_missing), design.df, level=level, ends=ends)
    out.loc[whole == 0, ["se", "cv", "lo", "hi"]] = np.nan
    out["note"] = np.where(whole == 0, "no_denominator", "")
    return out


def survey_shares(
    design: Design, domain: pd.Series | pd.DataFrame, *, level: float = 0.95, method: str = "logit"
) -> pd.DataFrame:
    """The share of each domain in the population, with an interval that stays within 0 and 1.

    Parameters
    ----------
    design, domain, level
        As for `survey_totals`. A row in no domain counts in the whole.
    method : str
        ``logit`` (symmetric on the logit scale) or ``beta`` (Korn and Graubard: the exact interval with the
        effective sample size, for rare domains).

    Returns
    -------
    DataFrame
        As `survey_totals`.

    Raises
    ------
    ValueError
        When there is no such method.

    References
    ----------
    .. [1] Korn and Graubard (1998), Survey Methodology 24:193–201 (``korn_graubard_1998``).

    Examples
    --------
    >>> from riskkit.monitoring.survey.design import survey_design
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60], "s": ["S", "S", "M", "M"], "h": [1, 2, 1, 2],
    ...                       "product": ["toy", "bed", "toy", "toy"]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> survey_shares(design, cases["product"])["estimate"].round(3).to_dict()
    {'bed': 0.286, 'toy': 0.714}
    """
    _check_words(level, "taylor", "t")
    if method not in ("logit", "beta"):
        raise ValueError(f"method is logit or beta, not {shown(method)}")
    found = membership(domain, design.weights.size)
    sums = unit_sums(
        design, np.ones(found.rows.size), rows=found.rows, codes=found.codes, n_codes=len(found.names)
    )
    units = np.bincount(design.psu, design.weights, minlength=design.stratum.size)[:, None]
    share = sums.sum(axis=0) / units.sum()
    squares = variance(design, (sums - share * units) / units.sum())
    out = _table(found, share, squares, is_missing=np.zeros(found.rows.size, dtype=np.bool_))
    se, wide = out["se"].to_numpy(), float(stdtrit(design.df, 0.5 + level / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "logit":
            half = wide * se / (share * (1 - share))
            lo, hi = expit(logit(share) - half), expit(logit(share) + half)
        else:
            given = float(stdtrit(design.weights.size - 1, 0.5 + level / 2))
            size = share * (1 - share) / squares * (given / wide) ** 2
            tail = (1 - level) / 2
            lo = betaincinv(size * share, size * (1 - share) + 1, tail)
            hi = betaincinv(size * share + 1, size * (1 - share), 1 - tail)
    sure = squares == 0
    out["lo"], out["hi"] = np.where(sure, share, lo), np.where(sure, share, hi)
    return out.assign(note="")


def _check_words(level: float, error: str, ends: str) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level lies between 0 and 1, not {shown(level)}")
    for name, word, words in (("error", error, ERRORS), ("ends", ends, ENDS)):
        if word not in words:
            raise ValueError(f"{name} is one of {', '.join(words)}, not {shown(word)}")


def _table(found: Membership, estimate: Floats, squares: Floats, *, is_missing: Any) -> pd.DataFrame:
    size = len(found.names)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(squares)
        cv = np.where(estimate == 0, np.nan, se / np.abs(estimate))
    counts = np.bincount(found.codes, minlength=size), np.bincount(found.codes[is_missing], minlength=size)
    columns = {"n_records": counts[0], "n_missing": counts[1], "estimate": estimate, "se": se, "cv": cv}
    return pd.DataFrame(columns, index=pd.Index(found.names, name="domain"))


def _with_ends(out: pd.DataFrame, df: int, *, level: float, ends: str) -> pd.DataFrame:
    share = 0.5 + level / 2
    wide = (
        float(stdtrit(df, share))
        if ends == "t" and df > 0
        else np.nan
        if ends == "t"
        else float(ndtri(share))
    )
    return out.assign(lo=out["estimate"] - wide * out["se"], hi=out["estimate"] + wide * out["se"])
