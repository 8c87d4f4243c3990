"""The IDEA protocol: four-step intervals brought to one confidence, and their mean."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]
_COLUMNS = ("question", "expert", "low", "high", "best", "confidence")


def standardised_interval(
    low: ArrayLike,
    best: ArrayLike,
    high: ArrayLike,
    *,
    confidence: ArrayLike,
    to: float | None = None,
    lower: float = -np.inf,
    upper: float = np.inf,
) -> tuple[Floats, Floats]:
    """Intervals of any stated confidence, stretched or drawn in to one confidence.

    Each end moves away from the best guess in proportion: best - (best - low)·to/confidence, and alike above;
    then it is kept inside the natural range.

    Parameters
    ----------
    low, best, high : array_like of float, same shape
        Lowest plausible value, best guess, highest plausible value.
    confidence : array_like of float
        That the interval holds the truth [0–1, above 0].
    to : float, optional
        The confidence wanted [0–1]; else ``idea/confidence`` (0.8).
    lower, upper : float
        Natural range of the quantity.

    Returns
    -------
    low, high : ndarray of float

    Raises
    ------
    ValueError
        When ends and best guess are not in order, or a confidence is not above 0 and at most 1.

    References
    ----------
    .. [1] V. Hemming et al., Methods in Ecology and Evolution 9, 2018, 169–180 (``hemming_2018``).

    Examples
    --------
    >>> low, high = standardised_interval(10, 20, 50, confidence=0.6, to=0.8)
    >>> round(float(low), 4), round(float(high), 4)
    (6.6667, 60.0)
    """
    wanted = method_number("idea", "confidence") if to is None else to
    a, b, c = (np.asarray(one, dtype=np.float64) for one in (low, best, high))
    stated = np.asarray(confidence, dtype=np.float64)
    if not ((a <= b) & (b <= c)).all() or not ((stated > 0) & (stated <= 1)).all() or not 0 < wanted <= 1:
        raise ValueError("low ≤ best ≤ high, and confidences above 0 and at most 1")
    factor = wanted / stated
    return np.clip(b - (b - a) * factor, lower, upper), np.clip(b + (c - b) * factor, lower, upper)


def four_step_estimates(
    answers: pd.DataFrame, *, to: float | None = None, lower: float = -np.inf, upper: float = np.inf
) -> pd.DataFrame:
    """What a group says after the IDEA protocol: the means of standardised intervals and best guesses.

    Parameters
    ----------
    answers : DataFrame
        One row an expert and question: ``question``, ``expert``, ``low``, ``high``, ``best``, ``confidence``.
    to, lower, upper
        As for `standardised_interval`.

    Returns
    -------
    DataFrame
        One row a question: ``question``, ``n`` (experts), ``low``, ``best``, ``high``.

    Raises
    ------
    InputFaults
        With each answer given twice, each interval out of order or out of range, each impossible confidence.

    References
    ----------
    .. [1] V. Hemming et al., Methods in Ecology and Evolution 9, 2018, 169–180 (``hemming_2018``).

    Examples
    --------
    >>> rows = [("a", "Li", 10, 50, 20, 0.6), ("a", "Wu", 5, 30, 20, 1.0)]
    >>> answers = pd.DataFrame(rows, columns=["question", "expert", "low", "high", "best", "confidence"])
    >>> four_step_estimates(answers, to=0.8).round(3).values.tolist()
    [['a', 2, 7.333, 20.0, 44.0]]
    """
    missing = [Fault("answers", name, "a column") for name in _COLUMNS if name not in answers]
    refuse("four-step answers", missing)
    numbers = answers[list(_COLUMNS[2:])].apply(pd.to_numeric, errors="coerce")
    refuse("four-step answers", _faults(answers, numbers, span=(lower, upper)))
    low, high = standardised_interval(
        numbers["low"], numbers["best"], numbers["high"],
        confidence=numbers["confidence"], to=to, lower=lower, upper=upper,
    )  # fmt: skip
    table = answers[["question"]].assign(n=1, low=low, best=numbers["best"], high=high)
    of = table.groupby("question", sort=False)
    return of.agg(
        n=("n", "sum"), low=("low", "mean"), best=("best", "mean"), high=("high", "mean")
    ).reset_index()


def _faults(answers: pd.DataFrame, numbers: pd.DataFrame, *, span: tuple[float, float]) -> Iterator[Fault]:
    twice = answers.duplicated(["question", "expert"]).to_numpy()
    for k, (low, high, best, confidence) in enumerate(numbers.to_numpy(dtype=np.float64).tolist()):
        place = f"answers/row {k + 1}"
        if twice[k]:
            yield Fault(place, shown(str(answers["expert"].iloc[k])), "one answer an expert and question")
        if not low <= best <= high:
            yield Fault(place, shown([low, best, high]), "lowest ≤ best guess ≤ highest")
        elif not (span[0] <= low and high <= span[1]):
            yield Fault(place, shown([low, high]), RuleText("from {} to {}", f"{span[0]:g}", f"{span[1]:g}"))
        if not 0 < confidence <= 1:
            yield Fault(f"{place}/confidence", shown(confidence), "above 0 and at most 1")
