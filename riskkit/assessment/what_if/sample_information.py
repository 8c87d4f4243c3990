"""What a test of a given size is worth before it is made: the expected value of sample information (EVSI).

A test shows an outcome y with a likelihood L(y | x) that depends on the input x. What it is worth is the loss
that deciding after y avoids on average:

    EVSI = min_d E[loss_d] − Σ_y min-rule E[L(y | x) loss_δ(y)].

The expectations run over the draws of the case, each weighed by its likelihood (no model is run again), and
over all outcomes of the test, so that there is no second layer of chance. The rule δ rises, or falls, with y:
for likelihoods whose ratio is monotone, as all here are, such rules are as good as any where the losses of
the decisions cross once. Since the same holds of the rule for the input itself, EVSI ≤ EVPPI ≤ EVPI on the
very draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtr, ndtri

from riskkit.assessment.facts.case_file import Text
from riskkit.assessment.what_if.cut_points import best_rule, cheapest, decide
from riskkit.assessment.what_if.level_information import Known, value_of_knowing
from riskkit.assessment.what_if.planned_tests import PlannedTest
from riskkit.foundation.language import in_each_language
from riskkit.foundation.numbers.uncertainty import Floats, best
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale

_COLUMNS = ("input", "n", "cost_cny", "evppi", "evsi", "evsi_lo", "se", "p_change", "per_10k_cny")


def outcome_chances(
    x: ArrayLike, *, likelihood: str, n: int, spread: float | None = None, most: int | None = None
) -> Floats:
    """The probability of each outcome of a test, given each draw of the input.

    Parameters
    ----------
    x : array_like of float, shape (draws,)
        Draws of the input.
    likelihood : str
        ``binomial``, ``normal`` or ``log_normal``, as in `PlannedTest`.
    n : int
        Items tested, or measurements.
    spread : float, optional
        Error of one measurement, or its factor.
    most : int, optional
        Outcomes told apart; more are grouped, which can only lower what the test is worth.

    Returns
    -------
    ndarray of float, shape (draws, outcomes)
        Rows sum to 1; outcomes rise.

    Raises
    ------
    ValueError
        When the likelihood is none of the three, has no spread, or an input lies outside its range.

    Examples
    --------
    >>> outcome_chances([0.5], likelihood="binomial", n=2).tolist()
    [[0.25, 0.5, 0.25]]
    """
    at = np.asarray(x, dtype=np.float64)
    groups = most or round(method_number("what_if", "outcomes"))
    if likelihood == "binomial":
        if not ((at >= 0) & (at <= 1)).all():
            raise ValueError("a probability lies between 0 and 1")
        below = bdtr(_count_bounds(at, n, groups)[None, :], n, at[:, None])
    elif likelihood in ("normal", "log_normal") and spread is not None:
        if likelihood == "log_normal" and not (at > 0).all():
            raise ValueError("an input above 0")
        middle = np.log(at) if likelihood == "log_normal" else at
        error = (math.log(spread) if likelihood == "log_normal" else spread) / math.sqrt(n)
        below = ndtr((_bounds(middle, error, groups)[None, :] - middle[:, None]) / error)
    else:
        raise ValueError("binomial, or normal or log_normal with a spread")
    ends = np.ones((at.size, 1))
    return np.asarray(np.diff(np.hstack([0 * ends, below, ends]), axis=1))


def _count_bounds(p: Floats, n: int, groups: int) -> Floats:
    """The last count of each group but the last: every count where they are few."""
    if n < groups:
        return np.arange(n, dtype=np.float64)
    few = np.arange(groups // 6, dtype=np.float64)
    usual = np.rint(n * np.quantile(p, np.linspace(0, 1, groups - 1 - few.size)))
    bounds = np.unique(np.concatenate([few, usual]))
    return np.asarray(bounds[bounds < n])


def _bounds(middle: Floats, error: float, groups: int) -> Floats:
    """Bounds between groups of measurements that are about equally probable."""
    probs = (np.arange(groups) + 0.5) / groups
    seen = np.quantile(middle, probs)[:, None] + error * ndtri(probs)[None, :]
    return np.unique(np.quantile(seen, np.arange(1, groups) / groups))


def value_of_testing(chances: Floats, losses: ArrayLike) -> Known:
    """What a test is worth before it is made (EVSI).

    Parameters
    ----------
    chances : ndarray of float, shape (draws, outcomes)
        As from `outcome_chances`.
    losses : array_like of float, shape (draws, decisions)
        Loss of each decision in each draw.

    Returns
    -------
    Known
        As from `value_of_knowing`; p_change is the probability that the outcome changes the decision.

    Raises
    ------
    ValueError
        When the shapes do not fit, a number is not finite, or there are fewer than 4 draws.

    References
    ----------
    .. [1] H. Raiffa, R. Schlaifer, Applied Statistical Decision Theory (1961) (``raiffa_schlaifer_1961``).
    .. [2] Draws weighed by their likelihood: N. A. Menzies, Med. Decis. Making 36 (2016) 308–320.
    .. [3] Rules that rise or fall: S. Karlin, H. Rubin, Ann. Math. Stat. 27 (1956) 272–299.

    Examples
    --------
    >>> x = np.array([0.1, 0.1, 0.9, 0.9])
    >>> loss = np.stack([x > 0.5, x < 0.5], axis=1)
    >>> known = value_of_testing(outcome_chances(x, likelihood="binomial", n=1), loss)
    >>> round(known.value, 9), round(known.p_change, 9)
    (0.4, 0.5)
    """
    cost, p = np.asarray(losses, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    if cost.ndim != 2 or p.ndim != 2 or len(p) != len(cost) or len(cost) < 4:
        raise ValueError("one row of chances and one row of losses a draw, at least 4 draws")
    if not (np.isfinite(p).all() and np.isfinite(cost).all()):
        raise ValueError("chances and losses that are all finite")
    usual = cheapest(cost)
    decided = _decided(p, _rule(p, cost))
    gains = cost[:, usual] - (decided * cost).sum(axis=1)
    return Known(
        _settled(float(gains.mean()), cost),
        _value_elsewhere(p, cost, usual),
        float(gains.std() / math.sqrt(gains.size)),
        max(0.0, float(1 - decided[:, usual].mean())),
    )


def _rule(p: Floats, cost: Floats) -> Floats:
    """One row an outcome, with 1 at the decision that is cheapest after it."""
    order = np.arange(p.shape[1], dtype=np.float64)
    return np.asarray(np.eye(cost.shape[1])[decide(order, *best_rule(order, p.T @ cost))])


def _decided(p: Floats, rule: Floats) -> Floats:
    """The probability of each decision in each draw."""
    return np.asarray(p @ rule)


def _value_elsewhere(p: Floats, cost: Floats, usual: int) -> float:
    """The value of rules found on every other draw, judged on the rest."""
    gains = []
    for start in (0, 1):
        rule = _rule(p[start::2], cost[start::2])
        judged = cost[1 - start :: 2]
        gains.append(judged[:, usual] - (_decided(p[1 - start :: 2], rule) * judged).sum(axis=1))
    return _settled(float(np.concatenate(gains).mean()), cost)


def _settled(value: float, cost: Floats) -> float:
    """A value that is no more than rounding is none."""
    return value if value > 1e-12 * float(np.abs(cost).max()) else 0.0


@dataclass(frozen=True)
class WorthOfTests:
    """What is decided now, what that costs on average, and what each planned test would be worth.

    Parameters
    ----------
    decision : str
        The level of the least expected loss.
    loss : float
        Its expected loss, which is also what knowing everything would be worth (EVPI) [loss points].
    table : DataFrame
        Index the test; input, n, cost_cny (best estimate), evppi (of its input), evsi, evsi_lo, se, p_change,
        per_10k_cny (evsi per 10,000 yuan); the best first: by value for money, then by value.
    """

    decision: str
    loss: float
    table: pd.DataFrame


def values_of_tests(
    tests: Sequence[PlannedTest], draws: Mapping[str, Floats], ranks: ArrayLike, *, losses: Floats
) -> WorthOfTests:
    """Which test is most worth its money before the level is decided.

    Parameters
    ----------
    tests : sequence of PlannedTest
        Tests of inputs that vary.
    draws : mapping of str to ndarray
        Draws of the inputs.
    ranks : array_like of int, shape (n,)
        Level rank each draw leads to, 1 Ⅳ … 4 Ⅰ.
    losses : ndarray, shape (4, 4)
        As from `riskkit.assessment.what_if.level_information.loss_table`.

    Returns
    -------
    WorthOfTests

    References
    ----------
    .. [1] As in `value_of_testing`.

    Examples
    --------
    >>> from riskkit.assessment.what_if.level_information import loss_table
    >>> one = PlannedTest(id="t", title=Text(zh="试", en="t"), input="a.p1", likelihood="binomial", n=20,
    ...                   cost_cny=100, reason=Text(zh="因", en="r"))
    >>> x = np.linspace(0, 1, 100)
    >>> told = values_of_tests([one], {"a.p1": x}, np.where(x > 0.6, 4, 1), losses=loss_table())
    >>> told.decision, round(told.loss, 6), bool(told.table.at["t", "evsi"] < told.table.at["t", "evppi"])
    ('Ⅰ', 1.8, True)
    """
    cost = losses.T[np.asarray(ranks, dtype=np.int64) - 1]
    rows = {one.id: _valued(one, np.broadcast_to(draws[one.input], len(cost)), cost) for one in tests}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS)).rename_axis("test")
    usual = cheapest(cost)
    return WorthOfTests(
        scale("warning").codes[usual],
        float(cost[:, usual].mean()),
        table.sort_values(["per_10k_cny", "evsi"], ascending=False, kind="stable"),
    )


def _valued(test: PlannedTest, x: Floats, cost: Floats) -> tuple[str | float, ...]:
    chances = outcome_chances(x, likelihood=test.likelihood, n=test.n, spread=test.spread)
    worth, most = value_of_testing(chances, cost), value_of_knowing(x, cost)
    price = float(best(test.cost_cny))
    told = (worth.value, worth.value_lo, worth.se, worth.p_change, 1e4 * worth.value / price)
    return (test.input, test.n, price, most.value, *told)


def sentence_on_tests(told: WorthOfTests, title: Callable[[str], str]) -> Text:
    """Which test would most likely change the decision, and which is most worth its money.

    Parameters
    ----------
    told : WorthOfTests
        As from `values_of_tests`.
    title : callable
        From a test to its title, in the language of the moment.

    Examples
    --------
    >>> row = {"evsi": 0.3, "evsi_lo": 0.29, "p_change": 0.4, "per_10k_cny": 0.1}
    >>> table = pd.DataFrame(row, index=["cells"])
    >>> print(sentence_on_tests(WorthOfTests("Ⅰ", 1.2, table), lambda one: one).en)
    “cells” would most likely change the decision (now Ⅰ): with a probability of 40 %. It is also most worth
    its money: it avoids 0.3 of the 1.2 loss points expected.
    """
    worth = told.table[told.table["evsi_lo"] > 0]
    if worth.empty:
        return Text(
            zh=f"没有哪一项检测会改变所定级别（{told.decision}级）。",
            en=f"None of the tests would change the level decided ({told.decision}).",
        )
    likely, money = str(worth["p_change"].idxmax()), str(worth["per_10k_cny"].idxmax())
    chance = f"{float(worth['p_change'].max()):.0%}"[:-1]
    gain = f"{float(worth['evsi'].loc[money]):.2g}"
    names = in_each_language(lambda: (title(likely), title(money)))
    zh_money = "它也最合算" if likely == money else f"最合算的是“{names['zh'][1]}”"
    en_money = "It is also" if likely == money else f"“{names['en'][1]}” is"
    return Text(
        zh=f"最可能改变决定（现为{told.decision}级）的是“{names['zh'][0]}”：概率{chance}%。{zh_money}："
        f"可在预期损失{told.loss:.2g}分中避免{gain}分。",
        en=f"“{names['en'][0]}” would most likely change the decision (now {told.decision}): with a"
        f" probability of {chance} %. {en_money} most worth its money: it avoids {gain} of the"
        f" {told.loss:.2g} loss points expected.",
    )
