"""External dose of a substance from a product: ingestion, mouthing, skin, air, migration into food.

Every dose is an amount taken up each day divided by body weight [mg/kg bw/d]. Inputs may carry their own
units at the edge (`read_exposure`); inside, numbers are in the units that ``exposure_inputs.csv`` names.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.numbers.units import read_quantities
from riskkit.foundation.standards import standards

Floats = NDArray[np.float64]
_MG_PER_UG = 1e-3


def _dose(taken_up: ArrayLike, absorbed: ArrayLike, body_weight: ArrayLike) -> Any:
    """Amount taken up [mg/d] × fraction absorbed / body weight [kg]."""
    weight = np.asarray(body_weight, dtype=np.float64)
    share = np.asarray(absorbed, dtype=np.float64)
    amount = np.asarray(taken_up, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if (weight <= 0).any():
            raise ValueError("body weight is above 0 kg")
        if ((share < 0) | (share > 1)).any():
            raise ValueError("a fraction absorbed lies between 0 and 1")
        if (amount < 0).any():
            raise ValueError("amounts, areas, times and concentrations are not negative")
    dose = amount * share / weight
    return float(dose) if dose.ndim == 0 else dose


def ingestion_dose(
    concentration: ArrayLike, amount: ArrayLike, *, body_weight: ArrayLike, absorbed: ArrayLike = 1.0
) -> Any:
    """Dose from what is eaten or swallowed: concentration × amount / body weight.

    Parameters
    ----------
    concentration : array_like of float
        Substance in the product [mg/kg].
    amount : array_like of float
        Product taken in [kg/d].
    body_weight : array_like of float
        [kg].
    absorbed : array_like of float
        Fraction absorbed, 0–1.

    Returns
    -------
    float or ndarray of float
        Dose [mg/kg bw/d].

    Raises
    ------
    ValueError
        When a number lies outside its range.

    References
    ----------
    .. [1] Chronic intake Σ C·IR / BW, the usual form.

    Examples
    --------
    >>> ingestion_dose(2.4, 1.0, body_weight=60)
    0.04
    """
    product = np.asarray(concentration, dtype=np.float64) * np.asarray(amount, dtype=np.float64)
    return _dose(_signed(product, concentration, amount), absorbed, body_weight)


def mouthing_dose(
    migration_rate: ArrayLike,
    area: ArrayLike,
    *,
    time: ArrayLike,
    body_weight: ArrayLike,
    absorbed: ArrayLike = 1.0,
) -> Any:
    """Dose from sucking and chewing: migration into saliva × area × time / body weight.

    Parameters
    ----------
    migration_rate : array_like of float
        [µg/cm²/min].
    area : array_like of float
        Area in the mouth [cm²].
    time : array_like of float
        Time in the mouth [min/d].
    body_weight, absorbed : array_like of float
        [kg]; fraction absorbed, 0–1.

    Returns
    -------
    float or ndarray of float
        Dose [mg/kg bw/d].

    Raises
    ------
    ValueError
        When a number lies outside its range.

    Examples
    --------
    >>> mouthing_dose(0.5, 10, time=60, body_weight=10)
    0.03
    """
    rate, surface, minutes = (np.asarray(x, dtype=np.float64) for x in (migration_rate, area, time))
    amount = _signed(rate * surface * minutes * _MG_PER_UG, migration_rate, area, time)
    return _dose(amount, absorbed, body_weight)


def dermal_dose(
    load: ArrayLike, area: ArrayLike, *, events: ArrayLike, body_weight: ArrayLike, absorbed: ArrayLike = 1.0
) -> Any:
    """Dose through the skin: load × area × contacts a day × fraction absorbed / body weight.

    Parameters
    ----------
    load : array_like of float
        Substance on the skin at each contact [mg/cm²].
    area : array_like of float
        Skin in contact [cm²].
    events : array_like of float
        Contacts [1/d].
    body_weight, absorbed : array_like of float
        [kg]; fraction absorbed, 0–1.

    Returns
    -------
    float or ndarray of float
        Dose [mg/kg bw/d].

    Raises
    ------
    ValueError
        When a number lies outside its range.

    Examples
    --------
    >>> dermal_dose(0.001, 500, events=2, body_weight=10, absorbed=0.1)
    0.01
    """
    on_skin, surface, times = (np.asarray(x, dtype=np.float64) for x in (load, area, events))
    return _dose(_signed(on_skin * surface * times, load, area, events), absorbed, body_weight)


def inhalation_dose(
    air_concentration: ArrayLike,
    breathing_rate: ArrayLike,
    *,
    time: ArrayLike,
    body_weight: ArrayLike,
    absorbed: ArrayLike = 1.0,
) -> Any:
    """Dose breathed in: concentration in air × breathing rate × time / body weight.

    Parameters
    ----------
    air_concentration : array_like of float
        [mg/m³].
    breathing_rate : array_like of float
        [m³/h].
    time : array_like of float
        [h/d].
    body_weight, absorbed : array_like of float
        [kg]; fraction absorbed, 0–1.

    Returns
    -------
    float or ndarray of float
        Dose [mg/kg bw/d].

    Raises
    ------
    ValueError
        When a number lies outside its range.

    Examples
    --------
    >>> inhalation_dose(0.1, 0.5, time=10, body_weight=10)
    0.05
    """
    air, rate, hours = (np.asarray(x, dtype=np.float64) for x in (air_concentration, breathing_rate, time))
    amount = _signed(air * rate * hours, air_concentration, breathing_rate, time)
    return _dose(amount, absorbed, body_weight)


def _signed(product: Floats, *factors: ArrayLike) -> Floats:
    """The product, but negative where any factor is, so that two wrongs do not make a right."""
    with np.errstate(invalid="ignore"):
        for factor in factors:
            product = np.where(np.asarray(factor, dtype=np.float64) < 0, -1.0, product)
    return np.asarray(product, dtype=np.float64)


@functools.cache
def _inputs(route: str) -> dict[str, dict[str, Any]]:
    rows = standards.table("exposure_inputs")
    found = {str(r["input"]): r for r in rows[rows["route"] == route].to_dict("records")}
    if not found:
        raise ValueError(
            f"a route of exposure is one of {', '.join(rows['route'].unique())}, not {shown(route)}"
        )
    return {name: {str(key): value for key, value in row.items()} for name, row in found.items()}


def read_exposure(route: str, given: Mapping[str, Any]) -> dict[str, Floats]:
    """The inputs of an exposure in the units of the method, every fault told at once.

    Parameters
    ----------
    route : str
        ``ingestion``, ``mouthing``, ``dermal``, ``inhalation`` or ``migration``.
    given : mapping of str
        Inputs by name (``exposure_inputs.csv``): plain numbers in the table's unit, or with a unit, such
        as ``"0.4 mg/dm²"``.

    Returns
    -------
    dict of str to ndarray of float
        In the table's units.

    Raises
    ------
    ValueError
        When there is no such route.
    InputFaults
        With every missing input (no dose without body weight), unknown name, unit that measures something
        else and value outside its range.

    Examples
    --------
    >>> read_exposure("ingestion", {"concentration": "2400 µg/kg", "amount": "1 kg/d", "body_weight": 60})
    {'concentration': array(2.4), 'amount': array(1.), 'body_weight': array(60.)}
    >>> try:
    ...     read_exposure("ingestion", {"concentration": "2 mg/dm²", "amount": 1})
    ... except InputFaults as error:
    ...     print(error)
    ingestion: 2 faults
      concentration: '2 mg/dm²', must be: unit mismatch: mg/dm² cannot be read as mg/kg
      body_weight: missing, must be: body weight in kg: no dose without it
    """
    rows: Mapping[str, dict[str, Any]] = _inputs(route)
    faults: list[Fault] = []
    try:
        values = read_quantities(given, {name: str(row["unit"]) for name, row in rows.items()}, what=route)
    except InputFaults as error:
        faults += error.faults
        values = {}
    for name, row in rows.items():
        if row["required"] == "yes" and given.get(name) is None:
            rule = RuleText("{} in {}", row["en"], row["unit"])
            rule = RuleText("{}: no dose without it", rule) if name == "body_weight" else rule
            faults.append(Fault(name, "missing", rule))
        value = values.get(name)
        low, high = float(row["minimum"]), float(row["maximum"])
        if value is None or bool(((value >= low) & (value <= high) | np.isnan(value)).all()):
            if value is not None and name == "body_weight" and bool((value == 0).any()):
                faults.append(Fault(name, shown(given[name]), "above 0 kg"))
            continue
        span, unit = (f"{low:g}", f"{high:g}"), row["unit"]
        rule = (
            RuleText("from {} to {} {}", *span, unit)
            if np.isfinite(high)
            else RuleText("at least {} {}", span[0], unit)
        )
        faults.append(Fault(name, shown(given[name]), rule))
    refuse(route, faults)
    return values


def exposure_dose(route: str, given: Mapping[str, Any]) -> Any:
    """Dose by a route, from inputs that may carry units.

    Parameters
    ----------
    route, given
        As for `read_exposure`. For ``migration`` the substance reaches the body with food: migration ×
        surface per food × food eaten.

    Returns
    -------
    float or ndarray of float
        Dose [mg/kg bw/d].

    Raises
    ------
    ValueError, InputFaults
        As `read_exposure`.

    Examples
    --------
    >>> inputs = {"migration": "0.4 mg/dm²", "area_per_food": 6, "amount": "1 kg/d", "body_weight": "60 kg"}
    >>> exposure_dose("migration", inputs).__round__(12)
    0.04
    """
    x = read_exposure(route, given)
    rest: dict[str, Any] = {name: x[name] for name in ("body_weight", "absorbed") if name in x}
    if route == "ingestion":
        return ingestion_dose(x["concentration"], x["amount"], **rest)
    if route == "mouthing":
        return mouthing_dose(x["migration_rate"], x["area"], time=x["time"], **rest)
    if route == "dermal":
        return dermal_dose(x["load"], x["area"], events=x["events"], **rest)
    if route == "inhalation":
        return inhalation_dose(x["air_concentration"], x["breathing_rate"], time=x["time"], **rest)
    return ingestion_dose(x["migration"] * x["area_per_food"], x["amount"], **rest)
