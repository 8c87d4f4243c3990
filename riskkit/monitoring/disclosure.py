"""Tables of counts that can be published: small cells hidden so that no margin gives them back.

A cell of which little was tested points at one maker. It is hidden (*too few*). A sum that is shown beside it
would give it back, so further cells are hidden (*complement*): as many that every hidden cell could still
have had other counts of conforming and of nonconforming items, at least `width` apart, under all sums that
are shown. Which further cells, costs least in tested items shown: the classical linear-programming choice
(move a hidden count by `width` and let the moves that keep all shown sums cost what they hide).

The protection is against giving a count back exactly, not against narrow guesses.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

from riskkit.foundation.faults import Fault, refuse
from riskkit.foundation.method_numbers import method_number
from riskkit.foundation.number_columns import Floats
from riskkit.monitoring.rates import read_counts

ALL = "*"
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
        Fault(f"cells: row {row}", "a key", f"there, and not {ALL!r}") for row in np.flatnonzero(wrong)
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
    hidden = few.copy()
    sums = _sums(table, by)
    for cell in np.flatnonzero(few)[np.argsort(-n[few], kind="stable")]:
        for values in (x, n - x):
            hidden |= _complements(cell, values, sums=sums, hidden=hidden, cost=n, width=float(width))
    out = table.assign(rate=np.where(n > 0, x / np.where(n > 0, n, 1), np.nan))
    out["rate"] = out["rate"].where(~hidden)
    for name in ("n_tested", "n_nonconforming"):
        out[name] = out[name].astype("Int64").where(~hidden)
    out["shown"] = np.select([few, hidden], ["too_few", "complement"], default="shown")
    return out


def _complements(
    cell: int, values: Floats, *, sums: csr_array, hidden: NDArray[np.bool_], cost: Floats, width: float
) -> NDArray[np.bool_]:
    """What must be hidden so that a count could be `width` more, or less: whichever hides less."""
    size = values.size
    price = np.where(hidden, 0.0, cost + 1)
    best, found = np.inf, np.zeros(size, dtype=np.bool_)
    for up, down in ((width, 0.0), (0.0, width)):
        if down > values[cell]:
            continue
        least, most = np.zeros(2 * size), np.r_[np.full(size, np.inf), values]
        least[[cell, size + cell]] = most[[cell, size + cell]] = up, down
        moved = linprog(
            np.r_[price, price],
            A_eq=hstack([sums, -sums]),
            b_eq=np.zeros(sums.shape[0]),
            bounds=np.stack([least, most], axis=1),
            method="highs",
        )
        if moved.status == 0 and moved.fun < best - _MOVED:
            best, found = moved.fun, np.abs(moved.x[:size] - moved.x[size:]) > _MOVED
    return found


def possible_counts(table: pd.DataFrame, *, by: Sequence[str], column: str) -> pd.DataFrame:
    """What a reader can work out about each cell from what is shown: its least and greatest count.

    Parameters
    ----------
    table : DataFrame
        As published: from `hide_small_cells`, or one's own of that shape.
    by : sequence of str
        Its keys.
    column : str
        ``n_tested`` or ``n_nonconforming``.

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
    """
    sums = _sums(table, by)
    values = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    is_hidden = np.isnan(values)
    bounds = np.stack([np.where(is_hidden, 0.0, values), np.where(is_hidden, np.inf, values)], axis=1)
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
