"""What more information is worth: which test or survey would most likely change the decision.

A level is decided under uncertainty; a stated loss table says what it costs to decide too low or too high.
The value of knowing an input is the loss that knowing it would avoid on average (EVPPI).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.assessment.facts.case_file import Text
from riskkit.assessment.what_if.cut_points import best_rule, cheapest, decide
from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.language import in_each_language
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import TableFault
from riskkit.foundation.standards.warning_levels import level_code


def loss_table(name: str = "house") -> Floats:
    """What it costs to decide one level when another would be right.

    The house table: 3 points a level too low, 1 point a level too high. Under it the best level is the
    lowest one that is high enough with a probability of at least three in four.

    Parameters
    ----------
    name : str
        A table in ``level_losses.csv``.

    Returns
    -------
    ndarray of float, shape (4, 4)
        Row the level decided, column the level that would be right, from Ⅳ to Ⅰ [loss points].

    Raises
    ------
    KeyError
        When there is none of that name.

    References
    ----------
    .. [1] Our choice (``riskkit_house``); the rule of the quantile: H. Raiffa, R. Schlaifer, Applied
       Statistical Decision Theory (1961).

    Examples
    --------
    >>> loss_table()[0].tolist()
    [0.0, 3.0, 6.0, 9.0]
    """
    rows = standards.table("level_losses")
    rows = rows[rows["losses"] == name]
    if rows.empty:
        raise KeyError(f"no loss table {name!r}")
    return losses_from_rows(rows)


def losses_from_rows(rows: pd.DataFrame) -> Floats:
    """A loss table from rows of one's own, in the shape of the shipped table.

    Parameters
    ----------
    rows : DataFrame
        Columns decided, true, loss.

    Raises
    ------
    TableFault
        When a cell is missing or doubled, a right level costs something, or a level further off costs less.

    Examples
    --------
    >>> losses_from_rows(standards.table("level_losses")).shape
    (4, 4)
    """
    codes = list(scale("warning").codes)
    rows = rows.assign(**{name: [_read(level) for level in rows[name]] for name in ("decided", "true")})
    if len(rows) != 16 or rows.duplicated(["decided", "true"]).any():
        raise TableFault("a loss table has one row for each level decided and each level that is right")
    grid = rows.pivot(index="decided", columns="true", values="loss").reindex(index=codes, columns=codes)
    losses = grid.to_numpy(dtype=np.float64)
    steps = [np.diff(losses[t:, t]) for t in range(4)] + [np.diff(losses[t::-1, t]) for t in range(4)]
    if not np.isfinite(losses).all() or np.diag(losses).any() or (np.concatenate(steps) < 0).any():
        raise TableFault("a loss table costs nothing for the right level and never less further off")
    return losses


def _read(level: object) -> str:
    try:
        return level_code(level, is_graded=True)
    except ValueError as error:
        raise TableFault(str(error)) from None


@dataclass(frozen=True)
class Known:
    """What knowing one input would be worth.

    Parameters
    ----------
    value : float
        Loss avoided on average, the best rule found on the same draws (never too small on average).
    value_lo : float
        The same with the rule found on one half of the draws and judged on the other (never too large on
        average, at least 0).
    se : float
        Standard error of `value`.
    p_change : float
        Probability that knowing the input changes the decision.
    """

    value: float
    value_lo: float
    se: float
    p_change: float


def value_of_knowing(x: ArrayLike, losses: ArrayLike) -> Known:
    """Expected value of perfect information about one input (EVPPI).

    EVPPI = min_d E[loss_d] − E[min_d E[loss_d | x]].

    The decisions stand in an order (levels from low to high), and the best decision is taken to rise, or
    to fall, with the input: so the best rule is a few cut points, which are found exactly by dynamic
    programming over the sorted draws. Without that assumption the value can only be larger.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Draws of the input.
    losses : array_like of float, shape (n, decisions)
        Loss of each decision in each draw.

    Returns
    -------
    Known

    Raises
    ------
    ValueError
        When the shapes do not fit, a number is not finite, or there are fewer than 4 draws.

    References
    ----------
    .. [1] M. Strong, J. E. Oakley, Med. Decis. Making 33 (2013) 755–766; cut points in sorted draws for two
       decisions: M. Sadatsafavi et al., Value Health 16 (2013) 438–448.

    Examples
    --------
    >>> x = np.arange(100.0)
    >>> high = x >= 40
    >>> known = value_of_knowing(x, np.stack([3.0 * high, 1.0 * ~high], axis=1))
    >>> round(known.value, 6), known.p_change
    (0.4, 0.4)
    """
    at, cost = np.asarray(x, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if cost.ndim != 2 or at.shape != cost.shape[:1] or at.size < 4:
        raise ValueError("one value of the input and one row of losses a draw, at least 4 draws")
    if not (np.isfinite(at).all() and np.isfinite(cost).all()):
        raise ValueError("inputs and losses that are all finite")
    usual = cheapest(cost)
    chosen = decide(at, *best_rule(at, cost))
    gain = cost[:, usual] - np.take_along_axis(cost, chosen[:, None], axis=1)[:, 0]
    return Known(
        float(gain.mean()),
        _value_elsewhere(at, cost, usual),
        float(gain.std() / math.sqrt(gain.size)),
        float((chosen != usual).mean()),
    )


def _value_elsewhere(at: Floats, cost: Floats, usual: int) -> float:
    """The value of rules found on every other draw, judged on the rest."""
    gains = []
    for start in (0, 1):
        rule = best_rule(at[start::2], cost[start::2])
        rest, judged = at[1 - start :: 2], cost[1 - start :: 2]
        chosen = decide(rest, *rule)
        gains.append(judged[:, usual] - np.take_along_axis(judged, chosen[:, None], axis=1)[:, 0])
    return max(0.0, float(np.concatenate(gains).mean()))


@dataclass(frozen=True)
class Information:
    """What is decided now, what that costs on average, and what knowing more would be worth.

    Parameters
    ----------
    decision : str
        The level of the least expected loss.
    loss : float
        Its expected loss, which is also what knowing everything would be worth (EVPI).
    table : DataFrame
        Index the input; value, value_lo, se, p_change (as in `Known`), cost_cny, per_10k_cny (value per
        10,000 yuan); the best first: by value for money where costs are given, else by value.
    """

    decision: str
    loss: float
    table: pd.DataFrame


def information_value(
    draws: Mapping[str, Floats],
    ranks: ArrayLike,
    *,
    losses: Floats,
    costs_cny: Mapping[str, float] | None = None,
) -> Information:
    """Which input is most worth finding out before the level is decided.

    Missing facts have no distribution and so no value here: they are open questions of their own.

    Parameters
    ----------
    draws : mapping of str to ndarray
        Draws of the inputs; those with a single value are left out.
    ranks : array_like of int, shape (n,)
        Level rank each draw leads to, 1 Ⅳ … 4 Ⅰ.
    losses : ndarray, shape (4, 4)
        As from `loss_table`.
    costs_cny : mapping of str to float, optional
        What a test or survey of an input costs [yuan], above 0.

    Returns
    -------
    Information

    Raises
    ------
    InputFaults
        For every cost that is not above 0 or names no input that varies.

    References
    ----------
    .. [1] As in `value_of_knowing` and `loss_table`.

    Examples
    --------
    >>> x = {"rate": np.arange(100.0), "idle": np.tile([0.0, 1.0], 50)}
    >>> told = information_value(x, np.where(x["rate"] >= 40, 4, 1), losses=loss_table())
    >>> told.decision, told.table.index[0], round(told.loss, 3)
    ('Ⅰ', 'rate', 1.2)
    """
    right = np.asarray(ranks, dtype=np.int64) - 1
    cost = losses.T[right]
    found = {name: value_of_knowing(x, cost) for name, x in draws.items() if x.size == right.size > 1}
    paid = costs_cny or {}
    refuse("costs of finding out", list(_cost_faults(paid, found)))
    columns = ["value", "value_lo", "se", "p_change"]
    table = pd.DataFrame.from_dict(
        {name: [getattr(known, column) for column in columns] for name, known in found.items()},
        orient="index",
        columns=columns,
        dtype=np.float64,
    ).rename_axis("input")
    table["cost_cny"] = [paid.get(str(name), math.nan) for name in table.index]
    table["per_10k_cny"] = 1e4 * table["value"] / table["cost_cny"]
    by = ["per_10k_cny", "value"] if paid else ["value"]
    usual = cheapest(cost)
    return Information(
        scale("warning").codes[usual],
        float(cost[:, usual].mean()),
        table.sort_values(by, ascending=False, kind="stable"),
    )


def _cost_faults(paid: Mapping[str, float], found: Mapping[str, Known]) -> list[Fault]:
    strange = [Fault(name, name, "an input that varies") for name in paid if name not in found]
    wrong = [Fault(name, f"{cost:g}", "a cost above 0") for name, cost in paid.items() if not cost > 0]
    return strange + wrong


def information_sentence(told: Information, name: Callable[[str], str]) -> Text:
    """What to find out first, in one plain sentence.

    Parameters
    ----------
    told : Information
        As from `information_value`.
    name : callable
        From an input to its name in words, in the language of the moment.

    Examples
    --------
    >>> table = pd.DataFrame({"value": [0.3], "value_lo": [0.29], "p_change": [0.4]}, index=["rate"])
    >>> print(information_sentence(Information("Ⅰ", 1.2, table), lambda one: one).en)
    Finding out “rate” is worth most: it would change the level decided (now Ⅰ) with a probability of 40 %,
    and avoid 0.3 of the 1.2 loss points expected.
    """
    worth = told.table[told.table["value_lo"] > 0]
    if worth.empty:
        return Text(
            zh=f"没有哪一项输入单独查清后会改变所定级别（{told.decision}级）。",
            en=f"Finding out any single input would not change the level decided ({told.decision}).",
        )
    first, row = str(worth.index[0]), worth.iloc[0]
    named = in_each_language(name, first)
    chance, gain, loss = f"{row['p_change']:.0%}"[:-1], f"{row['value']:.2g}", f"{told.loss:.2g}"
    return Text(
        zh=f"最值得查清的是“{named['zh']}”：有{chance}%的可能改变所定级别（现为{told.decision}级），"
        f"可在预期损失{loss}分中避免{gain}分。",
        en=f"Finding out “{named['en']}” is worth most: it would change the level decided "
        f"(now {told.decision}) with a probability of {chance} %, and avoid {gain} of the {loss} loss points "
        "expected.",
    )
