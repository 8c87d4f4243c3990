"""How firm a level is: its probability, what would change it, and what it hangs on.

Everything here works on an `evaluate` function from inputs to level ranks, and knows nothing of cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.numbers.uncertainty import Floats

Ranks = NDArray[np.int8]
Evaluate = Callable[[Mapping[str, Floats]], tuple[Ranks, Ranks]]


_PARTS = 16
"""Into how many parts a search divides its way at once: a grading costs much, a row more of it little."""
_NO_FLIPS = pd.DataFrame(columns=["input", "direction", "from_value", "to_value", "lo", "hi", "distance"])


@dataclass(frozen=True)
class InputRange:
    """How far an input can be moved when looking for what changes the level.

    Parameters
    ----------
    kind : str
        ``probability``, ``flag``, ``ordinal``, ``count``, ``money``, ``ratio`` or ``days``.
    low, high : float
        Lawful bounds.
    """

    kind: str
    low: float
    high: float

    def is_whole(self) -> bool:
        """Whether only whole values make sense."""
        return self.kind in ("flag", "ordinal", "count", "money", "days")


def level_shares(lo: Ranks, hi: Ranks) -> pd.DataFrame:
    """Probability of each level, as an interval where missing facts leave a range.

    Parameters
    ----------
    lo, hi : ndarray of int8, shape (draws,)
        Proven and possible level rank, 1–4.

    Returns
    -------
    DataFrame
        Index rank 1–4; `certain`: share of draws that are this level whatever the missing facts are;
        `possible`: share of draws that may be this level; `at_least`: share proven to be at least it.

    Examples
    --------
    >>> lo, hi = np.array([2, 2, 3, 3], dtype=np.int8), np.array([2, 3, 3, 3], dtype=np.int8)
    >>> level_shares(lo, hi).loc[3].tolist()
    [0.5, 0.75, 0.5]
    """
    ranks = np.arange(1, 5)
    pairs = (lo.astype(np.int64) - 1) * 4 + (hi.astype(np.int64) - 1)
    counts = np.bincount(pairs, minlength=16).reshape(4, 4)  # whole numbers: no share passes 1 by rounding
    possible = [int(counts[:rank, rank - 1 :].sum()) for rank in ranks]
    at_least = [int(counts[rank - 1 :, :].sum()) for rank in ranks]
    table = {"certain": np.diag(counts), "possible": possible, "at_least": at_least}
    return pd.DataFrame(table, index=ranks) / lo.size


def flips(
    point: Mapping[str, float], ranges: Mapping[str, InputRange], *, evaluate: Evaluate
) -> pd.DataFrame:
    """For each input, the smallest change of it alone that changes the level, up and down.

    Parameters
    ----------
    point : mapping of str to float
        Best estimate of every input; NaN for a missing one, which is left out.
    ranges : mapping of str to InputRange
        How far each may be moved; inputs that are not named stay.
    evaluate : callable
        From inputs (arrays of one length) to proven and possible level ranks. It must be monotone in
        each input.

    Returns
    -------
    DataFrame
        One row a change found: input, direction (``more``/``less`` of the input), from_value, to_value
        (first value with the other level), lo, hi (level ranks there), distance (relative change, in
        decades for probabilities and ratios).

    Examples
    --------
    >>> def evaluate(x):
    ...     rank = (1 + (x["n"] >= 5)).astype(np.int8)
    ...     return rank, rank
    >>> found = flips({"n": 3.0}, {"n": InputRange("count", 0, 100)}, evaluate=evaluate)
    >>> found[["to_value", "hi"]].values.tolist()
    [[5.0, 2.0]]
    """
    moves = [
        (name, direction)
        for name, value in point.items()
        if name in ranges and not math.isnan(value)
        for direction in ("more", "less")
        if (ranges[name].high if direction == "more" else ranges[name].low) != value
    ]
    if not moves:
        return _NO_FLIPS.copy()
    names = [name for name, _ in moves]
    ends = np.array([ranges[n].high if d == "more" else ranges[n].low for n, d in moves])
    start = np.array([point[name] for name in names])
    both = _ranks_at(names * 2, np.concatenate([start, ends]), point, evaluate=evaluate)
    base, far = np.split(both, 2)
    found = (far != base).any(axis=1)
    if not found.any():
        return _NO_FLIPS.copy()
    same, other = start[found], ends[found]
    kept = [move for move, hit in zip(moves, found, strict=True) if hit]
    to, there = _bisect(
        [n for n, _ in kept], same, other, ranks=(base[found], far[found]), point=point, ranges=ranges,
        evaluate=evaluate,
    )  # fmt: skip
    rows = {
        "input": [n for n, _ in kept],
        "direction": [d for _, d in kept],
        "from_value": same,
        "to_value": to,
        "lo": there[:, 0],
        "hi": there[:, 1],
        "distance": [_distance(a, b, ranges[n].kind) for a, b, (n, _) in zip(same, to, kept, strict=True)],
    }
    nearest = pd.DataFrame(rows).sort_values("distance", kind="stable", key=lambda by: by.round(9))
    return nearest.reset_index(
        drop=True
    )  # equal changes stay in the order of the inputs, whatever the last digit


def near_bounds(found: pd.DataFrame, *, within: float = 0.1) -> pd.DataFrame:
    """Changes so small that the level hangs on a bound: a tenth of the value or less.

    Parameters
    ----------
    found : DataFrame
        As from `flips`.
    within : float
        Relative change that still counts as near (house).

    Returns
    -------
    DataFrame
        The rows of `found` that are near.

    Examples
    --------
    >>> found = pd.DataFrame({"input": ["a", "b"], "from_value": [501_000.0, 5.0],
    ...                       "to_value": [500_000.0, 7.0]})
    >>> near_bounds(found)["input"].tolist()
    ['a']
    """
    if found.empty:
        return found
    before, after = found["from_value"].to_numpy(np.float64), found["to_value"].to_numpy(np.float64)
    near = np.abs(after - before) <= within * np.maximum(np.abs(after), np.abs(before))
    return found.iloc[np.flatnonzero(near)].reset_index(drop=True)


def _ranks_at(
    names: Sequence[str], values: Floats, point: Mapping[str, float], *, evaluate: Evaluate
) -> NDArray[np.int8]:
    """Ranks with one input moved in each row and all others at the point."""
    inputs = {name: np.full(len(names), value) for name, value in point.items()}
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        inputs[name][row] = value
    lo, hi = evaluate(inputs)
    return np.stack([lo, hi], axis=1)


def _bisect(
    names: Sequence[str],
    same: Floats,
    other: Floats,
    *,
    ranks: tuple[NDArray[np.int8], NDArray[np.int8]],
    point: Mapping[str, float],
    ranges: Mapping[str, InputRange],
    evaluate: Evaluate,
) -> tuple[Floats, NDArray[np.int8]]:
    """The first value with another level than `same`, and its ranks; whole inputs end on a whole value."""
    base, there = ranks
    near, far = same.astype(np.float64), other.astype(np.float64)
    whole = np.array([ranges[name].is_whole() for name in names], dtype=np.bool_)
    rows, each = np.arange(len(names)), [name for name in names for _ in range(_PARTS - 1)]
    for _ in range(64):
        between = _between(near, far, whole)
        found = _ranks_at(each, between.ravel(), point, evaluate=evaluate).reshape(len(names), -1, 2)
        changed = (found != base[:, None]).any(axis=2)
        values, found = np.column_stack([near, between, far]), np.concatenate([found, there[:, None]], axis=1)
        first = np.where(changed.any(axis=1), changed.argmax(axis=1), _PARTS - 1)
        near, far, there = values[rows, first], values[rows, first + 1], found[rows, first]
        if np.all(np.where(whole, np.abs(far - near) <= 1, np.abs(far - near) <= 1e-12 * np.abs(far))):
            break
    return far, there


def _between(near: Floats, far: Floats, whole: NDArray[np.bool_]) -> Floats:
    """Values that part the way from near to far, by ratio where it is wide; all are graded at one go."""
    steps = np.arange(1, _PARTS) / _PARTS
    a, b = np.maximum(near, 1e-12)[:, None], np.maximum(far, 1e-12)[:, None]
    even = near[:, None] + (far - near)[:, None] * steps
    values = np.where(_wide(near, far)[:, None], a ** (1 - steps) * b**steps, even)
    low, high = np.minimum(near, far)[:, None], np.maximum(near, far)[:, None]
    inside = np.clip(np.round(values), low + 1, np.maximum(high - 1, low + 1))  # or 0 to 3 would never end
    return np.where(whole[:, None], inside, np.clip(values, low, high))


def _wide(a: Floats, b: Floats) -> NDArray[np.bool_]:
    small, large = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    return np.asarray(large > 4 * np.maximum(small, 1e-12), dtype=np.bool_)


def _distance(a: float, b: float, kind: str) -> float:
    if kind in ("flag", "ordinal"):
        return abs(b - a)
    return abs(math.log10(max(b, 1e-12) / max(a, 1e-12))) if min(a, b) > 0 else abs(b - a) + 1.0


def tornado(draws: Mapping[str, Floats], ranks: Floats, *, tail: float = 0.1) -> pd.DataFrame:
    """Mean level when one input is in its lowest or highest tenth of draws, others varying.

    Parameters
    ----------
    draws : mapping of str to ndarray, shape (n,)
        Draws of the uncertain inputs (inputs with a single value are left out).
    ranks : ndarray of float, shape (n,)
        Level rank of each draw, 1 Ⅳ … 4 Ⅰ.
    tail : float
        Share of draws that counts as low or high.

    Returns
    -------
    DataFrame
        input, low_value, high_value (medians of the tails), low_mean, high_mean, swing; largest swing first.

    Examples
    --------
    >>> x = np.arange(100.0)
    >>> tornado({"x": x}, 1.0 + (x > 49)).loc[0, ["low_mean", "high_mean"]].tolist()
    [1.0, 2.0]
    """
    rows = []
    for name, values in draws.items():
        if values.size < 2 or values.size != ranks.size:
            continue
        low, high = np.quantile(values, [tail, 1 - tail])
        below, above = values <= low, values >= high
        means = float(ranks[below].mean()), float(ranks[above].mean())
        middles = float(np.median(values[below])), float(np.median(values[above]))
        rows.append((name, *middles, *means, abs(means[1] - means[0])))
    columns = ["input", "low_value", "high_value", "low_mean", "high_mean", "swing"]
    return (
        pd.DataFrame(rows, columns=columns)
        .sort_values("swing", ascending=False, kind="stable")
        .reset_index(drop=True)
    )
