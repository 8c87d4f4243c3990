"""Cooke's Classical Model: one pooled distribution an item, experts weighted by how they did before.

How this differs from ``expert`` on CRAN, which is no reference for the method: that package compares the
test statistic with a chi-square distribution of (seeds - 1) instead of (bins - 1) degrees of freedom, sets
negative terms of the relative information to zero, asks for a calibration above the cut-off where the model
asks for at least it, and averages quantiles where the model pools distributions. Here the model is followed
as published; other programs for it (EXCALIBUR, anduryl) give the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.assessment.elicitation.performance import (
    Ints,
    Scored,
    bin_counts,
    calibration_and_information,
    mean_over,
    scored,
    statistical_accuracy,
)
from riskkit.assessment.elicitation.pooling import (
    Mixtures,
    bins_and_information,
    mixture_quantiles,
    mixtures,
    to_unit,
)
from riskkit.assessment.elicitation.study import Bools, ExpertStudy, Floats
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

WEIGHTINGS = ("equal", "global", "item")
# cut-offs that score the same up to rounding: the first is taken, so that runs agree
_TIE = 1e-12


@dataclass(frozen=True)
class DecisionMaker:
    """A pooled judgement with its own scores.

    Parameters
    ----------
    scored : Scored
        What was judged.
    weighting : str
        ``equal``, ``global``, ``item`` or ``user``.
    cut_off : float
        Lowest calibration that counts; 0 for none.
    weights : ndarray of float, shape (experts,)
        Sum 1; for item weights the mean over the items.
    answers : ndarray of float, shape (items, q)
        In the unit of each item; NaN where no expert with weight answered.
    bins, item_information : ndarray, shape (items,)
        Where the realisation fell, and what the pooled answer says, item by item.
    calibration, information, information_all : float
        As for an expert in `expert_scores`.
    """

    scored: Scored
    weighting: str
    cut_off: float
    weights: Floats
    answers: Floats
    bins: Ints
    item_information: Floats
    calibration: float
    information: float
    information_all: float

    @property
    def combined(self) -> float:
        """Calibration × information on the seeds.

        Examples
        --------
        >>> from riskkit.assessment.elicitation.study import expert_study
        >>> study = expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
        >>> round(decision_maker(study).combined, 4)
        0.012
        """
        return self.calibration * self.information

    def quantiles(self) -> pd.DataFrame:
        """The pooled answers: ``item`` and one column a quantile.

        Examples
        --------
        >>> from riskkit.assessment.elicitation.study import expert_study
        >>> study = expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
        >>> decision_maker(study).quantiles().values.tolist()
        [['i1', 1.0, 2.0, 3.0]]
        """
        table = pd.DataFrame(self.answers, columns=column_names(self.scored.study.probs))
        table.insert(0, "item", list(self.scored.study.items))
        return table


@dataclass(frozen=True)
class SeedSets:
    """The best decision maker of each of several sets of seeds, and how it does on every seed.

    Parameters
    ----------
    cut_off : ndarray of float, shape (sets,)
        The cut-off chosen.
    weights : ndarray of float, shape (sets, experts)
        Not yet made to sum to 1; for item weights before they are multiplied by the item's information.
    bins : ndarray of int, shape (sets, seeds)
        Where each realisation fell, of all seeds.
    information : ndarray of float, shape (sets, seeds)
    size : ndarray of int, shape (sets,)
        Fewest seeds of the set that any expert answered: the size of the test.
    """

    cut_off: Floats
    weights: Floats
    bins: Ints
    information: Floats
    size: Ints


def best_on_seed_sets(
    of: Mixtures, sets: Bools, *, weighting: str = "global", is_optimised: bool = True
) -> SeedSets:
    """For each set of seeds, the decision maker that a committee would choose on these seeds alone.

    All sets and all cut-offs are worked out together. Of cut-offs that do equally well the higher is taken.

    Parameters
    ----------
    of : Mixtures
        As from `mixtures`.
    sets : ndarray of bool, shape (sets, seeds)
        Which seeds belong to each set.
    weighting : str
        ``equal``, ``global`` or ``item``.
    is_optimised : bool
        Whether the cut-off is chosen, or 0.

    Returns
    -------
    SeedSets

    Raises
    ------
    ValueError
        When there is no such weighting.

    Examples
    --------
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> study = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> best_on_seed_sets(mixtures(scored(study)), np.array([[True]])).bins.tolist()
    [[1]]
    """
    if weighting not in WEIGHTINGS:
        raise ValueError(f"no weighting {shown(weighting)}; there are {', '.join(WEIGHTINGS)}")
    s = of.scored
    seeds = np.flatnonzero(s.study.is_seed)
    bins, information = s.bins[:, seeds], s.information[:, seeds]
    answered = (bins >= 0)[None] & sets[:, None, :]
    size = answered.sum(axis=2).min(axis=1)
    calibration = statistical_accuracy(
        bin_counts(bins[None], s.masses.size, of=answered), s.masses, n=size[:, None]
    )
    mean_information = mean_over(np.broadcast_to(information[None], answered.shape), answered)
    score = np.ones_like(calibration) if weighting == "equal" else calibration.copy()
    score *= mean_information if weighting == "global" else 1.0
    is_chosen = is_optimised and weighting != "equal"
    cut_offs = np.sort(calibration, axis=1)[:, ::-1] if is_chosen else np.zeros((len(sets), 1))
    counted = np.where(calibration[:, None, :] >= cut_offs[:, :, None], score[:, None, :], 0.0)
    d = counted.reshape(-1, counted.shape[2])
    weights = d[:, :, None] * np.nan_to_num(s.information)[None] if weighting == "item" else d
    pooled = mixture_quantiles(of, weights, items=seeds)
    found_bins, found_information = bins_and_information(s, pooled, items=seeds)
    return _best(counted, cut_offs, sets, size=size, found=(found_bins, found_information), masses=s.masses)


def _best(
    counted: Floats, cut_offs: Floats, sets: Bools, *, size: Ints, found: tuple[Ints, Floats], masses: Floats
) -> SeedSets:
    n_sets, n_cuts, _ = counted.shape
    bins = found[0].reshape(n_sets, n_cuts, -1)
    information = found[1].reshape(n_sets, n_cuts, -1)
    inside = np.broadcast_to(sets[:, None, :], bins.shape)
    accuracy = statistical_accuracy(bin_counts(bins, masses.size, of=inside), masses, n=size[:, None])
    combined = accuracy * mean_over(information, inside)
    highest = np.nanmax(combined, axis=1, keepdims=True)
    pick = (combined >= highest * (1 - _TIE)).argmax(axis=1)
    row = np.arange(n_sets)
    return SeedSets(cut_offs[row, pick], counted[row, pick], bins[row, pick], information[row, pick], size)


def decision_maker(
    study: ExpertStudy | Scored | Mixtures,
    *,
    weighting: str = "global",
    cut_off: float | None = None,
    weights: ArrayLike | None = None,
) -> DecisionMaker:
    """One pooled distribution an item, the experts weighted by Cooke's Classical Model.

    A weight is calibration × information on the seeds, for experts whose calibration reaches the cut-off;
    ``item`` takes the information of each item by itself. The cut-off is the one that gives the decision
    maker the highest calibration × information of its own; every expert's calibration is tried. An expert who
    left an item out has no part in it: the other weights are made to sum to 1 for that item. The decision
    maker is tested as on the fewest seeds any expert answered.

    Parameters
    ----------
    study : ExpertStudy, Scored or Mixtures
        What was judged; `mixtures` of it where several decision makers are asked for.
    weighting : str
        ``equal``, ``global``, ``item``, or ``user`` with `weights`.
    cut_off : float, optional
        Fixed beforehand [0–1], 0 for all experts; optimised where not given (no matter for equal weights).
    weights : array_like of float, shape (experts,), optional
        The user's own, not negative and not all 0.

    Returns
    -------
    DecisionMaker

    Raises
    ------
    InputFaults
        When a user's weights are wrong, a cut-off leaves no expert, or no seeds tell experts apart.

    References
    ----------
    .. [1] R. M. Cooke, Experts in Uncertainty, Oxford University Press 1991, chapter 12 (``cooke_1991``).

    Examples
    --------
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> study = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> decision_maker(study, weighting="equal").answers.round(3).tolist()
    [[0.217, 2.5, 9.545]]
    """
    of = _mixed(study)
    n = len(of.scored.study.experts)
    if weighting == "user" or weights is not None:
        return _finished(of, _users(weights, n), "user", cut_off=0.0)
    if weighting not in WEIGHTINGS:
        raise ValueError(f"no weighting {shown(weighting)}; there are {', '.join((*WEIGHTINGS, 'user'))}")
    if weighting == "equal":
        return _finished(of, np.ones(n), "equal", cut_off=0.0)
    n_seeds = int(of.scored.study.is_seed.sum())
    if not n_seeds:
        refuse("decision maker", [Fault("items", "no seeds", "seed items, or equal or user weights")])
    if cut_off is None:
        chosen = best_on_seed_sets(of, np.ones((1, n_seeds), dtype=bool), weighting=weighting)
        return _finished(of, chosen.weights[0], weighting, cut_off=float(chosen.cut_off[0]))
    calibration, information, _ = calibration_and_information(of.scored)
    score = calibration * information if weighting == "global" else calibration
    kept = np.where(calibration >= cut_off, score, 0.0)
    if not kept.any():
        rule = RuleText("at most {}, the best calibration", f"{calibration.max():.4g}")
        refuse("decision maker", [Fault("cut_off", shown(cut_off), rule)])
    return _finished(of, kept, weighting, cut_off=cut_off)


def decision_makers(study: ExpertStudy | Scored | Mixtures) -> dict[str, DecisionMaker]:
    """The five decision makers that a study usually reports.

    Parameters
    ----------
    study : ExpertStudy, Scored or Mixtures
        What was judged.

    Returns
    -------
    dict of str to DecisionMaker
        ``equal``; ``global_all`` and ``item_all`` with all experts; ``global_opt`` and ``item_opt`` with the
        optimised cut-off.

    Examples
    --------
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> study = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> {name: round(one.combined, 3) for name, one in decision_makers(study).items()}["equal"]
    0.124
    """
    of = _mixed(study)
    found = {"equal": decision_maker(of, weighting="equal")}
    for name in ("global", "item"):
        found[f"{name}_all"] = decision_maker(of, weighting=name, cut_off=0.0)
        found[f"{name}_opt"] = decision_maker(of, weighting=name)
    return found


def _mixed(study: ExpertStudy | Scored | Mixtures) -> Mixtures:
    if isinstance(study, Mixtures):
        return study
    return mixtures(study if isinstance(study, Scored) else scored(study))


def _users(weights: ArrayLike | None, n: int) -> Floats:
    given = np.asarray([] if weights is None else weights, dtype=np.float64)
    if given.shape != (n,) or not (given >= 0).all() or not 0 < given.sum() < np.inf:
        rule = RuleText("{} weights, not negative, not all 0", n)
        refuse("decision maker", [Fault("weights", shown(given.tolist()), rule)])
    return given


def _finished(of: Mixtures, weights: Floats, weighting: str, *, cut_off: float) -> DecisionMaker:
    s = of.scored
    by_item = weights[:, None] * (np.nan_to_num(s.information) if weighting == "item" else 1.0)
    by_item = np.where(s.study.is_answered, by_item, 0.0)
    quantiles = mixture_quantiles(of, by_item[None])
    bins, information = bins_and_information(s, quantiles, items=np.arange(len(s.study.items)))
    n = (s.bins >= 0).sum(axis=1).min()
    with np.errstate(invalid="ignore"):
        shares = by_item / by_item.sum(axis=0)
    every = np.ones(shares.shape, dtype=bool)
    return DecisionMaker(
        s,
        weighting,
        cut_off,
        mean_over(shares, every) if weighting == "item" else weights / weights.sum(),
        to_unit(s, quantiles)[0],
        bins[0],
        information[0],
        float(statistical_accuracy(bin_counts(bins[0], s.masses.size), s.masses, n=n)),
        float(mean_over(information[0], s.study.is_seed)),
        float(mean_over(information[0], every[0])),
    )


def column_names(probs: Floats) -> list[str]:
    """Names of quantile columns: the 5 % quantile is ``q05``, the 2.5 % one ``q2_5``.

    Parameters
    ----------
    probs : ndarray of float
        Probabilities.

    Examples
    --------
    >>> column_names(np.array([0.025, 0.05, 0.5]))
    ['q2_5', 'q05', 'q50']
    """
    per_cent = [100 * float(p) for p in probs]
    return [f"q{p:02.0f}" if abs(p - round(p)) < 1e-9 else f"q{p:g}".replace(".", "_") for p in per_cent]
