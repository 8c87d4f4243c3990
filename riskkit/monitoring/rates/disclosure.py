"""Tables of counts that can be published: small cells hidden so that no margin gives them back.

A cell of which little was tested points at one maker. It is hidden (*too few*). A sum that is shown beside it
would give it back, so further cells are hidden (*complement*): as many that every small cell could still have
had other counts of tested, conforming and nonconforming items, at least `width` apart, under all sums that
are shown *and under what the two words say*: too few is at least 1 and below `minimum`, a complement is at
least 1, and no more items fail than were tested. Which further cells, costs least in tested items shown: the
classical linear-programming choice (move a count by `width` in whole items and let the moves that keep all
shown sums cost what they hide). Where words alone would give counts away – four cells of 1 whose sum is too
few as well – small sums are called complements too.

The protection is against giving a count back exactly, not against narrow guesses.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import block_array, csr_array, hstack
from scipy.sparse import eye_array as identity_array

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.monitoring.rates.rates import read_counts

ALL = "*"
# the solver gives whole numbers up to its own tolerance
_MOVED = 1e-6


def with_margins(cells: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """The cells of a table and all its sums, down to the grand total.

    Parameters
    ----------
    cells : DataFrame
        `by` (each combination at most once), n_tested, n_nonconforming.
    by : sequence of str
        One to three keys.

    Returns
    -------
    DataFrame
        Keys as text (``*`` where summed over), n_tested, n_nonconforming; the cells first, the grand total
        last.

    Raises
    ------
    InputFaults
        With every missing column, wrong or missing count, missing or doubled key, or key that is ``*``.

    Examples
    --------
    >>> one = pd.DataFrame({"port": ["X", "Y"], "n_tested": [9, 20], "n_nonconforming": [1, 2]})
    >>> with_margins(one, by=["port"]).values.tolist()
    [['X', 9, 1], ['Y', 20, 2], ['*', 29, 3]]
    """
    if not 1 <= len(by) <= 3:
        raise ValueError(f"by names one to three keys, not {len(by)}")
    counts = read_counts(cells, what="cells", keys=by)
    keys = cells[list(by)].astype("string")
    faults = [
        Fault(f"cells: row {row}: n_tested, n_nonconforming", "missing", "known")
        for row in np.flatnonzero(np.isnan(counts["n_tested"]) | np.isnan(counts["n_nonconforming"]))
    ]
    wrong = keys.isna().any(axis=1) | (keys == ALL).any(axis=1)
    faults += [
        Fault(f"cells: row {row}", "a key", RuleText("there, and not {}", repr(ALL)))
        for row in np.flatnonzero(wrong)
    ]
    faults += [
        Fault(f"cells: row {row}", "again", "keys that stand once")
        for row in np.flatnonzero(keys.duplicated())
    ]
    refuse("cells", faults)
    rows = keys.assign(**{name: counts[name].astype(np.int64) for name in ("n_tested", "n_nonconforming")})
    parts = [rows]
    for kept in reversed(range(len(by))):
        for names in itertools.combinations(by, kept):
            if names:
                sums = (
                    rows.groupby(list(names), sort=True)[["n_tested", "n_nonconforming"]].sum().reset_index()
                )
            else:
                sums = rows[["n_tested", "n_nonconforming"]].sum().to_frame().T
            parts.append(sums.assign(**{name: ALL for name in by if name not in names}))
    whole = pd.concat(parts, ignore_index=True)[[*by, "n_tested", "n_nonconforming"]]
    return whole.astype(dict.fromkeys(by, "str"))


def _sums(table: pd.DataFrame, by: Sequence[str]) -> csr_array:
    """One row a sum and direction: its parts +1, the sum −1."""
    place = {key: row for row, key in enumerate(table[list(by)].itertuples(index=False, name=None))}
    lines: dict[tuple[int, int], list[int]] = {}
    for key, row in place.items():
        for axis, name in enumerate(key):
            if name != ALL:
                total = place[*key[:axis], ALL, *key[axis + 1 :]]
                lines.setdefault((total, axis), []).append(row)
    rows, columns, signs = [], [], []
    for number, ((total, _), parts) in enumerate(lines.items()):
        rows += [number] * (len(parts) + 1)
        columns += [*parts, total]
        signs += [*([1.0] * len(parts)), -1.0]
    return csr_array((signs, (rows, columns)), shape=(len(lines), len(table)))


def hide_small_cells(
    cells: pd.DataFrame, *, by: Sequence[str], minimum: int | None = None, width: int | None = None
) -> pd.DataFrame:
    """A table with its sums, in which no small cell can be read or worked out.

    A cell or sum of which more than none but fewer than `minimum` items were tested is hidden; further
    ones are hidden so that the shown sums do not give it back. A cell of which nothing was tested is shown:
    it says nothing of anybody.

    Parameters
    ----------
    cells, by
        As for `with_margins`.
    minimum : int, optional
        Fewest items tested that may be shown; the house number otherwise.
    width : int, optional
        How far apart the counts must be that a hidden cell could have; the house number otherwise.

    Returns
    -------
    DataFrame
        As from `with_margins`, with n_tested and n_nonconforming missing where hidden, rate, and shown
        (``shown``, ``too_few`` or ``complement``).

    Raises
    ------
    InputFaults
        As for `with_margins`.

    References
    ----------
    .. [1] House rule of this project (``riskkit_house``, ``method_numbers.csv``); choice of complements as
       Willenborg and de Waal (2001), Elements of Statistical Disclosure Control (``willenborg_2001``).

    Examples
    --------
    >>> one = pd.DataFrame({"port": ["X", "Y", "Z"], "n_tested": [2, 20, 90],
    ...                     "n_nonconforming": [1, 2, 8]})
    >>> hide_small_cells(one, by=["port"], minimum=5)["shown"].tolist()
    ['too_few', 'complement', 'shown', 'shown']
    """
    minimum = int(method_number("disclosure", "minimum")) if minimum is None else minimum
    width = int(method_number("disclosure", "width")) if width is None else width
    table = with_margins(cells, by=by)
    n, x = (table[name].to_numpy(dtype=np.float64) for name in ("n_tested", "n_nonconforming"))
    few = (n > 0) & (n < minimum)
    is_sum = (table[list(by)] == ALL).any(axis=1).to_numpy()
    counts = _Counts(x, n - x, _sums(table, by), minimum - 1.0)
    hidden = _protected(counts, few, few, width=width)
    said_few = few
    if hidden is None:  # the words for small sums would give the cells in them away
        said_few = few & ~is_sum
        hidden = _protected(counts, few, said_few, width=width)
    hidden = n > 0 if hidden is None else hidden
    out = table.assign(rate=np.where(n > 0, x / np.where(n > 0, n, 1), np.nan))
    out["rate"] = out["rate"].where(~hidden)
    for name in ("n_tested", "n_nonconforming"):
        out[name] = out[name].astype("Int64").where(~hidden)
    out["shown"] = np.select([said_few, hidden], ["too_few", "complement"], default="shown")
    return out


@dataclass(frozen=True)
class _Counts:
    """Nonconforming and conforming items of every cell and sum, how moves of them add up, and what is few."""

    bad: Floats
    good: Floats
    sums: csr_array
    most_few: float

    @cached_property
    def kept(self) -> csr_array:
        """What a move changes of each sum; it has to be nothing."""
        none = csr_array(self.sums.shape)
        rows = [[self.sums, -self.sums, none, none], [none, none, self.sums, -self.sums]]
        return csr_array(block_array(rows))

    @cached_property
    def tested(self) -> csr_array:
        """What a move changes of the items tested in each cell."""
        one = identity_array(self.bad.size)
        return csr_array(hstack([one, -one, one, -one]))


def _protected(
    counts: _Counts, few: NDArray[np.bool_], said_few: NDArray[np.bool_], *, width: int
) -> NDArray[np.bool_] | None:
    """Which cells to hide; None where no hiding leaves some small cell two possible counts."""
    n, hidden = counts.bad + counts.good, few.copy()
    seen = np.zeros((2, 3, n.size))  # the lowest and highest moves found so far, which hold for every cell
    for cell in np.flatnonzero(few)[np.argsort(-n[few], kind="stable")]:
        room = int(counts.most_few) if said_few[cell] else width + 1
        tested, part = min(width, room - 1), min(width, room)  # from 1, and from 0, to the most that is few
        for of, apart in enumerate((tested, part, part)):
            if seen[1, of, cell] - seen[0, of, cell] >= apart:
                continue
            moves = _complements(counts, (of, cell), hidden=hidden, said_few=said_few, width=apart)
            if moves is None:
                return None
            for bad, good in moves:
                hidden |= (bad != 0) | (good != 0)
                every = np.stack([bad + good, bad, good])
                seen = np.stack([np.minimum(seen[0], every), np.maximum(seen[1], every)])
    return hidden


_Move = tuple[Floats, Floats]


def _complements(
    counts: _Counts,
    aim: tuple[int, np.intp],
    *,
    hidden: NDArray[np.bool_],
    said_few: NDArray[np.bool_],
    width: int,
) -> list[_Move] | None:
    """Moves by which a count could be `width` apart, up, down or both: those that hide least."""
    best, found = np.inf, None
    for up in range(width, -1, -1):
        price, moves, open_to = 0.0, [], hidden.copy()
        for step in (up, up - width):
            if step and price < np.inf:
                cost, move = _cheapest(counts, (*aim, step), hidden=open_to, said_few=said_few)
                price += cost
                moves.append(move)
                open_to |= (move[0] != 0) | (move[1] != 0)
        if price < best - _MOVED:
            best, found = price, moves
        if best == 0:
            break
    return found


def _cheapest(
    counts: _Counts, aim: tuple[int, np.intp, int], *, hidden: NDArray[np.bool_], said_few: NDArray[np.bool_]
) -> tuple[float, _Move]:
    """The cheapest move of whole items that changes a count by so much and keeps all shown sums."""
    (of, cell, step), n, size = aim, counts.bad + counts.good, hidden.size
    target = np.zeros((4, size))
    target[:, cell] = [(1, -1, 1, -1), (1, -1, 0, 0), (0, 0, 1, -1)][of]
    is_there = np.where(n > 0, np.inf, 0.0)  # a cell of which nothing was tested is shown
    constraints = [
        LinearConstraint(counts.kept, 0, 0),
        LinearConstraint(
            counts.tested, np.minimum(1 - n, 0), np.where(said_few, counts.most_few - n, np.inf)
        ),
        LinearConstraint(target.reshape(1, -1), step, step),
    ]
    bounds = Bounds(np.zeros(4 * size), np.concatenate([is_there, counts.bad, is_there, counts.good]))
    problem = {"c": np.tile(np.where(hidden, 0.0, n + 1), 4), "bounds": bounds, "constraints": constraints}
    moved = milp(**problem)
    if moved.status == 0 and np.abs(moved.x - np.round(moved.x)).max() > _MOVED:  # mostly they are whole
        moved = milp(**problem, integrality=np.ones(4 * size))
    if moved.status != 0:
        return np.inf, (np.zeros(size), np.zeros(size))
    parts = np.round(moved.x).reshape(4, size)
    return float(moved.fun), (parts[0] - parts[1], parts[2] - parts[3])


def possible_counts(
    table: pd.DataFrame, *, by: Sequence[str], column: str, minimum: int | None = None
) -> pd.DataFrame:
    """What a reader can work out about each cell from what is shown: its least and greatest count.

    Parameters
    ----------
    table : DataFrame
        As published: from `hide_small_cells`, or one's own of that shape.
    by : sequence of str
        Its keys.
    column : str
        ``n_tested`` or ``n_nonconforming``.
    minimum : int, optional
        Read the words in ``shown`` too: of a cell with too few, fewer than this were tested; of any hidden
        one, one at least.

    Returns
    -------
    DataFrame
        The keys, least, most (infinite where the shown sums give no bound) of every hidden cell, whole
        numbers not assumed.

    Examples
    --------
    >>> one = pd.DataFrame({"port": ["X", "Y", "Z"], "n_tested": [2, 20, 90],
    ...                     "n_nonconforming": [1, 2, 8]})
    >>> shown = hide_small_cells(one, by=["port"], minimum=5)
    >>> possible_counts(shown, by=["port"], column="n_tested").values.tolist()
    [['X', 0.0, 22.0], ['Y', 0.0, 22.0]]
    >>> possible_counts(shown, by=["port"], column="n_tested", minimum=5).values.tolist()
    [['X', 1.0, 4.0], ['Y', 18.0, 21.0]]
    """
    sums = _sums(table, by)
    values = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    is_hidden = np.isnan(values)
    least, most = np.zeros(values.size), np.full(values.size, np.inf)
    if minimum is not None:
        least[:] = 1.0 if column == "n_tested" else 0.0
        most[(table["shown"] == "too_few").to_numpy()] = minimum - 1
    bounds = np.stack([np.where(is_hidden, least, values), np.where(is_hidden, most, values)], axis=1)
    rows = []
    for cell in np.flatnonzero(is_hidden):
        aim = np.zeros(values.size)
        ends = []
        for sign in (1.0, -1.0):
            aim[cell] = sign
            found = linprog(aim, A_eq=sums, b_eq=np.zeros(sums.shape[0]), bounds=bounds, method="highs")
            ends.append(sign * np.inf * -1 if found.status == 3 else sign * found.fun)
        rows.append([*table[list(by)].iloc[cell], *ends])
    return pd.DataFrame(rows, columns=[*by, "least", "most"])
