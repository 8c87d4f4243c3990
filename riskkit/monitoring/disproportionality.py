"""Which pairs are reported more than is to be expected: statistic, correction, threshold, ranking.

Each of the four is one function, so that one can be changed without the others: `statistics` computes,
`corrected` allows for the number of pairs looked at, `thresholds` and `decide` apply published rules,
`ranked` puts in order. All speak of reporting, never of risk: there is no denominator.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaincinv, ndtr, ndtri, polygamma
from scipy.stats import false_discovery_control, hypergeom

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, floats, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

CELLS = ("a", "b", "c", "d")
_Z95 = float(ndtri(0.975))
_LN2 = float(np.log(2))


def statistics(tables: pd.DataFrame, *, zero_cell: float = 0.0) -> pd.DataFrame:
    """Every measure of disproportionality of 2×2 tables.

    Parameters
    ----------
    tables : DataFrame
        ``a, b, c, d``: reports [number] with product and event, with the product only, with the event only,
        with neither; a cell may be missing. ``expected`` [reports], where present, replaces
        (a+b)(a+c)/N (see `report_pairs` for strata).
    zero_cell : float
        Added to all four cells of a table that has a zero, for PRR and ROR only (0.5: Haldane–Anscombe).

    Returns
    -------
    DataFrame
        With the index of `tables`:

        - ``expected``, ``rrr`` = a/expected [ratio];
        - ``prr``, ``ror`` [ratio] with 95 % limits ``_lo95, _hi95`` (log-normal; Woolf);
        - ``ic`` = log2((a+½)/(expected+½)) with exact gamma quantiles ``ic025, ic975, ic005`` and Norén's
          approximations ``ic025_noren, ic975_noren`` [doublings];
        - ``chi2``, ``chi2_yates`` (1 degree of freedom); ``fisher_p_greater``, ``fisher_midp_greater``;
        - ``bcpnn_ic``, ``bcpnn_ic025_normal`` [doublings], ``bcpnn_post_h0`` = P(IC < 0), of BCPNN (1998);
        - ``note``: empty, ``missing``, or the zero that leaves a limit undefined (NaN): ``no_joint_report``
          (a), ``event_not_elsewhere`` (c), ``product_always_with_event`` (b), ``margin_of_zero``.

        A ratio whose denominator is zero is infinite, 0/0 is NaN; IC, Fisher and BCPNN are defined for all.

    Raises
    ------
    InputFaults
        When a column is missing, or with every cell that is no whole number from 0 up.

    References
    ----------
    .. [1] Evans, Waller and Davis (2001), PRR (``evans_2001``); Norén, Hopstadius and Bate (2013), IC
       (``noren_2013``); Bate et al. (1998), BCPNN (``bate_1998``).

    Examples
    --------
    >>> row = pd.DataFrame({"a": [10], "b": [90], "c": [100], "d": [9800]})
    >>> statistics(row)[["prr", "ror", "ic", "ic025"]].round(4).values.tolist()
    [[9.9, 10.8889, 2.7142, 1.6841]]
    """
    found = number_columns(
        tables, [NumberColumn(cell, low=0, is_whole=True, may_miss=True) for cell in CELLS], what="tables"
    )
    cells = np.stack([found[cell] for cell in CELLS])
    a, b, c, d = cells
    n = a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (a + b) * (a + c) / n
        if "expected" in tables:
            rule = NumberColumn("expected", low=0, may_miss=True)
            expected = number_columns(tables, [rule], what="tables")["expected"]
        columns = {"expected": expected, "rrr": a / expected}
        columns |= _ratios(cells, zero_cell=zero_cell)
        columns |= _information(a, expected) | _tests(cells) | _bcpnn(cells)
    margin = (a + b == 0) | (a + c == 0) | (c + d == 0) | (b + d == 0)
    conditions = [np.isnan(n + expected), margin, a == 0, c == 0, b == 0]
    notes = [
        "missing",
        "margin_of_zero",
        "no_joint_report",
        "event_not_elsewhere",
        "product_always_with_event",
    ]
    return pd.DataFrame({**columns, "note": np.select(conditions, notes, "")}, index=tables.index)


def _ratios(cells: Floats, *, zero_cell: float) -> dict[str, Floats]:
    """PRR and ROR with log-normal limits."""
    a, b, c, d = cells + zero_cell * (cells == 0).any(axis=0)
    prr, ror = (a / (a + b)) / (c / (c + d)), a * d / (b * c)
    se = {
        "prr": np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)),
        "ror": np.sqrt(1 / a + 1 / b + 1 / c + 1 / d),
    }
    found = {}
    for name, ratio in (("prr", prr), ("ror", ror)):
        found[name] = ratio
        for end, sign in (("lo95", -1), ("hi95", 1)):
            found[f"{name}_{end}"] = np.exp(np.log(ratio) + sign * _Z95 * se[name])
    return found


def _information(a: Floats, expected: Floats) -> dict[str, Floats]:
    """The shrunk information component, its exact limits and their approximations."""
    shape, rate = a + 0.5, expected + 0.5
    ic = np.log2(shape / rate)
    found = {"ic": ic}
    for name, level in (("ic025", 0.025), ("ic975", 0.975), ("ic005", 0.005)):
        found[name] = np.log2(gammaincinv(shape, level) / rate)
    found["ic025_noren"] = ic - 3.3 * shape**-0.5 - 2 * shape**-1.5
    found["ic975_noren"] = ic + 2.4 * shape**-0.5 - 0.5 * shape**-1.5
    return found


def _tests(cells: Floats) -> dict[str, Floats]:
    """Pearson's chi-square with and without Yates' correction, and the hypergeometric upper tail."""
    a, b, c, d = cells
    n = cells.sum(axis=0)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    away = np.abs(a * d - b * c)
    found = {"chi2": n * away**2 / margins, "chi2_yates": n * np.maximum(away - n / 2, 0) ** 2 / margins}
    known = ~np.isnan(n)
    greater, equal = np.full((2, n.size), np.nan)
    drawn = n[known], (a + b)[known], (a + c)[known]
    greater[known], equal[known] = hypergeom.sf(a[known] - 1, *drawn), hypergeom.pmf(a[known], *drawn)
    return found | {"fisher_p_greater": greater, "fisher_midp_greater": greater - equal / 2}


def _bcpnn(cells: Floats) -> dict[str, Floats]:
    """Normal approximation of the posterior IC of the Bayesian confidence propagation neural network."""
    a, b, c, d = cells
    n = a + b + c + d
    p1, p2, q1, q2 = 1 + a + b, 1 + c + d, 1 + a + c, 1 + b + d
    r1, rest = 1 + a, n - a - 1 + (2 + n) ** 2 / (p1 * q1)
    mean = digamma(r1) - digamma(r1 + rest) - digamma(p1) + digamma(p1 + p2) - digamma(q1) + digamma(q1 + q2)
    spread = polygamma(1, r1) - polygamma(1, r1 + rest)
    for one, other in ((p1, p2), (q1, q2)):
        spread = spread + polygamma(1, one) - polygamma(1, one + other)
    sd = np.sqrt(spread)
    return {
        "bcpnn_ic": mean / _LN2,
        "bcpnn_ic025_normal": (mean - _Z95 * sd) / _LN2,
        "bcpnn_post_h0": ndtr(-mean / sd),
    }


def corrected(p: pd.Series, *, method: str = "bh") -> pd.Series:
    """p-values allowing for how many were looked at: the false discovery rate at which each is a discovery.

    Parameters
    ----------
    p : Series of float
        p-values [0–1]; a missing one is no test and is not counted.
    method : str
        ``bh`` (Benjamini–Hochberg; independent or positively dependent), ``by`` (any dependence) or
        ``bonferroni``.

    Returns
    -------
    Series of float
        Adjusted p-values, with the index of `p`.

    Raises
    ------
    ValueError
        When there is no such method.
    InputFaults
        With every value outside 0–1.

    References
    ----------
    .. [1] Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289–300 (``benjamini_hochberg_1995``).

    Examples
    --------
    >>> corrected(pd.Series([0.01, 0.04, None, 0.03])).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    if method not in ("bh", "by", "bonferroni"):
        raise ValueError(f"method is one of bh, by, bonferroni, not {shown(method)}")
    frame = pd.DataFrame({"p": p})
    values = number_columns(frame, [NumberColumn("p", low=0, high=1, may_miss=True)], what="p-values")["p"]
    known = ~np.isnan(values)
    found = np.full(values.size, np.nan)
    if method == "bonferroni":
        found[known] = np.minimum(values[known] * known.sum(), 1)
    elif known.any():
        found[known] = false_discovery_control(values[known], method=method)
    return pd.Series(found, index=p.index, name=p.name)


def thresholds(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """How each pair stands to each condition of the rules in force on a day.

    Parameters
    ----------
    facts : DataFrame
        One row a pair; a column for each measure of the rules (see `statistics`, `corrected` as ``q_value``
        and `riskkit.monitoring.ebgm.gamma_poisson_scores`).
    on : date
        Day on which the rules are in force.
    rules : DataFrame, optional
        Rows as of ``signal_rules.csv``; if not given, those shipped whose measures are all in `facts`.

    Returns
    -------
    DataFrame
        One column a rule, named by its id: the smallest margin over its conditions [doublings beyond the
        threshold; for a threshold of 0, in the measure's own unit]. NaN where a missing measure decides.

    Raises
    ------
    InputFaults
        When no rule is left, a measure of a rule given is not in `facts`, or a comparison is unknown.

    Examples
    --------
    >>> facts = pd.DataFrame({"a": [12, 3], "prr": [8.0, 1.0], "chi2": [16.0, 0.0]})
    >>> thresholds(facts, on=dt.date(2026, 1, 1))["evans"].tolist()
    [2.0, -inf]
    """
    margins = {}
    for rule, conditions in _in_force(facts, on, rules=rules).groupby("rule_id", sort=False):
        each = np.stack(
            [_margin(facts[row["measure"]], row["threshold"], op=row["op"]) for row in records(conditions)]
        )
        known = np.where(np.isnan(each), np.inf, each).min(axis=0)
        # What is missing changes nothing once another condition fails.
        margins[str(rule)] = np.where((known < 0) | ~np.isnan(each).any(axis=0), known, np.nan)
    return pd.DataFrame(margins, index=facts.index)


def _in_force(facts: pd.DataFrame, on: dt.date, *, rules: pd.DataFrame | None) -> pd.DataFrame:
    rows = standards.table("signal_rules", on=on) if rules is None else standards.in_force(rules, on)
    lacking = rows[~rows["measure"].isin(facts.columns)]
    if rules is None:
        rows = rows[~rows["rule_id"].isin(lacking["rule_id"])]
    else:
        names = [str(name) for name in facts.columns]
        faults = [
            Fault(f"rules: {row['rule_id']}", shown(row["measure"]), one_of(row["measure"], names))
            for row in records(lacking)
        ]
        strange = rows[~rows["op"].isin([">", ">="])]
        faults += [Fault(f"rules: {row['rule_id']}", shown(row["op"]), "> or >=") for row in records(strange)]
        refuse("rules", faults)
    refuse(
        "rules",
        []
        if len(rows)
        else [Fault("rules", "none", RuleText("a rule in force on {} whose measures are there", on))],
    )
    return rows


def _margin(values: pd.Series, threshold: float, *, op: str) -> Floats:
    """Distance beyond a threshold; what must be exceeded and is only reached counts as just below."""
    measure = floats(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log2(measure / threshold) if threshold > 0 else measure - threshold
    return np.where((found == 0) & (op == ">"), -np.finfo(np.float64).tiny, found)


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which pairs are signals under published rules: a statistic above its threshold, not a finding.

    Parameters
    ----------
    facts, on, rules
        As for `thresholds`.

    Returns
    -------
    DataFrame
        With the index of `facts`: ``decision`` (``signal`` where any rule is met, else ``unknown`` where a
        rule hangs on a missing measure, else ``no_signal``), ``rule_id`` and ``margin`` of the rule met by
        most, or missed by least, ``n_rules_met`` of ``n_rules``, ``is_on_boundary``, ``reason`` (an id of
        ``monitoring_reasons.csv``), ``status`` and ``source_id`` of the rule.

    Raises
    ------
    InputFaults
        As for `thresholds`.

    References
    ----------
    .. [1] ``signal_rules.csv``, each row with its source.

    Examples
    --------
    >>> facts = pd.DataFrame({"a": [12, 3], "prr": [8.0, None], "chi2": [16.0, 5.0]})
    >>> decide(facts, on=dt.date(2026, 1, 1))[["decision", "rule_id", "margin"]].values.tolist()
    [['signal', 'evans', 2.0], ['unknown', 'evans', nan]]
    """
    margins = thresholds(facts, on=on, rules=rules)
    rows = _in_force(facts, on, rules=rules).drop_duplicates("rule_id").set_index("rule_id")
    values = margins.to_numpy(dtype=np.float64)
    is_met, is_unknown = values >= 0, np.isnan(values)
    best = np.where(is_unknown, -np.inf, values).argmax(axis=1)
    best = np.where(~is_met.any(axis=1) & is_unknown.any(axis=1), is_unknown.argmax(axis=1), best)
    rule = margins.columns.to_numpy()[best]
    margin = np.take_along_axis(values, best[:, None], axis=1)[:, 0] if len(facts) else np.empty(0)
    states = [is_met.any(axis=1), is_unknown.any(axis=1)]
    return pd.DataFrame(
        {
            "decision": np.select(states, ["signal", "unknown"], "no_signal"),
            "rule_id": rule,
            "reason": np.select(states, ["signal_rule_met", "signal_measure_missing"], "signal_rules_missed"),
            "margin": margin,
            "is_on_boundary": np.abs(margin) <= np.finfo(np.float64).tiny,
            "n_rules_met": is_met.sum(axis=1),
            "n_rules": values.shape[1],
            "status": rows.loc[rule, "status"].to_numpy(),
            "source_id": rows.loc[rule, "source_id"].to_numpy(),
        },
        index=facts.index,
    )


def ranked(facts: pd.DataFrame, *, by: Sequence[str] = ("eb05",)) -> pd.DataFrame:
    """The pairs in order, the most conspicuous first.

    Parameters
    ----------
    facts : DataFrame
        One row a pair.
    by : sequence of str
        Measures of which more is more conspicuous; a later one orders what the earlier ones leave equal.

    Returns
    -------
    DataFrame
        All rows of `facts` in order, with ``rank`` [from 1, Int64]: equal pairs share the better rank and
        keep their order; a pair that lacks a measure has no rank and stands last.

    Raises
    ------
    InputFaults
        When a measure is no column.

    Examples
    --------
    >>> ranked(pd.DataFrame({"eb05": [1.0, 3.0, None, 3.0]}))["rank"].tolist()
    [1, 1, 3, <NA>]
    """
    refuse("facts", [Fault(f"facts: {name}", "missing", "a column") for name in by if name not in facts])
    keys = pd.DataFrame({name: -floats(facts[name]) for name in by})
    complete = keys.notna().all(axis=1)
    order = keys[complete].sort_values(list(by), kind="stable").index
    ordered = keys.loc[order]
    is_new = (ordered != ordered.shift()).any(axis=1).to_numpy()
    places = np.maximum.accumulate(np.where(is_new, np.arange(1, len(order) + 1), 0))
    rest = np.flatnonzero(~complete)
    rank = pd.array([*places.tolist(), *[pd.NA] * len(rest)], dtype="Int64")
    return facts.iloc[[*order, *rest]].assign(rank=rank)
