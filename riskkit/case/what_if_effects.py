"""What a what-if does: level and expected harm before and after, on the same draws.

How a case is graded belongs to a later stream and is handed in as a `Grading`. The draws of the case as it
is are kept and changed, so a difference between before and after is the measure and not chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.assessment.sensitivity.robustness import Ranks, level_shares
from riskkit.assessment.what_if.harm import expected_harm, harm_draws
from riskkit.assessment.what_if.what_if_file import Change, WhatIf, apply
from riskkit.case.level_sentence import say_may_be
from riskkit.case.sentences import say_level
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.uncertainty import Fixed, Floats, best, draw
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge, Levels, outcome_badge

Inputs = Mapping[str, Floats]
SURE = 0.95


@dataclass(frozen=True)
class Grading:
    """How a case is graded, handed in by whoever knows the profile.

    Parameters
    ----------
    point : callable
        From a case to the best estimate of every input.
    draws : callable
        From a case and a number to draws of every input.
    evaluate : callable
        From a case and values of its inputs to level ranks.
    """

    point: Callable[[Case], Mapping[str, float]]
    draws: Callable[[Case, int], Inputs]
    evaluate: Callable[[Case, Inputs], Levels]


@dataclass(frozen=True)
class Effect:
    """A case as it is, or as a what-if would make it.

    Parameters
    ----------
    what_if : WhatIf or None
        None for the case as it is.
    case : Case
        The case it leads to.
    badge : LevelBadge
        The level that is shown.
    shares : DataFrame
        Index ``Ⅳ`` … ``Ⅰ``; certain, possible, at_least: share of draws.
    robust, worst : str
        See `robust_level` and `worst_plausible_level`.
    harm : DataFrame
        As from `expected_harm`.
    avoided : DataFrame
        Harm before less harm after, draw by draw, in the same form.
    """

    what_if: WhatIf | None
    case: Case
    badge: LevelBadge
    shares: pd.DataFrame
    robust: str
    worst: str
    harm: pd.DataFrame
    avoided: pd.DataFrame


def robust_level(lo: Ranks, *, share: float = SURE) -> str:
    """The highest level that is reached, at least, in nearly all draws.

    Parameters
    ----------
    lo : ndarray of int8, shape (n,)
        Proven level rank of each draw.
    share : float
        Of the draws in which it must hold.

    Examples
    --------
    >>> robust_level(np.array([3] * 96 + [2] * 4, dtype=np.int8))
    'Ⅱ'
    """
    held = [rank for rank in (1, 2, 3, 4) if (np.asarray(lo) >= rank).mean() >= share]
    return scale("warning").codes[max(held) - 1]


def worst_plausible_level(hi: Ranks, *, share: float = SURE) -> str:
    """The lowest level that is not exceeded in nearly all draws, missing facts at their worst.

    Parameters
    ----------
    hi : ndarray of int8, shape (n,)
        Possible level rank of each draw.
    share : float
        Of the draws that must not exceed it.

    Examples
    --------
    >>> worst_plausible_level(np.array([2] * 90 + [4] * 10, dtype=np.int8))
    'Ⅰ'
    """
    held = [rank for rank in (1, 2, 3, 4) if (np.asarray(hi) <= rank).mean() >= share]
    return scale("warning").codes[min(held) - 1]


def changed_draws(x: Inputs, what_if: WhatIf, *, draws: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Draws of a case, with the changes of a what-if made to them.

    Parameters
    ----------
    x : mapping of str to ndarray
        Draws of the case as it is.
    what_if : WhatIf
        The changes; their own uncertainty is drawn from `rng`.
    draws : int
        How many draws an uncertain change gets (those of the case may all be fixed).
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    dict of str to ndarray
        The inputs that are not changed are the same arrays.

    Examples
    --------
    >>> half = Change(input="n_ports", do="multiply", value=0.5, reason=Text(zh="半", en="half"),
    ...               evidence="some_data")
    >>> one = WhatIf(id="w", kind="port_control", title=Text(zh="口岸", en="Ports"), changes=(half,))
    >>> x = {"n_ports": np.array([4.0, 7.0])}
    >>> changed_draws(x, one, draws=2, rng=np.random.default_rng(1))["n_ports"]
    array([2., 4.])
    """
    out = dict(x)
    for change in what_if.changes:
        if change.do != "close":
            out[change.input] = _changed(out.get(change.input), change, draws, rng=rng)
    return out


def _changed(values: Floats | None, change: Change, n: int, *, rng: np.random.Generator) -> Floats:
    if change.input.endswith(".severity"):
        levels, weights = (np.array(column, dtype=np.float64) for column in zip(*change.value, strict=True))
        if levels.size == 1:
            return levels
        return np.asarray(levels[np.searchsorted(np.cumsum(weights)[:-1], rng.random(n), side="right")])
    if change.do == "cap":
        return np.minimum(_needed(values), float(best(change.value)))
    by = draw(change.value, 1 if isinstance(change.value, Fixed) else n, rng=rng)
    moved = by if change.do == "set" else _needed(values) * by
    if "." in change.input:
        return np.minimum(moved, 1.0)
    kind = standards.facts()[change.input]
    moved = np.minimum(moved, kind.maximum)
    return np.rint(moved) if kind.kind in ("count", "money") else moved


def _needed(values: Floats | None) -> Floats:
    assert values is not None  # `apply` refused the change otherwise
    return values


def effects(
    case: Case,
    what_ifs: Sequence[WhatIf],
    *,
    grading: Grading,
    rng: np.random.Generator,
    draws: int = 20_000,
    combine: str = "sum",
) -> tuple[Effect, ...]:
    """The case as it is, and what each what-if would make of it.

    Parameters
    ----------
    case : Case
        The case as it is.
    what_ifs : sequence of WhatIf
        Each on its own, against the case as it is.
    grading : Grading
        How a case is graded.
    rng : numpy.random.Generator
        For the uncertainty of the changes (the draws of the case come from `grading`).
    draws : int
        Monte Carlo draws.
    combine : str
        As in `harm_draws`.

    Returns
    -------
    tuple of Effect
        The case as it is first, then the what-ifs in their order.

    Raises
    ------
    InputFaults
        With every change that cannot be made to this case.

    References
    ----------
    .. [1] Common random numbers: A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015).

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.case import case_inputs, case_levels
    >>> from riskkit.warning.profiles import profile
    >>> how = Grading(case_inputs.point_of,
    ...               lambda case, n: case_inputs.draw_inputs(case, n, rng=np.random.default_rng(1)),
    ...               lambda case, x: case_levels.evaluate(case, x, profile=profile()))
    >>> case = load_case("note7-battery-2016")
    >>> effects(case, [], grading=how, rng=np.random.default_rng(2), draws=100)[0].what_if is None
    True
    """
    x = grading.draws(case, draws)
    before = harm_draws(case, x, combine=combine)
    out = [_effect(case, None, x, grading=grading, harm=(before, before), draws=draws)]
    for what_if, after in [(one, apply(case, one)) for one in what_ifs]:
        moved = changed_draws(x, what_if, draws=draws, rng=rng)
        harm = harm_draws(after, moved, combine=combine)
        out.append(_effect(after, what_if, moved, grading=grading, harm=(before, harm), draws=draws))
    return tuple(out)


def _effect(
    case: Case,
    what_if: WhatIf | None,
    x: Inputs,
    *,
    grading: Grading,
    harm: tuple[Floats, Floats],
    draws: int,
) -> Effect:
    codes = scale("warning").codes
    at = {name: np.array([value]) for name, value in grading.point(case).items()}
    now, drawn = grading.evaluate(case, at), grading.evaluate(case, x)
    before, after = np.broadcast_arrays(*harm)
    return Effect(
        what_if,
        case,
        outcome_badge(now, drawn, on=case.assessed_on, draws=draws),
        shares=level_shares(drawn.lo, drawn.hi).set_axis(pd.Index(codes, name="level")),
        robust=robust_level(drawn.lo),
        worst=worst_plausible_level(drawn.hi),
        harm=expected_harm(after),
        avoided=expected_harm(before - after),
    )


def effects_table(found: Sequence[Effect]) -> pd.DataFrame:
    """Before and after, side by side.

    Parameters
    ----------
    found : sequence of Effect
        As from `effects`.

    Returns
    -------
    DataFrame
        Index the id of the what-if (``as_is`` for the case as it is); title, level, level_hi (shown), best,
        best_hi (at the best estimates), robust, worst, one column ``p_Ⅳ`` … ``p_Ⅰ`` a level (share of draws
        certain to have it), harm_1 … harm_4 and avoided_1 … avoided_4 (means by severity), cost_cny (best
        estimate), cny_per_severe (cost for each case of severity 3 or 4 avoided; NaN when none is or the cost
        is not known).

    Examples
    --------
    >>> effects_table([]).empty
    True
    """
    rows = {("as_is" if one.what_if is None else one.what_if.id): _row(one) for one in found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("what_if")


def _row(one: Effect) -> dict[str, object]:
    title = Text(zh="现状", en="as it is") if one.what_if is None else one.what_if.title
    cost = (
        math.nan if one.what_if is None or one.what_if.cost_cny is None else float(best(one.what_if.cost_cny))
    )
    severe = float(one.avoided["mean"].loc[3:4].sum(skipna=False))
    return {
        "title": title.say(),
        **{name: getattr(one.badge, name) for name in ("level", "level_hi", "best", "best_hi")},
        "robust": one.robust,
        "worst": one.worst,
        **{f"p_{level}": float(share) for level, share in one.shares["certain"].items()},
        **{f"harm_{rank}": float(mean) for rank, mean in one.harm["mean"].items()},
        **{f"avoided_{rank}": float(mean) for rank, mean in one.avoided["mean"].items()},
        "cost_cny": cost,
        "cny_per_severe": cost / severe if severe > 0 else math.nan,
    }


def effect_sentence(before: Effect, after: Effect) -> Text:
    """What a what-if does, in one plain sentence.

    Parameters
    ----------
    before, after : Effect
        The case as it is, and a what-if of it.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [0.0] * 4}, index=pd.RangeIndex(1, 5))
    >>> shares = pd.DataFrame({"at_least": [1.0, 0.9, 0.2, 0.1]}, index=list("ⅣⅢⅡⅠ"))
    >>> from riskkit.warning.level_badge import level_badge
    >>> ranks = np.array([3] * 63 + [4] * 37, dtype=np.int8)
    >>> badge = level_badge((ranks, ranks), (3, 3), shares=(0.5, 0.2))
    >>> now = Effect(None, None, badge, shares, "Ⅲ", "Ⅰ", table, table)
    >>> print(effect_sentence(now, now).en[:34])
    Level Ⅱ stays Ⅱ, may be Ⅰ (37 %);
    """
    ends = [(one.badge.level, one.badge.level_hi) for one in (before, after)]
    zh_was, zh_now, was, now = (in_language(lang, say_level, *pair) for lang in ("zh", "en") for pair in ends)
    zh_move = f"级别仍为{zh_now}" if was == now else f"级别由{zh_was}变为{zh_now}"
    en_move = f"Level {was} stays {now}" if was == now else f"Level {was} becomes {now}"
    zh_move, en_move = (
        gap.join(
            part
            for part in (move, in_language(lang, say_may_be, in_language(lang, _coded, after.badge)))
            if part
        )
        for move, gap, lang in ((zh_move, "，", "zh"), (en_move, ", ", "en"))
    )
    avoided, had = (float(t["mean"].loc[3:4].sum(skipna=False)) for t in (after.avoided, before.harm))
    if math.isnan(avoided):
        zh, en = (
            "市场数量不详，无法估计避免的伤害",
            "the units on the market are not known, nor the harm avoided",
        )
    elif avoided == 0:
        zh, en = "未避免重度以上（3—4级）伤害", "no severe harm (3–4) is avoided"
    else:
        zh = f"预期避免重度以上（3—4级）伤害{_said(avoided)}起（原{_said(had)}起）"
        en = f"{_said(avoided)} of {_said(had)} expected cases of severe harm (3–4) are avoided"
    return Text(
        zh=f"{zh_move}；{SURE:.0%}的模拟达到{after.robust}级或更严重，{SURE:.0%}的模拟不超过{after.worst}级；{zh}。",
        en=f"{en_move}; {100 * SURE:.0f} % of simulations reach {after.robust} or graver and "
        f"{100 * SURE:.0f} % do not exceed {after.worst}; {en}.",
    )


def _coded(badge: LevelBadge) -> list[tuple[str, float]]:
    return [(say_level(code, code), share) for code, share in badge.may_be]


def _said(number: float) -> str:
    """Two figures, the way people write them."""
    short = float(f"{number:.2g}")
    return f"{short:,.0f}" if abs(short) >= 10 else f"{short:g}"
