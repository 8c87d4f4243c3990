"""Acceptance sampling plans by attributes: which sample to draw from a lot, and how many faults it may show.

Single plans for normal and tightened inspection are those of ISO 2859-1 (GB/T 2828.1 in China), which
MIL-STD-105E and ANSI/ASQ Z1.4 share. Reduced inspection is that of MIL-STD-105E and Z1.4, with its gap
between acceptance and rejection number; ISO's own table is not public, so it is refused. Double plans are
those of MIL-STD-105E. Where the master table has an arrow, the plan it points at is given, its sample size
included.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.standards import standards

LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
INSPECTIONS = ("normal", "tightened", "reduced")
STANDARDS = ("iso_2859_1", "z14")


def code_letters(lot_size: ArrayLike, *, level: str = "II") -> NDArray[np.object_]:
    """The sample-size code letter of lots.

    Parameters
    ----------
    lot_size : array_like of int
        Items in the lot, from 2 up.
    level : str
        Inspection level: ``S-1`` to ``S-4``, ``I``, ``II`` or ``III``.

    Returns
    -------
    ndarray of str

    Raises
    ------
    InputFaults
        With every lot size that is no whole number from 2 up.
    ValueError
        When there is no such level.

    References
    ----------
    .. [1] ISO 2859-1, Table 1 (``iso_2859_1``, ``code_letters.csv``).

    Examples
    --------
    >>> code_letters([90, 2400, 5000]).tolist()
    ['E', 'K', 'L']
    """
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, not {shown(level)}")
    rows = standards.table("code_letters")
    rows = rows[rows["level"] == level].sort_values("lot_from")
    place = np.searchsorted(rows["lot_from"].to_numpy(), _lots(lot_size), side="right") - 1
    return rows["letter"].to_numpy(dtype=object)[place]


def _lots(lot_size: ArrayLike) -> Floats:
    lots = np.atleast_1d(np.asarray(lot_size, dtype=np.float64))
    with np.errstate(invalid="ignore"):
        wrong = ~((lots >= 2) & (lots < np.inf) & (np.floor(lots) == lots))
    rule = "a whole number of items from 2 up"
    refuse("lots", [Fault(f"lot {k}", f"{lots.flat[k]:g}", rule) for k in np.flatnonzero(wrong)])
    return lots


@functools.cache
def acceptable_limits() -> tuple[float, ...]:
    """The acceptance quality limits (AQL) of the tables.

    Percent nonconforming, or nonconformities per 100 items; above 10 only the latter.

    Examples
    --------
    >>> acceptable_limits()[:3], len(acceptable_limits())
    ((0.01, 0.015, 0.025), 26)
    """
    return tuple(sorted(standards.table("single_plans")["aql"].unique().tolist()))


@functools.cache
def _grid(inspection: str) -> Mapping[str, NDArray[np.int64]]:
    """n, ac, re and whether editions differ, by letter and limit."""
    rows = standards.table("single_plans")
    rows = rows[rows["inspection"] == inspection].assign(differs=rows["status"] != "published")
    names = ("n", "ac", "re", "differs")
    return {k: rows.pivot(index="letter", columns="aql", values=k).to_numpy(dtype=np.int64) for k in names}


def single_plans(
    lot_size: ArrayLike,
    aql: ArrayLike,
    *,
    level: str = "II",
    inspection: str = "normal",
    standard: str = "iso_2859_1",
) -> pd.DataFrame:
    """The single sampling plan of each lot.

    Parameters
    ----------
    lot_size : array_like of int
        Items in the lot, from 2 up.
    aql : array_like of float
        Acceptance quality limit [% nonconforming or nonconformities per 100 items], one of
        `acceptable_limits`.
    level : str
        Inspection level.
    inspection : str
        ``normal``, ``tightened`` or ``reduced`` (of ``z14`` only).
    standard : str
        ``iso_2859_1`` or ``z14``.

    Returns
    -------
    DataFrame
        lot_size, aql, letter (of the lot), plan_letter (whose plan it is after the arrows; missing under
        reduced inspection), n, ac (accept up to), re (reject from), n_to_inspect (the whole lot where n
        reaches it), is_whole_lot, note (``editions_differ`` at the edge of the table, else empty).

    Raises
    ------
    InputFaults
        With every lot size and limit that the tables do not have.
    ValueError
        When a word is none of those above, or reduced inspection is asked of ISO 2859-1.

    References
    ----------
    .. [1] ISO 2859-1, Tables 2-A and 2-B (``iso_2859_1``); MIL-STD-105E, Table II-C (``mil_std_105e``).

    Examples
    --------
    >>> single_plans([5000, 90], [1.5, 2.5])[["letter", "plan_letter", "n", "ac", "re"]].values.tolist()
    [['L', 'L', 200, 7, 8], ['E', 'F', 20, 1, 2]]
    """
    lots, limits = np.broadcast_arrays(_lots(lot_size), _limits(aql))
    return plans_of_letters(
        code_letters(lots, level=level), limits, inspection=inspection, standard=standard
    ).pipe(_for_lots, lots)


def plans_of_letters(
    letters: ArrayLike, aql: ArrayLike, *, inspection: str = "normal", standard: str = "iso_2859_1"
) -> pd.DataFrame:
    """The single sampling plans of code letters.

    Parameters
    ----------
    letters : array_like of str
        A to R without I and O.
    aql, inspection, standard
        As for `single_plans`.

    Returns
    -------
    DataFrame
        aql, letter, plan_letter, n, ac, re, note.

    Raises
    ------
    InputFaults
        With every letter and limit that the tables do not have.
    ValueError
        As for `single_plans`.

    Examples
    --------
    >>> plans_of_letters(["M"], [6.5])[["plan_letter", "n", "ac"]].values.tolist()
    [['L', 200, 21]]
    """
    for name, word, words in (("inspection", inspection, INSPECTIONS), ("standard", standard, STANDARDS)):
        if word not in words:
            raise ValueError(f"{name} is one of {', '.join(words)}, not {shown(word)}")
    if inspection == "reduced" and standard == "iso_2859_1":
        raise ValueError("the reduced plans of ISO 2859-1 are not public; z14 has its own (standard='z14')")
    asked, limits = np.broadcast_arrays(np.asarray(letters, dtype=object), _limits(aql))
    known = sorted(set(standards.table("single_plans")["letter"]))
    faults = [
        Fault(f"letter {k}", str(asked.flat[k]), RuleText("one of {}", ", ".join(known)))
        for k in np.flatnonzero(~np.isin(asked.astype(str), known))
    ]
    refuse("letters", faults)
    at = np.searchsorted(known, asked.astype(str)), np.searchsorted(acceptable_limits(), limits)
    grid = _grid(inspection)
    out = pd.DataFrame({"aql": limits, "letter": asked, "n": grid["n"][at]})
    owner = _owners() if inspection != "reduced" else {}
    out.insert(2, "plan_letter", out["n"].map(owner).astype("object"))
    out["ac"], out["re"] = grid["ac"][at], grid["re"][at]
    return out.assign(note=np.where(grid["differs"][at] == 1, "editions_differ", ""))


@functools.cache
def _owners() -> Mapping[int, str]:
    """The letter to which a sample size belongs: that of the plans it has without an arrow."""
    rows = standards.table("single_plans")
    rows = rows[(rows["inspection"] == "normal") & (rows["ac"] == 7)]
    return {**dict(zip(rows["n"].tolist(), rows["letter"].tolist(), strict=True)), 3150: "S"}


def _limits(aql: ArrayLike) -> Floats:
    limits = np.atleast_1d(np.asarray(aql, dtype=np.float64))
    words = ", ".join(f"{limit:g}" for limit in acceptable_limits())
    wrong = np.flatnonzero(~np.isin(limits, acceptable_limits()))
    refuse("limits", [Fault(f"aql {k}", f"{limits.flat[k]:g}", RuleText("one of {}", words)) for k in wrong])
    return limits


def _for_lots(plans: pd.DataFrame, lots: Floats) -> pd.DataFrame:
    whole = lots.astype(np.int64)
    reached = plans["n"].to_numpy() >= whole
    plans.insert(0, "lot_size", whole)
    plans.insert(7, "n_to_inspect", np.minimum(plans["n"].to_numpy(), whole))
    plans.insert(8, "is_whole_lot", reached)
    return plans


def double_plans(
    lot_size: ArrayLike, aql: ArrayLike, *, level: str = "II", inspection: str = "normal"
) -> pd.DataFrame:
    """The double sampling plan of each lot, of about the same strictness as its single plan.

    Parameters
    ----------
    lot_size, aql, level
        As for `single_plans`.
    inspection : str
        ``normal`` or ``tightened``.

    Returns
    -------
    DataFrame
        lot_size, aql, letter, plan_letter, n1, ac1, re1, n2, ac2, re2 (ac2 and re2 count both samples), note.
        Where the single plan accepts none (ac 0) or is that of letter A there is no double plan: the numbers
        are missing, note ``use_single``.

    Raises
    ------
    InputFaults
        With every lot size and limit that the tables do not have.
    ValueError
        When a word is none of those above.

    References
    ----------
    .. [1] MIL-STD-105E, Tables III-A and III-B (``mil_std_105e``, ``double_plan_numbers.csv``): partly
       checked against an independent package, the print itself was not read. ISO 2859-1:1999 changed some
       of these numbers.

    Examples
    --------
    >>> double_plans([5000], [1.5])[["n1", "ac1", "re1", "n2", "ac2", "re2"]].values.tolist()
    [[125, 3, 7, 125, 8, 9]]
    """
    if inspection not in INSPECTIONS[:2]:
        raise ValueError(f"inspection is normal or tightened, not {shown(inspection)}")
    single = single_plans(lot_size, aql, level=level, inspection=inspection)
    sizes = standards.table("double_plan_sizes").set_index("letter")["n_each"].astype("Int64")
    numbers = standards.table("double_plan_numbers")
    numbers = numbers[numbers["inspection"] == inspection].set_index("ac_single").astype("object")
    out = single[["lot_size", "aql", "letter", "plan_letter"]].copy()
    each = single["plan_letter"].map(sizes).astype("Int64")
    has = each.notna() & single["ac"].isin(numbers.index)
    out["n1"] = each.where(has)
    for name in ("ac1", "re1"):
        out[name] = single["ac"].map(numbers[name]).astype("Int64").where(has)
    out["n2"] = each.where(has)
    for name in ("ac2", "re2"):
        out[name] = single["ac"].map(numbers[name]).astype("Int64").where(has)
    return out.assign(note=single["note"].where(has, "use_single"))
