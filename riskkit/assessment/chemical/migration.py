"""Migration from food contact materials: concentration in food and the fat reduction factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from riskkit.foundation.standards.method_numbers import method_number


def food_concentration(migration: ArrayLike, *, area_per_food: ArrayLike | None = None) -> Any:
    """Substance that migrates from packaging or utensils into food: migration × surface / mass of food.

    Parameters
    ----------
    migration : array_like of float
        [mg/dm²].
    area_per_food : array_like of float, optional
        Contact surface for each mass of food [dm²/kg]; the conventional 6 if left out.

    Returns
    -------
    float or ndarray of float
        [mg/kg food].

    Raises
    ------
    ValueError
        When a number is negative.

    References
    ----------
    .. [1] Regulation (EU) No 10/2011, Annex V chapter 4 (``eu_10_2011``).

    Examples
    --------
    >>> food_concentration(0.4).__round__(12)
    2.4
    """
    ratio = method_number("migration", "area_per_food") if area_per_food is None else area_per_food
    amount, surface = np.asarray(migration, dtype=np.float64), np.asarray(ratio, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if (amount < 0).any() or (surface < 0).any():
            raise ValueError("migration and surface are not negative")
    found = amount * surface
    return float(found) if found.ndim == 0 else found


@dataclass(frozen=True)
class FatReduction:
    """Migration corrected for fatty food.

    Parameters
    ----------
    factor : float
        Fat reduction factor, 1 where it may not be used.
    migration : float
        Migration divided by it [mg/kg food].
    is_over_overall_limit : bool
        Whether the migration before correction is above the overall migration limit, which the factor
        must not hide.
    note_zh, note_en : str
        Why the factor is what it is.
    """

    factor: float
    migration: float
    is_over_overall_limit: bool
    note_zh: str
    note_en: str


def fat_reduced(
    migration: float, fat_percent: float, *, for_infants: bool, by_convention: bool
) -> FatReduction:
    """Migration into fatty food, divided by the fat reduction factor (% fat × 5 / 100).

    Parameters
    ----------
    migration : float
        Specific migration of a fat-loving substance [mg/kg food].
    fat_percent : float
        Fat in the food, 0–100. Up to 20 % the factor is 1.
    for_infants : bool
        Food for infants and young children: the factor is not used.
    by_convention : bool
        Migration got with the conventional 6 dm²/kg: the factor is not used.

    Raises
    ------
    ValueError
        When migration is negative or fat lies outside 0–100 %.

    References
    ----------
    .. [1] Regulation (EU) No 10/2011, Annex V chapter 4 (``eu_10_2011``).

    Examples
    --------
    >>> fat_reduced(5.0, 50.0, for_infants=False, by_convention=False).migration
    2.0
    """
    if not migration >= 0 or not 0 <= fat_percent <= 100:
        raise ValueError("migration is not negative and fat lies between 0 and 100 %")
    highest = method_number("migration", "frf_highest")
    factor = min(max(fat_percent * highest / 100, 1.0), highest)
    note = f"脂肪含量 {fat_percent:g} %", f"{fat_percent:g} % fat"
    if for_infants:
        factor, note = 1.0, ("婴幼儿食品：不作脂肪折减", "food for infants: no fat reduction")
    elif by_convention:
        factor, note = (
            1.0,
            ("按 6 dm²/kg 惯例换算：不作脂肪折减", "by the 6 dm²/kg convention: no fat reduction"),
        )
    over = migration > method_number("migration", "overall_limit")
    return FatReduction(factor, migration / factor, over, *note)
