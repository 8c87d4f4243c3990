"""What of a survey may be reported, and what changed from one period to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.monitoring.survey.design import Design, unit_has_cases, unit_sums, variance
from riskkit.monitoring.survey.estimates import Domain, membership

REASONS = ("estimate_missing", "estimate_small", "records_few", "cv_large", "cv_unknown")


def reportable(estimates: pd.DataFrame) -> pd.DataFrame:
    """Whether each national estimate may be reported, and every reason why not.

    An estimate is reportable when it is at least 1,200, rests on at least 20 records and has a coefficient
    of variation of at most 33 %. Exact values are compared; one that stands on a bound passes.

    Parameters
    ----------
    estimates : DataFrame
        estimate, n_records, cv (as from `survey_totals`).

    Returns
    -------
    DataFrame
        The same with is_reportable and reasons: ``estimate_missing``, ``estimate_small``, ``records_few``,
        ``cv_large``, ``cv_unknown``, with commas between; and is_on_bound, where one of the three stands
        exactly on its bound.

    Raises
    ------
    InputFaults
        With every missing column.

    References
    ----------
    .. [1] US CPSC, as stated in the NEISS public data (``cpsc_neiss``, ``method_numbers.csv``).

    Examples
    --------
    >>> rows = pd.DataFrame({"estimate": [1371.0, 1150.0], "n_records": [38, 12], "cv": [0.3224, 0.4]})
    >>> reportable(rows)[["is_reportable", "reasons"]].values.tolist()
    [[True, ''], [False, 'estimate_small,records_few,cv_large']]
    """
    names = ("estimate", "n_records", "cv")
    refuse("estimates", [Fault(name, "missing", "a column") for name in names if name not in estimates])
    estimate, n, cv = (estimates[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names)
    bounds = [method_number("neiss_reporting", name) for name in ("estimate", "records", "cv")]
    with np.errstate(invalid="ignore"):
        broken = (np.isnan(estimate), estimate < bounds[0], ~(n >= bounds[1]), cv > bounds[2], np.isnan(cv))
    words = [
        ",".join(word for word, is_so in zip(REASONS, row, strict=True) if is_so)
        for row in np.stack(broken, axis=1)
    ]
    on_bound = (estimate == bounds[0]) | (n == bounds[1]) | (cv == bounds[2])
    return estimates.assign(is_reportable=[not word for word in words], reasons=words, is_on_bound=on_bound)


def survey_changes(
    design: Design, *, period: pd.Series, domain: Domain = None, level: float = 0.95
) -> pd.DataFrame:
    """How much each domain's total changed from one period to the next, with its sampling error.

    The periods are domains of one design, so that hospitals that report in both make the change surer than
    the two totals are: their errors are not independent.

    Parameters
    ----------
    design : Design
        Of all periods together, units keeping their number over the periods.
    period : Series
        Period of each row, such as the year; at least two.
    domain : Series, DataFrame or None
        See `membership`.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a domain and pair of neighbouring periods: domain, before, after (periods),
        total_before, total_after, change, se, lo, hi, ratio, ratio_lo, ratio_hi (missing where a total is 0),
        direction (``rising``, ``falling``, ``not_shown``: by the interval of the change).

    Raises
    ------
    InputFaults
        When a row has no period, there are fewer than two, or `domain` does not fit.

    References
    ----------
    .. [1] Lumley (2004), J. Stat. Software 9(8) (``lumley_2004``).

    Examples
    --------
    >>> from riskkit.monitoring.survey.design import survey_design
    >>> cases = pd.DataFrame({"w": [80, 80, 60, 60, 80], "s": ["S", "S", "M", "M", "S"],
    ...                       "h": [1, 2, 1, 2, 1], "year": [2024, 2024, 2024, 2025, 2025]})
    >>> design = survey_design(cases, weight="w", stratum="s", psu="h")
    >>> survey_changes(design, period=cases["year"])[["change", "se"]].round(1).values.tolist()
    [[-80.0, 144.2]]
    """
    if not 0 < level < 1:
        raise ValueError(f"level lies between 0 and 1, not {shown(level)}")
    n_rows = design.weights.size
    faults = (
        [] if len(period) == n_rows else [Fault("period", f"{len(period)} rows", RuleText("{} rows", n_rows))]
    )
    faults += [Fault(f"period: row {row}", "missing", "known") for row in np.flatnonzero(period.isna())]
    times, periods = pd.factorize(period, sort=True)
    faults += [] if len(periods) > 1 else [Fault("period", f"{len(periods)} periods", "two or more")]
    refuse("survey", faults)
    found = membership(domain, n_rows)
    size, count = len(found.names), len(periods)
    codes = found.codes * count + times[found.rows]
    sums = unit_sums(design, np.ones(codes.size), rows=found.rows, codes=codes, n_codes=size * count)
    first = np.arange(size * count).reshape(size, count)[:, :-1].ravel()
    here = unit_has_cases(design, rows=found.rows, codes=codes, n_codes=size * count)
    sides = _Sides(sums[:, first], sums[:, first + 1], here[:, first] | here[:, first + 1])
    out = _changes(design, sides, wide=float(stdtrit(design.df, 0.5 + level / 2)))
    out.insert(0, "domain", np.repeat(found.names.to_numpy(), count - 1))
    out.insert(1, "before", np.tile(np.asarray(periods)[:-1], size))
    out.insert(2, "after", np.tile(np.asarray(periods)[1:], size))
    return out


@dataclass(frozen=True)
class _Sides:
    """Sums by unit before and after each change, and which units have cases on either side."""

    before: Floats
    after: Floats
    has_cases: NDArray[np.bool_]


def _changes(design: Design, sides: _Sides, *, wide: float) -> pd.DataFrame:
    before, after = sides.before, sides.after
    old, new = before.sum(axis=0), after.sum(axis=0)
    se = np.sqrt(variance(design, after - before, has_cases=sides.has_cases))
    has_ratio = (old > 0) & (new > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = after / np.where(has_ratio, new, np.nan) - before / np.where(has_ratio, old, np.nan)
        log_se = np.sqrt(variance(design, relative, has_cases=sides.has_cases))
        ratio = np.where(has_ratio, new / old, np.nan)
    change = new - old
    lo, hi = change - wide * se, change + wide * se
    return pd.DataFrame(
        {
            "total_before": old,
            "total_after": new,
            "change": change,
            "se": se,
            "lo": lo,
            "hi": hi,
            "ratio": ratio,
            "ratio_lo": ratio * np.exp(-wide * log_se),
            "ratio_hi": ratio * np.exp(wide * log_se),
            "direction": np.select([lo > 0, hi < 0], ["rising", "falling"], default="not_shown"),
        }
    )
