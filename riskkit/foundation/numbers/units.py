"""Units at the edges: what people write with a unit comes in as a number in the unit a method names.

The arithmetic inside is on plain numbers. Conversion and the check of dimensions are pint's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown

if TYPE_CHECKING:
    import pint

_WRITTEN = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*\Z")
_BODY = re.compile(r"\bkg\s+(?:bw|body\s?weight)\b")
_ONE = r"(?:1|[^\W\d_]+|%)(?:\*\*-?[1-3])?"
_UNIT = re.compile(rf"{_ONE}(?:[/*]{_ONE})*\Z")
_LONGEST = 100


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    return pint.UnitRegistry(cache_folder=None)


def _plain(unit: str) -> str:
    """The unit as pint reads it: ``kg bw`` is a kilogram, ``dm²`` a square."""
    plain = _BODY.sub("kg", unit).replace("²", "**2").replace("³", "**3").replace("·", "*")
    plain = plain.replace("^", "**").replace(" ", "")
    if len(plain) > _LONGEST or not _UNIT.match(plain):
        raise ValueError(f"unit {shown(unit)} is not known")
    return plain


def convert(value: Any, from_unit: str, unit: str) -> NDArray[np.float64]:
    """Numbers from one unit in another.

    Parameters
    ----------
    value : array_like of float
        The numbers.
    from_unit, unit : str
        Units such as ``mg/dm²``, ``µg/kg bw/d``, ``h/d``, ``%``; the second is the one wanted.

    Returns
    -------
    ndarray of float
        In the shape of `value`.

    Raises
    ------
    ValueError
        When a unit is not known, or the two measure different things.

    Examples
    --------
    >>> convert(2.5, "µg/kg bw/d", "mg/kg/d")
    array(0.0025)
    >>> convert(1, "mg/dm²", "mg/kg")
    Traceback (most recent call last):
        ...
    ValueError: unit mismatch: mg/dm² cannot be read as mg/kg
    """
    import pint

    given = np.asarray(value, dtype=np.float64)
    registry, start, end = _registry(), _plain(from_unit), _plain(unit)
    try:
        factor = registry.Quantity(1.0, start).to(end).magnitude
    except pint.DimensionalityError as error:
        raise ValueError(f"unit mismatch: {from_unit} cannot be read as {unit}") from error
    except Exception as error:  # pint raises many kinds for a unit it cannot parse
        raise ValueError(f"unit {shown(from_unit)} is not known") from error
    return np.asarray(given * float(factor), dtype=np.float64)


def in_unit(value: Any, unit: str) -> NDArray[np.float64]:
    """What was given, as numbers in a unit.

    Parameters
    ----------
    value : number, array_like, str or pair
        A plain number or array is taken to be in `unit` already; ``"0.4 mg/dm²"`` and
        ``([0.4, 0.5], "mg/dm²")`` carry their own unit; so does a pint quantity.
    unit : str
        The unit wanted.

    Returns
    -------
    ndarray of float
        NaN where a value is missing.

    Raises
    ------
    ValueError
        When it is no number, or its unit measures something else.

    Examples
    --------
    >>> in_unit("40 µg", "mg")
    array(0.04)
    >>> in_unit(([1, 2], "h/d"), "min/d")
    array([ 60., 120.])
    """
    if isinstance(value, str):
        written = _WRITTEN.match(value) if len(value) <= _LONGEST else None
        if written is None or not written.group(2):
            raise ValueError(RuleText("a number with its unit, such as '1.5 {}'", unit))
        return convert(float(written.group(1)), written.group(2), unit)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        return convert(value[0], value[1], unit)
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        return convert(value.magnitude, str(value.units), unit)
    try:
        given = np.asarray(value)
        if given.dtype.kind == "b":
            raise ValueError("no truth values")
        return given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("a number, or a number with its unit") from error


def read_quantities(
    given: Mapping[str, Any], units: Mapping[str, str], *, what: str = "quantities"
) -> dict[str, NDArray[np.float64]]:
    """Several quantities in their units, every fault told at once.

    Parameters
    ----------
    given : mapping of str
        By name; see `in_unit` for the forms.
    units : mapping of str to str
        The unit wanted for each name that may be given.
    what : str
        Name of the whole in the messages.

    Returns
    -------
    dict of str to ndarray of float

    Raises
    ------
    InputFaults
        When a name is not known, or a value or unit cannot be read.

    Examples
    --------
    >>> read_quantities({"area": "0.5 dm²"}, {"area": "cm²"})
    {'area': array(50.)}
    >>> try:
    ...     read_quantities({"area": "2 kg", "mass": "x"}, {"area": "cm²", "mass": "kg"}, what="input")
    ... except ValueError as error:
    ...     print(error)
    input: 2 faults
      area: '2 kg', must be: unit mismatch: kg cannot be read as cm²
      mass: 'x', must be: a number with its unit, such as '1.5 kg'
    """
    faults, out = [], {}
    for name, value in given.items():
        if name not in units:
            faults.append(Fault(name, shown(value), one_of(str(value), units)))
            continue
        try:
            out[name] = in_unit(value, units[name])
        except ValueError as error:
            faults.append(Fault(name, shown(value), str(error)))
    refuse(what, faults)
    return out
