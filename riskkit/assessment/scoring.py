"""Scores by fixed scales: Kinney, the Chinese LEC, risk priority numbers and PRISM's triage.

Kinney and LEC multiply the same three factors but cut the product into different classes; their tables
are kept apart and each call names the one it means.

Left out, with the reason. *Nomograph* (Benis; New Zealand, Australia): the geometry of its lines and the
names of its middle levels could not be read. *AIAG-VDA action priority*: public copies of its table
contradict one another down to the bands of severity, and the handbook could not be read.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import score_bands
from riskkit.foundation.standards.scales import as_levels, band_codes, on_edge, scale

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("kinney", "lec")
TRIAGE_ITEMS = ("rationale", "hazards", "severity", "probability", "prevalence")
_HIGHEST_RATING = 10


@functools.cache
def _allowed(method: str) -> dict[str, NDArray[np.float64]]:
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {shown(method)}")
    rows = [row for row in standards.rows("score_scales") if row["method"] == method]
    factors = sorted({row["factor"] for row in rows})
    return {name: np.sort([row["value"] for row in rows if row["factor"] == name]) for name in factors}


def danger_score(probability: ArrayLike, exposure: ArrayLike, consequence: ArrayLike, *, method: str) -> Any:
    """Kinney's risk score or the LEC's D: probability × exposure × consequence.

    Parameters
    ----------
    probability, exposure, consequence : array_like of float
        Values of the method's own scales (``score_scales.csv``); NaN for missing.
    method : str
        ``kinney`` or ``lec``.

    Returns
    -------
    float, ndarray of float or Series of float
        The score; NaN where a factor is missing.

    Raises
    ------
    ValueError
        When there is no such method.
    InputFaults
        With every value that is not on its scale.

    References
    ----------
    .. [1] Kinney and Wiruth (1976), Practical risk analysis for safety management (``kinney_wiruth_1976``).
    .. [2] 作业条件危险性评价法 (``lec_method``).

    Examples
    --------
    >>> danger_score(3, 6, 15, method="kinney")
    270.0
    """
    allowed = _allowed(method)
    faults: list[Fault] = []
    values = []
    for name, given in (("probability", probability), ("exposure", exposure), ("consequence", consequence)):
        value = np.asarray(given, dtype=np.float64)
        off = ~np.isnan(value) & ~np.isin(value, allowed[name])
        scale_words = RuleText("one of {}", ", ".join(f"{v:g}" for v in allowed[name]))
        for place in np.argwhere(off):
            where = f"{name}[{', '.join(map(str, place))}]" if value.ndim else name
            faults.append(Fault(where, f"{value[tuple(place)]:g}", scale_words))
        values.append(value)
    refuse(f"{method} score", faults)
    return _dressed(values[0] * values[1] * values[2], probability, exposure, consequence)


def _dressed(values: NDArray[np.float64], *given: Any) -> Any:
    if np.ndim(values) == 0:
        return float(values)
    import pandas as pd

    series = next((one for one in given if isinstance(one, pd.Series)), None)
    return values if series is None else pd.Series(values, index=series.index, name="score")


def score_class(score: Any, *, method: str) -> Any:
    """Class of a Kinney or LEC score.

    A score exactly on a bound (`on_class_bound`) is put into the class below it: the guides write
    "> 400" and "> 320", and a public LEC example lists D = 20 as slight.

    Parameters
    ----------
    score : float, array_like or Series
        From `danger_score` of the same method; NaN for missing.
    method : str
        ``kinney`` or ``lec``.

    Returns
    -------
    str, Categorical or Series
        Kinney: ``acceptable`` < ``possible`` < ``substantial`` < ``high`` < ``very_high``. LEC:
        ``slight`` < ``general`` < ``notable`` < ``high`` < ``extreme``. Missing in, missing out.

    Raises
    ------
    ValueError
        When there is no such method, or a score is negative.

    References
    ----------
    .. [1] Sources ``kinney_wiruth_1976`` and ``lec_method``.

    Examples
    --------
    >>> score_class(270, method="kinney"), score_class(270, method="lec")
    ('high', 'high')
    >>> score_class(350, method="kinney"), score_class(350, method="lec")
    ('high', 'extreme')
    """
    _allowed(method)
    bands = score_bands(method)
    values = np.asarray(score, dtype=np.float64)
    if (values < 0).any():
        raise ValueError("a score is not negative")
    codes = band_codes(values, bands.edges, closed=bands.closed)
    return as_levels(codes, scale(method), score)


def on_class_bound(score: Any, *, method: str) -> Any:
    """Whether a score lies exactly on a bound between two classes, where the guides do not say which.

    Examples
    --------
    >>> on_class_bound([160, 161], method="lec").tolist()
    [True, False]
    """
    _allowed(method)
    flags = on_edge(score, score_bands(method).edges)
    return bool(flags) if flags.ndim == 0 else flags


def risk_priority_number(severity: ArrayLike, occurrence: ArrayLike, detection: ArrayLike) -> Any:
    """Risk priority number of a failure mode: severity × occurrence × detection, each 1–10.

    Ten is the worst of each (for detection: cannot be detected). The number ranks poorly, see
    `same_priority_number`; severity should be looked at first.

    Parameters
    ----------
    severity, occurrence, detection : array_like of int
        Ratings 1–10; NaN for missing.

    Returns
    -------
    float, ndarray of float or Series of float
        1–1000; NaN where a rating is missing.

    Raises
    ------
    InputFaults
        With every rating that is no whole number from 1 to 10.

    References
    ----------
    .. [1] FMEA practice (``fmea_rpn``).

    Examples
    --------
    >>> risk_priority_number(9, 2, 5)
    90.0
    """
    faults: list[Fault] = []
    values = []
    for name, given in (("severity", severity), ("occurrence", occurrence), ("detection", detection)):
        value = np.asarray(given, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            off = ~np.isnan(value) & ~((value >= 1) & (value <= _HIGHEST_RATING) & (value % 1 == 0))
        for place in np.argwhere(off):
            where = f"{name}[{', '.join(map(str, place))}]" if value.ndim else name
            faults.append(Fault(where, f"{value[tuple(place)]:g}", "a whole number from 1 to 10"))
        values.append(value)
    refuse("risk priority number", faults)
    return _dressed(values[0] * values[1] * values[2], severity, occurrence, detection)


def same_priority_number(number: int) -> pd.DataFrame:
    """All ratings that share a risk priority number: what it cannot tell apart.

    Parameters
    ----------
    number : int
        1–1000.

    Returns
    -------
    DataFrame
        severity, occurrence, detection, worst severity first; empty where no ratings give the number.

    References
    ----------
    .. [1] Wheeler (2011), Problems with Risk Priority Numbers: 1,000 triples, 120 numbers, up to 24
       triples to one number (``fmea_rpn``).

    Examples
    --------
    >>> len(same_priority_number(360)), same_priority_number(7).values.tolist()
    (15, [[7, 1, 1], [1, 7, 1], [1, 1, 7]])
    """
    import pandas as pd

    s, o, d = np.indices((_HIGHEST_RATING,) * 3).reshape(3, -1) + 1
    found = s * o * d == number
    table = pd.DataFrame({"severity": s[found], "occurrence": o[found], "detection": d[found]})
    return table.sort_values(list(table.columns), ascending=False, ignore_index=True)


@functools.cache
def _triage_scores() -> dict[str, dict[str, int]]:
    rows = standards.table("triage_scores")
    return {
        str(item): dict(zip(part["choice"], part["score"].astype(int), strict=True))
        for item, part in rows.groupby("item")
    }


def triage(choices: pd.DataFrame) -> pd.DataFrame:
    """PRISM's triage: whether a full risk assessment of this product is required.

    The published scores of five questions are added. The workbook also offers "more than 500,000 items";
    its score could not be read, so that choice is refused.

    Parameters
    ----------
    choices : DataFrame
        Columns rationale, hazards, severity, probability, prevalence with the choices of
        ``triage_scores.csv``; missing where not answered.

    Returns
    -------
    DataFrame
        The score of each question, total, outcome (``required``, ``borderline``, ``not_required``,
        ``labelling_only``) and points_to_required. All missing where a question is not answered.

    Raises
    ------
    InputFaults
        With every missing column and unknown choice.

    References
    ----------
    .. [1] OPSS PRISM triage workbook, hidden sheet (``opss_prism_code``).

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.DataFrame({"rationale": ["multiple_complaints_harm"], "hazards": ["one"],
    ...                       "severity": ["2"], "probability": ["over_1e-3"], "prevalence": ["10k_100k"]})
    >>> triage(asked)[["total", "outcome"]].values.tolist()
    [[25.0, 'required']]
    """
    import pandas as pd

    faults = [
        Fault(name, "missing", "a column of the triage") for name in TRIAGE_ITEMS if name not in choices
    ]
    scores = {}
    for item in [name for name in TRIAGE_ITEMS if name in choices]:
        known, given = _triage_scores()[item], choices[item]
        answers = given.where(given.isna(), given.astype(str))
        for row in np.flatnonzero(answers.notna() & ~answers.isin(known)):
            faults.append(
                Fault(f"row {row}: {item}", shown(answers.iloc[row]), one_of(str(answers.iloc[row]), known))
            )
        scores[item] = answers.map(known).astype("float64")
    refuse("triage", faults)
    table = pd.DataFrame(scores)
    total = table.sum(axis=1, skipna=False)
    bands = score_bands("triage")
    codes = band_codes(total.to_numpy(), bands.edges, closed=bands.closed)
    return table.assign(
        total=total,
        outcome=as_levels(codes, scale("triage"), total),
        points_to_required=np.maximum(bands.edges[-1] - total, 0.0),
    )
