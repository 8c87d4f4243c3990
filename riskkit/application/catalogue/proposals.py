"""Which goods to propose for the inspection catalogue and which to propose out of it, by their evidence.

No number that moves goods in or out is published: the bounds are house rows of ``catalogue_rules.csv``, or
the caller's. Goods come in when their rate is probably above one bound and go out when it is almost surely
below a lower one on enough evidence, so that chance does not move them back and forth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.shrinkage import BetaPrior, fit_beta_binomial, shrunk_rates

Whole = NDArray[np.int64]
_SUMS = ("n_tested", "n_nonconforming", "n_lots", "n_complaints", "n_recalls_abroad")
_UNIT = ("ce-rate-in", "ce-rate-out", "ce-sure-in", "ce-sure-out", "ce-share-in", "ce-share-out")


def evidence(records: pd.DataFrame, *, by: Sequence[str], prior: BetaPrior | None = None) -> pd.DataFrame:
    """What is known of each commodity, or commodity × firm × port, with the posterior of its rate.

    Parameters
    ----------
    records : DataFrame
        The columns of `by` (texts, none missing), n_tested, n_nonconforming, n_lots (imported in the period),
        n_complaints, n_recalls_abroad [counts, or missing], severity (1–4, or missing).
    by : sequence of str
        Columns that together name one subject, such as hs, firm_id, port.
    prior : BetaPrior, optional
        How rates spread over subjects; fitted to the records otherwise.

    Returns
    -------
    DataFrame
        One row a subject, indexed by `by`: the sums (missing where any part is), severity (the highest;
        missing where any is), alpha, beta, rate_mean, rate_lo, rate_hi (95 %), is_prior_only (nothing tested:
        what stands there is the spread over the others), note.

    Raises
    ------
    InputFaults
        With every wrong cell, and every subject of which more is nonconforming than was tested.

    References
    ----------
    .. [1] Gelman et al., Bayesian Data Analysis, section 5.1 (``gelman_bda``).

    Examples
    --------
    >>> rows = pd.DataFrame({"hs": ["9503", "9503", "8516"], "n_tested": [10, 4, 0],
    ...     "n_nonconforming": [3, 1, 0], "n_lots": 1, "n_complaints": 0, "n_recalls_abroad": 0,
    ...     "severity": 2})
    >>> found = evidence(rows, by=["hs"], prior=BetaPrior(1.4, 8.6, np.nan, 70, ""))
    >>> found["rate_mean"].round(3).tolist(), found["is_prior_only"].tolist()
    ([0.14, 0.225], [True, False])
    """
    kinds = [NumberColumn(name, low=0, is_whole=True, may_miss=True) for name in _SUMS]
    kinds.append(NumberColumn("severity", low=1, high=4, is_whole=True, may_miss=True))
    numbers = number_columns(records, kinds, what="records", texts=by)
    faults = [Fault(f"records: row {row}: {name}", shown(None), "a value")
              for name in by for row in np.flatnonzero(records[name].isna())]  # fmt: skip
    above = np.flatnonzero(numbers["n_nonconforming"] > numbers["n_tested"])
    faults += [Fault(f"records: row {row}: n_nonconforming", shown(numbers["n_nonconforming"][row]),
                     "at most n_tested") for row in above]  # fmt: skip
    refuse("records", faults)
    groups = pd.DataFrame(numbers).groupby([records[name].to_numpy() for name in by])
    out = groups[list(_SUMS)].sum(skipna=False)
    out["severity"] = groups["severity"].max(skipna=False)
    out.index.names = list(by)
    # a posterior depends on the counts alone: subjects with the same counts share one
    at, (bad, tested) = _distinct(out["n_nonconforming"].to_numpy(), out["n_tested"].to_numpy())
    spread = prior or fit_beta_binomial(out["n_nonconforming"], out["n_tested"])
    found = shrunk_rates(bad, tested, prior=spread).take(at).set_index(out.index)
    out = out.join(found[["alpha", "beta", "rate_mean", "rate_lo", "rate_hi"]])
    return out.assign(is_prior_only=(found["note"] == "untested"), note=found["note"])


def _distinct(*columns: Floats) -> tuple[Whole, tuple[Floats, ...]]:
    """The distinct rows of some columns, and which of them each row is."""
    rows = pd.DataFrame(dict(enumerate(columns)))
    at = rows.groupby(list(rows), dropna=False, sort=False).ngroup().to_numpy(dtype=np.int64)
    first = np.unique(at, return_index=True)[1]
    return np.asarray(at, dtype=np.int64), tuple(
        np.asarray(column, dtype=np.float64)[first] for column in columns
    )


def _bounds(rules: pd.DataFrame) -> dict[str, float]:
    number = {str(name): float(value) for name, value in rules["number"].items()}
    faults = [Fault(name, shown(number.get(name)), "a share from 0 to 1")
              for name in _UNIT if not 0 <= number.get(name, np.nan) <= 1]  # fmt: skip
    if not faults and number["ce-rate-out"] >= number["ce-rate-in"]:
        faults.append(Fault("ce-rate-out", shown(number["ce-rate-out"]), "below ce-rate-in"))
    faults += [Fault(name, shown(number[name]), "above 0.5, so that goods are not moved in and out at once")
               for name in ("ce-sure-in", "ce-sure-out") if number.get(name, 1) <= 0.5]  # fmt: skip
    refuse("rules", faults)
    return number


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Proposals to move goods into or out of the catalogue, with what would be missed before and after.

    Parameters
    ----------
    facts : DataFrame
        alpha, beta (posterior of the rate), n_tested, n_lots [a year], severity (1–4), is_listed (1 for goods
        in the catalogue); as from `evidence`, each may be missing.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``catalogue_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``propose_in``, ``propose_out``, ``stay_in``, ``stay_out``,
        ``unknown``), rule_id, reason, p_above (P(rate > bound in)), p_below (P(rate < bound out)), margin
        [probability; how far the one that decides lies from the certainty asked], is_prior_only,
        n_missed_now, n_missed_after [nonconforming lots a year that nobody inspects, now and if the proposal
        is followed; whoever inspects such a lot is taken to see it], status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell or bound, or when no rules are in force.

    References
    ----------
    .. [1] 进出口商品检验法 (``inspection_law_2021``): the purpose of the catalogue. The bounds are house.

    Examples
    --------
    >>> facts = pd.DataFrame({"alpha": [60, 1], "beta": [240, 999], "n_tested": [290, 990],
    ...                       "n_lots": [100, 100], "severity": [2, 2], "is_listed": [0, 1]})
    >>> decide(facts, on=dt.date(2026, 5, 1))["decision"].tolist()
    ['propose_in', 'propose_out']
    """
    table = standards.table("catalogue_rules") if rules is None else rules
    table = standards.in_force(table, on).set_index("rule_id")
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    bound, known = _bounds(table), _facts(facts)
    a, b, n = known["alpha"], known["beta"], known["n_tested"]
    at, (each_a, each_b) = _distinct(a, b)
    p_above = (1 - betainc(each_a, each_b, bound["ce-rate-in"]))[at]
    p_below = betainc(each_a, each_b, bound["ce-rate-out"])[at]
    is_in = known["is_listed"] == 1
    is_low = is_in & (p_below >= bound["ce-sure-out"])
    is_open = np.isnan(a) | np.isnan(b) | np.isnan(n) | np.isnan(known["is_listed"])
    tests = {
        "ce-unknown": is_open | (is_low & np.isnan(known["severity"])),
        "ce-untested": n == 0,
        "ce-in": ~is_in & (p_above >= bound["ce-sure-in"]),
        "ce-severe": is_low & (known["severity"] >= bound["ce-severe"]),
        "ce-few": is_low & (n < bound["ce-few"]),
        "ce-out": is_low,
    }
    rule = np.select(list(tests.values()), list(tests), default="ce-stay")
    stays = np.where(is_in, "stay_in", "stay_out")
    proposed = table["decision"].reindex(rule).fillna("").to_numpy()
    decision = np.where(proposed == "", stays, proposed)
    gap = np.where(is_in, p_below - bound["ce-sure-out"], p_above - bound["ce-sure-in"])
    out = {"decision": decision, "rule_id": rule, "reason": table["reason"].reindex(rule).to_numpy()}
    out |= {
        "p_above": p_above,
        "p_below": p_below,
        "margin": np.where(rule == "ce-unknown", np.nan, np.abs(gap)),
    }
    out["is_prior_only"] = n == 0
    after = np.where(decision == "propose_in", True, is_in & (decision != "propose_out"))
    for name, listed in (("n_missed_now", is_in), ("n_missed_after", after)):
        share = np.where(listed, bound["ce-share-in"], bound["ce-share-out"])
        missed = known["n_lots"] * a / (a + b) * (1 - share)
        out[name] = np.where(np.isnan(known["is_listed"]), np.nan, missed)
    for name in ("status", "source_id"):
        out[name] = table[name].reindex(rule).to_numpy()
    return pd.DataFrame(out, index=facts.index)


def _facts(facts: pd.DataFrame) -> dict[str, Floats]:
    return number_columns(facts, (
        NumberColumn("alpha", low=0, is_above=True, may_miss=True),
        NumberColumn("beta", low=0, is_above=True, may_miss=True),
        NumberColumn("n_tested", low=0, may_miss=True),
        NumberColumn("n_lots", low=0, may_miss=True),
        NumberColumn("severity", low=1, high=4, is_whole=True, may_miss=True),
        NumberColumn("is_listed", low=0, high=1, is_whole=True, may_miss=True),
    ), what="facts")  # fmt: skip


def within_hours(proposals: pd.DataFrame, *, hours: float) -> pd.DataFrame:
    """Which proposals to move in fit into officer hours, the most harm avoided per hour first.

    A proposal that does not fit is deferred; a smaller one further down may still fit.

    Parameters
    ----------
    proposals : DataFrame
        decision, n_missed_now, n_missed_after (as from `decide`), harm [per nonconforming lot that is missed,
        in one unit for all], hours [a year that the goods take in the catalogue, more than outside].
    hours : float
        Officer hours a year there are for goods that come in.

    Returns
    -------
    DataFrame
        With the caller's index: is_chosen (proposals to move in only), harm_avoided, place (1 = most harm
        avoided per hour), hours_left after it. A proposal of which a number is missing is not chosen.

    Raises
    ------
    InputFaults
        With every wrong cell, or hours below 0.

    Examples
    --------
    >>> rows = pd.DataFrame({"decision": "propose_in", "n_missed_now": [9.0, 50.0],
    ...                      "n_missed_after": [1.0, 10.0], "harm": [1, 1], "hours": [10, 100]})
    >>> within_hours(rows, hours=50)["is_chosen"].tolist()
    [True, False]
    """
    names = ("n_missed_now", "n_missed_after", "harm")
    kinds = [*(NumberColumn(name, low=0, may_miss=True) for name in names),
             NumberColumn("hours", low=0, is_above=True, may_miss=True)]  # fmt: skip
    known = number_columns(proposals, kinds, what="proposals", texts=["decision"])
    refuse("hours", [] if hours >= 0 else [Fault("hours", shown(hours), "a number from 0 up")])
    avoided = (known["n_missed_now"] - known["n_missed_after"]) * known["harm"]
    per_hour = avoided / known["hours"]
    is_asked = (proposals["decision"] == "propose_in").to_numpy() & ~np.isnan(per_hour)
    order = np.flatnonzero(is_asked)[np.argsort(-per_hour[is_asked], kind="stable")]
    chosen = np.zeros(len(proposals), dtype=bool)
    place, left = np.full(len(proposals), np.nan), np.full(len(proposals), np.nan)
    for number, row in enumerate(order, start=1):
        chosen[row] = known["hours"][row] <= hours
        hours -= known["hours"][row] * chosen[row]
        place[row], left[row] = number, hours
    out = {"is_chosen": chosen, "harm_avoided": np.where(is_asked, avoided, np.nan)}
    return pd.DataFrame(out | {"place": place, "hours_left": left}, index=proposals.index)
