"""From dose to concern: margin of exposure, hazard quotient and index, threshold of toxicological concern.

Doses and guidance values are in one unit (mg/kg bw/d unless said otherwise).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]
MOE_BASES = ("genotoxic_bmdl10", "threshold_noael")


def _positive(values: ArrayLike, what: str, *, zero: bool) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        wrong = (numbers < 0) | (np.isinf(numbers)) | ((numbers == 0) & (not zero))
    if wrong.any():
        raise ValueError(f"{what} is a finite number {'from' if zero else 'above'} 0")
    return numbers


def _ratio(top: Floats, bottom: Floats, *given: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(np.isnan(top) | np.isnan(bottom), np.nan, top / bottom)
    series = next((one for one in given if isinstance(one, pd.Series)), None)
    if series is not None:
        return pd.Series(ratio, index=series.index)
    return float(ratio) if ratio.ndim == 0 else ratio


def margin_of_exposure(reference_point: ArrayLike, exposure: ArrayLike) -> Any:
    """Margin of exposure: reference point / exposure.

    Parameters
    ----------
    reference_point : array_like of float
        BMDL10, NOAEL or the like, above 0.
    exposure : array_like of float
        Dose, in the same unit; 0 gives an infinite margin.

    Returns
    -------
    float, ndarray of float or Series of float

    Raises
    ------
    ValueError
        When a number lies outside its range.

    References
    ----------
    .. [1] EFSA (2005, 2012) (``efsa_moe_2005``); MCRA documentation (``mcra_docs``).

    Examples
    --------
    >>> margin_of_exposure(0.17, 0.0005).__round__(9)
    340.0
    """
    point = _positive(reference_point, "a reference point", zero=False)
    return _ratio(point, _positive(exposure, "exposure", zero=True), reference_point, exposure)


def moe_concern(margin: ArrayLike, *, basis: str) -> Any:
    """Whether a margin of exposure is below the one asked for: of possible concern.

    At or above it the concern is low; "low concern" does not mean safe.

    Parameters
    ----------
    margin : array_like of float
        NaN for missing.
    basis : str
        ``genotoxic_bmdl10`` (10,000) or ``threshold_noael`` (100).

    Returns
    -------
    ndarray of object
        True, False, or None where the margin is missing.

    Raises
    ------
    ValueError
        When there is no such basis.

    References
    ----------
    .. [1] Sources ``efsa_moe_2005`` and ``mcra_docs``.

    Examples
    --------
    >>> moe_concern([340, 10_000, float("nan")], basis="genotoxic_bmdl10").tolist()
    [True, False, None]
    """
    if basis not in MOE_BASES:
        raise ValueError(f"basis is one of {', '.join(MOE_BASES)}, not {shown(basis)}")
    values = np.atleast_1d(np.asarray(margin, dtype=np.float64))
    out = np.asarray(values < method_number("moe", basis), dtype=object)
    out[np.isnan(values)] = None
    return out


def moe_percentiles(exposure: ArrayLike, reference_point: float, *, probs: Sequence[float]) -> Floats:
    """Percentiles of the margin of exposure, taken through the inverse.

    A low percentile of the margin is the high percentile of exposure: P0.1 of MOE = 1 / P99.9 of
    exposure / reference point. Interpolating among margins themselves would be biased in a small sample,
    and breaks where an exposure is 0.

    Parameters
    ----------
    exposure : array_like of float, shape (n,)
        Sample of exposures, from 0 up.
    reference_point : float
        Above 0, in the same unit.
    probs : sequence of float
        Probabilities for the margin, 0–1; 0.001 asks for its P0.1.

    Returns
    -------
    ndarray of float
        One margin a probability; infinite where the exposure there is 0.

    Raises
    ------
    ValueError
        When a number lies outside its range, the sample is empty or a value is missing.

    References
    ----------
    .. [1] MCRA documentation, risks (``mcra_docs``).

    Examples
    --------
    >>> moe_percentiles([0.0, 1.0, 2.0, 4.0], 100.0, probs=[0.0, 0.5]).tolist()
    [25.0, 66.66666666666667]
    """
    sample = _positive(exposure, "exposure", zero=True)
    share = np.asarray(probs, dtype=np.float64)
    if sample.size == 0 or np.isnan(sample).any() or not ((share >= 0) & (share <= 1)).all():
        raise ValueError("exposures without gaps, and probabilities from 0 to 1")
    point = float(_positive(reference_point, "a reference point", zero=False))
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(1.0 / np.quantile(sample / point, 1.0 - share), dtype=np.float64)


def hazard_quotient(exposure: ArrayLike, guidance_value: ArrayLike) -> Any:
    """Hazard quotient: exposure / health-based guidance value; above 1 it is exceeded.

    Parameters
    ----------
    exposure : array_like of float
        Dose, from 0 up.
    guidance_value : array_like of float
        ADI, TDI, RfD or DNEL, above 0, in the same unit.

    Returns
    -------
    float, ndarray of float or Series of float

    Raises
    ------
    ValueError
        When a number lies outside its range.

    References
    ----------
    .. [1] MCRA documentation (``mcra_docs``).

    Examples
    --------
    >>> hazard_quotient(0.5, 0.8)
    0.625
    """
    dose = _positive(exposure, "exposure", zero=True)
    value = _positive(guidance_value, "a guidance value", zero=False)
    return _ratio(dose, value, exposure, guidance_value)


def hazard_index(doses: pd.DataFrame) -> pd.DataFrame:
    """Hazard index by target organ: the sum of the quotients of substances that harm the same organ.

    A missing exposure or guidance value makes the index a lower bound: it is "above" if what is known
    already is, else unknown, never "below".

    Parameters
    ----------
    doses : DataFrame
        One row a substance and organ: substance, organ, exposure, guidance_value (one unit).

    Returns
    -------
    DataFrame
        Index organ, highest first: hazard_index (of what is known), n_substances, n_missing, is_above
        (True, False or missing), main_substance and main_share.

    Raises
    ------
    InputFaults
        With every missing column, repeated row and value outside its range.

    References
    ----------
    .. [1] MCRA documentation (``mcra_docs``); bound ``hazard_index/limit`` of ``method_numbers.csv``.

    Examples
    --------
    >>> two = pd.DataFrame({"substance": ["a", "b"], "organ": ["liver", "liver"],
    ...                     "exposure": [0.5, 0.3], "guidance_value": [0.8, 1.0]})
    >>> hazard_index(two)[["hazard_index", "is_above", "main_substance"]].values.tolist()
    [[0.925, False, 'a']]
    """
    _refuse_doses(doses)
    quotient = doses["exposure"].astype("float64") / doses["guidance_value"].astype("float64")
    rows = doses.assign(quotient=quotient).sort_values("quotient", ascending=False, kind="stable")
    groups = rows.groupby("organ", sort=False)
    index = groups["quotient"].sum()
    n_missing = groups["quotient"].agg(lambda part: int(part.isna().sum()))
    first = groups["quotient"].first()
    over = (index > method_number("hazard_index", "limit")).to_numpy()
    certain = over | (n_missing == 0).to_numpy()
    above = pd.array(
        [bool(o) if sure else None for o, sure in zip(over, certain, strict=True)], dtype="boolean"
    )
    table = pd.DataFrame(
        {
            "hazard_index": index,
            "n_substances": groups.size(),
            "n_missing": n_missing,
            "is_above": above,
            "main_substance": groups["substance"].first().where(first.notna()),
            "main_share": (first / index).where(index > 0),
        }
    )
    return table.sort_values("hazard_index", ascending=False, kind="stable")


def _refuse_doses(doses: pd.DataFrame) -> None:
    names = ("substance", "organ", "exposure", "guidance_value")
    faults = [Fault(name, "missing", "a column of the doses") for name in names if name not in doses]
    refuse("hazard index", faults)
    for row in np.flatnonzero(doses.duplicated(["substance", "organ"])):
        pair = tuple(doses[["substance", "organ"]].iloc[row])
        faults.append(Fault(f"row {row}", shown(pair), "a substance once for each organ"))
    for name in ("substance", "organ"):
        for row in np.flatnonzero(doses[name].isna()):
            faults.append(Fault(f"row {row}: {name}", "missing", "a name"))
    for name, rule in (("exposure", "a finite number from 0"), ("guidance_value", "a finite number above 0")):
        numbers = pd.to_numeric(doses[name], errors="coerce")
        low = numbers < 0 if name == "exposure" else numbers <= 0
        wrong = low | np.isinf(numbers) | (numbers.isna() & doses[name].notna())
        for row in np.flatnonzero(wrong):
            faults.append(Fault(f"row {row}: {name}", shown(doses[name].iloc[row]), rule))
    refuse("hazard index", faults)


def toxicological_concern(exposure: ArrayLike, group: str, *, exclusions: Sequence[str] = ()) -> pd.DataFrame:
    """Compare a dose with the threshold of toxicological concern, unless the substance is excluded.

    Parameters
    ----------
    exposure : array_like of float
        Dose [µg/kg bw/d]; NaN for missing.
    group : str
        ``dna_reactive``, ``organophosphate_carbamate``, ``cramer_1``, ``cramer_2`` or ``cramer_3``.
    exclusions : sequence of str
        Which of ``ttc_exclusions.csv`` apply to the substance.

    Returns
    -------
    DataFrame
        exposure, threshold [µg/kg bw/d] (missing if excluded), ratio, outcome: ``below`` (low probability
        of harm), ``above`` (another approach is needed), ``excluded`` (the thresholds say nothing) or
        missing. Exactly at the threshold counts as below: the guidance asks about higher exposure.

    Raises
    ------
    InputFaults
        With every unknown group and exclusion, and a negative dose.

    References
    ----------
    .. [1] EFSA Journal 2019;17(6):5708 (``efsa_ttc_2019``); exclusions also EN-1006
       (``efsa_who_ttc_2016``).

    Examples
    --------
    >>> toxicological_concern([40.0, 1.4], "cramer_1")["outcome"].tolist()
    ['above', 'below']
    >>> toxicological_concern(1.4, "cramer_3", exclusions=["metal"])["outcome"].tolist()
    ['excluded']
    """
    thresholds = standards.table("ttc").set_index("group")["value"]
    known = standards.table("ttc_exclusions")["exclusion"].tolist()
    dose = np.atleast_1d(np.asarray(exposure, dtype=np.float64))
    faults = (
        []
        if group in thresholds.index
        else [Fault("group", shown(group), one_of(str(group), thresholds.index))]
    )
    faults += [Fault("exclusion", shown(x), one_of(str(x), known)) for x in exclusions if x not in known]
    with np.errstate(invalid="ignore"):
        faults += [Fault(f"exposure[{i}]", f"{dose[i]:g}", "from 0 up") for i in np.flatnonzero(dose < 0)]
    refuse("threshold of toxicological concern", faults)
    threshold = np.nan if exclusions else float(thresholds[group])
    words = np.where(dose > threshold, "above", "below").astype(object)
    words = np.full(dose.shape, "excluded", dtype=object) if exclusions else words
    words[np.isnan(dose) & (not exclusions)] = None
    return pd.DataFrame(
        {"exposure": dose, "threshold": threshold, "ratio": dose / threshold, "outcome": words}
    )
