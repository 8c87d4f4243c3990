"""Ordered levels with their words in zh and en, and cutting numbers into bands."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 1 << 16


@dataclass(frozen=True)
class Scale:
    """Levels of one kind, from low to high.

    Parameters
    ----------
    name : str
        Its name in ``scales.csv``.
    codes, zh, en, colours, symbols : tuple of str
        One entry a level, from low to high. Colour never stands alone: each level has a symbol too.
    """

    name: str
    codes: tuple[str, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]
    colours: tuple[str, ...]
    symbols: tuple[str, ...]

    def word(self, code: str) -> str:
        """The level's word in ``zh`` or ``en``."""
        return (self.zh if language() == "zh" else self.en)[self.codes.index(code)]

    def symbol(self, code: str) -> str:
        """The level's symbol."""
        return self.symbols[self.codes.index(code)]

    def colour(self, code: str) -> str:
        """The level's colour as ``#rrggbb``; empty where the scale has none."""
        return self.colours[self.codes.index(code)]

    def dtype(self) -> pd.CategoricalDtype:
        """The ordered categorical type of this scale."""
        import pandas as pd

        return pd.CategoricalDtype(list(self.codes), ordered=True)


@functools.cache
def scale(name: str) -> Scale:
    """A scale by name.

    Parameters
    ----------
    name : str
        ``warning``, ``risk``, ``severity``, ``probability``, ``urgency``, ``scope`` or ``harm``.

    Raises
    ------
    KeyError
        When there is none of that name.

    References
    ----------
    .. [1] 国发〔2017〕43号, 二（三）8: levels Ⅰ–Ⅳ and their colours (source ``sc_2017_43``).

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> scale("warning").codes
    ('Ⅳ', 'Ⅲ', 'Ⅱ', 'Ⅰ')
    >>> in_language("zh", scale("warning").word, "Ⅰ")
    '特别严重'
    """
    rows = sorted((row for row in standards.rows("scales") if row["scale"] == name), key=itemgetter("rank"))
    if not rows:
        raise KeyError(f"no scale {name!r}")
    columns = (tuple(row[column] for row in rows) for column in ("code", "zh", "en", "colour", "symbol"))
    return Scale(name, *columns)


def band_codes(values: NDArray[np.float64], edges: Sequence[float], *, closed: bool) -> NDArray[np.int8]:
    """How many lower bounds each value passes; −1 for a missing value.

    Parameters
    ----------
    values : ndarray of float
        Any shape.
    edges : sequence of float
        Bounds, rising.
    closed : bool
        False: a value passes a bound when it is greater; True: when it is at least the bound.

    Returns
    -------
    ndarray of int8
        In the shape of `values`.

    Examples
    --------
    >>> band_codes(np.array([0.05, 0.1, 0.2, np.nan]), [0.1], closed=False)
    array([ 0,  0,  1, -1], dtype=int8)
    """
    codes = np.zeros(values.shape, dtype=np.int8)
    for edge in edges:
        codes += (values >= edge) if closed else (values > edge)
    codes[np.isnan(values)] = -1
    return codes


def on_edge(values: ArrayLike, edges: Sequence[float], *, rtol: float = 1e-9) -> NDArray[np.bool_]:
    """Whether a value lies on a bound, up to rounding of the last digits.

    Parameters
    ----------
    values : array_like of float
        Any shape.
    edges : sequence of float
        Bounds.
    rtol : float
        How near, relative to the bound.

    Examples
    --------
    >>> on_edge([0.1, 0.11, 0.1 + 1e-12], [0.1]).tolist()
    [True, False, True]
    """
    x = np.asarray(values, dtype=np.float64)
    flags = np.zeros(x.shape, dtype=np.bool_)
    for edge in edges:
        flags |= np.abs(x - edge) <= rtol * abs(edge)
    return flags


def chunks(n: int) -> Iterator[slice]:
    """Slices that walk over `n` rows in blocks that fit the processor's cache.

    Examples
    --------
    >>> [s.stop for s in chunks(70000)]
    [65536, 70000]
    """
    for start in range(0, n, CHUNK):
        yield slice(start, min(start + CHUNK, n))


def as_levels(codes: NDArray[np.int8], of: Scale, like: Any) -> Any:
    """Level codes in the clothes of the input they came from.

    Parameters
    ----------
    codes : ndarray of int8
        0 for the lowest level; −1 for missing.
    of : Scale
        The scale the codes belong to.
    like : Any
        The input: a Series gives an ordered categorical Series with the same index, a scalar a word
        (or ``pd.NA``), a one-dimensional array an ordered `Categorical`, any other an object array.

    Examples
    --------
    >>> as_levels(np.array(3, dtype=np.int8), scale("risk"), 0.5)
    'serious'
    >>> list(as_levels(np.array([0, -1], dtype=np.int8), scale("risk"), [0.1, None]))
    ['low', nan]
    """
    import pandas as pd

    if codes.ndim == 0:
        return of.codes[int(codes)] if codes >= 0 else pd.NA
    if codes.ndim > 1:
        return np.array([*of.codes, pd.NA], dtype=object)[codes]
    levels = pd.Categorical.from_codes(codes, dtype=of.dtype())
    return pd.Series(levels, index=like.index, name="level") if isinstance(like, pd.Series) else levels


def level_codes(levels: Any, of: Scale, *, read: Callable[[Any], str] | None = None) -> NDArray[np.int8]:
    """Levels as codes 0 … n−1, −1 for missing.

    Parameters
    ----------
    levels : scalar, sequence, Categorical or Series of str
        Level words of the scale.
    of : Scale
        The scale.
    read : callable, optional
        Gives the code for a word that is none, as `riskkit.foundation.standards.warning_levels.level_code`
        does; raises ValueError for what it does not know.

    Raises
    ------
    ValueError
        When a word is not in the scale.

    Examples
    --------
    >>> level_codes(["low", "serious"], scale("risk"))
    array([0, 3], dtype=int8)
    """
    import pandas as pd

    if isinstance(levels, pd.Series):
        levels = levels.array
    if isinstance(levels, pd.Categorical) and tuple(levels.categories) == of.codes:
        return np.asarray(levels.codes, dtype=np.int8)
    raw = np.asarray(levels, dtype=object)
    flat = raw.ravel()
    missing = pd.isna(flat)
    known = {code: number for number, code in enumerate(of.codes)}
    strange, rule = [], f"levels are {', '.join(of.codes)}"
    for word in dict.fromkeys(word for word in flat[~missing] if word not in known):
        try:
            known[word] = known[read(word)] if read else known[word]
        except (ValueError, KeyError) as error:
            strange.append(str(word))
            rule = str(error) if read else rule
    if strange:
        raise ValueError(f"not a level of {of.name}: {', '.join(sorted(strange)[:5])}; {rule}")
    out = np.array(
        [-1 if gone else known[word] for word, gone in zip(flat, missing, strict=True)], dtype=np.int8
    )
    return out.reshape(raw.shape)
