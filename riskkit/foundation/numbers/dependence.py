"""Inputs that go together: rank correlations by re-ordering draws or through a Gaussian copula."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import scipy  # its parts load when they are used: half a second that checking a case need not take

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.numbers.distributions import Floats

Pairs = Mapping[tuple[str, str], float]


def rank_correlation(names: Sequence[str], pairs: Pairs) -> Floats:
    """The full matrix of Spearman correlations, from the pairs that are not zero.

    Parameters
    ----------
    names : sequence of str
        The inputs, in their order.
    pairs : mapping of (str, str) to float
        Spearman correlation of two inputs, −1 to 1; each pair once, in either order.

    Returns
    -------
    ndarray of float, shape (k, k)
        Symmetric, 1 on the diagonal.

    Raises
    ------
    InputFaults
        For names that are not among `names`, pairs of an input with itself, pairs given twice, numbers
        outside −1 to 1, and, when all these are in order, for a matrix that is not positive definite:
        each entry that makes it so, with the values that would be possible beside the others.

    Examples
    --------
    >>> rank_correlation(["a", "b"], {("a", "b"): 0.5})
    array([[1. , 0.5],
           [0.5, 1. ]])
    >>> try:
    ...     rank_correlation(["a", "b", "c"], {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.5})
    ... except ValueError as error:
    ...     print(error.faults[0])
    a, b: 0.9, must be: -0.8157 to -0.1065 beside the other correlations (positive definite)
    """
    refuse("correlations", _pair_faults(names, pairs))
    place = {name: number for number, name in enumerate(names)}
    matrix = np.eye(len(names))
    for (a, b), value in pairs.items():
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = value
    refuse("correlations", _definite_faults(names, pairs, matrix))
    return matrix


def _pair_faults(names: Sequence[str], pairs: Pairs) -> Iterator[Fault]:
    seen: set[frozenset[str]] = set()
    for (a, b), value in pairs.items():
        where = f"{a}, {b}"
        for name in (a, b):
            if name not in names:
                yield Fault(where, shown(name), one_of(str(name), names))
        if a == b or frozenset((a, b)) in seen:
            yield Fault(where, shown(value), "a pair of two inputs, given once")
        if not (math.isfinite(value) and -1 <= value <= 1):
            yield Fault(where, shown(value), "a correlation from -1 to 1")
        seen.add(frozenset((a, b)))


def normal_correlation(spearman: Floats) -> Floats:
    """Correlations of normal variables whose Spearman correlations are given.

    References
    ----------
    .. [1] K. Pearson (1907): r = 2 sin(π ρ / 6) for the bivariate normal distribution.

    Examples
    --------
    >>> normal_correlation(np.array([0.0, 0.5, 1.0])).round(4)
    array([0.    , 0.5176, 1.    ])
    """
    return np.asarray(2 * np.sin(math.pi / 6 * spearman))


def _is_definite(matrix: Floats) -> bool:
    return bool(np.linalg.eigvalsh(normal_correlation(matrix)).min() > 1e-9)


def _definite_faults(names: Sequence[str], pairs: Pairs, matrix: Floats) -> Iterator[Fault]:
    """The entries any one of which could be changed to make the matrix lawful; else all of a bad block."""
    if _is_definite(matrix):
        return
    mendable = False
    for (a, b), value in pairs.items():
        span = _possible(matrix, names.index(a), names.index(b))
        if span is not None:
            mendable = True
            rule: str = RuleText(
                "{} to {} beside the other correlations (positive definite)",
                f"{span[0]:.4g}",
                f"{span[1]:.4g}",
            )
            yield Fault(f"{a}, {b}", f"{value:g}", rule)
    if not mendable:
        for (a, b), value in pairs.items():
            rule = "smaller in size: no single entry makes the correlations possible (positive definite)"
            yield Fault(f"{a}, {b}", f"{value:g}", rule)


def _possible(matrix: Floats, i: int, j: int) -> tuple[float, float] | None:
    """Spearman values of one entry between which the matrix is positive definite, all others as they are."""
    rest = np.delete(np.delete(matrix, j, axis=0), j, axis=1)
    if not _is_definite(rest):
        return None
    normal = normal_correlation(matrix)
    det = []
    for value in (-1.0, 0.0, 1.0):
        normal[i, j] = normal[j, i] = value
        det.append(float(np.linalg.det(normal)))
    a, b, c = (det[0] + det[2]) / 2 - det[1], (det[2] - det[0]) / 2, det[1]
    inside = b * b - 4 * a * c
    if a >= 0 or inside <= 0:
        return None
    ends = sorted((-b + sign * math.sqrt(inside)) / (2 * a) for sign in (-1, 1))
    low, high = (6 / math.pi * math.asin(min(max(end / 2, -0.5), 0.5)) for end in ends)
    return low, high


def copula_points(points: Floats, spearman: Floats) -> Floats:
    """Points of the unit cube, bent so that their ranks correlate as asked (Gaussian copula).

    Parameters
    ----------
    points : ndarray of float, shape (n, k)
        Independent uniform points, strictly between 0 and 1.
    spearman : ndarray of float, shape (k, k)
        As from `rank_correlation`.

    Returns
    -------
    ndarray of float, shape (n, k)
        Uniform along each axis. The first column stays; a Latin hypercube loses its slices in the others.

    References
    ----------
    .. [1] R. B. Nelsen, An Introduction to Copulas, 2nd ed. (2006).

    Examples
    --------
    >>> u = np.random.default_rng(1).random((1000, 2))
    >>> bent = copula_points(u, rank_correlation(["a", "b"], {("a", "b"): 0.9}))
    >>> bool(np.corrcoef(bent.T)[0, 1] > 0.85)
    True
    """
    factor = np.linalg.cholesky(normal_correlation(spearman))
    moved = scipy.special.ndtr(scipy.special.ndtri(points) @ factor.T)
    return np.asarray(np.clip(moved, 2.0**-54, 1 - 2.0**-53))


def reordered(draws: Floats, spearman: Floats, *, rng: np.random.Generator) -> Floats:
    """Draws in another order, so that their ranks correlate as asked (Iman and Conover).

    Every column keeps exactly its values: a Latin hypercube stays one.

    Parameters
    ----------
    draws : ndarray of float, shape (n, k)
        Independent draws, a column an input; n > k.
    spearman : ndarray of float, shape (k, k)
        As from `rank_correlation`.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    ndarray of float, shape (n, k)

    Raises
    ------
    ValueError
        When there are not more draws than inputs.

    References
    ----------
    .. [1] R. L. Iman, W. J. Conover, Commun. Stat. Simul. Comput. 11 (1982) 311–334. The target is turned
       into correlations of the normal scores by `normal_correlation`.

    Examples
    --------
    >>> x = np.random.default_rng(1).random((500, 2))
    >>> target = rank_correlation(["a", "b"], {("a", "b"): -0.7})
    >>> y = reordered(x, target, rng=np.random.default_rng(2))
    >>> bool((np.sort(y, axis=0) == np.sort(x, axis=0)).all()), bool(np.corrcoef(y.T)[0, 1] < -0.65)
    (True, True)
    """
    n, k = draws.shape
    if n <= k:
        raise ValueError(f"more draws than inputs are needed to correlate them: {n} draws of {k}")
    scores = scipy.special.ndtri(np.arange(1, n + 1) / (n + 1))
    shuffled = np.stack([rng.permutation(scores) for _ in range(k)], axis=1)
    own = np.linalg.cholesky(np.corrcoef(shuffled, rowvar=False).reshape(k, k))
    wanted = np.linalg.cholesky(normal_correlation(spearman))
    target = shuffled @ np.linalg.solve(own, np.eye(k)).T @ wanted.T
    ranks = np.argsort(np.argsort(target, axis=0, kind="stable"), axis=0)
    return np.asarray(np.take_along_axis(np.sort(draws, axis=0), ranks, axis=0))
