"""The cases of a library that are nearest to a case: like products, like codes, the same hazards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from rapidfuzz import fuzz, process

from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.standards.method_numbers import method_number

METHOD = "nearest_cases"


def nearest_cases(case: Case, library: Sequence[Case], *, n: int | None = None) -> pd.DataFrame:
    """The cases of a library that are most like a case.

    Parameters
    ----------
    case : Case
        The case; one of the same id in the library is left out.
    library : sequence of Case
        Where to look.
    n : int, optional
        How many at most; the row ``nearest_cases, shown`` of ``method_numbers`` otherwise.

    Returns
    -------
    DataFrame
        Index the id of the case, nearest first; likeness (0 to 1) and its parts words, hs, hazard (0 to 1).

    References
    ----------
    .. [1] Names: token set ratio of RapidFuzz. The weights are house rows of ``method_numbers``.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> names = ["hoverboards-2016", "toilet-paper-bacteria-2017"]
    >>> nearest_cases(load_case("note7-battery-2016"), [load_case(name) for name in names]).index[0]
    'hoverboards-2016'
    """
    rows = {other.id: _parts(case, other) for other in library if other.id != case.id}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["words", "hs", "hazard"], dtype=float)
    weights = {name: method_number(METHOD, name) for name in table.columns}
    table.insert(0, "likeness", sum(weights[name] * table[name] for name in weights))
    most = int(method_number(METHOD, "shown")) if n is None else n
    ranked = table.rename_axis("case").reset_index()
    return ranked.sort_values(["likeness", "case"], ascending=[False, True]).set_index("case").head(most)


def nearest_records(case: Case, rows: pd.DataFrame, *, n: int | None = None) -> pd.DataFrame:
    """The records of a register that are most like a case, by the weights of `nearest_cases`.

    Parameters
    ----------
    case : Case
        The case.
    rows : DataFrame
        Records with product, hs, hazard_class, hazard and date; those after the day of the assessment, and
        those without a day, are left out.
    n : int, optional
        How many at most; as for `nearest_cases` otherwise.

    Returns
    -------
    DataFrame
        The rows of the nearest, nearest first, with likeness (0 to 1) as the first column. Of several rows
        alike in product, hazard and day only the first is kept.

    References
    ----------
    .. [1] As for `nearest_cases`; the hazard of a record counts by its words, within the classes of the case.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> rows = pd.DataFrame({"product": ["paper towels", "mobile phone"], "hs": ["4818", "8517"],
    ...     "hazard_class": ["biological", "physical"], "hazard": ["mould", "fire"],
    ...     "date": pd.to_datetime(["2016-01-02", "2016-01-03"])})
    >>> nearest_records(load_case("note7-battery-2016"), rows, n=1)["product"].tolist()
    ['mobile phone']
    """
    known = rows[pd.to_datetime(rows["date"]) <= pd.Timestamp(case.assessed_on)]
    known = known.drop_duplicates(["product", "hazard", "date"]).reset_index(drop=True)
    texts = known[["product", "hs", "hazard_class", "hazard"]].fillna("").astype(str)
    names = [case.product.name.zh, case.product.name.en]
    hazards = [word for one in case.hazards for word in (one.description.zh, one.description.en)]
    hs = [max(_shared_digits(a, b) for a in case.product.hs) for b in texts["hs"]]
    hazard = texts["hazard_class"].isin(case.hazard_classes()) * _likeness(hazards, texts["hazard"])
    parts = {"words": _likeness(names, texts["product"]), "hs": pd.Series(hs, dtype=float), "hazard": hazard}
    known.insert(0, "likeness", sum(method_number(METHOD, name) * part for name, part in parts.items()))
    most = int(method_number(METHOD, "shown")) if n is None else n
    return known.sort_values("likeness", ascending=False, kind="stable").head(most).reset_index(drop=True)


def _likeness(words: Sequence[str], texts: pd.Series) -> pd.Series:
    """How like each text is to the nearest of some words (0 to 1)."""
    distinct = texts.drop_duplicates().tolist()
    table = process.cdist(words, distinct, scorer=fuzz.token_set_ratio)
    nearest = dict(zip(distinct, table.max(axis=0) / 100 if distinct else [], strict=True))
    return texts.map(nearest).astype(float)


def _parts(case: Case, other: Case) -> tuple[float, float, float]:
    names = [(one.product.name.zh, one.product.name.en) for one in (case, other)]
    words = max(fuzz.token_set_ratio(*pair) for pair in zip(*names, strict=True)) / 100
    codes = max(_shared_digits(a, b) for a in case.product.hs for b in other.product.hs)
    return words, codes, _overlap(_hazards(case), _hazards(other))


def _shared_digits(code: str, other: str) -> float:
    """Share of the six digits of the Harmonized System that two codes have in common, chapter first."""
    pairs = (code[:n] == other[:n] and len(code) >= n <= len(other) for n in (2, 4, 6))
    return sum(pairs) / 3


def _hazards(case: Case) -> set[tuple[str, str]]:
    """Groups, agents and advice of the hazards, and the injuries that they lead to."""
    found = {("group", one.group) for one in case.hazards}
    found |= {("agent", one.agent) for one in case.hazards if one.agent != "none"}
    found |= {("advice", one.advice) for one in case.hazards if one.advice is not None}
    return found | {("injury", one.injury) for one in case.scenarios}


def _overlap(these: Iterable[object], those: Iterable[object]) -> float:
    a, b = set(these), set(those)
    return len(a & b) / len(a | b)
