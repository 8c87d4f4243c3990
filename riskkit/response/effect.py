"""What an estimated effect means for a warning: lower, keep, raise, lift, or not enough evidence."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.effect_series import SeriesFit

DESIGNS = ("interrupted_series", "controlled_series", "synthetic_control", "empirical_bayes", "before_after")

_NEEDED = (
    NumberColumn("level", low=1, high=4, is_whole=True, may_miss=True),
    NumberColumn("n_before", low=0, may_miss=True),
    NumberColumn("n_after", low=0, may_miss=True),
    NumberColumn("ratio", low=0, may_miss=True),
    NumberColumn("ratio_lo", low=0, may_miss=True),
    NumberColumn("ratio_hi", low=0, may_miss=True),
)
_OPTIONAL = (
    NumberColumn("misfit", low=0, may_miss=True),
    NumberColumn("power", low=0, high=1, may_miss=True),
    NumberColumn("rate_hi", low=0, may_miss=True),
    NumberColumn("limit", low=0, may_miss=True),
)


def average_ratio(fit: SeriesFit, design: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """The effect on each series, step and slope together, averaged over the periods with the measure.

    Parameters
    ----------
    fit : SeriesFit
        Of `fit_series` with a design of `segmented_design` or `controlled_design`.
    design : DataFrame
        That design.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a series: ratio, ratio_lo, ratio_hi (with the measure over without it), n_before, n_after
        (periods). Of the linear models the effect is divided by the mean expected without it, whose own
        uncertainty is left out; missing where that is not above 0.

    Examples
    --------
    >>> from riskkit.response.effect_series import fit_series, segmented_design
    >>> seen = pd.DataFrame({"port 1": [20, 22, 19, 21, 20, 10, 11, 9, 10, 10]})
    >>> design = segmented_design(10, 6, has_slope=False)
    >>> average_ratio(fit_series(seen, design, model="quasi_poisson"), design).round(2).iloc[0].tolist()
    [0.51, 0.43, 0.6, 5.0, 5.0]
    """
    names = [name for name in ("treated_level", "treated_slope_change") if name in design]
    is_treated = design["treated"].to_numpy() > 0 if names else np.ones(len(design), dtype=np.bool_)
    names = names or [name for name in ("level", "slope_change") if name in design]
    is_after = (design["level"].to_numpy() > 0) & is_treated
    contrast = design[names].to_numpy(np.float64)[is_after].mean(axis=0)
    at = np.flatnonzero(design.columns.isin(names))  # in the order of the design, as are `names`
    coefficients = fit.terms["estimate"].to_numpy().reshape(len(fit.series), -1)
    effect = coefficients[:, at] @ contrast
    se = np.sqrt(((fit.covariance[:, at][:, :, at] @ contrast) * contrast).sum(axis=1))
    reach = float(ndtri((1 + level) / 2)) * se
    bounds = np.stack([effect, effect - reach, effect + reach])
    if fit.is_log:
        ratios = np.exp(bounds)
    else:
        without = design.assign(**dict.fromkeys(names, 0.0)).to_numpy(np.float64)[is_after].mean(axis=0)
        expected = coefficients @ without
        ratios = np.maximum(1 + bounds / np.where(expected > 0, expected, np.nan), 0)
    table = pd.DataFrame(ratios.T, columns=["ratio", "ratio_lo", "ratio_hi"], index=fit.series.index)
    n_before = int((~(design["level"].to_numpy() > 0) & is_treated).sum())
    return table.assign(n_before=n_before, n_after=int(is_after.sum()))


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """What each effect means for the level of its warning. Unknown never lowers and never lifts.

    Parameters
    ----------
    facts : DataFrame
        One row a measure: design (how the effect was estimated, one of `DESIGNS`), level (1 is Ⅳ … 4 is Ⅰ),
        n_before, n_after (periods; not needed of empirical Bayes), ratio, ratio_lo, ratio_hi (rate with the
        measure over the rate expected without it). If known: misfit (of a synthetic control), power (to see
        the wanted effect), rate_hi (upper bound of the rate that remains) and limit (the highest acceptable
        rate, same unit).
    on : date
        Day whose rules apply.
    rules : DataFrame, optional
        Of the shape of ``effect_rules``.

    Returns
    -------
    DataFrame
        Index of `facts`: decision (``lower``, ``keep``, ``raise``, ``lift``, ``not_enough_evidence``),
        rule_id, reason, margin (periods, misfit, or logarithm of the ratio between the deciding bound and
        the rule's number: above 0 the decision is safe by that much, below 0 a milder one is that far off;
        of a lift the share of the limit that is left), status, source_id, zh, en (the verdict as a sentence).

    Raises
    ------
    InputFaults
        With every missing column and wrong value, and when a rule is not in force on the day.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 11 (``sc_2017_43``): effect evaluation decides on level and lifting; the
       numbers are house (``effect_rules``).

    Examples
    --------
    >>> facts = pd.DataFrame({"design": ["interrupted_series"], "level": [3], "n_before": [24],
    ...                       "n_after": [12], "ratio": [0.5], "ratio_lo": [0.4], "ratio_hi": [0.62]})
    >>> decide(facts, on=dt.date(2026, 5, 1))[["decision", "rule_id"]].iloc[0].tolist()
    ['lower', 'EF-12']
    """
    table = standards.in_force(standards.table("effect_rules") if rules is None else rules, on)
    table = table.sort_values("order").set_index("rule_id")
    known = _read(facts, table)
    holds, margins = _holding(known, table["number"])
    order = list(table.index)
    first = np.argmax(np.array([holds[rule] for rule in order]), axis=0)
    chosen = table.iloc[first].reset_index()
    found: pd.DataFrame = chosen[["decision", "rule_id", "reason"]].assign(
        margin=np.array([margins[rule] for rule in order])[first, np.arange(len(facts))],
        status=chosen["status"],
        source_id=chosen["source_id"],
    )
    values = pd.DataFrame({name: column for name, column in known.items() if name != "design"})
    rows = records(values.assign(number=chosen["number"]))
    for lang in ("zh", "en"):
        found[lang] = [text.format_map(row) for text, row in zip(chosen[lang], rows, strict=True)]
    found.index = facts.index
    return found


def effect_agrees(verdicts: pd.Series, move: str) -> pd.Series:
    """Whether verdicts on effect agree that a level is lowered, or a warning or measure lifted.

    Parameters
    ----------
    verdicts : Series of str
        Column `decision` of `decide`; missing where nothing was evaluated.
    move : str
        ``lower`` (agreed by ``lower`` and ``lift``) or ``lift`` (agreed by ``lift`` alone).

    Returns
    -------
    Series of bool
        False where nothing was evaluated: unknown agrees to nothing.

    Raises
    ------
    InputFaults
        When there is no such move.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 11 (``sc_2017_43``): effect evaluation decides on level and lifting.

    Examples
    --------
    >>> effect_agrees(pd.Series(["lower", "lift", "keep", None]), "lift").tolist()
    [False, True, False, False]
    """
    agreeing = {"lower": ("lower", "lift"), "lift": ("lift",)}
    refuse("effect", [] if move in agreeing else [Fault("move", shown(move), "one of lower, lift")])
    return verdicts.isin(agreeing[move])


RULES = tuple(f"EF-{number:02d}" for number in range(1, 16))


def _read(facts: pd.DataFrame, table: pd.DataFrame) -> dict[str, Floats]:
    refuse(
        "rules", [Fault("rules", rule, "in force on the day") for rule in RULES if rule not in table.index]
    )
    filled = facts.assign(**{c.name: facts.get(c.name, np.nan) for c in _OPTIONAL})
    known = number_columns(filled, [*_NEEDED, *_OPTIONAL], what="facts", texts=["design"])
    faults = [
        Fault(
            f"facts: row {row}: design",
            shown(facts["design"].iloc[row]),
            one_of(str(facts["design"].iloc[row]), DESIGNS),
        )
        for row in np.flatnonzero(~facts["design"].isin(DESIGNS))
    ]
    with np.errstate(invalid="ignore"):
        crossed = (known["ratio_lo"] > known["ratio"]) | (known["ratio"] > known["ratio_hi"])
    for row in np.flatnonzero(crossed):
        faults.append(
            Fault(f"facts: row {row}: ratio", shown(known["ratio"][row]), "from ratio_lo to ratio_hi")
        )
    refuse("facts", faults)
    return known | {"design": facts["design"].to_numpy(dtype=object)}


def _holding(known: dict[str, Floats], number: pd.Series) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Which rule holds for which row, and by how much; the first that holds will apply."""
    lo, hi, level, design = known["ratio_lo"], known["ratio_hi"], known["level"], known["design"]
    rate_hi, limit, misfit, power = (known[name] for name in ("rate_hi", "limit", "misfit", "power"))
    n = number.to_dict()
    # the interval of empirical Bayes holds for few periods too; series need enough of them to show a trend
    n_before, n_after = (
        np.where(design == "empirical_bayes", np.inf, known[name]) for name in ("n_before", "n_after")
    )
    none = np.isnan([known["ratio"], lo, hi, level, n_before, n_after]).any(axis=0)
    always, nothing = np.ones(len(lo), dtype=np.bool_), np.full(len(lo), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        over, under = np.log(lo), np.log(n["EF-12"] / hi)
        works, is_lowest = hi <= n["EF-12"], level == 1
        left, is_synthetic = 1 - rate_hi / limit, design == "synthetic_control"
        pairs = {
            "EF-01": (none, nothing),
            "EF-02": (n_before < n["EF-02"], n_before - n["EF-02"]),
            "EF-03": (n_after < n["EF-03"], n_after - n["EF-03"]),
            "EF-04": (is_synthetic & (misfit > n["EF-04"]), n["EF-04"] - misfit),
            "EF-05": (is_synthetic & np.isnan(misfit), nothing),
            "EF-06": (design == "before_after", nothing),
            "EF-07": ((lo > n["EF-07"]) & (level == 4), over - np.log(n["EF-07"])),
            "EF-08": (lo > n["EF-08"], over - np.log(n["EF-08"])),
            "EF-09": (works & is_lowest & (np.isnan(rate_hi) | np.isnan(limit)), nothing),
            "EF-10": (works & is_lowest & (rate_hi > limit), left),
            "EF-11": (works & is_lowest, left),
            "EF-12": (works, under),
            "EF-13": (hi < n["EF-13"], under),
            "EF-14": (power >= n["EF-14"], under),
            "EF-15": (always, under),
        }
    return {rule: pair[0] for rule, pair in pairs.items()}, {rule: pair[1] for rule, pair in pairs.items()}
