"""Inspection rates that leave the least expected harm under the officer hours of each port; lots drawn.

A part of the hours (at least a tenth) goes to lots drawn with the same chance whatever their risk: what the
evidence does not know of can only be seen there. The rest goes where an hour avoids most harm.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.random_draw import draw_order

_LEAST_RANDOM = 0.1
# sums of hours and shares are sums of floats: what differs by less is equal
_NEAR = 1e-9
_DIGITS = 13  # hexadecimal digits of a ticket that become a number below 1: as many as a double holds


def inspection_rates(
    facts: pd.DataFrame, *, hours: Mapping[str, float], on: dt.date, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Shares of lots to inspect, at random and by risk, with the least expected harm under the hours.

    Minimises Σ lots · rate · harm · (1 − share inspected), where at each port Σ lots · hours · share stays
    within the hours. An inspected nonconforming lot is taken to be found.

    Parameters
    ----------
    facts : DataFrame
        port, n_lots [a period], hours_per_lot, rate (expected share of nonconforming lots, or missing), harm
        [per nonconforming lot that is missed, in one unit for all, or missing], rate_floor (least share that
        a rule asks for, such as for firms of bad credit; 0 or missing: none).
    hours : mapping of str to float
        Officer hours of the period, by port.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``supervision_rules.csv``; ``sv-random`` is the share of the hours
        drawn at random, at least 0.1.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``all``, ``targeted``, ``floor``, ``random_only``, ``unknown``),
        rule_id, reason, rate_random, rate_targeted, rate_inspected, hours, harm_missed (missing where rate or
        harm is), margin [harm avoided per hour, above (+) or below (−) what the port's last hour avoids],
        status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, port without hours, wrong bound, and port whose floors need more hours.

    References
    ----------
    .. [1] 进出口商品检验法 (``inspection_law_2021``); a linear programme with one bound a port.
       The random share is house.

    Examples
    --------
    >>> facts = pd.DataFrame({"port": "P", "n_lots": [100, 100], "hours_per_lot": [1, 1], "rate": [0.3, 0.1],
    ...                       "harm": [1, 1], "rate_floor": 0})
    >>> found = inspection_rates(facts, hours={"P": 50}, on=dt.date(2026, 5, 1))
    >>> found["rate_inspected"].round(3).tolist()
    [0.475, 0.025]
    """
    table = standards.table("supervision_rules") if rules is None else rules
    table = standards.in_force(table, on).set_index("rule_id")
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    known, share = _facts(facts, hours), _random_share(table)
    place, names = pd.factorize(facts["port"])
    ports = [str(name) for name in names]
    budget = np.array([float(hours[port]) for port in ports])
    work = known["n_lots"] * known["hours_per_lot"]
    total = np.bincount(place, work, minlength=len(ports))
    random = np.minimum(1, np.divide(share * budget, total, out=np.ones_like(total), where=total > 0))[place]
    floor = np.maximum(0, np.nan_to_num(known["rate_floor"]) - random)
    left = budget - np.bincount(place, work * (random + floor), minlength=len(ports))
    short = np.flatnonzero(left < -_NEAR * np.maximum(budget, 1))
    refuse("hours", [Fault(f"hours: {ports[at]}", shown(float(hours[ports[at]])),
                           RuleText("at least {}, which the floors and the random arm need",
                                    f"{budget[at] - left[at]:g}"))
                     for at in short])  # fmt: skip
    avoided = known["n_lots"] * known["rate"] * known["harm"]
    worth = known["rate"] * known["harm"] / known["hours_per_lot"]
    most = np.maximum(1 - random - floor, 0)
    further, price = _further(worth, work, place, left=np.maximum(left, 0), most=most)
    out = pd.DataFrame({"rate_random": random, "rate_targeted": floor + further}, index=facts.index)
    out["rate_inspected"] = out["rate_random"] + out["rate_targeted"]
    out["hours"] = work * out["rate_inspected"]
    out["harm_missed"] = avoided * (1 - out["rate_inspected"])
    out["margin"] = worth - price[place]
    return _reasoned(out, table, is_open=np.isnan(avoided), is_floor=(floor > 0) & (further <= _NEAR))


def _reasoned(
    out: pd.DataFrame, table: pd.DataFrame, *, is_open: np.ndarray, is_floor: np.ndarray
) -> pd.DataFrame:
    tests = {
        "sv-unknown": is_open,
        "sv-all": out["rate_inspected"] >= 1 - _NEAR,
        "sv-floor": is_floor,
        "sv-targeted": out["rate_targeted"] > _NEAR,
    }
    names = [*tests, "sv-random-only"]
    place = np.select([np.asarray(test) for test in tests.values()], range(len(tests)), default=len(tests))
    # taken by place from short columns: millions of texts that are made anew would cost most of the time
    of_rule = table.reindex(names).rename_axis("rule_id").reset_index().take(place).set_axis(out.index)
    front = of_rule[["decision", "rule_id", "reason"]]
    return pd.concat([front, out, of_rule[["status", "source_id"]]], axis=1)


def _further(
    worth: Floats, work: Floats, place: np.ndarray, *, left: Floats, most: Floats
) -> tuple[Floats, Floats]:
    """Shares on top of the random arm and the floors, and what the last hour of each port avoids.

    With one bound a port, filling up in order of harm avoided per hour solves the linear programme. What is
    not known comes before what avoids nothing, since unknown is not low.
    """
    known = np.nan_to_num(worth)
    order = np.lexsort((~np.isnan(worth), -known, place))
    need = (work * most)[order]
    before = pd.Series(need).groupby(place[order]).cumsum().to_numpy() - need
    given = np.clip(left[place[order]] - before, 0, need)
    further, price = np.zeros(len(work)), np.zeros(len(left))
    further[order] = np.divide(given, work[order], out=np.zeros_like(given), where=work[order] > 0)
    is_short = given < need * (1 - _NEAR)
    np.maximum.at(price, place[order][is_short], known[order][is_short])
    return further, price


def _random_share(table: pd.DataFrame) -> float:
    share = float(table["number"].astype(float)["sv-random"])
    rule = RuleText("a share from {} to 1: below it, blind spots stay unseen", f"{_LEAST_RANDOM:g}")
    refuse("rules", [] if _LEAST_RANDOM <= share <= 1 else [Fault("sv-random", shown(share), rule)])
    return share


def _facts(facts: pd.DataFrame, hours: Mapping[str, float]) -> dict[str, Floats]:
    known = number_columns(facts, (
        NumberColumn("n_lots", low=0),
        NumberColumn("hours_per_lot", low=0, is_above=True),
        NumberColumn("rate", low=0, high=1, may_miss=True),
        NumberColumn("harm", low=0, may_miss=True),
        NumberColumn("rate_floor", low=0, high=1, may_miss=True),
    ), what="facts", texts=["port"])  # fmt: skip
    is_known = facts["port"].isin([*hours]).to_numpy(dtype=bool)
    faults = [Fault(f"facts: row {row}: port", shown(facts["port"].iloc[row]), "a port that has hours")
              for row in np.flatnonzero(~is_known)]  # fmt: skip
    faults += [Fault(f"hours: {port}", shown(value), "a finite number from 0 up")
               for port, value in hours.items() if not 0 <= value < np.inf]  # fmt: skip
    refuse("facts", faults)
    return known


def decide(lots: pd.DataFrame, rates: pd.DataFrame, *, seed: str) -> pd.DataFrame:
    """What happens to each lot: inspected at random, inspected for its risk, or released, and why.

    The ticket of a lot (`riskkit.monitoring.random_draw.ticket`) as a number below 1 is compared with the
    shares of its subject, so that whoever has the seed can repeat each decision; publish a commitment to it
    before the lots are known (`riskkit.response.referral.inspection_draw.commit`).

    Parameters
    ----------
    lots : DataFrame
        lot_id (each once), subject_id (a label in the index of `rates`).
    rates : DataFrame
        rate_random, rate_targeted, reason, as from `inspection_rates`; each label once.
    seed : str
        Not empty, without ``|``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``inspect``, ``release``, ``unknown`` where the subject has no
        rate), arm (``random``, ``targeted`` or empty), reason (why the subject has its rate; ``no_rate``),
        rate_random, rate_targeted, ticket, margin [probability; how far the ticket lies from the bound
        between inspection and release].

    Raises
    ------
    InputFaults
        With every doubled lot or label, share outside 0 to 1, and a seed that cannot be published.

    References
    ----------
    .. [1] FIPS 180-4 (``nist_fips_180_4``).

    Examples
    --------
    >>> rates = pd.DataFrame({"rate_random": [0.1], "rate_targeted": [0.9], "reason": ["x"]},
    ...                      index=["toys|A"])
    >>> lots = pd.DataFrame({"lot_id": ["1", "2"], "subject_id": ["toys|A", "lamps|B"]})
    >>> decide(lots, rates, seed="118")["decision"].tolist()
    ['inspect', 'unknown']
    """
    number_columns(lots, (), what="lots", texts=["lot_id", "subject_id"])
    kinds = [NumberColumn(name, low=0, high=1) for name in ("rate_random", "rate_targeted")]
    number_columns(rates, kinds, what="rates", texts=["reason"])
    doubled = rates.index[rates.index.duplicated()]
    refuse("rates", [Fault("rates", shown(label), "a label that stands once") for label in doubled])
    drawn = draw_order([str(one) for one in lots["lot_id"]], seed=seed).sort_values("place")
    low = np.array([int(one[:_DIGITS], 16) for one in drawn["ticket"]], dtype=np.float64) / 16.0**_DIGITS
    of_lot = rates.reindex(lots["subject_id"])[["rate_random", "rate_targeted", "reason"]]
    random, targeted = (of_lot[name].to_numpy(dtype=np.float64) for name in ("rate_random", "rate_targeted"))
    is_open = np.isnan(random) | np.isnan(targeted)
    whole = np.where(random + targeted >= 1 - _NEAR, 1, random + targeted)
    is_random, is_in = low < random, low < whole
    out = {"decision": np.select([is_open, is_in], ["unknown", "inspect"], default="release")}
    out["arm"] = np.select([is_random, is_in], ["random", "targeted"], default="")
    out["reason"] = np.where(is_open, "no_rate", of_lot["reason"].to_numpy(dtype=object))
    out |= {"rate_random": random, "rate_targeted": targeted, "ticket": drawn["ticket"].to_numpy()}
    return pd.DataFrame(out | {"margin": np.abs(low - whole)}, index=lots.index)
