"""Repeated information about one product and maker: a grade that moves with time, and how sure it is.

SN/T 4839-2017 assesses repeated information by a moving weighted average built on Bayes' theorem; its
formula is not public. This one serves the same purpose and is our own.

Derivation. Information is *the same* when commodity class and maker (brand, manufacturer or consignor)
agree. Batches k of one key found x_k nonconforming among n_k. The nonconformity rate θ has the prior
Beta(α, β). Old batches count less: the likelihood of batch k is raised to the power w_k = ½^(age/half-life)
(a power prior, so that the product stays a beta distribution), which gives at time t

    θ | data ~ Beta(α + Σ w_k x_k, β + Σ w_k (n_k − x_k)).

The hazard is the average of the hazard scores h_k of the nonconforming items with the same weights,
H = Σ w_k x_k h_k / Σ w_k x_k, between 1 and 4. The index is the posterior mean of θ times H, its interval the
quantiles of θ times H, its grade a house band. An alert is raised when P(θ > p₀) reaches its bound.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincc, betaincinv

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards.method_numbers import method_number, score_bands
from riskkit.foundation.standards.scales import as_levels, band_codes, scale

Floats = NDArray[np.float64]
COLUMNS = ("commodity", "maker", "date", "n_tested", "n_nonconforming", "hazard_score")
_HIGHEST_HAZARD = 4


@dataclass(frozen=True)
class MovingWeights:
    """The numbers of the moving weighted average; all of them house choices.

    Parameters
    ----------
    half_life : float
        Time in which a batch loses half its weight [d]; infinite for no forgetting.
    alpha, beta : float
        Prior of the nonconformity rate, above 0.
    rate_limit : float
        Rate p₀ of concern, between 0 and 1.
    alert : float
        P(rate > p₀) that raises an alert, between 0 and 1.
    level : float
        Credible level of the interval, between 0 and 1.

    Raises
    ------
    InputFaults
        With every number outside its range.
    """

    half_life: float
    alpha: float
    beta: float
    rate_limit: float
    alert: float
    level: float = 0.90

    def __post_init__(self) -> None:
        ranges = {
            "half_life": (self.half_life > 0, "above 0 d"),
            "alpha": (0 < self.alpha < np.inf, "above 0"),
            "beta": (0 < self.beta < np.inf, "above 0"),
            "rate_limit": (0 < self.rate_limit < 1, "between 0 and 1"),
            "alert": (0 < self.alert < 1, "between 0 and 1"),
            "level": (0 < self.level < 1, "between 0 and 1"),
        }
        faults = [Fault(n, shown(getattr(self, n)), rule) for n, (good, rule) in ranges.items() if not good]
        refuse("moving weights", faults)


def house_weights() -> MovingWeights:
    """The shipped house choices, from ``method_numbers.csv``.

    Examples
    --------
    >>> house_weights().half_life
    365.0
    """
    names = {"half_life": "half_life", "alpha": "prior_alpha", "beta": "prior_beta"}
    names |= {name: name for name in ("rate_limit", "alert")}
    return MovingWeights(**{field: method_number("repeated_information", n) for field, n in names.items()})


def repeated_information(records: pd.DataFrame, *, weights: MovingWeights) -> pd.DataFrame:
    """The grade of each product and maker after each piece of information.

    Parameters
    ----------
    records : DataFrame
        commodity, maker (one name for brand, manufacturer or consignor), date (``YYYY-MM-DD``), n_tested,
        n_nonconforming, hazard_score (1–4, mean over the nonconforming items; may be missing where there
        are none). Any order.
    weights : MovingWeights
        Such as `house_weights`.

    Returns
    -------
    DataFrame
        One row a commodity, maker and day, in time order: n_records so far, effective_tested (Σ w n),
        rate_mean, rate_lo, rate_hi, p_above (P(rate > p₀)), hazard_mean, index_mean, index_lo, index_hi,
        grade, grade_lo, grade_hi (``low`` < ``medium`` < ``high`` < ``very_high``), is_alert. Where no
        nonconforming item was ever seen there is no hazard score: hazard, index and grades are missing.

    Raises
    ------
    InputFaults
        With every missing column and wrong value.

    See Also
    --------
    state_on : the same on a later day, without new information.

    References
    ----------
    .. [1] House method of this project (``riskkit_house``), see the module's derivation; purpose as SN/T
       4839-2017, whose formula is not public.

    Examples
    --------
    >>> seen = pd.DataFrame({"commodity": ["toy"] * 2, "maker": ["A"] * 2, "n_tested": [10, 10],
    ...                      "date": ["2025-01-01", "2026-01-01"],
    ...                      "n_nonconforming": [4, 0], "hazard_score": [3, None]})
    >>> found = repeated_information(seen, weights=house_weights())
    >>> found["rate_mean"].round(4).tolist()
    [0.4091, 0.1562]
    """
    _refuse_records(records)
    rows = _daily(records)
    sums = _moving_sums(rows, weights.half_life)
    return pd.concat([rows[["commodity", "maker", "date", "n_records"]], _judged(sums, weights)], axis=1)


def state_on(graded: pd.DataFrame, day: dt.date, *, weights: MovingWeights) -> pd.DataFrame:
    """The grade of each product and maker on a day, older information having faded since.

    Parameters
    ----------
    graded : DataFrame
        From `repeated_information` with the same weights.
    day : date
        Information after this day is not used.
    weights : MovingWeights
        As before.

    Returns
    -------
    DataFrame
        One row a commodity and maker with information by that day, columns as before, and days_since its
        last information.

    Examples
    --------
    >>> seen = pd.DataFrame({"commodity": ["toy"], "maker": ["A"], "date": ["2025-01-01"],
    ...                      "n_tested": [10], "n_nonconforming": [4], "hazard_score": [3]})
    >>> found = repeated_information(seen, weights=house_weights())
    >>> state_on(found, dt.date(2026, 1, 1), weights=house_weights())["rate_mean"].round(4).tolist()
    [0.4167]
    """
    past = graded[graded["date"] <= day.isoformat()]
    last = past.groupby(["commodity", "maker"], sort=False).tail(1).reset_index(drop=True)
    age = (pd.Timestamp(day) - pd.to_datetime(last["date"])).dt.days.to_numpy(dtype=np.float64)
    fade = np.exp2(-age / weights.half_life)
    bad = last["effective_nonconforming"].to_numpy() * fade
    tested = last["effective_tested"].to_numpy() * fade
    harm = last["hazard_mean"].to_numpy(dtype=np.float64)
    sums = np.stack([tested, bad, np.where(np.isnan(harm), 0.0, harm) * bad])
    sums[2] = np.where(np.isnan(harm), np.nan, sums[2])
    keys = last[["commodity", "maker", "date", "n_records"]].assign(days_since=age.astype(np.int64))
    return pd.concat([keys, _judged(sums, weights)], axis=1)


def _daily(records: pd.DataFrame) -> pd.DataFrame:
    """Records of one key and day added up, keys together and days in order."""
    number = records[["n_tested", "n_nonconforming", "hazard_score"]].astype("float64")
    harm = np.where(number["n_nonconforming"] > 0, number["n_nonconforming"] * number["hazard_score"], 0.0)
    table = records[["commodity", "maker", "date"]].assign(
        tested=number["n_tested"], bad=number["n_nonconforming"], harm=harm, n_records=1
    )
    days = table.groupby(["commodity", "maker", "date"], sort=True).sum().reset_index()
    days["n_records"] = days.groupby(["commodity", "maker"])["n_records"].cumsum()
    return days


def _moving_sums(rows: pd.DataFrame, half_life: float) -> Floats:
    """Σ w n, Σ w x and Σ w x h at each row: the last sum faded by the time since, plus the new batch."""
    days = pd.to_datetime(rows["date"]).to_numpy().astype("datetime64[D]").astype(np.float64)
    number = rows.groupby(["commodity", "maker"], sort=False).cumcount().to_numpy()
    sums = rows[["tested", "bad", "harm"]].to_numpy(dtype=np.float64).T.copy()
    order = np.argsort(number, kind="stable")
    ends = np.searchsorted(number[order], np.arange(number.max(initial=-1) + 2))
    for step in range(1, ends.size - 1):
        now = order[ends[step] : ends[step + 1]]
        fade = np.exp2(-(days[now] - days[now - 1]) / half_life)
        sums[:, now] += sums[:, now - 1] * fade
    return np.asarray(sums, dtype=np.float64)


def _judged(sums: Floats, weights: MovingWeights) -> pd.DataFrame:
    tested, bad, harm = sums
    a, b = weights.alpha + bad, weights.beta + np.maximum(tested - bad, 0.0)
    tail = (1 - weights.level) / 2
    mean, lo, hi = a / (a + b), betaincinv(a, b, tail), betaincinv(a, b, 1 - tail)
    above = betaincc(a, b, weights.rate_limit)
    with np.errstate(invalid="ignore", divide="ignore"):
        hazard = np.where(bad > 0, harm / bad, np.nan)
    table = {
        "effective_tested": tested,
        "effective_nonconforming": bad,
        "rate_mean": mean,
        "rate_lo": lo,
        "rate_hi": hi,
        "p_above": above,
        "hazard_mean": hazard,
        "index_mean": mean * hazard,
        "index_lo": lo * hazard,
        "index_hi": hi * hazard,
    }
    bands = score_bands("repeated")
    out = pd.DataFrame(table)
    for name, index in (("grade", "index_mean"), ("grade_lo", "index_lo"), ("grade_hi", "index_hi")):
        codes = band_codes(out[index].to_numpy(dtype=np.float64), bands.edges, closed=bands.closed)
        out[name] = as_levels(codes, scale("repeated"), out[index])
    return out.assign(is_alert=above >= weights.alert)


def _refuse_records(records: pd.DataFrame) -> None:
    faults = [Fault(name, "missing", "a column of the records") for name in COLUMNS if name not in records]
    refuse("repeated information", faults)
    tested, bad, harm = (pd.to_numeric(records[name], errors="coerce") for name in COLUMNS[3:])
    text = records["date"].astype(str)
    days = pd.to_datetime(text.where(text.str.len() == 10), format="%Y-%m-%d", errors="coerce")
    on_scale = (harm >= 1) & (harm <= _HIGHEST_HAZARD)
    rules = {
        "commodity": (records["commodity"].notna(), "a name"),
        "maker": (records["maker"].notna(), "a name"),
        "date": (days.notna(), "YYYY-MM-DD"),
        "n_tested": ((tested > 0) & (tested < np.inf) & (tested % 1 == 0), "a whole number above 0"),
        "n_nonconforming": (
            (bad >= 0) & (bad <= tested) & (bad % 1 == 0),
            "a whole number from 0 to n_tested",
        ),
        "hazard_score": (
            on_scale | ((bad == 0) & records["hazard_score"].isna()),
            "from 1 to 4 (missing only without nonconforming items)",
        ),
    }
    for name, (good, rule) in rules.items():
        for row in np.flatnonzero(~good.to_numpy(dtype=bool)):
            faults.append(Fault(f"row {row}: {name}", shown(records[name].iloc[row]), rule))
    refuse("repeated information", faults)
