"""Facts as columns of numbers: a table or a mapping of facts, checked, with every fault said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.standards import standards

Floats = NDArray[np.float64]
_MOST = 50  # faults of one column that are listed; a column with the wrong unit is wrong in every row


def fact_columns(
    facts: Mapping[str, Any] | pd.DataFrame, *, probabilities: Sequence[str] = ()
) -> dict[str, Floats]:
    """Facts by name as arrays of numbers.

    Parameters
    ----------
    facts : mapping of str to scalar or array_like, or DataFrame
        Facts by the names in ``facts.csv``, in their units; yes and no count as 1 and 0; None, NaN and
        ``pd.NA`` are missing.
    probabilities : sequence of str
        Names besides the facts that may stand there too, with values from 0 to 1.

    Returns
    -------
    dict of str to ndarray of float
        Each in the shape it was given in; NaN where missing.

    Raises
    ------
    InputFaults
        With every name that is no fact, and every value that is no number or outside its range, by its
        row label.

    Examples
    --------
    >>> fact_columns(pd.DataFrame({"deaths": [1, None], "is_on_sale": [True, False]}))["is_on_sale"].tolist()
    [1.0, 0.0]
    >>> try:
    ...     fact_columns(pd.DataFrame({"deaths": [1, -1], "death": 0}, index=["lamp", "toy"]))
    ... except ValueError as error:
    ...     print(error.faults[0])
    deaths[toy]: -1, must be: a number that lies between 0 and 1e+06
    """
    known = {name: (kind.minimum, kind.maximum) for name, kind in standards.facts().items()}
    known |= dict.fromkeys(probabilities, (0.0, 1.0))
    is_table = isinstance(facts, pd.DataFrame)
    names = [str(name) for name in facts]
    faults: list[Fault] = []
    columns: dict[str, Floats] = {}
    for place, (name, values) in enumerate(facts.items()):
        word = str(name)
        if word not in known:
            faults.append(Fault(shown(word), "no fact", one_of(word, known)))
        elif names.index(word) != place:
            faults.append(Fault(word, "a second column", "a fact that stands once"))
        else:
            columns[word], wrong = _numbers(values)
            labels = values.index if is_table or isinstance(values, pd.Series) else None
            faults += _column_faults(word, values, (columns[word], wrong), within=known[word], labels=labels)
    refuse("facts", faults)
    return columns


def _numbers(values: Any) -> tuple[Floats, NDArray[np.bool_]]:
    """The values as floats, and which of them are no numbers."""
    if isinstance(values, pd.Series) and pd.api.types.is_numeric_dtype(values.dtype):
        raw: NDArray[Any] = values.to_numpy(dtype=object, na_value=np.nan)
    else:
        raw = np.asarray(values, dtype=None if isinstance(values, np.ndarray) else object)
    if raw.dtype.kind in "fiub":
        return raw.astype(np.float64), np.zeros(raw.shape, dtype=np.bool_)
    flat = [_number(value) for value in raw.astype(object).ravel()]
    wrong = np.array([value is None for value in flat], dtype=np.bool_).reshape(raw.shape)
    return np.array([np.nan if v is None else v for v in flat], dtype=np.float64).reshape(raw.shape), wrong


def _number(value: Any) -> float | None:
    """A number as float, NaN where it is missing, None where it is no number."""
    if value is None or value is pd.NA or value is pd.NaT:
        return np.nan
    try:
        # a text is read as pandas reads one: without the underscores and spaces that float() forgives
        return float(pd.to_numeric(value) if isinstance(value, str) and value.strip() else value)
    except (TypeError, ValueError, OverflowError):
        return None


def _column_faults(
    name: str,
    values: Any,
    read: tuple[Floats, NDArray[np.bool_]],
    *,
    within: tuple[float, float],
    labels: Any,
) -> Iterator[Fault]:
    numbers, wrong = read
    with np.errstate(invalid="ignore"):
        wrong = wrong | (numbers < within[0]) | (numbers > within[1])
    raw = np.asarray(values, dtype=object).ravel()
    places = np.flatnonzero(wrong)
    rule = RuleText("a number that lies between {} and {}", f"{within[0]:g}", f"{within[1]:g}")
    for place in places[:_MOST].tolist():
        label = "" if not np.ndim(wrong) else f"[{place if labels is None else labels[place]}]"
        yield Fault(f"{name}{label}", shown(raw[place]), rule)
    if places.size > _MOST:
        yield Fault(name, f"{places.size - _MOST} more values", rule)
