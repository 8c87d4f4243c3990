"""Grade severity 危害性, urgency 紧急程度 and scope 影响范围, and turn the grades into a level Ⅰ–Ⅳ.

A missing fact never lowers anything: it leaves a range from the grade the known facts prove to the
grade the missing ones could still bring.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import as_levels, band_codes, chunks, level_codes, scale
from riskkit.foundation.standards.warning_levels import level_code
from riskkit.warning.fact_columns import fact_columns
from riskkit.warning.grading_rules import Rule, meets
from riskkit.warning.profile_laws import table_ranks
from riskkit.warning.profiles import Profile, profile

Ranks = NDArray[np.int8]
Limits = Mapping[str, tuple[Any, Any]]
_default_profile = profile  # where an argument has that name


@dataclass(frozen=True)
class Grades:
    """Grades 1–4 with their reason.

    Parameters
    ----------
    lo, hi : int or ndarray of int8
        The grade the known facts prove, and the highest the missing ones could bring. Equal when
        nothing that matters is missing.
    rule : str or ndarray of str
        The rule behind `lo`; empty where none fired (grade 1).
    """

    lo: Any
    hi: Any
    rule: Any


def rule_bounds(
    rules: Sequence[Rule], facts: Mapping[str, ArrayLike], *, limits: Limits | None = None
) -> tuple[Ranks, Ranks, NDArray[np.int16]]:
    """Proven grade, possible grade, and the index of the rule behind the proven one (−1: none).

    Parameters
    ----------
    rules : sequence of Rule
        Rules of one factor.
    facts : mapping of str to array_like of float
        Facts by name; an absent name or NaN is missing. Shapes broadcast.
    limits : mapping of str to (least, most), optional
        Bounds of facts that are missing but bounded.

    Returns
    -------
    tuple of ndarray
        Grades 1–4 (0 for triggers when none fires is the caller's to set) in the common shape.

    Examples
    --------
    >>> lo, hi, which = rule_bounds(profile().rules["scope"], {"n_ports": [1, 2, np.nan]})
    >>> lo.tolist()
    [1, 1, 1]
    >>> bounds = {"deaths": (np.array([0.0]), np.array([5.0]))}
    >>> facts = {"deaths": [np.nan], "injured": [10], "serious_injuries": [0], "loss_cny": [0]}
    >>> [int(hi[0]) for hi in (rule_bounds(profile().rules["trigger"][1:2], facts)[1],
    ...                        rule_bounds(profile().rules["trigger"][1:2], facts, limits=bounds)[1])]
    [3, 1]
    """
    bounds = limits or {}
    values = {name: np.asarray(value, dtype=np.float64) for name, value in facts.items()}
    shape = np.broadcast_shapes((), *(value.shape for value in values.values()))
    lo, hi = np.ones(shape, dtype=np.int8), np.ones(shape, dtype=np.int8)
    which = np.full(shape, -1, dtype=np.int16)
    for index, rule in enumerate(rules):
        holds, may_hold = _conditions(rule, values, bounds)
        if holds.any():
            np.copyto(which, np.int16(index), where=holds & (lo < rule.grade))
            np.maximum(lo, rule.grade, out=lo, where=holds)
        if may_hold.any():
            np.maximum(hi, rule.grade, out=hi, where=may_hold)
    return lo, hi, which


def _conditions(rule: Rule, values: Mapping[str, NDArray[np.float64]], bounds: Limits) -> tuple[Any, Any]:
    holds: NDArray[np.bool_] = np.ones((), dtype=np.bool_)
    may_hold: NDArray[np.bool_] = np.ones((), dtype=np.bool_)
    for fact, op, threshold in rule.conditions:
        if fact not in values:
            holds = np.zeros((), dtype=np.bool_)
            continue
        value = values[fact]
        met, unknown = meets(value, op, threshold), np.isnan(value)
        if fact in bounds:
            ends = [meets(end, op, threshold) for end in bounds[fact]]
            holds = holds & (met | (unknown & ends[0] & ends[1]))
            may_hold = may_hold & (met | (unknown & (ends[0] | ends[1])))
        else:
            holds = holds & met
            may_hold = may_hold & (met | unknown)
    return holds, may_hold


def _grade(factor: str, facts: Mapping[str, Any] | pd.DataFrame, of: Profile | None) -> Any:
    rules = (of or profile()).rules[factor]
    lo, hi, which = rule_bounds(rules, fact_columns(facts))
    names = np.array([*(rule.rule for rule in rules), ""], dtype=object)[which]
    if isinstance(facts, pd.DataFrame):
        columns = {"lo": lo, "hi": hi, "rule": names}
        ends = {name: np.broadcast_to(values, len(facts)) for name, values in columns.items()}
        return pd.DataFrame(ends, index=facts.index)
    return Grades(int(lo), int(hi), str(names)) if lo.ndim == 0 else Grades(lo, hi, names)


@overload
def grade_severity(facts: pd.DataFrame, *, profile: Profile | None = None) -> pd.DataFrame: ...
@overload
def grade_severity(facts: Mapping[str, Any], *, profile: Profile | None = None) -> Grades: ...
def grade_severity(facts: Any, *, profile: Profile | None = None) -> Any:
    """Grade 危害性 from injury severity, deaths, injuries, loss, agent and vulnerable users.

    Parameters
    ----------
    facts : mapping of str to scalar or array_like, or DataFrame
        Facts by the names in ``facts.csv``, in their units; None, NaN or an absent name is missing.
    profile : Profile, optional
        Whose rules to use; the default profile otherwise.

    Returns
    -------
    Grades or DataFrame
        `Grades` in the shape of the facts of a mapping; for a table of facts a table with columns lo, hi
        and rule, and its index.

    Raises
    ------
    InputFaults
        With every name that is no fact and every value outside its range.

    References
    ----------
    .. [1] Words of ``food_warning_matrix``; counts of ``sc_order_493``; see ``grade_rules.csv``.

    Examples
    --------
    >>> grade_severity({"injury_severity": 3, "deaths": 0, "serious_injuries": 0, "injured": 12,
    ...                 "loss_cny": 0, "user_vulnerability": 0, "is_lasting_agent": 0})
    Grades(lo=3, hi=3, rule='SV-2')
    >>> grade_severity({"injury_severity": 2}).hi
    4
    >>> grade_severity(pd.DataFrame({"injury_severity": [2, 4]}, index=["lamp", "toy"]))["lo"].to_dict()
    {'lamp': 2, 'toy': 4}
    """
    return _grade("severity", facts, profile)


@overload
def grade_urgency(facts: pd.DataFrame, *, profile: Profile | None = None) -> pd.DataFrame: ...
@overload
def grade_urgency(facts: Mapping[str, Any], *, profile: Profile | None = None) -> Grades: ...
def grade_urgency(facts: Any, *, profile: Profile | None = None) -> Any:
    """Grade 紧急程度 from sale, time to act, growth of reports and harm so far.

    Parameters, returns, errors: as :func:`grade_severity`.

    References
    ----------
    .. [1] Words of ``aqsiq_info_grades``; thresholds are house rules; see ``grade_rules.csv``.

    Examples
    --------
    >>> grade_urgency({"is_on_sale": True, "deaths": 1}).rule
    'UR-1'
    """
    return _grade("urgency", facts, profile)


@overload
def grade_scope(facts: pd.DataFrame, *, profile: Profile | None = None) -> pd.DataFrame: ...
@overload
def grade_scope(facts: Mapping[str, Any], *, profile: Profile | None = None) -> Grades: ...
def grade_scope(facts: Any, *, profile: Profile | None = None) -> Any:
    """Grade 影响范围 from places, ports, units on the market, channels and spread.

    Parameters, returns, errors: as :func:`grade_severity`.

    References
    ----------
    .. [1] Places: ``food_accident_grading``; units: bounds of ``opss_prism_code``; see ``grade_rules.csv``.

    Examples
    --------
    >>> facts = {"units_on_market": 200_000, "n_provinces": 3, "is_spreading": True}
    >>> grade_scope(facts)
    Grades(lo=3, hi=3, rule='SC-14')
    >>> grade_scope(facts | {"units_on_market": None})
    Grades(lo=2, hi=4, rule='SC-13')
    """
    return _grade("scope", facts, profile)


def trigger_floor(facts: Mapping[str, ArrayLike], *, profile: Profile) -> tuple[Any, Any, Any]:
    """Lowest level that direct triggers guarantee: proven and possible rank (1 Ⅳ … 4 Ⅰ), and the rule.

    Examples
    --------
    >>> lo, hi, which = trigger_floor({"deaths": 12, "injured": 12, "serious_injuries": 0,
    ...                                "n_provinces": 1, "is_spreading": 0}, profile=profile("house_matrix"))
    >>> int(lo), int(hi), profile("house_matrix").rules["trigger"][int(which)].rule
    (3, 3, 'TR-2')
    """
    return rule_bounds(profile.rules["trigger"], facts)


def grade_probability(p_harm: Any) -> Any:
    """Grade 可能性 1–4 from the probability of harm over the product's life.

    Parameters
    ----------
    p_harm : float, Fraction, str or array_like
        Probability, 0–1; missing gives −1.

    Returns
    -------
    int or ndarray of int8

    References
    ----------
    .. [1] Bands of ``eu_2024_3173`` 3.4.4, matched to the words of the matrix (house): up to "unlikely" 1,
       "occasional" and "common" 2, "frequent" 3, "very frequent" 4; see ``probability_bands.csv``.

    Examples
    --------
    >>> grade_probability([1e-6, 1e-3, 0.01, 0.2, 0.6]).tolist()
    [1, 1, 2, 3, 4]
    """
    edges, of_band = _probability_grades()
    raw = np.asarray(p_harm)
    if raw.dtype.kind in "OU":
        flat = [math.nan if pd.isna(p) else float(exact(p)) for p in raw.ravel()]
        raw = np.array(flat).reshape(raw.shape)
    codes = of_band[band_codes(raw.astype(np.float64, copy=False), edges, closed=False)]
    return int(codes) if codes.ndim == 0 else codes


@functools.cache
def _probability_grades() -> tuple[tuple[float, ...], Ranks]:
    bands = standards.table("probability_bands").sort_values("band")
    edges = tuple(float(exact(above)) for above in bands["above"].iloc[1:])
    return edges, np.array([*bands["grade"], -1], dtype=np.int8)


def level_ranks(grades: Mapping[str, NDArray[Any]], *, floor: NDArray[Any] | int, profile: Profile) -> Ranks:
    """Level ranks 1 Ⅳ … 4 Ⅰ from grades; 0 where a needed grade is missing and no floor reaches Ⅰ.

    Parameters
    ----------
    grades : mapping of str to ndarray of int, shape (n,) or (1,)
        Grades 1–4 by factor; anything outside is missing.
    floor : ndarray of int or int
        Lowest rank guaranteed by triggers.
    profile : Profile
        The tables.

    Returns
    -------
    ndarray of int8, shape (n,)

    Examples
    --------
    >>> level_ranks({"severity": np.array([3]), "probability": np.array([2]), "urgency": np.array([4]),
    ...              "scope": np.array([4])}, floor=1, profile=profile("house_matrix"))
    array([4], dtype=int8)
    """
    n = max(np.size(floor), *(value.size for value in grades.values()))
    needed = dict.fromkeys([*profile.factors, *(factor for factor, _, _ in profile.raises)])
    spread = {factor: np.broadcast_to(grades[factor], n) for factor in needed}
    floors = np.broadcast_to(np.asarray(floor), n)
    out = np.empty(n, dtype=np.int8)
    for part in chunks(n):
        block = {factor: values[part] for factor, values in spread.items()}
        out[part] = _block_ranks(block, floors[part], profile)
    return out


def _block_ranks(block: Mapping[str, NDArray[Any]], floor: NDArray[Any], of: Profile) -> Ranks:
    missing = np.zeros(floor.shape, dtype=np.bool_)
    for grade in block.values():
        missing |= ~((grade >= 1) & (grade <= 4))
    known = {factor: np.where(missing, 1, grade) for factor, grade in block.items()}
    ranks = table_ranks(of.levels, of.factors, known, raises=of.raises, max_raise=of.max_raise)
    np.maximum(ranks, floor, out=ranks, casting="unsafe")
    ranks[missing & (floor < 4)] = 0
    return ranks


def warning_level(
    severity: Any,
    urgency: Any,
    scope: Any,
    *,
    profile: Profile | None = None,
    probability: Any = None,
    risk: Any = None,
    floor: Any = "Ⅳ",
) -> Any:
    """Warning level Ⅰ–Ⅳ from grades, under a profile.

    Parameters
    ----------
    severity, urgency, scope : int, array_like or Series
        Grades 1–4; None or NaN is missing.
    profile : Profile, optional
        The tables; see :func:`riskkit.warning.profiles.profile`. The default profile otherwise.
    probability : int, array_like or Series, optional
        Grade 1–4, for profiles that use it.
    risk : str, array_like or Series, optional
        Risk level ``low`` … ``serious``, for profiles that use it.
    floor : str, array_like or Series
        Lowest level that direct triggers guarantee, as
        `riskkit.foundation.standards.warning_levels.level_code` reads it; a bare number is refused, since
        grades beside it count 4 as the gravest.

    Returns
    -------
    str, Categorical or Series
        ``Ⅳ`` < ``Ⅲ`` < ``Ⅱ`` < ``Ⅰ`` in the shape of the input; missing where a grade the profile needs
        is missing (see :func:`warning_range`).

    Raises
    ------
    ValueError
        When a grade is not 1–4, or a factor the profile needs is not given.

    References
    ----------
    .. [1] 国发〔2017〕43号, 二（三）8 (``sc_2017_43``); the tables of the profile.

    Examples
    --------
    >>> from riskkit.warning.profiles import profile
    >>> warning_level(4, 2, 2, probability=3, profile=profile("house_matrix"))
    'Ⅰ'
    >>> warning_level(4, 2, 2, risk="high", profile=profile("house_three_factors"))
    'Ⅲ'
    """
    given = {
        "severity": severity,
        "probability": probability,
        "risk": risk,
        "urgency": urgency,
        "scope": scope,
    }
    used = profile or _default_profile()
    needed = dict.fromkeys([*used.factors, *(factor for factor, _, _ in used.raises)])
    lacking = [factor for factor in ("probability", "risk") if factor in needed and given[factor] is None]
    if lacking:
        raise ValueError(f"profile {used.name} needs {', '.join(lacking)}")
    like = next((value for value in given.values() if isinstance(value, pd.Series)), severity)
    read = functools.partial(level_code, is_graded=True)
    floors = level_codes(floor, scale("warning"), read=read) + np.int8(1)
    ranks = {factor: _ranks(factor, given[factor]) for factor in needed}
    shape = np.broadcast_shapes(floors.shape, *(value.shape for value in ranks.values()))
    flat = {factor: np.broadcast_to(value, shape).ravel() for factor, value in ranks.items()}
    codes = level_ranks(flat, floor=np.broadcast_to(floors, shape).ravel(), profile=used) - np.int8(1)
    return as_levels(codes.reshape(shape), scale("warning"), like)


def _ranks(factor: str, values: Any) -> Ranks:
    if factor == "risk":
        return np.asarray(level_codes(values, scale("risk")) + np.int8(1), dtype=np.int8)
    raw = np.asarray(values)
    if raw.dtype.kind == "O":
        raw = np.where(pd.isna(raw), 0, raw).astype(np.float64)
    if raw.dtype.kind == "f":
        raw = np.where(np.isnan(raw), 0.0, raw)
    elif raw.size and bool((raw < 1).any()):
        raise ValueError(f"{factor} is a grade from 1 to 4, not {raw.min()}")
    if raw.size and bool(((raw < 0) | (raw > 4)).any() or (raw.dtype.kind == "f" and (raw % 1 != 0).any())):
        raise ValueError(f"{factor} is a grade from 1 to 4")
    return raw.astype(np.int8, copy=False)
