"""Experts' quantiles for a set of questions, some of them with a known answer: one checked record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SCALES = ("uni", "log")
_WHOLE = "all quantiles of an item, or none"


@dataclass(frozen=True)
class ExpertStudy:
    """Quantiles judged by several experts.

    Parameters
    ----------
    probs : ndarray of float, shape (q,)
        Probabilities of the quantiles, rising.
    experts, items : tuple of str
        Names, each once.
    answers : ndarray of float, shape (experts, items, q)
        In the unit of each item; NaN where an expert gave no answer to an item.
    realisations : ndarray of float, shape (items,)
        The known answers of seed items; NaN for target items.
    is_log : ndarray of bool, shape (items,)
        Whether the item is judged on a logarithmic scale.
    """

    probs: Floats
    experts: tuple[str, ...]
    items: tuple[str, ...]
    answers: Floats
    realisations: Floats
    is_log: Bools

    @property
    def is_seed(self) -> Bools:
        """Which items have a known answer, shape (items,).

        Examples
        --------
        >>> expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1).is_seed.tolist()
        [True]
        """
        return ~np.isnan(self.realisations)

    @property
    def is_answered(self) -> Bools:
        """Who answered what, shape (experts, items).

        Examples
        --------
        >>> expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1).is_answered.tolist()
        [[True]]
        """
        return np.asarray(~np.isnan(self.answers).any(axis=2))


def expert_study(
    answers: ArrayLike,
    realisations: ArrayLike,
    *,
    probs: Sequence[float],
    is_log: Sequence[bool] | None = None,
    experts: Sequence[str] | None = None,
    items: Sequence[str] | None = None,
    fewest: int | None = None,
    is_partial_allowed: bool = False,
) -> ExpertStudy:
    """Check experts' quantiles and give them one form, or refuse them with every fault.

    Parameters
    ----------
    answers : array_like of float, shape (experts, items, quantiles)
        NaN in all quantiles of an item that an expert left out.
    realisations : array_like of float, shape (items,)
        NaN for target items.
    probs : sequence of float
        Probabilities of the quantiles, rising, between 0 and 1.
    is_log : sequence of bool, optional
        Items on a logarithmic scale; none where not given.
    experts, items : sequence of str, optional
        Names; ``e1`` … and ``i1`` … where not given.
    fewest : int, optional
        Fewest seed items that each expert must have answered; else ``classical_model/fewest_seeds``. 0
        where experts are pooled without being scored.
    is_partial_allowed : bool
        Take an item of which an expert gave only some quantiles: it is not scored and not pooled, but what
        was given still widens the range of the item (old studies hold such answers).

    Returns
    -------
    ExpertStudy

    Raises
    ------
    InputFaults
        With each answer whose quantiles cross or are partly missing, each value at or below 0 on a
        logarithmic scale, each name that stands twice, and each expert with too few seeds.

    Examples
    --------
    >>> expert_study([[[1, 2, 3]], [[3, 2, 4]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: expert study: 1 fault
      e2/i1: [3.0, 2.0, 4.0], must be: quantiles that rise with their probabilities
    """
    given, known = np.asarray(answers, dtype=np.float64), np.asarray(realisations, dtype=np.float64)
    p = np.asarray(probs, dtype=np.float64)
    if given.ndim != 3 or known.shape != given.shape[1:2] or p.shape != given.shape[2:] or not given.size:
        shapes = f"{given.shape}, {known.shape}, {p.shape}"
        refuse("expert study", [Fault("shape", shapes, "experts × items × quantiles, items and quantiles")])
    if not (np.diff(p, prepend=0.0, append=1.0) > 0).all():
        refuse("expert study", [Fault("probs", shown(p.tolist()), "rising, between 0 and 1")])
    n_experts, n_items = given.shape[:2]
    study = ExpertStudy(
        p,
        tuple(experts) if experts is not None else tuple(f"e{i + 1}" for i in range(n_experts)),
        tuple(items) if items is not None else tuple(f"i{i + 1}" for i in range(n_items)),
        given,
        known,
        np.zeros(n_items, dtype=bool) if is_log is None else np.asarray(is_log, dtype=bool),
    )
    least = int(method_number("classical_model", "fewest_seeds")) if fewest is None else fewest
    wrong = [f for f in _value_faults(study) if not (is_partial_allowed and f.rule == _WHOLE)]
    refuse("expert study", [*_name_faults(study), *wrong, *_seed_faults(study, least)])
    return study


def _name_faults(study: ExpertStudy) -> Iterator[Fault]:
    shape = (len(study.experts), len(study.items), len(study.is_log))
    if shape != (*study.answers.shape[:2], study.answers.shape[1]):
        yield Fault("names", f"{shape}", "one name an expert, one name and scale an item")
    for what, names in (("experts", study.experts), ("items", study.items)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Fault(what, shown(name), "each name once")


def _value_faults(study: ExpertStudy) -> Iterator[Fault]:
    given, gaps = study.answers, np.isnan(study.answers)
    with np.errstate(invalid="ignore"):
        rules = {
            _WHOLE: gaps.any(axis=2) & ~gaps.all(axis=2),
            "finite numbers": np.isinf(given).any(axis=2),
            "quantiles that rise with their probabilities": (np.diff(given, axis=2) <= 0).any(axis=2),
            "above 0 on a logarithmic scale": (given <= 0).any(axis=2) & _fit(study.is_log, given.shape[1]),
        }
        not_positive = (study.realisations <= 0) & _fit(study.is_log, given.shape[1])
    for rule, broken in rules.items():
        for e, i in np.argwhere(broken).tolist():
            yield Fault(f"{_at(study.experts, e)}/{_at(study.items, i)}", shown(given[e, i].tolist()), rule)
    for i in np.flatnonzero(np.isinf(study.realisations) | not_positive).tolist():
        value = shown(float(study.realisations[i]))
        yield Fault(f"realisation/{_at(study.items, i)}", value, "finite, and above 0 on a logarithmic scale")


def _fit(is_log: Bools, n: int) -> Bools:
    return is_log if is_log.shape == (n,) else np.zeros(n, dtype=bool)


def _at(names: Sequence[str], i: int) -> str:
    return names[i] if i < len(names) else str(i)


def _seed_faults(study: ExpertStudy, fewest: int) -> Iterator[Fault]:
    counts = (study.is_answered & study.is_seed).sum(axis=1)
    for e in np.flatnonzero(counts < fewest).tolist():
        yield Fault(_at(study.experts, e), f"{counts[e]} seeds answered", RuleText("at least {}", fewest))


def quantile_columns(table: pd.DataFrame) -> dict[str, float]:
    """The quantile columns of a table of answers: ``q05`` is the 5 % quantile, ``q2_5`` the 2.5 %.

    Parameters
    ----------
    table : DataFrame
        Any table.

    Returns
    -------
    dict of str to float
        Column → probability, rising.

    Examples
    --------
    >>> quantile_columns(pd.DataFrame(columns=["expert", "q95", "q05", "q50"]))
    {'q05': 0.05, 'q50': 0.5, 'q95': 0.95}
    """
    found = {}
    for name in map(str, table.columns):
        digits = name[1:].replace("_", ".", 1)
        if name[:1] == "q" and digits[:1].isdigit() and digits.replace(".", "", 1).isdecimal():
            found[name] = round(float(digits) / 100, 10)
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def study_from_tables(
    answers: pd.DataFrame,
    items: pd.DataFrame,
    *,
    experts: Sequence[str] | None = None,
    fewest: int | None = None,
) -> ExpertStudy:
    """Experts' answers as a table become a checked study.

    Parameters
    ----------
    answers : DataFrame
        ``expert``, ``item`` and quantile columns such as ``q05``, ``q50``, ``q95``: one row an answer.
    items : DataFrame
        ``item``; optional ``scale`` (``uni`` or ``log``), ``realisation``, ``lower`` and ``upper`` bounds.
    experts : sequence of str, optional
        Who belongs to the committee; anybody else's answer is refused. All who answer where not given.
    fewest : int, optional
        As for `expert_study`.

    Returns
    -------
    ExpertStudy

    Raises
    ------
    InputFaults
        With every unknown expert or item, every answer given twice, every value out of its bounds, and
        what `expert_study` finds, in one list.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a"], "realisation": [2.0]})
    >>> rows = pd.DataFrame({"expert": ["Li"], "item": ["a"], "q05": [1.0], "q50": [2.0], "q95": [4.0]})
    >>> study_from_tables(rows, items, fewest=1).answers.tolist()
    [[[1.0, 2.0, 4.0]]]
    """
    probs = quantile_columns(answers)
    missing = [Fault("answers", name, "a column") for name in ("expert", "item") if name not in answers]
    missing += [] if "item" in items else [Fault("items", "item", "a column")]
    missing += [] if probs else [Fault("answers", "no quantiles", "columns such as q05, q50, q95")]
    refuse("expert study", missing)
    names = tuple(map(str, items["item"]))
    people = tuple(map(str, experts if experts is not None else dict.fromkeys(answers["expert"])))
    given = np.full((len(people), len(names), len(probs)), np.nan)
    faults = list(_placed(answers, people, names, into=given))
    faults += _bound_faults(items, people, given)
    scales = items["scale"] if "scale" in items else pd.Series("uni", index=items.index)
    faults += [Fault(f"items/{i}", shown(s), "uni or log") for i, s in scales.items() if s not in SCALES]
    known = pd.to_numeric(items["realisation"]) if "realisation" in items else np.full(len(names), np.nan)
    study = ExpertStudy(
        np.array(list(probs.values())),
        people,
        names,
        given,
        np.asarray(known, dtype=np.float64),
        np.asarray(scales == "log"),
    )
    least = int(method_number("classical_model", "fewest_seeds")) if fewest is None else fewest
    faults += [*_name_faults(study), *_value_faults(study), *_seed_faults(study, least)]
    refuse("expert study", faults)
    return study


def _placed(
    answers: pd.DataFrame, people: tuple[str, ...], names: tuple[str, ...], *, into: Floats
) -> Iterator[Fault]:
    values = answers[list(quantile_columns(answers))].to_numpy(dtype=np.float64)
    e_at, i_at = {n: k for k, n in enumerate(people)}, {n: k for k, n in enumerate(names)}
    seen: set[tuple[str, str]] = set()
    rows: list[tuple[Any, Any]] = list(zip(answers["expert"], answers["item"], strict=True))
    for k, (expert, item) in enumerate((str(e), str(i)) for e, i in rows):
        place = f"answers/row {k + 1}"
        if expert not in e_at:
            yield Fault(f"{place}/expert", shown(expert), "an expert of the committee")
        if item not in i_at:
            yield Fault(f"{place}/item", shown(item), "an item of the study")
        if (expert, item) in seen:
            yield Fault(place, shown(f"{expert}, {item}"), "one answer an expert and item")
        elif expert in e_at and item in i_at:
            into[e_at[expert], i_at[item]] = values[k]
        seen.add((expert, item))


def _bound_faults(items: pd.DataFrame, people: tuple[str, ...], given: Floats) -> Iterator[Fault]:
    for side in ("lower", "upper"):
        if side not in items:
            continue
        bound = np.asarray(pd.to_numeric(items[side]), dtype=np.float64)
        with np.errstate(invalid="ignore"):
            out = given < bound[:, None] if side == "lower" else given > bound[:, None]
        for e, i in np.argwhere(out.any(axis=2)).tolist():
            rule = (
                RuleText("at least {}", f"{bound[i]:g}")
                if side == "lower"
                else RuleText("at most {}", f"{bound[i]:g}")
            )
            yield Fault(f"{people[e]}/{items['item'].iloc[i]}", shown(given[e, i].tolist()), rule)
